"""Light markup, as people type it: paragraphs, headings, lists, bold, italic, links. Nothing else passes.

    ## Un titre          - une puce          1. un numéro
    **gras**             *italique*          [les mots](https://…)

A line end is kept, a blank line parts two paragraphs. Everything else is text, HTML included: it is shown as typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal
from urllib.parse import urlsplit

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from documents.formats import INSECABLE
from documents.texte import TIRET, nettoyer

PROTOCOLES = frozenset({"http", "https", "mailto"})
# people type the bullets that they find on their keyboard, or that a word processor left
_PUCE = re.compile(r"^([ \t]*)[•–—▪·][ \t\u00a0]+", re.MULTILINE)
# spaces that French typography wants unbreakable
_AVANT = re.compile(r"[ \u00a0](?=[:;!?»%€])")
_APRES = re.compile(r"(?<=«) ")
_MILLIERS = re.compile(r"(?<=\d)[ \u00a0](?=\d{3}(?!\d))")


@dataclass(frozen=True)
class Morceau:
    """A run of text in one shape. `lien` is the address that it leads to, "" for none."""

    texte: str
    gras: bool = False
    italique: bool = False
    lien: str = ""


@dataclass(frozen=True)
class Passage:
    """A heading, a paragraph or an item of a list, flat.

    `niveau` is that of the heading (1: the first one of the text) or the depth of the list (from 1), 0 outside;
    `marque` is what stands before an item (« – », « 2. »), "" before its following paragraphs.
    """

    genre: Literal["titre", "paragraphe", "element"]
    morceaux: tuple[Morceau, ...]
    niveau: int = 0
    marque: str = ""

    @property
    def texte(self) -> str:
        """The words, without their shape."""
        return "".join(morceau.texte for morceau in self.morceaux)


def en_html(texte: str, *, niveau: int = 3) -> SafeString:
    """Return safe HTML whose headings are `niveau` and the one under: they take their place in the page.

    No heading is skipped, whatever was typed; the text of a link is plain (PDF/UA 7.18.5).
    """
    jetons = _lire(texte)
    _placer_les_titres(jetons, niveau)
    html = _LECTEUR.renderer.render(jetons, _LECTEUR.options, {})
    return mark_safe(html)  # noqa: S308 — markdown-it escapes it, its HTML is off


def en_texte(texte: str) -> str:
    """Return the words without any markup: paragraphs parted by a blank line, items with their mark.

    The address of a link follows its words, in brackets.
    """
    lignes: list[str] = []
    precedent: Passage | None = None
    for passage in passages(texte):
        if precedent is not None and not (precedent.genre == passage.genre == "element"):
            lignes.append("")
        retrait = "  " * (passage.niveau - 1) if passage.genre == "element" else ""
        lignes.append(f"{retrait}{passage.marque}{_avec_adresses(passage)}")
        precedent = passage
    return "\n".join(lignes)


def passages(texte: str) -> Iterator[Passage]:
    """Give the text from top to bottom, flat."""
    listes: list[int | None] = []  # the number of the next item, None for a list of bullets
    marque = ""
    titres: list[int] = []
    for jeton in _lire(texte):
        if jeton.type in ("bullet_list_open", "ordered_list_open"):
            listes.append(int(jeton.attrGet("start") or 1) if jeton.type == "ordered_list_open" else None)
        elif jeton.type in ("bullet_list_close", "ordered_list_close"):
            listes.pop()
        elif jeton.type == "list_item_open":
            numero = listes[-1]
            marque = TIRET if numero is None else f"{numero}.{INSECABLE}"
            if numero is not None:
                listes[-1] = numero + 1
        elif jeton.type == "heading_open":
            titres.append(int(jeton.tag[1]))
        elif jeton.type == "inline":
            morceaux = tuple(_morceaux(jeton))
            if titres and not listes:
                yield Passage("titre", morceaux, titres.pop())
            else:
                titres.clear()
                genre: Literal["element", "paragraphe"] = "element" if listes else "paragraphe"
                yield Passage(genre, morceaux, len(listes), marque)
                marque = ""


def _avec_adresses(passage: Passage) -> str:
    morceaux = []
    for lien, suite in groupby(passage.morceaux, key=lambda morceau: morceau.lien):
        mots = "".join(morceau.texte for morceau in suite)
        adresse = lien.removeprefix("mailto:")
        morceaux.append(f"{mots} ({adresse})" if adresse not in ("", mots) else mots)
    return "".join(morceaux)


def _lire(texte: str) -> list[Token]:
    """Return the tokens, headings being 1 or 2, links plain and safe."""
    jetons = _LECTEUR.parse(_PUCE.sub(r"\1- ", nettoyer(texte)))
    for jeton in jetons:
        if jeton.type == "inline":
            jeton.children = list(_aplatir_les_liens(jeton.children or []))
            for enfant in jeton.children:
                enfant.content = _typographie(enfant.content)
    _niveler(jetons)
    return jetons


def _niveler(jetons: Sequence[Token]) -> None:
    """Bring the headings to two levels: the first one met, and what is under it."""
    premier = 0
    for jeton in jetons:
        if jeton.type in ("heading_open", "heading_close"):
            lu = int(jeton.tag[1])
            premier = premier or lu
            jeton.tag = "h1" if lu <= premier else "h2"


def _placer_les_titres(jetons: Sequence[Token], niveau: int) -> None:
    for jeton in jetons:
        if jeton.type in ("heading_open", "heading_close"):
            jeton.tag = f"h{int(jeton.tag[1]) + niveau - 1}"


def _aplatir_les_liens(enfants: Sequence[Token]) -> Iterator[Token]:
    """Give the tokens of a line without any shape inside a link."""
    dans_un_lien = False
    for jeton in enfants:
        if jeton.type == "link_open":
            dans_un_lien = True
        elif jeton.type == "link_close":
            dans_un_lien = False
        elif dans_un_lien and jeton.type == "softbreak":
            jeton = Token("text", "", 0, content=" ")
        elif dans_un_lien and jeton.type != "text":
            continue
        yield jeton


def _morceaux(ligne: Token) -> Iterator[Morceau]:
    gras = italique = 0
    lien = ""
    for jeton in ligne.children or []:
        if jeton.type in ("strong_open", "strong_close"):
            gras += jeton.nesting
        elif jeton.type in ("em_open", "em_close"):
            italique += jeton.nesting
        elif jeton.type == "link_open":
            lien = str(jeton.attrGet("href") or "")
        elif jeton.type == "link_close":
            lien = ""
        elif jeton.type in ("softbreak", "hardbreak"):
            yield Morceau("\n", gras > 0, italique > 0, lien)
        elif jeton.content:
            yield Morceau(jeton.content, gras > 0, italique > 0, lien)


def _typographie(texte: str) -> str:
    return _MILLIERS.sub("\u202f", _APRES.sub(INSECABLE, _AVANT.sub(INSECABLE, texte)))


def _adresse_permise(adresse: str) -> bool:
    try:
        return urlsplit(adresse).scheme.lower() in PROTOCOLES
    except ValueError:
        return False


def _lecteur() -> MarkdownIt:
    lecteur = MarkdownIt("zero", {"html": False, "breaks": True})
    lecteur.enable(["heading", "list", "emphasis", "link", "newline", "escape", "balance_pairs"])
    # instance attributes, as the library means them: addresses that no other rule of its own lets through
    vars(lecteur)["validateLink"] = _adresse_permise
    return lecteur


_LECTEUR = _lecteur()
