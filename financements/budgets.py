"""The budgets of an action, planned and spent, side by side on the account tree: sums, gaps, what does not agree.

All reading: `lire_budgets` asks the database in a fixed number of queries, the rest computes on what it read.
Amounts are in euros (Decimal), shares in points; None is unknown and never zero. Contributions in kind (86, 87)
stand apart: they count neither in the totals nor in the share of a grant (domaine.md §2.3).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from actions.models import ActionAnnuelle, ReglagesControles
from documents.formats import additionner, montant, pourcentage

from .models import Budget, CompteBudgetaire, ExplicationEcart, Financeur, LigneBudget, LigneFinancement

CHARGE, PRODUIT = CompteBudgetaire.Sens.CHARGE, CompteBudgetaire.Sens.PRODUIT
PREVISIONNEL, REALISE = Budget.Type.PREVISIONNEL, Budget.Type.REALISE
SUBVENTIONS, EMPLOIS_EN_NATURE, RESSOURCES_EN_NATURE = "74", "86", "87"
NOMS = {PREVISIONNEL: "prévu", REALISE: "réalisé"}
# What the action brings itself is no grant: it is not compared with the accounts 74.
NATURES_SANS_SUBVENTION = (
    LigneFinancement.NatureCredit.AUTOFINANCEMENT,
    LigneFinancement.NatureCredit.VALORISATION,
)


def total_du_budget(budget: Budget) -> Decimal | None:
    """Return the total of a budget in euros: the sum of its charges, else what its document announces.

    The contributions in kind are left out (domaine.md §2.3). Its lines are read with their account: prefetch
    `lignes__compte`.
    """
    charges = [
        ligne.montant
        for ligne in budget.lignes.all()
        if ligne.compte.sens == CHARGE and not ligne.compte.hors_total
    ]
    return additionner(charges) if charges else budget.total_annonce


@dataclass(frozen=True, kw_only=True)
class SeuilEcart:
    """Over which gap an explanation is asked: above both euros and points (per cent of what was planned)."""

    euros: Decimal = Decimal(500)
    part: int = 10


@dataclass(frozen=True)
class Chiffres:
    """What was planned and what was spent or received."""

    prevu: Decimal | None = None
    realise: Decimal | None = None

    @property
    def connus(self) -> bool:
        """Whether there is anything to show."""
        return self.prevu is not None or self.realise is not None

    @property
    def ecart(self) -> Decimal | None:
        """The actual amount less the planned one; a post that was not planned is wholly a gap."""
        if self.realise is None:
            return None
        return self.realise - (self.prevu or 0)

    @property
    def part(self) -> Decimal | None:
        """The gap in points of what was planned, None when nothing was."""
        ecart = self.ecart
        return None if ecart is None or not self.prevu else ecart / self.prevu * 100

    def depasse(self, seuil: SeuilEcart) -> bool:
        """Return whether the gap is above the threshold, in euros and in part."""
        ecart, part = self.ecart, self.part
        if ecart is None or abs(ecart) <= seuil.euros:
            return False
        return part is None or abs(part) > seuil.part


@dataclass(frozen=True)
class Ligne:
    """A line of the budgets: an account and, for a grant, its funder."""

    compte: CompteBudgetaire
    financeur: Financeur | None
    chiffres: Chiffres

    @property
    def libelle(self) -> str:
        """What it is called."""
        return self.financeur.nom if self.financeur else self.compte.libelle


@dataclass(frozen=True)
class Poste:
    """A post of the account tree (60, 61… 74): its lines, their sum, why the gap."""

    compte: CompteBudgetaire
    lignes: tuple[Ligne, ...]
    explication: str = ""

    @property
    def chiffres(self) -> Chiffres:
        """The sums of its lines."""
        return _sommer(ligne.chiffres for ligne in self.lignes)

    @property
    def detaille(self) -> bool:
        """Whether its lines say more than the post itself."""
        return len(self.lignes) > 1 or any(
            ligne.financeur is not None or ligne.compte.pk != self.compte.pk for ligne in self.lignes
        )


@dataclass(frozen=True)
class Rapprochement:
    """A funder in the accounts 74 of a budget and in the programme; `financeur` is None for a line that names none."""

    libelle: str
    budget: Decimal | None
    programme: Decimal | None
    financeur: Financeur | None = None

    @property
    def ecart(self) -> Decimal:
        """The budget less the programme; what is on one side only is wholly a gap."""
        return (self.budget or Decimal(0)) - (self.programme or Decimal(0))


@dataclass(frozen=True)
class PartSubvention:
    """What a funder brought, and its share of all the produits in points."""

    libelle: str
    montant: Decimal
    part: Decimal

    @property
    def phrase(self) -> str:
        """Return « La subvention de 1 500 € (Ville) représente 12,5 % du total des produits. » (Cerfa 15059)."""
        return (
            f"La subvention de {montant(self.montant)} ({self.libelle}) représente {pourcentage(self.part)} "
            "du total des produits."
        )


@dataclass(frozen=True, kw_only=True)
class Comparaison:
    """Both budgets of an action, its grants, and the threshold of its year."""

    postes: tuple[Poste, ...]
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    # what the programme says of each funder, by type of budget
    programme: Mapping[str, Mapping[Financeur, Decimal]] = field(default_factory=dict)
    seuil: SeuilEcart = SeuilEcart()

    # -- Sums --------------------------------------------------------------------------------------
    def postes_de(self, sens: str) -> list[Poste]:
        """Return the posts of the charges or of the produits, contributions in kind left out."""
        return [p for p in self.postes if p.compte.sens == sens and not p.compte.hors_total]

    def contributions(self, sens: str) -> list[Poste]:
        """Return the posts of the contributions in kind, on one side."""
        return [p for p in self.postes if p.compte.sens == sens and p.compte.hors_total]

    def total(self, sens: str) -> Chiffres:
        """Return the sums of the charges or of the produits, contributions in kind left out.

        A forecast of which only the total is known (`Budget.total_annonce`) counts for it on both sides.
        """
        sommes = _sommer(poste.chiffres for poste in self.postes_de(sens))
        return Chiffres(
            self._annonce(PREVISIONNEL) if sommes.prevu is None else sommes.prevu,
            self._annonce(REALISE) if sommes.realise is None else sommes.realise,
        )

    def total_en_nature(self, sens: str) -> Chiffres:
        """Return the sums of the contributions in kind, on one side."""
        return _sommer(poste.chiffres for poste in self.contributions(sens))

    def _annonce(self, nature: str) -> Decimal | None:
        budget = self.budgets.get(nature)
        return budget.total_annonce if budget else None

    def est_vide(self, nature: str) -> bool:
        """Return whether nothing is known of this budget."""
        montants = [valeur(poste.chiffres, nature) for poste in self.postes]
        return additionner(montants) is None and self._annonce(nature) is None

    # -- What does not agree -----------------------------------------------------------------------
    def solde(self, nature: str) -> Decimal | None:
        """Return the produits less the charges of a budget, None when one side is unknown."""
        return _difference(valeur(self.total(PRODUIT), nature), valeur(self.total(CHARGE), nature))

    def solde_en_nature(self, nature: str) -> Decimal | None:
        """Return the 87 less the 86 of a budget: one side alone is wholly a gap; None when there is neither."""
        emplois = valeur(self.total_en_nature(CHARGE), nature)
        ressources = valeur(self.total_en_nature(PRODUIT), nature)
        if emplois is None and ressources is None:
            return None
        return (ressources or Decimal(0)) - (emplois or Decimal(0))

    def rapprochements(self, nature: str) -> list[Rapprochement]:
        """Return each funder of the accounts 74 or of the programme, with both amounts, in order."""
        promis = self.programme.get(nature, {})
        lignes = [ligne for poste in self.postes_de(PRODUIT) for ligne in poste.lignes if _est_74(poste)]
        inscrits: dict[Financeur, Decimal | None] = {}
        anonymes: list[Rapprochement] = []
        for ligne in lignes:
            somme = valeur(ligne.chiffres, nature)
            if ligne.financeur is not None:
                inscrits[ligne.financeur] = additionner((inscrits.get(ligne.financeur), somme))
            elif somme is not None:
                nom = "Autres subventions" if ligne.compte.pk == SUBVENTIONS else ligne.compte.libelle
                anonymes.append(Rapprochement(nom, somme, None))
        financeurs = sorted({*inscrits, *promis}, key=lambda f: (f.ordre, f.nom, f.pk))
        nommes = [Rapprochement(f.nom, inscrits.get(f), promis.get(f), f) for f in financeurs]
        return [r for r in nommes if r.budget is not None or r.programme is not None] + anonymes

    def desaccords(self, nature: str) -> list[Rapprochement]:
        """Return the funders of which budget and programme do not say the same; none before a produit is known."""
        produits = additionner(valeur(poste.chiffres, nature) for poste in self.postes_de(PRODUIT))
        return [] if produits is None else [r for r in self.rapprochements(nature) if r.ecart]

    @property
    def a_expliquer(self) -> list[Poste]:
        """The posts whose gap is above the threshold: only a detailed forecast can be compared."""
        if not any(poste.chiffres.prevu is not None for poste in self.postes):
            return []
        return [
            poste
            for poste in self.postes
            if not poste.compte.hors_total and poste.chiffres.depasse(self.seuil)
        ]

    @property
    def non_expliques(self) -> list[Poste]:
        """Those of them that have no explanation yet."""
        return [poste for poste in self.a_expliquer if not poste.explication.strip()]

    def parts_des_subventions(self, nature: str = REALISE) -> list[PartSubvention]:
        """Return what each grant is of all the produits; nothing when the produits are unknown or nil."""
        total = valeur(self.total(PRODUIT), nature)
        if not total:
            return []
        return [
            PartSubvention(r.libelle, r.budget, r.budget / total * 100)
            for r in self.rapprochements(nature)
            if r.budget
        ]

    # -- In words ----------------------------------------------------------------------------------
    def constats(self, nature: str) -> list[str]:
        """Return what does not add up in a budget, one sentence each; nothing when all of it does."""
        phrases = []
        if self.solde(nature):
            phrases.append(phrase_du_solde(self.solde(nature), "la structure"))
        if en_nature := self.solde_en_nature(nature):
            phrases.append(phrase_en_nature(en_nature))
        phrases += [phrase_du_desaccord(desaccord) for desaccord in self.desaccords(nature)]
        return phrases


def valeur(chiffres: Chiffres, nature: str) -> Decimal | None:
    """Return the planned or the actual amount."""
    return chiffres.prevu if nature == PREVISIONNEL else chiffres.realise


def phrase_du_solde(solde: Decimal | None, structure: str = "votre structure") -> str:
    """Return how the produits stand to the charges, in words; nothing when it is unknown."""
    if solde is None:
        return ""
    if not solde:
        return "Les recettes couvrent exactement les dépenses."
    if solde > 0:
        return f"Les recettes dépassent les dépenses de {montant(solde)}."
    return (
        f"Les dépenses dépassent les recettes de {montant(-solde)} : {structure} a pris ce reste "
        "à sa charge, ou une recette manque."
    )


def phrase_en_nature(solde: Decimal) -> str:
    """Return what is said of the contributions in kind that are not the same on both sides."""
    cote, autre = ("recettes", "dépenses") if solde > 0 else ("dépenses", "recettes")
    return (
        f"Les contributions volontaires sont plus élevées de {montant(abs(solde))} dans les {cote} que dans les "
        f"{autre} : les deux totaux doivent être égaux."
    )


def phrase_du_desaccord(lu: Rapprochement) -> str:
    """Return what the budget and the programme say of one funder."""
    if lu.financeur is None:
        return f"{lu.libelle} : {montant(lu.budget)} dans le budget, sans financeur du programme."
    if lu.programme is None:
        return f"{lu.libelle} : {montant(lu.budget)} dans le budget, rien dans le programme."
    if lu.budget is None:
        return f"{lu.libelle} : rien dans le budget, {montant(lu.programme)} dans le programme."
    return (
        f"{lu.libelle} : {montant(lu.budget)} dans le budget, {montant(lu.programme)} dans le programme, "
        f"soit un écart de {montant(abs(lu.ecart))}."
    )


def phrase_a_expliquer(poste: Poste) -> str:
    """Return what is asked of a post whose gap is above the threshold."""
    chiffres = poste.chiffres
    ecart = chiffres.ecart or Decimal(0)
    part = f", soit {pourcentage(abs(chiffres.part))}" if chiffres.part is not None else ""
    prevu = f"{montant(chiffres.prevu)} prévus" if chiffres.prevu else "rien de prévu"
    sens = "de plus" if ecart > 0 else "de moins"
    return (
        f"« {poste.compte.libelle} » : {prevu}, {montant(chiffres.realise)} au final "
        f"({montant(abs(ecart))} {sens}{part}). Expliquez l'écart en une phrase."
    )


# -- Reading ---------------------------------------------------------------------------------------
def lire_budgets(annuelle: ActionAnnuelle) -> Comparaison:
    """Return both budgets of an action, in a fixed number of queries. Who may read them is the caller's matter."""
    return lire_les_budgets([annuelle])[annuelle.pk]


def lire_les_budgets(annuelles: Iterable[ActionAnnuelle]) -> dict[int, Comparaison]:
    """Return both budgets of each action, by its key, in as many queries for one as for a hundred."""
    lues = list(annuelles)
    cles = [annuelle.pk for annuelle in lues]
    budgets: dict[int, list[Budget]] = defaultdict(list)
    for budget in Budget.objects.filter(action_annuelle__in=cles).order_by("type"):
        budgets[budget.action_annuelle_id].append(budget)
    lignes: dict[int, list[LigneBudget]] = defaultdict(list)
    ecrites = LigneBudget.objects.filter(budget__action_annuelle__in=cles)
    for ligne in ecrites.select_related("budget", "financeur").order_by(
        "compte__ordre", "financeur__ordre", "pk"
    ):
        lignes[ligne.budget.action_annuelle_id].append(ligne)
    explications: dict[int, dict[str, str]] = defaultdict(dict)
    dites = ExplicationEcart.objects.filter(budget__action_annuelle__in=cles, budget__type=REALISE)
    for cle, compte, texte in dites.order_by("compte__ordre", "pk").values_list(
        "budget__action_annuelle", "compte", "texte"
    ):
        explications[cle][compte] = texte
    financees: dict[int, list[LigneFinancement]] = defaultdict(list)
    promises = LigneFinancement.objects.filter(action_annuelle__in=cles).select_related("financeur")
    for promise in promises.order_by("financeur__ordre", "pk"):
        financees[promise.action_annuelle_id].append(promise)
    comptes = list(CompteBudgetaire.objects.order_by("ordre", "code"))
    seuils = _seuils({annuelle.campagne_id for annuelle in lues})
    return {
        annuelle.pk: comparer(
            comptes,
            lignes[annuelle.pk],
            budgets=budgets[annuelle.pk],
            explications=explications[annuelle.pk],
            financements=financees[annuelle.pk],
            seuil=seuils[annuelle.campagne_id],
        )
        for annuelle in lues
    }


def seuil_de(annuelle: ActionAnnuelle) -> SeuilEcart:
    """Return the threshold of the year of an action: the one that was set, else the default."""
    return _seuils({annuelle.campagne_id})[annuelle.campagne_id]


def _seuils(campagnes: Collection[int]) -> dict[int, SeuilEcart]:
    """Return the threshold of each campaign, by key."""
    regles = ReglagesControles.objects.filter(campagne__in=campagnes).order_by("pk")
    poses = {r.campagne_id: SeuilEcart(euros=r.ecart_budget_euros, part=r.ecart_budget_part) for r in regles}
    return {campagne: poses.get(campagne, SeuilEcart()) for campagne in campagnes}


def comparer(
    comptes: Iterable[CompteBudgetaire],
    lignes: Iterable[LigneBudget],
    *,
    budgets: Iterable[Budget] = (),
    explications: Mapping[str, str] | None = None,
    financements: Iterable[LigneFinancement] = (),
    seuil: SeuilEcart | None = None,
) -> Comparaison:
    """Return the lines of both budgets set side by side: several lines of one account and one funder are added."""
    arbre = {compte.pk: compte for compte in comptes}
    sommes: dict[tuple[str, int | None], dict[str, Decimal | None]] = {}
    financeurs: dict[int | None, Financeur | None] = {None: None}
    for ligne in lignes:
        financeurs[ligne.financeur_id] = ligne.financeur
        cle = (ligne.compte_id, ligne.financeur_id)
        par_type = sommes.setdefault(cle, {})
        par_type[ligne.budget.type] = additionner((par_type.get(ligne.budget.type), ligne.montant))
    par_poste: dict[str, list[Ligne]] = {}
    for (compte, financeur), par_type in sommes.items():
        chiffres = Chiffres(par_type.get(PREVISIONNEL), par_type.get(REALISE))
        par_poste.setdefault(arbre[compte].parent_id or compte, []).append(
            Ligne(arbre[compte], financeurs[financeur], chiffres)
        )
    textes = explications or {}
    postes = [
        Poste(compte, tuple(par_poste[compte.pk]), textes.get(compte.pk, ""))
        for compte in arbre.values()
        if compte.pk in par_poste
    ]
    promis = list(financements)
    return Comparaison(
        postes=tuple(postes),
        budgets={budget.type: budget for budget in budgets},
        programme={nature: promesses(promis, nature) for nature in Budget.Type.values},
        seuil=seuil or SeuilEcart(),
    )


def montant_du_programme(ligne: LigneFinancement, nature: str) -> Decimal | None:
    """Return what a funding line promises to a budget.

    A forecast is made of what was asked for, and of what was decided where nothing was asked; an actual budget,
    of what was notified, else granted.
    """
    etats = [ligne.montant_notifie, ligne.montant_accorde]
    if nature == PREVISIONNEL:
        etats = [ligne.montant_demande, *etats, ligne.montant_propose]
    return next((etat for etat in etats if etat is not None), None)


def promesses(lignes: Iterable[LigneFinancement], nature: str) -> dict[Financeur, Decimal]:
    """Return what the programme promises to a budget, by funder; one of whom nothing is known is left out."""
    promis: dict[Financeur, Decimal] = {}
    for ligne in lignes:
        somme = montant_du_programme(ligne, nature)
        if somme is not None and ligne.nature_credit not in NATURES_SANS_SUBVENTION:
            promis[ligne.financeur] = promis.get(ligne.financeur, Decimal(0)) + somme
    return promis


def _sommer(chiffres: Iterable[Chiffres]) -> Chiffres:
    lus = list(chiffres)
    return Chiffres(additionner(c.prevu for c in lus), additionner(c.realise for c in lus))


def _difference(gauche: Decimal | None, droite: Decimal | None) -> Decimal | None:
    return None if gauche is None or droite is None else gauche - droite


def _est_74(poste: Poste) -> bool:
    return poste.compte.pk == SUBVENTIONS
