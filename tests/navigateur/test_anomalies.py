"""The page « Anomalies » in a browser: read, filtered, decided of, with and without a script, on a desk and a phone."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from bilans.models import Justification
from tests import fabriques
from tests.outils import axe, navigateur

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]


def peupler():
    """Return a year with a contradiction and an alert, and the account that runs the contract."""
    campagne = fabriques.CampagneFactory()
    qpv = fabriques.TerritoireFactory(contrat=campagne.contrat)
    for intitule, effectifs in (("Fête du quartier", {"F": 12, "H": 17, "T": 30}), ("Jardin", {"T": 30})):
        action = fabriques.ActionFactory(contrat=campagne.contrat, intitule=intitule)
        annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne, action=action, territoires=[qpv])
        fabriques.effectifs(fabriques.BilanFactory(action_annuelle=annuelle, transmis=True), **effectifs)
    fabriques.TotalControleFactory(
        campagne=campagne,
        nature="actions",
        valeur=53,
        citation="En 2023, 53 actions ont été réalisées par 20 structures différentes.",
        source="Bilan de l'action « MOUS / Ingénierie » (12ᵉ ligne)",
    )
    return campagne, fabriques.chargee_de_mission(campagne.contrat)


def adresse(live_server, campagne, criteres=""):
    return live_server.url + reverse("anomalies", args=[campagne.contrat.slug, campagne.annee]) + criteres


@pytest.mark.parametrize("largeur", [1440, 360])
def test_lire_filtrer_justifier(page, live_server, transactional_db, largeur):
    campagne, compte = peupler()
    navigateur.connecter(page, live_server, compte)
    page.set_viewport_size({"width": largeur, "height": 800})
    page.goto(adresse(live_server, campagne))
    axe.verifier(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= largeur
    if largeur < 768:
        page.get_by_text("Filtrer la liste").click()
    page.get_by_label("À propos de").select_option("bilan")
    page.wait_for_url(re.compile(r"sur=bilan"))
    page.get_by_text("53 actions annoncées").wait_for(state="detached")
    constat = page.locator("article.constat").filter(has_text="12 femmes et 17 hommes")
    constat.get_by_text("Garder ces chiffres…").click()
    axe.verifier(page)
    constat.get_by_role("button", name="Justifier").click()
    page.get_by_text("Dites pourquoi ces chiffres sont gardés tels quels.").wait_for()
    axe.verifier(page)
    # The field to fill is open, at its place, and has the caret.
    expect(page.locator("[name=motif]:focus")).to_be_visible()
    page.keyboard.type("Une personne compte deux fois.")
    page.locator("article.constat").filter(has_text="12 femmes").get_by_role(
        "button", name="Justifier"
    ).click()
    page.get_by_text("1 constat est justifié").wait_for()
    assert Justification.objects.get().motif == "Une personne compte deux fois."
    page.get_by_role("link", name="Pris en compte ou justifiés (1)").click()
    page.get_by_text("« Une personne compte deux fois. »").wait_for()
    axe.verifier(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= largeur


def test_sans_script(new_context, live_server, transactional_db):
    campagne, compte = peupler()
    page = new_context(java_script_enabled=False).new_page()
    navigateur.connecter(page, live_server, compte)
    page.goto(adresse(live_server, campagne))
    page.locator("#id_controle").select_option("EFF-20")
    page.get_by_role("button", name="Filtrer").click()
    page.wait_for_url(re.compile(r"controle=EFF-20"))
    page.get_by_role("button", name="Prendre en compte").first.click()
    page.get_by_text("1 constat est pris en compte").wait_for()
    assert Justification.objects.get().code == "EFF-20"


def test_aller_au_champ(page, live_server, transactional_db):
    campagne, compte = peupler()
    navigateur.connecter(page, live_server, compte)
    page.goto(adresse(live_server, campagne, "?controle=EFF-01"))
    page.get_by_role("link", name=re.compile("Aller au champ")).click()
    page.wait_for_url(re.compile(r"/bilan/saisir/#id_total_ensemble_F$"))
    expect(page.locator("#id_total_ensemble_F")).to_be_visible()


@pytest.mark.parametrize("nom", ["controles", "campagne_controles"])
@pytest.mark.parametrize("largeur", [1440, 360])
def test_les_controles_et_leurs_seuils(page, live_server, transactional_db, largeur, nom):
    campagne, compte = peupler()
    navigateur.connecter(page, live_server, compte)
    page.set_viewport_size({"width": largeur, "height": 800})
    page.goto(live_server.url + reverse(nom, args=[campagne.contrat.slug, campagne.annee]))
    axe.verifier(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= largeur
