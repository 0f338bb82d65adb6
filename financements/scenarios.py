"""Reading the scenarios: their grid, and what differs between two of them or with the programme."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from actions.models import ActionAnnuelle
from documents.formats import additionner

from .enveloppes import Retenue, SituationEnveloppe, dans_l_ordre, retenues_de, situations, situer
from .models import Enveloppe, Financeur, LigneFinancement, MontantScenario, Scenario
from .programmation import NATURES, Cellule, Colonne, Etat, Grille, Rangee, assembler
from .querysets import STATUTS_SANS_ARGENT


class Adresse(NamedTuple):
    """Where a cell is: the pks of the action and of the funder, the nature of the credits."""

    annuelle: int
    financeur: int
    nature_credit: str


Montants = Mapping[Adresse, Decimal | None]


@dataclass(frozen=True)
class Difference:
    """A cell that two grids hold differently (euros; None is blank)."""

    annuelle: ActionAnnuelle
    colonne: Colonne
    gauche: Decimal | None
    droite: Decimal | None

    @property
    def ecart(self) -> Decimal:
        """The right less the left, a blank counting for nothing."""
        return (self.droite or Decimal(0)) - (self.gauche or Decimal(0))


@dataclass(frozen=True)
class TotalCompare:
    """A sum in both grids: of an action, of a funder, of all."""

    objet: Any
    gauche: Decimal | None
    droite: Decimal | None

    @property
    def ecart(self) -> Decimal:
        """The right less the left, a blank counting for nothing."""
        return (self.droite or Decimal(0)) - (self.gauche or Decimal(0))


@dataclass(frozen=True)
class Comparaison:
    """What differs between two scenarios, or between the programme (`gauche` None) and a scenario."""

    gauche: Scenario | None
    droite: Scenario
    differences: tuple[Difference, ...]
    # Those that differ only, in the order of the grid.
    par_action: tuple[TotalCompare, ...]
    # All those with an amount on either side; `objet` is a Financeur.
    par_financeur: tuple[TotalCompare, ...]
    # Of the funders of the total.
    total: TotalCompare
    # What the envelopes would hold with each side, in the same order.
    enveloppes_gauche: tuple[SituationEnveloppe, ...]
    enveloppes_droite: tuple[SituationEnveloppe, ...]


@dataclass(frozen=True)
class ConflitScenario:
    """A cell that the scenario changes and that the programme changed since the copy: someone must choose."""

    annuelle: ActionAnnuelle
    colonne: Colonne
    depart: Decimal | None
    programme: Decimal | None
    scenario: Decimal | None

    @property
    def cle(self) -> str:
        """What names it in the form that settles it: « <key of the action>-<key of the column> »."""
        return f"{self.annuelle.cle}-{self.colonne.cle}"


def etat_de_la_grille(scenario: Scenario) -> Etat:
    """Return the state of the amounts that the scenario tries."""
    return next(etat for etat in Etat if etat.champ == scenario.etat)


# -- One scenario ----------------------------------------------------------------------------------
def grille_du_scenario(
    scenario: Scenario, annuelles: Sequence[ActionAnnuelle], *, ajoutees: Iterable[str] = ()
) -> Grille:
    """Return the scenario as a grid of `annuelles`: its cells have no `ligne`. A fixed number of queries.

    `ajoutees` are keys of columns (`Colonne.cle`) wanted though they are empty.
    """
    montants = _essayes(scenario)
    colonnes = _colonnes(scenario, montants, ajoutees)
    rangees = []
    for annuelle in annuelles:
        cellules = tuple(
            Cellule(c, None, montants.get(Adresse(annuelle.pk, c.financeur.pk, c.nature_credit)))
            for c in colonnes
        )
        total = additionner(c.montant for c in cellules if c.colonne.financeur.dans_total)
        rangees.append(Rangee(annuelle, cellules, total))
    return assembler(scenario.campagne, etat_de_la_grille(scenario), colonnes, rangees)


def _essayes(scenario: Scenario) -> dict[Adresse, Decimal | None]:
    """Return what the scenario holds, blanks included."""
    colonnes = ("action_annuelle", "financeur", "nature_credit", "montant")
    valeurs = MontantScenario.objects.filter(scenario=scenario).order_by("pk").values_list(*colonnes)
    return {Adresse(*adresse): montant for *adresse, montant in valeurs}


def montants_du_programme(scenario: Scenario) -> dict[Adresse, Decimal]:
    """Return what the programme holds now in the state that the scenario writes; blanks are left out."""
    lignes = LigneFinancement.objects.filter(
        action_annuelle__campagne=scenario.campagne_id, **{f"{scenario.etat}__isnull": False}
    )
    colonnes = ("action_annuelle", "financeur", "nature_credit", scenario.etat)
    return {Adresse(*adresse): montant for *adresse, montant in lignes.order_by("pk").values_list(*colonnes)}


def financeurs_de(scenario: Scenario) -> list[Financeur]:
    """Return the funders of the contract of the scenario, in their order: those of the total first."""
    financeurs = Financeur.objects.filter(contrat=scenario.campagne.contrat_id)
    return list(financeurs.order_by("-dans_total", "ordre", "nom", "pk"))


def _colonnes(
    scenario: Scenario, adresses: Iterable[Adresse], ajoutees: Iterable[str] = ()
) -> tuple[Colonne, ...]:
    presentes = {(adresse.financeur, adresse.nature_credit) for adresse in adresses}
    voulues = set(ajoutees)
    colonnes: list[Colonne] = []
    for financeur in financeurs_de(scenario):
        toutes = [Colonne(financeur, nature) for nature in NATURES]
        siennes = [c for c in toutes if (financeur.pk, c.nature_credit) in presentes or c.cle in voulues]
        colonnes += siennes or [Colonne(financeur)]
    return tuple(colonnes)


# -- What it would change --------------------------------------------------------------------------
def changements_de(scenario: Scenario) -> list[MontantScenario]:
    """Return the cells that the scenario holds otherwise than at the copy, in the order of the actions."""
    montants = MontantScenario.objects.filter(scenario=scenario).select_related(
        "action_annuelle__action", "action_annuelle__campagne", "financeur"
    )
    ranges = montants.order_by("action_annuelle__ordre", "action_annuelle", "financeur__ordre", "pk")
    return [montant for montant in ranges if montant.montant != montant.depart]


def conflits_de(scenario: Scenario) -> list[ConflitScenario]:
    """Return the cells to settle before the scenario is adopted; empty when there are none.

    The scenario changes them, and so did someone in the programme since the copy, otherwise.
    """
    programme = montants_du_programme(scenario)
    return [
        ConflitScenario(
            change.action_annuelle,
            Colonne(change.financeur, change.nature_credit),
            change.depart,
            actuel,
            change.montant,
        )
        for change in changements_de(scenario)
        if (actuel := programme.get(adresse_de(change))) not in (change.depart, change.montant)
    ]


def adresse_de(montant: MontantScenario) -> Adresse:
    """Return the cell of an amount."""
    return Adresse(montant.action_annuelle_id, montant.financeur_id, montant.nature_credit)


def enveloppes_du_scenario(scenario: Scenario) -> list[SituationEnveloppe]:
    """Return what the envelopes of the year would hold if the scenario were adopted."""
    enveloppes = dans_l_ordre(Enveloppe.objects.filter(campagne=scenario.campagne_id))
    return situer(enveloppes, _retenues_avec(scenario))


def _retenues_avec(scenario: Scenario) -> list[Retenue]:
    """Return what the year would retain: each line with the amounts that the scenario changes."""
    changes = {adresse_de(change): change.montant for change in changements_de(scenario)}
    etats = ("montant_notifie", "montant_accorde", "montant_propose")
    lignes = LigneFinancement.objects.filter(action_annuelle__campagne=scenario.campagne_id)
    retenus = {}
    for ligne in lignes.order_by("pk"):
        adresse = Adresse(ligne.action_annuelle_id, ligne.financeur_id, ligne.nature_credit)
        montants = {etat: getattr(ligne, etat) for etat in etats}
        if adresse in changes:
            montants[scenario.etat] = changes.pop(adresse)
        retenus[adresse] = next((m for etat in etats if (m := montants[etat]) is not None), None)
    retenus |= changes
    annuelles = ActionAnnuelle.objects.filter(campagne=scenario.campagne_id).exclude(
        statut__in=STATUTS_SANS_ARGENT
    )
    dispositifs = dict(annuelles.order_by("pk").values_list("pk", "dispositif"))
    # Of an action that gets nothing more, what is paid already stays retained whatever the scenario.
    payees = [r for r in retenues_de(scenario.campagne) if r.annuelle not in dispositifs]
    return [
        *payees,
        *(
            Retenue(adresse.financeur, dispositifs[adresse.annuelle], adresse.annuelle, retenu)
            for adresse, retenu in retenus.items()
            if retenu is not None and adresse.annuelle in dispositifs
        ),
    ]


# -- Comparing -------------------------------------------------------------------------------------
def comparer(gauche: Scenario | None, droite: Scenario) -> Comparaison:
    """Return what differs; with no `gauche`, from the programme in the state that `droite` writes.

    A fixed number of queries.
    """
    avant: Montants = _essayes(gauche) if gauche else montants_du_programme(droite)
    apres: Montants = _essayes(droite)
    colonnes = _colonnes(droite, [*avant, *apres])
    annuelles = ActionAnnuelle.objects.filter(campagne=droite.campagne_id).pour_liste().dans_l_ordre()
    differences, par_action = [], []
    for annuelle in annuelles:
        siennes = _differences(annuelle, colonnes, avant, apres)
        differences += siennes
        if any(d.colonne.financeur.dans_total for d in siennes):
            par_action.append(_total_compare(annuelle, colonnes, avant, apres, [annuelle.pk]))
    cles = [annuelle.pk for annuelle in annuelles]
    return Comparaison(
        gauche=gauche,
        droite=droite,
        differences=tuple(differences),
        par_action=tuple(par_action),
        par_financeur=tuple(_par_financeur(colonnes, avant, apres, cles)),
        total=_total_compare(None, colonnes, avant, apres, cles),
        enveloppes_gauche=tuple(enveloppes_du_scenario(gauche) if gauche else situations(droite.campagne)),
        enveloppes_droite=tuple(enveloppes_du_scenario(droite)),
    )


def _differences(
    annuelle: ActionAnnuelle, colonnes: Iterable[Colonne], avant: Montants, apres: Montants
) -> list[Difference]:
    trouvees = []
    for colonne in colonnes:
        adresse = Adresse(annuelle.pk, colonne.financeur.pk, colonne.nature_credit)
        if avant.get(adresse) != apres.get(adresse):
            trouvees.append(Difference(annuelle, colonne, avant.get(adresse), apres.get(adresse)))
    return trouvees


def _total_compare(
    objet: Any, colonnes: Iterable[Colonne], avant: Montants, apres: Montants, cles: Iterable[int]
) -> TotalCompare:
    """Return the sums of the funders of the total over the actions `cles`."""
    comptees = [colonne for colonne in colonnes if colonne.financeur.dans_total]
    return _somme(objet, comptees, avant, apres, list(cles))


def _par_financeur(
    colonnes: Sequence[Colonne], avant: Montants, apres: Montants, cles: list[int]
) -> list[TotalCompare]:
    financeurs = {colonne.financeur.pk: colonne.financeur for colonne in colonnes}
    totaux = [
        _somme(financeur, [c for c in colonnes if c.financeur.pk == pk], avant, apres, cles)
        for pk, financeur in financeurs.items()
    ]
    return [total for total in totaux if total.gauche is not None or total.droite is not None]


def _somme(
    objet: Any, colonnes: Iterable[Colonne], avant: Montants, apres: Montants, cles: list[int]
) -> TotalCompare:
    adresses = [Adresse(cle, c.financeur.pk, c.nature_credit) for c in colonnes for cle in cles]
    return TotalCompare(
        objet,
        additionner(avant.get(adresse) for adresse in adresses),
        additionner(apres.get(adresse) for adresse in adresses),
    )
