"""The budget of an action: planned and spent side by side, where each is written, the compte rendu financier."""

from collections.abc import Mapping
from io import BytesIO

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from actions.models import ActionAnnuelle, Campagne
from actions.situation import RequeteCampagne
from comptes.versions import VersionPerimee, comparer
from comptes.vues import RIEN_DE_CHANGE, exiger
from documents import NOMS_FORMATS, TYPES_MIME, ErreurRendu
from documents.document_texte import DocumentTexte
from documents.rendu_texte import FORMATS_TEXTE, rendre_texte
from financements.operations import enregistrer_previsionnel
from porteurs.models import Porteur

from .. import operations
from ..annexes.crf import avec_leur_bilan, compte_rendu, comptes_rendus
from ..forms import EtapeForm
from ..forms.budgets import PrevisionnelForm
from ..models import Bilan
from ..operations import OperationRefusee
from ..operations.brouillon import Changement, ConflitDeChamp, enregistrer_brouillon
from ..operations.budgets import partir_du_previsionnel
from ..pages.budgets import PageBudget
from ..pages.consultation import commentaires_par_champ
from ..pages.saisie import PageEtape, Parcours
from ..saisie import BUDGET, Saisie
from .saisie import lire_le_releve, lire_les_champs

REFUS_LIRE = "Le budget d'une action est ouvert à la personne qui tient le contrat et au porteur de l'action."
REFUS_ECRIRE = "Seule la personne qui tient le contrat peut modifier le budget prévu."
SANS_BILAN = "Aucun bilan n'est attendu pour cette action : son budget réalisé ne se saisit pas."
ENREGISTRE = "Le budget réalisé de « {action} » est enregistré."


@require_safe
def budget(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show both budgets of an action side by side, with what does not agree."""
    annuelle = _action(request, cle)
    gere = request.user.has_perm("financements.ajouter", annuelle)
    vivante = request.campagne.statut != Campagne.Statut.ARCHIVEE
    bilan = _bilan(request, annuelle)
    contexte = {
        "annuelle": annuelle,
        "page": PageBudget(annuelle),
        "previsionnel_ouvert": gere and vivante,
        "realise_ouvert": bilan is not None and request.user.has_perm("bilans.saisir", bilan),
        "fichiers": [
            (NOMS_FORMATS[format], _adresse(request, "crf", cle, format))
            for format in FORMATS_TEXTE
            if format != "html"
        ],
    }
    return render(request, "bilans/budgets/budget.html", contexte)


@require_http_methods(["GET", "POST"])
def budget_previsionnel(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Write what was planned."""
    annuelle = _action(request, cle)
    exiger(request, "financements.ajouter", annuelle, REFUS_ECRIRE)
    form = PrevisionnelForm(request.POST if request.method == "POST" else None, annuelle=annuelle)
    conflit = None
    if request.method == "POST" and form.is_valid():
        if not form.has_changed():
            messages.info(request, RIEN_DE_CHANGE)
            return redirect(_adresse(request, "budget", cle))
        try:
            enregistrer_previsionnel(
                request.user,
                annuelle,
                form.montants(),
                total_annonce=form.cleaned_data["total_annonce"],
                version=form.cleaned_data["version"] or 0,
            )
        except VersionPerimee as perimee:
            conflit = comparer(form, perimee.actuel, form.valeurs_actuelles())
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            messages.success(request, f"Le budget prévu de « {annuelle.action} » est enregistré.")
            return redirect(_adresse(request, "budget", cle))
    contexte = {
        "form": form,
        "annuelle": annuelle,
        "conflit": conflit,
        "url_retour": _adresse(request, "budget", cle),
    }
    return render(request, "bilans/budgets/previsionnel.html", contexte)


@require_http_methods(["GET", "POST"])
def budget_realise(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Write what was spent and received: a step of the bilan for the porteur, this page for who runs the contract."""
    annuelle = _action(request, cle)
    bilan = _bilan(request, annuelle)
    if bilan is None:
        messages.info(request, SANS_BILAN)
        return redirect(_adresse(request, "budget", cle))
    if not request.user.has_perm("bilans.gerer", bilan):
        return redirect(f"{_adresse(request, 'bilan_saisir', cle)}?etape={BUDGET}")
    if not request.user.has_perm("bilans.saisir", bilan):
        messages.info(request, operations.refus(bilan))
        return redirect(_adresse(request, "budget", cle))
    if request.method == "POST":
        return _enregistrer_le_realise(request, bilan)
    return _montrer_le_realise(request, Saisie(bilan))


def _enregistrer_le_realise(request: RequeteCampagne, bilan: Bilan) -> HttpResponse:
    """Save what was typed, field by field; show what could not be saved, beside what someone else wrote."""
    cle = bilan.action_annuelle.cle
    typees = lire_les_champs(request.POST, Saisie(bilan), BUDGET)
    marques = lire_le_releve(request.POST.get("releve", ""))
    champs = {
        nom: Changement("", texte, marques.get(nom, ""))
        for nom, texte in typees.items()
        if request.POST.get(f"choix_{nom}") != "autre"
    }
    try:
        resultat = enregistrer_brouillon(bilan, request.user, champs)
        if request.POST.get("suite") == "previsionnel":
            partir_du_previsionnel(bilan, request.user)
    except OperationRefusee as refus:
        messages.error(request, str(refus))
        return _montrer_le_realise(request, Saisie(bilan), typees)
    if resultat.conflits or resultat.a_corriger:
        for phrase in resultat.a_corriger.values():
            messages.error(request, phrase)
        restees = {nom: typees[nom] for nom in (*resultat.conflits, *resultat.a_corriger) if nom in typees}
        return _montrer_le_realise(request, resultat.saisie, restees, resultat.conflits)
    messages.success(request, ENREGISTRE.format(action=bilan.action_annuelle.action))
    suite = "budget_realise" if request.POST.get("suite") == "previsionnel" else "budget"
    return redirect(_adresse(request, suite, cle))


def _montrer_le_realise(
    request: RequeteCampagne,
    saisie: Saisie,
    typees: Mapping[str, str] | None = None,
    conflits: Mapping[str, ConflitDeChamp] | None = None,
) -> HttpResponse:
    parcours = Parcours(saisie, commentaires_par_champ(saisie.bilan, request.user))
    form = EtapeForm(saisie, BUDGET, typees or {})
    page = PageEtape(parcours, parcours.etape(BUDGET), form, request.user, conflits or {})
    annuelle = saisie.bilan.action_annuelle
    contexte = {
        "form": form,
        "page": page,
        "bilan": saisie.bilan,
        "annuelle": annuelle,
        "url_page": _adresse(request, "bilan_detail", annuelle.cle),
        "url_retour": _adresse(request, "budget", annuelle.cle),
    }
    return render(request, "bilans/budgets/realise.html", contexte)


# -- The compte rendu financier --------------------------------------------------------------------
@require_safe
def crf(request: RequeteCampagne, cle: str, format: str) -> HttpResponseBase:
    """Give the compte rendu financier of an action as PDF or Word."""
    _verifier_format(format)
    annuelle = _action(request, cle)
    lue = avec_leur_bilan(ActionAnnuelle.objects.filter(pk=annuelle.pk)).get()
    nom = f"compte-rendu-financier-{slugify(annuelle.action.intitule)[:60] or cle}-{request.annee}.{format}"
    return _donner(request, compte_rendu(lue), format, nom, _adresse(request, "budget", cle))


@require_safe
def crf_porteur(request: RequeteCampagne, cle: str, format: str) -> HttpResponseBase:
    """Give the comptes rendus financiers of all the actions of a porteur in the year, in one file."""
    _verifier_format(format)
    porteur = get_object_or_404(
        Porteur.objects.visibles_par(request.user).filter(epci=request.contrat.epci_id), cle=cle
    )
    exiger(request, "porteurs.lire_dossier", porteur, REFUS_LIRE)
    siennes = Q(action__porteur=porteur) | Q(action__porteur__parent=porteur)
    actions = ActionAnnuelle.objects.visibles_par(request.user).filter(siennes, campagne=request.campagne)
    document = comptes_rendus(
        request.contrat, request.campagne, request.user, actions, selection=f"Structure : {porteur.nom}."
    )
    nom = f"comptes-rendus-financiers-{slugify(porteur.nom)[:60] or cle}-{request.annee}.{format}"
    return _donner(request, document, format, nom, _adresse(request, "porteur_detail", cle))


def _verifier_format(format: str) -> None:
    if format not in FORMATS_TEXTE or format == "html":
        raise Http404


def _donner(
    request: RequeteCampagne, document: DocumentTexte, format: str, nom: str, retour: str
) -> HttpResponseBase:
    contenu = BytesIO()
    try:
        rendre_texte(document, format, contenu)
    except ErreurRendu as erreur:
        messages.error(request, str(erreur))
        return redirect(retour)
    contenu.seek(0)
    return FileResponse(contenu, as_attachment=True, filename=nom, content_type=TYPES_MIME[format])


# -- Finding ---------------------------------------------------------------------------------------
def _action(request: RequeteCampagne, cle: str) -> ActionAnnuelle:
    """Return an action of the year whose budget the account may read; 404 for one it does not see, 403 else."""
    annuelle: ActionAnnuelle = get_object_or_404(
        ActionAnnuelle.objects.visibles_par(request.user).select_related(
            "action__porteur", "campagne__contrat__epci"
        ),
        campagne=request.campagne,
        cle=cle,
    )
    annuelle.campagne.contrat = request.contrat
    exiger(request, "financements.lire_budget", annuelle, REFUS_LIRE)
    return annuelle


def _bilan(request: RequeteCampagne, annuelle: ActionAnnuelle) -> Bilan | None:
    bilan: Bilan | None = (
        Bilan.objects.visibles_par(request.user)
        .filter(action_annuelle=annuelle)
        .prefetch_related("action_annuelle__campagne__tranches", "effectifs__tranche")
        .first()
    )
    if bilan is not None:
        bilan.action_annuelle = annuelle
    return bilan


def _adresse(request: RequeteCampagne, nom: str, *suite: str) -> str:
    return reverse(nom, args=[request.contrat.slug, request.annee, *suite])
