"""What is written to whom: after a change of state, for a new date, again; and in which words."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from actions.models import Campagne, EvenementCampagne, ModeleMessage
from bilans import operations
from bilans.destinataires import lire_appel, valable_jusqu_au
from bilans.messages import (
    MODELES,
    VARIABLE,
    VARIABLES,
    VARIABLES_DU_MESSAGE,
    apercu,
    phrase_attendus,
)
from bilans.models import Bilan, Courriel
from bilans.operations import OperationRefusee
from bilans.operations.campagne import prolonger_les_bilans
from bilans.operations.courriels import (
    inviter,
    marquer_revenu,
    relancer,
    renvoyer_courriel,
    renvoyer_les_non_partis,
)
from comptes.models import Utilisateur
from porteurs.models import Invitation
from tests import fabriques
from tests.outils.pages import lisible

pytestmark = pytest.mark.django_db

Statut, Type = Courriel.Statut, Courriel.Type


@pytest.fixture(autouse=True)
def le_2_juin() -> Iterator[None]:
    with time_machine.travel(datetime(2025, 6, 2, 8, 0, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def charge(campagne: Campagne) -> Utilisateur:
    return fabriques.chargee_de_mission(campagne.contrat, prenom="Claire", nom="Montrichard")


@pytest.fixture
def bilan(campagne: Campagne) -> Bilan:
    """A bilan that can be transmitted, whose porteur is reached at amina@exemple.fr."""
    saisi = fabriques.BilanFactory(
        action_annuelle__campagne=campagne,
        action_annuelle__action__intitule="Jardin partagé",
        en_saisie=True,
        realisation=Bilan.Realisation.REALISEE,
    )
    fabriques.RepresentantFactory(
        porteur=saisi.action_annuelle.action.porteur, email="amina@exemple.fr", nom="Amina Berger"
    )
    return saisi


@pytest.fixture
def amina(bilan: Bilan) -> Utilisateur:
    """The account of the porteur's representative."""
    porteur = bilan.action_annuelle.action.porteur
    return fabriques.representant_du_porteur(porteur, email="amina@exemple.fr", prenom="Amina", nom="Berger")


def ecrits(**filtre: Any) -> list[tuple[str, str]]:
    """What was queued, as pairs (type, address)."""
    return list(Courriel.objects.filter(**filtre).order_by("pk").values_list("type", "destinataire"))


# -- After a change of state -------------------------------------------------------------------------
def test_un_renvoi_dit_au_porteur_quoi_completer_ou_et_par_quel_lien(
    bilan: Bilan, charge: Utilisateur
) -> None:
    bilan = operations.valider(bilan, charge)
    operations.rouvrir(bilan, charge, "Une erreur de saisie.")
    Courriel.objects.all().delete()
    fabriques.CommentaireFactory(
        bilan=bilan, champ="mise_en_oeuvre", texte="Combien d'ateliers ?", auteur=charge
    )
    fabriques.CommentaireFactory(bilan=bilan, champ="total_12_F", texte="Et les femmes ?", auteur=charge)
    fabriques.CommentaireFactory(bilan=bilan, champ="moyens", texte="Louche.", interne=True, auteur=charge)
    fabriques.CommentaireFactory(
        bilan=bilan, champ="partenariats", regle_le=timezone.now(), regle_par=charge, auteur=charge
    )
    operations.renvoyer(bilan, charge, "Indiquez le nombre\nde participants.")
    [courriel] = Courriel.objects.select_related("invitation")
    assert (courriel.type, courriel.destinataire, courriel.statut) == (
        "renvoi",
        "amina@exemple.fr",
        "en_attente",
    )
    assert courriel.objet == "Bilan à compléter\xa0: Jardin partagé"
    assert "Indiquez le nombre\nde participants." in courriel.texte
    annuelle = bilan.action_annuelle
    chemin = f"/{annuelle.campagne.contrat.slug}/2024/actions/{annuelle.cle}/bilan/saisir/"
    assert f"/invitation/{courriel.invitation.jeton}/?suite={chemin}" in courriel.texte
    listes = [ligne for ligne in courriel.texte.splitlines() if ligne.startswith("- ")]
    assert listes == ["- Déroulement de l'action", "- Nombre de personnes"]
    assert "Louche" not in courriel.texte + courriel.html


def test_sans_commentaire_le_renvoi_n_annonce_pas_une_liste_vide(bilan: Bilan, charge: Utilisateur) -> None:
    operations.transmettre(bilan, charge)
    operations.renvoyer(bilan, charge, "Indiquez le nombre de participants.")
    assert "réponses commentées" not in Courriel.objects.get(type=Type.RENVOI).texte


def test_le_recu_va_a_la_personne_qui_a_transmis_avec_son_pdf(
    bilan: Bilan, amina: Utilisateur, django_capture_on_commit_callbacks: Any
) -> None:
    fabriques.RepresentantFactory(porteur=bilan.action_annuelle.action.porteur, email="autre@exemple.fr")
    with django_capture_on_commit_callbacks(execute=True):
        operations.transmettre(bilan, amina)
    assert ecrits() == [("recu", "amina@exemple.fr")]
    [message] = mail.outbox
    assert message.subject == "Bilan transmis\xa0: Jardin partagé"
    [(nom, contenu, genre)] = message.attachments
    assert (nom.startswith("recu-"), contenu[:5], genre) == (True, b"%PDF-", "application/pdf")
    assert "a été transmis le 2\xa0juin\xa02025 à 10\xa0h\xa000 par Amina Berger." in message.body


def test_transmis_pour_le_porteur_le_recu_va_a_ses_contacts(bilan: Bilan, charge: Utilisateur) -> None:
    operations.transmettre(bilan, charge)
    assert ecrits() == [("recu", "amina@exemple.fr")]
    assert "par Claire Montrichard pour votre compte" in Courriel.objects.get().texte


def test_qui_n_a_jamais_eu_d_acces_ne_recoit_pas_un_lien_qui_ne_s_ouvre_pas(
    bilan: Bilan, charge: Utilisateur
) -> None:
    operations.valider(bilan, charge)
    assert "http" not in Courriel.objects.get().texte
    fabriques.InvitationFactory(porteur=bilan.action_annuelle.action.porteur, email="amina@exemple.fr")
    operations.rouvrir(bilan, charge, "Une erreur.")
    operations.valider(bilan, charge)
    assert "/invitation/" in Courriel.objects.order_by("pk").last().texte


def test_saisi_et_valide_d_un_trait_pour_le_porteur_un_seul_courriel_le_dit(
    bilan: Bilan, charge: Utilisateur
) -> None:
    operations.valider(bilan, charge)
    [courriel] = Courriel.objects.all()
    assert (courriel.type, courriel.recu) == (Type.VALIDATION, bilan.recus.get())


def test_une_validation_est_annoncee_apres_le_recu_de_la_personne(
    bilan: Bilan, amina: Utilisateur, charge: Utilisateur
) -> None:
    operations.valider(operations.transmettre(bilan, amina), charge)
    assert ecrits() == [("recu", "amina@exemple.fr"), ("validation", "amina@exemple.fr")]


def test_personne_n_est_prevenu_de_ce_qu_il_vient_de_faire_le_recu_excepte(
    bilan: Bilan, charge: Utilisateur
) -> None:
    porteur = bilan.action_annuelle.action.porteur
    fabriques.RepresentantFactory(porteur=porteur, email=charge.email)
    operations.renvoyer(operations.transmettre(bilan, charge), charge, "Précisez.")
    assert ecrits(type="renvoi") == [("renvoi", "amina@exemple.fr")]


def test_une_saisie_et_une_dispense_n_ecrivent_a_personne(bilan: Bilan, charge: Utilisateur) -> None:
    operations.dispenser(bilan, charge, "Action reportée.")
    operations.reprendre(bilan, charge)
    assert ecrits() == []


def test_un_changement_refuse_n_ecrit_a_personne(bilan: Bilan, charge: Utilisateur) -> None:
    with pytest.raises(OperationRefusee):
        operations.renvoyer(bilan, charge, "Précisez.")
    assert ecrits() == []


def test_une_adresse_en_defaut_n_est_plus_prevenue(
    bilan: Bilan, amina: Utilisateur, charge: Utilisateur
) -> None:
    annuelle = bilan.action_annuelle
    fabriques.CourrielFactory(
        campagne=annuelle.campagne,
        porteur=annuelle.action.porteur,
        destinataire="amina@exemple.fr",
        refuse=True,
    )
    operations.valider(operations.transmettre(bilan, amina), charge)
    assert ecrits(statut="en_attente") == []


# -- A new date --------------------------------------------------------------------------------------
def test_une_echeance_prolongee_est_annoncee_au_porteur_de_ce_bilan(
    bilan: Bilan, charge: Utilisateur
) -> None:
    fabriques.BilanFactory(
        action_annuelle__campagne=bilan.action_annuelle.campagne,
        action_annuelle__action__porteur=bilan.action_annuelle.action.porteur,
        action_annuelle__action__intitule="Fête du quartier",
    )
    operations.prolonger(bilan, charge, date(2025, 9, 15))
    [courriel] = Courriel.objects.all()
    assert (courriel.type, courriel.destinataire, courriel.bilan) == (
        "prolongation",
        "amina@exemple.fr",
        bilan,
    )
    assert courriel.objet == "Nouvelle date\xa0: 1\xa0bilan attendu pour le 15\xa0septembre"
    assert "Fête du quartier" not in courriel.texte
    assert courriel.invitation.expire_le == timezone.make_aware(datetime(2025, 12, 14, 23, 59))


def test_reprendre_une_prolongation_ou_la_redonner_n_ecrit_a_personne(
    bilan: Bilan, charge: Utilisateur
) -> None:
    bilan = operations.prolonger(bilan, charge, date(2025, 9, 15))
    Courriel.objects.all().delete()
    bilan = operations.prolonger(bilan, charge, date(2025, 9, 15))
    operations.prolonger(bilan, charge, None)
    assert ecrits() == []


def test_une_nouvelle_date_pour_tous_est_annoncee_a_ceux_qui_ont_encore_un_bilan_a_remplir(
    bilan: Bilan, charge: Utilisateur
) -> None:
    campagne = bilan.action_annuelle.campagne
    fini = fabriques.BilanFactory(action_annuelle__campagne=campagne, transmis=True)
    fabriques.RepresentantFactory(porteur=fini.action_annuelle.action.porteur, email="fini@exemple.fr")
    prolonger_les_bilans(campagne, charge, date(2025, 7, 31), prevenir=True)
    assert ecrits() == [("prolongation", "amina@exemple.fr")]
    assert "pour le 31\xa0juillet" in Courriel.objects.get().texte


# -- Many at once ------------------------------------------------------------------------------------
def test_inviter_ouvre_l_acces_note_l_evenement_et_envoie_le_lien(
    bilan: Bilan, charge: Utilisateur, django_capture_on_commit_callbacks: Any
) -> None:
    campagne = bilan.action_annuelle.campagne
    campagne.contact_email = "contact@exemple.fr"
    campagne.save()
    with django_capture_on_commit_callbacks(execute=True):
        envoi = inviter(charge, campagne)
    invitation = Invitation.objects.get(email="amina@exemple.fr")
    # 90 days after the due date, 30 June.
    assert invitation.expire_le == timezone.make_aware(datetime(2025, 9, 28, 23, 59))
    assert invitation.porteur.acces.get().utilisateur.email == "amina@exemple.fr"
    evenement = EvenementCampagne.objects.get()
    assert (evenement.type, evenement.nombre, evenement.auteur) == ("invitation", 1, charge)
    [courriel] = envoi.courriels.all()
    assert (courriel.statut, courriel.bilans_dus) == (Statut.ENVOYE, [bilan.action_annuelle.cle])
    [message] = mail.outbox
    assert message.to == ["Amina Berger <amina@exemple.fr>"]
    assert message.reply_to == ["contact@exemple.fr"]
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    assert message.extra_headers["Message-ID"] == courriel.identifiant
    assert message.from_email.startswith("=?utf-8?") or campagne.contrat.epci.nom in message.from_email
    assert f"/invitation/{invitation.jeton}/" in message.body
    [(html, genre)] = message.alternatives
    assert genre == "text/html"
    assert f'href="http://127.0.0.1:8000/invitation/{invitation.jeton}/"' in html
    assert "<img" not in html


def test_un_lien_de_campagne_ancienne_vaut_encore_90_jours(bilan: Bilan) -> None:
    with time_machine.travel(datetime(2026, 3, 1, 8, 0, tzinfo=UTC), tick=False):
        assert valable_jusqu_au(bilan.action_annuelle.campagne) == timezone.now() + timedelta(days=90)


def test_on_n_invite_pas_avant_l_ouverture_ni_deux_fois_ni_sans_en_avoir_le_droit(
    bilan: Bilan, charge: Utilisateur, amina: Utilisateur
) -> None:
    campagne = bilan.action_annuelle.campagne
    with pytest.raises(PermissionDenied):
        inviter(amina, campagne)
    Campagne.objects.update(statut=Campagne.Statut.PROGRAMMEE)
    with pytest.raises(OperationRefusee, match="ne sont pas ouverts"):
        inviter(charge, campagne)
    Campagne.objects.update(statut=Campagne.Statut.BILANS_OUVERTS)
    inviter(charge, campagne)
    with pytest.raises(OperationRefusee, match="Personne n'est à inviter"):
        inviter(charge, campagne)
    with time_machine.travel(datetime(2025, 6, 9, 8, 0, tzinfo=UTC), tick=False):
        # A week later either: who was invited is reminded.
        with pytest.raises(OperationRefusee, match="Personne n'est à inviter"):
            inviter(charge, campagne)
        assert [c.destinataire for c in relancer(charge, campagne).courriels.all()] == ["amina@exemple.fr"]


def test_une_action_sans_bilan_en_recoit_un_quand_on_l_invite_a_le_remplir(campagne: Campagne) -> None:
    annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne)
    fabriques.RepresentantFactory(porteur=annuelle.action.porteur, email="a@exemple.fr")
    inviter(fabriques.chargee_de_mission(campagne.contrat), campagne)
    assert Bilan.objects.get(action_annuelle=annuelle).statut == Bilan.Statut.A_SAISIR


# -- Again, and what came back -----------------------------------------------------------------------
def test_renvoyer_fait_un_nouveau_courriel_et_rouvre_l_adresse_s_il_passe(
    bilan: Bilan, charge: Utilisateur, django_capture_on_commit_callbacks: Any
) -> None:
    campagne = bilan.action_annuelle.campagne
    [premier] = inviter(charge, campagne).courriels.all()
    Courriel.objects.update(statut=Statut.REFUSE, erreur="550 5.1.1 User unknown")
    assert lire_appel(campagne).en_defaut != []
    with django_capture_on_commit_callbacks(execute=True):
        reprise = renvoyer_courriel(charge, premier)
    reprise.refresh_from_db()
    assert (reprise.statut, reprise.reprise_de, reprise.envoi) == (Statut.ENVOYE, premier, None)
    assert [message.recipients() for message in mail.outbox] == [["Amina Berger <amina@exemple.fr>"]]
    assert lire_appel(campagne).en_defaut == []
    premier.refresh_from_db()
    assert premier.statut == Statut.REFUSE


def test_deux_clics_sur_renvoyer_ne_font_qu_un_message(bilan: Bilan, charge: Utilisateur) -> None:
    [premier] = inviter(charge, bilan.action_annuelle.campagne).courriels.all()
    Courriel.objects.update(statut=Statut.ECHEC, erreur="Le serveur ne répond pas.")
    assert renvoyer_courriel(charge, premier) == renvoyer_courriel(charge, premier)
    assert Courriel.objects.count() == 2


def test_un_courriel_en_attente_ou_dont_l_acces_est_retire_ne_se_renvoie_pas(
    bilan: Bilan, charge: Utilisateur
) -> None:
    [courriel] = inviter(charge, bilan.action_annuelle.campagne).courriels.all()
    with pytest.raises(OperationRefusee, match="pas encore parti"):
        renvoyer_courriel(charge, courriel)
    Courriel.objects.update(statut=Statut.ENVOYE, envoye_le=timezone.now())
    Invitation.objects.update(retiree_le=timezone.now(), retiree_par=charge)
    with pytest.raises(OperationRefusee, match="a été retiré"):
        renvoyer_courriel(charge, courriel)
    assert Courriel.objects.count() == 1


def test_un_envoi_interrompu_se_renvoie_au_bout_d_un_quart_d_heure(bilan: Bilan, charge: Utilisateur) -> None:
    [courriel] = inviter(charge, bilan.action_annuelle.campagne).courriels.all()
    Courriel.objects.update(statut=Statut.EN_COURS, pris_le=timezone.now())
    with pytest.raises(OperationRefusee):
        renvoyer_courriel(charge, courriel)
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        renvoyer_courriel(charge, courriel)
    courriel.refresh_from_db()
    assert courriel.statut == Statut.ECHEC
    assert "interrompu" in courriel.erreur


def test_renvoyer_les_non_partis_d_un_envoi_laisse_les_refuses(bilan: Bilan, charge: Utilisateur) -> None:
    fabriques.RepresentantFactory(porteur=bilan.action_annuelle.action.porteur, email="b@exemple.fr")
    envoi = inviter(charge, bilan.action_annuelle.campagne)
    envoi.courriels.filter(destinataire="amina@exemple.fr").update(statut=Statut.REFUSE, erreur="550")
    envoi.courriels.filter(destinataire="b@exemple.fr").update(statut=Statut.ECHEC, erreur="muet")
    suite = renvoyer_les_non_partis(charge, envoi)
    assert [c.destinataire for c in suite.courriels.all()] == ["b@exemple.fr"]
    with pytest.raises(OperationRefusee, match="sont partis"):
        renvoyer_les_non_partis(charge, envoi)


def test_un_retour_n_est_note_qu_une_fois(bilan: Bilan) -> None:
    courriel = fabriques.CourrielFactory(campagne=bilan.action_annuelle.campagne, envoye=True)
    assert marquer_revenu(courriel, "550 5.1.1 inconnu")
    assert not marquer_revenu(courriel, "autre chose")
    courriel.refresh_from_db()
    assert (courriel.statut, courriel.erreur) == (Statut.RETOUR, "550 5.1.1 inconnu")


# -- Words -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("type_", MODELES)
def test_chaque_message_propose_ne_nomme_que_des_mots_connus(type_: str) -> None:
    modele = MODELES[type_]
    nommes = set(VARIABLE.findall(modele.objet + modele.corps))
    assert nommes <= set(VARIABLES)
    if type_ in VARIABLES_DU_MESSAGE:
        assert nommes <= set(VARIABLES_DU_MESSAGE[type_])


@pytest.mark.parametrize("type_", MODELES)
def test_l_apercu_ne_laisse_ni_accolade_ni_phrase_inachevee(campagne: Campagne, type_: str) -> None:
    message = apercu(campagne, type_)
    for texte in (message.objet, message.texte, message.html):
        assert "{" not in texte
        assert "⟪" not in texte
    assert " ," not in message.texte
    assert campagne.contrat.epci.nom in message.texte
    assert message.texte.count("Amina Berger") >= 1


def test_l_apercu_d_une_campagne_ancienne_ne_promet_pas_un_lien_deja_mort(campagne: Campagne) -> None:
    with time_machine.travel(datetime(2026, 3, 1, 8, 0, tzinfo=UTC), tick=False):
        assert "valable jusqu'au 30 mai 2026." in lisible(apercu(campagne, "invitation").texte)


def test_un_modele_ecrit_remplace_les_mots_et_le_lien_oublie_est_ajoute(
    bilan: Bilan, charge: Utilisateur, django_capture_on_commit_callbacks: Any
) -> None:
    campagne = bilan.action_annuelle.campagne
    ModeleMessage.objects.create(
        campagne=campagne,
        type="invitation",
        objet="Bilans {annee}",
        corps="Bonjour {nom},\r\n\r\nIl reste {attendus} <b>vite</b>.\r\n\r\n{consignes}\r\n\r\n{inconnu}",
    )
    with django_capture_on_commit_callbacks(execute=True):
        inviter(charge, campagne)
    [message] = mail.outbox
    jeton = Invitation.objects.get().jeton
    assert message.subject == "Bilans 2024"
    assert message.body.startswith(
        "Bonjour Amina Berger,\n\nIl reste 1\xa0bilan attendu pour le 30\xa0juin <b>vite</b>.\n\n{inconnu}\n\n"
    )
    assert f"/invitation/{jeton}/" in message.body
    assert "&lt;b&gt;vite&lt;/b&gt;" in message.alternatives[0][0]


def test_la_phrase_des_bilans_attendus(bilan: Bilan) -> None:
    campagne = bilan.action_annuelle.campagne
    porteur = bilan.action_annuelle.action.porteur

    def phrase() -> str:
        [destinataire] = lire_appel(campagne).destinataires
        return phrase_attendus(destinataire.bilans).replace("\xa0", " ")

    assert phrase() == "1 bilan attendu pour le 30 juin"
    for _ in range(2):
        fabriques.BilanFactory(action_annuelle__campagne=campagne, action_annuelle__action__porteur=porteur)
    assert phrase() == "3 bilans attendus pour le 30 juin"
    Bilan.objects.filter(pk=bilan.pk).update(echeance_prolongee=date(2025, 9, 1))
    assert phrase() == "3 bilans attendus, dont 2 pour le 30 juin et 1 pour le 1er septembre"
    Bilan.objects.filter(pk=bilan.pk).update(echeance_prolongee=date(2025, 7, 15))
    with time_machine.travel(datetime(2025, 7, 1, 8, 0, tzinfo=UTC), tick=False):
        assert phrase() == "3 bilans attendus, dont 2 depuis le 30 juin et 1 pour le 15 juillet"
    with time_machine.travel(datetime(2026, 1, 5, 8, 0, tzinfo=UTC), tick=False):
        assert phrase().startswith("3 bilans attendus, dont 2 depuis le 30 juin 2025")


def test_un_nom_sur_deux_lignes_ne_casse_pas_les_en_tetes(
    bilan: Bilan, charge: Utilisateur, django_capture_on_commit_callbacks: Any
) -> None:
    bilan.action_annuelle.action.porteur.representants.update(nom="Amina\nBcc: autre@exemple.fr")
    with django_capture_on_commit_callbacks(execute=True):
        inviter(charge, bilan.action_annuelle.campagne)
    [message] = mail.outbox
    assert message.to == ['"Amina Bcc: autre@exemple.fr" <amina@exemple.fr>']
