"""A document that is read from top to bottom: a title, who and when, questions and answers under headings.

    document_en_pdf(DocumentTexte(titre="Reçu", rubriques=[Rubrique(titre="Public", reponses=[("Femmes", "12")])]))

Short answers stand beside their question, long ones under it, whole, over as many pages as they need.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import groupby
from pathlib import Path

from documents.polices import css_polices
from documents.rendu_pdf import chaine_css, html_en_pdf
from documents.texte import nettoyer

FEUILLE = Path(__file__).with_name("document_texte.css")
# A longer answer, or one of several lines, is prose.
COURTE = 90
LIGNE_BLANCHE = re.compile(r"\n\s*\n")

Reponse = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Rubrique:
    """A heading, its questions with their answers, and a remark under them."""

    titre: str
    reponses: Sequence[Reponse] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class DocumentTexte:
    """Everything that the document says; texts are plain, line ends are kept."""

    titre: str
    # above the title: the body that speaks
    entete: str = ""
    numero: str = ""
    chapeau: str = ""
    fiche: Sequence[Reponse] = ()
    rubriques: Sequence[Rubrique] = ()
    notes: Sequence[str] = ()
    pied: str = ""
    auteur: str = ""
    # the moment that the file says it was made: the same document is the same file
    cree_le: datetime | None = None


def document_en_pdf(document: DocumentTexte, *, delai: int = 60) -> bytes:
    """Return the document as PDF/A-3a and PDF/UA-1. Raises ErreurRendu when it fails or lasts too long."""
    return html_en_pdf(html_du_document(document), delai=delai, instant=document.cree_le)


def html_du_document(document: DocumentTexte) -> str:
    """Return the whole HTML document that is printed."""
    titre = _propre(document.titre)
    cree_le = (
        f'<meta name="dcterms.created" content="{document.cree_le.isoformat()}">' if document.cree_le else ""
    )
    pied = f"@page{{@bottom-left{{content:{chaine_css(nettoyer(document.pied))}}}}}"
    return (
        f'<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>{titre}</title>'
        f'<meta name="author" content="{_propre(document.auteur)}"><meta name="generator" content="Pilotis">'
        f"{cree_le}<style>{css_polices((400, 'normal'), (600, 'normal'))}{FEUILLE.read_text('utf-8')}{pied}</style>"
        f"</head><body>{''.join(_corps(document))}</body></html>"
    )


def _corps(document: DocumentTexte) -> Iterator[str]:
    if document.entete:
        yield f'<p class="entete">{_propre(document.entete)}</p>'
    yield f"<h1>{_propre(document.titre)}</h1>"
    if document.numero:
        yield f'<p class="numero">{_propre(document.numero)}</p>'
    if document.chapeau:
        yield f'<div class="chapeau">{_prose(document.chapeau)}</div>'
    if document.fiche:
        yield f'<div class="fiche">{_table(document.fiche)}</div>'
    for rubrique in document.rubriques:
        yield f"<h2>{_propre(rubrique.titre)}</h2>"
        for courte, reponses in groupby(rubrique.reponses, key=_est_courte):
            yield (_table if courte else _proses)(list(reponses))
        if rubrique.note:
            yield f'<p class="note">{_propre(rubrique.note)}</p>'
    if document.notes:
        yield f'<div class="notes">{"".join(f"<p>{_propre(note)}</p>" for note in document.notes)}</div>'


def _est_courte(reponse: Reponse) -> bool:
    texte = nettoyer(reponse[1])
    return len(texte) <= COURTE and "\n" not in texte


def _table(reponses: Sequence[Reponse]) -> str:
    rangs = "".join(
        f'<tr><th scope="row">{_propre(question)}</th><td>{_propre(reponse)}</td></tr>'
        for question, reponse in reponses
    )
    return f"<table><colgroup><col><col></colgroup><tbody>{rangs}</tbody></table>"


def _proses(reponses: Sequence[Reponse]) -> str:
    return "".join(f"<h3>{_propre(question)}</h3>{_prose(reponse)}" for question, reponse in reponses)


def _prose(texte: str) -> str:
    """Return the paragraphs of a text: a blank line parts them, a line end is kept."""
    paragraphes = LIGNE_BLANCHE.split(nettoyer(texte))
    return "".join(f"<p>{escape(paragraphe).replace(chr(10), '<br>')}</p>" for paragraphe in paragraphes)


def _propre(texte: str) -> str:
    return escape(nettoyer(texte))
