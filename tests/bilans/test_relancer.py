"""`relancer` and `enregistrer_retours`: what they say, write, send, and the code they return."""

import io
import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from actions.models import Campagne, EvenementCampagne
from bilans.models import Bilan, Courriel, Envoi
from porteurs.models import AccesPorteur, Invitation
from tests import fabriques

pytestmark = pytest.mark.django_db

Statut = Courriel.Statut


@pytest.fixture(autouse=True)
def le_2_juin() -> Iterator[None]:
    with time_machine.travel(datetime(2025, 6, 2, 8, 0, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def dole() -> Campagne:
    return fabriques.CampagneFactory(
        contrat__slug="dole-2024-2030", contrat__nom_court="Dole", bilan_echeance=date(2025, 6, 30)
    )


@pytest.fixture
def bilans(dole: Campagne) -> list[Bilan]:
    """Two bilans of the same association, reached at amina@exemple.fr; a third that is finished."""
    porteur = fabriques.PorteurFactory(epci=dole.contrat.epci, nom="Maison pour tous")
    fabriques.RepresentantFactory(porteur=porteur, email="amina@exemple.fr", nom="Amina Berger")
    return [
        fabriques.BilanFactory(
            action_annuelle__campagne=dole,
            action_annuelle__ordre=rang,
            action_annuelle__action__porteur=porteur,
            action_annuelle__action__intitule=intitule,
            **{etat: True},
        )
        for rang, (intitule, etat) in enumerate(
            (("Jardin partagé", "en_saisie"), ("Fête du quartier", "a_completer"), ("Chantier", "transmis"))
        )
    ]


def lancer(*arguments: str, **options: Any) -> tuple[int, str, str]:
    """Return the code, what was said and what was refused, no-break spaces as plain ones."""
    sortie, erreurs = io.StringIO(), io.StringIO()
    try:
        call_command(*arguments, stdout=sortie, stderr=erreurs, **options)
        code = 0
    except SystemExit as fin:
        code = int(fin.code or 0)
    return code, sortie.getvalue().replace("\xa0", " "), erreurs.getvalue().replace("\xa0", " ")


DOLE = ("relancer", "--contrat", "dole-2024-2030", "--annee", "2024")


def test_la_simulation_dit_exactement_ce_qui_partirait_et_n_ecrit_rien(bilans: list[Bilan]) -> None:
    seul = fabriques.BilanFactory(action_annuelle__campagne=bilans[0].action_annuelle.campagne)
    nom = seul.action_annuelle.action.porteur.nom
    code, dit, _ = lancer(*DOLE, "--simulation")
    assert code == 0
    assert dit.splitlines() == [
        "Simulation : rien n'est envoyé, rien n'est écrit.",
        "Dole 2024 : 1 personne serait relancée.",
        "- Amina Berger <amina@exemple.fr>, Maison pour tous : 2 bilans attendus pour le 30 juin",
        "    Jardin partagé",
        "    Fête du quartier (à compléter)",
        f"  Sans adresse : {nom}, 1 bilan attendu.",
    ]
    ecrit = (Courriel, Envoi, Invitation, AccesPorteur, EvenementCampagne)
    assert [modele.objects.count() for modele in ecrit] == [0] * 5
    assert mail.outbox == []


def test_la_commande_envoie_elle_meme_puis_ne_trouve_plus_personne_le_meme_jour(bilans: list[Bilan]) -> None:
    code, dit, _ = lancer(*DOLE)
    assert code == 0
    assert dit.splitlines()[0] == "Dole 2024 : 1 personne est relancée."
    assert dit.splitlines()[-1] == "1 courriel envoyé."
    [message] = mail.outbox
    assert message.subject.replace("\xa0", " ") == "Rappel : 2 bilans attendus pour le 30 juin"
    assert "Chantier" not in message.body
    assert Courriel.objects.get().statut == Statut.ENVOYE
    assert EvenementCampagne.objects.get().auteur is None
    code, dit, _ = lancer(*DOLE)
    assert code == 0
    assert dit.splitlines() == [
        "Dole 2024 : il ne reste personne à relancer aujourd'hui, le message du jour est déjà parti.",
        "  Déjà un message aujourd'hui : amina@exemple.fr, Maison pour tous.",
    ]
    assert (len(mail.outbox), Envoi.objects.count()) == (1, 1)
    with time_machine.travel(datetime(2025, 6, 3, 8, 0, tzinfo=UTC), tick=False):
        lancer(*DOLE)
    assert len(mail.outbox) == 2


def test_quand_tout_est_fini_la_commande_le_dit(bilans: list[Bilan]) -> None:
    for bilan in bilans[:2]:
        bilan.action_annuelle.statut = "abandonnee"
        bilan.action_annuelle.motif = "Renoncement"
        bilan.action_annuelle.save()
    Bilan.objects.update(statut=Bilan.Statut.DISPENSE)
    _, dit, _ = lancer(*DOLE)
    assert dit.splitlines() == ["Dole 2024 : personne n'est à relancer, plus aucun bilan n'est attendu."]


def test_le_json_dit_la_meme_chose(bilans: list[Bilan]) -> None:
    _, dit, _ = lancer(*DOLE, "--simulation", "--format", "json")
    lu = json.loads(dit)
    [campagne] = lu["campagnes"]
    [destinataire] = campagne["destinataires"]
    assert (lu["simulation"], lu["courriels"], campagne["contrat"]) == (True, None, "dole-2024-2030")
    assert (destinataire["email"], destinataire["porteur"]) == ("amina@exemple.fr", "Maison pour tous")
    assert [(b["action"], b["echeance"], b["a_completer"]) for b in destinataire["bilans"]] == [
        ("Jardin partagé", "2025-06-30", False),
        ("Fête du quartier", "2025-06-30", True),
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "phrase"),
    [
        ((), 2, "Indiquez le contrat : --contrat CONTRAT. Contrats : dole-2024-2030."),
        (("--contrat", "x"), 2, "Le contrat « x » n'existe pas. Contrats : dole-2024-2030."),
        (("--contrat", "dole-2024-2030"), 2, "Indiquez l'année : --annee ANNÉE. Années : 2024."),
        (
            ("--contrat", "dole-2024-2030", "--annee", "1999"),
            2,
            "Le contrat « dole-2024-2030 » n'a pas d'année « 1999 ». Années : 2024.",
        ),
        (("--format", "xml"), 2, "Le format « xml » n'existe pas. Formats : texte, json."),
        (
            ("--prevues", "--annee", "2024"),
            2,
            "--prevues regarde toutes les campagnes : ne donnez ni --contrat, ni --annee.",
        ),
    ],
)
def test_un_mauvais_usage_est_dit_en_une_phrase(
    dole: Campagne, arguments: tuple[str, ...], code: int, phrase: str
) -> None:
    assert lancer("relancer", *arguments) == (code, "", f"{phrase}\n")


def test_une_campagne_fermee_est_refusee(dole: Campagne) -> None:
    Campagne.objects.update(statut=Campagne.Statut.PROGRAMMEE)
    code, _, refus = lancer(*DOLE)
    assert (code, refus.startswith("Les bilans de 2024 ne sont pas ouverts")) == (1, True)


def test_une_option_inconnue_est_refusee_en_francais() -> None:
    with pytest.raises(CommandError, match="Argument inconnu"):
        call_command("relancer", "--vite")


# -- Planned -----------------------------------------------------------------------------------------
def test_les_relances_prevues_partent_a_leur_date_une_fois(bilans: list[Bilan], dole: Campagne) -> None:
    prevue = fabriques.RelancePrevueFactory(campagne=dole, date=date(2025, 6, 2))
    fabriques.RelancePrevueFactory(campagne=dole, date=date(2025, 6, 23))
    fermee = fabriques.CampagneFactory(statut=Campagne.Statut.ARCHIVEE, annee=2020)
    fabriques.RelancePrevueFactory(campagne=fermee, date=date(2025, 6, 1))
    _, dit, _ = lancer("relancer", "--prevues", "--simulation")
    assert "Dole 2024 : 1 personne serait relancée." in dit.splitlines()
    prevue.refresh_from_db()
    assert prevue.faite_le is None
    _, dit, _ = lancer("relancer", "--prevues")
    assert "Dole 2024 : 1 personne est relancée." in dit.splitlines()
    prevue.refresh_from_db()
    assert prevue.faite_le == timezone.now()
    assert len(mail.outbox) == 1
    _, dit, _ = lancer("relancer", "--prevues")
    assert dit == "Aucune relance n'est prévue aujourd'hui ni en retard : rien à envoyer.\n"
    assert len(mail.outbox) == 1


def test_une_relance_prevue_le_jour_d_un_envoi_a_la_main_n_envoie_rien(
    bilans: list[Bilan], dole: Campagne
) -> None:
    lancer(*DOLE)
    prevue = fabriques.RelancePrevueFactory(campagne=dole, date=date(2025, 6, 2))
    code, dit, _ = lancer("relancer", "--prevues")
    prevue.refresh_from_db()
    assert (code, prevue.faite_le, len(mail.outbox)) == (0, timezone.now(), 1)
    assert "le message du jour est déjà parti" in dit


def test_la_commande_envoie_aussi_ce_qui_attendait(bilans: list[Bilan], dole: Campagne) -> None:
    fabriques.CourrielFactory(campagne=dole, type="validation", html="<p></p>")
    _, dit, _ = lancer("relancer", "--prevues")
    assert dit.splitlines()[-1] == "1 courriel envoyé."


# -- What comes back ---------------------------------------------------------------------------------
def rapport(action: str, statut: str, origine: str, *, entetes: str = "text/rfc822-headers") -> bytes:
    """A report of delivery, as mail servers write it (RFC 3464)."""
    return f"""From: MAILER-DAEMON@exemple.fr
To: pilotis@localhost
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="LIMITE"

--LIMITE
Content-Type: text/plain; charset=utf-8

Votre message n'a pas pu être remis.

--LIMITE
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.exemple.fr
Arrival-Date: Mon, 2 Jun 2025 10:00:00 +0200

Final-Recipient: rfc822; amina@exemple.fr
Action: {action}
Status: {statut}
Diagnostic-Code: smtp; 550 5.1.1 <amina@exemple.fr>: Recipient address
    rejected: User unknown

--LIMITE
Content-Type: {entetes}

{origine}
--LIMITE--
""".encode()


@pytest.fixture
def parti(dole: Campagne) -> Courriel:
    return fabriques.CourrielFactory(
        campagne=dole, destinataire="amina@exemple.fr", envoye=True, identifiant="<1.2.abc@pilotis.example>"
    )


def lire(tmp_path: Path, *messages: bytes) -> tuple[int, str, str]:
    fichiers = []
    for rang, message in enumerate(messages):
        fichier = tmp_path / f"message-{rang}.eml"
        fichier.write_bytes(message)
        fichiers.append(str(fichier))
    return lancer("enregistrer_retours", *fichiers)


@pytest.mark.parametrize(
    ("origine", "entetes"),
    [
        ("X-Pilotis-Courriel: {cle}\nSubject: Vos bilans\n", "text/rfc822-headers"),
        ("Message-ID: <1.2.abc@pilotis.example>\nSubject: Vos bilans\n", "text/rfc822-headers"),
        ("X-Pilotis-Courriel: {cle}\nSubject: Vos bilans\n\nBonjour,\n", "message/rfc822"),
        ("Message-ID:\n <1.2.abc@pilotis.example>\n\nBonjour,\n", "message/rfc822"),
    ],
)
def test_un_rapport_de_non_remise_marque_le_courriel_revenu(
    parti: Courriel, tmp_path: Path, origine: str, entetes: str
) -> None:
    message = rapport("failed", "5.1.1", origine.format(cle=parti.cle), entetes=entetes)
    code, dit, _ = lire(tmp_path, message)
    parti.refresh_from_db()
    assert (code, parti.statut) == (0, Statut.RETOUR)
    assert parti.erreur == "550 5.1.1 <amina@exemple.fr>: Recipient address rejected: User unknown"
    assert "le courriel à amina@exemple.fr est revenu" in dit
    _, dit, _ = lire(tmp_path, message)
    assert "était déjà noté" in dit


@pytest.mark.parametrize(
    ("message", "phrase"),
    [
        (rapport("delayed", "4.4.1", "X-Pilotis-Courriel: {cle}\n"), "n'est pas perdu"),
        (rapport("delivered", "2.0.0", "X-Pilotis-Courriel: {cle}\n"), "n'est pas perdu"),
        (rapport("failed", "5.1.1", "X-Pilotis-Courriel: inconnue\n"), "n'a pas été envoyé par Pilotis"),
        (b"Subject: Absent du bureau\n\nJe reviens lundi.\n", "ce n'est pas un rapport"),
        (b"\x00\xff\xfe", "ce n'est pas un rapport"),
        (b"", "ce n'est pas un rapport"),
    ],
    ids=["retard", "remise", "autre", "absence", "octets", "vide"],
)
def test_le_reste_ne_change_rien(parti: Courriel, tmp_path: Path, message: bytes, phrase: str) -> None:
    code, dit, _ = lire(tmp_path, message.replace(b"{cle}", parti.cle.encode()))
    parti.refresh_from_db()
    assert (code, parti.statut) == (0, Statut.ENVOYE)
    assert phrase in dit


def test_plusieurs_messages_et_l_entree_standard(
    parti: Courriel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bon = rapport("failed", "5.1.1", f"X-Pilotis-Courriel: {parti.cle}\n")
    _, dit, _ = lire(tmp_path, b"Subject: x\n\n", bon)
    assert dit.splitlines()[-1] == "1 courriel revenu noté."
    Courriel.objects.update(statut=Statut.ENVOYE)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bon)))
    _, dit, _ = lancer("enregistrer_retours")
    assert dit.startswith("Ce message : le courriel à amina@exemple.fr est revenu")


def test_un_fichier_absent_ou_trop_grand_est_refuse(tmp_path: Path) -> None:
    code, _, refus = lancer("enregistrer_retours", str(tmp_path / "absent.eml"))
    assert (code, "ne peut pas être lu" in refus) == (2, True)
    grand = tmp_path / "grand.eml"
    grand.write_bytes(b"x" * (6 << 20))
    code, _, refus = lancer("enregistrer_retours", str(grand))
    assert (code, "trop grand" in refus) == (2, True)


def test_un_courriel_revenu_ne_recoit_plus_de_rappel(bilans: list[Bilan], tmp_path: Path) -> None:
    lancer(*DOLE)
    courriel = Courriel.objects.get()
    lire(tmp_path, rapport("failed", "5.1.1", f"Message-ID: {courriel.identifiant}\n"))
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        _, dit, _ = lancer(*DOLE)
    assert "Adresse qui ne reçoit pas nos messages : amina@exemple.fr" in dit
    assert len(mail.outbox) == 1
