"""Creating, editing and deleting a funding line; settling an ambiguous reading."""

from dataclasses import dataclass
from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from actions.models import ActionAnnuelle
from actions.situation import RequeteCampagne
from comptes.versions import VersionPerimee, comparer, lire_version
from comptes.vues import RIEN_DE_CHANGE, exiger
from documents import formats

from .forms import LectureForm, LigneForm, valeurs
from .models import AmbiguiteMontants, Financeur, LigneFinancement
from .operations import (
    ajouter_ligne,
    etat_de,
    modifier_ligne,
    montants_enregistres,
    supprimer_ligne,
    trancher_montants,
)

REFUS = "Seule la personne qui tient le contrat peut modifier les montants."


# -- Funding lines ---------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def ligne_ajouter(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Add a funding line to an action."""
    annuelle = _action(request, cle)
    exiger(request, "financements.ajouter", annuelle, REFUS)
    ligne = LigneFinancement(action_annuelle=annuelle)
    form = LigneForm(request.POST if request.method == "POST" else None, instance=ligne)
    if request.method == "POST" and form.is_valid():
        try:
            ajouter_ligne(request.user, ligne)
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            _dire(request, ligne, "est ajoutée")
            return redirect(_fiche(request, annuelle))
    contexte = {"form": form, "ligne": None, "annuelle": annuelle, "conflit": None}
    return render(
        request, "financements/formulaire.html", {**contexte, "url_retour": _fiche(request, annuelle)}
    )


@require_http_methods(["GET", "POST"])
def ligne_modifier(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Correct a funding line."""
    ligne = _ligne(request, cle)
    annuelle = ligne.action_annuelle
    form = LigneForm(request.POST if request.method == "POST" else None, instance=ligne)
    conflit = None
    if request.method == "POST" and form.is_valid():
        if not form.has_changed():
            messages.info(request, RIEN_DE_CHANGE)
            return redirect(_fiche(request, annuelle))
        try:
            modifier_ligne(request.user, ligne, version=form.cleaned_data["version"] or 0)
        except VersionPerimee as perimee:
            conflit = comparer(form, perimee.actuel, valeurs(perimee.actuel))
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            _dire(request, ligne, "est enregistrée")
            return redirect(_fiche(request, annuelle))
    contexte = {"form": form, "ligne": ligne, "annuelle": annuelle, "conflit": conflit}
    return render(
        request, "financements/formulaire.html", {**contexte, "url_retour": _fiche(request, annuelle)}
    )


@require_http_methods(["GET", "POST"])
def ligne_supprimer(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Ask, then delete a funding line."""
    ligne = _ligne(request, cle)
    empechement = ""
    if request.method == "POST":
        try:
            supprimer_ligne(request.user, ligne, version=lire_version(request.POST.get("version", "")))
        except VersionPerimee:
            empechement = (
                "Cette ligne vient d'être modifiée par une autre personne : "
                "relisez ses montants avant de la supprimer."
            )
        except ValidationError as refus:
            empechement = " ".join(refus.messages)
        else:
            messages.success(
                request, f"La ligne « {ligne.financeur} » est supprimée ; son historique est conservé."
            )
            return redirect(_fiche(request, ligne.action_annuelle))
    contexte = {
        "ligne": LigneFinancement.objects.select_related("financeur").get(pk=ligne.pk),
        "annuelle": ligne.action_annuelle,
        "empechement": empechement,
        "url_retour": _fiche(request, ligne.action_annuelle),
    }
    return render(request, "financements/supprimer.html", contexte)


def _action(request: RequeteCampagne, cle: str) -> ActionAnnuelle:
    visibles = ActionAnnuelle.objects.visibles_par(request.user)
    annuelle: ActionAnnuelle = get_object_or_404(
        visibles.select_related("action__porteur", "campagne__contrat"), campagne=request.campagne, cle=cle
    )
    return annuelle


def _ligne(request: RequeteCampagne, cle: str) -> LigneFinancement:
    """Return a line of the year that the account may edit; 404 for one it does not see, 403 else."""
    visibles = LigneFinancement.objects.visibles_par(request.user)
    ligne: LigneFinancement = get_object_or_404(
        visibles.select_related("financeur", "action_annuelle__action", "action_annuelle__campagne__contrat"),
        action_annuelle__campagne=request.campagne,
        cle=cle,
    )
    exiger(request, "financements.modifier", ligne, REFUS)
    return ligne


def _fiche(request: RequeteCampagne, annuelle: ActionAnnuelle) -> str:
    return reverse("action_detail", args=[request.contrat.slug, request.annee, annuelle.cle])


def _dire(request: RequeteCampagne, ligne: LigneFinancement, fait: str) -> None:
    """Say that the line is saved, and what is unusual in it."""
    messages.success(request, f"La ligne « {ligne.financeur} » {fait}.")
    demande, accorde = ligne.montant_demande, ligne.montant_accorde
    if demande is not None and accorde is not None and accorde > demande:
        messages.warning(
            request,
            f"« {ligne.financeur} » : le montant accordé ({formats.montant(accorde)}) dépasse le montant demandé "
            f"({formats.montant(demande)}). Vérifiez que c'est bien le cas.",
        )


# -- Ambiguous rows --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Case:
    """The amount of one funder in one reading; `differe` when another reading says otherwise."""

    financeur: Financeur
    montant: Decimal | None
    differe: bool


@dataclass(frozen=True)
class Lecture:
    """A reading as a row of the page: a cell a funder, and their sum in euros."""

    valeur: str
    titre: str
    cases: list[Case]
    total: Decimal
    enregistree: bool


@require_http_methods(["GET", "POST"])
def montants_trancher(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show how the amounts of a row can be read, and confirm one reading."""
    annuelle = _action(request, cle)
    exiger(request, "financements.ajouter", annuelle, REFUS)
    visibles = AmbiguiteMontants.objects.visibles_par(request.user)
    ambiguite: AmbiguiteMontants = get_object_or_404(
        visibles.select_related("lecture_retenue", "tranchee_par"), action_annuelle=annuelle
    )
    ambiguite.action_annuelle = annuelle
    lectures = _lectures(ambiguite)
    avec_actuels = any(lecture.valeur == LectureForm.ACTUELS for lecture in lectures)
    saisie = request.POST.copy() if request.method == "POST" else None
    form = LectureForm(saisie, ambiguite=ambiguite, avec_actuels=avec_actuels)
    entretemps = False
    if saisie is not None and form.is_valid():
        try:
            trancher_montants(request.user, ambiguite, form.lecture_choisie(), etat=form.cleaned_data["etat"])
        except VersionPerimee:
            saisie["etat"], entretemps = etat_de(ambiguite), True
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            messages.success(request, f"Les montants de « {annuelle.action} » sont confirmés.")
            return redirect(_fiche(request, annuelle))
    contexte = {
        "form": form,
        "annuelle": annuelle,
        "ambiguite": ambiguite,
        "lectures": lectures,
        "cases_lues": _cases_lues(ambiguite),
        "entretemps": entretemps,
        "hors_total": LigneFinancement.objects.filter(
            action_annuelle=annuelle, financeur__dans_total=False, montant_accorde__isnull=False
        ).select_related("financeur"),
        "url_retour": _fiche(request, annuelle),
    }
    return render(request, "financements/trancher.html", contexte)


def _cases_lues(ambiguite: AmbiguiteMontants) -> list[str]:
    """Return the cells of the row as they were read, from left to right; « (vide) » for a blank one."""
    if not ambiguite.cases_lues.strip():
        return []
    return [" ".join(case.split()) or "(vide)" for case in ambiguite.cases_lues.split("|")]


def _lectures(ambiguite: AmbiguiteMontants) -> list[Lecture]:
    """Return the readings as rows; the amounts recorded today come last when no reading gives them."""
    actuels = montants_enregistres(ambiguite.action_annuelle)
    grilles: list[tuple[str, str, dict[int, Decimal]]] = [
        (str(lue.pk), str(lue), {montant.financeur_id: montant.montant for montant in lue.montants.all()})
        for lue in ambiguite.lectures.order_by("ordre").prefetch_related("montants")
    ]
    if actuels not in [montants for _, _, montants in grilles]:
        grilles.append((LectureForm.ACTUELS, "Les montants actuels de l'action", actuels))
    concernes = {pk for _, _, montants in grilles for pk in montants}
    financeurs = list(Financeur.objects.filter(pk__in=concernes).order_by("ordre", "nom"))
    disputes = {
        financeur.pk
        for financeur in financeurs
        if len({montants.get(financeur.pk) for _, _, montants in grilles}) > 1
    }
    return [
        Lecture(
            valeur=valeur,
            titre=titre,
            cases=[Case(f, montants.get(f.pk), f.pk in disputes) for f in financeurs],
            total=sum(montants.values(), Decimal(0)),
            enregistree=montants == actuels,
        )
        for valeur, titre, montants in grilles
    ]
