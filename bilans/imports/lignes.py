"""What each row of a recognised table is, and what it says: typed as it was written, never interpreted.

A row is an action, the rest of one, a heading, a total of one sort or another, or a note (`parcours`); what is odd in
it is said with it (`reperage`).
"""

from collections.abc import Iterator

from documents.tableurs.modele import Feuille, Valeur

from . import champs, fiches
from .modele import Disposition, Structure
from .parcours import Parcours
from .profils import en_texte
from .rangees import LigneLue, NatureLigne, Tableau
from .reperage import signaler_les_colonnes
from .signalements import Signalement
from .titres import cle_titre

__all__ = ["LigneLue", "NatureLigne", "Signalement", "lire_lignes"]


def lire_lignes(feuille: Feuille, structure: Structure) -> tuple[LigneLue, ...]:
    """Return the rows below the header, the header first; blank rows included, one for each row of the sheet.

    Of a form, one row an action, numbered by its first label. A table that holds no actions (`Disposition`) gives its
    rows as notes and totals. Nothing is raised: what cannot be read is a `Signalement`.
    """
    if structure.disposition is Disposition.FICHE:
        return tuple(_lire_fiches(feuille, structure))
    if structure.entete[1] >= len(feuille.lignes):
        # another sheet of the same name: nothing of the table is in it
        return ()
    tableau = Tableau(feuille, structure)
    brouillons = [tableau.entete(), *Parcours(tableau).lire()]
    signaler_les_colonnes(tableau, brouillons)
    return tuple(brouillon.figer() for brouillon in brouillons)


def _lire_fiches(feuille: Feuille, structure: Structure) -> Iterator[LigneLue]:
    """Yield one row for each form of the sheet."""
    titres = {cle_titre(colonne.titre): colonne.index for colonne in structure.colonnes}
    intitule = next((cle for cle, i in titres.items() if structure.cles[i] == champs.INTITULE), "")
    par_index = {colonne.index: colonne for colonne in structure.colonnes}
    for debut, reponses in fiches.lire(feuille, titres, intitule):
        valeurs: dict[str, Valeur] = {}
        cellules: dict[str, str] = {}
        for index, reponse in reponses.items():
            colonne = par_index[index]
            if colonne.champ == champs.IGNORER:
                continue
            cle = structure.cles[index]
            valeurs[cle], cellules[cle] = reponse.valeur, reponse.cellule
        yield LigneLue(
            debut + 1,
            NatureLigne.ACTION,
            valeurs,
            cellules,
            brut=tuple(en_texte(reponses[i].valeur) if i in reponses else "" for i in par_index),
        )
