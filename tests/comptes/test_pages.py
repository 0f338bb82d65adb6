"""Pages that belong to no contract: health, notices, the demonstration, errors."""

import os
from datetime import datetime
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.core.mail import EmailMessage, get_connection
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.test import RequestFactory
from django.urls import reverse
from django.views.csrf import csrf_failure
from django.views.defaults import permission_denied, server_error

from comptes.courriels import derniers_courriels
from comptes.demonstration import COMPTES
from comptes.models import Utilisateur

pytestmark = pytest.mark.django_db


def texte(reponse):
    return " ".join(unescape(reponse.content.decode()).split())


# -- Health ----------------------------------------------------------------------------------------
def test_la_sante_est_publique(client):
    reponse = client.get("/sante")
    assert reponse.status_code == 200
    assert {**reponse.json(), "version": ""} == {"etat": "ok", "base": "ok", "version": ""}


def test_la_sante_dit_quand_la_base_ne_repond_pas(client, monkeypatch):
    def cursor(*args):
        raise DatabaseError

    monkeypatch.setattr(connection, "cursor", cursor)
    reponse = client.get("/sante")
    assert reponse.status_code == 503
    assert reponse.json()["base"] == "injoignable"


# -- Notices and errors ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("nom", "phrase"),
    [
        ("accessibilite", "non conforme au référentiel général"),
        ("donnees_personnelles", "Les bilans comptent des personnes, ils ne les nomment pas."),
    ],
)
def test_les_mentions_sont_publiques(client, nom, phrase):
    reponse = client.get(reverse(nom))
    assert reponse.status_code == 200
    assert phrase in texte(reponse).replace("<b>", "").replace("</b>", "")


def test_une_page_introuvable_dit_quoi_faire(client):
    reponse = client.get("/cette-page-n-existe-pas/")
    assert reponse.status_code == 404
    assert "Cette page est introuvable ou vous n'y avez pas accès" in texte(reponse)


def test_les_erreurs_parlent_francais(client):
    requete = client.get(reverse("accessibilite")).wsgi_request
    assert "Votre compte ne permet pas de faire cela" in texte(permission_denied(requete, Exception()))
    assert "Pilotis a rencontré un problème" in texte(server_error(RequestFactory().get("/")))
    assert "Ce formulaire n'est plus valable" in texte(csrf_failure(requete))


# -- The demonstration -----------------------------------------------------------------------------
@pytest.fixture
def demonstration(settings, tmp_path):
    settings.PILOTIS_DEMONSTRATION = True
    settings.PILOTIS_COURRIELS = tmp_path / "courriels"
    return settings.PILOTIS_COURRIELS


def envoyer(dossier, *courriels):
    with get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=dossier) as lien:
        for objet, corps in courriels:
            EmailMessage(objet, corps, "Pilotis <p@example.org>", ["a@example.org"], connection=lien).send()


def test_hors_demonstration_rien_ne_se_montre(client, settings, tmp_path):
    settings.PILOTIS_COURRIELS = tmp_path
    envoyer(tmp_path, ("Votre code", "ABCD-EFGH"))
    assert client.get(reverse("demonstration_courriels")).status_code == 404
    page = texte(client.get(reverse("account_login")))
    assert not [compte.email for compte in COMPTES if compte.email in page]
    assert COMPTES[0].mot_de_passe not in page


def test_les_courriels_de_la_demonstration_du_plus_recent_au_plus_ancien(client, demonstration):
    assert "Aucun courriel pour l'instant" in texte(client.get(reverse("demonstration_courriels")))
    envoyer(demonstration, ("Premier é", "un"), ("Deuxième", "deux <b>gras</b>\n" + "-" * 79 + "-"))
    ancien = next(demonstration.iterdir())
    os.utime(ancien, (1, 1))
    envoyer(demonstration, ("Troisième", "Il reste 3 jours : 24 000 €"))
    reponse = client.get(reverse("demonstration_courriels"))
    assert [c.objet for c in reponse.context["courriels"]] == ["Troisième", "Deuxième", "Premier é"]
    assert "deux &lt;b&gt;gras" in reponse.content.decode()
    assert reponse.context["courriels"][0].texte == "Il reste 3 jours : 24 000 €"


def test_la_date_d_un_courriel_est_a_l_heure_universelle(demonstration):
    avant = datetime.now(ZoneInfo("UTC")).replace(microsecond=0)
    envoyer(demonstration, ("Objet", "Corps"))
    [courriel] = derniers_courriels(demonstration)
    assert 0 <= (courriel.date - avant).total_seconds() < 60


def test_seuls_les_courriels_du_dossier_sont_lus(demonstration, tmp_path):
    demonstration.mkdir()
    secret = tmp_path / "secret.log"
    secret.write_text("Subject: secret\n\nsecret")
    (demonstration / "lien.log").symlink_to(secret)
    (demonstration / "cle_secrete").write_text("secret")
    assert derniers_courriels(demonstration) == []


@pytest.mark.parametrize(
    "brut", [b"", b"\xff\xfe\x00", b"Content-Type: text/plain; charset=inconnu\n\nbonjour"]
)
def test_un_fichier_abime_ne_fait_pas_tomber_la_page(client, demonstration, brut):
    demonstration.mkdir()
    (demonstration / "abime.log").write_bytes(brut)
    assert client.get(reverse("demonstration_courriels")).status_code == 200


@pytest.mark.parametrize("compte", COMPTES, ids=lambda compte: compte.email)
def test_un_clic_connecte_a_un_compte_de_demonstration(client, demonstration, compte):
    utilisateur = Utilisateur.objects.create_user(compte.email, compte.mot_de_passe)
    page = client.get(reverse("account_login")).content.decode()
    assert f'name="login" value="{compte.email}"' in page
    client.post(reverse("account_login"), {"login": compte.email, "password": compte.mot_de_passe})
    assert client.session["_auth_user_id"] == str(utilisateur.pk)


def test_les_adresses_de_la_demonstration_n_existent_nulle_part():
    assert {compte.email.rpartition("@")[2] for compte in COMPTES} == {"pilotis.example"}
    assert len({compte.email for compte in COMPTES}) == len(COMPTES)


def test_la_configuration_est_saine():
    call_command("check", fail_level="WARNING")


def test_un_envoi_trop_lourd_se_dit_en_francais(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    reponse = client.post(reverse("account_login"), {"login": "a" * 200})
    assert reponse.status_code == 400
    assert "il contient trop de texte. Rien n'a été enregistré." in texte(reponse)
