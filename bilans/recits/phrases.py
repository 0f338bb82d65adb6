"""Where sentences stop, and what the words around a figure say of it: an aim, last year, an average, a refusal."""

from collections.abc import Sequence
from itertools import pairwise

from . import lexique as lex
from .comptes import Compte
from .faits import Nature
from .jetons import Jeton, Sorte

FINS = {".", "!", "?", "…", ";", "•", "►", "●", "▪"}
_ABREGES = {"env", "nb", "nbre", "art", "ex", "approx", "min", "max", "tel", "st", "ste", "m", "mme"}
_LIE_LA_LIGNE = {"de", "d'", "du", "des", "a", "au", "aux", "et", "ou", "dont", "les", "la", "le", "l'", "avec",
                 "pour", "par", "en", "dans", ",", "environ"}  # fmt: skip
AVANT, APRES = 10, 14

_PREVU = {"prevu", "prevue", "prevus", "prevues", "prevoyait", "prevoit", "prevoyions", "prevoyons", "prevoir",
          "prevision", "previsions", "previsionnel", "previsionnels", "attendu", "attendus", "attendue", "attendues",
          "envisage", "envisages", "envisagee", "envisagees", "envisageait", "espere", "esperes", "esperees",
          "esperions", "souhaite", "souhaites", "souhaitee", "souhaitees", "souhaitait", "souhaitons", "souhait",
          "vise", "visait", "visent", "visaient", "viser", "visant", "visons", "objectif", "objectifs", "cible",
          "ambition", "devait", "devaient", "devra", "devront", "devrait", "devraient", "capacite", "perspective",
          "perspectives", "projetons", "initialement", "escompte", "escomptes", "escomptees"}  # fmt: skip
_FUTUR = {"sera", "seront", "aura", "auront", "accueillera", "accueilleront", "accueillerons", "participeront",
          "proposera", "proposerons", "beneficieront", "pourront", "organiserons", "aurons"}  # fmt: skip
_INFINITIFS = {"prendre", "mettre", "permettre", "suivre", "faire", "rendre", "atteindre", "etre"}
_PAS_INFINITIFS = {"atelier", "hiver", "quartier", "chantier", "loisir", "foyer", "papier", "plaisir", "avenir",
                   "particulier", "premier", "dernier", "financer", "soir", "espoir"}  # fmt: skip
# Said of people who did not come, or of what was not held.
_REFUS = {"annule", "annules", "annulee", "annulees", "annulation", "annulations", "absent", "absents", "absente",
          "absentes", "absence", "refus", "refuse", "refuses", "refusee", "refusees", "abandon", "abandons",
          "abandonne", "desistement", "desistements", "desiste", "reporte", "reportes", "reportee", "reportees",
          "supprime", "supprimes", "supprimees", "attente", "manque", "manquait", "sans", "aucun", "aucune",
          "exclu", "exclus"}  # fmt: skip
_EN_PLUS = {"hausse", "augmentation", "baisse", "diminution", "supplementaire", "supplementaires", "passe", "passee",
            "passes", "passees", "passant", "passer", "augmente", "progresse", "evolue", "diminue"}  # fmt: skip
_MEMES = {"jour", "semaine", "mois", "trimestre", "an", "atelier", "session", "groupe", "site", "soir", "rencontre",
          "cours", "visite", "stage", "sortie", "animation", "permanence", "classe", "cycle", "fois", "animateur",
          "date", "spectacle", "personne", "enfant", "famille", "module", "intervention"}  # fmt: skip
_RYTHMES = {mot: mot for mot in _MEMES | lex.JOURS}
_RYTHMES |= {
    "annee": "année", "seance": "séance", "equipe": "équipe", "soiree": "soirée", "matinee": "matinée",
    "journee": "journée", "representation": "représentation", "creneau": "créneau", "ecole": "école",
    "sejour": "séjour", "reunion": "réunion", "demi-journee": "demi-journée",
}  # fmt: skip
_ADVERBES = {
    "quotidiennement": "par jour", "quotidien": "par jour", "quotidiens": "par jour", "quotidienne": "par jour",
    "quotidiennes": "par jour", "journalier": "par jour", "journaliere": "par jour", "journalieres": "par jour",
    "hebdomadaire": "par semaine", "hebdomadaires": "par semaine", "hebdomadairement": "par semaine",
    "mensuel": "par mois", "mensuels": "par mois", "mensuelle": "par mois", "mensuelles": "par mois",
    "mensuellement": "par mois", "trimestriel": "par trimestre", "trimestriels": "par trimestre",
    "trimestrielle": "par trimestre", "trimestrielles": "par trimestre",
}  # fmt: skip
_PEUPLEMENT = {"compte", "comptent", "comptait", "recense", "population", "peuple", "abrite", "commune", "communes",
               "urbaine", "agglomeration"}  # fmt: skip
_GROUPES = {
    "groupe",
    "equipe",
    "classe",
    "promotion",
    "session",
    "seance",
    "atelier",
    "stage",
    "sejour",
    "cycle",
}


def lier_les_lignes(jetons: Sequence[Jeton]) -> list[Jeton]:
    """Return the tokens without the line ends that cut a sentence: « 141 enfants¶dont 59 filles »."""
    gardes: list[Jeton] = []
    for rang, jeton in enumerate(jetons):
        if jeton.sorte == Sorte.LIGNE:
            suivant = jetons[rang + 1] if rang + 1 < len(jetons) else None
            coupe = gardes and gardes[-1].norme in _LIE_LA_LIGNE
            if suivant is None or suivant.texte[0].islower() or coupe:
                continue
        gardes.append(jeton)
    return gardes


def finit(jetons: Sequence[Jeton], i: int) -> bool:
    """Return whether a token ends a sentence."""
    jeton = jetons[i]
    if jeton.sorte == Sorte.LIGNE:
        return True
    if jeton.texte == "." and i and jeton.colle and jetons[i - 1].norme in _ABREGES:
        return False
    return jeton.sorte == Sorte.SIGNE and jeton.texte in FINS


def phrases(jetons: Sequence[Jeton]) -> list[int]:
    """Return, for each token, the number of its sentence."""
    numero, numeros = 0, []
    for i in range(len(jetons)):
        numeros.append(numero)
        if finit(jetons, i):
            numero += 1
    return numeros


def _annee(jetons: Sequence[Jeton], i: int) -> int | None:
    """« en 2024 », « l'année 2024 », « été 2023 »: the year at the token `i`, if it is one."""
    valeur = jetons[i].entier
    if valeur is None or valeur not in range(1990, 2100) or len(jetons[i].texte) != 4:
        return None
    if i + 1 < len(jetons) and jetons[i + 1].texte in ("/", "-") and jetons[i + 1].colle:
        return None
    avant = jetons[i - 1].norme if i else ""
    return valeur if avant in ("en", "annee", "ete", "hiver", "fin", "debut", "depuis") else None


class Entourage:
    """The words around the figures of a text, bounded: reading them costs the same for every figure."""

    def __init__(self, jetons: Sequence[Jeton], comptes: Sequence[Compte], annee: int | None) -> None:
        self.jetons, self.annee = jetons, annee
        self.phrases = phrases(jetons)
        self.debuts: dict[int, int] = {}
        for i, numero in enumerate(self.phrases):
            self.debuts.setdefault(numero, i)
        self.comptes = comptes
        self.plafonds = [suivant.debut for _, suivant in pairwise(comptes)] + [len(jetons)]
        self.planchers = [0] + [compte.suite for compte in comptes[:-1]]

    def avant(self, rang: int) -> list[int]:
        """Return the tokens before a figure: of its sentence, after the figure before it, ten at most."""
        debut = self.comptes[rang].debut
        if not debut:
            return []
        premier = max(debut - AVANT, self.planchers[rang], self.debuts[self.phrases[debut]])
        return list(range(premier, debut))

    def apres(self, rang: int) -> list[int]:
        """Return the tokens after a figure: of its sentence, before the next number, fourteen at most."""
        suite, trouves = self.comptes[rang].suite, []
        for i in range(suite, min(suite + APRES, len(self.jetons), self.plafonds[rang])):
            jeton = self.jetons[i]
            if finit(self.jetons, i) or jeton.norme in lex.DONT or jeton.texte in ("(", ":"):
                break
            if jeton.sorte == Sorte.NOMBRE and _annee(self.jetons, i) is None:
                break
            trouves.append(i)
        return trouves

    def qualifier(self, rang: int) -> None:
        """Say of a figure what the words around it say: set aside, planned, of another year, a rhythm."""
        compte = self.comptes[rang]
        if compte.nature is None:
            return
        avant, apres = self.avant(rang), self.apres(rang)
        mots_avant = [self.jetons[i].norme for i in avant]
        mots_apres = [self.jetons[i].norme for i in apres]
        compte.ecarte = (
            _ecarte(mots_avant, mots_apres) or self._sur(compte) or _peuplement(compte, mots_avant)
        )
        compte.prevu = compte.prevu or _prevu(mots_avant, mots_apres) or self._perspectives(compte)
        self._annee_du_fait(compte, apres)
        self._rythme(compte, mots_avant, mots_apres)
        if any(mot.startswith("recrut") for mot in mots_avant) and compte.nature == Nature.EFFECTIF:
            compte.categorie = lex.ENCADRANTS

    def _sur(self, compte: Compte) -> bool:
        """« 12 jeunes sur 20 inscrits »: those who did not come are among the 20; « 2 enfants sur 3 »: a proportion."""
        if compte.nature not in (Nature.EFFECTIF, Nature.MENAGES):
            return False
        avant, apres = compte.debut - 1, compte.suite
        if avant >= 1 and self.jetons[avant].norme == "sur" and not finit(self.jetons, avant - 1):
            return True
        return (
            apres + 1 < len(self.jetons)
            and self.jetons[apres].norme == "sur"
            and self.jetons[apres + 1].sorte == Sorte.NOMBRE
            and (apres + 2 == len(self.jetons) or lex.nom(self.jetons[apres + 2]) is None)
        )

    def _perspectives(self, compte: Compte) -> bool:
        """« Perspectives : accueillir 40 jeunes en 2025 »: everything in the sentence is to come."""
        debut = self.debuts[self.phrases[compte.debut]]
        return any(
            self.jetons[i].norme.startswith("perspective") for i in range(debut, min(debut + 4, compte.debut))
        )

    def _annee_du_fait(self, compte: Compte, apres: Sequence[int]) -> None:
        debut = self.debuts[self.phrases[compte.debut]]
        tete = range(debut, min(debut + 4, compte.debut))
        for i in (*apres, *tete):
            annee = _annee(self.jetons, i)
            if annee is not None:
                compte.annee = annee
                break
        if compte.annee is not None and self.annee is not None:
            compte.anterieur = compte.annee < self.annee
            compte.prevu = compte.prevu or compte.annee > self.annee
        mots = " ".join(self.jetons[i].norme for i in (*tete, *apres))
        if any(
            locution in mots
            for locution in (
                "l' an dernier", "l' an passe", "l' annee derniere", "l' annee precedente", "l' annee passee",
                "n-1", "n - 1",
            )
        ):  # fmt: skip
            compte.anterieur = True

    def _rythme(self, compte: Compte, avant: Sequence[str], apres: Sequence[str]) -> None:
        if compte.nature == Nature.DUREE:
            compte.periodicite = self._par_groupe(compte)
            return
        compte.moyenne = "moyenne" in avant or _suite_de(apres, ("en", "moyenne")) is not None
        # « 10 ateliers (…) pour 12 parents par atelier »: a rhythm of sessions is said at once
        proches = apres[:4] if compte.nature == Nature.SEANCES else apres
        compte.periodicite = (
            _periodicite(proches) or _adverbe(avant) or _chaque(avant) or self._par_groupe(compte)
        )
        if compte.nature == Nature.SEANCES:
            return
        if any(mot in ("pic", "pics", "pointe") for mot in avant) and not compte.periodicite:
            compte.periodicite = "au plus fort"

    def _par_groupe(self, compte: Compte) -> str:
        """« 6 équipes de 10 joueurs », « 3 sessions de 2 jours »: a number for each; « un groupe de 10 » is one."""
        i = compte.debut - 1
        if i < 1 or self.jetons[i].norme not in ("de", "d'"):
            return ""
        mot = self.jetons[i - 1].norme
        lemme = mot.removesuffix("s")
        trouve = lex.nom(self.jetons[i - 1])
        seance = trouve is not None and trouve.nature == Nature.SEANCES
        if lemme not in _GROUPES and not seance:
            return ""
        article = self.jetons[i - 2].norme if i >= 2 else ""
        seul = article in ("un", "une", "le", "la", "ce", "cet", "cette", "du", "notre")
        # « la formation de 20 éducateurs » trains them all
        pluriel = mot.endswith("s")
        if not pluriel and not seul and compte.nature != Nature.DUREE and lemme not in _GROUPES:
            return ""
        if seul and compte.nature != Nature.DUREE:
            return ""
        return f"par {self.jetons[i - 1].texte.lower().removesuffix('s')}"


def _peuplement(compte: Compte, avant: Sequence[str]) -> bool:
    """« Le quartier compte 3 463 habitants »: who lives there, not who came."""
    if compte.lemme not in ("habitant", "menage"):
        return False
    return any(mot in _PEUPLEMENT for mot in avant)


def _suite_de(mots: Sequence[str], cherches: tuple[str, ...]) -> int | None:
    for i in range(len(mots) - len(cherches) + 1):
        if tuple(mots[i : i + len(cherches)]) == cherches:
            return i
    return None


def _periodicite(apres: Sequence[str]) -> str:
    for i, mot in enumerate(apres):
        suivant = apres[i + 1] if i + 1 < len(apres) else ""
        if mot in _ADVERBES and i < 3:
            return _ADVERBES[mot]
        if mot in ("par", "/") and suivant in _RYTHMES:
            return f"par {_RYTHMES[suivant]}"
        if mot == "chaque" and suivant in _RYTHMES:
            rythme = _RYTHMES[suivant]
            return f"à chaque {rythme}" if i and apres[i - 1] == "a" else f"chaque {rythme}"
    return ""


def _adverbe(avant: Sequence[str]) -> str:
    return next(
        (_ADVERBES[mot] for mot in reversed(avant[-3:]) if mot in ("quotidiennement", "hebdomadairement")), ""
    )


def _chaque(avant: Sequence[str]) -> str:
    for mot, suivant in pairwise(avant):
        if mot == "chaque" and suivant in _RYTHMES:
            return f"chaque {_RYTHMES[suivant]}"
    for i in range(len(avant) - 2):
        if (
            avant[i] in ("tous", "toutes")
            and avant[i + 1] == "les"
            and avant[i + 2].removesuffix("s") in _RYTHMES
        ):
            return f"{avant[i]} les {avant[i + 2]}"
    return ""


def _ecarte(avant: Sequence[str], apres: Sequence[str]) -> bool:
    """Whether the words deny the figure, or say a difference: « 12 n'ont pas pu venir », « hausse de 12 jeunes »."""
    if any(mot in _EN_PLUS for mot in avant[-6:]) or any(
        mot in ("supplementaire", "supplementaires") for mot in apres[:3]
    ):
        return True
    if _suite_de(apres[:4], ("de", "plus")) == 0 or _suite_de(apres[:4], ("en", "plus")) == 0:
        return True
    proposition = _jusqu_a(apres, ("et", "mais", "puis"))
    if any(mot in _REFUS for mot in avant[-4:]) or any(mot in _REFUS for mot in proposition):
        return True
    return _nie(proposition) or _nie(avant[-8:])


def _nie(mots: Sequence[str]) -> bool:
    for i, mot in enumerate(mots):
        if mot in ("ne", "n'") and any(
            suivant in ("pas", "jamais", "plus") for suivant in mots[i + 1 : i + 5]
        ):
            return True
    return False


def _jusqu_a(mots: Sequence[str], arrets: tuple[str, ...]) -> list[str]:
    for i, mot in enumerate(mots):
        if mot in arrets:
            return list(mots[:i])
    return list(mots)


def _prevu(avant: Sequence[str], apres: Sequence[str]) -> bool:
    """« 20 prévues », « pour accueillir 48 enfants », « objectif : 30 jeunes », « 40 jeunes seront reçus »."""
    if any(mot in _PREVU for mot in avant) or any(mot in _FUTUR for mot in avant[-3:]):
        return True
    if any(mot in _PREVU or mot in _FUTUR for mot in _jusqu_a(apres, (",", "et", "mais"))):
        return True
    for i, mot in enumerate(avant):
        if mot == "pour" or (mot == "afin" and i + 1 < len(avant)):
            place = i + 1 if mot == "pour" else i + 2
            if place < len(avant) and _infinitif(avant[place]):
                return True
    return False


def _infinitif(mot: str) -> bool:
    if mot in _INFINITIFS:
        return True
    return len(mot) > 3 and mot.endswith(("er", "ir", "oir")) and mot not in _PAS_INFINITIFS
