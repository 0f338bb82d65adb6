"""The money of a year: who pays, for what, for whom, and what the printed totals say."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from actions.situation import RequeteCampagne
from comptes.vues import exiger

from ..pages.pilotage import Finances


@require_safe
def financements(request: RequeteCampagne) -> HttpResponse:
    """Show the money of the year that the account sees: a financeur sees its own only."""
    exiger(
        request,
        "financements.lire_programme",
        request.contrat,
        "Les financements sont ouverts à l'équipe du contrat de ville et aux financeurs.",
    )
    gere = request.user.has_perm("contrats.gerer", request.contrat)
    return render(request, "bilans/financements.html", {"finances": Finances(request), "gere": gere})
