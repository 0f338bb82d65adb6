"""No sequence of operations exceeds an envelope, makes a total differ from its rows, or changes an archived year."""

import contextlib
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from actions.models import ActionAnnuelle, ActionTerritoire, Campagne
from actions.operations import changer_statut
from contrats.models import Seance
from financements.enveloppes import situations
from financements.models import LigneFinancement, Scenario
from financements.operations import (
    SCENARIO,
    CelluleChangee,
    ConflitsAdoption,
    Decision,
    Montants,
    Sens,
    adopter_scenario,
    annuler_reconduction,
    creer_scenario,
    decider,
    ecrire_cellule,
    ecrire_montant_scenario,
    modifier_ligne,
    reconduire,
    supprimer_ligne,
)
from financements.programmation import SAISIS, Colonne, Critere, Etat, lire_grille, totaliser
from tests import fabriques

EXEMPLES, ETAPES = 10, 15
ACTIONS, FINANCEURS = 3, 2
REFUS = (ValidationError, PermissionDenied, CelluleChangee, ConflitsAdoption)
# About half of them fit in the smaller envelope once, and nearly none twice.
MONTANTS = st.sampled_from([None, *map(Decimal, ("0", "333.33", "666.67", "900", "1100", "2400"))])
ACTION, FINANCEUR = st.integers(0, ACTIONS - 1), st.integers(0, FINANCEURS - 1)
NATURES = st.sampled_from(["specifique", "droit_commun"])


class Annule(Exception):
    """Puts the database back after an example."""


def monde():
    """Return a contract of two years: three actions shared between two territories, two envelopes of the State."""
    contrat = fabriques.ContratFactory()
    precedente = fabriques.CampagneFactory(contrat=contrat, annee=2024)
    campagne = fabriques.CampagneFactory(contrat=contrat, annee=2025)
    dispositif = fabriques.DispositifFactory()
    territoires = [fabriques.TerritoireFactory(contrat=contrat) for _ in range(2)]
    financeurs = [fabriques.FinanceurFactory(contrat=contrat, ordre=rang) for rang in range(FINANCEURS)]
    annuelles = []
    for rang in range(ACTIONS):
        annuelle = fabriques.ActionAnnuelleFactory(
            campagne=campagne, dispositif=dispositif if rang else None, statut="instruite"
        )
        for territoire, part in zip(territoires, (Decimal("33.33"), Decimal("66.67")), strict=True):
            ActionTerritoire.objects.create(action_annuelle=annuelle, territoire=territoire, part=part)
        annuelles.append(annuelle)
    ancienne = fabriques.ActionAnnuelleFactory(campagne=precedente)
    fabriques.LigneFinancementFactory(action_annuelle=ancienne, financeur=financeurs[0])
    fabriques.EnveloppeFactory(campagne=campagne, financeur=financeurs[0], montant=Decimal(3000))
    fabriques.EnveloppeFactory(
        campagne=campagne, financeur=financeurs[0], dispositif=dispositif, montant=Decimal(1000)
    )
    return SimpleNamespace(
        campagne=campagne,
        precedente=precedente,
        chargee=fabriques.chargee_de_mission(contrat),
        financeurs=financeurs,
        annuelles=annuelles,
        ancienne=ancienne,
        instance=fabriques.InstanceFactory(contrat=contrat),
    )


def photographie(campagne):
    """Return everything that the money of a year is made of."""
    lignes = LigneFinancement.objects.filter(action_annuelle__campagne=campagne).order_by("pk")
    actions = ActionAnnuelle.objects.filter(campagne=campagne).order_by("pk")
    return list(lignes.values()), list(actions.values("pk", "statut", "motif", "version"))


class Programmation(RuleBasedStateMachine):
    """Someone at work on the money of a year, who asks for anything in any order."""

    def __init__(self):
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.monde = monde()
        self.archivee = None

    def teardown(self):
        # The transaction is put back whatever happened in it.
        with contextlib.suppress(Annule):
            self.transaction.__exit__(Annule, Annule(), None)

    def tenter(self, geste):
        """Do it, or be refused: never a half of it."""
        with contextlib.suppress(*REFUS), transaction.atomic():
            geste()

    def annuelle(self, rang):
        return ActionAnnuelle.objects.select_related("campagne__contrat", "action").get(
            pk=self.monde.annuelles[rang].pk
        )

    def colonne(self, rang, nature):
        return Colonne(self.monde.financeurs[rang], nature)

    # -- What is done --------------------------------------------------------------------------
    @rule(action=ACTION, financeur=FINANCEUR, nature=NATURES, etat=st.sampled_from(SAISIS), montant=MONTANTS)
    def ecrire(self, action, financeur, nature, etat, montant):
        """Write a cell from what it holds."""
        annuelle, colonne = self.annuelle(action), self.colonne(financeur, nature)
        lignes = LigneFinancement.objects.filter(
            action_annuelle=annuelle, financeur=colonne.financeur, nature_credit=nature
        )
        avant = lignes.order_by("pk").values_list(etat.champ, flat=True).first()
        self.tenter(lambda: ecrire_cellule(self.monde.chargee, annuelle, colonne, etat, montant, avant=avant))

    @rule(financeur=FINANCEUR, montant=MONTANTS)
    def corriger_une_ligne(self, financeur, montant):
        """Move a line to a funder and correct its accorded amount, or delete it with a blank."""
        lignes = LigneFinancement.objects.filter(action_annuelle__campagne=self.monde.campagne)
        ligne = lignes.select_related("action_annuelle__campagne__contrat").order_by("version", "pk").first()
        if ligne is None:
            return
        if montant is None:
            self.tenter(lambda: supprimer_ligne(self.monde.chargee, ligne, version=ligne.version))
            return
        ligne.financeur, ligne.montant_accorde = self.monde.financeurs[financeur], montant
        self.tenter(lambda: modifier_ligne(self.monde.chargee, ligne, version=ligne.version))

    @rule(action=ACTION, financeur=FINANCEUR, montant=MONTANTS, etat=st.sampled_from(Scenario.Etat.values))
    def adopter(self, action, financeur, montant, etat):
        """Try an amount in a scenario, and adopt it."""

        def geste():
            nom = f"Essai {Scenario.objects.count()}"
            scenario = creer_scenario(self.monde.chargee, self.monde.campagne, nom=nom, etat=etat)
            colonne = self.colonne(financeur, "specifique")
            depart = scenario.montants.filter(
                action_annuelle=self.monde.annuelles[action],
                financeur=colonne.financeur,
                nature_credit="specifique",
            )
            avant = depart.order_by("pk").values_list("montant", flat=True).first()
            ecrire_montant_scenario(
                self.monde.chargee, scenario, self.annuelle(action), colonne, montant, avant=avant
            )
            adopter_scenario(self.monde.chargee, scenario, version=1, choix={"": SCENARIO})

        self.tenter(geste)

    @rule(actions=st.sets(ACTION), sens=st.sampled_from(Sens))
    def decider(self, actions, sens):
        """Retain, refuse or adjourn some actions."""
        seance = Seance(instance=self.monde.instance, date=self.monde.campagne.contrat.date_debut)
        decision = Decision(sens, motif="Voir le compte rendu.", seance=seance)
        annuelles = [self.annuelle(rang) for rang in sorted(actions)]
        self.tenter(lambda: decider(self.monde.chargee, self.monde.campagne, annuelles, decision))

    @rule(action=ACTION, statut=st.sampled_from(["proposee", "abandonnee", "non_recevable"]))
    def changer_l_etat(self, action, statut):
        """Give an action another state from its own page."""
        annuelle = self.annuelle(action)
        self.tenter(
            lambda: changer_statut(self.monde.chargee, annuelle, statut, motif="Constaté.", raison="")
        )

    @rule(defaire=st.booleans())
    def reconduire(self, defaire):
        """Renew last year's action with its amount, and perhaps take it back."""

        def geste():
            nouvelles = reconduire(
                self.monde.chargee, self.monde.campagne, [self.monde.ancienne], montants=Montants.ACCORDES
            )
            if defaire:
                annuler_reconduction(self.monde.chargee, nouvelles)

        self.tenter(geste)

    @precondition(lambda self: self.archivee is None)
    @rule()
    def archiver(self):
        """Archive the year: nothing of it changes any more."""
        Campagne.objects.filter(pk=self.monde.campagne.pk).update(statut=Campagne.Statut.ARCHIVEE)
        self.archivee = photographie(self.monde.campagne)

    # -- What always holds ---------------------------------------------------------------------
    @invariant()
    def aucune_enveloppe_n_est_depassee(self):
        assert [s for s in situations(self.monde.campagne) if s.depassee] == []

    @invariant()
    def une_annee_archivee_ne_change_pas(self):
        assert self.archivee in (None, photographie(self.monde.campagne))

    @invariant()
    def les_totaux_sont_ceux_des_lignes(self):
        """By every criterion, in every state, the grid, the totals and the rows say the same."""
        m = self.monde
        annuelles = ActionAnnuelle.objects.filter(campagne=m.campagne)
        for etat in (Etat.PROPOSE, Etat.ACCORDE):
            lignes = LigneFinancement.objects.filter(action_annuelle__campagne=m.campagne).order_by("pk")
            connus = [montant for montant in lignes.values_list(etat.champ, flat=True) if montant is not None]
            somme = sum(connus, Decimal(0)) if connus else None
            assert lire_grille(m.chargee, m.campagne, list(annuelles.order_by("pk")), etat).total == somme
            for critere in Critere:
                totaux = totaliser(m.chargee, annuelles, etat, critere, avant=annuelles.none())
                assert totaux.total == somme, critere
                assert sum((p.montant for p in totaux.postes), Decimal(0)) == (somme or 0), critere


@pytest.mark.django_db
def test_aucune_suite_d_operations_ne_fausse_la_programmation():
    run_state_machine_as_test(
        Programmation,
        settings=settings(
            max_examples=EXEMPLES,
            stateful_step_count=ETAPES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
