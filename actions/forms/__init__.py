"""The forms of an action: the action in its year, and its fiche."""

from .action import (
    ETATS,
    TITRE_TROP_LONG,
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
    "TITRE_TROP_LONG",
    "ActionForm",
    "ChampTerritoires",
    "FicheForm",
    "FormulaireFiche",
    "choix_axes",
    "choix_porteurs",
    "choix_territoires",
    "valeurs",
]
