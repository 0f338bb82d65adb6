"""The pages of the annexes and their files: who reads what, filters, options, refusals."""

import re
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bilans.annexes import ANNEXES
from documents import FORMATS, TYPES_MIME, ErreurRendu
from tests import fabriques
from tests.documents.lecteurs import lire_csv, lire_html
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db


@pytest.fixture
def monde():
    """A contract with two porteurs, two funders, bilans in several states, and an account for each role."""
    contrat = fabriques.ContratFactory(slug="valmorin", nom_court="Valmorin-sur-Cèze")
    campagne = fabriques.CampagneFactory(contrat=contrat)
    fabriques.arbre_d_axes(contrat)
    etat = fabriques.FinanceurFactory(contrat=contrat, nom="État", sigle="ÉTAT", ordre=1)
    ville = fabriques.FinanceurFactory(contrat=contrat, nom="Mairie", sigle="MAIRIE", ordre=2)
    mjc, ccas = (fabriques.PorteurFactory(epci=contrat.epci, nom=nom) for nom in ("MJC", "CCAS"))
    rangs = [("Radio", mjc, "transmis"), ("Danse", mjc, "valide"), ("PRE", ccas, "valide")]
    for rang, (intitule, porteur, situation) in enumerate(rangs, 1):
        action = fabriques.ActionFactory(contrat=contrat, porteur=porteur, intitule=intitule)
        annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne, action=action, ordre=rang)
        fabriques.BilanFactory(
            action_annuelle=annuelle, mise_en_oeuvre=f"Récit de {intitule}", **{situation: True}
        )
        for financeur, montant in ((etat, 1000 * rang), (ville, 10 * rang)):
            fabriques.LigneFinancementFactory(
                action_annuelle=annuelle, financeur=financeur, montant_accorde=Decimal(montant)
            )
    return SimpleNamespace(
        contrat=contrat,
        campagne=campagne,
        chargee=fabriques.chargee_de_mission(contrat),
        porteur=fabriques.representant_du_porteur(mjc),
        financeur=fabriques.representant_du_financeur(etat),
        copil=fabriques.membre_du_copil(contrat),
    )


def adresse(nom: str, *suite: str) -> str:
    return reverse(nom, args=["valmorin", 2024, *suite])


def ouvrir(client: Client, compte: Any, url: str) -> Any:
    client.force_login(compte)
    return client.get(url)


def fichier(client: Client, compte: Any, nom: str, requete: str = "") -> list[list[str]]:
    """Return the rows of the CSV of an annex."""
    reponse = ouvrir(client, compte, adresse("annexe_fichier", nom, "csv") + requete)
    assert reponse.status_code == 200
    return lire_csv(reponse.getvalue())


def page(client: Client, compte: Any, nom: str, requete: str = "") -> str:
    """Return the page of an annex, with single spaces."""
    reponse = ouvrir(client, compte, adresse("annexe", nom) + requete)
    assert reponse.status_code == 200
    return " ".join(reponse.content.decode().replace("\u00a0", " ").split())


# -- Who reads what --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "ouvertes"),
    [
        ("chargee", list(ANNEXES)),
        ("porteur", ["synthese", "porteurs", "enjeux", "fiche-action", "crf", "fiche-structure"]),
        ("financeur", ["synthese", "porteurs", "financements", "enjeux", "fiche-action"]),
        ("copil", ["enjeux"]),
    ],
)
def test_la_liste_ne_montre_que_ce_qui_s_ouvre_en_page_et_en_fichier(client, monde, role, ouvertes):
    compte = getattr(monde, role)
    liste = ouvrir(client, compte, adresse("annexes")).content.decode()
    assert re.findall(r'<h2 id="annexe-([\w-]+)">', liste) == ouvertes
    for nom in ANNEXES:
        code = 200 if nom in ouvertes else 403
        assert ouvrir(client, compte, adresse("annexe", nom)).status_code == code, nom
        for format in {"csv", "html", "docx"} & set(ANNEXES[nom].formats):
            url = adresse("annexe_fichier", nom, format)
            assert ouvrir(client, compte, url).status_code == code, (nom, format)


def test_un_refus_dit_a_qui_l_annexe_est_ouverte(client, monde):
    reponse = ouvrir(client, monde.copil, adresse("annexe", "porteurs"))
    assert "Elle est ouverte à l'équipe du contrat de ville" in reponse.content.decode().replace(
        "&#x27;", "'"
    )


def test_la_chargee_de_mission_voit_tout(client, monde):
    lues = fichier(client, monde.chargee, "porteurs")
    assert lues[0][8:] == ["ÉTAT", "MAIRIE", "TOTAL PDV"]
    assert [r[1] for r in lues if r[1]] == ["Intitulé de l'action", "Radio", "Danse", "PRE"]
    assert lues[-2][8:] == ["6000", "60", "6060"]
    assert lues[1][4] == "Récit de Radio"


def test_un_financeur_ne_voit_que_sa_colonne_et_les_bilans_valides(client, monde):
    lues = fichier(client, monde.financeur, "porteurs")
    assert lues[0][8:] == ["ÉTAT"]
    assert [r[1] for r in lues if r[1]] == ["Intitulé de l'action", "Radio", "Danse", "PRE"]
    assert [r[4] for r in lues[1:] if r[1]] == ["", "Récit de Danse", "Récit de PRE"]
    assert lues[-1][0] == "Total général"
    assert lues[-1][8:] == ["6000"]
    lue = page(client, monde.financeur, "porteurs")
    assert "2 bilans validés, 1 pas encore validé sur 3 actions ; 2 structures." in lue
    assert "Vous ne voyez que vos montants (État)." in lue
    assert "MAIRIE" not in lue.upper()
    assert "Récit de Radio" not in page(client, monde.financeur, "synthese")


def test_un_porteur_ne_voit_que_ses_lignes_avec_leur_total(client, monde):
    lues = fichier(client, monde.porteur, "porteurs")
    assert lues[0][8:] == ["ÉTAT", "MAIRIE", "TOTAL PDV"]
    assert [r[1] for r in lues if r[1]] == ["Intitulé de l'action", "Radio", "Danse"]
    assert lues[-2][8:] == ["3000", "30", "3030"]
    assert "Ce tableau ne contient que les actions de votre structure." in page(
        client, monde.porteur, "porteurs"
    )
    assert "CCAS" not in page(client, monde.porteur, "synthese")


def test_ni_les_lignes_a_trancher_ni_les_totaux_imprimes_ne_sont_pour_un_financeur(client, monde):
    annuelle = monde.campagne.actions.order_by("ordre").first()
    fabriques.AmbiguiteFactory(
        action_annuelle=annuelle, lectures=list(monde.contrat.financeurs.order_by("ordre"))
    )
    fabriques.TotalControleFactory(campagne=monde.campagne, valeur=Decimal(7000))
    assert "1 ligne dont la répartition entre financeurs reste à confirmer : « Radio »." in page(
        client, monde.chargee, "porteurs"
    )
    assert "TOTAL PDV 7 000 €, calculé 6 060 €." in page(client, monde.chargee, "porteurs").replace(
        "\u202f", " "
    )
    for compte in (monde.financeur, monde.porteur):
        lue = page(client, compte, "porteurs")
        assert "reste à confirmer" not in lue
        assert "Total imprimé" not in lue


# -- Filters and options ---------------------------------------------------------------------------
def test_une_liste_filtree_donne_exactement_ses_lignes_sur_la_page_et_en_fichier(client, monde):
    lues = fichier(client, monde.chargee, "synthese", "?bilan=valides")
    assert [r[0] for r in lues] == ["ACTION", "Danse", "PRE"]
    lue = page(client, monde.chargee, "synthese", "?bilan=valides")
    assert "sélection : 2 actions sur 3 (Bilan : Validés)" in lue
    assert f"{adresse('annexe_fichier', 'synthese', 'pdf')}?bilan=valides" in lue
    assert "Retirer le filtre" in lue
    assert "Récit de Radio" not in lue


def test_un_filtre_qui_n_est_pas_valable_est_dit_et_ne_s_applique_pas(client, monde):
    lue = page(client, monde.chargee, "synthese", "?bilan=zzz")
    assert "Il n'est pas appliqué." in lue.replace("&#x27;", "'")
    assert "Récit de Radio" in lue
    assert "sélection" not in lue


def test_une_selection_vide_le_dit(client, monde):
    assert "Aucune action ne correspond à cette sélection." in page(
        client, monde.chargee, "porteurs", "?q=zzz"
    )


def test_les_filtres_ne_touchent_pas_les_enjeux(client, monde):
    assert fichier(client, monde.chargee, "enjeux", "?q=zzz") == fichier(client, monde.chargee, "enjeux")


def test_les_options_vont_de_la_page_au_fichier(client, monde):
    lue = page(client, monde.chargee, "porteurs", "?montant=demande&papier=A4&bilan=valides")
    assert '<option value="demande" selected>' in lue
    assert '<input type="hidden" name="bilan" value="valides">' in lue
    suite = "?bilan=valides&amp;montant=demande&amp;papier=A4"
    assert f"{adresse('annexe_fichier', 'porteurs', 'xlsx')}{suite}" in lue
    assert "Aucun financement n'est saisi pour 2024 (montants demandés)" in lue.replace("&#x27;", "'")
    assert '<option value="accorde" selected>' in page(client, monde.chargee, "porteurs", "?montant=tout")


# -- Files -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("format", FORMATS)
def test_un_fichier_a_son_type_et_son_nom(client, monde, format):
    reponse = ouvrir(client, monde.chargee, adresse("annexe_fichier", "porteurs", format))
    assert reponse.status_code == 200
    assert reponse["Content-Type"] == TYPES_MIME[format]
    nom = f"annexe-porteurs-valmorin-sur-ceze-2024.{format}"
    if format == "html":
        assert "Content-Disposition" not in reponse
        assert set(reponse["Content-Security-Policy"].split("; ")) == {
            "default-src 'none'",
            "style-src 'unsafe-inline'",
            "frame-ancestors 'none'",
        }
    else:
        assert reponse["Content-Disposition"] == f'attachment; filename="{nom}"'


def test_la_page_et_le_fichier_disent_la_meme_chose(client, monde):
    tableau = lire_html(ouvrir(client, monde.chargee, adresse("annexe", "porteurs")).content)
    assert (
        tableau.corps()
        == lire_html(
            ouvrir(client, monde.chargee, adresse("annexe_fichier", "porteurs", "html")).getvalue()
        ).corps()
    )
    assert len(tableau.corps()) == 7


@pytest.mark.parametrize("suite", ["absente.csv", "porteurs.ods", "porteurs.exe", "absente/"])
def test_une_annexe_ou_un_format_inconnus_sont_introuvables(client, monde, suite):
    assert ouvrir(client, monde.chargee, adresse("annexes") + suite).status_code == 404


def test_une_annexe_se_lit_et_ne_s_ecrit_pas(client, monde):
    client.force_login(monde.chargee)
    for url in (
        adresse("annexes"),
        adresse("annexe", "porteurs"),
        adresse("annexe_fichier", "porteurs", "csv"),
    ):
        assert client.post(url).status_code == 405


def test_un_document_impossible_donne_une_page_qui_dit_quoi_faire(client, monde, monkeypatch):
    def echouer(*_: Any) -> None:
        raise ErreurRendu("La mise en page du PDF a dépassé 300 secondes et a été arrêtée.")

    monkeypatch.setattr("bilans.annexes.registre.rendre", echouer)
    reponse = ouvrir(client, monde.chargee, adresse("annexe_fichier", "porteurs", "pdf") + "?bilan=valides")
    assert reponse.status_code == 503
    texte = reponse.content.decode()
    assert "La mise en page du PDF a dépassé 300 secondes" in texte
    assert f"{adresse('annexe_fichier', 'porteurs', 'xlsx')}?bilan=valides" in texte


def test_un_tableau_trop_long_pour_une_page_se_telecharge(client, monde, monkeypatch):
    monkeypatch.setattr("bilans.views.annexes.LIGNES_PAR_PAGE", 2)
    lue = page(client, monde.chargee, "porteurs")
    assert "Ce tableau est trop long pour une page" in lue
    assert "<table" not in lue
    assert "<table" in page(client, monde.chargee, "porteurs", "?bilan=valides")
    assert "<table" in page(client, monde.chargee, "enjeux")


# -- Queries ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["chargee", "financeur", "porteur"])
def test_le_nombre_de_requetes_d_une_page_ne_depend_pas_des_lignes(client, monde, role):
    client.force_login(getattr(monde, role))
    porteur = monde.campagne.actions.order_by("ordre").first().action.porteur

    def ajouter() -> None:
        action = fabriques.ActionFactory(contrat=monde.contrat, porteur=porteur)
        annuelle = fabriques.ActionAnnuelleFactory(campagne=monde.campagne, action=action)
        fabriques.BilanFactory(action_annuelle=annuelle, valide=True)
        for financeur in monde.contrat.financeurs.order_by("ordre"):
            fabriques.LigneFinancementFactory(action_annuelle=annuelle, financeur=financeur)

    verifier_requetes_constantes(lambda: client.get(adresse("annexe", "porteurs")), ajouter, fois=10)
