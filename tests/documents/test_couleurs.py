"""A colour is read as people write it; the shade proposed for a pale one is the lightest that passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.couleurs import CONTRASTE_MIN, contraste, lire_couleur, nuance_lisible, se_lit_en_blanc


@pytest.mark.parametrize(
    ("texte", "attendue"),
    [
        ("#0F5C63", "#0F5C63"),
        (" 0f5c63 ", "#0F5C63"),
        ("#0a5", "#00AA55"),
        ("15, 92, 99", "#0F5C63"),
        ("15 92 99", "#0F5C63"),
        ("15/92/99", "#0F5C63"),
        ("rgb(15, 92, 99)", "#0F5C63"),
        ("RVB : 15, 92, 99", "#0F5C63"),
    ],
)
def test_une_couleur_se_lit_comme_on_l_ecrit(texte, attendue):
    assert lire_couleur(texte) == attendue


@pytest.mark.parametrize(
    "texte", ["", "bleu", "#0F5C6", "#0F5C6G", "15, 92", "15, 92, 256", "#0F5C63; x:y", "٣, ٣, ٣x"]
)
def test_ce_qui_n_est_pas_une_couleur_est_refuse(texte):
    with pytest.raises(ValueError, match="Ce n'est pas une couleur"):
        lire_couleur(texte)


@pytest.mark.parametrize(
    ("couleur", "attendu"), [("#FFFFFF", 1.0), ("#000000", 21.0), ("#767676", 4.54), ("#777777", 4.48)]
)
def test_le_contraste_est_celui_des_wcag(couleur, attendu):
    assert round(contraste(couleur), 2) == attendu


def test_la_nuance_d_une_couleur_claire_garde_sa_teinte():
    assert nuance_lisible("#0F5C63") == "#0F5C63"
    assert nuance_lisible("#FFCC00") == "#907300"
    assert nuance_lisible("#FFFFFF") == "#767676"


COULEURS = st.builds("#{:02X}{:02X}{:02X}".format, *[st.integers(0, 255)] * 3)


@given(COULEURS)
def test_la_nuance_proposee_passe_toujours_et_ne_change_pas_une_couleur_qui_passe(couleur):
    proposee = nuance_lisible(couleur)
    assert contraste(proposee) >= CONTRASTE_MIN
    assert (proposee == couleur) == se_lit_en_blanc(couleur)
