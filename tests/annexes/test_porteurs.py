"""The annex `porteurs`: the layout of document 002."""

from decimal import Decimal

import pytest

from actions.models import ActionAnnuelle
from financements.models import Financeur
from tests import fabriques
from tests.donnees.outils import document
from tests.outils.requetes import verifier_requetes_constantes

from .outils import BAGNOLS, DOLE, annexe, corps, de_campagne, entete, euros, lignes, propre, rangee

pytestmark = pytest.mark.django_db

FINANCEURS = ("mairie_bagnols", "agglo", "pse", "etat", "departement", "region")
# The document names UFOLEP twice: its porteur has one name, the other is its alias.
NOMS = {"UFOLEP QE": "UFOLEP"}


# -- The real document -----------------------------------------------------------------------------
def test_les_46_lignes_mot_pour_mot(demonstration):
    lues = lignes(annexe("porteurs", *BAGNOLS))
    attendues = document("bagnols_2023")["lignes"]
    assert len(lues) == len(attendues) == 46
    for lue, attendue in zip(lues, attendues, strict=True):
        textes = [propre(cellule.removeprefix("'")) for cellule in (*lue[:5], *lue[6:8])]
        assert textes == [
            NOMS.get(attendue["porteur"], propre(attendue["porteur"])),
            propre(attendue["intitule"]),
            propre(attendue["axe_prioritaire"]),
            propre(attendue["thematique"]),
            propre(attendue["bilan"]),
            propre(attendue["type_public"]),
            propre(attendue["moyens"]),
        ]
        beneficiaires = attendue["nb_beneficiaires_qpv"]
        assert lue[5] == ("" if beneficiaires is None else str(beneficiaires))
        assert [euros(cellule) for cellule in lue[8:14]] == [attendue[nom] for nom in FINANCEURS]
        assert (euros(lue[14]) or 0) == attendue["total_calcule"]
        assert euros(lue[15]) == attendue["caf"]


def test_les_colonnes_et_le_titre_du_document(demonstration):
    tableau = annexe("porteurs", *BAGNOLS)
    assert entete(tableau) == [
        "Porteur de projet",
        "Intitulé de l'action",
        "Axe prioritaire",
        "Thématique",
        "Bilan d'action et perspectives",
        "Nombre de bénéficiaires QPV",
        "Type de public bénéficiaire",
        "Moyens humains et matériels",
        "MAIRIE BAGNOLS",
        *[f"Autres financeurs – {sigle}" for sigle in ("AGGLO", "PSE", "ETAT", "Département", "Région")],
        "TOTAL PDV",
        "Hors total – CAF",
    ]
    assert tableau.titre == (
        "BILAN DES ACTIONS DU CONTRAT DE VILLE 2023 PAR PORTEUR – QPV DE BAGNOLS-SUR-CÈZE"
    )
    assert tableau.sous_titre_complet.replace("\u00a0", " ") == (
        "46 actions, 20 structures, montants accordés · Montants en euros"
    )
    assert (tableau.format_page, tableau.paysage) == ("A3", True)
    assert annexe("porteurs", *BAGNOLS, papier="A4").format_page == "A4"


def test_les_totaux_et_les_parts(demonstration):
    tableau = annexe("porteurs", *BAGNOLS)
    assert rangee(tableau, "Total général")[8:] == [
        *("321439", "26000", "2500", "238800", "60300", "18000", "667039", "43346")
    ]
    assert rangee(tableau, "Sous-total Ville de Bagnols-sur-Cèze")[14] == "413867"
    parts = rangee(tableau, "Part")
    assert parts[5:8] + parts[14:] == ["", "", "", "", ""]
    assert sum(euros(part.removesuffix("%")) for part in parts[8:14]) == 100


def test_chaque_structure_a_son_sous_total(demonstration):
    sous_totaux = {r[0]: r[14] for r in corps(annexe("porteurs", *BAGNOLS)) if r[0].startswith("Sous-total")}
    assert len(sous_totaux) == 20
    calcules = {
        sous_total["porteur"]: sous_total["calcule"]
        for sous_total in document("bagnols_2023")["controles"]["sous_totaux_porteur"]
        if f"Sous-total {sous_total['porteur']}" in sous_totaux
    }
    assert len(calcules) > 10
    assert calcules == {nom: float(sous_totaux[f"Sous-total {nom}"]) for nom in calcules}


def test_les_notes_disent_ce_qui_reste_a_regler(demonstration):
    notes = " ".join(annexe("porteurs", *BAGNOLS).notes).replace("\u00a0", " ").replace("\u202f", " ")
    assert (
        "8 lignes dont la répartition entre financeurs reste à confirmer : « Actions parents/enfants »"
        in notes
    )
    assert "MAIRIE BAGNOLS 324 489 €, calculé 321 439 €" in notes
    assert "TOTAL PDV 687 489 €, calculé 667 039 €." in notes
    assert "PSE 2 500" not in notes
    assert "CAF 43 346" not in notes
    assert "sans CAF." in notes
    assert "une même personne peut participer à plusieurs actions" in notes


def test_les_totaux_imprimes_ne_parlent_que_du_programme_entier(demonstration):
    choix = ActionAnnuelle.objects.filter(campagne__contrat__slug=BAGNOLS[0], ordre__lte=3)
    for tableau in (
        annexe("porteurs", *BAGNOLS, actions=choix, selection="les trois premières"),
        annexe("porteurs", *BAGNOLS, montant="demande"),
    ):
        assert not any("Total imprimé" in note for note in tableau.notes)


def test_sans_financement_les_colonnes_s_en_vont_et_la_note_le_dit(demonstration):
    tableau = annexe("porteurs", *DOLE)
    assert len(entete(tableau)) == 8
    assert len(lignes(tableau)) == 41
    assert not any(r[0].startswith(("Sous-total", "Total", "Part")) for r in corps(tableau))
    assert any(note.startswith("Aucun financement n'est saisi pour 2024") for note in tableau.notes)
    assert tableau.a_des_montants is False


# -- Money -----------------------------------------------------------------------------------------
@pytest.fixture
def campagne():
    return fabriques.CampagneFactory()


def financeur(campagne, sigle: str, **champs) -> Financeur:
    return fabriques.FinanceurFactory(contrat=campagne.contrat, sigle=sigle, nom=sigle, **champs)


def financer(campagne, payeur: Financeur, **champs):
    action = fabriques.ActionAnnuelleFactory(campagne=campagne)
    return fabriques.LigneFinancementFactory(action_annuelle=action, financeur=payeur, **champs)


def test_les_colonnes_d_un_groupe_sont_voisines_quel_que_soit_leur_rang(campagne):
    groupes = [("A", "État"), ("B", ""), ("C", "État"), ("D", "Hors total"), ("E", "")]
    for rang, (sigle, groupe) in enumerate(groupes):
        payeur = financeur(campagne, sigle, groupe=groupe, ordre=rang, dans_total=sigle != "E")
    financer(campagne, payeur)
    assert entete(de_campagne("porteurs", campagne))[8:] == [
        *("État – A", "État – C", "B", "D", "TOTAL PDV", "Hors total – E")
    ]


def test_plusieurs_natures_de_credit_s_additionnent_et_le_vide_n_est_pas_zero(campagne):
    ville, etat = financeur(campagne, "VILLE", ordre=1), financeur(campagne, "ÉTAT", ordre=2)
    ligne = financer(campagne, ville, montant_accorde=Decimal("1000.50"), nature_credit="specifique")
    fabriques.LigneFinancementFactory(
        action_annuelle=ligne.action_annuelle,
        financeur=ville,
        montant_accorde=500,
        nature_credit="droit_commun",
    )
    financer(campagne, etat, montant_accorde=0)
    financer(campagne, etat, montant_accorde=None, montant_demande=9000)
    assert [r[8:] for r in lignes(de_campagne("porteurs", campagne))] == [
        ["1500,50", "", "1500,50"],
        ["", "0", "0"],
        ["", "", ""],
    ]


@pytest.mark.parametrize(
    ("etat", "mot"),
    [("demande", "demandés"), ("propose", "proposés"), ("accorde", "accordés"), ("notifie", "notifiés")],
)
def test_chaque_etat_des_montants(campagne, etat, mot):
    montants = {"demande": 4000, "propose": 3000, "accorde": 2000, "notifie": 1000}
    financer(campagne, financeur(campagne, "VILLE"), **{f"montant_{nom}": n for nom, n in montants.items()})
    tableau = de_campagne("porteurs", campagne, montant=etat)
    assert rangee(tableau, "Total général")[8:] == [str(montants[etat])] * 2
    assert tableau.sous_titre.replace("\u00a0", " ") == f"1 action, 1 structure, montants {mot}"


def test_un_seul_financeur_hors_total_ne_fait_pas_de_total(campagne):
    financer(campagne, financeur(campagne, "CAF", dans_total=False))
    tableau = de_campagne("porteurs", campagne)
    assert entete(tableau)[8:] == ["CAF"]
    assert rangee(tableau, "Total général")[8:] == ["1500"]
    assert not [r for r in corps(tableau) if r[0] == "Part"]


def test_beaucoup_de_qpv_le_titre_nomme_le_contrat(campagne):
    contrat = campagne.contrat
    for rang in range(2):
        fabriques.TerritoireFactory(
            contrat=contrat, type="qpv", nom=f"QPV des Tilleuls {rang}", generation=None
        )
    assert de_campagne("porteurs", campagne).titre.endswith("– QPV DES TILLEULS 0, DES TILLEULS 1")
    for rang in range(2, 5):
        fabriques.TerritoireFactory(contrat=contrat, type="qpv", nom=f"Bruyères {rang}", generation=None)
    assert de_campagne("porteurs", campagne).titre.endswith(f"– {contrat.nom_court.upper()}")


# -- What the other columns say --------------------------------------------------------------------
def bilan(campagne, **champs):
    return fabriques.BilanFactory(action_annuelle__campagne=campagne, transmis=True, **champs)


def test_les_moyens_disent_les_personnes_puis_les_mots_sans_se_repeter(campagne):
    bilan(campagne, salaries=3, benevoles=1, intervenants=0, moyens="Salle prêtée par la Ville.")
    bilan(campagne, salaries=14, moyens="14 salariés, 10 intervenants")
    assert [r[7].replace("\u00a0", " ") for r in lignes(de_campagne("porteurs", campagne))] == [
        "3 salariés, 1 bénévole, 0 intervenant extérieur\nSalle prêtée par la Ville.",
        "14 salariés, 10 intervenants",
    ]


def test_un_axe_de_premier_niveau_laisse_le_second_vide(campagne):
    enjeu, axe, _ = fabriques.arbre_d_axes(campagne.contrat, enjeux=1)
    sous_axe = fabriques.AxeFactory(parent=axe, code="1.1.1", libelle="Jardins")
    for place in (enjeu, axe, sous_axe, None):
        fabriques.ActionAnnuelleFactory(campagne=campagne, axe=place)
    assert [r[2:4] for r in lignes(de_campagne("porteurs", campagne))] == [
        ["Enjeu 1", ""],
        ["Enjeu 1", "Axe 1.1"],
        ["Enjeu 1", "Axe 1.1 / Jardins"],
        ["", ""],
    ]


def test_un_nombre_estime_est_nomme_et_une_fourchette_n_est_pas_un_nombre(campagne):
    estime, fourchette = bilan(campagne), bilan(campagne)
    fabriques.EffectifFactory(bilan=estime, perimetre="qpv", valeur=20, approximatif=True)
    fabriques.EffectifFactory(
        bilan=fourchette, perimetre="qpv", valeur=None, valeur_min=20, valeur_max=120, approximatif=True
    )
    tableau = de_campagne("porteurs", campagne)
    assert [r[5] for r in lignes(tableau)] == ["20", ""]
    (note,) = (note for note in tableau.notes if "estimé" in note)
    assert estime.action_annuelle.action.intitule in note
    assert fourchette.action_annuelle.action.intitule not in note


def test_sans_bilan_la_colonne_du_bilan_reste_vide_ou_dit_le_motif(campagne):
    fabriques.ActionAnnuelleFactory(campagne=campagne, description="Prévue.")
    fabriques.ActionAnnuelleFactory(campagne=campagne, reportee=True)
    assert [r[4] for r in lignes(de_campagne("porteurs", campagne))] == [
        "",
        "Action reportée à l'année suivante",
    ]


# -- Queries ---------------------------------------------------------------------------------------
def test_le_nombre_de_requetes_ne_depend_pas_du_nombre_de_lignes(campagne):
    ville = financeur(campagne, "VILLE")

    def ajouter() -> None:
        b = bilan(campagne, action_annuelle__avec_axe=True)
        fabriques.effectifs(b, "qpv", F=3, H=4)
        fabriques.LigneFinancementFactory(action_annuelle=b.action_annuelle, financeur=ville)

    ajouter()
    produire = lambda: lignes(de_campagne("porteurs", campagne))  # noqa: E731
    avec_trois = verifier_requetes_constantes(produire, ajouter, fois=2)
    assert verifier_requetes_constantes(produire, ajouter, fois=27) == avec_trois
    assert len(produire()) == 30
    assert {r[5] for r in produire()} == {"7"}
