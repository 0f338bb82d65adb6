"""Horizontal bars, side by side or end to end. What a bar is worth is written at its end, or on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from documents.formats import INSECABLE
from documents.graphiques import NON_RENSEIGNE, Graphique, Serie, Valeur, ecrire, est_l_inconnu
from documents.graphiques_couleurs import ENCRE, ENCRE_2, TRAIT_FORT, Teinte, palette
from documents.graphiques_toile import INTERLIGNE, Toile, couper, largeur, propre
from documents.tableau import TypeColonne

CORPS = 9.5
PETIT = 8.5
# under this width (a phone) the name of a category stands above its bars
ETROIT_PT = 320.0
# of the width, what names may take
PART_DES_CATEGORIES = 0.36
PART_DES_SERIES = 0.24
ECART = 10.0
# between a mark and what is written beside it
JEU = 5.0
EPAISSEUR_SEULE = 13.0
EPAISSEUR_GROUPEE = 9.5
EPAISSEUR_EMPILEE = 17.0
# paper left between two marks that touch
FILET = 0.8
PASTILLE = 9.0
# draws the sample of a colour: sheet, left, top, width, height
Pastille = Callable[[Toile, float, float, float, float], None]


@dataclass(frozen=True)
class Marque:
    """How a series is drawn: filled with its colour, or hatched when it is what nobody told."""

    teinte: Teinte
    inconnue: bool = False

    def barre(
        self, toile: Toile, x: float, y: float, longueur: float, hauteur: float, texte: str = ""
    ) -> None:
        """Draw a bar (a negative length goes to the left), and what is written in its middle."""
        gauche, longueur = min(x, x + longueur), abs(longueur)
        if not self.inconnue:
            toile.rectangle(gauche, y, longueur, hauteur, self.teinte.fond, self.teinte.bord)
            toile.texte(
                gauche + longueur / 2,
                y + hauteur / 2,
                texte,
                PETIT,
                couleur=self.teinte.texte,
                ancre="center",
            )
            return
        # no hatching behind the letters
        vide = largeur(texte, PETIT) + 6 if texte else 0
        cote = (longueur - vide) / 2
        toile.rectangle(gauche, y, cote, hauteur, hachure=ENCRE_2)
        toile.rectangle(gauche + longueur - cote, y, cote, hauteur, hachure=ENCRE_2)
        toile.rectangle(gauche, y, longueur, hauteur, bord=ENCRE_2)
        toile.texte(gauche + longueur / 2, y + hauteur / 2, texte, PETIT, ancre="center")


def marques(series: Sequence[Serie]) -> list[Marque]:
    """Return how each series is drawn; « non renseigné » takes none of the colours."""
    teintes = list(palette(sum(not est_l_inconnu(serie) for serie in series)))
    return [
        Marque(palette(1)[0], inconnue=True) if est_l_inconnu(serie) else Marque(teintes.pop(0))
        for serie in series
    ]


@dataclass(frozen=True)
class Echelle:
    """Turns values into places: zero stands at `zero`, a unit measures `pas`."""

    zero: float
    pas: float

    def longueur(self, valeur: Valeur) -> float:
        """Return the length of a value, negative to the left, none for what is not known."""
        return float(valeur or 0) * self.pas


def echelle(debut: float, fin: float, bouts: Sequence[tuple[Valeur, str]]) -> Echelle:
    """Return the widest scale at which bars fit between two places with what is written at their ends."""
    droites = [
        (float(valeur or 0), largeur(texte, PETIT) + JEU) for valeur, texte in bouts if (valeur or 0) >= 0
    ]
    gauches = [
        (-float(valeur), largeur(texte, PETIT) + JEU) for valeur, texte in bouts if valeur and valeur < 0
    ]
    plus_bas = max((longueur for longueur, _ in gauches), default=0)
    a_gauche = max((texte for _, texte in gauches), default=0)
    libre = fin - debut - a_gauche
    pas = min(
        (
            (libre - texte) / (plus_bas + longueur)
            for longueur, texte in [*droites, (0, 0)]
            if plus_bas + longueur
        ),
        default=0,
    )
    return Echelle(debut + a_gauche + plus_bas * max(pas, 0), max(pas, 0))


class _Rangs:
    """What bars of both kinds share: one row a category, its name on the left, or above on a narrow sheet."""

    def __init__(self, toile: Toile, graphique: Graphique) -> None:
        self.toile = toile
        self.graphique = graphique
        self.dessus = toile.largeur < ETROIT_PT
        naturelle = max(largeur(propre(nom), CORPS) for nom in graphique.categories)
        place = toile.largeur if self.dessus else PART_DES_CATEGORIES * toile.largeur
        self.noms = [couper(nom, place, CORPS) for nom in graphique.categories]
        # where the bars start
        self.debut = 0 if self.dessus else min(naturelle, place) + ECART
        self.marques = marques(graphique.series)

    def nommer(self, y: float, rang: int, milieu: float) -> float:
        """Write the name of a category, beside (first line at `milieu`) or above; return where its bars start."""
        if not self.dessus:
            self.toile.lignes(0, y + milieu, self.noms[rang], CORPS)
            return y
        self.toile.lignes(0, y + CORPS / 2, self.noms[rang], CORPS)
        return y + self.hauteur_du_nom(rang) + 2

    def hauteur_du_nom(self, rang: int) -> float:
        """Return the height of the name of a category."""
        return len(self.noms[rang]) * CORPS * INTERLIGNE

    def milieu_du_nom(self, rang: int, hauteur: float) -> float:
        """Return where the first line stands when the name is centred in that height."""
        return hauteur / 2 - (len(self.noms[rang]) - 1) * CORPS * INTERLIGNE / 2

    def zero(self, x: float, y: float, hauteur: float) -> None:
        """Draw the line from which the bars start."""
        self.toile.trait([(x, y - 2), (x, y + hauteur + 2)], TRAIT_FORT)


class Barres(_Rangs):
    """One bar a category and a series, side by side; each series is named beside its bars."""

    def __init__(self, toile: Toile, graphique: Graphique) -> None:
        super().__init__(toile, graphique)
        # the names of the series, on the left of the bars; none when there is but one
        self.en_tetes: list[list[str]] = []
        self.epaisseur = EPAISSEUR_SEULE
        if len(graphique.series) > 1:
            self._nommer_les_series()
        # the height that each bar of a row takes
        self.pas = [max(self.epaisseur + 3, len(nom) * PETIT * INTERLIGNE) for nom in self.en_tetes]
        self.pas = self.pas or [self.epaisseur]
        bouts = [(v, ecrire(v, graphique)) for serie in graphique.series for v in serie.valeurs]
        self.echelle = echelle(self.debut, toile.largeur, bouts)

    def _nommer_les_series(self) -> None:
        noms = [serie.nom for serie in self.graphique.series]
        naturelle = max(largeur(propre(nom), PETIT) for nom in noms)
        place = min(naturelle, PART_DES_SERIES * self.toile.largeur)
        self.en_tetes = [couper(nom, place, PETIT) for nom in noms]
        self.debut += place + JEU
        self.epaisseur = EPAISSEUR_GROUPEE

    def dessiner(self) -> float:
        """Draw everything and return the height."""
        y = 2.0
        for rang in range(len(self.graphique.categories)):
            y = self._groupe(y, rang) + (12 if self.en_tetes or self.dessus else 8)
        return y - 6

    def _groupe(self, y: float, rang: int) -> float:
        """Draw the bars of a category from `y` down; return where they end."""
        hauteur = sum(self.pas)
        if not self.dessus:
            hauteur = max(hauteur, self.hauteur_du_nom(rang))
        # beside its bar, or beside the first of its bars
        y = self.nommer(y, rang, self.pas[0] / 2 if self.en_tetes else self.milieu_du_nom(rang, hauteur))
        self.zero(self.echelle.zero, y, hauteur)
        haut = y if self.en_tetes else y + (hauteur - sum(self.pas)) / 2
        for numero, serie in enumerate(self.graphique.series):
            self._barre(haut + self.pas[numero] / 2, numero, serie.valeurs[rang])
            haut += self.pas[numero]
        return y + hauteur

    def _barre(self, milieu: float, numero: int, valeur: Valeur) -> None:
        if self.en_tetes:
            nom = self.en_tetes[numero]
            premiere = milieu - (len(nom) - 1) * PETIT * INTERLIGNE / 2
            self.toile.lignes(self.debut - JEU, premiere, nom, PETIT, couleur=ENCRE_2, ancre="right")
        longueur = self.echelle.longueur(valeur)
        if longueur:
            haut = milieu - self.epaisseur / 2
            self.marques[numero].barre(self.toile, self.echelle.zero, haut, longueur, self.epaisseur)
        bout = self.echelle.zero + longueur + (JEU if longueur >= 0 else -JEU)
        texte = ecrire(valeur, self.graphique)
        couleur = ENCRE_2 if valeur is None else ENCRE
        self.toile.texte(
            bout, milieu, texte, PETIT, couleur=couleur, ancre="left" if longueur >= 0 else "right"
        )


class Empilees(_Rangs):
    """The series of a category end to end, their total at the end; what they are stands above the first bar."""

    def __init__(self, toile: Toile, graphique: Graphique) -> None:
        super().__init__(toile, graphique)
        self.rangs = [
            tuple(serie.valeurs[rang] for serie in graphique.series) for rang in range(len(self.noms))
        ]
        self.totaux = [self._total(valeurs) for valeurs in self.rangs]
        bouts: list[tuple[Valeur, str]] = []
        for rang, valeurs in enumerate(self.rangs):
            # bold figures are a little wider: two letters are kept for them
            bouts.append(
                (sum(v for v in valeurs if v and v > 0), f"{self.totaux[rang]}{self._absents(rang)}00")
            )
            bouts.append((sum(v for v in valeurs if v and v < 0), ""))
        self.echelle = echelle(self.debut, toile.largeur, bouts)

    def _total(self, valeurs: Sequence[Valeur]) -> str:
        """Return what the parts add to; nothing for percentages, whose sum says nothing new."""
        connues = [valeur for valeur in valeurs if valeur is not None]
        if not connues or self.graphique.type == TypeColonne.POURCENTAGE:
            return ""
        return ecrire(sum(connues), self.graphique)

    def _absents(self, rang: int, place: float = 0) -> str:
        """Return what is said of the parts that are not known: which ones, when that place is enough to say it."""
        valeurs = self.rangs[rang]
        noms = [propre(s.nom) for s, v in zip(self.graphique.series, valeurs, strict=True) if v is None]
        if len(noms) in (0, len(valeurs)):
            return NON_RENSEIGNE if noms else ""
        pluriel = "s" if len(noms) > 1 else ""
        entier = f"{', '.join(noms)}{INSECABLE}: {NON_RENSEIGNE}{pluriel}"
        return (
            entier if largeur(entier, PETIT) <= place else f"{len(noms)}{INSECABLE}{NON_RENSEIGNE}{pluriel}"
        )

    def dessiner(self) -> float:
        """Draw everything and return the height."""
        y = self._legende()
        for rang in range(len(self.noms)):
            hauteur = EPAISSEUR_EMPILEE
            if not self.dessus:
                hauteur = max(hauteur, self.hauteur_du_nom(rang))
            y = self.nommer(y, rang, self.milieu_du_nom(rang, hauteur))
            self.zero(self.echelle.zero, y, hauteur)
            self._barre(y + (hauteur - EPAISSEUR_EMPILEE) / 2, rang)
            y += hauteur + (12 if self.dessus else 9)
        return y - 6

    def _barre(self, haut: float, rang: int) -> None:
        fin = self.echelle.zero
        for marque, x, longueur, valeur in self._segments(rang):
            texte = ecrire(valeur, self.graphique)
            ecrit = texte if largeur(texte, PETIT) + 6 <= abs(longueur) else ""
            marque.barre(self.toile, x, haut, longueur, EPAISSEUR_EMPILEE, ecrit)
            fin = max(fin, x + longueur)
        milieu = haut + EPAISSEUR_EMPILEE / 2
        x = fin + JEU
        self.toile.texte(x, milieu, self.totaux[rang], PETIT, gras=True)
        if self.totaux[rang]:
            x += largeur(self.totaux[rang], PETIT, True) + JEU
        self.toile.texte(x, milieu, self._absents(rang, self.toile.largeur - x), PETIT, couleur=ENCRE_2)

    def _segments(self, rang: int) -> list[tuple[Marque, float, float, Valeur]]:
        """Return the mark, the place, the length and the value of each part: what is owed goes to the left."""
        segments: list[tuple[Marque, float, float, Valeur]] = []
        droite = gauche = self.echelle.zero
        for marque, valeur in zip(self.marques, self.rangs[rang], strict=True):
            longueur = self.echelle.longueur(valeur)
            if longueur > 0:
                segments.append((marque, droite, max(longueur - FILET, FILET / 2), valeur))
                droite += longueur
            elif longueur < 0:
                segments.append((marque, gauche, min(longueur + FILET, -FILET / 2), valeur))
                gauche += longueur
        return segments

    def _legende(self) -> float:
        """Name the series, above the parts of the first bar if there is room; return where the bars start."""
        noms = [propre(serie.nom) for serie in self.graphique.series]
        places = [x for _, x, longueur, _ in self._segments(0) if longueur > 0]
        suivantes = [*places[1:], self.toile.largeur + ECART]
        tient = len(places) == len(noms) and all(
            x + largeur(nom, PETIT) + ECART <= suivante
            for nom, x, suivante in zip(noms, places, suivantes, strict=False)
        )
        if self.dessus or not tient:
            return legende(self.toile, [(m.barre, nom) for m, nom in zip(self.marques, noms, strict=True)])
        for nom, x in zip(noms, places, strict=True):
            self.toile.texte(x, PETIT / 2 + 1, nom, PETIT, couleur=ENCRE_2)
        return PETIT * INTERLIGNE + 5


def legende(toile: Toile, entrees: Sequence[tuple[Pastille, str]]) -> float:
    """Draw what each colour is, in lines; return the height that this takes."""
    x, y = 0.0, PETIT / 2 + 1
    for pastille, nom in entrees:
        lignes = couper(nom, toile.largeur - PASTILLE - JEU, PETIT)
        besoin = PASTILLE + JEU + max(largeur(ligne, PETIT) for ligne in lignes)
        if x and x + besoin > toile.largeur:
            x, y = 0, y + PETIT * INTERLIGNE + 3
        pastille(toile, x, y - PASTILLE / 2, PASTILLE, PASTILLE)
        toile.lignes(x + PASTILLE + JEU, y, lignes, PETIT, couleur=ENCRE_2)
        y += (len(lignes) - 1) * PETIT * INTERLIGNE
        x += besoin + 16
    return y + PETIT / 2 + 10
