"""Names found in texts: known ones under another spelling, those that differ by a letter. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import combinations

from documents.normalisation import normaliser

# Two words that begin alike and share this much of their letters are one word, spelt twice.
RESSEMBLANCE = 0.86
# Below, a word is too short to be told from another by its letters.
MOT_LONG = 5
_MOT = re.compile(r"[^\W\d_][\w’'-]*")
_LIAISONS = {"de", "du", "des", "d", "la", "le", "les", "l", "et", "en", "au", "aux", "sur"}
# « Olympe de Gouges », « Cité Jeunes »: capitals, tied by small words
_NOM_PROPRE = re.compile(
    r"(?<![\w’'-])[A-ZÀ-ÖØ-Þ][\w-]{2,}(?:\s(?:(?:de|du|des|la|le|les|en|et|sur)\s|d['’]|l['’])?[A-ZÀ-ÖØ-Þ][\w-]{2,}){1,3}"
)


# A name is written in one go: no bracket, no full stop, no line between its words.
_D_UN_TENANT = re.compile(r"[\w’' /-]+")


@dataclass(frozen=True)
class Graphie:
    """A name as a text writes it: the words, and where."""

    ecrit: str
    debut: int
    fin: int


@lru_cache(maxsize=4096)
def mots(texte: str) -> tuple[Graphie, ...]:
    """Return the words of a text, an elided article apart from its word: « l'Escanau » gives « Escanau »."""
    trouves = []
    for lu in _MOT.finditer(texte):
        debut = lu.start()
        elision = re.match(r"[dlnsjcqmt][’']", lu[0], re.IGNORECASE)
        if elision:
            debut += elision.end()
        if debut < lu.end():
            trouves.append(Graphie(texte[debut : lu.end()], debut, lu.end()))
    return tuple(trouves)


def presque_pareils(un: str, autre: str) -> bool:
    """Return whether two normalised words are one word spelt twice: alike, but not the same nor its plural."""
    if un == autre or min(len(un), len(autre)) < MOT_LONG or un[0] != autre[0]:
        return False
    if singulier(un) == singulier(autre) or _en_al(un) == _en_al(autre):
        return False
    return SequenceMatcher(None, un, autre, autojunk=False).ratio() >= RESSEMBLANCE


def _en_al(mot: str) -> str:
    """Return « departemental » for « departementaux »."""
    return f"{mot[:-3]}al" if mot.endswith("aux") else mot


def singulier(mot: str) -> str:
    """Return a normalised word without its mark of plural: « jeunes » → « jeune », « escanaux » → « escanau »."""
    return mot[:-1] if len(mot) > 3 and mot[-1] in "sx" else mot


class Corpus:
    """Many texts, their words indexed once: looking for a name reads only where one of its words is."""

    def __init__(self, textes: Iterable[str]) -> None:
        self._textes: list[tuple[str, tuple[Graphie, ...], tuple[str, ...]]] = []
        # (text, place) of each word without its plural; of each word with a capital, by its first letter
        self._mots: dict[str, list[tuple[int, int]]] = {}
        self._propres: dict[str, list[tuple[int, int]]] = {}
        for texte in dict.fromkeys(textes):
            self._indexer(texte)

    def _indexer(self, texte: str) -> None:
        suite = mots(texte)
        plats = tuple(normaliser(mot.ecrit) for mot in suite)
        rang = len(self._textes)
        self._textes.append((texte, suite, plats))
        for place, (mot, plat) in enumerate(zip(suite, plats, strict=True)):
            self._mots.setdefault(singulier(plat), []).append((rang, place))
            if mot.ecrit[0].isupper():
                self._propres.setdefault(plat[:1], []).append((rang, place))

    def ecritures(self, nom: str) -> Iterator[Graphie]:
        """Yield where the texts write `nom`, exactly or nearly: one word misspelt, a plural, another case.

        A name of one word is told from a common noun by its capital. A text given twice is read once.
        """
        connus = [normaliser(mot.ecrit) for mot in mots(nom)]
        if not connus or sum(map(len, connus)) < MOT_LONG + 1:
            return
        for rang, place in self._debuts_possibles(connus):
            texte, suite, plats = self._textes[rang]
            fenetre, lus = suite[place : place + len(connus)], plats[place : place + len(connus)]
            if len(fenetre) < len(connus) or not _est_une_ecriture(connus, fenetre, lus):
                continue
            ecrit = texte[fenetre[0].debut : fenetre[-1].fin]
            if _D_UN_TENANT.fullmatch(ecrit) and len(ecrit) <= len(nom) + 4:
                yield Graphie(ecrit, fenetre[0].debut, fenetre[-1].fin)

    def _debuts_possibles(self, connus: Sequence[str]) -> list[tuple[int, int]]:
        """Return where the name may begin: one word at most is misspelt, so one of its two rarest is there."""
        if len(connus) == 1:
            return self._propres.get(connus[0][:1], [])
        rares = sorted(
            enumerate(connus), key=lambda rang_mot: len(self._mots.get(singulier(rang_mot[1]), ()))
        )[:2]
        debuts = {
            (rang, place - decalage)
            for decalage, mot in rares
            for rang, place in self._mots.get(singulier(mot), ())
            if place >= decalage
        }
        return sorted(debuts)

    def graphies(self, nom: str) -> Counter[str]:
        """Return how many times the texts write `nom`, by spelling."""
        return Counter(graphie.ecrit for graphie in self.ecritures(nom))


def _est_une_ecriture(connus: Sequence[str], fenetre: Sequence[Graphie], lus: Sequence[str]) -> bool:
    if len(connus) == 1 and not fenetre[0].ecrit[0].isupper():
        return False
    differents = [
        (connu, lu) for connu, lu in zip(connus, lus, strict=True) if singulier(connu) != singulier(lu)
    ]
    return not differents or (
        len(differents) == 1
        and presque_pareils(*differents[0])
        and (len(connus) == 1 or any(len(mot) >= MOT_LONG for mot in connus if mot != differents[0][0]))
    )


def noms_propres(texte: str) -> tuple[str, ...]:
    """Return the names of several words of a text, those that begin a line of capitals left out."""
    return tuple(lu[0] for lu in _NOM_PROPRE.finditer(texte) if not lu[0].isupper())


def familles(noms: Counter[str]) -> list[Counter[str]]:
    """Return the groups of names that are one name spelt several ways, each with how many times it is written."""
    liens: dict[str, set[str]] = {nom: {nom} for nom in noms}
    par_longueur: dict[int, list[tuple[str, list[str]]]] = {}
    for nom in sorted(noms):
        decoupe = [normaliser(mot.ecrit) for mot in mots(nom)]
        par_longueur.setdefault(len(decoupe), []).append((nom, decoupe))
    for candidats in par_longueur.values():
        for (un, mots_un), (autre, mots_autre) in combinations(candidats, 2):
            if _un_mot_les_separe(mots_un, mots_autre):
                groupe = liens[un] | liens[autre]
                for nom in groupe:
                    liens[nom] = groupe
    groupes = {frozenset(groupe) for groupe in liens.values() if len(groupe) > 1}
    return [Counter({nom: noms[nom] for nom in sorted(groupe)}) for groupe in sorted(groupes, key=sorted)]


def _un_mot_les_separe(un: Sequence[str], autre: Sequence[str]) -> bool:
    differents = [(a, b) for a, b in zip(un, autre, strict=True) if a != b]
    communs = [a for a, b in zip(un, autre, strict=True) if a == b and a not in _LIAISONS]
    return len(differents) == 1 and presque_pareils(*differents[0]) and any(len(mot) > 3 for mot in communs)


# -- A name whose small word changes ---------------------------------------------------------------
_COURT = r"(?:\w{1,3}|\w['’])"
_TRIPLET = re.compile(rf"(?<!\w)([A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ-]{{2,}})\s({_COURT})\s(\w[a-zà-öø-ÿ-]{{3,}})")


def noms_a_liaison_changeante(texte: str) -> list[tuple[str, ...]]:
    """Return the names of a text that differ by their small word alone: (« Gard au Climat », « Gard O Climat »)."""
    trouves: dict[tuple[str, str], dict[str, str]] = {}
    propres = set()
    for lu in _TRIPLET.finditer(texte):
        cle = normaliser(lu[1]), normaliser(lu[3])
        trouves.setdefault(cle, {}).setdefault(normaliser(lu[2]), lu[0])
        # a common noun never has a capital: « Atelier de cuisine », « Atelier à cuisine »
        if lu[3][0].isupper():
            propres.add(cle)
    return [tuple(ecrits.values()) for cle, ecrits in trouves.items() if len(ecrits) > 1 and cle in propres]


# -- Labels ----------------------------------------------------------------------------------------
def ossature(libelle: str) -> str:
    """Return a label without spaces, signs, accents nor case: « EMPLOI /INSERTION » → « emploiinsertion »."""
    return re.sub(r"[^a-z0-9]", "", normaliser(libelle))


def libelles_jumeaux(libelles: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the groups of labels that are one label written several ways, in their order of appearance.

    Same letters whatever the spaces, signs and case; or one word of several spelt with a letter more or less.
    """
    par_ossature: dict[str, list[str]] = {}
    for libelle in dict.fromkeys(libelles):
        par_ossature.setdefault(ossature(libelle), []).append(libelle)
    return [tuple(groupe) for groupe in par_ossature.values() if len(groupe) > 1]


def mots_fautifs(libelles: Iterable[str]) -> list[tuple[str, str]]:
    """Return the words of the labels that are spelt once as no other label spells them: (fautif, usuel)."""
    usages = Counter(mot for libelle in set(libelles) for mot in set(_mots_longs(libelle)))
    fautifs = []
    for mot, nombre in usages.items():
        proches = [autre for autre in usages if presque_pareils(mot, autre) and usages[autre] > nombre]
        if proches:
            fautifs.append((mot, max(proches, key=lambda autre: usages[autre])))
    return fautifs


def _mots_longs(libelle: str) -> list[str]:
    return [mot for mot in re.findall(r"[a-z]+", normaliser(libelle)) if len(mot) >= MOT_LONG]
