"""Numbers of people, of sessions, as they are written: exact, approximate, or between two bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from documents.tableurs.modele import Valeur
from documents.tableurs.valeurs.communs import (
    NOMBRE,
    NOMBRES_MAX,
    Ambigu,
    Illisible,
    ambigu,
    aplatir,
    ecrire,
    est_blanc,
    est_en_attente,
    est_zero,
    hors_parentheses,
    illisible,
    lectures_du_nombre,
    mot,
    refus_commun,
)

QUOI = "un nombre"
# more people than there are: a SIRET, a telephone number or a slip
ENTIER_MAX = 10**9
_APPROCHE = re.compile(
    r"\b(environ|env|approx\w*|pres de|autour de|quelque|quelques|plus de|moins de|au moins|au plus|vers)\b|[~≈<>+]"
)
_NOMS_APPROCHES = {
    **{"dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30, "quarantaine": 40},
    **{"cinquantaine": 50, "soixantaine": 60, "centaine": 100, "millier": 1000},
}
_UNE_VINGTAINE = re.compile(rf"(?:environ )?une? ({'|'.join(_NOMS_APPROCHES)})\b[^0-9]*")
_BORNES = re.compile(r"(?:entre |de )?(\d[\d .,]*?) ?(?:a|et|-) ?(\d[\d .,]*)(?: [a-z][a-z .]*)?")
_ENTRE_BORNES = re.compile(r" (a|ou) |[-=]")
# a number of people of this size is rare, a year is not: it is added to nothing
_ANNEES = range(1990, 2051)
_AGE = re.compile(r"\bans?\b")


@dataclass(frozen=True)
class Entier:
    """A whole number, at least zero. `approximatif`: « environ », « une vingtaine », « plus de »."""

    valeur: int
    approximatif: bool = False


@dataclass(frozen=True)
class Intervalle:
    """« 20 à 30 »: never added up to anything."""

    minimum: int
    maximum: int


def lire_entier(valeur: Valeur) -> Entier | Intervalle | Ambigu | Illisible | None:
    """Return the whole number of a cell, its bounds, a question, or why it cannot be read; None for a blank.

    « 1 250 hab. » is 1250, « environ 20 » and « une vingtaine » are approximate, « 12 filles, 13 garçons » is asked.
    """
    if est_blanc(valeur) or est_en_attente(valeur):
        return None
    if isinstance(valeur, bool | date):
        return illisible(
            valeur, "n'est pas un nombre : la cellule a peut-être un mauvais format. Écrivez le nombre."
        )
    if isinstance(valeur, int | Decimal):
        return _entier(valeur, (Decimal(valeur),), approximatif=False)
    if est_zero(str(valeur)):
        return Entier(0)
    plat = mot(str(valeur))
    if lue := _UNE_VINGTAINE.fullmatch(plat):
        return Entier(_NOMS_APPROCHES[lue[1]], approximatif=True)
    return refus_commun(str(valeur), QUOI) or _lire_texte(str(valeur), plat)


def _lire_texte(brut: str, plat: str) -> Entier | Intervalle | Ambigu | Illisible:
    if "%" in plat:
        return illisible(brut, "est un pourcentage, pas un nombre. Écrivez le nombre.")
    if _AGE.search(plat):
        return illisible(brut, "parle d'un âge. Écrivez le nombre seul dans la cellule.")
    if bornes := _BORNES.fullmatch(plat):
        minimum, maximum = (_seul_entier(borne.strip()) for borne in bornes.groups())
        if minimum is not None and maximum is not None and minimum < maximum:
            return Intervalle(minimum, maximum)
    texte = aplatir(re.sub(r"[\r\n]+", " ; ", brut))
    trouves = list(NOMBRE.finditer(texte))
    # « 30 (15F/15G) »: what stands in brackets is the detail of the number before it
    principaux = [trouves[rang] for rang in hors_parentheses(texte, [nombre.start() for nombre in trouves])]
    ecrits = [lectures_du_nombre(nombre[0]) for nombre in principaux]
    if len(trouves) == 1:
        negatif = texte.startswith("-")
        lectures = tuple(-lecture for lecture in ecrits[0]) if negatif else ecrits[0]
        return _entier(brut, lectures, approximatif=bool(_APPROCHE.search(plat)))
    if len(trouves) > NOMBRES_MAX or any(not _entieres(lectures) for lectures in ecrits):
        return illisible(brut, "contient plusieurs nombres. Écrivez le nombre seul dans la cellule.")
    nombres = tuple(_entieres(lectures)[0] for lectures in ecrits)
    if len(principaux) < len(trouves):
        question = f"donne un détail entre parenthèses : quel nombre retenir ({ecrire(nombres)}) ?"
        return ambigu(brut, question, nombres)
    proposes = _avec_leur_somme(texte[trouves[0].end() : trouves[-1].start()], nombres)
    return ambigu(brut, f"contient plusieurs nombres : lequel retenir ({ecrire(proposes)}) ?", proposes)


def _avec_leur_somme(signes: str, nombres: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    """Return the numbers, and their sum: first when it is written, last when it only may be, never for bounds."""
    somme = sum(nombres, Decimal(0))
    if _ENTRE_BORNES.search(f" {mot(signes)} ") or any(nombre in _ANNEES for nombre in nombres):
        return nombres
    if re.fullmatch(r"[ +\d]*\+[ +\d]*", signes):
        return (somme, *nombres)
    return (*nombres, somme)


def _entieres(lectures: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    return tuple(lecture for lecture in lectures if lecture == lecture.to_integral_value())


def _seul_entier(ecrit: str) -> int | None:
    entieres = _entieres(lectures_du_nombre(ecrit))
    return int(entieres[0]) if entieres else None


def _entier(brut: Valeur, lectures: tuple[Decimal, ...], *, approximatif: bool) -> Entier | Illisible:
    """Return the only whole reading: « 1.250 » people can only be a thousand and more."""
    entieres = _entieres(lectures)
    if not entieres:
        return illisible(brut, "n'est pas un nombre entier. Écrivez un nombre entier.")
    if abs(entieres[0]) >= ENTIER_MAX:
        return illisible(brut, "est trop grand. Vérifiez la cellule.")
    if entieres[0] < 0:
        return illisible(brut, "est négatif. Écrivez un nombre positif, ou zéro.")
    return Entier(int(entieres[0]), approximatif=approximatif)
