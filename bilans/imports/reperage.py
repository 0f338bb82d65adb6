"""What is odd in the rows of a table: in a cell, in a row, in a whole column; said where it is found."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from documents.tableurs.modele import Valeur, adresse
from documents.tableurs.valeurs import dit_sans_chiffre

from . import champs, signalements
from .champs import lire_effectif
from .modele import Colonne
from .profils import nombre_lu
from .rangees import ACTIONS, CLES_DE_LIGNE, Brouillon, NatureLigne, Tableau, est_en_euros
from .signalements import Montant, Signalement

# A column without title, used on fewer rows than one in so many, is no column: these cells are one too many.
LIGNES_PAR_EGAREE = 20


def signaler_les_cases(tableau: Tableau, brouillon: Brouillon, propres: Mapping[int, Valeur]) -> None:
    """Say what is odd in the cells of a row."""
    dits = brouillon.signalements
    rang = brouillon.rang
    if tableau.feuille.erreurs or tableau.feuille.sans_valeur:
        for i in tableau.par_index:
            if (rang, i) in tableau.feuille.erreurs:
                dits.append(signalements.case_en_erreur(adresse(rang, i), tableau.feuille.erreurs[rang, i]))
            elif (rang, i) in tableau.feuille.sans_valeur:
                dits.append(signalements.formule_sans_valeur(adresse(rang, i)))
    if brouillon.nature not in ACTIONS:
        return
    _signaler_les_mots(tableau, brouillon)
    lus: list[tuple[int, Montant]] = []
    for i, valeur in propres.items():
        colonne = tableau.par_index[i]
        if colonne.champ in CLES_DE_LIGNE:
            _ajouter(dits, signalements.nombre_pour_texte(colonne.titre, valeur, adresse(rang, i)))
        elif colonne.est_montant:
            lu = nombre_lu(valeur)
            if lu is not None:
                lus.append((i, Montant(colonne.titre, adresse(rang, i), lu)))
    _signaler_le_total(tableau, brouillon, propres, lus)


def _signaler_les_mots(tableau: Tableau, brouillon: Brouillon) -> None:
    """Say the words that stand where a figure is awaited: « NC », « en attente »."""
    rang = brouillon.rang
    for i, colonne in tableau.par_index.items():
        valeur = tableau.feuille.lignes[rang][i]
        if dit_sans_chiffre(valeur) and (colonne.est_montant or lire_effectif(colonne.champ) is not None):
            dit = signalements.montant_pas_encore_dit(colonne.titre, str(valeur).strip(), adresse(rang, i))
            brouillon.signalements.append(dit)


def _signaler_le_total(
    tableau: Tableau,
    brouillon: Brouillon,
    propres: Mapping[int, Valeur],
    lus: Sequence[tuple[int, Montant]],
) -> None:
    """FIN-08: the total of the row that can be read in two ways, by where it stands among the amounts."""
    place = next(iter(tableau.des_champs(champs.TOTAL_LIGNE)), None)
    imprime = nombre_lu(propres.get(place)) if place is not None else None
    if place is None or imprime is None:
        return
    total = Montant(tableau.par_index[place].titre, adresse(brouillon.rang, place), imprime)
    avant = [lu for i, lu in lus if i < place]
    apres = [lu for i, lu in lus if i > place]
    if avant:
        _ajouter(brouillon.signalements, signalements.total_ambigu(avant, total))
        brouillon.signalements += signalements.total_repete(apres, avant, total)


def _ajouter(dits: list[Signalement], dit: Signalement | None) -> None:
    if dit is not None:
        dits.append(dit)


def signaler_les_colonnes(tableau: Tableau, brouillons: Sequence[Brouillon]) -> None:
    """Say what only the whole column shows: forms of writing, amounts above the printed total, stray cells."""
    actions = [brouillon for brouillon in brouillons if brouillon.nature in ACTIONS]
    for colonne in tableau.colonnes:
        cle = tableau.cles[colonne.index]
        if est_en_euros(colonne):
            montants = list(_montants(colonne, cle, actions))
            par_cellule = {lu.cellule: brouillon for brouillon, lu, _ in montants}
            for lu, ecrit in signalements.ecrits_autrement((lu, valeur) for _, lu, valeur in montants):
                par_cellule[lu.cellule].signalements.append(signalements.ecrit_en_texte(lu, ecrit))
            _signaler_au_dela(cle, montants, brouillons)
    _signaler_les_egarees(tableau, actions)
    _signaler_les_fusions(tableau, {brouillon.rang: brouillon for brouillon in actions})


def _montants(
    colonne: Colonne, cle: str, actions: Iterable[Brouillon]
) -> Iterator[tuple[Brouillon, Montant, Valeur]]:
    for brouillon in actions:
        lu = nombre_lu(brouillon.valeurs.get(cle))
        if lu is not None:
            yield brouillon, Montant(colonne.titre, brouillon.cellules[cle], lu), brouillon.valeurs[cle]


def _signaler_au_dela(
    cle: str,
    montants: Iterable[tuple[Brouillon, Montant, Valeur]],
    brouillons: Iterable[Brouillon],
) -> None:
    totaux = (nombre_lu(ligne.valeurs.get(cle)) for ligne in brouillons if ligne.nature is NatureLigne.TOTAL)
    imprime = max((total for total in totaux if total is not None), default=None)
    if imprime is None:
        return
    for brouillon, lu, _ in montants:
        if lu.valeur > imprime:
            brouillon.signalements.append(signalements.plus_que_le_total(lu, imprime))


def _signaler_les_egarees(tableau: Tableau, actions: Sequence[Brouillon]) -> None:
    """FIN-07: cells beyond the last title, in so few rows that they are no column."""
    titrees = [colonne.index for colonne in tableau.colonnes if colonne.titre]
    for colonne in tableau.colonnes:
        if colonne.titre or not titrees or colonne.index < titrees[-1] or colonne.champ != champs.NOTE:
            continue
        cle = tableau.cles[colonne.index]
        remplies = [brouillon for brouillon in actions if cle in brouillon.valeurs]
        if len(remplies) > max(1, len(actions) // LIGNES_PAR_EGAREE):
            continue
        voisin = tableau.par_index[titrees[-1]].titre
        for brouillon in remplies:
            brouillon.signalements.append(
                signalements.hors_du_tableau(voisin, brouillon.valeurs[cle], brouillon.cellules[cle])
            )


def _signaler_les_fusions(tableau: Tableau, actions: Mapping[int, Brouillon]) -> None:
    """FIN-07: amounts merged over several rows, counted on the first only."""
    for plage in tableau.feuille.fusions:
        colonne = tableau.par_index.get(plage.colonne1)
        premiere = actions.get(plage.ligne1)
        if colonne is None or premiere is None or plage.ligne1 == plage.ligne2 or not est_en_euros(colonne):
            continue
        cellule = adresse(plage.ligne1, plage.colonne1)
        if cellule in premiere.cellules.values():
            premiere.signalements.append(
                signalements.montant_fusionne(colonne.titre, cellule, plage.ligne2 - plage.ligne1 + 1)
            )
