"""The grid of people of a bilan: rows are ages, columns are women, men and « non renseigné ».

A value object without a database: built from stored `Effectif` rows or from what a form was given,
it says the totals and, in French sentences with the figures, what does not add up. A cell that is
absent is unknown, which is not zero.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from comptes.templatetags.typographie import insecables, pluriel
from documents import additionner, nombre

if TYPE_CHECKING:
    from .models import Effectif

FEMMES, HOMMES, NON_RENSEIGNE, TOTAL = "F", "H", "N", "T"
SEXES = (FEMMES, HOMMES, NON_RENSEIGNE)
ENSEMBLE, QPV = "total", "qpv"
PERIMETRES = (ENSEMBLE, QPV)
PREFIXES = {ENSEMBLE: "", QPV: "Habitantes et habitants du QPV"}


class Tranche(Protocol):
    """What the grid needs of an age band."""

    pk: int
    libelle: str


class Cellule(NamedTuple):
    """The place of a number: an age band (None for all ages) and a sex (« T » for a stated total)."""

    tranche: int | None
    sexe: str


class Rang(NamedTuple):
    """A row of the grid as it is read: the band (None for all ages), its cells, its total."""

    tranche: Tranche | None
    femmes: int | None
    hommes: int | None
    non_renseigne: int | None
    total: int | None


@dataclass(frozen=True)
class Ecart:
    """A rule that the figures break: its code (domaine.md §9), the sentence, the fields that it names."""

    code: str
    message: str
    champs: tuple[str, ...]
    valeurs: Mapping[str, int]


def nom_du_champ(perimetre: str, cellule: Cellule) -> str:
    """Return the name of a cell in the form, in an anomaly and in the address: « qpv_12_F », « total_ensemble_T »."""
    return f"{perimetre}_{cellule.tranche or 'ensemble'}_{cellule.sexe}"


@dataclass(frozen=True)
class Grille:
    """The people of one bilan in one perimeter: « total » (everyone) or « qpv »."""

    perimetre: str
    tranches: tuple[Tranche, ...]
    cellules: Mapping[Cellule, int]

    @classmethod
    def depuis(cls, effectifs: Iterable["Effectif"], tranches: Iterable[Tranche], perimetre: str) -> "Grille":
        """Return the grid of the stored rows: different people only, exact or estimated, never a range.

        Passages, households, daily attendance and ranges are not people to be added (EFF-09, EFF-10, EFF-22).
        """
        cellules = {
            Cellule(effectif.tranche_id, effectif.sexe): effectif.valeur
            for effectif in effectifs
            if est_une_cellule(effectif) and effectif.perimetre == perimetre and effectif.valeur is not None
        }
        return cls(perimetre, tuple(tranches), cellules)

    # -- Figures -----------------------------------------------------------------------------------
    def valeur(self, tranche: int | None, sexe: str) -> int | None:
        """Return the number of a cell, None when it is not known."""
        return self.cellules.get(Cellule(tranche, sexe))

    def total_du_rang(self, tranche: int | None) -> int | None:
        """Return the stated total of a row, else the sum of what its cells say; for all ages, see `total`."""
        annonce = self.valeur(tranche, TOTAL)
        return annonce if annonce is not None else additionner(self.valeur(tranche, sexe) for sexe in SEXES)

    @property
    def total_des_tranches(self) -> int | None:
        """The people whose age is known, None when no band has a number."""
        return additionner(self.total_du_rang(tranche.pk) for tranche in self.tranches)

    @property
    def total(self) -> int | None:
        """The people: stated total, else by sex, else by age; the same as `BilanQuerySet.avec_effectifs`."""
        ensemble = self.total_du_rang(None)
        return ensemble if ensemble is not None else self.total_des_tranches

    def total_de_la_colonne(self, sexe: str) -> int | None:
        """Return the people of a sex: the number for all ages when there is one, else the sum of the bands."""
        ensemble = self.valeur(None, sexe)
        return ensemble if ensemble is not None else self._somme_des_tranches(sexe)

    @property
    def est_vide(self) -> bool:
        """Whether nothing is known."""
        return not self.cellules

    @property
    def connait_le_sexe(self) -> bool:
        """Whether at least one number is of women or of men."""
        return any(cellule.sexe in (FEMMES, HOMMES) for cellule in self.cellules)

    @property
    def rangs(self) -> list[Rang]:
        """The rows to read: the bands that have a number, then all ages; empty when nothing is known."""
        if self.est_vide:
            return []
        rangs = [self._rang(tranche) for tranche in self.tranches]
        return [rang for rang in rangs if rang.total is not None] + [self._rang(None)]

    @property
    def sans_sexe(self) -> int:
        """The people that the total counts and that are neither among the women nor among the men.

        0 when the figures contradict themselves: what is left over then means nothing.
        """
        if self.ecarts():
            return 0
        connus = additionner(self.total_de_la_colonne(sexe) for sexe in (FEMMES, HOMMES))
        return (self.total or 0) - (connus or 0)

    @property
    def sans_age(self) -> int:
        """The people that the total counts and no age band does; 0 without bands, or on a contradiction."""
        par_age = self.total_des_tranches
        return 0 if par_age is None or self.ecarts() else (self.total or 0) - par_age

    def _rang(self, tranche: Tranche | None) -> Rang:
        if tranche is None:
            femmes, hommes, non_renseigne = (self.total_de_la_colonne(sexe) for sexe in SEXES)
            return Rang(None, femmes, hommes, non_renseigne, self.total)
        femmes, hommes, non_renseigne = (self.valeur(tranche.pk, sexe) for sexe in SEXES)
        return Rang(tranche, femmes, hommes, non_renseigne, self.total_du_rang(tranche.pk))

    def _somme_des_tranches(self, sexe: str) -> int | None:
        return additionner(self.valeur(tranche.pk, sexe) for tranche in self.tranches)

    def total_certain(self, tranche: int | None) -> int | None:
        """Return the total of a row that leaves nobody out: stated, or with both sexes given; else None."""
        annonce = self.valeur(tranche, TOTAL)
        if annonce is not None:
            return annonce
        if self.valeur(tranche, FEMMES) is None or self.valeur(tranche, HOMMES) is None:
            return None
        return self.total_du_rang(tranche)

    # -- What does not add up ----------------------------------------------------------------------
    def ecarts(self) -> list[Ecart]:
        """Return what contradicts itself within this grid (EFF-01, EFF-04), row by row then bands."""
        return [*self._ecarts_de_total(), *self._ecarts_de_tranches()]

    def _ecarts_de_total(self) -> Iterator[Ecart]:
        """EFF-01: women + men (+ not given) = stated total; with one sex unknown, they may not exceed it."""
        for cle in (None, *(tranche.pk for tranche in self.tranches)):
            annonce = self.valeur(cle, TOTAL)
            parts = {sexe: self.valeur(cle, sexe) for sexe in SEXES}
            connues = {sexe: n for sexe, n in parts.items() if n is not None}
            detail = sum(connues.values())
            complet = FEMMES in connues and HOMMES in connues
            if annonce is None or not connues or detail == annonce or (detail < annonce and not complet):
                continue
            yield Ecart(
                "EFF-01",
                self._phrase(cle, _phrase_du_total(connues, detail, annonce)),
                tuple(self._champ(cle, sexe) for sexe in (*connues, TOTAL)),
                {"detail": detail, "total": annonce},
            )

    def _ecarts_de_tranches(self) -> Iterator[Ecart]:
        """EFF-04: the bands count no more people than all ages. Fewer is « non ventilé »: said, not refused.

        « Non renseigné » is not compared: by sex without ages and by ages without sex can both be right.
        """
        for sexe, mots in ((FEMMES, "femme"), (HOMMES, "homme")):
            ensemble, detail = self.valeur(None, sexe), self._somme_des_tranches(sexe)
            if ensemble is not None and detail is not None and detail > ensemble:
                yield Ecart(
                    "EFF-04",
                    self._phrase(
                        None,
                        f"les tranches d'âge comptent {_compte(detail, mots)}, la ligne « Ensemble » "
                        f"{nombre(ensemble)}. Corrigez l'une ou l'autre.",
                    ),
                    (*self._champs_des_tranches(sexe), self._champ(None, sexe)),
                    {"tranches": detail, "ensemble": ensemble},
                )
        total, par_age = self.total_du_rang(None), self.total_des_tranches
        if total is None or par_age is None or par_age <= total:
            return
        remede = (
            "Corrigez l'un des deux."
            if self.total_certain(None) is not None
            else "Complétez la ligne « Ensemble », ou effacez-la : le total sera alors celui des tranches d'âge."
        )
        champs = [self._champ(None, s) for s in (TOTAL, *SEXES) if self.valeur(None, s) is not None]
        yield Ecart(
            "EFF-04",
            self._phrase(
                None,
                f"les tranches d'âge comptent {_compte(par_age, 'personne')}, plus que l'ensemble "
                f"({nombre(total)}). {remede}",
            ),
            tuple(champs),
            {"tranches": par_age, "ensemble": total},
        )

    def ecarts_avec(self, ensemble: "Grille") -> list[Ecart]:
        """Return where this part of the public counts more people than the whole of it (EFF-11)."""
        ecarts = [
            self._ecart_de_part(cle, sexe, self.valeur(cle, sexe), ensemble.valeur(cle, sexe))
            for cle in (None, *(tranche.pk for tranche in self.tranches))
            for sexe in (FEMMES, HOMMES)
        ]
        ecarts += [
            self._ecart_de_part(t.pk, TOTAL, self.total_du_rang(t.pk), ensemble.total_certain(t.pk))
            for t in self.tranches
        ]
        ecarts.append(self._ecart_de_part(None, TOTAL, self.total, ensemble.total))
        return [ecart for ecart in ecarts if ecart is not None]

    def _ecart_de_part(
        self, cle: int | None, sexe: str, part: int | None, ensemble: int | None
    ) -> Ecart | None:
        if part is None or ensemble is None or part <= ensemble:
            return None
        mots = {FEMMES: "femme", HOMMES: "homme", TOTAL: "personne"}[sexe]
        return Ecart(
            "EFF-11",
            self._phrase(
                cle,
                f"{_compte(part, mots)}, c'est plus que dans l'ensemble du public ({nombre(ensemble)}). "
                "Corrigez l'un des deux.",
            ),
            (self._champ(cle, sexe), nom_du_champ(ENSEMBLE, Cellule(cle, sexe))),
            {"part": part, "ensemble": ensemble},
        )

    def _champ(self, tranche: int | None, sexe: str) -> str:
        return nom_du_champ(self.perimetre, Cellule(tranche, sexe))

    def _champs_des_tranches(self, sexe: str) -> list[str]:
        return [self._champ(t.pk, sexe) for t in self.tranches if self.valeur(t.pk, sexe) is not None]

    def _phrase(self, tranche: int | None, phrase: str) -> str:
        """Return the sentence with, in front, what part of the public it is about."""
        libelle = next((t.libelle for t in self.tranches if t.pk == tranche), "")
        debut = ", ".join(mots for mots in (PREFIXES[self.perimetre], libelle) if mots)
        return insecables(f"{debut} : {phrase}" if debut else phrase[0].upper() + phrase[1:])


def est_une_cellule(effectif: "Effectif") -> bool:
    """Return whether a stored row stands in the grid: different people, one number."""
    return effectif.mesure == "personnes" and effectif.valeur is not None


def grilles(effectifs: Iterable["Effectif"], tranches: Iterable[Tranche]) -> dict[str, Grille]:
    """Return the grid of each perimeter, from the stored rows of one bilan."""
    lignes, bandes = list(effectifs), tuple(tranches)
    return {perimetre: Grille.depuis(lignes, bandes, perimetre) for perimetre in PERIMETRES}


def ecarts(par_perimetre: Mapping[str, Grille]) -> list[Ecart]:
    """Return everything that contradicts itself in the grids of a bilan."""
    return [
        *(ecart for grille in par_perimetre.values() for ecart in grille.ecarts()),
        *par_perimetre[QPV].ecarts_avec(par_perimetre[ENSEMBLE]),
    ]


def _compte(combien: int, mot: str) -> str:
    """Return « 12 femmes », « 1 homme », « 2 non renseignés »."""
    return pluriel(combien, f"{mot},{mot}s")


def _phrase_du_total(parts: Mapping[str, int], detail: int, annonce: int) -> str:
    mots = {FEMMES: "femme", HOMMES: "homme", NON_RENSEIGNE: "non renseigné"}
    comptes = [_compte(combien, mots[sexe]) for sexe, combien in parts.items()]
    if len(parts) == 1:
        return f"{comptes[0]}, c'est plus que le total indiqué ({nombre(annonce)}). Corrigez l'un des deux."
    liste = f"{', '.join(comptes[:-1])} et {comptes[-1]}"
    combien = {2: "trois", 3: "quatre"}[len(parts)]
    constat = f"{liste} font {nombre(detail)}, mais le total indiqué est {nombre(annonce)}."
    if detail > annonce:
        return f"{constat} Corrigez l'un des {combien}."
    reste = _compte(parts.get(NON_RENSEIGNE, 0) + annonce - detail, "personne")
    return f"{constat} Corrigez l'un des {combien}, ou indiquez {reste} en « non renseigné »."
