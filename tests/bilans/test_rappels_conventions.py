"""Reminders of what conventions ask: from what is still owed when they leave, remembered, once a day at most."""

from datetime import date

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.management import call_command

from bilans.echeances_dues import lire_rappels
from bilans.models import Courriel
from bilans.operations import OperationRefusee
from bilans.operations.rappels import rappeler_les_echeances
from bilans.taches import vider
from porteurs.operations_conventions import tenir_echeance
from tests import fabriques
from tests.outils import lieux
from tests.outils.pages import lisible, rien_n_est_ecrit, texte

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("aujourd_hui")]


@pytest.fixture
def aujourd_hui(time_machine):
    time_machine.move_to("2024-11-20 10:00:00+00:00", tick=False)


@pytest.fixture
def lieu(client, settings):
    # The e-mails wait here, so that a test may change what is owed before they leave.
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    lieu = lieux.ouvrir(client)
    lieu.porteur = fabriques.PorteurFactory(epci=lieu.contrat.epci, nom="MJC des Rives")
    fabriques.RepresentantFactory(porteur=lieu.porteur, nom="Amina Berger", email="amina@rives.fr")
    lieu.convention = fabriques.ConventionFactory(
        contrat=lieu.contrat, porteur=lieu.porteur, statut="signee", date_signature=date(2024, 1, 1)
    )
    lieu.obligation = fabriques.ObligationFactory(convention=lieu.convention)
    return lieu


def echeance(lieu, **champs):
    valeurs = {
        "convention": lieu.convention,
        "obligation": lieu.obligation,
        "date": date(2024, 12, 1),
        "rappel_le": date(2024, 11, 16),
        "libelle": "Comptes annuels (2024)",
    }
    return fabriques.EcheanceFactory(**{**valeurs, **champs})


def dues(lieu):
    return [[e.libelle for e in rappel.echeances] for rappel in lire_rappels(lieu.campagne).destinataires]


def test_seul_ce_que_la_structure_doit_encore_est_rappele(lieu):
    echeance(lieu)
    echeance(lieu, libelle="Faite", faite_le=date(2024, 11, 1))
    echeance(lieu, libelle="Sans objet", sans_objet="Dissolution")
    echeance(lieu, libelle="Plus tard", rappel_le=date(2024, 11, 21))
    ville = fabriques.ObligationFactory(convention=lieu.convention, du_porteur=False)
    echeance(lieu, libelle="À la Ville", obligation=ville)
    projet = fabriques.ConventionFactory(contrat=lieu.contrat, porteur=lieu.porteur)
    echeance(lieu, libelle="D'un projet", convention=projet, obligation=None)
    assert dues(lieu) == [["Comptes annuels (2024)"]]


def test_le_rappel_dit_ce_qui_est_du_et_s_en_souvient(lieu):
    du = echeance(lieu)
    retard = echeance(lieu, libelle="Projet associatif", date=date(2024, 7, 15), rappel_le=date(2024, 7, 1))
    rappeler_les_echeances(lieu.chargee, lieu.campagne)
    assert vider().envoyes == 1
    (message,) = mail.outbox
    assert message.to == ["Amina Berger <amina@rives.fr>"]
    assert lisible(message.subject) == (
        "Convention : 2 échéances sont attendues, la première depuis le 15 juillet"
    )
    lu = lisible(message.body)
    assert "Projet associatif, depuis le 15 juillet" in lu
    assert "Comptes annuels (2024), pour le 1er décembre" in lu
    for ligne in (du, retard):
        ligne.refresh_from_db()
        assert ligne.rappelee_le is not None


def test_ce_qui_est_remis_avant_l_envoi_n_est_pas_reclame(lieu):
    du = echeance(lieu)
    rappeler_les_echeances(lieu.chargee, lieu.campagne)
    tenir_echeance(lieu.chargee, du, date(2024, 11, 19))
    assert vider().sans_objet == 1
    assert mail.outbox == []
    assert "Plus aucune échéance" in Courriel.objects.get().erreur


def test_une_fois_par_jour_et_par_adresse(lieu):
    echeance(lieu)
    rappeler_les_echeances(lieu.chargee, lieu.campagne)
    with pytest.raises(OperationRefusee, match="pas de rappel à envoyer"):
        rappeler_les_echeances(lieu.chargee, lieu.campagne)
    assert Courriel.objects.count() == 1


def test_seule_l_equipe_rappelle(lieu):
    echeance(lieu)
    with pytest.raises(PermissionDenied):
        rappeler_les_echeances(fabriques.representant_du_porteur(lieu.porteur), lieu.campagne)


def test_la_nuit_ne_rappelle_qu_une_fois_la_meme_echeance(lieu, capsys, time_machine):
    echeance(lieu)
    with rien_n_est_ecrit():
        call_command("relancer", "--prevues", "--simulation")
    assert "1 personne reçoit le rappel" in lisible(capsys.readouterr().out)
    call_command("relancer", "--prevues")
    assert len(mail.outbox) == 1
    time_machine.move_to("2024-11-21 10:00:00+00:00", tick=False)
    call_command("relancer", "--prevues")
    assert len(mail.outbox) == 1
    # By hand, one may insist.
    rappeler_les_echeances(lieu.chargee, lieu.campagne)
    assert vider().envoyes == 1


def test_la_page_montre_qui_recoit_quoi_puis_envoie(lieu):
    echeance(lieu)
    sans = fabriques.PorteurFactory(epci=lieu.contrat.epci, nom="Sans adresse", email="")
    autre = fabriques.ConventionFactory(
        contrat=lieu.contrat, porteur=sans, statut="signee", date_signature=date(2024, 1, 1)
    )
    echeance(lieu, convention=autre, obligation=None)
    adresse = lieu.adresse("echeances_rappeler")
    with rien_n_est_ecrit():
        lue = texte(lieu.client.get(adresse))
    assert "1 personne reçoit un courriel" in lue
    assert "amina@rives.fr" in lue
    assert "Sans adresse" in lue
    assert "1 rappel part." in texte(lieu.client.post(adresse, follow=True))
    assert lieu.client.post(adresse).status_code == 409
