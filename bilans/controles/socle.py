"""What a contrôle is: a pure function that reads an object in its context and finds sentences (domaine.md §9).

A rule asks nothing of the database. « Bloquant » stops the validation, « alerte » asks for a look, « info »
is only said.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any

from django.db import models

from comptes.templatetags.typographie import insecables


class Gravite(models.TextChoices):
    BLOQUANT = "bloquant", "Bloquant"
    ALERTE = "alerte", "Alerte"
    INFO = "info", "Information"


class Portee(StrEnum):
    """What a rule reads."""

    BILAN = "bilan"
    ACTION = "action"
    ANNEE = "annee"
    CONTRAT = "contrat"
    CONVENTION = "convention"
    # found while a spreadsheet is read; nothing of it is found again once it is in
    IMPORT = "import"


@dataclass(frozen=True)
class Anomalie:
    """A finding: the rule, how serious, the sentence, the field that it leads to, the figures compared."""

    code: str
    gravite: Gravite
    message: str
    champ: str = ""
    valeurs: Mapping[str, int | str | Decimal] = field(default_factory=dict)
    # where the gap comes from, when it was found: « l'écart de 28 100 € est exactement… »
    explication: str = ""
    # the exact words of the source, when there are any, and what document or field they are from
    citation: str = ""
    source: str = ""
    # what it is about: « bilan:<cle> », « annuelle:<cle> », « annee », « contrat », « porteur:<cle> »,
    # « convention:<cle> »; blank for the object that was read
    objet: str = ""

    @property
    def bloquante(self) -> bool:
        """Whether it stops the validation."""
        return self.gravite == Gravite.BLOQUANT

    @property
    def empreinte(self) -> str:
        """The SHA-256 of the rule and its figures: a justification holds as long as it is the same."""
        chiffres = {cle: str(valeur) for cle, valeur in self.valeurs.items()}
        return _somme([self.code, self.champ, chiffres])

    @property
    def identite(self) -> str:
        """What names the finding in a page or a command: what it is about and its figures, in 20 characters."""
        return _somme([self.objet, self.empreinte])[:20]

    @property
    def famille(self) -> str:
        """« EFF », « DAT », « FIN » or « COH »."""
        return self.code.partition("-")[0]


def _somme(valeur: list[Any]) -> str:
    return sha256(json.dumps(valeur, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def anomalie(
    code: str,
    gravite: Gravite,
    phrase: str,
    champ: str = "",
    valeurs: Mapping[str, int | str | Decimal] | None = None,
    **suite: str,
) -> Anomalie:
    """Return the finding with its sentences in French typography; `suite` are the other texts of `Anomalie`."""
    textes = {nom: insecables(texte) if nom == "explication" else texte for nom, texte in suite.items()}
    return Anomalie(code, gravite, insecables(phrase), champ, valeurs or {}, **textes)


# A rule takes the object of its scope and the context of that scope, and returns what it found.
Fonction = Callable[[Any, Any], list[Anomalie]]


@dataclass(frozen=True)
class Regle:
    """A contrôle: its code, what it reads, how serious, its title and its explanation for people."""

    code: str
    portee: Portee
    gravite: Gravite
    # a short name for lists: « Femmes + hommes = total »
    titre: str
    # why it matters and what to do, for someone who is not a technician
    explication: str
    fonction: Fonction


REGLES: dict[str, list[Regle]] = {}


def regle(
    code: str, *, portee: Portee, gravite: Gravite, titre: str, explication: str = ""
) -> Callable[[Fonction], Fonction]:
    """Register a rule under its code; a code has one function a scope."""

    def inscrire(fonction: Fonction) -> Fonction:
        soeurs = REGLES.setdefault(code, [])
        if any(soeur.portee == portee for soeur in soeurs):
            raise ValueError(f"The rule {code} is written twice for {portee}.")
        soeurs.append(Regle(code, portee, gravite, titre, insecables(explication), fonction))
        return fonction

    return inscrire


def appliquer(portee: Portee, objet: Any, contexte: Any) -> list[Anomalie]:
    """Return what the rules of a scope find in `objet`, the most serious first, then in the order of the codes."""
    trouvees = [
        trouvee
        for code in sorted(REGLES)
        for soeur in REGLES[code]
        if soeur.portee == portee
        for trouvee in soeur.fonction(objet, contexte)
    ]
    return par_gravite(trouvees)


def par_gravite(anomalies: Iterable[Anomalie]) -> list[Anomalie]:
    """Return the findings, the most serious first, otherwise in their order."""
    gravites = list(Gravite)
    return sorted(anomalies, key=lambda trouvee: gravites.index(trouvee.gravite))
