"""A report as HTML for paper: cover, contents, sections, definitions, then the annexes in landscape.

It comes as one document, or as several that are laid out at the same time and joined by `fusion_pdf`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape
from itertools import pairwise
from pathlib import Path
from textwrap import shorten

from documents.affichage import Vue, voir
from documents.formats import INSECABLE, date_longue, montant, nombre, pourcentage
from documents.fusion_pdf import PROTOCOLE
from documents.graphiques import alternative, dessiner, tableau_du_graphique
from documents.polices import css_polices
from documents.prose import en_html
from documents.rapport import (
    Bloc,
    BlocChiffres,
    BlocGraphique,
    BlocImages,
    BlocTableau,
    BlocTexte,
    Chiffre,
    Image,
    Rapport,
    Section,
)
from documents.rendu_html import table_html
from documents.rendu_pdf import chaine_css
from documents.rendu_rapport_annexe import MARGE_CELLULE_PT, POINTS_PAR_MM, AnnexeImprimee, coupes, imprimees
from documents.tableau import NUMERIQUES, Tableau, TypeColonne
from documents.texte import apostrophes, nettoyer

FEUILLE = Path(__file__).with_name("rapport.css")
# the column of text, and the whole page: what is left is the outer margin, for notes
COLONNE_MM = 118
PAGE_MM = 170
CORPS_TABLEAU_PT = 8.5
# a table of the body that holds in the column of text, and one that is short enough never to be cut
COLONNES_ETROITES = 5
RANGEES_ENTIERES = 16
CHIFFRES_PAR_RANG = 3
# a figure of more characters is set smaller
CHIFFRE_LONG = 9
# of the cover: the tallest upright
FUT_MM = 92
# beyond that many uprights, their names stand along them, of that many characters at most
FUTS_LARGES, NOM_DEBOUT = 8, 48
# milliseconds of layout, or so: what a document takes by itself, a picture, a row of a table, a character
COUT_DOCUMENT, COUT_DESSIN, COUT_RANGEE, COUT_CARACTERE = 900, 40, 3, 0.01

# a section that says no more than that, in characters, does not open a page after another as short
SECTION_COURTE, ETENDUE_RANGEE = 900, 60

DEFINITIONS = "Définitions et sources"

# outside a tag: an address keeps its own
_APOSTROPHE = re.compile(r"(<[^>]*>)|(?<=\w)(?:&#x27;|')(?=[\w«])")


@dataclass(frozen=True)
class PartieImprimee:
    """A document to lay out. `suite`: it begins in the middle of an annex."""

    html: str
    suite: bool = False


def rapport_en_html(rapport: Rapport) -> str:
    """Return the whole report as one HTML document, to be printed."""
    (partie,) = parties_imprimees(rapport, 1)
    return partie.html


def parties_imprimees(rapport: Rapport, nombre: int) -> list[PartieImprimee]:
    """Return the report as `nombre` documents at most, each of about the same work, to be laid out then joined."""
    annexes = imprimees(rapport.annexes)
    fins = [*coupes(annexes, _cout_du_corps(rapport), nombre), (len(annexes), 0)]
    parties = [_partie(rapport, annexes, (0, 0), fins[0], premiere=True)]
    parties += [_partie(rapport, annexes, debut, fin) for debut, fin in pairwise(fins)]
    return parties


def _cout_du_corps(rapport: Rapport) -> float:
    cout: float = COUT_DOCUMENT
    for section in rapport.sections:
        for bloc in section.blocs:
            match bloc:
                case BlocTexte():
                    cout += COUT_CARACTERE * len(bloc.texte)
                case BlocTableau() | BlocGraphique():
                    cout += COUT_DESSIN + COUT_RANGEE * len(voir(_tableau_du_bloc(bloc)).rangees)
                case _:
                    cout += COUT_DESSIN
    return cout


def _partie(
    rapport: Rapport,
    annexes: Sequence[AnnexeImprimee],
    debut: tuple[int, int],
    fin: tuple[int, int],
    *,
    premiere: bool = False,
) -> PartieImprimee:
    """Return the document that goes from one (annex, row) to another; the first one holds all that comes before."""
    morceaux, regles = [], []
    for rang, annexe in enumerate(annexes[debut[0] : fin[0] + 1], start=debut[0]):
        de = debut[1] if rang == debut[0] else 0
        a = fin[1] if rang == fin[0] else None
        if a != 0:
            morceaux.append(annexe.html(de, a))
            regles.append(annexe.css(suite=de > 0))
    if premiere:
        ici = {annexe.numero for annexe in annexes[: fin[0] + (fin[1] > 0)]}
        morceaux[:0] = _corps(rapport, annexes, ici)
    return PartieImprimee(_document(rapport, "".join(morceaux), "".join(regles)), suite=debut[1] > 0)


def _document(rapport: Rapport, corps: str, regles: str) -> str:
    cree_le = (
        f'<meta name="dcterms.created" content="{rapport.cree_le.isoformat()}">'
        f'<meta name="dcterms.modified" content="{rapport.cree_le.isoformat()}">'
        if rapport.cree_le
        else ""
    )
    pied = f"@page{{@bottom-left{{content:{chaine_css(pied_de_page(rapport))}}}}}"
    couleur = f"html{{--couleur:{rapport.couleur}}}" if rapport.couleur else ""
    return (
        f'<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8">'
        f"<title>{_propre(titre_complet(rapport))}</title>"
        f'<meta name="author" content="{_propre(rapport.collectivite)}"><meta name="generator" content="Pilotis">'
        f"{cree_le}<style>{css_polices()}{FEUILLE.read_text('utf-8')}{couleur}{pied}{regles}</style></head>"
        f"<body>{_APOSTROPHE.sub(lambda trouve: trouve[1] or '’', corps)}</body></html>"
    )


def titre_complet(rapport: Rapport) -> str:
    """Return the title of the files: « Rapport annuel 2024 – Dole »."""
    return nettoyer(f"{rapport.titre} {rapport.annee} – {rapport.lieu}")


def pied_de_page(rapport: Rapport) -> str:
    """Return what stands at the foot of each page: contract, year, state of the report."""
    morceaux = (rapport.sous_titre or rapport.lieu, str(rapport.annee), rapport.etat)
    return apostrophes(" · ".join(nettoyer(morceau).replace("\n", " ") for morceau in morceaux if morceau))


def capitale(texte: str) -> str:
    """Return the text with a capital: what is said after a figure on a page may start a line here."""
    return texte[:1].upper() + texte[1:]


# -- Cover and contents ----------------------------------------------------------------------------
def _corps(rapport: Rapport, annexes: Sequence[AnnexeImprimee], ici: set[int]) -> Iterator[str]:
    yield _couverture(rapport)
    yield _sommaire(rapport, annexes, ici)
    courte = False
    for numero, section in enumerate(rapport.sections, start=1):
        suivie, courte = courte, _est_courte(section)
        yield _section(section, numero, rapport.annee, suite=suivie and courte)
    if rapport.definitions or rapport.sources:
        yield _definitions(rapport)


def _couverture(rapport: Rapport) -> str:
    mentions = "".join(f"<p>{_propre(mention)}</p>" for mention in rapport.mentions)
    return (
        f'<section class="couverture"><div class="tete"><p class="collectivite">{_propre(rapport.collectivite)}</p>'
        f"{_logo(rapport.logo)}</div>"
        f'<h1>{_propre(rapport.titre)}</h1><p class="annee">{rapport.annee}</p>'
        f'<p class="sous-titre">{_propre(rapport.sous_titre)}</p>{_montants(rapport)}'
        f'<div class="mentions"><p class="etat">{_propre(rapport.etat)}</p>{mentions}</div></section>'
    )


def _logo(logo: Image | None) -> str:
    return (
        f'<div class="logo"><img alt="{_propre(logo.description)}" src="{_adresse(logo)}"></div>'
        if logo
        else ""
    )


def _montants(rapport: Rapport) -> str:
    """Draw the uprights: a list, each with its figure on top and its name at its foot, along it when they are many."""
    if not rapport.montants:
        return ""
    plus_haut = max(valeur for _, valeur in rapport.montants)
    serres = len(rapport.montants) > FUTS_LARGES
    futs = "".join(
        _fut(
            shorten(nettoyer(nom), NOM_DEBOUT, placeholder="…") if serres else nettoyer(nom),
            montant(valeur, centimes=False)
            if rapport.type_montants == TypeColonne.MONTANT
            else nombre(valeur),
            _hauteur(valeur, plus_haut),
        )
        for nom, valeur in rapport.montants
    )
    legende = (
        f'<p class="legende">{_propre(rapport.legende_montants)}</p>' if rapport.legende_montants else ""
    )
    # what the figures are is read before them
    return f'{legende}<ul class="montants{" serres" if serres else ""}">{futs}</ul>'


def _fut(nom: str, valeur: str, hauteur: float) -> str:
    return (
        f'<li><div class="fut"><p class="valeur" style="padding-top:{FUT_MM - hauteur:.1f}mm">'
        f"{escape(valeur)}</p>"
        f'<div class="trait" style="height:{hauteur:.1f}mm"></div></div><p class="nom">{escape(nom)}</p></li>'
    )


def _hauteur(valeur: Decimal, plus_haut: Decimal) -> float:
    return float(max(valeur, Decimal(0)) / plus_haut) * FUT_MM if plus_haut > 0 else 0.0


def _sommaire(rapport: Rapport, annexes: Sequence[AnnexeImprimee], ici: set[int]) -> str:
    sections = [
        _entree(f"#section-{numero}", f"{numero}.", nettoyer(section.titre), f"section-{numero}")
        for numero, section in enumerate(rapport.sections, start=1)
    ]
    if rapport.definitions or rapport.sources:
        sections.append(_entree("#definitions", "", DEFINITIONS, "definitions"))
    fin = [
        _entree(
            f"#{annexe.ancre}" if annexe.numero in ici else f"{PROTOCOLE}{annexe.ancre}",
            f"Annexe{INSECABLE}{annexe.numero}",
            nettoyer(annexe.annexe.tableau.titre),
            page=f"{annexe.prefixe}1",
        )
        for annexe in annexes
    ]
    listes = f"<ul>{''.join(sections)}</ul>" + (f'<ul class="annexes">{"".join(fin)}</ul>' if fin else "")
    return f'<section class="sommaire"><h2>Sommaire</h2>{listes}</section>'


def _entree(adresse: str, numero: str, titre: str, cible: str = "", *, page: str = "") -> str:
    """The page stands beside the link: nothing but words in a link (PDF/UA 7.18.5)."""
    folio = f'<span class="page" data-cible="#{cible}"></span>' if cible else f"<span>{page}</span>"
    return f'<li><span class="numero">{escape(numero)}</span> <a href="{adresse}">{escape(titre)}</a> {folio}</li>'


# -- Sections --------------------------------------------------------------------------------------
def _est_courte(section: Section) -> bool:
    """Whether the section is a few sentences and rows: a page of its own would be nearly white."""
    return sum(map(_etendue, section.blocs)) < SECTION_COURTE


def _etendue(bloc: Bloc) -> int:
    """Return about how many characters of prose would take the room of a block."""
    match bloc:
        case BlocTexte():
            return len(bloc.texte)
        case BlocTableau():
            vue = voir(bloc.tableau)
            rangs = range(len(bloc.tableau.colonnes))
            return sum(
                ETENDUE_RANGEE + sum(len(vue.texte(i, rangee)) for i in rangs if rangee.cellules)
                for rangee in vue.rangees
            )
        case _:
            return SECTION_COURTE


def _section(section: Section, numero: int, annee: int, *, suite: bool) -> str:
    """Return a section; a `suite` stands under the one before when there is room."""
    blocs = "".join(_bloc(bloc, annee) for bloc in section.blocs)
    classe = "section suite" if suite else "section"
    return (
        f'<section class="{classe}"><h2 id="section-{numero}" class="ouverture">{_propre(section.titre)}</h2>{blocs}'
        f"</section>"
    )


def _bloc(bloc: Bloc, annee: int) -> str:
    match bloc:
        case BlocTexte():
            return f'<div class="prose">{en_html(bloc.texte)}</div>'
        case BlocChiffres():
            return _chiffres(bloc, annee)
        case BlocTableau():
            return _bloc_tableau(bloc)
        case BlocGraphique():
            return _bloc_graphique(bloc)
        case BlocImages():
            return _images(bloc)


def _chiffres(bloc: BlocChiffres, annee: int) -> str:
    titre = f"<h3>{_propre(bloc.titre)}</h3>" if bloc.titre else ""
    chiffres = list(bloc.chiffres)
    rangs = "".join(
        f'<div class="rang">{"".join(_chiffre(c, annee) for c in chiffres[debut : debut + CHIFFRES_PAR_RANG])}</div>'
        for debut in range(0, len(chiffres), CHIFFRES_PAR_RANG)
    )
    note = f'<p class="note">{_propre(bloc.note)}</p>' if bloc.note else ""
    return f'<div class="chiffres">{titre}{rangs}{note}</div>'


def _chiffre(chiffre: Chiffre, annee: int) -> str:
    valeur = valeur_lisible(chiffre, chiffre.valeur)
    if not valeur:
        classe, valeur = "valeur inconnue", "non connu"
    else:
        classe = "valeur longue" if len(valeur) > CHIFFRE_LONG else "valeur"
    lignes = [f'<p class="{classe}">{escape(valeur)}</p><p class="libelle">{_propre(chiffre.libelle)}</p>']
    if chiffre.avant is not None:
        avant = f"{valeur_lisible(chiffre, chiffre.avant)} en {annee - 1}"
        lignes.append(f'<p class="avant">{escape(avant)}</p>')
    lignes += [
        f'<p class="{classe}">{_propre(capitale(texte))}</p>'
        for classe, texte in (("definition", chiffre.definition), ("appui", chiffre.repose_sur))
        if texte
    ]
    return f'<div class="chiffre">{"".join(lignes)}</div>'


def valeur_lisible(chiffre: Chiffre, valeur: int | Decimal | date | None) -> str:
    """Return a key figure as it is read: « 41 », « 24 000 € », « 52,5 % », « 30 juin 2025 » ; "" for none."""
    if isinstance(valeur, date):
        return date_longue(valeur)
    if chiffre.type == TypeColonne.MONTANT:
        return montant(valeur)
    return pourcentage(valeur) if chiffre.type == TypeColonne.POURCENTAGE else nombre(valeur)


def _tableau_du_bloc(bloc: BlocTableau | BlocGraphique) -> Tableau:
    if isinstance(bloc, BlocTableau):
        return bloc.tableau
    return bloc.tableau or tableau_du_graphique(bloc.graphique)


def _bloc_tableau(bloc: BlocTableau) -> str:
    vue = voir(bloc.tableau)
    marge = _marge(bloc.repose_sur)
    table = _cote_a_cote(_table(vue), marge) if _est_etroite(vue) else _table(vue) + marge
    titres = _titres(bloc.tableau.titre, bloc.tableau.sous_titre_complet)
    return _ensemble(titres + table + _notes(*bloc.tableau.notes), vue)


def _bloc_graphique(bloc: BlocGraphique) -> str:
    graphique = bloc.graphique
    dessin = base64.b64encode(dessiner(graphique, largeur_mm=COLONNE_MM, theme="clair")).decode()
    image = f'<img class="dessin" alt="{_propre(alternative(graphique))}" src="data:image/svg+xml;base64,{dessin}">'
    vue = voir(_tableau_du_bloc(bloc))
    marge = _marge(bloc.repose_sur, graphique.source)
    haut = _titres(graphique.titre, graphique.sous_titre) + _cote_a_cote(image, marge)
    # the unit of a table that is not the chart's own: its titles are not shown
    notes = (vue.tableau.sous_titre_complet, *vue.tableau.notes) if bloc.tableau else ()
    return _ensemble(haut + f'<div class="double">{_table(vue)}</div>' + _notes(*notes), vue)


def _titres(titre: str, sous_titre: str) -> str:
    bas = f'<p class="sous-titre">{_propre(sous_titre)}</p>' if sous_titre else ""
    return f"<h3>{_propre(titre)}</h3>{bas}"


def _notes(*notes: str) -> str:
    lignes = "".join(f"<p>{_propre(capitale(note))}</p>" for note in notes if note)
    return f'<div class="notes">{lignes}</div>' if lignes else ""


def _marge(*notes: str) -> str:
    lignes = "".join(f"<p>{_propre(capitale(note))}</p>" for note in notes if note)
    return f'<div class="marge">{lignes}</div>' if lignes else ""


def _cote_a_cote(gauche: str, marge: str) -> str:
    return f'<div class="cote-a-cote"><div class="colonne">{gauche}</div>{marge}</div>'


def _ensemble(html: str, vue: Vue) -> str:
    """A short block is never cut by the end of a page."""
    classe = "bloc entier" if _hauteur_en_rangees(vue) <= RANGEES_ENTIERES else "bloc"
    return f'<div class="{classe}">{html}</div>'


def _hauteur_en_rangees(vue: Vue) -> int:
    """Return how many rows of one line the table is as high as, at least: a list takes a line an element."""
    return sum(max((len(c) for c in r.cellules if isinstance(c, tuple)), default=1) for r in vue.rangees)


def _est_etroite(vue: Vue) -> bool:
    """Whether a table stands in the column of text: few columns, none of long texts, few rows."""
    colonnes = vue.tableau.colonnes
    textes = [c for c in colonnes if c.type not in NUMERIQUES]
    return (
        len(colonnes) <= COLONNES_ETROITES
        and len(textes) <= 2
        and _hauteur_en_rangees(vue) <= RANGEES_ENTIERES
    )


def _table(vue: Vue) -> str:
    largeur = (COLONNE_MM if _est_etroite(vue) else PAGE_MM) * POINTS_PAR_MM
    largeurs = vue.largeurs(largeur, CORPS_TABLEAU_PT, MARGE_CELLULE_PT)
    classe = "corps etroite" if _est_etroite(vue) else "corps large"
    return f'<div class="{classe}">{table_html(vue, imprime=True, largeurs=largeurs)}</div>'


def _images(bloc: BlocImages) -> str:
    classe = "images" if len(bloc.images) > 1 else "images seule"
    return f'<div class="{classe}">{"".join(map(_image, bloc.images))}</div>'


def _image(image: Image) -> str:
    credit = f" Photo{INSECABLE}: {nettoyer(image.credit)}." if image.credit else ""
    description = nettoyer(image.description) or "Photographie"
    return (
        f'<div class="photo"><img alt="{escape(description)}" src="{_adresse(image)}">'
        f"<p>{escape(description.rstrip('.'))}.{escape(credit)}</p></div>"
    )


def _adresse(image: Image) -> str:
    """Return the picture itself as an address: nothing is read while a page is laid out."""
    return f"data:{image.type_mime};base64,{base64.b64encode(image.contenu).decode()}"


def _definitions(rapport: Rapport) -> str:
    termes = "".join(
        f"<dt>{_propre(definition.terme)}</dt><dd>{en_html(definition.texte, niveau=4)}</dd>"
        for definition in rapport.definitions
    )
    sources = "".join(f"<li>{_propre(source)}</li>" for source in rapport.sources)
    return (
        f'<section class="section sans-numero"><h2 id="definitions" class="ouverture">{DEFINITIONS}</h2>'
        + (f"<h3>Définitions</h3><dl>{termes}</dl>" if termes else "")
        + (f'<h3>Sources</h3><ul class="sources">{sources}</ul>' if sources else "")
        + "</section>"
    )


def _propre(texte: str) -> str:
    return escape(nettoyer(texte))
