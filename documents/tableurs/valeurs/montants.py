"""Amounts as towns and associations write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from itertools import pairwise

from documents.formats import arrondir
from documents.tableurs.modele import Valeur
from documents.tableurs.valeurs.communs import (
    NOMBRE,
    NOMBRES_MAX,
    Ambigu,
    Illisible,
    ambigu,
    aplatir,
    ecrire,
    est_blanc,
    est_en_attente,
    est_zero,
    hors_parentheses,
    illisible,
    lectures_du_nombre,
    mot,
    refus_commun,
)

QUOI = "un montant"
# ten digits before the decimal point, as the database keeps them; beyond, it is a SIRET or a slip
MONTANT_MAX = Decimal(10**10)
TROP_GRAND = "est trop grand pour être un montant. Vérifiez la cellule."
# what a spreadsheet shows of a number: the rest is the noise of its computations
_AFFICHES = Context(prec=15, rounding=ROUND_HALF_UP)
_UNITE = re.compile(r" ?(?:(k|m) ?(?:€|eur(?:os?)?\b|e\b)|(k|mille)(?![a-z])|(€|eur(?:os?)?\b))", re.I)
_MULTIPLES = {"k": 1_000, "mille": 1_000, "m": 1_000_000}
_ANNEE = re.compile(r"\b(19|20)\d\d$")
_ENTRE_PARENTHESES = re.compile(r"\(([^()]*)")
# an amount beside these words is not given yet
_A_VENIR = re.compile(r"attente|a (preciser|confirmer|definir|venir)|sous reserve")
_DATE = re.compile(r"\b\d{1,2}[/.-]\d{1,2}[/.-](\d{2}|\d{4})\b|\b\d{4}-\d{2}-\d{2}\b")
_APPROCHE = re.compile(r"\b(environ|env|approx\w*|pres de|autour de|vers)\b|[~≈]")
# words that may stand beside an amount without changing what it is, without their endings (« -e », « -s »)
_NEUTRES = {
    neutre.rstrip("es")
    for neutre in (
        *(
            "accorde",
            "acquis",
            "attribue",
            "demande",
            "notifie",
            "obtenu",
            "prevu",
            "realise",
            "sollicite",
            "verse",
        ),
        *(
            "vote",
            "soit",
            "total",
            "montant",
            "subvention",
            "ttc",
            "ht",
            "net",
            "de",
            "d",
            "le",
            "la",
            "un",
            "au",
        ),
        *("en", "environ", "env", "approx", "approximativement", "pres", "autour", "vers"),
    )
}
# « 1 000 à 2 000 », « 1 000 ou 2 000 », « 2 x 500 » are no sums
_BORNES = re.compile(r" (a|ou) |-")
_COLLES = re.compile(r"\d+ \d+")
_FOIS = re.compile(r"[x×*]")


@dataclass(frozen=True)
class Montant:
    """An amount in euros. `approximatif`: « environ » was written. `arrondi`: there was more than cents."""

    valeur: Decimal
    approximatif: bool = False
    arrondi: bool = False


@dataclass(frozen=True)
class _Ecrit:
    """A number in a text: its possible values, its place, whether a currency stands by it."""

    lectures: tuple[Decimal, ...]
    debut: int
    fin: int
    devise: bool


def lire_montant(valeur: Valeur) -> Montant | Ambigu | Illisible | None:
    """Return the amount of a cell in euros, a question, or why it cannot be read; None for a blank.

    A dash is a blank, « néant » is zero. What adds up in the cell itself (« 1 000 + 500 = 1 500 ») is read; what
    may be a sum or two amounts, thousands or thousandths, negative or aside, is asked.
    """
    if est_blanc(valeur) or est_en_attente(valeur):
        return None
    if isinstance(valeur, bool | date):
        return illisible(
            valeur, "n'est pas un montant : la cellule a peut-être un mauvais format. Écrivez le nombre."
        )
    if isinstance(valeur, int | Decimal):
        return _montant(valeur, Decimal(valeur))
    if est_zero(str(valeur)):
        return Montant(Decimal(0))
    return refus_commun(str(valeur), QUOI) or _lire_texte(str(valeur))


def _montant(brut: Valeur, exact: Decimal, *, approximatif: bool = False) -> Montant | Illisible:
    if abs(exact) >= MONTANT_MAX:
        return illisible(brut, TROP_GRAND)
    affiche = _AFFICHES.plus(exact)
    valeur = arrondir(affiche, 2)
    entier = valeur == valeur.to_integral_value()
    return Montant(
        valeur.quantize(Decimal(1)) if entier else valeur,
        approximatif=approximatif,
        arrondi=valeur != affiche,
    )


def _lire_texte(brut: str) -> Montant | Ambigu | Illisible:
    # a line break separates amounts, where a space groups their digits
    texte = aplatir(re.sub(r"[\r\n]+", " ; ", brut))
    if "%" in texte:
        return illisible(brut, "est un pourcentage, pas un montant. Écrivez le montant en euros.")
    if re.search(r"\d[.,]?\d*e[+]?\d", texte, re.I):
        return illisible(
            brut,
            "est un nombre que le tableur a raccourci. Mettez la colonne au format « Nombre » et enregistrez.",
        )
    if _DATE.search(texte):
        return illisible(
            brut, "contient une date, pas un montant seul. Écrivez le montant seul dans la cellule."
        )
    ecrits = _nombres(texte)
    if any(not ecrit.lectures for ecrit in ecrits):
        return illisible(brut, "n'est pas un nombre que l'on sait lire. Écrivez-le comme « 1 234,50 ».")
    if any(abs(lecture) >= MONTANT_MAX for ecrit in ecrits for lecture in ecrit.lectures):
        return illisible(brut, TROP_GRAND)
    if len(ecrits) > NOMBRES_MAX:
        return illisible(brut, "contient trop de nombres. Écrivez le montant seul dans la cellule.")
    if len(ecrits) > 1:
        return _lire_plusieurs(brut, texte, ecrits)
    return _lire_seul(brut, texte, ecrits[0])


def _nombres(texte: str) -> list[_Ecrit]:
    trouves = []
    for nombre in NOMBRE.finditer(texte):
        apres = _UNITE.match(texte, nombre.end())
        avant = re.search(r"(€|\beuros?) ?$", texte[: nombre.start()], re.I)
        multiple = _MULTIPLES.get((apres[1] or apres[2] or "").lower(), 1) if apres else 1
        trouves.append(
            _Ecrit(
                tuple(lecture * multiple for lecture in lectures_du_nombre(nombre[0])),
                nombre.start(),
                apres.end() if apres else nombre.end(),
                devise=apres is not None or avant is not None,
            )
        )
    return trouves


def _lire_seul(brut: str, texte: str, ecrit: _Ecrit) -> Montant | Ambigu | Illisible:
    avant, apres = texte[: ecrit.debut].rstrip(), texte[ecrit.fin :].lstrip()
    negatif = (avant.endswith("-") and not avant[:-1].strip(" €")) or (apres == "-" and not avant)
    lectures = tuple(-lecture for lecture in ecrit.lectures) if negatif else ecrit.lectures
    if avant in ("(", "(-") and apres in (")", "€)"):
        return ambigu(
            brut,
            "est entre parenthèses : est-ce un montant négatif, ou un montant donné pour information ?",
            (*(-lecture for lecture in ecrit.lectures), *ecrit.lectures),
        )
    if len(lectures) > 1:
        return ambigu(
            brut, f"peut se lire de plusieurs façons : {ecrire(lectures)}. Laquelle est juste ?", lectures
        )
    autour = mot(f"{avant} {apres}")
    if _A_VENIR.search(autour) or _mots(_entre_parentheses(autour)):
        return ambigu(brut, f"dit autre chose qu'un montant : faut-il retenir {ecrire(lectures)} ?", lectures)
    if _mots(autour) and not ecrit.devise:
        return ambigu(brut, f"mêle du texte et un nombre : le montant est-il {ecrire(lectures)} ?", lectures)
    return _montant(brut, lectures[0], approximatif=bool(_APPROCHE.search(autour)))


def _mots(texte: str) -> list[str]:
    """Return the words that may change what an amount is."""
    return [m for m in re.findall(r"[a-z]+", texte) if m.rstrip("es") not in _NEUTRES]


def _entre_parentheses(texte: str) -> str:
    return " ".join(_ENTRE_PARENTHESES.findall(texte))


def _lire_plusieurs(brut: str, texte: str, ecrits: list[_Ecrit]) -> Montant | Ambigu | Illisible:
    detail = _mots(mot(_entre_parentheses(texte)))
    avec_devise = [ecrit for ecrit in ecrits if ecrit.devise]
    autres_sont_des_annees = all(_ANNEE.search(texte[: e.fin]) for e in ecrits if not e.devise)
    if len(avec_devise) == 1 and autres_sont_des_annees and len(avec_devise[0].lectures) == 1 and not detail:
        return _montant(brut, avec_devise[0].lectures[0])
    # « 4 000 (2 000 en 2024) »: what stands in brackets is a detail of the amount before it, never one more
    principaux = [ecrits[rang] for rang in hors_parentheses(texte, [ecrit.debut for ecrit in ecrits])]
    if len(principaux) < len(ecrits):
        lectures = tuple(lecture for ecrit in principaux for lecture in ecrit.lectures)
        question = f"donne un détail entre parenthèses : quel montant retenir ({ecrire(lectures)}) ?"
        return ambigu(brut, question, lectures)
    premiers = tuple(ecrit.lectures[0] for ecrit in ecrits)
    if _finit_par_egal(texte, ecrits) and sum(premiers[:-1], Decimal(0)) == premiers[-1]:
        return _montant(brut, premiers[-1])
    chacun = tuple(lecture for ecrit in ecrits for lecture in ecrit.lectures)
    # « 24 00 »: a space in the wrong place is as likely as two amounts
    colles = (Decimal(texte.replace(" ", "")),) if _COLLES.fullmatch(texte) else ()
    avant, apres = _ensemble(texte, ecrits, premiers)
    lectures = (*colles, *avant, *chacun, *apres)
    question = f"contient plusieurs nombres : quel montant retenir ({ecrire(lectures)}) ?"
    return ambigu(brut, question, lectures)


def _ensemble(
    texte: str, ecrits: list[_Ecrit], nombres: tuple[Decimal, ...]
) -> tuple[tuple[Decimal, ...], tuple[Decimal, ...]]:
    """Return what several numbers make together, when it is written and when it only may be.

    Their sum, their product; nothing for « à », « ou » and « = », nor when one of them may be a year.
    """
    signes = texte[ecrits[0].fin : ecrits[-1].debut]
    somme = (sum(nombres, Decimal(0)),)
    if _BORNES.search(f" {mot(signes)} ") or "=" in signes:
        return (), ()
    if len(nombres) == 2 and _FOIS.fullmatch(signes.strip().lower()):
        return (nombres[0] * nombres[1],), ()
    if all(texte[a.fin : b.debut].strip() == "+" for a, b in pairwise(ecrits)):
        return somme, ()
    annee = any(_ANNEE.search(texte[: e.fin]) and not e.devise for e in ecrits)
    return (), () if annee else somme


def _finit_par_egal(texte: str, ecrits: list[_Ecrit]) -> bool:
    """Return whether the text is a sum that says its result: « 1 000 + 500 = 1 500 »."""
    entre = [texte[a.fin : b.debut].strip() for a, b in pairwise(ecrits)]
    return len(ecrits) > 2 and entre[-1] == "=" and all(signe == "+" for signe in entre[:-1])
