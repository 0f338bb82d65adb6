"""Reading the invitations: whose link is good, who signed in for the first time."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from comptes.models import Utilisateur
from comptes.signature import signer

from .models import Invitation
from .querysets import DossierPorteurQuerySet


def invitations_vivantes() -> DossierPorteurQuerySet:
    """Return the invitations whose link may be used: neither withdrawn nor expired."""
    vivantes: DossierPorteurQuerySet = Invitation.objects.filter(
        retiree_le=None, expire_le__gt=timezone.now()
    )
    return vivantes


@transaction.atomic
def noter_premiere_connexion(user: Utilisateur, **_: Any) -> None:
    """Date the invitations of an account that has just signed in; those already dated keep their date.

    Receives `user_logged_in` of django-allauth.
    """
    for invitation in invitations_vivantes().filter(email=user.email, utilisee_le=None).order_by("pk"):
        invitation.utilisee_le = timezone.now()
        signer(invitation, user)
        invitation.save(update_fields=["utilisee_le"])
