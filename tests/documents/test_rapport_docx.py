"""The report in Word: headings, contents, tables with their captions, texts of images, links."""

from __future__ import annotations

from io import BytesIO

import docx
import pytest
from docx.oxml.ns import qn

from documents.rendu_rapport_docx import rapport_en_docx

from .exemples_rapport import rapport


@pytest.fixture(scope="module")
def lu():
    return docx.Document(BytesIO(rapport_en_docx(rapport())))


def test_word_titres(lu):
    titres = [(p.style.name, p.text) for p in lu.paragraphs if p.style.name.startswith(("Heading", "Title"))]
    assert titres == [
        ("Title", "Rapport annuel politique de la ville 2024"),
        ("Heading 1", "L'essentiel de l'année"),
        ("Heading 2", "Une année «\u00a0pleine\u00a0»"),
        ("Heading 1", "Les personnes touchées & les moyens"),
        ("Heading 1", "Définitions et sources"),
        ("Heading 2", "Droit commun"),
        ("Heading 2", "Sources"),
    ]


def test_word_sommaire_que_word_calcule(lu):
    codes = [element.text for element in lu.element.body.iter(qn("w:instrText"))]
    assert codes == [r' TOC \o "1-2" \h \z \u ']
    marques = [element.get(qn("w:fldCharType")) for element in lu.element.body.iter(qn("w:fldChar"))]
    assert marques == ["begin", "separate", "end"]


def test_word_tableaux_et_legendes(lu):
    assert [p.text for p in lu.paragraphs if p.style.name == "Caption"] == [
        "Tableau\u00a01 – Chiffres clés",
        "Tableau\u00a02 – Les personnes, par sexe et par âge",
        "Tableau\u00a03 – La Ville et l'État portent 84 % des crédits",
        "Tableau\u00a04 – Deux fois plus d'actions qu'en 2022",
        "Tableau\u00a05 – Le quartier et sa commune",
        "Fête du quartier, le 14 juin 2024. Photo\u00a0: Ville de Dole.",
    ]
    chiffres, personnes, *_ = lu.tables
    assert [[c.text for c in ligne.cells] for ligne in chiffres.rows][:4] == [
        ["Chiffre", "2024", "2023", "Repose sur"],
        ["Actions", "41", "38", "41 actions de la programmation"],
        ["De crédits accordés", "46\u202f476,75\u00a0€", "", "Hors droit commun."],
        ["Personnes", "non connu", "", ""],
    ]
    assert [c.text for c in personnes.rows[-1].cells] == ["Total", "221", "249", "1\u202f205", "1\u202f675"]
    assert "38 bilans validés sur 41" in [p.text for p in lu.paragraphs]


def test_word_listes_liens_et_images(lu):
    assert [p.text for p in lu.paragraphs if p.style.name == "List Bullet"] == [
        "première",
        "deuxième <3",
        "Bilans validés au 30 juin 2025.",
        "Insee, RP 2021.",
    ]
    (lien,) = lu.element.body.iter(qn("w:hyperlink"))
    assert lu.part.rels[lien.get(qn("r:id"))].target_ref == "https://exemple.fr"
    (image,) = lu.inline_shapes
    assert image._inline.docPr.get("descr") == "Fête du quartier, le 14 juin 2024"


def test_word_dit_ou_sont_les_annexes_et_l_etat(lu):
    assert lu.paragraphs[-1].text.startswith(
        "Les annexes sont dans le classeur Excel\u00a0: Bilan des actions 2023"
    )
    assert lu.core_properties.title == "Rapport annuel politique de la ville 2024 – Dole"
    assert "Projet soumis à avis" in lu.sections[0].footer.paragraphs[0].text
