"""`manage.py importer`: a preview that leaves no trace, codes that a script can read, French sentences."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from bilans.imports import preparation
from bilans.management.commands.importer import Command
from bilans.models import ImportTableur
from tests import fabriques as f
from tests.outils.imports import classeur, lire_sur_place, photographie

pytestmark = pytest.mark.django_db
ENTETE = ("Porteur", "Intitulé de l'action", "Bilan de l'action")


@pytest.fixture(autouse=True)
def sur_place(monkeypatch):
    monkeypatch.setattr(preparation, "lire_tableur", lire_sur_place)


@pytest.fixture
def fichier(tmp_path):
    def ecrire(*rangees):
        chemin = tmp_path / "programme.xlsx"
        chemin.write_bytes(classeur(ENTETE, *rangees))
        return str(chemin)

    return ecrire


@pytest.fixture
def cadre(campagne):
    f.administrateur(email="admin@exemple.fr")
    f.PorteurFactory(epci=campagne.contrat.epci, nom="Maison pour tous")
    return campagne


def lancer(campagne, chemin, **options):
    """Return the code and what was said: on the standard output, on the standard error."""
    sortie, erreurs = StringIO(), StringIO()
    code = 0
    try:
        call_command(
            Command(), chemin, contrat=campagne.contrat.slug, annee=str(campagne.annee), stdout=sortie, stderr=erreurs,
            **options,
        )  # fmt: skip
    except SystemExit as fin:
        code = fin.code
    return code, sortie.getvalue(), erreurs.getvalue()


def test_l_apercu_n_ecrit_rien(cadre, fichier, settings):
    avant = photographie()
    code, sortie, erreurs = lancer(cadre, fichier(("Maison pour tous", "Jardin partagé", "Douze ateliers.")))
    assert (code, erreurs) == (0, "")
    assert "1 à créer." in sortie
    assert "Ligne 2, à créer : Maison pour tous – Jardin partagé" in sortie
    assert photographie() == avant
    assert not ImportTableur.objects.exists()


def test_appliquer_ecrit_et_une_seconde_fois_ne_change_rien(cadre, fichier):
    chemin = fichier(("Maison pour tous", "Jardin partagé", "Douze ateliers."))
    code, sortie, _ = lancer(cadre, chemin, appliquer=True)
    assert code == 0
    assert "écrit." in sortie
    assert cadre.actions.get().bilan.mise_en_oeuvre == "Douze ateliers."
    assert ImportTableur.objects.get().statut == "applique"
    apres = photographie()
    code, sortie, _ = lancer(cadre, chemin, appliquer=True)
    assert code == 0
    assert "1\xa0inchangée." in sortie
    assert photographie() == apres


def test_une_question_ouverte_arrete_tout(cadre, fichier):
    avant = photographie()
    chemin = fichier(("Inconnue", "Jardin partagé", ""), ("Maison pour tous", "Vélo", ""))
    code, sortie, erreurs = lancer(cadre, chemin, appliquer=True)
    assert code == 1
    assert "«\xa0Inconnue\xa0» n'est pas encore connu. Qui est-ce\xa0?" in sortie
    assert "1\xa0question sans réponse" in erreurs
    assert photographie() == avant


def test_une_ligne_refusee_arrete_tout(cadre, fichier):
    code, _, erreurs = lancer(
        cadre,
        fichier(("Maison pour tous", "Vélo" * 100, ""), ("Maison pour tous", "Jardin", "")),
        appliquer=True,
    )
    assert code == 1
    assert "1\xa0ligne est refusée." in erreurs
    assert not cadre.actions.exists()


def test_en_json(cadre, fichier):
    code, sortie, _ = lancer(cadre, fichier(("Maison pour tous", "Jardin partagé", "")), format="json")
    contenu = json.loads(sortie)
    assert (code, contenu["categories"]) == (0, {"creee": 1})
    assert contenu["lignes"][0]["ligne"] == 2


@pytest.mark.parametrize(
    ("options", "code", "phrase"),
    [
        ({"format": "xml"}, 2, "Le format se donne en texte ou json"),
        ({"compte": "absent@exemple.fr"}, 2, "Aucun compte actif n'a l'adresse"),
    ],
)
def test_un_mauvais_usage_se_dit(cadre, fichier, options, code, phrase):
    obtenu, _, erreurs = lancer(cadre, fichier(("Maison pour tous", "Jardin", "")), **options)
    assert obtenu == code
    assert phrase in erreurs


def test_un_fichier_absent_se_dit(cadre, tmp_path):
    code, _, erreurs = lancer(cadre, str(tmp_path / "absent.xlsx"))
    assert code == 2
    assert "ne peut pas être lu" in erreurs


def test_un_fichier_qui_n_est_pas_un_tableur_est_refuse(cadre, tmp_path):
    chemin = tmp_path / "tableau.xlsx"
    chemin.write_bytes(b"%PDF-1.7\n")
    code, _, erreurs = lancer(cadre, str(chemin))
    assert code == 1
    assert "PDF" in erreurs
    assert not ImportTableur.objects.exists()
