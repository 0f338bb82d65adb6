"""Who sits in the bodies of a contract, to give their opinion on the annual report; taking a body away."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from comptes.models import Utilisateur
from comptes.signature import signer
from contrats.models import AccesContrat, Instance, MembreInstance
from porteurs.operations import COMPTE_DESACTIVE, nouveau_compte

from .courriels_rapport import annoncer_a_un_membre
from .etats import OperationRefusee


@transaction.atomic
def ajouter_membre(auteur: Utilisateur, instance: Instance, email: str, nom: str = "") -> MembreInstance:
    """Have the account of this address sit in a body and return its seat; it reads the contract from then on.

    The account is created without a password when there is none. It is written to when the opinion of the body is
    awaited. Raises PermissionDenied; ValidationError on « email » for a closed account, or one that sits there.
    """
    actuelle = Instance.objects.select_for_update(no_key=True).get(pk=instance.pk)
    if not auteur.has_perm("contrats.gerer", actuelle.contrat):
        raise PermissionDenied
    compte, _ = Utilisateur.objects.get_or_create(email=email.strip().lower(), defaults=nouveau_compte(nom))
    if not compte.is_active:
        raise ValidationError({"email": COMPTE_DESACTIVE})
    if MembreInstance.objects.filter(instance_siegee=actuelle, utilisateur=compte).exists():
        raise ValidationError({"email": f"{compte} siège déjà dans cette instance."})
    if not AccesContrat.objects.filter(utilisateur=compte, contrat=actuelle.contrat_id).exists():
        acces = AccesContrat(utilisateur=compte, contrat_id=actuelle.contrat_id, role=AccesContrat.Role.COPIL)
        signer(acces, auteur, f"membre de « {actuelle} »")
        acces.save()
    membre = MembreInstance(instance_siegee=actuelle, utilisateur=compte)
    signer(membre, auteur)
    membre.save()
    annoncer_a_un_membre(auteur, membre)
    return membre


@transaction.atomic
def retirer_membre(auteur: Utilisateur, membre: MembreInstance, *, acces_aussi: bool) -> None:
    """Take an account out of a body, and out of the contract when asked; the opinions that it gave stay.

    Only the access of a reader is taken away, and only from who sits nowhere else. Raises PermissionDenied.
    """
    contrat = membre.instance_siegee.contrat
    if not auteur.has_perm("contrats.gerer", contrat):
        raise PermissionDenied
    signer(membre, auteur)
    membre.delete()
    ailleurs = MembreInstance.objects.filter(
        utilisateur=membre.utilisateur_id, instance_siegee__contrat=contrat
    )
    if not acces_aussi or ailleurs.exists():
        return
    lecture = AccesContrat.objects.filter(
        utilisateur=membre.utilisateur_id, contrat=contrat, role=AccesContrat.Role.COPIL
    )
    for acces in lecture.order_by("pk"):
        signer(acces, auteur, f"retiré de « {membre.instance_siegee} »")
        acces.delete()


def refus_du_retrait(instance: Instance) -> str:
    """Return why a body cannot be taken out of its contract, and what to do; an empty string when it can."""
    attaches = [
        (instance.avis_rapports.exists(), "son avis est demandé sur un rapport annuel"),
        (instance.seances.exists(), "des séances y sont enregistrées"),
    ]
    if raisons := [phrase for tient, phrase in attaches if tient]:
        return f"« {instance} » reste dans le contrat : {' et '.join(raisons)}. Vous pouvez la renommer."
    if instance.membres.exists():
        return f"Des personnes siègent dans « {instance} » : retirez d'abord ses membres."
    return ""


@transaction.atomic
def retirer_instance(auteur: Utilisateur, instance: Instance) -> None:
    """Take out of its contract a body that nothing depends on. Raises PermissionDenied, OperationRefusee."""
    actuelle = Instance.objects.select_for_update(no_key=True).get(pk=instance.pk)
    if not auteur.has_perm("contrats.gerer", actuelle.contrat):
        raise PermissionDenied
    if refus := refus_du_retrait(actuelle):
        raise OperationRefusee(refus)
    actuelle.delete()
