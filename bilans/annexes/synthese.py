"""« synthese », the layout of document 000: each action, its structure, what it gave."""

from functools import partial
from typing import Any

from actions.models import Campagne
from actions.querysets import ActionAnnuelleQuerySet
from comptes.models import Utilisateur
from contrats.models import ContratVille
from documents import Colonne, Tableau

from . import notes
from .lecture import Ligne, lire, motif, recit


def synthese(
    contrat: ContratVille,
    campagne: Campagne,
    utilisateur: Utilisateur | None = None,
    actions: ActionAnnuelleQuerySet | None = None,
    *,
    selection: str = "",
    valides: bool = False,
) -> Tableau:
    """Return the synthesis of the year's actions: ACTION, STRUCTURE, DESCRIPTIF, structures together.

    With `valides`, an action whose bilan is not validated has the description of its fiche.
    """
    lecture = lire(contrat, campagne, utilisateur, actions, selection, valides=valides)
    return Tableau(
        titre=f"ANNEXE NOTICE BILAN CONTRAT DE VILLE {campagne.annee}",
        sous_titre=" – ".join(m for m in ("TABLEAU – SYNTHÈSE DES ACTIONS", lecture.selection) if m),
        nom=f"Synthèse {campagne.annee}",
        colonnes=(
            Colonne(cle="action", titre="ACTION", poids=2, entete_ligne=True),
            Colonne(cle="structure", titre="STRUCTURE", poids=1.8, fusionner=True),
            Colonne(cle="descriptif", titre="DESCRIPTIF", poids=8),
        ),
        groupes=partial(lecture.groupes, _decrire_synthese),
        afficher_titres_groupes=False,
        notes=notes.communes(lecture),
        **lecture.cadre,
    )


def _decrire_synthese(ligne: Ligne) -> dict[str, Any]:
    return {
        "action": ligne.intitule,
        "structure": ligne.porteur,
        "descriptif": recit(ligne.bilan) or motif(ligne) or ligne.description,
    }
