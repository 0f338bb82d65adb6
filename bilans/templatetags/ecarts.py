"""Filters of the pages of a budget: an amount in a column that says its unit once, a gap with its sign."""

from decimal import Decimal

from django import template

from documents import montant, pourcentage
from financements.budgets import Chiffres

from ..annexes.crf import signe

register = template.Library()


@register.filter
def montant_nu(valeur: Decimal | None) -> str:
    """Return « 1 234,50 », without the unit; an empty string for a blank."""
    return montant(valeur, unite=False)


@register.filter
def signe_euros(valeur: Decimal | None) -> str:
    """Return « +1 200 », « −300 », « 0 »; an empty string for a blank."""
    return signe(montant(valeur, unite=False), valeur)


@register.filter
def ecart_en_euros(chiffres: Chiffres) -> str:
    """Return the gap of a row in euros, with its sign; an empty string where nothing was planned."""
    return "" if chiffres.prevu is None else signe_euros(chiffres.ecart)


@register.filter
def ecart_en_part(chiffres: Chiffres) -> str:
    """Return the gap of a row in points of what was planned, with its sign."""
    return signe(pourcentage(chiffres.part), chiffres.part)
