"""Composing the annual report in a browser: nothing typed is lost, the text is seen as it will be read."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from bilans.models import SectionRapport
from bilans.rapport import redaction
from tests import fabriques
from tests.outils import axe, navigateur

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]

TEXTE = "Été à l'Épicerie : 12 ateliers « cœur » — où ça ?\n\nMerci à Zoé…"
ENREGISTRE = re.compile(r"^Enregistré\sà\s")
PERDU = re.compile(r"^Non\senregistré\s: connexion perdue")


@pytest.fixture
def campagne(transactional_db):
    campagne = fabriques.CampagneFactory(contrat__presentation="Un contrat.")
    annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne)
    fabriques.BilanFactory(action_annuelle=annuelle, valide=True, mise_en_oeuvre="On a dansé.")
    fabriques.LigneFinancementFactory(action_annuelle=annuelle)
    return campagne


@pytest.fixture
def lea(campagne):
    return fabriques.chargee_de_mission(campagne.contrat, prenom="Léa", nom="Morel")


@pytest.fixture
def rapport(campagne, lea):
    rapport = redaction.ouvrir_rapport(lea, campagne.contrat, campagne.annee)
    redaction.mettre_en_avant(lea, rapport, campagne.actions.get())
    return rapport


@pytest.fixture
def section(rapport):
    return rapport.sections.get(code="orientations")


@pytest.fixture
def ouvrir(live_server, campagne):
    """Sign someone in, in the browser of a page, and open a page of the report there."""

    def aller(page, compte, nom, *cles):
        navigateur.connecter(page, live_server, compte)
        page.goto(live_server.url + reverse(nom, args=[campagne.contrat.slug, campagne.annee, *cles]))
        return page

    return aller


@pytest.fixture
def saisie(page, ouvrir, lea, section):
    """The section, open in Léa's browser."""
    return ouvrir(page, lea, "rapport_section", section.cle)


def zone(page):
    return page.locator("[name=texte]")


def etat(page):
    return page.locator("[data-enregistrement]").first


def bouton(page, nom):
    return page.get_by_role("button", name=nom, exact=True)


def lu(section, nom="texte"):
    return getattr(SectionRapport.objects.get(pk=section.pk), nom)


# -- Every page ------------------------------------------------------------------------------------
@pytest.mark.parametrize("largeur", [1440, 320])
def test_les_pages_sont_accessibles_et_ne_debordent_pas(page, ouvrir, lea, rapport, section, largeur):
    propre = redaction.ajouter_section(lea, rapport, "Les 10 ans du contrat")
    redaction.ecrire_section(lea, section, {"texte": redaction.Changement("", f"## Un titre\n\n- {TEXTE}")})
    page.set_viewport_size({"width": largeur, "height": 800})
    action = rapport.actions_phares.get().action_annuelle
    for nom, *cles in (
        ("rapport",),
        ("rapport_apercu",),
        ("rapport_phares",),
        ("rapport_phare_retirer", action.cle),
        ("rapport_section", section.cle),
        ("rapport_section_ajouter",),
        ("rapport_section_supprimer", propre.cle),
        ("rapport_photo_ajouter", section.cle),
    ):
        ouvrir(page, lea, nom, *cles)
        axe.verifier(page)
        assert navigateur.debordement(page) == [], nom


def test_ouvrir_le_rapport(page, ouvrir, lea):
    ouvrir(page, lea, "rapport")
    axe.verifier(page)
    bouton(page, "Ouvrir le rapport").click()
    expect(page.get_by_role("heading", name="Rapport annuel")).to_be_visible()
    page.get_by_role("button", name="Descendre « L'essentiel »").click()
    expect(page.locator(".liste-sections h3").first).to_contain_text("Les orientations")


# -- Nothing typed is lost -------------------------------------------------------------------------
def test_ecrire_sans_reseau(saisie, section):
    saisie.context.set_offline(True)
    zone(saisie).fill(TEXTE)
    expect(etat(saisie)).to_have_text(PERDU)
    saisie.context.set_offline(False)
    expect(etat(saisie)).to_have_text(ENREGISTRE)
    assert lu(section) == TEXTE


def test_l_onglet_se_ferme_sur_un_texte_qui_n_est_pas_parti(saisie, ouvrir, lea, section):
    saisie.context.set_offline(True)
    zone(saisie).fill(TEXTE)
    expect(etat(saisie)).to_have_text(PERDU)
    saisie.close()
    assert lu(section) == ""
    suivante = saisie.context.new_page()
    suivante.context.set_offline(False)
    ouvrir(suivante, lea, "rapport_section", section.cle)
    expect(zone(suivante)).to_have_value(TEXTE)
    expect(etat(suivante)).to_have_text(ENREGISTRE)
    assert lu(section) == TEXTE


def test_deux_personnes_sur_une_section(saisie, new_context, ouvrir, campagne, section):
    compte = fabriques.chargee_de_mission(campagne.contrat, prenom="Claire", nom="Aubert")
    claire = ouvrir(new_context().new_page(), compte, "rapport_section", section.cle)
    zone(claire).fill("Le texte de Claire.")
    expect(etat(claire)).to_have_text(ENREGISTRE)
    zone(saisie).fill("Le texte de Léa.")
    conflit = saisie.locator(".conflit")
    expect(conflit).to_contain_text("Version de Claire Aubert")
    expect(conflit).to_contain_text("Le texte de Claire.")
    assert lu(section) == "Le texte de Claire."
    bouton(saisie, "Garder les deux, l'une après l'autre").click()
    expect(etat(saisie)).to_have_text(ENREGISTRE)
    assert lu(section) == "Le texte de Léa.\n\nLe texte de Claire."


def test_un_bouton_attend_la_fin_de_l_enregistrement(saisie, section):
    zone(saisie).fill(TEXTE)
    saisie.get_by_role("button", name="Section suivante").click()
    expect(saisie.get_by_role("heading", level=1)).to_have_text("La situation des quartiers prioritaires")
    assert lu(section) == TEXTE
    saisie.go_back()
    expect(zone(saisie)).to_have_value(TEXTE)


def test_choisir_un_element_garde_ce_qui_est_tape(saisie, section):
    zone(saisie).fill(TEXTE)
    saisie.get_by_label("Territoires du contrat").uncheck()
    # A box is no text: its button sends it, the journal leaves it alone.
    expect(etat(saisie)).to_have_text(ENREGISTRE)
    bouton(saisie, "Enregistrer ce choix").click()
    expect(saisie.get_by_role("button", name="Monter « Enjeux du contrat »")).to_have_count(0)
    expect(saisie.get_by_label("Territoires du contrat")).not_to_be_checked()
    assert (lu(section), lu(section, "blocs")) == (TEXTE, ["enjeux"])


# -- Its look --------------------------------------------------------------------------------------
def test_mettre_en_forme_et_voir_ce_que_liront_les_personnes(saisie, section):
    apercu = saisie.locator("[data-apercu]")
    zone(saisie).fill("Des mots")
    saisie.keyboard.press("Control+a")
    bouton(saisie, "Gras").click()
    expect(zone(saisie)).to_have_value("**Des mots**")
    expect(apercu.locator("strong")).to_have_text("Des mots")
    saisie.keyboard.press("Control+End")
    saisie.keyboard.press("Enter")
    bouton(saisie, "Liste").click()
    expect(apercu.locator("li")).to_have_text("Premier élément")
    expect(etat(saisie)).to_have_text(ENREGISTRE)
    assert lu(section) == "**Des mots**\n\n- Premier élément"


def test_un_premier_texte_se_pose_apres_ce_qui_est_ecrit(saisie, section):
    zone(saisie).fill("Mes mots.")
    saisie.get_by_text("Proposer un premier texte").click()
    bouton(saisie, "Reprendre ce texte").click()
    expect(zone(saisie)).to_have_value(re.compile(r"^Mes mots\.\n\n\S"))
    expect(etat(saisie)).to_have_text(ENREGISTRE)
    expect(saisie.locator("[data-apercu]")).to_contain_text("Un contrat.")
    navigateur.jusqu_a(saisie, lambda: lu(section).startswith("Mes mots.\n\n"))
