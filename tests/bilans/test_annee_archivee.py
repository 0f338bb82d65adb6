"""An archived year is read: no page that one can reach from its first one offers what would be refused."""

import re
from collections import deque
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve, reverse

from actions.models import Campagne
from bilans.models import Bilan
from tests import fabriques
from tests.outils.pages import texte

pytestmark = pytest.mark.django_db

# What one may still do from an archived year: leave, take it out of the archives, write its report, which comes after
# it (docs/decisions/0020-rapport-annuel.md), and what belongs to no year.
PERMIS = {
    "account_logout",
    "campagne_desarchiver",
    "rapport_ouvrir",
    "identite_logo",
    "identite_couleur",
    "contours",
    "porteur_creer",
    "porteur_modifier",
    "porteur_inviter",
    "acces_retirer",
}
# Files to download, and rooms that belong to the contract, not to a year: nothing to look for there.
SANS_PAGE = re.compile(r"\.\w+$|/admin/|/compte/|/conventions/|/echeances/|/programmation/|/versements/")


@pytest.fixture
def archivee(campagne):
    """An archived year with everything that another would let one change."""
    contrat = campagne.contrat
    qpv = fabriques.TerritoireFactory(contrat=contrat)
    for ordre, (statut, trait) in enumerate(
        (
            ("a_saisir", {}),
            ("en_saisie", {"en_saisie": True}),
            ("transmis", {"transmis": True}),
            ("a_completer", {"a_completer": True}),
            ("valide", {"valide": True}),
        ),
        1,
    ):
        action = fabriques.ActionFactory(contrat=contrat, intitule=f"Action {statut}")
        annuelle = fabriques.ActionAnnuelleFactory(
            campagne=campagne, action=action, territoires=[qpv], ordre=ordre
        )
        fabriques.LigneFinancementFactory(action_annuelle=annuelle)
        fabriques.effectifs(fabriques.BilanFactory(action_annuelle=annuelle, **trait), T=30)
    fabriques.ActionAnnuelleFactory(campagne=campagne, territoires=[qpv])
    fabriques.AmbiguiteFactory(action_annuelle=annuelle)
    Campagne.objects.filter(pk=campagne.pk).update(statut=Campagne.Statut.ARCHIVEE)
    campagne.refresh_from_db()
    return campagne


def nom_de(adresse):
    try:
        return resolve(urlsplit(adresse).path).url_name
    except Resolver404:
        return ""


def parcourir(client, depart):
    """Follow every link from `depart` within its year; return the names of the forms that write, by page."""
    prefixe = urlsplit(depart).path
    vues, file, formulaires = {prefixe}, deque([depart]), {}
    while file:
        adresse = file.popleft()
        reponse = client.get(adresse, follow=True)
        assert reponse.status_code == 200, adresse
        chemin = reponse.request["PATH_INFO"]
        html = reponse.content.decode()
        for balise in re.findall(r"<form\b[^>]*>", html):
            if 'method="post"' in balise:
                cible = re.search(r'action="([^"]*)"', balise)
                formulaires.setdefault(nom_de(unescape(cible[1]) if cible else chemin), chemin)
        for lien in re.findall(r'<a\b[^>]*href="([^"#]+)', html):
            suivante = unescape(lien)
            vers = urlsplit(suivante).path
            if vers.startswith(prefixe) and vers not in vues and not SANS_PAGE.search(vers):
                vues.add(vers)
                file.append(suivante)
    return formulaires, vues


def test_aucune_page_n_offre_un_geste_refuse(chargee, archivee):
    depart = reverse("tableau_de_bord", args=[archivee.contrat.slug, archivee.annee])
    formulaires, vues = parcourir(chargee, depart)
    assert {nom: page for nom, page in formulaires.items() if nom not in PERMIS} == {}
    # The walk went everywhere that is read.
    noms = {nom_de(vue) for vue in vues}
    lues = {
        *("liste_actions", "action_detail", "bilan_detail", "suivi_bilans", "saisie_rapide", "campagne"),
        *("financements", "anomalies", "liste_porteurs", "porteur_detail", "contrat", "annexes", "courriels"),
    }
    assert lues <= noms


def test_l_annee_vivante_offre_les_siens(chargee, archivee):
    """The same walk finds the buttons of a year that is not archived: it would see them."""
    Campagne.objects.filter(pk=archivee.pk).update(statut=Campagne.Statut.BILANS_OUVERTS)
    depart = reverse("tableau_de_bord", args=[archivee.contrat.slug, archivee.annee])
    formulaires, _ = parcourir(chargee, depart)
    assert {
        *("action_creer", "action_modifier", "ligne_modifier", "montants_trancher", "bilan_valider"),
        *("saisie_rapide", "anomalie_justifier", "imports", "campagne_reglages"),
    } <= set(formulaires)


def test_chaque_page_dit_que_l_annee_est_archivee_et_comment_l_en_sortir(chargee, client, archivee):
    base = [archivee.contrat.slug, archivee.annee]
    for nom in ("tableau_de_bord", "liste_actions", "suivi_bilans", "anomalies", "contrat"):
        page = chargee.get(reverse(nom, args=base))
        assert f"L'année {archivee.annee} est archivée : elle se lit, et ne change plus." in texte(page)
        assert f'href="{reverse("campagne_desarchiver", args=base)}"' in page.content.decode()
    client.force_login(fabriques.membre_du_copil(archivee.contrat))
    page = client.get(reverse("contrat", args=base))
    assert "La personne qui pilote le contrat de ville peut l'en sortir." in texte(page)
    assert "La sortir des archives" not in texte(page)


@pytest.mark.parametrize("nom", ["tableau_de_bord", "imports", "contrat"])
def test_une_annee_vivante_n_en_dit_rien(chargee, campagne, nom):
    page = chargee.get(reverse(nom, args=[campagne.contrat.slug, campagne.annee]))
    assert "est archivée" not in texte(page)


def test_le_bilan_transmis_d_une_annee_archivee_ne_se_valide_pas(chargee, archivee):
    bilan = Bilan.objects.get(statut=Bilan.Statut.TRANSMIS)
    adresse = reverse("bilan_detail", args=[archivee.contrat.slug, archivee.annee, bilan.action_annuelle.cle])
    assert "Valider" not in texte(chargee.get(adresse))
