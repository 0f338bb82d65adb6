"""Texts that somebody, or a sheet, repeats without end: what reads them stays quick."""

import time

import pytest

from bilans.controles import textes_lus
from bilans.controles.effectifs_lus import EN_QPV
from bilans.imports.fiches import _DANS_LA_CASE

TEMPS = 2.0


@pytest.mark.parametrize(
    "suite", ["-" * 50_000, "." * 50_000, " a." * 20_000, " www.exemple.fr/" + "a-b/" * 20_000]
)
def test_une_part_suivie_de_n_importe_quoi_se_lit_vite(suite):
    debut = time.process_time()
    assert EN_QPV.match(suite) is None
    assert time.process_time() - debut < TEMPS


@pytest.mark.parametrize(
    "suite", [" résident en QPV", " (QPV)", " des habitants d'un quartier prioritaire", " issus du QPV"]
)
def test_une_part_du_quartier_se_reconnait(suite):
    assert EN_QPV.match(suite) is not None


@pytest.mark.parametrize(
    ("lire", "texte"),
    [
        (lambda texte: list(textes_lus.denombrements(texte)), "20" * 50_000),
        (textes_lus._TITRE_D_ARTICLE.findall, "\n" * 100_000),
        (_DANS_LA_CASE.match, " " * 32_000),
    ],
)
def test_un_texte_sans_fin_se_lit_vite(lire, texte):
    debut = time.process_time()
    assert not lire(texte)
    assert time.process_time() - debut < TEMPS
