"""Forms of the programming: an opinion, an envelope, a scenario, a decision, a renewal."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils import timezone

from actions.models import Campagne, Dispositif
from comptes.champs import ChampDate, ChampMontantFormulaire, ChampTexte, Groupe, groupes
from contrats.instances import type_d_apres_le_nom
from contrats.models import ContratVille, Deliberation, Instance, Seance
from financements.models import AvisFinanceur, Enveloppe, Financeur, LigneFinancement, Scenario
from financements.operations import Decision, Montants, Sens

NON_FAVORABLE = "Dites pourquoi en quelques mots : un avis réservé, défavorable ou ajourné s'explique."
MOTIF_DEMANDE = "Dites pourquoi : le porteur vous le demandera."


# -- Opinions --------------------------------------------------------------------------------------
class AvisForm(forms.Form):
    """What a funder thinks of an action."""

    sens = forms.ChoiceField(
        label="Avis",
        choices=AvisFinanceur.Sens.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez un avis.",
            "invalid_choice": "Choisissez l'un des avis proposés.",
        },
    )
    texte = ChampTexte(
        label="Motif",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Demandé pour tout avis qui n'est pas favorable. L'équipe du contrat le lit, le porteur non.",
    )
    rendu_le = ChampDate(label="Rendu le", error_messages={"required": "Indiquez la date de l'avis."})
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    use_required_attribute = False

    def __init__(self, donnees: Any = None, *, avis: AvisFinanceur | None) -> None:
        initial: dict[str, Any] = {"rendu_le": timezone.localdate(), "version": 0}
        if avis is not None:
            initial = {nom: getattr(avis, nom) for nom in ("sens", "texte", "rendu_le", "version")}
        super().__init__(donnees, initial=initial)

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        sens = donnees.get("sens")
        if sens and sens != AvisFinanceur.Sens.FAVORABLE and not donnees.get("texte", "").strip():
            self.add_error("texte", NON_FAVORABLE)
        return donnees


def valeurs_avis(avis: AvisFinanceur) -> dict[str, Any]:
    """Return the present value of each visible field of the form of an opinion."""
    return {"sens": avis.sens, "texte": avis.texte, "rendu_le": avis.rendu_le}


# -- Envelopes -------------------------------------------------------------------------------------
class EnveloppeForm(forms.ModelForm):
    """What a funder sets aside for the year; `malgre_le_retenu` is asked once more is already retained."""

    montant = ChampMontantFormulaire(
        label="Montant", error_messages={"required": "Indiquez le montant de l'enveloppe."}
    )
    malgre_le_retenu = forms.BooleanField(
        label="Enregistrer ce montant, même s'il est inférieur à ce qui est déjà retenu", required=False
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    use_required_attribute = False

    class Meta:
        model = Enveloppe
        fields = ("financeur", "dispositif", "montant", "commentaire")
        field_classes = {"commentaire": ChampTexte}
        widgets = {"commentaire": forms.Textarea(attrs={"rows": 2})}
        error_messages = {
            "financeur": {
                "required": "Choisissez qui met cette enveloppe à disposition.",
                "invalid_choice": "Choisissez un financeur de ce contrat.",
            }
        }

    def __init__(self, donnees: Any = None, *, instance: Enveloppe) -> None:
        initial = {"version": instance.version} if instance.pk else {}
        super().__init__(donnees, instance=instance, initial=initial)
        champs: dict[str, Any] = self.fields
        contrat = instance.campagne.contrat
        champs["financeur"].queryset = Financeur.objects.filter(contrat=contrat).order_by("ordre", "nom")
        champs["financeur"].empty_label = "Choisissez un financeur"
        champs["dispositif"].queryset = Dispositif.objects.order_by("ordre", "pk")
        champs["dispositif"].empty_label = "Tout ce que donne ce financeur"
        champs[
            "dispositif"
        ].help_text = "Une enveloppe propre à un dispositif ne compte que les actions de ce dispositif."

    @property
    def champs(self) -> list[forms.BoundField]:
        """The fields to show, the confirmation left out."""
        return [champ for champ in self.visible_fields() if champ.name != "malgre_le_retenu"]


def valeurs_enveloppe(enveloppe: Enveloppe) -> dict[str, Any]:
    """Return the present value of each visible field of the form of an envelope."""
    return {nom: getattr(enveloppe, nom) for nom in EnveloppeForm.Meta.fields}


# -- Scenarios -------------------------------------------------------------------------------------
class NomScenarioForm(forms.Form):
    """The name of a scenario, and what it is for."""

    nom = forms.CharField(
        label="Nom", max_length=100, error_messages={"required": "Donnez un nom à ce scénario."}
    )
    commentaire = ChampTexte(label="À quoi il sert", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    use_required_attribute = False


class ScenarioForm(NomScenarioForm):
    """A new scenario: which amounts of the grid it starts from, and writes if it is adopted."""

    etat = forms.ChoiceField(
        label="Montants copiés, et écrits s'il est adopté",
        choices=Scenario.Etat.choices,
        widget=forms.RadioSelect,
    )
    field_order = ("nom", "etat", "commentaire")

    def __init__(self, donnees: Any = None, *, campagne: Campagne) -> None:
        super().__init__(donnees, initial={"etat": _etat_a_copier(campagne)})


def _etat_a_copier(campagne: Campagne) -> str:
    """Return the state that has amounts: accorded when nothing is proposed, else proposed."""
    lignes = LigneFinancement.objects.filter(action_annuelle__campagne=campagne)
    if lignes.filter(montant_propose__isnull=False).exists():
        return Scenario.Etat.PROPOSE
    accordes = lignes.filter(montant_accorde__isnull=False).exists()
    return Scenario.Etat.ACCORDE if accordes else Scenario.Etat.PROPOSE


# -- Decision --------------------------------------------------------------------------------------
class DecisionForm(forms.Form):
    """What is decided of the ticked actions, by whom and when; a meeting and a délibération may be created here."""

    GROUPES = (
        ("La décision", "", ("sens", "motif", "copier_proposes")),
        (
            "La séance",
            "Celle qui a décidé. Laissez vide si la décision vient d'une délibération seule.",
            ("seance", "instance", "nouvelle_instance", "date_seance"),
        ),
        (
            "La délibération",
            "Facultative : elle est reprise sur chaque ligne, avec sa date.",
            ("deliberation", "organe", "date_deliberation", "numero", "objet"),
        ),
    )

    sens = forms.ChoiceField(
        label="Les actions cochées sont",
        choices=Sens.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez ce qui est décidé."},
    )
    motif = ChampTexte(
        label="Motif",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Demandé pour une action refusée ou ajournée.",
    )
    copier_proposes = forms.BooleanField(
        label="Accorder les montants proposés",
        required=False,
        initial=True,
        help_text="Pour les actions retenues, là où aucun montant n'est encore accordé.",
    )
    seance = forms.ModelChoiceField(
        label="Séance déjà enregistrée", queryset=Seance.objects.none(), required=False, empty_label="Aucune"
    )
    instance = forms.ModelChoiceField(
        label="Ou nouvelle séance de",
        queryset=Instance.objects.none(),
        required=False,
        empty_label="Choisissez une instance",
    )
    nouvelle_instance = ChampTexte(
        label="Ou d'une instance qui n'est pas dans la liste",
        max_length=150,
        required=False,
        help_text="Par exemple : comité de pilotage. Elle s'ajoute au contrat.",
    )
    date_seance = ChampDate(label="Tenue le", required=False)
    deliberation = forms.ModelChoiceField(
        label="Délibération déjà enregistrée",
        queryset=Deliberation.objects.none(),
        required=False,
        empty_label="Aucune",
    )
    organe = forms.CharField(
        label="Ou nouvelle délibération de",
        max_length=150,
        required=False,
        help_text="Par exemple : conseil communautaire.",
    )
    date_deliberation = ChampDate(label="Votée le", required=False)
    numero = forms.CharField(label="Numéro", max_length=40, required=False)
    objet = ChampTexte(label="Objet", required=False, widget=forms.Textarea(attrs={"rows": 2}))

    use_required_attribute = False

    def __init__(self, *args: Any, contrat: ContratVille, **options: Any) -> None:
        super().__init__(*args, **options)
        self.contrat = contrat
        champs: dict[str, Any] = self.fields
        champs["seance"].queryset = Seance.objects.filter(instance__contrat=contrat).order_by("-date", "pk")
        champs["instance"].queryset = Instance.objects.filter(contrat=contrat).order_by("ordre", "nom")
        champs["deliberation"].queryset = Deliberation.objects.filter(contrat=contrat).order_by("-date", "pk")

    def groupes(self) -> Iterator[Groupe]:
        """Give the fields by group, in the order of the page."""
        return groupes(self, self.GROUPES)

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        if donnees.get("sens") in (Sens.REFUSEE, Sens.AJOURNEE) and not donnees.get("motif", "").strip():
            self.add_error("motif", MOTIF_DEMANDE)
        instance = donnees.get("instance") or donnees.get("nouvelle_instance", "").strip()
        if donnees.get("instance") and donnees.get("nouvelle_instance", "").strip():
            self.add_error("nouvelle_instance", "Choisissez une instance, ou écrivez-en une : pas les deux.")
        if donnees.get("seance") and (instance or donnees.get("date_seance")):
            self.add_error(
                "seance", "Choisissez une séance enregistrée, ou décrivez-en une nouvelle : pas les deux."
            )
        elif bool(instance) != bool(donnees.get("date_seance")):
            manque = "date_seance" if instance else "instance"
            self.add_error(manque, "Une nouvelle séance demande l'instance et la date.")
        nouvelle = [nom for nom in ("organe", "date_deliberation", "numero", "objet") if donnees.get(nom)]
        if donnees.get("deliberation") and nouvelle:
            self.add_error(
                "deliberation",
                "Choisissez une délibération enregistrée, ou décrivez-en une nouvelle : pas les deux.",
            )
        elif nouvelle and not (donnees.get("organe") and donnees.get("date_deliberation")):
            manque = "organe" if donnees.get("date_deliberation") else "date_deliberation"
            self.add_error(manque, "Une nouvelle délibération demande l'assemblée et la date.")
        return donnees

    def decision(self) -> Decision:
        """Return what is decided; the form must be valid."""
        lu = self.cleaned_data
        seance, deliberation = lu["seance"], lu["deliberation"]
        if instance := lu["instance"] or self._nouvelle_instance():
            seance = Seance(instance=instance, date=lu["date_seance"])
        if lu["organe"]:
            deliberation = Deliberation(
                contrat=self.contrat,
                organe=lu["organe"],
                date=lu["date_deliberation"],
                numero=lu["numero"],
                objet=lu["objet"],
            )
        return Decision(
            sens=Sens(lu["sens"]),
            motif=lu["motif"],
            seance=seance,
            deliberation=deliberation,
            copier_proposes=lu["copier_proposes"],
        )

    def _nouvelle_instance(self) -> Instance | None:
        """Return the body that was written, unsaved, of the kind that its name says; None when there is none."""
        nom = " ".join(self.cleaned_data["nouvelle_instance"].split())
        if not nom:
            return None
        return Instance(contrat=self.contrat, nom=nom, type=type_d_apres_le_nom(nom))


# -- Renewal ---------------------------------------------------------------------------------------
class ReconduireForm(forms.Form):
    """What the renewed actions ask for."""

    montants = forms.ChoiceField(
        label="Montants demandés",
        choices=Montants.choices,
        widget=forms.RadioSelect,
        initial=Montants.AUCUN,
        error_messages={"required": "Choisissez ce que les actions reconduites demandent."},
    )

    use_required_attribute = False


def cles_cochees(donnees: Any, nom: str = "action") -> list[str]:
    """Return the keys of the ticked rows of a form."""
    # No key holds a NUL, and PostgreSQL refuses to look for one.
    return [cle for cle in donnees.getlist(nom) if "\0" not in cle]
