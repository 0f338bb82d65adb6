"""The factories give whole and valid objects: what the tests stand on stands."""

import pytest
from factory.django import DjangoModelFactory

from bilans.models import Bilan
from tests import fabriques
from tests.fabriques import (
    ActionAnnuelleFactory,
    ActionFactory,
    BilanFactory,
    CampagneFactory,
    LigneFinancementFactory,
    PorteurFactory,
    TerritoireFactory,
    annee_de,
    arbre_d_axes,
)

pytestmark = pytest.mark.django_db

FABRIQUES = sorted(
    (
        objet
        for objet in vars(fabriques).values()
        if isinstance(objet, type) and issubclass(objet, DjangoModelFactory) and not objet._meta.abstract
    ),
    key=lambda fabrique: fabrique.__name__,
)


@pytest.mark.parametrize("fabrique", FABRIQUES, ids=lambda f: f.__name__)
def test_deux_objets_valides_de_suite(fabrique):
    objets = fabrique.create_batch(2)
    for objet in objets:
        objet.full_clean(validate_unique=False, validate_constraints=False)


@pytest.mark.parametrize("statut", [str(s) for s in Bilan.Statut if s != Bilan.Statut.A_SAISIR])
def test_un_bilan_dans_chaque_etat(statut):
    assert BilanFactory(**{statut: True}).statut == statut


def test_un_bilan_non_realise_dit_pourquoi():
    assert BilanFactory(transmis=True, non_realise=True).motif_non_realisation


def test_ce_qui_va_ensemble_est_du_meme_contrat():
    ligne = LigneFinancementFactory()
    annuelle = ligne.action_annuelle
    assert ligne.financeur.contrat == annuelle.campagne.contrat == annuelle.action.contrat
    assert annuelle.action.porteur.epci == annuelle.campagne.contrat.epci
    suivante = annee_de(annuelle.action, 2025)
    assert (suivante.campagne.contrat, suivante.campagne.annee) == (annuelle.campagne.contrat, 2025)


def test_une_campagne_a_six_tranches_une_seule_fois():
    campagne = CampagneFactory()
    assert CampagneFactory(contrat=campagne.contrat, annee=campagne.annee) == campagne
    ages = [(t.age_min, t.age_max) for t in campagne.tranches.all()]
    assert ages == [(0, 5), (6, 15), (16, 17), (18, 25), (26, 64), (65, None)]
    assert CampagneFactory(tranches=False).tranches.count() == 0


def test_un_service_depend_d_une_ville_de_la_meme_intercommunalite():
    service = PorteurFactory(service=True)
    assert service.parent.type == "commune"
    assert service.parent.epci == service.epci


def test_une_action_sur_plusieurs_territoires():
    action = ActionFactory()
    lieux = TerritoireFactory.create_batch(2, contrat=action.contrat)
    annuelle = ActionAnnuelleFactory(
        campagne=CampagneFactory(contrat=action.contrat), action=action, territoires=lieux
    )
    assert list(annuelle.territoires.order_by("pk")) == lieux


def test_un_arbre_d_axes_se_lit_dans_l_ordre():
    contrat = CampagneFactory().contrat
    arbre = arbre_d_axes(contrat)
    assert [axe.code for axe in contrat.axes.all()] == ["1", "1.1", "1.2", "2", "2.1", "2.2"]
    assert [axe.niveau for axe in arbre] == [1, 2, 2, 1, 2, 2]
