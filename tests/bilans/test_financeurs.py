"""The funders of a contract: adding one where there is none, correcting it, what keeps archived totals as they were."""

from decimal import Decimal

import pytest

from financements.models import Financeur
from tests import fabriques
from tests.outils import lieux
from tests.outils.pages import erreurs, saisie, texte

SIRET = "44332616000019"
SAISIE = {"nom": "Ville de Dole", "sigle": "VILLE", "type": "commune", "dans_total": "on", "siret": ""}


@pytest.fixture
def lieu(db, client):
    """Give a contract that nobody funds yet, with an action."""
    lieu = lieux.ouvrir(client)
    lieu.annuelle = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne)
    return lieu


@pytest.fixture
def ville(lieu):
    """Give the funder « VILLE » of the contract."""
    return fabriques.FinanceurFactory(
        contrat=lieu.contrat, nom="Ville de Dole", sigle="VILLE", type="commune", siret="", ordre=3
    )


def test_un_contrat_sans_financeur_dit_ou_l_ajouter(lieu):
    creer = lieu.adresse("financeur_creer")
    for page in ("programmation", "financeurs", "enveloppe_creer"):
        assert f'href="{creer}"' in lieu.client.get(lieu.adresse(page)).content.decode(), page


def test_ajouter_un_financeur_en_fait_une_colonne(lieu):
    adresse = lieu.adresse("financeur_creer")
    assert lieu.client.post(adresse, {**SAISIE, "siret": SIRET + ".0"}, follow=True).status_code == 200
    ville = Financeur.objects.get()
    assert (ville.contrat, ville.nom, ville.sigle, ville.type) == (
        lieu.contrat,
        "Ville de Dole",
        "VILLE",
        "commune",
    )
    assert (ville.dans_total, ville.siret, ville.ordre) == (True, SIRET, 1)
    assert ville.historique.get().history_user == lieu.chargee
    assert "VILLE" in texte(lieu.client.get(lieu.adresse("programmation")))
    caf = {"nom": "CAF du Jura", "sigle": "CAF", "type": "organisme_social"}
    reponse = lieu.client.post(adresse, caf, follow=True)
    assert "Le financeur « CAF du Jura » est enregistré." in texte(reponse)
    assert "compté à part" in texte(reponse)
    assert list(Financeur.objects.order_by("ordre").values_list("sigle", "ordre", "dans_total")) == [
        ("VILLE", 1, True),
        ("CAF", 2, False),
    ]


def test_un_siret_repare_se_dit(lieu):
    reponse = lieu.client.post(
        lieu.adresse("financeur_creer"), {**SAISIE, "siret": SIRET + ".0"}, follow=True
    )
    assert f"SIRET : {SIRET}. Numéro corrigé" in texte(reponse)


def test_ce_qui_manque_se_dit_au_champ_et_rien_n_est_ecrit(lieu):
    adresse = lieu.adresse("financeur_creer")
    reponse = lieu.client.post(adresse, {"nom": "", "sigle": "", "type": "", "siret": "123"})
    assert erreurs(reponse) == {
        "nom": ["Donnez le nom du financeur."],
        "sigle": ["Donnez un nom court : il titre la colonne du financeur."],
        "type": ["Choisissez ce qu'est ce financeur."],
        "siret": ["Un SIRET a quatorze chiffres : vous en avez saisi 3."],
    }
    assert Financeur.objects.count() == 0


def test_deux_financeurs_n_ont_pas_le_meme_nom_court(lieu, ville):
    reponse = lieu.client.post(lieu.adresse("financeur_creer"), {**SAISIE, "nom": "Ville de Tavaux"})
    assert erreurs(reponse) == {"__all__": ["Ce contrat a déjà un financeur de ce nom court."]}
    assert Financeur.objects.count() == 1


def test_corriger_un_financeur(lieu, ville):
    adresse = lieu.adresse("financeur_modifier", ville.cle)
    valeurs = saisie(lieu.client.get(adresse))
    assert lieu.client.post(adresse, {**valeurs, "sigle": "DOLE"}).status_code == 302
    ville.refresh_from_db()
    assert (ville.sigle, ville.ordre, ville.historique.first().history_user) == ("DOLE", 3, lieu.chargee)
    # The page opened before knows an older version: what it typed stands beside what is there.
    reponse = lieu.client.post(adresse, {**valeurs, "sigle": "MAIRIE"})
    assert "Enregistrer cette version" in texte(reponse)
    assert 'value="MAIRIE"' in reponse.content.decode()
    ville.refresh_from_db()
    assert ville.sigle == "DOLE"


@pytest.mark.parametrize("archivee", [True, False])
def test_compter_un_financeur_autrement_ne_change_pas_une_annee_archivee(lieu, ville, archivee):
    fabriques.LigneFinancementFactory(
        action_annuelle=lieu.annuelle, financeur=ville, montant_accorde=Decimal(1000)
    )
    if archivee:
        lieu.campagne.statut = "archivee"
        lieu.campagne.save()
    adresse = lieu.adresse("financeur_modifier", ville.cle)
    reponse = lieu.client.post(adresse, {**saisie(lieu.client.get(adresse)), "dans_total": ""})
    ville.refresh_from_db()
    assert (reponse.status_code, ville.dans_total) == ((200, True) if archivee else (302, False))
    if archivee:
        assert list(erreurs(reponse)) == ["dans_total"]
