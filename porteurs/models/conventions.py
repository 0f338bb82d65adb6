"""What is agreed with a porteur: conventions, their parties, obligations and stored deadlines."""

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from comptes.modeles import AvecCle
from contrats.models import ContratVille, Deliberation

from ..querysets import ConventionQuerySet, ViaConvention
from .porteurs import Porteur


class Convention(AvecCle):
    """An agreement with a porteur: annual, multi-year (CPO) or framework."""

    class Type(models.TextChoices):
        ANNUELLE = "annuelle", "Convention annuelle"
        CPO = "cpo", "Convention pluriannuelle d'objectifs (CPO)"
        CADRE = "cadre", "Convention-cadre"
        LOCAUX = "locaux", "Mise à disposition de locaux"

    class Statut(models.TextChoices):
        PROJET = "projet", "Projet"
        DELIBEREE = "deliberee", "Délibérée"
        SIGNEE = "signee", "Signée"
        TRANSMISE = "transmise", "Transmise"
        EN_VIGUEUR = "en_vigueur", "En vigueur"
        ECHUE = "echue", "Échue"
        RESILIEE = "resiliee", "Résiliée"
        ARCHIVEE = "archivee", "Archivée"

    contrat = models.ForeignKey(
        ContratVille, models.PROTECT, related_name="conventions", verbose_name="contrat"
    )
    porteur = models.ForeignKey(Porteur, models.PROTECT, related_name="conventions", verbose_name="porteur")
    type = models.CharField("type", max_length=10, choices=Type)
    statut = models.CharField("état", max_length=10, choices=Statut, default=Statut.PROJET)
    intitule = models.CharField("intitulé", max_length=255)
    objet = models.TextField("objet", blank=True)
    date_signature = models.DateField("date de signature", null=True, blank=True)
    date_debut = models.DateField("date d'effet")
    date_fin = models.DateField("date de fin")
    duree_annoncee_ans = models.PositiveSmallIntegerField("durée annoncée (ans)", null=True, blank=True)
    montant_total = models.DecimalField(
        "montant total (€)", max_digits=12, decimal_places=2, null=True, blank=True
    )
    deliberation = models.ForeignKey(
        Deliberation,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="conventions",
        verbose_name="délibération",
    )
    remarque = models.TextField("remarque", blank=True)

    objects = ConventionQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "convention"
        verbose_name_plural = "conventions"
        ordering = ["-date_debut", "intitule"]
        constraints = [
            models.CheckConstraint(
                name="convention_dates_ordonnees",
                condition=Q(date_fin__gt=F("date_debut")),
                violation_error_message="La convention doit se terminer après avoir pris effet.",
            ),
            models.CheckConstraint(
                name="convention_montant_positif",
                condition=Q(montant_total__isnull=True) | Q(montant_total__gte=0),
                violation_error_message="Le montant d'une convention ne peut pas être négatif.",
            ),
            models.CheckConstraint(
                name="convention_signee_datee",
                condition=Q(statut__in=["projet", "deliberee"]) | Q(date_signature__isnull=False),
                violation_error_message="Une convention signée a une date de signature : indiquez-la.",
            ),
        ]

    def __str__(self) -> str:
        return self.intitule


class PartieConvention(models.Model):
    """A party of a convention, with who represents it (by function, not by name) and its deliberation."""

    convention = models.ForeignKey(
        Convention, models.CASCADE, related_name="parties", verbose_name="convention"
    )
    ordre = models.PositiveSmallIntegerField("ordre")
    nom = models.CharField("nom", max_length=200)
    designation = models.CharField("désignée dans le texte", max_length=100, blank=True)
    representee_par = models.CharField("représentée par", max_length=150, blank=True)
    date_deliberation = models.DateField("délibération du", null=True, blank=True)

    objects = ViaConvention.as_manager()

    class Meta:
        verbose_name = "partie d'une convention"
        verbose_name_plural = "parties d'une convention"
        ordering = ["convention", "ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "ordre"],
                name="partie_ordre_unique",
                violation_error_message="Deux parties ne peuvent pas avoir le même rang.",
            ),
        ]

    def __str__(self) -> str:
        return self.nom


class Obligation(models.Model):
    """What a convention asks of a party, with its rule in the words of the text (« 15 juillet de l'année N »)."""

    convention = models.ForeignKey(
        Convention, models.CASCADE, related_name="obligations", verbose_name="convention"
    )
    ordre = models.PositiveSmallIntegerField("ordre")
    code = models.CharField("code", max_length=20)
    titre = models.CharField("titre", max_length=255)
    debiteur = models.CharField("à la charge de", max_length=150, blank=True)
    destinataire = models.CharField("envers", max_length=150, blank=True)
    contenu = models.TextField("contenu", blank=True)
    regle = models.CharField("règle d'échéance", max_length=255, blank=True)
    citation = models.TextField("citation", blank=True, help_text="Les mots exacts du document.")

    objects = ViaConvention.as_manager()

    class Meta:
        verbose_name = "obligation"
        verbose_name_plural = "obligations"
        ordering = ["convention", "ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "code"],
                name="obligation_code_unique",
                violation_error_message="Cette convention a déjà une obligation de ce code.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.titre}"


class Echeance(models.Model):
    """A stored date by which something is due: computed once from a rule, never from « today »."""

    convention = models.ForeignKey(
        Convention, models.CASCADE, related_name="echeances", verbose_name="convention"
    )
    obligation = models.ForeignKey(
        Obligation, models.CASCADE, null=True, blank=True, related_name="echeances", verbose_name="obligation"
    )
    libelle = models.CharField("libellé", max_length=255)
    date = models.DateField("date")
    faite_le = models.DateField("faite le", null=True, blank=True)

    objects = ViaConvention.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "échéance"
        verbose_name_plural = "échéances"
        ordering = ["date", "libelle"]
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "libelle", "date"],
                name="echeance_unique",
                violation_error_message="Cette échéance existe déjà à cette date.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.libelle}, {self.date:%d/%m/%Y}"
