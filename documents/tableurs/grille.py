"""Cells as they come, within the limits, then made a sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from documents.formats import nombre
from documents.tableurs.erreurs import ABIME, DEMESURE, FichierRefuse, phrase
from documents.tableurs.limites import (
    CARACTERES_MAX,
    CELLULES_MAX,
    COLONNES_MAX,
    FUSIONS_MAX,
    LIGNES_MAX,
    SURFACE_MAX,
    TEXTE_MAX,
)
from documents.tableurs.modele import Feuille, Plage, Position, Valeur, adresse
from documents.texte import nettoyer

TEXTE_TROP_LONG = (
    f"Une cellule de ce fichier contient plus de {nombre(TEXTE_MAX)} caractères, ce qu'un tableur ne permet pas. "
    f"Raccourcissez-la (ou, dans un fichier CSV, cherchez un guillemet jamais refermé), puis déposez à nouveau le "
    f"fichier."
)


class FeuilleTropGrande(Exception):
    """The sheet goes beyond the limits; the message is a French sentence about it alone."""


class Texte:
    """What is written in an element, gathered piece by piece and never beyond the size of a cell."""

    def __init__(self) -> None:
        self._morceaux: list[str] = []
        self._longueur = 0
        self._ecoute = False

    def vider(self) -> None:
        """Start anew."""
        self._morceaux = []
        self._longueur = 0

    def ecouter(self) -> None:
        """Gather what comes."""
        self._ecoute = True

    def taire(self) -> None:
        """Let what comes go by."""
        self._ecoute = False

    def ajouter(self, morceau: str) -> None:
        """Keep a piece, when listening. Raises FichierRefuse beyond the size of a cell."""
        if self._ecoute:
            self._longueur += len(morceau)
            if self._longueur > TEXTE_MAX:
                raise FichierRefuse(TEXTE_TROP_LONG)
            self._morceaux.append(morceau)

    def lu(self) -> str:
        """Return what was gathered since it was emptied."""
        return "".join(self._morceaux)


@dataclass
class Reserve:
    """What the whole workbook may still hold. Raises FichierRefuse when it is spent."""

    cellules: int = CELLULES_MAX
    caracteres: int = CARACTERES_MAX
    surface: int = SURFACE_MAX

    def prendre(self, valeur: Valeur) -> None:
        """Count a cell."""
        self.cellules -= 1
        if isinstance(valeur, str):
            self.caracteres -= len(valeur)
        if self.cellules < 0 or self.caracteres < 0:
            raise FichierRefuse(DEMESURE)

    def prendre_surface(self, surface: int) -> None:
        """Count the rectangle of a sheet, blanks included: they take room too."""
        self.surface -= surface
        if self.surface < 0:
            raise FichierRefuse(DEMESURE)


@dataclass
class Grille:
    """The cells of a sheet that is being read. Raises FeuilleTropGrande as soon as it goes beyond the limits."""

    nom: str
    reserve: Reserve
    masquee: bool = False
    cellules: dict[int, dict[int, Valeur]] = field(default_factory=dict)
    fusions: list[Plage] = field(default_factory=list)
    pourcentages: set[Position] = field(default_factory=set)
    erreurs: dict[Position, str] = field(default_factory=dict)
    formules: set[Position] = field(default_factory=set)
    sans_valeur: set[Position] = field(default_factory=set)
    lignes_masquees: set[int] = field(default_factory=set)
    colonnes_masquees: set[int] = field(default_factory=set)
    avertissements: list[str] = field(default_factory=list)

    def poser(
        self,
        ligne: int,
        colonne: int,
        valeur: Valeur,
        *,
        formule: bool = False,
        calculee: bool = True,
        pourcentage: bool = False,
        erreur: str = "",
    ) -> None:
        """Keep a cell if it holds something: a value, an error, a formula. A text of spaces is nothing."""
        if isinstance(valeur, str):
            valeur = nettoyer(valeur) or None
        if valeur is None and not erreur and not formule:
            return
        if ligne >= LIGNES_MAX or colonne >= COLONNES_MAX:
            raise FeuilleTropGrande(
                phrase(
                    f"La feuille « {self.nom} » a du contenu en {adresse(ligne, colonne)}, au-delà des "
                    f"{nombre(LIGNES_MAX)} lignes et {COLONNES_MAX} colonnes qui sont lues. Effacez ce qui est "
                    f"loin du tableau, ou copiez le tableau dans un classeur neuf."
                )
            )
        self.reserve.prendre(valeur)
        self.cellules.setdefault(ligne, {})[colonne] = valeur
        position = (ligne, colonne)
        if formule:
            self.formules.add(position)
        if erreur:
            self.erreurs[position] = erreur
        elif formule and not calculee:
            self.sans_valeur.add(position)
        if pourcentage and isinstance(valeur, int | Decimal) and not isinstance(valeur, bool):
            self.pourcentages.add(position)

    def fusionner(self, plage: Plage) -> None:
        """Keep merged cells. Raises FichierRefuse for what is upside down."""
        if not (0 <= plage.ligne1 <= plage.ligne2 and 0 <= plage.colonne1 <= plage.colonne2):
            raise FichierRefuse(ABIME)
        if len(self.fusions) >= FUSIONS_MAX:
            raise FeuilleTropGrande(
                phrase(
                    f"La feuille « {self.nom} » a plus de {nombre(FUSIONS_MAX)} cellules fusionnées. Copiez le "
                    f"tableau dans un classeur neuf, sans les fusions."
                )
            )
        self.fusions.append(plage)

    def feuille(self) -> Feuille:
        """Return the sheet, its rectangle cut to what has content."""
        fusions = self._fusions_disjointes()
        for plage in fusions:
            self._vider_sous(plage)
        nombre_lignes, nombre_colonnes = self._etendue()
        self.reserve.prendre_surface(nombre_lignes * nombre_colonnes)
        vide: tuple[Valeur, ...] = (None,) * nombre_colonnes
        return Feuille(
            nom=self.nom,
            lignes=tuple(
                tuple(map(cellules.get, range(nombre_colonnes)))
                if (cellules := self.cellules.get(ligne))
                else vide
                for ligne in range(nombre_lignes)
            ),
            fusions=tuple(sorted(_couper(fusions, nombre_lignes, nombre_colonnes), key=_premiere_cellule)),
            masquee=self.masquee,
            pourcentages=frozenset(self.pourcentages),
            erreurs=self.erreurs,
            formules=frozenset(self.formules),
            sans_valeur=frozenset(self.sans_valeur),
            lignes_masquees=frozenset(i for i in self.lignes_masquees if i < nombre_lignes),
            colonnes_masquees=frozenset(i for i in self.colonnes_masquees if i < nombre_colonnes),
        )

    def _etendue(self) -> tuple[int, int]:
        """Return how many rows and columns it takes to hold what has content."""
        lignes = max((ligne for ligne, cellules in self.cellules.items() if cellules), default=-1) + 1
        return lignes, max((max(cellules) for cellules in self.cellules.values() if cellules), default=-1) + 1

    def _fusions_disjointes(self) -> list[Plage]:
        """Return the merges cut to the content; none when they overlap, which no spreadsheet allows.

        Merges that do not overlap never cover more than the rectangle: going through them takes a bounded time.
        """
        lignes, colonnes = self._etendue()
        fusions = _couper(self.fusions, lignes, colonnes)
        if (
            sum((p.ligne2 - p.ligne1 + 1) * (p.colonne2 - p.colonne1 + 1) for p in fusions)
            <= lignes * colonnes
        ):
            return fusions
        self.avertissements.append(
            phrase(
                f"Les cellules fusionnées de la feuille « {self.nom} » se chevauchent : elles sont lues "
                f"comme si elles n'étaient pas fusionnées."
            )
        )
        return []

    def _vider_sous(self, plage: Plage) -> None:
        """Only the first cell of a merge is seen: what may lie under it is not read either."""
        for ligne in range(plage.ligne1, plage.ligne2 + 1):
            for colonne in range(plage.colonne1, plage.colonne2 + 1):
                cachee = (ligne, colonne) != _premiere_cellule(plage)
                if cachee and self.cellules.get(ligne, {}).pop(colonne, self) is not self:
                    self.erreurs.pop((ligne, colonne), None)
                    for positions in (self.pourcentages, self.formules, self.sans_valeur):
                        positions.discard((ligne, colonne))


def _premiere_cellule(plage: Plage) -> Position:
    return plage.ligne1, plage.colonne1


def _couper(fusions: list[Plage], lignes: int, colonnes: int) -> list[Plage]:
    """Return the merges cut to a rectangle, without those that are outside, nor those of which one cell is left."""
    coupees = (
        Plage(p.ligne1, p.colonne1, min(p.ligne2, lignes - 1), min(p.colonne2, colonnes - 1))
        for p in fusions
        if p.ligne1 < lignes and p.colonne1 < colonnes
    )
    return [p for p in coupees if _premiere_cellule(p) != (p.ligne2, p.colonne2)]


def instant_ou_jour(instant: datetime) -> date | datetime:
    """Return the day alone when the instant is midnight: a spreadsheet has no other way to write a day."""
    return instant if (instant.hour, instant.minute, instant.second) != (0, 0, 0) else instant.date()
