"""Word: a document of text, for who must rework it. The same rubriques, answers and tables as on paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from itertools import groupby
from typing import Any

import docx
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from documents.document_texte import (
    DocumentTexte,
    Grille,
    LigneGrille,
    Poids,
    Reponse,
    Rubrique,
    est_courte,
    paragraphes,
)
from documents.rendu_docx import ENCRE, FILET, POLICE, champ_docx, element_docx
from documents.texte import nettoyer

LARGEUR_MM = 170
TWIPS_PAR_MM = 56.7
TITRES = {1: 18, 2: 13, 3: 11, 4: 10}
FONDS = {Poids.GROUPE: "F4F2EC", Poids.SOUS_TOTAL: "F4F2EC", Poids.TOTAL: "E9E6DD"}
PREMIERE = 36


def document_en_docx(document: DocumentTexte) -> bytes:
    """Return the document as a Word file: real headings, lists and tables, in French."""
    fichier = docx.Document()
    preparer_docx(fichier, document)
    _ecrire(fichier, document)
    for suite in document.suites:
        fichier.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        _ecrire(fichier, suite)
    sortie = BytesIO()
    fichier.save(sortie)
    return sortie.getvalue()


def preparer_docx(fichier: Any, document: DocumentTexte) -> None:
    """Set the page, the styles, the properties and the foot of the file."""
    section = fichier.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm((210 - LARGEUR_MM) / 2)
    section.top_margin, section.bottom_margin = Mm(18), Mm(18)
    styles = fichier.styles
    styles["Normal"].font.name, styles["Normal"].font.size = POLICE, Pt(10.5)
    styles["Normal"].paragraph_format.space_after = Pt(4)
    styles["Normal"].element.get_or_add_rPr().append(element_docx("w:lang", val="fr-FR", eastAsia="fr-FR"))
    for langue in styles.element.iter(qn("w:lang")):
        langue.set(qn("w:val"), "fr-FR")
    for niveau, taille in TITRES.items():
        titre = styles[f"Heading {niveau}"]
        titre.font.name, titre.font.size, titre.font.italic = POLICE, Pt(taille), False
        titre.font.color.rgb = RGBColor.from_string(ENCRE)
        polices = titre.element.rPr.rFonts
        for attribut in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            polices.attrib.pop(qn(f"w:{attribut}"), None)
    proprietes = fichier.core_properties
    proprietes.title = nettoyer(document.titre)[:255]
    proprietes.author, proprietes.comments, proprietes.language = nettoyer(document.auteur)[:255], "", "fr-FR"
    moment = document.cree_le.replace(tzinfo=None) if document.cree_le else datetime(2000, 1, 1)
    proprietes.created = proprietes.modified = moment
    pied = section.footer.paragraphs[0]
    # those of the style first: the page number would stop in the middle
    styles["Footer"].paragraph_format.tab_stops.clear_all()
    pied.paragraph_format.tab_stops.add_tab_stop(Mm(LARGEUR_MM), alignment=2)
    pied.add_run(f"{nettoyer(document.pied)}\tpage ").font.size = Pt(8)
    champ_docx(pied, "PAGE")
    pied.add_run(" / ").font.size = Pt(8)
    champ_docx(pied, "NUMPAGES")


def _ecrire(fichier: Any, document: DocumentTexte) -> None:
    if document.entete:
        fichier.add_paragraph(nettoyer(document.entete))
    fichier.add_heading(nettoyer(document.titre), level=1)
    for texte in (document.numero, document.chapeau):
        _prose(fichier, texte)
    if document.fiche:
        _reponses(fichier, document.fiche)
    for rubrique in document.rubriques:
        _rubrique(fichier, rubrique)
    for note in document.notes:
        fichier.add_paragraph(nettoyer(note)).runs[0].font.size = Pt(9)


def _rubrique(fichier: Any, rubrique: Rubrique) -> None:
    fichier.add_heading(nettoyer(rubrique.titre), level=rubrique.niveau)
    _prose(fichier, rubrique.texte)
    for courte, reponses in groupby(rubrique.reponses, key=est_courte):
        if courte:
            _reponses(fichier, list(reponses))
            continue
        for question, reponse in reponses:
            fichier.add_heading(nettoyer(question), level=rubrique.niveau + 1)
            _prose(fichier, reponse)
    for grille in rubrique.grilles:
        _grille(fichier, grille)
    if rubrique.note:
        fichier.add_paragraph(nettoyer(rubrique.note)).runs[0].font.size = Pt(9)


def _prose(fichier: Any, texte: str) -> None:
    for en_liste, lignes in paragraphes(texte) if texte else ():
        if en_liste:
            for ligne in lignes:
                fichier.add_paragraph(ligne, style="List Bullet")
        else:
            fichier.add_paragraph("\n".join(lignes))


def _reponses(fichier: Any, reponses: Sequence[Reponse]) -> None:
    lignes = [([nettoyer(question), nettoyer(reponse)], Poids.LIGNE) for question, reponse in reponses]
    _table(fichier, [PREMIERE, 100 - PREMIERE], lignes, chiffres=frozenset(), entetes=None)


def _grille(fichier: Any, grille: Grille) -> None:
    if grille.legende:
        legende = fichier.add_paragraph()
        legende.add_run(nettoyer(grille.legende)).bold = True
        legende.paragraph_format.keep_with_next = True
    lignes = [_textes(ligne, len(grille.entetes)) for ligne in grille.lignes]
    _table(
        fichier,
        grille.largeurs(),
        lignes,
        chiffres=grille.chiffres,
        entetes=[nettoyer(texte) for texte in grille.entetes],
    )


def _textes(ligne: LigneGrille, nombre: int) -> tuple[list[str], Poids]:
    """Return the texts of a row, made as long as the header."""
    textes = [nettoyer(texte) for texte in ligne.cellules]
    return textes + [""] * (nombre - len(textes)), ligne.poids


def _table(
    fichier: Any,
    parts: Sequence[float],
    lignes: Sequence[tuple[list[str], Poids]],
    *,
    chiffres: frozenset[int],
    entetes: list[str] | None,
) -> None:
    """Add a table; `parts` are hundredths of the width of the page."""
    largeurs = [round(part / 100 * LARGEUR_MM * TWIPS_PAR_MM) for part in parts]
    table = OxmlElement("w:tbl")
    proprietes = OxmlElement("w:tblPr")
    proprietes.append(element_docx("w:tblW", w=str(sum(largeurs)), type="dxa"))
    bordures = OxmlElement("w:tblBorders")
    for cote in ("top", "bottom", "insideH"):
        bordures.append(element_docx(f"w:{cote}", val="single", sz="4", space="0", color=FILET))
    proprietes.append(bordures)
    proprietes.append(element_docx("w:tblLayout", type="fixed"))
    table.append(proprietes)
    grille = OxmlElement("w:tblGrid")
    grille.extend(element_docx("w:gridCol", w=str(largeur)) for largeur in largeurs)
    table.append(grille)
    if entetes is not None:
        table.append(_ligne(entetes, largeurs, chiffres, fond="EDEAE2", gras=True, entete=True))
    for textes, poids in lignes:
        gras = poids != Poids.LIGNE
        table.append(_ligne(textes, largeurs, chiffres, fond=FONDS.get(poids, ""), gras=gras))
    fichier.element.body.insert(-1, table)
    # Word glues two tables that nothing parts.
    fichier.add_paragraph().paragraph_format.space_after = Pt(2)


def _ligne(
    textes: Sequence[str],
    largeurs: Sequence[int],
    chiffres: frozenset[int],
    *,
    fond: str,
    gras: bool,
    entete: bool = False,
) -> Any:
    ligne = OxmlElement("w:tr")
    proprietes = OxmlElement("w:trPr")
    proprietes.append(OxmlElement("w:cantSplit"))
    if entete:
        proprietes.append(OxmlElement("w:tblHeader"))
    ligne.append(proprietes)
    for rang, (texte, largeur) in enumerate(zip(textes, largeurs, strict=True)):
        cellule = OxmlElement("w:tc")
        forme = OxmlElement("w:tcPr")
        forme.append(element_docx("w:tcW", w=str(largeur), type="dxa"))
        if fond:
            forme.append(element_docx("w:shd", val="clear", color="auto", fill=fond))
        cellule.append(forme)
        cellule.append(_paragraphe(texte, gras=gras, droite=rang in chiffres))
        ligne.append(cellule)
    return ligne


def _paragraphe(texte: str, *, gras: bool, droite: bool) -> Any:
    paragraphe = OxmlElement("w:p")
    proprietes = OxmlElement("w:pPr")
    proprietes.append(element_docx("w:spacing", before="20", after="20"))
    if droite:
        proprietes.append(element_docx("w:jc", val="right"))
    paragraphe.append(proprietes)
    morceau = OxmlElement("w:r")
    forme = OxmlElement("w:rPr")
    if gras:
        forme.append(OxmlElement("w:b"))
    forme.append(element_docx("w:sz", val="19"))
    morceau.append(forme)
    for rang, ligne in enumerate(texte.split("\n")):
        if rang:
            morceau.append(OxmlElement("w:br"))
        ecrit = OxmlElement("w:t")
        ecrit.text = ligne
        ecrit.set(qn("xml:space"), "preserve")
        morceau.append(ecrit)
    paragraphe.append(morceau)
    return paragraphe
