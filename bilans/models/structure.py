"""The yearly « fiche de travail et d'analyse » of a structure (document 003), its answers and its states."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from actions.models import Campagne
from comptes.modeles import AvecCle
from porteurs.models import Porteur

from ..querysets import BilanStructureQuerySet, ViaBilanStructure


class BilanStructure(AvecCle):
    """The yearly « fiche de travail et d'analyse » of a structure, written and read like a bilan."""

    class Statut(models.TextChoices):
        A_SAISIR = "a_saisir", "À saisir"
        EN_SAISIE = "en_saisie", "En saisie"
        TRANSMIS = "transmis", "Transmise"
        A_COMPLETER = "a_completer", "À compléter"
        VALIDE = "valide", "Validée"

    # In the hands of the structure; in those of who reads it.
    STATUTS_MODIFIABLES = (Statut.A_SAISIR, Statut.EN_SAISIE, Statut.A_COMPLETER)
    STATUTS_RECUS = (Statut.TRANSMIS, Statut.VALIDE)

    porteur = models.ForeignKey(
        Porteur, models.PROTECT, related_name="bilans_structure", verbose_name="porteur"
    )
    campagne = models.ForeignKey(
        Campagne, models.PROTECT, related_name="bilans_structure", verbose_name="campagne"
    )
    statut = models.CharField("état", max_length=15, choices=Statut, default=Statut.A_SAISIR)
    echeance = models.DateField("attendue pour le", null=True, blank=True)
    commission_le = models.DateField("commission de suivi annuelle du", null=True, blank=True)
    evenements = models.TextField("événements majeurs intervenus", blank=True)
    points_forts = models.TextField("points forts", blank=True)
    points_faibles = models.TextField("points faibles", blank=True)
    enjeux = models.TextField("enjeux de l'année à venir", blank=True)
    evenements_programmes = models.TextField("événements majeurs programmés", blank=True)
    commentaires_chiffres = models.TextField("commentaires sur les chiffres clefs", blank=True)
    motif_renvoi = models.TextField("motif du renvoi", blank=True)
    transmis_le = models.DateTimeField("transmise le", null=True, blank=True)
    transmis_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fiches_structure_transmises",
        verbose_name="transmise par",
    )
    valide_le = models.DateTimeField("validée le", null=True, blank=True)
    valide_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fiches_structure_validees",
        verbose_name="validée par",
    )
    # What was typed and cannot be read yet, by name of field, as it was typed.
    saisie_en_attente = models.JSONField("saisie en attente", default=dict, blank=True, editable=False)
    version = models.PositiveIntegerField("version", default=1, editable=False)

    objects = BilanStructureQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "fiche de travail et d'analyse"
        verbose_name_plural = "fiches de travail et d'analyse"
        ordering = ["campagne", "porteur"]
        constraints = [
            models.UniqueConstraint(
                fields=["porteur", "campagne"],
                name="bilan_structure_unique",
                violation_error_message="Cette structure a déjà une fiche pour cette année.",
            ),
            models.CheckConstraint(
                name="bilan_structure_transmise_signee",
                condition=~Q(statut__in=["transmis", "valide"])
                | Q(transmis_le__isnull=False, transmis_par__isnull=False),
                violation_error_message="Une fiche transmise dit quand et par qui.",
            ),
            models.CheckConstraint(
                name="bilan_structure_validee_signee",
                condition=~Q(statut="valide") | Q(valide_le__isnull=False, valide_par__isnull=False),
                violation_error_message="Une fiche validée dit quand et par qui.",
            ),
            models.CheckConstraint(
                name="bilan_structure_renvoi_motive",
                condition=~Q(statut="a_completer", motif_renvoi=""),
                violation_error_message="Dites ce qui est à compléter.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.porteur} {self.campagne.annee}"

    @property
    def modifiable_par_le_porteur(self) -> bool:
        """Whether it is in the hands of the structure."""
        return self.statut in self.STATUTS_MODIFIABLES


class AxeBilanStructure(models.Model):
    """What a structure reports and plans on one axis of its convention."""

    bilan_structure = models.ForeignKey(
        BilanStructure, models.CASCADE, related_name="axes", verbose_name="fiche de travail et d'analyse"
    )
    ordre = models.PositiveSmallIntegerField("ordre")
    intitule = models.CharField("axe", max_length=200)
    bilan = models.TextField("bilan", blank=True)
    perspectives = models.TextField("perspectives", blank=True)

    objects = ViaBilanStructure.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "axe d'une fiche"
        verbose_name_plural = "axes d'une fiche"
        ordering = ["bilan_structure", "ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["bilan_structure", "ordre"],
                name="axe_bilan_structure_unique",
                violation_error_message="Deux axes ne peuvent pas avoir le même rang.",
            ),
        ]

    def __str__(self) -> str:
        return self.intitule


class ReponseStructure(models.Model):
    """An answer of the fiche by the code of its question (bilans.structure.questions): a text, or a number."""

    bilan_structure = models.ForeignKey(
        BilanStructure, models.CASCADE, related_name="reponses", verbose_name="fiche de travail et d'analyse"
    )
    code = models.CharField("question", max_length=60)
    texte = models.TextField("texte", blank=True)
    nombre = models.DecimalField("nombre", max_digits=14, decimal_places=2, null=True, blank=True)

    objects = ViaBilanStructure.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "réponse d'une fiche"
        verbose_name_plural = "réponses des fiches"
        ordering = ["bilan_structure", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["bilan_structure", "code"],
                name="reponse_structure_unique",
                violation_error_message="Cette fiche a déjà une réponse à cette question.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} : {self.texte or self.nombre}"


class TransitionStructure(models.Model):
    """A change of state of a fiche: who, when, and why when a reason is asked."""

    bilan_structure = models.ForeignKey(
        BilanStructure,
        models.CASCADE,
        related_name="transitions",
        verbose_name="fiche de travail et d'analyse",
    )
    de = models.CharField("de", max_length=15, choices=BilanStructure.Statut)
    vers = models.CharField("vers", max_length=15, choices=BilanStructure.Statut)
    auteur = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="transitions_fiches_structure",
        verbose_name="auteur",
    )
    quand = models.DateTimeField("quand", auto_now_add=True)
    motif = models.TextField("motif", blank=True)

    objects = ViaBilanStructure.as_manager()

    class Meta:
        verbose_name = "passage d'une fiche"
        verbose_name_plural = "passages des fiches"
        ordering = ["bilan_structure", "quand", "pk"]
        constraints = [
            models.CheckConstraint(
                name="transition_structure_motivee",
                condition=~Q(vers="a_completer", motif="") & ~Q(de="valide", motif=""),
                violation_error_message="Un renvoi ou une réouverture dit pourquoi.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_de_display()} → {self.get_vers_display()}"
