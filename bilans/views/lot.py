"""Validating several bilans at once."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from actions.situation import RequeteCampagne


@require_http_methods(["GET", "POST"])
def bilans_valider(request: RequeteCampagne) -> HttpResponse:
    """Say which can be validated, then validate them."""
    raise NotImplementedError
