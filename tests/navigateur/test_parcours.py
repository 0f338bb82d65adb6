"""The main job in a real browser, on the real programmes: sign in, find, enter a bilan, see it, export it.

Then every page, for each account of the demonstration: no axe violation at a desk and on a phone, and
nothing that scrolls sideways at 320 px. `CAPTURES=dossier` keeps the screenshots.
"""

import io
import os
import re
from pathlib import Path

import openpyxl
import pytest
from django.urls import reverse
from playwright.sync_api import expect
from pypdf import PdfReader

from actions.models import ActionAnnuelle
from bilans.models import Bilan
from comptes.demonstration import COMPTES, MOT_DE_PASSE
from comptes.models import Utilisateur
from financements.models import LigneFinancement
from tests.outils import axe, navigateur, reserve
from tests.outils.pages import lisible

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]

DOLE = ("dole-2024-2030", 2024)
BAGNOLS = ("bagnols-2015-2023", 2023)
ACTION = "Permanence aux habitants"
RECIT = "Quarante permanences ont eu lieu, le mardi et le jeudi."


@pytest.fixture
def demonstration(transactional_db, demonstration_en_reserve, settings):
    settings.PILOTIS_DEMONSTRATION = True
    reserve.remettre(demonstration_en_reserve)


def capturer(page, nom):
    if dossier := os.environ.get("CAPTURES"):
        Path(dossier).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(dossier) / f"{nom}.png"), full_page=True)


def case(page, nom):
    return page.get_by_label(nom, exact=True)


def telecharger(page, lien):
    with page.expect_download() as attente:
        lien.click()
    telechargement = attente.value
    return telechargement.suggested_filename, Path(telechargement.path()).read_bytes()


@pytest.mark.parametrize("largeur", [1440, 360])
def test_du_mot_de_passe_a_l_annexe(page, live_server, demonstration, largeur):
    page.set_viewport_size({"width": largeur, "height": 800})
    page.goto(live_server.url)
    capturer(page, f"connexion-{largeur}")
    page.locator("form", has=page.locator("[value='chargee.dole@pilotis.example']")).get_by_role(
        "button"
    ).click()

    # She lands on the dashboard of the year that has work in it.
    page.wait_for_url(f"**/{DOLE[0]}/{DOLE[1]}/")
    capturer(page, f"tableau-de-bord-{largeur}")
    page.goto(live_server.url + reverse("liste_actions", args=DOLE) + "?q=permanence+HABITANTS")
    navigateur.dit(page.locator("main"), "1 action sur 41 de 2024")
    capturer(page, f"liste-{largeur}")
    page.get_by_role("link", name=ACTION).first.click()
    page.get_by_role("link", name=re.compile("Saisir le bilan")).first.click()

    # 12 + 17 for a total of 30: refused with a sentence, nothing written, nothing lost.
    page.get_by_label("Réalisée", exact=True).check()
    page.get_by_label("Déroulement de l'action").fill(RECIT)
    case(page, "Femmes, tous âges, ensemble du public").fill("12")
    case(page, "Hommes, tous âges, ensemble du public").fill("17")
    case(page, "Total, tous âges, ensemble du public").fill("30")
    capturer(page, f"saisie-{largeur}")
    page.get_by_role("button", name="Enregistrer et valider").click()
    navigateur.dit(page.locator("[data-resume-erreurs]"), "12 femmes et 17 hommes font 29")
    capturer(page, f"saisie-refusee-{largeur}")
    bilan = Bilan.objects.get(action_annuelle__action__intitule=ACTION)
    assert (bilan.statut, bilan.mise_en_oeuvre, bilan.effectifs.count()) == ("a_saisir", "", 0)
    expect(page.get_by_label("Déroulement de l'action")).to_have_value(RECIT)

    case(page, "Non renseigné, tous âges, ensemble du public").fill("1")
    page.get_by_role("button", name="Enregistrer et valider").click()
    page.wait_for_url("**/bilan/")
    capturer(page, f"bilan-{largeur}")

    # Validated by her, on behalf of the porteur; the history says who and when.
    bilan = Bilan.objects.avec_effectifs().get(pk=bilan.pk)
    claire = Utilisateur.objects.get(email="chargee.dole@pilotis.example")
    assert (bilan.statut, bilan.personnes, bilan.valide_par, bilan.saisi_pour_le_porteur) == (
        "valide",
        30,
        claire,
        True,
    )
    assert [t.vers for t in bilan.transitions.order_by("pk")][-2:] == ["transmis", "valide"]
    assert {t.auteur for t in bilan.transitions.all()} == {claire}
    assert bilan.historique.latest().history_user == claire
    navigateur.dit(page.locator("main"), "Claire Montrichard")

    # It is in the list, in the totals, and in the exported annexes.
    page.goto(live_server.url + reverse("liste_actions", args=DOLE) + "?q=permanence")
    navigateur.dit(page.locator("tbody tr", has_text=ACTION), "Validé", "30")
    page.goto(live_server.url + reverse("annexe", args=[*DOLE, "synthese"]))
    navigateur.dit(page.locator("main"), RECIT)
    capturer(page, f"annexe-{largeur}")
    nom, contenu = telecharger(page, page.get_by_role("link", name="Télécharger pour Excel"))
    assert nom == "annexe-synthese-dole-2024.xlsx"
    feuille = openpyxl.load_workbook(io.BytesIO(contenu)).worksheets[0]
    textes = [cellule.value for rang in feuille.iter_rows() for cellule in rang]
    assert textes.count(RECIT) == 1
    nom, contenu = telecharger(page, page.get_by_role("link", name="PDF").first)
    assert nom == "annexe-synthese-dole-2024.pdf"
    texte = lisible(" ".join(p.extract_text() for p in PdfReader(io.BytesIO(contenu)).pages))
    assert RECIT in texte
    assert "19 bilans validés" in texte


def test_une_association_transmet_le_bilan_renvoye(page, live_server, demonstration):
    """On a phone: what is owed, why it came back, the correction, the transmission."""
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(live_server.url)
    page.locator("form", has=page.locator("[value='association.dole@pilotis.example']")).get_by_role(
        "button"
    ).click()
    expect(page.locator("h1")).to_have_text("Vos actions")
    capturer(page, "vos-actions-360")
    page.get_by_role("link", name="Graff").first.click()
    capturer(page, "action-porteur-360")
    page.get_by_role("link", name=re.compile("bilan")).first.click()
    page.wait_for_url("**/bilan/**")
    if "/saisir/" not in page.url:
        page.get_by_role("link", name=re.compile("[Cc]ompléter|[Cc]orriger|Modifier|Reprendre")).first.click()
    # It opens where something does not add up: « 70 participants du quartier (…) 25 filles, 35 garçons et
    # 20 parents »; ten are neither, in both grids.
    expect(page.locator("h1")).to_have_text("Publics")
    case(page, "Non renseigné, tous âges, ensemble du public").fill("10")
    case(page, "Non renseigné, tous âges, habitantes et habitants du QPV").fill("10")
    capturer(page, "saisie-porteur-360")
    for titre in ("Indicateurs", "Moyens et partenaires", "Budget réalisé"):
        page.get_by_role("button", name="Continuer", exact=True).click()
        expect(page.locator("h1")).to_have_text(titre)
    page.get_by_role("button", name="Relire et envoyer").click()
    expect(page.locator("h1")).to_have_text("Relecture et envoi")
    capturer(page, "relecture-porteur-360")
    page.get_by_role("button", name="Transmettre le bilan").click()
    page.wait_for_url("**/bilan/")
    bilan = Bilan.objects.get(action_annuelle__action__intitule="Graff")
    assert (bilan.statut, bilan.transmis_par.email) == ("transmis", "association.dole@pilotis.example")


def pages_du_recueil(contrat):
    """Yield the pages with which the bilans of a year are collected."""
    noms = (
        *("avancement", "saisie_rapide", "bilans_valider", "courriels"),
        *("campagne", "campagne_reglages", "campagne_questions", "campagne_messages", "campagne_invitations"),
        *("campagne_relances", "campagne_clore", "campagne_prolonger", "question_creer", "indicateur_creer"),
    )
    for nom in noms:
        yield nom, reverse(nom, args=contrat)
    yield "campagne_message", reverse("campagne_message", args=[*contrat, "relance"])


def pages_de(email):
    """Yield the name and the address of every page that an account of the demonstration may open."""
    contrat = BAGNOLS if "bagnols" in email else DOLE
    action = ActionAnnuelle.objects.filter(campagne__contrat__slug=contrat[0], campagne__annee=contrat[1])
    if email.startswith("association"):
        compte = Utilisateur.objects.get(email=email)
        action = action.filter(action__porteur__acces__utilisateur=compte)
    avec_bilan = action.filter(bilan__statut="a_completer").first() or action.earliest("pk")
    noms = {
        "chargee": [
            *("tableau_de_bord", "liste_actions", "suivi_bilans", "financements", "liste_porteurs"),
            *("contrat", "annexes", "action_creer", "porteur_creer"),
        ],
        "association": ["liste_actions", "contrat", "annexes"],
        "financeur": ["liste_actions", "financements", "liste_porteurs", "contrat", "annexes"],
        "copil": ["contrat", "annexes"],
    }[email.split(".")[0]]
    for nom in noms:
        yield nom, reverse(nom, args=contrat)
    yield "accueil", reverse("accueil")
    # What one account sees of these pages, its colleague of the other contract sees too.
    if email == "chargee.dole@pilotis.example":
        yield from pages_du_recueil(contrat)
    yield "annexe-enjeux", reverse("annexe", args=[*contrat, "enjeux"])
    territoire = avec_bilan.territoires.earliest("pk")
    yield "territoire", reverse("territoire", args=[*contrat, territoire.pk])
    if email.startswith("copil"):
        return
    yield "action", reverse("action_detail", args=[*contrat, avec_bilan.cle])
    yield "porteur", reverse("porteur_detail", args=[*contrat, avec_bilan.action.porteur.cle])
    for annexe in ("synthese", "porteurs"):
        yield f"annexe-{annexe}", reverse("annexe", args=[*contrat, annexe])
    if email.startswith("financeur"):
        return
    for nom in ("bilan_detail", "bilan_saisir", "bilan_transmettre"):
        yield nom, reverse(nom, args=[*contrat, avec_bilan.cle])
    yield "porteur_acces", reverse("porteur_acces", args=[*contrat, avec_bilan.action.porteur.cle])
    if email.startswith("association"):
        saisir = reverse("bilan_saisir", args=[*contrat, avec_bilan.cle])
        for etape in ("publics", "indicateurs", "moyens", "budget", "relecture"):
            yield f"etape-{etape}", f"{saisir}?etape={etape}"
        return
    yield "bilan_prolonger", reverse("bilan_prolonger", args=[*contrat, avec_bilan.cle])
    for nom in ("action_modifier", "ligne_ajouter", "bilan_valider", "bilan_renvoyer", "bilan_dispenser"):
        yield nom, reverse(nom, args=[*contrat, avec_bilan.cle])
    valide = action.filter(bilan__statut="valide").earliest("pk")
    yield "bilan_rouvrir", reverse("bilan_rouvrir", args=[*contrat, valide.cle])
    yield "porteur_modifier", reverse("porteur_modifier", args=[*contrat, avec_bilan.action.porteur.cle])
    if ambigue := action.filter(ambiguite__isnull=False).first():
        yield "montants_trancher", reverse("montants_trancher", args=[*contrat, ambigue.cle])
    if ligne := LigneFinancement.objects.filter(action_annuelle__in=action).first():
        yield "ligne_modifier", reverse("ligne_modifier", args=[*contrat, ligne.cle])
        yield "ligne_supprimer", reverse("ligne_supprimer", args=[*contrat, ligne.cle])


COMPTES_VUS = [c.email for c in COMPTES if "besancon" not in c.email and "dijon" not in c.email]


@pytest.mark.parametrize("email", [email for email in COMPTES_VUS if not email.startswith("admin")])
def test_chaque_page_est_accessible(page, live_server, demonstration, email):
    navigateur.connecter(page, live_server, Utilisateur.objects.get(email=email))
    fautes = []
    for nom, adresse in pages_de(email):
        page.set_viewport_size({"width": 1440, "height": 900})
        reponse = page.goto(live_server.url + adresse)
        assert reponse.status == 200, f"{nom} répond {reponse.status}"
        expect(page.locator("h1"), nom).to_have_count(1)
        fautes += [f"{nom}, à 1440 px :\n{faute}" for faute in axe.violations(page)]
        capturer(page, f"{email.split('@')[0]}-{nom}-1440")
        page.set_viewport_size({"width": 320, "height": 640})
        fautes += [f"{nom}, à 320 px :\n{faute}" for faute in axe.violations(page)]
        fautes += [f"{nom} déborde à 320 px : {element}" for element in navigateur.debordement(page)[:3]]
        capturer(page, f"{email.split('@')[0]}-{nom}-320")
    assert fautes == [], "\n".join(fautes)


def test_les_comptes_de_la_demonstration_ouvrent_avec_leur_mot_de_passe(client, demonstration):
    for compte in COMPTES:
        assert client.login(email=compte.email, password=MOT_DE_PASSE), compte.email
