"""What a report reads of a year: its programme, its validated bilans, its money; in a fixed number of queries.

The actions are those of the programme, as in the annexes: what was refused or is still examined is not of the year.
Only validated bilans say anything here. Amounts are euros; None is « not known », never zero.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar

from django.db.models import F
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from actions.models import ActionAnnuelle, ActionTerritoire, Campagne
from actions.querysets import ActionAnnuelleQuerySet
from comptes.models import Utilisateur
from comptes.templatetags.typographie import accord, pluriel
from contrats.arbre import Noeud, arbre
from contrats.models import Axe, ContratVille, Territoire
from documents import INSECABLE, additionner
from financements.models import Financeur, LigneFinancement

from ..annexes.lecture import au_programme, lisibles
from ..chiffres import qui_dit_combien
from ..models import Bilan
from .choix import Composition
from .publics import Public, lire_publics

NatureCredit = LigneFinancement.NatureCredit
Cle = TypeVar("Cle")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionLue:
    """An action of the programme, and where its bilan is."""

    pk: int
    cle: str
    action: int
    intitule: str
    porteur: str
    structure: int
    structure_nom: str
    structure_cle: str
    axe: int | None
    statut: str
    motif: str
    # state of its bilan, None without a row; by when it is due
    bilan: str | None
    echeance: date | None

    @property
    def valide(self) -> bool:
        """Whether its bilan is validated: its figures are in the report."""
        return self.bilan in Bilan.STATUTS_VALIDES

    @property
    def attendue(self) -> bool:
        """Whether its bilan is awaited, or was given."""
        sans = self.statut in ActionAnnuelle.STATUTS_SANS_BILAN or self.bilan == Bilan.Statut.DISPENSE
        return self.valide or not sans


@dataclass(frozen=True, slots=True)
class LigneLue:
    """A funding line: the action, the funder (pks), the nature of the credits, what is accorded."""

    action: int
    financeur: int
    nature: str
    accorde: Decimal | None


class Donnees:
    """A year of a contract as its report reads it, by the account that composes it (None: everything)."""

    def __init__(
        self,
        campagne: Campagne,
        composition: Composition | None = None,
        utilisateur: Utilisateur | None = None,
    ) -> None:
        self.campagne, self.utilisateur = campagne, utilisateur
        self.composition = composition or Composition(sections=())
        self.contrat: ContratVille = campagne.contrat
        self.annee: int = campagne.annee

    # -- The programme -----------------------------------------------------------------------------
    @cached_property
    def programme(self) -> ActionAnnuelleQuerySet:
        """The actions of the programme, as a query."""
        toutes = lisibles(ActionAnnuelle.objects.filter(campagne=self.campagne), self.utilisateur)
        return au_programme(toutes)

    @cached_property
    def actions(self) -> list[ActionLue]:
        """The actions of the programme, in its order: structures together."""
        lues = self.programme.dans_l_ordre().values(
            "pk",
            "cle",
            "action",
            "axe",
            "statut",
            "motif",
            structure=F("structure_id"),
            intitule=F("action__intitule"),
            porteur=F("action__porteur__nom"),
            structure_nom=Coalesce("action__porteur__parent__nom", "action__porteur__nom"),
            structure_cle=Coalesce("action__porteur__parent__cle", "action__porteur__cle"),
            bilan_statut=F("bilan__statut"),
            echeance=Coalesce("bilan__echeance_prolongee", "campagne__bilan_echeance"),
        )
        return [ActionLue(bilan=lue.pop("bilan_statut"), **lue) for lue in lues]

    @cached_property
    def par_pk(self) -> dict[int, ActionLue]:
        """The actions by primary key."""
        return {action.pk: action for action in self.actions}

    @cached_property
    def structures(self) -> dict[int, str]:
        """The structures that carry the programme, a service counting as its parent, in its order."""
        return {action.structure: action.structure_nom for action in self.actions}

    @cached_property
    def axes(self) -> dict[int, Axe]:
        """The axes of the contract, in reading order."""
        return {axe.pk: axe for axe in Axe.objects.filter(contrat=self.contrat).order_by("ordre", "code")}

    @cached_property
    def racines(self) -> list[Noeud]:
        """The tree of the contract with the lists that its axes carry, archived ones left out."""
        return arbre(self.contrat)

    def tete(self, axe: int | None) -> Axe | None:
        """Return the first level of an axe, itself when it is of that level; None without axe."""
        trouve = self.axes.get(axe) if axe else None
        while trouve is not None and trouve.parent_id:
            trouve = self.axes[trouve.parent_id]
        return trouve

    @cached_property
    def en_vigueur(self) -> list[Territoire]:
        """The territories of the contract, the QPV of the generation in force that year alone."""
        siens = Territoire.objects.filter(contrat=self.contrat).select_related("generation")
        return [t for t in siens.order_by("type", "recherche", "pk") if est_en_vigueur(t, self.annee)]

    @property
    def population(self) -> int | None:
        """The inhabitants of the QPV, None when there is none or one of them has no population."""
        populations = [t.population for t in self.en_vigueur if t.type == Territoire.Type.QPV]
        connues = [population for population in populations if population is not None]
        return sum(connues) if connues and len(connues) == len(populations) else None

    @cached_property
    def territoires(self) -> dict[int, list[Territoire]]:
        """The territories of each action of the programme (pk); an action without any is absent."""
        parts = ActionTerritoire.objects.filter(action_annuelle__in=self.programme.order_by().values("pk"))
        lus: dict[int, list[Territoire]] = defaultdict(list)
        for lien in parts.select_related("territoire").order_by("territoire__recherche", "territoire__pk"):
            lus[lien.action_annuelle_id].append(lien.territoire)
        return dict(lus)

    # -- The bilans --------------------------------------------------------------------------------
    @cached_property
    def bilans(self) -> dict[int, Bilan]:
        """The validated bilans of the programme by action (pk), in its order, with their people and their values."""
        valides = lisibles(Bilan.objects.valides(), self.utilisateur).filter(
            action_annuelle__in=self.programme.order_by().values("pk")
        )
        lus = valides.select_related("action_annuelle__campagne").prefetch_related(
            "effectifs", "action_annuelle__campagne__tranches", "valeurs_indicateurs__demande__indicateur"
        )
        par_action = {bilan.action_annuelle_id: bilan for bilan in lus.order_by("pk")}
        return {action.pk: par_action[action.pk] for action in self.actions if action.pk in par_action}

    @cached_property
    def publics(self) -> list[Public]:
        """The people of the validated bilans, in each perimeter where one gives a number, that of most bilans first."""
        return lire_publics(self.bilans.values(), self.campagne.tranches.all())

    @cached_property
    def qui_dit_combien(self) -> tuple[int, int, int]:
        """How many validated bilans state an exact number of people, how many by sex, how many an estimate only."""
        return qui_dit_combien(self.bilans.values())

    @property
    def valides(self) -> int:
        """How many bilans are validated."""
        return len(self.bilans)

    @cached_property
    def attendus(self) -> int:
        """How many bilans are awaited, the validated ones included; a dispensed action awaits none."""
        return sum(action.attendue for action in self.actions)

    @property
    def sur_bilans(self) -> str:
        """« 38 bilans validés sur 41 attendus »; « aucun bilan n'est attendu »."""
        if not self.attendus:
            return "aucun bilan n'est attendu"
        valides = pluriel(self.valides, "bilan validé,bilans validés,aucun bilan validé")
        return f"{valides} sur {self.attendus} {accord(self.attendus, 'attendu,attendus')}"

    # -- The money ---------------------------------------------------------------------------------
    @cached_property
    def lignes(self) -> list[LigneLue]:
        """The funding lines of the programme."""
        lignes = lisibles(LigneFinancement.objects.all(), self.utilisateur).filter(
            action_annuelle__in=self.programme.order_by().values("pk")
        )
        champs = ("action_annuelle", "financeur", "nature_credit", "montant_accorde")
        return [LigneLue(*valeurs) for valeurs in lignes.order_by("pk").values_list(*champs)]

    @cached_property
    def financeurs(self) -> dict[int, Financeur]:
        """The funders of the contract, those of the total first."""
        siens = Financeur.objects.filter(contrat=self.contrat)
        return {f.pk: f for f in siens.order_by("-dans_total", "ordre", "nom", "pk")}

    @cached_property
    def accordees(self) -> list[LigneLue]:
        """The lines of the politique de la ville total that have an amount accorded."""
        return [li for li in self._avec_montant if self.financeurs[li.financeur].dans_total]

    @cached_property
    def hors_total(self) -> list[LigneLue]:
        """The lines beside the total that have an amount accorded."""
        return [li for li in self._avec_montant if not self.financeurs[li.financeur].dans_total]

    @property
    def _avec_montant(self) -> list[LigneLue]:
        return [ligne for ligne in self.lignes if ligne.accorde is not None]

    @cached_property
    def total(self) -> Decimal | None:
        """What is accorded in the politique de la ville total; None when no amount is known."""
        return somme(self.accordees)

    @cached_property
    def apports(self) -> dict[int, Decimal]:
        """What each funder of the total accords, zeros left out, the largest amount first."""
        sommes = sommer_par(self.accordees, lambda ligne: ligne.financeur)
        rangs = {pk: rang for rang, pk in enumerate(self.financeurs)}
        return {
            pk: sommes[pk] for pk in sorted(sommes, key=lambda pk: (-sommes[pk], rangs[pk])) if sommes[pk]
        }

    @property
    def sur_lignes(self) -> str:
        """« montants accordés à 45 actions sur 46 », for what rests on the funding lines."""
        dotees = len({ligne.action for ligne in self.accordees if ligne.accorde})
        actions = pluriel(dotees, "action,actions,aucune action")
        return f"montants accordés à {actions} sur{INSECABLE}{len(self.actions)}"

    # -- The year before ---------------------------------------------------------------------------
    @cached_property
    def avant(self) -> "Donnees | None":
        """The year before, None when the contract has no campaign for it or its programme is empty."""
        passee = Campagne.objects.filter(contrat=self.contrat, annee=self.annee - 1).first()
        if passee is None:
            return None
        passee.contrat = self.contrat
        donnees = Donnees(passee, utilisateur=self.utilisateur)
        return donnees if donnees.actions else None

    # -- The pages that show the rows --------------------------------------------------------------
    @cached_property
    def hors_programme(self) -> bool:
        """Whether the year has actions that are not of its programme: the list of all is then more than it."""
        toutes = lisibles(ActionAnnuelle.objects.filter(campagne=self.campagne), self.utilisateur)
        return bool(toutes.count() > len(self.actions))

    def adresse(self, nom: str, *cles: Any) -> str:
        """Return the path of a page of this year."""
        return reverse(nom, args=[self.contrat.slug, self.annee, *cles])

    def liste(self, **criteres: Any) -> str:
        """Return the path of the list of actions that shows exactly the rows of the programme with these criteria."""
        if self.hors_programme:
            criteres["programme"] = 1
        suite = "&".join(f"{nom}={valeur}" for nom, valeur in criteres.items())
        return self.adresse("liste_actions") + (f"?{suite}" if suite else "")

    @cached_property
    def jour(self) -> date:
        """The day of the figures."""
        return timezone.localdate()


def est_en_vigueur(territoire: Territoire, annee: int) -> bool:
    """Whether a QPV is of the generation in force that year; the other territories always are."""
    generation = territoire.generation
    if generation is None:
        return True
    return generation.date_debut.year <= annee and (
        generation.date_fin is None or generation.date_fin.year >= annee
    )


def somme(lignes: Iterable[LigneLue]) -> Decimal | None:
    """Return what the lines add up to, None when no amount is known."""
    return additionner(ligne.accorde for ligne in lignes)


def sommer_par(lignes: Iterable[LigneLue], cle: Callable[[LigneLue], Cle]) -> dict[Cle, Decimal]:
    """Return the sum of what is accorded by `cle`; the lines all have an amount."""
    sommes: dict[Cle, Decimal] = {}
    for ligne in lignes:
        sommes[cle(ligne)] = sommes.get(cle(ligne), Decimal(0)) + (ligne.accorde or Decimal(0))
    return sommes


def compter_par(
    actions: Iterable[ActionLue], cle: Callable[[ActionLue], Cle]
) -> Mapping[Cle, list[ActionLue]]:
    """Return the actions by `cle`, in their order."""
    groupes: dict[Cle, list[ActionLue]] = {}
    for action in actions:
        groupes.setdefault(cle(action), []).append(action)
    return groupes
