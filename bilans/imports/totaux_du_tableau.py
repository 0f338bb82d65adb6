"""The totals of a table as its preview has them, with what was answered of its rows so far."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from documents.normalisation import normaliser
from documents.tableurs.modele import nom_colonne
from financements.models import Financeur, TotalControle

from ..models import LigneImport
from . import champs
from .cellules import Cellule, Lecteur
from .rapprochement import NIVEAUX, Rapprochement, cle_de_la_cellule
from .structure import Colonne, Structure
from .totaux import (
    Comparaison,
    Imprime,
    RangeeChiffree,
    comparer_les_annonces,
    par_structure,
    situer,
)

Categorie, Nature = LigneImport.Categorie, LigneImport.Nature


class TotauxDuTableau:
    """Puts the totals that a table prints beside those of its rows, as they are understood now."""

    def __init__(self, rapprochement: Rapprochement, structure: Structure) -> None:
        self.rapprochement, self.structure = rapprochement, structure
        self.noms = Lecteur(structure, rapprochement.campagne).noms
        self.lettres = {cle: nom_colonne(index) for index, cle in structure.cles.items()}

    def comparer(self, lignes: Sequence[LigneImport]) -> list[dict[str, Any]]:
        """Return the printed totals beside the computed ones, and note in each row those that it prints."""
        dans_le_total = self._dans_le_total()
        rangees = {
            ligne.ordre: self._chiffrer(ligne, dans_le_total)
            for ligne in lignes
            if ligne.nature == Nature.ACTION and ligne.categorie != Categorie.IGNOREE
        }
        structures = par_structure(rangees.values())
        comparees: list[tuple[Imprime, Sequence[RangeeChiffree]]] = []
        bloc: list[RangeeChiffree] = []
        for ligne in lignes:
            if (rangee := rangees.get(ligne.ordre)) is not None:
                bloc.append(rangee)
                sous_total = self._sous_total(ligne, rangee, structures[rangee.structure])
                if sous_total is not None:
                    comparees.append((sous_total, structures[rangee.structure]))
                continue
            if ligne.nature == Nature.ACTION:
                continue
            for brut in ligne.valeurs.get("totaux", ()):
                imprime = Imprime(**{**brut, "valeur": Decimal(brut["valeur"])})
                siennes = list(rangees.values())
                if ligne.nature == Nature.SOUS_TOTAL:
                    situer(imprime, bloc, siennes)
                    brut |= imprime.en_json()
                    siennes = bloc
                comparees.append((imprime, list(siennes)))
            if ligne.nature == Nature.SOUS_TOTAL:
                bloc = []
        colonnes = {self.structure.cles[colonne.index]: colonne for colonne in self.structure.colonnes}
        annonces = [annonce for ligne in lignes for annonce in ligne.valeurs.get("annonces", ())]
        return [
            *Comparaison(list(rangees.values()), colonnes).comparer(comparees),
            *comparer_les_annonces(annonces, list(rangees.values())),
        ]

    # -- What is of the total ----------------------------------------------------------------------
    def _dans_le_total(self) -> frozenset[str]:
        """Return the keys of the columns of money that the total of a row adds up.

        Those of the funders of the total; of a funder still unknown, those before the column of the total.
        """
        totaux = self.structure.des_champs(champs.TOTAL_LIGNE)
        borne = totaux[0].index if totaux else None
        return frozenset(
            self.structure.cles[colonne.index]
            for colonne in self.structure.montants
            if self._compte(colonne, borne)
        )

    def _compte(self, colonne: Colonne, borne: int | None) -> bool:
        connu = self._financeur(colonne)
        if connu is not None:
            return connu.dans_total
        return borne is None or colonne.index < borne

    def _financeur(self, colonne: Colonne) -> Financeur | None:
        return self.rapprochement.referentiel.financeur(colonne.financeur)

    # -- A row in figures --------------------------------------------------------------------------
    def _chiffrer(self, ligne: LigneImport, dans_le_total: frozenset[str]) -> RangeeChiffree:
        lues = ligne.valeurs["lues"]
        montants: dict[str, Decimal] = {}
        nombres: dict[str, int] = {}
        cellules: dict[str, str] = {}
        for cle, nom in self.noms.items():
            lue = lues.get(nom, {})
            valeur = _dite(ligne, nom, lue)
            if valeur is None or not self._est_de_la_colonne(cle, nom, lue):
                continue
            cellules[cle] = lue["cellule"]
            if nom.startswith("montant:"):
                montants[cle] = Decimal(valeur)
            elif nom.startswith("effectif:"):
                nombres[cle] = int(valeur)
        self._choisir_les_montants(ligne, montants)
        total = lues.get("total_ligne", {}).get("lu")
        return RangeeChiffree(
            numero=ligne.numero or 0,
            structure=self._structure(ligne),
            montants=montants,
            cellules=cellules,
            total=Decimal(total) if total is not None else None,
            nombres=nombres,
            axes=tuple(str(lues[n]["lu"]) for n in NIVEAUX if lues.get(n, {}).get("lu")),
            dans_le_total=dans_le_total,
        )

    def _est_de_la_colonne(self, cle: str, nom: str, lue: Cellule) -> bool:
        """Whether a value was read in this column: two may say the same, of which one is read."""
        if sum(autre == nom for autre in self.noms.values()) == 1:
            return True
        return bool(self.lettres[cle] == str(lue["cellule"]).rstrip("0123456789"))

    def _choisir_les_montants(self, ligne: LigneImport, montants: dict[str, Decimal]) -> None:
        """Change the amounts of a row for those of the reading that was chosen, when one was."""
        sens, _, choisie = str(ligne.reponses.get(f"montants:{ligne.numero}", "")).partition(":")
        douteux = ligne.valeurs.get("douteux")
        if sens == "sans" and douteux:
            for cle in [c for c, nom in self.noms.items() if c in montants]:
                if ligne.valeurs["lues"][self.noms[cle]]["cellule"] == douteux["cellule"]:
                    del montants[cle]
        lectures = self.rapprochement.ambiguites.get(ligne.annuelle_id or 0, ()) if sens == "lecture" else ()
        lecture = next((lue for lue in lectures if str(lue.pk) == choisie), None)
        if lecture is None:
            return
        for colonne in self.structure.montants:
            financeur = self._financeur(colonne)
            if financeur is None or not financeur.dans_total:
                continue
            cle = self.structure.cles[colonne.index]
            montants.pop(cle, None)
            if financeur.pk in lecture.montants:
                montants[cle] = lecture.montants[financeur.pk]

    def _structure(self, ligne: LigneImport) -> str:
        """Return what tells the structures of the table apart: the parent of a known porteur, else its name."""
        porteurs = self.rapprochement.referentiel.porteurs
        nom = str(ligne.valeurs["lues"].get("porteur", {}).get("lu") or "")
        connu = self.rapprochement.referentiel.porteur(nom) if nom else None
        if connu is None and ligne.annuelle_id is not None:
            connu = porteurs.get(self.rapprochement.actuelles[ligne.annuelle_id]["porteur"])
        dit = next((c["valeur"] for c in ligne.changements if c["champ"] == "porteur"), None)
        if connu is None and isinstance(dit, int):
            connu = porteurs.get(dit)
        if isinstance(dit, Mapping):
            return str(dit["parent"]) if "parent" in dit else normaliser(dit["nouveau"])
        return str(connu.structure) if connu is not None else normaliser(nom)

    def _sous_total(
        self, ligne: LigneImport, rangee: RangeeChiffree, siennes: Sequence[RangeeChiffree]
    ) -> Imprime | None:
        """Return the subtotal of its porteur that a row prints, and note it in the row; None when it prints none.

        Of a porteur that has several rows, a figure that only repeats the total of its own row is no subtotal.
        """
        ligne.valeurs["totaux"] = []
        cellule = ligne.valeurs["lues"].get("sous_total", {})
        if cellule.get("lu") is None:
            return None
        valeur = Decimal(cellule["lu"])
        if len(siennes) > 1 and valeur == rangee.somme:
            return None
        nom = str(ligne.valeurs["lues"].get("porteur", {}).get("lu") or "")
        imprime = Imprime(
            TotalControle.Nature.MONTANT,
            f"Sous-total {nom}"[:200],
            valeur,
            cellule["cellule"],
            champs.SOUS_TOTAL,
            structure=rangee.structure,
        )
        ligne.valeurs["totaux"] = [imprime.en_json()]
        return imprime


def _dite(ligne: LigneImport, nom: str, lue: Cellule) -> Any:
    """Return what a cell says, or the reading of it that was chosen; None while nobody knows."""
    if "lectures" not in lue:
        return lue.get("lu")
    reponse = str(ligne.reponses.get(cle_de_la_cellule(nom, str(lue["texte"])), ""))
    return next((valeur for valeur, _ in lue["lectures"] if reponse == f"valeur:{valeur}"), None)
