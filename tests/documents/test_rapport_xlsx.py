"""The workbook of a report: what it says, what its formulas follow, the same figures as the PDF."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from io import BytesIO

import openpyxl
import pytest

from documents.rapport import Annexe
from documents.rendu_rapport_xlsx import rapport_en_xlsx
from documents.tableau import Colonne, Groupe, Tableau
from tests.outils.tableur import FILTRE, recalculer, sans_unite

from .exemples import tableau
from .exemples_rapport import rapport


def _classeurs(entier=None):
    contenu = rapport_en_xlsx(entier or rapport())
    return openpyxl.load_workbook(BytesIO(contenu)), openpyxl.load_workbook(BytesIO(contenu), data_only=True)


@pytest.fixture(scope="module")
def classeurs():
    return _classeurs()


def _lignes(feuille) -> dict[str, list[object]]:
    """The rows by their first cell; of those that say the same, the first."""
    lignes = reversed([[c.value for c in ligne] for ligne in feuille.iter_rows() if ligne[0].value])
    return {str(tete): reste for tete, *reste in lignes}


def test_classeur_ses_feuilles(classeurs):
    formules, _ = classeurs
    assert formules.sheetnames == [
        "Synthèse",
        "A1 Bilan par porteur 2023",
        "A2 Bilan par porteur 2023",
        "T1 Personnes",
        *formules.sheetnames[4:7],
        "Définitions",
        "Sources",
    ]
    assert [nom[:2] for nom in formules.sheetnames[4:7]] == ["T2", "T3", "T4"]


def test_classeur_la_synthese_dit_ce_sur_quoi_reposent_les_chiffres(classeurs):
    _, valeurs = classeurs
    lignes = _lignes(valeurs["Synthèse"])
    assert list(lignes)[::-1][:5] == [
        "Rapport annuel politique de la ville 2024 – Dole",
        "Contrat de ville du Grand Dole",
        "Projet soumis à avis",
        "Chiffres arrêtés au 30 juin 2025",
        "Chiffre",
    ]
    assert lignes["Chiffre"] == ["2024", "2023", "Repose sur", "Définition"]
    assert lignes["Actions"] == [41, 38, "41 actions de la programmation", None]
    assert lignes["De crédits accordés"] == [46476.75, None, None, "Hors droit commun."]
    assert lignes["Personnes"] == ["non connu", None, None, None]
    assert lignes["De femmes"] == [0.525, None, None, None]
    assert lignes["Fin de la consultation"] == [datetime(2025, 7, 1), None, None, None]


def test_classeur_les_totaux_suivent_les_annexes(classeurs):
    formules, valeurs = classeurs
    credits = _lignes(formules["Synthèse"])["De crédits accordés"][0]
    assert credits.startswith("='A1 Bilan par porteur 2023'!")
    cellule = credits.split("!")[1]
    assert valeurs["A1 Bilan par porteur 2023"][cellule].value == 46476.75
    assert formules["A1 Bilan par porteur 2023"][cellule].value.startswith("=SUBTOTAL(9,")
    lignes = _lignes(formules["Synthèse"])
    assert lignes["Autres financeurs – Agglo"][0].startswith("='A1 ")  # the first of the two annexes
    assert "Totaux de l'annexe «\u00a0A1 Bilan par porteur 2023\u00a0»" in lignes


def test_classeur_un_total_que_l_annexe_dit_autrement_reste_une_valeur():
    autre = rapport(annexes=(Annexe(code="porteurs", tableau=tableau(groupes=[])),))
    formules, _ = _classeurs(autre)
    assert _lignes(formules["Synthèse"])["De crédits accordés"][0] == 46476.75
    formules, _ = _classeurs(rapport(annexes=()))
    assert _lignes(formules["Synthèse"])["De crédits accordés"][0] == 46476.75


def test_classeur_definitions_et_sources(classeurs):
    _, valeurs = classeurs
    assert _lignes(valeurs["Définitions"]) == {
        "Terme": ["Définition"],
        "Droit commun": ["Les crédits de tous, hors contrat de ville."],
    }
    assert _lignes(valeurs["Sources"])["2"] == ["Insee, RP 2021."]


def test_classeur_un_texte_n_est_jamais_une_formule():
    origine = rapport()
    bloc = origine.sections[0].blocs[0]
    mechant = replace(bloc.chiffres[0], libelle="=1+1", repose_sur="@x", somme_de=None)
    section = replace(origine.sections[0], titre="=2+2", blocs=(replace(bloc, chiffres=(mechant,)),))
    formules, _ = _classeurs(replace(origine, sections=(section,), annexes=(), mentions=("=3+3",)))
    cellules = [c for ligne in formules["Synthèse"].iter_rows() for c in ligne if c.value is not None]
    assert {c.data_type for c in cellules} <= {"s", "n"}
    assert {"=1+1", "=2+2", "=3+3"} <= {c.value for c in cellules}


def test_classeur_un_texte_trop_long_pour_une_cellule_est_coupe_et_le_dit():
    recit = Tableau(
        titre="Récits",
        nom="Récits",
        colonnes=(Colonne(cle="recit", titre="Récit"),),
        groupes=(Groupe(lignes=[{"recit": "mot " * 9_000}]),),
    )
    classeur, _ = _classeurs(replace(rapport(), annexes=[Annexe(code="recits", tableau=recit)]))
    longues = [
        c.value for ligne in classeur.worksheets[1].iter_rows() for c in ligne if len(str(c.value)) > 30_000
    ]
    assert [texte.endswith("mot […] La suite est dans le PDF.") for texte in longues] == [True]
    assert len(longues[0]) <= 32_767


def test_classeur_pret_a_imprimer(classeurs):
    formules, _ = classeurs
    for feuille in formules:
        assert feuille.print_title_rows
        assert feuille.freeze_panes
        assert feuille.sheet_properties.pageSetUpPr.fitToPage
    assert formules["A1 Bilan par porteur 2023"].auto_filter.ref
    assert formules.properties.title == "Rapport annuel politique de la ville 2024 – Dole"


def test_classeur_le_meme_rapport_donne_les_memes_octets():
    assert rapport_en_xlsx(rapport()) == rapport_en_xlsx(rapport())


@pytest.mark.tableur
def test_classeur_recalcule_par_un_tableur(tmp_path, classeurs, monkeypatch):
    _, valeurs = classeurs
    # the first sheet only
    monkeypatch.setattr("tests.outils.tableur.FILTRE", FILTRE.removesuffix("-1") + "1")
    lues = {ligne[0]: ligne[1] for ligne in reversed(recalculer(rapport_en_xlsx(rapport()), tmp_path))}
    assert sans_unite(lues["De crédits accordés"]) == "46476.75"
    attendues = _lignes(valeurs["Synthèse"])
    for libelle in ("Autres financeurs – Agglo", "Autres financeurs – État", "Mairie"):
        assert float(sans_unite(lues[libelle])) == pytest.approx(attendues[libelle][0])
