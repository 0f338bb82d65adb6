"""Each rule finds what it is for, and nothing else."""

from datetime import date

import pytest

from bilans.controles import REGLES, Gravite, Portee, anomalies_bilan, contexte, regle
from bilans.models import Effectif
from tests import fabriques
from tests.outils.pages import lisible

pytestmark = pytest.mark.django_db


def trouvees(bilan):
    return [(a.code, a.gravite.value, lisible(a.message), a.champ) for a in anomalies_bilan(bilan)]


@pytest.fixture
def bilan():
    """A bilan that nothing is wrong with."""
    bilan = fabriques.BilanFactory(transmis=True, date_debut=date(2024, 1, 8), date_fin=date(2024, 6, 28))
    fabriques.effectifs(bilan, F=12, H=18)
    return bilan


def codes(bilan):
    return [a.code for a in anomalies_bilan(bilan)]


def test_un_bilan_juste_n_a_rien(bilan):
    assert anomalies_bilan(bilan) == []


def test_eff_01_femmes_et_hommes_ne_font_pas_le_total(bilan):
    bilan.effectifs.all().delete()
    fabriques.effectifs(bilan, "qpv", F=12, H=17, T=30)
    fabriques.effectifs(bilan, F=30, H=30)
    assert trouvees(bilan)[0] == (
        "EFF-01",
        "bloquant",
        "Habitantes et habitants du QPV : 12 femmes et 17 hommes font 29, mais le total indiqué est 30. "
        "Corrigez l'un des trois, ou indiquez 1 personne en « non renseigné ».",
        "qpv_ensemble_F",
    )


def test_eff_04_les_tranches_depassent_l_ensemble(bilan):
    enfants = bilan.action_annuelle.campagne.tranches.get(ordre=2)
    fabriques.EffectifFactory(bilan=bilan, sexe="F", tranche=enfants, valeur=13)
    assert trouvees(bilan)[0][:3] == (
        "EFF-04",
        "bloquant",
        "Les tranches d'âge comptent 13 femmes, la ligne « Ensemble » 12. Corrigez l'une ou l'autre.",
    )


def test_eff_11_le_qpv_depasse_l_ensemble(bilan):
    fabriques.effectifs(bilan, "qpv", H=19)
    assert ("EFF-11", "qpv_ensemble_H") in [(c, champ) for c, _, _, champ in trouvees(bilan)]


def test_eff_07_le_reste_est_dit_sans_alarmer(bilan):
    bilan.effectifs.all().delete()
    fabriques.effectifs(bilan, T=985, F=340)
    jeunes = bilan.action_annuelle.campagne.tranches.get(ordre=3)
    fabriques.EffectifFactory(bilan=bilan, sexe="F", tranche=jeunes, valeur=300)
    assert [(c, g, m) for c, g, m, _ in trouvees(bilan)] == [
        ("EFF-07", "info", "645 personnes sur 985 sans sexe renseigné."),
        ("EFF-07", "info", "685 personnes sur 985 sans âge renseigné."),
    ]


@pytest.mark.parametrize(
    ("realisation", "attendu"),
    [("realisee", ["EFF-18"]), ("", ["EFF-18"]), ("non_realisee", []), ("reportee", [])],
)
def test_eff_18_personne_donc_non_realisee(bilan, realisation, attendu):
    bilan.effectifs.all().delete()
    fabriques.effectifs(bilan, T=0)
    bilan.realisation = realisation
    assert codes(bilan) == attendu


@pytest.mark.parametrize(
    ("realisation", "attendu"),
    [("realisee", ["EFF-19"]), ("partielle", ["EFF-19"]), ("reportee", []), ("non_realisee", []), ("", [])],
)
def test_eff_19_une_action_realisee_dit_combien(bilan, realisation, attendu):
    bilan.effectifs.all().delete()
    # A number of passages is not a number of people.
    fabriques.EffectifFactory(bilan=bilan, mesure=Effectif.Mesure.PASSAGES, valeur=516)
    bilan.realisation = realisation
    assert codes(bilan) == attendu


def test_eff_19_le_qpv_seul_suffit(bilan):
    bilan.effectifs.all().delete()
    fabriques.effectifs(bilan, "qpv", F=3, H=4)
    assert codes(bilan) == []


def test_eff_20_le_sexe_manque(bilan):
    bilan.effectifs.all().delete()
    fabriques.effectifs(bilan, T=141)
    assert trouvees(bilan) == [
        (
            "EFF-20",
            "alerte",
            "141 personnes, sans le nombre de femmes et d'hommes : la loi demande des données par sexe. "
            "Une estimation suffit.",
            "total_ensemble_F",
        )
    ]


def test_dat_01_une_date_hors_de_l_annee_se_verifie(bilan):
    """Document 000: « a eu lieu le 4 janvier 2025 » in the bilan of 2024."""
    bilan.date_fin = date(2025, 1, 4)
    assert trouvees(bilan) == [
        (
            "DAT-01",
            "alerte",
            "L'action finit le 4 janvier 2025, hors de l'année 2024 : vérifiez la date. Elle peut rester "
            "telle quelle pour une action menée sur une année scolaire.",
            "date_fin",
        )
    ]


def test_dat_04_la_fin_suit_le_debut(bilan):
    bilan.date_debut, bilan.date_fin = date(2024, 6, 28), date(2024, 1, 8)
    assert trouvees(bilan) == [
        (
            "DAT-04",
            "bloquant",
            "L'action finit le 8 janvier 2024, avant d'avoir commencé le 28 juin 2024 : vérifiez les deux dates.",
            "date_fin",
        )
    ]


def test_le_plus_grave_vient_d_abord(bilan):
    bilan.effectifs.all().delete()
    fabriques.effectifs(bilan, T=30, F=31)
    bilan.date_fin = date(2025, 1, 4)
    assert [a.gravite for a in anomalies_bilan(bilan)] == [Gravite.BLOQUANT, Gravite.ALERTE]


def test_un_code_ne_s_ecrit_qu_une_fois():
    with pytest.raises(ValueError, match="EFF-01"):
        regle("EFF-01", portee=Portee.BILAN, gravite=Gravite.BLOQUANT, titre="Deux fois")(
            lambda bilan, situation: []
        )


def test_chaque_regle_rend_des_anomalies_de_son_code(bilan):
    bilan.effectifs.all().delete()
    fabriques.effectifs(bilan, T=30, F=31)
    fabriques.effectifs(bilan, "qpv", T=40)
    bilan.date_debut, bilan.date_fin = date(2025, 1, 4), date(2023, 1, 4)
    trouvees = {
        code: {a.code for a in soeur.fonction(bilan, contexte(bilan))}
        for code, soeurs in REGLES.items()
        for soeur in soeurs
        if soeur.portee == Portee.BILAN
    }
    assert {code for code, codes in trouvees.items() if codes} == {"EFF-01", "EFF-11", "DAT-01", "DAT-04"}
    assert all(codes <= {code} for code, codes in trouvees.items())
