"""The list of actions as its address asks for it: filters, columns, order, page, and the sentences around it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.paginator import EmptyPage, PageNotAnInteger
from django.urls import reverse

from actions.situation import RequeteCampagne
from comptes.templatetags.typographie import euros, pluriel
from documents.formats import INSECABLE
from financements.models import LigneFinancement

from . import adresse
from .annexes import ANNEXES
from .filters import FiltreActions
from .programme import MONTANTS, avec_colonnes, financeurs_de, totaux, trier
from .tables import (
    LIGNES_PAR_PAGE,
    ColonneMontant,
    ColonneNombre,
    LignesLues,
    TableActions,
    colonnes_des_financeurs,
)

# Shown unless the address says otherwise; the amounts and the axe only where the year has some.
COLONNES_PAR_DEFAUT = ("porteur", "axe", "etat", "bilan", "personnes", "accorde", "hors_total")
FORMATS_EXPORT = {"xlsx": "Excel", "pdf": "PDF", "docx": "Word", "csv": "CSV"}
PRINCIPAUX = ("q", "axe", "porteur", "bilan")


@dataclass(frozen=True)
class Puce:
    """A filter that is applied, and the address without it."""

    libelle: str
    url: str


@dataclass(frozen=True)
class ChoixColonne:
    """A column that can be shown."""

    nom: str
    libelle: str
    montree: bool


@dataclass(frozen=True)
class Lien:
    """A link and what it says."""

    libelle: str
    url: str


@dataclass(frozen=True)
class Export:
    """An annex of the rows of the list: its page, and its files."""

    titre: str
    description: str
    page: str
    fichiers: list[Lien]


class ListeActions:
    """The list that a request asks for. What its address gets wrong is left out and said in `avis`."""

    def __init__(self, request: RequeteCampagne) -> None:
        self.request = request
        self.criteres = request.GET
        self.filtre = FiltreActions(request)
        self.lignes = self.filtre.qs
        self.appliques = self.filtre.appliques()
        self.avis = self.filtre.refuses()
        self.financeurs = colonnes_des_financeurs(financeurs_de(request))
        self.colonnes = self._lire_colonnes()
        self.tris = self._lire_tris()
        self.table = self._table()

    # -- What is asked for -------------------------------------------------------------------------
    @cached_property
    def _possibles(self) -> dict[str, Any]:
        """The columns beside the first one, by name, in their order."""
        fixes = {nom: colonne for nom, colonne in TableActions.base_columns.items() if nom != "action"}
        return {**fixes, **dict(self.financeurs)}

    def _lire_colonnes(self) -> list[str]:
        demandees = adresse.liste(self.criteres, "colonnes")
        inconnues = [nom for nom in demandees if nom not in self._possibles]
        if inconnues:
            self.avis.append(_inconnues("colonne", inconnues))
        voulues = [nom for nom in demandees if nom in self._possibles] or self._par_defaut()
        return [nom for nom in self._possibles if nom in voulues]

    def _par_defaut(self) -> list[str]:
        toutes = self.filtre.queryset
        visibles = LigneFinancement.objects.visibles_par(self.request.user).filter(
            action_annuelle__campagne=self.request.campagne
        )
        dans_total = set(visibles.order_by().values_list("financeur__dans_total", flat=True).distinct())
        absentes = {nom for nom, (_, dans) in MONTANTS.items() if dans not in dans_total}
        if not toutes.filter(axe__isnull=False).exists():
            absentes.add("axe")
        return [nom for nom in COLONNES_PAR_DEFAUT if nom not in absentes]

    def _lire_tris(self) -> list[tuple[str, bool]]:
        triables = [
            "action",
            *(nom for nom, colonne in self._possibles.items() if colonne.orderable is not False),
        ]
        tris, inconnus = adresse.lire_tris(self.criteres, triables)
        if inconnus:
            self.avis.append(_inconnues("tri", inconnus))
        return tris

    # -- What is shown -----------------------------------------------------------------------------
    @cached_property
    def totaux(self) -> Any:
        """The figures of all the filtered rows."""
        return totaux(self.lignes, self.request.user, self.request.campagne)

    def _table(self) -> TableActions:
        besoins = [*self.colonnes, *(nom for nom, _ in self.tris)]
        lignes = trier(avec_colonnes(self.lignes, besoins, self.request.user), self.tris)
        table = TableActions(
            LignesLues(lignes.pour_liste(), self.totaux.actions),
            campagne=self.request.campagne,
            totaux=self.totaux,
            tris=adresse.en_tetes(self.criteres, self.tris, self._triables(), self._chiffres()),
            exclude=[nom for nom in self._possibles if nom not in self.colonnes],
            extra_columns=self.financeurs,
        )
        return self._page(table)

    def _page(self, table: TableActions) -> TableActions:
        try:
            table.paginate(page=self.criteres.get("page", 1), per_page=LIGNES_PAR_PAGE)
        except (PageNotAnInteger, EmptyPage):
            self.avis.append("Cette page de la liste n'existe pas. Voici la première.")
            table.paginate(page=1, per_page=LIGNES_PAR_PAGE)
        return table

    def _triables(self) -> list[str]:
        return ["action", *(nom for nom in self.colonnes if self._possibles[nom].orderable is not False)]

    def _chiffres(self) -> list[str]:
        return [
            n for n, colonne in self._possibles.items() if isinstance(colonne, ColonneMontant | ColonneNombre)
        ]

    @property
    def phrase(self) -> str:
        """What the list holds: « 41 actions de 2024, 16 structures, 3 bilans encore attendus »."""
        t = self.totaux
        debut = pluriel(t.actions, "action,actions")
        if self.appliques:
            debut += f" sur {self.filtre.queryset.count()}"
        morceaux = [f"{debut} de {self.request.annee}", pluriel(t.structures, "structure,structures")]
        if t.a_recevoir:
            morceaux.append(pluriel(t.a_recevoir, "bilan encore attendu,bilans encore attendus"))
        phrase = ", ".join(morceaux)
        accorde, hors_total = t.de("accorde"), t.de("hors_total")
        if accorde is not None:
            phrase += f", {euros(accorde)} accordés"
        if hors_total is not None:
            phrase += f"{' et' if accorde is not None else ','} {euros(hors_total)} hors total"
        return f"{phrase}."

    @property
    def puces(self) -> list[Puce]:
        """The filters applied, each with the address without it."""
        return [Puce(libelle, adresse.avec(self.criteres, **{nom: None})) for nom, libelle in self.appliques]

    @property
    def sans_filtre(self) -> str:
        """The address without any filter, columns and order kept."""
        return adresse.avec(self.criteres, **dict.fromkeys(self.filtre.filters))

    @property
    def choix_colonnes(self) -> list[ChoixColonne]:
        """The columns that can be shown, those that are marked."""
        return [
            ChoixColonne(nom, str(colonne.verbose_name), nom in self.colonnes)
            for nom, colonne in self._possibles.items()
        ]

    @cached_property
    def champs(self) -> dict[str, list[Any]]:
        """The fields of the filters: those shown at once, and the others."""
        montres = self.filtre.champs()
        return {
            "principaux": [champ for champ in montres if champ.name in PRINCIPAUX],
            "autres": [champ for champ in montres if champ.name not in PRINCIPAUX],
        }

    @property
    def autres_appliques(self) -> bool:
        """Whether a filter that is folded away is applied."""
        return any(nom not in PRINCIPAUX for nom, _ in self.appliques)

    @property
    def tri_demande(self) -> str:
        """The order asked for, as in the address."""
        return ",".join(f"-{nom}" if decroissant else nom for nom, decroissant in self.tris)

    @property
    def adresse(self) -> str:
        """The query string that says the same in the fewest words: a form names every column, even by default."""
        if set(self.colonnes) == set(self._par_defaut()):
            return adresse.ecrire(adresse.sans(self.criteres, "colonnes"))
        return adresse.ecrire(self.criteres)

    @cached_property
    def exports(self) -> list[Export]:
        """The annexes that the account may make of exactly these rows."""
        contrat, annee = self.request.contrat, self.request.annee
        filtres = adresse.seulement(self.criteres, [nom for nom, _ in self.appliques])
        return [
            Export(
                annexe.titre,
                annexe.description,
                reverse("annexe", args=[contrat.slug, annee, annexe.nom]) + filtres,
                [
                    Lien(
                        mot,
                        reverse("annexe_fichier", args=[contrat.slug, annee, annexe.nom, format]) + filtres,
                    )
                    for format, mot in FORMATS_EXPORT.items()
                ],
            )
            for annexe in ANNEXES.values()
            if annexe.par_action and self.request.user.has_perm(annexe.permission, contrat)
        ]


def _inconnues(quoi: str, noms: list[str]) -> str:
    cites = ", ".join(f"«{INSECABLE}{nom[:40]}{INSECABLE}»" for nom in noms[:3])
    return (
        f"L'adresse demande {'une colonne' if quoi == 'colonne' else 'un tri'} que cette liste n'a pas"
        f"{INSECABLE}: {cites}. Le reste est affiché."
    )
