"""The text of the cells for the eye (pdf, docx, html): French formats, one number of decimals a column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from documents.calcul import Genre, Rangee, Valeur, rangees
from documents.formats import INSECABLE, a_des_centimes, date_longue, montant, nombre, pourcentage
from documents.tableau import NUMERIQUES, Colonne, Mesure, Tableau, TypeColonne

# width of a character in semibold, in em: enough to reserve a column, not to compose a line
_EM_CHIFFRE = 0.5
_EM_MINUSCULE = 0.52
_EM_CAPITALE = 0.66
_EM_PARTICULIERS = {**dict.fromkeys("iIjlftr.,:;!'’()-", 0.38), **dict.fromkeys("mwMW", 0.88)}
# a longer word (an address, a typing error) may break
_MOT_MAX = 10.0
# of the page, what the words of the texts may rule: the rest is shared by weight
_AISANCE = 0.9


@dataclass(frozen=True)
class Vue:
    """A table whose rows are all computed, ready to be drawn on paper or on a page."""

    tableau: Tableau
    rangees: list[Rangee]
    # indices of the columns of amounts that show cents, because one of their amounts has some
    avec_centimes: frozenset[int]

    def texte(self, indice: int, rangee: Rangee) -> str:
        """Return what a cell says, « » for a blank; a list is asked for with `elements`."""
        valeur = rangee.cellules[indice]
        if rangee.genre == Genre.PARTS:
            return pourcentage(valeur) if isinstance(valeur, Decimal) else ""
        return self._texte(indice, valeur)

    def _texte(self, indice: int, valeur: Valeur) -> str:
        if valeur is None:
            return ""
        if isinstance(valeur, str):
            return valeur
        if isinstance(valeur, date):
            return date_longue(valeur)
        if isinstance(valeur, tuple):
            return "\n".join(valeur)
        if isinstance(valeur, Mesure):
            return valeur.texte
        if self.tableau.colonnes[indice].type == TypeColonne.POURCENTAGE:
            return pourcentage(valeur)
        if self.tableau.colonnes[indice].type == TypeColonne.MONTANT:
            return montant(valeur, centimes=indice in self.avec_centimes, unite=False)
        return nombre(valeur)

    def largeurs(self, total: float, corps: float, marge: float) -> list[float]:
        """Return the width of each column, adding to `total`, in the unit of `total`.

        `corps` is the size of the type and `marge` what a cell keeps on both sides, in the same unit.
        A column is never narrower than its widest figure or the longest word of its title; nor than the
        longest word of its texts, or as near to it as there is room for.
        """
        poids = [c.poids for c in self.tableau.colonnes]
        marges = [marge * (2 if self._suit_des_chiffres(i) else 1) for i in range(len(poids))]
        stricts = [self._besoin(i) * corps + marges[i] for i in range(len(poids))]
        mots = [self._besoin_des_mots(i) * corps + marges[i] for i in range(len(poids))]
        manques = [max(mot - strict, 0) for strict, mot in zip(stricts, mots, strict=True)]
        place = max(_AISANCE * total - sum(stricts), 0)
        part = min(place / sum(manques), 1) if any(manques) else 0
        besoins = [strict + part * manque for strict, manque in zip(stricts, manques, strict=True)]
        return repartir_largeurs(poids, besoins, total)

    def _suit_des_chiffres(self, indice: int) -> bool:
        """Whether a column of text must be kept away from figures on its left."""
        colonnes = self.tableau.colonnes
        return (
            indice > 0 and colonnes[indice - 1].type in NUMERIQUES and colonnes[indice].type not in NUMERIQUES
        )

    def _besoin(self, indice: int) -> float:
        colonne = self.tableau.colonnes[indice]
        besoin = max(mot_le_plus_long(colonne.titre), self._besoin_du_groupe(colonne))
        if colonne.type in NUMERIQUES:
            for rangee in self.rangees:
                if rangee.cellules:
                    besoin = max(besoin, len(self.texte(indice, rangee)) * _EM_CHIFFRE * 1.06)
        return besoin

    def _besoin_du_groupe(self, colonne: Colonne) -> float:
        """Return the room for the upper header of a column, when it stands over it alone."""
        voisines = [c for c in self.tableau.colonnes if c.groupe == colonne.groupe]
        return mot_le_plus_long(colonne.groupe) if len(voisines) == 1 else 0

    def _besoin_des_mots(self, indice: int) -> float:
        if self.tableau.colonnes[indice].type in NUMERIQUES:
            return 0
        textes = [self.texte(indice, r) for r in self.rangees if r.genre == Genre.LIGNE]
        if self.tableau.colonnes[indice].type == TypeColonne.DATE:
            # a day stays with its month
            textes = [texte.replace(" ", INSECABLE, 1) for texte in textes]
        return min(_MOT_MAX, max((mot_le_plus_long(t) for t in textes), default=0))


def voir(tableau: Tableau) -> Vue:
    """Return the table with all its rows computed. Raises what `calcul.rangees` raises."""
    lues = list(rangees(tableau))
    centimes = set()
    for indice, colonne in enumerate(tableau.colonnes):
        if colonne.type == TypeColonne.MONTANT and any(
            isinstance(valeur := r.cellules[indice], Decimal) and a_des_centimes(valeur)
            for r in lues
            if r.cellules and r.genre != Genre.PARTS
        ):
            centimes.add(indice)
    return Vue(tableau, lues, frozenset(centimes))


def mot_le_plus_long(titre: str) -> float:
    """Return the width, in em, of the longest word of a title, as set in semibold."""
    # a no-break space holds two words together
    mots = re.split(r"[ \n]+", titre.replace("-", "- ").replace("/", "/ "))
    return max((sum(map(_largeur, mot)) for mot in mots), default=0)


def _largeur(caractere: str) -> float:
    usuelle = _EM_CAPITALE if caractere.isupper() else _EM_MINUSCULE
    return _EM_PARTICULIERS.get(caractere, usuelle)


def repartir_largeurs(poids: list[float], besoins: list[float], total: float) -> list[float]:
    """Return widths adding to `total`, proportional to the weights, none under its need when that fits.

    When the needs alone exceed the total, everything is shrunk in proportion of the needs.
    """
    if sum(besoins) >= total:
        return [total * besoin / sum(besoins) for besoin in besoins]
    fixes: set[int] = set()
    while True:
        reste = total - sum(besoins[i] for i in fixes)
        somme = sum(p for i, p in enumerate(poids) if i not in fixes)
        largeurs = [besoins[i] if i in fixes else reste * p / somme for i, p in enumerate(poids)]
        nouveaux = {i for i, largeur in enumerate(largeurs) if i not in fixes and largeur < besoins[i]}
        if not nouveaux:
            return largeurs
        fixes |= nouveaux
