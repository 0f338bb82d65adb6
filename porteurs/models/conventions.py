"""What is agreed with a porteur: conventions, their parties, obligations and stored deadlines."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from comptes.modeles import AvecCle
from contrats.models import ContratVille, Deliberation, Territoire
from documents.formats import date_longue

from ..querysets import ConventionQuerySet, ViaConvention
from .porteurs import Porteur

DELIBERATION_D_AILLEURS = "Choisissez une délibération de ce contrat."


def _du_contrat(deliberation: Deliberation | None, contrat: int) -> bool:
    return deliberation is not None and deliberation.contrat_id == contrat


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
    territoires = models.ManyToManyField(
        Territoire, related_name="conventions", blank=True, verbose_name="territoires"
    )
    preavis_mois = models.PositiveSmallIntegerField("préavis de résiliation (mois)", null=True, blank=True)
    date_resiliation = models.DateField("résiliée le", null=True, blank=True)
    motif_resiliation = models.TextField("motif de la résiliation", blank=True)
    remarque = models.TextField("remarque", blank=True)
    version = models.PositiveIntegerField("version", default=1, editable=False)

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
            models.CheckConstraint(
                name="convention_resiliee_motivee",
                condition=~Q(statut="resiliee")
                | (Q(date_resiliation__isnull=False) & ~Q(motif_resiliation="")),
                violation_error_message="Une convention résiliée dit quand et pourquoi.",
            ),
        ]

    def __str__(self) -> str:
        return self.intitule

    def clean(self) -> None:
        """Refuse a porteur or a délibération of another place, and a convention that starts after it was terminated."""
        erreurs = {}
        if self.contrat_id and self.porteur_id and self.porteur.epci_id != self.contrat.epci_id:
            erreurs["porteur"] = "Choisissez une structure de la même intercommunalité."
        if self.contrat_id and self.deliberation_id and not _du_contrat(self.deliberation, self.contrat_id):
            erreurs["deliberation"] = DELIBERATION_D_AILLEURS
        if self.date_resiliation and self.date_debut and self.date_resiliation < self.date_debut:
            erreurs["date_debut"] = (
                f"La convention a été résiliée le {date_longue(self.date_resiliation)} : elle a pris effet avant."
            )
        if erreurs:
            raise ValidationError(erreurs)


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
    historique = HistoricalRecords()

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

    class Recurrence(models.TextChoices):
        PERMANENTE = "permanente", "En permanence"
        UNIQUE = "unique", "Une fois"
        ANNUELLE = "annuelle", "Chaque année"
        EVENEMENT = "evenement", "À chaque événement"
        DEMANDE = "demande", "Sur demande"
        REPUTEE = "reputee", "Réputée satisfaite"

    class Evenement(models.TextChoices):
        COMMISSION = "commission", "Commission de suivi"
        COMPTE_RENDU = "compte_rendu", "Transmission du compte rendu"
        AGREMENT = "agrement", "Nouvelle notification de l'agrément"
        ASSEMBLEE = "assemblee", "Assemblée générale"
        CONSEIL = "conseil", "Conseil d'administration"
        EVOLUTION = "evolution", "Évolution qui touche au partenariat"
        DEMANDE = "demande", "Demande de la collectivité"

    convention = models.ForeignKey(
        Convention, models.CASCADE, related_name="obligations", verbose_name="convention"
    )
    ordre = models.PositiveSmallIntegerField("ordre")
    code = models.CharField("code", max_length=20)
    titre = models.CharField("titre", max_length=255)
    # « regle » is what the text says; the fields below are what a machine may compute from it.
    recurrence = models.CharField("quand", max_length=12, choices=Recurrence, default=Recurrence.PERMANENTE)
    jour = models.PositiveSmallIntegerField(
        "jour", null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(31)]
    )
    mois = models.PositiveSmallIntegerField(
        "mois", null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    # 1: what is due in year N bears on year N+1 (« avant le 30 août pour l'année n+1 »).
    pour_annee = models.SmallIntegerField("porte sur l'année N +", default=0)
    date_fixe = models.DateField("date écrite", null=True, blank=True)
    evenement = models.CharField("événement", max_length=20, choices=Evenement, blank=True)
    # Days counted from the event: negative before it, positive after it; calendar days.
    delai_jours = models.SmallIntegerField("délai (jours)", null=True, blank=True)
    rappel_jours = models.PositiveSmallIntegerField("rappeler (jours avant)", default=15)
    conditionne_versements = models.BooleanField("conditionne les versements", default=False)
    # Whether the porteur is the one to do it, and to be reminded; `debiteur` says it in the words of the text.
    du_porteur = models.BooleanField("à la charge de la structure", default=True)
    debiteur = models.CharField("à la charge de", max_length=150, blank=True)
    destinataire = models.CharField("envers", max_length=150, blank=True)
    contenu = models.TextField("contenu", blank=True)
    regle = models.CharField("règle d'échéance", max_length=255, blank=True)
    citation = models.TextField("citation", blank=True, help_text="Les mots exacts du document.")

    objects = ViaConvention.as_manager()
    historique = HistoricalRecords()

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

    def clean(self) -> None:
        """Refuse half a date of the year, and a number of days counted from nothing."""
        if (self.jour is None) != (self.mois is None):
            raise ValidationError({"jour": "Donnez le jour et le mois, ou aucun des deux."})
        if self.delai_jours is not None and not self.evenement:
            raise ValidationError({"evenement": "Un délai se compte depuis un événement : choisissez-le."})


class Echeance(models.Model):
    """A stored date by which something is due: computed once from a rule, never from « today »."""

    convention = models.ForeignKey(
        Convention, models.CASCADE, related_name="echeances", verbose_name="convention"
    )
    obligation = models.ForeignKey(
        Obligation, models.CASCADE, null=True, blank=True, related_name="echeances", verbose_name="obligation"
    )
    # The event that it is counted from: it moves with it, as long as it is not done.
    evenement = models.ForeignKey(
        "EvenementConvention",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="echeances",
        verbose_name="événement",
    )
    libelle = models.CharField("libellé", max_length=255)
    annee = models.PositiveSmallIntegerField("année", null=True, blank=True)
    date = models.DateField("date")
    # A date agreed with the porteur: computing the deadlines again leaves it alone.
    fixee_a_la_main = models.BooleanField("date fixée à la main", default=False)
    # Stored like the date itself: the day on which who owes it is reminded, and the day it was.
    rappel_le = models.DateField("rappeler le", null=True, blank=True)
    rappelee_le = models.DateTimeField("rappelée le", null=True, blank=True)
    faite_le = models.DateField("faite le", null=True, blank=True)
    sans_objet = models.CharField("sans objet parce que", max_length=255, blank=True)

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
            models.UniqueConstraint(
                fields=["obligation", "evenement"],
                condition=Q(obligation__isnull=False, evenement__isnull=False),
                name="echeance_evenement_unique",
                violation_error_message="Cet événement a déjà son échéance pour cette obligation.",
            ),
            models.CheckConstraint(
                name="echeance_faite_ou_sans_objet",
                condition=Q(faite_le__isnull=True) | Q(sans_objet=""),
                violation_error_message="Une échéance est faite ou sans objet, pas les deux.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.libelle}, {self.date:%d/%m/%Y}"

    def clean(self) -> None:
        """Refuse an obligation or an event of another convention."""
        erreurs = {}
        if self.obligation and self.obligation.convention_id != self.convention_id:
            erreurs["obligation"] = "Choisissez une obligation de cette convention."
        if self.evenement and self.evenement.convention_id != self.convention_id:
            erreurs["evenement"] = "Choisissez un événement de cette convention."
        if erreurs:
            raise ValidationError(erreurs)


class AxeConvention(models.Model):
    """A thematic axis of a convention, with its points, one a line."""

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="axes", verbose_name="convention")
    ordre = models.PositiveSmallIntegerField("ordre")
    intitule = models.CharField("axe", max_length=200)
    points = models.TextField("points", blank=True, help_text="Un point par ligne.")

    objects = ViaConvention.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "axe d'une convention"
        verbose_name_plural = "axes d'une convention"
        ordering = ["convention", "ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "ordre"],
                name="axe_convention_ordre_unique",
                violation_error_message="Deux axes ne peuvent pas avoir le même rang.",
            ),
        ]

    def __str__(self) -> str:
        return self.intitule


class Avenant(models.Model):
    """An amendment of a convention: what it changes, and its new end when it has one."""

    convention = models.ForeignKey(
        Convention, models.CASCADE, related_name="avenants", verbose_name="convention"
    )
    numero = models.PositiveSmallIntegerField("numéro")
    objet = models.TextField("objet")
    date_signature = models.DateField("signé le", null=True, blank=True)
    date_effet = models.DateField("prend effet le", null=True, blank=True)
    nouvelle_date_fin = models.DateField("nouvelle date de fin", null=True, blank=True)
    deliberation = models.ForeignKey(
        Deliberation,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="avenants",
        verbose_name="délibération",
    )

    objects = ViaConvention.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "avenant"
        verbose_name_plural = "avenants"
        ordering = ["convention", "numero"]
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "numero"],
                name="avenant_numero_unique",
                violation_error_message="Cette convention a déjà un avenant de ce numéro.",
            ),
        ]

    def __str__(self) -> str:
        return f"Avenant n° {self.numero}"

    def clean(self) -> None:
        """Refuse a new end before the convention starts, and a délibération of another contract."""
        erreurs = {}
        debut = self.convention.date_debut
        if self.nouvelle_date_fin and debut and self.nouvelle_date_fin <= debut:
            erreurs["nouvelle_date_fin"] = (
                f"La convention prend effet le {date_longue(debut)} : sa nouvelle fin vient après."
            )
        contrat = self.convention.contrat_id
        if contrat and self.deliberation_id and not _du_contrat(self.deliberation, contrat):
            erreurs["deliberation"] = DELIBERATION_D_AILLEURS
        if erreurs:
            raise ValidationError(erreurs)


class EvenementConvention(models.Model):
    """A dated event from which deadlines are counted; a commission de suivi has its minutes here."""

    convention = models.ForeignKey(
        Convention, models.CASCADE, related_name="evenements", verbose_name="convention"
    )
    type = models.CharField("événement", max_length=20, choices=Obligation.Evenement)
    date = models.DateField("date")
    lieu = models.CharField("lieu", max_length=200, blank=True)
    participants = models.TextField(
        "participants", blank=True, help_text="Des fonctions plutôt que des noms."
    )
    ordre_du_jour = models.TextField("ordre du jour", blank=True)
    compte_rendu = models.TextField("compte rendu", blank=True)
    compte_rendu_envoye_le = models.DateField("compte rendu transmis le", null=True, blank=True)
    reponse = models.TextField("réponse au compte rendu", blank=True)
    reponse_le = models.DateField("réponse reçue le", null=True, blank=True)
    version = models.PositiveIntegerField("version", default=1, editable=False)

    objects = ViaConvention.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "événement d'une convention"
        verbose_name_plural = "événements d'une convention"
        ordering = ["convention", "-date", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "type", "date"],
                name="evenement_convention_unique",
                violation_error_message="Cet événement est déjà noté à cette date.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()} du {self.date:%d/%m/%Y}"

    def clean(self) -> None:
        """Refuse minutes, or an answer to them, dated before the meeting."""
        suites = {"compte_rendu_envoye_le": self.compte_rendu_envoye_le, "reponse_le": self.reponse_le}
        erreurs = {
            nom: "Cette date vient avant la réunion : vérifiez-la."
            for nom, suite in suites.items()
            if self.date and suite and suite < self.date
        }
        if erreurs:
            raise ValidationError(erreurs)
