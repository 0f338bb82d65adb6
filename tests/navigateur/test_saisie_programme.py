"""Entering actions, porteurs and amounts in a real browser: accessible, at 320 px, by the keyboard, without scripts."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from actions.models import ActionAnnuelle
from financements.models import LigneFinancement
from porteurs.models import Porteur
from tests import fabriques
from tests.outils import axe
from tests.outils.navigateur import connecter, debordement

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def programme(transactional_db):
    """A contract with everything that these pages show."""

    class Programme:
        contrat = fabriques.ContratFactory(slug="montclar", programme="Engagements Quartiers 2030")
        campagne = fabriques.CampagneFactory(contrat=contrat, annee=2024)
        chargee = fabriques.chargee_de_mission(contrat)
        axes = fabriques.arbre_d_axes(contrat)
        lieu = fabriques.TerritoireFactory(contrat=contrat, population=3025)
        porteur = fabriques.PorteurFactory(epci=contrat.epci, service=True)
        annuelle = fabriques.ActionAnnuelleFactory(
            campagne=campagne, action__porteur=porteur, axe=axes[1], territoires=[lieu]
        )
        ligne = fabriques.LigneFinancementFactory(action_annuelle=annuelle)

        def adresse(self, nom, *arguments):
            return reverse(nom, args=["montclar", 2024, *arguments])

    objets = Programme()
    fabriques.ObjectifFactory(axe=objets.axes[1])
    fabriques.ValeurStatistiqueFactory(
        statistique=fabriques.StatistiqueFactory(
            contrat=objets.contrat, territoire=objets.lieu, theme="Revenus"
        )
    )
    fabriques.InstanceFactory(contrat=objets.contrat, role="Valide.\nRéoriente.")
    fabriques.AmbiguiteFactory(action_annuelle=objets.annuelle, cases_lues="1000 | (vide) | 1000")
    convention = fabriques.ConventionFactory(contrat=objets.contrat, porteur=objets.porteur)
    fabriques.EcheanceFactory(
        convention=convention, obligation=fabriques.ObligationFactory(convention=convention)
    )
    return objets


def adresses(p):
    return {
        "contrat": p.adresse("contrat"),
        "territoire": p.adresse("territoire", p.lieu.pk),
        "porteurs": p.adresse("liste_porteurs"),
        "porteur": p.adresse("porteur_detail", p.porteur.cle),
        "porteur_creer": p.adresse("porteur_creer"),
        "porteur_modifier": p.adresse("porteur_modifier", p.porteur.cle),
        "action_creer": p.adresse("action_creer"),
        "action_modifier": p.adresse("action_modifier", p.annuelle.cle),
        "ligne_ajouter": p.adresse("ligne_ajouter", p.annuelle.cle),
        "ligne_modifier": p.adresse("ligne_modifier", p.ligne.cle),
        "ligne_supprimer": p.adresse("ligne_supprimer", p.ligne.cle),
        "montants_trancher": p.adresse("montants_trancher", p.annuelle.cle),
    }


@pytest.mark.parametrize(("largeur", "theme"), [(1440, "light"), (320, "dark")])
def test_chaque_page_est_accessible_et_tient_dans_la_largeur(page, live_server, programme, largeur, theme):
    connecter(page, live_server, programme.chargee)
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": largeur, "height": 800})
    for nom, adresse in adresses(programme).items():
        assert page.goto(live_server.url + adresse).status == 200, nom
        for repli in page.locator("main details:not([open]) > summary").all():
            repli.click()
        axe.verifier(page)
        assert debordement(page) == [], nom


@pytest.mark.parametrize("largeur", [1440, 320])
def test_les_erreurs_menent_a_leur_champ(page, live_server, programme, largeur):
    connecter(page, live_server, programme.chargee)
    page.set_viewport_size({"width": largeur, "height": 800})
    page.goto(live_server.url + programme.adresse("ligne_ajouter", programme.annuelle.cle))
    page.get_by_label("Accordé").fill("-12")
    page.get_by_role("button", name="Ajouter le financement").click()
    resume = page.locator("[data-resume-erreurs]")
    expect(resume).to_be_focused()
    axe.verifier(page)
    resume.get_by_role("link", name="Accordé").click()
    expect(page.get_by_label("Accordé")).to_be_focused()
    expect(page.get_by_label("Accordé")).to_have_value("-12")
    page.keyboard.press("Control+A")
    page.keyboard.type("1 234,50")
    page.get_by_label("Financeur").select_option(label=programme.ligne.financeur.nom)
    page.get_by_label("Nature des crédits").select_option("droit_commun")
    page.keyboard.press("Tab")
    page.get_by_label("Accordé").press("Enter")
    page.wait_for_url("**/actions/*/")
    assert LigneFinancement.objects.filter(montant_accorde="1234.50").count() == 1


def test_entree_enregistre_l_action_et_ne_part_pas_creer_un_porteur(page, live_server, programme):
    connecter(page, live_server, programme.chargee)
    page.goto(live_server.url + programme.adresse("action_creer"))
    page.locator("#id_porteur").select_option(label=programme.porteur.nom)
    page.locator("#id_intitule").fill("Jardin partagé")
    page.locator("#id_intitule").press("Enter")
    page.wait_for_url("**/actions/*/")
    assert ActionAnnuelle.objects.filter(action__intitule="Jardin partagé").count() == 1


def test_creer_le_porteur_en_chemin_sans_javascript(new_context, live_server, programme):
    page = new_context(java_script_enabled=False).new_page()
    connecter(page, live_server, programme.chargee)
    page.goto(live_server.url + programme.adresse("action_creer"))
    page.locator("#id_intitule").fill("Jardin partagé")
    page.locator("#id_date_debut").fill("2024-03-01")
    page.get_by_role("button", name="Créer un porteur").click()
    page.locator("#id_nom").fill("Compagnie des Rives")
    page.get_by_role("button", name="Créer le porteur").click()
    expect(page.locator("#id_intitule")).to_have_value("Jardin partagé")
    nouveau = Porteur.objects.get(nom="Compagnie des Rives")
    expect(page.locator("#id_porteur")).to_have_value(str(nouveau.pk))
    expect(page.locator("#id_date_debut")).to_have_value("2024-03-01")
    page.get_by_role("button", name="Ajouter au programme de 2024").click()
    page.wait_for_url("**/actions/*/")
    assert ActionAnnuelle.objects.get(action__porteur=nouveau).action.intitule == "Jardin partagé"


def test_une_date_a_moitie_tapee_n_est_pas_perdue(page, live_server, programme):
    """The browser sends a half-typed date as a blank: it must stop there, and say so."""
    connecter(page, live_server, programme.chargee)
    page.goto(live_server.url + programme.adresse("action_creer"))
    page.locator("#id_intitule").fill("Jardin partagé")
    page.locator("#id_porteur").select_option(label=programme.porteur.nom)
    page.locator("#id_date_debut").focus()
    page.keyboard.type("30")
    page.get_by_role("button", name="Ajouter au programme de 2024").click()
    expect(page.locator("#id_date_debut")).to_be_focused()
    expect(page).to_have_url(live_server.url + programme.adresse("action_creer"))
    assert page.locator("#id_date_debut").evaluate("champ => champ.validity.badInput")
    assert not ActionAnnuelle.objects.filter(action__intitule="Jardin partagé").exists()


def test_trancher_au_clavier(page, live_server, programme):
    connecter(page, live_server, programme.chargee)
    page.goto(live_server.url + programme.adresse("montants_trancher", programme.annuelle.cle))
    page.get_by_label("Lecture 1").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/actions/*/")
    programme.annuelle.ambiguite.refresh_from_db()
    assert programme.annuelle.ambiguite.lecture_retenue.ordre == 2
