"""The bodies of a contract: the kind that a name says, those that are usual and miss."""

import pytest

from contrats.instances import InstanceUsuelle, consultee_de_droit, instances_usuelles, type_d_apres_le_nom
from contrats.models import Instance
from contrats.operations import creer_instances, instance_nommee
from tests import fabriques

Type = Instance.Type


@pytest.mark.parametrize(
    ("nom", "type"),
    [
        ("Comité de pilotage du contrat", Type.COPIL),
        ("COMITE TECHNIQUE", Type.COTECH),
        ("Conseil citoyen (Planoise)", Type.CONSEIL_CITOYEN),
        ("conseil municipal de Dole", Type.ASSEMBLEE),
        ("Conseil communautaire", Type.ASSEMBLEE),
        ("Conseil métropolitain", Type.ASSEMBLEE),
        ("Table de quartier", Type.AUTRE),
    ],
)
def test_un_nom_dit_ce_qu_est_une_instance(nom, type):
    assert type_d_apres_le_nom(nom) == type


@pytest.mark.parametrize(
    ("nom", "type", "attendu"),
    [
        ("Conseil municipal", Type.ASSEMBLEE, True),
        ("Conseil communautaire", Type.ASSEMBLEE, False),
        ("Table de quartier", Type.CONSEIL_CITOYEN, True),
        ("Comité de pilotage", Type.COPIL, False),
    ],
)
def test_la_loi_demande_l_avis_des_conseils_municipaux_et_citoyens(nom, type, attendu):
    assert consultee_de_droit(Instance(nom=nom, type=type)) is attendu


def manquantes(contrat, *quartiers):
    return [usuelle.nom for usuelle in instances_usuelles(contrat, quartiers)]


@pytest.mark.django_db
def test_ce_qui_est_connu_n_est_plus_propose():
    contrat = fabriques.ContratFactory()
    for nom in ("Alès", "Le Vigan", "Les Mages", "Molières"):
        contrat.communes.add(fabriques.CommuneFactory(nom=nom, epci=contrat.epci))
    planoise = fabriques.TerritoireFactory(contrat=contrat, nom="Planoise")
    battant = fabriques.TerritoireFactory(contrat=contrat, nom="Battant")
    assert manquantes(contrat, planoise) == [
        "Conseil citoyen",
        "Conseil municipal d'Alès",
        "Conseil municipal du Vigan",
        "Conseil municipal des Mages",
        "Conseil municipal de Molières",
        "Conseil communautaire",
        "Comité de pilotage",
    ]
    fabriques.InstanceFactory(contrat=contrat, nom="CC de PLANOISE", type=Type.CONSEIL_CITOYEN)
    fabriques.InstanceFactory(contrat=contrat, nom="Ville d'Alès", type=Type.ASSEMBLEE)
    fabriques.InstanceFactory(contrat=contrat, nom="COPIL", type=Type.COPIL)
    assert manquantes(contrat, planoise, battant) == [
        "Conseil citoyen (Battant)",
        "Conseil municipal du Vigan",
        "Conseil municipal des Mages",
        "Conseil municipal de Molières",
        "Conseil communautaire",
    ]
    fabriques.InstanceFactory(contrat=contrat, nom="Conseil citoyen", type=Type.CONSEIL_CITOYEN)
    assert manquantes(contrat, planoise, battant)[0] == "Conseil municipal du Vigan"


@pytest.mark.django_db
def test_les_instances_d_un_autre_contrat_ne_comptent_pas():
    contrat, voisin = fabriques.ContratFactory.create_batch(2)
    fabriques.InstanceFactory(contrat=voisin, nom="Comité de pilotage")
    auteur = fabriques.chargee_de_mission(contrat)
    [creee] = creer_instances(auteur, contrat, [InstanceUsuelle("Comité de pilotage", Type.COPIL)])
    assert (creee.contrat, creee.ordre) == (contrat, 1)
    assert instance_nommee(contrat, "comite de PILOTAGE", Type.AUTRE) == creee
