"""The pages of the programming: the grid, its cells, opinions, envelopes, totals, scenarios, renewal, decision."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from actions.models import ActionAnnuelle, Campagne
from contrats.models import ContratVille, Deliberation, Instance, Seance
from financements.models import AvisFinanceur, Enveloppe, LigneFinancement, Scenario
from tests import fabriques
from tests.outils import lieux
from tests.outils.pages import lisible, rien_n_est_ecrit, texte
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db


@pytest.fixture
def lieu(db: Any, client: Client) -> Any:
    """Give a year with two actions, three funders of which one is beside the total, and its addresses."""
    lieu = lieux.ouvrir(client)
    lieu.campagne.statut = Campagne.Statut.INSTRUITE
    lieu.campagne.save()
    lieu.ville = fabriques.FinanceurFactory(contrat=lieu.contrat, nom="Ville", sigle="MAIRIE", ordre=1)
    lieu.etat = fabriques.FinanceurFactory(contrat=lieu.contrat, nom="État", sigle="ÉTAT", ordre=2)
    lieu.caf = fabriques.FinanceurFactory(contrat=lieu.contrat, hors_total=True, ordre=3)
    lieu.velo = action(lieu, "Balades à vélo", ordre=1)
    lieu.fete = action(lieu, "Fête du quartier", ordre=2)
    return lieu


def action(lieu: Any, intitule: str, **champs: Any) -> ActionAnnuelle:
    options = {"statut": ActionAnnuelle.Statut.DEPOSEE, "campagne": lieu.campagne, **champs}
    parente = fabriques.ActionFactory(contrat=options["campagne"].contrat, intitule=intitule)
    annuelle: ActionAnnuelle = fabriques.ActionAnnuelleFactory(action=parente, **options)
    return annuelle


def ligne(annuelle: ActionAnnuelle, financeur: Any, **montants: Any) -> LigneFinancement:
    valeurs = {f"montant_{etat}": Decimal(valeur) for etat, valeur in montants.items()}
    creee: LigneFinancement = fabriques.LigneFinancementFactory(
        action_annuelle=annuelle, financeur=financeur, **{"montant_accorde": None, **valeurs}
    )
    return creee


def colonne(financeur: Any, nature: str = "non_precisee") -> str:
    return f"{financeur.cle}-{nature}"


def ecrire(lieu: Any, annuelle: ActionAnnuelle, champs: Any, criteres: str = "?montant=propose") -> Any:
    """Send cells as the script does, each given as (what the page knew, what is typed); return the answer."""
    corps = {
        "ligne": annuelle.cle,
        "champs": {nom: {"avant": avant, "apres": apres} for nom, (avant, apres) in champs.items()},
    }
    adresse = lieu.adresse("programmation_cellule") + criteres
    return lieu.client.post(adresse, json.dumps(corps), content_type="application/json")


def cases(lieu: Any, criteres: str = "") -> dict[str, list[str]]:
    """Return what the grid shows: the cells of each action, by title."""
    vue = lieu.client.get(lieu.adresse("programmation") + criteres).context["page"].vue
    return {
        ligne.annuelle.action.intitule: [lisible(case.valeur) for case in ligne.cases] for ligne in vue.lignes
    }


# -- The grid --------------------------------------------------------------------------------------
def test_la_grille_montre_un_etat_a_la_fois(lieu):
    ligne(lieu.velo, lieu.ville, demande=5000, propose=4000)
    ligne(lieu.velo, lieu.caf, propose=700)
    assert cases(lieu) == {"Balades à vélo": ["4 000", "", "700"], "Fête du quartier": ["", "", ""]}
    assert cases(lieu, "?montant=demande")["Balades à vélo"] == ["5 000", "", ""]
    page = lieu.client.get(lieu.adresse("programmation")).context["page"]
    assert lisible(page.phrase) == (
        "2 actions en 2024, 4 000 € proposés, 700 € hors du total politique de la ville."
    )
    (premiere, _) = page.vue.lignes
    assert (lisible(premiere.total), lisible(premiere.cases[0].suite)) == ("4 000", "demandé 5 000 €")


def test_tous_les_etats_se_lisent_cote_a_cote(lieu):
    ligne(lieu.velo, lieu.ville, demande=5000, accorde=3000)
    page = lieu.client.get(lieu.adresse("programmation") + "?montant=tous").context["page"]
    (premiere, _) = page.vue.lignes
    lus = [(etat, lisible(montant)) for etat, montant in premiere.cases[0].etats]
    assert lus == [("Demandé", "5 000"), ("Accordé", "3 000")]
    assert not page.vue.modifiable


def test_chaque_total_mene_a_ses_lignes(lieu):
    ligne(lieu.velo, lieu.ville, propose=4000)
    ligne(lieu.fete, lieu.etat, propose=900)
    page = lieu.client.get(lieu.adresse("programmation")).context["page"]
    (total,) = [c for c in page.vue.colonnes if c.libelle == "ÉTAT"]
    assert lisible(total.total) == "900"
    assert cases(lieu, total.url_total) == {"Fête du quartier": ["", "900", ""]}


def test_autant_de_requetes_quel_que_soit_le_nombre_d_actions(lieu):
    ligne(lieu.velo, lieu.ville, propose=4000)

    def ouvrir() -> None:
        for criteres in ("", "?montant=tous"):
            assert lieu.client.get(lieu.adresse("programmation") + criteres).status_code == 200

    def ajouter() -> None:
        annuelle = action(lieu, f"Action {ActionAnnuelle.objects.count()}")
        ligne(annuelle, lieu.etat, propose=100)
        fabriques.AvisFinanceurFactory(action_annuelle=annuelle, financeur=lieu.etat)

    ajouter()
    verifier_requetes_constantes(ouvrir, ajouter)


# -- A cell ----------------------------------------------------------------------------------------
def test_une_case_s_enregistre_et_les_sommes_suivent(lieu):
    fabriques.EnveloppeFactory(financeur=lieu.etat, campagne=lieu.campagne, montant=Decimal(10000))
    ligne(lieu.fete, lieu.etat, propose=1000)
    reponse = ecrire(lieu, lieu.velo, {colonne(lieu.etat): ("", "2 500")}).json()
    assert {nom: lisible(valeur) for nom, valeur in reponse["enregistres"].items()} == {
        colonne(lieu.etat): "2 500"
    }
    assert (reponse["refuses"], reponse["conflits"]) == ({}, {})
    sommes = [lisible(reponse[nom]) for nom in ("total_ligne", "total")]
    assert sommes == ["2 500", "3 500"]
    assert lisible(reponse["totaux"][colonne(lieu.etat)]) == "3 500"
    (enveloppe,) = reponse["enveloppes"]
    assert (lisible(enveloppe["reste"]), enveloppe["ton"]) == ("reste 6 500 €", "")
    creee = LigneFinancement.objects.get(action_annuelle=lieu.velo)
    assert (creee.montant_propose, creee.montant_accorde) == (Decimal(2500), None)


def test_les_sommes_sont_celles_des_lignes_filtrees(lieu):
    ligne(lieu.fete, lieu.etat, propose=1000)
    # Not « velo »: a porteur of the factories is called « Vélo partagé ».
    reponse = ecrire(lieu, lieu.velo, {colonne(lieu.etat): ("", "2500")}, "?montant=propose&q=balades").json()
    assert lisible(reponse["total"]) == "2 500"


def test_une_case_changee_par_un_autre_se_choisit(lieu):
    ligne(lieu.velo, lieu.ville, propose=4000)
    reponse = ecrire(lieu, lieu.velo, {colonne(lieu.ville): ("3 000", "3 500")}).json()
    conflit = reponse["conflits"][colonne(lieu.ville)]
    assert (lisible(conflit["autre"]), lisible(conflit["autre_lisible"])) == ("4 000", "4 000 €")
    assert LigneFinancement.objects.get().montant_propose == Decimal(4000)


@pytest.mark.parametrize("tape", ["beaucoup", "-3", "1.000", "12,345"])
def test_ce_qui_ne_se_lit_pas_n_ecrit_rien_et_n_arrete_pas_le_reste(lieu, tape):
    reponse = ecrire(
        lieu, lieu.velo, {colonne(lieu.ville): ("", tape), colonne(lieu.etat): ("", "12")}
    ).json()
    assert list(reponse["refuses"]) == [colonne(lieu.ville)]
    assert list(reponse["enregistres"]) == [colonne(lieu.etat)]
    assert [str(unique.financeur) for unique in LigneFinancement.objects.all()] == ["État"]


def test_une_enveloppe_depassee_se_dit_avec_ce_qui_reste(lieu):
    fabriques.EnveloppeFactory(financeur=lieu.etat, campagne=lieu.campagne, montant=Decimal(2000))
    ligne(lieu.fete, lieu.etat, propose=500)
    reponse = ecrire(lieu, lieu.velo, {colonne(lieu.etat): ("", "3 000")}).json()
    phrase = lisible(reponse["refuses"][colonne(lieu.etat)])
    assert "2 000 €" in phrase
    assert "1 500 €" in phrase
    assert "3 000 €" in phrase
    assert LigneFinancement.objects.filter(action_annuelle=lieu.velo).count() == 0


@pytest.mark.parametrize(
    "corps",
    [
        "rien",
        {"ligne": "x"},
        {"ligne": 3, "champs": {"a": {"avant": "", "apres": "1"}}},
        {"ligne": "x", "champs": {"a": {"apres": "1"}}},
        {"ligne": "x", "champs": {}},
    ],
)
def test_une_demande_illisible_le_dit(lieu, corps):
    with rien_n_est_ecrit():
        reponse = lieu.client.post(
            lieu.adresse("programmation_cellule"), json.dumps(corps), content_type="application/json"
        )
    assert reponse.status_code == 400
    assert "rechargez la page" in reponse.json()["message"]


def test_une_action_ou_une_colonne_d_ailleurs_n_existe_pas(lieu):
    ailleurs = fabriques.LigneFinancementFactory()
    assert ecrire(lieu, ailleurs.action_annuelle, {colonne(lieu.ville): ("", "1")}).status_code == 404
    assert ecrire(lieu, lieu.velo, {colonne(ailleurs.financeur): ("", "1")}).status_code == 404
    assert ecrire(lieu, lieu.velo, {"n'importe quoi": ("", "1")}).status_code == 404


@pytest.mark.parametrize("nom", ["\ud800-non_precisee", "\0-non_precisee"])
def test_une_colonne_qu_aucune_base_ne_sait_chercher_n_existe_pas(lieu, nom):
    assert ecrire(lieu, lieu.velo, {nom: ("", "1")}).status_code == 404


@pytest.mark.parametrize("etat", ["tous", "inconnu"])
def test_sans_etat_rien_ne_s_ecrit(lieu, etat):
    saisie = {colonne(lieu.ville): ("", "1")}
    with rien_n_est_ecrit():
        reponse = ecrire(lieu, lieu.velo, saisie, f"?montant={etat}")
        page = lieu.client.post(
            lieu.adresse("programmation") + f"?montant={etat}",
            {f"{lieu.velo.cle}-avant": "{}", f"{lieu.velo.cle}-{colonne(lieu.ville)}": "1"},
            follow=True,
        )
    assert reponse.status_code == 400
    assert reponse.json()["message"].startswith("Choisissez d'abord quels montants vous saisissez")
    assert "Choisissez d'abord quels montants vous saisissez" in texte(page)


def test_la_phrase_du_haut_suit_la_case(lieu):
    ligne(lieu.velo, lieu.caf, propose=700)
    for criteres in ("?montant=propose", "?montant=propose&q=balades"):
        reponse = ecrire(lieu, lieu.velo, {colonne(lieu.etat): ("", "2 500")}, criteres).json()
        page = lieu.client.get(lieu.adresse("programmation") + criteres).context["page"]
        assert lisible(reponse["phrase"]) == lisible(page.phrase)
        LigneFinancement.objects.filter(financeur=lieu.etat).delete()
    assert lisible(reponse["phrase"]) == (
        "1 action sur 2 en 2024, 2 500 € proposés, 700 € hors du total politique de la ville."
    )


def test_une_case_mene_au_suivi_de_son_montant(lieu):
    adresse = lieu.adresse("programmation_case", lieu.velo.cle, colonne(lieu.ville))
    assert "Suivre ce montant" not in texte(lieu.client.get(adresse))
    creee = ligne(lieu.velo, lieu.ville, propose=4000)
    adresse = lieu.adresse("programmation_case", lieu.velo.cle, colonne(lieu.ville, creee.nature_credit))
    assert lieu.adresse("suivre_montant", creee.cle) in lieu.client.get(adresse).content.decode()


@pytest.mark.parametrize(
    ("montants", "etat"),
    [
        ({}, "montant_propose"),
        ({"accorde": 10}, "montant_accorde"),
        ({"accorde": 10, "propose": 0}, "montant_propose"),
    ],
)
def test_un_scenario_part_des_montants_qui_existent(lieu, montants, etat):
    ligne(lieu.velo, lieu.ville, **montants)
    form = lieu.client.get(lieu.adresse("scenarios")).context["form"]
    assert form["etat"].value() == etat


def test_les_versements_ne_se_saisissent_pas(lieu):
    reponse = ecrire(lieu, lieu.velo, {colonne(lieu.ville): ("", "1")}, "?montant=verse")
    assert reponse.status_code == 400


def test_une_annee_archivee_se_lit(lieu):
    ligne(lieu.velo, lieu.ville, accorde=100)
    lieu.campagne.statut = Campagne.Statut.ARCHIVEE
    lieu.campagne.save()
    page = lieu.client.get(lieu.adresse("programmation"))
    assert not page.context["page"].vue.modifiable
    assert "archivée" in texte(page)
    assert "Décider" not in texte(page)
    with rien_n_est_ecrit():
        reponse = ecrire(lieu, lieu.velo, {colonne(lieu.ville): ("", "1")})
    assert list(reponse.json()["refuses"]) == [colonne(lieu.ville)]


# -- Without a script ------------------------------------------------------------------------------
def formulaire(lieu: Any, annuelle: ActionAnnuelle, avant: dict[str, str], apres: dict[str, str]) -> Any:
    donnees = {f"{annuelle.cle}-avant": json.dumps(avant)}
    donnees |= {f"{annuelle.cle}-{nom}": valeur for nom, valeur in apres.items()}
    return lieu.client.post(lieu.adresse("programmation") + "?montant=propose", donnees)


def test_sans_script_la_page_s_enregistre(lieu):
    nom = colonne(lieu.ville)
    reponse = formulaire(
        lieu, lieu.velo, {nom: "", colonne(lieu.etat): ""}, {nom: "800", colonne(lieu.etat): ""}
    )
    assert reponse.status_code == 302
    assert LigneFinancement.objects.get().montant_propose == Decimal(800)


def test_sans_script_ce_qui_n_est_pas_enregistre_reste_dans_sa_case(lieu):
    ligne(lieu.velo, lieu.etat, propose=50)
    avant = {colonne(lieu.ville): "", colonne(lieu.etat): "40"}
    apres = {colonne(lieu.ville): "mille", colonne(lieu.etat): "60"}
    reponse = formulaire(lieu, lieu.velo, avant, apres)
    (premiere, _) = reponse.context["page"].vue.lignes
    assert [case.valeur for case in premiere.cases[:2]] == ["mille", "60"]
    assert premiere.cases[0].erreur
    assert "a enregistré « 50 € »" in lisible(premiere.conflits[0].phrase)
    assert LigneFinancement.objects.get().montant_propose == Decimal(50)


# -- A funder --------------------------------------------------------------------------------------
@pytest.fixture
def prefecture(lieu: Any) -> Any:
    """Sign in as the funder « État »."""
    lieu.compte = fabriques.representant_du_financeur(lieu.etat)
    lieu.client.force_login(lieu.compte)
    return lieu


def test_un_financeur_ne_voit_et_n_ecrit_que_sa_colonne(prefecture):
    lieu = prefecture
    ligne(lieu.velo, lieu.ville, propose=4000)
    ligne(lieu.velo, lieu.etat, demande=900)
    assert cases(lieu) == {"Balades à vélo": [""], "Fête du quartier": [""]}
    assert (
        not lieu.client.get(lieu.adresse("programmation") + "?montant=demande").context["page"].vue.modifiable
    )
    assert ecrire(lieu, lieu.velo, {colonne(lieu.etat): ("", "800")}).json()["refuses"] == {}
    assert ecrire(lieu, lieu.velo, {colonne(lieu.ville): ("4 000", "1")}).status_code == 404
    demande = ecrire(lieu, lieu.velo, {colonne(lieu.etat): ("900", "1")}, "?montant=demande")
    assert demande.status_code == 403
    assert demande.json()["message"]
    etat = LigneFinancement.objects.get(financeur=lieu.etat)
    assert (etat.montant_demande, etat.montant_propose) == (Decimal(900), Decimal(800))


def test_un_financeur_qui_porte_une_action_ne_lit_pas_l_enveloppe_d_un_autre(prefecture):
    lieu = prefecture
    for financeur in (lieu.ville, lieu.etat):
        fabriques.EnveloppeFactory(financeur=financeur, campagne=lieu.campagne, montant=Decimal(10000))
    fabriques.AccesPorteur.objects.create(utilisateur=lieu.compte, porteur=lieu.fete.action.porteur)
    ligne(lieu.fete, lieu.ville, propose=500)
    frappes = {colonne(lieu.ville): ("", "mille"), colonne(lieu.etat): ("", "800")}
    reponse = ecrire(lieu, lieu.velo, frappes).json()
    assert list(reponse["refuses"]) == [colonne(lieu.ville)]
    assert [lisible(enveloppe["reste"]) for enveloppe in reponse["enveloppes"]] == ["reste 9 200 €"]


def test_un_financeur_donne_son_avis_et_pas_celui_d_un_autre(prefecture):
    lieu = prefecture
    adresse = lieu.adresse("programmation_avis", lieu.velo.cle, lieu.etat.cle)
    sans_motif = lieu.client.post(adresse, {"sens": "reserve", "texte": " ", "rendu_le": "2024-03-01"})
    assert "Dites pourquoi" in texte(sans_motif)
    donne = {"sens": "reserve", "texte": "Public à préciser.", "rendu_le": "2024-03-01", "version": "0"}
    assert lieu.client.post(adresse, donne).status_code == 302
    avis = AvisFinanceur.objects.get()
    assert (avis.sens, avis.texte, avis.financeur) == ("reserve", "Public à préciser.", lieu.etat)
    autre = lieu.adresse("programmation_avis", lieu.velo.cle, lieu.ville.cle)
    assert lieu.client.get(autre).status_code == 404
    page = lieu.client.get(lieu.adresse("programmation_case", lieu.velo.cle, colonne(lieu.etat)))
    assert "Avis du financeur" in texte(page)
    assert "Public à préciser." in texte(page)
    assert "Avis du financeur : État" in texte(lieu.client.get(adresse))
    retire = {"geste": "retirer", "version": str(avis.version)}
    assert lieu.client.post(adresse, retire).status_code == 302
    assert AvisFinanceur.objects.count() == 0


def test_l_histoire_d_une_case_dit_qui_et_combien(lieu):
    ecrire(lieu, lieu.velo, {colonne(lieu.ville): ("", "800")})
    ecrire(lieu, lieu.velo, {colonne(lieu.ville): ("800", "950")})
    page = texte(lieu.client.get(lieu.adresse("programmation_case", lieu.velo.cle, colonne(lieu.ville))))
    assert "Claire Aubert" in page
    assert "avant 800 €" in page
    assert "après 950 €" in page


# -- Envelopes -------------------------------------------------------------------------------------
def test_une_enveloppe_se_cree_se_corrige_et_se_supprime(lieu):
    donnees = {"financeur": lieu.etat.pk, "dispositif": "", "montant": "20 000", "commentaire": ""}
    assert lieu.client.post(lieu.adresse("enveloppe_creer"), donnees).status_code == 302
    enveloppe = Enveloppe.objects.get()
    ligne(lieu.velo, lieu.etat, propose=5000)
    page = texte(lieu.client.get(lieu.adresse("enveloppes")))
    assert "20 000" in page
    assert "15 000" in page
    moins = {**donnees, "montant": "3 000", "version": enveloppe.version}
    refus = lieu.client.post(lieu.adresse("enveloppe_modifier", enveloppe.pk), moins)
    assert refus.status_code == 200
    assert "même s'il est inférieur" in texte(refus)
    enveloppe.refresh_from_db()
    assert enveloppe.montant == Decimal(20000)
    confirme = {**moins, "malgre_le_retenu": "on"}
    assert lieu.client.post(lieu.adresse("enveloppe_modifier", enveloppe.pk), confirme).status_code == 302
    enveloppe.refresh_from_db()
    assert enveloppe.montant == Decimal(3000)
    assert "dépassée de 2 000 €" in texte(lieu.client.get(lieu.adresse("programmation")))
    suppression = lieu.adresse("enveloppe_supprimer", enveloppe.pk)
    assert lieu.client.post(suppression, {"version": enveloppe.version - 1}).status_code == 200
    assert lieu.client.post(suppression, {"version": enveloppe.version}).status_code == 302
    assert Enveloppe.objects.count() == 0


def test_un_montant_d_enveloppe_illisible_garde_ce_qui_est_tape(lieu):
    donnees = {"financeur": lieu.etat.pk, "montant": "vingt mille"}
    reponse = lieu.client.post(lieu.adresse("enveloppe_creer"), donnees)
    assert 'value="vingt mille"' in reponse.content.decode()
    assert Enveloppe.objects.count() == 0


# -- Totals ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("par", ["financeur", "axe", "porteur", "territoire", "dispositif", "nature"])
def test_chaque_chiffre_des_totaux_mene_a_ses_lignes(lieu, par):
    quartiers = fabriques.TerritoireFactory.create_batch(2, contrat=lieu.contrat)
    axe = fabriques.AxeFactory(contrat=lieu.contrat)
    lieu.velo.axe, lieu.velo.dispositif = axe, fabriques.DispositifFactory()
    lieu.velo.save()
    for annuelle, territoires in ((lieu.velo, quartiers[:1]), (lieu.fete, quartiers)):
        annuelle.territoires.set(territoires)
    LigneFinancement.objects.filter(pk=ligne(lieu.velo, lieu.ville, propose=4000).pk).update(
        nature_credit="droit_commun"
    )
    ligne(lieu.fete, lieu.etat, propose=900)
    page = lieu.client.get(lieu.adresse("programmation_totaux") + f"?par={par}&montant=propose").context[
        "page"
    ]
    assert page.totaux.total == Decimal(4900)
    lus = [poste for poste in page.postes if poste.poste.montant is not None]
    assert sorted(lu.poste.montant for lu in lus) == [Decimal(900), Decimal(4000)]
    for lu in lus:
        grille = lieu.client.get(lu.url).context["page"].grille
        assert grille.total == lu.poste.montant, lu.poste.libelle


def test_les_totaux_se_comparent_a_l_annee_d_avant(lieu):
    avant = fabriques.CampagneFactory(contrat=lieu.contrat, annee=2023)
    ancienne = fabriques.ActionAnnuelleFactory(campagne=avant, action=lieu.velo.action)
    ligne(ancienne, lieu.ville, accorde=2000)
    ligne(lieu.velo, lieu.ville, accorde=2500)
    page = lieu.client.get(lieu.adresse("programmation_totaux") + "?montant=accorde")
    assert page.context["page"].totaux.total_avant == Decimal(2000)
    assert "+ 25,0 %" in texte(page)
    filtree = lieu.client.get(lieu.adresse("programmation_totaux") + "?montant=accorde&q=fete")
    assert filtree.context["page"].totaux.total_avant is None


# -- Scenarios -------------------------------------------------------------------------------------
@pytest.fixture
def scenario(lieu: Any) -> Scenario:
    """Give a scenario copied from the proposed amounts."""
    ligne(lieu.velo, lieu.ville, propose=4000)
    reponse = lieu.client.post(lieu.adresse("scenarios"), {"nom": "Prudent", "etat": "montant_propose"})
    assert reponse.status_code == 302
    return Scenario.objects.get()


def essayer(lieu: Any, scenario: Scenario, annuelle: ActionAnnuelle, nom: str, avant: str, apres: str) -> Any:
    corps = {"ligne": annuelle.cle, "champs": {nom: {"avant": avant, "apres": apres}}}
    adresse = lieu.adresse("scenario_cellule", scenario.cle)
    return lieu.client.post(adresse, json.dumps(corps), content_type="application/json").json()


def test_une_colonne_illisible_ne_s_essaie_pas(lieu, scenario):
    reponse = essayer(lieu, scenario, lieu.velo, "\ud800-non_precisee", "", "1")
    assert list(reponse) == ["message"]


def test_un_scenario_s_essaie_se_compare_et_s_adopte(lieu, scenario):
    reponse = essayer(lieu, scenario, lieu.velo, colonne(lieu.ville), "4 000", "3 000")
    assert lisible(reponse["total"]) == "3 000"
    page = lieu.client.get(lieu.adresse("scenario", scenario.cle)).context["page"]
    assert (lisible(reponse["phrase"]), lisible(page.phrase)) == ("2 actions en 2024, 3 000 € essayés.",) * 2
    assert LigneFinancement.objects.get().montant_propose == Decimal(4000)
    comparaison = texte(lieu.client.get(lieu.adresse("scenario_comparer", scenario.cle)))
    assert "1 case diffère, sur 1 action." in comparaison
    assert "− 1 000" in comparaison
    scenario.refresh_from_db()
    adopter = lieu.adresse("scenario_adopter", scenario.cle)
    assert lieu.client.get(adopter).status_code == 200
    assert lieu.client.post(adopter, {"version": scenario.version}).status_code == 302
    assert LigneFinancement.objects.get().montant_propose == Decimal(3000)
    scenario.refresh_from_db()
    assert scenario.statut == Scenario.Statut.ADOPTE
    adoptee = texte(lieu.client.get(lieu.adresse("scenario_comparer", scenario.cle)))
    assert "Aucune case ne diffère." in adoptee
    page = lieu.client.get(lieu.adresse("scenario", scenario.cle)).context["page"]
    assert not page.vue.modifiable


def test_adopter_demande_de_choisir_ce_qui_a_change_depuis(lieu, scenario):
    essayer(lieu, scenario, lieu.velo, colonne(lieu.ville), "4 000", "3 000")
    ecrire(lieu, lieu.velo, {colonne(lieu.ville): ("4 000", "3 500")})
    scenario.refresh_from_db()
    adopter = lieu.adresse("scenario_adopter", scenario.cle)
    refus = lieu.client.post(adopter, {"version": scenario.version})
    assert "Le scénario n'est pas adopté" in texte(refus)
    assert LigneFinancement.objects.get().montant_propose == Decimal(3500)
    choix = {f"choix-{lieu.velo.cle}-{colonne(lieu.ville)}": "scenario", "version": scenario.version}
    assert lieu.client.post(adopter, choix).status_code == 302
    assert LigneFinancement.objects.get().montant_propose == Decimal(3000)


def test_un_scenario_se_renomme_se_duplique_et_s_ecarte(lieu, scenario):
    modifier = lieu.adresse("scenario_modifier", scenario.cle)
    donnees = {"nom": "Très prudent", "commentaire": "", "version": scenario.version}
    assert lieu.client.post(modifier, donnees).status_code == 302
    perime = lieu.client.post(modifier, {**donnees, "nom": "Autre"})
    assert "a enregistré une autre version" in texte(perime) or "une autre version" in texte(perime)
    assert (
        lieu.client.post(lieu.adresse("scenario_dupliquer", scenario.cle), {"nom": "Copie"}).status_code
        == 302
    )
    scenario.refresh_from_db()
    ecarter = lieu.adresse("scenario_ecarter", scenario.cle)
    assert lieu.client.post(ecarter, {"version": scenario.version}).status_code == 302
    scenario.refresh_from_db()
    assert scenario.statut == Scenario.Statut.ECARTE
    reprendre = lieu.adresse("scenario_reprendre", scenario.cle)
    assert lieu.client.post(reprendre, {"version": scenario.version}).status_code == 302
    scenario.refresh_from_db()
    assert (scenario.statut, scenario.nom) == (Scenario.Statut.OUVERT, "Très prudent")
    page = texte(lieu.client.get(lieu.adresse("scenarios")))
    assert "Copie" in page
    assert lieu.client.get(lieu.adresse("scenario", "inconnu")).status_code == 404


def test_un_nom_de_scenario_deja_pris_se_dit(lieu, scenario):
    reponse = lieu.client.post(lieu.adresse("scenarios"), {"nom": "Prudent", "etat": "montant_propose"})
    assert reponse.status_code == 200
    assert Scenario.objects.count() == 1


# -- Renewal, decision -----------------------------------------------------------------------------
def test_reconduire_puis_annuler(lieu):
    avant = fabriques.CampagneFactory(contrat=lieu.contrat, annee=2023)
    ancienne = action(lieu, "Jardin partagé", campagne=avant, statut=ActionAnnuelle.Statut.REALISEE)
    ligne(ancienne, lieu.ville, accorde=1200)
    adresse = lieu.adresse("reconduire")
    assert "1 action de 2023 peut être reconduite en 2024" in texte(lieu.client.get(adresse))
    rien = lieu.client.post(adresse, {"montants": "aucun"})
    assert "Aucune action n'est cochée" in texte(rien)
    donnees = {"montants": "accordes_comme_demandes", "action": [ancienne.cle]}
    assert lieu.client.post(adresse, donnees).status_code == 302
    assert "Aucune action de 2023 ne peut plus être reconduite en 2024, 1 y est déjà." in texte(
        lieu.client.get(adresse)
    )
    nouvelle = ActionAnnuelle.objects.get(campagne=lieu.campagne, action=ancienne.action)
    assert (nouvelle.type, nouvelle.statut) == ("reconduction", "deposee")
    assert nouvelle.lignes_financement.get().montant_demande == Decimal(1200)
    lieu.client.post(adresse, {"geste": "annuler", "action": [nouvelle.cle]})
    assert not ActionAnnuelle.objects.filter(pk=nouvelle.pk).exists()


def test_une_decision_se_prend_sur_les_actions_cochees(lieu):
    ligne(lieu.velo, lieu.ville, propose=4000)
    instance = fabriques.InstanceFactory(contrat=lieu.contrat)
    adresse = lieu.adresse("decider")
    donnees = {
        "action": [lieu.velo.cle],
        "sens": "retenue",
        "copier_proposes": "on",
        "instance": instance.pk,
        "date_seance": "2024-03-12",
        "organe": "Conseil communautaire",
        "date_deliberation": "2024-03-28",
        "numero": "2024-17",
    }
    manque = lieu.client.post(adresse, {**donnees, "date_seance": ""})
    assert "Une nouvelle séance demande l'instance et la date." in texte(manque)
    assert Seance.objects.count() == Deliberation.objects.count() == 0
    assert lieu.client.post(adresse, donnees).status_code == 302
    lieu.velo.refresh_from_db()
    decidee = LigneFinancement.objects.get()
    assert lieu.velo.statut == ActionAnnuelle.Statut.PROGRAMMEE
    assert decidee.montant_accorde == Decimal(4000)
    assert (str(decidee.date_decision), decidee.deliberation.numero) == ("2024-03-28", "2024-17")
    fiche = texte(lieu.client.get(lieu.adresse("action_detail", lieu.velo.cle)))
    assert "28 mars 2024" in fiche
    assert "n° 2024-17" in fiche


def test_une_instance_qui_n_est_pas_dans_la_liste_s_ecrit(lieu):
    adresse = lieu.adresse("decider")
    donnees = {"sens": "retenue", "nouvelle_instance": "Comité  de pilotage", "date_seance": "2024-03-12"}
    sans_date = lieu.client.post(adresse, {**donnees, "action": [lieu.velo.cle], "date_seance": ""})
    assert "Une nouvelle séance demande l'instance et la date." in texte(sans_date)
    assert Instance.objects.count() == 0
    assert lieu.client.post(adresse, {**donnees, "action": [lieu.velo.cle]}).status_code == 302
    instance = Instance.objects.get()
    assert (instance.contrat, instance.nom, instance.type) == (lieu.contrat, "Comité de pilotage", "copil")
    deux = lieu.client.post(adresse, {**donnees, "action": [lieu.fete.cle], "instance": instance.pk})
    assert "Choisissez une instance, ou écrivez-en une : pas les deux." in texte(deux)
    donnees["nouvelle_instance"] = "comité de pilotage"
    assert lieu.client.post(adresse, {**donnees, "action": [lieu.fete.cle]}).status_code == 302
    assert (Instance.objects.get(), Seance.objects.get().instance) == (instance, instance)


def test_un_refus_dit_pourquoi_et_ce_qui_est_coche_reste_coche(lieu):
    reponse = lieu.client.post(lieu.adresse("decider"), {"action": [lieu.fete.cle], "sens": "refusee"})
    assert "Dites pourquoi" in texte(reponse)
    assert f'value="{lieu.fete.cle}" checked' in reponse.content.decode()
    lieu.fete.refresh_from_db()
    assert lieu.fete.statut == ActionAnnuelle.Statut.DEPOSEE


# -- Bagnols 2023 ----------------------------------------------------------------------------------
def test_les_chiffres_de_bagnols_sont_ceux_du_document(db, client):
    call_command("charger_demo", verbosity=0)
    contrat = ContratVille.objects.get(slug__startswith="bagnols")
    client.force_login(fabriques.chargee_de_mission(contrat))
    adresse = reverse("programmation", args=[contrat.slug, 2023])
    page = client.get(adresse).context["page"]
    lus = {colonne.libelle: lisible(colonne.total) for colonne in page.vue.colonnes}
    assert lus == {
        "MAIRIE BAGNOLS": "321 439",
        "AGGLO": "26 000",
        "PSE": "2 500",
        "ETAT": "238 800",
        "Département": "60 300",
        "Région": "18 000",
        "CAF": "43 346",
    }
    assert page.grille.total == Decimal(667039)
    for par in ("financeur", "axe", "porteur", "dispositif", "nature", "territoire"):
        totaux = client.get(
            f"{reverse('programmation_totaux', args=[contrat.slug, 2023])}?par={par}"
        ).context["page"]
        assert totaux.totaux.total == Decimal(667039), par
        postes = [lu.poste for lu in totaux.postes]
        assert sum(poste.montant or 0 for poste in postes) == Decimal(667039), par
        assert sum(poste.part or 0 for poste in postes) == 100, par
