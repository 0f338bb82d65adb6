"""Reading the programming of a year: the grid action × funder, its totals, what a cell has held.

The amounts are euros (Decimal); None is « not known », never zero. Everything is read as far as the account sees:
a funder reads its own columns.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import timezone

from actions.models import ActionAnnuelle, Campagne
from comptes.historique import SUPPRESSION
from contrats.models import Territoire
from documents.formats import additionner, arrondir, repartir_100
from porteurs.models import Convention

from .attributions import partager
from .models import AccesFinanceur, AvisFinanceur, Financeur, LigneFinancement, MontantConvention
from .querysets import LigneFinancementQuerySet
from .verses import verse_par_ligne

NatureCredit = LigneFinancement.NatureCredit
NATURES: tuple[str, ...] = tuple(NatureCredit.values)
# The nature of the credits at the head of a column, under the short name of the funder.
NATURES_COURTES: dict[str, str] = {
    NatureCredit.SPECIFIQUE: "crédits spécifiques",
    NatureCredit.DROIT_COMMUN: "droit commun",
    NatureCredit.AUTRE_PUBLIC: "autre public",
    NatureCredit.PRIVE: "privé",
    NatureCredit.AUTOFINANCEMENT: "autofinancement",
    NatureCredit.VALORISATION: "en nature",
}


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
    nature_credit: str = NatureCredit.NON_PRECISEE

    @property
    def cle(self) -> str:
        """What names it in a form and in an address: « <key of the funder>-<nature> »."""
        return f"{self.financeur.cle}-{self.nature_credit}"

    @property
    def libelle(self) -> str:
        """The short name of the funder, with the nature of the credits when it is known."""
        nature = NATURES_COURTES.get(self.nature_credit)
        return f"{self.financeur.sigle} – {nature}" if nature else self.financeur.sigle


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


# -- The grid --------------------------------------------------------------------------------------
def colonnes_de(utilisateur: Any, campagne: Campagne, *, ajoutees: Iterable[str] = ()) -> tuple[Colonne, ...]:
    """Return the columns of a year that the account sees, the funders of the total first.

    A funder has one column for each nature of credits that a line of the year has, one « non précisée » when it has
    none. `ajoutees` are keys of columns (`Colonne.cle`) wanted though they are empty; unknown ones are left out.
    """
    lignes = LigneFinancement.objects.visibles_par(utilisateur).filter(action_annuelle__campagne=campagne)
    presentes = set(lignes.order_by().values_list("financeur__cle", "nature_credit").distinct())
    presentes |= {(cle, nature) for cle, _, nature in (texte.rpartition("-") for texte in ajoutees)}
    financeurs = Financeur.objects.visibles_par(utilisateur).filter(contrat=campagne.contrat_id)
    colonnes: list[Colonne] = []
    for financeur in financeurs.order_by("-dans_total", "ordre", "nom", "pk"):
        siennes = [
            Colonne(financeur, nature)
            for nature in NatureCredit.values
            if (financeur.cle, nature) in presentes
        ]
        colonnes += siennes or [Colonne(financeur)]
    return tuple(colonnes)


def lire_colonne(utilisateur: Any, campagne: Campagne, cle: str) -> Colonne | None:
    """Return the column that `cle` names among those of the contract that the account sees, else None."""
    cle_du_financeur, _, nature = cle.rpartition("-")
    if nature not in NATURES or "\0" in cle:
        return None
    financeurs = Financeur.objects.visibles_par(utilisateur).filter(contrat=campagne.contrat_id)
    financeur = financeurs.filter(cle=cle_du_financeur).first()
    return Colonne(financeur, nature) if financeur else None


def lire_grille(
    utilisateur: Any,
    campagne: Campagne,
    annuelles: Sequence[ActionAnnuelle],
    etat: Etat,
    *,
    ajoutees: Iterable[str] = (),
) -> Grille:
    """Return the grid of `annuelles` (already those that the account sees, in order), in a fixed number of queries."""
    colonnes = colonnes_de(utilisateur, campagne, ajoutees=ajoutees)
    lignes = LigneFinancement.objects.visibles_par(utilisateur).filter(action_annuelle__campagne=campagne)
    montants = Montants.lire(lignes, etat)
    par_case = {
        (ligne.action_annuelle_id, ligne.financeur_id, ligne.nature_credit): ligne
        for ligne in lignes.select_related("financeur", "convention").order_by("pk")
    }
    rappels = _rappels(utilisateur, campagne)
    avis = _avis(utilisateur, campagne)
    rangees = []
    for annuelle in annuelles:
        cellules = tuple(
            _cellule(
                colonne,
                par_case.get((annuelle.pk, colonne.financeur.pk, colonne.nature_credit)),
                montants,
                rappels,
            )
            for colonne in colonnes
        )
        rangees.append(Rangee(annuelle, cellules, _total(cellules), avis.get(annuelle.pk, {})))
    return assembler(campagne, etat, colonnes, rangees)


def assembler(
    campagne: Campagne, etat: Etat, colonnes: tuple[Colonne, ...], rangees: Sequence[Rangee]
) -> Grille:
    """Return the grid of these rows, with the sums of its columns."""
    totaux = {
        colonne.cle: additionner(rangee.cellules[rang].montant for rangee in rangees)
        for rang, colonne in enumerate(colonnes)
    }
    total = additionner(rangee.total for rangee in rangees)
    return Grille(campagne, etat, colonnes, tuple(rangees), totaux, total)


def _cellule(
    colonne: Colonne, ligne: LigneFinancement | None, montants: "Montants", rappels: "Rappels"
) -> Cellule:
    if ligne is None:
        return Cellule(colonne, None, None)
    return Cellule(colonne, ligne, montants.de(ligne), rappels.get((ligne.convention_id, ligne.financeur_id)))


@dataclass(frozen=True)
class Montants:
    """What lines hold in a state, in euros; « versé » is read beside them, by pk, whatever the way it was paid."""

    etat: Etat
    verses: dict[int, Decimal]

    @classmethod
    def lire(cls, lignes: LigneFinancementQuerySet, etat: Etat) -> "Montants":
        """Return what the lines of a query hold in a state, in a fixed number of queries."""
        return cls(etat, {} if etat.saisi else verse_par_ligne(lignes))

    def de(self, ligne: LigneFinancement) -> Decimal | None:
        """Return what a line holds, None when nothing was written, or nothing paid."""
        if not self.etat.saisi:
            return self.verses.get(ligne.pk)
        montant: Decimal | None = getattr(ligne, self.etat.champ)
        return montant


def _total(cellules: Iterable[Cellule]) -> Decimal | None:
    return additionner(cellule.montant for cellule in cellules if cellule.colonne.financeur.dans_total)


def _avis(utilisateur: Any, campagne: Campagne) -> dict[int, dict[int, AvisFinanceur]]:
    """Return the opinions that the account sees, by action then by funder (pks)."""
    avis: dict[int, dict[int, AvisFinanceur]] = {}
    lus = AvisFinanceur.objects.visibles_par(utilisateur).filter(action_annuelle__campagne=campagne)
    for un_avis in lus.order_by("pk"):
        avis.setdefault(un_avis.action_annuelle_id, {})[un_avis.financeur_id] = un_avis
    return avis


# By convention and by funder (pks).
Rappels = dict[tuple[int | None, int], RappelConvention]


def _rappels(utilisateur: Any, campagne: Campagne) -> Rappels:
    """Return what the CPO of the year give beside what the programme retains of them."""
    pluriannuelles = Convention.objects.visibles_par(utilisateur).filter(
        contrat=campagne.contrat_id, type=Convention.Type.CPO
    )
    prevus = MontantConvention.objects.filter(
        convention__in=pluriannuelles.order_by().values("pk"), annee=campagne.annee
    ).exclude(montant_prevu__isnull=True, montant_vote__isnull=True)
    lignes = LigneFinancement.objects.filter(action_annuelle__campagne=campagne, convention__isnull=False)
    retenus: dict[tuple[int, int], Decimal] = {}
    for convention, financeur, retenu in (
        lignes.avec_retenu().order_by("pk").values_list("convention", "financeur", "retenu")
    ):
        retenus[convention, financeur] = retenus.get((convention, financeur), Decimal(0)) + (
            retenu or Decimal(0)
        )
    rappels: Rappels = {}
    for prevu in prevus.select_related("convention").order_by("pk"):
        concernes = [
            (convention, financeur)
            for convention, financeur in retenus
            if convention == prevu.convention_id and prevu.financeur_id in (None, financeur)
        ]
        ecart = sum((retenus[cle] for cle in concernes), Decimal(0)) - _donne(prevu)
        for cle in concernes:
            # The amount of a funder says more than that of the whole convention.
            if cle not in rappels or prevu.financeur_id is not None:
                rappels[cle] = RappelConvention(prevu, ecart)
    return rappels


def _donne(prevu: MontantConvention) -> Decimal:
    """Return what the convention gives that year: voted, else announced."""
    donne = prevu.montant_vote if prevu.montant_vote is not None else prevu.montant_prevu
    return donne or Decimal(0)


def historique_cellule(
    utilisateur: Any, annuelle: ActionAnnuelle, colonne: Colonne, etat: Etat
) -> list[ChangementCellule]:
    """Return what the cell has held, the newest first, deleted lines included; empty when its amount is not seen."""
    if not (etat.saisi and _lit_la_case(utilisateur, annuelle, colonne.financeur)):
        return []
    passees = LigneFinancement.historique.filter(
        action_annuelle_id=annuelle.pk, financeur_id=colonne.financeur.pk
    ).select_related("history_user")
    changements, tenus, avant = [], {}, None
    for passee in passees.order_by("history_date", "history_id"):
        disparue = passee.history_type == SUPPRESSION or passee.nature_credit != colonne.nature_credit
        tenus[passee.id] = None if disparue else getattr(passee, etat.champ)
        apres = additionner(tenus.values())
        if apres != avant:
            qui, motif = str(passee.history_user or ""), passee.history_change_reason or ""
            quand = timezone.localtime(passee.history_date)
            changements.append(ChangementCellule(quand, qui, avant, apres, motif))
            avant = apres
    return changements[::-1]


def _lit_la_case(utilisateur: Any, annuelle: ActionAnnuelle, financeur: Financeur) -> bool:
    """Whether the account reads the cell: it runs or carries the action, or it sees it and represents the funder."""
    # Seeing the funder is not enough: one that pays its own actions shows nothing of what it pays to others.
    if utilisateur.has_perm("financements.lire_budget", annuelle):
        return True
    vue = ActionAnnuelle.objects.visibles_par(utilisateur).filter(pk=annuelle.pk).exists()
    return vue and AccesFinanceur.objects.filter(utilisateur=utilisateur, financeur=financeur).exists()


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
        if self.montant is None or not self.avant:
            return None
        return arrondir((self.montant - self.avant) / self.avant * 100, 1)


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
    present = _Comptes.lire(utilisateur, annuelles, etat, critere)
    passe = _Comptes.lire(utilisateur, avant, etat, critere)
    postes = [
        Poste(
            objet=groupe.objet,
            valeur=groupe.valeur,
            libelle=groupe.libelle,
            actions=len(present.actions.get(groupe, ())),
            montant=present.sommes.get(groupe),
            avant=passe.sommes.get(groupe),
            dans_total=groupe.dans_total,
        )
        for groupe in sorted({*present.sommes, *passe.sommes}, key=lambda groupe: groupe.rang)
    ]
    if critere == Critere.PORTEUR:
        postes.sort(key=lambda poste: -(poste.montant or Decimal(0)))
    return Totaux(
        critere=critere,
        etat=etat,
        postes=tuple(_avec_parts(postes)),
        total=present.total,
        total_avant=passe.total,
        hors_total=present.hors_total,
        hors_total_avant=passe.hors_total,
        actions=present.nombre,
    )


def _avec_parts(postes: list[Poste]) -> list[Poste]:
    """Return the postes, those of the total with their part of it; beside it, no part and last."""
    comptes = [poste for poste in postes if poste.dans_total]
    parts = repartir_100([poste.montant for poste in comptes])
    partages = [replace(poste, part=part) for poste, part in zip(comptes, parts, strict=True)]
    return [*partages, *(poste for poste in postes if not poste.dans_total)]


@dataclass(frozen=True)
class _Groupe:
    """What a poste is of; two groups are one when they name the same thing."""

    valeur: str
    libelle: str = field(compare=False)
    rang: tuple[Any, ...] = field(compare=False)
    objet: Any = field(default=None, compare=False)
    dans_total: bool = field(default=True, compare=False)


AUCUN, PLUSIEURS = "aucun", "plusieurs"
DERNIER = (1,)


class _Comptes:
    """The amounts of some rows in one state, added by group."""

    def __init__(self) -> None:
        self.sommes: dict[_Groupe, Decimal] = {}
        self.actions: dict[_Groupe, set[int]] = {}
        self.total: Decimal | None = None
        self.hors_total: Decimal | None = None
        self._avec_montant: set[int] = set()

    @property
    def nombre(self) -> int:
        """How many actions have an amount."""
        return len(self._avec_montant)

    @classmethod
    def lire(cls, utilisateur: Any, annuelles: models.QuerySet, etat: Etat, critere: Critere) -> "_Comptes":
        """Return the sums of the lines of `annuelles` that the account sees, in a fixed number of queries."""
        lignes = LigneFinancement.objects.visibles_par(utilisateur).filter(
            action_annuelle__in=annuelles.order_by().values("pk")
        )
        montants = Montants.lire(lignes, etat)
        if critere == Critere.TERRITOIRE:
            lignes = lignes.prefetch_related("action_annuelle__parts_territoires__territoire")
        comptes = cls()
        for ligne in lignes.select_related("financeur", *CHEMINS.get(critere, ())).order_by("pk"):
            montant = montants.de(ligne)
            if montant is not None:
                comptes.ajouter(ligne, montant, critere)
        return comptes

    def ajouter(self, ligne: LigneFinancement, montant: Decimal, critere: Critere) -> None:
        """Count the amount of a line once: in the total or beside it, and in its groups."""
        self._avec_montant.add(ligne.action_annuelle_id)
        if ligne.financeur.dans_total:
            self.total = additionner([self.total, montant])
        else:
            self.hors_total = additionner([self.hors_total, montant])
            if critere != Critere.FINANCEUR:
                return
        for groupe, part in _partages(ligne, montant, critere):
            self.sommes[groupe] = self.sommes.get(groupe, Decimal(0)) + part
            self.actions.setdefault(groupe, set()).add(ligne.action_annuelle_id)


def _partages(ligne: LigneFinancement, montant: Decimal, critere: Critere) -> list[tuple[_Groupe, Decimal]]:
    """Return what each group has of the amount of a line; the parts add up to it."""
    if critere == Critere.TERRITOIRE:
        return _par_territoire(ligne, montant)
    return [(GROUPES[critere](ligne), montant)]


def _du_financeur(ligne: LigneFinancement) -> _Groupe:
    f = ligne.financeur
    return _Groupe(f.cle, f.nom, (f.ordre, f.nom, f.pk), f, dans_total=f.dans_total)


def _de_l_axe(ligne: LigneFinancement) -> _Groupe:
    axe = ligne.action_annuelle.axe
    if axe is None:
        return _Groupe(AUCUN, "Sans axe", DERNIER)
    while axe.parent is not None:
        axe = axe.parent
    return _Groupe(axe.code, axe.libelle, (0, axe.ordre, axe.code), axe)


def _du_porteur(ligne: LigneFinancement) -> _Groupe:
    porteur = ligne.action_annuelle.action.porteur
    structure = porteur.parent or porteur
    return _Groupe(structure.cle, structure.nom, (structure.nom_normalise, structure.pk), structure)


def _du_dispositif(ligne: LigneFinancement) -> _Groupe:
    dispositif = ligne.action_annuelle.dispositif
    if dispositif is None:
        return _Groupe(AUCUN, "Sans dispositif", DERNIER)
    return _Groupe(dispositif.pk, str(dispositif), (0, dispositif.ordre, dispositif.pk), dispositif)


def _de_la_nature(ligne: LigneFinancement) -> _Groupe:
    nature = NatureCredit(ligne.nature_credit)
    return _Groupe(nature.value, nature.label, (NATURES.index(nature.value),))


GROUPES: dict[Critere, Callable[[LigneFinancement], _Groupe]] = {
    Critere.FINANCEUR: _du_financeur,
    Critere.AXE: _de_l_axe,
    Critere.PORTEUR: _du_porteur,
    Critere.DISPOSITIF: _du_dispositif,
    Critere.NATURE: _de_la_nature,
}


# What a group is read from, fetched with the lines.
CHEMINS: dict[Critere, tuple[str, ...]] = {
    Critere.AXE: ("action_annuelle__axe__parent__parent",),
    Critere.PORTEUR: ("action_annuelle__action__porteur__parent",),
    Critere.DISPOSITIF: ("action_annuelle__dispositif",),
    Critere.TERRITOIRE: ("action_annuelle",),
}


def _par_territoire(ligne: LigneFinancement, montant: Decimal) -> list[tuple[_Groupe, Decimal]]:
    parts = sorted(ligne.action_annuelle.parts_territoires.all(), key=lambda part: part.pk)
    if not parts:
        return [(_Groupe(AUCUN, "Sans territoire", (2,)), montant)]
    if len(parts) == 1:
        return [(_du_territoire(parts[0].territoire), montant)]
    if sum((part.part or Decimal(0) for part in parts), Decimal(0)) != 100:
        return [(_Groupe(PLUSIEURS, "Plusieurs territoires", DERNIER), montant)]
    montants = partager(montant, [part.part or Decimal(0) for part in parts])
    return [(_du_territoire(part.territoire), euros) for part, euros in zip(parts, montants, strict=True)]


def _du_territoire(territoire: Territoire) -> _Groupe:
    return _Groupe(str(territoire.pk), str(territoire), (0, territoire.recherche, territoire.pk), territoire)
