"""Permissions on a bilan, in words: who may write in it, transmit it, validate it."""

from typing import Any

import rules
from django.utils import timezone

from actions.models import Campagne
from actions.regles import gere_l_action, porte_l_action
from contrats.models import ContratVille
from contrats.regles import est_administrateur, est_charge_de_mission
from financements.regles import est_financeur
from porteurs.models import Porteur
from porteurs.regles import represente

from .models import Bilan, BilanStructure


@rules.predicate
def porte_dans_le_contrat(utilisateur: Any, contrat: ContratVille | None) -> bool:
    """The account represents a porteur of the contract's intercommunality."""
    return (
        contrat is not None
        and Porteur.objects.de_l_utilisateur(utilisateur).filter(epci=contrat.epci_id).exists()
    )


@rules.predicate
def gere_le_bilan(utilisateur: Any, bilan: Bilan | None) -> bool:
    """The account runs the contract of the action."""
    return bilan is not None and gere_l_action(utilisateur, bilan.action_annuelle)


@rules.predicate
def porte_le_bilan(utilisateur: Any, bilan: Bilan | None) -> bool:
    """The account represents the porteur of the action."""
    return bilan is not None and porte_l_action(utilisateur, bilan.action_annuelle)


def annee_archivee(bilan: Bilan) -> bool:
    """Return whether the year of the bilan is archived: nothing of it changes any more, for anyone."""
    return bilan.action_annuelle.campagne.statut == Campagne.Statut.ARCHIVEE


def saisie_ouverte(bilan: Bilan) -> bool:
    """Return whether it is the porteur's time: bilans open, or closed with a later date given to this one.

    A due date that is past closes nothing by itself: a late bilan is still welcome. The chargé·e de mission may
    write before and after.
    """
    campagne, aujourd_hui = bilan.action_annuelle.campagne, timezone.localdate()
    if campagne.statut == Campagne.Statut.BILANS_OUVERTS:
        return campagne.bilan_ouverture is None or campagne.bilan_ouverture <= aujourd_hui
    if campagne.statut == Campagne.Statut.BILANS_CLOS:
        return bilan.echeance_prolongee is not None and bilan.echeance_prolongee >= aujourd_hui
    return False


@rules.predicate
def est_entre_les_mains_du_porteur(_: Any, bilan: Bilan | None) -> bool:
    """The bilan is not yet transmitted, or was sent back, while the bilans of its year are open."""
    return bilan is not None and bilan.modifiable_par_le_porteur and saisie_ouverte(bilan)


@rules.predicate
def est_ouvert(_: Any, bilan: Bilan | None) -> bool:
    """The bilan is neither validated nor dispensed, nor its year archived: its figures may still change."""
    if bilan is None or annee_archivee(bilan):
        return False
    return not bilan.est_valide and bilan.statut != Bilan.Statut.DISPENSE


@rules.predicate
def est_d_une_annee_vivante(_: Any, bilan: Bilan | None) -> bool:
    """The year of the bilan is not archived."""
    return bilan is not None and not annee_archivee(bilan)


@rules.predicate
def gere_la_fiche(utilisateur: Any, fiche: BilanStructure | None) -> bool:
    """The account runs the contract for which a structure writes its fiche."""
    return fiche is not None and est_charge_de_mission(utilisateur, fiche.campagne.contrat)


@rules.predicate
def porte_la_fiche(utilisateur: Any, fiche: BilanStructure | None) -> bool:
    """The account represents the structure that writes the fiche."""
    return fiche is not None and represente(utilisateur, fiche.porteur)


def fiche_gelee(fiche: BilanStructure) -> bool:
    """Return whether the year of the fiche is archived: nothing of it changes any more, for anyone."""
    return fiche.campagne.statut == Campagne.Statut.ARCHIVEE


gere = est_administrateur | gere_le_bilan

# The list of actions is for those who have actions to see in it; a COPIL member reads the published reports.
rules.add_perm(
    "actions.lister", est_administrateur | est_charge_de_mission | est_financeur | porte_dans_le_contrat
)
# Conventions are between the collectivity and a structure: neither the funders nor the COPIL read them.
rules.add_perm(
    "porteurs.lister_conventions", est_administrateur | est_charge_de_mission | porte_dans_le_contrat
)
# A compte rendu financier says a whole budget: for who runs the contract, and who carries an action.
rules.add_perm(
    "bilans.lire_comptes_rendus", est_administrateur | est_charge_de_mission | porte_dans_le_contrat
)
rules.add_perm("bilans.gerer", gere)
rules.add_perm("bilans.saisir", (gere & est_ouvert) | (porte_le_bilan & est_entre_les_mains_du_porteur))
rules.add_perm("bilans.transmettre", (gere & est_ouvert) | (porte_le_bilan & est_entre_les_mains_du_porteur))
rules.add_perm("bilans.valider", gere & est_ouvert)
# A remark that the porteur reads is made while it may still act upon it; a note among colleagues, at any time.
rules.add_perm("bilans.commenter", (gere | porte_le_bilan) & est_ouvert)
rules.add_perm("bilans.noter", gere & est_d_une_annee_vivante)

rules.add_perm("structures.gerer", est_administrateur | gere_la_fiche)
rules.add_perm("structures.porter", porte_la_fiche)
