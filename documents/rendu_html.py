"""HTML: the accessible fragment for a page of the site, the standalone page, and the table of the PDF.

No inline style: the site's CSP forbids it. Everything that comes from a row is escaped here, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import BinaryIO

from django.utils.safestring import SafeString, mark_safe

from documents.affichage import Vue, voir
from documents.calcul import Genre, Rangee
from documents.formats import date_longue
from documents.tableau import NUMERIQUES, Colonne, Tableau, TypeColonne

_CLASSES = {
    Genre.GROUPE: "groupe",
    Genre.SOUS_TOTAL: "sous-total",
    Genre.TOTAL: "total",
    Genre.PARTS: "parts",
    Genre.VIDE: "vide",
}

# relative widths from which a column of text is one that people read, one that holds most of the text
POIDS_TEXTE = 3
POIDS_LONG = 6

_STYLE_PAGE = """
body{font:16px/1.45 "Source Sans 3","Source Sans Pro",system-ui,sans-serif;color:#1d2430;background:#fbfaf7;
margin:2rem}
h1{font-size:1.5rem;margin:0}
tbody th{font-weight:600}
.parts th{font-weight:400}
.annexe-cadre{overflow-x:auto}
table{border-collapse:collapse;margin:1rem 0;font-size:.875rem}
caption{text-align:left;font-weight:600;padding-bottom:.5rem}
th,td{padding:.3rem .5rem;vertical-align:top;text-align:left;border-bottom:1px solid #c9c5ba}
thead th{background:#edeae2;border-bottom:1px solid #1d2430;vertical-align:bottom}
thead .groupe-colonnes{text-align:center}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.num + :not(.num){padding-left:1.2rem}
thead .num{white-space:normal}
.texte{min-width:16rem}
.texte-long{min-width:28rem}
td ul{margin:0;padding-left:1em}
tbody .groupe th{font-weight:600;background:#f4f2ec;padding-top:.8rem}
tbody .sous-total th,.sous-total td,.total th,.total td{font-weight:600}
.parts th{font-weight:400}
.total th,.total td{border-top:2px solid #1d2430}
.repete{color:#5d6470}
footer,.annexe-notes{color:#4a5260;font-size:.875rem}
@media print{
body{margin:0;background:#fff;font-size:8pt;line-height:1.25}
h1{font-size:16pt}
table{font-size:8pt;width:100%}
th,td{padding:2pt 3pt}
.texte,.texte-long{min-width:0}
.annexe-cadre{overflow:visible}
tfoot{display:table-row-group}
tr{break-inside:avoid}
}
"""


def rendre_html(tableau: Tableau, sortie: BinaryIO) -> None:
    """Write a standalone page (UTF-8)."""
    sortie.write(_page(tableau).encode())


@dataclass(frozen=True)
class LienDeColonne:
    """Where the header of a column leads; `tri` is its `aria-sort`, empty when the rows are not sorted by it."""

    url: str
    tri: str = ""


def fragment_html(tableau: Tableau) -> SafeString:
    """Return the table and its notes, to be put in a page of the site, which styles its classes.

    `.annexe-cadre` (focusable, scrolls sideways) > `table.annexe` with caption, two-level head, one tbody a
    group, tfoot; cells `.num`, `.texte`, `.texte-long`, `.repete`; rows `.groupe` `.sous-total` `.total`
    `.parts` (their `.libelle` may stick) `.vide`; then `.annexe-notes`. Everything is escaped.
    """
    return fragment_de_la_vue(voir(tableau))


def fragment_de_la_vue(
    vue: Vue,
    *,
    liens: Mapping[str, LienDeColonne] | None = None,
    ancres: Sequence[str] = (),
    cartes: bool = False,
) -> SafeString:
    """Return the same for rows that are computed already, or some of them.

    `liens`, by key of column, are the headers that lead somewhere: to the same table in another order. `ancres` are the
    identifiers of the lines in the page, in reading order (groups and totals not counted); empty for none. With
    `cartes` (`.annexe-cartes`), a style may show each row as a card: cells say their header in `data-label`, and the
    roles that another display takes away are written.
    """
    legende = " — ".join(m for m in (vue.tableau.titre, vue.tableau.sous_titre_complet) if m)
    return _sur("".join(_fragment(vue, legende=legende, liens=liens, ancres=ancres, cartes=cartes)))


@dataclass(frozen=True)
class Dessous:
    """A second row under each row, for its long texts: HTML cells that span all the columns, and their headers.

    `rangees` follow those of the view, "" for a row that has nothing under it.
    """

    entetes: str
    rangees: Sequence[str]


def table_html(
    vue: Vue, *, imprime: bool, largeurs: Sequence[float] = (), dessous: Dessous | None = None
) -> str:
    """Return the <table> alone. On paper: totals in the body (a tfoot would repeat on every page), no caption.

    There, `largeurs` are the widths of the columns, in points, and rows may have a second one under them.
    """
    return "".join(_table(vue, imprime=imprime, largeurs=largeurs, dessous=dessous))


def _sur(html: str) -> SafeString:
    return mark_safe(html)  # noqa: S308 — built here from escaped pieces


def _page(tableau: Tableau) -> str:
    pied = " · ".join(m for m in (tableau.pied, _edition(tableau)) if m)
    # the title is already the heading of the page
    corps = "".join(_fragment(voir(tableau), legende=tableau.sous_titre_complet))
    orientation = "landscape" if tableau.paysage else "portrait"
    return (
        f'<!DOCTYPE html>\n<html lang="fr"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(tableau.titre)}</title><meta name="author" content="{escape(tableau.auteur)}">'
        f"<style>{_STYLE_PAGE}@page{{size:{tableau.format_page} {orientation};margin:12mm}}</style></head>"
        f"<body><main><h1>{escape(tableau.titre)}</h1>"
        f"{corps}</main><footer>{escape(pied)}</footer></body></html>\n"
    )


def _edition(tableau: Tableau) -> str:
    return f"édité le {date_longue(tableau.date_edition)}" if tableau.date_edition else ""


def _fragment(
    vue: Vue,
    *,
    legende: str,
    liens: Mapping[str, LienDeColonne] | None = None,
    ancres: Sequence[str] = (),
    cartes: bool = False,
) -> Iterator[str]:
    titre = escape(vue.tableau.titre)
    yield f'<div class="annexe-cadre" role="region" aria-label="{titre}" tabindex="0">'
    yield from _table(vue, imprime=False, legende=legende, liens=liens, ancres=ancres, cartes=cartes)
    yield "</div>"
    if vue.tableau.notes:
        yield '<div class="annexe-notes">'
        yield from (f"<p>{_lignes(note)}</p>" for note in vue.tableau.notes)
        yield "</div>"


def _table(
    vue: Vue,
    *,
    imprime: bool,
    legende: str = "",
    largeurs: Sequence[float] = (),
    dessous: Dessous | None = None,
    liens: Mapping[str, LienDeColonne] | None = None,
    ancres: Sequence[str] = (),
    cartes: bool = False,
) -> Iterator[str]:
    tableau = vue.tableau
    yield (
        f'<table class="annexe annexe-cartes"{_role("table", cartes)}>'
        if cartes
        else '<table class="annexe">'
    )
    if not imprime:
        if legende:
            yield f"<caption>{escape(legende)}</caption>"
        yield from _colgroups(tableau)
    else:
        colonnes = [f'<col style="width:{pt:.2f}pt">' for pt in largeurs] or ["<col>"] * len(tableau.colonnes)
        yield f"<colgroup>{''.join(colonnes)}</colgroup>"
    yield from _entete(tableau, dessous.entetes if dessous else "", liens or {}, cartes=cartes)
    yield from _corps(vue, imprime=imprime, dessous=dessous, ancres=ancres, cartes=cartes)
    yield "</table>"


def _colgroups(tableau: Tableau) -> Iterator[str]:
    """scope=colgroup is only meaningful on a real group of columns."""
    for _nom, nombre in tableau.suites_de_colonnes():
        yield f'<colgroup span="{nombre}"></colgroup>' if nombre > 1 else "<colgroup></colgroup>"


def _entete(
    tableau: Tableau, dessous: str, liens: Mapping[str, LienDeColonne], *, cartes: bool = False
) -> Iterator[str]:
    rang, tete = _role("row", cartes), _role("columnheader", cartes)
    yield f"<thead{_role('rowgroup', cartes)}>"
    if tableau.en_deux_niveaux:
        indice = 0
        yield f"<tr{rang}>"
        for nom, nombre in tableau.suites_de_colonnes():
            if nom:
                yield f'<th scope="colgroup" colspan="{nombre}"{tete} class="groupe-colonnes">{escape(nom)}</th>'
            else:
                yield _th_colonne(tableau, indice, liens, f' rowspan="2"{tete}')
            indice += nombre
        yield "</tr>"
    yield f"<tr{rang}>"
    for indice, colonne in enumerate(tableau.colonnes):
        if colonne.groupe or not tableau.en_deux_niveaux:
            yield _th_colonne(tableau, indice, liens, tete)
    yield "</tr>"
    if dessous:
        yield f'<tr class="dessous">{dessous}</tr>'
    yield "</thead>"


def _th_colonne(
    tableau: Tableau, indice: int, liens: Mapping[str, LienDeColonne], attributs: str = ""
) -> str:
    colonne = tableau.colonnes[indice]
    classe = ' class="num"' if colonne.type in NUMERIQUES else ""
    titre = escape(colonne.titre)
    if lien := liens.get(colonne.cle):
        titre = f'<a href="{escape(lien.url)}">{titre}</a>'
        attributs += f' aria-sort="{escape(lien.tri)}"' if lien.tri else ""
    return f'<th scope="col"{attributs}{classe}>{titre}</th>'


def _corps(
    vue: Vue, *, imprime: bool, dessous: Dessous | None, ancres: Sequence[str] = (), cartes: bool = False
) -> Iterator[str]:
    """One tbody a group: a heading or the row after a subtotal opens a new one; totals close the table."""
    suivantes, role = iter(ancres), _role("rowgroup", cartes)
    yield f"<tbody{role}>"
    precedent: Genre | None = None
    au_pied = False
    for rang, rangee in enumerate(vue.rangees):
        if rangee.genre in (Genre.TOTAL, Genre.PARTS) and not au_pied:
            au_pied = True
            yield "</tbody><tbody>" if imprime else f"</tbody><tfoot{role}>"
        elif precedent is not None and (rangee.genre == Genre.GROUPE or precedent == Genre.SOUS_TOTAL):
            yield f"</tbody><tbody{role}>"
        suite = dessous.rangees[rang] if dessous else ""
        ancre = next(suivantes, "") if rangee.genre == Genre.LIGNE else ""
        yield _rangee(vue, rangee, dessus=bool(suite), ancre=ancre, cartes=cartes)
        if suite:
            yield f'<tr class="dessous">{suite}</tr>'
        precedent = rangee.genre
    yield "</tfoot>" if au_pied and not imprime else "</tbody>"


def _rangee(vue: Vue, rangee: Rangee, *, dessus: bool = False, ancre: str = "", cartes: bool = False) -> str:
    classe = "dessus" if dessus else _CLASSES.get(rangee.genre)
    attributs = (f' id="{escape(ancre)}"' if ancre else "") + _role("row", cartes)
    ouverture = f'<tr{attributs} class="{classe}">' if classe else f"<tr{attributs}>"
    nombre, tete = len(vue.tableau.colonnes), _role("rowheader", cartes)
    if rangee.genre == Genre.VIDE:
        seule = f'<td colspan="{nombre}"{_role("cell", cartes)}>'
        return f"{ouverture}{seule}{_lignes(rangee.libelle)}</td></tr>"
    if rangee.genre == Genre.GROUPE:
        seule = f'<th scope="rowgroup" colspan="{nombre}"{tete}>'
        return f"{ouverture}{seule}{_lignes(rangee.libelle)}</th></tr>"
    debut = 0
    cellules = ""
    if rangee.genre != Genre.LIGNE:
        debut = vue.tableau.etendue_libelle
        etendue = f' colspan="{debut}"' if debut > 1 else ""
        # a page keeps the label in sight when the table scrolls under it
        libelle = f'<span class="libelle">{_lignes(rangee.libelle)}</span>'
        cellules = f'<th scope="row"{etendue}{tete}>{libelle}</th>'
    cellules += "".join(_cellule(vue, rangee, i, cartes=cartes) for i in range(debut, nombre))
    return f"{ouverture}{cellules}</tr>"


def _role(nom: str, cartes: bool) -> str:
    return f' role="{nom}"' if cartes else ""


def _cellule(vue: Vue, rangee: Rangee, indice: int, *, cartes: bool = False) -> str:
    colonne = vue.tableau.colonnes[indice]
    classes = _classe_de_colonne(colonne)
    if indice in rangee.repetees:
        classes = f"{classes} repete".strip()
    classe = f' class="{classes}"' if classes else ""
    contenu = _contenu(vue, rangee, indice)
    if colonne.entete_ligne and rangee.genre == Genre.LIGNE:
        return f'<th scope="row"{classe}{_role("rowheader", cartes)}>{contenu}</th>'
    nom = f' data-label="{escape(_titre_de_carte(colonne))}"' if cartes else ""
    return f"<td{classe}{_role('cell', cartes)}{nom}>{contenu}</td>"


def _titre_de_carte(colonne: Colonne) -> str:
    """Return what names a cell away from its headers: both of them."""
    return f"{colonne.groupe}, {colonne.titre}" if colonne.groupe else colonne.titre


def _classe_de_colonne(colonne: Colonne) -> str:
    """Return « num » for figures; « texte » or « texte-long » where a browser must keep room for long texts."""
    if colonne.type in NUMERIQUES:
        return "num"
    return "texte-long" if colonne.poids >= POIDS_LONG else "texte" if colonne.poids >= POIDS_TEXTE else ""


def _contenu(vue: Vue, rangee: Rangee, indice: int) -> str:
    valeur = rangee.cellules[indice]
    if vue.tableau.colonnes[indice].type == TypeColonne.LISTE and isinstance(valeur, tuple):
        return "<ul>" + "".join(f"<li>{_lignes(element)}</li>" for element in valeur) + "</ul>"
    return _lignes(vue.texte(indice, rangee))


def _lignes(texte: str) -> str:
    return escape(texte).replace("\n", "<br>")
