"""What the rules of people read in the narrative of a bilan: its figures, with the text that says each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.utils.text import capfirst

from comptes.modeles import libelle_du_champ

from ..models import Bilan
from ..recits import Fait, Nature, Role, lire_recit

# The texts that tell what was done: « perspectives » tells what is hoped, « difficultes » often what was not done.
TEXTES = (
    "mise_en_oeuvre",
    "objectifs_atteints",
    "points_forts",
    "participation_habitants",
    "egalite_femmes_hommes",
    "dates_lieux",
    "type_public",
    "moyens",
)
# The longest words quoted.
CITATION = 300


@dataclass(frozen=True)
class Lu:
    """A figure, and the field whose text says it."""

    champ: str
    texte: str
    fait: Fait

    @property
    def plafond(self) -> int:
        """The greatest number that it says."""
        bornes = (self.fait.valeur, self.fait.valeur_min, self.fait.valeur_max)
        return int(max((borne for borne in bornes if borne is not None), default=0))


@dataclass(frozen=True)
class Groupe:
    """A total and the lists of its parts; a list whose total is not written has none."""

    champ: str
    texte: str
    total: Fait | None
    listes: tuple[tuple[Fait, ...], ...]

    def citation(self, liste: Iterable[Fait]) -> str:
        """Return the words from the total to the end of a list."""
        faits = [*([self.total] if self.total else []), *liste]
        return extrait(self.texte, faits)


@lru_cache(maxsize=4096)
def _lire(texte: str, annee: int) -> tuple[Fait, ...]:
    return lire_recit(texte, annee)


def lire(textes: Mapping[str, str], annee: int) -> list[Lu]:
    """Return the figures of the texts of a bilan, field by field, aims and other years included."""
    return [
        Lu(champ, texte, fait)
        for champ in TEXTES
        if (texte := textes.get(champ, ""))
        for fait in _lire(texte, annee)
    ]


def de_l_annee(lus: Iterable[Lu], annee: int) -> list[Lu]:
    """Return the results of the year: neither aims nor what is told of another year."""
    return [
        lu for lu in lus if not lu.fait.prevu and not lu.fait.anterieur and lu.fait.annee in (None, annee)
    ]


def groupes(lus: Iterable[Lu]) -> list[Groupe]:
    """Return the totals with their lists, and the lists without a total, in order of appearance."""
    par_cle: dict[tuple[str, int], list[Lu]] = {}
    for lu in lus:
        if lu.fait.groupe:
            par_cle.setdefault((lu.champ, lu.fait.groupe), []).append(lu)
    trouves = []
    for (champ, _), siens in par_cle.items():
        total = next((lu.fait for lu in siens if lu.fait.role == Role.TOTAL), None)
        listes: dict[int, list[Fait]] = {}
        for lu in siens:
            if lu.fait.role == Role.PARTIE:
                listes.setdefault(lu.fait.ventilation, []).append(lu.fait)
        if listes:
            trouves.append(
                Groupe(champ, siens[0].texte, total, tuple(tuple(liste) for liste in listes.values()))
            )
    return trouves


def personnes(lus: Iterable[Lu]) -> list[Lu]:
    """Return the figures that count people of the public, each once."""
    return [lu for lu in lus if lu.fait.nature == Nature.EFFECTIF and lu.fait.categorie != "encadrants"]


def somme(faits: Iterable[Fait]) -> int | None:
    """Return the sum of exact figures; None when one is a range, or a rough one."""
    total = 0
    for fait in faits:
        if fait.valeur is None or fait.approximatif:
            return None
        total += int(fait.valeur)
    return total


def extrait(texte: str, faits: Iterable[Fait]) -> str:
    """Return the words of a text from the first of the figures to the last."""
    places = list(faits)
    debut, fin = min(f.debut for f in places), max(f.fin for f in places)
    mots = texte[debut:fin]
    if mots.count("(") > mots.count(")") and ")" in texte[fin : fin + 3]:
        mots = texte[debut : texte.index(")", fin) + 1]
    mots = " ".join(mots.split())
    return mots if len(mots) <= CITATION else f"{mots[:CITATION].rstrip()} …"


def nom_du_champ(champ: str) -> str:
    """Return what people call a text of the bilan."""
    return capfirst(libelle_du_champ(Bilan, champ))
