"""Who pays: funders, envelopes, funding lines with their amounts by state, payments, budgets, readings to settle."""

from .budgets import Budget, LigneBudget
from .champs import ChampMontant, montant_positif
from .financeurs import AccesFinanceur, CompteBudgetaire, Financeur
from .lignes import Enveloppe, LigneFinancement
from .totaux import AmbiguiteMontants, LecturePossible, MontantLu, TotalControle
from .versements import RegleVersement, Reversement, Versement

__all__ = [
    "AccesFinanceur",
    "AmbiguiteMontants",
    "Budget",
    "ChampMontant",
    "CompteBudgetaire",
    "Enveloppe",
    "Financeur",
    "LecturePossible",
    "LigneBudget",
    "LigneFinancement",
    "MontantLu",
    "RegleVersement",
    "Reversement",
    "TotalControle",
    "Versement",
    "montant_positif",
]
