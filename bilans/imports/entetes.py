"""Where the header of a sheet is: which rows, and the title of each column once merged cells are filled.

A header is up to three rows, within the first sixty. The row that holds the most titles known is chosen; the rows of
groups above it and of sub-titles below it are joined.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache

from documents.tableurs.modele import Feuille, Valeur

from .colonnes import Titre
from .profils import en_texte, est_pourcentage, est_vide, nombre_lu
from .titres import LONGUEUR_MAX, cle_titre
from .vocabulaire import Vocabulaire, est_argent, est_public

LIGNES_MAX = 60
NIVEAUX_MAX = 3
# Beyond, no one's table: the columns are still there, as notes.
COLONNES_MAX = 250
# A group stands above a few columns; what is above nearly all of them is the title of the table.
_PART_TITRE = 0.7
_LIGNES_PESEES = 30
_SOMME = re.compile(r"\d\s*k?(?:€|euros?\b|eur\b)", re.IGNORECASE)
_JOUR = re.compile(r"\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2,4}|\d{4}-\d{2}-\d{2}")
_POINT = re.compile(r"\w{4,}[.!?…](?:\s+[A-ZÀ-Ý]|\s*$)")
_MOTS_D_UNE_PHRASE = 5

Origine = tuple[int, int]


@dataclass(frozen=True)
class Entete:
    """A header: its first and last rows from zero, the title of each column of the sheet, how well it is known.

    `connus` counts the different things that its titles say.
    """

    premiere: int
    derniere: int
    titres: tuple[Titre, ...]
    score: int = 0
    connus: int = 0


class Grille:
    """The cells of a sheet where a header may be, merged cells filled with what they show."""

    def __init__(self, feuille: Feuille) -> None:
        self.feuille = feuille
        self.hauteur = min(len(feuille.lignes), LIGNES_MAX + NIVEAUX_MAX)
        self.largeur = min(len(feuille.lignes[0]), COLONNES_MAX) if feuille.lignes else 0

    @cached_property
    def origines(self) -> dict[Origine, Origine]:
        """The cell that each merged cell shows, for those that are not the first of their range."""
        origines: dict[Origine, Origine] = {}
        restantes = 4 * self.hauteur * self.largeur
        for plage in self.feuille.fusions:
            lignes = range(plage.ligne1, min(plage.ligne2 + 1, self.hauteur))
            colonnes = range(plage.colonne1, min(plage.colonne2 + 1, self.largeur))
            restantes -= len(lignes) * len(colonnes)
            # ranges that overlap without end are no one's table
            if restantes < 0:
                break
            for ligne in lignes:
                for colonne in colonnes:
                    origines.setdefault((ligne, colonne), (plage.ligne1, plage.colonne1))
        return origines

    @cached_property
    def lignes_fusionnees(self) -> frozenset[int]:
        """The rows where a group is merged over its columns: nothing is to be filled from the left there."""
        return frozenset(
            ligne for (ligne, colonne), origine in self.origines.items() if origine[1] != colonne
        )

    def origine(self, ligne: int, colonne: int) -> Origine:
        """Return the cell that shows there: the first of its merged range, or itself."""
        return self.origines.get((ligne, colonne), (ligne, colonne))

    def texte(self, ligne: int, colonne: int) -> str:
        """Return what is read there, as a title: « 6-15 » even when Excel made a date of it."""
        l_origine, c_origine = self.origine(ligne, colonne)
        if c_origine >= self.largeur or l_origine >= len(self.feuille.lignes):
            return ""
        return _titre_de(self.feuille.lignes[l_origine][c_origine])

    def propres(self, ligne: int) -> list[int]:
        """Return the columns where this row has a cell of its own that says something."""
        return [
            colonne
            for colonne in range(self.largeur)
            if self.origine(ligne, colonne) == (ligne, colonne) and not est_vide(self._valeur(ligne, colonne))
        ]

    def etendue(self, ligne: int, colonne: int) -> int:
        """Return over how many columns the cell is merged."""
        return sum(self.origine(ligne, c) == (ligne, colonne) for c in range(colonne, self.largeur))

    def _valeur(self, ligne: int, colonne: int) -> Valeur:
        return self.feuille.lignes[ligne][colonne]

    def est_une_valeur(self, ligne: int, colonne: int) -> bool:
        """Return whether the cell holds what no header would: a number, an amount, a date, a share, a sentence.

        Years are titles, and so are ages: « 2024 », « 6-15 ».
        """
        valeur = self._valeur(ligne, colonne)
        if isinstance(valeur, bool):
            return False
        if isinstance(valeur, (int, Decimal)):
            return not _est_une_annee(valeur)
        texte = self.texte(ligne, colonne)
        return _est_ecrit_en_chiffres(texte) or _est_une_phrase(texte)


def _est_une_annee(nombre: int | Decimal) -> bool:
    return 1990 <= nombre <= 2100


@lru_cache(maxsize=4096)
def _est_ecrit_en_chiffres(texte: str) -> bool:
    """Return whether a text is an amount, a date or a share: « 4 000,00 € », « 12/03/2025 », « 47 % »."""
    lu = nombre_lu(texte)
    if lu is not None:
        return not _est_une_annee(lu)
    return est_pourcentage(texte) or bool(_SOMME.search(texte)) or bool(_JOUR.fullmatch(texte.strip()))


def _est_une_phrase(texte: str) -> bool:
    """Return whether a text is a sentence: some words and a full stop, which « Nb. de bénéf. » is not."""
    return len(texte.split()) >= _MOTS_D_UNE_PHRASE and bool(_POINT.search(texte))


def _titre_de(valeur: Valeur) -> str:
    """Return a cell as a title. « 6-15 » typed in a French Excel is 1 June 2015: it is read back."""
    if isinstance(valeur, date) and valeur.day == 1 and valeur.month < valeur.year % 100:
        return f"{valeur.month}-{valeur.year % 100}"
    return en_texte(valeur)


# -- Finding ---------------------------------------------------------------------------------------
def trouver(feuille: Feuille, mots: Vocabulaire) -> list[Entete]:
    """Return the headers that a sheet may have, best first; empty when no row looks like one."""
    grille = Grille(feuille)
    candidates: dict[tuple[int, int], Entete] = {}
    lignes_max = min(len(feuille.lignes), LIGNES_MAX)
    pesees = [(_peser(grille, mots, ligne), ligne) for ligne in range(lignes_max)]
    for poids, ligne in sorted(pesees, key=lambda couple: (-couple[0], couple[1]))[:6]:
        if poids <= 0:
            continue
        premiere, derniere = _etendre(grille, mots, ligne)
        candidates.setdefault((premiere, derniere), lire(feuille, premiere, derniere, mots))
    return sorted(candidates.values(), key=lambda entete: (-entete.score, entete.premiere))


def lire(feuille: Feuille, premiere: int, derniere: int, mots: Vocabulaire) -> Entete:
    """Return the header of these rows, as told: nothing is guessed of where it is."""
    grille = Grille(feuille)
    titres = tuple(_titre(grille, premiere, derniere, colonne) for colonne in range(grille.largeur))
    poids: dict[str, float] = {}
    for titre in titres:
        sens, valeur = mots.poids(titre.texte, fautes=True)
        if not sens and titre.groupe:
            sens, valeur = mots.poids(titre.entier)
        if sens:
            poids[sens] = max(poids.get(sens, 0.0), valeur)
    remplies = sum(
        any(not est_vide(valeur) for valeur in ligne)
        for ligne in feuille.lignes[derniere + 1 : derniere + 1 + _LIGNES_PESEES]
    )
    score = round(10 * sum(poids.values()) + 2 * remplies) if poids else 0
    return Entete(premiere, derniere, titres, score, len(poids))


def voisins(feuille: Feuille, entete: Entete, mots: Vocabulaire) -> list[Entete]:
    """Return the headers near this one that a person may prefer: one row of it, one row more, the row beside it."""
    grille = Grille(feuille)
    p, d = entete.premiere, entete.derniere
    bornes = dict.fromkeys(
        ((p, p), (d, d), (p, p + 1), (p - 1, p), (p - 1, d), (p, d + 1), (p - 1, p - 1), (d + 1, d + 1))
    )
    return [
        lire(feuille, premiere, derniere, mots)
        for premiere, derniere in bornes
        if (premiere, derniere) != (p, d) and _est_possible(grille, premiere, derniere)
    ]


def _est_possible(grille: Grille, premiere: int, derniere: int) -> bool:
    """Return whether these rows may be a header: titles in each, not only the title of the table, and rows below."""
    if premiere < 0 or derniere + 1 >= len(grille.feuille.lignes) or derniere - premiere >= NIVEAUX_MAX:
        return False
    if derniere >= grille.hauteur:
        return False
    propres = [grille.propres(ligne) for ligne in range(premiere, derniere + 1)]
    # one group of columns is enough above titles
    groupes = all(len(colonnes) >= 2 or min(colonnes, default=0) > 0 for colonnes in propres[:-1])
    return groupes and len(propres[-1]) >= 2


def sans_titres_connus(feuille: Feuille) -> tuple[int, int] | None:
    """Return the row to take for a header when no title is known: the first full row of texts above rows as full."""
    grille = Grille(feuille)
    for ligne in range(min(len(feuille.lignes) - 1, LIGNES_MAX)):
        propres = grille.propres(ligne)
        textes = all(isinstance(feuille.lignes[ligne][colonne], str) for colonne in propres)
        if len(propres) < 2 or not textes:
            continue
        suivantes = feuille.lignes[ligne + 1 : ligne + 6]
        if any(sum(not est_vide(valeur) for valeur in suivante) >= 2 for suivante in suivantes):
            return ligne, ligne
    return None


def _peser(grille: Grille, mots: Vocabulaire, ligne: int) -> float:
    """Return how much a row looks like a header; nothing for a row with less than two titles known.

    Typing errors are looked for only in a row that has a title as it is written.
    """
    connus, _ = _titres_connus(grille, mots, ligne, fautes=False)
    if not connus:
        return 0.0
    connus, contre = _titres_connus(grille, mots, ligne, fautes=True)
    return sum(connus.values()) - contre if len(connus) >= 2 else 0.0


def _titres_connus(
    grille: Grille, mots: Vocabulaire, ligne: int, fautes: bool
) -> tuple[dict[str, float], float]:
    """Return what the titles of a row say, each with its weight, and what its other cells weigh against it."""
    connus: dict[str, float] = {}
    contre = 0.0
    vues: set[Origine] = set()
    for colonne in range(grille.largeur):
        origine = grille.origine(ligne, colonne)
        texte = grille.texte(ligne, colonne)
        if origine in vues or not texte:
            continue
        vues.add(origine)
        if origine == (ligne, colonne) and grille.est_une_valeur(ligne, colonne):
            contre += 1.0
            continue
        sens, poids = mots.poids(texte, fautes)
        if sens:
            connus[sens] = max(connus.get(sens, 0.0), poids)
        else:
            contre += 0.4 if len(texte) <= LONGUEUR_MAX else 1.0
    return connus, contre


def _etendre(grille: Grille, mots: Vocabulaire, ligne: int) -> tuple[int, int]:
    """Return the first and last rows of the header of which `ligne` is one."""
    premiere = derniere = ligne
    for colonne in range(grille.largeur):
        origine = grille.origine(ligne, colonne)[0]
        if grille.texte(ligne, colonne) and ligne - NIVEAUX_MAX < origine < premiere:
            premiere = origine
    while derniere - premiere + 1 < NIVEAUX_MAX and _sont_des_sous_titres(
        grille, mots, premiere, derniere + 1
    ):
        derniere += 1
    while derniere - premiere + 1 < NIVEAUX_MAX and _sont_des_groupes(grille, mots, premiere - 1):
        premiere -= 1
    return premiere, derniere


def _sont_des_sous_titres(grille: Grille, mots: Vocabulaire, premiere: int, ligne: int) -> bool:
    """Return whether the row below a header goes on with it: sub-titles under groups, not a first row of values."""
    if ligne >= len(grille.feuille.lignes) or ligne >= grille.hauteur:
        return False
    propres = grille.propres(ligne)
    if not propres:
        # a row that has nothing but what is merged from above is of the header
        return any(grille.origine(ligne, colonne)[0] < ligne for colonne in range(grille.largeur))
    appuis = 0
    for colonne in propres:
        texte = grille.texte(ligne, colonne)
        dessus = grille.texte(ligne - 1, colonne)
        if len(texte) > TITRE_COURT or grille.est_une_valeur(ligne, colonne):
            return False
        if mots.poids(dessus)[0] in ("porteur", "intitule", "description", "objectifs"):
            return False
        sous_groupe = bool(dessus) and grille.origine(ligne - 1, colonne) != (ligne - 1, colonne)
        oui_ou_non = _est_un_choix(grille, ligne, colonne)
        appuis += sous_groupe or oui_ou_non or _est_un_sous_titre(mots, texte)
    return 2 * appuis > len(propres) and _a_gauche(grille, mots, premiere, ligne, propres)


# A group or a sub-title is a few words.
TITRE_COURT = 60


def _a_gauche(grille: Grille, mots: Vocabulaire, premiere: int, ligne: int, propres: Iterable[int]) -> bool:
    """Return whether the row is under a header at all: one of its cells stands under a group or a blank title."""
    return any(
        not grille.texte(ligne - 1, colonne)
        or grille.etendue(*grille.origine(ligne - 1, colonne)) > 1
        or _est_un_groupe(mots, grille.texte(ligne - 1, colonne))
        for colonne in propres
    )


def _sont_des_groupes(grille: Grille, mots: Vocabulaire, ligne: int) -> bool:
    """Return whether the row above a header groups its columns: not the title of the table, nor a sentence."""
    if ligne < 0:
        return False
    propres = grille.propres(ligne)
    titrees = sum(bool(grille.texte(ligne + 1, colonne)) for colonne in range(grille.largeur)) or 1
    groupe = False
    for colonne in propres:
        texte, etendue = grille.texte(ligne, colonne), grille.etendue(ligne, colonne)
        if (
            len(texte) > TITRE_COURT
            or grille.est_une_valeur(ligne, colonne)
            or etendue > _PART_TITRE * titrees
        ):
            return False
        groupe = groupe or etendue > 1 or (colonne > 0 and _est_un_groupe(mots, texte))
    return groupe


def _est_un_choix(grille: Grille, ligne: int, colonne: int) -> bool:
    """Return whether « oui » and « non » stand side by side, as the sub-titles of a question; alone, an answer."""
    autre = {"oui": "non", "non": "oui"}.get(cle_titre(grille.texte(ligne, colonne)), "")
    voisines = [voisine for voisine in (colonne - 1, colonne + 1) if 0 <= voisine < grille.largeur]
    return bool(autre) and any(cle_titre(grille.texte(ligne, voisine)) == autre for voisine in voisines)


def _est_un_sous_titre(mots: Vocabulaire, texte: str) -> bool:
    return bool(mots.poids(texte)[0]) or est_argent(texte) or est_public(texte) or cle_titre(texte) == "%"


def _est_un_groupe(mots: Vocabulaire, texte: str) -> bool:
    sens = mots.poids(texte)[0]
    # « Hors total », above the funders that are not in it
    hors_total = "total" in cle_titre(texte).split()
    return sens.startswith(("montant", "?")) or hors_total or est_argent(texte) or est_public(texte)


# -- The title of a column -------------------------------------------------------------------------
def _titre(grille: Grille, premiere: int, derniere: int, colonne: int) -> Titre:
    """Return the title of a column: the lowest text, and as its group those above it."""
    niveaux = list(_niveaux(grille, premiere, derniere, colonne))
    distincts = list(dict.fromkeys(niveaux))
    if not distincts:
        return Titre("")
    return Titre(distincts[-1], " / ".join(distincts[:-1]))


def _niveaux(grille: Grille, premiere: int, derniere: int, colonne: int) -> Iterator[str]:
    for ligne in range(premiere, derniere + 1):
        texte = grille.texte(ligne, colonne)
        if not texte and _a_un_sous_titre(grille, ligne, derniere, colonne):
            texte = _groupe_a_gauche(grille, ligne, derniere, colonne)
        if texte:
            yield " ".join(texte.split())[: 2 * LONGUEUR_MAX]


def _a_un_sous_titre(grille: Grille, ligne: int, derniere: int, colonne: int) -> bool:
    return any(grille.texte(dessous, colonne) for dessous in range(ligne + 1, derniere + 1))


def _groupe_a_gauche(grille: Grille, ligne: int, derniere: int, colonne: int) -> str:
    """Return the group that goes on from the left, where a file without merged cells leaves blanks after it."""
    if ligne in grille.lignes_fusionnees:
        return ""
    for voisine in range(colonne - 1, -1, -1):
        texte = grille.texte(ligne, voisine)
        if texte:
            # a title that has no sub-title is no group
            return texte if _a_un_sous_titre(grille, ligne, derniere, voisine) else ""
    return ""
