"""The door to the formats of a document of text."""

from __future__ import annotations

from typing import BinaryIO

from documents.document_texte import DocumentTexte, document_en_pdf, html_du_document
from documents.rendu_texte_docx import document_en_docx

FORMATS_TEXTE = ("pdf", "docx", "html")


def rendre_texte(document: DocumentTexte, format: str, sortie: BinaryIO) -> None:
    """Write the document in one of FORMATS_TEXTE to a binary output.

    Raises ValueError for another format, ErreurRendu (message in French) when the document cannot be made.
    """
    if format == "pdf":
        sortie.write(document_en_pdf(document))
    elif format == "docx":
        sortie.write(document_en_docx(document))
    elif format == "html":
        sortie.write(html_du_document(document).encode())
    else:
        raise ValueError(f"Format inconnu : « {format} ». Formats possibles : {', '.join(FORMATS_TEXTE)}.")
