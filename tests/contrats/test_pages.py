"""The contract and its territories, read: everything it carries, in order, to whoever may see it."""

from decimal import Decimal

import pytest
from django.urls import reverse

from contrats.arbre import arbre
from contrats.models import ValeurStatistique
from tests import fabriques
from tests.outils.pages import rien_n_est_ecrit, texte
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db
Echelle = ValeurStatistique.Echelle


@pytest.fixture
def contrat():
    contrat = fabriques.ContratFactory(
        nom="Contrat de ville de Montclar", slug="montclar", programme="Engagements Quartiers 2030"
    )
    fabriques.CampagneFactory(contrat=contrat, annee=2024)
    return contrat


@pytest.fixture
def chargee(contrat, client):
    compte = fabriques.chargee_de_mission(contrat)
    client.force_login(compte)
    return compte


def adresse(nom="contrat", *arguments, slug="montclar"):
    return reverse(nom, args=[slug, 2024, *arguments])


def axes_garnis(contrat):
    _, premier, second = fabriques.arbre_d_axes(contrat, enjeux=1, axes=2)
    fabriques.ObjectifFactory(axe=premier, ordre=2, libelle="Deuxième objectif")
    fabriques.ObjectifFactory(axe=premier, ordre=1, libelle="Premier objectif")
    fabriques.PartenaireAssocieFactory(axe=premier, libelle="La CAF")
    fabriques.LevierFactory(axe=second, libelle="Le réseau des acteurs")
    fabriques.CritereFactory(axe=second, libelle="Nombre de familles")
    return premier, second


def test_le_contrat_dit_tout_ce_qu_il_porte(contrat, chargee, client):
    axes_garnis(contrat)
    fabriques.AxeFactory(contrat=contrat, archive=True, libelle="Axe abandonné")
    contrat.phases.create(numero=1, date_debut="2024-01-01", date_fin="2027-12-31")
    contrat.communes.add(fabriques.CommuneFactory(epci=contrat.epci, nom="Sainte-Aube"))
    contrat.objectifs_nationaux.add(fabriques.ObjectifNationalFactory(libelle="Le plein emploi"))
    fabriques.InstanceFactory(contrat=contrat, nom="COPIL", role="Valide.\nRéoriente.", frequence="deux fois")
    fabriques.PartenaireFactory(contrat=contrat, nom="ARS", missions="La santé", dispositifs="")
    fabriques.PartenaireFactory(contrat=contrat, nom="Muet", missions="", dispositifs="")
    lue = texte(client.get(adresse()))
    for attendu in (
        "Contrat de ville de Montclar",
        "du 1er janvier 2024 au 31 décembre 2030, programme « Engagements Quartiers 2030 »",
        "1. Du 1er janvier 2024 au 31 décembre 2027",
        "Sainte-Aube",
        "Le plein emploi",
        "1 enjeu , 2 axes de travail , 2 objectifs généraux , 1 partenaire associé , 1 levier",
        "Enjeu 1 : Enjeu 1",
        "Objectifs généraux Premier objectif Deuxième objectif",
        "Partenaire associé La CAF",
        "Levier Le réseau des acteurs",
        "Critère d'évaluation Nombre de familles",
        "COPIL Rôle Valide. Réoriente.",
        "Deux fois",
        "ARS Missions La santé",
        "Tableau des enjeux",
    ):
        assert attendu.replace(" ,", ",") in lue.replace(" ,", ","), attendu
    assert "Axe abandonné" not in lue
    assert "Muet" not in lue


def test_l_arbre_suit_l_ordre_du_document(contrat):
    enjeu = fabriques.AxeFactory(contrat=contrat, code="B", ordre=1)
    second = fabriques.AxeFactory(contrat=contrat, code="A", ordre=2)
    fille = fabriques.AxeFactory(parent=enjeu, code="B.1", ordre=3)
    petite_fille = fabriques.AxeFactory(parent=fille, code="B.1.1", ordre=4)
    fabriques.AxeFactory(parent=second, code="A.1", ordre=5, archive=True)
    racines = arbre(contrat)
    assert [noeud.axe for noeud in racines] == [enjeu, second]
    assert [noeud.axe for noeud in racines[0].enfants] == [fille]
    assert [noeud.axe for noeud in racines[0].enfants[0].enfants] == [petite_fille]
    assert racines[1].enfants == []


def test_les_statistiques_mettent_les_echelles_cote_a_cote_et_laissent_vide_l_inconnu(
    contrat, chargee, client
):
    def chiffre(libelle, theme, valeurs, **champs):
        statistique = fabriques.StatistiqueFactory(contrat=contrat, libelle=libelle, theme=theme, **champs)
        for echelle, valeur in valeurs.items():
            fabriques.ValeurStatistiqueFactory(
                statistique=statistique, echelle=echelle, valeur=Decimal(valeur)
            )

    chiffre("Pauvreté", "revenus", {Echelle.QPV: "56.3", Echelle.EPCI: "13.30"}, ordre=1, unite="%")
    chiffre(
        "Revenu", "revenus", {Echelle.QPV: "8262", Echelle.NATIONAL: "21860"}, ordre=2, unite="€", annee=2019
    )
    chiffre(
        "Élèves au collège",
        "école",
        {Echelle.QPV: 152},
        ordre=3,
        unite="élèves",
        annee=2020,
        source="SIG 2020",
    )
    chiffre("Inscrits", "école", {Echelle.QPV: 0}, ordre=4, unite="jeunes", annee=2020, source="SIG 2020")
    revenus, ecole = client.get(adresse()).context["themes"]
    assert revenus.echelles == ["QPV", "Intercommunalité", "France"]
    assert [[case.valeur for case in ligne.cases] for ligne in revenus.lignes] == [
        ["56,3\u00a0%", "13,3\u00a0%", ""],
        ["8\u202f262\u00a0€", "", "21\u202f860\u00a0€"],
    ]
    assert [ligne.source for ligne in revenus.lignes] == ["", "2019"]
    assert revenus.source == ""
    assert (ecole.nom, ecole.echelles, ecole.source) == ("école", ["QPV"], "SIG 2020")
    assert [(ligne.libelle, ligne.cases[0].valeur) for ligne in ecole.lignes] == [
        ("Élèves au collège", "152"),
        ("Inscrits (jeunes)", "0"),
    ]


def test_un_contrat_tout_neuf_se_lit(contrat, chargee, client):
    reponse = client.get(adresse())
    assert reponse.status_code == 200
    assert "Tableau des" not in texte(reponse)


def test_un_territoire_dit_d_ou_il_vient(contrat, chargee, client):
    ancien = fabriques.TerritoireFactory(contrat=contrat, nom="La ZUP", qpv_2015=True, code="QP039001")
    nouveau = fabriques.TerritoireFactory(
        contrat=contrat,
        nom="Les Tilleuls",
        code="QN03901M",
        population=3025,
        population_source="Insee 2019",
        superficie_ha=Decimal("45.50"),
    )
    nouveau.predecesseurs.add(ancien)
    fabriques.AliasTerritoireFactory(territoire=nouveau, libelle="Tilleuls")
    fabriques.ValeurStatistiqueFactory(
        statistique=fabriques.StatistiqueFactory(contrat=contrat, territoire=nouveau, libelle="Pauvreté")
    )
    lue = texte(client.get(adresse("territoire", nouveau.pk)))
    for attendu in (
        "QN03901M",
        "Génération 2024",
        "La ZUP (QP039001)",
        "Tilleuls",
        "3 025 habitants (Insee 2019)",
        "45,5 ha",
        "Pauvreté 42,5 %",
    ):
        assert attendu in lue
    assert "Devenu Les Tilleuls (QN03901M)" in texte(client.get(adresse("territoire", ancien.pk)))
    assert f'href="{adresse("territoire", nouveau.pk)}"' in client.get(adresse()).content.decode()


def test_un_territoire_d_un_autre_contrat_est_introuvable(contrat, chargee, client):
    voisin = fabriques.CampagneFactory(annee=2024).contrat
    fabriques.AccesContrat.objects.create(utilisateur=chargee, contrat=voisin, role="charge_mission")
    lieu = fabriques.TerritoireFactory(contrat=voisin)
    assert client.get(adresse("territoire", lieu.pk)).status_code == 404
    assert client.get(adresse("territoire", lieu.pk, slug=voisin.slug)).status_code == 200


@pytest.mark.parametrize("role", ["porteur", "financeur", "copil"])
def test_tous_ceux_du_contrat_le_lisent(contrat, client, role):
    compte = {
        "porteur": lambda: fabriques.representant_du_porteur(fabriques.PorteurFactory(epci=contrat.epci)),
        "financeur": lambda: fabriques.representant_du_financeur(fabriques.FinanceurFactory(contrat=contrat)),
        "copil": lambda: fabriques.membre_du_copil(contrat),
    }[role]()
    lieu = fabriques.TerritoireFactory(contrat=contrat)
    client.force_login(compte)
    assert client.get(adresse()).status_code == 200
    assert client.get(adresse("territoire", lieu.pk)).status_code == 200


def test_lire_n_ecrit_rien_et_ne_coute_pas_plus_avec_le_nombre(contrat, chargee, client):
    axes_garnis(contrat)
    lieu = fabriques.TerritoireFactory(contrat=contrat)

    def ajouter():
        axe = fabriques.AxeFactory(parent=fabriques.AxeFactory(contrat=contrat))
        fabriques.ObjectifFactory(axe=axe)
        fabriques.PartenaireAssocieFactory(axe=axe)
        fabriques.TerritoireFactory(contrat=contrat, commune=fabriques.CommuneFactory())
        statistique = fabriques.StatistiqueFactory(contrat=contrat, territoire=lieu, theme="revenus")
        fabriques.ValeurStatistiqueFactory(statistique=statistique)
        fabriques.InstanceFactory(contrat=contrat)
        fabriques.PartenaireFactory(contrat=contrat, missions="Santé")
        lieu.predecesseurs.add(fabriques.TerritoireFactory(contrat=contrat))

    for page in (adresse(), adresse("territoire", lieu.pk)):
        ajouter()
        with rien_n_est_ecrit():
            client.get(page)
        verifier_requetes_constantes(lambda page=page: client.get(page), ajouter)


@pytest.mark.parametrize("methode", ["post", "put", "delete"])
def test_le_contrat_ne_se_lit_que_par_get(contrat, chargee, client, methode):
    assert getattr(client, methode)(adresse()).status_code == 405
