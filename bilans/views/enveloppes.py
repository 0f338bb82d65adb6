"""The envelopes of a year: what each funder sets aside, what is retained of it, what remains."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from actions.situation import RequeteCampagne
from comptes.versions import VersionPerimee, comparer, lire_version
from comptes.vues import RIEN_DE_CHANGE, exiger
from documents import additionner
from financements.enveloppes import nom_de, situations
from financements.models import Enveloppe
from financements.operations import (
    EnveloppeInsuffisante,
    creer_enveloppe,
    modifier_enveloppe,
    supprimer_enveloppe,
)
from financements.verses import verses_des_enveloppes

from ..forms.programmation import EnveloppeForm, valeurs_enveloppe
from ..pages.enveloppes import lues
from ..pages.onglets import onglets_financements
from .programmation import REFUS
from .programme import REFUS_GESTION


@require_safe
def enveloppes(request: RequeteCampagne) -> HttpResponse:
    """Show the envelopes of the year that the account sees: a funder reads its own."""
    exiger(request, "financements.lire_programme", request.contrat, REFUS)
    trouvees = situations(request.campagne, utilisateur=request.user)
    verses = verses_des_enveloppes(request.campagne, [s.enveloppe for s in trouvees], request.user)
    contexte = {
        "enveloppes": [lues(request, situation, verses[situation.enveloppe.pk]) for situation in trouvees],
        # Two envelopes of a funder may count the same line: their sums would count it twice.
        "total": additionner(s.enveloppe.montant for s in trouvees if s.enveloppe.dispositif is None),
        "gere": request.user.has_perm("contrats.gerer", request.contrat),
        "archivee": request.campagne.statut == request.campagne.Statut.ARCHIVEE,
        "onglets": onglets_financements(request, "enveloppes"),
    }
    return render(request, "bilans/programmation/enveloppes.html", contexte)


@require_http_methods(["GET", "POST"])
def enveloppe_creer(request: RequeteCampagne) -> HttpResponse:
    """Set a new envelope aside."""
    exiger(request, "contrats.gerer", request.contrat, REFUS_GESTION)
    return _formulaire(request, Enveloppe(campagne=request.campagne))


@require_http_methods(["GET", "POST"])
def enveloppe_modifier(request: RequeteCampagne, pk: int) -> HttpResponse:
    """Correct an envelope."""
    exiger(request, "contrats.gerer", request.contrat, REFUS_GESTION)
    return _formulaire(request, _enveloppe(request, pk))


def _formulaire(request: RequeteCampagne, enveloppe: Enveloppe) -> HttpResponse:
    enveloppe.campagne.contrat = request.contrat
    existe = enveloppe.pk is not None
    form = EnveloppeForm(request.POST if request.method == "POST" else None, instance=enveloppe)
    conflit, a_confirmer = None, False
    if request.method == "POST" and form.is_valid():
        if existe and not form.has_changed():
            messages.info(request, RIEN_DE_CHANGE)
            return redirect(_retour(request))
        try:
            _enregistrer(request, form, enveloppe, existe=existe)
        except VersionPerimee as perimee:
            conflit = comparer(form, perimee.actuel, valeurs_enveloppe(perimee.actuel))
        except EnveloppeInsuffisante as refus:
            a_confirmer = True
            form.add_error(None, refus)
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            messages.success(request, f"L'enveloppe « {nom_de(enveloppe)} » est enregistrée.")
            return redirect(_retour(request))
    contexte = {
        "form": form,
        "enveloppe": enveloppe if existe else None,
        "conflit": conflit,
        "a_confirmer": a_confirmer,
        "url_retour": _retour(request),
    }
    return render(request, "bilans/programmation/enveloppe_formulaire.html", contexte)


def _enregistrer(
    request: RequeteCampagne, form: EnveloppeForm, enveloppe: Enveloppe, *, existe: bool
) -> None:
    malgre = bool(form.cleaned_data.get("malgre_le_retenu"))
    if existe:
        version = form.cleaned_data["version"] or 0
        modifier_enveloppe(request.user, enveloppe, version=version, malgre_le_retenu=malgre)
    else:
        creer_enveloppe(request.user, enveloppe, malgre_le_retenu=malgre)


@require_http_methods(["GET", "POST"])
def enveloppe_supprimer(request: RequeteCampagne, pk: int) -> HttpResponse:
    """Ask, then delete an envelope."""
    exiger(request, "contrats.gerer", request.contrat, REFUS_GESTION)
    enveloppe = _enveloppe(request, pk)
    empechement = ""
    if request.method == "POST":
        try:
            version = lire_version(request.POST.get("version", ""))
            supprimer_enveloppe(request.user, enveloppe, version=version)
        except VersionPerimee:
            empechement = "Cette enveloppe vient d'être modifiée : relisez-la avant de la supprimer."
        except ValidationError as refus:
            empechement = " ".join(refus.messages)
        else:
            messages.success(
                request, f"L'enveloppe « {nom_de(enveloppe)} » est supprimée ; son historique est conservé."
            )
            return redirect(_retour(request))
    contexte = {
        "enveloppe": enveloppe,
        "nom": nom_de(enveloppe),
        "empechement": empechement,
        "url_retour": _retour(request),
    }
    return render(request, "bilans/programmation/enveloppe_supprimer.html", contexte)


def _enveloppe(request: RequeteCampagne, pk: int) -> Enveloppe:
    visibles = Enveloppe.objects.visibles_par(request.user).select_related("financeur", "dispositif")
    enveloppe: Enveloppe = get_object_or_404(visibles, campagne=request.campagne, pk=pk)
    enveloppe.campagne = request.campagne
    return enveloppe


def _retour(request: RequeteCampagne) -> str:
    return reverse("enveloppes", args=[request.contrat.slug, request.annee])
