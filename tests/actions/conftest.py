"""A contract with a porteur, an axe and two territories, and the account that runs it."""

import pytest

from tests import fabriques
from tests.outils import lieux


@pytest.fixture
def lieu(db, client):
    """Give the objects of a contract, `client` signed in as the one who runs it, and addresses by name."""
    lieu = lieux.ouvrir(client)
    contrat = lieu.contrat
    lieu.axes = fabriques.arbre_d_axes(contrat, enjeux=1, axes=2)
    lieu.axe = lieu.axes[1]
    lieu.porteur = fabriques.PorteurFactory(epci=contrat.epci, nom="Vélo partagé")
    lieu.qpv = fabriques.TerritoireFactory(contrat=contrat, nom="Les Tilleuls")
    lieu.autre_quartier = fabriques.TerritoireFactory(contrat=contrat, nom="La Gare", hors_qpv=True)
    return lieu
