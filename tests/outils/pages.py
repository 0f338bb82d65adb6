"""Reading a rendered page: what a form shows, what it says is wrong, and whether the database moved."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

from django.apps import apps
from django.db import connection

ESPACES = re.compile("[\\s\u00a0\u202f]+")


def lisible(texte: str) -> str:
    """Return a text as a test writes it: every kind of space an ordinary one."""
    return ESPACES.sub(" ", texte).strip()


def texte(reponse: Any) -> str:
    """Return the page as it is read: tags left out, ordinary spaces."""
    return lisible(unescape(re.sub(r"<[^>]+>", " ", reponse.content.decode())))


def erreurs(reponse: Any) -> dict[str, list[str]]:
    """Return the sentences of the form of a page, by field; « __all__ » for those of the whole form."""
    return {nom: list(phrases) for nom, phrases in reponse.context["form"].errors.items()}


def saisie(reponse: Any) -> dict[str, Any]:
    """Return what the form of a page would send as it is: a blank is an empty text."""
    form = reponse.context["form"]
    return {champ.html_name: _texte(champ.value()) for champ in form}


def _texte(valeur: Any) -> Any:
    if isinstance(valeur, list):
        return [_texte(v) for v in valeur]
    return "" if valeur is None or valeur is False else str(getattr(valeur, "pk", valeur))


def etat_de_la_base() -> dict[str, list[str]]:
    """Return every row of the rooms as the database holds it, histories included."""
    pieces = ("contrats", "porteurs", "actions", "financements", "bilans")
    # in SQL of our own: asked hundreds of times a run, a query per table costs its making more than its answer
    with connection.cursor() as curseur:
        return {
            modele._meta.label: _lignes(curseur, modele._meta.db_table)
            for piece in pieces
            for modele in apps.get_app_config(piece).get_models(include_auto_created=True)
        }


def _lignes(curseur: Any, table: str) -> list[str]:
    curseur.execute(" ".join(("SELECT * FROM", connection.ops.quote_name(table))))
    return sorted(map(repr, curseur.fetchall()))


@contextmanager
def rien_n_est_ecrit() -> Iterator[None]:
    """Check that the block leaves every row as it was."""
    avant = etat_de_la_base()
    yield
    apres = etat_de_la_base()
    changees = {nom for nom in avant if avant[nom] != apres[nom]}
    assert not changees, f"tables changées : {', '.join(sorted(changees))}"
