"""Writing the forecast budget of an action. The actual one is written with the bilan (bilans.operations)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from actions.models import ActionAnnuelle
from actions.operations import refuser_annee_archivee
from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.versions import VersionPerimee

from ..budgets import PREVISIONNEL
from ..models import Budget, LigneBudget

# A line: the code of its account and, for a grant, the number of its funder.
CleLigne = tuple[str, int | None]


@transaction.atomic
def enregistrer_previsionnel(
    auteur: Utilisateur,
    annuelle: ActionAnnuelle,
    montants: Mapping[CleLigne, Decimal | None],
    *,
    total_annonce: Decimal | None,
    version: int,
) -> Budget:
    """Write the amounts of the forecast, in euros, opened in `version` (0 when there was none); return the budget.

    A blank takes the line away; a line absent from `montants` is left alone. Several lines of one account and one
    funder become one when their sum changes. Raises PermissionDenied, ValidationError for an archived year,
    VersionPerimee when someone wrote it meanwhile.
    """
    if not auteur.has_perm("financements.ajouter", annuelle):
        raise PermissionDenied
    refuser_annee_archivee(annuelle.campagne)
    # The row of the action is the lock: two people cannot make its budget at once.
    ActionAnnuelle.objects.select_for_update(no_key=True).get(pk=annuelle.pk)
    budget: Any = Budget.objects.filter(action_annuelle=annuelle, type=PREVISIONNEL).first()
    if budget is not None and budget.version != version:
        raise VersionPerimee(budget)
    if budget is None:
        budget = Budget(action_annuelle=annuelle, type=PREVISIONNEL)
    else:
        budget.version += 1
    budget.total_annonce = total_annonce
    _enregistrer(budget, auteur)
    _ecrire_les_lignes(budget, auteur, montants)
    return budget


def _ecrire_les_lignes(
    budget: Budget, auteur: Utilisateur, montants: Mapping[CleLigne, Decimal | None]
) -> None:
    connues: dict[CleLigne, list[LigneBudget]] = {}
    for ligne in budget.lignes.order_by("pk"):
        connues.setdefault((ligne.compte_id, ligne.financeur_id), []).append(ligne)
    for (compte, financeur), voulu in montants.items():
        lignes = connues.get((compte, financeur), [])
        if voulu == (sum((ligne.montant for ligne in lignes), Decimal(0)) if lignes else None):
            continue
        for ligne in lignes[0 if voulu is None else 1 :]:
            signer(ligne, auteur)
            ligne.delete()
        if voulu is not None:
            ligne = (
                lignes[0] if lignes else LigneBudget(budget=budget, compte_id=compte, financeur_id=financeur)
            )
            ligne.montant = voulu
            _enregistrer(ligne, auteur)


def _enregistrer(objet: Any, auteur: Utilisateur) -> None:
    signer(objet, auteur)
    objet.save()
