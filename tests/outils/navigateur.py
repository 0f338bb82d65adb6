"""What browser tests have in common."""

from typing import Any

from django.conf import settings
from django.test import Client


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


def debordement(page: Any) -> list[str]:
    """Return what makes `page` scroll sideways, an empty list when nothing does (WCAG 1.4.10).

    Test it at 320 px: `page.set_viewport_size({"width": 320, "height": 640})`.
    """
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
