"""The public lists: whole, in order, and never written over."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from actions.models import Dispositif, Thematique
from contrats.models import GenerationQpv, ObjectifNational
from financements import nomenclatures
from financements.models import CompteBudgetaire
from financements.nomenclatures import NOMENCLATURES, charger_nomenclatures

pytestmark = pytest.mark.django_db


def test_les_quatre_objectifs_nationaux():
    charger_nomenclatures()
    assert list(ObjectifNational.objects.values_list("libelle", flat=True)) == [
        "Des quartiers du plein emploi",
        "Des quartiers d'émancipation",
        "Des quartiers en transition",
        "Des quartiers plus sûrs et plus tranquilles",
    ]


def test_deux_generations_de_qpv_qui_se_suivent():
    charger_nomenclatures()
    anciens, nouveaux = GenerationQpv.objects.all()
    assert (anciens.pk, nouveaux.pk) == ("2015", "2024")
    assert (nouveaux.date_debut - anciens.date_fin).days == 1
    assert nouveaux.date_fin is None
    assert "2023-1314" in nouveaux.decret


def test_l_arbre_des_thematiques():
    charger_nomenclatures()
    meres = Thematique.objects.filter(parent__isnull=True)
    assert {mere.pk: [fille.pk for fille in mere.sous_thematiques.all()] for mere in meres} == {
        "1": ["1.1", "1.2", "1.3", "1.4", "1.5", "1.5a", "1.5b", "1.6"],
        "2": ["2.1", "2.2"],
        "3": ["3.1", "3.2"],
        "4": ["4.1", "4.2"],
    }


def test_l_arbre_des_comptes_suit_le_cerfa():
    charger_nomenclatures()
    postes = CompteBudgetaire.objects.filter(parent__isnull=True)
    assert [poste.pk for poste in postes.filter(sens="charge")] == [
        *("60", "61", "62", "63", "64", "65", "66", "67", "68", "69"),
        *("CHARGINDIRECT", "86"),
    ]
    assert [poste.pk for poste in postes.filter(sens="produit")] == [
        *("70", "73", "74", "75", "76", "77", "78", "79"),
        *("RESSPROPRES", "87"),
    ]
    hors_total = CompteBudgetaire.objects.filter(hors_total=True).values_list("pk", flat=True)
    assert list(hors_total) == ["86", "860", "861", "862", "864", "87", "870", "871", "875"]
    subventions = CompteBudgetaire.objects.filter(parent="74").values_list("pk", flat=True)
    assert list(subventions) == [
        *("74etat", "74region", "74dep", "74epci", "74com", "74orgasoc", "74fe"),
        *("74agenceserv", "74x", "74aidespriv"),
    ]
    assert set(CompteBudgetaire.objects.filter(parent="74").values_list("sens", flat=True)) == {"produit"}


def test_une_seconde_fois_n_ajoute_rien():
    premieres = charger_nomenclatures()
    assert [r.ajoutees for r in premieres] == [r.entrees for r in premieres]
    assert all(r.entrees for r in premieres)
    assert [r.ajoutees for r in charger_nomenclatures()] == [0] * len(NOMENCLATURES)


def test_un_libelle_change_par_la_collectivite_est_garde():
    charger_nomenclatures()
    Dispositif.objects.filter(pk="CLAS").update(libelle="Aide aux devoirs")
    Dispositif.objects.filter(pk="VVV").delete()
    assert [r.ajoutees for r in charger_nomenclatures() if r.nom == "dispositifs"] == [1]
    assert Dispositif.objects.get(pk="CLAS").libelle == "Aide aux devoirs"


def test_tout_ou_rien(monkeypatch):
    def lire(nom):
        if nom == "comptes_budgetaires":
            raise json.JSONDecodeError("illisible", "", 0)
        return lecture(nom)

    lecture = nomenclatures.lire
    monkeypatch.setattr(nomenclatures, "lire", lire)
    with pytest.raises(json.JSONDecodeError):
        charger_nomenclatures()
    assert ObjectifNational.objects.count() == 0


def test_la_commande_dit_ce_qu_elle_a_fait():
    sortie = StringIO()
    call_command("charger_nomenclatures", stdout=sortie)
    lignes = sortie.getvalue().splitlines()
    assert lignes[0] == "Objectifs nationaux\xa0: 4\xa0entrées ajoutées (4 au total)."
    assert len(lignes) == len(NOMENCLATURES)
    sortie = StringIO()
    call_command("charger_nomenclatures", stdout=sortie)
    assert "Dispositifs\xa0: rien à ajouter (28 au total)." in sortie.getvalue()
    sortie = StringIO()
    call_command("charger_nomenclatures", stdout=sortie, verbosity=0)
    assert sortie.getvalue() == ""


def test_un_fichier_absent_se_dit_en_une_phrase(monkeypatch, capsys):
    def absent(nom):
        raise FileNotFoundError(f"{nom}.json")

    monkeypatch.setattr(nomenclatures, "lire", absent)
    with pytest.raises(SystemExit) as fin:
        call_command("charger_nomenclatures")
    assert fin.value.code == 1
    phrase = capsys.readouterr().err
    assert phrase.startswith("Rien n'a été chargé")
    assert "objectifs_nationaux.json" in phrase
