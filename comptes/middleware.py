"""A session that is over: said in JSON to a script, and never at the price of what was typed."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import resolve_url

from .reprise import garder

SESSION_TERMINEE = (
    "Votre session est terminée : reconnectez-vous pour enregistrer. Votre texte reste dans la page."
)
METHODES_SURES = ("GET", "HEAD", "OPTIONS")


class ConnexionRequise(LoginRequiredMiddleware):
    """Every page asks to sign in, unless it says otherwise; signing in leads back to it. None is kept by a proxy."""

    def process_response(self, _request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Have the browser ask again at each visit, for whoever may no longer see a page; a view may say otherwise."""
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponse:
        """Answer 401 in JSON to a script; else lead to the sign-in page, keeping what a form has just sent."""
        if "application/json" in request.headers.get("Accept", ""):
            return JsonResponse({"message": SESSION_TERMINEE}, status=401)
        if request.method in METHODES_SURES:
            return super().handle_no_permission(request, view_func)
        if getattr(view_func, "garde_la_saisie", False):
            garder(request)
            return redirect_to_login(request.get_full_path())
        return redirect_to_login(_page_du_formulaire(request))


def _page_du_formulaire(request: HttpRequest) -> str:
    """Return the page of this site from which a form was sent: its own address may only take what is sent."""
    try:
        page = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        page = urlsplit("")
    if page.netloc != request.get_host():
        return resolve_url(settings.LOGIN_REDIRECT_URL)
    return page._replace(scheme="", netloc="", fragment="").geturl()
