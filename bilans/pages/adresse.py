"""The address of a list: what it asks for, and the addresses that differ from it by one thing."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import QueryDict

# Parameters that hold a list, written with commas: « colonnes=porteur,bilan ».
LISTES = ("tri", "colonnes")
# Beyond, nobody can say what the order is.
TRIS_MAX = 3


def liste(criteres: QueryDict, nom: str) -> list[str]:
    """Return the values of a parameter that holds a list, in order, each once."""
    valeurs = ",".join(criteres.getlist(nom)).split(",")
    return list(dict.fromkeys(valeur.strip() for valeur in valeurs if valeur.strip()))


def ecrire(criteres: QueryDict) -> str:
    """Return the query string, « ?q=ecole&tri=-accorde » or an empty one: blanks left out, lists with commas."""
    propres = QueryDict(mutable=True)
    for nom in criteres:
        valeur = ",".join(liste(criteres, nom)) if nom in LISTES else criteres.get(nom, "")
        if valeur.strip():
            propres[nom] = valeur
    return f"?{propres.urlencode(safe=',')}" if propres else ""


def est_propre(criteres: QueryDict) -> bool:
    """Return whether the address says nothing useless: a form sent without JavaScript names its blank fields."""
    return all(len(valeurs) == 1 and valeurs[0].strip() for _, valeurs in criteres.lists())


def avec(criteres: QueryDict, **valeurs: str | None) -> str:
    """Return the query string with `valeurs` changed (None removes), from the first page."""
    autres = sans(criteres, "page", *valeurs)
    for nom, valeur in valeurs.items():
        if valeur:
            autres[nom] = valeur
    # An empty query string in a link means the current one: « ? » means none.
    return ecrire(autres) or "?"


def sans(criteres: QueryDict, *noms: str) -> QueryDict:
    """Return the parameters without `noms`."""
    autres = criteres.copy()
    for nom in noms:
        autres.pop(nom, None)
    return autres


def seulement(criteres: QueryDict, noms: Iterable[str]) -> str:
    """Return the query string of the parameters `noms` alone."""
    gardes = QueryDict(mutable=True)
    for nom in noms:
        gardes.setlist(nom, criteres.getlist(nom))
    return ecrire(gardes)


# -- Order -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Tri:
    """The header of a column that can be sorted: where it leads, and its place in the current order."""

    url: str
    rang: int = 0
    decroissant: bool = False


def lire_tris(criteres: QueryDict, connues: Iterable[str]) -> tuple[list[tuple[str, bool]], list[str]]:
    """Return the order asked for, as pairs (column, descending), and the names that are no column."""
    connues = set(connues)
    tris: dict[str, bool] = {}
    inconnues = []
    for mot in liste(criteres, "tri"):
        nom = mot.removeprefix("-")
        if nom in connues:
            tris.setdefault(nom, mot.startswith("-"))
        else:
            inconnues.append(mot)
    return list(tris.items())[:TRIS_MAX], inconnues


def en_tetes(
    criteres: QueryDict, tris: list[tuple[str, bool]], colonnes: Iterable[str], decroissantes: Iterable[str]
) -> dict[str, Tri]:
    """Return the header of each of `colonnes`.

    A header sorts by its column first, then by what the list was sorted by; again, the other way; a third
    time, no longer. `decroissantes` begin with the largest figure.
    """
    decroissantes = set(decroissantes)
    rangs = {nom: (rang, decroissant) for rang, (nom, decroissant) in enumerate(tris, 1)}
    tetes = {}
    for nom in colonnes:
        rang, decroissant = rangs.get(nom, (0, False))
        autres = [(autre, sens) for autre, sens in tris if autre != nom]
        premier_sens = nom in decroissantes
        if rang != 1:
            suivants = [(nom, premier_sens), *autres]
        elif decroissant == premier_sens:
            suivants = [(nom, not premier_sens), *autres]
        else:
            suivants = autres
        mots = [f"-{autre}" if sens else autre for autre, sens in suivants[:TRIS_MAX]]
        tetes[nom] = Tri(avec(criteres, tri=",".join(mots) or None), rang, decroissant)
    return tetes
