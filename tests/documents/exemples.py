"""One table with every feature, and small ones, for the tests of all formats."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from documents import Colonne, Groupe, Tableau, TypeColonne

FINANCEURS = ("mairie", "agglo", "etat")

COLONNES = (
    Colonne(cle="porteur", titre="Porteur", poids=2, fusionner=True),
    Colonne(cle="intitule", titre="Intitulé de l'action", poids=3, entete_ligne=True),
    Colonne(cle="objectifs", titre="Objectifs", type=TypeColonne.LISTE, poids=4),
    Colonne(cle="debut", titre="Début", type=TypeColonne.DATE, poids=1.5),
    Colonne(cle="personnes", titre="Personnes", type=TypeColonne.ENTIER, total=True),
    Colonne(cle="taux", titre="Taux", type=TypeColonne.POURCENTAGE),
    Colonne(cle="mairie", titre="Mairie", type=TypeColonne.MONTANT, total=True, part=True),
    Colonne(
        cle="agglo",
        titre="Agglo",
        groupe="Autres financeurs",
        type=TypeColonne.MONTANT,
        total=True,
        part=True,
    ),
    Colonne(
        cle="etat",
        titre="État",
        groupe="Autres financeurs",
        type=TypeColonne.MONTANT,
        total=True,
        part=True,
        valeur=lambda ligne: ligne.get("etat"),
    ),
    Colonne(cle="total", titre="Total", type=TypeColonne.MONTANT, somme_de=FINANCEURS, total=True, poids=1.2),
)


def ligne(porteur: str, intitule: str, **valeurs: Any) -> dict[str, Any]:
    """A row, blank where nothing is said."""
    vide = dict.fromkeys(("objectifs", "debut", "personnes", "taux", *FINANCEURS))
    return {**vide, "porteur": porteur, "intitule": intitule, **valeurs}


VILLE = [
    ligne(
        "VILLE – Médiathèque",
        "Spectacles en famille",
        objectifs=["Aller vers le livre", "Accueillir les parents & les enfants <3"],
        debut=date(2023, 7, 1),
        personnes=100,
        taux=Decimal("12.5"),
        mairie=Decimal("8400.50"),
        etat=Decimal(1000),
    ),
    ligne(
        "VILLE – Médiathèque",
        "=1+1",
        objectifs=["- un tiret"],
        debut=date(2023, 6, 30),
        personnes=0,
        mairie=Decimal(0),
        agglo="",
    ),
    ligne("VILLE – Culture", "Cirque en\nQPV\x0b", personnes=1320, mairie=Decimal(8826), etat=Decimal(3000)),
]
ASSOCIATIONS = [
    ligne("Centre social", "@Ateliers, cœur d’été", agglo=Decimal("24000"), etat=Decimal("1250.25")),
    ligne("Mosaïque", "Action sans financement"),
]


def groupes() -> list[Groupe]:
    """Two groups, with subtotals."""
    return [
        Groupe(titre="Ville", lignes=lambda: iter(VILLE), sous_total="Sous-total Ville"),
        Groupe(titre="Associations & autres", lignes=ASSOCIATIONS, sous_total="Sous-total associations"),
    ]


def tableau(**attributs: Any) -> Tableau:
    """The table with every feature; the attributes given replace its own."""
    complet: dict[str, Any] = {
        "titre": "Bilan des actions 2023 par porteur",
        "sous_titre": "Contrat de ville – QPV « Les Escanaux »",
        "nom": "Bilan par porteur 2023",
        "colonnes": COLONNES,
        "groupes": groupes,
        "total": "Total général",
        "libelle_parts": "Part",
        "notes": ("Total imprimé dans le document : 687\u202f489\u00a0€.", "Source : bilans validés."),
        "pied": 'Contrat de ville 2015-2023 · "Bagnols" </style>',
        "date_edition": date(2024, 3, 1),
        "auteur": "Service politique de la ville",
    }
    return Tableau(**{**complet, **attributs})


def long(nombre: int, **attributs: Any) -> Tableau:
    """A table of that many rows, generated lazily."""

    def lignes() -> Any:
        return (
            ligne(f"Porteur {i % 7}", f"Action {i}", mairie=Decimal(i), etat=Decimal(i) / 4)
            for i in range(1, nombre + 1)
        )

    def source() -> list[Groupe]:
        return [Groupe(titre="Tout", lignes=lignes, sous_total="Sous-total")]

    return tableau(groupes=source, **attributs)
