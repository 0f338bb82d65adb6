"""The states of an action and of a bilan, each with its sign: the same word and sign on every page."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from actions.models import ActionAnnuelle
from bilans.controles import Anomalie, Gravite, Regle
from bilans.models import Bilan
from comptes.templatetags.typographie import etat, vide

register = template.Library()

_ACTION = ActionAnnuelle.Statut
SIGNES_ACTION = {
    **dict.fromkeys(_ACTION.values, "attente"),
    _ACTION.INCOMPLETE: "alerte",
    _ACTION.NON_RECEVABLE: "bloque",
    _ACTION.PROPOSEE: "encours",
    _ACTION.PROGRAMMEE: "encours",
    _ACTION.REFUSEE: "bloque",
    _ACTION.AJOURNEE: "alerte",
    _ACTION.NOTIFIEE: "encours",
    _ACTION.EN_COURS: "encours",
    _ACTION.REALISEE: "fait",
    _ACTION.PARTIELLEMENT_REALISEE: "fait",
    _ACTION.REPORTEE: "alerte",
    _ACTION.ABANDONNEE: "bloque",
    _ACTION.SOLDEE: "fait",
    _ACTION.ARCHIVEE: "fait",
}

_BILAN = Bilan.Statut
SIGNES_BILAN = {
    _BILAN.A_SAISIR: "attente",
    _BILAN.EN_SAISIE: "attente",
    _BILAN.TRANSMIS: "encours",
    _BILAN.EN_VERIFICATION: "encours",
    _BILAN.A_COMPLETER: "alerte",
    _BILAN.VALIDE: "fait",
    _BILAN.INTEGRE: "fait",
    _BILAN.PUBLIE: "fait",
    _BILAN.DISPENSE: "attente",
}


SIGNES_GRAVITE = {Gravite.BLOQUANT: "bloque", Gravite.ALERTE: "alerte", Gravite.INFO: "attente"}


@register.simple_tag
def etat_gravite(anomalie: Anomalie) -> SafeString:
    """Return how serious a finding is, with its sign; what stops a validation says so."""
    mots = {
        Gravite.BLOQUANT: "Bloque la validation" if anomalie.objet.startswith("bilan:") else "Bloquant",
        Gravite.ALERTE: "Alerte",
        Gravite.INFO: "À savoir",
    }
    return etat(SIGNES_GRAVITE[anomalie.gravite], mots[anomalie.gravite])


@register.simple_tag
def etat_de_regle(regle: Regle) -> SafeString:
    """Return how serious the findings of a rule are, with its sign."""
    mots = "À savoir" if regle.gravite == Gravite.INFO else str(regle.gravite.label)
    return etat(SIGNES_GRAVITE[regle.gravite], mots)


@register.simple_tag
def etat_action(action: ActionAnnuelle) -> SafeString:
    """Return the state of an action in its year, with its sign."""
    return etat(SIGNES_ACTION[action.statut], action.get_statut_display())


@register.simple_tag
def etat_bilan(statut: str | None, en_retard: bool = False) -> Any:
    """Return a state of a bilan with its sign, « en retard » said when it is; a dash when there is none."""
    if not statut:
        return vide("", "aucun bilan")
    libelle = _BILAN(statut).label
    if en_retard and statut in Bilan.STATUTS_MODIFIABLES:
        return etat("alerte", f"{libelle}, en retard")
    return etat(SIGNES_BILAN[_BILAN(statut)], libelle)
