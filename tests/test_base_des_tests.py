"""What the tests rely on: no row changes unseen, no check is skipped, the database goes away at the end."""

from pathlib import Path

import pytest
from django.db import connection

from documents.rendu_pdf import html_en_pdf
from tests import fabriques
from tests.outils.pages import rien_n_est_ecrit
from tests.outils.verapdf import ValidateurEnPanne, valider

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


@pytest.mark.pdfua
def test_un_fichier_que_le_validateur_ne_lit_pas_n_est_pas_valide_et_le_suivant_est_lu(
    tmp_path: Path,
) -> None:
    defaut = tmp_path / "sans_titre.pdf"
    defaut.write_bytes(html_en_pdf("<p>"))

    assert any(echec.startswith("ua1 7.1-9") for echec in valider(defaut))
    with pytest.raises(ValidateurEnPanne, match=r"absent\.pdf"):
        valider(tmp_path / "absent.pdf")
    assert any(echec.startswith("ua1 7.1-9") for echec in valider(defaut))
