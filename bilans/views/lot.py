"""Validating several bilans at once."""

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from actions.situation import RequeteCampagne
from comptes.versions import lire_version
from comptes.vues import exiger

from ..models import Bilan
from ..operations.lot import examiner, valider_lot

REFUS = "La validation des bilans revient à la personne qui pilote le contrat de ville."


@require_http_methods(["GET", "POST"])
def bilans_valider(request: RequeteCampagne) -> HttpResponse:
    """Say which bilans can be validated and why the others cannot, then validate those that were ticked.

    `cle` (repeated) names the actions; without it, every received bilan that waits. The page posts back
    `bilan` (repeated), « key:version », with `confirmer`; when nothing was ticked, it is shown again.
    """
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    if request.method == "POST" and "confirmer" in request.POST:
        if request.POST.getlist("bilan"):
            return _valider(request)
        messages.warning(request, "Aucun bilan n'est coché : cochez ceux que vous validez.")
    cles = [*request.GET.getlist("cle"), *request.POST.getlist("cle")]
    bilans = _bilans(request, cles)
    examens = examiner(bilans)
    contexte = {
        "tous": examens if cles else [],
        "possibles": [examen for examen in examens if examen.sans_reserve],
        "reserves": [examen for examen in examens if examen.possible and examen.alertes],
        "impossibles": [examen for examen in examens if not examen.possible],
        "nombre": len(examens),
        "nombre_possibles": sum(examen.possible for examen in examens),
    }
    return render(request, "bilans/bilans_valider.html", contexte)


def _valider(request: RequeteCampagne) -> HttpResponse:
    versions = {}
    for coche in request.POST.getlist("bilan"):
        cle, _, version = coche.partition(":")
        versions[cle] = lire_version(version)
    resultat = valider_lot(_bilans(request, list(versions)), versions, request.user)
    return render(request, "bilans/bilans_valider_fait.html", {"resultat": resultat})


def _bilans(request: RequeteCampagne, cles: list[str]) -> list[Bilan]:
    """Return the bilans of these actions of the year, or all those that wait to be read; in the programme's order."""
    bilans = Bilan.objects.visibles_par(request.user).filter(action_annuelle__campagne=request.campagne)
    if cles:
        # No key holds a NUL, and PostgreSQL refuses to look for one.
        bilans = bilans.filter(action_annuelle__cle__in=[cle for cle in cles if "\0" not in cle])
    else:
        bilans = bilans.filter(statut__in=Bilan.STATUTS_EN_LECTURE)
    trouves = list(
        bilans.select_related("action_annuelle__action__porteur", "action_annuelle__dispositif")
        .prefetch_related("effectifs__tranche", "valeurs_indicateurs", "action_annuelle__indicateurs")
        .order_by("action_annuelle__ordre", "action_annuelle__pk")
    )
    # The same year for all: its age bands and what it asks are read once.
    prefetch_related_objects([request.campagne], "tranches", "indicateurs_demandes")
    for bilan in trouves:
        bilan.action_annuelle.campagne = request.campagne
    return trouves
