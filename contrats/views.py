"""The contract as it was signed: what it is, its axes, its territories, its figures, who steers it."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from comptes.vues import exiger
from documents import NOMS_FORMATS

from .arbre import arbre, resume
from .models import ContratVille, Instance, Partenaire, Statistique, Territoire
from .requete import RequeteContrat
from .statistiques import themes


@require_safe
def contrat(request: RequeteContrat) -> HttpResponse:
    """Show the contract, every axe with what it carries."""
    objet = request.contrat
    exiger(request, "contrats.lire", objet)
    noeuds = arbre(objet)
    statistiques = Statistique.objects.filter(contrat=objet).order_by("ordre")
    contexte = {
        "noeuds": noeuds,
        "resume": resume(objet, noeuds),
        "phases": objet.phases.order_by("numero"),
        "communes": objet.communes.order_by("nom"),
        "objectifs_nationaux": objet.objectifs_nationaux.order_by("ordre", "code"),
        "territoires": _territoires(objet),
        "themes": themes(statistiques),
        "instances": Instance.objects.filter(contrat=objet).order_by("ordre", "nom"),
        "contributeurs": Partenaire.objects.filter(contrat=objet)
        .exclude(missions="", dispositifs="")
        .order_by("recherche"),
        "gere": request.user.has_perm("contrats.gerer", objet),
        "peut_identifier": request.user.has_perm("contrats.identifier", objet),
        "fichiers": [(format, nom) for format, nom in NOMS_FORMATS.items() if format != "html"],
    }
    return render(request, "contrats/contrat.html", contexte)


@require_safe
def territoire(request: RequeteContrat, pk: int) -> HttpResponse:
    """Show a territory of the contract: what it is, what it comes from, its figures."""
    visibles = Territoire.objects.visibles_par(request.user).filter(contrat=request.contrat)
    lieu = get_object_or_404(visibles.select_related("generation", "commune"), pk=pk)
    contexte = {
        "lieu": lieu,
        "predecesseurs": lieu.predecesseurs.order_by("recherche"),
        "successeurs": lieu.successeurs.order_by("recherche"),
        "alias": lieu.alias.order_by("libelle_normalise"),
        "themes": themes(Statistique.objects.filter(territoire=lieu).order_by("ordre")),
    }
    return render(request, "contrats/territoire.html", contexte)


def _territoires(contrat: ContratVille) -> list[Territoire]:
    """Return the territories in the order of their types: the QPV first."""
    types = Territoire.Type.values
    lieux = Territoire.objects.filter(contrat=contrat).select_related("generation", "commune")
    return sorted(lieux.order_by("recherche"), key=lambda lieu: types.index(lieu.type))
