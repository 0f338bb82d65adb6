"""Who acts for a porteur, as its page shows it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from actions.models import Campagne
from comptes.models import Utilisateur
from porteurs.models import AccesPorteur, Invitation, Porteur, Representant

from ..destinataires import adresses_en_defaut


@dataclass(frozen=True)
class Ligne:
    """Somebody who acts for the porteur."""

    acces: AccesPorteur
    invitation: Invitation | None
    en_defaut: bool

    @property
    def compte(self) -> Utilisateur:
        compte: Utilisateur = self.acces.utilisateur
        return compte

    @property
    def nom(self) -> str:
        """The name of the account, else that under which it was invited; empty when nobody gave one."""
        return self.compte.get_full_name() or (self.invitation.nom if self.invitation else "")

    @property
    def responsable(self) -> bool:
        """Whether it may invite and withdraw."""
        return self.acces.role == AccesPorteur.Role.ADMINISTRATEUR

    @property
    def invite_le(self) -> datetime:
        """When the access was opened."""
        return self.invitation.cree_le if self.invitation else self.acces.cree_le

    @property
    def jamais_entre(self) -> bool:
        """Whether nobody has ever signed in with this account."""
        return self.compte.last_login is None

    @property
    def lien_expire(self) -> bool:
        """Whether the link of the e-mail no longer works; signing in with a code still does."""
        return self.invitation is not None and self.invitation.expire_le <= timezone.now()


class AccesDuPorteur:
    """Everyone who acts for a porteur, who could, and who no longer does. `porteur.parent` is read."""

    def __init__(self, porteur: Porteur, campagne: Campagne) -> None:
        self.porteur, self.campagne = porteur, campagne

    @cached_property
    def lignes(self) -> list[Ligne]:
        """Its accesses, those responsible first, then by name."""
        vivantes = {i.email: i for i in self._invitations if i.retiree_le is None}
        defauts = adresses_en_defaut(self.campagne)
        lignes = [
            Ligne(acces, vivantes.get(acces.utilisateur.email), acces.utilisateur.email in defauts)
            for acces in self._acces(self.porteur)
        ]
        return sorted(lignes, key=lambda ligne: (not ligne.responsable, ligne.nom, ligne.compte.email))

    @cached_property
    def par_la_structure_mere(self) -> list[AccesPorteur]:
        """The accesses of the parent structure: they open its services."""
        return list(self._acces(self.porteur.parent)) if self.porteur.parent else []

    @cached_property
    def a_inviter(self) -> list[Representant]:
        """The representatives in office who have an address and no access, each address once."""
        connues = {ligne.compte.email for ligne in self.lignes}
        en_poste = Q(date_fin__isnull=True) | Q(date_fin__gte=timezone.localdate())
        representants = Representant.objects.filter(en_poste, porteur=self.porteur).exclude(email="")
        choisis: dict[str, Representant] = {}
        for representant in representants.order_by("-legal", "nom", "pk"):
            email = representant.email.lower()
            if email not in connues:
                choisis.setdefault(email, representant)
        return list(choisis.values())

    @cached_property
    def retirees(self) -> list[Invitation]:
        """The last withdrawal of each address that has no access any more, the latest first."""
        connues = {ligne.compte.email for ligne in self.lignes}
        dernieres: dict[str, Invitation] = {}
        for invitation in self._invitations:
            if invitation.retiree_le is not None and invitation.email not in connues:
                dernieres.setdefault(invitation.email, invitation)
        return list(dernieres.values())

    @cached_property
    def _invitations(self) -> list[Invitation]:
        """Every invitation, those withdrawn last first."""
        return list(
            Invitation.objects.filter(porteur=self.porteur)
            .select_related("retiree_par")
            .order_by(F("retiree_le").desc(nulls_last=True), "-pk")
        )

    @staticmethod
    def _acces(porteur: Porteur) -> Any:
        return (
            AccesPorteur.objects.filter(porteur=porteur)
            .select_related("utilisateur")
            .order_by("utilisateur__email")
        )
