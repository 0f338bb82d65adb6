"""Everything that can be typed in one fiche, read at once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model

from comptes.champs import ChampMontantFormulaire, ChampTexte
from comptes.templatetags.typographie import insecables

from ..models import AxeBilanStructure, BilanStructure, ReponseStructure
from ..saisie import Champ, Plume, marque
from ..saisie.questions import CHAMP
from .chiffres import EXERCICES, SAISIS, SIGNES, ChiffresClefs, nom_du_chiffre, titre_de_l_exercice
from .questions import (
    ACTIVITE,
    CHIFFRES,
    ENTIER,
    JOUR,
    PART,
    QUANTITE,
    QUESTIONS,
    RELECTURE,
    ChampMontantSigne,
    Question,
    champ_de,
    lisible_de,
)

CHIFFRES_LUS = (ENTIER, QUANTITE, PART)


@dataclass
class ColonneFiche(Champ):
    """An answer that is a column of the fiche."""

    fiche: BilanStructure = field(kw_only=True)

    @property
    def objet(self) -> Model | None:
        return self.fiche

    def ecrire(self, valeur: Any, plume: Plume) -> None:
        setattr(self.fiche, self.nom, valeur)
        self.valeur = valeur


@dataclass
class ReponseFiche(Champ):
    """An answer that is a row of its own: a text, a day written as text, or a number."""

    fiche: BilanStructure = field(kw_only=True)
    question: Question = field(kw_only=True)
    ligne: ReponseStructure | None = field(kw_only=True, default=None)

    @property
    def objet(self) -> Model | None:
        return self.ligne

    def texte(self) -> str:
        return lisible_de(self.question, self.valeur)

    def ecrire(self, valeur: Any, plume: Plume) -> None:
        self.ligne = _ecrire_reponse(self.fiche, self.ligne, self.nom, valeur, plume)
        self.valeur = valeur


@dataclass
class ChiffreFiche(Champ):
    """An amount of the key figures, in euros."""

    fiche: BilanStructure = field(kw_only=True)
    code: str = field(kw_only=True)
    exercice: str = field(kw_only=True)
    ligne: ReponseStructure | None = field(kw_only=True, default=None)

    @property
    def objet(self) -> Model | None:
        return self.ligne

    def ecrire(self, valeur: Any, plume: Plume) -> None:
        self.ligne = _ecrire_reponse(self.fiche, self.ligne, self.nom, valeur, plume)
        self.valeur = valeur


@dataclass
class TexteAxe(Champ):
    """What is reported, or planned, on one axis."""

    axe: AxeBilanStructure = field(kw_only=True)
    colonne: str = field(kw_only=True)

    @property
    def objet(self) -> Model | None:
        return self.axe

    def ecrire(self, valeur: Any, plume: Plume) -> None:
        setattr(self.axe, self.colonne, valeur)
        plume.enregistrer(self.axe)
        self.valeur = valeur


def _ecrire_reponse(
    fiche: BilanStructure, ligne: ReponseStructure | None, nom: str, valeur: Any, plume: Plume
) -> ReponseStructure | None:
    """Store an answer, and return its row; a blank has none."""
    if valeur is None or valeur == "":
        if ligne is not None:
            plume.supprimer(ligne)
        return None
    ligne = ligne or ReponseStructure(bilan_structure=fiche, code=nom)
    if isinstance(valeur, date):
        ligne.texte, ligne.nombre = valeur.isoformat(), None
    elif isinstance(valeur, Decimal | int):
        ligne.texte, ligne.nombre = "", Decimal(valeur)
    else:
        ligne.texte, ligne.nombre = valeur, None
    plume.enregistrer(ligne)
    return ligne


class SaisieStructure:
    """What can be typed in one fiche; `champs` is in the order of the pages. Three queries, whatever its size."""

    def __init__(self, fiche: BilanStructure) -> None:
        self.fiche = fiche
        self.annee = fiche.campagne.annee

    @cached_property
    def champs(self) -> dict[str, Champ]:
        """Every field, by name."""
        premiers = [q for q in QUESTIONS if q.etape not in (ACTIVITE, CHIFFRES)]
        derniers = [q for q in QUESTIONS if q.etape == CHIFFRES]
        champs: list[Champ] = [self._champ(question) for question in premiers]
        champs += [*self._champs_des_axes(), *self._champs_des_chiffres()]
        champs += [self._champ(question) for question in derniers]
        return {champ.nom: champ for champ in champs}

    def de_l_etape(self, etape: str) -> list[Champ]:
        """Return the fields of a step, in order."""
        return [champ for champ in self.champs.values() if champ.etape == etape]

    def etape_du_champ(self, nom: str) -> str:
        """Return the step where a field is typed; the last one for the whole fiche."""
        champ = self.champs.get(nom)
        return champ.etape if champ else RELECTURE

    @property
    def attente(self) -> dict[str, str]:
        """What was typed and is not yet an answer, by name of field."""
        return self.fiche.saisie_en_attente

    def brut(self, nom: str) -> str:
        """Return what the page shows in a field: what was typed, else the stored value."""
        champ = self.champs[nom]
        return self.attente[nom] if nom in self.attente else champ.brut(champ.valeur)

    def marque(self, nom: str) -> str:
        """Return a short mark of what is stored in a field: another mark, another value."""
        return marque(self.champs[nom], self.brut(nom))

    def en_attente(self) -> Iterator[tuple[Champ, str]]:
        """Give the fields whose typed text cannot be read, and the sentence that says how to write it."""
        for nom, texte in self.attente.items():
            champ = self.champs.get(nom)
            if champ is None:
                continue
            try:
                champ.lire(texte)
            except ValidationError as erreur:
                yield champ, insecables(" ".join(erreur.messages))

    @property
    def chiffres(self) -> ChiffresClefs:
        """The key figures as they are stored, what was just written included."""
        chiffres = [champ for champ in self.champs.values() if isinstance(champ, ChiffreFiche)]
        return ChiffresClefs(
            {(c.code, c.exercice): c.valeur for c in chiffres if c.nom not in self.attente},
            {(c.code, c.exercice) for c in chiffres if c.nom in self.attente},
        )

    @cached_property
    def axes(self) -> list[AxeBilanStructure]:
        """The axes of the fiche, in order."""
        return list(self.fiche.axes.order_by("ordre"))

    # -- Reading what is stored
    @cached_property
    def _reponses(self) -> dict[str, ReponseStructure]:
        return {reponse.code: reponse for reponse in self.fiche.reponses.order_by("code")}

    def _champ(self, question: Question) -> Champ:
        formulaire = champ_de(question)
        commun = (question.code, question.libelle, question.etape, formulaire)
        if question.colonne:
            return ColonneFiche(*commun, getattr(self.fiche, question.code), fiche=self.fiche)
        ligne = self._reponses.get(question.code)
        valeur = _valeur(question, ligne)
        return ReponseFiche(*commun, valeur, fiche=self.fiche, question=question, ligne=ligne)

    def _champs_des_axes(self) -> Iterator[Champ]:
        for axe in self.axes:
            for colonne, mot in (("bilan", "bilan"), ("perspectives", "perspectives")):
                libelle = f"Axe n° {axe.ordre} : {axe.intitule}, {mot}"
                formulaire = ChampTexte(
                    label="Bilan" if colonne == "bilan" else "Perspectives",
                    required=False,
                    widget=forms.Textarea(attrs={"rows": 4}),
                    help_text="Avec vos indicateurs." if colonne == "bilan" else "",
                    template_name=CHAMP,
                )
                yield TexteAxe(
                    f"axe_{axe.ordre}_{colonne}",
                    libelle,
                    ACTIVITE,
                    formulaire,
                    getattr(axe, colonne),
                    axe=axe,
                    colonne=colonne,
                )

    def _champs_des_chiffres(self) -> Iterator[Champ]:
        for code, libelle in SAISIS.items():
            for exercice in EXERCICES:
                nom = nom_du_chiffre(code, exercice)
                titre = titre_de_l_exercice(exercice, self.annee)
                classe = ChampMontantSigne if code in SIGNES else ChampMontantFormulaire
                ligne = self._reponses.get(nom)
                yield ChiffreFiche(
                    nom,
                    f"{libelle}, {titre[0].lower()}{titre[1:]}",
                    CHIFFRES,
                    classe(label=titre, required=False),
                    ligne.nombre if ligne else None,
                    fiche=self.fiche,
                    code=code,
                    exercice=exercice,
                    ligne=ligne,
                )


def _valeur(question: Question, ligne: ReponseStructure | None) -> Any:
    """Return the stored answer in the type of its question."""
    if ligne is None:
        return None
    if question.genre == JOUR:
        return date.fromisoformat(ligne.texte) if ligne.texte else None
    if question.genre == ENTIER:
        return None if ligne.nombre is None else int(ligne.nombre)
    return ligne.nombre if question.genre in CHIFFRES_LUS else ligne.texte
