"""`charger_demo` on an empty database: all or nothing, what it says, what it opens."""

import subprocess
import sys
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from bilans.demonstration import chargement, sources
from bilans.demonstration.chargement import TERRITOIRES, charger_demonstration
from bilans.models import Bilan
from comptes.demonstration import COMPTES
from comptes.models import Utilisateur
from contrats.models import AccesContrat, ContratVille
from financements.models import AccesFinanceur
from porteurs.models import AccesPorteur
from tests.fabriques import EpciFactory, PorteurFactory

from .outils import FIXTURES, document, nombres_de_lignes


def lancer(**options):
    sortie = StringIO()
    call_command("charger_demo", stdout=sortie, **options)
    return sortie.getvalue().replace("\xa0", " ")


def test_l_application_ne_lit_que_ses_propres_fichiers():
    assert {chemin.name for chemin in (FIXTURES / "tableurs").glob("*.xlsx")} == {
        "bagnols_2023.xlsx",
        "dole_2024_synthese.xlsx",
    }
    for chemin in (FIXTURES / "demonstration").glob("*.json"):
        assert sources.lire(chemin.stem) == document(chemin.stem)


@pytest.mark.django_db
def test_une_structure_deja_connue_est_reprise():
    epci = EpciFactory(nom="Communauté d'Agglomération du Grand Dole")
    connue = PorteurFactory(epci=epci, nom="FEMMES DEBOUT", telephone="03 84 00 00 00")
    charger_demonstration(avec_comptes=False, avec_mots_de_passe=False)
    connue.refresh_from_db()
    assert connue.telephone == "03 84 00 00 00"
    assert connue.actions.count() == 3


@pytest.mark.django_db
def test_une_panne_en_route_ne_laisse_rien(monkeypatch):
    avant = nombres_de_lignes()

    def casser(ecriture):
        assert ContratVille.objects.count() == 3
        raise RuntimeError("coupure")

    dernier = TERRITOIRES[-1]
    casse = chargement.Demonstration(dernier.nom, dernier.slug, dernier.etapes, casser)
    monkeypatch.setattr(chargement, "TERRITOIRES", (*TERRITOIRES[:-1], casse))
    with pytest.raises(RuntimeError, match="coupure"):
        charger_demonstration(avec_comptes=True, avec_mots_de_passe=True)
    assert nombres_de_lignes() == avant


@pytest.mark.django_db
def test_un_fichier_absent_se_dit_en_une_phrase(monkeypatch, capsys):
    def absent(ecriture):
        raise FileNotFoundError("dijon_fiche_action.json")

    dernier = TERRITOIRES[-1]
    casse = chargement.Demonstration(dernier.nom, dernier.slug, dernier.etapes, absent)
    monkeypatch.setattr(chargement, "TERRITOIRES", (*TERRITOIRES[:-1], casse))
    with pytest.raises(SystemExit) as fin:
        lancer(verbosity=0)
    assert fin.value.code == 1
    phrase = capsys.readouterr().err
    assert phrase.startswith("Rien n'a été chargé")
    assert "dijon_fiche_action" in phrase
    assert ContratVille.objects.count() == 0


@pytest.mark.django_db
def test_une_donnee_qui_enfreint_une_regle_arrete_tout(monkeypatch, capsys):
    def fausser(ecriture):
        ecriture.creer(ContratVille, nom="x" * 300)

    dernier = TERRITOIRES[-1]
    faux = chargement.Demonstration(dernier.nom, dernier.slug, dernier.etapes, fausser)
    monkeypatch.setattr(chargement, "TERRITOIRES", (*TERRITOIRES[:-1], faux))
    with pytest.raises(ValidationError):
        charger_demonstration(avec_comptes=True, avec_mots_de_passe=True)
    with pytest.raises(SystemExit) as fin:
        lancer(verbosity=0)
    assert fin.value.code == 1
    assert capsys.readouterr().err.startswith("Rien n'a été chargé")
    assert ContratVille.objects.count() == 0


@pytest.mark.django_db
def test_hors_demonstration_les_comptes_n_ouvrent_rien(settings, client):
    """Their passwords are published: on a real installation they would open everything."""
    settings.PILOTIS_DEMONSTRATION = False
    texte = lancer()
    assert "10 comptes de démonstration créés." in texte
    assert "n'ont pas de mot de passe" in texte
    assert not any(compte.has_usable_password() for compte in Utilisateur.objects.all())
    assert not client.login(username=COMPTES[0].email, password=COMPTES[0].mot_de_passe)

    settings.PILOTIS_DEMONSTRATION = True
    assert "n'ont pas de mot de passe" not in lancer()
    assert client.login(username=COMPTES[0].email, password=COMPTES[0].mot_de_passe)


@pytest.mark.django_db
def test_sans_comptes_puis_avec():
    texte = lancer(sans_comptes=True)
    assert "compte" not in texte
    assert [compte.email for compte in Utilisateur.objects.all()] == ["reprise@pilotis.invalid"]
    reprise = Utilisateur.objects.get()
    assert not reprise.is_active
    assert not reprise.has_usable_password()
    assert {b.valide_par for b in Bilan.objects.filter(statut="valide").order_by("pk")} == {reprise}
    assert not AccesContrat.objects.exists()
    bilans = Bilan.objects.count()

    lancer()
    assert AccesContrat.objects.count() == 5
    assert (AccesPorteur.objects.count(), AccesFinanceur.objects.count()) == (3, 1)
    assert Bilan.objects.count() == bilans
    lancer(sans_comptes=True)
    assert Utilisateur.objects.count() == 11


@pytest.mark.django_db
def test_la_commande_dit_ce_qu_elle_a_charge():
    lignes = lancer().splitlines()
    assert lignes[:4] == [
        "Dole : 45 actions de 16 structures, 23 axes, 1 territoire, 40 statistiques.",
        "Bagnols-sur-Cèze : 46 actions de 20 structures, 30 axes, 1 territoire, 7 financeurs.",
        "Besançon : 11 territoires, 1 convention, 12 statistiques.",
        "Dijon : 4 actions de 1 structure, 1 territoire, 1 financeur.",
    ]
    assert "Dole : déjà là, laissé tel quel." in lancer()
    assert lancer(verbosity=0) == ""


@pytest.mark.django_db
def test_la_barre_d_avancement_est_sur_la_sortie_d_erreur(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    lancer()
    sortie = capsys.readouterr()
    assert "100\xa0%" in sortie.err
    assert "92/92 actions" in sortie.err
    assert sortie.out == ""


@pytest.mark.django_db
def test_verbosity_0_ne_dit_rien(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert lancer(verbosity=0) == ""
    assert capsys.readouterr() == ("", "")


def test_une_base_sans_tables_se_dit_en_une_phrase(tmp_path):
    commande = subprocess.run(
        [sys.executable, "manage.py", "charger_demo"],
        cwd=FIXTURES.parent,
        env={"PATH": "/usr/bin:/bin", "PILOTIS_DONNEES": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert commande.returncode == 1
    assert "Lancez d'abord" in commande.stderr
    assert "Traceback" not in commande.stderr
