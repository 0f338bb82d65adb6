"""Texts that somebody, or a sheet, repeats without end: what reads them ends."""

import pytest

from bilans.controles import textes_lus
from bilans.controles.dates import _ENTRE_DEUX_DATES
from bilans.controles.effectifs_lus import EN_QPV
from bilans.controles.financements import _SUITE
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


BLANCS = " " * 100_000


@pytest.mark.parametrize("suite", ["", "x", ".", "et", "dans"])
def test_une_suite_de_blancs_se_coupe_jusqu_au_bout(suite):
    with se_termine():
        assert _SUITE.split(f"la CAF{BLANCS}{suite}")[0].strip() == f"la CAF{BLANCS}{suite}".strip()


@pytest.mark.parametrize(
    "texte", [f"{BLANCS}x", f",{BLANCS}x", f",{BLANCS}les{BLANCS}x", f"et{BLANCS}le{BLANCS}x"]
)
def test_deux_dates_separees_de_blancs_se_lisent_jusqu_au_bout(texte):
    with se_termine():
        assert _ENTRE_DEUX_DATES.fullmatch(texte) is None


@pytest.mark.parametrize("liste", [", ", " et ", ", puis le ", "/", "\t– les ", ", et\xa0", " puis "])
def test_deux_dates_d_une_liste_se_suivent(liste):
    assert _ENTRE_DEUX_DATES.fullmatch(liste) is not None


@pytest.mark.parametrize(
    ("qui", "noms"),
    [
        ("la CAF, le Département et  la Ville", ["la CAF", " le Département", "la Ville"]),
        ("l'État dans le cadre du plan", ["l'État", ""]),
        ("la Région  en 2024", ["la Région", ""]),
        ("la Ville, pour le quartier", ["la Ville", "", ""]),
    ],
)
def test_les_financeurs_d_une_phrase_se_separent(qui, noms):
    assert _SUITE.split(qui) == noms
