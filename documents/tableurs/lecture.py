"""Reading a file that someone sent: what it is, then a child process that takes it apart."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from documents.tableurs import echange
from documents.tableurs.erreurs import ABIME, TROP_LONG, FichierRefuse
from documents.tableurs.limites import DELAI_S, SANS_MEMOIRE
from documents.tableurs.modele import Classeur
from documents.tableurs.nature import reconnaitre

journal = logging.getLogger(__name__)

RACINE = Path(__file__).parents[2]
# what the child needs from the environment: never the secrets of the server
VARIABLES = ("PATH", "LANG", "LC_ALL")


def lire_tableur(contenu: bytes, nom: str) -> Classeur:
    """Return the workbook that the bytes are: an xlsx, an ods or a csv, whatever its name says.

    Takes a process of its own, a minute and 512 MB at most (`limites`). Raises FichierRefuse, whose message is
    a French sentence that says what is wrong and how to mend it.
    """
    reconnaitre(contenu)
    issue, _, reponse = _interroger(contenu).partition(b"\n")
    if issue == b"refus":
        raise FichierRefuse(reponse.decode())
    return echange.lire(reponse, nom=nom, empreinte=sha256(contenu).hexdigest())


def _interroger(contenu: bytes) -> bytes:
    """Return the answer of the child. Raises FichierRefuse when it has none: too long, too large, or broken."""
    try:
        enfant = subprocess.run(
            [sys.executable, "-m", "documents.tableurs.enfant"],
            input=contenu,
            capture_output=True,
            timeout=DELAI_S,
            cwd=RACINE,
            env={nom: os.environ[nom] for nom in VARIABLES if nom in os.environ},
            check=False,
        )
    except subprocess.TimeoutExpired as expiration:
        raise FichierRefuse(TROP_LONG) from expiration
    if enfant.returncode == 0:
        return enfant.stdout
    traces = enfant.stderr.decode(errors="replace")
    journal.warning("A spreadsheet could not be read (%s): %s", enfant.returncode, traces)
    depassement = (
        enfant.returncode in (SANS_MEMOIRE, -signal.SIGXCPU, -signal.SIGKILL) or "MemoryError" in traces
    )
    raise FichierRefuse(TROP_LONG if depassement else ABIME)
