"""The pages of a year for who works on it: dashboard, list of actions, follow-up of the bilans."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from actions.situation import RequeteCampagne
from comptes.vues import exiger

from ..pages import adresse
from ..pages.listes import ListeActions, ListeDeLAnnee, SuiviBilans
from ..pages.pilotage import Pilotage

REFUS_GESTION = "Cette page est ouverte à l'équipe qui pilote le contrat de ville."


@require_safe
def tableau_de_bord(request: RequeteCampagne) -> HttpResponse:
    """Show where the year stands: bilans, next step, deadlines, money, people, recent changes."""
    exiger(request, "contrats.gerer", request.contrat, REFUS_GESTION)
    return render(request, "bilans/tableau_de_bord.html", {"pilotage": Pilotage(request)})


@require_safe
def liste_actions(request: RequeteCampagne) -> HttpResponse:
    """Show the actions of the year that the account sees, as the address filters, sorts and lays them out."""
    exiger(
        request,
        "actions.lister",
        request.contrat,
        "La liste des actions est ouverte à l'équipe du contrat de ville, aux financeurs et aux porteurs.",
    )
    return _montrer(request, ListeActions(request), "bilans/liste_actions.html")


@require_safe
def suivi_bilans(request: RequeteCampagne) -> HttpResponse:
    """Show the bilans of the year by what waits for the chargé·e de mission; same filters as the actions."""
    exiger(request, "contrats.gerer", request.contrat, REFUS_GESTION)
    return _montrer(request, SuiviBilans(request), "bilans/suivi_bilans.html")


def _montrer(request: RequeteCampagne, liste: ListeDeLAnnee, gabarit: str) -> HttpResponse:
    """Return the page of a list; its address is kept short, so that it can be shared."""
    par_htmx = "HX-Request" in request.headers
    if not par_htmx and not adresse.est_propre(request.GET):
        return redirect(f"{request.path}{liste.adresse_courte}")
    gere = request.user.has_perm("contrats.gerer", request.contrat)
    reponse = render(request, gabarit, {"liste": liste, "gere": gere})
    if par_htmx:
        reponse["HX-Push-Url"] = f"{request.path}{liste.adresse_courte}"
    return reponse
