"""A treasurer and the key figures of the fiche, on a phone: a card for each row, totals as one types."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from bilans.operations.structure import demander_fiches
from tests import fabriques
from tests.outils import axe, navigateur

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]


def test_les_chiffres_clefs_se_tapent_sur_un_telephone(page, live_server):
    campagne = fabriques.CampagneFactory(annee=2025)
    porteur = fabriques.PorteurFactory(epci=campagne.contrat.epci)
    (fiche,) = demander_fiches(fabriques.chargee_de_mission(campagne.contrat), campagne, [porteur])
    navigateur.connecter(page, live_server, fabriques.representant_du_porteur(porteur))
    page.set_viewport_size({"width": 320, "height": 640})
    url = reverse("fiche_structure_saisir", args=[campagne.contrat.slug, campagne.annee, fiche.cle])
    page.goto(f"{live_server.url}{url}?etape=chiffres")
    charges = page.locator("[data-code=charges] output[data-exercice=encours]")
    page.get_by_label("Charges externes, Perspectives d'atterrissage 2025").fill("1 200 euros")
    navigateur.dit(charges, "1 200 €")
    # What the server refuses is not counted: its sentence is at the field.
    for refuse in ("-50", "12OO", "12 00"):
        page.get_by_label("Autres charges, Perspectives d'atterrissage 2025").fill(refuse)
        navigateur.dit(charges, "1 200 €")
    expect(page.locator("[data-champ=chiffre_autres_charges_encours] .errorlist")).to_contain_text(
        "Saisissez un montant en chiffres"
    )
    page.get_by_label("Subventions, Perspectives d'atterrissage 2025", exact=True).fill("1 000")
    page.get_by_label("Résultat exceptionnel et financier, Perspectives d'atterrissage 2025").fill("-50,50")
    navigateur.dit(page.locator("[data-code=resultat_net] output[data-exercice=encours]"), "-250,50 €")
    axe.verifier(page)
    assert navigateur.debordement(page) == []
