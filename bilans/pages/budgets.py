"""The page of a budget: what was planned and what was spent, side by side, with what does not agree."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from actions.models import ActionAnnuelle
from comptes.templatetags.typographie import insecables
from documents import montant
from financements.budgets import (
    CHARGE,
    PREVISIONNEL,
    PRODUIT,
    REALISE,
    Chiffres,
    Comparaison,
    Poste,
    Rapprochement,
    lire_budgets,
    phrase_a_expliquer,
)

from ..annexes.crf import phrases_des_subventions


class Rangee(NamedTuple):
    """A row of the table: a post, one of its lines (`detail`), or a total (`total`)."""

    libelle: str
    chiffres: Chiffres
    detail: bool = False
    total: bool = False
    a_expliquer: bool = False


class Tableau(NamedTuple):
    """One side of the budgets, with its total last."""

    titre: str
    rangees: list[Rangee]


class Constats(NamedTuple):
    """What does not add up in one of the budgets; `equilibre` when both sides are known and agree."""

    titre: str
    phrases: list[str]
    equilibre: bool


@dataclass
class PageBudget:
    """Both budgets of an action, as they are read."""

    annuelle: ActionAnnuelle

    @cached_property
    def compare(self) -> Comparaison:
        """Both budgets, read once."""
        return lire_budgets(self.annuelle)

    @property
    def vide(self) -> bool:
        """Whether nothing is known of either."""
        return self.compare.est_vide(PREVISIONNEL) and self.compare.est_vide(REALISE)

    @property
    def realise_connu(self) -> bool:
        """Whether there is something to set beside what was planned."""
        return not self.compare.est_vide(REALISE)

    @property
    def phrase(self) -> str:
        """Return what the budgets come to, in a sentence."""
        if self.vide:
            return ""
        charges = self.compare.total(CHARGE)
        prevu = montant(charges.prevu) if charges.prevu is not None else "inconnu"
        realise = montant(charges.realise) if charges.realise is not None else "pas encore connu"
        return insecables(f"Coût prévu : {prevu}. Coût réalisé : {realise}.")

    @property
    def tableaux(self) -> list[Tableau]:
        """The dépenses, the recettes, then the contributions in kind when there are some."""
        tous = [
            self._tableau("Dépenses", self.compare.postes_de(CHARGE), "Total des dépenses", CHARGE),
            self._tableau("Recettes", self.compare.postes_de(PRODUIT), "Total des recettes", PRODUIT),
        ]
        for sens, titre in (
            (CHARGE, "Aides gratuites : leur valeur"),
            (PRODUIT, "Aides gratuites : leur origine"),
        ):
            if postes := self.compare.contributions(sens):
                rangees = [r for poste in postes for r in self._rangees(poste)]
                total = Rangee("Total", self.compare.total_en_nature(sens), total=True)
                tous.append(Tableau(insecables(titre), [*rangees, total]))
        return tous

    def _tableau(self, titre: str, postes: list[Poste], libelle: str, sens: str) -> Tableau:
        rangees = [rangee for poste in postes for rangee in self._rangees(poste)]
        return Tableau(titre, [*rangees, Rangee(libelle, self.compare.total(sens), total=True)])

    def _rangees(self, poste: Poste) -> list[Rangee]:
        a_expliquer = poste in self.compare.non_expliques
        rangees = [Rangee(poste.compte.libelle, poste.chiffres, a_expliquer=a_expliquer)]
        if poste.detaille:
            for ligne in poste.lignes:
                nom = ligne.libelle if ligne.financeur or ligne.compte.pk != poste.compte.pk else "Autres"
                rangees.append(Rangee(nom, ligne.chiffres, detail=True))
        return rangees

    @property
    def constats(self) -> list[Constats]:
        """What does not add up in each budget that is known in detail."""
        return [
            Constats(
                titre, [insecables(p) for p in self.compare.constats(nature)], self.compare.solde(nature) == 0
            )
            for nature, titre in ((PREVISIONNEL, "Budget prévu"), (REALISE, "Budget réalisé"))
            if any(p.chiffres.connus for p in self.compare.postes) and not self.compare.est_vide(nature)
        ]

    @property
    def rapprochements(self) -> list[tuple[str, list[Rapprochement]]]:
        """The grants of each budget beside the programme, funder by funder, where they do not say the same."""
        return [
            (titre, self.compare.rapprochements(nature))
            for nature, titre in (
                (PREVISIONNEL, "Subventions prévues et montants demandés"),
                (REALISE, "Subventions reçues et montants accordés"),
            )
            if self.compare.desaccords(nature)
        ]

    @property
    def explications(self) -> list[tuple[str, str, str]]:
        """The gaps: post, what is asked, what was explained."""
        attendus = {
            poste.compte.pk: insecables(phrase_a_expliquer(poste)) for poste in self.compare.a_expliquer
        }
        return [
            (poste.compte.libelle, attendus.get(poste.compte.pk, ""), poste.explication)
            for poste in self.compare.postes
            if poste.explication or poste.compte.pk in attendus
        ]

    @property
    def parts(self) -> list[str]:
        """What each grant received is of all the produits, in sentences."""
        return phrases_des_subventions(self.compare)
