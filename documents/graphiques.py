"""A chart described once, drawn the same for the page and the PDF; each can be read as a table.

    dessiner(Graphique(titre="La Ville porte la moitié des crédits", categories=("Ville", "État"),
                       series=(Serie("2024", (Decimal(500), Decimal(480))),), type=TypeColonne.MONTANT))

The title is the finding, the subtitle the definition; values are written on the marks. `None` is a value that is not
known: it is said, never drawn as zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from documents.formats import INSECABLE, a_des_centimes, montant, nombre, pourcentage
from documents.tableau import NUMERIQUES, Colonne, Groupe, Tableau, TypeColonne

if TYPE_CHECKING:
    from documents.graphiques_couleurs import Theme

Valeur = int | Decimal | None

NON_RENSEIGNE = f"non{INSECABLE}renseigné"
LARGEUR_MM_MIN = 60
# beyond, the text of the image says the extremes of all the series at once
SERIES_DITES = 4


class Forme(StrEnum):
    """How a chart is drawn."""

    BARRES = "barres"  # one horizontal bar a category; several series stand side by side
    EMPILEES = "empilees"  # the series of a category end to end
    COURBE = "courbe"  # categories are years, one line a series


@dataclass(frozen=True)
class Serie:
    """The values of one series, one for each category.

    One that is named « Non renseigné » counts what nobody told: it is hatched, whatever the colours.
    """

    nom: str
    valeurs: tuple[Valeur, ...]


@dataclass(frozen=True, kw_only=True)
class Graphique:
    """A chart. Raises ValueError when a series has not one value a category, or the type is no figure."""

    titre: str
    categories: tuple[str, ...]
    series: tuple[Serie, ...]
    sous_titre: str = ""
    forme: Forme = Forme.BARRES
    type: TypeColonne = TypeColonne.ENTIER
    # what the categories are: the first header of the table (« Financeur »)
    intitule: str = ""
    # « Source : bilans validés au 20 novembre 2026 »
    source: str = ""

    def __post_init__(self) -> None:
        if any(len(serie.valeurs) != len(self.categories) for serie in self.series):
            raise ValueError("Chaque série a une valeur par catégorie.")
        _verifier(self.titre, self.type, self.valeurs)

    @property
    def valeurs(self) -> tuple[Valeur, ...]:
        """Every value, series after series."""
        return tuple(valeur for serie in self.series for valeur in serie.valeurs)

    @cached_property
    def avec_centimes(self) -> bool:
        """Whether amounts are written with cents: all of them, as soon as one has some."""
        return _avec_centimes(self.type, self.valeurs)


@dataclass(frozen=True)
class Contour:
    """A territory of a map: its name, its outline (a GeoJSON geometry, WGS 84), what it is (« QPV »), its figure."""

    nom: str
    geometrie: Mapping[str, Any]
    type: str = ""
    valeur: Valeur = None


@dataclass(frozen=True, kw_only=True)
class Carte:
    """A map of outlines, without a background: names are written on them, figures too when there are."""

    titre: str
    contours: tuple[Contour, ...]
    sous_titre: str = ""
    type: TypeColonne = TypeColonne.ENTIER
    source: str = ""

    def __post_init__(self) -> None:
        _verifier(self.titre, self.type, self.valeurs)

    @property
    def valeurs(self) -> tuple[Valeur, ...]:
        """The figure of each territory."""
        return tuple(contour.valeur for contour in self.contours)

    @cached_property
    def avec_centimes(self) -> bool:
        """Whether amounts are written with cents: all of them, as soon as one has some."""
        return _avec_centimes(self.type, self.valeurs)


def _verifier(titre: str, type_: TypeColonne, valeurs: Iterable[Valeur]) -> None:
    if not titre:
        raise ValueError("Un graphique a un titre.")
    if type_ not in NUMERIQUES - {TypeColonne.MESURE}:
        raise ValueError("Un graphique montre des nombres, des montants ou des pourcentages.")
    for valeur in valeurs:
        if valeur is not None and (isinstance(valeur, bool) or not isinstance(valeur, int | Decimal)):
            raise TypeError("Une valeur est un entier, un Decimal, ou None quand on ne la connaît pas.")
        if isinstance(valeur, Decimal) and not valeur.is_finite():
            raise ValueError("Une valeur est un nombre fini, ou None quand on ne la connaît pas.")


def _avec_centimes(type_: TypeColonne, valeurs: Iterable[Valeur]) -> bool:
    return type_ == TypeColonne.MONTANT and any(v is not None and a_des_centimes(v) for v in valeurs)


def ecrire(valeur: Valeur, graphique: Graphique | Carte) -> str:
    """Return a value as it stands on the drawing: « 24 000 € », « 12,5 % », « 141 », « non renseigné »."""
    if valeur is None:
        return NON_RENSEIGNE
    if graphique.type == TypeColonne.MONTANT:
        return montant(valeur, centimes=graphique.avec_centimes)
    return pourcentage(valeur) if graphique.type == TypeColonne.POURCENTAGE else nombre(valeur)


def est_l_inconnu(serie: Serie) -> bool:
    """Return whether a series counts what nobody told."""
    return serie.nom.strip().casefold().replace(INSECABLE, " ").startswith("non renseigné")


def dessiner(graphique: Graphique | Carte, *, largeur_mm: float = 170, theme: Theme = "auto") -> bytes:
    """Return the chart as an SVG image of that width, on a transparent ground; its height follows what it holds.

    The title, the subtitle and the source are NOT in it: they are the text around it, and `alternative` its own.
    « auto » follows the reader's system, light or dark, and is light on paper. Under 113 mm, as for a phone (90), names
    stand above their bars. Thirty categories fill a page: group the smallest before. The same chart gives the same
    bytes. Raises ValueError, in French, for an outline that cannot be drawn, or a width under LARGEUR_MM_MIN.
    """
    if largeur_mm < LARGEUR_MM_MIN:
        raise ValueError(f"Un graphique a au moins {LARGEUR_MM_MIN} mm de large.")
    # loaded when something is drawn: neither the start of the server nor the child of the PDF pays for it
    from documents.graphiques_dessin import dessin

    return dessin(graphique, largeur_mm, theme)


# -- In words --------------------------------------------------------------------------------------
_GENRES = {
    Forme.BARRES: "Diagramme en barres",
    Forme.EMPILEES: "Diagramme en barres empilées",
    Forme.COURBE: "Courbe",
}


def alternative(graphique: Graphique | Carte) -> str:
    """Return the text of the image, in French: what it is, its extremes, how many values are not known."""
    if isinstance(graphique, Carte):
        genre, corps = "Carte", _territoires(graphique)
    else:
        genre, corps = _GENRES[graphique.forme], _etendues(graphique)
    phrases = [f"{genre}{INSECABLE}: {graphique.titre}", graphique.sous_titre, *corps, _inconnues(graphique)]
    return " ".join(_phrase(phrase) for phrase in phrases if phrase)


def _phrase(texte: str) -> str:
    propre = texte.strip()
    return propre if propre[-1:] in (".", "!", "?", "…") else f"{propre}."


def _majuscule(phrase: str) -> str:
    return phrase[:1].upper() + phrase[1:]


def _etendues(graphique: Graphique) -> list[str]:
    if not graphique.categories or not graphique.series:
        return ["Aucune donnée"]
    seule = len(graphique.series) == 1
    phrases = []
    if graphique.forme == Forme.COURBE and len(graphique.categories) > 1:
        phrases = [f"De {graphique.categories[0]} à {graphique.categories[-1]}"]
    if len(graphique.series) > SERIES_DITES:
        toutes = [
            (f"{categorie}, {serie.nom}", valeur)
            for serie in graphique.series
            for categorie, valeur in zip(graphique.categories, serie.valeurs, strict=True)
        ]
        return [*phrases, _majuscule(_etendue(graphique, toutes))]
    for serie in graphique.series:
        connues = list(zip(graphique.categories, serie.valeurs, strict=True))
        etendue = _etendue(graphique, connues)
        phrases += [etendue if seule else f"{serie.nom}{INSECABLE}: {etendue}"] if etendue else []
    return [_majuscule(phrase) for phrase in phrases]


def _etendue(graphique: Graphique | Carte, valeurs: list[tuple[str, Valeur]]) -> str:
    """Return « au plus 500 € (Ville), au moins 20 € (Région) », nothing when nothing is known."""
    connues = [(valeur, nom) for nom, valeur in valeurs if valeur is not None]
    if not connues:
        return ""
    (haut, nom_haut), (bas, nom_bas) = max(connues, key=_premier), min(connues, key=_premier)
    if len(connues) == 1:
        return f"{ecrire(haut, graphique)} ({nom_haut})"
    if haut == bas:
        return f"partout {ecrire(haut, graphique)}"
    return f"au plus {ecrire(haut, graphique)} ({nom_haut}), au moins {ecrire(bas, graphique)} ({nom_bas})"


def _premier(connue: tuple[int | Decimal, str]) -> int | Decimal:
    return connue[0]


def _territoires(carte: Carte) -> list[str]:
    par_type: dict[str, list[str]] = {}
    for contour in carte.contours:
        par_type.setdefault(contour.type, []).append(contour.nom)
    phrases = [f"{type_ or 'Territoires'}{INSECABLE}: {', '.join(noms)}" for type_, noms in par_type.items()]
    etendue = _etendue(carte, [(contour.nom, contour.valeur) for contour in carte.contours])
    return [*phrases, _majuscule(etendue)]


def _inconnues(graphique: Graphique | Carte) -> str:
    inconnues = _nombre_d_inconnues(graphique)
    if inconnues and inconnues == len(graphique.valeurs):
        return "Aucune valeur n'est renseignée"
    if inconnues > 1:
        return f"{inconnues}{INSECABLE}valeurs non renseignées"
    return f"1{INSECABLE}valeur non renseignée" if inconnues else ""


def _nombre_d_inconnues(graphique: Graphique | Carte) -> int:
    """Return how many values are not known: none on a map without any figure, which shows where things are."""
    inconnues = sum(valeur is None for valeur in graphique.valeurs)
    muette = isinstance(graphique, Carte) and inconnues == len(graphique.valeurs)
    return 0 if muette else inconnues


# -- As a table ------------------------------------------------------------------------------------
_CATEGORIES = {Forme.BARRES: "Catégorie", Forme.EMPILEES: "Catégorie", Forme.COURBE: "Année"}


def tableau_du_graphique(
    graphique: Graphique | Carte, *, total: str = "", colonne_total: str = ""
) -> Tableau:
    """Return the double of the drawing: a row a category, a column a series.

    Ask for totals only where adding means something (never people counted in several actions): `total` is the label of
    a last line that adds the categories, `colonne_total` the title of a last column that adds the series. The source
    is not repeated. Raises ValueError when the totals of percentages are asked for.
    """
    colonnes, lignes = (
        _territoires_en_lignes(graphique, total)
        if isinstance(graphique, Carte)
        else _series_en_colonnes(graphique, total)
    )
    if colonne_total:
        series = tuple(colonne.cle for colonne in colonnes if colonne.cle.startswith("serie"))
        somme = Colonne(
            cle="total", titre=colonne_total, type=graphique.type, somme_de=series, total=bool(total)
        )
        colonnes = [*colonnes, somme]
    note = f"Case vide{INSECABLE}: valeur non renseignée."
    return Tableau(
        titre=graphique.titre,
        nom=graphique.titre,
        sous_titre=graphique.sous_titre,
        colonnes=tuple(colonnes),
        groupes=(Groupe(lignes=lignes),),
        total=total,
        notes=(note,) if _nombre_d_inconnues(graphique) else (),
        date_edition=None,
        paysage=False,
    )


def _series_en_colonnes(graphique: Graphique, total: str) -> tuple[list[Colonne], list[dict[str, Any]]]:
    nom = graphique.intitule or _CATEGORIES[graphique.forme]
    colonnes = [Colonne(cle="categorie", titre=nom, poids=3, entete_ligne=True)]
    colonnes += [
        Colonne(cle=f"serie{i}", titre=serie.nom or "Valeur", type=graphique.type, total=bool(total))
        for i, serie in enumerate(graphique.series)
    ]
    lignes = [
        {"categorie": categorie, **{f"serie{i}": s.valeurs[rang] for i, s in enumerate(graphique.series)}}
        for rang, categorie in enumerate(graphique.categories)
    ]
    return colonnes, lignes


def _territoires_en_lignes(carte: Carte, total: str) -> tuple[list[Colonne], list[dict[str, Any]]]:
    colonnes = [Colonne(cle="nom", titre="Territoire", poids=3, entete_ligne=True)]
    if any(contour.type for contour in carte.contours):
        colonnes.append(Colonne(cle="type", titre="Nature", poids=2))
    if any(valeur is not None for valeur in carte.valeurs):
        colonnes.append(Colonne(cle="serie", titre="Valeur", type=carte.type, total=bool(total)))
    lignes = [{"nom": c.nom, "type": c.type, "serie": c.valeur} for c in carte.contours]
    return colonnes, lignes
