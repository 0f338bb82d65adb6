"""What browser tests have in common."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

# Of whatever is awaited in a browser, in seconds: long enough for a machine that does much else meanwhile.
ATTENTE = 60


def connecter(page: Any, live_server: Any, utilisateur: Any) -> None:
    """Sign `utilisateur` in, in the browser of `page`, without passing through the sign-in page."""
    client = Client()
    client.force_login(utilisateur)
    page.context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                "url": live_server.url,
            }
        ]
    )


def jusqu_a(page: Any, vrai: Callable[[], bool], sinon: Callable[[], str] = str) -> None:
    """Wait until `vrai()`, the page living meanwhile; `sinon()` says what is seen when it never is.

    For what `expect` cannot wait for: the database, the storage of the browser, what was noted of its requests. The
    security policy forbids polling with a script.
    """
    fin = time.monotonic() + ATTENTE
    while not vrai():
        if time.monotonic() > fin:
            pytest.fail(f"Attendu en vain. {sinon()}".strip())
        page.wait_for_timeout(50)


def dit(element: Any, *phrases: str) -> None:
    """Wait until `element` shows each of `phrases`, every kind of space being an ordinary one."""
    for phrase in phrases:
        expect(element).to_contain_text(phrase, use_inner_text=True)


def debordement(page: Any) -> list[str]:
    """Return what makes `page` scroll sideways, an empty list when nothing does (WCAG 1.4.10).

    Test it at 320 px: `page.set_viewport_size({"width": 320, "height": 640})`.
    """
    page.wait_for_load_state()
    trouves: list[str] = page.evaluate(
        """() => {
            const large = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= large) return [];
            const fautifs = [...document.querySelectorAll("body *")]
                .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > large + 1)
                .map(e => e.outerHTML.slice(0, 120));
            return fautifs.length ? fautifs : ["la page, plus large que l'écran"];
        }"""
    )
    return trouves
