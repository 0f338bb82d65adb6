"""The annual reports of the demonstration: their first drafts, and for Dole a draft out for opinion."""

from collections.abc import Collection
from typing import Any

from django.utils import timezone

from actions.models import Campagne
from comptes.models import Utilisateur
from contrats.models import ContratVille, Instance, MembreInstance

from ..models import AvisRapport, RapportAnnuel, SectionRapport
from ..operations.brouillon import Changement
from ..rapport.consultation import envoyer_pour_avis, un_mois_apres
from ..rapport.donnees import Donnees
from ..rapport.lecture import lire_composition
from ..rapport.propositions import proposer
from ..rapport.redaction import ecrire_section, ouvrir_rapport
from .ecriture import MOTIF, Ecriture
from .sources import cadre


def ouvrir_les_rapports(contrats: Collection[ContratVille]) -> list[RapportAnnuel]:
    """Open the reports that `cadre.json` names of the contracts just loaded, and return them.

    Their text is what Pilotis proposes from the figures. A draft is sent for opinion where `cadre.json` says to whom:
    no e-mail leaves, the member being seated afterwards.
    """
    par_slug = {contrat.slug: contrat for contrat in contrats}
    return [_ouvrir(par_slug[lu["contrat"]], lu) for lu in cadre("rapports") if lu["contrat"] in par_slug]


def _ouvrir(contrat: ContratVille, lu: dict[str, Any]) -> RapportAnnuel:
    auteur = Utilisateur.objects.get(email=lu["auteur"])
    rapport = ouvrir_rapport(auteur, contrat, lu["annee"])
    campagne = Campagne.objects.select_related("contrat__epci").get(contrat=contrat, annee=rapport.annee)
    donnees = Donnees(campagne, lire_composition(rapport), None)
    for section in rapport.sections.order_by("ordre", "pk"):
        if texte := proposer(donnees, section.code):
            ecrire_section(auteur, section, {"texte": Changement("", texte)})
    if "avis_de" in lu:
        _consulter(Ecriture(auteur), rapport, lu)
    _dire_le_chargement(rapport)
    return rapport


def _dire_le_chargement(rapport: RapportAnnuel) -> None:
    """Have the history say that these rows come from the demonstration, like all others."""
    RapportAnnuel.historique.filter(id=rapport.pk).update(history_change_reason=MOTIF)
    for modele in (SectionRapport, AvisRapport):
        modele.historique.filter(rapport=rapport).update(history_change_reason=MOTIF)


def _consulter(ecriture: Ecriture, rapport: RapportAnnuel, lu: dict[str, Any]) -> None:
    instance = Instance.objects.get(contrat=rapport.contrat, nom=lu["avis_de"])
    echeance = un_mois_apres(timezone.localdate())
    envoyer_pour_avis(ecriture.auteur, rapport, [instance], echeance)
    membre = Utilisateur.objects.get(email=lu["membre"])
    ecriture.creer(MembreInstance, instance_siegee=instance, utilisateur=membre)
