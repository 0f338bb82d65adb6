"""The forms of a fiche de travail et d'analyse: a step as it is typed, and asking structures for it."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from django import forms
from django.forms import BoundField

from actions.models import Campagne
from comptes.champs import ChampDate
from porteurs.models import Porteur

from ..structure import CHIFFRES, LigneChiffre, SaisieStructure
from ..structure.chiffres import Montant, nom_du_chiffre, titre_de_l_exercice
from ..structure.questions import ACTIVITE, QUESTIONS


class GroupeDeChamps(NamedTuple):
    """Fields shown together under a title."""

    titre: str
    champs: list[BoundField]


class CaseChiffre(NamedTuple):
    """An amount of the key figures: the words of its exercise, its field when it is typed, else what is computed."""

    titre: str
    montant: Montant
    champ: BoundField | None


class RangeeChiffres(NamedTuple):
    """A row of the key figures, an amount for each exercise."""

    ligne: LigneChiffre
    cases: list[CaseChiffre]


class FicheEtapeForm(forms.Form):
    """A step: shows what is saved, and over it what was typed and could not be; it refuses nothing."""

    # What each field held when the page was made, in marks: tells what someone else changed since.
    releve = forms.CharField(widget=forms.HiddenInput, required=False)

    use_required_attribute = False

    def __init__(self, saisie: SaisieStructure, etape: str, typees: Mapping[str, str] | None = None) -> None:
        self.saisie, self.etape = saisie, etape
        noms = [champ.nom for champ in saisie.de_l_etape(etape)]
        sauvees = {nom: saisie.brut(nom) for nom in noms}
        marques = {nom: saisie.marque(nom) for nom in noms}
        donnees = {**sauvees, "releve": json.dumps(marques), **(typees or {})}
        super().__init__(donnees)
        for nom in noms:
            self.fields[nom] = saisie.champs[nom].formulaire
            if donnees[nom] != sauvees[nom]:
                # The page tells its script what is saved where it shows something else.
                self.fields[nom].widget.attrs["data-avant"] = sauvees[nom]
        for rangee in self.chiffres() if etape == CHIFFRES else ():
            for case in rangee.cases:
                if case.champ:
                    case.champ.field.widget.attrs["aria-label"] = f"{rangee.ligne.libelle}, {case.titre}"

    def groupes(self) -> Iterator[GroupeDeChamps]:
        """Give the fields by group, in the order of the page; the key figures have a table of their own."""
        if self.etape == ACTIVITE:
            for axe in self.saisie.axes:
                champs = [self[f"axe_{axe.ordre}_{colonne}"] for colonne in ("bilan", "perspectives")]
                yield GroupeDeChamps(f"Axe n°\u00a0{axe.ordre}\u00a0: {axe.intitule}", champs)
            return
        titres = dict.fromkeys(question.groupe for question in QUESTIONS if question.etape == self.etape)
        for titre in titres:
            codes = [q.code for q in QUESTIONS if q.etape == self.etape and q.groupe == titre]
            yield GroupeDeChamps(titre, [self[code] for code in codes])

    def chiffres(self) -> list[RangeeChiffres]:
        """Return the rows of the key figures."""
        return [
            RangeeChiffres(ligne, [self._case(ligne, montant) for montant in ligne.montants])
            for ligne in self.saisie.chiffres.lignes()
        ]

    def _case(self, ligne: LigneChiffre, montant: Montant) -> CaseChiffre:
        champ = self[nom_du_chiffre(ligne.code, montant.exercice)] if ligne.saisie else None
        return CaseChiffre(titre_de_l_exercice(montant.exercice, self.saisie.annee), montant, champ)


class DemandeFichesForm(forms.Form):
    """The structures asked for the fiche of a year, and when it is due."""

    porteurs = forms.ModelMultipleChoiceField(
        Porteur.objects.none(),
        label="Structures",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choisissez une structure au moins.",
            "invalid_choice": "Choisissez des structures de la liste.",
        },
    )
    echeance = ChampDate(
        label="Attendue pour le",
        required=False,
        help_text="Quinze jours avant la commission de suivi, par exemple.",
    )

    use_required_attribute = False

    def __init__(self, *args: Any, campagne: Campagne, **options: Any) -> None:
        super().__init__(*args, **options)
        deja = campagne.bilans_structure.values("porteur")
        libres = Porteur.objects.filter(epci=campagne.contrat.epci_id, parent__isnull=True, actif=True)
        choix: Any = self.fields["porteurs"]
        choix.queryset = libres.exclude(pk__in=deja).order_by("nom_normalise")

    def clean_porteurs(self) -> list[Porteur]:
        return list(self.cleaned_data["porteurs"])

    def clean_echeance(self) -> date | None:
        jour: date | None = self.cleaned_data["echeance"]
        return jour
