"""Who sees a bilan and a report."""

from django.db.models import Q

from comptes.acces import declarer_source
from comptes.models import Utilisateur
from contrats.models import ContratVille
from financements.models import AccesFinanceur
from porteurs.models import Porteur

from .models import Bilan, RapportAnnuel


def _bilans(utilisateur: Utilisateur) -> Q:
    """Those of a contract that it runs, of its own actions, and the validated ones for a funder."""
    geres = Q(action_annuelle__campagne__contrat__in=ContratVille.objects.geres_par(utilisateur))
    siens = Q(action_annuelle__action__porteur__in=Porteur.objects.de_l_utilisateur(utilisateur).values("pk"))
    finances = Q(
        statut__in=Bilan.STATUTS_VALIDES,
        action_annuelle__campagne__contrat__in=AccesFinanceur.objects.filter(utilisateur=utilisateur).values(
            "financeur__contrat"
        ),
    )
    return geres | siens | finances


def _suivis(utilisateur: Utilisateur) -> Q:
    geres = Q(bilan__action_annuelle__campagne__contrat__in=ContratVille.objects.geres_par(utilisateur))
    siens = Porteur.objects.de_l_utilisateur(utilisateur).values("pk")
    return geres | Q(bilan__action_annuelle__action__porteur__in=siens)


def _bilans_structure(utilisateur: Utilisateur) -> Q:
    geres = Q(campagne__contrat__in=ContratVille.objects.geres_par(utilisateur))
    return geres | Q(porteur__in=Porteur.objects.de_l_utilisateur(utilisateur).values("pk"))


def _rapports(utilisateur: Utilisateur) -> Q:
    publies = Q(
        statut=RapportAnnuel.Statut.PUBLIE,
        contrat__in=ContratVille.objects.visibles_par(utilisateur).values("pk"),
    )
    return publies | Q(contrat__in=ContratVille.objects.geres_par(utilisateur))


declarer_source("bilans.Bilan", _bilans)
declarer_source("bilans.RapportAnnuel", _rapports)
declarer_source("bilans.Transition", _suivis)
declarer_source("bilans.Commentaire", _suivis)
declarer_source("bilans.BilanStructure", _bilans_structure)
