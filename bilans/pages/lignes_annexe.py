"""The rows of an annex of the report: each has a number, and names by which a figure finds it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from documents.calcul import Valeur, cellules_de
from documents.normalisation import normaliser
from documents.rapport import Annexe
from documents.tableau import Groupe, Tableau


@dataclass(frozen=True)
class LigneAnnexe:
    """A row: its place in the frozen annex, from 1, what it holds, its cells as they are computed."""

    numero: int
    ligne: Any
    cellules: tuple[Valeur, ...]

    @property
    def ancre(self) -> str:
        """What names it in its page."""
        return f"ligne-{self.numero}"


@dataclass(frozen=True)
class GroupeAnnexe:
    """Rows that go together."""

    groupe: Groupe
    lignes: list[LigneAnnexe]


def numeroter(tableau: Tableau) -> list[GroupeAnnexe]:
    """Return the rows in their frozen order, group by group."""
    numeros = count(1)
    return [
        GroupeAnnexe(
            groupe,
            [
                LigneAnnexe(next(numeros), ligne, cellules_de(tableau.colonnes, ligne))
                for ligne in groupe.iterer()
            ],
        )
        for groupe in tableau.iterer_groupes()
    ]


def noms_de(tableau: Tableau, cellules: Sequence[Valeur]) -> Iterator[str]:
    """Yield the names that a row holds: its short texts, and each element of its lists."""
    for colonne, valeur in zip(tableau.colonnes, cellules, strict=True):
        if isinstance(valeur, str) and not colonne.pleine_largeur:
            yield valeur
        elif isinstance(valeur, tuple):
            yield from valeur


def annexes_par_nom(annexes: Iterable[Annexe]) -> dict[str, list[str]]:
    """Return the codes of the annexes where a name, normalised, is that of a row or of a group of rows."""
    trouvees: dict[str, list[str]] = {}
    for annexe in annexes:
        # Each name once: the same porteur stands on many rows.
        noms: set[str] = set()
        for groupe in numeroter(annexe.tableau):
            noms.add(groupe.groupe.titre)
            for ligne in groupe.lignes:
                noms.update(noms_de(annexe.tableau, ligne.cellules))
        for nom in {normaliser(nom) for nom in noms} - {""}:
            trouvees.setdefault(nom, []).append(annexe.code)
    return trouvees
