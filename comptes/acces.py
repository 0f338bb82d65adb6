"""The access protocol: who sees which rows, decided in one place per model, denied by default.

Every queryset of the application has `visibles_par(utilisateur)`. A room answers for the accounts
that it knows; a higher room that gives access to rows of a lower one (a financeur reads the
actions of its contract) says so at start-up with `declarer_source`, so imports still go down only.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Model, Q, QuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from .models import Utilisateur

Source = Callable[["Utilisateur"], Q]

_sources: dict[str, list[Source]] = {}


def declarer_source(modele: str, source: Source) -> None:
    """Add to `modele` (« app.Modele ») the rows that `source(utilisateur)` selects.

    `source` returns a Q on the model, free of joins that would repeat a row (`pk__in=…`).
    """
    _sources.setdefault(modele, []).append(source)


def sources(modele: type[Model], utilisateur: "Utilisateur") -> Q:
    """Return the Q of everything that was declared for `modele`; an empty choice when nothing was."""
    choix = Q(pk__in=[])
    for source in _sources.get(modele._meta.label, []):
        choix |= source(utilisateur)
    return choix


class QuerySetProtege(QuerySet[Any]):
    """Queryset of a model with `visibles_par`; what no source grants is not seen.

    `via` names the relation whose visibility decides (« action_annuelle »): the rows are seen
    exactly when the related object is.
    """

    via: str = ""

    def visibles_par(self, utilisateur: "Utilisateur | AnonymousUser") -> Self:
        """Return the rows that `utilisateur` may see: all for the administrator, none for a visitor."""
        from .models import Utilisateur

        if not isinstance(utilisateur, Utilisateur) or not utilisateur.is_active:
            return self.none()
        if utilisateur.est_administrateur:
            return self
        if self.via:
            relation: Any = self.model._meta.get_field(self.via)
            permis = relation.related_model._default_manager.visibles_par(utilisateur)
            return self.filter(**{f"{self.via}__in": permis})
        return self.filter(sources(self.model, utilisateur))


class AccesQuerySet(QuerySetProtege):
    """Access rows (`utilisateur` is on what): an account sees its own."""

    def visibles_par(self, utilisateur: "Utilisateur | AnonymousUser") -> Self:
        from .models import Utilisateur

        if not isinstance(utilisateur, Utilisateur) or not utilisateur.is_active:
            return self.none()
        return self if utilisateur.est_administrateur else self.filter(utilisateur=utilisateur)
