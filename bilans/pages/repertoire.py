"""The porteurs of a year as an account sees them: what they carry, what they were awarded, what is awaited."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, IntegerField, OrderBy, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.expressions import Expression
from django.db.models.functions import Coalesce

from actions.models import ActionAnnuelle
from actions.querysets import ActionAnnuelleQuerySet
from actions.situation import RequeteCampagne
from comptes.templatetags.typographie import pluriel
from documents import additionner
from financements.models import AmbiguiteMontants, LigneFinancement
from financements.querysets import MONTANT
from porteurs.models import Porteur

from ..navigation import Lien
from ..suivi import selon_bilan
from . import adresse
from .programme import avec_colonnes

# Columns that can be sorted; the figures begin with the largest.
TRIS: dict[str, tuple[Expression | F, ...]] = {
    "porteur": (F("nom_normalise"),),
    "structure": (Coalesce("parent__nom_normalise", "nom_normalise"), F("nom_normalise")),
    "type": (F("type"),),
    "actions": (F("actions_annee"),),
    "accorde": (F("accorde"),),
    "hors_total": (F("hors_total"),),
    "bilans": (F("bilans_attendus") - F("bilans_recus"), F("bilans_attendus")),
}
CHIFFRES = ("actions", "accorde", "hors_total", "bilans")


@dataclass(frozen=True)
class TotauxPorteurs:
    """What the rows add up to; amounts in euros, None when no line has one."""

    porteurs: int
    structures: int
    actions: int
    accorde: Decimal | None
    hors_total: Decimal | None
    bilans_attendus: int
    bilans_recus: int


class RepertoirePorteurs:
    """The list that an address asks for: `q` searches, `type` filters, `tous` adds those without an action."""

    def __init__(self, request: RequeteCampagne) -> None:
        self.request = request
        self.gere = request.user.has_perm("contrats.gerer", request.contrat)
        # PostgreSQL refuses to look for a NUL; nobody types one.
        self.q = request.GET.get("q", "").replace("\0", "").strip()
        types = request.GET.get("type", "")
        self.type = types if types in Porteur.Type.values else ""
        self.tous = "tous" in request.GET
        self.tris, _ = adresse.lire_tris(request.GET, TRIS)
        self.porteurs: list[Any] = list(self._trier(self._choisir()))

    def _choisir(self) -> QuerySet[Porteur]:
        visibles = Porteur.objects.visibles_par(self.request.user).filter(epci=self.request.contrat.epci_id)
        if self.q:
            visibles = visibles.chercher(self.q)
        if self.type:
            visibles = visibles.filter(type=self.type)
        annotes = avec_chiffres(visibles, self.request)
        return annotes if self.tous else annotes.filter(Q(actions_annee__gt=0))

    def _trier(self, porteurs: QuerySet[Porteur]) -> QuerySet[Porteur]:
        ordre: list[OrderBy | str] = []
        for nom, decroissant in self.tris or [("structure", False)]:
            for cle in TRIS[nom]:
                ordre.append(cle.desc(nulls_last=True) if decroissant else cle.asc(nulls_last=True))
        return porteurs.select_related("parent").order_by(*ordre, "nom_normalise", "pk")

    @property
    def tetes(self) -> dict[str, adresse.Tri]:
        """The headers of the columns."""
        return adresse.en_tetes(self.request.GET, self.tris, TRIS, CHIFFRES)

    @property
    def avec_hors_total(self) -> bool:
        """Whether a row has an amount beside the total."""
        return any(porteur.hors_total is not None for porteur in self.porteurs)

    @property
    def totaux(self) -> TotauxPorteurs:
        """The figures of the rows shown."""
        lignes = self.porteurs
        return TotauxPorteurs(
            porteurs=len(lignes),
            structures=len({porteur.parent_id or porteur.pk for porteur in lignes}),
            actions=sum(porteur.actions_annee for porteur in lignes),
            accorde=additionner(porteur.accorde for porteur in lignes),
            hors_total=additionner(porteur.hors_total for porteur in lignes),
            bilans_attendus=sum(porteur.bilans_attendus for porteur in lignes),
            bilans_recus=sum(porteur.bilans_recus for porteur in lignes),
        )

    @property
    def phrase(self) -> str:
        """What the list holds: « 20 structures, 25 porteurs, 46 actions de 2023 »."""
        t = self.totaux
        structures = pluriel(t.structures, "structure,structures")
        actions = pluriel(t.actions, "action,actions")
        # A service counts with its structure, not beside it.
        porteurs = f", {pluriel(t.porteurs, 'porteur,porteurs')}" if t.porteurs != t.structures else ""
        return f"{structures}{porteurs}, {actions} de {self.request.annee}."

    @property
    def a_confirmer(self) -> int:
        """How many actions of the year have amounts that nobody has confirmed yet."""
        ouvertes = AmbiguiteMontants.objects.visibles_par(self.request.user).filter(tranchee_le=None)
        return ouvertes.filter(action_annuelle__campagne=self.request.campagne).count()

    @property
    def puces(self) -> list[Lien]:
        """The filters applied."""
        appliques = {
            "q": f"« {self.q} »" if self.q else "",
            "type": Porteur.Type(self.type).label if self.type else "",
            "tous": "Avec ou sans action" if self.tous else "",
        }
        criteres = self.request.GET
        return [
            Lien(libelle, adresse.avec(criteres, **{nom: None}))
            for nom, libelle in appliques.items()
            if libelle
        ]


def avec_chiffres(porteurs: QuerySet[Porteur], request: RequeteCampagne) -> QuerySet[Porteur]:
    """Annotate the figures of the year as the account sees them.

    `actions_annee`, `bilans_attendus` and `bilans_recus` are counts; `accorde` and `hors_total` are euros,
    None when no visible line has an amount. For a funder, who sees its own lines only, `accorde` is theirs,
    in the total or beside it.
    """
    utilisateur, campagne = request.user, request.campagne
    actions = ActionAnnuelle.objects.visibles_par(utilisateur).filter(campagne=campagne)
    lignes = LigneFinancement.objects.visibles_par(utilisateur).filter(action_annuelle__campagne=campagne)
    gere = utilisateur.has_perm("contrats.gerer", request.contrat)
    dedans, dehors = (Q(financeur__dans_total=True), Q(financeur__dans_total=False)) if gere else (Q(), None)
    return porteurs.annotate(
        actions_annee=_compter(actions),
        bilans_attendus=_compter(actions.filter(selon_bilan("attendus", utilisateur, campagne))),
        bilans_recus=_compter(
            actions.filter(selon_bilan("attendus", utilisateur, campagne)).filter(
                selon_bilan("recus", utilisateur, campagne)
            )
        ),
        accorde=_sommer(lignes.filter(dedans)),
        hors_total=_sommer(lignes.filter(dehors) if dehors is not None else lignes.none()),
    )


def _compter(actions: ActionAnnuelleQuerySet) -> Coalesce:
    par_porteur = actions.filter(action__porteur=OuterRef("pk")).order_by().values("action__porteur")
    compte = Subquery(par_porteur.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    return Coalesce(compte, Value(0))


def _sommer(lignes: Any) -> Subquery:
    par_porteur = lignes.filter(action_annuelle__action__porteur=OuterRef("pk")).order_by()
    somme = par_porteur.values("action_annuelle__action__porteur").annotate(
        total=Sum("montant_accorde", output_field=MONTANT)
    )
    return Subquery(somme.values("total"), output_field=MONTANT)


# -- A porteur across the years --------------------------------------------------------------------
@dataclass(frozen=True)
class LigneAction:
    """An action of a porteur in one year; `statut_bilan` is None when no bilan is awaited or shown."""

    annuelle: ActionAnnuelle
    statut_bilan: str | None
    accorde: Decimal | None
    hors_total: Decimal | None


@dataclass(frozen=True)
class AnneePorteur:
    """What a porteur carries in one year; the sums are in euros, None when nothing is known."""

    annee: int
    lignes: list[LigneAction]

    @property
    def accorde(self) -> Decimal | None:
        """The sum awarded, in the total."""
        return additionner(ligne.accorde for ligne in self.lignes)

    @property
    def hors_total(self) -> Decimal | None:
        """The sum awarded beside the total."""
        return additionner(ligne.hors_total for ligne in self.lignes)


def annees_du_porteur(porteur: Porteur, request: RequeteCampagne) -> list[AnneePorteur]:
    """Return what `porteur` and its services carry in the contract, the latest year first."""
    visibles: ActionAnnuelleQuerySet = ActionAnnuelle.objects.visibles_par(request.user)
    siennes = visibles.de_la_structure(porteur).filter(campagne__contrat=request.contrat)
    lignes = avec_colonnes(siennes, ("bilan", "accorde", "hors_total"), request.user)
    annees: dict[int, list[LigneAction]] = {}
    for ligne in lignes.pour_liste().order_by(
        "-campagne__annee", F("ordre").asc(nulls_last=True), "action__recherche", "pk"
    ):
        annees.setdefault(ligne.campagne.annee, []).append(
            LigneAction(ligne, ligne.statut_bilan, ligne.accorde, ligne.hors_total)
        )
    return [AnneePorteur(annee, siennes_annee) for annee, siennes_annee in annees.items()]
