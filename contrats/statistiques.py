"""The statistics of a contract or a territory as they are read: a theme, a row each, the scales side by side."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from documents import Mesure
from documents.normalisation import normaliser

from .models import Statistique, ValeurStatistique


class Case(NamedTuple):
    """The value of a statistic at one scale; None when the contract does not give it."""

    echelle: str
    mesure: Mesure | None

    @property
    def valeur(self) -> str:
        """« 56,3 % » or « 3 025 », an empty string for a blank."""
        return self.mesure.texte if self.mesure else ""


class Ligne(NamedTuple):
    """A statistic as a row of its theme."""

    libelle: str
    cases: list[Case]
    source: str


@dataclass(frozen=True)
class Theme:
    """The statistics of a theme: a row each, a column for each scale that one of them gives."""

    nom: str
    echelles: list[str]
    lignes: list[Ligne]

    @property
    def source(self) -> str:
        """The source of them all, said once; an empty string when they have several or one has none."""
        sources = {ligne.source for ligne in self.lignes}
        return sources.pop() if len(sources) == 1 else ""


def themes(statistiques: Iterable[Statistique]) -> list[Theme]:
    """Return the statistics by theme, in their order, the scales side by side and blanks left blank."""
    connues = list(statistiques.prefetch_related("valeurs"))  # type: ignore[attr-defined]
    return [_theme(nom, list(siennes)) for nom, siennes in groupby(connues, key=lambda s: s.theme)]


def _theme(nom: str, statistiques: list[Statistique]) -> Theme:
    donnees = {valeur.echelle for statistique in statistiques for valeur in statistique.valeurs.all()}
    echelles = [echelle for echelle in ValeurStatistique.Echelle if echelle in donnees]
    return Theme(nom, [str(e.label) for e in echelles], [_ligne(s, echelles) for s in statistiques])


def _ligne(statistique: Statistique, echelles: list[ValeurStatistique.Echelle]) -> Ligne:
    valeurs = {valeur.echelle: valeur.valeur for valeur in statistique.valeurs.all()}
    # A sign follows its figure; a unit in words is said once.
    signe = statistique.unite if statistique.unite in ("%", "€") else ""
    dite = normaliser(statistique.unite) in normaliser(statistique.libelle)
    en_mots = f" ({statistique.unite})" if not signe and not dite else ""
    annee = str(statistique.annee or "")
    source = ", ".join(m for m in (annee if annee not in statistique.source else "", statistique.source) if m)
    return Ligne(
        libelle=f"{statistique.libelle}{en_mots}",
        cases=[Case(str(echelle.label), _mesurer(valeurs.get(echelle), signe)) for echelle in echelles],
        source=source,
    )


def _mesurer(valeur: Decimal | None, signe: str) -> Mesure | None:
    return None if valeur is None else Mesure(valeur, signe)
