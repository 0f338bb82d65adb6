"""From the rules of a convention to dates: what each kind of rule gives, what never moves. No database."""

from datetime import date

import pytest

from porteurs.echeances import Geste, fin_effective, jour_de_l_acte, occurrences, proposer
from porteurs.models import Avenant, Convention, Echeance, EvenementConvention, Obligation

DEBUT, FIN = date(2025, 1, 1), date(2029, 12, 31)
ACTE = date(2025, 12, 3)


def obligation(pk=1, **champs):
    valeurs = {"pk": pk, "ordre": pk, "code": f"6.{pk}", "titre": "Comptes annuels", "recurrence": "annuelle"}
    return Obligation(**{**valeurs, **champs})


def evenement(jour, pk=1, type="commission", **champs):
    return EvenementConvention(pk=pk, type=type, date=jour, **champs)


def dates(regle, evenements=(), debut=DEBUT, fin=FIN):
    return [o.date for o in occurrences(regle, debut, fin, evenements)]


def gestes(obligations, existantes=(), evenements=(), acte=ACTE):
    propositions = proposer(obligations, evenements, existantes, debut=DEBUT, fin=FIN, acte=acte)
    return [(p.geste, p.jour) for p in propositions]


# -- One rule --------------------------------------------------------------------------------------
def test_un_jour_de_chaque_annee():
    assert dates(obligation(jour=15, mois=7)) == [date(annee, 7, 15) for annee in range(2025, 2030)]


def test_le_libelle_dit_l_annee_sur_laquelle_porte_ce_qui_est_du():
    trouvees = occurrences(obligation(jour=30, mois=8, pour_annee=1), date(2026, 1, 1), date(2026, 12, 31))
    assert [(o.date, o.annee, o.libelle) for o in trouvees] == [
        (date(2026, 8, 30), 2026, "Comptes annuels (pour 2027)")
    ]


def test_seulement_pendant_la_convention():
    assert dates(obligation(jour=15, mois=7), debut=date(2025, 7, 16), fin=date(2027, 7, 14)) == [
        date(2026, 7, 15)
    ]


def test_le_31_d_un_mois_court_est_son_dernier_jour():
    assert dates(obligation(jour=31, mois=2), debut=date(2027, 1, 1), fin=date(2028, 12, 31)) == [
        date(2027, 2, 28),
        date(2028, 2, 29),
    ]


@pytest.mark.parametrize(
    ("delai", "attendue"), [(-15, date(2026, 11, 23)), (0, date(2026, 12, 8)), (15, date(2026, 12, 23))]
)
def test_des_jours_calendaires_autour_d_une_commission(delai, attendue):
    regle = obligation(evenement="commission", delai_jours=delai)
    assert dates(regle, [evenement(date(2026, 12, 8)), evenement(date(2026, 9, 1), 2, "assemblee")]) == [
        attendue
    ]


def test_la_reponse_se_compte_depuis_l_envoi_du_compte_rendu():
    regle = obligation(evenement="compte_rendu", delai_jours=15)
    assert dates(regle, [evenement(date(2026, 12, 8))]) == []
    envoyee = evenement(date(2026, 12, 8), compte_rendu_envoye_le=date(2027, 1, 4))
    assert dates(regle, [envoyee]) == [date(2027, 1, 19)]


@pytest.mark.parametrize(
    "champs",
    [
        {"recurrence": "permanente"},
        {"recurrence": "demande"},
        {"recurrence": "reputee"},
        {"recurrence": "annuelle"},
        {"recurrence": "unique"},
        {"recurrence": "annuelle", "evenement": "commission"},
    ],
)
def test_ce_qui_n_a_pas_de_date_n_en_a_pas(champs):
    assert dates(obligation(**champs), [evenement(date(2026, 12, 8))]) == []


def test_une_date_ecrite_ne_vient_qu_une_fois():
    assert dates(obligation(recurrence="unique", date_fixe=date(2026, 1, 30))) == [date(2026, 1, 30)]


# -- What is there already -------------------------------------------------------------------------
JUILLET = {"jour": 15, "mois": 7}


def existante(jour, annee=None, **champs):
    valeurs = {"obligation_id": 1, "annee": annee or jour.year, "libelle": f"Comptes annuels ({jour.year})"}
    return Echeance(date=jour, **{**valeurs, **champs})


def test_rien_n_est_cree_avant_l_acte():
    assert gestes([obligation(**JUILLET)])[:2] == [
        (Geste.TROP_TOT, date(2025, 7, 15)),
        (Geste.CREER, date(2026, 7, 15)),
    ]


def test_une_echeance_suit_sa_regle_tant_qu_elle_n_est_pas_tenue():
    regle = obligation(jour=30, mois=6)
    connues = [
        existante(date(2026, 7, 15), faite_le=date(2026, 7, 10)),
        existante(date(2027, 7, 15), sans_objet="Pas de comptes cette année."),
        existante(date(2028, 7, 20), 2028, fixee_a_la_main=True),
        existante(date(2029, 7, 15)),
    ]
    assert gestes([regle], connues) == [
        (Geste.TROP_TOT, date(2025, 6, 30)),
        (Geste.TENUE, date(2026, 6, 30)),
        (Geste.TENUE, date(2027, 6, 30)),
        (Geste.A_LA_MAIN, date(2028, 6, 30)),
        (Geste.DEPLACER, date(2029, 6, 30)),
    ]


def test_calculer_deux_fois_ne_change_rien():
    regle = obligation(**JUILLET)
    connues = [existante(date(annee, 7, 15)) for annee in range(2025, 2030)]
    assert {geste for geste, _ in gestes([regle], connues)} == {Geste.GARDER}


def test_ce_que_la_regle_ne_donne_plus_est_retire_sauf_ce_qui_est_tenu():
    regle = obligation(recurrence="permanente")
    connues = [existante(date(2026, 7, 15), faite_le=date(2026, 7, 1)), existante(date(2027, 7, 15))]
    assert gestes([regle], connues) == [
        (Geste.TENUE, date(2026, 7, 15)),
        (Geste.RETIRER, date(2027, 7, 15)),
    ]


def test_une_echeance_demandee_ou_tapee_n_est_jamais_touchee():
    demandee = Echeance(obligation_id=1, date=date(2026, 5, 1), libelle="Les statuts à jour")
    assert gestes([obligation(recurrence="demande")], [demandee]) == []


def test_la_commission_deplacee_emmene_ce_qui_en_depend():
    regle = obligation(evenement="commission", delai_jours=-15)
    connue = existante(date(2026, 11, 23), evenement_id=1)
    assert gestes([regle], [connue], [evenement(date(2026, 12, 15))]) == [
        (Geste.DEPLACER, date(2026, 11, 30))
    ]
    connue.faite_le = date(2026, 11, 20)
    assert gestes([regle], [connue], [evenement(date(2026, 12, 15))]) == [(Geste.TENUE, date(2026, 11, 30))]


def test_deux_obligations_du_meme_titre_le_meme_jour_se_distinguent():
    paire = [obligation(1, **JUILLET), obligation(2, **JUILLET)]
    propositions = proposer(paire, [], [], debut=DEBUT, fin=FIN, acte=date(2029, 1, 1))
    assert [p.libelle for p in propositions if p.jour.year == 2029] == [
        "Comptes annuels (2029) (article 6.1)",
        "Comptes annuels (2029) (article 6.2)",
    ]


# -- Bounds ----------------------------------------------------------------------------------------
def test_la_fin_suit_le_dernier_avenant_signe_et_la_resiliation():
    convention = Convention(date_debut=DEBUT, date_fin=date(2027, 12, 31))
    avenants = [
        Avenant(numero=1, date_signature=date(2027, 1, 1), nouvelle_date_fin=date(2029, 12, 31)),
        Avenant(numero=2, date_signature=date(2028, 1, 1), nouvelle_date_fin=date(2028, 12, 31)),
        Avenant(numero=3, nouvelle_date_fin=date(2035, 12, 31)),
    ]
    assert fin_effective(convention) == date(2027, 12, 31)
    assert fin_effective(convention, avenants) == date(2028, 12, 31)
    convention.date_resiliation = date(2026, 3, 1)
    assert fin_effective(convention, avenants) == date(2026, 3, 1)


def test_l_acte_est_la_signature_sinon_la_prise_d_effet():
    convention = Convention(date_debut=DEBUT, date_fin=FIN)
    assert jour_de_l_acte(convention) == DEBUT
    convention.date_signature = ACTE
    assert jour_de_l_acte(convention) == ACTE
    convention.date_signature = date(2024, 12, 1)
    assert jour_de_l_acte(convention) == DEBUT
