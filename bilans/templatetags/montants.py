"""Amounts and figures of the pages of a year, and the uprights drawn beside those of the dashboard."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from comptes.templatetags.typographie import euros, nombre, pluriel, pourcent
from documents.formats import montant as ecrire_montant
from financements.models import TotalControle

register = template.Library()


@register.filter
def sans_unite(valeur: Decimal | None) -> str:
    """Return « 24 000 », in a column whose header says the unit; an empty string for a blank."""
    return ecrire_montant(valeur, unite=False)


@register.filter
def selon(valeur: Any, nature: str) -> str:
    """Return a printed total in its unit: euros, points, or a number."""
    if nature == TotalControle.Nature.MONTANT:
        return euros(valeur)
    return pourcent(valeur) if nature == TotalControle.Nature.PART else nombre(valeur)


@register.filter
def ecart_selon(valeur: Any, nature: str) -> str:
    """Return the gap between two totals: like them, but percentages differ by points."""
    if nature == TotalControle.Nature.PART:
        return pluriel(valeur, "point,points")
    return selon(valeur, nature)


@register.simple_tag
def montant(part: int) -> SafeString:
    """Return an upright filled up to `part` points, as high as its place; decoration: the figure is beside it."""
    plein = min(max(part, 0), 100)
    return format_html(
        '<svg class="pilotis" viewBox="0 0 10 100" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="montant-fond" width="10" height="100"/>'
        '<rect class="montant" y="{}" width="10" height="{}"/></svg>',
        100 - plein,
        plein,
    )
