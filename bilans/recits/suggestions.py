"""From the figures of a narrative to proposals for the fields of a bilan: a field, a value, the words it comes from.

Precision before recall: a figure that could be a part, an average, another year or another action is not
proposed. Nothing is proposed that is already entered; two values for one field are shown as a choice.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Protocol

from . import lexique as lex
from .faits import Fait, Nature, Role
from .jetons import decouper
from .lecture import lire_recit

# Beyond, a text says too much for a choice to help.
PLUS_DE_CHOIX = 3
# The longest words quoted around a figure.
EXTRAIT = 220
FEMMES, HOMMES, TOTAL = "F", "H", "T"

_DES_SEANCES = {
    "seance", "atelier", "session", "rencontre", "reunion", "animation", "sortie", "debat", "tournoi", "chantier",
    "spectacle", "stage", "permanence", "cours", "entrainement", "matinee", "soiree", "representation", "temps",
    "sejour", "conference", "formation",
}  # fmt: skip
_SEXES = {"femmes": FEMMES, "hommes": HOMMES}
_EQUIPE = (("salaries", "salari"), ("benevoles", "bénévole"), ("intervenants", "intervenant"))
# « 50 jeunes pour la journée ski », « 180 participants au spectacle du 17 mai »: one event, not the action.
_UNE_PARTIE = re.compile(
    r"\s*(?:par\s+\w+|pour\s+(?:l[ae]\s+|les\s+|l['’])?\w+|(?:au|aux|à la|à l['’])\s+\S+\s+(?:du|de|des|le)\s+\d)",
    re.IGNORECASE,
)
# « avec un groupe d'une dizaine de filles »
_PARMI = re.compile(
    r"(?:\bavec|\bparmi|\bdont|\bsur|\bgroupes?\s+d['’e])\s*(?:les\s+|l['’])?(?:(?:un\s+)?groupe\s+d['’e]\s*)?$",
    re.IGNORECASE,
)
_PHRASE = re.compile(r"[.!?\n](?=\s|$)")


class Bande(Protocol):
    """What is needed of an age band of the campaign."""

    pk: int
    age_min: int
    age_max: int | None


# The name of a cell of the grid, from its perimeter, its band (None for all ages) and its sex.
Nommer = Callable[[str, int | None, str], str]


@dataclass(frozen=True)
class Suggestion:
    """A value for a field: what would be typed there, the text and the words that say it."""

    champ: str
    texte: str
    # the field of the narrative, and its exact words
    source: str
    citation: str
    # the words with those around them
    extrait: str
    # « une vingtaine »
    approximatif: bool = False
    # other values are proposed for the same field: one of them is to be chosen
    choix: bool = False

    @property
    def empreinte(self) -> str:
        """The SHA-256 of the proposal: left aside once, it is not made again for the same words."""
        return sha256("\n".join((self.champ, self.texte, self.source, self.citation)).encode()).hexdigest()

    @property
    def marque(self) -> str:
        """A short name for addresses and buttons."""
        return self.empreinte[:12]


@dataclass(frozen=True)
class _Lu:
    """A figure, and the text that says it."""

    fait: Fait
    source: str
    texte: str

    @property
    def plafond(self) -> int:
        fait = self.fait
        return int(max(v for v in (fait.valeur, fait.valeur_min, fait.valeur_max, 0) if v is not None))


def suggerer(
    textes: Mapping[str, str],
    existants: Mapping[str, str],
    *,
    annee: int,
    bandes: Sequence[Bande],
    nommer: Nommer,
) -> tuple[Suggestion, ...]:
    """Return what the texts of a bilan propose for its fields, in the order of the page.

    `textes` are those that tell what was done, by field; `existants` what the fields hold as typed, by name;
    `annee` the year told; `bandes` the age bands of the campaign; `nommer` the name of a cell. A field that holds
    the value already gets no proposal.
    """
    lus = [
        _Lu(fait, source, texte)
        for source, texte in textes.items()
        for fait in lire_recit(texte, annee)
        if not fait.prevu and not fait.anterieur and fait.annee in (None, annee)
    ]
    grille = _Grille(existants, nommer)
    propositions = [
        *_personnes(lus, bandes, grille),
        *_seances(lus, textes.values()),
        *_dates(lus, annee),
        *_equipe(lus),
        *_ages(lus, existants),
    ]
    return tuple(_retenues(propositions, existants, grille))


@dataclass(frozen=True)
class _Proposition:
    champ: str
    texte: str
    lu: _Lu
    # a cell of the grid: the same value in the other perimeter is entered already
    cellule: tuple[int | None, str] | None = None


@dataclass(frozen=True)
class _Grille:
    """What the grids of people hold, by name of cell."""

    existants: Mapping[str, str]
    nommer: Nommer

    def valeur(self, perimetre: str, bande: int | None, sexe: str) -> int | None:
        texte = "".join(self.existants.get(self.nommer(perimetre, bande, sexe), "").split())
        return int(texte) if texte.isdecimal() else None

    def sait(self, bande: int | None, sexe: str, combien: str) -> bool:
        """Return whether one of the grids already says this number, as such or as the sum of its row."""
        for perimetre in ("total", "qpv"):
            valeurs = {s: self.valeur(perimetre, bande, s) for s in (FEMMES, HOMMES, "N", TOTAL)}
            total = valeurs[TOTAL]
            if total is None:
                connues = [v for s, v in valeurs.items() if s != TOTAL and v is not None]
                total = sum(connues) if connues else None
            connu = total if sexe == TOTAL else valeurs[sexe]
            if connu is not None and str(connu) == combien:
                return True
        return False


# -- People ----------------------------------------------------------------------------------------
def _personnes(lus: Sequence[_Lu], bandes: Sequence[Bande], grille: _Grille) -> Iterator[_Proposition]:
    comptes = [lu for lu in lus if lu.fait.nature == Nature.EFFECTIF and lu.fait.categorie != lex.ENCADRANTS]
    yield from _par_age(comptes, bandes, grille)
    sans_bande = [lu for lu in comptes if _bande(lu.fait, bandes) is None]
    plafond = _plus_grand_nombre(lus)
    tete = _total(sans_bande, comptes, plafond)
    if tete is not None:
        siens = _sexes_du_groupe(tete, comptes)
        somme = sum(lu.plafond for lu in siens.values())
        if not (len(siens) == 2 and somme == tete.plafond):
            yield _case(tete, None, TOTAL, grille)
        for sexe, lu in siens.items():
            yield _case(lu, None, sexe, grille)
        return
    for liste in _listes_de_sexes(sans_bande):
        if sum(lu.plafond for lu in liste.values()) >= plafond:
            for sexe, lu in liste.items():
                yield _case(lu, None, sexe, grille)
    for lu in sans_bande:
        sexe = _SEXES.get(lu.fait.categorie, "")
        if sexe and lu.fait.role == Role.SEUL and lu.plafond >= plafond and _dit_tout(lu):
            yield _case(lu, None, sexe, grille)


def _total(sans_bande: Sequence[_Lu], comptes: Sequence[_Lu], plafond: int) -> _Lu | None:
    """Return the figure that counts everyone: the largest, alone of its kind; None when that is not sure."""
    candidats = [
        lu
        for lu in sans_bande
        if lu.fait.role != Role.PARTIE
        and lu.fait.categorie not in (*_SEXES, lex.AUTRE, lex.QPV)
        and lu.fait.valeur is not None
        and lu.plafond >= plafond
        and _dit_tout(lu)
    ]
    tetes = {lu.plafond for lu in comptes if lu.fait.role == Role.TOTAL}
    if not candidats or len(tetes) > 1:
        return None
    return next((lu for lu in candidats if lu.fait.role == Role.TOTAL), candidats[0])


def _plus_grand_nombre(lus: Iterable[_Lu]) -> int:
    """Return the largest number of people told: a total, the sum of the lists, an average, households."""
    listes: dict[tuple[str, int, int], int] = {}
    plus_grand = 0
    for lu in lus:
        fait = lu.fait
        personnes = fait.nature == Nature.EFFECTIF and fait.categorie != lex.ENCADRANTS
        # passages count the same people again
        moyenne = fait.nature == Nature.FREQUENTATION and bool(fait.periodicite or fait.moyenne)
        if not (personnes or moyenne or fait.nature == Nature.MENAGES):
            continue
        plus_grand = max(plus_grand, lu.plafond)
        if personnes and fait.role == Role.PARTIE:
            cle = (lu.source, fait.groupe, fait.ventilation)
            listes[cle] = listes.get(cle, 0) + lu.plafond
    tetes = {(lu.source, lu.fait.groupe) for lu in lus if lu.fait.role == Role.TOTAL}
    sans_tete = sum(somme for (source, groupe, _), somme in listes.items() if (source, groupe) not in tetes)
    return max(plus_grand, sans_tete)


def _dit_tout(lu: _Lu) -> bool:
    """Whether the words around leave the figure whole: « 50 jeunes pour la journée ski » is a part."""
    fait = lu.fait
    if fait.unite.lower().startswith(("adhérent", "membre", "inscrit", "parcours")):
        return False
    apres = lu.texte[fait.fin : fait.fin + 60]
    avant = lu.texte[max(0, fait.debut - 30) : fait.debut]
    return _UNE_PARTIE.match(apres) is None and _PARMI.search(avant) is None


def _sexes_du_groupe(tete: _Lu, comptes: Iterable[_Lu]) -> dict[str, _Lu]:
    return {
        _SEXES[lu.fait.categorie]: lu
        for lu in comptes
        if lu.fait.categorie in _SEXES
        and lu.source == tete.source
        and lu.fait.role == Role.PARTIE
        and lu.fait.groupe == tete.fait.groupe
        and tete.fait.groupe
    }


def _listes_de_sexes(comptes: Iterable[_Lu]) -> list[dict[str, _Lu]]:
    """« 11 femmes et 1 homme »: the lists of both sexes whose total is not written."""
    listes: dict[tuple[str, int], dict[str, _Lu]] = {}
    for lu in comptes:
        if lu.fait.role == Role.PARTIE and lu.fait.categorie in _SEXES:
            listes.setdefault((lu.source, lu.fait.groupe), {})[_SEXES[lu.fait.categorie]] = lu
    return [liste for liste in listes.values() if len(liste) == len(_SEXES)]


def _par_age(comptes: Sequence[_Lu], bandes: Sequence[Bande], grille: _Grille) -> Iterator[_Proposition]:
    """« 8 jeunes de 16/17 ans (6 garçons et 2 filles) »: the row of a band, when its ages are exactly those."""
    for lu in comptes:
        bande = _bande(lu.fait, bandes)
        if bande is None or lu.fait.valeur is None:
            continue
        sexe = _SEXES.get(lu.fait.categorie, TOTAL)
        if sexe == TOTAL and lu.fait.role == Role.TOTAL:
            siens = _sexes_du_groupe(lu, comptes)
            if len(siens) == 2 and sum(part.plafond for part in siens.values()) == lu.plafond:
                continue
        yield _case(lu, bande, sexe, grille)


def _bande(fait: Fait, bandes: Sequence[Bande]) -> int | None:
    if fait.age_min is None and fait.age_max is None:
        return None
    return next((b.pk for b in bandes if (b.age_min, b.age_max) == (fait.age_min, fait.age_max)), None)


def _case(lu: _Lu, bande: int | None, sexe: str, grille: _Grille) -> _Proposition:
    return _Proposition(grille.nommer("total", bande, sexe), str(lu.fait.valeur), lu, (bande, sexe))


# -- Sessions, days, team, ages --------------------------------------------------------------------
def _seances(lus: Sequence[_Lu], textes: Iterable[str]) -> Iterator[_Proposition]:
    """The number of sessions, when the texts give one and only one.

    « 34 séances » is a number of sessions; « 2 spectacles » is one when no other kind of session is told.
    """
    tous = [lu for lu in lus if lu.fait.nature == Nature.SEANCES]
    if len({lu.fait.valeur for lu in tous}) != 1 or any(lu.fait.periodicite for lu in tous):
        return
    categories = {lu.fait.categorie for lu in tous}
    if categories != {"seance"} and (len(_sortes_de_seances(textes) | categories) > 1 or _en_heures(lus)):
        return
    if categories <= _DES_SEANCES and tous[0].plafond > 1:
        yield from (_Proposition("nombre_seances", str(lu.fait.valeur), lu) for lu in tous)


def _sortes_de_seances(textes: Iterable[str]) -> set[str]:
    """Return the kinds of sessions that the texts name, in the plural: « des ateliers »."""
    noms = (
        lex.nom(jeton) for texte in textes for jeton in decouper(texte) if jeton.norme.endswith(("s", "x"))
    )
    return {nom.categorie for nom in noms if nom is not None and nom.nature == Nature.SEANCES}


def _en_heures(lus: Iterable[_Lu]) -> bool:
    return any(lu.fait.nature == Nature.DUREE and lu.fait.categorie == "heure" for lu in lus)


def _dates(lus: Sequence[_Lu], annee: int) -> Iterator[_Proposition]:
    """The first and the last day: of the only period told, or of three days or more."""
    jours = [
        lu
        for lu in lus
        if lu.fait.date_debut is not None
        and lu.fait.date_fin is not None
        and lu.fait.date_debut.year == annee
    ]
    periodes = [lu for lu in jours if lu.fait.date_debut != lu.fait.date_fin]
    if not (len(periodes) == len(jours) == 1 or len(jours) >= 3):
        return
    premier = min(jours, key=lambda lu: lu.fait.date_debut or date.max)
    dernier = max(jours, key=lambda lu: lu.fait.date_fin or date.min)
    if dernier.fait.date_fin is not None and dernier.fait.date_fin.year == annee:
        yield _Proposition("date_debut", _jour(premier.fait.date_debut), premier)
        yield _Proposition("date_fin", _jour(dernier.fait.date_fin), dernier)


def _jour(jour: date | None) -> str:
    return "" if jour is None else jour.isoformat()


def _equipe(lus: Sequence[_Lu]) -> Iterator[_Proposition]:
    """« 5 salariés et 10 bénévoles »: the team, when each is told once."""
    equipe = [lu for lu in lus if lu.fait.categorie == lex.ENCADRANTS and lu.fait.nature == Nature.EFFECTIF]
    for champ, debut in _EQUIPE:
        siens = [lu for lu in equipe if lu.fait.unite.lower().startswith(debut)]
        if siens and all(isinstance(lu.fait.valeur, int) for lu in siens):
            yield from (_Proposition(champ, str(lu.fait.valeur), lu) for lu in siens)


def _ages(lus: Sequence[_Lu], existants: Mapping[str, str]) -> Iterator[_Proposition]:
    """The ages of the public in words, when nothing is said of it and the texts give them once."""
    if existants.get("type_public", ""):
        return
    ages = [lu for lu in lus if lu.fait.nature == Nature.AGES]
    bornes = {(lu.fait.valeur_min, lu.fait.valeur_max) for lu in ages}
    if len(bornes) != 1 or ages[0].fait.approximatif or None in next(iter(bornes)):
        return
    mini, maxi = next(iter(bornes))
    yield _Proposition("type_public", f"De {mini} à {maxi} ans", ages[0])


# -- What is kept ----------------------------------------------------------------------------------
def _retenues(
    propositions: Sequence[_Proposition], existants: Mapping[str, str], grille: _Grille
) -> Iterator[Suggestion]:
    par_champ: dict[str, dict[str, _Proposition]] = {}
    for proposition in propositions:
        par_champ.setdefault(proposition.champ, {}).setdefault(proposition.texte, proposition)
    for champ, valeurs in par_champ.items():
        deja = {texte for texte, p in valeurs.items() if _est_entree(p, existants, grille)}
        # One of the values told is entered: somebody chose between them.
        if deja or len(valeurs) > PLUS_DE_CHOIX:
            continue
        suggestions = [_suggestion(proposition) for proposition in valeurs.values()]
        yield from (replace(s, champ=champ, choix=len(suggestions) > 1) for s in suggestions)


def _est_entree(proposition: _Proposition, existants: Mapping[str, str], grille: _Grille) -> bool:
    if proposition.cellule is not None:
        bande, sexe = proposition.cellule
        return grille.sait(bande, sexe, proposition.texte)
    return existants.get(proposition.champ, "").strip() == proposition.texte


def _suggestion(proposition: _Proposition) -> Suggestion:
    lu = proposition.lu
    extrait = _extrait(lu.texte, lu.fait)
    return Suggestion(
        proposition.champ, proposition.texte, lu.source, lu.fait.citation, extrait, lu.fait.approximatif
    )


def _extrait(texte: str, fait: Fait) -> str:
    """Return the sentence of a figure, cut around it when it is long."""
    debut = max((m.end() for m in _PHRASE.finditer(texte, max(0, fait.debut - 400), fait.debut)), default=0)
    debut = max(debut, fait.debut - EXTRAIT // 2)
    fin = _PHRASE.search(texte, fait.fin)
    arret = min(fin.start() if fin else len(texte), fait.fin + EXTRAIT // 2)
    if debut and texte[debut - 1].isalnum():
        debut = texte.find(" ", debut, fait.debut) + 1 or fait.debut
    if arret < len(texte) and texte[arret].isalnum():
        arret = max(texte.rfind(" ", fait.fin, arret), fait.fin)
    coupe = arret < len(texte) and _PHRASE.match(texte, arret) is None
    avant = "… " if debut and _PHRASE.search(texte, max(0, debut - 2), debut + 1) is None else ""
    return f"{avant}{' '.join(texte[debut:arret].split())}{' …' if coupe else ''}"
