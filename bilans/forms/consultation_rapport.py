"""What is typed from the draft of the annual report to its publication: who is asked, opinions, follow-up, reasons."""

from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet

from comptes.champs import ChampDate, ChampTexte, Groupe, groupes
from comptes.models import Utilisateur
from comptes.templatetags.typographie import date_longue
from contrats.models import ContratVille, Deliberation, Instance

from ..models import AvisRapport
from .conventions import (
    AUCUN_CHOIX,
    NOUVELLE_DELIBERATION,
    champs_de_deliberation,
    lire_la_deliberation,
    nom_de_la_deliberation,
)

Sens = AvisRapport.Sens
SENS_PROPOSES = [(sens.value, sens.label) for sens in (Sens.FAVORABLE, Sens.RESERVE, Sens.DEFAVORABLE)]


def champ_motif(label: str, aide: str = "") -> ChampTexte:
    """Return the field of a reason that is asked for."""
    return ChampTexte(
        label=label,
        help_text=aide,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Dites pourquoi : cela reste dans l'histoire du rapport."},
    )


class FormulaireDuRapport(forms.Form):
    """What one operation asks, by groups; the browser blocks nothing but a half-typed date."""

    GROUPES: ClassVar[tuple[tuple[str, str, tuple[str, ...]], ...]] = ()

    use_required_attribute = False

    def __init__(self, *args: Any, contrat: ContratVille, **options: Any) -> None:
        super().__init__(*args, **options)
        self.contrat = contrat

    def groupes(self) -> Iterator[Groupe]:
        """Give the visible fields by group, in the order of the page."""
        return groupes(self, self.GROUPES)


class AvecDeliberation(FormulaireDuRapport):
    """A form that names a délibération, or describes one that is not in the list yet."""

    DEMANDEE = False

    deliberation = forms.ModelChoiceField(
        label="Délibération déjà enregistrée",
        queryset=Deliberation.objects.none(),
        required=False,
        empty_label=AUCUN_CHOIX,
        error_messages={"invalid_choice": "Choisissez dans la liste."},
    )

    def __init__(self, *args: Any, contrat: ContratVille, **options: Any) -> None:
        super().__init__(*args, contrat=contrat, **options)
        choix: Any = self.fields["deliberation"]
        choix.queryset = Deliberation.objects.filter(contrat=contrat).order_by("-date", "numero")
        choix.label_from_instance = nom_de_la_deliberation
        self.fields |= champs_de_deliberation()

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        lire_la_deliberation(self, donnees, self.contrat)
        if self.DEMANDEE and not self.errors and not donnees.get("deliberation"):
            self.add_error("deliberation", "Choisissez la délibération, ou décrivez-la ci-dessous.")
        return donnees


# -- Sent for opinion ------------------------------------------------------------------------------
class EnvoiPourAvisForm(AvecDeliberation):
    """The bodies that are asked, until when, and the délibération that sets the time."""

    GROUPES = (
        ("Jusqu'à quand", "La loi laisse un mois au moins.", ("echeance",)),
        (
            "La délibération qui fixe ce délai",
            "Facultative. Choisissez-la dans la liste, ou décrivez celle qui n'y est pas encore.",
            ("deliberation", *NOUVELLE_DELIBERATION),
        ),
    )

    instances = forms.ModelMultipleChoiceField(
        label="Qui donne son avis",
        queryset=Instance.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choisissez au moins une instance à consulter.",
            "invalid_choice": "Choisissez parmi les instances de ce contrat.",
            "invalid_pk_value": "Choisissez parmi les instances de ce contrat.",
        },
    )
    echeance = ChampDate(
        label="Avis attendus jusqu'au",
        help_text="Ce jour compris. Après lui, le silence vaut accord.",
        error_messages={"required": "Choisissez la date jusqu'à laquelle les avis sont attendus."},
    )

    def __init__(self, *args: Any, contrat: ContratVille, au_plus_tot: date, **options: Any) -> None:
        super().__init__(*args, contrat=contrat, **options)
        self.au_plus_tot = au_plus_tot
        champ: Any = self.fields["instances"]
        champ.queryset = Instance.objects.filter(contrat=contrat).order_by("ordre", "nom")

    def clean_echeance(self) -> date:
        echeance: date = self.cleaned_data["echeance"]
        if echeance < self.au_plus_tot:
            raise forms.ValidationError(
                f"La loi laisse un mois au moins pour rendre un avis : choisissez le "
                f"{date_longue(self.au_plus_tot)} ou un jour suivant."
            )
        return echeance


class ProlongationForm(FormulaireDuRapport):
    """A later date, and why."""

    echeance = ChampDate(
        label="Avis attendus jusqu'au", error_messages={"required": "Choisissez la nouvelle date."}
    )
    motif = champ_motif("Pourquoi", "Ces mots sont envoyés aux membres des instances consultées.")


# -- Opinions --------------------------------------------------------------------------------------
class AvisForm(FormulaireDuRapport):
    """The opinion of a body, opened in a version."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    sens = forms.ChoiceField(
        label="L'avis",
        choices=SENS_PROPOSES,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez un avis : favorable, réservé ou défavorable.",
            "invalid_choice": "Choisissez un avis : favorable, réservé ou défavorable.",
        },
    )
    texte = ChampTexte(
        label="Les observations",
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Demandées pour un avis réservé ou défavorable. Elles sont annexées au rapport, qui est public.",
    )

    @staticmethod
    def valeurs(avis: AvisRapport) -> dict[str, Any]:
        """Return the present value of each field."""
        return {"sens": avis.sens, "texte": avis.texte}

    def champs_de_l_avis(self) -> dict[str, Any]:
        """Return what is written of the opinion, by argument of the operation."""
        return {nom: self.cleaned_data[nom] for nom in ("sens", "texte")}


class AvisPourAutruiForm(AvisForm):
    """The opinion that a body gave on paper: when, and by which délibération."""

    date = ChampDate(label="Rendu le", required=False, help_text="Aujourd'hui si vous laissez vide.")
    deliberation = ChampTexte(
        label="Délibération, compte rendu ou lettre",
        required=False,
        max_length=100,
        help_text="Ce qui l'atteste : « délibération 2025-48 », « compte rendu du 12 juin ».",
        error_messages={"max_length": "100 caractères au plus : abrégez."},
    )

    @staticmethod
    def valeurs(avis: AvisRapport) -> dict[str, Any]:
        return {**AvisForm.valeurs(avis), "date": avis.date, "deliberation": avis.deliberation}

    def champs_de_l_avis(self) -> dict[str, Any]:
        lus = self.cleaned_data
        return {**super().champs_de_l_avis(), "jour": lus["date"], "deliberation": lus["deliberation"]}


class SuiteForm(FormulaireDuRapport):
    """What follows from the observations of a body, opened in a version."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    suite_donnee = ChampTexte(
        label="La suite donnée",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Ce que la collectivité en retient, ou pourquoi elle ne le retient pas.",
    )

    @staticmethod
    def valeurs(avis: AvisRapport) -> dict[str, Any]:
        """Return the present value of each field."""
        return {"suite_donnee": avis.suite_donnee}


# -- The other steps -------------------------------------------------------------------------------
class ClotureForm(FormulaireDuRapport):
    """Nothing to type: closing is confirmed."""


class ApprobationForm(AvecDeliberation):
    """The délibération that approves the report."""

    DEMANDEE = True

    GROUPES = (
        (
            "La délibération qui approuve le rapport",
            "Choisissez-la dans la liste, ou décrivez celle qui n'y est pas encore.",
            ("deliberation", *NOUVELLE_DELIBERATION),
        ),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for nom in ("deliberation", "deliberation_organe", "deliberation_date"):
            # One way of answering or the other is asked: none is said optional.
            self.fields[nom].widget.attrs["data-une-reponse"] = "oui"


class CorrectionForm(FormulaireDuRapport):
    """What a new version corrects."""

    motif = champ_motif("Ce que cette version corrige", "Les personnes qui la liront le verront.")


class RetourForm(FormulaireDuRapport):
    """Why one goes back."""

    motif = champ_motif("Pourquoi")


class AdresseForm(FormulaireDuRapport):
    """What names the report in its public address; blank takes it away."""

    adresse_publique = forms.CharField(
        label="Nom dans l'adresse",
        required=False,
        max_length=80,
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
        ),
        help_text="Lettres minuscules sans accent, chiffres et traits d'union. Laissez vide pour retirer l'adresse.",
        error_messages={"max_length": "80 caractères au plus : abrégez."},
    )


# -- The bodies, and who sits in them --------------------------------------------------------------
class InstanceForm(FormulaireDuRapport):
    """The name of a body of the contract, and what it is."""

    nom = ChampTexte(
        label="Nom de l'instance",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Tel que le rapport l'écrira : « Conseil citoyen de Planoise », « Conseil municipal de Dole ».",
        error_messages={
            "required": "Donnez le nom de cette instance.",
            "max_length": "Ce nom est trop long : 150 caractères au plus.",
        },
    )
    type = forms.ChoiceField(
        label="Ce qu'elle est",
        choices=[("", "Choisissez"), *Instance.Type.choices],
        help_text="Un conseil municipal ou communautaire est une assemblée délibérante.",
        error_messages={
            "required": "Choisissez ce qu'est cette instance.",
            "invalid_choice": "Choisissez une réponse de la liste.",
        },
    )

    def clean_nom(self) -> str:
        return " ".join(self.cleaned_data["nom"].split())


class MembreForm(FormulaireDuRapport):
    """An account of the contract, or an address: who is to sit in a body."""

    GROUPES = (
        ("Une personne qui a déjà un compte", "", ("compte",)),
        ("Ou quelqu'un d'autre", "", ("email", "nom")),
    )
    SANS_COMPTE = (("Cette personne", "", ("email", "nom")),)

    compte = forms.ModelChoiceField(
        label="Personne",
        queryset=Utilisateur.objects.none(),
        required=False,
        empty_label="Choisir une personne",
        error_messages={"invalid_choice": "Choisissez dans la liste."},
    )
    email = forms.EmailField(
        label="Adresse électronique",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off", "autocapitalize": "none"}),
        help_text="La sienne, plutôt qu'une adresse partagée : un code y est envoyé à chaque connexion.",
        error_messages={"invalid": "Une adresse électronique s'écrit comme prenom.nom@exemple.fr."},
    )
    nom = ChampTexte(
        label="Prénom et nom",
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": "Ce nom est trop long : 150 caractères au plus."},
    )

    def __init__(
        self, *args: Any, contrat: ContratVille, comptes: QuerySet[Utilisateur], **options: Any
    ) -> None:
        super().__init__(*args, contrat=contrat, **options)
        champ: Any = self.fields["compte"]
        champ.queryset = comptes
        self.choisir = comptes.exists()

    def groupes(self) -> Iterator[Groupe]:
        """Give the visible fields by group: nobody to choose, only the address is asked."""
        return groupes(self, self.GROUPES if self.choisir else self.SANS_COMPTE)

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        compte, email = donnees.get("compte"), donnees.get("email")
        if compte and email:
            self.add_error(
                "email", "Choisissez une personne de la liste, ou écrivez une adresse : pas les deux."
            )
        elif not compte and not email and not self.errors:
            choisir = "Choisissez une personne dans la liste, ou écrivez son adresse."
            self.add_error("email", choisir if self.choisir else "Écrivez son adresse électronique.")
        return donnees

    @property
    def qui(self) -> tuple[str, str]:
        """The address and the name to add; the form must be valid."""
        compte = self.cleaned_data["compte"]
        return (compte.email, "") if compte else (self.cleaned_data["email"], self.cleaned_data["nom"])


class RetraitForm(FormulaireDuRapport):
    """Whether who leaves a body also stops reading the contract."""

    acces_aussi = forms.BooleanField(
        label="Lui retirer aussi la lecture du contrat et de ses rapports",
        required=False,
        help_text="Sans effet pour une personne qui siège ailleurs dans ce contrat, ou qui le pilote.",
    )
