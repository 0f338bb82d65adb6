"""A report kept as plain data: what is frozen is read again years later with the same figures, to the byte.

    donnees = en_json(rapport)
    empreinte(donnees)                       # SHA-256 of octets(donnees)
    depuis_json(donnees, images=lire_image)  # the same report: en_json of it gives the same bytes

Tables are kept as rows of typed values, read through `calcul`: nothing comes from the database afterwards. Numbers
with decimals and dates are strings, photographs are known by their SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from documents.calcul import Valeur, cellules_de, typer
from documents.graphiques import Carte, Contour, Forme, Graphique, Serie
from documents.rapport import (
    Annexe,
    Bloc,
    BlocChiffres,
    BlocGraphique,
    BlocImages,
    BlocTableau,
    BlocTexte,
    Chiffre,
    Definition,
    Image,
    Rapport,
    Section,
)
from documents.tableau import Colonne, Groupe, Mesure, Tableau, TypeColonne

# of the description of a report: what is written here is read by every later version of the application
FORMAT = 1

Donnees = dict[str, Any]
LireImage = Callable[[str], bytes]

_COLONNE = (
    *("cle", "titre", "groupe", "poids", "total", "part", "entete_ligne", "fusionner"),
    "pleine_largeur",
)
_TABLEAU = (
    *("titre", "nom", "sous_titre", "total", "libelle_parts", "afficher_titres_groupes", "vide", "pied"),
    *("auteur", "format_page", "paysage", "corps_pt"),
)


def octets(donnees: Donnees) -> bytes:
    """Return the canonical bytes: keys sorted, UTF-8, no useless space. Raises ValueError for what is not JSON."""
    return json.dumps(
        donnees, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    ).encode()


def empreinte(donnees: Donnees) -> str:
    """Return the SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(octets(donnees)).hexdigest()


# -- Writing ---------------------------------------------------------------------------------------
def en_json(rapport: Rapport) -> Donnees:
    """Return the whole report as plain data, its images apart.

    Raises TypeError when a figure does not have the type that it declares.
    """
    return {
        "format": FORMAT,
        **_champs(
            rapport, "titre", "sous_titre", "collectivite", "lieu", "annee", "etat", "legende_montants"
        ),
        "sections": [
            {
                "code": section.code,
                "titre": section.titre,
                "blocs": [_bloc(bloc) for bloc in section.blocs],
            }
            for section in rapport.sections
        ],
        "annexes": [
            {"code": annexe.code, "tableau": tableau_en_json(annexe.tableau)} for annexe in rapport.annexes
        ],
        "montants": [
            [libelle, _plat(_typer(rapport.type_montants, montant))] for libelle, montant in rapport.montants
        ],
        "definitions": [_champs(definition, "terme", "texte") for definition in rapport.definitions],
        "sources": list(rapport.sources),
        "mentions": list(rapport.mentions),
        "cree_le": rapport.cree_le.isoformat() if rapport.cree_le else None,
        **_identite(rapport),
        **_type_des_montants(rapport),
    }


def _identite(rapport: Rapport) -> Donnees:
    """Return what the collectivity set; nothing otherwise: what was frozen before it could be keeps its bytes."""
    identite: Donnees = {"couleur": rapport.couleur} if rapport.couleur else {}
    return identite | {"logo": _image(rapport.logo)} if rapport.logo else identite


def _image(image: Image) -> Donnees:
    return _champs(image, "description", "credit", "empreinte", "type_mime")


def _type_des_montants(rapport: Rapport) -> Donnees:
    """Return nothing for amounts, as before another type could be."""
    if rapport.type_montants == TypeColonne.MONTANT:
        return {}
    return {"type_montants": str(rapport.type_montants)}


def _bloc(bloc: Bloc) -> Donnees:
    tete = {"genre": _GENRES[type(bloc)], "code": bloc.code}
    match bloc:
        case BlocTexte():
            return {**tete, "texte": bloc.texte}
        case BlocChiffres():
            return {**tete, **_champs(bloc, "titre", "note"), "chiffres": list(map(_chiffre, bloc.chiffres))}
        case BlocTableau():
            return {
                **tete,
                "tableau": tableau_en_json(bloc.tableau),
                "adresses": list(bloc.adresses),
                "repose_sur": bloc.repose_sur,
            }
        case BlocGraphique():
            return {
                **tete,
                "graphique": _graphique(bloc.graphique),
                "tableau": tableau_en_json(bloc.tableau) if bloc.tableau else None,
                "adresses": list(bloc.adresses),
                "repose_sur": bloc.repose_sur,
            }
        case BlocImages():
            return {**tete, "images": [_image(image) for image in bloc.images]}


def _chiffre(chiffre: Chiffre) -> Donnees:
    return {
        **_champs(chiffre, "cle", "libelle", "definition", "repose_sur", "adresse"),
        "type": str(chiffre.type),
        "valeur": _plat(_typer(chiffre.type, chiffre.valeur)),
        "avant": _plat(_typer(chiffre.type, chiffre.avant)),
        "somme_de": list(chiffre.somme_de) if chiffre.somme_de else None,
    }


def _graphique(graphique: Graphique | Carte) -> Donnees:
    commun = {
        **_champs(graphique, "titre", "sous_titre", "source"),
        "type": str(graphique.type),
    }
    if isinstance(graphique, Carte):
        contours = [
            {
                **_champs(contour, "nom", "type"),
                # a copy made of plain values only
                "geometrie": json.loads(json.dumps(contour.geometrie, allow_nan=False)),
                "valeur": _plat(_typer(graphique.type, contour.valeur)),
            }
            for contour in graphique.contours
        ]
        return {**commun, "genre": "carte", "contours": contours}
    return {
        **commun,
        "genre": "graphique",
        "forme": str(graphique.forme),
        "intitule": graphique.intitule,
        "categories": list(graphique.categories),
        "series": [
            {"nom": serie.nom, "valeurs": [_plat(_typer(graphique.type, v)) for v in serie.valeurs]}
            for serie in graphique.series
        ],
    }


def tableau_en_json(tableau: Tableau) -> Donnees:
    """Return a table as plain data: its description, and the typed value of every cell that is read.

    Raises TypeError when a value does not have the type of its column.
    """
    lues = tuple(i for i, colonne in enumerate(tableau.colonnes) if not colonne.somme_de)
    return {
        **_champs(tableau, *_TABLEAU),
        "notes": list(tableau.notes),
        "date_edition": tableau.date_edition.isoformat() if tableau.date_edition else None,
        "colonnes": [
            {**_champs(colonne, *_COLONNE), "type": str(colonne.type), "somme_de": list(colonne.somme_de)}
            for colonne in tableau.colonnes
        ],
        "groupes": [
            {
                **_champs(groupe, "titre", "sous_total"),
                "lignes": [_ligne(tableau, ligne, lues) for ligne in groupe.iterer()],
            }
            for groupe in tableau.iterer_groupes()
        ],
    }


def _ligne(tableau: Tableau, ligne: Any, lues: Sequence[int]) -> list[Any]:
    cellules = cellules_de(tableau.colonnes, ligne)
    return [_plat(cellules[i]) for i in lues]


def _champs(objet: Any, *noms: str) -> Donnees:
    return {nom: getattr(objet, nom) for nom in noms}


def _plat(valeur: Valeur) -> Any:
    if isinstance(valeur, Decimal):
        return str(valeur)
    if isinstance(valeur, date):
        return valeur.isoformat()
    if isinstance(valeur, Mesure):
        return {"valeur": str(valeur.valeur), "unite": valeur.unite, "environ": valeur.environ}
    return list(valeur) if isinstance(valeur, tuple) else valeur


def _typer(type_: TypeColonne, valeur: Any) -> Valeur:
    return typer(Colonne(cle="valeur", titre="", type=type_), valeur)


# -- Reading ---------------------------------------------------------------------------------------
def depuis_json(donnees: Donnees, images: LireImage) -> Rapport:
    """Return the report kept in `donnees`; `images` gives the bytes of a photograph or a logo from its SHA-256.

    Raises ValueError for a format that this version does not know, KeyError for what is missing, and what
    `images` raises.
    """
    if donnees["format"] != FORMAT:
        raise ValueError(f"Ce rapport est au format {donnees['format']}, que cette version ne connaît pas.")
    cree_le = donnees["cree_le"]
    return Rapport(
        **_pris(donnees, "titre", "sous_titre", "collectivite", "lieu", "annee", "etat", "legende_montants"),
        sections=tuple(
            Section(
                code=section["code"],
                titre=section["titre"],
                blocs=tuple(_lire_bloc(bloc, images) for bloc in section["blocs"]),
            )
            for section in donnees["sections"]
        ),
        annexes=tuple(
            Annexe(code=annexe["code"], tableau=tableau_depuis_json(annexe["tableau"]))
            for annexe in donnees["annexes"]
        ),
        type_montants=TypeColonne(donnees.get("type_montants", TypeColonne.MONTANT)),
        montants=tuple((libelle, Decimal(montant)) for libelle, montant in donnees["montants"]),
        definitions=tuple(Definition(**definition) for definition in donnees["definitions"]),
        sources=tuple(donnees["sources"]),
        mentions=tuple(donnees["mentions"]),
        cree_le=datetime.fromisoformat(cree_le) if cree_le else None,
        logo=_lire_image(donnees["logo"], images) if "logo" in donnees else None,
        couleur=donnees.get("couleur", ""),
    )


def _lire_image(donnees: Donnees, images: LireImage) -> Image:
    return Image(**donnees, contenu=images(donnees["empreinte"]))


def _lire_bloc(donnees: Donnees, images: LireImage) -> Bloc:
    code = donnees["code"]
    match donnees["genre"]:
        case "texte":
            return BlocTexte(code=code, texte=donnees["texte"])
        case "chiffres":
            return BlocChiffres(
                code=code,
                chiffres=tuple(map(_lire_chiffre, donnees["chiffres"])),
                **_pris(donnees, "titre", "note"),
            )
        case "tableau":
            return BlocTableau(
                code=code,
                tableau=tableau_depuis_json(donnees["tableau"]),
                adresses=tuple(donnees["adresses"]),
                repose_sur=donnees["repose_sur"],
            )
        case "graphique":
            return BlocGraphique(
                code=code,
                graphique=_lire_graphique(donnees["graphique"]),
                tableau=tableau_depuis_json(donnees["tableau"]) if donnees["tableau"] else None,
                adresses=tuple(donnees["adresses"]),
                repose_sur=donnees["repose_sur"],
            )
        case "images":
            return BlocImages(
                code=code, images=tuple(_lire_image(image, images) for image in donnees["images"])
            )
        case genre:
            raise ValueError(f"Bloc inconnu : « {genre} ».")


def _lire_chiffre(donnees: Donnees) -> Chiffre:
    type_ = TypeColonne(donnees["type"])
    somme_de = donnees["somme_de"]
    return Chiffre(
        **_pris(donnees, "cle", "libelle", "definition", "repose_sur", "adresse"),
        type=type_,
        valeur=_relire(type_, donnees["valeur"]),
        avant=_relire(type_, donnees["avant"]),
        somme_de=(somme_de[0], somme_de[1]) if somme_de else None,
    )


def _lire_graphique(donnees: Donnees) -> Graphique | Carte:
    commun = _pris(donnees, "titre", "sous_titre", "source")
    type_ = TypeColonne(donnees["type"])
    if donnees["genre"] == "carte":
        contours = tuple(
            Contour(c["nom"], c["geometrie"], c["type"], _relire(type_, c["valeur"]))
            for c in donnees["contours"]
        )
        return Carte(**commun, type=type_, contours=contours)
    return Graphique(
        **commun,
        type=type_,
        forme=Forme(donnees["forme"]),
        intitule=donnees["intitule"],
        categories=tuple(donnees["categories"]),
        series=tuple(
            Serie(serie["nom"], tuple(_relire(type_, valeur) for valeur in serie["valeurs"]))
            for serie in donnees["series"]
        ),
    )


def tableau_depuis_json(donnees: Donnees) -> Tableau:
    """Return the table kept in `donnees`. Raises KeyError or ValueError when they do not describe one."""
    edition = donnees["date_edition"]
    colonnes = tuple(
        Colonne(**_pris(c, *_COLONNE), type=TypeColonne(c["type"]), somme_de=tuple(c["somme_de"]))
        for c in donnees["colonnes"]
    )
    lues = [colonne for colonne in colonnes if not colonne.somme_de]
    return Tableau(
        **_pris(donnees, *_TABLEAU),
        notes=tuple(donnees["notes"]),
        date_edition=date.fromisoformat(edition) if edition else None,
        colonnes=colonnes,
        groupes=tuple(
            Groupe(
                titre=groupe["titre"],
                sous_total=groupe["sous_total"],
                lignes=tuple(
                    {c.cle: _relire(c.type, valeur) for c, valeur in zip(lues, ligne, strict=True)}
                    for ligne in groupe["lignes"]
                ),
            )
            for groupe in donnees["groupes"]
        ),
    )


def _pris(donnees: Donnees, *noms: str) -> Donnees:
    return {nom: donnees[nom] for nom in noms}


def _relire(type_: TypeColonne, valeur: Any) -> Any:
    """Return the value in its type: what JSON cannot say was written as text."""
    if valeur is None:
        return None
    if type_ in (TypeColonne.MONTANT, TypeColonne.POURCENTAGE):
        return Decimal(valeur)
    if type_ == TypeColonne.MESURE:
        return Mesure(Decimal(valeur["valeur"]), valeur["unite"], valeur["environ"])
    if type_ == TypeColonne.DATE:
        return date.fromisoformat(valeur)
    return tuple(valeur) if type_ == TypeColonne.LISTE else valeur


_GENRES = {
    BlocTexte: "texte",
    BlocChiffres: "chiffres",
    BlocTableau: "tableau",
    BlocGraphique: "graphique",
    BlocImages: "images",
}
