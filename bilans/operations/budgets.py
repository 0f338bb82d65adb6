"""The budget « réalisé » of a bilan: starting it from what was planned."""

from django.db import transaction

from comptes.historique import date_de_l_histoire, debut_du_brouillon
from comptes.models import Utilisateur

from ..models import Bilan
from ..saisie import Saisie
from .ecriture import PlumeFondue, ecrire_valeurs
from .etats import enregistrer_la_saisie, prendre


@transaction.atomic
def partir_du_previsionnel(bilan: Bilan, utilisateur: Utilisateur) -> int:
    """Write the planned amount in each blank amount of the budget « réalisé »; return how many were written.

    What was typed, readable or not, stays. Raises PermissionDenied for an account that the bilan does not
    belong to, OperationRefusee when its state does not allow it.
    """
    actuel = prendre(bilan, utilisateur, "enregistrer")
    saisie = Saisie(actuel)
    valeurs = {
        montant.nom: montant.prevu
        for montant in saisie.montants
        if montant.prevu is not None and montant.valeur is None and montant.nom not in saisie.attente
    }
    quand, _ = debut_du_brouillon(actuel, utilisateur)
    plume = PlumeFondue(utilisateur, quand)
    if ecrire_valeurs(saisie, valeurs, plume):
        with date_de_l_histoire(actuel, quand):
            enregistrer_la_saisie(actuel, utilisateur, plume)
    return len(valeurs)
