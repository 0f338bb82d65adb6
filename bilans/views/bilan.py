"""The bilan of an action: reading it, entering it, handing it over, validating it, its history."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from actions.situation import RequeteCampagne
from comptes.templatetags.typographie import date_longue
from comptes.versions import VersionPerimee, lire_version

from .. import operations
from ..controles.justifications import constats_bilan
from ..forms import EcheanceForm, MotifForm, RenvoiForm
from ..forms.anomalies import ValidationForm
from ..models import Bilan
from ..operations import OperationRefusee
from ..pages.action import etape
from ..pages.lecture import PageDuBilan, commentaires_a_renvoyer
from ..pages.pieces import pieces_du_bilan
from ..recus import recus_du_bilan
from ..regles import porte_le_bilan
from .commun import CHANGE_ENTRE_TEMPS, adresse, lire_plutot, trouver_bilan

REFUS_PASSAGE = "Cette étape revient à la personne qui pilote le contrat de ville."


# -- Reading ---------------------------------------------------------------------------------------
@require_safe
def bilan_detail(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show a bilan beside its fiche: what was done, what is missing or does not add up, the remarks, the story."""
    bilan = trouver_bilan(request, cle)
    page = PageDuBilan(bilan, request.user)
    contexte: dict[str, Any] = {
        "bilan": bilan,
        "annuelle": bilan.action_annuelle,
        "page": page,
        "lecture": page.lecture,
        "pieces": pieces_du_bilan(bilan, request.user),
        "recus": recus_du_bilan(bilan, request.user) if page.lecture.suit else [],
        "etape": etape(bilan.action_annuelle, bilan, page.lecture, suit=page.lecture.suit),
    }
    return render(request, "bilans/bilan_detail.html", contexte)


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
            "Pilotis lui envoie un courriel avec ce message et un lien vers son bilan.",
        ),
        "Renvoyer au porteur",
        "Le bilan est renvoyé au porteur, et Pilotis lui écrit avec votre message.",
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
    return _passer(request, trouver_bilan(request, cle), "transmettre")


@require_http_methods(["GET", "POST"])
def bilan_valider(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Accept the bilan."""
    return _passer(request, trouver_bilan(request, cle), "valider")


@require_http_methods(["GET", "POST"])
def bilan_renvoyer(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Send the bilan back to the porteur, saying what is to be completed."""
    return _passer(request, trouver_bilan(request, cle), "renvoyer")


@require_http_methods(["GET", "POST"])
def bilan_rouvrir(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Take back a validated bilan, or expect again one that was waived."""
    bilan = trouver_bilan(request, cle)
    return _passer(request, bilan, "reprendre" if bilan.statut == Bilan.Statut.DISPENSE else "rouvrir")


@require_http_methods(["GET", "POST"])
def bilan_dispenser(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Say that no bilan is expected."""
    return _passer(request, trouver_bilan(request, cle), "dispenser")


@require_http_methods(["GET", "POST"])
def bilan_prolonger(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Give the bilan a due date of its own, or take it back."""
    bilan = trouver_bilan(request, cle)
    retour = adresse(request, "bilan_detail", cle)
    if not request.user.has_perm("bilans.gerer", bilan):
        raise PermissionDenied(REFUS_PASSAGE)
    if request.method == "GET" and "prolonger" not in operations.operations_possibles(bilan, request.user):
        return lire_plutot(request, bilan)
    retire = request.POST.get("geste") == "retirer"
    form = EcheanceForm(
        request.POST if request.method == "POST" and not retire else None,
        bilan=bilan,
        initial={"echeance": bilan.echeance_prolongee},
    )
    if request.method == "POST" and (retire or form.is_valid()):
        jour = None if retire else form.cleaned_data["echeance"]
        try:
            operations.prolonger(bilan, request.user, jour, version=_version(request))
        except VersionPerimee:
            messages.warning(request, CHANGE_ENTRE_TEMPS)
        except OperationRefusee as refus:
            messages.error(request, str(refus))
        else:
            messages.success(request, _echeance_dite(bilan, jour))
        return redirect(retour)
    contexte = {
        "annuelle": bilan.action_annuelle,
        "bilan": bilan,
        "form": form,
        "url_retour": retour,
        "sans_danger": True,
    }
    return render(request, "bilans/bilan_prolonger.html", contexte)


def _echeance_dite(bilan: Bilan, jour: date | None) -> str:
    if jour is not None:
        return f"Ce bilan est maintenant attendu pour le {date_longue(jour)}."
    commune = bilan.action_annuelle.campagne.bilan_echeance
    return "Ce bilan suit de nouveau l'échéance de tous" + (
        f", le {date_longue(commune)}." if commune else "."
    )


def _version(request: RequeteCampagne) -> int | None:
    """Return the version that the page was opened on, None when it does not say."""
    version = request.POST.get("version")
    return None if version is None else lire_version(version)


def _passer(request: RequeteCampagne, bilan: Bilan, nom: str) -> HttpResponse:
    """Show the page of a change of state, or do it. What was typed comes back with what stops it."""
    passage = PASSAGES[nom]
    retour = adresse(request, "bilan_detail", bilan.action_annuelle.cle)
    gere = request.user.has_perm("bilans.gerer", bilan)
    if not gere and not (nom in operations.DU_PORTEUR and porte_le_bilan(request.user, bilan)):
        raise PermissionDenied(REFUS_PASSAGE)
    # Posted from a page left behind, a change that is no longer possible is refused by the operation, in words.
    if request.method == "GET" and nom not in operations.operations_possibles(bilan, request.user):
        return lire_plutot(request, bilan)
    form = _formulaire_de_motif(request, bilan, nom)
    if request.method == "POST" and (form is None or form.is_valid()):
        faite = _faire(request, bilan, nom, form)
        if faite or form is None:
            return redirect(retour)
        bilan = trouver_bilan(request, bilan.action_annuelle.cle)
    contexte = {
        "annuelle": bilan.action_annuelle,
        "bilan": bilan,
        "passage": passage,
        "form": form,
        "validation": form if isinstance(form, ValidationForm) else None,
        "manques": operations.manques(bilan) if nom == "transmettre" else [],
        "ouverts": commentaires_a_renvoyer(bilan, request.user) if nom == "renvoyer" else [],
        "url_retour": retour,
        "sans_danger": not passage.danger,
    }
    return render(request, "bilans/bilan_passage.html", contexte)


def _formulaire_de_motif(
    request: RequeteCampagne, bilan: Bilan, nom: str
) -> MotifForm | ValidationForm | None:
    passage = PASSAGES[nom]
    donnees = request.POST if request.method == "POST" else None
    if nom == "valider":
        return ValidationForm(donnees, constats=constats_bilan(bilan))
    if passage.motif is None:
        return None
    libelle, aide, manquant = passage.motif
    if nom == "renvoyer":
        return RenvoiForm(donnees, bilan=bilan, libelle=libelle, aide=aide, manquant=manquant)
    return MotifForm(donnees, libelle=libelle, aide=aide, manquant=manquant)


def _faire(request: RequeteCampagne, bilan: Bilan, nom: str, form: MotifForm | ValidationForm | None) -> bool:
    """Do the change and say so; return whether it is done. What stops it is said at the form when there is one."""
    options: dict[str, Any] = {"version": _version(request)}
    operation = getattr(operations, nom)
    if isinstance(form, ValidationForm):
        operation, options["motifs"] = operations.valider_en_justifiant, form.motifs()
    elif form is not None:
        options |= {champ: valeur for champ, valeur in form.cleaned_data.items() if champ != "version"}
    try:
        operation(bilan, request.user, **options)
    except (VersionPerimee, OperationRefusee) as refus:
        phrase = CHANGE_ENTRE_TEMPS if isinstance(refus, VersionPerimee) else str(refus)
        if form is not None:
            form.add_error(None, phrase)
        else:
            messages.warning(request, phrase)
        return False
    messages.success(request, PASSAGES[nom].fait)
    return True
