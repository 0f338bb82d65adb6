"""Days: « le 6 juillet », « du 31/07 au 04/08 », « les 17/05 et 19/05 », « du 25 juillet au 8 août »."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from .jetons import Jeton, Sorte
from .lexique import JOURS, MOIS

ANNEES = range(1990, 2100)
# « rue du 8 mai », « école du 11 novembre »
_VOIES = {"rue", "avenue", "place", "boulevard", "square", "impasse", "quai", "cours", "allee", "ecole", "college",
          "stade", "lycee", "salle"}  # fmt: skip

_OUVRENT = {"du", "duu", "entre", "le", "les", "au", "des"}


@dataclass(frozen=True, slots=True)
class Jours:
    """A day, or the first and the last one, and the tokens that say them: from `debut` to `fin`, excluded.

    `premier` and `dernier` are None when they cannot be dated: no year is known.
    """

    debut: int
    fin: int
    premier: date | None
    dernier: date | None
    annee_ecrite: bool


@dataclass(frozen=True, slots=True)
class _Jour:
    fin: int
    jour: int
    mois: int | None
    annee: int | None
    # a fraction or a score may look the same: « 3/4 »
    douteux: bool


def lire_dates(jetons: Sequence[Jeton], annee: int | None, pris: set[int]) -> list[Jours]:
    """Return the days of a text, leaving aside the tokens already taken. Days that do not exist are left out."""
    trouves: list[Jours] = []
    i = 0
    while i < len(jetons):
        possible = i not in pris and (jetons[i].sorte == Sorte.NOMBRE or jetons[i].norme in _OUVRENT)
        jours = _jours(jetons, i, annee, trouves) if possible else None
        if jours is None or any(k in pris for k in range(jours.debut, jours.fin)):
            i += 1
        else:
            trouves.append(jours)
            i = jours.fin
    return trouves


def _jours(jetons: Sequence[Jeton], i: int, annee: int | None, avant: Sequence[Jours]) -> Jours | None:
    if any(jetons[k].norme in _VOIES for k in range(max(0, i - 2), i)):
        return None
    ouvre = jetons[i].norme
    periode = _periode(jetons, i, annee) or _jours_colles(jetons, i, annee)
    if periode is not None:
        return periode
    introduit = ouvre in ("le", "les", "du", "au", "des") and i + 1 < len(jetons)
    debut = i + 1 if introduit else i
    if introduit and debut < len(jetons) and jetons[debut].norme.removesuffix("s") in JOURS:
        debut += 1
    jour = _jour(jetons, debut)
    if jour is None or jour.mois is None:
        return None
    if jour.douteux and not introduit and not _suite(jetons, i, avant):
        return None
    lu = _dater(jour.jour, jour.mois, jour.annee or annee)
    if lu is None and (jour.annee or annee):
        return None
    return Jours(debut, jour.fin, lu, lu, jour.annee is not None)


def _suite(jetons: Sequence[Jeton], i: int, avant: Sequence[Jours]) -> bool:
    """« (17/06, 8/11, 13/12) »: whether a date follows another one."""
    return bool(avant) and avant[-1].fin == i - 1 and jetons[i - 1].norme in (",", "et", "/", "-", ";")


def _periode(jetons: Sequence[Jeton], i: int, annee: int | None) -> Jours | None:
    """« du 25 juillet au 8 août », « 31/07 au 04/08 », « entre le 1er juillet et le 31 août »."""
    entre = jetons[i].norme == "entre"
    k = i + 1 if jetons[i].norme in ("du", "duu", "entre") else i
    if entre:
        if k >= len(jetons) or jetons[k].norme != "le":
            return None
        k += 1
    if k < len(jetons) and jetons[k].norme in JOURS:
        k += 1
    premier = _jour(jetons, k)
    if premier is None:
        return None
    k = premier.fin
    if entre:
        if k + 1 >= len(jetons) or (jetons[k].norme, jetons[k + 1].norme) != ("et", "le"):
            return None
        k += 2
    elif k < len(jetons) and jetons[k].norme == "au":
        k += 1
    else:
        return None
    if k < len(jetons) and jetons[k].norme in JOURS:
        k += 1
    dernier = _jour(jetons, k)
    if dernier is None or dernier.mois is None:
        return None
    an_dernier = dernier.annee or annee
    an_premier = premier.annee or an_dernier
    mois = premier.mois or dernier.mois
    if (
        premier.annee is None
        and dernier.annee is not None
        and (mois, premier.jour) > (dernier.mois, dernier.jour)
    ):
        an_premier = dernier.annee - 1  # « du 20 décembre au 5 janvier 2025 »
    debut, fin = _dater(premier.jour, mois, an_premier), _dater(dernier.jour, dernier.mois, an_dernier)
    if (debut is None or fin is None) and an_dernier:
        return None
    return Jours(i, dernier.fin, debut, fin, dernier.annee is not None)


def _jours_colles(jetons: Sequence[Jeton], i: int, annee: int | None) -> Jours | None:
    """« 22-23 mai »: one day after the other."""
    premier = _entier(jetons, i, 1, 31)
    if premier is None or i + 2 >= len(jetons) or jetons[i + 1].texte != "-" or not jetons[i + 2].colle:
        return None
    dernier = _jour(jetons, i + 2)
    if dernier is None or dernier.mois is None or dernier.douteux or dernier.jour <= premier:
        return None
    an = dernier.annee or annee
    debut, fin = _dater(premier, dernier.mois, an), _dater(dernier.jour, dernier.mois, an)
    if (debut is None or fin is None) and an:
        return None
    return Jours(i, dernier.fin, debut, fin, dernier.annee is not None)


def _jour(jetons: Sequence[Jeton], i: int) -> _Jour | None:
    """« 25 juillet 2024 », « 1er juillet », « 31/07 », « 13/07/2023 », « 3 » (of « du 3 au 7 avril »)."""
    jour = _entier(jetons, i, 1, 31)
    if jour is None:
        return None
    k = i + 1
    if k < len(jetons) and jetons[k].colle and jetons[k].norme in ("er", "e"):
        k += 1
    if k < len(jetons) and jetons[k].norme in MOIS:
        if _entier(jetons, k + 1, 1000, ANNEES.start - 1) is not None:
            return None
        annee = _entier(jetons, k + 1, ANNEES.start, ANNEES.stop - 1)
        return _Jour(k + 2 if annee else k + 1, jour, MOIS[jetons[k].norme], annee, douteux=False)
    if k + 1 < len(jetons) and jetons[k].texte == "/" and jetons[k].colle and jetons[k + 1].colle:
        return _jour_a_barres(jetons, jour, k)
    return _Jour(k, jour, None, None, douteux=True)


def _jour_a_barres(jetons: Sequence[Jeton], jour: int, k: int) -> _Jour | None:
    """« 31/07 », « 13/07/2023 », « 17/07/23 »: `k` is the first stroke."""
    mois = _entier(jetons, k + 1, 1, 12)
    if mois is None:
        return None
    fin = k + 2
    if fin + 1 < len(jetons) and jetons[fin].texte == "/" and jetons[fin].colle and jetons[fin + 1].colle:
        annee = _entier(jetons, fin + 1, 0, ANNEES.stop - 1)
        if annee is None or len(jetons[fin + 1].texte) not in (2, 4):
            return None
        annee = annee + 2000 if annee < 100 else annee
        return _Jour(fin + 2, jour, mois, annee, douteux=False) if annee in ANNEES else None
    if fin < len(jetons) and jetons[fin].norme in ("ans", "an", "h"):
        return None
    if fin < len(jetons) and jetons[fin].colle and jetons[fin].sorte in (Sorte.MOT, Sorte.IDENTIFIANT):
        return None
    return _Jour(fin, jour, mois, None, douteux=jetons[k + 1].texte[0] != "0")


def _entier(jetons: Sequence[Jeton], i: int, mini: int, maxi: int) -> int | None:
    if i >= len(jetons):
        return None
    valeur = jetons[i].entier
    return valeur if valeur is not None and mini <= valeur <= maxi else None


def _dater(jour: int, mois: int | None, annee: int | None) -> date | None:
    if mois is None or annee is None:
        return None
    try:
        return date(annee, mois, jour)
    except ValueError:
        return None
