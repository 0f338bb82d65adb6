"""Who is written in the history of an object, and why: the library's own way, named in one place."""

from typing import Any

from django.db.models import Model

from .models import Utilisateur


def signer(objet: Model, auteur: Utilisateur | None, motif: str = "") -> None:
    """Have the next save or deletion of `objet` written in its history under `auteur`, with `motif` if there is one.

    `auteur` is None for what Pilotis does by itself. simple_history reads these two attributes, which no
    model declares.
    """
    historise: Any = objet
    historise._history_user = auteur
    historise._change_reason = motif or None
