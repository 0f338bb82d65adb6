"""The loaded demonstration: a second time changes nothing, each account has its role, all is in the history."""

import pytest
from django.apps import apps
from simple_history.models import HistoricalChanges

from actions.models import ActionAnnuelle
from bilans.demonstration import dijon
from bilans.demonstration.chargement import charger_demonstration
from bilans.demonstration.ecriture import MOTIF
from bilans.models import Bilan, Courriel, RapportAnnuel, SectionRapport
from comptes.demonstration import COMPTES
from comptes.models import Utilisateur
from contrats.models import AccesContrat, ContratVille
from financements.models import AccesFinanceur, LigneFinancement, TotalControle
from porteurs.models import AccesPorteur

from .outils import PIECES, nombres_de_lignes

pytestmark = pytest.mark.usefixtures("demonstration")


def test_une_seconde_fois_ne_change_rien():
    avant = nombres_de_lignes()
    assert avant["bilans.HistoricalBilan"] > 80
    resultat = charger_demonstration(avec_comptes=True, avec_mots_de_passe=True)
    assert resultat.charges == []
    assert resultat.comptes == 0
    assert nombres_de_lignes() == avant


def test_ce_que_les_gens_ont_change_est_garde():
    ligne = LigneFinancement.objects.filter(financeur__sigle="ETAT").order_by("pk").first()
    ligne.montant_accorde = 1
    ligne.save()
    ActionAnnuelle.objects.get(campagne__contrat__slug="dole-2024-2030", ordre=3).bilan.delete()
    compte = Utilisateur.objects.get(email="chargee.dole@pilotis.example")
    compte.set_password("un-autre-mot-de-passe")
    compte.save()
    AccesContrat.objects.filter(utilisateur__email="copil.dole@pilotis.example").delete()
    avant = nombres_de_lignes()

    charger_demonstration(avec_comptes=True, avec_mots_de_passe=True)

    ligne.refresh_from_db()
    assert ligne.montant_accorde == 1
    compte.refresh_from_db()
    assert compte.check_password("un-autre-mot-de-passe")
    assert nombres_de_lignes() == avant


def test_un_contrat_retire_est_recharge_seul():
    dijon_ = ContratVille.objects.get(slug=dijon.SLUG)
    Bilan.objects.filter(action_annuelle__campagne__contrat=dijon_).delete()
    ActionAnnuelle.objects.filter(campagne__contrat=dijon_).delete()
    dijon_.actions.all().delete()
    dijon_.campagnes.all().delete()
    dijon_.delete()

    resultat = charger_demonstration(avec_comptes=True, avec_mots_de_passe=True)

    assert [contrat.slug for contrat in resultat.charges] == [dijon.SLUG]
    assert ActionAnnuelle.objects.filter(campagne__contrat__slug=dijon.SLUG).count() == 4
    acces = AccesContrat.objects.get(contrat__slug=dijon.SLUG)
    assert acces.utilisateur.email == "chargee.dijon@pilotis.example"


def test_chaque_compte_a_son_role():
    assert set(Utilisateur.objects.values_list("email", flat=True)) == {compte.email for compte in COMPTES}
    contrats = {(a.utilisateur.email, a.contrat.slug, a.role) for a in AccesContrat.objects.all()}
    assert contrats == {
        ("chargee.dole@pilotis.example", "dole-2024-2030", "charge_mission"),
        ("chargee.bagnols@pilotis.example", "bagnols-2015-2023", "charge_mission"),
        ("chargee.besancon@pilotis.example", "besancon-2024-2030", "charge_mission"),
        ("chargee.dijon@pilotis.example", "dijon-2024-2030", "charge_mission"),
        ("copil.dole@pilotis.example", "dole-2024-2030", "copil"),
    }
    assert {(a.utilisateur.email, a.porteur.nom) for a in AccesPorteur.objects.all()} == {
        ("association.dole@pilotis.example", "Loisirs Populaires Dolois"),
        ("association.bagnols@pilotis.example", "MOSAIQUE EN CEZE"),
        ("association.besancon@pilotis.example", "MJC Besançon / Clairs-Soleils"),
    }
    assert {(a.utilisateur.email, a.financeur.sigle) for a in AccesFinanceur.objects.all()} == {
        ("financeur.bagnols@pilotis.example", "ETAT")
    }
    administrateurs = Utilisateur.objects.filter(is_superuser=True)
    assert [compte.email for compte in administrateurs] == ["administration@pilotis.example"]


def test_chaque_compte_ouvre_avec_son_mot_de_passe(client):
    for compte in COMPTES:
        assert client.login(username=compte.email, password=compte.mot_de_passe)


def test_chaque_porteur_de_la_demonstration_a_quelque_chose_a_faire():
    """A bilan to fill; for the MJC of Besançon, whose document names no action, what its convention asks."""
    for acces in AccesPorteur.objects.all():
        if acces.porteur.conventions.filter(echeances__faite_le=None).exists():
            continue
        a_remplir = Bilan.objects.filter(
            action_annuelle__action__porteur=acces.porteur, statut__in=Bilan.STATUTS_MODIFIABLES
        )
        assert a_remplir.exists(), acces


def test_chaque_ligne_chargee_est_dans_l_historique_avec_son_auteur_et_son_motif():
    auteurs = {
        "dole-2024-2030": "chargee.dole@pilotis.example",
        "bagnols-2015-2023": "chargee.bagnols@pilotis.example",
        "dijon-2024-2030": "chargee.dijon@pilotis.example",
    }
    vus = 0
    for piece in PIECES:
        for modele in apps.get_app_config(piece).get_models():
            if issubclass(modele, HistoricalChanges):
                lignes = modele.objects.all()
                vus += bool(lignes)
                assert {ligne.history_change_reason for ligne in lignes} <= {MOTIF}, modele
                # A report is opened, written, sent for opinion, as people would.
                faits = {"+", "~"} if modele.instance_type in (RapportAnnuel, SectionRapport) else {"+"}
                assert {ligne.history_type for ligne in lignes} <= faits, modele
    assert vus > 10
    for bilan in Bilan.objects.select_related("action_annuelle__campagne__contrat").order_by("pk"):
        (ligne,) = bilan.historique.all()
        assert ligne.history_user.email == auteurs[bilan.action_annuelle.campagne.contrat.slug]
    assert LigneFinancement.historique.count() == LigneFinancement.objects.count()


def test_le_total_de_chaque_ligne_dit_la_sienne():
    sources = TotalControle.objects.filter(libelle="TOTAL PDV", action_annuelle__ordre__in=(1, 2))
    assert list(sources.order_by("action_annuelle__ordre").values_list("source", flat=True)) == [
        "Colonne « TOTAL PDV », 1ʳᵉ ligne",
        "Colonne « TOTAL PDV », 2ᵉ ligne",
    ]


def test_le_rapport_de_dole_est_en_consultation_celui_de_bagnols_se_redige():
    dole, bagnols = RapportAnnuel.objects.order_by("-annee")
    assert (dole.statut, dole.versions.get().est_intacte) == ("en_consultation", True)
    assert [str(avis) for avis in dole.avis.all()] == ["Comité de pilotage : en attente"]
    assert (bagnols.statut, bagnols.versions.count()) == ("preparation", 0)
    assert "46 actions" in bagnols.sections.get(code="essentiel").texte.replace("\u00a0", " ")
    copil = Utilisateur.objects.get(email="copil.dole@pilotis.example")
    assert list(RapportAnnuel.objects.visibles_par(copil)) == [dole]
    assert not Courriel.objects.exists()
