"""The annexes of the real documents say the same thing in the five formats, cell by cell."""

import io
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from documents.affichage import voir
from documents.rendu_html import table_html
from tests.documents.lecteurs import lire_html, rendu
from tests.outils.tableur import recalculer, sans_unite
from tests.outils.verapdf import valider

from .outils import BAGNOLS, DOLE, annexe, corps, sans_espaces, texte_du_pdf

pytestmark = pytest.mark.usefixtures("demonstration")

ANNEXES = [("synthese", *DOLE), ("porteurs", *BAGNOLS), ("enjeux", *DOLE), ("porteurs", *DOLE)]
chaque_annexe = pytest.mark.parametrize(
    "quoi", ANNEXES, ids=["synthese", "porteurs", "enjeux", "sans argent"]
)


@cache
def pdf(*quoi: Any) -> bytes:
    """Laid out once: it takes seconds, and two tests read it."""
    return rendu(annexe(*quoi), "pdf")


@chaque_annexe
def test_les_formats_a_cellules_disent_la_meme_chose(quoi):
    tableau = annexe(*quoi)
    reference = corps(tableau)
    assert len(reference) > 20
    for format in ("html", "xlsx", "docx"):
        assert corps(tableau, format) == reference, format


@chaque_annexe
def test_le_pdf_dit_la_meme_chose(quoi):
    """A PDF has no cells: each cell of the table that it is made from, itself compared, is in its text."""
    tableau = annexe(*quoi)
    lu = lire_html(table_html(voir(tableau), imprime=True)).corps()
    assert len(lu) == len(corps(tableau))
    texte = texte_du_pdf(pdf(*quoi))
    manquent = [cellule for rangee in lu for cellule in rangee if sans_espaces(cellule) not in texte]
    assert manquent == []
    for note in tableau.notes:
        assert sans_espaces(note) in texte


@pytest.mark.pdfua
@chaque_annexe
def test_le_pdf_est_accessible_et_archivable(quoi, tmp_path: Path):
    chemin = tmp_path / "annexe.pdf"
    chemin.write_bytes(pdf(*quoi))
    assert valider(chemin) == []


@pytest.mark.tableur
def test_libreoffice_recalcule_les_memes_totaux(tmp_path: Path):
    lues = recalculer(rendu(annexe("porteurs", *BAGNOLS), "xlsx"), tmp_path)
    totaux = {rangee[0]: [sans_unite(c) for c in rangee[8:]] for rangee in lues if rangee}
    assert totaux["Total général"] == [
        "321439",
        "26000",
        "2500",
        "238800",
        "60300",
        "18000",
        "667039",
        "43346",
    ]
    assert totaux["Sous-total Ville de Bagnols-sur-Cèze"][6:] == ["413867", "26000"]
    spectacles = next(rangee for rangee in lues if rangee[1] == "Spectacles en famille")
    assert sans_unite(spectacles[14]) == "11200"


def test_le_classeur_a_des_nombres_des_formules_et_une_page_prete():
    contenu = rendu(annexe("porteurs", *BAGNOLS), "xlsx")
    feuille = openpyxl.load_workbook(io.BytesIO(contenu)).active
    calcule = openpyxl.load_workbook(io.BytesIO(contenu), data_only=True).active
    titres = [cellule.value for cellule in feuille[5]]
    assert titres[8:] == [
        "MAIRIE BAGNOLS",
        "AGGLO",
        "PSE",
        "ETAT",
        "Département",
        "Région",
        "TOTAL PDV",
        "CAF",
    ]
    assert [str(plage) for plage in feuille.merged_cells.ranges] == ["J4:N4"]
    assert (feuille["J4"].value, feuille["P4"].value) == ("Autres financeurs", "Hors total")
    premiere = feuille[6]
    assert [c.data_type for c in premiere[5:6] + premiere[8:9] + premiere[14:15]] == ["n", "n", "f"]
    assert premiere[14].value == '=IF(COUNT(I6:N6)=0,"",SUM(I6:N6))'
    assert calcule[6][14].value == 11200
    (total,) = (rangee for rangee in feuille.iter_rows(min_row=6) if rangee[0].value == "Total général")
    assert total[8].value.startswith("=SUBTOTAL(9,I6:I")
    assert calcule.cell(total[8].row, 9).value == 321439
    assert feuille.freeze_panes == "C6"
    assert feuille.print_title_rows == "$4:$5"
    assert (feuille.page_setup.paperSize, feuille.page_setup.orientation) == (8, "landscape")
    assert feuille.auto_filter.ref.startswith("A5:P")
    assert feuille["E6"].alignment.wrap_text
