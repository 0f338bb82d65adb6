"""What identifies a funder."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.versions import verrouiller

from ..models import Financeur


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
