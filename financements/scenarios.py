"""Reading the scenarios: their grid, and what differs between two of them or with the programme."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from actions.models import ActionAnnuelle

from .enveloppes import SituationEnveloppe
from .models import Financeur, Scenario
from .programmation import Colonne, Grille


@dataclass(frozen=True)
class Difference:
    """A cell that two grids hold differently (euros; None is blank)."""

    annuelle: ActionAnnuelle
    colonne: Colonne
    gauche: Decimal | None
    droite: Decimal | None

    @property
    def ecart(self) -> Decimal:
        """The right less the left, a blank counting for nothing."""
        return (self.droite or Decimal(0)) - (self.gauche or Decimal(0))


@dataclass(frozen=True)
class TotalCompare:
    """A sum in both grids: of an action, of a funder, of all."""

    objet: Any
    gauche: Decimal | None
    droite: Decimal | None

    @property
    def ecart(self) -> Decimal:
        """The right less the left, a blank counting for nothing."""
        return (self.droite or Decimal(0)) - (self.gauche or Decimal(0))


@dataclass(frozen=True)
class Comparaison:
    """What differs between two scenarios, or between the programme (`gauche` None) and a scenario."""

    gauche: Scenario | None
    droite: Scenario
    differences: tuple[Difference, ...]
    # Those that differ only, in the order of the grid.
    par_action: tuple[TotalCompare, ...]
    # All those with an amount on either side; `objet` is a Financeur.
    par_financeur: tuple[TotalCompare, ...]
    # Of the funders of the total.
    total: TotalCompare
    # What the envelopes would hold with each side, in the same order.
    enveloppes_gauche: tuple[SituationEnveloppe, ...]
    enveloppes_droite: tuple[SituationEnveloppe, ...]


@dataclass(frozen=True)
class ConflitScenario:
    """A cell that the scenario changes and that the programme changed since the copy: someone must choose."""

    annuelle: ActionAnnuelle
    colonne: Colonne
    depart: Decimal | None
    programme: Decimal | None
    scenario: Decimal | None

    @property
    def cle(self) -> str:
        """What names it in the form that settles it: « <key of the action>-<key of the column> »."""
        return f"{self.annuelle.cle}-{self.colonne.cle}"


def grille_du_scenario(scenario: Scenario, annuelles: Sequence[ActionAnnuelle]) -> Grille:
    """Return the scenario as a grid of `annuelles`: its cells have no `ligne`. A fixed number of queries."""
    raise NotImplementedError


def enveloppes_du_scenario(scenario: Scenario) -> list[SituationEnveloppe]:
    """Return what the envelopes of the year would hold if the scenario were adopted."""
    raise NotImplementedError


def comparer(gauche: Scenario | None, droite: Scenario) -> Comparaison:
    """Return what differs; with no `gauche`, from the programme in the state that `droite` writes."""
    raise NotImplementedError


def conflits_de(scenario: Scenario) -> list[ConflitScenario]:
    """Return the cells to settle before the scenario is adopted; empty when there are none."""
    raise NotImplementedError


def financeurs_de(scenario: Scenario) -> list[Financeur]:
    """Return the funders of the contract of the scenario, in their order."""
    raise NotImplementedError
