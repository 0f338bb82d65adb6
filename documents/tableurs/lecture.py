"""Reading a file: what it is, then a child process that takes it apart."""

from __future__ import annotations

import io
from decimal import Decimal
from hashlib import sha256
from typing import Any

import openpyxl

from documents.tableurs.erreurs import FichierRefuse
from documents.tableurs.modele import Classeur, Feuille, Plage, Valeur


def lire_tableur(contenu: bytes, nom: str) -> Classeur:
    """Return the workbook. Raises FichierRefuse, whose message is a French sentence."""
    try:
        livre = openpyxl.load_workbook(io.BytesIO(contenu), data_only=True)
    except Exception as erreur:
        raise FichierRefuse("Ce fichier n'est pas un classeur que Pilotis sait lire.") from erreur
    return Classeur(
        nom=nom,
        format="xlsx",
        feuilles=tuple(_feuille(feuille) for feuille in livre.worksheets),
        empreinte=sha256(contenu).hexdigest(),
    )


def _feuille(feuille: Any) -> Feuille:
    return Feuille(
        nom=feuille.title,
        lignes=tuple(tuple(_valeur(v) for v in ligne) for ligne in feuille.iter_rows(values_only=True)),
        fusions=tuple(
            Plage(p.min_row - 1, p.min_col - 1, p.max_row - 1, p.max_col - 1)
            for p in feuille.merged_cells.ranges
        ),
        masquee=feuille.sheet_state != "visible",
        pourcentages=frozenset(
            (c.row - 1, c.column - 1)
            for ligne in feuille.iter_rows()
            for c in ligne
            if "%" in c.number_format
        ),
    )


def _valeur(brute: Any) -> Valeur:
    if isinstance(brute, float):
        return int(brute) if brute.is_integer() else Decimal(repr(brute))
    return brute
