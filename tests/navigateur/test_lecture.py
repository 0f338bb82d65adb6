"""Reading a bilan in a browser: a remark written at its place, the page on a desk and on a phone."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from bilans.models import Commentaire
from tests import fabriques
from tests.outils import axe, navigateur

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def bilan(transactional_db):
    annuelle = fabriques.ActionAnnuelleFactory(objectifs="Parler français.", lieux="Salle des Tilleuls")
    ancien = fabriques.BilanFactory(
        action_annuelle=fabriques.annee_de(annuelle.action, 2023), transmis=True, benevoles=30
    )
    fabriques.effectifs(ancien, F=40, H=17)
    bilan = fabriques.BilanFactory(
        action_annuelle=annuelle, transmis=True, points_forts="L'entraide.", benevoles=12
    )
    fabriques.effectifs(bilan, F=12, H=17, T=30)
    fabriques.CommentaireFactory(bilan=bilan, champ="effectifs", texte="Le total est faux.")
    fabriques.CommentaireFactory(bilan=bilan, interne=True, texte="Entre nous.")
    fabriques.LigneFinancementFactory(action_annuelle=annuelle)
    bilan.save()
    return bilan


@pytest.fixture
def ouvrir(page, live_server, bilan):
    """Sign the chargé·e de mission in and open a page of the bilan, at the width asked for."""
    chargee = fabriques.chargee_de_mission(bilan.action_annuelle.campagne.contrat)

    def aller(nom="bilan_detail", largeur=1440):
        campagne = bilan.action_annuelle.campagne
        navigateur.connecter(page, live_server, chargee)
        page.set_viewport_size({"width": largeur, "height": 800})
        cle = [] if nom == "bilans_valider" else [bilan.action_annuelle.cle]
        page.goto(live_server.url + reverse(nom, args=[campagne.contrat.slug, campagne.annee, *cle]))
        return page

    return aller


@pytest.mark.parametrize("nom", ["bilan_detail", "bilan_commenter", "bilan_renvoyer", "bilans_valider"])
@pytest.mark.parametrize("largeur", [1440, 320])
def test_la_page_est_accessible_et_ne_deborde_pas(ouvrir, nom, largeur):
    page = ouvrir(nom, largeur)
    axe.verifier(page)
    assert navigateur.debordement(page) == []


def test_la_fiche_est_a_cote_du_bilan_et_au_dessus_sur_un_telephone(ouvrir):
    page = ouvrir()
    prevu, fait = (page.locator(f"#partie-dates .{cote}").bounding_box() for cote in ("prevu", "fait"))
    assert prevu["x"] + prevu["width"] <= fait["x"]
    assert abs(prevu["y"] - fait["y"]) < 5
    page.set_viewport_size({"width": 360, "height": 800})
    prevu, fait = (page.locator(f"#partie-dates .{cote}").bounding_box() for cote in ("prevu", "fait"))
    assert prevu["y"] + prevu["height"] <= fait["y"]


def test_un_commentaire_s_ecrit_a_sa_place(ouvrir, bilan):
    page = ouvrir()
    page.get_by_role("link", name="Commenter : Points forts").click()
    page.get_by_label("Votre commentaire sur « Points forts »").fill("Lesquels ?")
    page.get_by_role("button", name="Ajouter pour le porteur").click()
    expect(page.locator("#remarques-points_forts .remarque")).to_be_visible()
    expect(page).to_have_url(re.compile("/bilan/(#.*)?$"))
    ecrit = Commentaire.objects.get(texte="Lesquels ?")
    assert (ecrit.champ, ecrit.interne) == ("points_forts", False)
    page.locator("#remarques-points_forts").get_by_role("button", name="Marquer comme réglé").click()
    page.get_by_text("Le commentaire est réglé.").wait_for()
    axe.verifier(page)
