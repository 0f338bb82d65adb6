"""What views share: asking for a permission, saying that nothing changed, going back, reading a script's words."""

import json
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

# Said of a form sent as it was opened.
RIEN_DE_CHANGE = "Vous n'avez rien changé : rien n'a été enregistré."


def exiger(request: HttpRequest, permission: str, objet: Any, phrase: str = "") -> None:
    """Raise PermissionDenied (page 403, with `phrase`) unless the account has `permission` on `objet`.

    Only for objects that the account is known to see; what it may not know of is a 404, given by
    looking it up in `visibles_par`.
    """
    if not request.user.has_perm(permission, objet):
        raise PermissionDenied(phrase or "Cette page ne vous est pas ouverte.")


def page_suivante(request: HttpRequest) -> str:
    """Return the page of this site that the address names in `suite`; an empty string when it names none."""
    suite = request.GET.get("suite", "")
    return suite if suite.startswith("/") and url_has_allowed_host_and_scheme(suite, None) else ""


def lire_json(texte: str | bytes) -> Any:
    """Return what a page sent as JSON. Raises ValueError for anything else, however deep it is."""
    try:
        return json.loads(texte)
    except RecursionError as erreur:
        raise ValueError("Too deep to be read.") from erreur
