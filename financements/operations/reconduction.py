"""Renewing last year's actions in one step."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models

from actions.models import ActionAnnuelle, Campagne
from comptes.models import Utilisateur


class Montants(models.TextChoices):
    """What the renewed actions ask for."""

    AUCUN = "aucun", "Aucun montant"
    ACCORDES = "accordes_comme_demandes", "Les montants accordés deviennent les montants demandés"


class Situation(models.TextChoices):
    """What can be done with an action of the year before."""

    RECONDUCTIBLE = "reconductible", "À reconduire"
    DEJA_LA = "deja_la", "Déjà au programme"
    IMPOSSIBLE = "impossible", "Non reconductible"


@dataclass(frozen=True)
class Candidate:
    """An action of the year before; `raison` says in a sentence why it is not renewed, `nouvelle` the one there."""

    annuelle: ActionAnnuelle
    situation: Situation
    raison: str = ""
    nouvelle: ActionAnnuelle | None = None
    # Renewed, and nothing was typed in it since: it can be undone.
    annulable: bool = False


def campagne_precedente(campagne: Campagne) -> Campagne | None:
    """Return the campaign of the year before in the same contract, None when there is none."""
    raise NotImplementedError


def candidates(campagne: Campagne) -> list[Candidate]:
    """Return the actions of the year before, in the order of the programme, in a fixed number of queries."""
    raise NotImplementedError


def reconduire(
    auteur: Utilisateur, campagne: Campagne, annuelles: Iterable[ActionAnnuelle], *, montants: str
) -> list[ActionAnnuelle]:
    """Renew `annuelles`, actions of the year before, in `campagne`; return the new ones, « déposées ».

    The fiche, the volets, the indicators, the territories and the axes are copied; dates are not. What is already
    there or cannot be renewed is left out: asking twice renews once. Raises PermissionDenied, ValidationError for an
    archived year.
    """
    raise NotImplementedError


def annuler_reconduction(auteur: Utilisateur, annuelles: Iterable[ActionAnnuelle]) -> int:
    """Delete renewed actions in which nothing was typed since; return how many. The others are left as they are.

    Raises PermissionDenied, ValidationError for an archived year.
    """
    raise NotImplementedError
