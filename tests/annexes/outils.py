"""Annexes built and read back, format by format."""

import io
import re
from decimal import Decimal
from typing import Any

import docx
import openpyxl
import pypdf

from actions.models import Campagne
from bilans.annexes import ANNEXES
from documents import Tableau
from tests.documents.lecteurs import lire_csv, lire_html, normaliser, rendu

DOLE, BAGNOLS = ("dole-2024-2030", 2024), ("bagnols-2015-2023", 2023)
FORMATS_A_CELLULES = ("csv", "html", "xlsx", "docx")


def annexe(nom: str, slug: str, annee: int, utilisateur: Any = None, **options: Any) -> Tableau:
    """Return an annex of a contract and year."""
    campagne = Campagne.objects.select_related("contrat__epci").get(contrat__slug=slug, annee=annee)
    return ANNEXES[nom].construire(campagne.contrat, campagne, utilisateur, **options)


def de_campagne(nom: str, campagne: Campagne, utilisateur: Any = None, **options: Any) -> Tableau:
    """Return an annex of a campaign made by the factories."""
    return ANNEXES[nom].construire(campagne.contrat, campagne, utilisateur, **options)


def corps(tableau: Tableau, format: str = "csv") -> list[list[str]]:
    """Return every row under the header, its cells as every format can say them."""
    lire = {"csv": _csv, "html": _html, "xlsx": _xlsx, "docx": _docx}[format]
    return [[normaliser(cellule) for cellule in rangee] for rangee in lire(tableau, rendu(tableau, format))]


def lignes(tableau: Tableau) -> list[list[str]]:
    """Return the rows that are neither heading nor total, as the CSV says them."""
    reste = [r for r in _csv(tableau, rendu(tableau, "csv")) if any(r[1:])]
    totaux = ("Sous-total", "Total général", "Part")
    return [rangee for rangee in reste if not rangee[0].startswith(totaux)]


def rangee(tableau: Tableau, debut: str) -> list[str]:
    """Return the only row whose first cell is `debut`."""
    (trouvee,) = (r for r in _csv(tableau, rendu(tableau, "csv")) if r[0] == debut)
    return trouvee


def entete(tableau: Tableau) -> list[str]:
    """Return the header, as the CSV says it on one row."""
    return lire_csv(rendu(tableau, "csv"))[0]


def texte_du_pdf(contenu: bytes) -> str:
    """Return the text of every page, without any space."""
    pages = pypdf.PdfReader(io.BytesIO(contenu)).pages
    return "".join(sans_espaces(page.extract_text()) for page in pages)


def sans_espaces(texte: str) -> str:
    """Return the text without spaces nor the dashes of the lists, which the style sheet draws."""
    return re.sub(r"[\s–]", "", texte)


def propre(texte: Any) -> str:
    """Return a text of the documents with single spaces."""
    return " ".join(str(texte or "").split())


def euros(texte: str) -> Decimal | None:
    """Return the amount of a cell of CSV, None for a blank."""
    return Decimal(texte.replace(",", ".")) if texte else None


def _csv(_tableau: Tableau, contenu: bytes) -> list[list[str]]:
    return lire_csv(contenu)[1:]


def _html(_tableau: Tableau, contenu: bytes) -> list[list[str]]:
    return lire_html(contenu).corps()


def _entetes(tableau: Tableau) -> int:
    return 2 if tableau.en_deux_niveaux else 1


def _xlsx(tableau: Tableau, contenu: bytes) -> list[list[Any]]:
    feuille = openpyxl.load_workbook(io.BytesIO(contenu), data_only=True).active
    debut = 4 + _entetes(tableau)
    fin = feuille.max_row - (len(tableau.notes) + 1 if tableau.notes else 0)
    return [[_valeur(cellule) for cellule in r] for r in feuille.iter_rows(min_row=debut, max_row=fin)]


def _valeur(cellule: Any) -> Any:
    est_une_part = cellule.value is not None and cellule.number_format.endswith("%")
    return cellule.value * 100 if est_une_part else cellule.value


def _docx(tableau: Tableau, contenu: bytes) -> list[list[str]]:
    lues = []
    for ligne in docx.Document(io.BytesIO(contenu)).tables[0].rows:
        vues: set[object] = set()
        cellules = []
        for cellule in ligne.cells:
            cellules.append("" if cellule._tc in vues else cellule.text)
            vues.add(cellule._tc)
        lues.append(cellules)
    return lues[_entetes(tableau) :]
