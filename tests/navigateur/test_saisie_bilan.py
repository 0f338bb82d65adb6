"""Entering a bilan in a browser: totals and sentences as one types, a copy that outlives a lost session."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from bilans.models import Bilan
from tests import fabriques
from tests.outils import axe, navigateur
from tests.outils.pages import lisible

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def bilan(transactional_db):
    return fabriques.BilanFactory(en_saisie=True, realisation="realisee")


@pytest.fixture
def chargee(bilan):
    """Who runs the contract: it keeps the form in one page, saved when asked; the porteur writes step by step."""
    return fabriques.chargee_de_mission(bilan.action_annuelle.campagne.contrat)


def adresse(nom, bilan):
    campagne = bilan.action_annuelle.campagne
    return reverse(nom, args=[campagne.contrat.slug, campagne.annee, bilan.action_annuelle.cle])


@pytest.fixture
def ouvrir(page, live_server, bilan, chargee):
    """Sign in and open the form, at the width asked for."""

    def aller(largeur=1440):
        navigateur.connecter(page, live_server, chargee)
        page.set_viewport_size({"width": largeur, "height": 800})
        page.goto(live_server.url + adresse("bilan_saisir", bilan))
        return page

    return aller


def case(page, nom):
    return page.get_by_label(nom, exact=True)


def test_les_totaux_suivent_la_frappe(ouvrir):
    page = ouvrir()
    tableau = page.locator("table[data-grille=total]")
    case(page, "Femmes, 6 à 15 ans, ensemble du public").fill("12")
    page.keyboard.press("Tab")
    page.keyboard.type("17")
    rang = tableau.locator("tr", has_text="6 à 15 ans")
    expect(rang.locator("output")).to_have_text("29")
    expect(tableau.locator("tfoot output")).to_have_text(["12", "17", "–", "29"])
    expect(page.locator("[data-retenu]").first).to_have_text("Total retenu : 29 personnes.")
    case(page, "Total, tous âges, ensemble du public").fill("1 200")
    expect(page.locator("[data-retenu]").first).to_have_text("Total retenu : 1 200 personnes.")


def test_entree_descend_la_colonne_comme_dans_un_tableur(ouvrir):
    page = ouvrir()
    case(page, "Femmes, tous âges, ensemble du public").focus()
    for valeur in ("12", "3", "4"):
        page.keyboard.type(valeur)
        page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    focalisee = case(page, "Femmes, 6 à 15 ans, ensemble du public")
    expect(focalisee).to_be_focused()
    expect(focalisee).to_have_value("4")
    # Nothing was sent.
    expect(page).to_have_url(re.compile("/bilan/saisir/$"))
    expect(page.locator(".message")).to_have_count(0)


def avis(page):
    return [lisible(note.inner_text()) for note in page.locator("[data-avis]").all()]


def test_ce_qui_ne_va_pas_se_dit_avec_les_mots_du_serveur(ouvrir):
    page = ouvrir()
    saisies = {
        "Femmes, tous âges, ensemble du public": "12",
        "Hommes, tous âges, ensemble du public": "17",
        "Total, tous âges, ensemble du public": "30",
        "Femmes, tous âges, habitantes et habitants du QPV": "13",
        "Total, tous âges, habitantes et habitants du QPV": "31",
        "Femmes, 6 à 15 ans, ensemble du public": "13",
        "Hommes, 6 à 15 ans, ensemble du public": "1",
        "Hommes, 6 à 15 ans, habitantes et habitants du QPV": "20",
    }
    for nom, valeur in saisies.items():
        case(page, nom).fill(valeur)
    dits = avis(page)
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()
    expect(page.locator("[data-resume-erreurs]")).to_be_focused()
    page.wait_for_load_state()
    blocs = page.locator(".grille-bloc").all()
    erreurs = [
        " ".join(lisible(e.inner_text()) for e in bloc.locator("[data-erreur] li > span:last-child").all())
        for bloc in blocs
    ]
    # The same sentences, those of a cell together; said once.
    assert [sorted(re.split(r"(?<=\.) (?=[A-ZH0-9])", dit)) for dit in dits] == [
        sorted(re.split(r"(?<=\.) (?=[A-ZH0-9])", erreur)) for erreur in erreurs
    ]
    assert len(erreurs[0]) > 100
    expect(page.locator("[data-avis]")).to_have_text(["", ""])
    expect(case(page, "Femmes, tous âges, ensemble du public")).to_have_value("12")
    axe.verifier(page)
    # Typing again, the live note takes over.
    case(page, "Non renseigné, tous âges, ensemble du public").fill("1")
    note = page.locator("[data-avis]").first
    navigateur.dit(note, "Les tranches d'âge comptent 13 femmes")
    expect(note).not_to_contain_text("12 femmes")
    restes = page.locator(".grille-bloc").get_by_text("ou indiquez 1 personne")
    expect(restes.locator("visible=true")).to_have_count(0)


def test_la_question_du_motif_vient_avec_la_reponse(ouvrir):
    page = ouvrir()
    motif = page.get_by_label("Pourquoi")
    expect(motif).not_to_be_visible()
    page.get_by_label("Non réalisée").check()
    expect(motif).to_be_visible()
    page.get_by_label("Réalisée en partie").check()
    expect(motif).not_to_be_visible()


@pytest.mark.parametrize("largeur", [1440, 320])
def test_la_page_est_accessible_et_ne_deborde_pas(ouvrir, largeur):
    page = ouvrir(largeur)
    axe.verifier(page)
    assert navigateur.debordement(page) == []


def test_au_telephone_les_ages_se_deplient(ouvrir):
    page = ouvrir(360)
    age = case(page, "Femmes, 6 à 15 ans, ensemble du public")
    expect(age).not_to_be_visible()
    page.get_by_role("button", name="Détailler par âge").first.click()
    expect(age).to_be_visible()
    expect(case(page, "Femmes, 0 à 5 ans, ensemble du public")).to_be_focused()


def test_une_connexion_perdue_ne_perd_pas_la_saisie(ouvrir, live_server, bilan, chargee):
    page = ouvrir()
    page.get_by_label("Points forts").fill("Une phrase longue à retaper.")
    case(page, "Femmes, tous âges, ensemble du public").fill("12")
    # The session ends on the server while the page is open.
    Session.objects.all().delete()
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()
    page.wait_for_url("**/compte/login/**")
    expect(page.get_by_text("Votre texte est gardé.")).to_be_visible()
    # She comes back by another way than the code: the server no longer knows what she sent, the browser does.
    navigateur.connecter(page, live_server, chargee)
    page.goto(live_server.url + adresse("bilan_saisir", bilan))
    offre = page.locator("[data-copie-offre]")
    navigateur.dit(offre, "Ce que vous aviez écrit le")
    expect(page.get_by_label("Points forts")).to_have_value("")
    page.get_by_role("button", name="Le reprendre").click()
    expect(page.get_by_label("Points forts")).to_have_value("Une phrase longue à retaper.")
    expect(offre).not_to_be_visible()
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()
    page.get_by_text("Le bilan est enregistré.").wait_for()
    lu = Bilan.objects.avec_effectifs().get(pk=bilan.pk)
    assert (lu.points_forts, lu.personnes) == ("Une phrase longue à retaper.", 12)
    # Saved: nothing is offered any more, and nothing stays in the browser.
    rien_n_est_garde(page)


def copie_faite(page):
    """Wait until the browser keeps a copy: it is made a moment after the last key."""
    navigateur.jusqu_a(page, lambda: page.evaluate("localStorage.length") == 1)


def rien_n_est_garde(page):
    """Wait until nothing is offered any more, and nothing stays in the browser."""
    expect(page.locator("[data-copie-offre]")).not_to_be_visible()
    navigateur.jusqu_a(page, lambda: page.evaluate("Object.keys(localStorage)") == [])


def test_reprendre_un_chiffre_ne_laisse_pas_de_copie(ouvrir, bilan):
    Bilan.objects.filter(pk=bilan.pk).update(mise_en_oeuvre="La séance a réuni 34 participants.")
    page = ouvrir()
    page.get_by_label("Points forts").fill("Écrit avant de reprendre.")
    page.get_by_role("button", name=re.compile("^Reprendre")).first.click()
    navigateur.jusqu_a(
        page, lambda: Bilan.objects.get(pk=bilan.pk).points_forts == "Écrit avant de reprendre."
    )
    expect(page.get_by_role("button", name=re.compile("^Reprendre"))).to_have_count(0)
    expect(page.get_by_label("Points forts")).to_have_value("Écrit avant de reprendre.")
    rien_n_est_garde(page)


def test_une_copie_effacee_est_oubliee(ouvrir):
    page = ouvrir()
    page.get_by_label("Points forts").fill("À oublier.")
    copie_faite(page)
    page.on("dialog", lambda dialogue: dialogue.accept())
    page.reload()
    page.get_by_role("button", name="L'effacer").click()
    rien_n_est_garde(page)
    expect(page.get_by_label("Points forts")).to_have_value("")


def test_une_copie_proposee_survit_a_ce_qu_on_ecrit_sans_l_avoir_vue(ouvrir, live_server, bilan):
    page = ouvrir(360)
    page.get_by_label("Points forts").fill("À retrouver.")
    copie_faite(page)
    page.on("dialog", lambda dialogue: dialogue.accept())
    # Come back by a link to a question far below the offer.
    page.goto(live_server.url + reverse("accessibilite"))
    page.goto(live_server.url + adresse("bilan_saisir", bilan) + "#id_partenariats")
    page.locator("[data-copie-offre]:focus").wait_for()
    page.wait_for_timeout(200)
    navigateur.jusqu_a(page, lambda: 0 <= page.locator("[data-copie-offre]").bounding_box()["y"] < 800)
    page.get_by_label("Partenaires associés").fill("La maison de quartier.")
    page.wait_for_timeout(700)
    page.reload()
    page.get_by_role("button", name="Le reprendre").click()
    expect(page.get_by_label("Points forts")).to_have_value("À retrouver.")


def test_enregistrer_ramene_la_ou_l_on_ecrivait(ouvrir):
    page = ouvrir(360)
    zone = page.get_by_label("Perspectives")
    zone.scroll_into_view_if_needed()
    zone.fill("Continuer.")
    avant = zone.bounding_box()["y"]
    # Playwright's own click scrolls to the bar, which sticks to the bottom of the screen.
    page.get_by_role("button", name="Enregistrer", exact=True).last.dispatch_event("click")
    page.get_by_text("Le bilan est enregistré.").wait_for()
    # The place is found again once the fonts are there.
    navigateur.jusqu_a(
        page,
        lambda: abs(zone.bounding_box()["y"] - avant) < 2,
        lambda: f"{zone.bounding_box()['y']} au lieu de {avant}",
    )
    # What is refused is shown first, on top.
    page.get_by_label("Nombre de séances").fill("douze")
    page.get_by_role("button", name="Enregistrer", exact=True).last.dispatch_event("click")
    page.get_by_text("Une réponse est à corriger").wait_for()
    navigateur.jusqu_a(page, lambda: 0 <= page.locator(".resume-erreurs").bounding_box()["y"] < 740)


def test_quitter_une_saisie_non_enregistree_demande_d_abord(ouvrir, live_server):
    page = ouvrir()
    page.get_by_label("Points forts").press_sequentially("Bien.")
    demandes = []
    page.on("dialog", lambda dialogue: (demandes.append(dialogue.type), dialogue.accept()))
    page.goto(live_server.url + reverse("accessibilite"))
    navigateur.jusqu_a(page, lambda: demandes == ["beforeunload"])


def test_sans_javascript_on_saisit_et_on_valide(browser, live_server, bilan, chargee, new_context):
    page = new_context(java_script_enabled=False).new_page()
    navigateur.connecter(page, live_server, chargee)
    page.goto(live_server.url + adresse("bilan_saisir", bilan))
    case(page, "Femmes, tous âges, ensemble du public").fill("12")
    case(page, "Hommes, 6 à 15 ans, ensemble du public").fill("3")
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()
    case(page, "Hommes, tous âges, ensemble du public").fill("5")
    page.get_by_role("button", name="Enregistrer et valider").click()
    page.wait_for_url("**/bilan/")
    bilan.refresh_from_db()
    assert bilan.statut == "valide"
    assert Bilan.objects.avec_effectifs().get(pk=bilan.pk).personnes == 17


def test_sans_javascript_une_association_saisit_par_etapes(live_server, bilan, new_context):
    porteur = fabriques.representant_du_porteur(bilan.action_annuelle.action.porteur)
    page = new_context(java_script_enabled=False).new_page()
    navigateur.connecter(page, live_server, porteur)
    page.goto(live_server.url + adresse("bilan_saisir", bilan) + "?etape=deroulement")
    page.get_by_label("Déroulement de l'action").fill("Douze ateliers,\nà la maison de quartier.")
    page.get_by_role("button", name="Continuer", exact=True).click()
    case(page, "Femmes, tous âges, ensemble du public").fill("12")
    case(page, "Hommes, tous âges, ensemble du public").fill("5")
    for titre in ("Indicateurs", "Moyens et partenaires", "Budget réalisé"):
        page.get_by_role("button", name="Continuer", exact=True).click()
        expect(page.locator("h1")).to_have_text(titre)
    page.get_by_role("button", name="Relire et envoyer").click()
    page.get_by_role("button", name="Transmettre le bilan").click()
    page.wait_for_url("**/bilan/")
    lu = Bilan.objects.avec_effectifs().get(pk=bilan.pk)
    texte = lu.mise_en_oeuvre.replace("\r\n", "\n")
    assert (lu.statut, texte, lu.personnes) == (
        "transmis",
        "Douze ateliers,\nà la maison de quartier.",
        17,
    )


@pytest.mark.parametrize("largeur", [1440, 320])
@pytest.mark.parametrize("nom", ["bilan_detail", "bilan_transmettre", "action_detail"])
def test_les_pages_du_bilan_sont_accessibles(ouvrir, page, live_server, bilan, nom, largeur):
    fabriques.effectifs(bilan, F=12, H=17, T=30)
    fabriques.effectifs(bilan, "qpv", T=20)
    fabriques.ValeurIndicateurFactory(bilan=bilan)
    for _ in range(2):
        fabriques.LigneFinancementFactory(action_annuelle=bilan.action_annuelle)
    fabriques.VoletFactory(action_annuelle=bilan.action_annuelle)
    ouvrir(largeur)
    page.goto(live_server.url + adresse(nom, bilan))
    axe.verifier(page)
    assert navigateur.debordement(page) == []
