"""Where a command writes a file: never half of one, and the system's refusals in French."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from .commandes import REFUSE, Refus

# What the system says in English, and what we say.
CAUSES = {
    errno.ENAMETOOLONG: "son nom est trop long",
    errno.ENOSPC: "il n'y a plus de place sur le disque",
    errno.EDQUOT: "votre espace sur le disque est plein",
    errno.EROFS: "ce disque est en lecture seule",
}


@contextmanager
def ouvrir_sortie(sortie: str, standard: Any) -> Iterator[BinaryIO]:
    """Give where to write: a file, or `standard` for « - ».

    A file takes its name once whole: a failure leaves what was there before. Raises Refus, which says why it cannot.
    """
    try:
        if sortie == "-":
            flux = getattr(standard, "_out", standard)
            yield getattr(flux, "buffer", flux)
            flux.flush()
        elif _est_un_flux(sortie):
            with Path(sortie).open("wb") as fichier:
                yield cast(BinaryIO, fichier)
        else:
            with _provisoire(Path(sortie).resolve()) as provisoire:
                yield provisoire
    except BrokenPipeError as erreur:
        raise Refus("Le programme qui lisait la sortie s'est arrêté avant la fin.", REFUSE) from erreur
    except OSError as erreur:
        raise Refus(_refus_du_disque(sortie, erreur)) from erreur


def _est_un_flux(sortie: str) -> bool:
    """Return whether the path is a device or a pipe, which must be written to and never replaced."""
    try:
        mode = Path(sortie).stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@contextmanager
def _provisoire(chemin: Path) -> Iterator[BinaryIO]:
    if chemin.is_dir():
        raise IsADirectoryError(chemin)
    descripteur, nom = tempfile.mkstemp(dir=chemin.parent, prefix=f".{chemin.name[:100]}-")
    try:
        with os.fdopen(descripteur, "wb") as fichier:
            yield fichier
        umask = os.umask(0)
        os.umask(umask)
        Path(nom).chmod(0o666 & ~umask)
        Path(nom).replace(chemin)
    except BaseException:
        Path(nom).unlink(missing_ok=True)
        raise


def _refus_du_disque(sortie: str, erreur: OSError) -> str:
    chemin = Path(sortie)
    if erreur.errno in CAUSES:
        return f"Le fichier « {sortie} » n'a pas pu être écrit : {CAUSES[erreur.errno]}."
    if chemin.is_dir():
        return f"« {sortie} » est un dossier : ajoutez le nom du fichier."
    if not chemin.parent.is_dir():
        return f"Le dossier « {chemin.parent} » n'existe pas. Créez-le, ou choisissez-en un autre."
    if isinstance(erreur, PermissionError):
        return f"Vous n'avez pas le droit d'écrire dans « {chemin.parent} ». Choisissez un autre dossier."
    return f"Le fichier « {sortie} » n'a pas pu être écrit. Choisissez un autre dossier ou un autre nom."
