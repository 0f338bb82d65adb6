"""A chart described once, drawn the same for the page and the PDF; each can be read as a table.

    dessiner(Graphique(titre="La Ville porte la moitié des crédits", categories=("Ville", "État"),
                       series=(Serie("2024", (Decimal(500), Decimal(480))),), type=TypeColonne.MONTANT))

The title is the finding, the subtitle the definition; values are written on the marks. `None` is a value that is not
known: it is said, never drawn as zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from documents.tableau import TypeColonne

Valeur = int | Decimal | None


class Forme(StrEnum):
    """How a chart is drawn."""

    BARRES = "barres"  # one horizontal bar a category; several series stand side by side
    EMPILEES = "empilees"  # the series of a category end to end
    COURBE = "courbe"  # categories are years, one line a series


@dataclass(frozen=True)
class Serie:
    """The values of one series, one for each category."""

    nom: str
    valeurs: tuple[Valeur, ...]


@dataclass(frozen=True, kw_only=True)
class Graphique:
    """A chart. Raises ValueError when a series has not one value a category, or the type is no figure."""

    titre: str
    categories: tuple[str, ...]
    series: tuple[Serie, ...]
    sous_titre: str = ""
    forme: Forme = Forme.BARRES
    type: TypeColonne = TypeColonne.ENTIER
    # what the categories are: the first header of the table (« Financeur »)
    intitule: str = ""
    # « Source : bilans validés au 20 novembre 2026 »
    source: str = ""

    def __post_init__(self) -> None:
        if not self.titre:
            raise ValueError("Un graphique a un titre.")
        if any(len(serie.valeurs) != len(self.categories) for serie in self.series):
            raise ValueError("Chaque série a une valeur par catégorie.")
        if self.type not in (TypeColonne.ENTIER, TypeColonne.MONTANT, TypeColonne.POURCENTAGE):
            raise ValueError("Un graphique montre des nombres, des montants ou des pourcentages.")


@dataclass(frozen=True)
class Contour:
    """A territory of a map: its name, its outline (a GeoJSON geometry, WGS 84), what it is (« QPV »), its figure."""

    nom: str
    geometrie: Mapping[str, Any]
    type: str = ""
    valeur: Valeur = None


@dataclass(frozen=True, kw_only=True)
class Carte:
    """A map of outlines, without a background: names are written on them, figures too when there are."""

    titre: str
    contours: tuple[Contour, ...]
    sous_titre: str = ""
    type: TypeColonne = TypeColonne.ENTIER
    source: str = ""
