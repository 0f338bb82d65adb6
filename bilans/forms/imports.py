"""What an import asks of a person: a file, what its columns are, which table of the workbook to read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from documents import nombre
from documents.formats import taille_lisible
from documents.tableurs.limites import COLONNES_MAX, LIGNES_MAX, OCTETS_MAX

ACCEPTES = (".xlsx", ".ods", ".csv")
LIMITES = (
    f"Excel (.xlsx), LibreOffice (.ods) ou CSV ; {taille_lisible(OCTETS_MAX)}, {nombre(LIGNES_MAX)} lignes et "
    f"{COLONNES_MAX} colonnes au plus. Un ancien fichier .xls s'enregistre d'abord en .xlsx."
)
AUCUN_FICHIER = "Choisissez d'abord un fichier sur votre ordinateur."
FICHIER_VIDE = "Ce fichier est vide. Vérifiez que c'est le bon, puis déposez-le à nouveau."
SANS_INTITULE = (
    "Aucune colonne n'est l'intitulé de l'action : choisissez laquelle, sans quoi aucune ligne n'a de nom."
)

# A choice as Django writes it: groups of (value, words).
Choix = list[tuple[str, list[tuple[str, str]]]]


class DepotForm(forms.Form):
    """A workbook to read. What it holds is looked at later, by the worker: never in the page's own process."""

    fichier = forms.FileField(
        label="Votre tableau",
        help_text=LIMITES,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ",".join(ACCEPTES)}),
        error_messages={"required": AUCUN_FICHIER, "invalid": AUCUN_FICHIER},
    )

    use_required_attribute = False

    def clean_fichier(self) -> Any:
        fichier = self.cleaned_data["fichier"]
        if not fichier.size:
            raise forms.ValidationError(FICHIER_VIDE)
        if fichier.size > OCTETS_MAX:
            raise forms.ValidationError(
                f"Ce fichier pèse {taille_lisible(fichier.size)} ; un tableau en pèse au plus "
                f"{taille_lisible(OCTETS_MAX)}. Copiez la feuille utile dans un classeur neuf, puis déposez-le."
            )
        return fichier


@dataclass(frozen=True)
class ColonneProposee:
    """A column as it was recognised: its index, its letter, the field, the funder and the state of its amounts."""

    index: int
    lettre: str
    champ: str
    financeur: str
    etat: str


class ColonnesForm(forms.Form):
    """What each column of the table is: a field, and for money the funder and the state of the amount.

    `montant` and `intitule` are the names of the fields of money and of the title.
    """

    memoriser = forms.BooleanField(
        label="Retenir ces colonnes pour ce contrat",
        help_text="Le prochain tableau qui a les mêmes titres sera lu pareil, sans rien vous demander.",
        required=False,
        initial=True,
    )

    vides_effacent = forms.BooleanField(
        label="Une case vide efface ce que Pilotis sait",
        help_text="D'ordinaire non : une case vide du tableau ne change rien.",
        required=False,
    )

    use_required_attribute = False

    def __init__(
        self,
        *args: Any,
        colonnes: Iterable[ColonneProposee],
        champs: Choix,
        etats: Mapping[str, str],
        montant: str,
        intitule: str,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.colonnes = list(colonnes)
        self.montant, self.intitule = montant, intitule
        for colonne in self.colonnes:
            self._ajouter(colonne, champs, etats)

    def _ajouter(self, colonne: ColonneProposee, champs: Choix, etats: Mapping[str, str]) -> None:
        lettre, index = colonne.lettre, colonne.index
        self.fields[f"champ_{index}"] = forms.ChoiceField(
            label=f"Colonne {lettre}, ce qu'elle contient",
            choices=champs,
            initial=colonne.champ,
            error_messages={
                "required": "Choisissez ce que contient cette colonne.",
                "invalid_choice": "Choisissez ce que contient cette colonne dans la liste.",
            },
        )
        self.fields[f"financeur_{index}"] = forms.CharField(
            label=f"Colonne {lettre}, financeur", required=False, max_length=150, initial=colonne.financeur
        )
        self.fields[f"etat_{index}"] = forms.ChoiceField(
            label=f"Colonne {lettre}, état des montants",
            required=False,
            choices=list(etats.items()),
            initial=colonne.etat,
            error_messages={"invalid_choice": "Choisissez l'état de ces montants dans la liste."},
        )

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        if self.errors:
            return donnees
        if all(donnees[f"champ_{colonne.index}"] != self.intitule for colonne in self.colonnes):
            raise forms.ValidationError(SANS_INTITULE)
        return donnees

    @property
    def correspondances(self) -> dict[str, dict[str, str]]:
        """What a person says of each column, by index: « champ », and for money « financeur » and « etat »."""
        return {str(colonne.index): self._dite(colonne.index) for colonne in self.colonnes}

    def _dite(self, index: int) -> dict[str, str]:
        champ = self.cleaned_data[f"champ_{index}"]
        if champ != self.montant:
            return {"champ": champ}
        return {
            "champ": champ,
            "financeur": self.cleaned_data[f"financeur_{index}"],
            "etat": self.cleaned_data[f"etat_{index}"],
        }


class TableauForm(forms.Form):
    """Another table of the workbook to read in place of the one that was chosen: its rank among `tableaux`."""

    use_required_attribute = False

    def __init__(self, *args: Any, tableaux: Iterable[str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["tableau"] = forms.TypedChoiceField(
            label="Où sont les titres des colonnes",
            coerce=int,
            choices=[(rang, libelle) for rang, libelle in enumerate(tableaux)],
            error_messages={
                "required": "Choisissez où sont les titres des colonnes.",
                "invalid_choice": "Choisissez où sont les titres des colonnes dans la liste.",
            },
        )
