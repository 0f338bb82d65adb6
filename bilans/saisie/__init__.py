"""Everything that can be typed in a bilan: by name, its field, its present value, where it is written.

The names are those of the forms, of the draft that the browser sends, of the comments and of the checklist:
« mise_en_oeuvre », « total_12_F », « critere_4 », « demande_7_H », « question_3 », « budget_60 »,
« budget_74_<key of a funder> », « ecart_60 », « crf_observations ». What was typed and cannot be read is kept as
it was typed, in `Bilan.saisie_en_attente`, under the same name.
"""

from .champs import (
    Case,
    Champ,
    Colonne,
    ColonneDuBudget,
    Estimation,
    Explication,
    Indicateur,
    Montant,
    Plume,
    Reponse,
    canonique,
    empreinte,
    marque,
)
from .lecture import Section, sections_du_recit, sections_lues
from .questions import (
    BUDGET,
    CHAMPS_DEROULEMENT,
    CHAMPS_MOYENS,
    CHAMPS_SAISIS,
    DEROULEMENT,
    ETAPES,
    INDICATEURS,
    MOYENS,
    PLUS_GRAND_EFFECTIF,
    PUBLICS,
    RELECTURE,
    ChampQuantite,
    avec_l_obligation,
    champ_de_question,
    periode,
)
from .registre import Saisie

__all__ = [
    "BUDGET",
    "CHAMPS_DEROULEMENT",
    "CHAMPS_MOYENS",
    "CHAMPS_SAISIS",
    "DEROULEMENT",
    "ETAPES",
    "INDICATEURS",
    "MOYENS",
    "PLUS_GRAND_EFFECTIF",
    "PUBLICS",
    "RELECTURE",
    "Case",
    "Champ",
    "ChampQuantite",
    "Colonne",
    "ColonneDuBudget",
    "Estimation",
    "Explication",
    "Indicateur",
    "Montant",
    "Plume",
    "Reponse",
    "Saisie",
    "Section",
    "avec_l_obligation",
    "canonique",
    "champ_de_question",
    "empreinte",
    "marque",
    "periode",
    "sections_du_recit",
    "sections_lues",
]
