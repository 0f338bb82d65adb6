"""A contract with the account that runs it: where the tests of a form begin."""

from types import SimpleNamespace
from typing import Any

from django.urls import reverse

from tests import fabriques


def ouvrir(client: Any) -> SimpleNamespace:
    """Give a contract, its year 2024, `client` signed in as the one who runs it, and addresses by name."""
    contrat = fabriques.ContratFactory(slug="montclar")
    campagne = fabriques.CampagneFactory(contrat=contrat, annee=2024)
    chargee = fabriques.chargee_de_mission(contrat, prenom="Claire", nom="Aubert")
    client.force_login(chargee)

    def adresse(nom: str, *arguments: Any, annee: int = 2024, slug: str = contrat.slug) -> str:
        return reverse(nom, args=[slug, annee, *arguments])

    return SimpleNamespace(
        contrat=contrat, campagne=campagne, chargee=chargee, client=client, adresse=adresse
    )
