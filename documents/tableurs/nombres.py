"""Numbers of a workbook: exact values, what their format says, days counted since 1900 or 1904."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from math import isfinite

from documents.tableurs.grille import instant_ou_jour


class Genre(StrEnum):
    """What a number is shown as."""

    NOMBRE = "nombre"
    POURCENTAGE = "pourcentage"
    JOUR = "jour"
    HEURE = "heure"
    DUREE = "duree"


# The formats that workbooks name by number alone (ECMA-376, 18.8.30), East Asian dates included.
_INTEGRES = {
    **dict.fromkeys((9, 10), Genre.POURCENTAGE),
    **dict.fromkeys((14, 15, 16, 17, 22, *range(27, 32), 36, *range(50, 59)), Genre.JOUR),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 45, 47), Genre.HEURE),
    46: Genre.DUREE,
}
_LITTERAL = re.compile(r'"[^"]*"|\\.|_.|\*.')
_ECOULE = re.compile(r"\[(h+|m+|s+)\]", re.I)
_CROCHETS = re.compile(r"\[[^\]]*\]")
_ENTIER = re.compile(r"[+-]?\d{1,40}")
_JOURS_MAX = 2_958_465  # 31 December 9999


def genre_de_format(identifiant: int, code: str | None) -> Genre:
    """Return what a number format shows, from its code when the workbook gives one, else from its number."""
    if code is None:
        return _INTEGRES.get(identifiant, Genre.NOMBRE)
    sans_texte = _LITTERAL.sub("", code).split(";")[0]
    if _ECOULE.search(sans_texte):
        return Genre.DUREE
    lettres = _CROCHETS.sub("", sans_texte).lower()
    if "%" in lettres:
        return Genre.POURCENTAGE
    if "general" in lettres or "standard" in lettres:
        return Genre.NOMBRE
    if "y" in lettres or "d" in lettres:
        return Genre.JOUR
    if "h" in lettres or "s" in lettres:
        return Genre.HEURE
    return Genre.JOUR if "m" in lettres else Genre.NOMBRE


def nombre_exact(brut: str) -> int | Decimal | None:
    """Return the number that is written: an int when whole, else the Decimal of its shortest writing.

    None for what is no finite number. « 78201465600014 » and « 7.8201465600014E+13 » give the same int;
    « 0.46999999999999997 » gives Decimal("0.47"): both write the same machine number.
    """
    brut = brut.strip()
    if _ENTIER.fullmatch(brut):
        return int(brut)
    if len(brut) > 60 or "_" in brut:
        return None
    try:
        machine = float(brut)
    except ValueError:
        return None
    if not isfinite(machine):
        return None
    return int(machine) if machine.is_integer() else Decimal(repr(machine))


def moment(nombre: int | Decimal, genre: Genre, *, depuis_1904: bool) -> date | datetime | str | None:
    """Return the day, the instant or the time (« 14:30 ») of a number shown as one; None when there is none.

    Days are counted from 1900 (with its 29 February that never was) or from 1904.
    """
    if not 0 <= nombre <= _JOURS_MAX:
        return None
    secondes = round(float(nombre) * 86_400)
    if genre == Genre.DUREE or (genre == Genre.HEURE and 0 <= secondes < 86_400):
        return _duree(secondes)
    if depuis_1904:
        premier, minimum = datetime(1904, 1, 1), 0
    else:
        premier, minimum = (datetime(1899, 12, 30), 61) if nombre >= 60 else (datetime(1899, 12, 31), 1)
    if not minimum * 86_400 <= secondes <= (_JOURS_MAX - (1462 if depuis_1904 else 0)) * 86_400:
        return None
    return instant_ou_jour(premier + timedelta(seconds=secondes))


def _duree(secondes: int) -> str:
    heures, reste = divmod(secondes, 3600)
    minutes, secondes = divmod(reste, 60)
    return f"{heures:02}:{minutes:02}:{secondes:02}" if secondes else f"{heures:02}:{minutes:02}"
