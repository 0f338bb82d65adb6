"""The form of a funder of the contract: a column of the grid."""

from typing import Any

from django import forms

from comptes.champs import ChampTexte
from comptes.versions import version_de
from documents.identifiants import IdentifiantInvalide, reparer_siret
from financements.models import Financeur


class FinanceurForm(forms.ModelForm):
    """Who pays, how its column is named, whether it counts in the total. `instance.contrat` must be known."""

    siret = ChampTexte(
        label="SIRET",
        required=False,
        help_text="Demandé pour les données ouvertes. Quatorze chiffres, espaces permises.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    use_required_attribute = False

    class Meta:
        model = Financeur
        fields = ("nom", "sigle", "type", "dans_total", "siret")
        field_classes = {"nom": ChampTexte, "sigle": ChampTexte}
        help_texts = {
            "nom": "Son nom officiel : « Ville de Besançon », « Région Bretagne ».",
            "sigle": "En tête de sa colonne dans la grille et les annexes : « État », « CAF ».",
            "dans_total": "Décochez pour un financeur compté à part, comme la CAF dans certains contrats.",
        }
        error_messages = {
            "nom": {"required": "Donnez le nom du financeur."},
            "sigle": {"required": "Donnez un nom court : il titre la colonne du financeur."},
            "type": {
                "required": "Choisissez ce qu'est ce financeur.",
                "invalid_choice": "Choisissez une réponse de la liste.",
            },
        }

    def __init__(self, donnees: Any = None, *, instance: Financeur) -> None:
        initial = {"version": version_de(instance)} if instance.pk else {"type": ""}
        super().__init__(donnees, instance=instance, initial=initial)
        types: Any = self.fields["type"]
        types.choices = [("", "Choisissez"), *Financeur.Type.choices]
        # What was mended in its number, to be said.
        self.reparations: list[str] = []

    def clean_siret(self) -> str:
        lu = self.cleaned_data["siret"].strip()
        if not lu:
            return ""
        try:
            repare = reparer_siret(lu)
        except IdentifiantInvalide as erreur:
            raise forms.ValidationError(str(erreur)) from erreur
        if repare.repare and not repare.espaces_seules:
            self.reparations.append(f"SIRET : {repare.numero}. {repare.repare} Vérifiez-le.")
        return repare.numero


def valeurs_financeur(financeur: Financeur) -> dict[str, Any]:
    """Return the present value of each visible field of the form of a funder."""
    return {nom: getattr(financeur, nom) for nom in FinanceurForm.Meta.fields}
