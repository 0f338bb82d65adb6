"""The public lists that every installation needs: objectives, QPV generations, themes, dispositifs, accounts.

They are data, kept as JSON in `fixtures/nomenclatures/`, a tree being written as a tree (`enfants`).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from actions.models import Dispositif, Thematique
from contrats.models import GenerationQpv, NomenclatureModel, ObjectifNational

from .models import CompteBudgetaire

NOMENCLATURES: dict[str, type[NomenclatureModel]] = {
    "objectifs_nationaux": ObjectifNational,
    "generations_qpv": GenerationQpv,
    "thematiques": Thematique,
    "dispositifs": Dispositif,
    "comptes_budgetaires": CompteBudgetaire,
}


@dataclass(frozen=True)
class Resultat:
    """What loading one list did: its name, how many entries it has in the file, how many were missing."""

    nom: str
    entrees: int
    ajoutees: int


def lire(nom: str) -> list[dict[str, Any]]:
    """Return the content of `fixtures/nomenclatures/<nom>.json`. Raises OSError when it is missing."""
    chemin: Path = settings.BASE_DIR / "fixtures" / "nomenclatures" / f"{nom}.json"
    entrees: list[dict[str, Any]] = json.loads(chemin.read_text(encoding="utf-8"))
    return entrees


def aplatir(entrees: list[dict[str, Any]], parent: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the entries of a tree, parents first; a child takes from its parent what it does not say."""
    herite = {cle: v for cle, v in (parent or {}).items() if cle not in ("code", "libelle", "parent_id")}
    if parent:
        herite["parent_id"] = parent["code"]
    for entree in entrees:
        enfants = entree.get("enfants", [])
        plate = herite | {cle: valeur for cle, valeur in entree.items() if cle != "enfants"}
        yield plate
        yield from aplatir(enfants, plate)


@transaction.atomic
def charger_nomenclatures() -> list[Resultat]:
    """Add the missing entries of every list and return what was done, one result a list.

    An entry that exists is left as it is: a collectivity may have renamed it.
    """
    return [_charger(nom, modele) for nom, modele in NOMENCLATURES.items()]


def _charger(nom: str, modele: type[NomenclatureModel]) -> Resultat:
    entrees = [modele(ordre=rang, **champs) for rang, champs in enumerate(aplatir(lire(nom)), 1)]
    connues = set(modele.objects.values_list("pk", flat=True))
    nouvelles = [entree for entree in entrees if entree.pk not in connues]
    modele.objects.bulk_create(nouvelles)
    return Resultat(str(modele._meta.verbose_name_plural), len(entrees), len(nouvelles))
