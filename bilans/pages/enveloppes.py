"""An envelope as a page shows it: what remains in words, and the rows behind what is retained."""

from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse

from actions.situation import RequeteCampagne
from financements.enveloppes import SituationEnveloppe, nom_de
from financements.models import Enveloppe

from . import adresse
from .grille import EnveloppeEnVue, en_vue


@dataclass(frozen=True)
class EnveloppeLue:
    """A row of the list of envelopes; `part` is what is retained, in points of the envelope."""

    enveloppe: Enveloppe
    nom: str
    vue: EnveloppeEnVue
    retenu: Decimal
    reste: Decimal
    actions: int
    part: Decimal
    verse: Decimal
    url_lignes: str


def lues(request: RequeteCampagne, situation: SituationEnveloppe, verse: Decimal) -> EnveloppeLue:
    """Return an envelope with the address of the actions that it pays; `verse` is what is paid of it, in euros."""
    enveloppe = situation.enveloppe
    criteres: dict[str, str | None] = {"financeur": enveloppe.financeur.cle}
    if enveloppe.dispositif_id:
        criteres["dispositif"] = str(enveloppe.dispositif_id)
    base = reverse("programmation", args=[request.contrat.slug, request.annee])
    part = situation.retenu / enveloppe.montant * 100 if enveloppe.montant else Decimal(0)
    return EnveloppeLue(
        enveloppe=enveloppe,
        nom=nom_de(enveloppe),
        vue=en_vue(situation),
        retenu=situation.retenu,
        reste=situation.reste,
        actions=situation.actions,
        part=part,
        verse=verse,
        url_lignes=base + adresse.avec(type(request.GET)(), **criteres),
    )
