"""Spreadsheets read: the two real workbooks, every kind of cell, every writer, three formats."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.tableurs import FichierRefuse, Plage, adresse, echange, lire_tableur, nom_colonne
from documents.tableurs.enfant import extraire
from documents.tableurs.nombres import Genre, genre_de_format, moment, nombre_exact
from documents.texte import nettoyer
from tests.outils.tableur import convertir

from . import fichiers_hostiles as fabrique
from .exemples import tableau
from .lecteurs import rendu

TABLEURS = Path(__file__).parents[2] / "fixtures" / "tableurs"


def _xlsx(cellules: str, **autour: str):
    (feuille,) = extraire(fabrique.xlsx(fabrique.feuille_xml(cellules), **autour)).feuilles
    return feuille


def _une(cellule: str, **autour: str):
    """The value of one cell of an xlsx, given by its XML without its address."""
    return _xlsx(f'<row r="1"><c r="A1" {cellule}</c><c r="B1"><v>0</v></c></row>', **autour).lignes[0][0]


def _ods(tables: str, **autour: str):
    return extraire(fabrique.ods(tables, **autour))


def _csv(contenu: str | bytes, codage: str = "utf-8"):
    (feuille,) = extraire(contenu if isinstance(contenu, bytes) else contenu.encode(codage)).feuilles
    return feuille.lignes


def test_adresses():
    assert [nom_colonne(i) for i in (0, 25, 26, 701, 702, 16_383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
    assert adresse(2, 5) == "F3"


# -- The two real workbooks ------------------------------------------------------------------------
def test_bagnols():
    contenu = (TABLEURS / "bagnols_2023.xlsx").read_bytes()
    classeur = lire_tableur(contenu, "Bagnols 2023.xlsx")
    assert (classeur.nom, classeur.format, classeur.avertissements) == ("Bagnols 2023.xlsx", "xlsx", ())
    assert classeur.empreinte == sha256(contenu).hexdigest()
    (feuille,) = classeur.feuilles
    assert (feuille.nom, len(feuille.lignes), {len(ligne) for ligne in feuille.lignes}) == (
        "Bilan 2023",
        65,
        {17},
    )
    # the header of two levels: « Autres financeurs » above five columns
    assert feuille.lignes[2][9] == "Autres financeurs"
    assert feuille.lignes[3][9:14] == ("AGGLO", "PSE", "ETAT", "Département", "Région")
    assert {Plage(2, 9, 2, 13), Plage(2, 0, 3, 0), Plage(7, 0, 8, 0), Plage(0, 0, 0, 16)} <= set(
        feuille.fusions
    )
    assert len(feuille.fusions) == 17
    # the printed percentages, which add to 104
    parts = [Decimal("0.47"), Decimal("0.05"), 0, Decimal("0.37"), Decimal("0.11"), Decimal("0.04")]
    assert list(feuille.lignes[64][8:14]) == parts
    assert feuille.pourcentages == {(64, colonne) for colonne in range(8, 14)}
    textes = [v for ligne in feuille.lignes for v in ligne if isinstance(v, str)]
    assert [t for t in textes if t.replace("\u00a0", " ") == "24 000"] == ["24\u00a0000"]


@pytest.mark.parametrize("nom", ["bagnols_2023", "dole_2024_synthese"])
def test_memes_valeurs_que_openpyxl(nom):
    contenu = (TABLEURS / f"{nom}.xlsx").read_bytes()
    lu = lire_tableur(contenu, nom)
    livre = openpyxl.load_workbook(io.BytesIO(contenu))
    attendues = [
        [
            nettoyer(v) if isinstance(v, str) else Decimal(repr(v)) if isinstance(v, float) else v
            for v in ligne
        ]
        for ligne in livre.worksheets[0].iter_rows(values_only=True)
    ]
    assert [list(ligne) for ligne in lu.feuilles[0].lignes] == attendues


def test_export_de_pilotis_relu():
    contenu = rendu(tableau(), "xlsx")
    lu = lire_tableur(contenu, "export.xlsx")
    assert lu.feuilles[0].lignes[0][0] == "Bilan des actions 2023 par porteur"
    livre = openpyxl.load_workbook(io.BytesIO(contenu))
    formules = {
        (c.row - 1, c.column - 1) for ligne in livre.worksheets[0] for c in ligne if c.data_type == "f"
    }
    assert lu.feuilles[0].formules == formules


# -- Numbers, days, texts of an xlsx ---------------------------------------------------------------
@pytest.mark.parametrize(
    ("brut", "attendu"),
    [
        ("78201465600014", 78201465600014),
        ("7.8201465600014E+13", 78201465600014),
        ("24000.0", 24000),
        ("0.47000000000000003", Decimal("0.47000000000000003")),
        ("0.46999999999999997", Decimal("0.47")),
        ("1234.56", Decimal("1234.56")),
        ("-0", 0),
        ("1e400", None),
        ("NaN", None),
        ("1_000", None),
        ("9" * 5000, None),
        ("abc", None),
    ],
)
def test_nombre_exact(brut, attendu):
    lu = nombre_exact(brut)
    assert (lu, type(lu)) == (attendu, type(attendu))


@pytest.mark.parametrize(
    ("cellule", "attendu"),
    [
        ("><v>24000</v>", 24000),
        ("><v>1234.5</v>", Decimal("1234.5")),
        ("><v> </v>", None),
        ("><v>pas un nombre</v>", "pas un nombre"),
        ('t="b"><v>1</v>', True),
        ('t="b"><v>0</v>', False),
        ('t="str"><v>24&#160;000</v>', "24\u00a0000"),
        ('t="str"><v>  </v>', None),
        ('t="str"><v>a_x000D_\nb_x0041_</v>', "a\nbA"),
        ('t="inlineStr"><is><t>gr</t><rPh><t>non</t></rPh><r><t>as</t></r></is>', "gras"),
        ('t="d"><v>2024-03-12</v>', date(2024, 3, 12)),
        ('t="d"><v>2024-03-12T14:30:00</v>', datetime(2024, 3, 12, 14, 30)),
        ('t="d"><v>demain</v>', "demain"),
    ],
)
def test_cellules_xlsx(cellule, attendu):
    lu = _une(cellule)
    assert (lu, type(lu)) == (attendu, type(attendu))


def test_textes_partages_riches_et_phonetiques():
    textes = (
        f'<sst xmlns="{fabrique.NS}"><si><t>simple</t></si><si><r><t>en </t></r><r><t>gras</t></r>'
        "<rPh><t>phonétique</t></rPh></si><si/></sst>"
    )
    cellules = (
        '<row r="1"><c t="s"><v>1</v></c><c t="s"><v>0</v></c><c t="s"><v>2</v></c><c><v>3</v></c></row>'
    )
    assert _xlsx(cellules, textes=textes).lignes == (("en gras", "simple", None, 3),)


@pytest.mark.parametrize(
    ("code", "genre"),
    [
        ("0%", Genre.POURCENTAGE),
        ("0.0\\ %", Genre.POURCENTAGE),
        ('0.0" %"', Genre.NOMBRE),
        ('#,##0\\ "€"', Genre.NOMBRE),
        ("[Red]#,##0.00;[Blue]-0%", Genre.NOMBRE),
        ("dd/mm/yyyy", Genre.JOUR),
        ("[$-40C]d mmmm yyyy;@", Genre.JOUR),
        ("mmmm", Genre.JOUR),
        ("hh:mm", Genre.HEURE),
        ("[h]:mm", Genre.DUREE),
        ('0" jours"', Genre.NOMBRE),
        ("0.00E+00", Genre.NOMBRE),
        ("General", Genre.NOMBRE),
        ("@", Genre.NOMBRE),
        ("", Genre.NOMBRE),
    ],
)
def test_genres_de_format(code, genre):
    assert genre_de_format(164, code) == genre


@pytest.mark.parametrize(
    ("nombre", "genre", "depuis_1904", "attendu"),
    [
        (45363, Genre.JOUR, False, date(2024, 3, 12)),
        (43901, Genre.JOUR, True, date(2024, 3, 12)),
        (Decimal("45363.604166666664"), Genre.JOUR, False, datetime(2024, 3, 12, 14, 30)),
        (1, Genre.JOUR, False, date(1900, 1, 1)),
        (59, Genre.JOUR, False, date(1900, 2, 28)),
        # the 29 February 1900 of Excel never was
        (60, Genre.JOUR, False, None),
        (61, Genre.JOUR, False, date(1900, 3, 1)),
        (0, Genre.JOUR, True, date(1904, 1, 1)),
        (0, Genre.JOUR, False, None),
        (-1, Genre.JOUR, False, None),
        (2_958_465, Genre.JOUR, False, date(9999, 12, 31)),
        (2_958_466, Genre.JOUR, False, None),
        (10**300, Genre.JOUR, False, None),
        (Decimal("0.604166666666667"), Genre.HEURE, False, "14:30"),
        (Decimal("45363.5"), Genre.HEURE, False, datetime(2024, 3, 12, 12)),
        (Decimal("1.5"), Genre.DUREE, False, "36:00"),
        (Decimal("0.5006944444444444"), Genre.DUREE, False, "12:01"),
    ],
)
def test_jours_et_heures(nombre, genre, depuis_1904, attendu):
    lu = moment(nombre, genre, depuis_1904=depuis_1904)
    assert (lu, type(lu)) == (attendu, type(attendu))


def test_styles_et_1904():
    styles = (
        '<numFmts><numFmt numFmtId="165" formatCode="dd/mm/yyyy"/></numFmts>'
        '<cellStyleXfs><xf numFmtId="9"/></cellStyleXfs>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="165"/><xf numFmtId="10"/></cellXfs>'
        '<dxfs><dxf><numFmt numFmtId="166" formatCode="0%"/></dxf></dxfs>'
    )
    cellules = (
        '<row r="1"><c r="A1" s="1"><v>43901</v></c><c r="B1" s="2"><v>0.473</v></c><c r="C1" s="0"><v>0.5</v></c>'
        '<c r="D1" s="2" t="str"><v>47 %</v></c><c r="E1" s="1"><v>-3</v></c></row>'
    )
    feuille = _xlsx(cellules, styles=styles, reglages='<workbookPr date1904="1"/>')
    assert feuille.lignes == ((date(2024, 3, 12), Decimal("0.473"), Decimal("0.5"), "47 %", -3),)
    assert feuille.pourcentages == {(0, 1)}


def test_lignes_et_colonnes_masquees_et_adresses_absentes():
    contenu = fabrique.feuille_xml(
        '<row hidden="1"><c><v>1</v></c></row><row r="3"><c r="C3"><v>2</v></c><c><v>3</v></c></row>'
        '<row r="500" hidden="true"/>',
        avant='<cols><col min="2" max="3" hidden="1"/><col min="9" max="16384" hidden="true"/></cols>',
    )
    (feuille,) = extraire(fabrique.xlsx(contenu)).feuilles
    assert feuille.lignes == ((1, None, None, None), (None,) * 4, (None, None, 2, 3))
    assert (feuille.lignes_masquees, feuille.colonnes_masquees) == ({0}, {1, 2})


def test_feuilles_masquees_lues_et_dites():
    contenu = fabrique.xlsx(
        *[fabrique.feuille_xml()] * 3,
        noms=("Programme", "Clés", "Listes"),
        etats=("visible", "veryHidden", "hidden"),
    )
    classeur = extraire(contenu)
    assert [(f.nom, f.masquee) for f in classeur.feuilles] == [
        ("Programme", False),
        ("Clés", True),
        ("Listes", True),
    ]
    assert classeur.avertissements == (
        "Les feuilles «\u00a0Clés\u00a0», «\u00a0Listes\u00a0» (masquées) sont proposées, pas importées.",
    )


def test_autres_ecritures_du_meme_classeur():
    """The strict namespace, elements with a prefix, names of members that are not quite those referred to."""
    membres = fabrique.membres_xlsx()
    strict = {
        nom: str(contenu).replace(fabrique.NS, "http://purl.oclc.org/ooxml/spreadsheetml/main")
        for nom, contenu in membres.items()
    }
    prefixe = dict(membres) | {
        "xl/worksheets/sheet1.xml": f'<x:worksheet xmlns:x="{fabrique.NS}"><x:sheetData><x:row r="1">'
        '<x:c r="A1" t="str"><x:v>Porteur</x:v></x:c><x:c r="B1" t="str"><x:v>Montant</x:v></x:c>'
        "</x:row></x:sheetData></x:worksheet>"
    }
    # old .NET software separates folders as Windows does, other software does not keep to one case
    antislash = {nom.replace("/", "\\"): contenu for nom, contenu in membres.items()}
    casse = {nom.replace("sheet1", "Sheet1"): contenu for nom, contenu in membres.items()}
    for variante in (strict, prefixe, antislash, casse):
        assert extraire(fabrique.archive(variante)).feuilles[0].lignes == fabrique.CONTENU


def test_proprietes_personnalisees():
    sortie = io.BytesIO()
    livre = xlsxwriter.Workbook(sortie)
    livre.add_worksheet().write(0, 0, "Porteur")
    livre.set_custom_property("Pilotis", "programme:2024")
    livre.set_custom_property("Version", 3)
    livre.close()
    assert lire_tableur(sortie.getvalue(), "a.xlsx").proprietes == {
        "Pilotis": "programme:2024",
        "Version": "3",
    }


# -- Whatever is written is read back --------------------------------------------------------------
_TEXTES = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
_VALEURS = st.one_of(
    st.none(),
    _TEXTES,
    st.booleans(),
    st.integers(-(10**14), 10**14),
    st.decimals(-(10**9), 10**9, places=2),
    st.dates(date(1900, 3, 1), date(2100, 12, 31)),
    st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)).map(lambda d: d.replace(microsecond=0)),
)


def _lue(valeur):
    """A value as it comes back: no blank text, no useless decimals, no hour at midnight."""
    if isinstance(valeur, str):
        return nettoyer(valeur) or None
    if isinstance(valeur, Decimal):
        return int(valeur) if valeur == int(valeur) else Decimal(repr(float(valeur)))
    if isinstance(valeur, datetime) and (valeur.hour, valeur.minute, valeur.second) == (0, 0, 0):
        return valeur.date()
    return valeur


def _rectangle(lignes):
    """The rows padded, without the blank rows and columns at the end."""
    largeur = max((i + 1 for ligne in lignes for i, v in enumerate(ligne) if v is not None), default=0)
    pleines = [tuple([*ligne, *[None] * largeur][:largeur]) for ligne in lignes]
    while pleines and all(v is None for v in pleines[-1]):
        pleines.pop()
    return tuple(pleines)


@given(st.lists(st.lists(_VALEURS, max_size=5), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_relit_ce_qu_ecrit_xlsxwriter(lignes):
    sortie = io.BytesIO()
    livre = xlsxwriter.Workbook(sortie, {"strings_to_formulas": False, "strings_to_urls": False})
    feuille = livre.add_worksheet()
    formats = {
        date: livre.add_format({"num_format": "dd/mm/yyyy"}),
        datetime: livre.add_format({"num_format": 22}),
    }
    for i, ligne in enumerate(lignes):
        for j, valeur in enumerate(ligne):
            if isinstance(valeur, str):
                feuille.write_string(i, j, valeur)
            elif isinstance(valeur, date):
                feuille.write_datetime(i, j, valeur, formats[type(valeur)])
            else:
                feuille.write(i, j, valeur)
    livre.close()
    attendu = _rectangle([[_lue(v) for v in ligne] for ligne in lignes])
    if not attendu:
        with pytest.raises(FichierRefuse):
            extraire(sortie.getvalue())
        return
    lu = extraire(sortie.getvalue())
    assert lu.feuilles[0].lignes == attendu
    assert [[type(v) for v in ligne] for ligne in lu.feuilles[0].lignes] == [
        [type(v) for v in li] for li in attendu
    ]
    assert echange.lire(echange.ecrire(lu), nom="", empreinte="") == lu


@pytest.mark.tableur
@pytest.mark.parametrize("format", ["ods", "xlsx"])
def test_relit_ce_qu_ecrit_libreoffice(format, tmp_path):
    """LibreOffice saves the real workbook again: the same cells come back."""
    origine = TABLEURS / "bagnols_2023.xlsx"
    lu = lire_tableur(convertir(origine, format, tmp_path), "converti")
    assert (lu.format, lu.feuilles) == (format, lire_tableur(origine.read_bytes(), "a").feuilles)


# -- ods -------------------------------------------------------------------------------------------
def test_cellules_ods():
    cellules = (
        '<table:table-cell office:value-type="float" office:value="24000"><text:p>24 000</text:p></table:table-cell>'
        '<table:table-cell office:value-type="percentage" office:value="0.47"><text:p>47 %</text:p></table:table-cell>'
        '<table:table-cell office:value-type="currency" office:value="1234.5"><text:p>1 234,50 €</text:p>'
        "</table:table-cell>"
        '<table:table-cell office:value-type="date" office:date-value="2024-03-12"><text:p>12/03/24</text:p>'
        "</table:table-cell>"
        '<table:table-cell office:value-type="date" office:date-value="2024-03-12T14:30:00"/>'
        '<table:table-cell office:value-type="time" office:time-value="PT14H30M00S"/>'
        '<table:table-cell office:value-type="boolean" office:boolean-value="true"/>'
        '<table:table-cell office:value-type="string"><office:annotation><text:p>une note</text:p></office:annotation>'
        '<text:p>Écoute<text:s text:c="2"/><text:span>et</text:span><text:line-break/>soin</text:p><text:p>fin</text:p>'
        "<draw:frame><text:p>un dessin</text:p></draw:frame></table:table-cell>"
    )
    (feuille,) = _ods(fabrique.table(f"<table:table-row>{cellules}</table:table-row>")).feuilles
    assert feuille.lignes == (
        (
            24000,
            Decimal("0.47"),
            Decimal("1234.5"),
            date(2024, 3, 12),
            datetime(2024, 3, 12, 14, 30),
            "14:30",
            True,
            "Écoute  et\nsoin\nfin",
        ),
    )
    assert feuille.pourcentages == {(0, 1)}


def test_ods_repetitions_fusions_formules_masques():
    lignes = (
        '<table:table-column/><table:table-column table:number-columns-repeated="2" table:visibility="collapse"/>'
        '<table:table-row table:number-rows-repeated="2" table:visibility="filter">'
        + fabrique.cellule("x", 'table:number-columns-repeated="2"')
        + "</table:table-row>"
        '<table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="9"/>'
        "</table:table-row>"
        "<table:table-row>"
        + fabrique.cellule("large", 'table:number-columns-spanned="3" table:number-rows-spanned="2"')
        + "<table:covered-table-cell><text:p>caché</text:p></table:covered-table-cell><table:covered-table-cell/>"
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" calcext:value-type="error">'
        "<text:p>#DIV/0!</text:p></table:table-cell>"
        '<table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2"/>'
        '<table:table-cell table:formula="of:=2+2"/>'
        "</table:table-row>"
        "<table:table-row>" + fabrique.cellule("y") + "</table:table-row>"
    )
    (feuille,) = _ods(fabrique.table(lignes)).feuilles
    vide = (None,) * 6
    assert feuille.lignes == (
        ("x", "x", None, None, None, None),
        ("x", "x", None, None, None, None),
        *[vide] * 3,
        ("large", None, None, None, 2, None),
    )
    assert feuille.fusions == (Plage(5, 0, 5, 2),)
    assert feuille.erreurs == {(5, 3): "#DIV/0!"}
    assert (feuille.formules, feuille.sans_valeur) == ({(5, 3), (5, 4), (5, 5)}, {(5, 5)})
    assert (feuille.lignes_masquees, feuille.colonnes_masquees) == ({0, 1}, {1, 2})


def test_ods_feuille_masquee_copie_d_un_autre_fichier_et_historique():
    styles = '<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>'
    ancienne = "<table:table-cell><text:p>ancien</text:p></table:table-cell>"
    avant = f"<table:tracked-changes>{ancienne}</table:tracked-changes>"
    classeur = _ods(
        avant
        + fabrique.table(fabrique.LIGNE_ODS, "Visible")
        + fabrique.table(fabrique.LIGNE_ODS, "Cachée", 'table:style-name="ta2"')
        + fabrique.table("<table:table-source/>" + fabrique.LIGNE_ODS, "'file:///x.ods'#$A"),
        styles=styles,
    )
    assert [(f.nom, f.masquee, f.lignes) for f in classeur.feuilles] == [
        ("Visible", False, fabrique.CONTENU),
        ("Cachée", True, fabrique.CONTENU),
    ]
    assert ["lié à d'autres fichiers" in a for a in classeur.avertissements] == [True, False]


def test_ods_chiffre_et_proprietes():
    membres = fabrique.membres_ods(fabrique.table(fabrique.LIGNE_ODS))
    meta = f'<m xmlns:meta="{fabrique.ODF}meta:1.0"><meta:user-defined meta:name="Pilotis">x:1</meta:user-defined></m>'
    assert extraire(fabrique.archive(membres | {"meta.xml": meta})).proprietes == {"Pilotis": "x:1"}
    with pytest.raises(FichierRefuse, match="mot de passe"):
        extraire(fabrique.archive(membres | {"META-INF/manifest.xml": "<m><manifest:encryption-data/></m>"}))


@pytest.mark.parametrize("repetition", ["0", "-1", "99999999999", "²", "abc", ""])
def test_ods_repetitions_impossibles(repetition):
    attribut = f'table:number-columns-repeated="{repetition}"'
    with pytest.raises(FichierRefuse, match="abîmé"):
        _ods(fabrique.table(f"<table:table-row>{fabrique.cellule('x', attribut)}</table:table-row>"))


# -- csv -------------------------------------------------------------------------------------------
TEXTE_CSV = (
    'Porteur;Montant;Détail\nÉcole à l’œuvre;24 000;"deux\nlignes; et ""guillemets"""\n;;\n;1 234,50;\n'
)
LIGNES_CSV = (
    ("Porteur", "Montant", "Détail"),
    ("École à l’œuvre", "24 000", 'deux\nlignes; et "guillemets"'),
    (None, None, None),
    (None, "1 234,50", None),
)


@pytest.mark.parametrize("codage", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_csv_encodages(codage):
    assert _csv(TEXTE_CSV, codage) == LIGNES_CSV
    assert _csv(TEXTE_CSV.replace("\n", "\r\n"), codage) == LIGNES_CSV


def test_csv_utf16_gros_boutiste_et_sans_marque():
    assert _csv(b"\xfe\xff" + TEXTE_CSV.encode("utf-16-be")) == LIGNES_CSV
    with pytest.raises(FichierRefuse, match="caractères nuls"):
        _csv(TEXTE_CSV.encode("utf-16-le"))


def test_csv_encodages_meles_ou_inconnus():
    with pytest.raises(FichierRefuse, match="mêle deux encodages"):
        _csv("é;à\n".encode() + "é;à\n".encode("cp1252"))
    with pytest.raises(FichierRefuse, match="encodage n'est ni"):
        _csv(b"a;\x81\x8d\n")


@pytest.mark.parametrize("separateur", [";", ",", "\t", "|"])
def test_csv_separateurs(separateur):
    lignes = (("Porteur", "Montant", "Axe"), ("A", "12", ""), ("B", "3", "x"))
    texte = "\n".join(separateur.join(ligne) for ligne in lignes)
    assert _csv(texte) == (("Porteur", "Montant", "Axe"), ("A", "12", None), ("B", "3", "x"))


@pytest.mark.parametrize(
    ("texte", "attendu"),
    [
        # a decimal comma on every row does not separate
        ("1,5;2,5\n3,5;4,5\n", (("1,5", "2,5"), ("3,5", "4,5"))),
        ("a;b\nun, deux, trois;c\n", (("a", "b"), ("un, deux, trois", "c"))),
        ("sep=,\na,b;c\n", (("a", "b;c"),)),
        ("Porteur\nÉcole\n", (("Porteur",), ("École",))),
        ('"Club" des jeunes;3\na;b\n', (("Club des jeunes", "3"), ("a", "b"))),
        ('le "club";3\na;b\n', (('le "club"', "3"), ("a", "b"))),
        ("a;b\r1;2\r", (("a", "b"), ("1", "2"))),
        ("a;b\x85c;d\u2028\n1;2;3\n", (("a", "b\x85c", "d"), ("1", "2", "3"))),
        ("=cmd|'/c calc'!A1;1\n2;3\n", (("=cmd|'/c calc'!A1", "1"), ("2", "3"))),
        ("0123;1.2E+13\na;b\n", (("0123", "1.2E+13"), ("a", "b"))),
    ],
)
def test_csv_particuliers(texte, attendu):
    assert _csv(texte) == attendu


@given(st.lists(st.lists(_TEXTES, min_size=2, max_size=4), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_csv_relit_ce_qui_est_ecrit_entre_guillemets(lignes):
    echappees = [";".join('"' + cellule.replace('"', '""') + '"' for cellule in ligne) for ligne in lignes]
    attendu = _rectangle([[nettoyer(v) or None for v in ligne] for ligne in lignes])
    contenu = ("sep=;\n" + "\n".join(echappees)).encode("utf-8-sig")
    if not attendu:
        with pytest.raises(FichierRefuse):
            extraire(contenu)
        return
    assert extraire(contenu).feuilles[0].lignes == attendu
