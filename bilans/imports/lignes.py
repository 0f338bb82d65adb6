"""What each row of a recognised table is, and what it says: typed as it was written, never interpreted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from documents.tableurs.modele import Valeur


class NatureLigne(StrEnum):
    """What a row is. The first two are an action each."""

    ACTION = "action"
    # porteur or title left empty, or merged: as above
    CONTINUATION = "continuation"
    # the end of a long text, cut by a page break: glued to the row above
    SUITE = "suite"
    VIDE = "vide"
    # a heading between rows: a porteur, an axe
    TITRE = "titre"
    # the header, or the header again
    ENTETE = "entete"
    SOUS_TOTAL = "sous_total"
    TOTAL = "total"
    # percentages
    PARTS = "parts"
    # a number that no sum explains, alone in its row
    ORPHELINE = "orpheline"
    NOTE = "note"


Gravite = Literal["bloquant", "alerte", "info"]


@dataclass(frozen=True)
class Signalement:
    """Something seen while a row was read: its code (domaine.md §9), the cell, a sentence, how to mend it."""

    code: str
    gravite: Gravite
    phrase: str
    cellule: str = ""
    remede: str = ""


@dataclass(frozen=True)
class LigneLue:
    """A row: its number in the sheet (from 1), its nature, its values by key of column (`Structure.cles`).

    A blank has no key: it is not zero. `valeurs` are as typed in the cell (text, int, Decimal, date…); in a row of
    `SUITE`, what it adds is already in the row above, whose `suites` name it. `cellules` gives the address of each
    value (« F12 »), `heritees` the keys taken from above or from a merged cell. `brut` is the row as text.
    """

    numero: int
    nature: NatureLigne
    valeurs: Mapping[str, Valeur] = field(default_factory=dict)
    cellules: Mapping[str, str] = field(default_factory=dict)
    heritees: frozenset[str] = frozenset()
    brut: tuple[str, ...] = ()
    suites: tuple[int, ...] = ()
    signalements: tuple[Signalement, ...] = ()

    @property
    def est_une_action(self) -> bool:
        """Whether it is an action of the table."""
        return self.nature in (NatureLigne.ACTION, NatureLigne.CONTINUATION)
