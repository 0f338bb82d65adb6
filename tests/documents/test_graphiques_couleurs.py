"""The colours of charts: contrast, steps in greyscale, and what other eyes see of them, in both themes."""

from __future__ import annotations

from itertools import combinations

import pytest

from documents.graphiques_couleurs import (
    ENCRE,
    ENCRE_2,
    PALETTES,
    SERIES_MAX,
    SOMBRES,
    TRAIT_FORT,
    feuille_sombre,
    palette,
)
from documents.polices import DOSSIER

# the grounds on which charts stand (static/css/pilotis.css: --papier, --feuille, --creux)
FONDS = {"clair": ("#fbfaf7", "#ffffff", "#f3f0e9"), "sombre": ("#14191f", "#1b222b", "#1f2731")}
# Machado, Oliveira and Fernandes, 2009: what is seen without one of the three kinds of cones, in linear light
VISIONS = {
    "protanopie": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutéranopie": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopie": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
    "ordinaire": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
}
# CIE L*a*b*: a difference of 2 is just seen, of 10 is seen at a glance
ECART_MIN = 10
CONTRASTE_TEXTE = 4.5
CONTRASTE_FORME = 3


def en(theme: str, couleur: str) -> str:
    return couleur if theme == "clair" else SOMBRES[couleur]


def lineaire(couleur: str) -> tuple[float, ...]:
    """Return the three components of a colour in linear light, from 0 to 1."""
    octets = (int(couleur[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in octets)


def luminance(couleur: str) -> float:
    r, v, b = lineaire(couleur)
    return 0.2126 * r + 0.7152 * v + 0.0722 * b


def contraste(une: str, autre: str) -> float:
    """Return the ratio of WCAG 2.1."""
    haute, basse = sorted((luminance(une), luminance(autre)), reverse=True)
    return (haute + 0.05) / (basse + 0.05)


def racine(t: float) -> float:
    return t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116


def clarte(couleur: str) -> float:
    """Return L*, what greyscale keeps, from 0 to 100."""
    return 116 * racine(luminance(couleur)) - 16


def lab(rgb: tuple[float, ...]) -> tuple[float, float, float]:
    r, v, b = (min(max(c, 0), 1) for c in rgb)
    x = racine((0.4124 * r + 0.3576 * v + 0.1805 * b) / 0.9505)
    y = racine(0.2126 * r + 0.7152 * v + 0.0722 * b)
    z = racine((0.0193 * r + 0.1192 * v + 0.9505 * b) / 1.089)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def vue(couleur: str, vision: str) -> tuple[float, float, float]:
    rgb = lineaire(couleur)
    return lab(tuple(sum(k * c for k, c in zip(rang, rgb, strict=True)) for rang in VISIONS[vision]))


THEMES = pytest.mark.parametrize("theme", FONDS)


@THEMES
@pytest.mark.parametrize("encre", [ENCRE, ENCRE_2])
def test_ce_qui_s_ecrit_se_lit(theme, encre):
    assert min(contraste(en(theme, encre), fond) for fond in FONDS[theme]) >= CONTRASTE_TEXTE


@THEMES
def test_ce_qui_s_ecrit_sur_une_barre_se_lit(theme):
    teintes = {teinte for teintes in PALETTES for teinte in teintes}
    faibles = {
        teinte.fond: round(contraste(en(theme, teinte.texte), en(theme, teinte.fond)), 2)
        for teinte in teintes
        if contraste(en(theme, teinte.texte), en(theme, teinte.fond)) < CONTRASTE_TEXTE
    }
    assert faibles == {}


@THEMES
def test_les_bords_se_detachent_du_fond(theme):
    bords = {teinte.bord for teintes in PALETTES for teinte in teintes} | {TRAIT_FORT}
    faibles = {
        bord: round(min(contraste(en(theme, bord), fond) for fond in FONDS[theme]), 2)
        for bord in bords
        if min(contraste(en(theme, bord), fond) for fond in FONDS[theme]) < CONTRASTE_FORME
    }
    assert faibles == {}


@THEMES
@pytest.mark.parametrize("teintes", PALETTES, ids=len)
def test_les_series_se_distinguent_en_noir_et_blanc(theme, teintes):
    clartes = [clarte(en(theme, teinte.fond)) for teinte in teintes]
    # a ramp: from dark to pale on paper, the other way on a dark page
    assert clartes == sorted(clartes, reverse=theme == "sombre")
    assert [ecart for a, b in combinations(clartes, 2) if (ecart := abs(a - b)) < ECART_MIN] == []


@THEMES
@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("teintes", PALETTES, ids=len)
def test_les_series_se_distinguent_pour_tous_les_yeux(theme, vision, teintes):
    vues = [vue(en(theme, teinte.fond), vision) for teinte in teintes]
    ecarts = [sum((a - b) ** 2 for a, b in zip(u, v, strict=True)) ** 0.5 for u, v in combinations(vues, 2)]
    assert [round(ecart, 1) for ecart in ecarts if ecart < ECART_MIN] == []


def test_les_couleurs_sombres_ne_se_confondent_pas_avec_les_claires():
    """The dark sheet names light colours: one that were both would be turned twice."""
    assert set(SOMBRES) & set(SOMBRES.values()) == set()
    assert feuille_sombre().count("}") == 2 * len(SOMBRES) + 1


def test_les_encres_sont_celles_des_pages():
    css = (DOSSIER.parent / "css" / "pilotis.css").read_text()
    for nom, couleur in (("encre", ENCRE), ("encre-2", ENCRE_2)):
        assert f"--{nom}: {couleur};" in css
        assert f"--{nom}: {SOMBRES[couleur]};" in css


def test_autant_de_couleurs_que_de_series():
    assert [len(palette(nombre)) for nombre in range(SERIES_MAX + 3)] == list(range(SERIES_MAX + 3))
    assert palette(SERIES_MAX + 1)[-1] == palette(SERIES_MAX)[0]
