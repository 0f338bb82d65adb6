"""How the report writes: lists of names, shares in words, names with their article, text that is no markup."""

import re
from collections.abc import Sequence
from decimal import Decimal

from django.utils.text import capfirst

from contrats.models import Deliberation
from documents import INSECABLE, pourcentage
from documents.formats import arrondir, date_longue

# What a funder or a structure is called by, as a sentence names it: by the first word of its name.
ARTICLES = {
    "agence": "l'",
    "agglomération": "l'",
    "association": "l'",
    "caf": "la ",
    "caisse": "la ",
    "centre": "le ",
    "collectivité": "la ",
    "commune": "la ",
    "communauté": "la ",
    "conseil": "le ",
    "département": "le ",
    "fondation": "la ",
    "mairie": "la ",
    "maison": "la ",
    "mission": "la ",
    "métropole": "la ",
    "préfecture": "la ",
    "région": "la ",
    "ville": "la ",
    "état": "l'",
}
# What would be read as markup: anywhere, or at the beginning of a line.
_PARTOUT = re.compile(r"([\\`*_\[\]<])")
_EN_TETE = re.compile(r"^(\s*)([#>+-]|\d+(?=[.)]))", re.MULTILINE)


def avec_article(nom: str) -> str:
    """Return « la Ville de Dole », « l'État » for a name that begins with a common noun; others stay as they are."""
    premier = nom.split(" ", 1)[0].lower() if nom else ""
    return f"{ARTICLES.get(premier, '')}{nom}"


def citer(nom: str) -> str:
    """Return a name between « »."""
    return f"«{INSECABLE}{nom}{INSECABLE}»"


def enumerer(noms: Sequence[str]) -> str:
    """Return « a, b et c »; an empty string for nothing."""
    return " et ".join([", ".join(noms[:-1]), noms[-1]] if len(noms) > 1 else noms)


def phrase(texte: str) -> str:
    """Return the text with its first letter in capital."""
    return capfirst(texte)


def part(partie: Decimal | int, tout: Decimal | int) -> str:
    """Return « 84 % »; with a decimal where a whole number would say all, or nothing. `tout` is positive."""
    points = Decimal(partie) * 100 / Decimal(tout)
    if points in (0, 100) or 1 <= arrondir(points, 0) < 100:
        return pourcentage(points, 0)
    if arrondir(points, 1) == 100:
        return f"plus de {pourcentage(Decimal('99.9'))}"
    if arrondir(points, 1) == 0:
        return f"moins de {pourcentage(Decimal('0.1'))}"
    return pourcentage(points)


def echapper(texte: str) -> str:
    """Return plain text so that the light markup of the report shows it as it is."""
    sur = _PARTOUT.sub(r"\\\1", texte)
    return _EN_TETE.sub(lambda m: m[1] + (f"{m[2]}\\" if m[2].isdigit() else f"\\{m[2]}"), sur)


def signer(valeur: Decimal | int, texte: str) -> str:
    """Return `texte` with a plus when `valeur` is more than zero."""
    return f"+{texte}" if valeur > 0 else texte


def citer_la_deliberation(deliberation: Deliberation | None) -> str:
    """Return « Conseil communautaire, 21 novembre 2026, n° 2026-77 », without number when it has none; "" for None."""
    if deliberation is None:
        return ""
    dite = f"{deliberation.organe}, {date_longue(deliberation.date)}"
    return f"{dite}, n°{INSECABLE}{deliberation.numero}" if deliberation.numero else dite
