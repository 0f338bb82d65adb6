"""What changed, who changed it and when, in words: before and after of each field, from simple_history.

The rows are those that `HistoricalRecords` writes at each save; columns that no page shows
(`editable=False`: keys, versions, search texts) are left out.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.text import capfirst

from documents import formats

from .models import Utilisateur
from .signature import signer
from .templatetags.typographie import date_heure

CREATION, MODIFICATION, SUPPRESSION = "+", "~", "-"
# Rows written by one save follow one another within this time.
UN_ENREGISTREMENT = timedelta(seconds=2)
# What one person types within this time is told as one change, however often it is saved.
UN_BROUILLON = timedelta(minutes=10)
# Beyond, a text is shown around what differs in it.
TEXTE_COURT = 160
TEXTE_MONTRE = 300
AUTOUR = 40


@dataclass(frozen=True)
class Changement:
    """One field before and after, as read on a page; « » for a blank. `auteur` is empty when nobody signed in."""

    date: datetime
    auteur: str
    champ: str
    avant: str
    apres: str
    # what the save said of itself
    motif: str = ""


@dataclass
class Evenement:
    """What one save did: the shape that `composants/historique.html` shows."""

    quand: datetime
    qui: str
    quoi: str
    ton: str = ""
    motif: str = ""
    changements: list[Changement] = field(default_factory=list)


Nommer = Callable[[Any], str]


def changements(objet: models.Model, *, utilisateur: Any, sauf: Collection[str] = ()) -> list[Changement]:
    """Return what changed in `objet` since its creation, the newest first, in a fixed number of queries.

    Empty when `utilisateur` does not see the object. `sauf` names the fields told elsewhere.
    """
    if not _visible(objet, utilisateur):
        return []
    return _lire(type(objet), {objet._meta.pk.attname: objet.pk}, sauf, None)


def changements_lies(
    modele: type[models.Model],
    parent: models.Model,
    *,
    utilisateur: Any,
    nommer: Nommer,
    sauf: Collection[str] = (),
) -> list[Changement]:
    """Return what changed in the rows of `modele` that belong to `parent`, deleted ones included, newest first.

    A row that appears or goes is a change from or to a blank; `nommer(row)` says which one it is, in front of
    the field. Empty when `utilisateur` does not see the parent.
    """
    if not _visible(parent, utilisateur):
        return []
    lien = next(
        champ.attname
        for champ in modele._meta.concrete_fields
        if isinstance(champ, models.ForeignKey) and champ.related_model is type(parent)
    )
    return _lire(modele, {lien: parent.pk}, {*sauf, lien.removesuffix("_id")}, nommer)


def evenements(changes: Iterable[Changement], quoi: str = "Modification") -> list[Evenement]:
    """Return the changes gathered by save: same author, at the same moment; the newest first."""
    liste: list[Evenement] = []
    for changement in sorted(changes, key=lambda c: c.date, reverse=True):
        dernier = liste[-1] if liste else None
        if (
            dernier
            and dernier.qui == changement.auteur
            and dernier.quand - changement.date <= UN_ENREGISTREMENT
        ):
            dernier.changements.append(changement)
            dernier.motif = dernier.motif or changement.motif
        else:
            liste.append(
                Evenement(
                    changement.date,
                    changement.auteur,
                    quoi,
                    motif=changement.motif,
                    changements=[changement],
                )
            )
    return liste


# -- Reading the rows ------------------------------------------------------------------------------
def _visible(objet: models.Model, utilisateur: Any) -> bool:
    visibles = type(objet)._default_manager.visibles_par(utilisateur)  # type: ignore[attr-defined]
    return bool(visibles.filter(pk=objet.pk).exists())


def _lire(
    modele: Any, critere: dict[str, Any], sauf: Collection[str], nommer: Nommer | None
) -> list[Changement]:
    cle = modele._meta.pk.attname
    champs = [
        champ
        for champ in modele.historique.model.tracked_fields
        if champ.editable and not champ.primary_key and champ.name not in sauf
    ]
    lignes = list(
        modele.historique.filter(**critere)
        .select_related("history_user")
        .order_by(cle, "history_date", "history_id")
    )
    valeurs = _Valeurs(lignes, champs)
    if nommer is not None:
        valeurs.preparer_noms(lignes, modele)
    trouves: list[Changement] = []
    for _, siennes in groupby(lignes, key=lambda ligne: getattr(ligne, cle)):
        trouves += _d_un_objet(list(siennes), champs, valeurs, nommer)
    return sorted(trouves, key=lambda changement: changement.date, reverse=True)


def _d_un_objet(
    lignes: list[Any], champs: list[Any], valeurs: "_Valeurs", nommer: Nommer | None
) -> Iterator[Changement]:
    precedente = None
    for ligne in lignes:
        # Of the object itself the creation is no change; of a row of a set, it is one.
        if precedente is not None or nommer is not None:
            yield from _entre(precedente, ligne, champs, valeurs, nommer)
        precedente = None if ligne.history_type == SUPPRESSION else ligne


def _entre(
    avant: Any, ligne: Any, champs: list[Any], valeurs: "_Valeurs", nommer: Nommer | None
) -> Iterator[Changement]:
    """Give the fields that differ between a row of the history and the one before, and what the save said of itself."""
    disparue = ligne.history_type == SUPPRESSION
    for champ in champs:
        if not disparue and _meme_valeur(avant, ligne, champ):
            continue
        ancien = valeurs.texte(avant, champ) if avant is not None else ""
        nouveau = "" if disparue else valeurs.texte(ligne, champ)
        if ancien == nouveau:
            continue
        libelle = str(champ.verbose_name)
        if nommer is not None:
            nom = nommer(valeurs.objet(ligne))
            libelle = nom if champ.name == "valeur" else f"{nom}, {libelle}"
        yield _changement(ligne, libelle, *autour_de_la_difference(ancien, nouveau))
    # What has no column (a set of territories) is told in words: « Territoires – ajouté : … ».
    sujet, _, dit = (ligne.history_change_reason or "").partition(" – ")
    if dit:
        yield _changement(ligne, sujet, "", dit)


def _changement(ligne: Any, libelle: str, avant: str, apres: str) -> Changement:
    auteur, dit = str(ligne.history_user or ""), ligne.history_change_reason or ""
    motif = "" if " – " in dit else dit
    return Changement(ligne.history_date, auteur, capfirst(libelle), avant, apres, motif)


def _meme_valeur(avant: Any, ligne: Any, champ: Any) -> bool:
    """Return whether a field is unchanged; in a row that appears, whether it holds what it holds by default."""
    valeur = getattr(ligne, champ.attname)
    if avant is None:
        return bool(valeur == champ.get_default())
    return bool(valeur == getattr(avant, champ.attname))


class _Valeurs:
    """The values of history rows as they are read, related objects fetched once per model."""

    def __init__(self, lignes: list[Any], champs: list[Any]) -> None:
        self._objets: dict[str, dict[Any, Any]] = {}
        for champ in champs:
            if champ.is_relation:
                self._preparer(lignes, champ)

    def preparer_noms(self, lignes: list[Any], modele: Any) -> None:
        """Fetch every related object, so that a row can be named without a query."""
        for champ in modele._meta.concrete_fields:
            if champ.is_relation and champ.attname not in self._objets:
                self._preparer(lignes, champ)

    def _preparer(self, lignes: list[Any], champ: Any) -> None:
        cles = {getattr(ligne, champ.attname, None) for ligne in lignes} - {None}
        lies = champ.related_model._base_manager.in_bulk(cles) if cles else {}
        self._objets[champ.attname] = lies

    def objet(self, ligne: Any) -> Any:
        """Return the row as an object of its model, its relations already there."""
        instance = ligne.instance
        for attname, lies in self._objets.items():
            lie = lies.get(getattr(ligne, attname, None))
            if lie is not None:
                setattr(instance, attname.removesuffix("_id"), lie)
        return instance

    def texte(self, ligne: Any, champ: Any) -> str:
        """Return a value as it is read on a page; an empty string for a blank."""
        valeur = getattr(ligne, champ.attname)
        if valeur is None or valeur == "":
            return ""
        if champ.is_relation:
            return str(self._objets[champ.attname].get(valeur, "supprimé depuis"))
        if champ.choices:
            return str(dict(champ.flatchoices).get(valeur, valeur))
        if "€" in str(champ.verbose_name) and isinstance(valeur, Decimal):
            return formats.montant(valeur)
        return _lisible(valeur)


def _lisible(valeur: Any) -> str:
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    if isinstance(valeur, datetime):
        return date_heure(valeur)
    if isinstance(valeur, date):
        return formats.date_longue(valeur)
    if isinstance(valeur, int | Decimal):
        return formats.nombre(valeur)
    return str(valeur)


def autour_de_la_difference(avant: str, apres: str) -> tuple[str, str]:
    """Return both texts, cut around what differs when they are long: « … l'entraide … »."""
    if max(len(avant), len(apres)) <= TEXTE_COURT:
        return avant, apres
    debut = _longueur_commune(avant, apres)
    fin = _longueur_commune(avant[debut:][::-1], apres[debut:][::-1])
    return _extrait(avant, debut, fin), _extrait(apres, debut, fin)


def _longueur_commune(un: str, autre: str) -> int:
    longueur = 0
    for a, b in zip(un, autre, strict=False):
        if a != b:
            break
        longueur += 1
    return longueur


def _extrait(texte: str, debut: int, fin: int) -> str:
    gauche, droite = max(debut - AUTOUR, 0), min(len(texte) - fin + AUTOUR, len(texte))
    # Whole words, unless one of them is longer than what is shown around.
    if gauche and (espace := texte.find(" ", gauche, debut)) >= 0:
        gauche = espace + 1
    if droite < len(texte) and (espace := texte.rfind(" ", len(texte) - fin, droite)) >= 0:
        droite = espace
    milieu = texte[gauche:droite]
    if len(milieu) > TEXTE_MONTRE:
        milieu, droite = milieu[:TEXTE_MONTRE].rstrip(), 0
    return f"{'… ' if gauche else ''}{milieu}{' …' if droite < len(texte) else ''}"


# -- Writing drafts --------------------------------------------------------------------------------
def debut_du_brouillon(objet: models.Model, auteur: Utilisateur) -> tuple[datetime, bool]:
    """Return the date under which what `auteur` types now is told, and whether the history has rows there.

    That of the last row of `objet`, when it is the author's own and of less than ten minutes; else now.
    """
    maintenant = timezone.now()
    historique: Any = objet
    derniere = historique.historique.values_list("history_user", "history_date", "history_type").first()
    if derniere is None:
        return maintenant, False
    qui, quand, quoi = derniere
    sien = qui == auteur.pk and quoi == MODIFICATION and maintenant - quand < UN_BROUILLON
    return (quand, True) if sien else (maintenant, False)


def fondre(objet: models.Model, auteur: Utilisateur, quand: datetime) -> None:
    """Save `objet`; its history says it at `quand`, in the row that `auteur` has there if there is one.

    So what was there before the first of these saves stays readable, and what came between is forgotten.
    """
    historise: Any = objet
    ligne = None
    if objet.pk is not None:
        siennes = historise.historique.filter(history_user=auteur, history_date=quand)
        ligne = siennes.exclude(history_type=SUPPRESSION).first()
    if ligne is None:
        signer(objet, auteur)
        with date_de_l_histoire(objet, quand):
            objet.save()
        return
    historise.save_without_historical_record()
    for champ in type(ligne).tracked_fields:
        setattr(ligne, champ.attname, getattr(objet, champ.attname))
    ligne.save()


def fondre_la_suppression(objet: models.Model, auteur: Utilisateur, quand: datetime) -> None:
    """Delete `objet`, told at `quand`; of a row that `auteur` had made there, the history keeps nothing."""
    historise: Any = objet
    siennes = historise.historique.filter(history_user=auteur, history_date=quand)
    nouvelle = siennes.filter(history_type=CREATION).exists()
    cle = objet.pk
    siennes.delete()
    signer(objet, auteur)
    with date_de_l_histoire(objet, quand):
        objet.delete()
    if nouvelle:
        attribut = objet._meta.pk.attname
        type(historise).historique.filter(**{attribut: cle}, history_user=auteur, history_date=quand).delete()


@contextmanager
def date_de_l_histoire(objet: models.Model, quand: datetime) -> Iterator[None]:
    """Have what is written of `objet` in its history, within the block, dated `quand`."""
    historise: Any = objet
    deja = hasattr(historise, "_history_date")
    historise._history_date = quand
    try:
        yield
    finally:
        if not deja:
            del historise._history_date
