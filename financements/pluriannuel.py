"""The money of an action over its years: its forecast budget, what the communes bring, shares and evolutions."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Prefetch

from actions.models import ActionAnnuelle
from comptes.models import Utilisateur
from documents import additionner

from .models import Budget, CompteBudgetaire, Financeur, LigneBudget, LigneFinancement

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


def pluriannuel(annuelle: ActionAnnuelle, utilisateur: Utilisateur | None = None) -> Pluriannuel:
    """Return the money of the years of an action, in the same dispositif, as far as the account may see it.

    A year is there when it has a budget or a participation. An account of None is the command line.
    """
    annees = ActionAnnuelle.objects.filter(action=annuelle.action_id, dispositif=annuelle.dispositif_id)
    budgets = Budget.objects.filter(type=Budget.Type.PREVISIONNEL)
    lignes = LigneFinancement.objects.filter(financeur__type=Financeur.Type.COMMUNE)
    if utilisateur is not None:
        annees = annees.visibles_par(utilisateur)
        budgets, lignes = budgets.visibles_par(utilisateur), lignes.visibles_par(utilisateur)
    lues = annees.select_related("campagne").order_by("campagne__annee", "pk")
    lues = lues.prefetch_related(
        Prefetch(
            "budgets",
            budgets.order_by("pk").prefetch_related(
                Prefetch("lignes", LigneBudget.objects.select_related("compte").order_by("pk"))
            ),
        ),
        Prefetch(
            "lignes_financement",
            lignes.select_related("financeur").order_by("financeur__ordre", "pk"),
        ),
    )
    return Pluriannuel(list(_avec_evolution(_annees(lues))))


def part(montant: Decimal | None, total: Decimal | None) -> Decimal | None:
    """Return what `montant` is of `total`, in hundredths, not rounded; None when one is unknown or the whole is nil."""
    return None if montant is None or not total else montant * CENT / total


def total_previsionnel(budget: Budget) -> Decimal | None:
    """Return the total of a budget in euros: the sum of its charges, else what the document announces.

    The contributions in kind are left out (domaine.md §2.3). Its lines must be loaded with their account.
    """
    charges = [
        ligne.montant
        for ligne in budget.lignes.all()
        if ligne.compte.sens == CompteBudgetaire.Sens.CHARGE and not ligne.compte.hors_total
    ]
    return additionner(charges) if charges else budget.total_annonce


def montant_retenu(ligne: LigneFinancement) -> Decimal | None:
    """Return the amount of a line that counts, the furthest from request to award; a request alone does not."""
    montants = (ligne.montant_notifie, ligne.montant_accorde, ligne.montant_propose)
    return next((montant for montant in montants if montant is not None), None)


def _annees(lues: Iterable[ActionAnnuelle]) -> Iterator[AnneeFinancee]:
    for annuelle in lues:
        # The prefetch of `pluriannuel` has chosen which ones.
        budget = next(map(total_previsionnel, annuelle.budgets.all()), None)
        participations: dict[str, Decimal] = {}
        for ligne in annuelle.lignes_financement.all():
            if (montant := montant_retenu(ligne)) is not None:
                nom = ligne.financeur.nom
                participations[nom] = participations.get(nom, Decimal(0)) + montant
        if budget is not None or participations:
            yield AnneeFinancee(annuelle.campagne.annee, budget, participations)


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
