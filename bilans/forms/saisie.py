"""The forms in which a bilan is entered: one step of the porteur, the one page of the chargé·e de mission."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django import forms
from django.forms import BoundField

from actions.models import TrancheAge
from documents import additionner

from .. import effectifs as eff
from ..models import Bilan, Effectif
from ..operations import SaisieEffectifs
from ..saisie import BUDGET, CHAMPS_SAISIS, INDICATEURS, Champ, Explication, Indicateur, Saisie, periode

# What the budget asks rarely: folded.
BUDGET_SUITE = "budget_suite"


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


class FormulaireSaisie(forms.Form):
    """Fields of a bilan (`bilans.saisie`), with the grids of people among them."""

    # What each field held when the page was made, in marks: tells what someone else changed since.
    releve = forms.CharField(widget=forms.HiddenInput, required=False)

    # The browser blocks nothing but a half-typed date, which it would send as a blank: we say the rest.
    use_required_attribute = False

    def __init__(self, data: Any, saisie: Saisie, noms: Iterable[str], **options: Any) -> None:
        self.saisie = saisie
        self.noms = list(noms)
        super().__init__(data, **options)
        for nom in self.noms:
            self.fields[nom] = saisie.champs[nom].formulaire

    # -- Reading the form --------------------------------------------------------------------------
    def groupes(self) -> Iterator[Groupe]:
        """Give the fields by group, in the order of the page; the grids stand at the head of « Publics »."""
        for code, titre, phrase, rangees in GROUPES:
            presentes = [[self[nom] for nom in noms if nom in self.fields] for noms in rangees]
            if any(presentes):
                yield Groupe(code, titre, phrase, [rangee for rangee in presentes if rangee])

    def rangees(self, champs: Iterable[Champ]) -> list[list[BoundField]]:
        """Return fields by row: the women and the men of an indicator stand together, under its total."""
        rangees: list[list[BoundField]] = []
        for champ in champs:
            sexue = isinstance(champ, Indicateur) and champ.colonne != "valeur"
            if sexue and champ.nom.endswith("_H"):
                rangees[-1].append(self[champ.nom])
            else:
                rangees.append([self[champ.nom]])
        return rangees

    def grilles(self) -> list[GrilleSaisie]:
        """Return the grids as they are to be shown: what was typed, else what is stored."""
        return [self._grille_affichee(perimetre) for perimetre in eff.PERIMETRES]

    def grille(self, perimetre: str) -> eff.Grille:
        """Return the grid that was typed, unreadable cells left out; the stored one before anything is typed."""
        if not self.is_bound:
            return self.saisie.grilles()[perimetre]
        if not hasattr(self, "cleaned_data"):
            self.full_clean()
        cellules = {
            cellule: self.cleaned_data[nom]
            for cellule, nom in self._cellules(perimetre)
            if self.cleaned_data.get(nom) is not None
        }
        return eff.Grille(perimetre, self.saisie.tranches, cellules)

    def _cellules(self, perimetre: str) -> Iterator[tuple[eff.Cellule, str]]:
        for tranche in (None, *(tranche.pk for tranche in self.saisie.tranches)):
            for sexe in (*eff.SEXES, eff.TOTAL):
                cellule = eff.Cellule(tranche, sexe)
                yield cellule, eff.nom_du_champ(perimetre, cellule)

    def _grille_affichee(self, perimetre: str) -> GrilleSaisie:
        grille, tranches = self.grille(perimetre), self.saisie.tranches
        siennes = [ligne for ligne in self.saisie.effectifs if ligne.perimetre == perimetre]
        citations = [ligne.citation for ligne in siennes if ligne.citation]
        return GrilleSaisie(
            perimetre,
            Effectif.Perimetre(perimetre).label,
            self._rang(grille, None),
            [self._rang(grille, tranche) for tranche in tranches],
            [
                *(additionner(grille.valeur(t.pk, s) for t in tranches) for s in eff.SEXES),
                grille.total_des_tranches,
            ],
            self[f"{perimetre}_estimation"],
            list(dict.fromkeys(citations)),
            [ligne for ligne in siennes if not eff.est_une_cellule(ligne)],
            [] if self.dit_ses_ecarts else self._ecarts(perimetre, grille),
        )

    @property
    def dit_ses_ecarts(self) -> bool:
        """Whether what does not add up is said as errors of the fields."""
        return False

    def _ecarts(self, perimetre: str, grille: eff.Grille) -> list[str]:
        ecarts = grille.ecarts()
        if perimetre == eff.QPV:
            ecarts += grille.ecarts_avec(self.grille(eff.ENSEMBLE))
        return [ecart.message for ecart in ecarts]

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


class EtapeForm(FormulaireSaisie):
    """A step of the porteur's form: shows what is saved, and over it what was typed and could not be.

    It refuses nothing: what cannot be read is shown as it was typed, with its sentence.
    """

    def __init__(self, saisie: Saisie, etape: str, typees: Mapping[str, str] | None = None) -> None:
        noms = [champ.nom for champ in saisie.de_l_etape(etape)]
        typees = typees or {}
        sauvees = {nom: saisie.brut(nom) for nom in noms}
        marques = {nom: saisie.marque(nom) for nom in noms}
        donnees = {**sauvees, "releve": json.dumps(marques), **typees}
        super().__init__(donnees, saisie, noms)
        for nom in noms:
            if donnees[nom] != sauvees[nom]:
                # The page tells its script what is saved where it shows something else.
                self.fields[nom].widget.attrs["data-avant"] = sauvees[nom]


class BilanForm(FormulaireSaisie):
    """A bilan to enter on one page, saved at once: every answer may wait, except what would contradict itself."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, instance: Bilan) -> None:
        self.instance = instance
        saisie = Saisie(instance)
        initial: dict[str, Any] = {nom: champ.valeur for nom, champ in saisie.champs.items()}
        initial |= {nom: texte for nom, texte in saisie.attente.items() if nom in initial}
        marques = {nom: saisie.marque(nom) for nom in saisie.champs}
        initial |= {"version": instance.version, "releve": json.dumps(marques)}
        super().__init__(data, saisie, saisie.champs, initial=initial)
        self._dire_ce_qui_est_prevu()

    def _dire_ce_qui_est_prevu(self) -> None:
        champs, annuelle = self.fields, self.saisie.annuelle
        prevu = periode(annuelle.date_debut, annuelle.date_fin)
        if prevu:
            champs["date_debut"].help_text = f"Prévu {prevu}."
        if annuelle.objectifs:
            champs[
                "objectifs_atteints"
            ].help_text = f"Les objectifs de la fiche action : « {annuelle.objectifs} »"
        if annuelle.lieux and not annuelle.volets.exists():
            champs["dates_lieux"].help_text = f"Prévu : {annuelle.lieux}"

    @property
    def dit_ses_ecarts(self) -> bool:
        return self.is_bound

    def groupes(self) -> Iterator[Groupe]:
        """Give the fields by group, those that the campaign and the budget add included."""
        for groupe in super().groupes():
            if groupe.code == "moyens":
                yield from self._groupe(
                    INDICATEURS, "Indicateurs et questions", "Laissez vide ce que vous ne savez pas."
                )
            yield groupe
        premiers = [m for m in self.saisie.montants if not m.rare]
        montres = [champ for champ in self.saisie.de_l_etape(BUDGET) if self._se_montre(champ)]
        autres = [champ for champ in montres if champ not in premiers]
        yield from self._groupe(
            BUDGET,
            "Budget réalisé",
            "En euros. Montants inconnus : laissez vide, un zéro veut dire « rien ».",
            premiers,
        )
        yield from self._groupe(BUDGET_SUITE, "Budget : le reste", "", autres)

    def _groupe(
        self, code: str, titre: str, phrase: str, champs: Iterable[Champ] | None = None
    ) -> Iterator[Groupe]:
        siens = self.saisie.de_l_etape(code) if champs is None else list(champs)
        if siens:
            yield Groupe(code, titre, phrase, self.rangees(siens))

    def _se_montre(self, champ: Champ) -> bool:
        """Return whether a field of the budget is of use: an explanation, where there is a gap or a text."""
        if not isinstance(champ, Explication) or self[champ.nom].value():
            return True
        return champ.compte in [poste.compte for poste in self.saisie.budget_compare.a_expliquer]

    @property
    def suite_remplie(self) -> bool:
        """Whether one of the folded fields of the budget holds something or carries an error."""
        premiers = {m.nom for m in self.saisie.montants if not m.rare}
        suite = [champ.nom for champ in self.saisie.de_l_etape(BUDGET) if champ.nom not in premiers]
        return any(self[nom].value() or self[nom].errors for nom in suite)

    def champs(self) -> dict[str, Any]:
        """Return what was typed in the fields of the bilan itself."""
        return {nom: self.cleaned_data[nom] for nom in CHAMPS_SAISIS}

    def effectifs(self) -> list[SaisieEffectifs]:
        """Return what was typed in the grids."""
        return [
            SaisieEffectifs(self.grille(perimetre), self.cleaned_data[f"{perimetre}_estimation"])
            for perimetre in eff.PERIMETRES
        ]

    def autres(self) -> dict[str, Any]:
        """Return what was typed in the other fields: indicators, questions, budget."""
        etapes = (INDICATEURS, BUDGET)
        return {nom: self.cleaned_data[nom] for nom, c in self.saisie.champs.items() if c.etape in etapes}

    # -- Checking ----------------------------------------------------------------------------------
    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        self._verifier_realisation(donnees)
        debut, fin = donnees.get("date_debut"), donnees.get("date_fin")
        if debut and fin and fin < debut:
            self.add_error("date_fin", "L'action doit finir après avoir commencé : vérifiez les deux dates.")
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

    def _verifier_grilles(self) -> None:
        """Refuse what the typed figures contradict; what the source document already contradicted may wait.

        Such a gap stops the validation, not the saving of the rest of the bilan. Typed on an older version,
        the grids are first set beside what someone else saved, then checked.
        """
        if self.cleaned_data.get("version") != self.instance.version:
            return
        connus = {(ecart.code, ecart.message) for ecart in eff.ecarts(self.saisie.grilles())}
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
    """Return the present value of each field of the form; None for what is not known."""
    return {nom: champ.valeur for nom, champ in Saisie(bilan).champs.items()}
