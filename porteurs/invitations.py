"""Reading the invitations: whose link is good, whose access was withdrawn, who signed in."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone

from .models import Invitation, Porteur


def invitations_vivantes() -> Any:
    """Return the invitations whose link may be used: neither withdrawn nor expired."""
    return Invitation.objects.filter(retiree_le=None, expire_le__gt=timezone.now())


def adresses_retirees(porteurs: Iterable[Porteur]) -> set[tuple[int, str]]:
    """Return (porteur pk, address) of the accesses withdrawn and not given back: no sending reopens them.

    Inviting the address again by hand does.
    """
    reouvertes = Invitation.objects.filter(
        porteur=OuterRef("porteur"), email=OuterRef("email"), retiree_le=None
    )
    retirees = Invitation.objects.filter(
        ~Exists(reouvertes), porteur__in=[porteur.pk for porteur in porteurs], retiree_le__isnull=False
    )
    return set(retirees.order_by("pk").values_list("porteur", "email"))
