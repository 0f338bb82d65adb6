"""What can leave as a workbook and come back: sets of rows with their columns, keys, present values and checks.

A set says everything through plain JSON values by name of field, as `valeurs` does. Between a value and a cell stands
the « brut »: the text, the number or the day that a cell shows, which is what fingerprints compare.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from typing import Any

from django.db.models import QuerySet

from actions.models import Campagne
from comptes.models import Utilisateur
from documents import formats
from documents.normalisation import normaliser
from documents.rendu_modifiable import CelluleRevenue, ColonneModifiable, Saisie
from documents.tableurs.modele import Valeur
from documents.tableurs.valeurs import (
    Ambigu,
    DateAmbigue,
    Entier,
    Illisible,
    Intervalle,
    Jour,
    Montant,
    Periode,
    lire_date,
    lire_entier,
    lire_montant,
)
from documents.texte import nettoyer

from ..models import ImportTableur, LigneImport
from .application import JAMAIS_ECRITES, RETENUES
from .champs import Genre
from .journal import Journal
from .rapprochement import probleme
from .valeurs import Json, ValeursJson, montant_json

TIRET = "– "
SEPARATEUR = " ; "
# Before the fingerprint of a cell that was computed when the workbook left.
CALCULEE = "="
EMPREINTE = 12
LARGEUR_VIDE = 22
TEXTE_MAX = 20_000
CORRIGER = "Corrigez la case dans le classeur, puis déposez-le de nouveau."


# -- Columns ---------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ColonneJeu:
    """A column of a set: its field, what it holds, whether it may change.

    A LISTE has one item a line when `en_lignes`, else names separated by semicolons. A `code` is a text of digits.
    """

    champ: str
    titre: str
    genre: Genre = Genre.TEXTE
    aide: str = ""
    choix: tuple[tuple[Json, str], ...] = ()
    calculee: bool = False
    somme_de: tuple[str, ...] = ()
    obligatoire: bool = False
    en_lignes: bool = False
    code: bool = False
    largeur: float = 18

    @cached_property
    def libelles(self) -> dict[Json, str]:
        """The words of each allowed value."""
        return {valeur: nettoyer(libelle) for valeur, libelle in self.choix}

    @cached_property
    def par_libelle(self) -> dict[str, Json]:
        """The allowed values by their normalised words; the first of two that are the same."""
        index: dict[str, Json] = {}
        for valeur, libelle in self.libelles.items():
            index.setdefault(normaliser(libelle), valeur)
        return index

    def en_modifiable(self, *, etroite: bool = False) -> ColonneModifiable:
        """Return the column as the workbook describes it; narrow when it is blank from top to bottom."""
        return ColonneModifiable(
            cle=self.champ,
            titre=self.titre,
            saisie=self._saisie,
            aide=self.aide,
            choix=tuple(self.libelles.values()) if self.genre == Genre.CHOIX else (),
            calculee=self.calculee,
            somme_de=self.somme_de,
            largeur=min(self.largeur, LARGEUR_VIDE) if etroite else self.largeur,
        )

    @property
    def _saisie(self) -> Saisie:
        if self.code:
            return Saisie.CODE
        return {
            Genre.ENTIER: Saisie.ENTIER,
            Genre.MONTANT: Saisie.MONTANT,
            Genre.DATE: Saisie.DATE,
            Genre.CHOIX: Saisie.CHOIX,
        }.get(self.genre, Saisie.TEXTE)


# -- From a value to a cell, and back --------------------------------------------------------------
def brut_de(colonne: ColonneJeu, valeur: Json) -> Json:
    """Return what a cell shows of a value: a text, a whole number, « 8400.50 », « 2024-06-30 »; None for a blank."""
    if valeur is None or valeur == []:
        return None
    if colonne.genre == Genre.CHOIX:
        return colonne.libelles.get(valeur, str(valeur))
    if colonne.genre == Genre.LISTE and colonne.en_lignes:
        return nettoyer("\n".join(TIRET + str(element) for element in valeur))
    if colonne.genre == Genre.LISTE:
        return SEPARATEUR.join(colonne.libelles.get(element, str(element)) for element in valeur)
    return nettoyer(valeur) or None if isinstance(valeur, str) else valeur


def cellule_de(colonne: ColonneJeu, brut: Json) -> Valeur:
    """Return the cell that shows a « brut »."""
    if brut is None:
        return None
    if colonne.genre == Genre.MONTANT:
        return Decimal(brut)
    if colonne.genre == Genre.DATE:
        return date.fromisoformat(brut)
    cellule: Valeur = brut
    return cellule


def empreinte(brut: Json) -> str:
    """Return the short fingerprint of what a cell shows: twelve hexadecimal digits of its SHA-256."""
    return sha256(json.dumps(brut, ensure_ascii=False).encode()).hexdigest()[:EMPREINTE]


@dataclass(frozen=True)
class Lu:
    """What a cell that came back says: its « brut », or the sentence that says why it cannot be read."""

    brut: Json = None
    illisible: str = ""
    estimation: bool = False


def lire_cellule(colonne: ColonneJeu, cellule: CelluleRevenue, annee: int) -> Lu:
    """Return what a cell says, by the kind of its column: numbers as text, every writing of a date."""
    if cellule.erreur:
        return Lu(illisible=f"La formule de cette case donne une erreur ({cellule.erreur}).")
    if cellule.sans_valeur:
        return Lu(
            illisible="Cette case contient une formule dont le classeur n'a pas gardé le résultat : ouvrez-le dans "
            "Excel ou LibreOffice et enregistrez-le."
        )
    valeur = cellule.valeur
    match colonne.genre:
        case Genre.MONTANT:
            return _lire_montant(valeur)
        case Genre.ENTIER:
            return _lire_entier(valeur)
        case Genre.DATE:
            return _lire_date(colonne, valeur, annee)
    return Lu(_texte(valeur) or None)


def _lire_montant(valeur: Valeur) -> Lu:
    match lire_montant(valeur):
        case Montant(valeur=euros):
            return Lu(montant_json(euros))
        case Ambigu(raison=raison) | Illisible(raison=raison):
            return Lu(illisible=raison)
    return Lu()


def _lire_entier(valeur: Valeur) -> Lu:
    match lire_entier(valeur):
        case Entier(valeur=nombre, approximatif=approximatif):
            return Lu(nombre, estimation=approximatif)
        case Intervalle():
            return Lu(illisible=f"« {valeur} » est une fourchette : écrivez un seul nombre.")
        case Ambigu(raison=raison) | Illisible(raison=raison):
            return Lu(illisible=raison)
    return Lu()


def _lire_date(colonne: ColonneJeu, valeur: Valeur, annee: int) -> Lu:
    match lire_date(valeur, serie=True, annee=annee):
        case Jour(valeur=jour):
            return Lu(jour.isoformat())
        case Periode(debut=debut, fin=fin):
            return Lu((fin if colonne.champ.endswith("fin") else debut).isoformat())
        case DateAmbigue(raison=raison) | Illisible(raison=raison):
            return Lu(illisible=raison)
    return Lu()


def _texte(valeur: Valeur) -> str:
    """Return a cell of text; a number or a day that Excel made of what was typed is written again as text."""
    if valeur is None:
        return ""
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    if isinstance(valeur, datetime):
        return f"{valeur:%d/%m/%Y %H:%M}"
    if isinstance(valeur, date):
        return f"{valeur:%d/%m/%Y}"
    if isinstance(valeur, Decimal):
        return format(valeur, "f").replace(".", ",")
    return nettoyer(str(valeur))


def elements_de(texte: str) -> list[str]:
    """Return the items of a cell: a dash at the start of a line begins one, or each line when none has a dash."""
    lignes = [ligne.strip() for ligne in texte.split("\n")]
    if not any(ligne.startswith(("–", "-", "•")) for ligne in lignes):
        return [ligne for ligne in lignes if ligne]
    elements: list[str] = []
    for ligne in lignes:
        if ligne.startswith(("–", "-", "•")) or not elements:
            elements.append(ligne.lstrip("–-•").strip())
        else:
            elements[-1] = f"{elements[-1]}\n{ligne}".strip()
    return [element for element in elements if element]


# -- A set -----------------------------------------------------------------------------------------
class ValeurRefusee(Exception):
    """A cell says something that its field cannot hold. `str()` is a French sentence."""


@dataclass
class Objet:
    """A row of a set as Pilotis holds it. `calcules` are its cells that are shown and cannot change, by field."""

    cle: str
    pk: int
    titre: str
    valeurs: ValeursJson
    versions: str = ""
    calcules: dict[str, Json] = field(default_factory=dict)
    # what a state closes for the time being
    fermes: frozenset[str] = frozenset()
    # why it cannot be taken away; None when it can
    retenu_par: str | None = None


@dataclass(frozen=True)
class Comparaison:
    """What a row of the workbook would change, what is wrong in it, what is asked."""

    changements: list[dict[str, Any]]
    problemes: list[dict[str, Any]]
    questions: list[dict[str, Any]] = field(default_factory=list)


class Jeu(ABC):
    """A set of rows that leaves as a workbook and comes back."""

    slug: str
    titre: str
    # what the rows are in `LigneImport.objet`
    prefixe: str
    # the choices of the address that the workbook remembers
    OPTIONS: tuple[str, ...] = ()
    # the same rows whatever the year
    de_l_annee = True
    # rows may be added at the bottom of the workbook
    s_ajoute = False
    # said of a row without a key when none may be added
    REFUS_D_AJOUT = "Ce classeur ne sert pas à ajouter des lignes : celle-ci est laissée de côté."
    # asked of a row that is no longer there
    RETRAIT = "Absente du classeur : la retirer du programme ? Cochez-la pour la retirer ; sinon elle reste."

    def __init__(self, campagne: Campagne, options: Mapping[str, str]) -> None:
        self.campagne = campagne
        self.options = options

    @cached_property
    @abstractmethod
    def colonnes(self) -> tuple[ColonneJeu, ...]:
        """The columns, in order."""

    @cached_property
    def par_champ(self) -> dict[str, ColonneJeu]:
        return {colonne.champ: colonne for colonne in self.colonnes}

    @abstractmethod
    def objets(self, cles: Sequence[int] | None = None) -> list[Objet]:
        """Return the rows as they are: those of `cles`, in that order, or all; in a fixed number of queries."""

    def resoudre(self, colonne: ColonneJeu, brut: Json) -> Json:
        """Return the plain value that a cell says. Raises ValeurRefusee."""
        if brut is None:
            return None
        if colonne.genre == Genre.CHOIX:
            return self.choisir(colonne, brut)
        if colonne.genre == Genre.LISTE and colonne.en_lignes:
            return elements_de(brut) or None
        if isinstance(brut, str) and len(brut) > TEXTE_MAX:
            raise ValeurRefusee(
                f"Ce texte a {formats.nombre(len(brut))} caractères : abrégez-le à {formats.nombre(TEXTE_MAX)} au plus."
            )
        return brut

    def choisir(self, colonne: ColonneJeu, texte: str) -> Json:
        """Return the allowed value that these words name. Raises ValeurRefusee."""
        cle = normaliser(texte)
        if cle not in colonne.par_libelle:
            raise ValeurRefusee(f"« {texte[:80]} » n'est pas dans la liste.")
        return colonne.par_libelle[cle]

    def afficher(self, colonne: ColonneJeu, valeur: Json) -> str:
        """Return a value as it is read on a page; an empty string for a blank."""
        brut = brut_de(colonne, valeur)
        if brut is None:
            return ""
        match colonne.genre:
            case Genre.MONTANT:
                return formats.montant(Decimal(brut))
            case Genre.ENTIER:
                return formats.nombre(brut)
            case Genre.DATE:
                return formats.date_longue(date.fromisoformat(brut))
        return str(brut)

    def changement(self, champ: str, base: Json, valeur: Json, cellule: str) -> dict[str, Any]:
        """Return a change as the preview shows it."""
        colonne = self.par_champ[champ]
        return {
            "champ": champ,
            "libelle": colonne.titre,
            "ancien": self.afficher(colonne, base),
            "nouveau": self.afficher(colonne, valeur),
            "cellule": cellule,
            "conflit": False,
            "actuel": "",
            "valeur": valeur,
            "base": base,
            "retenu": True,
        }

    @abstractmethod
    def comparer(
        self, ligne: LigneImport, objet: Objet, nouvelles: ValeursJson, cellules: Mapping[str, str]
    ) -> Comparaison:
        """Return what writing `nouvelles` in `objet` changes, by the rules of typing."""

    def valeurs_d_ajout(self, bruts: Mapping[str, Mapping[str, Any]], rang: int) -> dict[str, Any]:
        """Return what the import keeps of a row to add: the cells that say something, by field."""
        return {"bruts": dict(bruts), "rang": rang}

    def preparer_les_ajouts(self, import_: ImportTableur, lignes: Sequence[LigneImport]) -> None:
        """Compute the rows without a key: their changes, questions, problems and category; unsaved."""
        raise ValueError(self.slug)

    def existe(self, valeurs: ValeursJson) -> bool:
        """Return whether a row to add is there already; the operation that adds it says so otherwise."""
        return False

    @abstractmethod
    def appliquer(self, import_: ImportTableur, auteur: Utilisateur, journal: Journal, motif: str) -> None:
        """Write the retained rows, in the transaction of the caller. Raises OperationRefusee, ValidationError."""


# -- Rows of the import ----------------------------------------------------------------------------
def a_ecrire(import_: ImportTableur) -> QuerySet[LigneImport]:
    """Return the rows that are retained and of which something can be written, in order."""
    lignes: QuerySet[LigneImport] = import_.lignes.filter(RETENUES)
    return lignes.exclude(categorie__in=JAMAIS_ECRITES).order_by("ordre")


def retenus(ligne: LigneImport) -> ValeursJson:
    """Return the values that a row gives, by field, those left aside excepted."""
    return {c["champ"]: c["valeur"] for c in ligne.changements if c["retenu"]}


def bloquant(ligne: LigneImport, message: str, cellule: str, remede: str = CORRIGER) -> dict[str, Any]:
    """Return a problem that refuses its row."""
    return probleme(ligne, "bloquant", message, remede, cellule=cellule)
