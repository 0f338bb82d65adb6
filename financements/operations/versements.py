"""What changes a payment: planning it by its rule, mandating, paying, suspending, cancelling, asking for it back.

The year, then what is paid (the funding line, or the convention with its yearly amounts) are locked before the payment:
two people cannot together pay more than was notified. docs/etats.md has the table of states.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from actions.models import Campagne
from actions.operations import refuser_annee_archivee
from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.versions import verrouiller
from contrats.models import ContratVille
from documents.formats import montant as en_euros
from porteurs.models import Convention

from ..models import (
    ConditionVersement,
    LigneFinancement,
    MontantConvention,
    RegleVersement,
    Reversement,
    Versement,
)
from ..paiements import Ecart, Paiement, paiement_de, total_reverse, verse_net
from ..versements import ZERO

Statut = Versement.Statut
# Where each gesture starts from.
DEPUIS: dict[str, tuple[Statut, ...]] = {
    "modifier": (Statut.PREVU, Statut.A_MANDATER, Statut.SUSPENDU),
    "recevoir": (Statut.PREVU, Statut.A_MANDATER, Statut.SUSPENDU),
    "mandater": (Statut.PREVU, Statut.A_MANDATER),
    "verser": (Statut.PREVU, Statut.A_MANDATER, Statut.MANDATE),
    "suspendre": (Statut.PREVU, Statut.A_MANDATER, Statut.MANDATE),
    "reprendre": (Statut.SUSPENDU, Statut.ANNULE),
    "annuler": (Statut.PREVU, Statut.A_MANDATER, Statut.MANDATE, Statut.SUSPENDU),
    "corriger": (Statut.MANDATE, Statut.VERSE),
    "reverser": (Statut.VERSE,),
}


def gestes_possibles(versement: Versement) -> list[str]:
    """Return what the state of a payment allows, in the order of `DEPUIS`."""
    return [geste for geste, depuis in DEPUIS.items() if versement.statut in depuis]


# -- Planning --------------------------------------------------------------------------------------
@transaction.atomic
def planifier(
    auteur: Utilisateur, objet: LigneFinancement | Convention, annee: int | None = None
) -> list[Versement]:
    """Store the payments that the rules of `objet` give for `annee`, and return those created or changed.

    Done again once the grant of N is voted: what was paid, mandated, suspended by someone or typed by hand stays.
    An instalment that would be negative is suspended with its reason. `annee` is that of a convention; a funding
    line has its own. Raises PermissionDenied, ValidationError when the year is archived.
    """
    if isinstance(objet, LigneFinancement):
        annee = objet.action_annuelle.campagne.annee
    if annee is None:
        raise ValidationError("Dites de quelle année il s'agit.")
    paiement = _tenir(auteur, objet, annee)
    # Read under the lock: what is calculated is what is there.
    return [_ecrire(paiement, ecart, auteur) for ecart in paiement.ecarts()]


def _ecrire(paiement: Paiement, ecart: Ecart, auteur: Utilisateur) -> Versement:
    tranche, versement = ecart.tranche, ecart.versement
    if versement is None:
        versement = _nouveau(paiement)
        versement.regle, versement.numero = ecart.regle, tranche.regle.rang
        versement.type, versement.date_prevue = ecart.regle.type, tranche.date_prevue
        versement.version = 0
    versement.montant_prevu = tranche.montant
    if tranche.negatif:
        versement.statut, versement.motif, versement.calcul = Statut.SUSPENDU, tranche.empechement, ""
    else:
        if versement.statut == Statut.SUSPENDU:
            versement.statut, versement.motif = Statut.PREVU, ""
            _selon_les_documents(versement)
        versement.calcul = tranche.empechement or tranche.calcul
    nouveau = versement.pk is None
    _enregistrer(versement, auteur)
    if nouveau:
        _demander(versement, tranche.regle.pieces, auteur)
    return versement


@transaction.atomic
def ajouter_versement(auteur: Utilisateur, versement: Versement, *, pieces: Iterable[str] = ()) -> Versement:
    """Save `versement`, typed by hand, and return it; `pieces` are the documents awaited before it is paid.

    Raises PermissionDenied, ValidationError when the year is archived or the amount is not positive.
    """
    paiement = _tenir(auteur, *_paye(versement))
    _exiger_positif(versement.montant_prevu)
    dernier = max((v.numero for v in paiement.versements), default=0)
    reserves = [regle.rang for regle in paiement.regles]
    versement.numero, versement.version = max([dernier, *reserves]) + 1, 0
    _enregistrer(versement, auteur)
    _demander(versement, pieces, auteur)
    return versement


@transaction.atomic
def modifier_versement(
    auteur: Utilisateur,
    versement: Versement,
    *,
    version: int,
    date_prevue: date | None,
    montant_prevu: Decimal | None,
    pieces: Iterable[str],
) -> Versement:
    """Correct a payment that is not made: its date, its amount, the documents awaited; return it.

    An amount typed by hand is not calculated again. Raises PermissionDenied, VersionPerimee, ValidationError.
    """
    versement, _ = _ouvrir(auteur, versement, version, "modifier")
    if montant_prevu != versement.montant_prevu:
        _exiger_positif(montant_prevu)
        versement.montant_prevu, versement.regle = montant_prevu, None
        versement.calcul = "Montant saisi à la main."
    versement.date_prevue = date_prevue
    _redemander(versement, list(dict.fromkeys(pieces)), auteur)
    _selon_les_documents(versement)
    _enregistrer(versement, auteur)
    return versement


def _demander(versement: Versement, pieces: Iterable[str], auteur: Utilisateur) -> None:
    premier = (versement.conditions.aggregate(dernier=Max("ordre"))["dernier"] or 0) + 1
    for ordre, libelle in enumerate(dict.fromkeys(pieces), premier):
        condition = ConditionVersement(versement=versement, ordre=ordre, libelle=libelle[:255])
        signer(condition, auteur)
        condition.save()


def _redemander(versement: Versement, pieces: list[str], auteur: Utilisateur) -> None:
    """Make `pieces` the documents awaited; one that was received stays, whether it is named or not."""
    connues = {condition.libelle: condition for condition in versement.conditions.order_by("ordre")}
    for libelle, condition in connues.items():
        if libelle not in pieces and condition.remplie_le is None:
            signer(condition, auteur)
            condition.delete()
    _demander(versement, [piece for piece in pieces if piece not in connues], auteur)


# -- Following a payment ---------------------------------------------------------------------------
@transaction.atomic
def recevoir(
    auteur: Utilisateur,
    versement: Versement,
    condition: int,
    *,
    version: int,
    recu_le: date | None,
    motif: str = "",
) -> Versement:
    """Note that the document `condition` (its primary key) was received on `recu_le`, or was not after all (None).

    `motif` says in the history which document it is. Raises PermissionDenied, VersionPerimee, ValidationError when the
    document is not awaited or the date is to come.
    """
    versement, _ = _ouvrir(auteur, versement, version, "recevoir")
    attendue = versement.conditions.filter(pk=condition).first()
    if attendue is None:
        raise ValidationError("Ce document n'est plus demandé pour ce versement.")
    _refuser_date_a_venir(recu_le, "Ce document ne peut pas être reçu à une date à venir.")
    attendue.remplie_le = recu_le
    signer(attendue, auteur, motif)
    attendue.save()
    _selon_les_documents(versement)
    _enregistrer(versement, auteur)
    return versement


@transaction.atomic
def mandater(
    auteur: Utilisateur, versement: Versement, *, version: int, date_mandat: date, reference: str = ""
) -> Versement:
    """Note that the payment was ordered on `date_mandat`, and return it.

    Raises PermissionDenied, VersionPerimee, ValidationError when something holds it up or the grant is exceeded.
    """
    versement, paiement = _ouvrir(auteur, versement, version, "mandater")
    _refuser_date_a_venir(date_mandat, "Un mandat ne peut pas porter une date à venir.")
    _exiger_payable(paiement, versement, versement.montant_prevu)
    versement.statut, versement.date_mandat = Statut.MANDATE, date_mandat
    versement.reference = reference or versement.reference
    _enregistrer(versement, auteur)
    return versement


@transaction.atomic
def verser(
    auteur: Utilisateur,
    versement: Versement,
    *,
    version: int,
    date_versement: date,
    montant: Decimal | None,
    reference: str = "",
) -> Versement:
    """Note that `montant` euros were paid on `date_versement`, and return the payment.

    All the payments together never exceed what was notified, or voted. Raises PermissionDenied, VersionPerimee,
    ValidationError when something holds it up, the grant is exceeded or the dates contradict each other.
    """
    versement, paiement = _ouvrir(auteur, versement, version, "verser")
    _refuser_date_a_venir(date_versement, "Un versement fait ne peut pas porter une date à venir.")
    if versement.date_mandat and date_versement < versement.date_mandat:
        raise ValidationError({"date_versement": "Le versement ne peut pas précéder son mandat."})
    _exiger_payable(paiement, versement, montant)
    versement.statut, versement.date_versement = Statut.VERSE, date_versement
    versement.montant_verse = montant
    versement.reference = reference or versement.reference
    _enregistrer(versement, auteur)
    return versement


@transaction.atomic
def suspendre(auteur: Utilisateur, versement: Versement, *, version: int, motif: str) -> Versement:
    """Hold a payment up for the reason `motif`, and return it.

    Raises PermissionDenied, VersionPerimee, ValidationError when it is over or the reason is blank.
    """
    versement, _ = _ouvrir(auteur, versement, version, "suspendre")
    versement.statut, versement.motif, versement.date_mandat = Statut.SUSPENDU, _motif(motif), None
    _enregistrer(versement, auteur, motif)
    return versement


@transaction.atomic
def reprendre(auteur: Utilisateur, versement: Versement, *, version: int) -> Versement:
    """Take up a suspended or cancelled payment, and return it.

    Raises PermissionDenied, VersionPerimee, ValidationError when its calculation gives nothing to pay.
    """
    versement, _ = _ouvrir(auteur, versement, version, "reprendre")
    if versement.montant_prevu is None and versement.regle_id is not None:
        raise ValidationError(
            "Le calcul ne donne rien à payer. Recalculez l'échéancier si la subvention a changé, "
            "ou modifiez le montant."
        )
    versement.statut, versement.motif = Statut.PREVU, ""
    _selon_les_documents(versement)
    _enregistrer(versement, auteur)
    return versement


@transaction.atomic
def annuler(auteur: Utilisateur, versement: Versement, *, version: int, motif: str) -> Versement:
    """Give a payment up for the reason `motif`, and return it: it can be taken up again.

    Raises PermissionDenied, VersionPerimee, ValidationError when it is already made.
    """
    versement, _ = _ouvrir(auteur, versement, version, "annuler")
    versement.statut, versement.motif, versement.date_mandat = Statut.ANNULE, _motif(motif), None
    _enregistrer(versement, auteur, motif)
    return versement


@transaction.atomic
def corriger(auteur: Utilisateur, versement: Versement, *, version: int, motif: str) -> Versement:
    """Put a payment noted by mistake as made, or as mandated, back to what is planned; return it.

    Raises PermissionDenied, VersionPerimee, ValidationError when it was asked back since.
    """
    versement, _ = _ouvrir(auteur, versement, version, "corriger")
    if versement.reversements.exists():
        raise ValidationError("Un reversement est demandé sur ce versement : il a donc été fait.")
    versement.statut, versement.date_mandat, versement.date_versement = Statut.PREVU, None, None
    versement.montant_verse = None
    _selon_les_documents(versement)
    _enregistrer(versement, auteur, _motif(motif))
    return versement


# -- Asking for it back ----------------------------------------------------------------------------
@transaction.atomic
def reverser(
    auteur: Utilisateur,
    versement: Versement,
    *,
    version: int,
    montant: Decimal | None,
    motif: str,
    date_titre: date | None = None,
    numero_titre: str = "",
) -> Reversement:
    """Ask `montant` euros of a payment back, and return the repayment asked.

    Raises PermissionDenied, VersionPerimee, ValidationError when it is more than what was paid.
    """
    versement, _ = _ouvrir(auteur, versement, version, "reverser")
    _exiger_positif(montant)
    deja = total_reverse(versement.reversements.all())
    reste = (versement.montant_verse or ZERO) - deja
    if montant is not None and montant > reste:
        raise ValidationError(
            {"montant": f"On ne peut pas demander plus que ce qui reste versé : {en_euros(reste)}."}
        )
    reversement = Reversement(
        versement=versement,
        montant=montant,
        motif=_motif(motif),
        date_titre=date_titre,
        numero_titre=numero_titre,
    )
    signer(reversement, auteur)
    reversement.save()
    _enregistrer(versement, auteur)
    return reversement


@transaction.atomic
def recouvrer(
    auteur: Utilisateur, reversement: Reversement, *, version: int, date_recouvrement: date | None
) -> Reversement:
    """Note that a repayment was received on that day, or was not after all (None); `version` is that of the payment.

    Raises PermissionDenied, VersionPerimee, ValidationError when the date is to come or precedes its title, or when
    what was recovered was paid again since.
    """
    versement, paiement = _ouvrir(auteur, reversement.versement, version, "reverser")
    reversement = versement.reversements.get(pk=reversement.pk)
    _refuser_date_a_venir(date_recouvrement, "Un reversement ne peut pas être reçu à une date à venir.")
    if date_recouvrement and reversement.date_titre and date_recouvrement < reversement.date_titre:
        raise ValidationError({"date_recouvrement": "Le recouvrement ne peut pas précéder son titre."})
    if date_recouvrement is None and reversement.date_recouvrement:
        # What the payment is worth again; the other repayments recovered stay so.
        _exiger_disponible(paiement, versement, verse_net(versement) + reversement.montant)
    reversement.date_recouvrement = date_recouvrement
    signer(reversement, auteur)
    reversement.save()
    _enregistrer(versement, auteur)
    return reversement


# -- Rules -----------------------------------------------------------------------------------------
@transaction.atomic
def enregistrer_regle(
    auteur: Utilisateur, regle: RegleVersement, *, version: int | None = None
) -> RegleVersement:
    """Save a rule of payment, new when `version` is None, and return it; payments already planned do not move.

    Raises PermissionDenied, VersionPerimee, ValidationError when the rank is taken, or when who pays changes though
    payments follow the rule.
    """
    _exiger_gestion(auteur, contrat_de_la_regle(regle))
    if version is not None:
        actuelle: RegleVersement = verrouiller(RegleVersement.objects.all(), regle.pk, version)
        _refuser_autre_payeur(actuelle, regle)
        regle.version = version + 1
    regle.validate_constraints()
    signer(regle, auteur)
    regle.save()
    return regle


def _refuser_autre_payeur(actuelle: RegleVersement, regle: RegleVersement) -> None:
    """Raise ValidationError when `regle` pays for someone else than `actuelle`, which has payments: they would lie."""
    avant = (actuelle.convention_id, actuelle.financeur_id)
    if (regle.convention_id, regle.financeur_id) != avant and actuelle.versements.exists():
        raise ValidationError(
            "Des versements suivent déjà cette règle : la convention ou le financeur qui paie ainsi ne change plus. "
            "Ajoutez plutôt une autre règle."
        )


@transaction.atomic
def supprimer_regle(auteur: Utilisateur, regle: RegleVersement, *, version: int) -> None:
    """Delete a rule; the payments that it planned stay, as typed by hand.

    Raises PermissionDenied, VersionPerimee, ValidationError when one of them belongs to an archived year.
    """
    contrat = contrat_de_la_regle(regle)
    _exiger_gestion(auteur, contrat)
    _refuser_annees_archivees(contrat, regle)
    verrouiller(RegleVersement.objects.all(), regle.pk, version)
    for versement in regle.versements.select_for_update(no_key=True).order_by("pk"):
        versement.regle = None
        _enregistrer(versement, auteur, "Règle de versement supprimée")
    signer(regle, auteur)
    regle.delete()


def _refuser_annees_archivees(contrat: ContratVille, regle: RegleVersement) -> None:
    """Lock the years of the payments that follow a rule. Raises ValidationError when one of them is archived."""
    suivants = regle.versements.select_related("ligne__action_annuelle__campagne", "convention").order_by(
        "pk"
    )
    annees = {_paye(versement)[1] for versement in suivants}
    campagnes = Campagne.objects.select_for_update(no_key=True).filter(contrat=contrat, annee__in=annees)
    for campagne in campagnes.order_by("annee"):
        if campagne.statut == Campagne.Statut.ARCHIVEE:
            raise ValidationError(
                f"Des versements de {campagne.annee} suivent cette règle, et cette année est archivée : la règle ne "
                "peut pas être supprimée. Pour la supprimer quand même, sortez d'abord l'année des archives, depuis "
                "la page de la campagne."
            )


def contrat_de_la_regle(regle: RegleVersement) -> ContratVille:
    """Return the contract of a rule: that of its convention, or of its funder."""
    if regle.convention is not None:
        return regle.convention.contrat
    if regle.financeur is not None:
        return regle.financeur.contrat
    raise ValidationError("Une règle est celle d'une convention ou d'un financeur.")


# -- Holding what is paid --------------------------------------------------------------------------
def _paye(versement: Versement) -> tuple[LigneFinancement | Convention, int]:
    """Return what a payment pays, and its year."""
    if versement.ligne is not None:
        return versement.ligne, versement.ligne.action_annuelle.campagne.annee
    if versement.convention is not None and versement.annee is not None:
        return versement.convention, versement.annee
    raise ValidationError("Un versement paie une ligne de financement, ou une année d'une convention.")


def _tenir(auteur: Utilisateur, objet: LigneFinancement | Convention, annee: int) -> Paiement:
    """Lock the year, then what is paid, and return it as it is now. Raises PermissionDenied, ValidationError."""
    contrat = objet.contrat if isinstance(objet, Convention) else objet.action_annuelle.campagne.contrat
    _exiger_gestion(auteur, contrat)
    campagne = (
        Campagne.objects.select_for_update(no_key=True)
        .filter(contrat=contrat, annee=annee)
        .order_by("pk")
        .first()
    )
    if campagne is not None:
        refuser_annee_archivee(campagne)
    if isinstance(objet, Convention):
        Convention.objects.select_for_update(no_key=True).get(pk=objet.pk)
        montants = MontantConvention.objects.filter(convention=objet, annee__in=(annee - 1, annee))
        list(montants.select_for_update(no_key=True).order_by("pk"))
    else:
        LigneFinancement.objects.select_for_update(no_key=True).get(pk=objet.pk)
    return paiement_de(objet, annee)


def _ouvrir(
    auteur: Utilisateur, versement: Versement, version: int, geste: str
) -> tuple[Versement, Paiement]:
    """Return the payment and what it pays, both locked. Raises PermissionDenied, VersionPerimee, ValidationError."""
    paiement = _tenir(auteur, *_paye(versement))
    actuel: Versement = verrouiller(Versement.objects.all(), versement.pk, version)
    if actuel.statut not in DEPUIS[geste]:
        raise ValidationError(
            f"Ce versement est à l'état « {actuel.get_statut_display()} » : cela ne se fait plus."
        )
    return actuel, paiement


def _exiger_gestion(auteur: Utilisateur, contrat: ContratVille) -> None:
    if not auteur.has_perm("contrats.gerer", contrat):
        raise PermissionDenied


def _exiger_payable(paiement: Paiement, versement: Versement, montant: Decimal | None) -> None:
    """Raise ValidationError when something holds the payment up, or when it would exceed the grant."""
    raisons = paiement.blocages(versement) if versement.statut != Statut.MANDATE else []
    if raisons:
        raise ValidationError(raisons)
    _exiger_positif(montant)
    _exiger_disponible(paiement, versement, montant or ZERO)


def _exiger_disponible(paiement: Paiement, versement: Versement, montant: Decimal) -> None:
    disponible, plafond = paiement.disponible(versement), paiement.plafond(versement)
    if disponible is None:
        raise ValidationError("Rien n'est notifié ni voté : indiquez d'abord le montant de la subvention.")
    if montant > disponible:
        raise ValidationError(
            f"La subvention est de {en_euros(plafond)}. Il reste {en_euros(max(disponible, ZERO))} à verser, "
            f"et il en faudrait {en_euros(montant)} : corrigez le montant."
        )


def _exiger_positif(montant: Decimal | None) -> None:
    if montant is None or montant <= 0:
        raise ValidationError("Un versement est un montant positif : indiquez-le.")


def _refuser_date_a_venir(jour: date | None, phrase: str) -> None:
    if jour is not None and jour > timezone.localdate():
        raise ValidationError(phrase)


def _motif(motif: str) -> str:
    propre = motif.strip()
    if not propre:
        raise ValidationError({"motif": "Indiquez pourquoi."})
    return propre


def _selon_les_documents(versement: Versement) -> None:
    """A planned payment is ready to be ordered once every document awaited is there."""
    if versement.statut not in (Statut.PREVU, Statut.A_MANDATER):
        return
    recues = list(versement.conditions.values_list("remplie_le", flat=True).order_by("ordre"))
    versement.statut = Statut.A_MANDATER if recues and all(recues) else Statut.PREVU


def _enregistrer(versement: Versement, auteur: Utilisateur, motif: str = "") -> None:
    versement.version += 1
    signer(versement, auteur, motif)
    versement.save()


def _nouveau(paiement: Paiement) -> Versement:
    if isinstance(paiement.objet, Convention):
        return Versement(convention=paiement.objet, annee=paiement.annee)
    return Versement(ligne=paiement.objet)
