"""The budget of an action on its pages: the step of the porteur, both budgets side by side, the forecast."""

import re
from decimal import Decimal
from html import unescape

import pytest
from django.urls import reverse

from actions.models import Campagne
from bilans import operations
from bilans.models import Bilan
from bilans.operations.brouillon import Changement, enregistrer_brouillon
from bilans.pages.saisie import Parcours
from bilans.saisie import BUDGET, Saisie, sections_lues
from financements.models import Budget, ExplicationEcart, LigneBudget
from financements.nomenclatures import charger_nomenclatures
from tests import fabriques
from tests.outils.pages import lisible, rien_n_est_ecrit, texte
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def comptes():
    charger_nomenclatures()


@pytest.fixture
def annuelle():
    return fabriques.ActionAnnuelleFactory()


@pytest.fixture
def bilan(annuelle):
    return fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True)


@pytest.fixture
def prevu(annuelle):
    """A forecast of 3 000 €: staff, purchases; a grant, and what the structure puts in."""
    budget = fabriques.BudgetFactory(action_annuelle=annuelle)
    for compte, montant in (("64", 2000), ("60", 1000), ("RESSPROPRES", 500)):
        _ligne(budget, compte, montant)
    _ligne(budget, "74", 2500, financeur(annuelle))
    return budget


def financeur(annuelle):
    ligne = annuelle.lignes_financement.first() or fabriques.LigneFinancementFactory(
        action_annuelle=annuelle, financeur__nom="Ville", montant_accorde=Decimal(2500)
    )
    return ligne.financeur


def _ligne(budget, compte, montant, financeur=None):
    LigneBudget.objects.create(budget=budget, compte_id=compte, montant=Decimal(montant), financeur=financeur)


@pytest.fixture
def lea(annuelle, client):
    compte = fabriques.representant_du_porteur(annuelle.action.porteur, prenom="Léa", nom="Roy")
    client.force_login(compte)
    return compte


@pytest.fixture
def chargee(annuelle):
    return fabriques.chargee_de_mission(annuelle.campagne.contrat)


def adresse(annuelle, nom="budget", *suite):
    return reverse(nom, args=[annuelle.campagne.contrat.slug, annuelle.campagne.annee, annuelle.cle, *suite])


def etape(annuelle):
    return f"{adresse(annuelle, 'bilan_saisir')}?etape=budget"


def taper(bilan, auteur, **champs):
    """Type in a page that knows what is saved."""
    saisie = Saisie(Bilan.objects.get(pk=bilan.pk))
    changes = {nom: Changement(saisie.brut(nom), apres) for nom, apres in champs.items()}
    return enregistrer_brouillon(bilan, auteur, changes)


def realises(annuelle):
    lignes = LigneBudget.objects.filter(budget__action_annuelle=annuelle, budget__type="realise")
    return {(x.compte_id, x.financeur_id): x.montant for x in lignes.order_by("pk")}


# -- The step of the porteur -----------------------------------------------------------------------
def test_peu_de_cases_d_abord_les_autres_comptes_sont_replies(client, annuelle, bilan, prevu, lea):
    html = unescape(client.get(etape(annuelle)).content.decode())
    avant_repli = html[: html.index("Ajouter une autre dépense")]
    assert re.findall(r'name="budget_(\w+)"', avant_repli) == ["60", "64"]
    tous = re.findall(r'name="budget_(\w+)"', html)
    assert len(tous) == len(set(tous))
    # Every post can be written, contributions in kind by account, grants by funder.
    cle = financeur(annuelle).cle
    assert {"61", "66", "CHARGINDIRECT", "79", "864", "870", f"74_{cle}", "74"} <= set(tous)
    assert "86" not in tous
    assert "74com" not in tous


def test_les_montants_prevus_servent_de_depart_sans_rien_ecraser(client, annuelle, bilan, prevu, lea):
    taper(bilan, lea, budget_64="1800", budget_60="environ mille")
    reponse = client.post(etape(annuelle), {"suite": "previsionnel", "releve": "{}"}, follow=True)
    assert "2 montants prévus sont repris" in texte(reponse)
    assert realises(annuelle) == {
        ("64", None): Decimal(1800),
        ("RESSPROPRES", None): Decimal(500),
        ("74", financeur(annuelle).pk): Decimal(2500),
    }
    assert Saisie(Bilan.objects.get()).attente["budget_60"] == "environ mille"
    with rien_n_est_ecrit():
        reponse = client.get(etape(annuelle))
    assert "Partir des montants prévus" not in texte(reponse)


def test_un_ecart_au_dela_du_seuil_attend_une_explication_pour_etre_transmis(annuelle, bilan, prevu, lea):
    assert Parcours(Saisie(bilan)).manques_de(BUDGET) == []
    saisie = taper(bilan, lea, budget_64="2900", budget_60="1300").saisie
    (manque,) = Parcours(saisie).manques_de(BUDGET)
    assert manque.champ == "ecart_64"
    assert "2 000 € prévus, 2 900 € au final (900 € de plus, soit 45,0 %)" in lisible(manque.phrase)
    with pytest.raises(operations.OperationRefusee, match="Charges de personnel"):
        operations.transmettre(bilan, lea)
    # A post that was not planned is a gap too.
    saisie = taper(bilan, lea, budget_66="600").saisie
    assert [m.champ for m in Parcours(saisie).manques_de(BUDGET)] == ["ecart_64", "ecart_66"]
    saisie = taper(bilan, lea, ecart_64="Une animatrice de plus.", budget_66="").saisie
    assert Parcours(saisie).manques_de(BUDGET) == []
    explication = ExplicationEcart.objects.get()
    assert (explication.compte_id, explication.texte) == ("64", "Une animatrice de plus.")
    assert explication.historique.get().history_user == lea
    lues = {r.champ: r.texte for s in sections_lues(Bilan.objects.get()) for r in s.reponses}
    assert lues["ecart_64"] == "Une animatrice de plus."
    resultat = enregistrer_brouillon(bilan, lea, {"ecart_64": Changement("", "Autre chose.")})
    assert resultat.conflits["ecart_64"].autre == "Une animatrice de plus."
    assert ExplicationEcart.objects.get().texte == "Une animatrice de plus."


def test_sans_budget_prevu_ou_sans_action_rien_n_est_a_expliquer(annuelle, bilan, lea, prevu):
    taper(bilan, lea, budget_64="9000")
    taper(bilan, lea, realisation="non_realisee", motif_non_realisation="Pas de local.")
    assert Parcours(Saisie(Bilan.objects.get())).manques_de(BUDGET) == []
    prevu.delete()
    taper(bilan, lea, realisation="")
    saisie = Saisie(Bilan.objects.get())
    assert [nom for nom in saisie.champs if nom.startswith("ecart_")] == []


def test_la_chargee_valide_un_ecart_que_personne_n_explique(annuelle, bilan, prevu, lea, chargee):
    taper(bilan, lea, budget_64="2900", realisation="realisee")
    assert operations.valider(bilan, chargee).statut == Bilan.Statut.VALIDE


def test_la_page_dit_l_ecart_et_les_subventions_du_programme(client, annuelle, bilan, prevu, lea):
    taper(bilan, lea, **{"budget_64": "2900", f"budget_74_{financeur(annuelle).cle}": "2000"})
    html = client.get(etape(annuelle)).content.decode()
    assert "Ville : 2 000 € dans le budget, 2 500 € dans le programme" in texte(client.get(etape(annuelle)))
    ecarts = re.findall(r'data-ecart="[^"]+"( hidden)?>', html)
    # Staff; grants that are 500 € short are at the threshold, not above it.
    assert sum(not cache for cache in ecarts) == 1


def test_ce_que_demande_le_compte_rendu_s_ecrit_et_se_signe(annuelle, bilan, lea):
    taper(bilan, lea, crf_observations="Rien.", crf_fait_le="2025-03-04", crf_signataire="x" * 151)
    budget = Budget.objects.get(type="realise")
    assert (budget.observations, budget.fait_le.isoformat(), budget.signataire) == ("Rien.", "2025-03-04", "")
    assert budget.historique.first().history_user == lea
    assert "crf_signataire" in Saisie(Bilan.objects.get()).attente


# -- The pages -------------------------------------------------------------------------------------
def test_les_deux_budgets_sont_cote_a_cote(client, annuelle, bilan, prevu, lea):
    taper(bilan, lea, budget_64="2900", ecart_64="Une animatrice de plus.")
    with rien_n_est_ecrit():
        vue = texte(client.get(adresse(annuelle)))
    for phrase in (
        "Coût prévu : 3 000 €. Coût réalisé : 2 900 €.",
        "Charges de personnel 2 000 2 900 +900 +45,0 %",
        "Total des dépenses 3 000 2 900 −100 −3,3 %",
        "Une animatrice de plus.",
    ):
        assert phrase in vue, phrase
    assert "Saisir le prévu" not in vue
    ExplicationEcart.objects.all().delete()
    assert "Charges de personnel écart à expliquer 2 000" in texte(client.get(adresse(annuelle)))


def test_la_page_du_budget_coute_toujours_autant(client, annuelle, bilan, prevu, lea):
    def ajouter():
        _ligne(prevu, "61", 10)
        realise = Budget.objects.get_or_create(action_annuelle=annuelle, type="realise")[0]
        _ligne(realise, "62", 4000)

    ajouter()
    verifier_requetes_constantes(lambda: client.get(adresse(annuelle)), ajouter)


def test_la_chargee_ecrit_le_realise_champ_par_champ_et_le_porteur_va_a_son_etape(
    client, annuelle, bilan, prevu, lea, chargee
):
    reponse = client.get(adresse(annuelle, "budget_realise"))
    assert (reponse.status_code, reponse.url) == (302, etape(annuelle))
    client.force_login(chargee)
    page = client.get(adresse(annuelle, "budget_realise"))
    releve = page.context["form"]["releve"].value()
    taper(bilan, lea, budget_60="700")
    envoi = {"releve": releve, "budget_60": "900", "budget_64": "2 100", "suite": "enregistrer"}
    reponse = client.post(adresse(annuelle, "budget_realise"), envoi)
    assert "Deux versions à comparer" in texte(reponse)
    assert realises(annuelle) == {("60", None): Decimal(700), ("64", None): Decimal(2100)}
    assert 'value="900"' in reponse.content.decode()
    envoi = {"releve": reponse.context["form"]["releve"].value(), "budget_60": "beaucoup"}
    vue = texte(client.post(adresse(annuelle, "budget_realise"), envoi))
    assert "Saisissez un montant en chiffres" in vue
    Bilan.objects.update(statut=Bilan.Statut.DISPENSE)
    assert client.get(adresse(annuelle, "budget_realise")).status_code == 302


def test_le_prevu_se_saisit_et_un_montant_illisible_ne_perd_rien(client, annuelle, chargee):
    client.force_login(chargee)
    page = adresse(annuelle, "budget_previsionnel")
    ville = financeur(annuelle)
    cle = f"financeur_{ville.cle}"
    with rien_n_est_ecrit():
        reponse = client.post(page, {"compte_64": "deux mille", "compte_604": "12,50", "version": "0"})
    assert 'value="deux mille"' in reponse.content.decode()
    assert 'value="12,50"' in reponse.content.decode()
    reponse = client.post(page, {"compte_64": "2 000", "compte_604": "12,50", cle: "900", "version": "0"})
    assert reponse.url == adresse(annuelle)
    lignes = {(x.compte_id, x.financeur_id): x.montant for x in LigneBudget.objects.order_by("pk")}
    assert lignes == {
        ("604", None): Decimal("12.50"),
        ("64", None): Decimal(2000),
        ("74", ville.pk): Decimal(900),
    }
    reponse = client.post(page, {"compte_64": "2 500", "version": "0"})
    assert "avez enregistré une autre version" in texte(reponse)
    assert LigneBudget.objects.get(compte="64").montant == Decimal(2000)
    assert 'value="2 500"' in reponse.content.decode()


def test_une_annee_archivee_ne_change_plus_et_n_a_pas_de_bouton(client, annuelle, bilan, prevu, chargee):
    client.force_login(chargee)
    assert "Saisir le prévu" in texte(client.get(adresse(annuelle)))
    Campagne.objects.update(statut=Campagne.Statut.ARCHIVEE)
    vue = texte(client.get(adresse(annuelle)))
    assert "Saisir le" not in vue
    with rien_n_est_ecrit():
        reponse = client.post(adresse(annuelle, "budget_previsionnel"), {"compte_64": "1", "version": "1"})
    assert "est archivée" in texte(reponse)
    with rien_n_est_ecrit():
        client.post(adresse(annuelle, "budget_realise"), {"budget_64": "1", "releve": "{}"})


def test_un_financeur_ne_lit_pas_le_budget(client, annuelle, prevu):
    client.force_login(fabriques.representant_du_financeur(financeur(annuelle)))
    for nom, suite in (("budget", ()), ("budget_realise", ()), ("crf", ("docx",))):
        reponse = client.get(adresse(annuelle, nom, *suite))
        assert reponse.status_code == 403
        assert "est ouvert à la personne qui tient le contrat" in texte(reponse)


def test_la_page_unique_de_la_chargee_replie_le_reste_et_ne_demande_que_les_ecarts(
    client, annuelle, bilan, prevu, lea, chargee
):
    taper(bilan, lea, budget_64="2900", realisation="realisee")
    client.force_login(chargee)
    page = adresse(annuelle, "bilan_saisir")
    html = client.get(page).content.decode()
    assert re.findall(r'name="(ecart_\w+)"', html) == ["ecart_64"]
    form = client.get(page).context["form"]
    envoi = {nom: form[nom].value() for nom in form.fields if form[nom].value() not in (None, False)}
    envoi |= {"ecart_64": "Un remplacement.", "budget_66": "40", "suite": "enregistrer"}
    assert client.post(page, envoi).status_code == 302
    assert ExplicationEcart.objects.get().texte == "Un remplacement."
    assert realises(annuelle) == {("64", None): Decimal(2900), ("66", None): Decimal(40)}
