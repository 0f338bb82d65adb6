"""What changes an action: putting it in the programme of a year, correcting it, changing its state."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, ProtectedError
from django.utils import timezone

from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.versions import verrouiller
from contrats.models import Territoire
from documents.normalisation import normaliser
from porteurs.models import Porteur

from .models import Action, ActionAnnuelle, ActionTerritoire, Campagne, IndicateurAction, Volet

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


def annee_a_ouvrir(campagne: Campagne) -> int | None:
    """Return the year after `campagne` when its contract lasts till then and it begins next January at the latest."""
    suivante = campagne.annee + 1
    if suivante > min(campagne.contrat.date_fin.year, timezone.localdate().year + 1):
        return None
    return suivante


@transaction.atomic
def ouvrir_annee(auteur: Utilisateur, campagne: Campagne) -> Campagne:
    """Return the year after `campagne`, opened in preparation with the same age bands and person to ask.

    The year that is already there is returned as it is. Raises PermissionDenied, ValidationError when `annee_a_ouvrir`
    gives none.
    """
    # The row of the year before is the lock: a button pressed twice opens one year.
    actuelle = Campagne.objects.select_for_update(no_key=True).get(pk=campagne.pk)
    if not auteur.has_perm("contrats.gerer", actuelle.contrat):
        raise PermissionDenied
    deja: Campagne | None = Campagne.objects.filter(
        contrat=actuelle.contrat_id, annee=actuelle.annee + 1
    ).first()
    if deja is not None:
        return deja
    annee = annee_a_ouvrir(actuelle)
    if annee is None:
        raise ValidationError(
            f"L'année {actuelle.annee + 1} ne peut pas encore être ouverte, ou le contrat est fini avant elle."
        )
    nouvelle = Campagne(
        contrat=actuelle.contrat,
        annee=annee,
        contact_nom=actuelle.contact_nom,
        contact_email=actuelle.contact_email,
        contact_telephone=actuelle.contact_telephone,
    )
    signer(nouvelle, auteur)
    nouvelle.save()
    for tranche in actuelle.tranches.order_by("ordre"):
        nouvelle.tranches.create(
            ordre=tranche.ordre, libelle=tranche.libelle, age_min=tranche.age_min, age_max=tranche.age_max
        )
    return nouvelle


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


# -- The fiche -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class VoletEcrit:
    """A volet as it is typed."""

    intitule: str
    description: str = ""
    dates: str = ""
    lieux: str = ""


@dataclass(frozen=True)
class CritereEcrit:
    """A criterion as it is typed; `pk` is that of the row which it was, None for a new one."""

    pk: int | None
    libelle: str
    unite: str = ""
    cible: Decimal | None = None


@dataclass(frozen=True)
class ContenuFiche:
    """What a fiche action says: its texts by field, its volets and its criteria in order."""

    textes: Mapping[str, str]
    volets: Sequence[VoletEcrit]
    criteres: Sequence[CritereEcrit]


@transaction.atomic
def modifier_fiche(
    auteur: Utilisateur, annuelle: ActionAnnuelle, contenu: ContenuFiche, *, version: int
) -> ActionAnnuelle:
    """Save the fiche of `annuelle`, opened in `version`, and return the row.

    Raises PermissionDenied, VersionPerimee when someone saved it meanwhile, ValidationError when a criterion taken
    away has an answer in a bilan.
    """
    if not auteur.has_perm("actions.rediger", annuelle):
        raise PermissionDenied
    refuser_annee_archivee(annuelle.campagne)
    actuelle: ActionAnnuelle = verrouiller(ActionAnnuelle.objects.all(), annuelle.pk, version)
    for champ, texte in contenu.textes.items():
        setattr(actuelle, champ, texte)
    motifs = [_ecrire_volets(actuelle, contenu.volets), _ecrire_criteres(actuelle, contenu.criteres)]
    actuelle.version = version + 1
    _enregistrer(actuelle, auteur, motif=" ; ".join(motif for motif in motifs if motif))
    return actuelle


def _ecrire_volets(annuelle: ActionAnnuelle, voulus: Sequence[VoletEcrit]) -> str:
    """Make `voulus` the volets of the action; return the change in words, blank when there is none."""
    presents = [VoletEcrit(v.intitule, v.description, v.dates, v.lieux) for v in annuelle.volets.all()]
    if presents == list(voulus):
        return ""
    annuelle.volets.all().delete()
    Volet.objects.bulk_create(
        Volet(
            action_annuelle=annuelle,
            ordre=ordre,
            intitule=volet.intitule,
            description=volet.description,
            dates=volet.dates,
            lieux=volet.lieux,
        )
        for ordre, volet in enumerate(voulus, 1)
    )
    return _noms_changes("Volets", [v.intitule for v in presents], [v.intitule for v in voulus])


def _ecrire_criteres(annuelle: ActionAnnuelle, voulus: Sequence[CritereEcrit]) -> str:
    """Make `voulus` the criteria of the action, keeping the rows that bilans answer; return the change in words."""
    presents = {critere.pk: critere for critere in annuelle.indicateurs.all()}
    avant = [CritereEcrit(c.pk, c.libelle, c.unite, c.cible) for c in presents.values()]
    if avant == list(voulus):
        return ""
    gardes = presents.keys() & {critere.pk for critere in voulus}
    try:
        annuelle.indicateurs.exclude(pk__in=gardes).delete()
    except ProtectedError as erreur:
        raise ValidationError(
            "Un critère retiré a déjà une réponse dans le bilan : gardez-le, ou corrigez son libellé."
        ) from erreur
    # Ranks are unique: those that stay step aside before they take their new ones.
    annuelle.indicateurs.update(ordre=F("ordre") + 1000)
    for ordre, ecrit in enumerate(voulus, 1):
        critere = presents.get(ecrit.pk or 0) or IndicateurAction(action_annuelle=annuelle)
        critere.ordre, critere.libelle = ordre, ecrit.libelle
        critere.unite, critere.cible = ecrit.unite, ecrit.cible
        critere.save()
    return _noms_changes("Critères", [c.libelle for c in avant], [c.libelle for c in voulus])


def _noms_changes(quoi: str, avant: Sequence[str], apres: Sequence[str]) -> str:
    """Return « Volets – ajouté : Sorties, retiré : Fêtes »; « Volets – contenu modifié » under the same names."""
    noms = [f"ajouté : {nom}" for nom in apres if nom not in avant]
    noms += [f"retiré : {nom}" for nom in avant if nom not in apres]
    return f"{quoi} – {', '.join(noms)}" if noms else f"{quoi} – contenu modifié"


# What the fiche of an action keeps from one year to the next; its dates belong to one year.
CHAMPS_RECONDUITS = (
    *(
        "dispositif",
        "ordre",
        "axe",
        "objectif_national",
        "thematique",
        "pluriannuelle",
        "domaine",
        "objectifs",
    ),
    *("description", "public_vise", "lieux", "moyens_humains", "moyens_materiels", "moyens_financiers"),
    *("partenaires", "tarifs"),
)


@transaction.atomic
def reconduire_action(
    auteur: Utilisateur, annuelle: ActionAnnuelle, campagne: Campagne, *, raison: str
) -> ActionAnnuelle:
    """Copy a year of an action, its volets, criteria, territories and axes, into `campagne`; return the copy, déposée.

    `raison` is written in its history. Raises PermissionDenied, and ValidationError when the action is already in
    the programme of that year or the year is archived.
    """
    campagne = Campagne.objects.select_for_update(no_key=True).select_related("contrat").get(pk=campagne.pk)
    if not auteur.has_perm("contrats.gerer", campagne.contrat):
        raise PermissionDenied
    refuser_annee_archivee(campagne)
    copie = ActionAnnuelle(
        action=annuelle.action,
        campagne=campagne,
        type=ActionAnnuelle.Type.RECONDUCTION,
        statut=ActionAnnuelle.Statut.DEPOSEE,
        **{champ: getattr(annuelle, champ) for champ in CHAMPS_RECONDUITS},
    )
    _verifier_unicite(copie)
    _enregistrer(copie, auteur, raison)
    copie.axes_secondaires.set(annuelle.axes_secondaires.order_by("pk"))
    for relation in ("parts_territoires", "volets", "indicateurs"):
        for element in getattr(annuelle, relation).order_by("pk"):
            element.pk, element.action_annuelle = None, copie
            element._state.adding = True
            element.save()
    _suivre(copie)
    return copie


@transaction.atomic
def changer_statut(
    auteur: Utilisateur, annuelle: ActionAnnuelle, statut: str, *, motif: str, raison: str
) -> ActionAnnuelle:
    """Give a year of an action another state, and return it as it is now; `raison` is written in its history.

    Raises PermissionDenied, ValidationError when the year is archived or when this state asks for a `motif`.
    """
    if not auteur.has_perm("actions.modifier", annuelle):
        raise PermissionDenied
    refuser_annee_archivee(annuelle.campagne)
    actuelle = ActionAnnuelle.objects.select_for_update(no_key=True).get(pk=annuelle.pk)
    if statut in ActionAnnuelle.STATUTS_MOTIVES and not motif:
        raise ValidationError({"motif": "Dites pourquoi : le motif sera lu par le porteur."})
    actuelle.statut, actuelle.motif = statut, motif
    if statut != ActionAnnuelle.Statut.REPORTEE:
        actuelle.reportee_vers = None
    actuelle.version += 1
    _enregistrer(actuelle, auteur, raison)
    _suivre(actuelle)
    return actuelle


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
