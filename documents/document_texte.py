"""A document that is read from top to bottom: a title, who and when, questions, answers and tables under headings.

    document_en_pdf(DocumentTexte(titre="Reçu", rubriques=[Rubrique(titre="Public", reponses=[("Femmes", "12")])]))

Short answers stand beside their question, long ones under it, whole, over as many pages as they need. The same
document is printed (`document_en_pdf`) or given to who must rework it (`rendu_texte_docx.document_en_docx`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from html import escape
from itertools import groupby
from pathlib import Path

from django.utils.safestring import SafeString

from documents.polices import css_polices
from documents.rendu_pdf import chaine_css, html_en_pdf
from documents.texte import nettoyer

FEUILLE = Path(__file__).with_name("document_texte.css")
# A longer answer, or one of several lines, is prose.
COURTE = 90
LIGNE_BLANCHE = re.compile(r"\n[^\S\n]*\n")
PUCE = re.compile(r"[-–•][ \u00a0]+")

Reponse = tuple[str, str]


class Poids(StrEnum):
    """How a row of a small table stands out."""

    LIGNE = ""
    GROUPE = "groupe"
    SOUS_TOTAL = "sous-total"
    TOTAL = "total"


@dataclass(frozen=True, kw_only=True)
class LigneGrille:
    """A row: its texts, formatted already, the first being its header."""

    cellules: Sequence[str]
    poids: Poids = Poids.LIGNE


@dataclass(frozen=True, kw_only=True)
class Grille:
    """A small table inside a text. `parts` are the widths of the columns, one to another; figures are on the right."""

    entetes: Sequence[str]
    lignes: Sequence[LigneGrille]
    legende: str = ""
    chiffres: frozenset[int] = frozenset()
    parts: Sequence[int] = ()

    def largeurs(self) -> list[float]:
        """Return the width of each column, in hundredths of the table."""
        parts = self.parts or [3, *[1] * (len(self.entetes) - 1)]
        return [100 * part / sum(parts) for part in parts]


@dataclass(frozen=True, kw_only=True)
class Rubrique:
    """A heading, its questions with their answers, its tables, and a remark under them.

    `niveau` is that of the heading: 2, or 3 for a part of the rubrique before.
    """

    titre: str
    reponses: Sequence[Reponse] = ()
    note: str = ""
    texte: str = ""
    grilles: Sequence[Grille] = ()
    niveau: int = 2


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
    # other documents in the same file, each from a new page; their foot and author are those of the first
    suites: Sequence[DocumentTexte] = ()


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
        f"</head><body>{''.join(_corps(document))}{''.join(map(_suite, document.suites))}</body></html>"
    )


def fragment_texte(document: DocumentTexte) -> SafeString:
    """Return the document as a piece of a page: its title is an `<h2>`, and nothing in it has a style of its own.

    Everything in it is escaped.
    """
    return SafeString(
        "".join(
            f'<article class="document-texte">{"".join(_corps(morceau, rang=2, fixe=False))}</article>'
            for morceau in (document, *document.suites)
        )
    )


def _suite(document: DocumentTexte) -> str:
    return f'<div class="suite">{"".join(_corps(document))}</div>'


def _corps(document: DocumentTexte, *, rang: int = 1, fixe: bool = True) -> Iterator[str]:
    """Give the pieces of the document; `rang` is the level of its title, `fixe` sets the widths of the columns."""
    if document.entete:
        yield f'<p class="entete">{_propre(document.entete)}</p>'
    yield f"<h{rang}>{_propre(document.titre)}</h{rang}>"
    if document.numero:
        yield f'<p class="numero">{_propre(document.numero)}</p>'
    if document.chapeau:
        yield f'<div class="chapeau">{_prose(document.chapeau)}</div>'
    if document.fiche:
        yield f'<div class="fiche">{_table(document.fiche)}</div>'
    for rubrique in document.rubriques:
        yield from _rubrique(rubrique, rubrique.niveau + rang - 1, fixe=fixe)
    if document.notes:
        yield f'<div class="notes">{"".join(f"<p>{_propre(note)}</p>" for note in document.notes)}</div>'


def _rubrique(rubrique: Rubrique, niveau: int, *, fixe: bool) -> Iterator[str]:
    yield f"<h{niveau}>{_propre(rubrique.titre)}</h{niveau}>"
    if rubrique.texte:
        yield _prose(rubrique.texte)
    for courte, groupe in groupby(rubrique.reponses, key=est_courte):
        reponses = list(groupe)
        yield _table(reponses) if courte else _proses(reponses, niveau + 1)
    for grille in rubrique.grilles:
        yield _grille(grille, fixe=True) if fixe else _a_faire_defiler(grille, rubrique.titre)
    if rubrique.note:
        yield f'<p class="note">{_propre(rubrique.note)}</p>'


def est_courte(reponse: Reponse) -> bool:
    """Return whether an answer stands beside its question."""
    texte = nettoyer(reponse[1])
    return len(texte) <= COURTE and "\n" not in texte


def paragraphes(texte: str) -> Iterator[tuple[bool, list[str]]]:
    """Give the paragraphs of a text as (is a list, its lines): a blank line parts them, so does a list of dashes."""
    for bloc in LIGNE_BLANCHE.split(nettoyer(texte)):
        lignes = [ligne.strip() for ligne in bloc.split("\n") if ligne.strip()]
        for en_liste, suite in groupby(lignes, key=lambda ligne: bool(PUCE.match(ligne))):
            yield en_liste, [PUCE.sub("", ligne, count=1) if en_liste else ligne for ligne in suite]


def _table(reponses: Sequence[Reponse]) -> str:
    rangs = "".join(
        f'<tr><th scope="row">{_propre(question)}</th><td>{_propre(reponse)}</td></tr>'
        for question, reponse in reponses
    )
    return f'<table class="reponses"><colgroup><col><col></colgroup><tbody>{rangs}</tbody></table>'


def _proses(reponses: Sequence[Reponse], niveau: int) -> str:
    return "".join(
        f"<h{niveau}>{_propre(question)}</h{niveau}>{_prose(reponse)}" for question, reponse in reponses
    )


def _a_faire_defiler(grille: Grille, titre: str) -> str:
    """Return the table in a frame that scrolls, which the keyboard reaches: a phone is narrower than it is."""
    nom = _propre(grille.legende or titre)
    return (
        f'<div class="annexe-cadre" role="region" aria-label="{nom}" tabindex="0">'
        f"{_grille(grille, fixe=False)}</div>"
    )


def _grille(grille: Grille, *, fixe: bool) -> str:
    legende = f"<caption>{_propre(grille.legende)}</caption>" if grille.legende else ""
    largeurs = grille.largeurs() if fixe else []
    colonnes = "".join(f'<col style="width:{largeur:.3f}%">' for largeur in largeurs)
    entetes = "".join(
        f'<th scope="col"{_chiffre(grille, rang)}>{_propre(texte)}</th>'
        for rang, texte in enumerate(grille.entetes)
    )
    return (
        f'<table class="grille">{legende}<colgroup>{colonnes}</colgroup><thead><tr>{entetes}</tr></thead>'
        f"<tbody>{''.join(_rang(grille, ligne) for ligne in grille.lignes)}</tbody></table>"
    )


def _rang(grille: Grille, ligne: LigneGrille) -> str:
    tete, *reste = ligne.cellules
    # A heading alone spans the row; a row cut short is made whole: each row has all the columns (PDF/UA).
    etendue = f' colspan="{len(grille.entetes)}"' if not reste else ""
    if reste:
        reste += [""] * (len(grille.entetes) - 1 - len(reste))
    cellules = "".join(
        f"<td{_chiffre(grille, rang)}>{_propre(texte)}</td>" for rang, texte in enumerate(reste, 1)
    )
    classe = f' class="{ligne.poids}"' if ligne.poids else ""
    return f'<tr{classe}><th scope="row"{etendue}>{_propre(tete)}</th>{cellules}</tr>'


def _chiffre(grille: Grille, rang: int) -> str:
    return ' class="chiffre"' if rang in grille.chiffres else ""


def _prose(texte: str) -> str:
    """Return the paragraphs and the lists of a text; a line end inside a paragraph is kept."""
    morceaux = []
    for en_liste, lignes in paragraphes(texte):
        if en_liste:
            morceaux.append(f"<ul>{''.join(f'<li>{escape(ligne)}</li>' for ligne in lignes)}</ul>")
        else:
            morceaux.append(f"<p>{'<br>'.join(map(escape, lignes))}</p>")
    return "".join(morceaux)


def _propre(texte: str) -> str:
    return escape(nettoyer(texte))
