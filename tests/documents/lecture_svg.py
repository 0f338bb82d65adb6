"""A drawing read back: its texts with the room that each takes, its colours."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from documents.graphiques_toile import TAILLE, largeur

SVG = "{http://www.w3.org/2000/svg}"
LIEN = "{http://www.w3.org/1999/xlink}href"
PLACE = re.compile(r"translate\((\S+) (\S+)\) scale\((\S+) ")
POINT = re.compile(r"[ML] (\S+) (\S+)")


@dataclass(frozen=True)
class Texte:
    """A text of a drawing and where it stands: left, top, right, bottom, in points."""

    texte: str
    cadre: tuple[float, float, float, float]


class Dessin:
    """An SVG, parsed."""

    def __init__(self, svg: bytes) -> None:
        self.racine = etree.fromstring(svg)
        self.largeur, self.hauteur = (float(n) for n in self.racine.attrib["viewBox"].split()[2:])
        self.textes = [self._texte(g) for g in self.racine.iter(f"{SVG}g") if "aria-label" in g.attrib]

    def _texte(self, groupe: etree._Element) -> Texte:
        lu = PLACE.match(groupe.attrib["transform"])
        assert lu is not None
        x, y, echelle = (float(nombre) for nombre in lu.groups())
        corps = echelle * TAILLE
        gras = any(usage.attrib[LIEN].startswith("#g") for usage in groupe)
        texte = groupe.attrib["aria-label"]
        return Texte(texte, (x, y - 0.66 * corps, x + largeur(texte, corps, gras), y + 0.12 * corps))

    @property
    def mots(self) -> list[str]:
        """The texts, no-break spaces being ordinary ones."""
        return [texte.texte.replace("\u00a0", " ").replace("\u202f", " ") for texte in self.textes]

    def traces(self, couleur: str) -> list[tuple[float, float, float, float]]:
        """Return the box of each shape filled with a colour: left, top, right, bottom."""
        boites = []
        for trace in self.racine.iter(f"{SVG}path"):
            if trace.attrib.get("fill") == couleur:
                xs, ys = zip(
                    *((float(x), float(y)) for x, y in POINT.findall(trace.attrib["d"])), strict=True
                )
                boites.append((min(xs), min(ys), max(xs), max(ys)))
        return boites

    def defauts(self) -> list[str]:
        """Return what is cut by the edge of the sheet, and the texts that overlap."""
        trouves = []
        for rang, un in enumerate(self.textes):
            gauche, haut, droite, bas = un.cadre
            if gauche < -0.5 or haut < -0.5 or droite > self.largeur + 0.5 or bas > self.hauteur + 0.5:
                trouves.append(f"hors de la feuille : {un.texte}")
            for autre in self.textes[rang + 1 :]:
                if _se_touchent(un.cadre, autre.cadre):
                    trouves.append(f"se touchent : {un.texte} et {autre.texte}")
        return trouves


def _se_touchent(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
