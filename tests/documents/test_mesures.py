"""A column whose figures have each their unit: a number in the spreadsheets, the same words everywhere else."""

from __future__ import annotations

import io
from decimal import Decimal

import docx
import openpyxl
import pytest

from documents import Colonne, Groupe, Mesure, Tableau, TypeColonne
from documents.graphiques import Graphique, Serie
from documents.rapport_json import tableau_depuis_json, tableau_en_json

from .lecteurs import lire_csv, rendu

MESURES = {
    "Logements sociaux": Mesure(Decimal("86.30"), "%"),
    "Niveau de vie médian": Mesure(Decimal(8262), "€"),
    "Habitants": Mesure(Decimal("3025.00")),
    "Visites": Mesure(Decimal("1200.5"), "km", environ=True),
    "Non dit": None,
}
ECRITES = ["86,3 %", "8 262 €", "3 025", "environ 1 200,5 km", ""]


def _tableau() -> Tableau:
    return Tableau(
        titre="Le quartier",
        nom="Quartier",
        colonnes=(
            Colonne(cle="libelle", titre="Ce qui est mesuré", entete_ligne=True),
            Colonne(cle="valeur", titre="QPV", type=TypeColonne.MESURE),
        ),
        groupes=[Groupe(lignes=[{"libelle": nom, "valeur": valeur} for nom, valeur in MESURES.items()])],
    )


def _simple(texte: str) -> str:
    return texte.replace("\u202f", " ").replace("\u00a0", " ")


def test_une_mesure_est_un_nombre_dans_le_classeur():
    feuille = openpyxl.load_workbook(io.BytesIO(rendu(_tableau(), "xlsx"))).active
    cellules = [ligne[1] for ligne in feuille.iter_rows(min_row=4, max_row=8)]
    assert [cellule.value for cellule in cellules] == [0.863, 8262, 3025, 1200.5, None]
    assert [_simple(cellule.number_format) for cellule in cellules[:4]] == [
        '#,##0.0" "%',
        '#,##0" €"',
        "#,##0",
        '"environ "#,##0.0" km"',
    ]
    assert {cellule.alignment.horizontal for cellule in cellules} == {"right"}


def test_une_mesure_s_ecrit_avec_son_unite():
    table = docx.Document(io.BytesIO(rendu(_tableau(), "docx"))).tables[0]
    assert [_simple(rangee.cells[1].text) for rangee in table.rows[1:]] == ECRITES
    html = _simple(rendu(_tableau(), "html").decode())
    assert all(f'<td class="num">{ecrite}</td>' in html for ecrite in ECRITES)


def test_une_mesure_se_relit_dans_un_tableur():
    lues = [ligne[1] for ligne in lire_csv(rendu(_tableau(), "csv"))[1:]]
    assert lues == ["86,3%", "8262 €", "3025", "environ 1200,5 km", ""]


def test_une_mesure_gardee_est_la_meme():
    garde = tableau_en_json(_tableau())
    assert tableau_en_json(tableau_depuis_json(garde)) == garde
    (groupe,) = tableau_depuis_json(garde).iterer_groupes()
    assert [ligne["valeur"] for ligne in groupe.iterer()] == list(MESURES.values())


@pytest.mark.parametrize("valeur", [Decimal(3), "86,3 %", Mesure(Decimal("Infinity"))])
def test_une_mesure_est_un_nombre_fini_et_son_unite(valeur):
    colonne = Colonne(cle="valeur", titre="QPV", type=TypeColonne.MESURE)
    table = Tableau(titre="T", nom="T", colonnes=(colonne,), groupes=[Groupe(lignes=[{"valeur": valeur}])])
    with pytest.raises(TypeError, match="attend une Mesure"):
        rendu(table, "csv")


def test_un_graphique_ne_montre_pas_de_mesures():
    with pytest.raises(ValueError, match="montre des nombres"):
        Graphique(titre="T", categories=("a",), series=(Serie("s", (1,)),), type=TypeColonne.MESURE)
