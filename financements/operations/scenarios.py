"""Scenarios: copy the grid, try amounts, adopt one or set it aside."""

from collections.abc import Mapping
from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from actions.models import ActionAnnuelle, Campagne
from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.templatetags.typographie import insecables
from comptes.versions import verrouiller

from ..models import LigneFinancement, MontantScenario, Scenario
from ..programmation import Colonne
from ..scenarios import (
    Adresse,
    ConflitScenario,
    adresse_de,
    changements_de,
    conflits_de,
    montants_du_programme,
)
from .enveloppes import enveloppes_tenues
from .lignes import (
    AUTRE_CONTRAT,
    campagne_modifiable,
    lignes_de_la_case,
    lire_montant,
    poser_montant,
    verrouiller_actions,
)
from .programmation import CelluleChangee

Statut = Scenario.Statut
PROGRAMME, SCENARIO = "programme", "scenario"


class ConflitsAdoption(Exception):
    """Cells changed in the programme since the copy are not settled: `conflits` are those left."""

    def __init__(self, conflits: list[ConflitScenario]) -> None:
        super().__init__("Des montants du programme ont changé depuis la copie : choisissez pour chacun.")
        self.conflits = conflits


# -- Making one ------------------------------------------------------------------------------------
@transaction.atomic
def creer_scenario(
    auteur: Utilisateur, campagne: Campagne, *, nom: str, etat: str, commentaire: str = ""
) -> Scenario:
    """Copy the grid of the year in `etat` (Scenario.Etat) into a new scenario and return it.

    A cell that holds nothing in this state stays blank. Raises PermissionDenied, ValidationError (name taken,
    archived year).
    """
    _verifier_le_droit(auteur, campagne)
    scenario = Scenario(campagne=campagne, nom=nom, etat=etat, commentaire=commentaire, cree_par=auteur)
    _enregistrer_nomme(auteur, scenario)
    depart = montants_du_programme(scenario)
    _copier(auteur, scenario, {adresse: (montant, montant) for adresse, montant in depart.items()})
    return scenario


@transaction.atomic
def dupliquer_scenario(auteur: Utilisateur, scenario: Scenario, *, nom: str) -> Scenario:
    """Copy a scenario, whatever became of it, into a new open one. Raises as `creer_scenario`.

    The copy starts from where its model started: what changed in the programme since is still a conflict.
    """
    _verifier_le_droit(auteur, scenario.campagne)
    copie = Scenario(
        campagne=scenario.campagne,
        nom=nom,
        etat=scenario.etat,
        commentaire=scenario.commentaire,
        cree_par=auteur,
    )
    _enregistrer_nomme(auteur, copie)
    montants = MontantScenario.objects.filter(scenario=scenario).order_by("pk")
    _copier(auteur, copie, {adresse_de(m): (m.depart, m.montant) for m in montants})
    return copie


@transaction.atomic
def modifier_scenario(
    auteur: Utilisateur, scenario: Scenario, *, version: int, nom: str, commentaire: str
) -> Scenario:
    """Give a scenario another name or comment. Raises PermissionDenied, VersionPerimee, ValidationError."""
    _verifier_le_droit(auteur, scenario.campagne)
    actuel = _prendre(scenario, version)
    actuel.nom, actuel.commentaire = nom, commentaire
    _enregistrer_nomme(auteur, actuel)
    return actuel


def _verifier_le_droit(auteur: Utilisateur, campagne: Campagne) -> Campagne:
    if not auteur.has_perm("contrats.gerer", campagne.contrat):
        raise PermissionDenied
    return campagne_modifiable(campagne.pk)


def _prendre(scenario: Scenario, version: int) -> Scenario:
    """Return the scenario as it is now, locked, in its next version."""
    actuel: Scenario = verrouiller(Scenario.objects.all(), scenario.pk, version)
    actuel.version += 1
    return actuel


def _enregistrer_nomme(auteur: Utilisateur, scenario: Scenario) -> None:
    scenario.nom = scenario.nom.strip()
    if not scenario.nom:
        raise ValidationError({"nom": "Donnez un nom à ce scénario."})
    homonymes = Scenario.objects.filter(campagne=scenario.campagne_id, nom=scenario.nom)
    if homonymes.exclude(pk=scenario.pk).exists():
        raise ValidationError(
            {"nom": "Un scénario de cette année porte déjà ce nom : choisissez-en un autre."}
        )
    scenario.full_clean(exclude=["campagne", "cree_par"], validate_constraints=False)
    _enregistrer(auteur, scenario)


def _enregistrer(auteur: Utilisateur, scenario: Scenario, motif: str = "") -> None:
    signer(scenario, auteur, motif)
    scenario.save()


def _copier(
    auteur: Utilisateur,
    scenario: Scenario,
    montants: Mapping[Adresse, tuple[Decimal | None, Decimal | None]],
) -> None:
    copies = [
        MontantScenario(
            scenario=scenario,
            action_annuelle_id=adresse.annuelle,
            financeur_id=adresse.financeur,
            nature_credit=adresse.nature_credit,
            depart=depart,
            montant=montant,
        )
        for adresse, (depart, montant) in montants.items()
    ]
    bulk_create_with_history(copies, MontantScenario, default_user=auteur)


# -- Trying amounts --------------------------------------------------------------------------------
@transaction.atomic
def ecrire_montant_scenario(
    auteur: Utilisateur,
    scenario: Scenario,
    annuelle: ActionAnnuelle,
    colonne: Colonne,
    montant: Decimal | None,
    *,
    avant: Decimal | None,
) -> MontantScenario | None:
    """Try one amount; return its row, None when nothing is left of it. Envelopes are not checked: it is a try.

    Raises PermissionDenied, CelluleChangee, ValidationError when the scenario is no longer open, the year archived.
    """
    campagne = _verifier_le_droit(auteur, scenario.campagne)
    if annuelle.campagne_id != campagne.pk or colonne.financeur.contrat_id != campagne.contrat_id:
        raise ValidationError(AUTRE_CONTRAT)
    # The row of the scenario is the lock: nobody writes in it while it is adopted.
    actuel = Scenario.objects.select_for_update(no_key=True).get(pk=scenario.pk)
    _exiger_ouvert(actuel)
    essais = MontantScenario.objects.filter(
        scenario=actuel,
        action_annuelle=annuelle,
        financeur=colonne.financeur,
        nature_credit=colonne.nature_credit,
    )
    essai = essais.order_by("pk").first() or MontantScenario(
        scenario=actuel,
        action_annuelle=annuelle,
        financeur=colonne.financeur,
        nature_credit=colonne.nature_credit,
        version=0,
    )
    if essai.montant == montant:
        return essai if essai.pk else None
    if essai.montant != avant:
        raise _essai_change(essai)
    return _essayer(auteur, essai, montant)


def _essayer(auteur: Utilisateur, essai: MontantScenario, montant: Decimal | None) -> MontantScenario | None:
    essai.montant = lire_montant(MontantScenario, "montant", montant)
    signer(essai, auteur)
    if essai.montant is None and essai.depart is None:
        essai.delete()
        return None
    essai.version += 1
    essai.save()
    return essai


def _essai_change(essai: MontantScenario) -> CelluleChangee:
    dernier = MontantScenario.historique.filter(
        scenario_id=essai.scenario_id,
        action_annuelle_id=essai.action_annuelle_id,
        financeur_id=essai.financeur_id,
        nature_credit=essai.nature_credit,
    )
    passe = dernier.select_related("history_user").order_by("-history_date", "-history_id").first()
    if passe is None:
        return CelluleChangee(essai.montant)
    return CelluleChangee(
        essai.montant, str(passe.history_user or ""), timezone.localtime(passe.history_date)
    )


def _exiger_ouvert(scenario: Scenario) -> None:
    if scenario.statut != Statut.OUVERT:
        raise ValidationError(
            insecables(
                f"Le scénario « {scenario} » est {scenario.get_statut_display().lower()} : il ne se modifie plus. "
                "Dupliquez-le pour continuer."
            )
        )


# -- What becomes of it ----------------------------------------------------------------------------
@transaction.atomic
def adopter_scenario(
    auteur: Utilisateur, scenario: Scenario, *, version: int, choix: Mapping[str, str] | None = None
) -> int:
    """Write in the programme what the scenario changes, in one transaction; return how many cells were written.

    `choix` settles each conflict (`ConflitScenario.cle`: PROGRAMME keeps the programme's amount, SCENARIO writes
    the tried one). The scenario adopted before it is set aside. Raises PermissionDenied, VersionPerimee,
    ConflitsAdoption, EnveloppeDepassee, ValidationError when it is no longer open or the year is archived.
    """
    campagne = _verifier_le_droit(auteur, scenario.campagne)
    actuel = _prendre(scenario, version)
    _exiger_ouvert(actuel)
    changes = changements_de(actuel)
    verrouiller_actions({change.action_annuelle_id for change in changes})
    with enveloppes_tenues(campagne, {change.financeur_id for change in changes}):
        gardes = _a_garder(actuel, choix or {})
        ecrites = sum(
            _adopter_une_case(auteur, actuel, change)
            for change in changes
            if adresse_de(change) not in gardes
        )
    _ecarter_l_ancien(auteur, actuel)
    actuel.statut, actuel.adopte_le = Statut.ADOPTE, timezone.now()
    _enregistrer(auteur, actuel)
    return ecrites


def _a_garder(scenario: Scenario, choix: Mapping[str, str]) -> set[Adresse]:
    """Return the cells in which the programme keeps its amount. Raises ConflitsAdoption when one is not settled."""
    conflits = conflits_de(scenario)
    restants = [conflit for conflit in conflits if choix.get(conflit.cle) not in (PROGRAMME, SCENARIO)]
    if restants:
        raise ConflitsAdoption(restants)
    return {
        Adresse(conflit.annuelle.pk, conflit.colonne.financeur.pk, conflit.colonne.nature_credit)
        for conflit in conflits
        if choix[conflit.cle] == PROGRAMME
    }


def _adopter_une_case(auteur: Utilisateur, scenario: Scenario, change: MontantScenario) -> bool:
    """Write a cell of the scenario in the programme; return whether it changed."""
    adresse = adresse_de(change)
    ligne = lignes_de_la_case(*adresse).first() or LigneFinancement(
        action_annuelle=change.action_annuelle,
        financeur=change.financeur,
        nature_credit=change.nature_credit,
    )
    if getattr(ligne, scenario.etat) == change.montant:
        return False
    poser_montant(auteur, ligne, scenario.etat, change.montant, f"Scénario « {scenario} » adopté")
    return True


def _ecarter_l_ancien(auteur: Utilisateur, scenario: Scenario) -> None:
    anciens = Scenario.objects.filter(campagne=scenario.campagne_id, statut=Statut.ADOPTE, etat=scenario.etat)
    for ancien in anciens.select_for_update(no_key=True).order_by("pk"):
        ancien.statut = Statut.ECARTE
        ancien.version += 1
        _enregistrer(auteur, ancien, f"Remplacé par « {scenario} »")


@transaction.atomic
def ecarter_scenario(auteur: Utilisateur, scenario: Scenario, *, version: int) -> Scenario:
    """Set an open scenario aside: it is read, no longer edited. Raises as `modifier_scenario`."""
    _verifier_le_droit(auteur, scenario.campagne)
    actuel = _prendre(scenario, version)
    _exiger_ouvert(actuel)
    actuel.statut = Statut.ECARTE
    _enregistrer(auteur, actuel)
    return actuel


@transaction.atomic
def reprendre_scenario(auteur: Utilisateur, scenario: Scenario, *, version: int) -> Scenario:
    """Open again a scenario that was set aside. Raises as `modifier_scenario`."""
    _verifier_le_droit(auteur, scenario.campagne)
    actuel = _prendre(scenario, version)
    if actuel.statut != Statut.ECARTE:
        raise ValidationError("Seul un scénario écarté se reprend.")
    actuel.statut = Statut.OUVERT
    _enregistrer(auteur, actuel)
    return actuel
