"""An action with two funders of the total and one beside it, and the account that runs the contract."""

import pytest

from tests import fabriques
from tests.outils import lieux


@pytest.fixture
def lieu(db, client):
    """Give the objects of a contract, `client` signed in as the one who runs it, and addresses by name."""
    lieu = lieux.ouvrir(client)
    contrat = lieu.contrat
    lieu.annuelle = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne, action__intitule="Balades à vélo")
    lieu.ville = fabriques.FinanceurFactory(contrat=contrat, nom="Ville", sigle="MAIRIE", ordre=1)
    lieu.etat = fabriques.FinanceurFactory(contrat=contrat, nom="État", sigle="ÉTAT", ordre=2)
    lieu.region = fabriques.FinanceurFactory(contrat=contrat, nom="Région", sigle="RÉGION", ordre=3)
    lieu.caf = fabriques.FinanceurFactory(contrat=contrat, hors_total=True, ordre=4)
    return lieu
