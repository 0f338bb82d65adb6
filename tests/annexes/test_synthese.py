"""The annex `synthese`: the layout of document 000."""

import pytest

from actions.models import ActionAnnuelle
from bilans.models import Bilan
from tests import fabriques
from tests.donnees.outils import document
from tests.outils.requetes import verifier_requetes_constantes

from .outils import DOLE, annexe, corps, de_campagne, entete, lignes, propre

pytestmark = pytest.mark.django_db


def descriptif(tableau) -> str:
    """The third cell of a table of one row."""
    ((_, _, texte),) = lignes(tableau)
    return texte


# -- The real document -----------------------------------------------------------------------------
def test_les_41_actions_mot_pour_mot_dans_l_ordre_du_document(demonstration):
    tableau = annexe("synthese", *DOLE)
    assert tableau.titre == "ANNEXE NOTICE BILAN CONTRAT DE VILLE 2024"
    assert tableau.sous_titre == "TABLEAU – SYNTHÈSE DES ACTIONS"
    assert entete(tableau) == ["ACTION", "STRUCTURE", "DESCRIPTIF"]
    attendues = [
        [propre(a["action"]), propre(a["structure"]), propre(a["descriptif"])]
        for a in document("dole_2024_actions")["actions"]
    ]
    assert [[propre(cellule) for cellule in rangee] for rangee in lignes(tableau)] == attendues
    assert len(attendues) == 41
    assert len({structure for _, structure, _ in attendues}) == 16


def test_une_action_reportee_dit_son_motif(demonstration):
    par_action = {rangee[0]: rangee[2] for rangee in lignes(annexe("synthese", *DOLE))}
    assert par_action["Ensemble pour réussir"] == "Action reportée en 2025"
    assert par_action["Intervention des sapeurs-pompiers sur le QPV"] == "Action 2023 reportée en 2025"
    assert "participé, en contribuant à l'animation" in par_action["Tournoi de foot"]


def test_la_note_dit_ou_en_sont_les_bilans(demonstration):
    etats = Bilan.objects.filter(action_annuelle__campagne__contrat__slug=DOLE[0]).order_by("pk")
    valides = etats.valides().count()
    note = annexe("synthese", *DOLE).notes[0].replace("\u00a0", " ")
    assert note.startswith(f"{valides} bilans validés, ")
    assert note.endswith(", 2 dispensés sur 41 actions ; 16 structures.")


# -- What a descriptif is --------------------------------------------------------------------------
def test_le_recit_d_un_bilan_nomme_ses_parties():
    bilan = fabriques.BilanFactory(
        en_saisie=True,
        mise_en_oeuvre="Douze ateliers.\n",
        perspectives="Reconduire en 2025.",
        difficultes="Peu de place.",
    )
    texte = descriptif(de_campagne("synthese", bilan.action_annuelle.campagne))
    assert (
        texte == "Douze ateliers.\nDifficultés\u00a0: Peu de place.\nPerspectives\u00a0: Reconduire en 2025."
    )


def test_un_recit_d_une_seule_partie_se_passe_d_intitule():
    bilan = fabriques.BilanFactory(en_saisie=True, mise_en_oeuvre="", perspectives="Reconduire en 2025.")
    assert descriptif(de_campagne("synthese", bilan.action_annuelle.campagne)) == "Reconduire en 2025."


def test_sans_recit_le_motif_puis_la_description():
    campagne = fabriques.CampagneFactory()
    fabriques.ActionAnnuelleFactory(campagne=campagne, ordre=1, reportee=True, description="Prévue.")
    sans_projet = fabriques.BilanFactory(
        action_annuelle__campagne=campagne, action_annuelle__ordre=2, non_realise=True
    )
    fabriques.ActionAnnuelleFactory(campagne=campagne, ordre=3, description="Des ateliers hebdomadaires.")
    assert [rangee[2] for rangee in lignes(de_campagne("synthese", campagne))] == [
        "Action reportée à l'année suivante",
        sans_projet.motif_non_realisation,
        "Des ateliers hebdomadaires.",
    ]


# -- Which rows, in which order --------------------------------------------------------------------
def test_une_action_nouvelle_rejoint_sa_structure():
    campagne = fabriques.CampagneFactory()
    mjc, ccas = fabriques.PorteurFactory.create_batch(2, epci=campagne.contrat.epci)
    service = fabriques.PorteurFactory(epci=campagne.contrat.epci, parent=mjc, nom="MJC – antenne")
    rangs = [
        ("Radio", mjc, 1),
        ("PRE", ccas, 2),
        ("Danse", service, 3),
        ("Zumba", mjc, None),
        ("Âge d'or", mjc, None),
    ]
    for intitule, porteur, ordre in reversed(rangs):
        action = fabriques.ActionFactory(contrat=campagne.contrat, porteur=porteur, intitule=intitule)
        fabriques.ActionAnnuelleFactory(campagne=campagne, action=action, ordre=ordre)
    tableau = de_campagne("synthese", campagne)
    assert [rangee[0] for rangee in corps(tableau)] == [
        "Radio",
        "Danse",
        "Âge d'or",
        "Zumba",
        "PRE",
    ]
    assert tableau.notes[0].replace("\u00a0", " ") == "5 bilans attendus sur 5 actions ; 2 structures."


def test_une_demande_refusee_n_est_pas_au_programme_sauf_si_son_bilan_existe():
    campagne = fabriques.CampagneFactory()
    fabriques.ActionAnnuelleFactory(campagne=campagne, refusee=True)
    fabriques.ActionAnnuelleFactory(campagne=campagne, brouillon=True)
    tableau = de_campagne("synthese", campagne)
    assert corps(tableau) == [["Aucune action n'est encore au programme de 2024.", "", ""]]
    assert tableau.notes == ()
    instruite = fabriques.ActionAnnuelleFactory(campagne=campagne, statut=ActionAnnuelle.Statut.INSTRUITE)
    fabriques.BilanFactory(action_annuelle=instruite, transmis=True)
    tableau = de_campagne("synthese", campagne)
    assert [rangee[0] for rangee in corps(tableau)] == [instruite.action.intitule]
    assert tableau.notes[1].replace("\u00a0", " ") == (
        "2 actions de l'année n'ont pas été programmées et ne figurent pas dans ce tableau."
    )


def test_une_selection_tient_exactement_les_lignes_choisies_et_le_dit():
    campagne = fabriques.CampagneFactory()
    choisie = fabriques.ActionAnnuelleFactory(campagne=campagne, refusee=True)
    fabriques.ActionAnnuelleFactory.create_batch(2, campagne=campagne)
    fabriques.ActionAnnuelleFactory()
    choix = ActionAnnuelle.objects.filter(statut="refusee")
    tableau = de_campagne("synthese", campagne, actions=choix, selection="état\u00a0: Refusée")
    assert [rangee[0] for rangee in corps(tableau)] == [choisie.action.intitule]
    assert tableau.sous_titre.replace("\u00a0", " ") == (
        "TABLEAU – SYNTHÈSE DES ACTIONS – sélection : 1 action sur 3 (état : Refusée)"
    )
    assert tableau.notes[0].replace("\u00a0", " ") == "1 bilan non attendu sur 1 action ; 1 structure."


def test_le_nombre_de_requetes_ne_depend_pas_du_nombre_de_lignes():
    campagne = fabriques.CampagneFactory()

    def ajouter(nombre: int = 1) -> None:
        for _ in range(nombre):
            fabriques.BilanFactory(action_annuelle__campagne=campagne, transmis=True)

    ajouter()
    produire = lambda: lignes(de_campagne("synthese", campagne))  # noqa: E731
    avec_trois = verifier_requetes_constantes(produire, ajouter, fois=2)
    assert verifier_requetes_constantes(produire, ajouter, fois=27) == avec_trois
    assert len(produire()) == 30
