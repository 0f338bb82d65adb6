"""A table described once. Figures are computed in `calcul`, drawn by the `rendu_*` modules."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import Any, Literal

from documents.formats import INSECABLE, nombre


class TypeColonne(StrEnum):
    """How a column is checked, aligned and written in each format."""

    TEXTE = "texte"
    LISTE = "liste"  # an iterable of texts, shown as « – » lines in one cell
    ENTIER = "entier"
    MONTANT = "montant"  # euros, Decimal
    POURCENTAGE = "pourcentage"  # in points: Decimal("12.5") is 12,5 %
    MESURE = "mesure"  # a figure that has its own unit, another than that of the row above
    DATE = "date"


SOMMABLES = frozenset({TypeColonne.ENTIER, TypeColonne.MONTANT})
NUMERIQUES = SOMMABLES | {TypeColonne.POURCENTAGE, TypeColonne.MESURE}


@dataclass(frozen=True, order=True)
class Mesure:
    """A figure and its unit (« % », « € », a word or none). `environ`: who gives it says that it is not exact."""

    valeur: Decimal
    unite: str = ""
    environ: bool = False

    @property
    def texte(self) -> str:
        """« 56,3 % », « 8 262 € », « environ 30 »."""
        morceaux = ("environ" if self.environ else "", nombre(self.valeur), self.unite)
        return INSECABLE.join(morceau for morceau in morceaux if morceau)


@dataclass(frozen=True, kw_only=True)
class Colonne:
    """A column: where its value comes from, its header, and what is computed on it.

    Raises ValueError when the description contradicts itself (a total on a text, a sum that is also read).
    """

    cle: str
    titre: str
    type: TypeColonne = TypeColonne.TEXTE
    # reads the value of a row; by default row[cle] for a mapping, getattr(row, cle) otherwise
    valeur: Callable[[Any], Any] | None = None
    # upper header shared by adjacent columns
    groupe: str = ""
    # relative width; a column of figures is widened to what its figures need
    poids: float = 1
    # summed in the subtotals and in the grand total
    total: bool = False
    # the cell is the computed sum of these columns (never typed), blank when all of them are blank
    somme_de: tuple[str, ...] = ()
    # takes part in the line of shares
    part: bool = False
    # row header (th scope=row)
    entete_ligne: bool = False
    # a value repeated from the row above, in the same group, is muted on paper (never removed)
    fusionner: bool = False
    # a long text: in a report, it stands under the short cells of its row, over the whole width
    pleine_largeur: bool = False

    def __post_init__(self) -> None:
        if not self.cle:
            raise ValueError("Une colonne a une clé.")
        if (self.total or self.somme_de) and self.type not in SOMMABLES:
            raise ValueError(f"La colonne « {self.cle} » ({self.type}) ne peut pas porter de somme.")
        if self.part and not self.total:
            raise ValueError(f"La colonne « {self.cle} » a une part : elle doit avoir un total.")
        if self.somme_de and self.valeur is not None:
            raise ValueError(f"La colonne « {self.cle} » est calculée : elle n'a pas de valeur à lire.")
        if self.pleine_largeur and self.type not in (TypeColonne.TEXTE, TypeColonne.LISTE):
            raise ValueError(f"La colonne « {self.cle} » n'est pas un texte : elle ne prend pas la largeur.")
        if self.poids <= 0:
            raise ValueError(f"La colonne « {self.cle} » doit avoir un poids positif.")

    def lire(self, ligne: Any) -> Any:
        """Return the raw value of this column in a row. Raises KeyError or AttributeError if it has none."""
        if self.valeur is not None:
            return self.valeur(ligne)
        return ligne[self.cle] if isinstance(ligne, Mapping) else getattr(ligne, self.cle)


@dataclass(frozen=True, kw_only=True)
class Groupe:
    """Rows that go together. `sous_total` is the label of their subtotal line, empty for none.

    `lignes` may be a function returning the rows, so that a table can be rendered several times lazily.
    """

    titre: str = ""
    lignes: Iterable[Any] | Callable[[], Iterable[Any]] = ()
    sous_total: str = ""

    def iterer(self) -> Iterator[Any]:
        """Return an iterator over the rows."""
        return iter(self.lignes() if callable(self.lignes) else self.lignes)


@dataclass(frozen=True, kw_only=True)
class Tableau:
    """A whole table with its titles, totals and page. Raises ValueError when it contradicts itself.

    The line of the grand total and that of the shares are left out when no column can carry them, or when
    there is no row; subtotals are left out of an empty group.
    """

    titre: str
    nom: str
    colonnes: tuple[Colonne, ...]
    groupes: Iterable[Groupe] | Callable[[], Iterable[Groupe]]
    sous_titre: str = ""
    total: str = ""
    libelle_parts: str = ""
    afficher_titres_groupes: bool = True
    # said in place of the rows when there is none
    vide: str = "Aucune ligne."
    # lines under the table: definitions, control totals, sources
    notes: tuple[str, ...] = ()
    # left of the footer: contract, year
    pied: str = ""
    date_edition: date | None = field(default_factory=date.today)
    auteur: str = ""
    format_page: Literal["A4", "A3"] = "A4"
    paysage: bool = True
    corps_pt: float = 8

    def __post_init__(self) -> None:
        if not self.titre or not self.nom:
            raise ValueError("Un tableau a un titre et un nom.")
        object.__setattr__(self, "colonnes", tuple(self.colonnes))
        if not self.colonnes:
            raise ValueError("Un tableau a au moins une colonne.")
        if self.corps_pt < 8:
            raise ValueError("Le corps d'un tableau imprimé ne descend pas sous 8 points.")
        self._verifier_cles()
        self._verifier_groupes_de_colonnes()
        if self.colonnes[0].pleine_largeur:
            raise ValueError("La première colonne nomme la ligne : elle ne prend pas toute la largeur.")
        if self.colonnes[0].total:
            raise ValueError(
                "La première colonne porte le libellé des totaux : elle ne peut pas être sommée."
            )

    def _verifier_cles(self) -> None:
        par_cle = {colonne.cle: colonne for colonne in self.colonnes}
        if len(par_cle) != len(self.colonnes):
            raise ValueError("Deux colonnes ont la même clé.")
        for colonne in self.colonnes:
            for cle in colonne.somme_de:
                source = par_cle.get(cle)
                if source is None:
                    raise ValueError(f"La colonne « {colonne.cle} » additionne « {cle} », qui n'existe pas.")
                if source.type != colonne.type or source.somme_de:
                    raise ValueError(
                        f"La colonne « {colonne.cle} » additionne « {cle} » : il faut une colonne lue, "
                        f"du même type."
                    )

    def _verifier_groupes_de_colonnes(self) -> None:
        suites = [nom for nom, _ in groupby(c.groupe for c in self.colonnes) if nom]
        if len(set(suites)) != len(suites):
            raise ValueError("Les colonnes d'un même groupe doivent se suivre.")

    def iterer_groupes(self) -> Iterator[Groupe]:
        """Return an iterator over the groups of rows."""
        return iter(self.groupes() if callable(self.groupes) else self.groupes)

    @property
    def en_deux_niveaux(self) -> bool:
        """Whether the header has an upper level."""
        return any(c.groupe for c in self.colonnes)

    @property
    def a_des_montants(self) -> bool:
        """Whether the unit « euros » must be said once, above the table."""
        return any(c.type == TypeColonne.MONTANT for c in self.colonnes)

    @property
    def sous_titre_complet(self) -> str:
        """The subtitle, with the unit of the amounts: it is said once, not in every cell."""
        unite = "Montants en euros" if self.a_des_montants else ""
        return " · ".join(morceau for morceau in (self.sous_titre, unite) if morceau)

    @property
    def etendue_libelle(self) -> int:
        """How many columns the label of a total line covers: all those before the first figure (≥ 1)."""
        premiers = (i for i, c in enumerate(self.colonnes) if c.total)
        return max(1, next(premiers, len(self.colonnes)))

    def suites_de_colonnes(self) -> list[tuple[str, int]]:
        """Return the upper header: (title, number of columns), ungrouped columns one by one with ""."""
        suites: list[tuple[str, int]] = []
        for nom, colonnes in groupby(self.colonnes, key=lambda c: c.groupe):
            nombre = len(list(colonnes))
            suites += [(nom, nombre)] if nom else [("", 1)] * nombre
        return suites

    def nom_fichier(self, format: str) -> str:
        """Return a file name made of the table's name, ASCII, with the extension of the format."""
        ascii_ = unicodedata.normalize("NFKD", self.nom).encode("ascii", "ignore").decode()
        racine = re.sub(r"[^A-Za-z0-9]+", "-", ascii_).strip("-").lower() or "tableau"
        return f"{racine}.{format}"
