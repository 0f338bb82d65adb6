"""Who sees a bilan and a report."""

from django.db.models import Q

from actions.acces import suivies
from actions.models import ActionAnnuelle
from comptes.acces import declarer_source
from comptes.models import Utilisateur
from contrats.models import ContratVille
from financements.acces import contrats_finances
from porteurs.models import Porteur

from .models import Bilan, RapportAnnuel


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


def _rapports(utilisateur: Utilisateur) -> Q:
    publies = Q(
        statut=RapportAnnuel.Statut.PUBLIE,
        contrat__in=ContratVille.objects.visibles_par(utilisateur).values("pk"),
    )
    return publies | Q(contrat__in=ContratVille.objects.geres_par(utilisateur))


def _sections(utilisateur: Utilisateur) -> Q:
    geres = ContratVille.objects.geres_par(utilisateur).values("pk")
    lus = RapportAnnuel.objects.visibles_par(utilisateur).values("pk")
    return Q(rapport__contrat__in=geres) | Q(visible=True, rapport__in=lus)


declarer_source("bilans.Bilan", _bilans)
declarer_source("bilans.RapportAnnuel", _rapports)
declarer_source("bilans.SectionRapport", _sections)
for _modele in ("Transition", "Commentaire", "PieceJointe", "Recu", "SuggestionIgnoree"):
    declarer_source(f"bilans.{_modele}", _suivis)
for _modele in ("Envoi", "Courriel", "ImportTableur", "Justification"):
    declarer_source(f"bilans.{_modele}", _envois)
declarer_source("bilans.CorrespondanceMemorisee", _correspondances)
declarer_source("bilans.BilanStructure", _bilans_structure)
