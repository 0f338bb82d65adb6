"""What came of it: bilans with normalised effectifs, their workflow and exchanges, imports, the annual report."""

from .anomalies import Justification, SuggestionIgnoree
from .bilan import (
    Bilan,
    Commentaire,
    Effectif,
    ReponseQuestion,
    Transition,
    ValeurIndicateur,
)
from .conventions import DocumentConvention
from .echanges import Courriel, Envoi, PieceJointe, Recu
from .imports import CorrespondanceMemorisee, EffetImport, ImportTableur, LigneImport
from .rapport import (
    ActionPhare,
    AvisRapport,
    FichierRapport,
    PhotoRapport,
    RapportAnnuel,
    SectionRapport,
    TransitionRapport,
    VersionRapport,
)
from .structure import AxeBilanStructure, BilanStructure, ReponseStructure, TransitionStructure

__all__ = [
    "ActionPhare",
    "AvisRapport",
    "AxeBilanStructure",
    "Bilan",
    "BilanStructure",
    "Commentaire",
    "CorrespondanceMemorisee",
    "Courriel",
    "DocumentConvention",
    "Effectif",
    "EffetImport",
    "Envoi",
    "FichierRapport",
    "ImportTableur",
    "Justification",
    "LigneImport",
    "PhotoRapport",
    "PieceJointe",
    "RapportAnnuel",
    "Recu",
    "ReponseQuestion",
    "ReponseStructure",
    "SectionRapport",
    "SuggestionIgnoree",
    "Transition",
    "TransitionRapport",
    "TransitionStructure",
    "ValeurIndicateur",
    "VersionRapport",
]
