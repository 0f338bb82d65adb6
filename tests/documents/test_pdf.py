"""The PDF: text, pages, tags, and both standards by veraPDF."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pypdf
import pytest

from documents import ErreurRendu, Groupe, PieceJointe, html_en_pdf
from documents.polices import DOSSIER, FICHIERS, SANS_GLYPHE, css_polices, dessinable
from documents.rendu_pdf import VARIABLES
from tests.outils.verapdf import valider

from .exemples import ligne, long, tableau
from .lecteurs import rendu


def _lire(contenu: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(contenu))


def _texte(page: pypdf.PageObject) -> str:
    return " ".join(page.extract_text().split()).replace("\u202f", " ").replace("\u00a0", " ")


@pytest.fixture(scope="module")
def contenu():
    return rendu(tableau(), "pdf")


def test_pdf_texte_titre_langue_et_pied(contenu):
    lu = _lire(contenu)
    assert len(lu.pages) == 1
    texte = _texte(lu.pages[0])
    for attendu in (
        "Bilan des actions 2023 par porteur",
        "Montants en euros",
        "– Aller vers le livre",
        "Accueillir les parents & les enfants <3",
        "Total général",
        "1er juillet 2023",
        'Contrat de ville 2015-2023 · "Bagnols" </style> · édité le 1er mars 2024',
        "page 1 / 1",
        "Source : bilans validés.",
    ):
        assert attendu in texte
    assert lu.metadata.title == "Bilan des actions 2023 par porteur"
    assert lu.metadata.author == "Service politique de la ville"
    assert lu.root_object["/Lang"] == "fr"


def test_pdf_format_et_signets(contenu):
    lu = _lire(contenu)
    assert [round(float(x)) for x in lu.pages[0].mediabox[2:]] == [842, 595]
    titre, groupes = lu.outline
    assert titre.title == "Bilan des actions 2023 par porteur"
    assert [g.title for g in groupes] == ["Ville", "Associations & autres"]
    a3 = _lire(rendu(tableau(format_page="A3", paysage=False), "pdf"))
    assert [round(float(x)) for x in a3.pages[0].mediabox[2:]] == [842, 1191]


def test_pdf_l_entete_est_sur_chaque_page_et_le_total_sur_la_derniere():
    lu = _lire(rendu(long(120), "pdf"))
    textes = [_texte(page) for page in lu.pages]
    assert len(textes) > 2
    for numero, texte in enumerate(textes, start=1):
        assert "Autres financeurs" in texte
        assert f"page {numero} / {len(textes)}" in texte
        assert ("Total général" in texte) == (numero == len(textes))
    assert all(f"Action {i}" in " ".join(textes) for i in range(1, 121))


def test_pdf_un_tres_long_texte_passe_sur_plusieurs_pages_en_entier():
    mots = [f"mot{i}" for i in range(6000)]
    lu = _lire(rendu(tableau(groupes=[Groupe(lignes=[ligne("A", " ".join(mots))])]), "pdf"))
    assert len(lu.pages) > 1
    lus = set(" ".join(page.extract_text() for page in lu.pages).split())
    assert set(mots) <= lus


def test_pdf_les_polices_sont_les_notres(contenu):
    polices = {
        police.get_object()["/BaseFont"].split("+")[-1]
        for police in _lire(contenu).pages[0]["/Resources"]["/Font"].values()
    }
    assert polices
    assert all("Source-Sans" in police or "SourceSans" in police for police in polices), polices


def test_pdf_un_caractere_sans_glyphe_est_remplace():
    lu = _lire(rendu(tableau(titre="Fête 🎉 漢 e\u0301té\u200b"), "pdf"))
    assert f"Fête {SANS_GLYPHE} été" in " ".join(_texte(lu.pages[0]).split())


def test_dessinable():
    usuels = "« 24\u202f000\u00a0€ » – œ Œ ’ … − ½ ² °"
    assert dessinable(usuels) == usuels
    # An emoji takes nothing from the sentence by its absence; a letter would.
    assert dessinable("Bravo 👍🏽 à toutes 👩\u200d🌾") == "Bravo  à toutes "
    assert dessinable("名") == SANS_GLYPHE
    assert dessinable("ﬃ\ufe0f") in ("ffi", "ﬃ")
    assert dessinable("a\tb\nc") == "a\tb\nc"


def test_les_polices_sont_la_et_legeres():
    assert sum((DOSSIER / fichier).stat().st_size for fichier in FICHIERS.values()) < 1_000_000
    assert (DOSSIER / "OFL.txt").is_file()
    assert css_polices().count("@font-face") == 4


@pytest.mark.pdfua
@pytest.mark.parametrize(
    "attributs",
    [
        {},
        {"titre": "Fête 🎉 漢", "groupes": []},
        {"format_page": "A3", "notes": (), "sous_titre": "", "pied": "", "date_edition": None, "auteur": ""},
    ],
    ids=["complet", "vide", "nu"],
)
def test_pdf_est_a_la_fois_pdf_ua_1_et_pdf_a_3a(tmp_path, attributs):
    chemin = tmp_path / "t.pdf"
    chemin.write_bytes(rendu(tableau(**attributs), "pdf"))
    assert valider(chemin) == []


@pytest.mark.pdfua
def test_pdf_long_et_valide(tmp_path):
    chemin = tmp_path / "t.pdf"
    chemin.write_bytes(rendu(long(80), "pdf"))
    assert valider(chemin) == []


@pytest.mark.pdfua
def test_verapdf_voit_un_defaut(tmp_path):
    """The check itself can fail: a document without a language or a title is not PDF/UA."""
    chemin = tmp_path / "t.pdf"
    chemin.write_bytes(html_en_pdf(f"<style>{css_polices((400, 'normal'))}</style><p>sans titre"))
    assert any(echec.startswith("ua1 7.1-9") for echec in valider(chemin))


@pytest.mark.pdfua
def test_pdf_avec_une_piece_jointe(tmp_path):
    html = (
        f'<html lang="fr"><title>Reçu</title><style>{css_polices((400, "normal"))}'
        'html{font-family:"Source Sans 3"}</style><h1>Reçu</h1>'
    )
    xlsx = rendu(tableau(), "xlsx")
    piece = PieceJointe(nom="annexe.xlsx", description="L'annexe, modifiable", contenu=xlsx)
    chemin = tmp_path / "t.pdf"
    chemin.write_bytes(html_en_pdf(html, pieces=[piece]))
    assert _lire(chemin.read_bytes()).attachments["annexe.xlsx"] == [xlsx]
    assert valider(chemin) == []


def test_pdf_ne_lit_aucun_fichier_et_aucune_adresse(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    html = (
        '<html lang="fr"><title>T</title>'
        f'<link rel="attachment" href="{secret.as_uri()}"><link rel="attachment" href="police:../settings.py">'
        f'<style>@import url("{secret.as_uri()}");</style>'
        f'<object data="{secret.as_uri()}"></object><p>corps'
    )
    contenu = html_en_pdf(html)
    assert b"SECRET" not in contenu
    assert _lire(contenu).attachments == {}


def test_l_enfant_ne_recoit_pas_les_secrets():
    assert not [nom for nom in VARIABLES if "SECRET" in nom or "DJANGO" in nom or "DATABASE" in nom]


def test_pdf_trop_lent_est_arrete():
    with pytest.raises(ErreurRendu, match="dépassé 0"):
        html_en_pdf("<title>T</title>", delai=0)


def test_pdf_qui_echoue_le_dit_en_francais(monkeypatch, caplog):
    monkeypatch.setattr("documents.rendu_pdf.RACINE", DOSSIER)  # the child does not find its module
    with pytest.raises(ErreurRendu, match="La mise en page du PDF a échoué"):
        html_en_pdf("<title>T</title>")
    assert "PDF child failed" in caplog.text


def _python_qui_tombe(dossier: Path, fois: int) -> Path:
    """Return an interpreter that dies of a segmentation fault the first `fois` times it is started, then works."""
    chemin = dossier / "python"
    chemin.write_text(
        "#!/bin/sh\n"
        f'echo "$TMPDIR" >> {dossier}/chutes\n'
        f"[ $(wc -l < {dossier}/chutes) -gt {fois} ] || kill -SEGV $$\n"
        f'exec {sys.executable} "$@"\n'
    )
    chemin.chmod(0o700)
    return chemin


def test_une_bibliotheque_qui_tombe_est_relancee_une_fois(monkeypatch, caplog, tmp_path):
    monkeypatch.setattr("documents.rendu_pdf.sys.executable", str(_python_qui_tombe(tmp_path, 1)))
    assert html_en_pdf('<html lang="fr"><title>T</title><p>corps').startswith(b"%PDF-")
    assert "tried again" in caplog.text
    dossiers = (tmp_path / "chutes").read_text().split()
    assert len(dossiers) == 2
    assert not [dossier for dossier in dossiers if Path(dossier).exists()]


def test_une_bibliotheque_qui_tombe_toujours_le_dit(monkeypatch, caplog, tmp_path):
    monkeypatch.setattr("documents.rendu_pdf.sys.executable", str(_python_qui_tombe(tmp_path, 9)))
    with pytest.raises(ErreurRendu, match="La mise en page du PDF a échoué"):
        html_en_pdf("<title>T</title>")
    assert len((tmp_path / "chutes").read_text().split()) == 2
    assert "PDF child failed (-11)" in caplog.text
