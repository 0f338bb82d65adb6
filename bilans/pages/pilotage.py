"""What the dashboard of a year says: where the bilans are, what comes next, by when."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import groupby, islice
from typing import Any

from django.db.models import Min
from django.urls import reverse
from django.utils import timezone

from actions.models import ActionAnnuelle
from actions.querysets import ActionAnnuelleQuerySet
from actions.situation import RequeteCampagne
from comptes.templatetags.typographie import accord, date_longue, pluriel
from documents.formats import INSECABLE
from financements.models import AmbiguiteMontants, TotalControle
from porteurs.models import Echeance

from .. import chiffres
from ..chiffres import Argent, Personnes, Poste, Rapprochement
from ..models import Bilan, Transition
from ..suivi import Avancement, a_verifier, avancement, bilans_lus, est_passee, selon_bilan
from .avancement import Montant, montants

ACTIVITE_MONTREE = 6
TRANSITIONS_LUES = 200
TITRES_CITES = 3
TONS: dict[str, str] = {Bilan.Statut.VALIDE: "fait", Bilan.Statut.A_COMPLETER: "alerte"}
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
class Delai:
    """A dated thing to come, or that is late."""

    libelle: str
    date: date
    detail: str = ""
    url: str = ""
    en_retard: bool = False


class Finances:
    """The money of a year, as the account sees it."""

    def __init__(self, request: RequeteCampagne) -> None:
        self.request = request
        self.campagne, self.utilisateur = request.campagne, request.user

    def url(self, nom: str, criteres: str = "") -> str:
        """Return the address of a page of this year."""
        return reverse(nom, args=[self.request.contrat.slug, self.request.annee]) + criteres

    @cached_property
    def argent(self) -> Argent:
        """The money of the year."""
        return chiffres.argent(self.campagne, self.utilisateur)

    @property
    def constat(self) -> str:
        """The finding on the funders: « La Ville et l'État : 84 % des crédits accordés »."""
        return constat(self.argent.dans_total)

    @property
    def libelle_du_total(self) -> str:
        """What the total is: that of the politique de la ville, or what a funder's account brings to it."""
        if self.utilisateur.has_perm("contrats.gerer", self.request.contrat):
            return "Accordé, total de la politique de la ville"
        return f"Accordé ({', '.join(poste.libelle for poste in self.argent.dans_total)})"

    @property
    def constat_axes(self) -> str:
        """The finding on the axes of the first level."""
        return constat(self.argent.axes_de_tete) or "Ce que reçoit chaque axe"

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

    @cached_property
    def rapprochements(self) -> list[Rapprochement]:
        """The printed totals of the year beside the computed ones; those that differ first."""
        lus = chiffres.rapprochements(self.campagne, self.utilisateur, self.argent)
        return sorted(lus, key=lambda r: not r.ecart)

    @property
    def ecarts(self) -> list[Rapprochement]:
        """The printed totals that the rows do not give."""
        return [r for r in self.rapprochements if r.ecart]

    @property
    def concordances(self) -> list[Rapprochement]:
        """The printed totals that the rows give."""
        return [r for r in self.rapprochements if not r.ecart]

    @property
    def explications(self) -> list[tuple[str, list[Rapprochement]]]:
        """What explains the gaps, each explanation with the totals that it is about."""
        groupes: dict[str, list[Rapprochement]] = {}
        for r in self.ecarts:
            groupes.setdefault(r.imprime.explication, []).append(r)
        return [(explication, totaux) for explication, totaux in groupes.items() if explication]

    @property
    def total_imprime(self) -> Rapprochement | None:
        """The printed total of the whole politique de la ville, when it is not the computed one."""
        nature = TotalControle.Nature.MONTANT
        return next(
            (
                r
                for r in self.ecarts
                if r.imprime.nature == nature and not r.imprime.financeur_id and not r.imprime.porteur_id
            ),
            None,
        )


class Pilotage(Finances):
    """The year of a contract for the account that runs it."""

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
        return avancement(self.lignes)

    @cached_property
    def bilans(self) -> list[Bilan]:
        """The received bilans, with their people."""
        return bilans_lus(self.campagne, self.utilisateur)

    @cached_property
    def montants(self) -> list[Montant]:
        """The progress of the bilans, from awaited to validated, each figure with the rows behind it."""
        actions = pluriel(self.actions, "action,actions")
        return montants(self.avancement, self.url("suivi_bilans"), actions)

    @property
    def phrase_a_verifier(self) -> str:
        """How many received bilans have something that does not add up; empty when none has."""
        anomalies = a_verifier(self.bilans)
        if not anomalies:
            return ""
        nombre = pluriel(len(anomalies), "bilan reçu est,bilans reçus sont")
        valides = sum(bilan.est_valide for bilan in self.bilans if bilan.action_annuelle_id in anomalies)
        suite = f", dont {pluriel(valides, 'déjà validé,déjà validés')}" if valides else ""
        return f"{nombre} à vérifier{suite}."

    @property
    def url_a_verifier(self) -> str:
        """Where what is to be looked at in them is told, and decided of."""
        return self.url("anomalies", "?sur=bilan")

    # -- What to do --------------------------------------------------------------------------------
    @property
    def etape(self) -> Etape:
        """The next thing to do, the most pressing first."""
        a, suivi = self.avancement, self.url("suivi_bilans")
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
        if a.en_retard:
            return Etape(
                f"{pluriel(a.en_retard, 'bilan est,bilans sont')} en retard{self._rappel_de_l_echeance}.",
                f"Voir {accord(a.en_retard, 'ce bilan,ces bilans')}",
                f"{suivi}?bilan=en_retard",
            )
        if a.a_recevoir:
            return Etape(
                f"{pluriel(a.a_recevoir, 'bilan reste,bilans restent')} à recevoir{self._rappel_de_l_echeance}.",
                "Voir les bilans attendus",
                f"{suivi}?bilan=a_recevoir",
            )
        if not a.attendus and not a.recus:
            return Etape(
                f"Aucun bilan n'est attendu en {self.request.annee}{INSECABLE}: aucune action n'est encore programmée.",
                "Voir les actions",
                self.url("liste_actions"),
            )
        return Etape(
            f"Tous les bilans de {self.request.annee} sont lus{INSECABLE}: les annexes sont à jour.",
            "Éditer les annexes",
            self.url("annexes"),
        )

    @property
    def _rappel_de_l_echeance(self) -> str:
        """When the bilans of the year are due; a date that one bilan has of its own is on its row."""
        jour = self.campagne.bilan_echeance
        if jour is None:
            return f"{INSECABLE}: aucune échéance n'est fixée"
        verbe = "était" if est_passee(jour) else "est"
        return f"{INSECABLE}: l'échéance {verbe} le {date_longue(jour)}"

    @cached_property
    def delais(self) -> list[Delai]:
        """What is due: the bilans as long as some are missing, then what the conventions ask."""
        aujourd_hui = timezone.localdate()
        dates = (
            ("Clôture de l'appel à projets", self.campagne.cloture),
            ("Ouverture des bilans", self.campagne.bilan_ouverture),
        )
        delais = [Delai(libelle, jour) for libelle, jour in dates if jour and jour >= aujourd_hui]
        delais += self._delais_des_bilans()
        echeances = Echeance.objects.visibles_par(self.utilisateur).filter(
            convention__contrat=self.request.contrat, faite_le=None, sans_objet=""
        )
        delais += [
            Delai(
                e.libelle,
                e.date,
                e.convention.porteur.nom,
                reverse(
                    "echeance",
                    args=[self.request.contrat.slug, self.request.annee, e.convention.cle, e.pk],
                ),
                e.date < aujourd_hui,
            )
            for e in echeances.select_related("convention__porteur").order_by("date", "libelle")[
                :ECHEANCES_MONTREES
            ]
        ]
        return sorted(delais, key=lambda delai: delai.date)

    def _delais_des_bilans(self) -> list[Delai]:
        """The due date of the year, as long as it is to come or someone is late; then the next one of their own."""
        a, commune, aujourd_hui = self.avancement, self.campagne.bilan_echeance, timezone.localdate()
        delais = []
        if commune and commune >= aujourd_hui:
            detail = pluriel(
                a.a_recevoir, "bilan encore attendu,bilans encore attendus,tous les bilans sont reçus"
            )
            url = self.url("suivi_bilans", "?bilan=a_recevoir") if a.a_recevoir else ""
            delais.append(Delai("Échéance des bilans", commune, detail, url))
        elif commune and a.en_retard:
            detail = pluriel(a.en_retard, "bilan en retard,bilans en retard")
            url = self.url("suivi_bilans", "?bilan=en_retard")
            delais.append(Delai("Échéance des bilans", commune, detail, url, en_retard=True))
        prochaine = self.prolonges.aggregate(jour=Min("bilan__echeance_prolongee"))["jour"]
        if prochaine:
            detail = (
                "pour un bilan"
                if a.prolonges == 1
                else f"la plus proche des {a.prolonges} échéances prolongées"
            )
            url = self.url("suivi_bilans", "?bilan=prolonges")
            delais.append(Delai("Échéance prolongée", prochaine, detail, url, est_passee(prochaine)))
        return delais

    @property
    def prolonges(self) -> ActionAnnuelleQuerySet:
        """The actions whose bilan is awaited for a date of its own."""
        return self.lignes.filter(selon_bilan("prolonges", self.utilisateur, self.campagne))

    @cached_property
    def activite(self) -> list[dict[str, Any]]:
        """What happened to the bilans of the year, the newest first; what one person did in a day, together."""
        transitions = Transition.objects.visibles_par(self.utilisateur).filter(
            bilan__action_annuelle__campagne=self.campagne
        )
        recentes = transitions.select_related("auteur", "bilan__action_annuelle__action").order_by(
            "-date", "-pk"
        )
        groupes = groupby(
            recentes[:TRANSITIONS_LUES], key=lambda t: (timezone.localdate(t.date), t.auteur_id, t.vers)
        )
        return [_evenement(list(groupe)) for _, groupe in islice(groupes, ACTIVITE_MONTREE)]

    # -- People ------------------------------------------------------------------------------------
    @cached_property
    def _valides(self) -> list[Bilan]:
        return [bilan for bilan in self.bilans if bilan.est_valide]

    @cached_property
    def personnes(self) -> list[Personnes]:
        """The people of the validated bilans."""
        return chiffres.personnes(self._valides)

    @property
    def phrase_personnes(self) -> str:
        """How many bilans state people: « 14 bilans sur 41 donnent un effectif ; 6 par sexe »."""
        donnes, par_sexe, estimes = chiffres.qui_dit_combien(self._valides)
        phrase = (
            f"{pluriel(donnes, 'bilan validé,bilans validés')} sur {len(self._valides)} "
            f"{accord(donnes, 'donne,donnent')} un effectif{INSECABLE}; {par_sexe} par sexe."
        )
        if estimes:
            phrase += (
                f" {pluriel(estimes, 'bilan ne donne,bilans ne donnent')} qu'une estimation ou une fourchette, "
                "qui n'est pas ajoutée."
            )
        return phrase


def _evenement(transitions: list[Transition]) -> dict[str, Any]:
    """Return what one person did to some bilans in a day, as `composants/historique.html` shows it."""
    premiere = transitions[0]
    titres = [t.bilan.action_annuelle.action.intitule for t in transitions]
    if len(titres) == 1:
        quoi = f"{titres[0]}{INSECABLE}: {premiere.get_vers_display().lower()}"
    else:
        cites = ", ".join(titres[:TITRES_CITES])
        reste = len(titres) - TITRES_CITES
        suite = f" et {pluriel(reste, 'autre,autres')}" if reste > 0 else ""
        etat = f"«{INSECABLE}{premiere.get_vers_display().lower()}{INSECABLE}»"
        quoi = f"{len(titres)} bilans passés à {etat}{INSECABLE}: {cites}{suite}"
    return {
        "quand": premiere.date,
        "qui": premiere.auteur,
        "quoi": quoi,
        "ton": TONS.get(premiere.vers, ""),
        "motif": premiere.commentaire if len(titres) == 1 else "",
        "changements": [],
    }


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
