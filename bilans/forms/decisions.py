"""What a change of state asks: a reason, a due date; and a remark on a field."""

from datetime import date
from typing import Any

from django import forms

from comptes.champs import ChampDate, ChampTexte

from ..models import Bilan
from ..operations import OperationRefusee, verifier_echeance
from ..regles import saisie_ouverte


class MotifForm(forms.Form):
    """The reason of a change of state, in words that someone will read."""

    motif = ChampTexte(label="Motif", widget=forms.Textarea(attrs={"rows": 4}))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    use_required_attribute = False

    def __init__(self, *args: Any, libelle: str, aide: str, manquant: str, **options: Any) -> None:
        super().__init__(*args, **options)
        champ = self.fields["motif"]
        champ.label, champ.help_text = libelle, aide
        champ.error_messages["required"] = manquant


def _lire_echeance(bilan: Bilan, jour: date | None) -> date | None:
    """Return a due date that the bilan may have; raise ValidationError with the sentence that says why not."""
    if jour is None:
        return None
    try:
        return verifier_echeance(bilan, jour)
    except OperationRefusee as refus:
        raise forms.ValidationError(str(refus)) from refus


class RenvoiForm(MotifForm):
    """What is to be completed, and by when: asked once the bilans of the year are closed."""

    echeance = ChampDate(
        label="À compléter avant le",
        required=False,
        help_text="Laissez vide pour garder l'échéance actuelle du bilan.",
    )

    def __init__(self, *args: Any, bilan: Bilan, **options: Any) -> None:
        super().__init__(*args, **options)
        self.bilan = bilan
        champ = self.fields["echeance"]
        if not saisie_ouverte(bilan):
            champ.required = True
            champ.help_text = (
                "Les bilans de cette année sont clos : sans nouvelle date, le porteur ne pourrait "
                "rien écrire."
            )
            champ.error_messages["required"] = "Indiquez jusqu'à quand le porteur peut compléter son bilan."

    def clean_echeance(self) -> date | None:
        return _lire_echeance(self.bilan, self.cleaned_data["echeance"])


class EcheanceForm(forms.Form):
    """A due date for one bilan."""

    echeance = ChampDate(
        label="Nouvelle échéance",
        error_messages={"required": "Choisissez la nouvelle échéance de ce bilan."},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    use_required_attribute = False

    def __init__(self, *args: Any, bilan: Bilan, **options: Any) -> None:
        super().__init__(*args, **options)
        self.bilan = bilan

    def clean_echeance(self) -> date | None:
        return _lire_echeance(self.bilan, self.cleaned_data["echeance"])


class CommentaireForm(forms.Form):
    """A remark on a field of a bilan."""

    texte = ChampTexte(
        label="Votre commentaire",
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Écrivez le commentaire."},
    )

    use_required_attribute = False
