"""Serve the application with gunicorn on http://127.0.0.1:PORT/ until Ctrl-C. Used by `make run`."""

import os
import socket
import sys
from pathlib import Path

RACINE = Path(__file__).resolve().parent.parent


def main() -> int:
    """Replace this process by the server; return 2 when the port cannot be used."""
    valeur = os.environ.get("PORT", "8000")
    if not valeur.isdecimal() or not 0 < int(valeur) < 65536:
        print(f"PORT={valeur} n'est pas un numéro de port : donnez un nombre de 1 à 65535.", file=sys.stderr)
        return 2
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
            return 2
    configuration = RACINE / "deploy" / "gunicorn.conf.py"
    arguments = [
        "-m",
        "gunicorn",
        "--config",
        str(configuration),
        "--bind",
        f"127.0.0.1:{valeur}",
        "config.wsgi",
    ]
    os.chdir(RACINE)
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
