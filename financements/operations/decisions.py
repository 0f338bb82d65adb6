"""The decision on actions: retained, refused or adjourned, by whom, when, under which délibération."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import models

from actions.models import ActionAnnuelle, Campagne
from comptes.models import Utilisateur
from contrats.models import Deliberation, Seance


class Sens(models.TextChoices):
    """What is decided of an action."""

    RETENUE = "retenue", "Retenue"
    REFUSEE = "refusee", "Refusée"
    AJOURNEE = "ajournee", "Ajournée"


# The states of an action on which a decision is taken, or taken again.
DECIDABLES = (
    ActionAnnuelle.Statut.DEPOSEE,
    ActionAnnuelle.Statut.RECEVABLE,
    ActionAnnuelle.Statut.INSTRUITE,
    ActionAnnuelle.Statut.PROPOSEE,
    ActionAnnuelle.Statut.PROGRAMMEE,
    ActionAnnuelle.Statut.REFUSEE,
    ActionAnnuelle.Statut.AJOURNEE,
)


@dataclass(frozen=True)
class Decision:
    """What was decided. `seance` and `deliberation` may be unsaved: they are created with the decision.

    An unsaved `seance` of an instance that already met that day becomes that meeting.
    """

    sens: Sens
    motif: str = ""
    seance: Seance | None = None
    deliberation: Deliberation | None = None
    # Copies the proposed amounts into the accorded ones that are blank (retained actions only).
    copier_proposes: bool = True

    @property
    def date(self) -> date | None:
        """The day of the decision: that of the délibération, else that of the meeting."""
        source = self.deliberation or self.seance
        return source.date if source else None


@dataclass(frozen=True)
class ResultatDecision:
    """What a decision did: how many actions, how many amounts copied, on how many lines the accorded amount that was
    already there is not the proposed one (it is kept)."""

    actions: int
    montants: int
    differents: int


def decider(
    auteur: Utilisateur, campagne: Campagne, annuelles: Iterable[ActionAnnuelle], decision: Decision
) -> ResultatDecision:
    """Record the decision on every action, in one transaction, and return what it did.

    Retained → « programmée », refused, adjourned; the lines take the day, the meeting and the délibération. Raises
    PermissionDenied, EnveloppeDepassee, ValidationError (no reason for what is not retained, no action, an action in
    a state where nothing is decided any more, a day outside the contract, an archived year).
    """
    raise NotImplementedError
