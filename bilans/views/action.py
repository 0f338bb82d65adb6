"""The page of an action in its year: what it is, who pays, what came of it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from actions.models import ActionAnnuelle
from actions.regles import porte_l_action
from actions.situation import RequeteCampagne
from comptes.models import Utilisateur
from comptes.templatetags.typographie import date_longue, delai
from financements.models import AmbiguiteMontants, Budget, CompteBudgetaire, LigneFinancement, Versement

from ..consultation import LectureBilan, historique_action
from ..models import Bilan
from ..operations import refus

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


class Bouton(NamedTuple):
    """The main action of the page."""

    libelle: str
    nom: str
    url: str


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


@require_safe
def action_detail(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show an action and its year to whoever may see it, as far as its own rights go."""
    annuelle = get_object_or_404(
        ActionAnnuelle.objects.visibles_par(request.user)
        .select_related(
            "action__porteur__parent",
            "dispositif",
            "thematique",
            "objectif_national",
            "axe__parent__parent",
            "reportee_vers__campagne",
            "campagne__contrat",
        )
        .prefetch_related(
            "axes_secondaires__parent", "volets", "indicateurs", "parts_territoires__territoire"
        ),
        campagne=request.campagne,
        cle=cle,
    )
    annuelle.campagne.contrat = request.contrat
    gere = request.user.has_perm("actions.modifier", annuelle)
    suit = gere or porte_l_action(request.user, annuelle)
    bilan = _bilan(annuelle, request.user)
    lecture = LectureBilan(bilan, request.user) if bilan else None
    contexte: dict[str, Any] = {
        "annuelle": annuelle,
        "action": annuelle.action,
        "porteur": annuelle.action.porteur,
        "fiche": _fiche(annuelle),
        "plan": plan_de_financement(annuelle, request.user, complet=suit),
        "budgets": _budgets(annuelle, request.user),
        "ambiguite": _ambiguite(annuelle, request.user),
        "bilan": bilan,
        "lecture": lecture,
        "etape": etape(annuelle, bilan, lecture, suit=suit),
        "echeance": _echeance(request, bilan, lecture),
        "bouton": _bouton(request, annuelle, bilan, lecture, gere=gere),
        "autres_annees": _autres_annees(annuelle, request.user),
        "historique": historique_action(annuelle, request.user) if suit else [],
        "gere": gere,
        "suit": suit,
    }
    return render(request, "bilans/action_detail.html", contexte)


def _bilan(annuelle: ActionAnnuelle, utilisateur: Utilisateur) -> Bilan | None:
    bilan: Bilan | None = (
        Bilan.objects.visibles_par(utilisateur)
        .filter(action_annuelle=annuelle)
        .select_related("transmis_par", "valide_par")
        .prefetch_related("effectifs__tranche")
        .first()
    )
    if bilan is not None:
        bilan.action_annuelle = annuelle
    return bilan


def _fiche(annuelle: ActionAnnuelle) -> list[tuple[str, str]]:
    """Return the parts of the fiche action that are filled, with their names."""
    parties = []
    for champ in FICHE:
        nom = str(getattr(ActionAnnuelle._meta.get_field(champ), "verbose_name", champ))
        if texte := getattr(annuelle, champ):
            parties.append((nom[:1].upper() + nom[1:], texte))
    return parties


def _ambiguite(annuelle: ActionAnnuelle, utilisateur: Utilisateur) -> AmbiguiteMontants | None:
    visibles = AmbiguiteMontants.objects.visibles_par(utilisateur)
    ambiguite: AmbiguiteMontants | None = visibles.filter(
        action_annuelle=annuelle, tranchee_le__isnull=True
    ).first()
    return ambiguite


def _autres_annees(annuelle: ActionAnnuelle, utilisateur: Utilisateur) -> list[ActionAnnuelle]:
    """Return the same action in other years, or in another dispositif of the year, the newest first."""
    visibles = ActionAnnuelle.objects.visibles_par(utilisateur).filter(action=annuelle.action_id)
    return list(
        visibles.exclude(pk=annuelle.pk)
        .select_related("campagne", "dispositif", "action")
        .order_by("-campagne__annee", "ordre", "pk")
    )


# -- Money -----------------------------------------------------------------------------------------
def plan_de_financement(annuelle: ActionAnnuelle, utilisateur: Utilisateur, *, complet: bool) -> Plan:
    """Return the funding lines that the account sees; `complet` when they are all of them."""
    lignes = list(
        LigneFinancement.objects.visibles_par(utilisateur)
        .filter(action_annuelle=annuelle)
        .select_related("financeur")
        .prefetch_related("versements")
        .order_by("financeur__ordre", "pk")
    )
    colonnes: list[tuple[str, list[Decimal | None]]] = [
        (_nom_de_l_etat(etat), [getattr(ligne, etat) for ligne in lignes])
        for etat in LigneFinancement.ETATS_MONTANT
    ]
    colonnes.append(("Versé", [_verse(ligne) for ligne in lignes]))
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


def _budgets(annuelle: ActionAnnuelle, utilisateur: Utilisateur) -> list[tuple[str, Decimal]]:
    """Return the visible budgets with their total in euros: announced, else the sum of the charges."""
    budgets = (
        Budget.objects.visibles_par(utilisateur)
        .filter(action_annuelle=annuelle)
        .prefetch_related("lignes__compte")
        .order_by("type")
    )
    totaux = []
    for budget in budgets:
        charges = [
            ligne.montant
            for ligne in budget.lignes.all()
            if ligne.compte.sens == CompteBudgetaire.Sens.CHARGE and not ligne.compte.hors_total
        ]
        total = budget.total_annonce if budget.total_annonce is not None else sum(charges, Decimal(0))
        if budget.total_annonce is not None or charges:
            totaux.append((f"Budget {budget.get_type_display().lower()}", total))
    return totaux


def _nom_de_l_etat(etat: str) -> str:
    """Return « Accordé » for « accordé (€) »: the unit is said once, above the table."""
    nom = str(getattr(LigneFinancement._meta.get_field(etat), "verbose_name", etat))
    return nom.removesuffix(" (€)").capitalize()


def _verse(ligne: LigneFinancement) -> Decimal | None:
    faits = [
        versement.montant_verse
        for versement in ligne.versements.all()
        if versement.statut == Versement.Statut.VERSE and versement.montant_verse is not None
    ]
    return sum(faits, Decimal(0)) if faits else None


def _totaux(rangees: list[Montants]) -> list[Montant]:
    """Return the sum of each column, None where no line has an amount; nothing for a single line."""
    if len(rangees) < 2:
        return []
    totaux = []
    for cellules in zip(*(rangee.montants for rangee in rangees), strict=True):
        connus = [cellule.valeur for cellule in cellules if cellule.valeur is not None]
        totaux.append(Montant(cellules[0].etat, sum(connus, Decimal(0)) if connus else None))
    return totaux


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


def _echeance(request: RequeteCampagne, bilan: Bilan | None, lecture: LectureBilan | None) -> str:
    """Return when the bilan is due, for who works on it, while it is not transmitted."""
    jour = request.campagne.bilan_echeance
    if bilan is None or lecture is None or jour is None:
        return ""
    if not lecture.suit or not bilan.modifiable_par_le_porteur:
        return ""
    if jour < timezone.localdate():
        return f"Il était attendu pour le {date_longue(jour)}."
    return f"Il est attendu pour le {date_longue(jour)}, {delai(jour)}."


def _bouton(
    request: RequeteCampagne,
    annuelle: ActionAnnuelle,
    bilan: Bilan | None,
    lecture: LectureBilan | None,
    *,
    gere: bool,
) -> Bouton | None:
    """Return the main action: what this account is most likely to have come for."""

    def vers(nom: str, libelle: str) -> Bouton:
        return Bouton(libelle, nom, reverse(nom, args=[request.contrat.slug, request.annee, annuelle.cle]))

    if bilan is None or lecture is None:
        return vers("action_modifier", "Modifier l'action") if gere else None
    if bilan.modifiable_par_le_porteur and "enregistrer" not in lecture.possibles:
        return vers("bilan_detail", "Lire le bilan")
    if bilan.modifiable_par_le_porteur:
        verbe = {Statut.A_SAISIR: "Saisir", Statut.EN_SAISIE: "Continuer", Statut.A_COMPLETER: "Compléter"}
        return vers("bilan_saisir", f"{verbe[Statut(bilan.statut)]} le bilan")
    relire = bilan.statut in Bilan.STATUTS_EN_LECTURE and lecture.gere
    return vers("bilan_detail", "Relire le bilan" if relire else "Lire le bilan")
