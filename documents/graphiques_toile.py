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
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from documents.graphiques_couleurs import ENCRE, SOMBRES, TRAIT, Theme, feuille_sombre
from documents.polices import DOSSIER, FICHIERS, dessinable
from documents.texte import apostrophes, nettoyer

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.ft2font import FT2Font
    from matplotlib.patches import Patch
    from matplotlib.path import Path as Trace

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
_COULEUR = re.compile(r'(fill|stroke)="(#[0-9a-f]{6})"')
_GROUPE = re.compile(r'<g id="[a-z0-9_]+">')
_ENTETE = re.compile(r"^.*?(?=<svg )", re.DOTALL)
_STYLE_DEFAUT = re.compile(r'\s*<defs>\s*<style type="text/css">[^<]*</style>\s*</defs>')
# the size at which letters are composed, once for all sizes
TAILLE = 100
FINESSE = 8
# the outlines of letters, by name, as SVG writes them
_LETTRES: dict[str, str] = {}
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
    with _VERROU:
        # another thread may have written it, and be reading it
        if not fichier.exists():
            with TTFont(DOSSIER / nom) as police:
                police.flavor = None
                police.save(fichier)
    return fichier


@dataclass(frozen=True)
class Ligne:
    """A line of text composed at TAILLE points: its width, its letters (name of the outline, place)."""

    largeur: float
    lettres: tuple[tuple[str, float], ...]


@lru_cache(maxsize=8192)
def _composer(texte: str, gras: bool) -> Ligne:
    """Return the letters of a line, kerned; their outlines go to _LETTRES."""
    texte = apostrophes(texte)
    fichier = _fichier_police(gras)
    from matplotlib.font_manager import get_font
    from matplotlib.path import Path as Trace
    from matplotlib.textpath import text_to_path

    police = get_font(fichier)
    police.set_size(TAILLE, 72)
    places, traces, _ = text_to_path.get_glyphs_with_font(police, texte)
    noms = {brut: f"{'g' if gras else 'm'}{brut.rpartition('-')[2]}" for brut in traces}
    for brut, (sommets, codes) in traces.items():
        if noms[brut] not in _LETTRES:
            _LETTRES[noms[brut]] = _contour(Trace(sommets, codes))
    lettres = tuple((noms[brut], x) for brut, x, _y, _corps in places if _LETTRES[noms[brut]])
    return Ligne(_avance(texte, police), lettres)


def _avance(texte: str, police: FT2Font) -> float:
    from matplotlib.ft2font import LoadFlags

    police.set_text(texte, 0.0, flags=LoadFlags.NO_HINTING)
    return float(police.get_width_height()[0]) / 64


def _contour(trace: Trace) -> str:
    """Return an outline as SVG writes it, in whole FINESSE-ths of a point."""
    commandes = {
        trace.MOVETO: "M",
        trace.LINETO: "L",
        trace.CURVE3: "Q",
        trace.CURVE4: "C",
        trace.CLOSEPOLY: "z",
    }
    morceaux = []
    for points, code in trace.iter_segments(simplify=False):
        commande = commandes[code]
        morceaux.append(
            commande if commande == "z" else commande + " ".join(f"{FINESSE * v:.0f}" for v in points)
        )
    return "".join(morceaux)


def preparer() -> None:
    """Load now what the first drawing of a process waits for: matplotlib, and our two fonts as it reads them."""
    for gras in (False, True):
        largeur("Pilotis", TAILLE, gras)


def largeur(texte: str, corps: float, gras: bool = False) -> float:
    """Return the width of a line of text, in points."""
    return _composer(texte, gras).largeur * corps / TAILLE if texte else 0


def propre(texte: str) -> str:
    """Return the text on one line, without what our font cannot draw."""
    return dessinable(nettoyer(texte)).replace("\n", " ").replace("\t", " ")


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


@dataclass(frozen=True)
class Texte:
    """A line of text and the start of its baseline."""

    x: float
    y: float
    texte: str
    corps: float
    couleur: str
    gras: bool

    def svg(self, ligne: Ligne) -> str:
        """Return the line, whose letters are outlines, with its text as its name."""
        echelle = self.corps / TAILLE
        lettres = "".join(f'<use xlink:href="#{nom}" x="{x:g}"/>' for nom, x in ligne.lettres)
        return (
            f'<g aria-label="{escape(self.texte)}" fill="{self.couleur}" '
            f'transform="translate({self.x:.2f} {self.y:.2f}) scale({echelle:g} {-echelle:g})">{lettres}</g>\n'
        )


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
        self._textes: list[Texte] = []

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
        """Write one line over all that is drawn, `y` being the middle of its capitals and of its figures."""
        if not texte:
            return
        decalage = {"left": 0, "center": 0.5, "right": 1}[ancre] * largeur(texte, corps, gras)
        self._textes.append(Texte(x - decalage, y + MI_HAUTEUR * corps, texte, corps, couleur, gras))

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
        svg = _alleger(sortie.getvalue()).replace("</svg>", f"{self._ecrits()}</svg>")
        return _mettre_au_theme(svg, theme).encode()

    def _ecrits(self) -> str:
        """Return the texts, each letter being outlined once."""
        lignes = [_composer(texte.texte, texte.gras) for texte in self._textes]
        noms = sorted({nom for ligne in lignes for nom, _ in ligne.lettres})
        lettres = "".join(
            f'<path id="{nom}" d="{_LETTRES[nom]}" transform="scale({1 / FINESSE})"/>\n' for nom in noms
        )
        ecrits = "".join(texte.svg(ligne) for texte, ligne in zip(self._textes, lignes, strict=True))
        return f"<defs>{lettres}</defs>\n{ecrits}"


def _alleger(svg: str) -> str:
    """Return the SVG of matplotlib with attributes instead of styles, which a security policy may refuse."""
    svg = _STYLE_DEFAUT.sub("", _ENTETE.sub("", _COMMENTAIRE.sub("", svg)), count=1)
    svg = _STYLE.sub(lambda style: " " + _DECLARATION.sub(r'\1="\2" ', style[1]).strip(), svg)
    svg = _GROUPE.sub("<g>", svg).replace(">", ' stroke-linejoin="round">', 1)
    return "\n".join(ligne for brute in svg.splitlines() if (ligne := brute.strip()))


def _mettre_au_theme(svg: str, theme: Theme) -> str:
    if theme == "sombre":
        return _COULEUR.sub(lambda trouve: f'{trouve[1]}="{SOMBRES[trouve[2]]}"', svg)
    return svg.replace(">", f"><style>{feuille_sombre()}</style>", 1) if theme == "auto" else svg
