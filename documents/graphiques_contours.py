"""The outline of a territory, read out of GeoJSON (RFC 7946): Polygon or MultiPolygon, longitude and latitude."""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Any

from documents.formats import INSECABLE, nombre

Anneau = list[tuple[float, float]]
# an outer ring, then its holes
Polygone = list[Anneau]

POINTS_MAX = 200_000
# 0.1 m: finer than any published outline
DECIMALES = 6


def polygones(geometrie: Mapping[str, Any], nom: str) -> list[Polygone]:
    """Return the polygons of a GeoJSON geometry, their rings being closed.

    Outer rings turn one way and holes the other, whatever the file does. Raises ValueError, in French and with the name
    of the territory, when it is no Polygon nor MultiPolygon, is damaged, has no surface, or is not in WGS 84.
    """
    if not isinstance(geometrie, Mapping) or "type" not in geometrie:
        raise _erreur(nom, "n'est pas une géométrie GeoJSON")
    genre = geometrie["type"]
    coordonnees = geometrie.get("coordinates")
    if genre == "Polygon":
        coordonnees = [coordonnees]
    elif genre != "MultiPolygon":
        raise _erreur(
            nom, f"est de type «{INSECABLE}{genre}{INSECABLE}»{INSECABLE}: il faut Polygon ou MultiPolygon"
        )
    if not isinstance(coordonnees, list | tuple) or not coordonnees:
        raise _erreur(nom, "n'a pas de coordonnées")
    lus = [_polygone(brut, nom) for brut in coordonnees]
    if sum(len(anneau) for polygone in lus for anneau in polygone) > POINTS_MAX:
        raise _erreur(nom, f"a plus de {nombre(POINTS_MAX)} points{INSECABLE}: simplifiez-le")
    return lus


def surface(anneau: Anneau) -> float:
    """Return the surface of a closed ring, in the square of its unit: negative when it turns clockwise (y going up)."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(anneau)) / 2


def _erreur(nom: str, faute: str) -> ValueError:
    return ValueError(f"Le contour de «{INSECABLE}{nom}{INSECABLE}» {faute}.")


def _polygone(brut: Any, nom: str) -> Polygone:
    if not isinstance(brut, list | tuple) or not brut:
        raise _erreur(nom, "a des coordonnées illisibles")
    anneaux = [_anneau(anneau, nom) for anneau in brut]
    if not surface(anneaux[0]):
        raise _erreur(nom, "n'a pas de surface")
    return [_tourner(anneau, direct=rang == 0) for rang, anneau in enumerate(anneaux)]


def _anneau(brut: Any, nom: str) -> Anneau:
    if not isinstance(brut, list | tuple):
        raise _erreur(nom, "a des coordonnées illisibles")
    points = [_point(position, nom) for position in brut]
    if len(points) < 4:
        raise _erreur(nom, "a moins de trois côtés")
    if points[0] != points[-1]:
        raise _erreur(
            nom, "n'est pas fermé : son dernier point doit être le premier".replace(" :", f"{INSECABLE}:")
        )
    return points


def _point(position: Any, nom: str) -> tuple[float, float]:
    if not isinstance(position, list | tuple) or len(position) < 2:
        raise _erreur(nom, "a des coordonnées illisibles")
    longitude, latitude = position[:2]
    for valeur in (longitude, latitude):
        # an integer is finite, and may be too long for isfinite
        lisible = isinstance(valeur, int) or (isinstance(valeur, float) and isfinite(valeur))
        if isinstance(valeur, bool) or not lisible:
            raise _erreur(nom, "a des coordonnées illisibles")
    if abs(longitude) > 180 or abs(latitude) > 90:
        raise _erreur(
            nom,
            f"n'est pas en longitude et latitude (WGS{INSECABLE}84){INSECABLE}: exportez-le dans ce système, "
            f"et non en Lambert",
        )
    return float(longitude), float(latitude)


def _tourner(anneau: Anneau, *, direct: bool) -> Anneau:
    return anneau if (surface(anneau) > 0) == direct else anneau[::-1]


# -- Fewer points ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Allege:
    """An outline with fewer points: a GeoJSON geometry, the number of its points."""

    geometrie: dict[str, Any]
    points: int
    # a point (longitude, latitude) near which its line crosses itself
    croisement: tuple[float, float] | None


def compter(lus: list[Polygone]) -> int:
    """Return the number of points of an outline, the last of each ring left out: it is the first."""
    return sum(len(anneau) - 1 for polygone in lus for anneau in polygone)


def simplifier(lus: list[Polygone], points_max: int) -> Allege:
    """Return the outline with `points_max` points at most, those that shape it most (Visvalingam and Whyatt).

    Rings of which less than three points are left go, with their holes; the largest polygon never does.
    """
    gardes = lus if compter(lus) <= points_max else _les_plus_utiles(lus, points_max)
    arrondis = [[_arrondi(anneau) for anneau in polygone] for polygone in gardes]
    coordonnees = [[[list(point) for point in anneau] for anneau in polygone] for polygone in arrondis]
    geometrie: dict[str, Any] = (
        {"type": "Polygon", "coordinates": coordonnees[0]}
        if len(coordonnees) == 1
        else {"type": "MultiPolygon", "coordinates": coordonnees}
    )
    return Allege(geometrie, compter(arrondis), croisement(arrondis))


def croisement(lus: list[Polygone]) -> tuple[float, float] | None:
    """Return a point (longitude, latitude) near which two sides cross; None when none do. Sides may touch."""
    cotes = sorted(
        ((min(a[0], b[0]), max(a[0], b[0]), a, b) for p in lus for anneau in p for a, b in pairwise(anneau)),
        key=lambda cote: cote[0],
    )
    ouverts: list[tuple[float, float, tuple[float, float], tuple[float, float]]] = []
    for cote in cotes:
        ouverts = [autre for autre in ouverts if autre[1] >= cote[0]]
        _, _, a, b = cote
        for _, _, c, d in ouverts:
            if se_croisent(a, b, c, d):
                return (a[0] + b[0] + c[0] + d[0]) / 4, (a[1] + b[1] + c[1] + d[1]) / 4
        ouverts.append(cote)
    return None


def se_croisent(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]
) -> bool:
    """Return whether the segment from a to b crosses that from c to d; an end that only touches does not."""
    return _tour(a, b, c) * _tour(a, b, d) < 0 and _tour(c, d, a) * _tour(c, d, b) < 0


def _tour(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _les_plus_utiles(lus: list[Polygone], points_max: int) -> list[Polygone]:
    premier = max(lus, key=lambda polygone: abs(surface(polygone[0])))
    places = [
        (utilite, rang, tour, point)
        for rang, polygone in enumerate(lus)
        for tour, anneau in enumerate(polygone)
        for point, utilite in enumerate(_utilites(anneau, toujours=polygone is premier and tour == 0))
    ]
    gardes = {place[1:] for place in heapq.nlargest(points_max, places)}
    restes = []
    for rang, polygone in enumerate(lus):
        exterieur, *trous = (
            [point for numero, point in enumerate(anneau[:-1]) if (rang, tour, numero) in gardes]
            for tour, anneau in enumerate(polygone)
        )
        if len(exterieur) > 2:
            restes.append([[*points, points[0]] for points in (exterieur, *trous) if len(points) > 2])
    return restes


def _utilites(anneau: Anneau, *, toujours: bool) -> list[float]:
    """Return, for each point of a ring but the last, the surface that would change if it went, in square degrees.

    Points are taken away by rising surface, none being less than one taken before; the last three share that of their
    triangle, or infinity when they must stay (`toujours`).
    """
    points = anneau[:-1]
    nombre_de = len(points)
    avant = [(rang - 1) % nombre_de for rang in range(nombre_de)]
    apres = [(rang + 1) % nombre_de for rang in range(nombre_de)]

    def triangle(rang: int) -> float:
        return abs(_tour(points[avant[rang]], points[rang], points[apres[rang]])) / 2

    actuels = [triangle(rang) for rang in range(nombre_de)]
    tas = [(actuels[rang], rang) for rang in range(nombre_de)]
    heapq.heapify(tas)
    utilites = [-1.0] * nombre_de
    palier, restants = 0.0, nombre_de
    while restants > 3:
        aire, rang = heapq.heappop(tas)
        if utilites[rang] >= 0 or aire != actuels[rang]:
            continue
        palier = max(palier, aire)
        utilites[rang] = palier
        restants -= 1
        apres[avant[rang]], avant[apres[rang]] = apres[rang], avant[rang]
        for voisin in (avant[rang], apres[rang]):
            actuels[voisin] = triangle(voisin)
            heapq.heappush(tas, (actuels[voisin], voisin))
    dernier = math.inf if toujours else max(palier, max(actuels[r] for r, u in enumerate(utilites) if u < 0))
    return [dernier if utilite < 0 else utilite for utilite in utilites]


def _arrondi(anneau: Anneau) -> Anneau:
    return [(round(x, DECIMALES), round(y, DECIMALES)) for x, y in anneau]
