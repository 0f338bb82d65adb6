"""What was decided about what does not add up: a justification, a suggestion left aside."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from actions.models import Campagne

from ..querysets import ImportQuerySet, SuiviBilanQuerySet
from .bilan import Bilan


class Justification(models.Model):
    """An alert taken note of, or the reason why a contradiction is kept: for these figures only.

    Its fingerprint is that of the figures it was given for: when they change, it no longer holds.
    """

    class Gravite(models.TextChoices):
        BLOQUANT = "bloquant", "Bloquant"
        ALERTE = "alerte", "Alerte"
        INFO = "info", "Information"

    campagne = models.ForeignKey(
        Campagne, models.CASCADE, related_name="justifications", verbose_name="campagne"
    )
    code = models.CharField("contrôle", max_length=12)
    gravite = models.CharField("gravité", max_length=10, choices=Gravite)
    # « bilan:<cle> », « annuelle:<cle> », « annee », « contrat », « porteur:<cle> »…
    objet = models.CharField("objet", max_length=60)
    champ = models.CharField("champ", max_length=120, blank=True)
    valeurs = models.JSONField("chiffres", default=dict)
    empreinte = models.CharField("empreinte SHA-256", max_length=64)
    phrase = models.TextField("constat")
    motif = models.TextField("motif", blank=True)
    auteur = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="justifications", verbose_name="auteur"
    )
    date = models.DateTimeField("date", auto_now_add=True)

    objects = ImportQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "justification"
        verbose_name_plural = "justifications"
        ordering = ["-date", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campagne", "code", "objet", "champ", "empreinte"],
                name="justification_unique",
                violation_error_message="Ce constat a déjà sa justification.",
            ),
            models.CheckConstraint(
                name="justification_bloquant_motive",
                condition=~Q(gravite="bloquant", motif=""),
                violation_error_message="Indiquez pourquoi ces chiffres sont gardés tels quels.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} – {self.phrase}"


class SuggestionIgnoree(models.Model):
    """A figure found in a narrative that somebody does not want: not proposed again for the same words."""

    bilan = models.ForeignKey(
        Bilan, models.CASCADE, related_name="suggestions_ignorees", verbose_name="bilan"
    )
    champ = models.CharField("champ", max_length=120)
    empreinte = models.CharField("empreinte SHA-256", max_length=64)
    auteur = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="auteur"
    )
    date = models.DateTimeField("date", auto_now_add=True)

    objects = SuiviBilanQuerySet.as_manager()

    class Meta:
        verbose_name = "suggestion ignorée"
        verbose_name_plural = "suggestions ignorées"
        ordering = ["bilan", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["bilan", "champ", "empreinte"],
                name="suggestion_ignoree_unique",
                violation_error_message="Cette suggestion est déjà laissée de côté.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.champ} – {self.bilan}"
