"""The signs of opinions and scenarios, and the words of a comparison."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.safestring import SafeString

from actions.models import ActionAnnuelle
from comptes.templatetags.typographie import etat
from documents.formats import MOINS, montant, pourcentage
from financements.enveloppes import SituationEnveloppe, nom_de
from financements.models import AvisFinanceur, Enveloppe, Scenario
from financements.scenarios import Comparaison

from ..pages.grille import TONS_AVIS

register = template.Library()

SIGNES_SCENARIO = {
    Scenario.Statut.OUVERT: "encours",
    Scenario.Statut.ADOPTE: "fait",
    Scenario.Statut.ECARTE: "attente",
}


@register.simple_tag
def etat_avis(avis: AvisFinanceur) -> SafeString:
    """Return an opinion with its sign."""
    return etat(TONS_AVIS[AvisFinanceur.Sens(avis.sens)], avis.get_sens_display())


@register.simple_tag
def etat_scenario(scenario: Scenario) -> SafeString:
    """Return the state of a scenario with its sign."""
    return etat(SIGNES_SCENARIO[Scenario.Statut(scenario.statut)], scenario.get_statut_display())


@register.filter
def ecart_signe(valeur: Decimal) -> str:
    """Return a gap in euros with its sign: « + 1 500 », « − 300 », « 0 »."""
    if not valeur:
        return "0"
    return f"{'+' if valeur > 0 else MOINS}\u202f{montant(abs(valeur), unite=False)}"


@register.filter
def evolution(valeur: Decimal | None) -> str:
    """Return a change in points of the year before, with its sign: « + 12,5 % »; empty when it means nothing."""
    if valeur is None:
        return ""
    signe = "+" if valeur > 0 else MOINS if valeur < 0 else ""
    return f"{signe}\u202f{pourcentage(abs(valeur))}" if signe else pourcentage(valeur)


@register.filter
def enveloppes_comparees(comparaison: Comparaison) -> list[tuple[SituationEnveloppe, SituationEnveloppe]]:
    """Return each envelope with what it would hold on both sides."""
    return list(zip(comparaison.enveloppes_gauche, comparaison.enveloppes_droite, strict=True))


@register.filter
def nom_enveloppe(enveloppe: Enveloppe) -> str:
    """Return « État – Quartiers d'été »."""
    return nom_de(enveloppe)


@register.filter
def nom_compare(objet: Any) -> str:
    """Return what a compared sum is of: the title of an action, the name of a funder."""
    return objet.action.intitule if isinstance(objet, ActionAnnuelle) else str(objet)
