"""What changes a convention: its deadlines follow, what is done stays, a termination says why."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from comptes.versions import VersionPerimee, version_de
from porteurs.models import Convention, Echeance, EvenementConvention, Obligation
from porteurs.operations_conventions import (
    Calcul,
    ajouter_echeance,
    calculer_echeances,
    creer_convention,
    demander,
    deplacer_echeance,
    dire_sans_objet,
    dupliquer_convention,
    enregistrer_element,
    fin_du_preavis,
    modifier_convention,
    resilier_convention,
    rouvrir_echeance,
    supprimer_echeance,
    supprimer_element,
    tenir_echeance,
)
from tests import fabriques

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("aujourd_hui")]
AUJOURD_HUI = date(2026, 11, 20)


@pytest.fixture
def aujourd_hui(time_machine):
    time_machine.move_to("2026-11-20 10:00:00+00:00", tick=False)


@pytest.fixture
def convention():
    return fabriques.ConventionFactory(date_debut=date(2026, 1, 1), date_fin=date(2028, 12, 31))


@pytest.fixture
def auteur(convention):
    return fabriques.chargee_de_mission(convention.contrat)


def annuelle(convention, **champs):
    valeurs = {"recurrence": "annuelle", "jour": 15, "mois": 7, "titre": "Comptes annuels"}
    return fabriques.ObligationFactory(convention=convention, **{**valeurs, **champs})


def dates(convention, **filtre):
    return [e.date for e in convention.echeances.filter(**filtre).order_by("date")]


def commission(convention, jour=date(2026, 12, 8), **champs):
    return EvenementConvention(convention=convention, type="commission", date=jour, **champs)


# -- Deadlines -------------------------------------------------------------------------------------
def test_calculer_ecrit_les_dates_et_leur_rappel(auteur, convention):
    annuelle(convention, rappel_jours=30)
    assert calculer_echeances(auteur, convention) == Calcul(crees=3)
    assert dates(convention) == [date(annee, 7, 15) for annee in (2026, 2027, 2028)]
    premiere = convention.echeances.get(date=date(2026, 7, 15))
    assert premiere.rappel_le == date(2026, 6, 15)
    assert premiere.historique.get().history_user == auteur
    assert calculer_echeances(auteur, convention) == Calcul()


def test_une_regle_changee_deplace_ce_qui_n_est_pas_fait(auteur, convention):
    regle = annuelle(convention)
    calculer_echeances(auteur, convention)
    tenir_echeance(auteur, convention.echeances.get(annee=2026), date(2026, 7, 10))
    Echeance.objects.filter(annee=2027).update(rappelee_le="2026-11-01 08:00:00+00:00")
    regle.jour, regle.mois = 30, 6
    enregistrer_element(auteur, convention, regle, version=version_de(regle))
    assert calculer_echeances(auteur, convention) == Calcul(deplacees=2)
    assert dates(convention) == [date(2026, 7, 15), date(2027, 6, 30), date(2028, 6, 30)]
    # A new day has a new reminder.
    assert convention.echeances.get(annee=2027).rappelee_le is None


def test_la_commission_datee_donne_son_echeance_deplacee_elle_la_deplace(auteur, convention):
    fabriques.ObligationFactory(convention=convention, evenement="commission", delai_jours=-15)
    reunion = commission(convention)
    assert enregistrer_element(auteur, convention, reunion) == Calcul(crees=1)
    assert dates(convention) == [date(2026, 11, 23)]
    reunion.date = date(2026, 12, 15)
    assert enregistrer_element(auteur, convention, reunion, version=1) == Calcul(deplacees=1)
    assert dates(convention) == [date(2026, 11, 30)]
    tenir_echeance(auteur, convention.echeances.get(), AUJOURD_HUI)
    reunion.date = date(2026, 12, 22)
    assert enregistrer_element(auteur, convention, reunion, version=2) == Calcul()
    assert dates(convention) == [date(2026, 11, 30)]


def test_le_compte_rendu_transmis_ouvre_le_delai_de_reponse(auteur, convention):
    fabriques.ObligationFactory(convention=convention, evenement="compte_rendu", delai_jours=15)
    reunion = commission(convention, date(2026, 11, 3))
    assert enregistrer_element(auteur, convention, reunion) == Calcul()
    reunion.compte_rendu_envoye_le = date(2026, 11, 10)
    assert enregistrer_element(auteur, convention, reunion, version=1) == Calcul(crees=1)
    assert dates(convention) == [date(2026, 11, 25)]


@pytest.mark.parametrize("faite_le", [None, date(2026, 7, 10)])
def test_une_echeance_tapee_a_la_main_prend_la_place_de_celle_de_la_regle(auteur, convention, faite_le):
    regle = annuelle(convention)
    champs = {"libelle": "Comptes annuels (2026)", "date": date(2026, 7, 15)}
    tapee = ajouter_echeance(auteur, Echeance(convention=convention, **champs))
    Echeance.objects.filter(pk=tapee.pk).update(faite_le=faite_le)
    assert calculer_echeances(auteur, convention) == Calcul(crees=2)
    adoptee = convention.echeances.get(annee=2026)
    assert (adoptee.pk, adoptee.obligation, adoptee.faite_le) == (tapee.pk, regle, faite_le)
    assert calculer_echeances(auteur, convention) == Calcul()
    assert convention.echeances.count() == 3


def test_une_echeance_deplacee_sur_une_autre_s_y_fond(auteur, convention):
    regle = annuelle(convention)
    calculer_echeances(auteur, convention)
    champs = {"libelle": "Comptes annuels (2027)", "date": date(2027, 6, 30)}
    tapee = ajouter_echeance(auteur, Echeance(convention=convention, **champs))
    regle.jour, regle.mois = 30, 6
    enregistrer_element(auteur, convention, regle, version=version_de(regle))
    assert calculer_echeances(auteur, convention) == Calcul(deplacees=2, retirees=1)
    assert dates(convention) == [date(annee, 6, 30) for annee in (2026, 2027, 2028)]
    assert convention.echeances.get(annee=2027).pk == tapee.pk


def test_la_commission_notee_de_nouveau_retrouve_son_echeance_tenue(auteur, convention):
    fabriques.ObligationFactory(convention=convention, evenement="commission", delai_jours=-15)
    reunion = commission(convention)
    enregistrer_element(auteur, convention, reunion)
    tenue = tenir_echeance(auteur, convention.echeances.get(), AUJOURD_HUI)
    supprimer_element(auteur, convention, reunion, version=version_de(reunion))
    nouvelle = commission(convention)
    assert enregistrer_element(auteur, convention, nouvelle) == Calcul()
    retrouvee = convention.echeances.get()
    assert (retrouvee.pk, retrouvee.evenement, retrouvee.faite_le) == (tenue.pk, nouvelle, AUJOURD_HUI)


def test_les_memes_mots_d_une_autre_obligation_se_distinguent_par_l_article(auteur, convention):
    autre = fabriques.ObligationFactory(
        convention=convention, titre="Renommée depuis", recurrence="permanente"
    )
    champs = {"libelle": "Comptes annuels (2026)", "date": date(2026, 7, 15), "faite_le": date(2026, 7, 1)}
    fabriques.EcheanceFactory(convention=convention, obligation=autre, **champs)
    regle = annuelle(convention, code="6.3")
    assert calculer_echeances(auteur, convention) == Calcul(crees=3)
    assert regle.echeances.get(annee=2026).libelle == "Comptes annuels (2026) (article 6.3)"
    assert calculer_echeances(auteur, convention) == Calcul()


def test_un_evenement_retire_emmene_ce_qui_n_est_pas_fait(auteur, convention):
    fabriques.ObligationFactory(convention=convention, evenement="commission", delai_jours=-15)
    regle = fabriques.ObligationFactory(convention=convention, evenement="commission", delai_jours=0)
    reunion = commission(convention, date(2026, 11, 10))
    enregistrer_element(auteur, convention, reunion)
    faite = convention.echeances.get(obligation=regle)
    tenir_echeance(auteur, faite, AUJOURD_HUI)
    assert supprimer_element(auteur, convention, reunion, version=1) == Calcul(retirees=1)
    assert [(e.pk, e.evenement_id) for e in convention.echeances.all()] == [(faite.pk, None)]


def test_un_evenement_ne_calcule_pas_le_reste(auteur, convention):
    annuelle(convention)
    assert enregistrer_element(auteur, convention, commission(convention)) == Calcul()


def test_un_avenant_signe_prolonge_les_echeances(auteur, convention):
    annuelle(convention)
    fabriques.AvenantFactory(
        convention=convention, date_signature=date(2026, 5, 1), nouvelle_date_fin=date(2029, 12, 31)
    )
    assert calculer_echeances(auteur, convention) == Calcul(crees=4)


def test_tenir_rouvrir_sans_objet(auteur, convention):
    echeance = fabriques.EcheanceFactory(convention=convention)
    assert tenir_echeance(auteur, echeance, AUJOURD_HUI).faite_le == AUJOURD_HUI
    # Pressed twice: the first day stays.
    assert tenir_echeance(auteur, echeance, date(2026, 11, 1)).faite_le == AUJOURD_HUI
    with pytest.raises(ValidationError, match="déjà réglée"):
        dire_sans_objet(auteur, echeance, "Dissoute")
    assert rouvrir_echeance(auteur, echeance).faite_le is None
    assert dire_sans_objet(auteur, echeance, " Pas de comptes. ").sans_objet == "Pas de comptes."
    with pytest.raises(ValidationError, match="déjà réglée"):
        tenir_echeance(auteur, echeance, AUJOURD_HUI)


def test_rien_n_est_tenu_demain_ni_sans_motif(auteur, convention):
    echeance = fabriques.EcheanceFactory(convention=convention)
    with pytest.raises(ValidationError, match="à venir"):
        tenir_echeance(auteur, echeance, date(2026, 11, 21))
    with pytest.raises(ValidationError, match="Dites pourquoi"):
        dire_sans_objet(auteur, echeance, "  ")


def test_deux_personnes_sur_une_echeance(auteur, convention):
    echeance = fabriques.EcheanceFactory(convention=convention)
    version = version_de(echeance)
    deplacer_echeance(auteur, echeance, date(2026, 12, 1), version=version)
    with pytest.raises(VersionPerimee):
        tenir_echeance(auteur, echeance, AUJOURD_HUI, version=version)


def test_une_date_convenue_ne_bouge_plus(auteur, convention):
    annuelle(convention)
    calculer_echeances(auteur, convention)
    deplacer_echeance(auteur, convention.echeances.get(annee=2027), date(2027, 9, 1))
    assert calculer_echeances(auteur, convention) == Calcul()
    assert date(2027, 9, 1) in dates(convention)


def test_demander_et_ajouter_a_la_main(auteur, convention):
    regle = fabriques.ObligationFactory(convention=convention, recurrence="demande", titre="Documents utiles")
    demandee = demander(auteur, regle, pour_le=date(2026, 12, 1), precision="les statuts")
    assert (demandee.libelle, demandee.rappel_le) == ("Documents utiles : les statuts", date(2026, 11, 16))
    with pytest.raises(ValidationError, match="passée"):
        demander(auteur, regle, pour_le=date(2026, 11, 19))
    tapee = ajouter_echeance(auteur, Echeance(convention=convention, libelle="Un point", date=AUJOURD_HUI))
    annuelle(convention)
    assert calculer_echeances(auteur, convention) == Calcul(crees=3)
    supprimer_echeance(auteur, tapee, version=version_de(tapee))
    calculee = convention.echeances.get(annee=2027)
    with pytest.raises(ValidationError, match="reviendrait"):
        supprimer_echeance(auteur, calculee, version=version_de(calculee))
    assert convention.echeances.count() == 4


# -- The convention and what hangs from it ---------------------------------------------------------
def test_creer_et_modifier_une_convention(auteur, convention):
    lieu = fabriques.TerritoireFactory(contrat=convention.contrat)
    convention.intitule = "Convention-cadre 2026-2029"
    modifier_convention(auteur, convention, [lieu], version=1)
    convention.refresh_from_db()
    assert (convention.version, list(convention.territoires.all())) == (2, [lieu])
    with pytest.raises(VersionPerimee):
        modifier_convention(auteur, convention, [], version=1)


def test_ni_la_structure_ni_les_lieux_d_un_autre_contrat(auteur, convention):
    ailleurs = fabriques.TerritoireFactory()
    with pytest.raises(ValidationError, match="territoires de ce contrat"):
        modifier_convention(auteur, convention, [ailleurs], version=1)
    autre = Convention(
        contrat=convention.contrat,
        porteur=fabriques.PorteurFactory(),
        type="cpo",
        intitule="CPO",
        date_debut=date(2026, 1, 1),
        date_fin=date(2027, 1, 1),
    )
    with pytest.raises(ValidationError, match="même intercommunalité"):
        creer_convention(auteur, autre, [])


def test_seule_l_equipe_du_contrat_ecrit(convention):
    porteur = fabriques.representant_du_porteur(convention.porteur)
    regle = annuelle(convention)
    echeance = fabriques.EcheanceFactory(convention=convention)
    for geste in (
        lambda: modifier_convention(porteur, convention, [], version=1),
        lambda: calculer_echeances(porteur, convention),
        lambda: enregistrer_element(porteur, convention, regle, version=1),
        lambda: tenir_echeance(porteur, echeance, AUJOURD_HUI),
        lambda: demander(porteur, regle, pour_le=date(2026, 12, 1)),
    ):
        with pytest.raises(PermissionDenied):
            geste()


def test_une_obligation_tenue_ne_s_oublie_pas(auteur, convention):
    regle = annuelle(convention)
    calculer_echeances(auteur, convention)
    tenir_echeance(auteur, convention.echeances.get(annee=2026), AUJOURD_HUI)
    with pytest.raises(ValidationError, match="déjà été tenue"):
        supprimer_element(auteur, convention, regle, version=version_de(regle))
    libre = annuelle(convention)
    supprimer_element(auteur, convention, libre, version=version_de(libre))
    assert not Obligation.objects.filter(pk=libre.pk).exists()


def test_dupliquer_reprend_le_texte_et_rien_de_ce_qui_a_ete_fait(auteur, convention):
    fabriques.PartieConventionFactory(convention=convention, nom=convention.porteur.nom, representee_par="X")
    fabriques.AxeConventionFactory(convention=convention, points="Un\nDeux")
    annuelle(convention)
    fabriques.ObligationFactory(convention=convention, recurrence="unique", date_fixe=date(2026, 1, 30))
    calculer_echeances(auteur, convention)
    autre = fabriques.PorteurFactory(epci=convention.contrat.epci)
    copie = dupliquer_convention(
        auteur,
        convention,
        porteur=autre,
        intitule="Copie",
        date_debut=date(2029, 1, 1),
        date_fin=date(2031, 12, 31),
    )
    assert (copie.statut, copie.date_signature, copie.echeances.count()) == ("projet", None, 0)
    assert [(p.nom, p.representee_par) for p in copie.parties.all()] == [(autre.nom, "")]
    assert [a.points for a in copie.axes.all()] == ["Un\nDeux"]
    assert [(o.jour, o.date_fixe) for o in copie.obligations.order_by("ordre")] == [(15, None), (None, None)]
    assert convention.obligations.count() == 2


def test_resilier_dit_pourquoi_et_clot_ce_qui_suit(auteur):
    convention = fabriques.ConventionFactory(
        date_debut=date(2026, 1, 1),
        date_fin=date(2028, 12, 31),
        statut="en_vigueur",
        date_signature=date(2025, 12, 20),
    )
    auteur = fabriques.chargee_de_mission(convention.contrat)
    annuelle(convention)
    calculer_echeances(auteur, convention)
    with pytest.raises(ValidationError, match="pendant la convention"):
        resilier_convention(auteur, convention, le=date(2030, 1, 1), motif="Faute", version=1)
    resilier_convention(auteur, convention, le=date(2026, 12, 31), motif="Perte de l'agrément", version=1)
    convention.refresh_from_db()
    assert (convention.statut, convention.motif_resiliation) == ("resiliee", "Perte de l'agrément")
    assert dates(convention, sans_objet="") == [date(2026, 7, 15)]
    assert calculer_echeances(auteur, convention) == Calcul()
    with pytest.raises(ValidationError, match="déjà terminée"):
        resilier_convention(auteur, convention, le=date(2026, 12, 31), motif="Encore", version=2)


def test_une_convention_qui_n_est_pas_signee_ne_se_resilie_pas(auteur, convention):
    with pytest.raises(ValidationError, match="pas signée"):
        resilier_convention(auteur, convention, le=AUJOURD_HUI, motif="Faute", version=1)


@pytest.mark.parametrize(
    ("depuis", "attendu"),
    [(date(2026, 11, 30), date(2027, 2, 28)), (date(2026, 1, 15), date(2026, 4, 15))],
)
def test_le_preavis_se_compte_en_mois(depuis, attendu):
    assert fin_du_preavis(Convention(preavis_mois=3), depuis) == attendu


# -- What always holds, whoever writes -------------------------------------------------------------
def test_une_convention_est_d_un_seul_lieu(convention):
    convention.porteur, convention.deliberation = fabriques.PorteurFactory(), fabriques.DeliberationFactory()
    convention.statut, convention.date_signature = "resiliee", date(2026, 1, 1)
    convention.date_resiliation, convention.motif_resiliation = date(2025, 12, 31), "Faute"
    with pytest.raises(ValidationError) as refus:
        convention.full_clean()
    assert refus.value.message_dict == {
        "porteur": ["Choisissez une structure de la même intercommunalité."],
        "deliberation": ["Choisissez une délibération de ce contrat."],
        "date_debut": ["La convention a été résiliée le 31 décembre 2025 : elle a pris effet avant."],
    }


@pytest.mark.parametrize(
    ("champs", "champ"),
    [
        ({"jour": 15}, "jour"),
        ({"mois": 7}, "jour"),
        ({"delai_jours": 0}, "evenement"),
    ],
)
def test_une_obligation_ne_compte_pas_depuis_rien(convention, champs, champ):
    ligne = fabriques.ObligationFactory.build(convention=convention, **champs)
    with pytest.raises(ValidationError) as refus:
        ligne.full_clean()
    assert list(refus.value.message_dict) == [champ]


def test_une_echeance_ne_tient_qu_a_sa_convention(convention):
    autre = fabriques.ObligationFactory()
    ligne = fabriques.EcheanceFactory.build(
        convention=convention,
        obligation=autre,
        evenement=fabriques.EvenementConventionFactory(convention=autre.convention),
    )
    with pytest.raises(ValidationError) as refus:
        ligne.full_clean()
    assert list(refus.value.message_dict) == ["obligation", "evenement"]


def test_un_avenant_et_une_reunion_vont_dans_l_ordre(convention):
    avenant = fabriques.AvenantFactory.build(
        convention=convention,
        nouvelle_date_fin=date(2026, 1, 1),
        deliberation=fabriques.DeliberationFactory(),
    )
    with pytest.raises(ValidationError) as refus:
        avenant.full_clean()
    assert list(refus.value.message_dict) == ["nouvelle_date_fin", "deliberation"]
    reunion = commission(convention, compte_rendu_envoye_le=date(2026, 12, 7), reponse_le=date(2026, 12, 7))
    with pytest.raises(ValidationError) as refus:
        reunion.full_clean()
    assert list(refus.value.message_dict) == ["compte_rendu_envoye_le", "reponse_le"]


def test_l_administration_garde_les_memes_regles(client, convention):
    client.force_login(fabriques.UtilisateurFactory(is_staff=True, is_superuser=True))
    adresse = reverse("admin:porteurs_convention_change", args=[convention.pk])
    page = client.get(adresse).context
    comptes = {
        f"{lignes.formset.prefix}-{compte}_FORMS": "0"
        for lignes in page["inline_admin_formsets"]
        for compte in ("TOTAL", "INITIAL")
    }
    connues = {nom: valeur for nom, valeur in page["adminform"].form.initial.items() if valeur is not None}
    valeurs = {
        **{**comptes, **connues},
        "territoires": str(fabriques.TerritoireFactory().pk),
        "porteur": str(fabriques.PorteurFactory().pk),
    }
    reponse = client.post(adresse, valeurs)
    assert {nom: list(dites) for nom, dites in reponse.context["adminform"].form.errors.items()} == {
        "territoires": ["Choisissez des territoires de ce contrat."],
        "porteur": ["Choisissez une structure de la même intercommunalité."],
    }
