"""Serve the application on http://127.0.0.1:PORT/ with its worker, until Ctrl-C. Used by `make run`.

Two programs: gunicorn answers the pages, `manage.py db_worker` does what takes time (e-mails). When the
server stops, everything stops; a worker that dies is started again, for the pages do not depend on it.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

RACINE = Path(__file__).resolve().parent.parent
ATTENTE = 0.5
REPRISE = 5.0
# Of Unix, 0 to 19: what waits gives way to who waits, and keeps enough to make progress.
PRIORITE_DE_L_OUVRIER = 10


def port_choisi() -> int:
    """Return the port asked for; leave with 2, in words, when it cannot be used."""
    valeur = os.environ.get("PORT", "8000")
    if not valeur.isdecimal() or not 0 < int(valeur) < 65536:
        print(f"PORT={valeur} n'est pas un numéro de port : donnez un nombre de 1 à 65535.", file=sys.stderr)
        raise SystemExit(2)
    with socket.socket() as essai:
        essai.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            essai.bind(("127.0.0.1", int(valeur)))
        except OSError:
            print(
                f"Le port {valeur} est déjà pris, peut-être par Pilotis lui-même. "
                f"Choisissez-en un autre : make run PORT={int(valeur) % 65535 + 1}",
                file=sys.stderr,
            )
            raise SystemExit(2) from None
    return int(valeur)


def commande_du_serveur(port: int) -> list[str]:
    """Return the command that serves the pages."""
    configuration = RACINE / "deploy" / "gunicorn.conf.py"
    options = ["--config", str(configuration), "--bind", f"127.0.0.1:{port}", "config.wsgi"]
    return [sys.executable, "-m", "gunicorn", *options]


def commande_de_l_ouvrier() -> list[str]:
    """Return the command that does what takes time."""
    return [sys.executable, "manage.py", "db_worker", "--verbosity", "0", "--no-reload"]


def lancer_l_ouvrier() -> subprocess.Popen[bytes]:
    """Start the worker, which leaves the processor to the pages, and so does what it starts."""
    return subprocess.Popen(commande_de_l_ouvrier(), preexec_fn=lambda: os.nice(PRIORITE_DE_L_OUVRIER))


def arreter(processus: subprocess.Popen[bytes]) -> None:
    """Ask a program to stop, then insist."""
    if processus.poll() is None:
        processus.terminate()
        try:
            processus.wait(25)
        except subprocess.TimeoutExpired:
            processus.kill()
            processus.wait()


def interrompre(numero: int, _cadre: FrameType | None) -> None:
    raise SystemExit(128 + numero)


def main() -> int:
    """Run both programs until the server ends or a signal comes; return the server's code, 0 after Ctrl-C."""
    port = port_choisi()
    os.chdir(RACINE)
    os.environ.setdefault("PILOTIS_ADRESSE", f"http://127.0.0.1:{port}")
    for numero in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(numero, interrompre)
    serveur = subprocess.Popen(commande_du_serveur(port))
    ouvrier = lancer_l_ouvrier()
    relance = time.monotonic()
    try:
        while serveur.poll() is None:
            time.sleep(ATTENTE)
            if ouvrier.poll() is not None and time.monotonic() - relance > REPRISE:
                print("L'ouvrier des tâches s'est arrêté : il est relancé.", file=sys.stderr, flush=True)
                ouvrier, relance = lancer_l_ouvrier(), time.monotonic()
        return serveur.returncode
    except KeyboardInterrupt:
        return 0
    finally:
        arreter(ouvrier)
        arreter(serveur)


if __name__ == "__main__":
    raise SystemExit(main())
