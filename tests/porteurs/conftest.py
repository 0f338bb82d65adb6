"""A contract with a porteur, and the account that runs it."""

import pytest

from tests import fabriques
from tests.outils import lieux


@pytest.fixture
def lieu(db, client):
    """Give the objects of a contract, `client` signed in as the one who runs it, and addresses by name."""
    lieu = lieux.ouvrir(client)
    contrat = lieu.contrat
    lieu.epci = contrat.epci
    lieu.porteur = fabriques.PorteurFactory(epci=contrat.epci, nom="Vélo partagé")
    return lieu
