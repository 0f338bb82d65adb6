"""What is written beside a bilan: remarks that the porteur reads and answers, notes that it never sees.

A remark is open until the chargé·e de mission settles it. Those of one field are one conversation: settling
the last word settles the whole of it, and taking that back opens again what was settled along with it.
"""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from comptes.models import Utilisateur

from ..models import Bilan, Commentaire
from ..regles import annee_archivee, porte_le_bilan
from .etats import OperationRefusee, refus, verrouiller_bilan

VIDE = "Écrivez le commentaire."
RIEN_A_QUOI_REPONDRE = "Aucun commentaire n'attend de réponse à cet endroit du bilan."
NOTE_SEULEMENT = (
    "Ce bilan ne change plus : le porteur n'aurait rien à y faire. Vous pouvez ajouter une note interne, "
    "ou rouvrir le bilan."
)


@transaction.atomic
def commenter(bilan: Bilan, auteur: Utilisateur, *, champ: str, texte: str, interne: bool) -> Commentaire:
    """Write a remark on a field of the bilan (blank for the whole of it) and return it.

    The same words sent twice in a row make one remark. Raises PermissionDenied for an account that may not
    write there, OperationRefusee for an empty text, an answer to nothing, or a bilan that no longer changes.
    """
    actuel = verrouiller_bilan(bilan)
    gere = auteur.has_perm("bilans.gerer", actuel)
    if not gere and (interne or not porte_le_bilan(auteur, actuel)):
        raise PermissionDenied("Ce bilan est celui d'une autre structure.")
    if not auteur.has_perm("bilans.noter" if interne else "bilans.commenter", actuel):
        seule_une_note = gere and not interne and not annee_archivee(actuel)
        raise OperationRefusee(NOTE_SEULEMENT if seule_une_note else refus(actuel))
    texte = texte.strip()
    if not texte:
        raise OperationRefusee(VIDE)
    siens = actuel.commentaires.filter(champ=champ, interne=interne, regle_le__isnull=True)
    if not gere and not siens.exists():
        raise OperationRefusee(RIEN_A_QUOI_REPONDRE)
    dernier: Commentaire | None = siens.order_by("date", "pk").last()
    if dernier is not None and (dernier.auteur_id, dernier.texte) == (auteur.pk, texte):
        return dernier
    ecrit: Commentaire = actuel.commentaires.create(champ=champ, texte=texte, interne=interne, auteur=auteur)
    return ecrit


@transaction.atomic
def regler(commentaire: Commentaire, auteur: Utilisateur) -> int:
    """Settle a remark, with the conversation of its field that is still open; return how many were settled.

    An internal note is settled alone. Zero when it was settled already. Raises PermissionDenied,
    OperationRefusee in an archived year.
    """
    actuel = _gerer(commentaire, auteur)
    ouverts = actuel.commentaires.filter(regle_le__isnull=True)
    if commentaire.interne:
        ouverts = ouverts.filter(pk=commentaire.pk)
    elif ouverts.filter(pk=commentaire.pk).exists():
        ouverts = ouverts.filter(champ=commentaire.champ, interne=False)
    else:
        return 0
    return _marquer(ouverts, auteur, regle_le=timezone.now())


@transaction.atomic
def rouvrir_commentaire(commentaire: Commentaire, auteur: Utilisateur) -> int:
    """Open a remark again, with those settled along with it; return how many. Raises like `regler`."""
    actuel = _gerer(commentaire, auteur)
    commentaire = actuel.commentaires.get(pk=commentaire.pk)
    if commentaire.regle_le is None:
        return 0
    ensemble = actuel.commentaires.filter(
        champ=commentaire.champ, interne=commentaire.interne, regle_le=commentaire.regle_le
    )
    return _marquer(ensemble, auteur, regle_le=None)


def _marquer(commentaires: QuerySet[Commentaire], auteur: Utilisateur, regle_le: datetime | None) -> int:
    """Settle these remarks, or open them again when there is no date; the history keeps who did it."""
    lignes = list(commentaires.order_by("pk"))
    for ligne in lignes:
        ligne.regle_le, ligne.regle_par = regle_le, auteur if regle_le else None
    bulk_update_with_history(lignes, Commentaire, ["regle_le", "regle_par"], default_user=auteur)
    return len(lignes)


def _gerer(commentaire: Commentaire, auteur: Utilisateur) -> Bilan:
    """Return the bilan of the remark, locked, for who runs its contract."""
    actuel = verrouiller_bilan(commentaire.bilan)
    if not auteur.has_perm("bilans.gerer", actuel):
        raise PermissionDenied("Seule la personne qui pilote le contrat de ville règle un commentaire.")
    if annee_archivee(actuel):
        raise OperationRefusee(refus(actuel))
    return actuel
