"""What views share: asking for a permission, and refusing in words."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def exiger(request: HttpRequest, permission: str, objet: Any, phrase: str = "") -> None:
    """Raise PermissionDenied (page 403, with `phrase`) unless the account has `permission` on `objet`.

    Only for objects that the account is known to see; what it may not know of is a 404, given by
    looking it up in `visibles_par`.
    """
    if not request.user.has_perm(permission, objet):
        raise PermissionDenied(phrase or "Cette page ne vous est pas ouverte.")
