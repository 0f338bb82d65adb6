"""Attachments of a bilan."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from actions.situation import RequeteCampagne


@require_http_methods(["GET", "POST"])
def piece_ajouter(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Attach a file to the bilan."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def piece(request: RequeteCampagne, cle: str, piece: str) -> HttpResponse:
    """Give the file."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def piece_retirer(request: RequeteCampagne, cle: str, piece: str) -> HttpResponse:
    """Take a file away."""
    raise NotImplementedError
