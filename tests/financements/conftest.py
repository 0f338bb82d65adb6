"""An action with two funders of the total and one beside it, and the account that runs the contract."""

from types import SimpleNamespace

import pytest
from django.urls import reverse

from tests import fabriques


@pytest.fixture
def lieu(db, client):
    """Give the objects of a contract, `client` signed in as the one who runs it, and addresses by name."""
    contrat = fabriques.ContratFactory(slug="montclar")
    campagne = fabriques.CampagneFactory(contrat=contrat, annee=2024)
    chargee = fabriques.chargee_de_mission(contrat, prenom="Claire", nom="Aubert")
    client.force_login(chargee)

    def adresse(nom, *arguments, annee=2024, slug=contrat.slug):
        return reverse(nom, args=[slug, annee, *arguments])

    return SimpleNamespace(
        contrat=contrat,
        campagne=campagne,
        chargee=chargee,
        client=client,
        adresse=adresse,
        annuelle=fabriques.ActionAnnuelleFactory(campagne=campagne, action__intitule="Balades à vélo"),
        ville=fabriques.FinanceurFactory(contrat=contrat, nom="Ville", sigle="MAIRIE", ordre=1),
        etat=fabriques.FinanceurFactory(contrat=contrat, nom="État", sigle="ÉTAT", ordre=2),
        region=fabriques.FinanceurFactory(contrat=contrat, nom="Région", sigle="RÉGION", ordre=3),
        caf=fabriques.FinanceurFactory(contrat=contrat, hors_total=True, ordre=4),
    )
