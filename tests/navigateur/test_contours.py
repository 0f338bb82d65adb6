"""Loading outlines in a browser: on a desk and on a phone, by the keyboard, without a mistake of accessibility."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests import fabriques
from tests.contrats.fichiers_contours import collection, qpv
from tests.outils import axe, navigateur

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]

FICHIER = {
    "name": "QP2024_WGS84.geojson",
    "mimeType": "application/geo+json",
    "buffer": collection(qpv("QN03901M", "Les Hauts"), qpv("QN03909M", "Quartier du port")),
}


@pytest.fixture
def campagne(transactional_db):
    campagne = fabriques.CampagneFactory()
    montclar = fabriques.CommuneFactory(epci=campagne.contrat.epci, nom="Montclar", code_insee="39198")
    campagne.contrat.communes.add(montclar)
    for nom, code in (("Les Hauts", "QN03901M"), ("Le Port", "")):
        fabriques.TerritoireFactory(contrat=campagne.contrat, nom=nom, code=code, commune=montclar)
    return campagne


def verifier(page):
    axe.verifier(page)
    assert navigateur.debordement(page) == []


@pytest.mark.parametrize("largeur", [1440, 320])
def test_des_contours_sont_charges_puis_retires(page, live_server, campagne, largeur):
    navigateur.connecter(page, live_server, fabriques.chargee_de_mission(campagne.contrat))
    page.set_viewport_size({"width": largeur, "height": 800})
    page.goto(live_server.url + reverse("contours", args=[campagne.contrat.slug, campagne.annee]))
    titre = page.get_by_role("heading", level=1)
    verifier(page)

    page.get_by_label("Fichier des contours").set_input_files(FICHIER)
    page.get_by_role("button", name="Lire ce fichier").click()
    navigateur.dit(page.locator("[data-resume-erreurs]"), "Dites qui publie ces contours")
    page.get_by_label("Fichier des contours").set_input_files(FICHIER)
    page.get_by_label("D'où vient ce fichier").fill("ANCT, QPV 2024")
    page.get_by_role("button", name="Lire ce fichier").click()
    navigateur.dit(titre, "Charger ces contours ?")
    verifier(page)

    choix = page.get_by_label("Territoire du contrat pour Quartier du port")
    expect(choix).to_have_value("")
    choix.select_option("Le Port")
    page.get_by_role("button", name="Charger les contours choisis").click()
    navigateur.dit(titre, "Contours des territoires")
    navigateur.dit(page.locator("main"), "2 territoires ont leur contour, sur 2.")
    expect(page.locator(".carte-contours")).to_be_visible()
    verifier(page)

    page.get_by_role("link", name="Retirer le contour de Le Port").click()
    navigateur.dit(titre, "Retirer le contour de Le Port ?")
    verifier(page)
    page.get_by_role("button", name="Retirer le contour").click()
    navigateur.dit(page.locator("main"), "1 territoire a son contour, sur 2.")
