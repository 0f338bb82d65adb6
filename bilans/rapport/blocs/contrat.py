"""The frame of the contract: its enjeux and its territories, as the contract writes them."""

from collections import Counter

from comptes.templatetags.typographie import accord, pluriel
from contrats.arbre import deplier
from documents import INSECABLE, Colonne, Groupe, TypeColonne
from documents.rapport import Bloc

from ..donnees import Donnees
from .commun import bloc_tableau, dire


def enjeux(d: Donnees) -> list[Bloc]:
    """Return the tree of the contract: each first level with what hangs from it, and the actions of the year."""
    if not d.racines:
        return dire("enjeux", "Aucun axe n'est encore enregistré dans ce contrat.")
    actions: Counter[int] = Counter()
    for action in d.actions:
        tete = d.tete(action.axe)
        if tete is not None:
            actions[tete.pk] += 1
    # Those of an axe that is archived have no row: they are said under the table.
    rattachees = sum(actions[racine.axe.pk] for racine in d.racines)
    lignes = [
        {
            "code": racine.axe.code,
            "libelle": racine.axe.libelle,
            "axes": [noeud.axe.libelle for noeud in deplier(racine.enfants) if noeud.axe.niveau == 2],
            "actions": actions[racine.axe.pk],
        }
        for racine in d.racines
    ]
    colonnes = [
        Colonne(cle="libelle", titre=d.contrat.niveau_1.capitalize(), poids=3, entete_ligne=True),
        Colonne(cle="axes", titre=d.contrat.niveau_2_pluriel.capitalize(), type=TypeColonne.LISTE, poids=5),
    ]
    if rattachees:
        colonnes.append(
            Colonne(cle="actions", titre=f"Actions {d.annee}", type=TypeColonne.ENTIER, total=True)
        )
    note = "" if rattachees else f"Aucune action de {d.annee} n'est encore rattachée à ces axes."
    return [
        bloc_tableau(
            "enjeux",
            f"Les {d.contrat.niveau_1_pluriel} du contrat",
            colonnes,
            [Groupe(lignes=lignes)],
            total="Total" if rattachees else "",
            notes=(note if d.actions else "", _hors_de_ces_axes(d, rattachees)),
            adresses=[
                d.liste(axe=racine.axe.code, axe_principal=1) if rattachees else d.adresse("contrat")
                for racine in d.racines
            ],
            repose_sur="ce que dit le contrat",
        )
    ]


def _hors_de_ces_axes(d: Donnees, rattachees: int) -> str:
    """Return how many actions the total leaves out; empty when it leaves none, or when there is no total."""
    autres = len(d.actions) - rattachees
    if not (rattachees and autres):
        return ""
    formes = f"action de {d.annee} n'est rattachée,actions de {d.annee} ne sont rattachées"
    suite = f"le total ne {accord(autres, 'la,les')} compte pas"
    return f"{pluriel(autres, formes)} à aucun de ces axes{INSECABLE}: {suite}."


def territoires(d: Donnees) -> list[Bloc]:
    """Return the territories of the contract in the year: kind, code, inhabitants with their source."""
    siens = d.en_vigueur
    if not siens:
        return dire("territoires", "Aucun territoire n'est encore enregistré dans ce contrat.")
    codes = any(t.code for t in siens)
    blancs = any(t.population is None or not t.population_source or (codes and not t.code) for t in siens)
    return [
        bloc_tableau(
            "territoires",
            "Les territoires du contrat",
            (
                Colonne(cle="nom", titre="Territoire", poids=3, entete_ligne=True),
                Colonne(cle="type", titre="Type", poids=2),
                *([Colonne(cle="code", titre="Code national", poids=1.4)] if codes else []),
                Colonne(cle="population", titre="Habitantes et habitants", type=TypeColonne.ENTIER),
                Colonne(cle="source", titre="Source", poids=3),
            ),
            [
                Groupe(
                    lignes=[
                        {
                            "nom": t.nom,
                            "type": t.get_type_display(),
                            "code": t.code,
                            "population": t.population,
                            "source": t.population_source,
                        }
                        for t in siens
                    ]
                )
            ],
            notes=(f"Case vide{INSECABLE}: le contrat ne le dit pas." if blancs else "",),
            adresses=[d.adresse("territoire", t.pk) for t in siens],
            repose_sur="ce que dit le contrat",
        )
    ]
