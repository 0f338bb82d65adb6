"""The demonstration, put in place once for the tests of a module that only read it."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.outils import reserve


@pytest.fixture(scope="module")
def demonstration_chargee(demonstration_en_reserve, django_db_blocker) -> Iterator[None]:
    """The four territories and their accounts, taken away when the module is over."""
    with django_db_blocker.unblock(), transaction.atomic():
        reserve.remettre(demonstration_en_reserve)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def demonstration(demonstration_chargee, db) -> None:
    """The loaded territories; what a test changes in them is undone after it."""
