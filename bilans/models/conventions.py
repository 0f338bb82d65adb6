"""The documents received for a convention, checked and kept like the attachments of a bilan."""

from pathlib import PurePath

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from comptes.modeles import AvecCle
from porteurs.models import Convention, Echeance, Obligation
from porteurs.querysets import ViaConvention


def chemin_du_document(document: "DocumentConvention", nom: str) -> str:
    """Return where the file of a document is kept: its key, never the name that it came with."""
    return f"conventions/{document.convention.cle}/{document.cle}{PurePath(nom).suffix.lower()}"


class DocumentConvention(AvecCle):
    """A document received for a convention, for one of its deadlines or obligations when it answers one."""

    convention = models.ForeignKey(
        Convention, models.CASCADE, related_name="documents", verbose_name="convention"
    )
    obligation = models.ForeignKey(
        Obligation,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="documents",
        verbose_name="obligation",
    )
    echeance = models.ForeignKey(
        Echeance, models.SET_NULL, null=True, blank=True, related_name="documents", verbose_name="échéance"
    )
    libelle = models.CharField("document", max_length=255)
    recu_le = models.DateField("reçu le")
    nom = models.CharField("nom du fichier", max_length=150, blank=True)
    # A document may be received on paper: then it has a date and no file.
    fichier = models.FileField("fichier", upload_to=chemin_du_document, max_length=120, blank=True)
    type_mime = models.CharField("type", max_length=100, blank=True)
    taille = models.PositiveIntegerField("taille en octets", null=True, blank=True)
    empreinte = models.CharField("empreinte SHA-256", max_length=64, blank=True)
    depose_le = models.DateTimeField("enregistré le", auto_now_add=True)
    depose_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="documents_conventions",
        verbose_name="enregistré par",
    )

    objects = ViaConvention.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "document d'une convention"
        verbose_name_plural = "documents des conventions"
        ordering = ["convention", "-recu_le", "pk"]

    def __str__(self) -> str:
        return self.libelle
