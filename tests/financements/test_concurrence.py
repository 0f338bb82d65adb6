"""Two people at the very same moment: together they exceed no envelope and no grant, and exactly one is refused."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from actions.models import ActionAnnuelle
from financements.enveloppes import situations
from financements.models import Enveloppe, LigneFinancement, MontantConvention, Versement
from financements.operations import (
    CelluleChangee,
    EnveloppeDepassee,
    EnveloppeInsuffisante,
    adopter_scenario,
    creer_enveloppe,
    creer_scenario,
    ecrire_cellule,
    ecrire_montant_scenario,
    reconduire,
)
from financements.operations import versements as op
from financements.programmation import Colonne, Etat
from tests import fabriques
from tests.outils.pages import lisible

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lieu(transactional_db):
    """A funder whose envelope is of 1 000 €, two actions, and who runs the contract."""

    class Lieu:
        campagne = fabriques.CampagneFactory()
        contrat = campagne.contrat
        chargee = fabriques.chargee_de_mission(contrat)
        etat = fabriques.FinanceurFactory(contrat=contrat)
        annuelles = (
            fabriques.ActionAnnuelleFactory(campagne=campagne),
            fabriques.ActionAnnuelleFactory(campagne=campagne),
        )

    return Lieu()


def ensemble(*gestes):
    """Do them at once, each in its thread; return what each gave, an exception by its class."""
    depart = threading.Barrier(len(gestes))

    def essai(geste):
        try:
            depart.wait(timeout=60)
            geste()
            return "fait"
        except Exception as erreur:
            return type(erreur)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(gestes)) as fils:
        return sorted(fils.map(essai, gestes), key=str)


def ecrire(lieu, rang, montant, etat=Etat.PROPOSE):
    annuelle = ActionAnnuelle.objects.get(pk=lieu.annuelles[rang].pk)
    return lambda: ecrire_cellule(
        lieu.chargee, annuelle, Colonne(lieu.etat), etat, Decimal(montant), avant=None
    )


def retenu(lieu):
    return [situation.retenu for situation in situations(lieu.campagne)]


def test_deux_cellules_qui_ensemble_depassent_une_enveloppe(lieu):
    fabriques.EnveloppeFactory(campagne=lieu.campagne, financeur=lieu.etat, montant=Decimal(1000))
    assert ensemble(ecrire(lieu, 0, 600), ecrire(lieu, 1, 600)) == [EnveloppeDepassee, "fait"]
    assert retenu(lieu) == [Decimal(600)]


def test_deux_cellules_qui_tiennent_dans_l_enveloppe(lieu):
    fabriques.EnveloppeFactory(campagne=lieu.campagne, financeur=lieu.etat, montant=Decimal(1000))
    assert ensemble(ecrire(lieu, 0, 500), ecrire(lieu, 1, 500)) == ["fait", "fait"]
    assert retenu(lieu) == [Decimal(1000)]


def test_la_meme_cellule_par_deux_personnes_ne_perd_rien(lieu):
    assert ensemble(ecrire(lieu, 0, 500), ecrire(lieu, 0, 700)) == [CelluleChangee, "fait"]
    assert LigneFinancement.objects.count() == 1


def test_une_cellule_et_un_scenario_qui_ensemble_depassent(lieu):
    fabriques.EnveloppeFactory(campagne=lieu.campagne, financeur=lieu.etat, montant=Decimal(1000))
    scenario = creer_scenario(lieu.chargee, lieu.campagne, nom="Essai", etat="montant_propose")
    ecrire_montant_scenario(
        lieu.chargee, scenario, lieu.annuelles[1], Colonne(lieu.etat), Decimal(600), avant=None
    )

    def adopter():
        adopter_scenario(lieu.chargee, scenario, version=1)

    assert ensemble(ecrire(lieu, 0, 600), adopter) == [EnveloppeDepassee, "fait"]
    assert retenu(lieu) == [Decimal(600)]


def test_une_enveloppe_creee_pendant_qu_on_ecrit_la_compte(lieu):
    """Whoever comes second is told: the line does not fit, or the envelope is less than what is retained."""

    def creer():
        creer_enveloppe(
            lieu.chargee, Enveloppe(campagne=lieu.campagne, financeur=lieu.etat, montant=Decimal(1000))
        )

    premier, second = ensemble(ecrire(lieu, 0, 1200), creer)
    assert second == "fait"
    assert premier in (EnveloppeDepassee, EnveloppeInsuffisante)
    assert Enveloppe.objects.count() + LigneFinancement.objects.count() == 1


def test_la_meme_action_reconduite_par_deux_personnes_ne_l_est_qu_une_fois(lieu):
    nouvelle = fabriques.CampagneFactory(contrat=lieu.contrat, annee=lieu.campagne.annee + 1)

    def geste():
        reconduire(lieu.chargee, nouvelle, lieu.annuelles, montants="aucun")

    assert ensemble(geste, geste) == ["fait", "fait"]
    assert ActionAnnuelle.objects.filter(campagne=nouvelle).count() == 2


# -- Payments --------------------------------------------------------------------------------------
def verser(lieu, versement, montant):
    """Return what notes the payment; its refusal, when it comes second, is kept in `lieu.refus`."""

    def geste():
        try:
            op.verser(
                lieu.chargee,
                Versement.objects.get(pk=versement.pk),
                version=1,
                date_versement=date(2024, 6, 14),
                montant=Decimal(montant),
            )
        except ValidationError as refus:
            lieu.refus = refus.messages
            raise

    return geste


def deja_verse():
    return sum(Versement.objects.filter(statut="verse").values_list("montant_verse", flat=True))


def test_deux_versements_qui_ensemble_depassent_le_notifie(lieu):
    """Each fits alone: whoever comes second is told what is left."""
    ligne = fabriques.LigneFinancementFactory(
        action_annuelle=lieu.annuelles[0], financeur=lieu.etat, montant_notifie=Decimal(1000)
    )
    prevus = [fabriques.VersementFactory(ligne=ligne, numero=numero) for numero in (1, 2)]
    assert ensemble(*(verser(lieu, v, 600) for v in prevus)) == [ValidationError, "fait"]
    assert [lisible(phrase) for phrase in lieu.refus] == [
        "La subvention est de 1 000 €. Il reste 400 € à verser, et il en faudrait 600 € : corrigez le montant."
    ]
    assert deja_verse() == Decimal(600)


def test_un_versement_de_ligne_et_un_de_convention_qui_ensemble_depassent(lieu):
    """One is of the line, the other of its convention, whose instalment is counted on the year before."""
    annee = lieu.campagne.annee
    convention = fabriques.ConventionFactory(contrat=lieu.contrat)
    MontantConvention.objects.create(
        convention=convention,
        annee=annee - 1,
        financeur=lieu.etat,
        montant_vote=Decimal(600),
        vote_le=date(annee - 1, 1, 15),
    )
    regle = fabriques.RegleVersementFactory(convention=convention, rang=1, base="n_moins_1", denominateur=1)
    acompte = fabriques.VersementFactory(
        ligne=None, convention=convention, annee=annee, regle=regle, montant_prevu=Decimal(600)
    )
    ligne = fabriques.LigneFinancementFactory(
        action_annuelle=lieu.annuelles[0],
        financeur=lieu.etat,
        montant_notifie=Decimal(600),
        convention=convention,
    )
    direct = fabriques.VersementFactory(ligne=ligne, montant_prevu=Decimal(600))
    assert ensemble(verser(lieu, acompte, 600), verser(lieu, direct, 600)) == [ValidationError, "fait"]
    assert [lisible(phrase) for phrase in lieu.refus] == [
        "La subvention est de 600 €. Il reste 0 € à verser, et il en faudrait 600 € : corrigez le montant."
    ]
    assert deja_verse() == Decimal(600)
