"""Documents: a table described once, rendered everywhere with the same figures. Knows nothing of the domain.

    from documents import Colonne, Groupe, Tableau, TypeColonne, rendre
    rendre(tableau, "pdf", sortie)

`tableau` describes, `calcul` computes typed rows, `rendu_*` draw them, `formats` holds the French formats.
"""

from documents.erreurs import ErreurRendu, TexteTropLong
from documents.formats import (
    FINE_INSECABLE,
    INSECABLE,
    additionner,
    date_longue,
    montant,
    nombre,
    pourcentage,
    repartir_100,
)
from documents.rendu import FORMATS, NOMS_FORMATS, TYPES_MIME, PieceJointe, fragment_html, html_en_pdf, rendre
from documents.tableau import Colonne, Groupe, Mesure, Tableau, TypeColonne

__all__ = [
    "FINE_INSECABLE",
    "FORMATS",
    "INSECABLE",
    "NOMS_FORMATS",
    "TYPES_MIME",
    "Colonne",
    "ErreurRendu",
    "Groupe",
    "Mesure",
    "PieceJointe",
    "Tableau",
    "TexteTropLong",
    "TypeColonne",
    "additionner",
    "date_longue",
    "fragment_html",
    "html_en_pdf",
    "montant",
    "nombre",
    "pourcentage",
    "rendre",
    "repartir_100",
]
