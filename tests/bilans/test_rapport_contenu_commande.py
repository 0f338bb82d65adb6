"""`manage.py rapport`: files, sentences, codes."""

import io
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from django.core.management import call_command

from actions.models import Campagne
from documents import ErreurRendu
from tests import fabriques

pytestmark = pytest.mark.django_db

ECRIRE = "bilans.management.commands.rapport.fichier_du_rapport"


def demande(campagne: Campagne, **options: Any) -> dict[str, Any]:
    return {"contrat": campagne.contrat.slug, "annee": str(campagne.annee), **options}


def refus(capsys: pytest.CaptureFixture[str], **options: Any) -> tuple[int, str]:
    """Run the command, which must refuse, and return its code and its sentence."""
    with pytest.raises(SystemExit) as fin:
        call_command("rapport", **options)
    return int(fin.value.code or 0), capsys.readouterr().err.strip().replace("\u00a0", " ")


def mots(fichier: Path) -> str:
    return "\n".join(paragraphe.text for paragraphe in docx.Document(str(fichier)).paragraphs)


def test_le_document_word_a_les_sections_de_la_loi(campagne, tmp_path):
    fabriques.ActionAnnuelleFactory(campagne=campagne)
    fichier, dit = tmp_path / "rapport.docx", io.StringIO()
    call_command("rapport", **demande(campagne, sortie=str(fichier)), stdout=dit)
    assert "Les orientations du contrat de ville" in mots(fichier)
    assert dit.getvalue().strip().replace("\u00a0", " ") == (
        f"Rapport annuel, {campagne.contrat.nom_court} {campagne.annee} : {fichier}"
    )
    assert [chemin.name for chemin in tmp_path.iterdir()] == ["rapport.docx"]


def test_le_texte_ecrit_remplace_la_premiere_redaction(campagne, tmp_path):
    rapport = fabriques.RapportFactory(contrat=campagne.contrat, annee=campagne.annee)
    fabriques.SectionRapportFactory(rapport=rapport, titre="Notre année", texte="Douze jardins ont fleuri.")
    fichier = tmp_path / "rapport.docx"
    call_command("rapport", **demande(campagne, sortie=str(fichier)), stdout=io.StringIO())
    assert "Douze jardins ont fleuri." in mots(fichier)
    assert "Les orientations du contrat de ville" not in mots(fichier)


def test_le_classeur_s_ouvre(campagne, tmp_path):
    fabriques.ActionAnnuelleFactory(campagne=campagne)
    fichier = tmp_path / "rapport.xlsx"
    call_command("rapport", **demande(campagne, sortie=str(fichier)), stdout=io.StringIO())
    assert len(openpyxl.load_workbook(fichier).sheetnames) > 2


@pytest.mark.parametrize(
    ("options", "debut"),
    [
        ({}, "Indiquez où écrire le fichier"),
        ({"sortie": "rapport"}, "Indiquez le format : --format FORMAT. Formats : pdf, xlsx, docx."),
        ({"sortie": "rapport.odt"}, "Le rapport ne s'écrit pas en « odt ». Formats : pdf, xlsx, docx."),
        ({"sortie": "r.pdf", "contrat": "nulle-part"}, "Le contrat « nulle-part » n'existe pas."),
        ({"sortie": "r.pdf", "annee": "1999"}, "Le contrat « "),
        ({"sortie": "/nulle/part/r.pdf"}, "Le dossier « /nulle/part » n'existe pas."),
    ],
)
def test_un_mauvais_usage_est_dit(campagne, capsys, monkeypatch, options, debut):
    monkeypatch.setattr(ECRIRE, lambda rapport, format: b"")
    code, phrase = refus(capsys, **{**demande(campagne), **options})
    assert code == 2
    assert phrase.startswith(debut)


def test_un_rapport_impossible_rend_1_et_laisse_le_fichier_d_avant(campagne, tmp_path, capsys, monkeypatch):
    def echouer(rapport: Any, format: str) -> bytes:
        raise ErreurRendu("Le PDF n'a pas pu être fait.")

    monkeypatch.setattr(ECRIRE, echouer)
    fichier = tmp_path / "rapport.pdf"
    fichier.write_bytes(b"celui d'avant")
    assert refus(capsys, **demande(campagne, sortie=str(fichier))) == (1, "Le PDF n'a pas pu être fait.")
    assert fichier.read_bytes() == b"celui d'avant"
    assert [chemin.name for chemin in tmp_path.iterdir()] == ["rapport.pdf"]
