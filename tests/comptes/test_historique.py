"""What changed, in words: who, when, before and after; the same number of queries whatever happened."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from bilans.models import Bilan, Effectif
from comptes.historique import (
    Changement,
    autour_de_la_difference,
    changements,
    changements_lies,
    evenements,
)
from financements.models import LigneFinancement
from tests import fabriques
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return fabriques.administrateur()


@pytest.fixture
def claire():
    return fabriques.UtilisateurFactory(prenom="Claire", nom="Montrichard")


def enregistrer(objet, auteur, **champs):
    for nom, valeur in champs.items():
        setattr(objet, nom, valeur)
    objet._history_user = auteur
    objet.save()


def lus(changes):
    sans_insecable = str.maketrans("\u00a0\u202f", "  ")
    return [
        (c.auteur, c.champ, c.avant.translate(sans_insecable), c.apres.translate(sans_insecable))
        for c in changes
    ]


def test_un_bilan_dit_qui_a_change_quoi(admin, claire):
    bilan = fabriques.BilanFactory(en_saisie=True)
    enregistrer(bilan, claire, realisation="partielle", date_debut=date(2024, 7, 1), version=2)
    enregistrer(bilan, claire, salaries=1200, recherche="autre")
    changes = changements(bilan, utilisateur=admin)
    assert lus(changes)[0] == ("Claire Montrichard", "Salariés mobilisés", "", "1 200")
    assert sorted(lus(changes)[1:]) == [
        ("Claire Montrichard", "Début réel", "", "1er juillet 2024"),
        ("Claire Montrichard", "L'action a été", "", "Réalisée en partie"),
    ]
    assert changes[0].date >= changes[1].date


def test_ce_qui_se_dit_ailleurs_est_omis(admin, claire):
    bilan = fabriques.BilanFactory(en_saisie=True)
    enregistrer(bilan, claire, statut="a_saisir", points_forts="L'entraide.")
    assert lus(changements(bilan, utilisateur=admin, sauf={"statut"})) == [
        ("Claire Montrichard", "Points forts", "", "L'entraide.")
    ]


def test_un_objet_invisible_n_a_pas_d_histoire(claire):
    bilan = fabriques.BilanFactory(en_saisie=True)
    enregistrer(bilan, claire, points_forts="L'entraide.")
    fabriques.EffectifFactory(bilan=bilan)
    assert changements(bilan, utilisateur=claire) == []
    assert changements_lies(Effectif, bilan, utilisateur=claire, nommer=str) == []


def test_les_nombres_de_personnes_disent_leur_case(admin, claire):
    bilan = fabriques.BilanFactory(en_saisie=True)
    tranche = bilan.action_annuelle.campagne.tranches.get(ordre=2)
    cellule = Effectif(bilan=bilan, sexe="F", tranche=tranche)
    enregistrer(cellule, claire, valeur=12)
    enregistrer(cellule, claire, valeur=13, approximatif=True)
    cellule._history_user = claire
    cellule.delete()

    def nommer(effectif):
        return f"{effectif.get_sexe_display()}, {effectif.tranche}"

    changes = changements_lies(
        Effectif, bilan, utilisateur=admin, nommer=nommer, sauf={"sexe", "tranche", "mesure", "perimetre"}
    )
    assert sorted(lus(changes)) == sorted(
        [
            ("Claire Montrichard", "Femmes, 6 à 15 ans", "13", ""),
            ("Claire Montrichard", "Femmes, 6 à 15 ans, estimation", "oui", ""),
            ("Claire Montrichard", "Femmes, 6 à 15 ans", "12", "13"),
            ("Claire Montrichard", "Femmes, 6 à 15 ans, estimation", "non", "oui"),
            ("Claire Montrichard", "Femmes, 6 à 15 ans", "", "12"),
        ]
    )


def test_une_ligne_de_financement_montre_des_euros(admin, claire):
    ligne = fabriques.LigneFinancementFactory(montant_accorde=Decimal(1500))
    enregistrer(ligne, claire, montant_accorde=Decimal("24000.50"))
    annuelle = ligne.action_annuelle
    assert lus(changements(ligne, utilisateur=admin)) == [
        ("Claire Montrichard", "Accordé (€)", "1 500 €", "24 000,50 €")
    ]
    changes = changements_lies(
        LigneFinancement, annuelle, utilisateur=admin, nommer=lambda ligne: ligne.financeur.sigle
    )
    sigle = ligne.financeur.sigle
    assert (
        "Claire Montrichard",
        f"{sigle[0].upper()}{sigle[1:]}, accordé (€)",
        "1 500 €",
        "24 000,50 €",
    ) in lus(changes)


def test_une_action_et_un_porteur_nomment_ce_qu_ils_designent(admin, claire):
    annuelle = fabriques.ActionAnnuelleFactory(programmee=True)
    axe = fabriques.AxeFactory(contrat=annuelle.campagne.contrat)
    enregistrer(annuelle, claire, axe=axe, statut="realisee")
    assert sorted(lus(changements(annuelle, utilisateur=admin))) == [
        ("Claire Montrichard", "Axe principal", "", str(axe)),
        ("Claire Montrichard", "État", "Programmée", "Réalisée"),
    ]
    porteur = annuelle.action.porteur
    enregistrer(porteur, claire, actif=False)
    assert lus(changements(porteur, utilisateur=admin)) == [("Claire Montrichard", "Actif", "oui", "non")]


def test_ce_qui_est_designe_et_supprime_depuis_se_dit(admin, claire):
    annuelle = fabriques.ActionAnnuelleFactory(avec_axe=True)
    axe = annuelle.axe
    enregistrer(annuelle, claire, axe=None)
    nom = str(axe)
    assert lus(changements(annuelle, utilisateur=admin))[0][2] == nom
    axe.delete()
    assert lus(changements(annuelle, utilisateur=admin))[0][2] == "supprimé depuis"


def test_le_nombre_de_requetes_est_constant(admin, claire):
    bilan = fabriques.BilanFactory(en_saisie=True)
    tranches = list(bilan.action_annuelle.campagne.tranches.all())
    fabriques.EffectifFactory(bilan=bilan, tranche=tranches[0])
    suivantes = iter(tranches[1:])

    def ajouter():
        fabriques.EffectifFactory(bilan=bilan, tranche=next(suivantes))
        enregistrer(bilan, fabriques.UtilisateurFactory(), benevoles=(bilan.benevoles or 0) + 1)

    def lire():
        changements(bilan, utilisateur=admin)
        changements_lies(Effectif, bilan, utilisateur=admin, nommer=str)

    assert verifier_requetes_constantes(lire, ajouter) <= 8
    assert Bilan.historique.filter(id=bilan.pk).count() == 4


def test_ce_qu_un_enregistrement_dit_de_lui_meme_se_lit(admin, claire):
    annuelle = fabriques.ActionAnnuelleFactory()
    annuelle._change_reason = "Territoires – ajouté : Les Tilleuls"
    enregistrer(annuelle, claire)
    assert lus(changements(annuelle, utilisateur=admin)) == [
        ("Claire Montrichard", "Territoires", "", "ajouté : Les Tilleuls")
    ]


def test_le_motif_d_un_enregistrement_est_celui_de_l_evenement(admin, claire):
    bilan = fabriques.BilanFactory(en_saisie=True)
    bilan._change_reason = "Chargement des données"
    enregistrer(bilan, claire, points_forts="L'entraide.", difficultes="Le froid.")
    assert [(e.motif, len(e.changements)) for e in evenements(changements(bilan, utilisateur=admin))] == [
        ("Chargement des données", 2)
    ]


# -- Events ----------------------------------------------------------------------------------------
def changement(secondes, auteur="Claire", champ="Points forts"):
    jour = datetime(2025, 3, 1, 9, 0, tzinfo=UTC) + timedelta(seconds=secondes)
    return Changement(jour, auteur, champ, "", "oui")


def test_ce_qui_s_enregistre_ensemble_est_un_seul_evenement():
    liste = evenements(
        [changement(0), changement(0.4, champ="Difficultés"), changement(60), changement(60.5, "Karim")]
    )
    assert [(e.qui, [c.champ for c in e.changements]) for e in liste] == [
        ("Karim", ["Points forts"]),
        ("Claire", ["Points forts"]),
        ("Claire", ["Difficultés", "Points forts"]),
    ]
    assert liste[0].quand > liste[1].quand > liste[2].quand


# -- Long texts ------------------------------------------------------------------------------------
def test_un_texte_court_est_entier():
    assert autour_de_la_difference("avant", "après") == ("avant", "après")


def test_un_texte_long_est_coupe_autour_de_ce_qui_differe():
    debut = "Les ateliers ont eu lieu chaque mercredi à la maison de quartier. " * 3
    fin = " Les familles ont été invitées à la fête de fin d'année, en juin." * 3
    avant, apres = autour_de_la_difference(f"{debut}Douze enfants.{fin}", f"{debut}Treize enfants.{fin}")
    assert avant == ("… mercredi à la maison de quartier. Douze enfants. Les familles ont été …")
    assert apres.replace("Treize", "Douze") == avant


def test_un_texte_tres_long_est_limite():
    avant, apres = autour_de_la_difference("", "mot " * 5000)
    assert avant == ""
    assert len(apres) <= 310
    assert apres.endswith(" …")
