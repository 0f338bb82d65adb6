"""What changes an action: putting it in the programme of a year, correcting it, changing its state."""

from collections.abc import Callable, Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.versions import verrouiller
from contrats.models import Territoire
from documents.normalisation import normaliser
from porteurs.models import Porteur

from .models import Action, ActionAnnuelle, ActionTerritoire, Campagne

Suite = Callable[[ActionAnnuelle], object]

_suites: list[Suite] = []


def declarer_suite(suite: Suite) -> None:
    """Have `suite(action_annuelle)` called, in the same transaction, each time a year of an action is saved.

    For a higher room that owes something to it (a bilan to expect); declared once, at start-up.
    """
    if suite not in _suites:
        _suites.append(suite)


def refuser_annee_archivee(campagne: Campagne) -> None:
    """Raise ValidationError when the year of `campagne` is archived: its programme and its amounts no longer change."""
    if campagne.statut == Campagne.Statut.ARCHIVEE:
        raise ValidationError(
            f"L'année {campagne.annee} est archivée : ses actions et leurs montants ne changent plus. Pour les "
            "corriger, sortez-la d'abord des archives, depuis la page de la campagne."
        )


@transaction.atomic
def creer_action(
    auteur: Utilisateur,
    annuelle: ActionAnnuelle,
    *,
    porteur: Porteur,
    intitule: str,
    territoires: Iterable[Territoire],
) -> ActionAnnuelle:
    """Put `annuelle`, a new row of its campagne, in the programme and return it.

    It becomes a year of the action that `porteur` already has in the contract under this title, else of a
    new one. Raises PermissionDenied, and ValidationError when the action is already in the year's programme.
    """
    # The row of the campagne is the lock: two people cannot add the same action at once.
    campagne = Campagne.objects.select_for_update(no_key=True).get(pk=annuelle.campagne_id)
    if not auteur.has_perm("contrats.gerer", campagne.contrat):
        raise PermissionDenied
    refuser_annee_archivee(campagne)
    action = Action.objects.filter(
        contrat=campagne.contrat_id, porteur=porteur, intitule_normalise=normaliser(intitule)
    ).first()
    if action is None:
        action = Action(contrat=campagne.contrat, porteur=porteur, intitule=intitule)
        _enregistrer(action, auteur)
    annuelle.action = action
    _verifier_unicite(annuelle)
    _enregistrer(annuelle, auteur)
    _placer(annuelle, territoires)
    _suivre(annuelle)
    return annuelle


@transaction.atomic
def modifier_action(
    auteur: Utilisateur,
    annuelle: ActionAnnuelle,
    *,
    version: int,
    porteur: Porteur,
    intitule: str,
    territoires: Iterable[Territoire],
) -> ActionAnnuelle:
    """Save the new values of `annuelle`, opened in `version`, and return it.

    Title and porteur are those of the action in all its years. Raises PermissionDenied, VersionPerimee when
    someone saved it meanwhile, ValidationError when the result would be a second time the same action.
    """
    if not auteur.has_perm("actions.modifier", annuelle):
        raise PermissionDenied
    refuser_annee_archivee(annuelle.campagne)
    # Always the action before its years: two people in two years of it do not wait for each other.
    action = Action.objects.select_for_update().get(pk=annuelle.action_id)
    verrouiller(ActionAnnuelle.objects.all(), annuelle.pk, version)
    if action.intitule != intitule or action.porteur_id != porteur.pk:
        _verifier_identite(action, porteur, intitule)
        action.intitule, action.porteur = intitule, porteur
        _enregistrer(action, auteur)
        _perimer_les_autres_annees(annuelle, auteur)
    annuelle.action = action
    _verifier_unicite(annuelle)
    if annuelle.statut != ActionAnnuelle.Statut.REPORTEE:
        annuelle.reportee_vers = None
    annuelle.version = version + 1
    _enregistrer(annuelle, auteur, motif=_placer(annuelle, territoires))
    _suivre(annuelle)
    return annuelle


def _enregistrer(objet: Action | ActionAnnuelle, auteur: Utilisateur, motif: str = "") -> None:
    signer(objet, auteur, motif)
    objet.save()


def _perimer_les_autres_annees(annuelle: ActionAnnuelle, auteur: Utilisateur) -> None:
    """Give a new version to the other years: a form opened there would put the former title back."""
    autres = ActionAnnuelle.objects.filter(action=annuelle.action_id).exclude(pk=annuelle.pk)
    for autre in autres.select_for_update().order_by("pk"):
        autre.version += 1
        _enregistrer(autre, auteur)


def _suivre(annuelle: ActionAnnuelle) -> None:
    for suite in _suites:
        suite(annuelle)


def _verifier_unicite(annuelle: ActionAnnuelle) -> None:
    doublons = ActionAnnuelle.objects.filter(
        action=annuelle.action_id, campagne=annuelle.campagne_id, dispositif=annuelle.dispositif_id
    ).exclude(pk=annuelle.pk)
    if doublons.exists():
        dans = f" dans le dispositif « {annuelle.dispositif} »" if annuelle.dispositif else ""
        raise ValidationError(
            {
                "intitule": (
                    f"Cette action est déjà au programme de {annuelle.campagne.annee}{dans}. "
                    "Modifiez-la, ou choisissez un autre dispositif si elle a eu lieu deux fois."
                )
            }
        )


def _verifier_identite(action: Action, porteur: Porteur, intitule: str) -> None:
    doublons = Action.objects.filter(
        contrat=action.contrat_id, porteur=porteur, intitule_normalise=normaliser(intitule)
    ).exclude(pk=action.pk)
    if doublons.exists():
        raise ValidationError(
            {
                "intitule": "Ce porteur a déjà une action de cet intitulé dans le contrat : précisez l'intitulé."
            }
        )


def _placer(annuelle: ActionAnnuelle, territoires: Iterable[Territoire]) -> str:
    """Make `territoires` those of the action, keeping the shares known; return the change in words."""
    voulus = {territoire.pk: territoire for territoire in territoires}
    places = {part.territoire_id: part for part in annuelle.parts_territoires.select_related("territoire")}
    retires = [part for pk, part in places.items() if pk not in voulus]
    ajoutes = [territoire for pk, territoire in voulus.items() if pk not in places]
    for part in retires:
        part.delete()
    for territoire in ajoutes:
        ActionTerritoire.objects.create(action_annuelle=annuelle, territoire=territoire)
    noms = [f"ajouté : {territoire}" for territoire in ajoutes]
    noms += [f"retiré : {part.territoire}" for part in retires]
    return f"Territoires – {', '.join(noms)}" if noms else ""
