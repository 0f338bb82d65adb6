"""Days, years and periods found in the French of a document, with the words that say them. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from documents.formats import MOIS

from ..recits import Fait, Nature, lire_recit

# A sentence ends at a sign followed by a space and a capital, at a semicolon, at a line.
_FIN_DE_PHRASE = re.compile(r"[.!?…]\s+(?=[A-ZÀ-ÖØ-Þ«\"-])|[;\n]")


# -- Days ------------------------------------------------------------------------------------------
@lru_cache(maxsize=512)
def faits_dates(texte: str, annee: int | None = None) -> tuple[Fait, ...]:
    """Return the days and the durations of a text; « le 6 juillet » is of `annee`, left out without it."""
    return tuple(fait for fait in lire_recit(texte, annee) if fait.nature in (Nature.DATES, Nature.DUREE))


def jours(texte: str, annee: int | None = None) -> Iterator[tuple[Fait, date, date]]:
    """Yield each day or period of a text with its first and last day."""
    for fait in faits_dates(texte, annee):
        if fait.nature == Nature.DATES and fait.date_debut is not None and fait.date_fin is not None:
            yield fait, fait.date_debut, fait.date_fin


# -- Words around ----------------------------------------------------------------------------------
def phrase(texte: str, debut: int, fin: int) -> tuple[int, int]:
    """Return where the sentence that holds these places begins and ends."""
    coupures = [lu.end() for lu in _FIN_DE_PHRASE.finditer(texte)]
    commence = max((c for c in coupures if c <= debut), default=0)
    finit = min((c for c in coupures if c >= fin), default=len(texte))
    return commence, finit


def citer(texte: str, debut: int, fin: int, *, avant: int = 60, apres: int = 40) -> str:
    """Return the words around these places, whole words of one sentence, exactly as they are written."""
    commence, finit = phrase(texte, debut, fin)
    if debut - commence > avant:
        coupe = texte.find(" ", debut - avant, debut)
        commence = coupe + 1 if coupe >= 0 else debut
    if finit - fin > apres:
        coupe = texte.find(" ", fin + apres // 2, fin + apres)
        finit = coupe if coupe > 0 else fin
    return texte[commence:finit].strip().removesuffix(";").strip()


# -- Years -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Periode:
    """« 2024-2030 », « 2015/2023 »: two years, and where they are written."""

    debut: int
    fin: int
    place: int
    apres: int

    @property
    def ans(self) -> int:
        """How many calendar years it holds."""
        return self.fin - self.debut + 1

    def __str__(self) -> str:
        return f"{self.debut}-{self.fin}"


_PERIODE = re.compile(r"(?<![\d/.-])((?:19|20)\d\d)\s?[-–/]\s?((?:19|20)\d\d)(?![\d/]|-\d)")


def periodes(texte: str) -> tuple[Periode, ...]:
    """Return the periods of years of a text, the later year last."""
    return tuple(
        Periode(int(lu[1]), int(lu[2]), lu.start(), lu.end())
        for lu in _PERIODE.finditer(texte)
        if int(lu[1]) < int(lu[2])
    )


_ANNEE_SCOLAIRE = re.compile(
    r"\b(?:ann[ée]e(?:\s+scolaire)?|saison|rentr[ée]e(?:\s+scolaire)?|scolaire)\s+"
    r"((?:19|20)\d\d)\s?[-–/]\s?((?:(?:19|20)\d\d)|\d\d)(?!\d)",
    re.IGNORECASE,
)


def annees_scolaires(texte: str) -> tuple[tuple[int, str], ...]:
    """Return the school years of a text: the year when each begins, and its words (« l'année 2022/2023 »)."""
    return tuple(
        (int(lu[1]), lu[0])
        for lu in _ANNEE_SCOLAIRE.finditer(texte)
        if int(lu[2]) % 100 == (int(lu[1]) + 1) % 100
    )


# « 9,6 ETPi en 2025 → 16 ETPi en 2023 », « de 2025 à 2023 », « entre 2025 et 2023 »
_EVOLUTIONS = (
    re.compile(r"\ben\s+((?:19|20)\d\d)\s*(?:→|->|=>)[^.;\n]{0,60}?\ben\s+((?:19|20)\d\d)(?!\d)"),
    re.compile(r"\bde\s+((?:19|20)\d\d)\s+à\s+((?:19|20)\d\d)(?!\d)"),
    re.compile(r"\bentre\s+((?:19|20)\d\d)\s+et\s+((?:19|20)\d\d)(?!\d)"),
    re.compile(r"\bpériode\s+((?:19|20)\d\d)\s?[-–/]\s?((?:19|20)\d\d)(?!\d)"),
)


def annees_a_rebours(texte: str) -> Iterator[tuple[int, int, str]]:
    """Yield each pair of years told from the later to the earlier one, with the words."""
    for motif in _EVOLUTIONS:
        for lu in motif.finditer(texte):
            if int(lu[1]) > int(lu[2]):
                yield int(lu[1]), int(lu[2]), citer(texte, lu.start(), lu.end(), avant=20, apres=0)


# -- Durations -------------------------------------------------------------------------------------
_NOMBRES = ("un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix")
_ANS = re.compile(rf"\b(\d{{1,2}}|{'|'.join(_NOMBRES)})\s+ans\b", re.IGNORECASE)


def durees_en_ans(texte: str, annonce: str) -> Iterator[tuple[int, str]]:
    """Yield each duration in years that comes after the words `annonce` (a pattern), with its words."""
    for lu in re.finditer(annonce, texte, re.IGNORECASE):
        ans = _ANS.match(texte, lu.end())
        if ans is not None:
            mot = ans[1].lower()
            combien = int(mot) if mot.isdecimal() else _NOMBRES.index(mot) + 1
            yield combien, citer(texte, lu.start(), ans.end(), avant=20, apres=0)


def nombre_d_annees(debut: date, fin: date) -> int | None:
    """Return how many whole years go from the first day to the last one, None when they are not whole.

    From 1 January 2025 to 31 December 2029: 5. One day more or less is none.
    """
    for lendemain in (fin + timedelta(days=1), fin, fin + timedelta(days=2)):
        if (lendemain.month, lendemain.day) == (debut.month, debut.day):
            return lendemain.year - debut.year
    return None


def nom_du_mois(mois: int) -> str:
    """Return « février » for 2."""
    return MOIS[mois - 1]
