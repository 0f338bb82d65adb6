"""The page of a porteur's accesses: who acts, inviting, withdrawing; by whom it is reached."""

import re
from datetime import UTC, date, datetime
from html import unescape

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from bilans.models import Courriel
from bilans.operations.acces import INVITATIONS_PAR_JOUR
from comptes.models import Utilisateur
from porteurs.models import AccesPorteur, Invitation
from tests import fabriques
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db

CONTRIBUTEUR, RESPONSABLE = AccesPorteur.Role.CONTRIBUTEUR, AccesPorteur.Role.ADMINISTRATEUR


@pytest.fixture(autouse=True)
def horloge(time_machine):
    time_machine.move_to("2025-06-18T09:05:00+02:00")
    return time_machine


@pytest.fixture
def url(lieu):
    return lieu.adresse("porteur_acces", lieu.porteur.cle)


@pytest.fixture
def url_inviter(lieu):
    return lieu.adresse("porteur_inviter", lieu.porteur.cle)


def acces(porteur, email="lea@exemple.fr", role=CONTRIBUTEUR, **champs):
    compte = fabriques.UtilisateurFactory(email=email, **champs)
    return AccesPorteur.objects.create(porteur=porteur, utilisateur=compte, role=role)


def texte(reponse):
    return " ".join(unescape(reponse.content.decode()).replace("\u00a0", " ").split())


def lignes(html):
    """Return the text of each row of the table, cells separated by « | »."""
    corps = html.split("<tbody", 1)[1].split("</tbody>", 1)[0]
    rangees = re.findall(r"<tr.*?</tr>", corps)
    return [[nu(cellule) for cellule in re.findall(r"<t[hd].*?</t[hd]>", rangee)[:4]] for rangee in rangees]


def nu(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# -- Reading ---------------------------------------------------------------------------------------
def test_qui_agit_depuis_quand_et_quand_elle_est_entree(lieu, url):
    porteur = lieu.porteur
    acces(porteur, "neuve@exemple.fr", prenom="Nina", nom="Zola")
    fabriques.InvitationFactory(porteur=porteur, email="neuve@exemple.fr")
    acces(porteur, "tard@exemple.fr", prenom="Tom", nom="Yver")
    fabriques.InvitationFactory(porteur=porteur, email="tard@exemple.fr", expiree=True)
    acces(porteur, "partie@exemple.fr", prenom="Paul", nom="Xu", is_active=False)
    venue = acces(porteur, "venue@exemple.fr", RESPONSABLE, prenom="Vera", nom="Abel")
    fabriques.InvitationFactory(
        porteur=porteur, email="venue@exemple.fr", utilisee_le=datetime(2025, 2, 3, 9, tzinfo=UTC)
    )
    Utilisateur.objects.filter(pk=venue.utilisateur.pk).update(last_login=datetime(2025, 6, 2, 9, tzinfo=UTC))
    fabriques.CourrielFactory(
        campagne=lieu.campagne, porteur=porteur, destinataire="neuve@exemple.fr",
        statut="refuse", erreur="550 boîte inconnue",
    )  # fmt: skip
    html = texte(lieu.client.get(url))
    assert lignes(html) == [
        ["Vera Abel venue@exemple.fr", "Saisir, transmettre, inviter", "18 juin 2025",
         "Première fois le 3 février 2025, dernière le 2 juin 2025"],
        ["Nina Zola neuve@exemple.fr", "Saisir, transmettre", "18 juin 2025",
         "jamais encore nos courriels n'y arrivent pas"],
        ["Paul Xu partie@exemple.fr", "Saisir, transmettre", "18 juin 2025", "compte désactivé"],
        ["Tom Yver tard@exemple.fr", "Saisir, transmettre", "18 juin 2025", "jamais, le lien a expiré"],
    ]  # fmt: skip
    assert "4 personnes peuvent saisir et transmettre les bilans" in html
    assert html.count("Renvoyer le lien") == 2


def test_sans_personne_la_page_dit_quoi_faire(lieu, url):
    html = texte(lieu.client.get(url))
    assert "Personne ne peut encore saisir et transmettre" in html
    assert "Personne n'a encore accès" in html


def test_les_representants_sans_acces_se_proposent_une_fois(lieu, url):
    acces(lieu.porteur, "lea@exemple.fr")

    def creer(nom, email, **champs):
        fabriques.RepresentantFactory(porteur=lieu.porteur, nom=nom, email=email, **champs)

    creer("Léa", "Lea@exemple.fr")
    creer("Marc", "marc@exemple.fr", legal=True)
    creer("Marc bis", "MARC@exemple.fr", legal=False)
    creer("Sans adresse", "", legal=False)
    creer("Ancienne", "ancienne@exemple.fr", date_fin=date(2025, 6, 17), legal=False)
    noms = re.findall(r"<h3>([^<]+)</h3>", texte(lieu.client.get(url)))
    assert noms == ["Marc"]


def test_un_service_montre_les_personnes_de_la_structure_mere(lieu):
    ville = fabriques.PorteurFactory(ville=True, epci=lieu.epci, nom="Ville")
    service = fabriques.PorteurFactory(service=True, parent=ville, epci=lieu.epci)
    acces(ville, prenom="Léa", nom="Roy")
    html = texte(lieu.client.get(lieu.adresse("porteur_acces", service.cle)))
    assert "agissent pour tous les services de Ville : Léa Roy." in html


def test_autant_de_requetes_pour_1_et_10_acces(lieu, url):
    def ajouter():
        nombre = AccesPorteur.objects.count()
        acces(lieu.porteur, f"a{nombre}@exemple.fr")
        fabriques.InvitationFactory(porteur=lieu.porteur, email=f"a{nombre}@exemple.fr")
        fabriques.InvitationFactory(porteur=lieu.porteur, retiree=True)
        fabriques.RepresentantFactory(porteur=lieu.porteur, email=f"r{nombre}@exemple.fr", legal=False)

    ajouter()
    verifier_requetes_constantes(lambda: lieu.client.get(url), ajouter, fois=9)


# -- Who reaches it --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "statut"),
    [
        (lambda lieu: fabriques.representant_du_porteur(lieu.porteur), 200),
        (lambda lieu: acces(lieu.porteur).utilisateur, 403),
        (lambda lieu: fabriques.representant_du_porteur(fabriques.PorteurFactory(epci=lieu.epci)), 404),
        (lambda lieu: fabriques.chargee_de_mission(fabriques.ContratFactory()), 404),
        (lambda lieu: AnonymousUser(), 302),
    ],
)
def test_qui_ouvre_la_page(lieu, url, url_inviter, role, statut):
    compte, client = role(lieu), Client()
    if compte.is_authenticated:
        client.force_login(compte)
    assert client.get(url).status_code == statut
    assert client.get(url_inviter).status_code == statut
    avant = AccesPorteur.objects.count()
    reponse = client.post(url_inviter, {"email": "lea@exemple.fr", "role": CONTRIBUTEUR})
    assert reponse.status_code == (302 if statut == 200 else statut)
    assert AccesPorteur.objects.count() - avant == (statut == 200)


def test_la_page_du_porteur_y_mene_qui_peut_inviter(lieu, url):
    fiche = lieu.adresse("porteur_detail", lieu.porteur.cle)
    assert url in texte(lieu.client.get(fiche))
    client = Client()
    client.force_login(acces(lieu.porteur).utilisateur)
    assert url not in texte(client.get(fiche))


# -- Inviting --------------------------------------------------------------------------------------
def test_inviter_ouvre_l_acces_et_ecrit(
    lieu, url, url_inviter, django_capture_on_commit_callbacks, mailoutbox
):
    with django_capture_on_commit_callbacks(execute=True):
        reponse = lieu.client.post(
            url_inviter, {"email": " Lea@Exemple.fr ", "nom": "Léa Roy", "role": CONTRIBUTEUR}
        )
    assert reponse.url == url
    assert "Léa Roy peut entrer : le lien part à lea@exemple.fr." in texte(lieu.client.get(url))
    invitation = Invitation.objects.get()
    assert invitation.expire_le.date() == date(2025, 9, 28)
    courriel = Courriel.objects.get()
    assert (courriel.type, courriel.destinataire, courriel.invitation, courriel.auteur) == (
        "acces", "lea@exemple.fr", invitation, lieu.chargee,
    )  # fmt: skip
    [parti] = mailoutbox
    assert "<lea@exemple.fr>" in parti.to[0]
    assert f"/invitation/{invitation.jeton}/" in parti.body


def test_deux_clics_sur_inviter_n_ecrivent_qu_une_fois(lieu, url_inviter, horloge):
    envoi = {"email": "lea@exemple.fr", "nom": "Léa Roy", "role": CONTRIBUTEUR}
    for _ in range(2):
        assert lieu.client.post(url_inviter, envoi).status_code == 302
    assert Courriel.objects.count() == 1
    # Another address at the same moment, and the same one from somebody else, are other requests.
    lieu.client.post(url_inviter, envoi | {"email": "tom@exemple.fr"})
    autre = Client()
    autre.force_login(fabriques.chargee_de_mission(lieu.contrat))
    autre.post(url_inviter, envoi)
    assert Courriel.objects.count() == 3
    horloge.move_to("2025-06-18T09:07:00+02:00")
    lieu.client.post(url_inviter, envoi)
    assert Courriel.objects.count() == 4


def test_renvoyer_le_lien_est_inviter_de_nouveau(lieu, url, url_inviter):
    acces(lieu.porteur, "lea@exemple.fr", RESPONSABLE)
    fabriques.InvitationFactory(porteur=lieu.porteur, email="lea@exemple.fr", expiree=True)
    html = texte(lieu.client.get(url))
    envoi = dict(re.findall(r'<input type="hidden" name="(email|nom|role)" value="([^"]*)">', html))
    lieu.client.post(url_inviter, envoi)
    assert Invitation.objects.get().expire_le > datetime(2025, 6, 18, tzinfo=UTC)
    assert AccesPorteur.objects.get().role == RESPONSABLE
    assert Courriel.objects.count() == 1


@pytest.mark.parametrize(
    ("saisie", "phrase"),
    [
        ({"email": "", "role": CONTRIBUTEUR}, "Indiquez l'adresse où lui envoyer le lien."),
        ({"email": "léa chez moi", "role": CONTRIBUTEUR}, "s'écrit comme prenom.nom@exemple.fr."),
        ({"email": "lea@exemple.fr", "role": "superadmin"}, "Choisissez ce que cette personne pourra faire."),
        ({"email": "lea@exemple.fr", "nom": "x" * 151, "role": CONTRIBUTEUR}, "Ce nom est trop long"),
        ({"email": "partie@exemple.fr", "role": CONTRIBUTEUR}, "Le compte de cette adresse est désactivé"),
    ],
)  # fmt: skip
def test_une_mauvaise_saisie_se_dit_et_reste_affichee(lieu, url_inviter, saisie, phrase):
    fabriques.UtilisateurFactory(email="partie@exemple.fr", is_active=False)
    reponse = lieu.client.post(url_inviter, {"nom": "Léa Roy", **saisie})
    assert reponse.status_code == 200
    html = texte(reponse)
    assert phrase in html
    assert f'value="{saisie["email"]}"' in html or not saisie["email"]
    assert not AccesPorteur.objects.exists()
    assert not Courriel.objects.exists()


def test_un_porteur_n_inonde_personne(lieu, url_inviter):
    client = Client()
    client.force_login(fabriques.representant_du_porteur(lieu.porteur))
    for n in range(INVITATIONS_PAR_JOUR):
        client.post(url_inviter, {"email": f"a{n}@exemple.fr", "role": CONTRIBUTEUR})
    reponse = client.post(url_inviter, {"email": "deplus@exemple.fr", "role": CONTRIBUTEUR})
    assert "recommencez demain" in texte(reponse)
    assert Courriel.objects.count() == INVITATIONS_PAR_JOUR
    assert not Utilisateur.objects.filter(email="deplus@exemple.fr").exists()
    assert (
        lieu.client.post(url_inviter, {"email": "deplus@exemple.fr", "role": CONTRIBUTEUR}).status_code == 302
    )


# -- Withdrawing -----------------------------------------------------------------------------------
def test_retirer_se_confirme_et_se_lit_ensuite(lieu, url):
    sien = acces(lieu.porteur, "lea@exemple.fr", prenom="Léa", nom="Roy")
    retirer = lieu.adresse("acces_retirer", lieu.porteur.cle, sien.pk)
    assert "Retirer l'accès de Léa Roy ?" in texte(lieu.client.get(retirer))
    assert AccesPorteur.objects.exists()
    assert lieu.client.post(retirer).url == url
    html = texte(lieu.client.get(url))
    assert "L'accès de Léa Roy est retiré." in html
    assert "lea@exemple.fr : le 18 juin 2025, par Claire Aubert" in html
    assert lieu.client.post(retirer).status_code == 404


def test_le_dernier_responsable_ne_se_retire_pas_seul(lieu):
    compte, client = fabriques.representant_du_porteur(lieu.porteur), Client()
    client.force_login(compte)
    sien = AccesPorteur.objects.get(utilisateur=compte)
    retirer = lieu.adresse("acces_retirer", lieu.porteur.cle, sien.pk)
    assert "Vous ne verrez plus rien" in texte(client.get(retirer))
    reponse = client.post(retirer)
    assert reponse.status_code == 409
    assert "C'est la dernière personne responsable de cette structure" in texte(reponse)
    fabriques.representant_du_porteur(lieu.porteur)
    assert client.post(retirer).url == "/"


def test_l_acces_d_un_autre_porteur_ne_se_retire_pas_par_ici(lieu):
    autre = acces(fabriques.PorteurFactory(epci=lieu.epci))
    for methode in (lieu.client.get, lieu.client.post):
        assert methode(lieu.adresse("acces_retirer", lieu.porteur.cle, autre.pk)).status_code == 404
    assert AccesPorteur.objects.filter(pk=autre.pk).exists()
