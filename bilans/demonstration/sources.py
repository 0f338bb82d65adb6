"""The JSON files of the demonstration, read once."""

import json
from functools import cache
from typing import Any

from django.conf import settings


@cache
def lire(nom: str) -> Any:
    """Return the content of `fixtures/demonstration/<nom>.json`: read it, never change it.

    Raises OSError when the file is missing, ValueError when it is not JSON.
    """
    chemin = settings.BASE_DIR / "fixtures" / "demonstration" / f"{nom}.json"
    return json.loads(chemin.read_text(encoding="utf-8"))


def cadre(territoire: str) -> Any:
    """Return what `cadre.json` says of a territory: addresses, identifiers, choices of the loading."""
    return lire("cadre")[territoire]
