"""Where each account lands, and what a porteur finds on its page."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from actions.models import Campagne
from bilans.models import Bilan
from tests import fabriques
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db


@pytest.fixture
def campagne() -> Campagne:
    campagne = fabriques.CampagneFactory(annee=2024, bilan_echeance=date(2025, 6, 30))
    fabriques.ActionAnnuelleFactory(campagne=campagne)
    return campagne


def arriver(client: Client, compte: Any, depart: str = "/") -> Any:
    client.force_login(compte)
    return client.get(depart, follow=True)


def texte(reponse: Any) -> str:
    return reponse.content.decode().replace("&#x27;", "'").replace("\u00a0", " ").replace("&nbsp;", " ")


def chemin(reponse: Any) -> str:
    return reponse.redirect_chain[-1][0] if reponse.redirect_chain else reponse.request["PATH_INFO"]


# -- Landing ---------------------------------------------------------------------------------------
def test_la_chargee_arrive_sur_son_tableau_de_bord(client, campagne):
    reponse = arriver(client, fabriques.chargee_de_mission(campagne.contrat))
    assert chemin(reponse) == f"/{campagne.contrat.slug}/2024/"
    assert reponse.status_code == 200


def test_le_financeur_arrive_sur_la_liste_des_actions(client, campagne):
    financeur = fabriques.FinanceurFactory(contrat=campagne.contrat)
    reponse = arriver(client, fabriques.representant_du_financeur(financeur))
    assert chemin(reponse) == f"/{campagne.contrat.slug}/2024/actions/"
    assert reponse.status_code == 200


def test_le_membre_du_copil_lit_qu_aucun_rapport_n_est_publie(client, campagne):
    fabriques.RapportFactory(contrat=campagne.contrat, annee=2024)
    reponse = arriver(client, fabriques.membre_du_copil(campagne.contrat))
    assert chemin(reponse) == f"/{campagne.contrat.slug}/2024/accueil/"
    assert "Aucun rapport annuel n'est encore publié" in texte(reponse)
    assert reverse("contrat", args=[campagne.contrat.slug, 2024]) in texte(reponse)


def test_le_membre_du_copil_voit_les_rapports_publies(client, campagne):
    fabriques.RapportFactory(contrat=campagne.contrat, annee=2023, publie=True)
    reponse = arriver(client, fabriques.membre_du_copil(campagne.contrat))
    assert "Rapport 2023" in texte(reponse)
    assert "n'est encore publié" not in texte(reponse)


def test_plusieurs_contrats_se_choisissent(client, campagne):
    autre = fabriques.CampagneFactory().contrat
    compte = fabriques.chargee_de_mission(campagne.contrat)
    financeur = fabriques.FinanceurFactory(contrat=autre)
    fabriques.AccesFinanceur.objects.create(utilisateur=compte, financeur=financeur)
    fabriques.ContratFactory(nom_court="Ville d'à côté")
    html = texte(arriver(client, compte))
    for contrat in (campagne.contrat, autre):
        assert f'href="{reverse("aller_au_contrat", args=[contrat.slug])}"' in html
    assert "Vous avez accès à 2 contrats de ville" in html
    assert "Ville d'à côté" not in html


def test_l_administrateur_choisit_un_contrat(client, campagne):
    fabriques.ContratFactory()
    assert "Vous avez accès à 2 contrats de ville" in texte(arriver(client, fabriques.administrateur()))


def test_sans_acces_a_qui_le_demander(client, campagne):
    compte = fabriques.UtilisateurFactory(email="nouvelle@exemple.fr")
    reponse = arriver(client, compte)
    assert reponse.status_code == 200
    assert "n'est rattaché à aucun contrat de ville ni à aucune structure" in texte(reponse)
    assert "nouvelle@exemple.fr" in texte(reponse)
    assert campagne.contrat.nom_court not in texte(reponse)


def test_un_visiteur_se_connecte(client):
    assert client.get("/").status_code == 302
    assert client.get("/").url.startswith("/compte/")


# -- The useful year -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("annees", "attendue"),
    [
        ({2023: 1, 2024: 1, 2025: 0}, 2024),
        ({2024: 1, 2025: 1, 2026: 1}, 2025),
        ({2024: 0, 2025: 0}, 2025),
        ({2026: 1, 2027: 1}, 2026),
        ({2026: 0, 2027: 0}, 2027),
        ({2024: 5, 2025: 2}, 2024),
        ({2024: 4, 2025: 2}, 2025),
    ],
)
def test_annee_utile(client, time_machine, annees, attendue):
    time_machine.move_to("2025-09-01T12:00:00+02:00")
    contrat = fabriques.ContratFactory()
    for annee, nombre in annees.items():
        campagne = fabriques.CampagneFactory(contrat=contrat, annee=annee)
        fabriques.ActionAnnuelleFactory.create_batch(nombre, campagne=campagne)
    client.force_login(fabriques.chargee_de_mission(contrat))
    reponse = client.get(reverse("aller_au_contrat", args=[contrat.slug]))
    assert reponse.url == f"/{contrat.slug}/{attendue}/"


@pytest.mark.parametrize(
    ("annees", "publies", "attendue"),
    [
        # Nothing is published: the year that has only begun to be filled has nothing to read either.
        ({2023: 4, 2024: 41, 2025: 5}, [], 2024),
        ({2023: 4, 2024: 41, 2025: 30}, [], 2025),
        ({2023: 4, 2024: 41, 2025: 30}, [2023], 2023),
        ({2023: 4, 2024: 41, 2025: 30}, [2023, 2024], 2024),
        # A report ahead of its time, or of a year that is no longer there, leads nowhere.
        ({2024: 4, 2026: 4}, [2026, 2012], 2024),
        ({2024: 0, 2025: 0}, [], 2025),
    ],
)
def test_annee_utile_du_membre_du_copil_celle_du_dernier_rapport(
    client, time_machine, annees, publies, attendue
):
    time_machine.move_to("2025-09-01T12:00:00+02:00")
    contrat = fabriques.ContratFactory()
    for annee, nombre in annees.items():
        campagne = fabriques.CampagneFactory(contrat=contrat, annee=annee)
        fabriques.ActionAnnuelleFactory.create_batch(nombre, campagne=campagne)
    for annee in publies:
        fabriques.RapportFactory(contrat=contrat, annee=annee, publie=True)
    fabriques.RapportFactory(contrat=contrat, annee=2022)
    assert (
        chemin(arriver(client, fabriques.membre_du_copil(contrat))) == f"/{contrat.slug}/{attendue}/accueil/"
    )


def test_annee_utile_du_porteur_celle_de_ses_actions(client, time_machine, campagne):
    time_machine.move_to("2025-09-01T12:00:00+02:00")
    porteur = campagne.actions.get().action.porteur
    fabriques.ActionAnnuelleFactory(campagne=fabriques.CampagneFactory(contrat=campagne.contrat, annee=2025))
    client.force_login(fabriques.representant_du_porteur(porteur))
    reponse = client.get(reverse("aller_au_contrat", args=[campagne.contrat.slug]))
    assert reponse.url == f"/{campagne.contrat.slug}/2024/actions/"


def test_un_contrat_sans_annee_le_dit(client):
    contrat = fabriques.ContratFactory()
    reponse = arriver(client, fabriques.chargee_de_mission(contrat))
    assert reponse.status_code == 200
    assert "Aucune année n'est ouverte dans ce contrat" in texte(reponse)


def test_un_contrat_que_l_on_ne_voit_pas_n_existe_pas(client, campagne):
    client.force_login(fabriques.chargee_de_mission(fabriques.ContratFactory()))
    for slug in (campagne.contrat.slug, "inconnu"):
        assert client.get(reverse("aller_au_contrat", args=[slug])).status_code == 404


# -- Vos actions -----------------------------------------------------------------------------------
@pytest.fixture
def porteur(campagne: Campagne) -> Any:
    return fabriques.PorteurFactory(epci=campagne.contrat.epci)


def bilan(campagne: Campagne, porteur: Any, intitule: str, **champs: Any) -> Bilan:
    action = fabriques.ActionFactory(contrat=campagne.contrat, porteur=porteur, intitule=intitule)
    annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne, action=action)
    return fabriques.BilanFactory(action_annuelle=annuelle, **champs)


def vos_actions(client: Client, porteur: Any) -> Any:
    reponse = arriver(client, fabriques.representant_du_porteur(porteur))
    assert chemin(reponse) == "/"
    return reponse.context["vos_actions"]


def titres(taches: list[Any]) -> list[str]:
    return [tache.annuelle.action.intitule for tache in taches]


def test_ce_que_le_porteur_doit_par_echeance(client, campagne, porteur):
    ancienne = fabriques.CampagneFactory(
        contrat=campagne.contrat, annee=2023, bilan_echeance=date(2024, 6, 30)
    )
    bilan(campagne, porteur, "À commencer")
    bilan(campagne, porteur, "Transmis", transmis=True)
    bilan(campagne, porteur, "Validé", valide=True)
    bilan(ancienne, porteur, "En retard", en_saisie=True)
    bilan(campagne, porteur, "Renvoyé", a_completer=True)
    bilan(campagne, fabriques.PorteurFactory(epci=campagne.contrat.epci), "D'un autre")
    lues = vos_actions(client, porteur)
    assert [(t.annuelle.action.intitule, t.bouton) for t in lues.toutes.a_faire] == [
        ("En retard", "Reprendre le bilan"),
        ("À commencer", "Commencer le bilan"),
        ("Renvoyé", "Compléter le bilan"),
    ]
    assert titres(lues.toutes.en_lecture) == ["Transmis"]
    assert titres(lues.toutes.autres) == ["Validé"]


def test_la_page_dit_l_echeance_l_etat_et_la_suite(client, campagne, porteur, time_machine):
    time_machine.move_to("2025-06-18T12:00:00+02:00")
    du = bilan(campagne, porteur, "Jardin", a_completer=True, motif_renvoi="Combien de femmes ?")
    compte = fabriques.representant_du_porteur(porteur)
    html = texte(arriver(client, compte))
    assert "1 bilan est attendu de vous" in html
    assert "à transmettre d'ici au 30 juin 2025 (dans 12 jours)" in html
    assert "<b>Ce qui est à compléter</b></p><p>Combien de femmes ?</p>" in html
    lien = reverse("bilan_saisir", args=[campagne.contrat.slug, 2024, du.action_annuelle.cle])
    assert html.count(f'href="{lien}"') == 1
    time_machine.move_to("2025-07-18T12:00:00+02:00")
    assert "attendu depuis le 30 juin 2025" in texte(arriver(client, compte))


def test_un_bilan_qui_n_est_pas_encore_ouvert_n_est_pas_du(client, campagne, porteur, time_machine):
    time_machine.move_to("2025-01-05T12:00:00+01:00")
    campagne.bilan_ouverture = date(2025, 2, 1)
    campagne.save()
    bilan(campagne, porteur, "Jardin")
    lues = vos_actions(client, porteur)
    assert (titres(lues.toutes.a_faire), titres(lues.toutes.autres)) == ([], ["Jardin"])
    assert "ouvert à partir du 1er février 2025" in texte(client.get("/"))


def test_le_porteur_voit_les_actions_de_ses_services_et_de_tous_ses_contrats(client, campagne):
    ville = fabriques.PorteurFactory(ville=True, epci=campagne.contrat.epci)
    service = fabriques.PorteurFactory(service=True, parent=ville, epci=ville.epci)
    suivant = fabriques.CampagneFactory(
        contrat=fabriques.ContratFactory(epci=ville.epci, nom_court="Contrat suivant"), annee=2025
    )
    bilan(campagne, service, "Du service", valide=True)
    bilan(suivant, ville, "De la ville", valide=True)
    lues = vos_actions(client, ville)
    assert titres(lues.toutes.autres) == ["De la ville", "Du service"]
    assert lues.plusieurs_contrats
    assert "Contrat suivant" in texte(client.get("/"))


def test_l_echeance_d_un_bilan_est_la_sienne_quand_il_en_a_une(client, campagne, porteur, time_machine):
    time_machine.move_to("2025-07-02T12:00:00+02:00")
    bilan(campagne, porteur, "Jardin", en_saisie=True, echeance_prolongee=date(2025, 7, 15))
    bilan(campagne, porteur, "Potager", en_saisie=True)
    lues = vos_actions(client, porteur)
    assert [(t.annuelle.action.intitule, t.en_retard) for t in lues.toutes.a_faire] == [
        ("Potager", True),
        ("Jardin", False),
    ]
    html = texte(client.get("/"))
    assert "2 bilans sont attendus de vous, le premier depuis le 30 juin 2025" in html
    assert "à transmettre d'ici au 15 juillet 2025 (dans 13 jours, délai accordé)" in html


@pytest.mark.parametrize(
    ("situation", "suite"),
    [
        ("a_saisir", "Répondez étape par étape"),
        ("en_saisie", "Terminez la saisie, relisez, puis transmettez"),
        ("a_completer", "Corrigez ce qui est demandé, puis transmettez de nouveau"),
    ],
)
def test_la_page_dit_quoi_faire_ensuite(client, campagne, porteur, situation, suite):
    bilan(campagne, porteur, "Jardin", **({} if situation == "a_saisir" else {situation: True}))
    assert suite in texte(arriver(client, fabriques.representant_du_porteur(porteur)))


def test_une_campagne_close_le_dit_et_laisse_qui_a_un_delai(client, campagne, porteur, time_machine):
    time_machine.move_to("2025-09-18T12:00:00+02:00")
    campagne.statut, campagne.contact_email = "bilans_clos", "ville@montclar.example"
    campagne.save()
    bilan(campagne, porteur, "Trop tard", en_saisie=True)
    bilan(campagne, porteur, "Avec un délai", en_saisie=True, echeance_prolongee=date(2025, 9, 30))
    lues = vos_actions(client, porteur)
    assert titres(lues.toutes.closes) == ["Trop tard"]
    assert titres(lues.toutes.a_faire) == ["Avec un délai"]
    assert lues.toutes.autres == []
    html = texte(client.get("/"))
    assert "Non transmis</h2>" in html
    assert ", était attendu le 30 juin 2025" in html
    assert "mailto:ville@montclar.example" in html


def test_quand_tout_est_clos_la_page_ne_dit_pas_qu_il_n_y_a_rien(client, campagne, porteur):
    campagne.statut = "archivee"
    campagne.save()
    bilan(campagne, porteur, "Trop tard")
    html = texte(arriver(client, fabriques.representant_du_porteur(porteur)))
    assert "La saisie est close, et 1 bilan n'a pas été transmis." in html
    assert "Commencer le bilan" not in html


def test_avant_l_ouverture_on_sait_qu_on_sera_prevenu(client, campagne, porteur):
    campagne.statut = "programmee"
    campagne.save()
    bilan(campagne, porteur, "Jardin")
    lues = vos_actions(client, porteur)
    assert (titres(lues.toutes.autres), lues.toutes.closes) == (["Jardin"], [])
    assert "Vous recevrez un courriel quand la saisie ouvrira." in texte(client.get("/"))


def test_les_commentaires_ouverts_sont_comptes_sans_les_notes_internes(client, campagne, porteur):
    renvoye = bilan(campagne, porteur, "Renvoyé", a_completer=True)
    lu = bilan(campagne, porteur, "Lu", transmis=True)
    for sien in (renvoye, lu):
        fabriques.CommentaireFactory(bilan=sien)
        fabriques.CommentaireFactory(bilan=sien, interne=True)
        fabriques.CommentaireFactory(
            bilan=sien, regle_le=fabriques.VALIDE_LE, regle_par=fabriques.UtilisateurFactory()
        )
    lues = vos_actions(client, porteur)
    assert [tache.commentaires for tache in lues.toutes.toutes] == [1, 1]
    html = texte(client.get("/"))
    assert "1 commentaire vous attend dans le formulaire." in html
    lecture = reverse("bilan_detail", args=[campagne.contrat.slug, 2024, lu.action_annuelle.cle])
    assert f'href="{lecture}">Lire 1 commentaire<' in html


def test_le_dernier_recu_est_a_portee(client, campagne, porteur):
    transmis = bilan(campagne, porteur, "Jardin", transmis=True)
    ancien = fabriques.RecuFactory(bilan=transmis, transmis_le=datetime(2025, 4, 2, tzinfo=UTC))
    dernier = fabriques.RecuFactory(bilan=transmis, transmis_le=datetime(2025, 5, 12, tzinfo=UTC))
    bilan(campagne, porteur, "Sans reçu", valide=True)
    html = texte(arriver(client, fabriques.representant_du_porteur(porteur)))
    cle = transmis.action_annuelle.cle
    lien = reverse("recu", args=[campagne.contrat.slug, 2024, cle, dernier.cle])
    assert f'href="{lien}">Reçu du 12 mai 2025<' in html
    assert ancien.cle not in html


def test_plusieurs_porteurs_chacun_ses_actions_le_plus_presse_d_abord(client, campagne):
    ville = fabriques.PorteurFactory(ville=True, epci=campagne.contrat.epci, nom="Ville")
    services = [
        fabriques.PorteurFactory(service=True, parent=ville, epci=ville.epci, nom=nom)
        for nom in ("Accueil", "Jeunesse")
    ]
    bilan(campagne, services[0], "Rien à faire", valide=True)
    bilan(campagne, services[1], "À faire", en_saisie=True)
    seul = fabriques.PorteurFactory(epci=ville.epci, nom="Zébulon")
    bilan(campagne, seul, "Pressé", echeance_prolongee=date(2025, 6, 1))
    compte = fabriques.representant_du_porteur(ville)
    fabriques.AccesPorteur.objects.create(utilisateur=compte, porteur=seul)
    lues = arriver(client, compte).context["vos_actions"]
    assert [(g.porteur.nom, titres(g.actions.toutes), g.peut_inviter) for g in lues.groupes] == [
        ("Zébulon", ["Pressé"], False),
        ("Jeunesse", ["À faire"], True),
        ("Accueil", ["Rien à faire"], True),
    ]
    html = texte(client.get("/"))
    assert [m for m in re.findall(r"<h2[^>]*>(\w+)</h2>", html) if m in "Zébulon Jeunesse Accueil"] == [
        *("Zébulon", "Jeunesse", "Accueil"),
    ]
    invitations = [
        reverse("porteur_inviter", args=[campagne.contrat.slug, 2024, p.cle]) in html
        for p in (seul, *services)
    ]
    assert invitations == [False, True, True]


def test_les_consignes_et_qui_joindre_des_campagnes_en_cours(client, campagne, porteur):
    campagne.notice = "Comptez chaque personne une fois."
    campagne.contact_nom, campagne.contact_telephone = "Claire Aubert", "03 84 00 00 00"
    campagne.save()
    autre = fabriques.CampagneFactory(
        contrat=campagne.contrat, annee=2023, statut="archivee", notice="Consignes anciennes"
    )
    bilan(autre, porteur, "Validé", valide=True)
    bilan(campagne, porteur, "Jardin")
    html = texte(arriver(client, fabriques.representant_du_porteur(porteur)))
    assert "<p>Comptez chaque personne une fois.</p>" in html
    assert 'href="tel:0384000000"' in html
    assert "Consignes anciennes" not in html


def test_un_texte_garde_se_retrouve_depuis_l_accueil(client, campagne, porteur):
    du = bilan(campagne, porteur, "Jardin", en_saisie=True)
    chemin = reverse("bilan_saisir", args=[campagne.contrat.slug, 2024, du.action_annuelle.cle])
    client.post(f"{chemin}?etape=publics", {"type_public": "Des habitantes"})
    html = texte(arriver(client, fabriques.representant_du_porteur(porteur)))
    assert "Un texte n'est pas encore enregistré" in html
    assert f'href="{chemin}?etape=publics">Retrouver mon texte' in html


def test_echeances_des_conventions_du_porteur(client, campagne, porteur):
    convention = fabriques.ConventionFactory(contrat=campagne.contrat, porteur=porteur)
    fabriques.EcheanceFactory(convention=convention, libelle="Comptes annuels")
    fabriques.EcheanceFactory(convention__contrat=campagne.contrat, libelle="D'un autre")
    fabriques.EcheanceFactory(convention=convention, libelle="Déjà fait", faite_le=date(2025, 1, 1))
    fabriques.EcheanceFactory(convention=convention, libelle="Sans objet", sans_objet="Année de création.")
    ville = fabriques.ObligationFactory(convention=convention, du_porteur=False)
    fabriques.EcheanceFactory(convention=convention, libelle="À la Ville", obligation=ville)
    vues = vos_actions(client, porteur)
    (sienne,) = vues.conventions
    assert sienne.url == reverse("convention", args=[campagne.contrat.slug, campagne.annee, convention.cle])
    (due,) = vues.echeances
    assert due.echeance.libelle == "Comptes annuels"
    assert due.url == reverse(
        "echeance", args=[campagne.contrat.slug, campagne.annee, convention.cle, due.echeance.pk]
    )


def test_un_porteur_sans_action_sait_pourquoi(client, porteur):
    html = texte(arriver(client, fabriques.representant_du_porteur(porteur)))
    assert "Aucune action n'est encore inscrite à votre nom" in html
    assert "Pas encore d'action" in html


def test_une_structure_conventionnee_sans_action_ne_le_lit_qu_une_fois(client, campagne, porteur):
    fabriques.ConventionFactory(contrat=campagne.contrat, porteur=porteur)
    html = texte(arriver(client, fabriques.representant_du_porteur(porteur)))
    assert "à votre nom : elle apparaîtra ici quand l'équipe du contrat de ville l'aura inscrite" in html
    assert "Pas encore d'action" not in html


def test_un_porteur_qui_suit_aussi_un_contrat_a_les_deux(client, campagne, porteur):
    bilan(campagne, porteur, "Jardin")
    compte = fabriques.representant_du_porteur(porteur)
    financeur = fabriques.FinanceurFactory(contrat=campagne.contrat)
    fabriques.AccesFinanceur.objects.create(utilisateur=compte, financeur=financeur)
    html = texte(arriver(client, compte))
    assert "Jardin" in html
    assert reverse("aller_au_contrat", args=[campagne.contrat.slug]) in html


def test_autant_de_requetes_pour_1_3_et_30_actions(client, campagne, porteur):
    def ajouter() -> None:
        ajoute = bilan(campagne, porteur, f"Action {Bilan.objects.count()}", a_completer=True)
        fabriques.CommentaireFactory(bilan=ajoute)
        fabriques.RecuFactory(bilan=ajoute)

    ajouter()
    client.force_login(fabriques.representant_du_porteur(porteur))
    avec_une = verifier_requetes_constantes(lambda: client.get("/"), ajouter, fois=2)
    assert verifier_requetes_constantes(lambda: client.get("/"), ajouter, fois=27) == avec_une


def test_autant_de_requetes_pour_plusieurs_porteurs(client, campagne, porteur):
    ville = fabriques.PorteurFactory(ville=True, epci=campagne.contrat.epci)

    def ajouter() -> None:
        service = fabriques.PorteurFactory(service=True, parent=ville, epci=ville.epci)
        bilan(campagne, service, "Jardin", a_completer=True)

    ajouter()
    ajouter()
    client.force_login(fabriques.representant_du_porteur(ville))
    verifier_requetes_constantes(lambda: client.get("/"), ajouter, fois=5)
