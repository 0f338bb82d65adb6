"""What came of it: bilans with normalised effectifs, their workflow and exchanges, and the annual report."""

from .bilan import (
    Bilan,
    Commentaire,
    Effectif,
    ReponseQuestion,
    Transition,
    ValeurIndicateur,
)
from .echanges import Courriel, Envoi, PieceJointe, Recu
from .rapport import (
    AvisRapport,
    AxeBilanStructure,
    BilanStructure,
    RapportAnnuel,
    SectionRapport,
    VersionRapport,
)

__all__ = [
    "AvisRapport",
    "AxeBilanStructure",
    "Bilan",
    "BilanStructure",
    "Commentaire",
    "Courriel",
    "Effectif",
    "Envoi",
    "PieceJointe",
    "RapportAnnuel",
    "Recu",
    "ReponseQuestion",
    "SectionRapport",
    "Transition",
    "ValeurIndicateur",
    "VersionRapport",
]
