"""E-mails of the campaign: preview, sending, reminders, log."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from actions.situation import RequeteCampagne


@require_http_methods(["GET", "POST"])
def invitations(request: RequeteCampagne) -> HttpResponse:
    """Preview who will be invited, then send."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def relances(request: RequeteCampagne) -> HttpResponse:
    """Preview who will be reminded, then send; the dates planned."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def courriels(request: RequeteCampagne) -> HttpResponse:
    """Show the e-mails of the year."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def courriel(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show an e-mail as it was sent."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def courriel_renvoyer(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Send an e-mail again."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def envoi(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show the progress of a batch."""
    raise NotImplementedError
