"""The dashboard: each figure equals the rows behind it, one next step, deadlines, money, people."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from actions.models import Campagne
from bilans.models import Bilan, Effectif, Transition
from tests import fabriques
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db


def adresse(campagne: Campagne) -> str:
    return reverse("tableau_de_bord", args=[campagne.contrat.slug, campagne.annee])


def pilotage(client: Client, campagne: Campagne) -> Any:
    reponse = client.get(adresse(campagne))
    assert reponse.status_code == 200, reponse
    return reponse.context["pilotage"]


def page(client: Client, campagne: Campagne) -> str:
    return client.get(adresse(campagne)).content.decode()


def bilan(campagne: Campagne, **champs: Any) -> Bilan:
    annuelle = champs.pop("annuelle", None) or fabriques.ActionAnnuelleFactory(campagne=campagne)
    return fabriques.BilanFactory(action_annuelle=annuelle, **champs)


# -- Bilans ----------------------------------------------------------------------------------------
@pytest.fixture
def bilans(campagne: Campagne) -> None:
    for situation in ("transmis", "en_verification", "valide", "integre", "a_completer", "en_saisie"):
        bilan(campagne, **{situation: True})
    compte = bilan(campagne, valide=True)
    fabriques.effectifs(compte, F=10, H=5)
    fabriques.ActionAnnuelleFactory(campagne=campagne)
    fabriques.ActionAnnuelleFactory(campagne=campagne, refusee=True)
    reportee = fabriques.ActionAnnuelleFactory(campagne=campagne, reportee=True)
    bilan(campagne, annuelle=reportee, statut=Bilan.Statut.DISPENSE)


def test_chaque_chiffre_et_les_lignes_derriere(chargee, campagne, bilans):
    montants = pilotage(chargee, campagne).montants
    assert [(m.libelle, m.nombre, m.part) for m in montants] == [
        ("Attendus", 8, 100),
        ("En saisie", 1, 12),
        ("Transmis", 2, 25),
        ("À compléter", 1, 12),
        ("Validés", 3, 37),
        ("En retard", 3, 37),
    ]
    for montant in montants:
        assert chargee.get(montant.url).context["liste"].nombre == montant.nombre, montant.libelle
    lu = pilotage(chargee, campagne)
    assert lu.phrase_a_verifier == "4\u00a0bilans reçus sont à vérifier, dont 2\u00a0déjà validés."
    constats = chargee.get(lu.url_a_verifier).context["page"].rangees
    assert len({rangee.anomalie.objet for rangee in constats}) == 4
    assert f'href="{reverse("avancement", args=[campagne.contrat.slug, 2024])}"' in page(chargee, campagne)


def test_aucun_bilan_attendu_ne_divise_pas_par_zero(chargee, campagne):
    fabriques.ActionAnnuelleFactory(campagne=campagne, refusee=True)
    montants = pilotage(chargee, campagne).montants
    assert [(m.nombre, m.part, m.url) for m in montants] == [(0, 0, "")] * 6


# -- Next step -------------------------------------------------------------------------------------
def test_prochaine_etape_du_plus_pressant_au_moins(chargee, campagne, time_machine):
    time_machine.move_to("2025-06-20T12:00:00+02:00")
    suivi = reverse("suivi_bilans", args=[campagne.contrat.slug, 2024])

    def etape() -> tuple[str, str]:
        e = pilotage(chargee, campagne).etape
        assert chargee.get(e.url).status_code == 200
        return e.phrase.replace("\u00a0", " "), e.url

    assert etape()[0] == "Le programme de 2024 est vide : commencez par ses actions."
    brouillon = fabriques.ActionAnnuelleFactory(campagne=campagne, brouillon=True)
    assert etape()[0] == "Aucun bilan n'est attendu en 2024 : aucune action n'est encore programmée."
    brouillon.delete()
    lu = bilan(campagne)
    assert etape() == (
        "1 bilan reste à recevoir : l'échéance est le 30 juin 2025.",
        f"{suivi}?bilan=a_recevoir",
    )
    time_machine.move_to("2025-07-12T12:00:00+02:00")
    assert etape() == (
        "1 bilan est en retard : l'échéance était le 30 juin 2025.",
        f"{suivi}?bilan=en_retard",
    )
    Bilan.objects.filter(pk=lu.pk).update(echeance_prolongee=date(2025, 9, 15))
    assert etape() == (
        "1 bilan reste à recevoir : l'échéance était le 30 juin 2025.",
        f"{suivi}?bilan=a_recevoir",
    )
    ambiguite = fabriques.AmbiguiteFactory(action_annuelle=lu.action_annuelle)
    phrase, url = etape()
    assert phrase == "Les montants de 1 action se lisent de plusieurs façons : dites laquelle est la bonne."
    assert url.endswith("/financements/#a-trancher")
    for _ in range(2):
        bilan(campagne, transmis=True)
    assert etape() == ("2 bilans transmis attendent votre lecture.", f"{suivi}?bilan=a_lire")
    ambiguite.delete()
    Bilan.objects.all().delete()
    campagne.actions.exclude(pk=lu.action_annuelle_id).delete()
    bilan(campagne, annuelle=lu.action_annuelle, valide=True)
    assert etape()[0] == "Tous les bilans de 2024 sont lus : les annexes sont à jour."


def test_sans_echeance_fixee(chargee, campagne):
    campagne.statut, campagne.bilan_echeance = Campagne.Statut.PROGRAMMEE, None
    campagne.save()
    bilan(campagne)
    assert pilotage(chargee, campagne).etape.phrase == (
        "1\u00a0bilan reste à recevoir\u00a0: aucune échéance n'est fixée."
    )
    assert pilotage(chargee, campagne).delais == []


# -- Deadlines -------------------------------------------------------------------------------------
def test_delais_des_bilans_et_des_conventions(chargee, campagne, time_machine):
    time_machine.move_to("2025-07-01T12:00:00+02:00")
    bilan(campagne)
    convention = fabriques.ConventionFactory(contrat=campagne.contrat)
    fabriques.EcheanceFactory(convention=convention, libelle="Comptes", date=date(2025, 7, 15))
    fabriques.EcheanceFactory(convention=convention, libelle="Budget", date=date(2025, 5, 1))
    fabriques.EcheanceFactory(convention=convention, libelle="Fait", faite_le=date(2025, 2, 1))
    fabriques.EcheanceFactory(libelle="D'un autre contrat")
    assert [(d.libelle, d.en_retard) for d in pilotage(chargee, campagne).delais] == [
        ("Budget", True),
        ("Échéance des bilans", True),
        ("Comptes", False),
    ]
    html = page(chargee, campagne)
    assert "dépassée depuis hier" in html
    assert "dans 14\u00a0jours" in html
    assert "1\u00a0bilan en retard" in html


def test_delai_a_venir_puis_celui_des_bilans_prolonges(chargee, campagne, time_machine):
    time_machine.move_to("2025-06-20T12:00:00+02:00")
    suivi = reverse("suivi_bilans", args=[campagne.contrat.slug, 2024])
    bilan(campagne)
    for jour in (15, 30):
        bilan(campagne, echeance_prolongee=date(2025, 9, jour))

    def delais() -> list[Any]:
        return [(d.libelle, d.date, d.detail, d.url, d.en_retard) for d in pilotage(chargee, campagne).delais]

    propre = "la plus proche des 2 échéances prolongées"
    assert delais() == [
        (
            "Échéance des bilans",
            date(2025, 6, 30),
            "3\u00a0bilans encore attendus",
            f"{suivi}?bilan=a_recevoir",
            False,
        ),
        ("Échéance prolongée", date(2025, 9, 15), propre, f"{suivi}?bilan=prolonges", False),
    ]
    time_machine.move_to("2025-09-20T12:00:00+02:00")
    assert delais() == [
        (
            "Échéance des bilans",
            date(2025, 6, 30),
            "2\u00a0bilans en retard",
            f"{suivi}?bilan=en_retard",
            True,
        ),
        ("Échéance prolongée", date(2025, 9, 15), propre, f"{suivi}?bilan=prolonges", True),
    ]
    # The date of the year is past, and nobody is late: it is not recalled.
    Bilan.objects.filter(echeance_prolongee=None).delete()
    campagne.actions.filter(bilan=None).delete()
    time_machine.move_to("2025-09-10T12:00:00+02:00")
    assert [d[0] for d in delais()] == ["Échéance prolongée"]


def test_plus_d_echeance_quand_tout_est_recu(chargee, campagne, time_machine):
    time_machine.move_to("2025-07-01T12:00:00+02:00")
    bilan(campagne, valide=True)
    assert pilotage(chargee, campagne).delais == []


# -- Money -----------------------------------------------------------------------------------------
def test_argent_par_financeur_et_par_axe(chargee, campagne):
    contrat = campagne.contrat
    _, sous_axe, _, autre, *_ = fabriques.arbre_d_axes(contrat)
    etat = fabriques.FinanceurFactory(contrat=contrat, nom="État", sigle="ÉTAT")
    ville = fabriques.FinanceurFactory(contrat=contrat, nom="Ville", sigle="VILLE")
    region = fabriques.FinanceurFactory(contrat=contrat, nom="Région", sigle="RÉGION")
    caf = fabriques.FinanceurFactory(contrat=contrat, hors_total=True)
    a, b = (fabriques.ActionAnnuelleFactory(campagne=campagne, axe=axe) for axe in (sous_axe, autre))
    for annuelle, financeur, montant in (
        (a, etat, 5000),
        (a, ville, 2000),
        (b, ville, 1400),
        (b, region, 1600),
    ):
        fabriques.LigneFinancementFactory(
            action_annuelle=annuelle, financeur=financeur, montant_accorde=montant
        )
    fabriques.LigneFinancementFactory(action_annuelle=b, financeur=caf, montant_accorde=300)
    lu = pilotage(chargee, campagne)
    assert (lu.argent.total, lu.argent.total_hors_total, lu.argent.actions) == (10000, 300, 2)
    assert [(p.libelle, p.accorde, p.part) for p in lu.argent.dans_total] == [
        ("État", 5000, Decimal("50.0")),
        ("Ville", 3400, Decimal("34.0")),
        ("Région", 1600, Decimal("16.0")),
    ]
    assert [(p.libelle, p.accorde) for p in lu.argent.axes_de_tete] == [("Enjeu 1", 7000), ("Enjeu 2", 3000)]
    assert lu.constat == "État et Ville\u00a0: 84\u00a0% des crédits accordés"
    assert "10\u202f000\u00a0€" in page(chargee, campagne)


def test_sans_argent_dit_quoi_faire(chargee, campagne):
    fabriques.ActionAnnuelleFactory(campagne=campagne)
    html = page(chargee, campagne)
    assert "Aucun montant n'est saisi pour 2024" in html.replace("&#x27;", "'")
    assert "0\u00a0€" not in html


def test_montants_a_trancher(chargee, campagne):
    ouverte = fabriques.AmbiguiteFactory(action_annuelle__campagne=campagne)
    lien = reverse("montants_trancher", args=[campagne.contrat.slug, 2024, ouverte.action_annuelle.cle])
    assert lien in page(chargee, campagne)


# -- People ----------------------------------------------------------------------------------------
def test_personnes_des_bilans_valides_sans_les_estimations(chargee, campagne):
    fabriques.effectifs(bilan(campagne, valide=True), F=10, H=5)
    fabriques.effectifs(bilan(campagne, valide=True), T=100)
    fabriques.effectifs(bilan(campagne, valide=True), perimetre="qpv", T=40)
    fabriques.EffectifFactory(bilan=bilan(campagne, valide=True), valeur=20, approximatif=True)
    fourchette = bilan(campagne, valide=True)
    fabriques.EffectifFactory(bilan=fourchette, valeur=None, valeur_min=20, valeur_max=120)
    passages = bilan(campagne, valide=True)
    fabriques.EffectifFactory(bilan=passages, valeur=516, mesure=Effectif.Mesure.PASSAGES)
    # Not yet validated: its figures enter nothing.
    fabriques.effectifs(bilan(campagne, transmis=True), F=1000)
    ensemble, qpv = pilotage(chargee, campagne).personnes
    assert (ensemble.personnes, ensemble.bilans, ensemble.estimations) == (115, 2, 2)
    assert (ensemble.par_sexe, ensemble.femmes, ensemble.hommes) == (1, 10, 5)
    assert (qpv.personnes, qpv.bilans, qpv.par_sexe) == (40, 1, 0)
    assert pilotage(chargee, campagne).phrase_personnes == (
        "3\u00a0bilans validés sur 6 donnent un effectif\u00a0; 1 par sexe. 2\u00a0bilans ne donnent qu'une "
        "estimation ou une fourchette, qui n'est pas ajoutée."
    )
    assert "qui participe à deux actions y compte deux fois" in page(chargee, campagne)


def test_personnes_par_tranche_d_age_seulement(chargee, campagne):
    compte = bilan(campagne, valide=True)
    jeunes, vieux = campagne.tranches.all()[:2]
    for tranche, sexe, valeur in ((jeunes, "F", 3), (jeunes, "H", 4), (vieux, "F", 5)):
        fabriques.EffectifFactory(bilan=compte, tranche=tranche, sexe=sexe, valeur=valeur)
    ensemble, _ = pilotage(chargee, campagne).personnes
    assert (ensemble.personnes, ensemble.femmes, ensemble.hommes) == (12, 8, 4)


def test_personne_n_est_compte_avant_le_premier_bilan_valide(chargee, campagne):
    bilan(campagne, transmis=True)
    assert "avec le premier bilan validé" in page(chargee, campagne)


# -- Activity --------------------------------------------------------------------------------------
def test_derniers_changements_groupes_par_personne_et_par_jour(chargee, campagne):
    auteur = fabriques.UtilisateurFactory(prenom="Léa", nom="Nour")

    def passer(titre: str, vers: str, heure: datetime, commentaire: str = "") -> None:
        parente = fabriques.ActionFactory(contrat=campagne.contrat, intitule=titre)
        annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne, action=parente)
        transition = fabriques.TransitionFactory(
            bilan=bilan(campagne, annuelle=annuelle, transmis=True),
            auteur=auteur,
            vers=vers,
            commentaire=commentaire,
        )
        Transition.objects.filter(pk=transition.pk).update(date=heure)

    paris = ZoneInfo("Europe/Paris")
    for rang in range(5):
        passer(f"Action {rang}", "valide", datetime(2025, 6, 3, 10, rang, tzinfo=paris))
    passer("Danse", "a_completer", datetime(2025, 6, 4, 9, 0, tzinfo=paris), "Et combien de femmes ?")
    derniere, groupe = pilotage(chargee, campagne).activite
    assert (derniere["quoi"], derniere["motif"]) == ("Danse\u00a0: à compléter", "Et combien de femmes ?")
    assert groupe["quoi"] == (
        "5 bilans passés à «\u00a0validé\u00a0»\u00a0: Action 4, Action 3, Action 2 et 2\u00a0autres"
    )


# -- Who and how many queries ----------------------------------------------------------------------
def test_une_annee_vide(chargee, campagne):
    html = page(chargee, campagne)
    assert "Aucune action en 2024" in html
    assert reverse("action_creer", args=[campagne.contrat.slug, 2024]) in html


def test_reserve_a_qui_pilote_le_contrat(client, campagne, bilans):
    financeur = fabriques.FinanceurFactory(contrat=campagne.contrat)
    for compte in (
        fabriques.representant_du_porteur(campagne.actions.first().action.porteur),
        fabriques.representant_du_financeur(financeur),
        fabriques.membre_du_copil(campagne.contrat),
    ):
        client.force_login(compte)
        assert client.get(adresse(campagne)).status_code == 403
    client.force_login(fabriques.chargee_de_mission(fabriques.ContratFactory()))
    assert client.get(adresse(campagne)).status_code == 404


def test_rien_ne_vient_d_une_autre_annee(chargee, campagne, bilans):
    avant = [m.nombre for m in pilotage(chargee, campagne).montants]
    autre = fabriques.CampagneFactory(contrat=campagne.contrat, annee=2025)
    fabriques.effectifs(bilan(autre, valide=True), T=9999)
    fabriques.LigneFinancementFactory(action_annuelle__campagne=autre, montant_accorde=9999)
    assert [m.nombre for m in pilotage(chargee, campagne).montants] == avant
    assert "9\u202f999" not in page(chargee, campagne)


def test_autant_de_requetes_pour_1_3_et_30_lignes(chargee, campagne):
    financeur = fabriques.FinanceurFactory(contrat=campagne.contrat)

    def ajouter() -> None:
        lu = bilan(campagne, valide=True)
        fabriques.effectifs(lu, F=12, H=17)
        fabriques.TransitionFactory(bilan=lu)
        fabriques.LigneFinancementFactory(action_annuelle=lu.action_annuelle, financeur=financeur)
        fabriques.AmbiguiteFactory(action_annuelle=lu.action_annuelle, lectures=[financeur])
        fabriques.EcheanceFactory(convention__contrat=campagne.contrat)

    ajouter()
    avec_une = verifier_requetes_constantes(lambda: page(chargee, campagne), ajouter, fois=2)
    assert verifier_requetes_constantes(lambda: page(chargee, campagne), ajouter, fois=27) == avec_une
