"""Ages: « de 6 à 15 ans », « 6/15ans », « entre 17 et 45 ans », « 17 ans et plus », « moins de 15 ans »."""

from collections.abc import Sequence
from dataclasses import dataclass

from .jetons import Jeton, Sorte
from .nombres import suit

PLUS_VIEUX = 120
# Before a number of years, these say a length of time: « pour une durée de 4 à 6 ans », « depuis 3 ans ».
_DUREES = {"duree", "depuis", "pendant", "durant", "periode", "delai", "engagement", "bail", "convention"}


@dataclass(frozen=True, slots=True)
class Ages:
    """Ages and the tokens that say them: from `debut` to `fin`, excluded. A missing bound is open."""

    debut: int
    fin: int
    mini: int | None
    maxi: int | None


def lire_ages(jetons: Sequence[Jeton]) -> dict[int, Ages]:
    """Return the ages of a text, by the token where they begin."""
    trouves: dict[int, Ages] = {}
    i = 0
    while i < len(jetons):
        possible = jetons[i].sorte == Sorte.NOMBRE or jetons[i].norme in _OUVRENT
        ages = _ages(jetons, i) if possible else None
        if ages is None or _est_une_duree(jetons, ages):
            i += 1
        else:
            trouves[i] = ages
            i = ages.fin
    return trouves


def _ages(jetons: Sequence[Jeton], i: int) -> Ages | None:
    return _bornes(jetons, i) or _ouvert(jetons, i) or _un_age(jetons, i)


def _age(jetons: Sequence[Jeton], i: int) -> int | None:
    if i >= len(jetons) or jetons[i].sorte != Sorte.NOMBRE:
        return None
    valeur = jetons[i].entier
    return valeur if valeur is not None and valeur <= PLUS_VIEUX else None


def _ans(jetons: Sequence[Jeton], i: int) -> bool:
    return i < len(jetons) and jetons[i].norme in ("ans", "an")


def _bornes(jetons: Sequence[Jeton], i: int) -> Ages | None:
    """« de 6 à 15 ans », « 6/15ans », « 10-15 ans », « entre 17 et 45 ans », « 6 ans à 11 ans », « des 10-13 ans »."""
    ouvre = jetons[i].norme
    k = i + 1 if ouvre in ("de", "entre", "des") else i
    mini = _age(jetons, k)
    if mini is None:
        return None
    k += 1
    if _ans(jetons, k):
        k += 1
    if k >= len(jetons):
        return None
    lien = jetons[k].norme
    if lien != "et" and ouvre == "entre":
        return None
    if lien not in ("a", "-", "/", "–", "et") or (lien == "et" and ouvre != "entre"):
        return None
    maxi = _age(jetons, k + 1)
    if maxi is None or maxi <= mini or not _ans(jetons, k + 2):
        return None
    return Ages(i, k + 3, mini, maxi)


# What opens a threshold, and whether it is a floor.
_SEUILS: tuple[tuple[tuple[str, ...], bool], ...] = (
    (("a", "partir", "de"), True),
    (("plus", "de"), True),
    (("+", "de"), True),
    (("des",), True),
    (("moins", "de"), False),
    (("-", "de"), False),
    (("jusqu'", "a"), False),
)


# What ages may begin with, when it is not a figure.
_OUVRENT = {"entre", "de", "age", "agee", "ages", "agees", *(mots[0] for mots, _ in _SEUILS)}


def _ouvert(jetons: Sequence[Jeton], i: int) -> Ages | None:
    """« 17 ans et plus », « plus de 60 ans », « à partir de 14 ans », « moins de 15 ans », « dès 6 ans »."""
    age = _age(jetons, i)
    if age is not None and _ans(jetons, i + 1):
        for suite in (("et", "plus"), ("et", "+"), ("ou", "plus"), ("+",)):
            if suit(jetons, i + 2, suite):
                return Ages(i, i + 2 + len(suite), age, None)
        return None
    for mots, monte in _SEUILS:
        if not suit(jetons, i, mots) or not _ans(jetons, i + len(mots) + 1):
            continue
        age = _age(jetons, i + len(mots))
        # « des 12 ans » is no threshold: only « dès » is
        if age is None or (mots == ("des",) and jetons[i].texte.isascii()):
            continue
        fin = i + len(mots) + 2
        # « plus de 20 ans d'expérience »
        if fin < len(jetons) and jetons[fin].norme in ("d'", "de"):
            return None
        return Ages(i, fin, age if monte else None, None if monte else age)
    return None


def _un_age(jetons: Sequence[Jeton], i: int) -> Ages | None:
    """« âgé de 16 ans »: one age, said as such."""
    if not (suit(jetons, i + 1, ("de",)) and jetons[i].norme in ("age", "agee", "ages", "agees")):
        return None
    age = _age(jetons, i + 2)
    if age is None or not _ans(jetons, i + 3) or _ouvert(jetons, i + 2) is not None:
        return None
    return Ages(i + 2, i + 4, age, age)


def _est_une_duree(jetons: Sequence[Jeton], ages: Ages) -> bool:
    if any(jetons[k].norme in _DUREES for k in range(max(0, ages.debut - 4), ages.debut)):
        return True
    apres = jetons[ages.fin] if ages.fin < len(jetons) else None
    return apres is not None and apres.norme in ("d'experience", "d'anciennete")
