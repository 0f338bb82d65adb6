"""From the rules of a convention to dates: pure, on rows already read. The dates are stored by the operations.

What a text writes is one of five things: a day of each year (« 15 juillet de l'année N »), one date, a number of
calendar days before or after an event (« 15 jours calendaires avant la Commission de suivi »), something to do at
once when an event happens (« sans délai »: zero days), or no date at all. Nothing here reads today's date.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from documents.formats import date_longue

from .models import Avenant, Convention, Echeance, EvenementConvention, Obligation

Recurrence, Evenement = Obligation.Recurrence, Obligation.Evenement
LIBELLE_MAX = 255


class Geste(StrEnum):
    """What computing the deadlines does to one of them."""

    CREER = "creer"
    DEPLACER = "deplacer"
    GARDER = "garder"
    RETIRER = "retirer"
    # Left alone: done or without object, its date agreed by hand, or before anybody could keep it.
    TENUE = "tenue"
    A_LA_MAIN = "a_la_main"
    TROP_TOT = "trop_tot"


@dataclass(frozen=True)
class Occurrence:
    """A date that an obligation gives: in year `annee`, counted from `evenement` when there is one."""

    date: date
    annee: int
    libelle: str
    evenement: int | None = None

    @property
    def cle(self) -> tuple[int | None, int]:
        """What recognises it from one computing to the next: its event, else its year."""
        return (self.evenement, 0 if self.evenement else self.annee)


@dataclass(frozen=True)
class Proposition:
    """What would become of one deadline; `occurrence` is None for one that the rules no longer give."""

    geste: Geste
    obligation: Obligation
    occurrence: Occurrence | None
    existante: Echeance | None = None

    @property
    def jour(self) -> date:
        """The day that the rule gives, else the day that is stored."""
        return self.occurrence.date if self.occurrence else self._stockee.date

    @property
    def libelle(self) -> str:
        """The words of the deadline."""
        return self.occurrence.libelle if self.occurrence else self._stockee.libelle

    @property
    def avant(self) -> date | None:
        """The day stored now, None for a new deadline."""
        return self.existante.date if self.existante else None

    @property
    def rappel_le(self) -> date:
        """The day on which who owes it is reminded."""
        return self.jour - timedelta(days=self.obligation.rappel_jours)

    @property
    def _stockee(self) -> Echeance:
        if self.existante is None:
            raise ValueError("A proposition has a date or a stored row.")
        return self.existante


# -- One obligation --------------------------------------------------------------------------------
def occurrences(
    obligation: Obligation, debut: date, fin: date, evenements: Iterable[EvenementConvention] = ()
) -> list[Occurrence]:
    """Return the dates that `obligation` gives between `debut` and `fin`, both included, in their order.

    Empty for what is permanent, asked for, deemed satisfied, or written without a date. An event outside of these
    dates still counts: it happened.
    """
    if obligation.evenement:
        return _autour_des_evenements(obligation, evenements)
    if obligation.recurrence == Recurrence.UNIQUE and obligation.date_fixe:
        jour = obligation.date_fixe
        return [Occurrence(jour, jour.year, _libelle(obligation.titre))] if jour <= fin else []
    if obligation.recurrence == Recurrence.ANNUELLE and obligation.jour and obligation.mois:
        jours = (
            _jour_de_l_annee(obligation.jour, obligation.mois, annee)
            for annee in range(debut.year, fin.year + 1)
        )
        return [_de_l_annee(obligation, jour) for jour in jours if debut <= jour <= fin]
    return []


def jour_de_depart(evenement: EvenementConvention, type: str) -> date | None:
    """Return the day from which the obligations of an event of this type are counted, None while nobody knows it.

    « Transmission du compte rendu » is the day on which the minutes of a commission were sent.
    """
    if type == Evenement.COMPTE_RENDU and evenement.type == Evenement.COMMISSION:
        return evenement.compte_rendu_envoye_le
    return evenement.date if evenement.type == type else None


def _autour_des_evenements(
    obligation: Obligation, evenements: Iterable[EvenementConvention]
) -> list[Occurrence]:
    """Return one date an event; none for an obligation whose text gives no number of days."""
    if obligation.delai_jours is None:
        return []
    delai = timedelta(days=obligation.delai_jours)
    trouvees = []
    for evenement in evenements:
        depart = jour_de_depart(evenement, obligation.evenement)
        if depart is not None:
            suffixe = f"{evenement.get_type_display().lower()} du {date_longue(evenement.date)}"
            libelle = _libelle(obligation.titre, suffixe)
            trouvees.append(Occurrence(depart + delai, (depart + delai).year, libelle, evenement.pk))
    return sorted(trouvees, key=lambda occurrence: occurrence.date)


def _de_l_annee(obligation: Obligation, jour: date) -> Occurrence:
    pour = f"pour {jour.year + obligation.pour_annee}" if obligation.pour_annee else str(jour.year)
    return Occurrence(jour, jour.year, _libelle(obligation.titre, pour))


def _jour_de_l_annee(jour: int, mois: int, annee: int) -> date:
    """Return the day, the last of the month for a 31 June."""
    return date(annee, mois, min(jour, monthrange(annee, mois)[1]))


def _libelle(titre: str, suffixe: str = "") -> str:
    fin = f" ({suffixe})" if suffixe else ""
    return f"{titre[: LIBELLE_MAX - len(fin)]}{fin}"


def avec_l_article(libelle: str, obligation: Obligation) -> str:
    """Return the words of a deadline with the code of its obligation: what tells it from another of the same day."""
    return _libelle(libelle, f"article {obligation.code}")


# -- A whole convention ----------------------------------------------------------------------------
def fin_effective(convention: Convention, avenants: Iterable[Avenant] = ()) -> date:
    """Return the last day of a convention: its own, or that of its last signed amendment; the day it was terminated."""
    fin = convention.date_fin
    for avenant in sorted(avenants, key=lambda avenant: avenant.numero):
        if avenant.date_signature is not None and avenant.nouvelle_date_fin is not None:
            fin = avenant.nouvelle_date_fin
    return min(fin, convention.date_resiliation) if convention.date_resiliation else fin


def jour_de_l_acte(convention: Convention) -> date:
    """Return the day before which no deadline can be kept: the signature, else the deliberation that allows it.

    The day it takes effect when that is later, or when neither is known (domaine.md §9, DAT-09).
    """
    acte = convention.date_signature or (convention.deliberation.date if convention.deliberation else None)
    return max(convention.date_debut, acte) if acte else convention.date_debut


def proposer(
    obligations: Sequence[Obligation],
    evenements: Sequence[EvenementConvention],
    existantes: Iterable[Echeance],
    *,
    debut: date,
    fin: date,
    acte: date,
) -> list[Proposition]:
    """Return what computing the deadlines of a convention would do, by date: nothing is written.

    A deadline that is done or without object never moves, nor one whose date was agreed by hand. What falls before
    `acte` is shown and not created.
    """
    connues: dict[int, dict[tuple[int | None, int], Echeance]] = {}
    for echeance in existantes:
        if echeance.obligation_id is not None and est_calculee(echeance):
            connues.setdefault(echeance.obligation_id, {})[_cle(echeance)] = echeance
    propositions = []
    for obligation in obligations:
        restantes = connues.get(obligation.pk, {})
        for occurrence in occurrences(obligation, debut, fin, evenements):
            existante = restantes.pop(occurrence.cle, None)
            geste = _geste(occurrence, existante, acte)
            propositions.append(Proposition(geste, obligation, occurrence, existante))
        propositions += [
            Proposition(Geste.TENUE if est_tenue(perdue) else Geste.RETIRER, obligation, None, perdue)
            for perdue in restantes.values()
        ]
    return sorted(_distinguer(propositions), key=lambda p: (p.jour, p.obligation.ordre, p.libelle))


def est_tenue(echeance: Echeance) -> bool:
    """Return whether nothing is owed any more: done, or without object."""
    return echeance.faite_le is not None or bool(echeance.sans_objet)


def est_calculee(echeance: Echeance) -> bool:
    """Return whether a rule gave the row: one asked for, or typed, has neither year nor event."""
    return echeance.annee is not None or echeance.evenement_id is not None


def _cle(echeance: Echeance) -> tuple[int | None, int]:
    return (echeance.evenement_id, 0 if echeance.evenement_id else echeance.annee or 0)


def _geste(occurrence: Occurrence, existante: Echeance | None, acte: date) -> Geste:
    if existante is None:
        return Geste.TROP_TOT if occurrence.date < acte else Geste.CREER
    if est_tenue(existante):
        return Geste.TENUE
    if existante.fixee_a_la_main:
        return Geste.A_LA_MAIN
    inchangee = (existante.date, existante.libelle) == (occurrence.date, occurrence.libelle)
    return Geste.GARDER if inchangee else Geste.DEPLACER


def _distinguer(propositions: list[Proposition]) -> list[Proposition]:
    """Add its code to a title that two obligations share on the same day."""
    fois = Counter((p.libelle, p.jour) for p in propositions)
    return [
        replace(p, occurrence=replace(p.occurrence, libelle=avec_l_article(p.libelle, p.obligation)))
        if p.occurrence and fois[p.libelle, p.jour] > 1
        else p
        for p in propositions
    ]
