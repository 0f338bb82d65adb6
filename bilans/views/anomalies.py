"""What does not add up in a year: the page, its files, the decisions, the rules, their thresholds."""

from io import BytesIO

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.situation import RequeteCampagne
from comptes.historique import SUPPRESSION
from comptes.templatetags.typographie import pluriel
from comptes.versions import VersionPerimee, comparer
from comptes.vues import exiger
from documents import FORMATS, TYPES_MIME, ErreurRendu, rendre

from .. import operations
from ..controles import Gravite
from ..forms.anomalies import DecisionForm, SeuilsForm, seuils_actuels
from ..models import Justification
from ..operations import OperationRefusee
from ..operations.campagne import regler_controles
from ..pages import adresse
from ..pages.anomalies import Choix, PageAnomalies, Rangee, catalogue, decidables, decides, tableau
from ..pages.campagne import refus_de
from ..pages.onglets import onglets_bilans
from .annexes import PAGE_SEULE

REFUS = "Les anomalies de l'année sont ouvertes à la personne qui pilote le contrat de ville."
RIEN_DE_COCHE = "Aucun constat n'est coché : cochez ceux dont vous décidez."
SANS_DECISION = "Rien n'était décidé de ces constats : il n'y a rien à reprendre."
DEJA_DECIDES = "Ces constats sont déjà décidés, ou ne demandent rien."
DISPARUS = "Ces constats ne sont plus là : leurs chiffres ont changé. Il n'y a rien à décider."
CHANGES = "constat a changé entre-temps,constats ont changé entre-temps"
DISPARU = "Ce constat n'est plus là : les chiffres ont changé, ou quelqu'un les a corrigés. Il n'y a rien à décider."


def _adresse(request: RequeteCampagne) -> str:
    """Return the address of the page, filtered as the request is."""
    url = reverse("anomalies", args=[request.contrat.slug, request.annee])
    return url + adresse.ecrire(request.GET)


# -- The page --------------------------------------------------------------------------------------
@require_safe
def anomalies(request: RequeteCampagne) -> HttpResponse:
    """Show what does not add up in the year, its bilans and its contract, as the address filters it."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    if not adresse.est_propre(request.GET):
        return redirect(f"{request.path}{adresse.ecrire(request.GET)}")
    return _montrer(request, PageAnomalies(request))


def _montrer(
    request: RequeteCampagne, page: PageAnomalies, refusee: str = "", form: DecisionForm | None = None
) -> HttpResponse:
    """Render the page; `form` is a decision that could not be written, on the finding named `refusee`."""
    contexte = {"page": page, "refusee": refusee, "form": form, "decision": DecisionForm(motive=False)}
    return render(request, "bilans/anomalies.html", contexte)


@require_safe
def anomalies_fichier(request: RequeteCampagne, format: str) -> HttpResponseBase:
    """Give exactly what the page shows, all its pages, as a file."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    if format not in FORMATS:
        raise Http404
    contenu = BytesIO()
    document = tableau(PageAnomalies(request))
    try:
        rendre(document, format, contenu)
    except ErreurRendu as erreur:
        messages.error(request, str(erreur))
        return redirect(_adresse(request))
    contenu.seek(0)
    return (
        _donner_page(contenu) if format == "html" else _donner(contenu, format, document.nom_fichier(format))
    )


def _donner(contenu: BytesIO, format: str, nom: str) -> HttpResponseBase:
    return FileResponse(contenu, as_attachment=True, filename=nom, content_type=TYPES_MIME[format])


@PAGE_SEULE
def _donner_page(contenu: BytesIO) -> HttpResponseBase:
    return FileResponse(contenu, content_type=TYPES_MIME["html"])


# -- Decisions -------------------------------------------------------------------------------------
@require_POST
def anomalie_justifier(request: RequeteCampagne) -> HttpResponse:
    """Acknowledge or justify the findings named by `constat` (repeated), for their present figures."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    page = PageAnomalies(request)
    identites = request.POST.getlist("constat")
    trouves = page.releve.trouver(identites)
    if not trouves:
        messages.warning(request, DISPARU)
        return redirect(_adresse(request))
    anomalies_visees = [constat.anomalie for constat in trouves]
    # Who opened « En disant pourquoi… » and says nothing meant to: the words are asked.
    motive = "motive" in request.POST or any(anomalie.bloquante for anomalie in anomalies_visees)
    form = DecisionForm(request.POST, motive=motive)
    refusee = anomalies_visees[0].identite
    if not form.is_valid():
        return _montrer(request, page, refusee, form)
    try:
        faites = operations.justifier_plusieurs(
            request.user, request.campagne, anomalies_visees, form.cleaned_data["motif"]
        )
    except OperationRefusee as refus:
        form.add_error("motif", str(refus))
        return _montrer(request, page, refusee, form)
    messages.success(request, _decides_en_mots(faites))
    return redirect(_adresse(request) + page.apres(identites))


def _decides_en_mots(faites: list[Justification]) -> str:
    """Return « 23 constats sont pris en compte, tant que les chiffres ne changent pas. »"""
    formes = "constat est pris en compte,constats sont pris en compte"
    if any(justification.gravite == Gravite.BLOQUANT for justification in faites):
        formes = "constat est justifié,constats sont justifiés"
    return f"{pluriel(len(faites), formes)}, tant que les chiffres ne changent pas."


@require_POST
def justification_retirer(request: RequeteCampagne, pk: int) -> HttpResponse:
    """Take a decision back: the finding is to be looked at again. Pressed twice, it says that it is done."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    if Justification.historique.filter(
        id=pk, history_type=SUPPRESSION, campagne__contrat=request.contrat
    ).exists():
        messages.info(request, "Cette décision est déjà retirée.")
        return redirect(_adresse(request))
    visibles = Justification.objects.visibles_par(request.user).filter(campagne__contrat=request.contrat)
    justification = get_object_or_404(visibles, pk=pk)
    try:
        operations.retirer_justification(request.user, justification)
    except OperationRefusee as refus:
        messages.error(request, str(refus))
    else:
        messages.success(request, "La décision est retirée : ce constat est de nouveau à traiter.")
    return redirect(_adresse(request))


# -- Several at once -------------------------------------------------------------------------------
@require_POST
def anomalies_decider(request: RequeteCampagne) -> HttpResponse:
    """Name the findings that were chosen and ask once why; confirmed, write one decision for each, all or none.

    `constat` names them, separated by spaces or repeated; `tous` asks for all those of a rule in the list.
    """
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    choisies = _choisies(request)
    choix = Choix(decidables(choisies))
    if not choix.rangees:
        return _rien_a_faire(request, DEJA_DECIDES if choisies else "")
    confirme = "confirmer" in request.POST
    form = DecisionForm(request.POST if confirme else None, motive=bool(choix.bloquants))
    if confirme and form.is_valid():
        try:
            faites = operations.justifier_plusieurs(
                request.user, request.campagne, choix.anomalies, form.cleaned_data["motif"]
            )
        except OperationRefusee as refus:
            form.add_error("motif", str(refus))
        else:
            messages.success(request, _decides_en_mots(faites))
            if partis := len(set(_noms(request))) - choix.nombre:
                messages.warning(
                    request, f"{pluriel(partis, CHANGES)} : rien n'en est décidé, relisez la liste."
                )
            return redirect(_adresse(request))
    contexte = {
        "choix": choix,
        "form": form,
        "deja": len(choisies) - choix.nombre,
        "sans_danger": True,
        "url_retour": _adresse(request),
    }
    return render(request, "bilans/anomalies_decider.html", contexte)


@require_POST
def anomalies_revenir(request: RequeteCampagne) -> HttpResponse:
    """Name the decisions that were chosen, as `anomalies_decider` does; confirmed, take them all back."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    choix = Choix(decides(_choisies(request)))
    if not choix.rangees:
        return _rien_a_faire(request, SANS_DECISION)
    if "confirmer" in request.POST:
        try:
            nombre = operations.retirer_justifications(request.user, choix.justifications)
        except OperationRefusee as refus:
            messages.error(request, str(refus))
        else:
            formes = "décision est retirée : son constat est,décisions sont retirées : leurs constats sont"
            messages.success(request, f"{pluriel(nombre, formes)} de nouveau à traiter.")
        return redirect(_adresse(request))
    contexte = {"choix": choix, "url_retour": _adresse(request)}
    return render(request, "bilans/anomalies_revenir.html", contexte)


def _noms(request: RequeteCampagne) -> list[str]:
    return [nom for noms in request.POST.getlist("constat") for nom in noms.split()]


def _choisies(request: RequeteCampagne) -> list[Rangee]:
    return PageAnomalies(request).choisies(_noms(request), request.POST.get("tous", ""))


def _rien_a_faire(request: RequeteCampagne, phrase: str) -> HttpResponse:
    """Lead back to the list and say why nothing was asked."""
    rien_de_coche = not _noms(request) and not request.POST.get("tous")
    messages.warning(request, RIEN_DE_COCHE if rien_de_coche else phrase or DISPARUS)
    return redirect(_adresse(request))


# -- The rules -------------------------------------------------------------------------------------
@require_safe
def controles(request: RequeteCampagne) -> HttpResponse:
    """Show every rule: what it checks, how serious it is, what it reads."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    familles = catalogue()
    contexte = {"familles": familles, "nombre": sum(len(regles) for _, regles in familles)}
    return render(request, "bilans/anomalies_controles.html", contexte)


@require_http_methods(["GET", "POST"])
def campagne_controles(request: RequeteCampagne) -> HttpResponse:
    """Edit the tolerances and thresholds of the year's contrôles."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    campagne, url_campagne = (
        request.campagne,
        reverse("campagne", args=[request.contrat.slug, request.annee]),
    )
    if refus := refus_de(campagne, "regler"):
        messages.info(request, refus)
        return redirect(url_campagne)
    form = SeuilsForm(request.POST if request.method == "POST" else None, campagne=campagne)
    conflit = None
    if request.method == "POST" and form.is_valid():
        try:
            regler_controles(
                campagne, request.user, seuils=form.cleaned_data, version=form.cleaned_data["version"] or 0
            )
        except VersionPerimee as perimee:
            conflit = comparer(form, perimee.actuel, seuils_actuels(perimee.actuel))
        except ValidationError as erreur:
            form.add_error(None, erreur)
        else:
            messages.success(request, "Les seuils des contrôles sont enregistrés.")
            return redirect(url_campagne)
    contexte = {
        "form": form,
        "conflit": conflit,
        "url_campagne": url_campagne,
        "onglets": onglets_bilans(request, "campagne"),
    }
    return render(request, "bilans/anomalies_seuils.html", contexte)
