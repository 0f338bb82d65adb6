"""Envelopes: what they retain, what remains, and that nothing exceeds them by whatever way it is written."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from actions.models import ActionAnnuelle, Campagne
from actions.operations import changer_statut, modifier_action
from comptes.versions import VersionPerimee
from financements.enveloppes import nom_de, situations
from financements.models import AmbiguiteMontants, Enveloppe, LigneFinancement
from financements.operations import (
    EnveloppeDepassee,
    EnveloppeInsuffisante,
    ajouter_ligne,
    creer_enveloppe,
    ecrire_cellule,
    modifier_enveloppe,
    modifier_ligne,
    montants_tenus,
    supprimer_enveloppe,
    trancher_montants,
)
from financements.programmation import Colonne, Etat
from financements.scenarios import enveloppes_du_scenario
from tests import fabriques
from tests.outils.requetes import verifier_requetes_constantes

Statut = ActionAnnuelle.Statut


@pytest.fixture
def enveloppe(lieu):
    return fabriques.EnveloppeFactory(campagne=lieu.campagne, financeur=lieu.etat, montant=Decimal(20000))


def ligne(lieu, financeur=None, annuelle=None, **champs):
    return fabriques.LigneFinancementFactory(
        action_annuelle=annuelle or fabriques.ActionAnnuelleFactory(campagne=lieu.campagne),
        financeur=financeur or lieu.etat,
        **{"montant_accorde": None, **champs},
    )


def phrases(refus):
    return [" ".join(message.split()) for message in refus.value.messages]


def retenus(lieu):
    return [(nom_de(s.enveloppe), s.retenu, s.actions, s.reste) for s in situations(lieu.campagne)]


# -- What is retained ------------------------------------------------------------------------------
def test_le_montant_retenu_est_le_plus_avance_qui_soit_connu(lieu, enveloppe):
    ligne(lieu, montant_demande=9999)
    ligne(lieu, montant_demande=9999, montant_propose=100)
    ligne(lieu, montant_propose=9999, montant_accorde=20)
    ligne(lieu, montant_propose=9999, montant_accorde=9999, montant_notifie=3)
    ligne(lieu, montant_propose=9999, montant_accorde=0)
    assert retenus(lieu) == [("État", Decimal(123), 4, Decimal(19877))]


@pytest.mark.parametrize("statut", [Statut.REFUSEE, Statut.AJOURNEE, Statut.ABANDONNEE, Statut.NON_RECEVABLE])
def test_une_action_qui_ne_se_fait_pas_ne_retient_rien(lieu, enveloppe, statut):
    sans = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne, statut=statut, motif="Hors sujet.")
    ligne(lieu, annuelle=sans, montant_notifie=500)
    ligne(lieu, annuelle=lieu.annuelle, montant_notifie=7)
    assert retenus(lieu) == [("État", Decimal(7), 1, Decimal(19993))]


def test_ce_qui_est_paye_a_une_action_abandonnee_reste_retenu(lieu, enveloppe):
    sans = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne, statut="abandonnee", motif="Sans public.")
    payee = ligne(lieu, annuelle=sans, montant_notifie=500)
    verse = fabriques.VersementFactory(ligne=payee, verse=True, montant_verse=Decimal(200))
    fabriques.VersementFactory(ligne=payee, numero=2, statut="mandate", montant_prevu=Decimal(90))
    fabriques.VersementFactory(ligne=payee, numero=3, montant_prevu=Decimal(210))
    fabriques.ReversementFactory(versement=verse, montant=Decimal(50), date_recouvrement=date(2024, 9, 1))
    scenario = fabriques.ScenarioFactory(campagne=lieu.campagne)
    assert retenus(lieu) == [("État", Decimal(240), 1, Decimal(19760))]
    assert [s.retenu for s in enveloppes_du_scenario(scenario)] == [Decimal(240)]


def test_une_enveloppe_d_un_dispositif_ne_compte_que_lui(lieu, enveloppe):
    ete = fabriques.DispositifFactory(libelle="Quartiers d'été")
    fabriques.EnveloppeFactory(
        campagne=lieu.campagne, financeur=lieu.etat, dispositif=ete, montant=Decimal(300)
    )
    fabriques.EnveloppeFactory(campagne=lieu.campagne, financeur=lieu.ville, montant=Decimal(50))
    dans = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne, dispositif=ete)
    ligne(lieu, annuelle=dans, montant_accorde=100)
    ligne(lieu, annuelle=lieu.annuelle, montant_accorde=1000)
    ligne(lieu, montant_accorde=40, annuelle=fabriques.ActionAnnuelleFactory(campagne__annee=2023))
    assert retenus(lieu) == [
        ("Ville", Decimal(0), 0, Decimal(50)),
        ("État", Decimal(1100), 2, Decimal(18900)),
        ("État – Quartiers d'été", Decimal(100), 1, Decimal(200)),
    ]


def test_un_financeur_voit_la_sienne_seule(lieu, enveloppe):
    fabriques.EnveloppeFactory(campagne=lieu.campagne, financeur=lieu.ville)
    compte = fabriques.representant_du_financeur(lieu.etat)
    assert [s.enveloppe for s in situations(lieu.campagne, utilisateur=compte)] == [enveloppe]
    assert len(situations(lieu.campagne, utilisateur=lieu.chargee)) == 2


def test_le_nombre_de_requetes_ne_depend_pas_des_enveloppes(lieu):
    def une_de_plus():
        fabriques.EnveloppeFactory(campagne=lieu.campagne, dispositif=fabriques.DispositifFactory())
        ligne(lieu, montant_accorde=10)

    verifier_requetes_constantes(lambda: situations(lieu.campagne), une_de_plus)


# -- Every way of writing an amount ------------------------------------------------------------------
def par_la_grille(lieu, montant):
    colonne = Colonne(lieu.etat)
    ecrire_cellule(lieu.chargee, lieu.annuelle, colonne, Etat.PROPOSE, montant, avant=None)


def par_une_nouvelle_ligne(lieu, montant):
    ajouter_ligne(
        lieu.chargee,
        LigneFinancement(action_annuelle=lieu.annuelle, financeur=lieu.etat, montant_notifie=montant),
    )


def par_une_ligne_d_un_autre_financeur(lieu, montant):
    autre = fabriques.LigneFinancementFactory(
        action_annuelle=lieu.annuelle, financeur=lieu.ville, montant_accorde=montant
    )
    autre.financeur = lieu.etat
    modifier_ligne(lieu.chargee, autre, version=1)


def par_une_lecture_tranchee(lieu, montant):
    ambiguite = AmbiguiteMontants.objects.create(action_annuelle=lieu.annuelle)
    lecture = ambiguite.lectures.create(ordre=1)
    lecture.montants.create(financeur=lieu.etat, montant=montant)
    trancher_montants(lieu.chargee, ambiguite, lecture, etat="")


def par_une_action_de_nouveau_retenue(lieu, montant):
    lieu.annuelle.statut, lieu.annuelle.motif = Statut.REFUSEE, "Hors sujet."
    lieu.annuelle.save()
    ligne(lieu, annuelle=lieu.annuelle, montant_accorde=montant)
    changer_statut(lieu.chargee, lieu.annuelle, Statut.PROGRAMMEE, motif="", raison="")


VOIES = [
    *(par_la_grille, par_une_nouvelle_ligne, par_une_ligne_d_un_autre_financeur),
    *(par_une_lecture_tranchee, par_une_action_de_nouveau_retenue),
]


@pytest.mark.parametrize("ecrire", VOIES)
def test_aucune_voie_ne_depasse_l_enveloppe(lieu, enveloppe, ecrire):
    ligne(lieu, montant_accorde=18500)
    with pytest.raises(EnveloppeDepassee):
        ecrire(lieu, Decimal("1500.01"))
    assert retenus(lieu) == [("État", Decimal(18500), 1, Decimal(1500))]


@pytest.mark.parametrize("ecrire", VOIES)
def test_l_enveloppe_se_remplit_a_l_euro_pres(lieu, enveloppe, ecrire):
    ligne(lieu, montant_accorde=18500)
    ecrire(lieu, Decimal(1500))
    assert retenus(lieu) == [("État", Decimal(20000), 2, Decimal(0))]


def test_la_phrase_dit_ce_qui_reste_et_ce_qu_il_faudrait(lieu):
    ete = fabriques.DispositifFactory(libelle="Quartiers d'été")
    fabriques.EnveloppeFactory(
        campagne=lieu.campagne, financeur=lieu.etat, dispositif=ete, montant=Decimal(20000)
    )
    lieu.annuelle.dispositif = ete
    lieu.annuelle.save()
    autre = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne, dispositif=ete)
    ligne(lieu, annuelle=autre, montant_accorde=18500)
    with pytest.raises(EnveloppeDepassee) as refus:
        par_la_grille(lieu, Decimal(3000))
    assert phrases(refus) == [
        "L'enveloppe « État – Quartiers d'été » de 2024 est de 20 000 € : il reste 1 500 € et il en faudrait 3 000 €."
    ]


def test_la_phrase_d_une_enveloppe_vide_ou_depassee(lieu, enveloppe):
    presente = ligne(lieu, montant_accorde=20000)
    with pytest.raises(EnveloppeDepassee) as refus:
        par_la_grille(lieu, Decimal(3000))
    assert phrases(refus) == [
        "L'enveloppe « État » de 2024 est de 20 000 € : il n'en reste rien et il en faudrait 3 000 €."
    ]
    LigneFinancement.objects.filter(pk=presente.pk).update(montant_accorde=21000)
    with pytest.raises(EnveloppeDepassee) as refus:
        par_la_grille(lieu, Decimal(3000))
    assert phrases(refus) == [
        "L'enveloppe « État » de 2024 est de 20 000 € : elle est déjà dépassée de 1 000 € et il en faudrait 3 000 € "
        "de plus."
    ]


def test_une_enveloppe_depassee_se_reduit_peu_a_peu(lieu, enveloppe):
    presente = ligne(lieu, annuelle=lieu.annuelle, montant_propose=30000)
    colonne = Colonne(lieu.etat)
    avant = Decimal(30000)
    for montant in (25000, 21000):
        ecrire_cellule(lieu.chargee, lieu.annuelle, colonne, Etat.PROPOSE, Decimal(montant), avant=avant)
        avant = Decimal(montant)
    presente.refresh_from_db()
    assert presente.montant_propose == 21000
    with pytest.raises(EnveloppeDepassee):
        ecrire_cellule(lieu.chargee, lieu.annuelle, colonne, Etat.PROPOSE, Decimal(21001), avant=avant)


def test_changer_de_dispositif_ne_depasse_pas_son_enveloppe(lieu):
    ete = fabriques.DispositifFactory(libelle="Quartiers d'été")
    fabriques.EnveloppeFactory(
        campagne=lieu.campagne, financeur=lieu.etat, dispositif=ete, montant=Decimal(100)
    )
    ligne(lieu, annuelle=lieu.annuelle, montant_accorde=101)

    def changer():
        annuelle = ActionAnnuelle.objects.get(pk=lieu.annuelle.pk)
        annuelle.dispositif = ete
        modifier_action(
            lieu.chargee,
            annuelle,
            version=annuelle.version,
            porteur=annuelle.action.porteur,
            intitule=annuelle.action.intitule,
            territoires=[],
        )

    # The first save of the factory is its creation.
    with pytest.raises(EnveloppeDepassee) as refus:
        changer()
    assert phrases(refus) == [
        "L'enveloppe « État – Quartiers d'été » de 2024 est de 100 € : avec cette action, 101 € y seraient retenus."
    ]
    LigneFinancement.objects.update(montant_accorde=100)
    changer()
    assert ActionAnnuelle.objects.get(pk=lieu.annuelle.pk).dispositif == ete


def test_ce_qui_s_ecrit_en_nombre_est_verifie_a_la_fin(lieu, enveloppe):
    autre = ligne(lieu, montant_accorde=15000)
    mienne = ligne(lieu, montant_accorde=5000)
    with montants_tenus(lieu.campagne):
        LigneFinancement.objects.filter(pk=mienne.pk).update(montant_accorde=15000)
        LigneFinancement.objects.filter(pk=autre.pk).update(montant_accorde=5000)
    with pytest.raises(EnveloppeDepassee), montants_tenus(lieu.campagne):
        LigneFinancement.objects.filter(pk=autre.pk).update(montant_accorde=5001)


def test_ce_qui_s_ecrit_en_nombre_ne_promet_pas_moins_que_le_verse(lieu):
    payee = ligne(lieu, montant_notifie=1500)
    fabriques.VersementFactory(ligne=payee, verse=True)
    with pytest.raises(ValidationError, match="a déjà versé"), montants_tenus(lieu.campagne):
        LigneFinancement.objects.filter(pk=payee.pk).update(montant_notifie=1499)


# -- Setting them ----------------------------------------------------------------------------------
def test_creer_une_enveloppe(lieu):
    creee = creer_enveloppe(
        lieu.chargee, Enveloppe(campagne=lieu.campagne, financeur=lieu.etat, montant=Decimal(500))
    )
    assert creee.historique.get().history_user == lieu.chargee
    with pytest.raises(ValidationError, match="a déjà une enveloppe pour cette année"):
        creer_enveloppe(
            lieu.chargee, Enveloppe(campagne=lieu.campagne, financeur=lieu.etat, montant=Decimal(9))
        )


def test_une_enveloppe_sous_ce_qui_est_retenu_se_confirme(lieu, enveloppe):
    ligne(lieu, montant_accorde=18500)
    enveloppe.montant = Decimal(18000)
    with pytest.raises(EnveloppeInsuffisante) as refus:
        modifier_enveloppe(lieu.chargee, enveloppe, version=1)
    assert phrases(refus) == [
        "18 500 € sont déjà retenus sur l'enveloppe « État » de 2024 : avec 18 000 €, elle serait dépassée de 500 €. "
        "Confirmez si c'est bien son montant."
    ]
    assert Enveloppe.objects.get().montant == 20000
    modifier_enveloppe(lieu.chargee, enveloppe, version=1, malgre_le_retenu=True)
    assert (Enveloppe.objects.get().montant, Enveloppe.objects.get().version) == (18000, 2)


def test_une_enveloppe_se_supprime_dans_sa_version(lieu, enveloppe):
    with pytest.raises(VersionPerimee):
        supprimer_enveloppe(lieu.chargee, enveloppe, version=9)
    supprimer_enveloppe(lieu.chargee, enveloppe, version=1)
    assert Enveloppe.objects.count() == 0
    assert Enveloppe.historique.filter(history_type="-").get().history_user == lieu.chargee


def test_nul_autre_que_la_personne_du_contrat_n_y_touche(lieu, enveloppe):
    for compte in (
        fabriques.representant_du_financeur(lieu.etat),
        fabriques.membre_du_copil(lieu.contrat),
        fabriques.chargee_de_mission(fabriques.ContratFactory()),
    ):
        with pytest.raises(PermissionDenied):
            supprimer_enveloppe(compte, enveloppe, version=1)
        with pytest.raises(PermissionDenied):
            modifier_enveloppe(compte, enveloppe, version=1)
        with pytest.raises(PermissionDenied):
            creer_enveloppe(compte, Enveloppe(campagne=lieu.campagne, financeur=lieu.ville, montant=1))


def test_une_annee_archivee_garde_ses_enveloppes(lieu, enveloppe):
    Campagne.objects.update(statut=Campagne.Statut.ARCHIVEE)
    nouvelle = Enveloppe(campagne=lieu.campagne, financeur=lieu.ville, montant=1)
    for geste in (
        lambda: creer_enveloppe(lieu.chargee, nouvelle),
        lambda: modifier_enveloppe(lieu.chargee, enveloppe, version=1),
        lambda: supprimer_enveloppe(lieu.chargee, enveloppe, version=1),
    ):
        with pytest.raises(ValidationError, match="L'année 2024 est archivée"):
            geste()


def test_un_financeur_d_un_autre_contrat_est_refuse(lieu):
    ailleurs = fabriques.FinanceurFactory()
    with pytest.raises(ValidationError, match="de ce contrat"):
        creer_enveloppe(lieu.chargee, Enveloppe(campagne=lieu.campagne, financeur=ailleurs, montant=1))
