"""What does not add up in a bilan: one pure function a rule, each finding a sentence (domaine.md §9).

A rule reads a bilan and its context and returns what it found; it asks nothing of the database.
« Bloquant » stops the validation, « alerte » asks for a look, « info » is only said.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from django.db import models

from comptes.templatetags.typographie import insecables, pluriel
from documents.formats import date_longue, nombre

from . import effectifs as eff

if TYPE_CHECKING:
    from .models import Bilan


class Gravite(models.TextChoices):
    BLOQUANT = "bloquant", "Bloquant"
    ALERTE = "alerte", "Alerte"
    INFO = "info", "Information"


@dataclass(frozen=True)
class Anomalie:
    """A finding: the rule, how serious, the sentence, the field that it leads to, the figures compared."""

    code: str
    gravite: Gravite
    message: str
    champ: str = ""
    valeurs: Mapping[str, int | str] = field(default_factory=dict)

    @property
    def bloquante(self) -> bool:
        """Whether it stops the validation."""
        return self.gravite == Gravite.BLOQUANT


@dataclass(frozen=True)
class Contexte:
    """What the rules need beside the bilan itself, read beforehand."""

    annee: int
    grilles: Mapping[str, eff.Grille]


Regle = Callable[["Bilan", Contexte], list[Anomalie]]
REGLES: dict[str, Regle] = {}


def regle(code: str) -> Callable[[Regle], Regle]:
    """Register a rule under its code; each code is written once."""

    def inscrire(fonction: Regle) -> Regle:
        if code in REGLES:
            raise ValueError(f"The rule {code} is written twice.")
        REGLES[code] = fonction
        return fonction

    return inscrire


def contexte(bilan: "Bilan") -> Contexte:
    """Return the context of a bilan, from its effectifs and its campaign's age bands (prefetched if they are)."""
    campagne = bilan.action_annuelle.campagne
    return Contexte(campagne.annee, eff.grilles(bilan.effectifs.all(), campagne.tranches.all()))


def anomalies(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """Return what every rule finds, the most serious first, then in the order of the rules."""
    trouvees = [anomalie for fonction in REGLES.values() for anomalie in fonction(bilan, situation)]
    gravites = list(Gravite)
    return sorted(trouvees, key=lambda anomalie: gravites.index(anomalie.gravite))


def anomalies_bilan(bilan: "Bilan") -> list[Anomalie]:
    """Return what does not add up in a bilan, the most serious first."""
    return anomalies(bilan, contexte(bilan))


def _anomalie(
    code: str, gravite: Gravite, phrase: str, champ: str, valeurs: Mapping[str, int | str] | None = None
) -> Anomalie:
    return Anomalie(code, gravite, insecables(phrase), champ, valeurs or {})


# -- People ----------------------------------------------------------------------------------------
def _ecarts(situation: Contexte, code: str) -> list[Anomalie]:
    return [
        _anomalie(code, Gravite.BLOQUANT, ecart.message, ecart.champs[0], ecart.valeurs)
        for ecart in eff.ecarts(situation.grilles)
        if ecart.code == code
    ]


@regle("EFF-01")
def femmes_et_hommes_font_le_total(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """Women + men (+ not given) = stated total."""
    return _ecarts(situation, "EFF-01")


@regle("EFF-04")
def tranches_d_age_dans_l_ensemble(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """The age bands count no more people than all ages."""
    return _ecarts(situation, "EFF-04")


@regle("EFF-11")
def qpv_dans_l_ensemble(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """The people of the QPV are among the people."""
    return _ecarts(situation, "EFF-11")


@regle("EFF-07")
def reste_non_ventile(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """Say how many people of the total have no sex, or no age, when a part of them does."""
    trouvees = []
    for perimetre, grille in situation.grilles.items():
        for reste, quoi, dit in (
            (grille.sans_sexe, "sexe", grille.connait_le_sexe),
            (grille.sans_age, "âge", True),
        ):
            if reste and dit:
                trouvees.append(
                    _anomalie(
                        "EFF-07",
                        Gravite.INFO,
                        _avec_perimetre(
                            perimetre,
                            f"{_personnes(reste)} sur {nombre(grille.total)} sans {quoi} renseigné.",
                        ),
                        eff.nom_du_champ(perimetre, eff.Cellule(None, eff.TOTAL)),
                        {"reste": reste, "total": grille.total or 0},
                    )
                )
    return trouvees


@regle("EFF-18")
def personne_donc_non_realisee(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """Nobody came: the action did not take place, and one says why."""
    if situation.grilles[eff.ENSEMBLE].total != 0 or bilan.realisation in bilan.REALISATIONS_MOTIVEES:
        return []
    return [
        _anomalie(
            "EFF-18",
            Gravite.ALERTE,
            "Aucune personne n'est comptée : indiquez que l'action n'a pas été réalisée et "
            "pourquoi, ou corrigez le nombre de personnes.",
            "realisation",
            {"total": 0},
        )
    ]


@regle("EFF-19")
def effectif_d_une_action_realisee(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """An action that took place says how many people it reached."""
    faite = bilan.realisation in (bilan.Realisation.REALISEE, bilan.Realisation.PARTIELLE)
    if not faite or any(grille.total is not None for grille in situation.grilles.values()):
        return []
    return [
        _anomalie(
            "EFF-19",
            Gravite.ALERTE,
            "L'action a eu lieu, mais aucun nombre de personnes n'est indiqué. Une estimation suffit.",
            eff.nom_du_champ(eff.ENSEMBLE, eff.Cellule(None, eff.FEMMES)),
        )
    ]


@regle("EFF-20")
def effectif_par_sexe(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """People are counted by sex (CGCT L.1111-2)."""
    connues = [grille for grille in situation.grilles.values() if grille.total]
    if not connues or any(grille.connait_le_sexe for grille in connues):
        return []
    grille = connues[0]
    return [
        _anomalie(
            "EFF-20",
            Gravite.ALERTE,
            f"{_personnes(grille.total)}, sans le nombre de femmes et d'hommes : la loi demande "
            "des données par sexe. Une estimation suffit.",
            eff.nom_du_champ(grille.perimetre, eff.Cellule(None, eff.FEMMES)),
            {"total": grille.total or 0},
        )
    ]


# -- Dates -----------------------------------------------------------------------------------------
@regle("DAT-01")
def dates_dans_l_annee(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """The action took place within the year of the bilan; an alert only, since school years exist."""
    return [
        _anomalie(
            "DAT-01",
            Gravite.ALERTE,
            f"{mots} le {date_longue(jour)}, hors de l'année {situation.annee} : vérifiez la date. "
            "Elle peut rester telle quelle pour une action menée sur une année scolaire.",
            champ,
            {"annee": situation.annee, "date": jour.isoformat()},
        )
        for champ, mots, jour in _dates(bilan)
        if jour.year != situation.annee
    ]


@regle("DAT-04")
def debut_avant_fin(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """An action ends after it began."""
    debut, fin = bilan.date_debut, bilan.date_fin
    if debut is None or fin is None or debut <= fin:
        return []
    return [
        _anomalie(
            "DAT-04",
            Gravite.BLOQUANT,
            f"L'action finit le {date_longue(fin)}, avant d'avoir commencé le {date_longue(debut)} : "
            "vérifiez les deux dates.",
            "date_fin",
            {"debut": debut.isoformat(), "fin": fin.isoformat()},
        )
    ]


def _dates(bilan: "Bilan") -> Iterator[tuple[str, str, date]]:
    if bilan.date_debut:
        yield "date_debut", "L'action commence", bilan.date_debut
    if bilan.date_fin:
        yield "date_fin", "L'action finit", bilan.date_fin


def _personnes(combien: int | None) -> str:
    return pluriel(combien, "personne,personnes")


def _avec_perimetre(perimetre: str, phrase: str) -> str:
    prefixe = eff.PREFIXES[perimetre]
    return f"{prefixe} : {phrase}" if prefixe else phrase
