"""Makers of spreadsheets, ordinary and hostile: bytes made on the spot, so that no opaque file is kept."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping

from documents.tableurs import nom_colonne

NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PAQUET = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPE_CLASSEUR = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
ODF = "urn:oasis:names:tc:opendocument:xmlns:"
XML = '<?xml version="1.0" encoding="UTF-8"?>'
# ordinary cells: what must be read when what is around them is harmless
CELLULES = '<row r="1"><c r="A1" t="str"><v>Porteur</v></c><c r="B1" t="str"><v>Montant</v></c></row>'
CONTENU = (("Porteur", "Montant"),)
LIGNES_EXCEL = 1_048_576


# -- Ordinary files --------------------------------------------------------------------------------
def archive(membres: Mapping[str, str | bytes] | Iterable[tuple[str, str | bytes]]) -> bytes:
    """An archive of these members, in this order; a name may come twice."""
    sortie = io.BytesIO()
    paires = membres.items() if isinstance(membres, Mapping) else membres
    with zipfile.ZipFile(sortie, "w", zipfile.ZIP_DEFLATED) as fichier:
        for nom, contenu in paires:
            fichier.writestr(nom, contenu)
    return sortie.getvalue()


def feuille_xml(cellules: str = CELLULES, *, avant: str = "", apres: str = "") -> str:
    return f'{XML}<worksheet xmlns="{NS}">{avant}<sheetData>{cellules}</sheetData>{apres}</worksheet>'


def membres_xlsx(
    *feuilles: str | bytes,
    noms: Iterable[str] = (),
    etats: Iterable[str] = (),
    genre: str = "worksheet",
    styles: str = "",
    textes: str | bytes = "",
    reglages: str = "",
    type_principal: str = TYPE_CLASSEUR,
    liens: str = "",
) -> dict[str, str | bytes]:
    """The members of a workbook whose sheets are these, to be changed before `archive`."""
    nombre = max(len(feuilles), 1)
    noms = [*noms, *(f"Feuil{i + 1}" for i in range(len(list(noms)), nombre))]
    etats = [*etats, *["visible"] * nombre]
    declarees = "".join(
        f'<sheet name="{noms[i]}" sheetId="{i + 1}" state="{etats[i]}" r:id="rId{i + 1}"/>'
        for i in range(nombre)
    )
    relations = "".join(
        f'<Relationship Id="rId{i + 1}" Type="{REL}/{genre}" Target="worksheets/sheet{i + 1}.xml"/>'
        for i in range(nombre)
    )
    return {
        "[Content_Types].xml": f'{XML}<Types><Override PartName="/xl/workbook.xml" '
        f'ContentType="{type_principal}"/></Types>',
        "_rels/.rels": f'{XML}<Relationships xmlns="{PAQUET}">'
        f'<Relationship Id="rId1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{XML}<workbook xmlns="{NS}" xmlns:r="{REL}">{reglages}'
        f"<sheets>{declarees}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{XML}<Relationships xmlns="{PAQUET}">{relations}'
        f'<Relationship Id="rId900" Type="{REL}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId901" Type="{REL}/sharedStrings" Target="/xl/sharedStrings.xml"/>{liens}</Relationships>',
        "xl/styles.xml": f'{XML}<styleSheet xmlns="{NS}">{styles}</styleSheet>',
        "xl/sharedStrings.xml": textes or f'{XML}<sst xmlns="{NS}"/>',
        **{
            f"xl/worksheets/sheet{i + 1}.xml": feuille
            for i, feuille in enumerate(feuilles or (feuille_xml(),))
        },
    }


def xlsx(*feuilles: str | bytes, **reglages: str) -> bytes:
    return archive(membres_xlsx(*feuilles, **reglages))


def content_xml(tables: str, *, styles: str = "", avant: str = "") -> str:
    espaces = " ".join(f'xmlns:{nom}="{ODF}{nom}:1.0"' for nom in ("office", "table", "text", "style"))
    return (
        f'{XML}{avant}<office:document-content {espaces} xmlns:draw="{ODF}drawing:1.0" '
        'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )


def membres_ods(tables: str, *, styles: str = "", avant: str = "") -> dict[str, str | bytes]:
    return {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": f'{XML}<manifest:manifest xmlns:manifest="{ODF}manifest:1.0"/>',
        "content.xml": content_xml(tables, styles=styles, avant=avant),
    }


def table(lignes: str, nom: str = "Feuille1", attributs: str = "") -> str:
    return f'<table:table table:name="{nom}" {attributs}>{lignes}</table:table>'


def cellule(texte: str, attributs: str = "") -> str:
    return f'<table:table-cell office:value-type="string" {attributs}><text:p>{texte}</text:p></table:table-cell>'


def ods(tables: str, **autour: str) -> bytes:
    return archive(membres_ods(tables, **autour))


LIGNE_ODS = f"<table:table-row>{cellule('Porteur')}{cellule('Montant')}</table:table-row>"


# -- Other documents under the name of a spreadsheet -----------------------------------------------
def pdf() -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n"


def png() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + bytes(40)


def jpeg() -> bytes:
    return b"\xff\xd8\xff\xe0" + bytes(40)


def docx() -> bytes:
    membres = membres_xlsx(
        type_principal="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    )
    return archive(membres)


def odt() -> bytes:
    return archive(membres_ods("") | {"mimetype": "application/vnd.oasis.opendocument.text"})


def xlsb() -> bytes:
    return archive(
        membres_xlsx(type_principal="application/vnd.ms-excel.sheet.binary.macroEnabled.main")
        | {"xl/workbook.bin": b"\0"}
    )


def numbers() -> bytes:
    return archive({"Index/Document.iwa": b"\0\1", "Metadata/Properties.plist": b""})


def ole(flux: str) -> bytes:
    """A compound file whose directory names a stream: a .xls, a .doc, or a workbook behind a password."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + flux.encode("utf-16-le") + bytes(512)


def html_xls() -> bytes:
    return b"<html><head><meta charset='utf-8'></head><body><table><tr><td>1</td></tr></table></body></html>"


def xml_2003() -> bytes:
    return b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>'


def zip_imbrique() -> bytes:
    return archive({"2024/programme.xlsx": xlsx(), "2023/programme.xlsx": xlsx()})


# -- Archives that lie -----------------------------------------------------------------------------
def membre_gonfle(debut: bytes, motif: bytes, fin: bytes, octets: int) -> tuple[bytes, int, int]:
    """Return what a member of that size compresses to, its sum and its size, never holding it whole."""
    compresseur = zlib.compressobj(9, zlib.DEFLATED, -15)
    bloc = motif * max(1, (1 << 20) // len(motif))
    morceaux, somme, taille = [], 0, 0
    for morceau in (debut, *[bloc] * max(1, octets // len(bloc)), fin):
        morceaux.append(compresseur.compress(morceau))
        somme = zlib.crc32(morceau, somme)
        taille += len(morceau)
    return b"".join((*morceaux, compresseur.flush())), somme, taille


def remplacer_membre(
    contenu: bytes, nom: str, compresse: bytes, somme: int, taille: int, *, annoncee: int | None = None
) -> bytes:
    """The archive with the data of a member replaced; `annoncee` is the size that its headers state."""
    sortie, repertoire = io.BytesIO(), []
    with zipfile.ZipFile(io.BytesIO(contenu)) as source:
        for info in source.infolist():
            if info.filename == nom:
                donnees, crc, declaree = compresse, somme, taille if annoncee is None else annoncee
            else:
                brut = source.read(info)
                compresseur = zlib.compressobj(9, zlib.DEFLATED, -15)
                donnees = compresseur.compress(brut) + compresseur.flush()
                crc, declaree = zlib.crc32(brut), len(brut)
            octets = info.filename.encode()
            commun = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, len(donnees), declaree, len(octets), 0)
            repertoire.append(
                b"PK\x01\x02\x14\0" + commun + struct.pack("<HHHII", 0, 0, 0, 0, sortie.tell()) + octets
            )
            sortie.write(b"PK\x03\x04" + commun + octets + donnees)
    debut, central = sortie.tell(), b"".join(repertoire)
    sortie.write(central)
    sortie.write(
        struct.pack(
            "<4sHHHHIIH", b"PK\x05\x06", 0, 0, len(repertoire), len(repertoire), len(central), debut, 0
        )
    )
    return sortie.getvalue()


def bombe_feuille(octets: int, *, annoncee: int | None = None) -> bytes:
    """A sheet of rows that unfolds to that size."""
    debut, fin = feuille_xml("COUPE").encode().split(b"COUPE")
    gonfle = membre_gonfle(debut, b'<row><c t="str"><v>1</v></c></row>', fin, octets)
    return remplacer_membre(xlsx(), "xl/worksheets/sheet1.xml", *gonfle, annoncee=annoncee)


def bombe_textes(octets: int) -> bytes:
    """One shared string that unfolds to that size."""
    gonfle = membre_gonfle(
        f'{XML}<sst xmlns="{NS}"><si><t>'.encode(), b"a" * 1000, b"</t></si></sst>", octets
    )
    return remplacer_membre(xlsx(), "xl/sharedStrings.xml", *gonfle)


def bombe_ods(octets: int) -> bytes:
    debut, fin = content_xml(table("COUPE")).encode().split(b"COUPE")
    return remplacer_membre(
        ods(table("")), "content.xml", *membre_gonfle(debut, LIGNE_ODS.encode(), fin, octets)
    )


def bombe_de_profondeur(niveaux: int) -> bytes:
    """Elements nested in one another: each level takes memory in a parser."""
    return xlsx(feuille_xml(apres="<a>" * niveaux + "</a>" * niveaux))


def bombe_imbriquee(octets: int) -> bytes:
    """Elements that open and never close, varied enough for the archive not to look like a bomb."""
    debut, fin = feuille_xml(apres="COUPE").encode().split(b"COUPE")
    motif = "".join(f"<a{i:x}>" for i in range(20_000)) + "<a>" * 300_000
    return remplacer_membre(
        xlsx(), "xl/worksheets/sheet1.xml", *membre_gonfle(debut, motif.encode(), fin, octets)
    )


def attribut_immense(octets: int) -> bytes:
    """One attribute of that size, varied enough for the archive not to look like a bomb."""
    debut, fin = feuille_xml('<row spans="COUPE"/>').encode().split(b"COUPE")
    motif = "".join(f"{i:x} " for i in range(20_000)) + "a" * 900_000
    return remplacer_membre(
        xlsx(), "xl/worksheets/sheet1.xml", *membre_gonfle(debut, motif.encode(), fin, octets)
    )


def repertoire_immense(entrees: int) -> bytes:
    return archive({f"{i:x}": b"" for i in range(entrees)})


def taille_minoree() -> bytes:
    """A member that is larger than its headers say, its sum being that of the whole."""
    return bombe_feuille(2 << 20, annoncee=500)


def taille_majoree() -> bytes:
    """A member that is smaller than its headers say."""
    donnees = feuille_xml().encode()
    compresseur = zlib.compressobj(9, zlib.DEFLATED, -15)
    compresse = compresseur.compress(donnees) + compresseur.flush()
    return remplacer_membre(
        xlsx(),
        "xl/worksheets/sheet1.xml",
        compresse,
        zlib.crc32(donnees),
        len(donnees),
        annoncee=len(donnees) + 9999,
    )


def membre_double() -> bytes:
    membres = membres_xlsx()
    return archive([*membres.items(), ("XL/worksheets/SHEET1.xml", feuille_xml(""))])


def nom_qui_remonte() -> bytes:
    return archive(membres_xlsx() | {"../../../../etc/cron.d/pilotis": "* * * * * root true"})


# -- Definitions and entities ----------------------------------------------------------------------
def milliard_de_rires() -> str:
    entites = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))
    return f'<!DOCTYPE lolz [<!ENTITY e0 "ha">{entites}]>'


def quadratique() -> str:
    return f'<!DOCTYPE q [<!ENTITY e9 "{"a" * 50_000}">]>'


def entite_externe() -> str:
    return '<!DOCTYPE x [<!ENTITY e9 SYSTEM "file:///etc/passwd">]>'


def xlsx_avec_dtd(dtd: str, *, repetitions: int = 1, encodage: str = "utf-8") -> bytes:
    cellules = f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"&e9;" * repetitions}</t></is></c></row>'
    declaration = f'<?xml version="1.0" encoding="{encodage}"?>'
    return xlsx(feuille_xml(cellules).replace(XML, declaration + dtd).encode(encodage))


def ods_avec_dtd(dtd: str) -> bytes:
    return ods(table(f"<table:table-row>{cellule('&e9;')}</table:table-row>"), avant=dtd)


# -- Sheets out of all proportion ------------------------------------------------------------------
def un_million_de_lignes_vides(cellules: int = 0) -> bytes:
    """Two cells of content, and a format on every row of the sheet, on so many cells of each."""
    colonnes = [chr(ord("A") + i) for i in range(cellules)]

    def lignes() -> Iterable[str]:
        yield CELLULES
        for i in range(2, LIGNES_EXCEL + 1):
            vides = "".join(f'<c r="{colonne}{i}" s="1"/>' for colonne in colonnes)
            yield f'<row r="{i}" s="1" customFormat="1">{vides}</row>'

    return xlsx(feuille_xml("".join(lignes())))


def seize_mille_colonnes(lignes: int = 20) -> bytes:
    """Two cells of content, and a format on every column of many rows."""
    colonnes = [nom_colonne(i) for i in range(16_384)]
    vides = []
    for i in range(2, lignes):
        vides += [f'<row r="{i}">', *(f'<c r="{colonne}{i}" s="1"/>' for colonne in colonnes), "</row>"]
    return xlsx(feuille_xml(CELLULES + "".join(vides)))


def cellule_lointaine() -> bytes:
    return xlsx(
        feuille_xml(CELLULES + f'<row r="{LIGNES_EXCEL}"><c r="XFD{LIGNES_EXCEL}"><v>1</v></c></row>')
    )


def dimension_menteuse(reference: str) -> bytes:
    return xlsx(feuille_xml(avant=f'<dimension ref="{reference}"/>'))


def tout_fusionne() -> bytes:
    fusions = f'<mergeCells><mergeCell ref="A1:XFD{LIGNES_EXCEL}"/></mergeCells>'
    return xlsx(feuille_xml(apres=fusions))


def fusions_qui_se_chevauchent(nombre: int = 9_000) -> bytes:
    lignes = "".join(f'<row r="{i}"><c r="GR{i}" t="str"><v>x</v></c></row>' for i in (1, 20_000))
    fusions = "".join(f'<mergeCell ref="A{i}:GR20000"/>' for i in range(1, nombre + 1))
    return xlsx(feuille_xml(lignes, apres=f"<mergeCells>{fusions}</mergeCells>"))


def feuilles_creuses(nombre: int = 150) -> bytes:
    """Many sheets of two cells, as far apart as allowed: nothing in the file, everything once unrolled."""
    creuse = feuille_xml(
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="20000"><c r="GR20000"><v>1</v></c></row>'
    )
    return xlsx(*[creuse] * nombre)


def ods_qui_repete(lignes: int, colonnes: int, texte: str) -> bytes:
    repetee = (
        cellule(texte, f'table:number-columns-repeated="{colonnes}"')
        if texte
        else (f'<table:table-cell table:number-columns-repeated="{colonnes}"/>')
    )
    return ods(
        table(
            LIGNE_ODS + f'<table:table-row table:number-rows-repeated="{lignes}">{repetee}</table:table-row>'
        )
    )


# -- What a workbook may carry ---------------------------------------------------------------------
def avec_macros() -> bytes:
    return archive(
        membres_xlsx(type_principal="application/vnd.ms-excel.sheet.macroEnabled.main+xml")
        | {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}
    )


def macros_cachees() -> bytes:
    """A workbook that says that it has no macro."""
    return archive(membres_xlsx() | {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"})


def macros_excel_4() -> bytes:
    return xlsx(genre="xlMacrosheet")


def macros_ods() -> bytes:
    return archive(membres_ods(table(LIGNE_ODS)) | {"Basic/Standard/Module1.xml": "<x/>"})


def liens_externes() -> bytes:
    cellules = '<row r="1"><c r="A1"><f>[1]Feuil1!A1</f><v>24000</v></c></row>'
    lien = f'<Relationship Id="rId902" Type="{REL}/externalLink" Target="externalLinks/externalLink1.xml"/>'
    membres = membres_xlsx(feuille_xml(cellules), liens=lien)
    membres["xl/externalLinks/externalLink1.xml"] = f'<externalLink xmlns="{NS}"/>'
    membres["xl/externalLinks/_rels/externalLink1.xml.rels"] = (
        f'<Relationships xmlns="{PAQUET}"><Relationship Id="rId1" Type="{REL}/externalLinkPath" '
        'Target="http://exemple.fr/espion.xlsx" TargetMode="External"/></Relationships>'
    )
    return archive(membres)


def graphiques_seuls() -> bytes:
    return xlsx(f'<chartsheet xmlns="{NS}"/>', genre="chartsheet")


def formules_en_erreur() -> bytes:
    return xlsx(
        feuille_xml(
            '<row r="1"><c r="A1" t="e"><f>B9/0</f><v>#DIV/0!</v></c><c r="B1" t="e"><v>#REF!</v></c>'
            '<c r="C1"><f>1+1</f><v>2</v></c><c r="D1"><f>NOW()</f></c><c r="E1" t="str"><f>""</f><v></v></c></row>'
        )
    )


# What is refused, by the words that its sentence must hold; the makers take no argument.
REFUSES: dict[str, tuple[Callable[[], bytes], str]] = {
    "vide": (bytes, "vide"),
    "trop gros": (lambda: b"a;b\n" * 2_700_000, "10 Mo"),
    "pdf": (pdf, "document PDF"),
    "png": (png, "une image"),
    "jpeg": (jpeg, "une image"),
    "docx": (docx, "document Word"),
    "odt": (odt, "texte OpenDocument"),
    "xlsb": (xlsb, ".xlsb"),
    "numbers": (numbers, "Numbers"),
    "xls": (lambda: ole("Workbook"), ".xlsx"),
    "doc": (lambda: ole("WordDocument"), "document Word"),
    "mot de passe": (lambda: ole("EncryptedPackage"), "mot de passe"),
    "page web": (html_xls, "page web"),
    "xml 2003": (xml_2003, "XML"),
    "archive imbriquée": (zip_imbrique, "archive"),
    "rar": (lambda: b"Rar!\x1a\x07\0" + bytes(50), "archive"),
    "binaire": (lambda: bytes(range(1, 256)) * 4, "tableur"),
    "bombe de feuille": (lambda: bombe_feuille(260 << 20), "démesurée"),
    "bombe sous la limite": (lambda: bombe_feuille(40 << 20), "démesurée"),
    "bombe de textes": (lambda: bombe_textes(100 << 20), "démesurée"),
    "bombe ods": (lambda: bombe_ods(60 << 20), "démesurée"),
    "texte de 4 Mo": (lambda: bombe_textes(4 << 20), "caractères"),
    "éléments imbriqués": (lambda: bombe_imbriquee(40 << 20), "démesurée"),
    "attribut immense": (lambda: attribut_immense(20 << 20), "démesurée"),
    "profondeur sans fin": (lambda: bombe_de_profondeur(200), "démesurée"),
    "répertoire immense": (lambda: repertoire_immense(20_000), "démesurée"),
    "taille minorée": (taille_minoree, "abîmé"),
    "membre double": (membre_double, "abîmé"),
    "nom qui remonte": (nom_qui_remonte, "abîmé"),
    "milliard de rires": (lambda: xlsx_avec_dtd(milliard_de_rires()), "DTD"),
    "quadratique": (lambda: xlsx_avec_dtd(quadratique(), repetitions=10_000), "DTD"),
    "entité externe": (lambda: xlsx_avec_dtd(entite_externe()), "DTD"),
    "dtd en utf-16": (lambda: xlsx_avec_dtd(milliard_de_rires(), encodage="utf-16"), "DTD"),
    "dtd ods": (lambda: ods_avec_dtd(milliard_de_rires()), "DTD"),
    "cellule lointaine": (cellule_lointaine, "XFD1048576"),
    "feuilles creuses": (feuilles_creuses, "démesurée"),
    "ods qui se répète": (lambda: ods_qui_repete(1_048_576, 16_384, "x"), "XFD1048577"),
    "macros": (avec_macros, "macros"),
    "macros cachées": (macros_cachees, "macros"),
    "macros Excel 4": (macros_excel_4, "macros"),
    "macros ods": (macros_ods, "macros"),
    "graphiques seuls": (graphiques_seuls, "graphiques"),
    "sans données": (lambda: xlsx(feuille_xml("")), "Aucune feuille"),
    "csv nul": (lambda: b"a;b\n1;\x002\n", "nuls"),
    "csv guillemet": (lambda: b'a;b\nc;"d\n1;2\n3;4\n', "ligne 2"),
    "csv d'une ligne": (lambda: b"a;" * 4_000_000, "200 colonnes"),
    "csv d'une cellule": (lambda: b"a" * 9_000_000, "caractères"),
}

# What is read, and gives `CONTENU`, whatever is around it.
LUS: dict[str, Callable[[], bytes]] = {
    "un million de lignes vides": un_million_de_lignes_vides,
    "16 384 colonnes vides": seize_mille_colonnes,
    "dimension trop grande": lambda: dimension_menteuse("A1:XFD1048576"),
    "dimension trop petite": lambda: dimension_menteuse("A1"),
    "dimension absurde": lambda: dimension_menteuse("ZZZZ0:-1"),
    "taille majorée": taille_majoree,
    "profondeur": lambda: bombe_de_profondeur(90),
    "ods vide répété": lambda: ods_qui_repete(1_048_575, 16_384, ""),
    "ods d'espaces répétés": lambda: ods_qui_repete(1_048_575, 16_384, "  "),
}
