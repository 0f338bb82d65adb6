"""`controler`: what it says, in words and in JSON, and the code it returns."""

import io
import json

import pytest
from django.core.management import call_command

from bilans import operations
from bilans.controles import anomalies_bilan
from tests import fabriques
from tests.outils.pages import lisible, rien_n_est_ecrit
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db


@pytest.fixture
def campagne():
    return fabriques.CampagneFactory(contrat__slug="dole-2024-2030", contrat__nom_court="Dole")


def ajouter(campagne, **effectifs):
    annuelle = fabriques.ActionAnnuelleFactory(
        campagne=campagne, territoires=[fabriques.TerritoireFactory(contrat=campagne.contrat)]
    )
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    fabriques.effectifs(bilan, **effectifs)
    return bilan


def lancer(*arguments):
    sortie, erreurs = io.StringIO(), io.StringIO()
    code = 0
    try:
        with rien_n_est_ecrit():
            call_command("controler", *arguments, stdout=sortie, stderr=erreurs)
    except SystemExit as fin:
        code = int(fin.code or 0)
    return code, sortie.getvalue(), lisible(erreurs.getvalue())


DOLE = ("--contrat", "dole-2024-2030", "--annee", "2024")


def test_rien_a_signaler(campagne):
    assert lancer(*DOLE) == (0, "Dole 2024 : rien à signaler.\n", "")
    assert lancer(*DOLE, "--format", "json") == (0, "[]\n", "")


def test_un_point_bloquant_rend_le_code_1(campagne):
    bilan = ajouter(campagne, F=12, H=17, T=30)
    code, sortie, erreurs = lancer(*DOLE)
    assert code == 1
    assert erreurs == "1 point bloquant n'est pas justifié."
    lu = lisible(sortie)
    assert (
        "1 point bloquant : EFF-01 " + bilan.action_annuelle.action.intitule + " (bilan) 12 femmes et" in lu
    )
    assert lu.index("1 point bloquant") < lu.index("EFF-01")


def test_justifie_il_rend_le_code_0_et_le_dit(campagne):
    bilan = ajouter(campagne, F=12, H=17, T=30)
    auteur = fabriques.chargee_de_mission(campagne.contrat, prenom="Nadia", nom="Ferrand")
    (anomalie,) = (a for a in anomalies_bilan(bilan) if a.bloquante)
    operations.justifier(auteur, campagne, anomalie, "Vérifié.")
    code, sortie, erreurs = lancer(*DOLE)
    assert (code, erreurs) == (0, "")
    assert "Justifié par Nadia Ferrand le" in lisible(sortie)
    assert ": Vérifié." in lisible(sortie)


def test_en_json(campagne):
    bilan = ajouter(campagne, F=12, H=17, T=30)
    ajouter(campagne, T=30)
    code, sortie, _ = lancer(*DOLE, "--format", "json")
    assert code == 1
    constats = json.loads(sortie)
    (bloquant,) = (c for c in constats if c["gravite"] == "bloquant")
    assert constats[0] == bloquant
    assert lisible(bloquant.pop("constat")).startswith("12 femmes et 17 hommes font 29")
    assert bloquant == {
        "code": "EFF-01",
        "gravite": "bloquant",
        "objet": f"bilan:{bilan.action_annuelle.cle}",
        "sujet": f"{bilan.action_annuelle.action.intitule} (bilan)",
        "champ": "total_ensemble_F",
        "explication": "",
        "citation": "",
        "source": "",
        "valeurs": {"detail": "29", "total": "30"},
        "etat": "a_traiter",
        "justification": None,
    }
    assert "EFF-20" in {c["code"] for c in constats}


@pytest.mark.parametrize(
    ("arguments", "phrase"),
    [
        ((), "Indiquez le contrat : --contrat CONTRAT. Contrats : dole-2024-2030."),
        (("--contrat", "nulle-part"), "Le contrat « nulle-part » n'existe pas. Contrats : dole-2024-2030."),
        (("--contrat", "dole-2024-2030"), "Indiquez l'année : --annee ANNÉE. Années : 2024."),
        ((*DOLE[:3], "1999"), "Le contrat « dole-2024-2030 » n'a pas d'année « 1999 ». Années : 2024."),
        ((*DOLE, "--format", "xml"), "Le format « xml » n'existe pas. Formats : texte, json."),
    ],
)
def test_mauvais_usage(campagne, arguments, phrase):
    assert lancer(*arguments) == (2, "", phrase)


def test_autant_de_requetes_pour_une_action_que_pour_quatre(campagne):
    ajouter(campagne, F=12, H=17, T=30)
    nombre = verifier_requetes_constantes(
        lambda: lancer(*DOLE), lambda: ajouter(campagne, F=12, H=17, T=30), fois=3
    )
    assert nombre
