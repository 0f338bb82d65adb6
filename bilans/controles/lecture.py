"""Reading from the database what the rules need, and running them."""

from typing import TYPE_CHECKING

from .. import effectifs as eff
from .contexte import Contexte
from .socle import Anomalie, Portee, appliquer

if TYPE_CHECKING:
    from ..models import Bilan


def contexte(bilan: "Bilan") -> Contexte:
    """Return the context of a bilan, from its effectifs and its campaign's age bands (prefetched if they are)."""
    campagne = bilan.action_annuelle.campagne
    return Contexte(campagne.annee, eff.grilles(bilan.effectifs.all(), campagne.tranches.all()))


def anomalies(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """Return what every rule of a bilan finds, the most serious first, then in the order of the codes."""
    return appliquer(Portee.BILAN, bilan, situation)


def anomalies_bilan(bilan: "Bilan") -> list[Anomalie]:
    """Return what does not add up in a bilan, the most serious first."""
    return anomalies(bilan, contexte(bilan))
