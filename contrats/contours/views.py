"""The outlines of the territories: what is loaded, a file looked at before anything is written, one taken away."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from comptes.templatetags.typographie import pluriel
from comptes.vues import exiger
from contrats.models import Territoire
from contrats.requete import RequeteContrat

from .forms import (
    APERCU_PERIME,
    ChoixContoursForm,
    DepotContoursForm,
    a_confirmer,
    lire_le_contenu,
    signer_le_contenu,
)
from .operations import REFUS, charger_contours, retirer_contour
from .page import carte_de_l_apercu, carte_du_contrat, historique_des_contours, points
from .rapprochement import POINTS_GARDES


@require_http_methods(["GET", "HEAD", "POST"])
def contours(request: RequeteContrat) -> HttpResponse:
    """Show the outlines of the contract; look at a file that is sent, without writing anything."""
    contrat = request.contrat
    exiger(request, "contrats.gerer", contrat, REFUS)
    form = DepotContoursForm(
        request.POST if request.method == "POST" else None, request.FILES or None, contrat=contrat
    )
    if request.method == "POST" and form.is_valid():
        territoires = _territoires(request)
        lu = a_confirmer(
            form.rapprochement,
            territoires,
            source=form.cleaned_data["source"],
            fichier=form.cleaned_data["fichier"].name,
        )
        return _apercu(request, ChoixContoursForm(territoires=territoires, lu=lu))
    return _page(request, form)


@require_POST
def contours_charger(request: RequeteContrat) -> HttpResponse:
    """Write the outlines of the preview that the person keeps."""
    contrat = request.contrat
    exiger(request, "contrats.gerer", contrat, REFUS)
    lu = lire_le_contenu(request.POST.get("contenu", ""), request.user, contrat)
    if lu is None:
        messages.error(request, APERCU_PERIME)
        return redirect("contours", contrat.slug, request.annee)
    form = ChoixContoursForm(request.POST, territoires=_territoires(request), lu=lu)
    if form.is_valid():
        try:
            charges = charger_contours(
                request.user,
                contrat,
                form.cleaned_data["geometries"],
                source=lu["source"],
                connus=form.connus,
                motif=f"Fichier {lu['fichier']}",
            )
        except ValidationError as erreur:
            form.add_error(None, erreur)
        else:
            messages.success(
                request,
                f"{pluriel(len(charges), 'contour chargé,contours chargés')} : la carte du rapport les montre. "
                f"Les versions déjà envoyées ou publiées ne changent pas.",
            )
            return redirect("contours", contrat.slug, request.annee)
    return _apercu(request, form)


@require_http_methods(["GET", "HEAD", "POST"])
def contour_retirer(request: RequeteContrat, pk: int) -> HttpResponse:
    """Ask, then take the outline of a territory away."""
    lieu = get_object_or_404(
        Territoire.objects.visibles_par(request.user).filter(contrat=request.contrat), pk=pk
    )
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    if request.method == "POST":
        retirer_contour(request.user, lieu)
        messages.success(request, f"Le contour de « {lieu} » est retiré.")
        return redirect("contours", request.contrat.slug, request.annee)
    url_retour = reverse("contours", args=[request.contrat.slug, request.annee])
    return render(request, "contrats/contour_retirer.html", {"lieu": lieu, "url_retour": url_retour})


def _territoires(request: RequeteContrat) -> list[Territoire]:
    """Return the territories in the order of their types: the QPV first."""
    types = Territoire.Type.values
    lieux = Territoire.objects.filter(contrat=request.contrat).select_related("generation", "commune")
    return sorted(lieux.order_by("recherche"), key=lambda lieu: types.index(lieu.type))


def _page(request: RequeteContrat, form: DepotContoursForm) -> HttpResponse:
    territoires = _territoires(request)
    contexte = {
        "form": form,
        "lignes": [(lieu, points(lieu)) for lieu in territoires],
        "charges": sum(1 for lieu in territoires if lieu.contour),
        "carte": carte_du_contrat(territoires),
        "communes": request.contrat.communes.order_by("nom"),
        "evenements": historique_des_contours(request.contrat),
    }
    return render(request, "contrats/contours.html", contexte)


def _apercu(request: RequeteContrat, form: ChoixContoursForm) -> HttpResponse:
    territoires = list(form.territoires.values())
    choisis = form.choisis()
    contexte = {
        "form": form,
        "lu": form.lu,
        "points_gardes": POINTS_GARDES,
        "contenu": signer_le_contenu(form.lu, request.user, request.contrat),
        "carte": carte_de_l_apercu(territoires, choisis),
        "sans_contour": [lieu for lieu in territoires if not lieu.contour and lieu.pk not in choisis],
    }
    return render(request, "contrats/contours_apercu.html", contexte)
