"""What the payments of a convention are worth line by line: one payment may pay several lines of its year.

The rule, in the order of the payments: each is first shared between the funders of the convention, in proportion to
what each still has to give that year; then, for each funder, between the lines of the convention, in proportion to
what is promised to each (notified, else awarded) and not paid yet, line by line or by the convention. Everything is to
the cent, the largest remainders rounded up, so that the parts of a payment always add up to it. What no line can take
is paid « hors programme »: nothing is lost, nothing counts twice.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.db.models import Q

from .models import LigneFinancement, MontantConvention, Versement
from .querysets import STATUTS_SANS_ARGENT, LigneFinancementQuerySet, VersementQuerySet

ZERO = Decimal(0)
Cle = TypeVar("Cle")
# What a payment is worth, in euros: paid, or also ordered, or also planned.
Valeur = Callable[[Versement], Decimal]
# What each funder (pk) gives in a year; None stands for a convention that does not say who gives.
Donnes = Mapping[int | None, Decimal]


@dataclass(frozen=True)
class Couverte:
    """A line that a convention pays; `reste` is what is promised and not paid line by line, in euros."""

    pk: int
    financeur: int
    reste: Decimal
    # Whether its action is done: one that is not takes only what the others leave.
    vivante: bool = True


@dataclass(frozen=True)
class Part:
    """What a payment (pk) brings to a line (pk), or to none when it is « hors programme », in euros.

    `financeur` is None when neither the line nor the convention says who pays.
    """

    versement: int
    financeur: int | None
    ligne: int | None
    montant: Decimal


def partager(montant: Decimal, poids: Sequence[Decimal]) -> list[Decimal]:
    """Return `montant` (positive) shared to the cent by `poids`, the largest remainders rounded up.

    The parts add up to it. Weights have two decimals at most and are not all zero.
    """
    centimes, entiers = int(montant * 100), [int(un_poids * 100) for un_poids in poids]
    total = sum(entiers)
    divisions = [divmod(centimes * entier, total) for entier in entiers]
    parts = [quotient for quotient, _ in divisions]
    par_reste = sorted(range(len(parts)), key=lambda rang: (-divisions[rang][1], rang))
    for rang in par_reste[: centimes - sum(parts)]:
        parts[rang] += 1
    return [Decimal(part) / 100 for part in parts]


def attribuer(montants: Mapping[int, Decimal], donnes: Donnes, lignes: Iterable[Couverte]) -> list[Part]:
    """Return the parts of the payments of a year of a convention, given by pk in their order, in euros."""
    payeurs: Donnes = donnes or {None: ZERO}
    a_donner = dict(payeurs)
    couvertes = list(lignes)
    restes = {ligne.pk: ligne.reste for ligne in couvertes}
    parts: list[Part] = []
    for versement, montant in montants.items():
        for payeur, somme in _par_financeur(montant, payeurs, a_donner).items():
            siennes = [
                ligne
                for ligne in couvertes
                if ligne.financeur == payeur or (payeur is None and ligne.financeur not in payeurs)
            ]
            pris: dict[int, Decimal] = {}
            for vivante in (True, False):
                voulues = [ligne.pk for ligne in siennes if ligne.vivante is vivante]
                pris |= _prelever(somme - sum(pris.values(), ZERO), restes, voulues)
            financeurs = {ligne.pk: ligne.financeur for ligne in siennes}
            parts += [Part(versement, financeurs[cle], cle, part) for cle, part in pris.items()]
            if hors := somme - sum(pris.values(), ZERO):
                parts.append(Part(versement, payeur, None, hors))
    return parts


def _par_financeur(
    montant: Decimal, payeurs: Donnes, a_donner: dict[int | None, Decimal]
) -> dict[int | None, Decimal]:
    """Return what each funder gives of a payment, taken from `a_donner`; beyond it, in proportion to what it gives."""
    pris = _prelever(montant, a_donner, list(a_donner))
    if exces := montant - sum(pris.values(), ZERO):
        poids = list(payeurs.values()) if any(payeurs.values()) else [Decimal(1)] * len(payeurs)
        for payeur, part in zip(payeurs, partager(exces, poids), strict=True):
            pris[payeur] = pris.get(payeur, ZERO) + part
    return {payeur: part for payeur, part in pris.items() if part}


def _prelever(montant: Decimal, restes: dict[Cle, Decimal], cles: Sequence[Cle]) -> dict[Cle, Decimal]:
    """Take `montant`, or all there is, from the remainders of `cles` in proportion to them; return what each gave."""
    ouvertes = [cle for cle in cles if restes[cle] > 0]
    pris = min(montant, sum((restes[cle] for cle in ouvertes), ZERO))
    if pris <= 0:
        return {}
    parts = dict(zip(ouvertes, partager(pris, [restes[cle] for cle in ouvertes]), strict=True))
    for cle, part in parts.items():
        restes[cle] -= part
    return {cle: part for cle, part in parts.items() if part}


# -- Reading from the database ---------------------------------------------------------------------
def lire_parts(versements: VersementQuerySet, valeur: Valeur) -> list[Part]:
    """Return the parts of the payments of conventions whose years `versements` name, each worth `valeur`.

    All the payments of these years count, since each takes what the ones before it left. In a fixed number of queries.
    """
    annees: dict[tuple[int, int], list[Versement]] = {}
    nommees = versements.filter(convention__isnull=False).order_by().values("convention", "annee")
    couples = {(ligne["convention"], ligne["annee"]) for ligne in nommees}
    if not couples:
        return []
    conventions, ans = {convention for convention, _ in couples}, {annee for _, annee in couples}
    tous = Versement.objects.filter(convention__in=conventions, annee__in=ans)
    for versement in tous.prefetch_related("reversements").order_by("numero", "pk"):
        if (
            versement.convention_id
            and versement.annee
            and (versement.convention_id, versement.annee) in couples
        ):
            annees.setdefault((versement.convention_id, versement.annee), []).append(versement)
    couverture = lire_couverture(conventions, ans)
    parts: list[Part] = []
    for cle, siens in annees.items():
        montants = {v.pk: valeur(v) for v in sorted(siens, key=_ordre)}
        lignes = [_couverte(ligne, valeur) for ligne in couverture.lignes.get(cle, [])]
        parts += attribuer(montants, couverture.donnes(*cle), lignes)
    return parts


@dataclass(frozen=True)
class Couverture:
    """What some years of some conventions give, by convention and year, and the lines that they pay."""

    montants: Mapping[tuple[int, int], Donnes]
    lignes: Mapping[tuple[int, int], list[LigneFinancement]]

    def donnes(self, convention: int, annee: int) -> Donnes:
        """Return what each funder gives in the year; while nothing is known of it, as the year before."""
        for an in (annee, annee - 1):
            lus = self.montants.get((convention, an), {})
            if any(lus.values()):
                return lus
        return self.montants.get((convention, annee), {})

    def payees(self, convention: int, annee: int) -> list[LigneFinancement]:
        """Return the lines that the convention pays in the year: those of the funders that give it."""
        donnes = self.donnes(convention, annee)
        lignes = self.lignes.get((convention, annee), [])
        return [ligne for ligne in lignes if not donnes or None in donnes or ligne.financeur_id in donnes]


def lire_couverture(conventions: Iterable[int], annees: Iterable[int]) -> Couverture:
    """Return what these years of these conventions give and cover, with the payments of the lines at hand."""
    cles, ans = list(conventions), set(annees)
    montants: dict[tuple[int, int], dict[int | None, Decimal]] = {}
    lus = MontantConvention.objects.filter(
        convention__in=cles, annee__in=sorted(ans | {annee - 1 for annee in ans})
    )
    for lu in lus.order_by("financeur__ordre", "pk"):
        donne = lu.montant_vote if lu.montant_vote is not None else lu.montant_prevu
        montants.setdefault((lu.convention_id, lu.annee), {})[lu.financeur_id] = donne or ZERO
    lignes: dict[tuple[int, int], list[LigneFinancement]] = {}
    for ligne in _de_convention().filter(convention__in=cles, action_annuelle__campagne__annee__in=ans):
        annee = ligne.action_annuelle.campagne.annee
        lignes.setdefault((ligne.convention_id or 0, annee), []).append(ligne)
    return Couverture(montants, lignes)


def _de_convention() -> LigneFinancementQuerySet:
    """Return the lines that a convention may pay, in order: contributions in kind are not money."""
    en_nature = Q(nature_credit=LigneFinancement.NatureCredit.VALORISATION)
    lignes: LigneFinancementQuerySet = LigneFinancement.objects.exclude(en_nature)
    return (
        lignes.select_related("action_annuelle__campagne")
        .prefetch_related("versements__reversements")
        .order_by("action_annuelle__ordre", "financeur__ordre", "pk")
    )


def _couverte(ligne: LigneFinancement, valeur: Valeur) -> Couverte:
    promis = ligne.montant_notifie if ligne.montant_notifie is not None else ligne.montant_accorde
    deja = sum(map(valeur, ligne.versements.all()), ZERO)
    return Couverte(
        pk=ligne.pk,
        financeur=ligne.financeur_id,
        reste=(promis or ZERO) - deja,
        vivante=ligne.action_annuelle.statut not in STATUTS_SANS_ARGENT,
    )


def _ordre(versement: Versement) -> tuple[bool, date, int]:
    """Those that are made come first, in the order of their days."""
    jour = versement.date_versement or versement.date_mandat or versement.date_prevue or date.max
    return versement.date_versement is None, jour, versement.pk


def par_ligne(parts: Iterable[Part]) -> dict[int, Decimal]:
    """Return what each line (pk) has of these parts, in euros."""
    sommes: dict[int, Decimal] = {}
    for part in parts:
        if part.ligne is not None:
            sommes[part.ligne] = sommes.get(part.ligne, ZERO) + part.montant
    return sommes
