"""Reading what is paid: what each funding line and each convention of a year owes, has paid, and what holds it up.

Amounts are euros (Decimal); None is « not known », never zero. The same number of queries whatever the number of rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.db.models import Q
from django.utils import timezone

from actions.models import Campagne
from comptes.models import Utilisateur
from contrats.models import ContratVille
from documents.formats import additionner, date_longue
from porteurs.echeances import fin_effective
from porteurs.models import Convention, Echeance, Porteur

from .attributions import Couverture, lire_couverture, lire_parts, par_ligne
from .models import (
    Financeur,
    LigneFinancement,
    MontantConvention,
    RegleVersement,
    Reversement,
    Versement,
)
from .querysets import STATUTS_SANS_ARGENT, LigneFinancementQuerySet, VersementQuerySet
from .versements import ZERO, Fraction, Regle, Tranche, echeancier

Statut = Versement.Statut
# What is still to be paid: a payment made, or that will not be, is none of them.
A_VENIR = (Statut.PREVU, Statut.A_MANDATER, Statut.MANDATE, Statut.SUSPENDU)
# What a new calculation may change: nobody has committed it yet.
RECALCULABLES = (Statut.PREVU, Statut.A_MANDATER)


def recouvre(versement: Versement) -> Decimal:
    """Return what was recovered of a payment, in euros."""
    return sum((r.montant for r in versement.reversements.all() if r.date_recouvrement), ZERO)


def verse_net(versement: Versement) -> Decimal:
    """Return what was paid less what was recovered, in euros; 0 for a payment that is not made."""
    if versement.statut != Statut.VERSE or versement.montant_verse is None:
        return ZERO
    return versement.montant_verse - recouvre(versement)


def engage(versement: Versement) -> Decimal:
    """Return what a payment takes of the grant for good: paid, less recovered, or mandated."""
    if versement.statut == Statut.MANDATE:
        return versement.montant_prevu or ZERO
    return verse_net(versement)


def lire_regle(regle: RegleVersement) -> Regle:
    """Return a stored rule as the calculation reads it."""
    defaut = None
    if regle.numerateur_defaut is not None and regle.denominateur_defaut:
        defaut = Fraction(regle.numerateur_defaut, regle.denominateur_defaut)
    pieces = (" ".join(ligne.split()) for ligne in regle.pieces_exigees.splitlines())
    return Regle(
        rang=regle.rang,
        type=regle.type,
        mois=regle.mois,
        base=regle.base,
        fraction=Fraction(regle.numerateur, regle.denominateur),
        defaut=defaut,
        pieces=tuple(dict.fromkeys(piece for piece in pieces if piece)),
    )


@dataclass(frozen=True)
class Ecart:
    """What a new calculation changes: an instalment to create (`versement` is None), or one whose amount differs."""

    regle: RegleVersement
    tranche: Tranche
    versement: Versement | None

    @property
    def apres(self) -> Decimal | None:
        """The amount that is calculated, in euros."""
        return self.tranche.montant


@dataclass
class Paiement:
    """What a year of a funding line, or of a convention, is paid by."""

    objet: LigneFinancement | Convention
    contrat: ContratVille
    annee: int
    # Voted for N and N-1; of a funding line, notified or else awarded.
    subvention: Decimal | None
    precedente: Decimal | None
    # What may be paid once it is known: voted for a convention, notified for a funding line.
    notifiee: Decimal | None
    regles: list[RegleVersement] = field(default_factory=list)
    versements: list[Versement] = field(default_factory=list)
    # Overdue deadlines of obligations that condition the payments of the convention.
    manquantes: list[Echeance] = field(default_factory=list)
    # Of a funding line: whether its convention gives this funder's money for the year, and so pays it.
    par_convention: bool = False
    # Of a convention: the payments of its lines, made line by line before it gave their money.
    par_ligne: list[Versement] = field(default_factory=list)
    # Of a funding line: what its convention pays of it already, engaged, in euros.
    de_convention: Decimal = ZERO

    @property
    def porteur(self) -> Porteur:
        """Who is paid."""
        if isinstance(self.objet, Convention):
            return self.objet.porteur
        return self.objet.action_annuelle.action.porteur

    @property
    def financeur(self) -> Financeur | None:
        """Who pays; None for a convention, which may have several funders."""
        return None if isinstance(self.objet, Convention) else self.objet.financeur

    @property
    def libelle(self) -> str:
        """What is paid, in words."""
        if isinstance(self.objet, Convention):
            return self.objet.intitule
        return self.objet.action_annuelle.action.intitule

    @property
    def verse(self) -> Decimal:
        """What was paid, less what was recovered."""
        return sum((verse_net(v) for v in self.versements), ZERO)

    @property
    def verse_en_tout(self) -> Decimal:
        """What was paid of a convention's grant: by it, and line by line."""
        return self.verse + sum(map(verse_net, self.par_ligne), ZERO)

    @property
    def autrement(self) -> Decimal:
        """What is engaged of this grant the other way: line by line for a convention, by its convention for a line."""
        return self.de_convention + sum(map(engage, self.par_ligne), ZERO)

    @property
    def trop_verse(self) -> Decimal:
        """What was paid beyond the grant, once it is known; 0 otherwise."""
        if self.notifiee is None:
            return ZERO
        return max(self.verse_en_tout - self.notifiee, ZERO)

    @property
    def a_redemander(self) -> Decimal:
        """What was paid beyond the grant and is not asked back yet."""
        tous = [*self.versements, *self.par_ligne]
        demandes = sum((total_reverse(v.reversements.all()) - recouvre(v) for v in tous), ZERO)
        return max(self.trop_verse - demandes, ZERO)

    @property
    def empechement(self) -> str:
        """Why nothing of a funding line is planned nor paid, whatever the payment; empty when it may be."""
        if isinstance(self.objet, Convention):
            return ""
        annuelle = self.objet.action_annuelle
        if annuelle.statut in STATUTS_SANS_ARGENT:
            return (
                f"L'action est à l'état « {annuelle.get_statut_display()} » : rien n'est à payer. Annulez ce versement "
                "ou changez d'abord l'état de l'action."
            )
        if self.par_convention:
            return (
                "Cette subvention est payée par sa convention, pas ligne par ligne : annulez ce versement, et suivez "
                "ceux de la convention."
            )
        return ""

    # -- Calculation -------------------------------------------------------------------------------
    @cached_property
    def _par_rang(self) -> dict[int, Versement]:
        """The payments by the rank of their rule; one typed by hand takes the rank of its number when it is free."""
        rangs = {regle.pk: regle.rang for regle in self.regles}
        trouves = {rangs[v.regle_id]: v for v in self.versements if v.regle_id in rangs}
        for versement in self.versements:
            if versement.regle_id not in rangs and versement.numero in rangs.values():
                trouves.setdefault(versement.numero, versement)
        return trouves

    def _acquis(self) -> dict[int, Decimal]:
        """Return by rank what is not calculated again; what follows no rule has a rank of its own, below zero."""
        rangs = {versement.pk: rang for rang, versement in self._par_rang.items()}
        acquis: dict[int, Decimal] = {}
        for ordre, versement in enumerate(self.versements, 1):
            if not recalculable(versement):
                acquis[rangs.get(versement.pk, -ordre)] = _retenu(versement)
        if self.autrement:
            # Paid the other way: never paid twice.
            acquis[-len(self.versements) - 1] = self.autrement
        return acquis

    def tranches(self) -> list[Tranche]:
        """Return the instalments that are calculated today."""
        return echeancier(
            map(lire_regle, self.regles),
            self.annee,
            subvention=self.subvention,
            precedente=self.precedente,
            acquis=self._acquis(),
        )

    def ecarts(self) -> list[Ecart]:
        """Return what planning would create or change; nothing when all is as the rules say, or nothing is to pay."""
        if self.empechement:
            return []
        par_rang, regles = self._par_rang, {regle.rang: regle for regle in self.regles}
        trouves = [Ecart(regles[t.regle.rang], t, par_rang.get(t.regle.rang)) for t in self.tranches()]
        return [
            ecart for ecart in trouves if ecart.versement is None or _differe(ecart.versement, ecart.tranche)
        ]

    # -- What may be paid --------------------------------------------------------------------------
    def plafond(self, versement: Versement) -> Decimal | None:
        """Return what all the payments together may reach when `versement` is made, None when nothing says it.

        The grant of N; while it is not voted, that of N-1 for an instalment that its rule counts on N-1.
        """
        if self.notifiee is not None:
            return self.notifiee
        rangs = {v.pk: rang for rang, v in self._par_rang.items()}
        regle = next((r for r in self.regles if r.rang == rangs.get(versement.pk)), None)
        if regle is None:
            return None
        du_passe = regle.base == RegleVersement.Base.SUBVENTION_N_1 or regle.numerateur_defaut is not None
        return self.precedente if du_passe else None

    def disponible(self, versement: Versement) -> Decimal | None:
        """Return what `versement` may be at most, the other payments made and mandated taken off; None when unknown."""
        plafond = self.plafond(versement)
        if plafond is None:
            return None
        autres = sum((engage(v) for v in self.versements if v.pk != versement.pk), ZERO)
        return plafond - autres - self.autrement

    def blocages(self, versement: Versement) -> list[str]:
        """Return why `versement` cannot be paid, in sentences; nothing when it can or when it is over."""
        if versement.statut not in A_VENIR:
            return []
        if versement.statut == Statut.SUSPENDU:
            return [versement.motif]
        raisons = [self.empechement] if self.empechement else []
        attendues = [c.libelle for c in versement.conditions.all() if c.remplie_le is None]
        if attendues:
            raisons.append(f"Documents attendus : {', '.join(attendues)}.")
        raisons += [f"{e.libelle} : attendu le {date_longue(e.date)}." for e in self.manquantes]
        if versement.montant_prevu is None:
            raisons.append(versement.calcul or "Le montant n'est pas connu.")
        elif self.plafond(versement) is None:
            raisons.append(self._rien_de_notifie())
        return raisons

    def _rien_de_notifie(self) -> str:
        if isinstance(self.objet, Convention):
            if self.precedente is not None:
                return f"La subvention {self.annee} n'est pas votée : indiquez-la dans les montants de la convention."
            return (
                f"La subvention {self.annee} n'est pas votée, et celle de {self.annee - 1} n'est pas connue : "
                "indiquez l'une ou l'autre dans les montants de la convention."
            )
        return f"« {self.objet.financeur.sigle} » n'a rien notifié : indiquez le montant notifié."


def recalculable(versement: Versement) -> bool:
    """Return whether a new calculation may change a payment: planned by a rule, and committed by nobody."""
    if versement.regle_id is None:
        return False
    par_le_calcul = versement.statut == Statut.SUSPENDU and versement.montant_prevu is None
    return versement.statut in RECALCULABLES or par_le_calcul


def _retenu(versement: Versement) -> Decimal:
    """Return what a payment takes off the next ones: paid, mandated, suspended or typed by hand; 0 once cancelled."""
    if versement.statut == Statut.ANNULE:
        return ZERO
    if versement.statut == Statut.VERSE:
        return verse_net(versement)
    return versement.montant_prevu or ZERO


def _differe(versement: Versement, tranche: Tranche) -> bool:
    suspendu = versement.statut == Statut.SUSPENDU
    dit = versement.motif if suspendu else versement.calcul
    voulu = tranche.empechement or tranche.calcul
    return (versement.montant_prevu, dit, suspendu) != (tranche.montant, voulu, tranche.negatif)


# -- Reading from the database ---------------------------------------------------------------------
def paiement_de(objet: LigneFinancement | Convention, annee: int) -> Paiement:
    """Return what pays a funding line, or a year of a convention: read afresh, whoever asks."""
    if isinstance(objet, Convention):
        return _conventions([objet], objet.contrat, annee, timezone.localdate())[0]
    campagne = objet.action_annuelle.campagne
    return _lignes(LigneFinancement.objects.filter(pk=objet.pk), campagne.contrat, campagne.annee)[0]


def paiements(campagne: Campagne, utilisateur: Utilisateur, aujourd_hui: date) -> list[Paiement]:
    """Return what is paid in a year, as far as the account sees: what has a payment, or a rule that gives one."""
    contrat, annee = campagne.contrat, campagne.annee
    lignes = LigneFinancement.objects.visibles_par(utilisateur).filter(action_annuelle__campagne=campagne)
    avec_regle = RegleVersement.objects.filter(financeur__contrat=contrat).values("financeur")
    a_une_somme = Q(montant_accorde__gt=0) | Q(montant_notifie__gt=0)
    lignes = lignes.filter(
        Q(versements__isnull=False) | (Q(financeur__in=avec_regle) & a_une_somme)
    ).distinct()
    conventions = Convention.objects.visibles_par(utilisateur).filter(contrat=contrat)
    commencee = Q(date_debut__year__lte=annee) & ~Q(statut=Convention.Statut.RESILIEE)
    payees = conventions.filter(
        Q(versements__annee=annee) | (Q(regles_versement__isnull=False) & commencee)
    ).distinct()
    payees = payees.select_related("porteur__parent").prefetch_related("avenants")
    lues = list(payees.order_by("porteur__nom_normalise", "pk"))
    lus = zip(lues, _conventions(lues, contrat, annee, aujourd_hui), strict=True)
    # The last signed amendment says when a convention ends: read here, from few rows.
    trouvees = [paiement for convention, paiement in lus if paiement.versements or _court(convention, annee)]
    return [*trouvees, *_a_suivre(_lignes(lignes, contrat, annee))]


def _court(convention: Convention, annee: int) -> bool:
    return fin_effective(convention, convention.avenants.all()).year >= annee


def _a_suivre(de_lignes: list[Paiement]) -> list[Paiement]:
    """Return the funding lines to follow: those that may be paid, or have payments already."""
    return [paiement for paiement in de_lignes if paiement.versements or not paiement.empechement]


def _conventions(
    conventions: list[Convention], contrat: ContratVille, annee: int, aujourd_hui: date
) -> list[Paiement]:
    cles = [convention.pk for convention in conventions]
    votes = _votes(cles, annee)
    regles: dict[int, list[RegleVersement]] = {}
    for regle in RegleVersement.objects.filter(convention__in=cles).order_by("convention", "rang"):
        regles.setdefault(regle.convention_id or 0, []).append(regle)
    versements: dict[int, list[Versement]] = {}
    for versement in _avec_la_suite(Versement.objects.filter(convention__in=cles, annee=annee)):
        versements.setdefault(versement.convention_id or 0, []).append(versement)
    manquantes: dict[int, list[Echeance]] = {}
    en_retard = Echeance.objects.filter(
        convention__in=cles,
        obligation__conditionne_versements=True,
        date__lt=aujourd_hui,
        faite_le__isnull=True,
        sans_objet="",
    )
    for echeance in en_retard.order_by("date", "libelle"):
        manquantes.setdefault(echeance.convention_id, []).append(echeance)
    couverture = lire_couverture(cles, [annee])
    return [
        Paiement(
            objet=convention,
            contrat=contrat,
            annee=annee,
            subvention=votes.get((convention.pk, annee)),
            precedente=votes.get((convention.pk, annee - 1)),
            notifiee=votes.get((convention.pk, annee)),
            regles=regles.get(convention.pk, []),
            versements=versements.get(convention.pk, []),
            manquantes=manquantes.get(convention.pk, []),
            par_ligne=_payes_ligne_par_ligne(couverture, convention, annee),
        )
        for convention in conventions
    ]


def _payes_ligne_par_ligne(couverture: Couverture, convention: Convention, annee: int) -> list[Versement]:
    """Return what is engaged of the lines that a convention pays in the year, line by line."""
    payees = couverture.payees(convention.pk, annee)
    return [versement for ligne in payees for versement in ligne.versements.all() if engage(versement)]


def _votes(conventions: Iterable[int], annee: int) -> dict[tuple[int, int], Decimal]:
    """Return the grants voted for N and N-1, by convention and year; a year voted in part only is not there."""
    lus: dict[tuple[int, int], list[Decimal | None]] = {}
    montants = MontantConvention.objects.filter(convention__in=conventions, annee__in=(annee - 1, annee))
    for convention, an, vote in montants.order_by("pk").values_list("convention", "annee", "montant_vote"):
        lus.setdefault((convention, an), []).append(vote)
    votes = {}
    for cle, valeurs in lus.items():
        connues = [valeur for valeur in valeurs if valeur is not None]
        if len(connues) == len(valeurs):
            votes[cle] = sum(connues, ZERO)
    return votes


def _lignes(lignes: LigneFinancementQuerySet, contrat: ContratVille, annee: int) -> list[Paiement]:
    trouvees = list(
        lignes.select_related(
            *("financeur", "action_annuelle__action__porteur__parent", "action_annuelle__campagne__contrat")
        ).order_by("action_annuelle__action__porteur__nom_normalise", "action_annuelle__ordre", "pk")
    )
    regles: dict[int, list[RegleVersement]] = {}
    for regle in RegleVersement.objects.filter(financeur__contrat=contrat).order_by("financeur", "rang"):
        regles.setdefault(regle.financeur_id or 0, []).append(regle)
    versements: dict[int, list[Versement]] = {}
    for versement in _avec_la_suite(Versement.objects.filter(ligne__in=[ligne.pk for ligne in trouvees])):
        versements.setdefault(versement.ligne_id or 0, []).append(versement)
    precedentes = _lignes_precedentes(trouvees, contrat, annee)
    payees = _payees_par_convention(trouvees, annee)
    conventions = {ligne.convention_id for ligne in trouvees if ligne.convention_id}
    de_convention = Versement.objects.filter(convention__in=conventions, annee=annee)
    attribues = par_ligne(lire_parts(de_convention, engage))
    return [
        Paiement(
            objet=ligne,
            contrat=contrat,
            annee=annee,
            subvention=_octroye(ligne),
            precedente=precedentes.get(_meme_ligne(ligne)),
            notifiee=ligne.montant_notifie,
            regles=regles.get(ligne.financeur_id, []),
            versements=versements.get(ligne.pk, []),
            par_convention=ligne.pk in payees,
            de_convention=attribues.get(ligne.pk, ZERO),
        )
        for ligne in trouvees
    ]


def _payees_par_convention(lignes: list[LigneFinancement], annee: int) -> set[int]:
    """Return the lines (pks) whose convention has an amount for the year, of their funder or of all together."""
    conventions = [ligne.convention_id for ligne in lignes if ligne.convention_id]
    montants = MontantConvention.objects.filter(convention__in=conventions, annee=annee)
    donnes = set(montants.order_by("pk").values_list("convention", "financeur"))
    return {
        ligne.pk
        for ligne in lignes
        if not donnes.isdisjoint({(ligne.convention_id, None), (ligne.convention_id, ligne.financeur_id)})
    }


def _octroye(ligne: LigneFinancement) -> Decimal | None:
    return ligne.montant_notifie if ligne.montant_notifie is not None else ligne.montant_accorde


def _meme_ligne(ligne: LigneFinancement) -> tuple[int, int, str]:
    return ligne.action_annuelle.action_id, ligne.financeur_id, ligne.nature_credit


def _lignes_precedentes(
    lignes: list[LigneFinancement], contrat: ContratVille, annee: int
) -> dict[tuple[int, int, str], Decimal]:
    """Return what the same funder gave to the same action the year before, by action, funder and nature of credits."""
    anciennes = LigneFinancement.objects.filter(
        action_annuelle__campagne__contrat=contrat,
        action_annuelle__campagne__annee=annee - 1,
        action_annuelle__action__in=[ligne.action_annuelle.action_id for ligne in lignes],
    )
    octrois: dict[tuple[int, int, str], list[Decimal | None]] = {}
    for ancienne in anciennes.select_related("action_annuelle").order_by("pk"):
        octrois.setdefault(_meme_ligne(ancienne), []).append(_octroye(ancienne))
    sommes = {cle: additionner(valeurs) for cle, valeurs in octrois.items()}
    return {cle: somme for cle, somme in sommes.items() if somme is not None}


def _avec_la_suite(versements: VersementQuerySet) -> VersementQuerySet:
    return (
        versements.select_related("regle")
        .prefetch_related("conditions", "reversements")
        .order_by("numero", "date_prevue", "pk")
    )


# -- Sums ------------------------------------------------------------------------------------------
def total_reverse(reversements: Iterable[Reversement]) -> Decimal:
    """Return what was asked back, recovered or not, in euros."""
    return sum((r.montant for r in reversements), ZERO)
