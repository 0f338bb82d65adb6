"""Where the embedded default keeps what it writes: database, uploads, secret key, e-mails."""

import secrets
from pathlib import Path


def dossier_donnees(valeur: str, racine: Path) -> Path:
    """Return the data directory (absolute), created when missing.

    `valeur` is `PILOTIS_DONNEES`; a relative path is read from the root of the project, so that
    a command gives the same database whatever directory it is started from.
    """
    dossier = Path(valeur).expanduser()
    if not dossier.is_absolute():
        dossier = racine / dossier
    dossier.mkdir(parents=True, exist_ok=True, mode=0o700)
    return dossier


def cle_secrete(dossier: Path) -> str:
    """Return the secret key kept in `dossier/cle_secrete`, drawn at random on the first start."""
    fichier = dossier / "cle_secrete"
    try:
        with fichier.open("x") as neuf:
            neuf.write(secrets.token_urlsafe(50))
        fichier.chmod(0o600)
    except FileExistsError:
        pass
    return fichier.read_text().strip()
