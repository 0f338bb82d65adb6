"""The report on paper: what is read, where each page leads, both standards, in one process or in two."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from threading import Event

import pypdf
import pytest
from PIL import Image as Dessin

from documents import Colonne, ErreurRendu, Groupe, PieceJointe, Tableau, TypeColonne, html_en_pdf
from documents.calcul import Genre
from documents.polices import DOSSIER
from documents.rapport import Annexe, BlocGraphique, BlocTexte, Image, Section
from documents.rendu_rapport_annexe import AnnexeImprimee, _etendues, coupes, imprimees
from documents.rendu_rapport_html import parties_imprimees, pied_de_page, rapport_en_html
from documents.rendu_rapport_pdf import rapport_en_pdf
from tests.outils.verapdf import valider

from .exemples import long
from .exemples_rapport import CREDITS, rapport
from .lecteurs import lire_html

LIGNES = 120
PIECE = PieceJointe(nom="annexes.xlsx", description="Les annexes", contenu=b"PK")


def _textes(contenu: bytes) -> list[str]:
    pages = pypdf.PdfReader(BytesIO(contenu)).pages
    return [" ".join(re.sub("[\u202f\u00a0]", " ", page.extract_text()).split()) for page in pages]


@pytest.fixture(scope="module")
def longue():
    """A report whose last annex is long enough to be cut."""
    origine = rapport()
    textes = [
        {"porteur": f"Structure {i // 8}", "action": f"Action {i}", "bilan": f"mot{i} " * 60, "montant": i}
        for i in range(LIGNES)
    ]
    annexe = Tableau(
        titre="Toutes les actions",
        nom="Actions",
        colonnes=(
            Colonne(cle="porteur", titre="Structure"),
            Colonne(cle="action", titre="Action", entete_ligne=True),
            Colonne(cle="montant", titre="Montant", type=TypeColonne.MONTANT, total=True),
            Colonne(cle="bilan", titre="Bilan", pleine_largeur=True),
        ),
        groupes=tuple(
            Groupe(titre=f"Groupe {g}", lignes=tuple(textes[g * 20 : g * 20 + 20]), sous_total="Sous-total")
            for g in range(6)
        ),
        total="Total général",
    )
    return replace(origine, annexes=(origine.annexes[0], Annexe(code="actions", tableau=annexe)))


@pytest.fixture(scope="module")
def imprimes(longue):
    """Its two parts, cut inside the annex: the price that keeps such a short one whole is waived."""
    with pytest.MonkeyPatch.context() as patch:
        for cout in ("annexe.COUT_COUPE", "annexe.COUT_MINIMAL", "html.COUT_DOCUMENT", "html.COUT_DESSIN"):
            patch.setattr(f"documents.rendu_rapport_{cout}", 0)
        return parties_imprimees(longue, 2)


@pytest.fixture(scope="module")
def contenu(longue, imprimes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("documents.rendu_rapport_pdf.parties_imprimees", lambda rapport, processus: imprimes)
        return rapport_en_pdf(longue, pieces=[PIECE], processus=2)


def test_rapport_pdf_couverture(contenu):
    couverture = _textes(contenu)[0]
    for attendu in (
        "Grand Dole",
        "Rapport annuel politique de la ville",
        "2024",
        "320 000 € Cohésion sociale",
        "0 € Cadre de vie",
        "Projet soumis à avis",
        "Chiffres arrêtés au 30 juin 2025",
    ):
        assert attendu in couverture
    assert "page 1" not in couverture


def test_rapport_pdf_le_sommaire_dit_la_page_de_chaque_partie(contenu):
    textes = _textes(contenu)
    sommaire = textes[1]
    etiquettes = pypdf.PdfReader(BytesIO(contenu)).page_labels
    lignes = re.findall(
        r"((?:\d\. |Annexe \d |Définitions)[^.]*?) (A\d-1|\d+)(?= \d\.| Annexe| Déf| Contrat)", sommaire
    )
    assert [titre for titre, _ in lignes] == [
        "1. L’essentiel de l’année",
        "2. Les personnes touchées & les moyens",
        "Définitions et sources",
        "Annexe 1 Bilan des actions 2023 par porteur",
        "Annexe 2 Toutes les actions",
    ]
    for titre, page in lignes:
        rang = etiquettes.index(page)
        assert re.sub(r"^(\d\.|Annexe \d) ", "", titre) in textes[rang]
        assert f"page {page}" in textes[rang]


def test_rapport_pdf_chaque_page_porte_son_numero_et_l_etat(contenu):
    textes = _textes(contenu)
    etiquettes = pypdf.PdfReader(BytesIO(contenu)).page_labels
    assert etiquettes[-1].startswith("A2-")
    for texte, etiquette in list(zip(textes, etiquettes, strict=True))[1:]:
        assert texte.count(f"page {etiquette}") == 1
        assert "Contrat de ville du Grand Dole · 2024 · Projet soumis à avis" in texte


def test_rapport_pdf_l_annexe_coupee_est_entiere_et_dans_l_ordre(imprimes, contenu):
    assert [partie.suite for partie in imprimes] == [False, True]
    textes = _textes(contenu)
    debut = next(i for i, texte in enumerate(textes) if texte.startswith("Annexe 2 –") and "A2-1" in texte)
    lus = re.findall(r"\bmot\d+\b", " ".join(textes[debut:]))
    assert list(dict.fromkeys(lus)) == [f"mot{i}" for i in range(LIGNES)]
    assert len(lus) == LIGNES * 60
    assert [texte.count("Total général") for texte in textes[debut:]] == [0] * (len(textes) - debut - 1) + [1]
    assert "7 140" in textes[-1]  # the sum of all the rows, the cut notwithstanding
    assert all("Structure Action Montant Bilan" in texte for texte in textes[debut:])


def test_rapport_pdf_signets_et_pages_en_paysage(contenu):
    lu = pypdf.PdfReader(BytesIO(contenu))
    racines = [signet for signet in lu.outline if not isinstance(signet, list)]
    assert [signet.title.replace("\u00a0", " ") for signet in racines] == [
        "Sommaire",
        "L’essentiel de l’année",
        "Les personnes touchées & les moyens",
        "Définitions et sources",
        "Annexe 1 – Bilan des actions 2023 par porteur",
        "Annexe 2 – Toutes les actions",
    ]
    assert [signet.title for signet in lu.outline[-1]] == [f"Groupe {g}" for g in range(6)]
    for page, etiquette in zip(lu.pages, lu.page_labels, strict=True):
        assert (page.mediabox.width > page.mediabox.height) == etiquette.startswith("A")


def test_rapport_pdf_titre_langue_et_pieces(contenu):
    lu = pypdf.PdfReader(BytesIO(contenu))
    assert lu.metadata.title == "Rapport annuel politique de la ville 2024 – Dole"
    assert lu.metadata.author == "Grand Dole"
    assert lu.root_object["/Lang"] == "fr"
    assert lu.attachments["annexes.xlsx"] == [b"PK"]


def test_rapport_pdf_un_processus_ou_deux_disent_la_meme_chose(longue, contenu):
    seul, joint = (
        Counter(" ".join(_textes(c)).split()) for c in (rapport_en_pdf(longue, processus=1), contenu)
    )
    # the head and the foot of a page more or less, wherever the cut falls
    courants = set(
        f"Annexe 2 – Toutes les actions (suite) {pied_de_page(longue)} page Structure Action Montant".split()
    )
    differents = {mot for mot in seul | joint if seul[mot] != joint[mot] and not re.fullmatch(r"A2-\d+", mot)}
    assert differents <= courants | {"Bilan"}


def test_rapport_pdf_ce_que_le_suivi_leve_arrete_la_mise_en_page(longue, monkeypatch):
    class Annule(Exception):
        pass

    appels = []

    def suivi():
        appels.append(1)
        if len(appels) == 2:
            raise Annule

    monkeypatch.setattr("documents.rendu_rapport_pdf.SUIVI_S", 0)
    with pytest.raises(Annule):
        rapport_en_pdf(longue, suivi=suivi)
    assert len(appels) == 2


def test_rapport_pdf_une_partie_qui_echoue_le_dit(monkeypatch, caplog):
    monkeypatch.setattr("documents.rendu_pdf.RACINE", DOSSIER)  # the child does not find its module
    with pytest.raises(ErreurRendu, match="La mise en page du PDF a échoué"):
        rapport_en_pdf(rapport(annexes=()))
    assert "PDF child failed" in caplog.text


def test_pdf_dont_l_ordre_est_gros_et_l_enfant_lent(monkeypatch):
    """What the child has not read yet when its parent looks at it again still comes."""
    monkeypatch.setattr("documents.rendu_pdf.PAS_S", 0.001)
    html = f"<html lang=fr><title>T</title><!-- {'x' * 2_000_000} --><p>fin"
    assert html_en_pdf(html, arret=Event(), delai=120).startswith(b"%PDF-")


def test_rapport_pdf_le_meme_rapport_donne_les_memes_octets():
    court = rapport(sections=rapport().sections[:1], annexes=())
    assert rapport_en_pdf(court) == rapport_en_pdf(court)


@pytest.mark.pdfua
def test_rapport_pdf_est_pdf_ua_1_et_pdf_a_3a(tmp_path, contenu):
    chemin = tmp_path / "t.pdf"
    chemin.write_bytes(contenu)
    assert valider(chemin) == []


@pytest.mark.pdfua
def test_rapport_pdf_le_plus_nu_est_valide(tmp_path):
    nu = rapport(
        sections=(),
        annexes=(),
        montants=(),
        definitions=(),
        sources=(),
        mentions=(),
        cree_le=None,
        sous_titre="",
    )
    chemin = tmp_path / "t.pdf"
    chemin.write_bytes(rapport_en_pdf(nu))
    assert valider(chemin) == []


@pytest.mark.pdfua
def test_rapport_pdf_porte_le_logo_et_la_couleur_de_la_collectivite(tmp_path):
    octets = BytesIO()
    Dessin.new("RGB", (300, 120), "#7A1F3D").save(octets, "PNG")
    logo = Image(
        description="Logo du Grand Dole",
        credit="",
        empreinte="",
        contenu=octets.getvalue(),
        type_mime="image/png",
    )
    contenu = rapport_en_pdf(rapport(sections=(), annexes=(), logo=logo, couleur="#7A1F3D"))
    chemin = tmp_path / "t.pdf"
    chemin.write_bytes(contenu)
    assert valider(chemin) == []
    couverture = pypdf.PdfReader(BytesIO(contenu)).pages[0]
    assert [image.image.size for image in couverture.images] == [(300, 120)]
    # the words of the collectivity and of the year: 7A1F3D is 122, 31, 61
    assert re.search(rb"0?\.478\d* 0?\.121\d* 0?\.239\d* rg", couverture.get_contents().get_data())


def test_rapport_html_sans_identite_garde_les_couleurs_de_pilotis():
    html = rapport_en_html(rapport())
    assert html.count("--couleur:") == 1
    assert '<div class="logo">' not in html
    avec = rapport_en_html(rapport(couleur="#7A1F3D"))
    assert "html{--couleur:#7A1F3D}" in avec


def test_rapport_html_chiffres_cles():
    html = rapport_en_html(rapport())
    for attendu in (
        '<p class="valeur">41</p><p class="libelle">actions</p><p class="avant">38 en 2023</p>'
        '<p class="appui">41 actions de la programmation</p>',
        '<p class="valeur longue">46\u202f476,75\u00a0€</p>',
        '<p class="valeur inconnue">non connu</p>',
        '<p class="valeur">52,5\u00a0%</p>',
        '<p class="valeur longue">1er juillet 2025</p>',
    ):
        assert attendu in html


def test_rapport_html_chaque_image_a_son_texte_et_chaque_graphique_son_tableau():
    html = rapport_en_html(rapport())
    images = re.findall(r"<img[^>]*>", html)
    assert len(images) == 4
    assert all(re.search(r'alt="[^"]{10,}"', image) for image in images)
    assert html.count('<div class="double"><div class="corps etroite"><table') == 3


def test_rapport_html_rien_ne_passe_sans_etre_echappe():
    mechant = "</style><script>x</script>"
    entier = rapport(
        titre=mechant, sous_titre=mechant, etat=mechant, mentions=(mechant,), montants=((mechant, 1),)
    )
    html = rapport_en_html(replace(entier, sources=(mechant,), collectivite=mechant))
    assert "<script" not in html
    assert html.count("</style>") == 1


# -- Annexes ---------------------------------------------------------------------------------------
def test_annexe_ses_longs_textes_sont_sous_les_cellules_courtes():
    (annexe,) = imprimees([rapport().annexes[0]])
    table = lire_html(annexe.html())
    (rang,) = [i for i, r in enumerate(table.rangees) if any(t == "Spectacles en famille" for _, _, t in r)]
    assert not any("Aller vers le livre" in texte for _, _, texte in table.rangees[rang])
    dessous = table.rangees[rang + 1]
    assert [texte for _, _, texte in dessous] == [
        "–\u00a0Aller vers le livre\n–\u00a0Accueillir les parents & les enfants <3"
    ]
    largeurs = {
        sum(int(attributs.get("colspan") or 1) for _, attributs, _ in r)
        for section, r in zip(table.section_des_rangees, table.rangees, strict=True)
        if section == "tbody"
    }
    assert largeurs == {9}
    assert "Objectifs" in [texte for _, _, texte in table.rangees[2]]


def test_annexe_un_long_texte_seul_est_en_deux_colonnes(longue):
    annexe = imprimees(longue.annexes)[1]
    assert annexe.html().count('<td colspan="3"><div class="deux-colonnes">mot') == LIGNES


def test_annexe_les_textes_se_partagent_la_largeur():
    assert _etendues([1, 1], [10, 10, 10, 10]) == [2, 2]
    assert _etendues([3, 1], [10, 10, 10, 10]) == [3, 1]
    assert _etendues([9, 1, 1], [10, 10, 10]) == [1, 1, 1]
    assert _etendues([1], [10, 10]) == [2]


def test_annexe_sans_long_texte_reste_un_tableau():
    (annexe,) = imprimees([Annexe(code="a", tableau=long(3))])
    assert "dessous" not in annexe.html()
    assert annexe.prefixe == "A-"


def _couts(nombre: int) -> AnnexeImprimee:
    lignes = tuple({"a": f"a{i}", "b": "x" * 2000} for i in range(nombre))
    colonnes = (Colonne(cle="a", titre="A"), Colonne(cle="b", titre="B"))
    groupes = (Groupe(titre="G", lignes=lignes),)
    (annexe,) = imprimees(
        [Annexe(code="a", tableau=Tableau(titre="T", nom="T", colonnes=colonnes, groupes=groupes))]
    )
    return annexe


def test_coupes_entre_le_corps_et_les_annexes_quand_rien_n_est_long():
    courte = _couts(30)
    assert coupes([courte, courte], 1000, 2) == [(0, 0)]
    assert coupes([courte], 0, 2) == []
    assert coupes([], 9999, 2) == []
    assert coupes([courte, courte], 1000, 1) == []


def test_coupes_dans_une_longue_annexe_a_moitie_du_travail():
    longue = _couts(1000)
    ((annexe, rang),) = coupes([longue], 1000, 2)
    avant = 1000 + sum(longue.couts[:rang])
    assert annexe == 0
    assert abs(avant - sum(longue.couts[rang:])) < 100
    assert longue.entiere.rangees[rang].genre == Genre.LIGNE
    assert len(coupes([longue], 1000, 4)) == 3


def test_rapport_html_de_nombreux_futs_portent_leur_nom_debout():
    noms = [f"Structure {i}" for i in range(12)]
    comptes = [(nom, Decimal(12 - i)) for i, nom in enumerate(noms)]
    html = rapport_en_html(
        rapport(montants=[*comptes, ("Un nom " * 20, Decimal(1))], type_montants=TypeColonne.ENTIER)
    )
    assert '<p class="legende">Crédits accordés par axe</p><ul class="montants serres">' in html
    assert html.count('<li><div class="fut">') == 13
    assert 'mm">12</p>' in html
    assert re.findall(r'<p class="nom">(Un nom[^<]*)</p>', html) == [
        "Un nom Un nom Un nom Un nom Un nom Un nom Un…"
    ]


def test_rapport_html_les_sections_courtes_se_suivent_sur_une_page():
    def section(code, texte, *blocs):
        return Section(code=code, titre=code, blocs=(BlocTexte(code="recit", texte=texte), *blocs))

    graphique = BlocGraphique(code="credits", graphique=CREDITS)
    sections = (
        section("a", "Rien encore."),
        section("b", "Rien non plus."),
        section("c", "Une phrase, un dessin.", graphique),
        section("d", "Peu."),
        section("e", "Long. " * 200),
    )
    html = rapport_en_html(rapport(sections=sections, definitions=(), sources=()))
    assert re.findall(r'<section class="(section[^"]*)"', html) == [
        "section",
        "section suite",
        "section",
        "section",
        "section",
    ]


def test_rapport_html_une_apostrophe_est_courbe_sauf_dans_une_adresse():
    texte = BlocTexte(code="recit", texte="L'été d'« Ici » : [l'adresse](https://exemple.fr/l'ete), 'cité'")
    html = rapport_en_html(rapport(sections=(Section(code="a", titre="L'an", blocs=(texte,)),)))
    recit = html.partition('<div class="prose">')[2].partition("</div>")[0]
    lu = re.sub(r"<[^>]*>", "", recit).strip()
    assert lu.replace("\u00a0", " ") == "L’été d’« Ici » : l’adresse, 'cité'"
    assert re.search(r"href=\"https://exemple\.fr/l(?:'|&#x27;|%27)ete\"", recit)
