"""Amounts, counts and days as people type them: read when unambiguous, refused in words otherwise."""

from datetime import date
from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from bilans.models import Bilan
from comptes import champs
from documents import formats
from financements.models import LigneFinancement

NBSP, FINE, MOINS = "\u00a0", "\u202f", "\u2212"


def lire(champ, texte):
    return champ.clean(texte)


def refus(champ, texte):
    with pytest.raises(ValidationError) as erreur:
        champ.clean(texte)
    return erreur.value.messages


def montant(**options):
    return champs.ChampMontantFormulaire(required=False, **options)


def nombre(**options):
    return champs.ChampNombre(required=False, **options)


def jour():
    return champs.ChampDate(required=False)


# -- Amounts ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("texte", "valeur"),
    [
        ("24000", "24000"),
        ("24 000", "24000"),
        (f"24{NBSP}000", "24000"),
        (f"24{FINE}000", "24000"),
        ("24 000 €", "24000"),
        (f"1{FINE}234,50{NBSP}€", "1234.50"),
        ("1200 euros", "1200"),
        ("1 200 EUR", "1200"),
        ("1234.5", "1234.50"),
        ("12,", "12"),
        ("0", "0"),
        ("  007 ", "7"),
        ("9 999 999 999,99", "9999999999.99"),
    ],
)
def test_un_montant_se_lit(texte, valeur):
    lu = lire(montant(), texte)
    assert lu == Decimal(valeur)
    assert lu.as_tuple().exponent == -2


@pytest.mark.parametrize("texte", ["", "   ", NBSP, None])
def test_un_blanc_n_est_pas_zero(texte):
    assert lire(montant(), texte) is None
    assert lire(nombre(), texte) is None
    assert lire(jour(), texte) is None


@pytest.mark.parametrize(
    ("texte", "phrase"),
    [
        ("mille", champs.MONTANT_ILLISIBLE),
        ("24 00O", champs.MONTANT_ILLISIBLE),
        ("1e5", champs.MONTANT_ILLISIBLE),
        ("NaN", champs.MONTANT_ILLISIBLE),
        ("Infinity", champs.MONTANT_ILLISIBLE),
        ("٣٤", champs.MONTANT_ILLISIBLE),
        ("12 50", champs.MONTANT_ILLISIBLE),
        ("1.234,50", champs.MONTANT_ILLISIBLE),
        ("1,234.50", champs.MONTANT_ILLISIBLE),
        ("€", champs.MONTANT_ILLISIBLE),
        (",", champs.MONTANT_ILLISIBLE),
        ("- €", champs.MONTANT_ILLISIBLE),
        ("-5", champs.MONTANT_NEGATIF),
        (f"{MOINS} 1 200,00 €", champs.MONTANT_NEGATIF),
        ("12345,678", champs.MONTANT_CENTIMES),
        ("1,5000", champs.MONTANT_CENTIMES),
        ("10 000 000 000", champs.MONTANT_GRAND),
        ("9" * 5000, champs.MONTANT_GRAND),
        ("1.234", "« 1.234 » peut se lire de deux façons : écrivez 1 234, ou 1,23."),
        ("24,000", "« 24,000 » peut se lire de deux façons : écrivez 24 000, ou 24,00."),
    ],
)
def test_un_montant_se_refuse_en_disant_comment_l_ecrire(texte, phrase):
    assert refus(montant(), texte) == [phrase]


@given(st.decimals(min_value=0, max_value=Decimal("9999999999.99"), places=2))
def test_ce_que_nous_ecrivons_se_relit(valeur):
    assert lire(montant(), formats.montant(valeur)) == valeur
    assert lire(montant(), montant().prepare_value(valeur)) == valeur
    assert lire(montant(), str(valeur)) == valeur


@given(st.text())
def test_aucun_texte_ne_fait_tomber_les_champs(texte):
    for champ, type_lu in ((montant(), Decimal), (nombre(), int), (jour(), date)):
        try:
            lu = champ.clean(texte)
        except ValidationError as erreur:
            lu = erreur.messages
        assert lu is None or isinstance(lu, type_lu) or len(lu) == 1


@given(st.text(alphabet="0123456789 .,-€", min_size=1, max_size=14))
def test_un_montant_lu_est_celui_que_l_oeil_lit(texte):
    """Whatever is accepted has the digits of the text, in order: nothing is guessed."""
    try:
        lu = lire(montant(), texte)
    except ValidationError:
        return
    if lu is None:
        return
    entier, _, decimales = texte.replace(" ", "").replace("€", "").replace(",", ".").partition(".")
    assert lu == Decimal(f"{entier}.{decimales or 0}")


def test_un_montant_est_obligatoire_quand_on_le_dit():
    assert refus(champs.ChampMontantFormulaire(), "") == ["Ce champ est obligatoire."]


# -- Counts ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("texte", "valeur"), [("0", 0), ("30", 30), (f"1{FINE}200", 1200), ("007", 7)])
def test_un_nombre_se_lit(texte, valeur):
    assert lire(nombre(), texte) == valeur


@pytest.mark.parametrize(
    ("texte", "phrase"),
    [
        ("une vingtaine", champs.NOMBRE_ILLISIBLE),
        ("12+17", champs.NOMBRE_ILLISIBLE),
        ("12,5", champs.NOMBRE_ILLISIBLE),
        ("1.200", champs.NOMBRE_ILLISIBLE),
        ("1 20", champs.NOMBRE_ILLISIBLE),
        ("²", champs.NOMBRE_ILLISIBLE),
        ("-3", champs.NOMBRE_NEGATIF),
        (f"{MOINS}3", champs.NOMBRE_NEGATIF),
        ("2147483648", champs.NOMBRE_GRAND),
        ("9" * 6000, champs.NOMBRE_GRAND),
    ],
)
def test_un_nombre_se_refuse_en_disant_comment_l_ecrire(texte, phrase):
    assert refus(nombre(), texte) == [phrase]


def test_un_nombre_a_la_borne_qu_on_lui_donne():
    assert lire(nombre(maximum=99), "99") == 99
    assert refus(nombre(maximum=99), "100") == [champs.NOMBRE_GRAND]


@given(st.integers(min_value=0, max_value=champs.PLUS_GRAND_NOMBRE))
def test_un_nombre_ecrit_se_relit(valeur):
    assert lire(nombre(), nombre().prepare_value(valeur)) == valeur


# -- Days ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "texte", ["2024-06-30", "30/06/2024", "30-06-2024", "30.06.2024", "30 06 2024", " 30/6/2024 "]
)
def test_un_jour_se_lit(texte):
    assert lire(jour(), texte) == date(2024, 6, 30)


@pytest.mark.parametrize(
    ("texte", "phrase"),
    [
        ("30 juin 2024", champs.DATE_ILLISIBLE),
        ("06/2024", champs.DATE_ILLISIBLE),
        ("2024/06/30", champs.DATE_ILLISIBLE),
        ("31/02/2024", champs.DATE_IMPOSSIBLE),
        ("2024-13-01", champs.DATE_IMPOSSIBLE),
        ("00/01/2024", champs.DATE_IMPOSSIBLE),
        ("30/06/24", champs.DATE_ANNEE),
        ("0024-06-30", champs.DATE_ANNEE),
        ("01/01/9999", champs.DATE_ANNEE),
        ("01/01/" + "9" * 6000, champs.DATE_ANNEE),
    ],
)
def test_un_jour_se_refuse_en_disant_comment_l_ecrire(texte, phrase):
    assert refus(jour(), texte) == [phrase]


@given(st.dates(date(1800, 1, 1), date(2100, 12, 31)))
def test_un_jour_ecrit_se_relit(valeur):
    assert lire(jour(), jour().prepare_value(valeur)) == valeur
    assert lire(jour(), f"{valeur:%d/%m}/{valeur.year:04d}") == valeur


# -- On the page -----------------------------------------------------------------------------------
@pytest.fixture
def formulaire():
    return type(
        "Formulaire",
        (forms.Form,),
        {"somme": montant(label="Somme"), "nb": nombre(label="Nombre"), "debut": jour()},
    )


def test_ce_qui_est_mal_tape_revient_tel_quel(formulaire):
    page = formulaire({"somme": "mille euros", "nb": "douze", "debut": "31/02/2024"}).as_div()
    assert 'value="mille euros"' in page
    assert 'value="douze"' in page
    assert 'value="31/02/2024"' in page


def test_un_jour_tape_a_la_main_revient_dans_le_calendrier(formulaire):
    """A browser's calendar shows nothing but the ISO format: the day typed would be lost on the way back."""
    assert 'value="2024-06-30"' in formulaire({"debut": "30/06/2024", "nb": "x"}).as_div()


def test_les_valeurs_connues_sont_ecrites_a_la_francaise(formulaire):
    page = formulaire(initial={"somme": Decimal("24000.00"), "nb": 1200, "debut": date(2024, 6, 30)}).as_div()
    assert f'value="24{FINE}000"' in page
    assert f'value="1{FINE}200"' in page
    assert 'value="2024-06-30"' in page
    assert 'inputmode="decimal"' in page
    assert 'inputmode="numeric"' in page
    assert 'type="date"' in page
    assert page.count('autocomplete="off"') == 3


def test_seul_un_changement_de_valeur_en_est_un(formulaire):
    initial = {"somme": Decimal("24000.00"), "nb": 1200, "debut": date(2024, 6, 30)}
    memes = {"somme": "24000", "nb": f"1{FINE}200", "debut": "30/06/2024"}
    assert formulaire(memes, initial=initial).changed_data == []
    autres = {"somme": "", "nb": "0", "debut": "x"}
    assert formulaire(autres, initial=initial).changed_data == ["somme", "nb", "debut"]
    assert formulaire({"somme": "0"}).changed_data == ["somme"]
    assert formulaire({"somme": "", "nb": "", "debut": ""}).changed_data == []


def test_un_formulaire_de_modele_peut_prendre_nos_champs():
    classes = {"salaries": champs.ChampNombre, "montant_demande": champs.ChampMontantFormulaire}
    for modele, nom in ((Bilan, "salaries"), (LigneFinancement, "montant_demande")):
        form = forms.modelform_factory(modele, fields=[nom], field_classes=classes)
        assert type(form.base_fields[nom]) is classes[nom]


# -- Texts -----------------------------------------------------------------------------------------
def test_un_texte_garde_ses_lignes_sans_les_caracteres_qu_aucun_document_ne_tient():
    assert champs.ChampTexte().clean(" un\r\ndeux\rtrois\x00\x0c\x1b\ufffe\t😀 ") == "un\ndeux\ntrois\t😀"


def test_un_texte_qui_n_a_que_des_caracteres_de_controle_est_vide():
    assert refus(champs.ChampTexte(), "\x00\x0c") == ["Ce champ est obligatoire."]


def test_un_texte_trop_long_est_refuse_sans_que_le_navigateur_le_coupe():
    champ = champs.ChampTexte(widget=forms.Textarea)
    assert champ.clean("a" * 20_000) == "a" * 20_000
    assert refus(champ, "a" * 20_001) == [
        f"Ce texte a 20{FINE}001 caractères : abrégez-le à 20{FINE}000 au plus."
    ]
    assert "maxlength" not in champ.widget.attrs
