"""An import writes amounts too: it exceeds no envelope, and promises no less than what is paid."""

from decimal import Decimal

import pytest

from bilans.imports import preparation
from bilans.models import ImportTableur
from financements.models import LigneFinancement
from tests import fabriques as f
from tests.outils.imports import annuler, classeur, confirmer, deposer, lire_sur_place

pytestmark = pytest.mark.django_db
Statut = ImportTableur.Statut
ENTETE = ("Porteur", "Intitulé de l'action", "Bilan de l'action", "NB de bénéficiaires QPV", "MAIRIE")


@pytest.fixture(autouse=True)
def sur_place(monkeypatch):
    monkeypatch.setattr(preparation, "lire_tableur", lire_sur_place)


@pytest.fixture
def ville(campagne):
    f.PorteurFactory(epci=campagne.contrat.epci, nom="Maison pour tous")
    return f.FinanceurFactory(contrat=campagne.contrat, nom="Ville", sigle="MAIRIE", type="commune")


@pytest.fixture
def auteur(campagne):
    return f.chargee_de_mission(campagne.contrat)


def jardin(montant):
    return ("Maison pour tous", "Jardin partagé", "Douze ateliers.", 30, montant)


def importer(auteur, campagne, *rangees):
    import_ = deposer(auteur, campagne, classeur(ENTETE, *rangees))
    confirmer(auteur, import_)
    import_.refresh_from_db()
    return import_


def test_un_import_ne_depasse_pas_une_enveloppe(campagne, ville, auteur):
    f.EnveloppeFactory(campagne=campagne, financeur=ville, montant=Decimal(2000))
    jeux = ("Maison pour tous", "Jeux d'été", "Six sorties.", 12, 600)
    import_ = importer(auteur, campagne, jardin(1500), jeux)
    assert (import_.statut, " ".join(import_.message.split())) == (
        Statut.A_RELIRE,
        f"Rien n'a été écrit. L'enveloppe « Ville » de {campagne.annee} est de 2 000 € : il reste 2 000 € et il en "
        "faudrait 2 100 €.",
    )
    assert not LigneFinancement.objects.exists()
    assert importer(auteur, campagne, jardin(1500), (*jeux[:4], 500)).statut == Statut.APPLIQUE


def test_un_import_ne_promet_pas_moins_que_ce_qui_est_verse(campagne, ville, auteur):
    importer(auteur, campagne, jardin(1500))
    f.VersementFactory(ligne=LigneFinancement.objects.get(), verse=True)
    import_ = importer(auteur, campagne, jardin(1000))
    assert import_.statut == Statut.A_RELIRE
    assert "a déjà versé" in import_.message
    assert LigneFinancement.objects.get().montant_accorde == 1500


def test_annuler_un_import_ne_depasse_pas_une_enveloppe(campagne, ville, auteur):
    importer(auteur, campagne, jardin(1500))
    import_ = importer(auteur, campagne, jardin(1000))
    f.EnveloppeFactory(campagne=campagne, financeur=ville, montant=Decimal(1200))
    annuler(auteur, import_)
    import_.refresh_from_db()
    assert import_.statut == Statut.APPLIQUE
    assert import_.message.startswith("L'import n'a pas été annulé. L'enveloppe")
    assert LigneFinancement.objects.get().montant_accorde == 1000
