"""Open data: what can be published of the year's grants, what cannot be and why, the file."""

from collections.abc import Callable
from io import BytesIO

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from actions.situation import RequeteCampagne
from comptes.versions import VersionPerimee
from comptes.vues import exiger
from financements.models import Financeur
from financements.operations.financeurs import identifier_financeur
from porteurs.models import Porteur

from ..annexes.scdl import Accord, DonneesOuvertes, Manque, donnees_ouvertes, ecrire_scdl, tableau_scdl
from ..forms.versements import FinanceurForm, rouvrir
from ..pages.onglets import onglets_financements

REFUS = "Les données ouvertes sont préparées par la personne qui pilote le contrat de ville."


def _adresse(request: RequeteCampagne, nom: str, *arguments: str) -> str:
    return reverse(nom, args=[request.contrat.slug, request.annee, *arguments])


def _lien(request: RequeteCampagne, manque: Manque) -> str:
    """Return where what is missing is mended; empty when nothing can be opened."""
    if manque.ou == "versements":
        return _adresse(request, "suivre_montant", manque.cle)
    pages = {
        "financeur": "financeur_identifier",
        "porteur": "porteur_modifier",
        "ligne": "ligne_modifier",
        "convention": "convention",
    }
    return _adresse(request, pages[manque.ou], manque.cle)


@require_safe
def page_donnees_ouvertes(request: RequeteCampagne) -> HttpResponse:
    """Show what can be published, what is missing with where to mend it, and what need not be."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    donnees = donnees_ouvertes(request.contrat, request.campagne, request.user)
    financeurs = {a.financeur.cle: a.financeur for a in donnees.publiables if a.financeur}
    contexte = {
        "donnees": donnees,
        "causes": _causes(request, donnees),
        "a_completer": [
            (
                accord,
                [(m.phrase, _lien(request, m)) for m in manques if not m.commun],
                any(m.commun for m in manques),
            )
            for accord, manques in donnees.a_completer
        ],
        "financeurs": sorted(financeurs.values(), key=str),
        "a_verifier": [str(structure) for structure in _a_verifier(donnees)],
        "onglets": onglets_financements(request, "donnees_ouvertes"),
    }
    return render(request, "bilans/versements/donnees_ouvertes.html", contexte)


def _a_verifier(donnees: DonneesOuvertes) -> list[Porteur]:
    """Return the structures, by name, whose grants may be de minimis aids."""
    trouvees = {accord.structure for accord in donnees.publiables if accord.aide_a_verifier}
    return sorted(trouvees, key=lambda structure: (structure.nom_normalise, structure.pk))


def _causes(request: RequeteCampagne, donnees: DonneesOuvertes) -> list[tuple[str, str, int]]:
    """Return what is missing, each once: the sentence, where to mend it, how many grants it holds; the most first."""
    tenus: dict[Manque, int] = {}
    for _, manques in donnees.a_completer:
        for manque in manques:
            if manque.commun:
                tenus[manque] = tenus.get(manque, 0) + 1
    tries = sorted(tenus.items(), key=lambda paire: (-paire[1], paire[0].phrase))
    return [(manque.phrase, _lien(request, manque), nombre) for manque, nombre in tries]


@require_safe
def donnees_ouvertes_fichier(request: RequeteCampagne) -> HttpResponseBase:
    """Give the CSV of the schema: everything, or what the funder of the address gives (each publishes its own)."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    donnees = donnees_ouvertes(request.contrat, request.campagne, request.user)
    garder = _du_financeur(request.GET.get("financeur", ""))
    tableau = tableau_scdl(
        request.contrat, request.campagne, donnees, [a for a in donnees.publiables if garder(a)]
    )
    contenu = BytesIO()
    ecrire_scdl(tableau, "csv", contenu)
    contenu.seek(0)
    nom = f"scdl-subventions-{request.contrat.slug}-{request.annee}.csv"
    return FileResponse(contenu, as_attachment=True, filename=nom, content_type="text/csv; charset=utf-8")


def _du_financeur(cle: str) -> Callable[[Accord], bool]:
    return lambda accord: not cle or (accord.financeur is not None and accord.financeur.cle == cle)


@require_http_methods(["GET", "HEAD", "POST"])
def financeur_identifier(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Give a funder its official name and its SIRET."""
    visibles = Financeur.objects.visibles_par(request.user).filter(contrat=request.contrat)
    financeur: Financeur = get_object_or_404(visibles.select_related("contrat"), cle=cle)
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    form = FinanceurForm(request.POST if request.method == "POST" else None, instance=financeur)
    if request.method == "POST" and form.is_valid():
        try:
            identifier_financeur(request.user, financeur, version=form.cleaned_data["version"] or 0)
        except VersionPerimee as perimee:
            rouvrir(form, perimee.actuel)
            form.add_error(None, "Ce financeur vient d'être modifié par une autre personne : relisez-le.")
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            messages.success(request, f"« {financeur} » est enregistré.")
            for phrase in form.reparations:
                messages.info(request, phrase)
            return redirect(_adresse(request, "donnees_ouvertes"))
    contexte = {
        "form": form,
        "titre": f"Identifier « {financeur.sigle} »",
        "objet": "Ces deux informations sont publiées avec chaque subvention, pour que l'on sache qui la donne.",
        "bouton": "Enregistrer",
        "regle": None,
        "url_retour": _adresse(request, "donnees_ouvertes"),
    }
    return render(request, "bilans/versements/formulaire.html", contexte)
