"""The uprights of the dashboard, drawn beside their figure."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


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
