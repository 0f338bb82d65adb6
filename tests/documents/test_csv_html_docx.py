"""CSV, HTML and Word, read back."""

from __future__ import annotations

import io

import docx
import pytest
from docx.oxml.ns import qn

from documents import Colonne, Groupe, Tableau, fragment_html, rendre

from .exemples import ligne, tableau
from .lecteurs import lire_csv, lire_html, rendu

FINE = "\u202f"


# -- CSV -------------------------------------------------------------------------------------------
def test_csv_se_lit_dans_un_excel_francais():
    contenu = rendu(tableau(), "csv")
    assert contenu.startswith(b"\xef\xbb\xbfPorteur;Intitul\xc3\xa9")
    assert b"\r\n" in contenu
    lignes = lire_csv(contenu)
    assert lignes[0][6:] == ["Mairie", "Autres financeurs – Agglo", "Autres financeurs – État", "Total"]
    assert lignes[2][3:] == ["01/07/2023", "100", "12,5%", "8400,50", "", "1000", "9400,50"]
    assert lignes[10][0] == "Total général"
    assert lignes[10][4:] == ["1420", "", "17226,50", "24000", "5250,25", "46476,75"]
    assert lignes[11] == ["Part", *[""] * 5, "37,1%", "51,6%", "11,3%", ""]
    assert {len(rangee) for rangee in lignes} == {10}


@pytest.mark.parametrize("dangereux", ["=1+1", "+33 1", "-2", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_csv_desarme_les_formules(dangereux):
    t = tableau(groupes=[Groupe(titre=dangereux, lignes=[ligne(dangereux, "x")], sous_total=dangereux)])
    lues = lire_csv(rendu(t, "csv"))
    assert [rangee[0] for rangee in lues[1:4]] == [f"'{dangereux}"] * 3


# -- HTML ------------------------------------------------------------------------------------------
def test_html_entete_a_deux_niveaux():
    page = lire_html(fragment_html(tableau()))
    haut, bas = page.rangees[0], page.rangees[1]
    assert [(t, a.get("scope"), a.get("rowspan"), a.get("colspan"), x) for t, a, x in haut[-3:]] == [
        ("th", "col", "2", None, "Mairie"),
        ("th", "colgroup", None, "2", "Autres financeurs"),
        ("th", "col", "2", None, "Total"),
    ]
    assert [(a["scope"], x) for _, a, x in bas] == [("col", "Agglo"), ("col", "État")]
    assert page.caption == (
        "Bilan des actions 2023 par porteur — Contrat de ville – QPV « Les Escanaux » · Montants en euros"
    )


def test_html_corps_totaux_et_classes():
    page = lire_html(fragment_html(tableau()))
    assert page.sections == ["thead", "tbody", "tbody", "tfoot"]
    groupe = page.rangees[2]
    assert [(t, a, x) for t, a, x in groupe] == [("th", {"scope": "rowgroup", "colspan": "10"}, "Ville")]
    tag, attributs, texte = page.rangees[3][1]
    assert (tag, attributs["scope"], texte) == ("th", "row", "Spectacles en famille")
    assert page.rangees[3][6] == ("td", {"class": "num"}, f"8{FINE}400,50")
    assert page.rangees[4][0] == ("td", {"class": "repete"}, "VILLE – Médiathèque")
    total = page.rangees[-2]
    assert total[0] == ("th", {"scope": "row", "colspan": "4"}, "Total général")
    assert total[-1][2] == f"46{FINE}476,75"
    fragment = fragment_html(tableau())
    assert [fragment.count(f'<tr class="{c}">') for c in ("groupe", "sous-total", "total", "parts")] == [
        2,
        2,
        1,
        1,
    ]


def test_html_est_echappe_et_sans_style_en_ligne():
    pirate = "<script>alert(1)</script>\"'&"
    t = Tableau(
        titre=pirate,
        sous_titre=pirate,
        nom="x",
        colonnes=(Colonne(cle="a", titre=pirate, groupe=pirate), Colonne(cle="b", titre="b", groupe=pirate)),
        groupes=[Groupe(titre=pirate, lignes=[{"a": pirate, "b": ""}])],
        notes=(pirate,),
        pied=pirate,
        auteur=pirate,
    )
    for html in (fragment_html(t), rendu(t, "html").decode()):
        assert "<script" not in html
        assert "&lt;script&gt;" in html
        assert not {"style", "onclick"} & set(lire_html(html).attributs)
    assert lire_html(fragment_html(t)).corps() == [[pirate, ""], [pirate, ""]]


def test_html_vide_et_sans_titres_de_groupe():
    vide = lire_html(fragment_html(tableau(groupes=[])))
    assert vide.corps() == [["Aucune ligne.", *[""] * 9]]
    sans = fragment_html(tableau(afficher_titres_groupes=False))
    assert 'class="groupe"' not in sans
    assert lire_html(sans).sections == ["thead", "tbody", "tbody", "tfoot"], "un tbody par groupe malgré tout"


def test_html_page_entiere():
    page = rendu(tableau(), "html").decode()
    assert page.startswith('<!DOCTYPE html>\n<html lang="fr">')
    assert "<title>Bilan des actions 2023 par porteur</title>" in page
    assert "édité le 1er mars 2024" in page


# -- Word ------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def document():
    return docx.Document(io.BytesIO(rendu(tableau(), "docx")))


def test_docx_titre_proprietes_et_page(document):
    premier = document.paragraphs[0]
    assert (premier.text, premier.style.name) == ("Bilan des actions 2023 par porteur", "Heading 1")
    assert document.core_properties.title == "Bilan des actions 2023 par porteur"
    assert document.core_properties.author == "Service politique de la ville"
    assert document.core_properties.language == "fr-FR"
    section = document.sections[0]
    assert section.page_width > section.page_height
    assert round(section.page_width.mm) == 297
    pied = section.footer.paragraphs[0]._p.xml
    assert 'w:instr="PAGE"' in pied
    assert 'w:instr="NUMPAGES"' in pied
    assert [p.text for p in document.paragraphs[-2:]] == list(tableau().notes)


def test_docx_entete_repetee_et_fusionnee(document):
    table = document.tables[0]
    entetes = [ligne for ligne in table.rows if ligne._tr.find(".//" + qn("w:tblHeader")) is not None]
    assert len(entetes) == 2
    haut, bas = ([c.text for c in ligne.cells] for ligne in entetes)
    assert haut == [
        *["Porteur", "Intitulé de l'action", "Objectifs", "Début", "Personnes", "Taux", "Mairie"],
        *["Autres financeurs", "Autres financeurs", "Total"],
    ]
    assert bas == [*haut[:7], "Agglo", "État", "Total"], "les titres sans groupe descendent sur deux rangs"
    assert all(ligne._tr.find(".//" + qn("w:cantSplit")) is not None for ligne in table.rows)


def test_docx_largeurs_dans_la_grille_et_dans_les_cellules(document):
    table = document.tables[0]
    grille = [int(g.get(qn("w:w"))) for g in table._tbl.tblGrid]
    cellules = [int(c._tc.tcPr.find(qn("w:tcW")).get(qn("w:w"))) for c in table.rows[3].cells]
    assert grille == cellules
    assert len(set(grille)) > 3
    # 297 mm less two margins of 12 mm
    assert sum(grille) == pytest.approx(273 / 25.4 * 1440, abs=10)


def test_docx_totaux_en_gras_et_groupes_fusionnes(document):
    table = document.tables[0]
    groupe = table.rows[2]
    assert len({c._tc for c in groupe.cells}) == 1
    total = table.rows[-2]
    assert total.cells[0].text == "Total général"
    assert total.cells[0].paragraphs[0].runs[0].bold
    assert total.cells[-1].text == f"46{FINE}476,75"
    assert not table.rows[3].cells[0].paragraphs[0].runs[0].bold


def test_rien_n_est_ecrit_quand_une_valeur_est_refusee():
    for format in ("xlsx", "docx", "csv", "html"):
        sortie = io.BytesIO()
        with pytest.raises(TypeError):
            rendre(tableau(groupes=[Groupe(lignes=[ligne("A", "a", mairie=1.5)])]), format, sortie)
        assert sortie.getvalue() == b""


def test_format_inconnu():
    with pytest.raises(ValueError, match="xlsx, pdf, docx, csv, html"):
        rendre(tableau(), "odt", io.BytesIO())
