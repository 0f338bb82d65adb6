"""What every test gets: nothing leaves the machine, nothing is left to chance or to the database's good will.

- an outgoing connection fails the test;
- a template variable that nobody gives fails the test;
- a query without an order comes back in random order;
- a browser page that asks for an outside address, or whose script fails, fails the test.
"""

import gc
import ipaddress
import os
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings

# Playwright's synchronous interface runs an event loop in the thread of the tests.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# The same examples at each run: a failure is of the change under review, not of the day's luck, and shows again.
# `--hypothesis-profile=hasard` draws others, to look further. A slow machine is no fault.
settings.register_profile("hasard", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("memes-exemples", settings.get_profile("hasard"), derandomize=True)
settings.load_profile("memes-exemples")

RACINE = Path(__file__).resolve().parent.parent
# How many times emptying the tables gives way to a request that waits for it too.
CROISEMENTS_MAX = 5
VARIABLE_ABSENTE = re.compile(r"⟪variable absente : (.*?)⟫")


# -- Collection, and what is cleaned at the end ----------------------------------------------------
def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--avec-la-base",
        action="store_true",
        help="laisser les tests qui n'ouvrent pas la base : une autre base n'y change rien",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("navigateur")
    laisser_les_verrous_a_qui_en_a(config, items)
    if config.getoption("--avec-la-base"):
        laisser(config, items, [item for item in items if not ouvre_la_base(item)])


def ouvre_la_base(item: pytest.Item) -> bool:
    """Return whether a test may read or write the database: pytest-django refuses it to the others."""
    cas = getattr(item, "cls", None)
    return (
        item.get_closest_marker("django_db") is not None
        or bool({"db", "transactional_db", "django_db_setup"} & set(getattr(item, "fixturenames", ())))
        or (isinstance(cas, type) and issubclass(cas, TransactionTestCase))
    )


def laisser(config: pytest.Config, items: list[pytest.Item], laisses: list[pytest.Item]) -> None:
    """Take `laisses` out of the run, which says how many they are."""
    if laisses:
        ecartes = set(laisses)
        items[:] = [item for item in items if item not in ecartes]
        config.hook.pytest_deselected(items=laisses)


def laisser_les_verrous_a_qui_en_a(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of row locks for the database that locks rows: SQLite makes all writers wait in turn."""
    from django.db import connection

    if connection.features.has_select_for_update:
        return
    laisser(config, items, [item for item in items if item.get_closest_marker("verrous")])


def pytest_collection_finish() -> None:
    """Leave what is loaded for good to the collector no more, and have it pass less often: it cost a sixth of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_unconfigure() -> None:
    from django.conf import settings

    if settings.configured:
        shutil.rmtree(settings.PILOTIS_DONNEES, ignore_errors=True)


# -- Network ---------------------------------------------------------------------------------------
class ReseauInterdit(OSError):
    """A test tried to leave the machine."""


def est_local(hote: object) -> bool:
    """Return whether `hote`, a name or an address, is this machine."""
    if hote in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(hote.decode() if isinstance(hote, bytes) else str(hote)).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def sans_reseau() -> Iterator[None]:
    """Refuse every connection and every name look-up but those of this machine."""
    connexion, resolution = socket.socket.connect, socket.getaddrinfo

    def connect(self: socket.socket, adresse: Any) -> None:
        if self.family != socket.AF_UNIX and not est_local(adresse[0]):
            raise ReseauInterdit(f"Un test a voulu joindre {adresse[0]}.")
        connexion(self, adresse)

    def getaddrinfo(hote: Any, *args: Any, **kwargs: Any) -> Any:
        if not est_local(hote):
            raise ReseauInterdit(f"Un test a voulu joindre {hote}.")
        return resolution(hote, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield


# -- Static files ----------------------------------------------------------------------------------
@pytest.fixture(autouse=True, scope="session")
def fichiers_statiques_cherches_une_fois() -> Iterator[None]:
    """Look for the static files once for all the clients of a run: each looked through every directory anew."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    chercher = WhiteNoiseMiddleware.add_files_from_finders
    trouves: dict[str, Any] = {}

    def add_files_from_finders(self: Any) -> None:
        if not trouves:
            chercher(self)
            trouves.update(self.files)
        self.files.update(trouves)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add_files_from_finders)
        yield


# -- Templates -------------------------------------------------------------------------------------
_absentes: list[str] = []


@pytest.fixture(autouse=True, scope="session")
def variables_absentes() -> Iterator[None]:
    """Note every template that renders a variable nobody gave; Django's own admin is left alone.

    `{{ titre|default:"" }}` and `default_if_none` say that the variable may be absent: they are obeyed.
    """
    from django.template.backends.django import Template
    from django.template.base import FilterExpression
    from django.template.defaultfilters import default, default_if_none

    rendre, resoudre = Template.render, FilterExpression.resolve

    def render(self: Any, *args: Any, **kwargs: Any) -> Any:
        texte = rendre(self, *args, **kwargs)
        nom = str(self.template.name)
        if not nom.startswith("admin/"):
            noms = sorted(set(VARIABLE_ABSENTE.findall(texte)))
            _absentes.extend(f"{nom} : {variable}" for variable in noms)
        return texte

    def resolve(self: Any, context: Any, ignore_failures: bool = False) -> Any:
        facultative = any(filtre in (default, default_if_none) for filtre, _ in self.filters)
        return resoudre(self, context, ignore_failures or facultative)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "render", render)
        patch.setattr(FilterExpression, "resolve", resolve)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Any:
    _absentes.clear()
    resultat = yield
    if _absentes:
        pytest.fail("Variables absentes de gabarits :\n  " + "\n  ".join(_absentes), pytrace=False)
    return resultat


# -- Database --------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database of the tests, made from the models: tests/test_migrations.py says that migrating makes the same."""
    yield
    with django_db_blocker.unblock():
        congedier_les_autres()


def congedier_les_autres() -> None:
    """End the other connections to the tests' PostgreSQL database, which is about to be dropped.

    A thread of the tests' web server keeps its own until it has seen that the browser is gone.
    """
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as curseur:
            curseur.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True, scope="session")
def vidage_rapide() -> Iterator[None]:
    """Empty the tables of PostgreSQL row by row after a test that commits: they hold little, in many tables.

    TRUNCATE makes new files for every table and every index, empty or not, which takes several times as long. Like it,
    this waits for the requests under way. Only a superuser may leave the foreign keys alone; another truncates.
    """
    from django.core.management.commands import flush
    from django.db import OperationalError
    from django.db.backends.base.operations import BaseDatabaseOperations

    tronquer = flush.sql_flush

    def sql_flush(style: Any, connection: Any, **options: Any) -> list[str]:
        if (
            connection.vendor != "postgresql"
            or options.get("reset_sequences")
            or not superutilisateur(connection)
        ):
            return tronquer(style, connection, **options)
        noms = connection.introspection.django_table_names(only_existing=True, include_views=False)
        tables = [connection.ops.quote_name(nom) for nom in noms]
        ordres = [
            "SET LOCAL session_replication_role = replica",
            f"LOCK TABLE {', '.join(tables)} IN EXCLUSIVE MODE",
            *(" ".join(("DELETE FROM", table)) for table in tables),
        ]
        return [";".join(ordres)]

    vider = BaseDatabaseOperations.execute_sql_flush

    def execute_sql_flush(self: Any, sql_list: list[str]) -> None:
        # A request of a page that closed may be writing still: when the two wait for each other, one gives way.
        for _ in range(CROISEMENTS_MAX):
            try:
                return vider(self, sql_list)
            except OperationalError as erreur:
                if type(erreur.__cause__).__name__ != "DeadlockDetected":
                    raise
        return vider(self, sql_list)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "sql_flush", sql_flush)
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", execute_sql_flush)
        yield


def superutilisateur(connection: Any) -> bool:
    """Return whether the tests run as the one who may do anything on the PostgreSQL server."""
    with connection.cursor() as curseur:
        curseur.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        return bool(curseur.fetchone()[0])


@pytest.fixture(autouse=True, scope="session")
def ordre_aleatoire() -> Iterator[None]:
    """Give back in random order the rows of a plain query that asks for none.

    Left alone: what has no order to choose (aggregates, unions) or where the database forbids it (DISTINCT).
    """
    from django.db.models.expressions import OrderBy
    from django.db.models.functions import Random
    from django.db.models.sql.compiler import SQLCompiler

    obtenir, combiner = SQLCompiler.get_order_by, SQLCompiler.get_combinator_sql

    def get_combinator_sql(self: Any, *args: Any, **kwargs: Any) -> Any:
        for membre in self.query.combined_queries:
            membre.membre_d_une_union = True
        return combiner(self, *args, **kwargs)

    def get_order_by(self: Any) -> Any:
        ordre = obtenir(self)
        requete = self.query
        union = requete.combinator or getattr(requete, "membre_d_une_union", False)
        if ordre or union or requete.distinct or requete.subquery or requete.group_by is not None:
            return ordre
        if not self.select or requete.is_empty():
            return ordre
        expression = OrderBy(Random()).resolve_expression(requete, allow_joins=True, reuse=None)
        sql, parametres = self.compile(expression)
        return [(expression, (sql, parametres, False))]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLCompiler, "get_order_by", get_order_by)
        patch.setattr(SQLCompiler, "get_combinator_sql", get_combinator_sql)
        yield


@pytest.fixture(scope="session")
def demonstration_en_reserve(django_db_setup: None, django_db_blocker: Any) -> list[str]:
    """The demonstration, loaded once for all: the tables that `reserve.remettre` fills with it."""
    from tests.outils import reserve

    with django_db_blocker.unblock():
        return reserve.mettre_en_reserve()


# -- Browser ---------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium, kept from speaking to anybody."""
    return {
        **browser_type_launch_args,
        "executable_path": os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium",
        "args": [
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        ],
    }


@pytest.fixture(scope="session")
def browser(browser: Any) -> Any:
    """One Chromium for all tests; what is awaited in it is awaited long enough for a slow machine."""
    from playwright.sync_api import expect

    from tests.outils.navigateur import ATTENTE

    expect.set_options(timeout=ATTENTE * 1000)
    return browser


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "locale": "fr-FR", "timezone_id": "Europe/Paris"}


@pytest.fixture
def new_context(new_context: Any) -> Iterator[Any]:
    """Browser contexts, that of `page` included, whose pages ask nothing of the outside and raise no script error."""
    from tests.outils.navigateur import ATTENTE

    fautes: list[str] = []

    def requete(demande: Any) -> None:
        adresse = urlsplit(demande.url)
        if adresse.scheme in ("http", "https", "ws", "wss") and not est_local(adresse.hostname):
            fautes.append(f"adresse extérieure demandée : {demande.url}")

    def console(message: Any) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            fautes.append(f"refusé par la politique de sécurité : {message.text}")

    def ouvrir(**options: Any) -> Any:
        contexte = new_context(**options)
        contexte.set_default_timeout(ATTENTE * 1000)
        contexte.on("request", requete)
        contexte.on("console", console)
        contexte.on("weberror", lambda erreur: fautes.append(f"erreur de script : {erreur.error}"))
        return contexte

    yield ouvrir
    if fautes:
        pytest.fail("Fautes vues par le navigateur :\n  " + "\n  ".join(fautes), pytrace=False)
