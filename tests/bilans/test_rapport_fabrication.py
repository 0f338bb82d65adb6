"""The files of a report: made once, given up, failed with their reason, begun anew when the worker is killed."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from bilans.models import FichierRapport, RapportAnnuel
from bilans.operations.etats import OperationRefusee
from bilans.rapport import fabrication
from bilans.rapport.fabrication import (
    PATIENCE,
    RATE,
    abandonner_fichier,
    demander_fichier,
    est_arrete,
    est_perdu,
    fabriquer,
)
from bilans.rapport.redaction import ouvrir_rapport
from bilans.rapport.versions import figer
from documents import ErreurRendu
from tests import fabriques

pytestmark = pytest.mark.django_db

Etat = FichierRapport.Etat
RACINE = Path(__file__).resolve().parents[2]


class Lieu:
    """A year with an action, its report, who runs it."""

    def __init__(self) -> None:
        self.campagne = fabriques.CampagneFactory(annee=2024)
        fabriques.ActionAnnuelleFactory(campagne=self.campagne, action__contrat=self.campagne.contrat)
        self.chargee = fabriques.chargee_de_mission(self.campagne.contrat)
        self.rapport: RapportAnnuel = ouvrir_rapport(self.chargee, self.campagne.contrat, 2024)

    def demander(self, **options: Any) -> FichierRapport:
        return demander_fichier(self.chargee, self.rapport, options.pop("format", "xlsx"), **options)


@pytest.fixture
def lieu() -> Lieu:
    return Lieu()


def lu(fichier: FichierRapport) -> FichierRapport:
    return FichierRapport.objects.get(pk=fichier.pk)


def test_un_fichier_se_fait_et_se_relit(lieu: Lieu) -> None:
    fichier = lieu.demander()
    fabriquer.func(fichier.pk)
    fait = lu(fichier)
    octets = fait.fichier.open("rb").read()
    assert (fait.etat, fait.progression, fait.etape, fait.taille) == ("fait", 100, "", len(octets))
    assert octets[:2] == b"PK"
    assert fait.empreinte == sha256(octets).hexdigest()


def test_une_version_n_a_qu_un_fichier_par_format(lieu: Lieu) -> None:
    version = figer(lieu.chargee, lieu.rapport, "projet")
    premier = lieu.demander(version=version)
    assert lieu.demander(version=version) == premier
    fabriquer.func(premier.pk)
    assert lieu.demander(version=version) == premier
    assert lieu.demander(version=version, format="docx") != premier


def test_le_rapport_du_jour_se_refait_seulement_s_il_a_change(
    lieu: Lieu, monkeypatch: pytest.MonkeyPatch
) -> None:
    premier = lieu.demander()
    fabriquer.func(premier.pk)
    monkeypatch.setattr(fabrication, "fichier_du_rapport", _jamais)
    pareil = lieu.demander()
    assert pareil != premier
    fabriquer.func(pareil.pk)
    assert (lu(pareil).etat, lu(pareil).empreinte) == ("fait", lu(premier).empreinte)
    monkeypatch.undo()
    section = lieu.rapport.sections.get(code="volets")
    section.texte = "Les volets se répondent."
    section.save()
    autre = lieu.demander()
    fabriquer.func(autre.pk)
    assert lu(autre).empreinte_contenu != lu(premier).empreinte_contenu


def _jamais(*_: Any) -> bytes:
    raise AssertionError("Ce fichier est déjà fait.")


def test_un_fichier_abandonne_s_arrete_au_signe_de_vie_suivant(
    lieu: Lieu, monkeypatch: pytest.MonkeyPatch
) -> None:
    fichier = lieu.demander()

    def pendant(_: Any, __: str, dire: Any) -> bytes:
        abandonner_fichier(lieu.chargee, fichier)
        dire("Mise en page", 50)
        return b"jamais"

    monkeypatch.setattr(fabrication, "fichier_du_rapport", pendant)
    fabriquer.func(fichier.pk)
    assert (lu(fichier).etat, lu(fichier).fichier.name) == ("abandonne", "")


@pytest.mark.parametrize(
    ("erreur", "message"),
    [
        (ErreurRendu("La mise en page a dépassé 300 secondes."), "La mise en page a dépassé 300 secondes."),
        (ZeroDivisionError(), RATE),
    ],
)
def test_un_echec_dit_pourquoi_et_se_recommence(
    lieu: Lieu, monkeypatch: pytest.MonkeyPatch, erreur: Exception, message: str
) -> None:
    fichier = lieu.demander()

    def echouer(*_: Any) -> bytes:
        raise erreur

    monkeypatch.setattr(fabrication, "fichier_du_rapport", echouer)
    fabriquer.func(fichier.pk)
    assert (lu(fichier).etat, lu(fichier).message) == ("echoue", message)
    monkeypatch.undo()
    nouveau = lieu.demander()
    fabriquer.func(nouveau.pk)
    assert lu(nouveau).etat == "fait"


def test_un_fichier_deja_pris_ne_se_fait_pas_deux_fois(lieu: Lieu, monkeypatch: pytest.MonkeyPatch) -> None:
    fichier = lieu.demander()
    FichierRapport.objects.filter(pk=fichier.pk).update(etat=Etat.EN_COURS)
    monkeypatch.setattr(fabrication, "fichier_du_rapport", _jamais)
    fabriquer.func(fichier.pk)
    assert lu(fichier).etat == "en_cours"


def test_qui_ne_gere_pas_le_contrat_n_a_que_les_versions_qu_il_lit(lieu: Lieu) -> None:
    membre = fabriques.membre_du_copil(lieu.campagne.contrat)
    projet = figer(lieu.chargee, lieu.rapport, "projet")
    for version in (None, projet):
        with pytest.raises(PermissionDenied):
            demander_fichier(membre, lieu.rapport, "pdf", version)
    with pytest.raises(OperationRefusee, match="PDF, en Excel ou en Word"):
        demander_fichier(lieu.chargee, lieu.rapport, "exe")
    fichier = lieu.demander()
    with pytest.raises(PermissionDenied):
        abandonner_fichier(membre, fichier)


def test_un_fichier_qui_ne_donne_plus_signe_de_vie_se_redemande(lieu: Lieu) -> None:
    fichier = lieu.demander()
    FichierRapport.objects.filter(pk=fichier.pk).update(
        etat=Etat.EN_COURS, vu_le=timezone.now() - PATIENCE - timedelta(seconds=1)
    )
    assert est_arrete(lu(fichier))
    assert lieu.demander() == fichier
    assert lu(fichier).etat == "demande"
    fabriquer.func(fichier.pk)
    assert lu(fichier).etat == "fait"


@pytest.mark.parametrize("etat_de_l_autre", ["en_cours", "fait"])
def test_un_fichier_qui_attend_derriere_un_autre_n_est_pas_arrete(lieu: Lieu, etat_de_l_autre: str) -> None:
    attente = lieu.demander()
    trop_tard = timezone.now() - PATIENCE - timedelta(seconds=1)
    FichierRapport.objects.filter(pk=attente.pk).update(vu_le=trop_tard)
    assert est_arrete(lu(attente))

    # Of any contract: there is one worker for all.
    autre = fabriques.FichierRapportFactory(fait=etat_de_l_autre == "fait", etat=etat_de_l_autre)
    FichierRapport.objects.filter(pk=autre.pk).update(vu_le=timezone.now())
    assert not est_arrete(lu(attente))
    assert lieu.demander() == attente
    assert lu(attente).vu_le == trop_tard

    FichierRapport.objects.filter(pk=autre.pk).update(vu_le=trop_tard)
    assert est_arrete(lu(attente))


def test_une_attente_ne_fait_pas_croire_qu_un_worker_travaille(lieu: Lieu) -> None:
    attente = lieu.demander()
    FichierRapport.objects.filter(pk=attente.pk).update(
        vu_le=timezone.now() - PATIENCE - timedelta(seconds=1)
    )
    lieu.demander(format="docx")
    assert est_arrete(lu(attente))


def test_un_fichier_que_le_disque_a_perdu_se_refait(lieu: Lieu) -> None:
    version = figer(lieu.chargee, lieu.rapport, "projet")
    fichier = lieu.demander(version=version)
    fabriquer.func(fichier.pk)
    fait = lu(fichier)
    fait.fichier.storage.delete(fait.fichier.name)
    assert est_perdu(fait)

    assert lieu.demander(version=version) == fichier
    assert lu(fichier).etat == "demande"
    fabriquer.func(fichier.pk)
    assert (lu(fichier).etat, lu(fichier).empreinte) == ("fait", fait.empreinte)
    assert not est_perdu(lu(fichier))


OUVRIER = """
import sys, time
import django
django.setup()
from bilans.rapport import fabrication

def attendre(rapport, format, dire):
    dire("Mise en page", 60)
    print("au milieu", flush=True)
    time.sleep(120)

fabrication.fichier_du_rapport = attendre
fabrication.fabriquer.func(int(sys.argv[1]))
"""


@pytest.mark.django_db(transaction=True)
def test_tuer_le_worker_au_milieu_laisse_un_etat_clair_et_le_second_essai_reussit(tmp_path: Path) -> None:
    lieu = Lieu()
    fichier = fabriques.FichierRapportFactory(rapport=lieu.rapport, format="xlsx", demande_par=lieu.chargee)
    ouvrier = subprocess.Popen(
        [sys.executable, "-c", OUVRIER, str(fichier.pk)],
        cwd=RACINE,
        env=_environnement(tmp_path),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert ouvrier.stdout is not None
        assert ouvrier.stdout.readline() == "au milieu\n"
    finally:
        ouvrier.send_signal(signal.SIGKILL)
        ouvrier.wait()
    tue = lu(fichier)
    assert (tue.etat, tue.etape, tue.progression, tue.fichier.name) == ("en_cours", "Mise en page", 60, "")
    assert not est_arrete(tue)

    FichierRapport.objects.filter(pk=fichier.pk).update(
        vu_le=timezone.now() - PATIENCE - timedelta(seconds=1)
    )
    # Tests do at once what the worker would.
    assert lieu.demander() == fichier
    assert lu(fichier).etat == "fait"


def _environnement(dossier: Path) -> dict[str, str]:
    """Return what makes another process work on the database of the tests."""
    nom = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        adresse = f"sqlite:///{nom}"
    else:
        adresse = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{nom}"))
    return {
        **os.environ,
        "DATABASE_URL": adresse,
        "PILOTIS_DONNEES": str(dossier),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
