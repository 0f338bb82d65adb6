"""The page of an action: what each one reads of it, the money, the bilan's next step, the history."""

from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from bilans.pages.action import plan_de_financement
from tests import fabriques
from tests.outils.pages import texte

pytestmark = pytest.mark.django_db


@pytest.fixture
def annuelle():
    return fabriques.ActionAnnuelleFactory(
        avec_axe=True, description="Deux ateliers par semaine.", action__intitule="Jardins partagés"
    )


@pytest.fixture
def chargee(annuelle):
    return fabriques.chargee_de_mission(annuelle.campagne.contrat, prenom="Claire", nom="Montrichard")


@pytest.fixture
def porteur(annuelle):
    return fabriques.representant_du_porteur(annuelle.action.porteur)


def adresse(annuelle, nom="action_detail"):
    campagne = annuelle.campagne
    return reverse(nom, args=[campagne.contrat.slug, campagne.annee, annuelle.cle])


def ligne(annuelle, sigle, hors_total=False, **montants):
    contrat = annuelle.campagne.contrat
    financeur = fabriques.FinanceurFactory(contrat=contrat, nom=sigle, sigle=sigle, dans_total=not hors_total)
    montants = {"montant_accorde": None} | {nom: Decimal(valeur) for nom, valeur in montants.items()}
    return fabriques.LigneFinancementFactory(action_annuelle=annuelle, financeur=financeur, **montants)


def lu(plan):
    """Return the table as text: columns, lines, total, then what is outside of the total."""

    def montants(cellules):
        return [None if c.valeur is None else int(c.valeur) for c in cellules]

    return (
        plan.etats,
        [(r.ligne.financeur.sigle, montants(r.montants)) for r in plan.lignes],
        montants(plan.total),
        [(r.ligne.financeur.sigle, montants(r.montants)) for r in plan.hors_total],
        montants(plan.total_hors),
    )


# -- Identity --------------------------------------------------------------------------------------
def test_la_page_dit_qui_porte_l_action_ou_et_dans_quel_etat(client, chargee, annuelle):
    quartier = fabriques.TerritoireFactory(contrat=annuelle.campagne.contrat, nom="Les Tilleuls")
    annuelle.territoires.add(quartier)
    annuelle.statut, annuelle.motif = "ajournee", "Dossier incomplet."
    annuelle.save()
    fabriques.VoletFactory(action_annuelle=annuelle, intitule="Ateliers du mercredi")
    fabriques.IndicateurActionFactory(
        action_annuelle=annuelle, libelle="Nombre de parcelles", cible=Decimal(12)
    )
    client.force_login(chargee)
    page = texte(client.get(adresse(annuelle)))
    for phrase in (
        "Jardins partagés",
        annuelle.action.porteur.nom,
        "Ajournée Dossier incomplet.",
        "Les Tilleuls",
        annuelle.axe.libelle,
        "Description Deux ateliers par semaine.",
        "Ateliers du mercredi",
        "Nombre de parcelles – cible : 12",
        "Aucun bilan n'est attendu d'une action à l'état « Ajournée ».",
    ):
        assert phrase in page, phrase
    assert "Public visé" not in page


def test_les_autres_annees_menent_a_leur_page(client, chargee, annuelle):
    suivante = fabriques.annee_de(annuelle.action, 2025)
    ailleurs = fabriques.ActionAnnuelleFactory(campagne=annuelle.campagne)
    client.force_login(chargee)
    page = client.get(adresse(annuelle)).content.decode()
    assert adresse(suivante) in page
    assert adresse(ailleurs) not in page


def test_une_action_d_ailleurs_n_existe_pas(client, annuelle):
    for compte in (
        fabriques.chargee_de_mission(fabriques.ContratFactory()),
        fabriques.membre_du_copil(annuelle.campagne.contrat),
        fabriques.representant_du_porteur(
            fabriques.ActionAnnuelleFactory(campagne=annuelle.campagne).action.porteur
        ),
    ):
        client.force_login(compte)
        assert client.get(adresse(annuelle)).status_code == 404


def test_une_action_d_une_autre_annee_n_est_pas_a_cette_adresse(client, chargee, annuelle):
    suivante = fabriques.annee_de(annuelle.action, 2025)
    client.force_login(chargee)
    fausse = reverse("action_detail", args=[annuelle.campagne.contrat.slug, 2024, suivante.cle])
    assert client.get(fausse).status_code == 404


# -- Money -----------------------------------------------------------------------------------------
def test_les_montants_par_etat_le_total_et_ce_qui_est_a_part(annuelle, chargee):
    ville = ligne(annuelle, "MAIRIE", montant_demande=3000, montant_accorde=1000)
    ligne(annuelle, "ÉTAT", montant_demande=7000)
    ligne(annuelle, "CAF", hors_total=True, montant_accorde=500)
    fabriques.VersementFactory(ligne=ville, verse=True, montant_verse=Decimal(400))
    fabriques.VersementFactory(ligne=ville, numero=2)
    assert lu(plan_de_financement(annuelle, chargee, complet=True)) == (
        ["Demandé", "Accordé", "Versé"],
        [("MAIRIE", [3000, 1000, 400]), ("ÉTAT", [7000, None, None])],
        [10000, 1000, 400],
        [("CAF", [None, 500, None])],
        [],
    )


def test_un_montant_vide_n_est_pas_zero(annuelle, chargee):
    ligne(annuelle, "MAIRIE", montant_accorde=0)
    ligne(annuelle, "ÉTAT")
    etats, lignes, total, _, _ = lu(plan_de_financement(annuelle, chargee, complet=True))
    assert (etats, lignes, total) == (["Accordé"], [("MAIRIE", [0]), ("ÉTAT", [None])], [0])


def test_le_financeur_ne_voit_que_sa_ligne_et_aucun_total(client, annuelle):
    sienne = ligne(annuelle, "ÉTAT", montant_accorde=7123)
    ligne(annuelle, "ÉTAT bis", montant_accorde=1877)
    ligne(annuelle, "MAIRIE", montant_accorde=2345)
    client.force_login(fabriques.representant_du_financeur(sienne.financeur))
    page = texte(client.get(adresse(annuelle)))
    assert "7 123 €" in page
    assert "2 345 €" not in page
    assert "11 345 €" not in page
    assert "Total politique de la ville" not in page
    assert "Seules les lignes de votre structure vous sont montrées." in page


def test_les_montants_a_confirmer_menent_a_leur_page_pour_la_chargee_seulement(
    client, annuelle, chargee, porteur
):
    fabriques.AmbiguiteFactory(action_annuelle=annuelle)
    client.force_login(chargee)
    page = client.get(adresse(annuelle))
    assert "Montants à confirmer" in texte(page)
    assert adresse(annuelle, "montants_trancher") in page.content.decode()
    client.force_login(porteur)
    assert "Montants à confirmer" not in texte(client.get(adresse(annuelle)))


def test_les_liens_qui_modifient_sont_pour_la_chargee(client, annuelle, chargee, porteur):
    une = ligne(annuelle, "MAIRIE", montant_accorde=1000)
    liens = [
        adresse(annuelle, "action_modifier"),
        adresse(annuelle, "ligne_ajouter"),
        reverse("ligne_modifier", args=[annuelle.campagne.contrat.slug, 2024, une.cle]),
    ]
    client.force_login(chargee)
    page = client.get(adresse(annuelle)).content.decode()
    assert [lien in page for lien in liens] == [True, True, True]
    client.force_login(porteur)
    page = client.get(adresse(annuelle)).content.decode()
    assert [lien in page for lien in liens] == [False, False, False]
    assert "1\u202f000\u00a0€" in page


def test_le_budget_est_celui_annonce_sinon_la_somme_des_charges(client, annuelle, chargee):
    fabriques.BudgetFactory(action_annuelle=annuelle, total_annonce=Decimal(163546))
    realise = fabriques.BudgetFactory(action_annuelle=annuelle, type="realise")
    for code, hors_total, montant in (("604", False, 800), ("641", False, 1200), ("864", True, 5000)):
        compte = fabriques.CompteBudgetaireFactory(code=code, hors_total=hors_total)
        fabriques.LigneBudgetFactory(budget=realise, compte=compte, montant=Decimal(montant))
    client.force_login(chargee)
    page = texte(client.get(adresse(annuelle)))
    assert "Budget prévisionnel : 163 546 €" in page
    assert "Budget réalisé : 2 000 €" in page


def test_une_action_attendue_sans_bilan_le_dit(client, annuelle, chargee):
    client.force_login(chargee)
    assert "Il n'est pas encore ouvert." in texte(client.get(adresse(annuelle)))


# -- The bilan -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("statut", "pour_la_chargee", "pour_le_porteur"),
    [
        (None, ("Modifier l'action", "action_modifier"), None),
        ("a_saisir", ("Saisir le bilan", "bilan_saisir"), ("Saisir le bilan", "bilan_saisir")),
        ("en_saisie", ("Continuer le bilan", "bilan_saisir"), ("Continuer le bilan", "bilan_saisir")),
        ("a_completer", ("Compléter le bilan", "bilan_saisir"), ("Compléter le bilan", "bilan_saisir")),
        ("transmis", ("Relire le bilan", "bilan_detail"), ("Lire le bilan", "bilan_detail")),
        ("en_verification", ("Relire le bilan", "bilan_detail"), ("Lire le bilan", "bilan_detail")),
        ("valide", ("Lire le bilan", "bilan_detail"), ("Lire le bilan", "bilan_detail")),
        ("dispense", ("Lire le bilan", "bilan_detail"), ("Lire le bilan", "bilan_detail")),
    ],
)
def test_l_action_principale_suit_le_role_et_l_etat(
    client, annuelle, chargee, porteur, statut, pour_la_chargee, pour_le_porteur
):
    if statut:
        fabriques.BilanFactory(action_annuelle=annuelle, **({} if statut == "a_saisir" else {statut: True}))
    for compte, attendu in ((chargee, pour_la_chargee), (porteur, pour_le_porteur)):
        client.force_login(compte)
        bouton = client.get(adresse(annuelle)).context["bouton"]
        assert (bouton and (bouton.libelle, bouton.nom)) == attendu
        if bouton:
            assert bouton.url == adresse(annuelle, attendu[1])


def test_le_porteur_lit_ce_qu_il_reste_a_faire_et_pour_quand(client, annuelle, porteur):
    fabriques.BilanFactory(action_annuelle=annuelle, a_completer=True)
    client.force_login(porteur)
    page = texte(client.get(adresse(annuelle)))
    assert "Il vous a été renvoyé pour être complété. Il était attendu pour le 30 juin 2025." in page
    assert "Indiquez le nombre de participants." in page


def test_les_bilans_clos_ne_se_saisissent_plus(client, annuelle, porteur):
    fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True)
    annuelle.campagne.statut = "bilans_clos"
    annuelle.campagne.save()
    client.force_login(porteur)
    reponse = client.get(adresse(annuelle))
    assert "Les bilans de 2024 sont clos" in texte(reponse)
    assert reponse.context["bouton"].nom == "bilan_detail"
    reponse = client.get(adresse(annuelle, "bilan_saisir"), follow=True)
    assert reponse.redirect_chain == [(adresse(annuelle, "bilan_detail"), 302)]
    assert "Les bilans de 2024 sont clos" in texte(reponse)


def test_l_echeance_a_venir_se_compte_en_jours(client, annuelle, porteur):
    fabriques.BilanFactory(action_annuelle=annuelle)
    with time_machine.travel("2025-06-18 10:00", tick=False):
        client.force_login(porteur)
        page = texte(client.get(adresse(annuelle)))
    assert "À vous de le saisir. Il est attendu pour le 30 juin 2025, dans 12 jours." in page


def test_le_resume_du_bilan_donne_les_chiffres(client, annuelle, chargee):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, valide=True)
    fabriques.effectifs(bilan, F=59, H=82)
    client.force_login(chargee)
    page = texte(client.get(adresse(annuelle)))
    assert "L'action a été Réalisée Ensemble du public 141" in page


def test_le_verse_est_la_somme_des_versements_faits(annuelle, chargee):
    sienne = ligne(annuelle, "ÉTAT", montant_accorde=900)
    for statut, montant in (("verse", 400), ("verse", 100), ("annule", 1000), ("prevu", None)):
        fabriques.VersementFactory(
            ligne=sienne, statut=statut, montant_verse=montant, date_versement="2024-06-14"
        )
    plan = plan_de_financement(annuelle, chargee, complet=True)
    assert dict(plan.lignes[0].montants)["Versé"] == 500


def test_le_financeur_ne_lit_pas_les_autres_aides_de_la_fiche(client, annuelle):
    annuelle.moyens_financiers = "La Région donne 4 000 euros."
    annuelle.lieux = "Au parc."
    annuelle.save()
    ligne = fabriques.LigneFinancementFactory(action_annuelle=annuelle)
    porteur = fabriques.representant_du_porteur(annuelle.action.porteur)
    for compte, dit in ((fabriques.representant_du_financeur(ligne.financeur), False), (porteur, True)):
        client.force_login(compte)
        lue = texte(client.get(adresse(annuelle)))
        assert "Au parc." in lue
        assert ("4 000 euros" in lue) is dit


def test_un_bilan_pas_encore_valide_n_est_pas_montre_au_financeur(client, annuelle):
    fabriques.BilanFactory(action_annuelle=annuelle, transmis=True, mise_en_oeuvre="Entre nous.")
    financeur = fabriques.FinanceurFactory(contrat=annuelle.campagne.contrat)
    client.force_login(fabriques.representant_du_financeur(financeur))
    page = texte(client.get(adresse(annuelle)))
    assert "Il n'est pas encore validé." in page
    assert "Entre nous." not in page


# -- History ---------------------------------------------------------------------------------------
def test_l_histoire_dit_qui_a_change_quoi(client, annuelle, chargee, porteur):
    une = ligne(annuelle, "MAIRIE", montant_accorde=1000)
    une.montant_accorde, une._history_user = Decimal(1500), chargee
    une.save()
    annuelle.statut, annuelle._history_user = "soldee", chargee
    annuelle.save()
    for compte in (chargee, porteur):
        client.force_login(compte)
        page = texte(client.get(adresse(annuelle)))
        assert "Claire Montrichard" in page
        assert "MAIRIE, accordé (€) : avant 1 000 € → après 1 500 €" in page
        assert "État : avant Réalisée → après Soldée" in page
    financeur = fabriques.FinanceurFactory(contrat=annuelle.campagne.contrat)
    client.force_login(fabriques.representant_du_financeur(financeur))
    assert "1 500 €" not in texte(client.get(adresse(annuelle)))
