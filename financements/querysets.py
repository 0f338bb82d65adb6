"""Reading the money: who sees which line, totals by action, financeur and year (euros, Decimal)."""

from decimal import Decimal
from typing import Self

from django.db.models import Case, DecimalField, F, OuterRef, Subquery, Sum, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce, NullIf

from actions.models import ActionAnnuelle
from comptes.acces import QuerySetProtege

MONTANT = DecimalField(max_digits=14, decimal_places=2)
# Of an action in one of these states, no envelope retains anything but what is paid or mandated already.
STATUTS_SANS_ARGENT = (
    ActionAnnuelle.Statut.NON_RECEVABLE,
    ActionAnnuelle.Statut.REFUSEE,
    ActionAnnuelle.Statut.AJOURNEE,
    ActionAnnuelle.Statut.ABANDONNEE,
)


class ViaBudget(QuerySetProtege):
    """Rows seen when their budget is."""

    via = "budget"


class ViaAmbiguite(QuerySetProtege):
    """Rows seen when their ambiguite is."""

    via = "ambiguite"


class ViaLecture(QuerySetProtege):
    """Rows seen when their lecture is."""

    via = "lecture"


class ViaVersement(QuerySetProtege):
    """Rows seen when their versement is."""

    via = "versement"


class FinanceurQuerySet(QuerySetProtege):
    """Funders of a contract; seen by who sees the programme of the contract."""


class LigneFinancementQuerySet(QuerySetProtege):
    """Funding lines: a financeur sees its own, a porteur those of its actions, the chargé·e de mission all."""

    def dans_le_total(self) -> Self:
        """Return the lines of the funders that count in the politique de la ville total."""
        return self.filter(financeur__dans_total=True)

    def total(self, etat: str = "montant_accorde") -> Decimal | None:
        """Return the sum of `etat` in euros, None when no line has an amount (blank is not zero)."""
        total: Decimal | None = self.aggregate(total=Sum(etat, output_field=MONTANT))["total"]
        return total

    def avec_retenu(self) -> Self:
        """Annotate `retenu`: the notified amount, else the accorded one, else the proposed one (euros).

        For an action that is refused, adjourned, abandoned or not admissible: what was paid or mandated, less what was
        recovered. None when there is none of them.
        """
        sans_argent = When(
            action_annuelle__statut__in=STATUTS_SANS_ARGENT,
            then=NullIf(_engage(), Value(Decimal(0)), output_field=MONTANT),
        )
        retenu = Coalesce("montant_notifie", "montant_accorde", "montant_propose")
        return self.annotate(retenu=Case(sans_argent, default=retenu, output_field=MONTANT))

    def avec_verse(self) -> Self:
        """Annotate `verse`: the payments made less the repayments recovered (euros); None before the first payment."""
        from .models import Versement

        faits = Versement.objects.filter(ligne=OuterRef("pk"), statut=Versement.Statut.VERSE)
        verse = faits.order_by().values("ligne").annotate(somme=Sum("montant_verse", output_field=MONTANT))
        return self.annotate(verse=Subquery(verse.values("somme"), output_field=MONTANT) - _recouvre())


def _recouvre() -> Coalesce:
    """Return the expression of what was recovered of the payments of a line, in euros; 0 when nothing was."""
    from .models import Reversement

    rendus = Reversement.objects.filter(versement__ligne=OuterRef("pk"), date_recouvrement__isnull=False)
    rendu = rendus.order_by().values("versement__ligne").annotate(somme=Sum("montant", output_field=MONTANT))
    return Coalesce(
        Subquery(rendu.values("somme"), output_field=MONTANT), Value(Decimal(0)), output_field=MONTANT
    )


def _engage() -> CombinedExpression:
    """Return the expression of what was paid or mandated of a line, less recovered; NULL before the first payment."""
    from .models import Versement

    statut = Versement.Statut
    engages = Versement.objects.filter(ligne=OuterRef("pk"), statut__in=(statut.VERSE, statut.MANDATE))
    montant = Case(
        When(statut=statut.VERSE, then=F("montant_verse")), default=F("montant_prevu"), output_field=MONTANT
    )
    engage = engages.order_by().values("ligne").annotate(somme=Sum(montant, output_field=MONTANT))
    return Subquery(engage.values("somme"), output_field=MONTANT) - _recouvre()


class VersementQuerySet(QuerySetProtege):
    """Payments: seen with the funding line, or with the convention, that they pay."""


class BudgetQuerySet(QuerySetProtege):
    """Budgets: seen by who runs the contract and by who carries the action; a funder sees its own lines only."""


class AmbiguiteQuerySet(QuerySetProtege):
    """Readings to settle show every funder's amounts: seen by who runs the contract only."""


class ViaCampagneGeree(QuerySetProtege):
    """Rows of the steering of a year (envelopes, control totals): seen by who runs the contract."""


class EnveloppeQuerySet(QuerySetProtege):
    """Envelopes: seen by who runs the contract; a funder sees its own."""


class AvisFinanceurQuerySet(QuerySetProtege):
    """Opinions: seen by who runs the contract and by the funder that gave them; never by the porteur."""


class ViaScenario(QuerySetProtege):
    """Rows seen when their scenario is: by who runs the contract only."""

    via = "scenario"


class MontantConventionQuerySet(QuerySetProtege):
    """Yearly amounts of a convention: seen when the convention is."""

    via = "convention"


class RegleVersementQuerySet(QuerySetProtege):
    """Rules of payment: seen with the convention, or with the funder, whose they are."""
