"""A figure read in a text, with the words that say it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Nature(StrEnum):
    """What a figure counts."""

    EFFECTIF = "effectif"  # people, each counted once: « 141 enfants »
    MENAGES = "menages"  # households, families: « 7 ménages »
    FREQUENTATION = "frequentation"  # presences, averages, people a day: « 516 passages », « 22 jeunes/jour »
    SEANCES = "seances"  # what was held: « 47 séances », « quatre débats »
    DUREE = "duree"  # « deux semaines », « 138 heures »
    AGES = "ages"  # « de 6 à 15 ans »
    PART = "part"  # « 40 % »
    DATES = "dates"  # « du 25 juillet au 8 août »
    REALISATION = "realisation"  # what was made: « 8 rénovations », « 1200 exemplaires »


class Role(StrEnum):
    """The place of a figure among those that speak of the same people."""

    TOTAL = "total"  # « 141 enfants », of « 141 enfants dont 59 filles »
    PARTIE = "partie"  # « 59 filles »; « 11 femmes » of « 11 femmes et 1 homme », whose total is not written
    SEUL = "seul"


@dataclass(frozen=True, slots=True)
class Fait:
    """A figure of a text.

    One value (`valeur`), or bounds (`valeur_min`, `valeur_max`; one of them may be missing: « 17 ans et plus »).
    `texte[debut:fin] == citation`, always.
    """

    nature: Nature
    debut: int
    fin: int
    citation: str
    valeur: int | Decimal | None = None
    valeur_min: int | Decimal | None = None
    valeur_max: int | Decimal | None = None
    # « une vingtaine », « environ 30 », « plus de 50 »
    approximatif: bool = False
    # the noun counted, in its words: « personnes différentes », « demi-journées enfants », « ans », « % »
    unite: str = ""
    # people: total, femmes, hommes, enfants, jeunes, adultes, parents, seniors, eleves, maternelle, elementaire,
    # college, lycee, encadrants, autre; elsewhere the noun in the singular without accents, or nothing
    categorie: str = ""
    # the figures of one structure share a group, from 1; 0 for a figure alone
    groupe: int = 0
    # the list to which a part belongs: « 59 filles et 82 garçons » is 1, « 6 en maternelle, 88 en… » is 2
    ventilation: int = 0
    role: Role = Role.SEUL
    # « en moyenne », « une moyenne de »
    moyenne: bool = False
    # « par jour », « par atelier », « à chaque fois »; nothing for a figure of the whole year
    periodicite: str = ""
    # an aim, not a result: « 20 prévues », « objectif = 30 »
    prevu: bool = False
    # of another time than the one told: « l'an dernier », « contre 45 en 2022 »
    anterieur: bool = False
    # the year written with it: « en 2024 »
    annee: int | None = None
    # the ages of those counted: « 44 enfants de 6/15 ans »
    age_min: int | None = None
    age_max: int | None = None
    # DATES only; the year not written is the one that the reader was given
    date_debut: date | None = None
    date_fin: date | None = None
