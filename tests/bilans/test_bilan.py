"""The pages of a bilan: entering it, bad input, two people at once, changing its state, reading it."""

import re
from datetime import date

import pytest
from django.urls import reverse

from bilans import operations
from bilans.forms import BilanForm
from bilans.models import Bilan, Effectif, Transition
from tests import fabriques
from tests.outils.pages import texte
from tests.outils.requetes import compter_requetes, verifier_requetes_constantes

pytestmark = pytest.mark.django_db

PAGES = ("bilan_detail", "bilan_saisir", "bilan_transmettre", "bilan_valider", "bilan_renvoyer")
PAGES += ("bilan_rouvrir", "bilan_dispenser", "action_detail")


@pytest.fixture
def annuelle():
    return fabriques.ActionAnnuelleFactory(avec_axe=True, objectifs="Parler <b>français</b>")


@pytest.fixture
def chargee(annuelle):
    return fabriques.chargee_de_mission(annuelle.campagne.contrat, prenom="Claire", nom="Montrichard")


@pytest.fixture
def porteur(annuelle):
    return fabriques.representant_du_porteur(annuelle.action.porteur, prenom="Karim", nom="Arnaud")


@pytest.fixture
def collegue(annuelle):
    """Another account that runs the contract: the one page is theirs, the porteur has steps (test_saisie.py)."""
    return fabriques.chargee_de_mission(annuelle.campagne.contrat, prenom="Karim", nom="Arnaud")


def adresse(nom, annuelle):
    campagne = annuelle.campagne
    return reverse(nom, args=[campagne.contrat.slug, campagne.annee, annuelle.cle])


def saisie(bilan, **champs):
    """Return what the browser sends: every field of the form as it stands, then what is typed."""
    form = BilanForm(instance=Bilan.objects.get(pk=bilan.pk))
    donnees = {}
    for champ in form:
        valeur = champ.field.prepare_value(champ.value())
        if valeur not in (None, False):
            donnees[champ.html_name] = "on" if valeur is True else str(valeur)
    return donnees | champs


def envoyer(client, bilan, suite="enregistrer", **champs):
    return client.post(adresse("bilan_saisir", bilan.action_annuelle), saisie(bilan, suite=suite, **champs))


def photo(bilan):
    """Return everything that is stored of a bilan."""
    return (
        Bilan.objects.filter(pk=bilan.pk).values().get(),
        list(Effectif.objects.filter(bilan=bilan).order_by("pk").values()),
        Transition.objects.filter(bilan=bilan).count(),
        Bilan.historique.count(),
        Effectif.historique.count(),
    )


# -- Entering --------------------------------------------------------------------------------------
def test_un_bilan_saisi_est_dans_les_totaux_et_dans_l_histoire(client, annuelle, collegue):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle)
    enfants = annuelle.campagne.tranches.get(ordre=2)
    client.force_login(collegue)
    reponse = envoyer(
        client,
        bilan,
        realisation="partielle",
        mise_en_oeuvre="Douze ateliers\r\nde janvier à juin.",
        date_debut="2024-01-08",
        date_fin="28/06/2024",
        nombre_seances="1 200",
        total_ensemble_F="12",
        total_ensemble_H="18",
        **{f"qpv_{enfants.pk}_F": "4", "qpv_estimation": "on"},
    )
    assert reponse.status_code == 302
    assert reponse.url == adresse("bilan_saisir", annuelle)
    lu = Bilan.objects.avec_effectifs().get(pk=bilan.pk)
    assert (lu.statut, lu.realisation, lu.version) == ("en_saisie", "partielle", 2)
    assert lu.mise_en_oeuvre == "Douze ateliers\nde janvier à juin."
    assert (lu.date_debut, lu.date_fin, lu.nombre_seances) == (date(2024, 1, 8), date(2024, 6, 28), 1200)
    assert (lu.personnes, lu.personnes_qpv) == (30, 4)
    assert Effectif.objects.get(bilan=bilan, perimetre="qpv").approximatif
    passage = Transition.objects.get(bilan=bilan)
    assert (passage.de, passage.vers, passage.auteur) == ("a_saisir", "en_saisie", collegue)
    page = texte(client.get(adresse("bilan_detail", annuelle)))
    assert "Karim Arnaud a commencé la saisie" in page
    assert "Femmes : avant — rien → après 12" in page


def test_enregistrer_deux_fois_la_meme_chose_n_ecrit_rien_de_plus(client, annuelle, collegue):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True, date_debut=date(2024, 1, 8))
    fabriques.effectifs(bilan, F=1200, H=18)
    client.force_login(collegue)
    avant = photo(bilan)
    assert "Rien n'a changé" in texte(client.post(**_vers(bilan), follow=True))
    assert photo(bilan) == avant


def _vers(bilan, **champs):
    return {"path": adresse("bilan_saisir", bilan.action_annuelle), "data": saisie(bilan, **champs)}


def test_valider_un_bilan_incomplet_garde_la_saisie_et_dit_ce_qui_manque(client, annuelle, collegue):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle)
    client.force_login(collegue)
    page = client.post(**_vers(bilan, suite="valider", points_forts="L'entraide."), follow=True)
    assert (
        "Votre saisie est enregistrée. Ce bilan ne peut pas être validé : indiquez si l'action a été réalisée."
        in texte(page)
    )
    bilan.refresh_from_db()
    assert (bilan.statut, bilan.points_forts) == ("en_saisie", "L'entraide.")
    assert '<a href="#id_realisation">' in page.content.decode()


def test_la_chargee_saisit_et_valide_pour_le_porteur(client, annuelle, chargee):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle)
    client.force_login(chargee)
    page = texte(client.get(adresse("bilan_saisir", annuelle)))
    assert "Enregistrer et valider" in page
    envoyer(client, bilan, "valider", realisation="realisee", total_ensemble_T="30")
    bilan.refresh_from_db()
    assert (bilan.statut, bilan.valide_par, bilan.saisi_pour_le_porteur) == ("valide", chargee, True)
    vers = list(bilan.transitions.values_list("vers", flat=True))
    assert vers == ["en_saisie", "transmis", "valide"]


def test_ce_que_la_grille_ne_montre_pas_est_garde(client, annuelle, collegue):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True)
    fabriques.EffectifFactory(bilan=bilan, mesure=Effectif.Mesure.PASSAGES, valeur=516)
    fabriques.EffectifFactory(
        bilan=bilan, valeur=None, valeur_min=20, valeur_max=120, citation="entre 20 et 120 visiteurs"
    )
    enfants = annuelle.campagne.tranches.get(ordre=2)
    fabriques.EffectifFactory(bilan=bilan, tranche=enfants, valeur=44, citation="44 enfants de 6/15ans")
    indicateur = fabriques.ValeurIndicateurFactory(bilan=bilan, citation="12 ateliers tenus")
    client.force_login(collegue)
    page = texte(client.get(adresse("bilan_saisir", annuelle)))
    for phrase in (
        "Passages : 516. Gardé tel quel.",
        "Personnes différentes : entre 20 et 120. Gardé tel quel.",
        "Dans le document : « 44 enfants de 6/15ans »",
        "Ateliers tenus : 12 ateliers – « 12 ateliers tenus »",
    ):
        assert phrase in page
    avant = photo(bilan)[1]
    envoyer(client, bilan, points_forts="L'entraide.")
    assert photo(bilan)[1] == avant
    assert bilan.valeurs_indicateurs.get() == indicateur


def test_un_long_texte_colle_est_garde_en_entier(client, annuelle, collegue):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle)
    texte_long = "Une ligne de récit, avec des accents é è ç.\n" * 450
    client.force_login(collegue)
    assert envoyer(client, bilan, mise_en_oeuvre=texte_long.replace("\n", "\r\n")).status_code == 302
    bilan.refresh_from_db()
    assert bilan.mise_en_oeuvre == texte_long.strip()


def test_un_fichier_colle_par_erreur_est_refuse_et_rendu_en_entier(client, annuelle, collegue):
    """Too long for a cell of Excel, it would stop the annexes of everyone."""
    bilan = fabriques.BilanFactory(action_annuelle=annuelle)
    client.force_login(collegue)
    avant = photo(bilan)
    reponse = envoyer(client, bilan, mise_en_oeuvre="a" * 40_000, points_forts="L'entraide.")
    assert reponse.status_code == 200
    form = reponse.context["form"]
    assert list(form.errors) == ["mise_en_oeuvre"]
    assert (form["mise_en_oeuvre"].value(), form["points_forts"].value()) == ("a" * 40_000, "L'entraide.")
    assert photo(bilan) == avant


def test_ce_qui_vient_de_la_fiche_n_est_jamais_du_html(client, annuelle, collegue):
    fabriques.BilanFactory(action_annuelle=annuelle)
    client.force_login(collegue)
    page = client.get(adresse("bilan_saisir", annuelle)).content.decode()
    assert "&lt;b&gt;français&lt;/b&gt;" in page
    assert "<b>français</b>" not in page


def test_chaque_case_a_un_nom(client, annuelle, collegue):
    fabriques.BilanFactory(action_annuelle=annuelle)
    client.force_login(collegue)
    page = client.get(adresse("bilan_saisir", annuelle)).content.decode()
    noms = re.findall(r'<input[^>]*aria-label="([^"]+)"', page)
    assert "Femmes, 6 à 15 ans, ensemble du public" in noms
    assert "Non renseigné, tous âges, habitantes et habitants du QPV" in noms
    # Three cells an age and four for the whole, twice: the totals of the ages are computed.
    assert len(noms) == len(set(noms)) == 2 * (6 * 3 + 4)


# -- Bad input -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("champs", "champ", "phrase"),
    [
        (
            {"total_ensemble_F": "douze"},
            "total_ensemble_F",
            "Saisissez un nombre entier, sans lettre ni virgule, par exemple 30 ou 1 200.",
        ),
        ({"salaries": "2,5"}, "salaries", "Saisissez un nombre entier, sans lettre ni virgule"),
        (
            {"qpv_ensemble_H": "-3"},
            "qpv_ensemble_H",
            "Un nombre ne peut pas être négatif : vérifiez le signe.",
        ),
        ({"total_ensemble_T": "9999999"}, "total_ensemble_T", "Ce nombre est trop grand"),
        (
            {"total_ensemble_F": "12", "total_ensemble_H": "17", "total_ensemble_T": "30"},
            "total_ensemble_F",
            "12 femmes et 17 hommes font 29, mais le total indiqué est 30. Corrigez l'un des trois, "
            "ou indiquez 1 personne en « non renseigné ».",
        ),
        (
            {"total_ensemble_T": "20", "qpv_ensemble_T": "30"},
            "qpv_ensemble_T",
            "Habitantes et habitants du QPV : 30 personnes, c'est plus que dans l'ensemble du public (20). "
            "Corrigez l'un des deux.",
        ),
        (
            {"date_debut": "2031-01-01"},
            "date_debut",
            "Cette date est hors du contrat, qui va du 1er janvier 2024 au 31 décembre 2030.",
        ),
        ({"date_fin": "le 4 mai"}, "date_fin", "Écrivez la date avec le jour, le mois et l'année"),
        (
            {"date_debut": "2024-06-28", "date_fin": "2024-01-08"},
            "date_fin",
            "L'action doit finir après avoir commencé : vérifiez les deux dates.",
        ),
        (
            {"realisation": "non_realisee"},
            "motif_non_realisation",
            "Indiquez pourquoi l'action n'a pas eu lieu ou a été reportée.",
        ),
        ({"realisation": "peut-être"}, "realisation", "Sélectionnez un choix valide"),
    ],
)
def test_une_erreur_est_dite_au_champ_et_rien_n_est_ecrit_ni_perdu(
    client, annuelle, collegue, champs, champ, phrase
):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True)
    client.force_login(collegue)
    avant = photo(bilan)
    reponse = envoyer(client, bilan, points_forts="Une phrase longue à retaper.", **champs)
    assert reponse.status_code == 200
    assert photo(bilan) == avant
    erreurs = [e.replace("\u00a0", " ").replace("\u202f", " ") for e in reponse.context["form"].errors[champ]]
    assert [phrase in erreur for erreur in erreurs] == [True]
    page = texte(reponse)
    # In the summary on top, and at the field.
    assert page.count(phrase) >= 2
    html = reponse.content.decode()
    assert re.search(rf'href="#id_{champ}(_0)?"', html)
    assert "Une phrase longue à retaper." in html
    for nom, valeur in champs.items():
        if nom != "realisation":
            assert re.search(rf'name="{nom}"[^>]*value="{re.escape(valeur)}"|{re.escape(valeur)}', html)


def test_une_contradiction_du_document_n_empeche_pas_d_enregistrer_le_reste(client, annuelle, collegue):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, a_completer=True)
    fabriques.effectifs(bilan, F=12, H=17, T=30)
    client.force_login(collegue)
    page = texte(client.get(adresse("bilan_saisir", annuelle)))
    assert "12 femmes et 17 hommes font 29, mais le total indiqué est 30." in page
    assert envoyer(client, bilan, points_forts="L'entraide.").status_code == 302
    assert envoyer(client, bilan, total_ensemble_F="13").status_code == 302
    bilan.refresh_from_db()
    assert bilan.points_forts == "L'entraide."


def test_un_bilan_recu_dit_toujours_si_l_action_a_eu_lieu(client, annuelle, chargee):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    client.force_login(chargee)
    reponse = envoyer(client, bilan, realisation="")
    assert reponse.context["form"].errors == {"realisation": ["Indiquez si l'action a été réalisée."]}


# -- Two people on one bilan -----------------------------------------------------------------------
def test_le_second_voit_les_deux_versions_et_choisit(client, annuelle, collegue, chargee):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle)
    client.force_login(collegue)
    envoyer(client, bilan, points_forts="L'entraide.", total_ensemble_F="12", total_ensemble_H="18")
    bilan.refresh_from_db()
    mienne = saisie(
        bilan, suite="enregistrer", points_forts="L'entraide entre voisines.", moyens="Une salle."
    )
    mienne["qpv_ensemble_T"] = "7"
    # Meanwhile the chargée changes the same answer, another one, and a cell.
    client.force_login(chargee)
    envoyer(
        client, bilan, points_forts="La solidarité.", difficultes="Le froid.", total_ensemble_H="19", suite=""
    )
    client.force_login(collegue)
    avant = photo(bilan)
    reponse = client.post(adresse("bilan_saisir", annuelle), mienne)
    assert photo(bilan) == avant
    ecarts = reponse.context["conflit"].ecarts
    assert {nom: (ecart.autre, ecart.repris) for nom, ecart in ecarts.items()} == {
        "points_forts": ("La solidarité.", False),
        "difficultes": ("Le froid.", True),
        "total_ensemble_H": ("19", True),
    }
    page = texte(reponse)
    assert "Claire Montrichard a enregistré une autre version" in page
    assert "Claire Montrichard a écrit : La solidarité." in page
    form = reponse.context["form"]
    assert form["points_forts"].value() == "L'entraide entre voisines."
    assert form["difficultes"].value() == "Le froid."
    assert form["total_ensemble_H"].value() == "19"
    # Sent again as shown, it is saved, and undoes nothing that was left alone.
    suite = {champ.html_name: champ.value() or "" for champ in form if champ.value() is not False}
    assert client.post(adresse("bilan_saisir", annuelle), suite).status_code == 302
    lu = Bilan.objects.avec_effectifs().get(pk=bilan.pk)
    assert (lu.points_forts, lu.difficultes, lu.moyens) == (
        "L'entraide entre voisines.",
        "Le froid.",
        "Une salle.",
    )
    assert (lu.personnes, lu.personnes_qpv) == (31, 7)


def test_deux_onglets_de_la_meme_personne_ne_sont_pas_deux_personnes(client, annuelle, collegue):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle)
    client.force_login(collegue)
    ancienne = saisie(bilan, points_forts="Du premier onglet.")
    envoyer(client, bilan, points_forts="Du second onglet.")
    page = texte(client.post(adresse("bilan_saisir", annuelle), ancienne))
    assert "Vous avez enregistré une autre version, dans un autre onglet ou sur un autre appareil" in page
    assert f"{collegue} a enregistré" not in page


def test_un_effectif_corrige_par_l_autre_entre_temps_est_repris(client, annuelle, collegue, chargee):
    """What one had left as it was is no mistake of one's own."""
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, a_completer=True)
    # As the demonstration loads them: the cells first, then the bilan, each with its history.
    fabriques.effectifs(bilan, F=25, H=35, N=20, T=70)
    bilan.save()
    mienne = saisie(bilan, suite="enregistrer", points_forts="L'entraide.")
    client.force_login(chargee)
    envoyer(client, bilan, total_ensemble_T="80")
    client.force_login(collegue)
    reponse = client.post(adresse("bilan_saisir", annuelle), mienne)
    assert reponse.context["form"].errors == {}
    ecarts = reponse.context["conflit"].ecarts
    assert {nom: (e.autre, e.repris) for nom, e in ecarts.items()} == {"total_ensemble_T": ("80", True)}
    assert reponse.context["form"]["total_ensemble_T"].value() == "80"


def test_ce_qui_est_tape_survit_a_une_validation_faite_entre_temps(client, annuelle, collegue, chargee):
    from bilans import operations

    bilan = fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True, realisation="realisee")
    mienne = saisie(bilan, suite="enregistrer", points_forts="Une phrase longue à retaper.")
    operations.valider(bilan, chargee)
    client.force_login(collegue)
    avant = photo(bilan)
    reponse = client.post(adresse("bilan_saisir", annuelle), mienne)
    assert reponse.status_code == 200
    page = texte(reponse)
    assert "Ce bilan est validé : pour le modifier, il faut d'abord le rouvrir." in page
    assert "Une phrase longue à retaper." in reponse.content.decode()
    assert photo(bilan) == avant


# -- Who ------------------------------------------------------------------------------------------
def test_les_autres_ne_savent_pas_que_le_bilan_existe(client, annuelle):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    contrat = annuelle.campagne.contrat
    autres = [
        fabriques.representant_du_porteur(
            fabriques.ActionAnnuelleFactory(campagne=annuelle.campagne).action.porteur
        ),
        fabriques.membre_du_copil(contrat),
        fabriques.representant_du_financeur(fabriques.FinanceurFactory(contrat=contrat)),
        fabriques.chargee_de_mission(fabriques.ContratFactory()),
    ]
    for compte in autres:
        client.force_login(compte)
        for nom in PAGES[:-1]:
            assert client.get(adresse(nom, annuelle)).status_code == 404, (compte, nom)
            assert client.post(adresse(nom, annuelle), {"motif": "x"}).status_code in (404, 405)
    bilan.refresh_from_db()
    assert bilan.version == 1


def test_le_financeur_lit_un_bilan_valide_et_rien_de_plus(client, annuelle):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, valide=True)
    fabriques.TransitionFactory(bilan=bilan, commentaire="Entre nous.")
    financeur = fabriques.FinanceurFactory(contrat=annuelle.campagne.contrat)
    client.force_login(fabriques.representant_du_financeur(financeur))
    reponse = client.get(adresse("bilan_detail", annuelle))
    assert reponse.status_code == 200
    page = texte(reponse)
    assert "Douze ateliers ont eu lieu" in page
    assert "Entre nous." not in page
    assert "Histoire" not in page
    assert client.get(adresse("bilan_saisir", annuelle)).status_code == 403
    assert client.post(adresse("bilan_saisir", annuelle), saisie(bilan)).status_code == 403
    assert client.post(adresse("bilan_rouvrir", annuelle), {"motif": "x"}).status_code == 403


@pytest.mark.parametrize("statut", ["transmis", "en_verification", "valide", "integre", "publie", "dispense"])
def test_le_porteur_n_ecrit_plus_quand_ce_n_est_plus_son_tour(client, statut):
    bilan = fabriques.BilanFactory(**{statut: True})
    annuelle = bilan.action_annuelle
    client.force_login(fabriques.representant_du_porteur(annuelle.action.porteur))
    # The way back from a bilan just handed over leads here: it is shown, with a reason, not a closed door.
    for nom in ("bilan_saisir", "bilan_transmettre"):
        reponse = client.get(adresse(nom, annuelle), follow=True)
        assert reponse.redirect_chain == [(adresse("bilan_detail", annuelle), 302)]
        assert operations.REFUS[statut] in texte(reponse)
    avant = photo(bilan)
    envoyer(client, bilan, points_forts="Trop tard.")
    assert photo(bilan) == avant
    assert client.get(adresse("bilan_detail", annuelle)).status_code == 200


@pytest.mark.parametrize("statut", ["valide", "dispense"])
def test_la_chargee_lit_un_bilan_qui_ne_change_plus_au_lieu_de_le_saisir(client, annuelle, chargee, statut):
    situation = {statut: True} if statut == "valide" else {"statut": statut}
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, **situation)
    assert not chargee.has_perm("bilans.saisir", bilan)
    client.force_login(chargee)
    assert client.get(adresse("bilan_saisir", annuelle)).url == adresse("bilan_detail", annuelle)


def test_lire_n_ecrit_jamais(client, annuelle, chargee):
    client.force_login(chargee)
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    for statut in ("transmis", "valide", "dispense", "a_saisir"):
        champs = {"valide_le": None, "valide_par": None}
        if statut == "valide":
            champs = {"valide_le": fabriques.VALIDE_LE, "valide_par": chargee}
        Bilan.objects.filter(pk=bilan.pk).update(statut=statut, **champs)
        for nom in PAGES:
            with compter_requetes() as requetes:
                client.get(adresse(nom, annuelle))
            assert [sql for sql in requetes if not sql.startswith("SELECT")] == [], nom


@pytest.mark.parametrize("nom", PAGES)
def test_les_pages_ont_un_nombre_fixe_de_requetes(client, annuelle, chargee, nom):
    statut = {"bilan_rouvrir": "valide", "bilan_transmettre": "en_saisie", "bilan_dispenser": "en_saisie"}
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, **{statut.get(nom, "transmis"): True})
    tranches = iter(annuelle.campagne.tranches.all())
    client.force_login(chargee)

    def ajouter():
        tranche = next(tranches)
        for sexe in "FHN":
            fabriques.EffectifFactory(bilan=bilan, sexe=sexe, tranche=tranche, valeur=3, citation="3 de plus")
        fabriques.ValeurIndicateurFactory(bilan=bilan)
        fabriques.TransitionFactory(bilan=bilan)
        bilan.points_forts += "Encore. "
        bilan._history_user = fabriques.UtilisateurFactory()
        bilan.save()
        fabriques.LigneFinancementFactory(action_annuelle=annuelle)
        fabriques.VoletFactory(action_annuelle=annuelle)
        fabriques.IndicateurActionFactory(action_annuelle=annuelle)
        annee = annuelle.campagne.annee + annuelle.volets.count()
        fabriques.annee_de(annuelle.action, annee)

    def lire():
        reponse = client.get(adresse(nom, annuelle))
        assert reponse.status_code == 200

    ajouter()
    # These two also say what does not add up, of the bilan and of its action.
    permises = {"bilan_detail": 75, "action_detail": 75}.get(nom, 48)
    assert verifier_requetes_constantes(lire, ajouter) <= permises


# -- Changing its state ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("etape", "depart", "motif", "arrivee"),
    [
        ("bilan_transmettre", "en_saisie", "", "transmis"),
        ("bilan_valider", "transmis", "", "valide"),
        ("bilan_renvoyer", "transmis", "Précisez les dates.", "a_completer"),
        ("bilan_rouvrir", "valide", "Une erreur de saisie.", "en_verification"),
        ("bilan_dispenser", "en_saisie", "Action reportée.", "dispense"),
        ("bilan_rouvrir", "dispense", "", "a_saisir"),
    ],
)
def test_chaque_changement_a_sa_page(client, annuelle, chargee, etape, depart, motif, arrivee):
    bilan = fabriques.BilanFactory(
        action_annuelle=annuelle, realisation="realisee", mise_en_oeuvre="Douze ateliers.", **{depart: True}
    )
    client.force_login(chargee)
    assert client.get(adresse(etape, annuelle)).status_code == 200
    reponse = client.post(adresse(etape, annuelle), {"motif": motif, "version": bilan.version})
    assert reponse.url == adresse("bilan_detail", annuelle)
    bilan.refresh_from_db()
    assert bilan.statut == arrivee
    assert bilan.transitions.get().commentaire == motif
    # Twice the same click: nothing more, and the page says where it stands.
    client.post(adresse(etape, annuelle), {"motif": motif, "version": 1})
    assert bilan.transitions.count() == 1
    # The page of a change that is no longer possible says why.
    refus = client.get(adresse(etape, annuelle))
    if depart != "dispense":
        assert refus.url == adresse("bilan_detail", annuelle)
        assert operations.REFUS[arrivee] in texte(client.get(refus.url))


def test_le_porteur_sait_ce_qui_suit_sa_transmission(client, annuelle, porteur, chargee):
    bilan = fabriques.BilanFactory(
        action_annuelle=annuelle, en_saisie=True, realisation="realisee", mise_en_oeuvre="Douze ateliers."
    )
    client.force_login(porteur)
    page = texte(client.get(adresse("bilan_saisir", annuelle), {"etape": "relecture"}))
    assert "Vous ne pourrez plus le modifier, sauf s'il vous est renvoyé pour être complété." in page
    client.post(adresse("bilan_transmettre", annuelle), {"version": bilan.version})
    page = texte(client.get(adresse("bilan_detail", annuelle)))
    assert "S'il est à compléter, il reviendra dans « Vos actions », avec un message." in page
    assert "Demandez-lui de vous le renvoyer." in page
    client.force_login(chargee)
    page = texte(client.get(adresse("bilan_renvoyer", annuelle)))
    assert "Pilotis lui envoie un courriel avec ce message et un lien vers son bilan." in page


@pytest.mark.parametrize(
    ("etape", "statut", "phrase"),
    [
        ("bilan_renvoyer", "transmis", "Dites au porteur ce qui est à compléter."),
        ("bilan_rouvrir", "valide", "Dites pourquoi ce bilan est rouvert."),
        ("bilan_dispenser", "en_saisie", "Dites pourquoi aucun bilan n'est attendu."),
    ],
)
def test_un_motif_vide_est_demande_au_champ(client, annuelle, chargee, etape, statut, phrase):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, **{statut: True})
    client.force_login(chargee)
    avant = photo(bilan)
    reponse = client.post(adresse(etape, annuelle), {"motif": "  ", "version": 1})
    assert reponse.context["form"].errors == {"motif": [phrase]}
    assert photo(bilan) == avant


def test_le_porteur_ne_fait_que_transmettre(client, annuelle, porteur):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    client.force_login(porteur)
    for etape in ("bilan_valider", "bilan_renvoyer", "bilan_rouvrir", "bilan_dispenser"):
        assert client.get(adresse(etape, annuelle)).status_code == 403
        assert client.post(adresse(etape, annuelle), {"motif": ""}).status_code == 403
        assert client.post(adresse(etape, annuelle), {"motif": "Je voudrais."}).status_code == 403
    bilan.refresh_from_db()
    assert (bilan.statut, bilan.version) == ("transmis", 1)


def test_une_page_ouverte_avant_un_changement_ne_passe_pas_outre(client, annuelle, chargee, porteur):
    from bilans import operations

    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    operations.enregistrer_bilan(bilan, chargee, champs={"points_forts": "Corrigé."}, version=1)
    client.force_login(chargee)
    reponse = client.post(adresse("bilan_valider", annuelle), {"version": "1"}, follow=True)
    assert "Ce bilan a été modifié depuis que vous avez ouvert la page" in texte(reponse)
    bilan.refresh_from_db()
    assert bilan.statut == "en_verification"


def test_valider_une_contradiction_dit_pourquoi(client, annuelle, chargee):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    fabriques.effectifs(bilan, F=12, H=17, T=30)
    client.force_login(chargee)
    page = texte(client.get(adresse("bilan_detail", annuelle)))
    assert "Bloque la validation EFF-01 12 femmes et 17 hommes font 29" in page
    assert "Valider le bilan" not in page
    reponse = client.post(adresse("bilan_valider", annuelle), {"version": "1"}, follow=True)
    assert "Dites pourquoi ces chiffres sont gardés tels quels." in texte(reponse)
    assert "12 femmes et 17 hommes font 29" in texte(reponse)
    bilan.refresh_from_db()
    assert bilan.statut == "transmis"
