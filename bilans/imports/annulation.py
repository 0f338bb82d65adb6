"""Undoing an import, as long as nothing built on it has changed: each row put back as it was, all or nothing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, DataError, IntegrityError, models, transaction
from django.utils import timezone
from django.utils.text import capfirst
from simple_history.models import HistoricalChanges

from actions.models import ActionAnnuelle
from comptes.historique import SUPPRESSION
from comptes.models import Utilisateur
from comptes.templatetags.typographie import insecables, pluriel
from financements.operations import montants_tenus

from ..models import EffetImport, ImportTableur, LigneImport
from ..operations.etats import OperationRefusee
from . import taches
from .application import motif_de
from .ecriture import changer_en_nombre, creer_en_nombre
from .journal import LOT, Image, colonnes_dites, depuis_image, images, modele_de, par_lots, valeur_de
from .preparation import mettre_en_file, prendre, verifier_le_droit
from .verrous import tenir_l_annee

Statut, Nature = ImportTableur.Statut, EffetImport.Nature
# How many rows are named before « et 12 autres ».
NOMMES = 3
# A version only ever goes up: a page opened before must know that the row changed, even when it changed back.
VERSION = "version"
# What points to a row without being built on it.
SANS_POIDS = (LigneImport, EffetImport, ImportTableur)


def annulable(import_: ImportTableur) -> list[str]:
    """Return what was built on the import since, a sentence each, which stops undoing it; empty when it can be undone.

    Each row that it touched must still be as it left it, and nothing else may name a row that it created.
    """
    if import_.statut not in (Statut.APPLIQUE, Statut.ANNULATION):
        return ["Seul un import appliqué s'annule."]
    effets = _Effets(import_)
    phrases = [*effets.changes(), *effets.nommes(), *effets.sans_appui()]
    return [insecables(phrase) for phrase in phrases]


def actions_changees(import_: ImportTableur) -> list[ActionAnnuelle]:
    """Return the actions that changed since the import, themselves or by a row of theirs: what stops undoing it."""
    cles: set[int] = set()
    for modele, effets in _Effets(import_).par_modele_changes():
        chemin = _chemin_vers_l_action(modele)
        for lot in par_lots([effet.objet_pk for effet in effets]) if chemin else ():
            lignes = modele._base_manager.filter(pk__in=lot).order_by("pk")
            cles.update(lignes.values_list(chemin, flat=True))
    cles.discard(None)
    annuelles = ActionAnnuelle.objects.filter(pk__in=cles).select_related("action__porteur", "campagne")
    return list(annuelles.order_by("ordre", "pk"))


@transaction.atomic
def annuler(auteur: Utilisateur, import_: ImportTableur) -> ImportTableur:
    """Have the worker put everything back, and return the import.

    Raises PermissionDenied, and OperationRefusee with what was built on it since (`annulable`).
    """
    actuel = prendre(auteur, import_, Statut.APPLIQUE)
    if phrases := annulable(actuel):
        raise OperationRefusee(" ".join(phrases))
    actuel.statut, actuel.annule_par, actuel.pris_le = Statut.ANNULATION, auteur, timezone.now()
    actuel.message = ""
    actuel.save()
    mettre_en_file(taches.annuler_import, actuel)
    return actuel


def defaire(import_: ImportTableur) -> None:
    """Put everything back, all or nothing. The worker's; what stands in the way brings the import back to applied."""
    try:
        with transaction.atomic():
            _defaire(import_)
    except (OperationRefusee, PermissionDenied) as refus:
        _revenir(import_, f"L'import n'a pas été annulé. {refus}")
    except ValidationError as refus:
        _revenir(import_, f"L'import n'a pas été annulé. {' '.join(refus.messages)}")
    except (IntegrityError, DataError):
        taches.logger.exception("L'import %s n'a pas pu être annulé.", import_.cle)
        _revenir(
            import_,
            "L'import n'a pas été annulé : quelque chose dans Pilotis dépend encore de ce qu'il a créé, ou a pris la "
            "place de ce qu'il avait changé.",
        )
    except DatabaseError:
        taches.logger.exception("La base n'a pas répondu pendant l'annulation de l'import %s.", import_.cle)


def _revenir(import_: ImportTableur, phrase: str) -> None:
    ImportTableur.objects.filter(pk=import_.pk, statut=Statut.ANNULATION).update(
        statut=Statut.APPLIQUE, message=insecables(phrase), annule_par=None
    )


def _defaire(import_: ImportTableur) -> None:
    actuel = (
        ImportTableur.objects.select_for_update(of=("self",), no_key=True)
        .select_related("campagne__contrat__epci", "annule_par")
        .get(pk=import_.pk)
    )
    auteur = actuel.annule_par
    if actuel.statut != Statut.ANNULATION or auteur is None:
        return
    verifier_le_droit(auteur, actuel.campagne)
    tenir_l_annee(actuel.campagne)
    effets = _Effets(actuel)
    if phrases := annulable(actuel):
        raise OperationRefusee(" ".join(phrases))
    with montants_tenus(actuel.campagne):
        effets.remettre(auteur, f"Annulation : {motif_de(actuel)}")
    actuel.statut, actuel.annule_le = Statut.ANNULE, timezone.now()
    actuel.save()


class _Effets:
    """What an import did, by model, in the order in which it did it."""

    def __init__(self, import_: ImportTableur) -> None:
        self.effets = list(EffetImport.objects.filter(import_tableur=import_).order_by("ordre"))
        self.par_modele: dict[type[models.Model], list[EffetImport]] = defaultdict(list)
        for effet in self.effets:
            self.par_modele[modele_de(effet.modele)].append(effet)

    # -- What stands in the way --------------------------------------------------------------------
    def changes(self) -> list[str]:
        """Say which rows are no longer as the import left them."""
        return [
            f"{capfirst(str(modele._meta.verbose_name_plural))} : "
            f"{pluriel(len(autres), 'a changé depuis,ont changé depuis')} "
            f"({_nommer(modele, [effet.objet_pk for effet in autres])})."
            for modele, autres in self.par_modele_changes()
        ]

    def par_modele_changes(self) -> Iterator[tuple[type[models.Model], list[EffetImport]]]:
        """Yield the effects whose rows are no longer as they left them, by model."""
        for modele, effets in self.par_modele.items():
            presentes = images(modele, [effet.objet_pk for effet in effets])
            autres = [effet for effet in effets if not _est_reste(effet, presentes.get(effet.objet_pk))]
            if autres:
                yield modele, autres

    def nommes(self) -> list[str]:
        """Say which other rows name one that the import created."""
        phrases = []
        crees = {
            modele: {effet.objet_pk for effet in effets if effet.nature == Nature.CREATION}
            for modele, effets in self.par_modele.items()
        }
        for modele, cles in crees.items():
            for lien in _liens_vers(modele):
                autres = self._qui_nomment(lien, cles, crees.get(lien.model, set()))
                if autres:
                    phrases.append(
                        f"{capfirst(str(lien.model._meta.verbose_name_plural))} : "
                        f"{pluriel(autres, 'ligne dépend,lignes dépendent')} de ce que l'import a créé "
                        f"({modele._meta.verbose_name_plural})."
                    )
        return phrases

    def _qui_nomment(self, lien: Any, cles: set[int], sauf: set[int]) -> int:
        nombre = 0
        for lot in par_lots(sorted(cles)):
            lignes = lien.model._base_manager.filter(**{f"{lien.name}__in": lot}).order_by("pk")
            nombre += len(set(lignes.values_list("pk", flat=True)) - sauf - self._changees(lien.model))
        return nombre

    def _changees(self, modele: type[models.Model]) -> set[int]:
        """Return the rows that the import changed: putting them back takes the name away."""
        return {
            effet.objet_pk for effet in self.par_modele.get(modele, []) if effet.nature == Nature.MODIFICATION
        }

    def sans_appui(self) -> list[str]:
        """Say what a former value named and that is gone since."""
        phrases = []
        for modele, effets in self.par_modele.items():
            remis = [effet.avant for effet in effets if effet.nature != Nature.CREATION]
            for champ in modele._meta.concrete_fields:
                if not isinstance(champ, models.ForeignKey):
                    continue
                cible: Any = champ.remote_field.model
                noms = {avant[champ.attname] for avant in remis if avant.get(champ.attname) is not None}
                colonne = champ.target_field.attname
                presents = {
                    valeur
                    for lot in par_lots(sorted(noms))
                    for valeur in cible._base_manager.filter(**{f"{colonne}__in": lot})
                    .order_by("pk")
                    .values_list(colonne, flat=True)
                }
                retablis = {
                    e.objet_pk for e in self.par_modele.get(cible, []) if e.nature == Nature.SUPPRESSION
                }
                if absents := noms - presents - retablis:
                    phrases.append(
                        f"{capfirst(str(cible._meta.verbose_name_plural))} : "
                        f"{pluriel(len(absents), 'a été retiré,ont été retirés')} depuis, et il faudrait y revenir."
                    )
        return phrases

    # -- Putting back ------------------------------------------------------------------------------
    def remettre(self, auteur: Utilisateur, motif: str) -> None:
        """Put each row back, the last touched first."""
        self._detacher_les_lignes()
        for modele, suite in reversed(_suites(self.effets)):
            par_nature: dict[str, list[EffetImport]] = defaultdict(list)
            for effet in suite:
                par_nature[effet.nature].append(effet)
            for nature, effets in par_nature.items():
                REMISES[Nature(nature)](modele, effets, auteur, motif)

    def _detacher_les_lignes(self) -> None:
        """Have the rows of imports name no action that is about to go."""
        creees = [
            effet.objet_pk
            for effet in self.par_modele.get(ActionAnnuelle, [])
            if effet.nature == Nature.CREATION
        ]
        for lot in par_lots(creees):
            LigneImport.objects.filter(annuelle__in=lot).update(annuelle=None)


def _supprimer(modele: Any, effets: Sequence[EffetImport], auteur: Utilisateur, motif: str) -> None:
    """Delete what was created; its history says that it was, and by whom it went."""
    for lot in par_lots(effets):
        objets = list(modele._base_manager.filter(pk__in=[effet.objet_pk for effet in lot]).order_by("-pk"))
        if hasattr(modele, "historique"):
            _dire_supprimes(modele, objets, auteur, motif)
        # Nothing names these rows any more (`nommes`): looking for what would go with each of them is spared.
        lignes = modele._base_manager.filter(pk__in=[objet.pk for objet in objets])
        lignes._raw_delete(lignes.db)


def _dire_supprimes(modele: Any, objets: Sequence[Any], auteur: Utilisateur, motif: str) -> None:
    historique: Any = modele.historique.model
    quand = timezone.now()
    historique.objects.bulk_create(
        [
            historique(
                history_date=quand,
                history_user=auteur,
                history_change_reason=motif,
                history_type=SUPPRESSION,
                **{champ.attname: getattr(objet, champ.attname) for champ in historique.tracked_fields},
            )
            for objet in objets
        ],
        batch_size=LOT,
    )


def _retablir(modele: Any, effets: Sequence[EffetImport], auteur: Utilisateur, motif: str) -> None:
    """Create again what was deleted, under the same key."""
    creer_en_nombre(modele, [depuis_image(modele, effet.avant) for effet in effets], auteur, motif)


def _rendre(modele: Any, effets: Sequence[EffetImport], auteur: Utilisateur, motif: str) -> None:
    """Give their former values to the rows that were changed."""
    for lot in par_lots(effets):
        avant = {effet.objet_pk: effet.avant for effet in lot}
        objets = list(modele._base_manager.filter(pk__in=avant).order_by("pk"))
        for objet in objets:
            for champ in colonnes_dites(modele, avant[objet.pk]):
                if champ.attname != VERSION:
                    setattr(objet, champ.attname, valeur_de(champ, avant[objet.pk][champ.attname]))
            if hasattr(objet, VERSION):
                objet.version += 1
        changer_en_nombre(modele, objets, auteur, motif)


REMISES = {Nature.CREATION: _supprimer, Nature.SUPPRESSION: _retablir, Nature.MODIFICATION: _rendre}


# -- Steps -----------------------------------------------------------------------------------------
def _suites(effets: Iterable[EffetImport]) -> list[tuple[type[models.Model], list[EffetImport]]]:
    """Return the effects in order, those of one model that follow one another together."""
    suites: list[tuple[type[models.Model], list[EffetImport]]] = []
    for effet in effets:
        modele = modele_de(effet.modele)
        if not suites or suites[-1][0] is not modele:
            suites.append((modele, []))
        suites[-1][1].append(effet)
    return suites


def _est_reste(effet: EffetImport, presente: Image | None) -> bool:
    """Whether a row is as the import left it; a version alone says nothing: undoing another import raises it too."""
    if effet.nature == Nature.SUPPRESSION or presente is None:
        return effet.nature == Nature.SUPPRESSION and presente is None
    return {**presente, VERSION: None} == {**effet.apres, VERSION: None}


def _liens_vers(modele: type[models.Model]) -> list[Any]:
    """Return the foreign keys that name rows of `modele`, the history and the journal left aside."""
    return [
        champ
        for autre in apps.get_models(include_auto_created=True)
        if not issubclass(autre, HistoricalChanges) and autre not in SANS_POIDS
        for champ in autre._meta.concrete_fields
        if isinstance(champ, models.ForeignKey) and champ.remote_field.model is modele
    ]


def _chemin_vers_l_action(modele: type[models.Model]) -> str:
    """Return what leads from a row to its action of the year, its bilan or its funding line between; else nothing."""
    if modele is ActionAnnuelle:
        return "pk"
    liens = [champ for champ in modele._meta.concrete_fields if isinstance(champ, models.ForeignKey)]
    for lien in liens:
        if lien.related_model is ActionAnnuelle:
            return lien.name
    for lien in liens:
        for suivant in lien.related_model._meta.concrete_fields if lien.related_model is not modele else ():
            if isinstance(suivant, models.ForeignKey) and suivant.related_model is ActionAnnuelle:
                return f"{lien.name}__{suivant.name}"
    return ""


def _nommer(modele: Any, cles: Sequence[int]) -> str:
    presents = [str(objet) for objet in modele._base_manager.filter(pk__in=cles[:NOMMES]).order_by("pk")]
    noms = [f"« {nom} »" for nom in presents] or ["supprimé entre-temps"]
    restants = len(cles) - len(presents)
    return ", ".join(noms) + (f" et {restants} autres" if presents and restants > 1 else "")
