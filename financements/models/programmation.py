"""How a year is programmed: the opinions of the funders, the scenarios tried before the COPIL, multi-year amounts."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from actions.models import ActionAnnuelle, Campagne
from comptes.modeles import AvecCle
from contrats.models import Deliberation
from porteurs.models import Convention

from ..querysets import AvisFinanceurQuerySet, MontantConventionQuerySet, ViaCampagneGeree, ViaScenario
from .champs import ChampMontant, montant_positif
from .financeurs import Financeur
from .lignes import LigneFinancement


class AvisFinanceur(AvecCle):
    """What a funder thinks of an action of the year, in its own words: one opinion each."""

    class Sens(models.TextChoices):
        FAVORABLE = "favorable", "Favorable"
        RESERVE = "reserve", "Réservé"
        DEFAVORABLE = "defavorable", "Défavorable"
        AJOURNE = "ajourne", "Ajourné"

    action_annuelle = models.ForeignKey(
        ActionAnnuelle, models.CASCADE, related_name="avis_financeurs", verbose_name="action"
    )
    financeur = models.ForeignKey(Financeur, models.PROTECT, related_name="avis", verbose_name="financeur")
    sens = models.CharField("avis", max_length=12, choices=Sens)
    texte = models.TextField("motif de l'avis", blank=True)
    rendu_le = models.DateField("rendu le")
    version = models.PositiveIntegerField("version", default=1, editable=False)

    objects = AvisFinanceurQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "avis d'un financeur"
        verbose_name_plural = "avis des financeurs"
        ordering = ["action_annuelle", "financeur__ordre", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["action_annuelle", "financeur"],
                name="avis_financeur_unique",
                violation_error_message="Ce financeur a déjà donné son avis sur cette action : modifiez-le.",
            ),
            models.CheckConstraint(
                name="avis_financeur_motive",
                condition=Q(sens="favorable") | ~Q(texte=""),
                violation_error_message="Un avis réservé, défavorable ou ajourné dit pourquoi.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.financeur} : {self.get_sens_display().lower()}"


class Scenario(AvecCle):
    """A copy of a year's grid in which amounts are tried before the COPIL; one at most is adopted at a time."""

    class Statut(models.TextChoices):
        OUVERT = "ouvert", "À l'essai"
        ADOPTE = "adopte", "Adopté"
        ECARTE = "ecarte", "Écarté"

    class Etat(models.TextChoices):
        PROPOSE = "montant_propose", "Proposé"
        ACCORDE = "montant_accorde", "Accordé"

    campagne = models.ForeignKey(Campagne, models.CASCADE, related_name="scenarios", verbose_name="campagne")
    nom = models.CharField("nom", max_length=100)
    commentaire = models.TextField("commentaire", blank=True)
    # The state of the amounts that adopting this scenario writes.
    etat = models.CharField("montants", max_length=20, choices=Etat, default=Etat.PROPOSE)
    statut = models.CharField("état", max_length=10, choices=Statut, default=Statut.OUVERT)
    cree_le = models.DateTimeField("créé le", auto_now_add=True)
    cree_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="scenarios", verbose_name="créé par"
    )
    adopte_le = models.DateTimeField("adopté le", null=True, blank=True)
    version = models.PositiveIntegerField("version", default=1, editable=False)

    objects = ViaCampagneGeree.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "scénario"
        verbose_name_plural = "scénarios"
        ordering = ["campagne", "-cree_le", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campagne", "nom"],
                name="scenario_nom_unique",
                violation_error_message="Un scénario de cette année porte déjà ce nom.",
            ),
            models.CheckConstraint(
                name="scenario_adopte_date",
                condition=~Q(statut="adopte") | Q(adopte_le__isnull=False),
                violation_error_message="Un scénario adopté dit quand il l'a été.",
            ),
        ]

    def __str__(self) -> str:
        return self.nom


class MontantScenario(models.Model):
    """The amount tried for one action and one column of the grid; `depart` is what the grid held at the copy."""

    scenario = models.ForeignKey(Scenario, models.CASCADE, related_name="montants", verbose_name="scénario")
    action_annuelle = models.ForeignKey(
        ActionAnnuelle, models.CASCADE, related_name="montants_scenarios", verbose_name="action"
    )
    financeur = models.ForeignKey(
        Financeur, models.CASCADE, related_name="montants_scenarios", verbose_name="financeur"
    )
    nature_credit = models.CharField(
        "nature des crédits",
        max_length=20,
        choices=LigneFinancement.NatureCredit,
        default=LigneFinancement.NatureCredit.NON_PRECISEE,
    )
    depart = ChampMontant("montant au départ (€)")
    montant = ChampMontant("montant essayé (€)")
    version = models.PositiveIntegerField("version", default=1, editable=False)

    objects = ViaScenario.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "montant d'un scénario"
        verbose_name_plural = "montants des scénarios"
        ordering = ["scenario", "action_annuelle", "financeur__ordre", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["scenario", "action_annuelle", "financeur", "nature_credit"],
                name="montant_scenario_unique",
                violation_error_message="Ce scénario a déjà un montant pour cette case.",
            ),
            montant_positif("montant_scenario_positif", "montant", "depart"),
        ]

    def __str__(self) -> str:
        return f"{self.scenario} : {self.montant} €"


class MontantConvention(models.Model):
    """What a convention gives for one year, by funder: the amount announced, then the one voted.

    The payments of a convention are computed from the voted amounts (financements.versements).
    """

    convention = models.ForeignKey(
        Convention, models.CASCADE, related_name="montants", verbose_name="convention"
    )
    annee = models.PositiveSmallIntegerField("année")
    financeur = models.ForeignKey(
        Financeur,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="montants_conventions",
        verbose_name="financeur",
    )
    montant_prevu = ChampMontant("montant prévu (€)")
    montant_vote = ChampMontant("montant voté (€)")
    vote_le = models.DateField("voté le", null=True, blank=True)
    deliberation = models.ForeignKey(
        Deliberation,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="montants_conventions",
        verbose_name="délibération",
    )
    version = models.PositiveIntegerField("version", default=1, editable=False)

    objects = MontantConventionQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "montant annuel d'une convention"
        verbose_name_plural = "montants annuels des conventions"
        ordering = ["convention", "annee", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "annee", "financeur"],
                condition=Q(financeur__isnull=False),
                name="montant_convention_unique",
                violation_error_message="Cette convention a déjà un montant pour cette année et ce financeur.",
            ),
            models.UniqueConstraint(
                fields=["convention", "annee"],
                condition=Q(financeur__isnull=True),
                name="montant_convention_annee_unique",
                violation_error_message="Cette convention a déjà un montant pour cette année.",
            ),
            models.CheckConstraint(
                name="montant_convention_vote_date",
                condition=Q(montant_vote__isnull=True) | Q(vote_le__isnull=False),
                violation_error_message="Un montant voté dit à quelle date il l'a été.",
            ),
            montant_positif("montant_convention_positif", "montant_prevu", "montant_vote"),
        ]

    def __str__(self) -> str:
        return f"{self.convention}, {self.annee}"
