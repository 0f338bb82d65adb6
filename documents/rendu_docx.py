"""Word: a real table that can be edited, its header repeated on every page."""

from __future__ import annotations

from datetime import datetime
from typing import Any, BinaryIO

import docx
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from documents.affichage import Vue, voir
from documents.calcul import Genre, Rangee
from documents.formats import date_longue
from documents.tableau import NUMERIQUES, Tableau, TypeColonne
from documents.texte import TIRET, nettoyer

POLICE = "Calibri"
PAGES_MM = {"A4": (210, 297), "A3": (297, 420)}
MARGE_MM = 12
TWIPS_PAR_POINT = 20
POINTS_PAR_MM = 72 / 25.4
MARGE_CELLULE_PT = 3
FILET = "BDB8AB"
ENCRE = "1D2430"
GRIS = "5D6470"
TEINTES = {
    Genre.GROUPE: "E9E6DD",
    Genre.SOUS_TOTAL: "F4F2EC",
    Genre.TOTAL: "E9E6DD",
}
GRAS = frozenset({Genre.GROUPE, Genre.SOUS_TOTAL, Genre.TOTAL})


def rendre_docx(tableau: Tableau, sortie: BinaryIO) -> None:
    """Write the document: title (Titre 1), subtitle, table, notes, footer with the page number.

    Rows are built as XML in one pass: python-docx's table.cell(i, j) is quadratic.
    """
    vue = voir(tableau)
    document = docx.Document()
    _styles(document, tableau)
    largeur_pt = _page(document, tableau)
    _proprietes(document, tableau)
    document.add_heading(nettoyer(tableau.titre), level=1)
    if tableau.sous_titre_complet:
        document.add_paragraph(nettoyer(tableau.sous_titre_complet))
    # the reader's machine may replace the font with a wider one: figures must still hold on one line
    largeurs = vue.largeurs(largeur_pt, tableau.corps_pt * 1.3, 2 * MARGE_CELLULE_PT + 4)
    document.element.body.insert(-1, table_docx(vue, [round(pt * TWIPS_PAR_POINT) for pt in largeurs]))
    # Word wants a paragraph after a table; it holds the first note when there is one
    for numero, note in enumerate(tableau.notes or ("",)):
        paragraphe = document.add_paragraph(nettoyer(note))
        paragraphe.paragraph_format.space_before = Pt(0 if numero else 6)
    _pied(document, tableau, largeur_pt)
    document.save(sortie)


def _styles(document: Any, tableau: Tableau) -> None:
    normal = document.styles["Normal"]
    normal.font.name = POLICE
    normal.font.size = Pt(max(tableau.corps_pt, 9))
    normal.paragraph_format.space_after = Pt(4)
    titre = document.styles["Heading 1"]
    titre.font.size = Pt(16)
    titre.font.name = POLICE
    titre.font.color.rgb = RGBColor.from_string(ENCRE)
    titre.paragraph_format.space_before = Pt(0)
    polices = titre.element.rPr.rFonts
    for attribut in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        polices.attrib.pop(qn(f"w:{attribut}"), None)
    proprietes = normal.element.get_or_add_rPr()
    proprietes.append(element_docx("w:lang", val="fr-FR", eastAsia="fr-FR"))
    for langue in document.styles.element.iter(qn("w:lang")):
        langue.set(qn("w:val"), "fr-FR")


def _page(document: Any, tableau: Tableau) -> float:
    """Set the paper and return the width left to the table, in points."""
    section = document.sections[0]
    petit, grand = PAGES_MM[tableau.format_page]
    largeur, hauteur = (grand, petit) if tableau.paysage else (petit, grand)
    section.orientation = WD_ORIENT.LANDSCAPE if tableau.paysage else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(largeur), Mm(hauteur)
    section.left_margin = section.right_margin = Mm(MARGE_MM)
    section.top_margin, section.bottom_margin = Mm(MARGE_MM), Mm(MARGE_MM + 3)
    section.header_distance = section.footer_distance = Mm(8)
    return (largeur - 2 * MARGE_MM) * POINTS_PAR_MM


def _proprietes(document: Any, tableau: Tableau) -> None:
    proprietes = document.core_properties
    proprietes.title = nettoyer(tableau.titre)[:255]
    proprietes.subject = nettoyer(tableau.sous_titre)[:255]
    proprietes.author = nettoyer(tableau.auteur)[:255]
    proprietes.comments = ""
    proprietes.language = "fr-FR"
    if tableau.date_edition:
        jour = tableau.date_edition
        proprietes.created = proprietes.modified = datetime(jour.year, jour.month, jour.day)


def _pied(document: Any, tableau: Tableau, largeur_pt: float) -> None:
    document.styles["Footer"].paragraph_format.tab_stops.clear_all()
    paragraphe = document.sections[0].footer.paragraphs[0]
    paragraphe.paragraph_format.tab_stops.add_tab_stop(Pt(largeur_pt), alignment=2)
    edition = f"édité le {date_longue(tableau.date_edition)}" if tableau.date_edition else ""
    gauche = " · ".join(m for m in (tableau.pied, edition) if m)
    paragraphe.add_run(f"{nettoyer(gauche)}\tpage ").font.size = Pt(8)
    champ_docx(paragraphe, "PAGE")
    paragraphe.add_run(" / ").font.size = Pt(8)
    champ_docx(paragraphe, "NUMPAGES")


def champ_docx(paragraphe: Any, code: str) -> None:
    """Add to `paragraphe` a field that Word computes: PAGE, NUMPAGES."""
    champ = element_docx("w:fldSimple", instr=code)
    morceau = OxmlElement("w:r")
    proprietes = OxmlElement("w:rPr")
    proprietes.append(element_docx("w:sz", val="16"))
    morceau.append(proprietes)
    morceau.append(_texte("1"))
    champ.append(morceau)
    paragraphe._p.append(champ)


def element_docx(nom: str, **attributs: str) -> Any:
    """Return an XML element of Word with its attributes, all in the namespace of Word."""
    element = OxmlElement(nom)
    for attribut, valeur in attributs.items():
        element.set(qn(f"w:{attribut}"), valeur)
    return element


def _texte(texte: str) -> Any:
    element = OxmlElement("w:t")
    element.text = texte
    element.set(qn("xml:space"), "preserve")
    return element


def table_docx(vue: Vue, largeurs: list[int]) -> Any:
    """Return the table as XML of Word; `largeurs` are the widths of its columns, in twips."""
    table = OxmlElement("w:tbl")
    table.append(_proprietes_de_table(vue.tableau, sum(largeurs)))
    grille = OxmlElement("w:tblGrid")
    # both the grid and the cells: LibreOffice equalises the columns otherwise
    grille.extend(element_docx("w:gridCol", w=str(largeur)) for largeur in largeurs)
    table.append(grille)
    for ligne in _entete(vue, largeurs):
        table.append(ligne)
    for rangee in vue.rangees:
        table.append(_rangee(vue, rangee, largeurs))
    return table


def _proprietes_de_table(tableau: Tableau, largeur: int) -> Any:
    proprietes = OxmlElement("w:tblPr")
    proprietes.append(element_docx("w:tblW", w=str(largeur), type="dxa"))
    bordures = OxmlElement("w:tblBorders")
    for cote in ("top", "bottom", "insideH"):
        bordures.append(element_docx(f"w:{cote}", val="single", sz="4", space="0", color=FILET))
    proprietes.append(bordures)
    proprietes.append(element_docx("w:tblLayout", type="fixed"))
    marges = OxmlElement("w:tblCellMar")
    for cote in ("left", "right"):
        marges.append(element_docx(f"w:{cote}", w=str(MARGE_CELLULE_PT * TWIPS_PAR_POINT), type="dxa"))
    proprietes.append(marges)
    proprietes.append(element_docx("w:tblLook", val="0620", firstRow="1", noHBand="1", noVBand="1"))
    proprietes.append(element_docx("w:tblCaption", val=nettoyer(tableau.titre)))
    return proprietes


def _entete(vue: Vue, largeurs: list[int]) -> list[Any]:
    tableau = vue.tableau
    lignes = []
    if tableau.en_deux_niveaux:
        haut = _ligne(entete=True)
        indice = 0
        for nom, nombre in tableau.suites_de_colonnes():
            titre = nom or tableau.colonnes[indice].titre
            droite = not nom and tableau.colonnes[indice].type in NUMERIQUES
            haut.append(
                _cellule(
                    [titre],
                    sum(largeurs[indice : indice + nombre]),
                    vue,
                    gras=True,
                    fond="EDEAE2",
                    etendue=nombre,
                    alignement="center" if nom else "right" if droite else "",
                    fusion="" if nom else "restart",
                )
            )
            indice += nombre
        lignes.append(haut)
    bas = _ligne(entete=True)
    for colonne, largeur in zip(tableau.colonnes, largeurs, strict=True):
        continuee = tableau.en_deux_niveaux and not colonne.groupe
        bas.append(
            _cellule(
                [] if continuee else [colonne.titre],
                largeur,
                vue,
                gras=True,
                fond="EDEAE2",
                alignement="right" if colonne.type in NUMERIQUES else "",
                fusion="continue" if continuee else "",
            )
        )
    return [*lignes, bas]


def _ligne(*, entete: bool = False) -> Any:
    ligne = OxmlElement("w:tr")
    proprietes = OxmlElement("w:trPr")
    proprietes.append(OxmlElement("w:cantSplit"))
    if entete:
        proprietes.append(OxmlElement("w:tblHeader"))
    ligne.append(proprietes)
    return ligne


def _rangee(vue: Vue, rangee: Rangee, largeurs: list[int]) -> Any:
    ligne = _ligne()
    fond = TEINTES.get(rangee.genre, "")
    gras = rangee.genre in GRAS
    debut = 0
    if rangee.genre != Genre.LIGNE:
        debut = vue.tableau.etendue_libelle if rangee.cellules else len(largeurs)
        ligne.append(
            _cellule(
                [rangee.libelle],
                sum(largeurs[:debut]),
                vue,
                gras=gras,
                fond=fond,
                etendue=debut,
                lier=rangee.genre == Genre.GROUPE,
            )
        )
    for indice in range(debut, len(largeurs)):
        colonne = vue.tableau.colonnes[indice]
        ligne.append(
            _cellule(
                _paragraphes(vue, rangee, indice),
                largeurs[indice],
                vue,
                gras=gras or (colonne.entete_ligne and rangee.genre == Genre.LIGNE),
                fond=fond,
                alignement="right" if colonne.type in NUMERIQUES else "",
                couleur=GRIS if indice in rangee.repetees else "",
                retrait=colonne.type == TypeColonne.LISTE,
            )
        )
    return ligne


def _paragraphes(vue: Vue, rangee: Rangee, indice: int) -> list[str]:
    valeur = rangee.cellules[indice]
    if vue.tableau.colonnes[indice].type == TypeColonne.LISTE and isinstance(valeur, tuple):
        return [TIRET + element for element in valeur]
    return [vue.texte(indice, rangee)]


def _cellule(
    paragraphes: list[str],
    largeur: int,
    vue: Vue,
    *,
    gras: bool = False,
    fond: str = "",
    etendue: int = 1,
    alignement: str = "",
    fusion: str = "",
    couleur: str = "",
    lier: bool = False,
    retrait: bool = False,
) -> Any:
    """Return a cell. `fusion` is « restart » or « continue » for a vertical merge; `lier` keeps the row with
    the next one; `retrait` hangs the dash of a list out of its lines.
    """
    cellule = OxmlElement("w:tc")
    proprietes = OxmlElement("w:tcPr")
    proprietes.append(element_docx("w:tcW", w=str(largeur), type="dxa"))
    if etendue > 1:
        proprietes.append(element_docx("w:gridSpan", val=str(etendue)))
    if fusion:
        proprietes.append(element_docx("w:vMerge", val=fusion))
    if fond:
        proprietes.append(element_docx("w:shd", val="clear", color="auto", fill=fond))
    cellule.append(proprietes)
    taille = str(round(vue.tableau.corps_pt * 2))
    for texte in paragraphes or [""]:
        cellule.append(_paragraphe(texte, taille, gras, alignement, couleur, lier, retrait))
    return cellule


def _paragraphe(
    texte: str, taille: str, gras: bool, alignement: str, couleur: str, lier: bool, retrait: bool
) -> Any:
    paragraphe = OxmlElement("w:p")
    proprietes = OxmlElement("w:pPr")
    if lier:
        proprietes.append(OxmlElement("w:keepNext"))
    proprietes.append(element_docx("w:spacing", before="20", after="20"))
    if alignement == "right":
        # a figure must not read as the first word of the next column
        proprietes.append(element_docx("w:ind", right="60"))
    elif retrait:
        proprietes.append(element_docx("w:ind", left="120", hanging="120"))
    if alignement:
        proprietes.append(element_docx("w:jc", val=alignement))
    paragraphe.append(proprietes)
    morceau = OxmlElement("w:r")
    forme = OxmlElement("w:rPr")
    if gras:
        forme.append(OxmlElement("w:b"))
    if couleur:
        forme.append(element_docx("w:color", val=couleur))
    forme.append(element_docx("w:sz", val=taille))
    morceau.append(forme)
    for numero, ligne in enumerate(texte.split("\n")):
        if numero:
            morceau.append(OxmlElement("w:br"))
        morceau.append(_texte(ligne))
    paragraphe.append(morceau)
    return paragraphe
