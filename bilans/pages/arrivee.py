"""Where an account belongs: the contracts it works on, what it owes as a porteur, the year to open."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from actions.models import ActionAnnuelle, Campagne
from contrats.models import ContratVille
from financements.acces import contrats_finances
from porteurs.models import Echeance, Porteur

from ..models import Bilan, RapportAnnuel

# Where an account lands in a contract: the first page whose permission it has.
PAGES = (("tableau_de_bord", "contrats.gerer"), ("liste_actions", "actions.lister"))
ECHEANCES_MONTREES = 5


class Arrivee:
    """What an account may open from the home page."""

    def __init__(self, utilisateur: Any) -> None:
        self.utilisateur = utilisateur

    @cached_property
    def porte(self) -> bool:
        """Whether the account represents a porteur."""
        return Porteur.objects.de_l_utilisateur(self.utilisateur).exists()

    @cached_property
    def contrats(self) -> list[ContratVille]:
        """The contracts to choose from: those it works on; for a mere reader, those it reads."""
        visibles = ContratVille.objects.visibles_par(self.utilisateur)
        suivis = visibles.filter(
            Q(pk__in=ContratVille.objects.geres_par(self.utilisateur).values("pk"))
            | Q(pk__in=contrats_finances(self.utilisateur))
        )
        return list(suivis) or ([] if self.porte else list(visibles))

    @property
    def contrat(self) -> ContratVille | None:
        """The contract to open at once: the only one, for an account that carries no action beside."""
        return self.contrats[0] if len(self.contrats) == 1 and not self.porte else None


def annee_utile(contrat: ContratVille, utilisateur: Any) -> int | None:
    """Return the year to open: the latest, this year at most, that has actions the account sees.

    Else the latest that has any, then the nearest to come, then the latest campaign; None without a campaign.
    """
    en_cours = timezone.localdate().year
    actions = ActionAnnuelle.objects.filter(campagne=OuterRef("pk"))
    siennes = ActionAnnuelle.objects.visibles_par(utilisateur).filter(campagne=OuterRef("pk"))
    campagnes = list(
        Campagne.objects.filter(contrat=contrat)
        .annotate(peuplee=Exists(actions), sienne=Exists(siennes))
        .order_by("-annee")
    )
    passees = [c for c in campagnes if c.annee <= en_cours]
    choix = (
        next((c for c in passees if c.sienne), None)
        or next((c for c in passees if c.peuplee), None)
        or next((c for c in reversed(campagnes) if c.peuplee), None)
        or next(iter(passees or campagnes), None)
    )
    return choix.annee if choix else None


def page_d_arrivee(contrat: ContratVille, utilisateur: Any) -> str:
    """Return the name of the first page of a contract that the account may open."""
    return next(
        (nom for nom, permission in PAGES if utilisateur.has_perm(permission, contrat)), "accueil_contrat"
    )


def rapports_publies(contrat: ContratVille, utilisateur: Any) -> list[RapportAnnuel]:
    """Return the published annual reports of a contract, the newest first."""
    rapports = RapportAnnuel.objects.visibles_par(utilisateur).filter(
        contrat=contrat, statut=RapportAnnuel.Statut.PUBLIE
    )
    return list(rapports.order_by("-annee"))


# -- What a porteur owes ---------------------------------------------------------------------------
@dataclass(frozen=True)
class ActionDuPorteur:
    """A year of one of its actions: the state of its bilan, and what comes next."""

    annuelle: ActionAnnuelle
    bilan: Bilan | None

    @property
    def statut(self) -> str | None:
        """The state of the bilan; « à saisir » when one is awaited and nobody has begun, None when none is."""
        if self.bilan is not None:
            return self.bilan.statut
        return Bilan.Statut.A_SAISIR if self.annuelle.bilan_attendu else None

    @property
    def a_faire(self) -> bool:
        """Whether the bilan waits for the porteur."""
        return self.bilan is not None and self.bilan.modifiable_par_le_porteur and self.ouvert

    @property
    def ouvert(self) -> bool:
        """Whether the bilans of that year may be entered yet: their opening date is data, not a rule."""
        ouverture = self.annuelle.campagne.bilan_ouverture
        return ouverture is None or ouverture <= timezone.localdate()

    @property
    def en_lecture(self) -> bool:
        """Whether the bilan is transmitted and not yet validated."""
        return self.bilan is not None and self.bilan.statut in Bilan.STATUTS_EN_LECTURE

    @property
    def echeance(self) -> date | None:
        """By when the bilan is due."""
        return self.annuelle.campagne.bilan_echeance

    @property
    def en_retard(self) -> bool:
        """Whether that date is past and the bilan still waits for the porteur."""
        return self.a_faire and self.echeance is not None and self.echeance < timezone.localdate()

    @property
    def bouton(self) -> str:
        """What the button of an awaited bilan says."""
        return {
            Bilan.Statut.A_SAISIR: "Commencer le bilan",
            Bilan.Statut.EN_SAISIE: "Reprendre le bilan",
            Bilan.Statut.A_COMPLETER: "Compléter le bilan",
        }[Bilan.Statut(self.statut or Bilan.Statut.A_SAISIR)]


class VosActions:
    """The actions of the porteurs that an account represents, across contracts and years."""

    def __init__(self, utilisateur: Any) -> None:
        self.utilisateur = utilisateur

    @cached_property
    def actions(self) -> list[ActionDuPorteur]:
        """All its actions, the latest year first."""
        siens = Porteur.objects.de_l_utilisateur(self.utilisateur).values("pk")
        lignes = ActionAnnuelle.objects.visibles_par(self.utilisateur).filter(action__porteur__in=siens)
        return [
            ActionDuPorteur(annuelle, getattr(annuelle, "bilan", None))
            for annuelle in lignes.pour_liste()
            .select_related("bilan")
            .order_by("-campagne__annee", "action__intitule_normalise", "pk")
        ]

    @cached_property
    def a_faire(self) -> list[ActionDuPorteur]:
        """Those whose bilan waits for the porteur, the nearest due date first."""
        dues = [action for action in self.actions if action.a_faire]
        return sorted(dues, key=lambda action: action.echeance or date.max)

    @cached_property
    def en_lecture(self) -> list[ActionDuPorteur]:
        """Those whose bilan is being read."""
        return [action for action in self.actions if action.en_lecture]

    @cached_property
    def autres(self) -> list[ActionDuPorteur]:
        """Those for which nothing is awaited: validated, dispensed, or without a bilan yet."""
        return [action for action in self.actions if not action.a_faire and not action.en_lecture]

    @cached_property
    def plusieurs_contrats(self) -> bool:
        """Whether the contract of each action has to be said."""
        return len({action.annuelle.campagne.contrat_id for action in self.actions}) > 1

    @cached_property
    def echeances(self) -> list[Echeance]:
        """What its conventions ask next."""
        siens = Porteur.objects.de_l_utilisateur(self.utilisateur).values("pk")
        echeances = Echeance.objects.visibles_par(self.utilisateur).filter(
            convention__porteur__in=siens, faite_le=None
        )
        return list(echeances.select_related("convention").order_by("date", "libelle")[:ECHEANCES_MONTREES])
