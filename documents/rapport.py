"""A report described once, from cover to annexes: on the web, in PDF, in Word, and its tables in one workbook.

Everything in it is a plain value, so that `rapport_json` keeps it whole: the same report, read again years later from
what was kept, has the same figures. Prose is light markup (`prose`): paragraphs, headings, lists, bold, italic, links.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from documents.graphiques import Carte, Graphique
from documents.tableau import Tableau, TypeColonne


@dataclass(frozen=True, kw_only=True)
class Chiffre:
    """A key figure: its value (None: not known), what it is, what it rests on, where its rows are.

    `repose_sur` is a sentence (« 38 bilans validés sur 41 »); `adresse` the path of the page that shows the rows in the
    application, empty when there is none; `avant` the same figure a year earlier. `somme_de` is the (annex, column)
    that it is the total of: the workbook then computes it.
    """

    cle: str
    libelle: str
    valeur: int | Decimal | date | None
    type: TypeColonne = TypeColonne.ENTIER
    definition: str = ""
    repose_sur: str = ""
    adresse: str = ""
    avant: int | Decimal | None = None
    somme_de: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class BlocTexte:
    """Prose, in light markup. `code` names the block among those of its section (« recit »)."""

    code: str
    texte: str


@dataclass(frozen=True, kw_only=True)
class BlocChiffres:
    """Key figures, read before anything else."""

    code: str
    chiffres: Sequence[Chiffre]
    titre: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class BlocTableau:
    """A table of the body. `adresses` are the paths of the rows behind each line of the table, "" for none.

    They follow the lines in reading order, groups and totals not counted; empty when no line has any.
    """

    code: str
    tableau: Tableau
    adresses: Sequence[str] = ()
    repose_sur: str = ""


@dataclass(frozen=True, kw_only=True)
class BlocGraphique:
    """A chart or a map, doubled by its table. `tableau` is that of the chart itself when it is None."""

    code: str
    graphique: Graphique | Carte
    tableau: Tableau | None = None
    adresses: Sequence[str] = ()
    repose_sur: str = ""


@dataclass(frozen=True, kw_only=True)
class Image:
    """A photograph or a logo: what it shows in words, who took it, its bytes (jpeg or png) known by their SHA-256."""

    description: str
    credit: str
    empreinte: str
    contenu: bytes = field(repr=False, compare=False)
    type_mime: str = "image/jpeg"


@dataclass(frozen=True, kw_only=True)
class BlocImages:
    """Photographs, in order."""

    code: str
    images: Sequence[Image]


Bloc = BlocTexte | BlocChiffres | BlocTableau | BlocGraphique | BlocImages


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section: it opens a page, its heading stands in the contents."""

    code: str
    titre: str
    blocs: Sequence[Bloc] = ()


@dataclass(frozen=True, kw_only=True)
class Annexe:
    """A table at the end, in landscape: a sheet of the workbook too."""

    code: str
    tableau: Tableau


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A word of the report and what it means."""

    terme: str
    texte: str


@dataclass(frozen=True, kw_only=True)
class Rapport:
    """The whole report. `etat` is said on the cover and in the foot (« Projet soumis à avis », « Version 2 »).

    `montants` are the uprights of the cover, (label, figure): each axe and what it receives, each structure and its
    actions; `legende_montants` says it, `type_montants` is MONTANT or ENTIER.
    """

    titre: str
    sous_titre: str
    collectivite: str
    lieu: str
    annee: int
    etat: str
    sections: Sequence[Section]
    annexes: Sequence[Annexe] = ()
    montants: Sequence[tuple[str, Decimal]] = ()
    legende_montants: str = ""
    type_montants: TypeColonne = TypeColonne.MONTANT
    definitions: Sequence[Definition] = ()
    sources: Sequence[str] = ()
    # said on the cover: approval, date of the figures
    mentions: Sequence[str] = ()
    # those of the collectivity, « #0F5C63 »; without them, the report has those of Pilotis
    logo: Image | None = None
    couleur: str = ""
    # the moment that the files say they were made: the same report gives the same files
    cree_le: datetime | None = None
