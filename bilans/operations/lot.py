"""Validating several bilans: first what can be, and why the others cannot; then those that were ticked.

Each bilan is validated on the version that was shown: what changed meanwhile is left out, and said. The bilans of
a structure go in one transaction, which writes the one e-mail that tells its people.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import transaction

from comptes.models import Utilisateur
from comptes.versions import VersionPerimee

from ..controles import Anomalie, Gravite
from ..controles.justifications import Constat, a_traiter, constats_bilans
from ..models import Bilan
from .courriels import regrouper_les_validations
from .etats import OperationRefusee, manques_pour_valider, refus, valider

CHANGE_ENTRE_TEMPS = "Il a changé depuis l'affichage de la liste : relisez-le."


@dataclass(frozen=True)
class Examen:
    """A bilan before a validation: the sentences that stop it, and the alerts that ask for a look."""

    bilan: Bilan
    refus: list[str]
    alertes: list[Anomalie]

    @property
    def possible(self) -> bool:
        """Whether it can be validated."""
        return not self.refus

    @property
    def sans_reserve(self) -> bool:
        """Whether nothing at all was found in it."""
        return self.possible and not self.alertes


@dataclass
class Resultat:
    """What became of each bilan that was ticked."""

    valides: list[Bilan] = field(default_factory=list)
    deja: list[Bilan] = field(default_factory=list)
    refuses: list[tuple[Bilan, str]] = field(default_factory=list)


def examiner(bilans: Iterable[Bilan]) -> list[Examen]:
    """Return each bilan with what stops its validation and what asks for a look. Reading only."""
    lus = list(bilans)
    constats = constats_bilans(bilan for bilan in lus if bilan.statut in Bilan.STATUTS_EN_LECTURE)
    return [_examiner(bilan, constats.get(bilan.pk, [])) for bilan in lus]


def _examiner(bilan: Bilan, constats: list[Constat]) -> Examen:
    if bilan.statut not in Bilan.STATUTS_EN_LECTURE:
        return Examen(bilan, [refus(bilan)], [])
    alertes = [anomalie for anomalie in a_traiter(constats) if anomalie.gravite == Gravite.ALERTE]
    phrases = [manque.phrase for manque in manques_pour_valider(bilan, constats=constats)]
    return Examen(bilan, phrases, alertes)


def valider_lot(bilans: Iterable[Bilan], versions: Mapping[str, int], utilisateur: Utilisateur) -> Resultat:
    """Validate the bilans whose action is in `versions` (key of the action, version that was shown).

    One that is validated already stays as it is; one that is no longer to be read over, that changed or that
    contradicts itself is left as it is, with the sentence that says why. Each person is told once.
    """
    coches = [bilan for bilan in bilans if bilan.action_annuelle.cle in versions]
    resultat = Resultat(deja=[bilan for bilan in coches if bilan.statut in Bilan.STATUTS_VALIDES])
    valides: dict[int, Bilan] = {}
    refuses: dict[int, str] = {}
    for siens in _par_structure(bilan for bilan in coches if bilan.statut not in Bilan.STATUTS_VALIDES):
        _valider_ceux_d_une_structure(siens, versions, utilisateur, valides, refuses)
    resultat.valides = [valides[bilan.pk] for bilan in coches if bilan.pk in valides]
    resultat.refuses = [(bilan, refuses[bilan.pk]) for bilan in coches if bilan.pk in refuses]
    return resultat


def _par_structure(bilans: Iterable[Bilan]) -> list[list[Bilan]]:
    """Return the bilans by structure, its services with it: the same people speak for both."""
    groupes: dict[int, list[Bilan]] = defaultdict(list)
    for bilan in bilans:
        porteur = bilan.action_annuelle.action.porteur
        groupes[porteur.parent_id or porteur.pk].append(bilan)
    return list(groupes.values())


@transaction.atomic
def _valider_ceux_d_une_structure(
    bilans: list[Bilan],
    versions: Mapping[str, int],
    utilisateur: Utilisateur,
    valides: dict[int, Bilan],
    refuses: dict[int, str],
) -> None:
    """Validate the bilans of one structure and write what came of each; one e-mail says them all to a person."""
    # Rows are always taken in the order of their keys, so that two batches never wait for each other.
    for bilan in sorted(bilans, key=lambda bilan: bilan.pk):
        if bilan.statut not in Bilan.STATUTS_EN_LECTURE:
            refuses[bilan.pk] = refus(bilan)
            continue
        version = versions[bilan.action_annuelle.cle]
        try:
            valides[bilan.pk] = valider(bilan, utilisateur, version=version)
        except VersionPerimee:
            refuses[bilan.pk] = CHANGE_ENTRE_TEMPS
        except OperationRefusee as refusee:
            refuses[bilan.pk] = str(refusee)
    regrouper_les_validations([bilan for bilan in bilans if bilan.pk in valides], utilisateur)
