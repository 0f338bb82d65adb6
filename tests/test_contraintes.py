"""The database refuses every impossible row, and says why in French: one row at least for each constraint."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from simple_history.models import HistoricalChanges

from actions.models import ActionTerritoire
from contrats.models import AccesContrat, PhaseContrat
from financements.models import AccesFinanceur, LecturePossible, MontantLu, RegleVersement, Reversement
from porteurs.models import AccesPorteur, PartieConvention
from tests import fabriques as f

pytestmark = pytest.mark.django_db

PIECES = ("contrats", "porteurs", "actions", "financements")
JANVIER, FEVRIER = date(2024, 1, 1), date(2024, 2, 1)
NEGATIF = Decimal("-0.01")
Fabrique = Callable[[], Any]


def change(fabrique: Any, **champs: Any) -> Fabrique:
    """Return what makes a valid row, saves it, then gives it other values."""

    def faire() -> Any:
        objet = fabrique()
        for nom, valeur in champs.items():
            setattr(objet, nom, valeur() if callable(valeur) else valeur)
        return objet

    return faire


def double(fabrique: Any, *champs: str, **communs: Any) -> Fabrique:
    """Return what makes two valid rows, then gives the second the values of the first in `champs`."""

    def faire() -> Any:
        valeurs = {nom: valeur() if callable(valeur) else valeur for nom, valeur in communs.items()}
        premier, second = fabrique(**valeurs), fabrique(**valeurs)
        for nom in champs:
            setattr(second, nom, getattr(premier, nom))
        return second

    return faire


def deuxieme_phase() -> Any:
    contrat = f.ContratFactory()
    PhaseContrat.objects.create(contrat=contrat, numero=1, date_debut=JANVIER, date_fin=FEVRIER)
    return PhaseContrat(contrat=contrat, numero=1, date_debut=FEVRIER, date_fin=date(2025, 1, 1))


def phase_a_l_envers() -> Any:
    return PhaseContrat(contrat=f.ContratFactory(), numero=1, date_debut=FEVRIER, date_fin=JANVIER)


def deuxieme_partie() -> Any:
    convention = f.ConventionFactory()
    PartieConvention.objects.create(convention=convention, ordre=1, nom="La Ville")
    return PartieConvention(convention=convention, ordre=1, nom="L'association")


def echeance_d_un_evenement() -> Any:
    return f.EcheanceFactory(obligation=f.ObligationFactory(), evenement=f.EvenementConventionFactory())


def elle_meme() -> Any:
    porteur = f.PorteurFactory()
    porteur.parent = porteur
    return porteur


def deuxieme_acces(modele: Any, accorder: Any, champ: str, fabrique: Any, **role: Any) -> Fabrique:
    def faire() -> Any:
        objet = fabrique()
        return modele(utilisateur=accorder(objet), **{champ: objet}, **role)

    return faire


def territoire_d_action(part: Any = None, deux_fois: bool = True) -> Fabrique:
    def faire() -> Any:
        campagne = f.CampagneFactory()
        territoire = f.TerritoireFactory(contrat=campagne.contrat)
        annuelle = f.ActionAnnuelleFactory(campagne=campagne, territoires=[territoire] if deux_fois else [])
        return ActionTerritoire(action_annuelle=annuelle, territoire=territoire, part=part)

    return faire


def regle(rang: int = 1, denominateur: int = 2) -> Fabrique:
    def faire() -> Any:
        convention = f.ConventionFactory()
        commun = {"convention": convention, "type": "acompte", "mois": 2, "base": "n"}
        RegleVersement.objects.create(rang=1, libelle="Premier acompte", **commun)
        return RegleVersement(rang=rang, denominateur=denominateur, libelle="Second acompte", **commun)

    return faire


def regle_du_financeur(convention: bool = False) -> Fabrique:
    def faire() -> Any:
        regle = f.RegleVersementFactory(convention=None, financeur=f.FinanceurFactory())
        if not convention:
            return f.RegleVersementFactory.build(convention=None, financeur=regle.financeur, rang=regle.rang)
        regle.convention = f.ConventionFactory(contrat=regle.financeur.contrat)
        return regle

    return faire


def deuxieme_versement_de_la_regle(convention: bool) -> Fabrique:
    def faire() -> Any:
        if convention:
            paye = {"convention": f.ConventionFactory(), "ligne": None, "annee": 2024}
        else:
            paye = {"ligne": f.LigneFinancementFactory()}
        premier = f.VersementFactory(regle=f.RegleVersementFactory(), **paye)
        return f.VersementFactory.build(regle=premier.regle, **paye)

    return faire


def condition_deja_demandee() -> Any:
    condition = f.ConditionVersementFactory()
    return f.ConditionVersementFactory.build(versement=condition.versement, libelle=condition.libelle)


def reversement(**champs: Any) -> Fabrique:
    valeurs = {"motif": "Action non réalisée", "montant": Decimal(500), **champs}
    return lambda: Reversement(versement=f.VersementFactory(verse=True), **valeurs)


def deuxieme_lecture() -> Any:
    return LecturePossible(ambiguite=f.AmbiguiteFactory(), ordre=1)


def montant_lu(deja_lu: bool, montant: Decimal) -> Fabrique:
    def faire() -> Any:
        lecture = f.AmbiguiteFactory().lectures.get(ordre=1)
        contrat = lecture.ambiguite.action_annuelle.campagne.contrat
        financeur = lecture.montants.get().financeur if deja_lu else f.FinanceurFactory(contrat=contrat)
        return MontantLu(lecture=lecture, financeur=financeur, montant=montant)

    return faire


LOGO: dict[str, Any] = {
    "logo": "collectivites/1/a",
    "logo_empreinte": "a" * 64,
    "logo_largeur": 10,
    "logo_hauteur": 10,
    "logo_description": "Un pont",
}

IMPOSSIBLES: dict[str, list[Fabrique]] = {
    # contrats
    "epci_logo_decrit": [
        change(f.EpciFactory, **{**LOGO, champ: vide})
        for champ, vide in (("logo_description", ""), ("logo_empreinte", ""), ("logo_hauteur", 0))
    ],
    "contrat_dates_ordonnees": [change(f.ContratFactory, date_fin=date(2024, 1, 1))],
    "phase_numero_unique": [deuxieme_phase],
    "phase_dates_ordonnees": [phase_a_l_envers],
    "territoire_nom_unique": [double(f.TerritoireFactory, "contrat", "nom")],
    "territoire_code_unique": [double(f.TerritoireFactory, "contrat", code="QN03901M")],
    "territoire_code_selon_generation": [
        change(f.TerritoireFactory, code="QP039001"),
        change(lambda: f.TerritoireFactory(qpv_2015=True), code="QN03901M"),
        change(lambda: f.TerritoireFactory(vecu=True), code="QN03901M"),
    ],
    "territoire_generation_qpv": [change(f.TerritoireFactory, type="quartier_vecu")],
    "alias_territoire_unique": [
        double(f.AliasTerritoireFactory, "contrat", "libelle", "libelle_normalise"),
    ],
    "axe_code_unique": [double(f.AxeFactory, "contrat", "code")],
    "axe_niveau_selon_parent": [
        change(f.AxeFactory, niveau=2),
        change(lambda: f.AxeFactory(parent=f.AxeFactory()), niveau=1),
        change(lambda: f.AxeFactory(parent=f.AxeFactory()), niveau=4),
    ],
    "objectif_ordre_unique": [double(f.ObjectifFactory, "axe", "ordre")],
    "levier_ordre_unique": [double(f.LevierFactory, "axe", "ordre")],
    "partenaire_unique": [double(f.PartenaireFactory, "contrat", "nom", "recherche")],
    "partenaire_associe_ordre_unique": [double(f.PartenaireAssocieFactory, "axe", "ordre")],
    "indicateur_code_unique": [double(f.IndicateurFactory, "contrat", "code")],
    "critere_ordre_unique": [double(f.CritereFactory, "axe", "ordre")],
    "statistique_ordre_unique": [double(f.StatistiqueFactory, "contrat", "ordre")],
    "valeur_statistique_unique": [double(f.ValeurStatistiqueFactory, "statistique")],
    "instance_nom_unique": [double(f.InstanceFactory, "contrat", "nom")],
    "seance_unique": [double(f.SeanceFactory, "instance")],
    "acces_contrat_unique": [
        deuxieme_acces(AccesContrat, f.chargee_de_mission, "contrat", f.ContratFactory, role="copil")
    ],
    "membre_instance_unique": [double(f.MembreInstanceFactory, "instance_siegee", "utilisateur")],
    # porteurs
    "porteur_nom_unique": [double(f.PorteurFactory, "epci", "nom", "nom_normalise")],
    "porteur_siret_unique": [double(f.PorteurFactory, "epci", siret="21390198600017")],
    "porteur_pas_son_parent": [elle_meme],
    "alias_porteur_unique": [double(f.AliasPorteurFactory, "epci", "libelle", "libelle_normalise")],
    "representant_legal_unique": [double(f.RepresentantFactory, "porteur", legal=True)],
    "representant_dates_ordonnees": [change(f.RepresentantFactory, date_debut=FEVRIER, date_fin=JANVIER)],
    "agrement_dates_ordonnees": [change(f.AgrementFactory, date_debut=FEVRIER, date_fin=JANVIER)],
    "moyen_humain_unique": [double(f.MoyenHumainFactory, "porteur")],
    "moyen_humain_etp_positifs": [
        change(f.MoyenHumainFactory, etp_permanents=NEGATIF),
        change(f.MoyenHumainFactory, etp_non_permanents=NEGATIF),
    ],
    "convention_dates_ordonnees": [change(f.ConventionFactory, date_fin=date(2024, 1, 1))],
    "convention_montant_positif": [change(f.ConventionFactory, montant_total=NEGATIF)],
    "convention_signee_datee": [change(f.ConventionFactory, statut="signee")],
    "partie_ordre_unique": [deuxieme_partie],
    "obligation_code_unique": [double(f.ObligationFactory, "convention", "code")],
    "echeance_unique": [double(f.EcheanceFactory, "convention", "libelle")],
    "echeance_evenement_unique": [
        double(echeance_d_un_evenement, "obligation", "evenement"),
    ],
    "echeance_faite_ou_sans_objet": [
        change(f.EcheanceFactory, faite_le=JANVIER, sans_objet="La structure est dissoute.")
    ],
    "axe_convention_ordre_unique": [double(f.AxeConventionFactory, "convention", "ordre")],
    "avenant_numero_unique": [double(f.AvenantFactory, "convention", "numero")],
    "evenement_convention_unique": [double(f.EvenementConventionFactory, "convention", "date")],
    "convention_resiliee_motivee": [
        change(f.ConventionFactory, statut="resiliee", date_signature=JANVIER),
        change(f.ConventionFactory, statut="resiliee", date_signature=JANVIER, date_resiliation=FEVRIER),
    ],
    "acces_porteur_unique": [
        deuxieme_acces(AccesPorteur, f.representant_du_porteur, "porteur", f.PorteurFactory)
    ],
    "invitation_unique": [double(f.InvitationFactory, "porteur", "email")],
    "invitation_email_minuscule": [change(f.InvitationFactory, email="Claire@exemple.fr")],
    "invitation_retrait_signe": [
        change(f.InvitationFactory, retiree_le=timezone.now),
        change(f.InvitationFactory, retiree_par=f.UtilisateurFactory),
    ],
    # actions
    "campagne_unique": [double(f.CampagneFactory, "contrat")],
    "campagne_annee_plausible": [
        change(f.CampagneFactory, annee=2013),
        change(f.CampagneFactory, annee=2101),
    ],
    "campagne_appel_ordonne": [change(f.CampagneFactory, ouverture=FEVRIER, cloture=JANVIER)],
    "campagne_bilans_ordonnes": [change(f.CampagneFactory, bilan_ouverture=date(2025, 7, 1))],
    "campagne_bilans_dates": [
        change(f.CampagneFactory, bilan_echeance=None),
        change(f.CampagneFactory, bilan_echeance=None, statut="bilans_clos"),
    ],
    "question_ordre_unique": [double(f.QuestionFactory, "campagne", "ordre")],
    "question_choix_donnes": [change(f.QuestionFactory, type="choix")],
    "indicateur_demande_ordre_unique": [double(f.IndicateurDemandeFactory, "campagne", "ordre")],
    "indicateur_demande_unique": [
        double(f.IndicateurDemandeFactory, "campagne", "indicateur", indicateur=f.IndicateurFactory)
    ],
    "modele_message_unique": [double(f.ModeleMessageFactory, "campagne", type="relance")],
    "modele_message_non_vide": [
        change(f.ModeleMessageFactory, objet=""),
        change(f.ModeleMessageFactory, corps=""),
    ],
    "relance_prevue_unique": [double(f.RelancePrevueFactory, "campagne")],
    "evenement_reouverture_motivee": [change(f.EvenementCampagneFactory, type="reouverture")],
    "evenement_desarchivage_motive": [change(f.EvenementCampagneFactory, type="desarchivage")],
    "evenement_prolongation_datee": [change(f.EvenementCampagneFactory, type="prolongation")],
    "tranche_ordre_unique": [double(f.TrancheAgeFactory, "campagne", "ordre")],
    "tranche_ages_ordonnes": [change(f.TrancheAgeFactory, age_max=25)],
    "action_unique": [double(f.ActionFactory, "contrat", "porteur", "intitule", "intitule_normalise")],
    "action_annuelle_unique": [double(f.ActionAnnuelleFactory, "action", "campagne")],
    "action_annuelle_dispositif_unique": [
        double(f.ActionAnnuelleFactory, "action", "campagne", dispositif=f.DispositifFactory)
    ],
    "action_annuelle_dates_ordonnees": [
        change(f.ActionAnnuelleFactory, date_debut=FEVRIER, date_fin=JANVIER)
    ],
    "action_annuelle_motif": [
        change(f.ActionAnnuelleFactory, statut=statut)
        for statut in ("non_recevable", "refusee", "ajournee", "reportee", "abandonnee")
    ],
    "action_annuelle_report": [change(f.ActionAnnuelleFactory, reportee_vers=f.ActionAnnuelleFactory)],
    "reglages_controles_positifs": [
        *(
            change(f.ReglagesControlesFactory, **{champ: NEGATIF})
            for champ in ("tolerance_part", "tolerance_montant", "seuil_convention", "plafond_etat")
        ),
        change(f.ReglagesControlesFactory, plafond_etat=Decimal(101)),
        change(f.ReglagesControlesFactory, part_couverture=101),
        change(f.ReglagesControlesFactory, ecart_budget_euros=NEGATIF),
    ],
    "action_territoire_unique": [territoire_d_action()],
    "action_territoire_part": [
        territoire_d_action(part=Decimal(part), deux_fois=False) for part in ("0", "-1", "100.01")
    ],
    "volet_ordre_unique": [double(f.VoletFactory, "action_annuelle", "ordre")],
    "indicateur_action_ordre_unique": [double(f.IndicateurActionFactory, "action_annuelle", "ordre")],
    # financements
    "financeur_sigle_unique": [double(f.FinanceurFactory, "contrat", "sigle")],
    "enveloppe_unique": [double(f.EnveloppeFactory, "financeur", "campagne")],
    "enveloppe_dispositif_unique": [
        double(f.EnveloppeFactory, "financeur", "campagne", dispositif=f.DispositifFactory)
    ],
    "enveloppe_montant_positif": [change(f.EnveloppeFactory, montant=NEGATIF)],
    "ligne_financement_unique": [double(f.LigneFinancementFactory, "action_annuelle", "financeur")],
    "ligne_montants_positifs": [
        change(f.LigneFinancementFactory, **{f"montant_{etat}": NEGATIF})
        for etat in ("demande", "propose", "accorde", "notifie")
    ],
    "avis_financeur_unique": [double(f.AvisFinanceurFactory, "action_annuelle", "financeur")],
    "avis_financeur_motive": [
        change(f.AvisFinanceurFactory, sens=sens) for sens in ("reserve", "defavorable", "ajourne")
    ],
    "scenario_nom_unique": [double(f.ScenarioFactory, "campagne", "nom")],
    "scenario_adopte_date": [change(f.ScenarioFactory, statut="adopte")],
    "montant_scenario_unique": [
        double(f.MontantScenarioFactory, "scenario", "action_annuelle", "financeur", "nature_credit")
    ],
    "montant_scenario_positif": [
        change(f.MontantScenarioFactory, montant=NEGATIF),
        change(f.MontantScenarioFactory, depart=NEGATIF),
    ],
    "montant_convention_unique": [double(f.MontantConventionFactory, "convention", "annee", "financeur")],
    "montant_convention_annee_unique": [
        double(f.MontantConventionFactory, "convention", "annee", "financeur", financeur=None)
    ],
    "montant_convention_vote_date": [change(f.MontantConventionFactory, montant_vote=Decimal(1000))],
    "montant_convention_positif": [
        change(f.MontantConventionFactory, montant_prevu=NEGATIF),
        change(f.MontantConventionFactory, montant_vote=NEGATIF, vote_le=JANVIER),
    ],
    "regle_versement_rang_unique": [regle(rang=1)],
    "regle_versement_fraction": [regle(rang=2, denominateur=0)],
    "regle_versement_financeur_rang_unique": [regle_du_financeur()],
    "regle_versement_d_une_convention_ou_d_un_financeur": [
        change(f.RegleVersementFactory, convention=None),
        regle_du_financeur(convention=True),
    ],
    "versement_convention_annee": [
        change(f.VersementFactory, ligne=None, convention=f.ConventionFactory, annee=None),
    ],
    "versement_regle_ligne_unique": [deuxieme_versement_de_la_regle(convention=False)],
    "versement_regle_convention_unique": [deuxieme_versement_de_la_regle(convention=True)],
    "condition_versement_unique": [condition_deja_demandee],
    "versement_d_une_ligne_ou_convention": [
        change(f.VersementFactory, ligne=None),
        change(f.VersementFactory, convention=f.ConventionFactory, annee=2024),
    ],
    "versement_verse_complet": [
        change(f.VersementFactory, statut="verse"),
        change(f.VersementFactory, statut="verse", date_versement=JANVIER),
        change(f.VersementFactory, statut="verse", montant_verse=Decimal(1500)),
    ],
    "versement_suspendu_motive": [change(f.VersementFactory, statut="suspendu")],
    "versement_montants_positifs": [
        change(f.VersementFactory, montant_prevu=NEGATIF),
        change(f.VersementFactory, montant_verse=NEGATIF),
    ],
    "reversement_montant_positif": [reversement(montant=NEGATIF)],
    "reversement_motive": [reversement(motif="")],
    "budget_unique": [double(f.BudgetFactory, "action_annuelle")],
    "budget_total_positif": [change(f.BudgetFactory, total_annonce=NEGATIF)],
    "ligne_budget_montant_positif": [change(f.LigneBudgetFactory, montant=NEGATIF)],
    "explication_ecart_unique": [double(f.ExplicationEcartFactory, "budget", "compte")],
    "total_controle_ordre_unique": [double(f.TotalControleFactory, "campagne", "ordre")],
    "ambiguite_tranchee_complete": [
        change(f.AmbiguiteFactory, tranchee_le=timezone.now),
        change(f.AmbiguiteFactory, tranchee_par=f.UtilisateurFactory),
        change(f.AmbiguiteFactory, tranchee_le=timezone.now, tranchee_par=f.UtilisateurFactory),
    ],
    "lecture_ordre_unique": [deuxieme_lecture],
    "montant_lu_unique": [montant_lu(deja_lu=True, montant=Decimal(5))],
    "montant_lu_positif": [montant_lu(deja_lu=False, montant=NEGATIF)],
    "acces_financeur_unique": [
        deuxieme_acces(AccesFinanceur, f.representant_du_financeur, "financeur", f.FinanceurFactory)
    ],
}
CONTRAINTES: dict[str, models.BaseConstraint] = {
    contrainte.name: contrainte
    for piece in PIECES
    for modele in apps.get_app_config(piece).get_models()
    if not issubclass(modele, HistoricalChanges)
    for contrainte in modele._meta.constraints
}


def test_chaque_contrainte_a_sa_ligne_impossible():
    assert set(IMPOSSIBLES) == set(CONTRAINTES)


@pytest.mark.parametrize(
    ("nom", "fabrique"),
    [
        pytest.param(nom, fabrique, id=f"{nom}-{rang}")
        for nom, fabriques in IMPOSSIBLES.items()
        for rang, fabrique in enumerate(fabriques, 1)
    ],
)
def test_une_ligne_impossible_est_refusee_avec_sa_phrase(nom, fabrique):
    objet = fabrique()
    phrase = CONTRAINTES[nom].violation_error_message
    assert phrase.endswith(".")
    with pytest.raises(ValidationError) as refus:
        objet.validate_constraints()
    # Its sentence and no other: the row breaks this constraint alone.
    assert refus.value.messages == [phrase]
    with pytest.raises(IntegrityError), transaction.atomic():
        objet.save()


def test_ce_qui_ressemble_a_un_doublon_sans_en_etre_un_est_accepte():
    porteur = f.PorteurFactory()
    f.PorteurFactory(nom=porteur.nom)
    f.RepresentantFactory(porteur=porteur, legal=True, date_fin=FEVRIER)
    f.RepresentantFactory(porteur=porteur, legal=True)
    f.RepresentantFactory(porteur=porteur)
    annuelle = f.ActionAnnuelleFactory()
    f.ActionAnnuelleFactory(
        action=annuelle.action, campagne=annuelle.campagne, dispositif=f.DispositifFactory()
    )
    ligne = f.LigneFinancementFactory(action_annuelle=annuelle)
    f.LigneFinancementFactory(
        action_annuelle=annuelle, financeur=ligne.financeur, nature_credit="droit_commun"
    )
    f.TerritoireFactory(contrat=annuelle.campagne.contrat, code="")
    f.TerritoireFactory(contrat=annuelle.campagne.contrat, code="")
