"""EFF: the figures of people that the narrative of a bilan says, among themselves and beside those entered.

What is read in a text may be misread: these findings quote the words, and all but those that compare an entered
figure are alerts. A figure read roughly (« une vingtaine »), planned, or of another year is never compared.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from comptes.templatetags.typographie import pluriel
from documents.formats import nombre, pourcentage

from .. import effectifs as eff
from ..recits import Fait, Nature, Role
from .contexte import Contexte, ContexteAnnee, TerritoireLu
from .recits_lus import Groupe, Lu, de_l_annee, extrait, groupes, lire, nom_du_champ, personnes, somme
from .socle import Anomalie, Gravite, Portee, anomalie, regle
from .totaux_imprimes import lignes_du_bloc

if TYPE_CHECKING:
    from ..models import Bilan

FEMMES, HOMMES = "femmes", "hommes"
AGES = ("enfants", "jeunes", "adultes", "seniors", "eleves")
# Possessive: « 40 % ............ » is refused at once, where trying every way to cut the dots would never end.
EN_QPV = re.compile(r"^\W*+(?:\w++\W++){0,5}?(?:QPV|quartiers?\s+prioritaires?)", re.IGNORECASE)
# « 80% sont en précarité »: a share of the public, said by its verb
DU_PUBLIC = re.compile(
    r"^\s*(?:sont|ont|étaient|expriment|vivent|habitent|résident|déclarent)\b", re.IGNORECASE
)
PARITE = re.compile(r"\bparit(?:é|aire)|\bautant de (?:filles|femmes|garçons|hommes) que\b", re.IGNORECASE)
# The grades of the primary school, and the ages of a child who is there, one year of delay included.
CLASSES = {"CP": (5, 7), "CE1": (6, 8), "CE2": (7, 9), "CM1": (8, 10), "CM2": (9, 12)}
DU_AU = re.compile(r"\bdu (CP|CE1|CE2|CM1|CM2) au (CP|CE1|CE2|CM1|CM2)\b")
PART_SUR_CENT = 100


def _lus(situation: Contexte) -> list[Lu]:
    return de_l_annee(lire(situation.textes, situation.annee), situation.annee)


def _saisis(situation: Contexte) -> Iterator[tuple[str, int]]:
    """Give the totals entered, by perimeter."""
    for perimetre in (eff.QPV, eff.ENSEMBLE):
        total = situation.grilles[perimetre].total
        if total is not None:
            yield perimetre, total


def _case(perimetre: str) -> str:
    return eff.nom_du_champ(perimetre, eff.Cellule(None, eff.TOTAL))


def _ou(perimetre: str) -> str:
    return "dans le QPV" if perimetre == eff.QPV else "en tout"


def _part(valeur: Decimal | int | None) -> str:
    """Return « 40 % », « 46,9 % »."""
    if valeur is None:
        return ""
    return pourcentage(valeur, 0 if Decimal(valeur) == Decimal(valeur).to_integral_value() else 1)


def _personnes(combien: int) -> str:
    return pluriel(combien, "personne,personnes")


def _dit(faits: Iterable[Fait]) -> str:
    """Return « 25 filles, 35 garçons et 20 parents »."""
    mots = [f"{nombre(fait.valeur)} {fait.unite}".strip() for fait in faits]
    return mots[0] if len(mots) == 1 else f"{', '.join(mots[:-1])} et {mots[-1]}"


def _texte(
    code: str, gravite: Gravite, phrase: str, lu: Lu | Groupe, citation: str, **valeurs: int
) -> Anomalie:
    """Return a finding about the words of a text."""
    source = nom_du_champ(lu.champ)
    return anomalie(code, gravite, phrase, lu.champ, valeurs, citation=citation, source=source)


# -- A total and its parts -------------------------------------------------------------------------
def _entre_parentheses(groupe: Groupe, liste: Sequence[Fait]) -> bool:
    return groupe.texte[: liste[0].debut].rstrip().endswith("(")


def _deux_sexes(liste: Sequence[Fait]) -> bool:
    return {fait.categorie for fait in liste} == {FEMMES, HOMMES} and len(liste) == 2


def _detaillees(situation: Contexte) -> Iterator[tuple[Groupe, tuple[Fait, ...], int, int]]:
    """Give each list of a text with its total: the group, the list, the sum, the total."""
    for groupe in groupes(_lus(situation)):
        total = somme([groupe.total]) if groupe.total else None
        if total is None or groupe.total is None:
            continue
        for liste in groupe.listes:
            detail = somme(liste)
            if detail is not None:
                yield groupe, liste, detail, total


def sexes_du_texte(situation: Contexte) -> list[Anomalie]:
    """EFF-01 of a text: « 30 jeunes. 12 filles et 17 garçons »; what the grid says already is not said twice."""
    deja = {(e.valeurs.get("detail"), e.valeurs.get("total")) for e in eff.ecarts(situation.grilles)}
    return [
        _texte(
            "EFF-01",
            Gravite.ALERTE,
            f"Le texte annonce {_dit([groupe.total])}, mais {_dit(liste)} font {nombre(detail)}. Corrigez l'un "
            "des nombres.",
            groupe,
            groupe.citation(liste),
            detail=detail,
            total=total,
        )
        for groupe, liste, detail, total in _detaillees(situation)
        if groupe.total and _deux_sexes(liste) and detail != total and (detail, total) not in deja
    ]


@regle(
    "EFF-02",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Catégories citées = total cité",
    explication="Dans une phrase comme « 70 participants, dont 25 filles, 35 garçons et 20 parents », les catégories "
    "ne peuvent pas compter plus de monde que le total : une personne est comptée deux fois, ou un nombre est faux.",
)
def categories_dans_le_total(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """The parts that a text tells do not exceed its total."""
    return [
        _texte(
            "EFF-02",
            Gravite.ALERTE,
            f"{_dit(liste)} font {nombre(detail)}, plus que le total annoncé ({nombre(total)}). Corrigez l'un des "
            "nombres, ou dites que des personnes sont comptées deux fois.",
            groupe,
            groupe.citation(liste),
            detail=detail,
            total=total,
        )
        for groupe, liste, detail, total in _detaillees(situation)
        if detail > total and not _deux_sexes(liste) and not _entre_parentheses(groupe, liste)
    ]


def reste_du_texte(situation: Contexte) -> list[Anomalie]:
    """EFF-07 of a text: « 985 personnes dont 340 parents et 420 enfants » leaves 225 people out."""
    return [
        _texte(
            "EFF-07",
            Gravite.ALERTE,
            f"{_dit(liste)} font {nombre(detail)} sur {nombre(total)} : {_personnes(total - detail)} ne "
            f"{'figure' if total - detail == 1 else 'figurent'} dans aucune catégorie.",
            groupe,
            groupe.citation(liste),
            detail=detail,
            total=total,
        )
        for groupe, liste, detail, total in _detaillees(situation)
        if detail < total
        and len(liste) > 1
        and not _deux_sexes(liste)
        and not _entre_parentheses(groupe, liste)
        and groupe.total is not None
        and groupe.total.nature == Nature.EFFECTIF
    ]


@regle(
    "EFF-08",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Parenthèse de détail = nombre détaillé",
    explication="Une parenthèse qui détaille un nombre doit le retrouver : « 100 (25 enfants + 20 adultes) » n'en dit "
    "que 45.",
)
def parenthese_egale_au_nombre(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """A parenthesis that details a number adds up to it."""
    return [
        _texte(
            "EFF-08",
            Gravite.ALERTE,
            f"La parenthèse détaille {nombre(total)}, mais {_dit(liste)} font {nombre(detail)}. Corrigez l'un des "
            "nombres.",
            groupe,
            groupe.citation(liste),
            detail=detail,
            total=total,
        )
        for groupe, liste, detail, total in _detaillees(situation)
        if detail != total and len(liste) > 1 and not _deux_sexes(liste) and _entre_parentheses(groupe, liste)
    ]


# -- The figure entered, beside the text -----------------------------------------------------------
@regle(
    "EFF-03",
    portee=Portee.BILAN,
    gravite=Gravite.BLOQUANT,
    titre="Nombre saisi = femmes + hommes du texte",
    explication="Le nombre de personnes saisi et les femmes et les hommes que le texte compte doivent s'accorder.",
)
def total_saisi_et_sexes_du_texte(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """The number entered is that of the women and men told, when the text counts them once."""
    listes = [
        (groupe, liste)
        for groupe in groupes(personnes(_lus(situation)))
        for liste in groupe.listes
        if _deux_sexes(liste)
    ]
    if len(listes) != 1:
        return []
    groupe, liste = listes[0]
    detail = somme(liste)
    saisis = dict(_saisis(situation))
    deja = any(ecart.code == "EFF-01" for ecart in eff.ecarts(situation.grilles))
    if detail is None or not saisis or detail in saisis.values() or groupe.total is not None or deja:
        return []
    perimetre, saisi = next(iter(saisis.items()))
    return [
        anomalie(
            "EFF-03",
            Gravite.BLOQUANT,
            f"Le nombre saisi {_ou(perimetre)} est {nombre(saisi)}, mais le texte compte {_dit(liste)}, soit "
            f"{nombre(detail)}. Corrigez l'un des deux.",
            _case(perimetre),
            {"saisi": saisi, "detail": detail},
            citation=groupe.citation(liste),
            source=nom_du_champ(groupe.champ),
        )
    ]


def ages_du_texte(situation: Contexte) -> list[Anomalie]:
    """EFF-04 of a text: « 44 enfants de 6/15 ans + 8 jeunes de 16/17 ans » are 52, not the 55 entered."""
    par_champ: dict[str, list[Lu]] = {}
    for lu in personnes(_lus(situation)):
        if (
            lu.fait.age_min is not None
            and lu.fait.age_max is not None
            and lu.fait.categorie not in (FEMMES, HOMMES)
        ):
            par_champ.setdefault(lu.champ, []).append(lu)
    trouvees = []
    for champ, siens in par_champ.items():
        tranches = {(lu.fait.age_min, lu.fait.age_max) for lu in siens}
        detail = somme(lu.fait for lu in siens)
        saisis = dict(_saisis(situation))
        if len(tranches) != len(siens) or len(siens) < 2 or detail is None or _se_chevauchent(tranches):
            continue
        if not saisis or detail in saisis.values():
            continue
        perimetre, saisi = next(iter(saisis.items()))
        trouvees.append(
            anomalie(
                "EFF-04",
                Gravite.BLOQUANT,
                f"Par âge, le texte compte {_dit(lu.fait for lu in siens)}, soit {_personnes(detail)}, mais le nombre "
                f"saisi {_ou(perimetre)} est {nombre(saisi)}. Corrigez l'un des deux.",
                _case(perimetre),
                {"saisi": saisi, "detail": detail},
                citation=extrait(siens[0].texte, [lu.fait for lu in siens]),
                source=nom_du_champ(champ),
            )
        )
    return trouvees


def _se_chevauchent(tranches: Iterable[tuple[int | None, int | None]]) -> bool:
    rangees = sorted((mini or 0, maxi or 0) for mini, maxi in tranches)
    return any(maxi >= suivant for (_, maxi), (suivant, _) in pairwise(rangees))


@regle(
    "EFF-09",
    portee=Portee.BILAN,
    gravite=Gravite.BLOQUANT,
    titre="Moyennes par jour additionnées",
    explication="Une moyenne par jour ou par séance n'est pas un nombre de personnes : les mêmes reviennent. Indiquez "
    "combien de personnes différentes sont venues, une estimation suffit.",
)
def moyennes_additionnees(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """The number entered is not a sum of averages (« une moyenne de 55 enfants par jour et 32 en août »)."""
    par_champ: dict[str, list[Lu]] = {}
    for lu in _lus(situation):
        fait = lu.fait
        if fait.nature == Nature.FREQUENTATION and fait.moyenne and fait.valeur is not None:
            par_champ.setdefault(lu.champ, []).append(lu)
    trouvees = []
    for champ, siens in par_champ.items():
        total = sum(int(lu.fait.valeur or 0) for lu in siens)
        for perimetre, saisi in _saisis(situation):
            if len(siens) < 2 or saisi != total:
                continue
            addition = " + ".join(nombre(lu.fait.valeur) for lu in siens)
            trouvees.append(
                anomalie(
                    "EFF-09",
                    Gravite.BLOQUANT,
                    f"Le nombre saisi {_ou(perimetre)}, {nombre(saisi)}, est la somme de moyennes par jour ou par "
                    f"séance ({addition}). Indiquez combien de personnes différentes sont venues.",
                    _case(perimetre),
                    {"saisi": saisi},
                    citation=extrait(siens[0].texte, [lu.fait for lu in siens]),
                    source=nom_du_champ(champ),
                )
            )
    return trouvees


@regle(
    "EFF-10",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Personnes différentes ou passages",
    explication="Une personne venue dix fois fait dix passages, mais une seule personne. Le nombre saisi doit compter "
    "chacun une fois.",
)
def personnes_ou_passages(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """When the texts tell presences, the number entered is one of the numbers of people told, or their sum."""
    lus = _lus(situation)
    passages = [lu for lu in lus if lu.fait.nature == Nature.FREQUENTATION and not lu.fait.moyenne]
    passages = [
        lu for lu in passages if lu.fait.unite.lower().startswith(("passage", "accueil", "fréquentation"))
    ]
    gens = [
        lu for lu in personnes(lus) if lu.fait.role != Role.TOTAL or lu.fait.categorie not in (FEMMES, HOMMES)
    ]
    if not passages or not gens:
        return []
    venues, passees = _somme_des_groupes(gens), somme(lu.fait for lu in passages)
    if venues is None or passees is None:
        return []
    dites = {venues, *(int(lu.fait.valeur or 0) for lu in gens)}
    return [
        anomalie(
            "EFF-10",
            Gravite.ALERTE,
            f"Le texte compte {_personnes(venues)} et {pluriel(passees, 'passage,passages')} : le nombre saisi "
            f"{_ou(perimetre)}, {nombre(saisi)}, n'est ni l'un ni l'autre. Indiquez combien de personnes différentes "
            "sont venues.",
            _case(perimetre),
            {"saisi": saisi, "personnes": venues, "passages": passees},
            citation=extrait(
                passages[0].texte, [lu.fait for lu in passages if lu.champ == passages[0].champ]
            ),
            source=nom_du_champ(passages[0].champ),
        )
        for perimetre, saisi in list(_saisis(situation))[:1]
        if saisi not in dites
    ]


def _somme_des_groupes(gens: Sequence[Lu]) -> int | None:
    """Return how many people are told in all: totals and figures alone, and the parts whose total is not written."""
    avec_total = {(lu.champ, lu.fait.groupe) for lu in gens if lu.fait.role == Role.TOTAL}
    comptes = [
        lu.fait for lu in gens if lu.fait.role != Role.PARTIE or (lu.champ, lu.fait.groupe) not in avec_total
    ]
    return somme(comptes)


def part_du_qpv(situation: Contexte) -> list[Anomalie]:
    """EFF-11 of a text: « 40% résident en QPV » of 500 people are 200, not the 500 entered."""
    lus = _lus(situation)
    saisi = situation.grilles[eff.QPV].total
    parts = [
        lu
        for lu in lus
        if lu.fait.nature == Nature.PART
        and lu.fait.valeur is not None
        and EN_QPV.match(lu.texte[lu.fait.fin :])
    ]
    if saisi is None or len(parts) != 1:
        return []
    lu = parts[0]
    part = Decimal(lu.fait.valeur or 0)
    entier = situation.grilles[eff.ENSEMBLE].total or _somme_des_groupes(
        [autre for autre in personnes(lus) if autre.champ == lu.champ]
    )
    if not entier:
        return []
    attendu = int((entier * part / PART_SUR_CENT).to_integral_value())
    tolerance = max(entier * situation.seuils.tolerance_part / PART_SUR_CENT, Decimal(1))
    if abs(saisi - attendu) <= tolerance:
        return []
    return [
        anomalie(
            "EFF-11",
            Gravite.BLOQUANT,
            f"Le texte dit que {_part(part)} du public réside dans le QPV : sur {_personnes(entier)}, cela fait "
            f"{nombre(attendu)}. Le nombre saisi dans le QPV est {nombre(saisi)} : corrigez l'un des deux.",
            _case(eff.QPV),
            {"saisi": saisi, "attendu": attendu, "total": entier},
            citation=lu.fait.citation + (EN_QPV.match(lu.texte[lu.fait.fin :]) or [""])[0],
            source=nom_du_champ(lu.champ),
        )
    ]


# -- Events ----------------------------------------------------------------------------------------
def _par_jour(situation: Contexte) -> list[tuple[Lu, frozenset[date]]]:
    """Return the people of a text with the days that it gives them: those just before, else those just after."""
    trouves = []
    lus = de_l_annee(lire(situation.textes, situation.annee), situation.annee)
    par_champ: dict[str, list[Lu]] = {}
    for lu in lus:
        par_champ.setdefault(lu.champ, []).append(lu)
    for siens in par_champ.values():
        bornes = [rang for rang, lu in enumerate(siens) if lu.fait.nature == Nature.EFFECTIF]
        for k, rang in enumerate(bornes):
            lu = siens[rang]
            if lu.fait.role == Role.PARTIE or lu.fait.valeur is None or lu.fait.approximatif:
                continue
            debut = bornes[k - 1] + 1 if k else 0
            fin = bornes[k + 1] if k + 1 < len(bornes) else len(siens)
            parenthese = lu.texte[: lu.fait.debut].rstrip().endswith("(")
            voisins = siens[debut:rang] if parenthese else siens[rang + 1 : fin]
            jours = _jours_proches(lu, voisins, avant=parenthese)
            if jours:
                trouves.append((lu, jours))
    return trouves


def _jours_proches(lu: Lu, voisins: Sequence[Lu], *, avant: bool) -> frozenset[date]:
    """Return the days of the same sentence, no further than sixty characters from the figure."""
    jours = set()
    for voisin in voisins:
        fait = voisin.fait
        entre = lu.texte[fait.fin : lu.fait.debut] if avant else lu.texte[lu.fait.fin : fait.debut]
        if fait.nature != Nature.DATES or fait.date_debut is None or fait.date_debut != fait.date_fin:
            continue
        if len(entre) <= 60 and not re.search(r"[.;:!?](?:\s|$)", entre):
            jours.add(fait.date_debut)
    return frozenset(jours)


@regle(
    "EFF-05",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Somme des événements = total annoncé",
    explication="Quand le texte donne le public de chaque événement et celui de l'ensemble, l'un doit être la somme "
    "des autres.",
)
def somme_des_evenements(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """The people of each day add up to those told for all the days (002: 180 + 110 for « 320 »)."""
    par_jour = _par_jour(situation)
    trouvees = []
    for lu, jours in par_jour:
        if len(jours) < 2:
            continue
        detail = [
            next((autre for autre, siens in par_jour if siens == {jour} and autre.champ != lu.champ), None)
            for jour in sorted(jours)
        ]
        connus = [autre for autre in detail if autre is not None]
        total = somme(autre.fait for autre in connus)
        if len(connus) != len(jours) or total is None or total == lu.fait.valeur:
            continue
        trouvees.append(
            _texte(
                "EFF-05",
                Gravite.ALERTE,
                f"« {lu.fait.citation} » pour {len(jours)} dates, mais « {nom_du_champ(connus[0].champ)} » en compte "
                f"{' + '.join(nombre(autre.fait.valeur) for autre in connus)} = {nombre(total)}. Corrigez l'un des "
                "nombres.",
                lu,
                lu.fait.citation,
                annonce=int(lu.fait.valeur or 0),
                detail=total,
            )
        )
    return trouvees


@regle(
    "EFF-06",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Un même fait, une seule valeur",
    explication="Le même événement est compté deux fois dans le bilan, avec deux nombres différents : gardez le bon.",
)
def un_fait_une_valeur(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """The people of one day are the same number in every text (002: 14 and 48 on the 18th of May)."""
    par_jour = [(lu, next(iter(jours))) for lu, jours in _par_jour(situation) if len(jours) == 1]
    return [
        _texte(
            "EFF-06",
            Gravite.ALERTE,
            f"Le {jour:%d/%m/%Y}, « {nom_du_champ(un.champ)} » compte {_dit([un.fait])} et "
            f"« {nom_du_champ(autre.champ)} » {_dit([autre.fait])} : gardez le bon nombre.",
            un,
            un.fait.citation,
            un=int(un.fait.valeur or 0),
            autre=int(autre.fait.valeur or 0),
        )
        for (un, jour), (autre, meme) in combinations(par_jour, 2)
        if jour == meme and un.champ != autre.champ and un.fait.valeur != autre.fait.valeur
    ]


# -- Shares ----------------------------------------------------------------------------------------
def _parts(situation: Contexte) -> list[Lu]:
    return [lu for lu in _lus(situation) if lu.fait.nature == Nature.PART and lu.fait.valeur is not None]


@regle(
    "EFF-12",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Somme des sous-parts = part",
    explication="Les parts détaillées entre parenthèses doivent retrouver l'une des parts qu'elles détaillent.",
)
def sous_parts(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """Shares in a parenthesis add up to one of the shares just before it."""
    trouvees = []
    for liste, meres in _parts_entre_parentheses(_parts(situation)):
        total = sum((Decimal(lu.fait.valeur or 0) for lu in liste), Decimal(0))
        if any(total == lu.fait.valeur for lu in meres):
            continue
        mere = min(meres, key=lambda lu: abs(total - Decimal(lu.fait.valeur or 0)))
        ecart = abs(total - Decimal(mere.fait.valeur or 0))
        arrondi = ecart <= len(liste) * situation.seuils.tolerance_part
        suite = "l'écart peut venir des arrondis." if arrondi else "corrigez l'une des parts."
        trouvees.append(
            anomalie(
                "EFF-12",
                Gravite.INFO if arrondi else Gravite.ALERTE,
                f"{' + '.join(_part(lu.fait.valeur) for lu in liste)} = {_part(total)}, et non "
                f"{_part(mere.fait.valeur)} : {suite}",
                mere.champ,
                {"detail": total, "part": Decimal(mere.fait.valeur or 0)},
                citation=extrait(mere.texte, [mere.fait, liste[-1].fait]),
                source=nom_du_champ(mere.champ),
            )
        )
    return trouvees


def _parts_entre_parentheses(parts: Sequence[Lu]) -> Iterator[tuple[list[Lu], list[Lu]]]:
    """Give the shares of each parenthesis with those of the sentence before it."""
    for champ in dict.fromkeys(lu.champ for lu in parts):
        siennes = [lu for lu in parts if lu.champ == champ]
        texte = siennes[0].texte
        for trouve in re.finditer(r"\(([^()]*)\)", texte):
            liste = [lu for lu in siennes if trouve.start() < lu.fait.debut < trouve.end()]
            debut = max(texte.rfind(". ", 0, trouve.start()), texte.rfind("(", 0, trouve.start()), 0)
            meres = [lu for lu in siennes if debut <= lu.fait.debut < trouve.start()]
            if len(liste) > 1 and meres:
                yield liste, meres


@regle(
    "EFF-13",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Parts d'âge = 100 %",
    explication="Les parts des âges d'un même public font 100 %, aux arrondis près : sinon il manque une tranche, ou "
    "une part est fausse.",
)
def parts_d_age(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """The shares of ages of one text add up to 100 % (002: 52 % d'adultes, 39 % de seniors)."""
    trouvees = []
    parts = [lu for lu in _parts(situation) if lu.fait.categorie in AGES]
    for champ in dict.fromkeys(lu.champ for lu in parts):
        siennes = [lu for lu in parts if lu.champ == champ]
        categories = {lu.fait.categorie for lu in siennes}
        total = sum((Decimal(lu.fait.valeur or 0) for lu in siennes), Decimal(0))
        tolerance = len(siennes) * situation.seuils.tolerance_part
        if len(categories) != len(siennes) or len(siennes) < 2 or abs(total - PART_SUR_CENT) <= tolerance:
            continue
        dites = " + ".join(lu.fait.citation for lu in siennes)
        trouvees.append(
            anomalie(
                "EFF-13",
                Gravite.ALERTE,
                f"Les parts d'âge font {_part(total)} ({dites}), et non {_part(PART_SUR_CENT)} : complétez ou "
                "corrigez-les.",
                champ,
                {"total": total},
                citation=extrait(siennes[0].texte, [lu.fait for lu in siennes]),
                source=nom_du_champ(champ),
            )
        )
    return trouvees


@regle(
    "EFF-15",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Pourcentage possible pour cet effectif",
    explication="Sur 6 personnes, 75 % feraient 4,5 personnes : le pourcentage ou le nombre de personnes est faux.",
)
def pourcentage_possible(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """A share of the public is a whole number of people, within half a point."""
    totaux = {total for _, total in _saisis(situation)}
    if len(totaux) != 1:
        return []
    combien = totaux.pop()
    parts = [lu for lu in _parts(situation) if lu.fait.categorie or DU_PUBLIC.match(lu.texte[lu.fait.fin :])]
    impossibles = [
        lu
        for lu in parts
        if combien and not _possible(Decimal(lu.fait.valeur or 0), combien, situation.seuils.tolerance_part)
    ]
    if not impossibles:
        return []
    premiere = impossibles[0]
    dites = ", ".join(dict.fromkeys(_part(lu.fait.valeur) for lu in impossibles))
    exemple = Decimal(premiere.fait.valeur or 0) * combien / PART_SUR_CENT
    return [
        anomalie(
            "EFF-15",
            Gravite.ALERTE,
            f"Sur {_personnes(combien)}, {dites} : ce n'est pas un nombre entier de personnes "
            f"({_part(premiere.fait.valeur)} feraient {nombre(exemple)}). Corrigez le nombre ou les pourcentages.",
            premiere.champ,
            {"total": combien, "part": Decimal(premiere.fait.valeur or 0)},
            citation=premiere.fait.citation,
            source=nom_du_champ(premiere.champ),
        )
    ]


def _possible(part: Decimal, combien: int, tolerance: Decimal) -> bool:
    proche = (part * combien / PART_SUR_CENT).to_integral_value()
    return abs(proche * PART_SUR_CENT / combien - part) <= tolerance


@regle(
    "EFF-16",
    portee=Portee.BILAN,
    gravite=Gravite.INFO,
    titre="Parité affirmée et chiffres",
    explication="Le texte affirme une parité ; les nombres de femmes et d'hommes disent une autre part.",
)
def parite_affirmee(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """« 50% filles, 50% garçons », beside 207 girls and 234 boys."""
    lus = _lus(situation)
    comptes = [
        (groupe, liste)
        for groupe in groupes(lus)
        for liste in groupe.listes
        if _deux_sexes(liste) and somme(liste)
    ]
    if len(comptes) != 1:
        return []
    groupe, liste = comptes[0]
    total = somme(liste) or 0
    parts = {fait.categorie: Decimal(fait.valeur or 0) * PART_SUR_CENT / total for fait in liste}
    dites = {lu.fait.categorie: lu for lu in _parts(situation) if lu.fait.categorie in (FEMMES, HOMMES)}
    affirmee = dites.get(FEMMES)
    if affirmee is not None and HOMMES in dites:
        attendue, citation, champ = Decimal(affirmee.fait.valeur or 0), affirmee.fait.citation, affirmee.champ
        ecart = abs(parts[FEMMES] - attendue) > 1
    else:
        mots = next(((c, m) for c, t in situation.textes.items() if (m := PARITE.search(t))), None)
        if mots is None:
            return []
        champ, citation = mots[0], mots[1].group()
        ecart = abs(parts[FEMMES] - 50) > 5
    if not ecart:
        return []
    return [
        anomalie(
            "EFF-16",
            Gravite.INFO,
            f"Le texte dit « {citation} » ; {_dit(liste)} font {_part(parts[FEMMES])} et "
            f"{_part(parts[HOMMES])}.",
            champ,
            {fait.categorie: int(fait.valeur or 0) for fait in liste},
            citation=groupe.citation(liste),
            source=nom_du_champ(groupe.champ),
        )
    ]


# -- What is counted -------------------------------------------------------------------------------
@regle(
    "EFF-14",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Une seule unité : personnes ou ménages",
    explication="Un ménage compte plusieurs personnes : le nombre saisi compte des personnes, et le nombre de ménages "
    "du texte doit être le même partout.",
)
def menages_et_personnes(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """Households are told once, and are not the people entered (002: 8 ménages in one text, 10 in the other)."""
    lus = _lus(situation)
    menages = [
        lu for lu in lus if lu.fait.nature == Nature.MENAGES and lu.fait.unite.lower().startswith("ménage")
    ]
    par_champ: dict[str, list[Lu]] = {}
    for lu in menages:
        par_champ.setdefault(lu.champ, []).append(lu)
    comptes = {champ: somme(lu.fait for lu in siens) for champ, siens in par_champ.items()}
    trouvees = []
    for (un, combien), (autre, combien_autre) in combinations(comptes.items(), 2):
        if combien is None or combien_autre is None or combien == combien_autre:
            continue
        saisi = next((total for _, total in _saisis(situation)), None)
        suite = (
            f" Le nombre saisi est {nombre(saisi)} : il doit compter des personnes."
            if saisi is not None
            else ""
        )
        trouvees.append(
            _texte(
                "EFF-14",
                Gravite.ALERTE,
                f"« {nom_du_champ(un)} » compte {pluriel(combien, 'ménage,ménages')} et « {nom_du_champ(autre)} » "
                f"{nombre(combien_autre)} : gardez le bon nombre.{suite}",
                par_champ[autre][0],
                extrait(par_champ[autre][0].texte, [lu.fait for lu in par_champ[autre]]),
                un=combien,
                autre=combien_autre,
            )
        )
    return trouvees


def _populations(territoires: Iterable[TerritoireLu]) -> Iterator[tuple[str, int]]:
    """Give the population of each QPV, then of all of them together when they are several."""
    qpv = [(t.nom, t.population) for t in territoires if t.type == "qpv" and t.population]
    yield from qpv
    if len(qpv) > 1:
        yield "tous les QPV", sum(population for _, population in qpv)


def _couvre(combien: int, territoires: Iterable[TerritoireLu], seuil: int) -> tuple[str, int] | None:
    """Return the QPV whose population these people are, and this population."""
    return next(
        (
            (nom, population)
            for nom, population in _populations(territoires)
            if population * seuil <= combien * PART_SUR_CENT and combien <= population * Decimal("1.1")
        ),
        None,
    )


@regle(
    "EFF-17",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Population du quartier comptée comme public",
    explication="Une action tournée vers tout un quartier le « couvre » : ses habitants ne sont pas des bénéficiaires "
    "comptés, et faussent le total de l'année.",
)
def population_comptee(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """The number entered is not the population of the quartier (002: 3 463 for the MOUS)."""
    for perimetre, saisi in _saisis(situation):
        trouve = _couvre(saisi, situation.territoires, situation.seuils.part_couverture)
        if trouve is None:
            continue
        nom, population = trouve
        return [
            anomalie(
                "EFF-17",
                Gravite.ALERTE,
                f"{_personnes(saisi)} : c'est la population de « {nom} » ({nombre(population)}), et non un public "
                "compté. Indiquez combien de personnes ont pris part à l'action, ou laissez vide.",
                _case(perimetre),
                {"saisi": saisi, "population": population},
            )
        ]
    return []


@regle(
    "EFF-17",
    portee=Portee.ANNEE,
    gravite=Gravite.ALERTE,
    titre="Part de la couverture dans le cumul",
    explication="Les actions qui couvrent tout un quartier sont à lire à part du cumul des bénéficiaires.",
)
def couverture_dans_le_cumul(annee: ContexteAnnee, contexte: ContexteAnnee) -> list[Anomalie]:
    """Say what share of the year's total the actions that cover a quartier make."""
    comptes = [(ligne, _du_qpv(ligne.personnes_qpv, ligne.personnes)) for ligne in annee.lignes]
    couvrent = [
        (ligne, combien)
        for ligne, combien in comptes
        if combien and _couvre(combien, annee.territoires, annee.seuils.part_couverture)
    ]
    cumul, couverture = sum(c or 0 for _, c in comptes), sum(c for _, c in couvrent)
    if not couvrent or not cumul:
        return []
    noms = ", ".join(f"« {ligne.intitule} »" for ligne, _ in couvrent)
    part = Decimal(couverture) * PART_SUR_CENT / cumul
    return [
        anomalie(
            "EFF-17",
            Gravite.ALERTE,
            f"{noms} : {nombre(couverture)} habitants couverts, soit {_part(part)} du cumul de l'année "
            f"({nombre(cumul)}). Présentez-les à part : ce ne sont pas des bénéficiaires comptés.",
            "",
            {"couverture": couverture, "cumul": cumul},
        )
    ]


def _du_qpv(qpv: int | None, ensemble: int | None) -> int | None:
    return qpv if qpv is not None else ensemble


@regle(
    "EFF-21",
    portee=Portee.BILAN,
    gravite=Gravite.INFO,
    titre="Valeur approchée à signaler",
    explication="« Une vingtaine » est une estimation : la case « Ces nombres sont une estimation » le dit à qui lit.",
)
def valeur_approchee(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """A number that the text gives roughly is entered as an estimate."""
    if situation.estimes is None:
        return []
    lus = [lu for lu in personnes(_lus(situation)) if lu.fait.approximatif and lu.fait.valeur is not None]
    return [
        anomalie(
            "EFF-21",
            Gravite.INFO,
            f"Le texte dit « {lu.fait.citation} » : {nombre(saisi)} est une valeur approchée, cochez « Ces nombres "
            "sont une estimation ».",
            f"{perimetre}_estimation",
            {"saisi": saisi},
            citation=lu.fait.citation,
            source=nom_du_champ(lu.champ),
        )
        for perimetre, saisi in _saisis(situation)
        for lu in lus[:1]
        if perimetre not in situation.estimes and lu.fait.valeur == saisi
    ]


@regle(
    "EFF-22",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Fourchette : jamais cumulée",
    explication="Entre 20 et 120 personnes par jour ne dit pas combien de personnes différentes sont venues : une "
    "fourchette se garde avec ses deux bornes et ne s'additionne pas.",
)
def fourchette(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """A range is not a number of people: neither one of its bounds, nor a bound times the days."""
    lus = _lus(situation)
    bornees = [
        lu
        for lu in lus
        # « 3 à 7 participants » may well be 7 people
        if lu.fait.nature == Nature.FREQUENTATION
        and lu.fait.valeur_min is not None
        and lu.fait.valeur_max is not None
    ]
    exacts = {lu.fait.valeur for lu in personnes(lus)}
    saisis = [(perimetre, total) for perimetre, total in _saisis(situation) if total not in exacts]
    return [
        trouvee
        for lu in bornees[:1]
        for trouvee in (_fourchette_saisie(lu, saisis, lus) or _fourchette_cumulee(lu, saisis, lus))
    ]


def _fourchette_saisie(lu: Lu, saisis: Sequence[tuple[str, int]], lus: Sequence[Lu]) -> list[Anomalie]:
    """The number entered is a bound of the range, or a bound times the length that the text gives."""
    mini, maxi = int(lu.fait.valeur_min or 0), int(lu.fait.valeur_max or 0)
    durees = {
        1,
        *(int(autre.fait.valeur) for autre in lus if autre.fait.nature == Nature.DUREE and autre.fait.valeur),
    }
    for perimetre, saisi in saisis:
        fois = next(((b, d) for b in (mini, maxi) for d in sorted(durees) if b and b * d == saisi), None)
        if fois is None:
            continue
        borne, duree = fois
        produit = "" if duree == 1 else f"{duree} fois "
        return [
            anomalie(
                "EFF-22",
                Gravite.ALERTE,
                f"Le nombre saisi {_ou(perimetre)}, {nombre(saisi)}, est {produit}une borne de la fourchette « "
                f"{lu.fait.citation} » ({nombre(borne)}). Indiquez combien de personnes différentes sont venues, ou "
                "laissez vide.",
                _case(perimetre),
                {"saisi": saisi, "mini": mini, "maxi": maxi},
                citation=lu.fait.citation,
                source=nom_du_champ(lu.champ),
            )
        ]
    return []


def _fourchette_cumulee(lu: Lu, saisis: Sequence[tuple[str, int]], lus: Sequence[Lu]) -> list[Anomalie]:
    """Nothing is entered: say what the range would give, and that it is no number of people."""
    jours = _nombre_de_jours(lus)
    if saisis or lu.fait.periodicite != "par jour" or jours is None:
        return []
    mini, maxi = int(lu.fait.valeur_min or 0) * jours, int(lu.fait.valeur_max or 0) * jours
    return [
        _texte(
            "EFF-22",
            Gravite.ALERTE,
            f"« {lu.fait.citation} » par jour pendant {jours} jours feraient de {nombre(mini)} à {nombre(maxi)} "
            "passages : ce n'est pas un nombre de personnes. Indiquez combien de personnes différentes sont venues, "
            "une estimation suffit.",
            lu,
            lu.fait.citation,
            mini=mini,
            maxi=maxi,
        )
    ]


def _nombre_de_jours(lus: Iterable[Lu]) -> int | None:
    """Return the days of the only period that the texts tell, both ends included."""
    periodes = {
        (lu.fait.date_debut, lu.fait.date_fin)
        for lu in lus
        if lu.fait.nature == Nature.DATES and lu.fait.date_debut != lu.fait.date_fin
    }
    if len(periodes) != 1:
        return None
    debut, fin = periodes.pop()
    return (fin - debut).days + 1 if debut and fin else None


@regle(
    "EFF-23",
    portee=Portee.ANNEE,
    gravite=Gravite.ALERTE,
    titre="Total imprimé des personnes = somme des lignes",
    explication="Le total de personnes que le document imprime est comparé à la somme des actions enregistrées.",
)
def total_imprime_des_personnes(annee: ContexteAnnee, contexte: ContexteAnnee) -> list[Anomalie]:
    """The printed number of people is the sum of the rows (002: « 12264 », for 9 527)."""
    trouvees = []
    for total in annee.totaux:
        if total.nature != "effectif":
            continue
        lignes = lignes_du_bloc(annee, total) if total.porteur is not None or total.axe else annee.lignes
        du_qpv = sum(_du_qpv(ligne.personnes_qpv, ligne.personnes) or 0 for ligne in lignes)
        de_tous = sum(_du_qpv(ligne.personnes, ligne.personnes_qpv) or 0 for ligne in lignes)
        imprime = int(total.valeur)
        # What a document totals is either everyone or the inhabitants of the quartiers: it seldom says which.
        if not lignes or imprime in (du_qpv, de_tous):
            continue
        cumul = min((du_qpv, de_tous), key=lambda somme: abs(imprime - somme))
        trouvees.append(
            anomalie(
                "EFF-23",
                Gravite.ALERTE,
                f"Le document imprime {nombre(imprime)}, {_actions_comptent(len(lignes))} "
                f"{_personnes(cumul)} : écart de {nombre(abs(imprime - cumul))}.",
                "totaux",
                {"imprime": imprime, "calcule": cumul},
                citation=total.citation,
                source=total.source,
            )
        )
    return trouvees


def _actions_comptent(combien: int) -> str:
    return f"les {nombre(combien)} actions comptent" if combien > 1 else "la seule action compte"


# -- Ages ------------------------------------------------------------------------------------------
@regle(
    "EFF-24",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Âge des participants dans le public visé",
    explication="Les âges des personnes venues sortent de ceux que l'action annonce : le public a changé, ou un âge "
    "est mal écrit.",
)
def ages_dans_le_public_vise(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """The ages of who came are among those that the action announces (002: 12-17 ans, and 10 à 17 ans)."""
    lus = [lu for lu in _lus(situation) if lu.fait.nature == Nature.AGES and not lu.fait.approximatif]
    vises = [lu.fait for lu in lus if lu.champ == "mise_en_oeuvre"]
    bornes = [
        (f.valeur_min, f.valeur_max) for f in vises if f.valeur_min is not None and f.valeur_max is not None
    ]
    if not bornes or len(bornes) != len(vises):
        return []
    mini, maxi = int(min(b for b, _ in bornes)), int(max(b for _, b in bornes))
    grille = {
        (getattr(t, "age_min", None), getattr(t, "age_max", None))
        for t in situation.grilles[eff.ENSEMBLE].tranches
    }
    return [
        _texte(
            "EFF-24",
            Gravite.ALERTE,
            f"L'action est annoncée pour les {mini}-{maxi} ans, et « {nom_du_champ(lu.champ)} » parle de personnes "
            f"{lu.fait.citation} : vérifiez l'un des deux.",
            lu,
            lu.fait.citation,
            mini=int(lu.fait.valeur_min or 0),
            maxi=int(lu.fait.valeur_max or 0),
        )
        for lu in lus
        if lu.champ == "type_public"
        and lu.fait.valeur_min is not None
        and lu.fait.valeur_max is not None
        # the bands of the grid are asked of everyone
        and (lu.fait.valeur_min, lu.fait.valeur_max) not in grille
        and not mini <= lu.fait.valeur_min <= lu.fait.valeur_max <= maxi
    ][:1]


@regle(
    "EFF-25",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Niveau scolaire compatible avec l'âge",
    explication="Du CP au CM2, on a de 6 à 11 ans, un an de retard compris : un âge au-delà dit un autre public.",
)
def niveau_et_age(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """The ages of the children are those of the grades told (002: « du CP au CM2 », and 6 à 15 ans)."""
    classes = next(
        ((champ, trouve) for champ, texte in situation.textes.items() if (trouve := DU_AU.search(texte))),
        None,
    )
    if classes is None:
        return []
    _, trouve = classes
    mini, maxi = CLASSES[trouve.group(1)][0], CLASSES[trouve.group(2)][1]
    return [
        _texte(
            "EFF-25",
            Gravite.ALERTE,
            f"« {trouve.group()} », on a de {mini} à {maxi} ans, mais le public est dit {lu.fait.citation} : vérifiez "
            "l'un des deux.",
            lu,
            lu.fait.citation,
            mini=int(lu.fait.valeur_min or 0),
            maxi=int(lu.fait.valeur_max or 0),
        )
        for lu in _lus(situation)
        if lu.fait.nature == Nature.AGES
        and lu.fait.valeur_min is not None
        and lu.fait.valeur_max is not None
        and (lu.fait.valeur_min < mini or lu.fait.valeur_max > maxi)
    ][:1]


# -- What was planned, what came before ------------------------------------------------------------
@regle(
    "EFF-27",
    portee=Portee.BILAN,
    gravite=Gravite.INFO,
    titre="Prévu et réalisé",
    explication="Le taux de réalisation, quand le bilan dit ce qui était prévu.",
)
def prevu_et_realise(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """Say the rate of what was done to what was planned (002: 33 for 20, 49 for 30)."""
    trouvees = [
        _texte(
            "EFF-27",
            Gravite.INFO,
            f"{_dit([realise]).lower()} pour un objectif de {nombre(prevu)} : {_part(_taux(realise, prevu))}.",
            lu,
            extrait(lu.texte, [lu.fait, realise]),
            prevu=prevu,
            realise=int(realise.valeur or 0),
        )
        for lu, realise, prevu in _objectifs(lire(situation.textes, situation.annee))
        if realise.nature in (Nature.EFFECTIF, Nature.SEANCES)
    ]
    total = next((t for _, t in _saisis(situation)), None)
    if situation.personnes_prevues and total is not None:
        part = Decimal(total) * PART_SUR_CENT / situation.personnes_prevues
        trouvees.append(
            anomalie(
                "EFF-27",
                Gravite.INFO,
                f"{_personnes(total)} pour {nombre(situation.personnes_prevues)} prévues par la fiche action : "
                f"{_part(part)}.",
                _case(eff.ENSEMBLE),
                {"prevu": situation.personnes_prevues, "realise": total},
            )
        )
    return trouvees


def _taux(realise: Fait, prevu: int) -> Decimal:
    return Decimal(realise.valeur or 0) * PART_SUR_CENT / prevu


def _objectifs(lus: Sequence[Lu]) -> Iterator[tuple[Lu, Fait, int]]:
    """Give each aim with its result: « 33 femmes (20 prévues) », « Objectif = 30 - Réalisé = 49 »."""
    for lu, suivant in pairwise(lus):
        if lu.champ != suivant.champ or lu.fait.nature != suivant.fait.nature:
            continue
        objectif, resultat = (lu, suivant) if lu.fait.prevu else (suivant, lu)
        if not objectif.fait.prevu or resultat.fait.prevu or resultat.fait.valeur is None:
            continue
        lies = objectif.fait.groupe and objectif.fait.groupe == resultat.fait.groupe
        etiquette = objectif.fait.debut == resultat.fait.debut
        # « 2 à 4 » is no number to divide by; « supérieur à 30 » is at least 30
        fourchette = objectif.fait.valeur_max is not None
        prevu = objectif.fait.valeur if objectif.fait.valeur is not None else objectif.fait.valeur_min
        if (lies or etiquette) and prevu and not fourchette:
            yield objectif, resultat.fait, int(prevu)


@regle(
    "EFF-28",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Écart avec l'année précédente",
    explication="Un public qui double ou fond d'une année à l'autre est possible ; une erreur de saisie aussi.",
)
def ecart_avec_l_annee_d_avant(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """The people of the same action do not change out of measure from one year to the next."""
    for perimetre, saisi in _saisis(situation):
        avant = situation.precedent.get(perimetre)
        if not avant:
            continue
        ecart = Decimal(saisi - avant) * PART_SUR_CENT / avant
        if abs(ecart) > situation.seuils.ecart_annee:
            signe = "+" if ecart > 0 else "−"
            return [
                anomalie(
                    "EFF-28",
                    Gravite.ALERTE,
                    f"{_personnes(saisi)} {_ou(perimetre)}, {nombre(avant)} l'année précédente "
                    f"({signe}{_part(abs(ecart))}) : vérifiez les deux nombres.",
                    _case(perimetre),
                    {"saisi": saisi, "avant": avant},
                )
            ]
    return []
