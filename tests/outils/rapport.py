"""A composed report, read back: its figures, its tables with their totals, its sentences."""

from collections.abc import Iterator
from typing import Any

from actions.models import Campagne
from bilans.rapport.choix import Composition
from bilans.rapport.composition import composer
from documents import Tableau
from documents.calcul import Genre, rangees
from documents.graphiques import Graphique
from documents.rapport import (
    Bloc,
    BlocChiffres,
    BlocGraphique,
    BlocTableau,
    BlocTexte,
    Chiffre,
    Rapport,
)


def rapport_de(slug: str, annee: int, composition: Composition | None = None) -> Rapport:
    """Return the report of a contract and year; without `composition`, that which nobody has written yet."""
    campagne = Campagne.objects.select_related("contrat__epci").get(contrat__slug=slug, annee=annee)
    return composer(campagne.contrat, campagne, composition)


def de_campagne(campagne: Campagne, composition: Composition | None = None) -> Rapport:
    """Return the report of a campaign made by the factories."""
    return composer(campagne.contrat, campagne, composition)


def blocs(rapport: Rapport) -> Iterator[Bloc]:
    """Give every block, in order."""
    for section in rapport.sections:
        yield from section.blocs


def bloc(rapport: Rapport, code: str) -> Any:
    """Return the only block of that code."""
    (trouve,) = [un_bloc for un_bloc in blocs(rapport) if un_bloc.code == code]
    return trouve


def chiffre(rapport: Rapport, cle: str) -> Chiffre:
    """Return the only key figure of that name."""
    (trouve,) = [
        un_chiffre
        for un_bloc in blocs(rapport)
        if isinstance(un_bloc, BlocChiffres)
        for un_chiffre in un_bloc.chiffres
        if un_chiffre.cle == cle
    ]
    return trouve


def a_un_tableau(un_bloc: Bloc) -> bool:
    """Return whether a block is a table, or a chart doubled by another table than its own."""
    return isinstance(un_bloc, BlocTableau) or (
        isinstance(un_bloc, BlocGraphique) and un_bloc.tableau is not None
    )


def tableaux(rapport: Rapport) -> list[Any]:
    """Return the blocks of the body that have a table."""
    return [un_bloc for un_bloc in blocs(rapport) if a_un_tableau(un_bloc)]


def titres(rapport: Rapport) -> dict[str, str]:
    """Return the titles of the charts by code."""
    return {
        un_bloc.code: simple(un_bloc.graphique.titre)
        for un_bloc in blocs(rapport)
        if isinstance(un_bloc, BlocGraphique) and isinstance(un_bloc.graphique, Graphique)
    }


def textes(rapport: Rapport) -> dict[str, str]:
    """Return the sentences that blocks say, by code; not the text of the sections."""
    return {
        un_bloc.code: simple(un_bloc.texte)
        for un_bloc in blocs(rapport)
        if isinstance(un_bloc, BlocTexte) and un_bloc.code != "recit"
    }


def recits(rapport: Rapport) -> dict[str, str]:
    """Return the text of each section that has one."""
    return {
        section.code: simple(un_bloc.texte)
        for section in rapport.sections
        for un_bloc in section.blocs
        if isinstance(un_bloc, BlocTexte) and un_bloc.code == "recit"
    }


def simple(texte: str) -> str:
    """Return the text with plain spaces."""
    return texte.replace("\u00a0", " ").replace("\u202f", " ")


def lignes(tableau: Tableau) -> list[dict[str, Any]]:
    """Return the rows of a table, by the key of their columns."""
    cles = [colonne.cle for colonne in tableau.colonnes]
    return [
        dict(zip(cles, rangee.cellules, strict=True))
        for rangee in rangees(tableau)
        if rangee.genre == Genre.LIGNE
    ]


def total(tableau: Tableau) -> dict[str, Any]:
    """Return the line of the grand total, by the key of its columns; empty when the table has none."""
    cles = [colonne.cle for colonne in tableau.colonnes]
    for rangee in rangees(tableau):
        if rangee.genre == Genre.TOTAL:
            return dict(zip(cles, rangee.cellules, strict=True))
    return {}
