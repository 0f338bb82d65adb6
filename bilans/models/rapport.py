"""The annual report: its sections, what is chosen for it, its opinions, its frozen versions and their files."""

from hashlib import sha256
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from actions.models import ActionAnnuelle
from comptes.modeles import AvecCle
from contrats.models import ContratVille, Deliberation, Instance

from ..querysets import (
    AvisRapportQuerySet,
    FichierRapportQuerySet,
    RapportQuerySet,
    SectionRapportQuerySet,
    VersionRapportQuerySet,
    ViaSectionRapport,
)


class RapportAnnuel(AvecCle):
    """The « rapport annuel politique de la ville » of a contract (CGCT L.1111-2, décret 2015-1118)."""

    class Statut(models.TextChoices):
        PREPARATION = "preparation", "En préparation"
        EN_CONSULTATION = "en_consultation", "En consultation"
        FINALISE = "finalise", "Avis recueillis"
        APPROUVE = "approuve", "Approuvé"
        PUBLIE = "publie", "Publié"

    # Its draft was sent for opinion: those who are consulted read the version that was sent.
    STATUTS_CONSULTES = (Statut.EN_CONSULTATION, Statut.FINALISE, Statut.APPROUVE)
    # Its text may be written.
    STATUTS_REDIGES = (Statut.PREPARATION, Statut.EN_CONSULTATION, Statut.FINALISE, Statut.APPROUVE)

    contrat = models.ForeignKey(ContratVille, models.PROTECT, related_name="rapports", verbose_name="contrat")
    annee = models.PositiveSmallIntegerField("année")
    statut = models.CharField("état", max_length=20, choices=Statut, default=Statut.PREPARATION)
    date_envoi_avis = models.DateField("envoyé pour avis le", null=True, blank=True)
    echeance_avis = models.DateField("avis attendus pour le", null=True, blank=True)
    # The council sets the time given for opinions (décret 2015-1118); said when it is known.
    deliberation_delai = models.ForeignKey(
        Deliberation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="delais_de_rapports",
        verbose_name="délibération qui fixe le délai",
    )
    deliberation = models.ForeignKey(
        Deliberation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="rapports",
        verbose_name="délibération",
    )
    publie_le = models.DateTimeField("publié le", null=True, blank=True, editable=False)
    # What names it in its public address, when the collectivity gives it one.
    adresse_publique = models.SlugField(
        "nom dans l'adresse publique", max_length=80, null=True, blank=True, unique=True
    )
    version = models.PositiveIntegerField("version", default=1, editable=False)

    objects = RapportQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "rapport annuel"
        verbose_name_plural = "rapports annuels"
        ordering = ["contrat", "-annee"]
        constraints = [
            models.UniqueConstraint(
                fields=["contrat", "annee"],
                name="rapport_unique",
                violation_error_message="Ce contrat a déjà un rapport pour cette année.",
            ),
            models.CheckConstraint(
                name="rapport_consultation_datee",
                condition=Q(statut="preparation")
                | Q(statut__in=["approuve", "publie"])
                | Q(date_envoi_avis__isnull=False, echeance_avis__isnull=False),
                violation_error_message="Un rapport en consultation a une date d'envoi et une échéance.",
            ),
            models.CheckConstraint(
                name="rapport_approuve_delibere",
                condition=~Q(statut__in=["approuve", "publie"]) | Q(deliberation__isnull=False),
                violation_error_message="Un rapport approuvé renvoie à sa délibération.",
            ),
            models.CheckConstraint(
                name="rapport_publie_date",
                condition=~Q(statut="publie") | Q(publie_le__isnull=False),
                violation_error_message="Un rapport publié dit quand il l'a été.",
            ),
            models.CheckConstraint(
                name="rapport_adresse_si_publie",
                condition=Q(adresse_publique__isnull=True) | Q(statut="publie"),
                violation_error_message="Seul un rapport publié a une adresse publique.",
            ),
            models.CheckConstraint(
                name="rapport_echeance_apres_envoi",
                condition=Q(echeance_avis__isnull=True)
                | Q(date_envoi_avis__isnull=True)
                | Q(echeance_avis__gt=F("date_envoi_avis")),
                violation_error_message="L'échéance des avis doit suivre l'envoi.",
            ),
        ]

    def __str__(self) -> str:
        return f"Rapport {self.annee} – {self.contrat.nom_court}"


class SectionRapport(AvecCle):
    """A section of the annual report: narrative, blocks that stay alive until frozen, shown or not, in its order."""

    rapport = models.ForeignKey(
        RapportAnnuel, models.CASCADE, related_name="sections", verbose_name="rapport"
    )
    ordre = models.PositiveSmallIntegerField("ordre")
    code = models.SlugField("code", max_length=40)
    titre = models.CharField("titre", max_length=200)
    texte = models.TextField("texte", blank=True)
    visible = models.BooleanField("visible", default=True)
    # Codes of the blocks that follow the text, in order (bilans.rapport.blocs).
    blocs = models.JSONField("blocs", default=list, blank=True)

    objects = SectionRapportQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "section du rapport"
        verbose_name_plural = "sections du rapport"
        ordering = ["rapport", "ordre", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rapport", "code"],
                name="section_rapport_unique",
                violation_error_message="Ce rapport a déjà cette section.",
            ),
        ]

    def __str__(self) -> str:
        return self.titre


class ActionPhare(models.Model):
    """An action put forward in the report, with what is said of it; its bilan's words when nothing is."""

    rapport = models.ForeignKey(
        RapportAnnuel, models.CASCADE, related_name="actions_phares", verbose_name="rapport"
    )
    action_annuelle = models.ForeignKey(
        ActionAnnuelle, models.CASCADE, related_name="mises_en_avant", verbose_name="action"
    )
    ordre = models.PositiveSmallIntegerField("ordre")
    texte = models.TextField("texte", blank=True)

    objects = SectionRapportQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "action mise en avant"
        verbose_name_plural = "actions mises en avant"
        ordering = ["rapport", "ordre", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rapport", "action_annuelle"],
                name="action_phare_unique",
                violation_error_message="Cette action est déjà mise en avant.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.action_annuelle)


def chemin_de_la_photo(photo: "PhotoRapport", nom: str) -> str:
    """Return where a photograph is kept: by its bytes, so that a frozen version finds it after its row is gone."""
    return chemin_de_l_image(photo.section.rapport, photo.empreinte)


def chemin_de_l_image(rapport: RapportAnnuel, empreinte: str) -> str:
    """Return where the bytes of that SHA-256 are kept for a report."""
    return f"rapports/{rapport.cle}/photos/{empreinte}"


class PhotoRapport(AvecCle):
    """A photograph of a section: what it shows, who took it, and that it may be published."""

    section = models.ForeignKey(SectionRapport, models.CASCADE, related_name="photos", verbose_name="section")
    ordre = models.PositiveSmallIntegerField("ordre")
    description = models.CharField(
        "description", max_length=300, help_text="Ce que l'on voit, pour qui ne voit pas l'image."
    )
    credit = models.CharField("crédit", max_length=150, blank=True)
    droits_acquis = models.BooleanField("droits de publication acquis", default=False)
    nom = models.CharField("nom du fichier", max_length=150)
    fichier = models.FileField("fichier", upload_to=chemin_de_la_photo, max_length=120)
    type_mime = models.CharField("type", max_length=100)
    taille = models.PositiveIntegerField("taille en octets")
    empreinte = models.CharField("empreinte SHA-256", max_length=64)
    depose_le = models.DateTimeField("déposée le", auto_now_add=True)
    depose_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="photos_rapports", verbose_name="déposée par"
    )

    objects = ViaSectionRapport.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "photographie du rapport"
        verbose_name_plural = "photographies du rapport"
        ordering = ["section", "ordre", "pk"]
        constraints = [
            models.CheckConstraint(
                name="photo_rapport_decrite",
                condition=~Q(description=""),
                violation_error_message="Décrivez la photographie : une personne peut ne pas la voir.",
            ),
            models.CheckConstraint(
                name="photo_rapport_droits",
                condition=Q(droits_acquis=True),
                violation_error_message=(
                    "Une photographie n'entre dans le rapport qu'avec l'accord de la personne qui l'a prise et de "
                    "celles que l'on reconnaît."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.description


class AvisRapport(AvecCle):
    """The opinion of a council or conseil citoyen on the draft report; silence is favourable."""

    class Sens(models.TextChoices):
        FAVORABLE = "favorable", "Favorable"
        RESERVE = "reserve", "Réservé"
        DEFAVORABLE = "defavorable", "Défavorable"
        REPUTE_FAVORABLE = "repute_favorable", "Réputé favorable"

    rapport = models.ForeignKey(RapportAnnuel, models.CASCADE, related_name="avis", verbose_name="rapport")
    # Not « instance »: the rows of the history already have a property of that name.
    instance_consultee = models.ForeignKey(
        Instance, models.PROTECT, related_name="avis_rapports", verbose_name="instance"
    )
    sens = models.CharField("sens", max_length=20, choices=Sens, blank=True)
    date = models.DateField("date", null=True, blank=True)
    texte = models.TextField("texte", blank=True)
    deliberation = models.CharField("délibération", max_length=100, blank=True)
    # Written by a member of the body, or by the desk on its behalf; nobody for silence.
    rendu_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="avis_rendus_sur_rapports",
        verbose_name="rendu par",
    )
    pour_l_instance = models.BooleanField("saisi pour l'instance", default=False)
    suite_donnee = models.TextField("suite donnée", blank=True)
    version = models.PositiveIntegerField("version", default=1, editable=False)

    objects = AvisRapportQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "avis sur le rapport"
        verbose_name_plural = "avis sur le rapport"
        ordering = ["rapport", "instance_consultee__ordre", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rapport", "instance_consultee"],
                name="avis_rapport_unique",
                violation_error_message="Cette instance a déjà rendu un avis.",
            ),
            models.CheckConstraint(
                name="avis_rapport_date",
                condition=Q(sens="") | Q(date__isnull=False),
                violation_error_message="Un avis rendu a une date.",
            ),
            models.CheckConstraint(
                name="avis_rapport_motive",
                condition=~Q(sens__in=["reserve", "defavorable"], texte=""),
                violation_error_message="Un avis réservé ou défavorable dit pourquoi.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instance_consultee} : {self.get_sens_display() or 'en attente'}"


class VersionRapport(AvecCle):
    """A frozen version of the report: figures, texts and fingerprint that nothing changes afterwards."""

    class Nature(models.TextChoices):
        PROJET = "projet", "Projet soumis à avis"
        PUBLIEE = "publiee", "Version publiée"

    rapport = models.ForeignKey(
        RapportAnnuel, models.PROTECT, related_name="versions", verbose_name="rapport"
    )
    numero = models.PositiveSmallIntegerField("numéro")
    nature = models.CharField("nature", max_length=10, choices=Nature, default=Nature.PROJET)
    motif = models.TextField("motif", blank=True)
    # The whole report, byte for byte as `documents.rapport_json` writes it: a JSON column would be written anew.
    contenu = models.TextField("contenu")
    empreinte = models.CharField("empreinte SHA-256", max_length=64)
    figee_le = models.DateTimeField("figée le")
    figee_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="versions_rapports", verbose_name="figée par"
    )

    objects = VersionRapportQuerySet.as_manager()

    class Meta:
        verbose_name = "version du rapport"
        verbose_name_plural = "versions du rapport"
        ordering = ["rapport", "numero"]
        constraints = [
            models.UniqueConstraint(
                fields=["rapport", "numero"],
                name="version_rapport_unique",
                violation_error_message="Cette version existe déjà.",
            ),
            models.CheckConstraint(
                name="version_correction_motivee",
                condition=Q(numero=1) | ~Q(motif=""),
                violation_error_message="Une nouvelle version dit pourquoi elle remplace la précédente.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rapport}, version {self.numero}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the version; one that is kept never changes. Raises TypeError when it does."""
        if not self._state.adding:
            raise TypeError("Une version figée ne change pas : une correction est une nouvelle version.")
        super().save(*args, **kwargs)

    @property
    def est_intacte(self) -> bool:
        """Whether the content is still that of the fingerprint."""
        return sha256(self.contenu.encode()).hexdigest() == self.empreinte


class TransitionRapport(models.Model):
    """A change of state of the report: who, when, and why when a reason is asked."""

    rapport = models.ForeignKey(
        RapportAnnuel, models.CASCADE, related_name="transitions", verbose_name="rapport"
    )
    de = models.CharField("de", max_length=20, choices=RapportAnnuel.Statut)
    vers = models.CharField("vers", max_length=20, choices=RapportAnnuel.Statut)
    auteur = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="transitions_rapports", verbose_name="auteur"
    )
    quand = models.DateTimeField("quand", auto_now_add=True)
    motif = models.TextField("motif", blank=True)

    objects = SectionRapportQuerySet.as_manager()

    class Meta:
        verbose_name = "passage d'un rapport"
        verbose_name_plural = "passages des rapports"
        ordering = ["rapport", "quand", "pk"]

    def __str__(self) -> str:
        return f"{self.get_de_display()} → {self.get_vers_display()}"


def chemin_du_fichier(fichier: "FichierRapport", nom: str) -> str:
    """Return where a file made of a report is kept: under its key."""
    return f"rapports/{fichier.rapport.cle}/{fichier.cle}{PurePath(nom).suffix.lower()}"


class FichierRapport(AvecCle):
    """A file of a report, made by the worker: asked for, under way, made, failed with its reason, or given up."""

    class Format(models.TextChoices):
        PDF = "pdf", "PDF"
        XLSX = "xlsx", "Excel"
        DOCX = "docx", "Word"

    class Etat(models.TextChoices):
        DEMANDE = "demande", "Demandé"
        EN_COURS = "en_cours", "En cours"
        FAIT = "fait", "Fait"
        ECHOUE = "echoue", "Échoué"
        ABANDONNE = "abandonne", "Abandonné"

    ETATS_VIVANTS = (Etat.DEMANDE, Etat.EN_COURS)

    rapport = models.ForeignKey(
        RapportAnnuel, models.CASCADE, related_name="fichiers", verbose_name="rapport"
    )
    # The frozen version that it prints; none for the report as it is today.
    version = models.ForeignKey(
        VersionRapport,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fichiers",
        verbose_name="version",
    )
    format = models.CharField("format", max_length=5, choices=Format)
    etat = models.CharField("état", max_length=10, choices=Etat, default=Etat.DEMANDE)
    # What the report said when the file was made (its SHA-256): the same is not made twice.
    empreinte_contenu = models.CharField("empreinte du contenu", max_length=64, blank=True)
    etape = models.CharField("étape", max_length=100, blank=True)
    progression = models.PositiveSmallIntegerField("progression (%)", default=0)
    message = models.TextField("message", blank=True)
    fichier = models.FileField("fichier", upload_to=chemin_du_fichier, max_length=120, blank=True)
    taille = models.PositiveIntegerField("taille en octets", null=True, blank=True)
    empreinte = models.CharField("empreinte SHA-256", max_length=64, blank=True)
    demande_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="fichiers_rapports",
        verbose_name="demandé par",
    )
    demande_le = models.DateTimeField("demandé le", auto_now_add=True)
    # The last sign of life of the worker: a file that says nothing for long is asked for anew.
    vu_le = models.DateTimeField("dernier signe", null=True, blank=True)
    fini_le = models.DateTimeField("fini le", null=True, blank=True)

    objects = FichierRapportQuerySet.as_manager()

    class Meta:
        verbose_name = "fichier du rapport"
        verbose_name_plural = "fichiers du rapport"
        ordering = ["rapport", "-demande_le", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="fichier_rapport_fait",
                condition=~Q(etat="fait") | (~Q(fichier="") & ~Q(empreinte="") & Q(fini_le__isnull=False)),
                violation_error_message="Un fichier fait a ses octets et leur empreinte.",
            ),
            models.CheckConstraint(
                name="fichier_rapport_echec_dit",
                condition=~Q(etat="echoue", message=""),
                violation_error_message="Un fichier qui n'a pas pu être fait dit pourquoi.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rapport}, {self.get_format_display()}"
