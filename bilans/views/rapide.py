"""Fast entry: the main figures of many bilans in a grid."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from actions.models import ActionAnnuelle
from actions.situation import RequeteCampagne
from comptes.models import Utilisateur
from comptes.templatetags.typographie import heure, insecables, pluriel
from comptes.vues import exiger

from .. import operations
from ..operations import OperationRefusee
from ..operations.brouillon import Changement, ResultatBrouillon, enregistrer_brouillon
from ..pages import adresse, rapide
from ..pages.onglets import onglets_bilans
from ..pages.rapide import GrilleRapide
from . import cellules
from .programme import REFUS_GESTION

SANS_BILAN = "Aucun bilan n'est attendu de cette action."


@dataclass
class LigneEnregistree:
    """What became of the cells of a row: saved, refused with a sentence, changed by someone else meanwhile."""

    resultat: ResultatBrouillon | None = None
    refuses: dict[str, str] = field(default_factory=dict)
    # why nothing of the row could be saved
    refus: str = ""

    @property
    def conflits(self) -> dict[str, rapide.Conflit]:
        """The cells that someone else changed, by name."""
        lus = self.resultat.conflits if self.resultat else {}
        return {nom: rapide.Conflit.depuis(nom, conflit) for nom, conflit in lus.items()}

    @property
    def enregistres(self) -> dict[str, str]:
        """What the saved cells now hold, by name."""
        if self.resultat is None:
            return {}
        return {nom: self.resultat.saisie.brut(nom) for nom in self.resultat.enregistres}


@require_http_methods(["GET", "POST"])
def saisie_rapide(request: RequeteCampagne) -> HttpResponse:
    """Show the grid; save it without JavaScript."""
    exiger(request, "contrats.gerer", request.contrat, REFUS_GESTION)
    traitees = _enregistrer_la_page(request) if request.method == "POST" else {}
    reste = any(ligne.refuses or ligne.conflits or ligne.refus for ligne in traitees.values())
    if request.method == "POST" and not reste:
        return redirect(request.get_full_path())
    if request.method == "GET" and not adresse.est_propre(request.GET):
        return redirect(f"{request.path}{adresse.ecrire(request.GET)}")
    grille = GrilleRapide(request)
    for ligne in grille.lignes_saisies:
        if ligne.annuelle.cle in traitees:
            _rendre_ce_qui_reste(request, ligne, traitees[ligne.annuelle.cle])
    contexte = {"grille": grille, "reste": reste, "onglets": onglets_bilans(request, "saisie_rapide")}
    return render(request, "bilans/saisie_rapide.html", contexte)


@require_POST
def saisie_rapide_cellule(request: RequeteCampagne) -> HttpResponse:
    """Save some cells of a row, typed or pasted, and answer in JSON what became of each and where the row stands.

    400 for a request that cannot be read, 403 with a sentence when the bilan may not be written any more.
    """
    exiger(request, "contrats.gerer", request.contrat, REFUS_GESTION)
    demande = cellules.lire_la_demande(request)
    if demande is None or not set(demande[1]) <= set(rapide.PAR_NOM):
        return JsonResponse({"message": cellules.ILLISIBLE}, status=400)
    cle, champs = demande
    annuelle = get_object_or_404(_annuelles(request), cle=cle)
    ligne = _enregistrer(annuelle, request.user, champs)
    if ligne.refus:
        return JsonResponse({"message": ligne.refus}, status=403)
    return JsonResponse(
        {
            "quand": heure(timezone.now()),
            "enregistres": ligne.enregistres,
            "refuses": ligne.refuses,
            "conflits": {nom: asdict(conflit) for nom, conflit in ligne.conflits.items()},
            **_ou_en_est(ligne),
        }
    )


def _ou_en_est(ligne: LigneEnregistree) -> dict[str, Any]:
    """Return the state of the row and its sums, when something was asked of its bilan."""
    if ligne.resultat is None:
        return {}
    bilan, grilles = ligne.resultat.bilan, ligne.resultat.saisie.grilles()
    return {
        "version": bilan.version,
        "etat": rapide.etat_de_ligne(
            bilan, operations.constats_de_la_saisie(ligne.resultat.saisie)
        ).en_json(),
        "calculs": rapide.calculs(grilles),
    }


def _annuelles(request: RequeteCampagne) -> Any:
    return ActionAnnuelle.objects.visibles_par(request.user).filter(campagne=request.campagne)


# -- Saving a row ----------------------------------------------------------------------------------
def _enregistrer(
    annuelle: ActionAnnuelle, utilisateur: Utilisateur, champs: Mapping[str, Changement]
) -> LigneEnregistree:
    """Save what can be read of `champs`, with the rules and the history of a draft."""
    ligne = LigneEnregistree()
    lus: dict[str, Changement] = {}
    for nom, changement in champs.items():
        try:
            lus[nom] = Changement(changement.avant, rapide.lire_case(nom, changement.apres))
        except ValidationError as erreur:
            ligne.refuses[nom] = insecables(" ".join(erreur.messages))
    if not lus:
        return ligne
    bilan = operations.preparer_bilan(annuelle)
    if bilan is None:
        ligne.refus = SANS_BILAN
        return ligne
    try:
        ligne.resultat = enregistrer_brouillon(bilan, utilisateur, lus)
    except OperationRefusee as refus:
        ligne.refus = str(refus)
        return ligne
    ligne.refuses |= ligne.resultat.refuses
    return ligne


# -- Saving the page, without a script ---------------------------------------------------------------
def _enregistrer_la_page(request: RequeteCampagne) -> dict[str, LigneEnregistree]:
    """Save the rows in which something was typed, and say how many; return what became of each, by key."""
    changees = {
        cle: champs
        for cle in cellules.cles(request)
        if (champs := cellules.cases_changees(request, cle, rapide.PAR_NOM))
    }
    annuelles = _annuelles(request).filter(cle__in=changees).select_related("action", "campagne")
    traitees = {
        annuelle.cle: _enregistrer(annuelle, request.user, changees[annuelle.cle])
        for annuelle in annuelles.order_by("pk")
    }
    combien = sum(ligne.resultat is not None and ligne.resultat.change for ligne in traitees.values())
    if combien:
        messages.success(request, f"{pluriel(combien, 'bilan est enregistré,bilans sont enregistrés')}.")
    elif not any(ligne.refuses or ligne.conflits or ligne.refus for ligne in traitees.values()):
        messages.info(request, cellules.RIEN_A_ENREGISTRER)
    return traitees


def _rendre_ce_qui_reste(request: HttpRequest, ligne: rapide.Ligne, traitee: LigneEnregistree) -> None:
    """Put back in the cells what was typed and is not saved, with why."""
    ligne.refus, ligne.conflits = traitee.refus, list(traitee.conflits.values())
    for case in ligne.cases:
        nom = case.colonne.nom
        if traitee.refus or nom in traitee.refuses or nom in traitee.conflits:
            case.valeur = request.POST.get(case.nom, case.valeur)
        case.erreur = traitee.refuses.get(nom, "")
