"""Validating several bilans: first what can be, and why the others cannot; then those that were ticked.

Each bilan is validated in a transaction of its own, on the version that was shown: what changed meanwhile is
left out, and said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from comptes.models import Utilisateur
from comptes.versions import VersionPerimee

from ..controles import Anomalie, Gravite, anomalies_bilan
from ..models import Bilan
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
    return [_examiner(bilan) for bilan in bilans]


def _examiner(bilan: Bilan) -> Examen:
    if bilan.statut not in Bilan.STATUTS_EN_LECTURE:
        return Examen(bilan, [refus(bilan)], [])
    alertes = [anomalie for anomalie in anomalies_bilan(bilan) if anomalie.gravite == Gravite.ALERTE]
    return Examen(bilan, [manque.phrase for manque in manques_pour_valider(bilan)], alertes)


def valider_lot(bilans: Iterable[Bilan], versions: Mapping[str, int], utilisateur: Utilisateur) -> Resultat:
    """Validate the bilans whose action is in `versions` (key of the action, version that was shown).

    One that is validated already stays as it is; one that is no longer to be read over, that changed or that
    contradicts itself is left as it is, with the sentence that says why.
    """
    resultat = Resultat()
    for bilan in bilans:
        version = versions.get(bilan.action_annuelle.cle)
        if version is None:
            continue
        if bilan.statut in Bilan.STATUTS_VALIDES:
            resultat.deja.append(bilan)
            continue
        if bilan.statut not in Bilan.STATUTS_EN_LECTURE:
            resultat.refuses.append((bilan, refus(bilan)))
            continue
        try:
            resultat.valides.append(valider(bilan, utilisateur, version=version))
        except VersionPerimee:
            resultat.refuses.append((bilan, CHANGE_ENTRE_TEMPS))
        except OperationRefusee as refusee:
            resultat.refuses.append((bilan, str(refusee)))
    return resultat
