"""Creating and editing a porteur."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from comptes.versions import VersionPerimee, comparer
from comptes.vues import RIEN_DE_CHANGE, exiger, page_suivante
from contrats.requete import RequeteContrat

from .forms import PorteurForm, valeurs
from .models import Porteur
from .operations import creer_porteur, modifier_porteur

REFUS = "Seule la personne qui tient le contrat peut créer ou modifier un porteur."


@require_http_methods(["GET", "POST"])
def porteur_creer(request: RequeteContrat) -> HttpResponse:
    """Create a porteur; `suite` in the address is the page to go back to, with the new porteur's key."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    suite = page_suivante(request)
    porteur = Porteur(epci=request.contrat.epci)
    form = PorteurForm(request.POST if request.method == "POST" else None, instance=porteur)
    if request.method == "POST" and form.is_valid():
        try:
            creer_porteur(request.user, request.contrat, porteur, form.cleaned_data["autres_noms"])
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            messages.success(request, f"Le porteur « {porteur} » est créé.")
            for phrase in form.reparations:
                messages.info(request, phrase)
            if suite:
                return redirect(f"{suite}{'&' if '?' in suite else '?'}{urlencode({'porteur': porteur.cle})}")
            return redirect("porteur_detail", request.contrat.slug, request.annee, porteur.cle)
    retour = suite or reverse("liste_porteurs", args=[request.contrat.slug, request.annee])
    contexte = {"form": form, "porteur": None, "conflit": None, "url_retour": retour}
    return render(request, "porteurs/formulaire.html", contexte)


@require_http_methods(["GET", "POST"])
def porteur_modifier(request: RequeteContrat, cle: str) -> HttpResponse:
    """Correct the file of a porteur."""
    visibles = Porteur.objects.visibles_par(request.user).filter(epci=request.contrat.epci_id)
    porteur = get_object_or_404(visibles.select_related("epci", "parent"), cle=cle)
    exiger(request, "porteurs.modifier", porteur, REFUS)
    retour = reverse("porteur_detail", args=[request.contrat.slug, request.annee, cle])
    nom = porteur.nom
    form = PorteurForm(request.POST if request.method == "POST" else None, instance=porteur)
    conflit = None
    if request.method == "POST" and form.is_valid():
        if not form.has_changed():
            messages.info(request, RIEN_DE_CHANGE)
            return redirect(retour)
        autres_noms, version = form.cleaned_data["autres_noms"], form.cleaned_data["version"] or 0
        try:
            modifier_porteur(request.user, porteur, autres_noms, version=version)
        except VersionPerimee as perimee:
            form.cleaned_data["autres_noms"] = "\n".join(autres_noms)
            conflit = comparer(form, perimee.actuel, valeurs(perimee.actuel))
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            messages.success(request, f"Le porteur « {porteur} » est enregistré.")
            for phrase in form.reparations:
                messages.info(request, phrase)
            return redirect(retour)
    contexte = {"form": form, "porteur": porteur, "nom": nom, "conflit": conflit, "url_retour": retour}
    return render(request, "porteurs/formulaire.html", contexte)
