"""The page of an action in its year: what it is, who pays, what came of it."""

from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from actions.models import ActionAnnuelle
from actions.regles import porte_l_action
from actions.situation import RequeteCampagne
from comptes.models import Utilisateur
from comptes.templatetags.typographie import date_longue, delai

from ..models import Bilan
from ..pages.action import (
    a_verifier,
    ambiguite_a_trancher,
    autres_annees,
    budgets_annonces,
    etape,
    fiche,
    plan_de_financement,
)
from ..pages.consultation import LectureBilan, historique_action
from ..pages.instruction import avis_de, decision_de

Statut = Bilan.Statut


class Bouton(NamedTuple):
    """The main action of the page."""

    libelle: str
    nom: str
    url: str


@require_safe
def action_detail(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show an action and its year to whoever may see it, as far as its own rights go."""
    annuelle = get_object_or_404(
        ActionAnnuelle.objects.visibles_par(request.user)
        .select_related(
            "action__porteur__parent",
            "dispositif",
            "thematique",
            "objectif_national",
            "axe__parent__parent",
            "reportee_vers__campagne",
            "campagne__contrat",
        )
        .prefetch_related(
            "axes_secondaires__parent", "volets", "indicateurs", "parts_territoires__territoire"
        ),
        campagne=request.campagne,
        cle=cle,
    )
    annuelle.campagne.contrat = request.contrat
    gere = request.user.has_perm("actions.modifier", annuelle)
    suit = gere or porte_l_action(request.user, annuelle)
    bilan = _bilan(annuelle, request.user)
    lecture = LectureBilan(bilan, request.user) if bilan else None
    contexte: dict[str, Any] = {
        "annuelle": annuelle,
        "action": annuelle.action,
        "porteur": annuelle.action.porteur,
        "fiche": fiche(annuelle, complet=suit),
        "plan": plan_de_financement(annuelle, request.user, complet=suit),
        "decision": decision_de(annuelle, request.user),
        "avis": avis_de(annuelle, request.user),
        "budgets": budgets_annonces(annuelle, request.user),
        "ambiguite": ambiguite_a_trancher(annuelle, request.user),
        "bilan": bilan,
        "lecture": lecture,
        "etape": etape(annuelle, bilan, lecture, suit=suit),
        "echeance": _echeance(request, bilan, lecture),
        "bouton": _bouton(request, annuelle, bilan, lecture, gere=gere),
        "autres_annees": autres_annees(annuelle, request.user),
        "historique": historique_action(annuelle, request.user) if suit else [],
        "a_verifier": a_verifier(annuelle, lecture) if gere else [],
        "gere": gere,
        "suit": suit,
    }
    return render(request, "bilans/action_detail.html", contexte)


def _bilan(annuelle: ActionAnnuelle, utilisateur: Utilisateur) -> Bilan | None:
    bilan: Bilan | None = (
        Bilan.objects.visibles_par(utilisateur)
        .filter(action_annuelle=annuelle)
        .select_related("transmis_par", "valide_par")
        .prefetch_related("effectifs__tranche")
        .first()
    )
    if bilan is not None:
        bilan.action_annuelle = annuelle
    return bilan


# -- What comes next -------------------------------------------------------------------------------
def _echeance(request: RequeteCampagne, bilan: Bilan | None, lecture: LectureBilan | None) -> str:
    """Return when the bilan is due, for who works on it, while it is not transmitted."""
    jour = request.campagne.bilan_echeance
    if bilan is None or lecture is None or jour is None:
        return ""
    if not lecture.suit or not bilan.modifiable_par_le_porteur:
        return ""
    if jour < timezone.localdate():
        return f"Il était attendu pour le {date_longue(jour)}."
    return f"Il est attendu pour le {date_longue(jour)}, {delai(jour)}."


def _bouton(
    request: RequeteCampagne,
    annuelle: ActionAnnuelle,
    bilan: Bilan | None,
    lecture: LectureBilan | None,
    *,
    gere: bool,
) -> Bouton | None:
    """Return the main action: what this account is most likely to have come for."""

    def vers(nom: str, libelle: str) -> Bouton:
        return Bouton(libelle, nom, reverse(nom, args=[request.contrat.slug, request.annee, annuelle.cle]))

    if bilan is None or lecture is None:
        modifiable = gere and not request.campagne.est_archivee
        return vers("action_modifier", "Modifier l'action") if modifiable else None
    if bilan.modifiable_par_le_porteur and "enregistrer" not in lecture.possibles:
        return vers("bilan_detail", "Lire le bilan")
    if bilan.modifiable_par_le_porteur:
        verbe = {Statut.A_SAISIR: "Saisir", Statut.EN_SAISIE: "Continuer", Statut.A_COMPLETER: "Compléter"}
        return vers("bilan_saisir", f"{verbe[Statut(bilan.statut)]} le bilan")
    relire = bilan.statut in Bilan.STATUTS_EN_LECTURE and lecture.gere
    return vers("bilan_detail", "Relire le bilan" if relire else "Lire le bilan")
