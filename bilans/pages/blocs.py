"""The blocks of a report as a page of the site shows them: figures, tables, charts and their table, photographs."""

import base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.text import capfirst

from comptes.templatetags.typographie import date_longue, euros, insecables, nombre, pourcent
from documents.graphiques import Carte, alternative, dessiner, tableau_du_graphique
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
)
from documents.rendu_html import fragment_html
from documents.tableau import TypeColonne

# A chart as wide as a column of text on a desk, and as a phone.
LARGEUR_MM, LARGEUR_TELEPHONE_MM = 170, 90
ECRITS: dict[TypeColonne, Callable[[object], str]] = {
    TypeColonne.MONTANT: euros,
    TypeColonne.POURCENTAGE: pourcent,
    TypeColonne.DATE: date_longue,
}

# From a photograph to the address where its reader finds it.
Adresse = Callable[[Image], str]


@dataclass(frozen=True)
class ChiffreLu:
    """A key figure in words: what it is, its value (empty: not known), what it rests on, where its rows are."""

    libelle: str
    valeur: str
    detail: str
    url: str


@dataclass(frozen=True)
class PhotoLue:
    """A photograph: where it is, what it shows, who took it."""

    url: str
    description: str
    credit: str


@dataclass(frozen=True, kw_only=True)
class BlocLu:
    """A block ready for its page (templates/bilans/rapport/bloc.html); `genre` says which of its parts it has."""

    genre: str
    code: str
    titre: str = ""
    sous_titre: str = ""
    html: SafeString | None = None
    chiffres: tuple[ChiffreLu, ...] = ()
    note: str = ""
    # of a chart: its drawing on a desk and on a phone, its text, its source
    dessin: str = ""
    dessin_telephone: str = ""
    # a map, whose small drawing is the one to be read from afar: it is as high as wide
    carte: bool = False
    alternative: str = ""
    source: str = ""
    repose_sur: str = ""
    photos: tuple[PhotoLue, ...] = ()


def lire_blocs(blocs: Iterable[Bloc], annee: int, adresse: Adresse) -> list[BlocLu]:
    """Return the blocks of a section of the report of `annee` as they are shown; `adresse` finds its photographs."""
    return [_lire(bloc, annee, adresse) for bloc in blocs]


def _lire(bloc: Bloc, annee: int, adresse: Adresse) -> BlocLu:
    match bloc:
        case BlocTexte():
            return BlocLu(genre="texte", code=bloc.code, html=en_html(bloc.texte))
        case BlocChiffres():
            chiffres = tuple(_chiffre(chiffre, annee) for chiffre in bloc.chiffres)
            return BlocLu(
                genre="chiffres", code=bloc.code, titre=bloc.titre, chiffres=chiffres, note=bloc.note
            )
        case BlocTableau():
            html = fragment_html(bloc.tableau)
            return BlocLu(genre="tableau", code=bloc.code, html=html, repose_sur=_phrase(bloc.repose_sur))
        case BlocGraphique():
            return _graphique(bloc)
        case BlocImages():
            photos = (PhotoLue(adresse(image), image.description, image.credit) for image in bloc.images)
            return BlocLu(genre="photos", code=bloc.code, photos=tuple(photos))


def _graphique(bloc: BlocGraphique) -> BlocLu:
    graphique = bloc.graphique
    return BlocLu(
        genre="graphique",
        code=bloc.code,
        titre=graphique.titre,
        sous_titre=graphique.sous_titre,
        html=fragment_html(bloc.tableau or tableau_du_graphique(graphique)),
        dessin=_en_adresse(dessiner(graphique, largeur_mm=LARGEUR_MM)),
        dessin_telephone=_en_adresse(dessiner(graphique, largeur_mm=LARGEUR_TELEPHONE_MM)),
        carte=isinstance(graphique, Carte),
        alternative=alternative(graphique),
        source=graphique.source,
        repose_sur=_phrase(bloc.repose_sur),
    )


def _en_adresse(svg: bytes) -> str:
    """An image in an address: nothing of it can reach the page, nor be blocked as a style of the page would be."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"


def _chiffre(chiffre: Chiffre, annee: int) -> ChiffreLu:
    return ChiffreLu(
        libelle=chiffre.libelle,
        valeur=_ecrire(chiffre.type, chiffre.valeur),
        detail=". ".join(map(capfirst, _details(chiffre, annee))),
        url=chiffre.adresse,
    )


def _details(chiffre: Chiffre, annee: int) -> Iterator[str]:
    if chiffre.avant is not None:
        yield insecables(f"{_ecrire(chiffre.type, chiffre.avant)} en {annee - 1}")
    if chiffre.repose_sur:
        yield chiffre.repose_sur


def _ecrire(type_: TypeColonne, valeur: object) -> str:
    if valeur is None:
        return ""
    return ECRITS[type_](valeur) if type_ in ECRITS else nombre(valeur)


def _phrase(texte: str) -> str:
    return f"{capfirst(texte)}." if texte else ""
