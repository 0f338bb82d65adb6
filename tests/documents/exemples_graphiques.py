"""Charts of real contracts: Bagnols-sur-Cèze 2023, Dole 2024, Besançon; and outlines for maps."""

from __future__ import annotations

from decimal import Decimal
from math import cos, pi, radians, sin
from typing import Any

from documents.graphiques import Carte, Contour, Forme, Graphique, Serie
from documents.tableau import TypeColonne

# the sum of the 46 actions of Bagnols 2023, and the CAF, which is out of the total
FINANCEURS = {
    "Ville de Bagnols-sur-Cèze": Decimal(321439),
    "État": Decimal(238800),
    "Conseil départemental du Gard": Decimal(60300),
    "Communauté d'agglomération du Gard rhodanien": Decimal(26000),
    "Conseil régional Occitanie / Pyrénées-Méditerranée": Decimal(18000),
    "Ville de Pont-Saint-Esprit": Decimal(2500),
    "Caisse d'allocations familiales (hors total)": None,
}
# axes of the contract of Dole, with the objectives of each
AXES = {
    "Amélioration vie du quartier/Image du quartier": 3,
    "GUP et transitions : quartier vert": 5,
    "Soutenir les personnes et les structures/services ressources": 4,
    "S'appuyer sur la diversité culturelle tout en favorisant l'intégration": 4,
    "Poursuivre la réflexion inter partenaires quant à l'emploi et l'insertion pour une meilleure efficacité": 3,
    "Favoriser le partenariat indispensable avec l'ensemble des partenaires et les forces de l'ordre": 3,
    "Lutter contre les trafics": 3,
}
# people of Dole 2024 whose sex is written, and the others
SEXES = {
    "CCAS": (59, 82, 0),
    "Femmes Debout": (0, 0, 285),
    "Loisirs Populaires Dolois": (25, 52, 282),
    "Cité Jeune": (0, 26, 348),
    "Jura Service": (11, 1, 0),
}
ANNEES = tuple(str(annee) for annee in range(2018, 2025))


def financeurs(**attributs: Any) -> Graphique:
    """Bagnols 2023, by funder, one of them not known."""
    complet: dict[str, Any] = {
        "titre": "La Ville et l'État portent 84\u00a0% des crédits",
        "sous_titre": "Crédits 2023 par financeur",
        "categories": tuple(FINANCEURS),
        "series": (Serie("2023", tuple(FINANCEURS.values())),),
        "type": TypeColonne.MONTANT,
        "intitule": "Financeur",
    }
    return Graphique(**{**complet, **attributs})


def axes() -> Graphique:
    """Dole, by axe: the longest names."""
    return Graphique(
        titre="Deux axes comptent cinq objectifs",
        categories=tuple(AXES),
        series=(Serie("Objectifs", tuple(AXES.values())),),
    )


def sexes() -> Graphique:
    """Dole 2024, people by sex: much is unknown."""
    return Graphique(
        titre="Le sexe de sept personnes sur dix n'est pas connu",
        categories=tuple(SEXES),
        series=tuple(
            Serie(nom, tuple(valeurs[rang] for valeurs in SEXES.values()))
            for rang, nom in enumerate(("Femmes", "Hommes", "Non renseigné"))
        ),
        forme=Forme.EMPILEES,
        intitule="Structure",
    )


def par_axe_et_financeur() -> Graphique:
    """Bagnols 2023, by axe, six funders end to end, some of them not known."""
    montants = (
        (275556, 42883, 1000, 2000),
        (207800, 7000, 15000, 9000),
        (49800, None, 3000, 7500),
        (21000, None, 5000, None),
        (16000, None, 2000, None),
        (500, None, None, 2000),
    )
    return Graphique(
        titre="La cohésion sociale reçoit l'essentiel",
        categories=("Cohésion sociale", "Ingénierie", "Emploi et développement économique", "Cadre de vie"),
        series=tuple(
            Serie(nom, tuple(None if v is None else Decimal(v) for v in valeurs))
            for nom, valeurs in zip(FINANCEURS, montants, strict=False)
        ),
        forme=Forme.EMPILEES,
        type=TypeColonne.MONTANT,
    )


def situation() -> Graphique:
    """The quartier beside larger scales, in percents."""
    return Graphique(
        titre="Le quartier est plus pauvre que l'agglomération",
        categories=("Taux de pauvreté", "Taux d'emploi des femmes", "Réussite au brevet"),
        series=(
            Serie("Mesnils Pasteur", (Decimal("56.3"), Decimal("28.9"), Decimal("78.4"))),
            Serie("Dole", (None, None, None)),
            Serie("Grand Dole", (Decimal("13.3"), Decimal("61.1"), Decimal("84.8"))),
        ),
        type=TypeColonne.POURCENTAGE,
    )


def annees() -> Graphique:
    """Credits over seven years, one of them not known."""
    etat = (120000, 131000, 128500, 150000, 190000, 238800, 240100)
    ville = (300000, 310000, None, 305000, 316000, 321439, 330000)
    return Graphique(
        titre="Les crédits de l'État doublent en six ans",
        categories=ANNEES,
        series=(
            Serie("État", tuple(Decimal(v) for v in etat)),
            Serie("Ville de Bagnols-sur-Cèze", tuple(None if v is None else Decimal(v) for v in ville)),
        ),
        forme=Forme.COURBE,
        type=TypeColonne.MONTANT,
    )


def versements() -> Graphique:
    """Besançon: the three payments of a convention, a correction downwards among them."""
    return Graphique(
        titre="Trois versements, dont un repris",
        categories=("Acompte de mars", "Solde de septembre", "Régularisation de l'année précédente"),
        series=(Serie("Versement", (Decimal(60000), Decimal(60000), Decimal("-1250.50"))),),
        type=TypeColonne.MONTANT,
    )


def tache(longitude: float, latitude: float, km: float, cotes: int = 40) -> list[list[float]]:
    """Return a closed, irregular ring around a point."""
    points = []
    for rang in range(cotes):
        angle = 2 * pi * rang / cotes
        rayon = km * (1 + 0.2 * sin(2 * angle) + 0.1 * cos(5 * angle))
        points.append(
            [
                longitude + rayon * cos(angle) / (111.2 * cos(radians(latitude))),
                latitude + rayon * sin(angle) / 111.2,
            ]
        )
    return [*points, points[0]]


def polygone(*anneaux: list[list[float]]) -> dict[str, Any]:
    """Return a GeoJSON Polygon."""
    return {"type": "Polygon", "coordinates": list(anneaux)}


def grand_dole() -> Carte:
    """A map with everything: four types, a hole, two parts, a territory too small for its name."""
    deux = [[tache(5.66, 47.12, 1.4)], [tache(5.69, 47.10, 0.5)]]
    return Carte(
        titre="Le quartier des Mesnils Pasteur dans le Grand Dole",
        contours=(
            Contour("Grand Dole", polygone(tache(5.49, 47.09, 15, 120)), "Intercommunalité"),
            Contour("Dole", polygone(tache(5.49, 47.09, 4.6), tache(5.46, 47.12, 0.8)), "Commune"),
            Contour("Saint-Vit", {"type": "MultiPolygon", "coordinates": deux}, "Commune"),
            Contour("Les Mesnils Pasteur", polygone(tache(5.505, 47.10, 1.3)), "QPV"),
            Contour(
                "La Bedugue, le Poiset et les bords du Doubs",
                polygone(tache(5.47, 47.07, 0.9)),
                "Quartier vécu",
            ),
        ),
    )


def bagnols() -> Carte:
    """A map with a figure for each quartier, one of them not known and too small."""
    return Carte(
        titre="Quatre quartiers",
        contours=(
            Contour("Les Escanaux", polygone(tache(4.62, 44.165, 0.30)), "QPV", 1420),
            Contour("La Citadelle", polygone(tache(4.628, 44.161, 0.22)), "QPV", 640),
            Contour("La Coronelle", polygone(tache(4.614, 44.159, 0.05)), "QPV", None),
        ),
    )


TOUS = (financeurs, axes, sexes, par_axe_et_financeur, situation, annees, versements, grand_dole, bagnols)
