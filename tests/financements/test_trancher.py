"""Settling an ambiguous row: a person chooses, the amounts follow, nothing else moves, and it can be redone."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from comptes.versions import VersionPerimee
from financements.models import AmbiguiteMontants, LecturePossible, LigneFinancement, MontantLu
from financements.operations import etat_de, trancher_montants
from tests import fabriques
from tests.outils.pages import erreurs, rien_n_est_ecrit, saisie, texte
from tests.outils.requetes import verifier_requetes_constantes


@pytest.fixture
def ambiguite(lieu):
    """Bagnols' row 36 in small: 1 000 + 500 from Ville and État, or 1 000 + 500 from État and Région."""
    objet = AmbiguiteMontants.objects.create(
        action_annuelle=lieu.annuelle, explication="Une case vide manque.", cases_lues="1000 | 500 | | 1500"
    )
    for ordre, montants in enumerate(
        ({lieu.ville: 1000, lieu.etat: 500}, {lieu.etat: 1000, lieu.region: 500}), 1
    ):
        lecture = LecturePossible.objects.create(ambiguite=objet, ordre=ordre)
        for financeur, montant in montants.items():
            MontantLu.objects.create(lecture=lecture, financeur=financeur, montant=montant)
    for financeur, montant in ((lieu.ville, 1000), (lieu.etat, 500), (lieu.caf, 2500)):
        fabriques.LigneFinancementFactory(
            action_annuelle=lieu.annuelle, financeur=financeur, montant_accorde=Decimal(montant)
        )
    return objet


def montants(lieu):
    lignes = LigneFinancement.objects.filter(action_annuelle=lieu.annuelle)
    return {ligne.financeur.sigle: ligne.montant_accorde for ligne in lignes.select_related("financeur")}


def confirmer(lieu, lecture, **autres):
    adresse = lieu.adresse("montants_trancher", lieu.annuelle.cle)
    page = lieu.client.get(adresse)
    return lieu.client.post(adresse, {**saisie(page), "lecture": getattr(lecture, "pk", lecture), **autres})


def test_la_page_montre_le_document_et_chaque_lecture(lieu, ambiguite):
    page = lieu.client.get(lieu.adresse("montants_trancher", lieu.annuelle.cle))
    lue = texte(page)
    assert "Une case vide manque." in lue
    assert "de gauche à droite : 1000 500 (vide) 1500" in lue
    assert "CAF : 2 500 €, hors du total politique de la ville" in lue
    lectures = page.context["lectures"]
    assert [[(c.financeur, c.montant) for c in lecture.cases] for lecture in lectures] == [
        [(lieu.ville, 1000), (lieu.etat, 500), (lieu.region, None)],
        [(lieu.ville, None), (lieu.etat, 1000), (lieu.region, 500)],
    ]
    assert [lecture.total for lecture in lectures] == [1500, 1500]
    assert [lecture.enregistree for lecture in lectures] == [True, False]
    assert all(case.differe for lecture in lectures for case in lecture.cases)


def test_confirmer_remplace_les_montants_du_total_et_garde_la_caf(lieu, ambiguite):
    _, seconde = ambiguite.lectures.order_by("ordre")
    reponse = confirmer(lieu, seconde)
    assert reponse.url == lieu.adresse("action_detail", lieu.annuelle.cle)
    assert montants(lieu) == {"ÉTAT": 1000, "RÉGION": 500, "CAF": 2500}
    ambiguite.refresh_from_db()
    assert (ambiguite.lecture_retenue, ambiguite.tranchee_par) == (seconde, lieu.chargee)
    assert ambiguite.tranchee_le is not None
    assert ambiguite.historique.first().history_user == lieu.chargee
    ecrites = LigneFinancement.historique.exclude(history_user=None).order_by("history_id")
    assert [(h.history_type, h.financeur.sigle, h.montant_accorde) for h in ecrites] == [
        ("-", "MAIRIE", 1000),
        ("~", "ÉTAT", 1000),
        ("+", "RÉGION", 500),
    ]
    assert {h.history_user for h in ecrites} == {lieu.chargee}
    assert {h.history_change_reason for h in ecrites} == {"Montants à trancher : lecture 2 confirmée"}


def test_confirmer_la_lecture_deja_enregistree_ne_touche_pas_aux_lignes(lieu, ambiguite):
    avant = list(LigneFinancement.objects.order_by("pk").values())
    confirmer(lieu, ambiguite.lectures.get(ordre=1))
    assert list(LigneFinancement.objects.order_by("pk").values()) == avant
    ambiguite.refresh_from_db()
    assert ambiguite.tranchee


def test_on_peut_changer_d_avis(lieu, ambiguite):
    premiere, seconde = ambiguite.lectures.order_by("ordre")
    confirmer(lieu, seconde)
    page = lieu.client.get(lieu.adresse("montants_trancher", lieu.annuelle.cle))
    assert "Lecture 2 confirmée" in texte(page)
    assert "par Claire Aubert" in texte(page)
    assert saisie(page)["lecture"] == str(seconde.pk)
    confirmer(lieu, premiere)
    assert montants(lieu) == {"MAIRIE": 1000, "ÉTAT": 500, "CAF": 2500}
    choix = [h.lecture_retenue_id for h in ambiguite.historique.all()]
    assert choix == [premiere.pk, seconde.pk, None]


def test_ce_que_la_ligne_sait_d_autre_n_est_pas_perdu(lieu, ambiguite):
    ligne = LigneFinancement.objects.get(financeur=lieu.ville)
    ligne.montant_demande = Decimal(3000)
    ligne.save()
    confirmer(lieu, ambiguite.lectures.get(ordre=2))
    ligne.refresh_from_db()
    assert (ligne.montant_demande, ligne.montant_accorde, ligne.version) == (Decimal(3000), None, 2)


def test_une_ligne_payee_n_est_pas_supprimee(lieu, ambiguite):
    ligne = LigneFinancement.objects.get(financeur=lieu.ville)
    fabriques.VersementFactory(ligne=ligne)
    confirmer(lieu, ambiguite.lectures.get(ordre=2))
    ligne.refresh_from_db()
    assert ligne.montant_accorde is None


def test_les_montants_corriges_a_la_main_peuvent_etre_les_bons(lieu, ambiguite):
    ligne = LigneFinancement.objects.get(financeur=lieu.ville)
    ligne.montant_accorde = Decimal(900)
    ligne.save()
    page = lieu.client.get(lieu.adresse("montants_trancher", lieu.annuelle.cle))
    assert page.context["lectures"][-1].titre == "Les montants actuels de l'action"
    assert confirmer(lieu, "actuels").status_code == 302
    ambiguite.refresh_from_db()
    retenue = ambiguite.lecture_retenue
    assert retenue.ordre == 3
    assert {m.financeur: m.montant for m in retenue.montants.all()} == {lieu.ville: 900, lieu.etat: 500}
    assert montants(lieu) == {"MAIRIE": 900, "ÉTAT": 500, "CAF": 2500}


def test_sans_correction_les_montants_actuels_ne_sont_pas_un_choix(lieu, ambiguite):
    with rien_n_est_ecrit():
        reponse = confirmer(lieu, "actuels")
    assert erreurs(reponse) == {"lecture": ["Choisissez l'une des lectures."]}


def test_un_financeur_a_deux_lignes_se_corrige_a_la_main(lieu, ambiguite):
    fabriques.LigneFinancementFactory(
        action_annuelle=lieu.annuelle, financeur=lieu.ville, nature_credit="droit_commun"
    )
    with rien_n_est_ecrit():
        reponse = confirmer(lieu, ambiguite.lectures.get(ordre=2))
    (phrase,) = erreurs(reponse)["__all__"]
    assert phrase.startswith("« Ville » a plusieurs lignes de financement pour cette action.")


@pytest.mark.parametrize("lecture", ["", "0", "999999", "x"])
def test_il_faut_choisir_une_lecture_de_la_ligne(lieu, ambiguite, lecture):
    with rien_n_est_ecrit():
        reponse = confirmer(lieu, lecture)
    assert erreurs(reponse) == {"lecture": ["Choisissez l'une des lectures."]}


def test_la_lecture_d_une_autre_ligne_est_refusee(lieu, ambiguite):
    ailleurs = fabriques.AmbiguiteFactory(action_annuelle__campagne=lieu.campagne)
    with rien_n_est_ecrit():
        assert list(erreurs(confirmer(lieu, ailleurs.lectures.first()))) == ["lecture"]


def test_le_second_est_prevenu_qu_une_lecture_vient_d_etre_confirmee(lieu, ambiguite):
    adresse = lieu.adresse("montants_trancher", lieu.annuelle.cle)
    premiere, seconde = ambiguite.lectures.order_by("ordre")
    page_ouverte = saisie(lieu.client.get(adresse))
    confirmer(lieu, premiere)
    with rien_n_est_ecrit():
        reponse = lieu.client.post(adresse, {**page_ouverte, "lecture": seconde.pk})
    assert "votre choix n'a pas été enregistré" in texte(reponse)
    rendue = saisie(reponse)
    assert rendue["lecture"] == str(seconde.pk)
    assert lieu.client.post(adresse, rendue).status_code == 302
    assert montants(lieu) == {"ÉTAT": 1000, "RÉGION": 500, "CAF": 2500}


def test_l_operation_se_defend_elle_meme(lieu, ambiguite):
    lecture, membre = ambiguite.lectures.get(ordre=2), fabriques.membre_du_copil(lieu.contrat)
    action_voisine = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne)
    voisine = fabriques.AmbiguiteFactory(action_annuelle=action_voisine)
    with rien_n_est_ecrit():
        with pytest.raises(PermissionDenied):
            trancher_montants(membre, ambiguite, lecture, etat=etat_de(ambiguite))
        with pytest.raises(VersionPerimee):
            trancher_montants(lieu.chargee, ambiguite, lecture, etat="hier")
        with pytest.raises(ValidationError, match="autre action"):
            trancher_montants(lieu.chargee, ambiguite, voisine.lectures.first(), etat=etat_de(ambiguite))


def test_une_action_sans_ambiguite_n_a_pas_cette_page(lieu):
    assert lieu.client.get(lieu.adresse("montants_trancher", lieu.annuelle.cle)).status_code == 404


def test_lire_la_page_n_ecrit_rien_et_ne_coute_pas_plus_avec_les_lectures(lieu, ambiguite):
    adresse = lieu.adresse("montants_trancher", lieu.annuelle.cle)
    with rien_n_est_ecrit():
        lieu.client.get(adresse)

    def ajouter():
        ordre = ambiguite.lectures.count() + 1
        lecture = LecturePossible.objects.create(ambiguite=ambiguite, ordre=ordre)
        MontantLu.objects.create(
            lecture=lecture, financeur=fabriques.FinanceurFactory(contrat=lieu.contrat), montant=ordre
        )

    verifier_requetes_constantes(lambda: lieu.client.get(adresse), ajouter)
