"""Files of outlines as they are published, with made-up places: those of the ANCT, of geo.api.gouv.fr, of QGIS."""

import json
from typing import Any


def carre(longitude: float = 5.49, latitude: float = 47.09, cote: float = 0.01) -> dict[str, Any]:
    """Return a square, as a GeoJSON geometry."""
    est, nord = longitude + cote, latitude + cote
    anneau = [[longitude, latitude], [est, latitude], [est, nord], [longitude, nord], [longitude, latitude]]
    return {"type": "Polygon", "coordinates": [anneau]}


def qpv(
    code: str, nom: str, insee: str = "39198", commune: str = "Montclar", geometrie: Any = None
) -> dict[str, Any]:
    """Return a feature of the file of the QPV 2024 (ANCT)."""
    proprietes = {
        "code_qp": code,
        "lib_qp": nom,
        "insee_reg": "27",
        "lib_reg": "Bourgogne-Franche-Comté",
        "insee_dep": "39",
        "lib_dep": "Jura",
        "insee_com": insee,
        "lib_com": commune,
        "siren_epci": "200010650",
    }
    return {"type": "Feature", "properties": proprietes, "geometry": geometrie or carre()}


def commune(code: str, nom: str, geometrie: Any = None) -> dict[str, Any]:
    """Return a commune as geo.api.gouv.fr gives it."""
    proprietes = {"nom": nom, "code": code, "_score": 1}
    return {"type": "Feature", "properties": proprietes, "geometry": geometrie or carre(5.45, 47.05, 0.1)}


def collection(*elements: Any, crs: str = "urn:ogc:def:crs:OGC:1.3:CRS84", nom: str = "QP2024") -> bytes:
    """Return a file, its system of coordinates said as GDAL says it; nothing of it when `crs` is empty."""
    tete: dict[str, Any] = {"type": "FeatureCollection", "name": nom}
    if crs:
        tete["crs"] = {"type": "name", "properties": {"name": crs}}
    return json.dumps({**tete, "features": elements}, ensure_ascii=False).encode()
