"""The figures that a text announces of the whole year: « En 2023, 53 actions ont été réalisées par 20 structures ».

Precision first: nothing is read of a text that does not say, in one sentence, the year (or the contrat de ville), how
many actions and how many structures. What is announced is kept as a printed total, with its words (COH-04 to COH-06).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from documents.normalisation import normaliser
from financements.models import TotalControle

Nature = TotalControle.Nature
LIBELLES_ANNONCES: dict[str, str] = {
    Nature.ACTIONS.value: "Actions annoncées",
    Nature.STRUCTURES.value: "Structures annoncées",
    Nature.PART.value: "Part des actions",
}
# Fewer actions than that share of the rows of the table are those of something else.
PART_MINIMALE = Decimal("0.5")
# A part of the label of an axe is recognised from that many letters.
LETTRES_MIN = 4

# « différentes.14 actions » begins a sentence; « 3.14 » is one number
_SEUL = r"(?<!\d)(?<!\d[.,])"
_NOMBRE = rf"{_SEUL}(?:\d{{1,3}}(?:[ \u00a0\u202f]\d{{3}})+|\d{{1,4}})(?![\d.,]\d)"
_FAIRE = (
    r"(?:(?:ont\s+été|sont|étaient)\s+)?"
    r"(?:réalisées|menées|portées|conduites|mises\s+en\s+(?:œuvre|oeuvre)|soutenues|proposées)"
)
# « 53 actions ont été réalisées par 20 structures différentes »
_ANCRE = re.compile(
    rf"(?P<actions>{_NOMBRE})\s+actions\s+{_FAIRE}\s+par\s+(?P<structures>{_NOMBRE})\s+"
    r"structures(?:\s+différentes)?",
    re.IGNORECASE,
)
# « 14 actions sont portées par les services de la Ville de… »
_D_UN_PORTEUR = re.compile(
    rf"(?P<actions>{_NOMBRE})\s+actions\s+{_FAIRE}\s+par\s+(?P<qui>[^\W\d][^.;:()\n%]*)", re.IGNORECASE
)
_SERVICES = re.compile(
    r"^(?:(?:les|des)\s+services\s+(?:municipaux\s+)?)?(?:de\s+|du\s+)?(?:la\s+|le\s+|les\s+|l['’])?",
    re.IGNORECASE,
)
_POURCENT = rf"(?P<part>{_SEUL}\d{{1,3}}(?:[.,]\d{{1,2}})?)\s*%"
# « 85% des actions réalisées portent sur la cohésion sociale »
_PART_DES_ACTIONS = re.compile(
    rf"{_POURCENT}\s+des\s+actions(?:\s+(?:réalisées|menées|financées|soutenues))?\s+"
    r"(?:portent\s+sur|concernent|relèvent\s+de|sont\s+(?:sur|consacrées\s+à)|s['’]inscrivent\s+dans)\s+"
    r"(?P<axe>[^(.;:,|\n%\d]+)",
    re.IGNORECASE,
)
# « l'insertion et l'emploi (9%) »
_ENTRE_PARENTHESES = re.compile(rf"(?P<axe>[^(),;:|%\d]+)\(\s*{_POURCENT}\s*\)")
_AVANT_LES_AXES = re.compile(r"^.*\b(?:sont|portent)\s+|^\s*(?:et\s+)?sur\s+", re.IGNORECASE | re.DOTALL)
# What is between parentheses and is more than a share is a detail of what comes before.
_DETAIL = re.compile(r"\((?!\s*\d{1,3}(?:[.,]\d{1,2})?\s*%\s*\))[^()]*\)")
DETAIL = " | "
_FIN_DE_PHRASE = re.compile(r"[.;!?\n]")
# What makes a number something else than the count of the year.
_A_PEU_PRES = re.compile(
    r"\b(?:plus de|moins de|près de|environ|quelque|au moins|dont|autres)\s*$", re.IGNORECASE
)
_A_SOI = re.compile(r"\b(?:notre|nos|objectifs?|prévu\w*|prévoit|visait)\b", re.IGNORECASE)
_DU_CONTRAT = re.compile(r"\b(?:contrat\s+de\s+ville|politique\s+de\s+la\s+ville)\b", re.IGNORECASE)
_ANNEE = re.compile(r"\b(?:19|20)\d\d\b")
_NUMERO_D_AXE = re.compile(r"^(?:axe|pilier|orientation)\s*\w{0,3}\s*[:.-]\s*")


@dataclass(frozen=True)
class Annonce:
    """A figure that a text announces of the year: a number of actions or structures, or a share in points.

    `porteur` and `axe` are the words of the text, blank when it is of the whole year; `citation` are its exact words.
    """

    nature: str
    valeur: Decimal
    citation: str
    porteur: str = ""
    axe: str = ""

    def en_json(self, cellule: str) -> dict[str, str]:
        """Return it as the row of the import keeps it, with the cell that says it."""
        return {
            **vars(self),
            "nature": str(self.nature),
            "valeur": format(self.valeur, "f"),
            "cellule": cellule,
        }

    @classmethod
    def depuis(cls, brut: Mapping[str, Any]) -> "Annonce":
        """Return what `en_json` kept."""
        textes = {nom: brut[nom] for nom in ("nature", "citation", "porteur", "axe")}
        return cls(valeur=Decimal(brut["valeur"]), **textes)


# -- Reading ---------------------------------------------------------------------------------------
def lire_annonces(texte: str, annee: int) -> list[Annonce]:
    """Return what a text announces of the actions of `annee`, in its order; nothing when it is not certain."""
    ancre = next((lue for lue in _ANCRE.finditer(texte) if _est_de_l_annee(texte, lue, annee)), None)
    if ancre is None:
        return []
    actions, structures = _entier(ancre["actions"]), _entier(ancre["structures"])
    if not 0 < structures <= actions:
        return []
    citation = _mots(texte[_debut_de_phrase(texte, ancre.start()) : ancre.end()])
    return [
        Annonce(Nature.ACTIONS, actions, citation),
        Annonce(Nature.STRUCTURES, structures, citation),
        *_des_porteurs(texte, actions),
        *_des_axes(_DETAIL.sub(DETAIL, texte)),
    ]


def _est_de_l_annee(texte: str, ancre: re.Match[str], annee: int) -> bool:
    """Whether the sentence speaks of all the actions of that year: it names it, or the contrat de ville."""
    phrase = texte[_debut_de_phrase(texte, ancre.start()) : _fin_de_phrase(texte, ancre.end())]
    avant = texte[_debut_de_phrase(texte, ancre.start()) : ancre.start()]
    if _A_PEU_PRES.search(avant) or _A_SOI.search(phrase):
        return False
    annees = set(_ANNEE.findall(phrase))
    return annees == {str(annee)} or (not annees and _DU_CONTRAT.search(phrase) is not None)


def _debut_de_phrase(texte: str, place: int) -> int:
    return max((fin.end() for fin in _FIN_DE_PHRASE.finditer(texte, 0, place)), default=0)


def _fin_de_phrase(texte: str, place: int) -> int:
    fin = _FIN_DE_PHRASE.search(texte, place)
    return fin.start() if fin else len(texte)


def _des_porteurs(texte: str, toutes: Decimal) -> Iterator[Annonce]:
    for lue in _D_UN_PORTEUR.finditer(texte):
        actions = _entier(lue["actions"])
        if actions <= toutes and not _A_PEU_PRES.search(texte[: lue.start()]):
            qui = _SERVICES.sub("", _mots(lue["qui"]))
            yield Annonce(Nature.ACTIONS, actions, _mots(lue[0]), porteur=qui)


def _des_axes(texte: str) -> Iterator[Annonce]:
    """Yield the shares of the actions by axe, those of a detail between parentheses being gone already."""
    for lue in _PART_DES_ACTIONS.finditer(texte):
        yield from _part(lue, _mots(lue["axe"]), _mots(lue[0]))
    for phrase in _FIN_DE_PHRASE.split(texte):
        if not re.search(r"\baxes\b.*\bactions?\b|\bactions?\b.*\baxes\b", phrase, re.IGNORECASE):
            continue
        for lue in _ENTRE_PARENTHESES.finditer(phrase):
            if not _PART_DES_ACTIONS.search(lue[0]):
                axe = _AVANT_LES_AXES.sub("", _mots(lue["axe"]))
                yield from _part(lue, axe, f"{axe} {_mots(lue[0][len(lue['axe']) :])}")


def _part(lue: re.Match[str], axe: str, citation: str) -> Iterator[Annonce]:
    part = Decimal(lue["part"].replace(",", "."))
    if 0 < part <= 100:
        yield Annonce(Nature.PART, part, citation, axe=axe)


def _entier(chiffres: str) -> Decimal:
    return Decimal("".join(signe for signe in chiffres if signe.isdecimal()))


def _mots(texte: str) -> str:
    return " ".join(texte.split()).strip(" ,")


# -- Of the whole table ----------------------------------------------------------------------------
def plausibles(annonces: Iterable[Annonce], lignes: int) -> list[Annonce]:
    """Return the announcements, or none when their actions are far fewer than the `lignes` of the table."""
    toutes = list(annonces)
    generales = [a for a in toutes if a.nature == Nature.ACTIONS and not a.porteur]
    return toutes if any(a.valeur >= PART_MINIMALE * lignes for a in generales) else []


def reconnaitre_axe(mots: str, libelles: Mapping[int, str]) -> int | None:
    """Return the key of the only axe of which the words say one whole part of the label, else None.

    « l'insertion et l'emploi » is « EMPLOI ET DEVELOPPEMENT ECONOMIQUE »; « l'insertion » alone is none.
    """
    dits = f" {' '.join(_termes(mots))} "
    trouves = {
        cle
        for cle, libelle in libelles.items()
        for partie in _parties(libelle)
        if f" {partie} " in dits and len(partie) >= LETTRES_MIN
    }
    return trouves.pop() if len(trouves) == 1 else None


def _parties(libelle: str) -> list[str]:
    morceaux = re.split(r"\bet\b|[,/&;]", _NUMERO_D_AXE.sub("", normaliser(libelle)))
    return [" ".join(_termes(morceau)) for morceau in morceaux]


def _termes(texte: str) -> list[str]:
    """Return the words that are compared: without articles."""
    mots = re.findall(r"[a-z0-9]+", normaliser(texte))
    return [mot for mot in mots if mot not in ("l", "d", "la", "le", "les", "de", "du", "des")]


def axes_annonces(annonces: Iterable[Annonce], libelles: Mapping[int, str]) -> dict[Annonce, int]:
    """Return the axe of each share, when it is known and is not given two different shares."""
    trouves: dict[Annonce, int] = {}
    for annonce in annonces:
        axe = reconnaitre_axe(annonce.axe, libelles) if annonce.axe else None
        if axe is not None:
            trouves[annonce] = axe
    parts: dict[int, set[Decimal]] = defaultdict(set)
    for annonce, axe in trouves.items():
        parts[axe].add(annonce.valeur)
    return {annonce: axe for annonce, axe in trouves.items() if len(parts[axe]) == 1}
