"""A quantity and the noun that it counts: « 141 enfants », « une vingtaine de jeunes », « Participants : 49 »."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from . import lexique as lex
from .ages import Ages
from .faits import Nature
from .jetons import Jeton, Sorte
from .nombres import DEBUTS, Quantite, lire_quantite

# A four-digit number of this kind is a year, not people: « en 2024 jeunes et parents ont… ».
ANNEES = range(1950, 2100)
_AVANT_LES_AGES = {"de", "d'", "des", "age", "ages", "agee", "agees", ",", "(", "allant", "tous", "ont", "et"}
_GENERALEMENT = {"majoritairement", "principalement", "surtout", "essentiellement"}
_UNIQUES = {"different", "differents", "differente", "differentes", "unique", "uniques", "distinct", "distincts",
            "distinctes"}  # fmt: skip
_TEMPS = {"fort", "forts", "festif", "festifs", "convivial", "conviviaux", "collectif", "collectifs", "d'",
          "ludique", "ludiques"}  # fmt: skip
_PARCOURS = {"individualise", "individualises", "individuel", "individuels", "renforce", "renforces", "d'"}


@dataclass(slots=True)
class Compte:
    """What is being read of a figure, with the tokens that say it: from `debut` to `fin`, excluded.

    What may be linked to it begins at `suite`, past its ages.
    """

    debut: int
    fin: int
    suite: int
    quantite: Quantite
    nature: Nature | None
    categorie: str
    # the tokens of the noun; none for a noun left out: « dont 26 au lycée »
    nom: tuple[int, int] | None
    unite: str = ""
    lemme: str = ""
    article: bool = False
    age_min: int | None = None
    age_max: int | None = None
    moyenne: bool = False
    periodicite: str = ""
    prevu: bool = False
    anterieur: bool = False
    annee: int | None = None
    groupe: int = 0
    ventilation: int = 0
    tete: bool = False
    ecarte: bool = False

    @property
    def sexue(self) -> bool:
        """Whether it counts women, or men."""
        return self.categorie in lex.SEXES


def lire_comptes(
    jetons: Sequence[Jeton], ages: Mapping[int, Ages], pris: set[int], texte: str
) -> list[Compte]:
    """Return the quantities of a text in order, those whose noun is left out included."""
    comptes: list[Compte] = []
    i = 0
    while i < len(jetons):
        possible = i not in pris and (jetons[i].sorte == Sorte.NOMBRE or _commence(jetons[i].norme))
        compte = _compte(jetons, i, ages, pris, texte) if possible else None
        if compte is None:
            i += 1
        else:
            comptes.append(compte)
            i = max(compte.fin, i + 1)
    return comptes


def _commence(mot: str) -> bool:
    """Return whether a quantity may begin with this word: « dix-neuf » as « dix »."""
    return mot.partition("-")[0] in DEBUTS


def _compte(
    jetons: Sequence[Jeton], i: int, ages: Mapping[int, Ages], pris: set[int], texte: str
) -> Compte | None:
    quantite = lire_quantite(jetons, i)
    if quantite is None or any(k in pris for k in range(quantite.debut, quantite.fin)):
        return None
    if not _se_compte(jetons, quantite):
        return None
    # « Réalisé = 49 Habitants : … »: the noun of a figure after « = » stands before it
    egale = quantite.debut > 0 and jetons[quantite.debut - 1].texte == "="
    lu = None if egale else lire_nom(jetons, quantite, texte)
    if lu is None:
        return None if _est_une_annee(jetons, quantite) else _sans_nom(quantite)
    if lu.nature == Nature.EFFECTIF and _est_une_annee(jetons, quantite):
        return None
    _attacher_les_ages(jetons, lu, ages)
    return lu


def _sans_nom(quantite: Quantite) -> Compte | None:
    if quantite.article:
        return None
    return Compte(quantite.debut, quantite.fin, quantite.fin, quantite, None, "", None)


def _se_compte(jetons: Sequence[Jeton], quantite: Quantite) -> bool:
    """Whether the number is not a rank, a rhythm or a name: « tous les deux jours », « n° 3 », « article 5 »."""
    avant = [jetons[k].norme for k in range(max(0, quantite.debut - 2), quantite.debut)]
    if avant[-1:] in (["°"], ["article"], ["art"], ["numero"], ["page"], ["lot"], ["qpv"], ["no"], ["-"]):
        return avant[-1:] == ["-"] and not (jetons[quantite.debut].colle and jetons[quantite.debut - 1].colle)
    if avant[-1:] == ["a"] and _baisse(jetons, quantite):
        return False
    return not (avant[-1:] == ["les"] and avant[:1] in (["tous"], ["toutes"]))


def _baisse(jetons: Sequence[Jeton], quantite: Quantite) -> bool:
    """« de 50 à 28 jeunes »: what changed, not what was."""
    avant = jetons[quantite.debut - 2].entier if quantite.debut >= 2 else None
    return avant is not None and (quantite.plafond is None or quantite.plafond <= avant)


def _est_une_annee(jetons: Sequence[Jeton], quantite: Quantite) -> bool:
    jeton = jetons[quantite.fin - 1]
    return jeton.sorte == Sorte.NOMBRE and len(jeton.texte) == 4 and quantite.plafond in ANNEES


def lire_nom(jetons: Sequence[Jeton], quantite: Quantite, texte: str) -> Compte | None:
    """Return the quantity with the noun that follows it; None when no known noun does."""
    k = quantite.fin
    if quantite.collectif:
        if k >= len(jetons) or jetons[k].norme not in ("de", "d'"):
            return None
        k += 1
    demi = [jeton.texte for jeton in jetons[k : k + 3]] == ["1", "/", "2"]
    if demi:
        k += 3
    debut_du_nom = k - 3 if demi else k
    sautes = 0
    while sautes < 2 and k < len(jetons) and jetons[k].norme in lex.ADJECTIFS_AVANT:
        k, sautes = k + 1, sautes + 1
    if k >= len(jetons):
        return None
    particulier = _nom_particulier(jetons, k)
    trouve = particulier or lex.nom(jetons[k])
    if trouve is None or not _bien_place(jetons, quantite, trouve, k):
        return None
    nature, categorie, fin = trouve.nature, trouve.categorie, k + 1
    if particulier is not None and jetons[fin].norme not in ("d'", "a"):
        fin += 1
    suivant = lex.nom(jetons[fin]) if fin < len(jetons) else None
    if categorie == lex.JEUNES and suivant is not None and suivant.categorie in lex.SEXES:
        categorie, fin = suivant.categorie, fin + 1
    elif (
        suivant is not None
        and suivant.nature == Nature.EFFECTIF
        and (nature == Nature.FREQUENTATION or trouve.lemme in ("journee", "demi-journee"))
    ):
        # « 516 passages enfants », « 441 1/2 journées enfants »
        nature, categorie, fin = Nature.FREQUENTATION, suivant.categorie, fin + 1
    elif jetons[k].norme.startswith("personne") and fin < len(jetons) and jetons[fin].norme == "agees":
        apres = jetons[fin + 1].norme if fin + 1 < len(jetons) else ""
        if apres not in ("de", "d'", "entre"):
            categorie, fin = lex.SENIORS, fin + 1
    elif trouve.lemme == "adulte" and fin < len(jetons) and jetons[fin].norme == "relais":
        categorie, fin = lex.ENCADRANTS, fin + 1
    if fin < len(jetons) and jetons[fin].norme in _UNIQUES:
        fin += 1
    unite = texte[jetons[debut_du_nom].debut : jetons[fin - 1].fin]
    if fin < len(jetons) and jetons[fin].norme == "environ":
        quantite, fin = replace(quantite, approximatif=True), fin + 1
    return Compte(
        quantite.debut, fin, fin, quantite, nature, categorie, (k, fin), unite, trouve.lemme, quantite.article
    )


def _nom_particulier(jetons: Sequence[Jeton], k: int) -> lex.Nom | None:
    """Nouns that count something only with what follows: « temps festifs », « sorties à l'emploi »."""
    mot, suivants = jetons[k].norme, [jeton.norme for jeton in jetons[k + 1 : k + 5]]
    if mot == "temps":
        return lex.Nom(Nature.SEANCES, "temps", "temps") if suivants[:1] and suivants[0] in _TEMPS else None
    if mot == "parcours" and suivants[:1] and suivants[0] in _PARCOURS:
        return lex.Nom(Nature.EFFECTIF, lex.TOTAL, "parcours")
    if mot in ("sortie", "sorties") and ("emploi" in suivants or "positives" in suivants[:1]):
        return lex.Nom(Nature.REALISATION, "sortie", "sortie")
    return None


def _bien_place(jetons: Sequence[Jeton], quantite: Quantite, trouve: lex.Nom, k: int) -> bool:
    """Whether the noun is what is counted: not « à 18 heures », not « les 3 Foyer Saint-Jean »."""
    avant = jetons[quantite.debut - 1].norme if quantite.debut else ""
    apres = jetons[k + 1].norme if k + 1 < len(jetons) else ""
    if trouve.nature == Nature.DUREE:
        # « 1 jour/1 sport » is a rhythm
        if quantite.article or apres == "/" or avant in ("sous", "depuis", "dans", "ici", "apres", "y"):
            return False
        proches = {jetons[m].norme for m in range(max(0, quantite.debut - 4), k)}
        if proches & {"delai", "preavis", "engagement", "premiers", "premieres", "plus", "contrat"}:
            return False
        if trouve.lemme == "heure":
            horaire = avant in ("a", "vers", "entre", "des") or apres in ("a", "et") or apres.isdecimal()
            return not horaire
    if quantite.tiret and trouve.categorie in (lex.JEUNES, lex.ENFANTS, lex.ADULTES, lex.SENIORS):
        return False  # « l'espace 16-25 jeunes »
    if trouve.lemme == "foyer":
        return not jetons[k].texte[0].isupper()
    if quantite.article:
        return trouve.nature in (Nature.EFFECTIF, Nature.MENAGES, Nature.REALISATION)
    return True


def _attacher_les_ages(jetons: Sequence[Jeton], compte: Compte, ages: Mapping[int, Ages]) -> None:
    """« 44 enfants de 6/15 ans », « 50 jeunes âgés de 12 à 17 ans »."""
    if compte.nature != Nature.EFFECTIF:
        return
    for k in range(compte.fin, min(compte.fin + 4, len(jetons))):
        if k in ages:
            trouves = ages[k]
            if _d_autres_ages(jetons, trouves, ages):
                return
            compte.age_min, compte.age_max, compte.suite = trouves.mini, trouves.maxi, trouves.fin
            return
        if jetons[k].norme not in _AVANT_LES_AGES:
            return


def _d_autres_ages(jetons: Sequence[Jeton], trouves: Ages, ages: Mapping[int, Ages]) -> bool:
    """« 11/13 ans et 14/17 ans »: neither is the age of all."""
    suivant = trouves.fin
    return suivant < len(jetons) and jetons[suivant].norme in ("et", ",", "ou") and suivant + 1 in ages


def ages_approches(jetons: Sequence[Jeton], ages: Ages) -> bool:
    """Return whether most people only have these ages: « majoritairement âgés de 18 à 25 ans »."""
    for k in range(ages.debut - 1, max(-1, ages.debut - 4), -1):
        if jetons[k].sorte != Sorte.MOT:
            return False
        if jetons[k].norme in _GENERALEMENT:
            return True
    return False
