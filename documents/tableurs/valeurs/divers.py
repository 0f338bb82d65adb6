"""Shares, yes or no, and the numbers by which an organisation is registered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from stdnum.fr import siren, siret

from documents.tableurs.modele import Valeur
from documents.tableurs.valeurs.communs import (
    Ambigu,
    Illisible,
    ambigu,
    aplatir,
    est_blanc,
    illisible,
    lectures_du_nombre,
    mot,
    refus_commun,
)

_POURCENT = re.compile(r"(-?)([\d .,']*\d) ?(%|pour ?cent|pct)?", re.I)
_PART_MAX = 10**6
_OUI = {"oui", "o", "x", "vrai", "true", "yes", "y", "1", "ok", "✓", "✔", "☑", "☒", "√"}
_NON = {"non", "n", "faux", "false", "no", "0", "☐"}
_RACCOURCI = re.compile(r"\d([.,]\d+)?e[+]?\d+", re.I)


@dataclass(frozen=True)
class Pourcentage:
    """A share, in points: 47 for « 47 % »."""

    points: Decimal


@dataclass(frozen=True)
class Immatriculation:
    """A SIRET (14 digits) or a SIREN (9 digits) whose key is right, without spaces."""

    numero: str
    genre: Literal["siret", "siren"]


def lire_pourcentage(
    valeur: Valeur, *, affiche_en_pourcentage: bool = False
) -> Pourcentage | Ambigu | Illisible | None:
    """Return the share of a cell in points, a question, or why it cannot be read; None for a blank.

    `affiche_en_pourcentage`: the cell is in `Feuille.pourcentages`, so that 0.47 is 47 %. Without it, a bare number
    of at most 1 is asked: 0.47 may be 47 % or less than one.
    """
    if est_blanc(valeur):
        return None
    if isinstance(valeur, bool | date):
        return illisible(valeur, "n'est pas un pourcentage. Écrivez-le comme « 47 % ».")
    if isinstance(valeur, int | Decimal):
        return _points(
            valeur, Decimal(valeur), certain=affiche_en_pourcentage, facteur=affiche_en_pourcentage
        )
    if refus := refus_commun(str(valeur), "un pourcentage"):
        return refus
    lu = _POURCENT.fullmatch(aplatir(str(valeur)))
    lectures = lectures_du_nombre(lu[2]) if lu else ()
    if lu is None or not lectures:
        return illisible(valeur, "n'est pas un pourcentage. Écrivez-le comme « 47 % ».")
    # of « 12,345 % », only the small reading is a share
    exact = min(lectures) * (-1 if lu[1] else 1)
    return _points(valeur, exact, certain=lu[3] is not None, facteur=False)


def _points(
    brut: Valeur, nombre: Decimal, *, certain: bool, facteur: bool
) -> Pourcentage | Ambigu | Illisible:
    if abs(nombre) >= _PART_MAX:
        return illisible(brut, "est trop grand pour être un pourcentage. Vérifiez la cellule.")
    nombre = _sans_zeros(round(nombre, 12))
    en_points = _sans_zeros(nombre * 100)
    if certain or not 0 < abs(nombre) <= 1:
        return Pourcentage(en_points if facteur else nombre)
    question = f"peut être {_ecrit(en_points)} % ou {_ecrit(nombre)} %. Lequel est juste ?"
    return ambigu(brut, question, (en_points, nombre))


def _ecrit(exact: Decimal) -> str:
    return f"{exact:f}".replace(".", ",")


def _sans_zeros(nombre: Decimal) -> Decimal:
    entier = nombre.to_integral_value()
    return entier if nombre == entier else nombre.normalize()


def lire_oui_non(valeur: Valeur) -> bool | Illisible | None:
    """Return True or False, or why it is neither; None for a blank. A tick and an « x » are yes."""
    if isinstance(valeur, bool):
        return valeur
    if est_blanc(valeur):
        return None
    texte = mot(str(valeur)).rstrip(" .")
    if texte in _OUI:
        return True
    if texte in _NON:
        return False
    return illisible(
        valeur, "n'est ni « oui » ni « non ». Écrivez l'un des deux, ou laissez la cellule vide."
    )


def lire_immatriculation(valeur: Valeur) -> Immatriculation | Illisible | None:
    """Return the SIRET or the SIREN of a cell, or why it is none; None for a blank.

    A number gets back the zeros at its start that a spreadsheet drops. What the spreadsheet has shortened
    (« 1,2E+13 ») has lost digits: it is refused.
    """
    if est_blanc(valeur):
        return None
    if isinstance(valeur, bool | date) or (isinstance(valeur, Decimal) and valeur != int(valeur)):
        return illisible(
            valeur, "n'est pas un numéro SIRET. Mettez la colonne au format « Texte » et ressaisissez-le."
        )
    if isinstance(valeur, int | Decimal):
        ecrit = str(int(valeur))
        return _verifier(valeur, ecrit.zfill(9 if len(ecrit) <= 9 else 14))
    plat = aplatir(str(valeur))
    if _RACCOURCI.fullmatch(plat):
        return illisible(
            valeur,
            "est un numéro SIRET que le tableur a raccourci : des chiffres sont perdus. Mettez la colonne au "
            "format « Texte », puis ressaisissez le numéro.",
        )
    compact = re.sub(r"[ .\-']", "", plat)
    return _verifier(valeur, re.sub(r"^(siret|siren)(n°)?:?", "", compact, flags=re.I))


def _verifier(brut: Valeur, chiffres: str) -> Immatriculation | Illisible:
    if not (chiffres.isascii() and chiffres.isdecimal() and len(chiffres) in (9, 14)):
        return illisible(brut, "n'est pas un numéro SIRET (14 chiffres) ni SIREN (9 chiffres). Vérifiez-le.")
    if len(chiffres) == 14 and siret.is_valid(chiffres):
        return Immatriculation(chiffres, "siret")
    if len(chiffres) == 9 and siren.is_valid(chiffres):
        return Immatriculation(chiffres, "siren")
    return illisible(
        brut, "a le bon nombre de chiffres, mais l'un d'eux est faux : la clé de contrôle ne tombe pas juste."
    )
