"""The contract as it was signed: what it is, its axes, its territories, its figures, who steers it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from comptes.vues import exiger
from documents import formats
from documents.normalisation import normaliser

from .models import Axe, ContratVille, Instance, Partenaire, Statistique, Territoire, ValeurStatistique
from .requete import RequeteContrat

# The lists that an axe carries, in the order of the document.
LISTES = (
    ("objectifs", "objectif général,objectifs généraux"),
    ("partenaires_associes", "partenaire associé,partenaires associés"),
    ("leviers", "levier,leviers"),
    ("criteres", "critère d'évaluation,critères d'évaluation"),
)
FICHIERS = (("pdf", "PDF"), ("xlsx", "Excel"), ("docx", "Word"), ("csv", "CSV"))


class Liste(NamedTuple):
    """One of the lists of an axe: its name in one and several, its items."""

    formes: str
    elements: list[str]


@dataclass
class Noeud:
    """An axe with its lists and the axes that hang from it."""

    axe: Axe
    listes: list[Liste]
    enfants: list["Noeud"] = field(default_factory=list)


class Case(NamedTuple):
    """The value of a statistic at one scale, as it is read; empty when the contract does not give it."""

    echelle: str
    valeur: str


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


@require_safe
def contrat(request: RequeteContrat) -> HttpResponse:
    """Show the contract, every axe with what it carries."""
    objet = request.contrat
    exiger(request, "contrats.lire", objet)
    noeuds = arbre(objet)
    statistiques = Statistique.objects.filter(contrat=objet).order_by("ordre")
    contexte = {
        "noeuds": noeuds,
        "resume": resume(objet, noeuds),
        "phases": objet.phases.order_by("numero"),
        "communes": objet.communes.order_by("nom"),
        "objectifs_nationaux": objet.objectifs_nationaux.order_by("ordre", "code"),
        "territoires": _territoires(objet),
        "themes": themes(statistiques),
        "instances": Instance.objects.filter(contrat=objet).order_by("ordre", "nom"),
        "contributeurs": Partenaire.objects.filter(contrat=objet)
        .exclude(missions="", dispositifs="")
        .order_by("recherche"),
        "fichiers": FICHIERS,
    }
    return render(request, "contrats/contrat.html", contexte)


@require_safe
def territoire(request: RequeteContrat, pk: int) -> HttpResponse:
    """Show a territory of the contract: what it is, what it comes from, its figures."""
    visibles = Territoire.objects.visibles_par(request.user).filter(contrat=request.contrat)
    lieu = get_object_or_404(visibles.select_related("generation", "commune"), pk=pk)
    contexte = {
        "lieu": lieu,
        "predecesseurs": lieu.predecesseurs.order_by("recherche"),
        "successeurs": lieu.successeurs.order_by("recherche"),
        "alias": lieu.alias.order_by("libelle_normalise"),
        "themes": themes(Statistique.objects.filter(territoire=lieu).order_by("ordre")),
    }
    return render(request, "contrats/territoire.html", contexte)


def _territoires(contrat: ContratVille) -> list[Territoire]:
    """Return the territories in the order of their types: the QPV first."""
    types = Territoire.Type.values
    lieux = Territoire.objects.filter(contrat=contrat).select_related("generation", "commune")
    return sorted(lieux.order_by("recherche"), key=lambda lieu: types.index(lieu.type))


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
    listes = (Liste(formes, [e.libelle for e in getattr(axe, nom).all()]) for nom, formes in LISTES)
    return [liste for liste in listes if liste.elements]


def resume(contrat: ContratVille, noeuds: list[Noeud]) -> list[tuple[int, str]]:
    """Return how many there are of each thing, with its name: « 4 enjeux, 19 axes de travail, 77 objectifs… »."""
    tous = list(_deplier(noeuds))
    niveaux = (
        f"{contrat.niveau_1},{contrat.niveau_1_pluriel}",
        f"{contrat.niveau_2},{contrat.niveau_2_pluriel}",
        f"{contrat.niveau_3 or 'subdivision'},{contrat.niveau_3_pluriel or 'subdivisions'}",
    )
    comptes = [(sum(n.axe.niveau == rang for n in tous), nom) for rang, nom in enumerate(niveaux, 1)]
    for _, formes in LISTES:
        nombre = sum(len(liste.elements) for n in tous for liste in n.listes if liste.formes == formes)
        comptes.append((nombre, formes))
    return [(nombre, formes) for nombre, formes in comptes if nombre]


def _deplier(noeuds: Iterable[Noeud]) -> Iterable[Noeud]:
    for noeud in noeuds:
        yield noeud
        yield from _deplier(noeud.enfants)


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
        cases=[Case(str(echelle.label), _ecrire(valeurs.get(echelle), signe)) for echelle in echelles],
        source=source,
    )


def _ecrire(valeur: Decimal | None, signe: str) -> str:
    """Return « 56,3 % » or « 3 025 », an empty string for a blank."""
    texte = formats.nombre(valeur)
    return f"{texte}{formats.INSECABLE}{signe}" if texte and signe else texte
