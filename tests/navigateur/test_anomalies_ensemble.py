"""Deciding of several findings in a browser: with the keyboard, on a phone, without a script."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from bilans.models import Justification
from tests import fabriques
from tests.outils import axe, navigateur

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def campagne(transactional_db):
    """A year with three alerts of the same rule."""
    campagne = fabriques.CampagneFactory()
    qpv = fabriques.TerritoireFactory(contrat=campagne.contrat)
    for intitule in ("Ateliers", "Fête", "Jardin"):
        action = fabriques.ActionFactory(contrat=campagne.contrat, intitule=intitule)
        annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne, action=action, territoires=[qpv])
        fabriques.effectifs(fabriques.BilanFactory(action_annuelle=annuelle, transmis=True), T=30)
    return campagne


def ouvrir(page, live_server, campagne, criteres):
    navigateur.connecter(page, live_server, fabriques.chargee_de_mission(campagne.contrat))
    page.goto(live_server.url + reverse("anomalies", args=[campagne.contrat.slug, campagne.annee]) + criteres)


def boite(page, titre):
    return page.get_by_role("checkbox", name=re.compile(rf"Cocher\s: {titre}, EFF-20"))


@pytest.mark.parametrize("largeur", [1440, 360])
def test_cocher_confirmer_revenir_au_clavier(page, live_server, campagne, largeur):
    page.set_viewport_size({"width": largeur, "height": 800})
    ouvrir(page, live_server, campagne, "?controle=EFF-20")
    for titre in ("Ateliers", "Jardin"):
        boite(page, titre).focus()
        page.keyboard.press("Space")
        expect(boite(page, titre)).to_be_checked()
    axe.verifier(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= largeur
    page.get_by_role("button", name="Prendre en compte ce qui est coché").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Prendre en compte 2\sconstats"))
    expect(page.locator(".constats-choisis > li")).to_have_count(2)
    axe.verifier(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= largeur
    page.get_by_label("Pourquoi").focus()
    page.keyboard.type("Compté à la porte.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".message")).to_contain_text(re.compile(r"2\sconstats sont pris en compte"))
    assert sorted(Justification.objects.values_list("motif", flat=True)) == ["Compté à la porte."] * 2
    page.get_by_role("link", name=re.compile("Pris en compte ou justifiés")).click()
    page.get_by_label("Cocher toute la page").check()
    expect(boite(page, "Ateliers")).to_be_checked()
    page.get_by_role("button", name="Revenir sur ce qui est coché").click()
    expect(page.locator(".constats-choisis > li")).to_have_count(2)
    axe.verifier(page)
    page.get_by_role("button", name=re.compile(r"Revenir sur 2\sdécisions")).click()
    expect(page.locator(".message")).to_contain_text(re.compile(r"2\sdécisions sont retirées"))
    assert not Justification.objects.exists()


def test_les_boites_suivent_la_liste_que_l_on_filtre(page, live_server, campagne):
    """The list is swapped in place: its boxes and its buttons still make one form."""
    ouvrir(page, live_server, campagne, "")
    page.locator("#id_controle").select_option("EFF-20")
    expect(page).to_have_url(re.compile("controle=EFF-20"))
    expect(page.get_by_role("button", name="Prendre en compte ces 3")).to_be_visible()
    boite(page, "Fête").check()
    page.get_by_role("button", name="Prendre en compte ce qui est coché").click()
    expect(page.locator(".constats-choisis > li")).to_have_count(1)
    page.get_by_role("link", name="Revenir sans rien changer").click()
    expect(page).to_have_url(re.compile("controle=EFF-20"))
    assert not Justification.objects.exists()


def test_sans_script(new_context, live_server, campagne):
    page = new_context(java_script_enabled=False).new_page()
    ouvrir(page, live_server, campagne, "?controle=EFF-20")
    page.get_by_role("button", name="Prendre en compte ces 3").click()
    expect(page.locator(".constats-choisis > li")).to_have_count(3)
    page.get_by_role("button", name=re.compile(r"Prendre en compte 3\sconstats")).click()
    expect(page.locator(".message")).to_contain_text(re.compile(r"3\sconstats sont pris en compte"))
    assert Justification.objects.count() == 3
