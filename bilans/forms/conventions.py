"""The forms of a convention: itself, what hangs from it, its deadlines, the papers received."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.utils import timezone

from actions.forms import ChampTerritoires
from comptes.champs import ChampDate, ChampMontantFormulaire, ChampNombre, ChampTexte, Groupe, groupes
from comptes.versions import version_de
from contrats.models import ContratVille, Deliberation, Territoire
from documents.formats import MOIS
from financements.models import Financeur, MontantConvention
from porteurs.echeances import fin_effective
from porteurs.models import (
    Avenant,
    AxeConvention,
    Convention,
    Echeance,
    EvenementConvention,
    Obligation,
    PartieConvention,
    Porteur,
)

from ..pieces import ACCEPTES

Recurrence, Evenement = Obligation.Recurrence, Obligation.Evenement
Statut = Convention.Statut
AVANT, APRES = "avant", "apres"
AUCUN_CHOIX = "Aucune"
TROP_LONG = "C'est trop long : {max} caractères au plus."
A_CHOISIR = "Choisissez dans la liste."
# Beyond, a date would leave the calendar: no text goes so far.
PREAVIS_MAX, RAPPEL_MAX, DELAI_MAX = 120, 366, 3660


def champ_du_modele(champ: models.Field, **options: Any) -> Any:
    """Return the form field of a model field, as people in France type it (comptes.champs)."""
    if isinstance(champ, models.ForeignKey | models.ManyToManyField | models.BooleanField) or champ.choices:
        return champ.formfield(**options)
    classes: dict[type[models.Field], Any] = {
        models.DateField: ChampDate,
        models.DecimalField: ChampMontantFormulaire,
        models.IntegerField: ChampNombre,
        models.CharField: ChampTexte,
        models.TextField: ChampTexte,
    }
    classe = next((forme for genre, forme in classes.items() if isinstance(champ, genre)), None)
    lu = champ.formfield(**({"form_class": classe} if classe else {}), **options)
    if isinstance(champ, models.CharField) and lu is not None:
        lu.error_messages["max_length"] = TROP_LONG.format(max=champ.max_length)
    return lu


NOUVELLE_DELIBERATION = ("deliberation_organe", "deliberation_date", "deliberation_numero")
GROUPE_DELIBERATION = (
    "La délibération",
    "Facultative. Choisissez-la dans la liste, ou décrivez celle qui n'y est pas encore.",
    ("deliberation", *NOUVELLE_DELIBERATION),
)


def champs_de_deliberation() -> dict[str, forms.Field]:
    """Return the fields that describe a délibération which is not in the list yet."""
    return {
        "deliberation_organe": ChampTexte(
            label="Ou nouvelle délibération de",
            required=False,
            max_length=150,
            help_text="Par exemple : conseil communautaire. Elle rejoint la liste du contrat.",
            error_messages={"max_length": TROP_LONG.format(max=150)},
        ),
        "deliberation_date": ChampDate(label="Votée le", required=False),
        "deliberation_numero": ChampTexte(
            label="Numéro de la délibération",
            required=False,
            max_length=40,
            error_messages={"max_length": TROP_LONG.format(max=40)},
        ),
    }


def nom_de_la_deliberation(deliberation: Deliberation) -> str:
    """Return what tells a délibération from the others of its day: the assembly, the day, the number."""
    return f"{deliberation}, n° {deliberation.numero}" if deliberation.numero else str(deliberation)


def lire_la_deliberation(form: forms.BaseForm, donnees: dict[str, Any], contrat: ContratVille) -> None:
    """Take the new délibération of `contrat`, once it is whole, for the one chosen among `donnees`; else say why not.

    It is not saved: the operation that receives it does so.
    """
    decrite = [nom for nom in NOUVELLE_DELIBERATION if donnees.get(nom)]
    if not decrite:
        return
    if donnees.get("deliberation"):
        form.add_error(
            "deliberation",
            "Choisissez une délibération enregistrée, ou décrivez-en une nouvelle : pas les deux.",
        )
        return
    for nom in ("deliberation_organe", "deliberation_date"):
        if nom not in decrite and nom not in form.errors:
            form.add_error(nom, "Une nouvelle délibération demande l'assemblée et la date.")
    if not form.errors.keys() & set(NOUVELLE_DELIBERATION):
        donnees["deliberation"] = Deliberation(
            contrat=contrat,
            organe=donnees["deliberation_organe"],
            date=donnees["deliberation_date"],
            numero=donnees["deliberation_numero"],
        )


class FormulaireConvention(forms.ModelForm):
    """A row of a convention. The version it was opened in goes with it; the operations check the rest.

    A form that names a délibération may describe a new one beside the list; the operation saves it with the row.
    """

    GROUPES: ClassVar[tuple[tuple[str, str, tuple[str, ...]], ...]] = ()

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    # The browser blocks nothing but a half-typed date, which it would send as a blank: we say the rest.
    use_required_attribute = False

    def __init__(self, *args: Any, instance: Any, contrat: ContratVille, **options: Any) -> None:
        if instance.pk:
            initial = {**self.valeurs(instance), "version": version_de(instance)}
            options["initial"] = {**initial, **(options.get("initial") or {})}
        super().__init__(*args, **{**options, "instance": instance})
        self.contrat = contrat
        if "deliberation" in self.fields:
            deliberations: Any = self.fields["deliberation"]
            deliberations.queryset = Deliberation.objects.filter(contrat=contrat).order_by("-date", "numero")
            deliberations.label, deliberations.empty_label = "Délibération déjà enregistrée", AUCUN_CHOIX
            deliberations.label_from_instance = nom_de_la_deliberation
            self.fields |= champs_de_deliberation()
        for champ in self.fields.values():
            if isinstance(champ, forms.ChoiceField | forms.ModelChoiceField):
                champ.error_messages["invalid_choice"] = A_CHOISIR
            if isinstance(champ.widget, forms.Textarea):
                champ.widget.attrs["rows"] = 3

    @classmethod
    def valeurs(cls, objet: Any) -> dict[str, Any]:
        """Return the present value of each visible field of the form."""
        return {nom: getattr(objet, nom) for nom in cls._meta.fields or ()}

    def groupes(self) -> Iterator[Groupe]:
        """Give the visible fields by group, in the order of the page."""
        return groupes(self, self.GROUPES)

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        if "deliberation_organe" in self.fields:
            lire_la_deliberation(self, donnees, self.contrat)
        return donnees


# -- The convention --------------------------------------------------------------------------------
class ConventionForm(FormulaireConvention):
    """A convention of a contract, with its territories."""

    GROUPES = (
        ("Avec qui, pour quoi", "", ("porteur", "type", "intitule", "objet", "territoires")),
        (
            "Quand",
            "La durée annoncée dans le texte sert à vérifier les dates ; laissez-la vide si le texte n'en dit rien.",
            ("date_debut", "date_fin", "duree_annoncee_ans", "preavis_mois"),
        ),
        (
            "Où elle en est",
            "",
            ("statut", "date_signature", "montant_total", "remarque"),
        ),
        GROUPE_DELIBERATION,
    )

    territoires = ChampTerritoires(
        label="Territoires", queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Convention
        fields = (
            "porteur",
            "type",
            "statut",
            "intitule",
            "objet",
            "date_debut",
            "date_fin",
            "duree_annoncee_ans",
            "preavis_mois",
            "date_signature",
            "deliberation",
            "montant_total",
            "remarque",
        )
        formfield_callback = champ_du_modele
        labels = {
            "porteur": "Structure",
            "duree_annoncee_ans": "Durée annoncée",
            "preavis_mois": "Préavis de résiliation",
            "montant_total": "Montant total",
        }
        help_texts = {
            "deliberation": "Celle qui autorise la convention.",
            "remarque": "Ce qu'il faut savoir en relisant le texte : une contradiction, un doute.",
        }
        error_messages = {
            "porteur": {"required": "Choisissez la structure avec laquelle la convention est conclue."},
            "intitule": {"required": "Donnez l'intitulé de la convention."},
            "type": {"required": "Choisissez le type de convention."},
            "date_debut": {"required": "Indiquez le jour où la convention prend effet."},
            "date_fin": {"required": "Indiquez le jour où la convention se termine."},
        }

    def __init__(self, *args: Any, instance: Convention, contrat: ContratVille, **options: Any) -> None:
        super().__init__(*args, instance=instance, contrat=contrat, **options)
        porteurs: Any = self.fields["porteur"]
        porteurs.queryset = Porteur.objects.filter(epci=contrat.epci_id).order_by("nom_normalise")
        porteurs.empty_label = "Choisissez une structure"
        territoires: Any = self.fields["territoires"]
        territoires.queryset = Territoire.objects.filter(contrat=contrat).order_by("nom")
        if not instance.pk:
            self.fields["type"].initial = Convention.Type.CADRE
        self.fields["duree_annoncee_ans"].widget.attrs["data-unite"] = "ans"
        preavis: Any = self.fields["preavis_mois"]
        preavis.maximum = PREAVIS_MAX
        preavis.widget.attrs["data-unite"] = "mois"
        # A termination has a reason and a day of its own: it has its own page.
        if instance.statut != Statut.RESILIEE:
            etats: Any = self.fields["statut"]
            etats.choices = [choix for choix in Statut.choices if choix[0] != Statut.RESILIEE]
        else:
            del self.fields["statut"]

    @classmethod
    def valeurs(cls, objet: Convention) -> dict[str, Any]:
        return {**super().valeurs(objet), "territoires": list(objet.territoires.order_by("nom"))}


class DuplicationForm(forms.Form):
    """Where a copy starts: for whom, under which title, when."""

    porteur: Any = forms.ModelChoiceField(label="Structure", queryset=None, empty_label=None)
    intitule = ChampTexte(
        label="Intitulé",
        max_length=255,
        error_messages={
            "required": "Donnez un intitulé à la copie.",
            "max_length": TROP_LONG.format(max=255),
        },
    )
    date_debut = ChampDate(label="Date d'effet")
    date_fin = ChampDate(label="Date de fin")

    use_required_attribute = False

    def __init__(self, *args: Any, modele: Convention, **options: Any) -> None:
        # The day after the other really ends; for as many years as its text was written for.
        debut = fin_effective(modele, modele.avenants.order_by("numero")) + timedelta(days=1)
        duree = modele.date_fin.year - modele.date_debut.year
        initial = {
            "porteur": modele.porteur_id,
            "intitule": f"{modele.intitule} (copie)"[:255],
            "date_debut": debut,
            "date_fin": date(debut.year + duree, 12, 31),
        }
        super().__init__(*args, **{**options, "initial": initial})
        porteurs: Any = self.fields["porteur"]
        porteurs.queryset = Porteur.objects.filter(epci=modele.contrat.epci_id).order_by("nom_normalise")

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        debut, fin = donnees.get("date_debut"), donnees.get("date_fin")
        if debut and fin and fin <= debut:
            self.add_error("date_fin", "La convention doit se terminer après avoir pris effet.")
        return donnees


class ResiliationForm(forms.Form):
    """When a convention ends before its time, and why."""

    le = ChampDate(
        label="La convention prend fin le", error_messages={"required": "Indiquez le dernier jour."}
    )
    motif = ChampTexte(
        label="Motif",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="La faute, la dissolution, la perte de l'agrément, l'intérêt général… La structure le lit.",
        error_messages={"required": "Dites pourquoi la convention est résiliée."},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    use_required_attribute = False


# -- What hangs from it ----------------------------------------------------------------------------
class PartieForm(FormulaireConvention):
    """A party, with who represents it by function."""

    GROUPES = (("La partie", "", ("nom", "designation", "representee_par", "date_deliberation", "ordre")),)

    class Meta:
        model = PartieConvention
        fields = ("nom", "designation", "representee_par", "date_deliberation", "ordre")
        formfield_callback = champ_du_modele
        labels = {"ordre": "Rang dans le texte"}
        help_texts = {
            "designation": "Le mot que le texte emploie ensuite : « la Ville », « l'association ».",
            "representee_par": "Une fonction plutôt qu'un nom : Maire, Présidente.",
        }
        error_messages = {"nom": {"required": "Donnez le nom de la partie."}}


class AxeForm(FormulaireConvention):
    """A thematic axis, its points one a line."""

    GROUPES = (("L'axe", "", ("intitule", "points", "ordre")),)

    class Meta:
        model = AxeConvention
        fields = ("intitule", "points", "ordre")
        formfield_callback = champ_du_modele
        labels = {"ordre": "Rang dans le texte"}
        error_messages = {"intitule": {"required": "Donnez un nom à cet axe."}}


class ObligationForm(FormulaireConvention):
    """An obligation: what is owed, by whom, and the rule that gives its dates."""

    GROUPES = (
        ("Ce qui est dû", "", ("code", "titre", "contenu", "du_porteur", "debiteur", "destinataire")),
        (
            "Quand",
            "Pilotis calcule les dates d'après ces réponses. Remplissez seulement ce que le texte écrit : une "
            "obligation sans date reste dans la liste, et vous lui donnez une échéance à la main.",
            (
                *("recurrence", "jour", "mois", "pour_annee", "date_fixe"),
                *("evenement", "delai", "sens", "rappel_jours"),
            ),
        ),
        (
            "Dans le texte",
            "",
            ("regle", "citation", "conditionne_versements", "ordre"),
        ),
    )

    mois = forms.TypedChoiceField(
        label="Mois",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "Aucun"), *((rang, nom.capitalize()) for rang, nom in enumerate(MOIS, 1))],
    )
    pour_annee = forms.TypedChoiceField(
        label="Porte sur",
        required=False,
        coerce=int,
        choices=[(0, "l'année en cours"), (1, "l'année suivante (N+1)"), (-1, "l'année passée (N-1)")],
    )
    delai = ChampNombre(
        label="Délai",
        required=False,
        maximum=DELAI_MAX,
        help_text="En jours calendaires. 0 pour « sans délai » ; vide si le texte n'en écrit pas.",
        widget=forms.TextInput(attrs={"data-unite": "jours"}),
    )
    sens = forms.ChoiceField(
        label="Ce délai se compte",
        required=False,
        choices=[(APRES, "après l'événement"), (AVANT, "avant l'événement")],
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Obligation
        fields = (
            *("code", "titre", "contenu", "du_porteur", "debiteur", "destinataire", "recurrence", "jour"),
            *("mois", "pour_annee", "date_fixe", "evenement", "rappel_jours", "regle", "citation"),
            *("conditionne_versements", "ordre"),
        )
        formfield_callback = champ_du_modele
        labels = {
            "code": "Article",
            "recurrence": "Fréquence",
            "contenu": "Les documents ou démarches",
            "du_porteur": "C'est à la structure de le faire",
            "debiteur": "À la charge de, dans les mots du texte",
            "destinataire": "Envers qui",
            "evenement": "Événement",
            "jour": "Jour du mois",
            "date_fixe": "Date écrite",
            "rappel_jours": "Rappeler",
            "regle": "L'échéance, dans les mots du texte",
            "conditionne_versements": "Les versements en dépendent",
            "ordre": "Rang dans le texte",
        }
        help_texts = {
            "contenu": "Un par ligne : ils sont proposés à qui dépose un document.",
            "du_porteur": "Décochez pour ce que doit la collectivité. La structure n'est relancée que pour elle.",
            "date_fixe": "Pour ce qui est dû une seule fois.",
            "evenement": "Quand la date se compte depuis une réunion ou une notification.",
        }
        error_messages = {
            "code": {"required": "Donnez l'article, par exemple 6.3."},
            "titre": {"required": "Dites en quelques mots ce qui est dû."},
        }

    def __init__(self, *args: Any, instance: Obligation, contrat: ContratVille, **options: Any) -> None:
        super().__init__(*args, instance=instance, contrat=contrat, **options)
        rappel: Any = self.fields["rappel_jours"]
        rappel.maximum = RAPPEL_MAX
        rappel.widget.attrs["data-unite"] = "jours avant"
        evenements: Any = self.fields["evenement"]
        evenements.choices = [
            ("", "Aucun"),
            *(choix for choix in Evenement.choices if choix[0] != Evenement.DEMANDE),
        ]

    @classmethod
    def valeurs(cls, objet: Obligation) -> dict[str, Any]:
        delai = objet.delai_jours
        return {
            **super().valeurs(objet),
            "delai": None if delai is None else abs(delai),
            "sens": AVANT if delai is not None and delai < 0 else APRES,
        }

    def clean_pour_annee(self) -> int:
        """Return 0 for a form that says nothing of it."""
        return int(self.cleaned_data["pour_annee"] or 0)

    def clean_jour(self) -> int | None:
        jour: int | None = self.cleaned_data["jour"]
        if jour is not None and not 1 <= jour <= 31:
            raise forms.ValidationError("Un jour du mois va de 1 à 31.")
        return jour

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        recurrence = donnees.get("recurrence")
        if recurrence == Recurrence.UNIQUE and "date_fixe" in donnees and donnees["date_fixe"] is None:
            self.add_error("date_fixe", "Donnez la date écrite dans le texte.")
        if recurrence == Recurrence.EVENEMENT and not donnees.get("evenement"):
            self.add_error("evenement", "Choisissez l'événement d'où la date se compte.")
        delai = donnees.get("delai")
        if delai is not None and not donnees.get("evenement"):
            self.add_error(
                "delai", "Un délai se compte depuis un événement : choisissez-le, ou effacez ce délai."
            )
            delai = None
        if "jour" in self.errors:
            # Said already: the model would say that it is missing.
            self.instance.jour = self.instance.jour or 1
        signe = -1 if donnees.get("sens") == AVANT else 1
        self.instance.delai_jours = None if delai is None else signe * delai
        return donnees


class AvenantForm(FormulaireConvention):
    """An amendment, with its new end when it has one."""

    GROUPES = (
        (
            "L'avenant",
            "Une nouvelle date de fin compte à partir de la signature : calculez alors de nouveau les échéances.",
            ("numero", "objet", "date_signature", "date_effet", "nouvelle_date_fin"),
        ),
        GROUPE_DELIBERATION,
    )

    class Meta:
        model = Avenant
        fields = ("numero", "objet", "date_signature", "date_effet", "nouvelle_date_fin", "deliberation")
        formfield_callback = champ_du_modele
        error_messages = {"objet": {"required": "Dites ce que l'avenant change."}}


class EvenementForm(FormulaireConvention):
    """An event from which deadlines are counted; a commission has its minutes."""

    GROUPES = (
        ("L'événement", "", ("type", "date", "lieu", "participants", "ordre_du_jour")),
        (
            "Le compte rendu",
            "Le délai de réponse de la structure court du jour où le compte rendu lui est transmis.",
            ("compte_rendu", "compte_rendu_envoye_le", "reponse", "reponse_le"),
        ),
    )

    class Meta:
        model = EvenementConvention
        fields = (
            *("type", "date", "lieu", "participants", "ordre_du_jour"),
            *("compte_rendu", "compte_rendu_envoye_le", "reponse", "reponse_le"),
        )
        formfield_callback = champ_du_modele
        labels = {"type": "De quoi s'agit-il ?"}
        error_messages = {"date": {"required": "Indiquez le jour : les échéances se comptent depuis lui."}}

    def __init__(
        self, *args: Any, instance: EvenementConvention, contrat: ContratVille, **options: Any
    ) -> None:
        super().__init__(*args, instance=instance, contrat=contrat, **options)
        types: Any = self.fields["type"]
        # Minutes are those of a commission, and a request has a page of its own.
        types.choices = [
            choix
            for choix in Evenement.choices
            if choix[0] not in (Evenement.COMPTE_RENDU, Evenement.DEMANDE)
        ]


class MontantForm(FormulaireConvention):
    """What the convention gives for one year: announced, then voted."""

    GROUPES = (
        (
            "L'année",
            "Le montant voté sert à calculer les versements.",
            ("annee", "financeur", "montant_prevu", "montant_vote", "vote_le"),
        ),
        GROUPE_DELIBERATION,
    )

    annee = forms.TypedChoiceField(label="Année", coerce=int)

    class Meta:
        model = MontantConvention
        fields = ("annee", "financeur", "montant_prevu", "montant_vote", "vote_le", "deliberation")
        formfield_callback = champ_du_modele
        labels = {"montant_prevu": "Montant prévu", "montant_vote": "Montant voté"}
        help_texts = {"vote_le": "Demandé dès qu'un montant est voté."}

    def __init__(
        self, *args: Any, instance: MontantConvention, contrat: ContratVille, **options: Any
    ) -> None:
        super().__init__(*args, instance=instance, contrat=contrat, **options)
        financeurs: Any = self.fields["financeur"]
        financeurs.queryset = Financeur.objects.filter(contrat=contrat).order_by("ordre", "pk")
        financeurs.empty_label = "Tous, ou non précisé"
        self.sans_financeur = not financeurs.queryset.exists()
        annees: Any = self.fields["annee"]
        convention = instance.convention
        fin = fin_effective(convention, convention.avenants.order_by("numero"))
        possibles = set(range(convention.date_debut.year, fin.year + 1))
        if instance.pk:
            # Typed before the convention was cut short: it may still be read and corrected.
            possibles.add(instance.annee)
        annees.choices = [(annee, annee) for annee in sorted(possibles)]

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        if donnees.get("montant_vote") is not None and "vote_le" in donnees and donnees["vote_le"] is None:
            self.add_error("vote_le", "Indiquez le jour du vote.")
        return donnees


class EcheanceForm(FormulaireConvention):
    """A deadline typed by hand."""

    GROUPES = (("L'échéance", "", ("libelle", "date", "obligation")),)

    class Meta:
        model = Echeance
        fields = ("libelle", "date", "obligation")
        formfield_callback = champ_du_modele
        labels = {"libelle": "Ce qui est attendu", "date": "Pour le"}
        error_messages = {
            "libelle": {"required": "Dites ce qui est attendu."},
            "date": {"required": "Indiquez pour quand."},
        }

    def __init__(self, *args: Any, instance: Echeance, contrat: ContratVille, **options: Any) -> None:
        super().__init__(*args, instance=instance, contrat=contrat, **options)
        obligations: Any = self.fields["obligation"]
        obligations.queryset = Obligation.objects.filter(convention=instance.convention).order_by("ordre")
        obligations.empty_label = "Aucune en particulier"


# -- Deadlines and papers --------------------------------------------------------------------------
class DemandeForm(forms.Form):
    """What is asked under an obligation « sur demande », and by when."""

    precision = ChampTexte(
        label="Ce que vous demandez",
        required=False,
        max_length=120,
        error_messages={"max_length": TROP_LONG.format(max=120)},
        help_text="Par exemple : les statuts à jour. Vide : tout ce que dit l'obligation.",
    )
    pour_le = ChampDate(label="Pour le", error_messages={"required": "Indiquez pour quand."})

    use_required_attribute = False


class DecisionForm(forms.Form):
    """What becomes of a deadline: met, without object, another day, owed again."""

    TENIR, SANS_OBJET, DEPLACER, ROUVRIR = "tenir", "sans_objet", "deplacer", "rouvrir"

    geste = forms.ChoiceField(
        choices=[(nom, nom) for nom in (TENIR, SANS_OBJET, DEPLACER, ROUVRIR)], widget=forms.HiddenInput
    )
    le = ChampDate(label="Reçu ou fait le", error_messages={"required": "Indiquez le jour."})
    motif = ChampTexte(
        label="Pourquoi rien n'est attendu",
        max_length=255,
        error_messages={
            "required": "Dites pourquoi rien n'est attendu cette fois.",
            "max_length": TROP_LONG.format(max=255),
        },
    )
    jour = ChampDate(label="Nouvelle date", error_messages={"required": "Indiquez la nouvelle date."})
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    use_required_attribute = False

    # What each gesture asks; the page has one small form a gesture.
    CHAMPS: ClassVar[dict[str, str]] = {TENIR: "le", SANS_OBJET: "motif", DEPLACER: "jour"}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.is_bound:
            demande = self.CHAMPS.get(self.data.get("geste", ""))
            for nom in self.CHAMPS.values():
                self.fields[nom].required = nom == demande


class DocumentForm(forms.Form):
    """A paper received: as a file, or on paper for the desk."""

    libelle = ChampTexte(
        label="Quel document ?",
        max_length=255,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Dites de quel document il s'agit.",
            "max_length": TROP_LONG.format(max=255),
        },
    )
    fichier = forms.FileField(
        label="Fichier",
        required=False,
        allow_empty_file=True,  # said in our words by the check of its content
        error_messages={"required": "Choisissez le fichier à envoyer."},
        widget=forms.FileInput(attrs={"accept": ACCEPTES}),
        help_text="Un PDF, une image, un document Word, Excel ou OpenDocument, de 10 Mo au plus.",
    )
    recu_le = ChampDate(label="Reçu le", error_messages={"required": "Indiquez le jour de réception."})
    obligation: Any = forms.ModelChoiceField(
        label="En réponse à", queryset=None, required=False, empty_label="Aucune obligation en particulier"
    )
    complet = forms.BooleanField(
        label="C'est complet : rien d'autre n'est attendu pour cette échéance", required=False
    )

    use_required_attribute = False

    def __init__(
        self, *args: Any, convention: Convention, echeance: Echeance | None, gere: bool, **options: Any
    ) -> None:
        options["initial"] = {"recu_le": timezone.localdate(), **(options.get("initial") or {})}
        super().__init__(*args, **options)
        if gere:
            self.fields["fichier"].help_text += " Laissez vide pour un document reçu sur papier."
        else:
            # The day it arrives is today's.
            del self.fields["recu_le"]
            self.fields["fichier"].required = True
        obligations: Any = self.fields["obligation"]
        obligations.queryset = Obligation.objects.filter(convention=convention).order_by("ordre")
        if echeance is not None:
            del self.fields["obligation"]
        else:
            del self.fields["complet"]
