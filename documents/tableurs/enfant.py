"""The process that takes a file apart: `python -m documents.tableurs.enfant`, bytes on stdin, JSON on stdout.

Apart from the server because the file comes from anyone: here it can take neither more memory nor more time than
allowed, and what it would break is a process that ends. The answer is « refus » and a French sentence, or
« classeur » and its JSON: a word, a newline, then the rest.
"""

from __future__ import annotations

import gc
import resource
import sys

from documents.tableurs import echange
from documents.tableurs.archive import Archive
from documents.tableurs.bureautique import lire_archive
from documents.tableurs.csv_texte import lire_csv
from documents.tableurs.erreurs import FichierRefuse
from documents.tableurs.limites import MEMOIRE_MAX, PROCESSEUR_S, SANS_MEMOIRE
from documents.tableurs.modele import Classeur
from documents.tableurs.nature import reconnaitre


def extraire(contenu: bytes) -> Classeur:
    """Return the workbook, without its name nor its fingerprint. Raises FichierRefuse."""
    if reconnaitre(contenu) == "archive":
        return lire_archive(Archive(contenu))
    return lire_csv(contenu)


def principal() -> int:
    """Read the file, write the answer, return the exit code. MemoryError leaves with a code: the parent says it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMOIRE_MAX, MEMOIRE_MAX))
    # the first limit is a signal that says why, the second one would be a mere kill
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSEUR_S, PROCESSEUR_S + 5))
    # nothing is written to disk, and no trace of a crash either
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # short-lived process, no cycle: the collector only costs time
    gc.disable()
    try:
        reponse = b"classeur\n" + echange.ecrire(extraire(sys.stdin.buffer.read()))
    except FichierRefuse as refus:
        reponse = b"refus\n" + str(refus).encode()
    except MemoryError:
        return SANS_MEMOIRE
    sys.stdout.buffer.write(reponse)
    return 0


if __name__ == "__main__":
    sys.exit(principal())
