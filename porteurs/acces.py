"""Who sees a porteur: the accounts that represent it, and whoever runs a contract of its intercommunality."""

from django.db.models import Q

from comptes.acces import declarer_source
from comptes.models import Utilisateur
from contrats.models import ContratVille

from .models import AccesPorteur, Porteur


def _porteurs_de(utilisateur: Utilisateur) -> Q:
    geres = ContratVille.objects.geres_par(utilisateur).values("epci")
    return Q(epci__in=geres) | Q(pk__in=Porteur.objects.de_l_utilisateur(utilisateur).values("pk"))


def _contrats_du_porteur(utilisateur: Utilisateur) -> Q:
    """A porteur reads the contracts of the intercommunality that holds its file."""
    return Q(epci__in=AccesPorteur.objects.filter(utilisateur=utilisateur).values("porteur__epci"))


def _dossiers(utilisateur: Utilisateur) -> Q:
    geres = ContratVille.objects.geres_par(utilisateur).values("epci")
    siens = Porteur.objects.de_l_utilisateur(utilisateur).values("pk")
    return Q(porteur__epci__in=geres) | Q(porteur__in=siens)


def _conventions(utilisateur: Utilisateur) -> Q:
    siens = Porteur.objects.de_l_utilisateur(utilisateur).values("pk")
    return Q(contrat__in=ContratVille.objects.geres_par(utilisateur)) | Q(porteur__in=siens)


declarer_source("porteurs.Porteur", _porteurs_de)
declarer_source("contrats.ContratVille", _contrats_du_porteur)
declarer_source("porteurs.Convention", _conventions)
for _modele in ("Representant", "Agrement", "MoyenHumain", "Invitation"):
    declarer_source(f"porteurs.{_modele}", _dossiers)
