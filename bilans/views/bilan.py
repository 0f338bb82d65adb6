"""The bilan of an action: reading it, entering it, handing it over, validating it, its history."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from actions.situation import RequeteCampagne
from comptes.versions import Conflit, VersionPerimee, comparer, lire_version
from comptes.vues import exiger

from .. import operations
from ..controles import anomalies_bilan
from ..forms import BilanForm, MotifForm, valeurs
from ..models import Bilan
from ..operations import OperationRefusee
from ..pages.action import etape
from ..pages.consultation import LectureBilan, cases_a_la_version, chronologie
from ..regles import porte_le_bilan

REFUS_PASSAGE = "Cette étape revient à la personne qui pilote le contrat de ville."
CHANGE_ENTRE_TEMPS = (
    "Ce bilan a été modifié depuis que vous avez ouvert la page : relisez-le, puis recommencez."
)


def _trouver(request: RequeteCampagne, cle: str) -> Bilan:
    """Return the bilan of the action `cle` of this year, if the account sees it; else a 404."""
    bilan: Bilan = get_object_or_404(
        Bilan.objects.visibles_par(request.user)
        .select_related(
            "action_annuelle__campagne__contrat",
            "action_annuelle__action__porteur__parent",
            "action_annuelle__dispositif",
            "transmis_par",
            "valide_par",
        )
        .prefetch_related("action_annuelle__campagne__tranches", "effectifs__tranche"),
        action_annuelle__campagne=request.campagne,
        action_annuelle__cle=cle,
    )
    # The same object as the request's, so that nobody asks for it again.
    bilan.action_annuelle.campagne.contrat = request.contrat
    return bilan


def _adresse(request: RequeteCampagne, nom: str, cle: str) -> str:
    return reverse(nom, args=[request.contrat.slug, request.annee, cle])


# -- Reading ---------------------------------------------------------------------------------------
@require_safe
def bilan_detail(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show a bilan as it stands, what is missing or does not add up, what can be done, and its history."""
    bilan = _trouver(request, cle)
    lecture = LectureBilan(bilan, request.user)
    contexte: dict[str, Any] = {"bilan": bilan, "annuelle": bilan.action_annuelle, "lecture": lecture}
    contexte["chronologie"] = chronologie(bilan, request.user) if lecture.suit else []
    contexte["etape"] = etape(bilan.action_annuelle, bilan, lecture, suit=lecture.suit)
    return render(request, "bilans/bilan_detail.html", contexte)


# -- Entering --------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def bilan_saisir(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Enter a bilan: save it, then hand it over or validate it."""
    bilan = _trouver(request, cle)
    gere = request.user.has_perm("bilans.gerer", bilan)
    if not (gere or porte_le_bilan(request.user, bilan)):
        exiger(request, "bilans.saisir", bilan, operations.refus(bilan))
    if request.method == "GET" and not request.user.has_perm("bilans.saisir", bilan):
        return _lire_plutot(request, bilan)
    manques = operations.manques(bilan)
    form = BilanForm(request.POST if request.method == "POST" else None, instance=bilan)
    conflit = None
    if request.method == "POST" and form.is_valid():
        try:
            return _enregistrer(request, bilan, form)
        except VersionPerimee as perimee:
            conflit = _mettre_en_regard(form, perimee.actuel)
        except OperationRefusee as refus:
            form.add_error(None, str(refus))
    contexte = {
        "annuelle": bilan.action_annuelle,
        "bilan": bilan,
        "form": form,
        "conflit": conflit,
        "manques": manques,
        "anomalies": [] if form.is_bound else anomalies_bilan(bilan),
        "gere": gere,
        "enregistre_le": _enregistre_le(bilan),
        "indicateurs": bilan.valeurs_indicateurs.all(),
        "url_page": _adresse(request, "bilan_detail", cle),
    }
    return render(request, "bilans/bilan_saisir.html", contexte)


def _lire_plutot(request: RequeteCampagne, bilan: Bilan) -> HttpResponse:
    """Lead to the bilan, saying why it may not change: the way back from a bilan just handed over comes here."""
    messages.info(request, operations.refus(bilan))
    return redirect(_adresse(request, "bilan_detail", bilan.action_annuelle.cle))


def _enregistre_le(bilan: Bilan) -> datetime | None:
    """Return when the bilan was last saved; None when nobody has entered anything."""
    if bilan.statut == Bilan.Statut.A_SAISIR:
        return None
    derniere = bilan.historique.values_list("history_date", flat=True).first()
    return derniere if isinstance(derniere, datetime) else None


def _enregistrer(request: RequeteCampagne, bilan: Bilan, form: BilanForm) -> HttpResponse:
    """Write a valid form, then do what its button says; return where to go."""
    cle, version = bilan.action_annuelle.cle, form.cleaned_data["version"] or 0
    avant = bilan.version
    actuel = operations.enregistrer_bilan(
        bilan, request.user, champs=form.champs(), effectifs=form.effectifs(), version=version
    )
    suite = request.POST.get("suite")
    if suite not in ("transmettre", "valider"):
        if actuel.version == avant:
            messages.info(request, "Rien n'a changé : tout était déjà enregistré.")
        else:
            messages.success(request, "Le bilan est enregistré. Vous pouvez continuer, ou revenir plus tard.")
        return redirect(_adresse(request, "bilan_saisir", cle))
    try:
        getattr(operations, suite)(actuel, request.user)
    except OperationRefusee as refus:
        messages.warning(request, f"Votre saisie est enregistrée. {refus}")
        return redirect(_adresse(request, "bilan_saisir", cle))
    messages.success(request, PASSAGES[suite].fait)
    return redirect(_adresse(request, "bilan_detail", cle))


def _mettre_en_regard(form: BilanForm, actuel: Bilan) -> Conflit:
    """Return the gap between what was typed and what someone else saved, the form ready to be sent again.

    The history of the bilan does not know the cells: those left as they were found are recognised here.
    """
    ouvertes = cases_a_la_version(actuel, form.cleaned_data["version"] or 0)
    actuelles = valeurs(actuel)
    conflit = comparer(form, actuel, actuelles)
    donnees: Any = form.data
    for nom, ecart in list(conflit.ecarts.items()):
        if nom not in ouvertes:
            continue
        if actuelles[nom] == ouvertes[nom]:
            # Only the typist changed this one.
            del conflit.ecarts[nom]
        elif form.cleaned_data.get(nom) == ouvertes[nom]:
            repris = form.fields[nom].prepare_value(actuelles[nom])
            donnees[nom] = "" if repris is None else str(repris)
            conflit.ecarts[nom] = replace(ecart, repris=True)
    # What was taken over counts in the totals that the page shows.
    form.full_clean()
    return conflit


# -- Changing its state ----------------------------------------------------------------------------
@dataclass(frozen=True)
class Passage:
    """The page of a change of state: its question, what follows, its button, what is said afterwards."""

    titre: str
    consequences: tuple[str, ...]
    bouton: str
    fait: str
    # label of the reason, its help, what is said when it is missing
    motif: tuple[str, str, str] | None = None
    danger: bool = False


PASSAGES = {
    "transmettre": Passage(
        "Transmettre le bilan",
        (
            "La personne chargée de mission le voit sur son tableau de bord et le relit.",
            "Vous ne pourrez plus le modifier, sauf s'il vous est renvoyé pour être complété.",
        ),
        "Transmettre le bilan",
        "Le bilan est transmis.",
    ),
    "valider": Passage(
        "Valider le bilan",
        (
            "Ses chiffres entrent dans les totaux, les annexes et le rapport.",
            "Il ne pourra plus être modifié, sauf si vous le rouvrez.",
        ),
        "Valider le bilan",
        "Le bilan est validé : ses chiffres entrent dans les totaux et les annexes.",
    ),
    "renvoyer": Passage(
        "Renvoyer le bilan au porteur",
        (
            "Le porteur retrouve son bilan tel qu'il est, avec votre message en haut de la page.",
            "Pilotis ne lui envoie pas de courriel : prévenez-le.",
        ),
        "Renvoyer au porteur",
        "Le bilan est renvoyé au porteur, avec votre message. Prévenez-le : Pilotis ne lui écrit pas.",
        (
            "Ce qui est à compléter",
            "Le porteur lira ce texte. Dites ce qui manque et comment le trouver.",
            "Dites au porteur ce qui est à compléter.",
        ),
    ),
    "rouvrir": Passage(
        "Rouvrir ce bilan validé",
        (
            "Le bilan sort des totaux, des annexes et du rapport en préparation, jusqu'à ce que vous le validiez "
            "à nouveau.",
            "Votre raison reste dans son histoire.",
        ),
        "Rouvrir le bilan",
        "Le bilan est rouvert : corrigez-le, puis validez-le à nouveau.",
        (
            "Pourquoi le rouvrir",
            "Par exemple : une erreur de saisie dans l'effectif.",
            "Dites pourquoi ce bilan est rouvert.",
        ),
        danger=True,
    ),
    "dispenser": Passage(
        "Dispenser cette action de bilan",
        (
            "Aucun bilan ne sera plus attendu ni réclamé pour cette action cette année.",
            "Ce qui a déjà été saisi est gardé. Vous pourrez revenir sur cette décision.",
        ),
        "Dispenser de bilan",
        "L'action est dispensée de bilan.",
        (
            "Pourquoi",
            "Par exemple : action reportée à l'année suivante.",
            "Dites pourquoi aucun bilan n'est attendu.",
        ),
        danger=True,
    ),
    "reprendre": Passage(
        "Attendre de nouveau ce bilan",
        ("L'action n'est plus dispensée : son bilan est de nouveau à saisir.",),
        "Attendre de nouveau le bilan",
        "Le bilan est de nouveau attendu.",
    ),
}


@require_http_methods(["GET", "POST"])
def bilan_transmettre(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Hand the bilan over to the chargé·e de mission."""
    return _passer(request, _trouver(request, cle), "transmettre")


@require_http_methods(["GET", "POST"])
def bilan_valider(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Accept the bilan."""
    return _passer(request, _trouver(request, cle), "valider")


@require_http_methods(["GET", "POST"])
def bilan_renvoyer(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Send the bilan back to the porteur, saying what is to be completed."""
    return _passer(request, _trouver(request, cle), "renvoyer")


@require_http_methods(["GET", "POST"])
def bilan_rouvrir(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Take back a validated bilan, or expect again one that was waived."""
    bilan = _trouver(request, cle)
    return _passer(request, bilan, "reprendre" if bilan.statut == Bilan.Statut.DISPENSE else "rouvrir")


@require_http_methods(["GET", "POST"])
def bilan_dispenser(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Say that no bilan is expected."""
    return _passer(request, _trouver(request, cle), "dispenser")


def _passer(request: RequeteCampagne, bilan: Bilan, nom: str) -> HttpResponse:
    """Show the page of a change of state, or do it."""
    passage = PASSAGES[nom]
    retour = _adresse(request, "bilan_detail", bilan.action_annuelle.cle)
    gere = request.user.has_perm("bilans.gerer", bilan)
    if not gere and not (nom in operations.DU_PORTEUR and porte_le_bilan(request.user, bilan)):
        raise PermissionDenied(REFUS_PASSAGE)
    # Posted from a page left behind, a change that is no longer possible is refused by the operation, in words.
    if request.method == "GET" and nom not in operations.operations_possibles(bilan, request.user):
        return _lire_plutot(request, bilan)
    form = _formulaire_de_motif(request, passage)
    if request.method == "POST" and (form is None or form.is_valid()):
        return _faire(request, bilan, nom, form, retour)
    contexte = {
        "annuelle": bilan.action_annuelle,
        "bilan": bilan,
        "passage": passage,
        "form": form,
        "manques": operations.manques(bilan) if nom == "transmettre" else [],
        "anomalies": anomalies_bilan(bilan) if nom == "valider" else [],
        "url_retour": retour,
        "sans_danger": not passage.danger,
    }
    return render(request, "bilans/bilan_passage.html", contexte)


def _formulaire_de_motif(request: RequeteCampagne, passage: Passage) -> MotifForm | None:
    if passage.motif is None:
        return None
    libelle, aide, manquant = passage.motif
    donnees = request.POST if request.method == "POST" else None
    return MotifForm(donnees, libelle=libelle, aide=aide, manquant=manquant)


def _faire(
    request: RequeteCampagne, bilan: Bilan, nom: str, form: MotifForm | None, retour: str
) -> HttpResponse:
    version = request.POST.get("version")
    options: dict[str, Any] = {"version": None if version is None else lire_version(version)}
    if form is not None:
        options["motif"] = form.cleaned_data["motif"]
    try:
        getattr(operations, nom)(bilan, request.user, **options)
    except VersionPerimee:
        messages.warning(request, CHANGE_ENTRE_TEMPS)
    except OperationRefusee as refus:
        messages.error(request, str(refus))
    else:
        messages.success(request, PASSAGES[nom].fait)
    return redirect(retour)
