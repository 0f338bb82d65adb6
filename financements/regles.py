"""Permissions on the money."""

from typing import Any

import rules

from actions.models import ActionAnnuelle
from actions.regles import gere_l_action, porte_l_action
from contrats.models import ContratVille
from contrats.regles import est_administrateur, est_charge_de_mission

from .models import AccesFinanceur, LigneFinancement
from .programmation import Case, Etat


@rules.predicate
def gere_la_ligne(utilisateur: Any, ligne: LigneFinancement | None) -> bool:
    """The account runs the contract of the action that this line funds."""
    return ligne is not None and gere_l_action(utilisateur, ligne.action_annuelle)


@rules.predicate
def est_financeur(utilisateur: Any, contrat: ContratVille | None) -> bool:
    """The account represents a funder of the contract."""
    return (
        contrat is not None
        and utilisateur.is_authenticated
        and AccesFinanceur.objects.filter(utilisateur=utilisateur, financeur__contrat=contrat).exists()
    )


@rules.predicate
def gere_la_case(utilisateur: Any, case: Case | None) -> bool:
    """The account runs the contract of the action."""
    return case is not None and gere_l_action(utilisateur, case.annuelle)


@rules.predicate
def finance_la_case(utilisateur: Any, case: Case | None) -> bool:
    """The account represents the funder of this column, and the application was made: a draft is not its affair."""
    return (
        case is not None
        and utilisateur.is_authenticated
        and case.annuelle.statut not in ActionAnnuelle.STATUTS_NON_DEPOSES
        and AccesFinanceur.objects.filter(utilisateur=utilisateur, financeur=case.financeur).exists()
    )


@rules.predicate
def repond_a_la_demande(_: Any, case: Case | None) -> bool:
    """What is written is the funder's answer: the request is the porteur's."""
    return case is not None and case.etat != Etat.DEMANDE


rules.add_perm("financements.modifier", est_administrateur | gere_la_ligne)
rules.add_perm("financements.ajouter", est_administrateur | gere_l_action)
# The whole budget of an action: for who runs or carries it. A funder reads its own lines only.
rules.add_perm("financements.lire_budget", est_administrateur | gere_l_action | porte_l_action)
# Reading the programme of a contract: its actions, its money as far as one's own rights go, its annexes.
rules.add_perm("financements.lire_programme", est_administrateur | est_charge_de_mission | est_financeur)
# A funder writes its own columns and its own opinion; these two are asked on a `programmation.Case`.
rules.add_perm(
    "financements.ecrire_montant",
    est_administrateur | gere_la_case | (finance_la_case & repond_a_la_demande),
)
rules.add_perm("financements.donner_avis", est_administrateur | gere_la_case | finance_la_case)
