"""Attaching a file to a bilan and taking it away: whoever may write the bilan may do both."""

from functools import partial

from django.conf import settings
from django.core.files import File
from django.db import transaction

from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.templatetags.typographie import date_longue
from documents.formats import taille_lisible

from ..models import Bilan, PieceJointe
from ..pieces import FichierVerifie, PieceRefusee, verifier
from .etats import OperationRefusee, passer, prendre

Nature = PieceJointe.Nature


def joindre(bilan: Bilan, utilisateur: Utilisateur, fichier: File, nature: str = "") -> PieceJointe:
    """Keep a file that was sent with the bilan and return it, checked by its content and cleaned.

    `nature` is one of PieceJointe.Nature, « autre » for anything else. Raises PermissionDenied for an account
    that this bilan does not belong to; OperationRefusee, with its sentence, when the bilan may not change, when
    the file is not accepted, is there already, or is one too many.

    Not to be called inside a transaction: the file is written before its row, and taken back if the row fails.
    """
    with transaction.atomic(durable=True):
        _refuser_une_de_trop(prendre(bilan, utilisateur, "enregistrer"))
    # Neither drawing an image again nor writing to the disk keeps the database waiting.
    try:
        verifie = verifier(fichier)
    except PieceRefusee as refus:
        raise OperationRefusee(str(refus)) from refus
    piece = PieceJointe(
        bilan=bilan,
        nature=nature if nature in Nature.values else Nature.AUTRE,
        nom=verifie.nom,
        type_mime=verifie.format.type_mime,
        taille=verifie.taille,
        empreinte=verifie.empreinte,
        depose_par=utilisateur,
    )
    piece.fichier.save(verifie.nom, verifie.contenu, save=False)
    try:
        _inscrire(piece, verifie, utilisateur)
    except BaseException:
        piece.fichier.delete(save=False)
        raise
    return piece


@transaction.atomic
def retirer(piece: PieceJointe, utilisateur: Utilisateur) -> None:
    """Take a file away for good; one that is gone already stays so. Raises like `joindre`."""
    actuel = prendre(piece.bilan, utilisateur, "enregistrer")
    presente = actuel.pieces.filter(pk=piece.pk).first()
    if presente is None:
        return
    stockage, nom = presente.fichier.storage, presente.fichier.name
    signer(presente, utilisateur)
    presente.delete()
    _entamer(actuel, utilisateur)
    # Once the row is gone for sure; a disk that refuses is told in the log, not to who pressed the button.
    transaction.on_commit(partial(stockage.delete, nom), robust=True)


@transaction.atomic(durable=True)
def _inscrire(piece: PieceJointe, verifie: FichierVerifie, utilisateur: Utilisateur) -> None:
    actuel = prendre(piece.bilan, utilisateur, "enregistrer")
    _refuser_une_de_trop(actuel, verifie.taille)
    deja = actuel.pieces.filter(empreinte=verifie.empreinte).first()
    if deja is not None:
        raise OperationRefusee(
            f"Ce fichier est déjà joint à ce bilan, sous le nom « {deja.nom} », depuis le "
            f"{date_longue(deja.depose_le)}."
        )
    signer(piece, utilisateur)
    piece.save()
    _entamer(actuel, utilisateur)


def _refuser_une_de_trop(bilan: Bilan, taille: int = 0) -> None:
    """Raise OperationRefusee when the bilan has all the files that it may have, or no room for `taille` bytes."""
    tailles = list(bilan.pieces.values_list("taille", flat=True))
    if len(tailles) >= settings.PIECES_NOMBRE_MAX:
        raise OperationRefusee(
            f"Ce bilan a déjà {settings.PIECES_NOMBRE_MAX} pièces jointes, le plus qu'il peut en avoir. "
            "Retirez-en une, ou réunissez plusieurs pages dans un PDF."
        )
    if sum(tailles) + taille > settings.PIECES_TOTAL_MAX:
        raise OperationRefusee(
            f"Les pièces jointes de ce bilan pèseraient {taille_lisible(sum(tailles) + taille)} ; elles en pèsent "
            f"au plus {taille_lisible(settings.PIECES_TOTAL_MAX)}. Retirez-en une, ou réduisez ce fichier."
        )


def _entamer(bilan: Bilan, utilisateur: Utilisateur) -> None:
    """Have the state say that someone is at work on the bilan.

    Its answers are left as they are, and so is their version: a file never gets in the way of a text.
    """
    if bilan.statut == Bilan.Statut.A_SAISIR:
        passer(bilan, Bilan.Statut.EN_SAISIE, utilisateur)
    elif bilan.statut == Bilan.Statut.TRANSMIS:
        passer(bilan, Bilan.Statut.EN_VERIFICATION, utilisateur)
