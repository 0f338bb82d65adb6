"""French formats for the eye, and the rounding that makes a column of percentages add to 100.

Separators: U+202F between groups of digits, U+00A0 before a unit, decimal comma, U+2212 as minus.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from typing import TypeVar

Nombre = TypeVar("Nombre", int, Decimal)

FINE_INSECABLE = "\u202f"
INSECABLE = "\u00a0"
MOINS = "\u2212"

MOIS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)

# wide enough for any amount: the default 28 digits would make quantize() raise on the largest ones
_LARGE = Context(prec=80)


def arrondir(valeur: Decimal | int, decimales: int) -> Decimal:
    """Return the value rounded half up, as French accounts are, with exactly that many decimals.

    A zero is never negative. Raises ValueError for NaN and infinities.
    """
    exact = Decimal(valeur)
    if not exact.is_finite():
        raise ValueError("Un nombre affiché doit être fini.")
    arrondi = exact.quantize(Decimal(1).scaleb(-decimales), rounding=ROUND_HALF_UP, context=_LARGE)
    return arrondi if arrondi else abs(arrondi)


def additionner(valeurs: Iterable[Nombre | None]) -> Nombre | None:
    """Return the sum of what is known, None when nothing is: blank is not zero."""
    somme: Nombre | None = None
    for valeur in valeurs:
        if valeur is not None:
            somme = valeur if somme is None else somme + valeur
    return somme


def a_des_centimes(valeur: Decimal | int) -> bool:
    """Return whether the amount must be shown with cents."""
    return arrondir(valeur, 2) != arrondir(valeur, 0)


def _grouper(valeur: Decimal) -> str:
    entier, _, decimales = f"{valeur:,f}".partition(".")
    texte = entier.replace(",", FINE_INSECABLE).replace("-", MOINS)
    return f"{texte},{decimales}" if decimales else texte


def nombre(valeur: Decimal | int | None, decimales: int | None = None) -> str:
    """Return « 1 234 » or « 1 234,5 » ; an empty string for a blank.

    Without `decimales`, the decimals that the value has, without useless zeros.
    """
    if valeur is None:
        return ""
    if decimales is not None:
        return _grouper(arrondir(valeur, decimales))
    texte = _grouper(Decimal(valeur))
    return texte.rstrip("0").rstrip(",") if "," in texte else texte


def montant(valeur: Decimal | int | None, *, centimes: bool | None = None, unite: bool = True) -> str:
    """Return « 24 000 € » or « 24 000,50 € » (euros) ; an empty string for a blank.

    Cents show when there are some, unless `centimes` decides. `unite=False` leaves the sign out, for a
    table that says its unit once. Raises TypeError for a float: money is Decimal.
    """
    if valeur is None:
        return ""
    if isinstance(valeur, float):
        raise TypeError("Un montant est un Decimal, jamais un float.")
    avec_centimes = a_des_centimes(valeur) if centimes is None else centimes
    texte = _grouper(arrondir(valeur, 2 if avec_centimes else 0))
    return f"{texte}{INSECABLE}€" if unite else texte


def pourcentage(valeur: Decimal | int | None, decimales: int = 1) -> str:
    """Return « 12,5 % » for 12.5 (points, not a fraction) ; an empty string for a blank."""
    if valeur is None:
        return ""
    return f"{_grouper(arrondir(valeur, decimales))}{INSECABLE}%"


def taille_lisible(octets: int) -> str:
    """Return the size of a file as a computer shows it: « 340 Ko », « 1,2 Mo » (of 1024 Ko)."""
    ko = Decimal(octets) / 1024
    if ko < 1000:
        return f"{nombre(max(arrondir(ko, 0), Decimal(1)), 0)}{INSECABLE}Ko"
    mo = arrondir(ko / 1024, 1)
    return f"{nombre(mo, 0 if mo == int(mo) else 1)}{INSECABLE}Mo"


def date_longue(jour: date | None) -> str:
    """Return « 30 juin 2025 », « 1er juillet 2025 » ; an empty string for a blank."""
    if jour is None:
        return ""
    quantieme = "1er" if jour.day == 1 else str(jour.day)
    return f"{quantieme} {MOIS[jour.month - 1]} {jour.year}"


def repartir_100(valeurs: Iterable[Decimal | int | None], decimales: int = 1) -> list[Decimal | None]:
    """Return the share of each value in points, rounded by largest remainder so that they add to 100.

    A blank stays None. When there is nothing to share (only blanks and zeros) every share is None: a
    percentage of zero means nothing. Equal remainders go to the largest value, then to the first one.
    Raises ValueError for a negative value, which has no share of a whole.

    Rule: the printed percentages of the source documents add to 104 (Bagnols 2023); ours must not.
    """
    liste = list(valeurs)
    exactes = [Decimal(v) if v is not None else Decimal(0) for v in liste]
    if any(not v.is_finite() or v < 0 for v in exactes):
        raise ValueError("Une part se calcule sur des valeurs positives ou nulles.")
    total = sum(exactes, Decimal(0))
    if not total:
        return [None] * len(liste)
    cible = 100 * 10**decimales
    quotas = [_LARGE.divide(_LARGE.multiply(v, Decimal(cible)), total) for v in exactes]
    unites = [int(q.to_integral_value(rounding=ROUND_FLOOR)) for q in quotas]
    priorite = sorted(range(len(liste)), key=lambda i: (unites[i] - quotas[i], -exactes[i], i))
    for i in priorite[: cible - sum(unites)]:
        unites[i] += 1
    pas = Decimal(1).scaleb(-decimales)
    return [unites[i] * pas if v is not None else None for i, v in enumerate(liste)]
