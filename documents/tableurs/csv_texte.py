"""A csv: its encoding, its separator, its quotes are guessed from the text, never from its name.

Numbers stay texts: whoever knows what a column holds reads them (`valeurs`).
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from documents.tableurs.erreurs import (
    ENCODAGE,
    ENCODAGE_MELE,
    INCONNU,
    NUL,
    SANS_DONNEES,
    FichierRefuse,
)
from documents.tableurs.grille import TEXTE_TROP_LONG, FeuilleTropGrande, Grille, Reserve
from documents.tableurs.limites import TEXTE_MAX
from documents.tableurs.messages import avertir, refuser_sans_donnees
from documents.tableurs.modele import Classeur

NOM_FEUILLE = "CSV"
# in order of preference when they separate as well: a French comma is first of all a decimal one
SEPARATEURS = (";", "\t", "|", ",")
_ESSAI = 100
_BINAIRE = re.compile(rb"[\x01-\x08\x0e-\x1f]")
_ACCENT_UTF8 = re.compile(rb"\xc3[\x80-\xbf]")
_ANNONCE = re.compile(r"sep=(.)(\r\n|\n|\r)", re.I)
# A row added at the end: when it is not read back alone, a quote that never closes has swallowed it.
_SENTINELLE = "\x1f"


def lire_csv(contenu: bytes) -> Classeur:
    """Return the workbook, of one sheet. Raises FichierRefuse."""
    texte = decoder(contenu)
    annonce = _ANNONCE.match(texte)
    texte = texte[annonce.end() :] if annonce else texte
    separateur = annonce[1] if annonce else deviner_separateur(texte)
    grille = Grille(NOM_FEUILLE, Reserve())
    try:
        _remplir(grille, texte, separateur)
    except FeuilleTropGrande as exces:
        raise FichierRefuse(str(exces)) from exces
    feuilles = [grille.feuille()]
    refuser_sans_donnees(feuilles, [], SANS_DONNEES)
    return Classeur(
        nom="", format="csv", feuilles=tuple(feuilles), avertissements=tuple(avertir(feuilles, []))
    )


def decoder(contenu: bytes) -> str:
    """Return the text: UTF-8 with or without its mark, UTF-16 with its mark, else Windows (cp1252).

    Raises FichierRefuse for what is no text, and for a mix of encodings that would give false accents.
    """
    if contenu.startswith((b"\xff\xfe", b"\xfe\xff")):
        codage = "utf-16"
    else:
        if b"\0" in contenu:
            raise FichierRefuse(NUL)
        if _BINAIRE.search(contenu):
            raise FichierRefuse(INCONNU)
        codage = "utf-8-sig" if _est_utf8(contenu) else "cp1252"
    if codage == "cp1252" and _ACCENT_UTF8.search(contenu):
        raise FichierRefuse(ENCODAGE_MELE)
    try:
        texte = contenu.decode(codage)
    except UnicodeDecodeError as erreur:
        raise FichierRefuse(ENCODAGE) from erreur
    if "\0" in texte:
        raise FichierRefuse(NUL)
    if codage == "utf-16" and _BINAIRE.search(texte.encode("utf-8", errors="replace")):
        raise FichierRefuse(INCONNU)
    return texte


def _est_utf8(contenu: bytes) -> bool:
    try:
        contenu.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def deviner_separateur(texte: str) -> str:
    """Return what separates the cells: what cuts the most of the first rows in the same number of cells."""
    debut = texte[: _ESSAI * 2000]

    def regularite(separateur: str) -> int:
        try:
            largeurs = [len(ligne) for ligne in islice(_lecteur(debut, separateur), _ESSAI) if any(ligne)]
        except csv.Error:
            return 0
        frequentes = Counter(largeur for largeur in largeurs if largeur > 1).most_common(1)
        return frequentes[0][1] if frequentes else 0

    return max(SEPARATEURS, key=regularite)


def _lecteur(texte: str, separateur: str) -> Iterator[list[str]]:
    csv.field_size_limit(TEXTE_MAX)
    return csv.reader(io.StringIO(texte, newline=""), delimiter=separateur)


def _remplir(grille: Grille, texte: str, separateur: str) -> None:
    fin = "" if texte.endswith(("\n", "\r")) else "\n"
    lecteur = _lecteur(f"{texte}{fin}{_SENTINELLE}\n", separateur)
    rangees_lues = 0
    try:
        for numero, rangee in enumerate(lecteur):
            if any(_SENTINELLE in cellule for cellule in rangee):
                if rangee != [_SENTINELLE]:
                    raise FichierRefuse(_guillemet(numero))
                return
            for colonne, cellule in enumerate(rangee):
                grille.poser(numero, colonne, cellule)
            rangees_lues += 1
    except csv.Error as erreur:
        if "field larger" in str(erreur):
            raise FichierRefuse(TEXTE_TROP_LONG) from erreur
        raise FichierRefuse(_guillemet(rangees_lues)) from erreur


def _guillemet(rangee: int) -> str:
    return (
        f"Dans ce fichier CSV, un guillemet ouvert à la ligne {rangee + 1} du tableau n'est jamais refermé : la "
        f"suite serait lue de travers. Corrigez-le, ou enregistrez le tableau en .xlsx, puis déposez à nouveau "
        f"le fichier."
    )
