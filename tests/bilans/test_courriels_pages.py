"""The pages of the e-mails: preview, sending, progress, log, an e-mail as it was sent."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from actions.models import Campagne
from bilans.models import Bilan, Courriel, Envoi
from bilans.pages.courriels import ETATS, SIGNES, expliquer
from tests import fabriques

pytestmark = pytest.mark.django_db

Statut, Type = Courriel.Statut, Courriel.Type


@pytest.fixture(autouse=True)
def le_2_juin() -> Iterator[None]:
    with time_machine.travel(datetime(2025, 6, 2, 8, 0, tzinfo=UTC), tick=False):
        yield


def adresse(campagne: Campagne, nom: str, *arguments: str) -> str:
    return reverse(nom, args=[campagne.contrat.slug, campagne.annee, *arguments])


def mots(reponse: Any) -> str:
    """The words of a page, tags and spaces apart."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", reponse.content.decode())).replace("&#x27;", "'")


def du(campagne: Campagne, nom: str, email: str = "", **champs: Any) -> Bilan:
    """A bilan owed by the porteur `nom`, reached at `email`."""
    bilan = fabriques.BilanFactory(
        action_annuelle__campagne=campagne, action_annuelle__action__porteur__nom=nom, **champs
    )
    if email:
        fabriques.RepresentantFactory(
            porteur=bilan.action_annuelle.action.porteur, email=email, nom="Amina Berger"
        )
    return bilan


# -- Inviting ----------------------------------------------------------------------------------------
def test_la_page_des_invitations_dit_qui_quoi_et_qui_ne_peut_l_etre(
    campagne: Campagne, chargee: Client
) -> None:
    du(campagne, "Maison pour tous", "amina@exemple.fr")
    muet = du(campagne, "Vélo partagé")
    refuse = du(campagne, "Foyer Saint-Éloi", "foyer@exemple.fr")
    fabriques.CourrielFactory(
        campagne=campagne,
        porteur=refuse.action_annuelle.action.porteur,
        destinataire="foyer@exemple.fr",
        refuse=True,
    )
    fini = fabriques.BilanFactory(action_annuelle__campagne=campagne, transmis=True)
    fabriques.RepresentantFactory(porteur=fini.action_annuelle.action.porteur, email="fini@exemple.fr")
    avant = Courriel.objects.count()
    reponse = chargee.get(adresse(campagne, "campagne_invitations"))
    page = mots(reponse)
    assert "1 personne sera invitée, de 1 structure, pour 1 bilan attendu." in page
    assert "Envoyer 1 invitation" in page
    assert "amina@exemple.fr" in page
    assert "1 structure sans adresse" in page
    assert (
        adresse(campagne, "porteur_acces", muet.action_annuelle.action.porteur.cle)
        in reponse.content.decode()
    )
    assert "1 adresse qui ne reçoit pas nos messages" in page
    assert "fini@exemple.fr" not in page
    assert (Courriel.objects.count(), Envoi.objects.count()) == (avant, 0)


def test_envoyer_les_invitations_mene_a_leur_avancement(
    campagne: Campagne, chargee: Client, django_capture_on_commit_callbacks: Any
) -> None:
    du(campagne, "Maison pour tous", "amina@exemple.fr")
    url = adresse(campagne, "campagne_invitations")
    with django_capture_on_commit_callbacks(execute=True):
        reponse = chargee.post(url)
    envoi = Envoi.objects.get()
    assert reponse.url == adresse(campagne, "envoi", envoi.cle)
    assert len(mail.outbox) == 1
    page = mots(chargee.get(reponse.url))
    assert "Envoi terminé : 1 message envoyé sur 1." in page
    assert "hx-trigger" not in chargee.get(reponse.url).content.decode()
    # The second click finds nobody left, and says so.
    suite = chargee.post(url, follow=True)
    assert "Personne n'est à inviter" in mots(suite)
    assert "Toutes les personnes qui ont un bilan à remplir ont été invitées." in mots(suite)
    assert "1 personne déjà invitée" in mots(suite)
    assert Envoi.objects.count() == 1


def test_avant_l_ouverture_on_voit_qui_sera_invite_sans_pouvoir_envoyer(
    campagne: Campagne, chargee: Client
) -> None:
    du(campagne, "Maison pour tous", "amina@exemple.fr")
    Campagne.objects.update(statut=Campagne.Statut.PROGRAMMEE)
    reponse = chargee.get(adresse(campagne, "campagne_invitations"))
    assert "amina@exemple.fr" in mots(reponse)
    assert "ne sont pas ouverts" in mots(reponse)
    assert 'form="inviter"' not in reponse.content.decode()
    Campagne.objects.update(statut=Campagne.Statut.BILANS_OUVERTS, bilan_ouverture=date(2025, 6, 10))
    reponse = chargee.get(adresse(campagne, "campagne_invitations"))
    assert "s'ouvrent le 10 juin 2025" in mots(reponse).replace("\xa0", " ")
    assert 'form="inviter"' not in reponse.content.decode()


# -- Reminding ---------------------------------------------------------------------------------------
def test_la_page_des_relances_dit_la_phrase_de_chacun_et_qui_a_deja_son_message(
    campagne: Campagne, chargee: Client
) -> None:
    premier = du(campagne, "Maison pour tous", "amina@exemple.fr")
    for _ in range(2):
        fabriques.BilanFactory(
            action_annuelle__campagne=campagne,
            action_annuelle__action__porteur=premier.action_annuelle.action.porteur,
        )
    ecrit = du(campagne, "Vélo partagé", "velo@exemple.fr")
    fabriques.CourrielFactory(
        campagne=campagne,
        porteur=ecrit.action_annuelle.action.porteur,
        destinataire="velo@exemple.fr",
        envoye=True,
        jour=date(2025, 6, 2),
    )
    fabriques.RelancePrevueFactory(campagne=campagne, date=date(2025, 6, 23))
    fabriques.RelancePrevueFactory(campagne=campagne, date=date(2025, 6, 1), faite_le=timezone.now())
    page = mots(chargee.get(adresse(campagne, "campagne_relances"))).replace("\xa0", " ")
    assert "3 bilans attendus pour le 30 juin" in page
    assert "Envoyer 1 rappel " in page
    assert "1 personne a déjà un message aujourd'hui" in page
    assert "velo@exemple.fr, Vélo partagé" in page
    assert "23 juin 2025, dans 21 jours" in page
    assert "1er juin 2025 parti" in page


def test_relancer_deux_fois_le_meme_jour_n_envoie_rien_la_seconde(
    campagne: Campagne, chargee: Client, django_capture_on_commit_callbacks: Any
) -> None:
    du(campagne, "Maison pour tous", "amina@exemple.fr")
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            reponse = chargee.post(adresse(campagne, "campagne_relances"), follow=True)
    assert len(mail.outbox) == 1
    assert "Il n'y a pas de rappel à envoyer aujourd'hui" in mots(reponse)


# -- A batch -----------------------------------------------------------------------------------------
@pytest.fixture
def envoi(campagne: Campagne) -> Envoi:
    """A batch with an e-mail in each state."""
    lot = fabriques.EnvoiFactory(campagne=campagne)
    porteur = fabriques.PorteurFactory(epci=campagne.contrat.epci, nom="Maison pour tous")
    commun = {"campagne": campagne, "porteur": porteur, "envoi": lot}
    fabriques.CourrielFactory(**commun, destinataire="attend@exemple.fr")
    fabriques.CourrielFactory(**commun, destinataire="recu@exemple.fr", envoye=True)
    fabriques.CourrielFactory(**commun, destinataire="refuse@exemple.fr", refuse=True)
    fabriques.CourrielFactory(**commun, destinataire="revenu@exemple.fr", retour=True)
    fabriques.CourrielFactory(
        **commun,
        destinataire="echec@exemple.fr",
        statut=Statut.ECHEC,
        erreur="Le serveur d'envoi ne répond pas. (Connexion refusée)",
    )
    fabriques.CourrielFactory(
        **commun,
        destinataire="interrompu@exemple.fr",
        statut=Statut.EN_COURS,
        pris_le=timezone.now() - timedelta(minutes=20),
    )
    fabriques.CourrielFactory(
        **commun, destinataire="cours@exemple.fr", statut=Statut.EN_COURS, pris_le=timezone.now()
    )
    fabriques.CourrielFactory(
        **commun, destinataire="fini@exemple.fr", statut=Statut.SANS_OBJET, erreur="Plus aucun bilan."
    )
    return lot


def test_l_avancement_compte_chaque_etat_et_se_relit_jusqu_a_la_fin(envoi: Envoi, chargee: Client) -> None:
    reponse = chargee.get(adresse(envoi.campagne, "envoi", envoi.cle))
    assert reponse.context["page"].comptes == {
        "attente": 2,
        "envoye": 1,
        "refuse": 2,
        "echec": 2,
        "sans_objet": 1,
    }
    assert 'hx-trigger="every 2s"' in reponse.content.decode()
    assert "Envoi en cours : 1 message envoyé sur 8." in mots(reponse)
    assert "le programme qui envoie les courriels est peut-être arrêté" not in mots(reponse)
    Courriel.objects.filter(destinataire__in=("attend@exemple.fr", "cours@exemple.fr")).update(
        statut=Statut.ENVOYE, envoye_le=timezone.now()
    )
    reponse = chargee.get(adresse(envoi.campagne, "envoi", envoi.cle))
    assert "hx-trigger" not in reponse.content.decode()
    assert (
        "Envoi terminé : 3 messages envoyés sur 8, 2 refusés ou revenus, 2 non partis, 1 devenu inutile."
        in mots(reponse)
    )


def test_un_envoi_ou_rien_ne_part_dit_que_le_programme_est_peut_etre_arrete(
    campagne: Campagne, chargee: Client
) -> None:
    lot = fabriques.EnvoiFactory(campagne=campagne)
    fabriques.CourrielFactory(campagne=campagne, envoi=lot)
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        assert "est peut-être arrêté" in mots(chargee.get(adresse(campagne, "envoi", lot.cle)))


def test_renvoyer_ce_qui_n_est_pas_parti_fait_un_nouvel_envoi(envoi: Envoi, chargee: Client) -> None:
    reponse = chargee.post(adresse(envoi.campagne, "envoi", envoi.cle))
    suite = Envoi.objects.exclude(pk=envoi.pk).get()
    assert reponse.url == adresse(envoi.campagne, "envoi", suite.cle)
    assert sorted(suite.courriels.values_list("destinataire", flat=True)) == [
        "echec@exemple.fr",
        "interrompu@exemple.fr",
    ]


# -- The log -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("criteres", "attendus"),
    [
        ("etat=attente", {"attend", "cours"}),
        ("etat=envoye", {"recu"}),
        ("etat=refuse", {"refuse", "revenu"}),
        ("etat=echec", {"echec", "interrompu"}),
        ("etat=sans_objet", {"fini"}),
        ("type=relance", set()),
        ("q=REVENU", {"revenu"}),
        ("etat=envoye&type=invitation", {"recu"}),
    ],
)
def test_le_journal_se_filtre_par_son_adresse(
    envoi: Envoi, chargee: Client, criteres: str, attendus: set[str]
) -> None:
    fabriques.CourrielFactory(destinataire="ailleurs@exemple.fr", envoye=True)
    url = adresse(envoi.campagne, "courriels")
    reponse = chargee.get(f"{url}?{criteres}")
    trouves = {ligne.courriel.destinataire.partition("@")[0] for ligne in reponse.context["journal"].lignes}
    assert trouves == attendus
    assert len(chargee.get(url).context["journal"].lignes) == 8


def test_le_journal_se_filtre_par_structure_et_par_envoi(envoi: Envoi, chargee: Client) -> None:
    autre = fabriques.CourrielFactory(campagne=envoi.campagne, destinataire="autre@exemple.fr", envoye=True)
    url = adresse(envoi.campagne, "courriels")
    par_structure = chargee.get(f"{url}?porteur={autre.porteur.cle}").context["journal"]
    assert [ligne.courriel for ligne in par_structure.lignes] == [autre]
    assert len(chargee.get(f"{url}?envoi={envoi.cle}").context["journal"].lignes) == 8


def test_le_journal_montre_d_abord_ce_qui_n_est_pas_arrive_et_que_faire(
    envoi: Envoi, chargee: Client
) -> None:
    page = mots(chargee.get(adresse(envoi.campagne, "courriels")))
    assert "2 adresses n'ont pas reçu nos messages" in page
    assert "Cette adresse n'existe pas." in page
    assert "2 messages ne sont pas partis" in page
    assert "Envoi interrompu" in page


def test_une_adresse_de_liste_fautive_est_dite_et_laissee_de_cote(envoi: Envoi, chargee: Client) -> None:
    url = adresse(envoi.campagne, "courriels")
    criteres = "etat=inconnu&type=x&porteur=zzz&envoi=%00&tri=taille&page=99"
    reponse = chargee.get(f"{url}?{criteres}")
    journal = reponse.context["journal"]
    assert (reponse.status_code, len(journal.lignes), len(journal.avis)) == (200, 8, 5)


def test_le_journal_se_trie(envoi: Envoi, chargee: Client) -> None:
    lignes = (
        chargee.get(f"{adresse(envoi.campagne, 'courriels')}?tri=-destinataire").context["journal"].lignes
    )
    adresses = [ligne.courriel.destinataire for ligne in lignes]
    assert adresses == sorted(adresses, reverse=True)


def test_le_nombre_de_requetes_du_journal_ne_depend_pas_du_nombre_de_courriels(
    envoi: Envoi, chargee: Client, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    url = adresse(envoi.campagne, "courriels")
    chargee.get(url)
    with CaptureQueriesContext(connection) as avant:
        chargee.get(url)
    for rang in range(10):
        bilan = fabriques.BilanFactory(action_annuelle__campagne=envoi.campagne)
        fabriques.CourrielFactory(
            campagne=envoi.campagne, bilan=bilan, destinataire=f"b{rang}@exemple.fr", refuse=True
        )
    with django_assert_num_queries(len(avant)):
        chargee.get(url)


def test_sans_courriel_le_journal_dit_quoi_faire(campagne: Campagne, chargee: Client) -> None:
    reponse = chargee.get(adresse(campagne, "courriels"))
    assert "Aucun courriel n'est encore parti" in mots(reponse)
    assert adresse(campagne, "campagne_invitations") in reponse.content.decode()


# -- An e-mail ---------------------------------------------------------------------------------------
def test_un_courriel_se_lit_tel_qu_il_est_parti_sans_que_son_texte_devienne_une_page(
    campagne: Campagne, chargee: Client
) -> None:
    bilan = du(campagne, "Maison pour tous")
    courriel = fabriques.CourrielFactory(
        campagne=campagne,
        envoye=True,
        texte="Bonjour <script>alert(1)</script>",
        bilans_dus=[bilan.action_annuelle.cle],
    )
    reponse = chargee.get(adresse(campagne, "courriel", courriel.cle))
    assert "<script>alert" not in reponse.content.decode()
    assert "Bonjour &lt;script&gt;" in reponse.content.decode()
    assert bilan.action_annuelle.action.intitule in mots(reponse)


def test_renvoyer_depuis_la_page_mene_au_nouveau_courriel(envoi: Envoi, chargee: Client) -> None:
    refuse = envoi.courriels.get(destinataire="refuse@exemple.fr")
    url = adresse(envoi.campagne, "courriel_renvoyer", refuse.cle)
    assert chargee.get(url).url == adresse(envoi.campagne, "courriel", refuse.cle)
    assert refuse.reprises.count() == 0
    reponse = chargee.post(url, follow=True)
    [reprise] = refuse.reprises.all()
    assert reponse.redirect_chain[0][0] == adresse(envoi.campagne, "courriel", reprise.cle)
    assert "Le message repart vers refuse@exemple.fr." in mots(reponse)
    attend = envoi.courriels.get(destinataire="attend@exemple.fr")
    reponse = chargee.post(adresse(envoi.campagne, "courriel_renvoyer", attend.cle), follow=True)
    assert "pas encore parti" in mots(reponse)


def test_un_porteur_n_ouvre_aucune_de_ces_pages(envoi: Envoi, client: Client) -> None:
    campagne = envoi.campagne
    porteur = envoi.courriels.order_by("pk")[0].porteur
    client.force_login(fabriques.representant_du_porteur(porteur))
    courriel = envoi.courriels.order_by("pk")[0]
    codes = {
        nom: client.get(adresse(campagne, nom, *cles)).status_code
        for nom, cles in {
            "campagne_invitations": (),
            "campagne_relances": (),
            "courriels": (),
            "courriel": (courriel.cle,),
            "courriel_renvoyer": (courriel.cle,),
            "envoi": (envoi.cle,),
        }.items()
    }
    assert codes == {
        "campagne_invitations": 403,
        "campagne_relances": 403,
        "courriels": 403,
        "courriel": 404,
        "courriel_renvoyer": 404,
        "envoi": 404,
    }


# -- Words -------------------------------------------------------------------------------------------
def test_chaque_etat_a_son_signe_et_son_filtre() -> None:
    assert set(SIGNES) == set(Statut)
    couverts = {
        valeur
        for _, q in ETATS.values()
        for nom, v in q.children
        for valeur in ([v] if nom == "statut" else v)
    }
    assert couverts == set(Statut)


@pytest.mark.parametrize(
    ("reponse", "phrase"),
    [
        ("550 5.1.1 <a@b.fr>: Recipient address rejected: User unknown", "Cette adresse n'existe pas."),
        ("5.1.2 Host not found", "Cette adresse n'est pas valable."),
        ("552 5.2.2 Mailbox full", "La boîte de cette personne est pleine."),
        ("554 5.7.1 Message rejected as spam", "Le serveur de cette personne refuse nos messages."),
        ("550 refus", "Le serveur de cette personne a refusé le message."),
        ("451 4.7.1 Greylisted", "Le serveur de cette personne ne répond pas pour l'instant."),
        ("421 essayez plus tard", "Le serveur de cette personne ne répond pas pour l'instant."),
        ("Le serveur d'envoi ne répond pas. (refus)", "Le serveur d'envoi ne répond pas."),
    ],
)
def test_la_reponse_d_un_serveur_est_dite_en_francais(reponse: str, phrase: str) -> None:
    assert expliquer(Courriel(statut=Statut.REFUSE, erreur=reponse)) == phrase
