"""Both budgets of an action side by side: sums, gaps, what is asked to be explained, what does not agree."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from actions.models import Campagne
from comptes.versions import VersionPerimee
from financements.budgets import (
    CHARGE,
    PREVISIONNEL,
    PRODUIT,
    REALISE,
    Chiffres,
    SeuilEcart,
    lire_budgets,
    phrase_a_expliquer,
    phrase_du_desaccord,
)
from financements.models import Budget, LigneBudget, LigneFinancement
from financements.operations import enregistrer_previsionnel
from tests import fabriques
from tests.outils.pages import lisible
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db
COMPTES = (
    ("60", "Achats", "charge", None, False),
    ("604", "Prestations de services", "charge", "60", False),
    ("64", "Charges de personnel", "charge", None, False),
    ("86", "Emplois en nature", "charge", None, True),
    ("864", "Personnel bénévole", "charge", "86", True),
    ("70", "Ventes", "produit", None, False),
    ("74", "Subventions", "produit", None, False),
    ("74etat", "État", "produit", "74", False),
    ("87", "Contributions en nature", "produit", None, True),
    ("870", "Bénévolat", "produit", "87", True),
)


@pytest.fixture(autouse=True)
def comptes():
    for ordre, (code, libelle, sens, parent, hors_total) in enumerate(COMPTES):
        fabriques.CompteBudgetaireFactory(
            code=code, libelle=libelle, sens=sens, parent_id=parent, hors_total=hors_total, ordre=ordre
        )


@pytest.fixture
def annuelle():
    return fabriques.ActionAnnuelleFactory()


@pytest.fixture
def etat(annuelle):
    return fabriques.FinanceurFactory(contrat=annuelle.campagne.contrat, nom="État", ordre=1)


def ecrire(annuelle, nature, **montants):
    budget, _ = Budget.objects.get_or_create(action_annuelle=annuelle, type=nature)
    for compte, somme in montants.items():
        fabriques.LigneBudgetFactory(
            budget=budget, compte_id=compte.removeprefix("c"), montant=Decimal(somme)
        )
    return budget


def financer(budget, financeur, somme):
    fabriques.LigneBudgetFactory(budget=budget, compte_id="74", financeur=financeur, montant=Decimal(somme))


@pytest.mark.parametrize(
    ("prevu", "realise", "ecart", "part", "depasse"),
    [
        (1000, 1600, 600, "60", True),
        (1000, 400, -600, "-60", True),
        (1000, 1500, 500, "50", False),  # at the threshold in euros, not above
        (6000, 6600, 600, "10", False),  # at the threshold in part
        (None, 600, 600, None, True),  # not planned at all
        (0, 600, 600, None, True),
        (1000, None, None, None, False),  # unknown is no gap
        (None, None, None, None, False),
    ],
)
def test_un_ecart_se_mesure_et_s_explique_au_dela_des_deux_seuils(prevu, realise, ecart, part, depasse):
    def euros(valeur):
        return None if valeur is None else Decimal(valeur)

    chiffres = Chiffres(euros(prevu), euros(realise))
    assert (chiffres.ecart, chiffres.part) == (euros(ecart), euros(part))
    assert chiffres.depasse(SeuilEcart()) is depasse


def test_les_postes_additionnent_leurs_lignes_et_les_aides_gratuites_sont_a_part(annuelle, etat):
    prevu = ecrire(
        annuelle, PREVISIONNEL, c60="300", c604="200.50", c64="1000", c864="400", c870="400", c70="500.50"
    )
    financer(prevu, etat, "1000")
    ecrire(annuelle, REALISE, c604="700", c64="1000", c864="90")
    compare = lire_budgets(annuelle)
    assert [p.compte.pk for p in compare.postes_de(CHARGE)] == ["60", "64"]
    achats = compare.postes_de(CHARGE)[0]
    assert achats.chiffres == Chiffres(Decimal("500.50"), Decimal(700))
    assert [ligne.libelle for ligne in achats.lignes] == ["Achats", "Prestations de services"]
    assert compare.total(CHARGE) == Chiffres(Decimal("1500.50"), Decimal(1700))
    assert compare.total(PRODUIT) == Chiffres(Decimal("1500.50"), None)
    assert compare.total_en_nature(CHARGE) == Chiffres(Decimal(400), Decimal(90))
    assert (compare.solde(PREVISIONNEL), compare.solde(REALISE)) == (Decimal(0), None)
    assert (compare.solde_en_nature(PREVISIONNEL), compare.solde_en_nature(REALISE)) == (
        Decimal(0),
        Decimal(-90),
    )
    assert lisible(compare.constats(REALISE)[0]).startswith(
        "Les contributions volontaires sont plus élevées de 90 €"
    )


def test_un_total_annonce_sans_detail_vaut_total_et_ne_demande_aucune_explication(annuelle):
    fabriques.BudgetFactory(action_annuelle=annuelle, total_annonce=Decimal(163546))
    ecrire(annuelle, REALISE, c64="900")
    compare = lire_budgets(annuelle)
    assert compare.total(CHARGE) == Chiffres(Decimal(163546), Decimal(900))
    assert compare.a_expliquer == []


def test_les_seuils_sont_ceux_de_l_annee_et_les_explications_lues(annuelle):
    ecrire(annuelle, PREVISIONNEL, c64="1000", c60="100")
    realise = ecrire(annuelle, REALISE, c64="1300", c60="100", c864="9000")
    assert lire_budgets(annuelle).a_expliquer == []
    fabriques.ReglagesControlesFactory(
        campagne=annuelle.campagne, ecart_budget_euros=Decimal(200), ecart_budget_part=20
    )
    (poste,) = lire_budgets(annuelle).non_expliques
    assert lisible(phrase_a_expliquer(poste)) == (
        "« Charges de personnel » : 1 000 € prévus, 1 300 € au final (300 € de plus, soit 30,0 %). "
        "Expliquez l'écart en une phrase."
    )
    fabriques.ExplicationEcartFactory(budget=realise, compte_id="64", texte="Un remplacement.")
    compare = lire_budgets(annuelle)
    assert (compare.non_expliques, [p.explication for p in compare.a_expliquer]) == ([], ["Un remplacement."])


def test_chaque_financeur_du_budget_est_compare_a_celui_du_programme(annuelle, etat):
    ville = fabriques.FinanceurFactory(contrat=annuelle.campagne.contrat, nom="Ville", ordre=2)
    caf = fabriques.FinanceurFactory(contrat=annuelle.campagne.contrat, nom="CAF", ordre=3)
    promis = ((etat, 2000, 1500, 1400), (ville, 800, None, None), (caf, 500, 500, None))
    for financeur, demande, accorde, notifie in promis:
        fabriques.LigneFinancementFactory(
            action_annuelle=annuelle,
            financeur=financeur,
            montant_demande=demande,
            montant_accorde=accorde,
            montant_notifie=notifie,
        )
    fabriques.LigneFinancementFactory(
        action_annuelle=annuelle,
        financeur=etat,
        nature_credit=LigneFinancement.NatureCredit.VALORISATION,
        montant_accorde=Decimal(9999),
    )
    realise = ecrire(annuelle, REALISE, c74etat="50")
    financer(realise, etat, "1500")
    financer(realise, ville, "300")
    financer(realise, caf, "500")
    compare = lire_budgets(annuelle)
    assert [(r.libelle, r.budget, r.programme) for r in compare.desaccords(REALISE)] == [
        ("État", Decimal(1500), Decimal(1400)),
        ("Ville", Decimal(300), None),
        ("État", Decimal(50), None),
    ]
    phrases = [lisible(phrase_du_desaccord(d)) for d in compare.desaccords(REALISE)]
    assert phrases == [
        "État : 1 500 € dans le budget, 1 400 € dans le programme, soit un écart de 100 €.",
        "Ville : 300 € dans le budget, rien dans le programme.",
        "État : 50 € dans le budget, sans financeur du programme.",
    ]
    assert compare.desaccords(PREVISIONNEL) == []
    parts = compare.parts_des_subventions()
    assert (
        lisible(parts[0].phrase) == "La subvention de 1 500 € (État) représente 63,8 % du total des produits."
    )


def test_la_lecture_ne_coute_pas_plus_avec_plus_de_lignes(annuelle, etat):
    def ajouter():
        ecrire(annuelle, PREVISIONNEL, c60="10", c64="20", c70="30", c864="1", c870="1")
        financer(ecrire(annuelle, REALISE, c64="10", c70="20"), etat, "5")

    ajouter()
    verifier_requetes_constantes(lambda: lire_budgets(annuelle), ajouter)


# -- Writing the forecast --------------------------------------------------------------------------
def enregistrer(auteur, annuelle, montants, version=0, total=None):
    return enregistrer_previsionnel(auteur, annuelle, montants, total_annonce=total, version=version)


def lues(annuelle):
    lignes = LigneBudget.objects.filter(budget__action_annuelle=annuelle, budget__type=PREVISIONNEL)
    return {(ligne.compte_id, ligne.financeur_id): ligne.montant for ligne in lignes.order_by("pk")}


def test_le_prevu_s_ecrit_se_corrige_se_signe_et_garde_ce_qu_on_ne_touche_pas(annuelle, etat):
    chargee = fabriques.chargee_de_mission(annuelle.campagne.contrat)
    budget = enregistrer(chargee, annuelle, {("64", None): Decimal(1000), ("74", etat.pk): Decimal(600)})
    assert budget.version == 1
    ligne = budget.lignes.get(compte="64")
    assert ligne.historique.get().history_user == chargee
    fabriques.LigneBudgetFactory(budget=budget, compte_id="604", montant=Decimal(40))
    fabriques.LigneBudgetFactory(budget=budget, compte_id="604", montant=Decimal(60))
    enregistrer(chargee, annuelle, {("64", None): None, ("60", None): Decimal(0)}, version=1)
    assert lues(annuelle) == {
        ("74", etat.pk): Decimal(600),
        ("604", None): Decimal(60),
        ("60", None): Decimal(0),
    }
    assert LigneBudget.objects.filter(compte="604").count() == 2
    enregistrer(chargee, annuelle, {("604", None): Decimal(120)}, version=2, total=Decimal(900))
    assert lues(annuelle)["604", None] == Decimal(120)
    assert LigneBudget.objects.filter(compte="604").count() == 1
    assert Budget.objects.get().total_annonce == Decimal(900)


def test_le_prevu_refuse_une_autre_version_un_autre_compte_une_annee_archivee(annuelle):
    chargee = fabriques.chargee_de_mission(annuelle.campagne.contrat)
    enregistrer(chargee, annuelle, {("64", None): Decimal(1000)})
    with pytest.raises(VersionPerimee):
        enregistrer(chargee, annuelle, {("64", None): Decimal(2000)})
    porteur = fabriques.representant_du_porteur(annuelle.action.porteur)
    with pytest.raises(PermissionDenied):
        enregistrer(porteur, annuelle, {("64", None): Decimal(2000)}, version=1)
    Campagne.objects.update(statut=Campagne.Statut.ARCHIVEE)
    annuelle.campagne.refresh_from_db()
    with pytest.raises(ValidationError, match="archivée"):
        enregistrer(chargee, annuelle, {("64", None): Decimal(2000)}, version=1)
    assert lues(annuelle) == {("64", None): Decimal(1000)}
