"""Who acts: porteurs with their parent structure and other names, representatives, conventions, deadlines."""

from .conventions import (
    Avenant,
    AxeConvention,
    Convention,
    Echeance,
    EvenementConvention,
    Obligation,
    PartieConvention,
)
from .porteurs import (
    AccesPorteur,
    Agrement,
    AliasPorteur,
    Invitation,
    MoyenHumain,
    Porteur,
    Representant,
    valider_siret,
)

__all__ = [
    "AccesPorteur",
    "Agrement",
    "AliasPorteur",
    "Avenant",
    "AxeConvention",
    "Convention",
    "Echeance",
    "EvenementConvention",
    "Invitation",
    "MoyenHumain",
    "Obligation",
    "PartieConvention",
    "Porteur",
    "Representant",
    "valider_siret",
]
