"""Numbers of organisations and places: what is right, what is mended and said, what is refused in a sentence."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import identifiants as i

# Open data, recomputed (domaine.md §6).
CITE_JEUNE, LA_POSTE_SIEGE, LA_POSTE = "44332616000019", "35600000000048", "35600000009075"
ZERO_EN_TETE = "00552017600016"


@pytest.mark.parametrize("numero", [CITE_JEUNE, "51894360000024", "77838093100023", LA_POSTE_SIEGE, LA_POSTE])
def test_des_siret_valables(numero):
    assert i.valider_siret(numero) is None


@pytest.mark.parametrize(
    ("numero", "phrase"),
    [
        ("44332616000018", i.SIRET_FAUX),
        ("35600000009076", i.SIRET_FAUX),
        ("443326160", i.SIRET_SIREN),
        ("4433261600001", "Un SIRET a quatorze chiffres : vous en avez saisi 13."),
        ("4433261600001O", i.SIRET_LETTRES),
        ("²" * 14, i.SIRET_LETTRES),
    ],
)
def test_un_siret_faux_se_dit(numero, phrase):
    with pytest.raises(i.IdentifiantInvalide) as refus:
        i.valider_siret(numero)
    assert str(refus.value) == phrase


@pytest.mark.parametrize(
    "lu", ["23450002300028.0", "23450002300028,00", " 234 500 023 00028 ", 23450002300028, 23450002300028.0]
)
def test_un_siret_abime_par_un_tableur_est_repare(lu):
    assert i.reparer_siret(lu).numero == "23450002300028"


def test_ce_qui_est_repare_est_dit():
    assert i.reparer_siret("23450002300028") == i.Repare("23450002300028")
    assert i.reparer_siret("23450002300028.0").repare == "Numéro corrigé : « ,0 » retiré."
    espaces = i.reparer_siret("234 500 023 00028")
    assert (espaces.repare, espaces.espaces_seules) == ("Numéro corrigé : espaces retirées.", True)
    perdus = i.reparer_siret(int(ZERO_EN_TETE))
    assert (perdus.numero, perdus.repare) == (ZERO_EN_TETE, "Numéro corrigé : zéros du début remis.")
    assert i.reparer_siret(f"{int(ZERO_EN_TETE)}.0").repare == (
        "Numéro corrigé : « ,0 » retiré, zéros du début remis."
    )
    assert i.reparer_siren("5520176").numero == "005520176"


@pytest.mark.parametrize("lu", ["2,345E+13", "2.345e13", " 2,345 E+13"])
def test_un_numero_raccourci_est_refuse(lu):
    with pytest.raises(i.IdentifiantInvalide, match="raccourci"):
        i.reparer_siret(lu)


@pytest.mark.parametrize("lu", ["", "abc", -1, 1.5, float("nan"), float("inf"), Decimal("1e40"), "1" * 500])
def test_rien_d_autre_ne_passe_ni_ne_fait_tomber(lu):
    with pytest.raises(i.IdentifiantInvalide):
        i.reparer_siret(lu)


@given(st.text(max_size=30))
def test_aucun_texte_ne_fait_tomber(lu):
    for reparer in (i.reparer_siret, i.reparer_siren, i.reparer_rna, i.reparer_qpv, i.reparer_commune):
        try:
            repare = reparer(lu)
        except i.IdentifiantInvalide:
            continue
        assert reparer(repare.numero) == i.Repare(repare.numero)


@pytest.mark.parametrize("numero", ["W391000123", "W2A1234567", "W9R1234567"])
def test_les_rna_de_corse_et_d_outre_mer_sont_des_rna(numero):
    assert i.valider_rna(numero) is None


def test_un_rna_se_repare():
    assert i.reparer_rna("w39 1000123").numero == "W391000123"
    assert i.reparer_rna("391000123") == i.Repare("W391000123", "Numéro corrigé : « W » remis devant.")
    with pytest.raises(i.IdentifiantInvalide, match="neuf caractères"):
        i.reparer_rna("W39")


@pytest.mark.parametrize(
    ("code", "generation"),
    [("QP093028", "2015"), ("QN09301M", "2024"), ("QP02A001", "2015"), ("QN97101I", "2024")],
)
def test_les_deux_generations_de_qpv(code, generation):
    assert i.generation_qpv(code) == generation
    assert i.reparer_qpv(f" {code.lower()} ").numero == code


@pytest.mark.parametrize("code", ["QN093028", "QP09301M", "QP93028", ""])
def test_un_code_de_qpv_faux(code):
    with pytest.raises(i.IdentifiantInvalide, match="QP093028"):
        i.valider_qpv(code)


def test_les_codes_de_commune():
    assert i.reparer_commune("39198") == i.Repare("39198")
    assert i.reparer_commune(1004) == i.Repare("01004", "Numéro corrigé : zéro du début remis.")
    assert i.reparer_commune("2a004").numero == "2A004"
    assert i.reparer_commune("39198.0").numero == "39198"
    for faux in ("2C004", "391", "Dole"):
        with pytest.raises(i.IdentifiantInvalide):
            i.reparer_commune(faux)
