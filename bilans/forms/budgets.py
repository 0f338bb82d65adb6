"""The form of a forecast budget: the usual posts first, every other account one press away."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from django import forms
from django.forms import BoundField

from actions.models import ActionAnnuelle
from comptes.champs import ChampMontantFormulaire
from documents import additionner
from financements.budgets import CHARGE, PREVISIONNEL, PRODUIT, SUBVENTIONS
from financements.models import Budget, CompteBudgetaire, Financeur, LigneBudget, LigneFinancement
from financements.operations.budgets import CleLigne

from ..saisie.questions import AIDES_BUDGET, COMPTES_USUELS, mettre_en_page


class PartieDuFormulaire(NamedTuple):
    """One side of the forecast: the boxes to fill first, then all the others."""

    titre: str
    sens: str
    lignes: list[BoundField]
    autres: list[BoundField]
    # in euros, None while nothing is known
    total: Decimal | None


class PrevisionnelForm(forms.Form):
    """What was planned, in euros, account by account and funder by funder."""

    total_annonce = ChampMontantFormulaire(
        label="Total annoncé, sans détail",
        help_text="Quand seul le total est connu. Dès qu'un compte est rempli, c'est leur somme qui compte.",
        required=False,
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, annuelle: ActionAnnuelle) -> None:
        self.annuelle = annuelle
        self.budget: Budget | None = Budget.objects.filter(
            action_annuelle=annuelle, type=PREVISIONNEL
        ).first()
        self.cles: dict[str, CleLigne] = {}
        self._comptes = {compte.pk: compte for compte in CompteBudgetaire.objects.order_by("ordre", "code")}
        self._valeurs = _lire(self.budget)
        self._premiers = {compte for compte, financeur in self._valeurs if financeur is None} | set(
            COMPTES_USUELS
        )
        initial: dict[str, Any] = {
            "version": self.budget.version if self.budget else 0,
            "total_annonce": self.budget.total_annonce if self.budget else None,
        }
        super().__init__(data, initial=initial)
        mettre_en_page(self.fields["total_annonce"])
        for compte in self._comptes.values():
            if compte.pk == SUBVENTIONS:
                self._ajouter_les_financeurs()
            nom = "Autres subventions" if compte.pk == SUBVENTIONS else compte.libelle
            if not compte.hors_total or compte.parent_id:
                self._ajouter(f"compte_{compte.pk}", nom, (compte.pk, None), AIDES_BUDGET.get(compte.pk, ""))

    def _ajouter_les_financeurs(self) -> None:
        """Give a box to each funder of the contract: the grants are typed by funder."""
        lignes = LigneFinancement.objects.filter(action_annuelle=self.annuelle)
        du_programme = set(lignes.values_list("financeur", flat=True))
        comptes_connus = {financeur: compte for compte, financeur in self._valeurs if financeur is not None}
        self._financeurs_premiers = du_programme | set(comptes_connus)
        contrat = self.annuelle.campagne.contrat_id
        for financeur in Financeur.objects.filter(contrat=contrat).order_by("ordre", "nom", "pk"):
            compte = comptes_connus.get(financeur.pk) or financeur.ligne_cerfa_id or SUBVENTIONS
            self._ajouter(f"financeur_{financeur.cle}", financeur.nom, (compte, financeur.pk), "")

    def _ajouter(self, nom: str, libelle: str, cle: CleLigne, aide: str) -> None:
        champ = ChampMontantFormulaire(required=False)
        mettre_en_page(champ, libelle, aide)
        if self._comptes[cle[0]].hors_total:
            champ.widget.attrs["data-hors-total"] = ""
        self.fields[nom] = champ
        self.initial[nom] = self._valeurs.get(cle)
        self.cles[nom] = cle

    # -- Reading -----------------------------------------------------------------------------------
    def parties(self) -> Iterator[PartieDuFormulaire]:
        """Give the dépenses, then the recettes, contributions in kind left out."""
        for sens, titre in ((CHARGE, "Dépenses"), (PRODUIT, "Recettes")):
            noms = [
                nom for nom, (compte, _) in self.cles.items() if self._est_de(compte, sens, hors_total=False)
            ]
            premiers = [nom for nom in noms if self._est_premier(nom)]
            yield PartieDuFormulaire(
                titre,
                sens,
                [self[nom] for nom in premiers],
                [self[nom] for nom in noms if nom not in premiers],
                self._total(sens),
            )

    def contributions(self) -> Iterator[PartieDuFormulaire]:
        """Give the contributions in kind, on both sides."""
        for sens, titre in ((CHARGE, "Ce que valent les aides reçues"), (PRODUIT, "D'où elles viennent")):
            noms = [
                nom for nom, (compte, _) in self.cles.items() if self._est_de(compte, sens, hors_total=True)
            ]
            yield PartieDuFormulaire(titre, sens, [self[nom] for nom in noms], [], None)

    @property
    def contributions_remplies(self) -> bool:
        """Whether a contribution in kind is typed."""
        return any(
            self[nom].value() for nom, (code, _) in self.cles.items() if self._comptes[code].hors_total
        )

    def _est_de(self, compte: str, sens: str, *, hors_total: bool) -> bool:
        lu = self._comptes[compte]
        return lu.sens == sens and lu.hors_total == hors_total

    def _est_premier(self, nom: str) -> bool:
        compte, financeur = self.cles[nom]
        if financeur is not None:
            return financeur in self._financeurs_premiers
        return compte in self._premiers or bool(self[nom].value()) or bool(self[nom].errors)

    def _total(self, sens: str) -> Decimal | None:
        """Return the sum of one side, in euros: of what was typed and can be read, else of what is stored."""
        if self.is_bound and not hasattr(self, "cleaned_data"):
            self.full_clean()
        source = self.cleaned_data if self.is_bound else self.initial
        return additionner(
            source.get(nom)
            for nom, (compte, _) in self.cles.items()
            if self._est_de(compte, sens, hors_total=False)
        )

    # -- What is written ---------------------------------------------------------------------------
    def montants(self) -> dict[CleLigne, Decimal | None]:
        """Return what was typed, by line."""
        return {cle: self.cleaned_data[nom] for nom, cle in self.cles.items()}

    def valeurs_actuelles(self) -> dict[str, Any]:
        """Return the present value of each field, for `comptes.versions.comparer`."""
        budget = Budget.objects.filter(action_annuelle=self.annuelle, type=PREVISIONNEL).first()
        valeurs = _lire(budget)
        lues: dict[str, Any] = {nom: valeurs.get(cle) for nom, cle in self.cles.items()}
        return lues | {"total_annonce": budget.total_annonce if budget else None}


def _lire(budget: Budget | None) -> dict[CleLigne, Decimal]:
    """Return the stored amounts by line: several lines of one account and one funder are added."""
    sommes: dict[CleLigne, Decimal] = {}
    if budget is not None:
        for ligne in LigneBudget.objects.filter(budget=budget).order_by("compte__ordre", "pk"):
            cle = (ligne.compte_id, ligne.financeur_id)
            sommes[cle] = sommes.get(cle, Decimal(0)) + ligne.montant
    return sommes
