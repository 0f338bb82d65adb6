"""What changes the outline of a territory. The frozen versions of a report keep the map that they have."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from comptes.models import Utilisateur
from comptes.signature import signer
from contrats.models import ContratVille, Territoire
from documents.graphiques_contours import polygones

REFUS = "Les contours des territoires reviennent à la personne qui pilote le contrat de ville."
CHANGE_ENTRE_TEMPS = (
    "Le contour de « {} » a changé depuis que vous avez déposé ce fichier : rien n'a été écrit. Regardez la carte, "
    "puis déposez-le à nouveau si besoin."
)


@transaction.atomic
def charger_contours(
    auteur: Utilisateur,
    contrat: ContratVille,
    geometries: Mapping[int, dict[str, Any]],
    *,
    source: str,
    connus: Mapping[int, datetime | None],
    motif: str = "",
) -> list[Territoire]:
    """Give territories (pk) of the contract their outline, a GeoJSON geometry, and return them; others keep theirs.

    `connus` says when the outline that the person saw of each was loaded, None without one; `source` is printed under
    the map. Raises PermissionDenied; ValidationError when someone changed one meanwhile, nothing being written then;
    ValueError for a geometry that cannot be drawn.
    """
    if not auteur.has_perm("contrats.gerer", contrat):
        raise PermissionDenied(REFUS)
    verrouilles = Territoire.objects.select_for_update(no_key=True).filter(contrat=contrat)
    territoires = list(verrouilles.filter(pk__in=geometries).order_by("pk"))
    if len(territoires) != len(geometries):
        raise ValidationError("Un des territoires choisis n'est plus dans ce contrat : rien n'a été écrit.")
    maintenant = timezone.now()
    for territoire in territoires:
        if territoire.contour_le != connus.get(territoire.pk):
            raise ValidationError(CHANGE_ENTRE_TEMPS.format(territoire.nom))
        polygones(geometries[territoire.pk], territoire.nom)
        territoire.contour = geometries[territoire.pk]
        territoire.contour_source, territoire.contour_le = source, maintenant
        signer(territoire, auteur, motif)
        territoire.save()
    return territoires


@transaction.atomic
def retirer_contour(auteur: Utilisateur, territoire: Territoire) -> None:
    """Take the outline of a territory away; one without any stays so. Raises PermissionDenied."""
    actuel = Territoire.objects.select_for_update(no_key=True, of=("self",)).get(pk=territoire.pk)
    if not auteur.has_perm("contrats.gerer", actuel.contrat):
        raise PermissionDenied(REFUS)
    if actuel.contour is None:
        return
    actuel.contour, actuel.contour_source, actuel.contour_le = None, "", None
    signer(actuel, auteur)
    actuel.save()
