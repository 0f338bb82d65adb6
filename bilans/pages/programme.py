"""The programme of a year as an account sees it: its rows, their order, what each one shows. All reading."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    F,
    Field,
    IntegerField,
    OrderBy,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Expression
from django.db.models.functions import Coalesce

from actions.models import ActionAnnuelle, Campagne
from actions.querysets import ActionAnnuelleQuerySet
from actions.situation import RequeteCampagne
from documents import additionner
from financements.models import Financeur, LigneFinancement
from financements.querysets import MONTANT, LigneFinancementQuerySet

from ..models import Bilan
from ..suivi import selon_bilan, suivies_par

# Amounts that a row can show: column, state of the amount, whether the funders count in the total.
MONTANTS = {
    "accorde": ("montant_accorde", True),
    "hors_total": ("montant_accorde", False),
    "demande": ("montant_demande", True),
    "notifie": ("montant_notifie", True),
}
Expr = Expression | F

# A column per funder is named after its key.
PREFIXE_FINANCEUR = "f_"


# -- Totals ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Totaux:
    """What a choice of rows adds up to; amounts in euros, None when no line has one."""

    actions: int
    structures: int
    a_recevoir: int
    # by column of amounts: those of `MONTANTS`, and one per funder
    montants: dict[str, Decimal | None]

    def de(self, colonne: str) -> Decimal | None:
        """Return the total of a column of amounts, None when nothing is known of it."""
        return self.montants.get(colonne)


def lignes_de(lignes: ActionAnnuelleQuerySet, utilisateur: Any) -> LigneFinancementQuerySet:
    """Return the funding lines of `lignes` that the account sees: a financeur sees its own only."""
    visibles: LigneFinancementQuerySet = LigneFinancement.objects.visibles_par(utilisateur)
    return visibles.filter(action_annuelle__in=lignes.order_by().values("pk")).order_by()


def totaux(lignes: ActionAnnuelleQuerySet, utilisateur: Any, campagne: Campagne) -> Totaux:
    """Return the figures of `lignes`, each computed by the database over all the rows, not over a page."""
    par_financeur = list(
        lignes_de(lignes, utilisateur)
        .values("financeur__cle", "financeur__dans_total")
        .annotate(**{etat: Sum(etat, output_field=MONTANT) for etat, _ in MONTANTS.values()})
    )
    montants = {
        colonne: additionner(
            ligne[etat] for ligne in par_financeur if ligne["financeur__dans_total"] == dans_total
        )
        for colonne, (etat, dans_total) in MONTANTS.items()
    }
    for ligne in par_financeur:
        montants[PREFIXE_FINANCEUR + ligne["financeur__cle"]] = ligne["montant_accorde"]
    return Totaux(
        actions=lignes.count(),
        structures=lignes.nombre_de_structures(),
        a_recevoir=lignes.filter(selon_bilan("a_recevoir", utilisateur, campagne)).count(),
        montants=montants,
    )


# -- What a row shows ------------------------------------------------------------------------------
def avec_colonnes(
    lignes: ActionAnnuelleQuerySet, colonnes: Iterable[str], utilisateur: Any
) -> ActionAnnuelleQuerySet:
    """Annotate what `colonnes` show or sort by, as the account sees it.

    `accorde`, `hors_total`, `demande`, `notifie` and `f_<key of a funder>` are euros, None when no visible
    line has an amount; `personnes` and `personnes_qpv` are different people of a visible bilan; `statut_bilan`
    is the state of the bilan: « à saisir » when one is awaited and nobody has begun, None when none is, or when
    the account would not see it before it is validated; `transmis_le` is when it was transmitted.
    """
    colonnes = set(colonnes)
    annotations: dict[str, Any] = {}
    if "bilan" in colonnes:
        annotations["statut_bilan"] = Coalesce(
            _du_bilan(utilisateur, "statut", CharField()),
            Case(
                When(
                    suivies_par(utilisateur) & ~Q(statut__in=ActionAnnuelle.STATUTS_SANS_BILAN),
                    then=Value(Bilan.Statut.A_SAISIR.value),
                ),
                output_field=CharField(),
            ),
        )
    if "transmis_le" in colonnes:
        annotations["transmis_le"] = _du_bilan(utilisateur, "transmis_le", DateTimeField())
    for colonne in colonnes & {"personnes", "personnes_qpv"}:
        bilans = Bilan.objects.visibles_par(utilisateur).filter(action_annuelle=OuterRef("pk")).order_by()
        annotations[colonne] = Subquery(
            bilans.avec_effectifs().values(colonne)[:1], output_field=IntegerField()
        )
    for colonne in colonnes:
        if colonne in MONTANTS:
            etat, dans_total = MONTANTS[colonne]
            annotations[colonne] = _somme(utilisateur, etat, Q(financeur__dans_total=dans_total))
        elif colonne.startswith(PREFIXE_FINANCEUR):
            cle = colonne.removeprefix(PREFIXE_FINANCEUR)
            annotations[colonne] = _somme(utilisateur, "montant_accorde", Q(financeur__cle=cle))
    return lignes.annotate(**annotations)


def _du_bilan(utilisateur: Any, champ: str, type_de_champ: "Field[Any, Any]") -> Subquery:
    """Return a field of the visible bilan of a row."""
    visibles = Bilan.objects.visibles_par(utilisateur).filter(action_annuelle=OuterRef("pk"))
    return Subquery(visibles.order_by().values(champ)[:1], output_field=type_de_champ)


def _somme(utilisateur: Any, etat: str, condition: Q) -> Subquery:
    """Return the sum of an amount over the visible funding lines of a row."""
    visibles = LigneFinancement.objects.visibles_par(utilisateur).filter(
        condition, action_annuelle=OuterRef("pk")
    )
    somme = visibles.order_by().values("action_annuelle").annotate(total=Sum(etat)).values("total")
    return Subquery(somme, output_field=MONTANT)


# -- Order -----------------------------------------------------------------------------------------
def _rang(champ: str, valeurs: Iterable[str]) -> Case:
    return Case(
        *(When(**{champ: valeur}, then=Value(rang)) for rang, valeur in enumerate(valeurs)),
        output_field=IntegerField(),
    )


def _cles_de_tri(colonne: str) -> tuple[Expr, ...]:
    """Return the expressions that a column sorts by, None last; the same order on every database."""
    fixes: dict[str, tuple[Expr, ...]] = {
        "action": (F("action__intitule_normalise"),),
        "porteur": (
            Coalesce("action__porteur__parent__nom_normalise", "action__porteur__nom_normalise"),
            F("action__porteur__nom_normalise"),
        ),
        "axe": (F("axe__ordre"),),
        "thematique": (F("thematique__ordre"), F("thematique")),
        "dispositif": (F("dispositif__ordre"), F("dispositif")),
        "etat": (_rang("statut", ActionAnnuelle.Statut.values),),
        "type": (F("type"),),
        "periode": (F("date_debut"), F("date_fin")),
        "bilan": (_rang("statut_bilan", Bilan.ORDRE_AVANCEMENT),),
    }
    return fixes.get(colonne) or (F(colonne),)


def trier(lignes: ActionAnnuelleQuerySet, tris: Iterable[tuple[str, bool]]) -> ActionAnnuelleQuerySet:
    """Return `lignes` sorted by columns, the first of `tris` first; a pair is (column, descending).

    What `avec_colonnes` annotates must have been asked for. Without `tris`, the programme's order.
    """
    ordre: list[OrderBy | str] = []
    for colonne, decroissant in tris:
        for cle in _cles_de_tri(colonne):
            ordre.append(cle.desc(nulls_last=True) if decroissant else cle.asc(nulls_last=True))
    return lignes.order_by(*ordre, F("ordre").asc(nulls_last=True), "pk") if ordre else lignes.dans_l_ordre()


def financeurs_de(request: RequeteCampagne) -> list[Financeur]:
    """Return the funders whose lines of the year the account sees, in the order of the columns."""
    visibles = LigneFinancement.objects.visibles_par(request.user).filter(
        action_annuelle__campagne=request.campagne
    )
    return list(
        Financeur.objects.visibles_par(request.user).filter(pk__in=visibles.order_by().values("financeur"))
    )
