"""Days and periods as they are written; the day always comes before the month."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from documents.formats import date_longue
from documents.tableurs.erreurs import phrase
from documents.tableurs.modele import Valeur
from documents.tableurs.valeurs.communs import (
    LONGUEUR_MAX,
    Illisible,
    est_blanc,
    illisible,
    mot,
)

_MOIS = {
    **{"janvier": 1, "janv": 1, "jan": 1, "fevrier": 2, "fevr": 2, "fev": 2, "mars": 3, "mar": 3, "avril": 4},
    **{
        "avr": 4,
        "mai": 5,
        "juin": 6,
        "juillet": 7,
        "juil": 7,
        "jul": 7,
        "aout": 8,
        "septembre": 9,
        "sept": 9,
    },
    **{"sep": 9, "octobre": 10, "oct": 10, "novembre": 11, "nov": 11, "decembre": 12, "dec": 12},
}
_NOM = "|".join(sorted(_MOIS, key=len, reverse=True))
_ANNEE = r"(\d{4}|\d{2})"
_SEMAINE = r"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lun|mar|mer|jeu|ven|sam|dim)\.?,? )?"
_HEURE = r"(?: (?:a )?\d{1,2} ?[h:] ?(?:\d{2})?(?::\d{2})?)?"
_CHIFFRES = re.compile(rf"{_SEMAINE}(?:le )?(\d{{1,2}}) ?([/.-]) ?(\d{{1,2}}) ?\2 ?{_ANNEE}{_HEURE}")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[t ]\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?)?")
_LETTRES = re.compile(rf"{_SEMAINE}(?:le )?(\d{{1,2}})(?:er)?[ -]({_NOM})\.?[ -]'?{_ANNEE}{_HEURE}")
_SANS_ANNEE = re.compile(rf"{_SEMAINE}(?:le )?(\d{{1,2}})(?:(?:er)? ({_NOM})\.?|/(\d{{1,2}}))")
_MOIS_ANNEE = re.compile(rf"(?:en |courant )?(?:({_NOM})\.?[ -]'?{_ANNEE}|(\d{{1,2}})[/.-](\d{{4}}))")
_ANNEE_SEULE = re.compile(r"(?:en |annee )?((?:19|20)\d\d)")
_TRIMESTRE = re.compile(r"(?:t([1-4])|([1-4])(?:er|e|eme)? ?(?:trimestre|trim\.?))[ /-]*((?:19|20)\d\d)")
_SCOLAIRE = re.compile(r"annee scolaire ((?:19|20)\d\d) ?[-/] ?((?:19|20)?\d\d)")
_DEUX_ANNEES = re.compile(r"((?:19|20)\d\d) ?[-/] ?((?:19|20)\d\d)")
_DU_AU = re.compile(r"(?:du |de |d')?(.+?) (?:au|a|-|->|jusqu'au) (.+)")
# days counted since 1900, as Excel keeps them: 1954 to 2119
_SERIE = range(20_000, 80_000)
_AN_UN = date(1899, 12, 30)


@dataclass(frozen=True)
class Jour:
    """A day."""

    valeur: date


@dataclass(frozen=True)
class Periode:
    """From a day to another, both included: « mars 2024 », « du 25 juillet au 8 août 2024 »."""

    debut: date
    fin: date


@dataclass(frozen=True)
class DateAmbigue:
    """A question: the likeliest first; `raison` is a French sentence that asks."""

    lectures: tuple[Jour | Periode, ...]
    raison: str


LectureDate = Jour | Periode | DateAmbigue | Illisible


def lire_date(valeur: Valeur, *, serie: bool = False, annee: int | None = None) -> LectureDate | None:
    """Return the day or the period of a cell, a question, or why it cannot be read; None for a blank.

    `serie`: the column is known to hold days, so that a bare 45363 is the 12 March 2024. `annee` completes a day
    written without its year, as a question. The hour is dropped. A day in the American order is asked, never read.
    """
    if est_blanc(valeur):
        return None
    if isinstance(valeur, datetime):
        return Jour(valeur.date())
    if isinstance(valeur, date):
        return Jour(valeur)
    if isinstance(valeur, bool):
        return _pas_une_date(valeur)
    if isinstance(valeur, int | Decimal):
        return _lire_nombre(valeur, serie=serie)
    texte = mot(str(valeur))
    if len(texte) > LONGUEUR_MAX:
        return _pas_une_date(valeur)
    if texte.isascii() and texte.isdecimal() and len(texte) == 5:
        return _lire_nombre(int(texte), serie=serie)
    return _lire_texte(str(valeur), texte, annee) or _lire_du_au(str(valeur), texte) or _pas_une_date(valeur)


def _pas_une_date(valeur: Valeur) -> Illisible:
    return illisible(valeur, "n'est pas une date. Écrivez-la comme « 12/03/2024 ».")


def _lire_nombre(nombre: int | Decimal, *, serie: bool) -> LectureDate:
    if serie and int(nombre) in _SERIE:
        return Jour(_AN_UN + timedelta(days=int(nombre)))
    if nombre == int(nombre) and 1950 <= nombre <= 2100:
        return _annee(int(nombre))
    return illisible(nombre, "est un nombre, pas une date. Mettez la cellule au format « Date ».")


def _lire_texte(brut: str, texte: str, annee: int | None) -> LectureDate | None:
    """Return what the whole text says, None when it is neither a day nor a single period."""
    if lu := _CHIFFRES.fullmatch(texte):
        return _jour(brut, int(lu[1]), int(lu[3]), _siecle(lu[4]))
    if lu := _ISO.fullmatch(texte):
        return _jour(brut, int(lu[3]), int(lu[2]), int(lu[1]), iso=True)
    if lu := _LETTRES.fullmatch(texte):
        return _jour(brut, int(lu[1]), _MOIS[lu[2]], _siecle(lu[3]))
    if lu := _MOIS_ANNEE.fullmatch(texte):
        return _mois(brut, _MOIS[lu[1]] if lu[1] else int(lu[3]), _siecle(lu[2] or lu[4]))
    if lu := _ANNEE_SEULE.fullmatch(texte):
        return _annee(int(lu[1]))
    if lu := _TRIMESTRE.fullmatch(texte):
        premier = 3 * int(lu[1] or lu[2]) - 2
        return Periode(date(int(lu[3]), premier, 1), _fin_de_mois(int(lu[3]), premier + 2))
    if lu := _SCOLAIRE.fullmatch(texte):
        return _annee_scolaire(int(lu[1]))
    if lu := _DEUX_ANNEES.fullmatch(texte):
        return _deux_annees(brut, int(lu[1]), int(lu[2]))
    if lu := _SANS_ANNEE.fullmatch(texte):
        return _sans_annee(brut, int(lu[1]), _MOIS[lu[2]] if lu[2] else int(lu[3]), annee)
    return None


def _siecle(ecrite: str) -> int:
    """Return the year: « 24 » is 2024, « 70 » to « 99 » are of the last century."""
    an = int(ecrite)
    if len(ecrite) == 4:
        return an
    return an + (2000 if an < 70 else 1900)


def _jour(brut: str, jour: int, mois: int, an: int, *, iso: bool = False) -> LectureDate:
    if existe := _date(an, mois, jour):
        return Jour(existe)
    inversee = _date(an, jour, mois)
    if inversee and not iso:
        return DateAmbigue(
            (Jour(inversee),),
            phrase(
                f"« {brut.strip()} » n'existe pas dans l'ordre jour, mois, année : "
                f"est-ce le {date_longue(inversee)} ?"
            ),
        )
    return illisible(brut, "n'est pas un jour du calendrier. Corrigez la date.")


def _date(an: int, mois: int, jour: int) -> date | None:
    try:
        return date(an, mois, jour)
    except ValueError:
        return None


def _fin_de_mois(an: int, mois: int) -> date:
    return date(an, mois, monthrange(an, mois)[1])


def _mois(brut: str, mois: int, an: int) -> Periode | Illisible:
    if not (1 <= mois <= 12 and an):
        return illisible(brut, "n'est pas un mois du calendrier. Corrigez la date.")
    return Periode(date(an, mois, 1), _fin_de_mois(an, mois))


def _annee(an: int) -> Periode:
    return Periode(date(an, 1, 1), date(an, 12, 31))


def _annee_scolaire(an: int) -> Periode:
    return Periode(date(an, 9, 1), date(an + 1, 8, 31))


def _deux_annees(brut: str, premiere: int, seconde: int) -> LectureDate:
    civiles = Periode(date(premiere, 1, 1), date(seconde, 12, 31)) if premiere < seconde else None
    if civiles is None:
        return illisible(brut, "finit avant d'avoir commencé. Corrigez la période.")
    if seconde != premiere + 1:
        return civiles
    return DateAmbigue(
        (_annee_scolaire(premiere), civiles),
        phrase(f"« {brut.strip()} » : est-ce l'année scolaire, ou les deux années entières ?"),
    )


def _sans_annee(brut: str, jour: int, mois: int, annee: int | None) -> LectureDate:
    proposee = _date(annee, mois, jour) if annee else None
    if proposee is None:
        return illisible(brut, "ne dit pas l'année. Écrivez-la comme « 12/03/2024 ».")
    return DateAmbigue(
        (Jour(proposee),),
        phrase(f"« {brut.strip()} » ne dit pas l'année : est-ce le {date_longue(proposee)} ?"),
    )


# -- Periods written with both their ends ----------------------------------------------------------
def _lire_du_au(brut: str, texte: str) -> LectureDate | None:
    """Return the period of « du 12 au 15 mars 2024 »: what the first end leaves out, the second one says."""
    lu = _DU_AU.fullmatch(texte)
    if lu is None:
        return None
    fin = _lire_texte(brut, lu[2], None)
    if not isinstance(fin, Jour | Periode):
        return None
    dernier = fin.valeur if isinstance(fin, Jour) else fin.fin
    for complement in ("", f" {dernier.year}", f"/{dernier.year}", f"/{dernier.month}/{dernier.year}"):
        debut = _lire_texte(brut, f"{lu[1]}{complement}".replace("er/", "/"), None)
        if isinstance(debut, Jour | Periode) and not (isinstance(debut, Periode) and isinstance(fin, Jour)):
            premier = debut.valeur if isinstance(debut, Jour) else debut.debut
            if premier > dernier:
                return illisible(brut, "finit avant d'avoir commencé. Corrigez la période.")
            return Periode(premier, dernier)
    return None
