"""Scenarios: the copy, the tries, what differs, what is adopted and what is not lost."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from actions.models import ActionAnnuelle, Campagne
from comptes.versions import VersionPerimee
from financements.models import LigneFinancement, MontantScenario, Scenario
from financements.operations import (
    PROGRAMME,
    SCENARIO,
    CelluleChangee,
    ConflitsAdoption,
    EnveloppeDepassee,
    adopter_scenario,
    creer_scenario,
    dupliquer_scenario,
    ecarter_scenario,
    ecrire_cellule,
    ecrire_montant_scenario,
    modifier_scenario,
    reprendre_scenario,
)
from financements.programmation import Colonne, Etat
from financements.scenarios import comparer, conflits_de, enveloppes_du_scenario, grille_du_scenario
from tests import fabriques
from tests.outils.requetes import verifier_requetes_constantes

Statut = Scenario.Statut


@pytest.fixture
def annee(lieu):
    """Two actions: 1 000 € proposed by the town and 500 € by the CAF for the first, nothing for the second."""
    lieu.seconde = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne)
    for financeur, montant in ((lieu.ville, 1000), (lieu.caf, 500)):
        fabriques.LigneFinancementFactory(
            action_annuelle=lieu.annuelle,
            financeur=financeur,
            montant_propose=montant,
            montant_accorde=None,
        )
    return lieu


@pytest.fixture
def scenario(annee):
    return creer_scenario(annee.chargee, annee.campagne, nom=" Prudent ", etat="montant_propose")


def essayer(lieu, scenario, montant, *, avant=None, annuelle=None, financeur=None, compte=None):
    return ecrire_montant_scenario(
        compte or lieu.chargee,
        scenario,
        annuelle or lieu.annuelle,
        Colonne(financeur or lieu.ville),
        None if montant is None else Decimal(montant),
        avant=None if avant is None else Decimal(avant),
    )


def adopter(lieu, scenario, **options):
    version = Scenario.objects.get(pk=scenario.pk).version
    return adopter_scenario(lieu.chargee, scenario, version=version, **options)


def ecrire(lieu, montant, avant, annuelle=None):
    ecrire_cellule(
        lieu.chargee,
        annuelle or lieu.annuelle,
        Colonne(lieu.ville),
        Etat.PROPOSE,
        None if montant is None else Decimal(montant),
        avant=None if avant is None else Decimal(avant),
    )


def programme():
    lignes = LigneFinancement.objects.order_by("action_annuelle", "financeur__ordre")
    return list(lignes.values_list("financeur__sigle", "montant_propose"))


def annuelles(lieu):
    return list(ActionAnnuelle.objects.filter(campagne=lieu.campagne).order_by("pk"))


# -- The copy and the tries ------------------------------------------------------------------------
def test_un_scenario_part_de_la_grille(annee, scenario):
    assert (scenario.nom, scenario.statut, scenario.cree_par) == ("Prudent", Statut.OUVERT, annee.chargee)
    grille = grille_du_scenario(scenario, annuelles(annee))
    assert [[c.montant for c in r.cellules] for r in grille.rangees] == [
        [Decimal(1000), None, None, Decimal(500)],
        [None] * 4,
    ]
    assert (grille.etat, grille.total) == (Etat.PROPOSE, Decimal(1000))
    assert MontantScenario.historique.count() == 2


def test_on_y_essaie_sans_toucher_au_programme(annee, scenario):
    assert essayer(annee, scenario, 800, avant=1000).version == 2
    assert essayer(annee, scenario, 300, annuelle=annee.seconde).version == 1
    assert essayer(annee, scenario, None, avant=300, annuelle=annee.seconde) is None
    assert essayer(annee, scenario, None, avant=800).montant is None
    assert [(m.depart, m.montant) for m in MontantScenario.objects.order_by("financeur__ordre")] == [
        (Decimal(1000), None),
        (Decimal(500), Decimal(500)),
    ]
    assert programme() == [("MAIRIE", Decimal(1000)), ("CAF", Decimal(500))]


def test_deux_personnes_sur_une_case_ne_perdent_rien(annee, scenario):
    essayer(annee, scenario, 800, avant=1000)
    with pytest.raises(CelluleChangee) as conflit:
        essayer(annee, scenario, 900, avant=1000)
    assert (conflit.value.actuel, conflit.value.qui) == (Decimal(800), "Claire Aubert")
    assert essayer(annee, scenario, 800, avant=1000).version == 2


def test_un_nom_deja_pris_ou_vide_est_refuse(annee, scenario):
    for nom in ("Prudent", "  "):
        with pytest.raises(ValidationError) as refus:
            creer_scenario(annee.chargee, annee.campagne, nom=nom, etat="montant_propose")
        assert set(refus.value.message_dict) == {"nom"}
    with pytest.raises(ValidationError):
        creer_scenario(annee.chargee, annee.campagne, nom="Autre", etat="montant_demande")
    assert modifier_scenario(annee.chargee, scenario, version=1, nom="Sage", commentaire="").version == 2
    with pytest.raises(VersionPerimee):
        modifier_scenario(annee.chargee, scenario, version=1, nom="Fou", commentaire="")


def test_une_copie_garde_ses_essais_et_son_depart(annee, scenario):
    essayer(annee, scenario, 800, avant=1000)
    copie = dupliquer_scenario(annee.chargee, scenario, nom="Généreux")
    assert [(m.depart, m.montant) for m in copie.montants.order_by("financeur__ordre")] == [
        (Decimal(1000), Decimal(800)),
        (Decimal(500), Decimal(500)),
    ]


def test_nul_autre_que_la_personne_du_contrat(annee, scenario):
    for compte in (
        fabriques.representant_du_financeur(annee.ville),
        fabriques.chargee_de_mission(fabriques.ContratFactory()),
    ):
        for geste in (
            lambda c=compte: creer_scenario(c, annee.campagne, nom="X", etat="montant_propose"),
            lambda c=compte: dupliquer_scenario(c, scenario, nom="X"),
            lambda c=compte: modifier_scenario(c, scenario, version=1, nom="X", commentaire=""),
            lambda c=compte: essayer(annee, scenario, 1, avant=1000, compte=c),
            lambda c=compte: adopter_scenario(c, scenario, version=1),
            lambda c=compte: ecarter_scenario(c, scenario, version=1),
            lambda c=compte: reprendre_scenario(c, scenario, version=1),
        ):
            with pytest.raises(PermissionDenied):
                geste()


def test_une_action_d_une_autre_annee_est_refusee(annee, scenario):
    ailleurs = fabriques.annee_de(annee.annuelle.action, 2023)
    with pytest.raises(ValidationError):
        essayer(annee, scenario, 5, annuelle=ailleurs)


# -- What becomes of it ----------------------------------------------------------------------------
def test_adopter_ecrit_ce_qui_change_et_rien_d_autre(annee, scenario):
    essayer(annee, scenario, 800, avant=1000)
    essayer(annee, scenario, 300, annuelle=annee.seconde, financeur=annee.etat)
    caf = LigneFinancement.objects.get(financeur=annee.caf)
    assert adopter(annee, scenario) == 2
    assert programme() == [("MAIRIE", Decimal(800)), ("CAF", Decimal(500)), ("ÉTAT", Decimal(300))]
    caf.refresh_from_db()
    assert caf.version == 1
    passee = LigneFinancement.historique.filter(financeur_id=annee.ville.pk).first()
    assert (passee.history_user, passee.history_change_reason) == (
        annee.chargee,
        "Scénario « Prudent » adopté",
    )
    scenario.refresh_from_db()
    assert (scenario.statut, scenario.adopte_le is not None) == (Statut.ADOPTE, True)
    with pytest.raises(ValidationError, match="adopté"):
        essayer(annee, scenario, 700, avant=800)


def test_une_case_vide_dans_le_scenario_vide_le_programme(annee, scenario):
    essayer(annee, scenario, None, avant=1000)
    adopter(annee, scenario)
    assert programme() == [("CAF", Decimal(500))]


def test_ce_que_le_programme_a_change_seul_reste(annee, scenario):
    essayer(annee, scenario, 300, annuelle=annee.seconde)
    ecrire(annee, 1200, 1000)
    assert adopter(annee, scenario) == 1
    assert programme() == [("MAIRIE", Decimal(1200)), ("CAF", Decimal(500)), ("MAIRIE", Decimal(300))]


@pytest.mark.parametrize(("choix", "attendu"), [(PROGRAMME, 1200), (SCENARIO, 800)])
def test_une_case_changee_des_deux_cotes_se_tranche(annee, scenario, choix, attendu):
    essayer(annee, scenario, 800, avant=1000)
    essayer(annee, scenario, 300, annuelle=annee.seconde)
    ecrire(annee, 1200, 1000)
    with pytest.raises(ConflitsAdoption) as refus:
        adopter(annee, scenario)
    (conflit,) = refus.value.conflits
    assert (conflit.depart, conflit.programme, conflit.scenario) == (1000, 1200, 800)
    assert programme() == [("MAIRIE", Decimal(1200)), ("CAF", Decimal(500))]
    adopter(annee, scenario, choix={conflit.cle: choix})
    assert LigneFinancement.objects.get(
        action_annuelle=annee.annuelle, financeur=annee.ville
    ).montant_propose == (attendu)
    assert LigneFinancement.objects.get(action_annuelle=annee.seconde).montant_propose == 300


def test_la_meme_valeur_des_deux_cotes_n_est_pas_un_conflit(annee, scenario):
    essayer(annee, scenario, 800, avant=1000)
    ecrire(annee, 800, 1000)
    assert conflits_de(scenario) == []
    assert adopter(annee, scenario) == 0


def test_une_enveloppe_depassee_arrete_tout(annee, scenario):
    fabriques.EnveloppeFactory(campagne=annee.campagne, financeur=annee.ville, montant=Decimal(1500))
    essayer(annee, scenario, 800, avant=1000)
    essayer(annee, scenario, 701, annuelle=annee.seconde)
    assert [(s.retenu, s.reste) for s in enveloppes_du_scenario(scenario)] == [(Decimal(1501), Decimal(-1))]
    with pytest.raises(EnveloppeDepassee):
        adopter(annee, scenario)
    assert programme() == [("MAIRIE", Decimal(1000)), ("CAF", Decimal(500))]
    essayer(annee, scenario, 700, avant=701, annuelle=annee.seconde)
    assert adopter(annee, scenario) == 2


def test_le_scenario_adopte_avant_est_ecarte(annee, scenario):
    adopter(annee, scenario)
    autre = creer_scenario(annee.chargee, annee.campagne, nom="Autre", etat="montant_propose")
    accorde = creer_scenario(annee.chargee, annee.campagne, nom="Accordé", etat="montant_accorde")
    adopter(annee, accorde)
    adopter(annee, autre)
    assert dict(Scenario.objects.order_by("pk").values_list("nom", "statut")) == {
        "Prudent": "ecarte",
        "Autre": "adopte",
        "Accordé": "adopte",
    }


def test_ecarter_puis_reprendre(annee, scenario):
    ecarte = ecarter_scenario(annee.chargee, scenario, version=1)
    with pytest.raises(ValidationError, match="écarté"):
        adopter(annee, scenario)
    with pytest.raises(VersionPerimee):
        reprendre_scenario(annee.chargee, scenario, version=1)
    repris = reprendre_scenario(annee.chargee, ecarte, version=2)
    assert repris.statut == Statut.OUVERT
    with pytest.raises(ValidationError, match="écarté"):
        reprendre_scenario(annee.chargee, repris, version=3)


def test_une_annee_archivee_n_essaie_plus(annee, scenario):
    Campagne.objects.update(statut=Campagne.Statut.ARCHIVEE)
    for geste in (
        lambda: essayer(annee, scenario, 1, avant=1000),
        lambda: adopter(annee, scenario),
        lambda: ecarter_scenario(annee.chargee, scenario, version=1),
        lambda: creer_scenario(annee.chargee, annee.campagne, nom="X", etat="montant_propose"),
    ):
        with pytest.raises(ValidationError, match="archivée"):
            geste()


# -- Comparing -------------------------------------------------------------------------------------
def test_comparer_avec_le_programme(annee, scenario):
    fabriques.EnveloppeFactory(campagne=annee.campagne, financeur=annee.ville, montant=Decimal(1500))
    essayer(annee, scenario, 800, avant=1000)
    essayer(annee, scenario, 300, annuelle=annee.seconde, financeur=annee.etat)
    essayer(annee, scenario, 600, avant=500, financeur=annee.caf)
    comparaison = comparer(None, scenario)
    par_case = {
        (d.annuelle.pk, d.colonne.financeur.sigle): (d.gauche, d.droite, d.ecart)
        for d in comparaison.differences
    }
    assert par_case == {
        (annee.annuelle.pk, "MAIRIE"): (Decimal(1000), Decimal(800), Decimal(-200)),
        (annee.annuelle.pk, "CAF"): (Decimal(500), Decimal(600), Decimal(100)),
        (annee.seconde.pk, "ÉTAT"): (None, Decimal(300), Decimal(300)),
    }
    assert {t.objet.pk: t.ecart for t in comparaison.par_action} == {
        annee.annuelle.pk: Decimal(-200),
        annee.seconde.pk: Decimal(300),
    }
    assert [(t.objet.sigle, t.gauche, t.droite) for t in comparaison.par_financeur] == [
        ("MAIRIE", Decimal(1000), Decimal(800)),
        ("ÉTAT", None, Decimal(300)),
        ("CAF", Decimal(500), Decimal(600)),
    ]
    assert (comparaison.total.gauche, comparaison.total.droite) == (Decimal(1000), Decimal(1100))
    assert [s.reste for s in comparaison.enveloppes_gauche] == [Decimal(500)]
    assert [s.reste for s in comparaison.enveloppes_droite] == [Decimal(700)]


def test_comparer_deux_scenarios(annee, scenario):
    autre = dupliquer_scenario(annee.chargee, scenario, nom="Autre")
    essayer(annee, autre, 900, avant=1000)
    (difference,) = comparer(scenario, autre).differences
    assert (difference.gauche, difference.droite) == (Decimal(1000), Decimal(900))
    assert comparer(scenario, scenario).differences == ()


def test_comparer_ne_coute_pas_plus_avec_les_actions(annee, scenario):
    def une_de_plus():
        annuelle = fabriques.ActionAnnuelleFactory(campagne=annee.campagne)
        essayer(annee, scenario, 10, annuelle=annuelle)

    une_de_plus()
    verifier_requetes_constantes(lambda: comparer(None, scenario), une_de_plus)
