"""Excel: typed cells, live sums, a sheet ready to print. Written row by row: memory stays flat."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from documents.affichage import mot_le_plus_long, repartir_largeurs
from documents.calcul import Genre, Rangee, Valeur, rangees
from documents.erreurs import ErreurRendu, TexteTropLong
from documents.formats import INSECABLE, date_longue, nombre
from documents.tableau import NUMERIQUES, Colonne, Mesure, Tableau, TypeColonne
from documents.texte import lignes_de_liste, nettoyer

TEXTE_MAX = 32_767
LIGNES_MAX = 1_048_576
PAPIERS = {"A4": 9, "A3": 8}
# characters that fill one page of that paper: « one page wide » then prints 10 points at 8.5 or so
LARGEURS_PAGE = {("A4", True): 165, ("A4", False): 115, ("A3", True): 240, ("A3", False): 165}
LARGEURS_MIN = {
    TypeColonne.MONTANT: 11.0,
    TypeColonne.ENTIER: 8.0,
    TypeColonne.POURCENTAGE: 8.0,
    TypeColonne.MESURE: 9.0,
    TypeColonne.DATE: 11.0,
}
LARGEUR_MAX = 120.0
CORPS = 10
# of a sheet; words that do not end a name
NOM_MAX = 31
LIAISONS = frozenset(
    (
        "à",
        "au",
        "aux",
        "avec",
        "d'un",
        "d'une",
        "dans",
        "de",
        "des",
        "du",
        "en",
        "et",
        "la",
        "le",
        "les",
        "ou",
        "par",
        "pour",
        "sur",
        "un",
        "une",
    )
)
# points; Excel refuses more than 409 for a row
INTERLIGNE = 12.75
# of French text at 10 pt, in the unit of widths (a digit at 11 pt); then what the indent and the words
# that do not fit leave empty
CARACTERES_PAR_UNITE = 1.25
PERTE_PAR_LIGNE = 4
HAUTEUR_MAX = 409.0

EUROS = '#,##0\u00a0"€"'
EUROS_CENTIMES = '#,##0.00\u00a0"€"'
ENTIER = "#,##0"
POURCENT = '0.0"\u00a0"%'
JOUR = "dd/mm/yyyy"

# indented: a figure must not read as the first word of the next column
_A_DROITE: dict[str, Any] = {"align": "right", "indent": 1}
_A_GAUCHE: dict[str, Any] = {"align": "left", "indent": 1}

ENCRE = "#1D2430"
FILET = "#BDB8AB"
TEINTES = {
    Genre.GROUPE: "#E9E6DD",
    Genre.SOUS_TOTAL: "#F4F2EC",
    Genre.TOTAL: "#E9E6DD",
}


def rendre_xlsx(tableau: Tableau, sortie: BinaryIO) -> None:
    """Write the workbook, one sheet.

    `somme_de` cells, subtotals and grand total are formulas with their value cached. Subtotals and total
    use SUBTOTAL(9, …): they follow Excel's filter, and the total leaves the subtotals out by itself. Shares
    are values: no formula rounds by largest remainder, and a sum of 100 matters more than their liveliness.

    Raises TexteTropLong when a text does not fit in a cell, ErreurRendu when there are too many rows.
    """
    with ouvrir_classeur(sortie) as classeur:
        feuille = FeuilleTableau(classeur, tableau, nom_de_feuille(tableau.nom))
        feuille.proprietes()
        feuille.ecrire()


@contextmanager
def ouvrir_classeur(sortie: BinaryIO) -> Iterator[Any]:
    """Give a workbook whose sheets are written row by row, then close it; texts are never taken for formulas."""
    # a folder of our own: rows wait there on disk, and nothing stays behind when a row is refused
    with tempfile.TemporaryDirectory(prefix="pilotis-xlsx-") as dossier:
        classeur = xlsxwriter.Workbook(
            sortie,
            {
                "constant_memory": True,
                "tmpdir": dossier,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_date_format": JOUR,
            },
        )
        yield classeur
        classeur.close()


class Onglet(Worksheet):
    """A sheet that writes formulas as they are: ours use no function that Excel wants prefixed, and looking
    for one takes thirty regular expressions a cell.
    """

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")


@dataclass
class _Plage:
    """Rows (from 0, both ends included) that a total line covers."""

    debut: int
    fin: int

    def excel(self, colonne: int) -> str:
        lettre = xl_col_to_name(colonne)
        return f"{lettre}{self.debut + 1}:{lettre}{self.fin + 1}"


class FeuilleTableau:
    """The sheet of a table, written from top to bottom: a row once left cannot be written again."""

    def __init__(self, classeur: Any, tableau: Tableau, nom: str) -> None:
        self.classeur = classeur
        self.tableau = tableau
        self.nom = nom
        # (cell, value) of the total of each summed column, by key, once written
        self.totaux: dict[str, tuple[str, Valeur]] = {}
        self.feuille = classeur.add_worksheet(nom, worksheet_class=Onglet)
        self.formats: dict[tuple[Any, ...], Any] = {}
        # formats of the cells by kind of row, column, cents, unit: what is asked for at every cell
        self.formes: dict[tuple[Genre, int, bool, str], Any] = {}
        self.derniere_colonne = len(tableau.colonnes) - 1
        self.ligne = 0
        self.largeurs = _largeurs(tableau)
        self.par_ligne = [
            max(1, int(largeur * CARACTERES_PAR_UNITE - PERTE_PAR_LIGNE)) for largeur in self.largeurs
        ]
        # the largest figure of each column, whether one of its figures has cents
        self.maxima = [Decimal(0)] * len(tableau.colonnes)
        self.centimes: set[int] = set()
        # the longest figure with its unit, of the columns where each has its own
        self.ecrits = [0] * len(tableau.colonnes)
        self.sommes = {i: _lettres(tableau, c) for i, c in enumerate(tableau.colonnes) if c.somme_de}

    def ecrire(self) -> None:
        """Write the whole sheet."""
        self._titres()
        entete = self._entete()
        corps = self._corps()
        self._notes()
        self._mise_en_page(entete, corps)

    def proprietes(self) -> None:
        """Give the workbook the title, the subject and the author of the table."""
        edition = self.tableau.date_edition or date.today()
        self.classeur.set_properties(
            {
                "title": nettoyer(self.tableau.titre),
                "subject": nettoyer(self.tableau.sous_titre),
                "author": nettoyer(self.tableau.auteur),
                "created": datetime(edition.year, edition.month, edition.day),
            }
        )

    def format(self, **attributs: Any) -> Any:
        """Return the format with these attributes, created once."""
        cle = tuple(sorted(attributs.items()))
        if cle not in self.formats:
            base = {"font_size": CORPS, "valign": "top", "font_color": ENCRE}
            self.formats[cle] = self.classeur.add_format({**base, **attributs})
        return self.formats[cle]

    def _titres(self) -> None:
        self.feuille.set_row(self.ligne, 24)
        self._texte(self.ligne, 0, nettoyer(self.tableau.titre), self.format(bold=True, font_size=16))
        self.ligne += 1
        if self.tableau.sous_titre_complet:
            self._texte(self.ligne, 0, nettoyer(self.tableau.sous_titre_complet), self.format())
            self.ligne += 1
        self.ligne += 1

    def _entete(self) -> _Plage:
        debut = self.ligne
        teinte = {"bold": True, "text_wrap": True, "bg_color": "#EDEAE2", "valign": "bottom"}
        if self.tableau.en_deux_niveaux:
            self._entete_haut(teinte)
            self.ligne += 1
        self._hauteur(tuple(c.titre for c in self.tableau.colonnes))
        for i, colonne in enumerate(self.tableau.colonnes):
            cote: dict[str, Any] = _A_DROITE if colonne.type in NUMERIQUES else _A_GAUCHE if i else {}
            forme = self.format(**teinte, **cote, bottom=1, bottom_color=ENCRE)
            self._texte(self.ligne, i, nettoyer(colonne.titre), forme)
        self.ligne += 1
        return _Plage(debut, self.ligne - 1)

    def _entete_haut(self, teinte: dict[str, Any]) -> None:
        """Titles of the columns stay on the lower row, the one that carries the filter's buttons."""
        indice = 0
        for nom, etendue in self.tableau.suites_de_colonnes():
            if not nom:
                self.feuille.write_blank(self.ligne, indice, None, self.format(**teinte))
            else:
                forme = self.format(**teinte, align="center", bottom=1, bottom_color=FILET)
                if etendue > 1:
                    self.feuille.merge_range(self.ligne, indice, self.ligne, indice + etendue - 1, "", forme)
                self._texte(self.ligne, indice, nettoyer(nom), forme)
            indice += etendue

    def _corps(self) -> _Plage:
        """Write every computed row and return the range that the filter covers: lines and subtotals."""
        debut = self.ligne
        fin = debut
        groupe = _Plage(debut, debut)
        ouvert = False
        for rangee in rangees(self.tableau):
            if self.ligne >= LIGNES_MAX:
                raise ErreurRendu(
                    "Ce tableau a trop de lignes pour une feuille Excel (1\u202f048\u202f576 au plus). "
                    "Exportez-le en CSV."
                )
            if rangee.genre == Genre.LIGNE:
                if not ouvert:
                    groupe, ouvert = _Plage(self.ligne, self.ligne), True
                groupe.fin = self.ligne
                self._ligne(rangee)
            elif rangee.cellules:
                plage = _Plage(debut, fin) if rangee.genre == Genre.TOTAL else groupe
                self._ligne_de_total(rangee, plage)
                ouvert = False
            else:
                self._bandeau(rangee)
                ouvert = False
            if rangee.genre not in (Genre.TOTAL, Genre.PARTS):
                fin = self.ligne
            self.ligne += 1
        return _Plage(debut, fin)

    def _bandeau(self, rangee: Rangee) -> None:
        attributs = self._attributs(rangee.genre)
        self._texte(self.ligne, 0, rangee.libelle, self.format(**attributs))
        for i in range(1, self.derniere_colonne + 1):
            self.feuille.write_blank(self.ligne, i, None, self.format(**attributs))

    def _ligne(self, rangee: Rangee) -> None:
        self._hauteur(rangee.cellules)
        for i, (colonne, valeur) in enumerate(zip(self.tableau.colonnes, rangee.cellules, strict=True)):
            forme = self._forme(i, valeur, Genre.LIGNE)
            if i in self.sommes:
                self._formule(i, self._somme_de_ligne(i), valeur, forme)
            else:
                self._valeur(i, colonne, valeur, forme)

    def _hauteur(self, valeurs: tuple[Valeur, ...]) -> None:
        """Give a row of several lines its height: LibreOffice and previewers compute none by themselves.

        Estimated, rather too much than too little; must come before the cells of the row.
        """
        lignes = 1
        for par_ligne, valeur in zip(self.par_ligne, valeurs, strict=True):
            if isinstance(valeur, str | tuple):
                texte = lignes_de_liste(valeur) if isinstance(valeur, tuple) else valeur
                lignes = max(lignes, sum(max(1, -(-len(m) // par_ligne)) for m in texte.split("\n")))
        if lignes > 1:
            self.feuille.set_row(self.ligne, min(lignes * INTERLIGNE + 2, HAUTEUR_MAX))

    def _ligne_de_total(self, rangee: Rangee, plage: _Plage) -> None:
        self._texte(self.ligne, 0, rangee.libelle, self.format(**self._attributs(rangee.genre)))
        for i, colonne in enumerate(self.tableau.colonnes):
            if i == 0:
                continue
            valeur = rangee.cellules[i]
            forme = self._forme(i, valeur, rangee.genre)
            if rangee.genre == Genre.PARTS or not colonne.total:
                self._valeur(i, colonne, valeur, forme, part=True)
            else:
                cellules = plage.excel(i)
                somme = f"SUBTOTAL(9,{cellules})"
                if valeur is None:
                    # blank is not zero, even once somebody filters or fills the column
                    somme = f'IF(SUBTOTAL(2,{cellules})=0,"",{somme})'
                self._formule(i, f"={somme}", valeur, forme)
                if rangee.genre == Genre.TOTAL:
                    self.totaux[colonne.cle] = (xl_rowcol_to_cell(self.ligne, i), valeur)

    def _somme_de_ligne(self, indice: int) -> str:
        ligne = self.ligne + 1
        plages = ",".join(
            f"{premiere}{ligne}:{derniere}{ligne}" if premiere != derniere else f"{premiere}{ligne}"
            for premiere, derniere in self.sommes[indice]
        )
        return f'=IF(COUNT({plages})=0,"",SUM({plages}))'

    def _formule(self, indice: int, formule: str, valeur: Valeur, forme: Any) -> None:
        cache = "" if valeur is None else valeur
        self._mesurer(indice, valeur)
        self.feuille.write_formula(self.ligne, indice, formule, forme, cache)

    def _valeur(
        self, indice: int, colonne: Colonne, valeur: Valeur, forme: Any, *, part: bool = False
    ) -> None:
        if valeur is None:
            self.feuille.write_blank(self.ligne, indice, None, forme)
        elif isinstance(valeur, str):
            self._texte(self.ligne, indice, valeur, forme)
        elif isinstance(valeur, tuple):
            self._texte(self.ligne, indice, lignes_de_liste(valeur), forme)
        elif isinstance(valeur, date):
            self.feuille.write_datetime(self.ligne, indice, valeur, forme)
        else:
            self._mesurer(indice, valeur)
            exact = valeur.valeur if isinstance(valeur, Mesure) else valeur
            en_points = part or colonne.type == TypeColonne.POURCENTAGE
            if isinstance(valeur, Mesure):
                en_points = valeur.unite == "%"
            self.feuille.write_number(self.ligne, indice, exact / Decimal(100) if en_points else exact, forme)

    def _texte(self, ligne: int, indice: int, texte: str, forme: Any) -> None:
        # XlsxWriter would cut it and only return a code
        if len(texte) > TEXTE_MAX:
            raise TexteTropLong(
                f"Un texte de {len(texte)} caractères dépasse ce qu'une cellule Excel accepte "
                f"({TEXTE_MAX}) : « {texte[:60]}… ». Abrégez-le, ou exportez le tableau en PDF ou en CSV."
            )
        self.feuille.write_string(ligne, indice, texte, forme)

    def _mesurer(self, indice: int, valeur: Valeur) -> None:
        if isinstance(valeur, Mesure):
            self.ecrits[indice] = max(self.ecrits[indice], len(valeur.texte))
        elif isinstance(valeur, int | Decimal):
            exact = Decimal(valeur)
            self.maxima[indice] = max(self.maxima[indice], abs(exact))
            if exact % 1:
                self.centimes.add(indice)

    def _largeur_des_chiffres(self, indice: int) -> float:
        """Return the width that the largest figure of a column needs, with its unit, 0 without any."""
        if self.ecrits[indice]:
            return self.ecrits[indice] * 1.1 + 1.5
        if not self.maxima[indice]:
            return 0
        unite = 2 if self.tableau.colonnes[indice].type == TypeColonne.MONTANT else 0
        centimes = 3 if indice in self.centimes else 0
        return (len(nombre(self.maxima[indice], 0)) + centimes + unite) * 1.1 + 1.5

    def _forme(self, indice: int, valeur: Valeur, genre: Genre) -> Any:
        centimes = isinstance(valeur, Decimal) and bool(valeur % 1)
        mesure = _format_de_mesure(valeur) if isinstance(valeur, Mesure) else ""
        cle = (genre, indice, centimes, mesure)
        if cle not in self.formes:
            self.formes[cle] = self._creer_forme(self.tableau.colonnes[indice], genre, centimes, mesure)
        return self.formes[cle]

    def _creer_forme(self, colonne: Colonne, genre: Genre, centimes: bool, mesure: str) -> Any:
        attributs = self._attributs(genre)
        if colonne.entete_ligne:
            attributs["bold"] = True
        if genre == Genre.PARTS:
            return self.format(**attributs, num_format=POURCENT, **_A_DROITE)
        if colonne.type in (TypeColonne.TEXTE, TypeColonne.LISTE):
            retrait = {} if colonne is self.tableau.colonnes[0] else _A_GAUCHE
            return self.format(**attributs, **retrait, text_wrap=genre == Genre.LIGNE)
        if colonne.type == TypeColonne.DATE:
            return self.format(**attributs, num_format=JOUR, **_A_GAUCHE)
        nombre_ecrit = mesure or _format_de_nombre(colonne, centimes)
        return self.format(**attributs, num_format=nombre_ecrit, **_A_DROITE)

    def _attributs(self, genre: Genre) -> dict[str, Any]:
        attributs: dict[str, Any] = {"bottom": 1, "bottom_color": FILET}
        if genre in TEINTES:
            attributs |= {"bold": True, "bg_color": TEINTES[genre]}
        if genre == Genre.TOTAL:
            attributs |= {"top": 1, "top_color": ENCRE}
        if genre in (Genre.PARTS, Genre.VIDE):
            attributs["italic"] = True
        return attributs

    def _notes(self) -> None:
        if self.tableau.notes:
            self.ligne += 1
        for note in self.tableau.notes:
            self._texte(self.ligne, 0, nettoyer(note), self.format(font_size=9))
            self.ligne += 1

    def _mise_en_page(self, entete: _Plage, corps: _Plage) -> None:
        feuille, tableau = self.feuille, self.tableau
        if tableau.paysage:
            feuille.set_landscape()
        feuille.set_paper(PAPIERS[tableau.format_page])
        feuille.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.7)
        feuille.fit_to_pages(1, 0)
        feuille.repeat_rows(entete.debut, entete.fin)
        feuille.print_area(0, 0, self.ligne - 1, self.derniere_colonne)
        feuille.autofilter(entete.fin, 0, corps.fin, self.derniere_colonne)
        feuille.freeze_panes(entete.fin + 1, self._colonnes_figees())
        feuille.set_footer(self._pied())
        feuille.hide_gridlines(2)
        for i, largeur in enumerate(self.largeurs):
            # a column of figures may widen, never narrow: the heights of the rows rest on the widths
            feuille.set_column(i, i, max(largeur, self._largeur_des_chiffres(i)))

    def _colonnes_figees(self) -> int:
        """Row headers stay in sight, when they are among the first columns."""
        return next((i + 1 for i, c in enumerate(self.tableau.colonnes[:2]) if c.entete_ligne), 0)

    def _pied(self) -> str:
        edition = f"édité le {date_longue(self.tableau.date_edition)}" if self.tableau.date_edition else ""
        gauche = " · ".join(m for m in (self.tableau.pied, edition) if m)
        # « & » introduces a code; the whole footer must hold in 255 characters
        return f"&L&8{nettoyer(gauche)[:200].replace('&', '&&')}&R&8page &P / &N"


def _largeurs(tableau: Tableau) -> list[float]:
    """Return the widths, in characters, that fill a page; more when the figures alone need more."""
    besoins = [
        max(mot_le_plus_long(c.titre) * 1.9 + 2.5, LARGEURS_MIN.get(c.type, 0)) for c in tableau.colonnes
    ]
    page = float(LARGEURS_PAGE[tableau.format_page, tableau.paysage])
    largeurs = repartir_largeurs([c.poids for c in tableau.colonnes], besoins, max(page, sum(besoins)))
    return [min(largeur, LARGEUR_MAX) for largeur in largeurs]


def _lettres(tableau: Tableau, colonne: Colonne) -> list[tuple[str, str]]:
    """Return the columns that a computed column adds, as ranges: [("D", "G"), ("I", "I")]."""
    cles = [c.cle for c in tableau.colonnes]
    plages: list[tuple[int, int]] = []
    for indice in sorted(cles.index(cle) for cle in colonne.somme_de):
        if plages and plages[-1][1] == indice - 1:
            plages[-1] = (plages[-1][0], indice)
        else:
            plages.append((indice, indice))
    return [(xl_col_to_name(premiere), xl_col_to_name(derniere)) for premiere, derniere in plages]


def _format_de_nombre(colonne: Colonne, centimes: bool) -> str:
    if colonne.type == TypeColonne.POURCENTAGE:
        return POURCENT
    if colonne.type == TypeColonne.ENTIER:
        return ENTIER
    return EUROS_CENTIMES if centimes else EUROS


def _format_de_mesure(mesure: Mesure) -> str:
    """Return the format of a figure with the decimals that it has, and its unit."""
    decimales = nombre(mesure.valeur).partition(",")[2]
    avant = f'"environ{INSECABLE}"' if mesure.environ else ""
    corps = f"{ENTIER}.{'0' * len(decimales)}" if decimales else ENTIER
    unite = mesure.unite.replace('"', "")
    if unite == "%":
        return f'{avant}{corps}"{INSECABLE}"%'
    return f'{avant}{corps}"{INSECABLE}{unite}"' if unite else f"{avant}{corps}"


def _abreger(nom: str) -> str:
    """Return 31 characters at most, cut after a word that says something."""
    if len(nom) <= NOM_MAX:
        return nom
    entier = nom[: NOM_MAX + 1].rpartition(" ")[0]
    while entier.rpartition(" ")[2].lower() in LIAISONS:
        entier = entier.rpartition(" ")[0]
    return (entier or nom[:NOM_MAX]).strip("' ,;")


def nom_de_feuille(nom: str) -> str:
    """Return a sheet name that Excel accepts: 31 characters, none of []:*?/\\, no quote at the ends."""
    propre = re.sub(r"[\[\]:*?/\\]+", " ", nettoyer(nom))
    propre = _abreger(re.sub(r"\s+", " ", propre).strip("' "))
    # « History » is reserved by Excel
    return propre if propre and propre.lower() != "history" else "Tableau"
