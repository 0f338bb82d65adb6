"""Running the rules: what is found in a bilan, in many, in a year, in a contract."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db.models import prefetch_related_objects

from actions.models import ActionAnnuelle, Campagne
from contrats.models import ContratVille

from ..models import Bilan
from .contexte import Contexte, ContexteAnnee, ContexteContrat
from .lecture import Cadre, cadre, contexte, lire_precedents, lire_seuils
from .lecture_annee import lire_annee
from .lecture_contrat import lire_contrat
from .socle import Anomalie, Portee, appliquer, par_gravite


# -- Bilans ----------------------------------------------------------------------------------------
def anomalies(bilan: Bilan, situation: Contexte) -> list[Anomalie]:
    """Return what every rule of a bilan finds, the most serious first, then in the order of the codes."""
    return _au_sujet_de(f"bilan:{bilan.action_annuelle.cle}", appliquer(Portee.BILAN, bilan, situation))


def anomalies_bilan(bilan: Bilan) -> list[Anomalie]:
    """Return what does not add up in a bilan, the most serious first."""
    return anomalies(bilan, contexte(bilan))


def anomalies_bilans(bilans: Iterable[Bilan], commun: Cadre | None = None) -> dict[int, list[Anomalie]]:
    """Return what does not add up in each of the bilans of one year, by key of the bilan.

    The number of queries does not depend on the number of bilans. `commun` is what their year shares, when it
    is read already.
    """
    lus = list(bilans)
    if not lus:
        return {}
    # An action already there may have been read without its action or its campagne; what is there is kept.
    prefetch_related_objects(
        lus,
        "effectifs",
        "valeurs_indicateurs",
        "action_annuelle__action",
        "action_annuelle__campagne",
        "action_annuelle__indicateurs",
    )
    campagne = lus[0].action_annuelle.campagne
    partage = commun or cadre(campagne)
    precedents = lire_precedents(campagne, [bilan.action_annuelle.action for bilan in lus])
    return {
        bilan.pk: anomalies(bilan, contexte(bilan, commun=partage, precedents=precedents)) for bilan in lus
    }


# -- A year, a contract ------------------------------------------------------------------------------
def anomalies_annee(campagne: Campagne, utilisateur: Any = None) -> list[Anomalie]:
    """Return what does not add up in a year beside its bilans: its printed totals, then its actions.

    It compares everything: an account that does not run the contract is told nothing. None is the command line.
    """
    if utilisateur is not None and not utilisateur.has_perm("contrats.gerer", campagne.contrat):
        return []
    return constats_annee(lire_annee(campagne))


def constats_annee(annee: ContexteAnnee) -> list[Anomalie]:
    """Return what the rules find in a year that is read, the most serious first."""
    return par_gravite([*_au_sujet_de("annee", appliquer(Portee.ANNEE, annee, annee)), *_des_actions(annee)])


def anomalies_action(annuelle: ActionAnnuelle) -> list[Anomalie]:
    """Return what does not add up in one action of a year, its bilan left out, the most serious first."""
    return par_gravite(_des_actions(lire_annee(annuelle.campagne, seule=annuelle)))


def _des_actions(annee: ContexteAnnee) -> list[Anomalie]:
    return [
        trouvee
        for ligne in annee.lignes
        for trouvee in _au_sujet_de(f"annuelle:{ligne.cle}", appliquer(Portee.ACTION, ligne, annee))
    ]


def anomalies_contrat(contrat: ContratVille, campagne: Campagne | None = None) -> list[Anomalie]:
    """Return what does not add up in a contract and its conventions, with the thresholds of `campagne`."""
    return constats_contrat(lire_contrat(contrat, lire_seuils(campagne) if campagne else None))


def constats_contrat(contrat: ContexteContrat) -> list[Anomalie]:
    """Return what the rules find in a contract that is read, the most serious first."""
    trouvees = _au_sujet_de("contrat", appliquer(Portee.CONTRAT, contrat, contrat))
    for convention in contrat.conventions:
        sujet = f"convention:{convention.cle}"
        trouvees += _au_sujet_de(sujet, appliquer(Portee.CONVENTION, convention, contrat))
    return par_gravite(trouvees)


def _au_sujet_de(objet: str, trouvees: Iterable[Anomalie]) -> list[Anomalie]:
    """Return the findings with what they are about, unless the rule said it."""
    return [trouvee if trouvee.objet else replace(trouvee, objet=objet) for trouvee in trouvees]
