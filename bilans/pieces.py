"""What a file is, by its content: attachments are recognised, checked and cleaned before they are kept.

Neither the name nor the declared type of a file says anything: the first bytes do, then its structure. An
image is drawn again, so that nothing of the place, the day and the phone of a photograph stays in it. An
office file is never opened, but it may hold neither macros nor an archive that swells when it is.
"""

import re
import unicodedata
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import PurePath
from threading import Lock
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from PIL import Image, ImageCms, ImageOps
from PIL.JpegImagePlugin import get_sampling

from documents.formats import taille_lisible


class PieceRefusee(Exception):
    """The file cannot be attached; the message is a French sentence that says why and what to do."""


@dataclass(frozen=True)
class Format:
    """A kind of file that can be attached: how it is written, served and named to people."""

    extensions: tuple[str, ...]
    type_mime: str
    libelle: str
    # shown by the browser in its own page; the others are downloaded
    affichable: bool = False


PDF = Format((".pdf",), "application/pdf", "PDF", affichable=True)
JPEG = Format((".jpg", ".jpeg"), "image/jpeg", "image JPEG", affichable=True)
PNG = Format((".png",), "image/png", "image PNG", affichable=True)
WEBP = Format((".webp",), "image/webp", "image WebP", affichable=True)
_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
DOCX = Format((".docx",), f"{_OOXML}wordprocessingml.document", "document Word")
XLSX = Format((".xlsx",), f"{_OOXML}spreadsheetml.sheet", "classeur Excel")
PPTX = Format((".pptx",), f"{_OOXML}presentationml.presentation", "présentation PowerPoint")
ODT = Format((".odt",), f"{_ODF}text", "texte OpenDocument")
ODS = Format((".ods",), f"{_ODF}spreadsheet", "classeur OpenDocument")
ODP = Format((".odp",), f"{_ODF}presentation", "présentation OpenDocument")
FORMATS = (PDF, JPEG, PNG, WEBP, DOCX, XLSX, PPTX, ODT, ODS, ODP)
PAR_TYPE = {format.type_mime: format for format in FORMATS}
# What the file input of a page lets people choose. Named so, an iPhone sends its photographs as JPEG by itself.
ACCEPTES = ",".join(
    [
        *(format.type_mime for format in (JPEG, PNG, WEBP)),
        *(extension for format in FORMATS for extension in format.extensions),
    ]
)

AUTRE_FORMAT = (
    "Ce fichier n'est ni un PDF, ni une image JPEG, PNG ou WebP, ni un document Word, Excel, PowerPoint ou "
    "OpenDocument. Enregistrez-le en PDF, puis joignez-le."
)
ANCIEN_FORMAT = (
    "Ce fichier est dans un ancien format de Word, d'Excel ou de PowerPoint. Ouvrez-le, enregistrez-le en PDF, "
    "puis joignez le PDF."
)
PROTEGE = "Ce fichier est protégé par un mot de passe. Enregistrez-le sans mot de passe, ou en PDF, puis joignez-le."
MACROS = "Ce fichier contient des macros (de petits programmes). Enregistrez-le en PDF, puis joignez le PDF."
ABIME = "Ce fichier est abîmé ou incomplet. Ouvrez-le pour le vérifier, enregistrez-le à nouveau, puis joignez-le."
VIDE = "Ce fichier est vide. Vérifiez que c'est le bon, puis joignez-le à nouveau."
ARCHIVE = "Ce fichier est une archive (ZIP). Joignez un à un les documents qu'elle contient."
DEMESURE = "Ce fichier prend une place démesurée une fois ouvert. Enregistrez-le en PDF, puis joignez le PDF."
IMAGE_HEIC = (
    "Cette photo est au format HEIC de l'iPhone, que beaucoup d'ordinateurs ne lisent pas. Dans les réglages de "
    "l'iPhone, choisissez Appareil photo, Formats, « Le plus compatible », et reprenez la photo ; ou envoyez-vous "
    "la photo par courriel, elle devient une image JPEG que vous pouvez joindre."
)
IMAGE_ANIMEE = "Cette image est animée. Enregistrez-en une image fixe, ou un PDF, puis joignez-la."
IMAGE_TROP_GRANDE = (
    "Cette image est trop grande : {largeur} × {hauteur} points. Réduisez-la à 50 millions de points au plus, "
    "puis joignez-la."
)

# A photograph of a recent phone has 12 to 50 million points; each takes three to four bytes of memory.
POINTS_MAX = 50_000_000
# What an office file may hold once unfolded: well above a real one, well below what fills a computer.
MEMBRES_MAX = 3_000
MEMBRE_MAX = 60 << 20
DEPLIE_MAX = 150 << 20
RAPPORT_MAX = 200
RAPPORT_SURVEILLE_DES = 5 << 20

NOM_MAX = 150
# An ending that says what a file was, as opposed to the end of a sentence (« Bilan v1.2 »).
TERMINAISONS = {
    *(extension for format in FORMATS for extension in format.extensions),
    *(".doc", ".xls", ".ppt", ".docm", ".xlsm", ".pptm", ".gif", ".heic", ".heif", ".tif", ".tiff", ".bmp"),
    *(".svg", ".html", ".htm", ".js", ".exe", ".bat", ".cmd", ".com", ".scr", ".zip", ".txt", ".csv", ".php"),
}
# Forbidden in a name by one system or another.
INTERDITS_DANS_UN_NOM = re.compile(r'[<>:"/\\|?*]')


@dataclass(frozen=True)
class FichierVerifie:
    """A file ready to be kept: a clean name with the ending of its real type, and its bytes."""

    nom: str
    format: Format
    contenu: File
    taille: int
    empreinte: str


def verifier(fichier: File) -> FichierVerifie:
    """Return the file as it may be kept; an image is drawn again without its metadata. Raises PieceRefusee.

    `fichier` is an uploaded file: its name, its size, its bytes, wherever Django put them.
    """
    taille = fichier.size or 0
    if taille == 0:
        raise PieceRefusee(VIDE)
    if taille > settings.PIECE_TAILLE_MAX:
        raise PieceRefusee(
            f"Ce fichier pèse {taille_lisible(taille)} ; une pièce jointe en pèse au plus "
            f"{taille_lisible(settings.PIECE_TAILLE_MAX)}. Réduisez-le, ou enregistrez-le en PDF de taille réduite."
        )
    fichier.seek(0)
    format, contenu = _examiner(fichier, fichier.read(2048))
    return FichierVerifie(
        nom=nom_propre(fichier.name or "", format),
        format=format,
        contenu=contenu,
        taille=contenu.size,
        empreinte=empreinte(contenu),
    )


def _examiner(fichier: File, debut: bytes) -> tuple[Format, File]:
    """Return what the file is and the bytes to keep. Raises PieceRefusee."""
    if debut.startswith(b"%PDF-"):
        _verifier_pdf(fichier)
        return PDF, fichier
    if debut.startswith(b"PK\x03\x04"):
        return _format_bureautique(fichier), fichier
    if debut.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise PieceRefusee(PROTEGE if _est_chiffre(fichier) else ANCIEN_FORMAT)
    for signature, format in SIGNATURES_IMAGES:
        if signature.match(debut):
            return format, _redessiner(fichier, format)
    if debut[4:8] == b"ftyp" and debut[8:12] in MARQUES_HEIC:
        raise PieceRefusee(IMAGE_HEIC)
    if debut.startswith(b"PK"):
        raise PieceRefusee(ARCHIVE)
    raise PieceRefusee(AUTRE_FORMAT)


def empreinte(contenu: File) -> str:
    """Return the SHA-256 of a file, read piece by piece."""
    somme = sha256()
    for morceau in contenu.chunks():
        somme.update(morceau)
    contenu.seek(0)
    return somme.hexdigest()


# -- Names -----------------------------------------------------------------------------------------
def nom_propre(nom: str, format: Format) -> str:
    """Return a name without folder nor hidden character, at most 150 long, ending as its real type does."""
    base = unicodedata.normalize("NFC", nom.replace("\\", "/").rsplit("/", 1)[-1])
    # split() takes every kind of space and line end; what is left of category C has no shape at all
    base = " ".join("".join(c for c in base if c.isspace() or unicodedata.category(c)[0] != "C").split())
    base = INTERDITS_DANS_UN_NOM.sub("-", base)
    terminaison = PurePath(base).suffix.lower()
    retenue = terminaison if terminaison in format.extensions else format.extensions[0]
    while (finale := PurePath(base).suffix) and finale.lower() in TERMINAISONS:
        base = base[: -len(finale)]
    base = base.strip(" .")[: NOM_MAX - len(retenue)].rstrip(" .")
    return (base or "piece-jointe") + retenue


# -- PDF -------------------------------------------------------------------------------------------
_FIN_DE_PDF = re.compile(rb"startxref\s+\d+\s+%%EOF[\s\0]*\Z")
_FIN_DE_ZIP = b"PK\x05\x06"


def _verifier_pdf(fichier: File) -> None:
    """Check that the file is a PDF from its first byte to its last. Raises PieceRefusee."""
    fichier.seek(0, 2)
    # the end of an archive: 22 bytes and a comment of 64 kB at most
    fichier.seek(max(0, fichier.tell() - 65_600))
    fin = fichier.read()
    fichier.seek(0)
    if not _FIN_DE_PDF.search(fin[-2048:]):
        raise PieceRefusee(ABIME)
    # An archive whose comment ends like a PDF would be both: neither is sent by someone who scanned a page.
    debut = fin.rfind(_FIN_DE_ZIP)
    if debut >= 0 and debut + 22 + int.from_bytes(fin[debut + 20 : debut + 22], "little") == len(fin):
        raise PieceRefusee(ABIME)


# -- Office files ----------------------------------------------------------------------------------
# The main part of each kind, as [Content_Types].xml declares it.
PARTIES_PRINCIPALES = {
    b"wordprocessingml.document.main+xml": DOCX,
    b"spreadsheetml.sheet.main+xml": XLSX,
    b"presentationml.presentation.main+xml": PPTX,
}
TYPES_ODF = {format.type_mime.encode(): format for format in (ODT, ODS, ODP)}
_MACROS = re.compile(r"(^|/)(vbaproject\.bin|vbadata\.xml|macrosheets/|activex/)|^(basic|scripts)/.", re.I)


def _format_bureautique(fichier: File) -> Format:
    """Return the kind of an office file. Raises PieceRefusee for any other archive, for macros, for a bomb."""
    fichier.seek(0)
    try:
        with zipfile.ZipFile(fichier) as archive:
            _verifier_archive(archive)
            format = _format_ooxml(archive) or _format_odf(archive)
    except PieceRefusee:
        raise
    # zipfile and zlib raise a dozen kinds of errors on what is broken or made up
    except Exception as erreur:
        raise PieceRefusee(ABIME) from erreur
    finally:
        fichier.seek(0)
    if format is None:
        raise PieceRefusee(ARCHIVE)
    return format


def _verifier_archive(archive: zipfile.ZipFile) -> None:
    membres = archive.infolist()
    noms = [membre.filename for membre in membres]
    if len(membres) > MEMBRES_MAX:
        raise PieceRefusee(DEMESURE)
    if len(set(noms)) != len(noms):
        raise PieceRefusee(ABIME)
    if any(membre.flag_bits & 1 for membre in membres):
        raise PieceRefusee(PROTEGE)
    if any(_MACROS.search(nom) for nom in noms):
        raise PieceRefusee(MACROS)
    if any(_est_demesure(membre) for membre in membres) or sum(m.file_size for m in membres) > DEPLIE_MAX:
        raise PieceRefusee(DEMESURE)
    # The sizes that an archive states may lie: what is really there is counted.
    total = 0
    for membre in membres:
        total += _deplier(archive, membre)
        if total > DEPLIE_MAX:
            raise PieceRefusee(DEMESURE)


def _est_demesure(membre: zipfile.ZipInfo) -> bool:
    if membre.file_size > MEMBRE_MAX:
        return True
    rapport = membre.file_size / max(membre.compress_size, 1)
    return membre.file_size > RAPPORT_SURVEILLE_DES and rapport > RAPPORT_MAX


def _deplier(archive: zipfile.ZipFile, membre: zipfile.ZipInfo) -> int:
    """Return how many bytes a member holds. Raises PieceRefusee beyond the limit, or for entities that swell."""
    lus = 0
    with archive.open(membre) as contenu:
        while morceau := contenu.read(1 << 16):
            if lus == 0 and b"<!ENTITY" in morceau and membre.filename.lower().endswith((".xml", ".rels")):
                raise PieceRefusee(DEMESURE)
            lus += len(morceau)
            if lus > MEMBRE_MAX:
                raise PieceRefusee(DEMESURE)
    return lus


def _format_ooxml(archive: zipfile.ZipFile) -> Format | None:
    if "[Content_Types].xml" not in archive.namelist():
        return None
    types = archive.read("[Content_Types].xml")
    if b"macroenabled" in types.lower():
        raise PieceRefusee(MACROS)
    trouves = [format for partie, format in PARTIES_PRINCIPALES.items() if partie in types]
    if len(trouves) != 1:
        raise PieceRefusee(AUTRE_FORMAT)
    return trouves[0]


def _format_odf(archive: zipfile.ZipFile) -> Format | None:
    noms = archive.namelist()
    if "mimetype" not in noms or "META-INF/manifest.xml" not in noms:
        return None
    if b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise PieceRefusee(PROTEGE)
    format = TYPES_ODF.get(archive.read("mimetype").strip())
    if format is None:
        raise PieceRefusee(AUTRE_FORMAT)
    return format


def _est_chiffre(fichier: File) -> bool:
    """Whether a compound file is a modern office file behind a password: it has the same first bytes as a .doc."""
    fichier.seek(0)
    marque = "EncryptedPackage".encode("utf-16-le")
    return marque in fichier.read()


# -- Images ----------------------------------------------------------------------------------------
SIGNATURES_IMAGES: tuple[tuple[re.Pattern[bytes], Format], ...] = (
    (re.compile(rb"\xff\xd8\xff"), JPEG),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), PNG),
    (re.compile(rb"RIFF....WEBP", re.S), WEBP),
)
MARQUES_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"heif", b"avif"}
# One image at a time in a process: a large one takes hundreds of megabytes while it is drawn.
_un_dessin = Lock()


def _redessiner(fichier: File, format: Format) -> File:
    """Return the image drawn anew, upright, in the colours of the screen, without a word about who took it, or where.

    EXIF (with the position), XMP, comments, thumbnails and whatever follows the image are left behind. Raises
    PieceRefusee for what cannot be drawn.
    """
    fichier.seek(0)
    sortie = BytesIO()
    try:
        with _un_dessin, Image.open(fichier, formats=[_nom_pillow(format)]) as image:
            largeur, hauteur = image.size
            if largeur * hauteur > POINTS_MAX:
                raise PieceRefusee(IMAGE_TROP_GRANDE.format(largeur=largeur, hauteur=hauteur))
            # A JPEG of several pictures holds a photograph and what the phone derived from it.
            if format is not JPEG and getattr(image, "is_animated", False):
                raise PieceRefusee(IMAGE_ANIMEE)
            options = _compression(image, format)
            _ecrire(_nue(image), format, options, sortie)
    except PieceRefusee:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as erreur:
        raise PieceRefusee(DEMESURE) from erreur
    # Pillow's decoders raise anything on a broken image
    except Exception as erreur:
        raise PieceRefusee(ABIME) from erreur
    return ContentFile(sortie.getvalue())


def _compression(image: Image.Image, format: Format) -> dict[str, Any]:
    """Return how to write the image: a photograph keeps the compression it came with, so as not to lose twice."""
    if format is PNG:
        return {}
    tables = getattr(image, "quantization", None)
    if tables and image.mode in ("RGB", "L"):
        return {"qtables": tables, "subsampling": get_sampling(image)}
    return {"quality": 92}


def _nue(image: Image.Image) -> Image.Image:
    """Return the image upright, without any of what came along with its points but their transparency."""
    image.load()
    # words on the photograph that cannot be read are no reason to refuse the photograph
    with suppress(Exception):
        ImageOps.exif_transpose(image, in_place=True)
    image = _couleurs_de_l_ecran(image)
    image.info = {"transparency": image.info["transparency"]} if "transparency" in image.info else {}
    return image


def _couleurs_de_l_ecran(image: Image.Image) -> Image.Image:
    """Return the image in sRGB: without its profile, what a phone or a scanner wrote would change colours."""
    profil = image.info.get("icc_profile")
    if not profil or image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return image
    vers = image.mode if image.mode in ("RGB", "RGBA") else "RGB"
    try:
        convertie = ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(BytesIO(profil)), ImageCms.createProfile("sRGB"), outputMode=vers
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return image if convertie is None else convertie


def _ecrire(image: Image.Image, format: Format, options: dict[str, Any], sortie: BytesIO) -> None:
    if format is JPEG and image.mode not in ("RGB", "L"):
        image = image.convert("RGB")
    image.save(sortie, _nom_pillow(format), **options)


def _nom_pillow(format: Format) -> str:
    return format.type_mime.removeprefix("image/").upper()
