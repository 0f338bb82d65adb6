"""Signing in: by a code read in an e-mail, by password; what is refused, and how it is said."""

import re
from html import unescape

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from comptes.models import Utilisateur

pytestmark = pytest.mark.django_db

ADRESSE = "claire@grand-dole.example"
MOT_DE_PASSE = "sept colonnes de bois"
CODE = re.compile(r"^ {4}(\S+)$", re.MULTILINE)


@pytest.fixture
def claire():
    return Utilisateur.objects.create_user(ADRESSE, MOT_DE_PASSE, prenom="Claire", nom="Montrichard")


def texte(reponse):
    return " ".join(unescape(reponse.content.decode()).split())


def connecte(client):
    return client.session.get("_auth_user_id")


def demander_code(client, adresse=ADRESSE):
    return client.post(reverse("account_request_login_code"), {"email": adresse})


def test_la_page_propose_les_deux_facons(client):
    page = texte(client.get(reverse("account_login")))
    assert "Avec un code par courriel" in page
    assert "Avec un mot de passe" in page
    assert "Comptes de démonstration" not in page


def test_une_saisie_interrompue_est_dite_gardee(client):
    page = client.get(reverse("account_login"), {"next": "/dole/2024/actions/abc/bilan/saisir/"})
    assert "ce navigateur a gardé votre texte" in texte(page)
    assert "a gardé" not in texte(client.get(reverse("account_login"), {"next": "/dole/2024/actions/"}))


def test_par_un_code_recu_par_courriel(client, claire, mailoutbox, settings):
    settings.PILOTIS_COLLECTIVITE = "Grand Dole"
    reponse = demander_code(client)
    assert reponse.url == reverse("account_confirm_login_code")
    [courriel] = mailoutbox
    assert courriel.to == [ADRESSE]
    code = CODE.search(courriel.body).group(1)
    assert courriel.subject == f"Votre code de connexion\u00a0: {code}"
    assert "Il est valable 15 minutes" in courriel.body
    assert courriel.body.endswith("Grand Dole")
    assert not courriel.alternatives

    reponse = client.post(reponse.url, {"code": code.lower()})
    assert reponse.url == reverse("accueil")
    assert connecte(client) == str(claire.pk)


def test_le_code_ramene_a_la_page_demandee(client, claire, mailoutbox):
    suite = "/dole-2024-2030/2024/bilans/"
    reponse = client.post(
        f"{reverse('account_request_login_code')}?next={suite}", {"email": ADRESSE, "next": suite}
    )
    code = CODE.search(mailoutbox[0].body).group(1)
    assert client.post(reponse.url, {"code": code, "next": suite}).url == suite


def test_on_peut_renoncer_au_code_et_changer_d_adresse(client, claire, mailoutbox):
    demander_code(client)
    assert client.get(reverse("account_login")).url == reverse("account_confirm_login_code")
    client.post(reverse("account_logout"), {"next": reverse("account_login")})
    assert "Se connecter" in texte(client.get(reverse("account_login")))


def test_un_autre_code_se_demande(client, claire, mailoutbox, time_machine):
    time_machine.move_to("2025-06-18T09:05:00+02:00")
    adresse = demander_code(client).url
    page = texte(client.post(adresse, {"action": "resend"}, follow=True))
    assert f"Courriel envoyé à {ADRESSE} à 9 h 05." in page
    premier, second = (CODE.search(courriel.body).group(1) for courriel in mailoutbox)
    assert "Ce code ne correspond pas" in texte(client.post(adresse, {"code": premier}))
    assert client.post(adresse, {"code": second}).url == reverse("accueil")


def test_un_code_faux_est_refuse_et_dit_quoi_faire(client, claire, mailoutbox):
    reponse = client.post(demander_code(client).url, {"code": "AAAA-AAAA"})
    assert reponse.status_code == 200
    page = texte(reponse)
    # The only question of the page is not named again in the summary.
    assert "Code – " not in page
    assert (
        page.count("Ce code ne correspond pas. Recopiez celui du dernier courriel reçu") == 2
    )  # summary and field
    assert connecte(client) is None


def test_trois_codes_faux_obligent_a_recommencer(client, claire, mailoutbox):
    adresse = demander_code(client).url
    for _ in range(3):
        reponse = client.post(adresse, {"code": "AAAA-AAAA"})
    assert reponse.status_code == 302
    code = CODE.search(mailoutbox[0].body).group(1)
    client.post(adresse, {"code": code})
    assert connecte(client) is None


def test_une_adresse_inconnue_recoit_la_meme_reponse_et_aucun_code(client, claire, mailoutbox):
    ailleurs = Client()
    connue, inconnue = demander_code(client), demander_code(ailleurs, "autre@example.org")
    assert connue.url == inconnue.url
    pages = [texte(client.get(connue.url)), texte(ailleurs.get(connue.url))]
    jeton = re.compile(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")\w+')
    assert jeton.sub("", pages[0]).replace(ADRESSE, "") == jeton.sub("", pages[1]).replace(
        "autre@example.org", ""
    )
    assert CODE.search(mailoutbox[1].body) is None
    assert "aucun compte n'existe à cette adresse" in mailoutbox[1].body


def test_par_mot_de_passe(client, claire):
    reponse = client.post(reverse("account_login"), {"login": ADRESSE.upper(), "password": MOT_DE_PASSE})
    assert reponse.url == reverse("accueil")
    assert connecte(client) == str(claire.pk)


@pytest.mark.parametrize("adresse", [ADRESSE, "autre@example.org"])
def test_un_mot_de_passe_faux_ne_dit_pas_si_le_compte_existe(client, claire, adresse):
    reponse = client.post(reverse("account_login"), {"login": adresse, "password": "faux"})
    assert "L'adresse ou le mot de passe ne correspond pas." in texte(reponse)
    assert connecte(client) is None


def test_un_compte_desactive_n_entre_pas(client, claire, mailoutbox):
    claire.is_active = False
    claire.save()
    reponse = client.post(reverse("account_login"), {"login": ADRESSE, "password": MOT_DE_PASSE}, follow=True)
    assert connecte(client) is None
    assert "Ce compte est désactivé" in texte(reponse)
    demander_code(client)
    assert not [c for c in mailoutbox if CODE.search(c.body)]


def test_personne_ne_s_inscrit_seul(client):
    adresse = reverse("account_signup")
    assert "Les comptes sont ouverts par la collectivité" in texte(client.get(adresse))
    reponse = client.post(adresse, {"email": "moi@example.org", "password1": MOT_DE_PASSE})
    assert "Les comptes sont ouverts par la collectivité" in texte(reponse)
    assert not Utilisateur.objects.exists()


@pytest.mark.parametrize("adresse", ["/compte/email/", "/compte/confirm-email/"])
def test_on_ne_change_pas_d_adresse_seul(client, claire, adresse):
    client.force_login(claire)
    assert client.get(adresse).status_code == 404
    assert client.post(adresse, {"email": "autre@example.org", "action_add": ""}).status_code == 404


def test_choisir_un_nouveau_mot_de_passe(client, claire, mailoutbox):
    reponse = client.post(reverse("account_reset_password"), {"email": ADRESSE}, follow=True)
    assert "Regardez vos courriels" in texte(reponse)
    [courriel] = mailoutbox
    assert courriel.subject == "Choisir un nouveau mot de passe"
    lien = re.search(r"http://testserver(\S+)", courriel.body).group(1)
    page = client.get(lien, follow=True)
    adresse = page.redirect_chain[-1][0]
    nouveau = "douze moutons sous la pluie"
    court = client.post(adresse, {"password1": "court", "password2": "court"})
    assert "trop court" in texte(court)
    client.post(adresse, {"password1": nouveau, "password2": nouveau})
    claire.refresh_from_db()
    assert claire.check_password(nouveau)
    assert "Ce lien n'est plus valable" in texte(client.get(lien))


def test_se_deconnecter_demande_un_envoi(client, claire):
    client.force_login(claire)
    adresse = reverse("account_logout")
    assert "Se déconnecter" in texte(client.get(adresse))
    assert connecte(client)
    assert client.post(adresse).url == reverse("account_login")
    assert connecte(client) is None


def test_sans_connexion_on_arrive_a_la_page_de_connexion(client):
    assert client.get("/").url == f"{reverse('account_login')}?next=/"


def test_derriere_le_serveur_frontal_chacun_a_ses_essais(client, settings, mailoutbox):
    settings.ACCOUNT_RATE_LIMITS = {}  # those of the library: 20 codes a minute from one place
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    cache.clear()

    def demander(nombre, lieu):
        return [
            Client(headers={"x-forwarded-for": lieu})
            .post(reverse("account_request_login_code"), {"email": f"a{n}@exemple.fr"})
            .status_code
            for n in range(nombre)
        ]

    assert set(demander(21, "203.0.113.4")[:20]) == {302}
    # Each of these addresses has asked for one code already, from elsewhere: three are allowed.
    assert demander(1, "203.0.113.4") == [200]
    assert demander(1, "203.0.113.5, 198.51.100.7") == [302]


def test_aucune_page_n_est_gardee_par_un_intermediaire(client, claire):
    client.force_login(claire)
    pages = [client.get(nom) for nom in ("/", "/accessibilite/", "/nulle-part/")]
    assert [(page.status_code, page["Cache-Control"]) for page in pages] == [
        (200, "private, no-cache"),
        (200, "private, no-cache"),
        (404, "private, no-cache"),
    ]
