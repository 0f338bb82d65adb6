"""The documents, read as the tests compare them with the database."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


@cache
def document(nom: str) -> Any:
    """Return the content of `fixtures/demonstration/<nom>.json`."""
    return json.loads((FIXTURES / "demonstration" / f"{nom}.json").read_text(encoding="utf-8"))


PIECES = ("comptes", "contrats", "porteurs", "actions", "financements", "bilans")


def nombres_de_lignes() -> dict[str, int]:
    """Return how many rows each table of the application has, history included."""
    return {
        modele._meta.label: modele._base_manager.count()
        for piece in PIECES
        for modele in apps.get_app_config(piece).get_models(include_auto_created=True)
    }
