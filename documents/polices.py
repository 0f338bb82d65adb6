"""Our fonts: where they are, how paper loads them, which characters they can draw."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

DOSSIER = Path(__file__).parents[1] / "static" / "polices"
FAMILLE = "Source Sans 3"
# addresses that only the PDF child resolves; nothing else is ever loaded from the disk
PROTOCOLE = "police"
FICHIERS = {
    (400, "normal"): "SourceSans3-Regular.woff2",
    (400, "italic"): "SourceSans3-It.woff2",
    (600, "normal"): "SourceSans3-Semibold.woff2",
    (700, "normal"): "SourceSans3-Bold.woff2",
}
# drawn in place of a character that no font has: a missing glyph breaks PDF/UA (7.21.4.1)
SANS_GLYPHE = "□"


def css_polices(*fontes: tuple[int, str]) -> str:
    """Return the @font-face rules of these (weight, style) pairs, all four by default.

    Each costs a tenth of a second to load: ask for those that are used.
    """
    return "\n".join(
        f'@font-face{{font-family:"{FAMILLE}";font-weight:{graisse};font-style:{style};'
        f"src:url({PROTOCOLE}:{FICHIERS[graisse, style]})}}"
        for graisse, style in (fontes or tuple(FICHIERS))
    )


@lru_cache(maxsize=1)
def couverture() -> frozenset[int]:
    """Return the code points that every one of our fonts can draw."""
    from fontTools.ttLib import TTFont

    communs: set[int] | None = None
    for fichier in FICHIERS.values():
        with TTFont(DOSSIER / fichier, lazy=True) as police:
            points = set(police.getBestCmap())
        communs = points if communs is None else communs & points
    return frozenset(communs or ())


def dessinable(texte: str) -> str:
    """Return the text with « □ » for each letter that our fonts cannot draw.

    Letters and accents are composed first; emoji, joiners, marks of direction and variation selectors, whose
    absence takes nothing from the sentence, are removed.
    """
    if texte.isascii():
        return texte
    compose = unicodedata.normalize("NFC", texte)
    inconnus = {ord(c) for c in set(compose)} - couverture() - {9, 10, 13}
    if not inconnus:
        return compose
    return compose.translate({point: _remplacant(chr(point)) for point in inconnus})


def _remplacant(caractere: str) -> str:
    if unicodedata.category(caractere) in ("Cf", "Mn", "Cc") or _est_emoji(caractere):
        return ""
    if unicodedata.category(caractere) == "Zs":
        return " "
    simple = unicodedata.normalize("NFKC", caractere)
    return simple if simple != caractere and all(ord(c) in couverture() for c in simple) else SANS_GLYPHE


def _est_emoji(caractere: str) -> bool:
    """Whether it is a pictograph (from the miscellaneous symbols on), or the skin tone of one."""
    return ord(caractere) >= 0x2600 and unicodedata.category(caractere) in ("So", "Sk")
