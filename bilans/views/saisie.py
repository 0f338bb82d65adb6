"""Entering a bilan: step by step for the porteur, on one page for the chargé·e de mission."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from actions.situation import RequeteCampagne
from comptes.reprise import garder_la_saisie
from comptes.versions import Conflit, VersionPerimee, comparer
from comptes.vues import exiger

from .. import operations
from ..controles import anomalies_bilan
from ..forms import BilanForm, valeurs
from ..models import Bilan
from ..operations import OperationRefusee
from ..pages.consultation import cases_a_la_version
from ..regles import porte_le_bilan
from .bilan import PASSAGES
from .commun import adresse, lire_plutot, trouver_bilan


@garder_la_saisie
@require_http_methods(["GET", "POST"])
def bilan_saisir(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Enter a bilan: save it, then hand it over or validate it."""
    bilan = trouver_bilan(request, cle)
    gere = request.user.has_perm("bilans.gerer", bilan)
    if not (gere or porte_le_bilan(request.user, bilan)):
        exiger(request, "bilans.saisir", bilan, operations.refus(bilan))
    if request.method == "GET" and not request.user.has_perm("bilans.saisir", bilan):
        return lire_plutot(request, bilan)
    manques = operations.manques(bilan)
    form = BilanForm(request.POST if request.method == "POST" else None, instance=bilan)
    conflit = None
    if request.method == "POST" and form.is_valid():
        try:
            return _enregistrer(request, bilan, form)
        except VersionPerimee as perimee:
            conflit = _mettre_en_regard(form, perimee.actuel)
        except OperationRefusee as refus:
            form.add_error(None, str(refus))
    contexte = {
        "annuelle": bilan.action_annuelle,
        "bilan": bilan,
        "form": form,
        "conflit": conflit,
        "manques": manques,
        "anomalies": [] if form.is_bound else anomalies_bilan(bilan),
        "gere": gere,
        "enregistre_le": _enregistre_le(bilan),
        "indicateurs": bilan.valeurs_indicateurs.all(),
        "url_page": adresse(request, "bilan_detail", cle),
    }
    return render(request, "bilans/bilan_saisir.html", contexte)


def _enregistre_le(bilan: Bilan) -> datetime | None:
    """Return when the bilan was last saved; None when nobody has entered anything."""
    if bilan.statut == Bilan.Statut.A_SAISIR:
        return None
    derniere = bilan.historique.values_list("history_date", flat=True).first()
    return derniere if isinstance(derniere, datetime) else None


def _enregistrer(request: RequeteCampagne, bilan: Bilan, form: BilanForm) -> HttpResponse:
    """Write a valid form, then do what its button says; return where to go."""
    cle, version = bilan.action_annuelle.cle, form.cleaned_data["version"] or 0
    avant = bilan.version
    actuel = operations.enregistrer_bilan(
        bilan, request.user, champs=form.champs(), effectifs=form.effectifs(), version=version
    )
    suite = request.POST.get("suite")
    if suite not in ("transmettre", "valider"):
        if actuel.version == avant:
            messages.info(request, "Rien n'a changé : tout était déjà enregistré.")
        else:
            messages.success(request, "Le bilan est enregistré. Vous pouvez continuer, ou revenir plus tard.")
        return redirect(adresse(request, "bilan_saisir", cle))
    try:
        getattr(operations, suite)(actuel, request.user)
    except OperationRefusee as refus:
        messages.warning(request, f"Votre saisie est enregistrée. {refus}")
        return redirect(adresse(request, "bilan_saisir", cle))
    messages.success(request, PASSAGES[suite].fait)
    return redirect(adresse(request, "bilan_detail", cle))


def _mettre_en_regard(form: BilanForm, actuel: Bilan) -> Conflit:
    """Return the gap between what was typed and what someone else saved, the form ready to be sent again.

    The history of the bilan does not know the cells: those left as they were found are recognised here.
    """
    ouvertes = cases_a_la_version(actuel, form.cleaned_data["version"] or 0)
    actuelles = valeurs(actuel)
    conflit = comparer(form, actuel, actuelles)
    donnees: Any = form.data
    for nom, ecart in list(conflit.ecarts.items()):
        if nom not in ouvertes:
            continue
        if actuelles[nom] == ouvertes[nom]:
            # Only the typist changed this one.
            del conflit.ecarts[nom]
        elif form.cleaned_data.get(nom) == ouvertes[nom]:
            repris = form.fields[nom].prepare_value(actuelles[nom])
            donnees[nom] = "" if repris is None else str(repris)
            conflit.ecarts[nom] = replace(ecart, repris=True)
    # What was taken over counts in the totals that the page shows.
    form.full_clean()
    return conflit


@require_POST
def bilan_brouillon(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Save what was just typed and answer in JSON."""
    raise NotImplementedError
