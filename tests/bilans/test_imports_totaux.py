"""The totals that a table prints: compared with the rows that they cover, kept when they have a name in Pilotis."""

import pytest

from bilans.imports import preparation
from financements.models import TotalControle
from tests import fabriques as f
from tests.outils.imports import classeur, confirmer, deposer, lignes, lire_sur_place

pytestmark = pytest.mark.django_db
ENTETE = ("Porteur", "Intitulé de l'action", "MAIRIE", "ÉTAT", "Total", "Nombre de participants")
COMPARE_ICI = "comparé ici, non gardé."


@pytest.fixture(autouse=True)
def sur_place(monkeypatch):
    monkeypatch.setattr(preparation, "lire_tableur", lire_sur_place)


@pytest.fixture
def auteur(campagne):
    return f.chargee_de_mission(campagne.contrat)


@pytest.fixture
def cadre(campagne):
    """Two funders and three porteurs."""
    contrat = campagne.contrat
    for nom, sigle, type_ in (("Ville", "MAIRIE", "commune"), ("État", "ÉTAT", "etat")):
        f.FinanceurFactory(contrat=contrat, nom=nom, sigle=sigle, type=type_)
    for nom in ("Maison pour tous", "Olympe de Gouges", "Mission locale"):
        f.PorteurFactory(epci=contrat.epci, nom=nom)
    return campagne


PAR_BLOC = (
    ("Maison pour tous", "Jardin", 100, 200, 300, 10),
    ("Olympe de Gouges", "Fête", 10, 20, 30, 20),
    ("Sous-total du premier bloc", None, 110, 220, 330, 30),
    ("Maison pour tous", "Forum", 1, 2, 3, 5),
    ("Mission locale", "Mobilité", 4, 5, 9, 6),
    ("Sous-total du second bloc", None, 5, 7, 12, 11),
    ("TOTAL", None, 115, 227, 342, 41),
)


def gardes(campagne):
    """Return the totals kept, those of a row left aside."""
    gardes = TotalControle.objects.filter(campagne=campagne, action_annuelle=None).order_by("ordre")
    return [(t.libelle, t.porteur and t.porteur.nom, t.axe and t.axe.libelle, t.valeur) for t in gardes]


def test_un_sous_total_que_rien_ne_nomme_est_compare_a_ses_lignes_et_n_est_pas_garde(cadre, auteur):
    import_ = deposer(auteur, cadre, classeur(ENTETE, *PAR_BLOC))
    sous_totaux = [total for total in import_.totaux if total["libelle"].startswith("Sous-total")]
    assert len(sous_totaux) == 8
    assert [total["ecart"] for total in sous_totaux] == [""] * 8
    assert [total["explication"] for total in sous_totaux] == [
        *[f"Il porte sur les lignes 2 à 3\xa0: {COMPARE_ICI}"] * 4,
        *[f"Il porte sur les lignes 5 à 6\xa0: {COMPARE_ICI}"] * 4,
    ]
    confirmer(auteur, import_)
    assert gardes(cadre) == [
        ("Total MAIRIE", None, None, 115),
        ("Total ÉTAT", None, None, 227),
        ("Total", None, None, 342),
        ("Total Nombre de participants", None, None, 41),
    ]


def test_un_sous_total_d_un_seul_porteur_est_garde_s_il_a_toutes_ses_lignes(cadre, auteur):
    rangees = (
        ("Maison pour tous", "Jardin", 100, 200, 300, 10),
        ("Sous-total", None, 100, 200, 300, 10),
        ("Olympe de Gouges", "Fête", 10, 20, 30, 20),
        ("Sous-total", None, 10, 20, 30, 20),
        ("Olympe de Gouges", "Bal", 1, 2, 3, 4),
    )
    import_ = deposer(auteur, cadre, classeur(ENTETE, *rangees))
    confirmer(auteur, import_)
    assert {(porteur, axe) for _, porteur, axe, _ in gardes(cadre)} == {("Maison pour tous", None)}


def test_un_sous_total_par_axe_est_garde_avec_son_axe(cadre, auteur):
    for nom in ("Cohésion sociale", "Emploi"):
        f.AxeFactory(contrat=cadre.contrat, libelle=nom)
    rangees = [
        (axe, *PAR_BLOC[rang]) for rang, axe in enumerate(("Cohésion sociale", "Cohésion sociale", None))
    ]
    rangees += [(axe, *PAR_BLOC[rang]) for rang, axe in enumerate(("Emploi", "Emploi", None, None), 3)]
    import_ = deposer(auteur, cadre, classeur(("Axe", *ENTETE), *rangees))
    confirmer(auteur, import_)
    assert [(axe, valeur) for _, _, axe, valeur in gardes(cadre)] == [
        *[("Cohésion sociale", valeur) for valeur in (110, 220, 330, 30)],
        *[("Emploi", valeur) for valeur in (5, 7, 12, 11)],
        *[(None, valeur) for valeur in (115, 227, 342, 41)],
    ]


def test_un_total_d_une_partie_du_public_n_est_pas_garde(cadre, auteur):
    entete = ("Porteur", "Intitulé de l'action", "Nombre de participants", "Dont femmes")
    rangees = (
        ("Maison pour tous", "Jardin", 10, 6),
        ("Olympe de Gouges", "Fête", 20, 9),
        ("TOTAL", None, 30, 15),
    )
    import_ = deposer(auteur, cadre, classeur(entete, *rangees))
    assert [total["imprime"] for total in import_.totaux] == ["30", "15"]
    confirmer(auteur, import_)
    assert [valeur for *_, valeur in gardes(cadre)] == [30]


# -- After an answer -------------------------------------------------------------------------------
def calcules(import_):
    import_.refresh_from_db()
    return {total["libelle"]: (total["calcule"], total["ecart"]) for total in import_.totaux}


def test_un_montant_choisi_change_les_totaux_compares(cadre, auteur):
    rangees = (
        ("Maison pour tous", "Jardin", "1.500", None, None),
        ("Olympe de Gouges", "Fête", 20, None, None),
        ("TOTAL", None, 1520, None, None),
    )
    import_ = deposer(auteur, cadre, classeur(ENTETE[:5], *rangees))
    assert calcules(import_)["Total MAIRIE"] == ("20\xa0€", "1\u202f500\xa0€")
    ligne = lignes(import_)[2]
    (question,) = ligne.questions
    cle = question["cle"]
    (reponse,) = [choix["valeur"] for choix in question["choix"] if choix["libelle"] == "1\u202f500\xa0€"]
    preparation.decider(auteur, import_, ligne, reponses={cle: reponse})
    assert calcules(import_)["Total MAIRIE"] == ("1\u202f520\xa0€", "")
    preparation.decider(auteur, import_, ligne, reponses={cle: ""})
    assert calcules(import_)["Total MAIRIE"] == ("20\xa0€", "1\u202f500\xa0€")


def test_un_porteur_reconnu_par_une_reponse_a_son_sous_total(cadre, auteur):
    rangees = (
        ("Vélo 39", "Jardin", 100, None, 100),
        ("Sous-total", None, 100, None, 100),
        ("Olympe de Gouges", "Fête", 10, None, 10),
    )
    import_ = deposer(auteur, cadre, classeur(ENTETE[:5], *rangees))
    ligne = lignes(import_)[2]
    preparation.decider(auteur, import_, ligne, reponses={ligne.questions[0]["cle"]: "nouveau"})
    assert calcules(import_)["Sous-total"] == ("100\xa0€", "")
    confirmer(auteur, import_)
    assert {porteur for _, porteur, _, _ in gardes(cadre)} == {"Vélo 39"}


# -- A row ---------------------------------------------------------------------------------------
def test_un_total_de_ligne_qui_n_est_pas_la_somme_est_dit_dans_l_apercu(cadre, auteur):
    import_ = deposer(auteur, cadre, classeur(ENTETE[:5], ("Maison pour tous", "Jardin", 100, 200, 350)))
    dits = [(p["gravite"], p["code"]) for p in lignes(import_)[2].problemes]
    assert dits == [("alerte", "FIN-03")]
    (message,) = [p["message"] for p in lignes(import_)[2].problemes]
    assert message.startswith(
        "Total imprimé de la ligne\xa0: 350\xa0€. Ses financeurs font 300\xa0€\xa0: 50\xa0€ d'écart."
    )
