"""The same drawing in a browser, under our security policy, light and dark; and in a PDF that veraPDF accepts."""

from __future__ import annotations

import base64
import io
from html import escape

import pypdf
import pytest
from PIL import Image
from playwright.sync_api import expect

from documents import html_en_pdf
from documents.graphiques import alternative, dessiner
from documents.graphiques_couleurs import ENCRE, SOMBRES, palette
from documents.polices import css_polices
from tests.outils.verapdf import valider

from .exemples_graphiques import TOUS, sexes

POLITIQUE = "default-src 'self'; img-src 'self' data:"


def _image(graphique, largeur_mm=170):
    donnees = base64.b64encode(dessiner(graphique, largeur_mm=largeur_mm)).decode()
    return f'<img src="data:image/svg+xml;base64,{donnees}" alt="{escape(alternative(graphique))}">'


def _page(*graphiques):
    return (
        f'<!DOCTYPE html><html lang="fr"><head><title>Graphiques</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLITIQUE}">'
        f'<meta name="color-scheme" content="light dark"></head><body><h1>Graphiques</h1>'
        + "".join(f"<p>{_image(graphique)}</p>" for graphique in graphiques)
    )


def _couleurs(capture: bytes) -> dict[str, int]:
    """Return how many pixels each colour has."""
    image = Image.open(io.BytesIO(capture)).convert("RGB")
    comptes = image.getcolors(image.width * image.height)
    return {"#{:02x}{:02x}{:02x}".format(*couleur): nombre for nombre, couleur in comptes}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_un_navigateur_dessine_dans_le_theme_du_systeme(page, theme):
    page.emulate_media(color_scheme=theme)
    page.set_content(_page(sexes()))
    image = page.get_by_role("img")
    assert image.get_attribute("alt").startswith("Diagramme en barres empilées")
    expect(image).to_have_js_property("naturalWidth", 643)
    vues = _couleurs(image.screenshot())
    femmes, hommes = (teinte.fond for teinte in palette(2))
    attendues, absentes = (femmes, hommes), (SOMBRES[femmes], SOMBRES[hommes])
    if theme == "dark":
        attendues, absentes = absentes, attendues
    assert all(vues.get(couleur, 0) > 300 for couleur in attendues)
    assert not any(couleur in vues for couleur in absentes)
    # the letters are there too
    encre, autre = (ENCRE, SOMBRES[ENCRE]) if theme == "light" else (SOMBRES[ENCRE], ENCRE)
    assert vues.get(encre, 0) > 20
    assert autre not in vues


@pytest.fixture(scope="module")
def pdf():
    graphiques = [exemple() for exemple in TOUS]
    style = f'{css_polices((400, "normal"))}html{{font-family:"Source Sans 3"}}@page{{size:A4;margin:20mm}}'
    corps = "".join(f"<h2>{escape(g.titre)}</h2><p>{_image(g)}</p>" for g in graphiques)
    return html_en_pdf(
        f'<!DOCTYPE html><html lang="fr"><head><title>Graphiques</title><style>{style}</style></head>'
        f"<body><h1>Graphiques</h1>{corps}</body></html>"
    )


@pytest.mark.pdfua
def test_le_pdf_est_accessible_et_archivable(pdf, tmp_path):
    chemin = tmp_path / "graphiques.pdf"
    chemin.write_bytes(pdf)
    assert valider(chemin) == []


def test_le_pdf_garde_le_texte_de_chaque_dessin_et_le_trait(pdf):
    lu = pypdf.PdfReader(io.BytesIO(pdf))
    textes = set()

    def parcourir(noeud):
        objet = noeud.get_object()
        if isinstance(objet, list):
            for enfant in objet:
                parcourir(enfant)
        elif isinstance(objet, dict):
            if objet.get("/S") == "/Figure":
                textes.add(objet["/Alt"])
            parcourir(objet.get("/K", []))

    parcourir(lu.root_object["/StructTreeRoot"])
    assert textes == {alternative(exemple()) for exemple in TOUS}
    for feuille in lu.pages:
        # drawn, not photographed; with no other font than ours
        assert list(feuille.images) == []
        polices = feuille["/Resources"].get("/Font", {}).values()
        assert all("Source-Sans" in police.get_object()["/BaseFont"] for police in polices)
