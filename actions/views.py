"""Creating and editing an action."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from comptes.versions import Conflit, VersionPerimee, comparer
from comptes.vues import RIEN_DE_CHANGE, exiger
from porteurs.models import Porteur

from .forms import ActionForm, valeurs
from .models import ActionAnnuelle
from .operations import creer_action, modifier_action
from .situation import RequeteCampagne

REFUS = "Seule la personne qui tient le contrat peut créer ou modifier une action."
BROUILLONS = "actions_en_cours"


@require_http_methods(["GET", "POST"])
def action_creer(request: RequeteCampagne) -> HttpResponse:
    """Put an action in the programme of the year."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    annuelle = ActionAnnuelle(campagne=request.campagne)
    form = ActionForm(_saisie(request), instance=annuelle, initial=_reprise(request))
    if request.method == "POST":
        if "creer_porteur" in request.POST:
            return _aller_creer_un_porteur(request)
        if form.is_valid():
            try:
                creer_action(request.user, annuelle, **_identite(form))
            except ValidationError as refus:
                form.add_error(None, refus)
            else:
                _oublier(request)
                messages.success(
                    request, f"L'action « {annuelle.action} » est au programme de {request.annee}."
                )
                return redirect("action_detail", request.contrat.slug, request.annee, annuelle.cle)
    retour = reverse("liste_actions", args=[request.contrat.slug, request.annee])
    return _formulaire(request, form, retour)


@require_http_methods(["GET", "POST"])
def action_modifier(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Correct an action, or change its state."""
    visibles = ActionAnnuelle.objects.visibles_par(request.user)
    annuelle = get_object_or_404(
        visibles.select_related("action__porteur", "campagne__contrat", "dispositif", "axe"),
        campagne=request.campagne,
        cle=cle,
    )
    exiger(request, "actions.modifier", annuelle, REFUS)
    retour = reverse("action_detail", args=[request.contrat.slug, request.annee, cle])
    form = ActionForm(_saisie(request), instance=annuelle, initial=_reprise(request))
    conflit = None
    if request.method == "POST":
        if "creer_porteur" in request.POST:
            return _aller_creer_un_porteur(request)
        if form.is_valid() and not form.has_changed():
            messages.info(request, RIEN_DE_CHANGE)
            return redirect(retour)
        if form.is_valid():
            version = form.cleaned_data["version"] or 0
            try:
                modifier_action(request.user, annuelle, version=version, **_identite(form))
            except VersionPerimee as perimee:
                conflit = comparer(form, perimee.actuel, valeurs(perimee.actuel))
            except ValidationError as refus:
                form.add_error(None, refus)
            else:
                _oublier(request)
                messages.success(request, f"L'action « {annuelle.action} » est enregistrée.")
                return redirect(retour)
    return _formulaire(request, form, retour, annuelle=annuelle, conflit=conflit)


def _formulaire(
    request: RequeteCampagne,
    form: ActionForm,
    retour: str,
    *,
    annuelle: ActionAnnuelle | None = None,
    conflit: Conflit | None = None,
) -> HttpResponse:
    contexte = {"form": form, "url_retour": retour, "annuelle": annuelle, "conflit": conflit}
    return render(request, "actions/formulaire.html", contexte)


def _identite(form: ActionForm) -> dict[str, Any]:
    return {nom: form.cleaned_data[nom] for nom in ("porteur", "intitule", "territoires")}


# -- Leaving for another page without losing what was typed ----------------------------------------
def _saisie(request: RequeteCampagne) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _aller_creer_un_porteur(request: RequeteCampagne) -> HttpResponse:
    """Keep what was typed in the session, and lead to the porteur's form, which leads back here."""
    saisie = {nom: textes for nom, textes in request.POST.lists() if nom != "csrfmiddlewaretoken"}
    request.session[BROUILLONS] = {**request.session.get(BROUILLONS, {}), request.path: saisie}
    adresse = reverse("porteur_creer", args=[request.contrat.slug, request.annee])
    return redirect(f"{adresse}?{urlencode({'suite': f'{request.path}?reprise=1'})}")


def _reprise(request: RequeteCampagne) -> dict[str, Any]:
    """Return the first values of the form: what was typed before leaving, and the porteur of the address."""
    reprise: dict[str, Any] = {}
    if "reprise" in request.GET:
        saisie = request.session.get(BROUILLONS, {}).get(request.path, {})
        reprise = {nom: textes[-1] for nom, textes in saisie.items()}
        if saisie:
            # A browser sends nothing for boxes that are all left empty.
            reprise["territoires"] = saisie.get("territoires", [])
    # No key has the character NUL, and PostgreSQL would fail on it.
    if (cle := request.GET.get("porteur")) and "\x00" not in cle:
        visibles = Porteur.objects.visibles_par(request.user).filter(epci=request.contrat.epci_id)
        if porteur := visibles.filter(cle=cle).first():
            reprise["porteur"] = porteur.pk
    return reprise


def _oublier(request: RequeteCampagne) -> None:
    brouillons = request.session.get(BROUILLONS, {})
    if brouillons.pop(request.path, None) is not None:
        request.session[BROUILLONS] = brouillons
