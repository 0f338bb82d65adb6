"""A volunteer and the budget, on a phone: start from what was planned, correct it, say why, read the totals."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from bilans.models import Bilan
from bilans.saisie import Saisie
from financements.budgets import phrase_a_expliquer, phrase_du_desaccord, phrase_du_solde
from financements.models import ExplicationEcart, LigneBudget
from financements.nomenclatures import charger_nomenclatures
from tests import fabriques
from tests.outils import axe, navigateur
from tests.outils.pages import lisible

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def bilan(transactional_db):
    charger_nomenclatures()
    bilan = fabriques.BilanFactory(en_saisie=True, realisation="realisee")
    annuelle = bilan.action_annuelle
    ligne = fabriques.LigneFinancementFactory(
        action_annuelle=annuelle, financeur__nom="Ville", montant_accorde=Decimal(2000)
    )
    prevu = fabriques.BudgetFactory(action_annuelle=annuelle)
    for compte, montant, financeur in (("60", 500, None), ("64", 2000, None), ("74", 2500, ligne.financeur)):
        LigneBudget.objects.create(budget=prevu, compte_id=compte, montant=montant, financeur=financeur)
    return bilan


def adresse(nom, bilan):
    campagne = bilan.action_annuelle.campagne
    return reverse(nom, args=[campagne.contrat.slug, campagne.annee, bilan.action_annuelle.cle])


def test_le_budget_se_remplit_d_une_main_sur_un_telephone(page, live_server, bilan):
    navigateur.connecter(
        page, live_server, fabriques.representant_du_porteur(bilan.action_annuelle.action.porteur)
    )
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{live_server.url}{adresse('bilan_saisir', bilan)}?etape=budget")
    assert navigateur.debordement(page) == []
    expect(page.get_by_label("Charges financières", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Partir des montants prévus").click()
    personnel = page.get_by_label("Charges de personnel", exact=True)
    expect(personnel).to_have_value(re.compile("2.000"))
    solde, pourquoi = (
        page.locator("[data-solde]"),
        page.get_by_label("Pourquoi cet écart : Charges de personnel"),
    )
    navigateur.dit(solde, "Les recettes couvrent exactement les dépenses.")
    navigateur.dit(
        page.locator("[data-desaccords]"), "Ville : 2 500 € dans le budget, 2 000 € dans le programme"
    )
    expect(pourquoi).to_be_hidden()

    personnel.fill("2 900,50")
    expect(pourquoi).to_be_visible()
    page.get_by_text("Ajouter une autre dépense").click()
    page.get_by_label("Charges financières", exact=True).fill("100")
    navigateur.dit(page.locator('[data-sens="charge"] [data-total]'), "3 500,50 €")
    pourquoi.fill("Une animatrice de plus.")
    expliques = ExplicationEcart.objects.filter(texte="Une animatrice de plus.")
    navigateur.jusqu_a(page, expliques.exists)
    axe.verifier(page)
    assert navigateur.debordement(page) == []

    # What the script says is what the server says of what was saved.
    compare = Saisie(Bilan.objects.get()).budget_compare
    (poste,) = compare.a_expliquer
    navigateur.dit(page.locator('[data-ecart="Charges de personnel"]'), lisible(phrase_a_expliquer(poste)))
    navigateur.dit(solde, lisible(phrase_du_solde(compare.solde("realise"))))
    for desaccord in compare.desaccords("realise"):
        navigateur.dit(page.locator("[data-desaccords]"), lisible(phrase_du_desaccord(desaccord)))


def test_le_total_ne_compte_pas_ce_qui_est_a_corriger_et_le_dit(page, live_server, bilan):
    navigateur.connecter(
        page, live_server, fabriques.representant_du_porteur(bilan.action_annuelle.action.porteur)
    )
    page.goto(f"{live_server.url}{adresse('bilan_saisir', bilan)}?etape=budget")
    depenses = page.locator('[data-sens="charge"]')
    page.get_by_label("Ville", exact=True).fill("1 200 euros")
    page.get_by_label("Achats", exact=True).fill("1 000,50 €")
    navigateur.dit(page.locator("[data-solde]"), "Les recettes dépassent les dépenses de 199,50 €.")
    personnel = page.get_by_label("Charges de personnel", exact=True)
    for illisible in ("12OO", "1.200", "12 00", "-50", "9999999999999"):
        personnel.fill(illisible)
        navigateur.dit(depenses.locator("[data-total]"), "1 000,50 €")
        navigateur.dit(depenses.locator("[data-non-compte]"), "Ce total ne compte pas 1 montant à corriger.")
        expect(page.locator("[data-solde]")).to_be_hidden()
    personnel.fill("")
    expect(depenses.locator("[data-non-compte]")).to_be_hidden()
    navigateur.dit(page.locator("[data-solde]"), "Les recettes dépassent les dépenses de 199,50 €.")


def test_les_pages_du_budget_se_lisent_a_toutes_les_largeurs(page, live_server, bilan):
    navigateur.connecter(
        page, live_server, fabriques.chargee_de_mission(bilan.action_annuelle.campagne.contrat)
    )
    for largeur in (320, 1440):
        page.set_viewport_size({"width": largeur, "height": 800})
        for nom in ("budget", "budget_previsionnel", "budget_realise"):
            page.goto(live_server.url + adresse(nom, bilan))
            axe.verifier(page)
            assert navigateur.debordement(page) == [], (nom, largeur)


def test_les_comptes_rendus_se_lisent_sur_un_telephone(page, live_server, bilan):
    campagne = bilan.action_annuelle.campagne
    navigateur.connecter(page, live_server, fabriques.chargee_de_mission(campagne.contrat))
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(live_server.url + reverse("annexe", args=[campagne.contrat.slug, campagne.annee, "crf"]))
    charges = page.get_by_role("region", name="Charges")
    prevu = charges.get_by_role("cell").first
    expect(prevu).to_have_css("text-align", "right")
    expect(prevu).to_have_css("border-left-style", "none")
    axe.verifier(page)
    assert navigateur.debordement(page) == []


def test_le_prevu_s_additionne_pendant_la_frappe(page, live_server, bilan):
    navigateur.connecter(
        page, live_server, fabriques.chargee_de_mission(bilan.action_annuelle.campagne.contrat)
    )
    page.goto(live_server.url + adresse("budget_previsionnel", bilan))
    page.get_by_label("Achats", exact=True).fill("700")
    navigateur.dit(page.locator('[data-sens="charge"] [data-total]'), "2 700 €")
    navigateur.dit(page.locator("[data-solde]"), "Les dépenses dépassent les recettes de 200 €")
    page.get_by_role("button", name="Enregistrer le budget prévu").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Budget")
    assert LigneBudget.objects.get(compte="60").montant == Decimal(700)
