"""Reading the envelopes: what each sets aside, what is retained of it, what remains (euros)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from actions.models import Campagne

from .attributions import lire_parts, par_ligne
from .models import Enveloppe, LigneFinancement, Versement
from .paiements import engage
from .querysets import STATUTS_SANS_ARGENT, LigneFinancementQuerySet


class Retenue(NamedTuple):
    """What a year retains of a funder for an action (pks; euros)."""

    financeur: int
    dispositif: str | None
    annuelle: int
    montant: Decimal


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
    financeur = enveloppe.financeur.nom
    return f"{financeur} – {enveloppe.dispositif}" if enveloppe.dispositif else financeur


def situations(campagne: Campagne, *, utilisateur: Any = None) -> list[SituationEnveloppe]:
    """Return the envelopes of the year, by funder then dispositif, in a fixed number of queries.

    With `utilisateur`, those that it sees. What is retained of a line is its notified amount, else the accorded one,
    else the proposed one, unless its action is refused, adjourned, abandoned or not admissible. An envelope of a
    dispositif counts the lines of that dispositif; one without counts all those of the funder.
    """
    enveloppes = Enveloppe.objects.all()
    if utilisateur is not None:
        enveloppes = enveloppes.visibles_par(utilisateur)
    return situer(dans_l_ordre(enveloppes.filter(campagne=campagne)), retenues_de(campagne))


def situations_de(campagne: Campagne, financeurs: Iterable[int]) -> list[SituationEnveloppe]:
    """Return the envelopes of some funders (pks) in the year, the same way."""
    voulus = list(financeurs)
    enveloppes = dans_l_ordre(Enveloppe.objects.filter(campagne=campagne, financeur__in=voulus))
    return situer(enveloppes, retenues_de(campagne, voulus)) if enveloppes else []


def dans_l_ordre(enveloppes: Any) -> list[Enveloppe]:
    """Return the envelopes of a query, by funder, that of all its credits first, then by dispositif."""
    lues = enveloppes.select_related("financeur", "dispositif", "campagne").order_by("financeur__ordre", "pk")
    return sorted(
        lues,
        key=lambda e: (
            *(e.financeur.ordre, e.financeur.nom, e.dispositif is not None),
            *((e.dispositif.ordre, e.dispositif.libelle) if e.dispositif else (0, "")),
        ),
    )


def retenues_de(campagne: Campagne, financeurs: Iterable[int] | None = None) -> list[Retenue]:
    """Return what the year retains, a row a line that has something."""
    lignes = LigneFinancement.objects.filter(action_annuelle__campagne=campagne)
    if financeurs is not None:
        lignes = lignes.filter(financeur__in=list(financeurs))
    colonnes = ("financeur", "action_annuelle__dispositif", "action_annuelle", "retenu")
    valeurs = lignes.avec_retenu().filter(retenu__isnull=False).order_by("pk").values_list(*colonnes)
    return [*(Retenue(*valeur) for valeur in valeurs), *_gardees_par_convention(lignes)]


def _gardees_par_convention(lignes: LigneFinancementQuerySet) -> list[Retenue]:
    """Return what conventions paid, or ordered, of the lines of actions that are not done: retained all the same."""
    perdues = lignes.filter(action_annuelle__statut__in=STATUTS_SANS_ARGENT, convention__isnull=False)
    de_convention = Versement.objects.filter(
        convention__in=perdues.order_by().values("convention"),
        annee__in=perdues.order_by().values("action_annuelle__campagne__annee"),
    )
    parts = par_ligne(lire_parts(de_convention, engage))
    if not parts:
        return []
    colonnes = ("pk", "financeur", "action_annuelle__dispositif", "action_annuelle")
    lues = perdues.filter(pk__in=parts).order_by("pk").values_list(*colonnes)
    return [
        Retenue(financeur, dispositif, annuelle, parts[pk]) for pk, financeur, dispositif, annuelle in lues
    ]


def situer(enveloppes: Iterable[Enveloppe], retenues: Iterable[Retenue]) -> list[SituationEnveloppe]:
    """Return what each envelope would hold if `retenues` were what the year retains."""
    par_financeur: dict[int, list[Retenue]] = defaultdict(list)
    for retenue in retenues:
        par_financeur[retenue.financeur].append(retenue)
    trouvees = []
    for enveloppe in enveloppes:
        siennes = [
            retenue
            for retenue in par_financeur[enveloppe.financeur_id]
            if enveloppe.dispositif_id is None or retenue.dispositif == enveloppe.dispositif_id
        ]
        retenu = sum((retenue.montant for retenue in siennes), Decimal(0))
        trouvees.append(SituationEnveloppe(enveloppe, retenu, len({r.annuelle for r in siennes})))
    return trouvees
