"""Following the bilans of a year: which are awaited, received, to be looked at; who follows which."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThan
from django.utils import timezone

from actions.acces import suivies
from actions.models import ActionAnnuelle, Campagne
from actions.querysets import ActionAnnuelleQuerySet

from .controles import Anomalie
from .controles.justifications import a_traiter, constats_bilans
from .models import Bilan

# By when the bilan of a year of an action is due: its own date, else that of the campaign (`Bilan.echeance`).
ECHEANCE = Coalesce(F("bilan__echeance_prolongee"), F("campagne__bilan_echeance"))

# What waits for someone, beside the nine states of a bilan.
SITUATIONS_BILAN = (
    ("attendus", "Attendus"),
    ("recus", "Reçus"),
    ("a_recevoir", "À recevoir"),
    ("en_retard", "En retard"),
    ("prolonges", "Prolongés"),
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
    a_recevoir = attendus & ~avec(*Bilan.STATUTS_RECUS)
    commences = [statut for statut in Bilan.Statut.values if statut != Bilan.Statut.A_SAISIR]
    situations = {
        "attendus": attendus,
        "recus": avec(*Bilan.STATUTS_RECUS),
        "a_recevoir": a_recevoir,
        "en_retard": a_recevoir & Q(LessThan(ECHEANCE, timezone.localdate())),
        "prolonges": a_recevoir & Q(bilan__echeance_prolongee__isnull=False),
        "a_lire": avec(*Bilan.STATUTS_EN_LECTURE),
        "valides": avec(*Bilan.STATUTS_VALIDES),
        Bilan.Statut.A_SAISIR.value: attendus & ~avec(*commences),
    }
    return situations[situation] if situation in situations else avec(Bilan.Statut(situation))


def est_passee(echeance: date | None) -> bool:
    """Return whether a stored due date is past: the day itself is still in time."""
    return echeance is not None and echeance < timezone.localdate()


# -- How far they are --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Avancement:
    """How far the bilans of some actions are, by number of actions; for an account that follows them all.

    Each number is that of the rows that `selon_bilan` gives for the situation of the same name.
    """

    attendus: int = 0
    recus: int = 0
    # awaited and not received, or sent back
    a_recevoir: int = 0
    en_saisie: int = 0
    # transmitted, or being read
    a_lire: int = 0
    a_completer: int = 0
    valides: int = 0
    # awaited, not received, and due: by its own date when it has one, else by the campaign's
    en_retard: int = 0
    # awaited, not received, with a due date of its own
    prolonges: int = 0
    dispenses: int = 0

    def __add__(self, autre: "Avancement") -> "Avancement":
        return Avancement(*(a + b for a, b in zip(astuple(self), astuple(autre), strict=True)))

    def part(self, nombre: int) -> Decimal | None:
        """Return `nombre` in points of the awaited ones, None when none is."""
        return Decimal(100 * nombre) / self.attendus if self.attendus else None


def avancement(lignes: ActionAnnuelleQuerySet) -> Avancement:
    """Return how far the bilans of `lignes` are; an action without a bilan row awaits one like the others."""
    return sum(avancements(lignes).values(), Avancement())


def avancements(lignes: ActionAnnuelleQuerySet, *cles: str) -> dict[tuple[Any, ...], Avancement]:
    """Return how far the bilans of `lignes` are, by the values of the fields `cles`, in one query."""
    groupes: dict[tuple[Any, ...], Avancement] = {}
    champs = ("statut", "bilan__statut", "bilan__echeance_prolongee", "campagne__bilan_echeance")
    for ligne in lignes.order_by().values(*champs, *cles).annotate(nombre=Count("pk")):
        cle = tuple(ligne[nom] for nom in cles)
        groupes[cle] = groupes.get(cle, Avancement()) + _compter(ligne)
    return groupes


def _compter(ligne: dict[str, Any]) -> Avancement:
    """Return what the `nombre` actions of one state add to the count."""
    nombre, statut, propre = ligne["nombre"], ligne["bilan__statut"], ligne["bilan__echeance_prolongee"]
    attendu = ligne["statut"] not in ActionAnnuelle.STATUTS_SANS_BILAN and statut != Bilan.Statut.DISPENSE
    manque = attendu and statut not in Bilan.STATUTS_RECUS
    return Avancement(
        attendus=nombre * attendu,
        recus=nombre * (statut in Bilan.STATUTS_RECUS),
        a_recevoir=nombre * manque,
        en_saisie=nombre * (statut == Bilan.Statut.EN_SAISIE),
        a_lire=nombre * (statut in Bilan.STATUTS_EN_LECTURE),
        a_completer=nombre * (statut == Bilan.Statut.A_COMPLETER),
        valides=nombre * (statut in Bilan.STATUTS_VALIDES),
        en_retard=nombre * (manque and est_passee(propre or ligne["campagne__bilan_echeance"])),
        prolonges=nombre * (manque and propre is not None),
        dispenses=nombre * (statut == Bilan.Statut.DISPENSE),
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
    """Return, by action year, what has to be looked at in the bilans of one year.

    Blocking findings and alerts, those that were acknowledged or justified for their present figures left out.
    """
    lus = list(bilans)
    constats = constats_bilans(lus)
    trouvees = {bilan.action_annuelle_id: a_traiter(constats[bilan.pk]) for bilan in lus}
    return {cle: anomalies for cle, anomalies in trouvees.items() if anomalies}
