"""Where one stands: the contract and the year of the address, found once, refused once.

Every address `/<contrat>/<annee>/…` goes through this middleware. A contract that the account does
not see, or a year without a campaign, is a 404 before any view runs. Views read `request.contrat`,
`request.annee` and `request.campagne`; `bilans.navigation` reads the rest for the frame of the page.
"""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from contrats.models import ContratVille
from contrats.requete import RequeteContrat

from .models import Campagne


class RequeteCampagne(RequeteContrat):
    """A request within a contract and a year; `campagnes` are all those of the contract, the latest first."""

    campagne: Campagne
    campagnes: list[Campagne]


class SituationMiddleware:
    """Attach the contract and the year to the request of a contract page."""

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
        # every page bears the name, the logo and the colour of the collectivity
        contrats = list(ContratVille.objects.visibles_par(request.user).select_related("epci"))
        contrat = next((c for c in contrats if c.slug == slug), None)
        if contrat is None:
            raise Http404
        campagnes = list(Campagne.objects.filter(contrat=contrat))
        campagne = next((c for c in campagnes if c.annee == annee), None)
        if campagne is None:
            raise Http404
        campagne.contrat = contrat
        request.contrat, request.annee, request.campagne = contrat, annee, campagne
        request.contrats, request.campagnes = contrats, campagnes
