"""Which action a row is, when it is not plain: renamed, written twice, of another year; and those that no row is."""

import pytest

from actions.models import Action, ActionAnnuelle
from bilans.imports import application, preparation
from bilans.models import Bilan
from financements.models import LigneFinancement, TotalControle
from tests import fabriques as f
from tests.outils.imports import classeur, comptes, confirmer, deposer, lignes, lire_sur_place

pytestmark = pytest.mark.django_db
ENTETE = ("Porteur", "Intitulé de l'action", "MAIRIE", "Nombre de participants")


@pytest.fixture(autouse=True)
def sur_place(monkeypatch):
    monkeypatch.setattr(preparation, "lire_tableur", lire_sur_place)


@pytest.fixture
def auteur(campagne):
    return f.chargee_de_mission(campagne.contrat)


@pytest.fixture
def mpt(campagne):
    f.FinanceurFactory(contrat=campagne.contrat, nom="Ville", sigle="MAIRIE", type="commune")
    return f.PorteurFactory(epci=campagne.contrat.epci, nom="Maison pour tous")


def action(campagne, porteur, intitule):
    une = f.ActionFactory(contrat=campagne.contrat, porteur=porteur, intitule=intitule)
    return f.ActionAnnuelleFactory(campagne=campagne, action=une)


# -- Renamed ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sens", "titres"),
    [
        ("meme", {"Spectacles en famille"}),
        ("renommer", {"Spectacle en familles"}),
        ("nouvelle", {"Spectacles en famille", "Spectacle en familles"}),
    ],
)
def test_une_action_qui_ressemble_est_demandee_jamais_fondue(campagne, auteur, mpt, sens, titres):
    annuelle = action(campagne, mpt, "Spectacles en famille")
    import_ = deposer(
        auteur, campagne, classeur(ENTETE[:3], ("Maison pour tous", "Spectacle en familles", 100))
    )
    ligne = lignes(import_)[2]
    assert ligne.categorie == "a_decider"
    (question,) = ligne.questions
    assert question["phrase"] == (
        "«\xa0Spectacle en familles\xa0» ressemble à «\xa0Spectacles en famille\xa0» (même porteur)\xa0: "
        "est-ce la même action\xa0?"
    )
    assert [choix["valeur"].partition(":")[0] for choix in question["choix"]] == [
        "meme",
        "renommer",
        "nouvelle",
    ]
    assert [phrase for phrase in import_.avertissements if "n'y" in phrase] == []
    reponse = sens if sens == "nouvelle" else f"{sens}:{annuelle.cle}"
    preparation.decider(auteur, import_, ligne, reponses={question["cle"]: reponse})
    confirmer(auteur, import_)
    assert set(Action.objects.values_list("intitule", flat=True)) == titres
    assert LigneFinancement.objects.filter(action_annuelle=annuelle).count() == (
        0 if sens == "nouvelle" else 1
    )


def test_une_action_qui_est_elle_meme_dans_le_fichier_n_est_pas_proposee(campagne, auteur, mpt):
    action(campagne, mpt, "Spectacles en famille")
    rangees = (
        ("Maison pour tous", "Spectacle en familles", 1),
        ("Maison pour tous", "Spectacles en famille", 2),
    )
    assert comptes(deposer(auteur, campagne, classeur(ENTETE[:3], *rangees))) == {"creee": 1, "modifiee": 1}


def test_deux_lignes_ne_sont_pas_la_meme_action(campagne, auteur, mpt):
    annuelle = action(campagne, mpt, "Spectacles en famille")
    rangees = (
        ("Maison pour tous", "Spectacle en familles", 1),
        ("Maison pour tous", "Spectacles en familles", 2),
    )
    import_ = deposer(auteur, campagne, classeur(ENTETE[:3], *rangees))
    for numero in (2, 3):
        ligne = lignes(import_)[numero]
        cle = ligne.questions[0]["cle"]
        ligne = preparation.decider(auteur, import_, ligne, reponses={cle: f"meme:{annuelle.cle}"})
    assert comptes(import_) == {"modifiee": 1, "refusee": 1}
    (probleme,) = [p for p in ligne.problemes if p["gravite"] == "bloquant"]
    assert probleme["message"] == "«\xa0Spectacles en famille\xa0» est déjà une autre ligne du tableau."


def test_les_actions_que_le_fichier_n_a_pas_sont_dites(campagne, auteur, mpt):
    autre = f.PorteurFactory(epci=campagne.contrat.epci, nom="Régie des quartiers")
    for titre in ("Jardin", "Fête", "Bal", "Forum", "Marche"):
        action(campagne, mpt, titre)
    action(campagne, autre, "Chantiers")
    import_ = deposer(auteur, campagne, classeur(ENTETE[:3], ("Maison pour tous", "Jardin", 1)))
    assert import_.phrases == [
        "4\xa0actions de l'année, des porteurs de ce tableau, n'y sont pas\xa0: «\xa0Fête\xa0», «\xa0Bal\xa0», "
        "«\xa0Forum\xa0» et une autre. L'import n'y touche pas."
    ]


# -- Written twice ---------------------------------------------------------------------------------
def test_deux_lignes_de_la_meme_action_demandent_laquelle_garder(campagne, auteur, mpt):
    rangees = (
        ("Maison pour tous", "Repas partagé", 2000, 20),
        ("Maison pour tous", "Repas partagé", 500, None),
    )
    import_ = deposer(auteur, campagne, classeur(ENTETE, *rangees))
    assert comptes(import_) == {"a_decider": 2}
    phrase = "Les lignes 2 et 3 portent la même action, «\xa0Repas partagé\xa0»."
    for ligne in lignes(import_).values():
        (question,) = ligne.questions
        assert question["phrase"] == f"{phrase} Laquelle garder\xa0?"
        assert [choix["libelle"] for choix in question["choix"]] == [
            "Garder la ligne 2 (2\u202f000\xa0€)",
            "Garder la ligne 3 (500\xa0€)",
            "Les laisser toutes de côté",
        ]
        assert [p["message"] for p in ligne.problemes if p["code"] == "COH-13"] == [phrase]
    preparation.decider(auteur, import_, ligne, reponses={question["cle"]: "garder:3"})
    assert {n: la.categorie for n, la in lignes(import_).items()} == {2: "ignoree", 3: "creee"}
    confirmer(auteur, import_)
    (annuelle,) = ActionAnnuelle.objects.filter(campagne=campagne)
    (ligne,) = LigneFinancement.objects.filter(action_annuelle=annuelle)
    assert ligne.montant_accorde == 500


# -- Of another year -------------------------------------------------------------------------------
TITRE_2024 = ("Bilan de la programmation 2024",)


def d_une_autre_annee(auteur, campagne):
    """Return the import of a table of the year before, whose row says what a bilan says."""
    campagne.annee = 2025
    campagne.save()
    rangees = (("Maison pour tous", "Jardin", 100, 12), ("TOTAL", None, 100, 12))
    return deposer(auteur, campagne, classeur(TITRE_2024, (), ENTETE, *rangees))


@pytest.mark.parametrize(
    ("reponse", "ecrites", "personnes"), [("tout", 1, [12]), ("actions", 1, []), ("arreter", 0, [])]
)
def test_un_tableau_d_une_autre_annee_demande_d_abord(campagne, auteur, mpt, reponse, ecrites, personnes):
    import_ = d_une_autre_annee(auteur, campagne)
    ligne = next(la for la in lignes(import_).values() if la.nature == "action")
    assert ligne.categorie == "a_decider"
    assert ligne.questions[0]["phrase"] == "Ce tableau dit 2024, vous êtes en 2025. Que reprendre\xa0?"
    assert application.obstacles(import_) == [
        "Il reste 1\xa0question sans réponse\xa0: répondez, ou laissez de côté les lignes qui les posent."
    ]
    preparation.decider(auteur, import_, ligne, reponses={"annee:2024": reponse})
    confirmer(auteur, import_)
    assert ActionAnnuelle.objects.filter(campagne=campagne).count() == ecrites
    effectifs = Bilan.objects.filter(action_annuelle__campagne=campagne)
    assert [n for b in effectifs for n in b.effectifs.values_list("valeur", flat=True)] == personnes
    gardes = set(TotalControle.objects.values_list("nature", flat=True))
    assert gardes == ({"montant"} if ecrites else set()) | ({"effectif"} if personnes else set())
