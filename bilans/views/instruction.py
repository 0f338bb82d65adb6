"""Renewing last year's actions, and recording what was decided of this year's."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from actions.models import ActionAnnuelle, Campagne
from actions.operations import annee_a_ouvrir, ouvrir_annee
from actions.situation import RequeteCampagne
from comptes.templatetags.typographie import pluriel
from comptes.vues import exiger
from financements.operations import (
    Situation,
    annuler_reconduction,
    campagne_precedente,
    candidates,
    decider,
    reconduire,
)

from ..forms.programmation import DecisionForm, ReconduireForm, cles_cochees
from ..pages.instruction import PageDecision
from ..pages.programmation import annuelles_visibles
from .programme import REFUS_GESTION

RIEN_DE_COCHE = "Aucune action n'est cochée : cochez celles que vous voulez."


# -- Renewal ---------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def programmation_reconduire(request: RequeteCampagne) -> HttpResponse:
    """Show what can be renewed of the year before, renew what is ticked, or undo it while nothing was typed."""
    exiger(request, "contrats.gerer", request.contrat, REFUS_GESTION)
    form = ReconduireForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        faire = _annuler if request.POST.get("geste") == "annuler" else _reconduire
        if faire(request, form):
            return redirect(request.path)
    precedente = campagne_precedente(request.campagne)
    trouvees = candidates(request.campagne) if precedente else []
    cochees = request.POST.getlist("action") if request.method == "POST" else None
    contexte = {
        "form": form,
        "precedente": precedente,
        "cochees": cochees,
        "a_reconduire": [c for c in trouvees if c.situation == Situation.RECONDUCTIBLE],
        "deja_la": [c for c in trouvees if c.situation == Situation.DEJA_LA],
        "impossibles": [c for c in trouvees if c.situation == Situation.IMPOSSIBLE],
        "annulables": [c for c in trouvees if c.annulable],
        "archivee": request.campagne.statut == Campagne.Statut.ARCHIVEE,
        "annee_a_ouvrir": _annee_a_ouvrir(request),
        "url_retour": _grille(request),
    }
    return render(request, "bilans/programmation/reconduire.html", contexte)


def _annee_a_ouvrir(request: RequeteCampagne) -> int | None:
    """Return the year after this one when it is not in the contract yet and may be opened."""
    ouvertes = {campagne.annee for campagne in request.campagnes}
    suivante = annee_a_ouvrir(request.campagne)
    return None if suivante in ouvertes else suivante


@require_POST
def annee_suivante(request: RequeteCampagne) -> HttpResponse:
    """Open the year after this one, in preparation, and lead to what can be renewed in it."""
    exiger(request, "contrats.gerer", request.contrat, REFUS_GESTION)
    try:
        nouvelle = ouvrir_annee(request.user, request.campagne)
    except ValidationError as refus:
        messages.error(request, " ".join(refus.messages))
        return redirect("reconduire", request.contrat.slug, request.annee)
    messages.success(request, f"L'année {nouvelle.annee} est ouverte, en préparation.")
    return redirect("reconduire", request.contrat.slug, nouvelle.annee)


def _reconduire(request: RequeteCampagne, form: ReconduireForm) -> bool:
    """Renew what is ticked; return whether it was done."""
    precedente = campagne_precedente(request.campagne)
    if precedente is None or not form.is_valid():
        return False
    anciennes = _cochees(request, precedente)
    if not anciennes:
        messages.warning(request, RIEN_DE_COCHE)
        return False
    try:
        nouvelles = reconduire(
            request.user, request.campagne, anciennes, montants=form.cleaned_data["montants"]
        )
    except ValidationError as refus:
        form.add_error(None, refus)
        return False
    phrase = pluriel(
        len(nouvelles), "action est reconduite,actions sont reconduites,Aucune action n'était à reconduire"
    )
    messages.success(request, f"{phrase} en {request.annee}.")
    return True


def _annuler(request: RequeteCampagne, _form: ReconduireForm) -> bool:
    """Undo the ticked renewals; return whether it was done."""
    nouvelles = _cochees(request, request.campagne)
    if not nouvelles:
        messages.warning(request, RIEN_DE_COCHE)
        return False
    try:
        combien = annuler_reconduction(request.user, nouvelles)
    except ValidationError as refus:
        messages.error(request, " ".join(refus.messages))
        return False
    laissees = len(nouvelles) - combien
    formes = "reconduction est annulée,reconductions sont annulées,Aucune reconduction n'est annulée"
    phrase = f"{pluriel(combien, formes)}."
    if laissees:
        formes = "action a été modifiée depuis : elle reste,actions ont été modifiées depuis : elles restent"
        phrase += f" {pluriel(laissees, formes)}."
    messages.success(request, phrase)
    return True


def _cochees(request: RequeteCampagne, campagne: Campagne) -> list[ActionAnnuelle]:
    visibles = ActionAnnuelle.objects.visibles_par(request.user).filter(campagne=campagne)
    return list(visibles.filter(cle__in=cles_cochees(request.POST)).dans_l_ordre())


# -- Decision --------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def programmation_decider(request: RequeteCampagne) -> HttpResponse:
    """Show the actions on which a decision is taken, and record it on those that are ticked."""
    exiger(request, "contrats.gerer", request.contrat, REFUS_GESTION)
    form = DecisionForm(request.POST if request.method == "POST" else None, contrat=request.contrat)
    cochees = cles_cochees(request.POST) if request.method == "POST" else []
    if request.method == "POST":
        annuelles = list(
            annuelles_visibles(request)
            .filter(cle__in=cochees)
            .select_related("action", "campagne__contrat")
            .order_by("pk")
        )
        if not annuelles:
            form.add_error(None, RIEN_DE_COCHE)
        elif form.is_valid() and _decider(request, form, annuelles):
            return redirect(_grille(request))
    contexte = {
        "form": form,
        "page": PageDecision(request),
        "conflit": None,
        "cochees": cochees,
        "url_retour": _grille(request),
    }
    return render(request, "bilans/programmation/decider.html", contexte)


def _decider(request: RequeteCampagne, form: DecisionForm, annuelles: list[ActionAnnuelle]) -> bool:
    try:
        fait = decider(request.user, request.campagne, annuelles, form.decision())
    except ValidationError as refus:
        form.add_error(None, refus)
        return False
    phrases = [f"La décision est enregistrée sur {pluriel(fait.actions, 'action,actions')}."]
    if fait.montants:
        phrases.append(
            f"{pluriel(fait.montants, 'montant proposé est accordé,montants proposés sont accordés')}."
        )
    messages.success(request, " ".join(phrases))
    if fait.differents:
        formes = (
            "ligne avait déjà un montant accordé différent du montant proposé : il est gardé,"
            "lignes avaient déjà un montant accordé différent du montant proposé : il est gardé"
        )
        messages.warning(request, f"{pluriel(fait.differents, formes)}.")
    return True


def _grille(request: RequeteCampagne) -> str:
    return reverse("programmation", args=[request.contrat.slug, request.annee])
