"""What is typed of the identity of the collectivity: its logo and what it shows, its colour."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from contrats.models import COULEUR_ILLISIBLE, Epci, valider_couleur
from documents.couleurs import lire_couleur, nuance_lisible, se_lit_en_blanc


class FormulaireDIdentite(forms.Form):
    """Carries the version of the identity that the page shows."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    use_required_attribute = False

    def __init__(self, *args: Any, epci: Epci, **options: Any) -> None:
        options["initial"] = {
            "version": epci.version,
            "description": epci.logo_description,
            "couleur": epci.couleur,
        }
        super().__init__(*args, **options)
        self.epci = epci


class LogoForm(FormulaireDIdentite):
    """The image, needed when there is none yet, and its description."""

    fichier = forms.FileField(
        label="Image",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
        help_text="Un fichier PNG ou JPEG, de 5 Mo au plus. Le fond transparent devient blanc.",
        error_messages={
            "required": "Choisissez l'image du logo.",
            "empty": "Ce fichier est vide : choisissez-en un autre.",
            "max_length": "Le nom de ce fichier est trop long : abrégez-le, puis choisissez-le à nouveau.",
        },
    )
    description = forms.CharField(
        label="Description",
        max_length=150,
        help_text=(
            "Ce que lit une personne qui ne voit pas l'image, par exemple « Logo de la communauté d'agglomération »."
        ),
        error_messages={
            "required": "Décrivez le logo : une personne peut ne pas le voir.",
            "max_length": "Quelques mots suffisent : 150 caractères au plus.",
        },
    )

    field_order = ("version", "fichier", "description")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.epci.logo:
            image = self.fields["fichier"]
            image.required = False
            image.label = "Nouvelle image, si elle change"
        elif not self.initial["description"]:
            self.initial["description"] = f"Logo : {self.epci.nom}"


class CouleurForm(FormulaireDIdentite):
    """The colour, as people write it; `proposition` is the shade that would do in the place of one that is refused."""

    couleur = forms.CharField(
        label="Couleur",
        required=False,
        max_length=40,
        help_text=(
            "Celle de votre charte graphique, en hexadécimal (#0F5C63) ou en rouge, vert, bleu (15, 92, 99). Laissez "
            "vide pour garder les couleurs de Pilotis."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "size": 20}),
        error_messages={"max_length": COULEUR_ILLISIBLE},
    )

    field_order = ("version", "couleur")
    proposition = ""

    def clean_couleur(self) -> str:
        texte = self.cleaned_data["couleur"]
        if not texte:
            return ""
        try:
            couleur = lire_couleur(texte)
        except ValueError:
            raise ValidationError(COULEUR_ILLISIBLE) from None
        if not se_lit_en_blanc(couleur):
            self.proposition = nuance_lisible(couleur)
        valider_couleur(couleur)
        return couleur
