"""From the link of an e-mail to one's actions, then a colleague invited: on a desk, on a phone, read by axe."""

import re
from datetime import UTC, date, datetime

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from porteurs.models import AccesPorteur
from porteurs.operations import inviter
from tests import fabriques
from tests.outils import axe

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]

CODE = re.compile(r"^ {4}(\S+)$", re.MULTILINE)


@pytest.fixture
def campagne(transactional_db):
    return fabriques.CampagneFactory(
        annee=2024,
        notice="Comptez chaque personne une fois.",
        contact_nom="Claire Aubert",
        contact_email="ville@montclar.example",
    )


@pytest.fixture
def invitation(campagne):
    porteur = fabriques.PorteurFactory(epci=campagne.contrat.epci, nom="Vélo partagé")
    for situation in ({}, {"a_completer": True}, {"transmis": True}, {"valide": True}):
        action = fabriques.ActionFactory(contrat=campagne.contrat, porteur=porteur)
        annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne, action=action)
        bilan = fabriques.BilanFactory(action_annuelle=annuelle, **situation)
        fabriques.CommentaireFactory(bilan=bilan)
    fabriques.BilanFactory(
        action_annuelle__campagne=campagne,
        action_annuelle__action__porteur=porteur,
        action_annuelle__action__contrat=campagne.contrat,
        echeance_prolongee=date(2099, 6, 30),
    )
    fabriques.RepresentantFactory(porteur=porteur, email="presidente@exemple.fr")
    fabriques.InvitationFactory(porteur=porteur, retiree=True)
    role = AccesPorteur.Role.ADMINISTRATEUR
    return inviter(
        None, porteur, "lea@exemple.fr", "Léa Roy", role, expire_le=datetime(2099, 1, 1, tzinfo=UTC)
    )


@pytest.mark.parametrize("largeur", [1440, 320])
def test_du_lien_a_ses_actions_puis_un_collegue(page, live_server, invitation, mailoutbox, largeur):
    def relire():
        axe.verifier(page)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")

    page.set_viewport_size({"width": largeur, "height": 800})
    page.goto(f"{live_server.url}/invitation/inconnu/")
    relire()
    page.goto(live_server.url + reverse("invitation", args=[invitation.jeton]))
    relire()
    page.get_by_role("button", name="Recevoir un code").click()
    page.wait_for_url("**" + reverse("account_confirm_login_code") + "*")
    relire()
    page.locator("#id_code").fill(CODE.search(mailoutbox[0].body).group(1))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Vos actions").wait_for()
    relire()
    page.get_by_role("link", name="Voir qui a accès").click()
    expect(page.get_by_role("link", name="Inviter un·e collègue")).to_be_visible()
    relire()
    page.get_by_role("link", name="Inviter un·e collègue").click()
    page.get_by_role("button", name="Envoyer l'invitation").click()
    expect(page.locator("[data-resume-erreurs]")).to_be_focused()
    relire()
    page.get_by_label("Adresse électronique").fill("tom@exemple.fr")
    page.get_by_role("button", name="Envoyer l'invitation").click()
    page.get_by_text("le lien part à tom@exemple.fr").wait_for()
    page.get_by_role("link", name="Retirer l'accès de tom@exemple.fr").click()
    expect(page.get_by_role("button", name="Retirer cet accès")).to_be_visible()
    relire()
    page.get_by_role("button", name="Retirer cet accès").click()
    page.get_by_text("L'accès de tom@exemple.fr est retiré.").wait_for()
    relire()
