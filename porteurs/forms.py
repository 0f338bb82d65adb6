"""The form of a porteur: who it is, its numbers, how to reach it, its other names."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from django import forms

from comptes.champs import ChampDate, ChampTexte, Groupe, groupes
from comptes.versions import version_de
from documents.identifiants import (
    RNA_FAUX,
    SIRET_FAUX,
    SIRET_LETTRES,
    SIRET_SIREN,
    IdentifiantInvalide,
    Repare,
    reparer_rna,
    reparer_siret,
)
from documents.normalisation import normaliser

from .doublons import ressemblants
from .models import AccesPorteur, Invitation, Porteur

# The sentences of the numbers, said here too for who asks the form.
__all__ = [
    "RNA_FAUX",
    "SIRET_FAUX",
    "SIRET_LETTRES",
    "SIRET_SIREN",
    "ConventionAdminForm",
    "InvitationForm",
    "PorteurForm",
    "valeurs",
]
CODE_POSTAL_FAUX = "Un code postal a cinq chiffres, par exemple 39100."
NOM_MAX = 200
NOM_TROP_LONG = "Ce nom est trop long : 200 caractères au plus."


class PorteurForm(forms.ModelForm):
    """A porteur of an intercommunality. `instance.epci` must be known; its other names are an extra field."""

    GROUPES = (
        ("Qui", "", ("nom", "nom_confirme", "sigle", "type", "parent", "autres_noms", "actif")),
        (
            "Ses numéros",
            "Ils servent à reconnaître la structure d'un document à l'autre.",
            ("siret", "rna", "registre_alsace_moselle", "code_ape"),
        ),
        (
            "Où la joindre",
            "Les coordonnées de la structure, pas celles d'une personne.",
            ("adresse", "code_postal", "ville", "email", "telephone", "site"),
        ),
        (
            "Son dossier",
            "",
            ("objet", "date_creation", "date_statuts", "cer_date", "cer_dispense"),
        ),
    )

    nom = ChampTexte(
        label="Nom",
        max_length=NOM_MAX,
        error_messages={"required": "Donnez le nom de la structure.", "max_length": NOM_TROP_LONG},
    )
    nom_confirme = forms.BooleanField(label="C'est bien une autre structure", required=False)
    autres_noms = ChampTexte(
        label="Autres noms",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Un par ligne : sigles et orthographes rencontrés dans les documents.",
    )
    siret = ChampTexte(label="SIRET", required=False, help_text="Quatorze chiffres, espaces permises.")
    rna = ChampTexte(
        label="Numéro RNA", required=False, help_text="Pour une association : W suivi de neuf chiffres."
    )
    code_postal = ChampTexte(label="Code postal", required=False)
    email = forms.EmailField(
        label="Adresse électronique",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "email"}),
        error_messages={"invalid": "Une adresse électronique s'écrit comme contact@exemple.fr."},
    )
    date_creation = ChampDate(label="Date de création", required=False)
    date_statuts = ChampDate(label="Date des statuts en vigueur", required=False)
    cer_date = ChampDate(label="Contrat d'engagement républicain souscrit le", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    # The browser blocks nothing but a half-typed date, which it would send as a blank: we say the rest.
    use_required_attribute = False

    class Meta:
        model = Porteur
        fields = (
            "nom",
            "sigle",
            "type",
            "parent",
            "siret",
            "rna",
            "registre_alsace_moselle",
            "adresse",
            "code_postal",
            "ville",
            "email",
            "telephone",
            "site",
            "objet",
            "date_creation",
            "date_statuts",
            "code_ape",
            "cer_date",
            "cer_dispense",
            "actif",
        )
        field_classes = {"objet": ChampTexte}
        widgets = {"objet": forms.Textarea(attrs={"rows": 2})}
        labels = {"actif": "La structure est en activité"}
        help_texts = {
            "actif": "Décochez quand la structure a fermé : elle reste lisible dans les années passées.",
            "registre_alsace_moselle": "Seulement pour les associations de ces trois départements.",
        }
        error_messages = {
            "parent": {
                "invalid_choice": "Choisissez une structure de la liste : elle ne dépend elle-même d'aucune autre."
            },
            "site": {"invalid": "L'adresse d'un site s'écrit comme www.exemple.fr."},
        }

    def __init__(self, *args: Any, instance: Porteur, **options: Any) -> None:
        if instance.pk:
            initial = {**valeurs(instance), "version": version_de(instance)}
            options["initial"] = {**initial, **(options.get("initial") or {})}
        super().__init__(*args, **{**options, "instance": instance})
        # What was mended in its numbers, to be said.
        self.reparations: list[str] = []
        parent: Any = self.fields["parent"]
        parent.queryset = Porteur.objects.filter(epci=instance.epci_id, parent=None).exclude(pk=instance.pk)
        parent.empty_label = "Aucune : la structure ne dépend pas d'une autre"
        if not instance.pk:
            # A structure that one creates exists.
            del self.fields["actif"]
        if not self.data.get("nom_confirme"):
            # Asked only when a name is close to another: see clean.
            self.fields["nom_confirme"].widget = forms.HiddenInput()
        for nom in ("nom", "sigle", "siret", "rna", "telephone", "adresse"):
            # The browser would offer what this person typed for other structures, or their own address.
            self.fields[nom].widget.attrs["autocomplete"] = "off"

    def groupes(self) -> Iterator[Groupe]:
        """Give the visible fields by group, in the order of the page."""
        return groupes(self, self.GROUPES)

    def clean_nom(self) -> str:
        nom = " ".join(self.cleaned_data["nom"].split())
        # Without its ligatures a name may be longer than it looks.
        if len(normaliser(nom)) > NOM_MAX:
            raise forms.ValidationError(NOM_TROP_LONG)
        return nom

    def clean_autres_noms(self) -> list[str]:
        """Return the other names, blank and repeated lines aside."""
        lignes = (" ".join(ligne.split()) for ligne in self.cleaned_data["autres_noms"].splitlines())
        noms = {normaliser(nom): nom for nom in lignes if nom}
        if trop := [nom for cle, nom in noms.items() if len(cle) > NOM_MAX]:
            raise forms.ValidationError(
                [f"« {nom[:40]}… » est trop long : 200 caractères au plus." for nom in trop]
            )
        return list(noms.values())

    def clean_siret(self) -> str:
        return self._reparer("siret", reparer_siret)

    def clean_rna(self) -> str:
        return self._reparer("rna", reparer_rna)

    def _reparer(self, nom: str, reparer: Callable[[str], Repare]) -> str:
        """Return a number as it should be written; what was mended, spaces aside, is said once it is saved."""
        lu = self.cleaned_data[nom].strip()
        if not lu:
            return ""
        try:
            repare = reparer(lu)
        except IdentifiantInvalide as erreur:
            raise forms.ValidationError(str(erreur)) from erreur
        if repare.repare and not repare.espaces_seules and nom == "siret":
            self.reparations.append(f"SIRET : {repare.numero}. {repare.repare} Vérifiez-le.")
        return repare.numero

    def clean_code_postal(self) -> str:
        code = re.sub(r"\s", "", self.cleaned_data["code_postal"])
        if code and not re.fullmatch("[0-9]{5}", code):
            raise forms.ValidationError(CODE_POSTAL_FAUX)
        return code

    def clean_site(self) -> str:
        site = self.cleaned_data["site"].strip()
        return f"https://{site}" if site and "://" not in site else site

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        nom = donnees.get("nom")
        autres = set(map(normaliser, donnees.get("autres_noms") or ()))
        if nom and normaliser(nom) in autres:
            self.add_error("autres_noms", f"« {nom} » est déjà le nom de la structure : retirez cette ligne.")
        if nom and not donnees.get("nom_confirme") and (proches := self._proches(nom)):
            self.fields["nom_confirme"].widget = forms.CheckboxInput()
            self.add_error(
                "nom",
                f"Un porteur au nom proche existe déjà : {', '.join(proches)}. "
                "Si c'est bien une autre structure, cochez la case ci-dessous.",
            )
        return donnees

    def _proches(self, nom: str) -> list[str]:
        """Return the names of other porteurs close to `nom`; the very same name is refused elsewhere."""
        if self.instance.pk and normaliser(nom) == self.instance.nom_normalise:
            return []
        autres = Porteur.objects.filter(epci=self.instance.epci_id).exclude(pk=self.instance.pk)
        noms = autres.exclude(nom_normalise=normaliser(nom)).values_list("nom", flat=True)
        return ressemblants(nom, noms)


def valeurs(porteur: Porteur) -> dict[str, Any]:
    """Return the present value of each visible field of the form."""
    noms = {nom: getattr(porteur, nom) for nom in PorteurForm.Meta.fields}
    return {**noms, "autres_noms": "\n".join(porteur.alias.values_list("libelle", flat=True))}


class InvitationForm(forms.Form):
    """Somebody to invite: the address is enough, the name helps to know who it is."""

    ROLES = (
        (AccesPorteur.Role.CONTRIBUTEUR.value, "Saisir et transmettre les bilans"),
        (
            AccesPorteur.Role.ADMINISTRATEUR.value,
            "Saisir et transmettre les bilans, inviter ou retirer des collègues",
        ),
    )

    email = forms.EmailField(
        label="Adresse électronique",
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off", "autocapitalize": "none"}),
        help_text="La sienne, plutôt qu'une adresse partagée : un code y est envoyé à chaque connexion.",
        error_messages={
            "required": "Indiquez l'adresse où lui envoyer le lien.",
            "invalid": "Une adresse électronique s'écrit comme prenom.nom@exemple.fr.",
        },
    )
    nom = ChampTexte(
        label="Prénom et nom",
        required=False,
        max_length=Invitation._meta.get_field("nom").max_length,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": "Ce nom est trop long : 150 caractères au plus."},
    )
    role = forms.ChoiceField(
        label="Elle pourra",
        choices=ROLES,
        widget=forms.RadioSelect,
        initial=AccesPorteur.Role.CONTRIBUTEUR.value,
        error_messages={
            "required": "Choisissez ce que cette personne pourra faire.",
            "invalid_choice": "Choisissez ce que cette personne pourra faire.",
        },
    )

    use_required_attribute = False

    def clean_email(self) -> str:
        """Return the address as it is stored, in lower case."""
        return str(self.cleaned_data["email"]).strip().lower()


class ConventionAdminForm(forms.ModelForm):
    """A convention in the administration: what the model cannot see by itself, the territories saved after it."""

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        contrat = donnees.get("contrat")
        if contrat and any(lieu.contrat_id != contrat.pk for lieu in donnees.get("territoires") or ()):
            self.add_error("territoires", "Choisissez des territoires de ce contrat.")
        return donnees
