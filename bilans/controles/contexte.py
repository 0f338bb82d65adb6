"""What the rules read, as plain values: a bilan beside its campaign, a year, a contract, a convention.

Built from the database by `bilans.controles.lecture`; by hand in tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .. import effectifs as eff


@dataclass(frozen=True, kw_only=True)
class Seuils:
    """The tolerances of a year (`actions.models.ReglagesControles`): points, euros, days, people."""

    tolerance_part: Decimal = Decimal("0.5")
    tolerance_montant: Decimal = Decimal(0)
    tolerance_jours: int = 1
    plafond_etat: Decimal = Decimal(80)
    seuil_convention: Decimal = Decimal(23000)
    petit_effectif: int = 5
    ecart_annee: int = 50
    part_couverture: int = 90
    ecart_budget_euros: Decimal = Decimal(500)
    ecart_budget_part: int = 10


@dataclass(frozen=True, kw_only=True)
class TerritoireLu:
    """A territory of the contract."""

    pk: int
    nom: str
    # « qpv », « quartier_vecu », « commune »… (Territoire.Type)
    type: str
    population: int | None = None
    alias: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FinanceurLu:
    pk: int
    sigle: str
    nom: str
    # Financeur.Type
    type: str = "autre"
    dans_total: bool = True


@dataclass(frozen=True, kw_only=True)
class PorteurLu:
    pk: int
    cle: str
    nom: str
    parent: int | None = None
    alias: tuple[str, ...] = ()
    # Porteur.Type: « commune », « association »…
    type: str = ""


@dataclass(frozen=True)
class Contexte:
    """What the rules of a bilan need beside the bilan itself, read beforehand."""

    annee: int
    grilles: Mapping[str, eff.Grille]
    seuils: Seuils = field(default_factory=Seuils)
    # the narrative of the bilan by field (`Bilan.CHAMPS_RECIT`, type_public, moyens, dates_lieux, partenariats)
    textes: Mapping[str, str] = field(default_factory=dict)
    # the fiche action by field (intitule, description, objectifs, public_vise, lieux, partenaires…)
    fiche: Mapping[str, str] = field(default_factory=dict)
    territoires: tuple[TerritoireLu, ...] = ()
    # people reached by the same action the year before, by perimeter (« total », « qpv »); absent when unknown
    precedent: Mapping[str, int] = field(default_factory=dict)
    # the perimeters whose numbers are marked as an estimate; None when it was not read
    estimes: frozenset[str] | None = None
    # the people planned by the fiche, when it is a number
    personnes_prevues: int | None = None
    # labels and ages of the bands, and the indicators answered: (label, unit, value)
    indicateurs: tuple[tuple[str, str, Decimal | None], ...] = ()


@dataclass(frozen=True, kw_only=True)
class BudgetLu:
    """A budget of an action, by account code; amounts in euros. `nature` is « previsionnel » or « realise »."""

    nature: str
    charges: Mapping[str, Decimal] = field(default_factory=dict)
    produits: Mapping[str, Decimal] = field(default_factory=dict)
    # the total that is stated without its accounts
    total_annonce: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class LigneAnnee:
    """An action of a year as the rules read it; its bilan is blank when it has none begun."""

    pk: int
    cle: str
    intitule: str
    porteur: int
    ordre: int | None = None
    # labels of its axe, from the first level down
    axes: tuple[str, ...] = ()
    thematique: str = ""
    dispositif: str = ""
    statut: str = "realisee"
    motif: str = ""
    date_debut: date | None = None
    date_fin: date | None = None
    reportee: bool = False
    reportee_vers: bool = False
    territoires: tuple[TerritoireLu, ...] = ()
    # euros by funder, in the state that a bilan shows (granted); absent when blank, present when 0
    montants: Mapping[int, Decimal] = field(default_factory=dict)
    # every state: {"montant_demande": {funder: euros}…}
    etats: Mapping[str, Mapping[int, Decimal]] = field(default_factory=dict)
    verses: Mapping[int, Decimal] = field(default_factory=dict)
    # euros asked back (Reversement), by funder
    reverses: Mapping[int, Decimal] = field(default_factory=dict)
    # the same action year by year, this one included: (year, forecast budget, granted), in euros
    annees: tuple[tuple[int, Decimal | None, Decimal | None], ...] = ()
    # the row's own total as the document prints it, None when it prints none
    total_imprime: Decimal | None = None
    ambigue: bool = False
    budgets: tuple[BudgetLu, ...] = ()
    # the fiche and the narrative, by field; those of the bilan begin with « bilan. »
    textes: Mapping[str, str] = field(default_factory=dict)
    bilan_statut: str = ""
    realisation: str = ""
    personnes: int | None = None
    personnes_qpv: int | None = None


@dataclass(frozen=True, kw_only=True)
class TotalLu:
    """A total that a document prints (`financements.models.TotalControle`)."""

    pk: int
    # TotalControle.Nature: montant, part, effectif, actions, structures
    nature: str
    libelle: str
    valeur: Decimal
    financeur: int | None = None
    porteur: int | None = None
    axe: str = ""
    source: str = ""
    citation: str = ""
    explication: str = ""


@dataclass(frozen=True, kw_only=True)
class ContexteAnnee:
    """A year of a contract: its actions, its funders, the totals that its document prints."""

    annee: int
    contrat: str
    seuils: Seuils = field(default_factory=Seuils)
    lignes: tuple[LigneAnnee, ...] = ()
    financeurs: Mapping[int, FinanceurLu] = field(default_factory=dict)
    porteurs: Mapping[int, PorteurLu] = field(default_factory=dict)
    totaux: tuple[TotalLu, ...] = ()
    territoires: tuple[TerritoireLu, ...] = ()
    # the labels of the contract's axes with their parent's, and the nomenclature of thématiques
    axes: Mapping[str, str] = field(default_factory=dict)
    thematiques: tuple[str, ...] = ()
    # people reached the year before, by (porteur, normalised title)
    precedent: Mapping[tuple[int, str], int] = field(default_factory=dict)
    # the porteurs that a convention binds at some time of the year
    conventions: frozenset[int] = frozenset()

    def structure(self, porteur: int) -> int:
        """Return the parent structure of a porteur, or itself."""
        lu = self.porteurs.get(porteur)
        return lu.parent if lu is not None and lu.parent is not None else porteur


@dataclass(frozen=True, kw_only=True)
class TexteLu:
    """A text of the contract or of a convention: where it is kept, and what it says."""

    objet: str
    champ: str
    texte: str


@dataclass(frozen=True, kw_only=True)
class StatistiqueLue:
    pk: int
    libelle: str
    annee: int | None
    source: str
    unite: str = ""
    territoire: str = ""
    # by scale (« qpv », « commune »…)
    valeurs: Mapping[str, Decimal] = field(default_factory=dict)
    precision: str = ""
    citation: str = ""


@dataclass(frozen=True, kw_only=True)
class ConventionLue:
    """A convention with its dates, its payments, its agreements; `textes` are its own words."""

    pk: int
    cle: str
    intitule: str
    porteur: str
    date_signature: date | None = None
    date_debut: date
    date_fin: date
    duree_annoncee_ans: int | None = None
    date_deliberation: date | None = None
    echeances: tuple[tuple[str, date], ...] = ()
    # (label, month, numerator, denominator, base) of each payment rule, with its words
    versements: tuple[tuple[str, int, int, int, str], ...] = ()
    # amounts planned: (label, euros)
    montants_prevus: tuple[tuple[str, Decimal], ...] = ()
    # (rank, day) of each payment planned
    dates_prevues: tuple[tuple[int, date], ...] = ()
    # (label, from, to) of the agréments of the porteur
    agrements: tuple[tuple[str, date | None, date | None], ...] = ()
    # (name, function) of the legal representatives named, with the document that names them
    representants: tuple[tuple[str, str], ...] = ()
    textes: tuple[TexteLu, ...] = ()
    # the last day once the amendments signed and a termination are counted, None when nothing changed the text's own
    fin_effective: date | None = None

    @property
    def fin(self) -> date:
        """The last day on which the convention binds."""
        return self.fin_effective or self.date_fin


@dataclass(frozen=True, kw_only=True)
class ContexteContrat:
    """A contract: its dates, its texts, its statistics, its conventions."""

    contrat: str
    date_debut: date
    date_fin: date
    date_signature: date | None = None
    # the day of the reading: what is told as past cannot come after it
    aujourdhui: date | None = None
    # (number, from, to)
    phases: tuple[tuple[int, date, date], ...] = ()
    textes: tuple[TexteLu, ...] = ()
    statistiques: tuple[StatistiqueLue, ...] = ()
    conventions: tuple[ConventionLue, ...] = ()
    porteurs: Mapping[int, PorteurLu] = field(default_factory=dict)
    partenaires: tuple[str, ...] = ()
    territoires: tuple[TerritoireLu, ...] = ()
    # criteria of evaluation by axe label
    criteres: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # actions named by the contract's documents, with who carries them
    actions: Mapping[str, str] = field(default_factory=dict)
    seuils: Seuils = field(default_factory=Seuils)
