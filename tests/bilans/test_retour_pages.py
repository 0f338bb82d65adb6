"""The workbooks to change as they are asked for: which rows, who may, where the buttons are."""

from datetime import date
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from actions.models import ActionAnnuelle, Campagne
from bilans.imports.retour import JEUX
from bilans.views.modifiables import LIGNES
from documents import rendu_modifiable
from documents.rendu_modifiable import TITRE_CLE
from tests import fabriques
from tests.outils.pages import texte

pytestmark = pytest.mark.django_db


@pytest.fixture
def actions(campagne: Campagne) -> list[ActionAnnuelle]:
    """Three actions: alpha and gamma have a bilan, beta was refused."""
    faites = []
    for rang, titre in enumerate(("Alpha", "Gamma", "Beta")):
        porteur = fabriques.PorteurFactory(epci=campagne.contrat.epci, nom=f"Porteur {titre}")
        action = fabriques.ActionFactory(contrat=campagne.contrat, porteur=porteur, intitule=titre)
        etat = {"refusee": True} if titre == "Beta" else {}
        faites.append(fabriques.ActionAnnuelleFactory(campagne=campagne, action=action, ordre=rang, **etat))
    fabriques.BilanFactory(action_annuelle=faites[0], en_saisie=True)
    return faites


def adresse(campagne: Campagne, jeu: str, criteres: str = "") -> str:
    return reverse("classeur_modifiable", args=[campagne.contrat.slug, campagne.annee, jeu]) + criteres


def cles(client: Client, campagne: Campagne, jeu: str, criteres: str = "") -> list[str]:
    """Return the keys of the rows of a workbook, in order."""
    reponse = client.get(adresse(campagne, jeu, criteres))
    assert reponse.status_code == 200
    feuille = openpyxl.load_workbook(BytesIO(b"".join(reponse.streaming_content))).worksheets[0]
    premieres = [case.value for case in feuille["A"]]
    return [cle for cle in premieres[premieres.index(TITRE_CLE) + 1 :] if cle]


def test_exactement_les_lignes_de_la_liste_dans_son_ordre(
    chargee: Client, campagne: Campagne, actions: list[ActionAnnuelle]
) -> None:
    alpha, gamma, beta = (action.cle for action in actions)
    assert cles(chargee, campagne, "actions") == [alpha, gamma, beta]
    assert cles(chargee, campagne, "actions", "?tri=-action") == [gamma, beta, alpha]
    assert cles(chargee, campagne, "actions", "?q=alpha&page=1&colonnes=porteur") == [alpha]
    assert cles(chargee, campagne, "financements", "?q=gamma") == [gamma]
    # no bilan is expected of what was refused, and no annex tells it
    assert set(cles(chargee, campagne, "bilans")) == {alpha, gamma}
    assert cles(chargee, campagne, "annexe-porteurs") == [alpha, gamma]
    assert cles(chargee, campagne, "annexe-synthese", "?q=beta") == [beta]
    assert cles(chargee, campagne, "porteurs", "?q=gamma") == [actions[1].action.porteur.cle]


def test_l_annee_d_un_autre_contrat_n_y_est_jamais(
    chargee: Client, campagne: Campagne, actions: list[ActionAnnuelle]
) -> None:
    etrangere = fabriques.ActionAnnuelleFactory()
    fabriques.AxeFactory(contrat=etrangere.campagne.contrat)
    axe = fabriques.AxeFactory(contrat=campagne.contrat)
    assert etrangere.cle not in cles(chargee, campagne, "actions")
    assert etrangere.action.porteur.cle not in cles(chargee, campagne, "porteurs", "?tous=1")
    assert cles(chargee, campagne, "enjeux") == [f"axe-{axe.pk}"]


def test_chaque_jeu_a_ses_lignes_et_l_inconnu_n_existe_pas(chargee: Client, campagne: Campagne) -> None:
    assert set(LIGNES) == set(JEUX)
    assert chargee.get(adresse(campagne, "tout")).status_code == 404


def test_seule_l_equipe_du_contrat_peut_et_la_phrase_le_dit(
    client: Client, campagne: Campagne, actions: list[ActionAnnuelle]
) -> None:
    financeur = fabriques.FinanceurFactory(contrat=campagne.contrat)
    for compte in (
        fabriques.representant_du_porteur(actions[0].action.porteur),
        fabriques.representant_du_financeur(financeur),
    ):
        client.force_login(compte)
        reponse = client.get(adresse(campagne, "actions"))
        assert reponse.status_code == 403
        assert "ouverts à l'équipe qui pilote" in texte(reponse)
        liste = client.get(reverse("liste_actions", args=[campagne.contrat.slug, campagne.annee]))
        assert "Excel à modifier" not in texte(liste)


def test_une_annee_archivee_n_en_donne_pas(chargee: Client, campagne: Campagne) -> None:
    Campagne.objects.filter(pk=campagne.pk).update(statut=Campagne.Statut.ARCHIVEE)
    reponse = chargee.get(adresse(campagne, "actions"))
    assert reponse.status_code == 403
    assert "archivée" in texte(reponse)


@pytest.mark.parametrize(
    ("page", "jeu", "criteres"),
    [
        ("liste_actions", "actions", "?q=alpha"),
        ("suivi_bilans", "bilans", "?q=alpha"),
        ("financements", "financements", ""),
        ("liste_porteurs", "porteurs", "?q=alpha"),
        ("annexes", "annexe-synthese", ""),
        ("imports", "actions", ""),
    ],
)
def test_le_bouton_est_la_ou_sont_les_lignes(
    page: str, jeu: str, criteres: str, chargee: Client, campagne: Campagne, actions: list[ActionAnnuelle]
) -> None:
    url = reverse(page, args=[campagne.contrat.slug, campagne.annee])
    contenu = chargee.get(url + criteres).content.decode()
    assert f'href="{adresse(campagne, jeu, criteres)}"' in contenu


def test_le_bouton_d_une_annexe_garde_son_choix(
    chargee: Client, campagne: Campagne, actions: list[ActionAnnuelle]
) -> None:
    url = reverse("annexe", args=[campagne.contrat.slug, campagne.annee, "porteurs"])
    contenu = chargee.get(f"{url}?montant=demande&q=alpha").content.decode().replace("&amp;", "&")
    assert f'href="{adresse(campagne, "annexe-porteurs", "?q=alpha&montant=demande")}"' in contenu


def test_un_classeur_impossible_a_sa_phrase(
    chargee: Client, campagne: Campagne, actions: list[ActionAnnuelle], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendu_modifiable, "LIGNES_MAX", 62)
    reponse = chargee.get(adresse(campagne, "actions"))
    assert reponse.status_code == 503
    assert "Filtrez-le d'abord" in texte(reponse)


def test_le_fichier_dit_ce_qu_il_est(chargee: Client, campagne: Campagne) -> None:
    reponse: Any = chargee.get(adresse(campagne, "bilans"))
    assert reponse["Content-Disposition"] == (
        f'attachment; filename="bilans-{campagne.annee}-{campagne.contrat.slug}-a-modifier.xlsx"'
    )
    livre = openpyxl.load_workbook(BytesIO(b"".join(reponse.streaming_content)))
    proprietes = {propriete.name: propriete.value for propriete in livre.custom_doc_props.props}
    assert proprietes["pilotis_jeu"] == "bilans"
    assert proprietes["pilotis_contrat"] == campagne.contrat.slug
    assert date.fromisoformat(proprietes["pilotis_exporte_le"][:10])
