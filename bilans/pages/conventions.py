"""The conventions as they are read: the list, one of them, its deadlines and their state, the calendar of all."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from actions.situation import RequeteCampagne
from comptes.templatetags.typographie import delai, insecables, pluriel
from documents.formats import MOIS, date_longue
from financements.models import MontantConvention, Versement
from porteurs.echeances import fin_effective, jour_de_depart
from porteurs.models import Convention, Echeance, EvenementConvention, Obligation
from porteurs.operations_conventions import refus_de_resilier

from ..models import DocumentConvention
from ..operations.conventions import est_le_sien
from ..pieces import PAR_TYPE

Recurrence, Evenement = Obligation.Recurrence, Obligation.Evenement
Statut = Convention.Statut
TERMINEES = (Statut.ECHUE, Statut.RESILIEE, Statut.ARCHIVEE)
SIGNES: dict[str, str] = {
    Statut.PROJET: "attente",
    Statut.DELIBEREE: "encours",
    Statut.SIGNEE: "encours",
    Statut.TRANSMISE: "encours",
    Statut.EN_VIGUEUR: "fait",
    Statut.RESILIEE: "bloque",
}
# What an obligation says when no date is awaited from it.
SANS_DATE: dict[str, str] = {
    Recurrence.PERMANENTE: "en permanence",
    Recurrence.DEMANDE: "sur demande",
    Recurrence.REPUTEE: "réputée satisfaite",
    Recurrence.EVENEMENT: "à chaque événement",
    Recurrence.ANNUELLE: "chaque année, sans date écrite",
    Recurrence.UNIQUE: "une fois",
}


# -- A deadline ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class EcheanceLue:
    """A deadline, what it is worth on the day it is read, and the papers received for it."""

    echeance: Echeance
    url: str = ""
    documents: int = 0

    @property
    def retard(self) -> bool:
        """Whether it is past and still owed."""
        return self.due and self.echeance.date < timezone.localdate()

    @property
    def due(self) -> bool:
        """Whether it is still owed."""
        return self.echeance.faite_le is None and not self.echeance.sans_objet

    @property
    def signe(self) -> str:
        """The variant of the sign beside its state."""
        if self.retard:
            return "alerte"
        return "fait" if self.echeance.faite_le else "attente"

    @property
    def etat(self) -> str:
        """Its state in words, with the days that it has been or will be."""
        if self.echeance.faite_le:
            return f"faite le {date_longue(self.echeance.faite_le)}"
        if self.echeance.sans_objet:
            return "sans objet"
        if self.retard:
            return insecables(f"en retard {delai(self.echeance.date)}")
        return insecables(f"à venir, {delai(self.echeance.date)}")

    @property
    def qui(self) -> str:
        """Who owes it: the structure, or whom the text names."""
        obligation = self.echeance.obligation
        if obligation is None or obligation.du_porteur:
            return "La structure"
        return obligation.debiteur or "La collectivité"

    @property
    def par(self) -> str:
        """Who owes it, within a sentence."""
        return {"La structure": "la structure", "La collectivité": "la collectivité"}.get(self.qui, self.qui)

    @property
    def recus(self) -> str:
        """How many papers were received for it, blank for none."""
        return pluriel(self.documents, "document reçu,documents reçus") if self.documents else ""


def lire_echeances(lignes: Any, request: RequeteCampagne) -> list[EcheanceLue]:
    """Return the deadlines of a queryset, by date, with what was received for each, in a fixed number of queries."""
    lignes = (
        lignes.select_related("obligation", "convention__porteur")
        .annotate(nombre_documents=Count("documents"))
        .order_by("date", "obligation__ordre", "libelle")
    )
    return [
        EcheanceLue(
            echeance,
            reverse(
                "echeance", args=[request.contrat.slug, request.annee, echeance.convention.cle, echeance.pk]
            ),
            echeance.nombre_documents,
        )
        for echeance in lignes
    ]


# -- An obligation ---------------------------------------------------------------------------------
@dataclass(frozen=True)
class ObligationLue:
    """An obligation of the text and where it stands: its next date, or why it has none."""

    obligation: Obligation
    echeances: tuple[EcheanceLue, ...]
    # an event is awaited before its date is known
    a_dater: str = ""

    @property
    def prochaine(self) -> EcheanceLue | None:
        """What is owed first; None when nothing is."""
        return next((lue for lue in self.echeances if lue.due), None)

    @property
    def signe(self) -> str:
        """The variant of the sign beside its state."""
        if self.prochaine:
            return self.prochaine.signe
        if self.echeances or self.obligation.recurrence == Recurrence.REPUTEE:
            return "fait"
        return "attente" if self.a_dater else ""

    @property
    def etat(self) -> str:
        """Its state in words."""
        if self.prochaine:
            return self.prochaine.etat
        if self.echeances:
            return self.echeances[-1].etat
        if self.obligation.date_fixe:
            return f"écrite pour le {date_longue(self.obligation.date_fixe)}, non retenue"
        return self.a_dater or SANS_DATE[self.obligation.recurrence]

    @property
    def sur_demande(self) -> bool:
        """Whether one may ask for it."""
        return self.obligation.recurrence == Recurrence.DEMANDE


def lire_obligations(
    obligations: Iterable[Obligation],
    echeances: Iterable[EcheanceLue],
    evenements: Iterable[EvenementConvention],
    annee: int,
) -> list[ObligationLue]:
    """Return the obligations in the order of the text, each with its deadlines by date."""
    par_obligation: dict[int | None, list[EcheanceLue]] = defaultdict(list)
    for lue in echeances:
        par_obligation[lue.echeance.obligation_id].append(lue)
    connus = list(evenements)
    return [ObligationLue(o, tuple(par_obligation[o.pk]), _a_dater(o, connus, annee)) for o in obligations]


def _a_dater(obligation: Obligation, evenements: list[EvenementConvention], annee: int) -> str:
    """Return what is missing for the date of this year to be known, blank when nothing is."""
    if not obligation.evenement:
        return ""
    departs = [jour_de_depart(evenement, obligation.evenement) for evenement in evenements]
    if any(jour and jour.year == annee for jour in departs):
        return "après l'événement, sans délai écrit" if obligation.delai_jours is None else ""
    if obligation.evenement == Evenement.COMMISSION:
        return f"à dater : commission de suivi {annee} non fixée"
    if obligation.evenement == Evenement.COMPTE_RENDU:
        return "à dater : compte rendu non transmis"
    return ""


# -- A paper ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class DocumentLu:
    """A paper received, how it is told and opened."""

    document: DocumentConvention
    retirable: bool

    @property
    def affichable(self) -> bool:
        """Whether the browser shows it by itself."""
        format = PAR_TYPE.get(self.document.type_mime)
        return format is not None and format.affichable

    @property
    def forme(self) -> str:
        """« PDF », « image JPEG »… or on paper."""
        format = PAR_TYPE.get(self.document.type_mime)
        return format.libelle if format else "sur papier"


def lire_documents(documents: Any, convention: Convention, utilisateur: Any) -> list[DocumentLu]:
    """Return the papers of a queryset, the latest first."""
    lignes = documents.select_related("depose_par", "obligation", "echeance").order_by("-recu_le", "-pk")
    # Asked once for all: what differs from one paper to the next is who handed it in.
    gere = utilisateur.has_perm("contrats.gerer", convention.contrat)
    depose = gere or utilisateur.has_perm("porteurs.deposer_document", convention)
    return [DocumentLu(d, gere or (depose and est_le_sien(utilisateur, d))) for d in lignes]


# -- The list --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class ConventionListee:
    """A convention as a row: its state, what it asks next, what is late."""

    convention: Convention
    url: str
    fin: date
    prochaine: Echeance | None
    retards: int

    @property
    def signe(self) -> str:
        """The variant of the sign beside its state."""
        return SIGNES.get(self.convention.statut, "attente")

    @property
    def etat(self) -> str:
        """Its state in words; one whose end is past says so."""
        if self.convention.statut == Statut.EN_VIGUEUR and self.fin < timezone.localdate():
            return f"Arrivée à son terme le {date_longue(self.fin)}"
        return str(self.convention.get_statut_display())

    @property
    def dites_en_retard(self) -> str:
        """« 2 échéances en retard », blank for none."""
        return pluriel(self.retards, "échéance en retard,échéances en retard") if self.retards else ""


class ListeConventions:
    """The conventions of the contract that the account sees: those that run, then those that are over."""

    def __init__(self, request: RequeteCampagne) -> None:
        self.request = request

    @cached_property
    def toutes(self) -> list[ConventionListee]:
        """Every convention, the one that ends last first."""
        conventions = (
            Convention.objects.visibles_par(self.request.user)
            .filter(contrat=self.request.contrat)
            .select_related("porteur")
            .prefetch_related("echeances", "avenants")
            .order_by("porteur__nom_normalise", "intitule", "pk")
        )
        # The effective end is computed; a sort keeps the order of those that end on the same day.
        lues = [self._listee(convention) for convention in conventions]
        return sorted(lues, key=lambda lue: lue.fin, reverse=True)

    def _listee(self, convention: Convention) -> ConventionListee:
        aujourd_hui = timezone.localdate()
        dues = [e for e in convention.echeances.all() if e.faite_le is None and not e.sans_objet]
        a_venir = [echeance for echeance in dues if echeance.date >= aujourd_hui]
        adresse = [self.request.contrat.slug, self.request.annee, convention.cle]
        return ConventionListee(
            convention,
            reverse("convention", args=adresse),
            fin_effective(convention, convention.avenants.all()),
            min(a_venir, key=lambda echeance: echeance.date, default=None),
            len(dues) - len(a_venir),
        )

    @property
    def en_cours(self) -> list[ConventionListee]:
        """Those that are not over."""
        return [c for c in self.toutes if c.convention.statut not in TERMINEES]

    @property
    def terminees(self) -> list[ConventionListee]:
        """Those that ended, were terminated or archived."""
        return [c for c in self.toutes if c.convention.statut in TERMINEES]

    @property
    def phrase(self) -> str:
        """What the list shows: how many run, how many deadlines are late."""
        retards = sum(c.retards for c in self.toutes)
        if not self.toutes:
            return "Aucune convention n'est enregistrée dans ce contrat."
        fin = f", {pluriel(retards, 'échéance en retard,échéances en retard')}" if retards else ""
        en_cours = pluriel(len(self.en_cours), "convention,conventions,aucune convention")
        terminees = f", {pluriel(len(self.terminees), 'terminée,terminées')}" if self.terminees else ""
        return insecables(f"{en_cours}{terminees}{fin}.")


# -- One convention --------------------------------------------------------------------------------
@dataclass(frozen=True)
class EvenementLu:
    """An event, and what is still to do about it."""

    evenement: EvenementConvention

    @property
    def reste(self) -> str:
        """What is to be done about a commission that took place, blank for nothing."""
        if self.evenement.type != Evenement.COMMISSION or self.evenement.date > timezone.localdate():
            return ""
        if self.evenement.compte_rendu_envoye_le is None:
            return insecables(f"compte rendu à transmettre, {delai(self.evenement.date)}")
        return ""


@dataclass(frozen=True)
class AxeLu:
    """A thematic axis and its points."""

    pk: int
    ordre: int
    intitule: str
    lignes: tuple[str, ...]


class PageConvention:
    """A convention read whole: what it says, what it asks this year, what was received."""

    def __init__(self, request: RequeteCampagne, convention: Convention) -> None:
        self.request, self.convention = request, convention
        self.gere = request.user.has_perm("contrats.gerer", request.contrat)
        self.depose = (
            request.user.has_perm("porteurs.deposer_document", convention)
            and convention.statut != Statut.ARCHIVEE
        )

    @cached_property
    def echeances(self) -> list[EcheanceLue]:
        """Every deadline, by date."""
        return lire_echeances(self.convention.echeances.all(), self.request)

    @property
    def de_l_annee(self) -> list[EcheanceLue]:
        """Those of the year of the page, after those that are late from another."""
        annee = self.request.annee
        en_retard = [lue for lue in self.echeances if lue.retard and lue.echeance.date.year != annee]
        return en_retard + [lue for lue in self.echeances if lue.echeance.date.year == annee]

    @property
    def phrase_echeances(self) -> str:
        """What is owed this year, in a sentence."""
        if not self.echeances:
            return "Aucune échéance n'est encore calculée."
        dues = [lue for lue in self.de_l_annee if lue.due]
        if not dues:
            return f"Rien n'est attendu en {self.request.annee}."
        retards = sum(lue.retard for lue in dues)
        fin = f", dont {retards} en retard" if retards else ""
        return insecables(f"{pluriel(len(dues), 'échéance à tenir,échéances à tenir')}{fin}.")

    @cached_property
    def evenements(self) -> list[EvenementLu]:
        """Commissions and other events, the latest first."""
        return [EvenementLu(e) for e in self.convention.evenements.order_by("-date", "pk")]

    @cached_property
    def obligations(self) -> list[ObligationLue]:
        """The obligations in the order of the text."""
        return lire_obligations(
            self.convention.obligations.order_by("ordre", "pk"),
            self.echeances,
            [lu.evenement for lu in self.evenements],
            self.request.annee,
        )

    @cached_property
    def documents(self) -> list[DocumentLu]:
        """The papers received, the latest first."""
        documents = DocumentConvention.objects.visibles_par(self.request.user).filter(
            convention=self.convention
        )
        return lire_documents(documents, self.convention, self.request.user)

    @cached_property
    def montants(self) -> list[MontantConvention]:
        """What is given each year."""
        montants = MontantConvention.objects.visibles_par(self.request.user).filter(
            convention=self.convention
        )
        return list(montants.select_related("financeur", "deliberation").order_by("annee", "pk"))

    @cached_property
    def versements(self) -> list[Versement]:
        """The payments of the year, those called off left out."""
        versements = Versement.objects.visibles_par(self.request.user).filter(
            convention=self.convention, annee=self.request.annee
        )
        return list(
            versements.exclude(statut=Versement.Statut.ANNULE).order_by("date_prevue", "numero", "pk")
        )

    @cached_property
    def totaux(self) -> dict[str, Any]:
        """The sums of the yearly amounts that are known; None for a column without any."""
        return {
            nom: sum(connus)
            if (connus := [v for m in self.montants if (v := getattr(m, nom)) is not None])
            else None
            for nom in ("montant_prevu", "montant_vote")
        }

    @cached_property
    def avenants(self) -> list[Any]:
        """The amendments, in their order."""
        return list(self.convention.avenants.select_related("deliberation").order_by("numero"))

    @cached_property
    def axes(self) -> list[AxeLu]:
        """The thematic axes, in their order."""
        return [
            AxeLu(a.pk, a.ordre, a.intitule, tuple(a.points.splitlines())) for a in self.convention.axes.all()
        ]

    @cached_property
    def parties(self) -> list[Any]:
        """Who concludes it, in the order of the text."""
        return list(self.convention.parties.order_by("ordre"))

    @cached_property
    def territoires(self) -> list[Any]:
        """Where it applies."""
        return list(self.convention.territoires.order_by("nom"))

    @property
    def resiliable(self) -> bool:
        """Whether it may be terminated."""
        return not refus_de_resilier(self.convention)

    @property
    def fin(self) -> date:
        """The last day of the convention, its signed amendments counted."""
        return fin_effective(self.convention, self.avenants)

    @property
    def signe(self) -> str:
        """The variant of the sign beside the state."""
        return SIGNES.get(self.convention.statut, "attente")


# -- The calendar ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class MoisLu:
    """The deadlines of one month."""

    nom: str
    echeances: list[EcheanceLue]


class Calendrier:
    """The deadlines of every convention that the account sees: what is late, then the year by month."""

    def __init__(self, request: RequeteCampagne) -> None:
        self.request = request

    @cached_property
    def toutes(self) -> list[EcheanceLue]:
        """The deadlines of the year, and those of another that are still owed and late."""
        annee = self.request.annee
        en_retard = Q(faite_le=None, sans_objet="", date__lt=timezone.localdate())
        lignes = Echeance.objects.visibles_par(self.request.user).filter(
            Q(date__year=annee) | en_retard, convention__contrat=self.request.contrat
        )
        return lire_echeances(lignes, self.request)

    @property
    def en_retard(self) -> list[EcheanceLue]:
        """What is past and still owed, whatever its year."""
        return [lue for lue in self.toutes if lue.retard]

    @property
    def mois(self) -> list[MoisLu]:
        """The months of the year, each with its deadlines; what is late stands before them."""
        a_montrer = [
            lue for lue in self.toutes if lue.echeance.date.year == self.request.annee and not lue.retard
        ]
        par_mois: dict[int, list[EcheanceLue]] = defaultdict(list)
        for lue in a_montrer:
            par_mois[lue.echeance.date.month].append(lue)
        return [
            MoisLu(f"{MOIS[rang - 1].capitalize()} {self.request.annee}", par_mois[rang])
            for rang in sorted(par_mois)
        ]

    @property
    def phrase(self) -> str:
        """How many deadlines the year has, how many are still owed, how many are late."""
        de_l_annee = [lue for lue in self.toutes if lue.echeance.date.year == self.request.annee]
        if not self.toutes:
            return f"Aucune échéance en {self.request.annee}."
        dues = sum(lue.due for lue in de_l_annee)
        nombre = pluriel(len(de_l_annee), "échéance,échéances,aucune échéance")
        reste = f", {dues} à tenir" if dues else ""
        retard = f", {len(self.en_retard)} en retard" if self.en_retard else ""
        return insecables(f"{nombre} en {self.request.annee}{reste}{retard}.")


def calendrier_ics(echeances: Iterable[EcheanceLue], adresse_du_site: str) -> str:
    """Return the deadlines still owed as an iCalendar file (RFC 5545): one whole day each."""
    maintenant = timezone.now().strftime("%Y%m%dT%H%M%SZ")
    lignes = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Pilotis//Echeances//FR", "CALSCALE:GREGORIAN"]
    for lue in echeances:
        if not lue.due:
            continue
        jour = lue.echeance.date
        lignes += [
            "BEGIN:VEVENT",
            f"UID:echeance-{lue.echeance.convention.cle}-{lue.echeance.pk}@pilotis",
            f"DTSTAMP:{maintenant}",
            f"DTSTART;VALUE=DATE:{jour:%Y%m%d}",
            f"DTEND;VALUE=DATE:{jour + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_echapper(f'{lue.echeance.libelle} – {lue.echeance.convention.porteur}')}",
            f"URL:{adresse_du_site}{lue.url}",
            "END:VEVENT",
        ]
    lignes.append("END:VCALENDAR")
    return "".join(f"{pliee}\r\n" for ligne in lignes for pliee in _plier(ligne))


def _echapper(texte: str) -> str:
    for signe in ("\\", ";", ","):
        texte = texte.replace(signe, f"\\{signe}")
    return " ".join(texte.split())


def _plier(ligne: str) -> list[str]:
    """Return a line as lines of 75 bytes at most, the next ones begun by a space."""
    pliees, courante = [], ""
    for caractere in ligne:
        if len(f"{courante}{caractere}".encode()) > 75:
            pliees.append(courante)
            courante = " "
        courante += caractere
    return [*pliees, courante]
