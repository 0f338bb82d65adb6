"""Who sees the money, and what a financeur sees of the programme."""

from typing import Any

from django.db.models import Q, QuerySet

from actions.acces import suivies
from actions.models import ActionAnnuelle
from comptes.acces import declarer_source
from comptes.models import Utilisateur
from contrats.models import ContratVille
from porteurs.models import Convention, Porteur

from .models import AccesFinanceur, Financeur, LigneFinancement


def contrats_finances(utilisateur: Utilisateur) -> QuerySet[Any]:
    """Return, as a subquery, the contracts in which the account represents a funder."""
    return AccesFinanceur.objects.filter(utilisateur=utilisateur).values("financeur__contrat")


def _siens(utilisateur: Utilisateur) -> Q:
    return Q(pk__in=AccesFinanceur.objects.filter(utilisateur=utilisateur).values("financeur"))


def _contrats_du_financeur(utilisateur: Utilisateur) -> Q:
    return Q(pk__in=contrats_finances(utilisateur))


def _actions_du_financeur(utilisateur: Utilisateur) -> Q:
    return Q(campagne__contrat__in=contrats_finances(utilisateur)) & ~Q(
        statut__in=ActionAnnuelle.STATUTS_NON_DEPOSES
    )


def _porteurs_du_financeur(utilisateur: Utilisateur) -> Q:
    """Those that carry an action which it sees."""
    actions = ActionAnnuelle.objects.filter(_actions_du_financeur(utilisateur))
    return Q(pk__in=actions.order_by().values("action__porteur"))


def _financeurs(utilisateur: Utilisateur) -> Q:
    """Its own; all those of a contract that it runs; those that pay the actions of its porteurs."""
    geres = Q(contrat__in=ContratVille.objects.geres_par(utilisateur))
    porteurs = Porteur.objects.de_l_utilisateur(utilisateur).values("pk")
    payeurs = LigneFinancement.objects.filter(action_annuelle__action__porteur__in=porteurs).values(
        "financeur"
    )
    return geres | _siens(utilisateur) | Q(pk__in=payeurs)


def _lignes(utilisateur: Utilisateur) -> Q:
    """All those of a contract that it runs, its own column, those of the actions that it carries."""
    siennes = Q(financeur__in=AccesFinanceur.objects.filter(utilisateur=utilisateur).values("financeur"))
    deposees = ~Q(action_annuelle__statut__in=ActionAnnuelle.STATUTS_NON_DEPOSES)
    return suivies(utilisateur, "action_annuelle__") | (siennes & deposees)


def _versements(utilisateur: Utilisateur) -> Q:
    return Q(ligne__in=LigneFinancement.objects.visibles_par(utilisateur).values("pk")) | Q(
        convention__in=Convention.objects.visibles_par(utilisateur).values("pk")
    )


def _budgets(utilisateur: Utilisateur) -> Q:
    return suivies(utilisateur, "action_annuelle__")


def _enveloppes(utilisateur: Utilisateur) -> Q:
    return _pilotage(utilisateur) | Q(
        financeur__in=AccesFinanceur.objects.filter(utilisateur=utilisateur).values("financeur")
    )


def _avis(utilisateur: Utilisateur) -> Q:
    """Those of the contracts that it runs, and its own on applications that were made."""
    geres = Q(action_annuelle__campagne__contrat__in=ContratVille.objects.geres_par(utilisateur))
    siens = Q(financeur__in=AccesFinanceur.objects.filter(utilisateur=utilisateur).values("financeur"))
    return geres | (siens & ~Q(action_annuelle__statut__in=ActionAnnuelle.STATUTS_NON_DEPOSES))


def _regles_versement(utilisateur: Utilisateur) -> Q:
    return Q(convention__in=Convention.objects.visibles_par(utilisateur).values("pk")) | Q(
        financeur__in=Financeur.objects.visibles_par(utilisateur).values("pk")
    )


def _ambiguites(utilisateur: Utilisateur) -> Q:
    return Q(action_annuelle__campagne__contrat__in=ContratVille.objects.geres_par(utilisateur))


def _pilotage(utilisateur: Utilisateur) -> Q:
    return Q(campagne__contrat__in=ContratVille.objects.geres_par(utilisateur))


declarer_source("contrats.ContratVille", _contrats_du_financeur)
declarer_source("porteurs.Porteur", _porteurs_du_financeur)
declarer_source("actions.ActionAnnuelle", _actions_du_financeur)
declarer_source("financements.Financeur", _financeurs)
declarer_source("financements.LigneFinancement", _lignes)
declarer_source("financements.Versement", _versements)
declarer_source("financements.Enveloppe", _enveloppes)
declarer_source("financements.AvisFinanceur", _avis)
declarer_source("financements.Scenario", _pilotage)
declarer_source("financements.RegleVersement", _regles_versement)
declarer_source("financements.TotalControle", _pilotage)
declarer_source("financements.Budget", _budgets)
declarer_source("financements.AmbiguiteMontants", _ambiguites)
