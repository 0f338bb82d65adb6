"""The e-mails of a campaign: who will be written to, how a batch goes, what left and what came back."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.core.paginator import EmptyPage, PageNotAnInteger, Paginator
from django.db.models import F, OrderBy, Q
from django.urls import reverse
from django.utils import timezone

from actions.models import ActionAnnuelle, Campagne, EvenementCampagne, ModeleMessage, RelancePrevue
from actions.situation import RequeteCampagne
from comptes.templatetags.typographie import date_longue, pluriel
from porteurs.models import Porteur

from ..destinataires import Appel, Destinataire, adresses_en_defaut, lire_appel
from ..messages import Message, apercu, phrase_attendus
from ..models import Courriel, Envoi
from ..navigation import Lien
from ..operations.courriels import ENVOI_INTERROMPU, est_interrompu, est_renvoyable, non_partis
from ..querysets import EnvoiQuerySet
from . import adresse

Statut = Courriel.Statut
PAR_PAGE = 50
# How long before saying that nobody seems to be sending.
PATIENCE = timedelta(minutes=2)
NON_TRAITE = Q(reprises__isnull=True)


# -- States ----------------------------------------------------------------------------------------
SIGNES = {
    Statut.EN_ATTENTE: ("attente", "En attente"),
    Statut.EN_COURS: ("encours", "Envoi en cours"),
    Statut.ENVOYE: ("fait", "Envoyé"),
    Statut.REFUSE: ("bloque", "Refusé"),
    Statut.ECHEC: ("bloque", "Non parti"),
    Statut.RETOUR: ("bloque", "Revenu"),
    Statut.SANS_OBJET: ("", "Plus utile, non envoyé"),
}
# What the filter offers: the words, and the rows.
ETATS: dict[str, tuple[str, Q]] = {
    "attente": ("En attente", Q(statut__in=(Statut.EN_ATTENTE, Statut.EN_COURS))),
    "envoye": ("Envoyés", Q(statut=Statut.ENVOYE)),
    "refuse": ("Refusés ou revenus", Q(statut__in=Courriel.STATUTS_ADRESSE_EN_DEFAUT)),
    "echec": ("Non partis", Q(statut=Statut.ECHEC)),
    "sans_objet": ("Plus utiles, non envoyés", Q(statut=Statut.SANS_OBJET)),
}


def _interrompus() -> Q:
    return Q(statut=Statut.EN_COURS, pris_le__lt=timezone.now() - ENVOI_INTERROMPU)


def lignes_de_l_etat(nom: str) -> Q:
    """Return the Q of the e-mails in a state of `ETATS`; an interrupted one has not left."""
    condition = ETATS[nom][1]
    if nom == "attente":
        return condition & ~_interrompus()
    return condition | _interrompus() if nom == "echec" else condition


@dataclass(frozen=True)
class Ligne:
    """An e-mail as a row: its state in a word, what can be done."""

    courriel: Courriel

    @property
    def signe(self) -> str:
        """The variant of the sign beside the state."""
        if est_interrompu(self.courriel):
            return "bloque"
        return SIGNES[Statut(self.courriel.statut)][0] or "attente"

    @property
    def etat(self) -> str:
        """The state, in a word."""
        if est_interrompu(self.courriel):
            return "Envoi interrompu"
        return SIGNES[Statut(self.courriel.statut)][1]

    @property
    def explication(self) -> str:
        """Why it did not arrive, in plain words; empty when there is nothing to say."""
        if est_interrompu(self.courriel):
            return "Le programme qui envoyait s'est arrêté à ce moment-là. Renvoyez le message."
        return expliquer(self.courriel)

    @property
    def renvoyable(self) -> bool:
        """Whether it may be sent again by hand."""
        return est_renvoyable(self.courriel)

    @property
    def quand(self) -> Any:
        """When it left, else when it was asked for."""
        return self.courriel.envoye_le or self.courriel.cree_le


# What the codes of mail servers mean (RFC 3463), the most precise first.
CODES = (
    (r"\b5\.1\.[016]\b|\buser unknown\b|\bno such user\b|\bunknown user\b", "Cette adresse n'existe pas."),
    (r"\b5\.1\.[0-9]+\b|\bhost not found\b|\bdomain not found\b", "Cette adresse n'est pas valable."),
    (r"\b[45]\.2\.2\b|\bmailbox full\b|\bquota\b|^552\b", "La boîte de cette personne est pleine."),
    (r"\b5\.2\.1\b|\bdisabled\b", "Cette boîte n'est plus ouverte."),
    (r"\b5\.7\.[0-9]+\b|\bspam\b|^554\b", "Le serveur de cette personne refuse nos messages."),
    (r"\b4\.[0-9]+\.[0-9]+\b|^4[0-9][0-9]\b", "Le serveur de cette personne ne répond pas pour l'instant."),
    (r"^5[0-9][0-9]\b|\b5\.[0-9]+\.[0-9]+\b", "Le serveur de cette personne a refusé le message."),
)


def expliquer(courriel: Courriel) -> str:
    """Return what the answer of a server means; the answer itself when it is one of our own sentences."""
    if not courriel.erreur or courriel.statut not in (
        Statut.REFUSE,
        Statut.RETOUR,
        Statut.ECHEC,
        Statut.SANS_OBJET,
        Statut.EN_ATTENTE,
    ):
        return ""
    for motif, phrase in CODES:
        if re.search(motif, courriel.erreur, re.IGNORECASE):
            return phrase
    return courriel.erreur.split(" (")[0]


def reponse_du_serveur(courriel: Courriel) -> str:
    """Return the server's own words, when they say more than our sentence."""
    return courriel.erreur if courriel.erreur != expliquer(courriel) else ""


# -- Before sending --------------------------------------------------------------------------------
class PageAppel(ABC):
    """Who will be written to, and who will not and why; nothing is written by looking."""

    type: Envoi.Type
    recevront: str

    def __init__(self, request: RequeteCampagne) -> None:
        self.request = request
        self.campagne: Campagne = request.campagne
        self.ouverte = self.campagne.statut in (Campagne.Statut.BILANS_OUVERTS, Campagne.Statut.BILANS_CLOS)
        a_venir = self.campagne.bilan_ouverture
        self.pas_encore = a_venir is not None and a_venir > timezone.localdate()
        self.appel: Appel = lire_appel(
            self.campagne, avant_l_heure=not self.ouverte or (self.pas_encore and not self.close)
        )

    @property
    def close(self) -> bool:
        """Whether only the bilans with a later date of their own are still awaited."""
        return bool(self.campagne.statut == Campagne.Statut.BILANS_CLOS)

    @property
    def possible(self) -> bool:
        """Whether the messages may leave now."""
        return self.ouverte and not (self.pas_encore and not self.close) and bool(self.choisis)

    @property
    @abstractmethod
    def choisis(self) -> list[Destinataire]:
        """Those who will receive a message."""

    @property
    def bilans_attendus(self) -> int:
        """How many different bilans the messages are about."""
        return len({du.annuelle.pk for d in self.choisis for du in d.bilans})

    @property
    def structures(self) -> int:
        """How many porteurs the messages are sent to."""
        return len({d.porteur.pk for d in self.choisis})

    @property
    def phrase(self) -> str:
        """What would leave now: « 12 messages à 9 structures, pour 34 bilans attendus. »"""
        nombre = len(self.choisis)
        if not nombre:
            return self.phrase_vide
        structures = pluriel(self.structures, "structure,structures")
        bilans = pluriel(self.bilans_attendus, "bilan attendu,bilans attendus")
        return f"{pluriel(nombre, self.recevront)}, de {structures}, pour {bilans}."

    @property
    @abstractmethod
    def phrase_vide(self) -> str:
        """Why nobody would be written to."""

    @property
    def empechement(self) -> str:
        """Why the messages cannot leave yet, and what to do; empty when they can."""
        annee = self.campagne.annee
        if self.campagne.statut == Campagne.Statut.ARCHIVEE:
            return f"L'année {annee} est archivée : plus aucun message n'en part."
        if not self.ouverte:
            suite = " Voici qui recevrait un message aujourd'hui." if self.choisis else ""
            return f"Les bilans de {annee} ne sont pas ouverts.{suite}"
        if self.pas_encore and not self.close:
            jour = date_longue(self.campagne.bilan_ouverture)
            return f"Les bilans de {annee} s'ouvrent le {jour} : les messages pourront partir ce jour-là."
        return ""

    @cached_property
    def lignes(self) -> list[tuple[Destinataire, str]]:
        """Those who will receive a message, each with what it says is owed."""
        return avec_phrases(self.choisis)

    @cached_property
    def en_defaut(self) -> list[tuple[Destinataire, str]]:
        """Those whose address does not take our e-mails, each with why."""
        return [(d, expliquer(d.defaut) if d.defaut else "") for d in self.appel.en_defaut]

    @cached_property
    def ecrits(self) -> list[Destinataire]:
        """Those who had their message of the day."""
        return self.appel.ecrits_aujourd_hui

    @cached_property
    def exemple(self) -> Message:
        """The message, on an invented example."""
        return apercu(self.campagne, self.type)

    @property
    def modifiable(self) -> bool:
        """Whether the words of the message may be changed."""
        return self.type in ModeleMessage.Type.values and self.campagne.statut != Campagne.Statut.ARCHIVEE


def avec_phrases(destinataires: Iterable[Destinataire]) -> list[tuple[Destinataire, str]]:
    """Return each recipient with the sentence of its message: « 3 bilans attendus pour le 30 juin »."""
    return [(d, phrase_attendus(d.bilans)) for d in destinataires]


class PageInvitations(PageAppel):
    """Who is invited for the first time."""

    type = Envoi.Type.INVITATION
    recevront = "personne sera invitée,personnes seront invitées"

    @property
    def choisis(self) -> list[Destinataire]:
        return self.appel.a_inviter

    @property
    def phrase_vide(self) -> str:
        if self.appel.invites:
            return "Toutes les personnes qui ont un bilan à remplir ont été invitées."
        if self.appel.sans_adresse or self.appel.en_defaut:
            return "Personne ne peut être invité pour l'instant : il manque des adresses."
        return "Personne n'est à inviter : aucun bilan n'est attendu."

    @cached_property
    def deja_invites(self) -> list[tuple[Destinataire, str]]:
        """Those who were invited and still owe something, each with what."""
        return avec_phrases(d for d in self.appel.invites if d.defaut is None)


class PageRelances(PageAppel):
    """Who is reminded today, and the days on which it is planned."""

    type = Envoi.Type.RELANCE
    recevront = "personne recevra un rappel,personnes recevront un rappel"

    @property
    def choisis(self) -> list[Destinataire]:
        return self.appel.a_relancer

    @property
    def phrase_vide(self) -> str:
        if self.ecrits:
            return (
                "Personne d'autre ne peut recevoir de rappel aujourd'hui : le message du jour est déjà parti."
            )
        if self.appel.sans_adresse or self.appel.en_defaut:
            return "Personne ne peut recevoir de rappel pour l'instant : il manque des adresses."
        if not self.ouverte:
            return "Il n'y a pas de rappel à envoyer : aucun bilan n'est attendu."
        return "Il n'y a pas de rappel à envoyer : plus aucun bilan n'est attendu."

    @cached_property
    def prevues(self) -> list[RelancePrevue]:
        """The planned reminders, done or not, in order."""
        visibles = RelancePrevue.objects.visibles_par(self.request.user)
        return list(visibles.filter(campagne=self.campagne).order_by("date"))

    @cached_property
    def faites(self) -> list[EvenementCampagne]:
        """The reminders sent, the latest first."""
        visibles = EvenementCampagne.objects.visibles_par(self.request.user)
        relances = visibles.filter(campagne=self.campagne, type=EvenementCampagne.Type.RELANCE)
        return list(relances.select_related("auteur").order_by("-date", "-pk")[:10])


def nom_de_l_envoi(envoi: Envoi) -> str:
    """Return what a batch is called: « Invitations », « Rappels »."""
    return "Rappels" if envoi.type == Envoi.Type.RELANCE else str(envoi.get_type_display())


# -- A batch ---------------------------------------------------------------------------------------
class PageEnvoi:
    """How a batch goes: planned, sent, refused, waiting."""

    def __init__(self, request: RequeteCampagne, envoi: Envoi) -> None:
        self.request, self.envoi = request, envoi
        siens: EnvoiQuerySet = Courriel.objects.visibles_par(request.user).filter(envoi=envoi)
        self.prevus = siens.count()
        self.comptes = {nom: siens.filter(lignes_de_l_etat(nom)).count() for nom in ETATS}

    @property
    def termine(self) -> bool:
        """Whether nothing of it waits any more."""
        return not self.comptes["attente"]

    @property
    def faits(self) -> int:
        """How many no longer wait, whatever became of them."""
        return self.prevus - self.comptes["attente"]

    @property
    def titre(self) -> str:
        """« Invitations », « Rappels »."""
        return nom_de_l_envoi(self.envoi)

    @property
    def phrase(self) -> str:
        """Where it stands, in a sentence."""
        partis = f"{pluriel(self.comptes['envoye'], 'message envoyé,messages envoyés')} sur {self.prevus}"
        if not self.termine:
            return f"Envoi en cours : {partis}."
        autres = [
            pluriel(self.comptes["refuse"], "refusé ou revenu,refusés ou revenus"),
            pluriel(self.comptes["echec"], "non parti,non partis"),
            pluriel(self.comptes["sans_objet"], "devenu inutile,devenus inutiles"),
        ]
        suite = [
            mots
            for mots, nom in zip(autres, ("refuse", "echec", "sans_objet"), strict=True)
            if self.comptes[nom]
        ]
        return f"Envoi terminé : {', '.join([partis, *suite])}."

    @property
    def immobile(self) -> bool:
        """Whether nothing has left for a while: the program that sends is perhaps not started."""
        return (
            not self.termine and not self.comptes["envoye"] and self.envoi.cree_le < timezone.now() - PATIENCE
        )

    @property
    def a_renvoyer(self) -> int:
        """How many of its e-mails never left and were not sent again."""
        return sum(not courriel.reprises.exists() for courriel in non_partis(self.envoi))

    @property
    def chiffres(self) -> list[tuple[str, int, str, str]]:
        """Label, number, address of the rows, tone."""
        base = reverse("courriels", args=[self.request.contrat.slug, self.request.annee])
        tons = {"refuse": "alerte", "echec": "bloque"}
        montres = [nom for nom in ETATS if nom != "sans_objet" or self.comptes[nom]]
        lignes = [
            (
                ETATS[nom][0],
                self.comptes[nom],
                f"{base}?envoi={self.envoi.cle}&etat={nom}" if self.comptes[nom] else "",
                tons.get(nom, "") if self.comptes[nom] else "",
            )
            for nom in montres
        ]
        return [("Prévus", self.prevus, f"{base}?envoi={self.envoi.cle}", ""), *lignes]


# -- The log ---------------------------------------------------------------------------------------
TRIS: dict[str, tuple[F, ...]] = {
    "date": (F("cree_le"), F("pk")),
    "destinataire": (F("destinataire"),),
    "porteur": (F("porteur__nom_normalise"),),
    "type": (F("type"),),
    "etat": (F("statut"),),
}


class JournalCourriels:
    """The e-mails of the year that an address asks for; what it gets wrong is left out and said in `avis`."""

    def __init__(self, request: RequeteCampagne) -> None:
        self.request = request
        self.criteres = request.GET
        self.avis: list[str] = []
        visibles: EnvoiQuerySet = Courriel.objects.visibles_par(request.user)
        self.tous: EnvoiQuerySet = visibles.filter(campagne=request.campagne)
        # PostgreSQL refuses to look for a NUL; nobody types one.
        self.q = request.GET.get("q", "").replace("\0", "").strip()
        self.etat = self._choix("etat", ETATS)
        self.type = self._choix("type", Courriel.Type.values)
        self.porteur = self._objet("porteur", Porteur.objects.visibles_par(request.user))
        self.envoi = self._objet(
            "envoi", Envoi.objects.visibles_par(request.user).filter(campagne=request.campagne)
        )
        self.tris, inconnus = adresse.lire_tris(request.GET, TRIS)
        if inconnus:
            self.avis.append("Un tri de l'adresse n'existe pas ici : il est laissé de côté.")
        self.choisis = self._choisir()
        self.page = self._lire_page()

    def _choix(self, nom: str, connus: Iterable[str]) -> str:
        valeur = self.criteres.get(nom, "")
        if valeur and valeur not in connus:
            self.avis.append("Un filtre de l'adresse n'existe pas ici : il est laissé de côté.")
            return ""
        return valeur

    def _objet(self, nom: str, visibles: Any) -> Any:
        cle = self.criteres.get(nom, "").replace("\0", "")
        trouve = visibles.filter(cle=cle).first() if cle else None
        if cle and trouve is None:
            self.avis.append("Un filtre de l'adresse n'existe pas ici : il est laissé de côté.")
        return trouve

    def _choisir(self) -> EnvoiQuerySet:
        choisis = self.tous
        if self.q:
            choisis = choisis.filter(
                Q(destinataire__icontains=self.q) | Q(nom_destinataire__icontains=self.q)
            )
        if self.etat:
            choisis = choisis.filter(lignes_de_l_etat(self.etat))
        if self.type:
            choisis = choisis.filter(type=self.type)
        if self.porteur:
            choisis = choisis.filter(porteur=self.porteur)
        return choisis.filter(envoi=self.envoi) if self.envoi else choisis

    def _lire_page(self) -> Any:
        ordre: list[OrderBy] = []
        for nom, decroissant in self.tris or [("date", True)]:
            ordre += [cle.desc() if decroissant else cle.asc() for cle in TRIS[nom]]
        lignes = self.choisis.select_related("porteur", "bilan__action_annuelle__action")
        pagination = Paginator(lignes.order_by(*ordre, "-pk"), PAR_PAGE)
        try:
            return pagination.page(self.criteres.get("page", 1))
        except (PageNotAnInteger, EmptyPage):
            self.avis.append("Cette page de la liste n'existe pas. Voici la première.")
            return pagination.page(1)

    @property
    def lignes(self) -> list[Ligne]:
        """The rows of the page."""
        return [Ligne(courriel) for courriel in self.page]

    @property
    def tetes(self) -> dict[str, adresse.Tri]:
        """The headers that sort."""
        return adresse.en_tetes(self.criteres, self.tris, TRIS, ("date",))

    @property
    def existe(self) -> bool:
        """Whether the year has an e-mail at all."""
        return self.tous.exists()

    @property
    def phrase(self) -> str:
        """What the list shows: « 312 courriels de 2024. »"""
        nombre = self.page.paginator.count
        if not self.puces:
            return f"{pluriel(nombre, 'courriel,courriels,Aucun courriel')} de {self.request.annee}."
        formes = "courriel correspond,courriels correspondent,Aucun courriel ne correspond"
        return f"{pluriel(nombre, formes)} aux filtres."

    @property
    def chiffres(self) -> list[tuple[str, int, str, str]]:
        """Label, number, address of the rows, tone: of the whole year."""
        tons = {"refuse": "alerte", "echec": "bloque"}
        comptes = [(nom, self.tous.filter(lignes_de_l_etat(nom)).count()) for nom in ETATS]
        return [
            (ETATS[nom][0], nombre, f"?etat={nom}" if nombre else "", tons.get(nom, "") if nombre else "")
            for nom, nombre in comptes
            if nombre or nom in ("envoye", "attente")
        ]

    @property
    def puces(self) -> list[Lien]:
        """The filters applied, each with the address without it."""
        appliques = {
            "q": f"« {self.q} »" if self.q else "",
            "etat": ETATS[self.etat][0] if self.etat else "",
            "type": str(Courriel.Type(self.type).label) if self.type else "",
            "porteur": self.porteur.nom if self.porteur else "",
            "envoi": f"{nom_de_l_envoi(self.envoi)} du {date_longue(self.envoi.cree_le)}"
            if self.envoi
            else "",
        }
        return [
            Lien(libelle, adresse.avec(self.criteres, **{nom: None}))
            for nom, libelle in appliques.items()
            if libelle
        ]

    @property
    def etats(self) -> list[tuple[str, str]]:
        """The choices of the filter by state."""
        return [(nom, libelle) for nom, (libelle, _) in ETATS.items()]

    @property
    def types(self) -> list[tuple[str, str]]:
        """The choices of the filter by kind of message."""
        return [(str(valeur), str(libelle)) for valeur, libelle in Courriel.Type.choices]

    @cached_property
    def defauts(self) -> list[Ligne]:
        """The latest e-mail of each address of the year that does not take ours: someone must look at it."""
        annee = self.request.campagne.pk
        defauts = adresses_en_defaut(self.request.campagne).values()
        cles = [courriel.pk for courriel in defauts if courriel.campagne_id == annee]
        return [
            Ligne(courriel)
            for courriel in self.tous.filter(pk__in=cles).select_related("porteur").order_by("destinataire")
        ]

    @cached_property
    def non_partis(self) -> int:
        """How many e-mails never left and were not sent again."""
        return self.tous.filter(lignes_de_l_etat("echec"), NON_TRAITE).count()


def actions_listees(courriel: Courriel, request: RequeteCampagne) -> list[ActionAnnuelle]:
    """Return the actions whose bilans an invitation or a reminder listed, in the programme's order."""
    if not courriel.bilans_dus:
        return []
    visibles = ActionAnnuelle.objects.visibles_par(request.user).filter(campagne=request.campagne)
    siennes = visibles.filter(cle__in=courriel.bilans_dus).select_related("action")
    return list(siennes.order_by(F("ordre").asc(nulls_last=True), "pk"))
