"""The list of actions in a browser: filtering changes the rows in place, and the address with them."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests import fabriques
from tests.outils import axe, navigateur

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ouvrir(page, live_server, transactional_db):
    """Sign in as the chargé·e de mission of a year of three actions, and open the list at the width asked for."""
    campagne = fabriques.CampagneFactory()
    financeur = fabriques.FinanceurFactory(contrat=campagne.contrat)
    for intitule in ("Fête de l'école", "Jardin", "Lecture à l'école"):
        action = fabriques.ActionFactory(contrat=campagne.contrat, intitule=intitule)
        annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne, action=action)
        fabriques.LigneFinancementFactory(action_annuelle=annuelle, financeur=financeur)
    navigateur.connecter(page, live_server, fabriques.chargee_de_mission(campagne.contrat))
    adresse = live_server.url + reverse("liste_actions", args=[campagne.contrat.slug, campagne.annee])

    def aller(largeur, criteres=""):
        page.set_viewport_size({"width": largeur, "height": 800})
        page.goto(adresse + criteres)
        if largeur < 768:
            page.get_by_text("Filtrer la liste").click()
        return page, adresse

    return aller


@pytest.mark.parametrize("largeur", [1440, 360])
def test_filtrer_sans_recharger_la_page(ouvrir, largeur):
    page, adresse = ouvrir(largeur, "?tri=-action")
    page.evaluate("window.restee = true")
    exports = []
    page.on("download", lambda export: exports.append(export.url))
    champ = page.locator("#id_q")
    champ.press_sequentially("ecole")
    page.wait_for_url(adresse + "?q=ecole&tri=-action")
    page.get_by_text("2 actions sur 3").wait_for()
    expect(page.locator(".liste tbody a.ligne")).to_have_text(["Lecture à l'école", "Fête de l'école"])
    # Typing goes on where it was; nothing was exported; the page was not reloaded.
    expect(page.locator("#id_q")).to_be_focused()
    assert exports == []
    assert page.evaluate("window.restee") is True

    page.get_by_text("Choisir les colonnes").click()
    page.get_by_label("Territoires", exact=True).check()
    page.wait_for_url(re.compile(r"colonnes=porteur,territoires,etat,bilan,personnes,accorde"))
    assert page.evaluate("window.restee") is True
    axe.verifier(page)

    page.get_by_role("link", name="Retirer le filtre").click()
    page.get_by_text("3 actions de 2024").wait_for()
    expect(page).not_to_have_url(re.compile("q="))
    page.go_back()
    page.get_by_text("2 actions sur 3").wait_for()
    expect(page.locator("#id_q")).to_have_value("ecole")


def test_filtrer_sans_javascript(ouvrir, new_context, page):
    _, adresse = ouvrir(1440)
    nue = new_context(java_script_enabled=False, storage_state=page.context.storage_state()).new_page()
    nue.goto(adresse)
    nue.locator("#id_q").fill("jardin")
    nue.get_by_role("button", name="Filtrer", exact=True).click()
    expect(nue).to_have_url(adresse + "?q=jardin")
    navigateur.dit(nue.locator("#phrase-liste"), "1 action sur 3 de 2024")
    nue.get_by_role("link", name="Accordé (€)").click()
    expect(nue).to_have_url(adresse + "?q=jardin&tri=-accorde")
