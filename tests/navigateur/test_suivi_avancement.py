"""The follow-up and the progress of the bilans in a browser: accessible, whole on a phone, led to from each other."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests import fabriques
from tests.outils import axe, navigateur

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ouvrir(page, live_server, transactional_db):
    """Sign in as the one who runs a contract, with a bilan in each situation under two axes, and open a page."""
    contrat = fabriques.ContratFactory(slug="montclar")
    campagne = fabriques.CampagneFactory(contrat=contrat)
    enjeu, axe_1, *_ = fabriques.arbre_d_axes(contrat)
    for situation in ("en_saisie", "transmis", "a_completer", "valide"):
        service = fabriques.PorteurFactory(service=True, epci=contrat.epci)
        for axe_principal in (enjeu, axe_1, None):
            action = fabriques.ActionFactory(contrat=contrat, porteur=service)
            annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne, action=action, axe=axe_principal)
            fabriques.BilanFactory(action_annuelle=annuelle, **{situation: True})
    navigateur.connecter(page, live_server, fabriques.chargee_de_mission(contrat))

    def aller(nom, largeur=1440):
        page.set_viewport_size({"width": largeur, "height": 900})
        page.goto(live_server.url + reverse(nom, args=["montclar", 2024]))
        return page

    return aller


@pytest.mark.parametrize("largeur", [1440, 320])
@pytest.mark.parametrize("nom", ["avancement", "suivi_bilans", "tableau_de_bord"])
def test_accessible_et_sans_debordement(ouvrir, nom, largeur):
    page = ouvrir(nom, largeur)
    axe.verifier(page)
    assert navigateur.debordement(page) == []


def test_un_nombre_mene_a_ses_lignes(ouvrir):
    page = ouvrir("avancement")
    table = page.get_by_role("table", name="Avancement des bilans par axe")
    table.get_by_role("link", name="1 Enjeu 1, à compléter").click()
    expect(page.locator(".sous-onglets [aria-current]")).to_have_text("À compléter\u00a0: 2")
    expect(page.locator(".liste tbody tr")).to_have_count(2)


def test_cocher_puis_valider_ensemble(ouvrir):
    page = ouvrir("suivi_bilans")
    page.get_by_label("Cocher toute la page").check()
    expect(page.locator("input[name=cle]")).to_have_count(9)
    expect(page.locator("input[name=cle]:checked")).to_have_count(9)
    page.get_by_role("button", name="Valider les bilans cochés…").click()
    page.wait_for_url(lambda adresse: adresse.count("cle=") == 9)
