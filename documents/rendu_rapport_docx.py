"""Word: the narrative of a report and its tables, for who must rework them.

Charts are given by their tables, which can be changed; the annexes are in the workbook.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import docx
from docx.enum.text import WD_BREAK
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from PIL import Image as Dessin

from documents.affichage import voir
from documents.document_texte import DocumentTexte
from documents.formats import INSECABLE
from documents.graphiques import tableau_du_graphique
from documents.prose import Morceau, Passage, passages
from documents.rapport import (
    Bloc,
    BlocChiffres,
    BlocGraphique,
    BlocImages,
    BlocTableau,
    BlocTexte,
    Image,
    Rapport,
)
from documents.rendu_docx import ENCRE, MARGE_CELLULE_PT, POLICE, TWIPS_PAR_POINT, element_docx, table_docx
from documents.rendu_rapport_html import (
    DEFINITIONS,
    POINTS_PAR_MM,
    capitale,
    pied_de_page,
    titre_complet,
    valeur_lisible,
)
from documents.rendu_texte_docx import LARGEUR_MM, preparer_docx
from documents.tableau import Colonne, Groupe, Tableau
from documents.texte import nettoyer

# what a machine without our font may need more
LARGEUR_DE_POLICE = 1.25
PUCES = ("List Bullet", "List Bullet 2", "List Bullet 3")


def rapport_en_docx(rapport: Rapport) -> bytes:
    """Return the report as a Word file: real headings, a table of contents, captions, the text of each image."""
    fichier = docx.Document()
    preparer_docx(
        fichier,
        DocumentTexte(
            titre=titre_complet(rapport),
            auteur=rapport.collectivite,
            pied=pied_de_page(rapport),
            cree_le=rapport.cree_le,
        ),
    )
    _Redaction(fichier, rapport).ecrire()
    sortie = BytesIO()
    fichier.save(sortie)
    return sortie.getvalue()


class _Redaction:
    """The file being written, from the cover to the sources."""

    def __init__(self, fichier: Any, rapport: Rapport) -> None:
        self.fichier = fichier
        self.rapport = rapport
        self.tableaux = 0
        legende = fichier.styles["Caption"].font
        legende.name, legende.size, legende.bold = POLICE, Pt(10), True
        legende.color.rgb = RGBColor.from_string(ENCRE)

    def ecrire(self) -> None:
        """Write everything."""
        self._couverture()
        self._sommaire()
        for section in self.rapport.sections:
            self._ouvrir(section.titre)
            for bloc in section.blocs:
                self._bloc(bloc)
        self._fin()

    def _couverture(self) -> None:
        rapport = self.rapport
        self.fichier.add_paragraph(nettoyer(rapport.collectivite))
        titre = self.fichier.add_paragraph(style="Title")
        suite = titre.add_run(nettoyer(f"{rapport.titre} {rapport.annee}"))
        suite.font.name, suite.font.size, suite.font.color.rgb = POLICE, Pt(26), RGBColor.from_string(ENCRE)
        for texte in (rapport.sous_titre, rapport.etat, *rapport.mentions):
            if texte:
                self.fichier.add_paragraph(nettoyer(texte))

    def _sommaire(self) -> None:
        """Word computes it (F9); the titles stand there in the meantime."""
        rapport = self.rapport
        titres = [nettoyer(section.titre) for section in rapport.sections]
        if rapport.definitions or rapport.sources:
            titres.append(DEFINITIONS)
        self.fichier.add_paragraph().add_run("Sommaire").bold = True
        debut = self.fichier.add_paragraph()
        _marque(debut, "begin")
        code = OxmlElement("w:instrText")
        code.set(qn("xml:space"), "preserve")
        code.text = r' TOC \o "1-2" \h \z \u '
        debut.add_run()._r.append(code)
        _marque(debut, "separate")
        dernier = debut
        for rang, titre in enumerate(titres):
            dernier = self.fichier.add_paragraph() if rang else debut
            dernier.add_run(titre)
        _marque(dernier, "end")

    def _ouvrir(self, titre: str) -> None:
        ouverture = self.fichier.add_heading(nettoyer(titre), level=1)
        ouverture.paragraph_format.page_break_before = True

    def _bloc(self, bloc: Bloc) -> None:
        match bloc:
            case BlocTexte():
                self.prose(bloc.texte)
            case BlocChiffres():
                self._chiffres(bloc)
            case BlocTableau():
                self._tableau(bloc.tableau, bloc.repose_sur)
            case BlocGraphique():
                graphique = bloc.graphique
                tableau = bloc.tableau or tableau_du_graphique(graphique)
                self._tableau(
                    tableau,
                    bloc.repose_sur,
                    graphique.source,
                    titre=graphique.titre,
                    sous_titre=graphique.sous_titre,
                )
            case BlocImages():
                for image in bloc.images:
                    self._image(image)

    def _chiffres(self, bloc: BlocChiffres) -> None:
        annee = self.rapport.annee
        lignes = [
            {
                "libelle": capitale(chiffre.libelle),
                "valeur": valeur_lisible(chiffre, chiffre.valeur) or "non connu",
                "avant": valeur_lisible(chiffre, chiffre.avant),
                "appui": "\n".join(
                    capitale(texte) for texte in (chiffre.repose_sur, chiffre.definition) if texte
                ),
            }
            for chiffre in bloc.chiffres
        ]
        tableau = Tableau(
            titre=bloc.titre or "Chiffres clés",
            nom="Chiffres",
            colonnes=(
                Colonne(cle="libelle", titre="Chiffre", poids=3, entete_ligne=True),
                Colonne(cle="valeur", titre=str(annee), poids=1.6),
                Colonne(cle="avant", titre=str(annee - 1), poids=1.4),
                Colonne(cle="appui", titre="Repose sur", poids=4),
            ),
            groupes=(Groupe(lignes=lignes),),
            corps_pt=9,
        )
        self._tableau(tableau, bloc.note)

    def _tableau(self, tableau: Tableau, *notes: str, titre: str = "", sous_titre: str = "") -> None:
        self.tableaux += 1
        legende = self.fichier.add_paragraph(style="Caption")
        legende.add_run(f"Tableau{INSECABLE}{self.tableaux} – {nettoyer(titre or tableau.titre)}")
        legende.paragraph_format.keep_with_next = True
        legende.paragraph_format.space_before = Pt(12)
        dessous = " · ".join(
            dict.fromkeys(nettoyer(m) for m in (sous_titre, tableau.sous_titre_complet) if m)
        )
        if dessous:
            paragraphe = self.fichier.add_paragraph(dessous)
            paragraphe.paragraph_format.keep_with_next = True
        vue = voir(tableau)
        largeurs = vue.largeurs(
            LARGEUR_MM * POINTS_PAR_MM, tableau.corps_pt * LARGEUR_DE_POLICE, 2 * MARGE_CELLULE_PT + 4
        )
        table = table_docx(vue, [round(pt * TWIPS_PAR_POINT) for pt in largeurs])
        self.fichier.element.body.insert(-1, table)
        # Word wants a paragraph after a table
        for note in [note for note in (*notes, *tableau.notes) if note] or [""]:
            paragraphe = self.fichier.add_paragraph()
            paragraphe.add_run(nettoyer(capitale(note))).font.size = Pt(9)

    def _image(self, image: Image) -> None:
        description = nettoyer(image.description) or "Photographie"
        dessin = self.fichier.add_picture(_que_word_lit(image), width=Mm(120))
        dessin._inline.docPr.set("descr", description)
        credit = f" Photo{INSECABLE}: {nettoyer(image.credit)}." if image.credit else ""
        self.fichier.add_paragraph(f"{description.rstrip('.')}.{credit}", style="Caption")

    def _fin(self) -> None:
        rapport = self.rapport
        if rapport.definitions or rapport.sources:
            self._ouvrir(DEFINITIONS)
        for definition in rapport.definitions:
            self.fichier.add_heading(nettoyer(definition.terme), level=2)
            self.prose(definition.texte)
        if rapport.sources:
            self.fichier.add_heading("Sources", level=2)
        for source in rapport.sources:
            self.fichier.add_paragraph(nettoyer(source), style="List Bullet")
        if rapport.annexes:
            self.fichier.add_paragraph(_ou_sont(rapport))

    # -- Prose -------------------------------------------------------------------------------------
    def prose(self, texte: str) -> None:
        """Write light markup: headings from 2, items in the styles of lists, links."""
        for passage in passages(texte):
            if passage.genre == "titre":
                self.fichier.add_heading(passage.texte, level=1 + passage.niveau)
                continue
            paragraphe = self._paragraphe(passage)
            for morceau in passage.morceaux:
                _ecrire_morceau(paragraphe, morceau)

    def _paragraphe(self, passage: Passage) -> Any:
        if passage.genre == "paragraphe":
            return self.fichier.add_paragraph()
        niveau = min(passage.niveau, len(PUCES))
        if passage.marque and not passage.marque[0].isdigit():
            return self.fichier.add_paragraph(style=PUCES[niveau - 1])
        # the number that was typed is the one that is read: Word would count on from one list to the next
        paragraphe = self.fichier.add_paragraph(passage.marque)
        paragraphe.paragraph_format.left_indent = Mm(6.3 * niveau)
        paragraphe.paragraph_format.first_line_indent = Mm(-6.3 if passage.marque else 0)
        return paragraphe


def _que_word_lit(image: Image) -> BytesIO:
    """Return the photograph in a format that Word has always read: a WebP as PNG, which loses nothing."""
    octets = BytesIO(image.contenu)
    if image.type_mime != "image/webp":
        return octets
    sortie = BytesIO()
    with Dessin.open(octets, formats=["WEBP"]) as dessin:
        dessin.save(sortie, "PNG")
    sortie.seek(0)
    return sortie


def _ou_sont(rapport: Rapport) -> str:
    titres: Sequence[str] = [nettoyer(annexe.tableau.titre) for annexe in rapport.annexes]
    return f"Les annexes sont dans le classeur Excel{INSECABLE}: {', '.join(titres)}."


def _marque(paragraphe: Any, genre: str) -> None:
    """Add the beginning, the separator or the end of a field."""
    paragraphe.add_run()._r.append(element_docx("w:fldChar", fldCharType=genre))


def _ecrire_morceau(paragraphe: Any, morceau: Morceau) -> None:
    suite = paragraphe.add_run()
    if morceau.texte == "\n":
        suite.add_break(WD_BREAK.LINE)
        return
    suite.text = morceau.texte
    suite.bold, suite.italic = morceau.gras or None, morceau.italique or None
    if morceau.lien:
        suite.underline = True
        lien = OxmlElement("w:hyperlink")
        cle = paragraphe.part.relate_to(morceau.lien, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        lien.set(qn("r:id"), cle)
        paragraphe._p.append(lien)
        lien.append(suite._r)
