"""Who acts for a porteur: inviting an address, withdrawing an access."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bilans.destinataires import Annuaire
from comptes.models import Utilisateur
from porteurs.invitations import invitations_vivantes
from porteurs.models import AccesPorteur, Invitation
from porteurs.operations import inviter, retirer_acces
from tests import fabriques
from tests.outils.pages import rien_n_est_ecrit

pytestmark = pytest.mark.django_db

CONTRIBUTEUR, RESPONSABLE = AccesPorteur.Role.CONTRIBUTEUR, AccesPorteur.Role.ADMINISTRATEUR
EN_2098 = datetime(2098, 1, 1, tzinfo=UTC)
EN_2099 = datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture
def chargee(lieu):
    return fabriques.chargee_de_mission(lieu.contrat)


def droits(porteur):
    acces = AccesPorteur.objects.filter(porteur=porteur).order_by("utilisateur__email")
    return [(a.utilisateur.email, a.role) for a in acces]


def contributeur(porteur, email="contributeur@exemple.fr"):
    compte = fabriques.UtilisateurFactory(email=email)
    return AccesPorteur.objects.create(porteur=porteur, utilisateur=compte, role=CONTRIBUTEUR)


# -- Inviting --------------------------------------------------------------------------------------
def test_inviter_ouvre_le_compte_l_acces_et_le_lien(lieu, chargee):
    invitation = inviter(chargee, lieu.porteur, " Lea.Roy@Exemple.FR ", "Léa Roy", expire_le=EN_2099)
    compte = Utilisateur.objects.get(email="lea.roy@exemple.fr")
    assert (compte.nom, compte.prenom, compte.has_usable_password()) == ("Léa Roy", "", False)
    assert droits(lieu.porteur) == [("lea.roy@exemple.fr", CONTRIBUTEUR)]
    assert (invitation.email, invitation.nom, invitation.invite_par) == (compte.email, "Léa Roy", chargee)
    assert len(invitation.jeton) == 43
    acces = AccesPorteur.objects.get(porteur=lieu.porteur)
    assert {ligne.history_user for ligne in (acces.historique.get(), invitation.historique.get())} == {
        chargee
    }


def test_inviter_de_nouveau_prolonge_le_meme_lien_et_n_abaisse_rien(lieu, chargee):
    premiere = inviter(chargee, lieu.porteur, "lea@exemple.fr", "Léa", RESPONSABLE, expire_le=EN_2098)
    inviter(None, lieu.porteur, "LEA@exemple.fr", "Une autre", CONTRIBUTEUR, expire_le=EN_2099)
    inviter(None, lieu.porteur, "lea@exemple.fr", expire_le=EN_2098)
    assert droits(lieu.porteur) == [("lea@exemple.fr", RESPONSABLE)]
    [seule] = Invitation.objects.filter(porteur=lieu.porteur)
    assert (seule.jeton, seule.nom, seule.expire_le) == (premiere.jeton, "Léa", EN_2099)
    # What Pilotis does by itself is signed by nobody; what changes nothing is not written.
    assert [ligne.history_user for ligne in seule.historique.all()] == [None, chargee]


def test_un_role_se_releve(lieu, chargee):
    for role in (CONTRIBUTEUR, RESPONSABLE):
        inviter(chargee, lieu.porteur, "lea@exemple.fr", role=role, expire_le=EN_2099)
    assert droits(lieu.porteur) == [("lea@exemple.fr", RESPONSABLE)]


def test_un_compte_connu_garde_son_nom_et_son_mot_de_passe(lieu, chargee):
    compte = Utilisateur.objects.create_user("lea@exemple.fr", "sept colonnes", prenom="Léa", nom="Roy")
    inviter(chargee, lieu.porteur, "lea@exemple.fr", "Madame Roy", expire_le=EN_2099)
    compte.refresh_from_db()
    assert (compte.prenom, compte.nom, compte.check_password("sept colonnes")) == ("Léa", "Roy", True)


def test_un_compte_desactive_n_est_pas_invite(lieu, chargee):
    fabriques.UtilisateurFactory(email="lea@exemple.fr", is_active=False)
    with pytest.raises(ValidationError, match="désactivé"):
        inviter(chargee, lieu.porteur, "lea@exemple.fr", expire_le=EN_2099)
    assert droits(lieu.porteur) == []
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    "qui",
    [
        lambda lieu: fabriques.chargee_de_mission(fabriques.ContratFactory()),
        lambda lieu: fabriques.representant_du_porteur(fabriques.PorteurFactory(epci=lieu.epci)),
        lambda lieu: fabriques.membre_du_copil(lieu.contrat),
        lambda lieu: contributeur(lieu.porteur).utilisateur,
    ],
)
def test_inviter_et_retirer_sont_refuses(lieu, qui):
    autre, intrus = contributeur(lieu.porteur, "autre@exemple.fr"), qui(lieu)
    with pytest.raises(PermissionDenied):
        inviter(intrus, lieu.porteur, "lea@exemple.fr", expire_le=EN_2099)
    with pytest.raises(PermissionDenied):
        retirer_acces(intrus, autre)
    assert not Utilisateur.objects.filter(email="lea@exemple.fr").exists()
    assert AccesPorteur.objects.filter(pk=autre.pk).exists()


def test_le_responsable_de_la_structure_mere_invite_pour_un_service(lieu):
    ville = fabriques.PorteurFactory(ville=True, epci=lieu.epci)
    service = fabriques.PorteurFactory(service=True, parent=ville, epci=lieu.epci)
    du_service = fabriques.representant_du_porteur(service)
    inviter(fabriques.representant_du_porteur(ville), service, "lea@exemple.fr", expire_le=EN_2099)
    with pytest.raises(PermissionDenied):
        inviter(du_service, ville, "lea@exemple.fr", expire_le=EN_2099)


# -- Withdrawing -----------------------------------------------------------------------------------
def test_retirer_ferme_tout_de_suite_et_garde_l_historique(lieu, chargee):
    invitation = inviter(chargee, lieu.porteur, "lea@exemple.fr", expire_le=EN_2099)
    compte = Utilisateur.objects.get(email="lea@exemple.fr")
    assert type(lieu.porteur).objects.visibles_par(compte).filter(pk=lieu.porteur.pk).exists()
    acces = AccesPorteur.objects.get(utilisateur=compte)
    retirer_acces(chargee, acces)
    assert not type(lieu.porteur).objects.visibles_par(compte).exists()
    invitation.refresh_from_db()
    assert (invitation.retiree_par, invitations_vivantes().exists()) == (chargee, False)
    assert [ligne.history_type for ligne in AccesPorteur.historique.all()] == ["-", "+"]
    assert AccesPorteur.historique.first().history_user == chargee
    assert Utilisateur.objects.filter(email="lea@exemple.fr", is_active=True).exists()


def test_une_adresse_retiree_n_est_plus_ecrite_jusqu_a_ce_qu_on_la_reinvite(lieu, chargee):
    # Opened by the administration: there never was an invitation. It is a representative's address too.
    acces = contributeur(lieu.porteur, "lea@exemple.fr")
    fabriques.RepresentantFactory(porteur=lieu.porteur, email="lea@exemple.fr")

    def contacts():
        return [c.email for c in Annuaire(lieu.campagne, lieu.porteur).contacts(lieu.porteur)]

    assert contacts() == ["lea@exemple.fr"]
    retirer_acces(chargee, acces)
    assert contacts() == []
    inviter(chargee, lieu.porteur, "lea@exemple.fr", expire_le=EN_2099)
    assert contacts() == ["lea@exemple.fr"]


def test_un_porteur_ne_se_ferme_pas_a_lui_meme(lieu, chargee):
    premier = fabriques.representant_du_porteur(lieu.porteur)
    son_acces = AccesPorteur.objects.get(utilisateur=premier)
    contributeur(lieu.porteur)
    fabriques.representant_du_porteur(lieu.porteur, is_active=False)
    with pytest.raises(ValidationError, match="dernière personne responsable"):
        retirer_acces(premier, son_acces)
    second = fabriques.representant_du_porteur(lieu.porteur)
    retirer_acces(premier, son_acces)
    retirer_acces(chargee, AccesPorteur.objects.get(utilisateur=second))
    assert not AccesPorteur.objects.filter(role=RESPONSABLE, utilisateur__is_active=True).exists()


def test_un_acces_retire_deux_fois_ne_l_est_qu_une(lieu, chargee):
    acces = contributeur(lieu.porteur)
    retirer_acces(chargee, AccesPorteur.objects.get(pk=acces.pk))
    with rien_n_est_ecrit():
        retirer_acces(chargee, acces)


def test_le_role_qui_compte_est_celui_du_moment(lieu):
    """Read as a contributor by the page, then made the only person responsible: the withdrawal is refused."""
    premier = fabriques.representant_du_porteur(lieu.porteur)
    acces = AccesPorteur.objects.get(utilisateur=premier)
    acces.role = CONTRIBUTEUR
    with rien_n_est_ecrit(), pytest.raises(ValidationError, match="dernière personne responsable"):
        retirer_acces(premier, acces)


def test_le_retrait_tient_la_structure_et_celle_dont_elle_depend(lieu, chargee):
    ville = fabriques.PorteurFactory(ville=True, epci=lieu.epci)
    service = fabriques.PorteurFactory(service=True, parent=ville, epci=lieu.epci)
    acces = contributeur(service)
    with CaptureQueriesContext(connection) as capture:
        retirer_acces(chargee, acces)
    premiere = next(q["sql"] for q in capture.captured_queries if 'FROM "porteurs_porteur"' in q["sql"])
    assert f"IN ({service.pk}, {ville.pk})" in premiere
    assert 'ORDER BY "porteurs_porteur"."id"' in premiere
