"""A report with one of everything, for the tests of its formats."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from documents import Colonne, Groupe, Tableau, TypeColonne
from documents.graphiques import Carte, Contour, Forme, Graphique, Serie
from documents.rapport import (
    Annexe,
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

from .exemples import long, tableau

# one grey pixel
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQ"
    "CgwSExIQEw8QEBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k="
)
EMPREINTE = hashlib.sha256(JPEG).hexdigest()
MONTANT = TypeColonne.MONTANT

BENEFICIAIRES = Tableau(
    titre="Les personnes, par sexe et par âge",
    nom="Personnes",
    colonnes=(
        Colonne(cle="age", titre="Âge", entete_ligne=True),
        Colonne(cle="f", titre="Femmes", type=TypeColonne.ENTIER, total=True),
        Colonne(cle="h", titre="Hommes", type=TypeColonne.ENTIER, total=True),
        Colonne(cle="nr", titre="Non renseigné", type=TypeColonne.ENTIER, total=True),
        Colonne(cle="tout", titre="Ensemble", type=TypeColonne.ENTIER, somme_de=("f", "h", "nr"), total=True),
    ),
    groupes=(
        Groupe(
            lignes=(
                {"age": "0-5 ans", "f": 41, "h": 38, "nr": 5},
                {"age": "6-15 ans", "f": 180, "h": 211, "nr": None},
                {"age": "Âge inconnu", "f": None, "h": None, "nr": 1200},
            )
        ),
    ),
    total="Total",
    date_edition=date(2025, 6, 30),
    paysage=False,
)

CREDITS = Graphique(
    titre="La Ville et l'État portent 84 % des crédits",
    sous_titre="Montants accordés en 2024, en euros",
    categories=("Ville", "État", "CAF"),
    series=(
        Serie("2023", (Decimal("300000"), Decimal("250000.50"), None)),
        Serie("2024", (Decimal(320000), Decimal(240000), Decimal(12000))),
    ),
    type=MONTANT,
    intitule="Financeur",
    source="Source\u00a0: programmation au 30 juin 2025",
)
EVOLUTION = Graphique(
    titre="Deux fois plus d'actions qu'en 2022",
    categories=("2022", "2023", "2024"),
    series=(Serie("Actions", (20, 33, 41)),),
    forme=Forme.COURBE,
)
CARTE = Carte(
    titre="Le quartier et sa commune",
    contours=(
        Contour(
            "Mesnils Pasteur",
            {
                "type": "Polygon",
                "coordinates": [[[5.48, 47.1], [5.5, 47.1], [5.5, 47.11], [5.48, 47.11], [5.48, 47.1]]],
            },
            "QPV",
            3500,
        ),
    ),
)


def rapport(**attributs: Any) -> Rapport:
    """The report, some of its attributes replaced."""
    entier = Rapport(
        titre="Rapport annuel politique de la ville",
        sous_titre="Contrat de ville du Grand Dole",
        collectivite="Grand Dole",
        lieu="Dole",
        annee=2024,
        etat="Projet soumis à avis",
        sections=(
            Section(
                code="essentiel",
                titre="L'essentiel de l'année",
                blocs=(
                    BlocChiffres(
                        code="chiffres",
                        chiffres=(
                            Chiffre(
                                cle="actions",
                                libelle="actions",
                                valeur=41,
                                avant=38,
                                repose_sur="41 actions de la programmation",
                            ),
                            Chiffre(
                                cle="credits",
                                libelle="de crédits accordés",
                                valeur=Decimal("46476.75"),
                                type=MONTANT,
                                definition="Hors droit commun.",
                                somme_de=("porteurs", "total"),
                            ),
                            Chiffre(cle="personnes", libelle="personnes", valeur=None),
                            Chiffre(
                                cle="part",
                                libelle="de femmes",
                                valeur=Decimal("52.5"),
                                type=TypeColonne.POURCENTAGE,
                            ),
                            Chiffre(
                                cle="avis",
                                libelle="fin de la consultation",
                                valeur=date(2025, 7, 1),
                                type=TypeColonne.DATE,
                            ),
                        ),
                        note="38\u00a0bilans validés sur 41.",
                    ),
                    BlocTexte(
                        code="recit",
                        texte="## Une année « pleine »\n\nLe **contrat** finance *41 actions* : voir "
                        "[le site](https://exemple.fr).\n\n- première\n- deuxième <3",
                    ),
                ),
            ),
            Section(
                code="public",
                titre="Les personnes touchées & les moyens",
                blocs=(
                    BlocTableau(
                        code="sexe",
                        tableau=BENEFICIAIRES,
                        adresses=("/bilans/?age=0", "", "/bilans/?age=x"),
                        repose_sur="38 bilans validés sur 41",
                    ),
                    BlocGraphique(code="credits", graphique=CREDITS, repose_sur="41 actions"),
                    BlocGraphique(code="evolution", graphique=EVOLUTION),
                    BlocGraphique(code="carte", graphique=CARTE),
                    BlocImages(
                        code="photos",
                        images=(
                            Image(
                                description="Fête du quartier, le 14 juin 2024",
                                credit="Ville de Dole",
                                empreinte=EMPREINTE,
                                contenu=JPEG,
                            ),
                        ),
                    ),
                ),
            ),
        ),
        annexes=(
            Annexe(code="porteurs", tableau=tableau()),
            Annexe(code="longue", tableau=en_deux_rangees(long(30))),
        ),
        montants=(
            ("Cohésion sociale", Decimal(320000)),
            ("Emploi et développement économique", Decimal(120500)),
            ("Cadre de vie", Decimal(0)),
        ),
        legende_montants="Crédits accordés par axe",
        definitions=(
            Definition(terme="Droit commun", texte="Les crédits de tous, *hors* contrat de ville."),
        ),
        sources=("Bilans validés au 30 juin 2025.", "Insee, RP 2021."),
        mentions=("Chiffres arrêtés au 30 juin 2025",),
        cree_le=datetime(2025, 6, 30, 12, 0, tzinfo=UTC),
    )
    return replace(entier, **attributs)


def en_deux_rangees(origine: Tableau) -> Tableau:
    """The same table, its objectives under the short cells of each row."""
    colonnes = tuple(replace(c, pleine_largeur=c.cle == "objectifs") for c in origine.colonnes)
    return replace(origine, colonnes=colonnes)


def lire_image(empreinte: str) -> bytes:
    """The bytes of the only photograph."""
    assert empreinte == EMPREINTE
    return JPEG
