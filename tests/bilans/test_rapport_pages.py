"""The pages where the annual report is composed: what they say, what their buttons do without a script."""

import json
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from actions.models import ReglagesControles
from bilans.models import PhotoRapport, RapportAnnuel, SectionRapport
from bilans.rapport import redaction
from comptes.models import Utilisateur
from tests import fabriques
from tests.outils.pages import rien_n_est_ecrit, texte
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def depots(tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def auteur(campagne: Any, chargee: Client) -> Utilisateur:
    return Utilisateur.objects.get(pk=chargee.session["_auth_user_id"])


@pytest.fixture
def rapport(campagne: Any, auteur: Utilisateur) -> RapportAnnuel:
    return redaction.ouvrir_rapport(auteur, campagne.contrat, campagne.annee)


@pytest.fixture
def section(rapport: RapportAnnuel) -> SectionRapport:
    return rapport.sections.get(code="orientations")


def adresse(campagne: Any, nom: str, *suite: str) -> str:
    return reverse(nom, args=[campagne.contrat.slug, campagne.annee, *suite])


def page(client: Client, campagne: Any, nom: str, *suite: str) -> str:
    return texte(client.get(adresse(campagne, nom, *suite)))


def envoyer(client: Client, campagne: Any, section: SectionRapport, **champs: Any) -> Any:
    """Send the page of a section as it was opened, with what is typed and the button pressed."""
    url = adresse(campagne, "rapport_section", section.cle)
    ouverte = client.get(url)
    donnees = {
        "releve": ouverte.context["form"]["releve"].value(),
        "titre": section.titre,
        "texte": section.texte,
        "bloc": section.blocs,
        "blocs_connus": " ".join(section.blocs),
        "suite": "enregistrer",
    }
    return client.post(url, {**donnees, **champs})


def lue(section: SectionRapport) -> SectionRapport:
    return SectionRapport.objects.select_related("rapport").get(pk=section.pk)


def photo(client: Client, campagne: Any, section: SectionRapport, **champs: Any) -> Any:
    octets = BytesIO()
    Image.new("RGB", (40, 30), "green").save(octets, "JPEG")
    donnees = {
        "fichier": SimpleUploadedFile("arbre.jpg", octets.getvalue()),
        "description": "Un arbre.",
        "credit": "Ville de Dole",
        "droits_acquis": "on",
    }
    return client.post(
        adresse(campagne, "rapport_photo_ajouter", section.cle), {**donnees, **champs}, follow=True
    )


# -- The list --------------------------------------------------------------------------------------
def test_the_report_is_opened_by_one_button(chargee, campagne):
    assert "n'est pas encore ouvert" in page(chargee, campagne, "rapport")
    reponse = chargee.post(adresse(campagne, "rapport_ouvrir"), follow=True)
    assert "9 sections, dont 6 à écrire et 2 masquées" in texte(reponse)
    assert "se remplit des avis" in texte(reponse)
    assert RapportAnnuel.objects.get().annee == campagne.annee


def test_the_list_says_what_is_missing(chargee, campagne, rapport):
    for situation in ("valide", "transmis", "en_saisie"):
        annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne)
        fabriques.BilanFactory(action_annuelle=annuelle, **{situation: True})
    campagne.bilan_echeance = date(2025, 6, 30)
    campagne.save()
    dit = page(chargee, campagne, "rapport")
    assert "1 bilan validé sur 3 attendus" in dit
    assert "1 bilan reçu à lire" in dit
    assert "1 bilan à recevoir, en retard" in dit


def test_the_list_asks_as_much_for_one_section_as_for_many(chargee, campagne, rapport, auteur):
    verifier_requetes_constantes(
        lambda: chargee.get(adresse(campagne, "rapport")),
        lambda: redaction.ajouter_section(auteur, rapport, "Encore"),
    )


def test_sections_move_and_hide_without_a_script(chargee, campagne, rapport, section):
    ranger = adresse(campagne, "rapport_section_ranger", section.cle)
    chargee.post(ranger, {"geste": "monter"})
    assert rapport.sections.order_by("ordre").first() == section
    chargee.post(ranger, {"geste": "monter"})
    chargee.post(ranger, {"geste": "descendre"})
    assert list(rapport.sections.order_by("ordre").values_list("code", flat=True))[:2] == [
        "essentiel",
        "orientations",
    ]
    chargee.post(ranger, {"geste": "masquer"})
    assert lue(section).visible is False
    chargee.post(ranger, {"geste": "montrer"})
    assert lue(section).visible is True


def test_a_section_of_one_s_own_is_added_then_deleted(chargee, campagne, rapport):
    ajouter = adresse(campagne, "rapport_section_ajouter")
    assert "Donnez un titre à cette section." in texte(chargee.post(ajouter, {"titre": " "}))
    chargee.post(ajouter, {"titre": "Les 10 ans"})
    propre = rapport.sections.get(titre="Les 10 ans")
    supprimer = adresse(campagne, "rapport_section_supprimer", propre.cle)
    assert "disparaît du rapport" in texte(chargee.get(supprimer))
    assert "est supprimée" in texte(chargee.post(supprimer, follow=True))
    assert not rapport.sections.filter(pk=propre.pk).exists()


def test_a_section_of_the_law_stays(chargee, campagne, section):
    supprimer = adresse(campagne, "rapport_section_supprimer", section.cle)
    assert "se masque" in texte(chargee.post(supprimer, follow=True))
    assert SectionRapport.objects.filter(pk=section.pk).exists()


def test_last_year_s_text_is_offered_then_taken_up(chargee, campagne, section):
    ancien = fabriques.RapportFactory(contrat=campagne.contrat, annee=campagne.annee - 1)
    fabriques.SectionRapportFactory(rapport=ancien, code="orientations", texte="Il y a un an.")
    bouton = f"Reprendre le texte de {campagne.annee - 1} dans"
    assert page(chargee, campagne, "rapport").count(bouton) == 1
    ranger = adresse(campagne, "rapport_section_ranger", section.cle)
    assert "relisez-le" in texte(chargee.post(ranger, {"geste": "reprendre"}, follow=True))
    assert lue(section).texte == "Il y a un an."
    assert "déjà un texte" in texte(chargee.post(ranger, {"geste": "reprendre"}, follow=True))


# -- A section -------------------------------------------------------------------------------------
def test_a_section_is_saved_by_its_button_and_shown_as_it_is_read(chargee, campagne, section):
    envoyer(chargee, campagne, section, texte="Un **mot** & <b>un autre</b>.", titre="Nos orientations")
    assert (lue(section).titre, lue(section).texte) == ("Nos orientations", "Un **mot** & <b>un autre</b>.")
    html = chargee.get(adresse(campagne, "rapport_section", section.cle)).content.decode()
    assert "<p>Un <strong>mot</strong> &amp; &lt;b&gt;un autre&lt;/b&gt;.</p>" in html


def test_the_law_s_words_are_the_help(chargee, campagne, section):
    assert "La loi demande de rappeler les principales orientations" in page(
        chargee, campagne, "rapport_section", section.cle
    )


def test_a_title_cannot_be_emptied_and_the_text_is_kept(chargee, campagne, section):
    reponse = envoyer(chargee, campagne, section, titre=" ", texte="Gardé.")
    assert "Donnez un titre à cette section" in texte(reponse)
    assert (lue(section).titre, lue(section).texte) == (section.titre, "Gardé.")


def test_two_people_choose_between_two_versions(chargee, campagne, section):
    url = adresse(campagne, "rapport_section", section.cle)
    releve = chargee.get(url).context["form"]["releve"].value()
    autre = fabriques.chargee_de_mission(campagne.contrat, prenom="Zoé", nom="Roy")
    redaction.ecrire_section(autre, section, {"texte": redaction.Changement("", "Le sien.")})
    reponse = chargee.post(url, {"releve": releve, "titre": section.titre, "texte": "Le mien."})
    assert "Zoé Roy a écrit autre chose" in texte(reponse)
    assert lue(section).texte == "Le sien."
    form = reponse.context["form"]
    assert form["texte"].value() == "Le mien."
    suite = {"releve": form["releve"].value(), "titre": section.titre, "texte": "Le mien."}
    chargee.post(url, {**suite, "choix_texte": "autre"})
    assert lue(section).texte == "Le sien."
    chargee.post(url, {**suite, "choix_texte": "mienne"})
    assert lue(section).texte == "Le mien."


def test_a_first_text_goes_after_what_is_written(chargee, campagne, section):
    offerte = chargee.get(adresse(campagne, "rapport_section", section.cle)).context["page"].offerts[0]
    assert offerte.suite == "proposition"
    envoyer(chargee, campagne, section, suite="proposition")
    assert lue(section).texte == offerte.texte
    envoyer(chargee, campagne, lue(section), texte="Mes mots.\n", suite="proposition")
    assert lue(section).texte == f"Mes mots.\n\n{offerte.texte}"


def test_blocks_are_ticked_and_moved_and_every_button_saves_the_text(chargee, campagne, auteur, section):
    connus = ["enjeux", "territoires"]
    section = redaction.choisir_blocs(auteur, section, connus, connus)
    envoyer(chargee, campagne, section, bloc=["enjeux", "territoires", "publics"], texte="Un.", suite="blocs")
    assert (lue(section).blocs, lue(section).texte) == (["enjeux", "territoires", "publics"], "Un.")
    reponse = envoyer(chargee, campagne, lue(section), suite="monter:publics", texte="Deux.")
    assert reponse.url.endswith("#blocs")
    assert (lue(section).blocs, lue(section).texte) == (["enjeux", "publics", "territoires"], "Deux.")
    # Another button keeps what was ticked too; boxes left alone undo nobody's choice.
    envoyer(chargee, campagne, lue(section), bloc=["publics"], suite="suivante")
    assert lue(section).blocs == ["publics"]
    envoyer(chargee, campagne, section, suite="rapport", texte="Deux.")
    assert lue(section).blocs == ["publics"]


def test_an_unknown_block_is_refused(chargee, campagne, section):
    reponse = envoyer(chargee, campagne, section, bloc=["inconnu"], suite="blocs")
    assert "n'existe pas" in texte(chargee.get(reponse.url.partition("#")[0]))
    assert lue(section).blocs == section.blocs


@pytest.mark.parametrize(
    ("suite", "nom"),
    [("suivante", "rapport_section"), ("rapport", "rapport"), ("photo", "rapport_photo_ajouter")],
)
def test_a_button_saves_then_goes_where_it_says(chargee, campagne, rapport, section, suite, nom):
    suivante = rapport.sections.get(code="situation")
    cles = {"rapport_section": [suivante.cle], "rapport": [], "rapport_photo_ajouter": [section.cle]}
    reponse = envoyer(chargee, campagne, section, texte="Écrit.", suite=suite)
    assert reponse.url == adresse(campagne, nom, *cles[nom])
    assert lue(section).texte == "Écrit."


def test_the_draft_answers_what_became_of_each_field(chargee, campagne, section):
    url = adresse(campagne, "rapport_section_brouillon", section.cle)

    def poster(**champs: Any) -> Any:
        corps = json.dumps({"champs": champs})
        return chargee.post(url, corps, content_type="application/json")

    reponse = poster(texte={"avant": "", "apres": "Un."}, titre={"avant": section.titre, "apres": ""}).json()
    assert (reponse["enregistres"], set(reponse["a_corriger"])) == ({"texte": "Un."}, {"titre"})
    assert reponse["version"] == lue(section).rapport.version
    oppose = poster(texte={"avant": "", "apres": "Deux."}).json()["conflits"]["texte"]
    assert (oppose["autre"], oppose["vous"]) == ("Un.", True)
    assert chargee.post(url, "rien", content_type="application/json").status_code == 400


def test_a_section_that_is_gone_gives_the_text_back(chargee, campagne, rapport, auteur):
    propre = redaction.ajouter_section(auteur, rapport, "Éphémère")
    url = adresse(campagne, "rapport_section_brouillon", propre.cle)
    redaction.supprimer_section(auteur, propre)
    reponse = chargee.post(url, '{"champs": {}}', content_type="application/json")
    assert reponse.status_code == 404
    assert "copiez votre texte" in reponse.json()["message"]


def test_what_was_typed_when_the_session_ended_comes_back(chargee, campagne, section, auteur):
    url = adresse(campagne, "rapport_section", section.cle)
    releve = chargee.get(url).context["form"]["releve"].value()
    chargee.logout()
    typee = {"releve": releve, "titre": section.titre, "texte": "Presque perdu.", "compte": auteur.pk}
    assert chargee.post(url, typee).status_code == 302
    chargee.force_login(auteur)
    reponse = chargee.get(url)
    assert "ce n'est pas encore enregistré" in texte(reponse)
    assert reponse.context["form"]["texte"].value() == "Presque perdu."
    assert "data-saisie-en-attente" in reponse.content.decode()


def test_the_text_is_read_without_being_saved(chargee, campagne, section):
    url = adresse(campagne, "rapport_section_lire", section.cle)
    with rien_n_est_ecrit():
        reponse = chargee.post(url, {"texte": "## Un titre\n\n<script>alert(1)</script>"})
    assert reponse.content.decode() == ("<h3>Un titre</h3>\n<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n")


# -- Photographs -----------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_photograph_is_added_read_and_taken_away(chargee, campagne, section):
    assert "La photographie est ajoutée." in texte(photo(chargee, campagne, section))
    (gardee,) = PhotoRapport.objects.all()
    servie = chargee.get(adresse(campagne, "rapport_photo", section.cle, gardee.cle))
    assert (servie["Content-Type"], servie["Cache-Control"]) == ("image/jpeg", "private, no-cache")
    assert b"".join(servie.streaming_content).startswith(b"\xff\xd8\xff")
    reponse = envoyer(chargee, campagne, section, suite=f"retirer:{gardee.cle}", texte="Écrit.")
    retirer = adresse(campagne, "rapport_photo_retirer", section.cle, gardee.cle)
    assert (reponse.url, lue(section).texte) == (retirer, "Écrit.")
    assert "Un arbre." in texte(chargee.get(retirer))
    chargee.post(retirer)
    assert not PhotoRapport.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"fichier": ""}, "Choisissez une photographie."),
        ({"fichier": SimpleUploadedFile("a.jpg", b"rien")}, "n'est pas une photographie"),
        ({"description": ""}, "une personne peut ne pas la voir"),
        ({"description": "a" * 301}, "300 caractères au plus"),
        ({"droits_acquis": ""}, "qu'avec ces accords"),
    ],
)
def test_a_photograph_that_cannot_be_published_is_refused(chargee, campagne, section, champs, phrase):
    reponse = photo(chargee, campagne, section, **champs)
    assert phrase in texte(reponse)
    assert reponse.context["form"]["credit"].value() == "Ville de Dole"
    assert not PhotoRapport.objects.exists()


# -- Highlights ------------------------------------------------------------------------------------
@pytest.fixture
def actions(campagne: Any) -> list[Any]:
    """Two actions of the year, the second with its bilan validated."""
    premiere, seconde = (
        fabriques.ActionAnnuelleFactory(campagne=campagne, action__intitule=intitule)
        for intitule in ("Atelier", "Zumba")
    )
    fabriques.BilanFactory(action_annuelle=seconde, valide=True, mise_en_oeuvre="On a dansé.")
    return [premiere, seconde]


def phares(client: Client, campagne: Any, **champs: Any) -> Any:
    url = adresse(campagne, "rapport_phares")
    releve = client.get(url).context["form"]["releve"].value()
    return client.post(url, {"releve": releve, **champs})


def test_actions_are_put_forward_written_ordered_and_taken_away(chargee, campagne, rapport, actions):
    ajout = chargee.get(adresse(campagne, "rapport_phares")).context["ajout"]
    # Those whose bilan is validated come first.
    assert [a.action.intitule for a in ajout.fields["action"].queryset] == ["Zumba", "Atelier"]
    for annuelle in actions:
        phares(chargee, campagne, suite="ajouter", action=annuelle.cle)
    un, deux = (annuelle.cle for annuelle in actions)
    phares(chargee, campagne, suite=f"monter:{deux}", **{f"phare_{un}": "Une belle année."})
    assert list(rapport.actions_phares.order_by("ordre").values_list("action_annuelle__cle", "texte")) == [
        (deux, ""),
        (un, "Une belle année."),
    ]
    apercu = page(chargee, campagne, "rapport_apercu")
    assert "Une belle année." in apercu
    assert "On a dansé." in apercu
    reponse = phares(chargee, campagne, suite=f"retirer:{un}")
    assert "Une belle année." in texte(chargee.get(reponse.url))
    chargee.post(reponse.url)
    assert [phare.action_annuelle for phare in rapport.actions_phares.order_by("ordre")] == [actions[1]]


@pytest.mark.parametrize(("action", "phrase"), [("", "Choisissez une action."), ("xx", "de la liste")])
def test_an_action_has_to_be_chosen(chargee, campagne, rapport, actions, action, phrase):
    assert phrase in texte(phares(chargee, campagne, suite="ajouter", action=action))
    assert not rapport.actions_phares.exists()


# -- The whole -------------------------------------------------------------------------------------
def test_the_preview_shows_the_report_as_it_stands(chargee, campagne, rapport, section, actions):
    envoyer(chargee, campagne, section, texte="Nos **orientations**.")
    apercu = page(chargee, campagne, "rapport_apercu")
    assert "Nos orientations ." in apercu
    assert "1 bilan validé sur 2 attendus" in apercu
    # A hidden section is not in it.
    assert "NPNRU" not in apercu
    assert "Le renouvellement urbain (NPNRU)" in page(chargee, campagne, "rapport")


@pytest.mark.parametrize(
    ("femmes", "seuil", "dits"), [(4, None, 1), (5, None, 0), (0, None, 0), (4, 4, 0), (7, 11, 1)]
)
def test_the_preview_says_the_small_numbers_of_people(
    chargee, campagne, rapport, actions, femmes, seuil, dits
):
    if seuil:
        ReglagesControles.objects.create(campagne=campagne, petit_effectif=seuil)
    fabriques.effectifs(actions[1].bilan, T=40 + femmes, F=femmes, H=40)
    apercu = page(chargee, campagne, "rapport_apercu")
    assert apercu.count(f"Âge non renseigné : {femmes} femmes") == dits
    assert ("à relire avant d'envoyer ou de publier" in apercu) == bool(dits)


def test_the_preview_asks_as_much_for_one_action_as_for_many(chargee, campagne, rapport):
    def ajouter() -> None:
        annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne)
        fabriques.BilanFactory(action_annuelle=annuelle, valide=True)
        fabriques.LigneFinancementFactory(action_annuelle=annuelle)

    ajouter()
    verifier_requetes_constantes(lambda: chargee.get(adresse(campagne, "rapport_apercu")), ajouter)


@pytest.mark.parametrize("nom", ["rapport_apercu", "rapport_phares", "rapport_section_ajouter"])
def test_without_a_report_there_is_nothing_to_compose(chargee, campagne, nom):
    assert chargee.get(adresse(campagne, nom)).status_code == 404
