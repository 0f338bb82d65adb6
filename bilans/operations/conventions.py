"""What changes a convention and knows more than its text: the papers received, its yearly amounts, its deletion.

A paper comes from the porteur or from the desk; a file is checked by its content like an attachment of a bilan
(`bilans.pieces`), and one received by post has a date and no file.
"""

from datetime import date
from decimal import Decimal
from functools import partial

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import ProtectedError

from actions.models import Campagne
from actions.operations import refuser_annee_archivee
from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.versions import VersionPerimee, verrouiller, version_de
from documents.formats import additionner, date_longue, taille_lisible
from documents.formats import montant as en_euros
from financements.models import MontantConvention, RegleVersement
from financements.paiements import paiement_de
from financements.versements import ZERO
from porteurs.models import Convention, Echeance, Obligation, Porteur
from porteurs.operations_conventions import (
    dupliquer_convention,
    garder_la_deliberation,
    prendre,
    refuser_l_avenir,
    tenir_echeance,
)

from ..models import DocumentConvention
from ..pieces import FichierVerifie, PieceRefusee, verifier

DEPOT_FERME = "Cette convention est archivée : elle ne reçoit plus de documents."
PAS_LES_SIENS = "Les documents d'une convention sont à la structure et à l'équipe du contrat de ville."

# A convention lasts years and asks for some ten papers each: as much room as a bilan for each of five.
DOCUMENTS_TOTAL_MAX = 5 * settings.PIECES_TOTAL_MAX


# -- Papers received -------------------------------------------------------------------------------
def recevoir_document(
    auteur: Utilisateur,
    convention: Convention,
    *,
    libelle: str,
    recu_le: date,
    fichier: File | None = None,
    obligation: Obligation | None = None,
    echeance: Echeance | None = None,
    complet: bool = False,
) -> DocumentConvention:
    """Keep a paper received for a convention and return it; `complet` says that its deadline is met.

    Raises PermissionDenied for an account that is neither the porteur's nor the desk's; ValidationError for a day to
    come, for a file that is not accepted or is there already, or for one too many.

    Not to be called inside a transaction: the file is written before its row, and taken back if the row fails.
    """
    document = DocumentConvention(
        convention=convention,
        obligation=obligation or (echeance.obligation if echeance else None),
        echeance=echeance,
        libelle=libelle.strip(),
        recu_le=recu_le,
        depose_par=auteur,
    )
    refuser_l_avenir(recu_le, "recu_le")
    verifie = None
    with transaction.atomic(durable=True):
        _refuser_le_depot(auteur, prendre(None, convention))
    if fichier is not None:
        # Neither drawing an image again nor writing to the disk keeps the database waiting.
        verifie = _verifie(fichier)
        document.nom, document.type_mime = verifie.nom, verifie.format.type_mime
        document.taille, document.empreinte = verifie.taille, verifie.empreinte
        document.fichier.save(verifie.nom, verifie.contenu, save=False)
    try:
        _inscrire(auteur, document, verifie, complet=complet)
    except BaseException:
        if verifie is not None:
            document.fichier.delete(save=False)
        raise
    return document


def _verifie(fichier: File) -> FichierVerifie:
    try:
        return verifier(fichier)
    except PieceRefusee as refus:
        raise ValidationError({"fichier": str(refus)}) from refus


@transaction.atomic(durable=True)
def _inscrire(
    auteur: Utilisateur, document: DocumentConvention, verifie: FichierVerifie | None, *, complet: bool
) -> None:
    convention = prendre(None, document.convention)
    _refuser_le_depot(auteur, convention)
    if verifie is not None:
        _refuser_le_fichier(convention, verifie)
    document.full_clean()
    signer(document, auteur)
    document.save()
    if complet and document.echeance is not None:
        tenir_echeance(auteur, document.echeance, document.recu_le, verifie=True)


@transaction.atomic
def retirer_document(auteur: Utilisateur, document: DocumentConvention) -> None:
    """Take a paper away for good; one that is gone already stays so. Its history stays.

    The porteur takes away its own, as long as the deadline it answers is not met. Raises PermissionDenied.
    """
    convention = prendre(None, document.convention)
    present = (
        DocumentConvention.objects.filter(pk=document.pk).select_related("echeance", "depose_par").first()
    )
    if present is None:
        return
    if not peut_retirer(auteur, convention, present):
        raise PermissionDenied(
            "Ce document a répondu à une échéance qui est réglée : demandez à l'équipe du contrat de ville de le "
            "retirer."
        )
    stockage, nom = present.fichier.storage, present.fichier.name
    signer(present, auteur)
    present.delete()
    if nom:
        # Once the row is gone for sure; a disk that refuses is told in the log.
        transaction.on_commit(partial(stockage.delete, nom), robust=True)


def peut_retirer(auteur: Utilisateur, convention: Convention, document: DocumentConvention) -> bool:
    """Return whether an account may take a paper away: the desk always, the porteur its own while it is awaited."""
    if auteur.has_perm("contrats.gerer", convention.contrat):
        return True
    return est_le_sien(auteur, document) and auteur.has_perm("porteurs.deposer_document", convention)


def est_le_sien(auteur: Utilisateur, document: DocumentConvention) -> bool:
    """Return whether the account handed in a paper whose deadline, if any, still waits."""
    en_attente = document.echeance is None or document.echeance.faite_le is None
    return en_attente and document.depose_par_id == auteur.pk


def _refuser_le_depot(auteur: Utilisateur, convention: Convention) -> None:
    if not auteur.has_perm("porteurs.deposer_document", convention):
        raise PermissionDenied(PAS_LES_SIENS)
    if convention.statut == Convention.Statut.ARCHIVEE:
        raise ValidationError(DEPOT_FERME)


def _refuser_le_fichier(convention: Convention, verifie: FichierVerifie) -> None:
    """Raise ValidationError for a file that the convention already has, or has no room for."""
    fichiers = DocumentConvention.objects.filter(convention=convention).exclude(fichier="")
    if deja := fichiers.filter(empreinte=verifie.empreinte).order_by("pk").first():
        raise ValidationError(
            {
                "fichier": f"Ce fichier a déjà été reçu le {date_longue(deja.recu_le)}, sous le nom « {deja.nom} »."
            }
        )
    total = sum(taille or 0 for taille in fichiers.order_by("pk").values_list("taille", flat=True))
    if total + verifie.taille > DOCUMENTS_TOTAL_MAX:
        raise ValidationError(
            {
                "fichier": f"Les documents de cette convention pèseraient {taille_lisible(total + verifie.taille)} ; "
                f"ils en pèsent au plus {taille_lisible(DOCUMENTS_TOTAL_MAX)}."
            }
        )


# -- Yearly amounts --------------------------------------------------------------------------------
@transaction.atomic
def enregistrer_montant(
    auteur: Utilisateur, convention: Convention, montant: MontantConvention, *, version: int | None = None
) -> MontantConvention:
    """Save what a convention gives for one year, and return it; `version` is None for a new amount.

    Raises PermissionDenied, VersionPerimee, ValidationError for a year outside of the convention or archived, for a
    funder of another contract, for an amount of all the funders beside that of one of them, for a vote lowered or
    taken away below what is paid.
    """
    actuelle = prendre(auteur, convention)
    montant.convention = actuelle
    if version is not None:
        present = verrouiller(MontantConvention.objects.filter(convention=actuelle), montant.pk, version)
        _refuser_l_annee_archivee(actuelle, present.annee)
        reste = montant.montant_vote if montant.annee == present.annee else None
        _refuser_moins_que_le_verse(actuelle, present, reste)
        montant.version = version + 1
    _refuser_l_annee_archivee(actuelle, montant.annee)
    if montant.financeur and montant.financeur.contrat_id != actuelle.contrat_id:
        raise ValidationError({"financeur": "Choisissez un financeur de ce contrat."})
    _refuser_le_double_compte(actuelle, montant)
    garder_la_deliberation(montant, actuelle.contrat_id)
    montant.full_clean()
    signer(montant, auteur)
    montant.save()
    return montant


@transaction.atomic
def supprimer_montant(
    auteur: Utilisateur, convention: Convention, montant: MontantConvention, *, version: int
) -> None:
    """Delete a yearly amount. Raises like `enregistrer_montant`."""
    actuelle = prendre(auteur, convention)
    present = verrouiller(MontantConvention.objects.filter(convention=actuelle), montant.pk, version)
    _refuser_l_annee_archivee(actuelle, present.annee)
    _refuser_moins_que_le_verse(actuelle, present, None)
    signer(present, auteur)
    present.delete()


def _refuser_le_double_compte(convention: Convention, montant: MontantConvention) -> None:
    """Raise ValidationError for an amount of all the funders beside that of one of them: the year adds them up."""
    autres = MontantConvention.objects.filter(convention=convention, annee=montant.annee).exclude(
        pk=montant.pk
    )
    if montant.financeur is None and autres.filter(financeur__isnull=False).exists():
        raise ValidationError(
            {
                "financeur": f"L'année {montant.annee} a déjà un montant donné par un financeur : dites qui donne "
                "celui-ci, sinon il serait compté deux fois."
            }
        )
    if montant.financeur is not None and autres.filter(financeur__isnull=True).exists():
        raise ValidationError(
            {
                "financeur": f"L'année {montant.annee} a déjà un montant sans financeur précis, et celui-ci serait "
                "compté deux fois : donnez d'abord un financeur à l'autre montant, ou supprimez-le."
            }
        )


def _refuser_moins_que_le_verse(
    convention: Convention, present: MontantConvention, vote: Decimal | None
) -> None:
    """Raise ValidationError for a vote that was known and that `vote` brings below what is paid of its year.

    A first vote may be lower: an instalment is paid on the year before, and what is too much is asked back.
    """
    if present.montant_vote is None or (vote is not None and vote >= present.montant_vote):
        return
    autres = MontantConvention.objects.filter(convention=convention, annee=present.annee).exclude(
        pk=present.pk
    )
    votes = autres.order_by("pk").values_list("montant_vote", flat=True)
    verse = paiement_de(convention, present.annee).verse
    if (additionner([*votes, vote]) or ZERO) < verse:
        raise ValidationError(
            {
                "montant_vote": f"{en_euros(verse)} sont déjà versés pour {present.annee} : le montant voté ne peut "
                "pas descendre au-dessous. Enregistrez d'abord le reversement de ce qui a été versé en trop."
            }
        )


def _refuser_l_annee_archivee(convention: Convention, annee: int) -> None:
    campagne = Campagne.objects.filter(contrat=convention.contrat_id, annee=annee).first()
    if campagne is not None:
        refuser_annee_archivee(campagne)


# -- The whole convention --------------------------------------------------------------------------
@transaction.atomic
def supprimer_convention(auteur: Utilisateur, convention: Convention, *, version: int) -> None:
    """Delete a convention that was never signed and for which nothing was received or paid.

    Raises PermissionDenied, VersionPerimee, ValidationError for any other: it is terminated, or archived, instead.
    """
    actuelle = prendre(auteur, convention)
    if version_de(actuelle) != version:
        raise VersionPerimee(actuelle)
    if refus := refus_de_supprimer(actuelle):
        raise ValidationError(refus)
    signer(actuelle, auteur)
    try:
        actuelle.delete()
    except ProtectedError as erreur:
        raise ValidationError(
            "Des versements sont prévus ou faits pour cette convention : supprimez-les d'abord."
        ) from erreur


def refus_de_supprimer(convention: Convention) -> str:
    """Return why a convention cannot be deleted, an empty string when it can."""
    if convention.statut not in (Convention.Statut.PROJET, Convention.Statut.DELIBEREE):
        return "Cette convention a été signée : elle se résilie ou s'archive, elle ne se supprime pas."
    if convention.documents.exists():
        return "Des documents ont été reçus pour cette convention : retirez-les d'abord."
    if convention.versements.exists():
        return "Des versements sont prévus ou faits pour cette convention : supprimez-les d'abord."
    return ""


@transaction.atomic
def dupliquer(
    auteur: Utilisateur,
    modele: Convention,
    *,
    porteur: Porteur,
    intitule: str,
    date_debut: date,
    date_fin: date,
) -> Convention:
    """Return a new draft that starts from `modele`, its rules of payment included. Raises like the one of porteurs."""
    copie = dupliquer_convention(
        auteur, modele, porteur=porteur, intitule=intitule, date_debut=date_debut, date_fin=date_fin
    )
    for regle in RegleVersement.objects.filter(convention=modele).order_by("rang"):
        regle.pk, regle.convention = None, copie
        regle._state.adding = True
        signer(regle, auteur)
        regle.save()
    return copie
