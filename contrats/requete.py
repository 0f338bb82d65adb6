"""The request of a page that stands in a contract and a year: both are in the address."""

from django.http import HttpRequest

from comptes.models import Utilisateur

from .models import ContratVille


class RequeteContrat(HttpRequest):
    """A request to an address `/<contrat>/<annee>/…`; `contrat` is one of those that the account sees, `contrats`."""

    user: Utilisateur
    contrat: ContratVille
    contrats: list[ContratVille]
    annee: int
