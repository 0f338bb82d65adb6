"""A receipt in a real browser: read by everyone, copied with a button, whole without a script."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from bilans.models import Bilan, Recu
from bilans.recus import empreinte_du_contenu
from tests import fabriques
from tests.outils import axe
from tests.outils.navigateur import connecter, debordement

pytestmark = [pytest.mark.django_db(transaction=True)]

CONTENU = {
    "numero": "abc",
    "collectivite": "Grand Dole",
    "contrat": "Contrat de ville 2024-2030",
    "annee": 2024,
    "action": "Jardin partagé",
    "porteur": "Maison pour tous",
    "transmis_le_lisible": "12 mai 2025 à 11 h 30",
    "transmis_par": "Nadia Benali",
    "version": 3,
    "sections": [
        {
            "titre": "Déroulement",
            "reponses": [["Déroulement de l'action", "Vingt familles.\n\n" + "x" * 300], ["Difficultés", ""]],
        }
    ],
    "pieces": [{"nom": "n" * 140 + ".pdf", "nature": "Photo", "taille": 1234567, "empreinte": "a" * 64}],
}


@pytest.fixture
def recu() -> Recu:
    bilan: Bilan = fabriques.BilanFactory(transmis=True)
    recu: Recu = fabriques.RecuFactory(bilan=bilan, contenu=CONTENU, empreinte=empreinte_du_contenu(CONTENU))
    return recu


def address(live_server: Any, recu: Recu) -> str:
    annuelle = recu.bilan.action_annuelle
    campagne = annuelle.campagne
    return f"{live_server.url}/{campagne.contrat.slug}/{campagne.annee}/actions/{annuelle.cle}/bilan/recus/{recu.cle}/"


def test_a_receipt_is_read_by_everyone_and_copied(page: Any, live_server: Any, recu: Recu) -> None:
    connecter(page, live_server, fabriques.representant_du_porteur(recu.bilan.action_annuelle.action.porteur))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(address(live_server, recu))
    page.get_by_role("button", name="Copier le texte").click()
    page.get_by_text("Le texte du reçu est copié").wait_for()
    copie = page.evaluate("navigator.clipboard.readText()")
    assert copie.startswith("Reçu de transmission n°")
    assert "x" * 300 in copie
    for repli in page.locator("details.repli > summary").all():
        repli.click()
    axe.verifier(page)
    page.set_viewport_size({"width": 320, "height": 640})
    assert debordement(page) == []
    # on paper: the words, none of the buttons
    page.emulate_media(media="print")
    expect(page.get_by_text("Vingt familles.").first).to_be_visible()
    expect(page.get_by_role("button", name="Imprimer")).not_to_be_visible()
    expect(page.locator("#texte-du-recu")).not_to_be_visible()


def test_without_a_script_the_text_is_there_to_select(new_context: Any, live_server: Any, recu: Recu) -> None:
    page = new_context(java_script_enabled=False).new_page()
    connecter(page, live_server, fabriques.representant_du_porteur(recu.bilan.action_annuelle.action.porteur))
    page.goto(address(live_server, recu))
    expect(page.get_by_role("button", name="Copier le texte")).not_to_be_visible()
    page.get_by_text("Le même texte, à copier").click()
    expect(page.locator("#texte-du-recu")).to_have_value(re.compile("^Reçu de transmission n°"))
