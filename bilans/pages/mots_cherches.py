"""The words of a search: without accents nor case, singular or plural, each found anywhere in a passage."""

import re
from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from documents.normalisation import normaliser

# Below, taking the « s » off would find nearly everything.
LONGUEUR_PLURIEL = 4
MOTS_AVANT, MOTS_APRES = 12, 28


def lire_les_mots(texte: str) -> list[str]:
    """Return the words of a search, without accents nor case."""
    return re.findall(r"\w+", normaliser(texte))


def formes(mot: str) -> tuple[str, ...]:
    """Return what a word may be written as: « ateliers » is found in « atelier », « journal » in « journaux »."""
    if len(mot) < LONGUEUR_PLURIEL:
        return (mot,)
    if mot.endswith("aux"):
        return mot, mot[:-1], f"{mot[:-2]}l"
    if mot.endswith("al"):
        return mot, f"{mot[:-1]}ux"
    return (mot, mot[:-1]) if mot[-1] in "sx" else (mot,)


def contient(texte: str, mots: Sequence[str]) -> bool:
    """Return whether a text, normalised as `mots` are, holds every one of them."""
    return all(any(forme in texte for forme in formes(mot)) for mot in mots)


def surligner(texte: str, mots: Sequence[str]) -> SafeString | None:
    """Return the words of `texte` around the first one looked for, each of them marked; None unless it has them all.

    `mots` are normalised: a word of the text that holds one of them is marked.
    """
    lus = list(re.finditer(r"\w+", texte))
    plats = [normaliser(mot.group()) for mot in lus]
    voulus = [formes(mot) for mot in mots]
    touches = [
        rang for rang, plat in enumerate(plats) if any(forme in plat for voulu in voulus for forme in voulu)
    ]
    if not all(any(forme in plats[rang] for forme in voulu for rang in touches) for voulu in voulus):
        return None
    premier, dernier = max(touches[0] - MOTS_AVANT, 0), min(touches[0] + MOTS_APRES, len(lus) - 1)
    debut = lus[premier].start() if premier else 0
    fin = lus[dernier].end() if dernier < len(lus) - 1 else len(texte)
    morceaux = ["… " if debut else ""]
    ici = debut
    for mot in (lus[rang] for rang in touches if premier <= rang <= dernier):
        morceaux += [texte[ici : mot.start()], format_html("<mark>{}</mark>", mot.group())]
        ici = mot.end()
    morceaux += [texte[ici:fin], " …" if fin < len(texte) else ""]
    return format_html_join("", "{}", ((morceau,) for morceau in morceaux))
