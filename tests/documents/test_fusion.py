"""Parts joined into one PDF: tags, bookmarks, destinations, links, numbers of the pages, attachments."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import pikepdf
import pypdf
import pytest

from documents import PieceJointe, html_en_pdf
from documents.fusion_pdf import Partie, _elements, fusionner
from documents.polices import css_polices
from tests.outils.verapdf import valider

INSTANT = datetime(2025, 6, 30, tzinfo=UTC)
TETE = (
    '<html lang="fr"><head><title>Rapport</title>'
    f"<style>{css_polices((400, 'normal'), (700, 'normal'))}html{{font-family:'Source Sans 3'}}"
    "h2,.suite{break-before:page}h2{bookmark-level:1}h3{bookmark-level:2}"
    ".suite{bookmark-level:1;bookmark-label:'Annexe 1'}"
    "@page{size:A5;@bottom-right{content:'page ' counter(page)}}"
    "@page a{size:A5 landscape;@bottom-right{content:none}}.a{page:a}</style></head><body>"
)
TABLE = (
    "<table><thead><tr><th scope=col>A</th><th scope=col>B</th></tr></thead>"
    "<tbody><tr><th scope=row>x</th><td>1</td></tr></tbody></table>"
)


def _pdf(corps: str, pieces: tuple[PieceJointe, ...] = ()) -> bytes:
    return html_en_pdf(f"{TETE}{corps}</body></html>", pieces=pieces, instant=INSTANT)


@pytest.fixture(scope="module")
def parties():
    """A body, an annex cut in two, and another annex after the cut."""
    piece = PieceJointe(nom="classeur.xlsx", description="Les annexes", contenu=b"PK")
    lien = "<p><a href='partie:annexe-1'>Annexe 1</a> et <a href='partie:annexe-2'>Annexe 2</a></p>"
    return [
        Partie(_pdf(f"<h1>Titre</h1>{lien}<h2 id='s'>Section</h2><p>corps</p>{TABLE}", (piece,))),
        Partie(_pdf(f"<div class=a><h2 id='annexe-1'>Annexe 1</h2>{TABLE}<h3>Groupe 1</h3><p>un</p></div>")),
        Partie(
            _pdf(
                f"<div class=a><div class=suite></div><h3>Groupe 2</h3>{TABLE}"
                "<p style='break-before:page'>fin</p></div>"
                f"<h2 id='annexe-2'>Annexe 2</h2>{TABLE}"
            ),
            suite=True,
        ),
    ]


def _folios(textes):
    pages = "".join(f"<p style='break-after:page'>[{texte}]</p>" for texte in textes)
    return _pdf(f"<div class=a>{pages}</div>")


@pytest.fixture(scope="module")
def joint(parties):
    return fusionner(parties, prefixes={"annexe-1": "A1-", "annexe-2": "A2-"}, folios=_folios)


def test_fusion_pages_dans_l_ordre_et_textes(joint):
    textes = [page.extract_text().split() for page in pypdf.PdfReader(BytesIO(joint)).pages]
    assert [texte[0] for texte in textes] == ["Titre", "Section", "Annexe", "Groupe", "fin", "Annexe"]


def test_fusion_les_etiquettes_des_pages(joint):
    assert pypdf.PdfReader(BytesIO(joint)).page_labels == ["1", "2", "A1-1", "A1-2", "A1-3", "A2-1"]


def test_fusion_seules_les_pages_d_une_suite_recoivent_un_folio(joint):
    textes = [page.extract_text() for page in pypdf.PdfReader(BytesIO(joint)).pages]
    assert ["[A1-" in texte for texte in textes] == [False, False, False, True, True, False]
    assert "[A1-2]" in textes[3]
    assert "[A1-3]" in textes[4]


def test_fusion_les_signets_d_une_suite_rejoignent_leur_annexe(joint):
    lu = pypdf.PdfReader(BytesIO(joint))

    def noms(plan):
        return [
            noms(signet)
            if isinstance(signet, list)
            else (signet.title, lu.get_destination_page_number(signet))
            for signet in plan
        ]

    assert noms(lu.outline) == [
        ("Titre", 0),
        ("Section", 1),
        ("Annexe 1", 2),
        [("Groupe 1", 2), ("Groupe 2", 3)],
        ("Annexe 2", 5),
    ]


def test_fusion_les_liens_d_une_partie_a_l_autre_menent_a_leur_page(joint):
    lu = pypdf.PdfReader(BytesIO(joint))
    cibles = lu.named_destinations
    assert {nom: lu.get_destination_page_number(cible) for nom, cible in cibles.items()} == {
        "s": 1,
        "annexe-1": 2,
        "annexe-2": 5,
    }
    actions = [annotation.get_object()["/A"] for annotation in lu.pages[0]["/Annots"]]
    assert [(action["/S"], action["/D"]) for action in actions] == [
        ("/GoTo", "annexe-1"),
        ("/GoTo", "annexe-2"),
    ]


def test_fusion_les_pieces_le_titre_et_la_langue_restent(joint):
    lu = pypdf.PdfReader(BytesIO(joint))
    assert lu.attachments == {"classeur.xlsx": [b"PK"]}
    assert lu.metadata.title == "Rapport"
    assert lu.root_object["/Lang"] == "fr"
    assert b"pdfuaid:part" in lu.root_object["/Metadata"].get_data()


def test_fusion_chaque_contenu_a_son_etiquette(joint):
    """Each page finds its own element of the tree; names of cells are told apart."""
    with pikepdf.open(BytesIO(joint)) as pdf:
        racine = pdf.Root.StructTreeRoot
        nombres = list(racine.ParentTree.Nums)
        par_cle = {int(cle): valeur for cle, valeur in zip(nombres[::2], nombres[1::2], strict=True)}
        cles = [int(page.obj.StructParents) for page in pdf.pages]
        assert len(set(cles)) == len(cles) == 6
        for page, cle in zip(pdf.pages, cles, strict=True):
            assert {element.Pg.objgen for element in par_cle[cle] if "/Pg" in element} <= {page.obj.objgen}
        assert int(racine.ParentTreeNextKey) == max(par_cle) + 1
        identifiants = [bytes(element.ID) for element in _elements(racine) if "/ID" in element]
        assert len(set(identifiants)) == len(identifiants) == 3 * 4
        cites = {
            bytes(nom)
            for element in _elements(racine)
            if "/A" in element
            for nom in element.A.get("/Headers", [])
        }
        assert cites <= set(identifiants)
        assert len(cites) == 4 * 2
        assert len(racine.K) == 1


def test_fusion_les_memes_parties_donnent_les_memes_octets(parties, joint):
    assert fusionner(parties, prefixes={"annexe-1": "A1-", "annexe-2": "A2-"}, folios=_folios) == joint


def test_fusion_d_une_seule_partie(parties):
    lu = pypdf.PdfReader(BytesIO(fusionner(parties[:1])))
    assert lu.page_labels == ["1", "2"]
    assert [signet.title for signet in lu.outline if not isinstance(signet, list)] == ["Titre", "Section"]


@pytest.mark.pdfua
def test_fusion_reste_pdf_ua_1_et_pdf_a_3a(tmp_path, joint):
    chemin = tmp_path / "t.pdf"
    chemin.write_bytes(joint)
    assert valider(chemin) == []
