"""A reading as the worker holds it: how far it is, whether it is still its own, how it ends.

Somebody may give the import up meanwhile, or have it read again because nothing moved: what a reading finds is then
left aside. `pris_le` tells whose it is: the worker that has it renews it each time it says how far it is.
"""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from ..models import ImportTableur, LigneImport
from ..querysets import ImportQuerySet
from .journal import LOT

Statut = ImportTableur.Statut


class LectureReprise(Exception):
    """The reading is no longer the one that is awaited: given up, or begun again by another worker."""


def avancer(import_: ImportTableur, fait: int) -> None:
    """Say how far the reading is, in a write of its own: the page reads it meanwhile. Raises LectureReprise."""
    maintenant = timezone.now()
    siennes = _en_main(import_).update(fait=fait, a_faire=import_.a_faire, pris_le=maintenant)
    if not siennes:
        raise LectureReprise
    import_.fait, import_.pris_le = fait, maintenant


@transaction.atomic
def conclure(import_: ImportTableur, statut: str, lignes: Iterable[LigneImport] = ()) -> None:
    """Put these rows in the place of those of the import, and give it its next state: both or neither.

    What a person had kept or left aside stays so: a row is known by its number in the sheet, or by what it is absent
    of. Raises LectureReprise.
    """
    if not list(_en_main(import_).select_for_update(of=("self",), no_key=True).order_by("pk")):
        raise LectureReprise
    lues = list(lignes)
    choisies = import_.lignes.exclude(retenue=None).order_by("ordre")
    choix = {
        (numero, objet if numero is None else ""): retenue
        for numero, objet, retenue in choisies.values_list("numero", "objet", "retenue")
    }
    for ligne in lues:
        ligne.retenue = choix.get((ligne.numero, ligne.objet if ligne.numero is None else ""))
    import_.lignes.all().delete()
    LigneImport.objects.bulk_create(lues, batch_size=LOT)
    import_.statut = statut
    import_.save()


# What comparing a row computes.
CALCULES = (
    *("annuelle", "objet", "titre", "changements"),
    *("questions", "reponses", "problemes", "categorie"),
)


def enregistrer(lignes: Sequence[LigneImport], colonnes: Sequence[str] = CALCULES) -> None:
    """Save these columns of rows that are there already, many at once.

    An insertion that gives way to the row of the same key: `bulk_update` takes three times as long.
    """
    LigneImport.objects.bulk_create(
        lignes, batch_size=LOT, update_conflicts=True, unique_fields=["id"], update_fields=list(colonnes)
    )


def _en_main(import_: ImportTableur) -> ImportQuerySet:
    return ImportTableur.objects.filter(pk=import_.pk, statut=Statut.LECTURE, pris_le=import_.pris_le)
