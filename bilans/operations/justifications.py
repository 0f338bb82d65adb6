"""Deciding of a finding: an alert is acknowledged, a contradiction that is kept says why; both can be taken back."""

from collections.abc import Iterable, Mapping

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from actions.models import Campagne
from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.templatetags.typographie import insecables

from ..controles import Anomalie, Gravite
from ..controles.justifications import constats_bilan, sans_appel
from ..models import Bilan, Justification
from .etats import OperationRefusee, valider, verrouiller_bilan

REFUS = "Justifier un constat revient à la personne qui pilote le contrat de ville."
MOTIF_ATTENDU = "Dites pourquoi ces chiffres sont gardés tels quels."
A_CORRIGER = "Ce constat ne se justifie pas : corrigez les deux dates."


@transaction.atomic
def justifier(auteur: Utilisateur, campagne: Campagne, anomalie: Anomalie, motif: str = "") -> Justification:
    """Write that the finding is acknowledged or kept, for its present figures; return the decision.

    A blocking finding asks for a reason; given again, the reason replaces the one before. Raises
    PermissionDenied for an account that does not run the contract, OperationRefusee otherwise.
    """
    return _justifier(auteur, campagne, [anomalie], motif)[0]


@transaction.atomic
def justifier_plusieurs(
    auteur: Utilisateur, campagne: Campagne, anomalies: Iterable[Anomalie], motif: str = ""
) -> list[Justification]:
    """Write the same decision for several findings, all or none; return the decisions."""
    return _justifier(auteur, campagne, list(anomalies), motif)


def _justifier(
    auteur: Utilisateur, campagne: Campagne, anomalies: list[Anomalie], motif: str
) -> list[Justification]:
    _exiger(auteur, campagne)
    raison = motif.strip()
    if any(sans_appel(anomalie) for anomalie in anomalies):
        raise OperationRefusee(A_CORRIGER)
    if not raison and any(anomalie.bloquante for anomalie in anomalies):
        raise OperationRefusee(MOTIF_ATTENDU)
    retenues = [anomalie for anomalie in anomalies if anomalie.gravite != Gravite.INFO]
    if not retenues:
        raise OperationRefusee("Une information ne demande rien : il n'y a rien à justifier.")
    return [_ecrire(auteur, campagne, anomalie, raison) for anomalie in retenues]


def _ecrire(auteur: Utilisateur, campagne: Campagne, anomalie: Anomalie, motif: str) -> Justification:
    cle = {
        "campagne": campagne,
        "code": anomalie.code,
        "objet": anomalie.objet,
        "champ": anomalie.champ,
        "empreinte": anomalie.empreinte,
    }
    existante = Justification.objects.select_for_update(no_key=True).filter(**cle).first()
    justification = existante or Justification(**cle)
    justification.gravite = anomalie.gravite
    justification.valeurs = {nom: str(valeur) for nom, valeur in anomalie.valeurs.items()}
    justification.phrase = anomalie.message
    justification.motif = motif
    justification.auteur, justification.date = auteur, timezone.now()
    signer(justification, auteur)
    justification.full_clean(validate_unique=False)
    justification.save()
    return justification


@transaction.atomic
def retirer_justification(auteur: Utilisateur, justification: Justification) -> None:
    """Take a decision back: its finding is to be looked at again. The history keeps both."""
    _exiger(auteur, justification.campagne)
    signer(justification, auteur)
    justification.delete()


@transaction.atomic
def retirer_justifications(auteur: Utilisateur, justifications: Iterable[Justification]) -> int:
    """Take several decisions back, all or none; return how many, those that were already taken back left out."""
    actuelles = (
        Justification.objects.select_for_update(of=("self",))
        .filter(pk__in=[justification.pk for justification in justifications])
        .select_related("campagne__contrat")
        .order_by("pk")
    )
    prises = list(actuelles)
    for campagne in {prise.campagne_id: prise.campagne for prise in prises}.values():
        _exiger(auteur, campagne)
    for prise in prises:
        signer(prise, auteur)
        prise.delete()
    return len(prises)


@transaction.atomic
def valider_en_justifiant(
    bilan: Bilan, utilisateur: Utilisateur, motifs: Mapping[str, str], *, version: int | None = None
) -> Bilan:
    """Validate the bilan, the contradictions that it keeps being justified first; all or nothing.

    `motifs` gives the reasons by name of the finding (`Anomalie.identite`); a blank one justifies nothing, nor
    does that of a finding which is no longer there. Raises what `justifier` and `valider` raise.
    """
    actuel = verrouiller_bilan(bilan)
    campagne = actuel.action_annuelle.campagne
    for constat in constats_bilan(actuel):
        motif = motifs.get(constat.anomalie.identite, "")
        if constat.bloque and motif.strip():
            justifier(utilisateur, campagne, constat.anomalie, motif)
    return valider(bilan, utilisateur, version=version)


def _exiger(auteur: Utilisateur, campagne: Campagne) -> None:
    if not auteur.has_perm("contrats.gerer", campagne.contrat):
        raise PermissionDenied(REFUS)
    if campagne.statut == Campagne.Statut.ARCHIVEE:
        raise OperationRefusee(insecables(f"L'année {campagne.annee} est archivée : elle ne change plus."))
