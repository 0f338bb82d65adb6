"""Texts that somebody, or a sheet, repeats without end: what reads them ends."""

import pytest

from bilans.controles import textes_lus
from bilans.controles.effectifs_lus import EN_QPV
from bilans.imports.fiches import _DANS_LA_CASE
from tests.outils.sans_fin import se_termine


@pytest.mark.parametrize(
    "suite", ["-" * 50_000, "." * 50_000, " a." * 20_000, " www.exemple.fr/" + "a-b/" * 20_000]
)
def test_une_part_suivie_de_n_importe_quoi_se_lit_jusqu_au_bout(suite):
    with se_termine():
        assert EN_QPV.match(suite) is None


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
def test_un_texte_sans_fin_se_lit_jusqu_au_bout(lire, texte):
    with se_termine():
        assert not lire(texte)
