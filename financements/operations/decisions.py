"""The decision on actions: retained, refused or adjourned, by whom, when, under which délibération."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction

from actions.models import ActionAnnuelle, Campagne
from actions.operations import changer_statut
from comptes.models import Utilisateur
from comptes.templatetags.typographie import insecables, pluriel
from contrats.models import Deliberation, Seance
from contrats.operations import instance_nommee
from documents.formats import date_longue

from ..models import LigneFinancement
from .enveloppes import enveloppes_tenues
from .lignes import campagne_modifiable, enregistrer_ligne, verrouiller_actions

# How many actions are named before « et 12 autres ».
NOMMEES = 3


class Sens(models.TextChoices):
    """What is decided of an action."""

    RETENUE = "retenue", "Retenue"
    REFUSEE = "refusee", "Refusée"
    AJOURNEE = "ajournee", "Ajournée"


# The states of an action on which a decision is taken, or taken again.
DECIDABLES = (
    ActionAnnuelle.Statut.DEPOSEE,
    ActionAnnuelle.Statut.RECEVABLE,
    ActionAnnuelle.Statut.INSTRUITE,
    ActionAnnuelle.Statut.PROPOSEE,
    ActionAnnuelle.Statut.PROGRAMMEE,
    ActionAnnuelle.Statut.REFUSEE,
    ActionAnnuelle.Statut.AJOURNEE,
)


VERS = {
    Sens.RETENUE: ActionAnnuelle.Statut.PROGRAMMEE,
    Sens.REFUSEE: ActionAnnuelle.Statut.REFUSEE,
    Sens.AJOURNEE: ActionAnnuelle.Statut.AJOURNEE,
}


@dataclass(frozen=True)
class Decision:
    """What was decided. `seance` and `deliberation` may be unsaved: they are created with the decision.

    An unsaved `seance` of an instance that already met that day becomes that meeting; an unsaved instance is created
    with it, or becomes the one of that name.
    """

    sens: Sens
    motif: str = ""
    seance: Seance | None = None
    deliberation: Deliberation | None = None
    # Copies the proposed amounts into the accorded ones that are blank (retained actions only).
    copier_proposes: bool = True

    @property
    def date(self) -> date | None:
        """The day of the decision: that of the délibération, else that of the meeting."""
        source = self.deliberation or self.seance
        return source.date if source else None


@dataclass(frozen=True)
class ResultatDecision:
    """What a decision did: how many actions, how many amounts copied, on how many lines the accorded amount that was
    already there is not the proposed one (it is kept)."""

    actions: int
    montants: int
    differents: int


@transaction.atomic
def decider(
    auteur: Utilisateur, campagne: Campagne, annuelles: Iterable[ActionAnnuelle], decision: Decision
) -> ResultatDecision:
    """Record the decision on every action, in one transaction, and return what it did.

    Retained → « programmée », refused, adjourned; the lines take the day, the meeting and the délibération. Raises
    PermissionDenied, EnveloppeDepassee, ValidationError (no reason for what is not retained, no action, an action in
    a state where nothing is decided any more, neither a meeting nor a délibération, a day outside the contract, an
    archived year).
    """
    if not auteur.has_perm("contrats.gerer", campagne.contrat):
        raise PermissionDenied
    campagne = campagne_modifiable(campagne.pk)
    _verifier(campagne, decision)
    cles = {annuelle.pk for annuelle in annuelles}
    verrouiller_actions(cles)
    actuelles = _actions(campagne, cles)
    decision = _avec_sa_seance(decision)
    with enveloppes_tenues(campagne):
        montants, differents = _ecrire_les_lignes(auteur, decision, cles)
        for annuelle in actuelles:
            motif = "" if decision.sens == Sens.RETENUE else decision.motif.strip()
            changer_statut(auteur, annuelle, VERS[decision.sens], motif=motif, raison=_raison(decision))
    return ResultatDecision(len(actuelles), montants, differents)


def _verifier(campagne: Campagne, decision: Decision) -> None:
    if decision.sens != Sens.RETENUE and not decision.motif.strip():
        raise ValidationError(
            {
                "motif": "Dites pourquoi : une action refusée ou ajournée l'est pour une raison que le porteur lira."
            }
        )
    if decision.date is None:
        raise ValidationError(
            "Dites qui a décidé, et quand : une instance et la date de sa séance, ou une délibération."
        )
    contrat = campagne.contrat
    if not contrat.contient(decision.date):
        raise ValidationError(
            f"La date de la décision est hors du contrat, qui va du {contrat.date_debut:%d/%m/%Y} au "
            f"{contrat.date_fin:%d/%m/%Y}."
        )
    seance, deliberation = decision.seance, decision.deliberation
    if (seance and seance.instance.contrat_id != contrat.pk) or (
        deliberation and deliberation.contrat_id != contrat.pk
    ):
        raise ValidationError("Choisissez une séance et une délibération de ce contrat.")


def _actions(campagne: Campagne, cles: set[int]) -> list[ActionAnnuelle]:
    """Return the actions as they are now. Raises ValidationError when one cannot be decided on."""
    actions = ActionAnnuelle.objects.filter(campagne=campagne, pk__in=cles).select_related(
        "action", "campagne__contrat"
    )
    trouvees = list(actions.order_by("ordre", "pk"))
    if not trouvees:
        raise ValidationError("Cochez au moins une action.")
    if fermees := [a for a in trouvees if a.statut not in DECIDABLES]:
        noms = [f"« {a.action} » ({a.get_statut_display().lower()})" for a in fermees[:NOMMEES]]
        reste = len(fermees) - len(noms)
        suite = f" et {pluriel(reste, 'autre,autres')}" if reste else ""
        raise ValidationError(
            insecables(
                f"On ne décide plus de {', '.join(noms)}{suite} : décochez, ou corrigez l'état de l'action."
            )
        )
    return trouvees


def _avec_sa_seance(decision: Decision) -> Decision:
    """Return the decision with its meeting and its délibération saved, once each."""
    seance, deliberation = decision.seance, decision.deliberation
    if seance is not None and seance.pk is None:
        if seance.instance.pk is None:
            ecrite = seance.instance
            seance.instance = instance_nommee(ecrite.contrat, ecrite.nom, ecrite.type)
        connue = Seance.objects.filter(instance=seance.instance, date=seance.date).order_by("pk").first()
        if connue is None:
            seance.full_clean()
            seance.save()
        seance = connue or seance
    if deliberation is not None and deliberation.pk is None:
        connues = Deliberation.objects.filter(
            contrat=deliberation.contrat,
            organe=deliberation.organe,
            date=deliberation.date,
            numero=deliberation.numero,
        )
        deja = connues.order_by("pk").first()
        if deja is None:
            deliberation.full_clean()
            deliberation.save()
        deliberation = deja or deliberation
    return replace(decision, seance=seance, deliberation=deliberation)


def _ecrire_les_lignes(auteur: Utilisateur, decision: Decision, cles: set[int]) -> tuple[int, int]:
    """Write the decision on the lines of the actions; return how many amounts were copied, how many differ."""
    montants = differents = 0
    lignes = LigneFinancement.objects.filter(action_annuelle__in=cles).select_related("financeur")
    for ligne in lignes.select_for_update(of=("self",), no_key=True).order_by("pk"):
        if decision.sens == Sens.RETENUE and decision.copier_proposes and ligne.montant_propose is not None:
            if ligne.montant_accorde is None:
                ligne.montant_accorde = ligne.montant_propose
                montants += 1
            elif ligne.montant_accorde != ligne.montant_propose:
                differents += 1
        ligne.date_decision = decision.date
        ligne.seance, ligne.deliberation = decision.seance, decision.deliberation
        ligne.version += 1
        enregistrer_ligne(ligne, auteur, _raison(decision))
    return montants, differents


def _raison(decision: Decision) -> str:
    """Return « Décision : retenue, COPIL du 12 mars 2024, délibération n° 12 du 20 mars 2024 », for the history."""
    morceaux = [f"Décision : {decision.sens.label.lower()}"]
    if decision.seance is not None:
        morceaux.append(f"{decision.seance.instance} du {date_longue(decision.seance.date)}")
    if (deliberation := decision.deliberation) is not None:
        numero = f" n° {deliberation.numero}" if deliberation.numero else ""
        morceaux.append(f"délibération{numero} du {date_longue(deliberation.date)}")
    # The column of the history holds a hundred characters.
    return insecables(", ".join(morceaux))
