"""Where each account lands: its contract and year, its actions, or a page that says whom to ask."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from actions.situation import RequeteCampagne
from comptes.reprise import chemins_gardes
from contrats.models import ContratVille

from ..models import AvisRapport
from ..pages.arrivee import Arrivee, VosActions, annee_utile, page_d_arrivee, rapports_publies
from ..pages.consultation_rapport import avis_attendus
from ..pages.structure import fiches_dues


@require_safe
def accueil(request: HttpRequest) -> HttpResponse:
    """Send the account to its contract; show the porteur its actions, and the others what they may choose.

    Who owes an opinion sees it first, unless the page of its contract shows it already or it runs the consultation.
    """
    arrivee = Arrivee(request.user)
    attendus = avis_attendus(request.user)
    if arrivee.contrat is not None and not _arreter_sur_l_avis(request, arrivee.contrat, attendus):
        return redirect("aller_au_contrat", arrivee.contrat.slug)
    if arrivee.porte:
        return render(
            request,
            "bilans/vos_actions.html",
            {
                "vos_actions": VosActions(request.user, chemins_gardes(request)),
                "fiches_dues": fiches_dues(request.user),
                "contrats_suivis": arrivee.contrats,
                "avis_attendus": attendus,
            },
        )
    return render(
        request,
        "bilans/accueil.html",
        {"contrats_suivis": arrivee.contrats, "avis_attendus": attendus},
    )


def _arreter_sur_l_avis(request: HttpRequest, contrat: ContratVille, attendus: list[AvisRapport]) -> bool:
    """Return whether an opinion is owed that the first page of the contract would not show."""
    if page_d_arrivee(contrat, request.user) == "accueil_contrat":
        return False
    return any(not request.user.has_perm("contrats.gerer", avis.rapport.contrat) for avis in attendus)


@require_safe
def aller_au_contrat(request: HttpRequest, slug: str) -> HttpResponse:
    """Send the account to the first page it may open in a contract, in its latest useful year."""
    contrat = get_object_or_404(ContratVille.objects.visibles_par(request.user), slug=slug)
    annee = annee_utile(contrat, request.user)
    if annee is None:
        return render(request, "bilans/accueil_sans_annee.html", {"contrat_choisi": contrat})
    return redirect(page_d_arrivee(contrat, request.user), contrat.slug, annee)


@require_safe
def accueil_contrat(request: RequeteCampagne) -> HttpResponse:
    """Send the account to the first page it may open in this year; show a reader the published reports."""
    page = page_d_arrivee(request.contrat, request.user)
    if page != "accueil_contrat":
        return redirect(page, request.contrat.slug, request.annee)
    return render(
        request,
        "bilans/accueil_lecteur.html",
        {
            "rapports": rapports_publies(request.contrat, request.user),
            "avis_attendus": avis_attendus(request.user),
        },
    )
