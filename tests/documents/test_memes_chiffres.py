"""The five formats say the same thing, cell by cell."""

from __future__ import annotations

import io

import docx
import openpyxl
import pypdf
import pytest

from documents import Tableau
from documents.affichage import voir
from documents.rendu_html import table_html

from .exemples import long, tableau
from .lecteurs import lire_csv, lire_html, normaliser, rendu


def _xlsx(t: Tableau) -> list[list[str]]:
    feuille = openpyxl.load_workbook(io.BytesIO(rendu(t, "xlsx")), data_only=True).active
    fin = feuille.max_row - (len(t.notes) + 1 if t.notes else 0)
    lues = []
    for rangee in feuille.iter_rows(min_row=6, max_row=fin):
        valeurs = [
            c.value * 100 if c.value is not None and c.number_format.endswith("%") else c.value
            for c in rangee
        ]
        lues.append([normaliser(v) for v in valeurs])
    return lues


def _docx(t: Tableau) -> list[list[str]]:
    lues = []
    for rangee in docx.Document(io.BytesIO(rendu(t, "docx"))).tables[0].rows:
        vues: set[object] = set()
        ligne = []
        for cellule in rangee.cells:
            texte = "" if cellule._tc in vues else cellule.text
            vues.add(cellule._tc)
            ligne.append(normaliser(texte))
        lues.append(ligne)
    return lues[2:]


def _csv(t: Tableau) -> list[list[str]]:
    return [[normaliser(c) for c in rangee] for rangee in lire_csv(rendu(t, "csv"))[1:]]


def _html(t: Tableau) -> list[list[str]]:
    return [[normaliser(c) for c in rangee] for rangee in lire_html(rendu(t, "html")).corps()]


@pytest.mark.parametrize("t", [tableau(), long(40), tableau(groupes=[])], ids=["complet", "long", "vide"])
def test_les_formats_disent_la_meme_chose(t):
    reference = _csv(t)
    assert len(reference) > 0
    for lecteur in (_xlsx, _docx, _html):
        assert lecteur(t) == reference, lecteur.__name__


def test_le_pdf_dit_la_meme_chose():
    """A PDF has no cells: its text is, in order, that of the table it was made from, itself compared."""
    t = tableau()
    imprime = lire_html(table_html(voir(t), imprime=True))
    assert [[normaliser(c) for c in rangee] for rangee in imprime.corps()] == _csv(t)
    (page,) = pypdf.PdfReader(io.BytesIO(rendu(t, "pdf"))).pages
    # the dashes of the lists are drawn by the style sheet
    texte = "".join(page.extract_text().replace("–", "").split())
    for rangee in imprime.corps():
        attendu = "".join("".join(rangee).replace("–", "").split())
        assert attendu in texte
