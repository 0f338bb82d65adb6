"""CSV for a French Excel: UTF-8 with its mark, « ; », decimal comma, one header row."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import BinaryIO

from documents.calcul import Genre, Rangee, Valeur, rangees
from documents.formats import FINE_INSECABLE, MOINS, a_des_centimes, arrondir, nombre
from documents.tableau import Mesure, Tableau, TypeColonne
from documents.texte import lignes_de_liste

# a spreadsheet takes a text that starts so for a formula
_FORMULES = ("=", "+", "-", "@", "\t", "\r")


def rendre_csv(tableau: Tableau, sortie: BinaryIO) -> None:
    """Write the header, the lines and the totals; notes stay out, they are not part of the table.

    Amounts and numbers without separators (« 24000 », « 1250,50 »), shares « 48,2% », dates « 30/06/2025 ».
    A text that a spreadsheet would run as a formula is prefixed with an apostrophe.
    """
    flux = io.TextIOWrapper(sortie, encoding="utf-8-sig", newline="", write_through=True)
    ecrivain = csv.writer(flux, delimiter=";", lineterminator="\r\n")
    ecrivain.writerow(inerte(_titre(c.groupe, c.titre)) for c in tableau.colonnes)
    for rangee in rangees(tableau):
        ecrivain.writerow(_ligne(tableau, rangee))
    flux.flush()
    flux.detach()


def _titre(groupe: str, titre: str) -> str:
    return f"{groupe} – {titre}" if groupe else titre


def _ligne(tableau: Tableau, rangee: Rangee) -> list[str]:
    if rangee.genre == Genre.LIGNE:
        return [_cellule(c.type, v) for c, v in zip(tableau.colonnes, rangee.cellules, strict=True)]
    if not rangee.cellules:
        return [inerte(rangee.libelle)] + [""] * (len(tableau.colonnes) - 1)
    types = (
        TypeColonne.POURCENTAGE if rangee.genre == Genre.PARTS else colonne.type
        for colonne in tableau.colonnes[1:]
    )
    suite = [_cellule(t, v) for t, v in zip(types, rangee.cellules[1:], strict=True)]
    return [inerte(rangee.libelle), *suite]


def _cellule(type_: TypeColonne, valeur: Valeur) -> str:
    if valeur is None:
        return ""
    if isinstance(valeur, str):
        return inerte(valeur)
    if isinstance(valeur, tuple):
        return inerte(lignes_de_liste(valeur))
    if isinstance(valeur, date):
        return f"{valeur:%d/%m/%Y}"
    if isinstance(valeur, Mesure):
        return _mesure(valeur)
    return _nombre(type_, valeur)


def _nombre(type_: TypeColonne, valeur: int | Decimal) -> str:
    if type_ == TypeColonne.POURCENTAGE:
        return f"{arrondir(valeur, 1):f}%".replace(".", ",")
    if type_ == TypeColonne.MONTANT:
        return f"{arrondir(valeur, 2 if a_des_centimes(valeur) else 0):f}".replace(".", ",")
    return str(valeur)


def _mesure(mesure: Mesure) -> str:
    """Return « 56,3% », « 8262 € », « environ 30 »: a figure alone is a number."""
    ecrit = nombre(mesure.valeur).replace(FINE_INSECABLE, "").replace(MOINS, "-")
    if mesure.unite == "%":
        ecrit += "%"
    elif mesure.unite:
        ecrit += f" {mesure.unite}"
    return f"environ {ecrit}" if mesure.environ else ecrit


def inerte(texte: str) -> str:
    """Return a text that no spreadsheet runs as a formula: prefixed with an apostrophe when it begins like one."""
    return f"'{texte}" if texte.startswith(_FORMULES) else texte
