"""Who sees an action: whoever runs its contract, and the accounts that represent its porteur."""

from django.db.models import Q

from comptes.acces import declarer_source
from comptes.models import Utilisateur
from contrats.models import ContratVille
from porteurs.models import Porteur


def _actions(utilisateur: Utilisateur) -> Q:
    return Q(contrat__in=ContratVille.objects.geres_par(utilisateur)) | Q(
        porteur__in=Porteur.objects.de_l_utilisateur(utilisateur).values("pk")
    )


def _actions_annuelles(utilisateur: Utilisateur) -> Q:
    return Q(campagne__contrat__in=ContratVille.objects.geres_par(utilisateur)) | Q(
        action__porteur__in=Porteur.objects.de_l_utilisateur(utilisateur).values("pk")
    )


declarer_source("actions.Action", _actions)
declarer_source("actions.ActionAnnuelle", _actions_annuelles)
