"""What does not add up, found by one pure function a rule (domaine.md §9).

    from bilans.controles import anomalies_bilan, anomalies_annee, anomalies_contrat

`socle` says what a rule is, `contexte` what it reads, `lecture` (a bilan), `lecture_annee` and `lecture_contrat`
read it from the database, `constats` runs the rules; these are in `effectifs` and
`effectifs_lus` (EFF), `dates` and `dates_contrat` (DAT), `financements` and `totaux_imprimes` (FIN), `coherence` and
`coherence_contrat` (COH).
"""

from . import (
    coherence,
    coherence_contrat,
    dates,
    dates_contrat,
    effectifs,
    effectifs_lus,
    financements,
    totaux_imprimes,
)
from .constats import (
    anomalies,
    anomalies_action,
    anomalies_annee,
    anomalies_bilan,
    anomalies_bilans,
    anomalies_contrat,
    constats_annee,
    constats_contrat,
)
from .contexte import Contexte, ContexteAnnee, ContexteContrat, Seuils
from .lecture import Cadre, cadre, contexte, lire_seuils
from .lecture_annee import lire_annee
from .lecture_contrat import lire_contrat
from .socle import REGLES, Anomalie, Gravite, Portee, Regle, appliquer, par_gravite, regle

__all__ = [
    "REGLES",
    "Anomalie",
    "Cadre",
    "Contexte",
    "ContexteAnnee",
    "ContexteContrat",
    "Gravite",
    "Portee",
    "Regle",
    "Seuils",
    "anomalies",
    "anomalies_action",
    "anomalies_annee",
    "anomalies_bilan",
    "anomalies_bilans",
    "anomalies_contrat",
    "appliquer",
    "cadre",
    "coherence",
    "coherence_contrat",
    "constats_annee",
    "constats_contrat",
    "contexte",
    "dates",
    "dates_contrat",
    "effectifs",
    "effectifs_lus",
    "financements",
    "lire_annee",
    "lire_contrat",
    "lire_seuils",
    "par_gravite",
    "regle",
    "totaux_imprimes",
]
