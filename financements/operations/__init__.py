"""What changes the money of an action, a module by concern; everything is re-exported here.

What cannot be done raises ValidationError, in French; two people on one row, VersionPerimee or CelluleChangee.
"""

from .budgets import enregistrer_previsionnel
from .decisions import Decision, ResultatDecision, Sens, decider
from .enveloppes import (
    EnveloppeDepassee,
    EnveloppeInsuffisante,
    creer_enveloppe,
    enveloppes_tenues,
    modifier_enveloppe,
    supprimer_enveloppe,
)
from .lignes import (
    ajouter_ligne,
    etat_de,
    modifier_ligne,
    montants_enregistres,
    montants_tenus,
    supprimer_ligne,
    trancher_montants,
)
from .programmation import CelluleChangee, donner_avis, ecrire_cellule, retirer_avis
from .reconduction import (
    Candidate,
    Montants,
    Situation,
    annuler_reconduction,
    campagne_precedente,
    candidates,
    reconduire,
)
from .scenarios import (
    PROGRAMME,
    SCENARIO,
    ConflitsAdoption,
    adopter_scenario,
    creer_scenario,
    dupliquer_scenario,
    ecarter_scenario,
    ecrire_montant_scenario,
    modifier_scenario,
    reprendre_scenario,
)

__all__ = [
    "PROGRAMME",
    "SCENARIO",
    "Candidate",
    "CelluleChangee",
    "ConflitsAdoption",
    "Decision",
    "EnveloppeDepassee",
    "EnveloppeInsuffisante",
    "Montants",
    "ResultatDecision",
    "Sens",
    "Situation",
    "adopter_scenario",
    "ajouter_ligne",
    "annuler_reconduction",
    "campagne_precedente",
    "candidates",
    "creer_enveloppe",
    "creer_scenario",
    "decider",
    "donner_avis",
    "dupliquer_scenario",
    "ecarter_scenario",
    "ecrire_cellule",
    "ecrire_montant_scenario",
    "enregistrer_previsionnel",
    "enveloppes_tenues",
    "etat_de",
    "modifier_enveloppe",
    "modifier_ligne",
    "modifier_scenario",
    "montants_enregistres",
    "montants_tenus",
    "reconduire",
    "reprendre_scenario",
    "retirer_avis",
    "supprimer_enveloppe",
    "supprimer_ligne",
    "trancher_montants",
]
