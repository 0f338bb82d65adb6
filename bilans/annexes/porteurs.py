"""« porteurs », the layout of document 002: each action by porteur, with what each funder brings."""

from functools import partial
from typing import Any, Literal, cast

from django.db.models import Q
from django.utils.text import capfirst

from actions.models import Campagne
from actions.querysets import ActionAnnuelleQuerySet
from comptes.models import Utilisateur
from comptes.templatetags.typographie import pluriel
from contrats.models import ContratVille, Territoire
from documents import Colonne, Tableau, TypeColonne

from . import notes
from .argent import Argent, lire_argent
from .lecture import Lecture, Ligne, lire, motif, moyens, recit

# QPV named in a title; beyond, the name of the contract is enough.
QPV_CITES = 3


def porteurs(
    contrat: ContratVille,
    campagne: Campagne,
    utilisateur: Utilisateur | None = None,
    actions: ActionAnnuelleQuerySet | None = None,
    *,
    selection: str = "",
    valides: bool = False,
    montant: str = "accorde",
    papier: str = "A3",
) -> Tableau:
    """Return the bilan of the year by porteur, with what each funder brings.

    `montant` is the state of the amounts (a key of `ETATS`), `papier` A3 or A4. A funder reads its own
    column and no « TOTAL PDV »: the others' amounts are not its to see. With `valides`, only validated bilans are read.
    """
    lecture = lire(contrat, campagne, utilisateur, actions, selection, valides=valides)
    argent = lire_argent(lecture, montant)
    return Tableau(
        titre=f"BILAN DES ACTIONS DU CONTRAT DE VILLE {campagne.annee} PAR PORTEUR – {_lieu(lecture)}",
        sous_titre=_sous_titre_porteurs(lecture, argent),
        nom=f"Porteurs {campagne.annee}",
        colonnes=(*_colonnes_decrites(contrat), *argent.colonnes()),
        groupes=partial(
            lecture.groupes,
            partial(_decrire_porteurs, argent),
            montant=montant if argent.saisi else "",
            sous_total="Sous-total" if argent.saisi else "",
        ),
        afficher_titres_groupes=False,
        total="Total général",
        libelle_parts="Part" if argent.total else "",
        notes=(*notes.communes(lecture), *notes.financieres(lecture, argent)),
        format_page=cast(Literal["A4", "A3"], papier),
        **lecture.cadre,
    )


def _colonnes_decrites(contrat: ContratVille) -> tuple[Colonne, ...]:
    return (
        Colonne(cle="porteur", titre="Porteur de projet", poids=2, fusionner=True),
        Colonne(cle="intitule", titre="Intitulé de l'action", poids=2.2, entete_ligne=True),
        Colonne(cle="axe_1", titre=capfirst(contrat.niveau_1), poids=1.9),
        Colonne(cle="axe_2", titre=capfirst(contrat.niveau_2), poids=2),
        Colonne(cle="bilan", titre="Bilan d'action et perspectives", poids=8),
        Colonne(cle="beneficiaires", titre="Nombre de bénéficiaires QPV", type=TypeColonne.ENTIER, poids=1.2),
        Colonne(cle="type_public", titre="Type de public bénéficiaire", poids=5),
        Colonne(cle="moyens", titre="Moyens humains et matériels", poids=3.2),
    )


def _decrire_porteurs(argent: Argent, ligne: Ligne) -> dict[str, Any]:
    bilan = ligne.bilan
    premier, *suite = ligne.niveaux or ("",)
    return {
        "porteur": ligne.porteur,
        "intitule": ligne.intitule,
        "axe_1": premier,
        "axe_2": " / ".join(suite),
        "bilan": recit(bilan) or motif(ligne),
        "beneficiaires": bilan["personnes_qpv"] if bilan else None,
        "type_public": bilan["type_public"] if bilan else "",
        "moyens": moyens(bilan),
        **argent.montants(ligne),
    }


def _lieu(lecture: Lecture) -> str:
    """Return the QPV of the year in capitals, or the name of the contract when there are many or none."""
    annee = lecture.campagne.annee
    valables = Q(generation__isnull=True) | (
        Q(generation__date_debut__year__lte=annee)
        & (Q(generation__date_fin__isnull=True) | Q(generation__date_fin__year__gte=annee))
    )
    qpv = Territoire.objects.filter(valables, contrat=lecture.contrat, type=Territoire.Type.QPV)
    noms = list(qpv.order_by("recherche", "pk").values_list("nom", flat=True)[: QPV_CITES + 1])
    if not noms or len(noms) > QPV_CITES:
        return lecture.contrat.nom_court.upper()
    return f"QPV {', '.join(nom.removeprefix('QPV ') for nom in noms)}".upper()


def _sous_titre_porteurs(lecture: Lecture, argent: Argent) -> str:
    morceaux = [
        lecture.selection or pluriel(lecture.nombre, "action,actions"),
        pluriel(lecture.structures, "structure,structures"),
    ]
    if argent.saisi:
        morceaux.append(f"montants {argent.adjectif}")
    return capfirst(", ".join(morceaux))
