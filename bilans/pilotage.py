"""What the dashboard of a year says: where the bilans are, what comes next, by when."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.urls import reverse
from django.utils import timezone

from actions.models import ActionAnnuelle
from actions.querysets import ActionAnnuelleQuerySet
from actions.situation import RequeteCampagne
from comptes.templatetags.typographie import accord, date_longue, pluriel
from documents.formats import INSECABLE
from financements.models import AmbiguiteMontants
from porteurs.models import Echeance

from . import chiffres
from .chiffres import Argent, Avancement, Personnes, Poste
from .models import Bilan, Transition

ACTIVITE_MONTREE = 8
ECHEANCES_MONTREES = 6
# A funder is named in the finding until together they bring this part.
PART_DITE = 75
NOMS_DITS = 3


@dataclass(frozen=True)
class Etape:
    """The next thing to do: one sentence, one button."""

    phrase: str
    bouton: str
    url: str


@dataclass(frozen=True)
class Montant:
    """A figure of the progress, with its upright: `part` in points of what is awaited."""

    libelle: str
    nombre: int
    part: int
    url: str
    detail: str = ""
    ton: str = ""


@dataclass(frozen=True)
class Delai:
    """A dated thing to come, or that is late."""

    libelle: str
    date: date
    detail: str = ""
    url: str = ""
    en_retard: bool = False


class Pilotage:
    """The year of a contract for the account that runs it."""

    def __init__(self, request: RequeteCampagne) -> None:
        self.request = request
        self.campagne, self.utilisateur = request.campagne, request.user

    def url(self, nom: str, criteres: str = "") -> str:
        """Return the address of a page of this year."""
        return reverse(nom, args=[self.request.contrat.slug, self.request.annee]) + criteres

    # -- Bilans ------------------------------------------------------------------------------------
    @cached_property
    def lignes(self) -> ActionAnnuelleQuerySet:
        """The actions of the year."""
        lignes: ActionAnnuelleQuerySet = ActionAnnuelle.objects.visibles_par(self.utilisateur)
        return lignes.filter(campagne=self.campagne)

    @cached_property
    def actions(self) -> int:
        """How many actions the year has."""
        return self.lignes.count()

    @cached_property
    def avancement(self) -> Avancement:
        """How far the bilans are."""
        return chiffres.avancement(self.lignes)

    @cached_property
    def bilans(self) -> list[Bilan]:
        """The received bilans, with their people."""
        return chiffres.bilans_lus(self.campagne, self.utilisateur)

    @cached_property
    def montants(self) -> list[Montant]:
        """The progress of the bilans, from awaited to validated, each figure with the rows behind it."""
        a, suivi = self.avancement, self.url("suivi_bilans")
        anomalies = chiffres.a_verifier(self.bilans)
        bloques = sum(any(x.bloquante for x in trouvees) for trouvees in anomalies.values())
        return [
            Montant("Bilans attendus", a.attendus, 100 if a.attendus else 0, f"{suivi}?bilan=attendus"),
            Montant("Reçus", a.recus, self._part(a.recus), f"{suivi}?bilan=recus", self._pour_cent(a.recus)),
            Montant(
                "À lire",
                a.a_lire,
                self._part(a.a_lire),
                f"{suivi}?bilan=a_lire",
                "transmis, pas encore validés" if a.a_lire else "",
                "encours",
            ),
            Montant(
                "À vérifier",
                len(anomalies),
                self._part(len(anomalies)),
                f"{suivi}?bilan=anomalies",
                f"dont {pluriel(bloques, 'à corriger,à corriger')}" if bloques else "",
                "alerte",
            ),
            Montant(
                "Validés",
                a.valides,
                self._part(a.valides),
                f"{suivi}?bilan=valides",
                self._pour_cent(a.valides),
                "fait",
            ),
        ]

    def _part(self, nombre: int) -> int:
        return min(int(self.avancement.part(nombre) or 0), 100)

    def _pour_cent(self, nombre: int) -> str:
        part = self.avancement.part(nombre)
        return "" if part is None else f"{int(part)}{INSECABLE}% des attendus"

    # -- What to do --------------------------------------------------------------------------------
    @cached_property
    def a_trancher(self) -> list[AmbiguiteMontants]:
        """The rows whose amounts can be read in several ways, and that nobody has settled."""
        ouvertes = AmbiguiteMontants.objects.visibles_par(self.utilisateur).filter(
            action_annuelle__campagne=self.campagne, tranchee_le=None
        )
        return list(
            ouvertes.select_related("action_annuelle__action__porteur").order_by(
                "action_annuelle__ordre", "action_annuelle__pk"
            )
        )

    @property
    def etape(self) -> Etape:
        """The next thing to do, the most pressing first."""
        a, suivi = self.avancement, self.url("suivi_bilans")
        echeance = self.campagne.bilan_echeance
        if not self.actions:
            return Etape(
                f"Le programme de {self.request.annee} est vide{INSECABLE}: commencez par ses actions.",
                "Ajouter une action",
                self.url("action_creer"),
            )
        if a.a_lire:
            return Etape(
                f"{pluriel(a.a_lire, 'bilan transmis attend,bilans transmis attendent')} votre lecture.",
                f"Lire {accord(a.a_lire, 'ce bilan,ces bilans')}",
                f"{suivi}?bilan=a_lire",
            )
        if self.a_trancher:
            nombre = len(self.a_trancher)
            return Etape(
                f"Les montants de {pluriel(nombre, 'action,actions')} se lisent de plusieurs façons{INSECABLE}: dites "
                "laquelle est la bonne.",
                "Trancher les montants",
                self.url("financements", "#a-trancher"),
            )
        if a.a_recevoir and echeance:
            return Etape(
                f"{pluriel(a.a_recevoir, 'bilan manque,bilans manquent')}, l'échéance "
                f"{'était' if echeance < timezone.localdate() else 'est'} le {date_longue(echeance)}.",
                "Voir les bilans attendus",
                f"{suivi}?bilan=a_recevoir",
            )
        if a.a_recevoir:
            return Etape(
                f"{pluriel(a.a_recevoir, 'bilan reste,bilans restent')} à recevoir. Aucune échéance n'est fixée.",
                "Voir les bilans attendus",
                f"{suivi}?bilan=a_recevoir",
            )
        return Etape(
            f"Tous les bilans de {self.request.annee} sont lus{INSECABLE}: les annexes sont à jour.",
            "Éditer les annexes",
            self.url("annexes"),
        )

    @cached_property
    def delais(self) -> list[Delai]:
        """What is due: the bilans as long as some are missing, then what the conventions ask."""
        aujourd_hui = timezone.localdate()
        dates = (
            ("Clôture de l'appel à projets", self.campagne.cloture),
            ("Ouverture des bilans", self.campagne.bilan_ouverture),
        )
        delais = [Delai(libelle, jour) for libelle, jour in dates if jour and jour >= aujourd_hui]
        echeance, manquants = self.campagne.bilan_echeance, self.avancement.a_recevoir
        if echeance and (manquants or echeance >= aujourd_hui):
            delais.append(
                Delai(
                    "Échéance des bilans",
                    echeance,
                    pluriel(
                        manquants, "bilan encore attendu,bilans encore attendus,tous les bilans sont reçus"
                    ),
                    self.url("suivi_bilans", "?bilan=a_recevoir") if manquants else "",
                    bool(manquants) and echeance < aujourd_hui,
                )
            )
        echeances = Echeance.objects.visibles_par(self.utilisateur).filter(
            convention__contrat=self.request.contrat, faite_le=None
        )
        delais += [
            Delai(
                e.libelle,
                e.date,
                e.convention.porteur.nom,
                reverse(
                    "porteur_detail",
                    args=[self.request.contrat.slug, self.request.annee, e.convention.porteur.cle],
                ),
                e.date < aujourd_hui,
            )
            for e in echeances.select_related("convention__porteur").order_by("date", "libelle")[
                :ECHEANCES_MONTREES
            ]
        ]
        return sorted(delais, key=lambda delai: delai.date)

    @cached_property
    def activite(self) -> list[dict[str, object]]:
        """What happened to the bilans of the year, the newest first."""
        transitions = Transition.objects.visibles_par(self.utilisateur).filter(
            bilan__action_annuelle__campagne=self.campagne
        )
        tons = {Bilan.Statut.VALIDE: "fait", Bilan.Statut.A_COMPLETER: "alerte"}
        return [
            {
                "quand": t.date,
                "qui": t.auteur,
                "quoi": f"{t.bilan.action_annuelle.action.intitule}{INSECABLE}: {t.get_vers_display().lower()}",
                "ton": tons.get(t.vers, ""),
                "motif": t.commentaire,
                "changements": [],
            }
            for t in transitions.select_related("auteur", "bilan__action_annuelle__action").order_by(
                "-date", "-pk"
            )[:ACTIVITE_MONTREE]
        ]

    # -- Money and people --------------------------------------------------------------------------
    @cached_property
    def argent(self) -> Argent:
        """The money of the year."""
        return chiffres.argent(self.campagne, self.utilisateur)

    @cached_property
    def personnes(self) -> list[Personnes]:
        """The people of the validated bilans."""
        return chiffres.personnes([bilan for bilan in self.bilans if bilan.est_valide])

    @property
    def constat(self) -> str:
        """The finding on the funders: « La Ville et l'État portent 84 % des crédits »."""
        return constat(self.argent.dans_total)

    @property
    def constat_axes(self) -> str:
        """The finding on the axes of the first level."""
        return constat(self.argent.axes_de_tete) or "Ce que reçoit chaque axe"

    @property
    def phrase_personnes(self) -> str:
        """How many bilans state people: « 14 bilans sur 41 donnent un effectif ; 6 par sexe »."""
        ensemble = self.personnes[0]
        phrase = (
            f"{pluriel(ensemble.bilans, 'bilan,bilans')} sur {self.avancement.valides} "
            f"{accord(ensemble.bilans, 'donne,donnent')} un effectif{INSECABLE}; {ensemble.par_sexe} par sexe."
        )
        if ensemble.estimations:
            phrase += (
                f" {pluriel(ensemble.estimations, 'autre donne,autres donnent')} une estimation ou une fourchette, "
                "qui n'est pas ajoutée."
            )
        return phrase


def constat(postes: list[Poste]) -> str:
    """Return in one sentence who brings most of the money; empty when there is none, or a single funder."""
    connus = sorted((p for p in postes if p.part), key=lambda poste: -(poste.part or 0))
    if len(connus) < 2:
        return ""
    noms: list[str] = []
    cumul = Decimal(0)
    for poste in connus[:NOMS_DITS]:
        noms.append(poste.libelle)
        cumul += poste.part or Decimal(0)
        if cumul >= PART_DITE:
            break
    liste = " et ".join([", ".join(noms[:-1]), noms[-1]] if len(noms) > 1 else noms)
    return f"{liste}{INSECABLE}: {round(cumul)}{INSECABLE}% des crédits accordés"
