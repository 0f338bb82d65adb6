"""DAT: dates. Events in their year, an end after its beginning, terms that agree (domaine.md §9)."""

import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from comptes.templatetags.typographie import pluriel
from documents.formats import date_longue

from ..recits import Nature
from .contexte import Contexte, TexteLu
from .dates_lues import (
    annees_a_rebours,
    annees_scolaires,
    citer,
    faits_dates,
    jours,
    phrase,
)
from .socle import Anomalie, Gravite, Portee, anomalie, regle

if TYPE_CHECKING:
    from ..models import Bilan

# What a bilan says of the year to come is not of its year.
CHAMPS_D_AVENIR = ("perspectives",)


# -- A bilan: its own dates ------------------------------------------------------------------------
@regle(
    "DAT-01",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Dates dans l'année du bilan",
    explication="Un bilan raconte une année. Une date d'une autre année est souvent une faute de frappe, ou une "
    "action à compter dans l'autre bilan.",
)
def dates_dans_l_annee(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """The action, and what the narrative tells of it, took place in the year of the bilan; school years exist."""
    trouvees = [
        anomalie(
            "DAT-01",
            Gravite.ALERTE,
            f"{mots} le {date_longue(jour)}, hors de l'année {situation.annee} : vérifiez la date. "
            "Elle peut rester telle quelle pour une action menée sur une année scolaire.",
            champ,
            {"annee": situation.annee, "date": jour.isoformat()},
        )
        for champ, mots, jour in _dates(bilan)
        if jour.year != situation.annee
    ]
    return trouvees + [
        anomalie(
            "DAT-01",
            Gravite.ALERTE,
            f"Le texte dit qu'un événement a eu lieu le {date_longue(jour)}, hors de l'année {situation.annee} : "
            f"vérifiez la date, ou racontez-le dans le bilan de {jour.year}.",
            champ,
            {"annee": situation.annee, "date": jour.isoformat()},
            citation=citation,
        )
        for champ, jour, citation, evenement in _jours_hors_annee(situation)
        if evenement
    ]


def _dates(bilan: "Bilan") -> Iterator[tuple[str, str, date]]:
    if bilan.date_debut:
        yield "date_debut", "L'action commence", bilan.date_debut
    if bilan.date_fin:
        yield "date_fin", "L'action finit", bilan.date_fin


@regle(
    "DAT-04",
    portee=Portee.BILAN,
    gravite=Gravite.BLOQUANT,
    titre="Début avant la fin",
    explication="Une action finit après avoir commencé, une période aussi.",
)
def debut_avant_fin(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """An action ends after it began; a period told in the narrative too, which is only an alert."""
    trouvees = []
    debut, fin = bilan.date_debut, bilan.date_fin
    if debut is not None and fin is not None and debut > fin:
        trouvees.append(
            anomalie(
                "DAT-04",
                Gravite.BLOQUANT,
                f"L'action finit le {date_longue(fin)}, avant d'avoir commencé le {date_longue(debut)} : "
                "vérifiez les deux dates.",
                "date_fin",
                {"debut": debut.isoformat(), "fin": fin.isoformat()},
            )
        )
    for champ, texte in situation.textes.items():
        trouvees += [
            anomalie(
                "DAT-04",
                Gravite.ALERTE,
                "Le texte donne une période qui finit avant de commencer : vérifiez les deux dates.",
                champ,
                {"debut": premier.isoformat(), "fin": dernier.isoformat()},
                citation=lu.citation,
            )
            for lu, premier, dernier in jours(texte, situation.annee)
            # « du 20 décembre au 5 janvier » goes over the new year
            if dernier < premier and dernier.month == premier.month
        ]
        trouvees += list(a_rebours(Gravite.ALERTE, TexteLu(objet="", champ=champ, texte=texte)))
    return trouvees


def a_rebours(gravite: Gravite, lu: TexteLu) -> Iterator[Anomalie]:
    """Yield a finding (DAT-04) for each evolution of a text told from the later year to the earlier one."""
    for premiere, derniere, citation in annees_a_rebours(lu.texte):
        yield anomalie(
            "DAT-04",
            gravite,
            f"Le texte va de {premiere} à {derniere}, à rebours : l'une des deux années est fausse. Corrigez-la.",
            lu.champ,
            {"debut": premiere, "fin": derniere},
            citation=citation,
            objet=lu.objet,
        )


# -- A bilan: the dates of its narrative -----------------------------------------------------------
# What comes before a date that tells when something took place.
_EVENEMENT = re.compile(
    r"\b(?:eu lieu|tenue?s?|déroulée?s?|organisée?s?|réalisée?s?|inaugurée?s?|présentée?s?|célébrée?s?)\b[^.;]*$",
    re.IGNORECASE,
)
# A date of something else than the action: an act, a plan, a starting point, what is to come.
_AUTRE_CHOSE = re.compile(
    r"\b(?:loi|décret|arrêté|circulaire|instruction|délibération|convention|agrément|agréée?|contrat|courrier|"
    r"facture|devis|statuts?|récépissé|journal officiel|depuis|jusqu'au|d'ici|avant le|à partir du|à compter du|"
    r"née?s? le|prévue?s?|programmée?s?|prochaine?s?|reportée?s?|reconduite?s?|à venir|sera|seront|aura|auront|"
    r"devrait|pourra|perspectives?|échéance|créée?s? le|fondée?s? le|ouverte?s? depuis)\b",
    re.IGNORECASE,
)


def _jours_hors_annee(situation: Contexte) -> Iterator[tuple[str, date, str, bool]]:
    """Yield each day, year written, that the narrative tells out of the year: the field, the day, the words, whether
    they tell an event. Days of a school year that the text names are its own, and so is a period that begins or
    ends in the year.
    """
    for champ, texte in situation.textes.items():
        if champ in CHAMPS_D_AVENIR:
            continue
        scolaires = [annee for annee, _ in annees_scolaires(texte)]
        vus = set()
        for lu, premier, dernier in jours(texte, situation.annee):
            ecrit_ailleurs = lu.annee is not None and situation.annee not in (premier.year, dernier.year)
            if (
                not ecrit_ailleurs
                or premier in vus
                or any(_de_l_annee_scolaire(premier, a) for a in scolaires)
            ):
                continue
            commence, _ = phrase(texte, lu.debut, lu.fin)
            avant = texte[max(commence, lu.debut - 80) : lu.debut]
            if _AUTRE_CHOSE.search(avant):
                continue
            vus.add(premier)
            yield champ, premier, citer(texte, lu.debut, lu.fin), bool(_EVENEMENT.search(avant))


def _de_l_annee_scolaire(jour: date, annee: int) -> bool:
    return date(annee, 8, 15) <= jour <= date(annee + 1, 8, 31)


@regle(
    "DAT-03",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Date d'une autre année dans un texte",
    explication="Une date isolée d'une autre année est souvent un reste d'un autre document ou une faute de frappe.",
)
def date_isolee_hors_annee(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """A date of another year that the narrative writes, without saying that something took place then."""
    return [
        anomalie(
            "DAT-03",
            Gravite.ALERTE,
            f"Le texte cite le {date_longue(jour)}, alors que le bilan porte sur {situation.annee} : est-ce la bonne "
            "année ? Sinon, corrigez la date.",
            champ,
            {"annee": situation.annee, "date": jour.isoformat()},
            citation=citation,
        )
        for champ, jour, citation, evenement in _jours_hors_annee(situation)
        if not evenement
    ]


# What stands between the dates of one list: « 25/10, 22/12 et 6/12 », « du … au … et du … au … »
_ENTRE_DEUX_DATES = re.compile(r"\s*+(?:,\s*+(?:et|puis)|[,;/–-]|et|puis)\s*+(?:les?)?\s*+", re.IGNORECASE)


@regle(
    "DAT-05",
    portee=Portee.BILAN,
    gravite=Gravite.INFO,
    titre="Dates dans l'ordre",
    explication="Des dates dans le désordre cachent parfois un mois ou un jour mal tapé.",
)
def dates_dans_l_ordre(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """The days or the periods of one list follow one another; one finding a field."""
    trouvees = []
    for champ, texte in situation.textes.items():
        for (avant, premier, _), (apres, suivant, _) in pairwise(jours(texte, situation.annee)):
            lies = _ENTRE_DEUX_DATES.fullmatch(texte, avant.fin, apres.debut)
            # From the autumn to the spring without a year: a school year, in its order.
            rentree = apres.annee is None and premier.month >= 9 and suivant.month <= 8
            if not lies or suivant >= premier or rentree:
                continue
            trouvees.append(
                anomalie(
                    "DAT-05",
                    Gravite.INFO,
                    f"Le {date_longue(suivant)} est écrit après le {date_longue(premier)} : vérifiez ces dates.",
                    champ,
                    {"avant": premier.isoformat(), "apres": suivant.isoformat()},
                    citation=texte[avant.debut : apres.fin],
                )
            )
            break
    return trouvees


@regle(
    "DAT-06",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Année scolaire ou année civile",
    explication="Un nombre d'enfants compté de septembre à juin ne se compare pas à celui d'une année civile : la "
    "période doit être écrite.",
)
def annee_scolaire(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """A narrative that counts on a school year says from when to when; once a bilan."""
    if bilan.date_debut is not None and bilan.date_fin is not None:
        return []
    for texte in situation.textes.values():
        for debut, mots in annees_scolaires(texte):
            place = texte.find(mots)
            return [
                anomalie(
                    "DAT-06",
                    Gravite.ALERTE,
                    f"Le texte compte sur l'année scolaire {debut}-{debut + 1}, alors que le bilan porte sur "
                    f"{situation.annee} : indiquez les dates de début et de fin de ce qui est compté.",
                    "date_debut",
                    {"annee": situation.annee, "scolaire": debut},
                    citation=citer(texte, place, place + len(mots)),
                )
            ]
    return []


# Between « deux semaines » and « du 25 juillet au 8 août », in one order or the other.
_DUREE_PUIS_DATES = re.compile(r"\s*(?:consécutives?|complètes?|entières?)?\s*[,:(]?\s*", re.IGNORECASE)
_DATES_PUIS_DUREE = re.compile(r"\s*[,(]?\s*(?:soit|pendant|sur|donc)\s*", re.IGNORECASE)


def _jours_possibles(categorie: str, combien: int) -> tuple[float, float] | None:
    """Return the fewest and the most days that « deux semaines » may be, None for what has no dates.

    Ten days may be working days, a last week may end on a Friday.
    """
    return {
        "jour": (combien, combien * 7 / 5),
        "semaine": (combien * 7 - 2, combien * 7),
        "mois": (combien * 28, combien * 31),
    }.get(categorie)


@regle(
    "DAT-16",
    portee=Portee.BILAN,
    gravite=Gravite.INFO,
    titre="Durée et dates d'accord",
    explication="« Deux semaines, du 25 juillet au 8 août » : la durée et les dates disent la même chose, à un jour "
    "près. Elles passent sans remarque.",
)
def duree_et_dates(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """A duration and the dates beside it say the same length, within the days of tolerance."""
    trouvees = []
    for champ, texte in situation.textes.items():
        for avant, apres in pairwise(faits_dates(texte, situation.annee)):
            natures = (avant.nature, apres.nature)
            if natures == (Nature.DUREE, Nature.DATES):
                duree, dates, lien = avant, apres, _DUREE_PUIS_DATES
            elif natures == (Nature.DATES, Nature.DUREE):
                duree, dates, lien = apres, avant, _DATES_PUIS_DUREE
            else:
                continue
            possibles = _jours_possibles(duree.categorie, int(duree.valeur or 0))
            if dates.date_debut is None or dates.date_fin is None or possibles is None:
                continue
            if not duree.valeur or duree.approximatif or not lien.fullmatch(texte, avant.fin, apres.debut):
                continue
            ecoules = (dates.date_fin - dates.date_debut).days + 1
            tolerance = situation.seuils.tolerance_jours
            if ecoules < 2 or possibles[0] - tolerance <= ecoules <= possibles[1] + tolerance:
                continue
            trouvees.append(
                anomalie(
                    "DAT-16",
                    Gravite.INFO,
                    f"Le texte dit « {duree.citation} », mais ces dates font {pluriel(ecoules, 'jour,jours')} : "
                    "vérifiez la durée ou les dates.",
                    champ,
                    {"duree": duree.citation, "jours": ecoules},
                    citation=texte[avant.debut : apres.fin],
                )
            )
    return trouvees
