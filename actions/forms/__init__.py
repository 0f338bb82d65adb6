"""The forms of an action: the action in its year, and its fiche."""

from .action import (
    ETATS,
    ActionForm,
    ChampTerritoires,
    choix_axes,
    choix_porteurs,
    choix_territoires,
    valeurs,
)
from .fiche import FicheForm, FormulaireFiche

__all__ = [
    "ETATS",
    "ActionForm",
    "ChampTerritoires",
    "FicheForm",
    "FormulaireFiche",
    "choix_axes",
    "choix_porteurs",
    "choix_territoires",
    "valeurs",
]
