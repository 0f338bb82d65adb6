"""Importing a table in a real browser: the two real workbooks, from the deposit to the annex, and back.

On a desk and on a phone, with the keyboard alone, without a script; axe on every state. `CAPTURES=dossier` keeps the
screenshots.
"""

import os
import re
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from actions.models import ActionAnnuelle, Campagne
from bilans.models import ImportTableur, LigneImport
from comptes.models import Utilisateur
from financements.models import AmbiguiteMontants
from tests.outils import axe, navigateur, reserve
from tests.outils.pages import lisible

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]

TABLEURS = Path(__file__).parents[2] / "fixtures" / "tableurs"
BAGNOLS = ("bagnols-2015-2023", 2023)
DOLE = ("dole-2024-2030", 2024)


@pytest.fixture
def demonstration(transactional_db, demonstration_en_reserve, settings, tmp_path):
    settings.PILOTIS_DEMONSTRATION = True
    settings.MEDIA_ROOT = tmp_path
    reserve.remettre(demonstration_en_reserve)


def entrer(page, live_server, qui):
    navigateur.connecter(page, live_server, Utilisateur.objects.get(email=f"{qui}@pilotis.example"))


def deposer(page, live_server, annee, nom):
    page.goto(live_server.url + reverse("imports", args=annee))
    page.get_by_label("Votre tableau").set_input_files(TABLEURS / nom)
    page.get_by_role("button", name="Lire ce tableau").click()
    page.wait_for_url(re.compile(r"/imports/\w{6,}/"))


def verifier(page, nom):
    """Check a state at both ends: axe on a desk and at 320 px, nothing that scrolls sideways; keep a screenshot."""
    taille = page.viewport_size
    for largeur in (1440, 320):
        page.set_viewport_size({"width": largeur, "height": 800})
        axe.verifier(page)
        if dossier := os.environ.get("CAPTURES"):
            Path(dossier).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(Path(dossier) / f"imports-{nom}-{largeur}.png"), full_page=True)
    assert navigateur.debordement(page) == []
    page.set_viewport_size(taille)


def dit(page, *phrases):
    navigateur.dit(page.locator("main"), *phrases)


def test_le_tableau_de_bagnols_du_depot_a_l_annexe(page, live_server, demonstration):
    entrer(page, live_server, "chargee.bagnols")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(live_server.url + reverse("imports", args=BAGNOLS))
    verifier(page, "liste-vide")
    deposer(page, live_server, BAGNOLS, "bagnols_2023.xlsx")
    dit(page, "46 lignes lues : 8 à décider, 38 inchangées. Rien n'est encore écrit.")
    verifier(page, "a-decider")

    # What nobody sees in a spreadsheet.
    page.get_by_role("link", name=re.compile("^Totaux")).click()
    dit(page, "28 100 €", "104,0 %")
    verifier(page, "totaux")
    page.get_by_role("link", name=re.compile("^Remarques")).click()
    expect(page.locator("[aria-current]", has_text="Remarques")).to_be_visible()
    verifier(page, "remarques")
    page.get_by_role("link", name="Vérifier les colonnes").click()
    dit(page, "17 colonnes, toutes reconnues.")
    verifier(page, "colonnes")
    page.get_by_role("button", name="Voir ce que cela donne").click()
    page.wait_for_url(re.compile(r"/imports/\w+/$"))

    # One row answered, the others put off; the counts and the button follow.
    ligne = page.locator(".ligne-import", has_text="Actions parents/enfants")
    ligne.get_by_role("radio", name="Lecture 2").check()
    ligne.get_by_role("button", name=re.compile("Enregistrer la réponse")).click()
    expect(ligne.get_by_text("Réponse enregistrée")).to_be_visible()
    expect(page.locator("#annonce")).to_contain_text("choix enregistré")
    expect(page.locator("#onglets-import")).to_contain_text("À décider (7)")
    expect(page.locator("#barre-import")).to_contain_text("Importer 1 ligne")
    verifier(page, "repondue")
    page.get_by_role("button", name="Remettre à plus tard les 7 choix").click()
    page.get_by_role("link", name="Importer 1 ligne").click()
    dit(page, "1 ligne sera modifiée")
    verifier(page, "confirmer")
    page.get_by_role("button", name="Importer 1 ligne").click()
    expect(page.get_by_role("heading", name="Ce qui a été écrit")).to_be_visible()
    verifier(page, "issue")
    import_ = ImportTableur.objects.get()
    assert import_.statut == "applique"
    tranchee = AmbiguiteMontants.objects.get(tranchee_le__isnull=False)
    assert tranchee.action_annuelle.action.intitule == "Actions parents/enfants"
    page.goto(live_server.url + reverse("annexe", args=[*BAGNOLS, "porteurs"]))
    navigateur.dit(page.locator("tr", has_text="Actions parents/enfants"), "500 1 000 1 000")

    # And back.
    page.goto(live_server.url + reverse("import_annuler", args=[*BAGNOLS, import_.cle]))
    dit(page, "1 ligne modifiée retrouve ses valeurs d'avant.")
    verifier(page, "annuler")
    page.get_by_role("button", name="Annuler l'import").click()
    expect(page.locator("main")).to_contain_text("tout est revenu comme avant")
    verifier(page, "annule")
    assert not AmbiguiteMontants.objects.filter(tranchee_le__isnull=False).exists()
    page.goto(live_server.url + reverse("imports", args=BAGNOLS))
    verifier(page, "liste")


def test_le_premier_jour_une_annee_vide_recoit_son_programme(page, live_server, demonstration):
    """On a phone: 46 actions, their porteurs, funders and axes, in a contract that has none of them."""
    page.set_viewport_size({"width": 360, "height": 740})
    entrer(page, live_server, "chargee.besancon")
    campagne = Campagne.objects.filter(contrat__slug="besancon-2024-2030").latest("annee")
    annee = (campagne.contrat.slug, campagne.annee)
    page.goto(live_server.url + reverse("liste_actions", args=annee))
    page.get_by_role("link", name="Importer un tableau").first.click()
    deposer(page, live_server, annee, "bagnols_2023.xlsx")
    dit(page, "46 lignes lues : 46 à décider.")
    verifier(page, "premier-jour")
    # Before anything: the table is of another year.
    page.get_by_role("radio", name=f"Tout reprendre comme étant de {campagne.annee}").first.check()
    page.get_by_role("button", name=re.compile("Enregistrer la réponse")).first.click()
    expect(page.locator(".message.success")).to_be_visible()
    for bouton in ("Créer les .* porteurs", "Créer les .* financeurs", "Ajouter les .* axes"):
        page.get_by_role("button", name=re.compile(bouton)).click()
        expect(page.locator(".message.success")).to_be_visible()
    a_creer = LigneImport.objects.filter(categorie="creee").count()
    assert a_creer > 40
    if LigneImport.objects.filter(categorie="a_decider").exists():
        # What is left can wait for another day.
        page.get_by_role("button", name="Tout laisser de côté").click()
    verifier(page, "premier-jour-decide")
    page.get_by_role("link", name=f"Importer {a_creer} lignes").click()
    page.get_by_role("button", name=f"Importer {a_creer} lignes").click()
    expect(page.locator("main")).to_contain_text(f"{a_creer} lignes créées")
    verifier(page, "premier-jour-issue")
    assert ActionAnnuelle.objects.filter(campagne=campagne).count() == a_creer
    page.get_by_role("link", name="Annuler cet import").click()
    page.get_by_role("button", name="Annuler l'import").click()
    expect(page.locator("main")).to_contain_text("tout est revenu comme avant")
    assert not ActionAnnuelle.objects.filter(campagne=campagne).exists()


def attendre_la_page(page):
    """Wait until what was swapped in listens: before it is settled, a button sends its form as without JavaScript."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


def test_au_clavier_seul(page, live_server, demonstration):
    entrer(page, live_server, "chargee.bagnols")
    page.set_viewport_size({"width": 1440, "height": 900})
    deposer(page, live_server, BAGNOLS, "bagnols_2023.xlsx")
    premiere = page.locator(".ligne-import").first
    # The box is saved at once, and keeps the focus.
    case = premiere.get_by_role("checkbox")
    case.focus()
    page.keyboard.press("Space")
    expect(premiere).to_contain_text("laissée de côté")
    expect(case).to_be_focused()
    attendre_la_page(page)
    page.keyboard.press("Space")
    expect(premiere).not_to_contain_text("laissée de côté")
    attendre_la_page(page)
    # Then the readings, by the arrows, and the button.
    for _ in range(3):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "radio":
            break
    expect(page.locator("[type=radio]:focus")).to_be_visible()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(premiere.get_by_text("Réponse enregistrée")).to_be_visible()
    expect(page.locator("[id^=repondre-]:focus")).to_be_visible()
    ligne = LigneImport.objects.filter(categorie="modifiee").get()
    assert next(iter(ligne.reponses.values())).startswith("lecture:")


def test_sans_javascript(new_context, live_server, demonstration):
    page = new_context(java_script_enabled=False, viewport={"width": 1440, "height": 900}).new_page()
    entrer(page, live_server, "chargee.bagnols")
    deposer(page, live_server, BAGNOLS, "bagnols_2023.xlsx")
    dit(page, "8 à décider")
    ligne = page.locator(".ligne-import").first
    titre = lisible(ligne.locator("label").first.inner_text()).removeprefix("Importer ")
    ligne.get_by_role("checkbox").uncheck()
    ligne.get_by_role("button", name="Enregistrer ce choix").click()
    navigateur.dit(page.locator(".ligne-import", has_text=titre), "laissée de côté")
    ligne = page.locator(".ligne-import").nth(1)
    ligne.get_by_role("radio", name="Lecture 2").check()
    ligne.get_by_role("button", name=re.compile("Enregistrer la réponse")).click()
    dit(page, "choix enregistré")
    page.get_by_role("button", name="Remettre à plus tard").click()
    page.get_by_role("link", name="Importer 1 ligne").click()
    page.get_by_role("button", name="Importer 1 ligne").click()
    dit(page, "1 ligne modifiée")
    assert ImportTableur.objects.get().statut == "applique"


def test_le_tableau_de_dole_ne_change_rien(page, live_server, demonstration):
    entrer(page, live_server, "chargee.dole")
    page.set_viewport_size({"width": 360, "height": 740})
    deposer(page, live_server, DOLE, "dole_2024_synthese.xlsx")
    dit(page, "41 lignes lues : 41 inchangées. Rien n'est encore écrit.", "Il n'y a rien à écrire")
    verifier(page, "dole")
    page.get_by_role("link", name="Vérifier les colonnes").click()
    # A column that is made an amount asks for its funder, without a script either.
    choix = page.get_by_label(re.compile("Colonne C, ce qu'elle contient"))
    financeur = page.get_by_label("Financeur, colonne C")
    expect(financeur).not_to_be_visible()
    choix.select_option("montant")
    expect(financeur).to_be_visible()
    verifier(page, "dole-colonnes")


def test_un_fichier_refuse_dit_quoi_faire(page, live_server, demonstration, tmp_path):
    entrer(page, live_server, "chargee.dole")
    page.set_viewport_size({"width": 1440, "height": 900})
    faux = tmp_path / "notice.xlsx"
    faux.write_bytes(b"%PDF-1.7\n%%EOF\n")
    page.goto(live_server.url + reverse("imports", args=DOLE))
    page.get_by_label("Votre tableau").set_input_files(faux)
    page.get_by_role("button", name="Lire ce tableau").click()
    expect(page.locator("main")).to_contain_text("Ce fichier n'a pas été lu")
    dit(page, "un document PDF, pas un tableur")
    verifier(page, "refuse")
