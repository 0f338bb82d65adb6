"""The grid of the fast entry: a bilan a row, its main figures in columns, what does not add up said at once."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils import timezone

from actions.models import ActionAnnuelle, TrancheAge
from actions.situation import RequeteCampagne
from comptes.champs import ESPACES, ChampNombre
from comptes.templatetags.typographie import heure, insecables, pluriel
from documents.formats import INSECABLE, nombre

from .. import effectifs as eff
from ..controles import Anomalie, Gravite
from ..controles.justifications import Constat, a_traiter, constats_bilans
from ..models import Bilan, Effectif
from ..operations import DEPUIS
from ..operations.brouillon import ConflitDeChamp
from ..saisie import PLUS_GRAND_EFFECTIF
from ..suivi import suivies_par
from .listes import LignesTriees
from .programme import trier

# A page holds a year of most contracts, so that a column of a workbook is pasted at once.
LIGNES_PAR_PAGE = 200
REALISATIONS = {
    # Words that each begin with the letter that chooses them.
    Bilan.Realisation.REALISEE.value: "Réalisée",
    Bilan.Realisation.PARTIELLE.value: "Partielle",
    Bilan.Realisation.NON_REALISEE.value: "Non réalisée",
    Bilan.Realisation.REPORTEE.value: "Dates à modifier",
}
REALISATION = "realisation"
REALISATION_INCONNUE = "Choisissez réalisée (r), partielle (p), non réalisée (n) ou dates à modifier (d)."
# « 12,0 »: a whole number as a spreadsheet may write it. Three zeros would be thousands, or not: not guessed.
ZEROS_DECIMAUX = re.compile(r"(?<=[0-9])[.,]0{1,2}$")


class Colonne(NamedTuple):
    """A column of the grid: a field of the bilan (bilans.saisie), its header, what is added to it when read aloud."""

    nom: str
    libelle: str
    suite: str = ""

    @property
    def cellule(self) -> tuple[str, str] | None:
        """The perimeter and the sex of a column of people; None for the others."""
        morceaux = self.nom.split("_")
        return (morceaux[0], morceaux[2]) if morceaux[0] in eff.PERIMETRES else None


def _personnes(perimetre: str, sexe: str, libelle: str) -> Colonne:
    suite = " du QPV" if perimetre == eff.QPV else ""
    return Colonne(eff.nom_du_champ(perimetre, eff.Cellule(None, sexe)), libelle, suite)


COLONNES = (
    Colonne(REALISATION, "L'action a été"),
    _personnes(eff.ENSEMBLE, eff.FEMMES, "Femmes"),
    _personnes(eff.ENSEMBLE, eff.HOMMES, "Hommes"),
    _personnes(eff.ENSEMBLE, eff.NON_RENSEIGNE, "Non rens."),
    _personnes(eff.ENSEMBLE, eff.TOTAL, "Total"),
    _personnes(eff.QPV, eff.FEMMES, "Femmes"),
    _personnes(eff.QPV, eff.HOMMES, "Hommes"),
    _personnes(eff.QPV, eff.TOTAL, "Total"),
    Colonne("nombre_seances", "Séances"),
    Colonne("benevoles", "Bénévoles"),
)
PAR_NOM = {colonne.nom: colonne for colonne in COLONNES}


# -- Reading what is typed -------------------------------------------------------------------------
def lire_case(nom: str, texte: str) -> str:
    """Return what is typed in a cell as it may be saved: « 1 234 » and « 12,0 » are numbers, « p » an outcome.

    Raises ValidationError, in French, for what cannot be read: it stays in the cell, and is not saved.
    """
    if nom == REALISATION:
        return _lire_realisation(texte)
    propre = ZEROS_DECIMAUX.sub("", ESPACES.sub(" ", texte).strip())
    champ = ChampNombre(maximum=PLUS_GRAND_EFFECTIF, required=False)
    valeur = champ.clean(propre)
    return "" if valeur is None else str(valeur)


def _lire_realisation(texte: str) -> str:
    mot = ESPACES.sub(" ", texte).strip().lower()
    if not mot or mot in REALISATIONS:
        return mot
    for valeur, libelle in REALISATIONS.items():
        officiel = Bilan.Realisation(valeur).label.lower()
        if len(mot) == 1 and libelle.lower().startswith(mot):
            return valeur
        if mot in (libelle.lower(), officiel):
            return valeur
    raise ValidationError(REALISATION_INCONNUE)


# -- A row -----------------------------------------------------------------------------------------
@dataclass
class Conflit:
    """What someone else saved in a cell: as typed, as read, by whom and when."""

    libelle: str
    autre: str
    autre_lisible: str
    qui: str
    quand: str

    @classmethod
    def depuis(cls, nom: str, conflit: ConflitDeChamp) -> "Conflit":
        autre = REALISATIONS.get(conflit.autre, conflit.autre)
        return cls(
            f"{PAR_NOM[nom].libelle}{PAR_NOM[nom].suite}",
            conflit.autre,
            autre or "rien",
            str(conflit.qui) if conflit.qui else "une autre personne",
            f" (saisie commencée{moment(conflit.quand)})" if conflit.quand else "",
        )

    @property
    def phrase(self) -> str:
        """What happened, and what to do without a script."""
        return insecables(
            f"{self.libelle} : {self.qui} a enregistré « {self.autre_lisible} »{self.quand}. Enregistrez de nouveau "
            "pour garder votre valeur, ou remettez la sienne."
        )


@dataclass
class CaseSaisie:
    """A cell as it is shown: what is saved or was just typed there, and what its figures add up to when blank."""

    colonne: Colonne
    nom: str
    valeur: str
    calcule: str = ""
    erreur: str = ""

    @property
    def choix(self) -> list[tuple[str, str]]:
        """The outcomes to choose from, what was typed in their place included; empty for a number."""
        if self.colonne.nom != REALISATION:
            return []
        autre = [(self.valeur, self.valeur)] if self.valeur and self.valeur not in REALISATIONS else []
        return [*REALISATIONS.items(), *autre]


@dataclass
class EtatDeLigne:
    """Where a bilan stands: its state in words, what does not add up, whether it can be validated as it is."""

    statut: str
    constats: list[Anomalie]
    complet: bool

    def en_json(self) -> dict[str, Any]:
        """Return what the script shows in the last column."""
        constats = [{"message": a.message, "bloquante": a.bloquante} for a in self.constats]
        return {"statut": self.statut, "constats": constats, "complet": self.complet}


@dataclass
class Ligne:
    """A row of the grid."""

    annuelle: ActionAnnuelle
    url: str
    avant: dict[str, str]
    cases: list[CaseSaisie]
    etat: EtatDeLigne
    conflits: list[Conflit] = field(default_factory=list)
    refus: str = ""

    @property
    def avant_json(self) -> str:
        """What the page knows as saved, for the form sent without a script."""
        return json.dumps(self.avant)

    @property
    def erreurs(self) -> list[str]:
        """What is not saved, and why."""
        return [
            f"{case.colonne.libelle}{case.colonne.suite}{INSECABLE}: {case.erreur}"
            for case in self.cases
            if case.erreur
        ]


def valeurs(bilan: Bilan | None, grilles: Mapping[str, eff.Grille]) -> dict[str, str]:
    """Return what the cells of a bilan hold: what was typed and cannot be read yet, else the stored value."""
    if bilan is None:
        return dict.fromkeys(PAR_NOM, "")
    brutes = {}
    for nom, colonne in PAR_NOM.items():
        if colonne.cellule:
            perimetre, sexe = colonne.cellule
            stockee = nombre(grilles[perimetre].valeur(None, sexe))
        else:
            valeur = getattr(bilan, nom)
            stockee = valeur if nom == REALISATION else nombre(valeur)
        brutes[nom] = bilan.saisie_en_attente.get(nom, stockee)
    return brutes


def calculs(grilles: Mapping[str, eff.Grille]) -> dict[str, str]:
    """Return what a blank cell of people is worth: the sum of its row or of its ages; empty when unknown."""
    sommes = {}
    for nom, colonne in PAR_NOM.items():
        if colonne.cellule:
            perimetre, sexe = colonne.cellule
            grille = grilles[perimetre]
            sommes[nom] = nombre(grille.total if sexe == eff.TOTAL else grille.total_de_la_colonne(sexe))
    return sommes


def etat_de_ligne(bilan: Bilan | None, trouves: Iterable[Constat]) -> EtatDeLigne:
    """Return where a bilan stands, with what was found in it; None is one that nobody has opened."""
    if bilan is None:
        return EtatDeLigne(str(Bilan.Statut.A_SAISIR.label), [], complet=False)
    a_regarder = a_traiter(trouves)
    constats = _ceux_de_la_grille(a_regarder)
    if bilan.realisation in Bilan.REALISATIONS_MOTIVEES and not bilan.motif_non_realisation:
        phrase = "Écrivez dans le bilan pourquoi l'action n'a pas eu lieu ou a été reportée."
        constats.insert(0, Anomalie("MOTIF", Gravite.BLOQUANT, insecables(phrase), "motif_non_realisation"))
    complet = (
        bool(bilan.realisation) and not bilan.saisie_en_attente and not any(a.bloquante for a in constats)
    )
    return EtatDeLigne(bilan.get_statut_display(), constats, complet)


def _ceux_de_la_grille(trouvees: list[Anomalie]) -> list[Anomalie]:
    """Return what stops the validation or is about a column of the grid; the rest is only counted."""
    montrees = [a for a in trouvees if a.bloquante or a.champ in PAR_NOM]
    reste = len(trouvees) - len(montrees)
    if reste:
        phrase = f"{pluriel(reste, 'autre remarque,autres remarques')} dans le bilan."
        montrees.append(Anomalie("RESTE", Gravite.ALERTE, insecables(phrase)))
    return montrees


def moment(quand: datetime | None) -> str:
    """Return « à 10 h 04 » for today, « le 3 mai à 10 h 04 » before, with the space in front; else nothing."""
    if quand is None:
        return ""
    local = timezone.localtime(quand)
    jour = "" if local.date() == timezone.localdate() else f" le {local:%d/%m}"
    return f"{jour} à {heure(quand)}"


# -- The grid --------------------------------------------------------------------------------------
class GrilleRapide(LignesTriees):
    """The bilans of the year that may be written, as the address filters and sorts them, a page at a time."""

    principaux = ("q", "axe", "porteur", "bilan")

    def __init__(self, request: RequeteCampagne) -> None:
        super().__init__(request)
        ouverts = Q(bilan__statut__in=DEPUIS["enregistrer"])
        attendus = suivies_par(request.user) & ~Q(statut__in=ActionAnnuelle.STATUTS_SANS_BILAN)
        self.ouvertes = (
            Q(pk__in=[]) if request.campagne.est_archivee else ouverts | (attendus & Q(bilan__isnull=True))
        )
        self.page = self._lire_page()
        self._constats = self._lire_les_constats()
        self.lignes_saisies = [self._ligne(annuelle) for annuelle in self.page]

    def _lire_page(self) -> Page[Any]:
        effectifs = Effectif.objects.order_by("pk")
        lignes = trier(self.lignes.filter(self.ouvertes), self.tris).select_related(
            "action__porteur__parent", "dispositif", "bilan"
        )
        lues = lignes.prefetch_related(Prefetch("bilan__effectifs", effectifs))
        paginateur: Paginator[Any] = Paginator(lues, LIGNES_PAR_PAGE)
        try:
            return paginateur.page(self.criteres.get("page", 1))
        except (PageNotAnInteger, EmptyPage):
            self.avis.append("Cette page de la grille n'existe pas. Voici la première.")
            return paginateur.page(1)

    def _lire_les_constats(self) -> dict[int, list[Constat]]:
        """Return what is found in the bilans of the page, by key."""
        bilans = [bilan for annuelle in self.page if (bilan := getattr(annuelle, "bilan", None))]
        for bilan in bilans:
            bilan.action_annuelle.campagne = self.request.campagne
        return constats_bilans(bilans)

    def _ligne(self, annuelle: ActionAnnuelle) -> Ligne:
        bilan: Bilan | None = getattr(annuelle, "bilan", None)
        grilles = eff.grilles(bilan.effectifs.all() if bilan else [], self._tranches)
        brutes, sommes = valeurs(bilan, grilles), calculs(grilles)
        cases = [
            CaseSaisie(colonne, f"{annuelle.cle}-{nom}", brutes[nom], sommes.get(nom, ""))
            for nom, colonne in PAR_NOM.items()
        ]
        page = "bilan_saisir" if bilan else "action_detail"
        return Ligne(
            annuelle,
            reverse(page, args=[self.request.contrat.slug, self.request.annee, annuelle.cle]),
            brutes,
            cases,
            etat_de_ligne(bilan, self._constats.get(bilan.pk, []) if bilan else []),
        )

    @cached_property
    def _tranches(self) -> tuple[TrancheAge, ...]:
        return tuple(self.request.campagne.tranches.order_by("ordre"))

    @property
    def colonnes(self) -> tuple[Colonne, ...]:
        """The columns that are typed."""
        return COLONNES

    @property
    def existe(self) -> bool:
        """Whether the year has a bilan to enter, whatever the filters."""
        return bool(self.filtre.queryset.filter(self.ouvertes).exists())

    @property
    def phrase(self) -> str:
        """What the grid holds: « 41 bilans sur lesquels vous pouvez écrire »."""
        formes = "bilan sur lequel,bilans sur lesquels,Aucun bilan sur lequel"
        combien = pluriel(self.page.paginator.count, formes)
        return f"{combien} vous pouvez écrire. Ceux qui sont validés ou dispensés n'y sont pas."
