"""Who sees a contract: the accounts with an access row on it."""

from django.db.models import Q

from comptes.acces import declarer_source
from comptes.models import Utilisateur

from .models import AccesContrat, ContratVille


def _contrats_de(utilisateur: Utilisateur) -> Q:
    return Q(pk__in=AccesContrat.objects.filter(utilisateur=utilisateur).values("contrat"))


def _seances(utilisateur: Utilisateur) -> Q:
    geres = ContratVille.objects.geres_par(utilisateur).values("pk")
    lus = ContratVille.objects.visibles_par(utilisateur).values("pk")
    return Q(instance__contrat__in=geres) | Q(publie=True, instance__contrat__in=lus)


def _membres(utilisateur: Utilisateur) -> Q:
    geres = ContratVille.objects.geres_par(utilisateur).values("pk")
    return Q(instance_siegee__contrat__in=geres) | Q(utilisateur=utilisateur)


declarer_source("contrats.ContratVille", _contrats_de)
declarer_source("contrats.Seance", _seances)
declarer_source("contrats.MembreInstance", _membres)
