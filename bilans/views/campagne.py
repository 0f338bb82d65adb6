"""The campaign of the bilans: dates, instructions, questions, messages, opening and closing."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from actions.situation import RequeteCampagne


@require_http_methods(["GET", "POST"])
def campagne(request: RequeteCampagne) -> HttpResponse:
    """Show where the campaign stands."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def campagne_reglages(request: RequeteCampagne) -> HttpResponse:
    """Edit dates, instructions, contact, age bands."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def campagne_questions(request: RequeteCampagne) -> HttpResponse:
    """Show the questions and indicators asked."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def question_creer(request: RequeteCampagne) -> HttpResponse:
    """Add a question."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def question_modifier(request: RequeteCampagne, pk: int) -> HttpResponse:
    """Edit a question."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def question_supprimer(request: RequeteCampagne, pk: int) -> HttpResponse:
    """Remove a question."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def indicateur_creer(request: RequeteCampagne) -> HttpResponse:
    """Ask an indicator."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def indicateur_modifier(request: RequeteCampagne, pk: int) -> HttpResponse:
    """Edit an indicator asked."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def indicateur_supprimer(request: RequeteCampagne, pk: int) -> HttpResponse:
    """Stop asking an indicator."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def campagne_messages(request: RequeteCampagne) -> HttpResponse:
    """Show the messages of the campaign."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def campagne_message(request: RequeteCampagne, type: str) -> HttpResponse:
    """Edit a message, with a preview."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def campagne_ouvrir(request: RequeteCampagne) -> HttpResponse:
    """Open the bilans."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def campagne_clore(request: RequeteCampagne) -> HttpResponse:
    """Close the bilans."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def campagne_rouvrir(request: RequeteCampagne) -> HttpResponse:
    """Reopen the bilans."""
    raise NotImplementedError


@require_http_methods(["GET", "POST"])
def campagne_prolonger(request: RequeteCampagne) -> HttpResponse:
    """Give all bilans a later due date."""
    raise NotImplementedError
