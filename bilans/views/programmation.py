"""The programming of a year: its grid, typed cell by cell, its cells, the opinions of the funders, its totals."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.models import ActionAnnuelle
from actions.situation import RequeteCampagne
from comptes.templatetags.typographie import insecables
from comptes.versions import VersionPerimee, comparer, lire_version
from comptes.vues import RIEN_DE_CHANGE, exiger
from financements.models import AvisFinanceur, Financeur
from financements.operations import donner_avis, ecrire_cellule, retirer_avis
from financements.programmation import Case, Colonne, Etat, colonnes_de, lire_colonne

from ..forms.programmation import AvisForm, valeurs_avis
from ..pages import adresse
from ..pages.grille import noms_des_colonnes
from ..pages.onglets import onglets_financements
from ..pages.programmation import (
    PageCase,
    PageProgrammation,
    PageTotaux,
    annuelles_visibles,
    apres_une_case,
    etat_lisible,
    lire_etat,
)
from . import cellules

REFUS = "La programmation est ouverte à l'équipe du contrat de ville et aux financeurs."
REFUS_AVIS = "Un avis est donné par le financeur, ou noté par l'équipe du contrat de ville."
SANS_ETAT = (
    "Choisissez d'abord quels montants vous saisissez (demandés, proposés, accordés ou notifiés) : rien n'est "
    "enregistré."
)
REFUS_VERSE = "Les montants versés se calculent à partir des versements : ils ne se saisissent pas ici."


# -- The grid --------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def programmation(request: RequeteCampagne) -> HttpResponse:
    """Show the grid; save it without JavaScript."""
    exiger(request, "financements.lire_programme", request.contrat, REFUS)
    traitees = _enregistrer_la_page(request) if request.method == "POST" else {}
    reste = any(ecrits.reste for ecrits in traitees.values())
    if request.method == "POST" and not reste:
        return redirect(request.get_full_path())
    if request.method == "GET" and not adresse.est_propre(request.GET):
        return redirect(f"{request.path}{adresse.ecrire(request.GET)}")
    page = PageProgrammation(request)
    for ligne in page.vue.lignes:
        if ligne.annuelle.cle in traitees:
            cellules.rendre_ce_qui_reste(request, ligne, traitees[ligne.annuelle.cle])
    contexte = {
        "page": page,
        "gere": page.gere,
        "reste": reste,
        "onglets": onglets_financements(request, "programmation"),
    }
    return render(request, "bilans/programmation/grille.html", contexte)


@require_POST
def programmation_cellule(request: RequeteCampagne) -> HttpResponse:
    """Write some cells of a row, and answer in JSON what became of each, the sums, what remains of the envelopes.

    400 for a request that cannot be read or that says no state of the amounts, 403 with a sentence for amounts that
    are not the account's to write.
    """
    exiger(request, "financements.lire_programme", request.contrat, REFUS)
    demande = cellules.lire_la_demande(request)
    if demande is None:
        return JsonResponse({"message": cellules.ILLISIBLE}, status=400)
    if not etat_lisible(request.GET):
        return JsonResponse({"message": insecables(SANS_ETAT)}, status=400)
    etat = lire_etat(request.GET, request.campagne)
    if not etat.saisi:
        return JsonResponse({"message": REFUS_VERSE}, status=400)
    cle, champs = demande
    annuelle = _action(request, cle)
    colonnes = {nom: _colonne(request, nom) for nom in champs}
    ecrits = cellules.ecrire_les_montants(_ecrire(request, annuelle, etat), colonnes, champs)
    if ecrits.refus:
        return JsonResponse({"message": ecrits.refus}, status=403)
    return JsonResponse(ecrits.en_json() | apres_une_case(request, annuelle, colonnes.values(), etat))


def _ecrire(request: RequeteCampagne, annuelle: ActionAnnuelle, etat: Etat) -> cellules.Ecrire:
    return lambda colonne, montant, avant: ecrire_cellule(
        request.user, annuelle, colonne, etat, montant, avant=avant
    )


def _enregistrer_la_page(request: RequeteCampagne) -> dict[str, cellules.MontantsEcrits]:
    """Write the amounts typed in a form sent without a script; return what became of each row, by key."""
    if not etat_lisible(request.GET):
        messages.error(request, SANS_ETAT)
        return {}
    etat = lire_etat(request.GET, request.campagne)
    if not etat.saisi:
        messages.error(request, REFUS_VERSE)
        return {}
    ajoutees = adresse.liste(request.GET, "colonnes")
    colonnes = noms_des_colonnes(colonnes_de(request.user, request.campagne, ajoutees=ajoutees))
    return cellules.enregistrer_la_page(
        request, annuelles_visibles(request), colonnes, lambda annuelle: _ecrire(request, annuelle, etat)
    )


# -- A cell ----------------------------------------------------------------------------------------
@require_safe
def programmation_case(request: RequeteCampagne, cle: str, colonne: str) -> HttpResponse:
    """Show what a cell holds in each state, what it has held, and the opinion of its funder."""
    annuelle = _action(request, cle)
    exiger(request, "financements.lire_programme", request.contrat, REFUS)
    page = PageCase(request, annuelle, _colonne(request, colonne))
    case: Any = Case(annuelle, page.colonne.financeur)
    contexte = {
        "page": page,
        "annuelle": annuelle,
        "gere": request.user.has_perm("actions.modifier", annuelle),
        "donne": request.user.has_perm("financements.donner_avis", case),
    }
    return render(request, "bilans/programmation/case.html", contexte)


@require_http_methods(["GET", "POST"])
def programmation_avis(request: RequeteCampagne, cle: str, financeur: str) -> HttpResponse:
    """Give the opinion of a funder on an action, correct it, or take it back."""
    annuelle = _action(request, cle)
    donneur = _financeur(request, financeur)
    exiger(request, "financements.donner_avis", Case(annuelle, donneur), REFUS_AVIS)
    visibles = AvisFinanceur.objects.visibles_par(request.user)
    avis: AvisFinanceur | None = visibles.filter(action_annuelle=annuelle, financeur=donneur).first()
    if request.method == "POST" and request.POST.get("geste") == "retirer" and avis is not None:
        return _retirer(request, avis)
    form = AvisForm(request.POST if request.method == "POST" else None, avis=avis)
    conflit = None
    if request.method == "POST" and form.is_valid():
        if avis is not None and not form.has_changed():
            messages.info(request, RIEN_DE_CHANGE)
            return redirect(_ligne_de_la_grille(request, annuelle))
        lu = form.cleaned_data
        try:
            donner_avis(
                request.user,
                annuelle,
                donneur,
                sens=lu["sens"],
                texte=lu["texte"],
                rendu_le=lu["rendu_le"],
                version=lu["version"] or 0,
            )
        except VersionPerimee as perimee:
            avis = perimee.actuel
            conflit = comparer(form, perimee.actuel, valeurs_avis(perimee.actuel))
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            messages.success(
                request, f"L'avis de « {donneur} » sur « {annuelle.action.intitule} » est enregistré."
            )
            return redirect(_ligne_de_la_grille(request, annuelle))
    contexte = {
        "form": form,
        "avis": avis,
        "annuelle": annuelle,
        "financeur": donneur,
        "conflit": conflit,
        "url_retour": _ligne_de_la_grille(request, annuelle),
    }
    return render(request, "bilans/programmation/avis.html", contexte)


def _retirer(request: RequeteCampagne, avis: AvisFinanceur) -> HttpResponse:
    try:
        retirer_avis(request.user, avis, version=lire_version(request.POST.get("version", "")))
    except VersionPerimee:
        messages.warning(request, "Cet avis vient d'être modifié : relisez-le avant de le retirer.")
        return redirect(request.path)
    except ValidationError as refus:
        messages.error(request, " ".join(refus.messages))
        return redirect(request.path)
    messages.success(request, f"L'avis de « {avis.financeur} » est retiré ; son historique est conservé.")
    return redirect(_ligne_de_la_grille(request, avis.action_annuelle))


def _ligne_de_la_grille(request: RequeteCampagne, annuelle: ActionAnnuelle) -> str:
    base = reverse("programmation", args=[request.contrat.slug, request.annee])
    return f"{base}#ligne-{annuelle.cle}"


# -- Totals ----------------------------------------------------------------------------------------
@require_safe
def programmation_totaux(request: RequeteCampagne) -> HttpResponse:
    """Show the sums of the filtered rows by funder, axe, porteur, territory, dispositif or nature of credits."""
    exiger(request, "financements.lire_programme", request.contrat, REFUS)
    if not adresse.est_propre(request.GET):
        return redirect(f"{request.path}{adresse.ecrire(request.GET)}")
    contexte = {"page": PageTotaux(request), "onglets": onglets_financements(request, "programmation_totaux")}
    return render(request, "bilans/programmation/totaux.html", contexte)


# -- What the address names ------------------------------------------------------------------------
def _action(request: RequeteCampagne, cle: str) -> ActionAnnuelle:
    annuelle: ActionAnnuelle = get_object_or_404(
        annuelles_visibles(request).select_related("action__porteur", "campagne__contrat", "dispositif"),
        cle=cle,
    )
    return annuelle


def _colonne(request: RequeteCampagne, cle: str) -> Colonne:
    colonne = lire_colonne(request.user, request.campagne, cle)
    if colonne is None:
        raise Http404
    return colonne


def _financeur(request: RequeteCampagne, cle: str) -> Financeur:
    visibles = Financeur.objects.visibles_par(request.user).filter(contrat=request.contrat)
    financeur: Financeur = get_object_or_404(visibles, cle=cle)
    return financeur
