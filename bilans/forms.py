"""The form of a bilan and the reasons asked by its changes of state."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django import forms
from django.forms import BoundField

from actions.models import TrancheAge
from comptes.champs import ChampDate, ChampNombre, ChampTexte
from comptes.templatetags.typographie import date_longue
from documents import additionner

from . import effectifs as eff
from .models import Bilan, Effectif
from .operations import CHAMPS_SAISIS, OperationRefusee, SaisieEffectifs, verifier_echeance
from .regles import saisie_ouverte

CHAMP = "bilans/bilan_champ.html"
TEXTES = (
    "motif_non_realisation",
    *Bilan.CHAMPS_RECIT,
    "type_public",
    "moyens",
    "partenariats",
    "dates_lieux",
)
NOMBRES = ("salaries", "benevoles", "intervenants", "nombre_seances")
# Nobody leads a million people; a larger number is a telephone number or a missing space.
PLUS_GRAND_EFFECTIF = 999_999
PUBLIC = {eff.ENSEMBLE: "ensemble du public", eff.QPV: "habitantes et habitants du QPV"}
AIDES = {
    "motif_non_realisation": "Pourquoi, et ce qui est prévu. Demandé quand l'action n'a pas eu lieu ou a été reportée.",
    "dates_lieux": "Par exemple : les mercredis de 14 h à 16 h, à la maison de quartier.",
    "mise_en_oeuvre": "Ce qui s'est passé, avec qui, à quel rythme.",
    "points_forts": "Ce qui a bien marché.",
    "difficultes": "Ce qui a manqué ou freiné, et ce que vous avez essayé.",
    "perspectives": "Ce que vous souhaitez poursuivre, changer ou arrêter.",
    "participation_habitants": "Leur place dans le choix, la préparation ou la conduite de l'action.",
    "egalite_femmes_hommes": "Qui vient, qui ne vient pas, et comment chacune et chacun trouve sa place.",
    "type_public": "Par exemple : enfants d'école élémentaire, familles monoparentales, demandeurs d'emploi.",
    "moyens": "Personnel, locaux, matériel, transport.",
    "partenariats": "Les structures qui ont pris part à l'action.",
}


class Groupe(NamedTuple):
    """Fields shown together, under a title and a sentence; those of a row stand side by side."""

    code: str
    titre: str
    phrase: str
    rangees: list[list[BoundField]]


@dataclass
class RangSaisi:
    """A row of the grid as it is typed: its cells (women, men, not given), the stated total if there is one."""

    libelle: str
    cellules: list[BoundField]
    annonce: BoundField | None
    total: int | None


@dataclass
class GrilleSaisie:
    """The grid of a perimeter as it is typed, with what is known beside it."""

    perimetre: str
    titre: str
    ensemble: RangSaisi
    ages: list[RangSaisi]
    # the sums of the ages: women, men, not given, everyone
    sommes: list[int | None]
    estimation: BoundField
    citations: list[str] = field(default_factory=list)
    autres: list[Effectif] = field(default_factory=list)
    ecarts: list[str] = field(default_factory=list)

    @property
    def cases(self) -> list[BoundField]:
        """The cells that are typed, in reading order."""
        rangs = [self.ensemble, *self.ages]
        return [case for rang in rangs for case in (*rang.cellules, rang.annonce) if case is not None]

    @property
    def erreurs(self) -> list[BoundField]:
        """The cells that carry an error."""
        return [case for case in self.cases if case.errors]

    @property
    def fautives(self) -> set[str]:
        """The names of the cells that carry an error."""
        return {case.name for case in self.erreurs}

    @property
    def noms(self) -> set[str]:
        """The names of its fields."""
        return {case.name for case in (*self.cases, self.estimation)}


class BilanForm(forms.ModelForm):
    """A bilan to enter: every answer may wait, except what would contradict itself.

    The cells of the grids are fields of the form, named by `effectifs.nom_du_champ`.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    # The browser blocks nothing but a half-typed date, which it would send as a blank: we say the rest.
    use_required_attribute = False

    class Meta:
        model = Bilan
        fields = CHAMPS_SAISIS
        field_classes = {
            **dict.fromkeys(TEXTES, ChampTexte),
            **dict.fromkeys(NOMBRES, ChampNombre),
            **dict.fromkeys(("date_debut", "date_fin"), ChampDate),
        }
        widgets = {
            "realisation": forms.RadioSelect,
            **{nom: forms.Textarea(attrs={"rows": 3}) for nom in TEXTES},
        }
        help_texts = AIDES
        labels = {
            "realisation": "L'action a été",
            "motif_non_realisation": "Pourquoi",
            "date_debut": "Elle a commencé le",
            "date_fin": "Elle a fini le",
        }

    def __init__(self, data: Any = None, *, instance: Bilan) -> None:
        self.campagne = instance.action_annuelle.campagne
        self.tranches = tuple(self.campagne.tranches.all())
        self.lignes = list(instance.effectifs.select_related("tranche"))
        self.stockees = eff.grilles(self.lignes, self.tranches)
        initial = {**valeurs_effectifs(self.lignes), "version": instance.version}
        super().__init__(data, instance=instance, initial=initial)
        self._preparer_champs(instance)
        for perimetre in eff.PERIMETRES:
            self._ajouter_grille(perimetre)

    def _preparer_champs(self, bilan: Bilan) -> None:
        champs = self.fields
        champs["realisation"].choices = Bilan.Realisation.choices  # type: ignore[attr-defined]
        for nom in CHAMPS_SAISIS:
            champs[nom].template_name = CHAMP  # type: ignore[attr-defined]
        annuelle = bilan.action_annuelle
        prevu = _periode(annuelle.date_debut, annuelle.date_fin)
        if prevu:
            champs["date_debut"].help_text = f"Prévu {prevu}."
        if annuelle.objectifs:
            champs[
                "objectifs_atteints"
            ].help_text = f"Les objectifs de la fiche action : « {annuelle.objectifs} »"
        if annuelle.lieux and not annuelle.volets.exists():
            champs["dates_lieux"].help_text = f"Prévu : {annuelle.lieux}"

    def _ajouter_grille(self, perimetre: str) -> None:
        for tranche in (None, *self.tranches):
            for sexe in (*eff.SEXES, eff.TOTAL):
                cellule = eff.Cellule(tranche.pk if tranche else None, sexe)
                ages = tranche.libelle if tranche else "tous âges"
                libelle = f"{Effectif.Sexe(sexe).label}, {ages}, {PUBLIC[perimetre]}"
                champ = ChampNombre(label=libelle, required=False, maximum=PLUS_GRAND_EFFECTIF)
                champ.widget.attrs |= {
                    "aria-label": libelle,
                    "data-cellule": f"{perimetre}-{cellule.tranche or 'ensemble'}-{sexe}",
                }
                self.fields[eff.nom_du_champ(perimetre, cellule)] = champ
        self.fields[f"{perimetre}_estimation"] = forms.BooleanField(
            label="Ces nombres sont une estimation", required=False, template_name=CHAMP
        )

    # -- Reading the form --------------------------------------------------------------------------
    def groupes(self) -> Iterator[Groupe]:
        """Give the fields by group, in the order of the page; the grids stand at the head of « Publics »."""
        for code, titre, phrase, rangees in GROUPES:
            yield Groupe(code, titre, phrase, [[self[nom] for nom in noms] for noms in rangees])

    def grilles(self) -> list[GrilleSaisie]:
        """Return the grids as they are to be shown: what was typed, else what is stored."""
        return [self._grille_affichee(perimetre) for perimetre in eff.PERIMETRES]

    def grille(self, perimetre: str) -> eff.Grille:
        """Return the grid that was typed, unreadable cells left out; the stored one before anything is typed."""
        if not self.is_bound:
            return self.stockees[perimetre]
        cellules = {
            cellule: self.cleaned_data[nom]
            for cellule, nom in self._cellules(perimetre)
            if self.cleaned_data.get(nom) is not None
        }
        return eff.Grille(perimetre, self.tranches, cellules)

    def champs(self) -> dict[str, Any]:
        """Return what was typed in the fields of the bilan itself."""
        return {nom: self.cleaned_data[nom] for nom in CHAMPS_SAISIS}

    def effectifs(self) -> list[SaisieEffectifs]:
        """Return what was typed in the grids."""
        return [
            SaisieEffectifs(self.grille(perimetre), self.cleaned_data[f"{perimetre}_estimation"])
            for perimetre in eff.PERIMETRES
        ]

    def _cellules(self, perimetre: str) -> Iterator[tuple[eff.Cellule, str]]:
        for tranche in (None, *(tranche.pk for tranche in self.tranches)):
            for sexe in (*eff.SEXES, eff.TOTAL):
                cellule = eff.Cellule(tranche, sexe)
                yield cellule, eff.nom_du_champ(perimetre, cellule)

    def _grille_affichee(self, perimetre: str) -> GrilleSaisie:
        grille = self.grille(perimetre)
        siennes = [ligne for ligne in self.lignes if ligne.perimetre == perimetre]
        citations = [ligne.citation for ligne in siennes if ligne.citation]
        stockes = self.stockees[perimetre].ecarts()
        if perimetre == eff.QPV:
            stockes += self.stockees[eff.QPV].ecarts_avec(self.stockees[eff.ENSEMBLE])
        return GrilleSaisie(
            perimetre,
            Effectif.Perimetre(perimetre).label,
            self._rang(grille, None),
            [self._rang(grille, tranche) for tranche in self.tranches],
            [
                *(additionner(grille.valeur(t.pk, s) for t in self.tranches) for s in eff.SEXES),
                grille.total_des_tranches,
            ],
            self[f"{perimetre}_estimation"],
            list(dict.fromkeys(citations)),
            [ligne for ligne in siennes if not eff.est_une_cellule(ligne)],
            [] if self.is_bound else [ecart.message for ecart in stockes],
        )

    def _rang(self, grille: eff.Grille, tranche: TrancheAge | None) -> RangSaisi:
        cle = tranche.pk if tranche else None
        noms = [eff.nom_du_champ(grille.perimetre, eff.Cellule(cle, s)) for s in (*eff.SEXES, eff.TOTAL)]
        *cellules, annonce = [self[nom] for nom in noms]
        # The total of an age is computed; it is typed only where a document states one.
        saisi = tranche is None or bool(annonce.value() or annonce.errors) or annonce.value() == 0
        return RangSaisi(
            tranche.libelle if tranche else "Ensemble",
            cellules,
            annonce if saisi else None,
            grille.total_du_rang(cle) if tranche else grille.total,
        )

    # -- Checking ----------------------------------------------------------------------------------
    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        self._verifier_realisation(donnees)
        self._verifier_dates(donnees)
        self._verifier_grilles()
        return donnees

    def _verifier_realisation(self, donnees: dict[str, Any]) -> None:
        realisation = donnees.get("realisation")
        if realisation in Bilan.REALISATIONS_MOTIVEES and not donnees.get("motif_non_realisation"):
            self.add_error(
                "motif_non_realisation", "Indiquez pourquoi l'action n'a pas eu lieu ou a été reportée."
            )
        if (
            not realisation
            and self.instance.statut in Bilan.STATUTS_RECUS
            and "realisation" not in self.errors
        ):
            self.add_error("realisation", "Indiquez si l'action a été réalisée.")

    def _verifier_dates(self, donnees: dict[str, Any]) -> None:
        contrat = self.campagne.contrat
        for nom in ("date_debut", "date_fin"):
            jour = donnees.get(nom)
            if jour and not contrat.contient(jour):
                periode = _periode(contrat.date_debut, contrat.date_fin)
                self.add_error(nom, f"Cette date est hors du contrat, qui va {periode}.")
        debut, fin = donnees.get("date_debut"), donnees.get("date_fin")
        if debut and fin and fin < debut:
            self.add_error("date_fin", "L'action doit finir après avoir commencé : vérifiez les deux dates.")

    def _verifier_grilles(self) -> None:
        """Refuse what the typed figures contradict; what the source document already contradicted may wait.

        Such a gap stops the validation, not the saving of the rest of the bilan. Typed on an older version,
        the grids are first set beside what someone else saved, then checked.
        """
        if self.cleaned_data.get("version") != self.instance.version:
            return
        connus = {(ecart.code, ecart.message) for ecart in eff.ecarts(self.stockees)}
        saisies = {perimetre: self.grille(perimetre) for perimetre in eff.PERIMETRES}
        for ecart in eff.ecarts(saisies):
            if (ecart.code, ecart.message) not in connus:
                self.add_error(ecart.champs[0], ecart.message)


GROUPES: tuple[tuple[str, str, str, tuple[tuple[str, ...], ...]], ...] = (
    (
        "deroulement",
        "Déroulement",
        "Ce qui a eu lieu, quand et où.",
        (
            ("realisation",),
            ("motif_non_realisation",),
            ("date_debut", "date_fin"),
            ("dates_lieux",),
            ("nombre_seances",),
        ),
    ),
    (
        "recit",
        "Ce que vous en retenez",
        "Quelques lignes suffisent. Vous pouvez coller un texte déjà écrit.",
        tuple((nom,) for nom in Bilan.CHAMPS_RECIT),
    ),
    (
        "publics",
        "Publics",
        "Comptez chaque personne une seule fois. Une case vide veut dire « je ne sais pas », un zéro veut dire "
        "« personne ». Si vous ne connaissez pas les âges, la ligne « Ensemble » suffit.",
        (("type_public",),),
    ),
    (
        "moyens",
        "Moyens et partenaires",
        "Ce qui a été mobilisé, et avec qui.",
        (("moyens",), ("salaries", "benevoles", "intervenants"), ("partenariats",)),
    ),
)


def valeurs(bilan: Bilan) -> dict[str, Any]:
    """Return the present value of each visible field of the form; None for a cell that is not known."""
    lignes = list(bilan.effectifs.all())
    tranches = bilan.action_annuelle.campagne.tranches.all()
    return {
        **{nom: getattr(bilan, nom) for nom in CHAMPS_SAISIS},
        **cases_vides(tranches),
        **valeurs_effectifs(lignes),
    }


def cases_vides(tranches: Sequence[TrancheAge] | Any) -> dict[str, Any]:
    """Return every field of the two grids, nothing known."""
    cases: dict[str, Any] = {}
    for perimetre in eff.PERIMETRES:
        for tranche in (None, *(tranche.pk for tranche in tranches)):
            for sexe in (*eff.SEXES, eff.TOTAL):
                cases[eff.nom_du_champ(perimetre, eff.Cellule(tranche, sexe))] = None
        cases[f"{perimetre}_estimation"] = False
    return cases


def valeurs_effectifs(lignes: list[Effectif]) -> dict[str, Any]:
    """Return the known cells and the two « estimation » boxes, by name of field."""
    cellules = [ligne for ligne in lignes if eff.est_une_cellule(ligne)]
    connues: dict[str, Any] = {
        eff.nom_du_champ(ligne.perimetre, eff.Cellule(ligne.tranche_id, ligne.sexe)): ligne.valeur
        for ligne in cellules
    }
    for perimetre in eff.PERIMETRES:
        connues[f"{perimetre}_estimation"] = any(
            ligne.approximatif for ligne in cellules if ligne.perimetre == perimetre
        )
    return connues


def _periode(debut: Any, fin: Any) -> str:
    """Return « du 8 janvier 2024 au 28 juin 2024 », « à partir du … », « jusqu'au … », or an empty string."""
    if debut and fin:
        return f"du {date_longue(debut)} au {date_longue(fin)}"
    if debut:
        return f"à partir du {date_longue(debut)}"
    return f"jusqu'au {date_longue(fin)}" if fin else ""


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
            champ.help_text = "Les bilans de cette année sont clos : sans nouvelle date, le porteur ne pourrait rien écrire."
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
