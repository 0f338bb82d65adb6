"""What a file is, by its content: what is accepted, cleaned, refused, and in which words."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from bilans import pieces
from bilans.pieces import PieceRefusee, nom_propre, verifier

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"
# What a phone writes in a photograph: where, when, with what, and a word of its owner.
INDISCRETIONS = (
    b"Pixel 9",
    b"Jeanne Dupont",
    b"2025:06:30",
    b"http://ns.adobe.com/xap",
    b"thumbnail",
    b"GPS",
)


def sent(contenu: bytes, nom: str = "fichier.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(nom, contenu, content_type="application/pdf")


def check(contenu: bytes, nom: str = "fichier.pdf") -> pieces.FichierVerifie:
    return verifier(sent(contenu, nom))


def refused(contenu: bytes, nom: str = "fichier.pdf") -> str:
    with pytest.raises(PieceRefusee) as erreur:
        check(contenu, nom)
    return str(erreur.value)


def picture(taille: tuple[int, int] = (40, 20), mode: str = "RGB") -> Image.Image:
    """An image whose left half is dark and the right one light: one sees which way it is turned."""
    image = Image.new(mode, taille, "white")
    image.paste("black", (0, 0, taille[0] // 2, taille[1]))
    return image


def written(image: Image.Image, format: str, **options: Any) -> bytes:
    sortie = io.BytesIO()
    image.save(sortie, format, **options)
    return sortie.getvalue()


def point(image: Any, x: int, y: int) -> Any:
    """Return the grey of a point, 0 for black."""
    return image.convert("L").getpixel((x, y))


def photograph(orientation: int = 1, **options: Any) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Model] = "Pixel 9"
    exif[ExifTags.Base.Artist] = "Jeanne Dupont"
    exif[ExifTags.Base.DateTime] = "2025:06:30 14:02:11"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef] = "N"
    gps[ExifTags.GPS.GPSLatitude] = (47.0, 5.0, 30.0)
    xmp = b"<x:xmpmeta>Jeanne Dupont</x:xmpmeta>"
    return written(picture(), "JPEG", exif=exif, xmp=xmp, comment=b"thumbnail de Jeanne Dupont", **options)


def archive(membres: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    sortie = io.BytesIO()
    with zipfile.ZipFile(sortie, "w", compression) as contenu:
        for nom, octets in membres.items():
            contenu.writestr(nom, octets)
    return sortie.getvalue()


def office(partie: str = "spreadsheetml.sheet.main+xml", /, **membres: bytes) -> bytes:
    types = f'<Types><Override ContentType="application/vnd.openxmlformats-officedocument.{partie}"/></Types>'
    return archive({"[Content_Types].xml": types.encode(), "xl/workbook.xml": b"<workbook/>", **membres})


def open_document(genre: str = "text", /, **membres: bytes) -> bytes:
    return archive(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{genre}".encode(),
            "META-INF/manifest.xml": b"<manifest:manifest/>",
            "content.xml": b"<office:document-content/>",
            **membres,
        }
    )


# -- What is accepted ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("contenu", "type_mime", "nom"),
    [
        (PDF, "application/pdf", "photo.pdf"),
        (written(picture(), "JPEG"), "image/jpeg", "photo.jpg"),
        (written(picture(), "PNG"), "image/png", "photo.png"),
        (written(picture(), "WEBP"), "image/webp", "photo.webp"),
        (office("wordprocessingml.document.main+xml"), pieces.DOCX.type_mime, "photo.docx"),
        (office(), pieces.XLSX.type_mime, "photo.xlsx"),
        (office("presentationml.presentation.main+xml"), pieces.PPTX.type_mime, "photo.pptx"),
        (open_document(), pieces.ODT.type_mime, "photo.odt"),
        (open_document("spreadsheet"), pieces.ODS.type_mime, "photo.ods"),
        (open_document("presentation"), pieces.ODP.type_mime, "photo.odp"),
    ],
)
def test_the_content_decides_and_names(contenu: bytes, type_mime: str, nom: str) -> None:
    """Whatever the name and the declared type: here a « photo.gif » declared as a PDF."""
    verifie = check(contenu, "photo.gif")
    assert (verifie.format.type_mime, verifie.nom) == (type_mime, nom)
    assert verifie.taille == len(verifie.contenu.read())


def test_real_files_of_the_libraries_are_accepted() -> None:
    from docx import Document
    from openpyxl import Workbook

    word, classeur = io.BytesIO(), io.BytesIO()
    Document().save(word)
    Workbook().save(classeur)
    assert check(word.getvalue()).format is pieces.DOCX
    assert check(classeur.getvalue()).format is pieces.XLSX


def test_a_file_other_than_an_image_is_kept_to_the_byte() -> None:
    for contenu in (PDF, office(), open_document()):
        assert check(contenu).contenu.read() == contenu


# -- Images ----------------------------------------------------------------------------------------
def test_a_photograph_says_nothing_of_the_place_the_day_and_the_phone() -> None:
    avant = photograph()
    assert all(mot in avant for mot in INDISCRETIONS if mot != b"GPS")
    assert Image.open(io.BytesIO(avant)).getexif().get_ifd(ExifTags.IFD.GPSInfo)
    apres = check(avant).contenu.read()
    assert [mot for mot in INDISCRETIONS if mot in apres] == []
    relue = Image.open(io.BytesIO(apres))
    assert dict(relue.getexif()) == {}
    assert set(relue.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    # not one segment that a program may write what it likes in, but JFIF's own
    assert _segments(apres) <= {0xDB, 0xC0, 0xC4, 0xDA, 0xE0}


def _segments(jpeg: bytes) -> set[int]:
    """Return the markers of a JPEG up to its points."""
    trouves, position = set(), 2
    while True:
        marque, longueur = jpeg[position + 1], int.from_bytes(jpeg[position + 2 : position + 4])
        trouves.add(marque)
        if marque == 0xDA:
            return trouves
        position += 2 + longueur


@pytest.mark.parametrize(
    ("orientation", "taille", "sombre"),
    [
        (1, (40, 20), (5, 10)),
        (3, (40, 20), (35, 10)),
        (6, (20, 40), (10, 5)),
        (8, (20, 40), (10, 35)),
    ],
)
def test_a_photograph_is_upright(orientation: int, taille: tuple[int, int], sombre: tuple[int, int]) -> None:
    image = Image.open(check(photograph(orientation)).contenu)
    assert image.size == taille
    assert point(image, *sombre) < 30
    assert point(image, taille[0] - 1 - sombre[0], taille[1] - 1 - sombre[1]) > 225


def tables(jpeg: bytes) -> Any:
    image: Any = Image.open(io.BytesIO(jpeg))
    return image.quantization


def test_a_photograph_keeps_its_quality() -> None:
    degrade = Image.linear_gradient("L").resize((64, 64)).convert("RGB")
    for quality, subsampling in ((60, 2), (97, 0)):
        avant = written(degrade, "JPEG", quality=quality, subsampling=subsampling)
        apres = check(avant).contenu.read()
        assert tables(apres) == tables(avant)
        assert abs(len(apres) - len(avant)) < len(avant) * 0.1


def test_the_colours_of_a_phone_become_those_of_the_screen() -> None:
    """A profile is a metadata too; taken away without a conversion, it would turn the colours."""
    profil = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    # a profile that does not suit the image is left aside, the image kept
    assert check(written(picture(), "JPEG", icc_profile=profil)).format is pieces.JPEG
    # a screen whose red and blue are exchanged: its red is our blue
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    echange = srgb.replace(b"rXYZ", b"xxxx").replace(b"bXYZ", b"rXYZ").replace(b"xxxx", b"bXYZ")
    rouge = Image.new("RGB", (16, 16), (255, 0, 0))
    for format in ("JPEG", "PNG", "WEBP"):
        apres = check(written(rouge, format, icc_profile=echange)).contenu.read()
        assert b"ICC" not in apres
        assert b"iCCP" not in apres
        r, _, b = Image.open(io.BytesIO(apres)).convert("RGB").resize((1, 1)).tobytes()
        assert r < 30 < 225 < b, format


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_a_photograph_whose_metadata_are_broken_is_accepted() -> None:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff Jeanne Dupont"
    assert b"Jeanne" not in check(written(picture(), "JPEG", exif=exif)).contenu.read()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png(mode: str) -> None:
    image = (
        picture((6, 4), "L").convert("RGBA").convert(mode)
        if mode != "I;16"
        else Image.new(mode, (6, 4), 40000)
    )
    texte = PngImagePlugin.PngInfo()
    texte.add_text("Author", "Jeanne Dupont")
    apres = check(written(image, "PNG", pnginfo=texte, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0")).contenu.read()
    relue = Image.open(io.BytesIO(apres))
    assert relue.size == (6, 4)
    assert relue.convert("RGBA").tobytes() == image.convert("RGBA").tobytes()
    assert b"Jeanne" not in apres
    assert b"tEXt" not in apres
    assert b"eXIf" not in apres


def test_the_transparency_of_a_palette_is_kept() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.putpixel((1, 0), 1)
    relue = Image.open(check(written(image, "PNG", transparency=0)).contenu).convert("RGBA")
    assert relue.getchannel("A").tobytes() == bytes([0, 255])


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_grey_or_printer_s_jpeg_is_kept(mode: str) -> None:
    relue = Image.open(check(written(picture().convert(mode), "JPEG")).contenu)
    assert relue.mode == ("L" if mode == "L" else "RGB")
    assert point(relue, 35, 10) > 225


def test_a_webp_loses_its_metadata() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Jeanne Dupont"
    avant = written(picture(), "WEBP", exif=exif, xmp=b"<x>Jeanne Dupont</x>")
    assert b"Jeanne" in avant
    assert b"Jeanne" not in check(avant).contenu.read()


def test_a_jpeg_of_several_pictures_is_a_photograph() -> None:
    """Recent phones join to the photograph what they derived from it."""
    avant = written(picture(), "MPO", save_all=True, append_images=[picture()])
    apres = check(avant).contenu.read()
    assert Image.open(io.BytesIO(apres)).format == "JPEG"
    assert len(apres) < len(avant)


def test_what_follows_an_image_is_left_behind() -> None:
    page = b"<script>alert(1)</script>"
    for format in ("JPEG", "PNG", "WEBP"):
        suite = page + archive({"a.txt": b"a"})
        apres = check(written(picture(), format) + suite).contenu.read()
        assert page not in apres
        assert not zipfile.is_zipfile(io.BytesIO(apres))


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_an_animated_image_is_refused(format: str) -> None:
    avant = written(picture(), format, save_all=True, append_images=[picture().rotate(180)], duration=100)
    assert refused(avant) == pieces.IMAGE_ANIMEE


def test_an_immense_image_is_refused_before_it_is_drawn() -> None:
    """A header of 45 bytes that announces a billion points."""

    def png(largeur: int, hauteur: int) -> bytes:
        def bloc(nom: bytes, contenu: bytes) -> bytes:
            return (
                struct.pack(">I", len(contenu)) + nom + contenu + struct.pack(">I", zlib.crc32(nom + contenu))
            )

        entete = struct.pack(">IIBBBBB", largeur, hauteur, 8, 0, 0, 0, 0)
        return (
            b"\x89PNG\r\n\x1a\n"
            + bloc(b"IHDR", entete)
            + bloc(b"IDAT", zlib.compress(b""))
            + bloc(b"IEND", b"")
        )

    assert refused(png(1, 1_000_000_000)) == pieces.DEMESURE
    assert refused(png(60_000, 60_000)) == pieces.DEMESURE
    assert refused(png(10_000, 6_000)) == (
        "Cette image est trop grande : 10000 × 6000 points. Réduisez-la à 50 millions de points au plus, "
        "puis joignez-la."
    )
    # within the limits, but its points are not there
    assert refused(png(1_000, 1_000)) == pieces.ABIME


def test_a_broken_image_is_refused() -> None:
    for format in ("JPEG", "PNG", "WEBP"):
        entiere = written(Image.effect_noise((64, 64), 80).convert("RGB"), format)
        assert refused(entiere[: len(entiere) // 2]) == pieces.ABIME


# -- PDF -------------------------------------------------------------------------------------------
def test_a_pdf_is_one_from_its_first_byte_to_its_last() -> None:
    assert check(PDF + b"\r\n\0\0").format is pieces.PDF
    assert refused(PDF[:-20]) == pieces.ABIME
    assert refused(b"%PDF-1.7\n") == pieces.ABIME
    assert refused(b"\n" + PDF) == pieces.AUTRE_FORMAT
    assert refused(PDF + b"<html><script>alert(1)</script>") == pieces.ABIME


def test_a_pdf_that_is_also_an_archive_is_refused() -> None:
    cachee = archive({"a.exe": b"MZ"})
    assert refused(PDF + cachee) == pieces.ABIME
    # the comment of the archive ends like a PDF
    commentaire = b"\nstartxref\n9\n%%EOF\n"
    fin = cachee[:-2] + struct.pack("<H", len(commentaire)) + commentaire
    assert zipfile.is_zipfile(io.BytesIO(PDF + fin))
    assert refused(PDF + fin) == pieces.ABIME


def test_a_pdf_that_carries_an_archive_as_its_own_attachment_is_accepted() -> None:
    """As our PDF/A-3 do with a workbook: the archive ends before the PDF does."""
    assert check(PDF[:9] + archive({"a": b"a"}) + PDF[9:]).format is pieces.PDF


# -- Office files ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "contenu",
    [
        office(**{"xl/vbaProject.bin": b"\0"}),
        office("spreadsheetml.sheet.main+xml", **{"xl/macrosheets/sheet1.xml": b"<x/>"}),
        office(**{"word/activeX/activeX1.bin": b"\0"}),
        archive(
            {
                "[Content_Types].xml": b'<Override ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/>'
            }
        ),
        open_document(**{"Basic/Standard/Module1.xml": b"<x/>"}),
        open_document(**{"Scripts/python/x.py": b"pass"}),
    ],
    ids=["vba", "excel4", "activex", "xlsm", "basic", "python"],
)
def test_macros_are_refused(contenu: bytes) -> None:
    assert refused(contenu, "classeur.xlsx") == pieces.MACROS


def test_old_and_protected_office_files() -> None:
    compose = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    assert refused(compose, "bilan.doc") == pieces.ANCIEN_FORMAT
    assert "enregistrez-le en PDF" in pieces.ANCIEN_FORMAT
    assert refused(compose + "EncryptedPackage".encode("utf-16-le")) == pieces.PROTEGE
    assert (
        refused(open_document(**{"META-INF/manifest.xml": b"<manifest:encryption-data/>"})) == pieces.PROTEGE
    )
    ouvert = bytearray(office())
    # the flag of the first member, in its own header and in the directory
    for position in (6, ouvert.find(b"PK\x01\x02") + 8):
        ouvert[position] |= 1
    assert refused(bytes(ouvert)) == pieces.PROTEGE


def test_archive_bombs_are_refused() -> None:
    zeros = bytes(30 << 20)
    assert refused(office(**{"xl/media/a.bin": zeros})) == pieces.DEMESURE
    # many members, each below the limit of one
    petits = {f"xl/media/{n}.bin": bytes(4 << 20) for n in range(40)}
    assert refused(office(**petits)) == pieces.DEMESURE
    assert refused(office(**{f"xl/{n}": b"" for n in range(pieces.MEMBRES_MAX)})) == pieces.DEMESURE
    entites = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    assert refused(office(**{"xl/styles.xml": entites})) == pieces.DEMESURE


def test_an_archive_that_lies_about_its_sizes_is_refused() -> None:
    menteuse = bytearray(office(**{"xl/media/a.bin": bytes(20 << 20)}))
    annoncee = struct.pack("<I", 20 << 20)
    while (position := menteuse.find(annoncee)) >= 0:
        menteuse[position : position + 4] = struct.pack("<I", 100)
    assert refused(bytes(menteuse)) in (pieces.ABIME, pieces.DEMESURE)


def test_other_archives_are_refused() -> None:
    assert refused(archive({"photo.jpg": photograph()}), "photos.docx") == pieces.ARCHIVE
    assert refused(office("template.main+xml")) == pieces.AUTRE_FORMAT
    assert refused(open_document("graphics")) == pieces.AUTRE_FORMAT
    assert refused(office()[:-30]) == pieces.ABIME
    deux = io.BytesIO()
    with zipfile.ZipFile(deux, "w") as contenu:
        contenu.writestr("[Content_Types].xml", b"a")
        with pytest.warns(UserWarning, match="Duplicate"):
            contenu.writestr("[Content_Types].xml", b"b")
    assert refused(deux.getvalue()) == pieces.ABIME


# -- Everything else -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "contenu",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"GIF89a" + bytes(20),
        b"MZ" + bytes(100),
        b"bonjour",
        b"{\\rtf1}",
    ],
    ids=["svg", "html", "gif", "exe", "texte", "rtf"],
)
def test_anything_else_is_refused(contenu: bytes) -> None:
    assert refused(contenu, "photo.jpg") == pieces.AUTRE_FORMAT


def test_the_photographs_of_an_iphone_are_refused_with_the_way_to_send_them() -> None:
    assert refused(b"\0\0\0\x18ftypheic" + bytes(40), "IMG_0001.HEIC") == pieces.IMAGE_HEIC
    assert "JPEG" in pieces.IMAGE_HEIC


def test_an_empty_or_too_heavy_file_is_refused(settings: Any) -> None:
    assert refused(b"") == pieces.VIDE
    settings.PIECE_TAILLE_MAX = 1 << 20
    assert refused(PDF + bytes(3 << 20)).startswith(
        "Ce fichier pèse 3\u00a0Mo ; une pièce jointe en pèse au plus 1\u00a0Mo."
    )


def test_every_sentence_says_what_to_do() -> None:
    phrases: list[str] = [
        getattr(pieces, nom)
        for nom in (
            "AUTRE_FORMAT",
            "ANCIEN_FORMAT",
            "PROTEGE",
            "MACROS",
            "ABIME",
            "VIDE",
            "ARCHIVE",
            "DEMESURE",
        )
    ]
    phrases += [pieces.IMAGE_HEIC, pieces.IMAGE_ANIMEE, pieces.IMAGE_TROP_GRANDE]
    verbes = ("joignez", "Joignez", "joindre")
    assert [phrase for phrase in phrases if not any(verbe in phrase for verbe in verbes)] == []


# -- Names -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("nom", "propre"),
    [
        ("Bilan 2025.pdf", "Bilan 2025.pdf"),
        ("Bilan v1.2", "Bilan v1.2.pdf"),
        ("facture.pdf.exe", "facture.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\Jeanne\\Bureau\\compte rendu.PDF", "compte rendu.pdf"),
        ("compte\u202efdp.exe", "comptefdp.pdf"),
        ("a\0b\nc\td.pdf", "ab c d.pdf"),
        ("...", "piece-jointe.pdf"),
        ("", "piece-jointe.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("photo.jpg", "photo.pdf"),
        ('"quoi" ? <oui>.pdf', "-quoi- - -oui-.pdf"),
        ("e\u0301te\u0301 à Dole – n° 3.pdf", "été à Dole – n° 3.pdf"),
        ("é" * 400 + ".pdf", "é" * 146 + ".pdf"),
    ],
)
def test_names_are_cleaned(nom: str, propre: str) -> None:
    assert nom_propre(nom, pieces.PDF) == propre


def test_the_ending_that_a_photograph_came_with_is_kept() -> None:
    assert nom_propre("IMG_1.JPEG", pieces.JPEG) == "IMG_1.jpeg"
    assert nom_propre("IMG_1.png", pieces.JPEG) == "IMG_1.jpg"


@pytest.mark.parametrize("fabrique", [photograph, office, open_document])
def test_the_same_file_has_the_same_print(fabrique: Callable[[], bytes]) -> None:
    contenu = fabrique()
    assert check(contenu).empreinte == check(contenu, "autre nom.pdf").empreinte
