"""What the pages of a campaign say: where it stands, what comes next, what each decision leads to."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from actions.models import (
    ActionAnnuelle,
    Campagne,
    EvenementCampagne,
    IndicateurDemande,
    ModeleMessage,
    Question,
    RelancePrevue,
)
from actions.situation import RequeteCampagne
from comptes.historique import (
    CREATION,
    SUPPRESSION,
    UN_ENREGISTREMENT,
    Changement,
    Evenement,
    changements,
    evenements,
)
from comptes.templatetags.typographie import accord, date_longue, delai, insecables, pluriel

from .. import messages, suivi
from ..destinataires import Appel, lire_appel
from ..models import Bilan
from ..operations.campagne import (
    AVANT_OUVERTURE,
    Reprise,
    lire_reprise,
    nombre_de_reponses,
    possible,
    refus,
    refus_suppression,
)
from .pilotage import Etape

Statut = Campagne.Statut
Type = EvenementCampagne.Type
# Told by the events themselves, or never changed here.
CHAMPS_TUS = ("statut", "contrat", "annee", "ouverture", "cloture")
TONS: dict[str, str] = {
    Type.CLOTURE: "alerte",
    Type.REOUVERTURE: "alerte",
    Type.OUVERTURE: "fait",
    Type.ARCHIVAGE: "fait",
    Type.DESARCHIVAGE: "alerte",
}
EVENEMENTS_MONTRES = 12


@dataclass(frozen=True)
class Rappel:
    """A reminder planned or sent: its day, what is to be said of it, its tone."""

    jour: Any
    dit: str
    ton: str


class PageCampagne:
    """The page « Campagne » of a year, for an account that runs the contract."""

    def __init__(self, request: RequeteCampagne) -> None:
        self.request = request
        self.campagne, self.utilisateur = request.campagne, request.user

    def url(self, nom: str) -> str:
        """Return the address of a page of this year."""
        return reverse(nom, args=[self.request.contrat.slug, self.request.annee])

    # -- Where it stands -----------------------------------------------------------------------------
    @cached_property
    def avancement(self) -> suivi.Avancement:
        """How many bilans are awaited, received, to be read."""
        return suivi.avancement(
            ActionAnnuelle.objects.visibles_par(self.utilisateur).filter(campagne=self.campagne)
        )

    @property
    def ouverture_a_venir(self) -> bool:
        """Whether the bilans are declared open from a day still to come."""
        ouverture = self.campagne.bilan_ouverture
        ouverts = self.campagne.statut == Statut.BILANS_OUVERTS
        return ouverts and ouverture is not None and ouverture > timezone.localdate()

    @property
    def phrase(self) -> str:
        """Where the campaign stands, in one sentence."""
        campagne, annee = self.campagne, self.campagne.annee
        if campagne.statut == Statut.ARCHIVEE:
            return f"L'année {annee} est archivée : sa campagne ne change plus."
        if campagne.statut in AVANT_OUVERTURE:
            nombre = pluriel(self.avancement.attendus, "bilan attendu,bilans attendus,aucun bilan attendu")
            return f"Les bilans de {annee} ne sont pas encore ouverts : {nombre}."
        recus = pluriel(self.avancement.recus, "bilan reçu,bilans reçus,aucun bilan reçu")
        recus = (
            f"{recus} sur {self.avancement.attendus}" if self.avancement.attendus else "aucun n'est attendu"
        )
        if campagne.statut == Statut.BILANS_CLOS:
            return f"Les bilans de {annee} sont clos : {recus}."
        if self.ouverture_a_venir:
            return f"Les bilans de {annee} s'ouvrent le {date_longue(campagne.bilan_ouverture)}."
        return f"Les bilans de {annee} sont ouverts : {recus}, {self._echeance}."

    @property
    def _echeance(self) -> str:
        """« échéance le 30 juin 2025, dans 12 jours »."""
        jour = self.campagne.bilan_echeance
        if jour is None:
            return "sans échéance"
        passee = "échéance passée le" if jour < timezone.localdate() else "échéance le"
        return f"{passee} {date_longue(jour)}, {delai(jour)}"

    @cached_property
    def propres(self) -> int:
        """How many awaited bilans have a due date of their own."""
        bilans = Bilan.objects.visibles_par(self.utilisateur).filter(
            action_annuelle__campagne=self.campagne, statut__in=Bilan.STATUTS_MODIFIABLES
        )
        return bilans.exclude(echeance_prolongee=None).count()

    @cached_property
    def appel(self) -> Appel:
        """Who owes something, and who is written to about it; before the bilans open, who will owe something."""
        avant = self.campagne.statut in AVANT_OUVERTURE or self.ouverture_a_venir
        return lire_appel(self.campagne, avant_l_heure=avant)

    @property
    def injoignables(self) -> str:
        """Who is not reached: « 2 structures sans adresse et 1 adresse qui refuse nos messages »."""
        sans, refus_ = len(self.appel.sans_adresse), len(self.appel.en_defaut)
        parts = [
            pluriel(nombre, formes)
            for nombre, formes in (
                (sans, "structure n'a pas d'adresse,structures n'ont pas d'adresse"),
                (refus_, "adresse ne reçoit pas nos messages,adresses ne reçoivent pas nos messages"),
            )
            if nombre
        ]
        return ", ".join(parts)

    @property
    def contact(self) -> list[str]:
        """Whom a porteur asks: name, address, telephone, those that are known."""
        campagne = self.campagne
        mots = (campagne.contact_nom, campagne.contact_email, campagne.contact_telephone)
        return [mot for mot in mots if mot]

    @cached_property
    def tranches(self) -> list[str]:
        """The labels of the age bands."""
        return list(self.campagne.tranches.order_by("ordre").values_list("libelle", flat=True))

    @cached_property
    def demande(self) -> str:
        """What is asked beside the usual bilan: « 2 questions et 3 indicateurs »."""
        return demandes_en_mots(self.campagne.questions.count(), self.campagne.indicateurs_demandes.count())

    @cached_property
    def reprise(self) -> Reprise | None:
        """What an earlier year asked and this one does not, while it may still be added; None otherwise."""
        return lire_reprise(self.campagne) if self.reglable else None

    @property
    def a_reprendre(self) -> str:
        """How much of it: « 2 questions et 3 indicateurs »; an empty string when there is nothing."""
        if not self.reprise:
            return ""
        return demandes_en_mots(len(self.reprise.questions), len(self.reprise.indicateurs))

    @cached_property
    def messages_ecrits(self) -> list[str]:
        """The messages that the collectivity has written in its own words."""
        modeles = ModeleMessage.objects.visibles_par(self.utilisateur).filter(campagne=self.campagne)
        return [str(modele) for modele in modeles.order_by("type")]

    # -- Reminders -----------------------------------------------------------------------------------
    @cached_property
    def prevues(self) -> list[RelancePrevue]:
        """Every reminder planned, sent or not, the first one first."""
        lignes = RelancePrevue.objects.visibles_par(self.utilisateur).filter(campagne=self.campagne)
        return list(lignes.order_by("date"))

    @property
    def rappels(self) -> list[Rappel]:
        """The reminders with what became of them."""
        return [self._rappel(prevue) for prevue in self.prevues]

    @property
    def sans_rappel(self) -> str:
        """What is said when no reminder was ever planned."""
        if self.campagne.statut in AVANT_OUVERTURE:
            return "Aucun. À l'ouverture, Pilotis en propose trois autour de l'échéance."
        return "Aucun."

    def _rappel(self, prevue: RelancePrevue) -> Rappel:
        if prevue.faite_le is not None:
            return Rappel(prevue.date, "envoyé", "fait")
        if self.campagne.statut != Statut.BILANS_OUVERTS:
            suspendu = self.campagne.statut in (Statut.BILANS_CLOS, Statut.ARCHIVEE)
            return Rappel(prevue.date, "ne partira pas" if suspendu else "prévu", "attente")
        return Rappel(prevue.date, delai(prevue.date), "encours")

    # -- What comes next -----------------------------------------------------------------------------
    @property
    def etape(self) -> Etape | None:
        """The next thing to do: one sentence, one button; None when nothing is to be done."""
        campagne = self.campagne
        if campagne.statut in AVANT_OUVERTURE:
            return self._avant_ouverture()
        if campagne.statut == Statut.BILANS_OUVERTS:
            return self._pendant()
        if campagne.statut == Statut.BILANS_CLOS and self.avancement.a_lire:
            nombre = pluriel(self.avancement.a_lire, "bilan reçu est à lire,bilans reçus sont à lire")
            return Etape(f"{nombre}.", "Lire les bilans reçus", f"{self.url('suivi_bilans')}?bilan=a_lire")
        return None

    def _avant_ouverture(self) -> Etape:
        if not self.campagne.contact_nom or not self.campagne.contact_email:
            return Etape(
                "Dites d'abord qui les porteurs peuvent joindre : son nom signe les messages, son adresse reçoit les "
                "réponses.",
                "Régler la campagne",
                self.url("campagne_reglages"),
            )
        return Etape(
            "La campagne est réglée. Relisez ce qui est demandé, puis ouvrez les bilans : les invitations partiront "
            "ensuite, quand vous le déciderez.",
            "Ouvrir les bilans",
            self.url("campagne_ouvrir"),
        )

    def _pendant(self) -> Etape:
        restent = self.avancement.a_recevoir
        if not self.avancement.attendus:
            return Etape(
                "Aucun bilan n'est attendu : ajoutez les actions de l'année, vous inviterez ensuite leurs porteurs.",
                "Voir les actions",
                self.url("liste_actions"),
            )
        if not restent:
            return Etape(
                "Tous les bilans attendus sont reçus. Vous pouvez clore.",
                "Clore les bilans",
                self.url("campagne_clore"),
            )
        manque = f"{pluriel(restent, 'bilan reste,bilans restent')} à recevoir"
        if self.ouverture_a_venir:
            return Etape(
                "Vous pourrez inviter les porteurs à partir de ce jour-là. D'ici là, relisez ce que diront les "
                "messages.",
                "Relire les messages",
                self.url("campagne_messages"),
            )
        if self.appel.a_inviter:
            personnes = pluriel(
                len(self.appel.a_inviter),
                "personne n'a pas encore été invitée,personnes n'ont pas encore été invitées",
            )
            return Etape(
                f"{manque}, et {personnes}. Vous verrez la liste avant tout envoi.",
                "Inviter les porteurs",
                self.url("campagne_invitations"),
            )
        if not self.appel.destinataires:
            return Etape(
                f"{manque}, mais aucune adresse n'est connue : complétez les fiches des porteurs.",
                "Voir qui n'a pas d'adresse",
                self.url("campagne_invitations"),
            )
        prochain = next((p.date for p in self.prevues if p.faite_le is None), None)
        if prochain is not None and prochain > timezone.localdate():
            phrase = f"{manque}. Le prochain rappel part le {date_longue(prochain)}, {delai(prochain)}."
        elif not self.appel.a_relancer and self.appel.ecrits_aujourd_hui:
            # Nobody may be written to twice in a day: what is left to do is to plan.
            return Etape(
                f"{manque}. Le message du jour est parti ; aucun rappel n'est prévu ensuite.",
                "Prévoir des rappels",
                f"{self.url('campagne_reglages')}?partie=rappels",
            )
        else:
            phrase = f"{manque}. Aucun rappel n'est prévu : envoyez-en un maintenant, ou ajoutez une date."
        return Etape(phrase, "Envoyer un rappel", self.url("campagne_relances"))

    @property
    def autres_decisions(self) -> list[tuple[str, str]]:
        """What else may be decided: label, address."""
        decisions = (
            ("ouvrir", "Ouvrir les bilans…", "campagne_ouvrir"),
            ("prolonger", "Changer l'échéance de tous…", "campagne_prolonger"),
            ("clore", "Clore les bilans…", "campagne_clore"),
            ("rouvrir", "Rouvrir les bilans…", "campagne_rouvrir"),
            ("archiver", "Archiver l'année…", "campagne_archiver"),
            ("desarchiver", "Sortir l'année des archives…", "campagne_desarchiver"),
        )
        principale = self.etape.url if self.etape else ""
        return [
            (libelle, self.url(nom))
            for cle, libelle, nom in decisions
            if possible(self.campagne, cle) and self.url(nom) != principale
        ]

    @property
    def reglable(self) -> bool:
        """Whether the settings may still change."""
        return possible(self.campagne, "regler")

    # -- What happened -------------------------------------------------------------------------------
    @cached_property
    def decisions(self) -> list[EvenementCampagne]:
        """What was decided, the newest first."""
        lignes = EvenementCampagne.objects.visibles_par(self.utilisateur).filter(campagne=self.campagne)
        return list(lignes.select_related("auteur").order_by("-date", "-pk"))

    @cached_property
    def chronologie(self) -> list[Evenement]:
        """What was decided and what was settled, the newest first; a decision carries the dates it changed."""
        faits = [self._fait(evenement) for evenement in self.decisions]
        reglages = [
            *evenements(
                changements(self.campagne, utilisateur=self.utilisateur, sauf=CHAMPS_TUS), "Réglages modifiés"
            ),
        ]
        for reglage in reglages:
            fait = next((f for f in faits if _meme_geste(f, reglage)), None)
            if fait is not None:
                fait.changements += reglage.changements
            else:
                faits.append(reglage)
        faits += self._demandes(Question, "Question", "ajoutée,modifiée,retirée")
        faits += self._demandes(IndicateurDemande, "Indicateur", "ajouté,modifié,retiré")
        return sorted(faits, key=lambda fait: fait.quand, reverse=True)

    def _demandes(self, modele: Any, nom: str, participes: str) -> list[Evenement]:
        """Return what was asked, asked otherwise, no longer asked; a change of order alone is left out."""
        ajoute, modifie, retire = participes.split(",")
        rangees = modele.historique.filter(campagne=self.campagne).select_related("history_user")
        faits: list[Evenement] = []
        precedente: Any = None
        for rangee in rangees.order_by("id", "history_date", "history_id"):
            avant = precedente if precedente is not None and precedente.id == rangee.id else None
            precedente = rangee
            participe = {CREATION: ajoute, SUPPRESSION: retire}.get(rangee.history_type, modifie)
            if participe == modifie and avant is not None and _mots(avant) == _mots(rangee):
                continue
            fait = Evenement(
                rangee.history_date,
                str(rangee.history_user or ""),
                insecables(f"{nom} {participe} : « {rangee.libelle} »"),
            )
            if avant is not None and avant.libelle != rangee.libelle:
                fait.changements = [Changement(fait.quand, fait.qui, "Mots", avant.libelle, rangee.libelle)]
            faits.append(fait)
        return faits

    def _fait(self, evenement: EvenementCampagne) -> Evenement:
        return Evenement(
            quand=evenement.date,
            qui=str(evenement.auteur) if evenement.auteur else "Pilotis, automatiquement",
            quoi=insecables(_dire(evenement)),
            ton=TONS.get(evenement.type, ""),
            motif=evenement.motif,
        )


def _mots(rangee: Any) -> tuple[Any, ...]:
    """Return what tells two states of a question, or of an indicator, apart; its rank does not."""
    sans = {"ordre", "campagne"}
    return tuple(getattr(rangee, champ.attname) for champ in rangee.tracked_fields if champ.name not in sans)


def _meme_geste(fait: Evenement, reglage: Evenement) -> bool:
    return fait.qui == reglage.qui and abs(fait.quand - reglage.quand) <= UN_ENREGISTREMENT


def _dire(evenement: EvenementCampagne) -> str:
    """Return an event in a few words: « Invitations envoyées : 34 messages »."""
    libelle = str(evenement.get_type_display())
    if evenement.type == Type.PROLONGATION:
        libelle = "Échéance changée pour tous"
    if evenement.echeance is not None and evenement.type in (
        Type.OUVERTURE,
        Type.PROLONGATION,
        Type.REOUVERTURE,
    ):
        return f"{libelle}, échéance le {date_longue(evenement.echeance)}"
    if evenement.nombre is not None:
        return f"{libelle} : {pluriel(evenement.nombre, 'message,messages,aucun message')}"
    return libelle


# -- Questions and indicators ----------------------------------------------------------------------
@dataclass(frozen=True)
class Ligne:
    """A question or an indicator in its list: what it asks, how it may be moved, how many have answered."""

    element: Any
    genre: str
    reponses: int
    premiere: bool
    derniere: bool

    @property
    def precisions(self) -> str:
        """What is said under its words: the kind of answer, the unit, whether it is needed to hand over."""
        element = self.element
        mots = [str(element.get_type_display())] if isinstance(element, Question) else ["Nombre"]
        if element.unite:
            mots.append(f"en {element.unite}")
        if isinstance(element, Question) and element.choix_proposes:
            mots.append(" ; ".join(element.choix_proposes))
        if isinstance(element, IndicateurDemande):
            mots.append("par sexe" if element.sexue else "")
            mots.append("indicateur du contrat" if element.indicateur_id else "propre à l'année")
        mots.append("demandé pour transmettre" if element.obligatoire else "facultatif")
        return " · ".join(mot for mot in mots if mot)


def lignes(elements: Any, genre: str, reponses: str) -> list[Ligne]:
    """Return the rows of a list of questions or indicators, answers counted by the relation `reponses`."""
    rangees = list(elements.annotate(nombre=Count(reponses)).order_by("ordre"))
    return [
        Ligne(element, genre, element.nombre, rang == 0, rang == len(rangees) - 1)
        for rang, element in enumerate(rangees)
    ]


def empechement(element: Question | IndicateurDemande) -> str:
    """Return why a question or an indicator is not deleted; an empty string when nothing stops it."""
    nombre = nombre_de_reponses(element)
    return refus_suppression(element, nombre) if nombre else ""


def demandes_en_mots(questions: int, indicateurs: int) -> str:
    """Return « 2 questions et 3 indicateurs »; an empty string when there is neither."""
    comptes = ((questions, "question,questions"), (indicateurs, "indicateur,indicateurs"))
    return " et ".join(pluriel(nombre, formes) for nombre, formes in comptes if nombre)


# -- Messages --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class MessageLu:
    """A kind of message in the list: its words, and whether they are the collectivity's own."""

    type: str
    libelle: str
    objet: str
    ecrit: bool


def messages_lus(campagne: Campagne, utilisateur: Any) -> list[MessageLu]:
    """Return the messages that a campaign may write, with their present subject."""
    ecrits = {
        modele.type: modele
        for modele in ModeleMessage.objects.visibles_par(utilisateur)
        .filter(campagne=campagne)
        .order_by("type")
    }
    return [
        MessageLu(
            type_.value,
            str(type_.label),
            ecrits[type_.value].objet if type_.value in ecrits else messages.MODELES[type_.value].objet,
            type_.value in ecrits,
        )
        for type_ in ModeleMessage.Type
    ]


def mots_a_remplacer(type_: str) -> list[tuple[str, str]]:
    """Return the words that a message may name, each with what it is replaced by."""
    return [(f"{{{mot}}}", messages.VARIABLES[mot]) for mot in messages.VARIABLES_DU_MESSAGE[type_]]


# -- Decisions -------------------------------------------------------------------------------------
def consequences(nom: str, page: PageCampagne) -> list[str]:
    """Return what follows from `nom`, a decision of the page, in sentences."""
    return CONSEQUENCES[nom](page)


def _si_ouvre(page: PageCampagne) -> list[str]:
    attendus = page.avancement.attendus
    phrases = [
        "Aucun bilan n'est attendu cette année : ajoutez d'abord les actions au programme, ou ouvrez quand même."
        if not attendus
        else f"{pluriel(attendus, 'bilan attendu est prêt,bilans attendus sont prêts')} à être "
        f"{accord(attendus, 'saisi,saisis')} par les porteurs.",
        "Aucun courriel ne part maintenant : vous inviterez les porteurs à l'étape suivante, après avoir vu la liste "
        "des destinataires.",
    ]
    if page.prevues:
        return [*phrases, "Les rappels que vous avez prévus sont gardés."]
    return [
        *phrases,
        "Trois rappels sont proposés : 30 et 7 jours avant l'échéance, 7 jours après ; ceux dont la date est passée "
        "sont laissés de côté. Vous pourrez les changer.",
    ]


def _si_clot(page: PageCampagne) -> list[str]:
    restent = page.avancement.a_recevoir
    phrases = []
    if restent:
        phrases.append(
            f"{pluriel(restent, 'bilan attendu n’est pas reçu,bilans attendus ne sont pas reçus')} : les porteurs ne "
            "pourront plus les saisir. Ce qu'ils ont écrit est gardé, et vous pouvez encore saisir pour eux."
        )
    else:
        phrases.append("Tous les bilans attendus sont reçus.")
    if page.propres:
        phrases.append(
            f"{pluriel(page.propres, 'bilan a,bilans ont')} une échéance particulière : "
            f"{accord(page.propres, 'son porteur peut,leurs porteurs peuvent')} écrire jusqu'à cette date."
        )
    if any(prevue.faite_le is None for prevue in page.prevues):
        phrases.append("Les rappels prévus ne partiront pas.")
    return [*phrases, "Vous pourrez rouvrir les bilans, en disant pourquoi."]


def _si_rouvre(page: PageCampagne) -> list[str]:
    phrases = [
        "Les porteurs peuvent de nouveau saisir les bilans qui n'ont pas été transmis.",
        "Aucun courriel ne part, sauf si vous cochez la case ci-dessous : chacune des personnes qui doivent encore un "
        "bilan reçoit alors ce qui est attendu d'elle et pour quand.",
    ]
    if any(prevue.faite_le is None for prevue in page.prevues):
        phrases.append(
            "Les rappels encore à venir reprennent ; ceux dont la date est passée sont retirés. Si vous changez "
            "l'échéance, ils avancent ou reculent avec elle."
        )
    return [*phrases, "Votre raison reste dans l'historique."]


def _si_prolonge(page: PageCampagne) -> list[str]:
    phrases = [
        f"L'échéance est pour l'instant le {date_longue(page.campagne.bilan_echeance)}. La nouvelle vaudra pour tous "
        "les bilans."
    ]
    a_venir = [prevue for prevue in page.prevues if prevue.faite_le is None]
    if a_venir:
        jours = ", ".join(date_longue(prevue.date) for prevue in a_venir)
        phrases.append(
            f"{accord(len(a_venir), 'Le rappel prévu sera décalé,Les rappels prévus seront décalés')} d'autant de "
            f"jours. Dates actuelles : {jours}."
        )
    else:
        phrases.append("Aucun rappel n'est prévu : vous pourrez en ajouter dans les réglages.")
    if page.propres:
        phrases.append(
            f"{pluriel(page.propres, 'bilan a,bilans ont')} une échéance particulière : elle est gardée si elle reste "
            "plus lointaine que la nouvelle."
        )
    return phrases


def _si_archive(page: PageCampagne) -> list[str]:
    annee = page.campagne.annee
    phrases = [
        f"Plus rien ne pourra changer en {annee}, pour personne, vous compris : ni les bilans et leurs remarques, ni "
        "les actions et leurs montants, ni les réglages de la campagne. Tout reste à lire et à exporter, et aucun "
        "courriel ne part.",
    ]
    if restent := page.avancement.a_recevoir:
        phrases.append(
            f"{pluriel(restent, 'bilan attendu n’est pas reçu,bilans attendus ne sont pas reçus')} : "
            f"{accord(restent, 'il ne pourra,ils ne pourront')} plus l'être."
        )
    if a_lire := page.avancement.a_lire:
        phrases.append(
            f"{pluriel(a_lire, 'bilan reçu n’est pas validé,bilans reçus ne sont pas validés')} : "
            f"{accord(a_lire, 'ses chiffres n’entreront,leurs chiffres n’entreront')} pas dans le rapport."
        )
    return [*phrases, "Vous pourrez sortir l'année des archives, en disant pourquoi."]


def _si_desarchive(page: PageCampagne) -> list[str]:
    return [
        f"L'année {page.campagne.annee} redevient modifiable : vous pouvez de nouveau corriger ses bilans, ses actions "
        "et ses montants.",
        "Ses bilans restent clos pour les porteurs, et aucun courriel ne part.",
        "Votre raison reste dans l'historique.",
    ]


CONSEQUENCES: dict[str, Callable[[PageCampagne], list[str]]] = {
    "ouvrir": _si_ouvre,
    "clore": _si_clot,
    "rouvrir": _si_rouvre,
    "prolonger": _si_prolonge,
    "archiver": _si_archive,
    "desarchiver": _si_desarchive,
}


def refus_de(campagne: Campagne, nom: str) -> str:
    """Return why `nom` may not be done now; an empty string when it may."""
    return "" if possible(campagne, nom) else refus(campagne, nom)
