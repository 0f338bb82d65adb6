"""What the annexes of a year read: which rows, as far as the reader may see them, and what each one says."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import chain, groupby, islice
from operator import attrgetter
from typing import Any, cast

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.text import capfirst

from actions.models import ActionAnnuelle, Campagne
from actions.querysets import ActionAnnuelleQuerySet
from comptes.acces import QuerySetProtege
from comptes.modeles import libelle_du_champ
from comptes.models import Utilisateur
from comptes.templatetags.typographie import pluriel
from contrats.models import Axe, ContratVille
from documents import INSECABLE, Groupe, nombre
from financements.models import AccesFinanceur, LigneFinancement

from ..models import Bilan

# Rows read together: memory stays flat whatever the size of the programme.
LOT = 500
PERSONNELS = {
    "salaries": "salarié,salariés",
    "benevoles": "bénévole,bénévoles",
    "intervenants": "intervenant extérieur,intervenants extérieurs",
}
# What the annexes say of a bilan beside its narrative.
AUTRES_CHAMPS = (
    "realisation",
    "motif_non_realisation",
    "type_public",
    "moyens",
    *PERSONNELS,
    "personnes_qpv",
)


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
@dataclass(frozen=True, slots=True, kw_only=True)
class Ligne:
    """An action of the year as far as the reader may see it."""

    intitule: str
    porteur: str
    # the parent structure, or the porteur itself
    structure: str
    structure_id: int
    statut: str
    motif: str
    description: str
    # labels of its axe, from the first level down
    niveaux: tuple[str, ...]
    # the fields of its bilan that annexes say, None when the reader sees none
    bilan: Mapping[str, Any] | None
    # euros by funder
    montants: Mapping[int, Decimal]


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
    # whether validated bilans alone say anything, as in the annual report
    valides: bool = False

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

    @property
    def cadre(self) -> dict[str, Any]:
        """What stands on every page of an annex of the year, and in place of its rows when it has none."""
        return {
            "pied": f"{self.contrat.nom_court} · {self.contrat.nom} · {self.campagne.annee}",
            "auteur": self.contrat.epci.nom,
            "vide": "Aucune action ne correspond à cette sélection."
            if self.selection
            else f"Aucune action n'est encore au programme de {self.campagne.annee}.",
        }

    def groupes(
        self, decrire: Callable[[Ligne], dict[str, Any]], *, montant: str = "", sous_total: str = ""
    ) -> Iterator[Groupe]:
        """Yield one group per structure, read lot by lot as the document is written.

        `decrire` makes a row of the table; `montant` is the state of the amounts to read, empty for none;
        `sous_total` begins the label of the subtotals, empty for none.
        """
        for _, suite in groupby(self._lignes(montant), key=attrgetter("structure_id")):
            premiere = next(suite)
            yield Groupe(
                titre=premiere.structure,
                lignes=(decrire(ligne) for ligne in chain([premiere], suite)),
                sous_total=f"{sous_total} {premiere.structure}" if sous_total else "",
            )

    # Values, not objects: making objects of all their fields is most of the time of a large annex.
    def _lignes(self, montant: str) -> Iterator[Ligne]:
        axes = {axe.pk: axe for axe in Axe.objects.filter(contrat=self.contrat)}
        actions = self.actions.dans_l_ordre().values(
            "pk",
            "statut",
            "motif",
            "description",
            "axe",
            "structure_id",
            intitule=F("action__intitule"),
            porteur=F("action__porteur__nom"),
            structure=Coalesce("action__porteur__parent__nom", "action__porteur__nom"),
        )
        lues = actions.iterator(chunk_size=LOT)
        while lot := list(islice(lues, LOT)):
            cles = [action["pk"] for action in lot]
            bilans, montants = self._bilans(cles), self._montants(cles, montant)
            for action in lot:
                cle, axe = action.pop("pk"), action.pop("axe")
                yield Ligne(
                    **action,
                    niveaux=_niveaux(axes, axe),
                    bilan=bilans.get(cle),
                    montants=montants.get(cle, {}),
                )

    @property
    def bilans(self) -> Any:
        """The bilans that the annex reads, as a query."""
        lus = Bilan.objects.valides() if self.valides else Bilan.objects.all()
        return lisibles(lus, self.utilisateur)

    def _bilans(self, cles: list[int]) -> dict[int, dict[str, Any]]:
        bilans = self.bilans.filter(action_annuelle__in=cles)
        champs = ("action_annuelle", *Bilan.CHAMPS_RECIT, *AUTRES_CHAMPS)
        lus = bilans.avec_effectifs().order_by().values(*champs)
        return {bilan["action_annuelle"]: bilan for bilan in lus}

    def _montants(self, cles: list[int], etat: str) -> dict[int, dict[int, Decimal]]:
        """Return the euros by action and funder, lines of several natures added, blanks left out."""
        if not etat:
            return {}
        lignes = lisibles(LigneFinancement.objects.filter(action_annuelle__in=cles), self.utilisateur)
        connues = lignes.filter(**{f"montant_{etat}__isnull": False}).order_by()
        montants: dict[int, dict[int, Decimal]] = defaultdict(dict)
        for action, financeur, euros in connues.values_list(
            "action_annuelle", "financeur", f"montant_{etat}"
        ):
            montants[action][financeur] = montants[action].get(financeur, Decimal(0)) + euros
        return montants


def lire(
    contrat: ContratVille,
    campagne: Campagne,
    utilisateur: Utilisateur | None,
    actions: ActionAnnuelleQuerySet | None,
    selection: str,
    *,
    valides: bool = False,
) -> Lecture:
    """Return the rows of an annex: exactly `actions` when they are given, else the programme of the year.

    What the reader may not see is left out of either; with `valides`, so is what a bilan says before it is validated.
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
        valides=valides,
    )


# -- What a row says -------------------------------------------------------------------------------
def recit(bilan: Mapping[str, Any] | None) -> str:
    """Return the narrative of a bilan as one text: its fields in order, labelled when there are several."""
    if bilan is None:
        return ""
    remplis = [(champ, texte) for champ in Bilan.CHAMPS_RECIT if (texte := bilan[champ].strip())]
    if len(remplis) == 1:
        return str(remplis[0][1])
    return "\n".join(
        texte
        if champ == Bilan.CHAMPS_RECIT[0]
        else f"{capfirst(libelle_du_champ(Bilan, champ))}{INSECABLE}: {texte}"
        for champ, texte in remplis
    )


def motif(ligne: Ligne) -> str:
    """Return why the action did not take place: its own reason, else its bilan's; empty when it did."""
    if ligne.statut in ActionAnnuelle.STATUTS_MOTIVES and ligne.motif:
        return ligne.motif
    if ligne.bilan and ligne.bilan["realisation"] in Bilan.REALISATIONS_MOTIVEES:
        return str(ligne.bilan["motif_non_realisation"])
    return ""


def moyens(bilan: Mapping[str, Any] | None) -> str:
    """Return the people counted then the words of the bilan; a number that the words give is not repeated."""
    if bilan is None:
        return ""
    dits = bilan["moyens"].split()
    comptes = ((bilan[champ], formes) for champ, formes in PERSONNELS.items())
    personnes = ", ".join(pluriel(n, formes) for n, formes in comptes if n is not None and str(n) not in dits)
    return "\n".join(morceau for morceau in (personnes, bilan["moyens"]) if morceau)


def _niveaux(axes: Mapping[int, Axe], cle: int | None) -> tuple[str, ...]:
    """Return the labels of an axe from the first level down; nothing without an axe."""
    axe = axes.get(cle) if cle else None
    return (*_niveaux(axes, axe.parent_id), axe.libelle) if axe else ()
