"""Who acts for a porteur: its accesses, inviting a colleague, withdrawing an access."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from actions.situation import RequeteCampagne


@require_http_methods(["GET", "POST"])
def porteur_acces(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show who may act for the porteur."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def porteur_inviter(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Invite someone to act for the porteur."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def acces_retirer(request: RequeteCampagne, cle: str, pk: int) -> HttpResponse:
    """Withdraw an access."""
    raise NotImplementedError
