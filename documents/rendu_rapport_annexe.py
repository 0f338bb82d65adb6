"""An annex of a report on paper: A4 landscape, numbered by itself, its long texts under the short cells of a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from itertools import accumulate
from math import sqrt

from documents.affichage import Vue, voir
from documents.calcul import Genre, Rangee
from documents.rapport import Annexe
from documents.rendu_html import POIDS_TEXTE, Dessous, table_html
from documents.rendu_pdf import chaine_css
from documents.tableau import Colonne, Tableau, TypeColonne
from documents.texte import apostrophes, lignes_de_liste, nettoyer

POINTS_PAR_MM = 72 / 25.4
MARGE_MM = 14
LARGEUR_PT = (297 - 2 * MARGE_MM) * POINTS_PAR_MM
# the title of the annex, at the head of each of its pages but the first
_COURANT = 'font:8pt "Source Sans 3";color:#4a5260;width:100%'
# what a cell keeps on its sides (rapport.css), and a hair
MARGE_CELLULE_PT = 6.5
# a table of more columns than that sets its long texts under the others, unless its columns say which
COLONNES_MAX = 6
# a text of more characters, alone under its row, is set in two columns
DEUX_COLONNES = 250
# milliseconds of layout, measured on annexes of 16 columns: a cell, a character of text
COUT_CELLULE = 0.4
COUT_CARACTERE = 0.007


@dataclass(frozen=True)
class AnnexeImprimee:
    """An annex, its rows computed once. `numero` is its rank in the report, from 1."""

    annexe: Annexe
    numero: int
    # « A1- » : what stands before the numbers of its pages
    prefixe: str

    @property
    def ancre(self) -> str:
        """The named destination where it starts, and the name of its pages."""
        return f"annexe-{self.numero}"

    @property
    def titre(self) -> str:
        """« Annexe 1 – Bilan par porteur »."""
        return f"Annexe\u00a0{self.numero} – {nettoyer(self.annexe.tableau.titre)}"

    @cached_property
    def entiere(self) -> Vue:
        """Every row, with every column."""
        return voir(self.annexe.tableau)

    @cached_property
    def couts(self) -> list[float]:
        """What laying out each row takes, in milliseconds or so."""
        return [
            sum(
                COUT_CELLULE + COUT_CARACTERE * len(self.entiere.texte(i, rangee))
                for i in range(len(rangee.cellules))
            )
            for rangee in self.entiere.rangees
        ]

    @cached_property
    def _mise_en_page(self) -> tuple[Vue, list[float], Dessous | None]:
        longues = _colonnes_longues(self.entiere)
        vue = _sans(self.entiere, longues)
        largeurs = vue.largeurs(LARGEUR_PT, self.annexe.tableau.corps_pt, MARGE_CELLULE_PT)
        return vue, largeurs, _dessous(self.entiere, longues, largeurs) if longues else None

    def html(self, debut: int = 0, fin: int | None = None) -> str:
        """Return the annex from one row to another, its heading when it is the start, its notes when it is the end."""
        vue, largeurs, dessous = self._mise_en_page
        partie = replace(vue, rangees=vue.rangees[debut:fin])
        if dessous:
            dessous = replace(dessous, rangees=dessous.rangees[debut:fin])
        table = table_html(partie, imprime=True, largeurs=largeurs, dessous=dessous)
        tete = self._suite() if debut else self._tete()
        pied = self._notes() if fin is None or fin >= len(vue.rangees) else ""
        style = f"page:{self.ancre};font-size:{self.annexe.tableau.corps_pt}pt"
        return f'<section class="pages-annexe" style="{style}">{tete}{table}{pied}</section>'

    def css(self, *, suite: bool) -> str:
        """Return the rules of its pages. A `suite` cannot know its first number: it bears none."""
        haut = chaine_css(apostrophes(self.titre + (" (suite)" if suite else "")))
        numero = "none" if suite else f"{chaine_css(f'page {self.prefixe}')} counter(page)"
        regles = (
            f"@page {self.ancre}{{size:A4 landscape;margin:16mm {MARGE_MM}mm 18mm;"
            f"@top-left{{content:{haut};{_COURANT}}}@bottom-right{{content:{numero}}}}}"
        )
        if not suite:
            regles += f"@page :nth(1 of {self.ancre}){{counter-reset:page 1;@top-left{{content:none}}}}"
        return regles

    def _tete(self) -> str:
        tableau = self.annexe.tableau
        sous_titre = nettoyer(tableau.sous_titre_complet)
        titre = f'<h2 id="{self.ancre}" class="titre-annexe">{escape(self.titre)}</h2>'
        return titre + (f'<p class="sous-titre">{escape(sous_titre)}</p>' if sous_titre else "")

    def _suite(self) -> str:
        """Return a bookmark of the same name, under which those of the rows go on."""
        return f'<div style="bookmark-level:1;bookmark-label:{escape(chaine_css(self.titre))}"></div>'

    def _notes(self) -> str:
        notes = "".join(f"<p>{escape(nettoyer(note))}</p>" for note in self.annexe.tableau.notes)
        return f'<div class="notes">{notes}</div>' if notes else ""


def imprimees(annexes: Sequence[Annexe]) -> list[AnnexeImprimee]:
    """Return the annexes with their numbers: « A-3 » when there is one, « A2-3 » when there are several."""
    return [
        AnnexeImprimee(annexe, numero, f"A{numero}-" if len(annexes) > 1 else "A-")
        for numero, annexe in enumerate(annexes, start=1)
    ]


def _colonnes_longues(vue: Vue) -> list[int]:
    """Return the columns to set under the others: those that say so, or the texts of a wide table; never empty ones."""
    colonnes = vue.tableau.colonnes
    voulues = [i for i, colonne in enumerate(colonnes) if colonne.pleine_largeur]
    if not voulues and len(colonnes) > COLONNES_MAX:
        voulues = [i for i, colonne in enumerate(colonnes) if i and _est_longue(colonne)]
    lignes = [rangee for rangee in vue.rangees if rangee.genre == Genre.LIGNE]
    longues = [i for i in voulues if any(ligne.cellules[i] is not None for ligne in lignes)]
    # there must be columns to span
    return longues if 2 * len(longues) <= len(colonnes) else []


def _est_longue(colonne: Colonne) -> bool:
    return (
        colonne.type in (TypeColonne.TEXTE, TypeColonne.LISTE)
        and colonne.poids >= POIDS_TEXTE
        and not colonne.entete_ligne
    )


def _sans(vue: Vue, longues: Sequence[int]) -> Vue:
    """Return the view without these columns: totals are computed already, labels span what is left."""
    if not longues:
        return vue
    gardees = [i for i in range(len(vue.tableau.colonnes)) if i not in longues]
    rangs = {ancien: nouveau for nouveau, ancien in enumerate(gardees)}
    tableau: Tableau = replace(vue.tableau, colonnes=tuple(vue.tableau.colonnes[i] for i in gardees))
    return Vue(
        tableau,
        [
            replace(
                rangee,
                cellules=tuple(rangee.cellules[i] for i in gardees if rangee.cellules),
                repetees=frozenset(rangs[i] for i in rangee.repetees if i in rangs),
            )
            for rangee in vue.rangees
        ],
        frozenset(rangs[i] for i in vue.avec_centimes),
    )


def _dessous(vue: Vue, longues: Sequence[int], largeurs: Sequence[float]) -> Dessous:
    etendues = _etendues([_place(vue, i) for i in longues], largeurs)
    colonnes = list(zip(longues, etendues, strict=True))
    entetes = "".join(
        f'<th scope="col" colspan="{etendue}">{escape(vue.tableau.colonnes[i].titre)}</th>'
        for i, etendue in colonnes
    )
    return Dessous(entetes, [_textes(vue, rangee, colonnes) for rangee in vue.rangees])


def _place(vue: Vue, indice: int) -> float:
    """Return the width that a long text deserves, one to another: a text twice as long is not twice as wide."""
    return sqrt(sum(len(vue.texte(indice, r)) for r in vue.rangees if r.genre == Genre.LIGNE)) or 1


def _textes(vue: Vue, rangee: Rangee, colonnes: Sequence[tuple[int, int]]) -> str:
    if rangee.genre != Genre.LIGNE or all(rangee.cellules[i] is None for i, _ in colonnes):
        return ""
    textes = [_texte(vue, rangee, i) for i, _ in colonnes]
    if len(textes) == 1 and len(textes[0]) > DEUX_COLONNES:
        # a line as wide as the page would be lost before its end
        textes = [f'<div class="deux-colonnes">{textes[0]}</div>']
    return "".join(
        f'<td colspan="{etendue}">{texte}</td>' for (_, etendue), texte in zip(colonnes, textes, strict=True)
    )


def _texte(vue: Vue, rangee: Rangee, indice: int) -> str:
    valeur = rangee.cellules[indice]
    texte = lignes_de_liste(valeur) if isinstance(valeur, tuple) else vue.texte(indice, rangee)
    return escape(texte).replace("\n", "<br>")


def _etendues(poids: Sequence[float], largeurs: Sequence[float]) -> list[int]:
    """Return how many columns each long text spans, so that their widths are nearest to their weights."""
    bords = [0.0, *accumulate(largeurs)]
    total, etendues, debut = sum(poids), [], 0
    for rang, cumul in enumerate(list(accumulate(poids))[:-1], start=1):
        voulu = bords[-1] * cumul / total
        possibles = range(debut + 1, len(largeurs) - (len(poids) - rang) + 1)
        fin = min(possibles, key=lambda i: abs(bords[i] - voulu))
        etendues.append(fin - debut)
        debut = fin
    return [*etendues, len(largeurs) - debut]


def coupes(annexes: Sequence[AnnexeImprimee], avant: float, nombre: int) -> list[tuple[int, int]]:
    """Return where to cut the report in `nombre` parts of about the same work: (rank of an annex, rank of a row).

    `avant` is what comes before the annexes costs, in milliseconds. A cut inside an annex leaves a white end of page
    and asks for its folios to be drawn apart: it must be worth it. Less cuts come back when they are worth nothing.
    """
    total = avant + sum(sum(annexe.couts) for annexe in annexes)
    if not annexes or total < COUT_MINIMAL:
        return []
    choisies = set()
    for rang in range(1, nombre):
        cible = total * rang / nombre
        choisies.add(min(_candidates(annexes, avant), key=lambda c: abs(c[0] - cible) + c[1])[2:])
    return sorted(choisies)


# milliseconds: a report that takes less is not worth a second process; then what a cut inside an annex costs
COUT_MINIMAL = 600
COUT_COUPE = 900


def _candidates(annexes: Sequence[AnnexeImprimee], avant: float) -> Iterator[tuple[float, float, int, int]]:
    """Give (work before, price of the cut, annex, row) for each place where the report may be cut."""
    cumul = avant
    for numero, annexe in enumerate(annexes):
        yield cumul, 0, numero, 0
        precedent = None
        for rang, (rangee, cout) in enumerate(zip(annexe.entiere.rangees, annexe.couts, strict=True)):
            if rang and rangee.genre == Genre.GROUPE:
                yield cumul, COUT_COUPE, numero, rang
            elif rang and rangee.genre == Genre.LIGNE and precedent != Genre.GROUPE:
                yield cumul, COUT_COUPE + cout, numero, rang
            cumul += cout
            precedent = rangee.genre
