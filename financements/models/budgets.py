"""The forecast and the actual budget of an action, on the account tree."""

from django.db import models
from simple_history.models import HistoricalRecords

from actions.models import ActionAnnuelle

from ..querysets import BudgetQuerySet, ViaBudget
from .champs import ChampMontant, montant_positif
from .financeurs import CompteBudgetaire, Financeur


class Budget(models.Model):
    """The forecast or actual budget of an action in one year, on the Cerfa account tree."""

    class Type(models.TextChoices):
        PREVISIONNEL = "previsionnel", "Prévisionnel"
        REALISE = "realise", "Réalisé"

    action_annuelle = models.ForeignKey(
        ActionAnnuelle, models.CASCADE, related_name="budgets", verbose_name="action"
    )
    type = models.CharField("type", max_length=15, choices=Type)
    total_annonce = ChampMontant(
        "total annoncé (€)", help_text="Quand le document donne un total sans le détail des comptes."
    )
    # The « annexe » and the signature of the compte rendu financier (Cerfa 15059; domaine.md §2.2).
    repartition_charges = models.TextField("règles de répartition des charges indirectes", blank=True)
    contributions = models.TextField("contributions volontaires en nature", blank=True)
    observations = models.TextField("observations", blank=True)
    signataire = models.CharField("nom du signataire", max_length=150, blank=True)
    qualite = models.CharField("qualité du signataire", max_length=150, blank=True)
    fait_a = models.CharField("fait à", max_length=100, blank=True)
    fait_le = models.DateField("fait le", null=True, blank=True)
    version = models.PositiveIntegerField("version", default=1, editable=False)

    objects = BudgetQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "budget"
        verbose_name_plural = "budgets"
        ordering = ["action_annuelle", "type"]
        constraints = [
            models.UniqueConstraint(
                fields=["action_annuelle", "type"],
                name="budget_unique",
                violation_error_message="Cette action a déjà un budget de ce type.",
            ),
            montant_positif("budget_total_positif", "total_annonce"),
        ]

    def __str__(self) -> str:
        return f"Budget {self.get_type_display().lower()} – {self.action_annuelle}"


class ExplicationEcart(models.Model):
    """Why the actual amount of an account is far from the forecast one, in the words of the porteur."""

    budget = models.ForeignKey(
        Budget, models.CASCADE, related_name="explications", verbose_name="budget réalisé"
    )
    compte = models.ForeignKey(
        CompteBudgetaire, models.PROTECT, related_name="explications", verbose_name="compte"
    )
    texte = models.TextField("explication de l'écart")

    objects = ViaBudget.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "explication d'un écart"
        verbose_name_plural = "explications des écarts"
        ordering = ["budget", "compte__ordre", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "compte"],
                name="explication_ecart_unique",
                violation_error_message="L'écart de ce compte est déjà expliqué.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.compte} : {self.texte}"


class LigneBudget(models.Model):
    """An amount of a budget on one account; the 74 lines name their funder."""

    budget = models.ForeignKey(Budget, models.CASCADE, related_name="lignes", verbose_name="budget")
    compte = models.ForeignKey(CompteBudgetaire, models.PROTECT, related_name="lignes", verbose_name="compte")
    libelle = models.CharField("libellé", max_length=200, blank=True)
    financeur = models.ForeignKey(
        Financeur,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="lignes_budget",
        verbose_name="financeur",
    )
    montant = ChampMontant("montant (€)", null=False, blank=False)

    objects = ViaBudget.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "ligne de budget"
        verbose_name_plural = "lignes de budget"
        ordering = ["budget", "compte__ordre", "pk"]
        constraints = [montant_positif("ligne_budget_montant_positif", "montant")]

    def __str__(self) -> str:
        return f"{self.compte} : {self.montant} €"
