"""Validating several bilans: what the page says before, what it does, what it leaves out."""

import pytest
from django.core import mail
from django.urls import reverse

from bilans import operations
from bilans.models import Bilan, Courriel
from porteurs.models import AccesPorteur
from tests import fabriques
from tests.outils.pages import rien_n_est_ecrit, texte
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db


@pytest.fixture
def adresse(campagne):
    return reverse("bilans_valider", args=[campagne.contrat.slug, campagne.annee])


def un_bilan(campagne, intitule="", **champs):
    action = fabriques.ActionFactory(contrat=campagne.contrat, **({"intitule": intitule} if intitule else {}))
    annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne, action=action)
    effectifs = champs.pop("effectifs", {"F": 12, "H": 18})
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, **champs)
    fabriques.effectifs(bilan, **effectifs)
    return bilan


def coches(*bilans):
    return [f"{bilan.action_annuelle.cle}:{bilan.version}" for bilan in bilans]


def valider(client, adresse, *valeurs):
    return client.post(adresse, {"bilan": list(valeurs), "confirmer": "oui"})


def noms(examens):
    return [examen.bilan.action_annuelle.action.intitule for examen in examens]


# -- Before ----------------------------------------------------------------------------------------
def test_la_page_dit_ce_qui_peut_etre_valide_et_pourquoi_le_reste_ne_peut_pas(chargee, campagne, adresse):
    un_bilan(campagne, "Sain", transmis=True)
    un_bilan(campagne, "Relu", en_verification=True)
    un_bilan(campagne, "Alerte", transmis=True, effectifs={"T": 30})
    un_bilan(campagne, "Contradiction", transmis=True, effectifs={"F": 12, "H": 17, "T": 30})
    un_bilan(campagne, "Pas transmis", en_saisie=True)
    un_bilan(campagne, "Validé", valide=True)
    with rien_n_est_ecrit():
        reponse = chargee.get(adresse)
    assert sorted(noms(reponse.context["possibles"])) == ["Relu", "Sain"]
    assert noms(reponse.context["reserves"]) == ["Alerte"]
    assert noms(reponse.context["impossibles"]) == ["Contradiction"]
    page = texte(reponse)
    assert "3 sur 4 bilans peuvent être validés, 1 non." in page
    assert "12 femmes et 17 hommes font 29, mais le total indiqué est 30." in page
    assert "30 personnes, sans le nombre de femmes et d'hommes" in page
    html = reponse.content.decode()
    assert html.count("checked") == 2


@pytest.mark.parametrize("methode", ["get", "post"])
def test_la_selection_de_la_liste_est_suivie(chargee, campagne, adresse, methode):
    voulus = [
        un_bilan(campagne, "Choisi", transmis=True),
        un_bilan(campagne, "Pas transmis", en_saisie=True),
        un_bilan(campagne, "Déjà validé", valide=True),
    ]
    un_bilan(campagne, "Laissé", transmis=True)
    cles = [bilan.action_annuelle.cle for bilan in voulus]
    with rien_n_est_ecrit():
        reponse = getattr(chargee, methode)(adresse, {"cle": cles})
    assert noms(reponse.context["possibles"]) == ["Choisi"]
    assert sorted(noms(reponse.context["impossibles"])) == ["Déjà validé", "Pas transmis"]
    page = texte(reponse)
    assert "Ce bilan n'a pas encore été transmis." in page
    assert "Ce bilan est validé : pour le modifier, il faut d'abord le rouvrir." in page


def test_rien_a_valider_se_dit(chargee, campagne, adresse):
    un_bilan(campagne, en_saisie=True)
    assert "Aucun bilan à valider" in texte(chargee.get(adresse))
    for cle in ("inconnue", "\0"):
        assert "Aucun bilan à valider" in texte(chargee.get(adresse, {"cle": cle}))


def test_le_nombre_de_requetes_ne_depend_pas_du_nombre_de_bilans(chargee, campagne, adresse):
    demande = fabriques.IndicateurDemandeFactory(campagne=campagne, sexue=True)

    def ajouter():
        bilan = un_bilan(campagne, transmis=True)
        fabriques.ValeurIndicateurFactory(bilan=bilan, demande=demande, valeur_femmes=3, valeur_hommes=4)
        fabriques.IndicateurActionFactory(action_annuelle=bilan.action_annuelle)

    ajouter()
    assert verifier_requetes_constantes(lambda: chargee.get(adresse), ajouter) <= 25


# -- Validating ------------------------------------------------------------------------------------
def test_seuls_les_bilans_coches_sont_valides(chargee, campagne, adresse):
    coche, autre = un_bilan(campagne, "Coché", transmis=True), un_bilan(campagne, "Autre", transmis=True)
    alerte = un_bilan(campagne, "Alerte", transmis=True, effectifs={"T": 30})
    reponse = valider(chargee, adresse, *coches(coche, alerte))
    page = texte(reponse)
    assert "2 bilans validés" in page
    assert "Autre" not in page
    assert [Bilan.objects.get(pk=b.pk).statut for b in (coche, autre, alerte)] == [
        "valide",
        "transmis",
        "valide",
    ]
    assert coche.transitions.get().vers == "valide"


def test_rien_de_coche_se_dit_sans_perdre_la_selection(chargee, campagne, adresse):
    bilan = un_bilan(campagne, "Choisi", transmis=True, effectifs={"T": 30})
    un_bilan(campagne, "Laissé", transmis=True)
    cle = bilan.action_annuelle.cle
    assert f'name="cle" value="{cle}"' in chargee.get(adresse, {"cle": cle}).content.decode()
    with rien_n_est_ecrit():
        reponse = chargee.post(adresse, {"cle": cle, "confirmer": "oui"})
    assert (noms(reponse.context["reserves"]), reponse.context["possibles"]) == (["Choisi"], [])
    assert "Aucun bilan n'est coché : cochez ceux que vous validez." in texte(reponse)


def test_deux_fois_la_meme_validation_ne_fait_rien_de_plus(chargee, campagne, adresse):
    bilan = un_bilan(campagne, "Sain", transmis=True)
    envoi = coches(bilan)
    valider(chargee, adresse, *envoi)
    with rien_n_est_ecrit():
        page = texte(valider(chargee, adresse, *envoi))
    assert "Aucun bilan validé" in page
    assert "Déjà validés Sain" in page


def test_ce_qui_a_change_entre_temps_est_laisse_et_dit(chargee, campagne, adresse):
    change, intact = un_bilan(campagne, "Changé", transmis=True), un_bilan(campagne, "Intact", transmis=True)
    renvoye = un_bilan(campagne, "Renvoyé", transmis=True)
    envoi = coches(change, intact, renvoye)
    quelqu_un = fabriques.chargee_de_mission(campagne.contrat)
    operations.enregistrer_bilan(change, quelqu_un, champs={"points_forts": "Corrigé."}, version=1)
    operations.renvoyer(renvoye, quelqu_un, "Précisez.")
    page = texte(valider(chargee, adresse, *envoi))
    assert "1 bilan validé" in page
    assert "2 bilans n'ont pas été validés" in page
    assert "Il a changé depuis l'affichage de la liste : relisez-le." in page
    assert "Ce bilan est entre les mains du porteur, à qui il a été renvoyé." in page
    assert [Bilan.objects.get(pk=b.pk).statut for b in (change, intact, renvoye)] == [
        "en_verification",
        "valide",
        "a_completer",
    ]


def test_un_bilan_contradictoire_coche_a_la_main_n_est_pas_valide(chargee, campagne, adresse):
    faux = un_bilan(campagne, transmis=True, effectifs={"F": 12, "H": 17, "T": 30})
    brouillon = un_bilan(campagne, en_saisie=True, realisation="realisee")
    with rien_n_est_ecrit():
        page = texte(valider(chargee, adresse, *coches(faux, brouillon)))
    assert "Ce bilan ne peut pas être validé : 12 femmes et 17 hommes font 29" in page
    assert "Ce bilan n'a pas encore été transmis." in page


@pytest.mark.parametrize("valeurs", [[], ["inconnue:1"], ["n'importe quoi"], [":"], ["\0:1"]])
def test_une_page_faite_a_la_main_ne_valide_rien(chargee, campagne, adresse, valeurs):
    un_bilan(campagne, transmis=True)
    with rien_n_est_ecrit():
        assert valider(chargee, adresse, *valeurs).status_code in (200, 400)


def test_une_version_illisible_n_est_pas_la_bonne(chargee, campagne, adresse):
    bilan = un_bilan(campagne, transmis=True)
    with rien_n_est_ecrit():
        page = texte(valider(chargee, adresse, f"{bilan.action_annuelle.cle}:n'importe"))
    assert "Il a changé depuis l'affichage de la liste" in page


def test_un_bilan_d_un_autre_contrat_ou_d_une_autre_annee_est_laisse(chargee, campagne, adresse):
    ailleurs = fabriques.BilanFactory(transmis=True)
    annee = fabriques.annee_de(un_bilan(campagne, transmis=True).action_annuelle.action, 2026)
    plus_tard = fabriques.BilanFactory(action_annuelle=annee, transmis=True)
    with rien_n_est_ecrit():
        valider(chargee, adresse, *coches(ailleurs, plus_tard))


def test_la_page_est_pour_qui_pilote_le_contrat(client, campagne, adresse):
    bilan = un_bilan(campagne, transmis=True)
    porteur = bilan.action_annuelle.action.porteur
    for compte in (
        fabriques.representant_du_porteur(porteur),
        fabriques.membre_du_copil(campagne.contrat),
        fabriques.representant_du_financeur(fabriques.FinanceurFactory(contrat=campagne.contrat)),
    ):
        client.force_login(compte)
        with rien_n_est_ecrit():
            assert client.get(adresse).status_code == 403
            assert valider(client, adresse, *coches(bilan)).status_code == 403


# -- Telling ---------------------------------------------------------------------------------------
def de(porteur, campagne, *intitules):
    """Received bilans of a porteur, one an action."""
    return [
        fabriques.BilanFactory(
            action_annuelle__campagne=campagne,
            action_annuelle__action__contrat=campagne.contrat,
            action_annuelle__action__porteur=porteur,
            action_annuelle__action__intitule=intitule,
            transmis=True,
        )
        for intitule in intitules
    ]


def test_une_personne_recoit_un_seul_courriel_qui_nomme_ses_bilans(
    chargee, campagne, adresse, django_capture_on_commit_callbacks
):
    mpt = fabriques.PorteurFactory(nom="Maison pour tous", epci=campagne.contrat.epci)
    atelier = fabriques.PorteurFactory(
        nom="Maison pour tous, atelier", epci=campagne.contrat.epci, parent=mpt
    )
    seule = fabriques.PorteurFactory(nom="Vélo pour toutes", epci=campagne.contrat.epci)
    fabriques.RepresentantFactory(porteur=mpt, nom="Amina Berger", email="amina@exemple.fr")
    fabriques.RepresentantFactory(porteur=mpt, nom="Karim Arnaud", email="karim@exemple.fr")
    fabriques.RepresentantFactory(porteur=seule, nom="Léa Roux", email="lea@exemple.fr")
    jardin, fete = de(mpt, campagne, "Jardin partagé", "Fête du quartier")
    # The people of the structure speak for its services, which have nobody of their own.
    [couture] = de(atelier, campagne, "Atelier couture")
    [velo] = de(seule, campagne, "Vélo-école")
    with django_capture_on_commit_callbacks(execute=True):
        valider(chargee, adresse, *coches(jardin, fete, couture, velo))
    lettres = {(c.destinataire, c.objet): sorted(c.bilans_dus) for c in Courriel.objects.order_by("pk")}
    ensemble = sorted(bilan.action_annuelle.cle for bilan in (jardin, fete, couture))
    assert lettres == {
        ("amina@exemple.fr", "3\xa0bilans validés\xa0: Maison pour tous"): ensemble,
        ("karim@exemple.fr", "3\xa0bilans validés\xa0: Maison pour tous"): ensemble,
        ("lea@exemple.fr", "Bilan validé\xa0: Vélo-école"): [],
    }
    assert len(mail.outbox) == 3
    texte_lu = Courriel.objects.get(destinataire="amina@exemple.fr").texte
    for intitule in ("Jardin partagé", "Fête du quartier", "Atelier couture"):
        assert f"- {intitule}" in texte_lu
    assert Courriel.objects.get(destinataire="lea@exemple.fr").bilan == velo


def test_qui_n_a_qu_un_bilan_valide_dans_le_lot_garde_le_message_de_ce_bilan(chargee, campagne, adresse):
    porteur = fabriques.PorteurFactory(epci=campagne.contrat.epci)
    fabriques.RepresentantFactory(porteur=porteur, email="amina@exemple.fr")
    [bon, refuse] = de(porteur, campagne, "Jardin partagé", "Contradiction")
    fabriques.effectifs(refuse, F=12, H=17, T=30)
    page = texte(valider(chargee, adresse, *coches(bon, refuse)))
    assert "1 bilan validé" in page
    assert [(c.bilan, c.bilans_dus) for c in Courriel.objects.all()] == [(bon, [])]


def test_le_courriel_de_plusieurs_validations_mene_a_la_liste_de_qui_a_un_acces(chargee, campagne, adresse):
    porteur = fabriques.PorteurFactory(epci=campagne.contrat.epci)
    avec = fabriques.representant_du_porteur(porteur)
    assert AccesPorteur.objects.filter(porteur=porteur, utilisateur=avec).exists()
    fabriques.RepresentantFactory(porteur=porteur, email="sans@exemple.fr")
    valider(chargee, adresse, *coches(*de(porteur, campagne, "Un", "Deux")))
    liens = {c.destinataire: "http" in c.texte for c in Courriel.objects.order_by("pk")}
    assert liens == {avec.email: True, "sans@exemple.fr": False}


def test_le_bilan_valide_dans_un_lot_garde_la_trace_du_message(chargee, campagne, adresse):
    porteur = fabriques.PorteurFactory(epci=campagne.contrat.epci)
    fabriques.RepresentantFactory(porteur=porteur, email="amina@exemple.fr")
    bilans = de(porteur, campagne, "Un", "Deux")
    valider(chargee, adresse, *coches(*bilans))
    for bilan in bilans:
        url = reverse("bilan_detail", args=[campagne.contrat.slug, campagne.annee, bilan.action_annuelle.cle])
        assert "Le message de validation à amina@exemple.fr attend d'être envoyé" in texte(chargee.get(url))
