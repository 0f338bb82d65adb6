"""A document of text: its words, its pages, its tags, both standards, and the same bytes twice."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pypdf
import pytest

from documents.document_texte import (
    COURTE,
    DocumentTexte,
    Grille,
    LigneGrille,
    Rubrique,
    document_en_pdf,
    fragment_texte,
    html_du_document,
)
from tests.outils.verapdf import valider

LONG = "\n\n".join(f"Paragraphe {n}, où l'on raconte la séance n° {n}." for n in range(1, 400))
COMPLET = DocumentTexte(
    titre="Reçu de transmission",
    entete="Grand Dole · Contrat de ville",
    numero="n° abc",
    chapeau="Première phrase.\n\nSeconde phrase.",
    fiche=[("Action", "Jardin partagé & <potager>"), ("Année", "2025")],
    rubriques=[
        Rubrique(titre="Publics", reponses=[("Femmes", "12"), ("Hommes", "18")], note="Sans réponse : âge."),
        Rubrique(titre="Déroulement", reponses=[("Récit", LONG), ("Séances", "24"), ("Lieux", "ici\net là")]),
        Rubrique(titre="Vide", note="Rien n'a été répondu."),
    ],
    notes=["Empreinte : " + "0123456789abcdef" * 4],
    pied='Reçu n° abc </style> "fin" · 2025',
    auteur="Grand Dole",
    cree_le=datetime(2025, 5, 12, 9, 30, tzinfo=UTC),
)
NU = DocumentTexte(titre="Titre")


@pytest.fixture(scope="module")
def contenu():
    return document_en_pdf(COMPLET)


def _texte(page):
    return " ".join(page.extract_text().split()).replace("\u202f", " ").replace("\u00a0", " ")


def test_tout_est_ecrit_et_les_pages_sont_numerotees(contenu):
    lu = pypdf.PdfReader(io.BytesIO(contenu))
    pages = [_texte(page) for page in lu.pages]
    assert len(pages) > 4
    tout = " ".join(pages)
    for attendu in (
        "Grand Dole · Contrat de ville",
        "Reçu de transmission",
        "Jardin partagé & <potager>",
        "Sans réponse : âge.",
        "0123456789abcdef" * 4,
    ):
        assert attendu in tout
    assert [n for n in range(1, 400) if f"Paragraphe {n}," not in tout] == []
    for numero, page in enumerate(pages, start=1):
        assert f"page {numero} / {len(pages)}" in page
        assert 'Reçu n° abc </style> "fin" · 2025' in page


def test_le_fichier_dit_ce_qu_il_est(contenu):
    lu = pypdf.PdfReader(io.BytesIO(contenu))
    assert (lu.metadata.title, lu.metadata.author) == ("Reçu de transmission", "Grand Dole")
    assert lu.metadata.creation_date == datetime(2025, 5, 12, 9, 30, tzinfo=UTC)
    assert lu.root_object["/Lang"] == "fr"
    titre, rubriques = lu.outline
    assert titre.title == "Reçu de transmission"
    assert [rubrique.title for rubrique in rubriques] == ["Publics", "Déroulement", "Vide"]


def test_les_reponses_courtes_sont_a_cote_de_leur_question_les_longues_dessous():
    html = html_du_document(COMPLET)
    assert '<th scope="row">Femmes</th><td>12</td></tr><tr><th scope="row">Hommes</th>' in html
    assert "<h3>Récit</h3><p>Paragraphe 1," in html
    assert '<th scope="row">Séances</th>' in html
    assert "<h3>Lieux</h3><p>ici<br>et là</p>" in html
    limite = DocumentTexte(
        titre="T", rubriques=[Rubrique(titre="R", reponses=[("a", "x" * COURTE), ("b", "x" * (COURTE + 1))])]
    )
    assert '<th scope="row">a</th>' in html_du_document(limite)
    assert "<h3>b</h3>" in html_du_document(limite)


def test_rien_de_ce_qui_est_ecrit_n_est_du_html():
    document = DocumentTexte(
        titre="<b>",
        entete="<i>",
        pied="</style><script>",
        rubriques=[Rubrique(titre="<u>", reponses=[("<s>", "<a>")])],
    )
    html = html_du_document(document)
    assert [balise for balise in ("<b>", "<i>", "<u>", "<s>", "<a>", "<script>") if balise in html] == []


@pytest.mark.parametrize(("legende", "nom"), [("Charges", "Charges"), ("", "Budget &amp; part")])
def test_a_l_ecran_un_tableau_defile_dans_son_cadre_et_pas_sur_le_papier(legende, nom):
    grille = Grille(
        entetes=("Poste", "Prévu"), lignes=[LigneGrille(cellules=("Achats", "500"))], legende=legende
    )
    document = DocumentTexte(titre="Titre", rubriques=[Rubrique(titre="Budget & part", grilles=[grille])])
    cadre = f'<div class="annexe-cadre" role="region" aria-label="{nom}" tabindex="0"><table class="grille">'
    assert fragment_texte(document).count(cadre) == 1
    assert "annexe-cadre" not in html_du_document(document)


def test_le_meme_document_est_le_meme_fichier(contenu):
    assert document_en_pdf(COMPLET) == contenu


@pytest.mark.pdfua
@pytest.mark.parametrize("document", [COMPLET, NU], ids=["complet", "nu"])
def test_c_est_un_pdf_ua_1_et_un_pdf_a_3a(tmp_path, document):
    chemin = tmp_path / "d.pdf"
    chemin.write_bytes(document_en_pdf(document))
    assert valider(chemin) == []


@pytest.fixture(scope="module")
def pages_du_bas():
    """Return the pages of documents that each end a little lower: two short answers, then a table of six rows."""
    grille = Grille(
        entetes=["Poste", "Euros"],
        lignes=[LigneGrille(cellules=[f"Rang {n}", "1"]) for n in range(1, 7)],
        chiffres=frozenset({1}),
    )
    textes = ["\n\n".join(["Une ligne de texte."] * nombre) for nombre in range(26, 40)]
    suites = [
        DocumentTexte(
            titre=f"Document {k}",
            rubriques=[
                Rubrique(titre="Texte", texte=texte),
                Rubrique(titre="Réponses", niveau=3, reponses=[("Dates", "mars"), ("Lieux", "ici")]),
                Rubrique(titre="Tableau", niveau=3, grilles=[grille]),
            ],
        )
        for k, texte in enumerate(textes)
    ]
    return [
        _texte(page)
        for page in pypdf.PdfReader(
            io.BytesIO(document_en_pdf(DocumentTexte(titre="Premier", suites=suites)))
        ).pages
    ]


def test_aucune_reponse_ni_aucun_rang_ne_reste_seul_en_haut_ou_en_bas_d_une_page(pages_du_bas):
    coupes = 0
    for page in pages_du_bas:
        assert page.count("Dates mars") == page.count("Lieux ici"), page
        rangs = [n for n in range(1, 7) if f"Rang {n} " in page]
        assert len(rangs) != 1, page
        coupes += 0 < len(rangs) < 6
    # Some tables are on two pages: the rule was put to the test.
    assert coupes > 0
