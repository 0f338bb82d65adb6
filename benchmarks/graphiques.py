"""How long a chart takes to draw, against the same bars drawn by matplotlib alone, and how that grows.

    python benchmarks/graphiques.py [--fois 9]

Milliseconds of processor, medians of alternated measures of one process. It asserts nothing: benchmarks/README.md says
how to read it.
"""

import argparse
import io
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from statistics import median
from time import process_time

RACINE = Path(__file__).resolve().parent.parent
TAILLES = (8, 32, 128)
SERIES = 3
CONTOURS = (200, 2000, 20000)


def graphique(taille: int, forme: str):
    """Return a chart of that many categories and three series of amounts."""
    from documents import TypeColonne
    from documents.graphiques import Forme, Graphique, Serie

    return Graphique(
        titre="Crédits",
        categories=tuple(
            str(1900 + i) if forme == "courbe" else f"Soutenir les personnes et les structures, axe {i}"
            for i in range(taille)
        ),
        series=tuple(
            Serie(
                f"Financeur {s}", tuple(Decimal(1000 + 137 * ((i * 7 + s * 13) % 101)) for i in range(taille))
            )
            for s in range(SERIES)
        ),
        forme=Forme(forme),
        type=TypeColonne.MONTANT,
    )


def carte(points: int):
    """Return a map of four outlines of that many points."""
    from math import cos, pi, sin

    from documents.graphiques import Carte, Contour

    contours = []
    for rang in range(4):
        anneau = [
            [4.6 + rang / 20 + 0.02 * cos(2 * pi * i / points), 44.1 + 0.02 * sin(2 * pi * i / points)]
            for i in range(points)
        ]
        geometrie = {"type": "Polygon", "coordinates": [[*anneau, anneau[0]]]}
        contours.append(Contour(f"Quartier {rang}", geometrie, "QPV", rang))
    return Carte(titre="Quartiers", contours=tuple(contours))


def nu(donnees) -> bytes:
    """Return the same bars, names and values as matplotlib alone draws them."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.7, 0.5 * len(donnees.categories)))
    axes = figure.add_subplot()
    pas = 0.8 / len(donnees.series)
    for rang, serie in enumerate(donnees.series):
        barres = axes.barh(
            [i + rang * pas for i in range(len(serie.valeurs))], [float(v) for v in serie.valeurs], pas
        )
        axes.bar_label(barres, [f"{v} €" for v in serie.valeurs])
    axes.set_yticks(range(len(donnees.categories)), donnees.categories)
    figure.legend([serie.nom for serie in donnees.series])
    sortie = io.BytesIO()
    FigureCanvasSVG(figure).print_svg(sortie)
    return sortie.getvalue()


def mesurer(faire: Callable[[], object]) -> float:
    """Return the milliseconds of processor that something takes."""
    debut = process_time()
    faire()
    return 1000 * (process_time() - debut)


def alterner(fois: int, mesures: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median of each measure, taken in turn after one that does not count."""
    for faire in mesures.values():
        faire()
    essais = [{nom: mesurer(faire) for nom, faire in mesures.items()} for _ in range(fois)]
    return {nom: median(essai[nom] for essai in essais) for nom in mesures}


def premier() -> None:
    """In a process of its own: what the first drawing pays."""
    from documents.graphiques_dessin import dessin

    print(mesurer(lambda: dessin(graphique(8, "barres"), 170, "auto")))


def comparer(fois: int) -> None:
    """Print the figures."""
    from documents.graphiques_dessin import dessin

    print(f"Graphiques, millisecondes de processeur, médianes de {fois} mesures alternées.")
    references: dict[str, float] = {}
    for taille in TAILLES:
        formes = {forme: graphique(taille, forme) for forme in ("barres", "empilees", "courbe")}
        mesures: dict[str, Callable[[], object]] = {
            forme: lambda donnees=donnees: dessin(donnees, 170, "auto") for forme, donnees in formes.items()
        }
        mesures["matplotlib nu, barres"] = lambda donnees=formes["barres"]: nu(donnees)
        medianes = alterner(fois, mesures)
        print(f"\n{taille} catégories, {SERIES} séries")
        for nom, valeur in medianes.items():
            references.setdefault(nom, valeur)
            print(
                f"  {nom:24}{valeur:8.2f} ms{valeur / medianes['matplotlib nu, barres']:8.2f} × matplotlib nu"
                f"{valeur / references[nom]:8.1f} × {TAILLES[0]} catégories"
            )
    print("\nCarte de quatre contours")
    for points in CONTOURS:
        plan = carte(points)
        valeur = alterner(fois, {"carte": lambda plan=plan: dessin(plan, 170, "auto")})["carte"]
        references.setdefault("carte", valeur)
        print(
            f"  {points:6} points chacun{valeur:10.2f} ms{valeur / references['carte']:8.1f} × {CONTOURS[0]} points"
        )
    seul = subprocess.run(
        [sys.executable, __file__, "--premier"], capture_output=True, text=True, check=True, cwd=RACINE
    )
    cout = float(seul.stdout)
    print(
        f"\nLe premier dessin d'un processus : {cout:.0f} ms, {cout / references['barres']:.0f} × le suivant"
    )


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--fois", type=int, default=9)
    options.add_argument("--premier", action="store_true", help=argparse.SUPPRESS)
    choix = options.parse_args()
    if choix.premier:
        premier()
    else:
        comparer(choix.fois)
