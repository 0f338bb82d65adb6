"""Reading a year as its rules read it: its actions with their money and their bilans, the printed totals."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import Q

from actions.models import ActionAnnuelle, Campagne, Thematique
from contrats.models import Axe, ContratVille
from financements.budgets import total_du_budget
from financements.models import (
    AmbiguiteMontants,
    Budget,
    CompteBudgetaire,
    Financeur,
    LigneFinancement,
    Reversement,
    TotalControle,
    Versement,
)
from porteurs.models import Convention, Porteur

from ..models import Bilan
from .contexte import (
    BudgetLu,
    ContexteAnnee,
    FinanceurLu,
    LigneAnnee,
    PorteurLu,
    TerritoireLu,
    TotalLu,
)
from .lecture import lire_fiche, lire_precedents, lire_recits, lire_seuils, lire_territoires

C = TypeVar("C", int, str)


def lire_annee(campagne: Campagne, *, seule: ActionAnnuelle | None = None) -> ContexteAnnee:
    """Return the year as its rules read it: what was programmed, and whatever has a bilan begun.

    With `seule`, the year has that action alone: enough for the rules of an action, for no other.
    It holds everything: show what is found in it to whoever runs the contract, to nobody else.
    """
    contrat = campagne.contrat
    territoires = lire_territoires(contrat.pk)
    annuelles = _au_programme(campagne, seule)
    totaux, totaux_des_lignes = _totaux(campagne)
    cites = {annuelle.action.porteur_id for annuelle in annuelles}
    cites |= {total.porteur for total in totaux if total.porteur is not None}
    axes = Axe.objects.filter(contrat=contrat).select_related("parent").order_by("ordre", "code")
    return ContexteAnnee(
        annee=campagne.annee,
        contrat=contrat.nom_court,
        seuils=lire_seuils(campagne),
        lignes=_lignes(annuelles, territoires, totaux_des_lignes),
        financeurs=_financeurs(contrat),
        porteurs=lire_porteurs(cites),
        totaux=totaux,
        territoires=territoires,
        axes={axe.libelle: axe.parent.libelle if axe.parent else "" for axe in axes},
        thematiques=tuple(Thematique.objects.order_by("ordre", "code").values_list("libelle", flat=True)),
        precedent=lire_precedents(campagne, [annuelle.action for annuelle in annuelles]).par_action,
        conventions=_conventions(campagne),
    )


def lire_porteurs(cites: Iterable[int]) -> dict[int, PorteurLu]:
    """Return the porteurs that are named, with their parents and their other names."""
    porteurs = Porteur.objects.filter(Q(pk__in=cites) | Q(services__in=cites)).distinct()
    return {
        porteur.pk: PorteurLu(
            pk=porteur.pk,
            cle=porteur.cle,
            nom=porteur.nom,
            parent=porteur.parent_id,
            alias=tuple(alias.libelle for alias in porteur.alias.all()),
            type=porteur.type,
        )
        for porteur in porteurs.prefetch_related("alias").order_by("nom_normalise", "pk")
    }


def _conventions(campagne: Campagne) -> frozenset[int]:
    """Return the porteurs that a convention of the contract binds at some time of the year."""
    conventions = Convention.objects.filter(
        contrat=campagne.contrat_id, date_debut__year__lte=campagne.annee, date_fin__year__gte=campagne.annee
    ).exclude(statut=Convention.Statut.RESILIEE)
    return frozenset(conventions.order_by().values_list("porteur", flat=True))


def _au_programme(campagne: Campagne, seule: ActionAnnuelle | None) -> list[ActionAnnuelle]:
    commence = Q(bilan__isnull=False) & ~Q(bilan__statut=Bilan.Statut.A_SAISIR)
    lignes = ActionAnnuelle.objects.filter(campagne=campagne).filter(
        ~Q(statut__in=ActionAnnuelle.STATUTS_SANS_BILAN) | commence
    )
    if seule is not None:
        lignes = lignes.filter(pk=seule.pk)
    return list(
        lignes.select_related("action", "axe__parent__parent", "thematique", "dispositif")
        .prefetch_related("parts_territoires")
        .order_by("ordre", "pk")
    )


def _financeurs(contrat: ContratVille) -> dict[int, FinanceurLu]:
    financeurs = Financeur.objects.filter(contrat=contrat).order_by("ordre", "nom")
    return {
        f.pk: FinanceurLu(pk=f.pk, sigle=f.sigle, nom=f.nom, type=f.type, dans_total=f.dans_total)
        for f in financeurs
    }


def _totaux(campagne: Campagne) -> tuple[tuple[TotalLu, ...], dict[int, Decimal]]:
    """Return the printed totals, then those of the rows, in euros by year of action."""
    totaux = []
    des_lignes = {}
    imprimes = TotalControle.objects.filter(campagne=campagne).select_related("axe").order_by("ordre")
    for total in imprimes:
        if total.action_annuelle_id is not None:
            des_lignes[total.action_annuelle_id] = total.valeur
            continue
        totaux.append(
            TotalLu(
                pk=total.pk,
                nature=total.nature,
                libelle=total.libelle,
                valeur=total.valeur,
                financeur=total.financeur_id,
                porteur=total.porteur_id,
                axe=total.axe.libelle if total.axe else "",
                source=total.source,
                citation=total.citation,
                explication=total.explication,
            )
        )
    return tuple(totaux), des_lignes


# -- The rows --------------------------------------------------------------------------------------
def _lignes(
    annuelles: list[ActionAnnuelle],
    territoires: tuple[TerritoireLu, ...],
    totaux_imprimes: Mapping[int, Decimal],
) -> tuple[LigneAnnee, ...]:
    cles = [annuelle.pk for annuelle in annuelles]
    etats, verses, budgets = _etats(cles), _verses(cles), _budgets(cles)
    reverses, annees = _reverses(cles), _annees({annuelle.action_id for annuelle in annuelles})
    lus = Bilan.objects.filter(action_annuelle__in=cles).avec_effectifs().order_by("pk")
    bilans = {bilan.action_annuelle_id: bilan for bilan in lus}
    ouvertes = AmbiguiteMontants.objects.filter(action_annuelle__in=cles, tranchee_le=None)
    ambigues = set(ouvertes.order_by().values_list("action_annuelle", flat=True))
    connus = {territoire.pk: territoire for territoire in territoires}
    return tuple(
        _ligne(
            annuelle,
            bilans.get(annuelle.pk),
            LigneAnnee(
                pk=annuelle.pk,
                cle=annuelle.cle,
                intitule=annuelle.action.intitule,
                porteur=annuelle.action.porteur_id,
                territoires=tuple(connus[part.territoire_id] for part in annuelle.parts_territoires.all()),
                montants=etats[annuelle.pk].get("montant_accorde", {}),
                etats=etats[annuelle.pk],
                verses=verses[annuelle.pk],
                reverses=reverses[annuelle.pk],
                annees=annees[annuelle.action_id],
                total_imprime=totaux_imprimes.get(annuelle.pk),
                ambigue=annuelle.pk in ambigues,
                budgets=budgets[annuelle.pk],
            ),
        )
        for annuelle in annuelles
    )


def _ligne(annuelle: ActionAnnuelle, bilan: Any, argent: LigneAnnee) -> LigneAnnee:
    """Return `argent` with what the fiche and the bilan say; `bilan` has its people annotated, or is None."""
    recits = lire_recits(bilan) if bilan else {}
    realisation = bilan.realisation if bilan else ""
    statut = ActionAnnuelle.Statut
    return replace(
        argent,
        ordre=annuelle.ordre,
        axes=_niveaux(annuelle.axe),
        thematique=annuelle.thematique.libelle if annuelle.thematique else "",
        dispositif=annuelle.dispositif.libelle if annuelle.dispositif else "",
        statut=annuelle.statut,
        motif=annuelle.motif,
        date_debut=annuelle.date_debut,
        date_fin=annuelle.date_fin,
        reportee=annuelle.statut == statut.REPORTEE or realisation == Bilan.Realisation.REPORTEE,
        reportee_vers=annuelle.reportee_vers_id is not None,
        textes={**lire_fiche(annuelle), **{f"bilan.{champ}": texte for champ, texte in recits.items()}},
        bilan_statut=bilan.statut if bilan else "",
        realisation=realisation,
        personnes=bilan.personnes if bilan else None,
        personnes_qpv=bilan.personnes_qpv if bilan else None,
    )


def _niveaux(axe: Axe | None) -> tuple[str, ...]:
    """Return the labels of an axe from the first level down; nothing without an axe."""
    return (*_niveaux(axe.parent), axe.libelle) if axe else ()


Montants = dict[int, Decimal]
# (year, forecast budget, granted)
Annees = tuple[tuple[int, Decimal | None, Decimal | None], ...]


def _etats(cles: list[int]) -> defaultdict[int, dict[str, Montants]]:
    """Return the euros by action, state and funder: lines of several natures added, blanks left out."""
    sommes: defaultdict[int, dict[str, Montants]] = defaultdict(dict)
    for ligne in LigneFinancement.objects.filter(action_annuelle__in=cles).order_by("pk"):
        for etat in LigneFinancement.ETATS_MONTANT:
            siennes = sommes[ligne.action_annuelle_id].setdefault(etat, {})
            _ajouter(siennes, ligne.financeur_id, getattr(ligne, etat))
    return sommes


def _verses(cles: list[int]) -> defaultdict[int, Montants]:
    """Return the euros paid by action and funder."""
    sommes: defaultdict[int, Montants] = defaultdict(dict)
    faits = Versement.objects.filter(ligne__action_annuelle__in=cles, statut=Versement.Statut.VERSE)
    for annuelle, financeur, euros in faits.order_by("pk").values_list(
        "ligne__action_annuelle", "ligne__financeur", "montant_verse"
    ):
        _ajouter(sommes[annuelle], financeur, euros)
    return sommes


def _reverses(cles: list[int]) -> defaultdict[int, Montants]:
    """Return the euros asked back by action and funder."""
    sommes: defaultdict[int, Montants] = defaultdict(dict)
    demandes = Reversement.objects.filter(versement__ligne__action_annuelle__in=cles).order_by("pk")
    for annuelle, financeur, euros in demandes.values_list(
        "versement__ligne__action_annuelle", "versement__ligne__financeur", "montant"
    ):
        _ajouter(sommes[annuelle], financeur, euros)
    return sommes


def _annees(actions: set[int]) -> defaultdict[int, Annees]:
    """Return the years of each action with its forecast budget and what was granted, in euros."""
    prevus: defaultdict[int, dict[int, Decimal]] = defaultdict(dict)
    budgets = Budget.objects.filter(action_annuelle__action__in=actions, type=Budget.Type.PREVISIONNEL)
    for budget in budgets.select_related("action_annuelle__campagne").prefetch_related("lignes__compte"):
        annuelle = budget.action_annuelle
        _ajouter(prevus[annuelle.action_id], annuelle.campagne.annee, total_du_budget(budget))
    accordes: defaultdict[int, dict[int, Decimal]] = defaultdict(dict)
    lignes = LigneFinancement.objects.filter(action_annuelle__action__in=actions).order_by("pk")
    for action, annee, euros in lignes.values_list(
        "action_annuelle__action", "action_annuelle__campagne__annee", "montant_accorde"
    ):
        _ajouter(accordes[action], annee, euros)
    return defaultdict(
        tuple,
        {
            action: tuple(
                (annee, par_annee[annee], accordes[action].get(annee)) for annee in sorted(par_annee)
            )
            for action, par_annee in prevus.items()
        },
    )


def _budgets(cles: list[int]) -> defaultdict[int, tuple[BudgetLu, ...]]:
    """Return the budgets by action: forecast then actual, each by account code."""
    lus: defaultdict[int, tuple[BudgetLu, ...]] = defaultdict(tuple)
    budgets = Budget.objects.filter(action_annuelle__in=cles).prefetch_related("lignes__compte")
    for budget in budgets.order_by("type", "pk"):
        cotes: dict[str, dict[str, Decimal]] = {sens: {} for sens in CompteBudgetaire.Sens.values}
        for ligne in budget.lignes.all():
            _ajouter(cotes[ligne.compte.sens], ligne.compte.code, ligne.montant)
        lu = BudgetLu(
            nature=budget.type,
            charges=cotes[CompteBudgetaire.Sens.CHARGE],
            produits=cotes[CompteBudgetaire.Sens.PRODUIT],
            total_annonce=budget.total_annonce,
        )
        lus[budget.action_annuelle_id] = (*lus[budget.action_annuelle_id], lu)
    return lus


def _ajouter(sommes: dict[C, Decimal], cle: C, euros: Decimal | None) -> None:
    if euros is not None:
        sommes[cle] = sommes.get(cle, Decimal(0)) + euros
