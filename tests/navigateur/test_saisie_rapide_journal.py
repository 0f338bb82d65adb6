"""What is typed in the grid stays in the browser until the server has it: page closed, answer lost, another hand."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from bilans.models import Bilan, Effectif
from tests import fabriques
from tests.outils import axe, navigateur

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]

TITRES = ("Ateliers", "Fête", "Jardin")


@pytest.fixture
def bilans(transactional_db):
    contrat = fabriques.ContratFactory(slug="montclar")
    campagne = fabriques.CampagneFactory(contrat=contrat)
    crees = {}
    for ordre, titre in enumerate(TITRES, 1):
        action = fabriques.ActionFactory(contrat=contrat, intitule=titre)
        annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne, action=action, ordre=ordre)
        crees[titre] = fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True)
    return crees


@pytest.fixture
def grille(page, live_server, bilans):
    """The address of the grid; `page` is signed in as the one who runs the contract."""
    contrat = bilans["Fête"].action_annuelle.campagne.contrat
    navigateur.connecter(page, live_server, fabriques.chargee_de_mission(contrat))
    page.set_viewport_size({"width": 1440, "height": 900})
    adresse = live_server.url + reverse("saisie_rapide", args=["montclar", 2024])
    page.goto(adresse)
    return adresse


def case(page, titre, nom="total_ensemble_F"):
    return page.locator(f"tr:has(th a:text-is('{titre}')) [data-champ={nom}]")


def fermer_et_revenir(page, adresse):
    """Close the tab without an answer of the server, then open the grid again in the same browser."""
    contexte = page.context
    # Chromium may send what a closing page keeps alive, offline or not: without its session nothing comes of it.
    cookies = contexte.cookies()
    contexte.clear_cookies()
    page.close(run_before_unload=False)
    contexte.set_offline(False)
    contexte.add_cookies(cookies)
    nouvelle = contexte.new_page()
    nouvelle.set_viewport_size({"width": 1440, "height": 900})
    nouvelle.goto(adresse)
    return nouvelle


def taper_sans_reseau(page, *valeurs):
    """Type a number of women in each row, the network gone; the state says so."""
    page.context.set_offline(True)
    for titre, valeur in valeurs:
        case(page, titre).fill(valeur)
        page.keyboard.press("Enter")
    expect(page.locator("[data-rapide-etat]")).to_contain_text(
        "connexion perdue, nous réessayons", use_inner_text=True
    )


def tout_enregistre(page):
    expect(page.locator("[data-rapide-etat]")).to_have_attribute("data-etat", "fait")


def journal(page):
    return page.evaluate(
        "Object.keys(localStorage).filter(n => n.startsWith('pilotis-brouillon-rapide')).map(n => localStorage[n])"
    )


def femmes(bilan):
    return list(
        Effectif.objects.filter(bilan=bilan, tranche=None, sexe="F")
        .order_by("pk")
        .values_list("valeur", flat=True)
    )


def test_sans_reseau_puis_ferme_tout_revient_et_s_enregistre(page, grille, bilans):
    taper_sans_reseau(page, ("Ateliers", "12"), ("Fête", "8"))
    # The last cell is not even left.
    case(page, "Jardin", "benevoles").focus()
    page.keyboard.type("6")
    page = fermer_et_revenir(page, grille)
    tout_enregistre(page)
    expect(page.locator("[data-rapide-etat]")).to_contain_text("avec ce que ce navigateur avait gardé")
    expect(case(page, "Ateliers")).to_have_value("12")
    assert [femmes(bilans[titre]) for titre in TITRES] == [[12], [8], []]
    assert Bilan.objects.get(pk=bilans["Jardin"].pk).benevoles == 6
    assert journal(page) == []


def test_une_case_effacee_reste_effacee(page, grille, bilans):
    fabriques.effectifs(bilans["Fête"], F=5)
    page.goto(grille)
    taper_sans_reseau(page, ("Fête", ""))
    page = fermer_et_revenir(page, grille)
    tout_enregistre(page)
    expect(case(page, "Fête")).to_have_value("")
    assert femmes(bilans["Fête"]) == []


@pytest.mark.parametrize(("bouton", "garde"), [("Garder 14", 14), ("Prendre 12", 12)])
def test_ce_qu_un_autre_a_change_pendant_l_absence_se_choisit(page, grille, bilans, bouton, garde):
    taper_sans_reseau(page, ("Ateliers", "14"), ("Fête", "8"))
    fabriques.effectifs(bilans["Ateliers"], F=12)
    page = fermer_et_revenir(page, grille)
    choix = page.get_by_role("button", name=bouton)
    expect(choix).to_be_visible()
    # The other row is saved; the one in conflict waits, with both values.
    expect(case(page, "Ateliers")).to_have_value("14")
    expect(case(page, "Fête")).not_to_have_attribute("data-etat", "attente")
    assert (femmes(bilans["Ateliers"]), femmes(bilans["Fête"])) == ([12], [8])
    axe.verifier(page)
    # Closed again before choosing: still both.
    page = fermer_et_revenir(page, grille)
    page.get_by_role("button", name=bouton).click()
    expect(page.get_by_role("button", name=bouton)).to_have_count(0)
    tout_enregistre(page)
    expect(case(page, "Ateliers")).to_have_value(str(garde))
    assert femmes(bilans["Ateliers"]) == [garde]
    assert journal(page) == []


def test_une_reponse_perdue_n_oppose_personne_a_soi_meme(page, grille, bilans):
    def perdre(route):
        route.fetch()
        route.abort()

    page.route("**/saisie-rapide/cellule/", perdre)
    case(page, "Fête").fill("12")
    page.keyboard.press("Enter")
    expect(page.locator("[data-rapide-etat]")).to_contain_text("connexion perdue")
    assert femmes(bilans["Fête"]) == [12]
    page.context.set_offline(True)
    case(page, "Fête").fill("13")
    page.keyboard.press("Enter")
    page = fermer_et_revenir(page, grille)
    tout_enregistre(page)
    expect(page.locator(".rapide-etat button")).to_have_count(0)
    assert femmes(bilans["Fête"]) == [13]


def test_une_ligne_que_la_page_ne_montre_plus_se_dit(page, grille, bilans):
    taper_sans_reseau(page, ("Fête", "8"))
    porteur = bilans["Jardin"].action_annuelle.action.porteur
    page = fermer_et_revenir(page, f"{grille}?porteur={porteur.cle}")
    garde = page.locator("[data-rapide-garde]")
    expect(garde).to_contain_text(re.compile(r"a gardé 1\scase qui n'est pas enregistrée"))
    expect(garde).to_contain_text(re.compile(r"Fête, Femmes\s: 8"))
    axe.verifier(page)
    page.on("dialog", lambda question: question.accept())
    page.get_by_role("button", name="Les effacer de ce navigateur").click()
    expect(garde).to_be_hidden()
    assert journal(page) == []
    assert femmes(bilans["Fête"]) == []


def test_un_autre_compte_du_meme_ordinateur_n_en_voit_rien(page, grille, bilans, live_server):
    taper_sans_reseau(page, ("Fête", "8"))
    contrat = bilans["Fête"].action_annuelle.campagne.contrat
    contexte = page.context
    # Signed out while the network is still gone: what the page sends as it closes is nobody's any more.
    contexte.clear_cookies()
    page.close(run_before_unload=False)
    contexte.set_offline(False)
    page = contexte.new_page()
    page.set_viewport_size({"width": 1440, "height": 900})
    navigateur.connecter(page, live_server, fabriques.chargee_de_mission(contrat))
    page.goto(grille)
    expect(case(page, "Fête")).to_have_value("")
    expect(page.locator("[data-rapide-garde]")).to_be_hidden()
    assert femmes(bilans["Fête"]) == []
