"""What a cell says, read without ever guessing: a value, a question with its possible answers, or why not.

from documents.tableurs.valeurs import Ambigu, Illisible, Montant, lire_montant
match lire_montant(cellule):
    case None: ...                      # blank: « », « - », « NC »
    case Montant(valeur): ...           # Decimal, euros
    case Ambigu(lectures, raison): ...  # Decimals, the likeliest first; a French question
    case Illisible(raison): ...         # a French sentence
"""

from documents.tableurs.valeurs.communs import Ambigu, Illisible, dit_sans_chiffre, est_blanc
from documents.tableurs.valeurs.dates import DateAmbigue, Jour, Periode, lire_date
from documents.tableurs.valeurs.divers import (
    Immatriculation,
    Pourcentage,
    lire_immatriculation,
    lire_oui_non,
    lire_pourcentage,
)
from documents.tableurs.valeurs.entiers import Entier, Intervalle, lire_entier
from documents.tableurs.valeurs.montants import Montant, lire_montant

__all__ = [
    "Ambigu",
    "DateAmbigue",
    "Entier",
    "Illisible",
    "Immatriculation",
    "Intervalle",
    "Jour",
    "Montant",
    "Periode",
    "Pourcentage",
    "dit_sans_chiffre",
    "est_blanc",
    "lire_date",
    "lire_entier",
    "lire_immatriculation",
    "lire_montant",
    "lire_oui_non",
    "lire_pourcentage",
]
