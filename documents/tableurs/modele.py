"""What a workbook is once read: plain values, immutable, the same for every format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

# A float never gets in: a number is an int when it is whole, else the Decimal of its shortest writing.
Valeur = None | str | bool | int | Decimal | date | datetime
Position = tuple[int, int]
Format = Literal["xlsx", "ods", "csv"]


@dataclass(frozen=True)
class Plage:
    """Merged cells: first and last row, first and last column, counted from zero, all included."""

    ligne1: int
    colonne1: int
    ligne2: int
    colonne2: int


@dataclass(frozen=True)
class Feuille:
    """A worksheet. Positions are (row, column), counted from zero: row i is the row i + 1 of the sheet.

    `lignes` is rectangular: every row has the same length, blanks are None, the blank rows and columns after the
    last content are cut. A text of spaces is a blank. `fusions` are cut to that rectangle. `pourcentages` are the
    numbers shown with a % (0.47 for « 47 % »). `erreurs` gives the « #REF! » of a cell whose value is None.
    `formules` are read by the value that the workbook keeps; `sans_valeur` are those that have none.
    """

    nom: str
    lignes: tuple[tuple[Valeur, ...], ...] = ()
    fusions: tuple[Plage, ...] = ()
    masquee: bool = False
    pourcentages: frozenset[Position] = frozenset()
    erreurs: Mapping[Position, str] = field(default_factory=dict)
    formules: frozenset[Position] = frozenset()
    sans_valeur: frozenset[Position] = frozenset()
    lignes_masquees: frozenset[int] = frozenset()
    colonnes_masquees: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Classeur:
    """A file that was read: its sheets, and the French sentences about what was left out.

    `proprietes` are the custom properties of the document, by name. `empreinte` is the SHA-256 of the bytes, in
    hexadecimal.
    """

    nom: str
    format: Format
    feuilles: tuple[Feuille, ...]
    avertissements: tuple[str, ...] = ()
    proprietes: Mapping[str, str] = field(default_factory=dict)
    empreinte: str = ""


def nom_colonne(colonne: int) -> str:
    """Return the letters of a column counted from zero: 0 → « A », 26 → « AA »."""
    lettres = ""
    reste = colonne + 1
    while reste:
        reste, rang = divmod(reste - 1, 26)
        lettres = chr(ord("A") + rang) + lettres
    return lettres


def adresse(ligne: int, colonne: int) -> str:
    """Return the address of a cell counted from zero: (2, 5) → « F3 »."""
    return f"{nom_colonne(colonne)}{ligne + 1}"
