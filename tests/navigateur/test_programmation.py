"""The grid of the programming in a browser: keyboard, sums, envelopes in sight, two people, a lost network."""

from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from actions.models import ActionAnnuelle, Campagne
from financements.models import LigneFinancement
from financements.operations import creer_scenario
from tests import fabriques
from tests.outils import axe, navigateur

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]

TITRES = ("Ateliers", "Fête", "Jardin")


@pytest.fixture
def annee(transactional_db):
    """Give three actions, two funders of the total and one beside it, an envelope of the State."""
    contrat = fabriques.ContratFactory(slug="montclar")
    campagne = fabriques.CampagneFactory(contrat=contrat, statut=Campagne.Statut.INSTRUITE)
    for ordre, titre in enumerate(TITRES, 1):
        action = fabriques.ActionFactory(contrat=contrat, intitule=titre)
        fabriques.ActionAnnuelleFactory(
            campagne=campagne, action=action, ordre=ordre, statut=ActionAnnuelle.Statut.DEPOSEE
        )
    fabriques.FinanceurFactory(contrat=contrat, nom="Ville", sigle="VILLE", ordre=1)
    etat = fabriques.FinanceurFactory(contrat=contrat, nom="État", sigle="ÉTAT", ordre=2)
    fabriques.FinanceurFactory(contrat=contrat, hors_total=True, ordre=3)
    fabriques.EnveloppeFactory(financeur=etat, campagne=campagne, montant=Decimal(10000))
    return campagne


@pytest.fixture
def ouvrir(page, live_server, annee):
    """Sign in, as the one who runs the contract unless said otherwise, and open an address of the year."""

    def aller(nom="programmation", *arguments, largeur=1440, compte=None):
        qui = compte or fabriques.chargee_de_mission(annee.contrat)
        navigateur.connecter(page, live_server, qui)
        page.set_viewport_size({"width": largeur, "height": 900})
        page.goto(live_server.url + reverse(nom, args=["montclar", annee.annee, *arguments]))
        return page

    return aller


def case(page, titre, sigle):
    return page.locator(f"tr:has(th a:text-is('{titre}')) td[data-label='{sigle}'] input")


def rangee(page, titre):
    return page.locator(f"tr:has(th a:text-is('{titre}'))")


def tout_enregistre(page):
    page.locator("[data-rapide-etat][data-etat=fait]").wait_for()


def proposes():
    lignes = LigneFinancement.objects.order_by("action_annuelle__ordre", "financeur__ordre")
    return [
        (ligne.action_annuelle.action.intitule, ligne.financeur.sigle, ligne.montant_propose)
        for ligne in lignes.select_related("action_annuelle__action", "financeur")
    ]


def coller(page, texte):
    """Paste `texte` where the keyboard is, as Ctrl + V does."""
    page.evaluate(
        """(texte) => { const presse = new DataTransfer(); presse.setData("text/plain", texte);
            document.activeElement.dispatchEvent(
                new ClipboardEvent("paste", { clipboardData: presse, bubbles: true, cancelable: true })); }""",
        texte,
    )


def test_au_clavier_seul_les_sommes_et_les_enveloppes_suivent(ouvrir):
    page = ouvrir()
    case(page, "Ateliers", "VILLE").focus()
    page.keyboard.type("4000")
    page.keyboard.press("Tab")
    expect(case(page, "Ateliers", "ÉTAT")).to_be_focused()
    page.keyboard.type("2 500,50")
    page.keyboard.press("Enter")
    expect(case(page, "Fête", "ÉTAT")).to_be_focused()
    page.keyboard.type("7000")
    page.keyboard.press("ArrowUp")
    expect(case(page, "Ateliers", "ÉTAT")).to_be_focused()
    tout_enregistre(page)
    navigateur.dit(rangee(page, "Ateliers").locator("[data-total-ligne]"), "6 500,50")
    navigateur.dit(page.locator("tfoot [data-total-general]"), "13 500,50")
    navigateur.dit(page.locator(".chapeau"), "3 actions en 2024, 13 500,50 € proposés.")
    # Little is left: said in sight, and read aloud.
    navigateur.dit(page.locator("thead .enveloppe-peu"), "reste 499,50 €")
    expect(page.locator("[data-rapide-annonce]")).to_contain_text("reste")
    assert proposes() == [
        ("Ateliers", "VILLE", Decimal(4000)),
        ("Ateliers", "ÉTAT", Decimal("2500.50")),
        ("Fête", "ÉTAT", Decimal(7000)),
    ]
    axe.verifier(page)


MESURE = """() => {
    const boite = (element) => element.getBoundingClientRect();
    const total = boite(document.querySelector(".grille tfoot"));
    const [tete, ici] = [document.querySelector(".grille thead"), document.activeElement].map(boite);
    return { libre: ici.top >= tete.bottom - 1 && ici.bottom <= total.top + 1, bas: total.bottom, haut: innerHeight };
}"""


def test_le_total_reste_en_bas_de_la_fenetre_sans_couvrir_la_case(ouvrir, annee):
    for ordre in range(4, 30):
        action = fabriques.ActionFactory(contrat=annee.contrat, intitule=f"Action {ordre}")
        fabriques.ActionAnnuelleFactory(
            campagne=annee, action=action, ordre=ordre, statut=ActionAnnuelle.Statut.DEPOSEE
        )
    page = ouvrir()
    page.set_viewport_size({"width": 1440, "height": 760})
    expect(page.locator("tfoot [data-total-general]")).to_be_in_viewport(ratio=1)
    case(page, "Ateliers", "VILLE").focus()
    for touche, combien in (("ArrowDown", 24), ("ArrowUp", 20)):
        for _ in range(combien):
            page.keyboard.press(touche)
        navigateur.jusqu_a(page, lambda: page.evaluate(MESURE)["libre"], lambda: str(page.evaluate(MESURE)))
        expect(page.locator("tfoot [data-total-general]")).to_be_in_viewport(ratio=1)


def test_sur_un_telephone_le_total_reste_en_bas(ouvrir):
    page = ouvrir(largeur=360)
    case(page, "Ateliers", "ÉTAT").fill("500")
    case(page, "Fête", "ÉTAT").focus()
    expect(page.locator(".grille-barre .grille-total")).to_be_in_viewport(ratio=1)
    navigateur.dit(page.locator(".grille-barre .grille-total"), "Total : 500")
    axe.verifier(page)


def test_ce_qui_depasse_une_enveloppe_reste_dans_sa_case_avec_la_phrase(ouvrir):
    page = ouvrir()
    case(page, "Jardin", "ÉTAT").fill("10 001")
    page.keyboard.press("Enter")
    expect(case(page, "Jardin", "ÉTAT")).to_have_attribute("aria-invalid", "true")
    navigateur.dit(rangee(page, "Jardin").locator("[data-saisie]"), "10 000 €", "Non enregistré.")
    expect(case(page, "Jardin", "ÉTAT")).to_have_value("10 001")
    assert proposes() == []
    axe.verifier(page)


def test_apres_un_refus_et_echap_defaire_defait_ce_qui_precede(ouvrir):
    page = ouvrir()
    case(page, "Ateliers", "VILLE").fill("4000")
    page.keyboard.press("Enter")
    tout_enregistre(page)
    depassee = case(page, "Jardin", "ÉTAT")
    depassee.fill("10 001")
    page.keyboard.press("Enter")
    expect(depassee).to_have_attribute("aria-invalid", "true")
    depassee.focus()
    page.keyboard.press("Escape")
    expect(depassee).to_have_value("")
    page.keyboard.press("Control+z")
    expect(case(page, "Ateliers", "VILLE")).to_have_value("")
    tout_enregistre(page)
    navigateur.jusqu_a(page, lambda: {montant for *_, montant in proposes()} <= {None})


def test_coller_un_bloc_puis_le_defaire(ouvrir):
    page = ouvrir()
    case(page, "Ateliers", "VILLE").focus()
    coller(page, "1 200\t300\r\n800,00 €\t\r\n")
    tout_enregistre(page)
    assert proposes() == [
        ("Ateliers", "VILLE", Decimal(1200)),
        ("Ateliers", "ÉTAT", Decimal(300)),
        ("Fête", "VILLE", Decimal(800)),
    ]
    page.keyboard.press("Control+z")
    navigateur.jusqu_a(page, lambda: proposes() == [], lambda: str(proposes()))
    expect(case(page, "Ateliers", "VILLE")).to_have_value("")


@pytest.mark.parametrize(("bouton", "garde"), [("Garder 900", 900), ("Prendre 700", 700)])
def test_deux_personnes_dans_la_meme_case_ne_perdent_rien(ouvrir, annee, bouton, garde):
    page = ouvrir()
    fabriques.LigneFinancementFactory(
        action_annuelle=annee.actions.get(ordre=1),
        financeur=annee.contrat.financeurs.get(sigle="VILLE"),
        montant_accorde=None,
        montant_propose=Decimal(700),
    )
    case(page, "Ateliers", "VILLE").fill("900")
    page.keyboard.press("Tab")
    navigateur.dit(
        rangee(page, "Ateliers").locator("[data-saisie]"), "a enregistré « 700 € »", "saisi « 900 »"
    )
    assert proposes()[0][2] == Decimal(700)
    axe.verifier(page)
    rangee(page, "Ateliers").get_by_role("button", name=bouton).click()
    navigateur.jusqu_a(page, lambda: proposes()[0][2] == Decimal(garde), lambda: str(proposes()))
    expect(rangee(page, "Ateliers").get_by_role("button")).to_have_count(0)


def test_sans_reseau_rien_n_est_perdu_meme_si_la_page_se_ferme(ouvrir):
    page = ouvrir()
    page.context.set_offline(True)
    case(page, "Fête", "VILLE").fill("640")
    page.keyboard.press("Enter")
    page.get_by_text("connexion perdue, nous réessayons").wait_for()
    # Closed for good: what was typed is in this browser, and leaves when one comes back.
    page.on("dialog", lambda question: question.accept())
    page.route("**/programmation/cellule/**", lambda route: route.abort())
    page.context.set_offline(False)
    page.reload()
    expect(case(page, "Fête", "VILLE")).to_have_value("640")
    assert proposes() == []
    page.unroute("**/programmation/cellule/**")
    page.reload()
    navigateur.jusqu_a(page, lambda: proposes() == [("Fête", "VILLE", Decimal(640))], lambda: str(proposes()))


def test_ce_que_l_on_sait_d_une_case_est_a_portee_de_touche(ouvrir, annee):
    fabriques.LigneFinancementFactory(
        action_annuelle=annee.actions.get(ordre=1),
        financeur=annee.contrat.financeurs.get(sigle="VILLE"),
        montant_accorde=None,
        montant_demande=Decimal(5000),
    )
    page = ouvrir()
    case(page, "Ateliers", "VILLE").focus()
    navigateur.dit(page.locator("[data-grille-case]"), "VILLE, Ateliers", "demandé 5 000 €")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("[data-grille-lien]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(case(page, "Ateliers", "VILLE")).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("VILLE, Ateliers")
    axe.verifier(page)


def test_un_scenario_s_edite_au_clavier_sans_toucher_au_programme(ouvrir, annee):
    essai = creer_scenario(
        fabriques.chargee_de_mission(annee.contrat), annee, nom="Essai", etat="montant_propose"
    )
    page = ouvrir("scenario", essai.cle)
    case(page, "Ateliers", "ÉTAT").fill("12 000")
    page.keyboard.press("Enter")
    tout_enregistre(page)
    navigateur.dit(page.locator("thead .enveloppe-depassee"), "dépassée de 2 000 €")
    navigateur.dit(page.locator(".chapeau"), "3 actions en 2024, 12 000 € essayés.")
    assert proposes() == []
    assert essai.montants.get().montant == Decimal(12000)
    axe.verifier(page)


def test_un_financeur_remplit_sa_colonne(ouvrir, annee):
    compte = fabriques.representant_du_financeur(annee.contrat.financeurs.get(sigle="ÉTAT"))
    page = ouvrir(compte=compte)
    expect(page.locator("thead")).not_to_contain_text("VILLE")
    case(page, "Jardin", "ÉTAT").fill("1000")
    page.keyboard.press("Enter")
    tout_enregistre(page)
    assert proposes() == [("Jardin", "ÉTAT", Decimal(1000))]


@pytest.mark.parametrize(
    "nom", ["programmation", "programmation_totaux", "enveloppes", "scenarios", "decider", "reconduire"]
)
def test_chaque_page_tient_sur_un_telephone(ouvrir, nom):
    page = ouvrir(nom, largeur=320)
    assert navigateur.debordement(page) == []
    axe.verifier(page)


def test_tous_les_etats_d_une_action_tiennent_sur_un_telephone(ouvrir, annee):
    fabriques.LigneFinancementFactory(
        action_annuelle=ActionAnnuelle.objects.first(),
        financeur=annee.contrat.financeurs.get(sigle="ÉTAT"),
        montant_demande=Decimal("12500.50"),
        montant_propose=Decimal("11200.50"),
        montant_accorde=Decimal("11200.50"),
        montant_notifie=Decimal("11200.50"),
    )
    page = ouvrir(largeur=320)
    page.get_by_role("link", name="Tous les états").click()
    expect(page.locator(".grille-somme .grille-etat").first).to_be_visible()
    assert navigateur.debordement(page) == []


def test_sur_un_telephone_une_action_est_une_carte_et_les_restes_sont_en_vue(ouvrir):
    page = ouvrir(largeur=360)
    expect(page.locator(".enveloppes-en-vue")).to_be_visible()
    case(page, "Fête", "ÉTAT").fill("500")
    case(page, "Jardin", "ÉTAT").focus()
    navigateur.dit(page.locator(".enveloppes-en-vue"), "reste 9 500 €")
