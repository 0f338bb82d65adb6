"""Forms: one action written down the sheet, labels on the left, what is said on the right or below."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from documents.tableurs.modele import Feuille, Valeur, adresse

from .profils import en_texte, est_vide
from .titres import cle_titre
from .vocabulaire import Vocabulaire

# A form is written in the first rows of a sheet.
LIGNES_MAX = 400
COLONNES_MAX = 8
ETIQUETTE_MAX = 60
# A form is told by at least so many labels, of which the title or the porteur of the action.
ETIQUETTES_MIN = 4
_DANS_LA_CASE = re.compile(r"\s*+([^:\n]{2,60}?)\s*+:\s*(\S.*)", re.DOTALL)


@dataclass(frozen=True)
class Etiquette:
    """A label of a form: its cell, its words, what the same cell says after a colon."""

    ligne: int
    colonne: int
    texte: str
    suite: str = ""


@dataclass(frozen=True)
class Fiche:
    """The form of a sheet: its labels in order, those of the first form only; how well they are known."""

    etiquettes: tuple[Etiquette, ...]
    score: int
    connus: int


def trouver(feuille: Feuille, mots: Vocabulaire) -> Fiche | None:
    """Return the form of a sheet, None when it has none."""
    largeur = min(len(feuille.lignes[0]), COLONNES_MAX) if feuille.lignes else 0
    fiches = (_fiche(feuille, mots, colonne) for colonne in range(largeur))
    return max((fiche for fiche in fiches if fiche), key=lambda fiche: fiche.score, default=None)


def _fiche(feuille: Feuille, mots: Vocabulaire, colonne: int) -> Fiche | None:
    poids: dict[str, float] = {}
    premieres: dict[str, Etiquette] = {}
    for etiquette in _etiquettes(feuille, mots, colonne):
        sens, valeur = mots.poids(etiquette.texte)
        # a column of porteurs may name funders: they make no form
        if sens not in poids and not sens.startswith("montant "):
            poids[sens] = valeur
        premieres.setdefault(cle_titre(etiquette.texte), etiquette)
    if len(poids) < ETIQUETTES_MIN or not poids.keys() & {"intitule", "porteur"}:
        return None
    return Fiche(tuple(premieres.values()), round(10 * sum(poids.values())), len(poids))


def _etiquettes(feuille: Feuille, mots: Vocabulaire, colonne: int) -> Iterator[Etiquette]:
    """Yield the labels of a column that the vocabulary knows and that are followed by something."""
    for rang, ligne in enumerate(feuille.lignes[:LIGNES_MAX]):
        etiquette = lire_etiquette(rang, colonne, ligne[colonne])
        if etiquette and mots.poids(etiquette.texte)[0] and _dit_quelque_chose(feuille, etiquette):
            yield etiquette


def lire_etiquette(ligne: int, colonne: int, valeur: Valeur) -> Etiquette | None:
    """Return the label that a cell may be: « Objectifs : », « Nom : Atelier vélo »; None for a long text."""
    if not isinstance(valeur, str):
        return None
    texte = " ".join(valeur.split()).rstrip(" :")
    if 0 < len(texte) <= ETIQUETTE_MAX and ":" not in texte:
        return Etiquette(ligne, colonne, texte)
    lue = _DANS_LA_CASE.match(valeur)
    return Etiquette(ligne, colonne, " ".join(lue[1].split()), lue[2].strip()) if lue else None


def _dit_quelque_chose(feuille: Feuille, etiquette: Etiquette) -> bool:
    if etiquette.suite:
        return True
    droite = feuille.lignes[etiquette.ligne][etiquette.colonne + 1 :]
    dessous = feuille.lignes[etiquette.ligne + 1 : etiquette.ligne + 2]
    return any(not est_vide(valeur) for valeur in droite) or any(
        not est_vide(ligne[etiquette.colonne]) for ligne in dessous
    )


# -- Reading ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Reponse:
    """What a form says at a label: the value (typed when it is one cell), and the cell where it starts."""

    valeur: Valeur
    cellule: str
    lignes: tuple[int, ...]


def lire(
    feuille: Feuille, titres: Mapping[str, int], intitule: str
) -> Iterator[tuple[int, dict[int, Reponse]]]:
    """Yield the forms of a sheet: the row of the first label, and the answers by index of column.

    `titres` gives the index of the column of each label, by its key; a form begins when the label of the title
    (`intitule`, a key) comes again.
    """
    colonne = _colonne(feuille, titres)
    lues = [
        (titres[cle_titre(etiquette.texte)], etiquette)
        for rang, ligne in enumerate(feuille.lignes)
        if colonne < len(ligne) and (etiquette := lire_etiquette(rang, colonne, ligne[colonne]))
        if cle_titre(etiquette.texte) in titres
    ]
    reponses: dict[int, Reponse] = {}
    debut, nomme = 0, False
    for rang, (index, etiquette) in enumerate(lues):
        est_le_titre = cle_titre(etiquette.texte) == intitule
        if (est_le_titre and nomme) or (index in reponses and not intitule):
            yield debut, reponses
            reponses, nomme = {}, False
        if not reponses:
            debut = etiquette.ligne
        nomme = nomme or est_le_titre
        fin = lues[rang + 1][1].ligne if rang + 1 < len(lues) else _fin(feuille, etiquette.ligne)
        reponse = _reponse(feuille, etiquette, fin)
        if reponse is not None:
            reponses.setdefault(index, reponse)
    if reponses:
        yield debut, reponses


def _colonne(feuille: Feuille, titres: Mapping[str, int]) -> int:
    """Return the column where most labels are."""
    largeur = min(len(feuille.lignes[0]), COLONNES_MAX) if feuille.lignes else 1
    comptes = []
    for colonne in range(max(largeur, 1)):
        etiquettes = (lire_etiquette(0, colonne, ligne[colonne]) for ligne in feuille.lignes[:LIGNES_MAX])
        comptes.append(sum(lue is not None and cle_titre(lue.texte) in titres for lue in etiquettes))
    return comptes.index(max(comptes))


def _fin(feuille: Feuille, ligne: int) -> int:
    """Return the row where the last answer of the sheet stops: the first blank one after it."""
    for rang in range(ligne + 1, len(feuille.lignes)):
        if all(est_vide(valeur) for valeur in feuille.lignes[rang]):
            return rang
    return len(feuille.lignes)


def _reponse(feuille: Feuille, etiquette: Etiquette, fin: int) -> Reponse | None:
    """Return what stands at the right of a label, down to the next one, else below it."""
    rangs = range(etiquette.ligne, max(fin, etiquette.ligne + 1))
    droite = [
        (valeur, rang, colonne)
        for rang in rangs
        for colonne, valeur in enumerate(feuille.lignes[rang])
        if colonne > etiquette.colonne and not est_vide(valeur)
    ]
    dessous = [
        (feuille.lignes[rang][etiquette.colonne], rang, etiquette.colonne)
        for rang in rangs[1:]
        if not est_vide(feuille.lignes[rang][etiquette.colonne])
    ]
    if etiquette.suite:
        droite = [(etiquette.suite, etiquette.ligne, etiquette.colonne), *droite, *dessous]
    morceaux = droite or dessous
    if not morceaux:
        return None
    valeur = morceaux[0][0]
    if len(morceaux) > 1:
        valeur = "\n".join(en_texte(morceau) for morceau, _, _ in morceaux)
    return Reponse(valeur, adresse(*morceaux[0][1:]), tuple(dict.fromkeys(rang for _, rang, _ in morceaux)))
