"""Permissions on a porteur."""

from typing import Any

import rules

from contrats.models import ContratVille
from contrats.regles import est_administrateur, est_charge_de_mission

from .models import AccesPorteur, Convention, Porteur


@rules.predicate
def gere_l_intercommunalite(utilisateur: Any, porteur: Porteur | None) -> bool:
    """The account runs a contract of the intercommunality that holds the porteur's file."""
    return (
        porteur is not None
        and ContratVille.objects.geres_par(utilisateur).filter(epci=porteur.epci_id).exists()
    )


@rules.predicate
def represente(utilisateur: Any, porteur: Porteur | None) -> bool:
    """The account represents the porteur, or the structure it depends on."""
    return (
        porteur is not None and Porteur.objects.de_l_utilisateur(utilisateur).filter(pk=porteur.pk).exists()
    )


@rules.predicate
def est_responsable(utilisateur: Any, porteur: Porteur | None) -> bool:
    """The account is responsible for the porteur, or for the structure it depends on."""
    return (
        porteur is not None
        and utilisateur.is_active
        and AccesPorteur.objects.filter(
            utilisateur=utilisateur,
            role=AccesPorteur.Role.ADMINISTRATEUR,
            porteur__in=[pk for pk in (porteur.pk, porteur.parent_id) if pk],
        ).exists()
    )


@rules.predicate
def pilote_la_convention(utilisateur: Any, convention: Convention | None) -> bool:
    """The account runs the contract of the convention."""
    return convention is not None and est_charge_de_mission(utilisateur, convention.contrat)


@rules.predicate
def represente_la_partie(utilisateur: Any, convention: Convention | None) -> bool:
    """The account represents the porteur of the convention."""
    return convention is not None and represente(utilisateur, convention.porteur)


rules.add_perm("porteurs.modifier", est_administrateur | gere_l_intercommunalite)
# Its contacts: a funder reads who carries what, not how to reach people (docs/droits.md).
rules.add_perm("porteurs.lire_dossier", est_administrateur | gere_l_intercommunalite | represente)
# Who acts for it: the collectivity, and whoever the structure itself made responsible.
rules.add_perm("porteurs.inviter", est_administrateur | gere_l_intercommunalite | est_responsable)
# What a convention asks for comes from the structure, or from the desk that received it on paper.
rules.add_perm("porteurs.deposer_document", est_administrateur | pilote_la_convention | represente_la_partie)
