"""What the annexes of a year read: which rows, as far as the reader may see them, and what each one says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, groupby
from operator import attrgetter
from typing import Any, cast

from django.db.models import Prefetch, Q, QuerySet

from actions.models import ActionAnnuelle, Campagne
from actions.querysets import ActionAnnuelleQuerySet
from comptes.acces import QuerySetProtege
from comptes.models import Utilisateur
from comptes.templatetags.typographie import pluriel
from contrats.models import Axe, ContratVille
from documents import INSECABLE, Groupe, nombre
from financements.models import AccesFinanceur, LigneFinancement

from .models import Bilan

# Rows read together: memory stays flat whatever the size of the programme.
LOT = 500


def lisibles(lignes: Any, utilisateur: Utilisateur | None) -> Any:
    """Return what `utilisateur` may see of a queryset; all of it for None, which is the command line."""
    return lignes if utilisateur is None else cast(QuerySetProtege, lignes).visibles_par(utilisateur)


def au_programme(actions: ActionAnnuelleQuerySet) -> ActionAnnuelleQuerySet:
    """Return the rows that the annexes compile: what was programmed, and whatever has a bilan begun.

    An application that was refused, adjourned or is still being examined is not of the year's programme.
    """
    commence = Q(bilan__isnull=False) & ~Q(bilan__statut=Bilan.Statut.A_SAISIR)
    return actions.filter(~Q(statut__in=ActionAnnuelle.STATUTS_SANS_BILAN) | commence)


# -- The rows --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Lecture:
    """The rows of an annex, and what its reader may see of them."""

    contrat: ContratVille
    campagne: Campagne
    utilisateur: Utilisateur | None
    # every year of action of the campaign that the reader sees, and those that the annex shows
    annee: ActionAnnuelleQuerySet
    actions: ActionAnnuelleQuerySet
    # how the rows were chosen, in words; None for the whole programme
    choix: str | None

    @cached_property
    def tout(self) -> bool:
        """Whether nothing of the contract is hidden from the reader, who runs it (or is the command line)."""
        if self.utilisateur is None:
            return True
        return ContratVille.objects.geres_par(self.utilisateur).filter(pk=self.contrat.pk).exists()

    @cached_property
    def financeur(self) -> bool:
        """Whether the reader sees the programme as a funder: every action, its own money, validated bilans."""
        return (
            not self.tout
            and AccesFinanceur.objects.filter(
                utilisateur=self.utilisateur, financeur__contrat=self.contrat
            ).exists()
        )

    @cached_property
    def nombre(self) -> int:
        """How many rows the annex has."""
        return self.actions.count()

    @cached_property
    def structures(self) -> int:
        """How many different structures carry them, a service counting as its parent."""
        return self.actions.nombre_de_structures()

    @property
    def cles(self) -> QuerySet[Any]:
        """The rows as a subquery."""
        return self.actions.order_by().values("pk")

    @cached_property
    def selection(self) -> str:
        """« sélection : 12 actions sur 41 (porteur : Cité Jeune) », empty for the whole programme."""
        if self.choix is None:
            return ""
        compte = f"{pluriel(self.nombre, 'action,actions')} sur {nombre(self.annee.count())}"
        return f"sélection{INSECABLE}: {compte}" + (f" ({self.choix})" if self.choix else "")

    def groupes(self, ligne: Callable[[ActionAnnuelle], dict[str, Any]], sous_total: str) -> Iterator[Groupe]:
        """Yield one group per structure, read lot by lot as the document is written.

        `ligne` makes a row of an action that has `bilan_lu` (its bilan as far as the reader may see it, with
        `personnes_qpv`, or None) and `lignes_lues` (its visible funding lines). `sous_total` begins the
        label of the subtotals, empty for none.
        """
        bilans = lisibles(Bilan.objects.all(), self.utilisateur).avec_effectifs().order_by()
        financements = lisibles(LigneFinancement.objects.all(), self.utilisateur).order_by("pk")
        actions = (
            self.actions.dans_l_ordre()
            .select_related("action__porteur__parent", "axe__parent__parent")
            .prefetch_related(
                Prefetch("bilan", bilans, to_attr="bilan_lu"),
                Prefetch("lignes_financement", financements, to_attr="lignes_lues"),
            )
        )
        for _, suite in groupby(actions.iterator(chunk_size=LOT), key=attrgetter("structure_id")):
            premiere = next(suite)
            nom = premiere.action.porteur.structure.nom
            yield Groupe(
                titre=nom,
                lignes=(ligne(action) for action in chain([premiere], suite)),
                sous_total=f"{sous_total} {nom}" if sous_total else "",
            )


def lire(
    contrat: ContratVille,
    campagne: Campagne,
    utilisateur: Utilisateur | None,
    actions: ActionAnnuelleQuerySet | None,
    selection: str,
) -> Lecture:
    """Return the rows of an annex: exactly `actions` when they are given, else the programme of the year.

    What the reader may not see is left out of either.
    """
    annee = lisibles(ActionAnnuelle.objects.filter(campagne=campagne), utilisateur).order_by()
    return Lecture(
        contrat=contrat,
        campagne=campagne,
        utilisateur=utilisateur,
        annee=annee,
        actions=au_programme(annee)
        if actions is None
        else annee.filter(pk__in=actions.order_by().values("pk")),
        choix=None if actions is None else selection,
    )


# -- What a row says -------------------------------------------------------------------------------
def recit(bilan: Bilan | None) -> str:
    """Return the narrative of a bilan as one text: its fields in order, labelled when there are several."""
    if bilan is None:
        return ""
    remplis = [(champ, texte) for champ in Bilan.CHAMPS_RECIT if (texte := getattr(bilan, champ).strip())]
    if len(remplis) == 1:
        return str(remplis[0][1])
    return "\n".join(
        texte if champ == Bilan.CHAMPS_RECIT[0] else f"{_libelle(champ)}{INSECABLE}: {texte}"
        for champ, texte in remplis
    )


def _libelle(champ: str) -> str:
    return phrase(str(cast(Any, Bilan._meta.get_field(champ)).verbose_name))


def motif(action: ActionAnnuelle, bilan: Bilan | None) -> str:
    """Return why the action did not take place: its own reason, else its bilan's; empty when it did."""
    if action.statut in ActionAnnuelle.STATUTS_MOTIVES and action.motif:
        return action.motif
    if bilan is not None and bilan.realisation in Bilan.REALISATIONS_MOTIVEES:
        return bilan.motif_non_realisation
    return ""


def moyens(bilan: Bilan | None) -> str:
    """Return the people counted then the words of the bilan; a number that the words give is not repeated."""
    if bilan is None:
        return ""
    comptes = (
        (bilan.salaries, "salarié,salariés"),
        (bilan.benevoles, "bénévole,bénévoles"),
        (bilan.intervenants, "intervenant extérieur,intervenants extérieurs"),
    )
    dits = bilan.moyens.split()
    personnes = ", ".join(pluriel(n, formes) for n, formes in comptes if n is not None and str(n) not in dits)
    return "\n".join(morceau for morceau in (personnes, bilan.moyens) if morceau)


def niveaux(axe: Axe | None) -> list[str]:
    """Return the labels of an axe from the first level down; nothing without an axe."""
    libelles: list[str] = []
    while axe is not None:
        libelles.insert(0, axe.libelle)
        axe = axe.parent
    return libelles


def phrase(texte: str) -> str:
    """Return the text with a capital at its beginning only: « Axes de travail »."""
    return texte[:1].upper() + texte[1:]
