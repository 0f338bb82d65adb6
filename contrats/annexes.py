"""The annex of the contract itself: its enjeux, and what each of their axes carries (document 001, section IV)."""

from typing import Any

from django.utils.text import capfirst

from comptes.templatetags.typographie import pluriel
from documents import INSECABLE, Colonne, Groupe, Tableau, TypeColonne

from .arbre import LISTES, Noeud, arbre, deplier, resume
from .models import ContratVille

POIDS = {"objectifs": 4.5, "partenaires_associes": 3.0, "leviers": 3.0, "criteres": 3.4}


def enjeux(contrat: ContratVille) -> Tableau:
    """Return the table of the enjeux of `contrat`: one row per axe, its lists in cells, in order.

    The levels are named as the contract names them; archived axes are left out. A row is an axe at the end
    of the tree, or one that carries a list of its own.
    """
    racines = arbre(contrat)
    noeuds = list(deplier(racines))
    return Tableau(
        titre=f"TABLEAU DES {contrat.niveau_1_pluriel.upper()} – CONTRAT DE VILLE {annees(contrat)}",
        sous_titre=", ".join(pluriel(nombre, formes) for nombre, formes in resume(contrat, racines)),
        nom=contrat.niveau_1_pluriel.capitalize(),
        colonnes=_colonnes(contrat, noeuds),
        groupes=[_groupe(contrat, racine) for racine in racines],
        vide="Aucun axe n'est encore enregistré dans ce contrat.",
        notes=_notes(noeuds),
        pied=f"{contrat.nom_court} · {contrat.nom}",
        auteur=contrat.epci.nom,
    )


def annees(contrat: ContratVille) -> str:
    """Return « 2024-2030 »."""
    return f"{contrat.date_debut.year}-{contrat.date_fin.year}"


def _notes(noeuds: list[Noeud]) -> tuple[str, ...]:
    if noeuds and not any(noeud.listes for noeud in noeuds):
        return ("Aucun objectif, partenaire, levier ni critère n'est enregistré pour ce contrat.",)
    return ()


def _colonnes(contrat: ContratVille, noeuds: list[Noeud]) -> tuple[Colonne, ...]:
    colonnes = [Colonne(cle="axe", titre=capfirst(contrat.niveau_2_pluriel), poids=2, entete_ligne=True)]
    if any(noeud.axe.niveau == 3 for noeud in noeuds):
        titre = capfirst(contrat.niveau_3_pluriel or "Subdivision")
        colonnes.append(Colonne(cle="sous_axe", titre=titre, poids=2))
    consigne = f" ({contrat.consigne_criteres})" if contrat.consigne_criteres else ""
    for nom, formes in LISTES:
        suite = consigne if nom == "criteres" else ""
        titre = capfirst(formes.split(",")[1]) + suite
        colonnes.append(Colonne(cle=nom, titre=titre, type=TypeColonne.LISTE, poids=POIDS[nom]))
    return tuple(colonnes)


def _groupe(contrat: ContratVille, racine: Noeud) -> Groupe:
    titre = f"{contrat.niveau_1.upper()} {racine.axe.code}{INSECABLE}: {racine.axe.libelle}"
    lignes = [_ligne(noeud) for noeud in deplier([racine]) if noeud.listes or not noeud.enfants]
    return Groupe(titre=titre, lignes=lignes)


def _ligne(noeud: Noeud) -> dict[str, Any]:
    axe = noeud.axe
    deuxieme = axe.parent if axe.niveau == 3 else axe if axe.niveau == 2 else None
    return {
        "axe": deuxieme.libelle if deuxieme else "",
        "sous_axe": axe.libelle if axe.niveau == 3 else "",
        **{nom: noeud.elements(nom) for nom, _ in LISTES},
    }
