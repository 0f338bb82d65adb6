"""Recognising a porteur under another spelling, before it is created twice (domaine.md §9, COH-01, COH-02)."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from documents.normalisation import normaliser

# « Olympe de Gouges » / « Olympe de Gougues »: 0.97. « Gard au Climat » / « Gard O Climat »: 0.87.
# Asking for nothing costs a click: no two porteurs of the documents are that close.
PROXIMITE = 0.86
# In so short a name, one letter is another organisation: « MAS » is not « MAO ».
LONGUEUR_MINIMALE = 6


def compacter(nom: str) -> str:
    """Return the letters and figures of a name only, accents and case aside: « L'Étoile-Sud » → « letoilesud »."""
    return re.sub(r"[\W_]+", "", normaliser(nom))


def ressemblants(nom: str, connus: Iterable[str]) -> list[str]:
    """Return the names of `connus` that are probably `nom` otherwise written, in the order given."""
    compact = compacter(nom)
    return [connu for connu in connus if _proches(compact, compacter(connu))]


def _proches(un: str, autre: str) -> bool:
    if un == autre:
        return True
    if min(len(un), len(autre)) < LONGUEUR_MINIMALE or _chiffres(un) != _chiffres(autre):
        return False
    # In a fixed order: the matcher does not always find as much one way as the other.
    premier, second = sorted((un, autre))
    rapprochement = SequenceMatcher(None, premier, second, autojunk=False)
    # Cheapest first: a list of hundreds of names is compared at each save.
    mesures = (rapprochement.real_quick_ratio, rapprochement.quick_ratio, rapprochement.ratio)
    return all(mesure() >= PROXIMITE for mesure in mesures)


def _chiffres(nom: str) -> str:
    """Return the figures of a name: « École 1 » and « École 2 » are two schools."""
    return re.sub(r"\D", "", nom)
