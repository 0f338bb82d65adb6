"""The list of porteurs and the page of one: figures of the year, what each account may see, cost."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from tests import fabriques
from tests.outils.pages import rien_n_est_ecrit, texte
from tests.outils.requetes import verifier_requetes_constantes


@pytest.fixture
def programme(lieu):
    """Two services of the Ville and an association: three actions, money from Ville, État and the CAF."""
    mediatheque = fabriques.PorteurFactory(epci=lieu.epci, service=True, nom="Ville – Médiathèque")
    sports = fabriques.PorteurFactory(
        epci=lieu.epci, service=True, nom="Ville – Sports", parent=mediatheque.parent
    )
    ville = fabriques.FinanceurFactory(contrat=lieu.contrat, nom="Ville", sigle="MAIRIE")
    etat = fabriques.FinanceurFactory(contrat=lieu.contrat, nom="État", sigle="ÉTAT")
    caf = fabriques.FinanceurFactory(contrat=lieu.contrat, hors_total=True)

    def action(porteur, intitule, montants, **champs):
        annuelle = fabriques.ActionAnnuelleFactory(
            campagne=lieu.campagne, action__porteur=porteur, action__intitule=intitule, **champs
        )
        for financeur, montant in montants.items():
            fabriques.LigneFinancementFactory(
                action_annuelle=annuelle, financeur=financeur, montant_accorde=montant
            )
        return annuelle

    lectures = action(mediatheque, "Lectures au parc", {ville: Decimal(1000), caf: Decimal(300)})
    balades = action(lieu.porteur, "Balades à vélo", {ville: Decimal(400), etat: Decimal("600.50")})
    atelier = action(lieu.porteur, "Atelier", {etat: None}, refusee=True)
    tournoi = action(sports, "Tournoi", {})
    fabriques.BilanFactory(action_annuelle=lectures, valide=True)
    fabriques.BilanFactory(action_annuelle=balades, en_saisie=True)
    return SimpleNamespace(**locals())


def noms(reponse):
    return [porteur.nom for porteur in reponse.context["repertoire"].porteurs]


def ligne(reponse, porteur):
    return next(p for p in reponse.context["repertoire"].porteurs if p == porteur)


def lister(lieu, **criteres):
    return lieu.client.get(lieu.adresse("liste_porteurs"), criteres)


# -- The list --------------------------------------------------------------------------------------
def test_la_liste_compte_les_services_avec_leur_structure(lieu, programme):
    reponse = lister(lieu)
    assert reponse.context["repertoire"].phrase == (
        "2\u00a0structures, 3\u00a0porteurs, 4\u00a0actions de 2024."
    )
    association = ligne(reponse, lieu.porteur)
    assert (association.actions_annee, association.accorde) == (2, Decimal("1000.50"))
    assert (association.bilans_recus, association.bilans_attendus) == (0, 1)
    mediatheque = ligne(reponse, programme.mediatheque)
    assert (mediatheque.accorde, mediatheque.hors_total) == (Decimal(1000), Decimal(300))
    assert (mediatheque.bilans_recus, mediatheque.bilans_attendus) == (1, 1)
    sports = ligne(reponse, programme.sports)
    assert (sports.accorde, sports.hors_total, sports.bilans_attendus) == (None, None, 1)
    totaux = reponse.context["repertoire"].totaux
    assert (totaux.accorde, totaux.hors_total) == (Decimal("2000.50"), Decimal(300))
    assert (totaux.bilans_recus, totaux.bilans_attendus) == (1, 3)
    assert "Total 4 2 000,5 300 1 sur 3" in texte(reponse)


def test_la_structure_sans_action_se_montre_a_la_demande(lieu, programme):
    mere = programme.mediatheque.parent.nom
    assert mere not in noms(lister(lieu))
    assert mere in noms(lister(lieu, tous="1"))


@pytest.mark.parametrize(
    ("criteres", "attendus"),
    [
        ({"q": "VELO"}, ["Vélo partagé"]),
        ({"q": "mediatheque ville"}, ["Ville – Médiathèque"]),
        ({"q": "rien de tel"}, []),
        ({"type": "service_commune"}, ["Ville – Médiathèque", "Ville – Sports"]),
        ({"type": "inconnu", "q": "sports"}, ["Ville – Sports"]),
        ({"tri": "porteur"}, ["Vélo partagé", "Ville – Médiathèque", "Ville – Sports"]),
        ({"tri": "-porteur"}, ["Ville – Sports", "Ville – Médiathèque", "Vélo partagé"]),
        ({"tri": "-accorde"}, ["Vélo partagé", "Ville – Médiathèque", "Ville – Sports"]),
        ({"tri": "accorde"}, ["Ville – Médiathèque", "Vélo partagé", "Ville – Sports"]),
        ({"tri": "-actions,porteur"}, ["Vélo partagé", "Ville – Médiathèque", "Ville – Sports"]),
        ({"tri": "hors_total"}, ["Ville – Médiathèque", "Vélo partagé", "Ville – Sports"]),
        ({"tri": "-bilans,-porteur"}, ["Ville – Sports", "Vélo partagé", "Ville – Médiathèque"]),
        ({"tri": "inconnu"}, None),
    ],
)
def test_chercher_filtrer_et_trier(lieu, programme, criteres, attendus):
    reponse = lister(lieu, **criteres)
    assert reponse.status_code == 200
    assert noms(reponse) == (attendus if attendus is not None else noms(lister(lieu)))


def test_un_autre_nom_se_cherche_aussi(lieu, programme):
    fabriques.AliasPorteurFactory(porteur=lieu.porteur, libelle="Roue libre")
    assert noms(lister(lieu, q="roue")) == ["Vélo partagé"]


def test_les_totaux_sont_ceux_des_lignes_montrees(lieu, programme):
    assert lister(lieu, q="velo").context["repertoire"].totaux.accorde == Decimal("1000.50")


def test_un_caractere_nul_ne_casse_rien(lieu, programme):
    assert lieu.client.get(lieu.adresse("liste_porteurs"), {"q": "\0"}).status_code == 200
    assert lieu.client.get(lieu.adresse("liste_porteurs") + "%00/").status_code == 404


def test_chaque_filtre_se_retire(lieu, programme):
    puces = lister(lieu, q="velo", tous="1", tri="porteur").context["repertoire"].puces
    assert [(puce.libelle, puce.url) for puce in puces] == [
        ("« velo »", "?tous=1&tri=porteur"),
        ("Avec ou sans action", "?q=velo&tri=porteur"),
    ]


def test_les_montants_a_confirmer_sont_annonces(lieu, programme):
    assert "montants à confirmer" not in texte(lister(lieu))
    fabriques.AmbiguiteFactory(action_annuelle=programme.balades)
    assert "1 action a des montants à confirmer" in texte(lister(lieu))


def test_une_annee_vide_dit_quoi_faire(lieu):
    assert "Aucun porteur n'a encore d'action cette année" in texte(lister(lieu))
    assert "Aucun porteur ne correspond" in texte(lister(lieu, q="x"))


def test_un_financeur_ne_voit_que_son_argent_et_pas_les_bilans(lieu, programme):
    lieu.client.force_login(fabriques.representant_du_financeur(programme.caf))
    reponse = lister(lieu)
    assert ligne(reponse, programme.mediatheque).accorde == Decimal(300)
    assert ligne(reponse, lieu.porteur).accorde is None
    lue = texte(reponse)
    assert "1 000" not in lue
    assert "Bilans reçus" not in lue
    assert "Créer un porteur" not in lue


@pytest.mark.parametrize("role", ["porteur", "copil"])
def test_la_liste_n_est_pas_pour_tous(lieu, programme, role):
    compte = (
        fabriques.representant_du_porteur(lieu.porteur)
        if role == "porteur"
        else fabriques.membre_du_copil(lieu.contrat)
    )
    lieu.client.force_login(compte)
    assert lister(lieu).status_code == 403


def test_la_liste_n_ecrit_rien_et_ne_coute_pas_plus_avec_le_nombre(lieu, programme):
    def ajouter():
        porteur = fabriques.PorteurFactory(epci=lieu.epci, service=True)
        annuelle = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne, action__porteur=porteur)
        fabriques.LigneFinancementFactory(action_annuelle=annuelle, financeur=programme.ville)
        fabriques.BilanFactory(action_annuelle=annuelle)

    with rien_n_est_ecrit():
        lister(lieu)
    assert verifier_requetes_constantes(lambda: lister(lieu, tri="-accorde"), ajouter) < 20


# -- One porteur -----------------------------------------------------------------------------------
def voir(lieu, porteur):
    return lieu.client.get(lieu.adresse("porteur_detail", porteur.cle))


def test_la_page_d_un_porteur_dit_ce_qu_il_porte_annee_apres_annee(lieu, programme):
    suivante = fabriques.annee_de(programme.balades.action, 2025, programmee=True)
    reponse = voir(lieu, lieu.porteur)
    annees = reponse.context["annees_porteur"]
    assert [(a.annee, [str(ligne.annuelle.action) for ligne in a.lignes]) for a in annees] == [
        (2025, ["Balades à vélo"]),
        (2024, ["Balades à vélo", "Atelier"]),
    ]
    etats = {ligne.annuelle: (ligne.statut_bilan, ligne.accorde) for a in annees for ligne in a.lignes}
    assert etats == {
        suivante: ("a_saisir", None),
        programme.balades: ("en_saisie", Decimal("1000.50")),
        programme.atelier: (None, None),
    }
    assert [a.accorde for a in annees] == [None, Decimal("1000.50")]
    assert lieu.adresse("action_detail", suivante.cle, annee=2025) in reponse.content.decode()


def test_la_page_de_la_structure_mere_porte_les_actions_de_ses_services(lieu, programme):
    mere = programme.mediatheque.parent
    reponse = voir(lieu, mere)
    (annee,) = reponse.context["annees_porteur"]
    assert {str(ligne.annuelle.action) for ligne in annee.lignes} == {"Lectures au parc", "Tournoi"}
    assert (annee.accorde, annee.hors_total) == (Decimal(1000), Decimal(300))
    lue = texte(reponse)
    assert "Ses services Ville – Médiathèque Ville – Sports" in lue
    assert f"rattaché à {mere.nom}" in texte(voir(lieu, programme.sports))


def test_le_dossier_d_un_porteur(lieu):
    lieu.porteur.email, lieu.porteur.siret = "contact@velo.fr", "21390198600017"
    lieu.porteur.save()
    fabriques.AliasPorteurFactory(porteur=lieu.porteur, libelle="Roue libre")
    fabriques.RepresentantFactory(porteur=lieu.porteur, nom="Amina Berger", legal=True)
    convention = fabriques.ConventionFactory(
        porteur=lieu.porteur, contrat=lieu.contrat, montant_total=Decimal(81000)
    )
    fabriques.ConventionFactory(porteur=lieu.porteur, intitule="Convention d'un autre contrat")
    reponse = voir(lieu, lieu.porteur)
    lue = texte(reponse)
    assert f'href="{lieu.adresse("convention", convention.cle)}"' in reponse.content.decode()
    for attendu in (
        "contact@velo.fr",
        "21390198600017",
        "Roue libre",
        "Présidente représentant légal Amina Berger",
        "81 000 €",
    ):
        assert attendu in lue
    assert "Convention d'un autre contrat" not in lue


def test_un_financeur_lit_le_programme_sans_les_contacts_ni_les_conventions(lieu, programme):
    lieu.porteur.email, lieu.porteur.telephone = "contact@velo.fr", "03 84 00 00 00"
    lieu.porteur.adresse = "12 rue des Lilas"
    lieu.porteur.save()
    fabriques.RepresentantFactory(porteur=lieu.porteur, nom="Amina Berger")
    fabriques.ConventionFactory(porteur=lieu.porteur, contrat=lieu.contrat, intitule="CPO 2024-2026")
    lieu.client.force_login(fabriques.representant_du_financeur(programme.etat))
    reponse = voir(lieu, lieu.porteur)
    lue = texte(reponse)
    assert "Balades à vélo" in lue
    for secret in (
        "contact@velo.fr",
        "03 84",
        "rue des Lilas",
        "Amina Berger",
        "CPO 2024-2026",
        "En saisie",
        "400",
    ):
        assert secret not in lue
    (annee,) = reponse.context["annees_porteur"]
    assert annee.accorde == Decimal("600.50")


def test_un_porteur_lit_sa_page_et_pas_celle_de_son_voisin(lieu, programme):
    lieu.client.force_login(fabriques.representant_du_porteur(lieu.porteur))
    reponse = voir(lieu, lieu.porteur)
    assert reponse.status_code == 200
    assert f'href="{lieu.adresse("liste_porteurs")}"' not in reponse.content.decode()
    assert "Modifier le porteur" not in texte(reponse)
    assert voir(lieu, programme.mediatheque).status_code == 404


def test_le_representant_d_un_service_ne_suit_pas_de_lien_vers_la_structure_mere(lieu, programme):
    lieu.client.force_login(fabriques.representant_du_porteur(programme.sports))
    reponse = voir(lieu, programme.sports)
    mere = programme.sports.parent
    assert f"rattaché à {mere.nom}" in texte(reponse)
    assert mere.cle not in reponse.content.decode()
    assert programme.mediatheque.cle not in reponse.content.decode()


def test_la_page_n_ecrit_rien_et_ne_coute_pas_plus_avec_le_nombre(lieu, programme):
    mere = programme.mediatheque.parent

    def ajouter():
        service = fabriques.PorteurFactory(epci=lieu.epci, service=True, parent=mere)
        annuelle = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne, action__porteur=service)
        fabriques.LigneFinancementFactory(action_annuelle=annuelle, financeur=programme.ville)
        fabriques.BilanFactory(action_annuelle=annuelle)
        fabriques.AliasPorteurFactory(porteur=mere)
        fabriques.RepresentantFactory(porteur=mere)
        convention = fabriques.ConventionFactory(porteur=mere, contrat=lieu.contrat)
        obligation = fabriques.ObligationFactory(convention=convention)
        fabriques.EcheanceFactory(convention=convention, obligation=obligation)

    ajouter()
    with rien_n_est_ecrit():
        voir(lieu, mere)
    verifier_requetes_constantes(lambda: voir(lieu, mere), ajouter)
