"""What every page shows of the situation: contract, year, navigation. Filled in by `bilans.navigation`."""

from typing import Any

from django.http import HttpRequest


def situation(request: HttpRequest) -> dict[str, Any]:
    """Return the navigation that a view attached to the request, empty on pages without a contract."""
    return getattr(request, "situation", None) or {
        "contrat": None,
        "annee": None,
        "annees": [],
        "contrats": [],
        "navigation": [],
        "url_recherche": "",
    }
