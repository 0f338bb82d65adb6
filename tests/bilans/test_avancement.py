"""The progress by axe and by porteur: each number equals the rows that its link shows."""

import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from actions.models import Campagne
from bilans.models import Bilan
from tests import fabriques
from tests.outils.pages import texte
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db


def adresse(campagne: Campagne, criteres: str = "") -> str:
    return reverse("avancement", args=[campagne.contrat.slug, campagne.annee]) + criteres


def page(client: Client, campagne: Campagne, criteres: str = "") -> Any:
    reponse = client.get(adresse(campagne, criteres))
    assert reponse.status_code == 200, reponse
    return reponse.context["page"]


def nombres(rangs: list[Any]) -> dict[str, list[int]]:
    return {rang.libelle: [case.nombre for case in rang.cases] for rang in rangs}


@pytest.fixture
def annee(campagne, time_machine) -> Campagne:
    """Three levels of axes, a Ville with two services, a bilan in each state; in July, a week after the due date."""
    time_machine.move_to("2025-07-07T12:00:00+02:00")
    contrat = campagne.contrat
    enjeu, axe, _, autre, *_ = fabriques.arbre_d_axes(contrat)
    thematique = fabriques.AxeFactory(parent=axe, code="1.1.1", ordre=90, libelle="Thématique")
    epci = contrat.epci
    ville = fabriques.PorteurFactory(nom="Ville", epci=epci)
    jeunesse = fabriques.PorteurFactory(nom="Service jeunesse", epci=epci, parent=ville)
    culture = fabriques.PorteurFactory(nom="Service culture", epci=epci, parent=ville)
    foyer = fabriques.PorteurFactory(nom="Foyer", epci=epci)

    def action(porteur: Any, axe: Any = None, **champs: Any) -> Any:
        parente = fabriques.ActionFactory(contrat=contrat, porteur=porteur)
        return fabriques.ActionAnnuelleFactory(campagne=campagne, action=parente, axe=axe, **champs)

    for porteur, axe_principal, situation in (
        (ville, enjeu, {"transmis": True}),
        (jeunesse, axe, {"valide": True}),
        (jeunesse, thematique, {"en_saisie": True}),
        (culture, autre, {"a_completer": True}),
        (culture, autre, {"publie": True}),
        (foyer, None, {"en_verification": True}),
        (foyer, thematique, {"en_saisie": True, "echeance_prolongee": date(2025, 9, 15)}),
    ):
        fabriques.BilanFactory(action_annuelle=action(porteur, axe_principal), **situation)
    # Awaited without a bilan row, under two axes; then what awaits none.
    action(foyer, autre).axes_secondaires.add(enjeu)
    action(foyer, autre, refusee=True)
    fabriques.BilanFactory(action_annuelle=action(foyer, enjeu), statut=Bilan.Statut.DISPENSE)
    return campagne


# Attendus, en saisie, transmis, à compléter, validés, en retard.
TOTAL = [8, 2, 2, 1, 2, 3]


def test_chiffres_par_axe_de_premier_niveau(chargee, annee):
    lue = page(chargee, annee)
    assert nombres(lue.axes) == {
        "1 Enjeu 1": [4, 2, 1, 0, 1, 1],
        "2 Enjeu 2": [3, 0, 0, 1, 1, 2],
        "Sans axe": [1, 0, 1, 0, 0, 0],
    }
    assert nombres([lue.total]) == {"Total": TOTAL}


def test_chiffres_par_porteur_les_services_sous_leur_structure(chargee, annee):
    lue = page(chargee, annee)
    assert [(r.libelle, r.retrait) for r in lue.porteurs] == [
        ("Foyer", False),
        ("Ville", False),
        ("Service culture", True),
        ("Service jeunesse", True),
    ]
    assert nombres(lue.porteurs) == {
        "Foyer": [3, 1, 1, 0, 0, 1],
        "Ville": [5, 1, 1, 1, 2, 2],
        "Service culture": [2, 0, 0, 1, 1, 1],
        "Service jeunesse": [2, 1, 0, 0, 1, 1],
    }


def test_les_totaux_sont_les_chiffres_du_haut_et_ceux_du_tableau_de_bord(chargee, annee):
    lue = page(chargee, annee)
    assert [montant.nombre for montant in lue.montants] == TOTAL
    for rangs in (lue.axes, [rang for rang in lue.porteurs if not rang.retrait]):
        assert [sum(colonne) for colonne in zip(*nombres(rangs).values(), strict=True)] == TOTAL
    bord = chargee.get(reverse("tableau_de_bord", args=[annee.contrat.slug, 2024])).context["pilotage"]
    assert [(m.nombre, m.url) for m in bord.montants] == [(m.nombre, m.url) for m in lue.montants]


def test_chaque_nombre_mene_a_ses_lignes_et_un_zero_nulle_part(chargee, annee):
    lue = page(chargee, annee)
    cases = [case for rang in (*lue.axes, *lue.porteurs, lue.total) for case in rang.cases]
    assert len(cases) == 8 * 6
    for case in cases:
        assert bool(case.url) == bool(case.nombre)
        if case.url:
            liste = chargee.get(case.url).context["liste"]
            assert (liste.nombre, liste.avis) == (case.nombre, []), case.url
    # All of them are in the page, written as they are.
    html = chargee.get(adresse(annee)).content.decode()
    liens = re.findall(r'<td role="cell" class="num"[^>]*>\s*<a href="([^"]+)">', html)
    attendus = [case.url for case in cases if case.url] + [case.url for case in lue.total.cases]
    assert sorted(map(unescape, liens)) == sorted(attendus)


def test_un_nombre_se_lit_avec_sa_ligne_et_sa_colonne(chargee, annee):
    html = chargee.get(adresse(annee)).content.decode()
    assert '<span class="visually-hidden">1 Enjeu 1, en saisie&nbsp;: </span>2</a>' in html


@pytest.mark.parametrize(
    ("criteres", "axes", "porteurs"),
    [
        ("", ["1", "2", "S"], ["Foyer", "Ville", "Service culture", "Service jeunesse"]),
        ("?tri=-en_retard", ["2", "1", "S"], ["Ville", "Service culture", "Service jeunesse", "Foyer"]),
        ("?tri=-en_saisie", ["1", "2", "S"], ["Foyer", "Ville", "Service jeunesse", "Service culture"]),
        ("?tri=-nom", ["2", "1", "S"], ["Ville", "Service jeunesse", "Service culture", "Foyer"]),
        ("?tri=-en_saisie,-nom", ["1", "2", "S"], ["Ville", "Service jeunesse", "Service culture", "Foyer"]),
        ("?tri=zzz", ["1", "2", "S"], ["Foyer", "Ville", "Service culture", "Service jeunesse"]),
    ],
)
def test_tri(chargee, annee, criteres, axes, porteurs):
    lue = page(chargee, annee, criteres)
    assert [rang.libelle[0] for rang in lue.axes] == axes
    assert [rang.libelle for rang in lue.porteurs] == porteurs
    if criteres == "?tri=-en_retard":
        html = chargee.get(adresse(annee, criteres)).content.decode()
        assert html.count('aria-sort="descending"') == 2


def test_le_niveau_porte_le_nom_du_contrat(chargee, annee):
    annee.contrat.niveau_1 = "axe prioritaire"
    annee.contrat.save()
    lu = texte(chargee.get(adresse(annee)))
    assert "Par axe prioritaire" in lu
    assert "Axe prioritaire" in lu


def test_annee_vide(chargee, campagne):
    fabriques.ActionAnnuelleFactory(campagne=campagne, refusee=True)
    lu = texte(chargee.get(adresse(campagne)))
    assert "Aucun bilan n'est attendu en 2024" in lu
    assert "Par porteur" not in lu


def test_reserve_a_qui_pilote_le_contrat(client, annee):
    porteur = fabriques.representant_du_porteur(annee.actions.first().action.porteur)
    for compte in (porteur, fabriques.membre_du_copil(annee.contrat)):
        client.force_login(compte)
        assert client.get(adresse(annee)).status_code == 403
    client.force_login(fabriques.chargee_de_mission(fabriques.ContratFactory()))
    assert client.get(adresse(annee)).status_code == 404


def test_autant_de_requetes_quel_que_soit_le_nombre(chargee, campagne):
    def ajouter() -> None:
        axe = fabriques.AxeFactory(contrat=campagne.contrat)
        service = fabriques.PorteurFactory(service=True, epci=campagne.contrat.epci)
        action = fabriques.ActionFactory(contrat=campagne.contrat, porteur=service)
        fabriques.BilanFactory(
            action_annuelle=fabriques.ActionAnnuelleFactory(campagne=campagne, axe=axe, action=action),
            transmis=True,
        )

    ajouter()
    assert verifier_requetes_constantes(lambda: page(chargee, campagne), ajouter, fois=12) < 20
