"""The pages of an import: the list and the deposit, progress, columns, preview, decisions, outcome."""

import csv
import io
from datetime import timedelta
from functools import partial
from itertools import product
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from actions.models import Campagne
from bilans.imports import genres
from bilans.imports.champs import Confiance
from bilans.imports.modele import Candidat, Colonne, Structure
from bilans.models import ImportTableur, LigneImport
from bilans.pages.imports import PATIENCE, nom_de_la_question
from tests import fabriques
from tests.outils.pages import lisible, rien_n_est_ecrit, texte
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db

Statut, Categorie = ImportTableur.Statut, LigneImport.Categorie


@pytest.fixture(autouse=True)
def depots(tmp_path: Any, settings: Any) -> Any:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


class Traitement:
    """A kind of import that writes nothing: a row whose questions are answered would be created."""

    def recalculer(self, import_: ImportTableur, lignes: Any) -> None:
        for posee in lignes:
            if all(question["cle"] in posee.reponses for question in posee.questions):
                posee.categorie = Categorie.CREEE
            posee.save()

    def perimees(self, import_: ImportTableur) -> list[str]:
        return import_.options.get("perimees", [])


@pytest.fixture(autouse=True)
def traitement(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages alone: what a table becomes is tested elsewhere."""
    monkeypatch.setitem(genres._traitements, ImportTableur.Genre.TABLEAU, Traitement())


def structure(**champs: Any) -> dict[str, Any]:
    """Return what was recognised of a small table: a title, a porteur, an amount, something unknown."""
    colonnes = (
        Colonne(
            0, "Porteur de projet", champ="porteur", confiance=Confiance.SURE, exemples=("UFOLEP", "MJC")
        ),
        Colonne(
            1, "Action", champ="intitule", confiance=Confiance.PROBABLE, raison="« Action » est un titre."
        ),
        Colonne(
            2, "PSE", champ="montant:accorde", financeur="PSE", etat="accorde", confiance=Confiance.INCERTAINE
        ),
        Colonne(3, "Réf. interne", confiance=Confiance.INCONNUE),
    )
    lue = Structure(
        feuille="2023",
        entete=(2, 2),
        colonnes=colonnes,
        signature="f" * 64,
        candidats=(
            Candidat("2023", (2, 2), 9, ("Porteur de projet", "Action")),
            Candidat("Archives", (0, 1), 4, ("Structure", "Projet")),
        ),
    )
    return {**lue.to_dict(), **champs}


def importation(campagne: Campagne, statut: str = Statut.A_RELIRE, **champs: Any) -> ImportTableur:
    return fabriques.ImportTableurFactory(campagne=campagne, statut=statut, structure=structure(), **champs)


def changement(**champs: Any) -> dict[str, Any]:
    return {
        "champ": "montant:accorde:1",
        "libelle": "MAIRIE BAGNOLS, accordé",
        "ancien": "8 400 €",
        "nouveau": "8 500 €",
        "cellule": "I5",
        "conflit": False,
        "actuel": "",
        "valeur": "8500",
        "base": "8400",
        "retenu": True,
        **champs,
    }


QUESTION = {
    "cle": "porteur:ufolep qe",
    "phrase": "« UFOLEP QE » ressemble à « UFOLEP ». Est-ce le même porteur ?",
    "cellule": "A38",
    "choix": [
        {"valeur": "alias:1", "libelle": "Oui, c'est UFOLEP (son autre nom sera retenu)"},
        {"valeur": "nouveau", "libelle": "Non, créer ce porteur"},
        {"valeur": "ignorer", "libelle": "Laisser cette ligne de côté"},
    ],
    "proposition": "alias:1",
}
PROBLEME = {
    "gravite": "bloquant",
    "code": "FIN-10",
    "feuille": "2023",
    "ligne": 8,
    "colonne": "I",
    "cellule": "I8",
    "message": "« 1.250 » se lit de deux façons.",
    "remede": "Écrivez 1250 ou 1,25 dans la case.",
}


def ligne(import_: ImportTableur, categorie: str, **champs: Any) -> LigneImport:
    return fabriques.LigneImportFactory(import_tableur=import_, categorie=categorie, **champs)


def adresse(nom: str, campagne: Campagne, *suite: Any) -> str:
    return reverse(nom, args=[campagne.contrat.slug, campagne.annee, *suite])


def detail(import_: ImportTableur, criteres: str = "") -> str:
    return adresse("import_detail", import_.campagne, import_.cle) + criteres


# -- The list --------------------------------------------------------------------------------------
def test_day_one_says_what_a_good_table_is(campagne: Campagne, chargee: Client) -> None:
    page = texte(chargee.get(adresse("imports", campagne)))
    assert "À quoi ressemble un bon tableau" in page
    assert "Rien n'est écrit à cette étape." in page
    assert "10 Mo, 20 000 lignes et 200 colonnes au plus" in page


def test_the_list_says_what_each_import_did(campagne: Campagne, chargee: Client) -> None:
    fait = importation(
        campagne,
        Statut.APPLIQUE,
        nom="bagnols.xlsx",
        applique_le=timezone.now(),
        applique_par=fabriques.UtilisateurFactory(),
    )
    for _ in range(2):
        ligne(fait, Categorie.CREEE)
    ligne(fait, Categorie.CREEE, retenue=False)
    ligne(fait, Categorie.MODIFIEE)
    ligne(fait, Categorie.INCHANGEE)
    fabriques.ImportTableurFactory(campagne=campagne, refuse=True)
    page = texte(chargee.get(adresse("imports", campagne)))
    assert "bagnols.xlsx" in page
    assert "2 lignes créées, 1 modifiée" in page
    assert "Ce fichier n'est pas un tableur : enregistrez-le en .xlsx." in page


def test_the_list_asks_as_many_queries_whatever_its_length(campagne: Campagne, chargee: Client) -> None:
    def ajouter() -> None:
        ligne(importation(campagne), Categorie.CREEE)

    ajouter()
    verifier_requetes_constantes(lambda: chargee.get(adresse("imports", campagne)), ajouter)


@pytest.mark.parametrize(
    ("fichiers", "phrase"),
    [
        ({}, "Choisissez d'abord un fichier sur votre ordinateur."),
        (
            {"fichier": SimpleUploadedFile("vide.xlsx", b"")},
            "Ce fichier est vide. Vérifiez que c'est le bon, puis déposez-le à nouveau.",
        ),
    ],
)
def test_a_deposit_that_is_refused_keeps_the_page(
    campagne: Campagne, chargee: Client, fichiers: Any, phrase: str
) -> None:
    with rien_n_est_ecrit():
        reponse = chargee.post(adresse("imports", campagne), fichiers)
    assert reponse.status_code == 200
    assert phrase in texte(reponse)


def test_a_file_too_heavy_is_told_its_weight(campagne: Campagne, chargee: Client) -> None:
    lourd = SimpleUploadedFile("lourd.csv", b"a;b\n" * (3 << 20))
    with rien_n_est_ecrit():
        page = texte(chargee.post(adresse("imports", campagne), {"fichier": lourd}))
    assert "Ce fichier pèse 12 Mo ; un tableau en pèse au plus 10 Mo." in page


def test_the_same_file_sent_twice_makes_one_import(campagne: Campagne, chargee: Client) -> None:
    def envoyer() -> str:
        fichier = SimpleUploadedFile("bagnols.csv", b"Porteur;Action\nMJC;Graff\n")
        return chargee.post(adresse("imports", campagne), {"fichier": fichier}).url

    premier = envoyer()
    assert envoyer() == premier
    assert ImportTableur.objects.count() == 1
    # A minute later, it is meant.
    ImportTableur.objects.update(cree_le=timezone.now() - timedelta(seconds=61))
    assert envoyer() != premier


def test_an_archived_year_takes_nothing_in(campagne: Campagne, chargee: Client) -> None:
    campagne.statut = Campagne.Statut.ARCHIVEE
    campagne.save()
    page = texte(chargee.get(adresse("imports", campagne)))
    assert "Cette année est archivée : rien n'y est plus importé." in page
    assert "Lire ce tableau" not in page


# -- Progress --------------------------------------------------------------------------------------
def test_progress_says_how_far_it_is(campagne: Campagne, chargee: Client) -> None:
    lu = importation(campagne, Statut.LECTURE, fait=1200, a_faire=5000)
    reponse = chargee.get(detail(lu))
    assert "1 200 lignes sur 5 000" in texte(reponse)
    assert "Rien n'avance" not in texte(reponse)


def test_nothing_that_moves_for_half_a_minute_says_what_to_check(campagne: Campagne, chargee: Client) -> None:
    lu = importation(campagne, Statut.LECTURE, fait=10, a_faire=50)
    assert "Rien n'avance" not in texte(chargee.get(detail(lu)))
    ImportTableur.objects.update(pris_le=timezone.now() - timedelta(seconds=PATIENCE))
    assert "Rien n'avance depuis trente secondes" in texte(chargee.get(detail(lu)))


def test_a_file_that_nobody_takes_up_is_said_at_once(campagne: Campagne, chargee: Client) -> None:
    recu = importation(campagne, Statut.RECU)
    ImportTableur.objects.filter(pk=recu.pk).update(cree_le=timezone.now() - timedelta(minutes=2))
    assert "Rien n'avance" in texte(chargee.get(detail(recu)))


def test_the_page_that_waits_is_led_to_what_came(campagne: Campagne, chargee: Client) -> None:
    lu = importation(campagne)
    reponse = chargee.get(detail(lu, "?vu=lecture-0"), headers={"HX-Request": "true"})
    assert reponse.headers["HX-Redirect"] == detail(lu)


# -- The columns -----------------------------------------------------------------------------------
def test_the_columns_say_what_was_understood(campagne: Campagne, chargee: Client) -> None:
    fabriques.FinanceurFactory(contrat=campagne.contrat, nom="Ville de Bagnols", sigle="MAIRIE")
    lu = importation(campagne, Statut.COLONNES)
    reponse = chargee.get(detail(lu))
    assert reponse.url == adresse("import_colonnes", campagne, lu.cle)
    page = texte(chargee.get(reponse.url))
    assert "Tableau lu : feuille « 2023 », titres en ligne 3. 4 colonnes, dont 2 à vérifier." in page
    assert "« Action » est un titre." in page
    assert "« PSE », comme dans le tableau" in page
    assert "MAIRIE – Ville de Bagnols" in page
    assert "Feuille « Archives », titres sur les lignes 1 à 2 : Structure, Projet" in page


def test_columns_without_a_title_are_refused_and_nothing_chosen_is_lost(
    campagne: Campagne, chargee: Client
) -> None:
    lu = importation(campagne, Statut.COLONNES)
    choix = {
        "champ_0": "porteur",
        "champ_1": "note",
        "champ_2": "montant",
        "etat_2": "demande",
        "champ_3": "siret",
    }
    with rien_n_est_ecrit():
        reponse = chargee.post(adresse("import_colonnes", campagne, lu.cle), choix)
    assert "Aucune colonne n'est l'intitulé de l'action" in texte(reponse)
    gardes = {nom: reponse.context["form"][nom].value() for nom in choix}
    assert gardes == choix


def test_two_columns_said_to_be_one_field_are_refused_at_the_field(
    campagne: Campagne, chargee: Client
) -> None:
    lu = importation(campagne, Statut.COLONNES)
    choix = {"champ_0": "porteur", "champ_1": "intitule", "champ_2": "note", "champ_3": "intitule"}
    with rien_n_est_ecrit():
        reponse = chargee.post(adresse("import_colonnes", campagne, lu.cle), {**choix, "memoriser": "on"})
    (erreur,) = reponse.context["form"].errors["champ_3"]
    assert "disent toutes deux « Intitulé de l'action »" in erreur.replace("\xa0", " ")
    assert erreur in str(reponse.content, "utf-8").replace("&#x27;", "'")
    assert {nom: reponse.context["form"][nom].value() for nom in choix} == choix


def test_what_is_kept_as_a_note_is_found_on_the_row_before_and_after(
    campagne: Campagne, chargee: Client
) -> None:
    dites = {
        "0": {"champ": "porteur"},
        "1": {"champ": "ignorer"},
        "2": {"champ": "intitule"},
        "3": {"champ": "note"},
    }
    lu = importation(campagne, correspondances=dites)
    # a column that is not read has no place among the cells kept
    ligne(lu, Categorie.CREEE, titre="MJC – Graff", brut=["MJC", "Graff", "rappeler Mme X"])
    for statut in (Statut.A_RELIRE, Statut.APPLIQUE):
        ImportTableur.objects.filter(pk=lu.pk).update(
            statut=statut, applique_le=timezone.now(), applique_par=fabriques.UtilisateurFactory()
        )
        page = texte(chargee.get(detail(lu)))
        assert "1 note gardée avec l'import" in page
        assert page.count("rappeler Mme X") == 1


# -- The preview -----------------------------------------------------------------------------------
@pytest.fixture
def apercu(campagne: Campagne) -> ImportTableur:
    """A preview with a row of each kind."""
    lu = importation(campagne)
    ligne(lu, Categorie.CREEE, titre="MJC – Atelier vélo")
    ligne(lu, Categorie.MODIFIEE, titre="UFOLEP – Multisports", changements=[changement()])
    for numero in (38, 39):
        ligne(
            lu,
            Categorie.A_DECIDER,
            numero=numero,
            titre=f"UFOLEP QE – Vacances {numero}",
            questions=[QUESTION],
        )
    ligne(lu, Categorie.REFUSEE, titre="CCAS – Épicerie", problemes=[PROBLEME])
    ligne(lu, Categorie.INCHANGEE, titre="CCAS – Jardin")
    ligne(lu, Categorie.CONTROLE, titre="TOTAL")
    return lu


def test_the_preview_says_first_what_it_would_do(apercu: ImportTableur, chargee: Client) -> None:
    page = texte(chargee.get(detail(apercu)))
    assert (
        "6 lignes lues : 1 à créer, 1 à modifier, 2 à décider, 1 refusée, 1 inchangée. Rien n'est encore écrit."
    ) in page
    # What is to be decided comes first.
    assert "À décider (2) Refusées (1) À créer (1) À modifier (1) Inchangées (1)" in page
    assert "Votre réponse vaut pour 2 lignes." in page
    assert "proposé" in page
    assert "MJC – Atelier vélo" not in page


def test_a_category_shows_its_rows_and_their_cells(apercu: ImportTableur, chargee: Client) -> None:
    page = texte(chargee.get(detail(apercu, "?categorie=modifiee")))
    assert "MAIRIE BAGNOLS, accordé I5 avant 8 400 € → après 8 500 €" in page
    assert "UFOLEP – Multisports" in page
    assert "Vacances" not in page


def test_a_conflict_shows_both_values(apercu: ImportTableur, chargee: Client) -> None:
    ligne(apercu, Categorie.CONFLIT, changements=[changement(conflit=True, actuel="9 000 €")])
    page = texte(chargee.get(detail(apercu, "?categorie=conflit")))
    assert "avant 8 400 € → après 8 500 € Dans Pilotis, c'est maintenant : 9 000 €" in page


def test_every_problem_is_said_with_its_remedy(apercu: ImportTableur, chargee: Client) -> None:
    page = texte(chargee.get(detail(apercu, "?voir=remarques")))
    assert "2023, ligne 8, colonne I" in page
    assert "Écrivez 1250 ou 1,25 dans la case." in page
    reponse = chargee.get(detail(apercu, "?problemes=csv"))
    assert reponse.headers["Content-Disposition"].startswith("attachment")
    rangs = list(
        csv.reader(io.StringIO(b"".join(reponse.streaming_content).decode("utf-8-sig")), delimiter=";")
    )
    assert [rangs[0][0], *rangs[1]] == [
        *("Feuille", "2023", "8", "I", "CCAS – Épicerie", "Bloquant"),
        *("« 1.250 » se lit de deux façons.", "Écrivez 1250 ou 1,25 dans la case."),
    ]


def test_a_choice_is_kept_without_a_script(apercu: ImportTableur, chargee: Client) -> None:
    choisie = apercu.lignes.get(categorie=Categorie.CREEE)
    url = adresse("import_ligne", apercu.campagne, apercu.cle, choisie.ordre)
    reponse = chargee.post(url, {"choix": "oui", "categorie": "creee", "page": "1"})
    assert reponse.url == detail(apercu, f"?categorie=creee&page=1#ligne-{choisie.ordre}")
    choisie.refresh_from_db()
    assert choisie.retenue is False
    chargee.post(url, {"choix": "oui", "retenue": "oui"})
    choisie.refresh_from_db()
    assert choisie.retenue is True


def test_a_choice_by_htmx_says_the_row_and_the_counts_again(apercu: ImportTableur, chargee: Client) -> None:
    choisie = apercu.lignes.get(categorie=Categorie.CREEE)
    url = adresse("import_ligne", apercu.campagne, apercu.cle, choisie.ordre)
    reponse = chargee.post(url, {"choix": "oui", "visibles": "1,2"}, headers={"HX-Request": "true"})
    page = reponse.content.decode()
    assert f'id="ligne-{choisie.ordre}"' in page
    assert 'id="barre-import" hx-swap-oob="true"' in page
    assert "laissée de côté" in lisible(page)


def test_an_answer_is_shown_on_the_rows_that_ask_the_same(apercu: ImportTableur, chargee: Client) -> None:
    premiere, seconde = apercu.lignes.filter(categorie=Categorie.A_DECIDER).order_by("ordre")
    url = adresse("import_ligne", apercu.campagne, apercu.cle, premiere.ordre)
    visibles = f"{premiere.ordre},{seconde.ordre}"
    reponse = chargee.post(
        url,
        {nom_de_la_question(QUESTION["cle"]): "nouveau", "visibles": visibles},
        headers={"HX-Request": "true"},
    )
    page = reponse.content.decode()
    assert f'id="ligne-{seconde.ordre}" hx-swap-oob="true"' in page
    assert "Ligne 38 : choix enregistré. Elle est à créer." in lisible(page)
    # Said once, known everywhere.
    assert (
        list(apercu.lignes.filter(questions=[QUESTION]).values_list("reponses", "categorie"))
        == [({"porteur:ufolep qe": "nouveau"}, "creee")] * 2
    )


def test_what_several_rows_ask_is_asked_once(apercu: ImportTableur, chargee: Client) -> None:
    seule = {**QUESTION, "cle": "porteur:mjc", "phrase": "« MJC » n'est pas connu. Qui est-ce ?"}
    ligne(apercu, Categorie.A_DECIDER, questions=[QUESTION, seule])
    page = texte(chargee.get(detail(apercu)))
    assert page.count(lisible(QUESTION["phrase"])) == 1
    assert "Votre réponse vaut pour 3 lignes." in page
    assert page.count("1 question posée plus haut avec d'autres lignes.") == 3
    assert page.count("« MJC » n'est pas connu. Qui est-ce ?") == 1


def test_a_row_left_aside_asks_nothing_any_more(apercu: ImportTableur, chargee: Client) -> None:
    page = texte(chargee.get(detail(apercu)))
    assert "Il reste 1 question sans réponse" in page
    url = adresse("import_choisir", apercu.campagne, apercu.cle)
    reponse = chargee.post(url, {"categorie": "a_decider", "retenue": "non"}, follow=True)
    page = texte(reponse)
    assert "2 lignes laissées de côté." in page
    assert (
        "1 à créer, 1 à modifier, 1 refusée, 1 inchangée, 2 laissées de côté. Rien n'est encore écrit."
        in page
    )
    assert "Il reste" not in page


def test_many_questions_that_propose_the_same_have_one_button(apercu: ImportTableur, chargee: Client) -> None:
    for nom in ("ccas", "mjc", "usep"):
        ligne(
            apercu,
            Categorie.A_DECIDER,
            questions=[{**QUESTION, "cle": f"porteur:{nom}", "proposition": "nouveau"}],
        )
    page = texte(chargee.get(detail(apercu)))
    assert "Créer les 3 porteurs que Pilotis ne connaît pas" in page
    url = adresse("import_choisir", apercu.campagne, apercu.cle)
    page = texte(chargee.post(url, {"partout": "porteur:", "categorie": "a_decider"}, follow=True))
    assert "3 questions ont leur réponse." in page
    # The name that resembles another is still to be looked at.
    assert "Il reste 1 question sans réponse" in page
    assert chargee.post(url, {"partout": "tout"}).status_code == 400


def test_many_answers_are_a_list(apercu: ImportTableur, chargee: Client) -> None:
    choix = [{"valeur": f"axe:{n}", "libelle": f"Axe {n}"} for n in range(9)]
    ligne(
        apercu,
        Categorie.A_DECIDER,
        questions=[{**QUESTION, "cle": "axe:1", "choix": choix, "proposition": "axe:7"}],
    )
    page = texte(chargee.get(detail(apercu)))
    assert "Choisissez… Axe 7 (proposé) Axe 0 Axe 1" in page


def test_no_reading_of_a_doubtful_cell_is_proposed(apercu: ImportTableur, chargee: Client) -> None:
    choix = [{"valeur": "valeur:12", "libelle": "12"}, {"valeur": "valeur:15", "libelle": "15"}]
    question = {**QUESTION, "cle": "cellule:effectif:12 a 15", "choix": choix, "proposition": "valeur:12"}
    apercu.lignes.filter(categorie=Categorie.A_DECIDER).delete()
    ligne(apercu, Categorie.A_DECIDER, questions=[question])
    page = texte(chargee.get(detail(apercu)))
    assert "12 15 Enregistrer la réponse" in page
    assert "proposé" not in page


@pytest.mark.parametrize("categorie", ["", "refusee", "controle", "inconnue"])
def test_what_cannot_be_chosen_is_refused(apercu: ImportTableur, chargee: Client, categorie: str) -> None:
    url = adresse("import_choisir", apercu.campagne, apercu.cle)
    assert chargee.post(url, {"categorie": categorie, "retenue": "oui"}).status_code == 400


def test_a_control_total_is_not_a_row_to_choose(apercu: ImportTableur, chargee: Client) -> None:
    total = apercu.lignes.get(categorie=Categorie.CONTROLE)
    url = adresse("import_ligne", apercu.campagne, apercu.cle, total.ordre)
    assert chargee.post(url, {"choix": "oui"}).status_code == 404


def test_a_choice_on_an_import_that_went_on_says_so(apercu: ImportTableur, chargee: Client) -> None:
    choisie = apercu.lignes.get(categorie=Categorie.CREEE)
    ImportTableur.objects.filter(pk=apercu.pk).update(statut=Statut.ABANDONNE)
    url = adresse("import_ligne", apercu.campagne, apercu.cle, choisie.ordre)
    reponse = chargee.post(url, {"choix": "oui"}, headers={"HX-Request": "true"})
    assert reponse.headers["HX-Redirect"] == detail(apercu)
    assert "Cet import est dans l'état « abandonné »" in texte(chargee.get(detail(apercu)))


def test_readings_of_amounts_are_a_table(apercu: ImportTableur, chargee: Client) -> None:
    montants = {
        "cle": "montants:1",
        "phrase": "Les montants se lisent de deux façons.",
        "choix": [
            {
                "valeur": "lecture:1",
                "libelle": "MAIRIE 6 000 €",
                "titre": "Lecture A",
                "montants": [{"libelle": "MAIRIE", "valeur": "6 000 €"}, {"libelle": "PSE", "valeur": ""}],
            },
            {
                "valeur": "lecture:2",
                "libelle": "PSE 6 000 €",
                "titre": "Lecture B, celle du fichier",
                "montants": [{"libelle": "MAIRIE", "valeur": ""}, {"libelle": "PSE", "valeur": "6 000 €"}],
            },
            {"valeur": "plus_tard", "libelle": "Décider plus tard"},
        ],
    }
    ligne(apercu, Categorie.A_DECIDER, questions=[montants])
    page = texte(chargee.get(detail(apercu)))
    assert "Lecture MAIRIE PSE Lecture A 6 000 €" in page
    assert "Lecture B, celle du fichier" in page
    assert "Décider plus tard" in page


def test_amounts_to_settle_say_why_and_what_each_reading_makes(
    apercu: ImportTableur, chargee: Client
) -> None:
    annuelle = fabriques.ActionAnnuelleFactory(campagne=apercu.campagne)
    ville = fabriques.FinanceurFactory(contrat=apercu.campagne.contrat, sigle="VILLE", dans_total=True)
    caf = fabriques.FinanceurFactory(contrat=apercu.campagne.contrat, sigle="CAF", dans_total=False)
    ambiguite = fabriques.AmbiguiteFactory(
        action_annuelle=annuelle,
        explication="Le dernier montant est aussi la somme des autres.",
        lectures=[ville, ville],
    )
    choix = []
    for lecture, euros in zip(ambiguite.lectures.all(), (4000, 8000), strict=True):
        lecture.montants.update(montant=euros)
        lecture.montants.create(financeur=caf, montant=70)
        choix.append(
            {
                "valeur": f"lecture:{lecture.pk}",
                "libelle": "",
                "titre": f"Lecture {lecture.ordre}",
                "montants": [{"libelle": "VILLE", "valeur": "0 €"}],
            }
        )
    phrase = "Les montants de cette ligne se lisent de plusieurs façons. Laquelle est juste ?"
    question = {**QUESTION, "cle": "montants:9", "phrase": phrase, "choix": choix, "proposition": "plus_tard"}
    apercu.lignes.all().delete()
    valeurs = {"lues": {"total_ligne": {"lu": "4000", "cellule": "N9"}}}
    ligne(apercu, Categorie.A_DECIDER, annuelle=annuelle, questions=[question], valeurs=valeurs)
    page = texte(chargee.get(detail(apercu)))
    assert "Le dernier montant est aussi la somme des autres. Total imprimé de la ligne : 4 000 €." in page
    # The money beside the total is no part of it.
    assert "Lecture VILLE Total Lecture 1 0 € 4 000 € Lecture 2 0 € 8 000 €" in page


def test_the_button_for_many_questions_follows_the_answers(apercu: ImportTableur, chargee: Client) -> None:
    apercu.lignes.all().delete()
    for rang in range(3):
        question = {**QUESTION, "cle": f"porteur:{rang}", "proposition": "nouveau"}
        ligne(apercu, Categorie.A_DECIDER, ordre=rang, questions=[question])
    url = adresse("import_ligne", apercu.campagne, apercu.cle, 0)
    reponse = chargee.post(
        url,
        {nom_de_la_question("porteur:0"): "nouveau", "categorie": "a_decider"},
        headers={"HX-Request": "true"},
    )
    assert 'id="gestes-import" hx-swap-oob="true"' in reponse.content.decode()
    assert "Créer les 2 porteurs que Pilotis ne connaît pas" in texte(reponse)


def test_a_refused_row_asks_nothing_more_once_left_aside_and_leads_to_its_bilan(
    apercu: ImportTableur, chargee: Client
) -> None:
    apercu.lignes.exclude(categorie=Categorie.CREEE).delete()
    bilan = fabriques.BilanFactory(action_annuelle__campagne=apercu.campagne, valide=True)
    questions = [{**QUESTION, "cle": f"porteur:{rang}", "proposition": "nouveau"} for rang in range(2)]
    refusee = ligne(
        apercu, Categorie.REFUSEE, annuelle=bilan.action_annuelle, questions=questions, problemes=[PROBLEME]
    )
    reponse = chargee.get(detail(apercu, "?categorie=refusee"))
    lien = adresse("bilan_detail", apercu.campagne, bilan.action_annuelle.cle)
    assert f'href="{lien}"' in reponse.content.decode()
    # What it asks is no part of what is left to answer at once.
    assert "Créer les 2 porteurs" not in texte(chargee.get(detail(apercu, "?categorie=a_decider")))
    page = texte(
        chargee.post(
            adresse("import_ligne", apercu.campagne, apercu.cle, refusee.ordre),
            {"choix": "oui", "categorie": "refusee"},
            follow=True,
        )
    )
    assert "laissée de côté" in page
    assert "Ne plus la laisser de côté" in page
    assert "sans réponse" not in page


def test_control_totals_are_compared(apercu: ImportTableur, chargee: Client) -> None:
    apercu.totaux = [
        {
            "libelle": "TOTAL PDV",
            "imprime": "687 489 €",
            "calcule": "715 589 €",
            "ecart": "28 100 €",
            "explication": "C'est la somme des quatre lignes sans total.",
            "cellule": "N63",
        },
        {"libelle": "PSE", "imprime": "2 500 €", "calcule": "2 500 €", "ecart": "", "explication": ""},
    ]
    apercu.save()
    assert "Lignes (6) Totaux (1 écart) Remarques (1)" in texte(chargee.get(detail(apercu)))
    page = texte(chargee.get(detail(apercu, "?voir=totaux")))
    assert "1 total imprimé ne tombe pas juste" in page
    assert (
        "TOTAL PDV Feuille « 2023 », N63 687 489 € 715 589 € 28 100 € C'est la somme des quatre lignes sans total."
        in page
    )


def test_a_preview_that_pilotis_overtook_is_compared_again(apercu: ImportTableur, chargee: Client) -> None:
    apercu.lignes.filter(categorie=Categorie.A_DECIDER).delete()
    apercu.options = {"perimees": ["« Atelier vélo » a changé dans Pilotis."]}
    apercu.save()
    assert "« Atelier vélo » a changé dans Pilotis." in texte(chargee.get(detail(apercu)))
    assert chargee.post(adresse("import_confirmer", apercu.campagne, apercu.cle)).url == detail(apercu)
    apercu.refresh_from_db()
    assert apercu.statut == Statut.A_RELIRE
    chargee.post(detail(apercu), {"geste": "relire"})
    apercu.refresh_from_db()
    assert apercu.statut == Statut.RECU


def test_an_unknown_gesture_is_refused(apercu: ImportTableur, chargee: Client) -> None:
    assert chargee.post(detail(apercu), {"geste": "tout effacer"}).status_code == 400


def test_a_row_of_another_import_is_not_found(apercu: ImportTableur, chargee: Client) -> None:
    autre = ligne(importation(apercu.campagne), Categorie.CREEE)
    url = adresse("import_ligne", apercu.campagne, apercu.cle, autre.ordre)
    assert chargee.post(url, {"choix": "oui"}).status_code == 404


def test_the_preview_asks_as_many_queries_whatever_its_length(apercu: ImportTableur, chargee: Client) -> None:
    def ajouter() -> None:
        ligne(apercu, Categorie.A_DECIDER, questions=[QUESTION], problemes=[PROBLEME])
        ligne(apercu, Categorie.MODIFIEE, changements=[changement()])

    for criteres in ("?categorie=a_decider", "?categorie=modifiee"):
        verifier_requetes_constantes(partial(chargee.get, detail(apercu, criteres)), ajouter)


def test_a_page_has_fifty_rows(apercu: ImportTableur, chargee: Client) -> None:
    for _ in range(60):
        ligne(apercu, Categorie.INCHANGEE)
    reponse = chargee.get(detail(apercu, "?categorie=inchangee"))
    assert len(reponse.context["apercu"].lignes) == 50
    suite = chargee.get(detail(apercu, "?categorie=inchangee&page=2"))
    assert len(suite.context["apercu"].lignes) == 11
    # A page that does not exist gives the last one.
    assert chargee.get(detail(apercu, "?categorie=inchangee&page=99")).context["apercu"].page.number == 2


def test_the_button_says_why_it_waits(apercu: ImportTableur, chargee: Client) -> None:
    reponse = chargee.get(detail(apercu))
    assert 'aria-disabled="true"' in reponse.content.decode()
    assert "Importer 2 lignes" in texte(reponse)
    confirmer = chargee.get(adresse("import_confirmer", apercu.campagne, apercu.cle))
    assert confirmer.url == detail(apercu)


def test_the_confirmation_says_in_figures_what_is_written(apercu: ImportTableur, chargee: Client) -> None:
    apercu.lignes.filter(categorie=Categorie.A_DECIDER).delete()
    ligne(apercu, Categorie.CREEE, retenue=False)
    page = texte(chargee.get(adresse("import_confirmer", apercu.campagne, apercu.cle)))
    assert "Importer 2 lignes ?" in page
    assert "1 ligne sera créée. 1 ligne sera modifiée : 1 valeur change." in page
    assert "1 ligne reste de côté parce que vous l'avez choisi." in page
    assert "1 ligne refusée reste de côté" in page
    assert "Vous pourrez annuler cet import" in page


def test_giving_up_writes_nothing_and_keeps_the_file(apercu: ImportTableur, chargee: Client) -> None:
    url = adresse("import_abandonner", apercu.campagne, apercu.cle)
    assert "Rien n'est écrit" in texte(chargee.get(url))
    assert chargee.post(url).url == adresse("imports", apercu.campagne)
    apercu.refresh_from_db()
    assert apercu.statut == Statut.ABANDONNE
    assert chargee.get(adresse("import_fichier", apercu.campagne, apercu.cle)).status_code == 200


# -- The outcome -----------------------------------------------------------------------------------
def test_a_refused_file_says_why(campagne: Campagne, chargee: Client) -> None:
    refuse = fabriques.ImportTableurFactory(campagne=campagne, refuse=True)
    page = texte(chargee.get(detail(refuse)))
    assert "Ce fichier n'a pas été lu" in page
    assert "Ce fichier n'est pas un tableur : enregistrez-le en .xlsx." in page


def test_the_file_is_given_back_as_it_came_and_never_shown(campagne: Campagne, chargee: Client) -> None:
    lu = importation(campagne, nom="bagnols.html", contenu=b"<script>alert(1)</script>")
    reponse = chargee.get(adresse("import_fichier", campagne, lu.cle))
    assert b"".join(reponse.streaming_content) == b"<script>alert(1)</script>"
    assert reponse.headers["Content-Disposition"] == 'attachment; filename="bagnols.html"'
    assert reponse.headers["Content-Type"] == "application/octet-stream"
    assert reponse.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in reponse.headers["Content-Security-Policy"]


def test_a_file_that_is_gone_is_not_found(campagne: Campagne, chargee: Client) -> None:
    lu = importation(campagne)
    lu.fichier.storage.delete(lu.fichier.name)
    assert chargee.get(adresse("import_fichier", campagne, lu.cle)).status_code == 404


@pytest.mark.parametrize(
    ("page", "statut"),
    [
        *product(
            ("import_colonnes", "import_confirmer", "import_annuler"),
            (Statut.RECU, Statut.LECTURE, Statut.REFUSE, Statut.ABANDONNE),
        ),
        ("import_abandonner", Statut.ABANDONNE),
        ("import_abandonner", Statut.APPLICATION),
    ],
)
def test_what_cannot_be_done_any_more_leads_to_where_it_stands(
    campagne: Campagne, chargee: Client, page: str, statut: str
) -> None:
    lu = importation(campagne, statut, message="Ce fichier n'est pas lu.")
    for methode in ("get", "post"):
        reponse = getattr(chargee, methode)(adresse(page, campagne, lu.cle))
        assert (reponse.status_code, reponse.url) == (302, detail(lu))


def test_an_import_says_what_undoing_takes_back(campagne: Campagne, chargee: Client) -> None:
    fait = importation(
        campagne, Statut.APPLIQUE, applique_le=timezone.now(), applique_par=fabriques.UtilisateurFactory()
    )
    ligne(fait, Categorie.CREEE, numero=5, titre="MJC – Graff")
    ligne(fait, Categorie.MODIFIEE)
    page = texte(chargee.get(detail(fait)))
    assert "1 ligne créée, 1 modifiée, le" in page
    assert "Ligne 5 MJC – Graff créée" in page
    assert (
        f'href="{adresse("anomalies", campagne)}">Voir ce que' in chargee.get(detail(fait)).content.decode()
    )
    annuler = adresse("import_annuler", campagne, fait.cle)
    page = texte(chargee.get(annuler))
    assert "1 ligne créée disparaît. 1 ligne modifiée retrouve ses valeurs d'avant." in page


def test_what_was_built_on_an_import_keeps_it(campagne: Campagne, chargee: Client) -> None:
    action = fabriques.ActionAnnuelleFactory(campagne=campagne)
    fait = importation(
        campagne, Statut.APPLIQUE, applique_le=timezone.now(), applique_par=fabriques.UtilisateurFactory()
    )
    # As if the row had changed since: what the import left is not what is there.
    fabriques.EffetImportFactory(
        import_tableur=fait, modele="actions.actionannuelle", objet_pk=action.pk, apres={"id": action.pk}
    )
    annuler = adresse("import_annuler", campagne, fait.cle)
    page = texte(chargee.get(annuler))
    assert "Cet import ne s'annule plus d'un coup" in page
    assert "a changé depuis" in page
    chargee.post(annuler)
    fait.refresh_from_db()
    assert fait.statut == Statut.APPLIQUE


def test_what_changed_below_an_action_leads_to_the_action(campagne: Campagne, chargee: Client) -> None:
    bilan = fabriques.BilanFactory(action_annuelle__campagne=campagne)
    effectif = fabriques.EffectifFactory(bilan=bilan)
    fait = importation(
        campagne, Statut.APPLIQUE, applique_le=timezone.now(), applique_par=fabriques.UtilisateurFactory()
    )
    fabriques.EffetImportFactory(
        import_tableur=fait, modele="bilans.effectif", objet_pk=effectif.pk, apres={"id": effectif.pk}
    )
    reponse = chargee.get(adresse("import_annuler", campagne, fait.cle))
    assert "1 action a changé depuis" in texte(reponse)
    action = bilan.action_annuelle
    lien = f'<a href="{adresse("action_detail", campagne, action.cle)}">{action.action.intitule}</a>'
    assert lien in reponse.content.decode()


# -- Where one finds it ----------------------------------------------------------------------------
@pytest.mark.parametrize("page", ["liste_actions", "tableau_de_bord", "annexes", "suivi_bilans"])
def test_a_year_without_actions_offers_to_import(campagne: Campagne, chargee: Client, page: str) -> None:
    lien = f'href="{adresse("imports", campagne)}"'
    assert lien in chargee.get(adresse(page, campagne)).content.decode()


def test_a_porteur_is_not_offered_to_import(campagne: Campagne, client: Client) -> None:
    action = fabriques.ActionAnnuelleFactory(campagne=campagne)
    client.force_login(fabriques.representant_du_porteur(action.action.porteur))
    for page in ("liste_actions", "annexes"):
        assert adresse("imports", campagne) not in client.get(adresse(page, campagne)).content.decode()
