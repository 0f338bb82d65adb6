"""Amounts compared: what explains a gap, what a sentence says year by year, how a text calls a funder. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from math import comb

from documents.normalisation import normaliser

# How many sums are tried before giving up: a fraction of a second, whatever the table.
SOMMES_ESSAYEES = 100_000
_ESPACES = " \u00a0\u202f\u2009"


ZERO = Decimal(0)


# -- Sums and words --------------------------------------------------------------------------------
def sommer(montants: Mapping[int, Decimal], cles: Iterable[int]) -> Decimal:
    """Return the sum of what is known under these keys, 0 when nothing is."""
    return sum((montants.get(cle, ZERO) for cle in cles), ZERO)


def enumerer(mots: Sequence[str]) -> str:
    """Return « un, deux et trois »."""
    return " et ".join([", ".join(mots[:-1]), mots[-1]]) if len(mots) > 1 else "".join(mots)


def brut(valeur: Decimal) -> str:
    """Return a figure for a fingerprint: the same whether it was read as 24000 or 24000.00."""
    return f"{valeur.normalize():f}"


# -- Where a gap comes from ------------------------------------------------------------------------
def expliquer(ecart: Decimal, termes: Sequence[Decimal], maximum: int = 4) -> tuple[int, ...]:
    """Return the places of the terms whose sum is exactly the gap: the only smallest set that does it.

    Empty when none does, when two do (a coincidence explains nothing), or when there are too many to try.
    At most `maximum` terms, and `SOMMES_ESSAYEES` sums.
    """
    utiles = [i for i, terme in enumerate(termes) if terme]
    essais = 0
    for taille in range(1, min(maximum, len(utiles)) + 1):
        essais += comb(len(utiles), taille)
        if essais > SOMMES_ESSAYEES:
            return ()
        trouvees = [
            places for places in combinations(utiles, taille) if sum(termes[i] for i in places) == ecart
        ]
        if trouvees:
            return trouvees[0] if len(trouvees) == 1 else ()
    return ()


# -- What a sentence says --------------------------------------------------------------------------
@dataclass(frozen=True)
class MontantAnnuel:
    """« 163 546 € pour 2024 »: the year, the euros, the words."""

    annee: int
    montant: Decimal
    citation: str


_MONTANT_ANNUEL = re.compile(
    rf"(?<![\d.,])(\d{{1,3}}(?:[{_ESPACES}]\d{{3}})+|\d+)(?:,(\d{{1,2}}))?[{_ESPACES}]?(?:€|euros)"
    r"\s+(?:pour|en)\s+(?:l['’]année\s+)?(20\d\d)(?!\d)"
)


def montants_annuels(texte: str) -> tuple[MontantAnnuel, ...]:
    """Return the amounts that a text gives year by year, in its order."""
    return tuple(
        MontantAnnuel(
            int(lu[3]), Decimal(re.sub(rf"[{_ESPACES}]", "", lu[1]) + (f".{lu[2]}" if lu[2] else "")), lu[0]
        )
        for lu in _MONTANT_ANNUEL.finditer(texte)
    )


# -- Who is named ----------------------------------------------------------------------------------
_OUTILS = {"de", "du", "des", "d", "la", "le", "les", "l", "et", "sur", "en", "a", "au", "aux", "sous"}
_VILLE = {"ville", "mairie", "commune"}
# What a text calls a funder whose kind is enough to know it, when the contract has one of that kind only.
_NOMS_DE_TYPE = {
    "etat": ("etat", "anct", "ddets", "ddetspp", "prefecture"),
    "region": ("region", "conseil regional"),
    "departement": ("departement", "conseil departemental", "cd"),
    "epci": ("agglo", "agglomeration", "metropole", "intercommunalite", "communaute agglomeration"),
    "commune": ("ville", "mairie", "commune", "municipalite"),
    "organisme_social": ("caf", "caisse allocations familiales"),
}


def mots_utiles(nom: str) -> tuple[str, ...]:
    """Return the words of a name that tell it: « Ville de Bagnols/Cèze » → ville, bagnols, ceze."""
    return tuple(mot for mot in re.findall(r"[a-z0-9]+", normaliser(nom)) if mot not in _OUTILS)


def noms_d_un_financeur(nom: str, sigle: str, type_: str, *, seul_de_son_type: bool) -> frozenset[str]:
    """Return the names by which a text may call a funder, as useful words: its own, its initials, its kind's.

    « Communauté d'agglomération du Gard rhodanien » is also « cagr »; « Ville de Bagnols-sur-Cèze » also
    « mairie bagnols ».
    """
    mots = mots_utiles(nom)
    noms = {" ".join(mots), " ".join(mots_utiles(sigle))}
    if len(mots) >= 3:
        noms.add("".join(mot[0] for mot in mots))
    if mots and mots[0] in _VILLE and len(mots) > 1:
        noms |= {f"{titre} {' '.join(mots[1:fin])}" for titre in _VILLE for fin in range(2, len(mots) + 1)}
    if seul_de_son_type:
        noms.update(_NOMS_DE_TYPE.get(type_, ()))
    return frozenset(noms - {""})
