"""The programming of Bagnols 2023: by whatever it is totalled and whatever the filter, the sums of its rows."""

from decimal import Decimal

import pytest

from actions.models import ActionAnnuelle, Campagne
from financements.models import LigneFinancement
from financements.programmation import Critere, Etat, colonnes_de, lire_grille, totaliser
from tests import fabriques

pytestmark = pytest.mark.usefixtures("demonstration")
TOTAL, CAF = Decimal(667039), Decimal(43346)


@pytest.fixture
def campagne():
    return Campagne.objects.get(contrat__slug="bagnols-2015-2023", annee=2023)


@pytest.fixture
def totaux(campagne):
    compte = fabriques.administrateur()
    annuelles = ActionAnnuelle.objects.filter(campagne=campagne)

    def totaux(critere, filtrees=annuelles):
        return totaliser(compte, filtrees, Etat.ACCORDE, critere, avant=annuelles.none())

    return totaux


def test_six_financeurs_font_le_total_et_la_caf_est_a_cote(totaux):
    total = totaux(Critere.FINANCEUR)
    assert [poste.montant for poste in total.postes] == [
        Decimal(montant) for montant in (321439, 26000, 2500, 238800, 60300, 18000, 43346)
    ]
    assert [poste.dans_total for poste in total.postes] == [True] * 6 + [False]
    assert (total.total, total.hors_total) == (TOTAL, CAF)
    assert sum(poste.part for poste in total.postes[:6]) == 100


@pytest.mark.parametrize("critere", Critere)
def test_les_postes_font_le_total_quel_que_soit_le_filtre(campagne, totaux, critere):
    toutes = ActionAnnuelle.objects.filter(campagne=campagne)
    filtres = [
        toutes.filter(axe__isnull=True),
        *(toutes.filter(axe=axe) for axe in campagne.contrat.axes.order_by("pk")),
    ]
    for filtrees in (toutes, *filtres):
        total = totaux(critere, filtrees)
        lignes = LigneFinancement.objects.filter(action_annuelle__in=filtrees).dans_le_total()
        assert total.total == lignes.total()
        comptes = [poste for poste in total.postes if poste.dans_total]
        assert sum(poste.montant for poste in comptes) == (lignes.total() or 0)
    assert totaux(critere).total == TOTAL


def test_la_grille_a_les_colonnes_et_les_sommes_du_document(campagne):
    compte = fabriques.administrateur()
    annuelles = list(ActionAnnuelle.objects.filter(campagne=campagne).order_by("ordre"))
    grille = lire_grille(compte, campagne, annuelles, Etat.ACCORDE)
    assert len(grille.colonnes) == len(colonnes_de(compte, campagne)) == 7
    assert len(grille.rangees) == 46
    assert (grille.total, grille.totaux[grille.colonnes[-1].cle]) == (TOTAL, CAF)
