"""Entering and correcting a porteur: what is written, what is refused and how it is said."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied

from porteurs import forms
from porteurs.models import AliasPorteur, Porteur
from porteurs.operations import creer_porteur, modifier_porteur
from tests import fabriques
from tests.outils.pages import erreurs, etat_de_la_base, rien_n_est_ecrit, saisie, texte
from tests.outils.requetes import verifier_requetes_constantes

# Invented, with the right check digits; the second has one figure wrong.
SIRET, SIRET_FAUX = "21390198600017", "21390198600018"


def minimum(**autres):
    return {"nom": "Compagnie des Rives", "type": "association", "actif": "on", **autres}


def creer(lieu, **autres):
    return lieu.client.post(lieu.adresse("porteur_creer"), minimum(**autres))


def modifier(lieu, porteur, **autres):
    adresse = lieu.adresse("porteur_modifier", porteur.cle)
    frappe = {**saisie(lieu.client.get(adresse)), **autres}
    return lieu.client.post(adresse, {nom: valeur for nom, valeur in frappe.items() if valeur != "False"})


# -- Creating --------------------------------------------------------------------------------------
def test_creer_un_porteur_entier(lieu):
    reponse = creer(
        lieu,
        sigle="CDR",
        parent=lieu.porteur.pk,
        autres_noms="C.D.R.\r\n\r\nLes Rives\nles rives",
        siret="213 901 986 00017",
        rna="w39 1000123",
        adresse="12 rue des Lilas",
        code_postal="39 100",
        ville="Montclar",
        email="contact@rives.fr",
        telephone="03 84 00 00 00",
        site="www.rives.fr",
        objet="Le spectacle vivant.\r\nEt la médiation.",
        date_creation="14/07/1989",
        cer_date="2022-01-05",
    )
    porteur = Porteur.objects.get(nom="Compagnie des Rives")
    assert reponse.url == lieu.adresse("porteur_detail", porteur.cle)
    assert (porteur.epci, porteur.parent, porteur.actif) == (lieu.epci, lieu.porteur, True)
    assert (porteur.siret, porteur.rna, porteur.code_postal) == (SIRET, "W391000123", "39100")
    assert porteur.site == "https://www.rives.fr"
    assert porteur.objet == "Le spectacle vivant.\nEt la médiation."
    assert (porteur.date_creation, porteur.cer_date) == (date(1989, 7, 14), date(2022, 1, 5))
    assert [alias.libelle for alias in porteur.alias.all()] == ["C.D.R.", "les rives"]
    ligne = porteur.historique.get()
    assert ligne.history_user == lieu.chargee
    assert ligne.history_change_reason == "Autres noms – ajouté : C.D.R., ajouté : les rives"


@pytest.mark.parametrize(
    ("fautes", "phrases"),
    [
        ({"nom": ""}, {"nom": "Donnez le nom de la structure."}),
        ({"nom": "a" * 201}, {"nom": forms.NOM_TROP_LONG}),
        ({"nom": "œ" * 150}, {"nom": forms.NOM_TROP_LONG}),
        ({"nom": " vélo  PARTAGE"}, {"nom": "Un porteur de ce nom existe déjà : Vélo partagé."}),
        ({"siret": SIRET_FAUX}, {"siret": forms.SIRET_FAUX}),
        ({"siret": "213901986"}, {"siret": forms.SIRET_SIREN}),
        ({"siret": "2139019860001"}, {"siret": "Un SIRET a quatorze chiffres : vous en avez saisi 13."}),
        ({"siret": "2139019860001O"}, {"siret": forms.SIRET_LETTRES}),
        ({"siret": "²" * 14}, {"siret": forms.SIRET_LETTRES}),
        ({"rna": "W39"}, {"rna": forms.RNA_FAUX}),
        ({"rna": SIRET}, {"rna": forms.RNA_FAUX}),
        ({"code_postal": "3910"}, {"code_postal": forms.CODE_POSTAL_FAUX}),
        ({"email": "contact"}, {"email": "Une adresse électronique s'écrit comme contact@exemple.fr."}),
        ({"site": "javascript:alert(1)"}, {"site": "L'adresse d'un site s'écrit comme www.exemple.fr."}),
        ({"date_creation": "31/02/1989"}, {"date_creation": "Cette date n'existe pas : vérifiez le jour"}),
        ({"parent": "999999"}, {"parent": "Choisissez une structure de la liste : elle ne dépend"}),
        (
            {"autres_noms": "Les Rives\nCompagnie des rives"},
            {"autres_noms": "« Compagnie des Rives » est déjà"},
        ),
        ({"autres_noms": "Vélo partagé"}, {"autres_noms": "« Vélo partagé » est déjà un porteur."}),
    ],
)
def test_une_mauvaise_saisie_est_refusee_au_champ_et_rendue(lieu, fautes, phrases):
    with rien_n_est_ecrit():
        reponse = creer(lieu, **{"objet": "Le spectacle vivant", **fautes})
    assert reponse.status_code == 200
    trouvees = erreurs(reponse)
    assert set(trouvees) == set(phrases)
    for nom, phrase in phrases.items():
        assert len(trouvees[nom]) == 1
        assert trouvees[nom][0].startswith(phrase)
    rendue = saisie(reponse)
    assert rendue["objet"] == "Le spectacle vivant"
    for nom, valeur in fautes.items():
        assert rendue[nom] == valeur


def test_personne_ne_lit_jamais_le_mot_luhn(lieu):
    assert "luhn" not in texte(creer(lieu, siret=SIRET_FAUX)).lower()


def test_le_nom_ou_l_autre_nom_d_un_porteur_n_en_designe_pas_un_second(lieu):
    fabriques.AliasPorteurFactory(porteur=lieu.porteur, libelle="Roue libre")
    with rien_n_est_ecrit():
        nom = creer(lieu, nom="ROUE LIBRE")
        autre = creer(lieu, autres_noms="roue  libre")
    assert erreurs(nom) == {
        "nom": ["Un porteur de ce nom existe déjà : « Roue libre » est un autre nom de Vélo partagé."]
    }
    assert erreurs(autre) == {"autres_noms": ["« Roue libre » désigne déjà Vélo partagé."]}


def test_le_siret_d_un_porteur_n_en_designe_pas_un_second(lieu):
    lieu.porteur.siret = SIRET
    lieu.porteur.save()
    with rien_n_est_ecrit():
        reponse = creer(lieu, siret=SIRET)
    assert erreurs(reponse) == {
        "siret": ["Ce SIRET est déjà celui de Vélo partagé : c'est sans doute le même porteur."]
    }


def test_les_porteurs_d_une_autre_intercommunalite_ne_genent_pas(lieu):
    fabriques.PorteurFactory(nom="Compagnie des Rives", siret=SIRET)
    assert creer(lieu, siret=SIRET).status_code == 302
    assert Porteur.objects.filter(nom="Compagnie des Rives").count() == 2


def test_un_nom_proche_demande_confirmation(lieu):
    with rien_n_est_ecrit():
        reponse = creer(lieu, nom="Vélos partagés", sigle="VP")
    (phrase,) = erreurs(reponse)["nom"]
    assert phrase.startswith("Un porteur au nom proche existe déjà : Vélo partagé.")
    assert "C'est bien une autre structure" in texte(reponse)
    assert saisie(reponse)["sigle"] == "VP"
    assert creer(lieu, nom="Vélos partagés", nom_confirme="on").status_code == 302


def test_la_confirmation_ne_se_montre_pas_sans_raison(lieu):
    assert "C'est bien une autre structure" not in texte(lieu.client.get(lieu.adresse("porteur_creer")))


def test_une_confirmation_ne_permet_pas_le_meme_nom(lieu):
    with rien_n_est_ecrit():
        assert list(erreurs(creer(lieu, nom="velo partage", nom_confirme="on"))) == ["nom"]


@pytest.mark.parametrize("suite", ["https://ailleurs.fr/", "//ailleurs.fr/", "javascript:alert(1)", "x"])
def test_la_suite_reste_sur_le_site(lieu, suite):
    adresse = lieu.adresse("porteur_creer") + f"?suite={suite}"
    assert lieu.client.get(adresse).context["url_retour"] == lieu.adresse("liste_porteurs")
    assert lieu.client.post(adresse, minimum()).url.startswith(lieu.adresse("liste_porteurs"))


# -- Parent structure ------------------------------------------------------------------------------
def test_un_seul_niveau_de_rattachement(lieu):
    service = fabriques.PorteurFactory(epci=lieu.epci, service=True)
    choix = lieu.client.get(lieu.adresse("porteur_creer")).context["form"].fields["parent"].queryset
    assert set(choix) == {lieu.porteur, service.parent}
    with rien_n_est_ecrit():
        refus_service = creer(lieu, parent=service.pk)
        refus_mere = modifier(lieu, service.parent, parent=lieu.porteur.pk)
        refus_elle_meme = modifier(lieu, lieu.porteur, parent=lieu.porteur.pk)
        refus_ailleurs = creer(lieu, parent=fabriques.PorteurFactory.build(pk=12345).pk)
    for refus in (refus_service, refus_mere, refus_elle_meme, refus_ailleurs):
        assert list(erreurs(refus)) == ["parent"]
    assert "un seul niveau de rattachement" in erreurs(refus_mere)["parent"][0]


# -- Editing ---------------------------------------------------------------------------------------
def test_modifier_ecrit_ce_qui_change_avec_qui_et_quand(lieu):
    garde = fabriques.AliasPorteurFactory(porteur=lieu.porteur, libelle="Roue libre", origine="bilan 2023")
    fabriques.AliasPorteurFactory(porteur=lieu.porteur, libelle="V. P.")
    reponse = modifier(lieu, lieu.porteur, autres_noms="Vélo-partagé 39\nROUE LIBRE", telephone="03 84")
    assert reponse.url == lieu.adresse("porteur_detail", lieu.porteur.cle)
    lieu.porteur.refresh_from_db()
    assert lieu.porteur.telephone == "03 84"
    alias = {a.libelle: a.origine for a in lieu.porteur.alias.all()}
    assert alias == {"Roue libre": "bilan 2023", "Vélo-partagé 39": "saisi dans la fiche du porteur"}
    assert AliasPorteur.objects.filter(pk=garde.pk).exists()
    derniere = lieu.porteur.historique.first()
    assert derniere.history_user == lieu.chargee
    assert derniere.history_change_reason == "Autres noms – ajouté : Vélo-partagé 39, retiré : V. P."


def test_renvoyer_la_page_telle_quelle_ne_change_rien(lieu):
    fabriques.AliasPorteurFactory(porteur=lieu.porteur, libelle="Roue libre")
    with rien_n_est_ecrit():
        assert modifier(lieu, lieu.porteur).status_code == 302


def test_un_porteur_ferme_reste_lisible(lieu):
    assert modifier(lieu, lieu.porteur, actif="False").status_code == 302
    lieu.porteur.refresh_from_db()
    assert lieu.porteur.actif is False
    page = lieu.client.get(lieu.adresse("porteur_detail", lieu.porteur.cle))
    assert "La structure n'est plus active." in texte(page)


def test_deux_personnes_a_la_fois(lieu):
    adresse = lieu.adresse("porteur_modifier", lieu.porteur.cle)
    ouverte = saisie(lieu.client.get(adresse))
    lieu.client.force_login(fabriques.chargee_de_mission(lieu.contrat, prenom="Nadia", nom="Ferrand"))
    autre = {**ouverte, "telephone": "03 84 11", "autres_noms": "Roue libre", "sigle": "VP"}
    assert lieu.client.post(adresse, autre).status_code == 302
    lieu.client.force_login(lieu.chargee)
    with rien_n_est_ecrit():
        reponse = lieu.client.post(adresse, {**ouverte, "telephone": "03 84 22"})
    ecarts = {nom: (e.autre, e.repris) for nom, e in reponse.context["conflit"].ecarts.items()}
    assert ecarts == {
        "telephone": ("03 84 11", False),
        "sigle": ("VP", True),
        "autres_noms": ("Roue libre", False),
    }
    assert "Nadia Ferrand a enregistré une autre version" in texte(reponse)
    rendue = saisie(reponse)
    assert (rendue["telephone"], rendue["sigle"]) == ("03 84 22", "VP")
    assert lieu.client.post(adresse, rendue).status_code == 302
    lieu.porteur.refresh_from_db()
    assert (lieu.porteur.telephone, lieu.porteur.sigle) == ("03 84 22", "VP")


# -- Who may ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "attendu"), [("porteur", 403), ("financeur", 403), ("copil", 404), ("autre_chargee", 404)]
)
def test_qui_ne_tient_pas_le_contrat_ne_modifie_rien(lieu, role, attendu):
    annuelle = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne, action__porteur=lieu.porteur)
    ligne = fabriques.LigneFinancementFactory(action_annuelle=annuelle)
    compte = {
        "porteur": lambda: fabriques.representant_du_porteur(lieu.porteur),
        "financeur": lambda: fabriques.representant_du_financeur(ligne.financeur),
        "copil": lambda: fabriques.membre_du_copil(lieu.contrat),
        "autre_chargee": lambda: fabriques.chargee_de_mission(fabriques.ContratFactory()),
    }[role]()
    lieu.client.force_login(compte)
    avant = etat_de_la_base()
    adresse = lieu.adresse("porteur_modifier", lieu.porteur.cle)
    assert lieu.client.post(adresse, minimum()).status_code == attendu
    assert creer(lieu).status_code == (404 if role == "autre_chargee" else 403)
    assert etat_de_la_base() == avant


def test_les_operations_refusent_qui_n_a_pas_le_droit(lieu):
    membre = fabriques.membre_du_copil(lieu.contrat)
    with rien_n_est_ecrit():
        with pytest.raises(PermissionDenied):
            creer_porteur(membre, lieu.contrat, Porteur(nom="Autre"), [])
        with pytest.raises(PermissionDenied):
            modifier_porteur(membre, lieu.porteur, [], version=1)


def test_un_porteur_d_ailleurs_est_introuvable(lieu):
    etranger = fabriques.PorteurFactory()
    for nom in ("porteur_modifier", "porteur_detail"):
        assert lieu.client.get(lieu.adresse(nom, etranger.cle)).status_code == 404


def test_lire_le_formulaire_n_ecrit_rien_et_ne_coute_pas_plus_avec_le_nombre(lieu):
    adresse = lieu.adresse("porteur_modifier", lieu.porteur.cle)

    def ajouter():
        fabriques.PorteurFactory(epci=lieu.epci)
        fabriques.AliasPorteurFactory(porteur=lieu.porteur)

    with rien_n_est_ecrit():
        lieu.client.get(adresse)
    verifier_requetes_constantes(lambda: lieu.client.get(adresse), ajouter)
