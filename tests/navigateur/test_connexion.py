"""Signing in as people do: in a browser, with the keyboard, on a phone, without JavaScript."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from comptes.models import Utilisateur
from tests.outils import axe

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]

ADRESSE = "claire@grand-dole.example"
LARGEURS = [1440, 320]


@pytest.fixture
def claire(transactional_db):
    return Utilisateur.objects.create_user(ADRESSE, "sept colonnes de bois", prenom="Claire")


def deborde(page):
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize("largeur", LARGEURS)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "nom",
    [
        *("account_login", "account_request_login_code", "account_reset_password", "account_signup"),
        *("accessibilite", "donnees_personnelles"),
    ],
)
def test_les_pages_publiques_sont_accessibles(page, live_server, nom, theme, largeur):
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": largeur, "height": 800})
    page.goto(live_server.url + reverse(nom))
    axe.verifier(page)
    assert not deborde(page)


def test_entrer_au_clavier_avec_un_code(page, live_server, claire, mailoutbox):
    page.goto(live_server.url + reverse("account_login"))
    page.keyboard.press("Tab")
    expect(page.get_by_text("Aller au contenu", exact=True)).to_be_focused()
    page.locator("#id_code_email").focus()
    page.keyboard.type(ADRESSE)
    page.keyboard.press("Enter")
    page.wait_for_url("**" + reverse("account_confirm_login_code"))
    axe.verifier(page)

    page.locator("#id_code").fill("AAAA-AAAA")
    page.keyboard.press("Enter")
    resume = page.locator("[data-resume-erreurs]")
    expect(resume).to_be_focused()
    axe.verifier(page)
    resume.get_by_role("link").click()
    expect(page.locator("#id_code")).to_be_focused()

    page.keyboard.press("Control+A")
    page.keyboard.type(re.search(r"^ {4}(\S+)$", mailoutbox[0].body, re.MULTILINE).group(1))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda adresse: "/compte/" not in adresse)


def test_entrer_sans_javascript(new_context, live_server, claire):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(live_server.url + reverse("account_login"))
    page.get_by_text("Avec un mot de passe").click()
    page.locator("#id_login").fill(ADRESSE)
    page.locator("#id_password").fill("sept colonnes de bois")
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url(lambda adresse: "/compte/" not in adresse)
