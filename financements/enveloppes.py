"""Reading the envelopes: what each sets aside, what is retained of it, what remains (euros)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from actions.models import Campagne

from .models import Enveloppe


@dataclass(frozen=True)
class SituationEnveloppe:
    """An envelope, what the year retains of it, from how many actions, and what remains (negative when exceeded)."""

    enveloppe: Enveloppe
    retenu: Decimal
    actions: int

    @property
    def reste(self) -> Decimal:
        """What remains, in euros; negative when more is retained than there is."""
        return self.enveloppe.montant - self.retenu

    @property
    def depassee(self) -> bool:
        """Whether more is retained than there is."""
        return self.reste < 0


def nom_de(enveloppe: Enveloppe) -> str:
    """Return « État – Quartiers d'été », or « État » for an envelope that holds for all the funder gives."""
    raise NotImplementedError


def situations(campagne: Campagne, *, utilisateur: Any = None) -> list[SituationEnveloppe]:
    """Return the envelopes of the year, by funder then dispositif, in a fixed number of queries.

    With `utilisateur`, those that it sees. What is retained of a line is its notified amount, else the accorded one,
    else the proposed one, unless its action is refused, adjourned, abandoned or not admissible. An envelope of a
    dispositif counts the lines of that dispositif; one without counts all those of the funder.
    """
    raise NotImplementedError


def situations_de(campagne: Campagne, financeurs: Iterable[int]) -> list[SituationEnveloppe]:
    """Return the envelopes of some funders (pks) in the year, the same way."""
    raise NotImplementedError
