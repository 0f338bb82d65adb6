"""What the pages of a bilan share: finding it, and its addresses."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from actions.situation import RequeteCampagne

from .. import operations
from ..models import Bilan

CHANGE_ENTRE_TEMPS = (
    "Ce bilan a été modifié depuis que vous avez ouvert la page : relisez-le, puis recommencez."
)


def trouver_bilan(request: RequeteCampagne, cle: str) -> Bilan:
    """Return the bilan of the action `cle` of this year, if the account sees it; else a 404."""
    bilan: Bilan = get_object_or_404(
        Bilan.objects.visibles_par(request.user)
        .select_related(
            "action_annuelle__campagne__contrat",
            "action_annuelle__action__porteur__parent",
            "action_annuelle__dispositif",
            "transmis_par",
            "valide_par",
        )
        .prefetch_related("action_annuelle__campagne__tranches", "effectifs__tranche"),
        action_annuelle__campagne=request.campagne,
        action_annuelle__cle=cle,
    )
    # The same object as the request's, so that nobody asks for it again.
    bilan.action_annuelle.campagne.contrat = request.contrat
    return bilan


def adresse(request: RequeteCampagne, nom: str, cle: str) -> str:
    return reverse(nom, args=[request.contrat.slug, request.annee, cle])


def lire_plutot(request: RequeteCampagne, bilan: Bilan) -> HttpResponse:
    """Lead to the bilan, saying why it may not change: the way back from a bilan just handed over comes here."""
    messages.info(request, operations.refus(bilan))
    return redirect(adresse(request, "bilan_detail", bilan.action_annuelle.cle))
