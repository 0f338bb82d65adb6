"""What WeasyPrint does not say of the tables of a tagged PDF: what a header is the header of.

It links each cell to every header of its columns, those of groups of rows further down included, and to nothing for
the second row of an entry. Here a header says its scope, and a cell names its own headers: the group that it is in, its
row, its columns (PDF/UA-1 7.5, ISO 32000-1 14.8.5.7).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

PORTEES = {"col": "/Column", "colgroup": "/Column", "row": "/Row", "rowgroup": "/Row"}
# the class of the second row of an entry, and that of its headers (rendu_html)
DESSOUS = "dessous"

# the headers that stand over each column: (of the first rows, of the second ones)
Colonnes = tuple[dict[int, list[Any]], dict[int, list[Any]]]


def preciser_les_tableaux(document: Any, _pdf: Any) -> None:
    """WeasyPrint finisher: give each header its scope and each cell its headers."""
    for page in document.pages:
        for table in _tables(page._page_box):
            _preciser(table)


def _tables(boite: Any) -> Iterator[Any]:
    from weasyprint.formatting_structure.boxes import TableBox

    if isinstance(boite, TableBox):
        yield boite
        return
    for enfant in getattr(boite, "children", ()):
        yield from _tables(enfant)


def _preciser(table: Any) -> None:
    colonnes: Colonnes = ({}, {})
    for groupe in table.children:
        if groupe.element_tag == "thead":
            colonnes = _entetes(groupe)
        else:
            _corps(groupe, colonnes)


def _entetes(groupe: Any) -> Colonnes:
    """Read the head of a table: which headers stand over which column, the upper ones first."""
    dessus: dict[int, list[Any]] = {}
    dessous: dict[int, list[Any]] = {}
    # columns that a header of a row above still covers
    prises: dict[int, int] = {}
    for rangee in groupe.children:
        lues = dessous if _est_dessous(rangee) else dessus
        place = 0
        for cellule in rangee.children:
            while prises.get(place, 0):
                prises[place] -= 1
                place += 1
            noms = _noms([cellule])
            for colonne in range(place, place + cellule.colspan):
                lues.setdefault(colonne, []).extend(noms)
                prises[colonne] = cellule.rowspan - 1
            place += cellule.colspan
    return dessus, dessous


def _corps(groupe: Any, colonnes: Colonnes) -> None:
    """Give the cells of a body their headers; a row of its own, a second one those of the row above."""
    du_groupe: list[Any] = []
    de_la_rangee: list[Any] = []
    for rangee in groupe.children:
        dessous = _est_dessous(rangee)
        noms = _noms(rangee.children)
        if any(_portee(cellule) == "rowgroup" for cellule in rangee.children):
            du_groupe, de_la_rangee = noms, []
        elif not dessous:
            de_la_rangee = noms
        place = 0
        for cellule in rangee.children:
            if cellule.element_tag == "td":
                siennes = _au_dessus(colonnes[dessous], place, cellule.colspan)
                cellule.mark["A"]["Headers"] = _liste([*du_groupe, *de_la_rangee, *siennes])
            place += cellule.colspan


def _au_dessus(colonnes: dict[int, list[Any]], place: int, etendue: int) -> list[Any]:
    """Return the headers over these columns, each once."""
    vues: list[Any] = []
    for colonne in range(place, place + etendue):
        vues += [entete for entete in colonnes.get(colonne, ()) if entete not in vues]
    return vues


def _noms(cellules: Iterable[Any]) -> list[Any]:
    """Return the names of the headers among these cells, their scope being said."""
    noms = []
    for cellule in cellules:
        if cellule.element_tag == "th":
            noms.append(cellule.mark["ID"])
            if portee := PORTEES.get(_portee(cellule)):
                cellule.mark["A"]["Scope"] = portee
    return noms


def _portee(cellule: Any) -> str:
    return str(cellule.element.get("scope", "")) if cellule.element_tag == "th" else ""


def _est_dessous(rangee: Any) -> bool:
    return rangee.element is not None and DESSOUS in rangee.element.get("class", "").split()


def _liste(entetes: list[Any]) -> Any:
    from pydyf import Array

    return Array(entetes)
