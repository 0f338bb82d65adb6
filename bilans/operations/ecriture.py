"""Writing what is typed in a bilan, row by row: the same for a form saved at once and for a draft."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model

from comptes.historique import fondre, fondre_la_suppression
from comptes.models import Utilisateur
from comptes.signature import signer

from ..saisie import Champ, Estimation, Plume, Saisie, canonique


class PlumeSimple:
    """Each save is a row of the history, which says why when there is a reason."""

    def __init__(self, auteur: Utilisateur, motif: str = "") -> None:
        self.auteur, self.motif = auteur, motif

    def enregistrer(self, objet: Model) -> None:
        signer(objet, self.auteur, self.motif)
        objet.save()

    def supprimer(self, objet: Model) -> None:
        signer(objet, self.auteur, self.motif)
        objet.delete()


class PlumeFondue:
    """The saves of one author close to one another are one row of the history, dated by the first."""

    def __init__(self, auteur: Utilisateur, quand: datetime) -> None:
        self.auteur, self.quand = auteur, quand

    def enregistrer(self, objet: Model) -> None:
        fondre(objet, self.auteur, self.quand)

    def supprimer(self, objet: Model) -> None:
        fondre_la_suppression(objet, self.auteur, self.quand)


def ecrire_valeurs(saisie: Saisie, valeurs: Mapping[str, Any], plume: Plume) -> bool:
    """Store `valeurs`, by name of field, and return whether anything changed; the bilan itself is not saved.

    What waited to be corrected in one of these fields waits no more. A name that the bilan does not ask is
    left out.
    """
    change = False
    for champ in _dans_l_ordre(saisie, valeurs):
        valeur = valeurs[champ.nom]
        if champ.nom in saisie.attente and not isinstance(champ, Estimation):
            del saisie.attente[champ.nom]
            change = True
        if canonique(champ.valeur) != canonique(valeur):
            champ.ecrire(valeur, plume)
            change = True
    _retenir_les_estimations(saisie)
    return change


def _dans_l_ordre(saisie: Saisie, valeurs: Mapping[str, Any]) -> list[Champ]:
    """Return the fields to write: whether numbers are estimates comes before the numbers."""
    champs = [saisie.champs[nom] for nom in valeurs if nom in saisie.champs]
    return sorted(champs, key=lambda champ: not isinstance(champ, Estimation))


def _retenir_les_estimations(saisie: Saisie) -> None:
    """Keep with the draft that numbers are estimates, as long as there is no number to say it of."""
    for champ in saisie.cases:
        if isinstance(champ, Estimation):
            if champ.valeur and champ.sans_case:
                saisie.attente[champ.nom] = "on"
            else:
                saisie.attente.pop(champ.nom, None)
