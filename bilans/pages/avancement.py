"""How far the bilans of a year are, in six figures: for the whole year, by axe and by porteur."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst

from actions.models import ActionAnnuelle
from actions.querysets import ActionAnnuelleQuerySet
from actions.situation import RequeteCampagne
from comptes.templatetags.typographie import pluriel
from contrats.models import Axe
from documents.formats import INSECABLE
from porteurs.models import Porteur

from ..suivi import Avancement, avancements
from . import adresse
from .filters import AUCUN


@dataclass(frozen=True)
class Etat:
    """One of the six figures: `situation` is that of the follow-up list, `champ` the count of an `Avancement`."""

    champ: str
    situation: str
    libelle: str
    detail: str
    ton: str = ""


ETATS = (
    Etat("attendus", "attendus", "Attendus", ""),
    Etat("en_saisie", "en_saisie", "En saisie", "commencés, pas encore transmis"),
    Etat("a_lire", "a_lire", "Transmis", "à lire et à valider", "encours"),
    Etat("a_completer", "a_completer", "À compléter", "renvoyés au porteur", "alerte"),
    Etat("valides", "valides", "Validés", "", "fait"),
    Etat("en_retard", "en_retard", "En retard", "échéance passée, non reçus", "alerte"),
)
NOM = "nom"


@dataclass(frozen=True)
class Montant:
    """A figure of the progress, with its upright: `part` in points of what is awaited; no `url` for a zero."""

    libelle: str
    nombre: int
    part: int
    url: str
    detail: str = ""
    ton: str = ""


@dataclass(frozen=True)
class Case:
    """A number of a table, and the address of exactly its rows; empty for a zero."""

    libelle: str
    nombre: int
    url: str


@dataclass(frozen=True)
class Rang:
    """A row: an axe or a porteur, its six numbers; `retrait` for a service under its structure."""

    libelle: str
    avancement: Avancement
    cases: list[Case]
    retrait: bool = False


def montants(a: Avancement, suivi: str, actions: str) -> list[Montant]:
    """Return the six figures of a year; `suivi` is the address of the follow-up list, `actions` says how many."""
    details = {"attendus": f"pour {actions}", "valides": _pour_cent(a, a.valides)}
    return [
        Montant(
            etat.libelle,
            nombre := getattr(a, etat.champ),
            min(int(a.part(nombre) or 0), 100),
            f"{suivi}?bilan={etat.situation}" if nombre else "",
            details.get(etat.champ, etat.detail),
            etat.ton,
        )
        for etat in ETATS
    ]


def _pour_cent(a: Avancement, nombre: int) -> str:
    part = a.part(nombre)
    return "" if part is None else f"{int(part)}{INSECABLE}% des attendus"


class PageAvancement:
    """The six figures of the year of `request`, by axe of the first level and by porteur, as the address sorts them."""

    def __init__(self, request: RequeteCampagne) -> None:
        self.request = request
        self.tris, self.inconnus = adresse.lire_tris(request.GET, [NOM, *(etat.champ for etat in ETATS)])
        self._par_axe_et_porteur = avancements(self.lignes, "axe", "action__porteur")

    @property
    def lignes(self) -> ActionAnnuelleQuerySet:
        """The actions of the year that the account sees."""
        visibles: ActionAnnuelleQuerySet = ActionAnnuelle.objects.visibles_par(self.request.user)
        return visibles.filter(campagne=self.request.campagne)

    @property
    def tetes(self) -> dict[str, adresse.Tri]:
        """The headers of both tables: they are sorted together, figures from the largest."""
        champs = [etat.champ for etat in ETATS]
        return adresse.en_tetes(self.request.GET, self.tris, [NOM, *champs], champs)

    @property
    def colonnes(self) -> list[tuple[adresse.Tri, str]]:
        """The six columns: their header, their name."""
        tetes = self.tetes
        return [(tetes[etat.champ], etat.libelle) for etat in ETATS]

    @cached_property
    def total(self) -> Rang:
        """The whole year."""
        return self._rang("Total", sum(self._par_axe_et_porteur.values(), Avancement()), {})

    @property
    def montants(self) -> list[Montant]:
        """The figures of the whole year, on their uprights."""
        actions = pluriel(self.lignes.count(), "action,actions")
        return montants(self.total.avancement, self.suivi, actions)

    @property
    def suivi(self) -> str:
        """The address of the follow-up list."""
        return reverse("suivi_bilans", args=[self.request.contrat.slug, self.request.annee])

    @property
    def niveau(self) -> str:
        """What the contract calls its axes of the first level: « Enjeu »."""
        return capfirst(self.request.contrat.niveau_1 or "axe")

    # -- By axe ------------------------------------------------------------------------------------
    @cached_property
    def axes(self) -> list[Rang]:
        """An axe of the first level a row, what hangs from it included; then the actions without axe."""
        axes = {
            axe.pk: axe for axe in Axe.objects.filter(contrat=self.request.contrat).order_by("ordre", "code")
        }
        par_tete: dict[int | None, Avancement] = {}
        for (axe, _), a in self._par_axe_et_porteur.items():
            tete = None if axe is None else _premier(axes, axe)
            par_tete[tete] = par_tete.get(tete, Avancement()) + a
        groupes = [
            # The main axe alone: an action counts once.
            [self._rang(str(axe), par_tete[pk], {"axe": axe.code, "axe_principal": "1"})]
            for pk, axe in axes.items()
            if pk in par_tete
        ]
        rangs = [rang for groupe in self._trier(groupes) for rang in groupe]
        if None in par_tete:
            rangs.append(self._rang("Sans axe", par_tete[None], {"axe": AUCUN}))
        return rangs

    # -- By porteur --------------------------------------------------------------------------------
    @cached_property
    def porteurs(self) -> list[Rang]:
        """A structure a row, its services included and each set back under it."""
        par_porteur: dict[int, Avancement] = {}
        for (_, porteur), a in self._par_axe_et_porteur.items():
            par_porteur[porteur] = par_porteur.get(porteur, Avancement()) + a
        familles: dict[int, tuple[Porteur, list[Porteur]]] = {}
        for porteur in self._structures_et_services(par_porteur):
            if porteur.parent_id is None:
                familles[porteur.pk] = (porteur, [])
            else:
                familles[porteur.parent_id][1].append(porteur)
        groupes = [self._famille(*famille, par_porteur) for famille in familles.values()]
        return [rang for groupe in self._trier(groupes) for rang in groupe]

    def _structures_et_services(self, presents: Iterable[int]) -> list[Porteur]:
        """Return the porteurs of the year and their structures, these first."""
        presents = list(presents)
        porteurs = Porteur.objects.filter(Q(pk__in=presents) | Q(services__in=presents)).distinct()
        tous = porteurs.order_by("nom_normalise", "pk")
        return sorted(tous, key=lambda porteur: porteur.parent_id is not None)

    def _famille(
        self, structure: Porteur, services: list[Porteur], par_porteur: dict[int, Avancement]
    ) -> list[Rang]:
        rangs = [[self._rang(s.nom, par_porteur[s.pk], {"porteur": s.cle}, retrait=True)] for s in services]
        propre = par_porteur.get(structure.pk, Avancement())
        ensemble = sum((rang.avancement for (rang,) in rangs), propre)
        tete = self._rang(structure.nom, ensemble, {"porteur": structure.cle})
        return [tete, *(rang for (rang,) in self._trier(rangs))]

    # -- Rows --------------------------------------------------------------------------------------
    def _rang(self, libelle: str, a: Avancement, criteres: dict[str, str], *, retrait: bool = False) -> Rang:
        cases = []
        for etat in ETATS:
            nombre = getattr(a, etat.champ)
            url = f"{self.suivi}?{urlencode({**criteres, 'bilan': etat.situation})}" if nombre else ""
            cases.append(Case(etat.libelle, nombre, url))
        return Rang(libelle, a, cases, retrait)

    def _trier(self, groupes: list[list[Rang]]) -> list[list[Rang]]:
        """Return the groups, by their first row, in the order asked for; the order they come in is that of names."""
        numerotes = list(enumerate(groupes))
        for nom, decroissant in reversed(self.tris):
            numerotes.sort(key=_rang_selon(nom), reverse=decroissant)
        return [groupe for _, groupe in numerotes]


def _rang_selon(nom: str) -> Callable[[tuple[int, list[Rang]]], int]:
    """Return what orders numbered groups by the column `nom`: their place in the alphabet, or a count."""
    if nom == NOM:
        return lambda numerote: numerote[0]
    return lambda numerote: int(getattr(numerote[1][0].avancement, nom))


def _premier(axes: dict[int, Axe], pk: int) -> int:
    """Return the axe of the first level from which the axe `pk` hangs."""
    while (parent := axes[pk].parent_id) is not None:
        pk = parent
    return pk
