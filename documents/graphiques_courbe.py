"""A line chart for years: values on the points where there is room, each series named at the end of its line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from documents.formats import INSECABLE, montant, nombre
from documents.graphiques import Graphique, Serie, ecrire
from documents.graphiques_barres import JEU, PETIT, marques
from documents.graphiques_couleurs import ENCRE_2, TRAIT, TRAIT_FORT
from documents.graphiques_toile import INTERLIGNE, Point, Toile, couper, graduations, largeur, propre
from documents.tableau import TypeColonne

PART_DES_NOMS = 0.26
HAUTEUR_MIN, HAUTEUR_MAX = 140.0, 200.0
# of the width
HAUTEUR = 0.45
# between the end of a line and its name
ECART = 12.0
RAYON = 3.5
TIRETS: tuple[Sequence[float], ...] = ((), (4, 1.5), (1.4, 1.2), (6, 1.5, 1.4, 1.5), (2.5, 2.5), (8, 2))
FORMES = ("o", "s", "D", "^", "v", "P")


@dataclass(frozen=True)
class Cadre:
    """A rectangle that something fills."""

    gauche: float
    haut: float
    droite: float
    bas: float

    def touche(self, autre: Cadre) -> bool:
        """Return whether two rectangles overlap."""
        return (
            self.gauche < autre.droite
            and autre.gauche < self.droite
            and self.haut < autre.bas
            and autre.haut < self.bas
        )

    @property
    def milieu(self) -> Point:
        """The point in its middle."""
        return (self.gauche + self.droite) / 2, (self.haut + self.bas) / 2

    def bord_vers(self, point: Point) -> Point:
        """Return the point of its edge that is the nearest to a point outside, two points off."""
        x = min(max(point[0], self.gauche - 2), self.droite + 2)
        y = min(max(point[1], self.haut), self.bas)
        return x, y

    def coupe(self, a: Point, b: Point) -> bool:
        """Return whether the segment between two points passes through."""
        debut, fin = 0.0, 1.0
        for rang, (bas, haut) in enumerate(((self.gauche, self.droite), (self.haut, self.bas))):
            ecart = b[rang] - a[rang]
            if not ecart:
                if not bas < a[rang] < haut:
                    return False
                continue
            entree, sortie = sorted(((bas - a[rang]) / ecart, (haut - a[rang]) / ecart))
            debut, fin = max(debut, entree), min(fin, sortie)
        return debut < fin


def ecarter(milieux: Sequence[float], hauteurs: Sequence[float], haut: float, bas: float) -> list[float]:
    """Return places as near as can be to those asked for, in order, that do not overlap between two limits."""
    ordre = sorted(range(len(milieux)), key=lambda i: milieux[i])
    places = list(milieux)
    limite = haut
    for i in ordre:
        places[i] = max(places[i], limite + hauteurs[i] / 2)
        limite = places[i] + hauteurs[i] / 2
    limite = bas
    for i in reversed(ordre):
        places[i] = min(places[i], limite - hauteurs[i] / 2)
        limite = places[i] - hauteurs[i] / 2
    return places


class Courbe:
    """Lines over years. Where a year is not known the line stops, and it is said underneath."""

    def __init__(self, toile: Toile, graphique: Graphique) -> None:
        self.toile = toile
        self.graphique = graphique
        connues = [float(v) for v in graphique.valeurs if v is not None]
        self.axe = graduations(
            min([0, *connues]), max([0, *connues]) or 1, entieres=graphique.type == TypeColonne.ENTIER
        )
        self.reperes = self._ecrire_l_axe()
        seule = len(graphique.series) == 1
        place = PART_DES_NOMS * toile.largeur
        self.noms = [[] if seule else couper(serie.nom, place, PETIT) for serie in graphique.series]
        marge = max((largeur(ligne, PETIT) for nom in self.noms for ligne in nom), default=0)
        annees = [largeur(propre(nom), PETIT) / 2 for nom in graphique.categories]
        self.gauche = max([largeur(t, PETIT) + JEU for t in self.reperes] + annees[:1]) + RAYON
        self.droite = toile.largeur - max(marge + ECART if marge else 0, annees[-1], self._demi_derniere())
        self.haut = PETIT * INTERLIGNE + RAYON
        hauteur = min(max(HAUTEUR * toile.largeur, HAUTEUR_MIN), HAUTEUR_MAX)
        self.bas = self.haut + max(hauteur, sum(self._hauteur_du_nom(nom) for nom in self.noms))
        self.abscisses = self._abscisses()
        self.points = [self._points(serie) for serie in graphique.series]

    @staticmethod
    def _hauteur_du_nom(nom: Sequence[str]) -> float:
        return len(nom) * PETIT * INTERLIGNE + 2

    def _demi_derniere(self) -> float:
        return max(
            largeur(ecrire(serie.valeurs[-1], self.graphique), PETIT) / 2 for serie in self.graphique.series
        )

    def _ecrire_l_axe(self) -> list[str]:
        valeurs = [Decimal(f"{valeur:.10g}") for valeur in self.axe]
        if self.graphique.type == TypeColonne.MONTANT:
            centimes = any(valeur != int(valeur) for valeur in valeurs)
            return [montant(valeur, centimes=centimes) for valeur in valeurs]
        unite = f"{INSECABLE}%" if self.graphique.type == TypeColonne.POURCENTAGE else ""
        return [f"{nombre(valeur)}{unite}" for valeur in valeurs]

    def _abscisses(self) -> list[float]:
        """Return where each category stands: years at their distance when all are years."""
        noms = self.graphique.categories
        rangs = [int(nom) for nom in noms] if all(nom.isdecimal() for nom in noms) else list(range(len(noms)))
        if sorted(set(rangs)) != rangs:
            rangs = list(range(len(noms)))
        etendue = rangs[-1] - rangs[0]
        if not etendue:
            return [(self.gauche + self.droite) / 2]
        pas = (self.droite - self.gauche) / etendue
        return [self.gauche + (rang - rangs[0]) * pas for rang in rangs]

    def _hauteur(self, valeur: float) -> float:
        return self.bas - (valeur - self.axe[0]) / (self.axe[-1] - self.axe[0]) * (self.bas - self.haut)

    def _points(self, serie: Serie) -> list[Point | None]:
        return [
            None if valeur is None else (x, self._hauteur(float(valeur)))
            for x, valeur in zip(self.abscisses, serie.valeurs, strict=True)
        ]

    def dessiner(self) -> float:
        """Draw everything and return the height."""
        for valeur, texte in zip(self.axe, self.reperes, strict=True):
            y = self._hauteur(valeur)
            self.toile.texte(self.gauche - RAYON - JEU, y, texte, PETIT, couleur=ENCRE_2, ancre="right")
            self.toile.trait([(self.gauche - RAYON, y), (self.droite, y)], TRAIT if valeur else TRAIT_FORT)
        self._annees()
        couleurs = [ENCRE_2 if m.inconnue else m.teinte.bord for m in marques(self.graphique.series)]
        for numero, couleur in enumerate(couleurs):
            self._ligne(numero, couleur)
        self._valeurs(self._nommer())
        return self._inconnues(self.bas + 2 * PETIT * INTERLIGNE)

    def _annees(self) -> None:
        """Write the years, the last first: those that would touch the next one are left out."""
        limite = self.toile.largeur
        y = self.bas + PETIT * INTERLIGNE
        for nom, x in reversed(list(zip(self.graphique.categories, self.abscisses, strict=True))):
            moitie = largeur(propre(nom), PETIT) / 2
            if x + moitie <= limite:
                self.toile.texte(x, y, propre(nom), PETIT, couleur=ENCRE_2, ancre="center")
                limite = x - moitie - JEU

    def _ligne(self, numero: int, couleur: str) -> None:
        for suite in _suites(self.points[numero]):
            self.toile.trait(suite, couleur, 1.8, tirets=TIRETS[numero % len(TIRETS)])
            for x, y in suite:
                self.toile.point(x, y, couleur, FORMES[numero % len(FORMES)])

    def _nommer(self) -> list[Cadre]:
        """Write the name of each series at the end of its line; return the room that this takes."""
        fins = {n: [p for p in points if p][-1] for n, points in enumerate(self.points) if any(points)}
        nommees = [numero for numero in fins if self.noms[numero]]
        interligne = PETIT * INTERLIGNE
        hauteurs = [self._hauteur_du_nom(self.noms[numero]) for numero in nommees]
        milieux = ecarter([fins[numero][1] for numero in nommees], hauteurs, 0, self.bas + PETIT)
        for numero, milieu in zip(nommees, milieux, strict=True):
            x, y = fins[numero]
            lignes = self.noms[numero]
            self.toile.lignes(self.droite + ECART, milieu - (len(lignes) - 1) * interligne / 2, lignes, PETIT)
            if abs(milieu - y) > 2 or x < self.droite:
                self.toile.trait([(x + RAYON + 1, y), (self.droite + ECART - 2, milieu)], TRAIT_FORT)
        return [Cadre(self.droite + ECART, self.haut, self.toile.largeur, self.bas)] if nommees else []

    def _valeurs(self, occupes: list[Cadre]) -> None:
        """Write values beside their points, the most telling first, where nothing is in the way."""
        segments = [paire for points in self.points for suite in _suites(points) for paire in pairwise(suite)]
        for points in self.points:
            occupes += [Cadre(p[0] - RAYON, p[1] - RAYON, p[0] + RAYON, p[1] + RAYON) for p in points if p]
        for valeur in self.axe:
            y = self._hauteur(valeur)
            occupes.append(Cadre(0, y - PETIT / 2, self.gauche - RAYON - JEU, y + PETIT / 2))
        for numero, rang in self._par_importance():
            texte = ecrire(self.graphique.series[numero].valeurs[rang], self.graphique)
            point = self.points[numero][rang]
            for cadre in self._places(point, texte) if point else ():
                libre = not any(cadre.touche(autre) for autre in occupes)
                if libre and not any(cadre.coupe(a, b) for a, b in segments):
                    self.toile.texte(cadre.gauche, (cadre.haut + cadre.bas) / 2, texte, PETIT)
                    occupes.append(cadre)
                    break

    def _par_importance(self) -> list[tuple[int, int]]:
        """Return (series, category) of the values to write: the last, the first, the extremes, then the others.

        The others are left out of a sheet too narrow for them, as on a phone: the table has them.
        """
        connues = [valeur for valeur in self.graphique.valeurs if valeur is not None]
        plus_large = max((largeur(ecrire(valeur, self.graphique), PETIT) for valeur in connues), default=0)
        serres = min((b - a for a, b in pairwise(self.abscisses)), default=plus_large) < plus_large
        rangs: list[tuple[int, int, int]] = []
        for numero, points in enumerate(self.points):
            connus = [(rang, point[1]) for rang, point in enumerate(points) if point]
            extremes = [
                rang for rang, y in connus if y in (min(y for _, y in connus), max(y for _, y in connus))
            ]
            for rang, _ in connus:
                if rang in (connus[0][0], connus[-1][0]):
                    rangs.append((0 if rang == connus[-1][0] else 1, numero, rang))
                elif rang in extremes or not serres:
                    rangs.append((2 if rang in extremes else 3, numero, rang))
        return [(numero, rang) for _, numero, rang in sorted(rangs)]

    def _places(self, point: Point, texte: str) -> list[Cadre]:
        """Return where a value may stand: above, under, a little aside."""
        x, y = point
        demi = largeur(texte, PETIT) / 2
        haut = PETIT * 0.9
        places = []
        for decalage in (0.0, -demi, demi):
            gauche = min(max(x - demi + decalage, 0), self.toile.largeur - 2 * demi)
            for sommet in (y - RAYON - haut - 1, y + RAYON + 1):
                if sommet + haut <= self.bas:
                    places.append(Cadre(gauche, sommet, gauche + 2 * demi, sommet + haut))
        return places

    def _inconnues(self, y: float) -> float:
        """Say under the chart what is not known; return the height."""
        absences = []
        for serie in self.graphique.series:
            annees = [
                nom for nom, v in zip(self.graphique.categories, serie.valeurs, strict=True) if v is None
            ]
            if annees:
                toutes = len(annees) == len(serie.valeurs)
                quand = "toutes les années" if toutes else ", ".join(annees)
                absences.append(quand if len(self.graphique.series) == 1 else f"{serie.nom} ({quand})")
        if not absences:
            return y
        phrase = f"Non renseigné{INSECABLE}: {f'{INSECABLE}; '.join(absences)}."
        lignes = couper(phrase, self.toile.largeur, PETIT)
        self.toile.lignes(0, y + PETIT / 2, lignes, PETIT, couleur=ENCRE_2)
        return y + len(lignes) * PETIT * INTERLIGNE + 2


def _suites(points: Sequence[Point | None]) -> list[list[Point]]:
    """Return the runs of points that follow each other without a gap."""
    suites: list[list[Point]] = [[]]
    for point in points:
        if point:
            suites[-1].append(point)
        elif suites[-1]:
            suites.append([])
    return [suite for suite in suites if suite]
