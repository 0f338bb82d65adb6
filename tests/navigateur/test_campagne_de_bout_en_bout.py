"""The whole loop: invitation, code, form, transmission, sending back, correction, validation, annex.

Told once, driven three times: with a pointer at a desk, with a finger on a phone, with the keyboard alone.
"""

import re
from datetime import date

import pytest
from django.core import mail
from django.urls import reverse
from playwright.sync_api import expect

from bilans.models import Bilan, Courriel
from tests import fabriques as f
from tests.outils import navigateur
from tests.outils.conduite import Clavier, Souris
from tests.outils.pages import lisible

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]

ADRESSE = "association@exemple.fr"
RECIT = "Douze ateliers ont eu lieu, le mercredi : « on s'y sent bien »."
SUITE = RECIT + " Trente-huit familles sont venues au moins une fois."


@pytest.fixture
def monde(settings, live_server):
    settings.PILOTIS_ADRESSE = live_server.url
    campagne = f.CampagneFactory(
        contact_nom="Claire Montrichard", contact_email="contrat@exemple.fr", bilan_echeance=date(2099, 6, 30)
    )
    contrat = campagne.contrat
    porteur = f.PorteurFactory(epci=contrat.epci, nom="Vélo partagé")
    f.RepresentantFactory(porteur=porteur, nom="Amel Haddad", email=ADRESSE)
    annuelle = f.ActionAnnuelleFactory(
        campagne=campagne, action=f.ActionFactory(contrat=contrat, porteur=porteur, intitule="Atelier vélo")
    )
    f.BilanFactory(action_annuelle=annuelle)
    return annuelle, f.chargee_de_mission(contrat, prenom="Claire", nom="Montrichard")


def dernier_courriel(sujet):
    """Return the text of the last e-mail to the association whose subject holds `sujet`."""
    recus = [m for m in mail.outbox if ADRESSE in m.to[0] and sujet in lisible(m.subject)]
    assert recus, [m.subject for m in mail.outbox]
    return recus[-1]


def lien(message):
    """Return the personal link of an e-mail."""
    return re.search(r"https?://\S+/invitation/\S+", message.body).group()


def entrer(page, conduite, adresse):
    """Follow the link of an e-mail, receive a code, copy it."""
    page.goto(adresse)
    conduite.activer(page.get_by_role("button", name="Recevoir un code"))
    page.wait_for_url(re.compile("/code/|/confirm"))
    code = re.search(r"^\s*([A-Z0-9-]{6,9})\s*$", mail.outbox[-1].body, re.M).group(1)
    conduite.ecrire(page.get_by_label("Code"), code)
    conduite.activer(page.get_by_role("button", name="Se connecter", exact=True))


def suivante(page, conduite, titre, bouton="Continuer"):
    """Go on to the next step, and check that it is the one."""
    conduite.activer(page.get_by_role("button", name=bouton, exact=True))
    expect(page.locator("h1")).to_have_text(titre)


def case(page, nom):
    return page.get_by_label(nom, exact=True)


def lire(annuelle):
    return Bilan.objects.avec_effectifs().get(action_annuelle=annuelle)


@pytest.mark.parametrize(
    ("conduire", "largeur"),
    [(Souris, 1440), (Souris, 360), (Clavier, 1440)],
    ids=["bureau", "telephone", "clavier"],
)
def test_la_boucle_entiere(page, new_context, live_server, monde, conduire, largeur):
    annuelle, chargee = monde
    situation = [annuelle.campagne.contrat.slug, annuelle.campagne.annee]
    ecran = {"width": largeur, "height": 800}
    page.set_viewport_size(ecran)
    elle = conduire(page)
    navigateur.connecter(page, live_server, chargee)

    # She invites: one person, one message, sent in the background.
    page.goto(live_server.url + reverse("campagne_invitations", args=situation))
    expect(page.locator("main")).to_contain_text(ADRESSE)
    elle.activer(page.get_by_role("button", name=re.compile("^Envoyer 1")))
    page.wait_for_url("**/envois/**")
    expect(page.locator("#progression")).to_contain_text("1")
    assert Courriel.objects.get(type="invitation").statut == "envoye"

    # The association follows the link, receives a code, finds what is owed.
    chez_elle = new_context(viewport=ecran).new_page()
    eux = conduire(chez_elle)
    invitation = dernier_courriel("1 bilan attendu")
    entrer(chez_elle, eux, lien(invitation))
    expect(chez_elle.locator("h1")).to_have_text("Vos actions")
    eux.activer(chez_elle.get_by_role("link", name=re.compile("^Commencer")).first)

    # The form, step by step; what does not add up is said at once.
    expect(chez_elle.locator("h1")).to_have_text("Déroulement")
    eux.cocher(chez_elle.get_by_label("Réalisée", exact=True))
    eux.ecrire(chez_elle.get_by_label("Déroulement de l'action"), RECIT)
    suivante(chez_elle, eux, "Publics")
    eux.ecrire(case(chez_elle, "Femmes, tous âges, ensemble du public"), "12")
    eux.ecrire(case(chez_elle, "Hommes, tous âges, ensemble du public"), "17")
    eux.ecrire(case(chez_elle, "Total, tous âges, ensemble du public"), "30")
    expect(chez_elle.locator("main")).to_contain_text("12 femmes et 17 hommes font 29")
    eux.ecrire(case(chez_elle, "Non renseigné, tous âges, ensemble du public"), "1")
    suivante(chez_elle, eux, "Indicateurs")
    suivante(chez_elle, eux, "Moyens et partenaires")
    suivante(chez_elle, eux, "Budget réalisé")
    suivante(chez_elle, eux, "Relecture et envoi", "Relire et envoyer")
    expect(chez_elle.locator("main")).to_contain_text(RECIT)
    eux.activer(chez_elle.get_by_role("button", name="Transmettre le bilan"))
    expect(chez_elle.locator(".messages")).to_contain_text("transmis")
    bilan = lire(annuelle)
    assert (bilan.statut, bilan.mise_en_oeuvre, bilan.personnes) == ("transmis", RECIT, 30)
    assert bilan.recus.count() == 1
    recu = dernier_courriel("Bilan transmis")
    assert [piece[2] for piece in recu.attachments] == ["application/pdf"]

    # She reads, comments on a field, sends it back.
    page.goto(live_server.url + reverse("bilan_detail", args=[*situation, annuelle.cle]))
    elle.activer(page.get_by_role("link", name=re.compile("^Commenter.*Déroulement de l'action")))
    commentaire = page.get_by_label(re.compile("Votre commentaire sur"))
    elle.ecrire(commentaire, "Combien de familles sont venues ?")
    elle.activer(page.get_by_role("button", name="Ajouter pour le porteur"))
    expect(page.locator("main")).to_contain_text("Combien de familles sont venues ?")
    elle.activer(page.get_by_role("link", name="Renvoyer au porteur"))
    elle.ecrire(
        page.get_by_label(re.compile("Ce qui est à compléter")), "Dites combien de familles sont venues."
    )
    elle.activer(page.get_by_role("button", name="Renvoyer au porteur"))
    expect(page.locator(".messages")).to_contain_text("renvoyé")

    # The association is told, sees what is asked at the field, corrects, transmits again.
    renvoi = dernier_courriel("Bilan à compléter")
    assert "Dites combien de familles sont venues." in lisible(renvoi.body)
    chez_elle.goto(lien(renvoi))
    expect(chez_elle.locator("h1")).to_have_text("Déroulement")
    expect(chez_elle.locator("main")).to_contain_text("Dites combien de familles sont venues.")
    expect(chez_elle.locator("[data-champ=mise_en_oeuvre]")).to_contain_text(
        "Combien de familles sont venues ?"
    )
    eux.ecrire(chez_elle.get_by_label("Déroulement de l'action"), SUITE)
    for titre in ("Publics", "Indicateurs", "Moyens et partenaires", "Budget réalisé"):
        suivante(chez_elle, eux, titre)
    suivante(chez_elle, eux, "Relecture et envoi", "Relire et envoyer")
    eux.activer(chez_elle.get_by_role("button", name="Transmettre le bilan"))
    expect(chez_elle.locator(".messages")).to_contain_text("transmis")

    # She sees what changed, validates; it is in the annex.
    page.goto(live_server.url + reverse("bilan_detail", args=[*situation, annuelle.cle]))
    expect(page.locator("main")).to_contain_text("Trente-huit familles")
    elle.activer(page.get_by_role("button", name="Valider le bilan"))
    expect(page.locator(".messages")).to_contain_text("validé")
    bilan = lire(annuelle)
    assert (bilan.statut, bilan.mise_en_oeuvre, bilan.valide_par) == ("valide", SUITE, chargee)
    assert bilan.recus.count() == 2
    page.goto(live_server.url + reverse("annexe", args=[*situation, "synthese"]))
    expect(page.locator("main")).to_contain_text("Trente-huit familles")
