"""How far the bilans are, by axe and by porteur, each number leading to its rows."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from actions.situation import RequeteCampagne


@require_http_methods(["GET", "POST"])
def avancement(request: RequeteCampagne) -> HttpResponse:
    """Show how far the bilans of the year are."""
    raise NotImplementedError
