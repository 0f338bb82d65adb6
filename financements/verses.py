"""What is paid, whatever the way: line by line, or by the payments of conventions. Euros, less what was recovered."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from actions.models import Campagne
from porteurs.models import Convention

from .attributions import ZERO, Part, lire_parts, par_ligne
from .models import AccesFinanceur, Enveloppe, Financeur, LigneFinancement, Versement
from .paiements import verse_net
from .querysets import LigneFinancementQuerySet, VersementQuerySet


def verse_par_ligne(lignes: LigneFinancementQuerySet) -> dict[int, Decimal]:
    """Return what was paid of each line (pk) of a query that was paid something, in a fixed number of queries.

    Other lines of the same conventions may be there too: read it with the lines at hand.
    """
    directs = lignes.avec_verse().filter(verse__isnull=False).order_by().values_list("pk", "verse")
    verses: dict[int, Decimal] = dict(directs)
    reliees = lignes.filter(convention__isnull=False).order_by()
    de_convention = Versement.objects.filter(
        convention__in=reliees.values("convention"),
        annee__in=reliees.values("action_annuelle__campagne__annee"),
        statut=Versement.Statut.VERSE,
    )
    for ligne, montant in par_ligne(lire_parts(de_convention, verse_net)).items():
        verses[ligne] = verses.get(ligne, ZERO) + montant
    return verses


def verses_des_enveloppes(
    campagne: Campagne, enveloppes: Iterable[Enveloppe], utilisateur: Any
) -> dict[int, Decimal]:
    """Return what is paid of each envelope (pk) as far as the account sees, in a fixed number of queries.

    Of one without dispositif, all that its funder paid in the year, by conventions and beside the programme too; of one
    with a dispositif, what the lines of its actions were paid.
    """
    du_financeur = {
        lu.financeur.pk: lu.total for lu in bilan_verse(campagne, utilisateur).financeurs if lu.financeur
    }
    lignes = LigneFinancement.objects.visibles_par(utilisateur).filter(action_annuelle__campagne=campagne)
    par_ligne_payee = verse_par_ligne(lignes)
    du_dispositif: dict[tuple[int, Any], Decimal] = {}
    colonnes = ("pk", "financeur", "action_annuelle__dispositif")
    for pk, financeur, dispositif in lignes.order_by("pk").values_list(*colonnes):
        cle = financeur, dispositif
        du_dispositif[cle] = du_dispositif.get(cle, ZERO) + par_ligne_payee.get(pk, ZERO)
    return {
        e.pk: du_financeur.get(e.financeur_id, ZERO)
        if e.dispositif_id is None
        else du_dispositif.get((e.financeur_id, e.dispositif_id), ZERO)
        for e in enveloppes
    }


@dataclass(frozen=True)
class HorsProgramme:
    """What a funder paid by a convention that no line of the programme takes; `financeur` is None when unknown."""

    convention: Convention
    financeur: Financeur | None
    montant: Decimal


@dataclass(frozen=True)
class VerseDuFinanceur:
    """All that a funder paid in a year, by the way it was paid; `financeur` is None when nothing says who."""

    financeur: Financeur | None
    par_ligne: Decimal = ZERO
    par_convention: Decimal = ZERO
    hors_programme: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """All of it: the sum of the payments, and of the parts of payments, of the funder."""
        return self.par_ligne + self.par_convention + self.hors_programme


@dataclass(frozen=True)
class BilanVerse:
    """What is paid in a year by funder, in their order, and what of it is beside the programme."""

    financeurs: tuple[VerseDuFinanceur, ...]
    hors_programme: tuple[HorsProgramme, ...]

    @property
    def total(self) -> Decimal:
        """The sum of the payments of the year."""
        return sum((lu.total for lu in self.financeurs), ZERO)


def bilan_verse(campagne: Campagne, utilisateur: Any = None) -> BilanVerse:
    """Return what is paid in a year as far as the account sees (None: the command line), in a fixed number of queries.

    A funder sees what it pays, by conventions too; a porteur what it is paid.
    """
    versements = Versement.objects.filter(statut=Versement.Statut.VERSE)
    if utilisateur is not None:
        versements = versements.visibles_par(utilisateur)
    sommes: dict[int | None, list[Decimal]] = {}

    def ajouter(financeur: int | None, rang: int, montant: Decimal) -> None:
        sommes.setdefault(financeur, [ZERO, ZERO, ZERO])[rang] += montant

    de_lignes = versements.filter(ligne__action_annuelle__campagne=campagne).select_related("ligne")
    for versement in de_lignes.prefetch_related("reversements").order_by("pk"):
        if versement.ligne is not None:
            ajouter(versement.ligne.financeur_id, 0, verse_net(versement))
    parts = parts_visibles(campagne, versements, utilisateur)
    for part in parts:
        ajouter(part.financeur, 1 if part.ligne is not None else 2, part.montant)
    financeurs = Financeur.objects.filter(pk__in=[pk for pk in sommes if pk]).order_by("ordre", "nom", "pk")
    connus: list[Financeur | None] = [*financeurs, *([None] if None in sommes else [])]
    return BilanVerse(
        tuple(VerseDuFinanceur(f, *sommes[f.pk if f else None]) for f in connus),
        _hors_programme(parts, {f.pk: f for f in connus if f}),
    )


def parts_visibles(campagne: Campagne, versements: VersementQuerySet, utilisateur: Any) -> list[Part]:
    """Return the parts of what the conventions of a year paid, of `versements` or of the funders of the account."""
    faits = Versement.objects.filter(
        convention__contrat=campagne.contrat_id, annee=campagne.annee, statut=Versement.Statut.VERSE
    )
    vus = set(versements.filter(pk__in=faits.values("pk")).order_by().values_list("pk", flat=True))
    siens: set[int] = set()
    if utilisateur is not None:
        acces = AccesFinanceur.objects.filter(utilisateur=utilisateur).order_by()
        siens = set(acces.values_list("financeur", flat=True))
    parts = lire_parts(faits, verse_net)
    return [part for part in parts if part.versement in vus or part.financeur in siens]


def _hors_programme(parts: list[Part], financeurs: dict[int, Financeur]) -> tuple[HorsProgramme, ...]:
    hors = [part for part in parts if part.ligne is None]
    lus = Versement.objects.filter(pk__in={part.versement for part in hors})
    conventions = {v.pk: v.convention for v in lus.select_related("convention__porteur").order_by("pk")}
    sommes: dict[tuple[int, int | None], Decimal] = {}
    objets: dict[int, Convention] = {}
    for part in hors:
        convention = conventions[part.versement]
        if convention is not None:
            objets[convention.pk] = convention
            cle = convention.pk, part.financeur
            sommes[cle] = sommes.get(cle, ZERO) + part.montant
    return tuple(
        HorsProgramme(objets[convention], financeurs.get(financeur) if financeur else None, montant)
        for (convention, financeur), montant in sommes.items()
    )
