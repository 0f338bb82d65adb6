"""The forms about what does not add up: reasons given when validating, a decision on a finding, the thresholds."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from actions.models import Campagne
from comptes.champs import ChampMontantFormulaire, ChampNombre, ChampTexte, Groupe, groupes
from comptes.templatetags.typographie import insecables
from documents.formats import nombre

from ..controles import Gravite, Seuils, lire_seuils
from ..controles.justifications import Constat
from ..operations.campagne import SEUILS
from ..operations.justifications import MOTIF_ATTENDU
from ..saisie import ChampQuantite
from .campagne import FormulaireVersionne

AIDE_MOTIF = (
    "Votre raison reste avec ces chiffres, avec votre nom et la date. S'ils changent, elle ne vaut plus."
)


def champ_de_motif(**options: Any) -> ChampTexte:
    """Return the field in which one says why figures are kept as they are."""
    return ChampTexte(
        label="Pourquoi garder ces chiffres",
        help_text=AIDE_MOTIF,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": MOTIF_ATTENDU},
        **options,
    )


class ValidationForm(forms.Form):
    """A reason for each contradiction that a validation keeps."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    use_required_attribute = False

    def __init__(self, *args: Any, constats: Iterable[Constat], **options: Any) -> None:
        super().__init__(*args, **options)
        self.constats = list(constats)
        for constat in self.constats:
            if constat.bloque and constat.justifiable:
                self.fields[_nom(constat)] = champ_de_motif()

    def lignes(self) -> Iterator[tuple[Constat, forms.BoundField | None]]:
        """Give each finding with the field of its reason, None where no reason is asked."""
        for constat in self.constats:
            nom = _nom(constat)
            yield constat, self[nom] if nom in self.fields else None

    def motifs(self) -> dict[str, str]:
        """Return the reasons given, by name of the finding."""
        return {
            constat.anomalie.identite: self.cleaned_data[_nom(constat)]
            for constat in self.constats
            if _nom(constat) in self.fields
        }


def _nom(constat: Constat) -> str:
    return f"motif_{constat.anomalie.identite}"


# -- What the page shows ---------------------------------------------------------------------------
FAMILLES = (
    ("EFF", "Les personnes"),
    ("DAT", "Les dates"),
    ("FIN", "L'argent"),
    ("COH", "La cohérence d'un document à l'autre"),
)
SUJETS = (
    ("annee", "L'année et ses totaux"),
    ("action", "Les actions et leurs bilans"),
    ("bilan", "Les bilans seulement"),
    ("contrat", "Le contrat et ses conventions"),
)
TRIS = (
    ("", "Le plus grave d'abord"),
    ("programme", "L'ordre du programme"),
    ("porteur", "Le porteur"),
    ("controle", "Le contrôle"),
)


class FiltreAnomalies(forms.Form):
    """The filters of the findings, read from the address."""

    gravite = forms.ChoiceField(
        label="Gravité", required=False, choices=[("", "Toutes les gravités"), *Gravite.choices]
    )
    sur = forms.ChoiceField(label="À propos de", required=False, choices=[("", "Tout"), *SUJETS])
    controle = forms.ChoiceField(label="Contrôle", required=False)
    q = forms.CharField(label="Chercher", required=False, max_length=200)
    porteur = forms.ChoiceField(label="Porteur", required=False)
    axe = forms.ChoiceField(label="Axe", required=False)
    tri = forms.ChoiceField(label="Trier par", required=False, choices=TRIS)

    use_required_attribute = False

    def __init__(
        self,
        *args: Any,
        controles: Iterable[str],
        porteurs: Iterable[tuple[str, str]],
        axes: Iterable[tuple[str, str]],
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        par_famille = [
            (nom, [(famille, f"Tous : {nom.lower()}"), *((c, c) for c in controles if c.startswith(famille))])
            for famille, nom in FAMILLES
        ]
        self._choisir("controle", [("", "Tous les contrôles"), *par_famille])
        self._choisir("porteur", [("", "Tous les porteurs"), *porteurs])
        self._choisir("axe", [("", "Tous les axes"), *axes])

    def _choisir(self, nom: str, choix: list[Any]) -> None:
        champ: Any = self.fields[nom]
        champ.choices = choix

    def valeurs(self) -> dict[str, str]:
        """Return what is asked for; a filter that the address gets wrong is left out."""
        self.is_valid()
        return {nom: self.cleaned_data.get(nom, "") for nom in self.fields}

    def refuses(self) -> list[str]:
        """Return a sentence for each filter of the address that is not applied."""
        return [
            insecables(f"Le filtre « {self.fields[nom].label} » n'est pas appliqué : ce choix n'existe pas.")
            for nom in self.errors
        ]

    def appliques(self) -> list[tuple[str, str]]:
        """Return the filters applied: the parameter, and the words; the order is not one."""
        return [
            (nom, insecables(f"{self.fields[nom].label} : {self._mots(nom, valeur)}"))
            for nom, valeur in self.valeurs().items()
            if valeur and nom != "tri"
        ]

    def _mots(self, nom: str, valeur: str) -> str:
        champ = self.fields[nom]
        if not isinstance(champ, forms.ChoiceField):
            return f"« {valeur} »"
        return str(dict(_a_plat(champ.choices))[valeur]).strip()


def _a_plat(choix: Any) -> Iterator[tuple[str, str]]:
    """Give the choices of a list, those of its groups included."""
    for valeur, mots in choix:
        if isinstance(mots, list | tuple):
            yield from _a_plat(mots)
        else:
            yield valeur, mots


# -- A decision ------------------------------------------------------------------------------------
class DecisionForm(forms.Form):
    """A decision about findings: its reason is asked when one of them is blocking."""

    motif = ChampTexte(
        label="Pourquoi", required=False, help_text=AIDE_MOTIF, widget=forms.Textarea(attrs={"rows": 3})
    )

    use_required_attribute = False

    def __init__(self, *args: Any, motive: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["motif"].required = motive
        self.fields["motif"].error_messages["required"] = MOTIF_ATTENDU


# -- The thresholds --------------------------------------------------------------------------------
def seuils_actuels(campagne: Campagne) -> dict[str, Any]:
    """Return the thresholds of the year, by name: those that were set, else the defaults."""
    seuils = lire_seuils(campagne)
    return {nom: getattr(seuils, nom) for nom in SEUILS}


def _part(libelle: str, nom: str, aide: str, maximum: int) -> ChampQuantite:
    champ = ChampQuantite(label=libelle, help_text=_aide(nom, aide, " %"), unite="%")
    champ.validators.append(
        MaxValueValidator(maximum, f"Ce seuil ne dépasse pas {maximum} %% : vérifiez le nombre.")
    )
    return champ


def _nombre(libelle: str, nom: str, aide: str, unite: str, minimum: int, maximum: int) -> ChampNombre:
    champ = ChampNombre(
        label=libelle,
        help_text=_aide(nom, aide, f" {unite if getattr(Seuils(), nom) > 1 else unite.removesuffix('s')}"),
        maximum=maximum,
        widget=forms.TextInput(attrs={"data-unite": unite}),
    )
    champ.validators.append(MinValueValidator(minimum, f"Ce seuil est d'au moins {minimum}."))
    return champ


def _aide(nom: str, aide: str, unite: str) -> str:
    """Return what a threshold means, then its value by default."""
    return f"{aide} Par défaut : {nombre(getattr(Seuils(), nom))}{unite}."


class SeuilsForm(FormulaireVersionne):
    """The tolerances and thresholds of a year's contrôles."""

    GROUPES = (
        (
            "Les personnes",
            "",
            ("petit_effectif", "part_couverture", "ecart_annee"),
        ),
        ("L'argent", "", ("tolerance_montant", "tolerance_part", "plafond_etat", "seuil_convention")),
        (
            "L'écart entre le budget prévu et le budget réalisé",
            "Au-delà des deux seuils à la fois, le porteur explique l'écart du poste avant d'envoyer son bilan.",
            ("ecart_budget_euros", "ecart_budget_part"),
        ),
        ("Les dates", "", ("tolerance_jours",)),
    )

    petit_effectif = _nombre(
        "Petit effectif",
        "petit_effectif",
        "En dessous de ce nombre, avec une donnée sensible, une personne peut être reconnue.",
        "personnes",
        0,
        50,
    )
    part_couverture = _nombre(
        "Part des habitants tenue pour une couverture",
        "part_couverture",
        "Un bilan qui compte au moins cette part des habitants du quartier compte le quartier, pas les personnes "
        "venues.",
        "%",
        1,
        100,
    )
    ecart_annee = _nombre(
        "Écart d'une année à l'autre à signaler",
        "ecart_annee",
        "Au-delà, en plus ou en moins, le nombre de personnes est signalé.",
        "%",
        1,
        1000,
    )
    tolerance_montant = ChampMontantFormulaire(
        label="Écart admis entre deux montants",
        help_text=_aide(
            "tolerance_montant", "Un total imprimé peut différer d'autant de la somme de ses lignes.", " €"
        ),
    )
    tolerance_part = _part(
        "Arrondi admis pour une part",
        "tolerance_part",
        "Des parts arrondies peuvent faire 99 ou 101 % : ce qui est admis pour chacune.",
        5,
    )
    plafond_etat = _part(
        "Part de l'État au plus",
        "plafond_etat",
        "Au-delà de cette part du coût de l'action, l'aide de l'État est signalée. Voyez votre appel à projets.",
        100,
    )
    seuil_convention = ChampMontantFormulaire(
        label="Subvention qui demande une convention",
        help_text=_aide("seuil_convention", "Par an, par porteur et par financeur (décret 2001-495).", " €"),
    )
    ecart_budget_euros = ChampMontantFormulaire(
        label="Écart à expliquer, en euros",
        help_text=_aide("ecart_budget_euros", "Entre le prévu et le réalisé d'un poste.", " €"),
    )
    ecart_budget_part = _nombre(
        "Écart à expliquer, en part du prévu",
        "ecart_budget_part",
        "Un poste qui n'était pas prévu s'explique dès le seuil en euros.",
        "%",
        0,
        1000,
    )
    tolerance_jours = _nombre(
        "Écart admis sur une durée",
        "tolerance_jours",
        "« Deux semaines, du 25 juillet au 8 août » : quinze jours pour quatorze.",
        "jours",
        0,
        31,
    )

    def __init__(self, *args: Any, campagne: Campagne, **options: Any) -> None:
        options["initial"] = {**seuils_actuels(campagne), **(options.get("initial") or {})}
        super().__init__(*args, campagne=campagne, **options)

    def groupes(self) -> Iterator[Groupe]:
        """Give the fields by group."""
        return groupes(self, self.GROUPES)
