"""The frame: contract, territories, axe tree with its lists, indicators, statistics, instances."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords
from stdnum.fr import siren as siren_fr

from comptes.acces import AccesQuerySet
from comptes.modeles import AvecRecherche
from documents.couleurs import contraste, lire_couleur, nuance_lisible, se_lit_en_blanc
from documents.formats import nombre
from documents.normalisation import normaliser

from .querysets import (
    AxeQuerySet,
    ContratVilleQuerySet,
    MembreInstanceQuerySet,
    NomenclatureQuerySet,
    SeanceQuerySet,
    ViaAxe,
    ViaContrat,
    ViaStatistique,
    ViaTerritoire,
)

# Lower bound of every year typed in the application: the first contracts of the loi Lamy date from 2014.
ANNEE_MIN, ANNEE_MAX = 2014, 2100


def valider_siren(valeur: str) -> None:
    """Raise ValidationError unless `valeur` is a SIREN: nine digits whose last one is a check digit."""
    if not siren_fr.is_valid(valeur):
        raise ValidationError(
            "Ce numéro SIREN n'est pas valable : vérifiez les neuf chiffres, l'un d'eux est sans doute faux."
        )


class NomenclatureModel(models.Model):
    """A coded entry of a public list."""

    code = models.CharField("code", max_length=20, primary_key=True)
    libelle = models.CharField("libellé", max_length=255)
    ordre = models.PositiveSmallIntegerField("ordre", default=0)

    objects = NomenclatureQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["ordre", "code"]

    def __str__(self) -> str:
        return self.libelle


class ObjectifNational(NomenclatureModel):
    """One of the four national objectives of « Engagements Quartiers 2030 »."""

    class Meta(NomenclatureModel.Meta):
        verbose_name = "objectif national"
        verbose_name_plural = "objectifs nationaux"


class GenerationQpv(NomenclatureModel):
    """A generation of the priority geography: 2015 (codes QP…) or 2024 (codes QN…)."""

    date_debut = models.DateField("en vigueur du")
    date_fin = models.DateField("au", null=True, blank=True)
    decret = models.CharField("décret", max_length=100, blank=True)

    class Meta(NomenclatureModel.Meta):
        verbose_name = "génération de QPV"
        verbose_name_plural = "générations de QPV"


def valider_couleur(valeur: str) -> None:
    """Raise ValidationError unless `valeur` is a colour « #0F5C63 » on which white words are read (WCAG 2.1, 1.4.3)."""
    try:
        lisible = lire_couleur(valeur) == valeur
    except ValueError:
        lisible = False
    if not lisible:
        raise ValidationError(COULEUR_ILLISIBLE)
    if not se_lit_en_blanc(valeur):
        # rounded down: 4,48 is not « 4,5 »
        dixiemes = Decimal(int(10 * contraste(valeur))) / 10
        raise ValidationError(
            f"Cette couleur est trop claire : un texte blanc ne s'y lit pas assez (contraste de "
            f"{nombre(dixiemes, 1)} pour 1, il en faut 4,5). La nuance la plus proche qui convient est "
            f"{nuance_lisible(valeur)}."
        )


COULEUR_ILLISIBLE = (
    "Pilotis ne reconnaît pas cette couleur. Copiez-la de votre charte graphique, en hexadécimal (#0F5C63) ou en "
    "rouge, vert, bleu (15, 92, 99)."
)


def chemin_du_logo(epci: "Epci", nom: str) -> str:
    """Return where the logo is kept: by its bytes, so that another one is another file."""
    return f"collectivites/{epci.pk}/{epci.logo_empreinte}"


class Epci(models.Model):
    """The intercommunality that runs one or several contracts, one after the other; its logo and its colour."""

    LOGO_TYPE = "image/png"

    nom = models.CharField("nom", max_length=200, unique=True)
    siren = models.CharField("SIREN", max_length=9, blank=True, validators=[valider_siren])
    # An opaque PNG without metadata, whatever was sent (`bilans.operations.identite`).
    logo = models.FileField("logo", upload_to=chemin_du_logo, max_length=120, blank=True, editable=False)
    logo_empreinte = models.CharField("empreinte SHA-256", max_length=64, blank=True, editable=False)
    logo_largeur = models.PositiveSmallIntegerField(
        "largeur en points", null=True, blank=True, editable=False
    )
    logo_hauteur = models.PositiveSmallIntegerField(
        "hauteur en points", null=True, blank=True, editable=False
    )
    logo_description = models.CharField("description du logo", max_length=150, blank=True)
    couleur = models.CharField("couleur", max_length=7, blank=True, validators=[valider_couleur])
    version = models.PositiveIntegerField("version", default=1, editable=False)

    objects = NomenclatureQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "intercommunalité"
        verbose_name_plural = "intercommunalités"
        ordering = ["nom"]
        constraints = [
            models.CheckConstraint(
                name="epci_logo_decrit",
                condition=Q(logo="")
                | (
                    ~Q(logo_description="")
                    & ~Q(logo_empreinte="")
                    & Q(logo_largeur__gt=0, logo_hauteur__gt=0)
                ),
                violation_error_message="Décrivez le logo : une personne peut ne pas le voir.",
            ),
        ]

    def __str__(self) -> str:
        return self.nom


class Commune(models.Model):
    """A municipality of the intercommunality."""

    code_insee = models.CharField(
        "code INSEE",
        max_length=5,
        unique=True,
        validators=[
            RegexValidator(
                r"^(\d{2}|2[AB])\d{3}$",
                "Un code INSEE de commune a cinq caractères, par exemple 39198 ou 2A004.",
            )
        ],
    )
    nom = models.CharField("nom", max_length=150)
    epci = models.ForeignKey(Epci, models.PROTECT, related_name="communes", verbose_name="intercommunalité")

    objects = NomenclatureQuerySet.as_manager()

    class Meta:
        verbose_name = "commune"
        verbose_name_plural = "communes"
        ordering = ["nom"]

    def __str__(self) -> str:
        return self.nom


class ContratVille(models.Model):
    """A contrat de ville: framework contract of an EPCI with the State (loi n° 2014-173, art. 6)."""

    slug = models.SlugField("nom dans l'adresse", max_length=60, unique=True)
    nom = models.CharField("nom", max_length=200)
    nom_court = models.CharField(
        "nom court", max_length=60, help_text="Celui de la barre de navigation : « Dole »."
    )
    programme = models.CharField("programme", max_length=120, blank=True)
    code_anct = models.CharField(
        "code ANCT",
        max_length=5,
        blank=True,
        validators=[
            RegexValidator(
                r"^CV\d{3}$", "Un code ANCT s'écrit CV suivi de trois chiffres, par exemple CV129."
            )
        ],
    )
    epci = models.ForeignKey(Epci, models.PROTECT, related_name="contrats", verbose_name="intercommunalité")
    communes = models.ManyToManyField(Commune, related_name="contrats", blank=True, verbose_name="communes")
    date_debut = models.DateField("date de début")
    date_fin = models.DateField("date de fin")
    date_signature = models.DateField("date de signature", null=True, blank=True)
    niveau_1 = models.CharField("nom du premier niveau", max_length=60, default="enjeu")
    niveau_1_pluriel = models.CharField("premier niveau, au pluriel", max_length=60, default="enjeux")
    niveau_2 = models.CharField("nom du deuxième niveau", max_length=60, default="axe de travail")
    niveau_2_pluriel = models.CharField(
        "deuxième niveau, au pluriel", max_length=60, default="axes de travail"
    )
    niveau_3 = models.CharField("nom du troisième niveau", max_length=60, blank=True)
    niveau_3_pluriel = models.CharField("troisième niveau, au pluriel", max_length=60, blank=True)
    presentation = models.TextField("présentation", blank=True)
    consigne_criteres = models.CharField(
        "consigne des critères d'évaluation",
        max_length=200,
        blank=True,
        help_text="Écrite entre parenthèses dans l'en-tête du tableau des enjeux.",
    )
    objectifs_nationaux = models.ManyToManyField(
        ObjectifNational, related_name="contrats", blank=True, verbose_name="objectifs nationaux"
    )

    objects = ContratVilleQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "contrat de ville"
        verbose_name_plural = "contrats de ville"
        ordering = ["nom_court", "date_debut"]
        constraints = [
            models.CheckConstraint(
                name="contrat_dates_ordonnees",
                condition=Q(date_fin__gt=F("date_debut")),
                violation_error_message="Le contrat doit se terminer après avoir commencé : vérifiez les deux dates.",
            ),
        ]

    def __str__(self) -> str:
        return self.nom

    def contient(self, jour: date) -> bool:
        """Whether `jour` is within the contract."""
        return self.date_debut <= jour <= self.date_fin


class PhaseContrat(models.Model):
    """A phase of the contract, with dates: two phases may share a year (« 2024-2027 et 2027-2030 »)."""

    contrat = models.ForeignKey(ContratVille, models.CASCADE, related_name="phases", verbose_name="contrat")
    numero = models.PositiveSmallIntegerField("numéro")
    date_debut = models.DateField("date de début")
    date_fin = models.DateField("date de fin")

    objects = ViaContrat.as_manager()

    class Meta:
        verbose_name = "phase du contrat"
        verbose_name_plural = "phases du contrat"
        ordering = ["contrat", "numero"]
        constraints = [
            models.UniqueConstraint(
                fields=["contrat", "numero"],
                name="phase_numero_unique",
                violation_error_message="Ce contrat a déjà une phase de ce numéro.",
            ),
            models.CheckConstraint(
                name="phase_dates_ordonnees",
                condition=Q(date_fin__gt=F("date_debut")),
                violation_error_message="La phase doit se terminer après avoir commencé.",
            ),
        ]

    def __str__(self) -> str:
        return f"Phase {self.numero}, {self.date_debut.year}-{self.date_fin.year}"


class Territoire(AvecRecherche):
    """A place that actions reach: QPV of either generation, quartier vécu, fragile, commune…"""

    class Type(models.TextChoices):
        QPV = "qpv", "Quartier prioritaire (QPV)"
        QUARTIER_VECU = "quartier_vecu", "Quartier vécu"
        QUARTIER_FRAGILE = "quartier_fragile", "Quartier fragile"
        VEILLE_ACTIVE = "veille_active", "Quartier de veille active"
        HORS_QPV = "hors_qpv", "Hors QPV"
        COMMUNE = "commune", "Commune entière"

    CHAMPS_RECHERCHE = ("nom", "code")

    contrat = models.ForeignKey(
        ContratVille, models.CASCADE, related_name="territoires", verbose_name="contrat"
    )
    type = models.CharField("type", max_length=20, choices=Type)
    nom = models.CharField("nom", max_length=150)
    code = models.CharField(
        "code national",
        max_length=8,
        blank=True,
        validators=[
            RegexValidator(
                r"^(QP(\d{3}|02[AB])\d{3}|QN(\d{3}|02[AB])\d{2}[NMI])$",
                "Un code de QPV s'écrit comme QP093028 (génération 2015) ou QN09301M (génération 2024).",
            )
        ],
    )
    generation = models.ForeignKey(
        GenerationQpv,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="territoires",
        verbose_name="génération",
    )
    predecesseurs = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="successeurs",
        verbose_name="prédécesseurs",
        help_text="Les quartiers de la génération précédente dont celui-ci est issu.",
    )
    commune = models.ForeignKey(
        Commune, models.PROTECT, null=True, blank=True, related_name="territoires", verbose_name="commune"
    )
    population = models.PositiveIntegerField("population", null=True, blank=True)
    population_source = models.CharField("source de la population", max_length=150, blank=True)
    superficie_ha = models.DecimalField(
        "superficie (ha)", max_digits=8, decimal_places=2, null=True, blank=True
    )
    contour = models.JSONField("contour (GeoJSON)", null=True, blank=True)
    # printed under the map, as open licences ask
    contour_source = models.CharField("source du contour", max_length=150, blank=True)
    contour_le = models.DateTimeField("contour chargé le", null=True, blank=True, editable=False)

    objects = ViaContrat.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "territoire"
        verbose_name_plural = "territoires"
        ordering = ["contrat", "type", "recherche"]
        constraints = [
            models.UniqueConstraint(
                fields=["contrat", "nom", "type"],
                name="territoire_nom_unique",
                violation_error_message="Ce contrat a déjà un territoire de ce type et de ce nom.",
            ),
            models.UniqueConstraint(
                fields=["contrat", "code"],
                condition=~Q(code=""),
                name="territoire_code_unique",
                violation_error_message="Ce contrat a déjà un territoire de ce code.",
            ),
            models.CheckConstraint(
                name="territoire_code_selon_generation",
                condition=Q(code="")
                | Q(type="qpv", generation="2015", code__startswith="QP")
                | Q(type="qpv", generation="2024", code__startswith="QN"),
                violation_error_message=(
                    "Un code national ne va qu'à un QPV, et suit sa génération : QP… pour 2015, QN… pour 2024."
                ),
            ),
            models.CheckConstraint(
                name="territoire_generation_qpv",
                condition=Q(type="qpv") | Q(generation__isnull=True),
                violation_error_message="Seul un QPV a une génération.",
            ),
        ]

    def __str__(self) -> str:
        return self.nom


class AliasTerritoire(models.Model):
    """Another way a document names a territory (« Escanau »): proposed at import, never merged silently."""

    contrat = models.ForeignKey(
        ContratVille, models.CASCADE, related_name="alias_territoires", verbose_name="contrat"
    )
    territoire = models.ForeignKey(
        Territoire, models.CASCADE, related_name="alias", verbose_name="territoire"
    )
    libelle = models.CharField("libellé", max_length=150)
    libelle_normalise = models.CharField("libellé normalisé", max_length=150, editable=False)

    objects = ViaTerritoire.as_manager()

    class Meta:
        verbose_name = "autre nom d'un territoire"
        verbose_name_plural = "autres noms de territoires"
        ordering = ["libelle_normalise"]
        constraints = [
            models.UniqueConstraint(
                fields=["contrat", "libelle_normalise"],
                name="alias_territoire_unique",
                violation_error_message="Ce nom désigne déjà un territoire du contrat.",
            ),
        ]

    def __str__(self) -> str:
        return self.libelle

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.libelle_normalise = normaliser(self.libelle)
        super().save(*args, **kwargs)


class Axe(AvecRecherche):
    """A node of the contract's tree, at most three levels; the contract names its levels."""

    NIVEAU_MAX = 3
    CHAMPS_RECHERCHE = ("code", "libelle")

    contrat = models.ForeignKey(ContratVille, models.CASCADE, related_name="axes", verbose_name="contrat")
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="enfants", verbose_name="rattaché à"
    )
    niveau = models.PositiveSmallIntegerField(
        "niveau", validators=[MinValueValidator(1), MaxValueValidator(NIVEAU_MAX)]
    )
    code = models.CharField("code", max_length=20)
    libelle = models.CharField("libellé", max_length=255)
    ordre = models.PositiveSmallIntegerField(
        "ordre", default=0, help_text="Rang dans tout le contrat, dans l'ordre de lecture du document."
    )
    archive = models.BooleanField("archivé", default=False)
    objectifs_nationaux = models.ManyToManyField(
        ObjectifNational, related_name="axes", blank=True, verbose_name="objectifs nationaux"
    )

    objects = AxeQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "axe"
        verbose_name_plural = "axes"
        ordering = ["contrat", "ordre", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["contrat", "code"],
                name="axe_code_unique",
                violation_error_message="Ce contrat a déjà un axe de ce code.",
            ),
            models.CheckConstraint(
                name="axe_niveau_selon_parent",
                condition=Q(niveau=1, parent__isnull=True) | Q(niveau__in=[2, 3], parent__isnull=False),
                violation_error_message="Un axe de premier niveau n'est rattaché à aucun autre ; les suivants le sont.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.libelle}"

    def clean(self) -> None:
        if self.parent and (
            self.parent.contrat_id != self.contrat_id or self.parent.niveau != self.niveau - 1
        ):
            raise ValidationError({"parent": "Choisissez un axe du même contrat, au niveau juste au-dessus."})


class ElementAxe(models.Model):
    """An item of one of the lists that an axe carries."""

    axe = models.ForeignKey(Axe, models.CASCADE, verbose_name="axe")
    ordre = models.PositiveSmallIntegerField("ordre")
    libelle = models.TextField("libellé")

    objects = ViaAxe.as_manager()

    class Meta:
        abstract = True
        ordering = ["axe", "ordre"]

    def __str__(self) -> str:
        return self.libelle


def _element(nom: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(
        fields=["axe", "ordre"],
        name=f"{nom}_ordre_unique",
        violation_error_message="Deux éléments de la liste ne peuvent pas avoir le même rang.",
    )


class Objectif(ElementAxe):
    """An « objectif général » of an axe."""

    axe = models.ForeignKey(Axe, models.CASCADE, related_name="objectifs", verbose_name="axe")

    class Meta(ElementAxe.Meta):
        verbose_name = "objectif général"
        verbose_name_plural = "objectifs généraux"
        constraints = [_element("objectif")]


class Levier(ElementAxe):
    """A lever of an axe: what it can rely on."""

    axe = models.ForeignKey(Axe, models.CASCADE, related_name="leviers", verbose_name="axe")

    class Meta(ElementAxe.Meta):
        verbose_name = "levier"
        verbose_name_plural = "leviers"
        constraints = [_element("levier")]


class Partenaire(AvecRecherche):
    """An institution associated with the contract."""

    class Type(models.TextChoices):
        ETAT = "etat", "État"
        COLLECTIVITE = "collectivite", "Collectivité"
        SECURITE_SOCIALE = "securite_sociale", "Protection sociale"
        BAILLEUR = "bailleur", "Bailleur social"
        ETABLISSEMENT = "etablissement", "Établissement public"
        ASSOCIATION = "association", "Association"
        AUTRE = "autre", "Autre"

    CHAMPS_RECHERCHE = ("nom",)

    contrat = models.ForeignKey(
        ContratVille, models.CASCADE, related_name="partenaires", verbose_name="contrat"
    )
    nom = models.CharField("nom", max_length=200)
    type = models.CharField("type", max_length=20, choices=Type, default=Type.AUTRE)
    missions = models.TextField("missions", blank=True)
    dispositifs = models.TextField("dispositifs apportés", blank=True)

    objects = ViaContrat.as_manager()

    class Meta:
        verbose_name = "partenaire"
        verbose_name_plural = "partenaires"
        ordering = ["contrat", "recherche"]
        constraints = [
            models.UniqueConstraint(
                fields=["contrat", "recherche"],
                name="partenaire_unique",
                violation_error_message="Ce contrat a déjà un partenaire de ce nom.",
            ),
        ]

    def __str__(self) -> str:
        return self.nom


class PartenaireAssocie(ElementAxe):
    """A partner named by an axe, in the words of the contract."""

    axe = models.ForeignKey(Axe, models.CASCADE, related_name="partenaires_associes", verbose_name="axe")
    partenaire = models.ForeignKey(
        Partenaire,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="citations",
        verbose_name="partenaire",
    )

    class Meta(ElementAxe.Meta):
        verbose_name = "partenaire associé"
        verbose_name_plural = "partenaires associés"
        constraints = [_element("partenaire_associe")]


class Indicateur(models.Model):
    """A measured quantity of the contract or of an axe."""

    class Unite(models.TextChoices):
        NOMBRE = "nombre", "Nombre"
        PERSONNE = "personne", "Personnes"
        MENAGE = "menage", "Ménages"
        SEANCE = "seance", "Séances"
        HEURE = "heure", "Heures"
        POURCENT = "pourcent", "%"
        EURO = "euro", "€"

    class Sens(models.TextChoices):
        HAUSSE = "hausse", "Une hausse est favorable"
        BAISSE = "baisse", "Une baisse est favorable"
        NEUTRE = "neutre", "Sans sens favorable"

    class Agregation(models.TextChoices):
        SOMME = "somme", "Somme"
        MAXIMUM = "maximum", "Plus grande valeur"
        DERNIERE = "derniere", "Dernière valeur"
        AUCUNE = "aucune", "Ne s'additionne pas"

    contrat = models.ForeignKey(
        ContratVille, models.CASCADE, related_name="indicateurs", verbose_name="contrat"
    )
    axe = models.ForeignKey(
        Axe, models.SET_NULL, null=True, blank=True, related_name="indicateurs", verbose_name="axe"
    )
    code = models.CharField("code", max_length=30)
    libelle = models.CharField("libellé", max_length=255)
    unite = models.CharField("unité", max_length=10, choices=Unite, default=Unite.NOMBRE)
    sens = models.CharField("sens", max_length=10, choices=Sens, default=Sens.NEUTRE)
    agregation = models.CharField("agrégation", max_length=10, choices=Agregation, default=Agregation.AUCUNE)
    sexue = models.BooleanField("demandé par sexe", default=False)
    source = models.CharField("source", max_length=200, blank=True)
    periodicite = models.CharField("périodicité", max_length=60, blank=True)

    objects = ViaContrat.as_manager()

    class Meta:
        verbose_name = "indicateur"
        verbose_name_plural = "indicateurs"
        ordering = ["contrat", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["contrat", "code"],
                name="indicateur_code_unique",
                violation_error_message="Ce contrat a déjà un indicateur de ce code.",
            ),
        ]

    def __str__(self) -> str:
        return self.libelle


class Critere(ElementAxe):
    """A « critère d'évaluation » of an axe; measurable when it points to an indicator."""

    axe = models.ForeignKey(Axe, models.CASCADE, related_name="criteres", verbose_name="axe")
    indicateur = models.ForeignKey(
        Indicateur, models.SET_NULL, null=True, blank=True, related_name="criteres", verbose_name="indicateur"
    )

    class Meta(ElementAxe.Meta):
        verbose_name = "critère d'évaluation"
        verbose_name_plural = "critères d'évaluation"
        constraints = [_element("critere")]


class Statistique(models.Model):
    """A published statistic about a territory, with its source and year; its values are by scale."""

    contrat = models.ForeignKey(
        ContratVille, models.CASCADE, related_name="statistiques", verbose_name="contrat"
    )
    territoire = models.ForeignKey(
        Territoire,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="statistiques",
        verbose_name="territoire",
    )
    ordre = models.PositiveSmallIntegerField("ordre")
    theme = models.CharField("thème", max_length=40, blank=True)
    libelle = models.CharField("libellé", max_length=200)
    unite = models.CharField("unité", max_length=20, blank=True)
    annee = models.PositiveSmallIntegerField("année", null=True, blank=True)
    source = models.CharField("source", max_length=200, blank=True)
    precision = models.CharField("précision", max_length=255, blank=True)
    citation = models.TextField("citation", blank=True, help_text="Les mots exacts du document.")

    objects = ViaContrat.as_manager()

    class Meta:
        verbose_name = "statistique"
        verbose_name_plural = "statistiques"
        ordering = ["contrat", "ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["contrat", "ordre"],
                name="statistique_ordre_unique",
                violation_error_message="Deux statistiques du contrat ne peuvent pas avoir le même rang.",
            ),
        ]

    def __str__(self) -> str:
        return self.libelle


class ValeurStatistique(models.Model):
    """The value of a statistic at one scale (the QPV, the EPCI…)."""

    class Echelle(models.TextChoices):
        QPV = "qpv", "QPV"
        QUARTIER = "quartier", "Quartier"
        COMMUNE = "commune", "Commune"
        UNITE_URBAINE = "unite_urbaine", "Unité urbaine"
        EPCI = "epci", "Intercommunalité"
        REGION = "region", "Région"
        NATIONAL = "national", "France"

    statistique = models.ForeignKey(
        Statistique, models.CASCADE, related_name="valeurs", verbose_name="statistique"
    )
    echelle = models.CharField("échelle", max_length=15, choices=Echelle)
    valeur = models.DecimalField("valeur", max_digits=12, decimal_places=2)

    objects = ViaStatistique.as_manager()

    class Meta:
        verbose_name = "valeur d'une statistique"
        verbose_name_plural = "valeurs de statistiques"
        ordering = ["statistique", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["statistique", "echelle"],
                name="valeur_statistique_unique",
                violation_error_message="Cette statistique a déjà une valeur à cette échelle.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_echelle_display()} : {self.valeur}"


class Instance(models.Model):
    """A body of the contract's governance: COPIL, COTECH, conseil citoyen…"""

    class Type(models.TextChoices):
        COPIL = "copil", "Comité de pilotage"
        COTECH = "cotech", "Comité technique"
        COMITE_FINANCEURS = "comite_financeurs", "Comité des financeurs"
        EQUIPE_PROJET = "equipe_projet", "Équipe projet"
        CONSEIL_CITOYEN = "conseil_citoyen", "Conseil citoyen"
        GUP = "gup", "Gestion urbaine de proximité"
        GROUPE_THEMATIQUE = "groupe_thematique", "Groupe thématique"
        ASSEMBLEE = "assemblee", "Assemblée délibérante"
        AUTRE = "autre", "Autre"

    contrat = models.ForeignKey(
        ContratVille, models.CASCADE, related_name="instances", verbose_name="contrat"
    )
    type = models.CharField("type", max_length=20, choices=Type, default=Type.AUTRE)
    nom = models.CharField("nom", max_length=150)
    niveau = models.CharField("niveau", max_length=60, blank=True)
    role = models.TextField("rôle", blank=True)
    composition = models.TextField("composition", blank=True)
    frequence = models.CharField("fréquence", max_length=150, blank=True)
    preparation = models.TextField("préparation", blank=True)
    ordre = models.PositiveSmallIntegerField("ordre", default=0)

    objects = ViaContrat.as_manager()

    class Meta:
        verbose_name = "instance"
        verbose_name_plural = "instances"
        ordering = ["contrat", "ordre", "nom"]
        constraints = [
            models.UniqueConstraint(
                fields=["contrat", "nom"],
                name="instance_nom_unique",
                violation_error_message="Ce contrat a déjà une instance de ce nom.",
            ),
        ]

    def __str__(self) -> str:
        return self.nom


class Seance(models.Model):
    """A meeting of an instance: what decisions point to."""

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="seances", verbose_name="instance")
    date = models.DateField("date")
    lieu = models.CharField("lieu", max_length=200, blank=True)
    ordre_du_jour = models.TextField("ordre du jour", blank=True)
    participants = models.TextField(
        "participants", blank=True, help_text="Des fonctions plutôt que des noms."
    )
    decisions = models.TextField("décisions", blank=True)
    compte_rendu = models.TextField("compte rendu", blank=True)
    publie = models.BooleanField("relevé publié", default=False)

    objects = SeanceQuerySet.as_manager()

    class Meta:
        verbose_name = "séance"
        verbose_name_plural = "séances"
        ordering = ["-date"]
        constraints = [
            models.UniqueConstraint(
                fields=["instance", "date"],
                name="seance_unique",
                violation_error_message="Cette instance a déjà une séance ce jour-là.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instance}, {self.date:%d/%m/%Y}"


class Deliberation(models.Model):
    """A decision of an assembly, with the number of the act sent to the prefecture."""

    contrat = models.ForeignKey(
        ContratVille, models.CASCADE, related_name="deliberations", verbose_name="contrat"
    )
    organe = models.CharField("assemblée", max_length=150)
    date = models.DateField("date")
    numero = models.CharField("numéro", max_length=40, blank=True)
    objet = models.TextField("objet", blank=True)
    identifiant_actes = models.CharField(
        "identifiant de l'acte télétransmis",
        max_length=60,
        blank=True,
        validators=[
            RegexValidator(
                r"^(\d{3}|02[AB])-\d{9}-\d{8}-[A-Za-z0-9_]+-[A-Z]{2}$",
                "L'identifiant d'un acte s'écrit comme 025-262500564-20251203-D00198310-DE.",
            )
        ],
    )

    objects = ViaContrat.as_manager()

    class Meta:
        verbose_name = "délibération"
        verbose_name_plural = "délibérations"
        ordering = ["-date", "numero"]

    def __str__(self) -> str:
        return f"{self.organe}, {self.date:%d/%m/%Y}"


class AccesContrat(models.Model):
    """What an account is for a contract: who runs it, who reads its published reports."""

    class Role(models.TextChoices):
        CHARGE_MISSION = "charge_mission", "Chargé·e de mission"
        COPIL = "copil", "Membre du COPIL ou du conseil citoyen"

    utilisateur = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="acces_contrats", verbose_name="compte"
    )
    contrat = models.ForeignKey(ContratVille, models.CASCADE, related_name="acces", verbose_name="contrat")
    role = models.CharField("rôle", max_length=20, choices=Role)
    cree_le = models.DateTimeField("accordé le", auto_now_add=True)

    objects = AccesQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "accès à un contrat"
        verbose_name_plural = "accès aux contrats"
        ordering = ["contrat", "utilisateur"]
        constraints = [
            models.UniqueConstraint(
                fields=["utilisateur", "contrat"],
                name="acces_contrat_unique",
                violation_error_message="Ce compte a déjà un rôle dans ce contrat.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.utilisateur} – {self.get_role_display()} – {self.contrat.nom_court}"


class MembreInstance(models.Model):
    """An account that sits in a body: it gives the opinion of this body on the annual report."""

    instance_siegee = models.ForeignKey(
        Instance, models.CASCADE, related_name="membres", verbose_name="instance"
    )
    utilisateur = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="instances", verbose_name="compte"
    )
    cree_le = models.DateTimeField("depuis le", auto_now_add=True)

    objects = MembreInstanceQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "membre d'une instance"
        verbose_name_plural = "membres des instances"
        ordering = ["instance_siegee", "utilisateur"]
        constraints = [
            models.UniqueConstraint(
                fields=["instance_siegee", "utilisateur"],
                name="membre_instance_unique",
                violation_error_message="Ce compte est déjà membre de cette instance.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.utilisateur} – {self.instance_siegee}"
