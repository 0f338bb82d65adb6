"""The forms of a campaign: its settings, age bands, reminders, questions, indicators, messages, openings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from actions.models import Campagne, IndicateurDemande, ModeleMessage, Question, RelancePrevue, TrancheAge
from comptes.champs import ChampDate, ChampNombre, ChampTexte, Groupe, groupes
from comptes.templatetags.typographie import date_longue, insecables
from comptes.versions import version_de
from contrats.models import Indicateur
from documents.texte import nettoyer

from ..operations.campagne import (
    CHAMPS_INDICATEUR,
    CHAMPS_QUESTION,
    CHAMPS_REGLES,
    Reprise,
    TrancheSaisie,
    dates_reglables,
    faute_de_variable,
    rappels_proposes,
    refus_indicateur,
    refus_question,
    refus_tranche,
    refuser_rappel,
)
from ..saisie import ChampQuantite, avec_l_obligation, champ_de_question

# Nobody is older; a larger number is a year of birth.
AGE_MAX = 120
RAPPELS_DE_PLUS = 3
CHOIX_AU_MOINS = 2
UN_TEXTE_LONG = "C'est trop long : {max} caractères au plus."


def _trop_long(maximum: int) -> dict[str, str]:
    return {"max_length": UN_TEXTE_LONG.format(max=maximum)}


def _texte(libelle: str, maximum: int, **options: Any) -> ChampTexte:
    """Return a line of text with its own sentence when it is too long."""
    return ChampTexte(label=libelle, max_length=maximum, error_messages=_trop_long(maximum), **options)


class FormulaireVersionne(forms.Form):
    """A form that carries the version of the campaign it was opened on."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    # The browser blocks nothing but a half-typed date, which it would send as a blank: we say the rest.
    use_required_attribute = False

    def __init__(self, *args: Any, campagne: Campagne, **options: Any) -> None:
        options["initial"] = {"version": version_de(campagne), **(options.get("initial") or {})}
        super().__init__(*args, **options)
        self.campagne = campagne


# -- Settings --------------------------------------------------------------------------------------
def valeurs_reglees(campagne: Campagne) -> dict[str, Any]:
    """Return the present value of each visible field of the settings."""
    return {nom: getattr(campagne, nom) for nom in (*dates_reglables(campagne), *CHAMPS_REGLES)}


def echeance_proposee(campagne: Campagne) -> date | None:
    """Return the due date to show first: the stored one, else the default when it is still to come."""
    defaut = campagne.echeance_par_defaut
    return campagne.bilan_echeance or (defaut if defaut > timezone.localdate() else None)


def aide_echeance(campagne: Campagne) -> str:
    """Return where the default due date comes from, and what to do when it is past."""
    defaut = campagne.echeance_par_defaut
    suite = "" if defaut > timezone.localdate() else " Cette date est passée : choisissez un jour à venir."
    return f"D'ordinaire six mois après la fin de l'année : le {date_longue(defaut)}.{suite}"


class ReglagesForm(FormulaireVersionne):
    """Dates while they may change, instructions, and whom a porteur asks."""

    GROUPES = (
        (
            "Les dates",
            "À partir de l'ouverture, les porteurs saisissent. L'échéance est la date jusqu'à laquelle les bilans "
            "sont attendus ; un bilan en retard reste accepté tant que vous n'avez pas clos.",
            ("bilan_ouverture", "bilan_echeance"),
        ),
        ("Les consignes", "", ("notice",)),
        (
            "La personne à joindre",
            "Son nom signe les messages, son adresse reçoit les réponses des porteurs.",
            ("contact_nom", "contact_email", "contact_telephone"),
        ),
    )

    bilan_ouverture = ChampDate(
        label="Ouverture des bilans",
        required=False,
        help_text="Vide : le jour où vous ouvrirez les bilans.",
    )
    bilan_echeance = ChampDate(label="Échéance", required=False)
    notice = ChampTexte(
        label="Consignes aux porteurs",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Reprises dans l'invitation et au début du bilan. Par exemple : ce qui compte cette année, les "
        "pièces à joindre, à qui demander les listes de présence.",
    )
    contact_nom = _texte("Nom", 150, required=False)
    contact_email = forms.EmailField(
        label="Adresse électronique",
        required=False,
        max_length=254,
        error_messages={
            "invalid": "Écrivez une adresse électronique complète, par exemple prenom.nom@agglo.fr.",
            **_trop_long(254),
        },
    )
    contact_telephone = _texte("Téléphone", 30, required=False)

    def __init__(self, *args: Any, campagne: Campagne, **options: Any) -> None:
        options["initial"] = {
            **valeurs_reglees(campagne),
            "bilan_echeance": echeance_proposee(campagne),
            **(options.get("initial") or {}),
        }
        super().__init__(*args, campagne=campagne, **options)
        for nom in ("bilan_ouverture", "bilan_echeance"):
            if nom not in dates_reglables(campagne):
                del self.fields[nom]
        if "bilan_echeance" in self.fields:
            self.fields["bilan_echeance"].help_text = aide_echeance(campagne)

    def groupes(self) -> Iterator[Groupe]:
        """Give the fields by group; a group without field in this situation is left out."""
        return (groupe for groupe in groupes(self, self.GROUPES) if groupe.champs)


class _FormulaireDeLignes(FormulaireVersionne):
    """Rows whose fields are named after them; a row added by someone meanwhile is filled with what is stored."""

    @property
    def enregistrees(self) -> list[str]:
        """What is stored today, a word a row."""
        raise NotImplementedError

    def completer(self) -> None:
        """Give the rows that the page did not know their stored values, and the form its present version."""
        saisies: Any = self.data
        donnees = saisies.copy()
        donnees["version"] = str(version_de(self.campagne))
        for nom, champ in self.fields.items():
            if nom not in donnees and champ.initial not in (None, False):
                donnees[nom] = str(champ.prepare_value(champ.initial))
        self.data = donnees


# -- Age bands -------------------------------------------------------------------------------------
@dataclass
class RangTranche:
    """An age band as it is typed: its fields, whether people are counted in it."""

    tranche: TrancheAge | None
    utilisee: bool
    libelle: forms.BoundField
    age_min: forms.BoundField
    age_max: forms.BoundField
    retirer: forms.BoundField | None

    @property
    def nom(self) -> str:
        """What the row is called by who cannot see it."""
        return self.tranche.libelle if self.tranche else "nouvelle tranche"


class TranchesForm(_FormulaireDeLignes):
    """The age bands, each on a row, and an empty row for one more."""

    NOUVELLE = "nouvelle"

    def __init__(self, *args: Any, utilisees: set[int], **options: Any) -> None:
        super().__init__(*args, **options)
        self.tranches = list(self.campagne.tranches.order_by("ordre"))
        self.utilisees = utilisees
        for tranche in self.tranches:
            self._ajouter(str(tranche.pk), tranche)
        self._ajouter(self.NOUVELLE, None)

    def _ajouter(self, suffixe: str, tranche: TrancheAge | None) -> None:
        nom = tranche.libelle if tranche else "Nouvelle tranche"
        self.fields[f"libelle_{suffixe}"] = _texte(
            f"{nom}, libellé", 40, required=False, initial=tranche.libelle if tranche else None
        )
        for borne, mots in (("age_min", "de"), ("age_max", "à")):
            self.fields[f"{borne}_{suffixe}"] = ChampNombre(
                label=f"{nom}, {mots} (ans)",
                required=False,
                maximum=AGE_MAX,
                initial=getattr(tranche, borne) if tranche else None,
            )
        if tranche:
            self.fields[f"retirer_{suffixe}"] = forms.BooleanField(label=f"Retirer « {nom} »", required=False)

    @property
    def enregistrees(self) -> list[str]:
        """The labels stored today."""
        return [tranche.libelle for tranche in self.tranches]

    def rangs(self) -> list[RangTranche]:
        """Return the rows, the new one last."""
        couples: list[tuple[str, TrancheAge | None]] = [(str(t.pk), t) for t in self.tranches]
        return [
            RangTranche(
                tranche,
                tranche is not None and tranche.pk in self.utilisees,
                self[f"libelle_{suffixe}"],
                self[f"age_min_{suffixe}"],
                self[f"age_max_{suffixe}"],
                self[f"retirer_{suffixe}"] if tranche else None,
            )
            for suffixe, tranche in (*couples, (self.NOUVELLE, None))
        ]

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        self.saisies: list[TrancheSaisie] = []
        for tranche in (*self.tranches, None):
            # A row that the page did not have was added meanwhile: it is left as it is.
            if tranche is None or f"libelle_{tranche.pk}" in self.data:
                self._lire(tranche, donnees)
        if not self.errors:
            self._refuser_les_chevauchements()
        return donnees

    def _refuser_les_chevauchements(self) -> None:
        """Refuse an age that is in two bands: who has it would be counted twice."""
        gardees = sorted((s for s in self.saisies if not s.retirer), key=lambda s: s.age_min)
        for avant, apres in pairwise(gardees):
            if (avant.age_min, avant.age_max) == (apres.age_min, apres.age_max):
                continue
            if avant.age_max is None or apres.age_min <= avant.age_max:
                self.add_error(
                    f"age_min_{apres.pk or self.NOUVELLE}",
                    f"« {apres.nom} » recouvre « {avant.nom} » : une même personne serait comptée deux fois. "
                    "Changez les âges de l'une ou de l'autre.",
                )

    def _lire(self, tranche: TrancheAge | None, donnees: dict[str, Any]) -> None:
        suffixe = str(tranche.pk) if tranche else self.NOUVELLE
        libelle, mini, maxi = (
            donnees.get(f"{champ}_{suffixe}") for champ in ("libelle", "age_min", "age_max")
        )
        retirer = bool(donnees.get(f"retirer_{suffixe}"))
        rempli = bool(libelle) or mini is not None or maxi is not None
        if tranche is None and not rempli:
            return
        if retirer and tranche is not None:
            libelle, mini, maxi = tranche.libelle, tranche.age_min, tranche.age_max
        if mini is None:
            if f"age_min_{suffixe}" not in self.errors:
                self.add_error(f"age_min_{suffixe}", "Indiquez l'âge à partir duquel la tranche commence.")
            return
        saisie = TrancheSaisie(tranche.pk if tranche else None, libelle or "", mini, maxi, retirer)
        utilisee = tranche is not None and tranche.pk in self.utilisees
        for champ, phrase in refus_tranche(tranche, saisie, utilisee=utilisee).items():
            self.add_error(f"{champ}_{suffixe}", phrase)
        self.saisies.append(saisie)


# -- Reminders -------------------------------------------------------------------------------------
class RappelsForm(_FormulaireDeLignes):
    """The dates of the reminders to come, and empty boxes for more; an emptied date is taken away."""

    def __init__(self, *args: Any, prevues: Iterable[RelancePrevue], **options: Any) -> None:
        super().__init__(*args, **options)
        self.prevues = list(prevues)
        proposees = self._proposees()
        for rang, prevue in enumerate(self.prevues, 1):
            self.fields[f"rappel_{prevue.pk}"] = ChampDate(
                label=f"Rappel {rang}", required=False, initial=prevue.date
            )
        for rang in range(1, RAPPELS_DE_PLUS + 1):
            self.fields[f"nouveau_{rang}"] = ChampDate(
                label=f"Rappel {len(self.prevues) + rang}",
                required=False,
                initial=proposees.pop(0) if proposees else None,
            )

    def _proposees(self) -> list[date]:
        """Return the dates to propose: none once some are planned, or were sent."""
        echeance = self.campagne.bilan_echeance
        if self.prevues or echeance is None or self.campagne.relances_prevues.exists():
            return []
        return rappels_proposes(echeance, self.campagne.bilan_ouverture)

    @property
    def enregistrees(self) -> list[str]:
        """The dates stored today."""
        return [date_longue(prevue.date) for prevue in self.prevues]

    @property
    def dates(self) -> list[date]:
        """The days wanted, once the form is valid."""
        return sorted({jour for nom, jour in self.cleaned_data.items() if nom != "version" and jour})

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        connues, vues = {prevue.date for prevue in self.prevues}, set()
        for nom in [nom for nom in donnees if nom != "version" and donnees[nom]]:
            jour = donnees[nom]
            if jour in vues:
                self.add_error(nom, "Ce jour est indiqué deux fois : effacez l'une des deux dates.")
            elif jour not in connues:
                try:
                    refuser_rappel(self.campagne, jour)
                except ValidationError as refus:
                    self.add_error(nom, refus)
            vues.add(jour)
        return donnees


# -- Questions and indicators ----------------------------------------------------------------------
class _ElementForm(forms.ModelForm):
    """A question or an indicator, opened in the version of its history."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    use_required_attribute = False
    GROUPES: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        instance = options["instance"]
        if instance.pk:
            options["initial"] = {"version": version_de(instance), **(options.get("initial") or {})}
        super().__init__(*args, **options)

    def groupes(self) -> Iterator[Groupe]:
        """Give the fields by group, in the order of the page."""
        return groupes(self, self.GROUPES)

    def _refuser(self, refuses: dict[str, str]) -> None:
        for nom, phrase in refuses.items():
            if nom in self.fields and nom not in self.errors:
                self.add_error(nom, phrase)


class QuestionForm(_ElementForm):
    """A question in the collectivity's own words."""

    GROUPES = (
        ("La question", "", ("libelle", "aide", "obligatoire")),
        (
            "La réponse",
            "L'unité ne sert que pour un nombre, les choix que pour un choix dans une liste.",
            ("type", "unite", "choix"),
        ),
    )

    libelle = _texte(
        "Question",
        255,
        help_text="Par exemple : Combien d'habitantes et d'habitants ont pris part à la préparation ?",
    )
    libelle.error_messages["required"] = "Écrivez la question."
    aide = _texte(
        "Aide, avec un exemple",
        255,
        required=False,
        help_text="Affichée sous la question. Par exemple : comptez chaque personne une seule fois.",
    )
    unite = _texte("Unité", 40, required=False, help_text="Par exemple : séances, familles, €.")
    choix = ChampTexte(
        label="Choix proposés",
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Un par ligne.",
    )

    class Meta:
        model = Question
        fields = CHAMPS_QUESTION
        widgets = {"type": forms.RadioSelect}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        type_: Any = self.fields["type"]
        type_.choices = Question.Type.choices

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        type_ = donnees.get("type")
        if type_ != Question.Type.NOMBRE:
            donnees["unite"] = ""
        if type_ == Question.Type.CHOIX and "choix" in donnees:
            proposes = Question(type=type_, choix=donnees["choix"]).choix_proposes
            donnees["choix"] = "\n".join(proposes)
            if len(proposes) < CHOIX_AU_MOINS:
                self.add_error("choix", "Donnez au moins deux choix, un par ligne.")
        elif type_ and "choix" in donnees:
            donnees["choix"] = ""
        if self.instance.pk and type_ and "choix" in donnees:
            self._refuser(refus_question(self.instance, donnees))
        return donnees


class IndicateurForm(_ElementForm):
    """An indicator of the contract, or one of the campaign's own."""

    GROUPES = (
        (
            "Ce qui est mesuré",
            "Choisissez un indicateur du contrat, ou décrivez un indicateur propre à cette année.",
            ("indicateur", "libelle", "unite", "sexue"),
        ),
        ("Pour qui le remplit", "", ("aide", "obligatoire")),
    )

    libelle = _texte(
        "Libellé",
        255,
        required=False,
        help_text="Tel que les porteurs le liront. Vide : le libellé de l'indicateur du contrat.",
    )
    unite = _texte(
        "Unité",
        40,
        required=False,
        help_text="Par exemple : personnes, heures. Vide : l'unité de l'indicateur du contrat.",
    )
    aide = _texte(
        "Aide, avec un exemple",
        255,
        required=False,
        help_text="Par exemple : comptez les ateliers qui ont vraiment eu lieu.",
    )

    class Meta:
        model = IndicateurDemande
        fields = CHAMPS_INDICATEUR
        error_messages = {
            "indicateur": {"invalid_choice": "Choisissez un indicateur de ce contrat, non demandé."}
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        campagne = self.instance.campagne
        autres = campagne.indicateurs_demandes.exclude(pk=self.instance.pk).exclude(indicateur=None)
        indicateur: Any = self.fields["indicateur"]
        indicateur.queryset = (
            Indicateur.objects.filter(contrat=campagne.contrat_id)
            .exclude(pk__in=autres.values("indicateur"))
            .order_by("code")
        )
        indicateur.empty_label = "Aucun : un indicateur propre à la campagne"
        indicateur.help_text = ""
        self.fields["sexue"].help_text = "Les porteurs donnent le total, puis les femmes et les hommes."

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        indicateur = donnees.get("indicateur")
        if indicateur is not None:
            donnees["libelle"] = donnees.get("libelle") or indicateur.libelle
            donnees["unite"] = donnees.get("unite") or unite_de(indicateur)
            donnees["sexue"] = donnees.get("sexue") or indicateur.sexue
        elif "indicateur" not in self.errors and "libelle" in donnees and not donnees["libelle"]:
            self.add_error("libelle", "Dites ce qui est mesuré, ou choisissez un indicateur du contrat.")
        if self.instance.pk and {"indicateur", "unite"} <= set(donnees):
            self._refuser(refus_indicateur(self.instance, donnees))
        return donnees


class ReprendreForm(forms.Form):
    """What an earlier year asked, each to be taken over or left; all of it is, to begin with."""

    use_required_attribute = False

    def __init__(self, *args: Any, reprise: Reprise, **options: Any) -> None:
        super().__init__(*args, **options)
        for nom, libelle, elements in (
            ("indicateurs", "Indicateurs", reprise.indicateurs),
            ("questions", "Questions", reprise.questions),
        ):
            if elements:
                self.fields[nom] = forms.TypedMultipleChoiceField(
                    label=libelle,
                    required=False,
                    coerce=int,
                    choices=[(element.pk, insecables(element.libelle)) for element in elements],
                    initial=[element.pk for element in elements],
                    widget=forms.CheckboxSelectMultiple,
                    error_messages={"invalid_choice": "Une case cochée n'est plus dans la liste."},
                )

    def clean(self) -> dict[str, Any]:
        """Return the keys ticked, by kind; refuse a page where nothing is."""
        donnees = super().clean() or self.cleaned_data
        if not self.errors and not any(donnees.values()):
            raise ValidationError(
                "Rien n'est coché : cochez ce que vous reprenez, ou revenez sans rien changer."
            )
        return donnees


def unite_de(indicateur: Indicateur) -> str:
    """Return the unit of an indicator of the contract as it is read beside a figure; none for a plain number."""
    if indicateur.unite == Indicateur.Unite.NOMBRE:
        return ""
    return str(indicateur.get_unite_display()).lower()


# -- Preview ---------------------------------------------------------------------------------------
class ApercuForm(forms.Form):
    """Questions and indicators as the porteurs find them, where nothing can be typed."""

    use_required_attribute = False

    def __init__(
        self, questions: Iterable[Question], demandes: Iterable[IndicateurDemande], **options: Any
    ) -> None:
        super().__init__(prefix="apercu", **options)
        for demande in demandes:
            aide = avec_l_obligation(demande.aide, demande.obligatoire)
            self._montrer(f"demande_{demande.pk}", _quantite(demande), demande.libelle, aide)
            for suffixe, mot in (("F", "dont femmes"), ("H", "dont hommes")) if demande.sexue else ():
                nom = f"demande_{demande.pk}_{suffixe}"
                self._montrer(nom, _quantite(demande), f"{demande.libelle}, {mot}")
        for question in questions:
            aide = avec_l_obligation(question.aide, question.obligatoire)
            self._montrer(f"question_{question.pk}", champ_de_question(question), question.libelle, aide)

    def _montrer(self, nom: str, champ: forms.Field, libelle: str, aide: str = "") -> None:
        champ.label, champ.help_text, champ.disabled = libelle, aide, True
        self.fields[nom] = champ


def _quantite(demande: IndicateurDemande) -> ChampQuantite:
    return ChampQuantite(required=False, unite=demande.unite)


# -- Messages --------------------------------------------------------------------------------------
class MessageForm(forms.Form):
    """The subject and the text of a message; its words to replace are checked one by one."""

    objet = _texte("Objet", 150)
    objet.error_messages["required"] = "Écrivez l'objet du message."
    corps = ChampTexte(
        label="Texte",
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text="Les mots entre accolades sont remplacés dans chaque message.",
        error_messages={"required": "Écrivez le texte du message."},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    use_required_attribute = False

    def __init__(self, *args: Any, type_: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.type = type_

    def groupes(self) -> Iterator[Groupe]:
        """Give the fields in one group."""
        return groupes(self, (("Le message", "", ("objet", "corps")),))

    def clean_objet(self) -> str:
        """Return the subject on one line, as an e-mail takes it."""
        objet = " ".join(nettoyer(self.cleaned_data["objet"]).split())
        return self._verifie(objet)

    def clean_corps(self) -> str:
        """Return the text, every line end as one."""
        return self._verifie(self.cleaned_data["corps"])

    def _verifie(self, texte: str) -> str:
        faute = faute_de_variable(self.type, texte)
        if faute:
            raise ValidationError(faute)
        return texte


def valeurs_du_message(modele: ModeleMessage) -> dict[str, str]:
    """Return the stored words of a message, by field of the form."""
    return {"objet": modele.objet, "corps": modele.corps}


# -- Opening, closing ------------------------------------------------------------------------------
class ClotureForm(FormulaireVersionne):
    """Nothing to type: a confirmation."""


class OuvertureForm(FormulaireVersionne):
    """From when the porteurs write, and until when their bilans are awaited."""

    ouverture = ChampDate(
        label="Ouverture",
        help_text="Les porteurs peuvent saisir à partir de ce jour.",
        error_messages={"required": "Indiquez à partir de quel jour les porteurs peuvent saisir."},
    )
    echeance = ChampDate(
        label="Échéance", error_messages={"required": "Indiquez pour quand les bilans sont attendus."}
    )

    def __init__(self, *args: Any, campagne: Campagne, **options: Any) -> None:
        aujourd_hui, prevue = timezone.localdate(), campagne.bilan_ouverture
        options["initial"] = {
            "ouverture": prevue if prevue and prevue > aujourd_hui else aujourd_hui,
            "echeance": echeance_proposee(campagne),
        }
        super().__init__(*args, campagne=campagne, **options)
        self.fields["echeance"].help_text = aide_echeance(campagne)


class ProlongationForm(FormulaireVersionne):
    """Another due date for all."""

    echeance = ChampDate(
        label="Nouvelle échéance", error_messages={"required": "Indiquez la nouvelle échéance."}
    )
    motif = ChampTexte(
        label="Pourquoi",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Gardé dans l'historique de la campagne. Demandé si vous avancez l'échéance.",
    )
    prevenir = forms.BooleanField(
        label="Prévenir par courriel les porteurs qui doivent encore un bilan", required=False, initial=True
    )


class ReouvertureForm(FormulaireVersionne):
    """Why closed bilans are opened again, and until when."""

    motif = ChampTexte(
        label="Pourquoi les rouvrir",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Par exemple : trois structures ont été empêchées par les vacances.",
        error_messages={"required": "Dites pourquoi les bilans sont rouverts."},
    )
    echeance = ChampDate(label="Nouvelle échéance", required=False)
    prevenir = forms.BooleanField(
        label="Prévenir par courriel les porteurs qui doivent encore un bilan", required=False
    )

    def __init__(self, *args: Any, campagne: Campagne, **options: Any) -> None:
        super().__init__(*args, campagne=campagne, **options)
        actuelle = campagne.bilan_echeance
        if actuelle is not None:
            passee = (
                " : elle est passée, les bilans attendus seront en retard"
                if actuelle < timezone.localdate()
                else ""
            )
            self.fields["echeance"].help_text = f"Vide : elle reste le {date_longue(actuelle)}{passee}."


class ArchivageForm(FormulaireVersionne):
    """Nothing to type: a confirmation."""


class DesarchivageForm(FormulaireVersionne):
    """Why a year comes out of the archives."""

    motif = ChampTexte(
        label="Pourquoi la sortir des archives",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Par exemple : un montant versé était faux dans deux bilans.",
        error_messages={"required": "Dites pourquoi cette année sort des archives."},
    )
