"""What the rules of payment give: instalments with their amount and how it was found. Pure: nothing is read or written.

A rule is data (RegleVersement). Besançon's, of document 003: in February one third of the grant of N-1; in May half of
the grant of N less the first instalment, or one third of N-1 while N is not voted; in August the balance.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from documents.formats import INSECABLE, MOINS, arrondir, montant

ZERO = Decimal(0)
ACOMPTE, SOLDE, UNIQUE = "acompte", "solde", "unique"
DE_N, DE_N_1, DU_RESTE = "n", "n_moins_1", "reste_n"


@dataclass(frozen=True)
class Fraction:
    """A share written as people say it: « 1/3 », « 50 % »."""

    numerateur: int
    denominateur: int

    def __str__(self) -> str:
        if self.numerateur == self.denominateur:
            return "la totalité"
        if self.denominateur > 1 and 100 * self.numerateur % self.denominateur == 0:
            return f"{100 * self.numerateur // self.denominateur}{INSECABLE}%"
        return f"{self.numerateur}/{self.denominateur}"

    def de(self, base: Decimal) -> Decimal:
        """Return this share of `base` in euros, to the cent."""
        return arrondir(base * self.numerateur / self.denominateur, 2)


@dataclass(frozen=True, kw_only=True)
class Regle:
    """One instalment of a convention or of a funder; `defaut` is the share of N-1 while N is not voted."""

    rang: int
    type: str
    mois: int
    base: str
    fraction: Fraction
    defaut: Fraction | None = None
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tranche:
    """An instalment as its rule gives it.

    `montant` is in euros, None when it cannot be paid; `empechement` then says why, and whether only a vote is
    missing (`attend_un_vote`) or the calculation gives nothing to pay (`negatif`).
    """

    regle: Regle
    date_prevue: date
    montant: Decimal | None
    calcul: str
    empechement: str = ""
    attend_un_vote: bool = False
    negatif: bool = False


def echeancier(
    regles: Iterable[Regle],
    annee: int,
    *,
    subvention: Decimal | None,
    precedente: Decimal | None,
    acquis: Mapping[int, Decimal] | None = None,
) -> list[Tranche]:
    """Return the instalments of `annee`, in the order of their rank.

    `subvention` and `precedente` are the grants voted for N and N-1 in euros, None when unknown. `acquis` gives, by
    rank, what was paid, is being paid or was typed by hand: such an instalment is not computed again, and is
    taken off the next ones. A balance takes what is left, cents included; nothing computed exceeds what is left of the
    grant of N once it is voted. A share of N-1 is paid whether N is voted or not. An instalment is planned for the last
    day of its month: the documents write the month alone.
    """
    acquis = acquis or {}
    tranches: list[Tranche] = []
    avant: Decimal | None = sum(acquis.values(), ZERO)
    # What is paid or planned beyond the grant is explained once.
    explique = False
    for regle in sorted(regles, key=lambda r: r.rang):
        if regle.rang in acquis:
            continue
        tranche = _tranche(regle, annee, subvention, precedente, avant)
        if tranche.negatif and subvention is not None and avant is not None and avant > subvention:
            if explique:
                tranche = replace(tranche, empechement=_deja_dit(annee))
            explique = True
        tranches.append(tranche)
        if tranche.montant is not None and avant is not None:
            avant += tranche.montant
        elif tranche.montant is None and not tranche.negatif:
            # What comes after an unknown amount is unknown too.
            avant = None
    return tranches


def _tranche(
    regle: Regle, annee: int, subvention: Decimal | None, precedente: Decimal | None, avant: Decimal | None
) -> Tranche:
    jour = date(annee, regle.mois, monthrange(annee, regle.mois)[1])

    def bloquee(phrase: str, *, attend_un_vote: bool = False, negatif: bool = False) -> Tranche:
        return Tranche(
            regle=regle,
            date_prevue=jour,
            montant=None,
            calcul="",
            empechement=phrase,
            attend_un_vote=attend_un_vote,
            negatif=negatif,
        )

    du_passe = regle.base == DE_N_1 or (subvention is None and regle.defaut is not None)
    if du_passe and precedente is None:
        return bloquee(f"La subvention {annee - 1} n'est pas connue : indiquez-la.", attend_un_vote=True)
    if not du_passe and subvention is None:
        return bloquee(f"La subvention {annee} n'est pas encore votée.", attend_un_vote=True)
    if subvention is not None and avant is None:
        return bloquee("Un versement précédent n'a pas encore de montant.", attend_un_vote=True)
    du, calcul = _calcul(regle, annee, subvention, precedente, avant or ZERO)
    if subvention is not None and avant is not None:
        reste = subvention - avant
        if du <= 0 or reste <= 0:
            return bloquee(_rien_a_payer(annee, subvention, avant, du, calcul), negatif=True)
        if du > reste:
            du, calcul = (
                reste,
                f"{calcul}, ramené à {montant(reste)} : il ne reste que cela de la subvention {annee}",
            )
    elif du <= 0:
        return bloquee(f"{calcul} : il n'y a rien à payer.", negatif=True)
    return Tranche(regle=regle, date_prevue=jour, montant=du, calcul=calcul)


def _calcul(
    regle: Regle, annee: int, subvention: Decimal | None, precedente: Decimal | None, avant: Decimal
) -> tuple[Decimal, str]:
    """Return the amount that the rule gives, perhaps negative, and the sentence of its calculation."""
    if regle.base == DE_N_1 or subvention is None:
        # `_tranche` has seen that the grant of N-1 is known where it is needed.
        base, fraction = precedente or ZERO, regle.fraction if regle.base == DE_N_1 else regle.defaut
        fraction = fraction or regle.fraction
        suite = "" if regle.base == DE_N_1 else f" (la subvention {annee} n'est pas votée)"
        du = fraction.de(base)
        return du, f"{fraction} de la subvention {annee - 1} ({montant(base)}) = {montant(du)}{suite}"
    entiere = f"subvention {annee} ({montant(subvention)})"
    if regle.type == SOLDE or regle.base == DU_RESTE:
        reste = subvention - avant
        if regle.type == SOLDE or regle.fraction.numerateur == regle.fraction.denominateur:
            return reste, f"Le reste : {entiere} {MOINS} {montant(avant)} = {montant(reste)}"
        du = regle.fraction.de(reste)
        return du, f"{regle.fraction} de ({entiere} {MOINS} {montant(avant)}) = {montant(du)}"
    du = regle.fraction.de(subvention)
    return du, f"{regle.fraction} de la {entiere} = {montant(du)}"


def _rien_a_payer(annee: int, subvention: Decimal, avant: Decimal, du: Decimal, calcul: str) -> str:
    if avant > subvention:
        return (
            f"Le calcul donne un montant négatif – {calcul}. Rien n'est à payer : {montant(avant)} sont déjà versés ou "
            f"prévus, soit {montant(avant - subvention)} de plus que la subvention {annee}. Demandez un reversement, "
            "ou reprenez les versements prévus."
        )
    return f"{calcul} : toute la subvention {annee} ({montant(subvention)}) est déjà versée ou prévue."


def _deja_dit(annee: int) -> str:
    return f"Rien n'est à payer non plus : la subvention {annee} est déjà dépassée par ce qui est versé ou prévu."
