"""What changes a porteur: its file and the other names that documents give it."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.versions import verrouiller
from contrats.models import ContratVille, Epci
from documents.normalisation import normaliser

from .models import AccesPorteur, AliasPorteur, Invitation, Porteur

ORIGINE_SAISIE = "saisi dans la fiche du porteur"
COMPTE_DESACTIVE = (
    "Le compte de cette adresse est désactivé : demandez à la personne qui administre Pilotis de le rouvrir."
)
DERNIER_RESPONSABLE = (
    "C'est la dernière personne responsable de cette structure : sans elle, personne n'y inviterait plus. "
    "Nommez d'abord quelqu'un d'autre, ou demandez ce retrait à la personne qui pilote le contrat de ville."
)


@transaction.atomic
def creer_porteur(
    auteur: Utilisateur,
    contrat: ContratVille,
    porteur: Porteur,
    autres_noms: Iterable[str],
    *,
    motif: str = "",
) -> Porteur:
    """Create `porteur` in the intercommunality of `contrat`, with its other names, and return it.

    `motif` is written in the history beside what became of the other names.
    Raises PermissionDenied, and ValidationError when a name already designates another porteur.
    """
    if not auteur.has_perm("contrats.gerer", contrat):
        raise PermissionDenied
    # The row of the intercommunality is the lock: two people cannot create the same porteur at once.
    porteur.epci = Epci.objects.select_for_update().get(pk=contrat.epci_id)
    _enregistrer(auteur, porteur, autres_noms, motif)
    return porteur


@transaction.atomic
def modifier_porteur(
    auteur: Utilisateur, porteur: Porteur, autres_noms: Iterable[str], *, version: int, motif: str = ""
) -> Porteur:
    """Save the new values of `porteur`, opened in `version`, and its other names; return it.

    `motif` is written in the history beside what became of the other names.
    Raises PermissionDenied, VersionPerimee when someone saved it meanwhile, ValidationError when a name
    already designates another porteur.
    """
    if not auteur.has_perm("porteurs.modifier", porteur):
        raise PermissionDenied
    Epci.objects.select_for_update().get(pk=porteur.epci_id)
    verrouiller(Porteur.objects.all(), porteur.pk, version)
    _enregistrer(auteur, porteur, autres_noms, motif)
    return porteur


def _enregistrer(auteur: Utilisateur, porteur: Porteur, autres_noms: Iterable[str], motif: str) -> None:
    voulus = {normaliser(nom): nom for nom in autres_noms}
    _verifier_noms(porteur, voulus)
    nouveau = porteur.pk is None
    connus = {} if nouveau else {alias.libelle_normalise: alias for alias in porteur.alias.all()}
    retires = [alias for cle, alias in connus.items() if cle not in voulus]
    ajoutes = [nom for cle, nom in voulus.items() if cle not in connus]
    changements = [f"ajouté : {nom}" for nom in ajoutes] + [f"retiré : {alias}" for alias in retires]
    noms = f"Autres noms – {', '.join(changements)}" if changements else ""
    signer(porteur, auteur, " ; ".join(filter(None, (motif, noms))))
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


# -- Who acts for a porteur ------------------------------------------------------------------------
@transaction.atomic
def inviter(
    auteur: Utilisateur | None,
    porteur: Porteur,
    email: str,
    nom: str = "",
    role: str = AccesPorteur.Role.CONTRIBUTEUR,
    *,
    expire_le: datetime,
) -> Invitation:
    """Open `porteur` to the address `email` and return its live invitation, whose link is good until `expire_le`.

    The account is created without a password when there is none; its name is left alone when there is one.
    An invitation that lasts longer is not shortened, a role is raised and never lowered. `auteur` is None for
    a sending that nobody asked for by hand. Raises PermissionDenied, and ValidationError when the account of
    this address is closed.
    """
    if auteur is not None and not auteur.has_perm("porteurs.inviter", porteur):
        raise PermissionDenied
    email = email.strip().lower()
    # The row of the porteur is the lock: two sendings cannot invite the same address at once.
    Porteur.objects.select_for_update(no_key=True).get(pk=porteur.pk)
    compte, _ = Utilisateur.objects.get_or_create(email=email, defaults=nouveau_compte(nom))
    if not compte.is_active:
        raise ValidationError({"email": COMPTE_DESACTIVE})
    _ouvrir_acces(auteur, porteur, compte, role)
    return _tenir_invitation(auteur, porteur, email, nom, expire_le)


def nouveau_compte(nom: str) -> dict[str, str]:
    """Return the fields of an account that signs in with a code. Where a full name is cut, nobody knows."""
    return {
        "nom": nom.strip()[: Utilisateur._meta.get_field("nom").max_length],
        "password": make_password(None),
    }


def _ouvrir_acces(auteur: Utilisateur | None, porteur: Porteur, compte: Utilisateur, role: str) -> None:
    acces = AccesPorteur.objects.filter(porteur=porteur, utilisateur=compte).first()
    if acces is None:
        acces = AccesPorteur(porteur=porteur, utilisateur=compte, role=role)
    elif role == AccesPorteur.Role.ADMINISTRATEUR != acces.role:
        acces.role = role
    else:
        return
    signer(acces, auteur)
    acces.save()


def _tenir_invitation(
    auteur: Utilisateur | None, porteur: Porteur, email: str, nom: str, expire_le: datetime
) -> Invitation:
    """Create the live invitation of this address, or make it last until `expire_le`, and return it."""
    invitation = Invitation.objects.filter(porteur=porteur, email=email, retiree_le=None).first()
    if invitation is None:
        invitation = Invitation(porteur=porteur, email=email, invite_par=auteur, expire_le=expire_le)
    elif invitation.expire_le >= expire_le and (invitation.nom or not nom):
        return invitation
    invitation.nom = invitation.nom or nom.strip()
    invitation.expire_le = max(invitation.expire_le, expire_le)
    signer(invitation, auteur)
    invitation.save()
    return invitation


@transaction.atomic
def retirer_acces(auteur: Utilisateur, acces: AccesPorteur) -> None:
    """Close a porteur to an account at once, and its invitations with it; what it wrote stays, and the history.

    One withdrawn invitation is left in every case: it keeps the next sending from opening the access again.
    An access that is gone already is left so. Raises PermissionDenied, and ValidationError when the structure would
    be left without anyone responsible and `auteur` does not run its contract.
    """
    porteur = _verrouiller_avec_son_parent(acces.porteur)
    if not auteur.has_perm("porteurs.inviter", porteur):
        raise PermissionDenied
    # Read again under the lock: its role may have changed, and another may have withdrawn it.
    actuel = AccesPorteur.objects.filter(pk=acces.pk).select_related("porteur", "utilisateur").first()
    if actuel is None:
        return
    acces = actuel
    if _dernier_responsable(acces) and not auteur.has_perm("porteurs.modifier", porteur):
        raise ValidationError(DERNIER_RESPONSABLE)
    email, maintenant = acces.utilisateur.email, timezone.now()
    invitations = list(
        Invitation.objects.filter(porteur=porteur, email=email, retiree_le=None).order_by("pk")
    )
    for invitation in invitations or [Invitation(porteur=porteur, email=email, expire_le=maintenant)]:
        invitation.retiree_le, invitation.retiree_par = maintenant, auteur
        signer(invitation, auteur)
        invitation.save()
    signer(acces, auteur)
    acces.delete()


def _verrouiller_avec_son_parent(porteur: Porteur) -> Porteur:
    """Return the stored porteur, locked with its parent: who is responsible of one counts for the other.

    Always in the order of their keys, so that two withdrawals never wait for each other.
    """
    structures = [pk for pk in (porteur.pk, porteur.parent_id) if pk]
    verrouilles = Porteur.objects.select_for_update(no_key=True).filter(pk__in=structures).order_by("pk")
    return next(verrouille for verrouille in list(verrouilles) if verrouille.pk == porteur.pk)


def _dernier_responsable(acces: AccesPorteur) -> bool:
    """Return whether nobody else could invite for the porteur: neither there nor in its parent structure."""
    if acces.role != AccesPorteur.Role.ADMINISTRATEUR:
        return False
    structures = [pk for pk in (acces.porteur_id, acces.porteur.parent_id) if pk]
    autres = AccesPorteur.objects.filter(
        porteur__in=structures, role=AccesPorteur.Role.ADMINISTRATEUR, utilisateur__is_active=True
    )
    return not autres.exclude(pk=acces.pk).exists()
