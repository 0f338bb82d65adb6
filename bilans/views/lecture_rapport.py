"""Reading the annual report: its frozen versions, its annexes, its files, the meeting room, its public address."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.situation import RequeteCampagne
from comptes.vues import exiger
from documents import TYPES_MIME
from documents.rapport import BlocImages, Image

from ..models import FichierRapport, VersionRapport
from ..operations import OperationRefusee
from ..pages.annexe_rapport import PageAnnexe
from ..pages.consultation_rapport import avis_attendu_sur
from ..pages.lecture_rapport import (
    FichiersDeLaVersion,
    Lecture,
    PageComparaison,
    annees_voisines,
    ecrans,
    fichiers_publics,
    titre_de_version,
    trouver_version,
    trouver_version_publique,
)
from ..pages.recherche_rapport import PageRapports
from ..rapport.fabrication import abandonner_fichier, demander_fichier, nom_du_fichier
from ..rapport.versions import VersionAlteree, lire_version, ouvrir_image
from .pieces import FICHIER_SEUL

journal = logging.getLogger(__name__)

Vue = Callable[..., HttpResponseBase]


def refuser_l_alteree(vue: Vue) -> Vue:
    """Have a view answer 409, in a sentence, for a version that is no longer that of its fingerprint."""

    @wraps(vue)
    def enveloppe(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return vue(request, *args, **kwargs)
        except VersionAlteree as erreur:
            journal.error("A frozen version was tampered with: %s", erreur)
            public = not hasattr(request, "contrat")
            return render(request, "bilans/lecture_rapport/alteree.html", {"public": public}, status=409)

    return enveloppe


# -- The list, and the search ----------------------------------------------------------------------
@require_safe
def rapports(request: RequeteCampagne) -> HttpResponse:
    """List the reports that the account may read, with their versions; search through their words."""
    exiger(request, "contrats.lire", request.contrat)
    page = PageRapports(request.contrat, request.user, request.GET.get("q", ""))
    return render(request, "bilans/lecture_rapport/rapports.html", {"page": page})


# -- A version -------------------------------------------------------------------------------------
@require_safe
def rapport_lire(request: RequeteCampagne) -> HttpResponse:
    """Lead to the latest version of the report of the year that the account may read."""
    version = trouver_version(request.user, request.contrat, request.annee, legere=True)
    return redirect("rapport_version", request.contrat.slug, request.annee, version.numero)


@require_safe
@refuser_l_alteree
def rapport_version(request: RequeteCampagne, numero: int) -> HttpResponse:
    """Show a version: what it is and its key figures on one screen, then its sections."""
    version = trouver_version(request.user, request.contrat, request.annee, numero)
    lecture = Lecture(version, request.user)
    autres = VersionRapport.objects.visibles_par(request.user).filter(rapport=version.rapport)
    contexte = {
        "version": version,
        "titre_version": titre_de_version(version),
        "page": lecture,
        "an_dernier": PageComparaison(lecture, request.user, "").an_dernier,
        "versions": list(autres.legeres().order_by("-numero")),
        "annees_voisines": annees_voisines(version, request.user),
        "fichiers": FichiersDeLaVersion(version, request.user),
        "avis_attendu": avis_attendu_sur(version, request.user),
    }
    return render(request, "bilans/lecture_rapport/version.html", contexte)


@require_safe
@refuser_l_alteree
def rapport_version_annexe(request: RequeteCampagne, numero: int, code: str) -> HttpResponse:
    """Show an annex of a version, in the order asked for."""
    version = trouver_version(request.user, request.contrat, request.annee, numero)
    page = PageAnnexe(Lecture(version, request.user), code, request.GET)
    contexte = {"version": version, "titre_version": titre_de_version(version), "page": page}
    return render(request, "bilans/lecture_rapport/annexe.html", contexte)


@require_safe
@FICHIER_SEUL
@refuser_l_alteree
def rapport_version_image(request: RequeteCampagne, numero: int, empreinte: str) -> HttpResponseBase:
    """Give a photograph of a version."""
    return _donner_l_image(
        trouver_version(request.user, request.contrat, request.annee, numero), empreinte, "private"
    )


def _donner_l_image(version: VersionRapport, empreinte: str, cache: str) -> HttpResponseBase:
    image = _image(version, empreinte)
    try:
        fichier = ouvrir_image(version.rapport, image.empreinte)
    except FileNotFoundError:
        journal.error("A photograph of %s is missing from the disk (%s).", version.rapport.cle, empreinte)
        raise Http404("Cette photographie n'est plus sur le serveur.") from None
    reponse = FileResponse(fichier, content_type=image.type_mime)
    reponse["X-Content-Type-Options"] = "nosniff"
    reponse["Cache-Control"] = f"{cache}, no-cache"
    return reponse


def _image(version: VersionRapport, empreinte: str) -> Image:
    """Return the photograph, or the logo, of that fingerprint. Raises Http404 when the version does not show it."""
    contenu = lire_version(version, images=False)
    if contenu.logo and contenu.logo.empreinte == empreinte:
        return contenu.logo
    for section in contenu.sections:
        for bloc in section.blocs:
            if isinstance(bloc, BlocImages):
                for image in bloc.images:
                    if image.empreinte == empreinte:
                        return image
    raise Http404


@require_safe
@refuser_l_alteree
def rapport_comparer(request: RequeteCampagne, numero: int) -> HttpResponse:
    """Show what differs from another version, from today's data, or the figures beside last year's."""
    version = trouver_version(request.user, request.contrat, request.annee, numero)
    page = PageComparaison(Lecture(version, request.user), request.user, request.GET.get("avec", ""))
    contexte = {"version": version, "titre_version": titre_de_version(version), "page": page}
    return render(request, "bilans/lecture_rapport/comparer.html", contexte)


@require_safe
@refuser_l_alteree
def rapport_presenter(request: RequeteCampagne, numero: int) -> HttpResponse:
    """Show a version in the meeting room, a screen at a time; without a script, « ecran » in the address."""
    version = trouver_version(request.user, request.contrat, request.annee, numero)
    return _presenter(request, Lecture(version, request.user), public=False)


def _presenter(request: HttpRequest, lecture: Lecture, *, public: bool) -> HttpResponse:
    tous = ecrans(lecture)
    demande = request.GET.get("ecran", "")
    courant = min(max(int(demande), 1), len(tous)) if demande.isdecimal() and len(demande) < 6 else 1
    contexte = {
        "version": lecture.version,
        "titre_version": titre_de_version(lecture.version),
        "page": lecture,
        "public": public,
        "ecrans": tous,
        "courant": courant,
        "titre_ecran": tous[courant - 1].titre,
    }
    return render(request, "bilans/lecture_rapport/presenter.html", contexte)


# -- Files -----------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
def rapport_fichiers(request: RequeteCampagne, numero: int) -> HttpResponse:
    """Show how far the files of a version are; posted, have one made by the worker."""
    version = trouver_version(request.user, request.contrat, request.annee, numero, legere=True)
    if request.method == "POST":
        try:
            demander_fichier(request.user, version.rapport, request.POST.get("format", ""), version)
        except OperationRefusee as refus:
            messages.warning(request, str(refus))
        return redirect("rapport_fichiers", request.contrat.slug, request.annee, numero)
    contexte = {
        "version": version,
        "titre_version": titre_de_version(version),
        "fichiers": FichiersDeLaVersion(version, request.user),
    }
    return render(request, "bilans/lecture_rapport/fichiers.html", contexte)


@require_safe
@FICHIER_SEUL
def rapport_fichier(request: RequeteCampagne, cle: str) -> HttpResponseBase:
    """Give a file that is made."""
    return _donner_le_fichier(_trouver_fichier(request, cle))


@require_POST
def rapport_fichier_abandonner(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Give up a file that waits or is being made."""
    fichier = _trouver_fichier(request, cle)
    if fichier.version is None:
        raise Http404
    abandonner_fichier(request.user, fichier)
    return redirect("rapport_fichiers", request.contrat.slug, request.annee, fichier.version.numero)


def _trouver_fichier(request: RequeteCampagne, cle: str) -> FichierRapport:
    fichier: FichierRapport = get_object_or_404(
        FichierRapport.objects.visibles_par(request.user).select_related("rapport__contrat", "version"),
        rapport__contrat=request.contrat,
        rapport__annee=request.annee,
        cle=cle,
    )
    return fichier


def _donner_le_fichier(fichier: FichierRapport) -> HttpResponseBase:
    """Raises Http404 for a file that is not made, or is no longer there."""
    if fichier.etat != FichierRapport.Etat.FAIT:
        raise Http404
    try:
        ouvert = fichier.fichier.open("rb")
    except FileNotFoundError:
        journal.error("File %s of a report is missing from the disk.", fichier.cle)
        raise Http404("Ce fichier n'est plus sur le serveur.") from None
    reponse = FileResponse(
        ouvert,
        as_attachment=True,
        filename=nom_du_fichier(fichier),
        content_type=TYPES_MIME[fichier.format],
    )
    reponse["X-Content-Type-Options"] = "nosniff"
    return reponse


# -- The public address ----------------------------------------------------------------------------
@login_not_required
@require_safe
@refuser_l_alteree
def rapport_public(request: HttpRequest, adresse: str) -> HttpResponse:
    """Show the published report to anybody, at the address that the collectivity gave it."""
    version = trouver_version_publique(adresse)
    contexte = {
        "version": version,
        "titre_version": titre_de_version(version),
        "page": Lecture(version),
        "faits": fichiers_publics(version),
    }
    return render(request, "bilans/lecture_rapport/public.html", contexte)


@login_not_required
@require_safe
@refuser_l_alteree
def rapport_public_annexe(request: HttpRequest, adresse: str, code: str) -> HttpResponse:
    """Show an annex of the published report to anybody."""
    version = trouver_version_publique(adresse)
    page = PageAnnexe(Lecture(version), code, request.GET)
    contexte = {"version": version, "titre_version": titre_de_version(version), "page": page}
    return render(request, "bilans/lecture_rapport/public_annexe.html", contexte)


@login_not_required
@require_safe
@refuser_l_alteree
def rapport_public_presenter(request: HttpRequest, adresse: str) -> HttpResponse:
    """Show the published report in a meeting room to anybody: the same screens, which lead back to its address."""
    return _presenter(request, Lecture(trouver_version_publique(adresse)), public=True)


@login_not_required
@require_safe
@FICHIER_SEUL
@refuser_l_alteree
def rapport_public_image(request: HttpRequest, adresse: str, empreinte: str) -> HttpResponseBase:
    """Give a photograph of the published report to anybody."""
    return _donner_l_image(trouver_version_publique(adresse), empreinte, "public")


@login_not_required
@require_safe
@FICHIER_SEUL
def rapport_public_fichier(request: HttpRequest, adresse: str, format: str) -> HttpResponseBase:
    """Give a file of the published report to anybody, once it is made."""
    version = trouver_version_publique(adresse)
    faits = {fichier.format: fichier.fichier for fichier in fichiers_publics(version)}
    fichier = faits.get(format)
    if fichier is None:
        raise Http404
    # The same objects as the version's: the name of the file asks nothing more.
    fichier.rapport, fichier.version = version.rapport, version
    return _donner_le_fichier(fichier)
