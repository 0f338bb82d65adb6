"""The workbook, read back by openpyxl: values, formulas, types, page."""

from __future__ import annotations

import io
from datetime import datetime
from decimal import Decimal

import openpyxl
import pytest

from documents import ErreurRendu, Groupe, TexteTropLong
from documents.rendu_xlsx import LIGNES_MAX, nom_de_feuille
from tests.outils.tableur import recalculer, sans_unite

from .exemples import ligne, long, tableau
from .lecteurs import rendu


def _feuilles(**attributs):
    """The sheet with its formulas, and the same with the cached values."""
    contenu = rendu(tableau(**attributs), "xlsx")
    return (
        openpyxl.load_workbook(io.BytesIO(contenu)).active,
        openpyxl.load_workbook(io.BytesIO(contenu), data_only=True).active,
    )


def test_titres_et_entete_a_deux_niveaux():
    feuille, _ = _feuilles()
    assert feuille["A1"].value == "Bilan des actions 2023 par porteur"
    assert feuille["A2"].value == "Contrat de ville – QPV « Les Escanaux » · Montants en euros"
    assert [c.value for c in feuille[5]] == [
        "Porteur",
        "Intitulé de l'action",
        "Objectifs",
        "Début",
        "Personnes",
        "Taux",
        "Mairie",
        "Agglo",
        "État",
        "Total",
    ]
    assert feuille["H4"].value == "Autres financeurs"
    assert [str(plage) for plage in feuille.merged_cells.ranges] == ["H4:I4"]


def test_les_cellules_ont_leur_type():
    _, feuille = _feuilles()
    assert [c.value for c in feuille[7]] == [
        "VILLE – Médiathèque",
        "Spectacles en famille",
        "–\u00a0Aller vers le livre\n–\u00a0Accueillir les parents & les enfants <3",
        datetime(2023, 7, 1),
        100,
        0.125,
        8400.5,
        None,
        1000,
        9400.5,
    ]
    assert feuille["D7"].number_format == "dd/mm/yyyy"
    assert feuille["G7"].number_format == '#,##0.00\u00a0"€"'
    assert feuille["I7"].number_format == '#,##0\u00a0"€"'
    assert feuille["F7"].number_format == '0.0"\u00a0"%'
    assert feuille["C7"].alignment.wrap_text
    assert feuille["G8"].value == 0, "un zéro saisi reste un zéro"


def test_un_texte_qui_ressemble_a_une_formule_reste_un_texte():
    feuille, _ = _feuilles()
    assert (feuille["B8"].value, feuille["B8"].data_type) == ("=1+1", "s")
    assert (feuille["B12"].value, feuille["B12"].data_type) == ("@Ateliers, cœur d’été", "s")
    assert feuille["B9"].value == "Cirque en\nQPV", "sans caractère de contrôle"


def test_les_sommes_sont_des_formules_avec_leur_valeur():
    formules, valeurs = _feuilles()
    assert formules["J7"].value == '=IF(COUNT(G7:I7)=0,"",SUM(G7:I7))'
    assert valeurs["J7"].value == 9400.5
    assert formules["G10"].value == "=SUBTOTAL(9,G7:G9)"
    assert valeurs["G10"].value == 17226.5
    assert formules["H14"].value == "=SUBTOTAL(9,H12:H13)"
    assert formules["J15"].value == "=SUBTOTAL(9,J6:J14)"
    assert valeurs["J15"].value == 46476.75
    assert valeurs["E15"].value == 1420
    # an empty column stays blank, and says so to Excel
    assert formules["H10"].value == '=IF(SUBTOTAL(2,H7:H9)=0,"",SUBTOTAL(9,H7:H9))'
    assert valeurs["H10"].value is None
    assert valeurs["J13"].value is None
    assert valeurs["A15"].value == "Total général"


def test_les_parts_sont_des_valeurs_qui_font_cent():
    formules, valeurs = _feuilles()
    parts = [formules.cell(16, colonne).value for colonne in (7, 8, 9)]
    assert parts == [0.371, 0.516, 0.113]
    assert sum(Decimal(str(part)) for part in parts) == 1
    assert valeurs["A16"].value == "Part"


def test_sommes_de_colonnes_eparses():
    colonnes = list(tableau().colonnes)
    mairie = colonnes.pop(6)
    colonnes.insert(4, mairie)  # the funders are E, H and I now
    feuille, _ = _feuilles(colonnes=tuple(colonnes))
    assert feuille["J7"].value == '=IF(COUNT(E7,H7:I7)=0,"",SUM(E7,H7:I7))'


def test_la_feuille_est_prete_a_imprimer():
    feuille, _ = _feuilles(format_page="A3")
    assert feuille.print_title_rows == "$4:$5"
    assert feuille.print_area == "'Bilan par porteur 2023'!$A$1:$J$19"
    assert feuille.auto_filter.ref == "A5:J14"
    assert feuille.freeze_panes == "C6"
    assert (feuille.page_setup.orientation, feuille.page_setup.paperSize) == ("landscape", 8)
    # one page wide (the default of the attribute), as many as needed in height
    assert (feuille.page_setup.fitToWidth, feuille.page_setup.fitToHeight) == (None, 0)
    assert feuille.sheet_properties.pageSetUpPr.fitToPage
    assert "Contrat de ville 2015-2023" in feuille.oddFooter.left.text
    assert "édité le 1er mars 2024" in feuille.oddFooter.left.text
    largeurs = [feuille.column_dimensions[lettre].width for lettre in "ABCG"]
    assert largeurs[2] > largeurs[1] > largeurs[3] > 9, "les poids et les montants règlent les largeurs"


def test_une_ligne_de_plusieurs_lignes_est_haute():
    feuille, _ = _feuilles()
    assert feuille.row_dimensions[7].height > 2 * 12
    assert feuille.row_dimensions[12].height is None


def test_les_notes_sont_sous_le_tableau():
    feuille, _ = _feuilles()
    assert [feuille[f"A{n}"].value for n in (18, 19)] == [
        "Total imprimé dans le document : 687\u202f489\u00a0€.",
        "Source : bilans validés.",
    ]


def test_proprietes_du_classeur():
    classeur = openpyxl.load_workbook(io.BytesIO(rendu(tableau(), "xlsx")))
    assert classeur.properties.title == "Bilan des actions 2023 par porteur"
    assert classeur.properties.creator == "Service politique de la ville"
    assert classeur.sheetnames == ["Bilan par porteur 2023"]


def test_un_texte_trop_long_est_refuse_et_rien_n_est_ecrit():
    sortie = io.BytesIO()
    trop_long = tableau(groupes=[Groupe(lignes=[ligne("A", "x" * 32_768)])])
    with pytest.raises(TexteTropLong, match="32768 caractères"):
        rendu(trop_long, "xlsx")
    assert sortie.getvalue() == b""
    juste = tableau(groupes=[Groupe(lignes=[ligne("A", "x" * 32_767)])])
    feuille = openpyxl.load_workbook(io.BytesIO(rendu(juste, "xlsx"))).active
    assert len(feuille["B6"].value) == 32_767


def test_trop_de_lignes(monkeypatch):
    assert LIGNES_MAX == 2**20
    monkeypatch.setattr("documents.rendu_xlsx.LIGNES_MAX", 50)
    with pytest.raises(ErreurRendu, match="trop de lignes"):
        rendu(long(60), "xlsx")


def test_un_tableau_vide_le_dit():
    feuille, _ = _feuilles(groupes=[])
    assert feuille["A6"].value == "Aucune ligne."
    assert feuille["A7"].value is None


@pytest.mark.parametrize(
    ("nom", "attendu"),
    [
        ("Bilan 2023/2024 : [porteurs] ?", "Bilan 2023 2024 porteurs"),
        ("x" * 40, "x" * 31),
        ("T3 Le quartier et les autres échelles", "T3 Le quartier et les autres"),
        ("T10 Habitantes et habitants du QPV, par sexe", "T10 Habitantes et habitants"),
        ("'", "Tableau"),
        ("History", "Tableau"),
    ],
)
def test_nom_de_feuille(nom, attendu):
    assert nom_de_feuille(nom) == attendu


@pytest.mark.tableur
def test_libreoffice_recalcule_les_memes_sommes(tmp_path):
    """Cached values are thrown away first: what comes out was computed by LibreOffice."""
    lues = {rangee[0]: rangee for rangee in recalculer(rendu(tableau(), "xlsx"), tmp_path) if rangee}

    def sommes(libelle: str) -> list[str]:
        return [sans_unite(cellule) for cellule in lues[libelle][4:]]

    assert sommes("Sous-total Ville") == ["1420", "", "17226.5", "", "4000", "21226.5"]
    assert sommes("Sous-total associations") == ["", "", "", "24000", "1250.25", "25250.25"]
    assert sommes("Total général") == ["1420", "", "17226.5", "24000", "5250.25", "46476.75"]
    assert sans_unite(lues["Centre social"][-1]) == "25250.25"
    assert lues["Mosaïque"][-1] == ""
