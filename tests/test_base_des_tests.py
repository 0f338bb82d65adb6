"""What the tests rely on: no row changes unseen, the database goes away at the end, whoever still holds it."""

import pytest
from django.db import connection

from tests import fabriques
from tests.outils.pages import rien_n_est_ecrit

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


@pytest.mark.django_db
def test_une_ligne_changee_ajoutee_ou_retiree_se_voit() -> None:
    porteur = fabriques.PorteurFactory(nom="Avant")
    porteurs = type(porteur).objects.filter(pk=porteur.pk)

    with rien_n_est_ecrit():
        fabriques.UtilisateurFactory()
    with pytest.raises(AssertionError, match=r"porteurs\.Porteur$"), rien_n_est_ecrit():
        porteurs.update(nom="Après")
    with pytest.raises(AssertionError, match=r": porteurs\.HistoricalPorteur$"), rien_n_est_ecrit():
        porteur.historique.all().delete()
    with (
        pytest.raises(AssertionError, match=r"porteurs\.HistoricalPorteur, porteurs\.Porteur$"),
        rien_n_est_ecrit(),
    ):
        fabriques.PorteurFactory(epci=porteur.epci)
