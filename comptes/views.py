"""Pages that belong to no contract: notices, health, the e-mails of the demonstration."""

from typing import NoReturn

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .contexte import version
from .courriels import derniers_courriels


@login_not_required
@require_safe
def accessibilite(request: HttpRequest) -> HttpResponse:
    """Show the accessibility statement, which the law asks to reach from every page (décret n° 2019-768)."""
    return render(request, "comptes/accessibilite.html")


@login_not_required
@require_safe
def donnees_personnelles(request: HttpRequest) -> HttpResponse:
    """Show what is known of people, why and how long (RGPD, art. 13)."""
    return render(request, "comptes/donnees_personnelles.html")


@login_not_required
@require_safe
@never_cache
def demonstration_courriels(request: HttpRequest) -> HttpResponse:
    """Show the e-mails of the demonstration, newest first; 404 on a real installation.

    Public on purpose: the code that signs a person in is in one of them, so it must be readable before
    signing in. The demonstration holds only invented people.
    """
    if not settings.PILOTIS_DEMONSTRATION:
        raise Http404
    courriels = derniers_courriels(settings.PILOTIS_COURRIELS)
    return render(request, "comptes/courriels.html", {"courriels": courriels})


@login_not_required
@require_safe
@never_cache
def sante(request: HttpRequest) -> JsonResponse:
    """Return 200 when the database answers, 503 otherwise: for the supervision of the server."""
    try:
        with connection.cursor() as curseur:
            curseur.execute("SELECT 1")
            curseur.fetchone()
    except DatabaseError:
        return JsonResponse({"etat": "panne", "base": "injoignable", "version": version()}, status=503)
    return JsonResponse({"etat": "ok", "base": "ok", "version": version()})


@login_not_required
def introuvable(request: HttpRequest) -> NoReturn:
    """Close an address that a dependency opens and that we do not offer."""
    raise Http404
