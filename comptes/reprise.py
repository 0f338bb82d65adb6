"""What was typed in a form sent after the session had ended: kept until the code, then shown again.

It waits in the session of the visitor, for half an hour, and is saved nowhere else. A view asks for it once it
has checked that the account may open the page: it is given back there, to nobody else.
"""

import time
from collections.abc import Callable
from typing import Any

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse, QueryDict

Vue = Callable[..., HttpResponse]

CLE = "saisies_gardees"
DUREE = 30 * 60  # seconds: a computer may be shared
PLUS_GRANDE = 200_000  # characters: ten times the longest form
AU_PLUS = 3  # as many forms as one leaves open in tabs
# What a page writes in its form to say whose it is.
CHAMP_COMPTE = "compte"


def garder_la_saisie(vue: Vue) -> Vue:
    """Mark the view of a form: what it is sent without a session is kept (comptes.middleware)."""
    vue.garde_la_saisie = True  # type: ignore[attr-defined]
    return vue


def garder(request: HttpRequest) -> None:
    """Keep in the visitor's session the text of a form just sent, files left out.

    Nothing when it is too long, or when the same place sends too many: whoever it is has not signed in.
    """
    donnees = {nom: valeurs for nom, valeurs in request.POST.lists() if nom != "csrfmiddlewaretoken"}
    if sum(len(nom) + sum(map(len, valeurs)) for nom, valeurs in donnees.items()) > PLUS_GRANDE:
        return
    if not ratelimit.consume(request, action="saisie_gardee"):
        return
    saisies = _presentes(request)
    saisies.pop(request.get_full_path(), None)
    saisies[request.get_full_path()] = {"quand": int(time.time()), "donnees": donnees}
    request.session[CLE] = dict(list(saisies.items())[-AU_PLUS:])


def saisie_gardee(request: HttpRequest, chemin: str) -> QueryDict | None:
    """Return what was typed at `chemin` (path and query), as it was sent; None when nothing is kept."""
    saisie = _presentes(request).get(chemin)
    if saisie is None:
        return None
    donnees = QueryDict(mutable=True)
    for nom, valeurs in saisie["donnees"].items():
        donnees.setlist(nom, valeurs)
    return donnees


def oublier_saisie(request: HttpRequest, chemin: str) -> None:
    """Forget what is kept for `chemin`, and whatever is too old: it was saved, or given up."""
    if CLE not in request.session:
        return
    saisies = _presentes(request)
    saisies.pop(chemin, None)
    request.session[CLE] = saisies


def garder_les_siennes(request: HttpRequest, user: Any, **_: Any) -> None:
    """Drop what another account was typing when its session ended: receives Django's `user_logged_in`."""
    if CLE not in request.session:
        return
    moi = str(user.pk)
    request.session[CLE] = {
        chemin: saisie
        for chemin, saisie in _presentes(request).items()
        if saisie["donnees"].get(CHAMP_COMPTE, [moi]) == [moi]
    }


def chemins_gardes(request: HttpRequest) -> list[str]:
    """Return the addresses, with their query, of the forms whose text is kept; the last one sent comes last."""
    return list(_presentes(request))


def _presentes(request: HttpRequest) -> dict[str, Any]:
    """Return the texts that are not too old, by address."""
    limite = time.time() - DUREE
    saisies: dict[str, Any] = request.session.get(CLE, {})
    return {chemin: saisie for chemin, saisie in saisies.items() if saisie["quand"] >= limite}
