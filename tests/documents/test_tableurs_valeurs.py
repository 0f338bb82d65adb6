"""What a cell says: every form met, and never a guess."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents import montant as montant_affiche
from documents.formats import arrondir
from documents.tableurs.valeurs import (
    Ambigu,
    DateAmbigue,
    Entier,
    Illisible,
    Immatriculation,
    Intervalle,
    Jour,
    Montant,
    Periode,
    Pourcentage,
    dit_sans_chiffre,
    lire_date,
    lire_entier,
    lire_immatriculation,
    lire_montant,
    lire_oui_non,
    lire_pourcentage,
)

INSECABLES = "\u00a0\u202f\u2009\u2007 "
BLANCS = [
    None,
    "",
    "  ",
    "\u00a0",
    "-",
    "–",
    "—",
    "−",
    "/",
    "…",
    "NC",
    "n.c.",
    "N/A",
    "Sans objet",
    "non renseigné",
]
LECTEURS = [lire_montant, lire_entier, lire_date, lire_pourcentage, lire_oui_non, lire_immatriculation]


@pytest.mark.parametrize("lire", LECTEURS)
@pytest.mark.parametrize("blanc", BLANCS)
def test_un_blanc_n_est_jamais_zero(lire, blanc):
    assert lire(blanc) is None


@pytest.mark.parametrize("lire", LECTEURS)
@given(valeur=st.one_of(st.text(max_size=40), st.text("0123456789 .,/-+€%ek()\n=x", max_size=15)))
@settings(max_examples=150, deadline=None)
def test_aucun_texte_ne_fait_tomber_un_lecteur(lire, valeur):
    lu = lire(valeur)
    if isinstance(lu, Ambigu | DateAmbigue | Illisible):
        assert lu.raison.endswith((".", "?"))
    if isinstance(lu, Ambigu | DateAmbigue):
        assert len(lu.lectures) == len(set(lu.lectures)) > 0


@pytest.mark.parametrize("lire", LECTEURS)
@pytest.mark.parametrize(
    "valeur",
    [
        "x" * 5_000,
        "1 " * 5_000,
        "9" * 5_000,
        "9" * 190,
        "9 " * 90,
        "9" * 95 + " " + "9" * 95,
        "(" * 5_000,
        "1,1" * 3_000,
        10**300,
        Decimal("1E-300"),
        "²",
        "١٢٣",
    ],
)
def test_valeurs_demesurees(lire, valeur):
    lu = lire(valeur)
    assert lu is not None
    assert len(getattr(lu, "raison", "")) < 400


# -- Amounts ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("ecrit", "attendu"),
    [
        *((f"24{espace}000", "24000") for espace in INSECABLES),
        ("16072", "16072"),
        ("1 234,50 €", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1 234.5", "1234.50"),
        ("1.234.567", "1234567"),
        ("1'200", "1200"),
        ("12k€", "12000"),
        ("12,5 K€", "12500"),
        ("1,5 M€", "1500000"),
        ("3 000 euros", "3000"),
        ("€ 500", "500"),
        ("500 EUR", "500"),
        ("-500", "-500"),
        ("− 1 200 €", "-1200"),
        ("0", "0"),
        ("Néant", "0"),
        ("aucun", "0"),
        ("0,5", "0.50"),
        ("0.500", "0.50"),
        ("3 000 € en 2023", "3000"),
        ("3 000 € (2024)", "3000"),
        ("3 000 € (accordés)", "3000"),
        ("3 k€", "3000"),
        ("Subvention : 3000", "3000"),
        ("3000 demandés", "3000"),
        ("1 000 + 500 = 1 500", "1500"),
        ("\ufeff2\u200b000", "2000"),
    ],
)
def test_montants(ecrit, attendu):
    assert lire_montant(ecrit) == Montant(Decimal(attendu))


@pytest.mark.parametrize(
    ("ecrit", "lectures"),
    [
        ("1.234", ["1234", "1.234"]),
        ("12,345", ["12345", "12.345"]),
        ("1.234 €", ["1234", "1.234"]),
        ("1000/2000", ["1000", "2000"]),
        ("1 000 + 500", ["1500", "1000", "500"]),
        ("15 000\n2 000", ["15000", "2000", "17000"]),
        ("15 000 2 000", ["15000", "2000", "17000"]),
        ("1 000 + 500 = 1 600", ["1000", "500", "1600"]),
        ("24 00", ["2400", "24", "0"]),
        ("1000 à 2000", ["1000", "2000"]),
        ("1000 ou 2000", ["1000", "2000"]),
        ("2 x 500 €", ["1000", "2", "500"]),
        ("(1 200)", ["-1200", "1200"]),
        ("(1 200 €)", ["-1200", "1200"]),
        ("4 classes", ["4"]),
        # a detail in brackets is no more money, and what is said there is not lost
        ("4000 (2000 en 2024)", ["4000"]),
        ("4 000 € (dont 2 000 € en 2024)", ["4000"]),
        ("4 000 (2024)", ["4000"]),
        ("4 000 + 500 (2024)", ["4000", "500"]),
        ("4 000 en 2024", ["4000", "2024"]),
        ("2000€ (en attente)", ["2000"]),
        ("2000 € en attente", ["2000"]),
        ("3 000 € (convention)", ["3000"]),
        ("Ville 3000", ["3000"]),
    ],
)
def test_montants_ambigus(ecrit, lectures):
    lu = lire_montant(ecrit)
    assert isinstance(lu, Ambigu)
    assert lu.lectures == tuple(Decimal(lecture) for lecture in lectures)
    assert lu.raison.endswith("?")


@pytest.mark.parametrize(
    ("valeur", "mots"),
    [
        ("50 %", "pourcentage"),
        ("#REF!", "erreur de formule"),
        ("#NOM?", "erreur de formule"),
        ("12/03/2024", "date"),
        (date(2024, 3, 12), "12/03/2024"),
        (True, "VRAI"),
        ("voir plus bas", "n'est pas un montant"),
        ("?", "n'est pas un montant"),
        ("1.2.3", "sait lire"),
        ("1,2E+5", "raccourci"),
        ("a" * 300, "long texte"),
    ],
)
def test_montants_illisibles(valeur, mots):
    lu = lire_montant(valeur)
    assert isinstance(lu, Illisible)
    assert mots in lu.raison


def test_montants_en_nombre():
    assert lire_montant(24000) == Montant(Decimal(24000))
    # the noise of the machine is not cents; more than cents is said
    assert lire_montant(Decimal("1234.5600000000001")) == Montant(Decimal("1234.56"))
    assert lire_montant(Decimal("33.333333333333336")) == Montant(Decimal("33.33"), arrondi=True)
    assert lire_montant("environ 3 000 €") == Montant(Decimal(3000), approximatif=True)


@given(st.decimals(0, 10**9, places=2))
@settings(deadline=None)
def test_ce_que_pilotis_affiche_se_relit(valeur):
    assert lire_montant(montant_affiche(valeur)) == Montant(arrondir(valeur, 2))


@pytest.mark.parametrize("ecrit", ["NC", "n.c.", "à préciser", "en attente", "(En attente)"])
def test_un_chiffre_qui_n_est_pas_connu_est_un_blanc_qui_se_dit(ecrit):
    assert (lire_montant(ecrit), lire_entier(ecrit), dit_sans_chiffre(ecrit)) == (None, None, True)
    assert not any(dit_sans_chiffre(muet) for muet in ("", "-", None, 12, "12", "voir plus bas"))


# -- Whole numbers ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("valeur", "attendu"),
    [
        (20, Entier(20)),
        ("1 250 hab.", Entier(1250)),
        ("1.250", Entier(1250)),
        ("12,0", Entier(12)),
        (Decimal("12.0"), Entier(12)),
        ("25 enfants", Entier(25)),
        ("néant", Entier(0)),
        ("environ 20", Entier(20, approximatif=True)),
        ("~ 15", Entier(15, approximatif=True)),
        ("plus de 20", Entier(20, approximatif=True)),
        ("une vingtaine de jeunes", Entier(20, approximatif=True)),
        ("Une douzaine", Entier(12, approximatif=True)),
        ("20 à 30", Intervalle(20, 30)),
        ("20-30", Intervalle(20, 30)),
        ("entre 20 et 120 visiteurs", Intervalle(20, 120)),
        ("de 1 200 à 1 500", Intervalle(1200, 1500)),
        ("12 filles 13 garçons", (12, 13, 25)),
        ("30 (15F/15G)", (30,)),
        ("30 (en 2024)", (30,)),
        ("30 en 2024", (30, 2024)),
        ("12 à 15", Intervalle(12, 15)),
        ("10+5", (15, 10, 5)),
        ("12\n13", (12, 13, 25)),
        ("30 à 20", (30, 20)),
        ("1,5", "entier"),
        (Decimal("2.5"), "entier"),
        ("-3", "négatif"),
        (-3, "négatif"),
        ("6-15 ans", "âge"),
        ("50 %", "pourcentage"),
        ("beaucoup", "n'est pas un nombre"),
        (date(2024, 3, 1), "mauvais format"),
    ],
)
def test_entiers(valeur, attendu):
    lu = lire_entier(valeur)
    if isinstance(attendu, str):
        assert isinstance(lu, Illisible)
        assert attendu in lu.raison
    elif isinstance(attendu, tuple):
        assert isinstance(lu, Ambigu)
        assert lu.lectures == tuple(map(Decimal, attendu))
    else:
        assert lu == attendu


# -- Days ------------------------------------------------------------------------------------------
DOUZE_MARS = Jour(date(2024, 3, 12))


@pytest.mark.parametrize(
    "valeur",
    [
        *(
            date(2024, 3, 12),
            datetime(2024, 3, 12, 14, 30),
            "12/03/2024",
            "12-03-2024",
            "12.03.24",
            "12/3/24",
        ),
        *(
            "12 mars 2024",
            "le 12 MARS 24",
            "mardi 12 mars 2024",
            "2024-03-12",
            "2024/03/12",
            "2024-03-12T14:30:00",
        ),
        *(
            "12/03/2024 14:30",
            "12/03/2024 à 14h30",
            "12\u00a0mars\u00a02024",
            "12 / 03 / 2024",
            "mar. 12 mars 2024",
        ),
    ],
)
def test_jours(valeur):
    assert lire_date(valeur) == DOUZE_MARS


@pytest.mark.parametrize(
    ("ecrit", "debut", "fin"),
    [
        ("mars 2024", date(2024, 3, 1), date(2024, 3, 31)),
        ("Févr. 24", date(2024, 2, 1), date(2024, 2, 29)),
        ("03/2024", date(2024, 3, 1), date(2024, 3, 31)),
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        (2024, date(2024, 1, 1), date(2024, 12, 31)),
        ("T1 2024", date(2024, 1, 1), date(2024, 3, 31)),
        ("4e trimestre 2024", date(2024, 10, 1), date(2024, 12, 31)),
        ("année scolaire 2023-2024", date(2023, 9, 1), date(2024, 8, 31)),
        ("2020-2024", date(2020, 1, 1), date(2024, 12, 31)),
        ("du 12 au 15 mars 2024", date(2024, 3, 12), date(2024, 3, 15)),
        ("du 1er au 5 mai 2024", date(2024, 5, 1), date(2024, 5, 5)),
        ("du 25 juillet au 8 août 2024", date(2024, 7, 25), date(2024, 8, 8)),
        ("31/07 au 04/08/2024", date(2024, 7, 31), date(2024, 8, 4)),
        ("12/12/2023 - 15/03/2024", date(2023, 12, 12), date(2024, 3, 15)),
        ("de janvier à juin 2024", date(2024, 1, 1), date(2024, 6, 30)),
    ],
)
def test_periodes(ecrit, debut, fin):
    assert lire_date(ecrit) == Periode(debut, fin)


def test_jours_demandes_jamais_devines():
    americain = lire_date("03/25/2024")
    assert isinstance(americain, DateAmbigue)
    assert americain.lectures == (Jour(date(2024, 3, 25)),)
    assert americain.raison.endswith("est-ce le 25 mars 2024\u00a0?")
    sans_annee = lire_date("12 mars", annee=2024)
    assert isinstance(sans_annee, DateAmbigue)
    assert sans_annee.lectures == (DOUZE_MARS,)
    deux = lire_date("2023-2024")
    assert isinstance(deux, DateAmbigue)
    assert deux.lectures == (
        Periode(date(2023, 9, 1), date(2024, 8, 31)),
        Periode(date(2023, 1, 1), date(2024, 12, 31)),
    )


@pytest.mark.parametrize(
    ("valeur", "mots"),
    [
        ("31/02/2024", "calendrier"),
        ("00/00/2024", "calendrier"),
        ("2024-13-01", "calendrier"),
        ("13/2024", "calendrier"),
        ("12 mars", "l'année"),
        ("du 15 au 12 mars 2024", "finit avant"),
        ("2024-2023", "finit avant"),
        ("bientôt", "n'est pas une date"),
        (45363, "format «\u00a0Date\u00a0»"),
        (Decimal("0.5"), "nombre"),
        (True, "n'est pas une date"),
        ("12/03/2024 et 15/03/2024", "n'est pas une date"),
    ],
)
def test_jours_illisibles(valeur, mots):
    lu = lire_date(valeur)
    assert isinstance(lu, Illisible)
    assert mots in lu.raison


@pytest.mark.parametrize("serie", [45363, Decimal("45363.6"), "45363"])
def test_numero_de_jour_seulement_dans_une_colonne_de_dates(serie):
    assert lire_date(serie, serie=True) == DOUZE_MARS
    assert isinstance(lire_date(serie), Illisible)
    assert isinstance(lire_date(12, serie=True), Illisible)


# -- Shares, yes and no, numbers of organisations --------------------------------------------------
def test_pourcentages():
    assert lire_pourcentage(Decimal("0.47"), affiche_en_pourcentage=True) == Pourcentage(Decimal(47))
    assert lire_pourcentage(1, affiche_en_pourcentage=True) == Pourcentage(Decimal(100))
    assert lire_pourcentage("47 %") == lire_pourcentage(47) == Pourcentage(Decimal(47))
    assert lire_pourcentage("47,5 pour cent") == Pourcentage(Decimal("47.5"))
    assert lire_pourcentage(0) == Pourcentage(Decimal(0))
    for valeur in (Decimal("0.47"), "0,47"):
        lu = lire_pourcentage(valeur)
        assert isinstance(lu, Ambigu)
        assert lu.lectures == (Decimal(47), Decimal("0.47"))
    assert isinstance(lire_pourcentage("la moitié"), Illisible)


@pytest.mark.parametrize("oui", ["Oui", "OUI ", "o", "x", "X", "vrai", "✓", 1, True])
def test_oui(oui):
    assert lire_oui_non(oui) is True


@pytest.mark.parametrize("non", ["Non", "n", "FAUX", 0, False])
def test_non(non):
    assert lire_oui_non(non) is False


def test_ni_oui_ni_non():
    assert isinstance(lire_oui_non("peut-être"), Illisible)


# La Poste, whose SIRET have a key of their own, and Danone
@pytest.mark.parametrize(
    ("valeur", "attendu"),
    [
        ("356 000 000 00048", Immatriculation("35600000000048", "siret")),
        (35600000000048, Immatriculation("35600000000048", "siret")),
        ("552\u00a0032\u00a0534", Immatriculation("552032534", "siren")),
        (552032534, Immatriculation("552032534", "siren")),
        # a spreadsheet drops the zeros at the start of a number
        (5520176, Immatriculation("005520176", "siren")),
        ("SIRET : 356 000 000 00048", Immatriculation("35600000000048", "siret")),
    ],
)
def test_immatriculations(valeur, attendu):
    assert lire_immatriculation(valeur) == attendu


@pytest.mark.parametrize(
    ("valeur", "mots"),
    [
        ("1.2345E+13", "raccourci"),
        ("3,56E+13", "raccourci"),
        ("35600000000049", "clé de contrôle"),
        ("123", "14 chiffres"),
        ("W751234567", "14 chiffres"),
        (Decimal("35600000000048.5"), "Texte"),
        (date(2024, 3, 12), "Texte"),
    ],
)
def test_immatriculations_illisibles(valeur, mots):
    lu = lire_immatriculation(valeur)
    assert isinstance(lu, Illisible)
    assert mots in lu.raison
