"""A sheet to draw on, in points from the top left corner, that becomes an SVG: all that we use of matplotlib is here.

Letters are drawn as outlines of our own font. As text they would not be the same everywhere: an image in a page cannot
load the fonts of that page, and falls back on whatever the reader's machine has.
"""

from __future__ import annotations

import atexit
import io
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from documents.graphiques_couleurs import ENCRE, SOMBRES, TRAIT, Theme, feuille_sombre
from documents.polices import DOSSIER, FICHIERS, dessinable
from documents.texte import nettoyer

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.font_manager import FontProperties
    from matplotlib.patches import Patch

Point = tuple[float, float]
Anneau = Sequence[Point]
Ancre = Literal["left", "center", "right"]

POINTS_PAR_MM = 72 / 25.4
INTERLIGNE = 1.22
# of the size of the type: from the middle of a figure or of a capital down to its baseline
MI_HAUTEUR = 0.33
HACHURE = "//////"

# a text may be cut after a space, a hyphen or a slash
_COUPURE = re.compile(r"(?<=[ /–-])(?=[^ ])")
_COMMENTAIRE = re.compile(r"<!--.*?-->", re.DOTALL)
_STYLE = re.compile(r' style="([^"]*)"')
_DECLARATION = re.compile(r"([a-z-]+): ([^;\"]+);? ?")
_TEXTE = re.compile(r'id="texte-(\d+)"')
_GROUPE = re.compile(r'<g id="[a-z0-9_]+">')
_ENTETE = re.compile(r"^.*?(?=<svg )", re.DOTALL)
_STYLE_DEFAUT = re.compile(r'\s*<defs>\s*<style type="text/css">[^<]*</style>\s*</defs>')
_GLYPHE = re.compile(r"SourceSans3-(Regular|Semibold)-")
_VERROU = threading.Lock()


@lru_cache(maxsize=1)
def _charger() -> Path:
    """Load matplotlib, with a folder of our own, and return that folder: it holds our fonts as matplotlib reads them.

    Its usual folder is in a home, which a service does not have.
    """
    dossier = Path(tempfile.mkdtemp(prefix="pilotis-graphiques-"))
    atexit.register(shutil.rmtree, dossier, ignore_errors=True)
    avant = os.environ.get("MPLCONFIGDIR")
    os.environ["MPLCONFIGDIR"] = str(dossier)
    try:
        import matplotlib
        import matplotlib.backends.backend_svg
        import matplotlib.figure
    finally:
        if avant is None:
            del os.environ["MPLCONFIGDIR"]
        else:
            os.environ["MPLCONFIGDIR"] = avant
    # the same drawing has the same bytes
    matplotlib.rcParams["svg.hashsalt"] = "pilotis"
    matplotlib.rcParams["svg.fonttype"] = "path"
    return dossier


def _dossier() -> Path:
    # lru_cache alone would let two threads load at once
    with _VERROU:
        return _charger()


@lru_cache(maxsize=2)
def _fichier_police(gras: bool) -> Path:
    """Return our font as a plain TrueType file: matplotlib does not read woff2."""
    from fontTools.ttLib import TTFont

    nom = FICHIERS[600 if gras else 400, "normal"]
    fichier = _dossier() / nom.replace(".woff2", ".ttf")
    with _VERROU, TTFont(DOSSIER / nom) as police:
        police.flavor = None
        police.save(fichier)
    return fichier


@lru_cache(maxsize=64)
def _police(corps: float, gras: bool) -> FontProperties:
    fichier = _fichier_police(gras)
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=fichier, size=corps)


@lru_cache(maxsize=8192)
def largeur(texte: str, corps: float, gras: bool = False) -> float:
    """Return the width of a line of text, in points."""
    police = _police(corps, gras)
    from matplotlib.textpath import text_to_path

    return float(text_to_path.get_text_width_height_descent(texte, police, False)[0])


def propre(texte: str) -> str:
    """Return the text on one line, without what our font cannot draw."""
    return dessinable(" ".join(nettoyer(texte).split(" "))).replace("\n", " ").replace("\t", " ")


def couper(texte: str, maximum: float, corps: float, gras: bool = False) -> list[str]:
    """Return the text in lines of that width at most, in points: nothing is lost, a word too long is broken."""
    lignes: list[str] = []
    for morceau in _COUPURE.split(propre(texte)):
        suite = lignes[-1] + morceau if lignes else morceau
        if largeur(suite.rstrip(" "), corps, gras) <= maximum:
            lignes[-1:] = [suite]
            continue
        lignes += _briser(morceau, maximum, corps, gras)
    return [ligne.rstrip(" ") for ligne in lignes]


def _briser(mot: str, maximum: float, corps: float, gras: bool) -> list[str]:
    """Return a word in pieces that fit, one letter at least in each."""
    pieces = [""]
    for lettre in mot:
        suite = pieces[-1] + lettre
        if pieces[-1] and largeur(suite.rstrip(" "), corps, gras) > maximum:
            pieces.append(lettre)
        else:
            pieces[-1] = suite
    return pieces


def graduations(bas: float, haut: float, *, entieres: bool) -> list[float]:
    """Return the round values of an axis, some four of them, from one at or under `bas` to one at or over `haut`."""
    _dossier()
    from matplotlib.ticker import MaxNLocator

    return [
        float(valeur)
        for valeur in MaxNLocator(4, steps=[1, 2, 2.5, 5, 10], integer=entieres).tick_values(bas, haut)
    ]


class Toile:
    """What is drawn, in the order in which it is drawn. Sizes and places are in points, y goes down."""

    def __init__(self, largeur_mm: float) -> None:
        _dossier()
        from matplotlib.figure import Figure
        from matplotlib.transforms import Affine2D

        self.largeur = largeur_mm * POINTS_PAR_MM
        self._figure = Figure(dpi=72)
        self._figure.patch.set_visible(False)
        # known when the height is: see `svg`
        self._repere = Affine2D()
        self._textes: list[str] = []

    def texte(
        self,
        x: float,
        y: float,
        texte: str,
        corps: float,
        *,
        couleur: str = ENCRE,
        gras: bool = False,
        ancre: Ancre = "left",
    ) -> None:
        """Write one line, `y` being the middle of its capitals and of its figures."""
        if not texte:
            return
        from matplotlib.text import Text

        trace = Text(
            x,
            y + MI_HAUTEUR * corps,
            texte,
            color=couleur,
            fontproperties=_police(corps, gras),
            horizontalalignment=ancre,
            verticalalignment="baseline",
            parse_math=False,
            gid=f"texte-{len(self._textes)}",
        )
        self._textes.append(texte)
        self._poser(trace)

    def lignes(
        self,
        x: float,
        y: float,
        lignes: Sequence[str],
        corps: float,
        *,
        couleur: str = ENCRE,
        gras: bool = False,
        ancre: Ancre = "left",
    ) -> None:
        """Write lines one under the other, `y` being the middle of the first."""
        for rang, ligne in enumerate(lignes):
            self.texte(
                x, y + rang * corps * INTERLIGNE, ligne, corps, couleur=couleur, gras=gras, ancre=ancre
            )

    def rectangle(
        self,
        x: float,
        y: float,
        largeur: float,
        hauteur: float,
        fond: str = "",
        bord: str = "",
        hachure: str = "",
        motif: str = HACHURE,
    ) -> None:
        """Draw a rectangle, filled, edged and hatched in these colours ("" for none), hatched with this pattern."""
        from matplotlib.patches import Rectangle

        self._remplir(Rectangle((x, y), largeur, hauteur), fond, bord, 0.6, hachure, motif)

    def polygone(
        self,
        anneaux: Iterable[Anneau],
        fond: str = "",
        bord: str = "",
        epaisseur: float = 0.8,
        hachure: str = "",
        motif: str = HACHURE,
    ) -> None:
        """Draw an outline made of closed rings, the inner ones turning the other way, in these colours."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path as Trace

        trace = Trace.make_compound_path(*(Trace(list(anneau), closed=True) for anneau in anneaux))
        self._remplir(PathPatch(trace), fond, bord, epaisseur, hachure, motif)

    def trait(
        self,
        points: Sequence[Point],
        couleur: str = TRAIT,
        epaisseur: float = 0.6,
        *,
        tirets: Sequence[float] = (),
    ) -> None:
        """Draw a broken line."""
        from matplotlib.lines import Line2D

        ligne = Line2D(
            [x for x, _ in points],
            [y for _, y in points],
            color=couleur,
            linewidth=epaisseur,
            solid_capstyle="butt",
            solid_joinstyle="round",
        )
        if tirets:
            ligne.set_dashes(tirets)
        self._poser(ligne)

    def point(self, x: float, y: float, couleur: str, forme: str = "o", taille: float = 5) -> None:
        """Draw a mark of a line chart; `forme` as matplotlib names them."""
        from matplotlib.lines import Line2D

        self._poser(
            Line2D(
                [x], [y], linestyle="none", marker=forme, markersize=taille, color=couleur, markeredgewidth=0
            )
        )

    def _remplir(
        self, forme: Patch, fond: str, bord: str, epaisseur: float, hachure: str, motif: str
    ) -> None:
        forme.set_facecolor(fond or "none")
        forme.set_edgecolor(bord or "none")
        forme.set_linewidth(epaisseur if bord else 0)
        if hachure:
            forme.set_hatch(motif)
            forme.set_hatchcolor(hachure)
            forme.set_hatch_linewidth(0.7)
        self._poser(forme)

    def _poser(self, trace: Artist) -> None:
        trace.set_transform(self._repere)
        self._figure.add_artist(trace)

    def svg(self, hauteur: float, theme: Theme) -> bytes:
        """Return the drawing, of that height. It is drawn once."""
        from matplotlib.backends.backend_svg import FigureCanvasSVG

        self._figure.set_size_inches(self.largeur / 72, hauteur / 72)
        self._repere.scale(1, -1).translate(0, hauteur)
        sortie = io.StringIO()
        rien = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        FigureCanvasSVG(self._figure).print_svg(sortie, metadata=rien)
        return self._alleger(sortie.getvalue(), theme).encode()

    def _alleger(self, svg: str, theme: Theme) -> str:
        """Return the SVG in its theme, with attributes instead of styles, which a security policy may refuse."""
        svg = _STYLE_DEFAUT.sub("", _ENTETE.sub("", _COMMENTAIRE.sub("", svg)), count=1)
        svg = _STYLE.sub(lambda style: " " + _DECLARATION.sub(r'\1="\2" ', style[1]).strip(), svg)
        svg = _GLYPHE.sub(lambda police: police[1][0].lower(), svg)
        svg = _GROUPE.sub("<g>", svg)
        svg = _TEXTE.sub(lambda numero: f'aria-label="{escape(self._textes[int(numero[1])])}"', svg)
        feuille = f"<style>{feuille_sombre()}</style>" if theme == "auto" else ""
        svg = svg.replace(">", f' stroke-linejoin="round">{feuille}', 1)
        if theme == "sombre":
            for clair, sombre in SOMBRES.items():
                svg = svg.replace(f'"{clair}"', f'"{sombre}"')
        return "\n".join(ligne for brute in svg.splitlines() if (ligne := brute.strip()))
