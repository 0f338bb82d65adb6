"""Whose pages these are: the collectivity whose logo and colour the frame of a page bears."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .models import Epci


def identite(request: HttpRequest) -> dict[str, Any]:
    """Return the collectivity of the contract of the page; elsewhere, the only one that there is, else a blank one."""
    contrat = getattr(request, "contrat", None)
    return {"identite": contrat.epci if contrat else SimpleLazyObject(seule_collectivite)}


def seule_collectivite() -> Epci:
    """Return the collectivity of all the contracts; without name nor colour when there are several, or none."""
    collectivites = list(Epci.objects.filter(contrats__isnull=False).distinct().order_by("pk")[:2])
    return collectivites[0] if len(collectivites) == 1 else Epci()
