"""Who acts: porteurs with their parent structure and other names, representatives, conventions, deadlines."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from simple_history.models import HistoricalRecords

from comptes.acces import AccesQuerySet
from comptes.cles import nouveau_jeton
from comptes.modeles import AvecCle, AvecRecherche
from contrats.models import Epci
from documents import identifiants
from documents.normalisation import normaliser

from ..querysets import (
    DossierPorteurQuerySet,
    PorteurQuerySet,
    ViaPorteur,
)


def valider_siret(valeur: str) -> None:
    """Raise ValidationError unless `valeur` is a SIRET (14 digits, check digit; La Poste's exception included)."""
    try:
        identifiants.valider_siret(valeur)
    except identifiants.IdentifiantInvalide as erreur:
        raise ValidationError(str(erreur)) from erreur


class Porteur(AvecCle, AvecRecherche):
    """An organisation that carries actions: an association, a municipal service, a landlord…

    A municipal service has the Ville as parent, so that structures are counted once (domaine.md §9, COH-04).
    """

    class Type(models.TextChoices):
        ASSOCIATION = "association", "Association"
        COMMUNE = "commune", "Commune"
        SERVICE_COMMUNE = "service_commune", "Service de la commune"
        SERVICE_EPCI = "service_epci", "Service de l'intercommunalité"
        CCAS = "ccas", "CCAS ou CIAS"
        BAILLEUR = "bailleur", "Bailleur social"
        ETABLISSEMENT_PUBLIC = "etablissement_public", "Établissement public"
        SCOLAIRE = "scolaire", "Établissement scolaire"
        COOPERATIVE = "cooperative", "Coopérative"
        ENTREPRISE = "entreprise", "Entreprise"
        AUTRE = "autre", "Autre ou non précisé"

    CHAMPS_RECHERCHE = ("nom", "sigle")

    epci = models.ForeignKey(Epci, models.PROTECT, related_name="porteurs", verbose_name="intercommunalité")
    nom = models.CharField("nom", max_length=200)
    nom_normalise = models.CharField("nom normalisé", max_length=200, editable=False)
    sigle = models.CharField("sigle", max_length=40, blank=True)
    type = models.CharField("type", max_length=25, choices=Type, default=Type.AUTRE)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="services",
        verbose_name="structure mère",
        help_text="Pour un service : la Ville ou l'établissement dont il dépend.",
    )
    siret = models.CharField("SIRET", max_length=14, blank=True, validators=[valider_siret])
    rna = models.CharField(
        "numéro RNA",
        max_length=10,
        blank=True,
        validators=[
            # Corsica (W2A…) and overseas (W9R…) have a letter in third place: SCDL's own pattern forgets them.
            RegexValidator(
                r"^W\d[A-Z\d]\d{7}$",
                "Un numéro RNA s'écrit W suivi de neuf caractères, par exemple W391000123.",
            )
        ],
    )
    registre_alsace_moselle = models.CharField("registre d'Alsace-Moselle", max_length=60, blank=True)
    adresse = models.CharField("adresse", max_length=255, blank=True)
    code_postal = models.CharField(
        "code postal",
        max_length=5,
        blank=True,
        validators=[RegexValidator(r"^\d{5}$", "Un code postal a cinq chiffres.")],
    )
    ville = models.CharField("ville", max_length=150, blank=True)
    email = models.EmailField("adresse électronique", blank=True)
    telephone = models.CharField("téléphone", max_length=30, blank=True)
    site = models.CharField(
        "site", max_length=200, blank=True, validators=[URLValidator(schemes=["http", "https"])]
    )
    objet = models.TextField("objet", blank=True)
    date_creation = models.DateField("date de création", null=True, blank=True)
    date_statuts = models.DateField("date des statuts en vigueur", null=True, blank=True)
    code_ape = models.CharField("code APE", max_length=6, blank=True)
    cer_date = models.DateField("contrat d'engagement républicain souscrit le", null=True, blank=True)
    cer_dispense = models.CharField(
        "dispense du contrat d'engagement républicain", max_length=200, blank=True
    )
    actif = models.BooleanField("actif", default=True)

    objects = PorteurQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "porteur"
        verbose_name_plural = "porteurs"
        ordering = ["nom_normalise"]
        constraints = [
            models.UniqueConstraint(
                fields=["epci", "nom_normalise"],
                name="porteur_nom_unique",
                violation_error_message="Un porteur de ce nom existe déjà.",
            ),
            models.UniqueConstraint(
                fields=["epci", "siret"],
                condition=~Q(siret=""),
                name="porteur_siret_unique",
                violation_error_message="Un porteur de ce SIRET existe déjà.",
            ),
            models.CheckConstraint(
                name="porteur_pas_son_parent",
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                violation_error_message="Une structure ne peut pas dépendre d'elle-même.",
            ),
        ]

    def __str__(self) -> str:
        return self.nom

    @property
    def structure(self) -> "Porteur":
        """The structure that counts: the parent, or the porteur itself."""
        return self.parent or self

    def clean(self) -> None:
        self.nom_normalise = normaliser(self.nom)
        if self.parent is None:
            return
        if self.parent.epci_id != self.epci_id:
            raise ValidationError({"parent": "Choisissez une structure de la même intercommunalité."})
        if self.parent.parent_id or (self.pk and self.services.exists()):
            raise ValidationError(
                {"parent": "Une structure mère ne dépend d'aucune autre : un seul niveau de rattachement."}
            )

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.nom_normalise = normaliser(self.nom)
        super().save(*args, **kwargs)


class AliasPorteur(models.Model):
    """Another way a document names a porteur (« UFOLEP QE »): used at import, never merged silently."""

    epci = models.ForeignKey(
        Epci, models.CASCADE, related_name="alias_porteurs", verbose_name="intercommunalité"
    )
    porteur = models.ForeignKey(Porteur, models.CASCADE, related_name="alias", verbose_name="porteur")
    libelle = models.CharField("libellé", max_length=200)
    libelle_normalise = models.CharField("libellé normalisé", max_length=200, editable=False)
    origine = models.CharField("origine", max_length=200, blank=True)

    objects = ViaPorteur.as_manager()

    class Meta:
        verbose_name = "autre nom d'un porteur"
        verbose_name_plural = "autres noms de porteurs"
        ordering = ["libelle_normalise"]
        constraints = [
            models.UniqueConstraint(
                fields=["epci", "libelle_normalise"],
                name="alias_porteur_unique",
                violation_error_message="Ce nom désigne déjà un porteur.",
            ),
        ]

    def __str__(self) -> str:
        return self.libelle

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.libelle_normalise = normaliser(self.libelle)
        super().save(*args, **kwargs)


class Representant(models.Model):
    """A person who acts for a porteur; one legal representative at a time (domaine.md §9, COH-15)."""

    porteur = models.ForeignKey(Porteur, models.CASCADE, related_name="representants", verbose_name="porteur")
    nom = models.CharField("nom", max_length=150)
    fonction = models.CharField("fonction", max_length=150)
    email = models.EmailField("adresse électronique", blank=True)
    telephone = models.CharField("téléphone", max_length=30, blank=True)
    legal = models.BooleanField("représentant légal", default=False)
    date_debut = models.DateField("depuis le", null=True, blank=True)
    date_fin = models.DateField("jusqu'au", null=True, blank=True)

    objects = DossierPorteurQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "représentant"
        verbose_name_plural = "représentants"
        ordering = ["porteur", "-legal", "nom"]
        constraints = [
            models.UniqueConstraint(
                fields=["porteur"],
                condition=Q(legal=True, date_fin__isnull=True),
                name="representant_legal_unique",
                violation_error_message=(
                    "Cette structure a déjà un représentant légal : indiquez la date de fin du précédent."
                ),
            ),
            models.CheckConstraint(
                name="representant_dates_ordonnees",
                condition=Q(date_debut__isnull=True)
                | Q(date_fin__isnull=True)
                | Q(date_fin__gte=F("date_debut")),
                violation_error_message="La date de fin doit suivre la date de début.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.nom}, {self.fonction}"


class Agrement(models.Model):
    """An approval held by a porteur (« Centre social » of the CAF…), with its dates."""

    porteur = models.ForeignKey(Porteur, models.CASCADE, related_name="agrements", verbose_name="porteur")
    type = models.CharField("type", max_length=120)
    organisme = models.CharField("délivré par", max_length=150, blank=True)
    date_debut = models.DateField("du", null=True, blank=True)
    date_fin = models.DateField("au", null=True, blank=True)

    objects = DossierPorteurQuerySet.as_manager()

    class Meta:
        verbose_name = "agrément"
        verbose_name_plural = "agréments"
        ordering = ["porteur", "type"]
        constraints = [
            models.CheckConstraint(
                name="agrement_dates_ordonnees",
                condition=Q(date_debut__isnull=True)
                | Q(date_fin__isnull=True)
                | Q(date_fin__gte=F("date_debut")),
                violation_error_message="La date de fin doit suivre la date de début.",
            ),
        ]

    def __str__(self) -> str:
        return self.type


class MoyenHumain(models.Model):
    """The people of a structure in one year: staff, full-time equivalents, volunteers, members."""

    porteur = models.ForeignKey(
        Porteur, models.CASCADE, related_name="moyens_humains", verbose_name="porteur"
    )
    annee = models.PositiveSmallIntegerField("année")
    salaries_permanents = models.PositiveIntegerField("salariés permanents", null=True, blank=True)
    etp_permanents = models.DecimalField(
        "ETP permanents", max_digits=6, decimal_places=2, null=True, blank=True
    )
    salaries_non_permanents = models.PositiveIntegerField("salariés non permanents", null=True, blank=True)
    etp_non_permanents = models.DecimalField(
        "ETP non permanents", max_digits=6, decimal_places=2, null=True, blank=True
    )
    benevoles = models.PositiveIntegerField("bénévoles", null=True, blank=True)
    volontaires = models.PositiveIntegerField("volontaires", null=True, blank=True)
    adherents = models.PositiveIntegerField("adhérents", null=True, blank=True)
    familles = models.PositiveIntegerField("familles", null=True, blank=True)

    objects = DossierPorteurQuerySet.as_manager()

    class Meta:
        verbose_name = "moyens humains d'une année"
        verbose_name_plural = "moyens humains par année"
        ordering = ["porteur", "-annee"]
        constraints = [
            models.UniqueConstraint(
                fields=["porteur", "annee"],
                name="moyen_humain_unique",
                violation_error_message="Les moyens humains de cette année sont déjà saisis.",
            ),
            models.CheckConstraint(
                name="moyen_humain_etp_positifs",
                condition=(Q(etp_permanents__isnull=True) | Q(etp_permanents__gte=0))
                & (Q(etp_non_permanents__isnull=True) | Q(etp_non_permanents__gte=0)),
                violation_error_message="Un nombre d'ETP ne peut pas être négatif.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.porteur}, {self.annee}"


class Invitation(models.Model):
    """An e-mail address asked to act for a porteur: its link leads to a code sent to that very address.

    The link opens nothing by itself; it expires at a stored date and can be withdrawn.
    """

    porteur = models.ForeignKey(Porteur, models.CASCADE, related_name="invitations", verbose_name="porteur")
    email = models.EmailField("adresse électronique")
    nom = models.CharField("nom", max_length=150, blank=True)
    jeton = models.CharField("jeton", max_length=43, unique=True, editable=False, default=nouveau_jeton)
    invite_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="invitations_faites",
        verbose_name="invité par",
    )
    cree_le = models.DateTimeField("créée le", auto_now_add=True)
    expire_le = models.DateTimeField("valable jusqu'au")
    utilisee_le = models.DateTimeField("première connexion le", null=True, blank=True)
    retiree_le = models.DateTimeField("retirée le", null=True, blank=True)
    retiree_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="invitations_retirees",
        verbose_name="retirée par",
    )

    objects = DossierPorteurQuerySet.as_manager()
    historique = HistoricalRecords(excluded_fields=["jeton"])

    class Meta:
        verbose_name = "invitation"
        verbose_name_plural = "invitations"
        ordering = ["porteur", "email", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["porteur", "email"],
                condition=Q(retiree_le__isnull=True),
                name="invitation_unique",
                violation_error_message="Cette adresse est déjà invitée.",
            ),
            models.CheckConstraint(
                name="invitation_email_minuscule",
                condition=Q(email=Lower("email")),
                violation_error_message="L'adresse s'enregistre en minuscules.",
            ),
            models.CheckConstraint(
                name="invitation_retrait_signe",
                condition=Q(retiree_le__isnull=True, retiree_par__isnull=True)
                | Q(retiree_le__isnull=False, retiree_par__isnull=False),
                violation_error_message="Un retrait dit quand et par qui.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} – {self.porteur}"


class AccesPorteur(models.Model):
    """What an account is for a porteur: it reports on its actions."""

    class Role(models.TextChoices):
        ADMINISTRATEUR = "administrateur", "Responsable (peut inviter des collègues)"
        CONTRIBUTEUR = "contributeur", "Contributeur"

    utilisateur = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="acces_porteurs", verbose_name="compte"
    )
    porteur = models.ForeignKey(Porteur, models.CASCADE, related_name="acces", verbose_name="porteur")
    role = models.CharField("rôle", max_length=20, choices=Role, default=Role.CONTRIBUTEUR)
    cree_le = models.DateTimeField("accordé le", auto_now_add=True)

    objects = AccesQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "accès à un porteur"
        verbose_name_plural = "accès aux porteurs"
        ordering = ["porteur", "utilisateur"]
        constraints = [
            models.UniqueConstraint(
                fields=["utilisateur", "porteur"],
                name="acces_porteur_unique",
                violation_error_message="Ce compte représente déjà ce porteur.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.utilisateur} – {self.porteur}"
