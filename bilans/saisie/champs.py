"""A field of a bilan, by kind: its stored value, where it is written, what tells two values apart."""

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model

from actions.models import IndicateurAction, IndicateurDemande, Question
from comptes.champs import ESPACES
from comptes.versions import lisible
from documents import formats
from documents.texte import nettoyer
from financements.models import Budget, CompteBudgetaire, ExplicationEcart, Financeur, LigneBudget

from .. import effectifs as eff
from ..models import Bilan, Effectif, ReponseQuestion, ValeurIndicateur
from .questions import ChampQuantite

if TYPE_CHECKING:
    from .registre import Saisie


class Plume(Protocol):
    """How a row is written, and under whose name (bilans.operations)."""

    def enregistrer(self, objet: Model) -> None: ...

    def supprimer(self, objet: Model) -> None: ...


# -- A field ---------------------------------------------------------------------------------------
@dataclass
class Champ(ABC):
    """Something that can be typed: its question, how it is read, its stored value (None or "" for a blank)."""

    nom: str
    libelle: str
    etape: str
    formulaire: forms.Field
    valeur: Any = None

    def lire(self, texte: str) -> Any:
        """Return the value of what was typed. Raises ValidationError, in French, for what cannot be read."""
        return self.formulaire.clean(texte)

    def brut(self, valeur: Any) -> str:
        """Return a value as the field of the page holds it."""
        if isinstance(valeur, bool):
            return "on" if valeur else ""
        preparee = self.formulaire.prepare_value(valeur)
        return "" if preparee is None else str(preparee)

    def texte(self) -> str:
        """Return the stored value as it is read on a page; an empty string for a blank."""
        valeur = self.valeur
        if valeur is None or valeur == "" or valeur is False:
            return ""
        quantite = isinstance(self.formulaire, ChampQuantite)
        if (quantite and isinstance(valeur, Decimal)) or (isinstance(valeur, int) and valeur is not True):
            unite = self.formulaire.widget.attrs.get("data-unite", "")
            return f"{formats.nombre(valeur)}{formats.INSECABLE}{unite}" if unite else formats.nombre(valeur)
        return lisible(valeur, self.formulaire)

    @property
    def objet(self) -> Model | None:
        """The stored row that holds the value, whose history says who wrote it; None when there is none."""
        return None

    @property
    def est_vide(self) -> bool:
        """Whether nothing is stored; zero is an answer."""
        return self.valeur is None or self.valeur == "" or self.valeur is False

    @abstractmethod
    def ecrire(self, valeur: Any, plume: Plume) -> None:
        """Store `valeur`. The bilan itself is saved by whoever calls."""


@dataclass
class Colonne(Champ):
    """A field of the bilan itself."""

    bilan: Bilan = field(kw_only=True)

    @property
    def objet(self) -> Model | None:
        return self.bilan

    def ecrire(self, valeur: Any, plume: Plume) -> None:
        setattr(self.bilan, self.nom, valeur)
        self.valeur = valeur


@dataclass
class Case(Champ):
    """A cell of the grid of people."""

    bilan: Bilan = field(kw_only=True)
    perimetre: str = field(kw_only=True)
    cellule: eff.Cellule = field(kw_only=True)
    estimation: "Estimation" = field(kw_only=True)
    # the stored row, which may hold a range: then the cell is blank
    ligne: Effectif | None = field(kw_only=True, default=None)

    @property
    def objet(self) -> Model | None:
        return self.ligne

    def ecrire(self, valeur: int | None, plume: Plume) -> None:
        if valeur is None:
            if self.ligne is not None and self.ligne.valeur is not None:
                plume.supprimer(self.ligne)
                self.ligne = None
        else:
            if self.ligne is None:
                self.ligne = Effectif(
                    bilan=self.bilan,
                    perimetre=self.perimetre,
                    sexe=self.cellule.sexe,
                    tranche_id=self.cellule.tranche,
                )
            if self.ligne.valeur is None:
                self.ligne.approximatif = bool(self.estimation.valeur)
            self.ligne.valeur, self.ligne.valeur_min, self.ligne.valeur_max = valeur, None, None
            plume.enregistrer(self.ligne)
        self.valeur = valeur


@dataclass
class Estimation(Champ):
    """Whether the numbers of a perimeter are an estimate: said of every cell that has a number."""

    cases: list[Case] = field(kw_only=True, default_factory=list)

    @property
    def sans_case(self) -> bool:
        """Whether no cell has a number yet: then nothing but the draft can hold the answer."""
        return all(case.valeur is None for case in self.cases)

    def ecrire(self, valeur: bool, plume: Plume) -> None:
        for case in self.cases:
            if case.ligne is not None and case.valeur is not None and case.ligne.approximatif != valeur:
                case.ligne.approximatif = valeur
                plume.enregistrer(case.ligne)
        self.valeur = valeur


@dataclass
class Releve:
    """The row of an indicator, made at the first figure and shared by its total and its two sexes."""

    saisie: "Saisie"
    libelle: str
    unite: str
    demande: IndicateurDemande | None = None
    critere: IndicateurAction | None = None
    ligne: ValeurIndicateur | None = None

    @property
    def est_vide(self) -> bool:
        """Whether it has no figure at all."""
        ligne = self.ligne
        return ligne is None or ligne.valeur is ligne.valeur_femmes is ligne.valeur_hommes is None

    def ecrire(self, colonne: str, valeur: Decimal | None, plume: Plume) -> None:
        """Store one of the figures; a row that says nothing any more goes."""
        origine = self.demande or self.critere
        if self.ligne is None:
            self.ligne = ValeurIndicateur(
                bilan=self.saisie.bilan,
                ordre=self.saisie.prochain_ordre(),
                libelle=self.libelle,
                unite=self.unite,
                demande=self.demande,
                critere=self.critere,
                indicateur_id=origine.indicateur_id if origine else None,
            )
        setattr(self.ligne, colonne, valeur)
        if not self.est_vide or self.ligne.citation or self.ligne.precision:
            plume.enregistrer(self.ligne)
        elif self.ligne.pk is not None:
            plume.supprimer(self.ligne)
            self.ligne = None


@dataclass
class Indicateur(Champ):
    """A figure of an indicator: critère of the action, or indicator asked by the campaign."""

    releve: Releve = field(kw_only=True)
    colonne: str = field(kw_only=True, default="valeur")

    @property
    def objet(self) -> Model | None:
        return self.releve.ligne

    def ecrire(self, valeur: Decimal | None, plume: Plume) -> None:
        self.releve.ecrire(self.colonne, valeur, plume)
        self.valeur = valeur


@dataclass
class Reponse(Champ):
    """The answer to a question of the campaign."""

    bilan: Bilan = field(kw_only=True)
    question: Question = field(kw_only=True)
    ligne: ReponseQuestion | None = field(kw_only=True, default=None)

    @property
    def objet(self) -> Model | None:
        return self.ligne

    def ecrire(self, valeur: Any, plume: Plume) -> None:
        if valeur is None or valeur == "":
            if self.ligne is not None:
                plume.supprimer(self.ligne)
                self.ligne = None
        else:
            if self.ligne is None:
                self.ligne = ReponseQuestion(bilan=self.bilan, question=self.question)
            chiffre = self.question.type == Question.Type.NOMBRE
            self.ligne.texte, self.ligne.nombre = ("", valeur) if chiffre else (valeur, None)
            plume.enregistrer(self.ligne)
        self.valeur = valeur


@dataclass
class Livre:
    """The budget « réalisé » of the action, made at what is first written in it; read under the lock of the bilan."""

    bilan: Bilan
    budget: Budget | None = None

    def ouvrir(self, plume: Plume) -> Budget:
        """Return the budget, saved."""
        if self.budget is None:
            self.budget = Budget(action_annuelle=self.bilan.action_annuelle, type=Budget.Type.REALISE)
            plume.enregistrer(self.budget)
        return self.budget


@dataclass
class Montant(Champ):
    """An amount of the budget « réalisé », in euros, on an account and, for a subsidy, of a funder."""

    livre: Livre = field(kw_only=True)
    compte: CompteBudgetaire = field(kw_only=True)
    financeur: Financeur | None = field(kw_only=True, default=None)
    # a budget taken from a document may have several lines on one account: the field holds their sum
    lignes: list[LigneBudget] = field(kw_only=True, default_factory=list)
    # what the forecast said, in euros
    prevu: Decimal | None = field(kw_only=True, default=None)
    # neither usual nor planned: folded until it is wanted
    rare: bool = field(kw_only=True, default=False)

    @property
    def poste(self) -> str:
        """The code of the post (60, 74…) under which the account stands."""
        return self.compte.parent_id or self.compte.pk

    @property
    def objet(self) -> Model | None:
        return self.lignes[0] if self.lignes else None

    def ecrire(self, valeur: Decimal | None, plume: Plume) -> None:
        gardees = 0 if valeur is None else 1
        for ligne in self.lignes[gardees:]:
            plume.supprimer(ligne)
        self.lignes = self.lignes[:gardees]
        if valeur is not None:
            if not self.lignes:
                budget = self.livre.ouvrir(plume)
                self.lignes = [LigneBudget(budget=budget, compte=self.compte, financeur=self.financeur)]
            self.lignes[0].montant = valeur
            plume.enregistrer(self.lignes[0])
        self.valeur = valeur


@dataclass
class Explication(Champ):
    """Why a post of the budget is far from what was planned, in a sentence."""

    livre: Livre = field(kw_only=True)
    compte: CompteBudgetaire = field(kw_only=True)
    ligne: ExplicationEcart | None = field(kw_only=True, default=None)

    @property
    def objet(self) -> Model | None:
        return self.ligne

    def ecrire(self, valeur: str, plume: Plume) -> None:
        if not valeur:
            if self.ligne is not None:
                plume.supprimer(self.ligne)
                self.ligne = None
        else:
            if self.ligne is None:
                self.ligne = ExplicationEcart(budget=self.livre.ouvrir(plume), compte=self.compte)
            self.ligne.texte = valeur
            plume.enregistrer(self.ligne)
        self.valeur = valeur


@dataclass
class ColonneDuBudget(Champ):
    """What the compte rendu financier asks beside the amounts: a field of the budget « réalisé »."""

    livre: Livre = field(kw_only=True)
    colonne: str = field(kw_only=True)

    @property
    def objet(self) -> Model | None:
        return self.livre.budget

    def ecrire(self, valeur: Any, plume: Plume) -> None:
        budget = self.livre.ouvrir(plume)
        setattr(budget, self.colonne, valeur)
        budget.version += 1
        plume.enregistrer(budget)
        self.valeur = valeur


# -- Telling two values apart ----------------------------------------------------------------------
def empreinte(champ: Champ, texte: str) -> tuple[str, str]:
    """Return what tells two typed texts apart: « 1200 » and « 1 200 » are the same number, a blank is a blank."""
    try:
        valeur = champ.lire(nettoyer(texte))
    except ValidationError:
        return "tel quel", ESPACES.sub(" ", texte).strip()
    return "lu", canonique(valeur)


def canonique(valeur: Any) -> str:
    """Return what tells two stored values apart; a blank, of any kind, is a blank."""
    if valeur is None or valeur is False:
        return ""
    return format(valeur.normalize(), "f") if isinstance(valeur, Decimal) else str(valeur)


def marque(champ: Champ, texte: str) -> str:
    """Return a short mark of a typed text, for a page that must tell later what it had shown."""
    nature, valeur = empreinte(champ, texte)
    return hashlib.sha256(f"{nature}\n{valeur}".encode()).hexdigest()[:12]
