"""What each funder brings to each action of a year, and the envelopes that it sets aside."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from actions.models import ActionAnnuelle, Campagne, Dispositif
from comptes.modeles import AvecCle
from contrats.models import Deliberation, Seance
from porteurs.models import Convention

from ..querysets import EnveloppeQuerySet, LigneFinancementQuerySet
from .champs import ChampMontant, montant_positif
from .financeurs import Financeur


class Enveloppe(models.Model):
    """What a funder sets aside for a year, for one dispositif or for all."""

    financeur = models.ForeignKey(
        Financeur, models.CASCADE, related_name="enveloppes", verbose_name="financeur"
    )
    campagne = models.ForeignKey(Campagne, models.CASCADE, related_name="enveloppes", verbose_name="campagne")
    dispositif = models.ForeignKey(
        Dispositif,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="enveloppes",
        verbose_name="dispositif",
    )
    montant = ChampMontant("montant (€)", null=False, blank=False)
    commentaire = models.TextField("commentaire", blank=True)
    version = models.PositiveIntegerField("version", default=1, editable=False)

    objects = EnveloppeQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "enveloppe"
        verbose_name_plural = "enveloppes"
        ordering = ["campagne", "financeur"]
        constraints = [
            models.UniqueConstraint(
                fields=["financeur", "campagne"],
                condition=Q(dispositif__isnull=True),
                name="enveloppe_unique",
                violation_error_message="Ce financeur a déjà une enveloppe pour cette année.",
            ),
            models.UniqueConstraint(
                fields=["financeur", "campagne", "dispositif"],
                condition=Q(dispositif__isnull=False),
                name="enveloppe_dispositif_unique",
                violation_error_message="Ce financeur a déjà une enveloppe pour ce dispositif et cette année.",
            ),
            montant_positif("enveloppe_montant_positif", "montant"),
        ]

    def __str__(self) -> str:
        return f"{self.financeur} {self.campagne.annee}"


class LigneFinancement(AvecCle):
    """What one funder brings to one year of an action; each state of the amount is kept apart."""

    class NatureCredit(models.TextChoices):
        SPECIFIQUE = "specifique", "Crédits spécifiques de la politique de la ville"
        DROIT_COMMUN = "droit_commun", "Droit commun"
        AUTRE_PUBLIC = "autre_public", "Autre public"
        PRIVE = "prive", "Privé"
        AUTOFINANCEMENT = "autofinancement", "Autofinancement"
        VALORISATION = "valorisation", "Contribution en nature"
        NON_PRECISEE = "non_precisee", "Non précisée"

    # The states of an amount, from request to award; « versé » is the sum of the payments.
    ETATS_MONTANT = ("montant_demande", "montant_propose", "montant_accorde", "montant_notifie")

    action_annuelle = models.ForeignKey(
        ActionAnnuelle, models.CASCADE, related_name="lignes_financement", verbose_name="action"
    )
    financeur = models.ForeignKey(
        Financeur, models.PROTECT, related_name="lignes_financement", verbose_name="financeur"
    )
    nature_credit = models.CharField(
        "nature des crédits", max_length=20, choices=NatureCredit, default=NatureCredit.NON_PRECISEE
    )
    montant_demande = ChampMontant("demandé (€)")
    montant_propose = ChampMontant("proposé (€)")
    montant_accorde = ChampMontant("accordé (€)")
    montant_notifie = ChampMontant("notifié (€)")
    date_decision = models.DateField("date de décision", null=True, blank=True)
    seance = models.ForeignKey(
        Seance,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="decisions_financieres",
        verbose_name="séance",
    )
    deliberation = models.ForeignKey(
        Deliberation,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="lignes_financement",
        verbose_name="délibération",
    )
    convention = models.ForeignKey(
        Convention,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="lignes_financement",
        verbose_name="convention",
    )
    commentaire = models.TextField("commentaire", blank=True)
    version = models.PositiveIntegerField("version", default=1, editable=False)

    objects = LigneFinancementQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "ligne de financement"
        verbose_name_plural = "lignes de financement"
        ordering = ["action_annuelle", "financeur__ordre", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["action_annuelle", "financeur", "nature_credit"],
                name="ligne_financement_unique",
                violation_error_message=(
                    "Ce financeur a déjà une ligne de cette nature pour l'action : modifiez-la plutôt."
                ),
            ),
            montant_positif(
                "ligne_montants_positifs",
                "montant_demande",
                "montant_propose",
                "montant_accorde",
                "montant_notifie",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.financeur} – {self.action_annuelle}"

    def clean(self) -> None:
        if self.financeur_id and self.action_annuelle_id:
            contrat = self.action_annuelle.campagne.contrat
            if self.financeur.contrat_id != contrat.pk:
                raise ValidationError({"financeur": "Choisissez un financeur de ce contrat."})
            if self.date_decision and not contrat.contient(self.date_decision):
                raise ValidationError(
                    {
                        "date_decision": (
                            f"Cette date est hors du contrat, qui va du {contrat.date_debut:%d/%m/%Y} "
                            f"au {contrat.date_fin:%d/%m/%Y}."
                        )
                    }
                )
