"""Nothing typed is lost: what can happen to a browser, a network, a session or a server while someone types.

After each, what is in the database is what was typed, character for character.
"""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from bilans import operations
from bilans.models import Bilan, PieceJointe
from bilans.operations.brouillon import Changement, enregistrer_brouillon
from tests import fabriques
from tests.outils import axe, navigateur
from tests.outils.pages import lisible
from tests.outils.serveur import Serveur

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]

TEXTE = "Été à l'Épicerie : 12 ateliers « cœur » — où ça ?\n\n\tÇa a marché 🎉👩🏽‍🌾\nMerci à Zoé…"
SUITE = "\nPuis l'automne : 3 sorties, œuvres & goûters 🍂."
LONG = ("Jeudi, salle n° 4 : l'été, où çà ? 🎈\n" * 140).strip()[:5000].strip()
CHAMP = "mise_en_oeuvre"
DEBUT = "Avant l'été."
MIDI = datetime(2025, 6, 3, 12, tzinfo=UTC)


@pytest.fixture
def serveur(transactional_db):
    serveur = Serveur()
    yield serveur
    serveur.arreter()


@pytest.fixture
def bilan(transactional_db):
    return fabriques.BilanFactory(en_saisie=True, realisation="realisee", mise_en_oeuvre=DEBUT)


@pytest.fixture
def lea(bilan):
    porteur = bilan.action_annuelle.action.porteur
    return fabriques.representant_du_porteur(porteur, email="lea@exemple.fr", prenom="Léa", nom="Morel")


def adresse(nom, bilan, etape=""):
    campagne = bilan.action_annuelle.campagne
    chemin = reverse(nom, args=[campagne.contrat.slug, campagne.annee, bilan.action_annuelle.cle])
    return f"{chemin}?etape={etape}" if etape else chemin


@pytest.fixture
def ouvrir(serveur, bilan):
    """Sign someone in, in the browser of a page, and open a step of the bilan there."""

    def aller(page, compte, etape="deroulement"):
        navigateur.connecter(page, serveur, compte)
        page.goto(serveur.url + adresse("bilan_saisir", bilan, etape))
        return page

    return aller


@pytest.fixture
def saisie(page, ouvrir, lea):
    """The first step, open in Léa's browser."""
    return ouvrir(page, lea)


@pytest.fixture
def claire(new_context, ouvrir, bilan):
    """The same step, open in the browser of her colleague Claire."""
    porteur = bilan.action_annuelle.action.porteur
    compte = fabriques.representant_du_porteur(
        porteur, email="claire@exemple.fr", prenom="Claire", nom="Aubert"
    )
    return ouvrir(new_context().new_page(), compte)


# -- What one does, what one sees --------------------------------------------------------------------
def zone(page, nom=CHAMP):
    return page.locator(f"[name={nom}]")


def taper(page, texte, nom=CHAMP):
    """Type at the end of a field, key by key; what keys cannot give is inserted as a phone's keyboard does."""
    champ = zone(page, nom)
    champ.focus()
    page.keyboard.press("Control+End")
    for caractere in texte:
        if caractere == "\n":
            page.keyboard.press("Enter")
        else:
            page.keyboard.insert_text(caractere)


def etat(page):
    return lisible(page.locator("[data-enregistrement]").first.inner_text())


def attendre_etat(page, debut):
    motif = re.compile("^" + re.escape(debut).replace(r"\ ", r"\s"))
    page.locator("[data-enregistrement]", has_text=motif).first.wait_for()


def enregistre(page):
    attendre_etat(page, "Enregistré à ")


def jusqu_a(page, vrai):
    navigateur.jusqu_a(page, vrai, lambda: f"La page dit : {etat(page)}")


def fermer_avant_que_le_serveur_revienne(page, serveur):
    """Close a page, its browser signed out, then start the server again.

    Chromium may send what a closing page keeps alive when the server is back: without a session nothing comes of it.
    """
    page.context.clear_cookies()
    page.close(run_before_unload=False)
    serveur.demarrer()


def arreter_l_horloge(page):
    """Have the time of `page` pass when it is told to, and not otherwise."""
    page.clock.pause_at(MIDI + timedelta(hours=1))


def lu(bilan, nom=CHAMP):
    return getattr(Bilan.objects.get(pk=bilan.pk), nom)


def journal(page):
    return page.evaluate(
        "Object.entries(localStorage).filter(([cle]) => cle.startsWith('pilotis-brouillon-')).map(([, v]) => v)"
    )


def bouton(page, nom):
    return page.get_by_role("button", name=nom)


def continuer(page):
    return page.get_by_role("button", name="Continuer", exact=True)


# -- The server, the network -------------------------------------------------------------------------
def test_le_serveur_s_arrete_et_repart_pendant_la_frappe(saisie, serveur, bilan):
    taper(saisie, "\n" + TEXTE)
    serveur.arreter()
    taper(saisie, SUITE)
    attendre_etat(saisie, "Non enregistré : connexion perdue, nous réessayons")
    # Leaving asks first; the button that goes on says why it does not.
    demandes = []
    saisie.on("dialog", lambda d: (demandes.append(d.type), d.dismiss()))
    saisie.close(run_before_unload=True)
    jusqu_a(saisie, lambda: demandes == ["beforeunload"])
    continuer(saisie).click()
    saisie.get_by_text("vous restez sur cette page").wait_for()
    taper(saisie, " Encore.")
    serveur.demarrer()
    enregistre(saisie)
    voulu = f"{DEBUT}\n{TEXTE}{SUITE} Encore."
    expect(zone(saisie)).to_have_value(voulu)
    assert (lu(bilan), journal(saisie)) == (voulu, [])


def test_au_telephone_la_barre_ne_couvre_pas_ce_qu_on_ecrit(page, ouvrir, lea):
    page.set_viewport_size({"width": 360, "height": 500})
    ouvrir(page, lea)
    page.context.set_offline(True)
    taper(page, TEXTE)
    attendre_etat(page, "Non enregistré : connexion perdue, nous réessayons")
    barre = page.locator(".barre-enregistrement").bounding_box()

    # From one field to the next, the page makes room above the bar.
    def decouvert():
        champ = page.evaluate(
            "(() => { const c = document.activeElement; const r = c.getBoundingClientRect();"
            " return c.closest('.barre-enregistrement') ? null : [r.top, r.bottom]; })()"
        )
        return champ is None or champ[1] <= barre["y"] or champ[0] < 80

    for _ in range(6):
        page.keyboard.press("Tab")
        jusqu_a(page, decouvert)


def test_une_minute_sans_reseau(page, ouvrir, lea, bilan):
    page.clock.install(time=MIDI)
    ouvrir(page, lea)
    arreter_l_horloge(page)
    departs, echecs = [], []
    page.on("request", lambda demande: departs.append(demande.url))
    page.on("requestfailed", lambda demande: echecs.append(demande.url))
    page.context.set_offline(True)
    taper(page, TEXTE)
    for _ in range(60):
        page.clock.run_for(1_000)
        # A try that left has failed, and the page knows it, before the next second.
        jusqu_a(page, lambda: len(departs) == len(echecs))
        page.wait_for_timeout(20)
    attendre_etat(page, "Non enregistré : connexion perdue, nous réessayons")
    # At once, then after 2, 4, 8, 16 and 30 seconds at most.
    assert 4 <= len(echecs) <= 6
    taper(page, SUITE)
    page.context.set_offline(False)
    enregistre(page)
    assert lu(bilan) == DEBUT + TEXTE + SUITE


def test_une_reponse_perdue_n_est_pas_un_conflit(saisie, bilan):
    """The server saved, its answer never came; what is typed next is not opposed to it."""

    def avaler(route):
        route.fetch()
        route.abort()

    saisie.route("**/brouillon/", avaler, times=1)
    zone(saisie).fill(DEBUT + TEXTE)
    attendre_etat(saisie, "Non enregistré")
    assert lu(bilan) == DEBUT + TEXTE
    taper(saisie, SUITE)
    enregistre(saisie)
    assert lu(bilan) == DEBUT + TEXTE + SUITE
    expect(saisie.locator(".conflit")).to_have_count(0)


def test_revenir_en_arriere_apres_une_reponse_perdue(saisie, bilan):
    """Undone, when the server holds what was undone without the page having heard of it."""

    def avaler(route):
        route.fetch()
        route.abort()

    saisie.route("**/brouillon/", avaler, times=1)
    zone(saisie).fill("Autre chose.")
    attendre_etat(saisie, "Non enregistré")
    assert lu(bilan) == "Autre chose."
    zone(saisie).fill(DEBUT)
    enregistre(saisie)
    expect(zone(saisie)).to_have_value(DEBUT)
    assert lu(bilan) == DEBUT


def test_ce_qu_on_tape_pendant_un_envoi_part_ensuite(saisie, bilan):
    en_cours, ensemble = [], []

    def ralentir(route):
        en_cours.append(route)
        ensemble.append(len(en_cours))
        if len(ensemble) == 1:
            zone(saisie).fill(DEBUT + TEXTE + SUITE)
            # Longer than the pause after which what is typed leaves.
            saisie.wait_for_timeout(1_300)
        reponse = route.fetch()
        en_cours.remove(route)
        route.fulfill(response=reponse)

    saisie.route("**/brouillon/", ralentir)
    zone(saisie).fill(DEBUT + TEXTE)
    jusqu_a(saisie, lambda: len(ensemble) > 1)
    enregistre(saisie)
    assert lu(bilan) == DEBUT + TEXTE + SUITE
    assert ensemble == [1, 1]


def test_qui_tape_sans_pause_est_enregistre_au_bout_de_cinq_secondes(page, ouvrir, lea, bilan):
    page.clock.install(time=MIDI)
    ouvrir(page, lea)
    arreter_l_horloge(page)
    envois = []
    page.on("request", lambda demande: envois.append(demande) if "brouillon/" in demande.url else None)
    for _ in range(9):
        taper(page, "é")
        page.clock.run_for(500)
    assert envois == []
    for _ in range(3):
        taper(page, "é")
        page.clock.run_for(500)
    jusqu_a(page, lambda: lu(bilan).startswith(DEBUT + "ééééé"))
    assert len(envois) == 1


def test_une_erreur_du_serveur_est_retentee(saisie, bilan):
    saisie.route("**/brouillon/", lambda route: route.fulfill(status=503, body="occupé"), times=1)
    taper(saisie, TEXTE)
    attendre_etat(saisie, "Non enregistré : connexion perdue")
    enregistre(saisie)
    assert lu(bilan) == DEBUT + TEXTE


def entrer(page, mailoutbox):
    """Sign Léa in, from the sign-in page, with the code that she gets."""
    page.locator("#id_code_email").fill("lea@exemple.fr")
    page.keyboard.press("Enter")
    page.wait_for_url("**" + reverse("account_confirm_login_code") + "**")
    code = re.search(r"^ {4}(\S+)$", mailoutbox[-1].body, re.MULTILINE).group(1)
    page.locator("#id_code").fill(code)
    page.keyboard.press("Enter")


# -- The session -------------------------------------------------------------------------------------
def test_la_session_expire_le_code_ramene_au_meme_endroit(saisie, serveur, bilan, mailoutbox):
    taper(saisie, "\n" + TEXTE)
    enregistre(saisie)
    Session.objects.all().delete()
    taper(saisie, SUITE)
    attendre_etat(saisie, "Non enregistré : votre connexion a pris fin")
    saisie.keyboard.press("Control+Home")
    for _ in range(3):
        saisie.keyboard.press("ArrowRight")
    axe.verifier(saisie)
    bouton(saisie, "Recevoir un code et continuer").click()
    saisie.wait_for_url("**/compte/login/**")
    entrer(saisie, mailoutbox)
    saisie.wait_for_url("**" + adresse("bilan_saisir", bilan, "deroulement"))
    voulu = f"{DEBUT}\n{TEXTE}{SUITE}"
    expect(zone(saisie)).to_have_value(voulu)
    jusqu_a(
        saisie,
        lambda: zone(saisie).evaluate("e => [e === document.activeElement, e.selectionStart]") == [True, 3],
    )
    enregistre(saisie)
    saisie.keyboard.insert_text("É")
    enregistre(saisie)
    jusqu_a(saisie, lambda: lu(bilan) == voulu[:3] + "É" + voulu[3:])
    assert journal(saisie) == []


def test_le_texte_envoye_sans_script_apres_la_session_revient_et_s_enregistre(
    saisie, serveur, bilan, mailoutbox
):
    """The script did not load; the session had ended; meanwhile a colleague answered another question."""
    saisie.route("**/brouillon.js", lambda route: route.abort())
    saisie.reload()
    zone(saisie).fill(TEXTE)
    Session.objects.all().delete()
    marc = fabriques.representant_du_porteur(bilan.action_annuelle.action.porteur)
    enregistrer_brouillon(bilan, marc, {"points_forts": Changement("", "De Marc.")})
    continuer(saisie).click()
    saisie.wait_for_url("**/compte/login/**")
    saisie.unroute("**/brouillon.js")
    entrer(saisie, mailoutbox)
    saisie.wait_for_url("**" + adresse("bilan_saisir", bilan, "deroulement"))
    enregistre(saisie)
    assert (lu(bilan), lu(bilan, "points_forts")) == (TEXTE, "De Marc.")
    expect(zone(saisie)).to_have_value(TEXTE)
    expect(zone(saisie, "points_forts")).to_have_value("De Marc.")
    expect(saisie.locator(".conflit")).to_have_count(0)
    assert journal(saisie) == []


def test_reconnectee_dans_un_autre_onglet_la_page_reprend_seule(saisie, serveur, bilan, lea):
    Session.objects.all().delete()
    taper(saisie, TEXTE)
    attendre_etat(saisie, "Non enregistré : votre connexion a pris fin")
    navigateur.connecter(saisie, serveur, lea)
    saisie.evaluate("window.dispatchEvent(new Event('focus'))")
    enregistre(saisie)
    assert lu(bilan) == DEBUT + TEXTE


def test_un_autre_compte_du_meme_ordinateur_n_en_voit_rien(saisie, serveur, ouvrir, bilan, lea):
    serveur.arreter()
    taper(saisie, TEXTE)
    attendre_etat(saisie, "Non enregistré")
    contexte = saisie.context
    fermer_avant_que_le_serveur_revienne(saisie, serveur)
    marc = fabriques.representant_du_porteur(bilan.action_annuelle.action.porteur)
    page = ouvrir(contexte.new_page(), marc)
    page.wait_for_timeout(1_200)
    expect(zone(page)).to_have_value(DEBUT)
    assert lu(bilan) == DEBUT
    # Léa finds it again.
    ouvrir(page, lea)
    enregistre(page)
    assert lu(bilan) == DEBUT + TEXTE


# -- The tab -----------------------------------------------------------------------------------------
def test_un_onglet_ferme_sans_serveur_rend_le_texte(saisie, serveur, bilan, lea):
    enregistre_avant = DEBUT
    serveur.arreter()
    taper(saisie, TEXTE)
    contexte, cookies = saisie.context, saisie.context.cookies()
    # No time is given: the last key is in the journal already.
    fermer_avant_que_le_serveur_revienne(saisie, serveur)
    contexte.add_cookies(cookies)
    assert lu(bilan) == enregistre_avant
    page = contexte.new_page()
    # On another step: what was typed elsewhere goes too.
    page.goto(serveur.url + adresse("bilan_saisir", bilan, "moyens"))
    enregistre(page)
    assert lu(bilan) == DEBUT + TEXTE
    page.goto(serveur.url + adresse("bilan_saisir", bilan, "deroulement"))
    expect(zone(page)).to_have_value(DEBUT + TEXTE)
    jusqu_a(page, lambda: journal(page) == [])


def test_un_onglet_ferme_sans_serveur_rouvert_au_meme_endroit(saisie, serveur, bilan):
    serveur.arreter()
    taper(saisie, TEXTE)
    saisie.get_by_label("Réalisée en partie").check()
    zone(saisie, "date_debut").fill("2024-03-02")
    contexte, cookies = saisie.context, saisie.context.cookies()
    fermer_avant_que_le_serveur_revienne(saisie, serveur)
    contexte.add_cookies(cookies)
    page = contexte.new_page()
    page.goto(serveur.url + adresse("bilan_saisir", bilan, "deroulement"))
    expect(zone(page)).to_have_value(DEBUT + TEXTE)
    expect(page.get_by_label("Réalisée en partie")).to_be_checked()
    taper(page, SUITE)
    enregistre(page)
    jusqu_a(page, lambda: lu(bilan) == DEBUT + TEXTE + SUITE)
    assert (lu(bilan, "realisation"), str(lu(bilan, "date_debut"))) == ("partielle", "2024-03-02")


def test_le_retour_arriere_rend_le_texte(saisie, serveur, bilan):
    taper(saisie, TEXTE)
    # Gone before the pause that saves is over.
    saisie.goto(serveur.url + reverse("accessibilite"))
    saisie.go_back()
    expect(zone(saisie)).to_have_value(DEBUT + TEXTE)
    taper(saisie, SUITE)
    enregistre(saisie)
    assert lu(bilan) == DEBUT + TEXTE + SUITE


def test_une_page_gardee_par_le_navigateur_relit_ce_qui_a_change(saisie, bilan):
    Bilan.objects.filter(pk=bilan.pk).update(points_forts="Écrit ailleurs.", version=bilan.version + 1)
    saisie.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(zone(saisie, "points_forts")).to_have_value("Écrit ailleurs.")
    saisie.locator("[data-champ=points_forts]", has_text="modifiée ailleurs").wait_for()
    taper(saisie, " Et ici.", "points_forts")
    enregistre(saisie)
    assert lu(bilan, "points_forts") == "Écrit ailleurs. Et ici."


def test_retaper_ce_qu_un_autre_avait_remplace(saisie, bilan):
    zone(saisie).fill("Un.")
    enregistre(saisie)
    Bilan.objects.filter(pk=bilan.pk).update(mise_en_oeuvre="Deux.", version=bilan.version + 9)
    saisie.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(zone(saisie)).to_have_value("Deux.")
    zone(saisie).fill("Un.")
    jusqu_a(saisie, lambda: lu(bilan) == "Un.")


def test_une_lecture_en_retard_ne_remet_pas_l_ancien_texte(saisie, bilan):
    """The page reads itself again, and its own saving overtakes the answer."""
    lectures = []

    def retarder(route):
        lectures.append(route)
        reponse = route.fetch()
        if len(lectures) == 1:
            jusqu_a(saisie, lambda: lu(bilan) == DEBUT + TEXTE)
            saisie.wait_for_timeout(300)
        route.fulfill(response=reponse)

    saisie.route("**/saisir/**", retarder)
    saisie.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    taper(saisie, TEXTE)
    enregistre(saisie)
    jusqu_a(saisie, lambda: len(lectures) == 2)
    saisie.wait_for_timeout(500)
    expect(zone(saisie)).to_have_value(DEBUT + TEXTE)
    expect(saisie.locator("[data-marque]")).to_have_count(0)
    assert lu(bilan) == DEBUT + TEXTE


def test_deux_onglets_n_ecrasent_rien(saisie, serveur, bilan):
    autre = saisie.context.new_page()
    autre.goto(serveur.url + adresse("bilan_saisir", bilan, "deroulement"))
    saisie.bring_to_front()
    taper(saisie, TEXTE)
    expect(zone(autre)).to_have_value(DEBUT + TEXTE)
    enregistre(saisie)
    autre.bring_to_front()
    taper(autre, SUITE)
    taper(autre, "Le mardi 🌙.", "points_forts")
    enregistre(autre)
    saisie.bring_to_front()
    taper(saisie, " Fin.")
    enregistre(saisie)
    assert lu(bilan) == DEBUT + TEXTE + SUITE + " Fin."
    assert lu(bilan, "points_forts") == "Le mardi 🌙."
    for onglet in (saisie, autre):
        expect(onglet.locator(".conflit")).to_have_count(0)


@pytest.mark.parametrize(
    "script",
    [
        "Storage.prototype.setItem = () => { throw new DOMException('plein', 'QuotaExceededError'); };",
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('', 'SecurityError'); } });",
    ],
    ids=["plein", "refusé"],
)
def test_sans_journal_le_serveur_recoit_tout(page, ouvrir, lea, bilan, serveur, script):
    page.add_init_script(script)
    ouvrir(page, lea)
    serveur.arreter()
    taper(page, TEXTE)
    attendre_etat(page, "Non enregistré : connexion perdue")
    taper(page, SUITE)
    serveur.demarrer()
    enregistre(page)
    assert lu(bilan) == DEBUT + TEXTE + SUITE


def test_un_texte_de_cinq_mille_caracteres_colle(saisie, bilan):
    assert len(LONG) > 4_900
    zone(saisie).fill("")
    zone(saisie).focus()
    saisie.keyboard.insert_text(LONG)
    enregistre(saisie)
    assert lu(bilan) == LONG


def test_un_journal_trop_vieux_est_oublie(page, ouvrir, lea, bilan):
    ouvrir(page, lea)
    entree = '{"mise_en_oeuvre": {"avant": "Avant l\'été.", "apres": "Vieux.", "quand": 1600000000000}}'
    page.evaluate(
        "([cle, texte]) => localStorage.setItem(cle, texte)",
        [f"pilotis-brouillon-{bilan.cle}-{lea.pk}", entree],
    )
    page.evaluate("([cle, texte]) => localStorage.setItem(cle, texte)", ["pilotis-brouillon-autre-9", entree])
    page.reload()
    expect(zone(page)).to_have_value(DEBUT)
    assert journal(page) == []


# -- Two people --------------------------------------------------------------------------------------
def test_deux_personnes_sur_des_questions_differentes(saisie, claire, bilan):
    taper(saisie, TEXTE)
    enregistre(saisie)
    taper(claire, "Venu·es à pied 🚶.", "points_forts")
    enregistre(claire)
    assert (lu(bilan), lu(bilan, "points_forts")) == (DEBUT + TEXTE, "Venu·es à pied 🚶.")
    # What Léa wrote has come to Claire's page, marked, and she writes after it.
    expect(zone(claire)).to_have_value(DEBUT + TEXTE)
    taper(claire, SUITE)
    enregistre(claire)
    assert lu(bilan) == DEBUT + TEXTE + SUITE
    expect(claire.locator(".conflit")).to_have_count(0)


@pytest.mark.parametrize("choix", ["Garder la mienne", "Prendre l'autre", "Garder les deux"])
def test_deux_personnes_sur_la_meme_question(saisie, claire, bilan, choix):
    zone(saisie).fill(TEXTE)
    enregistre(saisie)
    zone(claire).fill("De Claire.")
    conflit = claire.locator(".conflit")
    conflit.wait_for()
    attendre_etat(claire, "Une réponse a deux versions")
    assert lu(bilan) == TEXTE
    # Both are there; hers goes on as she types.
    taper(claire, " Suite 🌱.")
    navigateur.dit(conflit, "Votre version De Claire. Suite 🌱.", lisible(TEXTE))
    expect(conflit).to_contain_text(
        re.compile(r"Version\sde\sLéa\sMorel,\ssaisie\scommencée\sà\s\d+\sh\s\d\d")
    )
    axe.verifier(claire)
    bouton(claire, "Voir les deux versions").focus()
    claire.keyboard.press("Enter")
    expect(conflit).to_be_focused()
    bouton(claire, choix).focus()
    claire.keyboard.press("Enter")
    enregistre(claire)
    voulu = {
        "Garder la mienne": "De Claire. Suite 🌱.",
        "Prendre l'autre": TEXTE,
        "Garder les deux": f"De Claire. Suite 🌱.\n\n{TEXTE}",
    }[choix]
    expect(zone(claire)).to_have_value(voulu)
    expect(zone(claire)).to_be_focused()
    expect(conflit).to_have_count(0)
    assert (lu(bilan), journal(claire)) == (voulu, [])


def test_un_choix_laisse_en_suspens_attend(saisie, claire, bilan):
    zone(saisie).fill(TEXTE)
    enregistre(saisie)
    zone(claire).fill("De Claire.")
    claire.locator(".conflit").wait_for()
    continuer(claire).click()
    claire.wait_for_timeout(500)
    expect(claire).to_have_url(re.compile("etape=deroulement"))
    claire.reload()
    claire.locator(".conflit").wait_for()
    expect(zone(claire)).to_have_value("De Claire.")
    assert lu(bilan) == TEXTE


def test_une_reponse_changee_pendant_qu_on_continue_montre_les_deux(saisie, claire, bilan, lea):
    """The button itself meets another's change: its page has no script's journal, and loses nothing."""
    taper(claire, " De Claire 🌱.", "points_forts")
    zone(claire).fill("De Claire.")
    enregistre(claire)
    actuel = Bilan.objects.get(pk=bilan.pk)
    enregistrer_brouillon(actuel, lea, {CHAMP: Changement("De Claire.", TEXTE)})
    continuer(claire).click()
    conflit = claire.locator(".conflit")
    claire.get_by_text("Votre version").wait_for()
    attendre_etat(claire, "Une réponse a deux versions")
    expect(conflit).to_have_count(1)
    navigateur.dit(conflit, "Version de Léa Morel")
    expect(zone(claire)).to_have_value("De Claire.")
    assert lu(bilan) == TEXTE
    bouton(claire, "Garder les deux").click()
    enregistre(claire)
    assert (lu(bilan), journal(claire)) == (f"De Claire.\n\n{TEXTE}", [])
    assert lu(bilan, "points_forts") == "De Claire 🌱."


# -- Going on, handing over --------------------------------------------------------------------------
def test_continuer_attend_l_enregistrement(saisie, bilan):
    def ralentir(route):
        saisie.wait_for_timeout(600)
        route.continue_()

    saisie.route("**/brouillon/", ralentir)
    taper(saisie, TEXTE)
    continuer(saisie).click(no_wait_after=True)
    saisie.wait_for_url("**/saisir/?etape=publics")
    assert (lu(bilan), journal(saisie)) == (DEBUT + TEXTE, [])


def test_changer_d_etape_attend_l_enregistrement(saisie, bilan):
    taper(saisie, TEXTE)
    saisie.locator("a[data-etape-lien=moyens]").click()
    saisie.wait_for_url("**/saisir/?etape=moyens")
    assert (lu(bilan), journal(saisie)) == (DEBUT + TEXTE, [])


def test_un_double_clic_transmet_une_fois(page, ouvrir, lea, bilan):
    ouvrir(page, lea, "relecture")
    envois = []

    def tarder(route):
        if route.request.method == "POST":
            envois.append(route.request.url)
            page.wait_for_timeout(600)
        route.continue_()

    page.route("**/saisir/**", tarder)
    # A hesitant double click: the first one has left already.
    bouton(page, "Transmettre le bilan").evaluate("e => { e.click(); setTimeout(() => e.click(), 200); }")
    page.wait_for_url("**/bilan/")
    assert len(envois) == 1
    bilan.refresh_from_db()
    assert (bilan.statut, bilan.mise_en_oeuvre) == ("transmis", DEBUT)
    assert [t.vers for t in bilan.transitions.all()].count("transmis") == 1


def test_transmis_entre_temps_le_texte_reste(saisie, serveur, bilan, lea):
    operations.transmettre(Bilan.objects.get(pk=bilan.pk), lea)
    taper(saisie, TEXTE)
    attendre_etat(saisie, "Non enregistré. ")
    assert "transmis" in etat(saisie)
    saisie.context.grant_permissions(["clipboard-read", "clipboard-write"])
    bouton(saisie, "Copier mon texte").click()
    bouton(saisie, "Texte copié").wait_for()
    assert saisie.evaluate("navigator.clipboard.readText()").endswith(f"\n{DEBUT}{TEXTE}")
    expect(zone(saisie)).to_have_value(DEBUT + TEXTE)
    # The page that reads gives it too; erased only when one says so, twice.
    saisie.goto(serveur.url + adresse("bilan_detail", bilan))
    garde = saisie.locator("[data-journal-lecture]")
    navigateur.dit(garde, "Ce navigateur a gardé un texte qui n'a pas été enregistré", lisible(DEBUT + TEXTE))
    axe.verifier(saisie)
    reponses = []
    saisie.once("dialog", lambda dialogue: (dialogue.dismiss(), reponses.append("non")))
    bouton(saisie, "L'effacer").click()
    jusqu_a(saisie, lambda: reponses == ["non"])
    assert len(journal(saisie)) == 1
    saisie.once("dialog", lambda dialogue: dialogue.accept())
    bouton(saisie, "L'effacer").click()
    expect(bouton(saisie, "L'effacer")).to_have_count(0)
    assert journal(saisie) == []
    assert lu(bilan) == DEBUT


# -- Everything that is not text ---------------------------------------------------------------------
def test_les_choix_les_dates_et_les_nombres_aussi(saisie, serveur, bilan):
    saisie.get_by_label("Réalisée en partie").check()
    zone(saisie, "date_debut").fill("2024-03-02")
    zone(saisie, "nombre_seances").fill("24")
    enregistre(saisie)
    saisie.goto(serveur.url + adresse("bilan_saisir", bilan, "publics"))
    saisie.get_by_label("Femmes, tous âges, ensemble du public", exact=True).fill("1 200")
    saisie.locator("[name=total_estimation]").check()
    enregistre(saisie)
    relu = Bilan.objects.avec_effectifs().get(pk=bilan.pk)
    assert (relu.realisation, str(relu.date_debut), relu.nombre_seances, relu.personnes) == (
        "partielle",
        "2024-03-02",
        24,
        1200,
    )
    assert relu.effectifs.get().approximatif is True
    # The page reads itself again: the number is the same, written otherwise.
    saisie.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    saisie.wait_for_timeout(700)
    expect(saisie.locator("[data-marque]")).to_have_count(0)
    saisie.locator("[name=total_estimation]").uncheck()
    enregistre(saisie)
    jusqu_a(saisie, lambda: relu.effectifs.get().approximatif is False)


def test_ce_qui_ne_se_lit_pas_est_garde_et_explique(saisie, bilan):
    zone(saisie, "nombre_seances").fill("une trentaine")
    enregistre(saisie)
    champ = zone(saisie, "nombre_seances")
    erreur = saisie.locator("#a-corriger-nombre_seances")
    expect(erreur).to_contain_text(re.compile("en chiffres|nombre"))
    expect(champ).to_have_attribute("aria-invalid", "true")
    expect(champ).to_have_attribute("aria-describedby", re.compile("a-corriger-nombre_seances"))
    axe.verifier(saisie)
    saisie.reload()
    expect(champ).to_have_value("une trentaine")
    champ.fill("30")
    enregistre(saisie)
    expect(saisie.locator("[data-champ=nombre_seances] .errorlist")).to_have_count(0)
    expect(champ).not_to_have_attribute("aria-invalid", re.compile(".*"))
    assert lu(bilan, "nombre_seances") == 30


def test_le_montant_de_l_etape_suit_l_enregistrement(saisie, bilan):
    etape = saisie.locator("li:has([data-etape-lien=deroulement])")

    def montre(classe, hauteur):
        expect(etape).to_have_class(classe)
        expect(etape.locator(".montant")).to_have_attribute("height", hauteur)

    montre("parcours-fait", "34")
    zone(saisie, "nombre_seances").fill("une trentaine")
    enregistre(saisie)
    montre("parcours-encours", "19")


def test_un_texte_trop_long_reste_et_se_raccourcit(saisie, bilan):
    trop = "é" * 20_001
    zone(saisie).fill(trop)
    attendre_etat(saisie, "Non enregistré")
    navigateur.dit(saisie.locator(f"#a-corriger-{CHAMP}"), "20 001 caractères")
    continuer(saisie).click()
    saisie.locator(".message").first.wait_for()
    expect(zone(saisie)).to_have_value(trop)
    assert lu(bilan) == DEBUT
    zone(saisie).fill(TEXTE)
    enregistre(saisie)
    assert lu(bilan) == TEXTE


def test_un_texte_raccourci_pendant_que_le_refus_arrive_est_enregistre(saisie, bilan):
    def ralentir(route):
        saisie.wait_for_timeout(1200)
        route.continue_()

    saisie.route("**/brouillon/", ralentir)
    # A page that does not know the limit sends the text, and the server refuses it.
    saisie.evaluate("document.getElementById('saisie').removeAttribute('data-longueur-max')")
    zone(saisie).fill("é" * 20_001)
    attendre_etat(saisie, "Enregistrement en cours")
    zone(saisie).fill(TEXTE)
    enregistre(saisie)
    assert lu(bilan) == TEXTE


def test_un_texte_que_le_serveur_ne_lirait_pas_n_est_jamais_envoye(saisie, bilan):
    envois = []
    saisie.on("request", lambda requete: envois.append(requete) if requete.method == "POST" else None)
    enorme = "é" * 1_400_000
    zone(saisie).fill(enorme)
    attendre_etat(saisie, "Non enregistré")
    assert "Ce texte a 1 400 000 caractères : abrégez-le à 20 000 au plus." in etat(saisie)
    continuer(saisie).click()
    saisie.wait_for_timeout(1500)
    assert (envois, "abrégez-le" in etat(saisie)) == ([], True)
    assert saisie.evaluate(f"document.querySelector('[name={CHAMP}]').value.length") == len(enorme)
    taper(saisie, "Le public est venu.", "points_forts")
    jusqu_a(saisie, lambda: lu(bilan, "points_forts") == "Le public est venu.")
    zone(saisie).fill(TEXTE)
    enregistre(saisie)
    assert lu(bilan) == TEXTE


@pytest.mark.parametrize("code", [400, 413])
def test_un_envoi_refuse_sans_explication_n_est_pas_une_panne(saisie, bilan, code):
    envois = []

    def refuser(route):
        envois.append(route)
        route.fulfill(status=code, content_type="text/html", body="<h1>Trop long</h1>")

    saisie.route("**/brouillon/", refuser, times=1)
    zone(saisie).fill(DEBUT + TEXTE)
    attendre_etat(saisie, "Non enregistré. Le serveur n'a pas pu lire cet envoi")
    # Longer than the first try after a failure.
    saisie.wait_for_timeout(3000)
    assert (len(envois), lu(bilan)) == (1, DEBUT)
    taper(saisie, SUITE)
    enregistre(saisie)
    assert lu(bilan) == DEBUT + TEXTE + SUITE


def lent(page):
    """Have the script come late, as on a bad network: the page is there, and one types in it."""

    def ralentir(route):
        page.wait_for_timeout(1500)
        route.continue_()

    page.route("**/brouillon.js*", ralentir)


def test_ce_qu_on_tape_avant_le_script_remplace_le_texte_trop_long(saisie, bilan):
    zone(saisie).fill("é" * 20_001)
    attendre_etat(saisie, "Non enregistré")
    lent(saisie)
    continuer(saisie).click(no_wait_after=True)
    saisie.locator(".message").first.wait_for()
    zone(saisie).fill(TEXTE)
    enregistre(saisie)
    expect(zone(saisie)).to_have_value(TEXTE)
    assert lu(bilan) == TEXTE


def test_ce_qu_on_tape_avant_le_script_ne_chasse_pas_ce_que_le_navigateur_gardait(saisie, serveur, bilan):
    serveur.arreter()
    zone(saisie).fill(TEXTE)
    attendre_etat(saisie, "Non enregistré")
    serveur.demarrer()
    saisie.evaluate("document.querySelector('#saisie').dataset.brouillonBilan = '/nulle-part/'")
    saisie.on("dialog", lambda dialogue: dialogue.accept())
    lent(saisie)
    saisie.reload(wait_until="commit")
    zone(saisie).fill("Écrit tout de suite.")
    enregistre(saisie)
    assert lu(bilan) == f"{TEXTE}\n\nÉcrit tout de suite."


# -- A file in the middle of a sentence --------------------------------------------------------------
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"


def joindre(page, nom="affiche.pdf", contenu=PDF):
    page.locator("[data-pieces] input[type=file]").set_input_files(
        {"name": nom, "mimeType": "application/pdf", "buffer": contenu}
    )
    page.get_by_role("button", name="Joindre", exact=True).click(no_wait_after=True)
    return page.locator("[data-pieces-message]")


def test_joindre_un_fichier_pendant_la_frappe(saisie, serveur, bilan):
    def ralentir(route):
        saisie.wait_for_timeout(800)
        route.continue_()

    saisie.route("**/pieces/", ralentir)
    taper(saisie, TEXTE)
    message = joindre(saisie)
    taper(saisie, SUITE)
    message.get_by_text("joint").wait_for()
    taper(saisie, " Fin.")
    enregistre(saisie)
    assert lu(bilan) == DEBUT + TEXTE + SUITE + " Fin."
    assert list(PieceJointe.objects.filter(bilan=bilan).values_list("nom", flat=True)) == ["affiche.pdf"]
    expect(saisie.get_by_role("link", name=re.compile("affiche.pdf")).first).to_be_visible()


def test_un_fichier_refuse_ne_perd_aucun_texte(saisie, serveur, bilan):
    taper(saisie, TEXTE)
    message = joindre(saisie, "faux.pdf", b"MZ\x90\x00 pas un pdf")
    jusqu_a(saisie, lambda: "faux.pdf" not in message.inner_text() and message.inner_text() != "")
    taper(saisie, SUITE)
    serveur.arreter()
    joindre(saisie)
    message.get_by_text("Connexion perdue").wait_for()
    taper(saisie, " Fin.")
    serveur.demarrer()
    enregistre(saisie)
    assert lu(bilan) == DEBUT + TEXTE + SUITE + " Fin."
    assert not PieceJointe.objects.filter(bilan=bilan).exists()


def test_un_fichier_choisi_part_avec_le_bouton_qui_continue(saisie, bilan):
    champ = saisie.locator("[data-pieces] input[type=file]")
    champ.set_input_files({"name": "faux.pdf", "mimeType": "application/pdf", "buffer": b"MZ"})
    taper(saisie, TEXTE)
    continuer(saisie).click()
    saisie.locator("[data-pieces-message]", has_text="toujours là").wait_for()
    # Refused, it does not hold one back.
    assert champ.evaluate("e => e.files.length") == 0
    champ.set_input_files({"name": "affiche.pdf", "mimeType": "application/pdf", "buffer": PDF})
    continuer(saisie).click()
    saisie.wait_for_url("**/saisir/?etape=publics")
    assert lu(bilan) == DEBUT + TEXTE
    assert [piece.nom for piece in PieceJointe.objects.filter(bilan=bilan)] == ["affiche.pdf"]


# -- On a phone --------------------------------------------------------------------------------------
def test_deux_versions_tiennent_dans_l_ecran(saisie, claire):
    claire.set_viewport_size({"width": 320, "height": 740})
    zone(saisie).fill(TEXTE)
    enregistre(saisie)
    zone(claire).fill("De Claire.")
    claire.locator(".conflit").wait_for()
    assert navigateur.debordement(claire) == []
