"""The grid of the year: one cell at a time, and the opinions of the funders."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from actions.models import ActionAnnuelle
from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.versions import VersionPerimee, verrouiller

from ..models import AvisFinanceur, Financeur, LigneFinancement
from ..programmation import Case, Colonne, Etat, historique_cellule
from .enveloppes import enveloppes_tenues
from .lignes import (
    AUTRE_CONTRAT,
    campagne_modifiable,
    lignes_de_la_case,
    poser_montant,
    verrouiller_actions,
)


class CelluleChangee(Exception):
    """Someone wrote the cell since the page was opened: `actuel` is what it holds, by `qui`, `quand`."""

    def __init__(self, actuel: Decimal | None, qui: str = "", quand: datetime | None = None) -> None:
        super().__init__("Cette case a changé depuis l'ouverture de la page.")
        self.actuel, self.qui, self.quand = actuel, qui, quand


@transaction.atomic
def ecrire_cellule(
    auteur: Utilisateur,
    annuelle: ActionAnnuelle,
    colonne: Colonne,
    etat: Etat,
    montant: Decimal | None,
    *,
    avant: Decimal | None,
    motif: str = "",
) -> LigneFinancement | None:
    """Write one amount of the grid; return its line, None when nothing is left of it.

    The line is created when there is none; a blank removes the amount, and the line with its last one. `avant` is
    what the page showed. Raises PermissionDenied (a funder writes its own columns, never « demandé »),
    CelluleChangee when the cell no longer holds `avant` (unless it already holds `montant`), EnveloppeDepassee,
    ValidationError for a state that is not typed, an archived year, or less than what is already paid.
    """
    financeur = colonne.financeur
    _exiger(auteur, "financements.ecrire_montant", Case(annuelle, financeur, etat))
    if not etat.saisi:
        raise ValidationError("Le montant versé est la somme des versements : il se change sur leur page.")
    campagne = campagne_modifiable(annuelle.campagne_id)
    if financeur.contrat_id != campagne.contrat_id:
        raise ValidationError(AUTRE_CONTRAT)
    verrouiller_actions([annuelle.pk])
    with enveloppes_tenues(campagne, [financeur.pk]):
        ligne = lignes_de_la_case(annuelle.pk, financeur.pk, colonne.nature_credit).first()
        actuel = getattr(ligne, etat.champ) if ligne else None
        if actuel == montant:
            return ligne
        if actuel != avant:
            raise _changee(auteur, annuelle, colonne, etat, actuel)
        ligne = ligne or LigneFinancement(
            action_annuelle=annuelle, financeur=financeur, nature_credit=colonne.nature_credit
        )
        return poser_montant(auteur, ligne, etat.champ, montant, motif)


def _exiger(auteur: Any, permission: str, case: Case) -> None:
    if not auteur.has_perm(permission, case):
        raise PermissionDenied


def _changee(
    auteur: Utilisateur, annuelle: ActionAnnuelle, colonne: Colonne, etat: Etat, actuel: Decimal | None
) -> CelluleChangee:
    changements = historique_cellule(auteur, annuelle, colonne, etat)
    if not changements:
        return CelluleChangee(actuel)
    return CelluleChangee(actuel, changements[0].qui, changements[0].quand)


@transaction.atomic
def donner_avis(
    auteur: Utilisateur,
    annuelle: ActionAnnuelle,
    financeur: Financeur,
    *,
    sens: str,
    texte: str,
    rendu_le: date,
    version: int = 0,
) -> AvisFinanceur:
    """Save the opinion of `financeur` on an action, given by itself or noted for it, and return it.

    `version` is that of the opinion that the page showed, 0 when there was none. Raises PermissionDenied,
    VersionPerimee, ValidationError when an opinion that is not favourable does not say why, or the year is archived.
    """
    _exiger(auteur, "financements.donner_avis", Case(annuelle, financeur))
    campagne = campagne_modifiable(annuelle.campagne_id)
    if financeur.contrat_id != campagne.contrat_id:
        raise ValidationError(AUTRE_CONTRAT)
    verrouiller_actions([annuelle.pk])
    avis = AvisFinanceur.objects.filter(action_annuelle=annuelle, financeur=financeur).order_by("pk").first()
    if avis is not None and avis.version != version:
        raise VersionPerimee(avis)
    avis = avis or AvisFinanceur(action_annuelle=annuelle, financeur=financeur, version=0)
    avis.sens, avis.texte, avis.rendu_le = sens, texte.strip(), rendu_le
    if sens != AvisFinanceur.Sens.FAVORABLE and not avis.texte:
        raise ValidationError(
            {"texte": "Dites pourquoi : un avis réservé, défavorable ou ajourné est motivé."}
        )
    avis.version += 1
    avis.full_clean()
    signer(avis, auteur)
    avis.save()
    return avis


@transaction.atomic
def retirer_avis(auteur: Utilisateur, avis: AvisFinanceur, *, version: int) -> None:
    """Delete an opinion; its history stays. Raises PermissionDenied, VersionPerimee, ValidationError (archived)."""
    _exiger(auteur, "financements.donner_avis", Case(avis.action_annuelle, avis.financeur))
    campagne_modifiable(avis.action_annuelle.campagne_id)
    verrouiller(AvisFinanceur.objects.all(), avis.pk, version)
    signer(avis, auteur)
    avis.delete()
