"""Reading the e-mails that the installation keeps in a folder instead of sending them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.utils import timezone

# Django's file backend ends each message with a line of 79 dashes.
SEPARATION = re.compile(rb"^-{79}\r?\n", re.MULTILINE)


@dataclass(frozen=True)
class Courriel:
    """An e-mail as it would have reached its reader."""

    objet: str
    expediteur: str
    destinataires: str
    date: datetime | None
    texte: str
    pieces_jointes: tuple[str, ...]


def _texte(message: EmailMessage) -> str:
    corps = message.get_body(preferencelist=("plain", "html"))
    if corps is None:
        return ""
    try:
        return str(corps.get_content()).strip()
    except (LookupError, UnicodeDecodeError):
        return ""


def _date(message: EmailMessage) -> datetime | None:
    try:
        date = parsedate_to_datetime(str(message["Date"]))
    except (TypeError, ValueError):
        return None
    # « -0000 », which Django writes, is UTC and parsed as a naive date.
    return date if timezone.is_aware(date) else date.replace(tzinfo=UTC)


def lire_fichier(fichier: Path) -> Iterator[Courriel]:
    """Yield the e-mails of one file of the folder, in the order they were sent."""
    for brut in SEPARATION.split(fichier.read_bytes()):
        if not brut.strip():
            continue
        message = message_from_bytes(brut.lstrip(), policy=policy.default)
        assert isinstance(message, EmailMessage)  # noqa: S101 -- what policy.default builds
        yield Courriel(
            objet=str(message["Subject"] or ""),
            expediteur=str(message["From"] or ""),
            destinataires=str(message["To"] or ""),
            date=_date(message),
            texte=_texte(message),
            pieces_jointes=tuple(piece.get_filename() or "sans nom" for piece in message.iter_attachments()),
        )


def derniers_courriels(dossier: Path, nombre: int = 50) -> list[Courriel]:
    """Return the `nombre` newest e-mails of the folder, newest first; none when it does not exist.

    Only the files that lie directly in the folder are read: no name comes from the address.
    """
    if not dossier.is_dir():
        return []
    fichiers = sorted(
        (f for f in dossier.glob("*.log") if f.is_file() and not f.is_symlink()),
        key=lambda f: (f.stat().st_mtime_ns, f.name),
        reverse=True,
    )
    courriels: list[Courriel] = []
    for fichier in fichiers:
        if len(courriels) >= nombre:
            break
        courriels.extend(reversed(list(lire_fichier(fichier))))
    return courriels[:nombre]
