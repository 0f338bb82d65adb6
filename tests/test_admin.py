"""The administration: every list and page opens, and what has a workflow is only read there."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from actions.models import Action, ActionAnnuelle
from bilans.models import Bilan, BilanStructure, Courriel, DocumentConvention, RapportAnnuel
from comptes.models import Utilisateur
from contrats.models import AccesContrat, ContratVille, Partenaire
from financements.models import AmbiguiteMontants, AvisFinanceur, LigneFinancement, Scenario, Versement
from porteurs.models import Porteur
from tests import fabriques
from tests.outils.pages import rien_n_est_ecrit, texte
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db

PIECES = ("comptes", "contrats", "porteurs", "actions", "financements", "bilans")
# Changed by the operations of the application alone.
LUS = {
    Action,
    ActionAnnuelle,
    AmbiguiteMontants,
    AvisFinanceur,
    Bilan,
    BilanStructure,
    Courriel,
    DocumentConvention,
    LigneFinancement,
    Partenaire,
    Porteur,
    RapportAnnuel,
    Scenario,
    Versement,
    AccesContrat,
}
NOTRES = [modele for modele in admin.site._registry if modele._meta.app_label in PIECES]
FABRIQUES = {
    fabrique._meta.model: fabrique
    for nom, fabrique in vars(fabriques).items()
    if nom.endswith("Factory") and getattr(fabrique, "_meta", None) and fabrique._meta.model
}


def un(modele):
    """Return a stored row of `modele`, None when no factory makes one."""
    if modele is AccesContrat:
        fabriques.chargee_de_mission(fabriques.ContratFactory())
        return AccesContrat.objects.get()
    return FABRIQUES[modele]() if modele in FABRIQUES else None


def adresse(modele, page, *arguments):
    return reverse(f"admin:{modele._meta.app_label}_{modele._meta.model_name}_{page}", args=arguments)


@pytest.fixture
def administration(client):
    client.force_login(fabriques.administrateur())
    return client


def test_les_modeles_principaux_y_sont():
    principaux = {"Utilisateur", "ContratVille", "Axe", "Territoire", "Porteur", "Convention", "Campagne"}
    principaux |= {"Action", "ActionAnnuelle", "Financeur", "LigneFinancement", "Bilan", "RapportAnnuel"}
    assert principaux <= {modele.__name__ for modele in NOTRES}


@pytest.mark.parametrize("modele", NOTRES, ids=lambda modele: modele._meta.label)
def test_chaque_liste_et_chaque_fiche_s_ouvrent(administration, modele):
    objet = un(modele)
    with rien_n_est_ecrit():
        assert administration.get(adresse(modele, "changelist"), {"q": "École"}).status_code == 200
        ajout = administration.get(adresse(modele, "add"))
        assert ajout.status_code == (403 if modele in LUS else 200)
        if objet is not None:
            assert administration.get(adresse(modele, "change", objet.pk)).status_code == 200
            assert administration.get(adresse(modele, "history", objet.pk)).status_code == 200


@pytest.mark.parametrize("modele", sorted(LUS, key=lambda m: m.__name__), ids=lambda m: m.__name__)
def test_ce_qui_a_ses_regles_ne_se_change_pas_ici(administration, modele):
    objet = un(modele)
    with rien_n_est_ecrit():
        for page, arguments in (("add", ()), ("change", (objet.pk,)), ("delete", (objet.pk,))):
            assert administration.post(adresse(modele, page, *arguments), {"post": "yes"}).status_code == 403


def test_un_ancien_etat_se_lit_et_ne_se_remet_pas(administration):
    contrat = fabriques.ContratFactory(nom="Contrat d'avant")
    contrat.nom = "Contrat d'après"
    contrat.save()
    ancien = contrat.historique.order_by("history_id").first()
    page = adresse(ContratVille, "simple_history", contrat.pk, ancien.pk)
    assert administration.get(page).status_code == 200
    with rien_n_est_ecrit():
        administration.post(page, {"nom": "Contrat d'avant"})


def test_ce_qui_change_ici_est_dans_l_historique_avec_qui(administration):
    financeur = fabriques.FinanceurFactory(sigle="CAF")
    champs = {
        "contrat": financeur.contrat_id,
        "nom": "Caisse d'allocations familiales",
        "sigle": "CAF",
        "type": "organisme_social",
        "ordre": 1,
    }
    page = adresse(type(financeur), "change", financeur.pk)
    assert administration.post(page, champs).status_code == 302
    derniere = financeur.historique.first()
    assert derniere.nom == "Caisse d'allocations familiales"
    assert derniere.history_user.est_administrateur


def test_un_doublon_est_refuse_avec_sa_phrase(administration):
    financeur = fabriques.FinanceurFactory(sigle="CAF")
    champs = {"contrat": financeur.contrat_id, "nom": "Caisse", "sigle": "CAF", "type": "autre", "ordre": 1}
    with rien_n_est_ecrit():
        reponse = administration.post(adresse(type(financeur), "add"), champs)
    assert "Ce contrat a déjà un financeur de ce nom court." in texte(reponse)


def test_un_compte_cree_ici_se_connecte_par_un_code(administration):
    page = adresse(Utilisateur, "add")
    champs = {"email": "Nouvelle@Exemple.fr", "prenom": "Lou", "nom": "Petit", "is_active": "on"}
    assert administration.post(page, champs).status_code == 302
    compte = Utilisateur.objects.get(email="nouvelle@exemple.fr")
    assert not compte.has_usable_password()
    assert not compte.is_staff
    assert administration.post(adresse(Utilisateur, "delete", compte.pk), {"post": "yes"}).status_code == 403


def test_l_acces_a_l_administration_seul_n_ouvre_rien(client):
    porteur = fabriques.PorteurFactory()
    client.force_login(fabriques.UtilisateurFactory(is_staff=True))
    assert client.get(adresse(Porteur, "changelist")).status_code == 403
    assert client.get(adresse(Porteur, "change", porteur.pk)).status_code == 403


@pytest.mark.parametrize("modele", [m for m in NOTRES if m in FABRIQUES], ids=lambda m: m._meta.label)
def test_une_liste_ne_coute_pas_plus_avec_le_nombre(administration, modele):
    un(modele)
    verifier_requetes_constantes(
        lambda: administration.get(adresse(modele, "changelist")), lambda: un(modele)
    )


def test_aucun_modele_a_historique_n_y_est_sans_son_historique():
    from simple_history.admin import SimpleHistoryAdmin

    sans = [
        modele.__name__
        for modele in apps.get_models()
        if modele in admin.site._registry
        and hasattr(modele, "historique")
        and not isinstance(admin.site._registry[modele], SimpleHistoryAdmin)
    ]
    assert sans == []
