"""How far the bilans are, by axe and by porteur, each number leading to its rows."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from actions.situation import RequeteCampagne
from comptes.vues import exiger

from ..pages.avancement import PageAvancement
from ..pages.onglets import onglets_bilans
from .programme import REFUS_GESTION


@require_safe
def avancement(request: RequeteCampagne) -> HttpResponse:
    """Show how far the bilans of the year are."""
    exiger(request, "contrats.gerer", request.contrat, REFUS_GESTION)
    contexte = {"page": PageAvancement(request), "onglets": onglets_bilans(request, "avancement")}
    return render(request, "bilans/avancement.html", contexte)
