"""The grid action × funder as it is shown and typed: of the programme in one state, or of a scenario.

A cell holds euros as French accounts write them; what it is worth in the other states is said beside it. Sums and
what remains of the envelopes are computed by the server, at the opening and after each cell.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.urls import reverse

from actions.models import ActionAnnuelle
from actions.situation import RequeteCampagne
from comptes.champs import ChampMontantFormulaire
from comptes.templatetags.typographie import euros, insecables
from documents.formats import INSECABLE, montant
from financements.enveloppes import SituationEnveloppe, nom_de
from financements.models import AvisFinanceur, Financeur, LigneFinancement
from financements.programmation import SAISIS, Cellule, Colonne, Etat, Grille, Rangee

from .rapide import Conflit

# Under this share of an envelope, what remains is said to be little.
PEU = Decimal("0.05")
# Actions whose amounts count in no envelope, and say so.
HORS_ENVELOPPE = (
    ActionAnnuelle.Statut.NON_RECEVABLE,
    ActionAnnuelle.Statut.REFUSEE,
    ActionAnnuelle.Statut.AJOURNEE,
    ActionAnnuelle.Statut.ABANDONNEE,
)
NATURES_COURTES = {
    LigneFinancement.NatureCredit.SPECIFIQUE: "Spécifiques",
    LigneFinancement.NatureCredit.DROIT_COMMUN: "Droit commun",
    LigneFinancement.NatureCredit.AUTRE_PUBLIC: "Autre public",
    LigneFinancement.NatureCredit.PRIVE: "Privé",
    LigneFinancement.NatureCredit.AUTOFINANCEMENT: "Autofinancement",
    LigneFinancement.NatureCredit.VALORISATION: "En nature",
    LigneFinancement.NatureCredit.NON_PRECISEE: "Non précisée",
}
TONS_AVIS = {
    AvisFinanceur.Sens.FAVORABLE: "fait",
    AvisFinanceur.Sens.RESERVE: "alerte",
    AvisFinanceur.Sens.DEFAVORABLE: "bloque",
    AvisFinanceur.Sens.AJOURNE: "attente",
}


# -- Reading what is typed -------------------------------------------------------------------------
def lire_montant(texte: str) -> Decimal | None:
    """Return the amount typed in a cell, None for a blank. Raises ValidationError for what cannot be read."""
    lu: Decimal | None = ChampMontantFormulaire(required=False).clean(texte)
    return lu


def ecrire_montant(valeur: Decimal | None) -> str:
    """Return « 24 000 », as a cell shows it; empty for a blank."""
    return montant(valeur, unite=False)


# -- What is in sight above the cells --------------------------------------------------------------
@dataclass(frozen=True)
class EnveloppeEnVue:
    """What remains of an envelope; `ton` is « depassee », « peu » or empty."""

    pk: int
    nom: str
    court: str
    reste: str
    montant: str
    ton: str
    phrase: str

    def en_json(self) -> dict[str, Any]:
        """Return what the script shows after each cell."""
        return {"pk": self.pk, "reste": self.reste, "ton": self.ton, "phrase": self.phrase}


def en_vue(situation: SituationEnveloppe) -> EnveloppeEnVue:
    """Return an envelope in words: « il reste 1 500 € », « dépassée de 300 € »."""
    enveloppe = situation.enveloppe
    nom = nom_de(enveloppe)
    if situation.depassee:
        ton, reste = "depassee", f"dépassée de {euros(-situation.reste)}"
    else:
        ton = "peu" if situation.reste <= enveloppe.montant * PEU else ""
        reste = f"reste {euros(situation.reste)}"
    phrase = f"Enveloppe «{INSECABLE}{nom}{INSECABLE}»{INSECABLE}: {reste} sur {euros(enveloppe.montant)}."
    court = str(enveloppe.dispositif) if enveloppe.dispositif else ""
    return EnveloppeEnVue(enveloppe.pk, nom, court, reste, euros(enveloppe.montant), ton, phrase)


@dataclass(frozen=True)
class ColonneEnVue:
    """A column under its funder: its name in messages, its words under the funder, its total."""

    cle: str
    libelle: str
    nature: str
    total: str
    url_total: str


@dataclass(frozen=True)
class FinanceurEnVue:
    """The head of the columns of a funder, with its envelopes."""

    financeur: Financeur
    colonnes: list[ColonneEnVue]
    enveloppes: list[EnveloppeEnVue]
    # the first funder beside the total
    debut_hors_total: bool = False

    @property
    def natures(self) -> bool:
        """Whether its columns need a second line of headers."""
        return len(self.colonnes) > 1


# -- Rows ------------------------------------------------------------------------------------------
@dataclass
class CaseEnVue:
    """A cell: what is saved or was just typed there, what it is worth in the other states, its funder's opinion."""

    colonne: Colonne
    libelle: str
    nom: str
    valeur: str
    url: str
    suite: str = ""
    modifiable: bool = False
    avis: AvisFinanceur | None = None
    alerte: str = ""
    erreur: str = ""
    # (state, amount) of each state that has one, in the reading view of all states
    etats: list[tuple[str, str]] = field(default_factory=list)

    @property
    def ton_avis(self) -> str:
        """The sign of the opinion."""
        return TONS_AVIS[AvisFinanceur.Sens(self.avis.sens)] if self.avis else ""


@dataclass
class LigneEnVue:
    """A row: an action, its cells, its sum, what is to be said of it."""

    annuelle: ActionAnnuelle
    url: str
    avant: dict[str, str]
    cases: list[CaseEnVue]
    total: str
    alertes: list[str]
    conflits: list[Conflit] = field(default_factory=list)
    refus: str = ""
    # (state, sum) of each state that has one, in the reading view of all states
    totaux_par_etat: list[tuple[str, str]] = field(default_factory=list)

    @property
    def avant_json(self) -> str:
        """What the page knows as saved, for the form sent without a script."""
        return json.dumps(self.avant)

    @property
    def par_cle(self) -> dict[str, CaseEnVue]:
        """The cells by the key of their column."""
        return {case.colonne.cle: case for case in self.cases}

    @property
    def hors_enveloppe(self) -> bool:
        """Whether its amounts count in no envelope: refused, adjourned, given up or not admissible."""
        return self.annuelle.statut in HORS_ENVELOPPE

    @property
    def erreurs(self) -> list[str]:
        """What is not saved, and why."""
        return [f"{case.libelle}{INSECABLE}: {case.erreur}" for case in self.cases if case.erreur]


# -- The grid --------------------------------------------------------------------------------------
@dataclass
class GrilleEnVue:
    """A grid ready to be shown. `etats` are the amounts of the view of all states, otherwise only one is shown."""

    financeurs: list[FinanceurEnVue]
    lignes: list[LigneEnVue]
    total: str
    tous: bool = False
    totaux_par_etat: list[tuple[str, str]] = field(default_factory=list)
    totaux_des_colonnes: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    @property
    def colonnes(self) -> list[ColonneEnVue]:
        """The columns from left to right."""
        return [colonne for financeur in self.financeurs for colonne in financeur.colonnes]

    @property
    def deux_lignes(self) -> bool:
        """Whether a funder has several natures of credits."""
        return any(financeur.natures for financeur in self.financeurs)

    @property
    def modifiable(self) -> bool:
        """Whether a cell at least may be written."""
        return any(case.modifiable for ligne in self.lignes for case in ligne.cases)

    @property
    def enveloppes(self) -> list[EnveloppeEnVue]:
        """All the envelopes, in the order of the columns."""
        return [enveloppe for financeur in self.financeurs for enveloppe in financeur.enveloppes]


@dataclass(frozen=True)
class Presentation:
    """How a grid is shown: who may write which funders' columns, where a cell and a total lead."""

    request: RequeteCampagne
    # pks of the funders whose cells may be written; None for all
    modifiables: frozenset[int] | None
    enveloppes: Sequence[SituationEnveloppe]
    # address of the rows behind the total of a column; empty for none
    url_total: str = ""
    # whether a cell has a page of its own (its history, its opinion)
    avec_page: bool = True

    def montrer(self, grille: Grille, rangees: Sequence[Rangee]) -> GrilleEnVue:
        """Return `rangees`, the page of `grille` to show."""
        return GrilleEnVue(
            financeurs=self._financeurs(grille),
            lignes=[self._ligne(rangee, grille.etat) for rangee in rangees],
            total=ecrire_montant(grille.total),
        )

    def tous_les_etats(self, grilles: Mapping[Etat, Grille], rangees: Sequence[Rangee]) -> GrilleEnVue:
        """Return the rows with the amounts of every state in each cell; read only."""
        (premiere, *_) = grilles.values()
        vue = self.montrer(premiere, rangees)
        vue.tous = True
        par_action = {
            etat: {rangee.annuelle.pk: rangee for rangee in grille.rangees}
            for etat, grille in grilles.items()
        }
        for ligne in vue.lignes:
            lues = {etat: rangees_lues[ligne.annuelle.pk] for etat, rangees_lues in par_action.items()}
            ligne.totaux_par_etat = _etats({etat: rangee.total for etat, rangee in lues.items()})
            for rang, case in enumerate(ligne.cases):
                case.modifiable = False
                case.etats = _etats({etat: rangee.cellules[rang].montant for etat, rangee in lues.items()})
        vue.totaux_par_etat = _etats({etat: grille.total for etat, grille in grilles.items()})
        vue.totaux_des_colonnes = {
            colonne.cle: _etats({etat: grille.totaux.get(colonne.cle) for etat, grille in grilles.items()})
            for colonne in premiere.colonnes
        }
        return vue

    # -- Heads -------------------------------------------------------------------------------------
    def _financeurs(self, grille: Grille) -> list[FinanceurEnVue]:
        montres = []
        dans_total = True
        for financeur, colonnes in groupby(grille.colonnes, key=lambda colonne: colonne.financeur):
            montres.append(
                FinanceurEnVue(
                    financeur,
                    [
                        ColonneEnVue(
                            colonne.cle,
                            colonne.libelle,
                            NATURES_COURTES[LigneFinancement.NatureCredit(colonne.nature_credit)],
                            ecrire_montant(grille.totaux.get(colonne.cle)),
                            f"{self.url_total}financeur={financeur.cle}" if self.url_total else "",
                        )
                        for colonne in colonnes
                    ],
                    [en_vue(s) for s in self.enveloppes if s.enveloppe.financeur_id == financeur.pk],
                    debut_hors_total=dans_total and not financeur.dans_total,
                )
            )
            dans_total = financeur.dans_total
        return montres

    # -- Rows --------------------------------------------------------------------------------------
    def _ligne(self, rangee: Rangee, etat: Etat) -> LigneEnVue:
        annuelle = rangee.annuelle
        vus: set[int] = set()
        cases = []
        for cellule in rangee.cellules:
            financeur = cellule.colonne.financeur
            # The opinion is the funder's, whatever the nature of its credits: said once.
            avis = None if financeur.pk in vus else rangee.avis.get(financeur.pk)
            vus.add(financeur.pk)
            cases.append(self._case(annuelle, cellule, etat, avis))
        adresses = [self.request.contrat.slug, self.request.annee]
        return LigneEnVue(
            annuelle=annuelle,
            url=reverse("action_detail", args=[*adresses, annuelle.cle]),
            avant={case.colonne.cle: case.valeur for case in cases},
            cases=cases,
            total=ecrire_montant(rangee.total),
            alertes=[case.alerte for case in cases if case.alerte],
        )

    def _case(
        self, annuelle: ActionAnnuelle, cellule: Cellule, etat: Etat, avis: AvisFinanceur | None
    ) -> CaseEnVue:
        colonne = cellule.colonne
        ecrite = self.modifiables is None or colonne.financeur.pk in self.modifiables
        return CaseEnVue(
            colonne=colonne,
            libelle=colonne.libelle,
            nom=f"{annuelle.cle}-{colonne.cle}",
            valeur=ecrire_montant(cellule.montant),
            url=url_de_la_case(self.request, annuelle, colonne) if self.avec_page else "",
            suite=_autres_etats(cellule.ligne, etat),
            modifiable=etat.saisi and ecrite,
            avis=avis,
            alerte=_alerte_cpo(cellule),
        )


def url_de_la_case(request: RequeteCampagne, annuelle: ActionAnnuelle, colonne: Colonne) -> str:
    """Return the address of the page of a cell."""
    return reverse(
        "programmation_case", args=[request.contrat.slug, request.annee, annuelle.cle, colonne.cle]
    )


def _etats(montants: Mapping[Etat, Decimal | None]) -> list[tuple[str, str]]:
    return [
        (str(etat.label), ecrire_montant(valeur)) for etat, valeur in montants.items() if valeur is not None
    ]


def _autres_etats(ligne: LigneFinancement | None, etat: Etat) -> str:
    """Return « demandé 5 000 €, proposé 4 000 € »: what the line holds in the other states."""
    if ligne is None:
        return ""
    connus = [(autre, getattr(ligne, autre.champ)) for autre in SAISIS if autre is not etat]
    return ", ".join(
        f"{autre.label.lower()} {euros(valeur)}" for autre, valeur in connus if valeur is not None
    )


def _alerte_cpo(cellule: Cellule) -> str:
    """Return what a multi-year convention gives for the year, and how far the programme is from it."""
    if cellule.cpo is None:
        return ""
    prevu = cellule.cpo.montant
    donne = prevu.montant_vote if prevu.montant_vote is not None else prevu.montant_prevu
    if donne is None:
        return insecables(f"{cellule.colonne.libelle} : convention pluriannuelle, sans montant pour l'année.")
    phrase = f"{cellule.colonne.libelle} : convention pluriannuelle, {euros(donne)} pour l'année"
    if cellule.cpo.ecart:
        sens = "de plus" if cellule.cpo.ecart > 0 else "de moins"
        phrase += f" ; la programmation en retient {euros(abs(cellule.cpo.ecart))} {sens}"
    return insecables(f"{phrase}.")


def noms_des_colonnes(colonnes: Iterable[Colonne]) -> dict[str, Colonne]:
    """Return the columns by what names them in a form."""
    return {colonne.cle: colonne for colonne in colonnes}
