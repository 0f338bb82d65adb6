"""The demonstration, loaded once for the tests that only read it."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from bilans.demonstration.chargement import charger_demonstration


@pytest.fixture(scope="module")
def demonstration_chargee(django_db_setup, django_db_blocker) -> Iterator[None]:
    """The four territories and their accounts, taken away when the module is over."""
    with django_db_blocker.unblock(), transaction.atomic():
        charger_demonstration(avec_comptes=True, avec_mots_de_passe=True)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def demonstration(demonstration_chargee, db) -> None:
    """The loaded territories; what a test changes in them is undone after it."""
