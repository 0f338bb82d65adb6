"""Who sees a bilan and a report."""

from typing import Any

from django.db.models import Q, QuerySet

from actions.acces import suivies
from actions.models import ActionAnnuelle
from comptes.acces import declarer_source
from comptes.models import Utilisateur
from contrats.models import AccesContrat, ContratVille, MembreInstance
from financements.acces import contrats_finances
from porteurs.models import Porteur

from .models import Bilan, RapportAnnuel, VersionRapport


def _bilans(utilisateur: Utilisateur) -> Q:
    """Those of a contract that it runs, of its own actions, and the validated ones for a funder."""
    finances = Q(
        ~Q(action_annuelle__statut__in=ActionAnnuelle.STATUTS_NON_DEPOSES),
        statut__in=Bilan.STATUTS_VALIDES,
        action_annuelle__campagne__contrat__in=contrats_finances(utilisateur),
    )
    return suivies(utilisateur, "action_annuelle__") | finances


def _suivis(utilisateur: Utilisateur) -> Q:
    return suivies(utilisateur, "bilan__action_annuelle__")


def _envois(utilisateur: Utilisateur) -> Q:
    return Q(campagne__contrat__in=ContratVille.objects.geres_par(utilisateur).values("pk"))


def _correspondances(utilisateur: Utilisateur) -> Q:
    return Q(contrat__in=ContratVille.objects.geres_par(utilisateur).values("pk"))


def _bilans_structure(utilisateur: Utilisateur) -> Q:
    geres = Q(campagne__contrat__in=ContratVille.objects.geres_par(utilisateur))
    return geres | Q(porteur__in=Porteur.objects.de_l_utilisateur(utilisateur).values("pk"))


def _geres(utilisateur: Utilisateur) -> QuerySet[ContratVille, Any]:
    return ContratVille.objects.geres_par(utilisateur).values("pk")


def _rapports(utilisateur: Utilisateur) -> Q:
    """All of the contracts that it runs; published ones of those it reads; those on which it is consulted."""
    publies = Q(
        statut=RapportAnnuel.Statut.PUBLIE,
        contrat__in=ContratVille.objects.visibles_par(utilisateur).values("pk"),
    )
    return publies | _consultes(utilisateur) | Q(contrat__in=_geres(utilisateur))


def _consultes(utilisateur: Utilisateur) -> Q:
    """The reports out for opinion of the contracts whose COPIL or bodies it sits in."""
    copil = AccesContrat.objects.filter(utilisateur=utilisateur, role=AccesContrat.Role.COPIL)
    sieges = MembreInstance.objects.filter(utilisateur=utilisateur)
    return Q(statut__in=RapportAnnuel.STATUTS_CONSULTES) & (
        Q(contrat__in=copil.values("contrat")) | Q(contrat__in=sieges.values("instance_siegee__contrat"))
    )


def _prepares(utilisateur: Utilisateur) -> Q:
    return Q(rapport__contrat__in=_geres(utilisateur))


def _avis(utilisateur: Utilisateur) -> Q:
    sieges = MembreInstance.objects.filter(utilisateur=utilisateur)
    siens = Q(
        instance_consultee__in=sieges.values("instance_siegee"),
        rapport__in=RapportAnnuel.objects.visibles_par(utilisateur).values("pk"),
    )
    return _prepares(utilisateur) | siens


def _versions(utilisateur: Utilisateur) -> Q:
    """The draft while it is out for opinion; once the report is published, what was published."""
    lus = RapportAnnuel.objects.visibles_par(utilisateur)
    publie = RapportAnnuel.Statut.PUBLIE
    return (
        _prepares(utilisateur)
        | Q(nature=VersionRapport.Nature.PUBLIEE, rapport__in=lus.filter(statut=publie).values("pk"))
        | Q(nature=VersionRapport.Nature.PROJET, rapport__in=lus.exclude(statut=publie).values("pk"))
    )


def _fichiers(utilisateur: Utilisateur) -> Q:
    lues = VersionRapport.objects.visibles_par(utilisateur).values("pk")
    return _prepares(utilisateur) | Q(version__in=lues)


declarer_source("bilans.Bilan", _bilans)
declarer_source("bilans.RapportAnnuel", _rapports)
for _modele in ("SectionRapport", "ActionPhare", "TransitionRapport"):
    declarer_source(f"bilans.{_modele}", _prepares)
declarer_source("bilans.AvisRapport", _avis)
declarer_source("bilans.VersionRapport", _versions)
declarer_source("bilans.FichierRapport", _fichiers)
for _modele in ("Transition", "Commentaire", "PieceJointe", "Recu", "SuggestionIgnoree"):
    declarer_source(f"bilans.{_modele}", _suivis)
for _modele in ("Envoi", "Courriel", "ImportTableur", "Justification"):
    declarer_source(f"bilans.{_modele}", _envois)
declarer_source("bilans.CorrespondanceMemorisee", _correspondances)
declarer_source("bilans.BilanStructure", _bilans_structure)
