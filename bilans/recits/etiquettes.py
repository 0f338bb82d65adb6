"""Figures after their noun, as in a form: « Participants : 49 », « Habitants : Objectif = 30 - Réalisé = 44 »."""

from collections.abc import Sequence
from dataclasses import replace

from . import lexique as lex
from .comptes import Compte
from .faits import Nature
from .jetons import Jeton, Sorte
from .phrases import finit

_LONGUEUR = 8
_EGALE = {":", "="}
_OUVRE = {":", "=", "(", ")", "/", "+", ","}
_OBJECTIF = {"objectif", "objectifs", "prevu", "prevus", "previsionnel", "cible"}
_REALISE = {"realise", "realises", "reel", "reels", "atteint"}
_COMPARAISONS = {"superieur", "a", "au", "moins", "plus", "de", "minimum"}


def lire_etiquettes(jetons: Sequence[Jeton], comptes: Sequence[Compte], texte: str) -> None:
    """Give a noun to the figures whose noun is a label that stands before them."""
    etiquette: int | None = None
    for compte in comptes:
        if compte.nature is not None or compte.nom is not None:
            etiquette = None
            continue
        egale = _egale(jetons, compte)
        if egale is None:
            etiquette = None
            continue
        titre = jetons[egale - 1].norme if egale else ""
        if titre in _OBJECTIF or titre in _REALISE:
            if titre in _OBJECTIF or etiquette is None:
                etiquette = _nom_de_l_etiquette(jetons, egale - 2)
            if etiquette is None:
                continue
            if jetons[compte.debut - 1].norme == "a" and compte.quantite.valeur is not None:
                # « supérieur à 30 »
                compte.quantite = replace(compte.quantite, valeur=None, mini=compte.quantite.valeur)
            _nommer(jetons, compte, etiquette, texte)
            compte.prevu = titre in _OBJECTIF
            if titre in _REALISE:
                etiquette = None
        else:
            etiquette = None
            nom = _nom_de_l_etiquette(jetons, egale)
            if nom is not None and _seul(jetons, compte):
                _nommer(jetons, compte, nom, texte)


def _egale(jetons: Sequence[Jeton], compte: Compte) -> int | None:
    """Return the place of the « : » or « = » just before a figure."""
    i = compte.debut - 1
    while i >= 0 and compte.debut - i <= 4 and jetons[i].norme in _COMPARAISONS:
        i -= 1
    return i if i >= 0 and jetons[i].texte in _EGALE else None


def _nom_de_l_etiquette(jetons: Sequence[Jeton], fin: int) -> int | None:
    """Return the first known noun of the label that ends with the « : » at `fin`; the label opens its sentence."""
    if fin < 0 or jetons[fin].texte not in _EGALE:
        return None
    debut = fin
    while debut > 0 and fin - debut <= _LONGUEUR:
        avant = jetons[debut - 1]
        if (
            avant.sorte == Sorte.NOMBRE
            or finit(jetons, debut - 1)
            or avant.texte in (":", "=", "(", ")", "/", "+", ",")
        ):
            break
        debut -= 1
    else:
        if debut:
            return None
    return next((i for i in range(debut, fin) if lex.nom(jetons[i]) is not None), None)


def _seul(jetons: Sequence[Jeton], compte: Compte) -> bool:
    """Whether nothing else follows the figure: « Participants : 49. », not « Ateliers : 2 à la médiathèque »."""
    if compte.fin >= len(jetons):
        return True
    suivant = jetons[compte.fin]
    return suivant.sorte == Sorte.LIGNE or suivant.texte in (".", ",", ";", "-", "–", "/", ")", "(")


def _nommer(jetons: Sequence[Jeton], compte: Compte, nom: int, texte: str) -> None:
    trouve = lex.nom(jetons[nom])
    if trouve is None or trouve.nature == Nature.DUREE:
        return
    compte.nature, compte.categorie, compte.lemme = trouve.nature, trouve.categorie, trouve.lemme
    compte.unite, compte.nom = jetons[nom].texte, (nom, nom + 1)
    compte.debut = nom
