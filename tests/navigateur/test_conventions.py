"""A structure on its phone finds what its convention asks and hands it in, with a script or without."""

from datetime import date
from typing import Any

import pytest
from playwright.sync_api import expect

from bilans.models import DocumentConvention
from tests import fabriques
from tests.outils import axe
from tests.outils.navigateur import connecter, debordement

pytestmark = [pytest.mark.django_db(transaction=True)]
PDF = {
    "name": "Comptes 2024.pdf",
    "mimeType": "application/pdf",
    "buffer": b"%PDF-1.7\nstartxref\n9\n%%EOF\n",
}


@pytest.fixture
def echeance(settings: Any, tmp_path: Any) -> Any:
    settings.MEDIA_ROOT = tmp_path
    campagne = fabriques.CampagneFactory()
    convention = fabriques.ConventionFactory(contrat=campagne.contrat, intitule="Convention-cadre 2024-2026")
    obligation = fabriques.ObligationFactory(convention=convention, contenu="Le rapport d'activité")
    return fabriques.EcheanceFactory(
        convention=convention, obligation=obligation, libelle="Comptes annuels", date=date(2025, 7, 15)
    )


@pytest.mark.parametrize("script", [True, False], ids=["avec script", "sans script"])
def test_a_structure_hands_in_what_is_asked(
    new_context: Any, live_server: Any, echeance: Any, script: bool
) -> None:
    page = new_context(java_script_enabled=script, viewport={"width": 360, "height": 740}).new_page()
    connecter(page, live_server, fabriques.representant_du_porteur(echeance.convention.porteur))
    page.goto(live_server.url)
    page.get_by_role("link", name="Comptes annuels").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Comptes annuels")
    page.get_by_label("Quel document ?").fill("Les comptes de 2024")
    page.get_by_label("Fichier").set_input_files(PDF)
    page.get_by_label("C'est complet").check()
    page.get_by_role("button", name="Envoyer le document").click()
    expect(page.get_by_role("link", name="Les comptes de 2024")).to_be_visible()
    expect(page.locator(".chapeau")).to_contain_text("faite le")
    assert DocumentConvention.objects.get().nom == "Comptes 2024.pdf"
    if script:
        axe.verifier(page)
        assert debordement(page) == []
