"""The database of the tests goes away at the end, whoever still holds it."""

import pytest
from django.db import connection

from .conftest import congedier_les_autres


@pytest.mark.django_db
@pytest.mark.verrous
def test_une_connexion_oubliee_est_fermee_avant_que_la_base_soit_supprimee() -> None:
    oubliee = connection.copy()
    oubliee.ensure_connection()

    congedier_les_autres()

    assert oubliee.is_usable() is False
    assert connection.is_usable() is True
    oubliee.close()
