"""Two people at work at the same time, on a database that locks rows: nobody waits for nothing, nor for each other.

A row that is locked for a while (the campaign, while everyone is written to) is only named by the others.
"""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from actions.models import Campagne
from bilans.imports.verrous import tenir_l_annee
from bilans.models import Bilan, Courriel
from bilans.operations import brouillon, renvoyer
from bilans.operations.acces import inviter_un_collegue
from bilans.operations.campagne import clore_les_bilans, supprimer_element
from bilans.operations.courriels import faire_relance_prevue
from comptes.templatetags.typographie import insecables
from tests import fabriques

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.verrous]


@pytest.fixture
def bilan() -> Bilan:
    bilan = fabriques.BilanFactory(transmis=True)
    fabriques.representant_du_porteur(bilan.action_annuelle.action.porteur, email="lea@exemple.fr")
    return bilan


@pytest.fixture
def campagne(bilan: Bilan) -> Campagne:
    campagne: Campagne = bilan.action_annuelle.campagne
    return campagne


def pendant_que_la_campagne_est_prise(campagne: Campagne, geste: Callable[[], Any]) -> None:
    """Do `geste` in another connection while this one holds the campaign; fail if it waits for it."""
    fautes: list[Exception] = []

    def faire() -> None:
        try:
            with connection.cursor() as curseur:
                curseur.execute("SET lock_timeout = '2s'")
            geste()
        except Exception as faute:
            fautes.append(faute)
        finally:
            connections.close_all()

    with transaction.atomic():
        clore_les_bilans(campagne, fabriques.chargee_de_mission(campagne.contrat))
        autre = threading.Thread(target=faire)
        autre.start()
        autre.join()
        transaction.set_rollback(True)
    assert fautes == []


def test_inviter_un_collegue_n_attend_pas_la_campagne(bilan: Bilan, campagne: Campagne) -> None:
    porteur = bilan.action_annuelle.action.porteur
    chargee = fabriques.chargee_de_mission(campagne.contrat)
    pendant_que_la_campagne_est_prise(
        campagne,
        lambda: inviter_un_collegue(
            chargee, campagne, porteur, email="sami@exemple.fr", nom="Sami", role="contributeur"
        ),
    )
    assert Courriel.objects.get().destinataire == "sami@exemple.fr"


def test_renvoyer_un_bilan_n_attend_pas_la_campagne(bilan: Bilan, campagne: Campagne) -> None:
    chargee = fabriques.chargee_de_mission(campagne.contrat)
    pendant_que_la_campagne_est_prise(campagne, lambda: renvoyer(bilan, chargee, "Le budget."))
    assert Courriel.objects.get().destinataire == "lea@exemple.fr"


def test_une_relance_prevue_prend_la_campagne_avant_la_date(campagne: Campagne) -> None:
    prevue = fabriques.RelancePrevueFactory(campagne=campagne, date=date(2025, 6, 23))
    with CaptureQueriesContext(connection) as capture:
        faire_relance_prevue(prevue)
    gestes = [
        sql
        for q in capture.captured_queries
        if "FOR NO KEY UPDATE" in (sql := q["sql"]) or "UPDATE " in sql[:7]
    ]
    assert ["actions_campagne" in sql for sql in gestes[:2]] == [True, False]
    assert '"actions_relanceprevue"' in gestes[1]


def test_une_question_retiree_pendant_qu_on_y_repond_le_dit(monkeypatch: pytest.MonkeyPatch) -> None:
    bilan = fabriques.BilanFactory(en_saisie=True)
    annuelle = bilan.action_annuelle
    lea = fabriques.representant_du_porteur(annuelle.action.porteur)
    question = fabriques.QuestionFactory(campagne=annuelle.campagne)
    nom = f"question_{question.pk}"
    chargee = fabriques.chargee_de_mission(annuelle.campagne.contrat)
    ecrire = brouillon.ecrire_valeurs

    def retirer() -> None:
        supprimer_element(question, chargee)
        connections.close_all()

    def ecrire_trop_tard(*arguments: Any) -> bool:
        monkeypatch.setattr(brouillon, "ecrire_valeurs", ecrire)
        autre = threading.Thread(target=retirer)
        autre.start()
        autre.join()
        return ecrire(*arguments)

    monkeypatch.setattr(brouillon, "ecrire_valeurs", ecrire_trop_tard)
    champs = {
        nom: brouillon.Changement("", "oui"),
        "moyens": brouillon.Changement("", "3"),
    }
    resultat = brouillon.enregistrer_brouillon(bilan, lea, champs)
    assert resultat.refuses == {nom: insecables(brouillon.PLUS_POSEE)}
    assert Bilan.objects.get(pk=bilan.pk).moyens == "3"


def test_un_import_tient_l_annee_pendant_qu_il_compare_et_ecrit(bilan: Bilan, campagne: Campagne) -> None:
    """What an import has compared cannot change before it is written: another writer of the row waits."""
    refus: list[bool] = []

    def prendre_le_bilan() -> None:
        try:
            with transaction.atomic():
                Bilan.objects.select_for_update(nowait=True, no_key=True).get(pk=bilan.pk)
                refus.append(False)
        except OperationalError:
            refus.append(True)
        finally:
            connections.close_all()

    with transaction.atomic():
        tenir_l_annee(campagne)
        autre = threading.Thread(target=prendre_le_bilan)
        autre.start()
        autre.join()
    prendre_le_bilan()
    assert refus == [True, False]
