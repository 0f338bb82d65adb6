"""Scenarios: copy the grid, try amounts, adopt one or set it aside."""

from collections.abc import Mapping
from decimal import Decimal

from actions.models import ActionAnnuelle, Campagne
from comptes.models import Utilisateur

from ..models import MontantScenario, Scenario
from ..programmation import Colonne
from ..scenarios import ConflitScenario

PROGRAMME, SCENARIO = "programme", "scenario"


class ConflitsAdoption(Exception):
    """Cells changed in the programme since the copy are not settled: `conflits` are those left."""

    def __init__(self, conflits: list[ConflitScenario]) -> None:
        super().__init__("Des montants du programme ont changé depuis la copie : choisissez pour chacun.")
        self.conflits = conflits


def creer_scenario(
    auteur: Utilisateur, campagne: Campagne, *, nom: str, etat: str, commentaire: str = ""
) -> Scenario:
    """Copy the grid of the year in `etat` (Scenario.Etat) into a new scenario and return it.

    A cell that holds nothing in this state stays blank. Raises PermissionDenied, ValidationError (name taken,
    archived year).
    """
    raise NotImplementedError


def dupliquer_scenario(auteur: Utilisateur, scenario: Scenario, *, nom: str) -> Scenario:
    """Copy a scenario, whatever became of it, into a new open one. Raises as `creer_scenario`."""
    raise NotImplementedError


def modifier_scenario(
    auteur: Utilisateur, scenario: Scenario, *, version: int, nom: str, commentaire: str
) -> Scenario:
    """Give a scenario another name or comment. Raises PermissionDenied, VersionPerimee, ValidationError."""
    raise NotImplementedError


def ecrire_montant_scenario(
    auteur: Utilisateur,
    scenario: Scenario,
    annuelle: ActionAnnuelle,
    colonne: Colonne,
    montant: Decimal | None,
    *,
    avant: Decimal | None,
) -> MontantScenario | None:
    """Try one amount; return its row, None when nothing is left of it. Envelopes are not checked: it is a try.

    Raises PermissionDenied, CelluleChangee, ValidationError when the scenario is no longer open, the year archived.
    """
    raise NotImplementedError


def adopter_scenario(
    auteur: Utilisateur, scenario: Scenario, *, version: int, choix: Mapping[str, str] | None = None
) -> int:
    """Write in the programme what the scenario changes, in one transaction; return how many cells were written.

    `choix` settles each conflict (`ConflitScenario.cle`: PROGRAMME keeps the programme's amount, SCENARIO writes
    the tried one). Raises PermissionDenied, VersionPerimee, ConflitsAdoption, EnveloppeDepassee, ValidationError
    when it is no longer open or the year is archived.
    """
    raise NotImplementedError


def ecarter_scenario(auteur: Utilisateur, scenario: Scenario, *, version: int) -> Scenario:
    """Set an open scenario aside: it is read, no longer edited. Raises as `modifier_scenario`."""
    raise NotImplementedError


def reprendre_scenario(auteur: Utilisateur, scenario: Scenario, *, version: int) -> Scenario:
    """Open again a scenario that was set aside. Raises as `modifier_scenario`."""
    raise NotImplementedError
