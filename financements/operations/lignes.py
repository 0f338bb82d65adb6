"""What changes the money of an action: its funding lines, and the reading of an ambiguous row."""

from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from actions.models import ActionAnnuelle
from actions.operations import refuser_annee_archivee
from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.versions import VersionPerimee, verrouiller

from ..models import AmbiguiteMontants, LecturePossible, LigneFinancement, MontantLu


# -- Funding lines ---------------------------------------------------------------------------------
@transaction.atomic
def ajouter_ligne(auteur: Utilisateur, ligne: LigneFinancement) -> LigneFinancement:
    """Save `ligne`, a new line of its action, and return it.

    Raises PermissionDenied, and ValidationError when the funder already has a line of this nature.
    """
    if not auteur.has_perm("financements.ajouter", ligne.action_annuelle):
        raise PermissionDenied
    refuser_annee_archivee(ligne.action_annuelle.campagne)
    _verrouiller_action(ligne)
    _verifier_unicite(ligne)
    _enregistrer(ligne, auteur)
    return ligne


@transaction.atomic
def modifier_ligne(auteur: Utilisateur, ligne: LigneFinancement, *, version: int) -> LigneFinancement:
    """Save the new values of `ligne`, opened in `version`, and return it.

    Raises PermissionDenied, VersionPerimee when someone saved it meanwhile, ValidationError when the funder
    already has a line of this nature.
    """
    if not auteur.has_perm("financements.modifier", ligne):
        raise PermissionDenied
    refuser_annee_archivee(ligne.action_annuelle.campagne)
    _verrouiller_action(ligne)
    verrouiller(LigneFinancement.objects.all(), ligne.pk, version)
    _verifier_unicite(ligne)
    ligne.version = version + 1
    _enregistrer(ligne, auteur)
    return ligne


@transaction.atomic
def supprimer_ligne(auteur: Utilisateur, ligne: LigneFinancement, *, version: int) -> None:
    """Delete `ligne`, opened in `version`; its history stays.

    Raises PermissionDenied, VersionPerimee when someone saved it meanwhile, ValidationError when a payment
    was planned or made on it.
    """
    if not auteur.has_perm("financements.modifier", ligne):
        raise PermissionDenied
    refuser_annee_archivee(ligne.action_annuelle.campagne)
    verrouiller(LigneFinancement.objects.all(), ligne.pk, version)
    if ligne.versements.exists():
        raise ValidationError(
            "Un versement est prévu ou fait sur cette ligne : elle ne peut pas être supprimée. "
            "Corrigez plutôt ses montants."
        )
    _supprimer(ligne, auteur)


def _enregistrer(ligne: LigneFinancement, auteur: Utilisateur, motif: str = "") -> None:
    signer(ligne, auteur, motif)
    ligne.save()


def _supprimer(ligne: LigneFinancement, auteur: Utilisateur, motif: str = "") -> None:
    signer(ligne, auteur, motif)
    ligne.delete()


def _verrouiller_action(ligne: LigneFinancement) -> None:
    """Lock the action: two people cannot give it the same line at once."""
    ActionAnnuelle.objects.select_for_update().get(pk=ligne.action_annuelle_id)


def _verifier_unicite(ligne: LigneFinancement) -> None:
    doublons = LigneFinancement.objects.filter(
        action_annuelle=ligne.action_annuelle_id,
        financeur=ligne.financeur_id,
        nature_credit=ligne.nature_credit,
    ).exclude(pk=ligne.pk)
    if doublons.exists():
        raise ValidationError(
            {
                "financeur": (
                    f"« {ligne.financeur} » a déjà une ligne de cette nature pour l'action : "
                    "modifiez-la, ou choisissez une autre nature de crédits."
                )
            }
        )


# -- Ambiguous rows --------------------------------------------------------------------------------
def etat_de(ambiguite: AmbiguiteMontants) -> str:
    """Return what changes each time a reading is confirmed."""
    return ambiguite.tranchee_le.isoformat() if ambiguite.tranchee_le else ""


def montants_enregistres(action_annuelle: ActionAnnuelle) -> dict[int, Decimal]:
    """Return the awarded amounts of the action in euros, by funder of the total; a blank one is left out."""
    montants: dict[int, Decimal] = {}
    lignes = LigneFinancement.objects.filter(action_annuelle=action_annuelle).dans_le_total()
    for financeur, montant in lignes.order_by("pk").values_list("financeur", "montant_accorde"):
        if montant is not None:
            montants[financeur] = montants.get(financeur, Decimal(0)) + montant
    return montants


@transaction.atomic
def trancher_montants(
    auteur: Utilisateur, ambiguite: AmbiguiteMontants, lecture: LecturePossible | None, *, etat: str
) -> AmbiguiteMontants:
    """Confirm `lecture` as the right one, give its amounts to the action, and return the ambiguity settled.

    The awarded amounts of the funders of the total become those of the reading; the funders beside the total
    keep theirs. With no `lecture`, the amounts recorded today, corrected by hand, are the right ones and
    become a reading. It can be done again. Raises PermissionDenied, VersionPerimee when someone confirmed a
    reading since `etat`, ValidationError when a funder has several lines (nobody guesses how to share) or
    when `lecture` is that of another row.
    """
    action_annuelle = ambiguite.action_annuelle
    if not auteur.has_perm("financements.ajouter", action_annuelle):
        raise PermissionDenied
    refuser_annee_archivee(action_annuelle.campagne)
    actuelle = AmbiguiteMontants.objects.select_for_update().get(pk=ambiguite.pk)
    if etat_de(actuelle) != etat:
        raise VersionPerimee(actuelle)
    if lecture is None:
        lecture = _lecture_des_montants(actuelle)
    elif lecture.ambiguite_id != actuelle.pk:
        raise ValidationError("Cette lecture est celle d'une autre action.")
    else:
        _appliquer(lecture, action_annuelle, auteur)
    actuelle.lecture_retenue, actuelle.tranchee_le, actuelle.tranchee_par = lecture, timezone.now(), auteur
    signer(actuelle, auteur)
    actuelle.save()
    return actuelle


def _lecture_des_montants(ambiguite: AmbiguiteMontants) -> LecturePossible:
    dernier = ambiguite.lectures.aggregate(dernier=Max("ordre"))["dernier"] or 0
    lecture = LecturePossible.objects.create(ambiguite=ambiguite, ordre=dernier + 1)
    for financeur, montant in montants_enregistres(ambiguite.action_annuelle).items():
        MontantLu.objects.create(lecture=lecture, financeur_id=financeur, montant=montant)
    return lecture


def _appliquer(lecture: LecturePossible, action_annuelle: ActionAnnuelle, auteur: Utilisateur) -> None:
    motif = f"Montants à trancher : {str(lecture).lower()} confirmée"
    voulus = dict(lecture.montants.order_by("pk").values_list("financeur", "montant"))
    lignes: dict[int, LigneFinancement] = {}
    connues = LigneFinancement.objects.filter(action_annuelle=action_annuelle).dans_le_total()
    for ligne in connues.select_related("financeur").select_for_update(of=("self",)).order_by("pk"):
        if ligne.financeur_id in lignes:
            raise ValidationError(
                f"« {ligne.financeur} » a plusieurs lignes de financement pour cette action. Corrigez-les une à "
                "une sur la fiche de l'action, puis confirmez ici les montants actuels."
            )
        lignes[ligne.financeur_id] = ligne
    for financeur, ligne in lignes.items():
        voulu = voulus.get(financeur)
        if voulu is None and not _dit_autre_chose(ligne):
            _supprimer(ligne, auteur, motif)
        elif ligne.montant_accorde != voulu:
            ligne.montant_accorde = voulu  # type: ignore[assignment]
            ligne.version += 1
            _enregistrer(ligne, auteur, motif)
    for financeur, montant in voulus.items():
        if financeur not in lignes:
            nouvelle = LigneFinancement(
                action_annuelle=action_annuelle, financeur_id=financeur, montant_accorde=montant
            )
            _enregistrer(nouvelle, auteur, motif)


def _dit_autre_chose(ligne: LigneFinancement) -> bool:
    """Whether the line holds more than its awarded amount: then it is blanked, not deleted."""
    connus = (
        *(ligne.montant_demande, ligne.montant_propose, ligne.montant_notifie, ligne.date_decision),
        *(ligne.seance_id, ligne.deliberation_id, ligne.convention_id, ligne.commentaire or None),
    )
    return any(connu is not None for connu in connus) or ligne.versements.exists()
