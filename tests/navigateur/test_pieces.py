"""Attaching a file from a step of the form: what was typed is saved with it, with a script or without."""

import io
import re
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from actions.models import Campagne
from bilans.models import Bilan
from tests import fabriques
from tests.outils import axe
from tests.outils.navigateur import connecter, debordement

pytestmark = [pytest.mark.django_db(transaction=True)]

TEXTE = "Vingt familles ont semé, arrosé, récolté."


@pytest.fixture
def bilan(settings: Any, tmp_path: Any) -> Bilan:
    settings.MEDIA_ROOT = tmp_path
    campagne = fabriques.CampagneFactory(statut=Campagne.Statut.BILANS_OUVERTS)
    bilan: Bilan = fabriques.BilanFactory(
        action_annuelle__campagne=campagne, en_saisie=True, realisation=Bilan.Realisation.REALISEE
    )
    return bilan


@pytest.fixture(params=[True, False], ids=["avec script", "sans script"])
def page_de_l_etape(request: Any, new_context: Any, live_server: Any, bilan: Bilan) -> Any:
    page = new_context(java_script_enabled=request.param).new_page()
    connecter(page, live_server, fabriques.representant_du_porteur(bilan.action_annuelle.action.porteur))
    annuelle, campagne = bilan.action_annuelle, bilan.action_annuelle.campagne
    chemin = f"{campagne.contrat.slug}/{campagne.annee}/actions/{annuelle.cle}/bilan/saisir/"
    page.goto(f"{live_server.url}/{chemin}?etape=deroulement")
    return page


def photo() -> dict[str, Any]:
    sortie = io.BytesIO()
    Image.new("RGB", (8, 8)).save(sortie, "JPEG")
    return {"name": "Fête.jpg", "mimeType": "image/jpeg", "buffer": sortie.getvalue()}


def send(page: Any, *fichiers: dict[str, Any]) -> None:
    page.locator("input[type=file]").set_input_files(list(fichiers))
    page.locator("#id_nature").select_option("photo")
    page.get_by_role("button", name="Joindre", exact=True).click()


def test_a_file_goes_with_the_text_that_was_being_typed(page_de_l_etape: Any, bilan: Bilan) -> None:
    page = page_de_l_etape
    page.locator("[name=mise_en_oeuvre]").fill(TEXTE)
    send(page, photo())
    page.get_by_role("link", name="Fête.jpg").first.wait_for()
    piece = bilan.pieces.get()
    assert (piece.nom, piece.nature) == ("Fête.jpg", "photo")
    bilan.refresh_from_db()
    assert bilan.mise_en_oeuvre == TEXTE
    expect(page.locator("[name=mise_en_oeuvre]")).to_have_value(TEXTE)
    expect(page).to_have_url(re.compile("etape=deroulement"))


def test_a_refused_file_takes_nothing_of_the_text_away(page_de_l_etape: Any, bilan: Bilan) -> None:
    page = page_de_l_etape
    page.locator("[name=mise_en_oeuvre]").fill(TEXTE)
    send(page, {"name": "page.pdf", "mimeType": "application/pdf", "buffer": b"<html>"})
    page.get_by_text("Ce fichier n'est ni un PDF").first.wait_for()
    expect(page.locator("[name=mise_en_oeuvre]")).to_have_value(TEXTE)
    bilan.refresh_from_db()
    assert bilan.mise_en_oeuvre == TEXTE
    assert not bilan.pieces.exists()


def test_the_block_is_for_everyone(page: Any, live_server: Any, bilan: Bilan) -> None:
    campagne, cle = bilan.action_annuelle.campagne, bilan.action_annuelle.cle
    fabriques.PieceJointeFactory(bilan=bilan, nom="n" * 146 + ".pdf")
    connecter(page, live_server, fabriques.chargee_de_mission(campagne.contrat))
    page.goto(f"{live_server.url}/{campagne.contrat.slug}/{campagne.annee}/actions/{cle}/bilan/")
    page.get_by_text("Joindre un fichier").click()
    axe.verifier(page)
    page.set_viewport_size({"width": 320, "height": 640})
    assert debordement(page) == []
    send(page, photo())
    page.get_by_text("Le fichier est joint.").wait_for()
    page.get_by_role("link", name="Retirer « Fête.jpg »").click()
    expect(page.get_by_role("button", name="Retirer la pièce")).to_be_visible()
    axe.verifier(page)
    page.get_by_role("button", name="Retirer la pièce").click()
    page.get_by_text("La pièce jointe est retirée.").wait_for()
    assert bilan.pieces.count() == 1
