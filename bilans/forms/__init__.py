"""The forms of a bilan: entering it, and what its changes of state ask."""

from .decisions import CommentaireForm, EcheanceForm, MotifForm, RenvoiForm
from .saisie import BilanForm, EtapeForm, FormulaireSaisie, GrilleSaisie, Groupe, valeurs

__all__ = [
    "BilanForm",
    "CommentaireForm",
    "EcheanceForm",
    "EtapeForm",
    "FormulaireSaisie",
    "GrilleSaisie",
    "Groupe",
    "MotifForm",
    "RenvoiForm",
    "valeurs",
]
