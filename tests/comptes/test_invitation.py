"""The personal link of an e-mail: what it says, the code that it sends, what it never opens."""

import re
from datetime import UTC, date, datetime
from html import unescape
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from comptes.models import Utilisateur
from porteurs.models import AccesPorteur, Invitation
from porteurs.operations import inviter, retirer_acces
from tests import fabriques

pytestmark = pytest.mark.django_db

CODE = re.compile(r"^ {4}(\S+)$", re.MULTILINE)
ADRESSE = "lea.roy@exemple.fr"
EXPIRE = datetime(2025, 12, 31, 22, 59, tzinfo=UTC)
MAINTENANT = "2025-06-18T09:05:00+02:00"


@pytest.fixture(autouse=True)
def horloge(time_machine):
    time_machine.move_to(MAINTENANT)
    return time_machine


@pytest.fixture
def campagne():
    return fabriques.CampagneFactory(
        annee=2024,
        contrat__epci__nom="Communauté de Montclar",
        contrat__nom_court="Montclar",
        contact_nom="Claire Aubert",
        contact_email="ville@montclar.example",
    )


@pytest.fixture
def porteur(campagne):
    return fabriques.PorteurFactory(epci=campagne.contrat.epci, nom="Vélo partagé")


def bilan(campagne, porteur, intitule="Atelier mécanique", **champs):
    action = fabriques.ActionFactory(contrat=campagne.contrat, porteur=porteur, intitule=intitule)
    annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne, action=action)
    return fabriques.BilanFactory(action_annuelle=annuelle, **champs)


@pytest.fixture
def lien(porteur):
    return adresse(inviter(None, porteur, ADRESSE, "Léa Roy", expire_le=EXPIRE))


def adresse(invitation):
    return reverse("invitation", args=[invitation.jeton])


def texte(reponse):
    return " ".join(unescape(reponse.content.decode()).replace("\u00a0", " ").split())


def connecte(client):
    return client.session.get("_auth_user_id")


def entrer(client, lien, mailoutbox):
    """Press the button of the link, copy the code; return the answer to the code."""
    confirmer = client.post(lien).url
    suite = parse_qs(urlsplit(confirmer).query)["next"][0]
    return client.post(confirmer, {"code": CODE.search(mailoutbox[-1].body).group(1), "next": suite})


# -- What the page says ----------------------------------------------------------------------------
def test_la_page_dit_qui_invite_combien_et_pour_quand_sans_rien_nommer(client, campagne, porteur, lien):
    service = fabriques.PorteurFactory(epci=porteur.epci, parent=porteur)
    bilan(campagne, porteur, "Atelier mécanique")
    bilan(campagne, service, "Balades du dimanche", en_saisie=True)
    bilan(campagne, porteur, "Déjà transmis", transmis=True)
    bilan(campagne, fabriques.PorteurFactory(epci=porteur.epci, nom="Un autre"), "D'un autre")
    reponse = client.get(lien)
    page = texte(reponse)
    assert reponse.status_code == 200
    assert "Communauté de Montclar vous invite" in page
    assert "<b>Vélo partagé</b>" in page
    assert "<b>Montclar, 2024</b><br>2 bilans attendus pour le 30 juin<" in page
    assert "l…@exemple.fr" in page
    for tu in ("Atelier", "Balades", "Déjà transmis", "D'un autre", "Un autre", ADRESSE, "Léa"):
        assert tu not in page
    assert "Claire Aubert" in page
    assert "jusqu'au 31 décembre 2025" in page


def test_la_page_ne_se_garde_pas_et_ne_se_dit_a_personne(client, lien):
    entetes = client.get(lien).headers
    assert "no-store" in entetes["Cache-Control"]
    assert entetes["Referrer-Policy"] == "same-origin"
    assert entetes["X-Robots-Tag"] == "noindex, nofollow"


def test_ouvrir_le_lien_n_ecrit_et_n_envoie_rien(client, campagne, porteur, lien, mailoutbox):
    avant = Invitation.objects.values().get()
    client.get(lien)
    client.head(lien)
    assert Invitation.objects.values().get() == avant
    assert mailoutbox == []
    assert "sessionid" not in client.cookies


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"bilan_ouverture": date(2025, 6, 20)}, "1 bilan attendu pour le 30 juin, à saisir à partir du 20 juin 2025"),
        ({"bilan_echeance": date(2025, 6, 1)}, "1 bilan attendu depuis le 1er juin"),
        ({"statut": "bilans_clos"}, "Aucun bilan n'est attendu de vous pour l'instant"),
        ({"statut": "archivee"}, "Aucun bilan n'est attendu de vous pour l'instant"),
    ],
)  # fmt: skip
def test_avant_l_ouverture_apres_l_echeance_apres_la_cloture(client, campagne, porteur, lien, champs, phrase):
    bilan(campagne, porteur)
    for champ, valeur in champs.items():
        setattr(campagne, champ, valeur)
    campagne.save()
    assert phrase in texte(client.get(lien))


# -- The code --------------------------------------------------------------------------------------
def test_le_code_part_a_l_adresse_du_lien_et_fait_entrer_chez_soi(client, porteur, lien, mailoutbox):
    # Nobody chooses the address: what is posted beside counts for nothing.
    client.post(lien, {"email": "pirate@exemple.org"})
    assert [courriel.to for courriel in mailoutbox] == [[ADRESSE]]
    reponse = entrer(client, lien, mailoutbox)
    assert reponse.url == reverse("accueil")
    lea = Utilisateur.objects.get(email=ADRESSE)
    assert connecte(client) == str(lea.pk)
    assert not lea.has_usable_password()
    invitation = Invitation.objects.get()
    assert f"{invitation.utilisee_le:%d/%m/%Y %H:%M}" == "18/06/2025 07:05"
    assert invitation.historique.first().history_user == lea


def test_la_premiere_connexion_seule_est_datee(client, porteur, lien, mailoutbox, horloge):
    autre = inviter(None, fabriques.PorteurFactory(epci=porteur.epci), ADRESSE, expire_le=EXPIRE)
    expiree = fabriques.InvitationFactory(email=ADRESSE, expiree=True)
    retiree = fabriques.InvitationFactory(email=ADRESSE, retiree=True)
    voisine = inviter(None, porteur, "voisine@exemple.fr", expire_le=EXPIRE)
    entrer(client, lien, mailoutbox)
    horloge.move_to("2025-06-20T09:05:00+02:00")
    second = Client()
    entrer(second, lien, mailoutbox)
    jours = {i.pk: i.utilisee_le and i.utilisee_le.day for i in Invitation.objects.all()}
    premiere = Invitation.objects.get(porteur=porteur, email=ADRESSE)
    assert jours == {premiere.pk: 18, autre.pk: 18, expiree.pk: None, retiree.pk: None, voisine.pk: None}


def test_le_lien_mene_a_un_bilan(client, campagne, porteur, lien, mailoutbox):
    annuelle = bilan(campagne, porteur).action_annuelle
    suite = reverse("bilan_detail", args=[campagne.contrat.slug, 2024, annuelle.cle])
    assert entrer(client, f"{lien}?suite={quote(suite)}", mailoutbox).url == suite
    assert client.get(suite).status_code == 200


def test_l_adresse_reste_masquee_sur_la_page_du_code(client, lien, mailoutbox):
    confirmer = client.post(lien).url
    page = texte(client.get(confirmer))
    assert "Courriel envoyé à l…@exemple.fr à 9 h 05." in page
    assert '<b class="text-nowrap">l…@exemple.fr</b>' in page
    assert ADRESSE not in page
    # An address that one has typed oneself is shown: a mistake in it must be seen.
    autre = Client()
    page = texte(autre.post(reverse("account_request_login_code"), {"email": ADRESSE}, follow=True))
    assert page.count(ADRESSE) == 2


def test_qui_entre_sans_mot_de_passe_n_en_entend_pas_parler(client, lien, mailoutbox):
    entrer(client, lien, mailoutbox)
    adresse = reverse("account_change_password")
    assert adresse not in texte(client.get(reverse("accueil")))
    avec = Client()
    avec.force_login(Utilisateur.objects.create_user("claire@exemple.fr", "sept colonnes de bois"))
    assert adresse in texte(avec.get(reverse("accueil")))


@pytest.mark.parametrize(
    "suite", ["https://pirate.example/", "//pirate.example/", "/\\pirate.example", "javascript:alert(1)", ""]
)
def test_le_lien_ne_mene_jamais_ailleurs(client, lien, mailoutbox, suite):
    assert entrer(client, f"{lien}?suite={quote(suite)}", mailoutbox).url == reverse("accueil")


def test_deja_connecte_avec_cette_adresse_on_passe(client, lien, mailoutbox):
    client.force_login(Utilisateur.objects.get(email=ADRESSE))
    for methode in (client.get, client.post):
        assert methode(lien).url == reverse("accueil")
        assert methode(f"{lien}?suite=/ici/").url == "/ici/"
    assert mailoutbox == []


def test_connecte_avec_une_autre_adresse_on_en_change(client, lien, mailoutbox):
    compte = fabriques.UtilisateurFactory(email="karim@exemple.fr")
    client.force_login(compte)
    page = texte(client.get(f"{lien}?suite=/ici/"))
    assert "Vous êtes connecté·e avec l'adresse <b>karim@exemple.fr</b>" in page
    assert "Recevoir un code" not in page
    assert client.post(lien).status_code == 200
    assert (connecte(client), mailoutbox) == (str(compte.pk), [])
    retour = re.search(r'name="next" value="([^"]+)"', page).group(1)
    assert retour == f"{lien}?suite=/ici/"
    assert client.post(reverse("account_logout"), {"next": retour}).url == retour
    assert "Recevoir un code" in texte(client.get(retour))


def test_un_code_demande_pour_une_autre_adresse_ne_retient_pas(client, lien, mailoutbox):
    fabriques.UtilisateurFactory(email="karim@exemple.fr")
    client.post(reverse("account_request_login_code"), {"email": "karim@exemple.fr"})
    assert client.get(lien).status_code == 200
    entrer(client, lien, mailoutbox)
    assert connecte(client) == str(Utilisateur.objects.get(email=ADRESSE).pk)


def test_trop_de_codes_demandes_en_peu_de_temps(client, lien, mailoutbox, settings):
    settings.ACCOUNT_RATE_LIMITS = {}  # those of the library
    cache.clear()
    reponses = [client.post(lien).status_code for _ in range(4)]
    assert reponses == [302, 302, 302, 200]
    assert len(mailoutbox) == 3
    page = texte(client.post(lien))
    assert "Trop d'essais de suite. Attendez quelques minutes" in page
    assert "Vélo partagé" in page


# -- Links that open nothing -----------------------------------------------------------------------
def test_un_lien_expire_le_dit_et_dit_quoi_faire(client, porteur, lien, horloge, mailoutbox):
    horloge.move_to("2026-01-01T00:01:00+01:00")
    for methode in (client.get, client.post):
        reponse = methode(lien)
        assert reponse.status_code == 410
        page = texte(reponse)
        assert "Ce lien n'est plus valable" in page
        assert "Il servait jusqu'au 31 décembre 2025" in page
        assert f'href="{reverse("account_login")}"' in page
        assert "ville@montclar.example" in page
        assert "Vélo partagé" not in page
    assert mailoutbox == []


def test_un_lien_retire_ne_sert_plus(client, campagne, porteur, lien, mailoutbox):
    chargee = fabriques.chargee_de_mission(campagne.contrat)
    retirer_acces(chargee, AccesPorteur.objects.get(utilisateur__email=ADRESSE))
    reponse = client.post(lien)
    assert reponse.status_code == 410
    page = texte(reponse)
    assert "L'accès qu'il ouvrait a été retiré" in page
    assert "Recevoir un code" not in page
    assert "Vélo partagé" not in page
    assert mailoutbox == []


def variantes(jeton):
    change = "B" if jeton[20] == "A" else "A"
    return [
        jeton[:-1],
        jeton + "A",
        jeton[:20] + change + jeton[21:],
        jeton.swapcase(),
        "'%20OR%201=1--",
        "%00" + jeton,
        "x" * 2000,
    ]


@pytest.mark.parametrize("rang", range(7))
def test_un_lien_inconnu_n_ouvre_rien(client, lien, mailoutbox, rang):
    url = f"/invitation/{variantes(Invitation.objects.get().jeton)[rang]}/"
    for methode in (client.get, client.post):
        reponse = methode(url)
        assert reponse.status_code == 404
        page = texte(reponse)
        assert "Ce lien n'est plus valable" in page
        assert "Vélo partagé" not in page
        assert "exemple.fr" not in page
    assert mailoutbox == []


def test_le_lien_d_un_porteur_n_ouvre_rien_d_un_autre(client, campagne, porteur, lien, mailoutbox):
    voisin = fabriques.PorteurFactory(epci=porteur.epci, nom="Un autre")
    du_voisin = bilan(campagne, voisin, "Chantier du voisin")
    suite = reverse("bilan_saisir", args=[campagne.contrat.slug, 2024, du_voisin.action_annuelle.cle])
    assert "voisin" not in texte(client.get(f"{lien}?suite={suite}&porteur={voisin.cle}")).replace(suite, "")
    assert entrer(client, f"{lien}?suite={suite}", mailoutbox).url == suite
    assert client.get(suite).status_code == 404
    assert "Chantier du voisin" not in texte(client.get(reverse("accueil")))


def test_un_acces_retire_ferme_une_session_ouverte(client, campagne, porteur, lien, mailoutbox):
    sien = bilan(campagne, porteur)
    page = reverse("bilan_detail", args=[campagne.contrat.slug, 2024, sien.action_annuelle.cle])
    entrer(client, lien, mailoutbox)
    assert client.get(page).status_code == 200
    chargee = fabriques.chargee_de_mission(campagne.contrat)
    retirer_acces(chargee, AccesPorteur.objects.get(utilisateur__email=ADRESSE))
    assert client.get(page).status_code == 404
    assert "n'est rattaché à aucun contrat de ville" in texte(client.get(reverse("accueil")))
