"""The grid of the year: one cell at a time, and the opinions of the funders."""

from datetime import date, datetime
from decimal import Decimal

from actions.models import ActionAnnuelle
from comptes.models import Utilisateur

from ..models import AvisFinanceur, Financeur, LigneFinancement
from ..programmation import Colonne, Etat


class CelluleChangee(Exception):
    """Someone wrote the cell since the page was opened: `actuel` is what it holds, by `qui`, `quand`."""

    def __init__(self, actuel: Decimal | None, qui: str = "", quand: datetime | None = None) -> None:
        super().__init__("Cette case a changé depuis l'ouverture de la page.")
        self.actuel, self.qui, self.quand = actuel, qui, quand


def ecrire_cellule(
    auteur: Utilisateur,
    annuelle: ActionAnnuelle,
    colonne: Colonne,
    etat: Etat,
    montant: Decimal | None,
    *,
    avant: Decimal | None,
    motif: str = "",
) -> LigneFinancement | None:
    """Write one amount of the grid; return its line, None when nothing is left of it.

    The line is created when there is none; a blank removes the amount, and the line with its last one. `avant` is
    what the page showed. Raises PermissionDenied (a funder writes its own columns, never « demandé »),
    CelluleChangee when the cell no longer holds `avant` (unless it already holds `montant`), EnveloppeDepassee,
    ValidationError for a state that is not typed, an archived year, or less than what is already paid.
    """
    raise NotImplementedError


def donner_avis(
    auteur: Utilisateur,
    annuelle: ActionAnnuelle,
    financeur: Financeur,
    *,
    sens: str,
    texte: str,
    rendu_le: date,
    version: int = 0,
) -> AvisFinanceur:
    """Save the opinion of `financeur` on an action, given by itself or noted for it, and return it.

    `version` is that of the opinion that the page showed, 0 when there was none. Raises PermissionDenied,
    VersionPerimee, ValidationError when an opinion that is not favourable does not say why, or the year is archived.
    """
    raise NotImplementedError


def retirer_avis(auteur: Utilisateur, avis: AvisFinanceur, *, version: int) -> None:
    """Delete an opinion; its history stays. Raises PermissionDenied, VersionPerimee, ValidationError (archived)."""
    raise NotImplementedError
