"""The grid of a year: cells, opinions, history, totals that equal their rows."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from actions.models import ActionAnnuelle, ActionTerritoire, Campagne
from comptes.versions import VersionPerimee
from financements.attributions import partager
from financements.models import AvisFinanceur, LigneFinancement
from financements.operations import CelluleChangee, donner_avis, ecrire_cellule, retirer_avis
from financements.programmation import (
    Colonne,
    Critere,
    Etat,
    colonnes_de,
    historique_cellule,
    lire_colonne,
    lire_grille,
    totaliser,
)
from porteurs.models import Convention
from tests import fabriques
from tests.outils.requetes import verifier_requetes_constantes


def ecrire(
    lieu, montant, *, avant=None, etat=Etat.PROPOSE, compte=None, financeur=None, nature="non_precisee"
):
    colonne = Colonne(financeur or lieu.etat, nature)
    annuelle = ActionAnnuelle.objects.get(pk=lieu.annuelle.pk)
    voulu = None if montant is None else Decimal(montant)
    connu = None if avant is None else Decimal(avant)
    return ecrire_cellule(compte or lieu.chargee, annuelle, colonne, etat, voulu, avant=connu)


def montants():
    champs = LigneFinancement.ETATS_MONTANT
    return list(LigneFinancement.objects.order_by("pk").values_list(*champs))


# -- A cell ----------------------------------------------------------------------------------------
def test_une_case_cree_la_ligne_puis_la_complete_puis_la_supprime(lieu):
    ligne = ecrire(lieu, "1500.50")
    assert (ligne.action_annuelle, ligne.financeur, ligne.nature_credit, ligne.version) == (
        lieu.annuelle,
        lieu.etat,
        "non_precisee",
        1,
    )
    assert ecrire(lieu, 900, etat=Etat.ACCORDE).pk == ligne.pk
    assert montants() == [(None, Decimal("1500.50"), Decimal(900), None)]
    assert ecrire(lieu, None, avant="1500.5").version == 3
    assert ecrire(lieu, None, avant=900, etat=Etat.ACCORDE) is None
    assert montants() == []
    passees = LigneFinancement.historique.order_by("history_id")
    assert [(p.history_type, p.history_user) for p in passees] == [(t, lieu.chargee) for t in "+~~-"]


def test_vide_n_est_pas_zero(lieu):
    ecrire(lieu, 0)
    assert montants() == [(None, Decimal(0), None, None)]
    with pytest.raises(CelluleChangee):
        ecrire(lieu, 5, avant=None)


def test_chaque_nature_de_credits_a_sa_ligne(lieu):
    ecrire(lieu, 100, nature="specifique")
    ecrire(lieu, 50, nature="droit_commun")
    assert LigneFinancement.objects.count() == 2


def test_la_ligne_qui_dit_autre_chose_reste(lieu):
    ligne = ecrire(lieu, 100)
    LigneFinancement.objects.update(commentaire="Vu avec la DDETS")
    assert ecrire(lieu, None, avant=100).pk == ligne.pk


def test_deux_personnes_sur_une_case_ne_perdent_rien(lieu):
    ecrire(lieu, 100)
    with pytest.raises(CelluleChangee) as conflit:
        ecrire(lieu, 300, avant=None)
    assert (conflit.value.actuel, conflit.value.qui) == (Decimal(100), "Claire Aubert")
    assert conflit.value.quand is not None
    assert montants() == [(None, Decimal(100), None, None)]
    # The same amount, typed twice, is no conflict and is written once.
    assert ecrire(lieu, 100, avant=None).version == 1


def test_une_case_videe_par_un_autre_est_dite(lieu):
    ecrire(lieu, 100)
    ecrire(lieu, None, avant=100)
    with pytest.raises(CelluleChangee) as conflit:
        ecrire(lieu, 300, avant=100)
    assert (conflit.value.actuel, conflit.value.qui) == (None, "Claire Aubert")


@pytest.mark.parametrize("montant", ["-1", "0.001", "99999999999"])
def test_un_montant_impossible_est_refuse(lieu, montant):
    with pytest.raises(ValidationError):
        ecrire(lieu, montant)
    assert montants() == []


def test_le_verse_ne_s_ecrit_pas(lieu):
    with pytest.raises(ValidationError, match="somme des versements"):
        ecrire(lieu, 10, etat=Etat.VERSE)


def test_une_annee_archivee_ne_change_plus(lieu):
    ecrire(lieu, 100)
    Campagne.objects.update(statut=Campagne.Statut.ARCHIVEE)
    with pytest.raises(ValidationError, match="L'année 2024 est archivée"):
        ecrire(lieu, 200, avant=100)
    assert montants() == [(None, Decimal(100), None, None)]


def test_on_ne_promet_pas_moins_que_ce_qui_est_verse(lieu):
    ligne = ecrire(lieu, 2000, etat=Etat.NOTIFIE)
    fabriques.VersementFactory(ligne=ligne, verse=True)
    for montant in (1499, None):
        with pytest.raises(ValidationError) as refus:
            ecrire(lieu, montant, avant=2000, etat=Etat.NOTIFIE)
        assert [" ".join(message.split()) for message in refus.value.messages] == [
            "« État » a déjà versé 1 500 € pour cette action : le montant notifié, ou à défaut le montant accordé, ne "
            "peut pas être inférieur. Corrigez d'abord le versement, ou demandez un reversement."
        ]
    assert ecrire(lieu, 1500, avant=2000, etat=Etat.NOTIFIE).montant_notifie == 1500


# -- Who writes ------------------------------------------------------------------------------------
def test_un_financeur_n_ecrit_que_dans_ses_colonnes(lieu):
    compte = fabriques.representant_du_financeur(lieu.etat)
    for etat in (Etat.PROPOSE, Etat.ACCORDE, Etat.NOTIFIE):
        ecrire(lieu, 10, etat=etat, compte=compte)
    for cas in ({"etat": Etat.DEMANDE}, {"financeur": lieu.ville}):
        with pytest.raises(PermissionDenied):
            ecrire(lieu, 10, compte=compte, **cas)
    assert montants() == [(None, Decimal(10), Decimal(10), Decimal(10))]
    ActionAnnuelle.objects.update(statut=ActionAnnuelle.Statut.BROUILLON)
    with pytest.raises(PermissionDenied):
        ecrire(lieu, 11, avant=10, compte=compte)


def test_les_autres_n_ecrivent_pas(lieu):
    comptes = (
        fabriques.representant_du_porteur(lieu.annuelle.action.porteur),
        fabriques.membre_du_copil(lieu.contrat),
        fabriques.chargee_de_mission(fabriques.ContratFactory()),
        fabriques.UtilisateurFactory(is_staff=True),
    )
    for compte in comptes:
        for etat in (Etat.DEMANDE, Etat.ACCORDE):
            with pytest.raises(PermissionDenied):
                ecrire(lieu, 10, etat=etat, compte=compte)


def test_l_administrateur_n_ecrit_pas_dans_la_colonne_d_un_autre_contrat(lieu):
    with pytest.raises(ValidationError, match="de ce contrat"):
        ecrire(lieu, 10, compte=fabriques.administrateur(), financeur=fabriques.FinanceurFactory())


# -- Opinions --------------------------------------------------------------------------------------
def avis(lieu, sens="favorable", texte="", version=0, compte=None, financeur=None):
    return donner_avis(
        compte or lieu.chargee,
        lieu.annuelle,
        financeur or lieu.etat,
        sens=sens,
        texte=texte,
        rendu_le=date(2024, 2, 1),
        version=version,
    )


def test_un_financeur_donne_son_avis_et_le_change(lieu):
    compte = fabriques.representant_du_financeur(lieu.etat)
    assert avis(lieu, compte=compte).version == 1
    change = avis(lieu, "reserve", "Le public n'est pas précisé.", version=1, compte=compte)
    assert (change.version, AvisFinanceur.objects.get().texte) == (2, "Le public n'est pas précisé.")
    assert change.historique.first().history_user == compte
    with pytest.raises(VersionPerimee):
        avis(lieu, version=1)
    with pytest.raises(PermissionDenied):
        avis(lieu, compte=compte, financeur=lieu.ville)
    with pytest.raises(PermissionDenied):
        avis(lieu, compte=fabriques.representant_du_porteur(lieu.annuelle.action.porteur))


@pytest.mark.parametrize("sens", ["reserve", "defavorable", "ajourne"])
def test_un_avis_qui_n_est_pas_favorable_dit_pourquoi(lieu, sens):
    with pytest.raises(ValidationError) as refus:
        avis(lieu, sens, "  ")
    assert set(refus.value.message_dict) == {"texte"}
    assert not AvisFinanceur.objects.exists()


def test_un_avis_inconnu_ou_une_annee_archivee_est_refuse(lieu):
    with pytest.raises(ValidationError):
        avis(lieu, "peut-être", "Bof.")
    rendu = avis(lieu)
    Campagne.objects.update(statut=Campagne.Statut.ARCHIVEE)
    with pytest.raises(ValidationError, match="archivée"):
        avis(lieu, version=1)
    with pytest.raises(ValidationError, match="archivée"):
        retirer_avis(lieu.chargee, rendu, version=1)


def test_un_avis_se_retire_dans_sa_version(lieu):
    rendu = avis(lieu)
    with pytest.raises(VersionPerimee):
        retirer_avis(lieu.chargee, rendu, version=3)
    retirer_avis(lieu.chargee, rendu, version=1)
    assert (AvisFinanceur.objects.count(), AvisFinanceur.historique.count()) == (0, 2)


# -- Reading the grid ------------------------------------------------------------------------------
def grille(lieu, etat=Etat.ACCORDE, compte=None, **options):
    compte = compte or lieu.chargee
    annuelles = ActionAnnuelle.objects.visibles_par(compte).filter(campagne=lieu.campagne)
    return lire_grille(compte, lieu.campagne, list(annuelles.order_by("pk")), etat, **options)


def test_la_grille_et_ses_sommes(lieu):
    autre = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne)
    for annuelle, financeur, montant in (
        (lieu.annuelle, lieu.ville, "1000.50"),
        (lieu.annuelle, lieu.caf, 700),
        (autre, lieu.ville, 2000),
        (autre, lieu.etat, None),
    ):
        fabriques.LigneFinancementFactory(
            action_annuelle=annuelle, financeur=financeur, montant_accorde=montant, montant_demande=9
        )
    lue = grille(lieu)
    assert [c.libelle for c in lue.colonnes] == ["MAIRIE", "ÉTAT", "RÉGION", "CAF"]
    assert [[c.montant for c in r.cellules] for r in lue.rangees] == [
        [Decimal("1000.50"), None, None, Decimal(700)],
        [Decimal(2000), None, None, None],
    ]
    assert [r.total for r in lue.rangees] == [Decimal("1000.50"), Decimal(2000)]
    assert [lue.totaux[c.cle] for c in lue.colonnes] == [Decimal("3000.50"), None, None, Decimal(700)]
    assert lue.total == Decimal("3000.50")


def test_une_colonne_par_nature_presente_ou_demandee(lieu):
    fabriques.LigneFinancementFactory(
        action_annuelle=lieu.annuelle, financeur=lieu.etat, nature_credit="specifique"
    )
    voulues = [f"{lieu.etat.cle}-droit_commun", "inconnue-specifique", "n'importe quoi"]
    noms = [c.libelle for c in colonnes_de(lieu.chargee, lieu.campagne, ajoutees=voulues)]
    assert noms == ["MAIRIE", "ÉTAT – crédits spécifiques", "ÉTAT – droit commun", "RÉGION", "CAF"]


def test_lire_une_colonne_par_sa_cle(lieu):
    colonne = Colonne(lieu.etat, "droit_commun")
    assert lire_colonne(lieu.chargee, lieu.campagne, colonne.cle) == colonne
    ailleurs = Colonne(fabriques.FinanceurFactory()).cle
    for cle in (ailleurs, f"{lieu.etat.cle}-inventee", lieu.etat.cle, "", "a\0-prive"):
        assert lire_colonne(lieu.chargee, lieu.campagne, cle) is None
    compte = fabriques.representant_du_financeur(lieu.ville)
    assert lire_colonne(compte, lieu.campagne, colonne.cle) is None


def test_un_financeur_ne_lit_que_ses_colonnes_et_son_avis(lieu):
    for financeur in (lieu.etat, lieu.ville):
        fabriques.LigneFinancementFactory(action_annuelle=lieu.annuelle, financeur=financeur)
        avis(lieu, financeur=financeur)
    lue = grille(lieu, compte=fabriques.representant_du_financeur(lieu.etat))
    assert [c.financeur for c in lue.colonnes] == [lieu.etat]
    assert [set(r.avis) for r in lue.rangees] == [{lieu.etat.pk}]
    assert lue.total == 1500
    assert [set(r.avis) for r in grille(lieu).rangees] == [{lieu.etat.pk, lieu.ville.pk}]


def test_le_verse_est_paye_moins_recouvre(lieu):
    ligne = fabriques.LigneFinancementFactory(action_annuelle=lieu.annuelle, financeur=lieu.etat)
    fabriques.LigneFinancementFactory(action_annuelle=lieu.annuelle, financeur=lieu.ville)
    premier = fabriques.VersementFactory(ligne=ligne, verse=True, montant_verse=Decimal(1000))
    fabriques.VersementFactory(ligne=ligne, verse=True, montant_verse=Decimal("200.25"))
    fabriques.VersementFactory(ligne=ligne, montant_prevu=Decimal(9999))
    premier.reversements.create(motif="Trop-perçu", montant=Decimal(300), date_recouvrement=date(2024, 9, 1))
    premier.reversements.create(motif="Pas encore recouvré", montant=Decimal(50))
    lue = grille(lieu, Etat.VERSE)
    assert [c.montant for c in lue.rangees[0].cellules] == [None, Decimal("900.25"), None, None]


def test_la_grille_rappelle_la_convention_et_son_ecart(lieu):
    porteur = lieu.annuelle.action.porteur
    cpo = fabriques.ConventionFactory(contrat=lieu.contrat, porteur=porteur, type=Convention.Type.CPO)
    prevu = fabriques.MontantConventionFactory(
        convention=cpo, annee=2024, financeur=lieu.etat, montant_prevu=Decimal(5000)
    )
    fabriques.MontantConventionFactory(convention=cpo, annee=2025, financeur=lieu.etat)
    fabriques.LigneFinancementFactory(
        action_annuelle=lieu.annuelle,
        financeur=lieu.etat,
        convention=cpo,
        montant_propose=Decimal(4200),
        montant_accorde=None,
    )
    rappel = grille(lieu).rangees[0].cellules[1].cpo
    assert (rappel.montant, rappel.ecart) == (prevu, Decimal(-800))


def test_la_grille_ne_coute_pas_plus_avec_les_actions(lieu):
    def une_de_plus():
        annuelle = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne)
        cpo = fabriques.ConventionFactory(
            contrat=lieu.contrat, porteur=annuelle.action.porteur, type=Convention.Type.CPO
        )
        fabriques.MontantConventionFactory(convention=cpo, annee=2024, financeur=lieu.etat)
        ligne = fabriques.LigneFinancementFactory(
            action_annuelle=annuelle, financeur=lieu.etat, convention=cpo
        )
        fabriques.VersementFactory(ligne=ligne, verse=True)
        fabriques.AvisFinanceurFactory(action_annuelle=annuelle, financeur=lieu.etat)

    une_de_plus()
    verifier_requetes_constantes(lambda: grille(lieu, Etat.VERSE), une_de_plus)


# -- What a cell has held --------------------------------------------------------------------------
def test_l_historique_d_une_case_la_suit_ligne_supprimee_comprise(lieu):
    ecrire(lieu, 100)
    ecrire(lieu, 5, etat=Etat.DEMANDE)
    ecrire(lieu, None, avant=100)
    ecrire(lieu, None, avant=5, etat=Etat.DEMANDE)
    ecrire(lieu, 250)
    colonne = Colonne(lieu.etat)
    passe = historique_cellule(lieu.chargee, lieu.annuelle, colonne, Etat.PROPOSE)
    assert [(c.qui, c.avant, c.apres) for c in passe] == [
        ("Claire Aubert", None, Decimal(250)),
        ("Claire Aubert", Decimal(100), None),
        ("Claire Aubert", None, Decimal(100)),
    ]
    assert historique_cellule(lieu.chargee, lieu.annuelle, colonne, Etat.VERSE) == []
    assert historique_cellule(lieu.chargee, lieu.annuelle, Colonne(lieu.etat, "prive"), Etat.PROPOSE) == []
    voisin = fabriques.representant_du_financeur(lieu.ville)
    assert historique_cellule(voisin, lieu.annuelle, colonne, Etat.PROPOSE) == []
    sien = fabriques.representant_du_financeur(lieu.etat)
    assert len(historique_cellule(sien, lieu.annuelle, colonne, Etat.PROPOSE)) == 3


def test_un_financeur_qui_porte_une_action_ne_lit_pas_ce_qu_un_autre_met_ailleurs(lieu):
    """It sees the Ville, which pays the action that it carries: that opens no other row of this column."""
    ecrire(lieu, 100)
    ecrire(lieu, None, avant=100)
    compte = fabriques.representant_du_financeur(lieu.ville)
    sienne = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne)
    fabriques.AccesPorteur.objects.create(utilisateur=compte, porteur=sienne.action.porteur)
    payee = fabriques.LigneFinancementFactory(
        action_annuelle=sienne, financeur=lieu.etat, montant_propose=Decimal(70)
    )
    payee.delete()
    fabriques.LigneFinancementFactory(
        action_annuelle=sienne, financeur=lieu.etat, montant_propose=Decimal(80), nature_credit="prive"
    )
    colonne = Colonne(lieu.etat)
    assert historique_cellule(compte, lieu.annuelle, colonne, Etat.PROPOSE) == []
    lus = [c.apres for c in historique_cellule(compte, sienne, colonne, Etat.PROPOSE)]
    assert lus == [None, Decimal(70)]
    assert len(historique_cellule(fabriques.administrateur(), lieu.annuelle, colonne, Etat.PROPOSE)) == 2


# -- Totals ----------------------------------------------------------------------------------------
def totaux(lieu, critere, etat=Etat.ACCORDE, compte=None, annuelles=None, avant=None):
    compte = compte or lieu.chargee
    toutes = ActionAnnuelle.objects.visibles_par(compte).filter(campagne__contrat=lieu.contrat)
    annuelles = toutes.filter(campagne__annee=2024) if annuelles is None else annuelles
    return totaliser(compte, annuelles, etat, critere, avant=avant or toutes.filter(campagne__annee=2023))


def poste(total):
    return [(p.libelle, p.montant, p.actions, p.part) for p in total.postes]


@pytest.fixture
def annee(lieu):
    """Three actions: an axe, a dispositif and two territories known by halves for the first; nothing for the last."""
    enjeu, axe = fabriques.arbre_d_axes(lieu.contrat, enjeux=1, axes=1)
    lieu.un = fabriques.TerritoireFactory(contrat=lieu.contrat, nom="Les Mesnils")
    lieu.deux = fabriques.TerritoireFactory(contrat=lieu.contrat, nom="Poissardes")
    lieu.ete = fabriques.DispositifFactory(libelle="Quartiers d'été")
    lieu.enjeu = enjeu
    ActionAnnuelle.objects.filter(pk=lieu.annuelle.pk).update(axe=axe, dispositif=lieu.ete)
    for territoire in (lieu.un, lieu.deux):
        ActionTerritoire.objects.create(
            action_annuelle=lieu.annuelle, territoire=territoire, part=Decimal(50)
        )
    lieu.seconde = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne, axe=enjeu)
    ActionTerritoire.objects.create(action_annuelle=lieu.seconde, territoire=lieu.un)
    lieu.derniere = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne)
    for annuelle, financeur, nature, montant in (
        (lieu.annuelle, lieu.ville, "specifique", "100.01"),
        (lieu.annuelle, lieu.caf, "droit_commun", 999),
        (lieu.seconde, lieu.ville, "non_precisee", 200),
        (lieu.seconde, lieu.etat, "specifique", 300),
        (lieu.derniere, lieu.etat, "specifique", None),
        (lieu.derniere, lieu.ville, "specifique", 0),
    ):
        fabriques.LigneFinancementFactory(
            action_annuelle=annuelle, financeur=financeur, nature_credit=nature, montant_accorde=montant
        )
    return lieu


def test_les_totaux_par_financeur_laissent_la_caf_a_cote(annee):
    total = totaux(annee, Critere.FINANCEUR)
    assert poste(total) == [
        ("Ville", Decimal("300.01"), 3, Decimal("50.0")),
        ("État", Decimal(300), 1, Decimal("50.0")),
        ("CAF", Decimal(999), 1, None),
    ]
    assert (total.total, total.hors_total, total.actions) == (Decimal("600.01"), Decimal(999), 3)
    assert [p.valeur for p in total.postes] == [f.cle for f in (annee.ville, annee.etat, annee.caf)]


def test_les_totaux_par_axe_comptent_une_fois_dans_l_enjeu(annee):
    assert poste(totaux(annee, Critere.AXE)) == [
        ("Enjeu 1", Decimal("600.01"), 2, Decimal("100.0")),
        ("Sans axe", Decimal(0), 1, Decimal("0.0")),
    ]


def test_les_totaux_par_territoire_partagent_ce_qui_est_su(annee):
    assert poste(totaux(annee, Critere.TERRITOIRE)) == [
        ("Les Mesnils", Decimal("550.01"), 2, Decimal("91.7")),
        ("Poissardes", Decimal("50.00"), 1, Decimal("8.3")),
        ("Sans territoire", Decimal(0), 1, Decimal("0.0")),
    ]
    ActionTerritoire.objects.filter(territoire=annee.deux).update(part=None)
    assert [(p.libelle, p.montant) for p in totaux(annee, Critere.TERRITOIRE).postes] == [
        ("Les Mesnils", Decimal(500)),
        ("Plusieurs territoires", Decimal("100.01")),
        ("Sans territoire", Decimal(0)),
    ]


def test_les_totaux_par_porteur_du_plus_grand_au_plus_petit(annee):
    service = annee.seconde.action.porteur
    maison = fabriques.PorteurFactory(epci=service.epci, nom="Maison pour tous")
    service.parent = maison
    service.save()
    total = totaux(annee, Critere.PORTEUR)
    assert (total.postes[0].objet, total.postes[0].montant) == (maison, Decimal(500))
    assert [p.montant for p in total.postes] == sorted((p.montant for p in total.postes), reverse=True)


def test_les_totaux_par_dispositif_et_par_nature(annee):
    assert [(p.libelle, p.montant, p.valeur) for p in totaux(annee, Critere.DISPOSITIF).postes] == [
        ("Quartiers d'été", Decimal("100.01"), annee.ete.pk),
        ("Sans dispositif", Decimal(500), "aucun"),
    ]
    assert [(p.valeur, p.montant) for p in totaux(annee, Critere.NATURE).postes] == [
        ("specifique", Decimal("400.01")),
        ("non_precisee", Decimal(200)),
    ]


@pytest.mark.parametrize("critere", Critere)
def test_les_postes_font_le_total_quel_que_soit_le_filtre(annee, critere):
    toutes = ActionAnnuelle.objects.filter(campagne=annee.campagne)
    for annuelles in (toutes, toutes.filter(pk=annee.annuelle.pk), toutes.filter(axe=None), toutes.none()):
        total = totaux(annee, critere, annuelles=annuelles)
        lignes = LigneFinancement.objects.filter(action_annuelle__in=annuelles).dans_le_total()
        attendu = lignes.total("montant_accorde")
        assert total.total == attendu
        comptes = [p for p in total.postes if p.dans_total]
        assert sum(p.montant for p in comptes) == (attendu or 0)
        parts = [p.part for p in comptes if p.part is not None]
        assert sum(parts) == (100 if attendu else 0)


def test_les_totaux_se_comparent_a_l_annee_d_avant(annee):
    avant = fabriques.annee_de(annee.annuelle.action, 2023)
    fabriques.LigneFinancementFactory(
        action_annuelle=avant, financeur=annee.ville, montant_accorde=Decimal("200.01")
    )
    fabriques.LigneFinancementFactory(
        action_annuelle=avant, financeur=annee.region, montant_accorde=Decimal(40)
    )
    total = totaux(annee, Critere.FINANCEUR)
    assert [(p.libelle, p.montant, p.avant, p.evolution) for p in total.postes] == [
        ("Ville", Decimal("300.01"), Decimal("200.01"), Decimal("50.0")),
        ("État", Decimal(300), None, None),
        ("Région", None, Decimal(40), None),
        ("CAF", Decimal(999), None, None),
    ]
    assert (total.total_avant, total.hors_total_avant) == (Decimal("240.01"), None)


def test_un_financeur_ne_totalise_que_les_siens(annee):
    total = totaux(annee, Critere.FINANCEUR, compte=fabriques.representant_du_financeur(annee.etat))
    assert [(p.libelle, p.montant) for p in total.postes] == [("État", Decimal(300))]


@pytest.mark.parametrize("critere", Critere)
def test_un_total_ne_coute_pas_plus_avec_les_actions(annee, critere):
    def une_de_plus():
        annuelle = fabriques.ActionAnnuelleFactory(campagne=annee.campagne, axe=annee.enjeu.enfants.get())
        for territoire in (annee.un, annee.deux):
            ActionTerritoire.objects.create(action_annuelle=annuelle, territoire=territoire, part=Decimal(50))
        fabriques.LigneFinancementFactory(action_annuelle=annuelle, financeur=annee.ville)

    verifier_requetes_constantes(lambda: totaux(annee, critere), une_de_plus)


def test_partager_ne_perd_pas_un_centime():
    assert partager(Decimal("100.01"), [Decimal(50), Decimal(50)]) == [Decimal("50.01"), Decimal("50.00")]
    tiers = [Decimal("33.33"), Decimal("33.33"), Decimal("33.34")]
    assert partager(Decimal("0.02"), tiers) == [Decimal("0.01"), Decimal("0.00"), Decimal("0.01")]
