"""Envelopes: setting them, and refusing what would exceed them, whoever writes and by whatever way."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from actions.models import ActionAnnuelle, Campagne
from actions.operations import refuser_annee_archivee
from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.templatetags.typographie import insecables
from comptes.versions import verrouiller
from documents.formats import montant

from ..enveloppes import SituationEnveloppe, nom_de, situations_de
from ..models import Enveloppe, Financeur, LigneFinancement
from ..querysets import STATUTS_SANS_ARGENT


class EnveloppeDepassee(ValidationError):
    """The change would make an envelope hold more than there is; its messages say which, a sentence each."""


class EnveloppeInsuffisante(ValidationError):
    """The envelope is less than what is already retained: the sentence asks to confirm (`malgre_le_retenu`)."""


@contextmanager
def enveloppes_tenues(campagne: Campagne, financeurs: Iterable[int] | None = None) -> Iterator[None]:
    """Refuse at the end what makes an envelope of `financeurs` (pks; all by default) exceeded, or more than it was.

    To be opened within a transaction, around what writes, once the actions are locked and before the lines are. Two
    writers of a funder wait for each other: the row of the funder is the lock, so that an envelope that is being
    created counts too. Raises EnveloppeDepassee.
    """
    tenus = _tenir(campagne, financeurs)
    avant = {situation.enveloppe.pk: situation for situation in situations_de(campagne, tenus)}
    yield
    phrases = [
        _depassement(situation, avant.get(situation.enveloppe.pk))
        for situation in situations_de(campagne, tenus)
        if situation.depassee and situation.retenu > _retenu(avant.get(situation.enveloppe.pk))
    ]
    if phrases:
        raise EnveloppeDepassee(phrases)


def _tenir(campagne: Campagne, financeurs: Iterable[int] | None = None) -> list[int]:
    """Lock the funders until the transaction ends; return their pks."""
    tenus = Financeur.objects.filter(contrat=campagne.contrat_id)
    if financeurs is not None:
        tenus = tenus.filter(pk__in=list(financeurs))
    return list(tenus.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def _retenu(situation: SituationEnveloppe | None) -> Decimal:
    return situation.retenu if situation else Decimal(0)


def _depassement(apres: SituationEnveloppe, avant: SituationEnveloppe | None) -> str:
    """Say what the envelope is, what remains of it, what the change would take."""
    il_faudrait = montant(apres.retenu - _retenu(avant))
    reste = avant.reste if avant else apres.enveloppe.montant
    if reste > 0:
        suite = f"il reste {montant(reste)} et il en faudrait {il_faudrait}."
    elif reste == 0:
        suite = f"il n'en reste rien et il en faudrait {il_faudrait}."
    else:
        suite = f"elle est déjà dépassée de {montant(-reste)} et il en faudrait {il_faudrait} de plus."
    return insecables(f"{_presentation(apres.enveloppe)} : {suite}")


def _presentation(enveloppe: Enveloppe) -> str:
    annee = enveloppe.campagne.annee
    return f"L'enveloppe « {nom_de(enveloppe)} » de {annee} est de {montant(enveloppe.montant)}"


# -- Setting them ----------------------------------------------------------------------------------
@transaction.atomic
def creer_enveloppe(
    auteur: Utilisateur, enveloppe: Enveloppe, *, malgre_le_retenu: bool = False
) -> Enveloppe:
    """Save a new envelope and return it.

    Raises PermissionDenied, EnveloppeInsuffisante when more is already retained (unless `malgre_le_retenu`: a funder
    does announce less than was hoped, and it must be seen), ValidationError when there is one already or the year is
    archived.
    """
    _verifier_le_droit(auteur, enveloppe)
    _tenir(enveloppe.campagne, [enveloppe.financeur_id])
    _enregistrer(auteur, enveloppe, malgre_le_retenu=malgre_le_retenu)
    return enveloppe


@transaction.atomic
def modifier_enveloppe(
    auteur: Utilisateur, enveloppe: Enveloppe, *, version: int, malgre_le_retenu: bool = False
) -> Enveloppe:
    """Save an envelope opened in `version` and return it. Raises as `creer_enveloppe`, and VersionPerimee."""
    _verifier_le_droit(auteur, enveloppe)
    _tenir(enveloppe.campagne, [enveloppe.financeur_id])
    verrouiller(Enveloppe.objects.all(), enveloppe.pk, version)
    enveloppe.version = version + 1
    _enregistrer(auteur, enveloppe, malgre_le_retenu=malgre_le_retenu)
    return enveloppe


@transaction.atomic
def supprimer_enveloppe(auteur: Utilisateur, enveloppe: Enveloppe, *, version: int) -> None:
    """Delete an envelope opened in `version`; its history stays. Raises PermissionDenied, VersionPerimee."""
    _verifier_le_droit(auteur, enveloppe)
    verrouiller(Enveloppe.objects.all(), enveloppe.pk, version)
    signer(enveloppe, auteur)
    enveloppe.delete()


def _verifier_le_droit(auteur: Utilisateur, enveloppe: Enveloppe) -> None:
    if not auteur.has_perm("contrats.gerer", enveloppe.campagne.contrat):
        raise PermissionDenied
    refuser_annee_archivee(Campagne.objects.get(pk=enveloppe.campagne_id))


def _enregistrer(auteur: Utilisateur, enveloppe: Enveloppe, *, malgre_le_retenu: bool) -> None:
    if enveloppe.financeur.contrat_id != enveloppe.campagne.contrat_id:
        raise ValidationError({"financeur": "Choisissez un financeur de ce contrat."})
    enveloppe.full_clean()
    signer(enveloppe, auteur)
    enveloppe.save()
    situation = next(
        s
        for s in situations_de(enveloppe.campagne, [enveloppe.financeur_id])
        if s.enveloppe.pk == enveloppe.pk
    )
    if situation.depassee and not malgre_le_retenu:
        raise EnveloppeInsuffisante(
            insecables(
                f"{montant(situation.retenu)} sont déjà retenus sur l'enveloppe « {nom_de(enveloppe)} » de "
                f"{enveloppe.campagne.annee} : avec {montant(enveloppe.montant)}, elle serait dépassée de "
                f"{montant(-situation.reste)}. Confirmez si c'est bien son montant."
            )
        )


# -- An action that changes its state or its dispositif --------------------------------------------
def verifier_action(annuelle: ActionAnnuelle) -> None:
    """Refuse a new state or a new dispositif that would make an envelope exceeded. A « suite » of `actions.operations`.

    Raises EnveloppeDepassee.
    """
    dernieres = list(annuelle.historique.order_by("-history_date", "-history_id")[:2])
    if len(dernieres) < 2:
        return
    apres, avant = dernieres
    if (apres.statut, apres.dispositif_id) == (avant.statut, avant.dispositif_id):
        return
    lignes = LigneFinancement.objects.filter(action_annuelle=annuelle)
    financeurs = set(lignes.order_by().values_list("financeur", flat=True))
    tenus = _tenir(annuelle.campagne, financeurs)
    phrases = [
        insecables(
            f"{_presentation(situation.enveloppe)} : avec cette action, {montant(situation.retenu)} y seraient "
            "retenus."
        )
        for situation in situations_de(annuelle.campagne, tenus)
        if situation.depassee
        and _compte(apres, situation.enveloppe)
        and not _compte(avant, situation.enveloppe)
    ]
    if phrases:
        raise EnveloppeDepassee(phrases)


def _compte(annuelle: ActionAnnuelle, enveloppe: Enveloppe) -> bool:
    """Whether the lines of the action count in the envelope of their funder."""
    dispositif = enveloppe.dispositif_id
    return annuelle.statut not in STATUTS_SANS_ARGENT and dispositif in (None, annuelle.dispositif_id)
