"""An xlsx, part by part, as ECMA-376 describes it: only what holds values is read, nothing is run or fetched.

Our own reading, on expat: it gives in one pass, in flat memory, what no library gives at once (values, formats,
errors, formulas, merges, hidden rows), and never believes the size that a sheet states. Decision 0011.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from documents.tableurs.archive import Archive
from documents.tableurs.erreurs import (
    ABIME,
    DEMESURE,
    GRAPHIQUES,
    MACROS,
    SANS_DONNEES,
    FichierRefuse,
)
from documents.tableurs.flux import Attributs, parcourir
from documents.tableurs.grille import FeuilleTropGrande, Grille, Reserve, Texte, instant_ou_jour
from documents.tableurs.limites import (
    CARACTERES_MAX,
    CELLULES_MAX,
    COLONNES_MAX,
    FEUILLES_MAX,
    LIGNES_MAX,
    PROPRIETES_MAX,
    STYLES_MAX,
)
from documents.tableurs.messages import LIENS, avertir, liste_de_feuilles, refuser_sans_donnees
from documents.tableurs.modele import Classeur, Feuille, Plage, Valeur
from documents.tableurs.nombres import Genre, genre_de_format, moment, nombre_exact
from documents.texte import nettoyer

# Each namespace has two forms, « transitional » and « strict ».
_PRINCIPAL = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_RELATION = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_RELATIONS = ("http://schemas.openxmlformats.org/package/2006/relationships",)
_PROPRIETES = (
    "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties",
    "http://purl.oclc.org/ooxml/officeDocument/customProperties",
    "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes",
    "http://purl.oclc.org/ooxml/officeDocument/docPropsVTypes",
)
_VRAI = ("1", "true", "on")
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")
# how a text writes a character that XML refuses: « _x000D_ » (ECMA-376, 22.4.2.4)
_CODE = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class Relation:
    """A link from a part to another: its kind (the last word of its type) and the name of the member."""

    genre: str
    cible: str


@dataclass(frozen=True)
class _Declaree:
    """A sheet as the workbook declares it."""

    nom: str
    relation: str
    masquee: bool


def lire_xlsx(archive: Archive) -> Classeur:
    """Return the workbook, without its name. Raises FichierRefuse."""
    racine = _relations(archive, "")
    principale = next((r.cible for r in racine.values() if r.genre == "officeDocument"), "")
    relations = _relations(archive, principale)
    declarees, depuis_1904 = _declarees(archive, principale)
    partage = {r.genre: r.cible for r in relations.values()}
    contexte = Contexte(
        textes=_textes_partages(archive, partage.get("sharedStrings", "")),
        genres=_genres(archive, partage.get("styles", "")),
        depuis_1904=depuis_1904,
    )
    avertissements: list[str] = []
    feuilles: list[Feuille] = []
    graphiques = [d.nom for d in declarees if _genre(relations, d) == "chartsheet"]
    if any(_genre(relations, d).lower().endswith("macrosheet") for d in declarees):
        raise FichierRefuse(MACROS)
    trop_grandes: list[str] = []
    reserve = Reserve()
    for declaree in declarees:
        if _genre(relations, declaree) != "worksheet":
            continue
        grille = Grille(declaree.nom, reserve, masquee=declaree.masquee)
        try:
            LecteurFeuille(grille, contexte).lire(archive, relations[declaree.relation].cible)
            feuilles.append(grille.feuille())
        except FeuilleTropGrande as exces:
            trop_grandes.append(str(exces))
        avertissements += grille.avertissements
    refuser_sans_donnees(feuilles, trop_grandes, GRAPHIQUES if graphiques else SANS_DONNEES)
    if graphiques:
        avertissements.append(liste_de_feuilles(graphiques, "graphique", "n'est pas lue", "ne sont pas lues"))
    if any(r.genre == "externalLink" for r in relations.values()):
        avertissements.append(LIENS)
    return Classeur(
        nom="",
        format="xlsx",
        feuilles=tuple(feuilles),
        avertissements=(*avertissements, *avertir(feuilles, trop_grandes)),
        proprietes=_proprietes(archive, racine),
    )


# -- The parts of the workbook ---------------------------------------------------------------------
def _relations(archive: Archive, partie: str) -> dict[str, Relation]:
    """Return the links of a part (« » is the package itself) by identifier; those to the outside lead nowhere."""
    dossier, nom = posixpath.split(partie)
    fichier = posixpath.join(dossier, "_rels", f"{nom}.rels")
    trouvees: dict[str, Relation] = {}

    def relation(attributs: Attributs) -> None:
        cible = attributs.get("Target", "")
        interne = attributs.get("TargetMode") != "External"
        trouvees[attributs.get("Id", "")] = Relation(
            genre=attributs.get("Type", "").rpartition("/")[2],
            cible=posixpath.normpath(posixpath.join("/", dossier, cible)).lstrip("/") if interne else "",
        )
        if len(trouvees) > 10 * FEUILLES_MAX:
            raise FichierRefuse(DEMESURE)

    parcourir(archive.blocs(fichier), _RELATIONS, debuts={"Relationship": relation})
    return trouvees


def _genre(relations: Mapping[str, Relation], declaree: _Declaree) -> str:
    if declaree.relation not in relations:
        raise FichierRefuse(ABIME)
    return relations[declaree.relation].genre


def _declarees(archive: Archive, partie: str) -> tuple[list[_Declaree], bool]:
    """Return the sheets in the order of the tabs, and whether days are counted from 1904."""
    declarees: list[_Declaree] = []
    depuis_1904 = False

    def feuille(attributs: Attributs) -> None:
        identifiant = next((attributs[cle] for ns in _RELATION if (cle := f"{ns} id") in attributs), "")
        declarees.append(
            _Declaree(
                nom=attributs.get("name", "")[:100],
                relation=identifiant,
                masquee=attributs.get("state", "visible") != "visible",
            )
        )
        if len(declarees) > FEUILLES_MAX:
            raise FichierRefuse(DEMESURE)

    def reglages(attributs: Attributs) -> None:
        nonlocal depuis_1904
        depuis_1904 = attributs.get("date1904") in _VRAI

    parcourir(archive.blocs(partie), _PRINCIPAL, debuts={"sheet": feuille, "workbookPr": reglages})
    return declarees, depuis_1904


def _textes_partages(archive: Archive, partie: str) -> list[str]:
    """Return the texts that cells name by their rank; phonetic guides are left out."""
    textes: list[str] = []
    if partie not in archive:
        return textes
    texte = Texte()
    caracteres = 0

    def fermer_si() -> None:
        nonlocal caracteres
        textes.append(_decoder(texte.lu()))
        caracteres += len(textes[-1])
        if len(textes) > CELLULES_MAX or caracteres > CARACTERES_MAX:
            raise FichierRefuse(DEMESURE)

    parcourir(
        archive.blocs(partie),
        _PRINCIPAL,
        debuts={"si": lambda _: texte.vider(), "t": lambda _: texte.ecouter()},
        fins={"si": fermer_si, "t": texte.taire},
        texte=texte.ajouter,
        ignores=("rPh",),
    )
    return textes


def _decoder(texte: str) -> str:
    return _CODE.sub(lambda code: chr(int(code[1], 16)), texte) if "_x" in texte else texte


def _genres(archive: Archive, partie: str) -> list[Genre]:
    """Return what each cell style shows numbers as, by its rank."""
    codes: dict[str, str] = {}
    genres: list[Genre] = []
    if partie not in archive:
        return genres
    section = ""

    def entrer(nom: str) -> None:
        nonlocal section
        section = nom

    def format_de_nombre(attributs: Attributs) -> None:
        if section == "numFmts":
            codes[attributs.get("numFmtId", "")[:9]] = attributs.get("formatCode", "")[:300]

    def style(attributs: Attributs) -> None:
        if section == "cellXfs":
            identifiant = attributs.get("numFmtId", "0")
            rang = int(identifiant) if identifiant.isdecimal() and len(identifiant) < 9 else 0
            genres.append(genre_de_format(rang, codes.get(identifiant)))
        if len(genres) + len(codes) > STYLES_MAX:
            raise FichierRefuse(DEMESURE)

    parcourir(
        archive.blocs(partie),
        _PRINCIPAL,
        debuts={
            "numFmts": lambda _: entrer("numFmts"),
            "cellXfs": lambda _: entrer("cellXfs"),
            "numFmt": format_de_nombre,
            "xf": style,
        },
        fins={"numFmts": lambda: entrer(""), "cellXfs": lambda: entrer("")},
    )
    return genres


def _proprietes(archive: Archive, racine: Mapping[str, Relation]) -> dict[str, str]:
    """Return the custom properties of the document, by name."""
    partie = next(
        (r.cible for r in racine.values() if r.genre in ("custom-properties", "customProperties")), ""
    )
    if partie not in archive:
        return {}
    proprietes: dict[str, str] = {}
    texte = Texte()
    nom = ""

    def propriete(attributs: Attributs) -> None:
        nonlocal nom
        nom = attributs.get("name", "")
        texte.vider()
        texte.ecouter()

    def fin() -> None:
        proprietes[nom] = nettoyer(_decoder(texte.lu()))
        if len(proprietes) > PROPRIETES_MAX:
            raise FichierRefuse(DEMESURE)

    parcourir(
        archive.blocs(partie),
        _PROPRIETES,
        debuts={"property": propriete},
        fins={"property": fin},
        texte=texte.ajouter,
    )
    return proprietes


# -- A sheet ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Contexte:
    """What the cells of every sheet refer to."""

    textes: list[str]
    genres: list[Genre]
    depuis_1904: bool


class LecteurFeuille:
    """The reading of one sheet: where we are, and the cell that is open."""

    def __init__(self, grille: Grille, contexte: Contexte) -> None:
        self._grille = grille
        self._contexte = contexte
        self._texte = Texte()
        self._ligne = -1
        self._colonne = -1
        self._type = "n"
        self._style = ""
        self._formule = False
        self._valeur = ""
        self._colonnes: dict[str, int] = {}

    def lire(self, archive: Archive, partie: str) -> None:
        """Fill the grid. Raises FeuilleTropGrande beyond the limits, FichierRefuse for what is broken."""
        parcourir(
            archive.blocs(partie),
            _PRINCIPAL,
            debuts={
                "row": self._ouvrir_ligne,
                "c": self._ouvrir_cellule,
                "v": self._ouvrir_texte,
                "t": self._ouvrir_texte,
                "f": self._ouvrir_formule,
                "mergeCell": self._fusion,
                "col": self._colonnes_declarees,
            },
            fins={"c": self._fermer_cellule, "v": self._texte.taire, "t": self._texte.taire},
            texte=self._texte.ajouter,
            ignores=("rPh", "extLst"),
        )

    def _ouvrir_ligne(self, attributs: Attributs) -> None:
        numero = attributs.get("r")
        self._ligne = _rang(numero) if numero else self._ligne + 1
        self._colonne = -1
        if attributs.get("hidden") in _VRAI and self._ligne < LIGNES_MAX:
            self._grille.lignes_masquees.add(self._ligne)

    def _ouvrir_cellule(self, attributs: Attributs) -> None:
        reference = attributs.get("r")
        self._colonne = self._rang_de_colonne(reference) if reference else self._colonne + 1
        self._type = attributs.get("t", "n")
        self._style = attributs.get("s", "")
        self._formule = False
        self._texte.vider()

    def _ouvrir_texte(self, _: Attributs) -> None:
        self._texte.ecouter()

    def _ouvrir_formule(self, _: Attributs) -> None:
        self._formule = True

    def _fermer_cellule(self) -> None:
        self._valeur = self._texte.lu()
        if not self._valeur and not self._formule:
            return
        genre = self._genre()
        valeur = self._lire_valeur(genre)
        # « t="str" » with nothing in it is a formula whose result is an empty text: it has been computed
        calculee = bool(self._valeur) or self._type == "str"
        self._grille.poser(
            self._ligne,
            self._colonne,
            valeur,
            formule=self._formule,
            calculee=calculee,
            pourcentage=genre == Genre.POURCENTAGE,
            erreur=self._valeur[:20] if self._type == "e" else "",
        )

    def _genre(self) -> Genre:
        rang = int(self._style) if self._style.isdecimal() and len(self._style) < 7 else 0
        genres = self._contexte.genres
        return genres[rang] if rang < len(genres) else Genre.NOMBRE

    def _lire_valeur(self, genre: Genre) -> Valeur:
        if self._type == "s":
            return self._texte_partage()
        if self._type in ("inlineStr", "str"):
            return _decoder(self._valeur)
        if self._type == "b":
            return self._valeur.strip() in _VRAI if self._valeur.strip() else None
        if self._type == "e":
            return None
        if self._type == "d":
            return _instant_iso(self._valeur)
        return self._lire_nombre(genre)

    def _lire_nombre(self, genre: Genre) -> Valeur:
        if not self._valeur.strip():
            return None
        nombre = nombre_exact(self._valeur)
        if nombre is None:
            return self._valeur
        if genre in (Genre.NOMBRE, Genre.POURCENTAGE):
            return nombre
        instant = moment(nombre, genre, depuis_1904=self._contexte.depuis_1904)
        return nombre if instant is None else instant

    def _texte_partage(self) -> str | None:
        rang = self._valeur.strip()
        if not rang:
            return None
        if not (rang.isascii() and rang.isdecimal() and len(rang) < 9) or int(rang) >= len(
            self._contexte.textes
        ):
            raise FichierRefuse(ABIME)
        return self._contexte.textes[int(rang)]

    def _rang_de_colonne(self, reference: str) -> int:
        """Return the column of « AB12 »; letters are looked up once."""
        lettres = reference.rstrip("0123456789")
        if lettres not in self._colonnes:
            self._colonnes[lettres] = _colonne(lettres)
        return self._colonnes[lettres]

    def _fusion(self, attributs: Attributs) -> None:
        coins = [_REFERENCE.fullmatch(coin) for coin in attributs.get("ref", "").split(":")]
        debut, fin = coins[0], coins[-1]
        if debut is None or fin is None:
            raise FichierRefuse(ABIME)
        self._grille.fusionner(Plage(_rang(debut[2]), _colonne(debut[1]), _rang(fin[2]), _colonne(fin[1])))

    def _colonnes_declarees(self, attributs: Attributs) -> None:
        if attributs.get("hidden") in _VRAI:
            premiere, derniere = _rang(attributs.get("min", "")), _rang(attributs.get("max", ""))
            self._grille.colonnes_masquees.update(range(premiere, min(derniere + 1, COLONNES_MAX)))


def _rang(numero: str) -> int:
    """Return the number counted from zero. Raises FichierRefuse for what is no number of row or column."""
    if not (numero.isascii() and numero.isdecimal() and len(numero) <= 7) or int(numero) == 0:
        raise FichierRefuse(ABIME)
    return int(numero) - 1


def _colonne(lettres: str) -> int:
    if not (lettres.isascii() and lettres.isalpha() and lettres.isupper() and len(lettres) <= 3):
        raise FichierRefuse(ABIME)
    rang = 0
    for lettre in lettres:
        rang = rang * 26 + ord(lettre) - ord("A") + 1
    return rang - 1


def _instant_iso(texte: str) -> date | datetime | str:
    """Return the day or the instant of an ISO 8601 text, the text itself when it is none."""
    try:
        return instant_ou_jour(datetime.fromisoformat(texte.strip()).replace(tzinfo=None))
    except ValueError:
        return texte
