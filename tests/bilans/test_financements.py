"""The money page: sums, parts that add to 100, printed totals with their gap, and whose money is whose."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from actions.models import Campagne
from financements.models import TotalControle
from tests import fabriques
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db


def adresse(campagne: Campagne) -> str:
    return reverse("financements", args=[campagne.contrat.slug, campagne.annee])


def finances(client: Client, campagne: Campagne) -> Any:
    reponse = client.get(adresse(campagne))
    assert reponse.status_code == 200, reponse
    return reponse.context["finances"]


def page(client: Client, campagne: Campagne) -> str:
    return client.get(adresse(campagne)).content.decode().replace("&#x27;", "'")


def postes(lus: list[Any]) -> list[tuple[Any, ...]]:
    return [(p.libelle, p.actions, p.accorde, p.hors_total, p.part) for p in lus]


@pytest.fixture
def argent(campagne: Campagne) -> dict[str, Any]:
    """Ville (with a service) and one association; three funders in the total, the CAF beside it."""
    contrat = campagne.contrat
    epci = contrat.epci
    enjeu, sous_axe, *_ = fabriques.arbre_d_axes(contrat)
    ville = fabriques.PorteurFactory(nom="Ville", epci=epci)
    jeunesse = fabriques.PorteurFactory(nom="Jeunesse", parent=ville, epci=epci)
    asso = fabriques.PorteurFactory(nom="Asso", epci=epci)
    f = {
        nom: fabriques.FinanceurFactory(contrat=contrat, nom=nom, sigle=nom, ordre=rang)
        for rang, nom in enumerate(("Mairie", "État", "Région"))
    }
    f["CAF"] = fabriques.FinanceurFactory(contrat=contrat, hors_total=True, ordre=9)
    actions = {
        nom: fabriques.ActionAnnuelleFactory(
            campagne=campagne,
            action=fabriques.ActionFactory(contrat=contrat, porteur=porteur, intitule=nom),
            axe=axe,
        )
        for nom, porteur, axe in (("A", ville, enjeu), ("B", jeunesse, sous_axe), ("C", asso, None))
    }
    for nom, financeur, montant in (
        ("A", "Mairie", 1000),
        ("B", "Mairie", 500),
        ("B", "État", 1000),
        ("C", "État", 200),
        ("C", "CAF", 700),
        ("C", "Région", 300),
    ):
        fabriques.LigneFinancementFactory(
            action_annuelle=actions[nom], financeur=f[financeur], montant_accorde=montant
        )
    return {"financeurs": f, "actions": actions, "ville": ville, "asso": asso}


# -- Figures ---------------------------------------------------------------------------------------
def test_par_financeur_avec_des_parts_qui_font_100(chargee, campagne, argent):
    lu = finances(chargee, campagne).argent
    assert postes(lu.dans_total) == [
        ("Mairie", 2, 1500, None, Decimal("50.0")),
        ("État", 2, 1200, None, Decimal("40.0")),
        ("Région", 1, 300, None, Decimal("10.0")),
    ]
    assert postes(lu.hors_total) == [("CAF", 1, None, 700, None)]
    total = lu.total_des_financeurs
    assert (total.actions, total.accorde) == (3, 3000)


def test_des_tiers_font_quand_meme_100(chargee, campagne):
    annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne)
    for _ in range(3):
        fabriques.LigneFinancementFactory(action_annuelle=annuelle, montant_accorde=100)
    parts = [p.part for p in finances(chargee, campagne).argent.dans_total]
    assert (sorted(parts), sum(parts)) == ([Decimal("33.3"), Decimal("33.3"), Decimal("33.4")], 100)


def test_par_axe_chaque_niveau_cumule_celui_du_dessous(chargee, campagne, argent):
    # A secondary axe adds nothing: the action counts once.
    argent["actions"]["C"].axes_secondaires.add(campagne.contrat.axes.get(code="2"))
    lu = finances(chargee, campagne).argent
    assert postes(lu.axes) == [
        ("Enjeu 1", 2, 2500, None, Decimal("83.3")),
        ("Axe 1.1", 1, 1500, None, None),
        ("Sans axe", 1, 500, 700, Decimal("16.7")),
    ]


def test_un_axe_de_troisieme_niveau_remonte_jusqu_au_premier(chargee, campagne, argent):
    troisieme = fabriques.AxeFactory(parent=campagne.contrat.axes.get(code="1.1"), code="1.1.1", ordre=90)
    argent["actions"]["C"].axe = troisieme
    argent["actions"]["C"].save()
    lu = finances(chargee, campagne).argent
    assert [(poste.libelle, poste.accorde) for poste in lu.axes] == [
        ("Enjeu 1", 3000),
        ("Axe 1.1", 2000),
        (troisieme.libelle, 500),
    ]
    assert lu.axes[0].part == 100


def test_par_structure_les_services_comptent_avec_leur_ville(chargee, campagne, argent):
    lu = finances(chargee, campagne).argent
    assert postes(lu.structures) == [
        ("Ville", 2, 2500, None, Decimal("83.3")),
        ("Asso", 1, 500, 700, Decimal("16.7")),
    ]
    total = lu.total_des_actions
    assert (total.actions, total.accorde, total.hors_total) == (3, 3000, 700)


def test_chaque_chiffre_mene_a_ses_lignes(chargee, campagne, argent):
    lu = finances(chargee, campagne).argent
    liste = reverse("liste_actions", args=[campagne.contrat.slug, campagne.annee])
    html = page(chargee, campagne)
    for poste in (*lu.financeurs, *lu.axes, *lu.structures):
        derriere = chargee.get(liste + poste.criteres).context["liste"]
        assert derriere.avis == []
        assert derriere.totaux.actions == poste.actions, poste
        assert f'href="{liste}{poste.criteres.replace("&", "&amp;")}"' in html, poste
    for poste in (*lu.axes, *lu.structures):
        derriere = chargee.get(liste + poste.criteres).context["liste"].totaux
        assert (derriere.de("accorde"), derriere.de("hors_total")) == (poste.accorde, poste.hors_total), poste
    for poste in lu.financeurs:
        cle = poste.criteres.removeprefix("?financeur=")
        assert chargee.get(liste + poste.criteres).context["liste"].totaux.de(f"f_{cle}") == poste.montant


def test_les_etats_inconnus_n_ont_pas_de_colonne(chargee, campagne, argent):
    html = page(chargee, campagne)
    assert "Demandé" not in html
    assert "Notifié" not in html
    assert "Versé" not in html


def test_les_etats_connus_ont_leur_colonne(chargee, campagne):
    ligne = fabriques.LigneFinancementFactory(
        action_annuelle__campagne=campagne, montant_demande=900, montant_notifie=750, montant_accorde=800
    )
    fabriques.VersementFactory(ligne=ligne, verse=True, montant_verse=400)
    fabriques.VersementFactory(ligne=ligne, verse=True, montant_verse=100)
    # Taken back: it was paid, and no longer is.
    fabriques.VersementFactory(ligne=ligne, statut="annule", montant_verse=1000)
    fabriques.VersementFactory(ligne=ligne, montant_prevu=250)
    (poste,) = finances(chargee, campagne).argent.dans_total
    assert (poste.demande, poste.accorde, poste.notifie, poste.verse) == (900, 800, 750, 500)
    html = page(chargee, campagne)
    for mot in ("Demandé", "Notifié", "Versé"):
        assert f">{mot}</th>" in html


def test_un_montant_inconnu_n_est_pas_zero(chargee, campagne):
    fabriques.LigneFinancementFactory(action_annuelle__campagne=campagne, montant_accorde=None)
    lu = finances(chargee, campagne).argent
    assert (lu.total, lu.dans_total[0].accorde, lu.dans_total[0].part) == (None, None, None)
    assert "0\u00a0€" not in page(chargee, campagne)


def test_un_total_nul_ne_divise_pas_par_zero(chargee, campagne):
    fabriques.LigneFinancementFactory(action_annuelle__campagne=campagne, montant_accorde=0)
    lu = finances(chargee, campagne).argent
    assert (lu.total, lu.dans_total[0].part) == (0, None)


# -- Printed totals --------------------------------------------------------------------------------
def test_totaux_imprimes_et_calcules(chargee, campagne, argent):
    nature = TotalControle.Nature

    def imprimer(libelle: str, valeur: Any, **champs: Any) -> None:
        fabriques.TotalControleFactory(
            campagne=campagne, libelle=libelle, valeur=valeur, **{"nature": nature.MONTANT, **champs}
        )

    f = argent["financeurs"]
    imprimer("TOTAL PDV", 3020, explication="Une ligne manque.")
    imprimer("Mairie", 1500, financeur=f["Mairie"])
    imprimer("CAF", 700, financeur=f["CAF"])
    imprimer("Ville", 2400, porteur=argent["ville"], explication="Une ligne manque.")
    imprimer("Part de l'État", 37, nature=nature.PART, financeur=f["État"])
    imprimer("Actions", 4, nature=nature.ACTIONS)
    imprimer("Actions de la Ville", 2, nature=nature.ACTIONS, porteur=argent["ville"])
    imprimer("Structures", 2, nature=nature.STRUCTURES)
    imprimer("Personnes", 120, nature=nature.EFFECTIF)
    for rang, nom in enumerate("AB"):
        bilan = fabriques.BilanFactory(action_annuelle=argent["actions"][nom], transmis=True)
        fabriques.effectifs(bilan, perimetre="qpv", T=40 + rang)
    lues = finances(chargee, campagne)
    assert [(r.imprime.libelle, r.calcule, r.ecart) for r in lues.ecarts] == [
        ("TOTAL PDV", 3000, 20),
        ("Ville", 2500, -100),
        ("Part de l'État", Decimal("40.0"), -3),
        ("Actions", 3, 1),
        ("Personnes", 81, 39),
    ]
    assert [(r.imprime.libelle, r.calcule, r.ecart) for r in lues.concordances] == [
        ("Mairie", 1500, 0),
        ("CAF", 700, 0),
        ("Actions de la Ville", 2, 0),
        ("Structures", 2, 0),
    ]
    assert [(texte, [r.imprime.libelle for r in lus]) for texte, lus in lues.explications] == [
        ("Une ligne manque.", ["TOTAL PDV", "Ville"])
    ]
    html = page(chargee, campagne)
    assert "écart de 20\u00a0€" in html
    assert "−3\u00a0points" in html
    assert "4\u00a0concordent, 5\u00a0diffèrent" in html


def test_un_total_sans_rien_a_comparer_n_a_pas_d_ecart(chargee, campagne):
    fabriques.TotalControleFactory(campagne=campagne, nature=TotalControle.Nature.EFFECTIF, valeur=12)
    (lu,) = finances(chargee, campagne).rapprochements
    assert (lu.calcule, lu.ecart) == (None, None)


def test_montants_a_trancher_avec_leur_lien(chargee, campagne, argent):
    ambiguite = fabriques.AmbiguiteFactory(
        action_annuelle=argent["actions"]["C"], explication="Deux totaux sont possibles."
    )
    html = page(chargee, campagne)
    lien = reverse("montants_trancher", args=[campagne.contrat.slug, 2024, ambiguite.action_annuelle.cle])
    assert lien in html
    assert "Deux totaux sont possibles." in html


# -- Who sees what ---------------------------------------------------------------------------------
def test_le_financeur_ne_voit_que_les_siens(client, campagne, argent):
    fabriques.TotalControleFactory(campagne=campagne, libelle="TOTAL PDV", valeur=99999)
    fabriques.AmbiguiteFactory(action_annuelle=argent["actions"]["C"], explication="Secret")
    client.force_login(fabriques.representant_du_financeur(argent["financeurs"]["État"]))
    lues = finances(client, campagne)
    assert postes(lues.argent.financeurs) == [("État", 2, 1200, None, Decimal("100.0"))]
    assert [(p.libelle, p.accorde) for p in lues.argent.structures] == [("Ville", 1000), ("Asso", 200)]
    assert (lues.argent.total, lues.argent.total_hors_total) == (1200, None)
    html = page(client, campagne)
    assert "Accordé (État)" in html
    for mot in ("Mairie", "Région", "CAF", "99\u202f999", "Secret", "3\u202f000"):
        assert mot not in html, mot


def test_ni_le_porteur_ni_le_copil_n_ont_la_page(client, campagne, argent):
    for compte in (
        fabriques.representant_du_porteur(argent["asso"]),
        fabriques.membre_du_copil(campagne.contrat),
    ):
        client.force_login(compte)
        assert client.get(adresse(campagne)).status_code == 403
    client.force_login(fabriques.chargee_de_mission(fabriques.ContratFactory()))
    assert client.get(adresse(campagne)).status_code == 404


def test_sans_financement_dit_quoi_faire(client, campagne):
    client.force_login(fabriques.chargee_de_mission(campagne.contrat))
    assert "Aucun financement n'est saisi" in page(client, campagne)
    autre = fabriques.FinanceurFactory(contrat=campagne.contrat)
    fabriques.LigneFinancementFactory(action_annuelle__campagne=campagne)
    client.force_login(fabriques.representant_du_financeur(autre))
    assert "Aucun de vos financements n'est saisi" in page(client, campagne)


def test_autant_de_requetes_pour_1_3_et_30_lignes(chargee, campagne):
    def ajouter() -> None:
        ligne = fabriques.LigneFinancementFactory(
            action_annuelle__campagne=campagne, action_annuelle__avec_axe=True
        )
        fabriques.VersementFactory(ligne=ligne, verse=True)
        fabriques.AmbiguiteFactory(action_annuelle=ligne.action_annuelle, lectures=[ligne.financeur])
        fabriques.TotalControleFactory(campagne=campagne, financeur=ligne.financeur)

    ajouter()
    avec_une = verifier_requetes_constantes(lambda: page(chargee, campagne), ajouter, fois=2)
    assert verifier_requetes_constantes(lambda: page(chargee, campagne), ajouter, fois=27) == avec_une
