"""A map of outlines, without a background: names inside, or beside with a line when there is no room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import cos, floor, hypot, log10, radians

from documents.formats import INSECABLE, nombre
from documents.graphiques import Carte, ecrire
from documents.graphiques_barres import JEU, PETIT, legende
from documents.graphiques_contours import Anneau, polygones, se_croisent, surface
from documents.graphiques_couleurs import EAU, ENCRE, ENCRE_2, SABLE, TRAIT_FORT
from documents.graphiques_courbe import Cadre, ecarter
from documents.graphiques_toile import INTERLIGNE, Ancre, Point, Toile, couper, largeur

METRES_PAR_DEGRE = 111_195
# the height of the map, of the width of the sheet, at most
HAUTEUR_MAX = 0.85
# of the width, what names written beside may take
PART_DES_NOMS = 0.3
PART_DE_L_ECHELLE = 0.2
# between two lines on which outlines are measured, and between two points that are drawn
RANG = 1.5
DETAIL = 0.6
# the widths at which a name is tried inside
LARGEURS_DES_NOMS = (220.0, 110.0, 70.0)
# how far from its territory a name may be, without going to the margin
DISTANCES = (5.0, 12.0, 24.0, 40.0, 60.0)
MARGE = 3.0
# bare ground around a name, when there is enough
AISE = 9.0

Intervalle = tuple[float, float]


@dataclass(frozen=True)
class Style:
    """How territories of a type are drawn: a tint, a hatching, a thin or a thick outline."""

    fond: str
    bord: str
    texte: str = ENCRE
    epaisseur: float = 0.8
    hachure: str = ""
    motif: str = ""

    def pastille(self, toile: Toile, x: float, y: float, cote: float, hauteur: float) -> None:
        """Draw the sample of the key."""
        anneau = [(x, y), (x + cote, y), (x + cote, y + hauteur), (x, y + hauteur), (x, y)]
        self.dessiner(toile, [anneau])

    def dessiner(self, toile: Toile, anneaux: Sequence[Anneau]) -> None:
        """Draw a territory."""
        toile.polygone(anneaux, self.fond, self.bord, self.epaisseur, self.hachure, self.motif)


# from the smallest territories, which are what the contract is about, to the largest, which hold them
STYLES = (
    Style(EAU.fond, EAU.bord, EAU.texte),
    Style(SABLE.fond, SABLE.bord, SABLE.texte, hachure=SABLE.bord, motif="/////"),
    Style("", TRAIT_FORT),
    Style("", ENCRE_2, epaisseur=1.4),
)


class Surface:
    """The ground of a territory on the sheet, measured on lines RANG points apart."""

    def __init__(self, anneaux: Iterable[Anneau]) -> None:
        self.anneaux = [alleger(anneau) for anneau in anneaux]
        self.aire = abs(sum(surface(anneau) for anneau in self.anneaux))
        self.rangs: dict[int, list[Intervalle]] = {}
        traversees: dict[int, list[float]] = {}
        for anneau in self.anneaux:
            for (xa, ya), (xb, yb) in pairwise(anneau):
                haut, bas = sorted((ya, yb))
                for rang in range(floor(haut / RANG) + 1, floor(bas / RANG) + 1):
                    x = xa + (rang * RANG - ya) / (yb - ya) * (xb - xa)
                    traversees.setdefault(rang, []).append(x)
        for rang, abscisses in traversees.items():
            tries = sorted(abscisses)
            self.rangs[rang] = list(zip(tries[::2], tries[1::2], strict=True))

    def coeur(self, obstacles: Sequence[Surface] = ()) -> Point:
        """Return a point inside, in its middle; in the widest part that others leave it when they cover some."""
        if not self.rangs:
            xs, ys = zip(*self.anneaux[0], strict=True)
            return sum(xs) / len(xs), sum(ys) / len(ys)
        milieu = (min(self.rangs) + max(self.rangs)) / 2
        libres = {
            rang: self._libres(rang, obstacles) or intervalles for rang, intervalles in self.rangs.items()
        }
        plus_larges = {rang: max(intervalles, key=_longueur) for rang, intervalles in libres.items()}
        if obstacles:
            rang = max(plus_larges, key=lambda r: (_longueur(plus_larges[r]), -abs(r - milieu)))
        else:
            rang = min(plus_larges, key=lambda r: abs(r - milieu))
        gauche, droite = plus_larges[rang]
        return (gauche + droite) / 2, rang * RANG

    def loger(
        self, large: float, haut: float, obstacles: Sequence[Surface], occupes: Sequence[Cadre]
    ) -> Cadre | None:
        """Return a place of that size inside, near the heart and clear of what is there; None when there is none."""
        x, y = self.coeur()
        trouves: list[tuple[float, Cadre]] = []
        libres = {rang: self._libres(rang, obstacles) for rang in self.rangs}
        hauteur = int(haut / RANG) + 2
        for premier in sorted(self.rangs):
            communs = libres[premier]
            for rang in range(premier + 1, premier + hauteur):
                communs = _communs(communs, libres.get(rang, []))
            sommet = premier * RANG + (hauteur * RANG - haut) / 2
            for gauche, droite in communs:
                if droite - gauche < large + 2 * MARGE:
                    continue
                debut = min(max(x - large / 2, gauche + MARGE), droite - MARGE - large)
                cadre = Cadre(debut, sommet, debut + large, sommet + haut)
                if not any(cadre.touche(autre) for autre in occupes):
                    ecart = abs(debut + large / 2 - x) + abs(sommet + haut / 2 - y)
                    trouves.append((ecart, cadre))
        return min(trouves, key=_ecart)[1] if trouves else None

    def loger_a_l_aise(
        self, large: float, haut: float, obstacles: Sequence[Surface], occupes: Sequence[Cadre]
    ) -> Cadre | None:
        """Return a place as `loger` does, with AISE points of bare ground around."""
        cadre = self.loger(large + 2 * AISE, haut + 2 * AISE, obstacles, occupes)
        if cadre is None:
            return None
        return Cadre(cadre.gauche + AISE, cadre.haut + AISE, cadre.droite - AISE, cadre.bas - AISE)

    def est_traversee(self, depart: Point, arrivee: Point) -> bool:
        """Return whether a line that starts outside passes through the ground."""
        x, y = depart
        if any(gauche < x < droite for gauche, droite in self.rangs.get(round(y / RANG), [])):
            return False
        return any(se_croisent(depart, arrivee, a, b) for anneau in self.anneaux for a, b in pairwise(anneau))

    def touche(self, cadre: Cadre, *, pleine: bool) -> bool:
        """Return whether the outline passes through a place, or its ground when it is filled."""
        for anneau in self.anneaux:
            if any(cadre.coupe(a, b) for a, b in pairwise(anneau)):
                return True
        x, y = cadre.milieu
        return pleine and any(gauche < x < droite for gauche, droite in self.rangs.get(round(y / RANG), []))

    def _libres(self, rang: int, obstacles: Sequence[Surface]) -> list[Intervalle]:
        libres = self.rangs.get(rang, [])
        for obstacle in obstacles:
            for gauche, droite in obstacle.rangs.get(rang, []):
                libres = [
                    morceau
                    for debut, fin in libres
                    for morceau in ((debut, min(fin, gauche)), (max(debut, droite), fin))
                    if morceau[0] < morceau[1]
                ]
        return libres


def _longueur(intervalle: Intervalle) -> float:
    return intervalle[1] - intervalle[0]


def _ecart(trouve: tuple[float, Cadre]) -> float:
    return trouve[0]


def _communs(a: Sequence[Intervalle], b: Sequence[Intervalle]) -> list[Intervalle]:
    communs = [(max(x[0], y[0]), min(x[1], y[1])) for x in a for y in b]
    return [(debut, fin) for debut, fin in communs if debut < fin]


def alleger(anneau: Anneau) -> Anneau:
    """Return a closed ring without the points that the eye would not tell from the one before."""
    arrondi = [(round(x, 2), round(y, 2)) for x, y in anneau]
    gardes = [arrondi[0]]
    for x, y in arrondi[1:-1]:
        if abs(x - gardes[-1][0]) + abs(y - gardes[-1][1]) >= DETAIL:
            gardes.append((x, y))
    return [*gardes, arrondi[0]] if len(gardes) > 2 else anneau


@dataclass(frozen=True)
class Projection:
    """Turns degrees into points of the sheet: a degree of longitude is shorter than one of latitude."""

    ouest: float
    nord: float
    # points for a degree of latitude, and of longitude
    echelle: float
    contraction: float

    def anneau(self, anneau: Anneau, haut: float) -> Anneau:
        """Return a ring on the sheet, the map starting at `haut`."""
        return [
            (1 + (x - self.ouest) * self.echelle * self.contraction, haut + (self.nord - y) * self.echelle)
            for x, y in anneau
        ]


@dataclass(frozen=True)
class Projete:
    """The map at a scale: the ground of each territory, and how far it goes."""

    projection: Projection
    surfaces: list[Surface]
    droite: float
    haut: float
    bas: float

    def plus_petites(self, rang: int) -> list[Surface]:
        """Return the territories that are drawn over one, if they meet."""
        return [autre for autre in self.surfaces if autre.aire < self.surfaces[rang].aire]

    def coeur(self, rang: int) -> Point:
        """Return the point of a territory to which a line goes."""
        return self.surfaces[rang].coeur(self.plus_petites(rang))


@dataclass(frozen=True)
class Logement:
    """A name and its place; when it is outside, the point of its territory to which a line goes."""

    cadre: Cadre
    lignes: list[str]
    attache: Point | None = None


class Plan:
    """A map on its sheet."""

    def __init__(self, toile: Toile, carte: Carte) -> None:
        self.toile = toile
        self.carte = carte
        self.chiffree = any(valeur is not None for valeur in carte.valeurs)
        self.anneaux = [
            [anneau for polygone in polygones(contour.geometrie, contour.nom) for anneau in polygone]
            for contour in carte.contours
        ]
        points = [point for anneaux in self.anneaux for anneau in anneaux for point in anneau]
        self.ouest, self.est = min(x for x, _ in points), max(x for x, _ in points)
        self.sud, self.nord = min(y for _, y in points), max(y for _, y in points)
        self.styles = self._styles()

    def _styles(self) -> dict[str, Style]:
        """Return the style of each type, from that of the smallest territories to that of the largest."""
        aires: dict[str, list[float]] = {}
        for contour, anneaux in zip(self.carte.contours, self.anneaux, strict=True):
            aires.setdefault(contour.type, []).append(abs(sum(surface(anneau) for anneau in anneaux)))
        ordre = sorted(aires, key=lambda type_: sum(aires[type_]) / len(aires[type_]))
        return {type_: STYLES[min(rang, len(STYLES) - 1)] for rang, type_ in enumerate(ordre)}

    def dessiner(self) -> float:
        """Draw everything and return the height."""
        haut = 1.0
        if len(self.styles) > 1:
            haut = legende(self.toile, [(style.pastille, t or "Autre") for t, style in self.styles.items()])
        plan, places = self._composer(haut)
        for rang in sorted(range(len(places)), key=lambda r: -plan.surfaces[r].aire):
            self._style(rang).dessiner(self.toile, plan.surfaces[rang].anneaux)
        for rang, place in enumerate(places):
            if place:
                self._nommer(rang, place)
        bas = self._noms_a_cote(places, plan) if None in places else plan.bas
        return self._echelle(plan.projection, bas + 14)

    def _composer(self, haut: float) -> tuple[Projete, list[Logement | None]]:
        """Return the largest map whose names all have a place, in it or in the column that they need beside it."""
        marge = 0.0
        while True:
            plan = self._projeter(self.toile.largeur - marge, haut)
            places = self._placer(plan)
            besoin = self._marge(places)
            # a smaller map may send more names to the column, which never shrinks: this comes to an end
            if besoin <= marge:
                return plan, places
            marge = besoin

    def _style(self, rang: int) -> Style:
        return self.styles[self.carte.contours[rang].type]

    def _projeter(self, place: float, haut: float) -> Projete:
        """Return the map as large as it can be in that width, from `haut` down."""
        contraction = max(cos(radians((self.nord + self.sud) / 2)), 0.01)
        large, long = (self.est - self.ouest) * contraction, self.nord - self.sud
        echelle = min((place - 2) / large, HAUTEUR_MAX * self.toile.largeur / long)
        projection = Projection(self.ouest, self.nord, echelle, contraction)
        surfaces = [Surface(projection.anneau(a, haut) for a in anneaux) for anneaux in self.anneaux]
        return Projete(projection, surfaces, 1 + large * echelle, haut, haut + long * echelle)

    def _texte(self, rang: int, place: float) -> list[str]:
        contour = self.carte.contours[rang]
        lignes = couper(contour.nom, place, PETIT, gras=True)
        return [*lignes, ecrire(contour.valeur, self.carte)] if self.chiffree else lignes

    def _placer(self, plan: Projete) -> list[Logement | None]:
        """Return where each name stands, the smallest territory first; None when there is no room near it."""
        logements: dict[int, Logement] = {}
        ordre = sorted(range(len(plan.surfaces)), key=lambda r: plan.surfaces[r].aire)
        for cherche in (self._dedans, self._autour):
            for rang in ordre:
                occupes = [logement.cadre for logement in logements.values()]
                if rang not in logements and (logement := cherche(rang, plan, occupes)):
                    logements[rang] = logement
        return [logements.get(rang) for rang in range(len(plan.surfaces))]

    def _dedans(self, rang: int, plan: Projete, occupes: Sequence[Cadre]) -> Logement | None:
        surface = plan.surfaces[rang]
        plus_petites = plan.plus_petites(rang)
        for place in LARGEURS_DES_NOMS:
            lignes = self._texte(rang, place)
            cadre = surface.loger_a_l_aise(*encombrement(lignes), plus_petites, occupes)
            cadre = cadre or surface.loger(*encombrement(lignes), plus_petites, occupes)
            if cadre:
                return Logement(cadre, lignes)
        return None

    def _autour(self, rang: int, plan: Projete, occupes: Sequence[Cadre]) -> Logement | None:
        """Return a place near a territory, on bare paper, to which a line can go."""
        coeur = plan.coeur(rang)
        lignes = self._texte(rang, LARGEURS_DES_NOMS[1])
        for cadre in voisins(coeur, plan.surfaces[rang], *encombrement(lignes)):
            dans_la_feuille = (
                cadre.gauche >= 0
                and cadre.droite <= plan.droite
                and plan.haut <= cadre.haut
                and cadre.bas <= plan.bas
            )
            if not dans_la_feuille or any(cadre.touche(c) or c.coupe(coeur, cadre.milieu) for c in occupes):
                continue
            attache = self._attache(rang, plan, cadre.milieu)
            if not any(
                surface.touche(cadre, pleine=bool(self._style(autre).fond))
                # its line would seem to name the territory that it passes over
                or (self._style(autre).fond and surface.est_traversee(attache, cadre.bord_vers(attache)))
                for autre, surface in enumerate(plan.surfaces)
            ):
                return Logement(cadre, lignes, attache)
        return None

    def _marge(self, places: Sequence[Logement | None]) -> float:
        """Return the width that names beside the map take, their line included; 0 without any."""
        dehors = [rang for rang, place in enumerate(places) if place is None]
        if not dehors:
            return 0
        large = max(encombrement(self._texte(rang, PART_DES_NOMS * self.toile.largeur))[0] for rang in dehors)
        return large + 3 * JEU

    def _nommer(self, rang: int, place: Logement) -> None:
        cadre, style = place.cadre, self._style(rang)
        if place.attache:
            self._relier(place.attache, cadre.bord_vers(place.attache))
        elif style.hachure:
            # no hatching behind the letters
            large, long = cadre.droite - cadre.gauche, cadre.bas - cadre.haut
            self.toile.rectangle(cadre.gauche - 2, cadre.haut - 1, large + 4, long + 2, style.fond)
        couleur = ENCRE if place.attache else style.texte
        self._ecrire((cadre.gauche + cadre.droite) / 2, cadre.haut, place.lignes, couleur)

    def _relier(self, coeur: Point, nom: Point) -> None:
        self.toile.trait([coeur, nom], ENCRE_2, 0.5)
        self.toile.point(*coeur, ENCRE_2, taille=3)

    def _ecrire(
        self, x: float, haut: float, lignes: Sequence[str], couleur: str, ancre: Ancre = "center"
    ) -> None:
        for rang, ligne in enumerate(lignes):
            valeur = self.chiffree and rang == len(lignes) - 1
            y = haut + (rang + 0.5) * PETIT * INTERLIGNE
            self.toile.texte(x, y, ligne, PETIT, couleur=couleur, gras=not valeur, ancre=ancre)

    def _noms_a_cote(self, places: Sequence[Logement | None], plan: Projete) -> float:
        """Write the other names in a column on the right, each with its line; return where they end."""
        dehors = [rang for rang, place in enumerate(places) if place is None]
        x = plan.droite + 3 * JEU
        textes = [self._texte(rang, self.toile.largeur - x) for rang in dehors]
        coeurs = [self._attache(rang, plan) for rang in dehors]
        hauteurs = [encombrement(lignes)[1] + 3 for lignes in textes]
        bas = max(plan.bas, plan.haut + sum(hauteurs))
        milieux = ecarter([y for _, y in coeurs], hauteurs, plan.haut, bas)
        for lignes, coeur, milieu in zip(textes, coeurs, milieux, strict=True):
            self._relier(coeur, (x - 3, milieu))
            self._ecrire(x, milieu - encombrement(lignes)[1] / 2, lignes, ENCRE, ancre="left")
        return bas

    def _attache(self, rang: int, plan: Projete, nom: Point | None = None) -> Point:
        """Return where the line of a name outside ends: on the outline when it is all that is drawn.

        Near the name then; on the right for a name in the margin, without `nom`.
        """
        if self._style(rang).fond:
            return plan.coeur(rang)
        points = [point for anneau in plan.surfaces[rang].anneaux for point in anneau]
        if nom is None:
            return max(points)
        return min(points, key=lambda point: (hypot(point[0] - nom[0], point[1] - nom[1]), point))

    def _echelle(self, projection: Projection, y: float) -> float:
        """Draw the scale under the map; return the height of the sheet."""
        metres_par_point = METRES_PAR_DEGRE / projection.echelle
        metres = longueur_ronde(PART_DE_L_ECHELLE * self.toile.largeur * metres_par_point)
        fin = 1 + float(metres) / metres_par_point
        self.toile.trait([(1, y - 3), (1, y), (fin, y), (fin, y - 3)], ENCRE_2, 0.7)
        unite, valeur = ("m", metres) if metres < 1000 else ("km", metres / 1000)
        self.toile.texte(fin + JEU, y - 1, f"{nombre(valeur)}{INSECABLE}{unite}", PETIT, couleur=ENCRE_2)
        return y + PETIT / 2 + 2


def encombrement(lignes: Sequence[str]) -> tuple[float, float]:
    """Return the width and the height of some lines."""
    return max(largeur(ligne, PETIT, True) for ligne in lignes), len(lignes) * PETIT * INTERLIGNE


def voisins(coeur: Point, surface: Surface, large: float, haut: float) -> Iterator[Cadre]:
    """Yield the places around a territory, the nearest first."""
    xs = [x for anneau in surface.anneaux for x, _ in anneau]
    ys = [y for anneau in surface.anneaux for _, y in anneau]
    for distance in DISTANCES:
        a_droite, a_gauche = max(xs) + distance, min(xs) - distance - large
        dessous, dessus = max(ys) + distance, min(ys) - distance - haut
        x, y = coeur[0] - large / 2, coeur[1] - haut / 2
        for gauche, sommet in (
            *((a_droite, y), (a_gauche, y), (x, dessous), (x, dessus)),
            *((a_droite, dessous), (a_droite, dessus), (a_gauche, dessous), (a_gauche, dessus)),
        ):
            yield Cadre(gauche, sommet, gauche + large, sommet + haut)


def longueur_ronde(metres: float) -> Decimal:
    """Return the largest of 1, 2, 5, 10, 20… metres that is not longer than that (one at least)."""
    rang = Decimal(10) ** max(floor(log10(max(metres, 1))), 0)
    return max(pas * rang for pas in (1, 2, 5) if pas == 1 or pas * rang <= metres)
