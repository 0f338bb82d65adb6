"""The annex « financements »: the programming, in one state or in all, as far as its reader sees it."""

from decimal import Decimal

import pytest

from actions.models import ActionAnnuelle
from financements.models import Financeur, LigneFinancement, MontantConvention, Versement
from tests import fabriques
from tests.donnees.outils import document
from tests.outils.requetes import verifier_requetes_constantes

from .outils import BAGNOLS, annexe, corps, de_campagne, entete, euros, lignes, rangee

pytestmark = pytest.mark.django_db

DECRITES = ("Porteur", "Intitulé de l'action", "Axe", "État")
COLONNES = ("mairie_bagnols", "agglo", "pse", "etat", "departement", "region")


# -- The real document -----------------------------------------------------------------------------
def test_les_montants_de_bagnols_ligne_a_ligne_et_en_total(demonstration):
    tableau = annexe("financements", *BAGNOLS)
    lues = lignes(tableau)
    attendues = document("bagnols_2023")["lignes"]
    assert len(lues) == len(attendues) == 46
    for lue, attendue in zip(lues, attendues, strict=True):
        assert [euros(cellule) for cellule in lue[4:10]] == [attendue[nom] for nom in COLONNES]
        assert (euros(lue[10]) or 0) == attendue["total_calcule"]
        assert euros(lue[11]) == attendue["caf"]
    totaux = [euros(cellule) for cellule in rangee(tableau, "Total général")[4:]]
    assert totaux == [Decimal(n) for n in (321439, 26000, 2500, 238800, 60300, 18000, 667039, 43346)]


@pytest.mark.parametrize("groupes", ["structure", "axe", "dispositif"])
@pytest.mark.parametrize("format", ["xlsx", "docx", "html"])
def test_le_total_est_le_meme_dans_tous_les_formats_et_tous_les_ordres(demonstration, groupes, format):
    lues = corps(annexe("financements", *BAGNOLS, groupes=groupes), format)
    (total,) = [lue for lue in lues if lue[0] == "Total général"]
    assert "667039.00" in total


def test_un_financeur_lit_sa_colonne_sans_total(demonstration):
    etat = Financeur.objects.get(contrat__slug=BAGNOLS[0], sigle="ETAT")
    tableau = annexe("financements", *BAGNOLS, fabriques.representant_du_financeur(etat))
    assert entete(tableau)[4:] == ["ETAT"]
    assert rangee(tableau, "Total général")[4:] == ["238800"]


# -- States ----------------------------------------------------------------------------------------
@pytest.fixture
def campagne(db):
    """Give a year with an action, a funder of the total and one beside it, amounts in several states."""
    campagne = fabriques.CampagneFactory()
    ville = fabriques.FinanceurFactory(contrat=campagne.contrat, sigle="VILLE", ordre=1)
    caf = fabriques.FinanceurFactory(contrat=campagne.contrat, hors_total=True, ordre=2)
    annuelle = fabriques.ActionAnnuelleFactory(
        campagne=campagne, type=ActionAnnuelle.Type.RECONDUCTION, statut=ActionAnnuelle.Statut.PROPOSEE
    )
    montants = {"montant_demande": Decimal(900), "montant_propose": Decimal(800), "montant_accorde": None}
    ligne = fabriques.LigneFinancementFactory(action_annuelle=annuelle, financeur=ville, **montants)
    fabriques.LigneFinancementFactory(
        action_annuelle=annuelle, financeur=ville, nature_credit="droit_commun", montant_accorde=Decimal(50)
    )
    fabriques.LigneFinancementFactory(action_annuelle=annuelle, financeur=caf, montant_accorde=Decimal(70))
    fabriques.VersementFactory(ligne=ligne, verse=True, montant_verse=Decimal(300))
    return campagne


@pytest.mark.parametrize(
    ("montant", "attendu"),
    [
        ("demande", ["900", "900", ""]),
        ("propose", ["800", "800", ""]),
        ("accorde", ["50", "50", "70"]),
        ("verse", ["300", "300", ""]),
    ],
)
def test_un_etat_a_la_fois(campagne, montant, attendu):
    tableau = de_campagne("financements", campagne, montant=montant)
    (lue,) = lignes(tableau)
    assert lue[3:] == ["Reconduction", "Proposée", *attendu]


def test_tous_les_etats_qui_ont_un_montant_cote_a_cote(campagne):
    tableau = de_campagne("financements", campagne, montant="tous")
    etats = ("Demandé", "Proposé", "Accordé", "Versé")
    assert entete(tableau)[5:] == [
        *(f"VILLE – {etat}" for etat in etats),
        *(f"TOTAL PDV – {etat}" for etat in etats),
        *(f"CAF (hors total) – {etat}" for etat in etats),
    ]
    (lue,) = lignes(tableau)
    assert lue[5:9] == lue[9:13] == ["900", "800", "50", "300"]


def test_un_seul_etat_connu_se_nomme(campagne):
    LigneFinancement.objects.update(montant_demande=None, montant_propose=None, montant_notifie=None)
    Versement.objects.all().delete()
    tableau = de_campagne("financements", campagne, montant="tous")
    assert tableau.sous_titre == "1\u00a0action, montants accordés, les seuls connus"


def test_la_colonne_type_n_est_la_que_si_une_action_le_dit(campagne):
    assert entete(de_campagne("financements", campagne))[:5] == [*DECRITES[:3], "Type", DECRITES[3]]
    ActionAnnuelle.objects.update(type="")
    assert entete(de_campagne("financements", campagne))[:4] == list(DECRITES)


def test_une_annee_sans_montant_se_dit(db):
    campagne = fabriques.CampagneFactory()
    fabriques.ActionAnnuelleFactory(campagne=campagne, refusee=True)
    tableau = de_campagne("financements", campagne)
    assert len(lignes(tableau)) == 1
    assert "aucun montant" in tableau.sous_titre


def test_autant_de_requetes_quel_que_soit_le_nombre_d_actions(campagne):
    def ajouter():
        annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne)
        fabriques.LigneFinancementFactory(
            action_annuelle=annuelle, financeur=campagne.contrat.financeurs.first()
        )

    ajouter()
    verifier_requetes_constantes(lambda: corps(de_campagne("financements", campagne)), ajouter)


# -- Paid by conventions ---------------------------------------------------------------------------
@pytest.mark.parametrize("groupes", ["structure", "axe", "dispositif"])
def test_ce_que_les_conventions_paient_compte_et_ce_qu_aucune_ligne_ne_prend_est_a_part(campagne, groupes):
    ville = campagne.contrat.financeurs.get(sigle="VILLE")
    convention = fabriques.ConventionFactory(contrat=campagne.contrat, intitule="CPO des vélos")
    MontantConvention.objects.create(
        convention=convention, annee=campagne.annee, financeur=ville, montant_prevu=Decimal(500)
    )
    siennes = LigneFinancement.objects.filter(action_annuelle__campagne=campagne)
    siennes.filter(nature_credit="droit_commun").update(convention=convention)
    fabriques.VersementFactory(
        ligne=None, convention=convention, annee=campagne.annee, verse=True, montant_verse=Decimal(500)
    )
    tableau = de_campagne("financements", campagne, montant="verse", groupes=groupes)
    # 300 € line by line, 50 € of the convention in its line; 450 € in none: 800 € were paid.
    assert [lue[5:7] for lue in lignes(tableau)] == [["350", "350"], ["450", "450"]]
    assert lignes(tableau)[1][1] == "CPO des vélos"
    assert rangee(tableau, "Total général")[5:7] == ["800", "800"]
    choisies = ActionAnnuelle.objects.filter(campagne=campagne)
    filtre = de_campagne("financements", campagne, actions=choisies, montant="verse")
    assert rangee(filtre, "Total général")[5:7] == ["350", "350"]
    caf = fabriques.representant_du_financeur(campagne.contrat.financeurs.get(dans_total=False))
    assert "CPO des vélos" not in str(corps(de_campagne("financements", campagne, caf, montant="verse")))
