"""What each row of a recognised table is, and what it says: typed as it was written, never interpreted.

A row is an action, the rest of one, a heading, a total of one sort or another, or a note. Rows are read once,
downwards: sums of what is above tell a subtotal from an amount.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from documents.normalisation import normaliser
from documents.tableurs.modele import Feuille, Valeur, adresse, nom_colonne

from . import champs, fiches, signalements
from .champs import CHAMPS, Confiance, Genre, est_montant, lire_effectif
from .modele import AVEC_ACTIONS, Colonne, Disposition, Structure
from .profils import en_texte, est_pourcentage, est_vide, nombre_lu
from .signalements import Montant, Signalement
from .titres import cle_titre

__all__ = ["LigneLue", "NatureLigne", "Signalement", "lire_lignes"]

_AXES = ("axe_1", "axe_2", "axe_3")
_CLES_DE_LIGNE = (champs.PORTEUR, champs.INTITULE)
# Texts so short that nothing of them is cut at a page: what makes a row more than the end of another.
_COURTS = frozenset(
    {
        *_CLES_DE_LIGNE,
        *_AXES,
        "siret",
        "rna",
        "reference",
        "ordre",
        "annee",
        "thematique",
        "dispositif",
        "type",
    }
    | {"statut", "financeur", "realisation", "domaine", "date_debut", "date_fin", "territoires"}
)
_TOTAL = re.compile(r"(sous[ -]?total|s ?/ ?total|total|totaux|somme|cumul|montant total|ensemble$)\b")
_TOTAL_SEC = re.compile(r"(sous[ -]?total|s ?/ ?total|total|totaux|total general|somme|cumul)( :)?")
_SOUS_TOTAL = re.compile(r"(sous[ -]?total|s ?/ ?total|cumul)\b")
_GENERAL = re.compile(r"total (general|programm|contrat|global|de la programmation|toutes)|totaux|total pdv")
_LIBELLE_PARTS = re.compile(r"(%|parts?|repartition|taux|pourcentages?|en %)\b|%")
_TITRE_D_AXE = re.compile(
    r"(axe|pilier|enjeu|orientation|objectif|volet|theme|thematique|priorite|domaine)s?\b"
)
_NOTE = re.compile(r"(\*|nb\b|n\.b|source|note\b|remarque|\(\d|fait a|legende|\d\)|attention)")
_FIN_DE_PHRASE = (".", "!", "?", "…", ":", "»")
# A column filled on fewer rows than this, first row included, is filled once for a group of rows.
_PART_GROUPEE = Decimal("0.6")
# A column without title, used on fewer rows than one in so many, is no column: these cells are one too many.
LIGNES_PAR_EGAREE = 20


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


_ACTIONS = (NatureLigne.ACTION, NatureLigne.CONTINUATION)


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
        return self.nature in _ACTIONS


def lire_lignes(feuille: Feuille, structure: Structure) -> tuple[LigneLue, ...]:
    """Return the rows below the header, the header first; blank rows included, one for each row of the sheet.

    Of a form, one row an action, numbered by its first label. A table that holds no actions (`Disposition`) gives its
    rows as notes and totals. Nothing is raised: what cannot be read is a `Signalement`.
    """
    if structure.disposition is Disposition.FICHE:
        return tuple(_lire_fiches(feuille, structure))
    tableau = _Tableau(feuille, structure)
    brouillons = [tableau.entete(), *_Parcours(tableau).lire()]
    _signaler_les_colonnes(tableau, brouillons)
    return tuple(brouillon.figer() for brouillon in brouillons)


# -- Rows being read -------------------------------------------------------------------------------
@dataclass
class _Brouillon:
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


class _Tableau:
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
        return {i: ligne[i] for i in self.par_index if not est_vide(ligne[i])}

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

    def brouillon(self, rang: int, nature: NatureLigne, propres: Mapping[int, Valeur]) -> _Brouillon:
        """Return the row as it is written."""
        ligne = self.feuille.lignes[rang]
        return _Brouillon(
            rang,
            nature,
            {self.cles[i]: valeur for i, valeur in propres.items()},
            {self.cles[i]: f"{self.lettres[i]}{rang + 1}" for i in propres},
            brut=tuple(en_texte(ligne[i]) for i in self.par_index),
        )

    def entete(self) -> _Brouillon:
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


# -- Reading downwards -----------------------------------------------------------------------------
class _Sommes:
    """What the rows above add up to, by column: since the last subtotal, for each porteur, in all."""

    def __init__(self) -> None:
        self.bloc: dict[int, Decimal] = {}
        self.tout: dict[int, Decimal] = {}
        self.par_porteur: dict[str, dict[int, Decimal]] = {}
        self.plus_grands: dict[int, Decimal] = {}

    def ajouter(self, porteur: str, nombres: Mapping[int, Decimal]) -> None:
        """Count the figures of an action."""
        du_porteur = self.par_porteur.setdefault(porteur, {})
        for i, nombre in nombres.items():
            for sommes in (self.bloc, self.tout, du_porteur):
                sommes[i] = sommes.get(i, Decimal(0)) + nombre
            self.plus_grands[i] = max(self.plus_grands.get(i, nombre), nombre)

    def clore(self) -> None:
        """Begin a block: what is above has its subtotal."""
        self.bloc, self.plus_grands = {}, {}


class _Parcours:
    """The reading of the rows, one after the other."""

    def __init__(self, tableau: _Tableau) -> None:
        self.tableau = tableau
        self.sommes = _Sommes()
        self.precedent: _Brouillon | None = None
        self.porteur: tuple[Valeur, str, int] | None = None
        self.titre_courant: dict[str, tuple[Valeur, str]] = {}
        self.apres_total = False

    @cached_property
    def derniere_action(self) -> int:
        """The last row that can only be an action: a title or a porteur, and something else.

        Of a table that has neither column, the last row that is no total.
        """
        tableau = self.tableau
        cles = [i for i in (tableau.porteur, tableau.intitule) if i is not None]
        for rang in range(len(tableau.feuille.lignes) - 1, tableau.debut - 1, -1):
            propres = tableau.propres(rang)
            nomme = not cles or any(isinstance(propres.get(i), str) for i in cles)
            if nomme and len(propres) >= 2 and not self._est_un_total(propres, _nombres(propres)):
                return rang
        return tableau.debut - 1

    @cached_property
    def groupees(self) -> list[int]:
        """The columns of axes filled once for a group of rows, as merged cells are once they are lost."""
        return [i for i in self.tableau.des_champs(*_AXES) if self._est_groupee(i)]

    def _est_groupee(self, i: int) -> bool:
        tableau, intitule = self.tableau, self.tableau.intitule
        if intitule is None or i > intitule:
            return False
        lignes = [ligne for ligne in tableau.feuille.lignes[tableau.debut :] if not est_vide(ligne[intitule])]
        remplies = sum(not est_vide(ligne[i]) for ligne in lignes)
        commence = bool(lignes) and not est_vide(lignes[0][i])
        return commence and remplies < _PART_GROUPEE * len(lignes)

    def lire(self) -> Iterator[_Brouillon]:
        """Yield the rows below the header."""
        tableau = self.tableau
        avec_actions = tableau.structure.disposition in AVEC_ACTIONS
        for rang in range(tableau.debut, len(tableau.feuille.lignes)):
            propres, herites = tableau.propres(rang), tableau.herites(rang)
            nature = self._nature(rang, propres, herites)
            if not avec_actions and nature in (*_ACTIONS, NatureLigne.SUITE):
                nature = NatureLigne.NOTE
            brouillon = tableau.brouillon(rang, nature, propres)
            self._completer(brouillon, propres, herites)
            yield brouillon

    # -- What it is --------------------------------------------------------------------------------
    def _nature(self, rang: int, propres: Mapping[int, Valeur], herites: Mapping[int, object]) -> NatureLigne:
        tableau = self.tableau
        if not propres:
            return NatureLigne.VIDE
        if self._est_l_entete(propres):
            return NatureLigne.ENTETE
        nombres = _nombres(propres)
        if self._est_de_parts(rang, propres, nombres):
            return NatureLigne.PARTS
        if self._est_un_total(propres, nombres):
            return self._quel_total(rang, propres, nombres)
        if len(nombres) == len(propres) and not propres.keys() & {tableau.intitule, tableau.porteur}:
            return self._que_des_nombres(rang, nombres, bool(herites.keys() & {tableau.intitule}))
        if len(propres) == 1 and not herites:
            return self._une_seule_case(rang, *next(iter(propres.items())))
        if propres.keys() <= tableau.longs and not herites.keys() & {tableau.intitule, tableau.porteur}:
            if self.apres_total or self.precedent is None:
                return NatureLigne.NOTE
            return NatureLigne.SUITE
        return self._action(rang, propres, herites)

    def _est_l_entete(self, propres: Mapping[int, Valeur]) -> bool:
        for titres in self.tableau.titres_par_ligne:
            if len(titres) < 2:
                continue
            pareils = sum(
                isinstance(valeur, str) and titres.get(i) == cle_titre(valeur[:200])
                for i, valeur in propres.items()
                if i in titres
            )
            if pareils >= 2 and 10 * pareils >= 6 * len(propres):
                return True
        return False

    def _est_de_parts(self, rang: int, propres: Mapping[int, Valeur], nombres: Mapping[int, Decimal]) -> bool:
        textes = [valeur for i, valeur in propres.items() if isinstance(valeur, str) and i not in nombres]
        libelles = [texte for texte in textes if not est_pourcentage(texte)]
        if len(libelles) > 1:
            return False
        annonce = bool(libelles) and bool(_LIBELLE_PARTS.match(normaliser(libelles[0][:100])))
        if libelles and not annonce:
            return False
        parts = [i for i, valeur in propres.items() if self._est_une_part(rang, i, valeur)]
        return len(parts) == len(propres) - len(libelles) and (len(parts) >= 2 or (annonce and bool(parts)))

    def _est_une_part(self, rang: int, i: int, valeur: Valeur) -> bool:
        if (rang, i) in self.tableau.feuille.pourcentages or est_pourcentage(valeur):
            return True
        # « 0,47 » without its format; a 0 beside it is a part too
        en_argent = i in self.tableau.en_nombres and not isinstance(valeur, (str, bool))
        lu = nombre_lu(valeur)
        return en_argent and lu is not None and 0 <= lu <= 1

    def _est_un_total(self, propres: Mapping[int, Valeur], nombres: Mapping[int, Decimal]) -> bool:
        """Return whether a label of the row says « total », with figures and no text of an action."""
        textes = {i: valeur for i, valeur in propres.items() if isinstance(valeur, str) and i not in nombres}
        if not textes or len(textes) > 3 or len(textes) == len(propres):
            return False
        if any(len(texte) > 80 for texte in textes.values()):
            return False
        tableau = self.tableau
        motif = _TOTAL_SEC if {tableau.porteur, tableau.intitule} <= textes.keys() else _TOTAL
        trouver = motif.fullmatch if motif is _TOTAL_SEC else motif.match
        cles = [i for i in textes if i not in tableau.longs]
        return any(trouver(normaliser(textes[i])) for i in (cles or textes))

    def _quel_total(
        self, rang: int, propres: Mapping[int, Valeur], nombres: Mapping[int, Decimal]
    ) -> NatureLigne:
        """Return whether a row that says « total » is the whole's or a part's: by its words, its sums, its place."""
        dits = [normaliser(valeur) for valeur in propres.values() if isinstance(valeur, str)]
        if any(_SOUS_TOTAL.match(dit) for dit in dits):
            return NatureLigne.SOUS_TOTAL
        if any(_GENERAL.match(dit) for dit in dits) or rang > self.derniere_action:
            return NatureLigne.TOTAL
        if (
            nombres
            and self._egales(nombres, self.sommes.tout)
            and not self._egales(nombres, self.sommes.bloc)
        ):
            return NatureLigne.TOTAL
        return NatureLigne.SOUS_TOTAL

    def _que_des_nombres(self, rang: int, nombres: Mapping[int, Decimal], sous_un_titre: bool) -> NatureLigne:
        """Return what a row without a word is: a subtotal, a total, an orphan number, amounts of the row above."""
        if sous_un_titre:
            return NatureLigne.CONTINUATION
        if len(nombres) == 1:
            if self._est_une_somme(*next(iter(nombres.items()))):
                return NatureLigne.TOTAL if self._est_le_tout(rang, nombres) else NatureLigne.SOUS_TOTAL
            return NatureLigne.ORPHELINE
        if rang > self.derniere_action:
            return NatureLigne.TOTAL
        grands = all(nombre >= self.sommes.plus_grands.get(i, Decimal(0)) for i, nombre in nombres.items())
        if grands or self._egales(nombres, self.sommes.bloc) or self.precedent is None:
            return NatureLigne.SOUS_TOTAL
        return NatureLigne.CONTINUATION

    def _est_une_somme(self, i: int, nombre: Decimal) -> bool:
        """Return whether a lone number is the sum of what is above: of its column, or of the totals of the rows."""
        sommes = [self.sommes.bloc, self.sommes.tout, *self._du_porteur()]
        colonnes = {i}
        if self.tableau.par_index[i].champ in (champs.SOUS_TOTAL, champs.TOTAL_LIGNE, champs.NOTE):
            colonnes |= set(self.tableau.des_champs(champs.TOTAL_LIGNE))
            if any(self._des_montants(somme) == nombre for somme in sommes):
                return True
        return any(somme.get(colonne) == nombre for somme in sommes for colonne in colonnes)

    def _du_porteur(self) -> list[dict[int, Decimal]]:
        porteur = _cle_porteur(self.porteur)
        return [self.sommes.par_porteur[porteur]] if porteur in self.sommes.par_porteur else []

    def _des_montants(self, sommes: Mapping[int, Decimal]) -> Decimal | None:
        lus = [
            sommes[colonne.index]
            for colonne in self.tableau.colonnes
            if colonne.est_montant and colonne.index in sommes
        ]
        return sum(lus, Decimal(0)) if lus else None

    def _est_le_tout(self, rang: int, nombres: Mapping[int, Decimal]) -> bool:
        entier = self.sommes.bloc != self.sommes.tout or rang > self.derniere_action
        return rang > self.derniere_action and entier and self._egales(nombres, self.sommes.tout)

    def _egales(self, nombres: Mapping[int, Decimal], sommes: Mapping[int, Decimal]) -> bool:
        return all(sommes.get(i, Decimal(0)) == nombre for i, nombre in nombres.items())

    def _une_seule_case(self, rang: int, i: int, valeur: Valeur) -> NatureLigne:
        """Return what a row of one text is: the end of the text above, a heading, a note, an action by its title."""
        tableau = self.tableau
        texte = normaliser(en_texte(valeur)[:200])
        large = (rang, i) in tableau.larges
        if i in tableau.longs and not large:
            coupee = self.precedent is not None and not self.apres_total and not _NOTE.match(texte)
            return NatureLigne.SUITE if coupee else NatureLigne.NOTE
        if _NOTE.match(texte) or (rang > self.derniere_action and i != tableau.intitule):
            return NatureLigne.NOTE
        if large or i != tableau.intitule or _TITRE_D_AXE.match(texte):
            return NatureLigne.TITRE if i in tableau.par_index and len(texte) <= 120 else NatureLigne.NOTE
        if len(tableau.colonnes) <= 2:
            return self._action(rang, {i: valeur}, {})
        if self.apres_total:
            return NatureLigne.NOTE
        # a title alone: an action of the porteur above when the porteur stands at its left, a heading otherwise
        apres_un_porteur = tableau.porteur is not None and tableau.porteur < i and self.porteur is not None
        return NatureLigne.CONTINUATION if apres_un_porteur else NatureLigne.TITRE

    def _action(self, rang: int, propres: Mapping[int, Valeur], herites: Mapping[int, object]) -> NatureLigne:
        """Return whether the row is an action by itself, one that goes on, or a note after the table."""
        tableau = self.tableau
        dits = propres.keys() | herites.keys()
        if tableau.intitule is None and tableau.porteur is None:
            return NatureLigne.NOTE if self.apres_total else NatureLigne.ACTION
        a_un_intitule, a_un_porteur = tableau.intitule in dits, tableau.porteur in dits
        if not a_un_intitule and not a_un_porteur:
            if self.precedent is None or (rang > self.derniere_action and self.apres_total):
                return NatureLigne.NOTE
            return NatureLigne.CONTINUATION
        manque = tableau.porteur is not None and tableau.porteur not in propres and self.porteur is not None
        sans_titre = tableau.intitule is not None and tableau.intitule not in propres
        meme = a_un_porteur and _cle_porteur(self.porteur) == _cle(propres.get(tableau.porteur or 0))
        if manque or (sans_titre and self.precedent is not None and (a_un_intitule or meme)):
            return NatureLigne.CONTINUATION
        return NatureLigne.ACTION

    # -- What it says ------------------------------------------------------------------------------
    def _completer(
        self,
        brouillon: _Brouillon,
        propres: Mapping[int, Valeur],
        herites: Mapping[int, tuple[Valeur, tuple[int, int]]],
    ) -> None:
        """Give the row what it takes from above, and remember what the next ones will need."""
        nature = brouillon.nature
        if nature in _ACTIONS:
            self._heriter(brouillon, propres, herites)
            self._retenir(brouillon, propres)
        elif nature is NatureLigne.SUITE and self.precedent is not None:
            self._recoller(self.precedent, brouillon, propres)
        elif nature is NatureLigne.TITRE:
            self._intituler(brouillon, propres)
        elif nature is NatureLigne.SOUS_TOTAL:
            self.sommes.clore()
        elif nature is NatureLigne.TOTAL:
            self.sommes.clore()
            self.apres_total = brouillon.rang > self.derniere_action
        _signaler_les_cases(self.tableau, brouillon, propres)

    def _heriter(
        self,
        brouillon: _Brouillon,
        propres: Mapping[int, Valeur],
        herites: Mapping[int, tuple[Valeur, tuple[int, int]]],
    ) -> None:
        tableau = self.tableau
        for i, (valeur, origine) in herites.items():
            self._donner(brouillon, tableau.cles[i], valeur, adresse(*origine))
        avant = self.precedent
        for cle, (valeur, cellule) in self.titre_courant.items():
            self._donner(brouillon, cle, valeur, cellule)
        vides = []
        porteur_vide = tableau.porteur is not None and champs.PORTEUR not in brouillon.valeurs
        if porteur_vide and self.porteur is not None:
            self._donner(brouillon, champs.PORTEUR, self.porteur[0], self.porteur[1])
            vides.append("le porteur")
        if avant is None:
            return
        for i in self.groupees:
            cle = tableau.cles[i]
            if cle in avant.valeurs:
                self._donner(brouillon, cle, avant.valeurs[cle], avant.cellules[cle])
        sans_titre = tableau.intitule is not None and champs.INTITULE not in brouillon.valeurs
        if sans_titre and brouillon.nature is NatureLigne.CONTINUATION and champs.INTITULE in avant.valeurs:
            self._donner(
                brouillon, champs.INTITULE, avant.valeurs[champs.INTITULE], avant.cellules[champs.INTITULE]
            )
            vides.append("l'intitulé")
        elif sans_titre:
            brouillon.signalements.append(
                signalements.sans_intitule(brouillon.numero, adresse(brouillon.rang, tableau.intitule or 0))
            )
        if vides:
            premiere = tableau.porteur if "le porteur" in vides else tableau.intitule
            au_dessus = self.porteur[2] if vides == ["le porteur"] and self.porteur else avant.numero
            brouillon.signalements.append(
                signalements.comme_au_dessus(
                    vides, brouillon.numero, au_dessus, adresse(brouillon.rang, premiere or 0)
                )
            )

    def _donner(self, brouillon: _Brouillon, cle: str, valeur: Valeur, cellule: str) -> None:
        if cle not in brouillon.valeurs:
            brouillon.valeurs[cle] = valeur
            brouillon.cellules[cle] = cellule
            brouillon.heritees.add(cle)

    def _retenir(self, brouillon: _Brouillon, propres: Mapping[int, Valeur]) -> None:
        if champs.PORTEUR in brouillon.valeurs and champs.PORTEUR not in brouillon.heritees:
            valeur = brouillon.valeurs[champs.PORTEUR]
            self.porteur = (valeur, brouillon.cellules[champs.PORTEUR], brouillon.numero)
        self.precedent, self.apres_total = brouillon, False
        figures = {
            i: lu
            for i, lu in _nombres(propres).items()
            if i in self.tableau.en_nombres or not self._titree(i)
        }
        self.sommes.ajouter(_cle_porteur(self.porteur), figures)

    def _titree(self, i: int) -> bool:
        return bool(self.tableau.par_index[i].titre)

    def _recoller(self, avant: _Brouillon, brouillon: _Brouillon, propres: Mapping[int, Valeur]) -> None:
        for i, valeur in propres.items():
            cle, cellule = self.tableau.cles[i], adresse(brouillon.rang, i)
            texte = en_texte(valeur)
            dessus = avant.morceaux.get(cle) or [en_texte(avant.valeurs.get(cle))]
            certaine = texte[:1].islower() or not dessus[-1].rstrip().endswith(_FIN_DE_PHRASE)
            signalement = signalements.ligne_coupee(brouillon.numero, avant.numero, cellule, certaine)
            avant.recoller(cle, texte, cellule)
            avant.signalements.append(signalement)
        avant.suites.append(brouillon.numero)

    def _intituler(self, brouillon: _Brouillon, propres: Mapping[int, Valeur]) -> None:
        """Remember a heading: the porteur or the axe of the rows below, when the table has no column for it."""
        i, valeur = next(iter(propres.items()))
        cellule = adresse(brouillon.rang, i)
        if i == self.tableau.porteur and (brouillon.rang, i) not in self.tableau.larges:
            self.porteur = (valeur, cellule, brouillon.numero)
        elif _TITRE_D_AXE.match(normaliser(en_texte(valeur)[:100])):
            if not self.tableau.des_champs("axe_1"):
                self.titre_courant["axe_1"] = (valeur, cellule)
        elif self.tableau.porteur is None:
            self.titre_courant[champs.PORTEUR] = (valeur, cellule)
        self.sommes.clore()


def _nombres(propres: Mapping[int, Valeur]) -> dict[int, Decimal]:
    lus = ((i, nombre_lu(valeur)) for i, valeur in propres.items())
    return {i: lu for i, lu in lus if lu is not None}


def _cle(valeur: Valeur) -> str:
    return cle_titre(en_texte(valeur)[:200]) if valeur is not None else ""


def _cle_porteur(porteur: tuple[Valeur, str, int] | None) -> str:
    return _cle(porteur[0]) if porteur else ""


# -- What is to be said ----------------------------------------------------------------------------
def _signaler_les_cases(tableau: _Tableau, brouillon: _Brouillon, propres: Mapping[int, Valeur]) -> None:
    """Say what is odd in the cells of a row."""
    dits = brouillon.signalements
    rang = brouillon.rang
    if tableau.feuille.erreurs or tableau.feuille.sans_valeur:
        for i in tableau.par_index:
            if (rang, i) in tableau.feuille.erreurs:
                dits.append(signalements.case_en_erreur(adresse(rang, i), tableau.feuille.erreurs[rang, i]))
            elif (rang, i) in tableau.feuille.sans_valeur:
                dits.append(signalements.formule_sans_valeur(adresse(rang, i)))
    if brouillon.nature not in _ACTIONS:
        return
    lus: list[tuple[int, Montant]] = []
    for i, valeur in propres.items():
        colonne = tableau.par_index[i]
        if colonne.champ in _CLES_DE_LIGNE:
            _ajouter(dits, signalements.nombre_pour_texte(colonne.titre, valeur, adresse(rang, i)))
        elif colonne.est_montant:
            lu = nombre_lu(valeur)
            if lu is not None:
                lus.append((i, Montant(colonne.titre, adresse(rang, i), lu)))
    _signaler_le_total(tableau, brouillon, propres, lus)


def _signaler_le_total(
    tableau: _Tableau,
    brouillon: _Brouillon,
    propres: Mapping[int, Valeur],
    lus: Sequence[tuple[int, Montant]],
) -> None:
    """FIN-08: the total of the row that can be read in two ways, by where it stands among the amounts."""
    place = next(iter(tableau.des_champs(champs.TOTAL_LIGNE)), None)
    imprime = nombre_lu(propres.get(place)) if place is not None else None
    if place is None or imprime is None:
        return
    total = Montant(tableau.par_index[place].titre, adresse(brouillon.rang, place), imprime)
    avant = [lu for i, lu in lus if i < place]
    apres = [lu for i, lu in lus if i > place]
    if avant:
        _ajouter(brouillon.signalements, signalements.total_ambigu(avant, total))
        brouillon.signalements += signalements.total_repete(apres, avant, total)


def _ajouter(dits: list[Signalement], dit: Signalement | None) -> None:
    if dit is not None:
        dits.append(dit)


def _est_en_euros(colonne: Colonne) -> bool:
    return colonne.est_montant or (colonne.champ in CHAMPS and CHAMPS[colonne.champ].genre is Genre.MONTANT)


def _signaler_les_colonnes(tableau: _Tableau, brouillons: Sequence[_Brouillon]) -> None:
    """Say what only the whole column shows: forms of writing, amounts above the printed total, stray cells."""
    actions = [brouillon for brouillon in brouillons if brouillon.nature in _ACTIONS]
    for colonne in tableau.colonnes:
        cle = tableau.cles[colonne.index]
        if _est_en_euros(colonne):
            montants = list(_montants(colonne, cle, actions))
            par_cellule = {lu.cellule: brouillon for brouillon, lu, _ in montants}
            for lu, ecrit in signalements.ecrits_autrement((lu, valeur) for _, lu, valeur in montants):
                par_cellule[lu.cellule].signalements.append(signalements.ecrit_en_texte(lu, ecrit))
            _signaler_au_dela(cle, montants, brouillons)
    _signaler_les_egarees(tableau, actions)
    _signaler_les_fusions(tableau, {brouillon.rang: brouillon for brouillon in actions})


def _montants(
    colonne: Colonne, cle: str, actions: Iterable[_Brouillon]
) -> Iterator[tuple[_Brouillon, Montant, Valeur]]:
    for brouillon in actions:
        lu = nombre_lu(brouillon.valeurs.get(cle))
        if lu is not None:
            yield brouillon, Montant(colonne.titre, brouillon.cellules[cle], lu), brouillon.valeurs[cle]


def _signaler_au_dela(
    cle: str,
    montants: Iterable[tuple[_Brouillon, Montant, Valeur]],
    brouillons: Iterable[_Brouillon],
) -> None:
    totaux = (nombre_lu(ligne.valeurs.get(cle)) for ligne in brouillons if ligne.nature is NatureLigne.TOTAL)
    imprime = max((total for total in totaux if total is not None), default=None)
    if imprime is None:
        return
    for brouillon, lu, _ in montants:
        if lu.valeur > imprime:
            brouillon.signalements.append(signalements.plus_que_le_total(lu, imprime))


def _signaler_les_egarees(tableau: _Tableau, actions: Sequence[_Brouillon]) -> None:
    """FIN-07: cells beyond the last title, in so few rows that they are no column."""
    titrees = [colonne.index for colonne in tableau.colonnes if colonne.titre]
    for colonne in tableau.colonnes:
        if colonne.titre or not titrees or colonne.index < titrees[-1] or colonne.champ != champs.NOTE:
            continue
        cle = tableau.cles[colonne.index]
        remplies = [brouillon for brouillon in actions if cle in brouillon.valeurs]
        if len(remplies) > max(1, len(actions) // LIGNES_PAR_EGAREE):
            continue
        voisin = tableau.par_index[titrees[-1]].titre
        for brouillon in remplies:
            brouillon.signalements.append(
                signalements.hors_du_tableau(voisin, brouillon.valeurs[cle], brouillon.cellules[cle])
            )


def _signaler_les_fusions(tableau: _Tableau, actions: Mapping[int, _Brouillon]) -> None:
    """FIN-07: amounts merged over several rows, counted on the first only."""
    for plage in tableau.feuille.fusions:
        colonne = tableau.par_index.get(plage.colonne1)
        premiere = actions.get(plage.ligne1)
        if colonne is None or premiere is None or plage.ligne1 == plage.ligne2 or not _est_en_euros(colonne):
            continue
        cellule = adresse(plage.ligne1, plage.colonne1)
        if cellule in premiere.cellules.values():
            premiere.signalements.append(
                signalements.montant_fusionne(colonne.titre, cellule, plage.ligne2 - plage.ligne1 + 1)
            )


# -- Forms -----------------------------------------------------------------------------------------
def _lire_fiches(feuille: Feuille, structure: Structure) -> Iterator[LigneLue]:
    """Yield one row for each form of the sheet."""
    titres = {cle_titre(colonne.titre): colonne.index for colonne in structure.colonnes}
    intitule = next((cle for cle, i in titres.items() if structure.cles[i] == champs.INTITULE), "")
    par_index = {colonne.index: colonne for colonne in structure.colonnes}
    for debut, reponses in fiches.lire(feuille, titres, intitule):
        valeurs: dict[str, Valeur] = {}
        cellules: dict[str, str] = {}
        for index, reponse in reponses.items():
            colonne = par_index[index]
            if colonne.champ == champs.IGNORER:
                continue
            cle = structure.cles[index]
            valeurs[cle], cellules[cle] = reponse.valeur, reponse.cellule
        yield LigneLue(
            debut + 1,
            NatureLigne.ACTION,
            valeurs,
            cellules,
            brut=tuple(en_texte(reponses[i].valeur) if i in reponses else "" for i in par_index),
        )
