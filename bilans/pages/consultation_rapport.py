"""The pages of the consultation on the annual report: where it stands, what was answered, who sits where."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Prefetch
from django.urls import reverse
from django.utils import timezone

from actions.situation import RequeteCampagne
from comptes.models import Utilisateur
from comptes.templatetags.typographie import date_longue, pluriel
from contrats.instances import InstanceUsuelle, consultee_de_droit, instances_usuelles
from contrats.models import AccesContrat, ContratVille, Instance, MembreInstance, Territoire

from ..messages import adresse_complete
from ..models import AvisRapport, Courriel, RapportAnnuel, TransitionRapport, VersionRapport
from ..navigation import Lien
from ..rapport.consultation import avis_sans_suite, gestes_possibles
from ..rapport.donnees import est_en_vigueur
from ..rapport.mots import citer_la_deliberation

Statut, Sens = RapportAnnuel.Statut, AvisRapport.Sens
# A body that nobody reads an e-mail for.
SANS_COMPTE = "aucun membre n'a de compte, vous lui remettrez le projet et inscrirez son avis"
SIGNES_DE_L_AVIS: Mapping[str, str] = {
    "": "attente",
    Sens.FAVORABLE: "fait",
    Sens.REPUTE_FAVORABLE: "fait",
    Sens.RESERVE: "alerte",
    Sens.DEFAVORABLE: "bloque",
}
BOUTONS = {
    "envoyer": "Envoyer pour avis",
    "prolonger": "Prolonger le délai",
    "clore": "Clore la consultation",
    "approuver": "Approuver le rapport",
    "publier": "Publier le rapport",
    "corriger": "Publier une version corrigée",
    "adresse": "Adresse publique",
    "revenir": "Revenir en arrière",
}


def adresse(request: RequeteCampagne, nom: str, *cles: Any) -> str:
    """Return the path of a page of the year."""
    return reverse(nom, args=[request.contrat.slug, request.annee, *cles])


def nom_du_compte(compte: Utilisateur) -> str:
    """Return « Zoé Martin (zoe@exemple.fr) », the address alone when no name is known."""
    nom = compte.get_full_name()
    return f"{nom} ({compte.email})" if nom else str(compte.email)


# -- Who is asked ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class InstanceConsultable:
    """A body of the contract, its members who have an open account, whether it is ticked."""

    instance: Instance
    membres: list[MembreInstance]
    cochee: bool = False

    @property
    def qui(self) -> str:
        """Who will be written to, or that nobody will."""
        if not self.membres:
            return SANS_COMPTE
        return ", ".join(nom_du_compte(membre.utilisateur) for membre in self.membres)


def instances_du_contrat(
    request: RequeteCampagne, cochees: Iterable[str] | None = None
) -> list[InstanceConsultable]:
    """Return the bodies of the contract: those that the law has consulted first; `cochees` are keys, as typed.

    Without `cochees`, those that the law has consulted are ticked.
    """
    membres = MembreInstance.objects.visibles_par(request.user).filter(utilisateur__is_active=True)
    membres = membres.select_related("utilisateur").order_by("utilisateur__email")
    instances = Instance.objects.filter(contrat=request.contrat).prefetch_related(
        Prefetch("membres", membres, to_attr="avec_compte")
    )
    choisies = None if cochees is None else set(cochees)
    lues = [
        InstanceConsultable(
            instance,
            list(getattr(instance, "avec_compte", ())),
            consultee_de_droit(instance) if choisies is None else str(instance.pk) in choisies,
        )
        for instance in instances.order_by("ordre", "nom")
    ]
    return sorted(lues, key=lambda lue: not consultee_de_droit(lue.instance))


def usuelles(contrat: ContratVille, annee: int) -> list[InstanceUsuelle]:
    """Return the usual bodies that the contract does not list: its QPV are those in force that year."""
    qpv = Territoire.objects.filter(contrat=contrat, type=Territoire.Type.QPV).select_related("generation")
    quartiers = [quartier for quartier in qpv.order_by("recherche", "pk") if est_en_vigueur(quartier, annee)]
    return instances_usuelles(contrat, quartiers)


def comptes_a_ajouter(instance: Instance) -> Any:
    """Return the open accounts that read the contract and do not sit in the body, by name."""
    lecteurs = AccesContrat.objects.filter(contrat=instance.contrat_id, role=AccesContrat.Role.COPIL)
    return (
        Utilisateur.objects.filter(pk__in=lecteurs.values("utilisateur"), is_active=True)
        .exclude(pk__in=instance.membres.order_by().values("utilisateur"))
        .order_by("nom", "prenom", "email")
    )


# -- The state of the consultation -----------------------------------------------------------------
@dataclass(frozen=True)
class AvisLu:
    """An opinion as a row of the table."""

    avis: AvisRapport
    membres: list[MembreInstance]
    # it may be written or answered in the present state of the report
    a_inscrire: bool
    suite_possible: bool

    @property
    def etat(self) -> tuple[str, str]:
        """The sign and the word of what the body said."""
        return SIGNES_DE_L_AVIS[self.avis.sens], self.avis.get_sens_display() or "Attendu"

    @property
    def quand(self) -> str:
        """When it was given, or until when it is awaited."""
        if self.avis.sens == Sens.REPUTE_FAVORABLE:
            return f"silence au {date_longue(self.avis.date)}"
        if self.avis.sens:
            return f"rendu le {date_longue(self.avis.date)}"
        return f"jusqu'au {date_longue(self.avis.rapport.echeance_avis)}"

    @property
    def par(self) -> str:
        """Who wrote it, and whether it was on behalf of the body."""
        if self.avis.rendu_par is None:
            return ""
        pour = "inscrit pour l'instance par" if self.avis.pour_l_instance else "par"
        return f"{pour} {self.avis.rendu_par}"

    @property
    def a_traiter(self) -> bool:
        """Whether something may be done with it."""
        return self.a_inscrire or self.suite_possible

    @property
    def sans_suite(self) -> bool:
        """Whether its observations wait for an answer."""
        return bool(self.avis.texte) and not self.avis.suite_donnee


class PageConsultation:
    """Where the report stands between its draft and its publication, and what comes next."""

    def __init__(self, request: RequeteCampagne, rapport: RapportAnnuel) -> None:
        self.request, self.rapport = request, rapport
        self._gestes = gestes_possibles(rapport, request.user)

    @cached_property
    def instances(self) -> list[InstanceConsultable]:
        """The bodies of the contract with their members."""
        return instances_du_contrat(self.request)

    @cached_property
    def usuelles(self) -> list[InstanceUsuelle]:
        """The usual bodies that the contract does not list."""
        return usuelles(self.request.contrat, self.request.annee)

    @cached_property
    def avis(self) -> list[AvisLu]:
        """The opinions asked, in the order of the bodies."""
        membres = {lue.instance.pk: lue.membres for lue in self.instances}
        lignes = AvisRapport.objects.visibles_par(self.request.user).filter(rapport=self.rapport)
        lignes = lignes.select_related("instance_consultee", "rendu_par", "rapport")
        en_cours = self.rapport.statut == Statut.EN_CONSULTATION
        repond = self.rapport.statut in (Statut.EN_CONSULTATION, Statut.FINALISE)
        return [
            AvisLu(avis, membres.get(avis.instance_consultee_id, []), en_cours, repond and bool(avis.texte))
            for avis in lignes.order_by("instance_consultee__ordre", "pk")
        ]

    @property
    def avis_a_traiter(self) -> bool:
        """Whether something may be done with one of the opinions."""
        return any(lu.a_traiter for lu in self.avis)

    @property
    def attendus(self) -> int:
        """How many opinions were not given."""
        return sum(not lu.avis.sens for lu in self.avis)

    @cached_property
    def sans_suite(self) -> list[AvisRapport]:
        """The opinions whose observations nothing answers yet."""
        return avis_sans_suite(self.rapport)

    @property
    def sans_compte(self) -> list[str]:
        """The bodies whose opinion is awaited and that nobody is written to for."""
        if self.rapport.statut != Statut.EN_CONSULTATION:
            return []
        return [str(lu.avis.instance_consultee) for lu in self.avis if not (lu.avis.sens or lu.membres)]

    @property
    def delai_passe(self) -> bool:
        """Whether the day until which opinions are awaited is past."""
        echeance = self.rapport.echeance_avis
        return echeance is not None and timezone.localdate() > echeance

    @property
    def phrase(self) -> str:
        """Where it stands and what comes next."""
        phrases = {
            Statut.PREPARATION: self._en_preparation,
            Statut.EN_CONSULTATION: self._en_consultation,
            Statut.FINALISE: self._finalise,
            Statut.APPROUVE: self._approuve,
            Statut.PUBLIE: self._publie,
        }
        return phrases[Statut(self.rapport.statut)]()

    def _en_preparation(self) -> str:
        if not self.instances:
            return "Avant d'envoyer le projet pour avis, indiquez les instances à consulter."
        return (
            "Quand le projet est prêt, envoyez-le pour avis aux conseils municipaux et aux conseils citoyens : ils ont "
            "un mois au moins."
        )

    def _en_consultation(self) -> str:
        rendus = len(self.avis) - self.attendus
        recus = f"{pluriel(rendus, 'avis rendu,avis rendus,Aucun avis rendu')} sur {len(self.avis)}"
        jour = date_longue(self.rapport.echeance_avis)
        if not self.attendus:
            return f"{recus}. Tous ont répondu : vous pouvez clore la consultation."
        if self.delai_passe:
            return f"{recus}. Le délai a pris fin le {jour} : vous pouvez clore, le silence vaut accord."
        return (
            f"{recus}, jusqu'au {jour}. Vous pourrez clore quand toutes les instances auront répondu, ou après ce "
            "jour : le silence vaudra alors accord."
        )

    def _finalise(self) -> str:
        if self.sans_suite:
            reste = pluriel(len(self.sans_suite), "avis attend encore,avis attendent encore")
            return f"Les avis sont recueillis. {reste} la suite que vous donnez à ses observations."
        return (
            "Les avis sont recueillis et ont leur suite : le conseil communautaire peut approuver le rapport."
        )

    def _approuve(self) -> str:
        citee = citer_la_deliberation(self.rapport.deliberation)
        return f"Approuvé par la délibération « {citee} ». Il reste à le publier."

    def _publie(self) -> str:
        jour = date_longue(timezone.localdate(self.rapport.publie_le))
        if self.rapport.adresse_publique:
            return f"Publié le {jour}. Tout le monde peut le lire à son adresse publique."
        return f"Publié le {jour}. Les membres du COPIL et des instances le lisent."

    @property
    def delai_fixe_par(self) -> str:
        """The délibération that set the time given, empty when none did."""
        return citer_la_deliberation(self.rapport.deliberation_delai)

    @property
    def url_publique(self) -> str:
        """Where anybody reads the report, empty when nobody does."""
        if self.rapport.statut != Statut.PUBLIE or not self.rapport.adresse_publique:
            return ""
        return adresse_complete(reverse("rapport_public", args=[self.rapport.adresse_publique]))

    @property
    def debut_de_l_adresse(self) -> str:
        """What a public address begins with."""
        return adresse_complete(reverse("rapport_public", args=["x"])).removesuffix("x/")

    @property
    def principale(self) -> Lien | None:
        """The one thing to do next; None when there is nothing but to wait."""
        if self.rapport.statut == Statut.FINALISE and self.sans_suite:
            premier = self.sans_suite[0]
            return Lien("Répondre aux observations", adresse(self.request, "rapport_suite", premier.cle))
        if "clore" in self._gestes and self.attendus and not self.delai_passe:
            return None
        if "envoyer" in self._gestes and not self.instances:
            return None
        for geste in ("envoyer", "clore", "approuver", "publier"):
            if geste in self._gestes:
                return self._lien(geste)
        if self.rapport.statut == Statut.PUBLIE:
            return Lien("Lire le rapport publié", adresse(self.request, "rapport_lire"))
        return None

    @property
    def autres(self) -> list[Lien]:
        """What else may be done now."""
        return [self._lien(geste) for geste in ("prolonger", "corriger", "adresse") if geste in self._gestes]

    @property
    def retour(self) -> Lien | None:
        """The way back, far from the rest."""
        return self._lien("revenir") if "revenir" in self._gestes else None

    def _lien(self, geste: str) -> Lien:
        if geste == "envoyer":
            return Lien(BOUTONS[geste], adresse(self.request, "rapport_envoyer"))
        return Lien(BOUTONS[geste], adresse(self.request, "rapport_geste", geste))

    @cached_property
    def versions(self) -> list[VersionRapport]:
        """What was frozen, the latest first."""
        versions = VersionRapport.objects.visibles_par(self.request.user).filter(rapport=self.rapport)
        return list(versions.legeres().order_by("-numero"))

    @cached_property
    def passages(self) -> list[TransitionRapport]:
        """What happened, the latest first."""
        passages = TransitionRapport.objects.visibles_par(self.request.user).filter(rapport=self.rapport)
        return list(passages.select_related("auteur").order_by("-quand", "-pk"))

    @cached_property
    def courriels(self) -> int:
        """How many e-mails were written about this report."""
        courriels = Courriel.objects.visibles_par(self.request.user).filter(rapport=self.rapport)
        return courriels.count()


# -- For a member ----------------------------------------------------------------------------------
class PageAvis:
    """An opinion that is asked: by when, the draft to read, what was given, whether it may still be written."""

    def __init__(self, request: RequeteCampagne, avis: AvisRapport) -> None:
        self.request, self.avis, self.rapport = request, avis, avis.rapport
        self.gere = request.user.has_perm("contrats.gerer", request.contrat)

    @cached_property
    def membre(self) -> bool:
        """Whether the account sits in the body."""
        return self.avis.instance_consultee.membres.filter(utilisateur=self.request.user).exists()

    @property
    def pour_l_instance(self) -> bool:
        """Whether the account writes on behalf of the body."""
        return self.gere and not self.membre

    @property
    def echeance(self) -> date | None:
        """Until when it is awaited."""
        return self.rapport.echeance_avis

    @property
    def delai_passe(self) -> bool:
        """Whether that day is past."""
        return self.echeance is not None and timezone.localdate() > self.echeance

    @property
    def ouvert(self) -> bool:
        """Whether the account may still write it."""
        return self.rapport.statut == Statut.EN_CONSULTATION and (self.gere or not self.delai_passe)

    @property
    def lu(self) -> AvisLu:
        """What was given, in words."""
        return AvisLu(self.avis, [], self.ouvert, suite_possible=False)

    @cached_property
    def projet(self) -> VersionRapport | None:
        """The draft as it was sent: the latest that the account may read."""
        versions = VersionRapport.objects.visibles_par(self.request.user).filter(
            rapport=self.rapport, nature=VersionRapport.Nature.PROJET
        )
        return versions.legeres().order_by("-numero").first()

    @cached_property
    def autres(self) -> list[AvisRapport]:
        """The other opinions of this report that the account is asked and that are awaited."""
        return [
            avis
            for avis in avis_attendus(self.request.user)
            if avis.rapport_id == self.rapport.pk and avis.pk != self.avis.pk
        ]


def avis_attendus(utilisateur: Any) -> list[AvisRapport]:
    """Return the opinions that the bodies of an account still owe in time, the nearest due date first."""
    attendus = AvisRapport.objects.visibles_par(utilisateur).filter(
        instance_consultee__membres__utilisateur=utilisateur,
        rapport__statut=Statut.EN_CONSULTATION,
        rapport__echeance_avis__gte=timezone.localdate(),
        sens="",
    )
    attendus = attendus.select_related("instance_consultee", "rapport__contrat")
    return list(attendus.order_by("rapport__echeance_avis", "instance_consultee__ordre", "pk"))


def avis_attendu_sur(version: VersionRapport, utilisateur: Any) -> AvisRapport | None:
    """Return the opinion that the account still owes on the draft that it reads, None when it owes none."""
    if version.nature != VersionRapport.Nature.PROJET:
        return None
    attendus = (avis for avis in avis_attendus(utilisateur) if avis.rapport_id == version.rapport_id)
    return next(attendus, None)
