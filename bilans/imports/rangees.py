"""The rows of a recognised table as they are read: which cells each has, and what it takes from merged ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from documents.tableurs.modele import Feuille, Valeur, adresse, nom_colonne

from . import champs, signalements
from .champs import CHAMPS, Confiance, Genre, est_montant, lire_effectif
from .modele import Colonne, Structure
from .profils import en_texte, est_idem, est_vide, nombre_lu
from .signalements import Signalement
from .titres import cle_titre

AXES = ("axe_1", "axe_2", "axe_3")
CLES_DE_LIGNE = (champs.PORTEUR, champs.INTITULE)
# Texts so short that nothing of them is cut at a page: what makes a row more than the end of another.
_COURTS = frozenset(
    {*CLES_DE_LIGNE, *AXES, "siret", "rna", "reference", "ordre", "annee"}
    | {"thematique", "dispositif", "type", "statut", "financeur", "realisation", "domaine"}
    | {"date_debut", "date_fin", "territoires"}
)


class NatureLigne(StrEnum):
    """What a row is. The first two are an action each."""

    ACTION = "action"
    # porteur or title left empty, or merged: as above
    CONTINUATION = "continuation"
    # the end of a long text, cut by a page break: glued to the row above
    SUITE = "suite"
    VIDE = "vide"
    # a heading between rows: a porteur, an axe
    TITRE = "titre"
    # the header, or the header again
    ENTETE = "entete"
    SOUS_TOTAL = "sous_total"
    TOTAL = "total"
    # percentages
    PARTS = "parts"
    # a number that no sum explains, alone in its row
    ORPHELINE = "orpheline"
    NOTE = "note"


ACTIONS = (NatureLigne.ACTION, NatureLigne.CONTINUATION)


@dataclass(frozen=True)
class LigneLue:
    """A row: its number in the sheet (from 1), its nature, its values by key of column (`Structure.cles`).

    A blank has no key: it is not zero. `valeurs` are as typed in the cell (text, int, Decimal, date…); what a row of
    `SUITE` says is already in the row above, whose `suites` name it. `cellules` gives the address of each value
    (« F12 »), `heritees` the keys taken from above or from a merged cell. `brut` is the row as text, column by column
    of the structure.
    """

    numero: int
    nature: NatureLigne
    valeurs: Mapping[str, Valeur] = field(default_factory=dict)
    cellules: Mapping[str, str] = field(default_factory=dict)
    heritees: frozenset[str] = frozenset()
    brut: tuple[str, ...] = ()
    suites: tuple[int, ...] = ()
    signalements: tuple[Signalement, ...] = ()

    @property
    def est_une_action(self) -> bool:
        """Whether it is an action of the table."""
        return self.nature in ACTIONS


# -- Rows being read -------------------------------------------------------------------------------
@dataclass
class Brouillon:
    """A row while it is read."""

    rang: int
    nature: NatureLigne
    valeurs: dict[str, Valeur]
    cellules: dict[str, str]
    heritees: set[str] = field(default_factory=set)
    brut: tuple[str, ...] = ()
    suites: list[int] = field(default_factory=list)
    morceaux: dict[str, list[str]] = field(default_factory=dict)
    signalements: list[Signalement] = field(default_factory=list)

    @property
    def numero(self) -> int:
        return self.rang + 1

    def recoller(self, cle: str, texte: str, cellule: str) -> None:
        """Add the end of a text that a page break had cut."""
        if cle not in self.morceaux:
            self.morceaux[cle] = [en_texte(self.valeurs[cle])] if cle in self.valeurs else []
            self.cellules.setdefault(cle, cellule)
        self.morceaux[cle].append(texte)

    def figer(self) -> LigneLue:
        for cle, morceaux in self.morceaux.items():
            self.valeurs[cle] = " ".join(morceaux)
        return LigneLue(
            self.numero,
            self.nature,
            self.valeurs,
            self.cellules,
            frozenset(self.heritees),
            self.brut,
            tuple(self.suites),
            tuple(self.signalements),
        )


class Tableau:
    """A sheet with what is known of its columns: which cells a row has, which it takes from a merged cell."""

    def __init__(self, feuille: Feuille, structure: Structure) -> None:
        self.feuille, self.structure = feuille, structure
        largeur = len(feuille.lignes[0]) if feuille.lignes else 0
        self.colonnes = [
            colonne
            for colonne in structure.colonnes
            if colonne.index < largeur and colonne.champ != champs.IGNORER
        ]
        self.par_index = {colonne.index: colonne for colonne in self.colonnes}
        self.lettres = {i: nom_colonne(i) for i in self.par_index}
        self.cles = structure.cles
        self.debut = structure.entete[1] + 1

    def des_champs(self, *noms: str) -> list[int]:
        """Return the columns of these fields."""
        return [colonne.index for colonne in self.colonnes if colonne.champ in noms]

    @cached_property
    def porteur(self) -> int | None:
        return next(iter(self.des_champs(champs.PORTEUR)), None)

    @cached_property
    def intitule(self) -> int | None:
        return next(iter(self.des_champs(champs.INTITULE)), None)

    @cached_property
    def en_nombres(self) -> frozenset[int]:
        """The columns of figures."""
        return frozenset(colonne.index for colonne in self.colonnes if _est_en_nombres(colonne))

    @cached_property
    def longs(self) -> frozenset[int]:
        """The columns of texts that may be long: what a page break cuts."""
        return frozenset(
            colonne.index
            for colonne in self.colonnes
            if colonne.champ not in _COURTS and colonne.index not in self.en_nombres
        )

    @cached_property
    def titres_par_ligne(self) -> list[dict[int, str]]:
        """The titles of each row of the header, to know the header when it comes again."""
        premiere, derniere = self.structure.entete
        return [
            {i: cle_titre(en_texte(valeur)[:200]) for i, valeur in enumerate(ligne) if not est_vide(valeur)}
            for ligne in self.feuille.lignes[premiere : derniere + 1]
        ]

    @cached_property
    def fusions(self) -> dict[tuple[int, int], tuple[int, int]]:
        """The cell whose value each merged cell below it shows: downwards only, in the rows of the table."""
        origines: dict[tuple[int, int], tuple[int, int]] = {}
        restantes = 2 * len(self.feuille.lignes) * max(len(self.colonnes), 1)
        for plage in self.feuille.fusions:
            if plage.ligne1 < self.debut or plage.colonne1 not in self.par_index:
                continue
            restantes -= plage.ligne2 - plage.ligne1
            # ranges that overlap without end are no one's table
            if restantes < 0:
                break
            for ligne in range(plage.ligne1 + 1, plage.ligne2 + 1):
                origines[ligne, plage.colonne1] = (plage.ligne1, plage.colonne1)
        return origines

    @cached_property
    def larges(self) -> frozenset[tuple[int, int]]:
        """The cells merged over several columns: headings."""
        return frozenset(
            (plage.ligne1, plage.colonne1)
            for plage in self.feuille.fusions
            if plage.colonne2 > plage.colonne1
        )

    def propres(self, rang: int) -> dict[int, Valeur]:
        """Return what the row says itself, by column."""
        ligne = self.feuille.lignes[rang]
        return {
            i: ligne[i] for i in self.par_index if not est_vide(ligne[i]) and not self._repete(i, ligne[i])
        }

    def repetees(self, rang: int) -> list[int]:
        """Return the columns where the row says « idem »: as above. Never of figures, that are not guessed."""
        ligne = self.feuille.lignes[rang]
        return [i for i in self.par_index if self._repete(i, ligne[i])]

    def _repete(self, i: int, valeur: Valeur) -> bool:
        return i not in self.en_nombres and est_idem(valeur)

    def herites(self, rang: int) -> dict[int, tuple[Valeur, tuple[int, int]]]:
        """Return what the row takes from a cell merged from above, amounts left aside, with the cell it is in."""
        if not self.fusions:
            return {}
        lus = {}
        for i in self.par_index:
            origine = self.fusions.get((rang, i))
            if origine is not None and i not in self.en_nombres:
                valeur = self.feuille.lignes[origine[0]][origine[1]]
                if not est_vide(valeur):
                    lus[i] = (valeur, origine)
        return lus

    def brouillon(self, rang: int, nature: NatureLigne, propres: Mapping[int, Valeur]) -> Brouillon:
        """Return the row as it is written."""
        ligne = self.feuille.lignes[rang]
        return Brouillon(
            rang,
            nature,
            {self.cles[i]: valeur for i, valeur in propres.items()},
            {self.cles[i]: f"{self.lettres[i]}{rang + 1}" for i in propres},
            brut=tuple(en_texte(ligne[i]) for i in self.par_index),
        )

    def entete(self) -> Brouillon:
        """Return the last row of the header, with its titles that were read in spite of an error (COH-09)."""
        rang = self.structure.entete[1]
        brouillon = self.brouillon(rang, NatureLigne.ENTETE, {})
        for colonne in self.colonnes:
            if colonne.confiance is Confiance.PROBABLE and colonne.raison.startswith("Le titre dit"):
                brouillon.signalements.append(
                    signalements.titre_corrige(colonne.raison, adresse(rang, colonne.index))
                )
        return brouillon


def _est_en_nombres(colonne: Colonne) -> bool:
    if est_montant(colonne.champ) or lire_effectif(colonne.champ) is not None:
        return True
    genre = CHAMPS[colonne.champ].genre if colonne.champ in CHAMPS else Genre.TEXTE
    return genre in (Genre.MONTANT, Genre.PART) or colonne.champ in (
        "nombre_seances",
        "salaries",
        "benevoles",
    )


def est_en_euros(colonne: Colonne) -> bool:
    return colonne.est_montant or (colonne.champ in CHAMPS and CHAMPS[colonne.champ].genre is Genre.MONTANT)


def nombres_de(propres: Mapping[int, Valeur]) -> dict[int, Decimal]:
    lus = ((i, nombre_lu(valeur)) for i, valeur in propres.items())
    return {i: lu for i, lu in lus if lu is not None}
