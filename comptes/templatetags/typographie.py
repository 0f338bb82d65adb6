"""How figures, dates and states are written on every page. Built into every template: no `load`.

Formats come from `documents.formats`, so that a page, a PDF and a workbook write a figure the same way.
A blank stays blank: chain `|vide` where the reader must know that nothing was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.defaultfilters import stringfilter
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from documents import formats

register = template.Library()

INSECABLE = formats.INSECABLE
ETATS = ("attente", "encours", "alerte", "fait", "bloque")


def _decimal(valeur: Any) -> Decimal | None:
    """Return the value as a Decimal, None for what is blank or is no number."""
    if valeur is None or valeur == "" or isinstance(valeur, bool):
        return None
    try:
        exact = Decimal(str(valeur))
    except (InvalidOperation, ValueError):
        return None
    return exact if exact.is_finite() else None


# -- Figures ---------------------------------------------------------------------------------------
@register.filter
def euros(valeur: Any) -> str:
    """Return « 24 000 € », with cents only when there are some; an empty string for a blank."""
    return formats.montant(_decimal(valeur))


@register.filter
def nombre(valeur: Any, decimales: int | None = None) -> str:
    """Return « 1 234 » or « 1 234,5 »; an empty string for a blank."""
    return formats.nombre(_decimal(valeur), decimales)


@register.filter
def pourcent(valeur: Any, decimales: int | None = None) -> str:
    """Return « 12,5 % » for 12.5 (points); without `decimales`, one at most and no useless zero."""
    exact = _decimal(valeur)
    if exact is None:
        return ""
    if decimales is not None:
        return formats.pourcentage(exact, decimales)
    return formats.pourcentage(exact, 0 if exact == exact.to_integral_value() else 1)


def _forme(valeur: Any, formes: str) -> tuple[Decimal | None, str]:
    exact = _decimal(valeur)
    singulier, pluriel_, *zero = (forme.strip() for forme in formes.split(","))
    if exact is None:
        return None, ""
    if exact == 0 and zero:
        return exact, zero[0]
    # In French the plural starts at two: « 0 action », « 1,5 action », « 2 actions ».
    return exact, pluriel_ if abs(exact) >= 2 else singulier


@register.filter
def pluriel(valeur: Any, formes: str) -> str:
    """Return « 41 actions » for 41 and « action,actions »; a third form replaces zero altogether."""
    exact, forme = _forme(valeur, formes)
    if exact is None:
        return ""
    if exact == 0 and formes.count(",") >= 2:
        return forme
    return f"{formats.nombre(exact)}{INSECABLE}{forme}"


@register.filter
def accord(valeur: Any, formes: str) -> str:
    """Return only the word that agrees with the number: 3 and « attendu,attendus » → « attendus »."""
    return _forme(valeur, formes)[1]


# -- Dates -----------------------------------------------------------------------------------------
def _jour(valeur: Any) -> date | None:
    if isinstance(valeur, datetime):
        return (timezone.localtime(valeur) if timezone.is_aware(valeur) else valeur).date()
    return valeur if isinstance(valeur, date) else None


@register.filter
def date_longue(valeur: Any) -> str:
    """Return « 30 juin 2025 », kept on one line; an empty string for a blank."""
    return formats.date_longue(_jour(valeur)).replace(" ", INSECABLE)


def heure(instant: datetime) -> str:
    """Return « 21 h 04 », in the local time."""
    local = timezone.localtime(instant) if timezone.is_aware(instant) else instant
    return f"{local.hour}{INSECABLE}h{INSECABLE}{local.minute:02d}"


@register.filter
def date_heure(valeur: Any) -> str:
    """Return « 30 juin 2025 à 21 h 04 », in the local time; an empty string for a blank."""
    if not isinstance(valeur, datetime):
        return date_longue(valeur)
    return f"{date_longue(valeur)} à {heure(valeur)}"


@register.filter
def delai(valeur: Any) -> str:
    """Return how far a date is, in days: « dans 12 jours », « demain », « depuis 3 jours »."""
    jour = _jour(valeur)
    if jour is None:
        return ""
    ecart = (jour - timezone.localdate()).days
    proches = {0: "aujourd'hui", 1: "demain", -1: "depuis hier"}
    if ecart in proches:
        return proches[ecart]
    return f"{'dans' if ecart > 0 else 'depuis'} {pluriel(abs(ecart), 'jour,jours')}"


@register.filter
def est_passee(valeur: Any) -> bool:
    """Return whether a date is over: a due date still holds on its own day."""
    jour = _jour(valeur)
    return jour is not None and jour < timezone.localdate()


# -- Text ------------------------------------------------------------------------------------------
@register.filter
def vide(valeur: Any, texte: str = "non renseigné") -> Any:
    """Return the value, or for a blank a dash that a screen reader says « non renseigné »."""
    if valeur is None or valeur == "":
        return format_html(
            '<span class="absent"><span aria-hidden="true">—</span>'
            '<span class="visually-hidden">{}</span></span>',
            texte,
        )
    return valeur


@register.filter(is_safe=True)
@stringfilter
def insecables(valeur: str) -> str:
    """Return a typed text with the no-break spaces of French: before : ; ! ? % € » and after «."""
    texte = valeur
    for signe in ":;!?%€»":
        texte = texte.replace(f" {signe}", f"{INSECABLE}{signe}")
    return texte.replace("« ", f"«{INSECABLE}")


@register.filter
def cle(correspondance: Any, nom: Any) -> Any:
    """Return `correspondance[nom]`, an empty string when it is absent: for keys a template cannot write."""
    if isinstance(correspondance, Mapping):
        return correspondance.get(nom, "")
    return getattr(correspondance, str(nom), "")


@register.filter
def adresse_masquee(adresse: Any) -> str:
    """Return an e-mail address that only its owner recognises: « d…@exemple.fr »."""
    debut, _, domaine = str(adresse).partition("@")
    return f"{debut[:1]}…@{domaine}"


@register.filter
def initiales(personne: Any) -> str:
    """Return at most two initials: « ML » for « Marie Lopez »."""
    return "".join(mot[0] for mot in str(personne).replace("-", " ").split()[:2]).upper()


# -- Pieces of a page ------------------------------------------------------------------------------
@register.simple_tag
def etat(variante: str, libelle: Any) -> SafeString:
    """Return a state as a word with its sign. `variante` is one of `ETATS`; also called from Python."""
    if variante not in ETATS:
        raise ValueError(f"Unknown state variant {variante!r}: use one of {', '.join(ETATS)}.")
    return format_html('<span class="etat etat-{}">{}</span>', variante, libelle)


@register.simple_tag
def barre(valeur: Any, maximum: Any = 100) -> SafeString:
    """Return a horizontal bar filled up to valeur / maximum, hidden from screen readers.

    Its figure is always written beside it.
    """
    part, tout = _decimal(valeur) or Decimal(0), _decimal(maximum) or Decimal(0)
    largeur = min(max(part / tout * 100, Decimal(0)), Decimal(100)) if tout > 0 else Decimal(0)
    return format_html(
        '<svg class="barre" width="100%" height="10" aria-hidden="true" focusable="false">'
        '<rect class="barre-fond" width="100%" height="100%"/>'
        '<rect class="barre-part" width="{}%" height="100%"/></svg>',
        f"{largeur:.2f}",
    )


@register.simple_tag
def champ(field: BoundField, libelle: str | None = None, aide: str | None = None) -> SafeString:
    """Return a form field with our words: for a form that comes from elsewhere (signing in)."""
    if libelle is not None:
        field.label = libelle
    if aide is not None:
        field.help_text = aide
    field.field.widget.attrs.pop("placeholder", None)
    return field.as_field_group()


@register.filter
def pages_visibles(page: Page) -> list[int | None]:
    """Return the page numbers to show around the current one; None stands for an ellipsis."""
    derniere = page.paginator.num_pages
    voulues = sorted({1, derniere, *range(max(1, page.number - 2), min(derniere, page.number + 2) + 1)})
    numeros: list[int | None] = []
    for numero in voulues:
        if numeros and numeros[-1] is not None and numero - numeros[-1] > 1:
            numeros.append(None)
        numeros.append(numero)
    return numeros


@register.simple_tag(takes_context=True)
def lien_page(context: template.Context, parametre: str, numero: int) -> str:
    """Return the address of a page of the list, filters kept."""
    criteres = context["request"].GET.copy()
    criteres[parametre or "page"] = numero
    return f"?{criteres.urlencode()}"


class CaptureNode(template.Node):
    def __init__(self, nodelist: NodeList, nom: str, defaut: FilterExpression | None) -> None:
        self.nodelist, self.nom, self.defaut = nodelist, nom, defaut

    def render(self, context: template.Context) -> str:
        contenu = self.nodelist.render(context).strip()
        if not contenu and self.defaut is not None:
            contenu = conditional_escape(self.defaut.resolve(context))
        context[self.nom] = mark_safe(contenu)  # noqa: S308 -- rendered by a template: escaped already
        return ""


@register.tag
def capturer(parser: Parser, token: Token) -> CaptureNode:
    """`{% capturer nom %}…{% endcapturer %}`: keep a piece, to test whether it is empty or show it twice."""
    _, nom, *defaut = token.split_contents()
    nodelist = parser.parse(("endcapturer",))
    parser.delete_first_token()
    return CaptureNode(nodelist, nom, parser.compile_filter(defaut[0]) if defaut else None)
