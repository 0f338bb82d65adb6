"""The decision on actions: what it writes, together or not at all, and who may take it."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from actions.models import ActionAnnuelle, Campagne
from contrats.models import Deliberation, Seance
from financements.models import LigneFinancement
from financements.operations import Decision, EnveloppeDepassee, Sens, decider
from tests import fabriques

Statut = ActionAnnuelle.Statut
MARS = date(2024, 3, 12)


@pytest.fixture
def annee(lieu):
    """Two applications: 1 000 € proposed by the State for each, 900 € already accorded for the second."""
    lieu.instance = fabriques.InstanceFactory(contrat=lieu.contrat, nom="COPIL")
    lieu.premiere = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne, statut=Statut.INSTRUITE)
    lieu.seconde = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne, statut=Statut.DEPOSEE)
    for annuelle, accorde in ((lieu.premiere, None), (lieu.seconde, 900)):
        fabriques.LigneFinancementFactory(
            action_annuelle=annuelle,
            financeur=lieu.etat,
            montant_demande=1200,
            montant_propose=1000,
            montant_accorde=accorde,
        )
    return lieu


def decision(lieu, sens=Sens.RETENUE, **champs):
    seance = Seance(instance=lieu.instance, date=MARS)
    return Decision(**{"sens": sens, "seance": seance, **champs})


def prendre(lieu, *annuelles, compte=None, **champs):
    annuelles = annuelles or (lieu.premiere, lieu.seconde)
    return decider(compte or lieu.chargee, lieu.campagne, annuelles, decision(lieu, **champs))


def statuts(lieu):
    return [ActionAnnuelle.objects.get(pk=a.pk).statut for a in (lieu.premiere, lieu.seconde)]


def test_retenir_copie_les_montants_proposes_et_dit_qui_et_quand(annee):
    deliberation = Deliberation(
        contrat=annee.contrat, organe="Conseil communautaire", date=MARS, numero="24-12"
    )
    resultat = prendre(annee, deliberation=deliberation)
    assert (resultat.actions, resultat.montants, resultat.differents) == (2, 1, 1)
    assert statuts(annee) == [Statut.PROGRAMMEE] * 2
    seance, deliberation = Seance.objects.get(), Deliberation.objects.get()
    lignes = LigneFinancement.objects.order_by("pk")
    assert [ligne.montant_accorde for ligne in lignes] == [Decimal(1000), Decimal(900)]
    for ligne in lignes:
        assert (ligne.date_decision, ligne.seance, ligne.deliberation, ligne.version) == (
            MARS,
            seance,
            deliberation,
            2,
        )
    passee = annee.premiere.historique.first()
    assert (passee.history_user, " ".join(passee.history_change_reason.split())) == (
        annee.chargee,
        "Décision : retenue, COPIL du 12 mars 2024, délibération n° 24-12 du 12 mars 2024",
    )


def test_sans_copie_les_montants_accordes_restent_vides(annee):
    assert prendre(annee, annee.premiere, copier_proposes=False).montants == 0
    assert LigneFinancement.objects.get(action_annuelle=annee.premiere).montant_accorde is None


@pytest.mark.parametrize(("sens", "statut"), [(Sens.REFUSEE, "refusee"), (Sens.AJOURNEE, "ajournee")])
def test_refuser_ou_ajourner_dit_pourquoi_et_n_accorde_rien(annee, sens, statut):
    with pytest.raises(ValidationError) as refus:
        prendre(annee, sens=sens, motif=" ")
    assert set(refus.value.message_dict) == {"motif"}
    assert prendre(annee, annee.premiere, sens=sens, motif="Hors des quartiers.").montants == 0
    annee.premiere.refresh_from_db()
    assert (annee.premiere.statut, annee.premiere.motif) == (statut, "Hors des quartiers.")
    assert LigneFinancement.objects.get(action_annuelle=annee.premiere).montant_accorde is None


def test_une_action_refusee_puis_retenue_n_a_plus_de_motif(annee):
    prendre(annee, sens=Sens.REFUSEE, motif="Trop cher.")
    prendre(annee)
    annee.premiere.refresh_from_db()
    assert (annee.premiere.statut, annee.premiere.motif) == (Statut.PROGRAMMEE, "")


def test_la_meme_seance_et_la_meme_deliberation_ne_sont_creees_qu_une_fois(annee):
    for annuelle in (annee.premiere, annee.seconde):
        deliberation = Deliberation(contrat=annee.contrat, organe="Conseil", date=MARS, numero="1")
        prendre(annee, annuelle, deliberation=deliberation)
    assert (Seance.objects.count(), Deliberation.objects.count()) == (1, 1)


def test_une_enveloppe_depassee_arrete_tout(annee):
    fabriques.EnveloppeFactory(campagne=annee.campagne, financeur=annee.etat, montant=Decimal(1500))
    LigneFinancement.objects.update(montant_propose=None, montant_accorde=None)
    LigneFinancement.objects.filter(action_annuelle=annee.premiere).update(montant_propose=1501)
    ActionAnnuelle.objects.filter(pk=annee.premiere.pk).update(statut=Statut.REFUSEE, motif="Non.")
    with pytest.raises(EnveloppeDepassee):
        prendre(annee)
    assert statuts(annee) == [Statut.REFUSEE, Statut.DEPOSEE]
    assert not Seance.objects.exists()
    LigneFinancement.objects.filter(action_annuelle=annee.premiere).update(montant_propose=1500)
    assert prendre(annee).montants == 1


def test_on_ne_decide_plus_de_ce_qui_est_fait(annee):
    ActionAnnuelle.objects.filter(pk=annee.seconde.pk).update(statut=Statut.REALISEE)
    with pytest.raises(ValidationError, match="On ne décide plus de"):
        prendre(annee)
    assert statuts(annee) == [Statut.INSTRUITE, Statut.REALISEE]


def test_il_faut_des_actions_et_qui_a_decide(annee):
    with pytest.raises(ValidationError, match="Cochez au moins une action"):
        decider(annee.chargee, annee.campagne, [], decision(annee))
    with pytest.raises(ValidationError, match="Cochez au moins une action"):
        prendre(annee, fabriques.ActionAnnuelleFactory())
    with pytest.raises(ValidationError, match="Dites qui a décidé"):
        prendre(annee, seance=None)


def test_une_date_hors_du_contrat_ou_un_autre_contrat_est_refuse(annee):
    with pytest.raises(ValidationError, match="hors du contrat"):
        prendre(annee, seance=Seance(instance=annee.instance, date=date(2012, 1, 1)))
    with pytest.raises(ValidationError, match="de ce contrat"):
        prendre(annee, seance=Seance(instance=fabriques.InstanceFactory(), date=MARS))
    assert not Seance.objects.exists()


def test_nul_autre_que_la_personne_du_contrat_et_une_annee_ouverte(annee):
    for compte in (
        fabriques.representant_du_financeur(annee.etat),
        fabriques.chargee_de_mission(fabriques.ContratFactory()),
    ):
        with pytest.raises(PermissionDenied):
            prendre(annee, compte=compte)
    Campagne.objects.update(statut=Campagne.Statut.ARCHIVEE)
    with pytest.raises(ValidationError, match="archivée"):
        prendre(annee)
