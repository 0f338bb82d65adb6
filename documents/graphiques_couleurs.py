"""The colours of charts: told apart in greyscale and by any eye, in the light theme and in the dark one.

A drawing is made in the light colours; `feuille_sombre` turns each into its dark twin when the reader's system asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Theme = Literal["auto", "clair", "sombre"]

ENCRE = "#1d2430"
ENCRE_2 = "#4a5160"
TRAIT = "#d8d3c7"
TRAIT_FORT = "#817c71"
# what is written on a dark fill, and on a light one
SUR_FONCE = "#ffffff"
SUR_PALE = "#161b24"


@dataclass(frozen=True)
class Teinte:
    """The fill of a mark, its hairline (3:1 against the paper at least), what is written on it (4.5:1 at least)."""

    fond: str
    bord: str
    texte: str


NUIT = Teinte("#0a363b", "#0a363b", SUR_FONCE)
CANARD = Teinte("#0f5158", "#0f5158", SUR_FONCE)
BRIQUE = Teinte("#8c3b33", "#8c3b33", SUR_FONCE)
OCRE = Teinte("#a85f1c", "#a85f1c", SUR_FONCE)
SAUGE = Teinte("#7aa184", "#567f5f", SUR_PALE)
AMBRE = Teinte("#d69c55", "#a8712c", SUR_PALE)
EAU = Teinte("#9cc4bd", "#4f8a81", SUR_PALE)
SABLE = Teinte("#ecdab6", "#97814e", SUR_PALE)

# as many series, as many colours, from the darkest to the palest: the widest steps that there is room for
PALETTES = (
    (CANARD,),
    (CANARD, AMBRE),
    (CANARD, OCRE, EAU),
    (CANARD, OCRE, EAU, SABLE),
    (NUIT, BRIQUE, OCRE, SAUGE, SABLE),
    (NUIT, BRIQUE, OCRE, SAUGE, EAU, SABLE),
)
SERIES_MAX = len(PALETTES)

SOMBRES = {
    ENCRE: "#ece8e0",
    ENCRE_2: "#b6bac2",
    TRAIT: "#36404c",
    TRAIT_FORT: "#7b8492",
    SUR_FONCE: "#0b1014",
    SUR_PALE: "#fffffe",
    NUIT.fond: "#c4f1f0",
    CANARD.fond: "#8fd3d4",
    BRIQUE.fond: "#eba99c",
    OCRE.fond: "#d08a3e",
    SAUGE.fond: "#5b7c64",
    SAUGE.bord: "#5b7c65",
    AMBRE.fond: "#94652c",
    AMBRE.bord: "#9c6d33",
    EAU.fond: "#3f625e",
    EAU.bord: "#6f9c96",
    SABLE.fond: "#4d4026",
    SABLE.bord: "#9c8a5e",
}


def palette(nombre: int) -> tuple[Teinte, ...]:
    """Return that many colours. Beyond SERIES_MAX they come round again: the marks must then be named."""
    teintes = PALETTES[min(max(nombre, 1), SERIES_MAX) - 1]
    return tuple(teintes[i % len(teintes)] for i in range(nombre))


def feuille_sombre() -> str:
    """Return the CSS that gives each light colour of a drawing its dark twin, when the system is dark."""
    regles = "".join(
        f'[{propriete}="{clair}"]{{{propriete}:{sombre}}}'
        for clair, sombre in SOMBRES.items()
        for propriete in ("fill", "stroke")
    )
    return f"@media (prefers-color-scheme:dark){{{regles}}}"
