"""The whole verification, stage after stage, stopping at the first that fails. Used by `make test`."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

RACINE = Path(__file__).resolve().parent.parent
PY = sys.executable
COEURS = max(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2)
PYTEST = [PY, "-m", "pytest", "-n", str(min(COEURS, 8)), "--dist", "worksteal", "-q"]


@dataclass(frozen=True)
class Etape:
    """One stage: what it is called, what it runs, whether it runs tests."""

    nom: str
    commande: list[str]
    tests: bool = False


ETAPES = [
    Etape("style du code (ruff check)", [PY, "-m", "ruff", "check", "--no-cache", "--quiet", "."]),
    Etape("mise en forme (ruff format)", [PY, "-m", "ruff", "format", "--check", "--quiet", "."]),
    Etape("gabarits (djlint)", [PY, "-m", "djlint", "--lint", "--quiet", "."]),
    Etape("sens des imports (import-linter)", [str(Path(PY).parent / "lint-imports"), "--no-cache"]),
    Etape("types (mypy)", [PY, "-m", "mypy", "."]),
    Etape("migrations à jour", [PY, "manage.py", "makemigrations", "--check", "--dry-run"]),
    Etape("tests sur SQLite", PYTEST, tests=True),
    # Those that never open the database have just run: another database would change nothing to them.
    Etape("tests sur PostgreSQL", [PY, "scripts/avec_postgres.py", *PYTEST, "--avec-la-base"], tests=True),
]


def executer(etape: Etape, donnees: str) -> tuple[int, str]:
    """Run the stage with its output shown as it comes; return its exit code and its last line."""
    environnement = {**os.environ, "PILOTIS_DONNEES": donnees}
    environnement.pop("DATABASE_URL", None)
    derniere = ""
    with subprocess.Popen(
        etape.commande,
        cwd=RACINE,
        env=environnement,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        bufsize=1,
    ) as processus:
        assert processus.stdout is not None  # noqa: S101  stdout is a pipe
        for ligne in processus.stdout:
            print(ligne, end="", flush=True)
            derniere = ligne.strip() or derniere
    return processus.returncode, derniere


def duree(secondes: float) -> str:
    """Return a duration as « 1 min 05 s » or « 4,2 s »."""
    if secondes >= 60:
        return f"{int(secondes) // 60} min {int(secondes) % 60:02d} s"
    return f"{secondes:.1f} s".replace(".", ",")


def main() -> int:
    """Run the stages; return 0 when all pass, else the exit code of the one that failed."""
    analyseur = argparse.ArgumentParser(description="Vérifie Pilotis de bout en bout.")
    analyseur.add_argument("--sans-tests", action="store_true", help="s'arrêter avant les tests")
    options = analyseur.parse_args()
    etapes = [etape for etape in ETAPES if not (options.sans_tests and etape.tests)]

    bilan: list[str] = []
    code = 0
    depart = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pilotis-verification-") as donnees:
        for rang, etape in enumerate(etapes, 1):
            print(f"── {rang}/{len(etapes)} {etape.nom}", flush=True)
            debut = time.monotonic()
            code, derniere = executer(etape, donnees)
            verdict = "réussi" if code == 0 else "ÉCHEC "
            precision = f"  {derniere.strip('= ')}" if etape.tests else ""
            bilan.append(f"  {verdict}  {etape.nom} ({duree(time.monotonic() - debut)}){precision}")
            if code != 0:
                bilan += [f"  —       {suivante.nom} (pas lancé)" for suivante in etapes[rang:]]
                break
    print(f"\nVérification de Pilotis, {duree(time.monotonic() - depart)} :")
    print("\n".join(bilan))
    print(
        "Tout est en ordre." if code == 0 else f"Arrêt à l'étape « {etape.nom} » : voyez sa sortie ci-dessus."
    )
    return code


if __name__ == "__main__":
    raise SystemExit(main())
