"""Receipts of what was transmitted: a page to read, to print and to copy, and the same as PDF."""

import logging

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from actions.situation import RequeteCampagne
from documents import ErreurRendu

from ..models import Recu
from ..recus import RecuLu, pdf_du_recu

journal = logging.getLogger(__name__)


@require_safe
def recu(request: RequeteCampagne, cle: str, recu: str) -> HttpResponse:
    """Show a receipt."""
    trouve = _trouver(request, cle, recu)
    contexte = {"lu": RecuLu(trouve), "annuelle": trouve.bilan.action_annuelle, "bilan": trouve.bilan}
    return render(request, "bilans/recu.html", contexte)


@require_safe
def recu_pdf(request: RequeteCampagne, cle: str, recu: str) -> HttpResponse:
    """Give a receipt as PDF."""
    trouve = _trouver(request, cle, recu)
    try:
        contenu = pdf_du_recu(trouve)
    except ErreurRendu:
        journal.exception("The PDF of the receipt %s could not be made.", trouve.cle)
        messages.error(
            request,
            "Le PDF n'a pas pu être préparé. Voici le même reçu sur cette page : vous pouvez l'imprimer.",
        )
        return redirect(reverse("recu", args=[request.contrat.slug, request.annee, cle, trouve.cle]))
    reponse = HttpResponse(contenu, content_type="application/pdf")
    jour = trouve.transmis_le.date().isoformat()
    reponse["Content-Disposition"] = f'attachment; filename="recu-{jour}-{trouve.cle}.pdf"'
    reponse["Cache-Control"] = "private, no-cache"
    return reponse


def _trouver(request: RequeteCampagne, cle: str, recu: str) -> Recu:
    trouve: Recu = get_object_or_404(
        Recu.objects.visibles_par(request.user).select_related("bilan__action_annuelle__action"),
        bilan__action_annuelle__campagne=request.campagne,
        bilan__action_annuelle__cle=cle,
        cle=recu,
    )
    return trouve
