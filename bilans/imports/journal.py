"""What an import did to the database, row by row, with each row before and after: what undoing puts back.

A journal is kept while things are written, and closed at the end: what a row has become is read from the database
itself, so that undoing compares like with like.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from django.apps import apps
from django.db import models

from ..models import EffetImport, ImportTableur

Nature = EffetImport.Nature
# Rows read or written together.
LOT = 500

Image = dict[str, Any]
# The row of the sheet that causes it: the same for all, or one for each.
Lignes = int | Sequence[int | None] | None


def par_lots(elements: Iterable[Any], taille: int = LOT) -> Iterator[list[Any]]:
    """Yield the elements by lists of `taille` at most."""
    restants = iter(elements)
    while lot := list(islice(restants, taille)):
        yield lot


# -- A row as plain data ---------------------------------------------------------------------------
def images(modele: type[models.Model], cles: Iterable[int]) -> dict[int, Image]:
    """Return the rows of `modele` as JSON keeps them, by key; a row that is gone has none."""
    colonnes = [champ.attname for champ in modele._meta.concrete_fields]
    lues: dict[int, Image] = {}
    for lot in par_lots(cles):
        for ligne in modele._base_manager.filter(pk__in=lot).order_by("pk").values(*colonnes):
            lues[ligne[modele._meta.pk.attname]] = {nom: _en_json(valeur) for nom, valeur in ligne.items()}
    return lues


def depuis_image(modele: type[models.Model], image: Mapping[str, Any]) -> models.Model:
    """Return the row that `images` described, unsaved."""
    return modele(
        **{champ.attname: valeur_de(champ, image[champ.attname]) for champ in colonnes_dites(modele, image)}
    )


def colonnes_dites(modele: type[models.Model], image: Mapping[str, Any]) -> list[Any]:
    """Return the fields of `modele` that an image holds: a column added since has none."""
    return [champ for champ in modele._meta.concrete_fields if champ.attname in image]


def valeur_de(champ: Any, brute: Any) -> Any:
    """Return the value of a field from what its image holds."""
    if brute is None or isinstance(champ, models.JSONField):
        return brute
    cible = champ.target_field if champ.is_relation else champ
    return cible.to_python(brute)


def _en_json(valeur: Any) -> Any:
    if isinstance(valeur, Decimal):
        return format(valeur, "f")
    # Microseconds included, which Django's own encoder cuts.
    return valeur.isoformat() if isinstance(valeur, date) else valeur


def modele_de(nom: str) -> type[models.Model]:
    """Return the model of an effect: « actions.action »."""
    return apps.get_model(nom)


# -- The journal -----------------------------------------------------------------------------------
@dataclass
class _Effet:
    nature: str
    objet: models.Model
    ligne: int | None
    avant: Image


class Journal:
    """The rows that an import creates, changes and deletes, in the order of the first touch.

    Say what is about to be changed or deleted before doing it, what was created after, then close. `ligne` is the
    key of the `LigneImport` that causes it.
    """

    def __init__(self, import_tableur: ImportTableur) -> None:
        self.import_tableur = import_tableur
        self._effets: dict[tuple[str, int], _Effet] = {}

    def creer(self, objets: Sequence[models.Model], ligne: Lignes = None) -> None:
        """Note rows that were just created: they have their key."""
        for objet, cause in _avec_leur_ligne(objets, ligne):
            self._effets[_cle(objet)] = _Effet(Nature.CREATION, objet, cause, {})

    def modifier(self, objets: Sequence[models.Model], ligne: Lignes = None) -> None:
        """Note rows that are about to be changed."""
        self._noter(Nature.MODIFICATION, objets, ligne)

    def supprimer(self, objets: Sequence[models.Model], ligne: Lignes = None) -> None:
        """Note rows that are about to be deleted; one that the import itself created is as if it never was."""
        self._noter(Nature.SUPPRESSION, objets, ligne)

    def _noter(self, nature: str, objets: Sequence[models.Model], ligne: Lignes) -> None:
        nouveaux: dict[type[models.Model], list[tuple[models.Model, int | None]]] = {}
        for objet, cause in _avec_leur_ligne(objets, ligne):
            connu = self._effets.get(_cle(objet))
            if connu is None:
                nouveaux.setdefault(type(objet), []).append((objet, cause))
            elif nature == Nature.SUPPRESSION and connu.nature == Nature.CREATION:
                del self._effets[_cle(objet)]
            elif nature == Nature.SUPPRESSION:
                connu.nature = nature
        for modele, siens in nouveaux.items():
            avant = images(modele, [objet.pk for objet, _ in siens])
            for objet, cause in siens:
                self._effets[_cle(objet)] = _Effet(nature, objet, cause, avant[objet.pk])

    def clore(self) -> int:
        """Write the effects, each row as it is now, and return how many; a change that changed nothing is none."""
        apres = self._apres()
        effets: list[EffetImport] = []
        for (modele, cle), effet in self._effets.items():
            devenue = {} if effet.nature == Nature.SUPPRESSION else apres[modele][cle]
            if effet.nature == Nature.MODIFICATION and devenue == effet.avant:
                continue
            effets.append(
                EffetImport(
                    import_tableur=self.import_tableur,
                    ordre=len(effets),
                    ligne_id=effet.ligne,
                    nature=effet.nature,
                    modele=modele,
                    objet_pk=cle,
                    avant=effet.avant,
                    apres=devenue,
                )
            )
        EffetImport.objects.bulk_create(effets, batch_size=LOT)
        return len(effets)

    def _apres(self) -> dict[str, dict[int, Image]]:
        cles: dict[str, list[int]] = {}
        for modele, cle in self._effets:
            cles.setdefault(modele, []).append(cle)
        return {modele: images(modele_de(modele), siennes) for modele, siennes in cles.items()}


def _avec_leur_ligne(
    objets: Sequence[models.Model], ligne: Lignes
) -> Iterator[tuple[models.Model, int | None]]:
    lignes = [ligne] * len(objets) if ligne is None or isinstance(ligne, int) else ligne
    return zip(objets, lignes, strict=True)


def _cle(objet: models.Model) -> tuple[str, int]:
    return objet._meta.label_lower, int(objet.pk)
