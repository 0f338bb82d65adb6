"""Several people at the very same moment: one wins, the others get a sentence, nothing is doubled."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from actions.models import Action, ActionAnnuelle
from actions.operations import creer_action, modifier_action
from comptes.versions import VersionPerimee
from financements.models import LigneFinancement
from financements.operations import ajouter_ligne
from porteurs.models import Porteur
from porteurs.operations import creer_porteur
from tests import fabriques

pytestmark = pytest.mark.django_db(transaction=True)
NOMBRE = 4


@pytest.fixture
def lieu(transactional_db):
    class Lieu:
        campagne = fabriques.CampagneFactory()
        contrat = campagne.contrat
        chargee = fabriques.chargee_de_mission(contrat)
        porteur = fabriques.PorteurFactory(epci=contrat.epci)
        annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne, action__porteur=porteur)
        financeur = fabriques.FinanceurFactory(contrat=contrat)

    return Lieu()


def ensemble(operation):
    """Run `operation(rang)` in several threads at once; return their results, an exception by its class."""
    depart = Barrier(NOMBRE)

    def essai(rang):
        try:
            depart.wait(timeout=60)
            operation(rang)
            return "fait"
        except Exception as erreur:
            return type(erreur)
        finally:
            connection.close()

    with ThreadPoolExecutor(NOMBRE) as fils:
        return sorted(fils.map(essai, range(NOMBRE)), key=str)


def test_la_meme_action_creee_par_plusieurs_n_est_creee_qu_une_fois(lieu):
    def creer(_):
        annuelle = ActionAnnuelle(campagne=lieu.campagne)
        creer_action(lieu.chargee, annuelle, porteur=lieu.porteur, intitule="Jardin partagé", territoires=[])

    assert ensemble(creer) == [ValidationError] * (NOMBRE - 1) + ["fait"]
    assert Action.objects.filter(intitule="Jardin partagé").count() == 1
    assert ActionAnnuelle.objects.filter(action__intitule="Jardin partagé").count() == 1


def test_la_meme_action_modifiee_par_plusieurs_ne_perd_aucune_saisie(lieu):
    def modifier(rang):
        annuelle = ActionAnnuelle.objects.select_related("action__porteur", "campagne__contrat").get(
            pk=lieu.annuelle.pk
        )
        annuelle.tarifs = f"{rang} €"
        identite = {"porteur": lieu.porteur, "intitule": annuelle.action.intitule, "territoires": []}
        modifier_action(lieu.chargee, annuelle, version=1, **identite)

    assert ensemble(modifier) == [VersionPerimee] * (NOMBRE - 1) + ["fait"]
    assert ActionAnnuelle.objects.get(pk=lieu.annuelle.pk).version == 2


def test_le_meme_porteur_cree_par_plusieurs_n_est_cree_qu_une_fois(lieu):
    def creer(_):
        creer_porteur(lieu.chargee, lieu.contrat, Porteur(nom="Compagnie des Rives"), ["CDR"])

    assert ensemble(creer) == [ValidationError] * (NOMBRE - 1) + ["fait"]
    assert Porteur.objects.filter(nom="Compagnie des Rives").count() == 1


def test_la_meme_ligne_ajoutee_par_plusieurs_n_est_ajoutee_qu_une_fois(lieu):
    def ajouter(rang):
        ajouter_ligne(
            lieu.chargee,
            LigneFinancement(
                action_annuelle=lieu.annuelle, financeur=lieu.financeur, montant_accorde=100 + rang
            ),
        )

    assert ensemble(ajouter) == [ValidationError] * (NOMBRE - 1) + ["fait"]
    assert LigneFinancement.objects.count() == 1
