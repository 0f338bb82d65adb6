"""Workbooks for the tests: written as rows, given as what the reader would give, or as the bytes of an xlsx."""

import re
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_from_string, range_boundaries

from documents.tableurs.modele import Classeur, Feuille, Plage, Position, Valeur


def feuille(
    nom: str, lignes: Iterable[Sequence[Valeur]], *, fusions: Sequence[str] = (), **options: Any
) -> Feuille:
    """Return a sheet: rows made of one length, merged cells by their addresses (« A1:C1 »).

    `pourcentages` may be given by address too; the other options are those of `Feuille`.
    """
    rangees = [tuple(ligne) for ligne in lignes]
    largeur = max((len(rangee) for rangee in rangees), default=0)
    options["pourcentages"] = frozenset(position(adresse) for adresse in options.get("pourcentages", ()))
    return Feuille(
        nom,
        tuple((*rangee, *([None] * (largeur - len(rangee)))) for rangee in rangees),
        tuple(plage(ecrite) for ecrite in fusions),
        **options,
    )


def plage(ecrite: str) -> Plage:
    """Return « A1:C2 » counted from zero."""
    colonne1, ligne1, colonne2, ligne2 = (int(borne) for borne in range_boundaries(ecrite))
    return Plage(ligne1 - 1, colonne1 - 1, ligne2 - 1, colonne2 - 1)


def position(adresse: str) -> Position:
    """Return « F3 » counted from zero: (2, 5)."""
    colonne, ligne = coordinate_from_string(adresse)
    return ligne - 1, range_boundaries(f"{colonne}1")[0] - 1


def classeur(*feuilles: Feuille, nom: str = "tableau.xlsx") -> Classeur:
    """Return a workbook of these sheets."""
    return Classeur(nom, "csv" if nom.endswith(".csv") else "xlsx", feuilles)


def en_xlsx(lu: Classeur) -> bytes:
    """Return the same workbook as the bytes of an xlsx: values, merged cells, hidden sheets, percentages."""
    ecrit = Workbook()
    ecrit.remove(ecrit.active)
    for source in lu.feuilles:
        page = ecrit.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", source.nom)[:31])
        for ligne, rangee in enumerate(source.lignes, 1):
            for colonne, valeur in enumerate(rangee, 1):
                if valeur is not None:
                    page.cell(ligne, colonne, valeur)
        for ligne, colonne in source.pourcentages:
            page.cell(ligne + 1, colonne + 1).number_format = "0%"
        for fusion in source.fusions:
            debut = f"{get_column_letter(fusion.colonne1 + 1)}{fusion.ligne1 + 1}"
            page.merge_cells(f"{debut}:{get_column_letter(fusion.colonne2 + 1)}{fusion.ligne2 + 1}")
        page.sheet_state = "hidden" if source.masquee else "visible"
    sortie = BytesIO()
    ecrit.save(sortie)
    return sortie.getvalue()
