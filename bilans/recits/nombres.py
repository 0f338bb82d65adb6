"""Quantities: « 141 », « quatre », « une vingtaine », « entre 20 et 120 », « plus de 50 »."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .jetons import Jeton, Sorte

UNITES = {
    "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9,
    "dix": 10, "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16,
    "vingt": 20, "vingts": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60,
    "septante": 70, "octante": 80, "huitante": 80, "nonante": 90,
}  # fmt: skip
MULTIPLES = {"cent": 100, "cents": 100, "mille": 1000}
COLLECTIFS = {
    "demi-douzaine": 6, "huitaine": 8, "dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20,
    "trentaine": 30, "quarantaine": 40, "cinquantaine": 50, "soixantaine": 60, "centaine": 100, "millier": 1000,
}  # fmt: skip
ADJECTIFS_COLLECTIFS = ("petite", "bonne", "grosse", "grande", "bon", "petit")
# What stands before a number and makes it a rough one; the longest first.
APPROXIMATIONS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("aux", "alentours", "de"), "~"),
    (("a", "peu", "pres"), "~"),
    (("pas", "moins", "de"), ">"),
    (("plus", "de"), ">"),
    (("plus", "d'"), ">"),
    (("au", "moins"), ">"),
    (("au", "minimum"), ">"),
    (("moins", "de"), "<"),
    (("moins", "d'"), "<"),
    (("jusqu'", "a"), "<"),
    (("maximum",), "<"),
    (("minimum",), ">"),
    (("au", "maximum"), "<"),
    (("au", "plus"), "<"),
    (("pres", "de"), "~"),
    (("pres", "d'"), "~"),
    (("autour", "de"), "~"),
    (("autour", "d'"), "~"),
    (("environ",), "~"),
    (("presque",), "~"),
    (("approximativement",), "~"),
    (("quelque",), "~"),
)
# What a quantity may begin with, when it is not a figure.
DEBUTS = {*UNITES, *MULTIPLES, "entre", "de", *(mots[0] for mots, _ in APPROXIMATIONS)}
# What is glued behind a number and makes it a rank, an hour or a measure: « 2ème », « 12h », « 30m ».
SUFFIXES = {
    "er", "ere", "ers", "eres", "e", "es", "eme", "emes", "ieme", "iemes", "nd", "nde", "nds", "ndes", "h", "hs",
    "bis", "ter", "m", "cm", "mm", "km", "kg", "g", "l", "cl", "ml", "min", "mn", "s", "j", "k", "ke", "eur",
    "euros", "a", "b", "c", "d", "x", "v", "o", "go", "mo", "ko",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quantite:
    """A quantity and the tokens that say it: from `debut` to `fin`, excluded."""

    debut: int
    fin: int
    valeur: int | None = None
    mini: int | None = None
    maxi: int | None = None
    approximatif: bool = False
    # « un », « une »: most often an article
    article: bool = False
    # « une vingtaine »: the noun comes after « de »
    collectif: bool = False
    # « 10-15 », which may also be ages
    tiret: bool = False

    @property
    def plafond(self) -> int | None:
        """The greatest number that it says."""
        return self.valeur if self.valeur is not None else self.maxi


def lire_quantite(jetons: Sequence[Jeton], i: int) -> Quantite | None:
    """Return the quantity that begins at the token `i`, with what makes it rough; None when there is none."""
    for mots, sens in APPROXIMATIONS:
        if suit(jetons, i, mots):
            quantite = _fourchette(jetons, i + len(mots)) or _nombre(jetons, i + len(mots))
            if quantite is None or quantite.article:
                return None
            return _arrondie(replace(quantite, debut=i), sens)
    return _fourchette(jetons, i) or _nombre(jetons, i)


def suit(jetons: Sequence[Jeton], i: int, mots: Sequence[str]) -> bool:
    """Return whether the words stand from the token `i`."""
    if i + len(mots) > len(jetons) or jetons[i].norme != mots[0]:
        return False
    return all(jetons[i + rang].norme == mot for rang, mot in enumerate(mots))


def _arrondie(quantite: Quantite, sens: str) -> Quantite:
    valeur = quantite.valeur
    if valeur is None or sens == "~":
        return replace(quantite, approximatif=True)
    if sens == ">":
        return replace(quantite, valeur=None, mini=valeur, approximatif=True)
    return replace(quantite, valeur=None, maxi=valeur, approximatif=True)


def _fourchette(jetons: Sequence[Jeton], i: int) -> Quantite | None:
    """« entre 20 et 120 », « de 20 à 30 », « 3 à 7 », « 10-15 », « 15 ou 20 »."""
    if i >= len(jetons):
        return None
    ouvre = jetons[i].norme
    premier = i + 1 if ouvre in ("entre", "de") else i
    bas = _nombre(jetons, premier)
    if bas is None or bas.fin >= len(jetons) or bas.valeur is None:
        return None
    lien = jetons[bas.fin].norme
    if ouvre == "entre":
        if lien != "et":
            return None
    elif lien == "-" and ouvre != "de":
        if not (jetons[bas.fin].colle and bas.fin + 1 < len(jetons) and jetons[bas.fin + 1].colle):
            return None
    elif lien not in ("a", "ou"):
        return None
    haut = _nombre(jetons, bas.fin + 1)
    if haut is None or haut.valeur is None or haut.valeur <= bas.valeur:
        return None
    approximatif = bas.approximatif or haut.approximatif
    return Quantite(
        i, haut.fin, None, bas.valeur, haut.valeur, approximatif, collectif=haut.collectif, tiret=lien == "-"
    )


def _nombre(jetons: Sequence[Jeton], i: int) -> Quantite | None:
    if i >= len(jetons):
        return None
    jeton = jetons[i]
    if jeton.sorte == Sorte.NOMBRE:
        return _en_chiffres(jetons, i)
    if jeton.sorte == Sorte.MOT:
        return _collectif(jetons, i) or _en_lettres(jetons, i)
    return None


def _en_chiffres(jetons: Sequence[Jeton], i: int) -> Quantite | None:
    valeur = jetons[i].entier
    if valeur is None or (jetons[i].texte[0] == "0" and valeur):
        return None
    if i and jetons[i].colle and not _apres_un_signe(jetons, i):
        return None
    suivant = jetons[i + 1] if i + 1 < len(jetons) else None
    if suivant is not None and suivant.colle:
        if suivant.sorte == Sorte.IDENTIFIANT or suivant.norme in SUFFIXES:
            return None
        apres = jetons[i + 2] if i + 2 < len(jetons) else None
        if suivant.texte in ("/", ":", "×", "*", "_") and apres is not None and apres.colle:
            return None
    return Quantite(i, i + 1, valeur)


def _apres_un_signe(jetons: Sequence[Jeton], i: int) -> bool:
    """Whether a number glued to a sign is one by itself: « enfants/11 », « Réalisé=49 »; not « 1/2 », « n°3 »."""
    signe, avant = jetons[i - 1], jetons[i - 2] if i > 1 else None
    if signe.texte in ("°", "#", "_"):
        return False
    apres_un_nombre = avant is not None and avant.sorte == Sorte.NOMBRE and signe.colle
    return not (apres_un_nombre and signe.texte in ("/", ":", "*", "×", "="))


def _collectif(jetons: Sequence[Jeton], i: int) -> Quantite | None:
    """« une vingtaine », « une petite centaine »."""
    if jetons[i].norme not in ("un", "une"):
        return None
    k = i + 1
    if k < len(jetons) and jetons[k].norme in ADJECTIFS_COLLECTIFS:
        k += 1
    if k < len(jetons) and jetons[k].norme in COLLECTIFS:
        return Quantite(i, k + 1, COLLECTIFS[jetons[k].norme], approximatif=True, collectif=True)
    return None


def _en_lettres(jetons: Sequence[Jeton], i: int) -> Quantite | None:
    """« quatre », « vingt et un », « deux cent cinquante »: up to eight words."""
    mots: list[str] = []
    k = i
    while k < len(jetons) and k < i + 8 and jetons[k].sorte == Sorte.MOT:
        morceaux = jetons[k].norme.split("-")
        if not all(m in UNITES or m in MULTIPLES or m == "et" for m in morceaux):
            break
        if jetons[k].norme == "et" and not _continue(jetons, k, mots):
            break
        mots += morceaux
        k += 1
    valeur = _somme(mots)
    return None if valeur is None else Quantite(i, k, valeur, article=mots in (["un"], ["une"]))


def _continue(jetons: Sequence[Jeton], k: int, mots: list[str]) -> bool:
    """« vingt et un », « soixante et onze » go on after « et »; « deux et trois » do not."""
    if not mots or mots[-1] not in ("vingt", "trente", "quarante", "cinquante", "soixante"):
        return False
    return k + 1 < len(jetons) and jetons[k + 1].norme in ("un", "une", "onze")


def _somme(mots: Sequence[str]) -> int | None:
    """Return the number that words write; None when they write none: « trois cinq »."""
    if not mots or mots[0] == "et" or mots[-1] == "et":
        return None
    total, courant, precedent = 0, 0, 1000
    for mot in mots:
        if mot == "et":
            continue
        if mot == "mille":
            total, courant, precedent = total + (courant or 1) * 1000, 0, 1000
        elif mot in MULTIPLES:
            if courant > 9:
                return None
            courant, precedent = (courant or 1) * 100, 100
        elif mot in ("vingt", "vingts") and precedent == 4:
            courant, precedent = courant + 76, 80
        elif _s_ajoute(UNITES[mot], precedent):
            courant, precedent = courant + UNITES[mot], UNITES[mot]
        else:
            return None
    return total + courant


def _s_ajoute(unite: int, precedent: int) -> bool:
    """« cent vingt », « vingt-cinq », « soixante-douze », « dix-neuf »: whether a number goes on with another."""
    if precedent >= 100:
        return True
    if precedent in (60, 80):
        return unite < 20
    return unite < 10 if precedent >= 20 else precedent == 10 and unite in (7, 8, 9)
