"""The receipt of a transmission: everything that was sent, as it was read that day, which nothing changes after."""

from typing import Any

from comptes.templatetags.typographie import date_heure

from ..models import Bilan, Recu, Transition
from ..recus import empreinte_du_contenu
from ..saisie import sections_lues

# The attachments have a list of their own, with their sizes and prints.
HORS_SECTIONS = "pieces"


def etablir_le_recu(bilan: Bilan, transition: Transition) -> Recu | None:
    """Write the receipt of a bilan that was just transmitted and return it; None for any other change of state."""
    if transition.vers != Bilan.Statut.TRANSMIS or bilan.transmis_le is None:
        return None
    recu = Recu(bilan=bilan, transmis_le=bilan.transmis_le, transmis_par=bilan.transmis_par)
    recu.contenu = contenu_du_recu(bilan, recu.cle)
    recu.empreinte = empreinte_du_contenu(recu.contenu)
    recu.save()
    return recu


def contenu_du_recu(bilan: Bilan, numero: str) -> dict[str, Any]:
    """Return what the receipt of a transmitted bilan freezes: words, whole numbers and lists, which JSON keeps."""
    annuelle = bilan.action_annuelle
    campagne, action = annuelle.campagne, annuelle.action
    return {
        "numero": numero,
        "collectivite": campagne.contrat.epci.nom,
        "contrat": str(campagne.contrat),
        "annee": campagne.annee,
        "action": action.intitule,
        "porteur": str(action.porteur),
        "transmis_le": bilan.transmis_le.isoformat() if bilan.transmis_le else "",
        "transmis_le_lisible": date_heure(bilan.transmis_le),
        "transmis_par": str(bilan.transmis_par),
        "pour_le_porteur": bilan.saisi_pour_le_porteur,
        "version": bilan.version,
        "sections": [
            {"titre": section.titre, "reponses": [[lue.libelle, lue.texte] for lue in section.reponses]}
            for section in sections_lues(bilan)
            if any(lue.champ != HORS_SECTIONS for lue in section.reponses)
        ],
        "pieces": [
            {
                "nom": piece.nom,
                "nature": piece.get_nature_display(),
                "taille": piece.taille,
                "empreinte": piece.empreinte,
            }
            for piece in bilan.pieces.order_by("depose_le", "pk")
        ],
    }
