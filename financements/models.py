"""Who pays: funders, envelopes, funding lines with their amounts by state, payments, budgets, readings to settle."""

from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from actions.models import ActionAnnuelle, Campagne, Dispositif
from comptes.acces import AccesQuerySet
from comptes.modeles import AvecCle
from contrats.models import Axe, ContratVille, Deliberation, NomenclatureModel, Partenaire, Seance
from porteurs.models import Convention, Porteur, valider_siret
from porteurs.querysets import ViaConvention

from .querysets import (
    AmbiguiteQuerySet,
    BudgetQuerySet,
    FinanceurQuerySet,
    LigneFinancementQuerySet,
    VersementQuerySet,
    ViaAmbiguite,
    ViaBudget,
    ViaCampagneGeree,
    ViaLecture,
    ViaVersement,
)


class ChampMontant(models.DecimalField):
    """An amount in euros: blank when unknown, never a float, never negative."""

    def __init__(self, verbose_name: str | None = None, **options: object) -> None:
        options.setdefault("max_digits", 12)
        options.setdefault("decimal_places", 2)
        options.setdefault("null", True)
        options.setdefault("blank", True)
        options.setdefault(
            "validators",
            [MinValueValidator(Decimal(0), "Un montant ne peut pas être négatif : vérifiez le signe.")],
        )
        super().__init__(verbose_name, **options)  # type: ignore[arg-type]


def montant_positif(nom: str, *champs: str) -> models.CheckConstraint:
    """Return the constraint that refuses a negative amount in any of `champs`."""
    condition = Q()
    for champ in champs:
        condition &= Q(**{f"{champ}__isnull": True}) | Q(**{f"{champ}__gte": 0})
    return models.CheckConstraint(
        name=nom,
        condition=condition,
        violation_error_message="Un montant ne peut pas être négatif : vérifiez le signe.",
    )


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

    objects = ViaCampagneGeree.as_manager()
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


class RegleVersement(models.Model):
    """How a convention pays, as data: Besançon's thirds and halves are rows, not code."""

    class Type(models.TextChoices):
        ACOMPTE = "acompte", "Acompte"
        SOLDE = "solde", "Solde"
        UNIQUE = "unique", "Versement unique"

    class Base(models.TextChoices):
        SUBVENTION_N = "n", "Subvention votée pour l'année N"
        SUBVENTION_N_1 = "n_moins_1", "Subvention votée pour l'année N-1"
        RESTE_N = "reste_n", "Subvention votée pour N, moins ce qui est déjà versé"

    convention = models.ForeignKey(
        Convention, models.CASCADE, related_name="regles_versement", verbose_name="convention"
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
    citation = models.TextField("citation", blank=True, help_text="Les mots exacts du document.")

    objects = ViaConvention.as_manager()

    class Meta:
        verbose_name = "règle de versement"
        verbose_name_plural = "règles de versement"
        ordering = ["convention", "rang"]
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "rang"],
                name="regle_versement_rang_unique",
                violation_error_message="Deux versements d'une convention ne peuvent pas avoir le même rang.",
            ),
            models.CheckConstraint(
                name="regle_versement_fraction",
                condition=Q(denominateur__gte=1),
                violation_error_message="Une fraction ne se divise pas par zéro.",
            ),
        ]

    def __str__(self) -> str:
        return self.libelle


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
    date_recouvrement = models.DateField("recouvré le", null=True, blank=True)

    objects = ViaVersement.as_manager()

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
