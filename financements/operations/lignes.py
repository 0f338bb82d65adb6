"""What changes the money of an action: its funding lines, and the reading of an ambiguous row.

The locks, always in this order: the campaign, the actions, their funders (enveloppes_tenues), their lines.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max, Model
from django.utils import timezone

from actions.models import ActionAnnuelle, Campagne
from actions.operations import refuser_annee_archivee
from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.templatetags.typographie import insecables
from comptes.versions import VersionPerimee, verrouiller
from documents.formats import montant as en_euros

from ..models import AmbiguiteMontants, LecturePossible, LigneFinancement, MontantLu
from ..querysets import LigneFinancementQuerySet
from .enveloppes import enveloppes_tenues

ZERO = Decimal(0)
AUTRE_CONTRAT = "Choisissez un financeur de ce contrat."


# -- Funding lines ---------------------------------------------------------------------------------
@transaction.atomic
def ajouter_ligne(auteur: Utilisateur, ligne: LigneFinancement) -> LigneFinancement:
    """Save `ligne`, a new line of its action, and return it.

    Raises PermissionDenied, ValidationError when the funder already has a line of this nature, EnveloppeDepassee.
    """
    if not auteur.has_perm("financements.ajouter", ligne.action_annuelle):
        raise PermissionDenied
    campagne = campagne_modifiable(ligne.action_annuelle.campagne_id)
    verrouiller_actions([ligne.action_annuelle_id])
    with enveloppes_tenues(campagne, [ligne.financeur_id]):
        _verifier_unicite(ligne)
        enregistrer_ligne(ligne, auteur)
    return ligne


@transaction.atomic
def modifier_ligne(auteur: Utilisateur, ligne: LigneFinancement, *, version: int) -> LigneFinancement:
    """Save the new values of `ligne`, opened in `version`, and return it.

    Raises PermissionDenied, VersionPerimee when someone saved it meanwhile, ValidationError when the funder
    already has a line of this nature or more is paid than would be accorded, EnveloppeDepassee.
    """
    if not auteur.has_perm("financements.modifier", ligne):
        raise PermissionDenied
    campagne = campagne_modifiable(ligne.action_annuelle.campagne_id)
    verrouiller_actions([ligne.action_annuelle_id])
    anciens = LigneFinancement.objects.filter(pk=ligne.pk).order_by("pk").values_list("financeur", flat=True)
    with enveloppes_tenues(campagne, {ligne.financeur_id, *anciens}):
        verrouiller(LigneFinancement.objects.all(), ligne.pk, version)
        _verifier_unicite(ligne)
        ligne.version = version + 1
        enregistrer_ligne(ligne, auteur)
    return ligne


@transaction.atomic
def supprimer_ligne(auteur: Utilisateur, ligne: LigneFinancement, *, version: int) -> None:
    """Delete `ligne`, opened in `version`; its history stays.

    Raises PermissionDenied, VersionPerimee when someone saved it meanwhile, ValidationError when a payment
    was planned or made on it.
    """
    if not auteur.has_perm("financements.modifier", ligne):
        raise PermissionDenied
    campagne_modifiable(ligne.action_annuelle.campagne_id)
    verrouiller_actions([ligne.action_annuelle_id])
    verrouiller(LigneFinancement.objects.all(), ligne.pk, version)
    if ligne.versements.exists():
        raise ValidationError(
            "Un versement est prévu ou fait sur cette ligne : elle ne peut pas être supprimée. "
            "Corrigez plutôt ses montants."
        )
    _supprimer(ligne, auteur)


def campagne_modifiable(pk: int) -> Campagne:
    """Return the campaign as it is in the database now. Raises ValidationError when its year is archived."""
    campagne = Campagne.objects.select_related("contrat").get(pk=pk)
    refuser_annee_archivee(campagne)
    return campagne


def verrouiller_actions(cles: Iterable[int]) -> None:
    """Lock years of actions (pks), in the order of their keys: two people cannot give one the same line at once."""
    annuelles = ActionAnnuelle.objects.filter(pk__in=list(cles))
    list(annuelles.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True))


def enregistrer_ligne(ligne: LigneFinancement, auteur: Utilisateur, motif: str = "") -> None:
    """Save the line under `auteur`. Raises ValidationError when less would be accorded than what is already paid."""
    _verifier_paye(ligne)
    signer(ligne, auteur, motif)
    ligne.save()


def _supprimer(ligne: LigneFinancement, auteur: Utilisateur, motif: str = "") -> None:
    signer(ligne, auteur, motif)
    ligne.delete()


def lignes_de_la_case(annuelle: int, financeur: int, nature_credit: str) -> LigneFinancementQuerySet:
    """Return, locked, the line of an action and of a column of the grid (pks): one at most."""
    lignes: LigneFinancementQuerySet = LigneFinancement.objects.filter(
        action_annuelle=annuelle, financeur=financeur, nature_credit=nature_credit
    )
    return lignes.select_related("financeur").select_for_update(of=("self",), no_key=True).order_by("pk")


def poser_montant(
    auteur: Utilisateur,
    ligne: LigneFinancement,
    champ: str,
    montant: Decimal | None,
    motif: str = "",
) -> LigneFinancement | None:
    """Give `ligne`, locked or new, an amount in one state; return it, None when nothing is left of it.

    Raises ValidationError for an amount that is negative or too long, and for less than what is already paid.
    """
    valeur = lire_montant(LigneFinancement, champ, montant)
    ancien = getattr(ligne, champ)
    setattr(ligne, champ, valeur)
    if ligne.pk and not dit_quelque_chose(ligne):
        # Its history says what was deleted.
        setattr(ligne, champ, ancien)
        _supprimer(ligne, auteur, motif)
        return None
    if ligne.pk:
        ligne.version += 1
    elif valeur is None:
        return None
    enregistrer_ligne(ligne, auteur, motif)
    return ligne


def lire_montant(modele: type[Model], champ: str, montant: Decimal | None) -> Decimal | None:
    """Return the amount as the column holds it. Raises ValidationError when it is negative or too long."""
    colonne: Any = modele._meta.get_field(champ)
    return None if montant is None else colonne.clean(montant, None)


def _verifier_paye(ligne: LigneFinancement) -> None:
    """Refuse that a line promises less than what was paid of it: the notified amount, else the accorded one."""
    if not ligne.pk:
        return
    avant = LigneFinancement.objects.avec_verse().get(pk=ligne.pk)
    promis, paye = _promis(ligne), avant.verse
    retire = avant.montant_notifie is not None and ligne.montant_notifie is None
    baisse = (promis or ZERO) < (_promis(avant) or ZERO)
    if paye and (retire or (baisse and (promis or ZERO) < paye)):
        raise ValidationError(_deja_verse(ligne, paye))


@contextmanager
def montants_tenus(campagne: Campagne) -> Iterator[None]:
    """Refuse at the end of what writes many amounts at once what a cell would refuse: see `enveloppes_tenues`.

    To be opened once the year is locked. Raises EnveloppeDepassee, ValidationError when a line would promise less
    than what is paid of it.
    """
    avant = _trop_verses(campagne)
    with enveloppes_tenues(campagne):
        yield
    for cle, ligne in _trop_verses(campagne).items():
        if cle not in avant:
            raise ValidationError(_deja_verse(ligne, ligne.verse))


def _trop_verses(campagne: Campagne) -> dict[int, Any]:
    """Return the lines of the year of which more is paid than promised, by pk."""
    lignes = LigneFinancement.objects.filter(action_annuelle__campagne=campagne).avec_verse()
    payees = lignes.filter(verse__gt=0).select_related("financeur").order_by("pk")
    return {ligne.pk: ligne for ligne in payees if (_promis(ligne) or ZERO) < ligne.verse}


def _deja_verse(ligne: LigneFinancement, paye: Decimal) -> str:
    return insecables(
        f"« {ligne.financeur} » a déjà versé {en_euros(paye)} pour cette action : le montant notifié, ou à défaut le "
        "montant accordé, ne peut pas être inférieur. Corrigez d'abord le versement, ou demandez un reversement."
    )


def _promis(ligne: LigneFinancement) -> Decimal | None:
    return ligne.montant_notifie if ligne.montant_notifie is not None else ligne.montant_accorde


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
    when `lecture` is that of another row, EnveloppeDepassee.
    """
    action_annuelle = ambiguite.action_annuelle
    if not auteur.has_perm("financements.ajouter", action_annuelle):
        raise PermissionDenied
    campagne = campagne_modifiable(action_annuelle.campagne_id)
    verrouiller_actions([action_annuelle.pk])
    actuelle = AmbiguiteMontants.objects.select_for_update().get(pk=ambiguite.pk)
    if etat_de(actuelle) != etat:
        raise VersionPerimee(actuelle)
    if lecture is None:
        lecture = _lecture_des_montants(actuelle)
    elif lecture.ambiguite_id != actuelle.pk:
        raise ValidationError("Cette lecture est celle d'une autre action.")
    else:
        with enveloppes_tenues(campagne):
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
        if ligne.montant_accorde != (voulu := voulus.get(financeur)):
            poser_montant(auteur, ligne, "montant_accorde", voulu, motif)
    for financeur, montant in voulus.items():
        if financeur not in lignes:
            nouvelle = LigneFinancement(action_annuelle=action_annuelle, financeur_id=financeur)
            poser_montant(auteur, nouvelle, "montant_accorde", montant, motif)


def dit_quelque_chose(ligne: LigneFinancement) -> bool:
    """Whether the line still holds an amount, a decision, a convention, a comment or a payment."""
    connus = (
        *(getattr(ligne, etat) for etat in LigneFinancement.ETATS_MONTANT),
        *(ligne.date_decision, ligne.seance_id, ligne.deliberation_id, ligne.convention_id),
        ligne.commentaire or None,
    )
    return any(connu is not None for connu in connus) or ligne.versements.exists()
