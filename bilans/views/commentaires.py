"""Remarks on a bilan."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from actions.situation import RequeteCampagne


@require_http_methods(["GET", "POST"])
def bilan_commenter(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Write a remark on a field of the bilan."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def commentaire_regler(request: RequeteCampagne, cle: str, commentaire: str) -> HttpResponse:
    """Settle a remark, or take that back."""
    raise NotImplementedError
