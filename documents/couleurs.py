"""A colour that people give: read as they write it, and dark enough for white words to be read on it."""

from __future__ import annotations

import re

# WCAG 2.1, 1.4.3: text and its ground.
CONTRASTE_MIN = 4.5
BLANC = "#FFFFFF"

_HEXADECIMALE = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.I)
_DECIMALE = re.compile(r"(?:rgb|rvb)?[(:\s]*(\d{1,3})[,;/\s]+(\d{1,3})[,;/\s]+(\d{1,3})\s*\)?", re.I)


def lire_couleur(texte: str) -> str:
    """Return the colour as « #0F5C63 », from « 0f5c63 », « #0a5 », « 15, 92, 99 » or « rgb(15, 92, 99) ».

    Raises ValueError for anything else.
    """
    propre = texte.strip()
    if trouvee := _HEXADECIMALE.fullmatch(propre):
        chiffres = trouvee[1]
        return f"#{chiffres if len(chiffres) == 6 else ''.join(2 * c for c in chiffres)}".upper()
    if trouvee := _DECIMALE.fullmatch(propre):
        parts = [int(part) for part in trouvee.groups()]
        if max(parts) <= 255:
            return _ecrire(parts)
    raise ValueError(f"Ce n'est pas une couleur : {texte!r}")


def contraste(couleur: str, fond: str = BLANC) -> float:
    """Return the contrast of two colours, from 1 (the same) to 21 (black and white): WCAG 2.1, « contrast ratio »."""
    claire, sombre = sorted((_luminance(couleur), _luminance(fond)), reverse=True)
    return (claire + 0.05) / (sombre + 0.05)


def se_lit_en_blanc(couleur: str) -> bool:
    """Whether white words are read on the colour, and words of the colour on white."""
    return contraste(couleur) >= CONTRASTE_MIN


def nuance_lisible(couleur: str) -> str:
    """Return the colour, or the lightest of its darker shades (same hue, same saturation) on which white is read."""
    parts = _parts(couleur)
    # 256 steps, of which the last one is black: one of them passes
    nuances = (_ecrire([round(part * pas / 255) for part in parts]) for pas in range(255, -1, -1))
    return next(nuance for nuance in nuances if se_lit_en_blanc(nuance))


def _parts(couleur: str) -> list[int]:
    return [int(couleur[rang : rang + 2], 16) for rang in (1, 3, 5)]


def _ecrire(parts: list[int]) -> str:
    return "#{:02X}{:02X}{:02X}".format(*parts)


def _luminance(couleur: str) -> float:
    """Return the relative luminance (WCAG 2.1), from 0 to 1."""
    rouge, vert, bleu = (_lineaire(part / 255) for part in _parts(couleur))
    return 0.2126 * rouge + 0.7152 * vert + 0.0722 * bleu


def _lineaire(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
