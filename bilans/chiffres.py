"""The figures of a year: people, money, printed totals. Each comes with the address of the rows behind it.

Everything is computed from the rows that the account sees, in a number of queries that does not depend on
how many there are. Amounts are euros; None is « not known », never zero.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce

from actions.models import ActionAnnuelle, Campagne
from actions.querysets import ActionAnnuelleQuerySet
from contrats.models import Axe
from documents import additionner, repartir_100
from financements.models import Financeur, LigneFinancement, TotalControle
from financements.querysets import MONTANT, LigneFinancementQuerySet
from financements.verses import verse_par_ligne
from porteurs.models import Porteur

from .effectifs import ENSEMBLE, FEMMES, HOMMES, QPV, Grille, grilles
from .models import Bilan, Effectif


# -- People ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Personnes:
    """The people that some bilans state in one perimeter, estimates and ranges apart."""

    libelle: str
    bilans: int
    personnes: int
    par_sexe: int
    femmes: int
    hommes: int
    estimations: int


def personnes(bilans: Iterable[Bilan]) -> list[Personnes]:
    """Return the people of `bilans` (as given by `bilans_lus`), all of them then those of the QPV.

    The sum adds different people of each action: whoever takes part in two actions is counted twice.
    """
    bilans = list(bilans)
    return [
        _personnes("Ensemble du public", ENSEMBLE, bilans),
        _personnes("Habitantes et habitants du QPV", QPV, bilans),
    ]


def colonne_des_personnes(campagne: Campagne, utilisateur: Any) -> str:
    """Return the count of people that most bilans of the year give: `personnes`, or `personnes_qpv`."""
    # Their bilan decides who sees them: asked of the year's alone, not of every bilan.
    bilans = Bilan.objects.visibles_par(utilisateur).filter(action_annuelle__campagne=campagne)
    effectifs = Effectif.objects.filter(bilan__in=bilans.order_by(), mesure=Effectif.Mesure.PERSONNES)
    dits = dict(effectifs.order_by().values_list("perimetre").annotate(bilans=Count("bilan", distinct=True)))
    return "personnes_qpv" if dits.get(QPV, 0) > dits.get(ENSEMBLE, 0) else "personnes"


def qui_dit_combien(bilans: Iterable[Bilan]) -> tuple[int, int, int]:
    """Return how many bilans state a number of people, how many by sex, how many an estimate or a range only."""
    lus = [[lire_le_public(bilan, perimetre) for perimetre in (ENSEMBLE, QPV)] for bilan in bilans]
    donnes = [[lu for lu in bilan if lu.exacte is not None] for bilan in lus]
    return (
        sum(bool(bilan) for bilan in donnes),
        sum(any(lu.exacte.connait_le_sexe for lu in bilan if lu.exacte) for bilan in donnes),
        sum(
            not exacts and any(lu.estimee for lu in bilan) for bilan, exacts in zip(lus, donnes, strict=True)
        ),
    )


@dataclass(frozen=True)
class Lecture:
    """What a bilan says of its people in one perimeter: an exact grid, or an estimate or a range."""

    exacte: Grille | None
    estimee: bool


def lire_le_public(bilan: Bilan, perimetre: str) -> Lecture:
    """Return what the bilan (as given by `bilans_lus`) says of its people in one perimeter."""
    effectifs = [e for e in bilan.effectifs.all() if e.perimetre == perimetre and e.mesure == "personnes"]
    grille = grilles(effectifs, bilan.action_annuelle.campagne.tranches.all())[perimetre]
    estimee = any(e.approximatif for e in effectifs) or bool(effectifs and grille.total is None)
    return Lecture(None if estimee or grille.total is None else grille, estimee)


def _personnes(libelle: str, perimetre: str, bilans: list[Bilan]) -> Personnes:
    lus = [lire_le_public(bilan, perimetre) for bilan in bilans]
    exactes = [lu.exacte for lu in lus if lu.exacte is not None]
    sexuees = [grille for grille in exactes if grille.connait_le_sexe]
    return Personnes(
        libelle=libelle,
        bilans=len(exactes),
        personnes=sum(grille.total or 0 for grille in exactes),
        par_sexe=len(sexuees),
        femmes=sum(grille.total_de_la_colonne(FEMMES) or 0 for grille in sexuees),
        hommes=sum(grille.total_de_la_colonne(HOMMES) or 0 for grille in sexuees),
        estimations=sum(lu.estimee for lu in lus),
    )


# -- Money -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Poste:
    """The money of a funder, of an axe or of a structure in the year.

    `criteres` is the query string of the list of actions that shows the rows behind it; `part` is in points
    of the total politique de la ville, rounded so that the parts add to 100.
    """

    pk: int | None
    libelle: str
    criteres: str
    actions: int
    accorde: Decimal | None
    hors_total: Decimal | None = None
    demande: Decimal | None = None
    notifie: Decimal | None = None
    verse: Decimal | None = None
    part: Decimal | None = None
    niveau: int = 1
    dans_total: bool = True

    @property
    def montant(self) -> Decimal | None:
        """What a funder accords, in the total or beside it; for an axe or a structure, what counts in the total."""
        return self.accorde if self.dans_total else self.hors_total


def lignes_de_l_annee(campagne: Campagne, utilisateur: Any) -> LigneFinancementQuerySet:
    """Return the funding lines of the year that the account sees: a financeur sees its own only."""
    lignes: LigneFinancementQuerySet = LigneFinancement.objects.visibles_par(utilisateur)
    return lignes.filter(action_annuelle__campagne=campagne).order_by()


def par_financeur(campagne: Campagne, utilisateur: Any) -> list[Poste]:
    """Return the money of each funder, those beside the total with their amount in `hors_total`."""
    etats = ("montant_demande", "montant_accorde", "montant_notifie")
    sommes = {
        ligne["financeur"]: ligne
        for ligne in lignes_de_l_annee(campagne, utilisateur)
        .values("financeur")
        .annotate(
            actions=Count("action_annuelle", distinct=True),
            **{etat: Sum(etat, output_field=MONTANT) for etat in etats},
        )
    }
    verses: dict[int, Decimal] = {}
    par_ligne = verse_par_ligne(lignes_de_l_annee(campagne, utilisateur))
    for ligne, payeur in lignes_de_l_annee(campagne, utilisateur).values_list("pk", "financeur"):
        if ligne in par_ligne:
            verses[payeur] = verses.get(payeur, Decimal(0)) + par_ligne[ligne]
    postes = []
    for financeur in Financeur.objects.visibles_par(utilisateur).filter(pk__in=sommes):
        somme = sommes[financeur.pk]
        accorde = somme["montant_accorde"]
        postes.append(
            Poste(
                pk=financeur.pk,
                libelle=financeur.nom,
                criteres=f"?financeur={financeur.cle}",
                actions=somme["actions"],
                accorde=accorde if financeur.dans_total else None,
                hors_total=None if financeur.dans_total else accorde,
                demande=somme["montant_demande"],
                notifie=somme["montant_notifie"],
                verse=verses.get(financeur.pk),
                dans_total=financeur.dans_total,
            )
        )
    return avec_parts(postes)


def par_axe(campagne: Campagne, utilisateur: Any) -> list[Poste]:
    """Return the money of each axe and of what hangs from it, in reading order, then without axe.

    An action counts once, in its main axe. A part is given to the first level only.
    """
    axes = {axe.pk: axe for axe in Axe.objects.filter(contrat=campagne.contrat)}
    montants = _par(campagne, utilisateur, "axe")
    cumules: dict[int | None, _Cumul] = defaultdict(_Cumul)
    for pk, cumul in montants.items():
        cumules[pk].ajouter(cumul)
        ancetre = axes[pk].parent_id if pk else None
        while ancetre:
            cumules[ancetre].ajouter(cumul)
            ancetre = axes[ancetre].parent_id
    postes = [
        cumules[pk].poste(pk, axe.libelle, f"?axe={axe.code}&axe_principal=1", axe.niveau)
        for pk, axe in axes.items()
        if pk in cumules
    ]
    if None in cumules:
        postes.append(cumules[None].poste(None, "Sans axe", "?axe=aucun"))
    return avec_parts(postes)


def par_structure(campagne: Campagne, utilisateur: Any) -> list[Poste]:
    """Return the money of each structure, its services included, the largest amount first."""
    cumules = _par(campagne, utilisateur, "structure")
    structures = Porteur.objects.filter(pk__in=[pk for pk in cumules if pk])
    postes = [
        cumules[s.pk].poste(s.pk, s.nom, f"?porteur={s.cle}") for s in structures.order_by("nom_normalise")
    ]
    return avec_parts(sorted(postes, key=lambda poste: -(poste.accorde or Decimal(0))))


@dataclass
class _Cumul:
    """What adds up under an axe or a structure."""

    actions: int = 0
    accorde: Decimal | None = None
    hors_total: Decimal | None = None

    def ajouter(self, autre: "_Cumul") -> None:
        self.actions += autre.actions
        self.accorde = additionner([self.accorde, autre.accorde])
        self.hors_total = additionner([self.hors_total, autre.hors_total])

    def poste(self, pk: int | None, libelle: str, criteres: str, niveau: int = 1) -> Poste:
        return Poste(pk, libelle, criteres, self.actions, self.accorde, self.hors_total, niveau=niveau)


def _par(campagne: Campagne, utilisateur: Any, cle: str) -> dict[int | None, _Cumul]:
    """Return actions and amounts of the year by `axe` or by `structure`."""
    chemin = {"axe": F("axe"), "structure": Coalesce("action__porteur__parent", "action__porteur")}[cle]
    chemin_des_lignes = {
        "axe": F("action_annuelle__axe"),
        "structure": Coalesce("action_annuelle__action__porteur__parent", "action_annuelle__action__porteur"),
    }[cle]
    actions = ActionAnnuelle.objects.visibles_par(utilisateur).filter(campagne=campagne).order_by()
    cumuls: dict[int | None, _Cumul] = {
        ligne["groupe"]: _Cumul(ligne["nombre"])
        for ligne in actions.values(groupe=chemin).annotate(nombre=Count("pk"))
    }
    for ligne in (
        lignes_de_l_annee(campagne, utilisateur)
        .values("financeur__dans_total", groupe=chemin_des_lignes)
        .annotate(somme=Sum("montant_accorde", output_field=MONTANT))
    ):
        colonne = "accorde" if ligne["financeur__dans_total"] else "hors_total"
        cumuls[ligne["groupe"]].ajouter(_Cumul(**{colonne: ligne["somme"]}))
    return cumuls


def avec_parts(postes: list[Poste]) -> list[Poste]:
    """Return the postes, those of the first level with their part of the sum of `accorde`."""
    premiers = [poste for poste in postes if poste.niveau == 1]
    parts = iter(repartir_100([poste.accorde for poste in premiers]))
    return [replace(poste, part=next(parts)) if poste.niveau == 1 else poste for poste in postes]


@dataclass(frozen=True)
class Argent:
    """The money of a year, from every side."""

    financeurs: list[Poste]
    axes: list[Poste]
    structures: list[Poste]
    # actions that have at least one funding line
    actions: int

    @property
    def dans_total(self) -> list[Poste]:
        """The funders of the politique de la ville total."""
        return [poste for poste in self.financeurs if poste.dans_total]

    @property
    def hors_total(self) -> list[Poste]:
        """The funders beside it."""
        return [poste for poste in self.financeurs if not poste.dans_total]

    @property
    def total(self) -> Decimal | None:
        """The politique de la ville total, as accorded."""
        return additionner(poste.accorde for poste in self.dans_total)

    @property
    def total_hors_total(self) -> Decimal | None:
        """What is accorded beside it."""
        return additionner(poste.hors_total for poste in self.hors_total)

    @property
    def total_des_financeurs(self) -> Poste:
        """The line of the total by funder, those beside it left out."""
        return _ligne_de_total(self.dans_total, self.actions, ("accorde", "demande", "notifie", "verse"))

    @property
    def total_des_actions(self) -> Poste:
        """The line of the total by axe or by structure: each action counts once."""
        actions = sum(poste.actions for poste in self.structures)
        return _ligne_de_total(self.structures, actions, ("accorde", "hors_total"))

    @property
    def axes_de_tete(self) -> list[Poste]:
        """The axes of the first level, and what has none."""
        return [poste for poste in self.axes if poste.niveau == 1]


def _ligne_de_total(postes: list[Poste], actions: int, colonnes: tuple[str, ...]) -> Poste:
    sommes: dict[str, Any] = {
        colonne: additionner(getattr(poste, colonne) for poste in postes) for colonne in colonnes
    }
    return replace(Poste(None, "Total", "", actions, None), **sommes)


def argent(campagne: Campagne, utilisateur: Any) -> Argent:
    """Return the money of the year as the account sees it."""
    lignes = lignes_de_l_annee(campagne, utilisateur)
    return Argent(
        financeurs=par_financeur(campagne, utilisateur),
        axes=par_axe(campagne, utilisateur),
        structures=par_structure(campagne, utilisateur),
        actions=lignes.aggregate(nombre=Count("action_annuelle", distinct=True))["nombre"],
    )


# -- Printed totals --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Rapprochement:
    """A total printed in the town's document beside the computed one; both in euros, points or units."""

    imprime: TotalControle
    calcule: Decimal | None

    @property
    def ecart(self) -> Decimal | None:
        """What the document says more than the rows (negative: less), None when there is nothing to compare."""
        return None if self.calcule is None else self.imprime.valeur - self.calcule


def rapprochements(campagne: Campagne, utilisateur: Any, argent: Argent) -> list[Rapprochement]:
    """Return the printed totals of the year, each beside what the rows give (domaine.md §9, FIN-01 to FIN-07)."""
    imprimes = TotalControle.objects.visibles_par(utilisateur).filter(campagne=campagne, action_annuelle=None)
    lus = list(imprimes.select_related("financeur", "porteur").order_by("ordre"))
    if not lus:
        return []
    actions: ActionAnnuelleQuerySet = ActionAnnuelle.objects.visibles_par(utilisateur).filter(
        campagne=campagne
    )
    bilans = Bilan.objects.visibles_par(utilisateur).filter(action_annuelle__in=actions.values("pk"))
    comptes = bilans.avec_effectifs().aggregate(qpv=Sum("personnes_qpv"), tous=Sum("personnes"))
    personnes_comptees = comptes["qpv"] if comptes["qpv"] is not None else comptes["tous"]
    return [Rapprochement(imprime, _calcule(imprime, argent, actions, personnes_comptees)) for imprime in lus]


def _calcule(
    imprime: TotalControle, argent: Argent, actions: ActionAnnuelleQuerySet, personnes: int | None
) -> Decimal | None:
    nature = imprime.Nature
    if imprime.nature == nature.ACTIONS:
        comptees = actions.de_la_structure(imprime.porteur) if imprime.porteur else actions
        return Decimal(comptees.count())
    if imprime.nature == nature.STRUCTURES:
        return Decimal(actions.nombre_de_structures())
    if imprime.nature == nature.EFFECTIF:
        return None if personnes is None else Decimal(personnes)
    postes = argent.structures if imprime.porteur_id else argent.financeurs
    vise = imprime.porteur_id or imprime.financeur_id
    poste = next((poste for poste in postes if poste.pk == vise), None)
    if imprime.nature == nature.PART:
        return poste.part if poste else Decimal(100)
    if vise is None:
        return argent.total
    return additionner([poste.accorde, poste.hors_total if imprime.financeur_id else None]) if poste else None
