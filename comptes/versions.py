"""Two people on one row: the second is told who changed what, sees both versions, and chooses.

A form carries in a hidden field the version it was opened on. Saving compares it, under a lock, with the
version of the row: `verrouiller` raises `VersionPerimee` when they differ. `comparer` then sets the typed
values beside the present ones. A row without a `version` column is versioned by its history.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Model, QuerySet

from documents import formats


class VersionPerimee(Exception):
    """The row was changed since the form was opened; `actuel` is the row as it is now."""

    def __init__(self, actuel: Any) -> None:
        super().__init__(f"{actuel} a changé depuis l'ouverture du formulaire.")
        self.actuel = actuel


def version_de(objet: Any) -> int:
    """Return the number that changes at each save: the `version` column, else the last row of the history."""
    if hasattr(objet, "version"):
        return int(objet.version)
    derniere = objet.historique.values_list("history_id", flat=True).first()
    return int(derniere or 0)


def lire_version(texte: str) -> int:
    """Return the version that a page sends outside the fields of a form; 0, which no row has, for anything else."""
    # No row is saved that often; Python refuses to read a number of five thousand digits.
    return int(texte) if texte.isdecimal() and len(texte) < 10 else 0


def verrouiller(lignes: QuerySet[Any], pk: Any, version: int) -> Any:
    """Return the row `pk` of `lignes`, locked until the end of the transaction.

    Raises VersionPerimee when it is no longer in `version`, DoesNotExist when it is gone.
    """
    actuel = lignes.select_for_update(no_key=True).get(pk=pk)
    if version_de(actuel) != version:
        raise VersionPerimee(actuel)
    return actuel


@dataclass(frozen=True)
class Ecart:
    """A field whose typed value is not the present one."""

    libelle: str
    autre: str
    # The typist had not touched the field: the other person's value took its place in the form.
    repris: bool


@dataclass
class Conflit:
    """Who changed the row meanwhile, when, and the fields that differ, by name."""

    qui: str
    quand: datetime | None
    ecarts: dict[str, Ecart] = field(default_factory=dict)


def comparer(form: Any, actuel: Any, valeurs_actuelles: dict[str, Any]) -> Conflit:
    """Return the gap between a valid `form` and the row as it is, and make the form ready to be sent again.

    `valeurs_actuelles` gives the present value of each visible field. What was typed stays; a field that the
    typist left alone and the other person changed takes the new value, so that saving again undoes nobody's
    work. A field that only the typist changed is no gap; where the history does not say, it is shown as one.
    """
    version_ouverte, derniere = form.cleaned_data["version"], actuel.historique.first()
    conflit = Conflit(
        qui=str(derniere.history_user) if derniere and derniere.history_user else "une autre personne",
        quand=derniere.history_date if derniere else None,
    )
    ouverte = _ancienne(actuel, version_ouverte)
    donnees = form.data.copy()
    donnees[form.add_prefix("version")] = str(version_de(actuel))
    for nom, actuelle in valeurs_actuelles.items():
        saisie, presente = _comparable(form.cleaned_data.get(nom)), _comparable(actuelle)
        if saisie == presente:
            continue
        if nom in ouverte and presente == ouverte[nom]:
            # Only the typist changed this one.
            continue
        repris = nom in ouverte and saisie == ouverte[nom]
        if repris:
            preparee = form.fields[nom].prepare_value(actuelle)
            donnees[form.add_prefix(nom)] = "" if preparee is None else str(preparee)
        conflit.ecarts[nom] = Ecart(str(form[nom].label), lisible(actuelle, form.fields[nom]), repris)
    form.data = donnees
    return conflit


def _ancienne(actuel: Any, version: int) -> dict[str, Any]:
    """Return the plain fields of the row as it was in `version`, none when the history does not say."""
    cle = {"version": version} if hasattr(actuel, "version") else {"history_id": version}
    ancienne = actuel.historique.filter(**cle).values().first()
    if ancienne is None:
        return {}
    champs = {champ.name: champ.attname for champ in actuel._meta.concrete_fields}
    return {nom: _comparable(ancienne[colonne]) for nom, colonne in champs.items() if colonne in ancienne}


def _comparable(valeur: Any) -> Any:
    """Return what tells two values apart: an object by its key, a set of objects by theirs, no text as none."""
    if isinstance(valeur, Model):
        return valeur.pk
    if isinstance(valeur, list | tuple | set | QuerySet):
        return {_comparable(element) for element in valeur}
    return None if valeur == "" else valeur


def lisible(valeur: Any, champ: forms.Field | None = None) -> str:
    """Return a value as it is read on a page; an empty string for a blank."""
    if valeur is None or valeur == "":
        return ""
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    if isinstance(valeur, date):
        return formats.date_longue(valeur)
    if isinstance(valeur, Decimal):
        return formats.montant(valeur)
    if isinstance(valeur, list | tuple | set | QuerySet):
        return ", ".join(str(element) for element in valeur)
    if isinstance(champ, forms.ChoiceField) and not isinstance(valeur, Model):
        return dict(_plats(champ.choices)).get(valeur, str(valeur))
    return str(valeur)


def _plats(choix: Any) -> list[tuple[Any, str]]:
    """Return the choices of a list, those of its groups included."""
    plats: list[tuple[Any, str]] = []
    for valeur, libelle in choix:
        plats += _plats(libelle) if isinstance(libelle, list | tuple) else [(valeur, str(libelle))]
    return plats
