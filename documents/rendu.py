"""The door to the five formats."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from importlib import import_module
from typing import BinaryIO, cast

from documents.rendu_html import fragment_html
from documents.rendu_pdf import PieceJointe, html_en_pdf
from documents.tableau import Tableau

__all__ = ["FORMATS", "NOMS_FORMATS", "TYPES_MIME", "PieceJointe", "fragment_html", "html_en_pdf", "rendre"]

TYPES_MIME = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
}
# As people call them, the one that most people want first.
NOMS_FORMATS = {
    "xlsx": "Excel",
    "pdf": "PDF",
    "docx": "Word",
    "csv": "CSV",
    "html": "Page à imprimer",
}
FORMATS = tuple(NOMS_FORMATS)
# beyond this a document being made waits on disk, not in memory
_EN_MEMOIRE = 8 << 20


def rendre(tableau: Tableau, format: str, sortie: BinaryIO) -> None:
    """Write the table in one of FORMATS to a binary output, all of it or nothing.

    Raises ValueError for an unknown format, TypeError for a value that is not of the type of its column,
    ErreurRendu (message in French) when the document cannot be made.
    """
    if format not in FORMATS:
        raise ValueError(f"Format inconnu : « {format} ». Formats possibles : {', '.join(FORMATS)}.")
    # imported when needed: the child of the PDF must stay light, and a page that shows a table too
    module = import_module(f"documents.rendu_{format}")
    ecrire: Callable[[Tableau, BinaryIO], None] = getattr(module, f"rendre_{format}")
    with tempfile.SpooledTemporaryFile(max_size=_EN_MEMOIRE) as tampon:
        ecrire(tableau, cast(BinaryIO, tampon))
        tampon.seek(0)
        shutil.copyfileobj(tampon, sortie)
