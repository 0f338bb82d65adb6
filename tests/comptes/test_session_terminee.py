"""A session that ends while someone writes: said in JSON to a script, and no text lost by a plain form."""

import re
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, QueryDict
from django.test import Client
from django.urls import reverse

from bilans.models import Bilan
from comptes.reprise import saisie_gardee
from tests import fabriques

pytestmark = pytest.mark.django_db

CODE = re.compile(r"^ {4}(\S+)$", re.MULTILINE)
TEXTE = "Dix séances d'écriture, « à voix haute ».\r\nEt un goûter : 12 €."
HEURE = "2025-06-18T09:05:00+02:00"


@pytest.fixture(autouse=True)
def horloge(time_machine):
    time_machine.move_to(HEURE)
    return time_machine


@pytest.fixture
def bilan():
    campagne = fabriques.CampagneFactory(annee=2024)
    porteur = fabriques.PorteurFactory(epci=campagne.contrat.epci)
    action = fabriques.ActionFactory(contrat=campagne.contrat, porteur=porteur)
    annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne, action=action)
    return fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True)


@pytest.fixture
def lea(bilan):
    porteur = bilan.action_annuelle.action.porteur
    return fabriques.representant_du_porteur(porteur, email="lea@exemple.fr")


def adresse(bilan, nom="bilan_saisir"):
    annuelle = bilan.action_annuelle
    return reverse(nom, args=[annuelle.campagne.contrat.slug, annuelle.campagne.annee, annuelle.cle])


def texte(reponse):
    return " ".join(unescape(reponse.content.decode()).split())


def gardee(client: Client, compte, chemin: str) -> QueryDict | None:
    """Return what a view would be given back in this client's session."""
    request = HttpRequest()
    request.session, request.user = client.session, compte
    return saisie_gardee(request, chemin)


def ecrire(client: Client, chemin: str, **champs) -> HttpResponse:
    return client.post(chemin, {"mise_en_oeuvre": TEXTE, "csrfmiddlewaretoken": "jeton", **champs})


def entrer(client: Client, mailoutbox, email: str, suite: str = "") -> HttpResponse:
    """Sign in with a code, as the sign-in page does; return the answer to the code."""
    donnees = {"email": email, **({"next": suite} if suite else {})}
    confirmer = client.post(reverse("account_request_login_code"), donnees).url
    code = CODE.search(mailoutbox[-1].body).group(1)
    return client.post(confirmer, {"code": code, **({"next": suite} if suite else {})})


# -- A script --------------------------------------------------------------------------------------
@pytest.mark.parametrize("nom", ["bilan_brouillon", "bilan_saisir"])
def test_un_script_recoit_401_et_une_phrase(client, bilan, nom):
    reponse = client.post(
        adresse(bilan, nom), {"champs": {}}, "application/json", headers={"accept": "application/json"}
    )
    assert reponse.status_code == 401
    assert list(reponse.json()) == ["message"]
    assert reponse.json()["message"].startswith("Votre session est terminée")
    assert "saisies_gardees" not in client.session


def test_un_navigateur_est_conduit_a_la_connexion(client, bilan):
    accepte = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    reponse = client.get(adresse(bilan) + "?etape=publics", headers=accepte)
    connexion = urlsplit(reponse.url)
    assert connexion.path == reverse("account_login")
    assert parse_qs(connexion.query) == {"next": [adresse(bilan) + "?etape=publics"]}


# -- A plain form ----------------------------------------------------------------------------------
def test_le_texte_envoye_trop_tard_est_garde_puis_rendu(client, bilan, lea, mailoutbox):
    chemin = adresse(bilan) + "?etape=deroulement"
    avant = Bilan.objects.values().get(pk=bilan.pk)
    reponse = ecrire(client, chemin, realisation=["realisee"], points_forts="")
    assert reponse.url == f"{reverse('account_login')}?{urlencode({'next': chemin}, safe='/')}"
    assert "Votre texte est gardé" in texte(client.get(reponse.url))
    confirmer = client.post(reverse("account_request_login_code"), {"email": lea.email, "next": chemin}).url
    assert "Votre texte est gardé" in texte(client.get(confirmer))
    code = CODE.search(mailoutbox[0].body).group(1)
    # Signing in changes the session's key, not what it holds.
    cle = client.session.session_key
    assert client.post(confirmer, {"code": code, "next": chemin}).url == chemin
    assert client.session.session_key != cle
    rendu = gardee(client, lea, chemin)
    assert rendu is not None
    assert dict(rendu.lists()) == {
        "mise_en_oeuvre": [TEXTE],
        "realisation": ["realisee"],
        "points_forts": [""],
    }
    # Nothing was saved anywhere yet.
    assert Bilan.objects.values().get(pk=bilan.pk) == avant
    assert gardee(client, lea, adresse(bilan) + "?etape=publics") is None


def test_le_formulaire_par_etapes_montre_le_texte_rendu_puis_l_oublie(client, bilan, lea, mailoutbox):
    chemin = adresse(bilan) + "?etape=deroulement"
    client.force_login(lea)
    ouverte = client.get(chemin).content.decode()
    caches = {nom: re.search(rf'name="{nom}" value="([^"]*)"', ouverte) for nom in ("compte", "releve")}
    caches = {nom: unescape(trouve[1]) for nom, trouve in caches.items()}
    Session.objects.all().delete()
    assert ecrire(client, chemin, **caches).url.startswith(reverse("account_login"))
    entrer(client, mailoutbox, lea.email, chemin)
    page = texte(client.get(chemin))
    assert "car ce n'est pas encore enregistré" in page
    assert "Dix séances d'écriture, « à voix haute ». Et un goûter : 12 €." in page
    bilan.refresh_from_db()
    assert not bilan.mise_en_oeuvre.startswith("Dix")
    ecrire(client, chemin, **caches)
    bilan.refresh_from_db()
    assert bilan.mise_en_oeuvre == TEXTE.replace("\r\n", "\n")
    assert gardee(client, lea, chemin) is None
    assert "pas encore enregistré" not in texte(client.get(chemin))


def test_la_page_unique_de_la_chargee_rend_le_texte_aussi(client, bilan, mailoutbox):
    chargee = fabriques.chargee_de_mission(bilan.action_annuelle.campagne.contrat)
    chemin = adresse(bilan)
    ecrire(client, chemin, compte=str(chargee.pk), total_12_F="dix", version=str(bilan.version))
    entrer(client, mailoutbox, chargee.email, chemin)
    page = texte(client.get(chemin))
    assert "car ce n'est pas encore enregistré" in page
    assert "Dix séances d'écriture" in page
    bilan.refresh_from_db()
    assert not bilan.mise_en_oeuvre.startswith("Dix")
    ecrire(client, chemin, compte=str(chargee.pk), realisation="realisee", version=str(bilan.version))
    bilan.refresh_from_db()
    assert bilan.mise_en_oeuvre.startswith("Dix")
    assert "pas encore enregistré" not in texte(client.get(chemin))


def test_un_autre_compte_ne_recoit_pas_le_texte_de_la_personne_d_avant(client, bilan, lea, mailoutbox):
    chemin = adresse(bilan)
    collegue = fabriques.representant_du_porteur(bilan.action_annuelle.action.porteur)
    ecrire(client, chemin, compte=str(lea.pk))
    entrer(client, mailoutbox, collegue.email, chemin)
    assert client.session["_auth_user_id"] == str(collegue.pk)
    assert gardee(client, collegue, chemin) is None
    assert client.session["saisies_gardees"] == {}


def test_qui_ne_peut_pas_ouvrir_la_page_n_en_voit_rien(client, bilan, mailoutbox):
    autre = fabriques.representant_du_porteur(
        fabriques.PorteurFactory(epci=bilan.action_annuelle.action.porteur.epci)
    )
    ecrire(client, adresse(bilan))
    entrer(client, mailoutbox, autre.email)
    accueil = client.get(reverse("accueil"))
    assert "séances" not in texte(accueil)
    assert "pas encore enregistré" not in texte(accueil)
    assert client.get(adresse(bilan)).status_code == 404


def test_le_texte_garde_se_perd_en_changeant_de_compte(client, bilan, lea):
    ecrire(client, adresse(bilan))
    client.force_login(lea)
    client.post(reverse("account_logout"))
    client.force_login(lea)
    assert gardee(client, lea, adresse(bilan)) is None


def test_au_bout_d_une_demi_heure_le_texte_n_est_plus_rendu(client, bilan, lea, horloge):
    ecrire(client, adresse(bilan))
    horloge.move_to("2025-06-18T09:36:00+02:00")
    assert "Votre texte est gardé" not in texte(client.get(reverse("account_login")))
    horloge.move_to(HEURE)
    client.force_login(lea)
    horloge.move_to("2025-06-18T09:34:00+02:00")
    assert gardee(client, lea, adresse(bilan)) is not None
    horloge.move_to("2025-06-18T09:36:00+02:00")
    assert gardee(client, lea, adresse(bilan)) is None


def test_se_tromper_d_adresse_ne_perd_pas_le_texte(client, bilan, lea, mailoutbox):
    chemin = adresse(bilan)
    ecrire(client, chemin)
    client.post(reverse("account_request_login_code"), {"email": "faux@exemple.fr", "next": chemin})
    page = client.get(f"{reverse('account_confirm_login_code')}?{urlencode({'next': chemin})}")
    retour = re.search(r'name="next" value="([^"]*login[^"]*)"', page.content.decode()).group(1)
    assert unescape(retour) == f"{reverse('account_login')}?{urlencode({'next': chemin})}"
    client.post(reverse("account_logout"), {"next": unescape(retour)})
    entrer(client, mailoutbox, lea.email, chemin)
    assert gardee(client, lea, chemin)["mise_en_oeuvre"] == TEXTE


def test_trois_formulaires_au_plus_sont_gardes(client, bilan, lea):
    chemins = [f"{adresse(bilan)}?etape={n}" for n in range(4)]
    for chemin in (*chemins, chemins[1]):
        ecrire(client, chemin)
    assert [chemin for chemin in chemins if gardee(client, lea, chemin)] == chemins[1:]


def test_un_texte_demesure_n_est_pas_garde(client, bilan):
    assert ecrire(client, adresse(bilan), points_forts="x" * 200_000).status_code == 302
    assert "saisies_gardees" not in client.session
    assert "Votre texte est gardé" not in texte(client.get(reverse("account_login")))


def test_personne_ne_remplit_le_serveur_sans_se_connecter(bilan, settings):
    settings.ACCOUNT_RATE_LIMITS = {"saisie_gardee": "2/m/ip"}
    cache.clear()
    clients = [Client() for _ in range(3)]
    for client in clients:
        assert ecrire(client, adresse(bilan)).status_code == 302
    assert ["saisies_gardees" in client.session for client in clients] == [True, True, False]


def test_un_fichier_n_est_pas_garde(client, bilan, lea, tmp_path):
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"\x89PNG")
    with photo.open("rb") as fichier:
        ecrire(client, adresse(bilan), fichier=fichier)
    assert list(gardee(client, lea, adresse(bilan))) == ["mise_en_oeuvre"]


# -- Any other form --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("referent", "suite"),
    [
        ("http://testserver/montclar/2024/actions/abc/bilan/?onglet=lu#bas", None),
        ("http://ailleurs.example/piege/", "/"),
        ("http://[pas-une-adresse", "/"),
        ("", "/"),
    ],
)
def test_un_autre_formulaire_ramene_a_sa_page(client, bilan, referent, suite):
    reponse = client.post(adresse(bilan, "bilan_commenter"), {"texte": "x"}, headers={"referer": referent})
    attendue = suite or "/montclar/2024/actions/abc/bilan/?onglet=lu"
    assert parse_qs(urlsplit(reponse.url).query) == {"next": [attendue]}
    assert "saisies_gardees" not in client.session
