"""What changes the frame of a contract: its bodies."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max

from comptes.models import Utilisateur
from documents.normalisation import normaliser

from .instances import InstanceUsuelle
from .models import ContratVille, Instance

DEJA_LA = "Ce contrat a déjà une instance de ce nom."


@transaction.atomic
def creer_instance(auteur: Utilisateur, contrat: ContratVille, nom: str, type: str) -> Instance:
    """Add a body after the others of the contract and return it.

    Raises PermissionDenied; ValidationError on « nom » when the contract has one of that name.
    """
    _prendre(auteur, contrat)
    _refuser_un_double(contrat, nom)
    return _ajouter(contrat, nom, type)


@transaction.atomic
def creer_instances(
    auteur: Utilisateur, contrat: ContratVille, usuelles: Iterable[InstanceUsuelle]
) -> list[Instance]:
    """Add the usual bodies that the contract does not have yet and return them. Raises PermissionDenied."""
    _prendre(auteur, contrat)
    absentes = [usuelle for usuelle in usuelles if trouver_instance(contrat, usuelle.nom) is None]
    return [_ajouter(contrat, usuelle.nom, usuelle.type) for usuelle in absentes]


@transaction.atomic
def modifier_instance(auteur: Utilisateur, instance: Instance, nom: str, type: str) -> Instance:
    """Name a body otherwise, or say what it is, and return it.

    Raises PermissionDenied; ValidationError on « nom » when the contract has another one of that name.
    """
    _prendre(auteur, instance.contrat)
    actuelle: Instance = Instance.objects.select_for_update(no_key=True).get(pk=instance.pk)
    _refuser_un_double(instance.contrat, nom, sauf=actuelle)
    actuelle.nom, actuelle.type = nom, type
    actuelle.full_clean()
    actuelle.save()
    return actuelle


def instance_nommee(contrat: ContratVille, nom: str, type: str) -> Instance:
    """Return the body of the contract of that name, added when there is none; its caller checked who asks."""
    return trouver_instance(contrat, nom) or _ajouter(contrat, nom, type)


def trouver_instance(contrat: ContratVille, nom: str) -> Instance | None:
    """Return the body of the contract of that name, whatever its capitals and accents; None when there is none."""
    cherche = normaliser(nom)
    instances = Instance.objects.filter(contrat=contrat).order_by("pk")
    return next((instance for instance in instances if normaliser(instance.nom) == cherche), None)


def _prendre(auteur: Utilisateur, contrat: ContratVille) -> None:
    """Lock the contract: two people cannot add the same body at once. Raises PermissionDenied."""
    if not auteur.has_perm("contrats.gerer", contrat):
        raise PermissionDenied
    ContratVille.objects.select_for_update(no_key=True).get(pk=contrat.pk)


def _refuser_un_double(contrat: ContratVille, nom: str, sauf: Instance | None = None) -> None:
    connue = trouver_instance(contrat, nom)
    if connue is not None and connue != sauf:
        raise ValidationError({"nom": DEJA_LA})


def _ajouter(contrat: ContratVille, nom: str, type: str) -> Instance:
    derniere = Instance.objects.filter(contrat=contrat).aggregate(ordre=Max("ordre"))["ordre"] or 0
    instance = Instance(contrat=contrat, nom=nom, type=type, ordre=derniere + 1)
    instance.full_clean()
    instance.save()
    return instance
