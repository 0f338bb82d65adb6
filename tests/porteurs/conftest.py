"""A contract with a porteur, and the account that runs it."""

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
        epci=contrat.epci,
        chargee=chargee,
        client=client,
        adresse=adresse,
        porteur=fabriques.PorteurFactory(epci=contrat.epci, nom="Vélo partagé"),
    )
