"""The findings that are the titles of the charts: a sentence that is true of the figures, whatever they are.

A figure that is not known (None) is none of the parts that are compared.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import takewhile

from comptes.templatetags.typographie import pluriel
from documents import INSECABLE

from .mots import enumerer, part, phrase

# Those who come first are named until together they have this part, three names at most.
PART_DITE = 75
NOMS_DITS = 3

Part = tuple[str, Decimal | int | None]


def qui_a_le_plus(parts: Sequence[Part], *, verbe: str, quoi: str, tout: str, compte: str) -> str:
    """Return who has most of it: « La Ville et l'État portent 84 % des crédits accordés »; empty without any part.

    `verbe` is « porte,portent », `quoi` « des crédits accordés », `tout` « tous les crédits accordés », `compte` what
    those who have a part are (« financeur,financeurs »). Nobody is named before an equal who is not.
    """
    rangees = sorted(((nom, valeur) for nom, valeur in parts if valeur), key=lambda paire: -paire[1])
    if not rangees:
        return ""
    noms, valeurs = [nom for nom, _ in rangees], [valeur for _, valeur in rangees]
    singulier, plusieurs = verbe.split(",")
    somme = sum(valeurs, Decimal(0))
    if len(rangees) == 1:
        return phrase(f"{noms[0]} {singulier} {tout}")
    for rang in range(1, min(NOMS_DITS, len(rangees) - 1) + 1):
        ensemble = sum(valeurs[:rang], Decimal(0))
        if ensemble * 100 >= somme * PART_DITE and valeurs[rang - 1] > valeurs[rang]:
            return phrase(
                f"{enumerer(noms[:rang])} {plusieurs if rang > 1 else singulier} {part(ensemble, somme)} {quoi}"
            )
    egaux = len(list(takewhile(lambda valeur: valeur == valeurs[0], valeurs)))
    if egaux == 1:
        return phrase(f"{noms[0]} {singulier} {part(valeurs[0], somme)} {quoi}, la plus grande part")
    sujet = enumerer(noms[:egaux]) if egaux <= NOMS_DITS else pluriel(egaux, compte)
    if egaux == len(rangees):
        return phrase(f"{sujet} {plusieurs} la même part {quoi}")
    chacun = part(valeurs[0], somme)
    return phrase(f"{sujet} {plusieurs} la même part {quoi}, la plus grande{INSECABLE}: {chacun}")
