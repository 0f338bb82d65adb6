"""Totals printed in the documents, and rows whose amounts can be read in several ways."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from actions.models import ActionAnnuelle, Campagne
from comptes.modeles import AvecCle
from contrats.models import Axe
from porteurs.models import Porteur

from ..querysets import AmbiguiteQuerySet, ViaAmbiguite, ViaCampagneGeree, ViaLecture
from .champs import ChampMontant, montant_positif
from .financeurs import Financeur


class TotalControle(models.Model):
    """A total printed in a town's document, kept to be compared with the computed one, never used as a figure."""

    class Nature(models.TextChoices):
        MONTANT = "montant", "Montant (€)"
        PART = "part", "Part (%)"
        EFFECTIF = "effectif", "Nombre de personnes"
        ACTIONS = "actions", "Nombre d'actions"
        STRUCTURES = "structures", "Nombre de structures"

    campagne = models.ForeignKey(
        Campagne, models.CASCADE, related_name="totaux_controle", verbose_name="campagne"
    )
    ordre = models.PositiveSmallIntegerField("ordre")
    nature = models.CharField("nature", max_length=12, choices=Nature)
    libelle = models.CharField("libellé", max_length=200)
    financeur = models.ForeignKey(
        Financeur,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="totaux_controle",
        verbose_name="financeur",
    )
    porteur = models.ForeignKey(
        Porteur, models.CASCADE, null=True, blank=True, related_name="totaux_controle", verbose_name="porteur"
    )
    axe = models.ForeignKey(
        Axe, models.CASCADE, null=True, blank=True, related_name="totaux_controle", verbose_name="axe"
    )
    # The total that the document prints at the end of one row; the others are of columns and blocks.
    action_annuelle = models.ForeignKey(
        ActionAnnuelle,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="totaux_controle",
        verbose_name="action",
    )
    valeur = models.DecimalField("valeur imprimée", max_digits=14, decimal_places=2)
    source = models.CharField("source", max_length=255, blank=True)
    citation = models.TextField("citation", blank=True, help_text="Les mots exacts du document.")
    explication = models.TextField("explication de l'écart", blank=True)

    objects = ViaCampagneGeree.as_manager()

    class Meta:
        verbose_name = "total de contrôle"
        verbose_name_plural = "totaux de contrôle"
        ordering = ["campagne", "ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["campagne", "ordre"],
                name="total_controle_ordre_unique",
                violation_error_message="Deux totaux de contrôle ne peuvent pas avoir le même rang.",
            ),
        ]

    def __str__(self) -> str:
        return self.libelle


class AmbiguiteMontants(AvecCle):
    """A row of a source table whose amounts can be read in several ways: a person settles it, nobody guesses."""

    action_annuelle = models.OneToOneField(
        ActionAnnuelle, models.CASCADE, related_name="ambiguite", verbose_name="action"
    )
    explication = models.TextField("explication")
    cases_lues = models.TextField("cases telles que lues", blank=True)
    lecture_retenue = models.ForeignKey(
        "LecturePossible",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="retenue_par",
        verbose_name="lecture confirmée",
    )
    tranchee_le = models.DateTimeField("tranchée le", null=True, blank=True)
    tranchee_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="ambiguites_tranchees",
        verbose_name="tranchée par",
    )

    objects = AmbiguiteQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "montants à trancher"
        verbose_name_plural = "montants à trancher"
        ordering = ["action_annuelle"]
        constraints = [
            models.CheckConstraint(
                name="ambiguite_tranchee_complete",
                condition=Q(lecture_retenue__isnull=True, tranchee_le__isnull=True, tranchee_par__isnull=True)
                | Q(lecture_retenue__isnull=False, tranchee_le__isnull=False, tranchee_par__isnull=False),
                violation_error_message="Une lecture confirmée dit laquelle, quand et par qui.",
            ),
        ]

    def __str__(self) -> str:
        return f"Montants à trancher – {self.action_annuelle}"

    @property
    def tranchee(self) -> bool:
        """Whether a person has settled the reading."""
        return self.tranchee_le is not None


class LecturePossible(models.Model):
    """One way of reading the amounts of an ambiguous row; the first is the one loaded."""

    ambiguite = models.ForeignKey(
        AmbiguiteMontants, models.CASCADE, related_name="lectures", verbose_name="montants à trancher"
    )
    ordre = models.PositiveSmallIntegerField("ordre")

    objects = ViaAmbiguite.as_manager()

    class Meta:
        verbose_name = "lecture possible"
        verbose_name_plural = "lectures possibles"
        ordering = ["ambiguite", "ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["ambiguite", "ordre"],
                name="lecture_ordre_unique",
                violation_error_message="Deux lectures ne peuvent pas avoir le même rang.",
            ),
        ]

    def __str__(self) -> str:
        return f"Lecture {self.ordre}"


class MontantLu(models.Model):
    """The amount of one funder in one reading; a funder without a row has a blank cell."""

    lecture = models.ForeignKey(
        LecturePossible, models.CASCADE, related_name="montants", verbose_name="lecture"
    )
    financeur = models.ForeignKey(
        Financeur, models.CASCADE, related_name="montants_lus", verbose_name="financeur"
    )
    montant = ChampMontant("montant (€)", null=False, blank=False)

    objects = ViaLecture.as_manager()

    class Meta:
        verbose_name = "montant lu"
        verbose_name_plural = "montants lus"
        ordering = ["lecture", "financeur__ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["lecture", "financeur"],
                name="montant_lu_unique",
                violation_error_message="Un financeur n'a qu'un montant par lecture.",
            ),
            montant_positif("montant_lu_positif", "montant"),
        ]

    def __str__(self) -> str:
        return f"{self.financeur} : {self.montant} €"
