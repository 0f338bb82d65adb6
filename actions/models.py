"""What is done: campaigns, actions across the years, the year of an action with its fiche."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from comptes.modeles import AvecCle, AvecRecherche
from contrats.models import (
    ANNEE_MAX,
    ANNEE_MIN,
    Axe,
    ContratVille,
    Indicateur,
    NomenclatureModel,
    ObjectifNational,
    Territoire,
)
from contrats.querysets import ViaContrat
from documents.normalisation import normaliser
from porteurs.models import Porteur

from .querysets import (
    ActionAnnuelleQuerySet,
    ActionQuerySet,
    PilotageQuerySet,
    ViaActionAnnuelle,
    ViaCampagne,
)


class Campagne(models.Model):
    """A year of a contract, with its dates: they are stored, never recomputed from today."""

    class Statut(models.TextChoices):
        PREPARATION = "preparation", "En préparation"
        OUVERTE = "ouverte", "Appel ouvert"
        CLOSE = "close", "Appel clos"
        INSTRUITE = "instruite", "Instruite"
        PROGRAMMEE = "programmee", "Programmée"
        BILANS_OUVERTS = "bilans_ouverts", "Bilans ouverts"
        BILANS_CLOS = "bilans_clos", "Bilans clos"
        ARCHIVEE = "archivee", "Archivée"

    contrat = models.ForeignKey(
        ContratVille, models.PROTECT, related_name="campagnes", verbose_name="contrat"
    )
    annee = models.PositiveSmallIntegerField(
        "année", validators=[MinValueValidator(ANNEE_MIN), MaxValueValidator(ANNEE_MAX)]
    )
    statut = models.CharField("état", max_length=20, choices=Statut, default=Statut.PREPARATION)
    ouverture = models.DateField("ouverture de l'appel", null=True, blank=True)
    cloture = models.DateField("clôture de l'appel", null=True, blank=True)
    bilan_ouverture = models.DateField("ouverture des bilans", null=True, blank=True)
    bilan_echeance = models.DateField(
        "échéance des bilans",
        null=True,
        blank=True,
        help_text="Six mois après la fin de l'exercice, sauf décision contraire (Cerfa 15059).",
    )
    notice = models.TextField("consignes", blank=True)
    # Whom a porteur asks: signs the e-mails, receives the answers.
    contact_nom = models.CharField("nom de la personne à joindre", max_length=150, blank=True)
    contact_email = models.EmailField("son adresse électronique", blank=True)
    contact_telephone = models.CharField("son téléphone", max_length=30, blank=True)

    objects = ViaContrat.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "campagne"
        verbose_name_plural = "campagnes"
        ordering = ["contrat", "-annee"]
        constraints = [
            models.UniqueConstraint(
                fields=["contrat", "annee"],
                name="campagne_unique",
                violation_error_message="Ce contrat a déjà une campagne pour cette année.",
            ),
            models.CheckConstraint(
                name="campagne_annee_plausible",
                condition=Q(annee__gte=ANNEE_MIN, annee__lte=ANNEE_MAX),
                violation_error_message="Cette année n'est pas plausible.",
            ),
            models.CheckConstraint(
                name="campagne_appel_ordonne",
                condition=Q(ouverture__isnull=True)
                | Q(cloture__isnull=True)
                | Q(cloture__gte=F("ouverture")),
                violation_error_message="La clôture de l'appel doit suivre son ouverture.",
            ),
            models.CheckConstraint(
                name="campagne_bilans_ordonnes",
                condition=Q(bilan_ouverture__isnull=True)
                | Q(bilan_echeance__isnull=True)
                | Q(bilan_echeance__gte=F("bilan_ouverture")),
                violation_error_message="L'échéance des bilans doit suivre leur ouverture.",
            ),
            models.CheckConstraint(
                name="campagne_bilans_dates",
                condition=~Q(statut__in=["bilans_ouverts", "bilans_clos"]) | Q(bilan_echeance__isnull=False),
                violation_error_message="Des bilans ouverts ont une échéance : indiquez-la.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contrat.nom_court} {self.annee}"

    @property
    def est_archivee(self) -> bool:
        """Whether the year is only read from now on: no page offers to change it."""
        return self.statut == self.Statut.ARCHIVEE

    @property
    def echeance_par_defaut(self) -> date:
        """The due date proposed: six months after the end of the year (Cerfa 15059; domaine.md §2.2)."""
        return date(self.annee + 1, 6, 30)


class ReglagesControles(models.Model):
    """The tolerances and thresholds of a year's contrôles de cohérence; without a row, these defaults hold.

    domaine.md §9: parameters live in the campaign. Percentages are in points, amounts in euros.
    """

    campagne = models.OneToOneField(
        Campagne, models.CASCADE, related_name="reglages_controles", verbose_name="campagne"
    )
    tolerance_part = models.DecimalField(
        "arrondi admis par part (points)",
        max_digits=4,
        decimal_places=2,
        default=Decimal("0.5"),
        validators=[MinValueValidator(0), MaxValueValidator(5)],
        help_text="Des parts arrondies peuvent faire 99 ou 101 % : ce qui est admis, pour chaque part.",
    )
    tolerance_montant = models.DecimalField(
        "écart admis entre deux montants (€)",
        max_digits=8,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(0)],
    )
    tolerance_jours = models.PositiveSmallIntegerField(
        "écart admis sur une durée (jours)", default=1, validators=[MaxValueValidator(31)]
    )
    plafond_etat = models.DecimalField(
        "part de l'État au plus (%)",
        max_digits=5,
        decimal_places=2,
        default=Decimal(80),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="Souvent 80 % du coût de l'action, selon l'appel à projets.",
    )
    seuil_convention = models.DecimalField(
        "subvention qui demande une convention (€)",
        max_digits=12,
        decimal_places=2,
        default=Decimal(23000),
        validators=[MinValueValidator(0)],
        help_text="23 000 € par an et par financeur (décret 2001-495).",
    )
    petit_effectif = models.PositiveSmallIntegerField(
        "petit effectif (personnes)",
        default=5,
        validators=[MaxValueValidator(50)],
        help_text="En dessous, une personne peut être reconnue.",
    )
    ecart_annee = models.PositiveSmallIntegerField(
        "écart d'une année à l'autre à signaler (%)", default=50, validators=[MinValueValidator(1)]
    )
    part_couverture = models.PositiveSmallIntegerField(
        "part de la population du quartier tenue pour une couverture (%)",
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Au-delà, le nombre annoncé est celui des habitants, pas des personnes venues.",
    )
    ecart_budget_euros = models.DecimalField(
        "écart du budget à expliquer (€)",
        max_digits=12,
        decimal_places=2,
        default=Decimal(500),
        validators=[MinValueValidator(0)],
        help_text="Entre le prévu et le réalisé d'un poste. Un écart s'explique au-delà des deux seuils.",
    )
    ecart_budget_part = models.PositiveSmallIntegerField(
        "écart du budget à expliquer (% du prévu)", default=10, validators=[MaxValueValidator(1000)]
    )

    objects = ViaCampagne.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "réglages des contrôles"
        verbose_name_plural = "réglages des contrôles"
        ordering = ["campagne"]
        constraints = [
            models.CheckConstraint(
                name="reglages_controles_positifs",
                condition=Q(tolerance_part__gte=0, tolerance_montant__gte=0, seuil_convention__gte=0)
                & Q(ecart_budget_euros__gte=0)
                & Q(plafond_etat__gte=0, plafond_etat__lte=100, part_couverture__lte=100),
                violation_error_message="Un seuil ne peut pas être négatif, ni une part dépasser cent pour cent.",
            ),
        ]

    def __str__(self) -> str:
        return f"Réglages des contrôles – {self.campagne}"


class TrancheAge(models.Model):
    """An age band of a campaign's bilans; seeded with the six of the State's grid (domaine.md §0.3)."""

    campagne = models.ForeignKey(Campagne, models.CASCADE, related_name="tranches", verbose_name="campagne")
    ordre = models.PositiveSmallIntegerField("ordre")
    libelle = models.CharField("libellé", max_length=40)
    age_min = models.PositiveSmallIntegerField("de (ans)")
    age_max = models.PositiveSmallIntegerField("à (ans)", null=True, blank=True)

    objects = ViaCampagne.as_manager()

    class Meta:
        verbose_name = "tranche d'âge"
        verbose_name_plural = "tranches d'âge"
        ordering = ["campagne", "ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["campagne", "ordre"],
                name="tranche_ordre_unique",
                violation_error_message="Deux tranches d'âge ne peuvent pas avoir le même rang.",
            ),
            models.CheckConstraint(
                name="tranche_ages_ordonnes",
                condition=Q(age_max__isnull=True) | Q(age_max__gte=F("age_min")),
                violation_error_message="Une tranche d'âge va du plus jeune au plus âgé.",
            ),
        ]

    def __str__(self) -> str:
        return self.libelle


class Question(models.Model):
    """A question that a campaign adds to the bilan, in the collectivity's own words."""

    class Type(models.TextChoices):
        TEXTE = "texte", "Texte libre"
        NOMBRE = "nombre", "Nombre"
        OUI_NON = "oui_non", "Oui ou non"
        CHOIX = "choix", "Un choix dans une liste"

    campagne = models.ForeignKey(Campagne, models.CASCADE, related_name="questions", verbose_name="campagne")
    ordre = models.PositiveSmallIntegerField("ordre")
    libelle = models.CharField("question", max_length=255)
    aide = models.CharField("aide, avec un exemple", max_length=255, blank=True)
    type = models.CharField("type de réponse", max_length=10, choices=Type, default=Type.TEXTE)
    choix = models.TextField("choix proposés", blank=True, help_text="Un par ligne.")
    unite = models.CharField("unité", max_length=40, blank=True)
    obligatoire = models.BooleanField(
        "réponse demandée pour transmettre", default=False, help_text="Un brouillon s'enregistre toujours."
    )

    objects = ViaCampagne.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "question"
        verbose_name_plural = "questions"
        ordering = ["campagne", "ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["campagne", "ordre"],
                name="question_ordre_unique",
                violation_error_message="Deux questions ne peuvent pas avoir le même rang.",
            ),
            models.CheckConstraint(
                name="question_choix_donnes",
                condition=~Q(type="choix", choix=""),
                violation_error_message="Donnez les choix proposés, un par ligne.",
            ),
        ]

    def __str__(self) -> str:
        return self.libelle

    @property
    def choix_proposes(self) -> list[str]:
        """The answers to choose from, in order; empty unless the question is a choice."""
        lignes = (ligne.strip() for ligne in self.choix.splitlines())
        return list(dict.fromkeys(ligne for ligne in lignes if ligne))


class IndicateurDemande(models.Model):
    """An indicator that every bilan of the campaign answers: one of the contract's, or a local one."""

    campagne = models.ForeignKey(
        Campagne, models.CASCADE, related_name="indicateurs_demandes", verbose_name="campagne"
    )
    ordre = models.PositiveSmallIntegerField("ordre")
    indicateur = models.ForeignKey(
        Indicateur,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="demandes",
        verbose_name="indicateur du contrat",
        help_text="Laissez vide pour un indicateur propre à la campagne.",
    )
    libelle = models.CharField("libellé", max_length=255)
    unite = models.CharField("unité", max_length=40, blank=True)
    aide = models.CharField("aide, avec un exemple", max_length=255, blank=True)
    sexue = models.BooleanField("demandé par sexe", default=False)
    obligatoire = models.BooleanField(
        "réponse demandée pour transmettre", default=False, help_text="Un brouillon s'enregistre toujours."
    )

    objects = ViaCampagne.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "indicateur demandé"
        verbose_name_plural = "indicateurs demandés"
        ordering = ["campagne", "ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["campagne", "ordre"],
                name="indicateur_demande_ordre_unique",
                violation_error_message="Deux indicateurs ne peuvent pas avoir le même rang.",
            ),
            models.UniqueConstraint(
                fields=["campagne", "indicateur"],
                condition=Q(indicateur__isnull=False),
                name="indicateur_demande_unique",
                violation_error_message="Cet indicateur est déjà demandé.",
            ),
        ]

    def __str__(self) -> str:
        return self.libelle


class ModeleMessage(models.Model):
    """The words of an e-mail of the campaign; without a row, those that Pilotis proposes."""

    class Type(models.TextChoices):
        INVITATION = "invitation", "Invitation à saisir les bilans"
        RELANCE = "relance", "Rappel de ce qui est encore attendu"
        RENVOI = "renvoi", "Bilan renvoyé pour être complété"
        RECU = "recu", "Reçu d'un bilan transmis"
        VALIDATION = "validation", "Bilan validé"

    campagne = models.ForeignKey(Campagne, models.CASCADE, related_name="modeles", verbose_name="campagne")
    type = models.CharField("message", max_length=12, choices=Type)
    objet = models.CharField("objet", max_length=150)
    corps = models.TextField("texte")

    objects = PilotageQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "modèle de message"
        verbose_name_plural = "modèles de messages"
        ordering = ["campagne", "type"]
        constraints = [
            models.UniqueConstraint(
                fields=["campagne", "type"],
                name="modele_message_unique",
                violation_error_message="Ce message a déjà son modèle.",
            ),
            models.CheckConstraint(
                name="modele_message_non_vide",
                condition=~Q(objet="") & ~Q(corps=""),
                violation_error_message="Un message a un objet et un texte.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_type_display()


class RelancePrevue(models.Model):
    """A stored date on which those who still owe a bilan are reminded; done once."""

    campagne = models.ForeignKey(
        Campagne, models.CASCADE, related_name="relances_prevues", verbose_name="campagne"
    )
    date = models.DateField("date")
    faite_le = models.DateTimeField("envoyée le", null=True, blank=True)

    objects = PilotageQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "relance prévue"
        verbose_name_plural = "relances prévues"
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(
                fields=["campagne", "date"],
                name="relance_prevue_unique",
                violation_error_message="Un rappel est déjà prévu ce jour-là.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campagne}, {self.date:%d/%m/%Y}"


class EvenementCampagne(models.Model):
    """What was decided of a campaign: written by the operation that does it, never changed after."""

    class Type(models.TextChoices):
        OUVERTURE = "ouverture", "Bilans ouverts"
        CLOTURE = "cloture", "Bilans clos"
        REOUVERTURE = "reouverture", "Bilans rouverts"
        PROLONGATION = "prolongation", "Échéance changée pour tous"
        ARCHIVAGE = "archivage", "Année archivée"
        DESARCHIVAGE = "desarchivage", "Année sortie des archives"
        INVITATION = "invitation", "Invitations envoyées"
        RELANCE = "relance", "Rappels envoyés"

    campagne = models.ForeignKey(Campagne, models.CASCADE, related_name="evenements", verbose_name="campagne")
    type = models.CharField("type", max_length=12, choices=Type)
    auteur = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="evenements_campagnes",
        verbose_name="auteur",
        help_text="Vide : fait par Pilotis à la date prévue.",
    )
    date = models.DateTimeField("date", auto_now_add=True)
    motif = models.TextField("motif", blank=True)
    echeance = models.DateField("échéance", null=True, blank=True)
    nombre = models.PositiveIntegerField("nombre de messages", null=True, blank=True)

    objects = PilotageQuerySet.as_manager()

    class Meta:
        verbose_name = "événement de la campagne"
        verbose_name_plural = "événements des campagnes"
        ordering = ["date", "pk"]
        constraints = [
            models.CheckConstraint(
                name="evenement_reouverture_motivee",
                condition=~Q(type="reouverture", motif=""),
                violation_error_message="Une réouverture dit pourquoi.",
            ),
            models.CheckConstraint(
                name="evenement_desarchivage_motive",
                condition=~Q(type="desarchivage", motif=""),
                violation_error_message="Une année qui sort des archives dit pourquoi.",
            ),
            models.CheckConstraint(
                name="evenement_prolongation_datee",
                condition=~Q(type="prolongation", echeance__isnull=True),
                violation_error_message="Une prolongation dit jusqu'à quand.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()}, {self.campagne}"


class Dispositif(NomenclatureModel):
    """A programme label: PRE, CLAS, Quartiers d'été…"""

    class Meta(NomenclatureModel.Meta):
        verbose_name = "dispositif"
        verbose_name_plural = "dispositifs"


class Thematique(NomenclatureModel):
    """A theme of the State's nomenclature for programme 147."""

    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sous_thematiques",
        verbose_name="thématique mère",
    )

    class Meta(NomenclatureModel.Meta):
        verbose_name = "thématique"
        verbose_name_plural = "thématiques"


class Action(AvecCle, AvecRecherche):
    """A project that may recur over the years, under one title and one porteur."""

    CHAMPS_RECHERCHE = ("intitule", "reference_dauphin", "reference_interne")

    contrat = models.ForeignKey(ContratVille, models.PROTECT, related_name="actions", verbose_name="contrat")
    porteur = models.ForeignKey(Porteur, models.PROTECT, related_name="actions", verbose_name="porteur")
    intitule = models.CharField("intitulé", max_length=255)
    intitule_normalise = models.CharField("intitulé normalisé", max_length=255, editable=False)
    reference_interne = models.CharField("référence interne", max_length=40, blank=True)
    reference_dauphin = models.CharField("numéro Dauphin", max_length=20, blank=True)

    objects = ActionQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "action"
        verbose_name_plural = "actions"
        ordering = ["recherche"]
        constraints = [
            models.UniqueConstraint(
                fields=["contrat", "porteur", "intitule_normalise"],
                name="action_unique",
                violation_error_message="Ce porteur a déjà une action de cet intitulé dans le contrat.",
            ),
        ]

    def __str__(self) -> str:
        return self.intitule

    def clean(self) -> None:
        self.intitule_normalise = normaliser(self.intitule)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.intitule_normalise = normaliser(self.intitule)
        super().save(*args, **kwargs)


class ActionAnnuelle(AvecCle):
    """An action in one year and one dispositif, with its fiche: the row of every list and annex."""

    class Statut(models.TextChoices):
        BROUILLON = "brouillon", "Brouillon"
        DEPOSEE = "deposee", "Déposée"
        INCOMPLETE = "incomplete", "Incomplète"
        RECEVABLE = "recevable", "Recevable"
        NON_RECEVABLE = "non_recevable", "Non recevable"
        INSTRUITE = "instruite", "Instruite"
        PROPOSEE = "proposee", "Proposée"
        PROGRAMMEE = "programmee", "Programmée"
        REFUSEE = "refusee", "Refusée"
        AJOURNEE = "ajournee", "Ajournée"
        NOTIFIEE = "notifiee", "Notifiée"
        EN_COURS = "en_cours", "En cours"
        REALISEE = "realisee", "Réalisée"
        PARTIELLEMENT_REALISEE = "partiellement_realisee", "Partiellement réalisée"
        REPORTEE = "reportee", "Reportée"
        ABANDONNEE = "abandonnee", "Abandonnée"
        SOLDEE = "soldee", "Soldée"
        ARCHIVEE = "archivee", "Archivée"

    class Type(models.TextChoices):
        NOUVELLE = "nouvelle", "Nouvelle action"
        RECONDUCTION = "reconduction", "Reconduction"

    # States that need a written reason: somebody will ask why.
    STATUTS_MOTIVES = (
        Statut.NON_RECEVABLE,
        Statut.REFUSEE,
        Statut.AJOURNEE,
        Statut.REPORTEE,
        Statut.ABANDONNEE,
    )
    # States in which an application is the porteur's own affair: no funder sees it.
    STATUTS_NON_DEPOSES = (Statut.BROUILLON, Statut.INCOMPLETE)
    # States in which no bilan is expected: nothing was done that year.
    STATUTS_SANS_BILAN = (
        Statut.BROUILLON,
        Statut.DEPOSEE,
        Statut.INCOMPLETE,
        Statut.RECEVABLE,
        Statut.NON_RECEVABLE,
        Statut.INSTRUITE,
        Statut.PROPOSEE,
        Statut.REFUSEE,
        Statut.AJOURNEE,
    )

    action = models.ForeignKey(Action, models.PROTECT, related_name="annees", verbose_name="action")
    campagne = models.ForeignKey(Campagne, models.PROTECT, related_name="actions", verbose_name="campagne")
    dispositif = models.ForeignKey(
        Dispositif, models.PROTECT, null=True, blank=True, related_name="actions", verbose_name="dispositif"
    )
    ordre = models.PositiveIntegerField(
        "rang", null=True, blank=True, help_text="Rang dans le tableau de la collectivité."
    )
    axe = models.ForeignKey(
        Axe, models.PROTECT, null=True, blank=True, related_name="actions", verbose_name="axe principal"
    )
    axes_secondaires = models.ManyToManyField(
        Axe, related_name="actions_secondaires", blank=True, verbose_name="axes secondaires"
    )
    objectif_national = models.ForeignKey(
        ObjectifNational,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="actions",
        verbose_name="objectif national",
    )
    thematique = models.ForeignKey(
        Thematique, models.PROTECT, null=True, blank=True, related_name="actions", verbose_name="thématique"
    )
    territoires = models.ManyToManyField(
        Territoire, through="ActionTerritoire", related_name="actions", blank=True, verbose_name="territoires"
    )
    type = models.CharField("nouvelle ou reconduite", max_length=15, choices=Type, blank=True)
    pluriannuelle = models.BooleanField("pluriannuelle", default=False)
    statut = models.CharField("état", max_length=25, choices=Statut, default=Statut.PROGRAMMEE)
    motif = models.TextField("motif", blank=True)
    reportee_vers = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="reportee_de",
        verbose_name="reportée vers",
    )
    date_debut = models.DateField("début", null=True, blank=True)
    date_fin = models.DateField("fin", null=True, blank=True)
    # The fiche action (layout L5 of domaine.md §8).
    domaine = models.CharField("domaine", max_length=200, blank=True)
    objectifs = models.TextField("objectifs", blank=True)
    description = models.TextField("description", blank=True)
    public_vise = models.TextField("public visé", blank=True)
    lieux = models.TextField("lieux", blank=True)
    moyens_humains = models.TextField("moyens humains", blank=True)
    moyens_materiels = models.TextField("moyens matériels et locaux", blank=True)
    moyens_financiers = models.TextField("autres aides, publiques ou privées", blank=True)
    partenaires = models.TextField("partenaires", blank=True)
    tarifs = models.TextField("tarifs", blank=True)
    version = models.PositiveIntegerField("version", default=1, editable=False)

    objects = ActionAnnuelleQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "action d'une année"
        verbose_name_plural = "actions par année"
        ordering = ["campagne", "ordre", "pk"]
        indexes = [models.Index(fields=["campagne", "ordre"], name="action_annuelle_ordre")]
        constraints = [
            models.UniqueConstraint(
                fields=["action", "campagne"],
                condition=Q(dispositif__isnull=True),
                name="action_annuelle_unique",
                violation_error_message="Cette action est déjà programmée cette année-là.",
            ),
            models.UniqueConstraint(
                fields=["action", "campagne", "dispositif"],
                condition=Q(dispositif__isnull=False),
                name="action_annuelle_dispositif_unique",
                violation_error_message="Cette action est déjà programmée cette année-là dans ce dispositif.",
            ),
            models.CheckConstraint(
                name="action_annuelle_dates_ordonnees",
                condition=Q(date_debut__isnull=True)
                | Q(date_fin__isnull=True)
                | Q(date_fin__gte=F("date_debut")),
                violation_error_message="L'action doit finir après avoir commencé : vérifiez les deux dates.",
            ),
            models.CheckConstraint(
                name="action_annuelle_motif",
                condition=~Q(
                    statut__in=["non_recevable", "refusee", "ajournee", "reportee", "abandonnee"], motif=""
                ),
                violation_error_message=(
                    "Indiquez le motif : une action refusée, ajournée, reportée ou abandonnée doit être expliquée."
                ),
            ),
            models.CheckConstraint(
                name="action_annuelle_report",
                condition=Q(reportee_vers__isnull=True) | Q(statut="reportee"),
                violation_error_message="Seule une action reportée renvoie à une autre année.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action.intitule} ({self.campagne.annee})"

    @property
    def bilan_attendu(self) -> bool:
        """Whether a bilan is expected for this year of the action."""
        return self.statut not in self.STATUTS_SANS_BILAN

    def clean(self) -> None:
        erreurs: dict[str, str] = {}
        contrat = self.campagne.contrat
        for champ in ("date_debut", "date_fin"):
            jour = getattr(self, champ)
            if jour and not contrat.contient(jour):
                erreurs[champ] = (
                    f"Cette date est hors du contrat, qui va du {contrat.date_debut:%d/%m/%Y} "
                    f"au {contrat.date_fin:%d/%m/%Y}."
                )
        if self.axe and self.axe.contrat_id != contrat.pk:
            erreurs["axe"] = "Choisissez un axe de ce contrat."
        if self.reportee_vers and self.reportee_vers.campagne.annee <= self.campagne.annee:
            erreurs["reportee_vers"] = "Une action est reportée vers une année suivante."
        if erreurs:
            raise ValidationError(erreurs)


class ActionTerritoire(models.Model):
    """A territory that the action reaches, with its share of the public when it is known."""

    action_annuelle = models.ForeignKey(
        ActionAnnuelle, models.CASCADE, related_name="parts_territoires", verbose_name="action"
    )
    territoire = models.ForeignKey(
        Territoire, models.PROTECT, related_name="parts_actions", verbose_name="territoire"
    )
    part = models.DecimalField("part (%)", max_digits=5, decimal_places=2, null=True, blank=True)

    objects = ViaActionAnnuelle.as_manager()

    class Meta:
        verbose_name = "territoire d'une action"
        verbose_name_plural = "territoires des actions"
        ordering = ["action_annuelle", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["action_annuelle", "territoire"],
                name="action_territoire_unique",
                violation_error_message="Ce territoire est déjà indiqué.",
            ),
            models.CheckConstraint(
                name="action_territoire_part",
                condition=Q(part__isnull=True) | Q(part__gt=0, part__lte=100),
                violation_error_message="Une part est plus grande que zéro et vaut cent pour cent au plus.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.territoire)


class Volet(models.Model):
    """A part of an action with its own description, dates and places."""

    action_annuelle = models.ForeignKey(
        ActionAnnuelle, models.CASCADE, related_name="volets", verbose_name="action"
    )
    ordre = models.PositiveSmallIntegerField("ordre")
    intitule = models.CharField("intitulé", max_length=255)
    description = models.TextField("description", blank=True)
    dates = models.CharField("dates ou période", max_length=255, blank=True)
    lieux = models.CharField("lieux", max_length=255, blank=True)

    objects = ViaActionAnnuelle.as_manager()

    class Meta:
        verbose_name = "volet"
        verbose_name_plural = "volets"
        ordering = ["action_annuelle", "ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["action_annuelle", "ordre"],
                name="volet_ordre_unique",
                violation_error_message="Deux volets ne peuvent pas avoir le même rang.",
            ),
        ]

    def __str__(self) -> str:
        return self.intitule


class IndicateurAction(models.Model):
    """A « critère d'évaluation » of the action: an indicator of the contract or its own words, with a target."""

    action_annuelle = models.ForeignKey(
        ActionAnnuelle, models.CASCADE, related_name="indicateurs", verbose_name="action"
    )
    ordre = models.PositiveSmallIntegerField("ordre")
    indicateur = models.ForeignKey(
        Indicateur, models.PROTECT, null=True, blank=True, related_name="actions", verbose_name="indicateur"
    )
    libelle = models.CharField("libellé", max_length=255)
    unite = models.CharField("unité", max_length=40, blank=True)
    cible = models.DecimalField("cible", max_digits=12, decimal_places=2, null=True, blank=True)

    objects = ViaActionAnnuelle.as_manager()

    class Meta:
        verbose_name = "indicateur d'une action"
        verbose_name_plural = "indicateurs des actions"
        ordering = ["action_annuelle", "ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["action_annuelle", "ordre"],
                name="indicateur_action_ordre_unique",
                violation_error_message="Deux indicateurs ne peuvent pas avoir le même rang.",
            ),
        ]

    def __str__(self) -> str:
        return self.libelle
