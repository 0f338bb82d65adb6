"""The fast entry in a browser: keyboard alone, a block from Excel, someone else's change, a lost connection."""

import json

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from bilans.models import Bilan, Effectif
from tests import fabriques
from tests.outils import axe, navigateur

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]

TITRES = ("Ateliers", "Fête", "Jardin")


@pytest.fixture
def bilans(transactional_db):
    """Three bilans to enter, in the order of the programme."""
    contrat = fabriques.ContratFactory(slug="montclar")
    campagne = fabriques.CampagneFactory(contrat=contrat)
    crees = {}
    for ordre, titre in enumerate(TITRES, 1):
        porteur = fabriques.PorteurFactory(epci=contrat.epci, nom=f"{ordre} porteur")
        action = fabriques.ActionFactory(contrat=contrat, intitule=titre, porteur=porteur)
        annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne, action=action, ordre=ordre)
        crees[titre] = fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True)
    return crees


@pytest.fixture
def ouvrir(page, live_server, bilans):
    """Sign in as the one who runs the contract and open the grid, at the width asked for."""

    def aller(largeur=1440):
        contrat = bilans["Ateliers"].action_annuelle.campagne.contrat
        navigateur.connecter(page, live_server, fabriques.chargee_de_mission(contrat))
        page.set_viewport_size({"width": largeur, "height": 900})
        page.goto(live_server.url + reverse("saisie_rapide", args=["montclar", 2024]))
        return page

    return aller


def case(page, titre, nom):
    return page.locator(f"tr:has(th a:text-is('{titre}')) [data-champ={nom}]")


def etat(page, titre):
    return page.locator(f"tr:has(th a:text-is('{titre}')) .rapide-etat")


def le_clavier_est(page, titre, nom):
    """Wait until what is typed goes to the cell of the row `titre`, in the column `nom`."""
    expect(case(page, titre, nom)).to_be_focused()


def tout_enregistre(page):
    page.locator("[data-rapide-etat][data-etat=fait]").wait_for()


def tout_parti(page):
    """Wait until no cell waits to be sent, whatever became of each."""
    expect(page.locator(".rapide [data-etat]")).to_have_count(0)


def nombres(bilan):
    return {
        f"{e.perimetre}_{e.sexe}": e.valeur
        for e in Effectif.objects.filter(bilan=bilan, tranche=None).order_by("pk")
    }


def coller(page, texte):
    """Paste `texte` where the keyboard is, as Ctrl + V does."""
    page.evaluate(
        """(texte) => { const presse = new DataTransfer(); presse.setData("text/plain", texte);
            document.activeElement.dispatchEvent(
                new ClipboardEvent("paste", { clipboardData: presse, bubbles: true, cancelable: true })); }""",
        texte,
    )


def test_au_clavier_seul_et_ce_qui_ne_va_pas_se_dit_aussitot(ouvrir, bilans):
    page = ouvrir()
    case(page, "Ateliers", "realisation").focus()
    page.keyboard.press("r")
    page.keyboard.press("Tab")
    page.keyboard.type("12")
    page.keyboard.press("ArrowRight")
    le_clavier_est(page, "Ateliers", "total_ensemble_H")
    page.keyboard.type("17")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("30")
    page.keyboard.press("Enter")
    le_clavier_est(page, "Fête", "total_ensemble_T")
    phrase = "12 femmes et 17 hommes font 29, mais le total indiqué est 30."
    etat(page, "Ateliers").locator(".rapide-bloque").wait_for()
    navigateur.dit(etat(page, "Ateliers"), phrase)
    # Only read aloud, by what is out of sight.
    expect(page.locator("[data-rapide-annonce]")).to_contain_text(phrase)
    tout_enregistre(page)
    bilan = bilans["Ateliers"]
    bilan.refresh_from_db()
    assert (bilan.realisation, nombres(bilan)) == (
        "realisee",
        {"total_F": 12, "total_H": 17, "total_T": 30},
    )
    # Back up, typed over: it adds up, and the row can be validated.
    page.keyboard.press("Shift+Enter")
    le_clavier_est(page, "Ateliers", "total_ensemble_T")
    page.keyboard.type("29")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    etat(page, "Ateliers").locator(".rapide-bloque").wait_for(state="detached")
    expect(etat(page, "Ateliers").locator("[data-complet]")).to_be_enabled()
    tout_enregistre(page)
    assert nombres(bilan) == {"total_F": 12, "total_H": 17, "total_T": 29}


def test_les_touches_d_un_tableur(ouvrir, bilans):
    page = ouvrir()
    case(page, "Fête", "total_ensemble_F").focus()
    for touche, attendu in (
        ("End", ["Fête", "benevoles"]),
        ("Tab", ["Jardin", "realisation"]),
        ("Shift+Tab", ["Fête", "benevoles"]),
        ("Home", ["Fête", "realisation"]),
        ("ArrowUp", ["Ateliers", "realisation"]),
        ("ArrowUp", ["Ateliers", "realisation"]),
        ("Control+End", ["Jardin", "benevoles"]),
        ("Control+Home", ["Ateliers", "realisation"]),
        ("ArrowRight", ["Ateliers", "total_ensemble_F"]),
    ):
        page.keyboard.press(touche)
        le_clavier_est(page, *attendu)
    # Typed over, then given up: nothing leaves.
    page.keyboard.type("45")
    page.keyboard.press("Escape")
    expect(case(page, "Ateliers", "total_ensemble_F")).to_have_value("")
    # Within a number that is being typed, the arrows move the cursor.
    page.keyboard.type("13")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("0")
    le_clavier_est(page, "Ateliers", "total_ensemble_F")
    page.keyboard.press("Enter")
    tout_enregistre(page)
    assert nombres(bilans["Ateliers"]) == {"total_F": 103}
    # Undone, twice.
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    tout_enregistre(page)
    assert nombres(bilans["Fête"]) == {"total_F": 7}
    page.keyboard.press("Control+z")
    le_clavier_est(page, "Fête", "total_ensemble_F")
    page.keyboard.press("Control+z")
    le_clavier_est(page, "Ateliers", "total_ensemble_F")
    tout_enregistre(page)
    assert nombres(bilans["Ateliers"]) == nombres(bilans["Fête"]) == {}


def test_coller_un_bloc_d_excel(ouvrir, bilans):
    page = ouvrir()
    requetes = []
    page.on("request", lambda demande: requetes.append(demande) if demande.method == "POST" else None)
    fabriques.effectifs(bilans["Fête"], H=5)
    page.reload()
    case(page, "Ateliers", "realisation").focus()
    coller(page, "Réalisée\t1 234\t12,0\r\np\tbeaucoup\t\r\nNon réalisée\t0\t3\r\n")
    etat(page, "Fête").locator("[data-saisie] .rapide-bloque").wait_for()
    tout_parti(page)
    # One request a row, not one a cell.
    assert len(requetes) == 3
    assert [len(json.loads(r.post_data)["champs"]) for r in requetes] == [3, 2, 3]
    assert nombres(bilans["Ateliers"]) == {"total_F": 1234, "total_H": 12}
    # The blank of the block left the cell alone; the unreadable one is there, marked, and not saved.
    assert nombres(bilans["Fête"]) == {"total_H": 5}
    assert nombres(bilans["Jardin"]) == {"total_F": 0, "total_H": 3}
    assert list(Bilan.objects.order_by("pk").values_list("realisation", flat=True)) == [
        "realisee",
        "partielle",
        "non_realisee",
    ]
    refusee = case(page, "Fête", "total_ensemble_F")
    expect(refusee).to_have_value("beaucoup")
    expect(refusee).to_have_attribute("aria-invalid", "true")
    navigateur.dit(etat(page, "Fête"), "Saisissez un nombre entier")
    navigateur.dit(page.locator("[data-rapide-etat]"), "1 case n'est pas enregistrée")
    axe.verifier(page)
    # Too large a block changes nothing.
    case(page, "Jardin", "benevoles").focus()
    coller(page, "1\t2\n3\t4")
    navigateur.dit(
        page.locator("[data-rapide-avis]"),
        "Rien n'a été collé : le bloc a 2 lignes et 2 colonnes, il n'en reste que 1 et 1",
    )
    expect(case(page, "Jardin", "benevoles")).to_have_value("")
    # A block is undone at once.
    case(page, "Ateliers", "realisation").focus()
    page.keyboard.press("Control+z")
    tout_parti(page)
    assert nombres(bilans["Ateliers"]) == nombres(bilans["Jardin"]) == {}


@pytest.mark.parametrize(("bouton", "garde"), [("Garder 14", 14), ("Prendre 12", 12)])
def test_ce_qu_un_autre_a_change_se_choisit(ouvrir, bilans, bouton, garde):
    page = ouvrir()
    fabriques.effectifs(bilans["Ateliers"], F=12)
    case(page, "Ateliers", "total_ensemble_F").fill("14")
    page.keyboard.press("Tab")
    etat(page, "Ateliers").get_by_role("button", name=bouton).wait_for()
    navigateur.dit(etat(page, "Ateliers"), "a enregistré « 12 »", "vous avez saisi « 14 »")
    assert nombres(bilans["Ateliers"]) == {"total_F": 12}
    axe.verifier(page)
    etat(page, "Ateliers").get_by_role("button", name=bouton).click()
    etat(page, "Ateliers").get_by_role("button").first.wait_for(state="detached")
    tout_parti(page)
    expect(case(page, "Ateliers", "total_ensemble_F")).to_have_value(str(garde))
    assert nombres(bilans["Ateliers"]) == {"total_F": garde}


def test_sans_reseau_les_cases_attendent_puis_partent(ouvrir, bilans):
    page = ouvrir()
    page.context.set_offline(True)
    case(page, "Ateliers", "total_ensemble_F").fill("12")
    page.keyboard.press("Enter")
    page.keyboard.type("8")
    page.keyboard.press("Enter")
    page.get_by_text("connexion perdue, nous réessayons").wait_for()
    expect(case(page, "Fête", "total_ensemble_F")).to_have_attribute("data-etat", "attente")
    questions = []
    page.on("dialog", lambda question: (questions.append(question.type), question.dismiss()))
    page.evaluate("window.location.href = '/'")
    navigateur.jusqu_a(page, lambda: questions == ["beforeunload"])
    assert nombres(bilans["Fête"]) == {}
    page.context.set_offline(False)
    tout_enregistre(page)
    assert (nombres(bilans["Ateliers"]), nombres(bilans["Fête"])) == ({"total_F": 12}, {"total_F": 8})


def test_session_terminee_la_saisie_reste_et_part_apres_la_reconnexion(ouvrir, live_server, bilans):
    page = ouvrir()
    Session.objects.all().delete()
    case(page, "Ateliers", "total_ensemble_F").fill("12")
    page.keyboard.press("Enter")
    page.get_by_text("votre session est terminée. Reconnectez-vous dans un autre onglet").wait_for()
    expect(case(page, "Ateliers", "total_ensemble_F")).to_have_value("12")
    contrat = bilans["Ateliers"].action_annuelle.campagne.contrat
    navigateur.connecter(page, live_server, fabriques.chargee_de_mission(contrat))
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    tout_enregistre(page)
    assert nombres(bilans["Ateliers"]) == {"total_F": 12}


def test_qui_s_arrete_au_milieu_d_une_case_ne_perd_rien(ouvrir, bilans):
    page = ouvrir()
    case(page, "Jardin", "benevoles").focus()
    page.keyboard.type("6")
    tout_enregistre(page)
    bilans["Jardin"].refresh_from_db()
    assert bilans["Jardin"].benevoles == 6


@pytest.mark.parametrize("largeur", [1440, 320])
def test_accessible_et_sans_debordement(ouvrir, bilans, largeur):
    page = ouvrir(largeur)
    axe.verifier(page)
    assert navigateur.debordement(page) == []
    expect(page.get_by_text("faite pour un ordinateur")).to_be_visible(visible=largeur == 320)
    assert (
        case(page, "Fête", "qpv_ensemble_F").evaluate(
            "c => c.getAttribute('aria-labelledby').split(' ')"
            ".map(id => document.getElementById(id).textContent.trim().split(/\\s+/).join(' ')).join(', ')"
        )
        == "Femmes du QPV, Fête 2 porteur"
    )


def test_sans_script_le_meme_tableau_est_un_formulaire(new_context, live_server, bilans):
    page = new_context(java_script_enabled=False).new_page()
    contrat = bilans["Fête"].action_annuelle.campagne.contrat
    navigateur.connecter(page, live_server, fabriques.chargee_de_mission(contrat))
    page.goto(live_server.url + reverse("saisie_rapide", args=["montclar", 2024]))
    case(page, "Fête", "total_ensemble_F").fill("1 200")
    case(page, "Fête", "realisation").select_option("partielle")
    page.get_by_role("button", name="Enregistrer la grille").click()
    navigateur.dit(page.locator(".message"), "1 bilan est enregistré.")
    bilans["Fête"].refresh_from_db()
    assert (bilans["Fête"].realisation, nombres(bilans["Fête"])) == ("partielle", {"total_F": 1200})
