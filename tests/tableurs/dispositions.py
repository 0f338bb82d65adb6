"""The twelve layouts of domaine.md §8, each with its peculiarities, as workbooks in memory.

`DISPOSITIONS` gives them by name; `classeurs.en_xlsx` makes a file of each.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from documents.tableurs.modele import Classeur

from .classeurs import classeur, feuille


def l1() -> Classeur:
    """Dole, annexe of the notice: a typing error in the header, a row cut by a page break, blank separators."""
    return classeur(
        feuille(
            "Feuil1",
            [
                ("ANNEXE NOTICE BILAN CONTRAT DE VILLE 2024",),
                ("TABLEAU - SYNTHÈSE DES ACTIONS",),
                (),
                ("ACTION", "STRUCTURE", "DESSCRIPTIF"),
                ("PRE", "CCAS", "141 enfants dont 59 filles et 82 garçons ont participé."),
                ("Tournoi de foot", "Cité Jeune", "Les structures du quartier ont activement"),
                (),
                (None, None, "participé, en contribuant à l'animation et à l'inscription des participants."),
                ("Ensemble pour réussir", "Cité Jeune", "Action reportée en 2025"),
                (),
                ("Intervention des sapeurs-pompiers", "UDSP", "Action 2023 reportée en 2025"),
            ],
            fusions=("A1:C1", "A2:C2"),
        ),
        nom="annexe.xlsx",
    )


def l2() -> Classeur:
    """Bagnols: two levels, continuation rows, a column of subtotals without title, totals and shares as text."""
    titre = "BILAN DES ACTIONS DU CONTRAT DE VILLE 2023 PAR PORTEUR"
    entete = (
        *("Porteur de projet", "Intitulé de l'action", "Axe prioritaire", "Thématique"),
        *("bilan d'action +/- et perspectives", "NB de bénéficiaires QPV", "type de public bénéficiaire"),
        *("moyens humains et matériels", "MAIRIE BAGNOLS", "Autres financeurs", None, None, None, None),
        *("TOTAL PDV", None, "CAF"),
    )
    financeurs = (*([None] * 9), "AGGLO", "PSE", "ETAT", "Département", "Région", None, None, None)
    vide: tuple[None, ...] = ()
    return classeur(
        feuille(
            "Bilan",
            [
                (titre,),
                vide,
                entete,
                financeurs,
                _l2("VILLE - DCESS", "Cirque en QPV", "Chapiteau", 320, 8826, None, 2000, 1000, None, 11826),
                _l2(
                    "VILLE - DCESS",
                    "Ecole B (dont QE)",
                    "QUARTIERS D'ÉTÉ",
                    139,
                    "47 414",
                    None,
                    12000,
                    None,
                    None,
                    59414,
                ),
                _l2(None, None, "CONTRAT DE VILLE", 720, 42123, None, 7000, 2000, 2000, 53123, caf=5000),
                _l2("VILLE - DGPU", "FPH", "Aucun projet", 0, 0, None, 0, 0, None, 0),
                vide,
                (*([None] * 15), 124363),
                vide,
                _l2("MAS", "ateliers bien être", "6 sessions", 65, 0, 1000, 1000, 2000, 4000, 8000),
                _l2("MAS", "Table solidaire", "Bagnols", 500, 3000, 5000, 2000, 6000, None, 16000, 24000),
                _l2("UFOLEP", "UFOSTREET", "city stades", 22, 2500, None, 2000, 2000, None, 6500, "6 500"),
                vide,
                (*([None] * 5), 12264),
                vide,
                (
                    *([None] * 8),
                    "103 863 €",
                    "6 000 €",
                    None,
                    "26 000 €",
                    "13 000 €",
                    "6 000 €",
                    "154 863 €",
                    None,
                    "5 000 €",
                ),
                vide,
                (
                    *([None] * 8),
                    Decimal("0.67"),
                    Decimal("0.04"),
                    0,
                    Decimal("0.17"),
                    Decimal("0.08"),
                    Decimal("0.04"),
                ),
            ],
            fusions=(
                "A1:Q1",
                "J3:N3",
                *(f"{lettre}3:{lettre}4" for lettre in "ABCDEFGHIOPQ"),
                "A6:A7",
                "B6:B7",
            ),
            pourcentages=("I20", "J20", "K20", "L20", "M20", "N20"),
        ),
        nom="bilan_2023.xlsx",
    )


def _l2(
    porteur: str | None,
    intitule: str | None,
    bilan: str,
    personnes: int,
    *montants: int | str | None,
    caf: int | None = None,
) -> tuple[object, ...]:
    mairie, agglo, etat, departement, region, total, *sous_total = montants
    return (
        *(
            porteur,
            intitule,
            "COHESION SOCIALE",
            "EDUCATION CULTURE SPORT",
            bilan,
            personnes,
            "enfants",
            None,
        ),
        *(mairie, agglo, None, etat, departement, region, total, next(iter(sous_total), None), caf),
    )


def l3() -> Classeur:
    """Dole, table of the enjeux: the title row repeated, lists in cells, « générées » for « genrées »."""
    entete = (
        *("Axes de travail", "Objectifs généraux", "Partenaires associés", "Leviers"),
        "Critères d'évaluation\n(intégrer des données genrées)",
    )
    return classeur(
        feuille(
            "Enjeux",
            [
                ("Enjeu 1 : Éducation",),
                entete,
                (
                    "Réussite éducative",
                    "Accompagner\nPrévenir",
                    "CCAS\nÉducation nationale",
                    "PRE",
                    "Nombre d'enfants",
                ),
                ("Parentalité", "Soutenir les parents", "CAF", "REAAP", "Nombre de parents"),
                ("Enjeu 2 : Emploi",),
                (*entete[:4], "Critères d'évaluation (intégrer des données générées)"),
                ("Accès à l'emploi", "Lever les freins", "France Travail", "Clauses", "Avancée des projets"),
            ],
        ),
        nom="enjeux.xlsx",
    )


def l4() -> Classeur:
    """Besançon, chiffres clefs: three exercises side by side, « dont » lines, empty % cells, placeholders."""
    return classeur(
        feuille(
            "Chiffres clefs",
            [
                ("Chiffres clefs de la structure",),
                (
                    *(None, "Budget Prévisionnel N+1", None, "Perspectives d'atterrissage N", None),
                    *("Résultat définitif N-1", None),
                ),
                (None, "Montant (€)", "%", "Montant (€)", "%", "Montant (€)", "%"),
                ("Charges de personnel", 420000, Decimal("0.62"), 410000, Decimal("0.61"), 402118, None),
                ("dont emplois aidés", "A COMPLETER", None, 12000, None, 11850, None),
                ("Subvention Ville", 243000, Decimal("0.36"), 243000, None, "[REDACTED]", None),
                ("TOTAL", 678000, 1, 672000, 1, 655420, 1),
            ],
            fusions=("B2:C2", "D2:E2", "F2:G2"),
        ),
        nom="chiffres.xlsx",
    )


def l5() -> Classeur:
    """Dijon, fiche action: one form an action, amounts by year in sentences."""
    return classeur(
        feuille(
            "FICHE ACTION 2",
            [
                ("FICHE ACTION 2 – SOLIDARITÉ ET LIEN SOCIAL",),
                (),
                ("Domaine", "Solidarité et lien social"),
                ("Nom", "Accueil du centre social"),
                ("Objectifs", "Rompre l'isolement"),
                (None, "Favoriser l'autonomie"),
                ("Moyens", "11,26 ETP, deux salles"),
                ("Déroulement", "Toute l'année, du lundi au vendredi"),
                ("Publics", "tout habitant du Centre-Ville"),
                ("Tarifs", "Adhésion : 5 €"),
                ("Partenaires", "CAF, CCAS"),
                ("Critères d'évaluation", "Nombre d'adhérents"),
                ("Budget prévisionnel annuel", "163 546 € pour 2024"),
                ("Participation financière de la Ville", "82 000 €"),
            ],
        ),
        nom="fiche.xlsx",
    )


def l6() -> Classeur:
    """ANCT, open data of the P147: technical headers, theme codes, a name instead of a SIRET, years as text."""
    return classeur(
        feuille(
            "p147_2023",
            [
                (
                    *(
                        "lib_action",
                        "raison_sociale",
                        "objectif",
                        "montant",
                        "theme",
                        "sous_theme",
                        "code_tiers",
                    ),
                    *("annee", "codgeo", "code_cv", "insee_dep", "insee_reg"),
                ),
                (
                    "Chantiers jeunes",
                    "Loisirs Pop",
                    "Insertion",
                    5000,
                    "1",
                    "1.5a",
                    44332616000019,
                    "2023",
                    "39198",
                    "CV129",
                    "39",
                    "27",
                ),
                (
                    "Poste FONJEP",
                    "Régie",
                    "Emploi",
                    7164,
                    "2",
                    "2.1",
                    "REGIE DE QUARTIER",
                    "2023",
                    "39198",
                    "CV129",
                    "39",
                    "27",
                ),
            ],
        ),
        nom="p147.csv",
    )


def l7() -> Classeur:
    """GISPRO and Chorus: the data sheet is not the first, headers have line breaks, codes are numbers or « DA… »."""
    return classeur(
        feuille("Lisez-moi", [("Action", "Montant"), ("Export du", "12/03/2023"), ("Ne pas modifier", None)]),
        feuille("TCD", [("Total", 3), ("Nombre", 2)]),
        feuille(
            "Export",
            [
                (
                    *("Action de demande - Code dossier", "N° doc. Précédent\nn° EJ CHORUS", "Code SIRET"),
                    *(
                        "Raison sociale du tiers",
                        "Projet - Code dossier",
                        "Libellé de l'action",
                        "Montant engagé",
                    ),
                    *(
                        "Libellé de la famille de procédure",
                        "Direction du gestionnaire du dossier",
                        "Type de tiers",
                    ),
                ),
                (
                    "DA00123456",
                    2103456789,
                    44332616000019,
                    "CITE JEUNE",
                    "DP001",
                    "Tournoi de foot",
                    3000,
                    "Politique de la ville",
                    "DDETSPP 39",
                    "Association",
                ),
                (
                    123457,
                    2103456790,
                    51894360000024,
                    "Régie",
                    "DP002",
                    "Recyclerie",
                    Decimal("1234.5"),
                    "Politique de la ville",
                    "DDETSPP 39",
                    "Association",
                ),
            ],
        ),
        nom="gispro.xlsx",
    )


def l8() -> Classeur:
    """SCDL « subventions »: sixteen columns, « Unique » capitalised, amounts as text."""
    return classeur(
        feuille(
            "subventions",
            [
                (
                    *(
                        "nomAttribuant",
                        "idAttribuant",
                        "dateConvention",
                        "referenceDecision",
                        "nomBeneficiaire",
                    ),
                    *(
                        "idBeneficiaire",
                        "rnaBeneficiaire",
                        "objet",
                        "montant",
                        "nature",
                        "conditionsVersement",
                    ),
                    *(
                        "datesPeriodeVersement",
                        "idRAE",
                        "notificationUE",
                        "pourcentageSubvention",
                        "dispositifAide",
                    ),
                ),
                _l8(
                    "Les Petits Débrouillards",
                    "38047555800058",
                    "Animations climat-énergie",
                    "47800.20",
                    "échelonné",
                ),
                _l8("MJC", "77838093100023", "Soutien au projet social", "25000.00", "Unique"),
            ],
        ),
        nom="subventions.csv",
    )


def _l8(nom: str, siret: str, objet: str, montant: str, conditions: str) -> tuple[str | None, ...]:
    return (
        *(
            "Ville de Quimper",
            "21290232000013",
            "2024-01-01",
            "2024-03-103",
            nom,
            siret,
            None,
            objet,
            montant,
        ),
        *("aide en numéraire", conditions, "2024-03-14/2025-03-14", None, "non", "0.45", None),
    )


def l9() -> Classeur:
    """Metz, programmation 2009: amounts by axe and their total, no action."""
    return classeur(
        feuille(
            "Programmation 2009",
            [
                ("PROGRAMMATION 2009 DU CONTRAT URBAIN DE COHÉSION SOCIALE",),
                ("Axe", "Montant"),
                ("Éducation", Decimal("242795.50")),
                ("Emploi", 229070),
                ("Cadre de vie", 424738),
                ("Santé", 58336),
                ("Prévention", 71566),
                ("TOTAL", Decimal("1026505.50")),
            ],
        ),
        nom="metz.xlsx",
    )


def l10() -> Classeur:
    """VVV, national bilan: percentages by activity."""
    return classeur(
        feuille(
            "VVV",
            [
                ("Activités proposées", "% 1998", "% 1999"),
                ("Sports", "42 %", "44 %"),
                ("Culture", "18 %", "17 %"),
                ("Chantiers", "12 %", "11 %"),
            ],
        ),
        nom="vvv.xlsx",
    )


def l11() -> Classeur:
    """Programmation for the COPIL: asked and proposed for each funder, piliers merged over their actions."""
    return classeur(
        feuille(
            "Programmation 2025",
            [
                ("PROGRAMMATION 2025 – PROPOSITION AU COPIL",),
                (
                    *(
                        "N°",
                        "Porteur",
                        "Action",
                        "QPV",
                        "Pilier/Enjeu",
                        "Nouvelle/Reconduction",
                        "Coût total",
                    ),
                    *(
                        "État",
                        None,
                        None,
                        "Ville",
                        None,
                        "Agglo",
                        "CAF",
                        "Département",
                        "Région",
                        "Observations",
                    ),
                ),
                (*([None] * 7), "Demandé", "Avis", "Proposé", "Demandé", "Proposé"),
                _l11(
                    1,
                    "CCAS",
                    "PRE",
                    "Mesnils Pasteur",
                    "Cohésion sociale",
                    "R",
                    90000,
                    60000,
                    "Favorable",
                    55000,
                    10000,
                    9000,
                ),
                _l11(
                    2,
                    "MJC",
                    "Web radio",
                    "Mesnils Pasteur",
                    None,
                    "N",
                    12000,
                    5000,
                    "Favorable",
                    4000,
                    2000,
                    2000,
                ),
                _l11(
                    3,
                    "Régie",
                    "Recyclerie",
                    "Tous",
                    "Emploi",
                    "R",
                    40000,
                    15000,
                    "Réservé",
                    10000,
                    5000,
                    None,
                ),
                ("Total", *([None] * 5), 142000, 80000, None, 69000, 17000, 11000),
            ],
            fusions=(
                *("A1:Q1", "H2:J2", "K2:L2"),
                *(f"{lettre}2:{lettre}3" for lettre in "ABCDEFGMNOPQ"),
                "E4:E5",
            ),
        ),
        nom="programmation.xlsx",
    )


def _l11(*valeurs: object) -> tuple[object, ...]:
    return (*valeurs, 1000, None, 500, None, "À suivre")


def l12() -> Classeur:
    """Bilan with the grid by sex and age; « 6-15 » became 1 June 2015 in the spreadsheet."""
    return classeur(
        feuille(
            "Bilan",
            [
                (
                    *(
                        "Porteur",
                        "Action",
                        "Nb total",
                        "dont QPV",
                        "F",
                        "H",
                        "0-5",
                        date(2015, 6, 1),
                        "16-17",
                    ),
                    *("18-25", "26-64", "65+", "Coût prévu", "Coût réalisé", "Subv. accordée"),
                ),
                ("MJC", "Web radio", 20, 15, 11, 9, 0, 12, 8, 0, 0, 0, 12000, 11500, 5000),
                ("CCAS", "PRE", 141, 141, 59, 82, 6, 130, 5, 0, 0, 0, 90000, 88000, 60000),
            ],
        ),
        nom="bilan_2024.xlsx",
    )


DISPOSITIONS: Mapping[str, Callable[[], Classeur]] = {
    **{"L1": l1, "L2": l2, "L3": l3, "L4": l4, "L5": l5, "L6": l6},
    **{"L7": l7, "L8": l8, "L9": l9, "L10": l10, "L11": l11, "L12": l12},
}
