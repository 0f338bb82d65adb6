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


def suivies(utilisateur: Utilisateur, annuelle: str = "") -> Q:
    """Return the Q of what hangs from the years of actions that the account runs or carries.

    `annuelle` is the path to the ActionAnnuelle, ending in « __ »; empty on that model itself.
    """
    geres = ContratVille.objects.geres_par(utilisateur).values("pk")
    siens = Porteur.objects.de_l_utilisateur(utilisateur).values("pk")
    return Q(**{f"{annuelle}campagne__contrat__in": geres}) | Q(**{f"{annuelle}action__porteur__in": siens})


declarer_source("actions.Action", _actions)
declarer_source("actions.ActionAnnuelle", suivies)


def _pilotage(utilisateur: Utilisateur) -> Q:
    return Q(campagne__contrat__in=ContratVille.objects.geres_par(utilisateur).values("pk"))


for _modele in ("ModeleMessage", "RelancePrevue", "EvenementCampagne"):
    declarer_source(f"actions.{_modele}", _pilotage)
