"""A document of text with small tables, on paper and in Word: the same words, real headings, lists and tables."""

import io
from datetime import UTC, datetime
from pathlib import Path

import docx
import pypdf
import pytest

from documents.document_texte import (
    DocumentTexte,
    Grille,
    LigneGrille,
    Poids,
    Rubrique,
    document_en_pdf,
    html_du_document,
)
from documents.rendu_texte_docx import document_en_docx
from tests.outils.verapdf import valider

BUDGET = Grille(
    entetes=("Compte", "Prévision", "Réalisation", "%"),
    legende="Charges",
    chiffres=frozenset({1, 2, 3}),
    parts=(4, 2, 2, 1),
    lignes=[
        LigneGrille(cellules=("60 Achats",), poids=Poids.GROUPE),
        LigneGrille(cellules=("604 Prestations de services", "1\u202f000 €", "900 €", "90 %")),
        LigneGrille(cellules=("Total", "1\u202f000 €", "900 €", "90 %"), poids=Poids.TOTAL),
    ],
)


def fiche(titre: str) -> DocumentTexte:
    return DocumentTexte(
        titre=titre,
        entete="Grand Dole",
        chapeau="Une phrase.",
        fiche=[("Porteur", "Les Jardins & Cie")],
        rubriques=[
            Rubrique(
                titre="Objectifs", texte="Introduction :\n- rompre l'isolement\n- aller vers\nEt encore."
            ),
            Rubrique(titre="Premier volet", niveau=3, reponses=[("Lieux", "ici\nlà")]),
            Rubrique(titre="Budget", grilles=[BUDGET], note="Les montants sont en euros."),
        ],
        pied="Pied <de page>",
        auteur="Grand Dole",
        cree_le=datetime(2026, 5, 12, 9, 30, tzinfo=UTC),
    )


DEUX = DocumentTexte(
    titre="Première",
    rubriques=[Rubrique(titre="Rien", note="Vide.")],
    suites=[fiche("Deuxième")],
    cree_le=datetime(2026, 5, 12, 9, 30, tzinfo=UTC),
)


def test_les_titres_les_listes_et_les_tables_sont_reels_dans_word() -> None:
    lu = docx.Document(io.BytesIO(document_en_docx(fiche("Fiche action"))))
    titres = [(p.style.name, p.text) for p in lu.paragraphs if p.style.name.startswith("Heading")]
    assert titres == [
        ("Heading 1", "Fiche action"),
        ("Heading 2", "Objectifs"),
        ("Heading 3", "Premier volet"),
        ("Heading 4", "Lieux"),
        ("Heading 2", "Budget"),
    ]
    puces = [p.text for p in lu.paragraphs if p.style.name == "List Bullet"]
    assert puces == ["rompre l'isolement", "aller vers"]
    reponses, budget = lu.tables
    assert [[case.text for case in rang.cells] for rang in reponses.rows] == [
        ["Porteur", "Les Jardins & Cie"]
    ]
    assert [[case.text for case in rang.cells] for rang in budget.rows] == [
        ["Compte", "Prévision", "Réalisation", "%"],
        ["60 Achats", "", "", ""],
        ["604 Prestations de services", "1\u202f000 €", "900 €", "90 %"],
        ["Total", "1\u202f000 €", "900 €", "90 %"],
    ]
    assert (lu.core_properties.title, lu.core_properties.language) == ("Fiche action", "fr-FR")


def test_plusieurs_documents_tiennent_dans_un_fichier() -> None:
    lu = docx.Document(io.BytesIO(document_en_docx(DEUX)))
    assert [p.text for p in lu.paragraphs if p.style.name == "Heading 1"] == ["Première", "Deuxième"]
    pages = pypdf.PdfReader(io.BytesIO(document_en_pdf(DEUX))).pages
    assert ["Première" in pages[0].extract_text(), "Deuxième" in pages[1].extract_text()] == [True, True]


def test_le_meme_document_est_le_meme_fichier() -> None:
    assert document_en_pdf(fiche("A")) == document_en_pdf(fiche("A"))


@pytest.mark.pdfua
def test_les_tables_restent_conformes(tmp_path: Path) -> None:
    chemin = tmp_path / "fiches.pdf"
    chemin.write_bytes(document_en_pdf(DEUX))
    assert valider(chemin) == []


def test_rien_n_est_pris_pour_du_html() -> None:
    html = html_du_document(fiche("<script>"))
    assert "<script>" not in html
    assert "Les Jardins &amp; Cie" in html
