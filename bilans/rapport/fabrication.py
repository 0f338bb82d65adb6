"""The files of a report, made by the worker: asked for, under way with its progress, done, failed with its reason.

A file of the same content and format is made once. A task is claimed by an UPDATE; when the worker is killed the row
says nothing more, and after `PATIENCE` the same request begins it anew.
"""

import logging
from datetime import datetime, timedelta
from hashlib import sha256

from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify
from django_tasks import task

from comptes.models import Utilisateur
from documents import ErreurRendu
from documents.rapport import Rapport
from documents.rapport_json import empreinte, en_json

from ..models import FichierRapport, RapportAnnuel, VersionRapport
from ..operations.etats import OperationRefusee
from .fichiers import fichier_du_rapport
from .versions import VersionAlteree, lire_version, rapport_du_jour

logger = logging.getLogger(__name__)

Etat, Format = FichierRapport.Etat, FichierRapport.Format
# The worker gives a sign of life every second or so.
PATIENCE = timedelta(minutes=2)
RATE = "Ce fichier n'a pas pu être fait. Demandez-le de nouveau ; si cela recommence, signalez-le."


class Abandon(Exception):
    """Somebody gave up the file while it was being made."""


# -- Asking ----------------------------------------------------------------------------------------
@transaction.atomic
def demander_fichier(
    auteur: Utilisateur, rapport: RapportAnnuel, format: str, version: VersionRapport | None = None
) -> FichierRapport:
    """Return the file of a report in `format`: the one that is made or being made, else a new one, which waits.

    One whose worker stopped, or that the disk has lost, is begun anew.

    Without `version`, the report as it is today: for who runs the contract, and always asked anew, since only the
    worker knows whether something changed. Raises PermissionDenied, OperationRefusee for an unknown format.
    """
    # The row of the report is the lock: a button pressed twice asks once.
    actuel = RapportAnnuel.objects.select_for_update(no_key=True).get(pk=rapport.pk)
    if format not in Format.values:
        raise OperationRefusee("Ce rapport se prend en PDF, en Excel ou en Word.")
    if version is None and not auteur.has_perm("contrats.gerer", rapport.contrat):
        raise PermissionDenied
    if version is not None and not VersionRapport.objects.visibles_par(auteur).filter(pk=version.pk).exists():
        raise PermissionDenied
    deja = (
        actuel.fichiers.filter(version=version, format=format)
        .filter(Q(etat__in=FichierRapport.ETATS_VIVANTS) | (Q(etat=Etat.FAIT) if version else Q(pk__in=[])))
        .order_by("-pk")
        .first()
    )
    if deja is not None and not (est_arrete(deja) or est_perdu(deja)):
        return deja
    if deja is None:
        deja = FichierRapport(rapport=actuel, version=version, format=format, demande_par=auteur)
    deja.etat, deja.etape, deja.progression, deja.vu_le = Etat.DEMANDE, "", 0, timezone.now()
    deja.save()
    cle = deja.pk
    transaction.on_commit(lambda: fabriquer.enqueue(cle), robust=True)
    return deja


def est_arrete(fichier: FichierRapport) -> bool:
    """Return whether the worker that had the file, or was to take it, has probably stopped.

    A file that waits has a worker as long as others are made: it is only not its turn.
    """
    if fichier.etat not in FichierRapport.ETATS_VIVANTS:
        return False
    depuis = timezone.now() - PATIENCE
    if fichier.vu_le is not None and fichier.vu_le >= depuis:
        return False
    return fichier.etat == Etat.EN_COURS or not _le_travail_avance(depuis)


def _le_travail_avance(depuis: datetime) -> bool:
    """Return whether a worker gave a sign of life since, on any file: it makes one, or has just made one."""
    return FichierRapport.objects.exclude(etat=Etat.DEMANDE).filter(vu_le__gte=depuis).exists()


def est_perdu(fichier: FichierRapport) -> bool:
    """Return whether a file that was made is no longer on the disk."""
    nom = fichier.fichier.name
    return fichier.etat == Etat.FAIT and not (nom and fichier.fichier.storage.exists(nom))


@transaction.atomic
def abandonner_fichier(auteur: Utilisateur, fichier: FichierRapport) -> FichierRapport:
    """Give up a file that waits or is being made and return it; one that is made stays. Raises PermissionDenied."""
    actuel: FichierRapport = (
        FichierRapport.objects.select_for_update(no_key=True, of=("self",))
        .select_related("rapport__contrat")
        .get(pk=fichier.pk)
    )
    if actuel.demande_par_id != auteur.pk and not auteur.has_perm("contrats.gerer", actuel.rapport.contrat):
        raise PermissionDenied
    if actuel.etat in FichierRapport.ETATS_VIVANTS:
        actuel.etat, actuel.fini_le = Etat.ABANDONNE, timezone.now()
        actuel.save()
    return actuel


# -- Making ----------------------------------------------------------------------------------------
@task()
def fabriquer(pk: int) -> None:
    """Make a file that waits; leave it alone when another worker took it first, or somebody gave it up."""
    pris = FichierRapport.objects.filter(pk=pk, etat=Etat.DEMANDE).update(
        etat=Etat.EN_COURS, vu_le=timezone.now(), message=""
    )
    if not pris:
        return
    fichier = FichierRapport.objects.select_related("rapport__contrat__epci", "version__rapport").get(pk=pk)
    try:
        _faire(fichier)
    except Abandon:
        logger.info("Le fichier %s a été abandonné.", fichier.cle)
    except (ErreurRendu, OperationRefusee, VersionAlteree) as erreur:
        _echouer(fichier, str(erreur))
    except Exception:  # whatever happens, the page says that it failed, and the reason is in the log
        logger.exception("Le fichier %s n'a pas pu être fait.", fichier.cle)
        _echouer(fichier, RATE)


def _faire(fichier: FichierRapport) -> None:
    _dire(fichier, "Lecture des chiffres", 5)
    contenu = _contenu(fichier)
    fichier.empreinte_contenu = empreinte(en_json(contenu))
    if _reprendre(fichier):
        return
    octets = fichier_du_rapport(contenu, fichier.format, lambda etape, part: _dire(fichier, etape, part))
    _dire(fichier, "Enregistrement", 98)
    _garder(fichier, octets)


def _contenu(fichier: FichierRapport) -> Rapport:
    return lire_version(fichier.version) if fichier.version else rapport_du_jour(fichier.rapport)


def _dire(fichier: FichierRapport, etape: str, progression: int) -> None:
    """Write how far the file is. Raises Abandon when somebody gave it up."""
    vivant = FichierRapport.objects.filter(pk=fichier.pk, etat=Etat.EN_COURS).update(
        etape=etape, progression=progression, vu_le=timezone.now()
    )
    if not vivant:
        raise Abandon


def _reprendre(fichier: FichierRapport) -> bool:
    """Take the bytes of a file made of the same content, and return whether there was one."""
    pareil = (
        FichierRapport.objects.filter(
            rapport=fichier.rapport,
            format=fichier.format,
            etat=Etat.FAIT,
            empreinte_contenu=fichier.empreinte_contenu,
        )
        .order_by("-pk")
        .first()
    )
    if pareil is None or not pareil.fichier.storage.exists(pareil.fichier.name):
        return False
    with pareil.fichier.open("rb") as ouvert:
        _garder(fichier, ouvert.read())
    return True


def _garder(fichier: FichierRapport, octets: bytes) -> None:
    nom = nom_du_fichier(fichier)
    fichier.fichier.save(nom, ContentFile(octets), save=False)
    garde = FichierRapport.objects.filter(pk=fichier.pk, etat=Etat.EN_COURS).update(
        etat=Etat.FAIT,
        etape="",
        progression=100,
        fichier=fichier.fichier.name,
        taille=len(octets),
        empreinte=sha256(octets).hexdigest(),
        empreinte_contenu=fichier.empreinte_contenu,
        vu_le=timezone.now(),
        fini_le=timezone.now(),
    )
    if not garde:
        fichier.fichier.delete(save=False)
        raise Abandon


def _echouer(fichier: FichierRapport, message: str) -> None:
    FichierRapport.objects.filter(pk=fichier.pk, etat=Etat.EN_COURS).update(
        etat=Etat.ECHOUE, message=message, vu_le=timezone.now(), fini_le=timezone.now()
    )


def nom_du_fichier(fichier: FichierRapport) -> str:
    """Return « rapport-dole-2024-version-2.pdf », without its version for the report of the day."""
    rapport = fichier.rapport
    lieu = slugify(rapport.contrat.nom_court) or rapport.contrat.slug
    version = f"-version-{fichier.version.numero}" if fichier.version else "-document-de-travail"
    return f"rapport-{lieu}-{rapport.annee}{version}.{fichier.format}"
