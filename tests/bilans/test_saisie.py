"""The porteur's form, step by step, without a script: what is typed is kept, whatever it is."""

import pytest
from django.urls import reverse

from bilans.models import Bilan
from tests import fabriques

pytestmark = pytest.mark.django_db
ETAPES = ("deroulement", "publics", "indicateurs", "moyens", "budget", "relecture")


@pytest.fixture
def bilan():
    return fabriques.BilanFactory()


@pytest.fixture
def porteur(bilan, client):
    compte = fabriques.representant_du_porteur(bilan.action_annuelle.action.porteur)
    client.force_login(compte)
    return compte


def adresse(bilan, etape="", nom="bilan_saisir"):
    campagne = bilan.action_annuelle.campagne
    chemin = reverse(nom, args=[campagne.contrat.slug, campagne.annee, bilan.action_annuelle.cle])
    return f"{chemin}?etape={etape}" if etape else chemin


@pytest.mark.parametrize("etape", ETAPES)
def test_chaque_etape_s_ouvre(client, bilan, porteur, etape):
    reponse = client.get(adresse(bilan, etape))
    assert reponse.status_code == 200
