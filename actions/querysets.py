"""Reading campaigns, actions and their years: who sees which, filters, search, counts."""

from typing import TYPE_CHECKING, Self

from django.db.models import F, Min, Q, Window
from django.db.models.functions import Coalesce

from comptes.acces import QuerySetProtege
from documents.normalisation import normaliser

if TYPE_CHECKING:
    from contrats.models import Axe
    from porteurs.models import Porteur


class ViaCampagne(QuerySetProtege):
    """Rows seen when their campagne is."""

    via = "campagne"


class PilotageQuerySet(QuerySetProtege):
    """How a campaign is run: for who runs the contract alone."""


class ViaActionAnnuelle(QuerySetProtege):
    """Rows seen when their action_annuelle is."""

    via = "action_annuelle"


class ActionQuerySet(QuerySetProtege):
    """Actions across the years; seen by who runs the contract, who represents the porteur, and declared sources."""


class ActionAnnuelleQuerySet(QuerySetProtege):
    """The years of the actions: the rows of every list and annex."""

    def pour_liste(self) -> Self:
        """Fetch what a list row shows, in a fixed number of queries."""
        return self.select_related(
            "action__porteur__parent", "campagne__contrat", "dispositif", "axe__parent"
        ).prefetch_related("territoires")

    def dans_l_ordre(self) -> Self:
        """Order as the annexes: structures by their first action, then the actions of each, in the programme's order.

        `ordre` is the rank in the town's own document; an action created since joins its structure, at the
        end, by title. A structure that has no rank at all comes last, by name.
        """
        premiere = Window(Min("ordre"), partition_by=[F("campagne"), F("structure_id")])
        nom = Coalesce("action__porteur__parent__nom_normalise", "action__porteur__nom_normalise")
        return (
            self.avec_structure()
            .annotate(rang_structure=premiere)
            .order_by(
                F("rang_structure").asc(nulls_last=True),
                nom,
                "structure_id",
                F("ordre").asc(nulls_last=True),
                "action__recherche",
                "pk",
            )
        )

    def avec_structure(self) -> Self:
        """Annotate `structure_id`: the porteur's parent structure, or the porteur itself."""
        return self.annotate(structure_id=Coalesce("action__porteur__parent_id", "action__porteur_id"))

    def chercher(self, texte: str) -> Self:
        """Return the rows whose title, porteur, parent structure or other name holds every word of `texte`.

        Case and accents do not count (docs/decisions: stored `recherche` columns).
        """
        from porteurs.models import AliasPorteur

        lignes = self
        for mot in normaliser(texte).split():
            alias = AliasPorteur.objects.filter(libelle_normalise__contains=mot).values("porteur")
            lignes = lignes.filter(
                Q(action__recherche__contains=mot)
                | Q(action__porteur__recherche__contains=mot)
                | Q(action__porteur__parent__recherche__contains=mot)
                | Q(action__porteur__in=alias)
            )
        return lignes

    def de_l_axe(self, axe: "Axe") -> Self:
        """Return the rows whose main or secondary axe is `axe` or hangs from it."""
        sous_axes = (
            Q(axe=axe)
            | Q(axe__parent=axe)
            | Q(axe__parent__parent=axe)
            | Q(
                pk__in=self.model.axes_secondaires.through.objects.filter(
                    Q(axe=axe) | Q(axe__parent=axe) | Q(axe__parent__parent=axe)
                ).values("actionannuelle")
            )
        )
        return self.filter(sous_axes)

    def de_la_structure(self, porteur: "Porteur") -> Self:
        """Return the rows carried by `porteur` or by one of its services."""
        return self.filter(Q(action__porteur=porteur) | Q(action__porteur__parent=porteur))

    def nombre_de_structures(self) -> int:
        """Return how many different structures carry these rows, a service counting as its parent."""
        return self.order_by().avec_structure().values("structure_id").distinct().count()
