"""The kinds of workbook that come in: each knows its own, stages its rows and writes them.

`preparation`, `application` and `annulation` do what all have in common: states, answers, transaction, journal.
Each module of `MODULES` declares its own when it is loaded; they are loaded when the first import asks, since they
stand on everything here.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Protocol

from comptes.models import Utilisateur
from documents.tableurs import Classeur

from ..models import ImportTableur, LigneImport
from .journal import Journal


class Traitement(Protocol):
    """What a kind of import does its own way."""

    def reconnait(self, classeur: Classeur) -> bool:
        """Return whether the workbook is of this kind."""
        ...

    def lire(self, import_: ImportTableur, classeur: Classeur) -> None:
        """Stage the rows and give the import its next state, saved; raise FichierRefuse or OperationRefusee."""
        ...

    def recalculer(self, import_: ImportTableur, lignes: Sequence[LigneImport]) -> None:
        """Compute these rows again after their answers changed, and save them with those that depend on them."""
        ...

    def perimees(self, import_: ImportTableur) -> list[str]:
        """Return, a sentence each, what changed in Pilotis since the preview in what would be written."""
        ...

    def appliquer(self, import_: ImportTableur, auteur: Utilisateur, journal: Journal, motif: str) -> None:
        """Write the retained rows, in the transaction of the caller; raise OperationRefusee."""
        ...


# Those that know their own workbooks come before any town's table.
MODULES = ("bilans.imports.retour", "bilans.imports.tableau")
_traitements: dict[str, Traitement] = {}


def declarer(genre: str, traitement: Traitement) -> None:
    """Have imports of this kind (`ImportTableur.Genre`) handled by `traitement`."""
    _traitements[genre] = traitement


def traitement_de(import_: ImportTableur) -> Traitement:
    """Return what handles an import."""
    return _tous()[import_.genre]


def genre_de(classeur: Classeur) -> str:
    """Return the kind of a workbook; any town's table when no other kind knows it as its own."""
    for genre, traitement in _tous().items():
        if genre != ImportTableur.Genre.TABLEAU and traitement.reconnait(classeur):
            return genre
    return ImportTableur.Genre.TABLEAU


def _tous() -> dict[str, Traitement]:
    for module in MODULES:
        import_module(module)
    return _traitements
