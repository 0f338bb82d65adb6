"""The pages of a year for who works on it: dashboard, list of actions, follow-up of the bilans."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from actions.situation import RequeteCampagne
from comptes.vues import exiger

from .. import adresse
from ..listes import ListeActions


def tableau_de_bord(request, **kwargs):
    raise NotImplementedError


@require_safe
def liste_actions(request: RequeteCampagne) -> HttpResponse:
    """Show the actions of the year that the account sees, as the address filters, sorts and lays them out."""
    exiger(
        request,
        "actions.lister",
        request.contrat,
        "La liste des actions est ouverte à l'équipe du contrat de ville, aux financeurs et aux porteurs.",
    )
    liste = ListeActions(request)
    par_htmx = "HX-Request" in request.headers
    if not par_htmx and not adresse.est_propre(request.GET):
        return redirect(f"{request.path}{liste.adresse}")
    reponse = render(
        request,
        "bilans/liste_actions.html",
        {
            "liste": liste,
            "gere": request.user.has_perm("contrats.gerer", request.contrat),
        },
    )
    if par_htmx:
        reponse["HX-Push-Url"] = f"{request.path}{liste.adresse}"
    return reponse


def suivi_bilans(request, **kwargs):
    raise NotImplementedError
