"""What is paid: rules, payments planned and made, repayments."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from comptes.modeles import AvecCle
from documents.formats import MOIS
from porteurs.models import Convention

from ..querysets import RegleVersementQuerySet, VersementQuerySet, ViaVersement
from ..versements import Fraction
from .champs import ChampMontant, montant_positif
from .financeurs import Financeur
from .lignes import LigneFinancement


class RegleVersement(models.Model):
    """How a convention or a funder pays, as data: Besançon's thirds and halves are rows, not code.

    The rules of a convention pay its yearly amount; those of a funder pay each of its funding lines.
    """

    class Type(models.TextChoices):
        ACOMPTE = "acompte", "Acompte"
        SOLDE = "solde", "Solde"
        UNIQUE = "unique", "Versement unique"

    class Base(models.TextChoices):
        SUBVENTION_N = "n", "Subvention votée pour l'année N"
        SUBVENTION_N_1 = "n_moins_1", "Subvention votée pour l'année N-1"
        RESTE_N = "reste_n", "Reste de la subvention votée pour N, ce qui est déjà versé retiré"

    BASES_EN_MOTS: ClassVar[dict[str, str]] = {
        Base.SUBVENTION_N: "la subvention votée pour l'année N",
        Base.SUBVENTION_N_1: "la subvention votée pour l'année N-1",
        Base.RESTE_N: "ce qui reste de la subvention votée pour N, une fois retiré ce qui est déjà versé",
    }

    convention = models.ForeignKey(
        Convention,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="regles_versement",
        verbose_name="convention",
    )
    financeur = models.ForeignKey(
        Financeur,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="regles_versement",
        verbose_name="financeur",
    )
    rang = models.PositiveSmallIntegerField("rang")
    libelle = models.CharField("libellé", max_length=100)
    type = models.CharField("type", max_length=10, choices=Type)
    mois = models.PositiveSmallIntegerField("mois", validators=[MinValueValidator(1), MaxValueValidator(12)])
    numerateur = models.PositiveSmallIntegerField("numérateur", default=1)
    denominateur = models.PositiveSmallIntegerField("dénominateur", default=1)
    base = models.CharField("fraction de", max_length=10, choices=Base)
    numerateur_defaut = models.PositiveSmallIntegerField(
        "numérateur si N n'est pas voté", null=True, blank=True
    )
    denominateur_defaut = models.PositiveSmallIntegerField(
        "dénominateur si N n'est pas voté", null=True, blank=True
    )
    pieces_exigees = models.TextField(
        "documents exigés avant de payer", blank=True, help_text="Un document par ligne."
    )
    citation = models.TextField("citation", blank=True, help_text="Les mots exacts du document.")
    version = models.PositiveIntegerField("version", default=1, editable=False)

    objects = RegleVersementQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "règle de versement"
        verbose_name_plural = "règles de versement"
        ordering = ["convention", "rang"]
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "rang"],
                condition=Q(convention__isnull=False),
                name="regle_versement_rang_unique",
                violation_error_message="Deux versements d'une convention ne peuvent pas avoir le même rang.",
            ),
            models.UniqueConstraint(
                fields=["financeur", "rang"],
                condition=Q(financeur__isnull=False),
                name="regle_versement_financeur_rang_unique",
                violation_error_message="Deux versements d'un financeur ne peuvent pas avoir le même rang.",
            ),
            models.CheckConstraint(
                name="regle_versement_d_une_convention_ou_d_un_financeur",
                condition=Q(convention__isnull=False, financeur__isnull=True)
                | Q(convention__isnull=True, financeur__isnull=False),
                violation_error_message="Une règle est celle d'une convention ou d'un financeur.",
            ),
            models.CheckConstraint(
                name="regle_versement_fraction",
                condition=Q(denominateur__gte=1)
                & (Q(denominateur_defaut__isnull=True) | Q(denominateur_defaut__gte=1)),
                violation_error_message="Une fraction ne se divise pas par zéro.",
            ),
        ]

    def __str__(self) -> str:
        return self.libelle

    @property
    def nom_du_mois(self) -> str:
        """The month of the payment, in words."""
        return MOIS[self.mois - 1]

    @property
    def en_mots(self) -> str:
        """How much it pays, in a sentence: « 1/3 de la subvention votée pour l'année N-1 »."""
        if self.type == self.Type.SOLDE:
            suite = "tout ce qui reste de la subvention votée pour l'année N"
        else:
            part = Fraction(self.numerateur, self.denominateur)
            suite = f"{part} de {self.BASES_EN_MOTS[self.base]}"
        if self.numerateur_defaut is not None and self.denominateur_defaut:
            defaut = Fraction(self.numerateur_defaut, self.denominateur_defaut)
            suite += f" ; {defaut} de celle de N-1 si N n'est pas votée"
        return suite


class Versement(AvecCle):
    """A payment of a funding line or of a convention, planned then made."""

    class Type(models.TextChoices):
        ACOMPTE = "acompte", "Acompte"
        SOLDE = "solde", "Solde"
        UNIQUE = "unique", "Versement unique"

    class Statut(models.TextChoices):
        PREVU = "prevu", "Prévu"
        A_MANDATER = "a_mandater", "À mandater"
        MANDATE = "mandate", "Mandaté"
        VERSE = "verse", "Versé"
        SUSPENDU = "suspendu", "Suspendu"
        ANNULE = "annule", "Annulé"

    ligne = models.ForeignKey(
        LigneFinancement,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="versements",
        verbose_name="ligne de financement",
    )
    convention = models.ForeignKey(
        Convention,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="versements",
        verbose_name="convention",
    )
    regle = models.ForeignKey(
        RegleVersement,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="versements",
        verbose_name="règle",
    )
    # The year whose grant is paid: a convention pays several; a funding line has its own.
    annee = models.PositiveSmallIntegerField("année", null=True, blank=True)
    numero = models.PositiveSmallIntegerField("numéro", default=1)
    type = models.CharField("type", max_length=10, choices=Type)
    statut = models.CharField("état", max_length=15, choices=Statut, default=Statut.PREVU)
    date_prevue = models.DateField("prévu le", null=True, blank=True)
    montant_prevu = ChampMontant("montant prévu (€)")
    date_mandat = models.DateField("mandaté le", null=True, blank=True)
    date_versement = models.DateField("versé le", null=True, blank=True)
    montant_verse = ChampMontant("montant versé (€)")
    motif = models.TextField("motif", blank=True)
    reference = models.CharField("référence", max_length=60, blank=True)
    # How the planned amount was found, in a sentence with its figures.
    calcul = models.TextField("calcul", blank=True)
    version = models.PositiveIntegerField("version", default=1, editable=False)

    objects = VersementQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "versement"
        verbose_name_plural = "versements"
        ordering = ["date_prevue", "numero"]
        constraints = [
            models.CheckConstraint(
                name="versement_d_une_ligne_ou_convention",
                condition=Q(ligne__isnull=False, convention__isnull=True)
                | Q(ligne__isnull=True, convention__isnull=False),
                violation_error_message="Un versement paie une ligne de financement ou une convention, pas les deux.",
            ),
            models.CheckConstraint(
                name="versement_verse_complet",
                condition=~Q(statut="verse") | Q(date_versement__isnull=False, montant_verse__isnull=False),
                violation_error_message="Un versement fait a une date et un montant : indiquez-les.",
            ),
            models.CheckConstraint(
                name="versement_suspendu_motive",
                condition=~Q(statut="suspendu", motif=""),
                violation_error_message="Indiquez pourquoi ce versement est suspendu.",
            ),
            models.CheckConstraint(
                name="versement_convention_annee",
                condition=Q(convention__isnull=True) | Q(annee__isnull=False),
                violation_error_message="Un versement d'une convention dit de quelle année il est.",
            ),
            models.UniqueConstraint(
                fields=["ligne", "regle"],
                condition=Q(ligne__isnull=False, regle__isnull=False),
                name="versement_regle_ligne_unique",
                violation_error_message="Le versement de cette règle est déjà prévu pour cette ligne.",
            ),
            models.UniqueConstraint(
                fields=["convention", "annee", "regle"],
                condition=Q(convention__isnull=False, regle__isnull=False),
                name="versement_regle_convention_unique",
                violation_error_message="Le versement de cette règle est déjà prévu pour cette année.",
            ),
            montant_positif("versement_montants_positifs", "montant_prevu", "montant_verse"),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()} n° {self.numero}"


class Reversement(models.Model):
    """A repayment asked of a porteur."""

    versement = models.ForeignKey(
        Versement, models.PROTECT, related_name="reversements", verbose_name="versement"
    )
    motif = models.TextField("motif")
    montant = ChampMontant("montant (€)", null=False, blank=False)
    date_titre = models.DateField("titre émis le", null=True, blank=True)
    numero_titre = models.CharField("numéro du titre", max_length=40, blank=True)
    date_recouvrement = models.DateField("recouvré le", null=True, blank=True)

    objects = ViaVersement.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "reversement"
        verbose_name_plural = "reversements"
        ordering = ["-date_titre"]
        constraints = [
            montant_positif("reversement_montant_positif", "montant"),
            models.CheckConstraint(
                name="reversement_motive",
                condition=~Q(motif=""),
                violation_error_message="Indiquez pourquoi ce reversement est demandé.",
            ),
        ]

    def __str__(self) -> str:
        return f"Reversement de {self.montant} €"


class ConditionVersement(models.Model):
    """A document that must be there before a payment is made; `remplie_le` is the day it was received."""

    versement = models.ForeignKey(
        Versement, models.CASCADE, related_name="conditions", verbose_name="versement"
    )
    ordre = models.PositiveSmallIntegerField("ordre")
    libelle = models.CharField("document attendu", max_length=255)
    remplie_le = models.DateField("reçu le", null=True, blank=True)

    objects = ViaVersement.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "condition d'un versement"
        verbose_name_plural = "conditions des versements"
        ordering = ["versement", "ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["versement", "libelle"],
                name="condition_versement_unique",
                violation_error_message="Ce document est déjà demandé pour ce versement.",
            ),
        ]

    def __str__(self) -> str:
        return self.libelle
