"""Opening a porteur to somebody by hand: the access, the link, and the e-mail that carries it."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from actions.models import Campagne
from comptes.models import Utilisateur
from porteurs.models import Invitation, Porteur
from porteurs.operations import inviter

from ..destinataires import valable_jusqu_au
from ..models import Courriel
from .courriels import annoncer_acces
from .etats import OperationRefusee

# Pressed twice, the button sends one e-mail; asked again later, it sends the link again.
DEUX_CLICS = timedelta(minutes=1)
# Enough for the largest structure; nobody writes to half the town from a porteur's account.
INVITATIONS_PAR_JOUR = 15
TROP_D_INVITATIONS = (
    "Quinze invitations sont déjà parties aujourd'hui pour cette structure : recommencez demain, "
    "ou demandez à la personne qui pilote le contrat de ville."
)


@transaction.atomic
def inviter_un_collegue(
    auteur: Utilisateur, campagne: Campagne, porteur: Porteur, *, email: str, nom: str, role: str
) -> Invitation:
    """Open `porteur` to an address, queue the e-mail that says so, and return the invitation.

    Raises PermissionDenied, ValidationError when the account of the address is closed, OperationRefusee when
    the porteur has invited too much in a day. An e-mail that the same person asked for a moment ago is enough.
    """
    invitation = inviter(auteur, porteur, email, nom, role, expire_le=valable_jusqu_au(campagne))
    if _vient_d_etre_ecrit(auteur, invitation):
        return invitation
    if not auteur.has_perm("porteurs.modifier", porteur):
        _verifier_le_nombre(porteur)
    annoncer_acces(auteur, campagne, invitation)
    return invitation


def _vient_d_etre_ecrit(auteur: Utilisateur, invitation: Invitation) -> bool:
    """Return whether `auteur` has just had this link sent: the porteur, locked, makes a second click wait."""
    recents = invitation.courriels.filter(
        type=Courriel.Type.ACCES, auteur=auteur, cree_le__gt=timezone.now() - DEUX_CLICS
    )
    return recents.exclude(statut__in=Courriel.STATUTS_ADRESSE_EN_DEFAUT).exists()


def _verifier_le_nombre(porteur: Porteur) -> None:
    parties = Courriel.objects.filter(
        porteur=porteur, type=Courriel.Type.ACCES, jour=timezone.localdate()
    ).count()
    if parties >= INVITATIONS_PAR_JOUR:
        raise OperationRefusee(TROP_D_INVITATIONS)
