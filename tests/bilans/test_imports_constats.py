"""What the contrôles find in what the rows of an import would write: said beside the row, never a refusal."""

import pytest

from bilans.controles import anomalies_bilan
from bilans.imports import constats, preparation
from bilans.models import Bilan
from tests import fabriques as f
from tests.outils.imports import classeur, comptes, confirmer, deposer, lignes, lire_sur_place
from tests.outils.requetes import compter_requetes

pytestmark = pytest.mark.django_db
ENTETE = (
    "Porteur",
    "Intitulé de l'action",
    "Bilan de l'action",
    "Nombre de bénéficiaires",
    "NB de bénéficiaires QPV",
    "MAIRIE",
    "ÉTAT",
    "Total",
)
REMEDE = "Vous pourrez le corriger après l'import, page «\xa0Anomalies\xa0»."


@pytest.fixture(autouse=True)
def sur_place(monkeypatch):
    monkeypatch.setattr(preparation, "lire_tableur", lire_sur_place)


@pytest.fixture
def auteur(campagne):
    return f.chargee_de_mission(campagne.contrat)


@pytest.fixture
def cadre(campagne):
    contrat = campagne.contrat
    for nom, sigle, type_ in (("Ville", "MAIRIE", "commune"), ("État", "ÉTAT", "etat")):
        f.FinanceurFactory(contrat=contrat, nom=nom, sigle=sigle, type=type_)
    f.PorteurFactory(epci=contrat.epci, nom="Club 39")
    return campagne


def ligne_de(intitule, texte=None, total=None, qpv=None, mairie=None, etat=None, imprime=None):
    return ("Club 39", intitule, texte, total, qpv, mairie, etat, imprime)


def apercu(auteur, campagne, *rangees):
    return deposer(auteur, campagne, classeur(ENTETE, *rangees))


def dits(import_, numero=2):
    return [(dit["code"], dit["gravite"], dit["cellule"]) for dit in lignes(import_)[numero].problemes]


# -- What is said ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rangee", "attendu"),
    [
        # The people of the QPV are among the people: at the cell, as serious as it is, and the row is written.
        (ligne_de("Boxe", total=30, qpv=40), ("EFF-11", "bloquant", "E2")),
        # A sentence against the number entered.
        (ligne_de("Boxe", "35 femmes et 6 hommes ont participé.", total=48), ("EFF-03", "bloquant", "D2")),
        (ligne_de("Boxe", "Le tournoi a eu lieu le 4 janvier 2031."), ("DAT-01", "alerte", "C2")),
        (ligne_de("Femmes réfugiées du foyer"), ("COH-29", "alerte", "B2")),
        (ligne_de("Boxe", mairie=1000, etat=500, imprime=1400), ("FIN-03", "alerte", "H2")),
        (
            ligne_de("Boxe", "Action non financée par l'État.", mairie=5000, etat=500),
            ("FIN-16", "alerte", "C2"),
        ),
    ],
)
def test_une_ligne_a_creer_dit_ce_qui_ne_concorde_pas(cadre, auteur, rangee, attendu):
    import_ = apercu(auteur, cadre, rangee)
    assert comptes(import_) == {"creee": 1}
    assert attendu in dits(import_)
    (dit,) = [dit for dit in lignes(import_)[2].problemes if dit["code"] == attendu[0]]
    assert dit["remede"] == REMEDE
    assert dit["message"]
    confirmer(auteur, import_)
    assert import_.statut == "applique"


def test_une_ligne_qui_concorde_ne_dit_rien(cadre, auteur):
    texte = "35 femmes et 6 hommes ont participé à 12 séances."
    import_ = apercu(
        auteur, cadre, ligne_de("Boxe", texte, total=41, qpv=30, mairie=1000, etat=500, imprime=1500)
    )
    assert dits(import_) == []


def test_l_apercu_dit_ce_que_le_bilan_dira(cadre, auteur):
    texte = "Le tournoi a eu lieu le 4 janvier 2031. 35 femmes et 6 hommes ont participé."
    import_ = apercu(auteur, cadre, ligne_de("Boxe", texte, total=48, qpv=60))
    annonces = {dit["code"] for dit in lignes(import_)[2].problemes}
    confirmer(auteur, import_)
    trouvees = {anomalie.code for anomalie in anomalies_bilan(Bilan.objects.get())}
    assert annonces == trouvees - set(constats.ABSENCES)
    assert annonces >= {"EFF-03", "EFF-11", "DAT-01"}


# -- What is not said ------------------------------------------------------------------------------
def test_une_ligne_inchangee_ne_dit_rien_et_une_ligne_changee_que_ce_qu_elle_apporte(cadre, auteur):
    fausse = ligne_de("Boxe", "Le tournoi a eu lieu le 4 janvier 2031.", total=30, qpv=20, mairie=1000)
    confirmer(auteur, apercu(auteur, cadre, fausse))
    assert dits(apercu(auteur, cadre, fausse)) == []
    # Another amount: the date was already wrong.
    assert dits(apercu(auteur, cadre, (*fausse[:5], 1200, None, None))) == []
    # More people of the QPV than people: the grid is the one that would be.
    autre = apercu(auteur, cadre, (*fausse[:4], 40, *fausse[5:]))
    assert comptes(autre) == {"modifiee": 1}
    assert dits(autre) == [("EFF-11", "bloquant", "E2")]


def test_les_nombres_deja_la_comptent_avec_ceux_de_la_ligne(cadre, auteur):
    confirmer(auteur, apercu(auteur, cadre, ligne_de("Boxe", total=10)))
    tranche = cadre.tranches.order_by("ordre").first()
    f.EffectifFactory(bilan=Bilan.objects.get(), tranche=tranche, sexe="F", perimetre="total", valeur=9)
    autre = apercu(auteur, cadre, ligne_de("Boxe", total=8))
    assert dits(autre) == [("EFF-04", "bloquant", "D2")]


def test_ce_qui_manque_presque_partout_se_dit_une_fois(cadre, auteur):
    import_ = apercu(
        auteur, cadre, ligne_de("Boxe", total=10), ligne_de("Danse", total=12), ligne_de("Jardin")
    )
    assert all(ligne.problemes == [] for ligne in lignes(import_).values())
    assert import_.avertissements == [
        "3\xa0lignes ne disent pas le territoire. Vous pourrez compléter après l'import, page «\xa0Anomalies\xa0».",
        "2\xa0lignes comptent des personnes sans dire combien de femmes et d'hommes. Vous pourrez compléter après "
        "l'import, page «\xa0Anomalies\xa0».",
    ]


def test_une_reponse_ne_repete_pas_ce_qui_est_dit(cadre, auteur):
    import_ = apercu(auteur, cadre, ("Autre club", *ligne_de("Boxe", total=30, qpv=40)[1:]))
    avant = dits(import_)
    assert ("EFF-11", "bloquant", "E2") in avant
    preparation.decider(auteur, import_, lignes(import_)[2], reponses={"porteur:autre club": "nouveau"})
    assert comptes(import_) == {"creee": 1}
    assert dits(import_) == avant


# -- What it takes ---------------------------------------------------------------------------------
def test_au_dela_d_un_nombre_les_recits_ne_sont_pas_relus_et_c_est_dit(cadre, auteur, monkeypatch):
    monkeypatch.setattr(constats, "RECITS_MAX", 1)
    fausse = "Le tournoi a eu lieu le 4 janvier 2031."
    import_ = apercu(auteur, cadre, ligne_de("Boxe", fausse, total=30, qpv=40), ligne_de("Danse", fausse))
    assert dits(import_) == [("EFF-11", "bloquant", "E2")]
    assert import_.avertissements[-1].startswith(
        "2\xa0lignes ont des textes nouveaux\xa0: ils ne sont pas relus"
    )


def test_le_nombre_de_requetes_ne_depend_pas_des_lignes(cadre, auteur):
    def compter(combien):
        rangees = [
            ligne_de(f"Action {i}", "35 femmes et 6 hommes.", total=48, qpv=60) for i in range(combien)
        ]
        with compter_requetes() as requetes:
            import_ = apercu(auteur, cadre, *rangees)
        assert len(dits(import_)) == 2
        return len(requetes)

    assert compter(2) == compter(40)
