"""What changes a porteur: its file and the other names that documents give it."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.versions import verrouiller
from contrats.models import ContratVille, Epci
from documents.normalisation import normaliser

from .models import AliasPorteur, Porteur

ORIGINE_SAISIE = "saisi dans la fiche du porteur"


@transaction.atomic
def creer_porteur(
    auteur: Utilisateur, contrat: ContratVille, porteur: Porteur, autres_noms: Iterable[str]
) -> Porteur:
    """Create `porteur` in the intercommunality of `contrat`, with its other names, and return it.

    Raises PermissionDenied, and ValidationError when a name already designates another porteur.
    """
    if not auteur.has_perm("contrats.gerer", contrat):
        raise PermissionDenied
    # The row of the intercommunality is the lock: two people cannot create the same porteur at once.
    porteur.epci = Epci.objects.select_for_update().get(pk=contrat.epci_id)
    _enregistrer(auteur, porteur, autres_noms)
    return porteur


@transaction.atomic
def modifier_porteur(
    auteur: Utilisateur, porteur: Porteur, autres_noms: Iterable[str], *, version: int
) -> Porteur:
    """Save the new values of `porteur`, opened in `version`, and its other names; return it.

    Raises PermissionDenied, VersionPerimee when someone saved it meanwhile, ValidationError when a name
    already designates another porteur.
    """
    if not auteur.has_perm("porteurs.modifier", porteur):
        raise PermissionDenied
    Epci.objects.select_for_update().get(pk=porteur.epci_id)
    verrouiller(Porteur.objects.all(), porteur.pk, version)
    _enregistrer(auteur, porteur, autres_noms)
    return porteur


def _enregistrer(auteur: Utilisateur, porteur: Porteur, autres_noms: Iterable[str]) -> None:
    voulus = {normaliser(nom): nom for nom in autres_noms}
    _verifier_noms(porteur, voulus)
    nouveau = porteur.pk is None
    connus = {} if nouveau else {alias.libelle_normalise: alias for alias in porteur.alias.all()}
    retires = [alias for cle, alias in connus.items() if cle not in voulus]
    ajoutes = [nom for cle, nom in voulus.items() if cle not in connus]
    changements = [f"ajouté : {nom}" for nom in ajoutes] + [f"retiré : {alias}" for alias in retires]
    signer(porteur, auteur, f"Autres noms – {', '.join(changements)}" if changements else "")
    porteur.save()
    for alias in retires:
        alias.delete()
    for nom in ajoutes:
        AliasPorteur.objects.create(
            epci_id=porteur.epci_id, porteur=porteur, libelle=nom, origine=ORIGINE_SAISIE
        )


def _verifier_noms(porteur: Porteur, autres_noms: dict[str, str]) -> None:
    """Refuse a name or another name that already designates another porteur of the intercommunality."""
    autres = Porteur.objects.filter(epci=porteur.epci_id).exclude(pk=porteur.pk)
    alias = AliasPorteur.objects.filter(epci=porteur.epci_id).exclude(porteur=porteur.pk)
    cle = normaliser(porteur.nom)
    homonyme = autres.filter(nom_normalise=cle).first()
    if homonyme:
        raise ValidationError({"nom": f"Un porteur de ce nom existe déjà : {homonyme}."})
    if pris := alias.filter(libelle_normalise=cle).select_related("porteur").first():
        raise ValidationError(
            {"nom": f"Un porteur de ce nom existe déjà : « {pris} » est un autre nom de {pris.porteur}."}
        )
    if porteur.siret and (meme := autres.filter(siret=porteur.siret).first()):
        raise ValidationError(
            {"siret": f"Ce SIRET est déjà celui de {meme} : c'est sans doute le même porteur."}
        )
    erreurs = [f"« {lui.nom} » est déjà un porteur." for lui in autres.filter(nom_normalise__in=autres_noms)]
    erreurs += [
        f"« {autre} » désigne déjà {autre.porteur}."
        for autre in alias.filter(libelle_normalise__in=autres_noms).select_related("porteur")
    ]
    if erreurs:
        raise ValidationError({"autres_noms": erreurs})
