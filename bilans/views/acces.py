"""Who acts for a porteur: its accesses, inviting a colleague, withdrawing an access."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from actions.situation import RequeteCampagne
from comptes.vues import exiger
from porteurs.forms import InvitationForm
from porteurs.models import AccesPorteur, Porteur
from porteurs.operations import retirer_acces

from ..operations import OperationRefusee
from ..operations.acces import inviter_un_collegue
from ..pages.acces import AccesDuPorteur

REFUS = "Seules les personnes responsables de la structure voient et donnent ses accès."


def _porteur(request: RequeteCampagne, cle: str) -> Porteur:
    """Return the porteur whose accesses the account may give; 404 when it does not see it, 403 when it may not."""
    visibles = Porteur.objects.visibles_par(request.user).filter(epci=request.contrat.epci_id)
    porteur: Porteur = get_object_or_404(visibles.select_related("parent"), cle=cle)
    exiger(request, "porteurs.inviter", porteur, REFUS)
    return porteur


def _page(request: RequeteCampagne, porteur: Porteur) -> str:
    return reverse("porteur_acces", args=[request.contrat.slug, request.annee, porteur.cle])


@require_safe
def porteur_acces(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show who may act for the porteur."""
    porteur = _porteur(request, cle)
    contexte = {
        "porteur": porteur,
        "acces": AccesDuPorteur(porteur, request.campagne),
        "gere": request.user.has_perm("porteurs.modifier", porteur),
    }
    return render(request, "bilans/acces.html", contexte)


@require_http_methods(["GET", "POST"])
def porteur_inviter(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Invite someone to act for the porteur; inviting an address again sends it its link again."""
    porteur = _porteur(request, cle)
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = inviter_un_collegue(request.user, request.campagne, porteur, **form.cleaned_data)
        except ValidationError as refus:
            form.add_error(None, refus)
        except OperationRefusee as refus:
            form.add_error(None, str(refus))
        else:
            messages.success(
                request,
                f"{invitation.nom or invitation.email} peut entrer : le lien part à {invitation.email}.",
            )
            return redirect(_page(request, porteur))
    contexte = {"porteur": porteur, "form": form, "url_retour": _page(request, porteur)}
    return render(request, "bilans/acces_inviter.html", contexte)


@require_http_methods(["GET", "POST"])
def acces_retirer(request: RequeteCampagne, cle: str, pk: int) -> HttpResponse:
    """Withdraw an access, after asking."""
    porteur = _porteur(request, cle)
    acces: AccesPorteur = get_object_or_404(
        AccesPorteur.objects.filter(porteur=porteur).select_related("utilisateur", "porteur"), pk=pk
    )
    empechement, soi = "", acces.utilisateur == request.user
    if request.method == "POST":
        try:
            retirer_acces(request.user, acces)
        except ValidationError as refus:
            empechement = " ".join(refus.messages)
        else:
            messages.success(request, f"L'accès de {acces.utilisateur} est retiré.")
            return redirect("accueil" if soi else _page(request, porteur))
    contexte = {
        "porteur": porteur,
        "acces": acces,
        "soi": soi,
        "empechement": empechement,
        "url_retour": _page(request, porteur),
    }
    return render(request, "bilans/acces_retirer.html", contexte, status=409 if empechement else 200)
