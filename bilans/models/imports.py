"""Spreadsheets coming in: the file, what was read of it row by row, what was decided, what it changed."""

from collections.abc import Mapping
from pathlib import PurePath

from django.conf import settings
from django.db import models
from django.db.models import Q

from actions.models import ActionAnnuelle, Campagne
from comptes.modeles import AvecCle
from contrats.models import ContratVille

from ..querysets import ImportQuerySet, ViaImport

SUFFIXES = (".xlsx", ".ods", ".csv")


def chemin_du_tableur(import_tableur: "ImportTableur", nom: str) -> str:
    """Return where an imported file is kept: its key, never the name that it came with, whatever it ends with."""
    suffixe = PurePath(nom).suffix.lower()
    return f"imports/{import_tableur.cle}{suffixe if suffixe in SUFFIXES else ''}"


class ImportTableur(AvecCle):
    """A spreadsheet that came in: kept with its fingerprint, staged, confirmed in one transaction, undone.

    It is the entry of the journal: who, when, from which file, what it did.
    """

    class Genre(models.TextChoices):
        TABLEAU = "tableau", "Tableau d'une collectivité"
        RETOUR = "retour", "Classeur de Pilotis modifié"

    class Statut(models.TextChoices):
        RECU = "recu", "Reçu"
        LECTURE = "lecture", "En cours de lecture"
        COLONNES = "colonnes", "Colonnes à vérifier"
        A_RELIRE = "a_relire", "À relire"
        APPLICATION = "application", "En cours d'application"
        APPLIQUE = "applique", "Appliqué"
        ANNULATION = "annulation", "En cours d'annulation"
        ANNULE = "annule", "Annulé"
        REFUSE = "refuse", "Refusé"
        ABANDONNE = "abandonne", "Abandonné"

    campagne = models.ForeignKey(Campagne, models.CASCADE, related_name="imports", verbose_name="campagne")
    genre = models.CharField("genre", max_length=10, choices=Genre, default=Genre.TABLEAU)
    # What a modified workbook of Pilotis was made from: « annexe:porteurs », « liste:actions »… Blank for a table.
    jeu = models.CharField("jeu de données", max_length=40, blank=True)
    statut = models.CharField("état", max_length=12, choices=Statut, default=Statut.RECU)
    auteur = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="imports", verbose_name="déposé par"
    )
    cree_le = models.DateTimeField("déposé le", auto_now_add=True)
    fichier = models.FileField("fichier", upload_to=chemin_du_tableur, max_length=120)
    nom = models.CharField("nom du fichier", max_length=150)
    taille = models.PositiveIntegerField("taille en octets")
    empreinte = models.CharField("empreinte SHA-256", max_length=64)
    # What was recognised (sheet, header, columns with their confidence), as `imports.structure` describes it.
    structure = models.JSONField("structure reconnue", default=dict, blank=True)
    # What a person confirmed or corrected: {column index: {"champ", "financeur", "etat"…}}, and the choices of reading.
    correspondances = models.JSONField("correspondances", default=dict, blank=True)
    options = models.JSONField("choix de lecture", default=dict, blank=True)
    avertissements = models.JSONField("avertissements", default=list, blank=True)
    # What was answered, by key of the question, once for all the rows that ask it; it outlives the rows.
    reponses = models.JSONField("réponses", default=dict, blank=True)
    # The actions of the year that the table does not have, in a sentence: an answer may change it.
    absentes = models.TextField("actions absentes", blank=True)
    # Printed totals beside those of the rows: {"libelle", "imprime", "calcule", "ecart", "explication"…}, in words.
    totaux = models.JSONField("totaux comparés", default=list, blank=True)
    fait = models.PositiveIntegerField("lignes faites", default=0)
    a_faire = models.PositiveIntegerField("lignes à faire", default=0)
    message = models.TextField("message", blank=True)
    # When the worker took it last: one that nothing moves any more may be taken again.
    pris_le = models.DateTimeField("pris en charge le", null=True, blank=True)
    applique_le = models.DateTimeField("appliqué le", null=True, blank=True)
    applique_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="imports_appliques",
        verbose_name="appliqué par",
    )
    annule_le = models.DateTimeField("annulé le", null=True, blank=True)
    annule_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="imports_annules",
        verbose_name="annulé par",
    )

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = "import"
        verbose_name_plural = "imports"
        ordering = ["-cree_le", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="import_applique_complet",
                condition=~Q(statut__in=["applique", "annulation", "annule"])
                | Q(applique_le__isnull=False, applique_par__isnull=False),
                violation_error_message="Un import appliqué dit quand et par qui.",
            ),
            models.CheckConstraint(
                name="import_annule_complet",
                condition=~Q(statut="annule") | Q(annule_le__isnull=False, annule_par__isnull=False),
                violation_error_message="Un import annulé dit quand et par qui.",
            ),
            models.CheckConstraint(
                name="import_refuse_explique",
                condition=~Q(statut="refuse", message=""),
                violation_error_message="Un import refusé dit pourquoi.",
            ),
        ]

    def __str__(self) -> str:
        return self.nom

    @property
    def phrases(self) -> list[str]:
        """What is said of the whole table: how it was read, then the actions that it does not have."""
        return [*self.avertissements, *filter(None, [self.absentes])]


class LigneImport(models.Model):
    """A row of an imported sheet: what is written in it, what it would change, what is to be decided."""

    class Nature(models.TextChoices):
        ACTION = "action", "Action"
        SOUS_TOTAL = "sous_total", "Sous-total"
        TOTAL = "total", "Total"
        PARTS = "parts", "Pourcentages"
        TITRE = "titre", "Titre"
        NOTE = "note", "Note"

    class Categorie(models.TextChoices):
        CREEE = "creee", "À créer"
        MODIFIEE = "modifiee", "À modifier"
        INCHANGEE = "inchangee", "Inchangée"
        A_DECIDER = "a_decider", "À décider"
        CONFLIT = "conflit", "Changée des deux côtés"
        SUPPRIMEE = "supprimee", "Absente du classeur"
        REFUSEE = "refusee", "Refusée"
        CONTROLE = "controle", "Total de contrôle"
        IGNOREE = "ignoree", "Sans action"

    import_tableur = models.ForeignKey(
        ImportTableur, models.CASCADE, related_name="lignes", verbose_name="import"
    )
    ordre = models.PositiveIntegerField("rang")
    feuille = models.CharField("feuille", max_length=100)
    numero = models.PositiveIntegerField("ligne", null=True, blank=True)
    nature = models.CharField("nature", max_length=12, choices=Nature, default=Nature.ACTION)
    categorie = models.CharField("catégorie", max_length=12, choices=Categorie)
    # Whether to apply it; None while nobody chose and the category decides.
    retenue = models.BooleanField("à appliquer", null=True, blank=True)
    titre = models.CharField("titre", max_length=500, blank=True)
    # « annuelle:<cle> », « porteur:<cle> », « axe:<pk> »… Blank for what is to be created.
    objet = models.CharField("objet", max_length=60, blank=True)
    annuelle = models.ForeignKey(
        ActionAnnuelle, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="action"
    )
    brut = models.JSONField("cellules lues", default=list, blank=True)
    valeurs = models.JSONField("valeurs lues", default=dict, blank=True)
    changements = models.JSONField("changements", default=list, blank=True)
    questions = models.JSONField("questions", default=list, blank=True)
    # Of the answers of the import, those to the questions of this row.
    reponses = models.JSONField("réponses", default=dict, blank=True)
    problemes = models.JSONField("problèmes", default=list, blank=True)

    objects = ViaImport.as_manager()

    class Meta:
        verbose_name = "ligne d'un import"
        verbose_name_plural = "lignes d'un import"
        ordering = ["import_tableur", "ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["import_tableur", "ordre"],
                name="ligne_import_ordre_unique",
                violation_error_message="Deux lignes d'un import ne peuvent pas avoir le même rang.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.feuille}, ligne {self.numero}"

    def retenir_les_reponses(self, donnees: Mapping[str, str]) -> None:
        """Keep, of all that was answered in the import, what answers a question of this row; unsaved."""
        posees = [question["cle"] for question in self.questions]
        self.reponses = {cle: donnees[cle] for cle in posees if cle in donnees}


class EffetImport(models.Model):
    """A row of the database that an import created, changed or deleted: what undoing puts back."""

    class Nature(models.TextChoices):
        CREATION = "creation", "Création"
        MODIFICATION = "modification", "Modification"
        SUPPRESSION = "suppression", "Suppression"

    import_tableur = models.ForeignKey(
        ImportTableur, models.CASCADE, related_name="effets", verbose_name="import"
    )
    ordre = models.PositiveIntegerField("rang")
    ligne = models.ForeignKey(
        LigneImport, models.SET_NULL, null=True, blank=True, related_name="effets", verbose_name="ligne"
    )
    nature = models.CharField("nature", max_length=12, choices=Nature)
    modele = models.CharField("modèle", max_length=60)
    objet_pk = models.BigIntegerField("objet")
    avant = models.JSONField("avant", default=dict, blank=True)
    apres = models.JSONField("après", default=dict, blank=True)

    objects = ViaImport.as_manager()

    class Meta:
        verbose_name = "effet d'un import"
        verbose_name_plural = "effets d'un import"
        ordering = ["import_tableur", "ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["import_tableur", "ordre"],
                name="effet_import_ordre_unique",
                violation_error_message="Deux effets d'un import ne peuvent pas avoir le même rang.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_nature_display()} : {self.modele}"


class CorrespondanceMemorisee(models.Model):
    """What the columns of a layout are, as a person confirmed it: proposed again for the same headers."""

    contrat = models.ForeignKey(
        ContratVille, models.CASCADE, related_name="correspondances", verbose_name="contrat"
    )
    # SHA-256 of the normalised headers, in order.
    signature = models.CharField("signature des en-têtes", max_length=64)
    correspondances = models.JSONField("correspondances", default=dict)
    options = models.JSONField("choix de lecture", default=dict, blank=True)
    maj_le = models.DateTimeField("mise à jour le", auto_now=True)
    maj_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="mise à jour par"
    )

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = "correspondance de colonnes"
        verbose_name_plural = "correspondances de colonnes"
        ordering = ["contrat", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contrat", "signature"],
                name="correspondance_unique",
                violation_error_message="Cette disposition de colonnes est déjà connue pour ce contrat.",
            ),
        ]

    def __str__(self) -> str:
        return f"Colonnes de {self.contrat}"
