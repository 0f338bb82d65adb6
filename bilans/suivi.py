"""Following the bilans of a year: which are awaited, received, to be looked at; who follows which."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from actions.acces import suivies
from actions.models import ActionAnnuelle, Campagne
from actions.querysets import ActionAnnuelleQuerySet

from .controles import Anomalie, Gravite, anomalies_bilan
from .models import Bilan

# What waits for someone, beside the nine states of a bilan.
SITUATIONS_BILAN = (
    ("attendus", "Attendus"),
    ("recus", "Reçus"),
    ("a_recevoir", "À recevoir"),
    ("en_retard", "En retard"),
    ("a_lire", "À lire"),
    ("anomalies", "À vérifier"),
    ("valides", "Validés"),
)


# -- Who follows which bilan -----------------------------------------------------------------------
def suivies_par(utilisateur: Any) -> Q:
    """Return the Q of the years of actions whose bilan the account follows from the first word.

    It runs the contract or represents the porteur. A financeur sees a bilan once validated: for the other
    rows it cannot know whether one is missing.
    """
    if utilisateur.est_administrateur:
        return Q(pk__isnull=False)
    return suivies(utilisateur)


def selon_bilan(situation: str, utilisateur: Any, campagne: Campagne) -> Q:
    """Return the Q of the years of actions whose bilan is in `situation`, among the bilans the account sees.

    `situation` is a state of a bilan or one of `SITUATIONS_BILAN`. An action without a bilan row is awaited
    like one whose bilan is « à saisir ». Raises KeyError for another word.
    """

    def avec(*statuts: str) -> Q:
        # Of this year only: the database would otherwise read every bilan that it holds.
        visibles = Bilan.objects.visibles_par(utilisateur).filter(
            statut__in=statuts, action_annuelle__campagne=campagne
        )
        return Q(pk__in=visibles.order_by().values("action_annuelle"))

    attendus = (
        suivies_par(utilisateur)
        & ~Q(statut__in=ActionAnnuelle.STATUTS_SANS_BILAN)
        & ~avec(Bilan.Statut.DISPENSE)
    )
    if situation == "anomalies":
        return Q(pk__in=list(a_verifier(bilans_lus(campagne, utilisateur))))
    commences = [statut for statut in Bilan.Statut.values if statut != Bilan.Statut.A_SAISIR]
    situations = {
        "attendus": attendus,
        "recus": avec(*Bilan.STATUTS_RECUS),
        "a_recevoir": attendus & ~avec(*Bilan.STATUTS_RECUS),
        "en_retard": attendus & ~avec(*Bilan.STATUTS_RECUS) if en_retard(campagne) else Q(pk__in=[]),
        "a_lire": avec(*Bilan.STATUTS_EN_LECTURE),
        "valides": avec(*Bilan.STATUTS_VALIDES),
        Bilan.Statut.A_SAISIR.value: attendus & ~avec(*commences),
    }
    return situations[situation] if situation in situations else avec(Bilan.Statut(situation))


def en_retard(campagne: Campagne) -> bool:
    """Return whether the stored due date of the year's bilans is past."""
    return campagne.bilan_echeance is not None and campagne.bilan_echeance < timezone.localdate()


# -- How far they are --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Avancement:
    """How far the bilans of some actions are, by number of actions; for an account that follows them all."""

    attendus: int
    recus: int
    # awaited and not received, or sent back
    a_recevoir: int
    a_lire: int
    valides: int
    dispenses: int

    def part(self, nombre: int) -> Decimal | None:
        """Return `nombre` in points of the awaited ones, None when none is."""
        return Decimal(100 * nombre) / self.attendus if self.attendus else None


def avancement(lignes: ActionAnnuelleQuerySet) -> Avancement:
    """Return how far the bilans of `lignes` are; an action without a bilan row awaits one like the others."""
    comptes: Counter[str | None] = Counter()
    attendus = a_recevoir = 0
    for ligne in lignes.order_by().values("statut", "bilan__statut").annotate(nombre=Count("pk")):
        comptes[ligne["bilan__statut"]] += ligne["nombre"]
        sans_bilan = ligne["statut"] in ActionAnnuelle.STATUTS_SANS_BILAN
        if not sans_bilan and ligne["bilan__statut"] != Bilan.Statut.DISPENSE:
            attendus += ligne["nombre"]
            a_recevoir += ligne["nombre"] if ligne["bilan__statut"] not in Bilan.STATUTS_RECUS else 0
    return Avancement(
        attendus=attendus,
        a_recevoir=a_recevoir,
        recus=sum(comptes[statut] for statut in Bilan.STATUTS_RECUS),
        a_lire=sum(comptes[statut] for statut in Bilan.STATUTS_EN_LECTURE),
        valides=sum(comptes[statut] for statut in Bilan.STATUTS_VALIDES),
        dispenses=comptes[Bilan.Statut.DISPENSE],
    )


def bilans_lus(campagne: Campagne, utilisateur: Any) -> list[Bilan]:
    """Return the received bilans of the year with what their contrôles and their people are computed from."""
    bilans = Bilan.objects.visibles_par(utilisateur).filter(action_annuelle__campagne=campagne).recus()
    return list(
        bilans.order_by("pk")
        .select_related("action_annuelle__campagne")
        .prefetch_related("effectifs", "action_annuelle__campagne__tranches")
    )


def a_verifier(bilans: Iterable[Bilan]) -> dict[int, list[Anomalie]]:
    """Return, by action year, what has to be looked at in each bilan: blocking findings and alerts."""
    trouvees = {
        bilan.action_annuelle_id: [a for a in anomalies_bilan(bilan) if a.gravite != Gravite.INFO]
        for bilan in bilans
    }
    return {cle: anomalies for cle, anomalies in trouvees.items() if anomalies}
