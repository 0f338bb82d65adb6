"""What is recognised of a workbook, as plain data: which sheet, which header, what each column holds, how sure, why.

`to_dict` and `from_dict` carry it through JSON; `corriger` gives it what a person says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from comptes.templatetags.typographie import insecables
from documents.tableurs.modele import nom_colonne

from . import champs
from .champs import Confiance, est_montant


class TableauIntrouvable(Exception):
    """No table is there. `str()` is a French sentence that says what to do."""

    def __init__(self, phrase: str) -> None:
        super().__init__(insecables(phrase))


class Disposition(StrEnum):
    """What kind of table it is: only the first two hold actions."""

    TABLEAU = "tableau"
    # one form an action: labels on the left, what is said on the right
    FICHE = "fiche"
    # the table of the contract's axes: objectives, partners, criteria
    AXES = "axes"
    # amounts by axe
    ENVELOPPES = "enveloppes"
    # the budget of a structure, its exercises side by side
    BUDGET = "budget"
    AUTRE = "autre"


AVEC_ACTIONS = (Disposition.TABLEAU, Disposition.FICHE)


@dataclass(frozen=True)
class Colonne:
    """A column of the table: where it is, its title, what it was read as, how sure and why.

    `index` counts columns of the sheet from zero; in a form (`Disposition.FICHE`), it counts rows: each label is a
    column. `titre` is flattened (« Autres financeurs / AGGLO »), `groupe` what stands above it. `financeur` is the
    label to match, blank when there is none or not a column of money; `etat` the state of the amount.
    """

    index: int
    titre: str
    groupe: str = ""
    champ: str = champs.NOTE
    financeur: str = ""
    etat: str = ""
    confiance: Confiance = Confiance.INCONNUE
    raison: str = ""
    exemples: tuple[str, ...] = ()

    @property
    def est_montant(self) -> bool:
        """Whether it holds the amounts of a funder."""
        return est_montant(self.champ)


@dataclass(frozen=True)
class Candidat:
    """Another table that could have been read: its sheet, its header rows from zero, its score, its titles."""

    feuille: str
    entete: tuple[int, int]
    score: int
    titres: tuple[str, ...] = ()


@dataclass(frozen=True)
class Structure:
    """What was recognised of a workbook.

    `entete` are the first and last header rows, counted from zero. `signature` is the SHA-256 of the normalised
    headers in order. `titres` is what stands above the header. `annee` is the year that titles say, None when they
    say none or several. `semblables` are the other sheets with the same headers: they can be read alike.
    """

    feuille: str
    entete: tuple[int, int]
    colonnes: tuple[Colonne, ...]
    signature: str
    titres: tuple[str, ...] = ()
    annee: int | None = None
    disposition: Disposition = Disposition.TABLEAU
    semblables: tuple[str, ...] = ()
    candidats: tuple[Candidat, ...] = ()
    confiance: Confiance = Confiance.INCONNUE
    avertissements: tuple[str, ...] = ()

    @property
    def a_des_actions(self) -> bool:
        """Whether its rows are actions: a table or forms, with a title or a porteur to know them by."""
        lus = {colonne.champ for colonne in self.colonnes}
        return self.disposition in AVEC_ACTIONS and bool(lus & {champs.INTITULE, champs.PORTEUR})

    @cached_property
    def cles(self) -> Mapping[int, str]:
        """The key of each column in `LigneLue.valeurs`, by index.

        The name of its field, but « c8 » for the ninth column of the sheet when it holds an amount or a note,
        or when a column before it has the same field: several may, and none may hide another.
        """
        cles: dict[int, str] = {}
        for colonne in self.colonnes:
            seul = not colonne.est_montant and colonne.champ != champs.NOTE
            libre = colonne.champ not in cles.values()
            cles[colonne.index] = colonne.champ if seul and libre else f"c{colonne.index}"
        return cles

    def colonne(self, cle: str) -> Colonne | None:
        """Return the column of a key of `LigneLue.valeurs`; None for a value that comes from no column."""
        return next((colonne for colonne in self.colonnes if self.cles[colonne.index] == cle), None)

    def des_champs(self, *noms: str) -> tuple[Colonne, ...]:
        """Return the columns that have one of these fields, in the order of the sheet."""
        return tuple(colonne for colonne in self.colonnes if colonne.champ in noms)

    @property
    def montants(self) -> tuple[Colonne, ...]:
        """The columns of amounts by funder, in the order of the sheet."""
        return tuple(colonne for colonne in self.colonnes if colonne.est_montant)

    def notes(self, brut: Sequence[str]) -> list[tuple[str, str]]:
        """Return the title and the text of each cell of a row kept as a note; `brut` is that of `LigneLue`."""
        en_fiche = self.disposition is Disposition.FICHE
        # in a table, a column that is not read has no place in `brut`
        lues = [c for c in self.colonnes if en_fiche or c.champ != champs.IGNORER]
        return [
            (colonne.titre, texte)
            for colonne, texte in zip(lues, brut, strict=False)
            if colonne.champ == champs.NOTE and texte
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the structure as plain data for JSON; see `from_dict`."""
        return {
            "feuille": self.feuille,
            "entete": list(self.entete),
            "colonnes": [
                {**vars(colonne), "confiance": str(colonne.confiance), "exemples": list(colonne.exemples)}
                for colonne in self.colonnes
            ],
            "signature": self.signature,
            "titres": list(self.titres),
            "annee": self.annee,
            "disposition": str(self.disposition),
            "semblables": list(self.semblables),
            "candidats": [
                {**vars(candidat), "entete": list(candidat.entete), "titres": list(candidat.titres)}
                for candidat in self.candidats
            ],
            "confiance": str(self.confiance),
            "avertissements": list(self.avertissements),
        }

    @classmethod
    def from_dict(cls, donnees: Mapping[str, Any]) -> Structure:
        """Return the structure that `to_dict` described.

        Raises KeyError, TypeError or ValueError when it did not.
        """
        return cls(
            feuille=donnees["feuille"],
            entete=_couple(donnees["entete"]),
            colonnes=tuple(
                Colonne(
                    **{
                        **colonne,
                        "confiance": Confiance(colonne["confiance"]),
                        "exemples": tuple(colonne["exemples"]),
                    }
                )
                for colonne in donnees["colonnes"]
            ),
            signature=donnees["signature"],
            titres=tuple(donnees["titres"]),
            annee=donnees["annee"],
            disposition=Disposition(donnees["disposition"]),
            semblables=tuple(donnees["semblables"]),
            candidats=tuple(
                Candidat(
                    **{**candidat, "entete": _couple(candidat["entete"]), "titres": tuple(candidat["titres"])}
                )
                for candidat in donnees["candidats"]
            ),
            confiance=Confiance(donnees["confiance"]),
            avertissements=tuple(donnees["avertissements"]),
        )


def _couple(bornes: Sequence[int]) -> tuple[int, int]:
    premier, dernier = bornes
    return premier, dernier


# -- What is missing, what contradicts itself ------------------------------------------------------
SANS_INTITULE = insecables("Aucune colonne ne donne l'intitulé des actions : dites laquelle.")
SANS_PORTEUR = insecables("Aucune colonne ne donne le porteur : dites laquelle, s'il y en a une.")
# Fields that several columns may have.
_MULTIPLES = (champs.NOTE, champs.IGNORER, "part")


def manques(disposition: Disposition, colonnes: Sequence[Colonne]) -> tuple[str, ...]:
    """Return what a table of actions lacks, in a sentence; nothing for the other tables."""
    lus = {colonne.champ for colonne in colonnes}
    if disposition not in AVEC_ACTIONS:
        return ()
    if champs.INTITULE not in lus:
        return (SANS_INTITULE,)
    return () if champs.PORTEUR in lus else (SANS_PORTEUR,)


@dataclass(frozen=True)
class Incoherence:
    """Columns that cannot all be what a person says: the index of the last one, and the sentence."""

    index: int
    phrase: str


def incoherences(structure: Structure) -> tuple[Incoherence, ...]:
    """Return what contradicts itself: the fields of one value that several columns have, in the order of the sheet.

    A missing porteur is not one: headings between the rows may give it, and a warning says it (`manques`).
    """
    par_champ: dict[str, list[int]] = {}
    for colonne in structure.colonnes:
        if not colonne.est_montant and colonne.champ not in _MULTIPLES:
            par_champ.setdefault(colonne.champ, []).append(colonne.index)
    en_fiche = structure.disposition is Disposition.FICHE
    return tuple(
        Incoherence(indices[-1], _disent_la_meme_chose(champ, indices, en_fiche))
        for champ, indices in par_champ.items()
        if len(indices) > 1
    )


def _disent_la_meme_chose(champ: str, indices: Sequence[int], en_fiche: bool) -> str:
    noms = [str(index + 1) if en_fiche else nom_colonne(index) for index in indices]
    quoi = "lignes" if en_fiche else "colonnes"
    toutes = "toutes deux" if len(noms) == 2 else "toutes"
    autres = "l'autre" if len(noms) == 2 else "les autres"
    return insecables(
        f"Les {quoi} {', '.join(noms[:-1])} et {noms[-1]} disent {toutes} « {champs.champ(champ).libelle} » : "
        f"gardez-en une, ou mettez {autres} en note."
    )


# -- What a person says ----------------------------------------------------------------------------
def corriger(
    structure: Structure,
    correspondances: Mapping[str, Mapping[str, str]],
    *,
    raison: str = "Choisi par une personne.",
) -> Structure:
    """Return the structure with the columns as a person says they are.

    `correspondances` gives, by index of column (as text), « champ », « financeur », « etat »; a column that it does
    not name stays as it was recognised. « montant » alone takes the state of « etat », « accordé » by default.
    A name that is no field is kept as a note: an older choice never breaks a reading.
    """
    colonnes = tuple(
        _corriger(colonne, correspondances[str(colonne.index)], raison)
        if str(colonne.index) in correspondances
        else colonne
        for colonne in structure.colonnes
    )
    disposition = structure.disposition
    if disposition not in AVEC_ACTIONS and any(colonne.champ == champs.INTITULE for colonne in colonnes):
        disposition = Disposition.TABLEAU
    # what was missing may be there now, and the reverse
    dits = [phrase for phrase in structure.avertissements if phrase not in (SANS_INTITULE, SANS_PORTEUR)]
    return replace(
        structure,
        colonnes=colonnes,
        disposition=disposition,
        confiance=confiance_des_colonnes(colonnes),
        avertissements=(*manques(disposition, colonnes), *dits),
    )


def _corriger(colonne: Colonne, dite: Mapping[str, str], raison: str) -> Colonne:
    nom = dite.get("champ", colonne.champ)
    etat = dite.get("etat", "")
    if nom == champs.MONTANT:
        nom = champs.champ_montant(etat if etat in champs.ETATS else "accorde")
    if not champs.existe(nom):
        nom = champs.NOTE
    en_euros = est_montant(nom)
    return replace(
        colonne,
        champ=nom,
        financeur=dite.get("financeur", colonne.financeur) if en_euros else "",
        etat=nom.partition(":")[2] if en_euros else "",
        confiance=Confiance.SURE,
        raison=raison,
    )


def confiance_des_colonnes(colonnes: Sequence[Colonne]) -> Confiance:
    """Return how sure the whole is: the weakest column, those kept as notes left aside; unknown without actions."""
    lues = [colonne for colonne in colonnes if colonne.champ not in (champs.NOTE, champs.IGNORER)]
    compte = Counter(colonne.champ for colonne in lues)
    if not compte[champs.INTITULE]:
        return Confiance.INCONNUE
    return max((colonne.confiance for colonne in lues), key=lambda confiance: confiance.rang)
