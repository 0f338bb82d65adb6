"""The one pass that computes a table. Every renderer draws these rows, so figures cannot differ.

Rows are produced lazily: nothing but the running sums is kept. Blank is not zero: sums ignore blanks, and
the sum of nothing but blanks is blank.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils import timezone

from documents.formats import arrondir, repartir_100
from documents.tableau import Colonne, Groupe, Mesure, Tableau, TypeColonne
from documents.texte import nettoyer

# str: TEXTE · tuple: LISTE · int: ENTIER · Decimal: MONTANT (euros, cents) and POURCENTAGE (points) · date · Mesure
Valeur = str | tuple[str, ...] | int | Decimal | date | Mesure | None
Somme = int | Decimal | None


class Genre(StrEnum):
    """What a computed row is."""

    GROUPE = "groupe"
    LIGNE = "ligne"
    SOUS_TOTAL = "sous-total"
    TOTAL = "total"
    PARTS = "parts"
    VIDE = "vide"


@dataclass(frozen=True, slots=True)
class Rangee:
    """A computed row: one typed value per column (none for a heading), and a label when it is not a line.

    `repetees` are the indices of the `fusionner` columns that repeat the row above.
    """

    genre: Genre
    cellules: tuple[Valeur, ...] = ()
    libelle: str = ""
    repetees: frozenset[int] = frozenset()


def rangees(tableau: Tableau) -> Iterator[Rangee]:
    """Yield the rows of the body then the totals, in reading order.

    Raises TypeError when a value does not have the type of its column (a float amount, above all).
    """
    generales = _Sommes(tableau.colonnes)
    nombre = 0
    for groupe in tableau.iterer_groupes():
        for rangee in _groupe(tableau, groupe, generales):
            nombre += rangee.genre == Genre.LIGNE
            yield rangee
    if not nombre:
        yield Rangee(Genre.VIDE, libelle=tableau.vide)
        return
    yield from _totaux(tableau, generales)


def _groupe(tableau: Tableau, groupe: Groupe, generales: _Sommes) -> Iterator[Rangee]:
    if groupe.titre and tableau.afficher_titres_groupes:
        yield Rangee(Genre.GROUPE, libelle=nettoyer(groupe.titre))
    sommes = _Sommes(tableau.colonnes)
    precedente: tuple[Valeur, ...] | None = None
    for ligne in groupe.iterer():
        cellules = cellules_de(tableau.colonnes, ligne)
        sommes.ajouter(cellules)
        generales.ajouter(cellules)
        yield Rangee(Genre.LIGNE, cellules, repetees=_repetees(tableau.colonnes, cellules, precedente))
        precedente = cellules
    if groupe.sous_total and precedente is not None:
        yield Rangee(Genre.SOUS_TOTAL, sommes.cellules(), nettoyer(groupe.sous_total))


def _totaux(tableau: Tableau, generales: _Sommes) -> Iterator[Rangee]:
    if tableau.total and any(c.total for c in tableau.colonnes):
        yield Rangee(Genre.TOTAL, generales.cellules(), nettoyer(tableau.total))
    if tableau.libelle_parts and any(c.part for c in tableau.colonnes):
        yield Rangee(Genre.PARTS, _parts(tableau.colonnes, generales), nettoyer(tableau.libelle_parts))


def _parts(colonnes: tuple[Colonne, ...], generales: _Sommes) -> tuple[Valeur, ...]:
    concernees = [i for i, c in enumerate(colonnes) if c.part]
    sommes = [generales.sommes[i] for i in concernees]
    if any(s is not None and s < 0 for s in sommes):
        # a negative total (a refund larger than the grant) has no share: the whole line stays blank
        return (None,) * len(colonnes)
    parts = dict(zip(concernees, repartir_100(sommes), strict=True))
    return tuple(parts.get(i) for i in range(len(colonnes)))


class _Sommes:
    """Running sums, None until a first figure comes."""

    def __init__(self, colonnes: tuple[Colonne, ...]) -> None:
        self.indices = [i for i, c in enumerate(colonnes) if c.total]
        self.sommes: list[Somme] = [None] * len(colonnes)

    def ajouter(self, cellules: tuple[Valeur, ...]) -> None:
        for i in self.indices:
            valeur = cellules[i]
            if isinstance(valeur, int | Decimal):
                self.sommes[i] = _additionner(self.sommes[i], valeur)

    def cellules(self) -> tuple[Valeur, ...]:
        return tuple(self.sommes)


def _additionner(somme: Somme, valeur: int | Decimal) -> int | Decimal:
    return valeur if somme is None else somme + valeur


def _repetees(
    colonnes: tuple[Colonne, ...], cellules: tuple[Valeur, ...], precedente: tuple[Valeur, ...] | None
) -> frozenset[int]:
    if precedente is None:
        return frozenset()
    return frozenset(
        i for i, c in enumerate(colonnes) if c.fusionner and cellules[i] and cellules[i] == precedente[i]
    )


def cellules_de(colonnes: tuple[Colonne, ...], ligne: Any) -> tuple[Valeur, ...]:
    """Return the typed values of one row, computed columns included.

    Raises TypeError when a value does not have the type of its column.
    """
    par_cle: dict[str, Valeur] = {c.cle: typer(c, c.lire(ligne)) for c in colonnes if not c.somme_de}
    for colonne in colonnes:
        if colonne.somme_de:
            par_cle[colonne.cle] = _somme_de_ligne(par_cle, colonne)
    return tuple(par_cle[c.cle] for c in colonnes)


def _somme_de_ligne(par_cle: dict[str, Valeur], colonne: Colonne) -> Somme:
    somme: Somme = None
    for cle in colonne.somme_de:
        valeur = par_cle[cle]
        if isinstance(valeur, int | Decimal):
            somme = _additionner(somme, valeur)
    return somme


def typer(colonne: Colonne, brute: Any) -> Valeur:
    """Return the value in the type of its column: None for a blank, clean text, cents rounded half up.

    Raises TypeError when the value cannot be of that type, ValueError for an infinite number.
    """
    if brute is None or (isinstance(brute, str) and not brute.strip()):
        return None
    return _TYPEURS[colonne.type](colonne, brute)


def _texte(_colonne: Colonne, brute: Any) -> Valeur:
    return nettoyer(str(brute)) or None


def _liste(_colonne: Colonne, brute: Any) -> Valeur:
    elements: Iterable[Any] = brute.splitlines() if isinstance(brute, str) else brute
    # people type their own bullets: one is drawn by the renderer, theirs would make two
    propres = (nettoyer(str(e)).lstrip("-–—•·*▪ \t\u00a0") for e in elements if e is not None)
    return tuple(e for e in propres if e) or None


def _entier(colonne: Colonne, brute: Any) -> Valeur:
    if isinstance(brute, Decimal) and brute.is_finite() and brute == brute.to_integral_value():
        return int(brute)
    if isinstance(brute, int) and not isinstance(brute, bool):
        return brute
    raise _mauvais_type(colonne, brute, "un nombre entier")


def _montant(colonne: Colonne, brute: Any) -> Valeur:
    if isinstance(brute, int | Decimal) and not isinstance(brute, bool):
        # rounded on the way in, so that what is shown is what is summed
        return arrondir(brute, 2)
    raise _mauvais_type(colonne, brute, "un Decimal en euros")


def _pourcentage(colonne: Colonne, brute: Any) -> Valeur:
    if isinstance(brute, int | Decimal) and not isinstance(brute, bool):
        return arrondir(brute, 1)
    raise _mauvais_type(colonne, brute, "un Decimal en points")


def _mesure(colonne: Colonne, brute: Any) -> Valeur:
    if isinstance(brute, Mesure) and brute.valeur.is_finite():
        return brute
    raise _mauvais_type(colonne, brute, "une Mesure")


def _date(colonne: Colonne, brute: Any) -> Valeur:
    if isinstance(brute, datetime):
        return timezone.localtime(brute).date() if timezone.is_aware(brute) else brute.date()
    if isinstance(brute, date):
        return brute
    raise _mauvais_type(colonne, brute, "une date")


def _mauvais_type(colonne: Colonne, brute: Any, attendu: str) -> TypeError:
    return TypeError(f"La colonne « {colonne.cle} » attend {attendu}, pas {type(brute).__name__}.")


_TYPEURS = {
    TypeColonne.TEXTE: _texte,
    TypeColonne.LISTE: _liste,
    TypeColonne.ENTIER: _entier,
    TypeColonne.MONTANT: _montant,
    TypeColonne.POURCENTAGE: _pourcentage,
    TypeColonne.MESURE: _mesure,
    TypeColonne.DATE: _date,
}
