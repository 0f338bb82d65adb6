"""Where an account belongs: the contracts it works on, what it owes as a porteur, the year to open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Count, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from actions.models import ActionAnnuelle, Campagne
from contrats.models import ContratVille
from financements.acces import contrats_finances
from porteurs.echeances import fin_effective
from porteurs.models import AccesPorteur, Convention, Echeance, Porteur

from ..models import Bilan, Commentaire, RapportAnnuel, Recu
from ..regles import saisie_ouverte
from .invitation import campagne_a_joindre

# The years whose bilans no longer come in, unless one was given more time.
STATUTS_TERMINES = (Campagne.Statut.BILANS_CLOS, Campagne.Statut.ARCHIVEE)
SUITES = {
    Bilan.Statut.A_SAISIR: "Répondez étape par étape ; ce que vous tapez est enregistré au fur et à mesure.",
    Bilan.Statut.EN_SAISIE: "Terminez la saisie, relisez, puis transmettez.",
    Bilan.Statut.A_COMPLETER: "Corrigez ce qui est demandé, puis transmettez de nouveau.",
}
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
    """Return the year to open: the latest, this year at most, in which the account has something to read.

    That is the latest with actions that it sees; for who sees none, that of the latest report published; else
    the latest that has actions. A year with less than half the actions of the one before has only begun to be
    filled: the one before opens. Else the nearest year to come, then the latest campaign; None without any.
    """
    en_cours = timezone.localdate().year
    actions = ActionAnnuelle.objects.filter(campagne=OuterRef("pk"))
    siennes = ActionAnnuelle.objects.visibles_par(utilisateur).filter(campagne=OuterRef("pk"))
    campagnes = list(
        Campagne.objects.filter(contrat=contrat)
        .annotate(nombre=_nombre(actions), siennes=_nombre(siennes))
        .order_by("-annee")
    )
    passees = [c for c in campagnes if c.annee <= en_cours]
    choix = (
        _la_plus_remplie(passees, "siennes")
        or _du_dernier_rapport(passees, contrat, utilisateur)
        or _la_plus_remplie(passees, "nombre")
        or next((c for c in reversed(campagnes) if c.nombre), None)
        or next(iter(passees or campagnes), None)
    )
    return choix.annee if choix else None


def _nombre(actions: Any) -> Coalesce:
    """Return the expression that counts `actions` of a campaign, zero when there is none."""
    par_campagne = actions.order_by().values("campagne").annotate(nombre=Count("pk", distinct=True))
    return Coalesce(Subquery(par_campagne.values("nombre")), 0)


def _la_plus_remplie(campagnes: Sequence[Any], compte: str) -> Any:
    """Return the first of these campaigns, the newest first, that has actions, or the next with over twice its own.

    `compte` names what counts them; None when none has any.
    """
    remplies = [(getattr(campagne, compte), campagne) for campagne in campagnes if getattr(campagne, compte)]
    if len(remplies) > 1 and remplies[0][0] * 2 < remplies[1][0]:
        return remplies[1][1]
    return remplies[0][1] if remplies else None


def _du_dernier_rapport(
    campagnes: Sequence[Campagne], contrat: ContratVille, utilisateur: Any
) -> Campagne | None:
    """Return the campaign of the newest published report among these; None when nothing is published of them."""
    publies = {rapport.annee for rapport in rapports_publies(contrat, utilisateur)}
    return next((campagne for campagne in campagnes if campagne.annee in publies), None)


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
class EcheanceDuPorteur:
    """A deadline of one of its conventions, and the page where it hands in what is asked."""

    echeance: Echeance
    url: str

    @property
    def en_retard(self) -> bool:
        """Whether its day is past."""
        return self.echeance.date < timezone.localdate()


@dataclass(frozen=True)
class ConventionDuPorteur:
    """One of its conventions, and its page."""

    convention: Convention
    url: str


@dataclass(frozen=True)
class ActionDuPorteur:
    """A year of one of its actions: the state of its bilan, and what comes next."""

    annuelle: ActionAnnuelle
    bilan: Bilan | None
    # remarks of the collectivity that nobody has settled yet
    commentaires: int = 0
    recu: Recu | None = None

    @property
    def statut(self) -> str | None:
        """The state of the bilan; « à saisir » when one is awaited and nobody has begun, None when none is."""
        if self.bilan is not None:
            return self.bilan.statut
        return Bilan.Statut.A_SAISIR if self.annuelle.bilan_attendu else None

    @property
    def entre_ses_mains(self) -> bool:
        """Whether the bilan is the porteur's to write, be it time for it or not."""
        return self.bilan is not None and self.bilan.modifiable_par_le_porteur

    @property
    def a_faire(self) -> bool:
        """Whether the bilan waits for the porteur, who may write in it today."""
        return self.bilan is not None and self.bilan.modifiable_par_le_porteur and saisie_ouverte(self.bilan)

    @property
    def close(self) -> bool:
        """Whether the bilan was never transmitted and may no longer be: the campaign is over."""
        return self.entre_ses_mains and not self.a_faire and self.annuelle.campagne.statut in STATUTS_TERMINES

    @property
    def ouverture(self) -> date | None:
        """The day from which the bilan may be written; None when nobody has set one, or when it is past."""
        ouverture = self.annuelle.campagne.bilan_ouverture
        return ouverture if ouverture is not None and ouverture > timezone.localdate() else None

    @property
    def en_lecture(self) -> bool:
        """Whether the bilan is transmitted and not yet validated."""
        return self.bilan is not None and self.bilan.statut in Bilan.STATUTS_EN_LECTURE

    @property
    def echeance(self) -> date | None:
        """By when the bilan is due: its own date, else the campaign's."""
        return self.bilan.echeance if self.bilan is not None else self.annuelle.campagne.bilan_echeance

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

    @property
    def suite(self) -> str:
        """What the porteur does next, as a sentence; empty when there is nothing to do."""
        if self.a_faire:
            return SUITES[Bilan.Statut(self.statut or Bilan.Statut.A_SAISIR)]
        if self.entre_ses_mains and not self.close and self.ouverture is None:
            return "Vous recevrez un courriel quand la saisie ouvrira."
        return ""

    @property
    def url_saisie(self) -> str:
        """The address of its form."""
        campagne = self.annuelle.campagne
        return reverse("bilan_saisir", args=[campagne.contrat.slug, campagne.annee, self.annuelle.cle])


@dataclass(frozen=True)
class Actions:
    """Actions by what is to be done with them, the latest year first; those to do by due date."""

    toutes: list[ActionDuPorteur]

    @cached_property
    def a_faire(self) -> list[ActionDuPorteur]:
        """Those whose bilan waits for the porteur, the nearest due date first."""
        dues = [action for action in self.toutes if action.a_faire]
        return sorted(dues, key=lambda action: action.echeance or date.max)

    @cached_property
    def closes(self) -> list[ActionDuPorteur]:
        """Those whose bilan was not transmitted in time."""
        return [action for action in self.toutes if action.close]

    @cached_property
    def en_lecture(self) -> list[ActionDuPorteur]:
        """Those whose bilan is being read."""
        return [action for action in self.toutes if action.en_lecture]

    @cached_property
    def autres(self) -> list[ActionDuPorteur]:
        """Those for which nothing is awaited: validated, dispensed, not open yet, or without a bilan."""
        return [a for a in self.toutes if not (a.a_faire or a.close or a.en_lecture)]


@dataclass(frozen=True)
class GroupeDuPorteur:
    """The actions of one porteur, and whether the account may invite colleagues for it."""

    porteur: Porteur
    actions: Actions
    peut_inviter: bool

    @property
    def premiere_echeance(self) -> date:
        """The nearest due date of what it owes; the end of time when it owes nothing."""
        dues = [action.echeance for action in self.actions.a_faire if action.echeance is not None]
        return min(dues, default=date.max)

    @property
    def campagne(self) -> Campagne:
        """The latest campaign of its actions: its pages are opened there."""
        return self.actions.toutes[0].annuelle.campagne


class VosActions:
    """The actions of the porteurs that an account represents, across contracts and years.

    `gardes` are the addresses of forms whose text could not be saved (`comptes.reprise`).
    """

    def __init__(self, utilisateur: Any, gardes: Sequence[str] = ()) -> None:
        self.utilisateur = utilisateur
        self._gardes = gardes

    @cached_property
    def toutes(self) -> Actions:
        """All its actions."""
        siens = Porteur.objects.de_l_utilisateur(self.utilisateur).values("pk")
        ouverts = Commentaire.objects.visibles_par(self.utilisateur).filter(interne=False, regle_le=None)
        lignes = (
            ActionAnnuelle.objects.visibles_par(self.utilisateur)
            .filter(action__porteur__in=siens)
            .pour_liste()
            .select_related("bilan")
            .prefetch_related(
                Prefetch("bilan__commentaires", ouverts.order_by("date"), to_attr="ouverts"),
                Prefetch("bilan__recus", Recu.objects.defer("contenu").order_by("-transmis_le")),
            )
            .order_by("-campagne__annee", "action__intitule_normalise", "pk")
        )
        return Actions([_action_du_porteur(annuelle) for annuelle in lignes])

    @cached_property
    def groupes(self) -> list[GroupeDuPorteur]:
        """Its actions by porteur: the one that owes something first comes first, then by name."""
        par_porteur: dict[Porteur, list[ActionDuPorteur]] = {}
        for action in self.toutes.toutes:
            par_porteur.setdefault(action.annuelle.action.porteur, []).append(action)
        responsable = set(
            AccesPorteur.objects.filter(utilisateur=self.utilisateur, role=AccesPorteur.Role.ADMINISTRATEUR)
            .order_by("pk")
            .values_list("porteur", flat=True)
        )
        groupes = [
            GroupeDuPorteur(porteur, Actions(siennes), bool({porteur.pk, porteur.parent_id} & responsable))
            for porteur, siennes in par_porteur.items()
        ]
        return sorted(groupes, key=lambda groupe: (groupe.premiere_echeance, groupe.porteur.nom_normalise))

    @cached_property
    def campagnes(self) -> list[Campagne]:
        """The campaigns in which something is to be done or awaited, the latest first: instructions, whom to ask."""
        toutes = self.toutes
        concernees = [*toutes.a_faire, *toutes.closes, *toutes.en_lecture]
        campagnes = {action.annuelle.campagne_id: action.annuelle.campagne for action in concernees}
        utiles = [c for c in campagnes.values() if c.notice or c.contact_nom or c.contact_email]
        return sorted(utiles, key=lambda campagne: -campagne.annee)

    @cached_property
    def reprises(self) -> list[tuple[ActionDuPorteur, str]]:
        """The bilans whose form was sent after the session had ended, with where its text is shown again."""
        formulaires = {chemin.partition("?")[0]: chemin for chemin in self._gardes}
        return [
            (action, formulaires[action.url_saisie])
            for action in self.toutes.a_faire
            if action.url_saisie in formulaires
        ]

    @cached_property
    def plusieurs_contrats(self) -> bool:
        """Whether the contract of each action has to be said."""
        return len({action.annuelle.campagne.contrat_id for action in self.toutes.toutes}) > 1

    @cached_property
    def a_joindre(self) -> Campagne | None:
        """The campaign that says whom to ask, for a porteur that has no action yet."""
        porteur = Porteur.objects.de_l_utilisateur(self.utilisateur).order_by("pk").first()
        return campagne_a_joindre(porteur) if porteur else None

    @cached_property
    def conventions(self) -> list[ConventionDuPorteur]:
        """Its conventions that are not put away, the one that ends last first."""
        siens = Porteur.objects.de_l_utilisateur(self.utilisateur).values("pk")
        conventions = Convention.objects.visibles_par(self.utilisateur).filter(porteur__in=siens)
        conventions = conventions.exclude(statut=Convention.Statut.ARCHIVEE).select_related("contrat")
        lignes = conventions.prefetch_related("contrat__campagnes", "avenants").order_by("intitule", "pk")
        par_fin = sorted(lignes, key=lambda c: fin_effective(c, c.avenants.all()), reverse=True)
        return [_convention_du_porteur(convention) for convention in par_fin]

    @cached_property
    def echeances(self) -> list[EcheanceDuPorteur]:
        """What its conventions ask of it next."""
        siens = Porteur.objects.de_l_utilisateur(self.utilisateur).values("pk")
        echeances = Echeance.objects.visibles_par(self.utilisateur).filter(
            Q(obligation__isnull=True) | Q(obligation__du_porteur=True),
            convention__porteur__in=siens,
            faite_le=None,
            sans_objet="",
        )
        trouvees = echeances.select_related("convention__contrat").order_by("date", "libelle")
        trouvees = trouvees.prefetch_related("convention__contrat__campagnes")
        return [_echeance_du_porteur(echeance) for echeance in trouvees[:ECHEANCES_MONTREES]]


def _echeance_du_porteur(echeance: Echeance) -> EcheanceDuPorteur:
    """Return a deadline with its address, in the year on which it falls if the contract has it."""
    convention = echeance.convention
    annee = _annee_ouverte(convention, echeance.date.year)
    adresse = [convention.contrat.slug, annee, convention.cle, echeance.pk]
    return EcheanceDuPorteur(echeance, reverse("echeance", args=adresse) if annee else "")


def _convention_du_porteur(convention: Convention) -> ConventionDuPorteur:
    annee = _annee_ouverte(convention, timezone.localdate().year)
    adresse = [convention.contrat.slug, annee, convention.cle]
    return ConventionDuPorteur(convention, reverse("convention", args=adresse) if annee else "")


def _annee_ouverte(convention: Convention, annee: int) -> int | None:
    """Return `annee` when the contract has it, else its latest year; None without any."""
    annees = {campagne.annee for campagne in convention.contrat.campagnes.all()}
    return annee if annee in annees else max(annees, default=None)


def _action_du_porteur(annuelle: ActionAnnuelle) -> ActionDuPorteur:
    """Return a fetched row with what hangs from its bilan."""
    bilan = getattr(annuelle, "bilan", None)
    if bilan is None:
        return ActionDuPorteur(annuelle, None)
    recus = list(bilan.recus.all())
    return ActionDuPorteur(annuelle, bilan, len(bilan.ouverts), recus[0] if recus else None)
