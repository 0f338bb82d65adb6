"""Payments: what the rules give, planning, paying, what is refused; no sequence pays more than was notified."""

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.models import ActionAnnuelle, Campagne
from comptes.versions import VersionPerimee
from financements.models import LigneFinancement, MontantConvention, RegleVersement, Versement
from financements.operations import versements as op
from financements.paiements import engage, paiement_de, paiements, verse_net
from financements.versements import Fraction, Regle, echeancier
from porteurs.models import Convention
from tests import fabriques
from tests.outils.pages import lisible, rien_n_est_ecrit
from tests.outils.requetes import verifier_requetes_constantes

D = Decimal
HIER = date(2024, 6, 14)
# Document 003: February one third of N-1; May half of N less the first, or one third of N-1; August the balance.
BESANCON = (
    Regle(rang=1, type="acompte", mois=2, base="n_moins_1", fraction=Fraction(1, 3)),
    Regle(rang=2, type="acompte", mois=5, base="reste_n", fraction=Fraction(1, 2), defaut=Fraction(1, 3)),
    Regle(rang=3, type="solde", mois=8, base="reste_n", fraction=Fraction(1, 1)),
)


def montants(tranches):
    return [tranche.montant for tranche in tranches]


# -- Rules -----------------------------------------------------------------------------------------
def test_besancon_paie_en_trois_fois():
    tranches = echeancier(BESANCON, 2026, subvention=D(240000), precedente=D(243000))
    assert montants(tranches) == [D(81000), D(79500), D(79500)]
    assert [t.date_prevue for t in tranches] == [date(2026, 2, 28), date(2026, 5, 31), date(2026, 8, 31)]
    assert [lisible(t.calcul) for t in tranches] == [
        "1/3 de la subvention 2025 (243 000 €) = 81 000 €",
        "50 % de (subvention 2026 (240 000 €) − 81 000 €) = 79 500 €",
        "Le reste : subvention 2026 (240 000 €) − 160 500 € = 79 500 €",
    ]


def test_besancon_avant_le_vote():
    tranches = echeancier(BESANCON, 2026, subvention=None, precedente=D(243000))
    assert montants(tranches) == [D(81000), D(81000), None]
    assert (
        lisible(tranches[1].calcul)
        == "1/3 de la subvention 2025 (243 000 €) = 81 000 € (la subvention 2026 n'est pas votée)"
    )
    assert (tranches[2].empechement, tranches[2].attend_un_vote, tranches[2].negatif) == (
        "La subvention 2026 n'est pas encore votée.",
        True,
        False,
    )


def test_un_second_acompte_negatif_est_dit_et_jamais_paye():
    tranches = echeancier(BESANCON, 2026, subvention=D(60000), precedente=D(243000), acquis={1: D(81000)})
    assert montants(tranches) == [None, None]
    assert [t.negatif for t in tranches] == [True, True]
    assert lisible(tranches[0].empechement) == (
        "Le calcul donne un montant négatif – 50 % de (subvention 2026 (60 000 €) − 81 000 €) = −10 500 €. Rien "
        "n'est à payer : 81 000 € sont déjà versés ou prévus, soit 21 000 € de plus que la subvention 2026. "
        "Demandez un reversement, ou reprenez les versements prévus."
    )
    # Explained once, at the first instalment where it holds.
    assert lisible(tranches[1].empechement) == (
        "Rien n'est à payer non plus : la subvention 2026 est déjà dépassée par ce qui est versé ou prévu."
    )


def test_un_acompte_ne_depasse_pas_la_subvention_votee():
    premier, *suivants = echeancier(BESANCON, 2026, subvention=D(60000), precedente=D(243000))
    assert premier.montant == D(60000)
    assert lisible(premier.calcul).endswith("ramené à 60 000 € : il ne reste que cela de la subvention 2026")
    assert montants(suivants) == [None, None]


def test_sans_l_annee_precedente_on_le_dit():
    tranches = echeancier(BESANCON, 2026, subvention=D(240000), precedente=None)
    assert montants(tranches) == [None, None, None]
    assert [t.empechement for t in tranches] == [
        "La subvention 2025 n'est pas connue : indiquez-la.",
        "Un versement précédent n'a pas encore de montant.",
        "Un versement précédent n'a pas encore de montant.",
    ]


@given(
    subvention=st.decimals(D("0.01"), D(10**7), places=2),
    precedente=st.one_of(st.none(), st.decimals(D(0), D(10**7), places=2)),
    parts=st.lists(
        st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from(["n", "n_moins_1", "reste_n"])),
        max_size=4,
    ),
    acquis=st.dictionaries(st.integers(-2, 4), st.decimals(D(0), D(10**6), places=2), max_size=3),
)
def test_aucun_calcul_ne_depasse_la_subvention(subvention, precedente, parts, acquis):
    regles = [
        Regle(rang=rang, type="acompte", mois=rang, base=base, fraction=Fraction(min(n, d), d))
        for rang, (n, d, base) in enumerate(parts, 1)
    ]
    solde = Regle(rang=9, type="solde", mois=12, base="reste_n", fraction=Fraction(1, 1))
    tranches = echeancier([*regles, solde], 2026, subvention=subvention, precedente=precedente, acquis=acquis)
    sommes = [t.montant for t in tranches if t.montant is not None]
    assert all(somme > 0 and somme == round(somme, 2) for somme in sommes)
    deja = sum(acquis.values(), D(0))
    assert sum(sommes, deja) <= max(subvention, deja)
    if all(t.montant is not None or t.negatif for t in tranches) and deja <= subvention:
        # Cents included, the balance takes what is left.
        assert sum(sommes, deja) == subvention


# -- A convention ----------------------------------------------------------------------------------
@pytest.fixture
def mjc(lieu):
    """Give the year of the place, and a convention paid as Besançon pays, 243 000 € the year before."""
    lieu.convention = fabriques.ConventionFactory(
        contrat=lieu.contrat,
        date_debut=date(lieu.campagne.annee - 1, 1, 1),
        date_fin=date(lieu.campagne.annee + 3, 1, 1),
    )
    lieu.annee = lieu.campagne.annee
    for regle in BESANCON:
        fabriques.RegleVersementFactory(
            convention=lieu.convention,
            rang=regle.rang,
            type=regle.type,
            mois=regle.mois,
            base=regle.base,
            numerateur=regle.fraction.numerateur,
            denominateur=regle.fraction.denominateur,
            numerateur_defaut=regle.defaut.numerateur if regle.defaut else None,
            denominateur_defaut=regle.defaut.denominateur if regle.defaut else None,
            pieces_exigees="Comptes annuels\n\nRapport d'activité" if regle.rang == 3 else "",
        )
    voter(lieu, lieu.annee - 1, 243000)
    return lieu


def voter(lieu, annee, montant):
    MontantConvention.objects.update_or_create(
        convention=lieu.convention,
        annee=annee,
        defaults={"montant_vote": D(montant), "vote_le": date(annee, 1, 15)},
    )


def planifier(lieu):
    return op.planifier(lieu.chargee, lieu.convention, lieu.annee)


def les_versements(lieu):
    return list(Versement.objects.filter(convention=lieu.convention).order_by("numero"))


def prevus(lieu):
    return [(v.statut, v.montant_prevu) for v in les_versements(lieu)]


def test_planifier_puis_voter_puis_replanifier(mjc):
    planifier(mjc)
    assert prevus(mjc) == [("prevu", D(81000)), ("prevu", D(81000)), ("prevu", None)]
    voter(mjc, mjc.annee, 240000)
    changes = planifier(mjc)
    assert [v.numero for v in changes] == [2, 3]
    assert prevus(mjc) == [("prevu", D(81000)), ("prevu", D(79500)), ("prevu", D(79500))]
    assert [c.libelle for c in les_versements(mjc)[2].conditions.all()] == [
        "Comptes annuels",
        "Rapport d'activité",
    ]
    with rien_n_est_ecrit():
        assert planifier(mjc) == []


def test_une_annee_qu_ajoute_un_avenant_se_paie(mjc):
    Convention.objects.filter(pk=mjc.convention.pk).update(date_fin=date(mjc.annee - 1, 12, 31))

    def payees():
        return [p.objet for p in paiements(mjc.campagne, mjc.chargee, HIER)]

    avenant = fabriques.AvenantFactory(
        convention=mjc.convention, nouvelle_date_fin=date(mjc.annee, 12, 31), date_signature=None
    )
    assert payees() == []
    avenant.date_signature = date(mjc.annee, 1, 2)
    avenant.save()
    assert payees() == [mjc.convention]


def test_ce_qui_est_paye_n_est_jamais_recalcule(mjc):
    planifier(mjc)
    premier = les_versements(mjc)[0]
    op.verser(mjc.chargee, premier, version=premier.version, date_versement=HIER, montant=D(80000))
    voter(mjc, mjc.annee, 60000)
    planifier(mjc)
    paye, second, solde = les_versements(mjc)
    assert (paye.statut, paye.montant_prevu, paye.montant_verse) == ("verse", D(81000), D(80000))
    assert [(v.statut, v.montant_prevu) for v in (second, solde)] == [("suspendu", None), ("suspendu", None)]
    assert lisible(second.motif).startswith("Le calcul donne un montant négatif – 50 % de")
    assert paiement_de(mjc.convention, mjc.annee).trop_verse == D(20000)
    with pytest.raises(ValidationError, match="rien à payer"):
        op.reprendre(mjc.chargee, second, version=second.version)
    # The amendment comes: what was suspended by the calculation is planned again.
    voter(mjc, mjc.annee, 100000)
    planifier(mjc)
    assert prevus(mjc)[1:] == [("prevu", D(10000)), ("prevu", D(10000))]


def test_un_montant_saisi_a_la_main_prend_la_place_de_la_regle(mjc):
    fabriques.VersementFactory(
        ligne=None,
        convention=mjc.convention,
        annee=mjc.annee,
        numero=1,
        type="acompte",
        montant_prevu=D(70000),
    )
    voter(mjc, mjc.annee, 240000)
    planifier(mjc)
    assert prevus(mjc) == [("prevu", D(70000)), ("prevu", D(85000)), ("prevu", D(85000))]


def test_avant_le_vote_on_paie_ce_qui_se_compte_sur_n_moins_1(mjc):
    planifier(mjc)
    premier, _, solde = les_versements(mjc)
    op.verser(mjc.chargee, premier, version=premier.version, date_versement=HIER, montant=D(81000))
    with pytest.raises(ValidationError, match="pas encore votée"):
        op.verser(mjc.chargee, solde, version=solde.version, date_versement=HIER, montant=D(1))


def test_un_document_conditionne_le_versement(mjc):
    voter(mjc, mjc.annee, 240000)
    planifier(mjc)
    solde = les_versements(mjc)[2]
    comptes, rapport = solde.conditions.order_by("ordre")
    with pytest.raises(ValidationError, match="Documents attendus : Comptes annuels, Rapport d'activité"):
        op.mandater(mjc.chargee, solde, version=solde.version, date_mandat=HIER)
    solde = op.recevoir(mjc.chargee, solde, comptes.pk, version=solde.version, recu_le=HIER)
    assert solde.statut == "prevu"
    solde = op.recevoir(mjc.chargee, solde, rapport.pk, version=solde.version, recu_le=HIER)
    assert solde.statut == "a_mandater"
    solde = op.mandater(mjc.chargee, solde, version=solde.version, date_mandat=HIER, reference="B12")
    assert (solde.statut, solde.reference) == ("mandate", "B12")


def test_une_obligation_en_retard_bloque_la_convention(mjc):
    planifier(mjc)
    obligation = fabriques.ObligationFactory(convention=mjc.convention, conditionne_versements=True)
    due = fabriques.EcheanceFactory(
        convention=mjc.convention, obligation=obligation, libelle="Projet social", date=date(2024, 1, 30)
    )
    (lu,) = paiements(mjc.campagne, mjc.chargee, date(2024, 2, 1))
    assert lu.blocages(lu.versements[0]) == ["Projet social : attendu le 30 janvier 2024."]
    assert paiements(mjc.campagne, mjc.chargee, date(2024, 1, 30))[0].blocages(lu.versements[0]) == []
    due.faite_le = date(2024, 2, 2)
    due.save()
    assert paiements(mjc.campagne, mjc.chargee, date(2024, 2, 3))[0].blocages(lu.versements[0]) == []


def test_une_obligation_a_venir_ne_bloque_rien(mjc):
    planifier(mjc)
    obligation = fabriques.ObligationFactory(convention=mjc.convention, conditionne_versements=True)
    demain = timezone.localdate() + timedelta(days=1)
    due = fabriques.EcheanceFactory(convention=mjc.convention, obligation=obligation, date=demain)
    premier = les_versements(mjc)[0]
    assert op.mandater(mjc.chargee, premier, version=1, date_mandat=HIER).statut == "mandate"
    due.date = timezone.localdate() - timedelta(days=1)
    due.save()
    with pytest.raises(ValidationError, match="attendu le"):
        op.mandater(mjc.chargee, les_versements(mjc)[1], version=1, date_mandat=HIER)


# -- A funding line --------------------------------------------------------------------------------
@pytest.fixture
def ligne(lieu):
    return fabriques.LigneFinancementFactory(
        action_annuelle=lieu.annuelle, financeur=lieu.ville, montant_accorde=D(1000), montant_notifie=D(900)
    )


def versement(ligne, montant=900, **champs):
    return fabriques.VersementFactory(ligne=ligne, montant_prevu=D(montant), **champs)


def verser(lieu, v, montant):
    return op.verser(lieu.chargee, v, version=v.version, date_versement=HIER, montant=D(montant))


def test_on_ne_verse_pas_plus_que_le_notifie(lieu, ligne):
    premier, second = versement(ligne, 600), versement(ligne, 600, numero=2)
    verser(lieu, premier, 600)
    with rien_n_est_ecrit(), pytest.raises(ValidationError) as refus:
        verser(lieu, second, 301)
    assert lisible(refus.value.messages[0]) == (
        "La subvention est de 900 €. Il reste 300 € à verser, et il en faudrait 301 € : corrigez le montant."
    )
    verser(lieu, second, 300)
    assert paiement_de(ligne, 0).verse == D(900)


def test_rien_de_notifie_rien_de_paye(lieu, ligne):
    LigneFinancement.objects.update(montant_notifie=None)
    with pytest.raises(ValidationError, match="n'a rien notifié"):
        verser(lieu, versement(ligne), 1)


def test_un_mandat_retient_ce_qu_il_paiera(lieu, ligne):
    premier, second = versement(ligne, 600), versement(ligne, 600, numero=2)
    op.mandater(lieu.chargee, premier, version=1, date_mandat=HIER)
    with pytest.raises(ValidationError, match="Il reste"):
        verser(lieu, second, 400)


def test_les_dates_se_tiennent(lieu, ligne):
    v = versement(ligne)
    demain = timezone.localdate() + timedelta(days=1)
    with pytest.raises(ValidationError, match="à venir"):
        op.verser(lieu.chargee, v, version=1, date_versement=demain, montant=D(1))
    v = op.mandater(lieu.chargee, v, version=1, date_mandat=HIER)
    with pytest.raises(ValidationError, match="précéder son mandat"):
        op.verser(lieu.chargee, v, version=2, date_versement=date(2024, 6, 13), montant=D(1))


def test_suspendre_reprendre_annuler_corriger(lieu, ligne):
    v = versement(ligne)
    with pytest.raises(ValidationError, match="Indiquez pourquoi"):
        op.suspendre(lieu.chargee, v, version=1, motif="  ")
    v = op.suspendre(lieu.chargee, v, version=1, motif="Bilan attendu")
    assert paiement_de(ligne, 0).blocages(v) == ["Bilan attendu"]
    v = op.reprendre(lieu.chargee, v, version=2)
    assert (v.statut, v.motif) == ("prevu", "")
    v = op.annuler(lieu.chargee, v, version=3, motif="Action abandonnée")
    v = op.reprendre(lieu.chargee, v, version=4)
    v = verser(lieu, v, 900)
    with pytest.raises(ValidationError, match="« Versé »"):
        op.annuler(lieu.chargee, v, version=v.version, motif="Erreur")
    v = op.corriger(lieu.chargee, v, version=v.version, motif="Mauvaise ligne")
    assert (v.statut, v.montant_verse, v.date_versement) == ("prevu", None, None)
    assert v.historique.first().history_change_reason == "Mauvaise ligne"
    assert v.historique.first().history_user == lieu.chargee


def test_un_reversement_recouvre_se_deduit(lieu, ligne):
    v = verser(lieu, versement(ligne), 900)
    with pytest.raises(ValidationError, match="plus que ce qui reste versé"):
        op.reverser(lieu.chargee, v, version=v.version, montant=D(901), motif="Trop-perçu")
    r = op.reverser(lieu.chargee, v, version=v.version, montant=D(400), motif="Trop-perçu", date_titre=HIER)
    v = Versement.objects.get(pk=v.pk)
    assert verse_net(v) == D(900)
    with pytest.raises(ValidationError, match="précéder son titre"):
        op.recouvrer(lieu.chargee, r, version=v.version, date_recouvrement=date(2024, 6, 1))
    op.recouvrer(lieu.chargee, r, version=v.version, date_recouvrement=HIER)
    assert paiement_de(ligne, 0).verse == D(500)
    verser(lieu, versement(ligne, 400, numero=2), 400)
    # What was recovered was paid again: it can no longer be said not to have been.
    v = Versement.objects.get(pk=v.pk)
    with pytest.raises(ValidationError, match="Il reste"):
        op.recouvrer(lieu.chargee, r, version=v.version, date_recouvrement=None)


def test_deux_personnes_sur_un_versement(lieu, ligne):
    v = versement(ligne)
    verser(lieu, v, 900)
    with rien_n_est_ecrit(), pytest.raises(VersionPerimee):
        op.suspendre(lieu.chargee, v, version=1, motif="Trop tard")


def test_seule_la_chargee_de_mission_paie(lieu, ligne):
    v = versement(ligne)
    financeur = fabriques.representant_du_financeur(lieu.ville)
    porteur = fabriques.representant_du_porteur(lieu.annuelle.action.porteur)
    for compte in (financeur, porteur):
        with rien_n_est_ecrit(), pytest.raises(PermissionDenied):
            op.verser(compte, v, version=1, date_versement=HIER, montant=D(1))


def test_une_regle_de_financeur_paie_chaque_ligne(lieu, ligne):
    commun = {"convention": None, "financeur": lieu.ville, "base": "n"}
    fabriques.RegleVersementFactory(rang=1, numerateur=1, denominateur=3, mois=5, **commun)
    fabriques.RegleVersementFactory(rang=2, type="solde", mois=10, numerateur=1, denominateur=1, **commun)
    LigneFinancement.objects.update(montant_notifie=D("1000.00"))
    op.planifier(lieu.chargee, LigneFinancement.objects.get())
    assert [(v.numero, v.montant_prevu) for v in Versement.objects.order_by("numero")] == [
        (1, D("333.33")),
        (2, D("666.67")),
    ]


def test_supprimer_une_regle_laisse_ce_qu_elle_a_prevu(mjc):
    planifier(mjc)
    regle = mjc.convention.regles_versement.get(rang=1)
    op.supprimer_regle(mjc.chargee, regle, version=1)
    assert [(v.regle_id is None, v.montant_prevu) for v in les_versements(mjc)[:2]] == [
        (True, D(81000)),
        (False, D(81000)),
    ]


def test_une_regle_suivie_dans_une_annee_archivee_ne_se_supprime_pas(mjc):
    planifier(mjc)
    regle = mjc.convention.regles_versement.get(rang=1)
    Campagne.objects.filter(pk=mjc.campagne.pk).update(statut="archivee")
    with rien_n_est_ecrit(), pytest.raises(ValidationError, match="cette année est archivée"):
        op.supprimer_regle(mjc.chargee, regle, version=1)


def test_une_regle_suivie_garde_son_payeur(mjc):
    planifier(mjc)
    regle = mjc.convention.regles_versement.get(rang=1)
    regle.convention, regle.financeur = None, mjc.ville
    with rien_n_est_ecrit(), pytest.raises(ValidationError, match="suivent déjà cette règle"):
        op.enregistrer_regle(mjc.chargee, regle, version=1)
    Versement.objects.all().delete()
    op.enregistrer_regle(mjc.chargee, regle, version=1)
    assert RegleVersement.objects.get(pk=regle.pk).financeur == mjc.ville


# -- What is not to be paid ------------------------------------------------------------------------
def regle_de_la_ville(lieu):
    return fabriques.RegleVersementFactory(convention=None, financeur=lieu.ville, rang=1, base="n")


@pytest.mark.parametrize("statut", ["refusee", "ajournee", "abandonnee", "non_recevable"])
def test_une_action_qui_ne_se_fait_pas_n_est_ni_planifiee_ni_payee(lieu, ligne, statut):
    regle_de_la_ville(lieu)
    assert len(paiement_de(ligne, 0).ecarts()) == 1
    ActionAnnuelle.objects.filter(pk=lieu.annuelle.pk).update(statut=statut, motif="Hors sujet.")
    assert paiements(lieu.campagne, lieu.chargee, HIER) == []
    with rien_n_est_ecrit():
        assert op.planifier(lieu.chargee, ligne) == []
    prevu = versement(ligne)
    for geste in (verser, lambda lieu, v, _: op.mandater(lieu.chargee, v, version=1, date_mandat=HIER)):
        with rien_n_est_ecrit(), pytest.raises(ValidationError, match="rien n'est à payer"):
            geste(lieu, prevu, 900)


def test_une_ligne_payee_par_sa_convention_ne_l_est_pas_deux_fois(mjc, ligne):
    regle_de_la_ville(mjc)
    LigneFinancement.objects.update(convention=mjc.convention)
    assert len(paiement_de(ligne, 0).ecarts()) == 1
    # The amount of another funder is not this money.
    montant = MontantConvention.objects.create(
        convention=mjc.convention, annee=mjc.annee, financeur=mjc.etat, montant_prevu=D(900)
    )
    assert len(paiement_de(ligne, 0).ecarts()) == 1
    prevu = versement(ligne)
    for financeur in (mjc.ville, None):
        montant.financeur = financeur
        montant.save()
        assert paiement_de(ligne, 0).ecarts() == []
        with rien_n_est_ecrit(), pytest.raises(ValidationError, match="payée par sa convention"):
            verser(mjc, prevu, 900)


def test_se_reprendre_d_un_recouvrement_compte_les_autres(lieu, ligne):
    v = verser(lieu, versement(ligne), 900)
    for montant in (300, 200):
        v = Versement.objects.get(pk=v.pk)
        r = op.reverser(lieu.chargee, v, version=v.version, montant=D(montant), motif="Trop-perçu")
        v = Versement.objects.get(pk=v.pk)
        op.recouvrer(lieu.chargee, r, version=v.version, date_recouvrement=HIER)
    # 400 € are still paid; 300 € more are, and 200 € of the second repayment can be said not recovered, no more.
    second = verser(lieu, versement(ligne, 300, numero=2), 300)
    v = Versement.objects.get(pk=v.pk)
    op.recouvrer(lieu.chargee, r, version=v.version, date_recouvrement=None)
    assert paiement_de(ligne, 0).verse == D(900)
    assert second.montant_verse == D(300)
    v = Versement.objects.get(pk=v.pk)
    premier = v.reversements.get(montant=D(300))
    with pytest.raises(ValidationError, match="Il reste"):
        op.recouvrer(lieu.chargee, premier, version=v.version, date_recouvrement=None)


def test_lire_les_versements_coute_autant_quel_qu_en_soit_le_nombre(mjc, ligne):
    planifier(mjc)
    versement(ligne)

    def ajouter():
        autre = fabriques.LigneFinancementFactory(
            action_annuelle=fabriques.ActionAnnuelleFactory(campagne=mjc.campagne), financeur=mjc.etat
        )
        v = versement(autre)
        fabriques.ConditionVersementFactory(versement=v)

    def lire():
        for paiement in paiements(mjc.campagne, mjc.chargee, HIER):
            paiement.ecarts()
            for v in paiement.versements:
                paiement.blocages(v)

    verifier_requetes_constantes(lire, ajouter)


# -- Whatever the sequence -------------------------------------------------------------------------
GESTES = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("planifier", "ajouter", "verser", "mandater", "suspendre", "reprendre", "annuler"),
                *("corriger", "reverser", "recouvrer", "derecouvrer", "modifier", "archiver"),
            ]
        ),
        st.integers(0, 3),
        st.decimals(D("0.01"), D(1200), places=2),
    ),
    max_size=12,
)


def jouer(lieu, ligne, geste, rang, montant):
    """Do one gesture on one payment; what is refused changes nothing."""
    tous = list(Versement.objects.order_by("pk"))
    v = tous[rang % len(tous)] if tous else None
    options = {"version": v.version if v else 0}
    if geste == "archiver":
        Campagne.objects.filter(pk=lieu.campagne.pk).update(statut="archivee")
    elif geste == "planifier":
        op.planifier(lieu.chargee, ligne)
    elif geste == "ajouter":
        op.ajouter_versement(lieu.chargee, Versement(ligne=ligne, type="unique", montant_prevu=montant))
    elif v is None:
        return
    elif geste == "verser":
        op.verser(lieu.chargee, v, date_versement=HIER, montant=montant, **options)
    elif geste == "mandater":
        op.mandater(lieu.chargee, v, date_mandat=HIER, **options)
    elif geste in ("suspendre", "annuler", "corriger"):
        getattr(op, geste)(lieu.chargee, v, motif="Parce que", **options)
    elif geste == "reprendre":
        op.reprendre(lieu.chargee, v, **options)
    elif geste == "reverser":
        op.reverser(lieu.chargee, v, montant=montant, motif="Trop-perçu", **options)
    elif geste == "modifier":
        op.modifier_versement(lieu.chargee, v, date_prevue=HIER, montant_prevu=montant, pieces=[], **options)
    elif reversement := v.reversements.order_by("pk").first():
        jour = HIER if geste == "recouvrer" else None
        op.recouvrer(lieu.chargee, reversement, date_recouvrement=jour, **options)


@pytest.mark.django_db(transaction=False)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(gestes=GESTES)
def test_aucune_suite_de_gestes_ne_paie_trop_ni_ne_change_une_annee_close(lieu, ligne, gestes):
    Versement.objects.all().delete()
    Campagne.objects.filter(pk=lieu.campagne.pk).update(statut="programmee")
    ligne = LigneFinancement.objects.select_related("action_annuelle__campagne").get(pk=ligne.pk)
    if not RegleVersement.objects.exists():
        commun = {"convention": None, "financeur": lieu.ville}
        fabriques.RegleVersementFactory(rang=1, numerateur=2, denominateur=3, base="n", **commun)
        fabriques.RegleVersementFactory(rang=2, type="solde", base="reste_n", denominateur=1, **commun)
    fige = None
    for geste, rang, montant in gestes:
        with suppress(ValidationError):
            jouer(lieu, ligne, geste, rang, montant)
        tous = list(Versement.objects.order_by("pk").prefetch_related("reversements"))
        assert sum(map(engage, tous), D(0)) <= D(900)
        assert sum(map(verse_net, tous), D(0)) == paiement_de(ligne, 0).verse
        if geste == "archiver":
            fige = fige or list(Versement.objects.order_by("pk").values())
        if fige is not None:
            assert list(Versement.objects.order_by("pk").values()) == fige
    for v in Versement.objects.all():
        v.reversements.all().delete()
