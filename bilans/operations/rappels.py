"""Reminding the structures of what their conventions ask: rows that wait, whose words are written when they leave."""

from django.core.exceptions import ValidationError
from django.db import transaction

from actions.models import Campagne
from comptes.models import Utilisateur

from ..echeances_dues import RappelEcheances, lire_rappels
from ..models import Courriel
from .courriels import demander_l_envoi, nouveau_courriel, ouvrir_l_acces, verrouiller_la_campagne
from .etats import OperationRefusee

PERSONNE = "Il n'y a pas de rappel à envoyer : plus rien n'est attendu, ou le message du jour est déjà parti."


@transaction.atomic
def rappeler_les_echeances(
    auteur: Utilisateur | None, campagne: Campagne, *, seulement_nouvelles: bool = False
) -> list[Courriel]:
    """Remind every structure of what it still owes under its conventions; return the e-mails, which wait.

    Once a day and an address at most. With `seulement_nouvelles`, only those who owe something that they were never
    reminded of: what the nightly command does. Raises PermissionDenied, OperationRefusee when nobody is to be written
    to.
    """
    campagne = verrouiller_la_campagne(auteur, campagne)
    rappels = lire_rappels(campagne)
    choisis = rappels.nouveaux if seulement_nouvelles else rappels.a_envoyer
    courriels = [_courriel(auteur, campagne, rappel) for rappel in choisis]
    if not courriels:
        raise OperationRefusee(PERSONNE)
    crees: list[Courriel] = Courriel.objects.bulk_create(courriels)
    demander_l_envoi()
    return crees


def _courriel(auteur: Utilisateur | None, campagne: Campagne, rappel: RappelEcheances) -> Courriel:
    courriel = nouveau_courriel(auteur, campagne, Courriel.Type.ECHEANCE, rappel.contact)
    try:
        courriel.invitation = ouvrir_l_acces(
            auteur, campagne, rappel.contact, (echeance.date for echeance in rappel.echeances)
        )
    except ValidationError as erreur:
        raise OperationRefusee(" ".join(erreur.messages)) from erreur
    return courriel
