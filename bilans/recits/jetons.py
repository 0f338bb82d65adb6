"""A text cut into words, numbers and signs, each with its place: what the reader works on."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from documents.normalisation import normaliser

# The spaces that stand between the thousands of a number.
_MILLIERS = "[ \u00a0\u202f\u2009]"
_ACCENTS = "\u0300-\u036f"
# « participant·es », « habitant.e.s », « inscrit(e)s »: the ending that says « women and men »
_INCLUSIF = (
    r"[·.‧•\-](?:e|es|ne|nes|trice|trices|rice|rices|ere|eres|ère|ères|euse|euses)(?:[·.‧•\-]s)?(?!\w)"
    r"|\((?:e|es|ne|nes|trice|trices|rice|rices|ère|ères|euse|euses)\)s?"
)
_JETON = re.compile(
    rf"""
    (?P<identifiant>
        (?<!\d)0\d(?:[ .\-\u00a0]?\d\d){{4}}(?!\d)       # a telephone number
      | (?:[^\W\d_]|[{_ACCENTS}])+\d\w*                    # QP093028, A2, x2H
    )
  | (?P<nombre>
        \d{{1,3}}(?:{_MILLIERS}\d{{3}})+(?!{_MILLIERS}?\d)(?:,\d+)?
    )
  | (?P<suite>\d+(?:{_MILLIERS}\d+){{2,}})                 # a row of figures, a SIRET
  | (?P<chiffres>\d+(?:[.,]\d+)*)
  | (?P<elision>(?:[ldnsjmtc]|qu|jusqu|lorsqu|puisqu|quelqu|aujourd|presqu)['’](?=[^\W_]))
  | (?P<mot>[^\W\d_](?:[^\W\d_]|[{_ACCENTS}])*
        (?:(?:{_INCLUSIF})|-(?=[^\W\d_])(?:[^\W\d_]|[{_ACCENTS}])+)*)
  | (?P<ligne>\r\n|[\n\r\u2028\u2029])
  | (?P<signe>\S)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_INCLUSIF_FIN = re.compile(rf"(?:{_INCLUSIF})$", re.IGNORECASE)


class Sorte(StrEnum):
    """What a token is."""

    MOT = "mot"
    NOMBRE = "nombre"
    IDENTIFIANT = "identifiant"
    SIGNE = "signe"
    LIGNE = "ligne"


@dataclass(frozen=True, slots=True)
class Jeton:
    """A token: its words, the same made comparable, its place, whether no space stands before it."""

    sorte: Sorte
    texte: str
    norme: str
    debut: int
    fin: int
    colle: bool

    @property
    def entier(self) -> int | None:
        """The whole number that it writes; None for a decimal, or for what is no number."""
        if self.sorte != Sorte.NOMBRE or not self.norme.isdecimal() or len(self.norme) > 9:
            return None
        return int(self.norme)


_SORTES = {
    "identifiant": Sorte.IDENTIFIANT,
    "suite": Sorte.IDENTIFIANT,
    "nombre": Sorte.NOMBRE,
    "chiffres": Sorte.NOMBRE,
    "elision": Sorte.MOT,
    "mot": Sorte.MOT,
    "ligne": Sorte.LIGNE,
    "signe": Sorte.SIGNE,
}


def decouper(texte: str) -> list[Jeton]:
    """Return the tokens of a text, in order. The spaces between them are left out."""
    jetons: list[Jeton] = []
    fin = 0
    for trouve in _JETON.finditer(texte):
        sorte = _SORTES[trouve.lastgroup or "signe"]
        mots = trouve.group()
        jetons.append(
            Jeton(sorte, mots, _norme(sorte, mots), trouve.start(), trouve.end(), trouve.start() == fin)
        )
        fin = trouve.end()
    return jetons


def _norme(sorte: Sorte, mots: str) -> str:
    if sorte == Sorte.NOMBRE:
        return re.sub(_MILLIERS, "", "".join(str(_chiffre(c)) for c in mots))
    if sorte == Sorte.MOT:
        return normaliser(_INCLUSIF_FIN.sub("", mots)).replace("’", "'")
    return mots


def _chiffre(caractere: str) -> str:
    """Return a digit of any script as the usual one."""
    valeur = unicodedata.decimal(caractere, None)
    return caractere if valeur is None else str(valeur)


def est_inclusif(jeton: Jeton) -> bool:
    """Return whether a word says « women and men »: « participant·es »."""
    return _INCLUSIF_FIN.search(jeton.texte) is not None
