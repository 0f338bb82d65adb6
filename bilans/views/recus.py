"""Receipts of what was transmitted."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from actions.situation import RequeteCampagne


@require_http_methods(["GET", "POST"])
def recu(request: RequeteCampagne, cle: str, recu: str) -> HttpResponse:
    """Show a receipt."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def recu_pdf(request: RequeteCampagne, cle: str, recu: str) -> HttpResponse:
    """Give a receipt as PDF."""
    raise NotImplementedError
