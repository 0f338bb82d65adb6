"""Spreadsheets that people send: read safely, whatever they are. Knows nothing of the domain.

    from documents.tableurs import FichierRefuse, lire_tableur
    classeur = lire_tableur(contenu, nom)

Kinds are known by content, limits are in `limites`, files are parsed in a child process (`enfant`).
"""

from documents.tableurs.erreurs import FichierRefuse
from documents.tableurs.lecture import lire_tableur
from documents.tableurs.modele import Classeur, Feuille, Plage, Valeur, adresse, nom_colonne

__all__ = [
    "Classeur",
    "Feuille",
    "FichierRefuse",
    "Plage",
    "Valeur",
    "adresse",
    "lire_tableur",
    "nom_colonne",
]
