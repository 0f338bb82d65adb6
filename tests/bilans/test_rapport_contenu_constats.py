"""The findings that are titles: true of the figures, whatever they are."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bilans.rapport.constats import qui_a_le_plus
from bilans.rapport.mots import avec_article, echapper, enumerer, part
from documents.prose import en_texte
from tests.outils.rapport import simple

MOTS = {
    "verbe": "porte,portent",
    "quoi": "des crédits",
    "tout": "tous les crédits",
    "compte": "financeur,financeurs",
}


@pytest.mark.parametrize(
    ("parts", "phrase"),
    [
        ([], ""),
        ([("la Ville", None), ("l'État", 0)], ""),
        ([("la Ville", 10), ("l'État", None)], "La Ville porte tous les crédits"),
        (
            [("l'État", 36), ("la Ville", 48), ("la Région", 16)],
            "La Ville et l'État portent 84 % des crédits",
        ),
        ([("la Ville", 80), ("l'État", 20)], "La Ville porte 80 % des crédits"),
        # two of two are everybody: the first one is what there is to say
        ([("la Ville", 60), ("l'État", 40)], "La Ville porte 60 % des crédits, la plus grande part"),
        ([("la Ville", 50), ("l'État", 50)], "La Ville et l'État portent la même part des crédits"),
        # an equal of the last one named is never left out
        (
            [("la Ville", 40), ("l'État", 20), ("la Région", 20), ("la CAF", 20)],
            "La Ville porte 40 % des crédits, la plus grande part",
        ),
        (
            [("la Ville", 30), ("l'État", 30), ("la Région", 20), ("la CAF", 20)],
            "La Ville et l'État portent la même part des crédits, la plus grande : 30 %",
        ),
        ([(str(n), 1) for n in range(5)], "5 financeurs portent la même part des crédits"),
        ([("la Ville", Decimal("999999")), ("l'État", 1)], "La Ville porte plus de 99,9 % des crédits"),
    ],
)
def test_qui_a_le_plus(parts, phrase):
    assert simple(qui_a_le_plus(parts, **MOTS)) == phrase


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**6)), max_size=8))
def test_nul_n_est_nomme_avant_son_egal(valeurs):
    parts = [(f"F{rang}.", valeur) for rang, valeur in enumerate(valeurs)]
    phrase = qui_a_le_plus(parts, **MOTS)
    nommes = [valeur for nom, valeur in parts if nom in phrase]
    autres = [valeur for nom, valeur in parts if nom not in phrase and valeur]
    assert bool(phrase) == any(valeurs)
    assert all(nommes)
    if nommes and autres:
        assert min(nommes) > max(autres)


@pytest.mark.parametrize(
    ("partie", "tout", "dite"),
    [
        (0, 10, "0 %"),
        (10, 10, "100 %"),
        (1, 3, "33 %"),
        (2, 3, "67 %"),
        (997, 1000, "99,7 %"),
        (1, 1000, "0,1 %"),
        (1, 10**6, "moins de 0,1 %"),
    ],
)
def test_une_part_en_mots(partie, tout, dite):
    assert simple(part(partie, tout)) == dite


@pytest.mark.parametrize(
    ("nom", "dit"),
    [
        ("État", "l'État"),
        ("Ville de Dole", "la Ville de Dole"),
        ("Département du Jura", "le Département du Jura"),
        ("UFOLEP", "UFOLEP"),
        ("", ""),
    ],
)
def test_l_article_d_un_nom(nom, dit):
    assert avec_article(nom) == dit


def test_enumerer():
    assert [enumerer(["a", "b", "c"][:n]) for n in range(4)] == ["", "a", "a et b", "a, b et c"]


@pytest.mark.parametrize(
    "texte",
    [
        "# 3 ateliers",
        "- oui",
        "12. mai",
        "*gras*",
        "[lien](https://exemple.fr)",
        "a_b_c",
        "1) un",
        "<b>",
        "> cité",
    ],
)
def test_ce_que_les_gens_ecrivent_n_est_pas_une_mise_en_forme(texte):
    assert en_texte(echapper(texte)) == texte
