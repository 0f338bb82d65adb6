"""The funders of a contract: their list, adding one, correcting one."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from actions.situation import RequeteCampagne
from comptes.versions import VersionPerimee, comparer
from comptes.vues import RIEN_DE_CHANGE, exiger
from financements.models import Financeur
from financements.operations.financeurs import creer_financeur, modifier_financeur

from ..forms.financeurs import FinanceurForm, valeurs_financeur
from ..pages.onglets import onglets_financements
from .programme import REFUS_GESTION


@require_safe
def financeurs(request: RequeteCampagne) -> HttpResponse:
    """Show who funds the contract, in the order of the columns."""
    exiger(request, "contrats.gerer", request.contrat, REFUS_GESTION)
    visibles = Financeur.objects.visibles_par(request.user).filter(contrat=request.contrat)
    contexte = {
        "financeurs": visibles.order_by("ordre", "nom", "pk"),
        "onglets": onglets_financements(request, "financeurs"),
    }
    return render(request, "bilans/financeurs/liste.html", contexte)


@require_http_methods(["GET", "POST"])
def financeur_creer(request: RequeteCampagne) -> HttpResponse:
    """Add a funder to the contract."""
    exiger(request, "contrats.gerer", request.contrat, REFUS_GESTION)
    return _formulaire(request, Financeur(contrat=request.contrat))


@require_http_methods(["GET", "POST"])
def financeur_modifier(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Correct a funder."""
    exiger(request, "contrats.gerer", request.contrat, REFUS_GESTION)
    visibles = Financeur.objects.visibles_par(request.user).filter(contrat=request.contrat)
    return _formulaire(request, get_object_or_404(visibles.select_related("contrat"), cle=cle))


def _formulaire(request: RequeteCampagne, financeur: Financeur) -> HttpResponse:
    existe, nom = financeur.pk is not None, financeur.nom
    retour = reverse("financeurs", args=[request.contrat.slug, request.annee])
    form = FinanceurForm(request.POST if request.method == "POST" else None, instance=financeur)
    conflit = None
    if request.method == "POST" and form.is_valid():
        if existe and not form.has_changed():
            messages.info(request, RIEN_DE_CHANGE)
            return redirect(retour)
        try:
            if existe:
                modifier_financeur(request.user, financeur, version=form.cleaned_data["version"] or 0)
            else:
                creer_financeur(request.user, financeur)
        except VersionPerimee as perimee:
            conflit = comparer(form, perimee.actuel, valeurs_financeur(perimee.actuel))
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            messages.success(request, f"Le financeur « {financeur} » est enregistré.")
            for phrase in form.reparations:
                messages.info(request, phrase)
            return redirect(retour)
    contexte = {"form": form, "existe": existe, "nom": nom, "conflit": conflit, "url_retour": retour}
    return render(request, "bilans/financeurs/formulaire.html", contexte)
