"""The funders of a contract: adding one, correcting it, what identifies it."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max

from actions.models import Campagne
from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.versions import verrouiller
from contrats.models import ContratVille

from ..models import Financeur, LigneFinancement

TOTAL_ARCHIVE = (
    "Ce financeur a des montants dans une année archivée : le compter autrement en changerait le total. "
    "Désarchivez l'année, ou ajoutez un autre financeur."
)


@transaction.atomic
def creer_financeur(auteur: Utilisateur, financeur: Financeur) -> Financeur:
    """Add `financeur` after the others of its contract and return it.

    Raises PermissionDenied, ValidationError when the contract has a funder of that short name.
    """
    if not auteur.has_perm("contrats.gerer", financeur.contrat):
        raise PermissionDenied
    # The row of the contract is the lock: two people cannot add the same funder at once.
    ContratVille.objects.select_for_update(no_key=True).get(pk=financeur.contrat_id)
    derniers = Financeur.objects.filter(contrat=financeur.contrat_id).aggregate(ordre=Max("ordre"))
    financeur.ordre = (derniers["ordre"] or 0) + 1
    _enregistrer(auteur, financeur)
    return financeur


@transaction.atomic
def modifier_financeur(auteur: Utilisateur, financeur: Financeur, *, version: int) -> Financeur:
    """Save the new values of `financeur`, opened in `version`, and return it.

    Raises PermissionDenied, VersionPerimee when someone saved it meanwhile, ValidationError when the contract has a
    funder of that short name, or when counting it otherwise would change the total of an archived year.
    """
    if not auteur.has_perm("contrats.gerer", financeur.contrat):
        raise PermissionDenied
    ContratVille.objects.select_for_update(no_key=True).get(pk=financeur.contrat_id)
    actuel = verrouiller(Financeur.objects.all(), financeur.pk, version)
    if actuel.dans_total != financeur.dans_total and _a_des_montants_archives(financeur):
        raise ValidationError({"dans_total": TOTAL_ARCHIVE})
    _enregistrer(auteur, financeur)
    return financeur


def _enregistrer(auteur: Utilisateur, financeur: Financeur) -> None:
    financeur.validate_constraints()
    signer(financeur, auteur)
    financeur.save()


def _a_des_montants_archives(financeur: Financeur) -> bool:
    archivees = Campagne.objects.filter(statut=Campagne.Statut.ARCHIVEE).values("pk")
    return LigneFinancement.objects.filter(
        financeur=financeur, action_annuelle__campagne__in=archivees
    ).exists()


@transaction.atomic
def identifier_financeur(auteur: Utilisateur, financeur: Financeur, *, version: int) -> Financeur:
    """Save the official name and the SIRET of `financeur`, opened in `version`, and return it.

    Raises PermissionDenied, VersionPerimee when someone saved it meanwhile.
    """
    if not auteur.has_perm("contrats.gerer", financeur.contrat):
        raise PermissionDenied
    verrouiller(Financeur.objects.all(), financeur.pk, version)
    signer(financeur, auteur)
    financeur.save()
    return financeur
