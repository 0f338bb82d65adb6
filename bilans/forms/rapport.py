"""What is typed to compose the annual report: a text, a section of one's own, a highlight, a photograph."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from django import forms
from django.core.files import File

from actions.models import ActionAnnuelle
from comptes.champs import ChampTexte

from ..operations.brouillon import SaisieDeChamps

TYPES_DE_PHOTOS = "image/jpeg,image/png,image/webp"


class SaisieMarquee(SaisieDeChamps, Protocol):
    """Fields by name, with a mark of what is stored in each."""

    def marque(self, nom: str) -> str: ...


class RedactionForm(forms.Form):
    """What is written: shows what is saved, and over it what was typed and could not be; it refuses nothing."""

    # What each field held when the page was made, in marks: tells what someone else changed since.
    releve = forms.CharField(widget=forms.HiddenInput, required=False)

    use_required_attribute = False

    def __init__(self, saisie: SaisieMarquee, typees: Mapping[str, str] | None = None) -> None:
        sauvees = {nom: saisie.brut(nom) for nom in saisie.champs}
        marques = {nom: saisie.marque(nom) for nom in saisie.champs}
        donnees = {**sauvees, "releve": json.dumps(marques), **(typees or {})}
        super().__init__(donnees)
        for nom, champ in saisie.champs.items():
            self.fields[nom] = champ.formulaire
            if donnees[nom] != sauvees[nom]:
                # The page tells its script what is saved where it shows something else.
                champ.formulaire.widget.attrs["data-avant"] = sauvees[nom]


class NouvelleSectionForm(forms.Form):
    """The title of a section of one's own."""

    titre = forms.CharField(
        label="Titre de la section",
        max_length=200,
        help_text="Elle s'ajoute à la fin du rapport ; vous la déplacez ensuite.",
        error_messages={
            "required": "Donnez un titre à cette section.",
            "max_length": "Un titre tient en 200 caractères : abrégez-le.",
        },
    )

    use_required_attribute = False


class ChoixDUneAction(forms.ModelChoiceField):
    """The actions of a programme by name, those whose bilan is validated apart: their words can be cited."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.action.intitule} ({obj.action.porteur.nom})"


class NouveauPhareForm(forms.Form):
    """An action to put forward."""

    action = ChoixDUneAction(
        ActionAnnuelle.objects.none(),
        label="Action à mettre en avant",
        to_field_name="cle",
        empty_label="Choisir une action",
        help_text="Celles dont le bilan est validé viennent d'abord.",
        error_messages={
            "required": "Choisissez une action.",
            "invalid_choice": "Choisissez une action de la liste.",
        },
    )

    use_required_attribute = False

    def __init__(self, *args: Any, actions: Iterable[ActionAnnuelle], **options: Any) -> None:
        super().__init__(*args, **options)
        champ: Any = self.fields["action"]
        champ.queryset = actions

    @property
    def vide(self) -> bool:
        """Whether there is nothing left to choose."""
        champ: Any = self.fields["action"]
        return not champ.queryset


class PhotoForm(forms.Form):
    """A photograph to add: what one sees on it, who took it, that it may be published."""

    fichier = forms.FileField(
        label="Photographie",
        widget=forms.ClearableFileInput(attrs={"accept": TYPES_DE_PHOTOS}),
        help_text="Une image JPEG, PNG ou WebP. Le lieu et l'heure cachés dans le fichier sont effacés.",
        error_messages={
            "required": "Choisissez une photographie.",
            "empty": "Ce fichier est vide : choisissez-en un autre.",
        },
    )
    description = ChampTexte(
        label="Ce que l'on voit",
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=300,
        help_text="Une phrase, pour les personnes qui ne voient pas l'image.",
        error_messages={
            "required": "Décrivez la photographie : une personne peut ne pas la voir.",
            "max_length": "Une phrase de 300 caractères au plus : abrégez-la.",
        },
    )
    credit = forms.CharField(
        label="Qui l'a prise",
        max_length=150,
        required=False,
        help_text="Le nom qui s'imprime à côté de la photographie.",
        error_messages={"max_length": "150 caractères au plus : abrégez."},
    )
    droits_acquis = forms.BooleanField(
        label="J'ai l'accord écrit de la personne qui l'a prise, et de celles que l'on reconnaît",
        help_text="Pour un enfant, celui de ses deux parents. Le rapport est public.",
        error_messages={
            "required": (
                "Une photographie n'entre dans le rapport qu'avec ces accords : cochez la case si vous les avez."
            )
        },
    )

    use_required_attribute = False

    def photo(self) -> dict[str, Any]:
        """Return what was given of the photograph, its file left out."""
        return {nom: self.cleaned_data[nom] for nom in ("description", "credit", "droits_acquis")}

    def fichier_lu(self) -> File:
        """Return the file."""
        fichier: File = self.cleaned_data["fichier"]
        return fichier
