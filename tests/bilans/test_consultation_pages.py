"""The pages of the consultation on the annual report, its e-mails, who sits in the bodies."""

import re
from datetime import UTC, date, datetime
from email.header import decode_header, make_header
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from bilans.models import AvisRapport, Courriel, RapportAnnuel
from bilans.operations import valider
from bilans.operations.courriels import renvoyer_courriel
from bilans.operations.courriels_rapport import rappeler_les_avis, rapports_a_rappeler
from bilans.operations.instances import ajouter_membre, retirer_instance, retirer_membre
from bilans.rapport import consultation
from bilans.rapport.redaction import ouvrir_rapport
from bilans.taches import vider
from comptes.models import Utilisateur
from contrats.models import AccesContrat, Deliberation, GenerationQpv, Instance, MembreInstance
from contrats.operations import creer_instance, modifier_instance
from tests import fabriques

pytestmark = pytest.mark.django_db

ECHEANCE = date(2025, 7, 10)


@pytest.fixture(autouse=True)
def le_jour() -> Any:
    with time_machine.travel(datetime(2025, 6, 2, 10, tzinfo=UTC), tick=False) as jour:
        yield jour


def clair(texte: object) -> str:
    """Return a text with plain spaces."""
    return str(texte).replace("\u00a0", " ").replace("&nbsp;", " ").replace("&#x27;", "'")


class Lieu:
    """A contract and its report; a conseil citoyen with a member, a council without any, a COPIL."""

    def __init__(self) -> None:
        f = fabriques
        self.campagne = f.CampagneFactory(annee=2024, contact_email="ville@exemple.fr")
        self.contrat = self.campagne.contrat
        self.chargee = f.chargee_de_mission(self.contrat, email="lea@exemple.fr")
        self.citoyens = f.InstanceFactory(
            contrat=self.contrat, type="conseil_citoyen", nom="Conseil citoyen", ordre=2
        )
        self.ville = f.InstanceFactory(
            contrat=self.contrat, type="assemblee", nom="Conseil municipal", ordre=3
        )
        self.copil = f.InstanceFactory(contrat=self.contrat, type="copil", nom="COPIL", ordre=1)
        self.zoe = f.membre_du_copil(self.contrat, email="zoe@exemple.fr", prenom="Zoé", nom="Martin")
        self.siege = f.MembreInstanceFactory(instance_siegee=self.citoyens, utilisateur=self.zoe)
        self.elu = f.membre_du_copil(self.contrat, email="elu@exemple.fr")
        self.rapport = ouvrir_rapport(self.chargee, self.contrat, 2024)

    def url(self, nom: str, *cles: Any) -> str:
        return reverse(nom, args=[self.contrat.slug, 2024, *cles])

    def client(self, compte: Any) -> Client:
        client = Client()
        client.force_login(compte, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def envoyer(self) -> None:
        consultation.envoyer_pour_avis(self.chargee, self.rapport, [self.citoyens, self.ville], ECHEANCE)
        self.rapport.refresh_from_db()

    def avis(self, instance: Any) -> AvisRapport:
        return self.rapport.avis.get(instance_consultee=instance)

    def lire(self, compte: Any, nom: str, *cles: Any) -> str:
        reponse = self.client(compte).get(self.url(nom, *cles))
        assert reponse.status_code == 200
        return clair(reponse.content.decode())

    def poster(self, compte: Any, nom: str, /, *cles: Any, **champs: Any) -> Any:
        return self.client(compte).post(self.url(nom, *cles), champs)

    def clore(self) -> None:
        for instance in (self.citoyens, self.ville):
            consultation.rendre_avis(self.chargee, self.avis(instance), sens="favorable")
        consultation.clore_la_consultation(self.chargee, self.rapport)


@pytest.fixture
def lieu() -> Lieu:
    return Lieu()


def ecrits() -> list[tuple[str, str, str]]:
    return list(Courriel.objects.order_by("pk").values_list("type", "destinataire", "objet"))


# -- Sent for opinion ------------------------------------------------------------------------------
def test_la_page_d_envoi_coche_les_instances_de_la_loi_et_dit_qui_recoit(lieu: Lieu) -> None:
    page = lieu.lire(lieu.chargee, "rapport_envoyer")
    cochees = {
        i.nom: f'id="instance-{i.pk}" checked' in page for i in (lieu.citoyens, lieu.ville, lieu.copil)
    }
    assert cochees == {"Conseil citoyen": True, "Conseil municipal": True, "COPIL": False}
    assert "Zoé Martin (zoe@exemple.fr)" in page
    assert page.count("aucun membre n'a de compte, vous lui remettrez le projet et inscrirez son avis") == 2
    assert 'value="2025-07-12"' in page


def test_on_confirme_en_toutes_lettres_avant_d_envoyer(lieu: Lieu) -> None:
    champs = {"instances": [lieu.citoyens.pk, lieu.ville.pk], "echeance": "2025-07-10"}
    reponse = lieu.poster(lieu.chargee, "rapport_envoyer", **champs)
    page = clair(reponse.content.decode())
    assert "jusqu'au 10 juillet 2025" in page
    assert not lieu.rapport.versions.exists()
    assert 'name="echeance" value="2025-07-10"' in page
    lieu.poster(lieu.chargee, "rapport_envoyer", confirmer="oui", **champs)
    lieu.rapport.refresh_from_db()
    assert (lieu.rapport.statut, lieu.rapport.echeance_avis) == ("en_consultation", ECHEANCE)
    assert [str(avis.instance_consultee) for avis in lieu.rapport.avis.order_by("pk")] == [
        "Conseil citoyen",
        "Conseil municipal",
    ]


def test_ce_qui_reste_a_faire_se_dit_avant_de_figer(lieu: Lieu) -> None:
    bilan = fabriques.BilanFactory(
        action_annuelle=fabriques.ActionAnnuelleFactory(campagne=lieu.campagne), transmis=True
    )
    sections = list(lieu.rapport.sections.order_by("ordre"))
    lieu.rapport.sections.exclude(pk=sections[0].pk).update(texte="Écrite.")

    def confirmation() -> str:
        champs = {"instances": [lieu.citoyens.pk], "echeance": "2025-07-10"}
        return clair(lieu.poster(lieu.chargee, "rapport_envoyer", **champs).content.decode())

    page = confirmation()
    assert "1 section n'a pas de texte :" in page
    assert lieu.url("rapport_section", sections[0].cle) in page
    assert "Aucun bilan validé sur 1 attendu : les chiffres ne comptent que les bilans validés" in page
    lieu.rapport.sections.update(texte="Écrite.")
    valider(bilan, lieu.chargee)
    assert "encadre-alerte" not in confirmation()


def test_un_delai_trop_court_se_dit_au_champ_et_rien_ne_se_perd(lieu: Lieu) -> None:
    reponse = lieu.poster(
        lieu.chargee,
        "rapport_envoyer",
        instances=[lieu.copil.pk],
        echeance="2025-06-20",
        deliberation_organe="Conseil communautaire",
        deliberation_date="",
    )
    page = clair(reponse.content.decode())
    assert "choisissez le 2 juillet 2025 ou un jour suivant" in page
    assert "Une nouvelle délibération demande l'assemblée et la date." in page
    assert f'id="instance-{lieu.copil.pk}" checked' in page
    assert f'id="instance-{lieu.citoyens.pk}" checked' not in page
    assert 'value="Conseil communautaire"' in page
    assert not Deliberation.objects.exists()


def test_la_deliberation_du_delai_se_decrit_sur_place(lieu: Lieu) -> None:
    lieu.poster(
        lieu.chargee,
        "rapport_envoyer",
        instances=[lieu.citoyens.pk],
        echeance="2025-07-10",
        deliberation_organe="Conseil communautaire",
        deliberation_date="2025-05-20",
        deliberation_numero="2025-31",
        confirmer="oui",
    )
    lieu.rapport.refresh_from_db()
    assert lieu.rapport.deliberation_delai == Deliberation.objects.get(contrat=lieu.contrat, numero="2025-31")


# -- E-mails ---------------------------------------------------------------------------------------
def test_l_envoi_ecrit_aux_membres_et_mene_a_leur_avis(lieu: Lieu, settings: Any) -> None:
    lieu.envoyer()
    courriel = Courriel.objects.get()
    assert (courriel.destinataire, courriel.porteur, courriel.rapport) == (
        "zoe@exemple.fr",
        None,
        lieu.rapport,
    )
    lien = settings.PILOTIS_ADRESSE + lieu.url("rapport_avis", lieu.avis(lieu.citoyens).cle)
    for corps in (courriel.texte, courriel.html):
        assert lien in corps
        assert "10 juillet 2025" in clair(corps)
        assert "Conseil citoyen" in corps
    vider()
    [parti] = mail.outbox
    assert "zoe@exemple.fr" in parti.to[0]
    assert str(make_header(decode_header(parti.from_email))).startswith(lieu.contrat.epci.nom)
    assert parti.reply_to == ["ville@exemple.fr"]


def test_qui_siege_deux_fois_recoit_un_seul_courriel(lieu: Lieu) -> None:
    fabriques.MembreInstanceFactory(instance_siegee=lieu.ville, utilisateur=lieu.zoe)
    lieu.envoyer()
    courriel = Courriel.objects.get()
    assert "Conseil citoyen" in courriel.texte
    assert "Conseil municipal" in courriel.texte


def test_un_compte_desactive_ne_recoit_rien(lieu: Lieu) -> None:
    lieu.zoe.is_active = False
    lieu.zoe.save()
    lieu.envoyer()
    assert ecrits() == []


def test_le_rappel_part_une_fois_dans_la_derniere_semaine(lieu: Lieu, le_jour: Any) -> None:
    lieu.envoyer()
    le_jour.move_to(datetime(2025, 7, 2, 8, tzinfo=UTC))
    assert (rapports_a_rappeler(), rappeler_les_avis(lieu.rapport)) == ([], [])
    le_jour.move_to(datetime(2025, 7, 3, 8, tzinfo=UTC))
    assert rapports_a_rappeler() == [lieu.rapport]
    assert [c.destinataire for c in rappeler_les_avis(lieu.rapport)] == ["zoe@exemple.fr"]
    assert rappeler_les_avis(lieu.rapport) == []
    le_jour.move_to(datetime(2025, 7, 11, 8, tzinfo=UTC))
    assert rapports_a_rappeler() == []


def test_une_instance_qui_a_repondu_n_est_jamais_rappelee(lieu: Lieu, le_jour: Any) -> None:
    lieu.envoyer()
    vider()
    le_jour.move_to(datetime(2025, 7, 4, 8, tzinfo=UTC))
    [rappel] = rappeler_les_avis(lieu.rapport)
    consultation.rendre_avis(lieu.zoe, lieu.avis(lieu.citoyens), sens="favorable")
    # It answered between the writing and the sending.
    assert vider().sans_objet == 1
    rappel.refresh_from_db()
    assert rappel.statut == Courriel.Statut.SANS_OBJET
    Courriel.objects.all().delete()
    assert rappeler_les_avis(lieu.rapport) == []


def test_la_commande_des_rappels_prevus_rappelle_les_avis(lieu: Lieu, le_jour: Any, capsys: Any) -> None:
    lieu.envoyer()
    le_jour.move_to(datetime(2025, 7, 3, 8, tzinfo=UTC))
    call_command("relancer", "--prevues", "--simulation")
    assert "1 personne reçoit le rappel de l'avis" in clair(capsys.readouterr().out)
    assert not Courriel.objects.filter(type="rappel_avis").exists()
    call_command("relancer", "--prevues")
    assert [m.subject for m in mail.outbox if "Rappel" in m.subject] != []
    call_command("relancer", "--prevues")
    assert Courriel.objects.filter(type="rappel_avis").count() == 1


def test_prolonger_previent_avec_le_motif_et_autorise_un_nouveau_rappel(lieu: Lieu, le_jour: Any) -> None:
    lieu.envoyer()
    le_jour.move_to(datetime(2025, 7, 3, 8, tzinfo=UTC))
    rappeler_les_avis(lieu.rapport)
    lieu.poster(
        lieu.chargee,
        "rapport_geste",
        "prolonger",
        echeance="2025-08-20",
        motif="Le conseil se réunit en août.",
    )
    dernier = Courriel.objects.latest("pk")
    assert "20 août 2025" in clair(dernier.objet)
    assert "Le conseil se réunit en août." in clair(dernier.texte)
    lieu.rapport.refresh_from_db()
    le_jour.move_to(datetime(2025, 8, 14, 8, tzinfo=UTC))
    assert len(rappeler_les_avis(lieu.rapport)) == 1


def test_publier_previent_les_lecteurs_et_les_membres_une_fois_chacun(lieu: Lieu) -> None:
    lieu.envoyer()
    lieu.clore()
    consultation.approuver(
        lieu.chargee,
        lieu.rapport,
        fabriques.DeliberationFactory(contrat=lieu.contrat, date=date(2025, 6, 2)),
    )
    Courriel.objects.all().delete()
    lieu.poster(lieu.chargee, "rapport_geste", "publier")
    assert sorted(destinataire for _, destinataire, _ in ecrits()) == ["elu@exemple.fr", "zoe@exemple.fr"]


def test_chaque_courriel_mene_la_ou_il_le_dit(lieu: Lieu, le_jour: Any, settings: Any) -> None:
    """Every e-mail of the report, opened by who receives it: the opinion that it asks, the report that it announces."""

    def arrivee(courriel: Courriel) -> str:
        [lien] = set(re.findall(r"https?://\S+", courriel.texte))
        assert f'href="{lien}"' in courriel.html
        compte = Utilisateur.objects.get(email=courriel.destinataire)
        reponse = lieu.client(compte).get(lien.removeprefix(settings.PILOTIS_ADRESSE), follow=True)
        assert reponse.status_code == 200
        return str(reponse.request["PATH_INFO"])

    def derniers() -> list[Courriel]:
        ecrits = list(Courriel.objects.order_by("destinataire"))
        Courriel.objects.all().delete()
        return ecrits

    lieu.envoyer()
    demande = lieu.url("rapport_avis", lieu.avis(lieu.citoyens).cle)
    assert [arrivee(courriel) for courriel in derniers()] == [demande]
    ajouter_membre(lieu.chargee, lieu.ville, "nouveau@exemple.fr")
    assert [arrivee(courriel) for courriel in derniers()] == [
        lieu.url("rapport_avis", lieu.avis(lieu.ville).cle)
    ]
    consultation.prolonger_la_consultation(lieu.chargee, lieu.rapport, date(2025, 8, 20), "Vacances.")
    assert len([arrivee(courriel) for courriel in derniers()]) == 2
    le_jour.move_to(datetime(2025, 8, 14, 8, tzinfo=UTC))
    rappeler_les_avis(lieu.rapport)
    assert demande in [arrivee(courriel) for courriel in derniers()]
    lieu.clore()
    decidee = fabriques.DeliberationFactory(contrat=lieu.contrat, date=date(2025, 6, 2))
    consultation.approuver(lieu.chargee, lieu.rapport, decidee)
    consultation.publier(lieu.chargee, lieu.rapport)
    annonces = derniers()
    assert [courriel.destinataire for courriel in annonces] == [
        "elu@exemple.fr",
        "nouveau@exemple.fr",
        "zoe@exemple.fr",
    ]
    assert {arrivee(courriel) for courriel in annonces} == {lieu.url("rapport_version", 2)}


def test_un_courriel_s_adresse_a_une_structure_ou_concerne_un_rapport(lieu: Lieu) -> None:
    for champs in ({"porteur": None}, {"rapport": lieu.rapport}):
        with pytest.raises(IntegrityError), transaction.atomic():
            fabriques.CourrielFactory(campagne=lieu.campagne, **champs)


def test_les_pages_des_courriels_portent_un_courriel_sans_structure(lieu: Lieu) -> None:
    lieu.envoyer()
    courriel = Courriel.objects.get()
    Courriel.objects.update(statut="refuse", erreur="550 5.1.1 inconnu")
    for nom, cles in (("courriels", ()), ("courriel", (courriel.cle,)), ("campagne_relances", ())):
        lieu.lire(lieu.chargee, nom, *cles)
    assert "zoe@exemple.fr" in lieu.lire(lieu.chargee, "courriels")
    reprise = renvoyer_courriel(lieu.chargee, courriel)
    assert (reprise.rapport, reprise.porteur, reprise.objet) == (lieu.rapport, None, courriel.objet)


# -- The bodies of the contract --------------------------------------------------------------------
@pytest.fixture
def nu() -> Lieu:
    """Return a contract of two communes and three QPV, one of them of a former generation, without any body."""
    lieu = Lieu()
    MembreInstance.objects.all().delete()
    Instance.objects.all().delete()
    f = fabriques
    for nom in ("Alès", "Le Vigan"):
        lieu.contrat.communes.add(f.CommuneFactory(nom=nom, epci=lieu.contrat.epci))
    for nom in ("Planoise", "Montrapon"):
        f.TerritoireFactory(contrat=lieu.contrat, nom=nom)
    f.TerritoireFactory(contrat=lieu.contrat, nom="Battant", qpv_2015=True)
    GenerationQpv.objects.filter(code="2015").update(date_fin=date(2023, 12, 31))
    return lieu


def noms_des_instances() -> list[str]:
    return list(Instance.objects.order_by("ordre", "pk").values_list("nom", flat=True))


def test_un_contrat_sans_instance_en_ajoute_en_un_clic_et_envoie(nu: Lieu) -> None:
    page = nu.lire(nu.chargee, "rapport_consultation")
    assert "Ce contrat n'a encore aucune instance." in page
    assert nu.url("rapport_envoyer") not in page
    proposees = re.findall(r'name="usuelles" value="([^"]+)" id="usuelle-\d+"( checked)?', page)
    assert proposees == [
        ("Conseil citoyen (Montrapon)", " checked"),
        ("Conseil citoyen (Planoise)", " checked"),
        ("Conseil municipal d'Alès", " checked"),
        ("Conseil municipal du Vigan", " checked"),
        ("Conseil communautaire", ""),
        ("Comité de pilotage", ""),
    ]
    reponse = nu.client(nu.chargee).get(nu.url("rapport_envoyer"), follow=True)
    assert "Indiquez d'abord les instances à consulter." in clair(reponse.content.decode())
    choisies = [nom for nom, cochee in proposees if cochee]
    # A second click, or another window, adds nothing twice.
    for _ in range(2):
        nu.poster(nu.chargee, "rapport_instances_usuelles", usuelles=choisies)
    assert noms_des_instances() == choisies
    assert [i.type for i in Instance.objects.order_by("ordre")] == ["conseil_citoyen"] * 2 + ["assemblee"] * 2
    champs = {"instances": [i.pk for i in Instance.objects.order_by("pk")], "echeance": "2025-07-10"}
    nu.poster(nu.chargee, "rapport_envoyer", confirmer="oui", **champs)
    assert nu.rapport.avis.count() == 4


def test_rien_de_coche_se_dit(nu: Lieu) -> None:
    reponse = nu.client(nu.chargee).post(nu.url("rapport_instances_usuelles"), {}, follow=True)
    assert "Cochez au moins une instance à ajouter." in clair(reponse.content.decode())
    assert noms_des_instances() == []
    nu.poster(nu.chargee, "rapport_instances_usuelles", usuelles=["Une autre"])
    assert noms_des_instances() == []


def test_une_instance_connue_n_est_pas_proposee(lieu: Lieu) -> None:
    # One conseil citoyen for all the quartiers, a conseil municipal for the only commune.
    lieu.contrat.communes.add(fabriques.CommuneFactory(nom="Alès", epci=lieu.contrat.epci))
    page = lieu.lire(lieu.chargee, "rapport_consultation")
    assert re.findall(r'name="usuelles" value="([^"]+)"', page) == ["Conseil communautaire"]
    assert "Ce contrat n'a encore aucune instance." not in page


def test_le_conseil_qui_approuve_n_est_pas_coche_d_avance(lieu: Lieu) -> None:
    lieu.poster(lieu.chargee, "rapport_instances_usuelles", usuelles=["Conseil communautaire"])
    communautaire = Instance.objects.get(nom="Conseil communautaire")
    page = lieu.lire(lieu.chargee, "rapport_envoyer")
    assert f'id="instance-{lieu.ville.pk}" checked' in page
    assert f'id="instance-{communautaire.pk}"' in page
    assert f'id="instance-{communautaire.pk}" checked' not in page


def test_une_instance_s_ajoute_depuis_l_envoi_et_y_revient(lieu: Lieu) -> None:
    ajouter = f"{lieu.url('rapport_instance_creer')}?suite=envoyer"
    assert ajouter in lieu.lire(lieu.chargee, "rapport_envoyer")
    client = lieu.client(lieu.chargee)
    vide = clair(client.post(ajouter, {"nom": " ", "type": ""}).content.decode())
    assert "Donnez le nom de cette instance." in vide
    assert "Choisissez ce qu'est cette instance." in vide
    double = clair(client.post(ajouter, {"nom": "CONSEIL  citoyen", "type": "autre"}).content.decode())
    assert "Ce contrat a déjà une instance de ce nom." in double
    assert 'value="CONSEIL  citoyen"' in double
    reponse = client.post(ajouter, {"nom": "Conseil  municipal de Dole", "type": "assemblee"})
    assert reponse.url == lieu.url("rapport_envoyer")
    nouvelle = Instance.objects.get(nom="Conseil municipal de Dole")
    assert (nouvelle.contrat, nouvelle.type, nouvelle.ordre) == (lieu.contrat, "assemblee", 4)


def test_une_instance_se_renomme(lieu: Lieu) -> None:
    page = lieu.lire(lieu.chargee, "rapport_instance_modifier", lieu.ville.pk)
    assert 'value="Conseil municipal"' in page
    pris = lieu.poster(
        lieu.chargee, "rapport_instance_modifier", lieu.ville.pk, nom="copil", type="assemblee"
    )
    assert "Ce contrat a déjà une instance de ce nom." in clair(pris.content.decode())
    lieu.poster(
        lieu.chargee, "rapport_instance_modifier", lieu.ville.pk, nom="Conseil de Dole", type="assemblee"
    )
    assert Instance.objects.get(pk=lieu.ville.pk).nom == "Conseil de Dole"


def test_une_instance_ne_se_retire_que_si_rien_n_en_depend(lieu: Lieu) -> None:
    def retirer(instance: Any) -> str:
        client = lieu.client(lieu.chargee)
        adresse = lieu.url("rapport_instance_retirer", instance.pk)
        client.get(adresse)
        assert Instance.objects.filter(pk=instance.pk).exists()
        return clair(client.post(adresse, follow=True).content.decode())

    fabriques.SeanceFactory(instance=lieu.copil, date=date(2025, 1, 10))
    lieu.envoyer()
    assert "« COPIL » reste dans le contrat : des séances y sont enregistrées." in retirer(lieu.copil)
    assert "son avis est demandé sur un rapport annuel. Vous pouvez la renommer." in retirer(lieu.ville)
    gup = fabriques.InstanceFactory(contrat=lieu.contrat, type="gup", nom="GUP")
    siege = fabriques.MembreInstanceFactory(instance_siegee=gup, utilisateur=lieu.elu)
    assert "retirez d'abord ses membres" in retirer(gup)
    siege.delete()
    with pytest.raises(PermissionDenied):
        retirer_instance(lieu.elu, gup)
    assert "« GUP » n'est plus une instance du contrat." in retirer(gup)
    assert noms_des_instances() == ["COPIL", "Conseil citoyen", "Conseil municipal"]


def test_seule_l_equipe_tient_les_instances(lieu: Lieu) -> None:
    with pytest.raises(PermissionDenied):
        creer_instance(lieu.zoe, lieu.contrat, "Comité", "autre")
    with pytest.raises(PermissionDenied):
        modifier_instance(lieu.zoe, lieu.ville, "Comité", "autre")
    assert lieu.poster(lieu.zoe, "rapport_instances_usuelles", usuelles=["COTECH"]).status_code == 403


# -- Opinions --------------------------------------------------------------------------------------
def test_un_membre_voit_d_abord_l_avis_attendu_puis_le_donne(lieu: Lieu) -> None:
    lieu.envoyer()
    cle = lieu.avis(lieu.citoyens).cle
    accueil = lieu.lire(lieu.zoe, "accueil_contrat")
    assert lieu.url("rapport_avis", cle) in accueil
    assert lieu.url("rapport_version", 1) in lieu.lire(lieu.zoe, "rapport_avis", cle)
    lieu.poster(lieu.zoe, "rapport_avis", cle, sens="reserve", texte="Plus de sport.", version=1)
    assert "Réservé" in lieu.lire(lieu.zoe, "rapport_avis", cle)
    assert lieu.url("rapport_avis", cle) not in lieu.lire(lieu.zoe, "accueil_contrat")
    avis = lieu.avis(lieu.citoyens)
    assert (avis.sens, avis.texte, avis.pour_l_instance) == ("reserve", "Plus de sport.", False)


def test_qui_arrive_ailleurs_voit_d_abord_l_avis_attendu(lieu: Lieu) -> None:
    def accueil(compte: Any) -> str:
        return clair(lieu.client(compte).get("/", follow=True).content.decode())

    f = fabriques
    etat = f.representant_du_financeur(f.FinanceurFactory(contrat=lieu.contrat))
    loisirs = f.PorteurFactory(epci=lieu.contrat.epci)
    association = f.representant_du_porteur(loisirs)
    voisine = f.chargee_de_mission(f.CampagneFactory(annee=2024).contrat)
    for compte in (etat, association, voisine):
        f.MembreInstanceFactory(instance_siegee=lieu.citoyens, utilisateur=compte)
    # Who runs the consultation comes to its dashboard, even when it sits in a body.
    f.MembreInstanceFactory(instance_siegee=lieu.citoyens, utilisateur=lieu.chargee)
    lieu.envoyer()
    attendu = "Votre avis est attendu d'ici au 10 juillet 2025"
    lien = lieu.url("rapport_avis", lieu.avis(lieu.citoyens).cle)
    for compte in (lieu.zoe, etat, association, voisine):
        page = accueil(compte)
        assert attendu in page
        assert page.index(attendu) < page.index(lien)
        # The one main action of the page.
        assert re.findall(r'class="btn btn-primary" href="([^"]+)"', page) == [lien]
        assert "rien à faire" not in page
    assert attendu not in accueil(lieu.chargee)
    f.MembreInstanceFactory(instance_siegee=lieu.ville, utilisateur=etat)
    assert "2 avis sont attendus de vous, le premier d'ici au 10 juillet 2025" in accueil(etat)
    for instance in (lieu.citoyens, lieu.ville):
        consultation.rendre_avis(lieu.chargee, lieu.avis(instance), sens="favorable")
    reponse = lieu.client(etat).get("/", follow=True)
    assert reponse.request["PATH_INFO"] == lieu.url("liste_actions")


def test_un_avis_reserve_sans_observation_garde_ce_qui_est_saisi(lieu: Lieu) -> None:
    lieu.envoyer()
    cle = lieu.avis(lieu.citoyens).cle
    reponse = lieu.poster(lieu.zoe, "rapport_avis", cle, sens="reserve", texte="", version=1)
    page = clair(reponse.content.decode())
    assert "dit pourquoi" in page
    assert 'value="reserve"' in page
    assert lieu.avis(lieu.citoyens).sens == ""


def test_passe_la_date_un_membre_lit_ce_qui_est_dit(lieu: Lieu, le_jour: Any) -> None:
    lieu.envoyer()
    cle = lieu.avis(lieu.citoyens).cle
    le_jour.move_to(datetime(2025, 7, 11, 8, tzinfo=UTC))
    page = lieu.lire(lieu.zoe, "rapport_avis", cle)
    assert "Les avis étaient attendus jusqu'au 10 juillet 2025" in page
    assert "<textarea" not in page
    lieu.poster(lieu.zoe, "rapport_avis", cle, sens="favorable", version=1)
    assert lieu.avis(lieu.citoyens).sens == ""


def test_l_avis_d_une_autre_instance_n_existe_pas(lieu: Lieu) -> None:
    lieu.envoyer()
    adresse = lieu.url("rapport_avis", lieu.avis(lieu.ville).cle)
    for compte in (lieu.zoe, lieu.elu):
        assert lieu.client(compte).get(adresse).status_code == 404
        assert lieu.client(compte).post(adresse, {"sens": "favorable"}).status_code == 404


def test_deux_membres_voient_les_deux_versions(lieu: Lieu) -> None:
    lieu.envoyer()
    cle = lieu.avis(lieu.citoyens).cle
    lieu.poster(lieu.chargee, "rapport_avis", cle, sens="favorable", texte="Très bien.", version=1)
    reponse = lieu.poster(lieu.zoe, "rapport_avis", cle, sens="defavorable", texte="Non.", version=1)
    page = clair(reponse.content.decode())
    assert "a enregistré une autre version" in page
    assert "Très bien." in page
    assert "Non." in page
    assert lieu.avis(lieu.citoyens).texte == "Très bien."
    lieu.poster(lieu.zoe, "rapport_avis", cle, sens="defavorable", texte="Non.", version=2)
    assert lieu.avis(lieu.citoyens).texte == "Non."


def test_la_chargee_inscrit_un_avis_pour_une_instance(lieu: Lieu) -> None:
    lieu.envoyer()
    lieu.poster(
        lieu.chargee,
        "rapport_avis",
        lieu.avis(lieu.ville).cle,
        sens="favorable",
        texte="",
        date="",
        deliberation="2025-48",
        version=1,
    )
    avis = lieu.avis(lieu.ville)
    assert (avis.sens, avis.pour_l_instance, avis.deliberation) == ("favorable", True, "2025-48")
    assert "inscrit pour l'instance par" in lieu.lire(lieu.chargee, "rapport_consultation")


def test_deux_suites_sont_opposees(lieu: Lieu) -> None:
    lieu.envoyer()
    consultation.rendre_avis(lieu.zoe, lieu.avis(lieu.citoyens), sens="reserve", texte="Plus de sport.")
    cle = lieu.avis(lieu.citoyens).cle
    lieu.poster(lieu.chargee, "rapport_suite", cle, suite_donnee="Un appel à projets.", version=2)
    reponse = lieu.poster(lieu.chargee, "rapport_suite", cle, suite_donnee="Rien.", version=2)
    page = clair(reponse.content.decode())
    assert "Un appel à projets." in page
    assert "Rien." in page
    assert lieu.avis(lieu.citoyens).suite_donnee == "Un appel à projets."


# -- The other steps -------------------------------------------------------------------------------
def test_clore_dit_qui_est_repute_favorable(lieu: Lieu, le_jour: Any) -> None:
    lieu.envoyer()
    assert "le silence ne vaut accord qu'après cette date" in clair(
        lieu.poster(lieu.chargee, "rapport_geste", "clore").content.decode()
    )
    consultation.rendre_avis(lieu.zoe, lieu.avis(lieu.citoyens), sens="favorable")
    le_jour.move_to(datetime(2025, 7, 11, 8, tzinfo=UTC))
    page = lieu.lire(lieu.chargee, "rapport_geste", "clore")
    assert "son avis est réputé favorable" in page
    assert "<li>Conseil municipal</li>" in page
    assert "<li>Conseil citoyen</li>" not in page
    lieu.poster(lieu.chargee, "rapport_geste", "clore")
    assert lieu.avis(lieu.ville).sens == "repute_favorable"


def test_qui_n_a_pas_de_compte_recoit_le_projet_sur_papier(lieu: Lieu) -> None:
    lieu.envoyer()
    page = lieu.lire(lieu.chargee, "rapport_consultation")
    assert "Vous pourrez clore quand toutes les instances auront répondu" in page
    # Zoé sits in the conseil citoyen: she is written to.
    assert "Personne n'a de compte pour Conseil municipal : " in page
    assert f'href="{reverse("rapport_fichiers", args=[lieu.contrat.slug, 2024, 1])}"' in page
    lieu.clore()
    assert "Personne n'a de compte" not in lieu.lire(lieu.chargee, "rapport_consultation")


def test_aucune_des_deux_facons_de_dire_la_deliberation_n_est_facultative(lieu: Lieu) -> None:
    lieu.envoyer()
    lieu.clore()
    page = lieu.lire(lieu.chargee, "rapport_geste", "approuver")
    # The number alone may be left out.
    assert page.count("(facultatif)") == 1


def test_approuver_avec_une_deliberation_decrite_sur_place(lieu: Lieu) -> None:
    lieu.envoyer()
    lieu.clore()
    reponse = lieu.poster(lieu.chargee, "rapport_geste", "approuver")
    assert "Choisissez la délibération, ou décrivez-la" in clair(reponse.content.decode())
    champs = {"deliberation_organe": "Conseil communautaire", "deliberation_numero": "2025-77"}
    reponse = lieu.poster(
        lieu.chargee, "rapport_geste", "approuver", deliberation_date="2025-01-05", **champs
    )
    assert "antérieure" in clair(reponse.content.decode())
    assert not Deliberation.objects.exists()
    lieu.poster(lieu.chargee, "rapport_geste", "approuver", deliberation_date="2025-06-02", **champs)
    lieu.rapport.refresh_from_db()
    assert (lieu.rapport.statut, lieu.rapport.deliberation.numero) == ("approuve", "2025-77")


def test_publier_corriger_adresse_revenir(lieu: Lieu) -> None:
    lieu.envoyer()
    lieu.clore()
    consultation.approuver(
        lieu.chargee,
        lieu.rapport,
        fabriques.DeliberationFactory(contrat=lieu.contrat, date=date(2025, 6, 2)),
    )
    lieu.poster(lieu.chargee, "rapport_geste", "publier")
    lieu.poster(lieu.chargee, "rapport_geste", "corriger", motif="Un montant était faux.")
    reponse = lieu.poster(lieu.chargee, "rapport_geste", "adresse", adresse_publique="Dole 2024")
    assert "minuscules sans accent" in clair(reponse.content.decode())
    lieu.poster(lieu.chargee, "rapport_geste", "adresse", adresse_publique="dole-2024")
    lieu.rapport.refresh_from_db()
    assert (lieu.rapport.adresse_publique, lieu.rapport.versions.count()) == ("dole-2024", 3)
    reponse = lieu.poster(lieu.chargee, "rapport_geste", "revenir", motif="")
    assert "Dites pourquoi" in clair(reponse.content.decode())
    lieu.poster(lieu.chargee, "rapport_geste", "revenir", motif="Publié trop tôt.")
    lieu.rapport.refresh_from_db()
    assert (lieu.rapport.statut, lieu.rapport.adresse_publique) == ("approuve", None)


@pytest.mark.parametrize(
    "geste", ["prolonger", "clore", "approuver", "publier", "corriger", "adresse", "revenir"]
)
def test_un_geste_hors_de_son_etat_ramene_en_le_disant(lieu: Lieu, geste: str) -> None:
    reponse = lieu.client(lieu.chargee).get(lieu.url("rapport_geste", geste), follow=True)
    assert "n'a pas encore été envoyé pour avis" in clair(reponse.content.decode())


def test_un_geste_inconnu_n_existe_pas(lieu: Lieu) -> None:
    assert lieu.client(lieu.chargee).get(lieu.url("rapport_geste", "effacer")).status_code == 404


def test_la_page_dit_ou_l_on_en_est_a_chaque_etape(lieu: Lieu) -> None:
    assert "envoyez-le pour avis" in lieu.lire(lieu.chargee, "rapport_consultation")
    lieu.envoyer()
    assert "Aucun avis rendu sur 2, jusqu'au 10 juillet 2025." in lieu.lire(
        lieu.chargee, "rapport_consultation"
    )
    lieu.clore()
    assert "peut approuver le rapport" in lieu.lire(lieu.chargee, "rapport_consultation")


def test_le_nombre_de_requetes_ne_depend_pas_des_instances(
    lieu: Lieu, django_assert_max_num_queries: Any
) -> None:
    lieu.envoyer()
    client = lieu.client(lieu.chargee)
    client.get(lieu.url("rapport_consultation"))
    with django_assert_max_num_queries(100) as avant:
        client.get(lieu.url("rapport_consultation"))
    for rang in range(4):
        instance = fabriques.InstanceFactory(contrat=lieu.contrat, nom=f"Instance {rang}")
        fabriques.MembreInstanceFactory(instance_siegee=instance)
        fabriques.AvisRapportFactory(rapport=lieu.rapport, instance_consultee=instance)
    with django_assert_max_num_queries(len(avant)):
        client.get(lieu.url("rapport_consultation"))


# -- Who sits where --------------------------------------------------------------------------------
def test_ajouter_une_adresse_ouvre_un_compte_et_demande_l_avis_attendu(lieu: Lieu) -> None:
    lieu.envoyer()
    Courriel.objects.all().delete()
    lieu.poster(
        lieu.chargee, "rapport_membre_ajouter", lieu.ville.pk, email=" Paul@Exemple.fr", nom="Paul Petit"
    )
    membre = MembreInstance.objects.get(instance_siegee=lieu.ville)
    assert (membre.utilisateur.email, membre.utilisateur.has_usable_password()) == ("paul@exemple.fr", False)
    assert AccesContrat.objects.get(utilisateur=membre.utilisateur).role == "copil"
    assert [(type_, a) for type_, a, _ in ecrits()] == [("rapport", "paul@exemple.fr")]
    assert lieu.lire(membre.utilisateur, "rapport_avis", lieu.avis(lieu.ville).cle)


def test_ajouter_un_compte_du_contrat(lieu: Lieu) -> None:
    lieu.poster(lieu.chargee, "rapport_membre_ajouter", lieu.ville.pk, compte=lieu.elu.pk)
    assert lieu.ville.membres.get().utilisateur == lieu.elu
    assert ecrits() == []


def test_un_membre_ne_siege_pas_deux_fois_ni_un_compte_ferme(lieu: Lieu) -> None:
    with pytest.raises(ValidationError, match="siège déjà"):
        ajouter_membre(lieu.chargee, lieu.citoyens, "zoe@exemple.fr")
    lieu.elu.is_active = False
    lieu.elu.save()
    with pytest.raises(ValidationError, match="désactivé"):
        ajouter_membre(lieu.chargee, lieu.citoyens, "elu@exemple.fr")
    with pytest.raises(PermissionDenied):
        ajouter_membre(lieu.zoe, lieu.citoyens, "autre@exemple.fr")


def test_retirer_un_membre_et_son_acces_si_on_le_demande(lieu: Lieu) -> None:
    lieu.poster(lieu.chargee, "rapport_membre_retirer", lieu.siege.pk)
    assert not lieu.citoyens.membres.exists()
    assert AccesContrat.objects.filter(utilisateur=lieu.zoe).exists()
    siege = ajouter_membre(lieu.chargee, lieu.citoyens, "zoe@exemple.fr")
    autre = ajouter_membre(lieu.chargee, lieu.ville, "zoe@exemple.fr")
    retirer_membre(lieu.chargee, siege, acces_aussi=True)
    assert AccesContrat.objects.filter(utilisateur=lieu.zoe).exists()
    retirer_membre(lieu.chargee, autre, acces_aussi=True)
    assert not AccesContrat.objects.filter(utilisateur=lieu.zoe).exists()
    with pytest.raises(PermissionDenied):
        retirer_membre(lieu.elu, autre, acces_aussi=False)


def test_le_rapport_d_une_autre_annee_ne_se_consulte_pas_ici(lieu: Lieu) -> None:
    fabriques.CampagneFactory(contrat=lieu.contrat, annee=2023)
    RapportAnnuel.objects.exclude(pk=lieu.rapport.pk).delete()
    adresse = reverse("rapport_consultation", args=[lieu.contrat.slug, 2023])
    assert lieu.client(lieu.chargee).get(adresse).status_code == 404


# -- Read by anybody -------------------------------------------------------------------------------
def publier(lieu: Lieu) -> None:
    lieu.envoyer()
    lieu.clore()
    approuve = fabriques.DeliberationFactory(
        contrat=lieu.contrat, organe="Conseil communautaire", date=date(2025, 6, 2), numero="2025-77"
    )
    consultation.approuver(lieu.chargee, lieu.rapport, approuve)
    consultation.publier(lieu.chargee, lieu.rapport)


def test_l_adresse_publique_se_propose_se_dit_et_se_retire(lieu: Lieu, settings: Any) -> None:
    settings.PILOTIS_ADRESSE = "https://pilotis.exemple.fr"
    lieu.contrat.nom_court = "Pont-l'Évêque"
    lieu.contrat.save()
    publier(lieu)
    page = lieu.lire(lieu.chargee, "rapport_consultation")
    assert f'href="{lieu.url("rapport_lire")}">Lire le rapport publié' in page
    # Nothing is to be done with the opinions any more.
    assert "Que faire" not in page
    assert "Adresse publique :" not in page
    page = lieu.lire(lieu.chargee, "rapport_geste", "adresse")
    assert 'value="pont-leveque-2024"' in page
    assert "https://pilotis.exemple.fr/rapports/" in page
    client = lieu.client(lieu.chargee)
    adresse = lieu.url("rapport_geste", "adresse")
    dit = clair(client.post(adresse, {"adresse_publique": "pont-2024"}, follow=True).content.decode())
    assert "le lit maintenant" in dit
    assert 'href="https://pilotis.exemple.fr/rapports/pont-2024/"' in dit
    retour = lieu.lire(lieu.chargee, "rapport_geste", "revenir")
    assert "L'adresse publique est retirée : redonnez-la ensuite." in retour
    dit = clair(client.post(adresse, {"adresse_publique": ""}, follow=True).content.decode())
    assert "Le rapport n'a pas d'adresse publique" in dit
    assert "pont-2024" not in dit


def test_les_fichiers_d_un_rapport_public_se_font_d_eux_memes(lieu: Lieu) -> None:
    def demandes() -> list[tuple[int, str]]:
        fichiers = lieu.rapport.fichiers.order_by("version__numero", "format")
        return list(fichiers.values_list("version__numero", "format"))

    publier(lieu)
    assert demandes() == []
    consultation.donner_une_adresse(lieu.chargee, lieu.rapport, "dole-2024")
    assert demandes() == [(2, "pdf"), (2, "xlsx")]
    consultation.corriger(lieu.chargee, lieu.rapport, "Un chiffre.")
    assert demandes() == [(2, "pdf"), (2, "xlsx"), (3, "pdf"), (3, "xlsx")]
    consultation.donner_une_adresse(lieu.chargee, lieu.rapport, "")
    consultation.corriger(lieu.chargee, lieu.rapport, "Un autre.")
    assert len(demandes()) == 4


def test_la_deliberation_se_cite_en_toutes_lettres(lieu: Lieu) -> None:
    publier(lieu)
    lu = "Approuvé : Conseil communautaire, 2 juin 2025, n° 2025-77."
    assert lu in lieu.lire(lieu.zoe, "rapport_version", 2)
    consultation.revenir(lieu.chargee, lieu.rapport, "Une erreur.")
    lu = "Approuvé par la délibération « Conseil communautaire, 2 juin 2025, n° 2025-77 »."
    assert lu in lieu.lire(lieu.chargee, "rapport_consultation")


def test_sans_compte_a_choisir_on_demande_l_adresse(lieu: Lieu) -> None:
    page = lieu.lire(lieu.chargee, "rapport_membre_ajouter", lieu.ville.pk)
    assert "Une personne qui a déjà un compte" in page
    AccesContrat.objects.filter(role=AccesContrat.Role.COPIL).delete()
    page = lieu.lire(lieu.chargee, "rapport_membre_ajouter", lieu.ville.pk)
    assert "Une personne qui a déjà un compte" not in page
    assert 'name="compte"' not in page
    reponse = lieu.poster(lieu.chargee, "rapport_membre_ajouter", lieu.ville.pk)
    assert "Écrivez son adresse électronique." in clair(reponse.content.decode())
