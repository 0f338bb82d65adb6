"""What the cells of a row say, by name of value (`valeurs`): read once, kept as JSON in the row of the import.

A cell is {"lu": plain value, "cellule": "F12"}; one that cannot be read has « illisible » (the sentence) and « texte »
in place of « lu », one that may be read in several ways « lectures » ([[value, words]…]), « question » and « texte ».
Names of rows are left as they are written: `rapprochement` finds who they are.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from actions.models import ActionAnnuelle, Campagne
from documents.formats import date_longue, montant, nombre
from documents.normalisation import normaliser
from documents.tableurs.modele import Valeur
from documents.tableurs.valeurs import (
    Ambigu,
    DateAmbigue,
    Entier,
    Illisible,
    Intervalle,
    Jour,
    Montant,
    Periode,
    lire_date,
    lire_entier,
    lire_montant,
)

from ..models import Bilan
from . import champs
from .champs import Genre, champ, lire_effectif
from .lignes import LigneLue
from .structure import Colonne, Structure
from .valeurs import DU_BILAN, montant_json, nom_de_l_effectif, nom_du_bilan, texte_json

Cellule = dict[str, Any]
Lues = dict[str, Cellule]

# Fields whose values are in the bilan, though the table gives them without saying so.
BUDGETS = {"cout_prevu": "budget:previsionnel", "cout_realise": "budget:realise"}
# Columns that say the same twice, or nothing to write.
SANS_VALEUR = (champs.NOTE, champs.IGNORER, "part", champs.FINANCEUR)
# Of two columns of one of these, both are kept, one under the other.
A_LA_SUITE = Genre.TEXTE

# What a merged cell, or the row above, says of the rows below too: who they are, how they are filed. A narrative or a
# figure is that of its own row.
HERITABLES = (
    *("porteur", "siret", "rna", "intitule", "reference", "annee", "axe_1", "axe_2", "axe_3", "thematique"),
    *("domaine", "dispositif", "territoires", "type", "statut"),
)

# What people write for a choice, beside its own words.
OUI = ("oui", "o", "x", "vrai", "fait", "faite")
NON = ("non", "n", "faux")
SYNONYMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "statut": {
        "realisee": (*OUI, "realise", "terminee", "termine"),
        "partiellement_realisee": (
            "en partie",
            "partielle",
            "partiellement",
            "realisee en partie",
            "realise partiellement",
        ),
        "reportee": ("report", "reporte"),
        "abandonnee": ("annulee", "annule", "abandonne", "abandon", "non realisee", "non realise", *NON),
        "refusee": ("refuse", "rejetee", "rejete", "defavorable", "avis defavorable"),
        "ajournee": ("ajourne", "ajournement"),
        "programmee": (
            "programme",
            "retenue",
            "retenu",
            "acceptee",
            "validee",
            "favorable",
            "avis favorable",
        ),
        "deposee": ("depose",),
        "en_cours": ("encours",),
    },
    "type": {
        "nouvelle": ("nouveau", "nouvelle", "n", "creation", "1re demande", "premiere demande"),
        "reconduction": (
            "reconduite",
            "reconduit",
            "renouvellement",
            "renouvelee",
            "r",
            "ancienne",
            "existante",
        ),
    },
    "bilan.realisation": {
        "realisee": (*OUI, "realise", "totalement", "entierement"),
        "partielle": ("en partie", "partiellement", "partiel", "partiellement realisee"),
        "reportee": ("report", "reporte", "reportee"),
        "non_realisee": (*NON, "non realise", "annulee", "annule", "abandonnee"),
    },
}


AXE_DU_BLOC = "axe_1"


@dataclass
class Lecteur:
    """Reads the rows of a table as its columns are understood."""

    structure: Structure
    campagne: Campagne
    vides_effacent: bool = False
    # what could not be understood of the columns: said once for the whole file
    avertissements: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tranches = {(t.age_min, t.age_max): t.pk for t in self.campagne.tranches.order_by("ordre")}
        self._colonnes = {
            cle: (colonne, nom)
            for index, cle in self.structure.cles.items()
            if (colonne := self.structure.colonne(cle)) is not None
            and (nom := self._nom(colonne))
            and index >= 0
        }

    @property
    def noms(self) -> dict[str, str]:
        """The name of the value of each column of the table, by its key."""
        return {cle: nom for cle, (_, nom) in self._colonnes.items()}

    def _nom(self, colonne: Colonne) -> str:
        """Return the name of the values of a column; an empty string for one that is not written anywhere."""
        nom = colonne.champ
        if nom in SANS_VALEUR:
            return ""
        if colonne.est_montant:
            etat = nom.partition(":")[2]
            if etat == "verse":
                self._avertir(
                    f"La colonne « {colonne.titre} » donne des montants versés : Pilotis les calcule des versements, "
                    "ils ne sont pas repris."
                )
                return ""
            return f"montant:{etat}:{colonne.financeur or '?'}"
        if (effectif := lire_effectif(nom)) is not None:
            ages = effectif.age_min, effectif.age_max
            if effectif.age_min is None:
                return nom_de_l_effectif(effectif.perimetre, effectif.sexe, None)
            if ages not in self._tranches:
                self._avertir(
                    f"La colonne « {colonne.titre} » compte une tranche d'âge que les bilans de {self.campagne.annee} "
                    "n'ont pas : elle n'est pas reprise. Ajoutez la tranche dans les réglages, puis relisez le fichier."
                )
                return ""
            return nom_de_l_effectif(effectif.perimetre, effectif.sexe, self._tranches[ages])
        if nom in BUDGETS:
            return BUDGETS[nom]
        if nom in ("date_debut", "date_fin"):
            return nom
        return nom_du_bilan(nom) if nom in DU_BILAN else nom

    def _avertir(self, phrase: str) -> None:
        if phrase not in self.avertissements:
            self.avertissements.append(phrase)

    # -- A row -------------------------------------------------------------------------------------
    def lire(self, ligne: LigneLue) -> Lues:
        """Return what the cells of a row say, by name of value; a blank cell says nothing."""
        lues: Lues = {}
        payeur = str(ligne.valeurs.get(self._cle(champs.FINANCEUR), "") or "").strip()
        for cle, (colonne, nom) in self._colonnes.items():
            if nom.endswith(":?"):
                if not payeur:
                    continue
                nom = nom.removesuffix("?") + payeur
            valeur = ligne.valeurs.get(cle)
            cellule = ligne.cellules.get(cle, "")
            if cle in ligne.heritees and nom not in HERITABLES:
                continue
            lue = self._lire(nom, colonne, valeur) if valeur is not None else None
            if lue is None:
                if self.vides_effacent and cle not in ligne.heritees and nom not in lues:
                    lues[nom] = {"lu": None, "cellule": cellule}
                continue
            lue["cellule"] = cellule
            self._ajouter(lues, nom, lue, colonne)
        if AXE_DU_BLOC in ligne.valeurs and AXE_DU_BLOC not in self._colonnes:
            self._lire_l_axe_du_bloc(ligne, lues)
        return lues

    def _lire_l_axe_du_bloc(self, ligne: LigneLue, lues: Lues) -> None:
        """Read the axe that a heading above the row gives, in a table that has no column for it."""
        colonne = Colonne(-1, "", champ=AXE_DU_BLOC)
        lue = self._lire(AXE_DU_BLOC, colonne, ligne.valeurs[AXE_DU_BLOC])
        if lue is not None:
            lue["cellule"] = ligne.cellules[AXE_DU_BLOC]
            self._ajouter(lues, AXE_DU_BLOC, lue, colonne)

    def _cle(self, nom: str) -> str:
        colonnes = self.structure.des_champs(nom)
        return self.structure.cles[colonnes[0].index] if colonnes else ""

    def _ajouter(self, lues: Lues, nom: str, lue: Cellule, colonne: Colonne) -> None:
        """Keep a value; a second text for the same field goes under the first, a second figure is asked about."""
        deja = lues.get(nom)
        if deja is None or deja.get("lu") is None:
            lues[nom] = lue
        elif deja.get("lu") == lue.get("lu"):
            return
        elif champ(colonne.champ).genre == A_LA_SUITE and "lu" in lue and "lu" in deja:
            deja["lu"] = f"{deja['lu']}\n{lue['lu']}"
        else:
            self._avertir(
                f"Deux colonnes disent la même chose, dont « {colonne.titre} » : la première est lue. Changez ce "
                "que contient l'une d'elles si ce n'est pas la bonne."
            )

    def _lire(self, nom: str, colonne: Colonne, valeur: Valeur) -> Cellule | None:
        """Return what a cell says; None for a blank."""
        if nom.startswith("montant:") or nom.startswith("budget:") or nom in ("total_ligne", "sous_total"):
            return lire_cellule_montant(valeur)
        if nom.startswith("effectif:") or champ(colonne.champ).genre == Genre.ENTIER:
            return _cellule_entier(valeur)
        if champ(colonne.champ).genre == Genre.DATE:
            return _cellule_date(nom, valeur, self.campagne.annee)
        if nom in SYNONYMES:
            return _cellule_choix(nom, str(valeur))
        texte = texte_json(str(valeur))
        return None if texte is None else {"lu": texte}


def lire_cellule_montant(valeur: Valeur) -> Cellule | None:
    """Return an amount as a cell says it; None for a blank."""
    match lire_montant(valeur):
        case None:
            return None
        case Montant(valeur=euros):
            return {"lu": montant_json(euros)}
        case Ambigu(lectures=lectures, raison=raison):
            choix = [[montant_json(lecture), montant(lecture)] for lecture in lectures if lecture >= 0]
            return {"lectures": choix, "question": raison, "texte": str(valeur)}
        case Illisible(raison=raison):
            return {"illisible": raison, "texte": str(valeur)}


def _cellule_entier(valeur: Valeur) -> Cellule | None:
    match lire_entier(valeur):
        case None:
            return None
        case Entier(valeur=lu, approximatif=approximatif):
            return {"lu": lu, "approximatif": True} if approximatif else {"lu": lu}
        case Intervalle(minimum=bas, maximum=haut):
            return {
                "lectures": [[bas, nombre(bas)], [haut, nombre(haut)]],
                "question": f"« {valeur} » est une fourchette : quel nombre retenir ?",
                "texte": str(valeur),
            }
        case Ambigu(lectures=lectures, raison=raison):
            choix = [[int(lecture), nombre(lecture)] for lecture in lectures]
            return {"lectures": choix, "question": raison, "texte": str(valeur)}
        case Illisible(raison=raison):
            return {"illisible": raison, "texte": str(valeur)}


def _cellule_date(nom: str, valeur: Valeur, annee: int) -> Cellule | None:
    def jour(lu: Jour | Periode) -> date:
        if isinstance(lu, Jour):
            return lu.valeur
        return lu.fin if nom.endswith("date_fin") else lu.debut

    match lire_date(valeur, serie=True, annee=annee):
        case None:
            return None
        case DateAmbigue(lectures=lectures, raison=raison):
            jours = dict.fromkeys(jour(lecture) for lecture in lectures)
            choix = [[lu.isoformat(), date_longue(lu)] for lu in jours]
            return {"lectures": choix, "question": raison, "texte": str(valeur)}
        case Illisible(raison=raison):
            return {"illisible": raison, "texte": str(valeur)}
        case lu:
            return {"lu": jour(lu).isoformat()}


def _cellule_choix(nom: str, texte: str) -> Cellule | None:
    """Return the choice that the words say: its own words, or what people write for it."""
    dit = normaliser(re.sub(r"[\s.!]+", " ", texte))
    if not dit:
        return None
    modele, colonne = (
        (Bilan, nom.removeprefix("bilan.")) if nom.startswith("bilan.") else (ActionAnnuelle, nom)
    )
    choix: Any = modele._meta.get_field(colonne)
    for valeur, libelle in choix.flatchoices:
        if dit in (normaliser(libelle), valeur, *SYNONYMES[nom].get(valeur, ())):
            return {"lu": valeur, "texte": texte.strip()}
    # « Action reportée en 2025 », « Reportée (travaux) »: the first words decide when they name one choice alone.
    nommes = {
        valeur
        for valeur, libelle in choix.flatchoices
        if re.search(rf"\b{re.escape(normaliser(libelle))}\b", dit)
    }
    if len(nommes) == 1:
        return {"lu": nommes.pop(), "texte": texte.strip()}
    possibles = ", ".join(f"« {libelle} »" for _, libelle in choix.flatchoices)
    return {
        "illisible": f"« {texte.strip()[:60]} » n'est pas l'un des choix possibles : {possibles}.",
        "texte": texte,
    }
