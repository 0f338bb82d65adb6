"""The campaign of a year: every decision from every state by every role, and what each one writes."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from actions.models import (
    Campagne,
    EvenementCampagne,
    IndicateurDemande,
    ModeleMessage,
    Question,
    RelancePrevue,
)
from actions.operations import creer_action, modifier_action
from bilans.messages import MODELES
from bilans.models import Bilan, Courriel
from bilans.operations import OperationRefusee
from bilans.operations import campagne as operations
from bilans.operations.campagne import TrancheSaisie
from comptes.versions import VersionPerimee, version_de
from financements.operations import ajouter_ligne, modifier_ligne, supprimer_ligne
from tests import fabriques
from tests.outils.pages import lisible, rien_n_est_ecrit

pytestmark = pytest.mark.django_db

Statut = Campagne.Statut
AUJOURD_HUI = date(2025, 3, 3)
ECHEANCE = date(2025, 6, 30)
AVANT = [Statut.PREPARATION, Statut.OUVERTE, Statut.CLOSE, Statut.INSTRUITE, Statut.PROGRAMMEE]
# docs/etats.md, written again by hand: from → to.
TABLE = {
    "ouvrir": {**dict.fromkeys(AVANT, Statut.BILANS_OUVERTS), Statut.BILANS_OUVERTS: None},
    "clore": {Statut.BILANS_OUVERTS: Statut.BILANS_CLOS, Statut.BILANS_CLOS: None},
    "rouvrir": {Statut.BILANS_CLOS: Statut.BILANS_OUVERTS, Statut.BILANS_OUVERTS: None},
    "prolonger": {Statut.BILANS_OUVERTS: Statut.BILANS_OUVERTS},
    "archiver": {Statut.BILANS_CLOS: Statut.ARCHIVEE, Statut.ARCHIVEE: None},
    "desarchiver": {Statut.ARCHIVEE: Statut.BILANS_CLOS, Statut.BILANS_CLOS: None},
}
EVENEMENTS = {
    "ouvrir": "ouverture",
    "clore": "cloture",
    "rouvrir": "reouverture",
    "prolonger": "prolongation",
    "archiver": "archivage",
    "desarchiver": "desarchivage",
}
ROLES = ("chargee", "administrateur", "autre_chargee", "porteur", "copil", "financeur")
DECIDENT = ("chargee", "administrateur")


@pytest.fixture(autouse=True)
def jour(time_machine):
    time_machine.move_to("2025-03-03T10:00:00+01:00", tick=False)


@pytest.fixture
def campagne():
    return fabriques.CampagneFactory(statut=Statut.PROGRAMMEE, bilan_echeance=None)


@pytest.fixture
def ouverte(campagne):
    Campagne.objects.filter(pk=campagne.pk).update(
        statut=Statut.BILANS_OUVERTS, bilan_ouverture=date(2025, 1, 6), bilan_echeance=ECHEANCE
    )
    campagne.refresh_from_db()
    return campagne


@pytest.fixture
def comptes(campagne):
    porteur = fabriques.ActionAnnuelleFactory(campagne=campagne).action.porteur
    return {
        "chargee": fabriques.chargee_de_mission(campagne.contrat),
        "administrateur": fabriques.administrateur(),
        "autre_chargee": fabriques.chargee_de_mission(fabriques.ContratFactory()),
        "porteur": fabriques.representant_du_porteur(porteur),
        "copil": fabriques.membre_du_copil(campagne.contrat),
        "financeur": fabriques.representant_du_financeur(
            fabriques.FinanceurFactory(contrat=campagne.contrat)
        ),
    }


@pytest.fixture
def chargee(comptes):
    return comptes["chargee"]


def faire(nom, campagne, utilisateur, **options):
    fonctions = {
        "ouvrir": operations.ouvrir_les_bilans,
        "clore": operations.clore_les_bilans,
        "rouvrir": operations.rouvrir_les_bilans,
        "prolonger": operations.prolonger_les_bilans,
        "archiver": operations.archiver_l_annee,
        "desarchiver": operations.desarchiver_l_annee,
    }
    arguments = {
        "rouvrir": ["Une erreur."],
        "prolonger": [date(2025, 9, 15)],
        "desarchiver": ["Un montant faux."],
    }.get(nom, [])
    return fonctions[nom](campagne, utilisateur, *arguments, **options)


def dates_prevues(campagne):
    return list(campagne.relances_prevues.order_by("date").values_list("date", flat=True))


# -- Opening, closing, reopening, extending --------------------------------------------------------
@pytest.mark.parametrize("statut", list(Statut))
@pytest.mark.parametrize("nom", TABLE)
def test_chaque_decision_depuis_chaque_etat(campagne, chargee, nom, statut):
    Campagne.objects.filter(pk=campagne.pk).update(statut=statut, bilan_echeance=ECHEANCE)
    if statut not in TABLE[nom]:
        with rien_n_est_ecrit(), pytest.raises(OperationRefusee) as refus:
            faire(nom, campagne, chargee)
        assert str(refus.value).endswith(".")
        return
    faire(nom, campagne, chargee)
    arrivee = TABLE[nom][statut]
    campagne.refresh_from_db()
    assert campagne.statut == (arrivee or statut)
    evenements = campagne.evenements.values_list("type", "auteur")
    assert list(evenements) == ([(EVENEMENTS[nom], chargee.pk)] if arrivee else [])


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("nom", TABLE)
def test_seule_la_personne_qui_pilote_decide(campagne, comptes, nom, role):
    depart = next(depart for depart, arrivee in TABLE[nom].items() if arrivee)
    Campagne.objects.filter(pk=campagne.pk).update(statut=depart, bilan_echeance=ECHEANCE)
    if role in DECIDENT:
        faire(nom, campagne, comptes[role])
        assert campagne.evenements.get().auteur == comptes[role]
    else:
        with rien_n_est_ecrit(), pytest.raises(PermissionDenied):
            faire(nom, campagne, comptes[role])


@pytest.mark.parametrize("nom", TABLE)
def test_deux_clics_font_une_seule_decision(campagne, chargee, nom):
    depart = next(depart for depart, arrivee in TABLE[nom].items() if arrivee)
    Campagne.objects.filter(pk=campagne.pk).update(statut=depart, bilan_echeance=ECHEANCE)
    version = version_de(campagne)
    faire(nom, campagne, chargee, version=version)
    with rien_n_est_ecrit():
        faire(nom, campagne, chargee, version=version)


@pytest.mark.parametrize("nom", TABLE)
def test_une_page_depassee_ne_decide_rien(campagne, chargee, nom):
    depart = next(depart for depart, arrivee in TABLE[nom].items() if arrivee)
    Campagne.objects.filter(pk=campagne.pk).update(statut=depart, bilan_echeance=ECHEANCE)
    with rien_n_est_ecrit(), pytest.raises(VersionPerimee):
        faire(nom, campagne, chargee, version=version_de(campagne) + 1)


def test_ouvrir_enregistre_les_dates_et_prepare_les_bilans(campagne, chargee):
    fabriques.ActionAnnuelleFactory(campagne=campagne, refusee=True)
    commencee = fabriques.ActionAnnuelleFactory(campagne=campagne)
    fabriques.BilanFactory(action_annuelle=commencee, en_saisie=True)
    fabriques.ActionAnnuelleFactory()
    operations.ouvrir_les_bilans(campagne, chargee, ouverture=date(2025, 4, 1), echeance=date(2025, 7, 15))
    campagne.refresh_from_db()
    assert (campagne.bilan_ouverture, campagne.bilan_echeance) == (date(2025, 4, 1), date(2025, 7, 15))
    assert sorted(Bilan.objects.values_list("action_annuelle__campagne", "statut")) == [
        (campagne.pk, "a_saisir"),
        (campagne.pk, "en_saisie"),
    ]
    assert campagne.evenements.get().echeance == date(2025, 7, 15)


def test_sans_date_six_mois_apres_la_fin_de_l_annee(campagne, chargee):
    operations.ouvrir_les_bilans(campagne, chargee)
    campagne.refresh_from_db()
    assert (campagne.bilan_ouverture, campagne.bilan_echeance) == (AUJOURD_HUI, ECHEANCE)
    histoire = campagne.historique.first()
    assert (histoire.history_user, histoire.bilan_echeance) == (chargee, ECHEANCE)


def test_les_dates_reglees_sont_celles_de_l_ouverture(campagne, chargee):
    campagne.bilan_ouverture, campagne.bilan_echeance = date(2025, 4, 1), date(2025, 5, 1)
    campagne.save()
    operations.ouvrir_les_bilans(campagne, chargee)
    campagne.refresh_from_db()
    assert (campagne.bilan_ouverture, campagne.bilan_echeance) == (date(2025, 4, 1), date(2025, 5, 1))


def test_la_date_enregistree_ne_glisse_pas(campagne, chargee, time_machine):
    operations.ouvrir_les_bilans(campagne, chargee)
    prevues = dates_prevues(campagne)
    time_machine.move_to("2025-06-20T10:00:00+02:00")
    operations.clore_les_bilans(campagne, chargee)
    operations.rouvrir_les_bilans(campagne, chargee, "Une erreur.")
    campagne.refresh_from_db()
    assert campagne.bilan_echeance == ECHEANCE
    assert dates_prevues(campagne) == prevues[1:] == [date(2025, 6, 23), date(2025, 7, 7)]


@pytest.mark.parametrize(
    ("dates", "champ"),
    [
        ({"echeance": date(2025, 3, 2)}, "echeance"),
        ({"ouverture": date(2025, 6, 1), "echeance": date(2025, 5, 1)}, "echeance"),
    ],
)
def test_des_dates_impossibles_n_ouvrent_rien(campagne, chargee, dates, champ):
    with rien_n_est_ecrit(), pytest.raises(ValidationError) as refus:
        operations.ouvrir_les_bilans(campagne, chargee, **dates)
    assert list(refus.value.message_dict) == [champ]


def test_trois_rappels_proposes_a_l_ouverture(campagne, chargee):
    operations.ouvrir_les_bilans(campagne, chargee)
    assert dates_prevues(campagne) == [date(2025, 5, 31), date(2025, 6, 23), date(2025, 7, 7)]


def test_seuls_les_rappels_a_venir_sont_proposes(campagne, chargee):
    operations.ouvrir_les_bilans(campagne, chargee, echeance=date(2025, 3, 20))
    assert dates_prevues(campagne) == [date(2025, 3, 13), date(2025, 3, 27)]


def test_les_rappels_deja_prevus_sont_gardes(campagne, chargee):
    fabriques.RelancePrevueFactory(campagne=campagne, date=date(2025, 5, 5))
    operations.ouvrir_les_bilans(campagne, chargee)
    assert dates_prevues(campagne) == [date(2025, 5, 5)]


def test_rouvrir_dit_pourquoi(ouverte, chargee):
    operations.clore_les_bilans(ouverte, chargee)
    for motif in ("", "   "):
        with rien_n_est_ecrit(), pytest.raises(ValidationError) as refus:
            operations.rouvrir_les_bilans(ouverte, chargee, motif)
        assert list(refus.value.message_dict) == ["motif"]
    operations.rouvrir_les_bilans(ouverte, chargee, " Trois retardataires. ")
    evenement = ouverte.evenements.last()
    assert (evenement.type, evenement.motif) == ("reouverture", "Trois retardataires.")


def test_la_base_refuse_une_reouverture_sans_motif(ouverte, chargee):
    with pytest.raises(IntegrityError), transaction.atomic():
        EvenementCampagne.objects.create(campagne=ouverte, auteur=chargee, type="reouverture")


def test_la_base_refuse_des_bilans_ouverts_sans_echeance(campagne):
    campagne.statut = Statut.BILANS_OUVERTS
    with pytest.raises(IntegrityError), transaction.atomic():
        campagne.save()


@pytest.mark.parametrize(
    ("prevenir", "options", "attendus"),
    [
        (False, {}, []),
        (True, {}, [("relance", "amina@exemple.fr")]),
        (True, {"echeance": date(2025, 9, 15)}, [("prolongation", "amina@exemple.fr")]),
    ],
)
def test_rouvrir_previent_qui_doit_encore_un_bilan_si_on_le_demande(ouverte, prevenir, options, attendus):
    chargee = fabriques.chargee_de_mission(ouverte.contrat)
    for adresse, etats in (("amina@exemple.fr", {}), ("fini@exemple.fr", {"transmis": True})):
        porteur = fabriques.PorteurFactory(epci=ouverte.contrat.epci)
        fabriques.RepresentantFactory(porteur=porteur, email=adresse)
        fabriques.BilanFactory(
            action_annuelle__campagne=ouverte, action_annuelle__action__porteur=porteur, **etats
        )
    operations.clore_les_bilans(ouverte, chargee)
    operations.rouvrir_les_bilans(ouverte, chargee, "Une erreur.", prevenir=prevenir, **options)
    ecrits = Courriel.objects.order_by("pk").values_list("type", "destinataire")
    assert list(ecrits) == attendus


def test_rouvrir_en_prevenant_quand_personne_ne_doit_rien_rouvre_quand_meme(ouverte):
    chargee = fabriques.chargee_de_mission(ouverte.contrat)
    operations.clore_les_bilans(ouverte, chargee)
    operations.rouvrir_les_bilans(ouverte, chargee, "Une erreur.", prevenir=True)
    ouverte.refresh_from_db()
    assert (ouverte.statut, Courriel.objects.count()) == (Statut.BILANS_OUVERTS, 0)


# -- The archives ----------------------------------------------------------------------------------
def archivee(campagne):
    Campagne.objects.filter(pk=campagne.pk).update(statut=Statut.ARCHIVEE)
    campagne.refresh_from_db()
    return campagne


def test_sortir_des_archives_dit_pourquoi(ouverte, chargee):
    archivee(ouverte)
    with rien_n_est_ecrit(), pytest.raises(ValidationError) as refus:
        operations.desarchiver_l_annee(ouverte, chargee, "  ")
    assert list(refus.value.message_dict) == ["motif"]
    operations.desarchiver_l_annee(ouverte, chargee, " Un montant faux. ")
    assert ouverte.evenements.get().motif == "Un montant faux."


def test_la_base_refuse_de_sortir_des_archives_sans_motif(ouverte, chargee):
    with pytest.raises(IntegrityError), transaction.atomic():
        EvenementCampagne.objects.create(campagne=ouverte, type="desarchivage", auteur=chargee)


def test_une_annee_sans_echeance_sort_des_archives_avec_celle_d_ordinaire(campagne, chargee):
    operations.desarchiver_l_annee(archivee(campagne), chargee, "Une erreur.")
    campagne.refresh_from_db()
    assert (campagne.statut, campagne.bilan_echeance) == (Statut.BILANS_CLOS, ECHEANCE)


@pytest.mark.parametrize("role", DECIDENT)
def test_ni_les_actions_ni_les_montants_d_une_annee_archivee_ne_changent(ouverte, comptes, role):
    ligne = fabriques.LigneFinancementFactory(action_annuelle__campagne=ouverte)
    annuelle = ligne.action_annuelle
    archivee(ouverte)
    annuelle.refresh_from_db()
    identite = {"porteur": annuelle.action.porteur, "intitule": "Autre", "territoires": []}
    autre = fabriques.LigneFinancementFactory.build(
        action_annuelle=annuelle, financeur=fabriques.FinanceurFactory(contrat=ouverte.contrat)
    )
    compte = comptes[role]
    for geste in (
        lambda: creer_action(compte, fabriques.ActionAnnuelleFactory.build(campagne=ouverte), **identite),
        lambda: modifier_action(compte, annuelle, version=annuelle.version, **identite),
        lambda: ajouter_ligne(compte, autre),
        lambda: modifier_ligne(compte, ligne, version=ligne.version),
        lambda: supprimer_ligne(compte, ligne, version=ligne.version),
    ):
        with rien_n_est_ecrit(), pytest.raises(ValidationError, match="est archivée"):
            geste()


def test_rouvrir_avec_une_autre_echeance_oublie_les_rappels_passes(ouverte, chargee, time_machine):
    for jour in (date(2025, 6, 23), date(2025, 7, 7)):
        fabriques.RelancePrevueFactory(campagne=ouverte, date=jour)
    operations.clore_les_bilans(ouverte, chargee)
    time_machine.move_to("2025-07-21T10:00:00+02:00")
    operations.rouvrir_les_bilans(ouverte, chargee, "Vacances.", echeance=ECHEANCE + timedelta(21))
    ouverte.refresh_from_db()
    assert ouverte.bilan_echeance == date(2025, 7, 21)
    # 23 June would be 14 July, which is past: it would leave at once.
    assert dates_prevues(ouverte) == [date(2025, 7, 28)]
    assert ouverte.evenements.last().echeance == date(2025, 7, 21)


def test_rouvrir_avec_une_echeance_passee_est_refuse(ouverte, chargee):
    operations.clore_les_bilans(ouverte, chargee)
    with rien_n_est_ecrit(), pytest.raises(ValidationError) as refus:
        operations.rouvrir_les_bilans(ouverte, chargee, "Vacances.", echeance=date(2025, 3, 1))
    assert list(refus.value.message_dict) == ["echeance"]


def test_prolonger_decale_les_rappels_a_venir(ouverte, chargee):
    faite = fabriques.RelancePrevueFactory(
        campagne=ouverte, date=date(2025, 2, 20), faite_le=fabriques.TRANSMIS_LE
    )
    # A week apart: moved by a week, each takes the place of the next.
    for jour in (date(2025, 6, 16), date(2025, 6, 23), ECHEANCE):
        fabriques.RelancePrevueFactory(campagne=ouverte, date=jour)
    operations.prolonger_les_bilans(ouverte, chargee, ECHEANCE + timedelta(7), "À la demande du COPIL.")
    ouverte.refresh_from_db()
    assert ouverte.bilan_echeance == date(2025, 7, 7)
    assert dates_prevues(ouverte) == [faite.date, date(2025, 6, 23), ECHEANCE, date(2025, 7, 7)]
    evenement = ouverte.evenements.get()
    assert (evenement.type, evenement.echeance, evenement.motif) == (
        "prolongation",
        date(2025, 7, 7),
        "À la demande du COPIL.",
    )


def test_avancer_l_echeance_dit_pourquoi_et_retire_les_rappels_passes(ouverte, chargee):
    fabriques.RelancePrevueFactory(campagne=ouverte, date=date(2025, 5, 31))
    fabriques.RelancePrevueFactory(campagne=ouverte, date=date(2025, 7, 7))
    with rien_n_est_ecrit(), pytest.raises(ValidationError) as refus:
        operations.prolonger_les_bilans(ouverte, chargee, date(2025, 3, 31))
    assert list(refus.value.message_dict) == ["motif"]
    operations.prolonger_les_bilans(ouverte, chargee, date(2025, 3, 31), "Le COPIL est avancé.")
    assert dates_prevues(ouverte) == [date(2025, 4, 7)]


def test_une_echeance_passee_est_refusee(ouverte, chargee):
    with rien_n_est_ecrit(), pytest.raises(ValidationError) as refus:
        operations.prolonger_les_bilans(ouverte, chargee, date(2025, 3, 2), "Erreur.")
    assert lisible(refus.value.message_dict["echeance"][0]).startswith("Cette date est passée")


def test_un_bilan_garde_son_echeance_si_elle_est_plus_lointaine(ouverte, chargee):
    def bilan(jour):
        annuelle = fabriques.ActionAnnuelleFactory(campagne=ouverte)
        return fabriques.BilanFactory(action_annuelle=annuelle, echeance_prolongee=jour)

    proche, lointain = bilan(date(2025, 7, 10)), bilan(date(2025, 12, 1))
    operations.prolonger_les_bilans(ouverte, chargee, date(2025, 9, 1))
    proche, lointain = (Bilan.objects.get(pk=b.pk) for b in (proche, lointain))
    assert (proche.echeance, proche.echeance_prolongee, proche.version) == (date(2025, 9, 1), None, 2)
    assert (lointain.echeance, lointain.version) == (date(2025, 12, 1), 1)
    assert proche.historique.first().history_user == chargee


@pytest.mark.parametrize("prevenir", [True, False])
def test_prolonger_previent_si_on_le_demande(ouverte, chargee, prevenir):
    annuelle = ouverte.actions.get()
    fabriques.BilanFactory(action_annuelle=annuelle)
    fini = fabriques.ActionAnnuelleFactory(campagne=ouverte)
    fabriques.representant_du_porteur(fini.action.porteur)
    fabriques.BilanFactory(action_annuelle=fini, transmis=True)
    operations.prolonger_les_bilans(ouverte, chargee, date(2025, 9, 1), prevenir=prevenir)
    ecrits = list(Courriel.objects.values_list("type", "porteur"))
    assert ecrits == ([("prolongation", annuelle.action.porteur.pk)] if prevenir else [])


# -- Settings --------------------------------------------------------------------------------------
def regler(campagne, utilisateur, **champs):
    return operations.regler_campagne(campagne, utilisateur, champs=champs, version=version_de(campagne))


def test_regler_ecrit_et_signe(campagne, chargee):
    regler(campagne, chargee, notice="Joignez les listes.", bilan_echeance=date(2025, 5, 15))
    campagne.refresh_from_db()
    assert (campagne.notice, campagne.bilan_echeance) == ("Joignez les listes.", date(2025, 5, 15))
    assert campagne.historique.first().history_user == chargee
    with rien_n_est_ecrit():
        regler(campagne, chargee, notice="Joignez les listes.")


def test_regler_ne_touche_pas_au_reste(campagne, chargee):
    regler(campagne, chargee, statut=Statut.ARCHIVEE, annee=2030, contact_nom="Claire Montrichard")
    campagne.refresh_from_db()
    assert (campagne.statut, campagne.annee) == (Statut.PROGRAMMEE, 2024)


def test_ouverts_l_echeance_ne_change_que_pour_tous(ouverte, chargee):
    regler(ouverte, chargee, bilan_echeance=date(2025, 8, 1), contact_nom="Claire Montrichard")
    ouverte.refresh_from_db()
    assert (ouverte.bilan_echeance, ouverte.contact_nom) == (ECHEANCE, "Claire Montrichard")


def test_une_ouverture_a_venir_se_corrige(ouverte, chargee):
    Campagne.objects.filter(pk=ouverte.pk).update(bilan_ouverture=date(2025, 4, 1))
    ouverte.refresh_from_db()
    regler(ouverte, chargee, bilan_ouverture=date(2025, 3, 10))
    ouverte.refresh_from_db()
    assert ouverte.bilan_ouverture == date(2025, 3, 10)
    with pytest.raises(ValidationError):
        regler(ouverte, chargee, bilan_ouverture=date(2025, 3, 1))


def test_une_echeance_avant_l_ouverture_est_refusee(campagne, chargee):
    with rien_n_est_ecrit(), pytest.raises(ValidationError) as refus:
        regler(campagne, chargee, bilan_ouverture=date(2025, 6, 1), bilan_echeance=date(2025, 5, 1))
    assert list(refus.value.message_dict) == ["bilan_echeance"]


def test_deux_personnes_sur_les_reglages(campagne, chargee):
    version = version_de(campagne)
    regler(campagne, chargee, notice="Première.")
    with rien_n_est_ecrit(), pytest.raises(VersionPerimee) as perimee:
        operations.regler_campagne(campagne, chargee, champs={"notice": "Seconde."}, version=version)
    assert perimee.value.actuel.notice == "Première."


GESTES = {
    "regler": lambda c, u: regler(c, u, notice="Autre."),
    "relances": lambda c, u: operations.regler_relances(c, u, [date(2025, 4, 1)]),
    "tranches": lambda c, u: operations.regler_tranches(c, u, [TrancheSaisie(None, "", 90, None)]),
    "ajouter_question": lambda c, u: operations.ajouter_question(c, u, question(libelle="Et après ?")),
    "modifier_question": lambda c, u: operations.modifier_question(
        c.questions.first(),
        u,
        question(libelle="Autrement ?"),
        version=version_de(c.questions.first()),
    ),
    "supprimer_question": lambda c, u: operations.supprimer_element(c.questions.first(), u),
    "deplacer": lambda c, u: operations.deplacer(c.questions.first(), u, 1),
    "ajouter_indicateur": lambda c, u: operations.ajouter_indicateur(c, u, indicateur()),
    "message": lambda c, u: operations.ecrire_modele(
        c, u, "relance", objet="Rappel", corps="Bonjour.", version=0
    ),
    "reprendre": lambda c, u: operations.reprendre_modele(c, u, "invitation"),
    "reprendre_les_demandes": lambda c, u: operations.reprendre_les_demandes(
        c, u, questions=[], indicateurs=[]
    ),
}


def question(**champs):
    defaut = {
        "libelle": "Qui a participé ?",
        "aide": "",
        "type": "texte",
        "choix": "",
        "unite": "",
        "obligatoire": False,
    }
    return defaut | champs


def indicateur(**champs):
    defaut = {
        "indicateur": None,
        "libelle": "Séances",
        "unite": "séances",
        "aide": "",
        "sexue": False,
        "obligatoire": False,
    }
    return defaut | champs


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("geste", GESTES)
def test_qui_regle_la_campagne(campagne, comptes, geste, role):
    fabriques.QuestionFactory.create_batch(2, campagne=campagne)
    ModeleMessage.objects.create(campagne=campagne, type="invitation", objet="A", corps="B")
    if role in DECIDENT:
        GESTES[geste](campagne, comptes[role])
    else:
        with rien_n_est_ecrit(), pytest.raises(PermissionDenied):
            GESTES[geste](campagne, comptes[role])


@pytest.mark.parametrize("geste", GESTES)
def test_une_annee_archivee_ne_change_plus(campagne, chargee, geste):
    fabriques.QuestionFactory.create_batch(2, campagne=campagne)
    ModeleMessage.objects.create(campagne=campagne, type="invitation", objet="A", corps="B")
    Campagne.objects.filter(pk=campagne.pk).update(statut=Statut.ARCHIVEE)
    with rien_n_est_ecrit(), pytest.raises(OperationRefusee) as refus:
        GESTES[geste](campagne, chargee)
    assert lisible(str(refus.value)) == "L'année 2024 est archivée : sa campagne ne change plus."


# -- Reminders -------------------------------------------------------------------------------------
def test_les_rappels_deviennent_ceux_qui_sont_voulus(campagne, chargee):
    for jour in (date(2025, 5, 1), date(2025, 6, 1)):
        fabriques.RelancePrevueFactory(campagne=campagne, date=jour)
    faite = fabriques.RelancePrevueFactory(
        campagne=campagne, date=date(2025, 2, 1), faite_le=fabriques.TRANSMIS_LE
    )
    operations.regler_relances(campagne, chargee, [date(2025, 6, 1), date(2025, 6, 15)])
    assert dates_prevues(campagne) == [faite.date, date(2025, 6, 1), date(2025, 6, 15)]
    dit = campagne.historique.first()
    assert (dit.history_user, dit.history_change_reason) == (
        chargee,
        "Rappels prévus – ajouté : 15 juin 2025, retiré : 1er mai 2025",
    )
    assert RelancePrevue.historique.filter(history_type="-").get().history_user == chargee


@pytest.mark.parametrize("jour", [date(2025, 3, 3), date(2025, 2, 1)])
def test_un_rappel_se_prevoit_pour_un_jour_a_venir(campagne, chargee, jour):
    with rien_n_est_ecrit(), pytest.raises(ValidationError):
        operations.regler_relances(campagne, chargee, [jour])


# -- Age bands -------------------------------------------------------------------------------------
def tranches(campagne):
    return list(campagne.tranches.order_by("ordre").values_list("libelle", "age_min", "age_max"))


@pytest.mark.parametrize(
    ("ages", "nom"),
    [
        ((6, 15), "6 à 15 ans"),
        ((16, 17), "16 et 17 ans"),
        ((18, 18), "18 ans"),
        ((65, None), "65 ans et plus"),
    ],
)
def test_le_libelle_se_deduit_des_ages(ages, nom):
    assert TrancheSaisie(None, "", *ages).nom == nom


def test_une_tranche_de_plus_se_range_a_sa_place(chargee, campagne):
    operations.regler_tranches(campagne, chargee, [TrancheSaisie(None, "", 10, 15)])
    assert [libelle for libelle, _, _ in tranches(campagne)] == [
        "0 à 5 ans",
        "6 à 15 ans",
        "10 à 15 ans",
        "16 à 17 ans",
        "18 à 25 ans",
        "26 à 64 ans",
        "65 ans et plus",
    ]
    assert campagne.historique.first().history_change_reason == "Tranches d'âge – ajoutée : 10 à 15 ans"


def test_retirer_et_renommer(chargee, campagne):
    petits, enfants = campagne.tranches.order_by("ordre")[:2]
    operations.regler_tranches(
        campagne,
        chargee,
        [
            TrancheSaisie(petits.pk, petits.libelle, 0, 5, retirer=True),
            TrancheSaisie(enfants.pk, "À l'école", 6, 15),
        ],
    )
    assert tranches(campagne)[0] == ("À l'école", 6, 15)
    assert campagne.tranches.count() == 5
    assert campagne.tranches.order_by("ordre").first().ordre == 1


def test_une_tranche_ou_des_personnes_sont_comptees_garde_ses_ages(chargee, campagne):
    tranche = campagne.tranches.order_by("ordre").first()
    bilan = fabriques.BilanFactory(action_annuelle=campagne.actions.get(), en_saisie=True)
    fabriques.EffectifFactory(bilan=bilan, tranche=tranche, sexe="F")
    assert operations.tranches_utilisees(campagne) == {tranche.pk}
    for saisie in (
        TrancheSaisie(tranche.pk, tranche.libelle, 0, 5, retirer=True),
        TrancheSaisie(tranche.pk, tranche.libelle, 0, 6),
    ):
        with rien_n_est_ecrit(), pytest.raises(ValidationError):
            operations.regler_tranches(campagne, chargee, [saisie])
    with pytest.raises(ProtectedError):
        tranche.delete()
    operations.regler_tranches(campagne, chargee, [TrancheSaisie(tranche.pk, "Petite enfance", 0, 5)])
    assert tranches(campagne)[0] == ("Petite enfance", 0, 5)


@pytest.mark.parametrize("saisie", [TrancheSaisie(None, "", 20, 10), TrancheSaisie(None, "Les mêmes", 0, 5)])
def test_une_tranche_impossible_n_ecrit_rien(chargee, campagne, saisie):
    with rien_n_est_ecrit(), pytest.raises(ValidationError):
        operations.regler_tranches(campagne, chargee, [saisie])


def test_un_nouveau_libelle_identique_n_ecrit_rien(chargee, campagne):
    lues = [TrancheSaisie(t.pk, t.libelle, t.age_min, t.age_max) for t in campagne.tranches.all()]
    with rien_n_est_ecrit():
        operations.regler_tranches(campagne, chargee, lues)


# -- Questions and indicators ----------------------------------------------------------------------
def test_les_questions_se_suivent(campagne, chargee):
    for libelle in ("Une", "Deux", "Trois"):
        operations.ajouter_question(campagne, chargee, question(libelle=libelle))
    deux = campagne.questions.get(libelle="Deux")
    operations.deplacer(deux, chargee, -1)
    assert list(campagne.questions.values_list("libelle", flat=True)) == ["Deux", "Une", "Trois"]
    # Already the first: nothing more above.
    with rien_n_est_ecrit():
        operations.deplacer(Question.objects.get(pk=deux.pk), chargee, -1)
    assert Question.historique.filter(id=deux.pk).first().history_user == chargee


def test_une_question_sans_reponse_se_supprime(campagne, chargee):
    posee = fabriques.QuestionFactory(campagne=campagne)
    operations.supprimer_element(posee, chargee)
    assert not campagne.questions.exists()
    assert Question.historique.first().history_user == chargee


def test_une_question_qui_a_des_reponses_reste(campagne, chargee):
    bilan = fabriques.BilanFactory(action_annuelle=campagne.actions.get(), en_saisie=True)
    posee = fabriques.ReponseQuestionFactory(bilan=bilan).question
    with rien_n_est_ecrit(), pytest.raises(OperationRefusee) as refus:
        operations.supprimer_element(posee, chargee)
    assert lisible(str(refus.value)) == (
        "1 bilan a déjà répondu à cette question : la suppression effacerait ces réponses. Vous pouvez changer ses "
        "mots, ou ne plus demander la réponse pour transmettre."
    )
    with rien_n_est_ecrit(), pytest.raises(ValidationError) as refuse:
        operations.modifier_question(posee, chargee, question(type="nombre"), version=version_de(posee))
    assert list(refuse.value.message_dict) == ["type"]
    operations.modifier_question(posee, chargee, question(libelle="Combien ?"), version=version_de(posee))
    assert campagne.questions.get().libelle == "Combien ?"


def test_un_choix_deja_donne_reste_dans_la_liste(campagne, chargee):
    posee = fabriques.QuestionFactory(campagne=campagne, type="choix", choix="Souvent\nParfois\nJamais")
    bilan = fabriques.BilanFactory(action_annuelle=campagne.actions.get(), en_saisie=True)
    fabriques.ReponseQuestionFactory(bilan=bilan, question=posee, texte="Parfois")
    version = version_de(posee)
    with rien_n_est_ecrit(), pytest.raises(ValidationError) as refus:
        operations.modifier_question(
            posee, chargee, question(type="choix", choix="Souvent\nJamais"), version=version
        )
    assert "« Parfois »" in lisible(refus.value.message_dict["choix"][0])
    operations.modifier_question(
        posee, chargee, question(type="choix", choix="Toujours\nParfois"), version=version
    )
    assert Question.objects.get(pk=posee.pk).choix_proposes == ["Toujours", "Parfois"]


def test_un_indicateur_qui_a_des_valeurs_garde_ce_qu_il_mesure(campagne, chargee):
    demande = operations.ajouter_indicateur(campagne, chargee, indicateur(sexue=True))
    bilan = fabriques.BilanFactory(action_annuelle=campagne.actions.get(), en_saisie=True)
    fabriques.ValeurIndicateurFactory(bilan=bilan, demande=demande, valeur_femmes=3, valeur_hommes=2)
    contrat = fabriques.IndicateurFactory(contrat=campagne.contrat)
    with rien_n_est_ecrit(), pytest.raises(ValidationError) as refus:
        operations.modifier_indicateur(
            demande,
            chargee,
            indicateur(indicateur=contrat, unite="heures", sexue=False),
            version=version_de(demande),
        )
    assert sorted(refus.value.message_dict) == ["indicateur", "sexue", "unite"]
    with pytest.raises(OperationRefusee):
        operations.supprimer_element(demande, chargee)
    operations.modifier_indicateur(
        demande, chargee, indicateur(libelle="Séances tenues", sexue=True), version=version_de(demande)
    )
    assert IndicateurDemande.objects.get().libelle == "Séances tenues"


def test_deux_personnes_sur_une_question(campagne, chargee):
    posee = fabriques.QuestionFactory(campagne=campagne)
    version = version_de(posee)
    operations.modifier_question(posee, chargee, question(libelle="Première"), version=version)
    with rien_n_est_ecrit(), pytest.raises(VersionPerimee):
        operations.modifier_question(posee, chargee, question(libelle="Seconde"), version=version)


# -- What was asked the year before ----------------------------------------------------------------
@pytest.fixture
def avant(campagne):
    """The year before, which asks two questions and two indicators; two years before, another one."""
    for annee in (2022, 2023):
        fabriques.CampagneFactory(contrat=campagne.contrat, annee=annee)
    ancienne, avant = Campagne.objects.filter(contrat=campagne.contrat, annee__lt=2024).order_by("annee")
    fabriques.QuestionFactory(campagne=ancienne, ordre=1, libelle="Plus demandée")
    fabriques.QuestionFactory(
        campagne=avant,
        ordre=7,
        libelle="Quel lieu ?",
        aide="Un seul.",
        type="choix",
        choix="Salle\nRue",
        obligatoire=True,
    )
    fabriques.QuestionFactory(campagne=avant, ordre=3, libelle="Qui a préparé ?")
    fabriques.IndicateurDemandeFactory(
        campagne=avant, ordre=1, libelle="Séances", unite="séances", aide="Tenues.", sexue=False
    )
    fabriques.IndicateurDemandeFactory(
        campagne=avant,
        ordre=2,
        libelle="Bénévoles",
        sexue=True,
        indicateur=fabriques.IndicateurFactory(contrat=campagne.contrat),
    )
    return avant


def tout(avant):
    return {
        "questions": list(avant.questions.values_list("pk", flat=True)),
        "indicateurs": list(avant.indicateurs_demandes.values_list("pk", flat=True)),
    }


def memes(modele, noms, campagne):
    return list(modele.objects.filter(campagne=campagne).order_by("ordre").values_list(*noms))


def test_reprendre_garde_les_mots_l_ordre_et_les_choix(campagne, chargee, avant):
    assert operations.lire_reprise(campagne).annee == 2023
    assert operations.reprendre_les_demandes(campagne, chargee, **tout(avant)) == 4
    for modele, noms in (
        (Question, operations.CHAMPS_QUESTION),
        (IndicateurDemande, operations.CHAMPS_INDICATEUR),
    ):
        assert memes(modele, noms, campagne) == memes(modele, noms, avant)
        assert len(memes(modele, noms, campagne)) == 2
    assert [q.libelle for q in campagne.questions.order_by("ordre")] == ["Qui a préparé ?", "Quel lieu ?"]
    reprise = campagne.questions.first()
    assert reprise.historique.get().history_user == chargee


def test_reprendre_deux_fois_n_ajoute_rien(campagne, chargee, avant):
    voulu = tout(avant)
    operations.reprendre_les_demandes(campagne, chargee, **voulu)
    with rien_n_est_ecrit():
        assert operations.reprendre_les_demandes(campagne, chargee, **voulu) == 0
    assert not operations.lire_reprise(campagne)


def test_reprendre_laisse_ce_qui_est_deja_demande(campagne, chargee, avant):
    fabriques.QuestionFactory(campagne=campagne, ordre=1, libelle="  QUEL LIEU ? ")
    autre_nom = fabriques.IndicateurDemandeFactory(
        campagne=campagne,
        ordre=1,
        libelle="Personnes bénévoles",
        indicateur=avant.indicateurs_demandes.get(libelle="Bénévoles").indicateur,
    )
    reprise = operations.lire_reprise(campagne)
    assert ([q.libelle for q in reprise.questions], reprise.deja) == (["Qui a préparé ?"], 2)
    assert operations.reprendre_les_demandes(campagne, chargee, **tout(avant)) == 2
    assert [d.libelle for d in campagne.indicateurs_demandes.order_by("ordre")] == [
        autre_nom.libelle,
        "Séances",
    ]
    assert campagne.questions.count() == 2


def test_ne_reprendre_que_ce_qui_est_voulu_et_jamais_d_ailleurs(campagne, chargee, avant):
    ailleurs = fabriques.QuestionFactory()
    [voulue] = avant.questions.filter(libelle="Qui a préparé ?")
    operations.reprendre_les_demandes(campagne, chargee, questions=[voulue.pk, ailleurs.pk], indicateurs=[])
    assert [q.libelle for q in campagne.questions.all()] == ["Qui a préparé ?"]
    assert campagne.indicateurs_demandes.count() == 0


def test_rien_a_reprendre_sans_annee_precedente(campagne, chargee):
    fabriques.QuestionFactory(campagne__contrat=campagne.contrat, campagne__annee=2025)
    fabriques.QuestionFactory(campagne__annee=2023)
    assert operations.lire_reprise(campagne) is None
    assert operations.reprendre_les_demandes(campagne, chargee, questions=[1], indicateurs=[1]) == 0


# -- Messages --------------------------------------------------------------------------------------
def ecrire(campagne, utilisateur, objet="Rappel : {attendus}", corps="Bonjour {nom},", version=0):
    return operations.ecrire_modele(
        campagne, utilisateur, "relance", objet=objet, corps=corps, version=version
    )


def test_ecrire_puis_reprendre_un_message(campagne, chargee):
    modele = ecrire(campagne, chargee)
    assert (modele.objet, modele.historique.first().history_user) == ("Rappel : {attendus}", chargee)
    with pytest.raises(VersionPerimee):
        ecrire(campagne, chargee, objet="Autre")
    ecrire(campagne, chargee, objet="Autre", version=version_de(modele))
    assert campagne.modeles.get().objet == "Autre"
    operations.reprendre_modele(campagne, chargee, "relance")
    assert not campagne.modeles.exists()


def test_les_mots_proposes_ne_font_pas_de_modele(campagne, chargee):
    propose = MODELES["relance"]
    assert ecrire(campagne, chargee, propose.objet, propose.corps) is None
    modele = ecrire(campagne, chargee)
    assert ecrire(campagne, chargee, propose.objet, propose.corps, version=version_de(modele)) is None
    assert not campagne.modeles.exists()


@pytest.mark.parametrize(
    ("objet", "corps", "champ"),
    [
        ("Rappel {porteurs}", "Bonjour.", "objet"),
        ("Rappel", "Bonjour {Nom},", "corps"),
        ("Rappel", "Voici {action}.", "corps"),
        ("Rappel", "Une accolade } seule.", "corps"),
    ],
)
def test_un_mot_que_pilotis_ne_remplace_pas_est_refuse(campagne, chargee, objet, corps, champ):
    with rien_n_est_ecrit(), pytest.raises(ValidationError) as refus:
        ecrire(campagne, chargee, objet, corps)
    assert list(refus.value.message_dict) == [champ]


@pytest.mark.parametrize("type_", ModeleMessage.Type.values)
def test_les_mots_proposes_sont_tous_connus(type_):
    propose = MODELES[type_]
    assert operations.faute_de_variable(type_, propose.objet + propose.corps) == ""
