"""What was decided of the findings: one that is acknowledged or justified is so for these figures only."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.db.models import Q

from actions.models import Campagne

from ..models import Bilan, Justification
from .constats import anomalies, anomalies_bilans
from .contexte import Contexte
from .lecture import Cadre, contexte
from .socle import Anomalie, Gravite

# What a finding of one year is about; the rest, of the contract and its conventions, is decided once for all years.
D_UNE_ANNEE = ("annee", "annuelle:", "bilan:", "porteur:", "territoire:")
# The database itself refuses a received bilan that ends before it began: no reason would make it valid.
SANS_APPEL = (("DAT-04", "date_debut"), ("DAT-04", "date_fin"))


class Etat(models.TextChoices):
    """Where a finding stands."""

    A_TRAITER = "a_traiter", "À traiter"
    PRIS_EN_COMPTE = "pris_en_compte", "Pris en compte"
    JUSTIFIE = "justifie", "Justifié"
    A_SAVOIR = "a_savoir", "À savoir"


@dataclass(frozen=True)
class Constat:
    """A finding with what was decided of it."""

    anomalie: Anomalie
    # the decision that holds for these figures
    justification: Justification | None = None
    # the last decision about the same thing, when the figures have changed since
    caduque: Justification | None = None

    @property
    def etat(self) -> Etat:
        """Where it stands; an information asks for nothing."""
        if self.justification is not None:
            return Etat.JUSTIFIE if self.anomalie.bloquante else Etat.PRIS_EN_COMPTE
        return Etat.A_SAVOIR if self.anomalie.gravite == Gravite.INFO else Etat.A_TRAITER

    @property
    def a_traiter(self) -> bool:
        """Whether somebody has to look at it."""
        return self.etat == Etat.A_TRAITER

    @property
    def bloque(self) -> bool:
        """Whether it stops the validation now."""
        return self.anomalie.bloquante and self.justification is None

    @property
    def justifiable(self) -> bool:
        """Whether a decision may be written about it."""
        return self.anomalie.gravite != Gravite.INFO and not sans_appel(self.anomalie)

    @property
    def cochable(self) -> bool:
        """Whether it can be ticked, to decide of it or to take a decision back."""
        return self.justifiable or self.justification is not None


def sans_appel(anomalie: Anomalie) -> bool:
    """Return whether the finding can only be corrected."""
    return (anomalie.code, anomalie.champ) in SANS_APPEL


def constats(campagne: Campagne, trouvees: Iterable[Anomalie]) -> list[Constat]:
    """Return the findings with what was decided of them, in their order, in one query."""
    liste = list(trouvees)
    valables: dict[tuple[str, str], Justification] = {}
    derniers: dict[tuple[str, str, str], Justification] = {}
    actuelles = {(anomalie.objet, anomalie.empreinte) for anomalie in liste}
    for justification in _decisions(campagne, {anomalie.objet for anomalie in liste}):
        cle = justification.objet, justification.empreinte
        if cle in actuelles:
            valables[cle] = justification
        else:
            derniers[justification.code, justification.objet, justification.champ] = justification
    return [
        Constat(
            anomalie,
            valables.get((anomalie.objet, anomalie.empreinte)),
            derniers.get((anomalie.code, anomalie.objet, anomalie.champ)),
        )
        for anomalie in liste
    ]


def _decisions(campagne: Campagne, objets: set[str]) -> Iterable[Justification]:
    """Return the decisions of the year, and those of the contract taken in any year, the oldest first."""
    de_l_annee = Q()
    for debut in D_UNE_ANNEE:
        de_l_annee |= Q(objet__startswith=debut)
    decisions = Justification.objects.filter(
        Q(campagne=campagne) | (Q(campagne__contrat=campagne.contrat_id) & ~de_l_annee)
    )
    if len(objets) == 1:
        decisions = decisions.filter(objet__in=objets)
    return decisions.select_related("auteur").order_by("date", "pk")


# -- Bilans ----------------------------------------------------------------------------------------
def constats_bilan(bilan: Bilan, situation: Contexte | None = None) -> list[Constat]:
    """Return what is found in a bilan, with what was decided of it, the most serious first.

    Give `situation` when it is read already, or is not that of the database.
    """
    return constats(bilan.action_annuelle.campagne, anomalies(bilan, situation or contexte(bilan)))


def constats_bilans(bilans: Iterable[Bilan], commun: Cadre | None = None) -> dict[int, list[Constat]]:
    """Return the same for the bilans of one year, by key of the bilan, in a fixed number of queries."""
    lus = list(bilans)
    trouvees = anomalies_bilans(lus, commun)
    if not lus:
        return {}
    a_plat = [(cle, anomalie) for cle, liste in trouvees.items() for anomalie in liste]
    decides = constats(lus[0].action_annuelle.campagne, [anomalie for _, anomalie in a_plat])
    par_bilan: dict[int, list[Constat]] = {cle: [] for cle in trouvees}
    for (cle, _), constat in zip(a_plat, decides, strict=True):
        par_bilan[cle].append(constat)
    return par_bilan


def a_traiter(liste: Iterable[Constat]) -> list[Anomalie]:
    """Return the findings that somebody has to look at."""
    return [constat.anomalie for constat in liste if constat.a_traiter]
