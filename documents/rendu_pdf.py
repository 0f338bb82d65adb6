"""PDF: HTML with a print stylesheet of its own, laid out by WeasyPrint in a child process."""

from __future__ import annotations

import base64
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from threading import Event
from time import monotonic
from typing import BinaryIO

from documents.affichage import Vue, voir
from documents.erreurs import ErreurRendu
from documents.formats import date_longue
from documents.polices import css_polices, dessinable
from documents.rendu_html import table_html
from documents.tableau import Tableau
from documents.texte import nettoyer

journal = logging.getLogger(__name__)

RACINE = Path(__file__).parents[1]
FEUILLE = Path(__file__).with_name("annexe.css")
# what the child needs from the environment: never the secrets of the server
VARIABLES = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "XDG_CACHE_HOME",
    "FONTCONFIG_FILE",
    "FONTCONFIG_PATH",
)
DELAI_S = 300
# how often a layout that may be stopped looks whether it is
PAS_S = 0.5
# Pango reads the fonts in threads of its own and fell once in some thousands of layouts (as in WeasyPrint's issue
# 1402); the same order then succeeds
CHUTES = frozenset((-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT))
ESSAIS = 2

PAGES_MM = {"A4": (210, 297), "A3": (297, 420)}
MARGE_MM = 12
POINTS_PAR_MM = 72 / 25.4
# what a cell keeps on its sides (annexe.css: 3 pt on the left, 3 pt on the right), and a hair
MARGE_CELLULE_PT = 6.5


@dataclass(frozen=True, kw_only=True)
class PieceJointe:
    """A file embedded in a PDF/A-3: its name, what it is, its bytes."""

    nom: str
    description: str
    contenu: bytes


def rendre_pdf(tableau: Tableau, sortie: BinaryIO) -> None:
    """Write a PDF/A-3a that is also a PDF/UA-1. Raises ErreurRendu when the layout fails."""
    sortie.write(html_en_pdf(html_imprime(voir(tableau))))


def html_en_pdf(
    html: str,
    *,
    pieces: Sequence[PieceJointe] = (),
    delai: int = DELAI_S,
    instant: datetime | None = None,
    arret: Event | None = None,
) -> bytes:
    """Return the PDF (A-3a and UA-1) of a whole HTML document that has a lang and a title.

    Characters that our fonts cannot draw become « □ ». Nothing is fetched but data: addresses and our
    fonts (`polices.css_polices`). Raises ErreurRendu when it fails, lasts more than `delai` seconds, or when `arret`
    is set in the meantime.
    """
    date_des_pieces = (instant or datetime.now(UTC)).isoformat()
    commande = {
        "html": dessinable(html),
        "delai": delai,
        "pieces": [
            {
                "nom": piece.nom,
                "description": piece.description,
                "contenu": base64.b64encode(piece.contenu).decode(),
                "date": date_des_pieces,
            }
            for piece in pieces
        ],
    }
    entree = json.dumps(commande).encode()
    try:
        code, sortie, erreurs = _obtenir(entree, delai, arret)
    except subprocess.TimeoutExpired as expiration:
        raise ErreurRendu(
            f"La mise en page du PDF a dépassé {delai} secondes et a été arrêtée. "
            f"Réduisez le tableau avec un filtre, ou exportez-le en Excel."
        ) from expiration
    if code or not sortie.startswith(b"%PDF-"):
        journal.error("PDF child failed (%s): %s", code, erreurs.decode(errors="replace"))
        raise ErreurRendu(
            "La mise en page du PDF a échoué. Réessayez ; si cela recommence, exportez le tableau en Excel "
            "et signalez-le."
        )
    return sortie


def _obtenir(entree: bytes, delai: int, arret: Event | None) -> tuple[int, bytes, bytes]:
    """Return the child's code and what it wrote, after another try when a library fell.

    Raises TimeoutExpired after `delai` seconds in all, ErreurRendu once `arret` is set.
    """
    fin = monotonic() + delai
    for essai in range(1, ESSAIS + 1):
        code, sortie, erreurs = _executer(entree, fin, arret)
        if code not in CHUTES or essai == ESSAIS:
            break
        journal.warning("PDF child fell (%s), tried again: %s", code, erreurs.decode(errors="replace"))
    return code, sortie, erreurs


def _executer(entree: bytes, fin: float, arret: Event | None) -> tuple[int, bytes, bytes]:
    """Run the child once, until `fin` of the monotonic clock at most. Nothing of it is left, whatever happens here."""
    # its temporary files too, which it does not remove when it is stopped
    with tempfile.TemporaryDirectory(prefix="pilotis-pdf-") as dossier:
        # the order waits in a file: communicate() forgets what it has not sent when it is called again
        chemin = Path(dossier, "ordre.json")
        chemin.write_bytes(entree)
        environnement = {nom: os.environ[nom] for nom in VARIABLES if nom in os.environ}
        with (
            chemin.open("rb") as ordre,
            subprocess.Popen(
                [sys.executable, "-m", "documents.pdf_enfant"],
                stdin=ordre,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=RACINE,
                env={**environnement, "TMPDIR": dossier},
            ) as enfant,
        ):
            try:
                while True:
                    reste = max(fin - monotonic(), 0)
                    try:
                        sortie, erreurs = enfant.communicate(timeout=min(reste, PAS_S) if arret else reste)
                        return enfant.returncode, sortie, erreurs
                    except subprocess.TimeoutExpired:
                        if monotonic() >= fin:
                            raise
                    if arret and arret.is_set():
                        raise ErreurRendu("La mise en page a été arrêtée à votre demande.")
            finally:
                enfant.kill()


def html_imprime(vue: Vue) -> str:
    """Return the whole HTML document that is printed."""
    tableau = vue.tableau
    titre = escape(nettoyer(tableau.titre))
    sous_titre = escape(nettoyer(tableau.sous_titre_complet))
    notes = "".join(f"<p>{escape(nettoyer(note))}</p>" for note in tableau.notes)
    edition = tableau.date_edition
    return (
        f'<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>{titre}</title>'
        f'<meta name="author" content="{escape(nettoyer(tableau.auteur))}">'
        f'<meta name="generator" content="Pilotis">'
        + (f'<meta name="dcterms.created" content="{edition.isoformat()}">' if edition else "")
        + f"<style>{css_polices((400, 'normal'), (600, 'normal'))}{FEUILLE.read_text('utf-8')}"
        f"{_css_page(vue)}</style>"
        f"</head><body><h1>{titre}</h1>"
        + (f'<p class="sous-titre">{sous_titre}</p>' if sous_titre else "")
        + table_html(vue, imprime=True)
        + (f'<div class="notes">{notes}</div>' if notes else "")
        + "</body></html>"
    )


def _css_page(vue: Vue) -> str:
    tableau = vue.tableau
    petit, grand = PAGES_MM[tableau.format_page]
    largeur = grand if tableau.paysage else petit
    utile = (largeur - 2 * MARGE_MM) * POINTS_PAR_MM
    colonnes = "".join(
        f"col:nth-child({i}){{width:{pt:.2f}pt}}"
        for i, pt in enumerate(vue.largeurs(utile, tableau.corps_pt, MARGE_CELLULE_PT), start=1)
    )
    orientation = "landscape" if tableau.paysage else "portrait"
    return (
        f"@page{{size:{tableau.format_page} {orientation};"
        f"@bottom-left{{content:{chaine_css(_pied(tableau))}}}}}"
        f"table,.notes{{font-size:{tableau.corps_pt}pt}}{colonnes}"
    )


def _pied(tableau: Tableau) -> str:
    edition = f"édité le {date_longue(tableau.date_edition)}" if tableau.date_edition else ""
    return " · ".join(m for m in (nettoyer(tableau.pied).replace("\n", " "), edition) if m)


def chaine_css(texte: str) -> str:
    """Return a CSS string in which nothing can close the string, the rule or the <style> element."""
    return '"' + "".join(c if c.isalnum() or c in " ,.-" else f"\\{ord(c):x} " for c in texte) + '"'
