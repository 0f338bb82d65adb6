"""What is frozen stays frozen: bytes, figures and files, whatever becomes of the bilans; and what changed is said."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.db.models import F
from django.utils import timezone
from openpyxl import load_workbook

from actions.models import ActionAnnuelle, Campagne
from bilans.models import Bilan, Effectif, RapportAnnuel, VersionRapport
from bilans.operations.brouillon import Changement
from bilans.operations.etats import OperationRefusee
from bilans.rapport import consultation, redaction, versions
from bilans.rapport.fichiers import fichier_du_rapport
from bilans.rapport.versions import (
    Differences,
    TexteChange,
    VersionAlteree,
    comparer,
    ecart_du_chiffre,
    figer,
    lire_version,
    rapport_du_jour,
)
from documents.rapport_json import en_json, octets
from financements.models import LigneFinancement
from tests import fabriques
from tests.donnees.conftest import demonstration, demonstration_chargee
from tests.outils.rapport import chiffre

__all__ = ["demonstration", "demonstration_chargee"]

pytestmark = pytest.mark.django_db


class Bagnols:
    """The real year 2023 of Bagnols, its report open."""

    def __init__(self) -> None:
        self.campagne = Campagne.objects.select_related("contrat").get(
            contrat__slug="bagnols-2015-2023", annee=2023
        )
        self.chargee = fabriques.chargee_de_mission(self.campagne.contrat)
        self.rapport = redaction.ouvrir_rapport(self.chargee, self.campagne.contrat, 2023)

    def publier(self) -> VersionRapport:
        """Take the report to its publication and return what is read."""
        conseil = fabriques.InstanceFactory(contrat=self.campagne.contrat, nom="Conseil citoyen")
        echeance = consultation.un_mois_apres(date.today())
        consultation.envoyer_pour_avis(self.chargee, self.rapport, [conseil], echeance)
        consultation.rendre_avis(self.chargee, self.rapport.avis.get(), sens="favorable")
        consultation.clore_la_consultation(self.chargee, self.rapport)
        deliberation = fabriques.DeliberationFactory(contrat=self.campagne.contrat, date=date.today())
        consultation.approuver(self.chargee, self.rapport, deliberation)
        return consultation.publier(self.chargee, self.rapport)

    def tout_changer(self) -> None:
        """Change every bilan, every amount, every title, every text of the report."""
        Bilan.objects.update(**dict.fromkeys(Bilan.CHAMPS_RECIT, "Tout autre chose."))
        Effectif.objects.exclude(valeur=None).update(valeur=1)
        LigneFinancement.objects.exclude(montant_accorde=None).update(montant_accorde=Decimal(1))
        for annuelle in ActionAnnuelle.objects.select_related("action").order_by("pk"):
            annuelle.action.intitule = f"Autre {annuelle.pk}"
            annuelle.action.save()
        for section in self.rapport.sections.order_by("pk"):
            avant = Changement("", "Un autre texte.")
            redaction.ecrire_section(self.chargee, section, {"texte": avant})


@pytest.fixture
def bagnols(demonstration: Any) -> Bagnols:
    return Bagnols()


def test_publier_puis_tout_changer_ne_change_rien_a_la_version_publiee(bagnols: Bagnols) -> None:
    version = bagnols.publier()
    avant = octets(en_json(lire_version(version)))
    classeur = fichier_du_rapport(lire_version(version), "xlsx")

    bagnols.tout_changer()

    relue = VersionRapport.objects.get(pk=version.pk)
    assert relue.est_intacte
    assert relue.contenu == version.contenu
    lu = lire_version(relue)
    assert octets(en_json(lu)) == avant == relue.contenu.encode()
    assert (chiffre(lu, "actions").valeur, chiffre(lu, "structures").valeur) == (46, 20)
    assert chiffre(lu, "accorde").valeur == Decimal(667039)
    assert _valeurs(fichier_du_rapport(lu, "xlsx")) == _valeurs(classeur)
    # The report of the day, for its part, follows.
    assert chiffre(rapport_du_jour(bagnols.rapport), "accorde").valeur != Decimal(667039)


def _valeurs(classeur: bytes) -> list[list[tuple[Any, ...]]]:
    return [
        list(feuille.iter_rows(values_only=True)) for feuille in load_workbook(BytesIO(classeur)).worksheets
    ]


def test_la_meme_version_donne_le_meme_classeur_octet_pour_octet(bagnols: Bagnols) -> None:
    version = figer(bagnols.chargee, bagnols.rapport, "projet")
    assert fichier_du_rapport(lire_version(version), "xlsx") == fichier_du_rapport(
        lire_version(version), "xlsx"
    )


def test_ce_qui_change_depuis_la_version_est_dit(bagnols: Bagnols) -> None:
    version = bagnols.publier()
    publie = lire_version(version)
    assert comparer(publie, publie).aucune

    ligne = LigneFinancement.objects.filter(
        action_annuelle__campagne=bagnols.campagne, financeur__dans_total=True, montant_accorde__gt=1000
    ).order_by("pk")[0]
    ligne.montant_accorde += 1000
    ligne.save()
    section = bagnols.rapport.sections.get(code="volets")
    redaction.ecrire_section(bagnols.chargee, section, {"texte": Changement("", "Les volets se répondent.")})

    differences = comparer(publie, rapport_du_jour(bagnols.rapport))
    (change,) = [c for c in differences.chiffres if c.chiffre.cle == "accorde"]
    assert (change.avant, change.apres) == (Decimal(667039), Decimal(668039))
    assert ecart_du_chiffre(change) == 1000
    assert ("", "Les volets se répondent.") in [(t.avant, t.apres) for t in differences.textes]
    assert differences.tableaux
    assert not differences.aucune


def test_une_difference_vide_se_dit(bagnols: Bagnols) -> None:
    assert Differences((), (), ()).aucune


@pytest.fixture
def petit() -> tuple[Any, RapportAnnuel]:
    """Who runs a contract, and the report of a year with an action that is paid for."""
    ligne = fabriques.LigneFinancementFactory(action_annuelle__campagne__annee=2024)
    fabriques.BilanFactory(action_annuelle=ligne.action_annuelle, valide=True)
    contrat = ligne.action_annuelle.campagne.contrat
    chargee = fabriques.chargee_de_mission(contrat)
    return chargee, redaction.ouvrir_rapport(chargee, contrat, 2024)


def test_le_temps_qui_passe_n_est_pas_une_difference(petit: tuple[Any, RapportAnnuel]) -> None:
    chargee, rapport = petit
    with time_machine.travel(datetime(2025, 6, 2, 10, tzinfo=UTC), tick=False):
        fige = lire_version(figer(chargee, rapport, "projet"))
    with time_machine.travel(datetime(2025, 6, 12, 10, tzinfo=UTC), tick=False):
        assert comparer(fige, rapport_du_jour(rapport)).aucune


def test_un_texte_ecrit_au_dessus_d_un_tableau_ne_le_change_pas(petit: tuple[Any, RapportAnnuel]) -> None:
    chargee, rapport = petit
    fige = lire_version(figer(chargee, rapport, "projet"))
    redaction.ecrire_section(
        chargee, rapport.sections.get(code="actions"), {"texte": Changement("", "Une année dense.")}
    )
    differences = comparer(fige, rapport_du_jour(rapport))
    assert [texte.apres for texte in differences.textes] == ["Une année dense."]
    assert differences.tableaux == ()


def test_un_titre_change_est_une_difference(petit: tuple[Any, RapportAnnuel]) -> None:
    chargee, rapport = petit
    fige = lire_version(figer(chargee, rapport, "projet"))
    section = rapport.sections.get(code="actions")
    redaction.ecrire_section(chargee, section, {"titre": Changement(section.titre, "Ce qui s'est fait")})
    assert comparer(fige, rapport_du_jour(rapport)) == Differences(
        (), (TexteChange("Ce qui s'est fait", section.titre, "Ce qui s'est fait"),), ()
    )


def test_une_correction_demandee_deux_fois_est_une_seule_version(petit: tuple[Any, RapportAnnuel]) -> None:
    chargee, rapport = petit
    figer(chargee, rapport, "publiee", "Publication.")
    deliberation = fabriques.DeliberationFactory(contrat=rapport.contrat, date=date.today())
    RapportAnnuel.objects.filter(pk=rapport.pk).update(
        statut="publie", publie_le=timezone.now(), deliberation=deliberation
    )
    premiere = consultation.corriger(chargee, rapport, "Une faute.")
    assert consultation.corriger(chargee, rapport, " Une faute. ") == premiere
    assert rapport.transitions.count() == 1
    # Something else to correct, or another reason: another version.
    autre = consultation.corriger(chargee, rapport, "Une autre faute.")
    redaction.ecrire_section(
        chargee, rapport.sections.get(code="actions"), {"texte": Changement("", "Une année dense.")}
    )
    encore = consultation.corriger(chargee, rapport, "Une autre faute.")
    assert [version.numero for version in (premiere, autre, encore)] == [2, 3, 4]


# -- What nobody may change ------------------------------------------------------------------------
def test_une_version_ne_s_enregistre_pas_deux_fois() -> None:
    version = fabriques.VersionRapportFactory()
    version.motif = "Autre"
    with pytest.raises(TypeError, match="ne change pas"):
        version.save()


def test_une_version_alteree_ne_se_lit_pas(bagnols: Bagnols) -> None:
    version = figer(bagnols.chargee, bagnols.rapport, "projet")
    VersionRapport.objects.filter(pk=version.pk).update(contenu=version.contenu.replace("46", "64"))
    with pytest.raises(VersionAlteree, match="ne correspond plus à son empreinte"):
        lire_version(VersionRapport.objects.get(pk=version.pk))


# -- One instant -----------------------------------------------------------------------------------
class _Pendant:
    """What composes the report, somebody changing an amount right after each of the first `fois` readings."""

    def __init__(self, fois: int) -> None:
        self.reste, self.composer = fois, versions.composer

    def __call__(self, *arguments: Any, **choix: Any) -> Any:
        compose = self.composer(*arguments, **choix)
        if self.reste:
            self.reste -= 1
            ligne = LigneFinancement.objects.exclude(montant_accorde=None).order_by("pk")[0]
            LigneFinancement.objects.filter(pk=ligne.pk).update(montant_accorde=F("montant_accorde") + 1000)
        return compose


def test_ce_qui_change_pendant_la_lecture_est_relu(bagnols: Bagnols, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "composer", _Pendant(3))
    version = lire_version(figer(bagnols.chargee, bagnols.rapport, VersionRapport.Nature.PROJET))
    assert chiffre(version, "accorde").valeur == 667_039 + 3000


def test_des_chiffres_qui_ne_cessent_de_changer_ne_sont_pas_figes(
    bagnols: Bagnols, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "composer", _Pendant(9))
    with pytest.raises(OperationRefusee, match="Les chiffres changent en ce moment"):
        figer(bagnols.chargee, bagnols.rapport, VersionRapport.Nature.PROJET)
    assert not bagnols.rapport.versions.exists()
