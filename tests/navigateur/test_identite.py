"""Setting the logo and the colour of the collectivity in a browser, on a desk and on a phone."""

from io import BytesIO

import pytest
from django.urls import reverse
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from tests import fabriques
from tests.outils import axe, navigateur

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]


def logo():
    """A mark on a transparent ground."""
    image = Image.new("RGBA", (600, 240), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((20, 20, 220, 220), fill="#7A1F3D")
    octets = BytesIO()
    image.save(octets, "PNG")
    return {"name": "logo.png", "mimeType": "image/png", "buffer": octets.getvalue()}


@pytest.mark.parametrize("taille", [(1440, 900), (360, 740)], ids=["bureau", "téléphone"])
def test_le_logo_et_la_couleur_se_choisissent_et_se_voient(page, live_server, taille):
    campagne = fabriques.CampagneFactory()
    chargee = fabriques.chargee_de_mission(campagne.contrat)
    navigateur.connecter(page, live_server, chargee)
    page.set_viewport_size({"width": taille[0], "height": taille[1]})
    page.goto(live_server.url + reverse("contrat", args=[campagne.contrat.slug, campagne.annee]))
    page.get_by_role("link", name="Logo et couleur").click()

    page.get_by_role("link", name="Ajouter un logo").click()
    page.get_by_label("Image").set_input_files(logo())
    page.get_by_label("Description").fill("Logo de l'agglomération")
    page.get_by_role("button", name="Enregistrer le logo").click()
    expect(page.get_by_text("Le logo est enregistré.")).to_be_visible()
    dans_la_barre = page.get_by_role("banner").get_by_alt_text("Logo de l'agglomération")
    # on a phone, the bar has room for the contract and the year only
    expect(dans_la_barre).to_be_visible(visible=taille[0] > 768)
    expect(page.get_by_role("main").get_by_alt_text("Logo de l'agglomération")).to_have_js_property(
        "naturalWidth", 600
    )

    page.get_by_role("link", name="Choisir une couleur").click()
    page.get_by_label("Couleur").fill("#FFCC00")
    page.get_by_role("button", name="Enregistrer la couleur").click()
    expect(page.get_by_role("img", name="#907300")).to_be_visible()
    axe.verifier(page)
    page.get_by_role("button", name="Prendre #907300").click()
    expect(page.get_by_text("La couleur est enregistrée.")).to_be_visible()
    expect(page.locator(".bandeau .lisere rect")).to_have_attribute("fill", "#907300")
    expect(page.get_by_role("heading", name="Ce qui a changé")).to_be_visible()
    axe.verifier(page)
