"""What the cells of a column look like: numbers, texts, dates. Enough to tell « Ville », 8 400 from « Ville », Dole."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from documents.tableurs.modele import Valeur
from documents.tableurs.valeurs import est_blanc

# Enough rows to know a column: what follows looks alike.
ECHANTILLON = 300
TEXTE_LONG = 60
_EUROS = re.compile(r"(?:€|euros?|eur)\s*(?:ttc)?$", re.IGNORECASE)
_NOMBRE = re.compile(r"[+\-−]?\d{1,15}(?:[.,]\d{1,6})?")
_MILLIERS = re.compile(r"[+\-−]?\d{1,3}(?:\.\d{3})+(?:,\d{1,6})?")
_DEBUTS = frozenset("0123456789+-−")
_DEBUTS_IDEM = frozenset("\"″“”„‟»'’/-–—iIdD")
# A mark of repetition, whatever the keyboard made of it: « " », « ″ », « '' », « » », between dashes or not.
_IDEM = re.compile(
    r"(?:[-–—]\s*)?(?:[\"″“”„‟»]|''|’’|//)(?:\s*[-–—])?|idem\.?|id\.?|ibid(?:em)?\.?|ditto", re.IGNORECASE
)
_POURCENT = re.compile(r"[+\-−]?\d{1,6}(?:[.,]\d{1,4})?\s*%")
_PERSONNES = re.compile(
    r"\b\d+\s*(?:à|-|/|ou)\s*\d+(?:\s*\w+)?$|(?:diz|quinz|vingt|trent|quarant|cinquant|soixant|cent)aine|"
    r"\d\s*(?:pers|person|jeune|enfant|famille|habitant|participant|b[ée]n[ée]f|adulte|[ée]l[èe]ve|femme|homme|usager|"
    r"inscrit|parent)",
    re.IGNORECASE,
)
# The longest word for a blank is much shorter.
_BLANC_MAX = 30


def est_vide(valeur: Valeur) -> bool:
    """Return whether the cell says nothing: blank, or the dash of who leaves nothing blank (`est_blanc`)."""
    if not isinstance(valeur, str):
        return valeur is None
    return _est_blanc(valeur) if len(valeur) <= _BLANC_MAX else not valeur.strip()


@lru_cache(maxsize=4096)
def _est_blanc(texte: str) -> bool:
    return est_blanc(texte)


def nombre_lu(valeur: Valeur) -> Decimal | None:
    """Return the number of a cell, typed or written (« 24 000 », « 1 234,50 € »); None for anything else.

    A glance, to know rows and columns: `documents.tableurs.valeurs.lire_montant` reads what is kept. A percentage is
    no number here; « 24.000 » is twenty-four thousand, as French accounts write it.
    """
    if isinstance(valeur, bool):
        return None
    if isinstance(valeur, (int, Decimal)):
        return Decimal(valeur)
    # most texts begin with a letter: nothing more is looked at
    if not isinstance(valeur, str) or len(valeur) > 40 or valeur.lstrip()[:1] not in _DEBUTS:
        return None
    texte = _EUROS.sub("", "".join(valeur.split())).replace("−", "-")
    if _MILLIERS.fullmatch(texte):
        texte = texte.replace(".", "")
    elif not _NOMBRE.fullmatch(texte):
        return None
    try:
        return Decimal(texte.replace(",", "."))
    except InvalidOperation:
        return None


def est_idem(valeur: Valeur) -> bool:
    """Return whether the cell says « as above »: « IDEM », « id. », « // », « - ″ - », « " »."""
    # one cell in a thousand: most are not looked at
    if not isinstance(valeur, str) or len(valeur) > _BLANC_MAX or valeur.lstrip()[:1] not in _DEBUTS_IDEM:
        return False
    return _IDEM.fullmatch(valeur.strip()) is not None


def est_pourcentage(valeur: Valeur) -> bool:
    """Return whether a text is a percentage: « 47 % »."""
    if not isinstance(valeur, str) or len(valeur) >= 20 or "%" not in valeur:
        return False
    return _POURCENT.fullmatch(valeur.strip()) is not None


def dit_des_personnes(valeur: Valeur) -> bool:
    """Return whether a text counts people: « 45 personnes », « une centaine », « 12 à 15 »."""
    if not isinstance(valeur, str) or len(valeur) > 40:
        return False
    return "€" not in valeur and _PERSONNES.search(valeur.strip()) is not None


def en_texte(valeur: Valeur) -> str:
    """Return a cell as it is shown to a person: dates in French order, a number without useless zeros."""
    if valeur is None:
        return ""
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    if isinstance(valeur, datetime):
        return f"{valeur:%d/%m/%Y %H:%M}".removesuffix(" 00:00")
    if isinstance(valeur, date):
        return f"{valeur:%d/%m/%Y}"
    if isinstance(valeur, Decimal):
        return f"{valeur:f}".replace(".", ",")
    return str(valeur).strip()


@dataclass(frozen=True)
class Profil:
    """How many cells of a column are filled, and with what."""

    remplies: int = 0
    nombres: int = 0
    pourcentages: int = 0
    dates: int = 0
    longs: int = 0
    distincts: int = 0
    personnes: int = 0
    exemples: tuple[str, ...] = ()

    @property
    def vide(self) -> bool:
        """Whether nothing is written in it."""
        return not self.remplies

    @property
    def numerique(self) -> bool:
        """Whether at least half of what is written is numbers; never of an empty column."""
        return bool(self.remplies) and 2 * self.nombres >= self.remplies

    @property
    def textuel(self) -> bool:
        """Whether what is written is mostly words; never of an empty column."""
        return 2 * (self.remplies - self.nombres - self.pourcentages - self.dates) > self.remplies

    @property
    def que_des_nombres(self) -> bool:
        """Whether every cell is a number, and there are enough of them to tell."""
        return self.remplies >= 2 and self.nombres == self.remplies

    @property
    def en_pourcentage(self) -> bool:
        """Whether what is written is mostly percentages."""
        return 2 * self.pourcentages > self.remplies

    @property
    def en_personnes(self) -> bool:
        """Whether what is written counts people: every cell need not say it."""
        return 4 * self.personnes >= max(self.remplies, 1)

    @property
    def date(self) -> bool:
        """Whether what is written is mostly dates."""
        return 2 * self.dates > self.remplies


def profil(valeurs: Iterable[Valeur], exemples: int = 3) -> Profil:
    """Return the profile of the cells of a column, with its first values, cut to be shown."""
    remplies = nombres = pourcentages = dates = longs = personnes = 0
    vus: dict[str, None] = {}
    for valeur in valeurs:
        if est_vide(valeur):
            continue
        remplies += 1
        texte = en_texte(valeur)
        vus.setdefault(texte)
        nombres += nombre_lu(valeur) is not None
        pourcentages += est_pourcentage(valeur)
        dates += isinstance(valeur, date)
        longs += len(texte) > TEXTE_LONG
        personnes += dit_des_personnes(valeur)
    montres = tuple(couper(texte) for texte in list(vus)[:exemples])
    return Profil(remplies, nombres, pourcentages, dates, longs, len(vus), personnes, montres)


def couper(texte: str) -> str:
    """Return a text on one line, cut to be shown."""
    ligne = " ".join(texte.split())
    return ligne if len(ligne) <= TEXTE_LONG else f"{ligne[: TEXTE_LONG - 1].rstrip()}…"
