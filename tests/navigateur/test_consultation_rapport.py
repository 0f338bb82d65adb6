"""The consultation on the annual report, from the draft to the publication, by four people in their browsers."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from bilans.models import AvisRapport, RapportAnnuel
from bilans.rapport.redaction import ouvrir_rapport
from tests import fabriques
from tests.outils import axe, navigateur

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]

BUREAU = {"width": 1440, "height": 900}
TELEPHONE = {"width": 360, "height": 740}
OBSERVATIONS = "Il manque du sport pour les filles du quartier."
SUITE = "Un appel à projets sera ouvert au printemps."
TITRE_QUELCONQUE = re.compile(".")


class Personne:
    """Someone with a browser of her own, signed in; each page she comes to is checked."""

    def __init__(self, new_context, live_server, compte, ecran):
        self.page = new_context(viewport=ecran).new_page()
        self.serveur = live_server.url
        navigateur.connecter(self.page, live_server, compte)

    def aller(self, chemin, titre):
        self.page.goto(self.serveur + chemin)
        self.voir(titre)

    def voir(self, titre):
        """Wait for the page `titre`, readable by everyone and no wider than the screen."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(titre)
        axe.verifier(self.page)
        assert navigateur.debordement(self.page) == [], titre

    def suivre(self, nom, titre):
        self._partir(self.page.get_by_role("main").get_by_role("link", name=nom), titre)

    def envoyer(self, nom, titre):
        self._partir(self.page.get_by_role("button", name=nom, exact=True), titre)

    def _partir(self, ou, titre):
        # Two pages in a row may have one title: the next one is awaited, not a page that bears it.
        with self.page.expect_navigation():
            ou.click()
        self.voir(titre)

    def lit(self, *phrases):
        navigateur.dit(self.page.get_by_role("main"), *phrases)


@pytest.fixture
def contrat(transactional_db):
    """A contract with a validated bilan, a conseil citoyen and a conseil municipal."""
    campagne = fabriques.CampagneFactory(contrat__presentation="Un contrat.")
    annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne)
    fabriques.BilanFactory(action_annuelle=annuelle, valide=True)
    fabriques.LigneFinancementFactory(action_annuelle=annuelle)
    return campagne.contrat


@pytest.fixture
def siege(contrat):
    """Have someone sit in a new body of the contract."""

    def sieger(type_, instance, **identite):
        instance = fabriques.InstanceFactory(contrat=contrat, type=type_, nom=instance)
        compte = fabriques.membre_du_copil(contrat, **identite)
        fabriques.MembreInstanceFactory(instance_siegee=instance, utilisateur=compte)
        return compte

    return sieger


def test_la_consultation_entiere(new_context, live_server, contrat, siege):
    annee = contrat.campagnes.get().annee
    citoyenne = siege("conseil_citoyen", "Conseil citoyen", prenom="Zoé", nom="Martin")
    elu = siege("assemblee", "Conseil municipal", prenom="Paul", nom="Petit")

    def personne(compte, ecran):
        return Personne(new_context, live_server, compte, ecran)

    def chemin(nom, *cles):
        return reverse(nom, args=[contrat.slug, annee, *cles])

    # The chargée de mission opens the report and sends it to the two bodies.
    chargee = personne(fabriques.chargee_de_mission(contrat, prenom="Léa", nom="Morel"), BUREAU)
    chargee.page.goto(live_server.url + chemin("rapport"))
    chargee.envoyer("Ouvrir le rapport", re.compile("Rapport annuel"))
    chargee.suivre("Avis et approbation", "Avis et approbation")
    chargee.suivre("Envoyer pour avis", "Envoyer le projet pour avis")
    for instance in ("Conseil citoyen", "Conseil municipal"):
        expect(chargee.page.get_by_label(re.compile(f"^{instance}"))).to_be_checked()
    chargee.envoyer("Voir ce qui sera envoyé", re.compile(r"Envoyer le projet pour avis\s\?"))
    chargee.lit("Zoé Martin", "Paul Petit")
    chargee.envoyer("Envoyer pour avis", "Avis et approbation")
    chargee.lit("Aucun avis rendu sur 2")

    # The citizen, on her phone, finds the opinion awaited, reads the draft, says what is missing.
    zoe = personne(citoyenne, TELEPHONE)
    zoe.aller(reverse("accueil"), TITRE_QUELCONQUE)
    demande = zoe.page.get_by_role("heading", name=re.compile("^Votre avis est attendu d'ici au"))
    expect(demande).to_be_visible()
    zoe.suivre("Donner un avis pour Conseil citoyen", f"Avis sur le rapport {annee}")
    zoe.suivre("Lire le projet de rapport", TITRE_QUELCONQUE)
    zoe.lit("Projet soumis à avis")
    zoe.page.go_back()
    zoe.page.get_by_label("Réservé", exact=True).check()
    zoe.envoyer("Donner cet avis", f"Avis sur le rapport {annee}")
    zoe.lit("dit pourquoi")
    expect(zoe.page.get_by_label("Réservé", exact=True)).to_be_checked()
    zoe.page.get_by_label("Les observations").fill(OBSERVATIONS)
    zoe.envoyer("Donner cet avis", f"Avis sur le rapport {annee}")
    zoe.lit("Réservé", "par Zoé Martin", "L'avis de votre instance est enregistré.")
    zoe.aller(reverse("accueil"), TITRE_QUELCONQUE)
    expect(demande).to_have_count(0)

    # The member of the council, on a desk, agrees.
    paul = personne(elu, BUREAU)
    paul.aller(reverse("accueil"), TITRE_QUELCONQUE)
    paul.suivre("Donner un avis pour Conseil municipal", f"Avis sur le rapport {annee}")
    paul.page.get_by_label("Favorable", exact=True).check()
    paul.envoyer("Donner cet avis", f"Avis sur le rapport {annee}")
    paul.lit("Favorable", "par Paul Petit")

    # She answers, closes, has it approved by a délibération that she describes there, publishes.
    chargee.aller(chemin("rapport_consultation"), "Avis et approbation")
    chargee.lit("2 avis rendus sur 2", OBSERVATIONS, "à donner")
    chargee.page.set_viewport_size(TELEPHONE)
    chargee.voir("Avis et approbation")
    chargee.page.set_viewport_size(BUREAU)
    chargee.suivre(
        re.compile("^Donner la suite aux observations de Conseil citoyen"), "Suite donnée aux observations"
    )
    chargee.lit(OBSERVATIONS)
    chargee.page.get_by_label("La suite donnée").fill(SUITE)
    chargee.envoyer("Enregistrer la suite donnée", "Avis et approbation")
    chargee.lit(SUITE)
    chargee.suivre("Clore la consultation", re.compile(r"Clore la consultation\s\?"))
    chargee.lit("Toutes les instances ont répondu")
    chargee.envoyer("Clore la consultation", "Avis et approbation")
    chargee.suivre("Approuver le rapport", re.compile(r"Le rapport est-il approuvé\s\?"))
    chargee.page.get_by_label("Ou nouvelle délibération de").fill("Conseil communautaire")
    chargee.page.get_by_label("Votée le").fill(timezone.localdate().isoformat())
    chargee.page.get_by_label("Numéro de la délibération").fill("2025-77")
    chargee.envoyer("Approuver le rapport", "Avis et approbation")
    chargee.lit("Approuvé par la délibération")
    chargee.suivre("Publier le rapport", re.compile(r"Publier le rapport\s\?"))
    chargee.envoyer("Publier le rapport", "Avis et approbation")
    chargee.lit("Les membres du COPIL et des instances le lisent.")

    # A member of the COPIL, who sits in no body, reads it with the opinion and what follows from it.
    sonia = personne(fabriques.membre_du_copil(contrat, prenom="Sonia", nom="Roux"), BUREAU)
    sonia.aller(chemin("rapports"), "Rapports annuels")
    sonia.suivre(f"Rapport {annee}", TITRE_QUELCONQUE)
    sonia.lit("Publié", "Version 2")
    avis = sonia.page.get_by_role("row").filter(has_text=OBSERVATIONS)
    navigateur.dit(avis, "Conseil citoyen", "Réservé", SUITE)
    navigateur.dit(sonia.page.get_by_role("row").filter(has_text="Conseil municipal"), "Favorable")

    rapport = RapportAnnuel.objects.get(contrat=contrat)
    assert (rapport.statut, rapport.deliberation.numero) == ("publie", "2025-77")
    assert [version.nature for version in rapport.versions.order_by("numero")] == ["projet", "publiee"]
    avis_rendus = AvisRapport.objects.order_by("instance_consultee__nom").values_list(
        "sens", "texte", "suite_donnee", "rendu_par", "pour_l_instance"
    )
    assert list(avis_rendus) == [
        ("reserve", OBSERVATIONS, SUITE, citoyenne.pk, False),
        ("favorable", "", "", elu.pk, False),
    ]


def test_un_contrat_sans_instance_n_est_pas_une_impasse(new_context, live_server, contrat):
    annee = contrat.campagnes.get().annee
    fabriques.TerritoireFactory(contrat=contrat, nom="Planoise")
    ouvrir_rapport(fabriques.chargee_de_mission(contrat), contrat, annee)
    adresse = reverse("rapport_consultation", args=[contrat.slug, annee])
    compte = fabriques.chargee_de_mission(contrat, prenom="Léa", nom="Morel")
    lea = Personne(new_context, live_server, compte, TELEPHONE)
    lea.aller(adresse, "Avis et approbation")
    lea.lit("Ce contrat n'a encore aucune instance.", "Conseil citoyen")
    lea.envoyer("Ajouter les instances cochées", "Avis et approbation")
    lea.lit("Ajoutée au contrat")
    expect(lea.page.get_by_role("link", name="Envoyer pour avis")).to_be_visible()
    lea.suivre("Ajouter un membre à Conseil citoyen", "Ajouter un membre")
    lea.page.get_by_label("Adresse électronique").fill("zoe@exemple.fr")
    lea.page.get_by_label("Prénom et nom").fill("Zoé Martin")
    lea.envoyer("Ajouter ce membre", "Avis et approbation")
    lea.lit("Zoé Martin")
    lea.suivre("Ajouter une instance", "Ajouter une instance")
    lea.envoyer("Ajouter l'instance", "Ajouter une instance")
    lea.lit("Donnez le nom de cette instance.", "Choisissez ce qu'est cette instance.")
    lea.page.get_by_label("Nom de l'instance").fill("Conseil municipal de Dole")
    lea.page.get_by_label("Ce qu'elle est").select_option("Assemblée délibérante")
    lea.envoyer("Ajouter l'instance", "Avis et approbation")
    lea.suivre("Modifier Conseil municipal de Dole", "Modifier une instance")
    lea.page.get_by_label("Nom de l'instance").fill("Conseil municipal")
    lea.envoyer("Enregistrer l'instance", "Avis et approbation")
    lea.suivre("Modifier Conseil municipal", "Modifier une instance")
    lea.suivre("Retirer cette instance…", re.compile("^Retirer"))
    lea.envoyer("Retirer cette instance", "Avis et approbation")
    lea.lit("n'est plus une instance du contrat")
    lea.suivre("Envoyer pour avis", "Envoyer le projet pour avis")
    lea.lit("Zoé Martin (zoe@exemple.fr)")
    expect(lea.page.get_by_label(re.compile("^Conseil citoyen"))).to_be_checked()
