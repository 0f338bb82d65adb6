"""The tree of the axes with the lists that they carry, in reading order: for the page and for the annex."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from .models import Axe, ContratVille

# The lists that an axe carries, in the order of the document.
LISTES = (
    ("objectifs", "objectif général,objectifs généraux"),
    ("partenaires_associes", "partenaire associé,partenaires associés"),
    ("leviers", "levier,leviers"),
    ("criteres", "critère d'évaluation,critères d'évaluation"),
)


class Liste(NamedTuple):
    """One of the lists of an axe, never empty: the relation, its name in one and several, its items."""

    nom: str
    formes: str
    elements: list[str]


@dataclass
class Noeud:
    """An axe with its lists and the axes that hang from it."""

    axe: Axe
    listes: list[Liste]
    enfants: list["Noeud"] = field(default_factory=list)

    def elements(self, nom: str) -> list[str]:
        """Return the items of one of `LISTES`, none when the axe does not carry it."""
        return next((liste.elements for liste in self.listes if liste.nom == nom), [])


def arbre(contrat: ContratVille) -> list[Noeud]:
    """Return the tree of the axes, archived ones left out, in reading order."""
    axes = Axe.objects.filter(contrat=contrat, archive=False).avec_listes().order_by("ordre", "code")
    noeuds: dict[int, Noeud] = {}
    racines = []
    for axe in axes:
        noeud = noeuds[axe.pk] = Noeud(axe, _listes(axe))
        if axe.parent_id is None:
            racines.append(noeud)
        elif parent := noeuds.get(axe.parent_id):
            parent.enfants.append(noeud)
    return racines


def _listes(axe: Axe) -> list[Liste]:
    listes = (Liste(nom, formes, [e.libelle for e in getattr(axe, nom).all()]) for nom, formes in LISTES)
    return [liste for liste in listes if liste.elements]


def resume(contrat: ContratVille, noeuds: list[Noeud]) -> list[tuple[int, str]]:
    """Return how many there are of each thing, with its name: « 4 enjeux, 19 axes de travail, 77 objectifs… »."""
    tous = list(deplier(noeuds))
    niveaux = (
        f"{contrat.niveau_1},{contrat.niveau_1_pluriel}",
        f"{contrat.niveau_2},{contrat.niveau_2_pluriel}",
        f"{contrat.niveau_3 or 'subdivision'},{contrat.niveau_3_pluriel or 'subdivisions'}",
    )
    comptes = [(sum(n.axe.niveau == rang for n in tous), nom) for rang, nom in enumerate(niveaux, 1)]
    comptes += [(sum(len(n.elements(nom)) for n in tous), formes) for nom, formes in LISTES]
    return [(nombre, formes) for nombre, formes in comptes if nombre]


def deplier(noeuds: list[Noeud]) -> Iterator[Noeud]:
    """Yield the nodes and what hangs from them, in reading order."""
    for noeud in noeuds:
        yield noeud
        yield from deplier(noeud.enfants)
