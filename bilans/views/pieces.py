"""Attachments of a bilan: adding, reading, taking away."""

import logging
from typing import Any, cast

from csp.decorators import csp
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.situation import RequeteCampagne
from comptes.historique import SUPPRESSION

from .. import operations
from ..models import Bilan, PieceJointe
from ..operations import OperationRefusee
from ..operations.pieces import joindre, retirer
from ..pages.pieces import PieceLue, pieces_du_bilan
from ..regles import porte_le_bilan
from .commun import adresse, trouver_bilan

journal = logging.getLogger(__name__)

AUCUN_FICHIER = "Choisissez d'abord un fichier, puis appuyez sur « Joindre »."
# The file of somebody else, shown in a page of ours: nothing in it may run, load, or be framed.
FICHIER_SEUL = cast(
    Any,
    csp(
        {
            "default-src": ["'none'"],
            "img-src": ["'self'"],
            "style-src": ["'unsafe-inline'"],
            "frame-ancestors": ["'none'"],
            "sandbox": [],
        }
    ),
)


@require_POST
def piece_ajouter(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Attach the files that were sent; answer by the page they came from, or in JSON to a page that asks for it."""
    bilan = _bilan_du_compte(request, cle)
    refus = recevoir(request, bilan)
    if not _veut_du_json(request):
        # Why a file was refused is said on top of the page: that is where to land.
        retour = _retour(request, bilan)
        return redirect(retour.partition("#")[0] if refus else retour)
    if refus:
        return JsonResponse({"message": " ".join(refus), "html": _liste(request, bilan)}, status=400)
    return JsonResponse({"html": _liste(request, bilan)})


def recevoir(request: RequeteCampagne, bilan: Bilan) -> list[str]:
    """Attach every file of the request (`fichier`, of the kind `nature`); return why some were refused.

    What happened is also said on the next page, unless the request is a script's.
    """
    fichiers = request.FILES.getlist("fichier")
    faits, refus = 0, [] if fichiers else [AUCUN_FICHIER]
    for fichier in fichiers:
        try:
            joindre(bilan, request.user, fichier, request.POST.get("nature", ""))
            faits += 1
        except OperationRefusee as erreur:
            refus.append(f"« {fichier.name} » : {erreur}" if len(fichiers) > 1 else str(erreur))
    if not _veut_du_json(request):
        if faits:
            messages.success(
                request, "Le fichier est joint." if faits == 1 else f"Les {faits} fichiers sont joints."
            )
        for phrase in refus:
            messages.error(request, phrase)
    return refus


@require_safe
@FICHIER_SEUL
def piece(request: RequeteCampagne, cle: str, piece: str) -> HttpResponseBase:
    """Give the file: shown by the browser when it can do so safely, else downloaded."""
    trouvee = _trouver_piece(request, cle, piece)
    try:
        fichier = trouvee.fichier.open("rb")
    except FileNotFoundError:
        journal.error("Attachment %s is missing from the disk (%s).", trouvee.cle, trouvee.fichier.name)
        raise Http404("Ce fichier n'est plus sur le serveur.") from None
    reponse = FileResponse(
        fichier,
        as_attachment=not PieceLue(trouvee).affichable,
        filename=trouvee.nom,
        content_type=trouvee.type_mime,
    )
    reponse["X-Content-Type-Options"] = "nosniff"
    # Read again at each visit: who may no longer see it has it no longer.
    reponse["Cache-Control"] = "private, no-cache"
    return reponse


@require_http_methods(["GET", "POST"])
def piece_retirer(request: RequeteCampagne, cle: str, piece: str) -> HttpResponse:
    """Ask whether to take a file away, then do it."""
    bilan = _bilan_du_compte(request, cle)
    trouvee = PieceJointe.objects.visibles_par(request.user).filter(bilan=bilan, cle=piece).first()
    if trouvee is None:
        # The button pressed twice, or by two people: it is done.
        retiree = PieceJointe.historique.filter(bilan=bilan.pk, cle=piece, history_type=SUPPRESSION)
        if request.method == "POST" and retiree.exists():
            return _apres_retrait(request, bilan)
        raise Http404
    if request.method == "GET":
        if not request.user.has_perm("bilans.saisir", bilan):
            messages.info(request, operations.refus(bilan))
            return redirect(_retour(request, bilan))
        contexte = {
            "bilan": bilan,
            "annuelle": bilan.action_annuelle,
            "lue": PieceLue(trouvee),
            "url_retour": _retour(request, bilan),
        }
        return render(request, "bilans/pieces_retirer.html", contexte)
    try:
        retirer(trouvee, request.user)
    except OperationRefusee as refus:
        if _veut_du_json(request):
            return JsonResponse({"message": str(refus)}, status=400)
        messages.error(request, str(refus))
        return redirect(_retour(request, bilan))
    return _apres_retrait(request, bilan)


def _apres_retrait(request: RequeteCampagne, bilan: Bilan) -> HttpResponse:
    if _veut_du_json(request):
        return JsonResponse({"html": _liste(request, bilan)})
    messages.success(request, "La pièce jointe est retirée.")
    return redirect(_retour(request, bilan))


def _bilan_du_compte(request: RequeteCampagne, cle: str) -> Bilan:
    """Return the bilan, for those who exchange about it. Raises Http404, or PermissionDenied for a mere reader."""
    bilan = trouver_bilan(request, cle)
    if not request.user.has_perm("bilans.gerer", bilan) and not porte_le_bilan(request.user, bilan):
        raise PermissionDenied(
            "Les pièces jointes d'un bilan sont à la structure et à l'équipe du contrat de ville."
        )
    return bilan


def _trouver_piece(request: RequeteCampagne, cle: str, piece: str) -> PieceJointe:
    trouvee: PieceJointe = get_object_or_404(
        PieceJointe.objects.visibles_par(request.user),
        bilan__action_annuelle__campagne=request.campagne,
        bilan__action_annuelle__cle=cle,
        cle=piece,
    )
    return trouvee


def _veut_du_json(request: RequeteCampagne) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _liste(request: RequeteCampagne, bilan: Bilan) -> str:
    """Return the list of the attachments as its page shows it."""
    pieces = pieces_du_bilan(bilan, request.user, _etape(request))
    return render_to_string("bilans/pieces_liste.html", {"pieces": pieces}, request)


def _etape(request: RequeteCampagne) -> str:
    """Return the step of the form that the request comes from, blank when it says none."""
    etape = request.POST.get("etape") or request.GET.get("etape") or ""
    return etape if etape.isascii() and etape.isalpha() and len(etape) <= 20 else ""


def _retour(request: RequeteCampagne, bilan: Bilan) -> str:
    """Return the address of the page that the request comes from, where the attachments are."""
    cle, etape = bilan.action_annuelle.cle, _etape(request)
    if etape:
        return f"{adresse(request, 'bilan_saisir', cle)}?etape={etape}#pieces"
    return f"{adresse(request, 'bilan_detail', cle)}#lu-pieces"
