"""Renewing the actions of the year before: what is copied, what is not, nothing twice, and taking it back."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from actions.models import Action, ActionAnnuelle, ActionTerritoire, Campagne
from actions.operations import modifier_action
from financements.models import LigneFinancement
from financements.operations import (
    Montants,
    Situation,
    annuler_reconduction,
    campagne_precedente,
    candidates,
    donner_avis,
    ecrire_cellule,
    reconduire,
)
from financements.programmation import Colonne, Etat
from porteurs.models import Convention
from tests import fabriques
from tests.outils.requetes import verifier_requetes_constantes

Statut = ActionAnnuelle.Statut


@pytest.fixture
def annee(lieu):
    """The year 2025 after 2024, whose action has a whole fiche and three lines."""
    enjeu, axe = fabriques.arbre_d_axes(lieu.contrat, enjeux=1, axes=1)
    lieu.nouvelle = fabriques.CampagneFactory(contrat=lieu.contrat, annee=2025)
    lieu.dispositif = fabriques.DispositifFactory()
    ActionAnnuelle.objects.filter(pk=lieu.annuelle.pk).update(
        axe=axe,
        dispositif=lieu.dispositif,
        ordre=3,
        description="Sorties à vélo",
        tarifs="Gratuit",
        date_debut=date(2024, 4, 1),
        type=ActionAnnuelle.Type.NOUVELLE,
        version=8,
    )
    lieu.annuelle.axes_secondaires.add(enjeu)
    territoire = fabriques.TerritoireFactory(contrat=lieu.contrat)
    ActionTerritoire.objects.create(action_annuelle=lieu.annuelle, territoire=territoire, part=Decimal(40))
    fabriques.VoletFactory(action_annuelle=lieu.annuelle, ordre=1, intitule="Réparer")
    fabriques.IndicateurActionFactory(action_annuelle=lieu.annuelle, ordre=1, libelle="Vélos réparés")
    cpo = fabriques.ConventionFactory(
        contrat=lieu.contrat,
        porteur=lieu.annuelle.action.porteur,
        type=Convention.Type.CPO,
        date_debut=date(2024, 1, 1),
        date_fin=date(2026, 12, 31),
    )
    for financeur, accorde, champs in (
        (lieu.ville, 1000, {"convention": cpo, "nature_credit": "droit_commun", "montant_notifie": 900}),
        (lieu.etat, 0, {}),
        (lieu.region, None, {"montant_propose": 500}),
    ):
        fabriques.LigneFinancementFactory(
            action_annuelle=lieu.annuelle, financeur=financeur, montant_accorde=accorde, **champs
        )
    lieu.cpo = cpo
    return lieu


def reprendre(lieu, *annuelles, montants=Montants.AUCUN, compte=None):
    return reconduire(compte or lieu.chargee, lieu.nouvelle, annuelles or [lieu.annuelle], montants=montants)


def situations(lieu):
    return [(c.annuelle.pk, c.situation, c.annulable) for c in candidates(lieu.nouvelle)]


# -- Renewing --------------------------------------------------------------------------------------
def test_reconduire_copie_la_fiche_et_rien_de_ce_qui_fut_l_annee(annee):
    (nouvelle,) = reprendre(annee)
    nouvelle.refresh_from_db()
    ancienne = ActionAnnuelle.objects.get(pk=annee.annuelle.pk)
    assert (nouvelle.action, nouvelle.campagne, nouvelle.type, nouvelle.statut, nouvelle.version) == (
        ancienne.action,
        annee.nouvelle,
        "reconduction",
        "deposee",
        1,
    )
    for champ in ("axe", "dispositif", "ordre", "description", "tarifs"):
        assert getattr(nouvelle, champ) == getattr(ancienne, champ), champ
    assert (nouvelle.date_debut, nouvelle.cle != ancienne.cle) == (None, True)
    assert list(nouvelle.axes_secondaires.all()) == list(ancienne.axes_secondaires.all())
    assert [(p.territoire, p.part) for p in nouvelle.parts_territoires.all()] == [
        (p.territoire, p.part) for p in ancienne.parts_territoires.all()
    ]
    assert [v.intitule for v in nouvelle.volets.all()] == ["Réparer"]
    assert [i.libelle for i in nouvelle.indicateurs.all()] == ["Vélos réparés"]
    assert (ancienne.volets.count(), ancienne.indicateurs.count(), ancienne.parts_territoires.count()) == (
        1,
        1,
        1,
    )
    assert not nouvelle.lignes_financement.exists()
    passee = nouvelle.historique.get()
    assert (passee.history_user, passee.history_change_reason) == (annee.chargee, "Reconduite de 2024")


def test_les_montants_accordes_deviennent_demandes(annee):
    (nouvelle,) = reprendre(annee, montants=Montants.ACCORDES)
    champs = ("financeur__sigle", "nature_credit", "convention", *LigneFinancement.ETATS_MONTANT)
    assert list(nouvelle.lignes_financement.order_by("financeur__ordre").values_list(*champs)) == [
        ("MAIRIE", "droit_commun", annee.cpo.pk, Decimal(1000), None, None, None),
        ("ÉTAT", "non_precisee", None, Decimal(0), None, None, None),
    ]


def test_une_convention_finie_n_est_pas_reprise(annee):
    Convention.objects.update(date_fin=date(2024, 12, 31))
    (nouvelle,) = reprendre(annee, montants=Montants.ACCORDES)
    assert nouvelle.lignes_financement.get(financeur=annee.ville).convention is None


def test_une_convention_prolongee_par_avenant_est_reprise(annee):
    Convention.objects.update(date_fin=date(2024, 12, 31))
    fabriques.AvenantFactory(
        convention=annee.cpo, date_signature=date(2024, 10, 1), nouvelle_date_fin=date(2025, 12, 31)
    )
    (nouvelle,) = reprendre(annee, montants=Montants.ACCORDES)
    assert nouvelle.lignes_financement.get(financeur=annee.ville).convention == annee.cpo


def test_une_convention_resiliee_n_est_pas_reprise(annee):
    Convention.objects.update(date_resiliation=date(2024, 6, 30))
    (nouvelle,) = reprendre(annee, montants=Montants.ACCORDES)
    assert nouvelle.lignes_financement.get(financeur=annee.ville).convention is None


def test_demander_deux_fois_ne_reconduit_qu_une(annee):
    assert len(reprendre(annee)) == 1
    assert reprendre(annee) == []
    assert ActionAnnuelle.objects.filter(campagne=annee.nouvelle).count() == 1


@pytest.mark.parametrize("statut", ["brouillon", "incomplete", "non_recevable", "refusee", "abandonnee"])
def test_ce_qui_ne_se_reconduit_pas_est_dit_et_laisse(annee, statut):
    ActionAnnuelle.objects.update(statut=statut, motif="Non.")
    (candidate,) = candidates(annee.nouvelle)
    assert (candidate.situation, candidate.raison[-1]) == (Situation.IMPOSSIBLE, ".")
    assert reprendre(annee) == []


def test_l_apercu_dit_ce_qui_est_deja_la(annee):
    autre = fabriques.ActionAnnuelleFactory(campagne=annee.campagne, ordre=1)
    fabriques.annee_de(autre.action, 2025)
    assert situations(annee) == [
        (autre.pk, Situation.DEJA_LA, False),
        (annee.annuelle.pk, Situation.RECONDUCTIBLE, False),
    ]
    reprendre(annee)
    assert situations(annee)[1] == (annee.annuelle.pk, Situation.DEJA_LA, True)


def test_sans_annee_precedente_il_n_y_a_rien(annee):
    assert campagne_precedente(annee.nouvelle) == annee.campagne
    assert campagne_precedente(annee.campagne) is None
    assert candidates(annee.campagne) == []


def test_une_action_d_une_autre_annee_n_est_pas_reconduite(annee):
    ancienne = fabriques.ActionAnnuelleFactory(
        campagne=fabriques.CampagneFactory(contrat=annee.contrat, annee=2020)
    )
    assert reprendre(annee, ancienne) == []


def test_nul_autre_que_la_personne_du_contrat_et_une_annee_ouverte(annee):
    with pytest.raises(PermissionDenied):
        reprendre(annee, compte=fabriques.chargee_de_mission(fabriques.ContratFactory()))
    (nouvelle,) = reprendre(annee)
    with pytest.raises(PermissionDenied):
        annuler_reconduction(fabriques.representant_du_financeur(annee.etat), [nouvelle])
    Campagne.objects.update(statut=Campagne.Statut.ARCHIVEE)
    with pytest.raises(ValidationError, match="archivée"):
        reprendre(annee)
    with pytest.raises(ValidationError, match="archivée"):
        annuler_reconduction(annee.chargee, [nouvelle])


def test_l_apercu_ne_coute_pas_plus_avec_les_actions(annee):
    def une_de_plus():
        reprendre(annee, fabriques.ActionAnnuelleFactory(campagne=annee.campagne))

    une_de_plus()
    verifier_requetes_constantes(lambda: candidates(annee.nouvelle), une_de_plus)


# -- Undoing ---------------------------------------------------------------------------------------
def test_annuler_remet_comme_avant(annee):
    (nouvelle,) = reprendre(annee, montants=Montants.ACCORDES)
    assert annuler_reconduction(annee.chargee, [nouvelle]) == 1
    assert not ActionAnnuelle.objects.filter(campagne=annee.nouvelle).exists()
    assert LigneFinancement.objects.count() == 3
    assert Action.objects.count() == 1
    assert situations(annee) == [(annee.annuelle.pk, Situation.RECONDUCTIBLE, False)]
    assert len(reprendre(annee)) == 1


def une_case(lieu, nouvelle):
    ecrire_cellule(lieu.chargee, nouvelle, Colonne(lieu.caf), Etat.DEMANDE, Decimal(5), avant=None)


def une_case_reprise(lieu, nouvelle):
    colonne = Colonne(lieu.ville, "droit_commun")
    ecrire_cellule(lieu.chargee, nouvelle, colonne, Etat.DEMANDE, Decimal(5), avant=Decimal(1000))


def un_avis(lieu, nouvelle):
    donner_avis(lieu.chargee, nouvelle, lieu.etat, sens="favorable", texte="", rendu_le=date(2025, 1, 9))


def une_correction(lieu, nouvelle):
    actuelle = ActionAnnuelle.objects.get(pk=nouvelle.pk)
    actuelle.tarifs = "2 €"
    identite = {"porteur": actuelle.action.porteur, "intitule": actuelle.action.intitule, "territoires": []}
    modifier_action(lieu.chargee, actuelle, version=1, **identite)


def un_budget(_, nouvelle):
    fabriques.BudgetFactory(action_annuelle=nouvelle)


def un_versement(_, nouvelle):
    fabriques.VersementFactory(ligne=nouvelle.lignes_financement.first())


@pytest.mark.parametrize(
    "saisir", [une_case, une_case_reprise, un_avis, une_correction, un_budget, un_versement]
)
def test_ce_qui_a_ete_saisi_depuis_ne_s_annule_plus(annee, saisir):
    (nouvelle,) = reprendre(annee, montants=Montants.ACCORDES)
    saisir(annee, nouvelle)
    assert annuler_reconduction(annee.chargee, [nouvelle]) == 0
    assert ActionAnnuelle.objects.filter(pk=nouvelle.pk).exists()
    assert situations(annee) == [(annee.annuelle.pk, Situation.DEJA_LA, False)]
