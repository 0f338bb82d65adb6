"""The porteur's form, step by step, without a script: what is typed is kept, what is known is shown beside it."""

import json
import re
from datetime import date
from decimal import Decimal
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from actions.models import Campagne, Question
from bilans import operations
from bilans.forms import EtapeForm
from bilans.models import Bilan, Transition
from bilans.operations.brouillon import Changement, enregistrer_brouillon
from bilans.pages.saisie import Parcours, solde
from bilans.saisie import ETAPES, Saisie, sections_lues
from bilans.saisie.questions import periode
from tests import fabriques
from tests.outils.pages import lisible, texte
from tests.outils.requetes import compter_requetes, verifier_requetes_constantes

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n% tract\nstartxref\n9\n%%EOF\n"


@pytest.fixture(autouse=True)
def depots(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def annuelle():
    return fabriques.ActionAnnuelleFactory()


@pytest.fixture
def bilan(annuelle):
    return fabriques.BilanFactory(action_annuelle=annuelle)


@pytest.fixture
def lea(annuelle, client):
    compte = fabriques.representant_du_porteur(annuelle.action.porteur, prenom="Léa", nom="Roy")
    client.force_login(compte)
    return compte


@pytest.fixture
def sami(annuelle):
    return fabriques.representant_du_porteur(annuelle.action.porteur, prenom="Sami", nom="Ba")


def adresse(bilan, etape="", nom="bilan_saisir"):
    annuelle = bilan.action_annuelle
    campagne = annuelle.campagne
    chemin = reverse(nom, args=[campagne.contrat.slug, campagne.annee, annuelle.cle])
    return f"{chemin}?etape={etape}" if etape else chemin


def page(bilan, etape, **champs):
    """Return what a browser sends of a step opened now: every field as it stands, then what is typed."""
    saisie = Saisie(Bilan.objects.get(pk=bilan.pk))
    form = EtapeForm(saisie, etape)
    donnees = {nom: str(valeur) for nom, valeur in form.data.items() if valeur != ""}
    for champ in saisie.de_l_etape(etape):
        if champ.nom not in donnees and getattr(champ.formulaire.widget, "input_type", "") not in (
            "checkbox",
            "radio",
        ):
            donnees[champ.nom] = ""
    return donnees | champs


def envoyer(client, bilan, etape, suite="continuer", **champs):
    return client.post(adresse(bilan, etape), page(bilan, etape, suite=suite, **champs))


def lu(bilan):
    """Return the texts that a page opened now would show, blanks left out."""
    saisie = Saisie(Bilan.objects.get(pk=bilan.pk))
    return {nom: brut for nom in saisie.champs if (brut := saisie.brut(nom))}


def complet(annuelle, **champs):
    return fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True, realisation="realisee", **champs)


# -- Going through the steps -----------------------------------------------------------------------
@pytest.mark.parametrize("etape", ETAPES)
def test_chaque_etape_a_son_adresse_et_ne_montre_qu_elle(client, bilan, lea, etape):
    html = client.get(adresse(bilan, etape)).content.decode()
    assert f"<h1>{ETAPES[etape]}</h1>" in html
    assert re.findall(r'data-etape-lien="(\w+)"', html) == list(ETAPES)
    courante = re.findall(r'data-etape-lien="(\w+)" aria-current="step"', html)
    assert courante == [etape]
    rang = list(ETAPES).index(etape) + 1
    assert (
        lisible(texte(client.get(adresse(bilan, etape)))).count(f"Étape {rang} sur 6 : {ETAPES[etape]}") == 1
    )
    champs = set(re.findall(r'data-champ="(\w+)"', html))
    attendus = {c.nom for c in Saisie(bilan).de_l_etape(etape) if etape != "publics"}
    assert champs == (attendus or champs & {"type_public"})
    attributs = re.search(r'<form class="formulaire saisie" id="saisie"[^>]*>', html).group()
    assert f'data-brouillon-bilan="{adresse(bilan, nom="bilan_brouillon")}"' in attributs
    assert f'data-journal="{bilan.cle}-{lea.pk}"' in attributs
    assert f'data-etape="{etape}"' in attributs
    assert f'data-version="{bilan.version}"' in attributs


def test_continuer_enregistre_et_mene_a_l_etape_suivante(client, bilan, lea):
    suivantes = list(ETAPES)[1:]
    for etape, suivante in zip(ETAPES, suivantes, strict=False):
        reponse = envoyer(client, bilan, etape)
        assert reponse.url == adresse(bilan, suivante)
    assert lu(bilan) == {}
    reponse = envoyer(client, bilan, "moyens", "precedent", salaries="2")
    assert reponse.url == adresse(bilan, "indicateurs")
    reponse = envoyer(client, bilan, "moyens", "enregistrer", partenariats="Le CCAS")
    assert reponse.url == adresse(bilan, "moyens")
    assert lu(bilan) == {"salaries": "2", "partenariats": "Le CCAS"}


def test_la_page_ouvre_la_premiere_etape_qui_attend_quelque_chose(client, bilan, lea):
    def ouverte():
        html = client.get(adresse(bilan)).content.decode()
        return re.search(r'data-etape="(\w+)"', html).group(1)

    assert ouverte() == "deroulement"
    envoyer(client, bilan, "publics", type_public="Des familles")
    assert ouverte() == "deroulement"
    envoyer(client, bilan, "deroulement", realisation="realisee", mise_en_oeuvre="Douze ateliers.")
    assert ouverte() == "indicateurs"
    assert client.get(adresse(bilan, "n-importe-quoi")).status_code == 200


@pytest.mark.parametrize("realisation", ["non_realisee", "reportee"])
def test_une_action_qui_n_a_pas_eu_lieu_passe_les_etapes_sans_objet(client, annuelle, lea, realisation):
    fabriques.QuestionFactory(campagne=annuelle.campagne, obligatoire=True)
    bilan = complet(annuelle, type_public="Des familles")
    fabriques.effectifs(bilan, F=12)
    reponse = envoyer(
        client, bilan, "deroulement", realisation=realisation, motif_non_realisation="La salle a brûlé."
    )
    assert reponse.url == adresse(bilan, "relecture")
    bilan.refresh_from_db()
    parcours = Parcours(Saisie(bilan))
    assert [etape.etat for etape in parcours.etapes] == ["fait", *["sans_objet"] * 4, "fait"]
    assert parcours.precedente("relecture") == "deroulement"
    assert operations.manques(bilan) == []
    # Nothing typed is erased, and the step still opens.
    assert lu(bilan)["type_public"] == "Des familles"
    assert lu(bilan)["total_ensemble_F"] == "12"
    ouverte = client.get(adresse(bilan, "publics"))
    assert "cette étape est sans objet. Ce qui y était écrit est gardé." in texte(ouverte)
    assert "Des familles" in ouverte.content.decode()


def test_rien_n_est_refuse_pour_ce_qui_manque_ou_se_contredit(client, bilan, lea):
    """One stays on the step to see what does not add up; pressed again, the button goes on."""
    champs = {"total_ensemble_F": "12", "total_ensemble_H": "17", "total_ensemble_T": "30"}
    reponse = envoyer(client, bilan, "publics", **champs)
    assert reponse.url == adresse(bilan, "publics")
    assert lu(bilan) == champs
    vue = texte(client.get(reponse.url))
    assert "Quelque chose est à revoir dans cette page" in vue
    assert vue.count("12 femmes et 17 hommes font 29, mais le total indiqué est 30.") == 1
    assert envoyer(client, bilan, "publics", "precedent").url == adresse(bilan, "deroulement")
    assert "À revoir" not in texte(client.get(adresse(bilan, "deroulement")))
    assert envoyer(client, bilan, "publics").url == adresse(bilan, "indicateurs")
    vue = texte(client.get(adresse(bilan, "indicateurs")))
    assert (
        "À revoir dans « Publics » avant d'envoyer le bilan. 12 femmes et 17 hommes font 29, mais le total indiqué "
        "est 30."
    ) in vue


def test_continuer_dit_ce_qui_ne_peut_pas_etre_lu_dans_l_etape_que_l_on_quitte(client, bilan, lea):
    enregistrer_brouillon(bilan, lea, {"nombre_seances": Changement("", "une vingtaine")})
    assert envoyer(client, bilan, "deroulement", nombre_seances="une vingtaine").url == adresse(
        bilan, "publics"
    )
    vue = texte(client.get(adresse(bilan, "publics")))
    assert "À revoir dans « Déroulement » avant d'envoyer le bilan." in vue
    assert "vous avez écrit « une vingtaine »" in vue
    # What is only missing is for the checklist: one goes on to fill it later.
    assert "Indiquez si l'action a été réalisée" not in vue


def test_ce_qui_ne_peut_pas_etre_lu_revient_tel_quel_avec_sa_phrase(client, bilan, lea):
    reponse = envoyer(
        client, bilan, "deroulement", nombre_seances="une vingtaine", points_forts="L'entraide."
    )
    assert reponse.url == adresse(bilan, "deroulement")
    ouverte = client.get(reponse.url)
    html = unescape(ouverte.content.decode())
    assert re.search(r'name="nombre_seances"[^>]*value="une vingtaine"', html) or re.search(
        r'value="une vingtaine"[^>]*name="nombre_seances"', html
    )
    assert ouverte.context["form"].errors.keys() == {"nombre_seances"}
    assert "Saisissez un nombre entier" in texte(ouverte)
    assert lu(bilan) == {"nombre_seances": "une vingtaine", "points_forts": "L'entraide."}
    # It is told before sending, with the way to the field.
    relecture = client.get(adresse(bilan, "relecture"))
    assert f'href="{adresse(bilan, "deroulement")}#id_nombre_seances"' in relecture.content.decode()
    assert "vous avez écrit « une vingtaine »" in texte(relecture)


def test_un_texte_demesure_reste_dans_la_page_et_le_reste_est_enregistre(client, bilan, lea):
    long = "a" * 20_001
    reponse = envoyer(client, bilan, "deroulement", mise_en_oeuvre=long, points_forts="L'entraide.")
    assert reponse.status_code == 200
    assert long in reponse.content.decode()
    assert "20 001 caractères" in texte(reponse)
    assert lu(bilan) == {"points_forts": "L'entraide."}


def test_un_champ_absent_de_l_envoi_n_est_pas_efface(client, bilan, lea):
    envoyer(client, bilan, "deroulement", points_forts="L'entraide.", realisation="realisee")
    client.post(adresse(bilan, "deroulement"), {"difficultes": "Le froid."})
    assert lu(bilan) == {"points_forts": "L'entraide.", "realisation": "realisee", "difficultes": "Le froid."}


def test_une_case_decochee_est_un_vide(client, bilan, lea):
    envoyer(client, bilan, "publics", total_ensemble_F="12", total_estimation="on")
    assert lu(bilan) == {"total_ensemble_F": "12", "total_estimation": "on"}
    donnees = page(bilan, "publics", suite="continuer")
    del donnees["total_estimation"]
    client.post(adresse(bilan, "publics"), donnees)
    assert lu(bilan) == {"total_ensemble_F": "12"}


def test_joindre_un_fichier_garde_le_texte(client, bilan, lea):
    donnees = page(bilan, "deroulement", suite="joindre", points_forts="L'entraide.", nature="photo")
    fichier = SimpleUploadedFile("tract.pdf", PDF, "application/pdf")
    reponse = client.post(adresse(bilan, "deroulement"), donnees | {"fichier": fichier})
    assert reponse.url == f"{adresse(bilan, 'deroulement')}#pieces"
    assert lu(bilan) == {"points_forts": "L'entraide."}
    assert [(piece.nom, piece.nature) for piece in bilan.pieces.all()] == [("tract.pdf", "photo")]
    # Chosen and forgotten, it goes with the button that continues.
    donnees = page(bilan, "deroulement", suite="continuer")
    autre = SimpleUploadedFile("photo.pdf", PDF + b"\n", "application/pdf")
    suivante = client.post(adresse(bilan, "deroulement"), donnees | {"fichier": autre})
    assert suivante.url == adresse(bilan, "publics")
    assert bilan.pieces.count() == 2
    # A file that is refused takes no text with it.
    donnees = page(bilan, "deroulement", suite="joindre", difficultes="Le froid.")
    mauvais = SimpleUploadedFile("virus.exe", b"MZ", "application/pdf")
    client.post(adresse(bilan, "deroulement"), donnees | {"fichier": mauvais})
    assert lu(bilan) == {"points_forts": "L'entraide.", "difficultes": "Le froid."}
    assert bilan.pieces.count() == 2


# -- What is known beside the questions ------------------------------------------------------------
def test_ce_que_l_on_sait_est_a_cote_des_questions_et_jamais_a_leur_place(client, lea, annuelle):
    annuelle.objectifs = "Parler <b>français</b>"
    annuelle.public_vise, annuelle.lieux, annuelle.partenaires = "Des familles", "Maison de quartier", "CCAS"
    annuelle.date_debut, annuelle.date_fin = date(2024, 1, 8), date(2024, 6, 28)
    annuelle.save()
    bilan = fabriques.BilanFactory(action_annuelle=annuelle)
    avant = fabriques.BilanFactory(
        action_annuelle=fabriques.annee_de(annuelle.action, 2023),
        valide=True,
        salaries=45,
        difficultes="La salle était fermée.",
    )
    fabriques.effectifs(avant, F=30, H=15)
    indicateur = fabriques.IndicateurFactory(contrat=annuelle.campagne.contrat)
    fabriques.ValeurIndicateurFactory(bilan=avant, indicateur=indicateur, valeur=17)
    fabriques.IndicateurDemandeFactory(campagne=annuelle.campagne, indicateur=indicateur, unite="ateliers")
    fabriques.IndicateurActionFactory(action_annuelle=annuelle, libelle="Séances", cible=20)
    attendus = {
        "deroulement": (
            "Prévu : du 8 janvier 2024 au 28 juin 2024",
            "Lieux prévus : Maison de quartier",
            "Les objectifs de la fiche action : Parler <b>français</b>",
            "En 2023 : La salle était fermée.",
        ),
        "publics": (
            "Public visé par la fiche action : Des familles",
            "En 2023 : 45 personnes (30 femmes, 15 hommes)",
        ),
        "indicateurs": ("Vous visiez 20.", "En 2023 : 17 ateliers"),
        "moyens": ("Partenaires annoncés : CCAS", "En 2023 : 45"),
    }
    for etape, phrases in attendus.items():
        reponse = client.get(adresse(bilan, etape))
        vue = texte(reponse)
        for phrase in phrases:
            assert phrase in vue, (etape, phrase)
        assert "<b>français</b>" not in reponse.content.decode()
    assert lu(bilan) == {}


def test_les_montants_accordes_sont_a_cote_du_budget_et_l_ecart_est_dit(client, annuelle, lea):
    for code, sens in (("60", "charge"), ("64", "charge"), ("74", "produit"), ("70", "produit")):
        fabriques.CompteBudgetaireFactory(code=code, libelle=f"Compte {code}", sens=sens)
    bilan = fabriques.BilanFactory(action_annuelle=annuelle)
    ligne = fabriques.LigneFinancementFactory(
        action_annuelle=annuelle, montant_accorde=Decimal(1500), montant_notifie=Decimal(1200)
    )
    fabriques.LigneFinancementFactory(action_annuelle=annuelle, montant_accorde=None)
    prevu = fabriques.BudgetFactory(action_annuelle=annuelle)
    achats = fabriques.CompteBudgetaireFactory(code="60")
    fabriques.LigneBudgetFactory(budget=prevu, compte=achats, montant=Decimal(800))
    html = client.get(adresse(bilan, "budget")).content.decode()
    champs = re.findall(r'name="(budget_\w+)"', html)
    # The accounts of the forecast budget, a line for each funder; the others are folded after them.
    financeurs = [f"budget_74_{x.financeur.cle}" for x in Saisie(bilan).lignes_financement]
    assert champs == ["budget_60", "budget_64", *financeurs, "budget_74", "budget_70"]
    assert re.findall(r"<summary>(Ajouter[^<]+)</summary>", html) == [
        "Ajouter une autre dépense",
        "Ajouter une autre recette",
    ]
    vue = lisible(re.sub(r"<[^>]+>", " ", unescape(html)))
    assert "Accordé : 1 200 €" in vue
    assert "Prévu : 800 €" in vue
    assert vue.count("Accordé") == 1
    assert solde(Saisie(bilan)) == (None, None, "")
    nom = f"budget_74_{ligne.financeur.cle}"
    envoyer(client, bilan, "budget", budget_60="1 500,50", **{nom: "1200"})
    depenses, recettes, phrase = solde(Saisie(bilan))
    assert (depenses, recettes) == (Decimal("1500.50"), Decimal(1200))
    assert lisible(phrase).startswith("Les dépenses dépassent les recettes de 300,50 €")
    assert lisible(phrase) in texte(client.get(adresse(bilan, "budget")))


def test_le_premier_montant_enregistre_laisse_les_autres_postes_ou_ils_sont(client, bilan, lea):
    for code, sens in (("60", "charge"), ("64", "charge"), ("74", "produit")):
        fabriques.CompteBudgetaireFactory(code=code, libelle=f"Compte {code}", sens=sens)
    envoyer(client, bilan, "budget", budget_60="800", budget_64="beaucoup")
    html = client.get(adresse(bilan, "budget")).content.decode()
    assert re.findall(r'name="(budget_\w+)"', html) == ["budget_60", "budget_64", "budget_74"]
    relecture = texte(client.get(adresse(bilan, "relecture")))
    assert "Compte 64 : vous avez écrit « beaucoup »." in relecture
    envoyer(client, bilan, "budget", budget_64="1200")
    depenses, _, _ = solde(Saisie(bilan))
    assert depenses == Decimal(2000)


def test_un_total_dit_les_montants_qu_il_ne_compte_pas(client, bilan, lea):
    for code, sens in (("60", "charge"), ("61", "charge"), ("64", "charge"), ("74", "produit")):
        fabriques.CompteBudgetaireFactory(code=code, libelle=f"Compte {code}", sens=sens)
    envoyer(client, bilan, "budget", budget_60="800", budget_61="12OO", budget_64="1.200", budget_74="500")
    page = texte(client.get(adresse(bilan, "budget")))
    assert "Total des dépenses : 800 € Ce total ne compte pas 2 montants à corriger." in page
    assert page.count("Ce total ne compte pas") == 1
    assert "dépassent" not in page
    envoyer(client, bilan, "budget", budget_61="1200", budget_64="")
    page = texte(client.get(adresse(bilan, "budget")))
    assert "Ce total ne compte pas" not in page
    assert "Les dépenses dépassent les recettes de 1 500 €" in page


def test_un_commentaire_est_au_champ_et_une_note_interne_jamais(client, annuelle, lea):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, a_completer=True)
    fabriques.CommentaireFactory(bilan=bilan, champ="difficultes", texte="Dites-en plus.")
    fabriques.CommentaireFactory(bilan=bilan, champ="difficultes", texte="Entre nous.", interne=True)
    fabriques.CommentaireFactory(bilan=bilan, champ="total_ensemble_F", texte="Combien de femmes ?")
    html = client.get(adresse(bilan, "deroulement")).content.decode()
    bloc = html[html.index('data-champ="difficultes"') : html.index('data-champ="perspectives"')]
    assert "Dites-en plus." in bloc
    assert "Entre nous." not in html
    assert "Indiquez le nombre de participants." in unescape(html)
    # Every step leads to what was remarked, wherever it is read.
    ailleurs = bilan.commentaires.get(champ="total_ensemble_F")
    lien = f"{adresse(bilan, 'publics')}#commentaire-{ailleurs.cle}"
    assert f'<a href="{lien}">Combien de femmes' in html
    assert f'id="commentaire-{ailleurs.cle}"' not in html
    assert f'id="commentaire-{ailleurs.cle}"' in client.get(adresse(bilan, "publics")).content.decode()
    relecture = adresse(bilan, "relecture")
    assert f'<a href="{lien}">Combien de femmes' in client.get(relecture).content.decode()
    fabriques.CommentaireFactory(bilan=bilan, champ="total_ensemble_F", texte="Douze.", auteur=lea)
    apres = client.get(relecture).content.decode()
    assert "Combien de femmes" not in apres
    assert "Dites-en plus." in apres


def test_ce_que_la_campagne_demande_manque_jusqu_a_la_reponse(client, annuelle, lea):
    bilan = complet(annuelle)
    question = fabriques.QuestionFactory(
        campagne=annuelle.campagne, type=Question.Type.OUI_NON, libelle="Un goûter ?", obligatoire=True
    )
    demande = fabriques.IndicateurDemandeFactory(
        campagne=annuelle.campagne, libelle="Orientées", obligatoire=True, sexue=True
    )
    fabriques.QuestionFactory(campagne=annuelle.campagne, libelle="Facultative")
    assert [(lisible(m.phrase), m.champ) for m in operations.manques(bilan)] == [
        ("Indiquez « Orientées ».", f"demande_{demande.pk}"),
        ("Répondez à la question « Un goûter ? ».", f"question_{question.pk}"),
    ]
    relecture = client.get(adresse(bilan, "relecture")).content.decode()
    assert f'href="{adresse(bilan, "indicateurs")}#id_question_{question.pk}"' in relecture
    envoyer(
        client,
        bilan,
        "indicateurs",
        **{f"question_{question.pk}": "non", f"demande_{demande.pk}_F": "12", f"demande_{demande.pk}": "5"},
    )
    bilan.refresh_from_db()
    assert [lisible(m.phrase) for m in operations.manques(bilan)] == [
        "Orientées : les femmes et les hommes font 12, plus que le total indiqué (5). Corrigez l'un des trois."
    ]
    assert "Orientées : les femmes et les hommes font 12" in texte(client.get(adresse(bilan, "indicateurs")))
    # None of this stops who validates, but a contradiction.
    assert len(operations.manques_pour_valider(bilan)) == 1


# -- Two people, without a script ------------------------------------------------------------------
def test_le_second_voit_les_deux_versions_au_champ_et_choisit(client, bilan, lea, sami):
    envoyer(client, bilan, "deroulement", points_forts="Au départ.", difficultes="Au départ.")
    mienne = page(bilan, "deroulement", suite="continuer", points_forts="De Léa", perspectives="Continuer")
    enregistrer_brouillon(
        bilan,
        sami,
        {
            "points_forts": Changement("Au départ.", "De Sami"),
            "difficultes": Changement("Au départ.", "Le froid, dit Sami"),
        },
    )
    reponse = client.post(adresse(bilan, "deroulement"), mienne)
    assert reponse.status_code == 200
    # What only one of them touched is settled already.
    assert lu(bilan) == {
        "points_forts": "De Sami",
        "difficultes": "Le froid, dit Sami",
        "perspectives": "Continuer",
    }
    form = reponse.context["form"]
    assert form["points_forts"].value() == "De Léa"
    assert form["difficultes"].value() == "Le froid, dit Sami"
    html = reponse.content.decode()
    assert re.search(r'name="points_forts"[^>]*data-avant="De Sami"', html)
    vue = texte(reponse)
    assert "Sami Ba a écrit autre chose, dans une saisie commencée le" in vue
    assert "De Sami" in vue
    # Sent again as shown, one's own version stays; or the other, when it is chosen.
    suite = {nom: str(valeur) for nom, valeur in form.data.items() if valeur} | {"suite": "continuer"}
    autre = client.post(adresse(bilan, "deroulement"), suite | {"choix_points_forts": "autre"})
    assert autre.url == adresse(bilan, "publics")
    assert lu(bilan)["points_forts"] == "De Sami"
    client.post(adresse(bilan, "deroulement"), suite | {"choix_points_forts": "mienne"})
    assert lu(bilan)["points_forts"] == "De Léa"
    assert lu(bilan)["difficultes"] == "Le froid, dit Sami"


def test_deux_onglets_de_la_meme_personne(client, bilan, lea):
    ancienne = page(bilan, "deroulement", suite="continuer", points_forts="Du premier onglet.")
    envoyer(client, bilan, "deroulement", points_forts="Du second onglet.")
    vue = texte(client.post(adresse(bilan, "deroulement"), ancienne))
    assert "Vous avez écrit autre chose dans un autre onglet ou sur un autre appareil" in vue
    assert lu(bilan) == {"points_forts": "Du second onglet."}


def test_une_case_modifiee_par_un_autre_est_montree_sous_la_grille(client, bilan, lea, sami):
    mienne = page(bilan, "publics", suite="continuer", total_ensemble_F="12")
    enregistrer_brouillon(bilan, sami, {"total_ensemble_F": Changement("", "13")})
    reponse = client.post(adresse(bilan, "publics"), mienne)
    assert reponse.context["form"]["total_ensemble_F"].value() == "12"
    assert "Femmes, tous âges, ensemble du public : quelle version garder ?" in texte(reponse)
    assert lu(bilan) == {"total_ensemble_F": "13"}


@pytest.mark.parametrize("releve", ["", "pas du json", "[1]", '{"points_forts": 3}'])
def test_un_releve_illisible_n_ecrase_personne(client, bilan, lea, sami, releve):
    enregistrer_brouillon(bilan, sami, {"points_forts": Changement("", "De Sami")})
    donnees = {"points_forts": "De Léa", "difficultes": "Le froid.", "releve": releve}
    reponse = client.post(adresse(bilan, "deroulement"), donnees)
    assert reponse.status_code == 200
    assert lu(bilan) == {"points_forts": "De Sami", "difficultes": "Le froid."}
    assert "De Léa" in reponse.content.decode()


# -- Too late, a session that ends -----------------------------------------------------------------
def test_ce_qui_est_tape_trop_tard_reste_dans_la_page(client, annuelle, lea):
    bilan = complet(annuelle)
    mienne = page(bilan, "deroulement", suite="continuer", points_forts="Une phrase longue à retaper.")
    Campagne.objects.filter(pk=annuelle.campagne_id).update(statut="bilans_clos")
    reponse = client.post(adresse(bilan, "deroulement"), mienne)
    assert reponse.status_code == 200
    assert "Une phrase longue à retaper." in reponse.content.decode()
    assert "Les bilans de 2024 sont clos" in texte(reponse)
    bilan.refresh_from_db()
    assert (bilan.points_forts, bilan.version) == ("", 1)


def test_ce_qui_etait_tape_revient_apres_la_fin_de_la_session(client, bilan, lea, sami):
    chemin = adresse(bilan, "deroulement")
    donnees = page(bilan, "deroulement", suite="continuer", points_forts="De Léa", difficultes="Le froid.")
    client.logout()
    assert client.post(chemin, donnees | {"compte": str(lea.pk)}).status_code == 302
    enregistrer_brouillon(bilan, sami, {"points_forts": Changement("", "De Sami")})
    client.force_login(lea)
    with compter_requetes() as requetes:
        reponse = client.get(chemin)
    assert [sql for sql in requetes if not sql.startswith("SELECT")] == []
    form = reponse.context["form"]
    assert (form["points_forts"].value(), form["difficultes"].value()) == ("De Léa", "Le froid.")
    assert "Voici ce que vous aviez écrit" in texte(reponse)
    assert lu(bilan) == {"points_forts": "De Sami"}
    # Sent again, it is saved, and what someone else wrote meanwhile is set beside it.
    suite = {nom: str(valeur) for nom, valeur in form.data.items() if valeur} | {"suite": "continuer"}
    conflit = client.post(chemin, suite)
    assert list(conflit.context["page"].conflits) == ["points_forts"]
    assert lu(bilan) == {"points_forts": "De Sami", "difficultes": "Le froid."}
    # Given back once.
    assert client.get(chemin).context["form"]["points_forts"].value() == "De Sami"


def test_un_envoi_sans_session_dit_qu_il_n_est_pas_parti(client, annuelle, lea):
    bilan = complet(annuelle, mise_en_oeuvre="Douze ateliers.")
    chemin = adresse(bilan, "relecture")
    envoi = {"suite": "transmettre", "compte": str(lea.pk)}
    client.logout()
    assert client.post(chemin, envoi).status_code == 302
    client.force_login(lea)
    assert "le bilan n'est pas encore transmis" in texte(client.get(chemin))
    client.post(chemin, envoi)
    bilan.refresh_from_db()
    assert bilan.statut == "transmis"
    assert "pas encore transmis" not in texte(client.get(chemin, follow=True))


# -- Sending ---------------------------------------------------------------------------------------
def test_la_relecture_montre_tout_et_l_envoi_attend_ce_qui_manque(client, bilan, lea):
    envoyer(client, bilan, "deroulement", points_forts="L'entraide.", realisation="")
    reponse = client.get(adresse(bilan, "relecture"))
    vue = texte(reponse)
    assert "Points forts L'entraide." in vue
    assert "Avant d'envoyer, 1 point à régler" in vue
    bouton = re.search(r'<button[^>]*value="transmettre"[^>]*>', reponse.content.decode()).group()
    assert 'aria-disabled="true"' in bouton
    assert 'aria-describedby="pourquoi-attendre"' in bouton
    assert " disabled" not in bouton.replace("aria-disabled", "")
    refus = client.post(adresse(bilan, "relecture"), {"suite": "transmettre"}, follow=True)
    assert "Ce bilan ne peut pas être transmis : indiquez si l'action a été réalisée." in texte(refus)
    envoyer(client, bilan, "deroulement", nombre_seances="trente")
    refus = client.post(adresse(bilan, "relecture"), {"suite": "transmettre"}, follow=True)
    assert "Ce bilan ne peut pas encore être transmis : 2 points sont à régler." in texte(refus)
    bilan.refresh_from_db()
    assert bilan.statut == "en_saisie"


def test_deux_clics_transmettent_une_fois(client, annuelle, lea):
    bilan = complet(annuelle)
    html = client.get(adresse(bilan, "relecture")).content.decode()
    assert "aria-disabled" not in html
    assert "vous attestez" in html
    donnees = {"suite": "transmettre", "version": str(bilan.version)}
    for _ in range(2):
        reponse = client.post(adresse(bilan, "relecture"), donnees)
        assert reponse.url == adresse(bilan, nom="bilan_detail")
    bilan.refresh_from_db()
    assert (bilan.statut, bilan.transmis_par, bilan.saisi_pour_le_porteur) == ("transmis", lea, False)
    assert Transition.objects.filter(bilan=bilan, vers="transmis").count() == 1
    # The way back leads to the bilan as it is read, with a reason.
    for etape in ("deroulement", "relecture"):
        retour = client.get(adresse(bilan, etape), follow=True)
        assert retour.redirect_chain == [(adresse(bilan, nom="bilan_detail"), 302)]
        assert "Ce bilan a déjà été transmis." in texte(retour)


def test_un_bilan_change_pendant_la_relecture_se_relit_avant_d_etre_envoye(client, annuelle, lea, sami):
    bilan = complet(annuelle)
    enregistrer_brouillon(bilan, sami, {"points_forts": Changement("", "De Sami")})
    donnees = {"suite": "transmettre", "version": str(bilan.version)}
    reponse = client.post(adresse(bilan, "relecture"), donnees, follow=True)
    assert reponse.redirect_chain == [(adresse(bilan, "relecture"), 302)]
    assert "Ce bilan a été modifié depuis que vous avez ouvert la page" in texte(reponse)
    assert "De Sami" in texte(reponse)
    bilan.refresh_from_db()
    assert bilan.statut == "en_saisie"


def test_le_brouillon_tape_au_hasard_peut_toujours_etre_envoye_un_jour(client, bilan, lea):
    """A draft that held anything whatever is sent once it is mended."""
    envoyer(client, bilan, "deroulement", date_debut="2024-06-28", date_fin="2024-01-08", nombre_seances="x")
    envoyer(client, bilan, "publics", total_ensemble_F="12", total_ensemble_T="3", qpv_ensemble_T="beaucoup")
    envoyer(
        client,
        bilan,
        "deroulement",
        realisation="realisee",
        mise_en_oeuvre="Douze ateliers.",
        date_debut="2024-01-08",
        date_fin="2024-06-28",
        nombre_seances="12",
    )
    envoyer(client, bilan, "publics", total_ensemble_T="", qpv_ensemble_T="4")
    client.post(adresse(bilan, "relecture"), {"suite": "transmettre"})
    bilan.refresh_from_db()
    assert (bilan.statut, bilan.saisie_en_attente) == ("transmis", {})


# -- For everyone ----------------------------------------------------------------------------------
def test_lire_une_etape_n_ecrit_rien(client, annuelle, lea):
    bilan = complet(annuelle)
    for etape in ETAPES:
        with compter_requetes() as requetes:
            client.get(adresse(bilan, etape))
        assert [sql for sql in requetes if not sql.startswith("SELECT")] == [], etape


@pytest.mark.parametrize("etape", ETAPES)
def test_une_etape_a_un_nombre_fixe_de_requetes(client, annuelle, lea, etape):
    bilan = complet(annuelle)
    tranches = list(annuelle.campagne.tranches.all())
    fabriques.CompteBudgetaireFactory(code="74", sens="produit")

    def ajouter():
        rang = annuelle.indicateurs.count()
        fabriques.EffectifFactory(bilan=bilan, sexe="F", tranche=tranches[rang % 6], valeur=rang)
        critere = fabriques.IndicateurActionFactory(action_annuelle=annuelle)
        demande = fabriques.IndicateurDemandeFactory(campagne=annuelle.campagne)
        fabriques.ValeurIndicateurFactory(bilan=bilan, critere=critere)
        fabriques.ValeurIndicateurFactory(bilan=bilan, demande=demande)
        fabriques.ReponseQuestionFactory(bilan=bilan)
        fabriques.LigneFinancementFactory(action_annuelle=annuelle)
        fabriques.CommentaireFactory(bilan=bilan)
        fabriques.annee_de(annuelle.action, 2023 - rang)

    ajouter()
    assert verifier_requetes_constantes(lambda: client.get(adresse(bilan, etape)), ajouter) <= 48


def test_la_chargee_a_une_seule_page_avec_tout(client, annuelle):
    fabriques.CompteBudgetaireFactory(code="60")
    bilan = complet(annuelle)
    question = fabriques.QuestionFactory(campagne=annuelle.campagne)
    critere = fabriques.IndicateurActionFactory(action_annuelle=annuelle)
    client.force_login(fabriques.chargee_de_mission(annuelle.campagne.contrat))
    enregistrer_brouillon(
        bilan,
        fabriques.representant_du_porteur(annuelle.action.porteur),
        {"salaries": Changement("", "deux"), "points_forts": Changement("", "L'entraide.")},
    )
    reponse = client.get(adresse(bilan))
    form = reponse.context["form"]
    assert set(form.fields) >= {f"question_{question.pk}", f"critere_{critere.pk}", "budget_60", "salaries"}
    donnees = {
        champ.html_name: str(brut)
        for champ in form
        if (brut := champ.field.prepare_value(champ.value())) not in (None, False, "")
    }
    # What the porteur typed and nobody can read is shown, and stops only until it is mended.
    assert donnees["salaries"] == "deux"
    typees = {f"question_{question.pk}": "Oui", f"critere_{critere.pk}": "12,5", "budget_60": "800"}
    refusee = client.post(adresse(bilan), donnees | typees)
    assert list(refusee.context["form"].errors) == ["salaries"]
    assert client.post(adresse(bilan), donnees | typees | {"salaries": "2"}).status_code == 302
    assert lu(bilan) == typees | {
        "salaries": "2",
        "points_forts": "L'entraide.",
        "realisation": "realisee",
        "mise_en_oeuvre": bilan.mise_en_oeuvre,
    }


def test_les_sections_lues_disent_ce_qui_n_est_pas_repondu(annuelle):
    bilan = complet(annuelle)
    sections = sections_lues(bilan)
    assert [section.titre for section in sections] == [
        "Déroulement",
        "Ce que vous en retenez",
        "Publics",
        "Moyens et partenaires",
    ]
    textes = {r.champ: r.texte for section in sections for r in section.reponses}
    assert (textes["realisation"], textes["difficultes"]) == ("Réalisée", "")
    assert "motif_non_realisation" not in textes


def test_les_marques_ne_montrent_pas_les_reponses(client, annuelle, lea):
    """The page carries a mark of each answer, short and without its words."""
    bilan = complet(annuelle, difficultes="Un secret bien gardé")
    form = client.get(adresse(bilan, "publics")).context["form"]
    marques = json.loads(form.data["releve"])
    assert set(marques) == {champ.nom for champ in Saisie(bilan).de_l_etape("publics")}
    assert {len(marque) for marque in marques.values()} == {12}


def test_une_periode_d_un_seul_jour_ne_se_dit_qu_une_fois():
    debut = date(2025, 6, 21)
    assert lisible(periode(debut, debut)) == "le 21 juin 2025"
    assert lisible(periode(debut, date(2025, 6, 22))) == "du 21 juin 2025 au 22 juin 2025"
