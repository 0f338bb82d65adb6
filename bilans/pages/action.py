"""An action in its year as an account reads it: its fiche, who pays, its other years, what its bilan waits for."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.utils.text import capfirst

from actions.models import ActionAnnuelle
from comptes.modeles import libelle_du_champ
from comptes.models import Utilisateur
from documents import additionner
from financements.budgets import total_du_budget
from financements.models import AmbiguiteMontants, Budget, LigneFinancement
from financements.verses import verse_par_ligne

from ..controles import anomalies_action
from ..controles.justifications import Constat, constats
from ..models import Bilan
from ..operations import refus
from .consultation import LectureBilan

Statut = Bilan.Statut
FICHE = (
    "domaine",
    "objectifs",
    "description",
    "public_vise",
    "lieux",
    "moyens_humains",
    "moyens_materiels",
    "moyens_financiers",
    "partenaires",
    "tarifs",
)


class Montant(NamedTuple):
    """A cell of the table: the name of its column, euros or None when unknown."""

    etat: str
    valeur: Decimal | None


class Montants(NamedTuple):
    """A funding line: its amounts in the columns in use."""

    ligne: LigneFinancement
    montants: list[Montant]


@dataclass
class Plan:
    """The funding of an action as the account sees it: only the columns in use, the outside of the total apart."""

    etats: list[str]
    lignes: list[Montants]
    hors_total: list[Montants]
    # empty when the account sees a part of the lines only: their sum would not be a total
    total: list[Montant]
    total_hors: list[Montant]


def fiche(annuelle: ActionAnnuelle, *, complet: bool) -> list[tuple[str, str]]:
    """Return the parts of the fiche action that are filled, with their names.

    Without `complet`, what it says of the other aids is left out: a funder reads its own money only.
    """
    champs = [champ for champ in FICHE if complet or champ != "moyens_financiers"]
    return [
        (capfirst(libelle_du_champ(ActionAnnuelle, champ)), texte)
        for champ in champs
        if (texte := getattr(annuelle, champ))
    ]


def ambiguite_a_trancher(annuelle: ActionAnnuelle, utilisateur: Utilisateur) -> AmbiguiteMontants | None:
    """Return what is to be settled in the amounts of the action, None when nothing is, or for who may not know."""
    visibles = AmbiguiteMontants.objects.visibles_par(utilisateur)
    ambiguite: AmbiguiteMontants | None = visibles.filter(
        action_annuelle=annuelle, tranchee_le__isnull=True
    ).first()
    return ambiguite


def autres_annees(annuelle: ActionAnnuelle, utilisateur: Utilisateur) -> list[ActionAnnuelle]:
    """Return the same action in other years, or in another dispositif of the year, the newest first."""
    visibles = ActionAnnuelle.objects.visibles_par(utilisateur).filter(action=annuelle.action_id)
    return list(
        visibles.exclude(pk=annuelle.pk)
        .select_related("campagne", "dispositif", "action")
        .order_by("-campagne__annee", "ordre", "pk")
    )


def a_verifier(annuelle: ActionAnnuelle, lecture: LectureBilan | None) -> list[Constat]:
    """Return what is left to look at in an action and its bilan, for who runs the contract; the most serious first."""
    de_l_action = constats(annuelle.campagne, anomalies_action(annuelle))
    tous = [*de_l_action, *(lecture.constats if lecture else [])]
    a_traiter = [constat for constat in tous if constat.a_traiter]
    return sorted(a_traiter, key=lambda constat: not constat.anomalie.bloquante)


# -- Money -----------------------------------------------------------------------------------------
def plan_de_financement(annuelle: ActionAnnuelle, utilisateur: Utilisateur, *, complet: bool) -> Plan:
    """Return the funding lines that the account sees; `complet` when they are all of them."""
    visibles = LigneFinancement.objects.visibles_par(utilisateur).filter(action_annuelle=annuelle)
    lignes = list(visibles.select_related("financeur").order_by("financeur__ordre", "pk"))
    verses = verse_par_ligne(visibles)
    colonnes: list[tuple[str, list[Decimal | None]]] = [
        (_nom_de_l_etat(etat), [getattr(ligne, etat) for ligne in lignes])
        for etat in LigneFinancement.ETATS_MONTANT
    ]
    colonnes.append(("Versé", [verses.get(ligne.pk) for ligne in lignes]))
    utiles = [(nom, valeurs) for nom, valeurs in colonnes if any(valeur is not None for valeur in valeurs)]
    rangees = [
        Montants(ligne, [Montant(nom, valeurs[rang]) for nom, valeurs in utiles])
        for rang, ligne in enumerate(lignes)
    ]
    dans = [rangee for rangee in rangees if rangee.ligne.financeur.dans_total]
    hors = [rangee for rangee in rangees if not rangee.ligne.financeur.dans_total]
    return Plan(
        [nom for nom, _ in utiles],
        dans,
        hors,
        _totaux(dans) if complet else [],
        _totaux(hors) if complet else [],
    )


def budgets_annonces(annuelle: ActionAnnuelle, utilisateur: Utilisateur) -> list[tuple[str, Decimal]]:
    """Return the visible budgets with their total in euros: the sum of the charges, else what was announced."""
    budgets = (
        Budget.objects.visibles_par(utilisateur)
        .filter(action_annuelle=annuelle)
        .prefetch_related("lignes__compte")
        .order_by("type")
    )
    totaux = ((budget, total_du_budget(budget)) for budget in budgets)
    return [
        (f"Budget {budget.get_type_display().lower()}", total)
        for budget, total in totaux
        if total is not None
    ]


def _nom_de_l_etat(etat: str) -> str:
    """Return « Accordé » for « accordé (€) »: the unit is said once, above the table."""
    return capfirst(libelle_du_champ(LigneFinancement, etat).removesuffix(" (€)"))


def _totaux(rangees: list[Montants]) -> list[Montant]:
    """Return the sum of each column, None where no line has an amount; nothing for a single line."""
    if len(rangees) < 2:
        return []
    return [
        Montant(cellules[0].etat, additionner(cellule.valeur for cellule in cellules))
        for cellules in zip(*(rangee.montants for rangee in rangees), strict=True)
    ]


# -- What comes next -------------------------------------------------------------------------------
# Once handed over, a porteur can no longer take its bilan back: it is told how a mistake is mended.
SI_QUELQUE_CHOSE_MANQUE = (
    "S'il est à compléter, il reviendra dans « Vos actions », avec un message. "
    "Vous y avez vu une erreur ? Demandez-lui de vous le renvoyer."
)
SUITES_DU_PORTEUR = {
    Statut.A_SAISIR: "À vous de le saisir.",
    Statut.EN_SAISIE: "Vous l'avez commencé. Il reste à le terminer et à le transmettre.",
    Statut.A_COMPLETER: "Il vous a été renvoyé pour être complété.",
    Statut.TRANSMIS: f"La personne chargée de mission va le relire. {SI_QUELQUE_CHOSE_MANQUE}",
    Statut.EN_VERIFICATION: f"La personne chargée de mission le relit. {SI_QUELQUE_CHOSE_MANQUE}",
    Statut.VALIDE: "Il est accepté. Vous n'avez plus rien à faire.",
    Statut.DISPENSE: "Aucun bilan n'est attendu de vous cette année.",
}
SUITES_DE_LA_CHARGEE = {
    Statut.A_SAISIR: "Le porteur ne l'a pas encore commencé. Vous pouvez le saisir à sa place.",
    Statut.EN_SAISIE: "Il est commencé, mais pas encore transmis.",
    Statut.A_COMPLETER: "Vous l'avez renvoyé au porteur, qui le complète.",
    Statut.TRANSMIS: "Il attend votre relecture.",
    Statut.EN_VERIFICATION: "Vous le relisez. Il reste à le valider ou à le renvoyer.",
    Statut.VALIDE: "Ses chiffres entrent dans les totaux et les annexes.",
    Statut.DISPENSE: "Aucun bilan n'est attendu.",
}


def etape(annuelle: ActionAnnuelle, bilan: Bilan | None, lecture: LectureBilan | None, *, suit: bool) -> str:
    """Return what the reader may expect of the bilan, in a sentence; `suit` when it would see one not validated."""
    if bilan is None or lecture is None:
        if annuelle.bilan_attendu:
            return "Il n'est pas encore ouvert." if suit else "Il n'est pas encore validé."
        return f"Aucun bilan n'est attendu d'une action à l'état « {annuelle.get_statut_display()} »."
    if lecture.suit and bilan.modifiable_par_le_porteur and "enregistrer" not in lecture.possibles:
        return refus(bilan)
    suites = SUITES_DE_LA_CHARGEE if lecture.gere else SUITES_DU_PORTEUR if lecture.porte else {}
    return suites.get(Statut(bilan.statut), "Il figure dans le rapport annuel." if lecture.suit else "")
