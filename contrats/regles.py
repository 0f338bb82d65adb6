"""Permissions on a contract, as small predicates that compose (docs/droits.md)."""

from typing import Any

import rules

from .models import AccesContrat, ContratVille


@rules.predicate
def est_administrateur(utilisateur: Any) -> bool:
    """The administrator, who may do everything."""
    return bool(utilisateur.is_authenticated and utilisateur.est_administrateur)


@rules.predicate
def est_charge_de_mission(utilisateur: Any, contrat: ContratVille | None) -> bool:
    """The account runs this contract."""
    if contrat is None or not utilisateur.is_authenticated or not utilisateur.is_active:
        return False
    return AccesContrat.objects.filter(
        utilisateur=utilisateur, contrat=contrat, role=AccesContrat.Role.CHARGE_MISSION
    ).exists()


@rules.predicate
def voit_le_contrat(utilisateur: Any, contrat: ContratVille | None) -> bool:
    """The contract is one that the account sees."""
    return (
        contrat is not None and ContratVille.objects.visibles_par(utilisateur).filter(pk=contrat.pk).exists()
    )


gere_le_contrat = est_administrateur | est_charge_de_mission

rules.add_perm("contrats.gerer", gere_le_contrat)
# The logo and the colour of the collectivity, which all its contracts share: whoever runs one of them.
rules.add_perm("contrats.identifier", gere_le_contrat)
rules.add_perm("contrats.lire", voit_le_contrat)
