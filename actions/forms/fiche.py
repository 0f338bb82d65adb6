"""The form of a fiche action: its texts, its volets and its criteria, written together on one page."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory

from comptes.champs import ChampMontantFormulaire, ChampNombre, ChampTexte
from comptes.versions import Conflit, Ecart, comparer

from ..models import ActionAnnuelle
from ..operations import ContenuFiche, CritereEcrit, VoletEcrit

TEXTES = (
    "domaine",
    "objectifs",
    "moyens_humains",
    "moyens_materiels",
    "moyens_financiers",
    "description",
    "lieux",
    "public_vise",
    "tarifs",
    "partenaires",
)
# More than any fiche has; beyond, the page itself was tampered with.
LIGNES_MAX = 60
AVANT_LES_VOLETS, APRES_LES_VOLETS = TEXTES[:7], TEXTES[7:]


class FicheForm(forms.ModelForm):
    """The texts of the fiche of an action in its year."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = ActionAnnuelle
        fields = TEXTES
        field_classes = dict.fromkeys(TEXTES, ChampTexte)
        widgets = {nom: forms.Textarea(attrs={"rows": 3}) for nom in TEXTES if nom != "domaine"}
        labels = {
            "domaine": "Domaine",
            "objectifs": "Objectifs de l'action",
            "description": "Déroulement",
            "lieux": "Lieux",
            "public_vise": "Publics visés",
            "tarifs": "Tarifs pratiqués",
            "moyens_financiers": "Autres aides, publiques ou privées",
        }
        help_texts = {
            "domaine": "Par exemple : Animation locale, cohésion sociale.",
            "objectifs": "Un objectif par ligne, commencé par un tiret.",
            "description": "Ce qui sera fait. Ce qui a ses propres dates et lieux est un volet, plus bas.",
            "public_vise": "Âges, sexes, quartiers d'où viennent les personnes.",
            "partenaires": "Un partenaire par ligne, commencé par un tiret.",
        }

    def __init__(self, *args: Any, instance: ActionAnnuelle, **options: Any) -> None:
        super().__init__(*args, **{**options, "instance": instance, "initial": {"version": instance.version}})
        for champ in self.fields.values():
            champ.required = False


class VoletForm(forms.Form):
    """A part of the action with its own dates and places."""

    intitule = ChampTexte(label="Intitulé du volet", max_length=255, required=False)
    description = ChampTexte(label="Description", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    dates = ChampTexte(label="Dates ou période", max_length=255, required=False)
    lieux = ChampTexte(label="Lieux", max_length=255, required=False)
    rang = ChampNombre(label="Rang", maximum=LIGNES_MAX, required=False)
    retirer = forms.BooleanField(label="Retirer ce volet", required=False)

    use_required_attribute = False

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        rempli = any(donnees.get(nom) for nom in ("description", "dates", "lieux"))
        if rempli and not donnees.get("intitule") and not donnees.get("retirer"):
            self.add_error("intitule", "Donnez un intitulé à ce volet, ou retirez-le.")
        return donnees


class CritereForm(forms.Form):
    """A criterion by which the action will be judged, with its target when it has one."""

    pk = forms.IntegerField(widget=forms.HiddenInput, required=False)
    libelle = ChampTexte(label="Critère", max_length=255, required=False)
    cible = ChampMontantFormulaire(label="Cible", required=False)
    unite = ChampTexte(label="Unité", max_length=40, required=False)
    rang = ChampNombre(label="Rang", maximum=LIGNES_MAX, required=False)
    retirer = forms.BooleanField(label="Retirer ce critère", required=False)

    use_required_attribute = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # An amount in everything but its unit: « 1 200 », « 12,5 ».
        self.fields["cible"].widget.attrs.pop("data-unite", None)

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        if donnees.get("cible") is not None and not donnees.get("libelle") and not donnees.get("retirer"):
            self.add_error("libelle", "Dites ce que cette cible mesure, ou retirez ce critère.")
        return donnees


Volets: type[BaseFormSet] = formset_factory(
    VoletForm, extra=0, max_num=LIGNES_MAX, absolute_max=LIGNES_MAX, validate_max=True
)
Criteres: type[BaseFormSet] = formset_factory(
    CritereForm, extra=0, max_num=LIGNES_MAX, absolute_max=LIGNES_MAX, validate_max=True
)


@dataclass(frozen=True)
class Rangee:
    """A row of the page: its form, its number as it is read, whether it was just added."""

    form: Any
    numero: int
    nouvelle: bool


class FormulaireFiche:
    """The whole page: a form and two lists of forms, valid together.

    `ajout` names the list to which a row is being added (« volets », « criteres »), blank when the page is saved:
    what was typed comes back with one row more.
    """

    def __init__(self, donnees: Any, annuelle: ActionAnnuelle) -> None:
        self.annuelle = annuelle
        self.ajout = donnees.get("ajouter", "") if donnees is not None else ""
        if self.ajout in ("volets", "criteres"):
            donnees = _avec_une_ligne(donnees, self.ajout)
        else:
            self.ajout = ""
        self.form = FicheForm(donnees, instance=annuelle)
        self.volets = Volets(donnees, initial=_volets(annuelle), prefix="volets")
        self.criteres = Criteres(donnees, initial=_criteres(annuelle), prefix="criteres")

    @property
    def avant(self) -> list[Any]:
        """The texts that come before the volets."""
        return [self.form[nom] for nom in AVANT_LES_VOLETS]

    @property
    def apres(self) -> list[Any]:
        """The texts that come after the volets."""
        return [self.form[nom] for nom in APRES_LES_VOLETS]

    @property
    def rangees_volets(self) -> list[Rangee]:
        """The volets as rows of the page."""
        return self._rangees(self.volets, "volets")

    @property
    def rangees_criteres(self) -> list[Rangee]:
        """The criteria as rows of the page."""
        return self._rangees(self.criteres, "criteres")

    @property
    def version(self) -> int:
        """The version that the page was opened in; 0, which no row has, when the page does not say."""
        return self.form.cleaned_data["version"] or 0

    def is_valid(self) -> bool:
        """Return whether the three parts are; each says its own mistakes."""
        return all([self.form.is_valid(), self.volets.is_valid(), self.criteres.is_valid()])

    def has_changed(self) -> bool:
        """Return whether saving would change something."""
        return bool(self.form.has_changed() or self.volets.has_changed() or self.criteres.has_changed())

    def contenu(self) -> ContenuFiche:
        """Return what the page says; it must be valid. Rows left blank or withdrawn are not there."""
        volets = [
            VoletEcrit(d["intitule"], d["description"], d["dates"], d["lieux"])
            for d in _en_ordre(self.volets)
            if d["intitule"]
        ]
        criteres = [
            CritereEcrit(d["pk"], d["libelle"], d["unite"], d["cible"])
            for d in _en_ordre(self.criteres)
            if d["libelle"]
        ]
        textes = {nom: self.form.cleaned_data[nom] for nom in TEXTES}
        return ContenuFiche(textes, volets, criteres)

    def comparer(self, actuel: ActionAnnuelle) -> Conflit:
        """Return the gap with the fiche as another person saved it, and make the page ready to be sent again."""
        contenu = self.contenu()
        conflit = comparer(self.form, actuel, {nom: getattr(actuel, nom) for nom in TEXTES})
        ecrits = [VoletEcrit(v.intitule, v.description, v.dates, v.lieux) for v in actuel.volets.all()]
        if ecrits != contenu.volets:
            conflit.ecarts["volets"] = Ecart("Volets", "\n".join(volet.intitule for volet in ecrits), False)
        libelles = [critere.libelle for critere in actuel.indicateurs.all()]
        if libelles != [critere.libelle for critere in contenu.criteres]:
            conflit.ecarts["criteres"] = Ecart("Critères d'évaluation", "\n".join(libelles), False)
        return conflit

    def _rangees(self, liste: BaseFormSet, nom: str) -> list[Rangee]:
        forms_ = list(liste)
        return [
            Rangee(form, numero, self.ajout == nom and numero == len(forms_))
            for numero, form in enumerate(forms_, 1)
        ]


def _volets(annuelle: ActionAnnuelle) -> list[dict[str, Any]]:
    return [
        {
            "intitule": volet.intitule,
            "description": volet.description,
            "dates": volet.dates,
            "lieux": volet.lieux,
            "rang": rang,
        }
        for rang, volet in enumerate(annuelle.volets.all(), 1)
    ]


def _criteres(annuelle: ActionAnnuelle) -> list[dict[str, Any]]:
    return [
        {
            "pk": critere.pk,
            "libelle": critere.libelle,
            "cible": critere.cible,
            "unite": critere.unite,
            "rang": rang,
        }
        for rang, critere in enumerate(annuelle.indicateurs.all(), 1)
    ]


def _avec_une_ligne(donnees: Any, prefixe: str) -> Any:
    """Return what was posted with one blank row more at the end of a list."""
    nombre = str(donnees.get(f"{prefixe}-TOTAL_FORMS", "0"))
    total = int(nombre) if nombre.isdecimal() and len(nombre) < 4 else 0
    copie = donnees.copy()
    if total < LIGNES_MAX:
        copie[f"{prefixe}-TOTAL_FORMS"] = str(total + 1)
        copie[f"{prefixe}-{total}-rang"] = str(total + 1)
    return copie


def _en_ordre(liste: BaseFormSet) -> list[dict[str, Any]]:
    """Return what the rows say, those withdrawn left out, by the rank typed; without one, where they stand."""
    rangs = [
        (donnees.get("rang") or position, position, donnees)
        for position, donnees in enumerate((form.cleaned_data for form in liste), 1)
        if donnees and not donnees.get("retirer")
    ]
    return [donnees for _, _, donnees in sorted(rangs, key=lambda rang: rang[:2])]
