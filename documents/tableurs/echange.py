"""How a workbook goes from the child process to its parent: JSON, of which nothing can be run."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from documents.tableurs.modele import Classeur, Feuille, Plage, Position, Valeur

# what JSON does not know is a pair: which kind, and its writing
_DECIMAL, _JOUR, _INSTANT = "d", "j", "i"


def ecrire(classeur: Classeur) -> bytes:
    """Return the JSON of a workbook."""
    return json.dumps(
        {
            "format": classeur.format,
            "avertissements": classeur.avertissements,
            "proprietes": dict(classeur.proprietes),
            "feuilles": [_ecrire_feuille(feuille) for feuille in classeur.feuilles],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()


def lire(recu: bytes, *, nom: str, empreinte: str) -> Classeur:
    """Return the workbook that was written by `ecrire`. Raises ValueError, KeyError or TypeError for anything else."""
    contenu = json.loads(recu)
    return Classeur(
        nom=nom,
        format=contenu["format"],
        feuilles=tuple(_lire_feuille(feuille) for feuille in contenu["feuilles"]),
        avertissements=tuple(contenu["avertissements"]),
        proprietes=contenu["proprietes"],
        empreinte=empreinte,
    )


def _ecrire_feuille(feuille: Feuille) -> dict[str, Any]:
    return {
        "nom": feuille.nom,
        "largeur": len(feuille.lignes[0]) if feuille.lignes else 0,
        "lignes": [_ecrire_ligne(ligne) for ligne in feuille.lignes],
        "fusions": [(p.ligne1, p.colonne1, p.ligne2, p.colonne2) for p in feuille.fusions],
        "masquee": feuille.masquee,
        "pourcentages": sorted(feuille.pourcentages),
        "erreurs": [(position, erreur) for position, erreur in sorted(feuille.erreurs.items())],
        "formules": sorted(feuille.formules),
        "sans_valeur": sorted(feuille.sans_valeur),
        "lignes_masquees": sorted(feuille.lignes_masquees),
        "colonnes_masquees": sorted(feuille.colonnes_masquees),
    }


def _lire_feuille(recue: dict[str, Any]) -> Feuille:
    largeur = recue["largeur"]
    vide: tuple[Valeur, ...] = (None,) * largeur
    return Feuille(
        nom=recue["nom"],
        lignes=tuple(_lire_ligne(ligne, largeur) if ligne else vide for ligne in recue["lignes"]),
        fusions=tuple(Plage(*plage) for plage in recue["fusions"]),
        masquee=recue["masquee"],
        pourcentages=_positions(recue["pourcentages"]),
        erreurs={(ligne, colonne): erreur for (ligne, colonne), erreur in recue["erreurs"]},
        formules=_positions(recue["formules"]),
        sans_valeur=_positions(recue["sans_valeur"]),
        lignes_masquees=frozenset(recue["lignes_masquees"]),
        colonnes_masquees=frozenset(recue["colonnes_masquees"]),
    )


def _positions(recues: list[list[int]]) -> frozenset[Position]:
    return frozenset((ligne, colonne) for ligne, colonne in recues)


def _ecrire_ligne(ligne: tuple[Valeur, ...]) -> list[object]:
    """Return the values without the blanks at the end."""
    fin = len(ligne)
    while fin and ligne[fin - 1] is None:
        fin -= 1
    return [_ecrire_valeur(valeur) for valeur in ligne[:fin]]


def _lire_ligne(recue: list[Any], largeur: int) -> tuple[Valeur, ...]:
    valeurs = [_lire_valeur(valeur) for valeur in recue]
    return (*valeurs, *([None] * (largeur - len(valeurs))))


def _ecrire_valeur(valeur: Valeur) -> object:
    if isinstance(valeur, Decimal):
        return _DECIMAL, str(valeur)
    if isinstance(valeur, datetime):
        return _INSTANT, valeur.isoformat()
    if isinstance(valeur, date):
        return _JOUR, valeur.isoformat()
    return valeur


def _lire_valeur(recue: Any) -> Valeur:
    if not isinstance(recue, list):
        return recue
    genre, ecrite = recue
    if genre == _DECIMAL:
        return Decimal(ecrite)
    return datetime.fromisoformat(ecrite) if genre == _INSTANT else date.fromisoformat(ecrite)
