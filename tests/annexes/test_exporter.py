"""`manage.py exporter`: files, sentences, codes."""

import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command

from bilans.annexes import ANNEXES
from documents import ErreurRendu
from tests import fabriques
from tests.documents.lecteurs import lire_csv

pytestmark = pytest.mark.django_db


@pytest.fixture
def campagne():
    contrat = fabriques.ContratFactory(slug="valmorin-2024-2030", nom_court="Valmorin")
    bilan = fabriques.BilanFactory(action_annuelle__campagne__contrat=contrat, transmis=True)
    fabriques.LigneFinancementFactory(action_annuelle=bilan.action_annuelle)
    return bilan.action_annuelle.campagne


def exporter(*arguments: str, **options: Any) -> str:
    """Run the command and return what it prints."""
    sortie = io.StringIO()
    call_command("exporter", *arguments, stdout=sortie, **options)
    return sortie.getvalue()


def refus(capsys: pytest.CaptureFixture[str], *arguments: str, **options: Any) -> tuple[int, str]:
    """Run the command, which must refuse, and return its code and its sentence."""
    with pytest.raises(SystemExit) as fin:
        call_command("exporter", *arguments, **options)
    return int(fin.value.code or 0), capsys.readouterr().err.strip().replace("\u00a0", " ")


def complet(campagne, **changes: Any) -> dict[str, Any]:
    """Return options that are right but for `changes`."""
    return {"contrat": campagne.contrat.slug, "annee": str(campagne.annee), **changes}


# -- What goes right -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("format", "debut"),
    [
        ("xlsx", b"PK"),
        ("docx", b"PK"),
        ("pdf", b"%PDF-1."),
        ("csv", b"\xef\xbb\xbfACTION;"),
        ("html", b"<!DOCTYPE html>"),
    ],
)
def test_le_format_se_lit_sur_le_nom_du_fichier(campagne, tmp_path, format, debut):
    fichier = tmp_path / f"s.{format.upper()}"
    dit = exporter("synthese", **complet(campagne), sortie=str(fichier))
    assert dit.strip() == f"Synthèse des actions, Valmorin 2024 : {fichier}"
    assert fichier.read_bytes().startswith(debut)
    assert [chemin.name for chemin in tmp_path.iterdir()] == [fichier.name]


def test_le_format_demande_l_emporte_sur_un_nom_qui_n_en_dit_rien(campagne, tmp_path):
    exporter(
        "porteurs",
        **complet(campagne),
        format="xlsx",
        sortie=str(tmp_path / "sans_extension"),
        montant="demande",
    )
    feuille = openpyxl.load_workbook(io.BytesIO((tmp_path / "sans_extension").read_bytes())).active
    assert feuille.title == "Porteurs 2024"


def test_un_fichier_existant_est_remplace_avec_les_droits_habituels(campagne, tmp_path):
    fichier = tmp_path / "s.csv"
    fichier.write_text("ancien")
    exporter("synthese", **complet(campagne), sortie=str(fichier))
    assert lire_csv(fichier.read_bytes())[0] == ["ACTION", "STRUCTURE", "DESCRIPTIF"]
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(fichier.stat().st_mode) == 0o666 & ~umask


def test_un_lien_symbolique_reste_un_lien(campagne, tmp_path):
    (tmp_path / "vrai.csv").write_text("ancien")
    (tmp_path / "lien.csv").symlink_to(tmp_path / "vrai.csv")
    exporter("synthese", **complet(campagne), sortie=str(tmp_path / "lien.csv"))
    assert (tmp_path / "lien.csv").is_symlink()
    assert b"ACTION" in (tmp_path / "vrai.csv").read_bytes()


def test_un_peripherique_est_ecrit_jamais_remplace(campagne, tmp_path):
    tuyau = tmp_path / "tuyau"
    os.mkfifo(tuyau)
    with subprocess.Popen(["cat", str(tuyau)], stdout=subprocess.PIPE) as lecteur:  # noqa: S607
        exporter("synthese", **complet(campagne), format="csv", sortie=str(tuyau))
        assert lecteur.communicate()[0].startswith(b"\xef\xbb\xbfACTION;")
    assert stat.S_ISFIFO(tuyau.stat().st_mode)


def test_la_sortie_standard_ne_recoit_que_le_document(campagne, capfdbinary):
    call_command("exporter", "synthese", **complet(campagne), format="csv", sortie="-")
    sortie, erreurs = capfdbinary.readouterr()
    assert sortie.startswith(b"\xef\xbb\xbfACTION;")
    assert b"Synth\xc3\xa8se des actions, Valmorin" not in sortie
    assert erreurs == b""


def test_la_liste_en_texte_et_en_json():
    texte = exporter(liste=True)
    assert [ligne for ligne in texte.splitlines() if not ligne.startswith(" ")] == [
        *ANNEXES,
        "Formats : xlsx, pdf, docx, csv, html.",
    ]
    assert "  --montant demande|propose|accorde|notifie (par défaut accorde)" in texte.splitlines()
    annexes = {annexe["nom"]: annexe for annexe in json.loads(exporter(liste=True, format="json"))}
    assert list(annexes) == list(ANNEXES)
    assert [option["nom"] for option in annexes["porteurs"]["options"]] == ["montant", "papier"]
    assert (annexes["crf"]["options"], annexes["crf"]["formats"]) == ([], ["pdf", "docx", "html"])
    assert annexes["porteurs"]["options"][1]["choix"] == {"A3": "A3, en paysage", "A4": "A4, en paysage"}


def test_une_action_ou_un_porteur_se_nomment_et_ce_qui_n_existe_pas_est_dit(campagne, tmp_path, capsys):
    annuelle = campagne.actions.get()
    autre = fabriques.ActionAnnuelleFactory(
        campagne=campagne, action=fabriques.ActionFactory(contrat=campagne.contrat, intitule="Chorale")
    )
    fichier = tmp_path / "s.csv"

    def actions(**choix):
        exporter("synthese", **complet(campagne), sortie=str(fichier), **choix)
        return [ligne[0] for ligne in lire_csv(fichier.read_bytes())[1:] if ligne and ligne[0]]

    assert "Chorale" in actions()[0:2]
    assert actions(action="CHORALE")[0] == "Chorale"
    assert actions(action=annuelle.cle)[0] == annuelle.action.intitule
    assert actions(porteur=autre.action.porteur.nom.upper())[0] == "Chorale"
    demande = complet(campagne, sortie=str(fichier))
    code, phrase = refus(capsys, "synthese", **demande, action="Danse")
    assert code == 2
    assert phrase.startswith("Aucune action de 2024 ne s'appelle « Danse ». Actions : ")
    assert refus(capsys, "synthese", **demande, porteur="Danse")[1].startswith("Aucun porteur de 2024")
    assert refus(capsys, "enjeux", **demande, action="Chorale")[1].endswith("retirez --action.")


# -- What is refused -------------------------------------------------------------------------------
def test_ce_qui_n_existe_pas_est_nomme_avec_ce_qui_existe(campagne, tmp_path, capsys):
    sortie = str(tmp_path / "s.csv")
    existantes = f"Annexes : {', '.join(ANNEXES)}."
    essais = [
        (("absente",), {}, f"L'annexe « absente » n'existe pas. {existantes}"),
        ((), {}, f"Indiquez l'annexe à exporter. {existantes}"),
        (
            ("synthese",),
            {"contrat": "x"},
            "Le contrat « x » n'existe pas. Contrats : valmorin-2024-2030.",
        ),
        (
            ("synthese",),
            {"contrat": None},
            "Indiquez le contrat : --contrat CONTRAT. Contrats : valmorin-2024-2030.",
        ),
        (
            ("synthese",),
            {"annee": "deux mille"},
            "Le contrat « valmorin-2024-2030 » n'a pas d'année « deux mille ». Années : 2024.",
        ),
        (("synthese",), {"annee": None}, "Indiquez l'année : --annee ANNÉE. Années : 2024."),
        (
            ("synthese",),
            {"format": "ods"},
            "Le format « ods » n'existe pas. Formats : xlsx, pdf, docx, csv, html.",
        ),
        (
            ("synthese",),
            {"format": "pdf"},
            f"Le fichier « {sortie} » s'ouvrirait mal : son nom dit csv, le format demandé est pdf.",
        ),
        (("synthese",), {"papier": "A4"}, "L'annexe « synthese » n'a pas d'option --papier."),
        (("porteurs",), {"papier": "A5"}, "L'option --papier n'accepte pas « A5 ». Valeurs : A3, A4."),
    ]
    for arguments, changes, phrase in essais:
        options = complet(campagne, **{"sortie": sortie, **changes})
        assert refus(capsys, *arguments, **options) == (2, phrase)
    assert list(tmp_path.iterdir()) == []


def test_une_sortie_impossible_est_expliquee(campagne, tmp_path, capsys, monkeypatch):
    options = complet(campagne, format="csv")
    (tmp_path / "fichier").write_text("déjà là")
    for sortie, phrase in (
        (None, "Indiquez où écrire le fichier : --sortie FICHIER, ou « --sortie - » pour l'écran."),
        (
            str(tmp_path / "absent" / "s.csv"),
            f"Le dossier « {tmp_path / 'absent'} » n'existe pas. Créez-le, ou choisissez-en un autre.",
        ),
        (str(tmp_path), f"« {tmp_path} » est un dossier : ajoutez le nom du fichier."),
        (
            str(tmp_path / "fichier" / "s.csv"),
            f"Le dossier « {tmp_path / 'fichier'} » n'existe pas. Créez-le, ou choisissez-en un autre.",
        ),
        (
            str(tmp_path / ("s" * 300)),
            f"Le fichier « {tmp_path / ('s' * 300)} » n'a pas pu être écrit : son nom est trop long.",
        ),
        (
            "/dev/full",
            "Le fichier « /dev/full » n'a pas pu être écrit : il n'y a plus de place sur le disque.",
        ),
    ):
        assert refus(capsys, "synthese", **options, sortie=sortie) == (2, phrase)

    def interdit(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("comptes.sorties.tempfile.mkstemp", interdit)
    assert refus(capsys, "synthese", **options, sortie=str(tmp_path / "s.csv")) == (
        2,
        f"Vous n'avez pas le droit d'écrire dans « {tmp_path} ». Choisissez un autre dossier.",
    )
    assert [chemin.name for chemin in tmp_path.iterdir()] == ["fichier"]


def test_sans_extension_ni_format_rien_n_est_devine(campagne, tmp_path, capsys):
    for sortie in ("-", str(tmp_path / "annexe")):
        code, phrase = refus(capsys, "synthese", **complet(campagne), sortie=sortie)
        assert (code, phrase.split(" :")[0]) == (2, "Indiquez le format")


def test_un_document_impossible_rend_1_et_laisse_le_fichier_d_avant(campagne, tmp_path, capsys, monkeypatch):
    fichier = tmp_path / "s.csv"
    fichier.write_text("d'avant")

    def echouer(_tableau: Any, _format: str, sortie: Any) -> None:
        sortie.write(b"la moit")
        raise ErreurRendu("Ce tableau a trop de lignes.")

    monkeypatch.setattr("bilans.annexes.registre.rendre", echouer)
    assert refus(capsys, "synthese", **complet(campagne), sortie=str(fichier)) == (
        1,
        "Ce tableau a trop de lignes.",
    )
    assert fichier.read_text() == "d'avant"
    assert len(list(tmp_path.iterdir())) == 1


def test_un_texte_trop_long_pour_excel_rend_1(campagne, tmp_path, capsys):
    bilan = campagne.actions.get().bilan
    bilan.mise_en_oeuvre = "long " * 8000
    bilan.save()
    code, phrase = refus(capsys, "synthese", **complet(campagne), sortie=str(tmp_path / "s.xlsx"))
    assert code == 1
    assert phrase.startswith("Un texte de 39999 caractères dépasse ce qu'une cellule Excel accepte")
    assert list(tmp_path.iterdir()) == []


# -- From a shell ----------------------------------------------------------------------------------
def en_ligne(*arguments: str, donnees: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does, on a database that has no table."""
    environnement = {
        **os.environ,
        "PILOTIS_DONNEES": str(donnees),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    environnement.pop("DATABASE_URL", None)
    racine = Path(__file__).resolve().parents[2]
    return subprocess.run(
        [sys.executable, "manage.py", "exporter", *arguments],
        capture_output=True,
        text=True,
        cwd=racine,
        env=environnement,
        check=False,
    )


def test_en_ligne_de_commande_tout_est_en_francais(tmp_path):
    inconnu = en_ligne("synthese", "--couleur", "bleu", donnees=tmp_path)
    assert (inconnu.returncode, inconnu.stdout) == (2, "")
    assert inconnu.stderr.splitlines()[0] == "Argument inconnu : --couleur bleu."
    sans_valeur = en_ligne("synthese", "--annee", donnees=tmp_path)
    assert sans_valeur.stderr.splitlines()[0] == "L'option --annee attend une valeur."
    aide = en_ligne("--aide", donnees=tmp_path)
    assert aide.returncode == 0
    assert aide.stdout.startswith("Utilisation : manage.py exporter ")
    for anglais in ("usage", "options:", "positional", "show this"):
        assert anglais not in aide.stdout


def test_une_base_absente_rend_1_et_dit_quoi_faire(tmp_path):
    fini = en_ligne(
        "synthese", "--contrat", "x", "--annee", "2024", "--sortie", str(tmp_path / "s.csv"), donnees=tmp_path
    )
    assert (fini.returncode, fini.stdout) == (1, "")
    assert fini.stderr.startswith("La base de données ne répond pas, ou n'est pas à jour.")
    assert "Traceback" not in fini.stderr
    assert not (tmp_path / "s.csv").exists()
