"""The fiche de travail et d'analyse of a structure: what it asks, what is typed in it, how it is read.

A field is known by its name everywhere (page, draft, history): « denomination », « axe_3_bilan »,
« chiffre_subventions_n ». The sections are those of document 003; what can be computed is never asked.
"""

from .chiffres import EXERCICES, ChiffresClefs, LigneChiffre
from .lecture import SectionLue, sections_de_la_fiche
from .questions import CHIFFRES, ETAPES, IDENTIFICATION, RELECTURE
from .saisie import SaisieStructure

__all__ = [
    "CHIFFRES",
    "ETAPES",
    "EXERCICES",
    "IDENTIFICATION",
    "RELECTURE",
    "ChiffresClefs",
    "LigneChiffre",
    "SaisieStructure",
    "SectionLue",
    "sections_de_la_fiche",
]
