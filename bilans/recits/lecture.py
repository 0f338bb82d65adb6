"""Reading a text: its figures, in order of appearance."""

from collections.abc import Sequence
from decimal import Decimal

from . import lexique as lex
from .ages import Ages, lire_ages
from .comptes import Compte, ages_approches, lire_comptes
from .dates import Jours, lire_dates
from .etiquettes import lire_etiquettes
from .faits import Fait, Nature, Role
from .jetons import Jeton, Sorte, decouper
from .liens import Liens
from .phrases import Entourage, lier_les_lignes


def lire_recit(texte: str, annee: int | None = None) -> tuple[Fait, ...]:
    """Return the figures of a text, in order of appearance.

    `annee`, the year told, dates « le 6 juillet »; without it a date whose year is not written is left out.
    Raises nothing, whatever the text; the time taken grows as its length.
    """
    jetons = lier_les_lignes(decouper(texte))
    ages = lire_ages(jetons)
    pris = {i for trouves in ages.values() for i in range(trouves.debut, trouves.fin)}
    jours = lire_dates(jetons, annee, pris)
    pris |= {i for jour in jours for i in range(jour.debut, jour.fin)}
    comptes = lire_comptes(jetons, ages, pris, texte)
    lire_etiquettes(jetons, comptes, texte)
    entourage = Entourage(jetons, comptes, annee)
    for rang in range(len(comptes)):
        entourage.qualifier(rang)
    Liens(jetons, entourage.phrases, comptes).lier()
    faits = [
        *(_fait_du_compte(jetons, compte, texte) for compte in comptes if not compte.ecarte),
        *(_fait_des_ages(jetons, trouves, texte) for trouves in ages.values()),
        *(_fait_des_jours(jetons, jour, texte) for jour in jours if jour.premier is not None),
        *_parts(jetons, pris, texte),
    ]
    return tuple(sorted(faits, key=lambda fait: (fait.debut, fait.fin, fait.nature)))


def _place(jetons: Sequence[Jeton], debut: int, fin: int) -> tuple[int, int]:
    return jetons[debut].debut, jetons[fin - 1].fin


def _fait_du_compte(jetons: Sequence[Jeton], compte: Compte, texte: str) -> Fait:
    debut, fin = _place(jetons, compte.debut, compte.fin)
    quantite = compte.quantite
    nature = compte.nature or Nature.EFFECTIF
    if nature == Nature.EFFECTIF and (compte.moyenne or compte.periodicite):
        nature = Nature.FREQUENTATION
    role = Role.TOTAL if compte.tete else Role.PARTIE if compte.groupe and compte.ventilation else Role.SEUL
    return Fait(
        nature,
        debut,
        fin,
        texte[debut:fin],
        quantite.valeur,
        quantite.mini,
        quantite.maxi,
        quantite.approximatif,
        compte.unite,
        compte.categorie,
        compte.groupe,
        0 if compte.tete else compte.ventilation,
        role,
        compte.moyenne,
        compte.periodicite,
        compte.prevu,
        compte.anterieur,
        compte.annee,
        compte.age_min,
        compte.age_max,
    )


def _fait_des_ages(jetons: Sequence[Jeton], ages: Ages, texte: str) -> Fait:
    debut, fin = _place(jetons, ages.debut, ages.fin)
    return Fait(
        Nature.AGES,
        debut,
        fin,
        texte[debut:fin],
        valeur_min=ages.mini,
        valeur_max=ages.maxi,
        approximatif=ages_approches(jetons, ages),
        unite="ans",
        age_min=ages.mini,
        age_max=ages.maxi,
    )


def _fait_des_jours(jetons: Sequence[Jeton], jours: Jours, texte: str) -> Fait:
    debut, fin = _place(jetons, jours.debut, jours.fin)
    annee = jours.dernier.year if jours.annee_ecrite and jours.dernier else None
    return Fait(
        Nature.DATES,
        debut,
        fin,
        texte[debut:fin],
        annee=annee,
        date_debut=jours.premier,
        date_fin=jours.dernier,
    )


def _parts(jetons: Sequence[Jeton], pris: set[int], texte: str) -> list[Fait]:
    """« 40 % », « 70% femmes », « 60% des ados »: from 0 to 100, with the noun when it is one of those counted."""
    faits = []
    for i in range(len(jetons) - 1):
        if i in pris or jetons[i].sorte != Sorte.NOMBRE or jetons[i + 1].texte != "%":
            continue
        valeur = _decimal(jetons[i])
        if valeur is None or valeur > 100 or (i and jetons[i - 1].texte == "-" and jetons[i].colle):
            continue
        k = i + 2
        while k < len(jetons) and k < i + 4 and jetons[k].norme in ("de", "des", "d'", "du", "ces", "nos"):
            k += 1
        trouve = lex.nom(jetons[k]) if k < len(jetons) else None
        # « 40 % résident dans le quartier »: after a share, people are in the plural
        pluriel = k < len(jetons) and jetons[k].norme.endswith(("s", "x"))
        nomme = pluriel and trouve is not None and trouve.nature in (Nature.EFFECTIF, Nature.MENAGES)
        debut, fin = _place(jetons, i, k + 1 if nomme else i + 2)
        faits.append(
            Fait(
                Nature.PART,
                debut,
                fin,
                texte[debut:fin],
                valeur,
                unite="%",
                categorie=trouve.categorie if trouve is not None and nomme else "",
            )
        )
    return faits


def _decimal(jeton: Jeton) -> int | Decimal | None:
    entier = jeton.entier
    if entier is not None:
        return entier
    morceaux = jeton.norme.replace(",", ".").split(".")
    if len(morceaux) != 2 or not all(m.isdecimal() and len(m) <= 9 for m in morceaux):
        return None
    return Decimal(".".join(morceaux))
