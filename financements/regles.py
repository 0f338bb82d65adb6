"""Permissions on the money."""

from typing import Any

import rules

from actions.regles import gere_l_action
from contrats.models import ContratVille
from contrats.regles import est_administrateur, est_charge_de_mission

from .models import AccesFinanceur, LigneFinancement


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


rules.add_perm("financements.modifier", est_administrateur | gere_la_ligne)
rules.add_perm("financements.ajouter", est_administrateur | gere_l_action)
# Reading the programme of a contract: its actions, its money as far as one's own rights go, its annexes.
rules.add_perm("financements.lire_programme", est_administrateur | est_charge_de_mission | est_financeur)
