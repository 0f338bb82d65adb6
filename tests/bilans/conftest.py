"""A year of a contract, and the client of the account that runs it."""

from datetime import date

import pytest
from django.test import Client

from actions.models import Campagne
from tests import fabriques


@pytest.fixture
def campagne() -> Campagne:
    """A year whose bilans were due on 30 June 2025."""
    return fabriques.CampagneFactory(bilan_echeance=date(2025, 6, 30))


@pytest.fixture
def chargee(campagne: Campagne, client: Client) -> Client:
    """The client, signed in as the one who runs the contract."""
    client.force_login(fabriques.chargee_de_mission(campagne.contrat))
    return client
