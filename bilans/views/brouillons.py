"""What a draft saved as one types receives and answers in JSON: the same for a bilan and for a fiche (brouillon.js)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone

from comptes.templatetags.typographie import date_heure, heure
from comptes.vues import lire_json

from ..operations.brouillon import Changement, Tri
from ..pages.saisie import Etape

ILLISIBLE = "Cet enregistrement n'a pas pu être lu : rechargez la page, votre texte y restera."


def lire_les_changements(corps: bytes) -> dict[str, Changement] | None:
    """Return the changes that a page sent, None for what is no list of changes."""
    try:
        # A page that gives back a text sent earlier knows what was saved by its mark only (EtapeForm).
        lus = [
            (nom, lu["avant"], lu["apres"], lu.get("marque", ""))
            for nom, lu in lire_json(corps)["champs"].items()
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    if not all(isinstance(texte, str) for _, *textes in lus for texte in textes):
        return None
    return {nom: Changement(*textes) for nom, *textes in lus}


def reponse_du_brouillon(
    tri: Tri, version: int, utilisateur: Any, anomalies: list[dict[str, Any]], etapes: Iterable[Etape]
) -> dict[str, Any]:
    """Return what the page learns of what it sent: saved, to be corrected, opposed; then how far the steps are."""
    return {
        "version": version,
        "quand": heure(timezone.now()),
        "enregistres": tri.enregistres,
        "a_corriger": tri.a_corriger,
        "conflits": {
            nom: {
                "libelle": conflit.libelle,
                "autre": conflit.autre,
                "autre_lisible": conflit.autre_lisible,
                "qui": str(conflit.qui or ""),
                "quand": _quand(conflit.quand),
                "vous": conflit.qui == utilisateur,
            }
            for nom, conflit in tri.conflits.items()
        },
        "anomalies": anomalies,
        "etapes": {
            etape.code: {
                "etat": etape.etat,
                "manques": etape.manques,
                "libelle": etape.libelle,
                "haut": etape.haut,
                "hauteur": etape.hauteur,
            }
            for etape in etapes
        },
    }


def _quand(instant: datetime | None) -> str:
    """Return « 21 h 04 » for today, « le 3 juin 2025 à 21 h 04 » for another day."""
    if instant is None:
        return ""
    if timezone.localtime(instant).date() == timezone.localdate():
        return heure(instant)
    return f"le {date_heure(instant)}"
