"""What is paid, whatever the way: the parts of a payment add up to it, to the cent, and nothing counts twice."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.models import ActionAnnuelle
from financements.attributions import Couverte, Part, attribuer
from financements.enveloppes import situations
from financements.models import LigneFinancement, MontantConvention, Reversement, Versement
from financements.operations import versements as op
from financements.paiements import paiement_de, verse_net
from financements.programmation import Critere, Etat, lire_grille, totaliser
from financements.verses import bilan_verse, verses_des_enveloppes
from tests import fabriques
from tests.outils.requetes import verifier_requetes_constantes

D = Decimal
HIER = date(2024, 6, 14)
EUROS = st.decimals(D("0.01"), D(100_000), places=2)


# -- The rule --------------------------------------------------------------------------------------
def test_un_versement_se_partage_selon_ce_qui_est_promis():
    lignes = [Couverte(1, 7, D(200)), Couverte(2, 7, D(100))]
    assert attribuer({5: D(100)}, {7: D(300)}, lignes) == [
        Part(5, 7, 1, D("66.67")),
        Part(5, 7, 2, D("33.33")),
    ]


def test_ce_qu_aucune_ligne_ne_prend_est_hors_programme():
    assert attribuer({5: D(100), 6: D(50)}, {7: D(300)}, [Couverte(1, 7, D(120))]) == [
        Part(5, 7, 1, D(100)),
        Part(6, 7, 1, D(20)),
        Part(6, 7, None, D(30)),
    ]


def test_chaque_financeur_paie_ses_lignes():
    lignes = [Couverte(1, 7, D(100)), Couverte(2, 8, D(900)), Couverte(3, 9, D(900))]
    assert attribuer({5: D(100)}, {7: D(300), 8: D(100)}, lignes) == [
        Part(5, 7, 1, D(75)),
        Part(5, 8, 2, D(25)),
    ]


def test_sans_financeur_precis_la_ligne_dit_qui_paie():
    lignes = [Couverte(1, 7, D(50)), Couverte(2, 8, D(50))]
    attendues = [Part(5, 7, 1, D(50)), Part(5, 8, 2, D(50)), Part(5, None, None, D(20))]
    assert attribuer({5: D(120)}, {}, lignes) == attendues
    assert attribuer({5: D(120)}, {None: D(80)}, lignes) == attendues


def test_une_action_qui_ne_se_fait_pas_prend_ce_que_les_autres_laissent():
    lignes = [Couverte(1, 7, D(60)), Couverte(2, 7, D(60), vivante=False)]
    assert attribuer({5: D(100)}, {7: D(100)}, lignes) == [Part(5, 7, 1, D(60)), Part(5, 7, 2, D(40))]


@given(
    montants=st.lists(EUROS, max_size=5),
    donnes=st.dictionaries(st.one_of(st.none(), st.integers(7, 9)), st.decimals(D(0), D(9999), places=2)),
    lignes=st.lists(
        st.tuples(st.integers(7, 10), st.decimals(D(-50), D(9999), places=2), st.booleans()), max_size=5
    ),
)
def test_rien_ne_se_perd_et_rien_ne_compte_deux_fois(montants, donnes, lignes):
    couvertes = [
        Couverte(pk, financeur, reste, vivante) for pk, (financeur, reste, vivante) in enumerate(lignes)
    ]
    parts = attribuer(dict(enumerate(montants)), donnes, couvertes)
    assert all(part.montant > 0 and part.montant == round(part.montant, 2) for part in parts)
    for rang, montant in enumerate(montants):
        assert sum((p.montant for p in parts if p.versement == rang), D(0)) == montant
    for ligne in couvertes:
        siennes = sum((p.montant for p in parts if p.ligne == ligne.pk), D(0))
        assert siennes <= max(ligne.reste, D(0))


# -- On the pages ----------------------------------------------------------------------------------
@pytest.fixture
def cpo(lieu):
    """Give a convention of which the Ville gives 900 € in the year, to one action: 600 € notified, nothing paid."""
    lieu.annee = lieu.campagne.annee
    lieu.convention = fabriques.ConventionFactory(
        contrat=lieu.contrat, date_debut=date(lieu.annee, 1, 1), date_fin=date(lieu.annee + 3, 1, 1)
    )
    lieu.montant = MontantConvention.objects.create(
        convention=lieu.convention,
        annee=lieu.annee,
        financeur=lieu.ville,
        montant_vote=D(900),
        vote_le=date(lieu.annee, 1, 15),
    )
    lieu.ligne = ligne_de(lieu, 600)
    return lieu


def ligne_de(lieu, montant, **champs):
    champs = {"action_annuelle": lieu.annuelle, "financeur": lieu.ville, **champs}
    return fabriques.LigneFinancementFactory(
        convention=lieu.convention, montant_accorde=D(montant), montant_notifie=D(montant), **champs
    )


def payer(lieu, montant, **champs):
    """Note a payment of the convention, as if it had been made."""
    return fabriques.VersementFactory(
        **{"ligne": None, "convention": lieu.convention, "annee": lieu.annee, "numero": 1, **champs},
        verse=True,
        montant_prevu=D(montant),
        montant_verse=D(montant),
    )


def verse_de_la_grille(lieu):
    annuelles = ActionAnnuelle.objects.filter(campagne=lieu.campagne).order_by("pk")
    return lire_grille(lieu.chargee, lieu.campagne, list(annuelles), Etat.VERSE).total


def lu(lieu, utilisateur=None):
    return {
        f.financeur and f.financeur.sigle: (f.par_ligne, f.par_convention, f.hors_programme)
        for f in bilan_verse(lieu.campagne, utilisateur or lieu.chargee).financeurs
    }


def test_la_grille_et_les_totaux_comptent_ce_que_paie_la_convention(cpo):
    payer(cpo, 400)
    annuelles = ActionAnnuelle.objects.filter(campagne=cpo.campagne)
    assert verse_de_la_grille(cpo) == D(400)
    for critere in Critere:
        totaux = totaliser(cpo.chargee, annuelles, Etat.VERSE, critere, avant=annuelles.none())
        assert (totaux.total, sum(p.montant for p in totaux.postes)) == (D(400), D(400)), critere
    assert lu(cpo) == {"MAIRIE": (D(0), D(400), D(0))}


def test_ce_que_les_lignes_ne_prennent_pas_est_dit_a_part(cpo):
    payer(cpo, 900)
    assert verse_de_la_grille(cpo) == D(600)
    bilan = bilan_verse(cpo.campagne, cpo.chargee)
    assert lu(cpo) == {"MAIRIE": (D(0), D(600), D(300))}
    (hors,) = bilan.hors_programme
    assert (hors.convention, hors.financeur, hors.montant) == (cpo.convention, cpo.ville, D(300))
    assert bilan.total == D(900)


def test_ce_qui_est_recouvre_n_est_plus_verse(cpo):
    paye = payer(cpo, 500)
    Reversement.objects.create(versement=paye, motif="Trop-perçu", montant=D(200), date_recouvrement=HIER)
    assert verse_de_la_grille(cpo) == D(300)


def test_une_contribution_en_nature_n_est_pas_payee(cpo):
    LigneFinancement.objects.filter(pk=cpo.ligne.pk).update(nature_credit="valorisation")
    payer(cpo, 400)
    assert lu(cpo) == {"MAIRIE": (D(0), D(0), D(400))}


def test_avant_le_vote_le_financeur_est_celui_de_l_annee_precedente(cpo):
    MontantConvention.objects.filter(pk=cpo.montant.pk).update(annee=cpo.annee - 1)
    payer(cpo, 300)
    assert lu(cpo) == {"MAIRIE": (D(0), D(300), D(0))}


def test_un_financeur_lit_ce_qu_il_paie_par_convention_et_un_autre_non(cpo):
    payer(cpo, 900)
    ville, region = map(fabriques.representant_du_financeur, (cpo.ville, cpo.region))
    assert lu(cpo, ville) == {"MAIRIE": (D(0), D(600), D(300))}
    assert lu(cpo, region) == {}


def test_l_enveloppe_garde_ce_que_la_convention_a_paye_d_une_action_abandonnee(cpo):
    fabriques.EnveloppeFactory(campagne=cpo.campagne, financeur=cpo.ville, montant=D(1000))
    payer(cpo, 400)
    assert [s.retenu for s in situations(cpo.campagne)] == [D(600)]
    ActionAnnuelle.objects.filter(campagne=cpo.campagne).update(statut="abandonnee", motif="Faute de local.")
    assert [(s.retenu, s.actions) for s in situations(cpo.campagne)] == [(D(400), 1)]


def test_le_verse_coute_autant_quel_que_soit_le_nombre_de_lignes(cpo):
    payer(cpo, 900)
    fabriques.VersementFactory(ligne=cpo.ligne, verse=True, montant_verse=D(10))

    def ajouter():
        autre = fabriques.ActionAnnuelleFactory(campagne=cpo.campagne)
        cpo.convention = fabriques.ConventionFactory(contrat=cpo.contrat)
        ligne = ligne_de(cpo, 100, action_annuelle=autre)
        fabriques.VersementFactory(ligne=ligne, verse=True, montant_verse=D(10))
        payer(cpo, 500)

    def lire():
        verse_de_la_grille(cpo)
        bilan_verse(cpo.campagne, cpo.chargee)
        paiement_de(cpo.ligne, 0)

    verifier_requetes_constantes(lire, ajouter)


# -- Paid partly line by line ----------------------------------------------------------------------
@pytest.fixture
def regles(cpo):
    """Pay the convention half in March, the balance in September."""
    commun = {"convention": cpo.convention, "financeur": None}
    fabriques.RegleVersementFactory(
        rang=1, type="acompte", mois=3, base="n", numerateur=1, denominateur=2, **commun
    )
    fabriques.RegleVersementFactory(rang=2, type="solde", mois=9, base="reste_n", denominateur=1, **commun)
    return cpo


def prevus(lieu):
    paiement = paiement_de(lieu.convention, lieu.annee)
    return [ecart.tranche.montant for ecart in paiement.ecarts()]


def test_ce_qui_est_paye_ligne_par_ligne_est_deduit_de_ce_que_la_convention_paie(regles):
    assert prevus(regles) == [D(450), D(450)]
    fabriques.VersementFactory(ligne=regles.ligne, verse=True, montant_verse=D(200))
    assert prevus(regles) == [D(450), D(250)]
    premier, solde = op.planifier(regles.chargee, regles.convention, regles.annee)
    verser(regles, premier, 450)
    with pytest.raises(ValidationError, match="Il reste"):
        verser(regles, solde, 251)
    verser(regles, solde, 250)
    assert lu(regles) == {"MAIRIE": (D(200), D(400), D(300))}
    assert paiement_de(regles.convention, regles.annee).trop_verse == 0


def verser(lieu, versement, montant):
    op.verser(lieu.chargee, versement, version=versement.version, date_versement=HIER, montant=D(montant))


def test_une_ligne_ne_repaie_pas_ce_que_la_convention_a_paye_avant_le_vote(cpo):
    """An instalment counted on the year before comes before the amount of the year: the line pays only the rest."""
    MontantConvention.objects.filter(pk=cpo.montant.pk).update(annee=cpo.annee - 1)
    payer(cpo, 500)
    direct = fabriques.VersementFactory(ligne=cpo.ligne, montant_prevu=D(600))
    with pytest.raises(ValidationError, match="Il reste"):
        verser(cpo, direct, 101)
    verser(cpo, direct, 100)
    assert lu(cpo) == {"MAIRIE": (D(100), D(500), D(0))}


# -- Whatever is written ---------------------------------------------------------------------------
LIGNES = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.one_of(st.none(), EUROS),
        st.sampled_from(["specifique", "droit_commun", "valorisation"]),
        st.booleans(),
        st.one_of(st.none(), EUROS),
    ),
    max_size=4,
    unique_by=lambda ligne: (ligne[0], ligne[2]),
)


@pytest.mark.django_db(transaction=False)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    lignes=LIGNES,
    donnes=st.dictionaries(st.integers(0, 2), st.one_of(st.none(), EUROS), max_size=3),
    payes=st.lists(st.tuples(EUROS, st.booleans()), max_size=4),
    abandonnee=st.booleans(),
)
def test_le_verse_d_une_annee_est_la_somme_de_ses_versements(cpo, lignes, donnes, payes, abandonnee):
    """Whatever is promised, given and paid: the grid, the totals and the funders say the sum of the payments."""
    Reversement.objects.all().delete()
    Versement.objects.all().delete()
    LigneFinancement.objects.all().delete()
    MontantConvention.objects.all().delete()
    ActionAnnuelle.objects.update(
        statut="abandonnee" if abandonnee else "programmee", motif="Faute de local."
    )
    financeurs = [cpo.ville, cpo.etat, cpo.caf]
    for rang, donne in donnes.items():
        MontantConvention.objects.create(
            convention=cpo.convention, annee=cpo.annee, financeur=financeurs[rang], montant_prevu=donne
        )
    for rang, notifie, nature, reliee, direct in lignes:
        ligne = fabriques.LigneFinancementFactory(
            action_annuelle=cpo.annuelle,
            financeur=financeurs[rang],
            nature_credit=nature,
            montant_notifie=notifie,
            convention=cpo.convention if reliee else None,
        )
        if direct:
            fabriques.VersementFactory(ligne=ligne, verse=True, montant_verse=direct)
    for montant, recouvre in payes:
        paye = payer(cpo, montant)
        if recouvre:
            Reversement.objects.create(
                versement=paye, motif="Trop-perçu", montant=montant / 2, date_recouvrement=HIER
            )
    tous = Versement.objects.prefetch_related("reversements").order_by("pk")
    bilan = bilan_verse(cpo.campagne, cpo.chargee)
    assert bilan.total == sum(map(verse_net, tous), D(0))
    annuelles = ActionAnnuelle.objects.filter(campagne=cpo.campagne)
    totaux = totaliser(cpo.chargee, annuelles, Etat.VERSE, Critere.FINANCEUR, avant=annuelles.none())
    du_programme = {f.financeur: f.par_ligne + f.par_convention for f in bilan.financeurs}
    assert {p.objet: p.montant for p in totaux.postes} == {f: m for f, m in du_programme.items() if m}
    if len(donnes) == 1:
        # A funder that alone gives the convention pays all of its payments.
        (seul,) = (financeurs[rang] for rang in donnes)
        siens = [v for v in tous if v.convention or v.ligne.financeur == seul]
        totaux_des_financeurs = {f.financeur: f.total for f in bilan.financeurs}
        assert totaux_des_financeurs.get(seul, D(0)) == sum(map(verse_net, siens), D(0))


def test_le_verse_d_une_enveloppe_est_la_somme_de_ce_que_le_financeur_paie(cpo):
    lieu = cpo
    dispositif = fabriques.DispositifFactory()
    entiere = fabriques.EnveloppeFactory(financeur=lieu.ville, campagne=lieu.campagne, montant=D(5000))
    propre = fabriques.EnveloppeFactory(
        financeur=lieu.ville, campagne=lieu.campagne, dispositif=dispositif, montant=D(500)
    )
    vide = fabriques.EnveloppeFactory(financeur=lieu.etat, campagne=lieu.campagne, montant=D(500))
    enveloppes = [entiere, propre, vide]
    payer(lieu, 700)
    directe = fabriques.LigneFinancementFactory(
        action_annuelle=fabriques.ActionAnnuelleFactory(campagne=lieu.campagne, dispositif=dispositif),
        financeur=lieu.ville,
        montant_notifie=D(40),
    )
    fabriques.VersementFactory(ligne=directe, verse=True, montant_verse=D(40), date_versement=HIER)
    verses = verses_des_enveloppes(lieu.campagne, enveloppes, lieu.chargee)
    # 600 € by convention to the line, 100 € beside the programme, 40 € line by line.
    assert verses == {entiere.pk: D(740), propre.pk: D(40), vide.pk: D(0)}
    (ville,) = [lu for lu in bilan_verse(lieu.campagne).financeurs if lu.financeur == lieu.ville]
    assert verses[entiere.pk] == ville.total
