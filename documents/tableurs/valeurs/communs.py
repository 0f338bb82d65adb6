"""What every reader of cells shares: texts made plain, blanks, numbers as people write them, what to answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from documents.formats import nombre
from documents.normalisation import normaliser
from documents.tableurs.erreurs import phrase
from documents.tableurs.modele import Valeur

# No cell that holds one figure is longer: beyond, it is a narrative.
LONGUEUR_MAX = 200
# beyond, a question with all its answers would be no question any more
NOMBRES_MAX = 5

_ESPACES = re.compile(r"[\s\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_INVISIBLES = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_TIRETS = str.maketrans({"−": "-", "–": "-", "—": "-", "\u2010": "-", "\u2011": "-", "’": "'"})
_ERREUR_TABLEUR = re.compile(
    r"#(REF|N/A|NA|NAME|NOM|VALUE|VALEUR|DIV/0|NUM|NOMBRE|NULL|NUL)[!?]?|#+|Err:\d+", re.I
)

# a dash is a blank: nothing was given, which is not zero
BLANCS = {
    *("", "-", "--", "---", "/", "//", "\\", ".", "..", "...", "…", "_", '"', "''"),
    *("n/a", "na", "n.a.", "n/c", "nc", "n.c.", "nd", "n.d.", "nr", "n.r.", "ns", "so", "s.o.", "s/o"),
    *("non renseigne", "non communique", "non concerne", "sans objet", "vide"),
}
# a word where a figure is awaited: nothing is known yet, which is not a figure that cannot be read
EN_ATTENTE = {
    *("a preciser", "a completer", "a confirmer", "a definir", "a venir", "en attente", "attente"),
    *("non connu", "inconnu", "en cours"),
}
# no such words are longer: a narrative is not looked at
EN_ATTENTE_MAX = 40
ZEROS = {"neant", "zero", "aucun", "aucune", "rien", "gratuit", "gratuite", "nul"}

# « 24 000 », « 1.234.567 », « 1 234,50 », « 12.5 », « 1'200 »
NOMBRE = re.compile(r"\d{1,3}(?: \d{3})+(?!\d)(?:[.,]\d+)?|\d[\d.,']*\d|\d")


@dataclass(frozen=True)
class Illisible:
    """The cell is not blank, and cannot be read: `raison` is a French sentence that says what to do."""

    raison: str


@dataclass(frozen=True)
class Ambigu:
    """The cell can be read in several ways, or needs a confirmation: a question for a person, never a guess.

    `lectures` are the possible values, the likeliest first; `raison` is a French sentence that asks.
    """

    lectures: tuple[Decimal, ...]
    raison: str


def illisible(valeur: Valeur, pourquoi: str) -> Illisible:
    """Return the answer « 4 classes » plus why, as one sentence: `pourquoi` follows the words of the cell."""
    return Illisible(phrase(f"« {_court(valeur)} » {pourquoi}"))


def ambigu(valeur: Valeur, pourquoi: str, lectures: tuple[Decimal, ...]) -> Ambigu:
    """Return the question about the words of the cell, each possible value once."""
    return Ambigu(tuple(dict.fromkeys(lectures)), phrase(f"« {_court(valeur)} » {pourquoi}"))


def _court(valeur: Valeur) -> str:
    """Return what the cell shows, on one line and not too long."""
    if isinstance(valeur, bool):
        return "VRAI" if valeur else "FAUX"
    if isinstance(valeur, date):
        return f"{valeur:%d/%m/%Y}"
    texte = str(valeur).replace(".", ",") if isinstance(valeur, Decimal) else aplatir(str(valeur))
    return texte if len(texte) <= 60 else texte[:57].rstrip() + "…"


def aplatir(texte: str) -> str:
    """Return the text with plain spaces, hyphens and apostrophes, nothing invisible, nothing at the ends."""
    return _ESPACES.sub(" ", _INVISIBLES.sub("", texte)).translate(_TIRETS).strip()


def est_blanc(valeur: Valeur) -> bool:
    """Return whether nothing was given: an empty cell, a dash, « NC », « sans objet »."""
    return valeur is None or (isinstance(valeur, str) and mot(valeur) in BLANCS)


def est_en_attente(valeur: Valeur) -> bool:
    """Return whether the words say that the figure is not known yet: « à préciser », « (en attente) »."""
    return isinstance(valeur, str) and mot(valeur).strip("(). ") in EN_ATTENTE


def dit_sans_chiffre(valeur: Valeur) -> bool:
    """Return whether a cell read as a blank holds words: « NC », « en attente »."""
    parle = (
        isinstance(valeur, str) and len(valeur) <= EN_ATTENTE_MAX and any(signe.isalpha() for signe in valeur)
    )
    return parle and (est_blanc(valeur) or est_en_attente(valeur))


def est_zero(texte: str) -> bool:
    """Return whether the words say zero: « néant », « aucun »."""
    return mot(texte) in ZEROS


def mot(texte: str) -> str:
    """Return the text as it is compared: no accent, no capital, no space twice."""
    return normaliser(aplatir(texte))


def refus_commun(texte: str, quoi: str) -> Illisible | None:
    """Return why a text holds no figure at all: an error of the spreadsheet, a narrative, no digit; else None."""
    plat = aplatir(texte)
    if _ERREUR_TABLEUR.fullmatch(plat):
        return illisible(
            texte,
            "est une erreur de formule du tableur. Corrigez la formule ou écrivez la valeur à sa place.",
        )
    if len(plat) > LONGUEUR_MAX:
        return illisible(texte, f"est un long texte, pas {quoi}. Écrivez la valeur seule dans la cellule.")
    if not re.search(r"[0-9]", plat):
        return illisible(texte, f"n'est pas {quoi}. Écrivez un nombre, ou laissez la cellule vide.")
    return None


def lectures_du_nombre(ecrit: str) -> tuple[Decimal, ...]:
    """Return the values that a writing may have: none when it is no number, two for « 1.234 » (1234 or 1.234)."""
    compact = ecrit.replace(" ", "").replace("'", "")
    if re.fullmatch(r"\d+", compact):
        return (Decimal(compact),)
    groupe = " " in ecrit or "'" in ecrit
    if re.fullmatch(r"\d+[.,]\d+", compact):
        entier, decimales = re.split(r"[.,]", compact)
        decimal = Decimal(f"{entier}.{decimales}")
        # three digits after a single mark: thousands or thousandths, unless a leading zero settles it
        if len(decimales) == 3 and entier.lstrip("0") and (groupe or len(entier) <= 3):
            return (Decimal(entier + decimales), decimal)
        return (decimal,)
    for milliers, virgule in ((".", ","), (",", ".")):
        m, v = re.escape(milliers), re.escape(virgule)
        if re.fullmatch(rf"\d{{1,3}}(?:{m}\d{{3}})+{v}\d+", compact):
            return (Decimal(compact.replace(milliers, "").replace(virgule, ".")),)
        if re.fullmatch(rf"\d{{1,3}}(?:{m}\d{{3}}){{2,}}", compact):
            return (Decimal(compact.replace(milliers, "")),)
    return ()


def ecrire(valeurs: tuple[Decimal, ...]) -> str:
    """Return « 1 234 ou 1,234 », to be put in a question."""
    textes = [nombre(valeur) for valeur in dict.fromkeys(valeurs)]
    return textes[0] if len(textes) == 1 else f"{', '.join(textes[:-1])} ou {textes[-1]}"


def hors_parentheses(texte: str, debuts: Sequence[int]) -> list[int]:
    """Return the ranks of the numbers that stand outside brackets, by where they begin.

    All of them when the first one stands in brackets: it is a detail of nothing.
    """
    dehors = [i for i, d in enumerate(debuts) if texte.count("(", 0, d) <= texte.count(")", 0, d)]
    return dehors if dehors[:1] == [0] else list(range(len(debuts)))
