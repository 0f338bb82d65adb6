"""What does not add up, found by one pure function a rule (domaine.md §9).

    from bilans.controles import anomalies_bilan, anomalies_annee, anomalies_contrat

`socle` says what a rule is, `contexte` what it reads, `lecture` reads it from the database; the rules are in
`effectifs` (EFF), `dates` (DAT), `financements` (FIN) and `coherence` (COH).
"""

from . import coherence, dates, effectifs, financements
from .contexte import Contexte, Seuils
from .lecture import anomalies, anomalies_bilan, contexte
from .socle import REGLES, Anomalie, Gravite, Portee, Regle, appliquer, par_gravite, regle

__all__ = [
    "REGLES",
    "Anomalie",
    "Contexte",
    "Gravite",
    "Portee",
    "Regle",
    "Seuils",
    "anomalies",
    "anomalies_bilan",
    "appliquer",
    "coherence",
    "contexte",
    "dates",
    "effectifs",
    "financements",
    "par_gravite",
    "regle",
]
