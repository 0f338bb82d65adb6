"""The tables at the end of the report: those of the year's annexes, with what validated bilans say alone."""

from collections.abc import Callable
from dataclasses import replace

from contrats.annexes import enjeux
from contrats.arbre import deplier
from documents import Colonne, Groupe, Tableau
from documents.calcul import cellules_de
from documents.rapport import Annexe

from ..annexes.financements import financements
from ..annexes.porteurs import porteurs
from ..annexes.synthese import synthese
from .annexe_publics import publics_par_action
from .donnees import Donnees

NON_VALIDE = "Bilan non validé."
DISPENSEE = "Aucun bilan à rendre."
# Long texts, which stand under the short cells of their row.
LONGUES = frozenset({"descriptif", "bilan", "type_public", "moyens"})


def annexes(d: Donnees) -> tuple[Annexe, ...]:
    """Return the tables of the year that have something to say: actions, porteurs, people, money, enjeux."""
    construites: list[tuple[str, str, Callable[[Donnees], Tableau], bool]] = [
        ("synthese", "Synthèse des actions", _synthese, bool(d.actions)),
        ("porteurs", "Bilan des actions par porteur", _porteurs, bool(d.actions)),
        ("publics", "Publics par action", publics_par_action, bool(d.publics)),
        (
            "financements",
            "Programmation et montants",
            _financements,
            any(li.accorde is not None for li in d.lignes),
        ),
        # without a list, it would say again what « Les enjeux du contrat » says
        (
            "enjeux",
            f"Les {d.contrat.niveau_1_pluriel} du contrat en détail",
            lambda d: figer(enjeux(d.contrat)),
            any(noeud.listes for noeud in deplier(d.racines)),
        ),
    ]
    return tuple(
        # the titles of the documents of the field are those of a file alone, in capitals
        Annexe(code=code, tableau=replace(construire(d), titre=titre))
        for code, titre, construire, utile in construites
        if utile
    )


def _synthese(d: Donnees) -> Tableau:
    tableau = replace(synthese(d.contrat, d.campagne, d.utilisateur, valides=True), sous_titre=d.sur_bilans)
    tableau = replace(
        tableau, colonnes=tuple(replace(c, titre=c.titre.capitalize()) for c in tableau.colonnes)
    )
    note = "Une action sans bilan validé est décrite par sa fiche, quand elle en a une."
    return _dire_les_manquants(d, replace(tableau, notes=(*tableau.notes, note)), "descriptif")


def _porteurs(d: Donnees) -> Tableau:
    return _dire_les_manquants(d, porteurs(d.contrat, d.campagne, d.utilisateur, valides=True), "bilan")


def _financements(d: Donnees) -> Tableau:
    """Return the amounts of the programme; what was refused is left out, and said."""
    if not d.hors_programme:
        return figer(financements(d.contrat, d.campagne, d.utilisateur))
    return figer(
        financements(d.contrat, d.campagne, d.utilisateur, d.programme, selection="actions du programme")
    )


def _dire_les_manquants(d: Donnees, tableau: Tableau, cle: str) -> Tableau:
    """Return the table with, in the column `cle` of an action that says nothing, that its bilan is not validated."""
    fige = figer(tableau)
    # the annex and the programme are in the same order
    lignes = (ligne for groupe in fige.iterer_groupes() for ligne in groupe.iterer())
    for action, ligne in zip(d.actions, lignes, strict=True):
        if not (ligne[cle] or action.valide):
            ligne[cle] = NON_VALIDE if action.attendue else DISPENSEE
    return fige


def figer(tableau: Tableau) -> Tableau:
    """Return the same table with its rows read: plain values, which change no more."""
    lues = tuple(c for c in tableau.colonnes if not c.somme_de)
    groupes = tuple(
        Groupe(
            titre=groupe.titre,
            sous_total=groupe.sous_total,
            lignes=[
                dict(zip((c.cle for c in lues), cellules_de(lues, ligne), strict=True))
                for ligne in groupe.iterer()
            ],
        )
        for groupe in tableau.iterer_groupes()
    )
    return replace(tableau, groupes=groupes, colonnes=tuple(_figee(c) for c in tableau.colonnes))


def _figee(colonne: Colonne) -> Colonne:
    return replace(colonne, valeur=None, pleine_largeur=colonne.cle in LONGUES or colonne.pleine_largeur)
