"""Titles of columns made comparable: what does not count is dropped, small typing errors are measured."""

import re
from collections.abc import Iterable
from functools import lru_cache

from documents.normalisation import normaliser

_CESURE = re.compile(r"(?<=\w)[-\u00ad]\s*\n\s*(?=\w)")
_INCLUSIF = re.compile(r"(?<=\w)(?:[·•.\-]e(?:[·•.\-]?s)?|\(e\)s?|\((?:s|x|e|es)\))(?!\w)")
_PARENTHESES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_SEPARATEURS = re.compile(r"[^a-z0-9%#]+")
# They say nothing of what a column is.
_ARTICLES = frozenset(("de", "du", "des", "d", "l", "la", "le", "les", "et", "ou", "a", "un", "une", "en"))
_ABREGES = {
    **{"nb": "nombre", "nbre": "nombre", "nbr": "nombre", "no": "n", "num": "numero", "n": "n"},
    **{"benef": "beneficiaire", "benefs": "beneficiaire", "pers": "personne", "pax": "personne"},
}
# Beyond, a cell is a text, not a title.
LONGUEUR_MAX = 120


@lru_cache(maxsize=4096)
def cle_titre(texte: str) -> str:
    """Return what a title is compared by: « NB de\\nbénéficiaires  QPV * » → « nombre beneficiaire qpv ».

    Without accents, case, signs, articles or plurals; « % » and « # » stay. A title cut at a hyphen is joined.
    """
    plat = normaliser(_INCLUSIF.sub("", _CESURE.sub("", texte)))
    mots = _SEPARATEURS.sub(" ", plat.replace("%", " % ").replace("n°", "n ")).split()
    utiles = [_singulier(_ABREGES.get(mot, mot)) for mot in mots if mot not in _ARTICLES]
    # « Du » and « Au » are titles too
    return " ".join(utiles or mots)


def cle_sans_precision(texte: str) -> str:
    """Return the same without what is between brackets: « Montant (en €) » → « montant »."""
    return cle_titre(_PARENTHESES.sub(" ", texte))


def cles(titres: Iterable[str]) -> frozenset[str]:
    """Return the keys of several titles or words."""
    return frozenset(cle_titre(titre) for titre in titres)


def _singulier(mot: str) -> str:
    return mot[:-1] if len(mot) > 3 and mot[-1] in "sx" and not mot.isdigit() else mot


def fautes_admises(cle: str) -> int:
    """Return how many typing errors leave a title recognisable: none in a short word, three in a long title."""
    longueur = len(cle)
    if longueur < 5:
        return 0
    if longueur < 10:
        return 1
    return 2 if longueur < 20 else 3


def distance(un: str, autre: str, limite: int) -> int:
    """Return how many letters were added, dropped, changed or swapped; `limite` + 1 when there are more."""
    if abs(len(un) - len(autre)) > limite:
        return limite + 1
    avant: list[int] = []
    ligne = list(range(len(autre) + 1))
    for i, lettre in enumerate(un, 1):
        avant, precedente, ligne = ligne, avant, [i]
        for j, voisine in enumerate(autre, 1):
            cout = min(avant[j] + 1, ligne[j - 1] + 1, avant[j - 1] + (lettre != voisine))
            if i > 1 and j > 1 and lettre == autre[j - 2] and un[i - 2] == voisine:
                cout = min(cout, precedente[j - 2] + 1)
            ligne.append(cout)
        if min(ligne) > limite:
            return limite + 1
    return min(ligne[-1], limite + 1)
