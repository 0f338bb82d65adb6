"""The annual report, with its opinions and frozen versions."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from comptes.modeles import AvecCle
from contrats.models import ContratVille, Deliberation, Instance

from ..querysets import (
    RapportQuerySet,
    SectionRapportQuerySet,
    ViaRapport,
)


class RapportAnnuel(AvecCle):
    """The « rapport annuel politique de la ville » of a contract (CGCT L.1111-2, décret 2015-1118)."""

    class Statut(models.TextChoices):
        PREPARATION = "preparation", "En préparation"
        PROJET = "projet", "Projet"
        EN_CONSULTATION = "en_consultation", "En consultation"
        FINALISE = "finalise", "Finalisé"
        APPROUVE = "approuve", "Approuvé"
        PUBLIE = "publie", "Publié"

    contrat = models.ForeignKey(ContratVille, models.PROTECT, related_name="rapports", verbose_name="contrat")
    annee = models.PositiveSmallIntegerField("année")
    statut = models.CharField("état", max_length=20, choices=Statut, default=Statut.PREPARATION)
    date_envoi_avis = models.DateField("envoyé pour avis le", null=True, blank=True)
    echeance_avis = models.DateField("avis attendus pour le", null=True, blank=True)
    deliberation = models.ForeignKey(
        Deliberation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="rapports",
        verbose_name="délibération",
    )

    objects = RapportQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "rapport annuel"
        verbose_name_plural = "rapports annuels"
        ordering = ["contrat", "-annee"]
        constraints = [
            models.UniqueConstraint(
                fields=["contrat", "annee"],
                name="rapport_unique",
                violation_error_message="Ce contrat a déjà un rapport pour cette année.",
            ),
            models.CheckConstraint(
                name="rapport_consultation_datee",
                condition=~Q(statut="en_consultation")
                | Q(date_envoi_avis__isnull=False, echeance_avis__isnull=False),
                violation_error_message="Un rapport en consultation a une date d'envoi et une échéance.",
            ),
            models.CheckConstraint(
                name="rapport_approuve_delibere",
                condition=~Q(statut__in=["approuve", "publie"]) | Q(deliberation__isnull=False),
                violation_error_message="Un rapport approuvé renvoie à sa délibération.",
            ),
            models.CheckConstraint(
                name="rapport_echeance_apres_envoi",
                condition=Q(echeance_avis__isnull=True)
                | Q(date_envoi_avis__isnull=True)
                | Q(echeance_avis__gt=F("date_envoi_avis")),
                violation_error_message="L'échéance des avis doit suivre l'envoi.",
            ),
        ]

    def __str__(self) -> str:
        return f"Rapport {self.annee} – {self.contrat.nom_court}"


class SectionRapport(models.Model):
    """A section of the annual report: narrative, shown or not, in its order."""

    rapport = models.ForeignKey(
        RapportAnnuel, models.CASCADE, related_name="sections", verbose_name="rapport"
    )
    ordre = models.PositiveSmallIntegerField("ordre")
    code = models.SlugField("code", max_length=40)
    titre = models.CharField("titre", max_length=200)
    texte = models.TextField("texte", blank=True)
    visible = models.BooleanField("visible", default=True)

    objects = SectionRapportQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "section du rapport"
        verbose_name_plural = "sections du rapport"
        ordering = ["rapport", "ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["rapport", "code"],
                name="section_rapport_unique",
                violation_error_message="Ce rapport a déjà cette section.",
            ),
        ]

    def __str__(self) -> str:
        return self.titre


class AvisRapport(models.Model):
    """The opinion of a council or conseil citoyen on the draft report; silence is favourable."""

    class Sens(models.TextChoices):
        FAVORABLE = "favorable", "Favorable"
        RESERVE = "reserve", "Réservé"
        DEFAVORABLE = "defavorable", "Défavorable"
        REPUTE_FAVORABLE = "repute_favorable", "Réputé favorable"

    rapport = models.ForeignKey(RapportAnnuel, models.CASCADE, related_name="avis", verbose_name="rapport")
    # Not « instance »: the rows of the history already have a property of that name.
    instance_consultee = models.ForeignKey(
        Instance, models.PROTECT, related_name="avis_rapports", verbose_name="instance"
    )
    sens = models.CharField("sens", max_length=20, choices=Sens, blank=True)
    date = models.DateField("date", null=True, blank=True)
    texte = models.TextField("texte", blank=True)
    suite_donnee = models.TextField("suite donnée", blank=True)

    objects = ViaRapport.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "avis sur le rapport"
        verbose_name_plural = "avis sur le rapport"
        ordering = ["rapport", "instance_consultee"]
        constraints = [
            models.UniqueConstraint(
                fields=["rapport", "instance_consultee"],
                name="avis_rapport_unique",
                violation_error_message="Cette instance a déjà rendu un avis.",
            ),
            models.CheckConstraint(
                name="avis_rapport_date",
                condition=Q(sens="") | Q(date__isnull=False),
                violation_error_message="Un avis rendu a une date.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instance_consultee} : {self.get_sens_display() or 'en attente'}"


class VersionRapport(models.Model):
    """A frozen version of the report: figures and fingerprint that nothing changes afterwards."""

    rapport = models.ForeignKey(
        RapportAnnuel, models.PROTECT, related_name="versions", verbose_name="rapport"
    )
    numero = models.PositiveSmallIntegerField("numéro")
    motif = models.TextField("motif", blank=True)
    chiffres = models.JSONField("chiffres")
    empreinte = models.CharField("empreinte SHA-256", max_length=64)
    figee_le = models.DateTimeField("figée le", auto_now_add=True)
    figee_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="versions_rapports", verbose_name="figée par"
    )

    objects = ViaRapport.as_manager()

    class Meta:
        verbose_name = "version du rapport"
        verbose_name_plural = "versions du rapport"
        ordering = ["rapport", "numero"]
        constraints = [
            models.UniqueConstraint(
                fields=["rapport", "numero"],
                name="version_rapport_unique",
                violation_error_message="Cette version existe déjà.",
            ),
            models.CheckConstraint(
                name="version_correction_motivee",
                condition=Q(numero=1) | ~Q(motif=""),
                violation_error_message="Une nouvelle version dit pourquoi elle remplace la précédente.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rapport}, version {self.numero}"
