"""Migrating an empty database makes the tables that the models describe: those on which all other tests run."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

RACINE = Path(__file__).resolve().parent.parent
ESSAI = "essai_des_migrations"
NOS_PIECES = ("comptes_", "contrats_", "porteurs_", "actions_", "financements_", "bilans_")
SCHEMA = "import json; from tests.outils.schema import schema; print(json.dumps(schema()))"


@pytest.fixture
def base_vide(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An empty database of the same kind as that of the tests, as the environment that names it."""
    environnement = {**os.environ, "PILOTIS_DONNEES": str(tmp_path)}
    environnement.pop("DJANGO_SETTINGS_MODULE", None)
    if connection.vendor == "sqlite":
        yield environnement
        return
    adresse = urlsplit(os.environ["DATABASE_URL"])
    nom = f"{ESSAI}_{os.environ.get('PYTEST_XDIST_WORKER', '')}"
    autre = connection.copy()
    try:
        with autre.cursor() as curseur:
            curseur.execute(f'CREATE DATABASE "{nom}"')
        yield {**environnement, "DATABASE_URL": urlunsplit(adresse._replace(path=f"/{nom}"))}
        with autre.cursor() as curseur:
            curseur.execute(f'DROP DATABASE "{nom}"')
    finally:
        autre.close()


@pytest.mark.django_db
def test_les_migrations_font_les_tables_des_modeles(base_vide: dict[str, str]) -> None:
    from tests.outils.schema import schema

    def lancer(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=RACINE,
            env=base_vide,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    lancer("manage.py", "migrate", "--verbosity", "0")
    migre: dict[str, Any] = json.loads(lancer("manage.py", "shell", "--verbosity", "0", "-c", SCHEMA))
    attendu = json.loads(json.dumps(schema()))
    # Neither what keeps the memory of the migrations nor what the tests keep aside is of the models.
    notres = [table for table in attendu if table.startswith(NOS_PIECES)]
    assert {table for table in migre if table.startswith(NOS_PIECES)} == set(notres)
    for table in notres:
        assert migre[table] == attendu[table], table
    assert len(notres) > 100
