"""Remarks on a bilan: writing one, settling it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from actions.situation import RequeteCampagne

from ..forms import CommentaireForm
from ..models import Bilan, Commentaire
from ..operations import OperationRefusee
from ..operations.commentaires import commenter, regler, rouvrir_commentaire
from ..pages.lecture import PageDuBilan
from ..saisie import noms as lieux
from .commun import adresse, trouver_bilan

REFUS = "Les commentaires d'un bilan sont entre le porteur et l'équipe qui pilote le contrat de ville."
POUR_LE_PORTEUR, NOTE = "porteur", "note"


@require_http_methods(["GET", "POST"])
def bilan_commenter(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Write a remark on a field of the bilan: for the porteur or among colleagues; the porteur answers.

    With htmx, the form and the conversation take their place at the field; else they have a page of their own.
    """
    bilan = trouver_bilan(request, cle)
    page = PageDuBilan(bilan, request.user)
    if not page.lecture.suit:
        raise PermissionDenied(REFUS)
    champ = request.GET.get("champ", "")
    if champ not in page.noms:
        raise Http404
    interne = page.lecture.gere and request.POST.get("pour") == NOTE
    form = CommentaireForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if page.lecture.gere and request.POST.get("pour") not in (NOTE, POUR_LE_PORTEUR):
            # Enter pressed, or a page made by hand: what may not be shown is never guessed.
            form.add_error(None, "Choisissez qui peut lire ce commentaire, avec l'un des deux boutons.")
        elif form.is_valid():
            try:
                commenter(bilan, request.user, champ=champ, texte=form.cleaned_data["texte"], interne=interne)
            except OperationRefusee as refus:
                form.add_error(None, str(refus))
            else:
                return _apres(request, bilan, champ)
    return _montrer(request, page, champ, form)


def _montrer(request: RequeteCampagne, page: PageDuBilan, champ: str, form: CommentaireForm) -> HttpResponse:
    bloc = lieux.place(champ)
    par_htmx = "HX-Request" in request.headers
    contexte: dict[str, Any] = {
        **_contexte(page, bloc),
        "champ": champ,
        "bloc": bloc,
        "nom": page.noms[champ],
        "form": form,
        "peut_ecrire_au_porteur": request.user.has_perm("bilans.commenter", page.bilan),
        "par_htmx": par_htmx,
        "retour": request.GET.get("retour", ""),
        "url_retour": _adresse_de_retour(request, page.bilan, champ),
    }
    gabarit = "bilans/commentaire_formulaire.html" if par_htmx else "bilans/commentaire_ecrire.html"
    # 422: what htmx is told of a form to correct (templates/base.html).
    return render(request, gabarit, contexte, status=422 if par_htmx and form.errors else 200)


def _apres(request: RequeteCampagne, bilan: Bilan, champ: str) -> HttpResponse:
    """Return to where the remark was written from."""
    if "HX-Request" in request.headers:
        page = PageDuBilan(bilan, request.user)
        bloc = lieux.place(champ)
        contexte = _contexte(page, bloc) | {"champ": bloc, "nom": page.noms[bloc]}
        return render(request, "bilans/bilan_remarques.html", contexte)
    messages.success(request, "Votre commentaire est enregistré.")
    return redirect(_adresse_de_retour(request, bilan, champ))


def _contexte(page: PageDuBilan, bloc: str) -> dict[str, Any]:
    return {
        "annuelle": page.annuelle,
        "bilan": page.bilan,
        "page": page,
        "lecture": page.lecture,
        "remarques": page.remarques.get(bloc, []),
    }


def _adresse_de_retour(request: RequeteCampagne, bilan: Bilan, champ: str) -> str:
    """Return the page that one came from, at the field: the form that is being filled in, or the bilan."""
    cle = bilan.action_annuelle.cle
    if request.GET.get("retour") == "saisir" and request.user.has_perm("bilans.saisir", bilan):
        if request.user.has_perm("bilans.gerer", bilan):
            return f"{adresse(request, 'bilan_saisir', cle)}#id_{champ}"
        etape = lieux.etape_de_la_saisie(bilan, champ)
        return f"{adresse(request, 'bilan_saisir', cle)}?etape={etape}#id_{champ}"
    return f"{adresse(request, 'bilan_detail', cle)}#lu-{lieux.place(champ) or 'bilan'}"


@require_POST
def commentaire_regler(request: RequeteCampagne, cle: str, commentaire: str) -> HttpResponse:
    """Settle a remark, or take that back."""
    bilan = trouver_bilan(request, cle)
    remarque: Commentaire = get_object_or_404(
        Commentaire.objects.visibles_par(request.user).filter(bilan=bilan), cle=commentaire
    )
    rouvre = request.POST.get("geste") == "rouvrir"
    try:
        nombre = rouvrir_commentaire(remarque, request.user) if rouvre else regler(remarque, request.user)
    except OperationRefusee as refus:
        messages.error(request, str(refus))
    else:
        if nombre:
            quoi = "La note est" if remarque.interne else "Le commentaire est"
            suite = "de nouveau ouvert" if rouvre else "réglé"
            messages.success(request, f"{quoi} {suite}{'e' if remarque.interne else ''}.")
    bloc = lieux.place(remarque.champ) or "bilan"
    return redirect(f"{adresse(request, 'bilan_detail', cle)}#lu-{bloc}")
