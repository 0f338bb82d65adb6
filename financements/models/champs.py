"""The kind of field and of constraint that an amount of money needs."""

from decimal import Decimal
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q


class ChampMontant(models.DecimalField):
    """An amount in euros: blank when unknown, never a float, never negative."""

    # Read by the type checker alone: None may be written, which it cannot see among the options below.
    _pyi_private_set_type: Any

    def __init__(self, verbose_name: str | None = None, **options: Any) -> None:
        options.setdefault("max_digits", 12)
        options.setdefault("decimal_places", 2)
        options.setdefault("null", True)
        options.setdefault("blank", True)
        options.setdefault(
            "validators",
            [MinValueValidator(Decimal(0), "Un montant ne peut pas être négatif : vérifiez le signe.")],
        )
        super().__init__(verbose_name, **options)

    def deconstruct(self) -> Any:
        """Return what a migration writes: Django leaves out what is its own default, which is not this field's."""
        nom, chemin, arguments, options = super().deconstruct()
        return nom, chemin, arguments, {**options, "null": self.null, "blank": self.blank}


def montant_positif(nom: str, *champs: str) -> models.CheckConstraint:
    """Return the constraint that refuses a negative amount in any of `champs`."""
    condition = Q()
    for champ in champs:
        condition &= Q(**{f"{champ}__isnull": True}) | Q(**{f"{champ}__gte": 0})
    return models.CheckConstraint(
        name=nom,
        condition=condition,
        violation_error_message="Un montant ne peut pas être négatif : vérifiez le signe.",
    )
