"""Everything that can be typed in a bilan: by name, its field, its present value, where it is written.

The names are those of the forms, of the draft that the browser sends, of the comments and of the checklist:
« mise_en_oeuvre », « total_12_F », « critere_4 », « demande_7_H », « question_3 », « budget_60 »,
« budget_74_<key of a funder> ». What was typed and cannot be read is kept as it was typed, in
`Bilan.saisie_en_attente`, under the same name.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, Q
from django.utils.text import capfirst

from actions.models import IndicateurAction, IndicateurDemande, Question, TrancheAge
from comptes.champs import ESPACES, ChampDate, ChampMontantFormulaire, ChampNombre, ChampTexte
from comptes.modeles import libelle_du_champ
from comptes.templatetags.typographie import insecables, pluriel
from contrats.models import ContratVille
from documents import additionner, formats
from documents.texte import nettoyer
from financements.models import Budget, CompteBudgetaire, Financeur, LigneBudget, LigneFinancement

from . import effectifs as eff
from .models import Bilan, Effectif, ReponseQuestion, ValeurIndicateur

# -- Steps -----------------------------------------------------------------------------------------
DEROULEMENT, PUBLICS, INDICATEURS, MOYENS, BUDGET, RELECTURE = (
    "deroulement",
    "publics",
    "indicateurs",
    "moyens",
    "budget",
    "relecture",
)
ETAPES = {
    DEROULEMENT: "Déroulement",
    PUBLICS: "Publics",
    INDICATEURS: "Indicateurs",
    MOYENS: "Moyens et partenaires",
    BUDGET: "Budget réalisé",
    RELECTURE: "Relecture et envoi",
}
# What an action that did not take place has nothing to say of.
SANS_OBJET = (PUBLICS, INDICATEURS, MOYENS, BUDGET)
# A comment, a gap or a missing answer may name a whole group.
ETAPE_DU_GROUPE = {"effectifs": PUBLICS, "indicateurs": INDICATEURS, "budget": BUDGET, "pieces": DEROULEMENT}

# -- The columns of the bilan ----------------------------------------------------------------------
CHAMPS_DEROULEMENT = (
    "realisation",
    "motif_non_realisation",
    "date_debut",
    "date_fin",
    "dates_lieux",
    "nombre_seances",
)
CHAMPS_MOYENS = ("moyens", "salaries", "benevoles", "intervenants", "partenariats")
# The fields of the bilan itself that are typed; everything else belongs to the operations.
CHAMPS_SAISIS = (*CHAMPS_DEROULEMENT, *Bilan.CHAMPS_RECIT, "type_public", *CHAMPS_MOYENS)
NOMBRES = ("salaries", "benevoles", "intervenants", "nombre_seances")
DATES = ("date_debut", "date_fin")
LIBELLES = {
    "realisation": "L'action a été",
    "motif_non_realisation": "Pourquoi",
    "date_debut": "Elle a commencé le",
    "date_fin": "Elle a fini le",
}
AIDES = {
    "motif_non_realisation": "Pourquoi, et ce qui est prévu. Demandé quand l'action n'a pas eu lieu ou a été reportée.",
    "date_debut": "Le jour de la première séance, par exemple 08/01/2024.",
    "date_fin": "Le jour de la dernière, par exemple 28/06/2024.",
    "dates_lieux": "Par exemple : les mercredis de 14 h à 16 h, à la maison de quartier.",
    "nombre_seances": "Par exemple : 24 pour un atelier chaque semaine de janvier à juin.",
    "mise_en_oeuvre": "Ce qui s'est passé, avec qui, à quel rythme.",
    "objectifs_atteints": "Ce que l'action a changé. Par exemple : huit personnes sur douze ont repris une formation.",
    "points_forts": "Ce qui a bien marché.",
    "difficultes": "Ce qui a manqué ou freiné, et ce que vous avez essayé.",
    "perspectives": "Ce que vous souhaitez poursuivre, changer ou arrêter.",
    "participation_habitants": "Leur place dans le choix, la préparation ou la conduite de l'action.",
    "egalite_femmes_hommes": "Qui vient, qui ne vient pas, et comment chacune et chacun trouve sa place.",
    "type_public": "Par exemple : enfants d'école élémentaire, familles monoparentales, demandeurs d'emploi.",
    "moyens": "Personnel, locaux, matériel, transport.",
    "salaries": "Par exemple : 2 pour deux personnes, même à temps partiel.",
    "benevoles": "Les personnes qui ont aidé sans être payées, au moins une fois.",
    "intervenants": "Les personnes payées par une autre structure ou sur facture.",
    "partenariats": "Les structures qui ont pris part à l'action.",
}
PUBLIC = {eff.ENSEMBLE: "ensemble du public", eff.QPV: "habitantes et habitants du QPV"}
# Nobody leads a million people; a larger number is a telephone number or a missing space.
PLUS_GRAND_EFFECTIF = 999_999
# The usual posts of an association's budget (Cerfa 15059), when the forecast budget names none.
COMPTES_USUELS = ("60", "61", "62", "63", "64", "65", "70", "74", "75", "RESSPROPRES")
SUBVENTIONS = "74"
# The names of the accounts are those of accountants: what goes there, in plain words.
AIDES_BUDGET = {
    "60": "Par exemple : fournitures, petit matériel, alimentation.",
    "61": "Par exemple : location d'une salle ou d'un véhicule, assurance, entretien.",
    "62": "Par exemple : intervenants sur facture, transport, communication.",
    "63": "Par exemple : taxe sur les salaires.",
    "64": "Salaires et charges sociales des personnes employées pour l'action.",
    "65": "Par exemple : droits d'auteur, cotisations à un réseau.",
    "70": "Par exemple : participation des familles, billetterie, ventes.",
    "74": "Celles qui ne sont pas dans la liste, par exemple une aide à l'emploi.",
    "75": "Par exemple : cotisations, dons, mécénat.",
    "RESSPROPRES": "Ce que votre structure a pris sur ses réserves.",
}
CHAMP = "bilans/bilan_champ.html"
QUANTITE_ILLISIBLE = "Saisissez un nombre en chiffres, par exemple 30 ou 12,5."


class ChampQuantite(ChampMontantFormulaire):
    """A quantity of anything: « 30 », « 12,5 ». Gives a Decimal with two decimals, or None."""

    def __init__(self, *, unite: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.widget.attrs.pop("data-unite", None)
        if unite:
            self.widget.attrs["data-unite"] = unite

    def lire(self, texte: str) -> Decimal:
        try:
            return super().lire(texte)
        except ValidationError:
            raise ValidationError(QUANTITE_ILLISIBLE) from None

    def prepare_value(self, value: Any) -> Any:
        return formats.nombre(value) if isinstance(value, Decimal) else value


class ChampDateDuContrat(ChampDate):
    """A day of the contract: another one is a mistake in the year."""

    def __init__(self, contrat: ContratVille, **options: Any) -> None:
        self.contrat = contrat
        super().__init__(**options)

    def to_python(self, value: Any) -> date | None:
        jour = super().to_python(value)
        if jour and not self.contrat.contient(jour):
            dates = periode(self.contrat.date_debut, self.contrat.date_fin)
            raise ValidationError(f"Cette date est hors du contrat, qui va {dates}.")
        return jour


def periode(debut: date | None, fin: date | None) -> str:
    """Return « du 8 janvier 2024 au 28 juin 2024 », « à partir du … », « jusqu'au … », or an empty string."""
    if debut and fin:
        return f"du {formats.date_longue(debut)} au {formats.date_longue(fin)}"
    if debut:
        return f"à partir du {formats.date_longue(debut)}"
    return f"jusqu'au {formats.date_longue(fin)}" if fin else ""


class Plume(Protocol):
    """How a row is written, and under whose name (bilans.operations)."""

    def enregistrer(self, objet: Model) -> None: ...

    def supprimer(self, objet: Model) -> None: ...


# -- A field ---------------------------------------------------------------------------------------
@dataclass
class Champ:
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
        if valeur is True:
            return "oui"
        if isinstance(valeur, date):
            return formats.date_longue(valeur)
        if isinstance(self.formulaire, forms.ChoiceField):
            return str(dict(self.formulaire.choices).get(valeur, valeur))  # type: ignore[arg-type]
        if isinstance(valeur, Decimal) and not isinstance(self.formulaire, ChampQuantite):
            return formats.montant(valeur)
        if isinstance(valeur, int | Decimal):
            unite = self.formulaire.widget.attrs.get("data-unite", "")
            return f"{formats.nombre(valeur)}{formats.INSECABLE}{unite}" if unite else formats.nombre(valeur)
        return str(valeur)

    @property
    def objet(self) -> Model | None:
        """The stored row that holds the value, whose history says who wrote it; None when there is none."""
        return None

    @property
    def est_vide(self) -> bool:
        """Whether nothing is stored; zero is an answer."""
        return self.valeur is None or self.valeur == "" or self.valeur is False

    def ecrire(self, valeur: Any, plume: Plume) -> None:
        """Store `valeur`. The bilan itself is saved by whoever calls."""
        raise NotImplementedError


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
    """The budget « réalisé » of the action, made at the first amount."""

    bilan: Bilan
    budget: Budget | None = None

    def ouvrir(self, plume: Plume) -> Budget:
        """Return the budget, saved."""
        if self.budget is None:
            annuelle, realise = self.bilan.action_annuelle, Budget.Type.REALISE
            self.budget = Budget.objects.filter(action_annuelle=annuelle, type=realise).first()
            if self.budget is None:
                self.budget = Budget(action_annuelle=annuelle, type=realise)
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


# -- Everything that can be typed ------------------------------------------------------------------
class Saisie:
    """What can be typed in one bilan, read in a fixed number of queries; `champs` is in the order of the pages."""

    def __init__(self, bilan: Bilan) -> None:
        self.bilan = bilan
        self.annuelle = bilan.action_annuelle
        self.campagne = self.annuelle.campagne
        self._livre = Livre(bilan)

    @cached_property
    def champs(self) -> dict[str, Champ]:
        """Every field, by name."""
        parties: tuple[Iterable[Champ], ...] = (
            self._colonnes(DEROULEMENT, (*CHAMPS_DEROULEMENT, *Bilan.CHAMPS_RECIT)),
            self.cases,
            self._colonnes(PUBLICS, ("type_public",)),
            self.indicateurs,
            self.questions,
            self._colonnes(MOYENS, CHAMPS_MOYENS),
            self._budget(),
        )
        return {champ.nom: champ for partie in parties for champ in partie}

    def de_l_etape(self, etape: str) -> list[Champ]:
        """Return the fields of a step, in order."""
        return [champ for champ in self.champs.values() if champ.etape == etape]

    def etape_du_champ(self, nom: str) -> str:
        """Return the step where a field, or a group of fields, is typed; the last one for the whole bilan."""
        champ = self.champs.get(nom)
        return champ.etape if champ else ETAPE_DU_GROUPE.get(nom, RELECTURE)

    @property
    def attente(self) -> dict[str, str]:
        """What was typed and is not yet an answer, by name of field."""
        return self.bilan.saisie_en_attente

    def brut(self, nom: str) -> str:
        """Return what the page shows in a field: what was typed, else the stored value."""
        champ = self.champs[nom]
        return self.attente[nom] if nom in self.attente else champ.brut(champ.valeur)

    def marque(self, nom: str) -> str:
        """Return a short mark of what is stored in a field: another mark, another value."""
        return marque(self.champs[nom], self.brut(nom))

    def en_attente(self) -> Iterator[tuple[Champ, str, str]]:
        """Give the fields whose typed text cannot be read, this text, the sentence that says how to write it."""
        for nom, texte in self.attente.items():
            champ = self.champs.get(nom)
            if champ is None or isinstance(champ, Estimation):
                continue
            try:
                champ.lire(texte)
            except ValidationError as erreur:
                yield champ, texte, insecables(" ".join(erreur.messages))

    @property
    def sans_objet(self) -> tuple[str, ...]:
        """The steps that an action which did not take place has nothing to say of."""
        return SANS_OBJET if self.bilan.realisation in Bilan.REALISATIONS_MOTIVEES else ()

    # -- People
    @cached_property
    def tranches(self) -> tuple[TrancheAge, ...]:
        """The age bands of the campaign."""
        return tuple(self.campagne.tranches.all())

    @cached_property
    def effectifs(self) -> list[Effectif]:
        """The stored numbers of people, those that stand beside the grids included."""
        return list(self.bilan.effectifs.all())

    def grilles(self) -> dict[str, eff.Grille]:
        """Return the grids of people as they are stored now, what was just written included.

        A cell in which something else waits to be corrected is not known.
        """
        cases = [
            case
            for case in self.cases
            if isinstance(case, Case) and case.valeur is not None and case.nom not in self.attente
        ]
        return {
            perimetre: eff.Grille(
                perimetre, self.tranches, {c.cellule: c.valeur for c in cases if c.perimetre == perimetre}
            )
            for perimetre in eff.PERIMETRES
        }

    # -- Money
    @cached_property
    def lignes_financement(self) -> list[LigneFinancement]:
        """What each funder brings to the action: those who enter a bilan see all of it."""
        return list(
            LigneFinancement.objects.filter(action_annuelle=self.annuelle)
            .select_related("financeur")
            .order_by("financeur__ordre", "pk")
        )

    def total_du_budget(self, sens: str) -> Decimal | None:
        """Return the sum of the charges or of the produits in euros, None when nothing is known."""
        montants = (champ for champ in self.champs.values() if isinstance(champ, Montant))
        return additionner(m.valeur for m in montants if m.compte.sens == sens and not m.compte.hors_total)

    # -- The fields, by kind
    def _colonnes(self, etape: str, noms: Iterable[str]) -> Iterator[Champ]:
        for nom in noms:
            libelle = LIBELLES.get(nom) or capfirst(libelle_du_champ(Bilan, nom))
            formulaire = _champ_de_colonne(nom, self.campagne.contrat)
            _mettre_en_page(formulaire, libelle, AIDES.get(nom, ""))
            yield Colonne(nom, libelle, etape, formulaire, getattr(self.bilan, nom), bilan=self.bilan)

    @cached_property
    def cases(self) -> list[Champ]:
        """The cells of both grids, each followed by whether they are an estimate."""
        return list(self._cases())

    def _cases(self) -> Iterator[Champ]:
        stockees = {
            (ligne.perimetre, eff.Cellule(ligne.tranche_id, ligne.sexe)): ligne
            for ligne in self.effectifs
            if ligne.mesure == Effectif.Mesure.PERSONNES
        }
        for perimetre in eff.PERIMETRES:
            estimation = Estimation(
                f"{perimetre}_estimation",
                "Ces nombres sont une estimation",
                PUBLICS,
                forms.BooleanField(
                    label="Ces nombres sont une estimation", required=False, template_name=CHAMP
                ),
            )
            for tranche in (None, *self.tranches):
                for sexe in (*eff.SEXES, eff.TOTAL):
                    cellule = eff.Cellule(tranche.pk if tranche else None, sexe)
                    ligne = stockees.get((perimetre, cellule))
                    estimation.cases.append(self._case(perimetre, tranche, cellule, ligne, estimation))
            # Ticked before any number is known, it waits with the draft.
            estimation.valeur = estimation.nom in self.attente or any(
                case.ligne.approximatif
                for case in estimation.cases
                if case.ligne is not None and case.valeur is not None
            )
            yield from estimation.cases
            yield estimation

    def _case(
        self,
        perimetre: str,
        tranche: TrancheAge | None,
        cellule: eff.Cellule,
        ligne: Effectif | None,
        estimation: Estimation,
    ) -> Case:
        ages = tranche.libelle if tranche else "tous âges"
        libelle = f"{Effectif.Sexe(cellule.sexe).label}, {ages}, {PUBLIC[perimetre]}"
        champ = ChampNombre(label=libelle, required=False, maximum=PLUS_GRAND_EFFECTIF)
        champ.widget.attrs |= {
            "aria-label": libelle,
            "data-cellule": f"{perimetre}-{cellule.tranche or 'ensemble'}-{cellule.sexe}",
        }
        return Case(
            eff.nom_du_champ(perimetre, cellule),
            libelle,
            PUBLICS,
            champ,
            ligne.valeur if ligne else None,
            bilan=self.bilan,
            perimetre=perimetre,
            cellule=cellule,
            estimation=estimation,
            ligne=ligne,
        )

    @cached_property
    def valeurs_indicateurs(self) -> list[ValeurIndicateur]:
        """The stored figures of indicators, those taken from a document in its own words included."""
        return list(self.bilan.valeurs_indicateurs.all())

    @cached_property
    def indicateurs(self) -> "list[Indicateur]":
        """The figures asked: those of the critères of the action, then those that the campaign asks."""
        return [*self._criteres(), *self._demandes()]

    def _criteres(self) -> "Iterator[Indicateur]":
        lignes = {ligne.critere_id: ligne for ligne in self.valeurs_indicateurs if ligne.critere_id}
        for critere in self.annuelle.indicateurs.all():
            releve = Releve(
                self,
                critere.libelle,
                critere.unite,
                critere=critere,
                ligne=lignes.get(critere.pk),
            )
            aide = ""
            if critere.cible is not None:
                unite = f" {critere.unite}" if critere.unite else ""
                aide = f"Vous visiez {formats.nombre(critere.cible)}{unite}."
            yield self._indicateur(f"critere_{critere.pk}", critere.libelle, aide, releve, "valeur")

    def _demandes(self) -> "Iterator[Indicateur]":
        lignes = {ligne.demande_id: ligne for ligne in self.valeurs_indicateurs if ligne.demande_id}
        for demande in self.campagne.indicateurs_demandes.all():
            releve = Releve(
                self,
                demande.libelle,
                demande.unite,
                demande=demande,
                ligne=lignes.get(demande.pk),
            )
            nom = f"demande_{demande.pk}"
            aide = avec_l_obligation(demande.aide, demande.obligatoire)
            yield self._indicateur(nom, demande.libelle, aide, releve, "valeur")
            if demande.sexue:
                for suffixe, mot, colonne in (
                    ("F", "dont femmes", "valeur_femmes"),
                    ("H", "dont hommes", "valeur_hommes"),
                ):
                    yield self._indicateur(
                        f"{nom}_{suffixe}", f"{demande.libelle}, {mot}", "", releve, colonne
                    )

    def prochain_ordre(self) -> int:
        """Return a rank that no figure has, those written since the reading included."""
        lignes = [*self.valeurs_indicateurs, *(champ.releve.ligne for champ in self.indicateurs)]
        return 1 + max((ligne.ordre for ligne in lignes if ligne is not None), default=0)

    def _indicateur(self, nom: str, libelle: str, aide: str, releve: Releve, colonne: str) -> Indicateur:
        valeur = getattr(releve.ligne, colonne) if releve.ligne else None
        champ = ChampQuantite(label=libelle, help_text=aide, required=False, unite=releve.unite)
        _mettre_en_page(champ)
        return Indicateur(nom, libelle, INDICATEURS, champ, valeur, releve=releve, colonne=colonne)

    @cached_property
    def reponses(self) -> dict[int, ReponseQuestion]:
        """The stored answers, by question."""
        return {ligne.question_id: ligne for ligne in self.bilan.reponses.all()}

    @cached_property
    def questions(self) -> "list[Reponse]":
        """The questions of the campaign, with their answers."""
        return list(self._questions())

    def _questions(self) -> "Iterator[Reponse]":
        for question in self.campagne.questions.all():
            ligne = self.reponses.get(question.pk)
            valeur: Any = None
            if ligne is not None:
                valeur = ligne.nombre if question.type == Question.Type.NOMBRE else ligne.texte
            formulaire = champ_de_question(question, str(valeur or ""))
            aide = avec_l_obligation(question.aide, question.obligatoire)
            _mettre_en_page(formulaire, question.libelle, aide)
            yield Reponse(
                f"question_{question.pk}",
                question.libelle,
                INDICATEURS,
                formulaire,
                valeur,
                bilan=self.bilan,
                question=question,
                ligne=ligne,
            )

    @cached_property
    def budgets(self) -> dict[str, list[LigneBudget]]:
        """The lines of the budgets of the action, by type of budget."""
        lignes: dict[str, list[LigneBudget]] = {str(type_): [] for type_ in Budget.Type.values}
        toutes = LigneBudget.objects.filter(budget__action_annuelle=self.annuelle)
        for ligne in toutes.select_related("budget", "compte", "financeur").order_by("compte__ordre", "pk"):
            lignes[ligne.budget.type].append(ligne)
        return lignes

    def _budget(self) -> Iterator[Champ]:
        realisees = self.budgets[Budget.Type.REALISE]
        prevues = self.budgets[Budget.Type.PREVISIONNEL]
        codes = {ligne.compte_id for ligne in (*prevues, *realisees) if ligne.financeur_id is None}
        voulus = codes | {SUBVENTIONS} if codes else set(COMPTES_USUELS)
        comptes = {
            compte.pk: compte
            for compte in CompteBudgetaire.objects.filter(
                Q(pk__in=voulus) | Q(pk=SUBVENTIONS) | Q(financeurs__in=self._financeurs_connus)
            )
            .distinct()
            .order_by("ordre", "code")
        }
        for compte in comptes.values():
            if compte.pk not in voulus:
                continue
            if compte.pk == SUBVENTIONS:
                yield from self._subventions(comptes, realisees, prevues)
            lignes = [x for x in realisees if x.compte_id == compte.pk and x.financeur_id is None]
            libelle = "Autres subventions" if compte.pk == SUBVENTIONS else compte.libelle
            yield self._montant(f"budget_{compte.pk}", libelle, compte, None, lignes)

    @cached_property
    def _financeurs_connus(self) -> set[int]:
        return {ligne.financeur_id for ligne in self.lignes_financement}

    def _subventions(
        self,
        comptes: Mapping[str, CompteBudgetaire],
        realisees: list[LigneBudget],
        prevues: list[LigneBudget],
    ) -> Iterator[Montant]:
        """Give a field to each funder that brings something to the action, or that a budget names."""
        financeurs = {ligne.financeur_id: ligne.financeur for ligne in self.lignes_financement}
        for ligne in (*prevues, *realisees):
            if ligne.financeur is not None:
                financeurs.setdefault(ligne.financeur.pk, ligne.financeur)
        for financeur in financeurs.values():
            lignes = [ligne for ligne in realisees if ligne.financeur_id == financeur.pk]
            compte = comptes.get(financeur.ligne_cerfa_id or "", comptes[SUBVENTIONS])
            nom = f"budget_{SUBVENTIONS}_{financeur.cle}"
            yield self._montant(nom, financeur.nom, compte, financeur, lignes)

    def _montant(
        self,
        nom: str,
        libelle: str,
        compte: CompteBudgetaire,
        financeur: Financeur | None,
        lignes: list[LigneBudget],
    ) -> Montant:
        champ = ChampMontantFormulaire(label=libelle, required=False)
        _mettre_en_page(champ, libelle, AIDES_BUDGET.get(compte.pk, "") if financeur is None else "")
        if compte.hors_total:
            champ.widget.attrs["data-hors-total"] = ""
        return Montant(
            nom,
            libelle,
            BUDGET,
            champ,
            additionner(ligne.montant for ligne in lignes),
            livre=self._livre,
            compte=compte,
            financeur=financeur,
            lignes=lignes,
        )


def _champ_de_colonne(nom: str, contrat: ContratVille) -> forms.Field:
    champ: forms.Field
    if nom == "realisation":
        champ = forms.ChoiceField(choices=Bilan.Realisation.choices, widget=forms.RadioSelect, required=False)
    elif nom in NOMBRES:
        champ = ChampNombre(required=False)
    elif nom in DATES:
        champ = ChampDateDuContrat(contrat, required=False)
    else:
        champ = ChampTexte(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    return champ


def avec_l_obligation(aide: str, obligatoire: bool) -> str:
    """Return the help of a question, which says whether the bilan waits for its answer."""
    if not obligatoire:
        return aide
    return f"{aide} Réponse demandée pour envoyer le bilan.".strip()


def _mettre_en_page(champ: Any, libelle: str = "", aide: str = "") -> None:
    """Give a field our template, and its words."""
    champ.template_name = CHAMP
    champ.label, champ.help_text = libelle or champ.label, aide or champ.help_text


def champ_de_question(question: Question, stocke: str = "") -> forms.Field:
    """Return the form field of a question of the campaign, without its words; `stocke` is the answer it has."""
    if question.type == Question.Type.NOMBRE:
        return ChampQuantite(required=False, unite=question.unite)
    if question.type == Question.Type.TEXTE:
        return ChampTexte(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    if question.type == Question.Type.OUI_NON:
        return forms.ChoiceField(
            choices=[("oui", "Oui"), ("non", "Non")], widget=forms.RadioSelect, required=False
        )
    choix = question.choix_proposes
    if stocke and stocke not in choix:
        # Answered before the list was changed: the answer stands until another is chosen.
        choix = [*choix, stocke]
    return forms.ChoiceField(choices=[("", "Choisissez"), *((c, c) for c in choix)], required=False)


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


# -- Reading everything ----------------------------------------------------------------------------
class ReponseLue(NamedTuple):
    """A question and its answer as it is read; an empty text when nothing was answered."""

    champ: str
    libelle: str
    texte: str


class Section(NamedTuple):
    """A part of a bilan as it is read."""

    titre: str
    reponses: list[ReponseLue]

    @property
    def repondues(self) -> list[ReponseLue]:
        """The questions that have an answer."""
        return [reponse for reponse in self.reponses if reponse.texte]

    @property
    def sans_reponse(self) -> list[str]:
        """The questions left without an answer."""
        return [reponse.libelle for reponse in self.reponses if not reponse.texte]


def sections_lues(bilan: Bilan, saisie: Saisie | None = None) -> list[Section]:
    """Return everything that a bilan says, section by section, with French labels and texts.

    An unanswered question is there with an empty text; a section that asks nothing is left out, as is a step
    without object that says nothing. Give `saisie` when it is read already.
    """
    lue = saisie or Saisie(bilan)
    parties = (
        (DEROULEMENT, "Déroulement", _lire(lue, CHAMPS_DEROULEMENT)),
        (DEROULEMENT, "Ce que vous en retenez", _lire(lue, Bilan.CHAMPS_RECIT)),
        (PUBLICS, "Publics", [*_lire_publics(lue), *_lire(lue, ("type_public",))]),
        (INDICATEURS, "Indicateurs et questions", _lire_indicateurs(lue)),
        (MOYENS, "Moyens et partenaires", _lire(lue, CHAMPS_MOYENS)),
        (BUDGET, "Budget réalisé", _lire_budget(lue)),
        (DEROULEMENT, "Pièces jointes", _lire_pieces(bilan)),
    )
    return [
        Section(titre, reponses)
        for etape, titre, reponses in parties
        if reponses and (etape not in lue.sans_objet or any(r.texte for r in reponses))
    ]


def _reponse(saisie: Saisie, champ: Champ) -> ReponseLue:
    texte = saisie.attente.get(champ.nom) or champ.texte()
    return ReponseLue(champ.nom, insecables(champ.libelle), texte)


def _lire(saisie: Saisie, noms: Iterable[str]) -> list[ReponseLue]:
    reponses = [_reponse(saisie, saisie.champs[nom]) for nom in noms]
    motive = saisie.bilan.realisation in Bilan.REALISATIONS_MOTIVEES
    # Asked only of an action that did not take place.
    return [r for r in reponses if r.texte or motive or r.champ != "motif_non_realisation"]


def _lire_publics(saisie: Saisie) -> Iterator[ReponseLue]:
    for perimetre, grille in saisie.grilles().items():
        titre = Effectif.Perimetre(perimetre).label
        estimation = saisie.champs[f"{perimetre}_estimation"]
        estime = " (estimation)" if estimation.valeur else ""
        if grille.est_vide:
            yield ReponseLue(f"{perimetre}_ensemble_T", titre, "")
        for rang in grille.rangs:
            nom = f"{titre}{estime}" if rang.tranche is None else f"{titre}, {rang.tranche.libelle}"
            cle = eff.Cellule(rang.tranche.pk if rang.tranche else None, eff.TOTAL)
            yield ReponseLue(eff.nom_du_champ(perimetre, cle), insecables(nom), _phrase_du_rang(rang))
    for case in saisie.champs.values():
        if isinstance(case, Case) and case.nom in saisie.attente:
            yield _reponse(saisie, case)
    for ligne in saisie.effectifs:
        if not eff.est_une_cellule(ligne):
            yield ReponseLue("effectifs", ligne.get_mesure_display(), _phrase_de_l_effectif(ligne))


def _phrase_du_rang(rang: eff.Rang) -> str:
    """Return « 30 personnes : 12 femmes, 18 hommes »."""
    parts = (
        (rang.femmes, "femme,femmes"),
        (rang.hommes, "homme,hommes"),
        (rang.non_renseigne, "non renseigné,non renseignés"),
    )
    detail = ", ".join(pluriel(combien, formes) for combien, formes in parts if combien is not None)
    total = pluriel(rang.total, "personne,personnes")
    return insecables(f"{total} : {detail}" if detail else total)


def _phrase_de_l_effectif(ligne: Effectif) -> str:
    if ligne.valeur is None:
        texte = f"entre {formats.nombre(ligne.valeur_min)} et {formats.nombre(ligne.valeur_max)}"
    else:
        texte = f"{'environ ' if ligne.approximatif else ''}{formats.nombre(ligne.valeur)}"
    details = []
    if ligne.sexe != eff.TOTAL:
        details.append(ligne.get_sexe_display().lower())
    if ligne.tranche_id:
        details.append(str(ligne.tranche))
    if ligne.perimetre == eff.QPV:
        details.append(PUBLIC[eff.QPV])
    if ligne.precision:
        details.append(ligne.precision)
    return f"{texte} ({', '.join(details)})" if details else texte


def _lire_indicateurs(saisie: Saisie) -> list[ReponseLue]:
    reponses = [_reponse(saisie, champ) for champ in saisie.de_l_etape(INDICATEURS)]
    for ligne in saisie.valeurs_indicateurs:
        if ligne.critere_id is None and ligne.demande_id is None:
            reponses.append(ReponseLue("indicateurs", insecables(ligne.libelle), _phrase_du_releve(ligne)))
    return reponses


def _phrase_du_releve(ligne: ValeurIndicateur) -> str:
    """Return « environ 153 séances (femmes 120, hommes 33) »; an empty string when it has no figure."""
    morceaux = []
    if ligne.valeur is not None:
        environ = "environ " if ligne.approximatif else ""
        unite = f"{formats.INSECABLE}{ligne.unite}" if ligne.unite else ""
        morceaux.append(f"{environ}{formats.nombre(ligne.valeur)}{unite}")
    parts = ((ligne.valeur_femmes, "femmes"), (ligne.valeur_hommes, "hommes"))
    connues = [f"{mot} {formats.nombre(valeur)}" for valeur, mot in parts if valeur is not None]
    if connues:
        morceaux.append(f"({', '.join(connues)})")
    if ligne.precision:
        morceaux.append(f"– {ligne.precision}")
    return " ".join(morceaux)


def _lire_budget(saisie: Saisie) -> list[ReponseLue]:
    """Return the lines that have an amount, then the totals and the gap between them."""
    montants = saisie.de_l_etape(BUDGET)
    reponses = [_reponse(saisie, champ) for champ in montants]
    reponses = [reponse for reponse in reponses if reponse.texte]
    if montants and not reponses:
        return [ReponseLue("budget", "Montants", "")]
    totaux = [
        (f"Total des {mot}", saisie.total_du_budget(sens))
        for sens, mot in (
            (CompteBudgetaire.Sens.CHARGE, "dépenses"),
            (CompteBudgetaire.Sens.PRODUIT, "recettes"),
        )
    ]
    reponses += [
        ReponseLue("budget", libelle, formats.montant(total))
        for libelle, total in totaux
        if total is not None
    ]
    return reponses


def _lire_pieces(bilan: Bilan) -> list[ReponseLue]:
    return [
        ReponseLue("pieces", piece.get_nature_display(), piece.nom)
        for piece in bilan.pieces.order_by("depose_le", "pk")
    ]
