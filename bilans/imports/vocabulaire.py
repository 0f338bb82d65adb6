"""What a title may mean: the words of `alias`, those of the contract's funders, ages and sexes.

A title is looked for as it is written, then among people and money, then with typing errors, then by its words.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from documents.normalisation import normaliser

from . import alias
from .champs import Effectif
from .titres import LONGUEUR_MAX, cle_sans_precision, cle_titre, cles, distance, fautes_admises

EXACTS: Mapping[str, str] = {cle_titre(mot): champ for champ, mots in alias.ALIAS.items() for mot in mots}
DOUBLES: Mapping[str, tuple[str, str]] = {
    cle_titre(mot): sens for mot, sens in alias.SELON_LE_CONTENU.items()
}
ETATS: Mapping[str, str] = {cle_titre(mot): etat for etat, mots in alias.MOTS_ETATS.items() for mot in mots}
SEXES: Mapping[str, str] = {cle_titre(mot): sexe for sexe, mots in alias.MOTS_SEXES.items() for mot in mots}
USUELS: Mapping[str, str] = {cle_titre(mot): mots[0] for mots in alias.FINANCEURS_USUELS for mot in mots}
MOTS_MONTANT = cles(alias.MOTS_MONTANT)
MOTS_ARGENT = cles(alias.MOTS_ARGENT)
MOTS_PUBLIC = cles(alias.MOTS_PUBLIC)
MOTS_EFFECTIF = cles(alias.MOTS_EFFECTIF)
# Of these, which one alone says people; « nombre », « total », « dont » do not.
MOTS_PERSONNES = cles(
    ("bénéficiaire", "participant", "personne", "effectif", "usager", "public", "habitant", "inscrit")
)
# What says that a number of people is only expected.
MOTS_PREVUS = cles(
    (
        "prévu",
        "prévue",
        "prévisionnel",
        "prévisionnelle",
        "attendu",
        "attendue",
        "visé",
        "visée",
        "estimé",
        "estimée",
    )
)
INDICES: Mapping[str, Mapping[str, int]] = {
    champ: {cle_titre(mot): poids for mot, poids in mots.items()} for champ, mots in alias.INDICES.items()
}

# Beyond, a cell with a typing error is a text, not a title.
FAUTE_MAX = 40

# Every word that means something in a title: a text that has none of them is no title.
_CONNUS = frozenset(
    mot
    for cle in (*EXACTS, *DOUBLES, *ETATS, *SEXES, *USUELS, *MOTS_MONTANT, *MOTS_PERSONNES)
    for mot in cle.split()
)

_MOT = re.compile(r"[^\s/(),;:’'–\[\].]+")
# What links the words of a name, « - » included; alone, it says nothing of who pays.
_MOTS_DE_LIAISON = frozenset(
    ["de", "du", "des", "d", "la", "le", "les", "l", "et", "en", "à", "au", "aux", "par", "-", "&", "—", "+"]
)
_SIGNES = frozenset(("%", "#", "1", "2"))
_EXERCICE = re.compile(r"\b(20\d\d|n ?[+-] ?\d|n)\b")
_HORS_TOTAL = re.compile(r"\bhors[ -]total\b", re.IGNORECASE)
_ANNEE = re.compile(r"\b(?:19|20)\d\d\b")
_ENTRE = re.compile(r"(?<!\d)(\d{1,2})\s*(?:ans?)?\s*(?:-|/|a|et|_)\s*(\d{1,2})(?!\d)\s*(?:ans?\b)?")
_ET_PLUS = re.compile(r"(?<!\d)(\d{1,2})\s*(?:ans?)?\s*(?:\+|et\s*(?:plus|\+)|ou plus)")
_PLUS_DE = re.compile(r"(?:plus de|\+\s*de|\+|>=?|a partir de|des)\s*(\d{1,2})(?!\d)\s*(?:ans?\b)?")
_MOINS_DE = re.compile(r"(?:moins de|-\s*de|<|jusqu'a)\s*(\d{1,2})(?!\d)\s*(?:ans?\b)?")
_AGE_SEUL = re.compile(r"(?<!\d)(\d{1,2})\s*ans\b")


# -- People ----------------------------------------------------------------------------------------
@lru_cache(maxsize=4096)
def lire_effectif(titre: str) -> Effectif | None:
    """Return what a title of people counts: « dont QPV », « F », « Femmes 16/17 ans », « 65+ »; None for others."""
    plat = normaliser(titre)
    (age_min, age_max), reste = _ages(plat)
    mots = set(cle_titre(reste).split())
    if "hor" in mots or "hors" in mots:
        return None
    sexes = {SEXES[mot] for mot in mots if mot in SEXES}
    qpv = "qpv" in mots or "quartier" in mots
    inconnus = mots - MOTS_EFFECTIF - SEXES.keys() - {"qpv", "non", "renseigne"}
    if {"non", "renseigne"} <= mots:
        sexes, inconnus = {"N"}, inconnus - {"sexe"}
    dit = age_min is not None or bool(sexes) or qpv or bool(mots & MOTS_PERSONNES)
    if inconnus or not dit or len(sexes) > 1:
        return None
    return Effectif("qpv" if qpv else "total", next(iter(sexes), "T"), age_min, age_max)


def _ages(plat: str) -> tuple[tuple[int | None, int | None], str]:
    """Return the ages that a normalised title says (None, None when it says none) and what is left of it."""
    for motif, bornes in (
        (_ENTRE, lambda lu: (int(lu[1]), int(lu[2]))),
        (_MOINS_DE, lambda lu: (0, int(lu[1]) - 1)),
        (_ET_PLUS, lambda lu: (int(lu[1]), None)),
        (_PLUS_DE, lambda lu: (int(lu[1]), None)),
        (_AGE_SEUL, lambda lu: (int(lu[1]), int(lu[1]))),
    ):
        lu = motif.search(plat)
        if lu is None:
            continue
        age_min, age_max = bornes(lu)
        if age_max is None or age_min <= age_max:
            return (age_min, age_max), f"{plat[: lu.start()]} {plat[lu.end() :]}"
    return (None, None), plat


def est_prevu(titre: str) -> bool:
    """Return whether a title counts people to come: « Nb bénéf. prévus », « Participants attendus »."""
    mots = cle_titre(titre).split()
    sans = [mot for mot in mots if mot not in MOTS_PREVUS]
    return (
        len(sans) < len(mots)
        and bool(set(sans) & MOTS_PERSONNES)
        and lire_effectif(" ".join(sans)) is not None
    )


# -- Money -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class TitreMontant:
    """What a title of money says: who pays (as written), in which state, of which year; blanks when it does not.

    `connu` says whether the funder is one of the contract's, `usuel` whether it is a usual one; `argent` whether a
    word of it says money, or a state and nothing else.
    """

    financeur: str = ""
    etat: str = ""
    exercice: str = ""
    connu: bool = False
    usuel: bool = False
    argent: bool = False
    total: bool = False


class _Gardes:
    """The words of a title that name a funder, as written: « Montant de la Ville de Dole » → « Ville de Dole »."""

    def __init__(self, titre: str) -> None:
        self._titre = titre
        self._suites: list[tuple[int, int]] = []
        self._ouverte = False

    def garder(self, mot: re.Match[str]) -> None:
        """Keep a word, with what links it to the one before."""
        if self._ouverte and " / " not in self._titre[self._suites[-1][1] : mot.start()]:
            self._suites[-1] = (self._suites[-1][0], mot.end())
        else:
            self._suites.append((mot.start(), mot.end()))
        self._ouverte = True

    def couper(self) -> None:
        """Leave a word aside: what is kept after it is apart."""
        self._ouverte = False

    @property
    def texte(self) -> str:
        """What is kept, on one line."""
        morceaux = (self._titre[debut:fin] for debut, fin in self._suites)
        return " ".join(" ".join(_refermer(morceau) for morceau in morceaux).split())


def _refermer(texte: str) -> str:
    """Return a text with the bracket that it opens closed: « État (BOP 147 » → « État (BOP 147) »."""
    ouvre = texte.rfind("(")
    return f"{texte})" if ouvre > texte.rfind(")") else texte


class Financeurs:
    """The funders that a contract knows, by any of their labels."""

    def __init__(self, libelles: Iterable[str]) -> None:
        self.par_cle: dict[str, str] = {}
        for libelle in libelles:
            self.par_cle.setdefault(cle_titre(libelle[:LONGUEUR_MAX]), libelle)
        self.par_cle.pop("", None)

    def trouver(self, cle: str) -> str:
        """Return the label that has these words: exactly, else the only one that holds them all; blank for none."""
        if cle in self.par_cle:
            return self.par_cle[cle]
        mots = set(cle.split())
        if not mots or max(map(len, mots)) < 3:
            return ""
        proches = [set(autre.split()) for autre in self.par_cle if mots <= set(autre.split())]
        if not proches:
            return ""
        # « Ville » alone is not « Ville de Bagnols » when there is also « Ville de Pont-Saint-Esprit »
        plus_court = min(proches, key=lambda autre: (len(autre), sorted(autre)))
        if not all(plus_court <= autre for autre in proches):
            return ""
        return next(lib for autre, lib in self.par_cle.items() if set(autre.split()) == plus_court)


def usuel(cle: str) -> bool:
    """Return whether these words name a usual funder, alone or with its own name: « CAF du Gard »."""
    if cle in USUELS:
        return True
    mots = cle.split()
    return any(" ".join(mots[:n]) in USUELS for n in range(min(len(mots), 4), 0, -1)) and len(mots) <= 6


class Vocabulaire:
    """Everything that a title is compared to, for one contract."""

    def __init__(self, financeurs: Sequence[str] = (), niveaux: Sequence[str] = ()) -> None:
        self.financeurs = Financeurs(financeurs)
        # the contract's own words for its axes come first
        self.niveaux = {
            cle_titre(nom): champ
            for nom, champ in zip(niveaux, ("axe_1", "axe_2", "axe_3"), strict=False)
            if nom.strip()
        }
        self._mots = _CONNUS.union(*(cle.split() for cle in (*self.niveaux, *self.financeurs.par_cle)))
        self._poids: dict[tuple[str, bool], tuple[str, float]] = {}

    # -- As it is written ------------------------------------------------------------------------
    def exact(self, titre: str) -> str:
        """Return the field whose usual title this is, blank when it is none."""
        for cle in (cle_titre(titre), cle_sans_precision(titre)):
            champ = self.niveaux.get(cle) or EXACTS.get(cle, "")
            if champ:
                return champ
        return ""

    def double(self, titre: str) -> tuple[str, str] | None:
        """Return the two meanings of a title that has two, None for the others."""
        for cle in (cle_titre(titre), cle_sans_precision(titre)):
            if cle in DOUBLES and cle not in self.niveaux:
                return DOUBLES[cle]
        return None

    # -- Money -------------------------------------------------------------------------------------
    def montant(self, titre: str) -> TitreMontant:
        """Return what a title of money says, its group of titles before it."""
        exercice = _EXERCICE.search(normaliser(titre))
        # « Hors total / CAF » is an amount of the CAF
        sans_annee = _ANNEE.sub(" ", _HORS_TOTAL.sub(" ", titre))
        etat, argent, total = "", "€" in titre, False
        gardes = _Gardes(sans_annee)
        for mot in _MOT.finditer(sans_annee):
            cle = cle_titre(mot[0])
            if cle in ETATS:
                etat = ETATS[cle]
            elif cle == "total":
                total = True
            elif cle in MOTS_MONTANT:
                argent = argent or cle in MOTS_ARGENT
            elif mot[0].casefold() in _MOTS_DE_LIAISON:
                # kept between two words that are
                continue
            elif cle and cle not in _SIGNES and not _EXERCICE.fullmatch(normaliser(mot[0])):
                gardes.garder(mot)
                continue
            gardes.couper()
        reste = gardes.texte
        cle = cle_titre(reste) if reste else ""
        connu = self.financeurs.trouver(cle) or self.financeurs.trouver(cle_titre(sans_annee))
        return TitreMontant(
            financeur=connu or reste,
            etat=etat,
            exercice=exercice[0].replace(" ", "") if exercice else "",
            connu=bool(connu),
            usuel=bool(cle) and usuel(cle),
            # « demandé » says money when nothing else is said: « Nb prévus » counts something
            argent=argent or (bool(etat) and not cle),
            total=total,
        )

    # -- With a typing error -----------------------------------------------------------------------
    @cached_property
    def _par_longueur(self) -> dict[int, list[str]]:
        par_longueur: dict[int, list[str]] = {}
        for cle in dict.fromkeys((*EXACTS, *DOUBLES, *self.niveaux, *self.financeurs.par_cle)):
            par_longueur.setdefault(len(cle), []).append(cle)
        return par_longueur

    def corriger(self, titre: str) -> str:
        """Return the key of the title that was meant, one typing error or two away; blank when none or several are.

        A title that means something as it is written is never corrected: look for it exactly first.
        """
        cle = cle_sans_precision(titre) or cle_titre(titre)
        limite = fautes_admises(cle)
        meilleures: set[str] = set()
        for longueur in range(len(cle) - limite, len(cle) + limite + 1):
            for voisine in self._par_longueur.get(longueur, ()):
                if voisine[0] != cle[0] and voisine[-1] != cle[-1]:
                    continue
                ecart = distance(cle, voisine, limite)
                if ecart < limite or (ecart == limite and not meilleures):
                    meilleures, limite = {voisine}, ecart
                elif ecart == limite:
                    meilleures.add(voisine)
        sens = {self.sens(voisine) for voisine in meilleures}
        return min(meilleures) if limite and len(sens) == 1 else ""

    def sens(self, cle: str) -> str:
        """Return what a key means, in one word: two keys of the same meaning can be taken for one another."""
        return self.niveaux.get(cle) or EXACTS.get(cle) or str(DOUBLES.get(cle, cle))

    # -- At a glance, to find the header -----------------------------------------------------------
    def poids(self, texte: str, fautes: bool = False) -> tuple[str, float]:
        """Return what a cell would be as a title and how much it weighs: ("", 0) for what is no title.

        With `fautes`, a title with a typing error is one.
        """
        if len(texte) > LONGUEUR_MAX:
            return "", 0.0
        if (texte, fautes) not in self._poids:
            self._poids[texte, fautes] = self._peser(texte, fautes)
        return self._poids[texte, fautes]

    def _peser(self, texte: str, fautes: bool) -> tuple[str, float]:
        mots = cle_titre(texte).split()
        if any(mot in self._mots or mot[0].isdigit() for mot in mots):
            pesee = self._peser_un_titre(texte)
            if pesee[0]:
                return pesee
        corrige = self.corriger(texte) if fautes and len(texte) <= FAUTE_MAX else ""
        return (corrige, 1.0) if corrige else ("", 0.0)

    def _peser_un_titre(self, texte: str) -> tuple[str, float]:
        champ = self.exact(texte)
        if champ:
            return champ, 4.0 if champ in ("porteur", "intitule") else 2.0
        if self.double(texte) is not None:
            return f"?{cle_titre(texte)}", 2.0
        effectif = lire_effectif(texte)
        if effectif is not None:
            return effectif.nom, 1.5
        argent = self.montant(texte)
        if argent.connu or argent.usuel or (argent.argent and not argent.financeur):
            return f"montant {argent.financeur} {argent.etat} {argent.exercice}", 1.5
        return "", 0.0


def indices(titre: str) -> tuple[str, int]:
    """Return the field to which the words of a title lean and how much, blank and 0 when to none."""
    mots = dict.fromkeys(cle_titre(titre).split()[:12])
    scores = {champ: sum(poids.get(mot, 0) for mot in mots) for champ, poids in INDICES.items()}
    champ = max(scores, key=lambda nom: scores[nom])
    return (champ, scores[champ]) if scores[champ] else ("", 0)


def est_argent(titre: str) -> bool:
    """Return whether a title, or a group of titles, is about money."""
    return "€" in titre or bool(set(cle_titre(titre).split()) & (MOTS_ARGENT | ETATS.keys()))


def est_public(titre: str) -> bool:
    """Return whether a title, or a group of titles, is about people counted."""
    return bool(set(cle_titre(titre).split()) & MOTS_PUBLIC) or lire_effectif(titre) is not None


def annees(texte: str) -> list[int]:
    """Return the years that a text names, those of a period (« 2024-2030 ») left aside."""
    sans_periodes = re.sub(r"\b20\d\d\s*(?:[-/–]|a|au|et)\s*(?:20)?\d\d\b", " ", normaliser(texte))
    return [int(lue) for lue in re.findall(r"(?<!\d)20\d\d(?!\d)", sans_periodes)]
