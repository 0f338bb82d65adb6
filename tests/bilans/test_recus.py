"""Receipts: what they freeze, who reads them, the same words on the page, in the text and on paper."""

import io
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import pypdf
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from actions.models import Campagne
from bilans.models import Bilan, Effectif, PieceJointe, Recu
from bilans.operations import renvoyer, transmettre, valider
from bilans.operations.recus import etablir_le_recu
from bilans.recus import SIGNES_ABSENTS, RecuLu, empreinte_du_contenu, pdf_du_recu, recus_du_bilan
from comptes.models import Utilisateur
from documents import ErreurRendu
from tests import fabriques
from tests.outils.pages import lisible, rien_n_est_ecrit, texte
from tests.outils.verapdf import valider as valider_le_pdf

pytestmark = pytest.mark.django_db

RECIT = "Le jardin a ouvert le 3 mars.\n\nVingt familles s'y relaient : les mercredis & samedis, <toujours> à 14 h."
# What people paste: an emoji, another script, a no-break space, a combining accent, an arrow, an old ligature.
SIGNES = "Bravo 👩🏽‍🌾 ! 漢字 → « e\u0301te\u0301 » ﬁn… 12\u202f000\u00a0€ مرحبا"


@pytest.fixture(autouse=True)
def depots(tmp_path: Any, settings: Any) -> Any:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def bilan(campagne: Campagne) -> Bilan:
    """A bilan that its porteur may transmit."""
    campagne.statut = Campagne.Statut.BILANS_OUVERTS
    campagne.save()
    bilan: Bilan = fabriques.BilanFactory(
        action_annuelle__campagne=campagne,
        action_annuelle__action__intitule="Jardin partagé",
        en_saisie=True,
        realisation=Bilan.Realisation.REALISEE,
        mise_en_oeuvre=RECIT,
        points_forts="",
        salaries=2,
    )
    fabriques.effectifs(bilan, F=12, H=18)
    return bilan


@pytest.fixture
def porteur(bilan: Bilan) -> Utilisateur:
    return fabriques.representant_du_porteur(
        bilan.action_annuelle.action.porteur, prenom="Nadia", nom="Benali"
    )


@pytest.fixture
def recu(bilan: Bilan, porteur: Utilisateur) -> Recu:
    """The receipt of a transmission, with an attachment."""
    fabriques.PieceJointeFactory(
        bilan=bilan, nom="Affiche.pdf", nature=PieceJointe.Nature.ARTICLE, empreinte="a" * 64
    )
    transmettre(bilan, porteur)
    return Recu.objects.get()


def client(compte: Utilisateur) -> Client:
    ouvert = Client()
    ouvert.force_login(compte)
    return ouvert


def address(nom: str, recu: Recu) -> str:
    campagne = recu.bilan.action_annuelle.campagne
    arguments = [campagne.contrat.slug, campagne.annee, recu.bilan.action_annuelle.cle, recu.cle]
    return reverse(nom, args=arguments)


def on_paper(contenu: bytes) -> str:
    return lisible(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(contenu)).pages))


# -- What is frozen --------------------------------------------------------------------------------
def test_a_transmission_makes_a_receipt_of_everything(recu: Recu, bilan: Bilan, porteur: Utilisateur) -> None:
    bilan.refresh_from_db()
    assert (recu.bilan, recu.transmis_par, recu.transmis_le) == (bilan, porteur, bilan.transmis_le)
    contenu = recu.contenu
    campagne = bilan.action_annuelle.campagne
    assert {nom: contenu[nom] for nom in contenu if nom not in ("sections", "pieces")} == {
        "numero": recu.cle,
        "collectivite": campagne.contrat.epci.nom,
        "contrat": str(campagne.contrat),
        "annee": campagne.annee,
        "action": "Jardin partagé",
        "porteur": str(bilan.action_annuelle.action.porteur),
        "transmis_le": bilan.transmis_le.isoformat(),
        "transmis_le_lisible": contenu["transmis_le_lisible"],
        "transmis_par": "Nadia Benali",
        "pour_le_porteur": False,
        "version": bilan.version,
    }
    reponses = {libelle: dit for section in contenu["sections"] for libelle, dit in section["reponses"]}
    assert reponses["Déroulement de l'action"] == RECIT
    assert reponses["Points forts"] == ""
    assert lisible(reponses["Ensemble du public"]) == "30 personnes : 12 femmes, 18 hommes"
    assert reponses["Salariés mobilisés"] == "2"
    assert "Pièces jointes" not in [section["titre"] for section in contenu["sections"]]
    piece = bilan.pieces.get()
    assert contenu["pieces"] == [
        {
            "nom": "Affiche.pdf",
            "nature": "Affiche, tract, article de presse",
            "taille": piece.taille,
            "empreinte": "a" * 64,
        }
    ]


def test_a_receipt_never_changes_and_tells_when_it_did(
    recu: Recu, bilan: Bilan, porteur: Utilisateur
) -> None:
    avant = RecuLu(recu).texte
    Bilan.objects.filter(pk=bilan.pk).update(mise_en_oeuvre="Autre chose.")
    bilan.pieces.all().delete()
    Utilisateur.objects.filter(pk=porteur.pk).update(nom="Autrement")
    relu = RecuLu(Recu.objects.get())
    assert relu.texte == avant
    assert relu.intact
    Recu.objects.update(contenu=recu.contenu | {"action": "Potager"})
    faux = Recu.objects.get()
    assert not RecuLu(faux).intact
    assert "Ce reçu n'est plus celui qui a été établi" in texte(client(porteur).get(address("recu", faux)))


def test_the_print_does_not_depend_on_the_order_of_the_keys() -> None:
    assert empreinte_du_contenu({"a": 1, "b": "é"}) == empreinte_du_contenu({"b": "é", "a": 1})
    assert empreinte_du_contenu({"a": 1}) != empreinte_du_contenu({"a": 2})


def test_only_a_transmission_makes_a_receipt(recu: Recu, bilan: Bilan, porteur: Utilisateur) -> None:
    chargee = fabriques.chargee_de_mission(bilan.action_annuelle.campagne.contrat)
    renvoyer(bilan, chargee, "Le budget, s'il vous plaît.")
    assert Recu.objects.count() == 1
    transmettre(bilan, porteur)
    transmettre(bilan, porteur)
    assert Recu.objects.count() == 2
    valider(bilan, chargee)
    assert Recu.objects.count() == 2
    assert recus_du_bilan(bilan, porteur)[1] == recu


def test_entered_on_behalf_the_receipt_says_so(bilan: Bilan) -> None:
    chargee = fabriques.chargee_de_mission(
        bilan.action_annuelle.campagne.contrat, prenom="Claire", nom="Aubert"
    )
    valider(bilan, chargee)
    lu = RecuLu(Recu.objects.get())
    assert lisible(lu.phrase).startswith(
        "Le bilan 2024 de l'action « Jardin partagé » a été transmis par Claire Aubert, le "
    )
    assert f"pour le compte de {bilan.action_annuelle.action.porteur}" in lu.phrase


def test_a_transmission_that_fails_leaves_no_receipt(bilan: Bilan, porteur: Utilisateur) -> None:
    with (
        mock.patch("bilans.operations.recus.sections_lues", side_effect=RuntimeError),
        rien_n_est_ecrit(),
        pytest.raises(RuntimeError),
    ):
        transmettre(bilan, porteur)


def test_the_receipt_comes_before_what_carries_it() -> None:
    from bilans.operations import courriels, etats

    suites: list[Any] = etats._suites
    assert suites.index(etablir_le_recu) < suites.index(courriels.suite_courriels)


# -- The page, the text ----------------------------------------------------------------------------
def test_the_page_the_text_and_the_paper_say_the_same(recu: Recu, porteur: Utilisateur) -> None:
    with rien_n_est_ecrit():
        page = client(porteur).get(address("recu", recu))
    lu = RecuLu(recu)
    for endroit in (texte(page), lisible(lu.texte), on_paper(pdf_du_recu(recu))):
        for attendu in (
            recu.cle,
            "Jardin partagé",
            "Nadia Benali",
            "Le jardin a ouvert le 3 mars.",
            "Vingt familles s'y relaient : les mercredis & samedis, <toujours> à 14 h.",
            "30 personnes : 12 femmes, 18 hommes",
            "Sans réponse : «",
            "« Points forts », «",
            "Affiche.pdf",
            recu.empreinte,
        ):
            assert attendu in endroit, attendu


def test_the_text_is_laid_out_to_be_read(recu: Recu) -> None:
    lignes = RecuLu(recu).texte.splitlines()
    assert lisible(lignes[0]) == f"Reçu de transmission n° {recu.cle}"
    assert lisible(lignes[3]).startswith(
        "Le bilan 2024 de l'action « Jardin partagé » a été transmis par Nadia Benali"
    )
    debut = lignes.index("Déroulement de l'action")
    assert lignes[debut - 1] == ""
    assert "\n".join(lignes[debut + 1 : debut + 4]) == RECIT
    assert [lisible(ligne) for ligne in lignes if ligne.startswith("Salariés")] == ["Salariés mobilisés : 2"]


def test_a_receipt_is_for_those_who_exchange_about_the_bilan(recu: Recu, bilan: Bilan) -> None:
    campagne = bilan.action_annuelle.campagne
    chargee = fabriques.chargee_de_mission(campagne.contrat)
    valider(bilan, chargee)
    ligne = fabriques.LigneFinancementFactory(action_annuelle=bilan.action_annuelle)
    lecteur = fabriques.representant_du_financeur(ligne.financeur)
    assert bilan in Bilan.objects.visibles_par(lecteur)
    voisin = fabriques.representant_du_porteur(fabriques.PorteurFactory(epci=campagne.contrat.epci))
    for compte in (lecteur, voisin, fabriques.membre_du_copil(campagne.contrat)):
        for nom in ("recu", "recu_pdf"):
            assert client(compte).get(address(nom, recu)).status_code == 404
        assert recus_du_bilan(bilan, compte) == []
    assert client(chargee).get(address("recu", recu)).status_code == 200


def test_a_receipt_is_not_under_the_address_of_another_bilan(recu: Recu, porteur: Utilisateur) -> None:
    autre = fabriques.BilanFactory(
        action_annuelle__campagne=recu.bilan.action_annuelle.campagne,
        action_annuelle__action__porteur=recu.bilan.action_annuelle.action.porteur,
    )
    for nom in ("recu", "recu_pdf"):
        adresse = address(nom, recu).replace(recu.bilan.action_annuelle.cle, autre.action_annuelle.cle)
        assert client(porteur).get(adresse).status_code == 404


def test_the_list_of_receipts_costs_one_query(bilan: Bilan, porteur: Utilisateur) -> None:
    couts = []
    for mois in (3, 4, 5):
        instant = datetime(2025, mois, 12, tzinfo=UTC)
        fabriques.RecuFactory(bilan=bilan, transmis_le=instant, transmis_par=fabriques.UtilisateurFactory())
        with CaptureQueriesContext(connection) as requetes:
            lus = [
                (recu.transmis_le.month, recu.transmis_par.prenom) for recu in recus_du_bilan(bilan, porteur)
            ]
        assert [mois for mois, _ in lus] == sorted((mois for mois, _ in lus), reverse=True)
        couts.append(len(requetes))
    assert len(set(couts)) == 1


# -- Paper -----------------------------------------------------------------------------------------
def test_the_pdf_is_downloaded_under_a_dated_name(recu: Recu, porteur: Utilisateur) -> None:
    with rien_n_est_ecrit():
        reponse = client(porteur).get(address("recu_pdf", recu))
    assert reponse["Content-Type"] == "application/pdf"
    jour = recu.transmis_le.date().isoformat()
    assert reponse["Content-Disposition"] == f'attachment; filename="recu-{jour}-{recu.cle}.pdf"'
    assert reponse["Cache-Control"] == "private, no-cache"
    # the same receipt gives the same file, for ever
    assert reponse.content == pdf_du_recu(recu)
    lu = pypdf.PdfReader(io.BytesIO(reponse.content))
    assert lu.metadata is not None
    assert lu.metadata.title == "Reçu de transmission"
    pied = lisible(lu.pages[0].extract_text())
    assert f"Reçu n° {recu.cle} · Bilan 2024 de l'action « Jardin partagé »" in pied
    assert f"page 1 / {len(lu.pages)}" in pied


def test_when_the_pdf_fails_the_page_is_offered(recu: Recu, porteur: Utilisateur) -> None:
    with mock.patch("bilans.views.recus.pdf_du_recu", side_effect=ErreurRendu("Réessayez.")):
        reponse = client(porteur).get(address("recu_pdf", recu), follow=True)
    assert reponse.redirect_chain == [(address("recu", recu), 302)]
    assert "Le PDF n'a pas pu être préparé. Voici le même reçu sur cette page" in texte(reponse)


@pytest.fixture
def long_receipt(bilan: Bilan, porteur: Utilisateur) -> Recu:
    """Twenty thousand characters, several pages, and signs that no font of ours draws."""
    mots = " ".join(f"mot{n}" for n in range(2800))
    assert len(mots) > 20_000
    Bilan.objects.filter(pk=bilan.pk).update(
        mise_en_oeuvre=mots, points_forts=SIGNES, perspectives="x" * 3000
    )
    transmettre(bilan, porteur)
    return Recu.objects.get()


def test_a_long_text_is_whole_on_paper(long_receipt: Recu) -> None:
    contenu = pdf_du_recu(long_receipt)
    assert len(pypdf.PdfReader(io.BytesIO(contenu)).pages) > 4
    lus = set(on_paper(contenu).split())
    assert [n for n in range(2800) if f"mot{n}" not in lus] == []


def test_signs_that_cannot_be_printed_are_said_and_kept(long_receipt: Recu, recu_sans_signe: Recu) -> None:
    assert lisible(SIGNES) in lisible(RecuLu(long_receipt).texte)
    papier = on_paper(pdf_du_recu(long_receipt))
    assert lisible(SIGNES_ABSENTS) in papier
    assert "été » ﬁn… 12 000 €" in papier
    assert lisible(SIGNES_ABSENTS) not in on_paper(pdf_du_recu(recu_sans_signe))


@pytest.fixture
def recu_sans_signe(long_receipt: Recu) -> Recu:
    """Every sign that French uses, which paper draws."""
    contenu = {
        "sections": [
            {"titre": "T", "reponses": [["Q", "« Où ? À Noël – l’œuvre coûte 12\u202f000\u00a0€… »"]]}
        ]
    }
    return Recu(
        bilan=long_receipt.bilan,
        transmis_le=long_receipt.transmis_le,
        contenu=contenu,
        empreinte=empreinte_du_contenu(contenu),
    )


@pytest.mark.pdfua
def test_the_pdf_is_pdf_ua_1_and_pdf_a_3a(long_receipt: Recu, recu_sans_signe: Recu, tmp_path: Any) -> None:
    for recu in (long_receipt, recu_sans_signe):
        chemin = tmp_path / f"{recu.cle}.pdf"
        chemin.write_bytes(pdf_du_recu(recu))
        assert valider_le_pdf(chemin) == []


def test_a_receipt_kept_before_some_of_its_words_is_still_read(bilan: Bilan, porteur: Utilisateur) -> None:
    ancien = fabriques.RecuFactory(
        bilan=bilan, transmis_le=fabriques.TRANSMIS_LE, transmis_par=porteur, contenu={"sections": []}
    )
    assert client(porteur).get(address("recu", ancien)).status_code == 200
    assert pdf_du_recu(ancien).startswith(b"%PDF-")


def test_a_range_and_an_estimate_are_words(bilan: Bilan, porteur: Utilisateur) -> None:
    Effectif.objects.create(
        bilan=bilan, mesure=Effectif.Mesure.PASSAGES, sexe="T", valeur_min=20, valeur_max=120
    )
    transmettre(bilan, porteur)
    assert "entre 20 et 120" in lisible(RecuLu(Recu.objects.get()).texte)
