"""The outline of a territory, read out of GeoJSON (RFC 7946): Polygon or MultiPolygon, longitude and latitude."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import isfinite
from typing import Any

from documents.formats import INSECABLE, nombre

Anneau = list[tuple[float, float]]
# an outer ring, then its holes
Polygone = list[Anneau]

POINTS_MAX = 200_000


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
        if isinstance(valeur, bool) or not isinstance(valeur, int | float) or not isfinite(valeur):
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
