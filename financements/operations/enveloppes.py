"""Envelopes: setting them, and refusing what would exceed them, whoever writes and by whatever way."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError

from actions.models import Campagne
from comptes.models import Utilisateur

from ..models import Enveloppe


class EnveloppeDepassee(ValidationError):
    """The change would make an envelope hold more than there is; its messages say which, a sentence each."""


class EnveloppeInsuffisante(ValidationError):
    """The envelope is less than what is already retained: the sentence asks to confirm (`malgre_le_retenu`)."""


@contextmanager
def enveloppes_tenues(campagne: Campagne, financeurs: Iterable[int] | None = None) -> Iterator[None]:
    """Refuse at the end what makes an envelope of `financeurs` (pks; all by default) exceeded, or more than it was.

    To be opened within a transaction, around what writes. Two writers of a funder wait for each other: the row of
    the funder is the lock, so that an envelope that is being created counts too. Raises EnveloppeDepassee.
    """
    raise NotImplementedError
    yield


def creer_enveloppe(
    auteur: Utilisateur, enveloppe: Enveloppe, *, malgre_le_retenu: bool = False
) -> Enveloppe:
    """Save a new envelope and return it.

    Raises PermissionDenied, EnveloppeInsuffisante when more is already retained (unless `malgre_le_retenu`: a funder
    does announce less than was hoped, and it must be seen), ValidationError when there is one already or the year is
    archived.
    """
    raise NotImplementedError


def modifier_enveloppe(
    auteur: Utilisateur, enveloppe: Enveloppe, *, version: int, malgre_le_retenu: bool = False
) -> Enveloppe:
    """Save an envelope opened in `version` and return it. Raises as `creer_enveloppe`, and VersionPerimee."""
    raise NotImplementedError


def supprimer_enveloppe(auteur: Utilisateur, enveloppe: Enveloppe, *, version: int) -> None:
    """Delete an envelope opened in `version`; its history stays. Raises PermissionDenied, VersionPerimee."""
    raise NotImplementedError
