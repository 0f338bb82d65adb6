"""Who pays: the accounts of a budget, the funders of a contract, who signs in for them."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from comptes.acces import AccesQuerySet
from comptes.modeles import AvecCle
from contrats.models import ContratVille, NomenclatureModel, Partenaire
from porteurs.models import valider_siret

from ..querysets import FinanceurQuerySet


class CompteBudgetaire(NomenclatureModel):
    """An account of the Cerfa 12156 tree (domaine.md §2.3)."""

    class Sens(models.TextChoices):
        CHARGE = "charge", "Charge"
        PRODUIT = "produit", "Produit"

    sens = models.CharField("sens", max_length=10, choices=Sens)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="sous_comptes", verbose_name="poste"
    )
    hors_total = models.BooleanField(
        "hors total", default=False, help_text="Contributions volontaires en nature (86 et 87)."
    )

    class Meta(NomenclatureModel.Meta):
        verbose_name = "compte budgétaire"
        verbose_name_plural = "comptes budgétaires"


class Financeur(AvecCle):
    """A funder of a contract; in the politique de la ville total or beside it (the CAF in Bagnols)."""

    class Type(models.TextChoices):
        ETAT = "etat", "État"
        REGION = "region", "Région"
        DEPARTEMENT = "departement", "Département"
        EPCI = "epci", "Intercommunalité"
        COMMUNE = "commune", "Commune"
        ORGANISME_SOCIAL = "organisme_social", "CAF, MSA, CPAM"
        EUROPE = "europe", "Europe"
        BAILLEUR = "bailleur", "Bailleur social"
        ETABLISSEMENT_PUBLIC = "etablissement_public", "Autre établissement public"
        PRIVE = "prive", "Fondation, mécénat"
        AUTRE = "autre", "Autre"

    contrat = models.ForeignKey(
        ContratVille, models.CASCADE, related_name="financeurs", verbose_name="contrat"
    )
    nom = models.CharField("nom", max_length=150)
    sigle = models.CharField("nom court", max_length=40, help_text="En tête de colonne : « ÉTAT », « CAF ».")
    groupe = models.CharField(
        "groupe de colonnes",
        max_length=60,
        blank=True,
        help_text="Titre au-dessus de plusieurs colonnes voisines.",
    )
    type = models.CharField("type", max_length=25, choices=Type, default=Type.AUTRE)
    ligne_cerfa = models.ForeignKey(
        CompteBudgetaire,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="financeurs",
        verbose_name="compte du budget (74)",
    )
    siret = models.CharField("SIRET", max_length=14, blank=True, validators=[valider_siret])
    reference_dauphin = models.CharField("nom dans Dauphin", max_length=150, blank=True)
    ordre = models.PositiveSmallIntegerField("ordre", default=0)
    dans_total = models.BooleanField("dans le total politique de la ville", default=True)
    partenaire = models.ForeignKey(
        Partenaire,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="financeurs",
        verbose_name="partenaire",
    )

    objects = FinanceurQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "financeur"
        verbose_name_plural = "financeurs"
        ordering = ["contrat", "ordre", "nom"]
        constraints = [
            models.UniqueConstraint(
                fields=["contrat", "sigle"],
                name="financeur_sigle_unique",
                violation_error_message="Ce contrat a déjà un financeur de ce nom court.",
            ),
        ]

    def __str__(self) -> str:
        return self.nom


class AccesFinanceur(models.Model):
    """What an account is for a funder: it reads the programme and its own column."""

    utilisateur = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="acces_financeurs", verbose_name="compte"
    )
    financeur = models.ForeignKey(Financeur, models.CASCADE, related_name="acces", verbose_name="financeur")
    cree_le = models.DateTimeField("accordé le", auto_now_add=True)

    objects = AccesQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "accès à un financeur"
        verbose_name_plural = "accès aux financeurs"
        ordering = ["financeur", "utilisateur"]
        constraints = [
            models.UniqueConstraint(
                fields=["utilisateur", "financeur"],
                name="acces_financeur_unique",
                violation_error_message="Ce compte représente déjà ce financeur.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.utilisateur} – {self.financeur}"
