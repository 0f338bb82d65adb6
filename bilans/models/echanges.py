"""What passes between the porteur and the chargé·e de mission: attachments, receipts, e-mails."""

from pathlib import PurePath

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from actions.models import Campagne
from comptes.modeles import AvecCle
from porteurs.models import Invitation, Porteur

from ..querysets import EnvoiQuerySet, SuiviBilanQuerySet
from .bilan import Bilan


def chemin_de_la_piece(piece: "PieceJointe", nom: str) -> str:
    """Return where the file of an attachment is kept: its key, never the name that it came with."""
    return f"pieces/{piece.bilan.cle}/{piece.cle}{PurePath(nom).suffix.lower()}"


class PieceJointe(AvecCle):
    """A file that goes with a bilan: checked by its content, kept outside the static tree."""

    class Nature(models.TextChoices):
        PHOTO = "photo", "Photo"
        ARTICLE = "article", "Affiche, tract, article de presse"
        COMPTE_RENDU = "compte_rendu", "Compte rendu, évaluation"
        FINANCIER = "financier", "Pièce financière"
        AUTRE = "autre", "Autre"

    bilan = models.ForeignKey(Bilan, models.CASCADE, related_name="pieces", verbose_name="bilan")
    nature = models.CharField("nature", max_length=12, choices=Nature, default=Nature.AUTRE)
    nom = models.CharField("nom du fichier", max_length=150)
    fichier = models.FileField("fichier", upload_to=chemin_de_la_piece, max_length=120)
    type_mime = models.CharField("type", max_length=100)
    taille = models.PositiveIntegerField("taille en octets")
    empreinte = models.CharField("empreinte SHA-256", max_length=64)
    depose_le = models.DateTimeField("déposée le", auto_now_add=True)
    depose_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="pieces_deposees", verbose_name="déposée par"
    )

    objects = SuiviBilanQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "pièce jointe"
        verbose_name_plural = "pièces jointes"
        ordering = ["bilan", "depose_le", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["bilan", "empreinte"],
                name="piece_jointe_unique",
                violation_error_message="Ce fichier est déjà joint à ce bilan.",
            ),
        ]

    def __str__(self) -> str:
        return self.nom


class Recu(AvecCle):
    """What was sent on the day a bilan was transmitted, frozen word for word."""

    bilan = models.ForeignKey(Bilan, models.CASCADE, related_name="recus", verbose_name="bilan")
    transmis_le = models.DateTimeField("transmis le")
    transmis_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="recus", verbose_name="transmis par"
    )
    # Titles, questions and answers as they are read: {"sections": [{"titre", "reponses": [[libellé, texte]…]}…]}
    contenu = models.JSONField("contenu")
    empreinte = models.CharField("empreinte SHA-256", max_length=64)

    objects = SuiviBilanQuerySet.as_manager()

    class Meta:
        verbose_name = "reçu"
        verbose_name_plural = "reçus"
        ordering = ["bilan", "-transmis_le"]
        constraints = [
            models.UniqueConstraint(
                fields=["bilan", "transmis_le"],
                name="recu_unique",
                violation_error_message="Cette transmission a déjà son reçu.",
            ),
        ]

    def __str__(self) -> str:
        return f"Reçu du {self.transmis_le:%d/%m/%Y} – {self.bilan}"


class Envoi(AvecCle):
    """A batch of e-mails asked for at once: its progress is counted on its e-mails."""

    class Type(models.TextChoices):
        INVITATION = "invitation", "Invitations"
        RELANCE = "relance", "Relance"

    campagne = models.ForeignKey(Campagne, models.CASCADE, related_name="envois", verbose_name="campagne")
    type = models.CharField("type", max_length=12, choices=Type)
    auteur = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="envois",
        verbose_name="auteur",
        help_text="Vide : fait par Pilotis à la date prévue.",
    )
    cree_le = models.DateTimeField("demandé le", auto_now_add=True)

    objects = EnvoiQuerySet.as_manager()

    class Meta:
        verbose_name = "envoi groupé"
        verbose_name_plural = "envois groupés"
        ordering = ["-cree_le", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_type_display()}, {self.campagne}"


class Courriel(AvecCle):
    """An e-mail to a representative, or to who is consulted on a report: waiting, sent, refused, come back.

    It never changes once sent.

    The words of a reminder are written when it is sent, from what is still owed then (`bilans_dus`).
    """

    class Type(models.TextChoices):
        INVITATION = "invitation", "Invitation"
        RELANCE = "relance", "Rappel"
        RENVOI = "renvoi", "Bilan à compléter"
        RECU = "recu", "Reçu"
        VALIDATION = "validation", "Bilan validé"
        PROLONGATION = "prolongation", "Échéance reportée"
        ACCES = "acces", "Accès d'un collègue"
        ECHEANCE = "echeance", "Rappel d'une convention"
        FICHE = "fiche", "Fiche de structure"
        RAPPORT = "rapport", "Rapport annuel"
        RAPPEL_AVIS = "rappel_avis", "Rappel d'un avis"

    class Statut(models.TextChoices):
        EN_ATTENTE = "en_attente", "En attente"
        EN_COURS = "en_cours", "Envoi en cours"
        ENVOYE = "envoye", "Envoyé"
        REFUSE = "refuse", "Refusé"
        ECHEC = "echec", "Non parti"
        RETOUR = "retour", "Revenu"
        SANS_OBJET = "sans_objet", "Sans objet"

    # An address that does not take our e-mails: nothing more is sent there until someone looks at it.
    STATUTS_ADRESSE_EN_DEFAUT = (Statut.REFUSE, Statut.RETOUR)
    # Sent to each at most once a day.
    TYPES_QUOTIDIENS = (Type.INVITATION, Type.RELANCE)

    type = models.CharField("type", max_length=12, choices=Type)
    statut = models.CharField("état", max_length=12, choices=Statut, default=Statut.EN_ATTENTE)
    campagne = models.ForeignKey(Campagne, models.CASCADE, related_name="courriels", verbose_name="campagne")
    # Written to somebody who speaks for a structure, or about a report to who is consulted on it.
    porteur = models.ForeignKey(
        Porteur, models.PROTECT, null=True, blank=True, related_name="courriels", verbose_name="porteur"
    )
    rapport = models.ForeignKey(
        "RapportAnnuel",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="courriels",
        verbose_name="rapport",
    )
    envoi = models.ForeignKey(
        Envoi,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="courriels",
        verbose_name="envoi groupé",
    )
    bilan = models.ForeignKey(
        Bilan, models.CASCADE, null=True, blank=True, related_name="courriels", verbose_name="bilan"
    )
    recu = models.ForeignKey(
        Recu, models.CASCADE, null=True, blank=True, related_name="courriels", verbose_name="reçu"
    )
    invitation = models.ForeignKey(
        Invitation,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="courriels",
        verbose_name="invitation",
    )
    destinataire = models.EmailField("destinataire")
    nom_destinataire = models.CharField("nom du destinataire", max_length=150, blank=True)
    objet = models.CharField("objet", max_length=255, blank=True)
    texte = models.TextField("texte", blank=True)
    html = models.TextField("version HTML", blank=True)
    bilans_dus = models.JSONField("bilans attendus lors de l'envoi", default=list, blank=True)
    jour = models.DateField("jour")
    cree_le = models.DateTimeField("demandé le", auto_now_add=True)
    pris_le = models.DateTimeField("pris en charge le", null=True, blank=True)
    envoye_le = models.DateTimeField("envoyé le", null=True, blank=True)
    tentatives = models.PositiveSmallIntegerField("tentatives", default=0)
    erreur = models.TextField("ce que le serveur a répondu", blank=True)
    identifiant = models.CharField("identifiant du message", max_length=255, blank=True)
    auteur = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="courriels_demandes",
        verbose_name="demandé par",
    )
    reprise_de = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="reprises",
        verbose_name="renvoi de",
    )

    objects = EnvoiQuerySet.as_manager()

    class Meta:
        verbose_name = "courriel"
        verbose_name_plural = "courriels"
        ordering = ["-cree_le", "-pk"]
        indexes = [
            models.Index(fields=["statut"], name="courriel_statut"),
            models.Index(fields=["identifiant"], name="courriel_identifiant"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["campagne", "porteur", "destinataire", "jour"],
                condition=Q(type__in=["invitation", "relance"], reprise_de__isnull=True),
                name="courriel_un_par_jour",
                violation_error_message="Cette personne a déjà reçu un message aujourd'hui.",
            ),
            models.CheckConstraint(
                name="courriel_porteur_ou_rapport",
                condition=Q(porteur__isnull=False, rapport__isnull=True)
                | Q(porteur__isnull=True, rapport__isnull=False),
                violation_error_message="Un courriel s'adresse à une structure, ou concerne un rapport.",
            ),
            models.CheckConstraint(
                name="courriel_envoye_date",
                condition=~Q(statut__in=["envoye", "retour"]) | Q(envoye_le__isnull=False),
                violation_error_message="Un courriel envoyé dit quand.",
            ),
            models.CheckConstraint(
                name="courriel_erreur_dite",
                condition=~Q(statut__in=["refuse", "echec", "retour"], erreur=""),
                violation_error_message="Un courriel qui n'est pas arrivé dit pourquoi.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()} à {self.destinataire}"
