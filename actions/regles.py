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


rules.add_perm("actions.modifier", est_administrateur | gere_l_action)
