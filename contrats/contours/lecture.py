"""A file of outlines read, as the State publishes it: GeoJSON (RFC 7946), longitude and latitude. Pure: no database.

The national file of the QPV 2024 weighs ten megabytes: its features are decoded one at a time, and only those that
are of use stay in memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from documents import INSECABLE
from documents.normalisation import normaliser

OCTETS_MAX = 20 << 20
# Names of properties, the surest first: ANCT (QPV 2024 and 2015), geo.api.gouv.fr, IGN (Admin Express), INSEE.
CODES_QPV = ("code_qp", "code_qpv", "codeqp", "codeqpv", "code_qp_2024", "qpv")
CODES_COMMUNE = ("code_insee", "insee_com", "codgeo", "com", "code")
NOMS_QPV = ("lib_qp", "nom_qp", "nom_qpv", "lib_qpv", "nomqp")
NOMS = ("nom", "nom_officiel", "libelle", "libgeo", "lib_com", "nom_com", "name")
NOMS_COMMUNE = ("lib_com", "commune_qp", "nom_com", "nom_commune", "commune")
QPV = re.compile(r"Q[PN]\w{6}")
INSEE = re.compile(r"(\d{2}|2[AB])\d{3}")
# Systems of coordinates that are longitude and latitude in degrees.
EN_DEGRES = re.compile(r"CRS:?84|EPSG:(?:[\d.]*:)?4326$|WGS ?84$", re.IGNORECASE)
# Where France is: west, south, east, north; overseas after the mainland.
FRANCE = (
    (-5.6, 41.2, 9.8, 51.3),
    (-63.3, 14.2, -60.7, 18.2),
    (-54.8, 2.0, -51.5, 6.0),
    (55.1, -21.5, 56.0, -20.7),
    (44.9, -13.1, 45.4, -12.5),
    (-56.6, 46.6, -56.0, 47.2),
    (-155.0, -28.0, -134.0, -7.5),
    (163.0, -23.0, 169.0, -19.0),
    (-178.5, -14.6, -175.9, -13.0),
)

PAS_DU_GEOJSON = (
    "Ce fichier n'est pas du GeoJSON. Déposez celui dont le nom finit par « .geojson », ou par « .json », tel que "
    "la page de téléchargement le donne."
)
EST_UNE_ARCHIVE = (
    "Ce fichier est une archive compressée. Ouvrez-la sur votre ordinateur, puis déposez le fichier « .geojson » "
    "qu'elle contient : celui dont le nom dit WGS84."
)
EST_ABIME = "Ce fichier est incomplet ou abîmé : il s'arrête avant la fin. Téléchargez-le à nouveau."
SANS_ELEMENT = "Ce fichier ne contient aucun territoire."
PAS_EN_DEGRES = (
    "Les coordonnées de ce fichier ne sont pas en longitude et latitude (WGS 84) mais en mètres, sans doute en "
    "Lambert-93. Prenez le fichier dont le nom dit WGS84 ; ou, dans QGIS, faites « Exporter », « Sauvegarder les "
    "entités sous », format GeoJSON, SCR « EPSG:4326 – WGS 84 », puis déposez le fichier obtenu."
)
INVERSEES = (
    "La longitude et la latitude de ce fichier sont inversées : ses points sont hors de France, et y reviennent quand "
    "on les échange. Exportez-le à nouveau en GeoJSON, longitude d'abord."
)
HORS_DE_FRANCE = "Les points de ce fichier sont hors de France : vérifiez que c'est le bon."


class FichierRefuse(ValueError):
    """The file cannot be used; its text is a sentence that says why and what to do."""


@dataclass(frozen=True)
class Element:
    """A feature of the file: what it says it is, in its own words, and its geometry as it was read."""

    rang: int
    nom: str
    code: str
    geometrie: Any
    codes_communes: frozenset[str] = field(default_factory=frozenset)
    noms_communes: frozenset[str] = field(default_factory=frozenset)
    # of the communes, as it is written
    commune: str = ""

    @property
    def est_un_qpv(self) -> bool:
        """Whether its code is that of a QPV."""
        return bool(QPV.fullmatch(self.code))

    @property
    def est_une_commune(self) -> bool:
        """Whether its code is that of a commune."""
        return bool(INSEE.fullmatch(self.code))

    @property
    def designation(self) -> str:
        """How one speaks of it."""
        return self.nom or self.code or f"élément n°{INSECABLE}{self.rang}"


def lire(octets: bytes) -> Iterator[Element]:
    """Yield the features of a file, in order. Raises FichierRefuse, on the way too: write nothing before the end."""
    texte = _texte(octets)
    rang = 0
    try:
        for rang, brut in enumerate(_elements(texte), 1):
            yield _element(rang, brut)
    except RecursionError as erreur:
        raise FichierRefuse(PAS_DU_GEOJSON) from erreur
    except FichierRefuse:
        raise
    except ValueError as erreur:
        # what does not begin as GeoJSON does is something else; what does has been cut
        raise FichierRefuse(EST_ABIME if rang or '"features"' in texte else PAS_DU_GEOJSON) from erreur
    if not rang:
        raise FichierRefuse(SANS_ELEMENT)


def _texte(octets: bytes) -> str:
    if octets.startswith((b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")):
        raise FichierRefuse(EST_UNE_ARCHIVE)
    try:
        texte = octets.decode("utf-8-sig")
    except UnicodeDecodeError as erreur:
        raise FichierRefuse(PAS_DU_GEOJSON) from erreur
    if not texte.lstrip().startswith("{"):
        raise FichierRefuse(PAS_DU_GEOJSON)
    return texte


# -- The document, one feature at a time -----------------------------------------------------------
_DECODEUR = json.JSONDecoder()
_BLANCS = re.compile(r"[ \t\n\r]*")


def _apres_blancs(texte: str, place: int) -> int:
    trouve = _BLANCS.match(texte, place)
    return trouve.end() if trouve else place


def _attendre(texte: str, place: int, signes: str) -> tuple[str, int]:
    """Return the sign found and the place after it. Raises ValueError when it is none of `signes`."""
    place = _apres_blancs(texte, place)
    signe = texte[place : place + 1]
    if not signe or signe not in signes:
        raise ValueError(f"One of {signes} was expected at {place}.")
    return signe, place + 1


def _elements(texte: str) -> Iterator[Any]:
    """Yield the features of a collection; the document itself when it is one feature, or one geometry."""
    reste: dict[str, Any] = {}
    lue = False
    signe, place = _attendre(texte, 0, "{")
    while signe != "}":
        cle, place = _DECODEUR.raw_decode(texte, _apres_blancs(texte, place))
        _, place = _attendre(texte, place, ":")
        place = _apres_blancs(texte, place)
        if cle == "features" and texte[place : place + 1] == "[":
            lue = True
            place += 1
            signe = ","
            if texte[_apres_blancs(texte, place) : _apres_blancs(texte, place) + 1] == "]":
                signe, place = _attendre(texte, place, "]")
            while signe == ",":
                brut, place = _DECODEUR.raw_decode(texte, _apres_blancs(texte, place))
                signe, place = _attendre(texte, place, ",]")
                yield brut
        else:
            reste[str(cle)], place = _DECODEUR.raw_decode(texte, place)
            if cle == "crs":
                _verifier_le_systeme(reste["crs"])
        signe, place = _attendre(texte, place, ",}")
    if not lue:
        if reste.get("type") not in ("Feature", "Polygon", "MultiPolygon"):
            raise FichierRefuse(PAS_DU_GEOJSON)
        yield reste if reste["type"] == "Feature" else {"type": "Feature", "geometry": reste}


def _verifier_le_systeme(crs: Any) -> None:
    """Raise FichierRefuse when the file names a system of coordinates that is not WGS 84."""
    proprietes = crs.get("properties") if isinstance(crs, Mapping) else None
    nom = proprietes.get("name") if isinstance(proprietes, Mapping) else None
    if isinstance(nom, str) and nom and not EN_DEGRES.search(nom):
        raise FichierRefuse(PAS_EN_DEGRES)


# -- A feature -------------------------------------------------------------------------------------
def _element(rang: int, brut: Any) -> Element:
    if not isinstance(brut, Mapping):
        raise FichierRefuse(PAS_DU_GEOJSON)
    geometrie = brut.get("geometry")
    verifier_le_lieu(geometrie)
    dites = brut.get("properties")
    proprietes = {
        normaliser(str(cle)): str(valeur).strip()
        for cle, valeur in (dites.items() if isinstance(dites, Mapping) else ())
        if isinstance(valeur, str | int) and not isinstance(valeur, bool)
    }
    code_qpv = _premier(proprietes, CODES_QPV).upper()
    code_commune = _premier(proprietes, CODES_COMMUNE).upper()
    nom = _premier(proprietes, NOMS_QPV) or _premier(proprietes, NOMS)
    if not code_qpv and QPV.fullmatch(code_commune):
        code_qpv, code_commune = code_commune, ""
    if not code_qpv and INSEE.fullmatch(code_commune):
        return Element(rang, nom[:150], code_commune, geometrie)
    commune = _premier(proprietes, NOMS_COMMUNE)
    return Element(
        rang,
        nom[:150],
        code_qpv[:8],
        geometrie,
        frozenset(INSEE_ECRIT.findall(code_commune)),
        frozenset(normaliser(morceau) for morceau in re.split(r"[,;/]", commune) if morceau.strip()),
        commune[:150],
    )


INSEE_ECRIT = re.compile(r"\b(?:\d{2}|2[AB])\d{3}\b")


def _premier(proprietes: Mapping[str, str], cles: tuple[str, ...]) -> str:
    return next((proprietes[cle] for cle in cles if proprietes.get(cle)), "")


def verifier_le_lieu(geometrie: Any) -> None:
    """Raise FichierRefuse when the first point of a geometry is not in France, in degrees; damage is told later."""
    point = _premier_point(geometrie)
    if point is None:
        return
    x, y = point
    if abs(x) > 180 or abs(y) > 180:
        raise FichierRefuse(PAS_EN_DEGRES)
    if not _en_france(x, y):
        raise FichierRefuse(INVERSEES if _en_france(y, x) else HORS_DE_FRANCE)


def _premier_point(geometrie: Any) -> tuple[float, float] | None:
    valeur = geometrie.get("coordinates") if isinstance(geometrie, Mapping) else None
    while isinstance(valeur, list) and valeur and isinstance(valeur[0], list):
        valeur = valeur[0]
    if not isinstance(valeur, list) or len(valeur) < 2:
        return None
    x, y = valeur[:2]
    lisibles = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (x, y))
    # a point that is no number (NaN) is told with its outline
    return (x, y) if lisibles and x == x and y == y else None


def _en_france(x: float, y: float) -> bool:
    return any(ouest <= x <= est and sud <= y <= nord for ouest, sud, est, nord in FRANCE)
