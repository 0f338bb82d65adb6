"""Fast entry: the main figures of many bilans in a grid."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from actions.situation import RequeteCampagne


@require_http_methods(["GET", "POST"])
def saisie_rapide(request: RequeteCampagne) -> HttpResponse:
    """Show the grid; save it without JavaScript."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def saisie_rapide_cellule(request: RequeteCampagne) -> HttpResponse:
    """Save one cell."""
    raise NotImplementedError
