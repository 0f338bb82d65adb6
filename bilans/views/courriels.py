"""E-mails of the campaign: preview, sending, reminders, log."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from actions.models import Campagne
from actions.situation import RequeteCampagne
from comptes.models import Utilisateur
from comptes.vues import exiger

from ..models import Courriel, Envoi
from ..operations import OperationRefusee
from ..operations import courriels as operations
from ..pages import adresse
from ..pages.courriels import (
    JournalCourriels,
    Ligne,
    PageAppel,
    PageEnvoi,
    PageInvitations,
    PageRelances,
    actions_listees,
    reponse_du_serveur,
)
from ..pages.onglets import onglets_bilans

REFUS = "Les courriels reviennent à la personne qui pilote le contrat de ville."

Operation = Callable[[Utilisateur, Campagne], Envoi]


def _adresse(request: RequeteCampagne, nom: str, *arguments: str) -> str:
    return reverse(nom, args=[request.contrat.slug, request.annee, *arguments])


# -- Writing to many -------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: RequeteCampagne) -> HttpResponse:
    """Preview who will be invited, then send."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    if request.method == "POST":
        return _envoyer(request, operations.inviter, "campagne_invitations")
    return _montrer(request, PageInvitations(request), "bilans/envoi_invitations.html")


@require_http_methods(["GET", "HEAD", "POST"])
def relances(request: RequeteCampagne) -> HttpResponse:
    """Preview who will be reminded, then send; the dates planned."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    if request.method == "POST":
        return _envoyer(request, operations.relancer, "campagne_relances")
    return _montrer(request, PageRelances(request), "bilans/envoi_relances.html")


def _montrer(request: RequeteCampagne, page: PageAppel, gabarit: str) -> HttpResponse:
    return render(request, gabarit, {"page": page, "onglets": onglets_bilans(request, "campagne")})


def _envoyer(request: RequeteCampagne, operation: Operation, nom: str) -> HttpResponse:
    try:
        lot = operation(request.user, request.campagne)
    except OperationRefusee as refus:
        messages.warning(request, str(refus))
        return redirect(_adresse(request, nom))
    return redirect(_adresse(request, "envoi", lot.cle))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def envoi(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show the progress of a batch; send again what never left."""
    visibles = Envoi.objects.visibles_par(request.user).filter(campagne=request.campagne)
    lot = get_object_or_404(visibles.select_related("auteur", "campagne"), cle=cle)
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    if request.method == "POST":
        return _renvoyer_les_non_partis(request, lot)
    contexte = {"page": PageEnvoi(request, lot), "onglets": onglets_bilans(request, "courriels")}
    return render(request, "bilans/envoi.html", contexte)


def _renvoyer_les_non_partis(request: RequeteCampagne, lot: Envoi) -> HttpResponse:
    try:
        suite = operations.renvoyer_les_non_partis(request.user, lot)
    except OperationRefusee as refus:
        messages.info(request, str(refus))
        return redirect(_adresse(request, "envoi", lot.cle))
    return redirect(_adresse(request, "envoi", suite.cle))


# -- The log ---------------------------------------------------------------------------------------
@require_safe
def courriels(request: RequeteCampagne) -> HttpResponse:
    """Show the e-mails of the year, those that did not arrive on top."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    if not adresse.est_propre(request.GET):
        return redirect(f"{request.path}{adresse.ecrire(request.GET)}")
    contexte = {"journal": JournalCourriels(request), "onglets": onglets_bilans(request, "courriels")}
    return render(request, "bilans/courriels.html", contexte)


def _trouver(request: RequeteCampagne, cle: str) -> Courriel:
    """Return the e-mail `cle` of this year, if the account sees it; else a 404."""
    visibles = Courriel.objects.visibles_par(request.user).filter(campagne=request.campagne)
    trouve: Courriel = get_object_or_404(
        visibles.select_related(
            "porteur",
            "rapport__contrat",
            "auteur",
            "recu",
            "envoi",
            "reprise_de",
            "bilan__action_annuelle__action",
        ),
        cle=cle,
    )
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    return trouve


@require_safe
def courriel(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show an e-mail as it was sent."""
    trouve = _trouver(request, cle)
    contexte = {
        "courriel": trouve,
        "ligne": Ligne(trouve),
        "reponse": reponse_du_serveur(trouve),
        "actions": actions_listees(trouve, request),
        "reprises": [Ligne(c) for c in trouve.reprises.order_by("pk")],
        "onglets": onglets_bilans(request, "courriels"),
    }
    return render(request, "bilans/courriel.html", contexte)


@require_http_methods(["GET", "HEAD", "POST"])
def courriel_renvoyer(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Send an e-mail again; asked by a link, it only shows it."""
    trouve = _trouver(request, cle)
    if request.method != "POST":
        return redirect(_adresse(request, "courriel", cle))
    try:
        reprise = operations.renvoyer_courriel(request.user, trouve)
    except OperationRefusee as refus:
        messages.error(request, str(refus))
        return redirect(_adresse(request, "courriel", cle))
    messages.success(request, f"Le message repart vers {reprise.destinataire}.")
    return redirect(_adresse(request, "courriel", reprise.cle))
