"""What every page knows of the installation."""

import tomllib
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from .demonstration import COMPTES
from .reprise import chemins_gardes


@cache
def version() -> str:
    """Return the version of Pilotis, read where it is declared; an empty string when it cannot be read."""
    try:
        with (settings.BASE_DIR / "pyproject.toml").open("rb") as fichier:
            return str(tomllib.load(fichier)["project"]["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return ""


def installation(request: HttpRequest) -> dict[str, Any]:
    """Return the collectivity, whom to write to, the version, whether it is the demonstration, whether a text waits."""
    return {
        "demonstration": settings.PILOTIS_DEMONSTRATION,
        "comptes_demonstration": COMPTES if settings.PILOTIS_DEMONSTRATION else (),
        "collectivite": settings.PILOTIS_COLLECTIVITE,
        "contact": settings.PILOTIS_CONTACT,
        "version_pilotis": version(),
        # An error may be told before the session is read.
        "texte_garde": hasattr(request, "session") and bool(chemins_gardes(request)),
    }
