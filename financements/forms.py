"""The forms of the money: a funding line, and the reading of an ambiguous row."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms

from comptes.champs import ChampDate, ChampMontantFormulaire, ChampTexte, Groupe, groupes

from .models import AmbiguiteMontants, Financeur, LecturePossible, LigneFinancement
from .operations import etat_de

SANS_MONTANT = "Indiquez au moins un montant : demandé, proposé, accordé ou notifié."


class LigneForm(forms.ModelForm):
    """What one funder brings to an action. `instance.action_annuelle` must be known."""

    GROUPES = (
        ("Qui paie", "", ("financeur", "nature_credit")),
        (
            "Combien",
            "Un montant inconnu reste vide : vide ne veut pas dire zéro.",
            ("montant_demande", "montant_propose", "montant_accorde", "montant_notifie"),
        ),
        ("La décision", "", ("date_decision", "commentaire")),
    )

    montant_demande = ChampMontantFormulaire(label="Demandé", required=False)
    montant_propose = ChampMontantFormulaire(label="Proposé", required=False)
    montant_accorde = ChampMontantFormulaire(label="Accordé", required=False)
    montant_notifie = ChampMontantFormulaire(label="Notifié", required=False)
    date_decision = ChampDate(label="Date de décision", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    # The browser blocks nothing but a half-typed date, which it would send as a blank: we say the rest.
    use_required_attribute = False

    class Meta:
        model = LigneFinancement
        fields = (
            "financeur",
            "nature_credit",
            "montant_demande",
            "montant_propose",
            "montant_accorde",
            "montant_notifie",
            "date_decision",
            "commentaire",
        )
        field_classes = {"commentaire": ChampTexte}
        widgets = {"commentaire": forms.Textarea(attrs={"rows": 2})}
        error_messages = {
            "financeur": {
                "required": "Choisissez qui paie.",
                "invalid_choice": "Choisissez un financeur de ce contrat.",
            }
        }

    def __init__(self, *args: Any, instance: LigneFinancement, **options: Any) -> None:
        if instance.pk:
            options["initial"] = {"version": instance.version, **(options.get("initial") or {})}
        super().__init__(*args, **{**options, "instance": instance})
        contrat = instance.action_annuelle.campagne.contrat
        financeurs = Financeur.objects.filter(contrat=contrat).order_by("ordre", "nom")
        financeur: Any = self.fields["financeur"]
        financeur.queryset = financeurs
        financeur.empty_label = "Choisissez un financeur"
        financeur.choices = [("", financeur.empty_label), *choix_financeurs(financeurs)]
        self.fields[
            "date_decision"
        ].help_text = f"Dans le contrat, du {contrat.date_debut:%d/%m/%Y} au {contrat.date_fin:%d/%m/%Y}."

    def groupes(self) -> Iterator[Groupe]:
        """Give the fields by group, in the order of the page."""
        return groupes(self, self.GROUPES)

    def clean_date_decision(self) -> date | None:
        """Refuse a day outside the contract here, so that it is said together with the other mistakes."""
        jour: date | None = self.cleaned_data["date_decision"]
        contrat = self.instance.action_annuelle.campagne.contrat
        if jour and not contrat.contient(jour):
            raise forms.ValidationError(
                f"Cette date est hors du contrat, qui va du {contrat.date_debut:%d/%m/%Y} "
                f"au {contrat.date_fin:%d/%m/%Y}."
            )
        return jour

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        lus = [etat for etat in LigneFinancement.ETATS_MONTANT if etat in donnees]
        # An amount that could not be read already has its own sentence.
        if len(lus) == len(LigneFinancement.ETATS_MONTANT) and all(donnees[etat] is None for etat in lus):
            self.add_error("montant_accorde", SANS_MONTANT)
        return donnees


def valeurs(ligne: LigneFinancement) -> dict[str, Any]:
    """Return the present value of each visible field of the form."""
    return {nom: getattr(ligne, nom) for nom in LigneForm.Meta.fields}


def choix_financeurs(financeurs: Any) -> list[Any]:
    """Return the choices: the funders of the total, then, in a group of their own, those beside it."""
    dedans = [(financeur.pk, financeur.nom) for financeur in financeurs if financeur.dans_total]
    dehors = [(financeur.pk, financeur.nom) for financeur in financeurs if not financeur.dans_total]
    return [*dedans, ("Hors du total politique de la ville", dehors)] if dehors else dedans


class LectureForm(forms.Form):
    """The choice of one reading among those of an ambiguous row; `etat` tells whether someone chose meanwhile."""

    ACTUELS = "actuels"
    AUCUNE = "Choisissez l'une des lectures."

    lecture = forms.ChoiceField(
        label="La bonne lecture",
        widget=forms.RadioSelect,
        error_messages={"required": AUCUNE, "invalid_choice": AUCUNE},
    )
    etat = forms.CharField(widget=forms.HiddenInput, required=False)

    use_required_attribute = False

    def __init__(self, *args: Any, ambiguite: AmbiguiteMontants, avec_actuels: bool, **options: Any) -> None:
        options["initial"] = {"lecture": ambiguite.lecture_retenue_id, "etat": etat_de(ambiguite)}
        super().__init__(*args, **options)
        self.lectures = {str(lecture.pk): lecture for lecture in ambiguite.lectures.order_by("ordre")}
        choix: Any = self.fields["lecture"]
        choix.choices = [(cle, str(lecture)) for cle, lecture in self.lectures.items()]
        if avec_actuels:
            choix.choices = [*choix.choices, (self.ACTUELS, "Les montants actuels de l'action")]

    def lecture_choisie(self) -> LecturePossible | None:
        """Return the reading chosen, None for the amounts recorded today; the form must be valid."""
        return self.lectures.get(self.cleaned_data["lecture"])
