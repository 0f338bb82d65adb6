"""A workbook to be changed in Excel and brought back: written here, and read again here once it came back.

The visible sheet has its title, what to do, a help line and the header, all kept in sight; the help stands above the
header, so that sorting and filtering never take it for a row. A hidden column holds the key of each row, so that it is
known wherever it goes; a very hidden sheet holds what each row was when it left. Knows nothing of the domain.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from documents.erreurs import ErreurRendu, TexteTropLong
from documents.rendu_xlsx import (
    CARACTERES_PAR_UNITE,
    ENCRE,
    ENTIER,
    EUROS_CENTIMES,
    FILET,
    INTERLIGNE,
    JOUR,
    TEXTE_MAX,
    nom_de_feuille,
)
from documents.tableurs.limites import COLONNES_MAX, LIGNES_MAX
from documents.tableurs.modele import Classeur, Feuille, Valeur, adresse
from documents.texte import nettoyer

FORMAT = "1"
PROPRIETE = "pilotis_classeur"
# Title of the column of keys, and first cell of the sheet that holds what the rows were.
TITRE_CLE = "Repère de Pilotis"
FEUILLE_REPERES = "_pilotis"
FEUILLE_LISTES = "Listes"
# Excel refuses a longer list inside a validation, a longer title and a longer message.
LISTE_MAX, TITRE_AIDE_MAX, AIDE_MAX = 255, 32, 255
# Beyond, a row would fill the screen: the text is there, the row is not higher.
HAUTEUR_MAX = 130.0
# Before, Excel counts a day that never was: an older date is written as text.
PREMIER_JOUR = date(1900, 3, 1)
GRIS, BLANC, TEINTE = "#E4E1D8", "#FFFFFF", "#EDEAE2"
# What Excel takes for the beginning of a formula when the cell is typed in again.
DEBUTS_DE_FORMULE = ("=", "+", "-", "@")
# What the protection leaves to do; Excel sorts and deletes rows only where no cell of theirs is locked.
PERMIS = (
    *("format_cells", "format_columns", "format_rows", "insert_rows", "delete_rows"),
    *("sort", "autofilter", "select_locked_cells", "select_unlocked_cells"),
)
ENTETE_CHERCHEE = 40
DERNIERE_COLONNE_EXCEL = 16_383


class Saisie(StrEnum):
    """What the cells of a column hold. A `CODE` is a text that looks like a number: a SIRET, a postcode."""

    TEXTE = "texte"
    CODE = "code"
    ENTIER = "entier"
    MONTANT = "montant"
    DATE = "date"
    CHOIX = "choix"


@dataclass(frozen=True, kw_only=True)
class ColonneModifiable:
    """A column: its key, title, kind, help line, allowed values; computed when it adds others or says what is known."""

    cle: str
    titre: str
    saisie: Saisie = Saisie.TEXTE
    aide: str = ""
    choix: tuple[str, ...] = ()
    calculee: bool = False
    # a live sum of these columns, by key
    somme_de: tuple[str, ...] = ()
    largeur: float = 18


@dataclass(frozen=True)
class LigneModifiable:
    """A row: its key, what is to be remembered of it, its cells in the order of the columns, those that are locked."""

    cle: str
    souvenir: tuple[str, ...]
    cellules: Sequence[Valeur]
    verrouillees: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class ClasseurModifiable:
    """A workbook to change. `reperes` says what it is; `lignes_libres` are the blank rows offered below."""

    titre: str
    nom: str
    consignes: tuple[str, ...]
    colonnes: tuple[ColonneModifiable, ...]
    lignes: Iterable[LigneModifiable]
    reperes: Mapping[str, str]
    auteur: str = ""
    lignes_libres: int = 0


# -- Writing ---------------------------------------------------------------------------------------
def rendre_modifiable(modifiable: ClasseurModifiable, sortie: BinaryIO) -> None:
    """Write the workbook. Raises TexteTropLong for a text that no cell holds, ErreurRendu for too large a table."""
    if len(modifiable.colonnes) >= COLONNES_MAX:
        raise ErreurRendu(
            f"Ce classeur aurait {len(modifiable.colonnes)} colonnes : Pilotis n'en relirait que {COLONNES_MAX}. "
            "Filtrez les lignes, ou exportez un autre tableau."
        )
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
        _Ecriture(classeur, modifiable).ecrire()
        classeur.close()


class _Ecriture:
    """The workbook being written, each sheet from top to bottom."""

    def __init__(self, classeur: Any, modifiable: ClasseurModifiable) -> None:
        self.classeur, self.modifiable = classeur, modifiable
        self.colonnes = modifiable.colonnes
        self.titres = _titres_uniques(self.colonnes)
        self.rangs = {colonne.cle: rang for rang, colonne in enumerate(self.colonnes)}
        self.feuille = classeur.add_worksheet(nom_de_feuille(modifiable.nom))
        self.listes = classeur.add_worksheet(FEUILLE_LISTES)
        self.reperes = classeur.add_worksheet(FEUILLE_REPERES)
        self.formats: dict[tuple[Any, ...], Any] = {}
        # the allowed values that are too long for a rule, by rank of column
        self.longues: dict[int, list[str]] = {}
        self.rang_repere = 0

    def ecrire(self) -> None:
        self.classeur.set_properties(
            {"title": nettoyer(self.modifiable.titre), "author": nettoyer(self.modifiable.auteur)}
        )
        self.classeur.set_custom_property(PROPRIETE, FORMAT)
        for nom, valeur in self.modifiable.reperes.items():
            self.classeur.set_custom_property(f"pilotis_{nom}", valeur)
        debut = self._tete()
        self._preparer_les_reperes()
        ligne = debut
        for rangee in self.modifiable.lignes:
            if ligne >= LIGNES_MAX - self.modifiable.lignes_libres:
                raise ErreurRendu(
                    f"Ce tableau a plus de {LIGNES_MAX} lignes : Pilotis ne le relirait pas. Filtrez-le d'abord."
                )
            self._ligne(ligne, rangee)
            self._reperer(rangee)
            ligne += 1
        for _ in range(self.modifiable.lignes_libres):
            self._ligne(ligne, LigneModifiable("", (), [None] * len(self.colonnes)))
            ligne += 1
        self._mise_en_page(debut, max(debut, ligne - 1))
        self._ecrire_les_listes()

    def _format(self, **attributs: Any) -> Any:
        cle = tuple(sorted(attributs.items()))
        if cle not in self.formats:
            base = {"font_size": 10, "valign": "top", "font_color": ENCRE}
            self.formats[cle] = self.classeur.add_format({**base, **attributs})
        return self.formats[cle]

    # -- The visible sheet -------------------------------------------------------------------------
    def _tete(self) -> int:
        """Write what stands above the rows and return where these begin."""
        feuille = self.feuille
        feuille.set_row(0, 22)
        feuille.write_string(0, 1, nettoyer(self.modifiable.titre), self._format(bold=True, font_size=14))
        for rang, consigne in enumerate(self.modifiable.consignes, 1):
            feuille.write_string(rang, 1, nettoyer(consigne), self._format())
        aides = len(self.modifiable.consignes) + 1
        aide = self._format(
            italic=True,
            font_size=9,
            text_wrap=True,
            bg_color="#F7F5EF",
            valign="bottom",
            align="left",
            indent=1,
        )
        feuille.set_row(aides, self._hauteur_des_aides())
        for rang, colonne in enumerate(self.colonnes, 1):
            feuille.write_string(aides, rang, nettoyer(colonne.aide), aide)
        entete = self._format(
            bold=True,
            text_wrap=True,
            bg_color=TEINTE,
            valign="bottom",
            bottom=1,
            bottom_color=ENCRE,
            align="left",
            indent=1,
        )
        feuille.set_row(aides + 1, 32)
        feuille.write_string(aides + 1, 0, TITRE_CLE, entete)
        for rang, titre in enumerate(self.titres, 1):
            feuille.write_string(aides + 1, rang, titre, entete)
        return aides + 2

    def _hauteur_des_aides(self) -> float:
        lignes = max(
            (_lignes_de_texte(colonne.aide, colonne.largeur) for colonne in self.colonnes), default=1
        )
        return min(12.0 * lignes + 3, 100.0)

    def _ligne(self, ligne: int, rangee: LigneModifiable) -> None:
        self.feuille.set_row(ligne, self._hauteur(rangee.cellules))
        libre = self._format(locked=False)
        if rangee.cle:
            self.feuille.write_string(ligne, 0, rangee.cle, libre)
        else:
            self.feuille.write_blank(ligne, 0, None, libre)
        for rang, (colonne, valeur) in enumerate(zip(self.colonnes, rangee.cellules, strict=True)):
            verrouillee = colonne.calculee or rang in rangee.verrouillees
            if colonne.somme_de:
                self._somme(ligne, rang, colonne, valeur)
            else:
                self._cellule(ligne, rang + 1, colonne, valeur, verrouillee)

    def _hauteur(self, cellules: Sequence[Valeur]) -> float:
        lignes = max(
            (
                _lignes_de_texte(valeur, colonne.largeur)
                for colonne, valeur in zip(self.colonnes, cellules, strict=True)
                if isinstance(valeur, str)
            ),
            default=1,
        )
        return min(max(lignes, 1) * INTERLIGNE + 3, HAUTEUR_MAX)

    def _cellule(
        self, ligne: int, rang: int, colonne: ColonneModifiable, valeur: Valeur, verrouillee: bool
    ) -> None:
        forme = self._forme(colonne, verrouillee)
        if valeur is None or valeur == "":
            self.feuille.write_blank(ligne, rang, None, forme)
        elif isinstance(valeur, date) and not isinstance(valeur, datetime) and valeur >= PREMIER_JOUR:
            self.feuille.write_datetime(ligne, rang, valeur, forme)
        elif isinstance(valeur, date):
            self.feuille.write_string(ligne, rang, f"{valeur:%d/%m}/{valeur.year:04d}", forme)
        elif isinstance(valeur, int | Decimal):
            self.feuille.write_number(ligne, rang, valeur, forme)
        else:
            self._texte(ligne, rang, colonne, valeur, verrouillee)

    def _texte(
        self, ligne: int, rang: int, colonne: ColonneModifiable, texte: str, verrouillee: bool
    ) -> None:
        propre = nettoyer(texte)
        if len(propre) > TEXTE_MAX:
            raise TexteTropLong(
                f"Un texte de {len(propre)} caractères dépasse ce qu'une cellule Excel accepte ({TEXTE_MAX}) : "
                f"« {propre[:60]}… ». Abrégez-le dans Pilotis, puis exportez à nouveau."
            )
        citee = propre.startswith(DEBUTS_DE_FORMULE)
        self.feuille.write_string(ligne, rang, propre, self._forme(colonne, verrouillee, citee=citee))

    def _somme(self, ligne: int, rang: int, colonne: ColonneModifiable, valeur: Valeur) -> None:
        cellules = ",".join(f"{xl_col_to_name(self.rangs[cle] + 1)}{ligne + 1}" for cle in colonne.somme_de)
        formule = f'=IF(COUNT({cellules})=0,"",SUM({cellules}))'
        cache = "" if valeur is None else valeur
        self.feuille.write_formula(ligne, rang + 1, formule, self._forme(colonne, verrouillee=True), cache)

    def _forme(self, colonne: ColonneModifiable, verrouillee: bool, *, citee: bool = False) -> Any:
        attributs: dict[str, Any] = {"border": 1, "border_color": FILET, "indent": 1}
        attributs |= {"bg_color": GRIS} if verrouillee else {"locked": False, "bg_color": BLANC}
        if citee:
            # Typed in again, the text stays a text.
            attributs["quote_prefix"] = True
        match colonne.saisie:
            case Saisie.MONTANT:
                return self._format(**attributs, num_format=EUROS_CENTIMES, align="right")
            case Saisie.ENTIER:
                return self._format(**attributs, num_format=ENTIER, align="right")
            case Saisie.DATE:
                return self._format(**attributs, num_format=JOUR, align="left")
            case Saisie.CODE:
                return self._format(**attributs, num_format="@", align="left")
        return self._format(**attributs, text_wrap=True, align="left")

    def _mise_en_page(self, debut: int, fin: int) -> None:
        feuille = self.feuille
        dernier = len(self.colonnes)
        feuille.set_column(0, 0, 4, self._format(locked=False), {"hidden": True})
        for rang, colonne in enumerate(self.colonnes, 1):
            feuille.set_column(rang, rang, colonne.largeur)
            self._valider(debut, fin, rang, colonne)
        # Excel lets a row of a protected sheet go only when none of its cells is locked, to the last one.
        feuille.set_column(dernier + 1, DERNIERE_COLONNE_EXCEL, 9, self._format(locked=False))
        feuille.autofilter(debut - 1, 0, fin, dernier)
        feuille.freeze_panes(debut, 2)
        feuille.hide_gridlines(2)
        feuille.set_landscape()
        feuille.set_paper(8)
        feuille.repeat_rows(debut - 1)
        feuille.repeat_columns(0, 1)
        feuille.protect("", dict.fromkeys(PERMIS, True))
        self.listes.hide()
        self.reperes.very_hidden()
        feuille.activate()

    # -- What may be typed -------------------------------------------------------------------------
    def _valider(self, debut: int, fin: int, rang: int, colonne: ColonneModifiable) -> None:
        if colonne.calculee:
            return
        regle: dict[str, Any] = {
            "ignore_blank": True,
            "input_title": nettoyer(colonne.titre)[:TITRE_AIDE_MAX],
            "input_message": nettoyer(colonne.aide)[:AIDE_MAX],
            "error_title": "À vérifier",
        }
        match colonne.saisie:
            case Saisie.CHOIX:
                regle |= {
                    "validate": "list",
                    "source": self._source(rang, colonne.choix),
                    "error_message": "Choisissez une valeur de la liste de la case.",
                    # A list without any value refuses all: better to let the reading say what is wrong.
                    "error_type": "stop" if colonne.choix else "warning",
                }
            case Saisie.ENTIER:
                regle |= {
                    "validate": "integer",
                    "criteria": "between",
                    "minimum": 0,
                    "maximum": 2_147_483_647,
                    "error_message": "Écrivez un nombre entier, par exemple 30, ou laissez la case vide.",
                }
            case Saisie.MONTANT:
                regle |= {
                    "validate": "decimal",
                    "criteria": "between",
                    "minimum": 0,
                    "maximum": 9_999_999_999,
                    "error_message": "Écrivez un montant en euros, par exemple 1 234,50, ou laissez la case vide.",
                }
            case Saisie.DATE:
                regle |= {
                    "validate": "date",
                    "criteria": "between",
                    "minimum": date(1900, 1, 1),
                    "maximum": date(2100, 12, 31),
                    "error_message": "Écrivez une date, par exemple 30/06/2024, ou laissez la case vide.",
                }
            case _:
                regle["validate"] = "any"
        self.feuille.data_validation(debut, rang, fin, rang, regle)

    def _source(self, rang: int, choix: tuple[str, ...]) -> Any:
        """Return the allowed values: in the rule itself when they fit there, else in the sheet of lists."""
        propres = [nettoyer(valeur) for valeur in choix] or [""]
        if len(",".join(propres)) <= LISTE_MAX and not any("," in valeur for valeur in propres):
            return propres
        self.longues[rang - 1] = propres
        lettre = xl_col_to_name(rang - 1)
        return f"='{FEUILLE_LISTES}'!${lettre}$1:${lettre}${len(propres)}"

    def _ecrire_les_listes(self) -> None:
        for ligne in range(max((len(liste) for liste in self.longues.values()), default=0)):
            for rang, liste in self.longues.items():
                if ligne < len(liste):
                    self.listes.write_string(ligne, rang, liste[ligne])

    # -- What the rows were ------------------------------------------------------------------------
    def _preparer_les_reperes(self) -> None:
        self._noter(TITRE_CLE, FORMAT)
        for nom, valeur in self.modifiable.reperes.items():
            self._noter("repere", nom, valeur)
        for colonne, titre in zip(self.colonnes, self.titres, strict=True):
            self._noter("colonne", colonne.cle, titre)

    def _reperer(self, rangee: LigneModifiable) -> None:
        self._noter("ligne", rangee.cle, *rangee.souvenir)

    def _noter(self, *mots: str) -> None:
        for rang, mot in enumerate(mots):
            self.reperes.write_string(self.rang_repere, rang, mot)
        self.rang_repere += 1


def _titres_uniques(colonnes: Iterable[ColonneModifiable]) -> list[str]:
    """Return the titles, told apart when two are the same: a column is known by its title when it comes back."""
    vus: dict[str, int] = {}
    titres = []
    for colonne in colonnes:
        titre = nettoyer(colonne.titre)
        vus[titre] = vus.get(titre, 0) + 1
        titres.append(titre if vus[titre] == 1 else f"{titre} ({vus[titre]})")
    return titres


def _lignes_de_texte(texte: str, largeur: float) -> int:
    par_ligne = max(1, int(largeur * CARACTERES_PAR_UNITE - 2))
    return sum(max(1, -(-len(morceau) // par_ligne)) for morceau in texte.split("\n"))


# -- Reading again ---------------------------------------------------------------------------------
@dataclass(frozen=True)
class CelluleRevenue:
    """A cell as it came back: its value, its address, whether a formula gave it, the error that it shows."""

    valeur: Valeur
    adresse: str
    formule: bool = False
    sans_valeur: bool = False
    erreur: str = ""


@dataclass(frozen=True)
class LigneRevenue:
    """A row as it came back: its number in the sheet, its key (blank for a new one), its cells by key of column."""

    numero: int
    cle: str
    cellules: Mapping[str, CelluleRevenue]


@dataclass(frozen=True)
class ClasseurRevenu:
    """A workbook that came back: what it was made from, its rows, and what each row was by key.

    `colonnes` are the keys of the columns when it left, in order.
    `absentes` are the titles of the columns that are no longer there, `ajoutees` those that nobody knows.
    """

    reperes: Mapping[str, str]
    feuille: str
    lignes: tuple[LigneRevenue, ...]
    colonnes: tuple[str, ...]
    souvenirs: Mapping[str, tuple[str, ...]]
    absentes: tuple[str, ...] = ()
    ajoutees: tuple[str, ...] = ()


class ReperesPerdus(Exception):
    """What the rows were is no longer in the workbook. `str()` is a French sentence that says what to do."""


PERDUS = (
    "Ce classeur vient de Pilotis, mais les repères qui lui permettent d'y revenir ont disparu. Téléchargez-le à "
    "nouveau et recopiez-y vos changements."
)


def est_modifiable(classeur: Classeur) -> bool:
    """Return whether the workbook was made here: by its properties, or by what it keeps when these were lost."""
    return PROPRIETE in classeur.proprietes or _feuille_des_reperes(classeur) is not None


def relire_modifiable(classeur: Classeur) -> ClasseurRevenu:
    """Return what came back. Raises ReperesPerdus when it cannot be compared with what left."""
    reperes = _feuille_des_reperes(classeur)
    if reperes is None:
        raise ReperesPerdus(PERDUS)
    dits: dict[str, str] = {}
    colonnes: dict[str, str] = {}
    souvenirs: dict[str, tuple[str, ...]] = {}
    for ligne in reperes.lignes[1:]:
        genre, *mots = (_en_texte(valeur) for valeur in ligne)
        mots += [""] * (2 - len(mots))
        if genre == "repere":
            dits[mots[0]] = mots[1]
        elif genre == "colonne":
            colonnes[mots[1]] = mots[0]
        elif genre == "ligne":
            souvenirs[mots[0]] = tuple(mots[1:])
    feuille, entete = _tableau(classeur)
    return _relire(feuille, entete, dits, colonnes, souvenirs)


def _relire(
    feuille: Feuille,
    entete: int,
    dits: Mapping[str, str],
    colonnes: Mapping[str, str],
    souvenirs: Mapping[str, tuple[str, ...]],
) -> ClasseurRevenu:
    titres = [nettoyer(_en_texte(valeur)) for valeur in feuille.lignes[entete]]
    rang_cle = titres.index(TITRE_CLE)
    rangs = {colonnes[titre]: rang for rang, titre in enumerate(titres) if titre in colonnes}
    lignes = []
    for rang in range(entete + 1, len(feuille.lignes)):
        cle = nettoyer(_en_texte(feuille.lignes[rang][rang_cle]))
        cellules = {nom: _cellule_revenue(feuille, rang, place) for nom, place in rangs.items()}
        if cle or any(cellule.valeur is not None or cellule.erreur for cellule in cellules.values()):
            lignes.append(LigneRevenue(rang + 1, cle, cellules))
    return ClasseurRevenu(
        reperes=dits,
        feuille=feuille.nom,
        lignes=tuple(lignes),
        colonnes=tuple(colonnes.values()),
        souvenirs=souvenirs,
        absentes=tuple(titre for titre in colonnes if titre not in titres),
        ajoutees=tuple(titre for titre in titres if titre and titre not in colonnes and titre != TITRE_CLE),
    )


def _cellule_revenue(feuille: Feuille, ligne: int, colonne: int) -> CelluleRevenue:
    place = (ligne, colonne)
    return CelluleRevenue(
        valeur=feuille.lignes[ligne][colonne],
        adresse=adresse(ligne, colonne),
        formule=place in feuille.formules,
        sans_valeur=place in feuille.sans_valeur,
        erreur=feuille.erreurs.get(place, ""),
    )


def _feuille_des_reperes(classeur: Classeur) -> Feuille | None:
    for feuille in classeur.feuilles:
        if feuille.nom == FEUILLE_REPERES and feuille.lignes and feuille.lignes[0][0] == TITRE_CLE:
            return feuille
    return None


def _tableau(classeur: Classeur) -> tuple[Feuille, int]:
    """Return the sheet of the rows and the rank of its header."""
    for feuille in classeur.feuilles:
        if feuille.nom == FEUILLE_REPERES:
            continue
        for rang, ligne in enumerate(feuille.lignes[:ENTETE_CHERCHEE]):
            if TITRE_CLE in ligne:
                return feuille, rang
    raise ReperesPerdus(PERDUS)


def _en_texte(valeur: Valeur) -> str:
    return "" if valeur is None else str(valeur)
