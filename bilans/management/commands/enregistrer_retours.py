"""`enregistrer_retours`: read the messages that mail servers send back, and note which e-mails did not arrive."""

import sys
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management.base import CommandParser

from bilans.models import Courriel
from bilans.operations.courriels import marquer_revenu
from comptes.commandes import Commande, Refus
from comptes.templatetags.typographie import insecables, pluriel

# A report of delivery is small; what is larger is something else.
TAILLE_MAX = 5 << 20


class Rapport(NamedTuple):
    """What a report says of one recipient: what became of the message, the address, the server's words."""

    action: str
    destinataire: str
    raison: str


class Command(Commande):
    help = (
        "Lit des rapports de non-remise (RFC 3464) et note les courriels revenus. Sans fichier, lit l'entrée "
        "standard : une redirection de la boîte d'expédition peut y envoyer chaque message reçu. Les retards et "
        "les remises réussies ne changent rien."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "fichiers", nargs="*", metavar="FICHIER", help="messages à lire ; « - » pour l'entrée standard"
        )

    def executer(self, options: dict[str, Any]) -> None:
        """Read every message given; say what each of them changed."""
        notes = 0
        noms = options["fichiers"] or ["-"]
        for nom in noms:
            notes += self._lire_un(nom, _octets(nom))
        if options["verbosity"] > 0 and len(noms) > 1:
            self._dire(f"{pluriel(notes, 'courriel revenu noté,courriels revenus notés,Rien de nouveau')}.")

    def _dire(self, phrase: str) -> None:
        self.stdout.write(insecables(phrase))

    def _lire_un(self, nom: str, brut: bytes) -> int:
        ici = "Ce message" if nom == "-" else nom
        message = message_from_bytes(brut, policy=policy.default)
        rapports = list(lire_rapports(message))
        if not rapports:
            self._dire(f"{ici} : ce n'est pas un rapport de non-remise, rien n'est noté.")
            return 0
        echecs = [rapport for rapport in rapports if rapport.action == "failed"]
        if not echecs:
            self._dire(f"{ici} : le message n'est pas perdu (retard ou remise), rien n'est noté.")
            return 0
        courriel = trouver_courriel(message)
        if courriel is None:
            self._dire(f"{ici} : le courriel dont il parle n'a pas été envoyé par Pilotis, rien n'est noté.")
            return 0
        raison = next((r.raison for r in echecs if r.destinataire == courriel.destinataire), echecs[0].raison)
        if not marquer_revenu(courriel, raison):
            self._dire(f"{ici} : le retour de {courriel.destinataire} était déjà noté.")
            return 0
        self._dire(f"{ici} : le courriel à {courriel.destinataire} est revenu ({raison}). C'est noté.")
        return 1


def _octets(nom: str) -> bytes:
    """Return what is to be read. Raises Refus for a file that cannot be, or that is too large."""
    try:
        if nom == "-":
            brut = sys.stdin.buffer.read(TAILLE_MAX + 1)
        else:
            with Path(nom).open("rb") as fichier:
                brut = fichier.read(TAILLE_MAX + 1)
    except FileNotFoundError as erreur:
        raise Refus(f"Le fichier « {nom} » ne peut pas être lu : il n'existe pas.") from erreur
    except OSError as erreur:
        raise Refus(
            f"Le fichier « {nom} » ne peut pas être lu : vérifiez vos droits sur ce fichier."
        ) from erreur
    if len(brut) > TAILLE_MAX:
        raise Refus("Ce message est trop grand pour être un rapport de non-remise.")
    return brut


# -- Reading a report ------------------------------------------------------------------------------
def lire_rapports(message: Message) -> Iterator[Rapport]:
    """Yield what a message says of each recipient; nothing when it is no report of delivery (RFC 3464 §2)."""
    for partie in message.walk():
        if partie.get_content_type() != "message/delivery-status":
            continue
        blocs = partie.get_payload()
        for bloc in blocs if isinstance(blocs, list) else []:
            if isinstance(bloc, Message) and bloc.get("Action"):
                yield _rapport(bloc)


def _rapport(bloc: Message) -> Rapport:
    mots = [_apres_le_type(bloc.get("Diagnostic-Code", "")), str(bloc.get("Status", "")).strip()]
    final = str(bloc.get("Original-Recipient") or bloc.get("Final-Recipient") or "")
    # The server's own words when there are some, with the code that says what they mean.
    raison = mots[0] if mots[1] in mots[0] else " ".join(mot for mot in reversed(mots) if mot)
    return Rapport(
        str(bloc["Action"]).strip().lower(),
        _apres_le_type(final).lower(),
        " ".join(raison.split()),
    )


def _apres_le_type(valeur: str) -> str:
    """Return « a@b.fr » for « rfc822; a@b.fr »."""
    return str(valeur).partition(";")[2].strip() or str(valeur).strip()


def trouver_courriel(message: Message) -> Courriel | None:
    """Return the e-mail that a report is about: by our own header, else by its identifier; None for another's."""
    for entetes in _entetes_d_origine(message):
        if cle := str(entetes.get("X-Pilotis-Courriel", "")).strip():
            trouve: Courriel | None = Courriel.objects.filter(cle=cle.replace("\0", "")).first()
            if trouve is not None:
                return trouve
        if identifiant := str(entetes.get("Message-ID", "")).strip().replace("\0", ""):
            trouve = Courriel.objects.filter(identifiant=identifiant).order_by("pk").first()
            if trouve is not None:
                return trouve
    return None


def _entetes_d_origine(message: Message) -> Iterator[Message]:
    """Yield the headers of the message that came back, whole or alone, then those that answer it."""
    for partie in message.walk():
        genre = partie.get_content_type()
        if genre == "message/rfc822":
            contenu = partie.get_payload()
            if isinstance(contenu, list) and contenu and isinstance(contenu[0], Message):
                yield contenu[0]
        elif genre == "text/rfc822-headers":
            brut = partie.get_payload(decode=True)
            if isinstance(brut, bytes):
                yield message_from_bytes(brut, policy=policy.default)
    reponse = EmailMessage()
    for nom in ("In-Reply-To", "References"):
        if identifiants := str(message.get(nom, "")).split():
            reponse["Message-ID"] = identifiants[0]
            yield reponse
            del reponse["Message-ID"]
