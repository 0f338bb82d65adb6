"""The money of an action over its years: its forecast budget, what the communes bring, shares and evolutions."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Prefetch

from actions.models import ActionAnnuelle
from comptes.models import Utilisateur
from documents import additionner

from .budgets import total_du_budget
from .models import Budget, Financeur, LigneFinancement
from .querysets import LigneFinancementQuerySet

CENT = Decimal(100)


@dataclass(frozen=True)
class AnneeFinancee:
    """One year of an action, in euros; None for what is not known.

    `participations` gives what each commune brings, by its name; `evolution` is the change of the budget since
    the year before, `part` what the communes bring in it, both in hundredths.
    """

    annee: int
    budget: Decimal | None
    participations: dict[str, Decimal] = field(default_factory=dict)
    evolution: Decimal | None = None

    @property
    def participation(self) -> Decimal | None:
        """What the communes bring together, None when no amount is known."""
        return additionner(self.participations.values())

    @property
    def part(self) -> Decimal | None:
        """The share of the communes in the budget, in hundredths."""
        return part(self.participation, self.budget)


@dataclass(frozen=True)
class Pluriannuel:
    """The years of an action in order, and their sums."""

    annees: list[AnneeFinancee]

    @property
    def communes(self) -> list[str]:
        """The communes that bring something in one year at least, in order."""
        return list(dict.fromkeys(nom for annee in self.annees for nom in annee.participations))

    @property
    def budget(self) -> Decimal | None:
        """The sum of the forecast budgets that are known."""
        return additionner(annee.budget for annee in self.annees)

    @property
    def participation(self) -> Decimal | None:
        """The sum of what the communes bring."""
        return additionner(annee.participation for annee in self.annees)

    @property
    def complet(self) -> bool:
        """Whether each year has both its budget and its participation: only then has the whole a share."""
        return all(annee.budget is not None and annee.participation is not None for annee in self.annees)

    @property
    def part(self) -> Decimal | None:
        """The share of the communes over the years, in hundredths; None when a year lacks a figure."""
        return part(self.participation, self.budget) if self.complet else None


def pluriannuels(
    annuelles: Iterable[ActionAnnuelle], utilisateur: Utilisateur | None = None
) -> dict[int, Pluriannuel]:
    """Return the money of the years of each action, in the same dispositif, by key, as far as the account may see it.

    A year is there when it has a budget or a participation. An account of None is the command line. As many queries
    for one action as for a hundred.
    """
    demandees = list(annuelles)
    annees = ActionAnnuelle.objects.filter(action__in={annuelle.action_id for annuelle in demandees})
    budgets = Budget.objects.filter(type=Budget.Type.PREVISIONNEL)
    lignes = LigneFinancement.objects.filter(financeur__type=Financeur.Type.COMMUNE)
    if utilisateur is not None:
        annees = annees.visibles_par(utilisateur)
        budgets, lignes = budgets.visibles_par(utilisateur), lignes.visibles_par(utilisateur)
    lues = annees.select_related("campagne").order_by("campagne__annee", "pk")
    lues = lues.prefetch_related(
        Prefetch("budgets", budgets.order_by("pk").prefetch_related("lignes__compte"))
    )
    participations = _participations(lignes.filter(action_annuelle__in=annees))
    suites: dict[tuple[int, str | None], list[ActionAnnuelle]] = defaultdict(list)
    for lue in lues:
        suites[lue.action_id, lue.dispositif_id].append(lue)
    return {
        annuelle.pk: Pluriannuel(
            list(_avec_evolution(_annees(suites[annuelle.action_id, annuelle.dispositif_id], participations)))
        )
        for annuelle in demandees
    }


def part(montant: Decimal | None, total: Decimal | None) -> Decimal | None:
    """Return what `montant` is of `total`, in hundredths, not rounded; None when one is unknown or the whole is nil."""
    return None if montant is None or not total else montant * CENT / total


def _participations(lignes: LigneFinancementQuerySet) -> dict[int, dict[str, Decimal]]:
    """Return what the year retains of each commune, by action of the year (pk) then by name, in euros."""
    participations: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    retenues = lignes.avec_retenu().filter(retenu__isnull=False).order_by("financeur__ordre", "pk")
    for annuelle, nom, retenu in retenues.values_list("action_annuelle", "financeur__nom", "retenu"):
        participations[annuelle][nom] += retenu
    return participations


def _annees(
    lues: Iterable[ActionAnnuelle], participations: Mapping[int, Mapping[str, Decimal]]
) -> Iterator[AnneeFinancee]:
    for annuelle in lues:
        # The prefetch of `pluriannuel` has chosen which ones.
        budget = next(map(total_du_budget, annuelle.budgets.all()), None)
        siennes = dict(participations.get(annuelle.pk, {}))
        if budget is not None or siennes:
            yield AnneeFinancee(annuelle.campagne.annee, budget, siennes)


def _avec_evolution(annees: Iterable[AnneeFinancee]) -> Iterator[AnneeFinancee]:
    """Give each year with the change of its budget, when the year just before is known."""
    precedente: AnneeFinancee | None = None
    for annee in annees:
        evolution = None
        if (
            precedente
            and precedente.annee == annee.annee - 1
            and precedente.budget
            and annee.budget is not None
        ):
            evolution = (annee.budget - precedente.budget) * CENT / precedente.budget
        yield AnneeFinancee(annee.annee, annee.budget, annee.participations, evolution)
        precedente = annee
