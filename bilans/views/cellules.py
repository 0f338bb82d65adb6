"""What the grids of cells share: reading what a script sends of a row, or a form sent without a script."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest

from comptes.vues import lire_json
from documents.texte import nettoyer

from ..operations.brouillon import Changement

AVANT = "-avant"
ILLISIBLE = "La saisie n'a pas pu être lue : rechargez la page, puis recommencez."
RIEN_A_ENREGISTRER = "Rien n'a changé : tout était déjà enregistré."


def lire_la_demande(request: HttpRequest) -> tuple[str, dict[str, Changement]] | None:
    """Return the key of the row and its typed cells; None for anything else than what the page sends."""
    try:
        corps = lire_json(request.body)
        champs = {
            nom: Changement(_texte(valeurs["avant"]), _texte(valeurs["apres"]))
            for nom, valeurs in corps["champs"].items()
        }
        cle = _texte(corps["ligne"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return (cle, champs) if champs else None


def _texte(valeur: Any) -> str:
    if not isinstance(valeur, str):
        raise TypeError("A text was expected.")
    return nettoyer(valeur)


def cles(request: HttpRequest) -> list[str]:
    """Return the keys of the rows of a form sent without a script."""
    # No key holds a NUL, and PostgreSQL refuses to look for one.
    return [nom.removesuffix(AVANT) for nom in request.POST if nom.endswith(AVANT) and "\0" not in nom]


def cases_changees(request: HttpRequest, cle: str, noms: Iterable[str]) -> dict[str, Changement]:
    """Return the cells of a row whose text is not the one that the page knew as saved."""
    try:
        avant = lire_json(request.POST[f"{cle}{AVANT}"])
    except ValueError:
        return {}
    if not isinstance(avant, dict):
        return {}
    changees = {}
    for nom in noms:
        connu, apres = avant.get(nom), request.POST.get(f"{cle}-{nom}")
        if isinstance(connu, str) and apres is not None and apres != connu:
            changees[nom] = Changement(connu, apres.replace("\0", ""))
    return changees
