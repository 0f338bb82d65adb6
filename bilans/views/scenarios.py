"""Scenarios: copy the grid, try amounts in it, compare, adopt one or set it aside."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.models import ActionAnnuelle
from actions.situation import RequeteCampagne
from comptes.templatetags.typographie import pluriel
from comptes.versions import VersionPerimee, comparer, lire_version
from comptes.vues import exiger
from financements.models import Scenario
from financements.operations import (
    PROGRAMME,
    SCENARIO,
    ConflitsAdoption,
    adopter_scenario,
    creer_scenario,
    dupliquer_scenario,
    ecarter_scenario,
    ecrire_montant_scenario,
    modifier_scenario,
    reprendre_scenario,
)
from financements.programmation import Colonne, lire_colonne
from financements.scenarios import comparer as comparer_scenarios
from financements.scenarios import conflits_de

from ..forms.programmation import NomScenarioForm, ScenarioForm
from ..pages import adresse
from ..pages.grille import noms_des_colonnes
from ..pages.onglets import onglets_financements
from ..pages.programmation import annuelles_visibles
from ..pages.scenarios import PageScenario, apres_une_case_essayee, scenarios_lus
from . import cellules
from .programme import REFUS_GESTION

CHANGE = "Ce scénario vient d'être modifié par une autre personne : relisez-le, puis recommencez."


@require_http_methods(["GET", "POST"])
def scenarios(request: RequeteCampagne) -> HttpResponse:
    """List the scenarios of the year, and copy the grid into a new one."""
    exiger(request, "contrats.gerer", request.contrat, REFUS_GESTION)
    form = ScenarioForm(request.POST if request.method == "POST" else None, campagne=request.campagne)
    if request.method == "POST" and form.is_valid():
        lu = form.cleaned_data
        try:
            nouveau = creer_scenario(
                request.user,
                request.campagne,
                nom=lu["nom"],
                etat=lu["etat"],
                commentaire=lu["commentaire"],
            )
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            messages.success(request, f"Le scénario « {nouveau} » est prêt : essayez vos montants.")
            return redirect(_adresse(request, nouveau))
    contexte = {
        "form": form,
        "scenarios": scenarios_lus(request),
        "archivee": request.campagne.statut == request.campagne.Statut.ARCHIVEE,
        "onglets": onglets_financements(request, "scenarios"),
    }
    return render(request, "bilans/programmation/scenarios.html", contexte)


# -- Its grid --------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def scenario(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show the grid of a scenario; save it without JavaScript."""
    essaye = _scenario(request, cle)
    traitees = _enregistrer_la_page(request, essaye) if request.method == "POST" else {}
    reste = any(ecrits.reste for ecrits in traitees.values())
    if request.method == "POST" and not reste:
        return redirect(request.get_full_path())
    if request.method == "GET" and not adresse.est_propre(request.GET):
        return redirect(f"{request.path}{adresse.ecrire(request.GET)}")
    page = PageScenario(request, essaye)
    for ligne in page.vue.lignes:
        if ligne.annuelle.cle in traitees:
            cellules.rendre_ce_qui_reste(request, ligne, traitees[ligne.annuelle.cle])
    contexte = {
        "page": page,
        "scenario": essaye,
        "gere": True,
        "reste": reste,
        "onglets": onglets_financements(request, "scenarios"),
    }
    return render(request, "bilans/programmation/scenario.html", contexte)


@require_POST
def scenario_cellule(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Try some amounts of a row, and answer in JSON as the grid of the programme does."""
    essaye = _scenario(request, cle)
    demande = cellules.lire_la_demande(request)
    if demande is None:
        return JsonResponse({"message": cellules.ILLISIBLE}, status=400)
    annuelle: ActionAnnuelle = get_object_or_404(annuelles_visibles(request), cle=demande[0])
    lues = {nom: lire_colonne(request.user, request.campagne, nom) for nom in demande[1]}
    colonnes = {nom: colonne for nom, colonne in lues.items() if colonne is not None}
    if len(colonnes) != len(lues):
        return JsonResponse({"message": cellules.ILLISIBLE}, status=400)
    ecrits = cellules.ecrire_les_montants(_ecrire(request, essaye, annuelle), colonnes, demande[1])
    if ecrits.refus:
        return JsonResponse({"message": ecrits.refus}, status=403)
    suite = apres_une_case_essayee(request, essaye, annuelle, colonnes.values())
    return JsonResponse(ecrits.en_json() | suite)


def _ecrire(request: RequeteCampagne, essaye: Scenario, annuelle: ActionAnnuelle) -> cellules.Ecrire:
    return lambda colonne, montant, avant: ecrire_montant_scenario(
        request.user, essaye, annuelle, colonne, montant, avant=avant
    )


def _enregistrer_la_page(request: RequeteCampagne, essaye: Scenario) -> dict[str, cellules.MontantsEcrits]:
    page = PageScenario(request, essaye)
    colonnes: dict[str, Colonne] = noms_des_colonnes(page.grille.colonnes)
    return cellules.enregistrer_la_page(
        request, annuelles_visibles(request), colonnes, lambda annuelle: _ecrire(request, essaye, annuelle)
    )


# -- Comparing, adopting ---------------------------------------------------------------------------
@require_safe
def scenario_comparer(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show what differs from the programme, or from the scenario that `avec` names."""
    essaye = _scenario(request, cle)
    autres = Scenario.objects.visibles_par(request.user).filter(campagne=request.campagne)
    autres = autres.exclude(pk=essaye.pk).order_by("-cree_le", "pk")
    avec = request.GET.get("avec", "")
    gauche = get_object_or_404(autres, cle=avec) if avec and "\0" not in avec else None
    contexte = {
        "scenario": essaye,
        "gauche": gauche,
        "autres": list(autres),
        "comparaison": comparer_scenarios(gauche, essaye),
        "onglets": onglets_financements(request, "scenarios"),
    }
    return render(request, "bilans/programmation/scenario_comparer.html", contexte)


@require_http_methods(["GET", "POST"])
def scenario_adopter(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show what adopting a scenario writes, have its conflicts settled, then write it in the programme."""
    essaye = _scenario(request, cle)
    phrases: list[str] = []
    choix: dict[str, str] = {}
    if request.method == "POST":
        conflits = conflits_de(essaye)
        choix = {
            conflit.cle: lu
            for conflit in conflits
            if (lu := request.POST.get(f"choix-{conflit.cle}")) in (PROGRAMME, SCENARIO)
        }
        try:
            version = lire_version(request.POST.get("version", ""))
            combien = adopter_scenario(request.user, essaye, version=version, choix=choix)
        except VersionPerimee:
            essaye, phrases = _scenario(request, cle), [CHANGE]
        except ConflitsAdoption as reste:
            phrases = [str(reste)]
        except ValidationError as refus:
            phrases = refus.messages
        else:
            ecrits = pluriel(
                combien, "montant est écrit,montants sont écrits,aucun montant n'était à changer"
            )
            messages.success(
                request, f"Le scénario « {essaye} » est adopté : {ecrits} dans la programmation."
            )
            return redirect(reverse("programmation", args=[request.contrat.slug, request.annee]))
    contexte = {
        "scenario": essaye,
        "comparaison": comparer_scenarios(None, essaye),
        "conflits": [(conflit, choix.get(conflit.cle, "")) for conflit in conflits_de(essaye)],
        "phrases": phrases,
        "url_retour": _adresse(request, essaye),
    }
    return render(request, "bilans/programmation/scenario_adopter.html", contexte)


# -- Naming, copying, setting aside ----------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def scenario_modifier(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Give a scenario another name or another comment."""
    essaye = _scenario(request, cle)
    initial = {"nom": essaye.nom, "commentaire": essaye.commentaire, "version": essaye.version}
    form = NomScenarioForm(request.POST if request.method == "POST" else None, initial=initial)
    conflit = None
    if request.method == "POST" and form.is_valid():
        lu = form.cleaned_data
        try:
            modifier_scenario(
                request.user,
                essaye,
                version=lu["version"] or 0,
                nom=lu["nom"],
                commentaire=lu["commentaire"],
            )
        except VersionPerimee as perimee:
            actuel = perimee.actuel
            conflit = comparer(form, actuel, {"nom": actuel.nom, "commentaire": actuel.commentaire})
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            messages.success(request, "Le scénario est enregistré.")
            return redirect(_adresse(request, essaye))
    contexte = {
        "form": form,
        "conflit": conflit,
        "titre": "Renommer le scénario",
        "bouton": "Enregistrer",
        "url_retour": _adresse(request, essaye),
        "scenario": essaye,
    }
    return render(request, "bilans/programmation/scenario_nommer.html", contexte)


@require_http_methods(["GET", "POST"])
def scenario_dupliquer(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Copy a scenario under another name."""
    essaye = _scenario(request, cle)
    initial = {"nom": f"{essaye.nom[:90]} (copie)"}
    form = NomScenarioForm(request.POST if request.method == "POST" else None, initial=initial)
    del form.fields["commentaire"]
    if request.method == "POST" and form.is_valid():
        try:
            copie = dupliquer_scenario(request.user, essaye, nom=form.cleaned_data["nom"])
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            messages.success(request, f"Le scénario « {copie} » part des mêmes montants.")
            return redirect(_adresse(request, copie))
    contexte = {
        "form": form,
        "conflit": None,
        "titre": "Dupliquer le scénario",
        "bouton": "Créer la copie",
        "url_retour": _adresse(request, essaye),
        "scenario": essaye,
    }
    return render(request, "bilans/programmation/scenario_nommer.html", contexte)


@require_POST
def scenario_ecarter(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Set an open scenario aside: it can still be read, and taken up again."""
    return _geste(request, cle, ecarter_scenario, "est écarté : il reste à lire, et peut être repris")


@require_POST
def scenario_reprendre(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Take up again a scenario that was set aside."""
    return _geste(request, cle, reprendre_scenario, "est repris")


def _geste(request: RequeteCampagne, cle: str, faire: Callable[..., Any], fait: str) -> HttpResponse:
    essaye = _scenario(request, cle)
    try:
        faire(request.user, essaye, version=lire_version(request.POST.get("version", "")))
    except VersionPerimee:
        messages.warning(request, CHANGE)
    except ValidationError as refus:
        messages.error(request, " ".join(refus.messages))
    else:
        messages.success(request, f"Le scénario « {essaye} » {fait}.")
    return redirect(_adresse(request, essaye))


def _scenario(request: RequeteCampagne, cle: str) -> Scenario:
    """Return a scenario of the year; 403 for who does not run the contract, 404 for one that is not there."""
    exiger(request, "contrats.gerer", request.contrat, REFUS_GESTION)
    visibles = Scenario.objects.visibles_par(request.user).select_related("cree_par")
    essaye: Scenario = get_object_or_404(visibles, campagne=request.campagne, cle=cle)
    essaye.campagne = request.campagne
    return essaye


def _adresse(request: RequeteCampagne, essaye: Scenario) -> str:
    return reverse("scenario", args=[request.contrat.slug, request.annee, essaye.cle])
