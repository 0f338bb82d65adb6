"""Renewing last year's actions in one step."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import models, transaction

from actions.models import ActionAnnuelle, Campagne
from actions.operations import reconduire_action
from comptes.models import Utilisateur
from comptes.signature import signer
from porteurs.echeances import fin_effective
from porteurs.models import Convention

from ..models import LigneFinancement, Versement
from .lignes import campagne_modifiable, enregistrer_ligne, verrouiller_actions

Statut = ActionAnnuelle.Statut
# Why an action of the year before is not renewed.
RAISONS = {
    Statut.BROUILLON: "La demande n'a jamais été déposée.",
    Statut.INCOMPLETE: "La demande est restée incomplète.",
    Statut.NON_RECEVABLE: "La demande n'était pas recevable.",
    Statut.REFUSEE: "L'action a été refusée.",
    Statut.ABANDONNEE: "L'action a été abandonnée.",
}
# What a renewed action has of its own: the rest was typed since.
COPIES = ("parts_territoires", "volets", "indicateurs", "lignes_financement")


class Montants(models.TextChoices):
    """What the renewed actions ask for."""

    AUCUN = "aucun", "Aucun montant"
    ACCORDES = "accordes_comme_demandes", "Les montants accordés deviennent les montants demandés"


class Situation(models.TextChoices):
    """What can be done with an action of the year before."""

    RECONDUCTIBLE = "reconductible", "À reconduire"
    DEJA_LA = "deja_la", "Déjà au programme"
    IMPOSSIBLE = "impossible", "Non reconductible"


@dataclass(frozen=True)
class Candidate:
    """An action of the year before; `raison` says in a sentence why it is not renewed, `nouvelle` the one there."""

    annuelle: ActionAnnuelle
    situation: Situation
    raison: str = ""
    nouvelle: ActionAnnuelle | None = None
    # Renewed, and nothing was typed in it since: it can be undone.
    annulable: bool = False


def campagne_precedente(campagne: Campagne) -> Campagne | None:
    """Return the campaign of the year before in the same contract, None when there is none."""
    precedente: Campagne | None = (
        Campagne.objects.filter(contrat=campagne.contrat_id, annee=campagne.annee - 1).order_by("pk").first()
    )
    return precedente


def candidates(campagne: Campagne) -> list[Candidate]:
    """Return the actions of the year before, in the order of the programme, in a fixed number of queries."""
    precedente = campagne_precedente(campagne)
    if precedente is None:
        return []
    presentes = {
        (nouvelle.action_id, nouvelle.dispositif_id): nouvelle
        for nouvelle in ActionAnnuelle.objects.filter(campagne=campagne).order_by("pk")
    }
    intactes = _intactes(presentes.values(), campagne)
    anciennes = ActionAnnuelle.objects.filter(campagne=precedente).pour_liste().dans_l_ordre()
    return [
        _candidate(ancienne, presentes.get((ancienne.action_id, ancienne.dispositif_id)), intactes)
        for ancienne in anciennes
    ]


def _candidate(ancienne: ActionAnnuelle, nouvelle: ActionAnnuelle | None, intactes: set[int]) -> Candidate:
    if nouvelle is not None:
        annulable = nouvelle.pk in intactes
        return Candidate(ancienne, Situation.DEJA_LA, "Elle est déjà au programme.", nouvelle, annulable)
    if raison := RAISONS.get(Statut(ancienne.statut)):
        return Candidate(ancienne, Situation.IMPOSSIBLE, raison)
    return Candidate(ancienne, Situation.RECONDUCTIBLE)


def _raison_de(campagne: Campagne) -> str:
    """Return what the history says of an action renewed in `campagne`, and of its lines."""
    return f"Reconduite de {campagne.annee - 1}"


# -- Renewing --------------------------------------------------------------------------------------
@transaction.atomic
def reconduire(
    auteur: Utilisateur, campagne: Campagne, annuelles: Iterable[ActionAnnuelle], *, montants: str
) -> list[ActionAnnuelle]:
    """Renew `annuelles`, actions of the year before, in `campagne`; return the new ones, « déposées ».

    The fiche, the volets, the criteria, the territories and the axes are copied; dates are not. What is already
    there or cannot be renewed is left out: asking twice renews once. Raises PermissionDenied, ValidationError for an
    archived year.
    """
    campagne = _prendre(auteur, campagne)
    voulues = {annuelle.pk for annuelle in annuelles}
    nouvelles = []
    for candidate in candidates(campagne):
        ancienne = candidate.annuelle
        if ancienne.pk in voulues and candidate.situation == Situation.RECONDUCTIBLE:
            nouvelle = reconduire_action(auteur, ancienne, campagne, raison=_raison_de(campagne))
            if montants == Montants.ACCORDES:
                _reprendre_les_montants(auteur, ancienne, nouvelle)
            nouvelles.append(nouvelle)
    return nouvelles


def _prendre(auteur: Utilisateur, campagne: Campagne) -> Campagne:
    """Return the campaign, locked: two people cannot renew the same action at once."""
    if not auteur.has_perm("contrats.gerer", campagne.contrat):
        raise PermissionDenied
    Campagne.objects.select_for_update(no_key=True).get(pk=campagne.pk)
    return campagne_modifiable(campagne.pk)


def _reprendre_les_montants(auteur: Utilisateur, ancienne: ActionAnnuelle, nouvelle: ActionAnnuelle) -> None:
    """Ask each funder for what it accorded; a line of a CPO that still runs stays one of it."""
    annee = nouvelle.campagne.annee
    accordees = LigneFinancement.objects.filter(action_annuelle=ancienne, montant_accorde__isnull=False)
    for ligne in (
        accordees.select_related("convention", "financeur")
        .prefetch_related("convention__avenants")
        .order_by("pk")
    ):
        demande = LigneFinancement(
            action_annuelle=nouvelle,
            financeur=ligne.financeur,
            nature_credit=ligne.nature_credit,
            montant_demande=ligne.montant_accorde,
            convention=ligne.convention if _court_encore(ligne.convention, annee) else None,
        )
        enregistrer_ligne(demande, auteur, _raison_de(nouvelle.campagne))


def _court_encore(convention: Convention | None, annee: int) -> bool:
    return (
        convention is not None
        and convention.type == Convention.Type.CPO
        and convention.date_debut.year <= annee <= fin_effective(convention, convention.avenants.all()).year
    )


# -- Undoing ---------------------------------------------------------------------------------------
@transaction.atomic
def annuler_reconduction(auteur: Utilisateur, annuelles: Iterable[ActionAnnuelle]) -> int:
    """Delete renewed actions in which nothing was typed since; return how many. The others are left as they are.

    Raises PermissionDenied, ValidationError for an archived year.
    """
    par_campagne: dict[Campagne, set[int]] = {}
    for annuelle in annuelles:
        par_campagne.setdefault(annuelle.campagne, set()).add(annuelle.pk)
    return sum(_annuler(auteur, campagne, cles) for campagne, cles in par_campagne.items())


def _annuler(auteur: Utilisateur, campagne: Campagne, cles: set[int]) -> int:
    campagne = _prendre(auteur, campagne)
    verrouiller_actions(cles)
    voulues = list(ActionAnnuelle.objects.filter(campagne=campagne, pk__in=cles).order_by("pk"))
    intactes = _intactes(voulues, campagne)
    for annuelle in voulues:
        if annuelle.pk in intactes:
            for objet in (*annuelle.lignes_financement.order_by("pk"), annuelle):
                signer(objet, auteur, "Reconduction annulée")
                objet.delete()
    return len(intactes)


def _intactes(annuelles: Iterable[ActionAnnuelle], campagne: Campagne) -> set[int]:
    """Return the pks of the actions renewed in `campagne` in which nothing was typed since.

    The last word of their history, and of that of their lines, is the renewal; nothing else hangs from them.
    """
    raison = _raison_de(campagne)
    cles = {annuelle.pk for annuelle in annuelles if annuelle.type == ActionAnnuelle.Type.RECONDUCTION}
    cles -= _touchees(ActionAnnuelle.historique.filter(id__in=cles), "id", raison)
    cles -= _touchees(
        LigneFinancement.historique.filter(action_annuelle_id__in=cles), "action_annuelle_id", raison
    )
    for relation in ActionAnnuelle._meta.related_objects:
        if relation.name not in COPIES:
            lies = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": cles})
            cles -= set(lies.order_by().values_list(relation.field.name, flat=True))
    payees = Versement.objects.filter(ligne__action_annuelle__in=cles).order_by()
    return cles - set(payees.values_list("ligne__action_annuelle", flat=True))


def _touchees(passees: models.QuerySet, chemin: str, raison: str) -> set[int]:
    """Return what `chemin` names in the rows of a history that were not written by the renewal."""
    autres = passees.exclude(history_change_reason=raison) | passees.filter(
        history_change_reason__isnull=True
    )
    return set(autres.order_by().values_list(chemin, flat=True))
