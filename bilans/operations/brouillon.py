"""Saving what is being typed: a draft is never refused for what it lacks, and undoes nobody's work.

Each field comes with the value that the page knew as saved. A field that someone else changed since is left
as it is and given back, with both values: whoever types chooses. What cannot be read is kept as it was typed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from comptes.champs import PLUS_LONG_TEXTE, ChampTexte
from comptes.historique import date_de_l_histoire, debut_du_brouillon
from comptes.models import Utilisateur
from comptes.templatetags.typographie import insecables
from documents.texte import nettoyer

from ..models import Bilan
from ..saisie import Champ, Colonne, Saisie, empreinte, marque
from .ecriture import PlumeFondue, ecrire_valeurs
from .etats import enregistrer_la_saisie, prendre

PLUS_POSEE = "Cette question n'est plus posée : copiez votre réponse ailleurs si elle doit servir."
# What the database asks of a bilan that was handed over.
TENUS_DANS_UN_BILAN_RECU = ("realisation", "motif_non_realisation", "date_debut", "date_fin")


@dataclass(frozen=True)
class Changement:
    """What is typed in a field, and what the page knew as saved there: its text, or only its mark."""

    avant: str
    apres: str
    marque: str = ""

    def part_de(self, champ: Champ, texte: str) -> bool:
        """Return whether `texte` is what the page knew as saved."""
        if self.marque:
            return self.marque == marque(champ, texte)
        return empreinte(champ, self.avant) == empreinte(champ, texte)


@dataclass(frozen=True)
class ConflitDeChamp:
    """What someone else wrote in a field meanwhile: as typed, as read, by whom.

    `quand` is when they began to type: their saves close to one another are one row of the history, dated by the first.
    """

    libelle: str
    autre: str
    autre_lisible: str
    qui: Utilisateur | None
    quand: datetime | None


class SaisieDeChamps(Protocol):
    """Fields by name, with what the page shows in each: a bilan (bilans.saisie) or a fiche (bilans.structure)."""

    @property
    def champs(self) -> Mapping[str, Champ]: ...

    @property
    def attente(self) -> dict[str, str]: ...

    def brut(self, nom: str) -> str: ...


@dataclass
class Tri:
    """What became of each field: saved (its text, known as saved from now on), to be corrected, or in conflict.

    A field that is both saved and to be corrected is kept as it was typed; one that is to be corrected only is
    not kept.
    """

    enregistres: dict[str, str] = field(default_factory=dict)
    a_corriger: dict[str, str] = field(default_factory=dict)
    conflits: dict[str, ConflitDeChamp] = field(default_factory=dict)
    change: bool = False

    @property
    def refuses(self) -> dict[str, str]:
        """What could not be kept, and why, by field."""
        return {nom: phrase for nom, phrase in self.a_corriger.items() if nom not in self.enregistres}


@dataclass(kw_only=True)
class ResultatBrouillon(Tri):
    """What became of each field of a bilan; `saisie` is the bilan as it is now."""

    saisie: Saisie

    @property
    def bilan(self) -> Bilan:
        """The bilan as it is now."""
        return self.saisie.bilan


def enregistrer_brouillon(
    bilan: Bilan, utilisateur: Utilisateur, champs: Mapping[str, Changement]
) -> ResultatBrouillon:
    """Save what was typed, field by field, and return what became of each.

    Nothing is refused for being empty, missing, contradictory or unreadable; only a text of more than
    20 000 characters, a question that is no longer asked, and, once the bilan is handed over, what would
    leave it without an outcome. Raises PermissionDenied for an account that the bilan does not belong to,
    OperationRefusee when its state does not allow it.
    """
    try:
        return _enregistrer(bilan, utilisateur, champs)
    except IntegrityError:
        # A question was withdrawn between the reading and the writing: read again, it is no longer asked.
        return _enregistrer(bilan, utilisateur, champs)


@transaction.atomic
def _enregistrer(
    bilan: Bilan, utilisateur: Utilisateur, champs: Mapping[str, Changement]
) -> ResultatBrouillon:
    actuel = prendre(bilan, utilisateur, "enregistrer")
    resultat = ResultatBrouillon(saisie=Saisie(actuel))
    saisie = resultat.saisie
    valeurs = trier(resultat, saisie, champs, lambda champ: _conflit(saisie, champ))
    quand, _ = debut_du_brouillon(actuel, utilisateur)
    plume = PlumeFondue(utilisateur, quand)
    if actuel.statut in Bilan.STATUTS_RECUS:
        _tenir_le_bilan_recu(resultat, valeurs)
    resultat.change |= ecrire_valeurs(resultat.saisie, valeurs, plume)
    if resultat.change:
        with date_de_l_histoire(actuel, quand):
            enregistrer_la_saisie(actuel, utilisateur, plume)
    return resultat


def trier(
    tri: Tri,
    saisie: SaisieDeChamps,
    champs: Mapping[str, Changement],
    opposer: Callable[[Champ], ConflitDeChamp],
) -> dict[str, Any]:
    """Put each field where it belongs: kept as typed, refused, in conflict; return the values to be written.

    `opposer` says what someone else wrote in a field.
    """
    valeurs: dict[str, Any] = {}
    for nom, changement in champs.items():
        _trier(tri, saisie, nom, changement, valeurs, opposer)
    return valeurs


def _trier(
    resultat: Tri,
    saisie: SaisieDeChamps,
    nom: str,
    changement: Changement,
    valeurs: dict[str, Any],
    opposer: Callable[[Champ], ConflitDeChamp],
) -> None:
    champ = saisie.champs.get(nom)
    apres = nettoyer(changement.apres)
    if champ is None or len(apres) > PLUS_LONG_TEXTE:
        resultat.a_corriger[nom] = _pourquoi_pas(champ, apres)
        return
    stocke = saisie.brut(nom)
    deja = empreinte(champ, apres) == empreinte(champ, stocke)
    if not deja and changement.part_de(champ, apres):
        # Left as it was found, while someone else changed it: there is nothing to save.
        resultat.enregistres[nom] = stocke
        return
    if not deja and not changement.part_de(champ, stocke):
        resultat.conflits[nom] = opposer(champ)
        return
    resultat.enregistres[nom] = apres
    try:
        valeur = champ.lire(apres)
    except ValidationError as erreur:
        resultat.a_corriger[nom] = insecables(" ".join(erreur.messages))
        saisie.attente[nom] = apres
    else:
        if not deja:
            valeurs[nom] = valeur
    resultat.change |= not deja


def _pourquoi_pas(champ: Champ | None, texte: str) -> str:
    """Return why a typed text cannot be kept."""
    if champ is None:
        return insecables(PLUS_POSEE)
    try:
        ChampTexte().clean(texte)
    except ValidationError as erreur:
        return insecables(" ".join(erreur.messages))
    return ""


def _tenir_le_bilan_recu(resultat: ResultatBrouillon, valeurs: dict[str, Any]) -> None:
    """Leave out of `valeurs` what a bilan that was handed over may not lose, and say why."""
    bilan = resultat.bilan
    touches = [nom for nom in TENUS_DANS_UN_BILAN_RECU if nom in valeurs]
    if not touches:
        return
    anciennes = {nom: getattr(bilan, nom) for nom in touches}
    for nom in touches:
        setattr(bilan, nom, valeurs[nom])
    try:
        bilan.validate_constraints()
    except ValidationError as erreur:
        phrase = insecables(" ".join(erreur.messages))
        for nom in touches:
            del valeurs[nom], resultat.enregistres[nom]
            resultat.a_corriger[nom] = phrase
    finally:
        for nom, ancienne in anciennes.items():
            setattr(bilan, nom, ancienne)


# -- Who wrote it ----------------------------------------------------------------------------------
def _conflit(saisie: Saisie, champ: Champ) -> ConflitDeChamp:
    texte = saisie.brut(champ.nom)
    lisible = saisie.attente.get(champ.nom) or champ.texte()
    ligne = _derniere_ecriture(saisie, champ)
    return ConflitDeChamp(
        champ.libelle,
        texte,
        lisible,
        ligne.history_user if ligne else None,
        ligne.history_date if ligne else None,
    )


def _derniere_ecriture(saisie: Saisie, champ: Champ) -> Any:
    """Return the row of the history that brought the present value; the last of the bilan when none says."""
    historique = saisie.bilan.historique.select_related("history_user")
    if champ.nom in saisie.attente:
        return historique.first()
    if isinstance(champ, Colonne):
        trouvee = None
        for ligne in historique.all()[:50]:
            if getattr(ligne, champ.nom) != champ.valeur:
                break
            trouvee = ligne
        return trouvee
    objet: Any = champ.objet
    if objet is None:
        return historique.first()
    return objet.historique.select_related("history_user").first()
