"""The fiche of an action: a page to read and to print, its files, and where it is written."""

from io import BytesIO

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from actions.forms import FormulaireFiche
from actions.models import ActionAnnuelle
from actions.operations import modifier_fiche
from actions.situation import RequeteCampagne
from comptes.versions import VersionPerimee
from comptes.vues import RIEN_DE_CHANGE, exiger
from documents import NOMS_FORMATS, TYPES_MIME, ErreurRendu
from documents.document_texte import fragment_texte
from documents.rendu_texte import FORMATS_TEXTE, rendre_texte

from ..annexes.fiche_action import avec_leur_fiche, fiche_action

REFUS = (
    "La fiche est tenue par la personne chargée de mission ; le porteur l'écrit tant que sa demande est un brouillon "
    "ou qu'elle est à compléter."
)


@require_safe
def fiche(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show the fiche of an action, as its files say it."""
    annuelle = _action(request, cle)
    contexte = {
        "annuelle": annuelle,
        "document": fragment_texte(fiche_action(annuelle, request.user)),
        "redige": request.user.has_perm("actions.rediger", annuelle),
        "fichiers": [
            (NOMS_FORMATS[format], _adresse(request, "fiche_action_fichier", cle, format))
            for format in FORMATS_TEXTE
            if format != "html"
        ],
    }
    return render(request, "bilans/fiche_action.html", contexte)


@require_safe
def fiche_fichier(request: RequeteCampagne, cle: str, format: str) -> HttpResponseBase:
    """Give the fiche as PDF or Word; back to the page, with a sentence, when it cannot be made."""
    if format not in FORMATS_TEXTE or format == "html":
        raise Http404
    annuelle = _action(request, cle)
    contenu = BytesIO()
    try:
        rendre_texte(fiche_action(annuelle, request.user), format, contenu)
    except ErreurRendu as erreur:
        messages.error(request, f"{erreur} Voici la même fiche sur cette page : vous pouvez l'imprimer.")
        return redirect(_adresse(request, "fiche_action", cle))
    contenu.seek(0)
    nom = f"fiche-action-{slugify(annuelle.action.intitule)[:60] or annuelle.cle}-{request.annee}.{format}"
    return FileResponse(contenu, as_attachment=True, filename=nom, content_type=TYPES_MIME[format])


@require_http_methods(["GET", "POST"])
def fiche_modifier(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Write the fiche: its texts, its volets and its criteria, in one page."""
    annuelle = _action(request, cle)
    exiger(request, "actions.rediger", annuelle, REFUS)
    formulaire = FormulaireFiche(request.POST if request.method == "POST" else None, annuelle)
    conflit = None
    if request.method == "POST" and not formulaire.ajout and formulaire.is_valid():
        if not formulaire.has_changed():
            messages.info(request, RIEN_DE_CHANGE)
            return redirect(_adresse(request, "fiche_action", cle))
        try:
            modifier_fiche(request.user, annuelle, formulaire.contenu(), version=formulaire.version)
        except VersionPerimee as perimee:
            conflit = formulaire.comparer(perimee.actuel)
        except ValidationError as refus:
            formulaire.form.add_error(None, refus)
        else:
            messages.success(request, f"La fiche de « {annuelle.action} » est enregistrée.")
            return redirect(_adresse(request, "fiche_action", cle))
    contexte = {
        "annuelle": annuelle,
        "formulaire": formulaire,
        "form": formulaire.form,
        "conflit": conflit,
        "url_retour": _adresse(request, "fiche_action", cle),
    }
    return render(request, "bilans/fiche_action_modifier.html", contexte)


def _action(request: RequeteCampagne, cle: str) -> ActionAnnuelle:
    visibles = avec_leur_fiche(ActionAnnuelle.objects.visibles_par(request.user))
    annuelle: ActionAnnuelle = get_object_or_404(visibles, campagne=request.campagne, cle=cle)
    return annuelle


def _adresse(request: RequeteCampagne, nom: str, *suite: str) -> str:
    return reverse(nom, args=[request.contrat.slug, request.annee, *suite])
