"""The grid of people: totals, and what does not add up, said with the figures."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bilans.effectifs import (
    ENSEMBLE,
    FEMMES,
    HOMMES,
    NON_RENSEIGNE,
    QPV,
    SEXES,
    TOTAL,
    Cellule,
    Grille,
    ecarts,
    grilles,
    nom_du_champ,
)
from bilans.models import Bilan, Effectif
from tests import fabriques
from tests.outils.pages import lisible


class Bande:
    """An age band, without a database."""

    def __init__(self, pk, libelle):
        self.pk, self.libelle = pk, libelle


ENFANTS, JEUNES = Bande(1, "6 à 15 ans"), Bande(2, "16 à 17 ans")
BANDES = (ENFANTS, JEUNES)


def grille(perimetre=ENSEMBLE, bandes=None, **ensemble):
    """Return a grid: `grille(F=12, T=30, bandes={1: {"F": 4}})`."""
    cellules = {Cellule(None, sexe): n for sexe, n in ensemble.items()}
    for pk, rang in (bandes or {}).items():
        cellules |= {Cellule(pk, sexe): n for sexe, n in rang.items()}
    return Grille(perimetre, BANDES, cellules)


def messages(g):
    return [(e.code, lisible(e.message)) for e in g.ecarts()]


# -- Totals ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("g", "total"),
    [
        (grille(), None),
        (grille(T=0), 0),
        (grille(T=30), 30),
        (grille(F=12, H=17), 29),
        (grille(F=12), 12),
        (grille(F=12, H=17, N=1), 30),
        (grille(F=12, H=17, T=30), 30),
        (grille(bandes={1: {"F": 12, "H": 32}, 2: {"F": 2, "H": 6}}), 52),
        (grille(bandes={1: {"T": 44, "F": 12, "H": 32}, 2: {"N": 8}}), 52),
        (grille(T=55, bandes={1: {"T": 44}}), 55),
    ],
)
def test_le_total_est_annonce_sinon_par_sexe_sinon_par_age(g, total):
    assert g.total == total


def test_inconnu_n_est_pas_zero():
    g = grille(F=0, bandes={1: {"H": 3}})
    assert (g.valeur(None, FEMMES), g.valeur(None, HOMMES), g.total_de_la_colonne(HOMMES)) == (0, None, 3)
    assert (g.total, g.total_des_tranches) == (0, 3)


def test_les_rangs_se_lisent_dans_l_ordre_des_ages_et_finissent_par_l_ensemble():
    g = grille(T=55, bandes={2: {"H": 6, "F": 2}})
    assert [(r.tranche, r.femmes, r.hommes, r.non_renseigne, r.total) for r in g.rangs] == [
        (JEUNES, 2, 6, None, 8),
        (None, 2, 6, None, 55),
    ]
    assert grille().rangs == []


def test_le_reste_non_ventile_se_compte():
    g = grille(T=985, F=340, bandes={1: {"F": 200, "H": 220}})
    assert (g.sans_sexe, g.sans_age) == (985 - 340 - 220, 985 - 420)
    assert (grille(T=30).sans_age, grille(F=12, H=17).sans_sexe) == (0, 0)
    assert (grille(F=12, H=17, T=30).sans_sexe, grille(N=30, bandes={1: {"N": 31}}).sans_age) == (0, 0)


# -- Sentences of the source documents (domaine.md §9) ---------------------------------------------
def test_12_filles_et_17_garcons_ne_font_pas_30():
    """Document 002: « 30 jeunes de 6/15 ans. 12 fille et 17 garçons. »"""
    attendu = (
        "12 femmes et 17 hommes font 29, mais le total indiqué est 30. Corrigez l'un des trois, "
        "ou indiquez 1 personne en « non renseigné »."
    )
    assert messages(grille(F=12, H=17, T=30)) == [("EFF-01", attendu)]
    ecart = grille(F=12, H=17, T=30).ecarts()[0]
    assert ecart.champs == ("total_ensemble_F", "total_ensemble_H", "total_ensemble_T")
    assert ecart.valeurs == {"detail": 29, "total": 30}
    assert messages(grille(F=12, H=17, N=1, T=30)) == []
    assert messages(grille(F=12, H=17)) == []


def test_59_filles_et_82_garcons_font_141():
    """Document 000: « 141 enfants dont 59 filles et 82 garçons »."""
    assert messages(grille(F=59, H=82, T=141)) == []
    assert grille(F=59, H=82).total == 141


def test_207_filles_et_234_garcons_font_441():
    """Document 002: « 441 1/2 journées enfants […] 207 fille et 234 garçons »."""
    assert messages(grille(F=207, H=234, T=441)) == []


def test_25_filles_35_garcons_et_20_parents_ne_font_pas_70():
    """Document 000: the twenty parents have no sex."""
    attendu = (
        "25 femmes, 35 hommes et 20 non renseignés font 80, mais le total indiqué est 70. "
        "Corrigez l'un des quatre."
    )
    assert messages(grille(F=25, H=35, N=20, T=70)) == [("EFF-01", attendu)]


def test_44_enfants_et_8_jeunes_ne_remplissent_pas_55():
    """Document 002: bands right in themselves, fewer than the whole: said as not broken down, not refused."""
    g = grille(T=55, bandes={1: {"F": 12, "H": 32, "T": 44}, 2: {"F": 2, "H": 6, "T": 8}})
    assert messages(g) == []
    assert (g.sans_age, g.sans_sexe) == (3, 3)


def test_340_parents_et_420_enfants_laissent_225_personnes():
    """Document 002: « 985 personnes dont 340 parents et 420 enfants »."""
    g = grille(T=985, bandes={1: {"N": 420}, 2: {"N": 340}})
    assert (messages(g), g.sans_age) == ([], 225)


# -- The rules, one by one -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("g", "phrase"),
    [
        (grille(F=35, T=30), "35 femmes, c'est plus que le total indiqué (30). Corrigez l'un des deux."),
        (
            grille(F=1, N=3, T=3),
            "1 femme et 3 non renseignés font 4, mais le total indiqué est 3. Corrigez l'un des trois.",
        ),
        (
            grille(F=0, H=0, T=2),
            "0 femme et 0 homme font 0, mais le total indiqué est 2. Corrigez l'un des trois, "
            "ou indiquez 2 personnes en « non renseigné ».",
        ),
        (
            grille(F=10, H=10, N=1, T=24),
            "10 femmes, 10 hommes et 1 non renseigné font 21, mais le total indiqué est 24. "
            "Corrigez l'un des quatre, ou indiquez 4 personnes en « non renseigné ».",
        ),
        (
            grille(bandes={1: {"F": 12, "H": 17, "T": 30}}),
            "6 à 15 ans : 12 femmes et 17 hommes font 29, mais le total indiqué est 30. "
            "Corrigez l'un des trois, ou indiquez 1 personne en « non renseigné ».",
        ),
        (
            grille(QPV, bandes={1: {"F": 5, "T": 4}}),
            "Habitantes et habitants du QPV, 6 à 15 ans : 5 femmes, c'est plus que le total indiqué "
            "(4). Corrigez l'un des deux.",
        ),
    ],
)
def test_un_total_qui_ne_va_pas_est_dit_avec_les_chiffres(g, phrase):
    assert messages(g) == [("EFF-01", phrase)]


def test_avec_un_seul_sexe_connu_le_total_peut_etre_plus_grand():
    assert messages(grille(F=12, T=30)) == []
    assert messages(grille(F=12, N=4, T=30)) == []


def test_les_tranches_ne_depassent_pas_l_ensemble_pour_un_sexe():
    g = grille(F=12, H=40, bandes={1: {"F": 10}, 2: {"F": 5}})
    assert messages(g) == [
        (
            "EFF-04",
            "Les tranches d'âge comptent 15 femmes, la ligne « Ensemble » 12. Corrigez l'une ou l'autre.",
        )
    ]
    assert g.ecarts()[0].champs == ("total_1_F", "total_2_F", "total_ensemble_F")


def test_les_tranches_ne_depassent_pas_le_total():
    assert messages(grille(T=30, bandes={1: {"N": 31}})) == [
        (
            "EFF-04",
            "Les tranches d'âge comptent 31 personnes, plus que l'ensemble (30). Corrigez l'un des deux.",
        )
    ]


def test_une_ligne_ensemble_incomplete_est_a_completer():
    assert messages(grille(F=20, bandes={1: {"F": 15, "H": 30}})) == [
        (
            "EFF-04",
            "Les tranches d'âge comptent 45 personnes, plus que l'ensemble (20). Complétez la ligne "
            "« Ensemble », ou effacez-la : le total sera alors celui des tranches d'âge.",
        )
    ]


def test_ages_sans_sexe_et_sexes_sans_age_vont_ensemble():
    """59 girls, 82 boys; and by school level, without the sex (document 000)."""
    assert messages(grille(F=59, H=82, N=0, bandes={1: {"N": 94}, 2: {"N": 47}})) == []


def test_le_qpv_est_dans_l_ensemble():
    ensemble = grille(F=10, H=10, bandes={1: {"F": 3, "H": 3}})
    part = grille(QPV, F=11, H=2, bandes={1: {"F": 2, "H": 2, "N": 3}})
    assert [(e.code, lisible(e.message), e.champs) for e in part.ecarts_avec(ensemble)] == [
        (
            "EFF-11",
            "Habitantes et habitants du QPV : 11 femmes, c'est plus que dans l'ensemble du public "
            "(10). Corrigez l'un des deux.",
            ("qpv_ensemble_F", "total_ensemble_F"),
        ),
        (
            "EFF-11",
            "Habitantes et habitants du QPV, 6 à 15 ans : 7 personnes, c'est plus que dans "
            "l'ensemble du public (6). Corrigez l'un des deux.",
            ("qpv_1_T", "total_1_T"),
        ),
    ]


def test_le_qpv_ne_se_compare_qu_a_ce_qui_est_connu():
    assert grille(QPV, F=11).ecarts_avec(grille()) == []
    assert grille(QPV, bandes={1: {"N": 9}}).ecarts_avec(grille(T=20, bandes={1: {"F": 2}})) == []
    assert len(grille(QPV, T=500).ecarts_avec(grille(T=300))) == 1


# -- Against the database --------------------------------------------------------------------------
nombres = st.none() | st.integers(0, 60)
rang = st.fixed_dictionaries(dict.fromkeys((*SEXES, TOTAL), nombres))


@pytest.mark.django_db
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(ensemble=rang, premiere=rang, seconde=rang, perimetre=st.sampled_from([ENSEMBLE, QPV]))
def test_le_total_est_celui_des_listes(bilan_et_tranches, ensemble, premiere, seconde, perimetre):
    bilan, tranches = bilan_et_tranches
    bilan.effectifs.all().delete()
    Effectif.objects.bulk_create(
        Effectif(bilan=bilan, perimetre=perimetre, sexe=sexe, tranche=tranche, valeur=valeur)
        for tranche, cellules in zip((None, *tranches), (ensemble, premiere, seconde), strict=True)
        for sexe, valeur in cellules.items()
        if valeur is not None
    )
    # Passages, ranges and daily attendance are not people to be added.
    Effectif.objects.create(
        bilan=bilan, perimetre=perimetre, mesure=Effectif.Mesure.PASSAGES, sexe=TOTAL, valeur=999
    )
    lues = grilles(bilan.effectifs.all(), tranches)
    annote = Bilan.objects.avec_effectifs().get(pk=bilan.pk)
    assert (annote.personnes, annote.personnes_qpv) == (lues[ENSEMBLE].total, lues[QPV].total)


@pytest.fixture
def bilan_et_tranches(db):
    bilan = fabriques.BilanFactory(en_saisie=True)
    return bilan, list(bilan.action_annuelle.campagne.tranches.all()[:2])


@given(ensemble=rang, premiere=rang, seconde=rang)
def test_sans_ecart_le_detail_tient_dans_le_total(ensemble, premiere, seconde):
    cellules = {
        Cellule(cle, sexe): n
        for cle, r in ((None, ensemble), (1, premiere), (2, seconde))
        for sexe, n in r.items()
        if n is not None
    }
    g = Grille(ENSEMBLE, BANDES, cellules)
    if g.ecarts():
        return
    for detail in (g.total_des_tranches, *(g.valeur(None, sexe) for sexe in SEXES)):
        assert detail is None or detail <= g.total
    if g.valeur(None, FEMMES) is not None and g.valeur(None, HOMMES) is not None:
        assert g.total == g.valeur(None, FEMMES) + g.valeur(None, HOMMES) + (
            g.valeur(None, NON_RENSEIGNE) or 0
        )


@given(ensemble=rang, premiere=rang, seconde=rang)
def test_le_rang_d_une_personne_en_moins_est_dans_l_ensemble(ensemble, premiere, seconde):
    """A grid is always within itself: the QPV may be everyone."""
    cellules = {
        Cellule(cle, sexe): n
        for cle, r in ((None, ensemble), (1, premiere), (2, seconde))
        for sexe, n in r.items()
        if n is not None
    }
    tous, part = Grille(ENSEMBLE, BANDES, cellules), Grille(QPV, BANDES, cellules)
    if not tous.ecarts():
        assert ecarts({ENSEMBLE: tous, QPV: part}) == []


def test_chaque_case_a_un_nom():
    assert nom_du_champ(QPV, Cellule(12, FEMMES)) == "qpv_12_F"
    assert nom_du_champ(ENSEMBLE, Cellule(None, TOTAL)) == "total_ensemble_T"
