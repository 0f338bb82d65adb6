"""The remarks on one field of a bilan, as a page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django import template

from bilans.models import Commentaire
from bilans.saisie import Saisie
from bilans.saisie import noms as lieux

register = template.Library()


@dataclass(frozen=True)
class Fil:
    """The conversation on one field: what is open, what is settled."""

    champ: str = ""
    ouverts: list[Commentaire] = field(default_factory=list)
    regles: list[Commentaire] = field(default_factory=list)

    @property
    def echanges(self) -> list[Commentaire]:
        """The open remarks that the porteur reads."""
        return [commentaire for commentaire in self.ouverts if not commentaire.interne]

    @property
    def dernier(self) -> Commentaire | None:
        """The last open word that the porteur reads: the one to settle."""
        return self.echanges[-1] if self.echanges else None

    @property
    def attend_une_reponse(self) -> bool:
        """Whether the porteur has something to answer here."""
        return self.dernier is not None


@register.filter
def en_fil(commentaires: Sequence[Commentaire] | Any) -> Fil:
    """Return the remarks of one field, oldest first, told apart; nothing for a field without any."""
    liste = list(commentaires or [])
    return Fil(
        liste[0].champ if liste else "",
        [commentaire for commentaire in liste if commentaire.regle_le is None],
        [commentaire for commentaire in liste if commentaire.regle_le is not None],
    )


@register.filter
def place(champ: str) -> str:
    """Return the block of the page of a bilan where a field is read, « bilan » for the whole of it."""
    return lieux.place(champ) or "bilan"


@register.filter
def etape_de_saisie(champ: str, saisie: Saisie) -> str:
    """Return the step of the porteur's form where a field is typed."""
    return saisie.etape_du_champ(champ)
