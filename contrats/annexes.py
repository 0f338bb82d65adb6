"""The annex of the contract itself: its enjeux, and what each of their axes carries (document 001, section IV)."""

from collections.abc import Iterator
from typing import Any

from django.utils.text import capfirst

from comptes.templatetags.typographie import pluriel
from documents import INSECABLE, Colonne, Groupe, Tableau, TypeColonne

from .models import Axe, ContratVille

# The lists of an axe in the order of the document: the relation, the word for one, the word for several.
LISTES = (
    ("objectifs", "objectif général", "objectifs généraux"),
    ("partenaires_associes", "partenaire associé", "partenaires associés"),
    ("leviers", "levier", "leviers"),
    ("criteres", "critère d'évaluation", "critères d'évaluation"),
)
POIDS = {"objectifs": 4.5, "partenaires_associes": 3.0, "leviers": 3.0, "criteres": 3.4}


def enjeux(contrat: ContratVille) -> Tableau:
    """Return the table of the enjeux of `contrat`: one row per axe, its lists in cells, in order.

    The levels are named as the contract names them; archived axes are left out. A row is an axe at the end
    of the tree, or one that carries a list of its own.
    """
    axes = list(Axe.objects.filter(contrat=contrat, archive=False).avec_listes().order_by("ordre", "code"))
    return Tableau(
        titre=f"TABLEAU DES {contrat.niveau_1_pluriel.upper()} – CONTRAT DE VILLE {annees(contrat)}",
        sous_titre=_resume(contrat, axes),
        nom=contrat.niveau_1_pluriel.capitalize(),
        colonnes=_colonnes(contrat, axes),
        groupes=[_groupe(contrat, racine, axes) for racine in axes if racine.niveau == 1],
        vide="Aucun axe n'est encore enregistré dans ce contrat.",
        notes=_notes(axes),
        pied=f"{contrat.nom_court} · {contrat.nom}",
        auteur=contrat.epci.nom,
    )


def annees(contrat: ContratVille) -> str:
    """Return « 2024-2030 »."""
    return f"{contrat.date_debut.year}-{contrat.date_fin.year}"


def _resume(contrat: ContratVille, axes: list[Axe]) -> str:
    """Return « 4 enjeux, 19 axes de travail, 77 objectifs généraux… » ; an empty string without axes."""
    niveaux = (
        (1, contrat.niveau_1, contrat.niveau_1_pluriel),
        (2, contrat.niveau_2, contrat.niveau_2_pluriel),
        (3, contrat.niveau_3, contrat.niveau_3_pluriel),
    )
    comptes = [(sum(axe.niveau == niveau for axe in axes), un, des) for niveau, un, des in niveaux]
    comptes += [(sum(len(_elements(axe, liste)) for axe in axes), un, des) for liste, un, des in LISTES]
    return ", ".join(pluriel(nombre, f"{un},{des}") for nombre, un, des in comptes if nombre)


def _notes(axes: list[Axe]) -> tuple[str, ...]:
    if axes and not any(_elements(axe, liste) for axe in axes for liste, _, _ in LISTES):
        return (
            f"Aucun objectif, partenaire, levier ni critère n'est encore enregistré{INSECABLE}: "
            "ces colonnes se rempliront depuis la page du contrat.",
        )
    return ()


def _colonnes(contrat: ContratVille, axes: list[Axe]) -> tuple[Colonne, ...]:
    colonnes = [Colonne(cle="axe", titre=capfirst(contrat.niveau_2_pluriel), poids=2, entete_ligne=True)]
    if any(axe.niveau == 3 for axe in axes):
        titre = capfirst(contrat.niveau_3_pluriel or "Subdivision")
        colonnes.append(Colonne(cle="sous_axe", titre=titre, poids=2))
    consigne = f" ({contrat.consigne_criteres})" if contrat.consigne_criteres else ""
    for liste, _, pluriel_ in LISTES:
        suite = consigne if liste == "criteres" else ""
        titre = capfirst(pluriel_) + suite
        colonnes.append(Colonne(cle=liste, titre=titre, type=TypeColonne.LISTE, poids=POIDS[liste]))
    return tuple(colonnes)


def _groupe(contrat: ContratVille, racine: Axe, axes: list[Axe]) -> Groupe:
    titre = f"{contrat.niveau_1.upper()} {racine.code}{INSECABLE}: {racine.libelle}"
    return Groupe(titre=titre, lignes=list(_lignes(racine, axes)))


def _lignes(axe: Axe, axes: list[Axe]) -> Iterator[dict[str, Any]]:
    enfants = [enfant for enfant in axes if enfant.parent_id == axe.pk]
    if not enfants or any(_elements(axe, liste) for liste, _, _ in LISTES):
        yield _ligne(axe)
    for enfant in enfants:
        yield from _lignes(enfant, axes)


def _ligne(axe: Axe) -> dict[str, Any]:
    deuxieme = axe.parent if axe.niveau == 3 else axe if axe.niveau == 2 else None
    return {
        "axe": deuxieme.libelle if deuxieme else "",
        "sous_axe": axe.libelle if axe.niveau == 3 else "",
        **{liste: _elements(axe, liste) for liste, _, _ in LISTES},
    }


def _elements(axe: Axe, liste: str) -> list[str]:
    return [element.libelle for element in getattr(axe, liste).all()]
