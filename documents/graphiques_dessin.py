"""What is drawn how: a chart goes to the module of its form, on a sheet of its width."""

from __future__ import annotations

from documents.graphiques import Carte, Forme, Graphique, est_l_inconnu
from documents.graphiques_barres import PETIT, Barres, Empilees
from documents.graphiques_carte import Plan
from documents.graphiques_couleurs import ENCRE_2, SERIES_MAX, Theme
from documents.graphiques_courbe import Courbe
from documents.graphiques_toile import Toile, largeur, propre

# a line needs room for that many names under it
ANNEES_MIN = 5


def dessin(graphique: Graphique | Carte, largeur_mm: float, theme: Theme) -> bytes:
    """Return the SVG of a chart or of a map: see `graphiques.dessiner`."""
    toile = Toile(largeur_mm)
    return toile.svg(_tracer(toile, graphique), theme)


def _tracer(toile: Toile, graphique: Graphique | Carte) -> float:
    """Draw the chart and return the height that it takes, in points."""
    if isinstance(graphique, Carte):
        if graphique.contours:
            return Plan(toile, graphique).dessiner()
        toile.texte(0, 10, "Aucun contour à dessiner.", PETIT, couleur=ENCRE_2)
        return 20
    if not graphique.categories or not graphique.series:
        toile.texte(0, 10, "Aucune donnée à montrer.", PETIT, couleur=ENCRE_2)
        return 20
    return _forme(toile, graphique)(toile, graphique).dessiner()


def _forme(toile: Toile, graphique: Graphique) -> type[Barres | Empilees | Courbe]:
    """Return what draws the chart: bars that bear their names when colours or years would not do."""
    if sum(not est_l_inconnu(serie) for serie in graphique.series) > SERIES_MAX:
        return Barres
    if graphique.forme == Forme.EMPILEES:
        return Empilees
    courtes = all(largeur(propre(nom), PETIT) < toile.largeur / ANNEES_MIN for nom in graphique.categories)
    return Courbe if graphique.forme == Forme.COURBE and courtes else Barres
