"""Reading the porteurs: who sees which, how they are named, what structure they belong to."""

from typing import TYPE_CHECKING, Self

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from comptes.acces import QuerySetProtege
from documents.normalisation import normaliser

if TYPE_CHECKING:
    from comptes.models import Utilisateur


class PorteurQuerySet(QuerySetProtege):
    """Organisations; an account sees its own and those of the intercommunality whose contract it runs."""

    def de_l_utilisateur(self, utilisateur: "Utilisateur") -> Self:
        """Return the porteurs that `utilisateur` represents, with the services of a parent structure."""
        from .models import AccesPorteur

        if not utilisateur.is_authenticated or not utilisateur.is_active:
            return self.none()
        siens = AccesPorteur.objects.filter(utilisateur=utilisateur).values("porteur")
        return self.filter(Q(pk__in=siens) | Q(parent__in=siens))

    def avec_structure(self) -> Self:
        """Annotate `structure_id`: the parent structure, or the porteur itself when it has none."""
        return self.annotate(structure_id=Coalesce(F("parent_id"), F("pk")))

    def chercher(self, texte: str) -> Self:
        """Return the porteurs whose name, sigle, alias or parent holds every word of `texte`."""
        from .models import AliasPorteur

        porteurs = self
        for mot in normaliser(texte).split():
            alias = AliasPorteur.objects.filter(libelle_normalise__contains=mot).values("porteur")
            porteurs = porteurs.filter(
                Q(recherche__contains=mot) | Q(parent__recherche__contains=mot) | Q(pk__in=alias)
            )
        return porteurs


class ViaPorteur(QuerySetProtege):
    """Rows seen when their porteur is."""

    via = "porteur"


class ViaConvention(QuerySetProtege):
    """Rows seen when their convention is."""

    via = "convention"


class ConventionQuerySet(QuerySetProtege):
    """Conventions: seen by who runs the contract and by the porteur; a funder reads the programme only."""


class DossierPorteurQuerySet(QuerySetProtege):
    """The porteur's own file (people, means): seen by who runs a contract of its EPCI and by itself."""
