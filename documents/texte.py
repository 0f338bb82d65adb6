"""What a text must be before it enters any document: no character that a file format forbids."""

from __future__ import annotations

import re

# XML 1.0 refuses the first; openpyxl, python-docx and Excel itself choke on them. The last turn the reading round.
_INTERDITS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
TIRET = "–\u00a0"
_APOSTROPHE = re.compile(r"(?<=\w)'(?=[\w«])")


def nettoyer(texte: str) -> str:
    """Return the text without control characters, its line ends being newlines, stripped at both ends."""
    return _INTERDITS.sub("", texte.replace("\r\n", "\n").replace("\r", "\n")).strip()


def apostrophes(texte: str) -> str:
    """Return the text as it is printed: « l’année » where « l'année » was typed."""
    return _APOSTROPHE.sub("’", texte)


def lignes_de_liste(elements: tuple[str, ...]) -> str:
    """Return a list as text, one « – » line per element."""
    return "\n".join(TIRET + element for element in elements)
