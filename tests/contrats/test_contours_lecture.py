"""Reading a file of outlines: what is published is read, what cannot be used is refused with a French sentence."""

import json
from itertools import pairwise
from math import cos, pi, sin

import pytest
from hypothesis import given
from hypothesis import settings as reglages
from hypothesis import strategies as st

from contrats.contours import lecture
from contrats.contours.lecture import FichierRefuse, lire
from documents.graphiques_contours import compter, croisement, polygones, simplifier

from .fichiers_contours import carre, collection, commune, qpv


def lus(octets):
    return [
        (e.nom, e.code, e.commune, sorted(e.codes_communes), sorted(e.noms_communes)) for e in lire(octets)
    ]


def test_le_fichier_des_qpv_2024():
    fichier = collection(
        qpv("QN03901M", "Les Hauts"), qpv("QN03902N", "Le Port", "39300, 39301", "Lons, Aube")
    )
    assert lus(fichier) == [
        ("Les Hauts", "QN03901M", "Montclar", ["39198"], ["montclar"]),
        ("Le Port", "QN03902N", "Lons, Aube", ["39300", "39301"], ["aube", "lons"]),
    ]


def test_le_fichier_des_qpv_2015():
    proprietes = {"CODE_QP": "QP039001", "NOM_QP": "Les Hauts", "COMMUNE_QP": "Montclar"}
    fichier = collection({"type": "Feature", "properties": proprietes, "geometry": carre()})
    assert lus(fichier) == [("Les Hauts", "QP039001", "Montclar", [], ["montclar"])]


@pytest.mark.parametrize(
    "proprietes",
    [
        {"nom": "Montclar", "code": "39198"},
        {"INSEE_COM": "39198", "NOM": "Montclar", "POPULATION": 20000},
        {"code_insee": "39198", "nom_officiel": "Montclar"},
        {"codgeo": "39198", "libgeo": "Montclar"},
    ],
)
def test_une_commune(proprietes):
    seule = json.dumps({"type": "Feature", "properties": proprietes, "geometry": carre()}).encode()
    assert lus(seule) == [("Montclar", "39198", "", [], [])]


def test_une_geometrie_sans_nom():
    assert lus(json.dumps(carre()).encode()) == [("", "", "", [], [])]


def test_l_ordre_des_cles_et_les_blancs_ne_comptent_pas():
    element = json.dumps(commune("39198", "Été"), ensure_ascii=False)
    fichier = f'\ufeff {{ "features" :\n[ {element}\t, {element} ] , "type":"FeatureCollection" }} '.encode()
    assert [e.nom for e in lire(fichier)] == ["Été", "Été"]


@pytest.mark.parametrize(
    "crs", ["", "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4326"]
)
def test_les_systemes_en_degres(crs):
    assert len(lus(collection(qpv("QN03901M", "Les Hauts"), crs=crs))) == 1


LAMBERT = {"type": "Polygon", "coordinates": [[[880000, 6650000], [881000, 6650000], [881000, 6651000]]]}
AILLEURS = carre(13.4, 52.5)
INVERSE = carre(47.09, 5.49)


@pytest.mark.parametrize(
    ("octets", "phrase"),
    [
        (b"PK\x03\x04 une archive", lecture.EST_UNE_ARCHIVE),
        (b"", lecture.PAS_DU_GEOJSON),
        (b"<kml></kml>", lecture.PAS_DU_GEOJSON),
        (b"[1, 2]", lecture.PAS_DU_GEOJSON),
        (b"{}", lecture.PAS_DU_GEOJSON),
        (b'{"type": "Topology", "objects": {}}', lecture.PAS_DU_GEOJSON),
        (b'{"type": "FeatureCollection", "features": 3}', lecture.PAS_DU_GEOJSON),
        (b'{"type": "FeatureCollection", "features": [3]}', lecture.PAS_DU_GEOJSON),
        ('{"nom": "Été"}'.encode("latin-1"), lecture.PAS_DU_GEOJSON),
        (b'{"type": "FeatureCollection", "features": []}', lecture.SANS_ELEMENT),
        (collection(qpv("QN03901M", "Les Hauts"))[:-9], lecture.EST_ABIME),
        (b'{"features": [' + b"[" * 100_000, lecture.PAS_DU_GEOJSON),
        (b'{"features": [' + b"1" * 10_000 + b"]}", lecture.EST_ABIME),
        (collection(qpv("QN03901M", "Les Hauts", geometrie=LAMBERT), crs=""), lecture.PAS_EN_DEGRES),
        (collection(qpv("QN03901M", "Les Hauts"), crs="urn:ogc:def:crs:EPSG::2154"), lecture.PAS_EN_DEGRES),
        (collection(qpv("QN03901M", "Les Hauts", geometrie=INVERSE)), lecture.INVERSEES),
        (collection(qpv("QN03901M", "Les Hauts", geometrie=AILLEURS)), lecture.HORS_DE_FRANCE),
    ],
)
def test_un_mauvais_fichier_est_refuse(octets, phrase):
    with pytest.raises(FichierRefuse) as refus:
        list(lire(octets))
    assert str(refus.value) == phrase


@reglages(max_examples=60)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_n_importe_quoi_est_refuse_sans_planter(octets):
    with pytest.raises(FichierRefuse):
        list(lire(b"{" + octets))


# -- Fewer points ----------------------------------------------------------------------------------
def rond(points, rayon=0.05):
    anneau = [
        [5.5 + rayon * cos(2 * pi * n / points), 47.1 + rayon * sin(2 * pi * n / points)]
        for n in range(points)
    ]
    return [*anneau, anneau[0]]


def lire_la_geometrie(*anneaux):
    return polygones({"type": "Polygon", "coordinates": list(anneaux)}, "Essai")


def test_un_contour_simple_reste_le_meme():
    lu = polygones(carre(), "Essai")
    allege = simplifier(lu, 4)
    assert (allege.geometrie, allege.points, allege.croisement) == (carre_ecrit(), 4, None)


def carre_ecrit():
    anneau = [[5.49, 47.09], [5.5, 47.09], [5.5, 47.1], [5.49, 47.1], [5.49, 47.09]]
    return {"type": "Polygon", "coordinates": [anneau]}


def test_les_points_qui_dessinent_le_mieux_sont_gardes():
    """A square whose sides carry a thousand points comes back as its four corners."""
    coins = [(5.0, 47.0), (5.1, 47.0), (5.1, 47.1), (5.0, 47.1), (5.0, 47.0)]
    anneau = [
        [xa + (xb - xa) * pas / 250, ya + (yb - ya) * pas / 250]
        for (xa, ya), (xb, yb) in pairwise(coins)
        for pas in range(250)
    ]
    allege = simplifier(lire_la_geometrie([*anneau, anneau[0]]), 4)
    assert sorted(map(tuple, allege.geometrie["coordinates"][0][:-1])) == sorted(coins[:-1])


def test_un_grand_contour_est_reduit_et_garde_sa_forme():
    lu = lire_la_geometrie(rond(20_000), rond(600, 0.02))
    allege = simplifier(lu, 500)
    relu = polygones(allege.geometrie, "Essai")
    assert (compter(lu), allege.points, compter(relu), len(relu[0])) == (20_600, 500, 500, 2)
    assert max(x for x, _ in relu[0][0]) == pytest.approx(5.55, abs=1e-4)


def test_le_plus_grand_polygone_reste_toujours():
    petits = [[rond(40, 0.001)] for _ in range(20)]
    lu = polygones({"type": "MultiPolygon", "coordinates": [*petits, [rond(100)]]}, "Essai")
    allege = simplifier(lu, 10)
    assert (allege.geometrie["type"], allege.points) == ("Polygon", 10)


def test_un_contour_qui_se_croise_le_dit():
    noeud = [[(5.0, 47.0), (5.1, 47.1), (5.1, 47.0), (5.0, 47.1), (5.0, 47.0)]]
    assert croisement([noeud]) == pytest.approx((5.05, 47.05))
    assert croisement(lire_la_geometrie(rond(300), rond(30, 0.01))) is None


def test_un_entier_demesure_n_est_pas_un_point():
    geometrie = {"type": "Polygon", "coordinates": [[[10**400, 47], [5, 47], [5, 48], [10**400, 47]]]}
    with pytest.raises(ValueError, match="longitude et latitude"):
        polygones(geometrie, "Essai")
