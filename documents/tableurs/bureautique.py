"""Which office file an archive is, by what it declares, and who reads it."""

from __future__ import annotations

import re

from documents.tableurs.archive import Archive
from documents.tableurs.erreurs import ABIME, ARCHIVE, BINAIRE_XLSB, MACROS, FichierRefuse, autre_document
from documents.tableurs.modele import Classeur
from documents.tableurs.ods import lire_ods
from documents.tableurs.xlsx import lire_xlsx

_TYPES = "[Content_Types].xml"
_ODF = "application/vnd.oasis.opendocument."
AUTRES_OOXML = (
    (b"wordprocessingml.document.main", "un document Word"),
    (b"wordprocessingml.template.main", "un modèle Word"),
    (b"presentationml.", "une présentation PowerPoint"),
)
AUTRES_ODF = {
    "text": "un texte OpenDocument",
    "presentation": "une présentation OpenDocument",
    "graphics": "un dessin OpenDocument",
    "formula": "une formule OpenDocument",
    "chart": "un graphique OpenDocument",
}
_MACROS = re.compile(rb"macroenabled", re.I)
_NUMBERS = re.compile(r"Index/.*\.iwa|Index\.zip")


def lire_archive(archive: Archive) -> Classeur:
    """Return the workbook that an archive is. Raises FichierRefuse, which names what it is instead."""
    if _TYPES in archive:
        return _lire_ooxml(archive)
    if "mimetype" in archive:
        return _lire_odf(archive)
    if any(_NUMBERS.fullmatch(nom) for nom in archive.noms):
        raise FichierRefuse(
            "Ce fichier est un classeur Numbers. Dans Numbers, choisissez Fichier, « Exporter vers », Excel, "
            "puis déposez le fichier .xlsx."
        )
    raise FichierRefuse(ARCHIVE)


def _lire_ooxml(archive: Archive) -> Classeur:
    types = archive.petit(_TYPES)
    if b"sheet.binary" in types:
        raise FichierRefuse(BINAIRE_XLSB)
    if _MACROS.search(types):
        raise FichierRefuse(MACROS)
    if b"spreadsheetml.sheet.main" in types or b"spreadsheetml.template.main" in types:
        return lire_xlsx(archive)
    for marque, quoi in AUTRES_OOXML:
        if marque in types:
            raise autre_document(quoi)
    raise FichierRefuse(ABIME)


def _lire_odf(archive: Archive) -> Classeur:
    genre = archive.petit("mimetype").decode("ascii", errors="replace").strip().removeprefix(_ODF)
    if genre.removesuffix("-template") == "spreadsheet":
        return lire_ods(archive)
    if genre in AUTRES_ODF:
        raise autre_document(AUTRES_ODF[genre])
    raise FichierRefuse(ARCHIVE)
