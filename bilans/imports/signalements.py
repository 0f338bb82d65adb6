"""What is seen while rows are read: a code (domaine.md §9), a cell, a sentence with the figures, how to mend it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from comptes.templatetags.typographie import insecables
from documents import montant, nombre
from documents.tableurs.modele import Valeur

from .profils import en_texte, nombre_lu

Gravite = Literal["bloquant", "alerte", "info"]
# Shown in a sentence: enough to find the cell.
_EXTRAIT = 40


@dataclass(frozen=True)
class Signalement:
    """Something seen while a row was read: its code (domaine.md §9), the cell, a sentence, how to mend it."""

    code: str
    gravite: Gravite
    phrase: str
    cellule: str = ""
    remede: str = ""


def signaler(code: str, gravite: Gravite, phrase: str, cellule: str = "", remede: str = "") -> Signalement:
    """Return the finding, with its sentences in French typography."""
    return Signalement(code, gravite, insecables(phrase), cellule, insecables(remede))


@dataclass(frozen=True)
class Montant:
    """An amount of a row: the title of its column, its cell, the number."""

    titre: str
    cellule: str
    valeur: Decimal


# -- Header and rows -------------------------------------------------------------------------------
def titre_corrige(raison: str, cellule: str) -> Signalement:
    """COH-09: a title read in spite of a typing error."""
    return signaler(
        "COH-09", "info", raison, cellule, "Corrigez le titre dans votre tableau si vous le gardez."
    )


def ligne_coupee(numero: int, au_dessus: int, cellule: str, certaine: bool) -> Signalement:
    """COH-10: the end of a text, in a row of its own. Less sure when both rows are whole sentences."""
    return signaler(
        "COH-10",
        "info" if certaine else "alerte",
        f"La ligne {numero} n'a que la suite d'un texte : elle est recollée à la ligne {au_dessus}.",
        cellule,
        "Vérifiez que c'est bien la même action.",
    )


def comme_au_dessus(quoi: Sequence[str], numero: int, au_dessus: int, cellule: str) -> Signalement:
    """COH-11: porteur or title left empty, taken from above."""
    vides = " et ".join(quoi)
    accord = "est vide : lu" if len(quoi) == 1 else "sont vides : lus"
    return signaler(
        "COH-11",
        "info",
        f"Ligne {numero}, {vides} {accord} comme à la ligne {au_dessus}.",
        cellule,
        "Si c'est une autre action, écrivez son porteur et son intitulé.",
    )


def sans_intitule(numero: int, cellule: str) -> Signalement:
    """COH-11: a row that has a porteur of its own and no title."""
    return signaler(
        "COH-11",
        "alerte",
        f"La ligne {numero} a un porteur et pas d'intitulé d'action.",
        cellule,
        "Écrivez l'intitulé, ou laissez la ligne de côté.",
    )


# -- Figures ---------------------------------------------------------------------------------------
def sous_total_douteux(titre: str, numero: int, cellule: str) -> Signalement:
    """COH-11: a row without porteur whose title begins as a subtotal, and that is the sum of nothing above."""
    return signaler(
        "COH-11",
        "alerte",
        f"Ligne {numero}, « {titre[:80]} » est lu comme un sous-total, mais ses montants ne sont la somme d'aucune des "
        "lignes au-dessus.",
        cellule,
        "Si c'est une action, écrivez son porteur sur cette ligne, puis déposez le tableau de nouveau.",
    )


def total_ambigu(montants: Sequence[Montant], total: Montant) -> Signalement | None:
    """FIN-08: the last amount is also the sum of those before it, so the total can be read in two ways."""
    *avant, dernier = montants
    chiffres = [lu for lu in avant if lu.valeur]
    somme = sum((lu.valeur for lu in avant), Decimal(0))
    if len(chiffres) < 2 or dernier.valeur != somme or total.valeur != somme + dernier.valeur:
        return None
    detail = " + ".join(nombre(lu.valeur) for lu in avant)
    return signaler(
        "FIN-08",
        "alerte",
        f"{detail} = {nombre(somme)} et {detail} + {nombre(dernier.valeur)} = {nombre(total.valeur)} : "
        f"{montant(dernier.valeur)} est un montant de « {dernier.titre} », ou un total.",
        dernier.cellule,
        f"Dites si « {dernier.titre} » donne bien {montant(dernier.valeur)}.",
    )


def total_repete(
    hors: Sequence[Montant], compris: Sequence[Montant], total: Montant
) -> Iterator[Signalement]:
    """FIN-08: an amount beside the total is that very total: one of the two cells may have been copied."""
    exact = sum((lu.valeur for lu in compris), Decimal(0)) == total.valeur
    if len([lu for lu in compris if lu.valeur]) < 2 or not exact:
        return
    for autre in hors:
        if autre.valeur and autre.valeur == total.valeur:
            yield signaler(
                "FIN-08",
                "alerte",
                f"{montant(autre.valeur)} est écrit sous « {total.titre} » et sous « {autre.titre} » : "
                f"c'est la somme de la ligne, ou aussi un montant de « {autre.titre} ».",
                autre.cellule,
                f"Dites si « {autre.titre} » donne bien {montant(autre.valeur)}.",
            )


def nombre_pour_texte(titre: str, valeur: Valeur, cellule: str) -> Signalement | None:
    """FIN-07: a number alone under « Porteur » or « Intitulé »: cells may have drifted; None for a text."""
    if isinstance(valeur, bool) or nombre_lu(valeur) is None:
        return None
    return signaler(
        "FIN-07",
        "alerte",
        f"{cellule} contient le nombre {_extrait(valeur)} sous « {titre} » : les cases ont peut-être glissé.",
        cellule,
        "Comparez la ligne avec vos titres de colonnes.",
    )


def hors_du_tableau(titre_voisin: str, valeur: Valeur, cellule: str) -> Signalement:
    """FIN-07: a cell beyond the last title."""
    return signaler(
        "FIN-07",
        "alerte",
        f"{cellule} (« {_extrait(valeur)} ») est au-delà de la dernière colonne titrée, « {titre_voisin} » : les cases "
        f"de la ligne ont peut-être glissé.",
        cellule,
        "Comparez la ligne avec vos titres de colonnes.",
    )


def plus_que_le_total(lu: Montant, imprime: Decimal) -> Signalement:
    """FIN-07: an amount above the printed total of its own column."""
    return signaler(
        "FIN-07",
        "alerte",
        f"{montant(lu.valeur)} sous « {lu.titre} », c'est plus que le total imprimé de la colonne, {montant(imprime)}.",
        lu.cellule,
        "Vérifiez que le montant est sous le bon financeur.",
    )


def montant_fusionne(titre: str, cellule: str, lignes: int) -> Signalement:
    """FIN-07: an amount written once for several rows: it is counted once."""
    return signaler(
        "FIN-07",
        "alerte",
        f"Le montant de {cellule} (« {titre} ») est fusionné sur {lignes} lignes : il est compté sur la première.",
        cellule,
        "Répartissez-le entre les lignes si chacune en a une part.",
    )


def ecrit_en_texte(lu: Montant, ecrit: str) -> Signalement:
    """FIN-10: an amount typed as a text among numbers, or in another form than its neighbours; it is read."""
    return signaler(
        "FIN-10",
        "info",
        f"« {ecrit} », en {lu.cellule}, n'est pas écrit comme les autres montants : lu {montant(lu.valeur)}.",
        lu.cellule,
        "Rien à faire si c'est le bon montant.",
    )


def montant_pas_encore_dit(titre: str, ecrit: str, cellule: str) -> Signalement:
    """A word in place of a figure, « NC », « en attente »: read as a blank, which is said."""
    return signaler(
        "",
        "info",
        f"« {ecrit} », en {cellule} (« {titre} »), ne donne pas de chiffre : la case est lue vide.",
        cellule,
        "Rien à faire tant que le chiffre n'est pas connu.",
    )


def case_en_erreur(cellule: str, erreur: str) -> Signalement:
    """A cell that the workbook itself says is wrong: « #REF! »."""
    return signaler(
        "FORMULE",
        "alerte",
        f"{cellule} contient l'erreur {erreur} : la case est lue vide.",
        cellule,
        "Corrigez la formule dans votre tableau, ou écrivez la valeur.",
    )


def formule_sans_valeur(cellule: str) -> Signalement:
    """A formula of which the workbook keeps no value."""
    return signaler(
        "FORMULE",
        "alerte",
        f"La formule de {cellule} n'a pas de valeur enregistrée : la case est lue vide.",
        cellule,
        "Ouvrez le classeur dans votre tableur, enregistrez-le, puis déposez-le de nouveau.",
    )


# -- Forms of writing ------------------------------------------------------------------------------
def ecrits_autrement(colonne: Iterable[tuple[Montant, Valeur]]) -> Iterator[tuple[Montant, str]]:
    """Yield the amounts that are written otherwise than most of their column, with how they are written.

    A text among numbers; « 24 000 » among « 16072 ». An amount with its currency or its cents is certain, and one that
    reads in two ways is asked about: neither is said.
    """
    par_forme: dict[str, list[tuple[Montant, str]]] = {}
    for lu, valeur in colonne:
        forme = _forme(lu.valeur, valeur)
        if forme:
            par_forme.setdefault(forme, []).append((lu, en_texte(valeur)))
    if len(par_forme) < 2:
        return
    usuelle = "nombre" if "nombre" in par_forme else _plus_frequente(par_forme)
    for forme, ecrits in par_forme.items():
        if forme != usuelle:
            yield from ((lu, ecrit) for lu, ecrit in ecrits if not _SANS_DOUTE.search(ecrit))


# « 1 234,50 », « 500 € »: nothing else can be meant; « 1,500 » may be two amounts, and is asked about.
_SANS_DOUTE = re.compile(r"[,.]\d{1,2}$|(€|euros?|eur)$|[,.]\d{3}$", re.I)


def _forme(lu: Decimal, valeur: Valeur) -> str:
    """Return how an amount is written; blank for a text too short to tell « 24000 » from « 24 000 »."""
    if not isinstance(valeur, str):
        return "nombre"
    if any(not signe.isdigit() for signe in valeur.strip(" -")):
        return "mis en forme"
    return "chiffres" if lu >= 1000 else ""


def _plus_frequente(par_forme: Mapping[str, Sequence[object]]) -> str:
    return max(sorted(par_forme), key=lambda forme: len(par_forme[forme]))


def _extrait(valeur: Valeur) -> str:
    texte = " ".join(en_texte(valeur).split())
    return texte if len(texte) <= _EXTRAIT else f"{texte[: _EXTRAIT - 1].rstrip()}…"
