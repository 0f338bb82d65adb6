"""Where one stands: the contract and the year of the address, found once, refused once.

Every address `/<contrat>/<annee>/…` goes through this middleware. A contract that the account does
not see, or a year without a campaign, is a 404 before any view runs. Views read `request.contrat`,
`request.annee` and `request.campagne`; templates read what `contrats.contexte` passes on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from contrats.models import ContratVille
from contrats.requete import RequeteContrat

from .models import Campagne


class RequeteCampagne(RequeteContrat):
    """A request within a contract and a year."""

    campagne: Campagne


@dataclass(frozen=True)
class Lien:
    """A link of the navigation."""

    libelle: str
    url: str
    actif: bool = False


# Rooms as the user calls them: label, url name, permission asked on the contract.
NAVIGATION = (
    ("Tableau de bord", "tableau_de_bord", "contrats.gerer"),
    ("Actions", "liste_actions", "actions.lister"),
    ("Bilans", "suivi_bilans", "contrats.gerer"),
    ("Financements", "financements", "financements.lire_programme"),
    ("Porteurs", "liste_porteurs", "financements.lire_programme"),
    ("Contrat", "contrat", "contrats.lire"),
    ("Annexes", "annexes", "contrats.lire"),
)


class SituationMiddleware:
    """Attach the contract, the year and the navigation to the request of a contract page."""

    def __init__(self, suite: Callable[[HttpRequest], HttpResponse]) -> None:
        self.suite = suite

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.suite(request)

    def process_view(
        self, request: Any, vue: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Find the contract and the campaign named in the address, or raise Http404."""
        if "contrat" not in kwargs or "annee" not in kwargs or not request.user.is_authenticated:
            return
        if "\0" in request.path:
            # No key holds one, and PostgreSQL refuses to look for it.
            raise Http404
        slug, annee = kwargs.pop("contrat"), kwargs.pop("annee")
        contrats = list(ContratVille.objects.visibles_par(request.user))
        contrat = next((c for c in contrats if c.slug == slug), None)
        if contrat is None:
            raise Http404
        campagnes = list(Campagne.objects.filter(contrat=contrat))
        campagne = next((c for c in campagnes if c.annee == annee), None)
        if campagne is None:
            raise Http404
        campagne.contrat = contrat
        request.contrat, request.annee, request.campagne = contrat, annee, campagne
        request.situation = {
            "contrat": contrat,
            "annee": annee,
            "annees": [
                Lien(str(c.annee), lien_accueil(contrat, c.annee), c.annee == annee) for c in campagnes
            ],
            "contrats": [
                Lien(c.nom_court, reverse("aller_au_contrat", args=[c.slug]), c == contrat) for c in contrats
            ],
            "navigation": navigation(request),
            "url_recherche": reverse("liste_actions", args=[contrat.slug, annee])
            if request.user.has_perm("actions.lister", contrat)
            else "",
        }


def lien_accueil(contrat: ContratVille, annee: int) -> str:
    """Return the address of the first page of a contract and year that any of its readers may open."""
    return reverse("accueil_contrat", args=[contrat.slug, annee])


def navigation(request: RequeteContrat) -> list[Lien]:
    """Return the links that the account may follow in this contract, the current room marked."""
    liens = []
    for libelle, nom, permission in NAVIGATION:
        if request.user.has_perm(permission, request.contrat):
            url = reverse(nom, args=[request.contrat.slug, request.annee])
            # The dashboard's address begins every other: it is current only on itself.
            exact = nom == "tableau_de_bord"
            actif = request.path == url if exact else request.path.startswith(url)
            liens.append(Lien(libelle, url, actif))
    return liens
