"""Reading the frame of the contrat de ville: who sees which contract, and what hangs from it."""

from typing import TYPE_CHECKING, Self

from django.db.models import Prefetch

from comptes.acces import QuerySetProtege

if TYPE_CHECKING:
    from comptes.models import Utilisateur


class ContratVilleQuerySet(QuerySetProtege):
    """Contracts; seen by the accounts with an access row, and by those that a higher room declares."""

    def geres_par(self, utilisateur: "Utilisateur") -> Self:
        """Return the contracts that `utilisateur` runs as chargé·e de mission (all for the administrator)."""
        if not utilisateur.is_authenticated or not utilisateur.is_active:
            return self.none()
        if utilisateur.est_administrateur:
            return self
        from .models import AccesContrat

        acces = AccesContrat.objects.filter(utilisateur=utilisateur, role=AccesContrat.Role.CHARGE_MISSION)
        return self.filter(pk__in=acces.values("contrat"))


class ViaContrat(QuerySetProtege):
    """Rows seen when their contrat is."""

    via = "contrat"


class ViaAxe(QuerySetProtege):
    """Rows seen when their axe is."""

    via = "axe"


class ViaTerritoire(QuerySetProtege):
    """Rows seen when their territoire is."""

    via = "territoire"


class ViaStatistique(QuerySetProtege):
    """Rows seen when their statistique is."""

    via = "statistique"


class SeanceQuerySet(QuerySetProtege):
    """Meetings: all for who runs the contract; for its readers, those whose minutes are published."""


class MembreInstanceQuerySet(QuerySetProtege):
    """Who sits where: an account sees its own seats, who runs the contract sees them all."""


class AxeQuerySet(ViaContrat):
    """Axes of a contract, in the order of the document."""

    def avec_listes(self) -> Self:
        """Return the axes with their objectifs, partenaires, leviers and critères, in a fixed number of queries."""
        return self.select_related("parent").prefetch_related(
            Prefetch("objectifs"), Prefetch("partenaires_associes"), Prefetch("leviers"), Prefetch("criteres")
        )


class NomenclatureQuerySet(QuerySetProtege):
    """Public lists (national objectives, generations of QPV): read by any signed-in account."""

    def visibles_par(self, utilisateur: "Utilisateur") -> Self:  # type: ignore[override]
        return self if utilisateur.is_authenticated and utilisateur.is_active else self.none()
