"""What the tables of a database are: columns, types, what is unique, checked, indexed."""

from typing import Any

from django.db import connection


def schema() -> dict[str, Any]:
    """Return, by table, its columns (name, type, null) and what its constraints and indexes hold, both sorted.

    A check that has a name of ours is known by it; the rest, by what it holds.
    """
    with connection.cursor() as curseur:
        tables = [table.name for table in connection.introspection.get_table_list(curseur)]
        return {table: _table(curseur, table) for table in sorted(tables) if not table.startswith("sqlite_")}


def _table(curseur: Any, table: str) -> dict[str, Any]:
    introspection = connection.introspection
    colonnes = sorted(
        [colonne.name, str(introspection.get_field_type(colonne.type_code, colonne)), bool(colonne.null_ok)]
        for colonne in introspection.get_table_description(curseur, table)
    )
    contraintes = introspection.get_constraints(curseur, table)
    return {"colonnes": colonnes, "contraintes": sorted(_dire(nom, lue) for nom, lue in contraintes.items())}


def _dire(nom: str, contrainte: dict[str, Any]) -> list[Any]:
    genres = [genre for genre in ("primary_key", "unique", "check", "index") if contrainte[genre]]
    cible = list(contrainte["foreign_key"] or ())
    # The other names are made by Django, with a digest, or by SQLite, with a rank.
    propre = nom if contrainte["check"] and not nom.startswith("__") else ""
    return [propre, genres, list(contrainte["columns"] or ()), cible]
