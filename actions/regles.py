"""Permissions on the year of an action."""

from typing import Any

import rules

from contrats.regles import est_administrateur, est_charge_de_mission
from porteurs.regles import represente

from .models import ActionAnnuelle


@rules.predicate
def gere_l_action(utilisateur: Any, action_annuelle: ActionAnnuelle | None) -> bool:
    """The account runs the contract of this action."""
    return action_annuelle is not None and est_charge_de_mission(
        utilisateur, action_annuelle.campagne.contrat
    )


@rules.predicate
def porte_l_action(utilisateur: Any, action_annuelle: ActionAnnuelle | None) -> bool:
    """The account represents the porteur of this action."""
    return action_annuelle is not None and represente(utilisateur, action_annuelle.action.porteur)


@rules.predicate
def fiche_a_rediger(utilisateur: Any, action_annuelle: ActionAnnuelle | None) -> bool:
    """The application is still the porteur's to write: a draft, or sent back to be completed."""
    return action_annuelle is not None and action_annuelle.statut in ActionAnnuelle.STATUTS_NON_DEPOSES


rules.add_perm("actions.modifier", est_administrateur | gere_l_action)
rules.add_perm("actions.rediger", est_administrateur | gere_l_action | (porte_l_action & fiche_a_rediger))
rules.add_perm("actions.lire_fiche_entiere", est_administrateur | gere_l_action | porte_l_action)
