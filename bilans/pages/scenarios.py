"""Scenarios as they are shown: their list, their grid, what differs from the programme or from another one."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.db.models import Sum
from django.urls import reverse

from actions.models import ActionAnnuelle, Campagne
from actions.situation import RequeteCampagne
from comptes.templatetags.typographie import euros, insecables, pluriel
from documents import additionner
from financements.models import MontantScenario, Scenario
from financements.programmation import Colonne, Etat, Grille
from financements.querysets import MONTANT
from financements.scenarios import enveloppes_du_scenario, grille_du_scenario

from . import adresse
from .filters import FiltreActions
from .grille import GrilleEnVue, Presentation, ecrire_montant, en_vue
from .listes import LignesTriees
from .programmation import LIGNES_PAR_PAGE
from .programme import trier


def etat_ecrit(scenario: Scenario) -> Etat:
    """Return the state of the amounts that adopting `scenario` writes."""
    return Etat(scenario.etat.removeprefix("montant_"))


@dataclass(frozen=True)
class ScenarioLu:
    """A row of the list of scenarios; `total` counts the funders of the total, in euros."""

    scenario: Scenario
    total: Decimal | None
    url: str


def scenarios_lus(request: RequeteCampagne) -> list[ScenarioLu]:
    """Return the scenarios of the year, the newest first, in a fixed number of queries."""
    scenarios = (
        Scenario.objects.visibles_par(request.user)
        .filter(campagne=request.campagne)
        .select_related("cree_par")
        .order_by("-cree_le", "pk")
    )
    sommes = (
        MontantScenario.objects.filter(scenario__campagne=request.campagne, financeur__dans_total=True)
        .order_by()
        .values_list("scenario")
        .annotate(somme=Sum("montant", output_field=MONTANT))
    )
    totaux = dict(sommes)
    return [
        ScenarioLu(
            scenario,
            totaux.get(scenario.pk),
            reverse("scenario", args=[request.contrat.slug, request.annee, scenario.cle]),
        )
        for scenario in scenarios
    ]


class PageScenario(LignesTriees):
    """The grid of a scenario: the same filters and the same keyboard as that of the programme."""

    principaux = ("q", "axe", "porteur", "dispositif")

    def __init__(self, request: RequeteCampagne, scenario: Scenario) -> None:
        super().__init__(request)
        self.scenario = scenario
        self.etat = etat_ecrit(scenario)
        self.annuelles = list(trier(self.lignes, self.tris).pour_liste())
        self.grille: Grille = grille_du_scenario(scenario, self.annuelles)
        self.page = self._paginer()
        self.vue: GrilleEnVue = Presentation(
            request=request,
            modifiables=None if self.ouvert else frozenset(),
            enveloppes=enveloppes_du_scenario(scenario),
            avec_page=False,
        ).montrer(self.grille, list(self.page))

    def _paginer(self) -> Page[Any]:
        paginateur: Paginator[Any] = Paginator(self.grille.rangees, LIGNES_PAR_PAGE)
        try:
            return paginateur.page(self.criteres.get("page", 1))
        except (PageNotAnInteger, EmptyPage):
            self.avis.append("Cette page de la grille n'existe pas. Voici la première.")
            return paginateur.page(1)

    @property
    def tous(self) -> bool:
        """A scenario has one amount a cell."""
        return False

    @property
    def archivee(self) -> bool:
        """Whether nothing of the year changes any more."""
        return self.request.campagne.statut == Campagne.Statut.ARCHIVEE

    @property
    def ouvert(self) -> bool:
        """Whether its amounts can be changed."""
        return self.scenario.statut == Scenario.Statut.OUVERT and not self.archivee

    @property
    def url_cellule(self) -> str:
        """Where a script sends the cells of a row; the filters come along, for the sums."""
        arguments = [self.request.contrat.slug, self.request.annee, self.scenario.cle]
        criteres = adresse.sans(self.criteres, "page", "tri")
        return reverse("scenario_cellule", args=arguments) + adresse.ecrire(criteres)

    @property
    def journal(self) -> str:
        """What names, in the browser, the cells of this scenario that are not saved."""
        return f"scenario-{self.scenario.cle}"

    @property
    def url_cases(self) -> str:
        """A cell of a scenario has no page of its own."""
        return ""

    @property
    def champs_caches(self) -> list[tuple[str, str]]:
        """What the form of the filters keeps of the address."""
        return [("tri", self.tri_demande)] if self.tri_demande else []

    @cached_property
    def existe(self) -> bool:
        """Whether the year has an action, whatever the filters."""
        return bool(self.annuelles) or bool(self.filtre.queryset.exists())

    @property
    def phrase(self) -> str:
        """What the grid holds: « 41 actions, 667 039 € essayés »."""
        return _phrase(self.request, len(self.annuelles), self.grille.total)


def _phrase(request: RequeteCampagne, nombre: int, total: Decimal | None) -> str:
    combien = pluriel(nombre, "action,actions,Aucune action")
    somme = f"{euros(total)} essayés" if total is not None else "aucun montant essayé"
    return f"{combien} en {request.annee}, {somme}."


def apres_une_case_essayee(
    request: RequeteCampagne, scenario: Scenario, annuelle: ActionAnnuelle, colonnes: Iterable[Colonne]
) -> dict[str, Any]:
    """Return, for the script, the sums of the row and of the filtered rows, and what would remain of the envelopes.

    `phrase` is the sentence on top of the grid, as `PageScenario.phrase`.
    """
    montants = MontantScenario.objects.filter(scenario=scenario).order_by()
    filtres = FiltreActions(request).qs.order_by().values("pk")
    par_colonne = {
        f"{somme['financeur__cle']}-{somme['nature_credit']}": somme
        for somme in montants.filter(action_annuelle__in=filtres)
        .values("financeur__cle", "financeur__dans_total", "nature_credit")
        .annotate(somme=Sum("montant", output_field=MONTANT))
    }
    siennes = montants.filter(action_annuelle=annuelle, financeur__dans_total=True)
    total = additionner(s["somme"] for s in par_colonne.values() if s["financeur__dans_total"])
    vides = dict.fromkeys((colonne.cle for colonne in colonnes), "")
    return {
        "total_ligne": ecrire_montant(siennes.aggregate(somme=Sum("montant", output_field=MONTANT))["somme"]),
        "totaux": vides | {cle: ecrire_montant(somme["somme"]) for cle, somme in par_colonne.items()},
        "total": ecrire_montant(total),
        "phrase": insecables(_phrase(request, filtres.count(), total)),
        "enveloppes": [en_vue(situation).en_json() for situation in enveloppes_du_scenario(scenario)],
    }
