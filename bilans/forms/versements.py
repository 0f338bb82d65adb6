"""Payments: what each gesture asks, a payment typed by hand, the rules by which a convention or a funder pays."""

import re
from decimal import Decimal
from fractions import Fraction as Rationnel
from typing import Any

from django import forms
from django.db.models import Q

from comptes.champs import ChampDate, ChampMontantFormulaire, ChampNombre, ChampTexte, ChampTexteLu
from comptes.versions import version_de
from contrats.models import ContratVille
from documents.formats import MOIS
from documents.identifiants import IdentifiantInvalide, reparer_siret
from financements.models import Financeur, RegleVersement, Versement
from financements.versements import SOLDE, Fraction
from porteurs.models import Convention

MONTANT_REQUIS = {"required": "Indiquez un montant, par exemple 24 000."}
DATE_REQUISE = {"required": "Indiquez la date, par exemple 30/06/2024."}
AIDE_PIECES = "Un document par ligne : rien ne se paie avant que tous soient reçus."


def lire_pieces(texte: str) -> list[str]:
    """Return the documents of a text that has one a line, each once."""
    lignes = (" ".join(ligne.split()) for ligne in texte.splitlines())
    return list(dict.fromkeys(ligne for ligne in lignes if ligne))


def rouvrir(form: Any, actuel: Any) -> None:
    """Have `form` keep what was typed and be sent again on the version of `actuel`, the row as it is now."""
    donnees = form.data.copy()
    donnees["version"] = str(version_de(actuel))
    form.data = donnees


class _Versionne(forms.Form):
    """A form opened on a version of its row."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    use_required_attribute = False


class MandatForm(_Versionne):
    """The day of the order to pay, and its number."""

    date_mandat = ChampDate(label="Mandaté le", error_messages=DATE_REQUISE)
    reference = ChampTexte(label="Numéro du mandat", required=False, max_length=60)


class PaiementForm(_Versionne):
    """What was paid, and when."""

    date_versement = ChampDate(label="Versé le", error_messages=DATE_REQUISE)
    montant = ChampMontantFormulaire(label="Montant versé", error_messages=MONTANT_REQUIS)
    reference = ChampTexte(label="Numéro du mandat", required=False, max_length=60)


class RaisonForm(_Versionne):
    """Why a payment is held up, given up or put back."""

    motif = ChampTexte(
        label="Pourquoi",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Indiquez pourquoi : le porteur et vos collègues le liront."},
    )


class SansQuestionForm(_Versionne):
    """A gesture that asks nothing."""


class ReversementForm(_Versionne):
    """What is asked back."""

    montant = ChampMontantFormulaire(label="Montant à reverser", error_messages=MONTANT_REQUIS)
    motif = ChampTexte(
        label="Pourquoi",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Indiquez pourquoi ce reversement est demandé."},
    )
    date_titre = ChampDate(label="Titre émis le", required=False)
    numero_titre = ChampTexte(label="Numéro du titre", required=False, max_length=40)


class RecouvrementForm(_Versionne):
    """The day on which a repayment was received; blank when it was not after all."""

    date_recouvrement = ChampDate(
        label="Recouvré le", required=False, help_text="Laissez vide s'il n'est finalement pas reçu."
    )


class ReceptionForm(_Versionne):
    """The day on which a document was received; blank when it was not after all."""

    recu_le = ChampDate(label="Reçu le", required=False)


class VersementForm(_Versionne):
    """A payment typed by hand, or the correction of a planned one."""

    montant_prevu = ChampMontantFormulaire(label="Montant prévu", required=False)
    date_prevue = ChampDate(label="Prévu le", error_messages=DATE_REQUISE)
    pieces = ChampTexte(
        label="Documents attendus avant de payer",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=AIDE_PIECES,
    )

    def clean_pieces(self) -> list[str]:
        pieces = lire_pieces(self.cleaned_data["pieces"])
        if any(len(piece) > 255 for piece in pieces):
            raise forms.ValidationError("Le nom d'un document est trop long : 255 caractères au plus.")
        return pieces


class NouveauVersementForm(VersementForm):
    """A payment typed by hand: its amount is known."""

    type = forms.ChoiceField(label="Ce versement est", choices=Versement.Type, widget=forms.RadioSelect)

    field_order = ("type", "montant_prevu", "date_prevue", "pieces")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["montant_prevu"].required = True
        self.fields["montant_prevu"].error_messages.update(MONTANT_REQUIS)
        self.fields["type"].initial = Versement.Type.UNIQUE


class ChampPart(ChampTexteLu):
    """A share as people write it: « 1/3 », « 50 % ». Gives a Fraction, or None."""

    clavier = "text"

    def lire(self, texte: str) -> Fraction:
        part = FRACTION.fullmatch(texte)
        pourcent = POURCENT.fullmatch(texte)
        if part:
            lue = exacte(int(part[1]), int(part[2])) if int(part[2]) else None
        elif pourcent:
            lue = exacte(*Decimal(pourcent[1].replace(",", ".")).as_integer_ratio(), centieme=True)
        else:
            raise forms.ValidationError("Écrivez la part comme 1/3 ou 50 %.")
        if lue is None or not 0 < lue.numerateur <= lue.denominateur:
            raise forms.ValidationError("La part va de presque rien à la totalité : vérifiez-la.")
        return lue

    def prepare_value(self, value: object) -> object:
        if isinstance(value, Fraction):
            return "100 %" if value.numerateur == value.denominateur else str(value)
        return value

    def has_changed(self, initial: object, data: object) -> bool:
        return str(self.prepare_value(initial) or "") != str(data or "")


FRACTION = re.compile(r"([0-9]{1,3}) ?/ ?([0-9]{1,3})")
POURCENT = re.compile(r"([0-9]{1,3}(?:[.,][0-9]{1,2})?) ?%")


def exacte(numerateur: int, denominateur: int, *, centieme: bool = False) -> Fraction:
    """Return the simplest share equal to the quotient, of a hundred of it when `centieme`."""
    simple = Rationnel(numerateur, denominateur * (100 if centieme else 1))
    return Fraction(simple.numerator, simple.denominator)


def _part_defaut(regle: RegleVersement) -> Fraction | None:
    if regle.numerateur_defaut is None or not regle.denominateur_defaut:
        return None
    return Fraction(regle.numerateur_defaut, regle.denominateur_defaut)


class RegleVersementForm(forms.ModelForm):
    """A rule of payment: of a convention, or of a funder of the contract."""

    a_qui = forms.ChoiceField(label="Qui paie ainsi")
    libelle = ChampTexte(
        label="Nom du versement",
        max_length=100,
        help_text="Par exemple « 1er acompte » ou « solde ».",
        error_messages={"required": "Donnez un nom à ce versement."},
    )
    rang = ChampNombre(
        label="Rang",
        maximum=99,
        help_text="1 pour le premier versement de l'année.",
        error_messages={"required": "Indiquez le rang du versement dans l'année."},
    )
    mois = forms.TypedChoiceField(
        label="Mois", coerce=int, choices=[(rang, mois) for rang, mois in enumerate(MOIS, 1)]
    )
    part = ChampPart(
        label="Part",
        help_text="Par exemple 1/3, 50 % ou 100 %.",
        error_messages={"required": "Indiquez la part versée, par exemple 1/3 ou 50 %."},
    )
    part_defaut = ChampPart(
        label="Si l'année n'est pas votée, part de l'année précédente",
        required=False,
        help_text="Laissez vide si ce versement attend le vote.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    use_required_attribute = False

    class Meta:
        model = RegleVersement
        fields = (*("libelle", "rang", "type", "mois", "base", "pieces_exigees", "citation"),)
        field_classes = {"pieces_exigees": ChampTexte, "citation": ChampTexte}
        widgets = {
            "pieces_exigees": forms.Textarea(attrs={"rows": 3}),
            "citation": forms.Textarea(attrs={"rows": 2}),
        }
        labels = {"base": "Part de"}
        help_texts = {
            "type": "Un solde prend tout ce qui reste, centimes compris.",
            "pieces_exigees": AIDE_PIECES,
        }

    field_order = (
        *("a_qui", "libelle", "rang", "type", "mois", "part", "base", "part_defaut"),
        *("pieces_exigees", "citation"),
    )

    def __init__(self, *args: Any, contrat: ContratVille, instance: RegleVersement, **options: Any) -> None:
        if instance.pk:
            initial = {
                "a_qui": a_qui(instance),
                "version": version_de(instance),
                "part": Fraction(instance.numerateur, instance.denominateur),
                "part_defaut": _part_defaut(instance),
            }
            options["initial"] = {**initial, **(options.get("initial") or {})}
        super().__init__(*args, **{**options, "instance": instance})
        self._payeurs: dict[str, Convention | Financeur] = {
            **{f"convention:{c.cle}": c for c in _conventions(contrat)},
            **{f"financeur:{f.cle}": f for f in Financeur.objects.filter(contrat=contrat)},
        }
        groupes: dict[str, list[tuple[str, str]]] = {
            "Une convention": [],
            "Un financeur, ligne par ligne": [],
        }
        for cle, payeur in self._payeurs.items():
            titre = "Une convention" if isinstance(payeur, Convention) else "Un financeur, ligne par ligne"
            nom = f"{payeur.porteur} – {payeur.intitule}" if isinstance(payeur, Convention) else str(payeur)
            groupes[titre].append((cle, nom))
        choix: Any = self.fields["a_qui"]
        choix.choices = [("", "Choisissez"), *((titre, noms) for titre, noms in groupes.items() if noms)]
        choix.error_messages["required"] = "Choisissez la convention ou le financeur."

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        part, defaut = donnees.get("part"), donnees.get("part_defaut")
        if part is not None:
            self.instance.numerateur, self.instance.denominateur = part.numerateur, part.denominateur
        self.instance.numerateur_defaut = defaut.numerateur if defaut else None
        self.instance.denominateur_defaut = defaut.denominateur if defaut else None
        if donnees.get("type") == SOLDE and donnees.get("base") != RegleVersement.Base.RESTE_N:
            self.add_error(
                "base", "Un solde est ce qui reste : choisissez la part de N, moins ce qui est versé."
            )
        payeur = self._payeurs.get(donnees.get("a_qui", ""))
        if payeur is not None:
            self.instance.convention = payeur if isinstance(payeur, Convention) else None
            self.instance.financeur = payeur if isinstance(payeur, Financeur) else None
        return donnees


def a_qui(regle: RegleVersement) -> str:
    """Return the choice of the form that names whose rule it is."""
    if regle.convention is not None:
        return f"convention:{regle.convention.cle}"
    return f"financeur:{regle.financeur.cle}" if regle.financeur is not None else ""


def _conventions(contrat: ContratVille) -> list[Convention]:
    en_cours = ~Q(statut__in=(Convention.Statut.RESILIEE, Convention.Statut.ARCHIVEE))
    conventions = Convention.objects.filter(en_cours, contrat=contrat).select_related("porteur")
    return list(conventions.order_by("porteur__nom_normalise", "intitule", "pk"))


class FinanceurForm(forms.ModelForm):
    """What identifies a funder in open data."""

    siret = ChampTexte(label="SIRET", required=False, help_text="Quatorze chiffres, espaces permises.")
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    use_required_attribute = False

    class Meta:
        model = Financeur
        fields = ("nom", "siret")
        help_texts = {"nom": "Son nom officiel : « Ville de Besançon », « Région Bretagne »."}
        error_messages = {"nom": {"required": "Donnez le nom officiel du financeur."}}

    def __init__(self, *args: Any, instance: Financeur, **options: Any) -> None:
        options["initial"] = {"version": version_de(instance), **(options.get("initial") or {})}
        super().__init__(*args, **{**options, "instance": instance})
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
