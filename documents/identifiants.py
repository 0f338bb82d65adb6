"""The numbers that name an organisation or a place: SIRET, SIREN, RNA, quartiers prioritaires, communes.

`valider_*` say in a sentence what is wrong; `reparer_*` give back what a spreadsheet mangled (spaces, « .0 », lost
zeros) and say what was mended. The check digits are python-stdnum's, La Poste's exception included.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from stdnum.fr import siren as siren_fr
from stdnum.fr import siret as siret_fr

ESPACES = re.compile("[\\s\u00a0\u2007\u2009\u202f.'-]+")
ESPACES_SEULES = re.compile("[\\s\u00a0\u2007\u2009\u202f]+")
# « 23450002300028.0 »: a whole number that a spreadsheet wrote with decimals.
DECIMALES_NULLES = re.compile(r"^(\d+)[.,]0+$")
# « 2,345E+13 »: the last digits are lost.
RACCOURCI = re.compile(r"^\d+([.,]\d+)?[eE]\+?\d+$")

# Corsica (W2A…) and overseas (W9R…) have a letter in third place: the national schema of grants forgets them.
RNA = re.compile(r"W\d[A-Z\d]\d{7}")
QPV_2015 = re.compile(r"QP(\d{3}|02[AB])\d{3}")
QPV_2024 = re.compile(r"QN(\d{3}|02[AB])\d{2}[NMI]")
COMMUNE = re.compile(r"(\d{2}|2[AB])\d{3}")

ESPACES_RETIREES = "espaces retirées"

SIRET_LETTRES = "Un SIRET ne contient que des chiffres : vérifiez ce qui a été saisi."
SIRET_SIREN = "Vous avez saisi neuf chiffres : c'est le SIREN. Le SIRET le complète par cinq chiffres."
SIRET_FAUX = (
    "Ce SIRET n'est pas valable : l'un de ses quatorze chiffres est faux. "
    "Recopiez-le depuis un papier à en-tête ou l'avis de situation de l'Insee."
)
SIREN_FAUX = "Ce SIREN n'est pas valable : l'un de ses neuf chiffres est faux."
RNA_FAUX = "Un numéro RNA s'écrit W suivi de neuf caractères, par exemple W391000123."
QPV_FAUX = "Un code de QPV s'écrit comme QP093028 (génération 2015) ou QN09301M (génération 2024)."
COMMUNE_FAUSSE = "Un code INSEE de commune a cinq caractères, par exemple 39198 ou 2A004."
RACCOURCI_PERDU = (
    "Le tableur a raccourci ce numéro : des chiffres sont perdus. "
    "Mettez la colonne au format « Texte », puis ressaisissez-le."
)


class IdentifiantInvalide(ValueError):
    """A number that cannot be right; the message is the French sentence to show."""


@dataclass(frozen=True)
class Repare:
    """A number as it should be written, and what was mended in words; nothing when it was right."""

    numero: str
    repare: str = ""

    @property
    def espaces_seules(self) -> bool:
        """Whether only spaces were taken away: they are how people write a number."""
        return self.repare == _dire([ESPACES_RETIREES])


# -- Checking --------------------------------------------------------------------------------------
def valider_siret(numero: str) -> None:
    """Raise IdentifiantInvalide unless `numero` is a SIRET, without spaces."""
    if not re.fullmatch("[0-9]+", numero):
        raise IdentifiantInvalide(SIRET_LETTRES)
    if len(numero) == 9:
        raise IdentifiantInvalide(SIRET_SIREN)
    if len(numero) != 14:
        raise IdentifiantInvalide(f"Un SIRET a quatorze chiffres : vous en avez saisi {len(numero)}.")
    if not siret_fr.is_valid(numero):
        raise IdentifiantInvalide(SIRET_FAUX)


def valider_siren(numero: str) -> None:
    """Raise IdentifiantInvalide unless `numero` is a SIREN, without spaces."""
    if not re.fullmatch("[0-9]{9}", numero):
        raise IdentifiantInvalide("Un SIREN a neuf chiffres.")
    if not siren_fr.is_valid(numero):
        raise IdentifiantInvalide(SIREN_FAUX)


def valider_rna(numero: str) -> None:
    """Raise IdentifiantInvalide unless `numero` is a number of the national register of associations."""
    if not RNA.fullmatch(numero):
        raise IdentifiantInvalide(RNA_FAUX)


def generation_qpv(code: str) -> str:
    """Return « 2015 » or « 2024 », the generation of a code of QPV. Raises IdentifiantInvalide for another code."""
    if QPV_2015.fullmatch(code):
        return "2015"
    if QPV_2024.fullmatch(code):
        return "2024"
    raise IdentifiantInvalide(QPV_FAUX)


def valider_qpv(code: str) -> None:
    """Raise IdentifiantInvalide unless `code` is that of a QPV of either generation."""
    generation_qpv(code)


def valider_commune(code: str) -> None:
    """Raise IdentifiantInvalide unless `code` may be that of a commune (INSEE)."""
    if not COMMUNE.fullmatch(code):
        raise IdentifiantInvalide(COMMUNE_FAUSSE)


# -- Mending ---------------------------------------------------------------------------------------
def reparer_siret(lu: str | int | float | Decimal) -> Repare:
    """Return the SIRET of a cell. Raises IdentifiantInvalide for what cannot be one.

    A number of ten to thirteen digits gets back the zeros that a spreadsheet dropped, when the key is then right.
    """
    numero, repares = _chiffres(lu)
    if 10 <= len(numero) < 14 and siret_fr.is_valid(numero.zfill(14)):
        numero, repares = numero.zfill(14), [*repares, "zéros du début remis"]
    valider_siret(numero)
    return Repare(numero, _dire(repares))


def reparer_siren(lu: str | int | float | Decimal) -> Repare:
    """Return the SIREN of a cell, the zeros at its start put back. Raises IdentifiantInvalide."""
    numero, repares = _chiffres(lu)
    if 6 <= len(numero) < 9 and siren_fr.is_valid(numero.zfill(9)):
        numero, repares = numero.zfill(9), [*repares, "zéros du début remis"]
    valider_siren(numero)
    return Repare(numero, _dire(repares))


def reparer_rna(lu: str) -> Repare:
    """Return the RNA of a cell: capitals, no space, its W put back. Raises IdentifiantInvalide."""
    brut = str(lu).strip()
    numero, repares = ESPACES.sub("", brut).upper(), []
    if numero != brut:
        repares.append("espaces et minuscules corrigées")
    if RNA.fullmatch(f"W{numero}"):
        numero, repares = f"W{numero}", [*repares, "« W » remis devant"]
    valider_rna(numero)
    return Repare(numero, _dire(repares))


def reparer_qpv(lu: str) -> Repare:
    """Return the code of QPV of a cell: capitals, no space. Raises IdentifiantInvalide."""
    brut = str(lu).strip()
    code = ESPACES.sub("", brut).upper()
    valider_qpv(code)
    return Repare(code, "" if code == brut else "Écriture corrigée : espaces et minuscules corrigées.")


def reparer_commune(lu: str | int | float | Decimal) -> Repare:
    """Return the INSEE code of a cell: capitals, the zero of the first nine départements put back.

    Raises IdentifiantInvalide.
    """
    texte = str(lu).strip().upper()
    if "A" in texte or "B" in texte:
        numero = ESPACES.sub("", texte)
        repares = [] if numero == str(lu).strip() else ["espaces et minuscules corrigées"]
    else:
        numero, repares = _chiffres(lu)
    if len(numero) == 4 and numero.isdecimal():
        numero, repares = numero.zfill(5), [*repares, "zéro du début remis"]
    valider_commune(numero)
    return Repare(numero, _dire(repares))


def _chiffres(lu: str | int | float | Decimal) -> tuple[str, list[str]]:
    """Return the digits of a cell, and what was mended. Raises IdentifiantInvalide when some are lost."""
    if isinstance(lu, int | float | Decimal):
        return _entier(lu), []
    brut = lu.strip()
    if RACCOURCI.fullmatch(ESPACES_SEULES.sub("", brut)):
        raise IdentifiantInvalide(RACCOURCI_PERDU)
    if decimales := DECIMALES_NULLES.fullmatch(ESPACES_SEULES.sub("", brut)):
        return decimales[1], ["« ,0 » retiré"]
    numero = ESPACES.sub("", brut)
    return numero, [] if numero == brut else [ESPACES_RETIREES]


def _entier(lu: int | float | Decimal) -> str:
    try:
        exact = Decimal(str(lu))
    except InvalidOperation as erreur:
        raise IdentifiantInvalide(SIRET_LETTRES) from erreur
    if not exact.is_finite() or exact != exact.to_integral_value() or exact < 0:
        raise IdentifiantInvalide(SIRET_LETTRES)
    return str(int(exact))


def _dire(repares: list[str]) -> str:
    return f"Numéro corrigé : {', '.join(repares)}." if repares else ""
