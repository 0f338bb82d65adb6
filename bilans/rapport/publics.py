"""The people of the validated bilans, by sex and age, with those of whom neither is known.

Nothing is guessed: a bilan that gives a total alone has all its people under « non renseigné ». The sum adds the
different people of each action: whoever takes part in two actions is counted twice, and it is said.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from actions.models import TrancheAge
from documents import additionner

from ..chiffres import lire_le_public
from ..effectifs import ENSEMBLE, FEMMES, HOMMES, QPV, Grille
from ..models import Bilan

LIBELLES = {ENSEMBLE: "Ensemble du public", QPV: "Habitantes et habitants du QPV"}


@dataclass
class Rang:
    """The people of an age: women, men (None: no bilan says), and those whose sex is not given."""

    libelle: str
    femmes: int | None = None
    hommes: int | None = None
    non_renseigne: int | None = None

    def ajouter(self, femmes: int | None, hommes: int | None, non_renseigne: int | None) -> None:
        """Add the people of one bilan."""
        self.femmes = additionner([self.femmes, femmes])
        self.hommes = additionner([self.hommes, hommes])
        self.non_renseigne = additionner([self.non_renseigne, non_renseigne])

    @property
    def total(self) -> int | None:
        """Everybody of that age, None when no bilan says."""
        return additionner([self.femmes, self.hommes, self.non_renseigne])


@dataclass
class Public:
    """The people that validated bilans state in one perimeter."""

    perimetre: str
    libelle: str
    # validated bilans: that give an exact number, that give a sex, an age; an estimate or a range only
    bilans: int = 0
    par_sexe: int = 0
    par_age: int = 0
    estimations: int = 0
    # that state more women and men than people: all their people are « non renseigné »
    contradictoires: int = 0
    # whose sexes and ages cannot be crossed: their ages are left out
    sans_croisement: int = 0
    rangs: list[Rang] = field(default_factory=list)

    @property
    def en_mots(self) -> str:
        """What it is within a sentence."""
        return {ENSEMBLE: "ensemble du public", QPV: "habitantes et habitants du QPV"}[self.perimetre]

    @property
    def femmes(self) -> int | None:
        """The women, None when no bilan says."""
        return additionner(rang.femmes for rang in self.rangs)

    @property
    def hommes(self) -> int | None:
        """The men, None when no bilan says."""
        return additionner(rang.hommes for rang in self.rangs)

    @property
    def total(self) -> int | None:
        """Everybody, None when no bilan gives a number."""
        return additionner(rang.total for rang in self.rangs)

    @property
    def sexe_connu(self) -> int:
        """The people whose sex is known."""
        return (self.femmes or 0) + (self.hommes or 0)

    @property
    def sexe_inconnu(self) -> int:
        """The people whose sex no bilan gives."""
        return (self.total or 0) - self.sexe_connu


def lire_publics(bilans: Iterable[Bilan], tranches: Iterable[TrancheAge]) -> list[Public]:
    """Return the people of these bilans in each perimeter where one gives a number, that of most bilans first."""
    lus, bandes = list(bilans), list(tranches)
    publics = [_lire(lus, bandes, perimetre) for perimetre in (ENSEMBLE, QPV)]
    return sorted((p for p in publics if p.bilans), key=lambda public: -public.bilans)


def _lire(bilans: list[Bilan], tranches: list[TrancheAge], perimetre: str) -> Public:
    public = Public(perimetre, LIBELLES[perimetre])
    rangs: dict[int | None, Rang] = {tranche.pk: Rang(tranche.libelle) for tranche in tranches}
    rangs[None] = Rang("Âge non renseigné")
    for bilan in bilans:
        lecture = lire_le_public(bilan, perimetre)
        public.estimations += lecture.estimee
        if lecture.exacte is None:
            continue
        public.bilans += 1
        public.par_sexe += lecture.exacte.connait_le_sexe
        public.par_age += lecture.exacte.total_des_tranches is not None
        _compter(lecture.exacte, rangs, public)
    public.rangs = [rang for rang in rangs.values() if rang.total is not None]
    return public


def _compter(grille: Grille, rangs: dict[int | None, Rang], public: Public) -> None:
    """Add the people of a grid to the rows, each once: what they add up to is its total."""
    total = grille.total or 0
    femmes, hommes = (grille.total_de_la_colonne(sexe) for sexe in (FEMMES, HOMMES))
    inconnus = total - (femmes or 0) - (hommes or 0)
    if inconnus < 0:
        public.contradictoires += 1
        rangs[None].ajouter(None, None, total)
        return
    bandes = _par_age(grille)
    reste = (
        _reste(grille, FEMMES, [f for f, _, _ in bandes.values()]),
        _reste(grille, HOMMES, [h for _, h, _ in bandes.values()]),
        inconnus - sum(n for _, _, n in bandes.values()),
    )
    if any((nombre or 0) < 0 for cellules in (*bandes.values(), reste) for nombre in cellules):
        public.sans_croisement += 1
        rangs[None].ajouter(femmes, hommes, inconnus)
        return
    for cle, cellules in bandes.items():
        rangs[cle].ajouter(*cellules)
    if not bandes or any(reste):
        rangs[None].ajouter(*reste)


def _par_age(grille: Grille) -> dict[int, tuple[int | None, int | None, int]]:
    """Return women, men and « non renseigné » of the ages that have a number."""
    bandes = {}
    for tranche in grille.tranches:
        ensemble = grille.total_du_rang(tranche.pk)
        if ensemble is not None:
            femmes, hommes = (grille.valeur(tranche.pk, sexe) for sexe in (FEMMES, HOMMES))
            bandes[tranche.pk] = (femmes, hommes, ensemble - (femmes or 0) - (hommes or 0))
    return bandes


def _reste(grille: Grille, sexe: str, par_age: list[int | None]) -> int | None:
    """Return the people of a sex whose age is not given; None when only the ages say the sex."""
    ensemble = grille.valeur(None, sexe)
    return None if ensemble is None else ensemble - sum(nombre or 0 for nombre in par_age)
