"""Who pays: funders, envelopes, funding lines with their amounts by state, payments, budgets, readings to settle."""

from .budgets import Budget, ExplicationEcart, LigneBudget
from .champs import ChampMontant, montant_positif
from .financeurs import AccesFinanceur, CompteBudgetaire, Financeur
from .lignes import Enveloppe, LigneFinancement
from .programmation import AvisFinanceur, MontantConvention, MontantScenario, Scenario
from .totaux import AmbiguiteMontants, LecturePossible, MontantLu, TotalControle
from .versements import ConditionVersement, RegleVersement, Reversement, Versement

__all__ = [
    "AccesFinanceur",
    "AmbiguiteMontants",
    "AvisFinanceur",
    "Budget",
    "ChampMontant",
    "CompteBudgetaire",
    "ConditionVersement",
    "Enveloppe",
    "ExplicationEcart",
    "Financeur",
    "LecturePossible",
    "LigneBudget",
    "LigneFinancement",
    "MontantConvention",
    "MontantLu",
    "MontantScenario",
    "RegleVersement",
    "Reversement",
    "Scenario",
    "TotalControle",
    "Versement",
    "montant_positif",
]
