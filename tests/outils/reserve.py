"""The demonstration, loaded once and kept beside the tables: putting it back is a copy from table to table."""

from django.core.management import call_command
from django.db import connection, transaction

from bilans.demonstration.chargement import charger_demonstration

PREFIXE = "reserve_"


def _executer(*mots: str) -> list[tuple[object, ...]]:
    with connection.cursor() as curseur:
        curseur.execute(" ".join(mots))
        return list(curseur.fetchall()) if curseur.description else []


def _pleines(tables: list[str]) -> set[str]:
    cite = connection.ops.quote_name
    return {table for table in tables if _executer("SELECT 1 FROM", cite(table), "LIMIT 1")}


def mettre_en_reserve() -> list[str]:
    """Load the demonstration in an empty database, keep a copy of it, empty the database; return the tables it fills.

    Its accounts have their passwords. What an empty database holds, content types for instance, is not of it.
    """
    cite = connection.ops.quote_name
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    avant = _pleines(tables)
    charger_demonstration(avec_comptes=True, avec_mots_de_passe=True)
    remplies = sorted(_pleines(tables) - avant)
    for table in remplies:
        _executer("CREATE TABLE", cite(PREFIXE + table), "AS SELECT * FROM", cite(table))
    call_command("flush", verbosity=0, interactive=False, reset_sequences=False)
    return remplies


def remettre(tables: list[str]) -> None:
    """Write the rows in reserve of these tables, which are empty."""
    cite = connection.ops.quote_name
    with transaction.atomic():
        for table in tables:
            _executer("INSERT INTO", cite(table), "SELECT * FROM", cite(PREFIXE + table))
