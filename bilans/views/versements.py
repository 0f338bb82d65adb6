"""Payments: the list of the year, one payment and its gestures, planning by rule, the rules, an amount followed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.models import Campagne
from actions.situation import RequeteCampagne
from comptes.models import Utilisateur
from comptes.templatetags.typographie import pluriel
from comptes.versions import VersionPerimee, lire_version
from comptes.vues import exiger
from financements.models import ConditionVersement, LigneFinancement, RegleVersement, Reversement, Versement
from financements.operations import versements as operations
from financements.paiements import ZERO, Paiement, paiement_de, paiements
from porteurs.models import Convention

from ..forms.versements import (
    MandatForm,
    NouveauVersementForm,
    PaiementForm,
    RaisonForm,
    ReceptionForm,
    RecouvrementForm,
    RegleVersementForm,
    ReversementForm,
    SansQuestionForm,
    VersementForm,
    rouvrir,
)
from ..pages import adresse
from ..pages.onglets import onglets_financements
from ..pages.versements import (
    PageVersement,
    PageVersements,
    documents_recus,
    nom_du_versement,
    regles_par_payeur,
    suivre,
    verses_par_convention,
)

REFUS = "Les versements sont tenus par la personne qui pilote le contrat de ville."
REFUS_LECTURE = "Les versements sont ouverts à l'équipe du contrat de ville, aux financeurs et aux porteurs."
ENTRE_TEMPS = "Ce versement vient d'être modifié par une autre personne : relisez-le, puis recommencez."
REGLE_ENTRE_TEMPS = "Cette règle vient d'être modifiée par une autre personne : relisez-la, puis recommencez."


def _adresse(request: RequeteCampagne, nom: str, *arguments: Any) -> str:
    return reverse(nom, args=[request.contrat.slug, request.annee, *arguments])


def _dire_refus(request: RequeteCampagne, refus: ValidationError) -> None:
    for phrase in refus.messages:
        messages.warning(request, phrase)


# -- The list --------------------------------------------------------------------------------------
@require_safe
def versements(request: RequeteCampagne) -> HttpResponse:
    """List the payments of the year that the account sees: due, held up, made."""
    exiger(request, "actions.lister", request.contrat, REFUS_LECTURE)
    if not adresse.est_propre(request.GET):
        return redirect(f"{request.path}{adresse.ecrire(request.GET)}")
    contexte = {"page": PageVersements(request), "onglets": onglets_financements(request, "versements")}
    return render(request, "bilans/versements/versements.html", contexte)


# -- Planning --------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
def versements_planifier(request: RequeteCampagne) -> HttpResponse:
    """Show what the rules would create or change, then store it: for one convention, one line or all of them."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    cibles = _cibles(request)
    if request.method == "POST":
        try:
            ecrits = [v for p in cibles for v in operations.planifier(request.user, p.objet, request.annee)]
        except ValidationError as refus:
            _dire_refus(request, refus)
            return redirect(_adresse(request, "versements"))
        if ecrits:
            nombre = pluriel(len(ecrits), "versement est planifié,versements sont planifiés")
            messages.success(request, f"{nombre}. Ce qui était déjà payé ou saisi à la main n'a pas changé.")
        else:
            messages.info(request, "Il n'y avait rien à planifier : l'échéancier suit déjà les règles.")
        return redirect(_adresse(request, "versements"))
    contexte = {
        "paiements": [(p, p.ecarts()) for p in cibles if p.ecarts()],
        "url_retour": _adresse(request, "versements"),
        "criteres": adresse.seulement(request.GET, ("convention", "ligne")),
    }
    return render(request, "bilans/versements/planifier.html", contexte)


def _cibles(request: RequeteCampagne) -> list[Paiement]:
    """Return what is to be planned: what the address names, or everything that has a rule."""
    if cle := request.GET.get("convention"):
        return [paiement_de(_convention(request, cle), request.annee)]
    if cle := request.GET.get("ligne"):
        return [paiement_de(_ligne(request, cle), request.annee)]
    return paiements(request.campagne, request.user, timezone.localdate())


def _cle(cle: str) -> str:
    """Return the key as it is. Raises Http404 for one that PostgreSQL refuses to look for."""
    if "\0" in cle:
        raise Http404
    return cle


def _convention(request: RequeteCampagne, cle: str) -> Convention:
    visibles = Convention.objects.visibles_par(request.user).filter(contrat=request.contrat)
    convention: Convention = get_object_or_404(visibles.select_related("contrat", "porteur"), cle=_cle(cle))
    return convention


def _ligne(request: RequeteCampagne, cle: str) -> LigneFinancement:
    visibles = LigneFinancement.objects.visibles_par(request.user).select_related(
        *("financeur", "action_annuelle__action__porteur", "action_annuelle__campagne__contrat"),
        *("seance__instance", "deliberation", "convention"),
    )
    ligne: LigneFinancement = get_object_or_404(
        visibles, cle=_cle(cle), action_annuelle__campagne=request.campagne
    )
    return ligne


@require_http_methods(["GET", "HEAD", "POST"])
def versement_ajouter(request: RequeteCampagne) -> HttpResponse:
    """Add a payment typed by hand to the funding line, or to the convention, that the address names."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    if cle := request.GET.get("convention"):
        nouveau = Versement(convention=_convention(request, cle), annee=request.annee)
    elif cle := request.GET.get("ligne"):
        nouveau = Versement(ligne=_ligne(request, cle))
    else:
        messages.info(
            request, "Ouvrez d'abord le financement à payer : le versement s'ajoute depuis sa page."
        )
        return redirect(_adresse(request, "versements"))
    form = NouveauVersementForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        lu = form.cleaned_data
        nouveau.type, nouveau.date_prevue = lu["type"], lu["date_prevue"]
        nouveau.montant_prevu = lu["montant_prevu"]
        try:
            operations.ajouter_versement(request.user, nouveau, pieces=lu["pieces"])
        except ValidationError as refus:
            form.add_error(None, refus.messages)
        else:
            messages.success(request, "Le versement est ajouté.")
            return redirect(_adresse(request, "versement", nouveau.cle))
    contexte = {
        "form": form,
        "titre": "Ajouter un versement",
        "bouton": "Ajouter le versement",
        "objet": _sujet(nouveau),
        "url_retour": _adresse(request, "versements"),
    }
    return render(request, "bilans/versements/formulaire.html", contexte)


def _sujet(versement: Versement) -> str:
    """Return what a payment pays, in words."""
    if versement.ligne is not None:
        action = versement.ligne.action_annuelle.action
        return f"{versement.ligne.financeur} – {action.intitule}, {action.porteur}"
    return f"{versement.convention}, {versement.convention.porteur}" if versement.convention else ""


# -- One payment -----------------------------------------------------------------------------------
def _versement(request: RequeteCampagne, cle: str) -> Versement:
    """Return a payment of the year, if the account sees it; else a 404."""
    visibles = Versement.objects.visibles_par(request.user).select_related(
        *("regle", "convention__contrat", "convention__porteur", "ligne__financeur"),
        *("ligne__action_annuelle__action__porteur", "ligne__action_annuelle__campagne__contrat"),
    )
    trouve: Versement = get_object_or_404(visibles, cle=cle)
    if trouve.ligne is not None:
        sien = trouve.ligne.action_annuelle.campagne_id == request.campagne.pk
    else:
        convention = trouve.convention
        sien = (
            convention is not None
            and convention.contrat_id == request.contrat.pk
            and trouve.annee == request.annee
        )
    if not sien:
        raise Http404
    return trouve


@require_safe
def versement(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show a payment, what it waits for and what happened to it."""
    page = PageVersement(request, _versement(request, cle))
    contexte = {"page": page, "aujourd_hui": timezone.localdate()}
    return render(request, "bilans/versements/versement.html", contexte)


@dataclass(frozen=True)
class Geste:
    """What a gesture asks, says and does. `initial` fills its form from the payment."""

    titre: str
    bouton: str
    phrases: tuple[str, ...]
    formulaire: Callable[..., Any]
    faire: Callable[[Utilisateur, Versement, int, dict[str, Any]], object]
    fait: str
    initial: Callable[[Versement], dict[str, Any]] = lambda versement: {}
    dangereux: bool = False


def _aujourd_hui(champ: str) -> Callable[[Versement], dict[str, Any]]:
    return lambda versement: {champ: timezone.localdate(), "reference": versement.reference}


GESTES: dict[str, Geste] = {
    "verser": Geste(
        "Noter le versement",
        "Noter le versement",
        ("L'argent est parti : indiquez quand et combien, dans la limite de ce qui est notifié ou voté.",),
        PaiementForm,
        lambda qui, v, version, lu: operations.verser(qui, v, version=version, **lu),
        "Le versement est noté.",
        lambda v: {
            "date_versement": timezone.localdate(),
            "montant": v.montant_prevu,
            "reference": v.reference,
        },
    ),
    "mandater": Geste(
        "Noter le mandat",
        "Noter le mandat",
        (
            "L'ordre de payer est donné au comptable : il reste à noter le versement quand l'argent est parti.",
        ),
        MandatForm,
        lambda qui, v, version, lu: operations.mandater(qui, v, version=version, **lu),
        "Le mandat est noté.",
        _aujourd_hui("date_mandat"),
    ),
    "suspendre": Geste(
        "Suspendre ce versement ?",
        "Suspendre le versement",
        ("Il restera dans la liste des versements bloqués, avec votre motif. Vous pourrez le reprendre.",),
        RaisonForm,
        lambda qui, v, version, lu: operations.suspendre(qui, v, version=version, **lu),
        "Le versement est suspendu.",
    ),
    "reprendre": Geste(
        "Reprendre ce versement ?",
        "Reprendre le versement",
        ("Il redevient prévu, avec sa date et son montant. Son histoire est conservée.",),
        SansQuestionForm,
        lambda qui, v, version, lu: operations.reprendre(qui, v, version=version),
        "Le versement est repris.",
    ),
    "annuler": Geste(
        "Annuler ce versement ?",
        "Annuler le versement",
        ("Il ne compte plus dans ce qui est prévu. Vous pourrez le reprendre si vous vous êtes trompé·e.",),
        RaisonForm,
        lambda qui, v, version, lu: operations.annuler(qui, v, version=version, **lu),
        "Le versement est annulé.",
        dangereux=True,
    ),
    "corriger": Geste(
        "Revenir au versement prévu ?",
        "Revenir au versement prévu",
        (
            "Pour un mandat ou un versement noté par erreur. S'il a bien été fait, demandez plutôt un reversement.",
        ),
        RaisonForm,
        lambda qui, v, version, lu: operations.corriger(qui, v, version=version, **lu),
        "Le versement redevient prévu.",
        dangereux=True,
    ),
    "reverser": Geste(
        "Demander un reversement",
        "Demander le reversement",
        ("La somme sera déduite de ce qui est versé quand elle sera recouvrée.",),
        ReversementForm,
        lambda qui, v, version, lu: operations.reverser(qui, v, version=version, **lu),
        "Le reversement est demandé.",
    ),
    "modifier": Geste(
        "Modifier ce versement",
        "Enregistrer",
        ("Un montant que vous saisissez n'est plus recalculé par la règle.",),
        VersementForm,
        lambda qui, v, version, lu: operations.modifier_versement(qui, v, version=version, **lu),
        "Le versement est modifié.",
        lambda v: {
            "montant_prevu": v.montant_prevu,
            "date_prevue": v.date_prevue,
            "pieces": "\n".join(v.conditions.order_by("ordre").values_list("libelle", flat=True)),
        },
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
def versement_geste(request: RequeteCampagne, cle: str, geste: str) -> HttpResponse:
    """Ask what a gesture needs, then do it."""
    if geste not in GESTES:
        raise Http404
    trouve, description = _versement(request, cle), GESTES[geste]
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    retour = _adresse(request, "versement", cle)
    if request.method != "POST" and geste not in operations.gestes_possibles(trouve):
        messages.info(
            request, f"Ce versement est à l'état « {trouve.get_statut_display()} » : cela ne se fait plus."
        )
        return redirect(retour)
    initial = {**description.initial(trouve), "version": trouve.version}
    form = description.formulaire(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        lu = dict(form.cleaned_data)
        version = lu.pop("version") or 0
        if _faire(form, trouve, lambda: description.faire(request.user, trouve, version, lu)):
            messages.success(request, description.fait)
            return redirect(retour)
    contexte = {
        "form": form,
        "geste": description,
        "sans_danger": not description.dangereux,
        "versement": trouve,
        "nom": nom_du_versement(trouve),
        "objet": _sujet(trouve),
        "url_retour": retour,
    }
    return render(request, "bilans/versements/geste.html", contexte)


def _faire(form: forms.BaseForm, versement: Versement, operation: Callable[[], object]) -> bool:
    """Do it, or say in the form why it was not; what was typed stays."""
    try:
        operation()
    except VersionPerimee as perimee:
        rouvrir(form, perimee.actuel)
        form.add_error(None, ENTRE_TEMPS)
        return False
    except ValidationError as refus:
        erreurs = getattr(refus, "error_dict", None)
        connues = erreurs is not None and set(erreurs) <= set(form.fields)
        form.add_error(None, refus if connues else refus.messages)
        return False
    return True


@require_POST
def versement_document(request: RequeteCampagne, cle: str, condition: int) -> HttpResponse:
    """Note that an awaited document was received, perhaps as one of the convention, or was not after all."""
    trouve = _versement(request, cle)
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    get_object_or_404(ConditionVersement.objects.visibles_par(request.user), pk=condition, versement=trouve)
    form = ReceptionForm(request.POST)
    if not form.is_valid():
        for phrase in form.errors["recu_le"]:
            messages.warning(request, str(phrase))
        return redirect(_adresse(request, "versement", cle))
    try:
        operations.recevoir(
            request.user,
            trouve,
            condition,
            version=form.cleaned_data["version"] or 0,
            recu_le=form.cleaned_data["recu_le"],
            motif=_document_recu(request, trouve),
        )
    except VersionPerimee:
        messages.warning(request, ENTRE_TEMPS)
    except ValidationError as refus:
        _dire_refus(request, refus)
    else:
        messages.success(request, "C'est noté.")
    return redirect(_adresse(request, "versement", cle))


def _document_recu(request: RequeteCampagne, versement: Versement) -> str:
    """Return which document of the convention fulfils a condition, for its history; empty when none is named."""
    cle = request.POST.get("document", "")
    recu = next((d for d in documents_recus(request, versement) if d.cle == cle), None)
    return f"Document de la convention : {recu}" if recu else ""


@require_http_methods(["GET", "HEAD", "POST"])
def reversement_recouvrer(request: RequeteCampagne, cle: str, reversement: int) -> HttpResponse:
    """Note when a repayment was received."""
    trouve = _versement(request, cle)
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    demande: Reversement = get_object_or_404(
        Reversement.objects.visibles_par(request.user), pk=reversement, versement=trouve
    )
    demande.versement = trouve
    initial = {
        "version": trouve.version,
        "date_recouvrement": demande.date_recouvrement or timezone.localdate(),
    }
    form = RecouvrementForm(request.POST if request.method == "POST" else None, initial=initial)
    retour = _adresse(request, "versement", cle)
    if request.method == "POST" and form.is_valid():
        lu = form.cleaned_data

        def recouvrer() -> object:
            return operations.recouvrer(
                request.user,
                demande,
                version=lu["version"] or 0,
                date_recouvrement=lu["date_recouvrement"],
            )

        if _faire(form, trouve, recouvrer):
            messages.success(request, "C'est noté : ce qui est versé en tient compte.")
            return redirect(retour)
    contexte = {
        "form": form,
        "geste": RECOUVREMENT,
        "sans_danger": True,
        "versement": trouve,
        "nom": nom_du_versement(trouve),
        "objet": _sujet(trouve),
        "url_retour": retour,
    }
    return render(request, "bilans/versements/geste.html", contexte)


RECOUVREMENT = Geste(
    "Noter le recouvrement",
    "Noter le recouvrement",
    ("La somme reçue est déduite de ce qui est versé.",),
    RecouvrementForm,
    lambda qui, v, version, lu: None,
    "",
)


# -- Following an amount ---------------------------------------------------------------------------
@require_safe
def suivre_montant(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Follow an amount from what was requested to what was paid, with dates, authors and documents."""
    ligne = _ligne(request, cle)
    paiement = paiement_de(ligne, request.annee)
    gere = request.user.has_perm("contrats.gerer", request.contrat)
    de_convention = verses_par_convention(request, ligne)
    contexte = {
        "ligne": ligne,
        "etapes": suivre(ligne),
        "paiement": paiement,
        "par_convention": de_convention,
        "verse": paiement.verse + sum((lu.montant for lu in de_convention), ZERO),
        "versements": [(v, nom_du_versement(v)) for v in paiement.versements],
        "modifiable": gere and request.campagne.statut != Campagne.Statut.ARCHIVEE,
        "a_planifier": gere and bool(paiement.ecarts()),
    }
    return render(request, "bilans/versements/suivre.html", contexte)


# -- Rules -----------------------------------------------------------------------------------------
@require_safe
def regles_versement(request: RequeteCampagne) -> HttpResponse:
    """Show how conventions and funders pay."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    contexte = {"groupes": regles_par_payeur(request), "onglets": onglets_financements(request, "versements")}
    return render(request, "bilans/versements/regles.html", contexte)


def _regle(request: RequeteCampagne, pk: int) -> RegleVersement:
    visibles = RegleVersement.objects.visibles_par(request.user).select_related(
        *("convention__contrat", "convention__porteur", "financeur__contrat")
    )
    regle: RegleVersement = get_object_or_404(visibles, pk=pk)
    if operations.contrat_de_la_regle(regle).pk != request.contrat.pk:
        raise Http404
    return regle


@require_http_methods(["GET", "HEAD", "POST"])
def regle_creer(request: RequeteCampagne) -> HttpResponse:
    """Add a rule of payment."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    return _editer_regle(request, RegleVersement())


@require_http_methods(["GET", "HEAD", "POST"])
def regle_modifier(request: RequeteCampagne, pk: int) -> HttpResponse:
    """Correct a rule of payment."""
    regle = _regle(request, pk)
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    return _editer_regle(request, regle)


def _editer_regle(request: RequeteCampagne, regle: RegleVersement) -> HttpResponse:
    form = RegleVersementForm(
        request.POST if request.method == "POST" else None, contrat=request.contrat, instance=regle
    )
    nouvelle = regle.pk is None
    if request.method == "POST" and form.is_valid():
        version = None if nouvelle else form.cleaned_data["version"] or 0
        try:
            operations.enregistrer_regle(request.user, regle, version=version)
        except VersionPerimee as perimee:
            rouvrir(form, perimee.actuel)
            form.add_error(None, REGLE_ENTRE_TEMPS)
        except ValidationError as refus:
            form.add_error(None, refus.messages)
        else:
            messages.success(
                request,
                "La règle est enregistrée. Planifiez les versements pour qu'elle s'applique à l'année.",
            )
            return redirect(_adresse(request, "regles_versement"))
    contexte = {
        "form": form,
        "titre": "Ajouter une règle" if nouvelle else "Modifier une règle",
        "bouton": "Ajouter la règle" if nouvelle else "Enregistrer la règle",
        "objet": "Comment une convention, ou un financeur, paie les subventions d'une année.",
        "regle": None if nouvelle else regle,
        "url_retour": _adresse(request, "regles_versement"),
    }
    return render(request, "bilans/versements/formulaire.html", contexte)


@require_http_methods(["GET", "HEAD", "POST"])
def regle_supprimer(request: RequeteCampagne, pk: int) -> HttpResponse:
    """Ask, then delete a rule of payment."""
    regle = _regle(request, pk)
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    retour = _adresse(request, "regles_versement")
    if request.method == "POST":
        try:
            operations.supprimer_regle(
                request.user, regle, version=lire_version(request.POST.get("version", ""))
            )
        except VersionPerimee:
            messages.warning(request, REGLE_ENTRE_TEMPS)
        except ValidationError as refus:
            _dire_refus(request, refus)
        else:
            messages.success(request, "La règle est supprimée ; les versements déjà prévus restent.")
        return redirect(retour)
    contexte = {"regle": regle, "url_retour": retour}
    return render(request, "bilans/versements/regle_supprimer.html", contexte)
