"""The fiche of an action: the layout of document 004, its money over four years, its files, who writes it."""

from decimal import Decimal
from io import BytesIO
from typing import Any

import docx
import pypdf
import pytest
from django.urls import reverse

from actions.models import ActionAnnuelle
from bilans.annexes import ANNEXES
from bilans.annexes.fiche_action import avec_leur_fiche, en_liste, fiche_action, fiches_action
from bilans.annexes.lecture import lisibles
from documents.rendu_texte import rendre_texte
from financements.models import Budget, Financeur
from financements.pluriannuel import pluriannuels
from tests import fabriques
from tests.outils.pages import lisible
from tests.outils.requetes import verifier_requetes_constantes
from tests.outils.verapdf import valider

pytestmark = pytest.mark.django_db


# -- Document 004 ----------------------------------------------------------------------------------
@pytest.fixture
def dijon(demonstration: Any) -> ActionAnnuelle:
    return ActionAnnuelle.objects.get(campagne__contrat__slug="dijon-2024-2030", campagne__annee=2024)


@pytest.mark.pdfua
def test_la_fiche_de_dijon_dit_ce_que_dit_le_document(dijon: ActionAnnuelle, tmp_path: Any) -> None:
    fiche = fiche_action(dijon)
    titres = [(rubrique.niveau, rubrique.titre) for rubrique in fiche.rubriques]
    assert titres == [
        (2, "Objectifs de l'action"),
        (2, "Moyens de l'action"),
        (3, "Moyens humains"),
        (3, "Moyens matériels et locaux"),
        (3, "Moyens financiers : autres aides, publiques ou privées"),
        (2, "Déroulement"),
        (3, "1. Participation citoyenne, je participe à la vie de mon quartier"),
        (
            3,
            "2. Rupture de l'isolement et développement du lien social, ainsi que de la solidarité entre les habitants",
        ),
        (3, "3. Accès aux droits – Inclusion numérique – Ateliers sociolinguistiques"),
        (3, "4. Renforcement de la fonction parentale par un travail collectif"),
        (2, "Publics visés"),
        (2, "Tarifs pratiqués"),
        (2, "Partenaires"),
        (2, "Critères d'évaluation"),
        (2, "Budget et participation financière"),
    ]
    (grille,) = fiche.rubriques[-1].grilles
    assert [[lisible(cellule) for cellule in ligne.cellules] for ligne in grille.lignes] == [
        ["2024", "163 546 €", "", "82 000 €", "50,1 %"],
        ["2025", "166 817 €", "+2,0 %", "82 000 €", "49,2 %"],
        ["2026", "169 320 €", "+1,5 %", "82 000 €", "48,4 %"],
        ["2027", "171 013 €", "+1,0 %", "82 000 €", "47,9 %"],
        ["2024–2027", "670 696 €", "", "328 000 €", "48,9 %"],
    ]
    criteres = next(r for r in fiche.rubriques if r.titre == "Critères d'évaluation")
    assert criteres.texte.count("- ") == 9
    pdf, word = BytesIO(), BytesIO()
    rendre_texte(fiche, "pdf", pdf)
    rendre_texte(fiche, "docx", word)
    texte = lisible(" ".join(page.extract_text() for page in pypdf.PdfReader(pdf).pages))
    assert all(mots in texte for mots in ("670 696 €", "328 000 €", "Ateliers sociolinguistiques"))
    assert len(docx.Document(word).tables[-1].rows) == 6
    chemin = tmp_path / "fiche.pdf"
    chemin.write_bytes(pdf.getvalue())
    assert valider(chemin) == []


# -- The money over the years ----------------------------------------------------------------------
def annee(
    action: Any, millesime: int, budget: int | None, part: int | None, financeur: Any
) -> ActionAnnuelle:
    campagne = fabriques.CampagneFactory(contrat=action.contrat, annee=millesime)
    annuelle = fabriques.ActionAnnuelleFactory(action=action, campagne=campagne)
    if budget is not None:
        fabriques.BudgetFactory(action_annuelle=annuelle, total_annonce=Decimal(budget))
    if part is not None:
        fabriques.LigneFinancementFactory(
            action_annuelle=annuelle, financeur=financeur, montant_accorde=Decimal(part)
        )
    return annuelle


def test_une_annee_sans_chiffre_ne_donne_ni_part_ni_evolution() -> None:
    contrat = fabriques.ContratFactory()
    ville = fabriques.FinanceurFactory(contrat=contrat, nom="La Ville", type=Financeur.Type.COMMUNE)
    action = fabriques.ActionFactory(contrat=contrat)
    premiere = annee(action, 2024, 1000, 400, ville)
    annee(action, 2025, None, 500, ville)
    annee(action, 2026, 1200, None, ville)
    lu = pluriannuels([premiere])[premiere.pk]
    assert [(a.annee, a.budget, a.participation, a.part, a.evolution) for a in lu.annees] == [
        (2024, Decimal(1000), Decimal(400), Decimal(40), None),
        (2025, None, Decimal(500), None, None),
        (2026, Decimal(1200), None, None, None),
    ]
    assert (lu.budget, lu.participation, lu.part) == (Decimal(2200), Decimal(900), None)


def test_le_detail_des_charges_l_emporte_sur_le_total_annonce_sans_le_benevolat() -> None:
    contrat = fabriques.ContratFactory()
    annuelle = annee(fabriques.ActionFactory(contrat=contrat), 2024, 5000, None, None)
    budget = Budget.objects.get(action_annuelle=annuelle)
    charge = fabriques.CompteBudgetaireFactory(code="604", sens="charge")
    benevolat = fabriques.CompteBudgetaireFactory(code="864", sens="charge", hors_total=True)
    fabriques.LigneBudgetFactory(budget=budget, compte=charge, montant=Decimal(700))
    fabriques.LigneBudgetFactory(budget=budget, compte=benevolat, montant=Decimal(300))
    assert pluriannuels([annuelle])[annuelle.pk].annees[0].budget == Decimal(700)


# -- What is read, by whom -------------------------------------------------------------------------
def adresse(annuelle: ActionAnnuelle, nom: str = "fiche_action", *suite: str) -> str:
    campagne = annuelle.campagne
    return reverse(nom, args=[campagne.contrat.slug, campagne.annee, annuelle.cle, *suite])


@pytest.fixture
def financee() -> ActionAnnuelle:
    contrat = fabriques.ContratFactory()
    ville = fabriques.FinanceurFactory(contrat=contrat, nom="La Ville", type=Financeur.Type.COMMUNE)
    annuelle = annee(fabriques.ActionFactory(contrat=contrat), 2024, 1000, 400, ville)
    ActionAnnuelle.objects.filter(pk=annuelle.pk).update(objectifs="Lire", moyens_financiers="Fondation X")
    annuelle.refresh_from_db()
    return annuelle


def test_un_financeur_ne_lit_ni_le_budget_ni_les_autres_aides(client: Any, financee: ActionAnnuelle) -> None:
    autre = fabriques.FinanceurFactory(contrat=financee.campagne.contrat)
    client.force_login(fabriques.representant_du_financeur(autre))
    page = lisible(client.get(adresse(financee)).content.decode())
    assert ["Lire" in page, "1 000 €" in page, "Fondation X" in page, "Modifier la fiche" in page] == [
        *(True, False, False, False)
    ]


def test_le_porteur_ecrit_sa_fiche_tant_qu_elle_est_a_ecrire(client: Any, financee: ActionAnnuelle) -> None:
    client.force_login(fabriques.representant_du_porteur(financee.action.porteur))
    assert client.get(adresse(financee)).status_code == 200
    assert client.get(adresse(financee, "fiche_action_modifier")).status_code == 403
    ActionAnnuelle.objects.filter(pk=financee.pk).update(statut="incomplete")
    assert client.get(adresse(financee, "fiche_action_modifier")).status_code == 200


def test_qui_ne_voit_pas_l_action_n_en_sait_rien(client: Any, financee: ActionAnnuelle) -> None:
    client.force_login(fabriques.membre_du_copil(financee.campagne.contrat))
    reponses = [client.get(adresse(financee)), client.get(adresse(financee, "fiche_action_fichier", "pdf"))]
    assert [reponse.status_code for reponse in reponses] == [404, 404]


@pytest.mark.parametrize(("format", "debut"), [("pdf", b"%PDF"), ("docx", b"PK")])
def test_les_fichiers(client: Any, financee: ActionAnnuelle, format: str, debut: bytes) -> None:
    client.force_login(fabriques.chargee_de_mission(financee.campagne.contrat))
    reponse = client.get(adresse(financee, "fiche_action_fichier", format))
    assert b"".join(reponse.streaming_content).startswith(debut)
    assert reponse["Content-Disposition"].endswith(f'-2024.{format}"')
    assert client.get(adresse(financee, "fiche_action_fichier", "csv")).status_code == 404


def test_toutes_les_fiches_tiennent_dans_un_document(financee: ActionAnnuelle) -> None:
    fabriques.ActionAnnuelleFactory(campagne=financee.campagne, objectifs="Jouer")
    campagne = financee.campagne
    document = ANNEXES["fiche-action"].construire(campagne.contrat, campagne)
    assert [len(document.suites), document.rubriques[0].texte.count("- ")] == [2, 2]


@pytest.mark.parametrize(
    ("texte", "attendu"),
    [
        ("Une phrase.", "Une phrase."),
        ("Lire\nJouer", "- Lire\n- Jouer"),
        ("- Lire\nJouer", "- Lire\nJouer"),
        ("Lire\n\nJouer", "Lire\n\nJouer"),
        ("Lire\n" + "x" * 300, "Lire\n" + "x" * 300),
    ],
)
def test_ce_qui_est_ecrit_une_chose_par_ligne_est_une_liste(texte: str, attendu: str) -> None:
    assert en_liste(texte) == attendu


def test_deux_fiches_ou_six_coutent_les_memes_requetes() -> None:
    campagne = fabriques.CampagneFactory()
    ville = fabriques.FinanceurFactory(contrat=campagne.contrat, type=Financeur.Type.COMMUNE)
    porteur = fabriques.PorteurFactory(epci=campagne.contrat.epci)

    def ajouter(**champs: Any) -> ActionAnnuelle:
        annuelle = fabriques.ActionAnnuelleFactory(
            campagne=campagne, action__contrat=campagne.contrat, moyens_financiers="CAF", **champs
        )
        fabriques.BudgetFactory(action_annuelle=annuelle, type="previsionnel", total_annonce=Decimal(900))
        fabriques.LigneFinancementFactory(
            action_annuelle=annuelle, financeur=ville, montant_accorde=Decimal(90)
        )
        return annuelle

    sienne = ajouter(action__porteur=porteur)
    ajouter()
    for compte in (fabriques.chargee_de_mission(campagne.contrat), None):
        verifier_requetes_constantes(
            lambda compte=compte: fiches_action(campagne.contrat, campagne, compte), ajouter, fois=4
        )
    # Read together or alone, a fiche says the same to the same account: its money to who carries it.
    membre = fabriques.representant_du_porteur(porteur)
    for compte in (fabriques.chargee_de_mission(campagne.contrat), membre):
        ensemble = fiches_action(campagne.contrat, campagne, compte)
        lues = avec_leur_fiche(lisibles(ActionAnnuelle.objects.filter(campagne=campagne), compte))
        seules = [fiche_action(annuelle, compte) for annuelle in lues.order_by("ordre", "pk")]
        assert (list(ensemble.suites) or [ensemble]) == seules
        budget = [f for f in seules if any(r.titre.startswith("Budget") for r in f.rubriques)]
        assert len(budget) == (1 if compte == membre else len(seules))
        assert sienne.action.intitule in budget[0].titre
