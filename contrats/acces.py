"""Who sees a contract: the accounts with an access row on it."""

from django.db.models import Q

from comptes.acces import declarer_source
from comptes.models import Utilisateur

from .models import AccesContrat


def _contrats_de(utilisateur: Utilisateur) -> Q:
    return Q(pk__in=AccesContrat.objects.filter(utilisateur=utilisateur).values("contrat"))


declarer_source("contrats.ContratVille", _contrats_de)
