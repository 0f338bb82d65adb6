"""What a file is, by its first bytes: neither its name nor what the browser says is believed."""

from __future__ import annotations

import re
from typing import Literal

from documents.formats import taille_lisible
from documents.tableurs.erreurs import (
    ABIME,
    ANCIEN_XLS,
    ARCHIVE,
    INCONNU,
    PROTEGE,
    VIDE,
    WEB,
    XML,
    FichierRefuse,
    autre_document,
)
from documents.tableurs.limites import OCTETS_MAX

ZIP = b"PK\x03\x04"
# Compound files: what Office wrote before 2007, and the envelope of a workbook behind a password.
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
AUTRES = (
    (
        re.compile(rb"\xff\xd8\xff|\x89PNG\r\n|GIF8[79]a|RIFF....WEBP|II\*\0|MM\0\*|BM.{4}\0{4}", re.S),
        "une image",
    ),
    (re.compile(rb"....ftyp", re.S), "une image ou une vidéo"),
    (re.compile(rb"\{\\rtf"), "un texte (RTF)"),
)
ARCHIVES = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"PK\x05\x06")
_BALISE = re.compile(rb"\s*<(!doctype|html|head|body|table|meta|style|div|\?xml|svg|office:|workbook)", re.I)
# The streams that say what a compound file is, in the order in which they settle the matter.
FLUX_OLE = (
    ("EncryptedPackage", FichierRefuse(PROTEGE)),
    ("Workbook", FichierRefuse(ANCIEN_XLS)),
    ("WordDocument", autre_document("un document Word")),
    ("PowerPoint Document", autre_document("une présentation PowerPoint")),
    ("Book", FichierRefuse(ANCIEN_XLS)),
)


def reconnaitre(contenu: bytes) -> Literal["archive", "texte"]:
    """Return whether the bytes are an archive (xlsx, ods…) or perhaps a text (csv). Raises FichierRefuse."""
    if not contenu:
        raise FichierRefuse(VIDE)
    if len(contenu) > OCTETS_MAX:
        raise FichierRefuse(
            f"Ce fichier pèse {taille_lisible(len(contenu))} ; un tableur en pèse au plus "
            f"{taille_lisible(OCTETS_MAX)}. Copiez le tableau utile dans un classeur neuf, sans les images, "
            f"puis déposez-le."
        )
    if contenu.startswith(ZIP):
        return "archive"
    if ZIP.startswith(contenu):
        raise FichierRefuse(ABIME)
    if contenu.startswith(OLE):
        raise _refus_ole(contenu)
    if b"%PDF-" in contenu[:1024]:
        raise autre_document("un document PDF")
    for signature, quoi in AUTRES:
        if signature.match(contenu):
            raise autre_document(quoi)
    if contenu.startswith(ARCHIVES):
        raise FichierRefuse(ARCHIVE)
    _refuser_les_balises(contenu[:4096].removeprefix(b"\xef\xbb\xbf"))
    return "texte"


def _refus_ole(contenu: bytes) -> FichierRefuse:
    for flux, refus in FLUX_OLE:
        if flux.encode("utf-16-le") in contenu:
            return FichierRefuse(str(refus))
    return FichierRefuse(INCONNU if len(contenu) > 512 else ABIME)


def _refuser_les_balises(debut: bytes) -> None:
    if balise := _BALISE.match(debut):
        xml = (
            balise[1].lower().startswith((b"?xml", b"svg", b"office:", b"workbook"))
            and b"<html" not in debut.lower()
        )
        raise FichierRefuse(XML if xml else WEB)
