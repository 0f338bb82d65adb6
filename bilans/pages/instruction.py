"""The actions of a year on which a decision is taken, and what was decided of an action."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from actions.models import ActionAnnuelle, Campagne
from actions.situation import RequeteCampagne
from financements.models import AvisFinanceur, LigneFinancement
from financements.operations.decisions import DECIDABLES
from financements.querysets import MONTANT

from .listes import LignesFiltrees


@dataclass(frozen=True)
class ActionADecider:
    """An action before a decision: what is asked and proposed for it (euros, funders of the total), its opinions."""

    annuelle: ActionAnnuelle
    demande: Decimal | None
    propose: Decimal | None
    accorde: Decimal | None
    avis: list[AvisFinanceur]


class PageDecision(LignesFiltrees):
    """The filtered actions of the year that can be decided upon."""

    principaux = ("q", "axe", "porteur", "etat")

    def __init__(self, request: RequeteCampagne) -> None:
        super().__init__(request)
        decidables = self.lignes.filter(statut__in=DECIDABLES).dans_l_ordre().pour_liste()
        annuelles = list(decidables)
        sommes = self._sommes()
        avis: dict[int, list[AvisFinanceur]] = {}
        rendus = AvisFinanceur.objects.visibles_par(request.user).filter(
            action_annuelle__campagne=request.campagne
        )
        for rendu in rendus.select_related("financeur").order_by("financeur__ordre", "pk"):
            avis.setdefault(rendu.action_annuelle_id, []).append(rendu)
        self.actions = [
            ActionADecider(annuelle, *sommes.get(annuelle.pk, (None, None, None)), avis.get(annuelle.pk, []))
            for annuelle in annuelles
        ]

    def _sommes(self) -> dict[int, tuple[Any, Any, Any]]:
        lignes = LigneFinancement.objects.visibles_par(self.request.user).dans_le_total()
        sommes = (
            lignes.filter(action_annuelle__campagne=self.request.campagne)
            .order_by()
            .values_list("action_annuelle")
            .annotate(
                *(
                    Sum(champ, output_field=MONTANT)
                    for champ in ("montant_demande", "montant_propose", "montant_accorde")
                )
            )
        )
        return {pk: (demande, propose, accorde) for pk, demande, propose, accorde in sommes}

    @property
    def archivee(self) -> bool:
        """Whether nothing of the year changes any more."""
        return self.request.campagne.statut == Campagne.Statut.ARCHIVEE


@dataclass(frozen=True)
class DecisionLue:
    """What was decided of an action: the state it is in, when, where, under which délibération, by whom typed."""

    statut: str
    le: date | None
    ou: str
    deliberation: str
    qui: str
    quand: Any


def decision_de(annuelle: ActionAnnuelle, utilisateur: Any) -> DecisionLue | None:
    """Return the last decision recorded on an action, as far as the account sees its lines; None when there is none."""
    lignes = LigneFinancement.objects.visibles_par(utilisateur).filter(action_annuelle=annuelle)
    decidees = lignes.filter(
        Q(date_decision__isnull=False) | Q(seance__isnull=False) | Q(deliberation__isnull=False)
    ).select_related("seance__instance", "deliberation")
    ligne: LigneFinancement | None = decidees.order_by("-date_decision", "pk").first()
    statuts = (
        ActionAnnuelle.Statut.PROGRAMMEE,
        ActionAnnuelle.Statut.REFUSEE,
        ActionAnnuelle.Statut.AJOURNEE,
    )
    passage = annuelle.historique.filter(statut__in=statuts).select_related("history_user").first()
    if ligne is None:
        return None
    numero = f" n° {ligne.deliberation.numero}" if ligne.deliberation and ligne.deliberation.numero else ""
    return DecisionLue(
        statut=annuelle.get_statut_display(),
        le=ligne.date_decision,
        ou=str(ligne.seance.instance) if ligne.seance else "",
        deliberation=f"{ligne.deliberation.organe}{numero}" if ligne.deliberation else "",
        qui=str(passage.history_user) if passage and passage.history_user else "",
        quand=passage.history_date if passage else None,
    )


def avis_de(annuelle: ActionAnnuelle, utilisateur: Any) -> list[AvisFinanceur]:
    """Return the opinions on an action that the account may read, in the order of the funders."""
    visibles = AvisFinanceur.objects.visibles_par(utilisateur).filter(action_annuelle=annuelle)
    return list(visibles.select_related("financeur").order_by("financeur__ordre", "pk"))
