"""Emptying the outbox: each e-mail once, refusals told, a silent server tried again, nothing left in the middle."""

import smtplib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any, ClassVar

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connections
from django.utils import timezone
from django_tasks import task_backends

from bilans import taches
from bilans.models import Courriel
from bilans.operations import OperationRefusee
from bilans.operations.courriels import relancer
from bilans.taches import DELAIS, TENTATIVES_MAX, vider, vider_la_boite
from tests import fabriques

pytestmark = pytest.mark.django_db

Statut, Type = Courriel.Statut, Courriel.Type
DEBUT = datetime(2025, 6, 2, 8, 0, tzinfo=UTC)


class PosteCapricieux(BaseEmailBackend):
    """A mail server that does with an address what a test asks."""

    fautes: ClassVar[dict[str, Exception]] = {}
    muet: ClassVar[Exception | None] = None
    recus: ClassVar[list[str]] = []
    connexions: ClassVar[int] = 0

    def open(self) -> bool:
        type(self).connexions += 1
        if self.muet is not None:
            raise self.muet
        return True

    def send_messages(self, messages: Any) -> int:
        for message in messages:
            [adresse] = message.to
            if adresse in self.fautes:
                raise self.fautes[adresse]
            self.recus.append(adresse)
        return len(messages)


@pytest.fixture
def poste(settings: Any) -> Iterator[type[PosteCapricieux]]:
    settings.EMAIL_BACKEND = "tests.bilans.test_courriels_envoi.PosteCapricieux"
    PosteCapricieux.fautes, PosteCapricieux.muet = {}, None
    PosteCapricieux.recus, PosteCapricieux.connexions = [], 0
    with time_machine.travel(DEBUT, tick=False):
        yield PosteCapricieux


def courriel(adresse: str, **champs: Any) -> Courriel:
    """An e-mail that waits, whose words do not depend on the moment."""
    return fabriques.CourrielFactory(
        **{"type": Type.VALIDATION, "destinataire": adresse, "html": "<p>Bonjour</p>", **champs}
    )


def etats() -> dict[str, str]:
    return dict(Courriel.objects.order_by("pk").values_list("destinataire", "statut"))


def test_un_refus_est_note_et_n_arrete_pas_les_autres(poste: type[PosteCapricieux]) -> None:
    for adresse in ("a@exemple.fr", "b@exemple.fr", "c@exemple.fr", "d@exemple.fr"):
        courriel(adresse)
    poste.fautes = {
        "a@exemple.fr": smtplib.SMTPRecipientsRefused({"a@exemple.fr": (550, b"5.1.1 User unknown")}),
        "c@exemple.fr": smtplib.SMTPDataError(554, b"5.7.1 refus\xe9"),
    }
    tournee = vider()
    assert etats() == {
        "a@exemple.fr": "refuse",
        "b@exemple.fr": "envoye",
        "c@exemple.fr": "refuse",
        "d@exemple.fr": "envoye",
    }
    assert (tournee.envoyes, tournee.refuses, tournee.reportes) == (2, 2, 0)
    assert Courriel.objects.get(destinataire="a@exemple.fr").erreur == "550 5.1.1 User unknown"
    assert Courriel.objects.get(destinataire="c@exemple.fr").erreur == "554 5.7.1 refus\ufffd"
    assert vider().envoyes == 0


def test_une_connexion_sert_a_tous_les_envois(poste: type[PosteCapricieux]) -> None:
    for rang in range(5):
        courriel(f"p{rang}@exemple.fr")
    vider()
    assert (len(poste.recus), poste.connexions) == (5, 1)


def test_rien_a_envoyer_ne_derange_pas_le_serveur(poste: type[PosteCapricieux]) -> None:
    vider()
    assert poste.connexions == 0


@pytest.mark.parametrize(
    "faute",
    [
        smtplib.SMTPRecipientsRefused({"a@exemple.fr": (451, b"4.7.1 Greylisted")}),
        smtplib.SMTPServerDisconnected("Connexion perdue"),
        smtplib.SMTPSenderRefused(550, b"expediteur inconnu", "pilotis@localhost"),
        ConnectionResetError("Connexion perdue"),
        ValueError("Un message qui ne peut pas s'écrire"),
    ],
    ids=lambda faute: type(faute).__name__,
)
def test_un_echec_passager_est_repris_de_plus_en_plus_tard_puis_abandonne(
    poste: type[PosteCapricieux], faute: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    seul = courriel("a@exemple.fr")
    courriel("b@exemple.fr")
    poste.fautes = {"a@exemple.fr": faute}
    quand = DEBUT
    for essai in range(1, TENTATIVES_MAX + 1):
        with time_machine.travel(quand, tick=False):
            tournee = vider()
            seul.refresh_from_db()
            assert seul.tentatives == essai
            if essai < TENTATIVES_MAX:
                assert (seul.statut, tournee.reportes) == (Statut.EN_ATTENTE, 1)
                assert tournee.reprises == {quand + DELAIS[essai - 1]}
                # Not before its time.
                assert vider().comptes == dict.fromkeys(tournee.comptes, 0)
                quand += DELAIS[essai - 1]
    assert seul.statut == Statut.ECHEC
    assert seul.erreur
    assert poste.recus == ["b@exemple.fr"]


def test_un_serveur_muet_compte_un_essai_a_tous_puis_tout_part_quand_il_revient(
    poste: type[PosteCapricieux],
) -> None:
    for rang in range(3):
        courriel(f"p{rang}@exemple.fr")
    poste.muet = ConnectionRefusedError("Connexion refusée")
    tournee = vider()
    assert (tournee.reportes, poste.connexions) == (3, 1)
    assert {(c.tentatives, c.statut) for c in Courriel.objects.all()} == {(1, "en_attente")}
    assert "ne répond pas" in Courriel.objects.all()[0].erreur
    poste.muet = None
    assert vider().envoyes == 0
    with time_machine.travel(DEBUT + DELAIS[0], tick=False):
        assert vider().envoyes == 3
    assert {c.erreur for c in Courriel.objects.all()} == {""}


def test_un_serveur_muet_trop_longtemps_laisse_des_courriels_non_partis(poste: type[PosteCapricieux]) -> None:
    courriel("a@exemple.fr")
    poste.muet = TimeoutError("Délai dépassé")
    quand = DEBUT
    for delai in (*DELAIS, timedelta(0)):
        with time_machine.travel(quand, tick=False):
            derniere = vider()
        quand += delai
    assert etats() == {"a@exemple.fr": "echec"}
    assert derniere.non_partis == 1


def test_ce_qu_un_autre_a_pris_n_est_pas_envoye(poste: type[PosteCapricieux]) -> None:
    courriel("a@exemple.fr", statut=Statut.EN_COURS, pris_le=timezone.now() - timedelta(days=1))
    assert vider().envoyes == 0
    assert etats() == {"a@exemple.fr": "en_cours"}


def test_l_identifiant_est_connu_avant_l_envoi(
    poste: type[PosteCapricieux], monkeypatch: pytest.MonkeyPatch
) -> None:
    lus: list[str] = []

    def envoyer(self: Any, messages: Any) -> int:
        stocke = Courriel.objects.get()
        lus.append(stocke.identifiant)
        assert (stocke.statut, messages[0].extra_headers["Message-ID"]) == ("en_cours", stocke.identifiant)
        return 1

    monkeypatch.setattr(PosteCapricieux, "send_messages", envoyer)
    unique = courriel("a@exemple.fr")
    vider()
    assert len(lus) == 1
    assert unique.cle in lus[0]


def test_une_adresse_au_domaine_accentue_recoit_son_message() -> None:
    courriel("contact@école.fr", nom_destinataire='Léa, dite "Lola"')
    courriel('"a,b"@exemple.fr', nom_destinataire="Sami")
    assert vider().envoyes == 2
    destinataires = [message.message()["To"] for message in mail.outbox]
    assert [parseaddr(lu)[1] for lu in destinataires] == ["contact@xn--cole-9oa.fr", '"a,b"@exemple.fr']
    assert set(etats()) == {"contact@école.fr", '"a,b"@exemple.fr'}


def test_une_relance_n_est_plus_envoyee_a_qui_a_fini(campagne: Any, poste: type[PosteCapricieux]) -> None:
    bilan = fabriques.BilanFactory(action_annuelle__campagne=campagne, transmis=True)
    porteur = bilan.action_annuelle.action.porteur
    fabriques.RepresentantFactory(porteur=porteur, email="a@exemple.fr")
    courriel("a@exemple.fr", type=Type.RELANCE, campagne=campagne, porteur=porteur)
    assert vider().sans_objet == 1
    [relance] = Courriel.objects.all()
    assert (relance.statut, relance.envoye_le, poste.recus) == (Statut.SANS_OBJET, None, [])
    assert "Plus aucun bilan" in relance.erreur


def test_une_adresse_refusee_pour_une_structure_ne_recoit_plus_rien_pour_l_autre(
    campagne: Any, poste: type[PosteCapricieux]
) -> None:
    for _ in range(2):
        bilan = fabriques.BilanFactory(action_annuelle__campagne=campagne)
        porteur = bilan.action_annuelle.action.porteur
        fabriques.RepresentantFactory(porteur=porteur, email="a@exemple.fr", nom="")
        courriel("a@exemple.fr", type=Type.RELANCE, campagne=campagne, porteur=porteur)
    poste.fautes = {"a@exemple.fr": smtplib.SMTPRecipientsRefused({"a@exemple.fr": (550, b"inconnu")})}
    vider()
    assert sorted(Courriel.objects.values_list("statut", flat=True)) == ["refuse", "sans_objet"]


# -- The task ----------------------------------------------------------------------------------------
def test_la_tache_demande_d_etre_reprise_quand_le_moteur_sait_attendre(
    poste: type[PosteCapricieux], settings: Any
) -> None:
    from django_tasks_db.models import DBTaskResult

    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    courriel("a@exemple.fr")
    poste.muet = ConnectionRefusedError("Connexion refusée")
    assert vider_la_boite.call()["reportes"] == 1
    assert [tache.run_after for tache in DBTaskResult.objects.all()] == [DEBUT + DELAIS[0]]


def test_la_tache_s_arrete_la_quand_le_moteur_fait_tout_de_suite(poste: type[PosteCapricieux]) -> None:
    assert not task_backends["default"].supports_defer
    courriel("a@exemple.fr")
    poste.muet = ConnectionRefusedError("Connexion refusée")
    assert vider_la_boite.call()["reportes"] == 1


# -- Several at the same time ------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_quatre_travailleurs_n_envoient_jamais_deux_fois_le_meme_courriel() -> None:
    adresses = [f"p{rang}@exemple.fr" for rang in range(24)]
    campagne = fabriques.CampagneFactory()
    porteur = fabriques.PorteurFactory(epci=campagne.contrat.epci)
    for adresse in adresses:
        courriel(adresse, campagne=campagne, porteur=porteur)
    depart = threading.Barrier(4)
    fautes: list[Exception] = []

    def travailler() -> None:
        try:
            depart.wait()
            taches.vider()
        except Exception as faute:
            fautes.append(faute)
        finally:
            connections.close_all()

    travailleurs = [threading.Thread(target=travailler) for _ in range(4)]
    for travailleur in travailleurs:
        travailleur.start()
    for travailleur in travailleurs:
        travailleur.join()
    assert fautes == []
    assert sorted(message.to[0] for message in mail.outbox) == sorted(adresses)
    assert set(Courriel.objects.values_list("statut", "tentatives")) == {("envoye", 1)}


@pytest.mark.django_db(transaction=True)
def test_deux_relances_demandees_au_meme_instant_n_en_font_qu_une() -> None:
    bilan = fabriques.BilanFactory()
    campagne = bilan.action_annuelle.campagne
    fabriques.RepresentantFactory(porteur=bilan.action_annuelle.action.porteur, email="a@exemple.fr")
    depart = threading.Barrier(3)
    suites: list[str] = []

    def demander() -> None:
        try:
            depart.wait()
            relancer(None, campagne)
            suites.append("envoi")
        except OperationRefusee:
            suites.append("refus")
        except Exception as faute:
            suites.append(repr(faute))
        finally:
            connections.close_all()

    demandes = [threading.Thread(target=demander) for _ in range(3)]
    for demande in demandes:
        demande.start()
    for demande in demandes:
        demande.join()
    assert sorted(suites) == ["envoi", "refus", "refus"]
    assert len(mail.outbox) == Courriel.objects.count() == 1
