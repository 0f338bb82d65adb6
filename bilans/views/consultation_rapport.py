"""From the draft of the annual report to its publication: sent for opinion, opinions, follow-up, approval."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.situation import RequeteCampagne
from comptes.reprise import garder_la_saisie, oublier_saisie, saisie_gardee
from comptes.templatetags.typographie import accord, date_longue
from comptes.versions import VersionPerimee, comparer
from comptes.vues import exiger
from contrats.models import Instance, MembreInstance
from contrats.operations import creer_instance, creer_instances, modifier_instance

from ..forms.consultation_rapport import (
    AdresseForm,
    ApprobationForm,
    AvisForm,
    AvisPourAutruiForm,
    ClotureForm,
    CorrectionForm,
    EnvoiPourAvisForm,
    FormulaireDuRapport,
    InstanceForm,
    MembreForm,
    ProlongationForm,
    RetourForm,
    RetraitForm,
    SuiteForm,
)
from ..models import AvisRapport, RapportAnnuel
from ..operations import OperationRefusee
from ..operations.instances import ajouter_membre, refus_du_retrait, retirer_instance, retirer_membre
from ..pages.consultation_rapport import (
    BOUTONS,
    PageAvis,
    PageConsultation,
    adresse,
    comptes_a_ajouter,
    instances_du_contrat,
    usuelles,
)
from ..pages.rapport import SIGNES, PageRapport
from ..rapport import consultation
from .saisie import REPRISE

EQUIPE = "La consultation sur le rapport annuel se mène dans l'équipe du contrat de ville."
ADRESSE_RETIREE = "Le rapport n'a pas d'adresse publique : seules les personnes qui ont un compte le lisent."
# Proposed when nobody chose: enough for a council that meets each month.
DELAI_PROPOSE = timedelta(days=10)

Statut = RapportAnnuel.Statut


@require_safe
def rapport_consultation(request: RequeteCampagne) -> HttpResponse:
    """Show where the report stands, the opinions, who sits where, what was frozen."""
    rapport = _rapport(request)
    contexte = {
        "rapport": rapport,
        "page": PageConsultation(request, rapport),
        "signe": SIGNES[rapport.statut],
    }
    return render(request, "bilans/consultation/consultation.html", contexte)


# -- Sent for opinion ------------------------------------------------------------------------------
@garder_la_saisie
@require_http_methods(["GET", "POST"])
def rapport_envoyer(request: RequeteCampagne) -> HttpResponse:
    """Ask who is consulted and until when, say in words what is frozen and sent, then send."""
    rapport = _rapport(request)
    if refus := _refus(request, rapport, "envoyer"):
        return refus
    if not Instance.objects.filter(contrat=request.contrat).exists():
        messages.warning(request, "Indiquez d'abord les instances à consulter.")
        return redirect(_url_instances(request))
    au_plus_tot = consultation.un_mois_apres(timezone.localdate())
    donnees = _donnees(request)
    form = EnvoiPourAvisForm(
        donnees,
        contrat=request.contrat,
        au_plus_tot=au_plus_tot,
        initial={"echeance": au_plus_tot + DELAI_PROPOSE},
    )
    if request.method == "POST" and "corriger" not in request.POST and form.is_valid():
        if "confirmer" not in request.POST:
            return _confirmer_l_envoi(request, rapport, form)
        if _envoyer(request, rapport, form):
            return redirect(adresse(request, "rapport_consultation"))
    contexte = {
        "rapport": rapport,
        "form": form,
        "instances": instances_du_contrat(request, donnees.getlist("instances") if donnees else None),
        "url_retour": adresse(request, "rapport_consultation"),
    }
    return render(request, "bilans/consultation/envoyer.html", contexte)


def _confirmer_l_envoi(
    request: RequeteCampagne, rapport: RapportAnnuel, form: EnvoiPourAvisForm
) -> HttpResponse:
    """Say what will be frozen and who will be written to; what was typed goes along, hidden."""
    choisies = [str(instance.pk) for instance in form.cleaned_data["instances"]]
    lues = [lue for lue in instances_du_contrat(request, choisies) if lue.cochee]
    contexte = {
        "rapport": rapport,
        "form": form,
        "consultees": lues,
        "ecrit": any(lue.membres for lue in lues),
        "echeance": form.cleaned_data["echeance"],
        "deliberation": form.cleaned_data["deliberation"],
        "reste": PageRapport(request, rapport),
        "typees": [(nom, valeur) for nom in form.fields for valeur in request.POST.getlist(nom)],
        "url_retour": adresse(request, "rapport_consultation"),
    }
    return render(request, "bilans/consultation/envoyer_confirmer.html", contexte)


def _envoyer(request: RequeteCampagne, rapport: RapportAnnuel, form: EnvoiPourAvisForm) -> bool:
    lu = form.cleaned_data
    try:
        consultation.envoyer_pour_avis(
            request.user, rapport, lu["instances"], lu["echeance"], deliberation=lu["deliberation"]
        )
    except OperationRefusee as refus:
        form.add_error(None, str(refus))
    except ValidationError as erreur:
        _reporter(form, erreur)
    else:
        oublier_saisie(request, request.get_full_path())
        messages.success(
            request,
            f"Le projet est figé et envoyé : les avis sont attendus jusqu'au {date_longue(lu['echeance'])}.",
        )
        return True
    return False


# -- The other steps -------------------------------------------------------------------------------
@dataclass(frozen=True)
class Geste:
    """A step: the question, its form, what it does with it, what is said once done; whether it is a danger."""

    question: str
    form: type[FormulaireDuRapport]
    faire: Callable[[Any, RapportAnnuel, dict[str, Any]], Any]
    fait: str
    danger: bool = False


GESTES: dict[str, Geste] = {
    "prolonger": Geste(
        "Prolonger le délai de la consultation ?",
        ProlongationForm,
        lambda qui, rapport, lu: consultation.prolonger_la_consultation(
            qui, rapport, lu["echeance"], lu["motif"]
        ),
        "Le délai est prolongé, les membres des instances en sont prévenus.",
    ),
    "clore": Geste(
        "Clore la consultation ?",
        ClotureForm,
        lambda qui, rapport, lu: consultation.clore_la_consultation(qui, rapport),
        "La consultation est close.",
    ),
    "approuver": Geste(
        "Le rapport est-il approuvé ?",
        ApprobationForm,
        lambda qui, rapport, lu: consultation.approuver(qui, rapport, lu["deliberation"]),
        "Le rapport est approuvé. Il reste à le publier.",
    ),
    "publier": Geste(
        "Publier le rapport ?",
        FormulaireDuRapport,
        lambda qui, rapport, lu: consultation.publier(qui, rapport),
        "Le rapport est publié. Les membres du COPIL et des instances en sont prévenus.",
    ),
    "corriger": Geste(
        "Publier une version corrigée ?",
        CorrectionForm,
        lambda qui, rapport, lu: consultation.corriger(qui, rapport, lu["motif"]),
        "La version corrigée est publiée ; les précédentes restent.",
    ),
    "adresse": Geste(
        "Donner une adresse publique au rapport ?",
        AdresseForm,
        lambda qui, rapport, lu: consultation.donner_une_adresse(qui, rapport, lu["adresse_publique"]),
        "Toute personne qui connaît l'adresse publique du rapport le lit maintenant. Son PDF et son classeur y seront "
        "à télécharger dans quelques minutes.",
    ),
    "revenir": Geste(
        "Revenir à l'étape précédente ?",
        RetourForm,
        lambda qui, rapport, lu: consultation.revenir(qui, rapport, lu["motif"]),
        "Le rapport est revenu à l'étape précédente.",
        danger=True,
    ),
}


@garder_la_saisie
@require_http_methods(["GET", "POST"])
def rapport_geste(request: RequeteCampagne, geste: str) -> HttpResponse:
    """Ask what a step needs, say what it does, then do it."""
    rapport = _rapport(request)
    if geste not in GESTES:
        raise Http404
    if refus := _refus(request, rapport, geste):
        return refus
    fait = GESTES[geste]
    form = fait.form(_donnees(request), contrat=request.contrat, initial=_initial(rapport, geste))
    if request.method == "POST" and form.is_valid():
        try:
            fait.faire(request.user, rapport, form.cleaned_data)
        except OperationRefusee as refusee:
            form.add_error(None, str(refusee))
        except ValidationError as erreur:
            _reporter(form, erreur)
        else:
            oublier_saisie(request, request.get_full_path())
            retiree = geste == "adresse" and not form.cleaned_data["adresse_publique"]
            messages.success(request, ADRESSE_RETIREE if retiree else fait.fait)
            return redirect(adresse(request, "rapport_consultation"))
    contexte = {
        "rapport": rapport,
        "page": PageConsultation(request, rapport),
        "reste": PageRapport(request, rapport),
        "geste": geste,
        "question": fait.question,
        "bouton": BOUTONS[geste],
        "form": form,
        "sans_danger": not fait.danger,
        "retour_a": Statut(consultation.RETOURS[rapport.statut]).label if geste == "revenir" else "",
        "url_retour": adresse(request, "rapport_consultation"),
    }
    return render(request, "bilans/consultation/geste.html", contexte)


def _initial(rapport: RapportAnnuel, geste: str) -> dict[str, Any]:
    if geste == "adresse":
        proposee = f"{slugify(rapport.contrat.nom_court)}-{rapport.annee}"
        return {"adresse_publique": rapport.adresse_publique or proposee}
    if geste == "prolonger" and rapport.echeance_avis is not None:
        plus_tard: date = max(rapport.echeance_avis, timezone.localdate()) + DELAI_PROPOSE
        return {"echeance": plus_tard}
    return {}


# -- Opinions --------------------------------------------------------------------------------------
@garder_la_saisie
@require_http_methods(["GET", "POST"])
def rapport_avis(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show what is asked of a body and its draft, take its opinion from a member, or on its behalf."""
    avis = _avis(request, cle)
    page = PageAvis(request, avis)
    classe = AvisPourAutruiForm if page.pour_l_instance else AvisForm
    form = classe(
        _donnees(request),
        contrat=request.contrat,
        initial={**classe.valeurs(avis), "version": avis.version},
    )
    conflit = None
    if request.method == "POST" and form.is_valid():
        try:
            consultation.rendre_avis(
                request.user, avis, version=form.cleaned_data["version"], **form.champs_de_l_avis()
            )
        except VersionPerimee as perimee:
            conflit = comparer(form, perimee.actuel, classe.valeurs(perimee.actuel))
        except OperationRefusee as refus:
            form.add_error(None, str(refus))
        except ValidationError as erreur:
            _reporter(form, erreur)
        else:
            oublier_saisie(request, request.get_full_path())
            messages.success(request, f"L'avis de « {avis.instance_consultee} » est enregistré.")
            return redirect(
                adresse(request, "rapport_consultation")
                if page.pour_l_instance
                else adresse(request, "rapport_avis", cle)
            )
    contexte = {
        "avis": avis,
        "rapport": avis.rapport,
        "page": page,
        "form": form,
        "conflit": conflit,
        "url_page": adresse(request, "rapport_avis", cle),
    }
    return render(request, "bilans/consultation/avis.html", contexte)


@garder_la_saisie
@require_http_methods(["GET", "POST"])
def rapport_suite(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Write what follows from the observations of a body."""
    avis = _avis(request, cle)
    exiger(request, "contrats.gerer", request.contrat, EQUIPE)
    form = SuiteForm(
        _donnees(request),
        contrat=request.contrat,
        initial={**SuiteForm.valeurs(avis), "version": avis.version},
    )
    conflit = None
    if request.method == "POST" and form.is_valid():
        lu = form.cleaned_data
        try:
            consultation.donner_suite(request.user, avis, lu["suite_donnee"], version=lu["version"])
        except VersionPerimee as perimee:
            conflit = comparer(form, perimee.actuel, SuiteForm.valeurs(perimee.actuel))
        except OperationRefusee as refus:
            form.add_error(None, str(refus))
        else:
            oublier_saisie(request, request.get_full_path())
            messages.success(request, f"La suite donnée à « {avis.instance_consultee} » est enregistrée.")
            return redirect(adresse(request, "rapport_consultation"))
    contexte = {
        "avis": avis,
        "lu": PageAvis(request, avis).lu,
        "form": form,
        "conflit": conflit,
        "url_page": adresse(request, "rapport_suite", cle),
        "url_retour": adresse(request, "rapport_consultation"),
    }
    return render(request, "bilans/consultation/suite.html", contexte)


# -- The bodies of the contract --------------------------------------------------------------------
@require_POST
def rapport_instances_usuelles(request: RequeteCampagne) -> HttpResponse:
    """Add the usual bodies that were ticked."""
    exiger(request, "contrats.gerer", request.contrat, EQUIPE)
    cochees = request.POST.getlist("usuelles")
    choisies = [usuelle for usuelle in usuelles(request.contrat, request.annee) if usuelle.nom in cochees]
    if ajoutees := creer_instances(request.user, request.contrat, choisies):
        noms = ", ".join(f"« {instance} »" for instance in ajoutees)
        messages.success(request, f"{accord(len(ajoutees), 'Ajoutée,Ajoutées')} au contrat : {noms}.")
    elif not cochees:
        messages.warning(request, "Cochez au moins une instance à ajouter.")
    return redirect(_url_instances(request))


@garder_la_saisie
@require_http_methods(["GET", "POST"])
def rapport_instance_creer(request: RequeteCampagne) -> HttpResponse:
    """Add a body to the contract; « suite=envoyer » in the address comes back to the sending."""
    exiger(request, "contrats.gerer", request.contrat, EQUIPE)
    vers_l_envoi = request.GET.get("suite") == "envoyer"
    url_retour = adresse(request, "rapport_envoyer") if vers_l_envoi else _url_instances(request)
    form = InstanceForm(_donnees(request), contrat=request.contrat)
    if request.method == "POST" and form.is_valid():
        try:
            instance = creer_instance(request.user, request.contrat, **form.cleaned_data)
        except ValidationError as erreur:
            _reporter(form, erreur)
        else:
            oublier_saisie(request, request.get_full_path())
            messages.success(request, f"« {instance} » est ajoutée au contrat.")
            return redirect(url_retour)
    contexte = {"instance": None, "form": form, "url_retour": url_retour}
    return render(request, "bilans/consultation/instance.html", contexte)


@garder_la_saisie
@require_http_methods(["GET", "POST"])
def rapport_instance_modifier(request: RequeteCampagne, pk: int) -> HttpResponse:
    """Name a body otherwise, or say what it is."""
    instance = _instance(request, pk)
    form = InstanceForm(
        _donnees(request),
        contrat=request.contrat,
        initial={"nom": instance.nom, "type": instance.type},
    )
    if request.method == "POST" and form.is_valid():
        try:
            modifiee = modifier_instance(request.user, instance, **form.cleaned_data)
        except ValidationError as erreur:
            _reporter(form, erreur)
        else:
            oublier_saisie(request, request.get_full_path())
            messages.success(request, f"« {modifiee} » est enregistrée.")
            return redirect(_url_instances(request))
    contexte = {"instance": instance, "form": form, "url_retour": _url_instances(request)}
    return render(request, "bilans/consultation/instance.html", contexte)


@require_http_methods(["GET", "POST"])
def rapport_instance_retirer(request: RequeteCampagne, pk: int) -> HttpResponse:
    """Ask, then take a body out of the contract; say why when something depends on it."""
    instance = _instance(request, pk)
    if refus := refus_du_retrait(instance):
        messages.warning(request, refus)
        return redirect(_url_instances(request))
    if request.method == "POST":
        retirer_instance(request.user, instance)
        messages.success(request, f"« {instance} » n'est plus une instance du contrat.")
        return redirect(_url_instances(request))
    contexte = {"instance": instance, "url_retour": _url_instances(request)}
    return render(request, "bilans/consultation/instance_retirer.html", contexte)


# -- Who sits in a body ----------------------------------------------------------------------------
@garder_la_saisie
@require_http_methods(["GET", "POST"])
def rapport_membre_ajouter(request: RequeteCampagne, pk: int) -> HttpResponse:
    """Have an account, or an address, sit in a body of the contract."""
    instance = _instance(request, pk)
    form = MembreForm(_donnees(request), contrat=request.contrat, comptes=comptes_a_ajouter(instance))
    url_retour = _url_instances(request)
    if request.method == "POST" and form.is_valid():
        try:
            membre = ajouter_membre(request.user, instance, *form.qui)
        except ValidationError as erreur:
            _reporter(form, erreur)
        else:
            oublier_saisie(request, request.get_full_path())
            messages.success(request, f"{membre.utilisateur} siège maintenant dans « {instance} ».")
            return redirect(url_retour)
    contexte = {"instance": instance, "form": form, "url_retour": url_retour}
    return render(request, "bilans/consultation/membre_ajouter.html", contexte)


@require_http_methods(["GET", "POST"])
def rapport_membre_retirer(request: RequeteCampagne, pk: int) -> HttpResponse:
    """Ask, then take an account out of a body."""
    membre: MembreInstance = get_object_or_404(
        MembreInstance.objects.visibles_par(request.user)
        .filter(instance_siegee__contrat=request.contrat)
        .select_related("utilisateur", "instance_siegee__contrat"),
        pk=pk,
    )
    exiger(request, "contrats.gerer", request.contrat, EQUIPE)
    form = RetraitForm(request.POST if request.method == "POST" else None, contrat=request.contrat)
    url_retour = _url_instances(request)
    if request.method == "POST" and form.is_valid():
        retirer_membre(request.user, membre, acces_aussi=form.cleaned_data["acces_aussi"])
        messages.success(request, f"{membre.utilisateur} ne siège plus dans « {membre.instance_siegee} ».")
        return redirect(url_retour)
    contexte = {"membre": membre, "form": form, "url_retour": url_retour}
    return render(request, "bilans/consultation/membre_retirer.html", contexte)


# -- Finding ---------------------------------------------------------------------------------------
def _rapport(request: RequeteCampagne) -> RapportAnnuel:
    """Return the report of the year; 403 for who does not run the contract, 404 when it is not open."""
    exiger(request, "contrats.gerer", request.contrat, EQUIPE)
    rapports = RapportAnnuel.objects.visibles_par(request.user).select_related(
        "contrat", "deliberation", "deliberation_delai"
    )
    trouve: RapportAnnuel = get_object_or_404(rapports, contrat=request.contrat, annee=request.annee)
    return trouve


def _avis(request: RequeteCampagne, cle: str) -> AvisRapport:
    """Return an opinion of the report of the year, if the account sees it; else a 404."""
    avis = AvisRapport.objects.visibles_par(request.user).filter(
        rapport__contrat=request.contrat, rapport__annee=request.annee
    )
    trouve: AvisRapport = get_object_or_404(
        avis.select_related("rapport__contrat", "instance_consultee", "rendu_par"), cle=cle
    )
    return trouve


def _instance(request: RequeteCampagne, pk: int) -> Instance:
    exiger(request, "contrats.gerer", request.contrat, EQUIPE)
    trouvee: Instance = get_object_or_404(Instance, contrat=request.contrat, pk=pk)
    return trouvee


def _url_instances(request: RequeteCampagne) -> str:
    return f"{adresse(request, 'rapport_consultation')}#instances"


def _refus(request: RequeteCampagne, rapport: RapportAnnuel, geste: str) -> HttpResponse | None:
    """Lead back with the reason when the state of the report does not allow a step; None when it does."""
    if geste in consultation.gestes_possibles(rapport, request.user):
        return None
    messages.warning(request, consultation.REFUS[Statut(rapport.statut)])
    return redirect(adresse(request, "rapport_consultation"))


def _donnees(request: RequeteCampagne) -> Any:
    """Return what was sent, or what was typed here when the session ended; None for a page just opened."""
    if request.method == "POST":
        return request.POST
    gardee = saisie_gardee(request, request.get_full_path())
    if gardee is not None:
        messages.warning(request, REPRISE)
    return gardee


def _reporter(form: Any, erreur: ValidationError) -> None:
    """Say each refusal at its field, on top for what is no field of the page."""
    for champ, phrases in erreur.message_dict.items():
        for phrase in phrases:
            form.add_error(champ if champ in form.fields else None, phrase)
