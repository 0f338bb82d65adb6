"""French formats, and shares that add to 100."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import date_longue, montant, nombre, pourcentage, repartir_100

FINE = "\u202f"
DUR = "\u00a0"

MONTANTS = st.decimals(min_value=-(10**10), max_value=10**10, places=2)
POSITIFS = st.decimals(min_value=0, max_value=10**10, places=2)


@pytest.mark.parametrize(
    ("valeur", "attendu"),
    [
        (Decimal("24000"), f"24{FINE}000{DUR}€"),
        (Decimal("24000.50"), f"24{FINE}000,50{DUR}€"),
        (Decimal("1234567.005"), f"1{FINE}234{FINE}567,01{DUR}€"),
        (Decimal("-1250"), f"\u22121{FINE}250{DUR}€"),
        (Decimal("-0.00"), f"0{DUR}€"),
        (0, f"0{DUR}€"),
        (None, ""),
    ],
)
def test_montant(valeur, attendu):
    assert montant(valeur) == attendu


def test_montant_centimes_imposes_et_sans_unite():
    assert montant(Decimal(1000), centimes=True, unite=False) == f"1{FINE}000,00"
    assert montant(Decimal("1000.60"), centimes=False) == f"1{FINE}001{DUR}€"


def test_montant_refuse_un_float_et_un_infini():
    with pytest.raises(TypeError):
        montant(24000.5)
    with pytest.raises(ValueError, match="fini"):
        montant(Decimal("NaN"))


def test_nombre():
    assert nombre(1234) == f"1{FINE}234"
    assert nombre(Decimal("1234.50")) == f"1{FINE}234,5"
    assert nombre(Decimal(100)) == "100"
    assert nombre(Decimal("3.14159"), decimales=2) == "3,14"
    assert nombre(None) == ""


def test_pourcentage():
    assert pourcentage(Decimal("12.5")) == f"12,5{DUR}%"
    assert pourcentage(47, decimales=0) == f"47{DUR}%"
    assert pourcentage(None) == ""


def test_date_longue():
    assert date_longue(date(2025, 6, 30)) == "30 juin 2025"
    assert date_longue(date(2025, 8, 1)) == "1er août 2025"
    assert date_longue(None) == ""


@given(MONTANTS)
def test_montant_se_relit_exactement(valeur):
    texte = montant(valeur)
    assert texte.endswith(f"{DUR}€")
    chiffres = texte[:-2].replace(FINE, "").replace("\u2212", "-").replace(",", ".")
    assert Decimal(chiffres) == valeur
    entier = texte[:-2].lstrip("\u2212").split(",")[0]
    assert [len(groupe) for groupe in entier.split(FINE)][1:] == [3] * entier.count(FINE)


@given(st.lists(POSITIFS, min_size=1, max_size=30), st.integers(min_value=0, max_value=3))
def test_les_parts_font_cent_et_restent_a_moins_d_une_unite(valeurs, decimales):
    parts = repartir_100(valeurs, decimales)
    total = sum(valeurs)
    if not total:
        assert parts == [None] * len(valeurs)
        return
    pas = Decimal(1).scaleb(-decimales)
    assert sum(parts) == 100
    for valeur, part in zip(valeurs, parts, strict=True):
        assert abs(part - 100 * valeur / total) < pas + Decimal("1e-20")
        assert part == part.quantize(pas)


@given(st.lists(POSITIFS, min_size=2, max_size=10).filter(any))
def test_une_valeur_plus_grande_n_a_pas_une_part_plus_petite(valeurs):
    parts = repartir_100(valeurs)
    paires = sorted(zip(valeurs, parts, strict=True))
    assert [part for _, part in paires] == sorted(parts)


def test_les_parts_de_bagnols_2023():
    """The printed document gives 47, 5, 0, 37, 11 and 4 %: 104 %."""
    sommes = [321439, 26000, 2500, 238800, 60300, 18000]
    attendues = ["48.2", "3.9", "0.4", "35.8", "9.0", "2.7"]
    assert repartir_100(sommes) == [Decimal(part) for part in attendues]


def test_parts_trois_tiers_blancs_et_zeros():
    assert repartir_100([1, 1, 1]) == [Decimal("33.4"), Decimal("33.3"), Decimal("33.3")]
    assert repartir_100([None, 3, 0]) == [None, 100, 0]
    assert repartir_100([None, 0]) == [None, None]
    assert repartir_100([]) == []


def test_parts_refusent_un_negatif():
    with pytest.raises(ValueError, match="positives"):
        repartir_100([10, -1])
