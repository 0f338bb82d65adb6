"""DAT: dates. Events in their year, an end after its beginning, terms that agree (domaine.md §9)."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from documents.formats import date_longue

from .contexte import Contexte
from .socle import Anomalie, Gravite, Portee, anomalie, regle

if TYPE_CHECKING:
    from ..models import Bilan


# -- A bilan -----------------------------------------------------------------------------------------
@regle("DAT-01", portee=Portee.BILAN, gravite=Gravite.ALERTE, titre="Dates dans l'année du bilan")
def dates_dans_l_annee(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """The action took place within the year of the bilan; an alert only, since school years exist."""
    return [
        anomalie(
            "DAT-01",
            Gravite.ALERTE,
            f"{mots} le {date_longue(jour)}, hors de l'année {situation.annee} : vérifiez la date. "
            "Elle peut rester telle quelle pour une action menée sur une année scolaire.",
            champ,
            {"annee": situation.annee, "date": jour.isoformat()},
        )
        for champ, mots, jour in _dates(bilan)
        if jour.year != situation.annee
    ]


@regle("DAT-04", portee=Portee.BILAN, gravite=Gravite.BLOQUANT, titre="Début avant la fin")
def debut_avant_fin(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """An action ends after it began."""
    debut, fin = bilan.date_debut, bilan.date_fin
    if debut is None or fin is None or debut <= fin:
        return []
    return [
        anomalie(
            "DAT-04",
            Gravite.BLOQUANT,
            f"L'action finit le {date_longue(fin)}, avant d'avoir commencé le {date_longue(debut)} : "
            "vérifiez les deux dates.",
            "date_fin",
            {"debut": debut.isoformat(), "fin": fin.isoformat()},
        )
    ]


def _dates(bilan: "Bilan") -> Iterator[tuple[str, str, date]]:
    if bilan.date_debut:
        yield "date_debut", "L'action commence", bilan.date_debut
    if bilan.date_fin:
        yield "date_fin", "L'action finit", bilan.date_fin
