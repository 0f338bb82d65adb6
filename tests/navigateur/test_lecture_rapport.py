"""Reading the annual report in a browser: on a desk and a phone, with the keyboard in the meeting room, on paper."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from bilans.models import FichierRapport, RapportAnnuel, VersionRapport
from bilans.rapport import consultation
from bilans.rapport.redaction import ouvrir_rapport
from bilans.rapport.versions import figer
from tests import fabriques
from tests.outils import axe, navigateur

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def version(transactional_db):
    """A published version, read by anybody too, and a second one that corrects it."""
    campagne = fabriques.CampagneFactory(contrat__presentation="Un contrat.")
    for titre in ("Ciné plein air", "Atelier vélo"):
        annuelle = fabriques.ActionAnnuelleFactory(
            campagne=campagne, action=fabriques.ActionFactory(contrat=campagne.contrat, intitule=titre)
        )
        fabriques.BilanFactory(action_annuelle=annuelle, valide=True)
        fabriques.LigneFinancementFactory(action_annuelle=annuelle)
    chargee = fabriques.chargee_de_mission(campagne.contrat)
    rapport = ouvrir_rapport(chargee, campagne.contrat, campagne.annee)
    RapportAnnuel.objects.filter(pk=rapport.pk).update(
        statut="publie",
        publie_le=timezone.now(),
        deliberation=fabriques.DeliberationFactory(contrat=campagne.contrat),
    )
    rapport.refresh_from_db()
    figee = figer(chargee, rapport, VersionRapport.Nature.PUBLIEE)
    rapport.sections.filter(code="orientations").update(texte="Une année de travail à l'Épicerie.")
    figer(chargee, rapport, VersionRapport.Nature.PUBLIEE, "Un récit oublié.")
    consultation.donner_une_adresse(chargee, rapport, "rapport-public")
    return figee


@pytest.fixture
def lectrice(version):
    return fabriques.membre_du_copil(version.rapport.contrat)


def adresse(version, nom, *cles):
    return reverse(nom, args=[version.rapport.contrat.slug, version.rapport.annee, *cles])


@pytest.mark.parametrize("largeur", [1440, 320])
def test_les_pages_sont_accessibles_et_ne_debordent_pas(page, live_server, version, lectrice, largeur):
    navigateur.connecter(page, live_server, lectrice)
    page.set_viewport_size({"width": largeur, "height": 800})
    for chemin in (
        adresse(version, "rapports"),
        adresse(version, "rapports") + "?q=epicerie",
        adresse(version, "rapport_version", 2),
        adresse(version, "rapport_version_annexe", 2, "synthese") + "?tri=titre",
        adresse(version, "rapport_comparer", 2),
        adresse(version, "rapport_fichiers", 2),
        adresse(version, "rapport_presenter", 2),
        adresse(version, "rapport_presenter", 2) + "?ecran=2",
        "/rapports/rapport-public/",
        "/rapports/rapport-public/presenter/",
        "/rapports/rapport-public/annexes/synthese/",
    ):
        page.goto(live_server.url + chemin)
        axe.verifier(page)
        assert navigateur.debordement(page) == [], chemin


def test_un_chiffre_mene_a_ses_lignes(page, live_server, version, lectrice):
    navigateur.connecter(page, live_server, lectrice)
    page.goto(live_server.url + adresse(version, "rapport_version", 2))
    page.get_by_role("link", name=re.compile(r"^2\s+actions\s: lire les lignes")).click()
    expect(page.get_by_role("rowheader", name="Atelier vélo")).to_be_visible()


def ecran(page, rang):
    """Wait until the screen `rang`, and no other, is shown and said."""
    expect(page.locator(".ecran:visible")).to_have_id(f"ecran-{rang}")
    expect(page.get_by_role("status")).to_contain_text(f"Écran {rang} sur")
    expect(page).to_have_url(re.compile(rf"(\?ecran={rang}|/presenter/)$"))


def test_presenter_au_clavier(page, live_server, version, lectrice):
    navigateur.connecter(page, live_server, lectrice)
    page.goto(live_server.url + adresse(version, "rapport_presenter", 2))
    ecran(page, 1)
    for touche, rang in (("ArrowRight", 2), (" ", 3), ("ArrowLeft", 2), ("Home", 1), ("ArrowLeft", 1)):
        page.keyboard.press(touche)
        ecran(page, rang)
    page.keyboard.press("End")
    expect(page.get_by_role("heading", name="Merci de votre attention")).to_be_visible()
    expect(page.get_by_role("link", name="Suivant")).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_role("status")).to_contain_text("Merci de votre attention")
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"/rapport/versions/2/$"))


def test_presenter_a_la_souris_et_reprendre_ou_l_on_etait(page, live_server, version, lectrice):
    navigateur.connecter(page, live_server, lectrice)
    page.goto(live_server.url + adresse(version, "rapport_presenter", 2))
    page.get_by_role("link", name="Suivant").click()
    ecran(page, 2)
    page.reload()
    ecran(page, 2)
    page.get_by_role("link", name="Précédent").click()
    ecran(page, 1)


def test_presenter_sans_script(browser, live_server, version, lectrice):
    contexte = browser.new_context(java_script_enabled=False)
    page = contexte.new_page()
    navigateur.connecter(page, live_server, lectrice)
    page.goto(live_server.url + adresse(version, "rapport_presenter", 2))
    page.get_by_role("link", name="Suivant").click()
    ecran(page, 2)
    page.get_by_role("link", name="Quitter").click()
    expect(page).to_have_url(re.compile(r"/rapport/versions/2/$"))
    contexte.close()


def test_un_fichier_se_suit_sans_recharger_la_page(page, live_server, version, lectrice):
    derniere = VersionRapport.objects.get(rapport=version.rapport, numero=2)
    demande = fabriques.FichierRapportFactory(
        rapport=version.rapport, version=derniere, demande_par=lectrice, vu_le=timezone.now()
    )
    navigateur.connecter(page, live_server, lectrice)
    page.goto(live_server.url + adresse(version, "rapport_version", 2))
    fichiers = page.locator("#fichiers-rapport")
    expect(fichiers).to_contain_text("il attend son tour")
    FichierRapport.objects.filter(pk=demande.pk).update(
        etat="echoue", message="La police manque.", fini_le=timezone.now()
    )
    expect(fichiers).to_contain_text("La police manque.")
    expect(fichiers.get_by_role("button", name=re.compile("^Recommencer"))).to_be_visible()


def test_sur_papier_les_tableaux_sont_ouverts_et_la_navigation_absente(page, live_server, version, lectrice):
    navigateur.connecter(page, live_server, lectrice)
    page.goto(live_server.url + adresse(version, "rapport_version", 2))
    replie = page.locator("figure .repli table").first
    expect(replie).to_be_hidden()
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(replie).to_be_visible()
    for cache in (".sommaire-rapport", "#fichiers-rapport", ".pieces"):
        expect(page.locator(cache)).to_be_hidden()
