"""The identity of the collectivity: its logo and its colour, what they look like, who changed them."""

import logging
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from actions.situation import RequeteCampagne
from comptes.historique import changements, evenements
from comptes.reprise import garder_la_saisie, oublier_saisie, saisie_gardee
from comptes.versions import VersionPerimee
from comptes.vues import exiger
from contrats.models import ContratVille, Epci

from ..forms.identite import CouleurForm, FormulaireDIdentite, LogoForm
from ..operations.identite import changer_couleur, changer_logo, retirer_logo
from .pieces import FICHIER_SEUL

journal = logging.getLogger(__name__)

CHANGEE_ENTRE_TEMPS = (
    "Une autre personne a changé le logo ou la couleur depuis que vous avez ouvert cette page. Ce que vous avez saisi "
    "est encore là : regardez ce qui est enregistré maintenant, puis enregistrez de nouveau si votre choix tient."
)
REPRISE = (
    "Votre session s'était terminée : ce que vous aviez saisi est de nouveau là. Un fichier, lui, est à choisir de "
    "nouveau."
)


@require_safe
def identite(request: RequeteCampagne) -> HttpResponse:
    """Show the logo and the colour as they are seen, and what changed."""
    epci = _ouvrir(request)
    contexte = {
        "epci": epci,
        "autres_contrats": ContratVille.objects.filter(epci=epci).exclude(pk=request.contrat.pk).count(),
        "evenements": evenements(changements(epci, utilisateur=request.user, sauf=("nom", "siren"))),
    }
    return render(request, "bilans/identite/identite.html", contexte)


@garder_la_saisie
@require_http_methods(["GET", "POST"])
def identite_logo(request: RequeteCampagne) -> HttpResponse:
    """Ask for the image of the logo and what it shows, then keep them."""
    epci = _ouvrir(request)
    form = LogoForm(_donnees(request), request.FILES or None, epci=epci)
    if request.method == "POST" and form.is_valid():
        dits = form.cleaned_data
        try:
            changer_logo(
                request.user,
                request.contrat,
                version=dits["version"],
                description=dits["description"],
                fichier=dits["fichier"],
            )
        except ValidationError as erreur:
            form.add_error(None, erreur)
        except VersionPerimee as perimee:
            epci = _opposer(form, perimee)
        else:
            return _revenir(request, "Le logo est enregistré.")
    return render(request, "bilans/identite/logo.html", {"epci": epci, "form": form} | _retour(request))


@require_http_methods(["GET", "POST"])
def identite_logo_retirer(request: RequeteCampagne) -> HttpResponse:
    """Ask, then take the logo away."""
    epci = _ouvrir(request)
    if request.method == "POST":
        retirer_logo(request.user, request.contrat)
        return _revenir(request, "Le logo est retiré.")
    if not epci.logo:
        return redirect(_retour(request)["url_retour"])
    return render(request, "bilans/identite/logo_retirer.html", {"epci": epci} | _retour(request))


@garder_la_saisie
@require_http_methods(["GET", "POST"])
def identite_couleur(request: RequeteCampagne) -> HttpResponse:
    """Ask for the colour, propose a darker shade of one that is too pale, then keep it."""
    epci = _ouvrir(request)
    form = CouleurForm(_donnees(request), epci=epci)
    if request.method == "POST" and form.is_valid():
        dits = form.cleaned_data
        try:
            changer_couleur(request.user, request.contrat, version=dits["version"], couleur=dits["couleur"])
        except VersionPerimee as perimee:
            epci = _opposer(form, perimee)
        else:
            return _revenir(
                request, "La couleur est enregistrée." if dits["couleur"] else "Pilotis reprend ses couleurs."
            )
    return render(request, "bilans/identite/couleur.html", {"epci": epci, "form": form} | _retour(request))


@login_not_required
@require_safe
@FICHIER_SEUL
def logo(request: HttpRequest, empreinte: str) -> HttpResponseBase:
    """Give a logo to anybody who has its address: the sign-in page shows it."""
    # two collectivities may have the same
    epci: Epci | None = Epci.objects.filter(logo_empreinte=empreinte).exclude(logo="").order_by("pk").first()
    if epci is None:
        raise Http404
    try:
        fichier = epci.logo.open("rb")
    except FileNotFoundError:
        journal.error("The logo of %s is missing from the disk (%s).", epci, epci.logo.name)
        raise Http404("Ce logo n'est plus sur le serveur.") from None
    reponse = FileResponse(fichier, content_type=Epci.LOGO_TYPE)
    reponse["X-Content-Type-Options"] = "nosniff"
    # Another logo is another address.
    reponse["Cache-Control"] = "public, max-age=86400, immutable"
    return reponse


def _ouvrir(request: RequeteCampagne) -> Epci:
    exiger(request, "contrats.identifier", request.contrat)
    return request.contrat.epci


def _retour(request: RequeteCampagne) -> dict[str, Any]:
    return {"url_retour": reverse("identite", args=[request.contrat.slug, request.annee])}


def _donnees(request: RequeteCampagne) -> Any:
    """Return what was sent, or what was typed here when the session ended; None for a page just opened."""
    if request.method == "POST":
        return request.POST
    gardee = saisie_gardee(request, request.get_full_path())
    if gardee is not None:
        messages.warning(request, REPRISE)
    return gardee


def _opposer(form: FormulaireDIdentite, perimee: VersionPerimee) -> Epci:
    """Say on the form that someone changed the identity meanwhile, ready it to be sent again; return what it is now."""
    form.add_error(None, CHANGEE_ENTRE_TEMPS)
    donnees: Any = form.data
    donnees = donnees.copy()
    donnees["version"] = str(perimee.actuel.version)
    form.data = donnees
    actuel: Epci = perimee.actuel
    return actuel


def _revenir(request: RequeteCampagne, phrase: str) -> HttpResponse:
    oublier_saisie(request, request.get_full_path())
    messages.success(request, phrase)
    return redirect(_retour(request)["url_retour"])
