"""The annex `enjeux`: the layout of document 001, section IV."""

import pytest

from contrats.annexes import enjeux
from tests import fabriques
from tests.donnees.outils import document
from tests.outils.requetes import verifier_requetes_constantes

from .outils import DOLE, annexe, corps, entete, propre

pytestmark = pytest.mark.django_db


def test_chaque_enjeu_chaque_axe_chaque_element_dans_l_ordre(demonstration):
    tableau = annexe("enjeux", *DOLE)
    attendu = []
    for enjeu in document("dole_contrat_2024_2030")["enjeux"]:
        attendu.append([f"ENJEU {enjeu['numero']} : {propre(enjeu['intitule'])}", "", "", "", ""])
        for axe in enjeu["axes"]:
            listes = (axe[nom] for nom in ("objectifs", "partenaires", "leviers", "criteres"))
            attendu.append([propre(axe["axe"]), *("|".join(map(propre, liste)) for liste in listes)])
    assert [[propre(cellule) for cellule in rangee] for rangee in corps(tableau)] == attendu
    assert tableau.titre == "TABLEAU DES ENJEUX – CONTRAT DE VILLE 2024-2030"
    assert entete(tableau) == [
        "Axes de travail",
        "Objectifs généraux",
        "Partenaires associés",
        "Leviers",
        "Critères d'évaluation (intégrer des données genrées)",
    ]
    assert tableau.sous_titre.replace("\u00a0", " ") == (
        "4 enjeux, 19 axes de travail, 77 objectifs généraux, 128 partenaires associés, 85 leviers, "
        "55 critères d'évaluation"
    )
    assert tableau.notes == ()


def test_les_niveaux_portent_les_noms_du_contrat():
    contrat = fabriques.ContratFactory(
        niveau_1="axe prioritaire",
        niveau_1_pluriel="axes prioritaires",
        niveau_2_pluriel="thématiques",
        consigne_criteres="",
    )
    fabriques.arbre_d_axes(contrat, enjeux=1, axes=1)
    tableau = enjeux(contrat)
    assert tableau.titre.startswith("TABLEAU DES AXES PRIORITAIRES – ")
    assert entete(tableau)[0] == "Thématiques"
    assert entete(tableau)[-1] == "Critères d'évaluation"
    assert corps(tableau)[0][0] == "AXE PRIORITAIRE 1\u00a0: Enjeu 1"
    assert "Aucun objectif" in tableau.notes[0]


def test_un_troisieme_niveau_a_sa_colonne_et_un_axe_archive_s_en_va():
    contrat = fabriques.ContratFactory(niveau_3="action-clé", niveau_3_pluriel="actions-clés")
    _, deuxieme, archive = fabriques.arbre_d_axes(contrat, enjeux=1, axes=2)
    archive.archive = True
    archive.save()
    troisieme = fabriques.AxeFactory(parent=deuxieme, code="1.1.1", ordre=9, libelle="Jardins partagés")
    fabriques.ObjectifFactory(axe=troisieme, ordre=1, libelle="Cultiver")
    tableau = enjeux(contrat)
    assert entete(tableau)[:3] == ["Axes de travail", "Actions-clés", "Objectifs généraux"]
    assert corps(tableau)[1:] == [["Axe 1.1", "Jardins partagés", "Cultiver", "", "", ""]]


def test_un_enjeu_sans_axe_a_sa_ligne_et_un_contrat_sans_axe_le_dit():
    contrat = fabriques.ContratFactory()
    assert corps(enjeux(contrat)) == [["Aucun axe n'est encore enregistré dans ce contrat.", "", "", "", ""]]
    enjeu = fabriques.AxeFactory(contrat=contrat, code="1", libelle="Emploi")
    fabriques.LevierFactory(axe=enjeu, ordre=1, libelle="Mission locale")
    assert corps(enjeux(contrat)) == [
        ["ENJEU 1\u00a0: Emploi", "", "", "", ""],
        ["", "", "", "Mission locale", ""],
    ]


def test_le_nombre_de_requetes_ne_depend_pas_du_nombre_d_axes():
    contrat = fabriques.ContratFactory()
    enjeu = fabriques.AxeFactory(contrat=contrat, code="0")

    def ajouter() -> None:
        fabriques.ObjectifFactory(axe=fabriques.AxeFactory(parent=enjeu))

    ajouter()
    verifier_requetes_constantes(lambda: corps(enjeux(contrat)), ajouter, fois=5)
