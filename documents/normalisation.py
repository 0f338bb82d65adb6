"""Text made comparable: the same search, sort and recognition on SQLite and PostgreSQL."""

import unicodedata

# NFKD leaves these whole; a reader types them otherwise.
EQUIVALENTS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ß": "ss", "’": "'", "\u2010": "-", "\u2011": "-", "–": "-", "—": "-"}
)


def normaliser(texte: str) -> str:
    """Return `texte` without accents, case or repeated spaces: « École  Zola » → « ecole zola ».

    Used for the `recherche` columns, for unicity of names and to recognise the headers and names
    of imported spreadsheets. Databases disagree on « É » (SQLite folds ASCII only), this does not.
    """
    plat = unicodedata.normalize("NFKD", texte.casefold().translate(EQUIVALENTS))
    sans_accents = "".join(c for c in plat if not unicodedata.combining(c))
    return " ".join(sans_accents.split())
