"""Reading the programming of a year: the grid action × funder, its totals, what a cell has held.

The amounts are euros (Decimal); None is « not known », never zero. Everything is read as far as the account sees:
a funder reads its own columns.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models

from actions.models import ActionAnnuelle, Campagne

from .models import AvisFinanceur, Financeur, LigneFinancement, MontantConvention


class Etat(models.TextChoices):
    """The states of an amount, from request to payment, as addresses and pages name them."""

    DEMANDE = "demande", "Demandé"
    PROPOSE = "propose", "Proposé"
    ACCORDE = "accorde", "Accordé"
    NOTIFIE = "notifie", "Notifié"
    VERSE = "verse", "Versé"

    @property
    def champ(self) -> str:
        """The column of LigneFinancement that holds it (« montant_demande »). « versé » has none: it is computed."""
        return f"montant_{self.value}"

    @property
    def saisi(self) -> bool:
        """Whether it is typed; « versé » is the payments made less the repayments recovered."""
        return self is not Etat.VERSE


SAISIS = tuple(etat for etat in Etat if etat.saisi)


@dataclass(frozen=True)
class Colonne:
    """A column of the grid: a funder and the nature of its credits (LigneFinancement.NatureCredit)."""

    financeur: Financeur
    nature_credit: str = LigneFinancement.NatureCredit.NON_PRECISEE

    @property
    def cle(self) -> str:
        """What names it in a form and in an address: « <key of the funder>-<nature> »."""
        return f"{self.financeur.cle}-{self.nature_credit}"

    @property
    def libelle(self) -> str:
        """The short name of the funder, with the nature of the credits when it is known."""
        raise NotImplementedError


@dataclass(frozen=True)
class Case:
    """One amount that somebody may write: what the permissions « financements.ecrire_montant » and
    « financements.donner_avis » are asked on (`etat` is not looked at by the latter)."""

    annuelle: ActionAnnuelle
    financeur: Financeur
    etat: Etat = Etat.PROPOSE


@dataclass(frozen=True)
class RappelConvention:
    """The CPO that a line belongs to, what it gives for the year, and the gap with what the programme retains."""

    montant: MontantConvention
    # Retained by the lines of this convention and this funder in the year, less what the convention gives.
    ecart: Decimal


@dataclass(frozen=True)
class Cellule:
    """What a column holds for an action in the state of the grid; `ligne` is None while nothing was written."""

    colonne: Colonne
    ligne: LigneFinancement | None
    montant: Decimal | None
    cpo: RappelConvention | None = None


@dataclass(frozen=True)
class Rangee:
    """An action of the grid. `total` counts the funders of the total politique de la ville only."""

    annuelle: ActionAnnuelle
    cellules: tuple[Cellule, ...]
    total: Decimal | None
    # By pk of the funder.
    avis: dict[int, AvisFinanceur] = field(default_factory=dict)


@dataclass(frozen=True)
class Grille:
    """The grid: its columns, its rows in the order given, the sum of each column and of those of the total."""

    campagne: Campagne
    etat: Etat
    colonnes: tuple[Colonne, ...]
    rangees: tuple[Rangee, ...]
    # By `Colonne.cle`.
    totaux: dict[str, Decimal | None]
    total: Decimal | None


@dataclass(frozen=True)
class ChangementCellule:
    """What a cell held before and after, who wrote it, when, and why when it was said."""

    quand: datetime
    qui: str
    avant: Decimal | None
    apres: Decimal | None
    motif: str


def colonnes_de(utilisateur: Any, campagne: Campagne, *, ajoutees: Iterable[str] = ()) -> tuple[Colonne, ...]:
    """Return the columns of a year that the account sees, the funders of the total first.

    A funder has one column for each nature of credits that a line of the year has, one « non précisée » when it has
    none. `ajoutees` are keys of columns (`Colonne.cle`) wanted though they are empty; unknown ones are left out.
    """
    raise NotImplementedError


def lire_colonne(utilisateur: Any, campagne: Campagne, cle: str) -> Colonne | None:
    """Return the column that `cle` names among those of the contract that the account sees, else None."""
    raise NotImplementedError


def lire_grille(
    utilisateur: Any,
    campagne: Campagne,
    annuelles: Sequence[ActionAnnuelle],
    etat: Etat,
    *,
    ajoutees: Iterable[str] = (),
) -> Grille:
    """Return the grid of `annuelles` (already those that the account sees, in order), in a fixed number of queries."""
    raise NotImplementedError


def historique_cellule(
    utilisateur: Any, annuelle: ActionAnnuelle, colonne: Colonne, etat: Etat
) -> list[ChangementCellule]:
    """Return what the cell has held, the newest first, deleted lines included; empty when the line is not seen."""
    raise NotImplementedError


# -- Totals ----------------------------------------------------------------------------------------
class Critere(models.TextChoices):
    """What the amounts are added by."""

    FINANCEUR = "financeur", "Par financeur"
    AXE = "axe", "Par axe"
    PORTEUR = "porteur", "Par porteur"
    TERRITOIRE = "territoire", "Par territoire"
    DISPOSITIF = "dispositif", "Par dispositif"
    NATURE = "nature", "Par nature de crédits"


@dataclass(frozen=True)
class Poste:
    """What adds up under one funder, axe, porteur, territory, dispositif or nature.

    `objet` is the object itself, None for « Sans axe », « Plusieurs territoires »… ; `valeur` is what names it in
    an address (key, code or value; « aucun », « plusieurs »). `part` is in points of the total, rounded so that the
    parts add to 100; None beside the total. `avant` is the same poste the year before.
    """

    objet: Any
    valeur: str
    libelle: str
    actions: int
    montant: Decimal | None
    avant: Decimal | None = None
    part: Decimal | None = None
    dans_total: bool = True

    @property
    def evolution(self) -> Decimal | None:
        """The change since the year before, in points of that year; None when either is unknown or it was zero."""
        raise NotImplementedError


@dataclass(frozen=True)
class Totaux:
    """The sums of some rows by a criterion; `total` is that of the rows, which the postes of the total add up to."""

    critere: Critere
    etat: Etat
    postes: tuple[Poste, ...]
    total: Decimal | None
    total_avant: Decimal | None
    # The funders beside the total (the CAF in document 002), never added to `total`.
    hors_total: Decimal | None
    hors_total_avant: Decimal | None
    # How many actions have an amount in this state.
    actions: int


def totaliser(
    utilisateur: Any, annuelles: models.QuerySet, etat: Etat, critere: Critere, *, avant: models.QuerySet
) -> Totaux:
    """Return the sums of the rows `annuelles` (a query), set beside those of `avant`, the rows of the year before.

    An action of several territories is shared by their shares when they are all known and add to 100, else it counts
    under « Plusieurs territoires »: nothing is counted twice. By axe, an action counts once, in the first level of
    its main axe. By porteur, a service counts in its structure.
    """
    raise NotImplementedError
