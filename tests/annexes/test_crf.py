"""The compte rendu financier: the parts of Cerfa 15059, figures equal to those of the budgets, files that hold."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import docx
import pypdf
import pytest
from django.urls import reverse

from actions.models import ActionAnnuelle
from bilans.annexes import ANNEXES
from bilans.annexes.crf import NON_RENSEIGNE, POINTILLES, avec_leur_bilan, compte_rendu, comptes_rendus
from documents.rendu_texte import rendre_texte
from financements.models import Budget, ExplicationEcart, LigneBudget
from financements.nomenclatures import charger_nomenclatures
from tests import fabriques
from tests.outils.pages import lisible, texte
from tests.outils.requetes import verifier_requetes_constantes
from tests.outils.verapdf import valider

pytestmark = pytest.mark.django_db


@pytest.fixture
def annuelle():
    charger_nomenclatures()
    annuelle = fabriques.ActionAnnuelleFactory(action__intitule="Jardin partagé")
    fabriques.RepresentantFactory(
        porteur=annuelle.action.porteur, nom="Awa Diallo", fonction="Présidente", legal=True, date_fin=None
    )
    bilan = fabriques.BilanFactory(
        action_annuelle=annuelle,
        valide=True,
        realisation="realisee",
        mise_en_oeuvre="Dix ateliers.",
        objectifs_atteints="Trois parcelles cultivées.",
        date_debut=date(2024, 3, 1),
        date_fin=date(2024, 6, 28),
        dates_lieux="Place du marché.",
        type_public="Familles",
    )
    fabriques.EffectifFactory(bilan=bilan, valeur=30)
    return annuelle


@pytest.fixture
def budgets(annuelle):
    ville = fabriques.FinanceurFactory(contrat=annuelle.campagne.contrat, nom="Ville de Dole")
    fabriques.LigneFinancementFactory(
        action_annuelle=annuelle, financeur=ville, montant_accorde=Decimal(3000)
    )
    for nature, achats, personnel, aide in (("previsionnel", 400, 3000, 2600), ("realise", 400, 4000, 3000)):
        budget = fabriques.BudgetFactory(action_annuelle=annuelle, type=nature)
        for compte, somme, financeur in (
            ("604", achats, None),
            ("64", personnel, None),
            ("70", 800, None),
            ("74", aide, ville),
            ("864", 120, None),
            ("870", 120, None),
        ):
            LigneBudget.objects.create(
                budget=budget, compte_id=compte, montant=Decimal(somme), financeur=financeur
            )
    return budget


def lu(annuelle):
    return compte_rendu(avec_leur_bilan(ActionAnnuelle.objects.filter(pk=annuelle.pk)).get())


def rubrique(document, debut):
    return next(r for r in document.rubriques if r.titre.startswith(debut))


def test_les_quatre_parties_sont_dans_l_ordre(annuelle, budgets):
    titres = [r.titre for r in lu(annuelle).rubriques if r.niveau == 2]
    assert titres == [
        "1. Bilan qualitatif de l'action",
        "2. Tableau de synthèse",
        "3. Annexe",
        "4. Signature",
    ]


def test_le_bilan_qualitatif_reprend_le_bilan(annuelle, budgets):
    document = lu(annuelle)
    assert rubrique(document, "Mise en œuvre").texte == "Dix ateliers."
    assert rubrique(document, "Réalisation des objectifs").texte == "Trois parcelles cultivées."
    assert lisible(rubrique(document, "Dates et lieux").texte) == (
        "Réalisée du 1er mars 2024 au 28 juin 2024. Place du marché."
    )
    reponses = rubrique(document, "Nombre de personnes").reponses
    assert ("Type de public", "Familles") in reponses
    assert any(lisible(nombre).startswith("30 personnes") for _, nombre in reponses)
    assert ("L'action a été", "réalisée") in document.fiche
    assert document.notes == []


def test_le_tableau_dit_prevu_realise_et_ecarts_en_euros_et_en_pour_cent(annuelle, budgets):
    charges, produits, emplois, ressources = rubrique(lu(annuelle), "2.").grilles
    assert [[lisible(c) for c in ligne.cellules] for ligne in charges.lignes] == [
        ["60 – Achats", "400", "400", "0", "0,0 %"],
        ["dont Prestations de services", "400", "400", "0", "0,0 %"],
        ["64 – Charges de personnel", "3 000", "4 000", "+1 000", "+33,3 %"],
        ["Total des charges", "3 400", "4 400", "+1 000", "+29,4 %"],
    ]
    assert [lisible(c) for c in produits.lignes[-1].cellules] == [
        "Total des produits",
        "3 400",
        "3 800",
        "+400",
        "+11,8 %",
    ]
    assert [g.lignes[-1].cellules[2] for g in (emplois, ressources)] == ["120", "120"]
    assert [lisible(rubrique(lu(annuelle), "Part des").texte)] == [
        "- La subvention de 3 000 € (Ville de Dole) représente 78,9 % du total des produits."
    ]
    assert "Les dépenses dépassent les recettes de 600 €" in lisible(rubrique(lu(annuelle), "À noter").texte)


def test_l_annexe_et_la_signature_disent_ce_qui_manque(annuelle, budgets):
    document = lu(annuelle)
    assert rubrique(document, "Règles de répartition").texte == NON_RENSEIGNE
    assert rubrique(document, "Explication").reponses == [("Charges de personnel", NON_RENSEIGNE)]
    assert dict(rubrique(document, "4.").reponses) == {
        "Nom": "Awa Diallo",
        "En qualité de": "Présidente",
        "Structure": annuelle.action.porteur.nom,
        "Fait à": POINTILLES,
        "Le": POINTILLES,
        "Signature": POINTILLES,
    }
    fabriques.ExplicationEcartFactory(budget=budgets, compte_id="64", texte="Un remplacement.")
    Budget.objects.filter(pk=budgets.pk).update(
        signataire="Luc Petit", fait_a="Dole", fait_le=date(2025, 3, 4), observations="Rien."
    )
    document = lu(annuelle)
    assert rubrique(document, "Explication").reponses == [("Charges de personnel", "Un remplacement.")]
    assert rubrique(document, "Observations").texte == "Rien."
    signature = dict(rubrique(document, "4.").reponses)
    assert (signature["Nom"], signature["En qualité de"], signature["Le"]) == (
        "Luc Petit",
        POINTILLES,
        "4 mars 2025",
    )


def test_sans_budget_ni_bilan_valide_rien_n_est_invente(annuelle):
    annuelle.bilan.delete()
    document = lu(annuelle)
    assert "n'est pas encore saisi" in rubrique(document, "1.").note
    assert rubrique(document, "2.").grilles == []
    assert "n'est pas renseigné" in rubrique(document, "2.").texte
    assert "peut encore changer" in document.notes[0]


@pytest.mark.parametrize(
    ("manque", "phrase"),
    [
        ("realise", "Le budget réalisé n'est pas encore saisi : aucun écart n'est calculé."),
        ("previsionnel", "Aucun budget prévu n'est saisi : aucun écart n'est calculé."),
    ],
)
def test_sans_l_un_des_deux_budgets_aucun_ecart_n_est_dit_absent(annuelle, budgets, manque, phrase):
    Budget.objects.filter(action_annuelle=annuelle, type=manque).delete()
    assert lisible(rubrique(lu(annuelle), "Explication").texte) == phrase


def test_sans_ecart_significatif_le_compte_rendu_le_dit(annuelle, budgets):
    LigneBudget.objects.filter(budget=budgets, compte_id="64").update(montant=Decimal(3000))
    assert rubrique(lu(annuelle), "Explication").texte == "Aucun écart significatif."


@pytest.mark.pdfua
def test_le_pdf_est_accessible_et_le_word_dit_la_meme_chose(annuelle, budgets, tmp_path):
    document = lu(annuelle)
    fichier = tmp_path / "crf.pdf"
    with fichier.open("wb") as sortie:
        rendre_texte(document, "pdf", sortie)
    assert valider(fichier) == []
    pages = " ".join(lisible(page.extract_text()) for page in pypdf.PdfReader(fichier).pages)
    mots = BytesIO()
    rendre_texte(document, "docx", mots)
    mots.seek(0)
    cellules = [lisible(c.text) for t in docx.Document(mots).tables for r in t.rows for c in r.cells]
    for ligne in rubrique(document, "2.").grilles[0].lignes:
        for cellule in ligne.cellules:
            assert lisible(cellule) in cellules
            assert lisible(cellule) in " ".join(pages.split())
    encore = BytesIO()
    rendre_texte(lu(annuelle), "pdf", encore)
    assert encore.getvalue() == fichier.read_bytes(), "the same compte rendu is the same file"


# -- Several ---------------------------------------------------------------------------------------
def titres(document):
    return [lisible(suite.titre) for suite in document.suites] or [lisible(document.titre)]


def test_un_porteur_a_tous_les_siens_dans_un_fichier_et_ceux_de_personne_d_autre(client, annuelle):
    campagne, porteur = annuelle.campagne, annuelle.action.porteur
    for qui, intitule in ((porteur, "Chorale"), (fabriques.PorteurFactory(epci=porteur.epci), "Échecs")):
        action = fabriques.ActionFactory(contrat=campagne.contrat, porteur=qui, intitule=intitule)
        fabriques.ActionAnnuelleFactory(campagne=campagne, action=action)
    construire = ANNEXES["crf"].construire
    compte = fabriques.representant_du_porteur(porteur)
    document = construire(campagne.contrat, campagne, compte)
    assert sorted(titres(document)) == [
        "Compte rendu financier : Chorale",
        "Compte rendu financier : Jardin partagé",
    ]
    assert len(titres(construire(campagne.contrat, campagne))) == 3
    paye = fabriques.LigneFinancementFactory(action_annuelle=annuelle).financeur
    financeur = fabriques.representant_du_financeur(paye)
    assert (
        construire(campagne.contrat, campagne, financeur).chapeau == "Aucun compte rendu financier à montrer."
    )
    client.force_login(compte)
    arguments = [campagne.contrat.slug, campagne.annee, porteur.cle, "docx"]
    reponse = client.get(reverse("crf_porteur", args=arguments))
    assert f"-{campagne.annee}.docx" in reponse["Content-Disposition"]
    contenu = docx.Document(BytesIO(b"".join(reponse.streaming_content)))
    tout = " ".join(p.text for p in contenu.paragraphs)
    assert ("Chorale" in tout, "Jardin partagé" in tout, "Échecs" in tout) == (True, True, False)
    arguments[-1] = "xlsx"
    assert client.get(reverse("crf_porteur", args=arguments)).status_code == 404
    page = reverse("porteur_detail", args=arguments[:-1])
    assert f"Comptes rendus financiers {campagne.annee}" in texte(client.get(page))


# -- Many actions ----------------------------------------------------------------------------------
def test_deux_actions_ou_six_coutent_les_memes_requetes(annuelle, budgets):
    """Every part of a compte rendu is there: people by age, explanations, funders, several porteurs."""
    campagne = annuelle.campagne
    tranche = fabriques.TrancheAgeFactory(campagne=campagne)
    ville = annuelle.lignes_financement.get().financeur
    chargee = fabriques.chargee_de_mission(campagne.contrat)

    def ajouter():
        autre = fabriques.ActionAnnuelleFactory(campagne=campagne, action__contrat=campagne.contrat)
        bilan = fabriques.BilanFactory(action_annuelle=autre, valide=True, realisation="realisee")
        fabriques.EffectifFactory(bilan=bilan, valeur=12, tranche=tranche)
        fabriques.RepresentantFactory(porteur=autre.action.porteur, legal=True, date_fin=None)
        fabriques.LigneFinancementFactory(action_annuelle=autre, financeur=ville, montant_accorde=Decimal(9))
        for nature, somme in (("previsionnel", 1000), ("realise", 5000)):
            budget = fabriques.BudgetFactory(action_annuelle=autre, type=nature)
            for compte, financeur in (("604", None), ("74", ville)):
                LigneBudget.objects.create(
                    budget=budget, compte_id=compte, montant=Decimal(somme), financeur=financeur
                )
        ExplicationEcart.objects.create(budget=budget, compte_id="60", texte="Plus d'achats.")

    ajouter()
    rendus = []

    def lire():
        rendus.append(comptes_rendus(campagne.contrat, campagne, chargee))

    verifier_requetes_constantes(lire, ajouter, fois=4)
    assert [len(rendus[0].suites), len(rendus[-1].suites)] == [2, 6]
    # Read together or alone, an action has the same compte rendu.
    assert compte_rendu(annuelle_lue(annuelle)) in rendus[-1].suites


def annuelle_lue(annuelle):
    return avec_leur_bilan(ActionAnnuelle.objects.filter(pk=annuelle.pk)).get()
